-- Gradients against closed forms and central differences; what has none.
BEGIN;
SELECT plan(53);

CREATE FUNCTION gradient(circuit text, observable text, params text DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_object_agg(parameter, round(gradient::numeric, 9)) FROM timevmaps.tv_gradient(circuit::jsonb, observable, params::jsonb) $$;
-- Sixth order, by tv_expectation() alone.
CREATE FUNCTION difference(circuit jsonb, observable text, name text) RETURNS float8 LANGUAGE sql AS $$
    SELECT sum(w * timevmaps.tv_expectation(jsonb_set(circuit, ARRAY['params', name], to_jsonb((circuit #>> ARRAY['params', name])::float8 + k * 0.03)), observable)) / 0.03
    FROM (VALUES (-3, -1.0 / 60), (-2, 3.0 / 20), (-1, -3.0 / 4), (1, 3.0 / 4), (2, -3.0 / 20), (3, 1.0 / 60)) w (k, w) $$;

SELECT results_eq($$ SELECT parameter, value, round(gradient::numeric, 14) FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}', 'Z', '{"a": 0.7}') $$,
    $$ SELECT 'a', 0.7::float8, round(-sin(0.7)::numeric, 14) $$, 'd<Z>/da of RX(a) is -sin a');
SELECT is(gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}, {"op": "RX", "target": 0, "theta": "$a"}], "params": {"a": 0.7}}', 'Z'),
    jsonb_build_object('a', round(-2 * sin(1.4)::numeric, 9)), 'two occurrences add up');
SELECT is(gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "2*$a - $b/4 + pi"}], "params": {"a": 0.7, "b": 1}}', 'Z'),
    jsonb_build_object('a', round(-2 * sin(1.4 - 0.25 + pi())::numeric, 9), 'b', round(sin(1.4 - 0.25 + pi())::numeric / 4, 9)), 'an expression has its factors');
SELECT is(gradient('{"qubits": 2, "gates": [{"op": "X", "target": 0}, {"op": "CRY", "control": 0, "target": 1, "theta": "$a"}]}', 'Z1', '{"a": 0.7}'),
    jsonb_build_object('a', round(-sin(0.7)::numeric, 9)), 'a controlled rotation whose control is 1');
SELECT is(gradient('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}, {"op": "CP", "control": 0, "target": 1, "theta": "$a"}]}', 'X1', '{"a": 0.7}'),
    jsonb_build_object('a', round(-sin(0.7)::numeric / 2, 9)), 'a controlled phase: <X1> is (1 + cos a)/2');
SELECT is(gradient('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CRZ", "control": 0, "target": 1, "theta": "$a"}]}', 'X0', '{"a": 0.7}'),
    jsonb_build_object('a', round(-sin(0.35)::numeric / 2, 9)), 'frequency 1/2: <X0> is cos(a/2)');
SELECT is(gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}], "params": {"a": 0.7}}', 'Z', '{"a": 0, "free": 3}'),
    '{"a": 0, "free": 0}'::jsonb, 'params win over the circuit''s; what no angle names is flat') ;
SELECT is((SELECT count(*) FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": 1}]}', 'Z')), 0::bigint, 'without parameters there are no rows');
SELECT results_eq($$ SELECT parameter FROM timevmaps.tv_gradient('{"qubits": 1, "gates": []}', 'Z', '{"bb": 1, "a": 1, "c": 1}') $$, $$ VALUES ('a'), ('bb'), ('c') $$, 'rows are ordered by name');

-- All kinds of angles at once.
CREATE TEMP TABLE ansatz AS SELECT '{"qubits": 3, "params": {"a": 0.3, "b": -1.1, "c": 2.2, "d": 0.9}, "gates": [
    {"op": "H", "target": 0}, {"op": "RY", "target": 1, "theta": 0.4}, {"op": "H", "target": 2},
    {"op": "CU", "control": 0, "target": 1, "theta": "$a", "phi": "$b", "lambda": "$c", "gamma": "$d"},
    {"op": "U", "target": 2, "theta": "$b", "phi": "$c", "lambda": "$d", "controls": [1], "control_state": 0},
    {"op": "RXX", "targets": [0, 2], "theta": "$a + $d", "controls": [1]}, {"op": "RZZ", "targets": [0, 1], "theta": "$c"},
    {"op": "CRX", "control": 2, "target": 0, "theta": "3*$b"}, {"op": "P", "target": 0, "theta": "-$d"}, {"op": "RYY", "targets": [1, 2], "theta": "$a"}]}'::jsonb AS circuit;
