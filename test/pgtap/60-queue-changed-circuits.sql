-- A circuit of the library that changes, goes or is hidden between an experiment's submission and its run;
-- experiments that cannot be run again. Not in one transaction: tv_work() commits.
SELECT plan(22);

INSERT INTO timevmaps.worlds (name, owner) VALUES ('w', 'ann');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
INSERT INTO timevmaps.circuits (name, qubits, gates)
SELECT format('%s%s', kind, i), 2, CASE kind WHEN 'q' THEN '[{"op": "H", "target": 0}]' ELSE '[{"op": "RX", "target": 0, "theta": "$a"}]' END::jsonb
FROM unnest('{q,s}'::text[]) kind, generate_series(1, 5) i;

-- Submitted in the name of ann, who sees what tv_analyst sees.
CREATE FUNCTION submit(kind text, params jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
    SET ROLE tv_analyst;
    PERFORM set_config('timevmaps.identity', 'ann', false);
    id := (timevmaps.tv_submit_experiment(1, 1, kind, params)).id;
    RESET ROLE;
    RETURN id;
END $$;
CREATE TABLE submitted AS SELECT c.name, submit('quantum', jsonb_build_object('circuit', c.name, 'shots', 10, 'frames', '{"every": 1, "content": "full"}'::jsonb)) AS id
FROM timevmaps.circuits c WHERE c.name LIKE 'q%'
UNION ALL SELECT c.name, submit('sweep', jsonb_build_object('circuit', c.name, 'grid', '{"a": [0, 1]}'::jsonb, 'frames', '{"content": "full"}'::jsonb))
FROM timevmaps.circuits c WHERE c.name LIKE 's%';
CREATE FUNCTION outcome(name text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', e.status, e.error ->> 'sqlstate', (SELECT count(*) FROM timevmaps.frames f WHERE f.experiment_id = e.id),
                     (SELECT r.metrics ->> 'qubits' FROM timevmaps.results r WHERE r.experiment_id = e.id))
    FROM submitted s JOIN timevmaps.experiments e USING (id) WHERE s.name = outcome.name $$;

DELETE FROM timevmaps.circuits WHERE name IN ('q1', 's1');
UPDATE timevmaps.circuits SET qubits = 40, gates = '[{"op": "T", "target": 0}, {"op": "RX", "target": 0, "theta": "$a"}]', params = '{"a": 1}' WHERE name IN ('q2', 's2');
UPDATE timevmaps.circuits SET gates = '[{"op": "RX", "target": 0, "theta": "$b"}]' WHERE name IN ('q3', 's3');
UPDATE timevmaps.circuits SET qubits = 3, gates = '[{"op": "X", "target": 2}, {"op": "RX", "target": 0, "theta": "$a"}]', params = '{"a": 1}' WHERE name IN ('q4', 's4');
CREATE POLICY hidden ON timevmaps.circuits AS RESTRICTIVE FOR SELECT TO tv_analyst USING (name NOT IN ('q5', 's5'));
CALL timevmaps.tv_work(100);
SELECT is(outcome('q1'), 'failed 22023 0', 'a circuit that is gone');
SELECT is(outcome('s1'), 'failed 22023 0', 'and in a sweep');
SELECT is(outcome('q2'), 'failed PT413 0', 'one that is too large by now');
SELECT is(outcome('s2'), 'failed PT413 0', 'and in a sweep');
SELECT is(outcome('q3'), 'failed 22023 0', 'one that waits for a parameter');
SELECT is(outcome('s3'), 'failed 22023 0', 'or for another than a sweep gives');
SELECT is(outcome('q4'), 'finished 2 3', 'one that is another is run as it is');
SELECT is(outcome('s4'), 'finished 2 3', 'and in a sweep');
SELECT is(outcome('q5'), 'failed 22023 0', 'one that the submitter does not see any more');
SELECT is(outcome('s5'), 'failed 22023 0', 'and in a sweep');
SELECT is((SELECT error ->> 'message' FROM submitted JOIN timevmaps.experiments USING (id) WHERE name = 'q5'), 'params.circuit: no such circuit', 'as if it were not there');
SELECT is((SELECT r.artifacts #>> '{circuit,qubits}' FROM submitted JOIN timevmaps.results r ON r.experiment_id = id WHERE name = 'q4'), '3', 'the result says what was run');

SELECT throws_ok(format('SELECT timevmaps.tv_reproduce(%s)', id), 'PT409', 'the experiment has no result to compare with') FROM submitted WHERE name = 'q1';
SELECT throws_ok($$ SELECT timevmaps.tv_reproduce(1000) $$, 'PT404');
SELECT throws_ok($$ SELECT timevmaps.tv_reproduce(NULL) $$, 'PT404');

-- Again, when it has changed once more: what was run is run.
UPDATE timevmaps.circuits SET qubits = 1, gates = '[]' WHERE name IN ('q4', 's4');
SELECT ok((timevmaps.tv_reproduce(id)).identical, name || ': the circuit that was run is run again') FROM submitted WHERE name IN ('q4', 's4');
-- By another engine.
UPDATE timevmaps.results r SET artifacts = artifacts || '{"engine": "timevmaps 0.0.1"}', metrics = metrics || '{"engine": 1}' FROM submitted WHERE r.experiment_id = id AND name = 'q4';
SELECT is((timevmaps.tv_reproduce(id)).notes[1], 'recorded by timevmaps 0.0.1', 'an older engine is told') FROM submitted WHERE name = 'q4';
SELECT is((SELECT array_agg(k) FROM submitted, LATERAL timevmaps.tv_reproduce(id) r, jsonb_object_keys(r.differences) k WHERE name = 'q4'), '{engine}', 'and is a difference');
-- With artifacts that make no sense there is an error, and no crash.
UPDATE timevmaps.results r SET artifacts = artifacts || '{"attempt": -1}' FROM submitted WHERE r.experiment_id = id AND name = 'q4';
SELECT throws_ok(format('SELECT timevmaps.tv_reproduce(%s)', id), '22023') FROM submitted WHERE name = 'q4';
UPDATE timevmaps.results r SET artifacts = artifacts || '{"circuit": [1, 2]}' FROM submitted WHERE r.experiment_id = id AND name = 's4';
SELECT throws_ok(format('SELECT timevmaps.tv_reproduce(%s)', id), '22023') FROM submitted WHERE name = 's4';
DELETE FROM timevmaps.results r USING submitted WHERE r.experiment_id = id AND name = 's4';
SELECT throws_ok(format('SELECT timevmaps.tv_reproduce(%s)', id), 'PT410') FROM submitted WHERE name = 's4';
SELECT * FROM finish();
