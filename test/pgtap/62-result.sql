-- Runs beside earlier ones of the same setup, and run again.
-- Not in one transaction: tv_work() commits.
SELECT plan(43);

INSERT INTO timevmaps.worlds (name, owner, visibility) VALUES ('w', 'ann', 'private'), ('other', 'bob', 'public');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (2, 'root');
INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 57.70, 11.97), (1, 57.71, 11.98);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);

-------------------------------------------------------------------- anomalies

-- An earlier run of a setup, as a worker would have left it.
CREATE FUNCTION earlier(world bigint, setup text, summary jsonb) RETURNS void LANGUAGE sql AS $$
    WITH e AS (INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, status) VALUES (world, world, 'quantum', 'finished') RETURNING id)
    INSERT INTO timevmaps.results (experiment_id, world_id, setup_hash, summary) SELECT id, world, setup, summary FROM e $$;
-- The worker calls it in the name of whoever submits, who may not.
GRANT EXECUTE ON FUNCTION timevmaps_internal.tv_earlier_runs(bigint, text), timevmaps_internal.tv_anomaly(jsonb, jsonb[]) TO tv_player;
CREATE FUNCTION unusual(setup text, summary jsonb) RETURNS jsonb LANGUAGE sql
    BEGIN ATOMIC SELECT timevmaps_internal.tv_anomaly(summary, timevmaps_internal.tv_earlier_runs(1, setup)); END;
CREATE FUNCTION score(setup text, summary jsonb) RETURNS numeric LANGUAGE sql AS
    $$ SELECT round((unusual(setup, summary) ->> 'score')::numeric, 6) $$;

