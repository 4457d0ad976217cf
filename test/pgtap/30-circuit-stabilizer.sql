-- Runs on a stabilizer tableau through SQL: methods, large circuits, frames, limits.
BEGIN;
SET search_path = timevmaps, public;
SELECT no_plan();


-- A thousand qubits.
CREATE TEMP TABLE answer AS
SELECT tv_run_circuit(tests.ghz(1000), 100000, 3, jsonb_build_object('observables', jsonb_build_array(repeat('X', 1000), 'Z0 Z999', 'Z7'))) AS r;
SELECT is(r ->> 'method', 'stabilizer', 'auto takes the tableau') FROM answer;
SELECT is((SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(r -> 'counts') k), ARRAY[repeat('0', 1000), repeat('1', 1000)], 'all zeros or all ones') FROM answer;
SELECT is((SELECT sum(v::bigint) FROM jsonb_each_text(r -> 'counts') e (k, v)), 100000::numeric, 'every shot is counted') FROM answer;
SELECT cmp_ok(abs((r -> 'counts' ->> repeat('0', 1000))::bigint - 50000), '<', 800::bigint, 'evenly') FROM answer;
SELECT is(jsonb_path_query_array(r, '$.expectations[*].value'), '[1, 1, 0]', 'expectations are exact') FROM answer;
SELECT is(jsonb_path_query_array(r, '$.expectations[*].error'), '[0, 0, 0]', 'and have no error') FROM answer;
SELECT is(r -> 'probabilities', jsonb_build_array(
    jsonb_build_object('basis', NULL, 'bits', repeat('0', 1000), 'probability', 0.5),
    jsonb_build_object('basis', NULL, 'bits', repeat('1', 1000), 'probability', 0.5)), 'the basis states, whose numbers are too long to be told') FROM answer;
SELECT is(r ->> 'norm', '1', 'norm') FROM answer;
SELECT is(jsonb_array_length(r -> 'bloch'), 1000, 'a Bloch vector for each qubit') FROM answer;
SELECT is(tv_run_circuit(tests.ghz(1000), 100000, 3) -> 'counts', r -> 'counts', 'the same seed, the same counts') FROM answer;
SELECT isnt(tv_run_circuit(tests.ghz(1000), 100000, 4) -> 'counts', r -> 'counts', 'another seed, others') FROM answer;

-- Both methods tell the same of the same state.
CREATE FUNCTION pg_temp.told(method text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('p', (SELECT jsonb_agg(jsonb_build_array(e -> 'basis', round((e ->> 'probability')::numeric, 9)) ORDER BY e -> 'basis') FROM jsonb_array_elements(r -> 'probabilities') e),
                              'b', (SELECT jsonb_agg(jsonb_build_array(abs(round((e ->> 'x')::numeric, 9)), round((e ->> 'y')::numeric, 9) + 0, round((e ->> 'z')::numeric, 9) + 0)) FROM jsonb_array_elements(r -> 'bloch') e))
    FROM tv_run_circuit('{"qubits": 4, "gates": [{"op": "SX", "target": 0}, {"op": "RY", "target": 1, "theta": 1.5707963267948966}, {"op": "CZ", "control": 0, "target": 1},
        {"op": "ISWAP", "targets": [1, 2]}, {"op": "RXX", "targets": [0, 2], "theta": -1.5707963267948966}, {"op": "CY", "control": 2, "target": 3}, {"op": "U", "target": 3, "theta": 1.5707963267948966, "phi": 0, "lambda": 3.141592653589793}]}',
        0, 0, jsonb_build_object('method', method)) r
$$;
SELECT is(pg_temp.told('stabilizer'), pg_temp.told('statevector'), 'states agree');

-- Noise, measurements in the middle, conditions.
-- X leaves |+> alone, so a qubit survives with 1 - p/2.
CREATE TEMP TABLE noisy AS SELECT r
FROM tv_run_circuit((SELECT jsonb_build_object('qubits', 60, 'gates', jsonb_agg(jsonb_build_object('op', 'H', 'target', q))) FROM generate_series(0, 59) q),
                    4000, 1, '{"noise": {"depolarizing": 0.02}}') r;
