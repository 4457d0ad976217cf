-- What is too large, too many or too odd: an error or an answer, and never a NaN.
BEGIN;
SELECT no_plan();

CREATE FUNCTION pg_temp.gates(VARIADIC gates text[]) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_build_object('qubits', 2, 'gates', jsonb_agg(g::jsonb)) FROM unnest(gates) g $$;

------------------------------------------------------------------------ angles

-- The sums of angles that a U takes are finite, or it is refused.
SELECT throws_ok(format($$ SELECT timevmaps.tv_run_circuit(pg_temp.gates(%L)) $$, g), '22023', message, g)
FROM (VALUES
    ('{"op": "U", "target": 0, "theta": 0.1, "phi": 1e308, "lambda": 1e308}', 'gates[0].phi: too large an angle'),
    ('{"op": "U", "target": 0, "theta": 0.1, "phi": 0, "lambda": -1.1e100}', 'gates[0].lambda: too large an angle'),
    ('{"op": "U", "target": 0, "theta": 1, "phi": 1, "lambda": 1, "gamma": 1e308}', 'gates[0].gamma: too large an angle'),
    ('{"op": "RX", "target": 0, "theta": 1.7e308}', 'gates[0].theta: too large an angle'),
    ('{"op": "RX", "target": 0, "theta": "1e101*$a"}', 'gates[0].theta: too large a number')) v (g, message);
SELECT is((SELECT count(*) FROM timevmaps.tv_bloch(pg_temp.gates(
        '{"op": "U", "target": 0, "theta": 1e100, "phi": 1e100, "lambda": 1e100, "gamma": 1e100}',
        '{"op": "CU", "control": 0, "target": 1, "theta": -9e99, "phi": 1e100, "lambda": 1e100, "gamma": 5e99}'))
    WHERE abs(x * x + y * y + z * z) <= 1 + 1e-9), 2::bigint, 'the largest angles have an answer');
SELECT throws_ok($$ SELECT * FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "1e90*$a"}]}', 'Z', '{"a": 1e11}') $$,
    '22023', 'gates[0]: too large an angle');
SELECT throws_ok($$ SELECT timevmaps.tv_validate_experiment('sweep', '{"circuit": {"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "points": [{"a": 0}, {"a": -1e101}]}') $$,
    '22023', 'params.circuit.gates[0]: too large an angle', 'a sweep knows it before it runs');
SELECT throws_ok($$ SELECT timevmaps.tv_circuit_from_qasm('OPENQASM 3; qubit q; U(1e308, 1e308, 0) q;') $$, '22023');
SELECT throws_ok($$ SELECT timevmaps.tv_circuit_from_qasm('OPENQASM 3; qubit q; input float a; rx(1e308 * a) q;') $$, '22023');

----------------------------------------------------------------------- numbers

CREATE FUNCTION pg_temp.outcome(seed text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE state WHEN '22023' THEN detail ELSE coalesce(state, 'ok') END
    FROM tests.attempt(format('SELECT timevmaps.tv_validate_experiment(''quantum'', ''{"circuit": {"qubits": 1, "gates": []}, "seed": %s}'')', seed))
$$;
SELECT is(pg_temp.outcome(seed), expected, 'seed ' || seed) FROM (VALUES
    ('9223372036854775807', 'ok'), ('-9223372036854775808', 'ok'), ('9210000000000000000', 'ok'), ('-9210000000000000001', 'ok'),
    ('9007199254740993', 'ok'), ('9223372036854775807.0', 'ok'),
    ('9223372036854775808', '9223372036854775808 is outside -9223372036854775808..9223372036854775807'),
    ('-9223372036854775809', '-9223372036854775809 is outside -9223372036854775808..9223372036854775807'),
    ('9223372036854775806.5', '9223372036854775806.5 is not a whole number'),
    ('0.4', '0.4 is not a whole number')) v (seed, expected);
-- The largest basis that a frame can name has 64 bits, which is no bigint.
SELECT results_eq($$ SELECT basis, bits, probability FROM timevmaps.tv_frame_amplitudes('\x545646310100020040000000010000000100000000000000ffffffffffffffff000000000000f03f0000000000000000') $$,
    $$ SELECT NULL::bigint, repeat('1', 64), 1::float8 $$, 'a frame of 64 qubits');

-------------------------------------------------------------------------- text

-- What a client writes is quoted in an error, and not sent back in full.
CREATE FUNCTION pg_temp.said(statement text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement USING repeat('x', 3000000);
    RETURN 0;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN length(SQLERRM) + length(detail);
END
$$;
SELECT ok(pg_temp.said(statement) BETWEEN 1 AND 2500, statement)
FROM unnest(ARRAY[
    $$ SELECT timevmaps.tv_circuit($1) $$,
    $$ SELECT timevmaps.tv_validate_experiment('quantum', jsonb_build_object('circuit', $1)) $$,
    $$ SELECT timevmaps.tv_validate_experiment('sweep', jsonb_build_object('circuit', '{"qubits": 1, "gates": []}'::jsonb, 'grid', jsonb_build_object($1, '[1]'::jsonb))) $$,
    $$ SELECT timevmaps.tv_validate_experiment($1, '{}') $$,
    $$ SELECT timevmaps.tv_run_circuit(jsonb_build_object('qubits', 1, 'gates', jsonb_build_array(jsonb_build_object('op', 'RX', 'target', 0, 'theta', '$' || $1)))) $$,
    $$ SELECT * FROM timevmaps.tv_gradient(jsonb_build_object('qubits', 1, 'gates', jsonb_build_array(jsonb_build_object('op', 'RX', 'target', 0, 'theta', '$' || $1))), 'Z') $$,
    $$ SELECT timevmaps.tv_run_circuit(jsonb_build_object('qubits', 1, 'gates', '[]'::jsonb, $1, 1)) $$,
    $$ SELECT timevmaps.tv_circuit_draw('{"qubits": 1, "gates": []}', $1) $$,
    $$ SELECT timevmaps.tv_expectation('{"qubits": 1, "gates": []}', $1) $$,
    $$ SELECT timevmaps.tv_circuit_from_qasm($1) $$]) statement;

SELECT is((SELECT array_agg(length(key) ORDER BY value) FROM jsonb_each(timevmaps_internal.tv_run_summary(jsonb_build_object('expectations', jsonb_build_array(
        jsonb_build_object('observable', 'Z' || repeat(' ', 1000000), 'value', 1), jsonb_build_object('observable', 'Z' || repeat(' ', 1000001), 'value', 2)))))),
    ARRAY[196, 196], 'what runs are compared by has short names, which differ');

------------------------------------------------------------------------ memory

CREATE FUNCTION pg_temp.sweep(name_length integer, points integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timevmaps.tv_validate_experiment('sweep', jsonb_build_object(
        'circuit', jsonb_build_object('qubits', 1, 'gates', jsonb_build_array(jsonb_build_object('op', 'RX', 'target', 0, 'theta', '$' || repeat('x', name_length)))),
        'grid', jsonb_build_object(repeat('x', name_length), jsonb_build_object('from', 0, 'to', 1, 'count', points))));
    RETURN 'ok';
EXCEPTION WHEN SQLSTATE 'PT413' THEN
    RETURN SQLSTATE;
END
$$;

-- Parameters take memory that their text does not show.
SET LOCAL timevmaps.circuit_memory = '1MB';
CREATE TEMP TABLE many AS SELECT terms, jsonb_build_object('qubits', 1, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'RX', 'target', g - g, 'theta', angle)) FROM generate_series(1, 1000) g)) AS circuit
FROM (VALUES (1), (50)) t (terms), LATERAL (SELECT string_agg('1e99*$p' || i, '+') AS angle FROM generate_series(1, terms) i) a;
SELECT lives_ok($$ SELECT timevmaps.tv_circuit_hash(circuit) FROM many WHERE terms = 1 $$, 'a thousand parameters');
SELECT throws_ok($$ SELECT timevmaps.tv_circuit_hash(circuit) FROM many WHERE terms = 50 $$, 'PT413');

