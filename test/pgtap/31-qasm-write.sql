-- Every gate, with and without controls, conditions, parameters and classical bits, as a program of each
-- version: it is written, and then read again, or refused by name; at once, whatever the circuit is.
BEGIN;
SELECT no_plan();
SELECT setseed(0.25);

-- All that a gate may have besides its name, by how it takes targets, controls and angles.
CREATE TEMP TABLE shapes (op text, shape jsonb);
INSERT INTO shapes
    SELECT op, jsonb_build_object('op', op, 'target', 0) FROM unnest('{I,X,Y,Z,H,S,SDG,T,TDG,SX,SXDG,RESET}'::text[]) op UNION ALL
    SELECT op, jsonb_build_object('op', op, 'target', 1, 'theta', angle)
        FROM unnest('{RX,RY,RZ,P}'::text[]) op, unnest('{0.5, -1e100, 1e-300, "\"2*$a - 1\""}'::jsonb[]) angle UNION ALL
    SELECT 'U', jsonb_build_object('op', 'U', 'target', 2, 'theta', angle, 'phi', 0.25, 'lambda', -3, 'gamma', gamma)
        FROM unnest('{0, 0.5, "\"$a\""}'::jsonb[]) angle, unnest('{0, 0.125, "\"$b\""}'::jsonb[]) gamma UNION ALL
    SELECT op, jsonb_build_object('op', op, 'targets', '[2, 0]'::jsonb) FROM unnest('{SWAP,ISWAP}'::text[]) op UNION ALL
    SELECT op, jsonb_build_object('op', op, 'targets', '[2, 0]'::jsonb, 'theta', angle)
        FROM unnest('{RXX,RYY,RZZ}'::text[]) op, unnest('{0.5, "\"$a/3\""}'::jsonb[]) angle UNION ALL
    SELECT op, jsonb_build_object('op', op, 'control', 1, 'target', 2) FROM unnest('{CX,CNOT,CY,CZ,CH}'::text[]) op UNION ALL
    SELECT op, jsonb_build_object('op', op, 'control', 1, 'target', 2, 'theta', angle)
        FROM unnest('{CRX,CRY,CRZ,CP}'::text[]) op, unnest('{0.5, "\"$a\""}'::jsonb[]) angle UNION ALL
    SELECT 'CU', jsonb_build_object('op', 'CU', 'control', 0, 'target', 2, 'theta', angle, 'phi', 0.25, 'lambda', -3) FROM unnest('{0, 0.5, "\"$a\""}'::jsonb[]) angle UNION ALL
    SELECT 'CSWAP', '{"op": "CSWAP", "control": 2, "targets": [0, 1]}' UNION ALL
    SELECT 'CCX', '{"op": "CCX", "controls": [2, 0], "target": 1}' UNION ALL
    SELECT 'UNITARY', '{"op": "UNITARY", "targets": [1], "matrix": [[0, 1], [1, 0]]}' UNION ALL
    SELECT 'UNITARY', '{"op": "UNITARY", "targets": [2, 1], "matrix": [[0.6, 0, 0, 0.8], [0, 1, 0, 0], [0, 0, [0, 1], 0], [-0.8, 0, 0, 0.6]]}' UNION ALL
    SELECT 'MEASURE', jsonb_build_object('op', 'MEASURE', 'target', 1, 'bit', bit) FROM unnest('{0, 2}'::int[]) bit UNION ALL
    SELECT 'BARRIER', '{"op": "BARRIER"}' UNION ALL
    SELECT 'BARRIER', '{"op": "BARRIER", "targets": [2, 0]}';
CREATE TEMP TABLE additions (name text, addition jsonb);
INSERT INTO additions VALUES
    ('nothing', '{}'), ('a control', '{"controls": [3]}'), ('a control on 0', '{"controls": [3], "control_state": 0}'),
    ('many controls', '{"controls": [3, 4, 5, 6, 7], "control_state": "11111"}'), ('a mixture of controls', '{"controls": [7, 3, 5], "control_state": [0, 1, 1]}'),
    ('a bit', '{"if": {"bit": 0}}'), ('another bit', '{"if": {"bit": 3, "value": 0}}'), ('all bits', '{"if": {"bits": [0, 1, 2, 3], "value": 5}}'),
    ('bits in a row', '{"if": {"bits": [2, 1], "value": 1}}'), ('scattered bits', '{"if": {"bits": [3, 0], "value": 2}}'),
    ('a control and a bit', '{"controls": [6], "if": {"bit": 1}}');