SELECT is(r ->> 'method', 'stabilizer', 'Pauli noise is for the tableau') FROM noisy;
SELECT cmp_ok(abs((r ->> 'fidelity')::float8 - 0.99 ^ 60), '<', 5 * (r ->> 'fidelity_error')::float8, 'fidelity is the product of the qubits''') FROM noisy;
SELECT cmp_ok(abs(avg((b ->> 'x')::float8) - 0.98), '<', 0.003::float8, 'and what is left of each Bloch vector') FROM noisy, jsonb_array_elements(r -> 'bloch') b;
SELECT is((SELECT array_agg(DISTINCT right(k, 1) = left(k, 1)) FROM jsonb_object_keys(tv_run_circuit(c, 500, 9) -> 'counts') k), '{t}', 'what waits for a bit follows it')
FROM (SELECT '{"qubits": 100, "gates": [{"op": "H", "target": 50}, {"op": "MEASURE", "target": 50, "bit": 0}, {"op": "X", "target": 99, "if": {"bit": 0}}, {"op": "MEASURE", "target": 99, "bit": 1}]}'::jsonb) t (c);
SELECT is((SELECT array_agg(DISTINCT right(k, 1) = left(k, 1)) FROM jsonb_object_keys(tv_run_circuit(
    '{"qubits": 100, "gates": [{"op": "H", "target": 50}, {"op": "MEASURE", "target": 50, "bit": 0}, {"op": "CX", "control": 3, "target": 99, "if": {"bit": 0}}, {"op": "X", "target": 3}, {"op": "CX", "control": 3, "target": 99, "if": {"bit": 0}}, {"op": "MEASURE", "target": 99, "bit": 1}]}',
    300, 9) -> 'counts') k), '{t}', 'with gates on two qubits too');

-- What the ideal state excludes is a trajectory of fidelity 0: k measurements of |0> survive (1 - p)^k flips. An open outcome it follows,
-- so the first measurement of |+> costs nothing; a reset takes the error away; readout errors concern no state but what waits for the bit.
SELECT ok(abs((r ->> 'fidelity')::float8 - wanted) < 5 * sqrt(wanted * (1 - wanted) / 20000) + 1e-9 AND r ->> 'method' = 'stabilizer', format('%s: fidelity %s is %s', name, r ->> 'fidelity', wanted))
FROM (VALUES ('four measurements', '{"bit_flip": 0.1}', 0.9 ^ 4, '[{"op": "I", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "I", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "I", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "I", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}]'),
    ('one that is open', '{"phase_flip": 0.25}', 1, '[{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "X", "target": 1, "if": {"bit": 0}}]'),
    ('a reset', '{"bit_flip": 0.5}', 0.5, '[{"op": "X", "target": 0}, {"op": "RESET", "target": 0}, {"op": "X", "target": 0}]'),
    ('a bit misread', '{"readout": 0.25}', 0.75, '[{"op": "MEASURE", "target": 0, "bit": 0}, {"op": "X", "target": 1, "if": {"bit": 0}}]'),
    ('half of a pair, followed', '{"readout": 0.25}', 0.75, '[{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "X", "target": 1, "if": {"bit": 0}}]')) t (name, noise, wanted, gates),
    tv_run_circuit(jsonb_build_object('qubits', 16, 'gates', gates::jsonb), 20000, 7, jsonb_build_object('noise', noise::jsonb)) r;

-- Which method.
SELECT is(tv_run_circuit(tests.ghz(3)) ->> 'method', 'statevector', 'small circuits have amplitudes');
SELECT is(tv_run_circuit(tests.ghz(3), 0, 0, '{"method": "stabilizer"}') ->> 'method', 'stabilizer', 'where nobody asks for the other');
SELECT is(tv_run_circuit(tests.ghz(12) || '{"bits": 1}', s, 0, '{"noise": {"depolarizing": 0.01}}') ->> 'method', CASE s WHEN 99 THEN 'statevector' ELSE 'stabilizer' END, 'noise is lanes of a tableau, for ' || s || ' trajectories')
FROM unnest('{0, 99, 100}'::int[]) s;
SELECT is(tv_run_circuit(tests.ghz(3), 1000, 0, '{"noise": {"depolarizing": 0.01}}') ->> 'method', 'density_matrix', 'but for what a density matrix tells better');
SELECT is(tv_run_circuit(tests.ghz(17), 0, 0, '{"method": "statevector"}') ->> 'method', 'statevector', 'and large ones where somebody does');
SELECT throws_like($$ SELECT tv_run_circuit('{"qubits": 1, "gates": [{"op": "T", "target": 0}]}', 0, 0, '{"method": "stabilizer"}') $$, 'options.method: %', 'T is not Clifford');
SELECT throws_ok($$ SELECT tv_run_circuit('{"qubits": 1, "gates": [{"op": "T", "target": 0}]}', 0, 0, '{"method": "stabilizer"}') $$, '22023');
SELECT throws_ok($$ SELECT tv_run_circuit('{"qubits": 1, "gates": []}', 0, 0, '{"method": "stabilizer", "noise": {"amplitude_damping": 0.1}}') $$, '22023');
SELECT throws_ok($$ SELECT tv_run_circuit(tests.ghz(60), 0, 0, '{"method": "statevector"}') $$, 'PT413', NULL, 'too many amplitudes');
SELECT throws_ok($$ SELECT tv_run_circuit(tests.ghz(60) || '{"gates": [{"op": "T", "target": 0}]}') $$, 'PT413', NULL, 'a T among them needs amplitudes');
SELECT throws_ok($$ SELECT * FROM tv_amplitudes(tests.ghz(60)) $$, 'PT413', NULL, 'and so do amplitudes themselves');
SELECT throws_ok($$ SELECT * FROM tv_circuit_steps(tests.ghz(60)) $$, 'PT413', NULL, 'and frames of them');
SELECT throws_ok($$ SELECT tv_run_circuit((SELECT jsonb_build_object('qubits', 1000, 'gates', jsonb_agg(jsonb_build_object('op', 'H', 'target', q))) FROM generate_series(0, 999) q), 1000000000) $$,
                 'PT413', NULL, 'more counts than memory');

