-- A worker, tv_run_circuit() and tv_reproduce() give one result, to the last bit, whatever frames are stored.
-- Not in one transaction: tv_work() commits.
SELECT plan(24);

INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');

CREATE FUNCTION layers(qubits int, count int, clifford boolean) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', qubits, 'gates', jsonb_agg(CASE
        WHEN i % 3 = 2 THEN jsonb_build_object('op', 'CX', 'control', i % qubits, 'target', (i * 5 + 1 + i % qubits) % qubits)
        WHEN clifford THEN jsonb_build_object('op', (ARRAY['H', 'S', 'SX'])[1 + i % 7 % 3], 'target', i * 7 % qubits)
        ELSE jsonb_build_object('op', (ARRAY['RX', 'RY', 'RZ'])[1 + i % 5 % 3], 'target', i * 7 % qubits, 'theta', 0.1 + i % 31 * 0.2) END ORDER BY i))
    FROM generate_series(1, count) i
    WHERE i % 3 <> 2 OR (i * 5 + 1) % qubits <> 0 $$;

CREATE TABLE cases (name text, circuit jsonb, shots int, options jsonb, method text);
INSERT INTO cases VALUES
    ('a plain run', layers(12, 400, false), 300, '{"observables": ["Z0 Z3", "X1 Y2"], "entropy": [0, 1]}', 'statevector'),
    ('a long one', layers(6, 5000, false), 0, '{"observable": "Y3"}', 'statevector'),
    ('in single precision', layers(11, 300, false), 100, '{"observable": "Z3 X5", "precision": "single"}', 'statevector'),
    ('trajectories', layers(5, 60, false), 50, '{"trajectories": 3000, "noise": {"depolarizing": 0.01, "amplitude_damping": 0.02}, "observable": "Z0 Z4", "entropy": [0], "method": "statevector"}', 'statevector'),
    ('a density matrix', layers(4, 60, false), 500, '{"noise": {"depolarizing": 0.01, "amplitude_damping": 0.02, "readout": 0.05}, "observable": "Z0 Z3"}', 'density_matrix'),
    ('a tableau', layers(18, 200, true), 400, '{"noise": {"depolarizing": 0.01}, "observable": "Z0 Z3"}', 'stabilizer'),
    ('chance in the middle', jsonb_set(layers(5, 40, false), '{gates,20}', '{"op": "MEASURE", "target": 2, "bit": 0}')
        #- '{gates,21}' || '{"bits": 2}', 200, '{"observable": "Z1 X2"}', 'statevector');
UPDATE cases SET circuit = jsonb_set(circuit, '{gates,25}', '{"op": "RY", "target": 1, "theta": 0.4, "if": {"bit": 0, "value": 1}}') WHERE name LIKE 'chance%';

CREATE TABLE runs AS
    SELECT c.*, f.frames, e.id FROM cases c, (VALUES ('{"every": 1}'::jsonb), ('{"every": 7, "content": "probabilities", "max_qubits": 6}'), ('false')) f (frames),
        timevmaps.tv_submit_experiment(1, 1, 'quantum', jsonb_build_object('circuit', circuit, 'shots', shots, 'seed', 5, 'options', options, 'frames', frames)) e;
CALL timevmaps.tv_work(100);

CREATE FUNCTION same(experiment bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(key, ' ' ORDER BY key) FROM runs r JOIN timevmaps.results s ON s.experiment_id = r.id,
        timevmaps.tv_run_circuit(circuit, shots, 5, options || '{"attempt": 1}') direct,
        LATERAL (SELECT coalesce(a.key, b.key) AS key FROM jsonb_each(direct) a FULL JOIN jsonb_each(s.metrics) b ON a.key = b.key
                 WHERE a.value::text IS DISTINCT FROM b.value::text AND coalesce(a.key, b.key) <> 'duration_s') d
    WHERE r.id = experiment $$;
SELECT is(same(id), 'anomaly', format('%s, frames %s: at most its time differs', name, frames)) FROM runs ORDER BY id;
SELECT is((SELECT array_agg(DISTINCT r.name || ' is a ' || (s.metrics ->> 'method')) FROM runs r JOIN timevmaps.results s ON s.experiment_id = r.id WHERE s.metrics ->> 'method' <> method), NULL, 'by the methods that were meant');
SELECT is((SELECT count(*) FROM runs, timevmaps.tv_reproduce(id) a WHERE a.identical), 21::bigint, 'and all are reproduced');

-- Frames on the way of a density matrix are those of all gates so far, each with its noise.
SELECT id AS frames FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1},
    {"op": "I", "target": 0}, {"op": "I", "target": 0}]}, "options": {"noise": {"depolarizing": 0.1}}, "frames": {"every": 1}}') \gset
CALL timevmaps.tv_work(1);
SELECT results_eq('SELECT step, round(x::numeric, 12) FROM timevmaps.frames, timevmaps.tv_frame_bloch(payload) WHERE qubit = 0 AND experiment_id = ' || :frames || ' ORDER BY step',
    'VALUES (1::bigint, 0.9), (2, 0.9), (3, 0.81), (4, 0.729)', 'gate by gate');
SELECT * FROM finish();