CREATE FUNCTION pg_temp.valid(c jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RETURN timevmaps.tv_validate_circuit(c); EXCEPTION WHEN invalid_parameter_value THEN RETURN false; END $$;

-- What has to be wrong with a circuit's way through a version; null where all is well.
CREATE FUNCTION pg_temp.fault(c jsonb, version int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    program text;
    again jsonb;
BEGIN
    program := CASE WHEN version = 0 THEN timevmaps.tv_circuit_to_qasm(c) ELSE timevmaps.tv_circuit_to_qasm(c, version) END;
    again := timevmaps.tv_circuit_from_qasm(program);
    IF again -> 'qubits' <> timevmaps.tv_circuit_canonical(c) -> 'qubits' OR again -> 'bits' <> timevmaps.tv_circuit_canonical(c) -> 'bits' THEN
        RETURN 'not the same registers: ' || program;
    END IF;
    IF program NOT LIKE 'OPENQASM ' || nullif(version, 0) || '.0;%' THEN
        RETURN 'another version: ' || program;
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN invalid_parameter_value THEN
        RETURN CASE WHEN NOT pg_temp.valid(c) OR (version = 2 AND SQLERRM ~ '^(gates(\[\d+\])?|params): OpenQASM 2.0 has no words for this$')
            THEN NULL ELSE SQLERRM END;
END
$$;

-- A circuit is one gate, or one before and after others, with as many bits as must be, or more.
CREATE FUNCTION pg_temp.circuits(wanted text) RETURNS SETOF jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', 8, 'bits', bits, 'gates', jsonb_build_array(shape || addition) || others)
    FROM shapes, additions, unnest('{0, 4, 9}'::int[]) bits,
        unnest(ARRAY['[]', '[{"op": "H", "target": 1, "if": {"bit": 1}}]', '[{"op": "MEASURE", "target": 0, "bit": 3}, {"op": "X", "target": 0, "if": {"bits": [2, 3]}}]']::jsonb[]) others
    WHERE op = wanted
$$;

SET statement_timeout = '2s';
-- One statement for each gate and version, so that each has the two seconds to itself.
SELECT format('SELECT is(min(fault || %L || c), NULL, %L) FROM (SELECT c, pg_temp.fault(c, %s) AS fault FROM pg_temp.circuits(%L) c OFFSET 0) t',
    ' of ', 'version ' || version || ': ' || op, version, op)
FROM (SELECT DISTINCT op FROM shapes) o, unnest('{0, 2, 3}'::int[]) version ORDER BY op, version \gexec

-- Random circuits of all of them.
CREATE FUNCTION pg_temp.random_circuit(length int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', 8, 'bits', (random() * 9)::int, 'gates', coalesce(jsonb_agg(gate), '[]'))
    FROM (SELECT shape || addition AS gate FROM shapes, additions ORDER BY random() LIMIT length) g
$$;
SELECT format('SELECT is(min(fault || %L || c), NULL, %L) FROM (SELECT c, pg_temp.fault(c, %s) AS fault FROM (SELECT pg_temp.random_circuit(n %% 7) AS c FROM generate_series(1, 60) n OFFSET 0) r OFFSET 0) t',
    ' of ', 'version ' || version || ': random circuits, ' || round, version)
FROM generate_series(1, 3) round, unnest('{0, 2, 3}'::int[]) version \gexec

-- The smallest ones that did not end.
SELECT throws_ok(format('SELECT timevmaps.tv_circuit_to_qasm(%L, 2)', c), '22023', error || ': OpenQASM 2.0 has no words for this', 'refused at once: ' || c) FROM (VALUES
    ('{"qubits": 1, "bits": 1, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0], [0, 1]]}]}', 'gates[0]'),
    ('{"qubits": 1, "bits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}', 'params'),
    ('{"qubits": 2, "bits": 4096, "gates": [{"op": "X", "target": 0}, {"op": "X", "target": 0, "controls": [1], "control_state": 0}]}', 'gates[1]'),
    ('{"qubits": 1, "gates": [{"op": "X", "target": 0, "if": {"bits": [0, 2], "value": 1}}]}', 'gates')) t (c, error);

SELECT * FROM finish();
ROLLBACK;