SELECT ok(abs(gradient - difference(circuit, 'Z0 + 0.5*X1 Y2 - XYZ', parameter)) < 1e-7 AND abs(gradient) > 1e-3, 'a mixed circuit: d/d' || parameter)
FROM ansatz, timevmaps.tv_gradient(circuit, 'Z0 + 0.5*X1 Y2 - XYZ');

-- Angles of any size: sine and cosine know all of their digits, so a sum has to be taken by them.
CREATE FUNCTION near(got float8, wanted float8, what text) RETURNS text LANGUAGE sql AS $$ SELECT ok(abs(got - wanted) < 1e-13, format('%s: %s is %s', what, got, wanted)) $$;
SELECT unnest(ARRAY[near(gradient, -sin(a), 'RX at ' || a),
    near((SELECT gradient FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "2*$a + pi"}]}', 'Z', p)), 2 * sin(2 * a), '2*$a + pi at ' || a),
    near((SELECT timevmaps.tv_expectation('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "2*$a + pi"}]}'::jsonb || jsonb_build_object('params', p), 'Z')), -cos(2 * a), 'its expectation'),
    near((SELECT gradient FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "3*$a"}]}', 'Z', p)), -3 * (3 * sin(a) - 4 * sin(a) ^ 3), 'a product that has more digits than a number, at ' || a),
    near((SELECT gradient FROM timevmaps.tv_gradient('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CU", "control": 0, "target": 1, "theta": "$a", "phi": 0, "lambda": 0, "gamma": 0.5}]}', 'X0', p)),
         -0.5 * sin(a / 2) * cos(0.5::float8), 'CU, whose phase has half of its angle, at ' || a),
    near((SELECT timevmaps.tv_expectation(jsonb_build_object('qubits', 2, 'gates', jsonb_build_array('{"op": "H", "target": 0}'::jsonb, jsonb_build_object('op', 'CU', 'control', 0, 'target', 1, 'theta', a, 'phi', 0, 'lambda', 0, 'gamma', 0.5))), 'X0')),
         cos(a / 2) * cos(0.5::float8), 'and its expectation')])
FROM unnest('{0.3, 1e15, 9007199254740991e3, 1e17, 1e22}'::float8[]) a, jsonb_build_object('a', a) p,
    timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}', 'Z', p);
SELECT near(timevmaps.tv_expectation('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a + 1e17 + 0.5"}], "params": {"a": 0.2}}', 'Z'),
    cos(1e17::float8) * cos(0.7::float8) - sin(1e17::float8) * sin(0.7::float8), 'constants that are added');
SELECT is(timevmaps.tv_circuit_canonical('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}, {"op": "RX", "target": 0, "theta": "2*$a + 100"}], "params": {"a": 1e17}}') #> '{gates,0,theta}', '1e17'::jsonb, 'an angle alone stays as it is');
SELECT is(timevmaps.tv_circuit_canonical('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "2*$a + 100"}], "params": {"a": 400}}') #> '{gates,0,theta}', '900'::jsonb, 'and so does a sum that rounding does not hurt');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}', 'Z') $$, '22023', 'gates[0].theta: parameter without a value');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}', 'Q', '{"a": 1}') $$, '22023');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "RX", "target": 0, "theta": "$a", "if": {"bit": 0}}]}', 'Z', '{"a": 1}') $$,
    '22023', 'gates[2].theta: no gradient of a gate with a condition');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}, {"op": "RESET", "target": 0}, {"op": "H", "target": 0}]}', 'Z', '{"a": 1}') $$,
    '22023', 'gates[1]: the state depends on chance');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 1, "gates": []}', 'Z', '{"a": "1"}') $$, '22023', 'params.a: not a number');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "3*$a"}]}', 'Z', '{"a": 1e308}') $$, '22023');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 40, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}', 'Z0', '{"a": 1}') $$, 'PT413');
SELECT * FROM finish();
ROLLBACK;
