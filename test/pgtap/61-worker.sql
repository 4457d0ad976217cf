-- What CALL tv_work(n) makes of each kind: numbers, frames, gateways, rights, retries, retention.
-- Not in one transaction: tv_work() commits.
SELECT plan(76);

INSERT INTO timevmaps.worlds (name, owner) VALUES ('w', 'ann'), ('other', 'bob');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (1, 'branch'), (2, 'root');
INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (1, 'A', 57.70, 11.97), (1, 'B', 57.71, 11.98), (1, 'C', 57.72, 11.98), (2, 'D', 57.6, 11.9);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s)
VALUES (1, 1, 2, 1, 10, 100), (1, 1, 3, 4, 10, 100);
INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('bell', 2, '[{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]');

-- Submit in the name of ann, an editor of world 1; psql keeps the id.
CREATE FUNCTION submit(kind text, params jsonb, gateway bigint DEFAULT NULL, attempts integer DEFAULT 3) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
    PERFORM tests.act('tv_analyst', 'ann');
    id := (timevmaps.tv_submit_experiment(1, 1, kind, params, gateway_id => gateway, max_attempts => attempts)).id;
    PERFORM tests.act(NULL, NULL);
    RETURN id;
EXCEPTION WHEN OTHERS THEN
    PERFORM tests.act(NULL, NULL);
    RAISE;
END $$;
CREATE FUNCTION metric(id bigint, name text) RETURNS float8 LANGUAGE sql AS
    'SELECT (metrics ->> name)::float8 FROM timevmaps.results WHERE experiment_id = id';
CREATE FUNCTION outcome(experiment bigint) RETURNS text LANGUAGE sql AS
    $$ SELECT concat_ws(' ', status, attempts, error ->> 'sqlstate') FROM timevmaps.experiments WHERE id = experiment $$;

---------------------------------------------------------------------- numbers

SELECT submit('sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}') AS sr \gset
SELECT submit('sr', '{"v_mps": 239833966.4, "proper_seconds": 3}') AS sr2 \gset
SELECT submit('gr', '{"gm": 3.986004418e14, "r": 6371008.8, "coordinate_seconds": 86400}') AS gr \gset
SELECT submit('gr', '{"M": 5.9722e24, "r": 6371008.8, "proper_seconds": 86400}') AS gr2 \gset
SELECT submit('relativity', '{"gm": 3.986004418e14, "r": 26561400, "v_mps": 3873.83, "coordinate_seconds": 86400}') AS rel \gset
SELECT submit('relativity', '{"gm": 3.986004418e14, "r": 26561400, "v_mps": 3873.83}') AS rel2 \gset
SELECT submit('route', '{"origin_place_id": 1, "dest_place_id": 2, "metric": "local"}') AS route \gset
SELECT lives_ok('SELECT 1', 'queued');
CALL timevmaps.tv_work(2);
SELECT is((SELECT count(*) FROM timevmaps.results), 2::bigint, 'tv_work(n) runs n');
CALL timevmaps.tv_work(100);
SELECT is((SELECT array_agg(DISTINCT status) FROM timevmaps.experiments), '{finished}', 'and as many as there are');
SELECT is((SELECT array_agg(progress) FROM timevmaps.experiments), array_fill(1::float8, ARRAY[7]), 'whose progress is 1');
SELECT is(metric(:sr, 'gamma'), 1.25::float8, 'sr: gamma(0.6 c)');
SELECT is(metric(:sr, 'proper_seconds'), 8::float8, 'sr: proper time');
SELECT ok(abs(metric(:sr2, 'coordinate_seconds') - 5) < 1e-14, 'sr: coordinate time at 0.8 c');
SELECT is(metric(:gr, 'proper_seconds'), timevmaps.tv_gr_proper_seconds(86400, 3.986004418e14, 6371008.8), 'gr: proper time');
SELECT ok(abs(metric(:gr, 'proper_minus_coordinate_seconds') / (-86400 * 3.986004418e14 / 6371008.8 / 299792458 ^ 2) - 1) < 1e-8,
    'gr: the difference is -gm/(r c^2) to first order');
