-- Counts sum to the shots: by every method, in experiments and in sweeps.
-- Not in one transaction: tv_work() commits.
SELECT plan(45);

INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');

-- What waits for bits that nothing writes, more of them than qubits; what is written again; a bit that nobody measures into.
CREATE TABLE odd (name text, clifford boolean, circuit jsonb);
INSERT INTO odd VALUES
    ('never written', true, '{"qubits": 1, "bits": 1, "gates": [{"op": "H", "target": 0, "if": {"bit": 0, "value": 0}}]}'),
    ('never written, and to be 1', true, '{"qubits": 1, "bits": 1, "gates": [{"op": "H", "target": 0, "if": {"bit": 0, "value": 1}}]}'),
    ('more bits than qubits', true, '{"qubits": 1, "bits": 4000, "gates": [{"op": "X", "target": 0, "if": {"bit": 3999, "value": 0}}, {"op": "H", "target": 0}]}'),
    ('written later', true, '{"qubits": 2, "gates": [{"op": "H", "target": 0, "if": {"bits": [0, 1], "value": 0}}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "X", "target": 1, "if": {"bit": 0}}, {"op": "MEASURE", "target": 1, "bit": 1}]}'),
    ('a measurement that waits', true, '{"qubits": 1, "bits": 2, "gates": [{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0, "if": {"bit": 1, "value": 0}}]}'),
    ('no gate', true, '{"qubits": 3, "bits": 2, "gates": []}'),
    ('no Clifford gate', false, '{"qubits": 2, "bits": 3, "gates": [{"op": "RX", "target": 0, "theta": 1, "if": {"bit": 2, "value": 0}}, {"op": "RESET", "target": 0, "if": {"bit": 1, "value": 0}}, {"op": "T", "target": 1}]}');
CREATE FUNCTION counted(r jsonb) RETURNS numeric LANGUAGE sql AS
    $$ SELECT coalesce(sum(v::numeric), 0) FROM jsonb_each_text(r -> 'counts') e (k, v) $$;

SELECT is((SELECT array_agg(counted(timevmaps.tv_run_circuit(circuit, s, 5, o)) ORDER BY s) FROM unnest('{0,1,2,1000}'::int[]) s), '{0,1,2,1000}', name || ': ' || o)
FROM odd, unnest(ARRAY['{}', '{"method": "statevector"}', '{"method": "statevector", "precision": "single"}', '{"method": "density_matrix"}', '{"method": "stabilizer"}',
    '{"noise": {"depolarizing": 0.1, "readout": 0.1}, "fidelity": false}']::jsonb[]) o WHERE clifford OR o ->> 'method' IS DISTINCT FROM 'stabilizer';
SELECT is(counted(timevmaps.tv_run_circuit('{"qubits": 16, "bits": 1, "gates": [{"op": "H", "target": 0, "if": {"bit": 0, "value": 0}}]}', 1000)), 1000::numeric, 'auto, from 16 qubits on');

SELECT count(s.id) FROM odd, timevmaps.tv_submit_experiment(1, 1, 'quantum', jsonb_build_object('circuit', circuit, 'shots', 700, 'options', jsonb_build_object('method', 'stabilizer'))) s WHERE clifford \g /dev/null
SELECT id AS sweep FROM timevmaps.tv_submit_experiment(1, 1, 'sweep', '{"circuit": {"qubits": 2, "bits": 3, "gates": [{"op": "RX", "target": 0, "theta": "$a", "if": {"bit": 2, "value": 0}}]}, "shots": 500,
    "grid": {"a": [0, 1.5707963267948966]}, "options": {"method": "stabilizer"}}') \gset
CALL timevmaps.tv_work(100);
SELECT is((SELECT array_agg(counted(r.metrics)) FROM timevmaps.results r WHERE r.experiment_id <> :sweep), array_fill(700::numeric, '{6}'), 'in experiments');
SELECT is((SELECT array_agg(counted(jsonb_build_object('counts', c))) FROM timevmaps.results r, jsonb_array_elements(r.metrics -> 'counts') c WHERE r.experiment_id = :sweep), '{500,500}', 'at each point of a sweep');
SELECT is((SELECT array_agg(k ORDER BY k) FROM timevmaps.results r, jsonb_object_keys(r.metrics #> '{counts,1}') k WHERE r.experiment_id = :sweep), '{00,01}', 'where each of them is drawn');
SELECT * FROM finish();