-- The functions for one thing each choose as a run does.
CREATE TEMP TABLE clifford AS SELECT jsonb_build_object('qubits', 16, 'gates', (SELECT jsonb_agg(CASE WHEN h % 3 = 0
    THEN jsonb_build_object('op', 'CX', 'control', h % 16, 'target', (h + 1 + h / 16 % 15) % 16)
    ELSE jsonb_build_object('op', (ARRAY['H', 'S', 'SX', 'Y', 'SDG'])[1 + h / 3 % 5], 'target', h % 16) END ORDER BY i)
    FROM generate_series(1, 40) i, LATERAL (SELECT abs(hashint4(i))) t (h))) AS c;
SELECT results_eq($$ SELECT qubit, round(x::numeric, 9), round(y::numeric, 9), round(z::numeric, 9) FROM clifford, tv_bloch(c) ORDER BY 1 $$,
    $$ SELECT (b ->> 'qubit')::integer, round((b ->> 'x')::numeric, 9), round((b ->> 'y')::numeric, 9), round((b ->> 'z')::numeric, 9)
       FROM clifford, jsonb_array_elements(tv_run_circuit(c, 0, 0, '{"method": "statevector"}') -> 'bloch') b ORDER BY 1 $$, 'tv_bloch as amplitudes have it');
SELECT cmp_ok((SELECT count(*) FROM clifford, tv_bloch(c) WHERE x + y + z <> 0), '>', 2::bigint, 'which is something');
SELECT is(round(tv_expectation(c, o)::numeric, 9), round((tv_run_circuit(c, 0, 0, jsonb_build_object('method', 'statevector', 'observable', o)) #>> '{expectations,0,value}')::numeric, 9), 'tv_expectation: ' || o)
FROM clifford, (SELECT string_agg(format('%s*%s%s', q + 1, l, q), ' + ') FROM generate_series(0, 15) q, unnest(ARRAY['X', 'Y', 'Z']) l) t (o);
SELECT is((SELECT count(*) FROM tv_bloch(tests.ghz(1000)) WHERE (x, y, z) = (0, 0, 0)), 1000::bigint, 'a thousand qubits');
SELECT is(tv_expectation(tests.ghz(1000), '2*Z0 Z999 - Z500 + 0.5'), 2.5::float8, 'and an observable of them');
SELECT results_eq($$ SELECT parameter, gradient FROM tv_gradient(tests.ghz(100) || '{"gates": [{"op": "RX", "target": 70, "theta": "$a"}]}', 'Y70', '{"a": 0}') $$,
    $$ VALUES ('a', -1::float8) $$, 'a gradient whose shifted circuits are Clifford');
SELECT throws_ok($$ SELECT tv_expectation('{"qubits": 60, "gates": [{"op": "T", "target": 0}]}', 'Z0') $$, 'PT413', NULL, 'a T needs amplitudes');
SELECT throws_ok($$ SELECT tv_bloch('{"qubits": 60, "gates": [{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "H", "target": 0}]}') $$, '22023',
                 'gates[1]: the state depends on chance');

SELECT * FROM finish();
ROLLBACK;