SELECT ok(abs(metric(:gr2, 'coordinate_seconds') - 86400 - 86400 * 6.67430e-11 * 5.9722e24 / 6371008.8 / 299792458 ^ 2) < 1e-10, 'gr: a mass instead of gm');
SELECT ok(abs(metric(:rel, 'rate_offset') - (-3.986004418e14 / 26561400 / 299792458 ^ 2 - 3873.83 ^ 2 / 2 / 299792458 ^ 2)) < 1e-18,
    'relativity: the rate''s offset is -gm/(r c^2) - v^2/(2 c^2) to first order');
SELECT is(metric(:rel, 'proper_minus_coordinate_seconds'), 86400 * metric(:rel, 'rate_offset'), 'relativity: and the difference follows');
SELECT is((SELECT metrics ?| '{coordinate_seconds,proper_seconds}' FROM timevmaps.results WHERE experiment_id = :rel2), false, 'without a time there are rates alone');
SELECT is(metric(:route, 'local_seconds'), 100::float8, 'route: its time');
SELECT results_eq(format('SELECT r.id, r.local_seconds, r.path_place_ids FROM timevmaps.route_plans r WHERE r.id = %s', metric(:route, 'route_id')),
    $$ VALUES (1::bigint, 100::float8, '{1,2}'::bigint[]) $$, 'route: it is saved');
SELECT is((SELECT artifacts - 'engine' FROM timevmaps.results WHERE experiment_id = :route), '{"attempt": 1, "route_id": 1}', 'and named among the artifacts');

--------------------------------------------------------------------- circuits

SELECT submit('quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}, "shots": 1000, "seed": 7}') AS q1 \gset
SELECT submit('quantum', '{"circuit": "bell", "shots": 1000, "seed": 7}') AS q2 \gset
SELECT submit('quantum', '{"circuit": "bell", "shots": 1000}') AS q3 \gset
SELECT submit('quantum', '{"circuit": "bell", "options": {"trajectories": 2000, "noise": [{"channel": "depolarizing", "p": 0.1}]}}', 1) AS q4 \gset
-- An administrator who is no superuser can do the worker's work, in the submitters' names and not his own.
SELECT tests.act('tv_admin', 'root');
CALL timevmaps.tv_work(100);
SELECT is(current_user || ' ' || timevmaps.tv_identity(), 'tv_admin root', 'tv_work() leaves role and identity as they were');
SELECT tests.act(NULL, NULL);
SELECT is((SELECT array_agg(DISTINCT status) FROM timevmaps.experiments), '{finished}', 'circuits run');
SELECT is((SELECT sum(value::int) FROM timevmaps.results, jsonb_each_text(metrics -> 'counts') WHERE experiment_id = :q1), 1000::bigint, 'as many counts as shots');
SELECT is((SELECT array_agg(k ORDER BY k) FROM timevmaps.results, jsonb_object_keys(metrics -> 'counts') k WHERE experiment_id = :q1), '{00,11}', 'of an entangled pair');
SELECT is((SELECT metrics - '{duration_s,anomaly}'::text[] FROM timevmaps.results WHERE experiment_id = :q2), (SELECT metrics - '{duration_s,anomaly}'::text[] FROM timevmaps.results WHERE experiment_id = :q1),
    'a named circuit gives what the same document gives, with the same seed');
SELECT is((SELECT artifacts - '{circuit,circuit_name}'::text[] FROM timevmaps.results WHERE experiment_id = :q2), (SELECT artifacts FROM timevmaps.results WHERE experiment_id = :q1), 'and says so');
SELECT is((SELECT artifacts ->> 'hash' FROM timevmaps.results WHERE experiment_id = :q1), (SELECT hash FROM timevmaps.circuits), 'the artifacts name the circuit''s hash');
SELECT is((SELECT artifacts -> 'seed' FROM timevmaps.results WHERE experiment_id = :q3)::bigint, :q3::bigint, 'a seed that is not given is the experiment''s id');
-- Each Pauli happens with probability p/4 = 0.025. After H an X does nothing, and a Z or Y gives the other
-- Bell state; after CX the pairs II, XX, YY, ZZ do nothing, and IZ, ZI, XY, YX undo that.
SELECT ok(abs(metric(:q4, 'fidelity') - (0.95 * (0.925 ^ 2 + 3 * 0.025 ^ 2) + 0.05 * (2 * 0.925 * 0.025 + 2 * 0.025 ^ 2))) < 0.045,
    'noise lowers the fidelity by what theory says');
