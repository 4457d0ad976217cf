-- Entanglement entropy of a cut in the result of a run.
BEGIN;
SELECT plan(13);

CREATE FUNCTION entropy(circuit jsonb, options jsonb) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT timevmaps.tv_run_circuit(circuit, 0, 5, options) -> 'entropy' $$;
CREATE FUNCTION bits(circuit jsonb, options jsonb) RETURNS numeric LANGUAGE sql AS
    $$ SELECT round((entropy(circuit, options) ->> 'value')::numeric, 9) $$;

SELECT is(bits(tests.ghz(12), '{"entropy": [3, 1]}'), 1.0, 'any cut of a GHZ state has one bit');
SELECT is(bits(tests.ghz(12), '{"entropy": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}'), 1.0, 'also a large one, whose smaller side is reduced');
SELECT is(bits('{"qubits": 2, "gates": [{"op": "RY", "target": 0, "theta": 1}, {"op": "CX", "control": 0, "target": 1}]}', '{"entropy": [1]}'),
    (SELECT round((-p * log(2, p) - (1 - p) * log(2, 1 - p))::numeric, 9) FROM (SELECT (cos(0.5) ^ 2)::numeric) x (p)), 'an entangled pair has that of its weights');
SELECT is(bits('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}, {"op": "H", "target": 2}]}', '{"entropy": [1]}'), 0.0, 'a product has none');
SELECT is(entropy(tests.ghz(3), '{"entropy": [2, 0], "precision": "single"}') - 'value', '{"error": 0, "qubits": [2, 0]}', 'the cut is told as it was asked for');
SELECT ok(bits(tests.ghz(3), '{"entropy": [2, 0], "precision": "single"}') BETWEEN 0.999999 AND 1.000001, 'in single precision too');
-- A measurement in the middle leaves 0 or 1 bit: the mean over trajectories is that of the chance to skip it.
SELECT ok(abs((e ->> 'value')::float8 - 1.0 / 2) < 5 * (e ->> 'error')::float8 AND (e ->> 'error')::float8 BETWEEN 0.01 AND 0.02, 'a mean over trajectories has its error')
FROM entropy('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "H", "target": 1}, {"op": "CX", "control": 1, "target": 2, "if": {"bit": 0}}]}',
    '{"entropy": [1], "trajectories": 1000}') e;
SELECT is(timevmaps.tv_run_circuit(tests.ghz(2)) ? 'entropy', false, 'it is not computed where nobody asks');

SELECT throws_ok($$ SELECT entropy(tests.ghz(3), '{"entropy": []}') $$, '22023', 'options.entropy: not a cut');
SELECT throws_ok($$ SELECT entropy(tests.ghz(3), '{"entropy": [0, 1, 2]}') $$, '22023', 'options.entropy: not a cut');
SELECT throws_ok($$ SELECT entropy(tests.ghz(3), '{"entropy": [3]}') $$, '22023', 'options.entropy[0]: not a qubit');
SELECT throws_ok($$ SELECT entropy(tests.ghz(4), '{"entropy": [1, 1]}') $$, '22023', 'options.entropy[1]: a qubit is named twice');
SELECT throws_ok($$ SELECT entropy(tests.ghz(22), '{"entropy": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}') $$, '22023', 'options.entropy: too large a cut');
SELECT * FROM finish();
ROLLBACK;