SELECT lives_ok($$ SELECT earlier(1, 'x', jsonb_build_object('m', i, 'same', 5, 'most', CASE WHEN i = 18 THEN 9 ELSE 5 END)) FROM generate_series(10, 18) i $$, 'nine runs');
-- median 14, deviations 4 3 2 1 0 1 2 3 4
SELECT is(unusual('x', '{"m": 15}'), '{"runs": 9, "score": 0.33725, "unusual": []}', 'what is near the median is usual');
SELECT is(unusual('x', '{"m": 24.5}'), '{"runs": 9, "score": 3.541125, "unusual": [{"metric": "m", "value": 24.5, "median": 14, "mad": 2, "score": 3.541125}]}', 'what is far is named');
SELECT is(unusual('x', '{"m": 24.3}') -> 'unusual', '[]', 'the bound is 3.5');
SELECT is(unusual('x', '{"m": -16}') #> '{unusual,0,score}', '-10.1175', 'below the median the score is negative');
SELECT is(score('x', '{"m": -16}'), 10.1175, 'which counts as much');
-- MAD is 0, the mean deviation 4/9
SELECT is(score('x', '{"most": 9}'), round(4 / (1.253314 * 4 / 9.0), 6), 'where most agree, by the mean deviation');
SELECT is(score('x', '{"same": 5.000001}'), 1000000.0, 'where all agree any difference is unusual');
SELECT is(score('x', '{"same": 5.0000000000001}'), 0.0, 'but for rounding');
SELECT is((SELECT jsonb_agg(u -> 'metric') FROM jsonb_array_elements(unusual('x', '{"m": 30, "same": 6, "most": 5, "new": 7}') -> 'unusual') u), '["same", "m"]', 'the most unusual is first');
SELECT is(unusual('x', '{"new": 7}'), '{"runs": 9, "score": null, "unusual": []}', 'what no run had is not scored');
SELECT is(unusual('y', '{"m": 7}'), '{"runs": 0, "score": null, "unusual": []}', 'nor is the first run');
SELECT lives_ok($$ SELECT earlier(1, 'y', '{"m": 1}') FROM generate_series(1, 4) $$, 'four runs');
SELECT is(unusual('y', '{"m": 7}'), '{"runs": 4, "score": null, "unusual": []}', 'are too few');
SELECT lives_ok($$ SELECT earlier(2, 'y', '{"m": 1}') FROM generate_series(1, 4) $$, 'and four of another world');
SELECT is(unusual('y', '{"m": 7}') ->> 'runs', '4', 'do not count');
SELECT lives_ok($$ SELECT earlier(1, 'z', '{"m": 100}') FROM generate_series(1, 300); SELECT earlier(1, 'z', '{"m": 5}') FROM generate_series(1, 1000) $$, 'many runs');
SELECT is(unusual('z', '{"m": 100}'), '{"runs": 1000, "score": 1000000, "unusual": [{"metric": "m", "value": 100, "median": 5, "mad": 0, "score": 1000000}]}', 'the last 1,000 count');
SET ROLE tv_player;
SET timevmaps.identity = 'bob';
SELECT is(unusual('z', '{"m": 100}') ->> 'runs', '0', 'who does not see the world learns nothing');
SET timevmaps.identity = 'ann';
SELECT is(unusual('z', '{"m": 100}') ->> 'runs', '1000', 'and who does, does');
RESET ROLE;
ANALYZE timevmaps.results;
SET ROLE tv_player;
CREATE TEMP TABLE plan (line text);
DO $$ DECLARE l text; BEGIN FOR l IN EXECUTE 'EXPLAIN SELECT summary FROM timevmaps.results r WHERE r.world_id = 1 AND r.setup_hash = ''x'' ORDER BY r.experiment_id DESC LIMIT 1000'
    LOOP INSERT INTO plan VALUES (l); END LOOP; END $$;
SELECT ok(bool_or(line ~ 'results_setup_idx'), 'earlier runs are found by an index, under row-level security too') FROM plan;
RESET ROLE;
RESET timevmaps.identity;

------------------------------------------------------------------------- runs

INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('pair', 2, '[{"op": "RY", "target": 0, "theta": "$a"}, {"op": "CX", "control": 0, "target": 1}]');
CREATE FUNCTION submit(kind text, params jsonb) RETURNS bigint LANGUAGE sql AS
    $$ SELECT id FROM timevmaps.tv_submit_experiment(1, 1, kind, params) $$;
CREATE FUNCTION anomaly(experiment bigint) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT metrics -> 'anomaly' FROM timevmaps.results WHERE experiment_id = experiment $$;
\set noisy '{"circuit": "pair", "shots": 50, "options": {"params": {"a": 1}, "observable": "ZZ", "entropy": [0], "trajectories": 200, "noise": {"depolarizing": 0.05}}, "x-mine": 1}'
SELECT submit('quantum', :'noisy') AS first \gset
SELECT array_agg(submit('quantum', :'noisy')) AS others FROM generate_series(1, 5) \gset
CALL timevmaps.tv_work(100);
SELECT is(anomaly(:first), '{"runs": 0, "score": null, "unusual": []}', 'the first run is beside none');
SELECT is((SELECT summary - 'duration_s' FROM timevmaps.results WHERE experiment_id = :first),
    (SELECT jsonb_build_object('fidelity', metrics -> 'fidelity', 'entropy', metrics #> '{entropy,value}', 'expectation ZZ', metrics #> '{expectations,0,value}')
     FROM timevmaps.results WHERE experiment_id = :first), 'its numbers are kept');
UPDATE timevmaps.results SET summary = jsonb_build_object('duration_s', 1e4 + experiment_id, 'fidelity', summary -> 'fidelity', 'expectation ZZ', -0.5) WHERE experiment_id = :first OR experiment_id = ANY (:'others');
-- The same setup, said otherwise: a document, a seed, a time limit; and another one.
SELECT submit('quantum', jsonb_set(:'noisy', '{circuit}', timevmaps.tv_circuit('pair') - 'name') || '{"seed": 77, "timeout_s": 100, "x-mine": 2}') AS last \gset
SELECT submit('quantum', jsonb_set(:'noisy', '{options,noise,depolarizing}', '0.051')) AS another \gset
SELECT submit('sweep', '{"circuit": "pair", "grid": {"a": [0, 1, 2]}, "seed": 5, "shots": 20, "gradient": true, "options": {"observable": "Z0"}}') AS sweep \gset
SELECT submit('sr', '{"v_mps": 1e8, "proper_seconds": 8}') AS sr \gset
SELECT submit('route', '{"origin_place_id": 1, "dest_place_id": 2}') AS route \gset
CALL timevmaps.tv_work(100);
SELECT is(anomaly(:last) ->> 'runs', '6', 'a later run of the same setup is beside all of them');
SELECT is((SELECT jsonb_agg(u -> 'metric' ORDER BY u -> 'metric') FROM jsonb_array_elements(anomaly(:last) -> 'unusual') u), '["duration_s", "expectation ZZ"]', 'and what is unusual is named');
SELECT is(anomaly(:another) ->> 'runs', '0', 'other noise is another setup');
SELECT is(anomaly(:sr), NULL, 'formulas have no anomalies');
SELECT is((SELECT array_agg(k ORDER BY k) FROM timevmaps.results, jsonb_object_keys(summary) k WHERE experiment_id = :sweep), '{duration_s,"max of Z0","min of Z0"}', 'a sweep is compared by its bests');

------------------------------------------------------------------------ again

SELECT is((SELECT artifacts - '{engine,hash,circuit_engine}'::text[] FROM timevmaps.results WHERE experiment_id = :first),
    jsonb_build_object('seed', :first, 'attempt', 1, 'method', 'statevector', 'precision', 'double', 'parameters', '{"a": 1}'::jsonb,
        'circuit_name', 'pair', 'circuit', timevmaps.tv_circuit('pair') - 'name' || '{"bits": null, "params": {}}'), 'a stored circuit is kept with what it takes to run it again');
SELECT results_eq(format('SELECT r.kind, r.identical, r.differences, r.notes FROM timevmaps.experiments e, timevmaps.tv_reproduce(e.id) r WHERE e.id IN (%s, %s, %s, %s) ORDER BY e.id', :first, :last, :sweep, :sr),
    $$ VALUES ('quantum', true, '{}'::jsonb, '{}'::text[]), ('quantum', true, '{}', '{}'), ('sweep', true, '{}', '{}'), ('sr', true, '{}', '{}') $$, 'each kind gives the same again');
SELECT results_eq('SELECT identical, differences, cardinality(notes) FROM timevmaps.tv_reproduce(' || :route || ')', $$ VALUES (true, '{}'::jsonb, 1) $$, 'a route too, of the network as it is');
-- A second attempt draws other numbers, and that is recorded.
SELECT submit('quantum', :'noisy') AS second \gset
UPDATE timevmaps.experiments SET claim = 4 WHERE id = :second;
CALL timevmaps.tv_work(100);
SELECT results_eq('SELECT identical, recorded ->> ''attempt'' FROM timevmaps.tv_reproduce(' || :second || ')', $$ VALUES (true, '5') $$, 'a later attempt is reproduced as that');
UPDATE timevmaps.results SET metrics = jsonb_set(jsonb_set(metrics, '{fidelity}', '0.5'), '{expectations,0,value}', '1') #- '{entropy,error}' WHERE experiment_id = :second;
SELECT results_eq('SELECT r.identical, k.key FROM timevmaps.tv_reproduce(' || :second || ') r, jsonb_each(r.differences) k ORDER BY k.key COLLATE "C"',
    $$ VALUES (false, 'entropy.error'), (false, 'expectations[0].value'), (false, 'fidelity') $$, 'differences are named');
SELECT is((SELECT differences -> 'fidelity' -> 'recorded' FROM timevmaps.tv_reproduce(:second)), '0.5', 'with what was recorded');
UPDATE timevmaps.circuits SET gates = '[{"op": "RY", "target": 1, "theta": "$a"}]' WHERE name = 'pair';
SELECT results_eq('SELECT identical, notes FROM timevmaps.tv_reproduce(' || :first || ')', $$ VALUES (true, '{"circuit \"pair\" of the library is another one by now"}'::text[]) $$, 'a circuit that has changed is told, and the kept one run');
DELETE FROM timevmaps.circuits WHERE name = 'pair';
SELECT results_eq('SELECT identical, notes FROM timevmaps.tv_reproduce(' || :sweep || ')', $$ VALUES (true, '{"circuit \"pair\" is gone from the library"}'::text[]) $$, 'so is one that is gone');
UPDATE timevmaps.segments SET length_m = 4000;
SELECT is((SELECT identical FROM timevmaps.tv_reproduce(:route)), false, 'a route on another network is not identical');
SELECT is((SELECT differences -> 'distance_m' FROM timevmaps.tv_reproduce(:route)), '{"recorded": 2000, "now": 4000}', 'and says how it differs');
SELECT throws_ok('SELECT timevmaps.tv_reproduce(999999)', 'PT404');
SELECT submit('sr', '{"v_mps": 1}') AS waiting \gset
SELECT throws_ok('SELECT timevmaps.tv_reproduce(' || :waiting || ')', 'PT409');
DELETE FROM timevmaps.results WHERE experiment_id = :sr;
SELECT throws_ok('SELECT timevmaps.tv_reproduce(' || :sr || ')', 'PT410');
SET ROLE tv_player;
SET timevmaps.identity = 'bob';
SELECT throws_ok('SELECT timevmaps.tv_reproduce(' || :first || ')', 'PT404', NULL, 'what is not visible is not there');
SET timevmaps.identity = 'ann';
SELECT is((SELECT identical FROM timevmaps.tv_reproduce(:first)), true, 'a player may reproduce');
SELECT * FROM finish();