-- The names of a sweep's parameters are in every frame.
SELECT is(pg_temp.sweep(name_length, 20000), outcome, format('20000 points with a name of %s letters', name_length))
FROM (VALUES (1000, 'ok'), (10000, 'PT413')) v (name_length, outcome);

-- What is accepted has the memory to run, and a list of probabilities is no surprise at the end.
CREATE FUNCTION pg_temp.accepted(memory text, params jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    submitted text := 'ok';
    run text := 'ok';
BEGIN
    PERFORM set_config('timevmaps.circuit_memory', memory, true);
    BEGIN
        PERFORM timevmaps.tv_validate_experiment('quantum', params);
    EXCEPTION WHEN OTHERS THEN
        submitted := SQLSTATE;
    END;
    BEGIN
        PERFORM timevmaps_internal.tv_rerun_experiment('quantum', params, NULL, 1, 1);
    EXCEPTION WHEN OTHERS THEN
        run := SQLSTATE;
    END;
    RETURN submitted || ' ' || run;
END
$$;
CREATE TEMP TABLE accepted AS
SELECT pg_temp.accepted(memory, jsonb_build_object('frames', false, 'shots', shots, 'options', options::jsonb || jsonb_build_object('observables', (SELECT jsonb_agg('Z' || i % qubits) FROM generate_series(1, 300) i)),
    'circuit', jsonb_build_object('qubits', qubits, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'RX', 'target', i % qubits, 'theta', i)) FROM generate_series(1, 12) i)))) AS outcome
FROM unnest('{64kB,128kB,200kB,310kB,1MB}'::text[]) memory, unnest('{2,6,8,11}'::integer[]) qubits, unnest('{0,1000}'::integer[]) shots,
    unnest(ARRAY['{"top": 2000}', '{"top": 600, "bloch": false}', '{"noise": {"depolarizing": 0.01}, "trajectories": 10}', '{"noise": {"amplitude_damping": 0.1}, "fidelity": false, "trajectories": 10, "method": "statevector"}']) options;
SELECT results_eq('SELECT DISTINCT outcome FROM accepted ORDER BY 1', $$ VALUES ('PT413 PT413'), ('ok ok') $$, 'what is accepted has the memory to run, and what is refused has not');

-- Each stretch of gates has a plan, and EXPLAIN has all of them at once.
SET LOCAL timevmaps.circuit_memory = '16MB';
CREATE TEMP TABLE stretches AS SELECT jsonb_build_object('qubits', 14, 'gates', jsonb_agg(CASE WHEN i % 16 = 0 THEN '{"op": "MEASURE", "target": 0, "bit": 0}'
    ELSE jsonb_build_object('op', 'RX', 'target', i % 14, 'theta', i) END ORDER BY i)) AS circuit FROM generate_series(1, 24000) i;
SELECT is((SELECT timevmaps.tv_run_circuit(circuit, 1) ->> 'gates' FROM stretches), '24000', 'a run has one plan at a time');
SELECT throws_ok($$ SELECT count(*) FROM stretches, timevmaps.tv_explain_circuit(circuit) $$, 'PT413');
SELECT * FROM finish();
ROLLBACK;