SELECT results_eq('SELECT fidelity, measured_at IS NOT NULL FROM timevmaps.gateways WHERE id = 1', format('VALUES (%s::float8, true)', metric(:q4, 'fidelity')),
    'and the gateway has it');
SELECT is((SELECT float8send(fidelity) FROM timevmaps.gateways WHERE id = 1),
    (SELECT float8send((metrics -> 'fidelity')::float8) FROM timevmaps.results WHERE experiment_id = :q4), 'to the last bit');
SELECT ok((SELECT abs(penalty_s - (10 - 100 * ln(fidelity))) < 1e-9 FROM timevmaps.gateways WHERE id = 1), 'and its price');

SELECT throws_ok($$ SELECT submit('quantum', '{}') $$, '22023', 'params.circuit: is missing', 'a circuit is needed');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": "nothing"}') $$, '22023', 'params.circuit: no such circuit', 'one that is there');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": {"qubits": 1, "gates": [{"op": "H", "target": 5}]}}') $$, '22023', NULL, 'and right');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": {"qubits": 40, "gates": [{"op": "T", "target": 0}]}}') $$, 'PT413', NULL, 'and not too large');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": "bell", "options": {"noise": 1}}') $$, '22023', NULL, 'options are checked');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": "bell", "options": {"fidelity": false}}', 1) $$, '22023', NULL, 'a gateway needs the fidelity');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": "bell", "shots": -1}') $$, '22023', NULL, 'shots are checked');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": "bell", "frames": {"content": "film"}}') $$, '22023', NULL, 'frames are checked');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": {"qubits": 22, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 0}]}, "frames": {"every": 1, "content": "full"}}') $$,
    'PT413', NULL, 'frames beyond all measure are refused');

---------------------------------------------------------------------- frames

SELECT results_eq(format('SELECT step, summary ->> ''op'', summary ->> ''content'', length(payload) FROM timevmaps.frames WHERE experiment_id = %s ORDER BY step', :q1),
    $$ VALUES (1::bigint, 'H', 'full', 24 + 64), (2, 'CX', 'full', 24 + 64) $$, 'a small circuit has a frame for each gate');
SELECT results_eq(format('SELECT basis, round(probability::numeric, 12) FROM timevmaps.frames, timevmaps.tv_frame_amplitudes(payload) WHERE experiment_id = %s AND step = 2 AND probability > 0', :q1),
    'VALUES (0::bigint, 0.5), (3::bigint, 0.5)', 'which can be read');
