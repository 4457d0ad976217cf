-- tv_explain_circuit(): the plan of a circuit, before and after it ran.
BEGIN;
SELECT no_plan();

-- RX on each of 16 qubits, then layers of CX, phases and RZ; a measurement of each at the end.
CREATE TEMP TABLE circuits AS
SELECT jsonb_build_object('qubits', 16, 'gates', jsonb_agg(gate ORDER BY layer, part, q)) AS circuit, count(*) AS gates
FROM generate_series(0, 3) layer, generate_series(0, 15) q, generate_series(0, 3) part,
    LATERAL (SELECT CASE part
        WHEN 0 THEN jsonb_build_object('op', 'RX', 'target', q, 'theta', layer + q)
        WHEN 1 THEN jsonb_build_object('op', 'CX', 'control', q, 'target', (q + 1) % 16)
        WHEN 2 THEN jsonb_build_object('op', 'CP', 'control', q, 'target', (q + 5) % 16, 'theta', layer - q)
        ELSE jsonb_build_object('op', 'RZ', 'target', q, 'theta', q) END AS gate) g;

CREATE TEMP TABLE plans AS
SELECT analyzed, timevmaps.tv_explain_circuit(circuit, jsonb_build_object('format', 'json', 'analyze', analyzed))::jsonb AS plan
FROM circuits, unnest(ARRAY[false, true]) analyzed;
CREATE TEMP TABLE passes AS
SELECT analyzed, pass FROM plans, jsonb_array_elements(plan -> 'parts') part, jsonb_array_elements(part -> 'passes') pass;
CREATE TEMP TABLE steps AS SELECT analyzed, step FROM passes, jsonb_array_elements(pass -> 'steps') step;

SELECT is((plan ->> 'gates')::bigint, gates, 'all gates are told of') FROM plans, circuits;
SELECT is(sum((pass ->> 'gates')::bigint), gates::numeric, 'each is in one pass') FROM passes, circuits GROUP BY analyzed, gates;
SELECT is(sum((step ->> 'gates')::bigint), gates::numeric, 'and in one step') FROM steps, circuits GROUP BY analyzed, gates;
SELECT ok(count(*) BETWEEN 2 AND 40, 'several passes, and fewer than gates') FROM passes WHERE NOT analyzed;
SELECT ok(bool_and((pass ->> 'bytes')::bigint = 2 * 16 * 65536), 'a pass reads and writes the state') FROM passes;
SELECT ok(bool_and(jsonb_array_length(pass -> 'qubits') BETWEEN 5 AND 15), 'blocks fit the cache') FROM passes;
SELECT ok(bool_and((step ->> 'fma')::float8 > 0 OR step ->> 'step' = 'Permutation'), 'arithmetic is told of') FROM steps;
SELECT is(string_agg(DISTINCT step ->> 'step', ' ' ORDER BY step ->> 'step'), 'Butterfly Diagonal Permutation', 'gates of one kind are merged')
FROM steps;
SELECT ok(bool_and((pass ? 'actual_s') = analyzed), 'real times only after a run') FROM passes;
SELECT ok(bool_and((pass ->> 'actual_s')::float8 > 0), 'and they are times') FROM passes WHERE analyzed;
SELECT ok(bool_and((pass ->> 'estimated_s')::float8 > 0), 'estimates always') FROM passes;
SELECT ok((plan ->> 'memory_bytes')::bigint BETWEEN 16 * 65536 AND 48 * 65536, 'memory') FROM plans;

-- As text.
CREATE TEMP TABLE lines AS SELECT timevmaps.tv_explain_circuit(circuit, '{"analyze": true, "precision": "single"}') AS line FROM circuits;
SELECT ok(line LIKE 'Circuit by statevector  (qubits=16 gates=256 precision=single vectors=%', 'the first line') FROM lines LIMIT 1;
SELECT is((SELECT count(*) FROM lines WHERE line ~ '^        ->  Pass \d+ on Qubits [\d,-]+  \(gates=\d+ bytes=\d+ fma=\d+ time=[\d.]+ ms\) \(actual time=[\d.]+ ms\)$')::int,
    (SELECT substring(line FROM 'passes=(\d+)')::int FROM lines WHERE line LIKE '%passes=%'), 'a line a pass');
SELECT ok(count(*) = 1, 'and how long it took') FROM lines WHERE line ~ '^Execution Time: [\d.]+ ms$';

-- What is not planned: few gates, measurements in the middle and at the end.
SELECT is(array_agg(line), ARRAY['  ->  Single Gates  (gates=0..2)', '  ->  Final Measurements  (gates=3..4)'], 'a small circuit')
FROM timevmaps.tv_explain_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0},
    {"op": "X", "target": 1, "if": {"bit": 0}}, {"op": "MEASURE", "target": 0, "bit": 1}, {"op": "MEASURE", "target": 1, "bit": 2}]}') line
WHERE line LIKE '  ->%';

-- A density matrix has no plan of its own to tell, but method, memory and time; "auto" tells which it would take.
SELECT ok(line ~ '^Circuit by density_matrix  \(qubits=3 gates=2 .* trajectories=1\)( \(actual time=[0-9.]+ ms\))?$' AND (line ~ 'actual') = timed, 'noise on few qubits: ' || line)
FROM unnest('{f,t}'::boolean[]) timed, LATERAL timevmaps.tv_explain_circuit('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}',
    jsonb_build_object('noise', '{"depolarizing": 0.1}'::jsonb, 'analyze', timed)) WITH ORDINALITY AS l (line, n)
WHERE n = 1;
SELECT is(timevmaps.tv_explain_circuit('{"qubits": 3, "gates": [{"op": "H", "target": 0}]}', jsonb_build_object('format', 'json', 'noise', '{"depolarizing": 0.1}'::jsonb, 'trajectories', few))::jsonb ->> 'method',
    CASE WHEN few = 1 THEN 'statevector' ELSE 'density_matrix' END, few || ' trajectories') FROM unnest('{1,2}'::int[]) few;

SELECT throws_ok(format('SELECT timevmaps.tv_explain_circuit(%L, %L)', '{"qubits": 1, "gates": []}', options), '22023', NULL, options)
FROM unnest(ARRAY['{"analyze": 1}', '{"format": "xml"}', '{"format": 1}', '{"guess": 1}', '[]', '3']) options;
SELECT throws_ok($$ SELECT timevmaps.tv_explain_circuit('{"qubits": 1}') $$, '22023', NULL, 'not a circuit');
SET LOCAL timevmaps.circuit_memory = '1MB';
SELECT throws_ok($$ SELECT timevmaps.tv_explain_circuit('{"qubits": 20, "gates": [{"op": "T", "target": 0}]}') $$, 'PT413', NULL, 'more memory than allowed');

SELECT * FROM finish();
ROLLBACK;