CREATE FUNCTION circuit(qubits int, gates int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', qubits, 'gates', jsonb_agg(jsonb_build_object('op', 'H', 'target', g % qubits))) FROM generate_series(1, gates) g $$;
SELECT submit('quantum', jsonb_build_object('circuit', circuit(2, 1000))) AS f1 \gset
SELECT submit('quantum', jsonb_build_object('circuit', circuit(14, 30))) AS f2 \gset
SELECT submit('quantum', jsonb_build_object('circuit', circuit(3, 10), 'frames', false)) AS f3 \gset
SELECT submit('quantum', jsonb_build_object('circuit', circuit(3, 10), 'frames', '{"every": 4, "content": "top"}'::jsonb)) AS f4 \gset
SELECT submit('quantum', jsonb_build_object('circuit', circuit(3, 10), 'frames', '{"every": 5, "content": "probabilities", "max_qubits": 2}'::jsonb)) AS f5 \gset
CALL timevmaps.tv_work(100);
SELECT ok((SELECT count(*) = 250 AND max(step) = 1000 FROM timevmaps.frames WHERE experiment_id = :f1), 'a long one has at most 256, the last of its last gate');
SELECT ok((SELECT count(*) = 30 AND bool_and(summary ->> 'content' = 'bloch') FROM timevmaps.frames WHERE experiment_id = :f2), 'a larger one has Bloch vectors');
SELECT ok((SELECT max(bytes) < 3 << 20 FROM (SELECT sum(pg_column_size(payload) + pg_column_size(summary)) AS bytes FROM timevmaps.frames WHERE experiment_id IN (:f1, :f2) GROUP BY experiment_id) s),
    'by default they take less than 3 MiB');
SELECT is_empty(format('SELECT step FROM timevmaps.frames WHERE experiment_id = %s', :f3), 'none when none are wanted');
SELECT results_eq(format('SELECT step, summary ->> ''content'' FROM timevmaps.frames WHERE experiment_id = %s ORDER BY step', :f4),
    $$ VALUES (4::bigint, 'top'), (8, 'top'), (10, 'top') $$, 'every fourth, and the last');
SELECT results_eq(format('SELECT step, summary ->> ''content'' FROM timevmaps.frames WHERE experiment_id = %s ORDER BY step', :f5),
    $$ VALUES (5::bigint, 'bloch'), (10, 'bloch') $$, 'above max_qubits, Bloch vectors instead');

---------------------------------------------------------------------- rights

-- ann edits world 1 but not world 2, so she does not measure a gateway between them.
SELECT submit('quantum', '{"circuit": "bell"}', 2) AS g \gset
-- A role without any right on the tables submitted this one, for somebody let it.
CREATE ROLE tv_test_nobody;
INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, submitted_by, submitted_role)
VALUES (1, 1, 'route', '{"origin_place_id": 1, "dest_place_id": 2}', 'ann', 'tv_test_nobody') RETURNING id AS nobody \gset
CREATE ROLE tv_test_gone;
INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, submitted_by, submitted_role)
VALUES (1, 1, 'route', '{"origin_place_id": 1, "dest_place_id": 2}', 'ann', 'tv_test_gone') RETURNING id AS gone \gset
DROP ROLE tv_test_gone;
SELECT submit('route', '{"origin_place_id": 1, "dest_place_id": 3}') AS nowhere \gset
SELECT tests.act('tv_admin', 'bob');
SELECT throws_ok('CALL timevmaps.tv_work(1)', '25001', NULL, 'in a transaction, nobody works');
SELECT tests.act(NULL, NULL);
CALL timevmaps.tv_work(100);
SELECT is(outcome(:g), 'failed 1 42501', 'a gateway is measured only by who edits both of its worlds');
SELECT is((SELECT measured_at FROM timevmaps.gateways WHERE id = 2), NULL, 'and is not changed');
SELECT is((SELECT count(*) FROM timevmaps.results WHERE experiment_id = :g), 0::bigint, 'nor is there a result');
SELECT is(outcome(:nobody), 'failed 1 42501', 'an experiment has its submitter''s rights, not the worker''s');
SELECT is(outcome(:gone), 'failed 1 42704', 'a submitter that is gone has none');
SELECT is(outcome(:nowhere), 'failed 1 PT404', 'no route: it fails, and says so');
SELECT is((SELECT count(*) FROM timevmaps.route_plans), 1::bigint, 'no route is left by those that failed');
SELECT is(current_user::text, (SELECT session_user::text), 'the session is itself again');

--------------------------------------------------------------------- retries

CREATE TABLE trouble (left_over int);
INSERT INTO trouble VALUES (2);
CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'try again';
END $$;
CREATE TRIGGER trouble BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION trouble();
SELECT submit('quantum', '{"circuit": "bell"}') AS r \gset
CALL timevmaps.tv_work(10);
SELECT is(outcome(:r), 'queued 1 40001', 'what may succeed next time is queued again');
SELECT ok((SELECT run_at BETWEEN now() + '0.5 s' AND now() + '2 s' FROM timevmaps.experiments WHERE id = :r), 'for a second later');
CALL timevmaps.tv_work(10);
SELECT is(outcome(:r), 'queued 1 40001', 'and not before');
SET timevmaps.clock_offset = '10 s';
CALL timevmaps.tv_work(10);
SELECT is(outcome(:r), 'queued 2 40001', 'then once more');
SELECT ok((SELECT run_at - (clock_timestamp() + '10 s') BETWEEN '1 s' AND '3 s' FROM timevmaps.experiments WHERE id = :r), 'twice as long a wait');
SET timevmaps.clock_offset = '1 min';
CALL timevmaps.tv_work(10);
SELECT is(outcome(:r), 'failed 3 40001', 'until there are no attempts left');
DROP TRIGGER trouble ON timevmaps.results;
SELECT is((timevmaps.tv_retry_experiment(:r)).attempts, 0, 'it is tried again on request');
CALL timevmaps.tv_work(10);
SELECT is(outcome(:r) || ' ' || (SELECT claim FROM timevmaps.experiments WHERE id = :r), 'finished 1 4', 'and succeeds');
SELECT is((SELECT count(*) FROM timevmaps.frames WHERE experiment_id = :r), 2::bigint, 'with the frames of one attempt');
SELECT ok((SELECT cancelled = 0 AND retried = 2 AND failed >= 5 AND finished >= 10 FROM timevmaps.tv_worker_counters()), 'all of it is counted');
SET timevmaps.clock_offset = 0;

------------------------------------------------------------------- a tableau

SELECT submit('quantum', jsonb_build_object('seed', 1, 'shots', 20, 'circuit', jsonb_build_object('qubits', 100, 'gates',
    '[{"op": "H", "target": 0}]'::jsonb || (SELECT jsonb_agg(jsonb_build_object('op', 'CX', 'control', q - 1, 'target', q)) FROM generate_series(1, 99) q)))) AS tableau \gset
CALL timevmaps.tv_work(1);
SELECT is(outcome(:tableau) || ' ' || (SELECT metrics ->> 'method' FROM timevmaps.results WHERE experiment_id = :tableau), 'finished 1 stabilizer',
    'a Clifford circuit of a hundred qubits is an experiment too');
SELECT is((SELECT array_agg(DISTINCT (timevmaps.tv_frame_info(payload)).kind) FROM timevmaps.frames WHERE experiment_id = :tableau), '{bloch}', 'with frames of Bloch vectors');
SELECT is((SELECT (array_agg(b.z ORDER BY qubit))[99:100] FROM timevmaps.frames f, timevmaps.tv_frame_bloch(f.payload) b
           WHERE f.experiment_id = :tableau AND f.step = (SELECT min(step) FROM timevmaps.frames WHERE experiment_id = :tableau)), '{1,1}', 'of the state on its way');
SELECT is((SELECT sum(abs(b.x) + abs(b.y) + abs(b.z)) FROM timevmaps.frames f, timevmaps.tv_frame_bloch(f.payload) b
           WHERE f.experiment_id = :tableau AND f.step = 100), 0::float8, 'to its end');
SELECT throws_ok($$ SELECT submit('quantum', '{"circuit": {"qubits": 100, "gates": []}, "frames": {"content": "top"}}') $$, 'PT413', NULL, 'frames of amplitudes need them');

------------------------------------------------------------------- retention

UPDATE timevmaps.experiments SET finished_at = now() - interval '10 days' WHERE id IN (:q1, :q2);
UPDATE timevmaps.results SET created_at = now() - interval '10 days' WHERE experiment_id IN (:q1, :q2);
SELECT results_eq($$ SELECT * FROM timevmaps.tv_apply_retention(now() - interval '1 day') $$, 'VALUES (0, 4::bigint, 2::bigint, false)', 'retention drops what is old');
SELECT is((SELECT status FROM timevmaps.experiments WHERE id = :q1), 'finished', 'the experiment itself stays');
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params) VALUES (65536, 1, 1, 'sr', '{"v_mps": 1}');
BEGIN;
UPDATE timevmaps.experiments SET status = 'cancelled' WHERE status = 'queued';
SELECT results_eq($$ SELECT partitions FROM timevmaps.tv_apply_retention('infinity') $$, 'VALUES (0)', 'an id far ahead ends no range that the next one falls into');
ROLLBACK;
SELECT setval(pg_get_serial_sequence('timevmaps.experiments', 'id'), 65537) \g /dev/null
SELECT results_eq($$ SELECT partitions, more FROM timevmaps.tv_apply_retention('infinity') $$, 'VALUES (1, true)', 'a whole partition when all of it is old and it is over');
SELECT results_eq($$ SELECT partitions, results > 0, more FROM timevmaps.tv_apply_retention('infinity') $$, 'VALUES (0, true, false)', 'and then the results, until there are no more');
SELECT is_empty('SELECT 1 FROM timevmaps.frames', 'with all its frames');
SELECT lives_ok('DELETE FROM timevmaps.experiments', 'experiments can be deleted');
SELECT * FROM finish();
DROP ROLE tv_test_nobody;
