-- Circuits: gates against states worked out by hand, the document and its errors,
-- chance and its seeds, noise, limits, stored circuits.
BEGIN;
SELECT no_plan();

-- The state of a circuit as text: "bits re im" of what is not zero, in the order of the index.
CREATE FUNCTION pg_temp.state(circuit jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', bits, trim_scale(round(re::numeric, 4)), trim_scale(round(im::numeric, 4))), ', ' ORDER BY basis)
    FROM timevmaps.tv_amplitudes(circuit) WHERE probability > 1e-12
$$;

-- `gate` on two qubits (or three), after an X on each qubit whose bit is 1 in `start`.
CREATE FUNCTION pg_temp.after(start text, gate text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', length(start), 'gates', coalesce(
        (SELECT jsonb_agg(jsonb_build_object('op', 'x', 'target', length(start) - i))
         FROM generate_series(1, length(start)) i WHERE substr(start, i, 1) = '1'), '[]') || gate::jsonb)
$$;

-- SQLSTATE and path of what a statement raises; "ok" when it raises nothing.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(state || ' ' || CASE WHEN message ~ '^[^ ]+: ' THEN split_part(message, ': ', 1) ELSE '' END, 'ok')
    FROM tests.attempt(statement)
$$;
CREATE FUNCTION pg_temp.refusal(document text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.outcome(format('SELECT timevmaps.tv_validate_circuit(%L)', document))
$$;
CREATE FUNCTION pg_temp.run(document text, shots integer = 0, seed bigint = 0, options text = '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT timevmaps.tv_run_circuit(document::jsonb, shots, seed, options::jsonb)
$$;

------------------------------------------------------------------------- gates

CREATE TEMP TABLE gate AS SELECT * FROM (VALUES
    ('0', '{"op": "I", "target": 0}', '0 1 0'),
    ('1', '{"op": "I", "target": 0}', '1 1 0'),
    ('0', '{"op": "X", "target": 0}', '1 1 0'),
    ('1', '{"op": "X", "target": 0}', '0 1 0'),
    ('0', '{"op": "Y", "target": 0}', '1 0 1'),
    ('1', '{"op": "Y", "target": 0}', '0 0 -1'),
    ('0', '{"op": "Z", "target": 0}', '0 1 0'),
    ('1', '{"op": "Z", "target": 0}', '1 -1 0'),
    ('0', '{"op": "H", "target": 0}', '0 0.7071 0, 1 0.7071 0'),
    ('1', '{"op": "H", "target": 0}', '0 0.7071 0, 1 -0.7071 0'),
    ('0', '{"op": "S", "target": 0}', '0 1 0'),
    ('1', '{"op": "S", "target": 0}', '1 0 1'),
    ('1', '{"op": "SDG", "target": 0}', '1 0 -1'),
    ('1', '{"op": "T", "target": 0}', '1 0.7071 0.7071'),
    ('1', '{"op": "TDG", "target": 0}', '1 0.7071 -0.7071'),
    ('0', '{"op": "SX", "target": 0}', '0 0.5 0.5, 1 0.5 -0.5'),
    ('1', '{"op": "SX", "target": 0}', '0 0.5 -0.5, 1 0.5 0.5'),
    ('0', '{"op": "SXDG", "target": 0}', '0 0.5 -0.5, 1 0.5 0.5'),
    ('1', '{"op": "SXDG", "target": 0}', '0 0.5 0.5, 1 0.5 -0.5'),
    ('0', '{"op": "RX", "target": 0, "theta": 1.5707963267948966}', '0 0.7071 0, 1 0 -0.7071'),
    ('1', '{"op": "RX", "target": 0, "theta": 1.5707963267948966}', '0 0 -0.7071, 1 0.7071 0'),
    ('0', '{"op": "RY", "target": 0, "theta": 1.5707963267948966}', '0 0.7071 0, 1 0.7071 0'),
    ('1', '{"op": "RY", "target": 0, "theta": 1.5707963267948966}', '0 -0.7071 0, 1 0.7071 0'),
    ('0', '{"op": "RZ", "target": 0, "theta": 1.5707963267948966}', '0 0.7071 -0.7071'),
    ('1', '{"op": "RZ", "target": 0, "theta": 1.5707963267948966}', '1 0.7071 0.7071'),
    ('0', '{"op": "P", "target": 0, "theta": 1.5707963267948966}', '0 1 0'),
    ('1', '{"op": "P", "target": 0, "theta": 1.5707963267948966}', '1 0 1'),
    -- OpenQASM 3's U carries the phase e^(i theta/2): U(pi/2, 0, pi) is H times e^(i pi/4).
    ('0', '{"op": "U", "target": 0, "theta": 1.5707963267948966, "phi": 0, "lambda": 3.141592653589793}', '0 0.5 0.5, 1 0.5 0.5'),
    ('1', '{"op": "U", "target": 0, "theta": 1.5707963267948966, "phi": 0, "lambda": 3.141592653589793}', '0 0.5 0.5, 1 -0.5 -0.5'),
    ('0', '{"op": "U", "target": 0, "theta": 0, "phi": 0, "lambda": 0, "gamma": 1.5707963267948966}', '0 0 1'),
    -- q[0] is the lowest bit and printed last.
    ('00', '{"op": "X", "target": 0}', '01 1 0'),
    ('00', '{"op": "X", "target": 1}', '10 1 0'),
    ('01', '{"op": "CX", "control": 0, "target": 1}', '11 1 0'),
    ('10', '{"op": "CX", "control": 0, "target": 1}', '10 1 0'),
    ('01', '{"op": "CNOT", "control": 0, "target": 1}', '11 1 0'),
    ('01', '{"op": "CY", "control": 0, "target": 1}', '11 0 1'),
    ('11', '{"op": "CY", "control": 0, "target": 1}', '01 0 -1'),
    ('11', '{"op": "CZ", "control": 0, "target": 1}', '11 -1 0'),
    ('10', '{"op": "CZ", "control": 0, "target": 1}', '10 1 0'),
    ('01', '{"op": "CH", "control": 0, "target": 1}', '01 0.7071 0, 11 0.7071 0'),
    ('00', '{"op": "CH", "control": 0, "target": 1}', '00 1 0'),
    ('01', '{"op": "CRX", "control": 0, "target": 1, "theta": 3.141592653589793}', '11 0 -1'),
    ('01', '{"op": "CRY", "control": 0, "target": 1, "theta": 3.141592653589793}', '11 1 0'),
    ('01', '{"op": "CRZ", "control": 0, "target": 1, "theta": 3.141592653589793}', '01 0 -1'),
    ('11', '{"op": "CP", "control": 0, "target": 1, "theta": 1.5707963267948966}', '11 0 1'),
    -- CU is not U with a control: CU(pi/2, 0, pi, 0) is CH without a phase.
    ('01', '{"op": "CU", "control": 0, "target": 1, "theta": 1.5707963267948966, "phi": 0, "lambda": 3.141592653589793}', '01 0.7071 0, 11 0.7071 0'),
    ('01', '{"op": "CU", "control": 0, "target": 1, "theta": 0, "phi": 0, "lambda": 0, "gamma": 1.5707963267948966}', '01 0 1'),
    ('01', '{"op": "U", "controls": [0], "target": 1, "theta": 1.5707963267948966, "phi": 0, "lambda": 3.141592653589793}', '01 0.5 0.5, 11 0.5 0.5'),
    ('01', '{"op": "SWAP", "targets": [0, 1]}', '10 1 0'),
    ('01', '{"op": "ISWAP", "targets": [0, 1]}', '10 0 1'),
    ('11', '{"op": "ISWAP", "targets": [0, 1]}', '11 1 0'),
    ('011', '{"op": "CSWAP", "control": 0, "targets": [1, 2]}', '101 1 0'),
    ('010', '{"op": "CSWAP", "control": 0, "targets": [1, 2]}', '010 1 0'),
    ('011', '{"op": "CCX", "controls": [0, 1], "target": 2}', '111 1 0'),
    ('001', '{"op": "CCX", "controls": [0, 1], "target": 2}', '001 1 0'),
    ('00', '{"op": "RXX", "targets": [0, 1], "theta": 1.5707963267948966}', '00 0.7071 0, 11 0 -0.7071'),
    ('00', '{"op": "RYY", "targets": [0, 1], "theta": 1.5707963267948966}', '00 0.7071 0, 11 0 0.7071'),
    ('00', '{"op": "RZZ", "targets": [0, 1], "theta": 1.5707963267948966}', '00 0.7071 -0.7071'),
    ('01', '{"op": "RZZ", "targets": [0, 1], "theta": 1.5707963267948966}', '01 0.7071 0.7071'),
    ('00', '{"op": "BARRIER"}', '00 1 0'),
    ('01', '{"op": "BARRIER", "targets": [1]}', '01 1 0'),
    -- A cyclic shift of the index, 0 -> 1 -> 2 -> 3 -> 0; targets[0] is its lowest bit.
    ('00', '{"op": "UNITARY", "targets": [0, 1], "matrix": [[0,0,0,1],[1,0,0,0],[0,1,0,0],[0,0,1,0]]}', '01 1 0'),
    ('00', '{"op": "UNITARY", "targets": [1, 0], "matrix": [[0,0,0,1],[1,0,0,0],[0,1,0,0],[0,0,1,0]]}', '10 1 0'),
    ('1', '{"op": "UNITARY", "targets": [0], "matrix": [[[0,0],[0,-1]],[[0,1],[0,0]]]}', '0 0 -1'),
    ('01', '{"op": "UNITARY", "target": 1, "control": 0, "matrix": [[0,1],[1,0]]}', '11 1 0'),
    -- Controls on any gate, and what they wait for.
    ('0011', '{"op": "X", "controls": [0, 1], "target": 3}', '1011 1 0'),
    ('0010', '{"op": "X", "controls": [0, 1], "control_state": 2, "target": 3}', '1010 1 0'),
    ('0010', '{"op": "X", "controls": [1, 0], "control_state": 1, "target": 3}', '1010 1 0'),
    ('0010', '{"op": "X", "controls": [0, 1], "control_state": "10", "target": 3}', '1010 1 0'),
    ('0010', '{"op": "X", "controls": [0, 1], "control_state": [0, 1], "target": 3}', '1010 1 0'),
    ('0001', '{"op": "X", "controls": [0, 1], "control_state": [0, true], "target": 3}', '0001 1 0'),
    ('0111', '{"op": "CX", "control": 0, "controls": [1, 2], "target": 3}', '1111 1 0'),
    ('0001', '{"op": "SWAP", "targets": [1, 0], "controls": [2, 3], "control_state": 0}', '0010 1 0'),
    -- Spelling.
    ('01', '{"op": "cNoT", "control": 0, "target": 1.0, "x-note": {"any": ["thing"]}, "theta": null}', '11 1 0')
) t (start, gate, wanted);
SELECT is(pg_temp.state(pg_temp.after(start, gate)), wanted, gate || ' after ' || start) FROM gate;
SELECT is_empty($$ SELECT * FROM gate WHERE pg_temp.state(timevmaps.tv_circuit_canonical(pg_temp.after(start, gate))) IS DISTINCT FROM wanted $$,
    'the canonical form does the same');

SELECT is(pg_temp.state('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}'),
    '00 0.7071 0, 11 0.7071 0', 'the example of the contract is a Bell pair');
SELECT is(pg_temp.state('{"qubits": 1, "gates": []}'), '0 1 0', 'no gates at all');

---------------------------------------------------------------- the document

SELECT is(pg_temp.refusal(document), '22023 ' || path, document)
FROM (VALUES
    ('null', ''), ('3', ''), ('"circuit"', ''), ('[]', ''), ('true', ''),
    ('{}', 'qubits'),
    ('{"qubits": 2}', 'gates'),
    ('{"qubits": null, "gates": []}', 'qubits'),
    ('{"qubits": 0, "gates": []}', 'qubits'),
    ('{"qubits": -1, "gates": []}', 'qubits'),
    ('{"qubits": 1025, "gates": []}', 'qubits'),
    ('{"qubits": 1.5, "gates": []}', 'qubits'),
    ('{"qubits": 1.0000000000000000000000001, "gates": []}', 'qubits'),
    ('{"qubits": 1e999, "gates": []}', 'qubits'),
    ('{"qubits": -1e999, "gates": []}', 'qubits'),
    ('{"qubits": 9223372036854775808, "gates": []}', 'qubits'),
    ('{"qubits": 18446744073709551617, "gates": []}', 'qubits'),
    ('{"qubits": 4294967297, "gates": []}', 'qubits'),
    ('{"qubits": "2", "gates": []}', 'qubits'),
    ('{"qubits": "NaN", "gates": []}', 'qubits'),
    ('{"qubits": [2], "gates": []}', 'qubits'),
    ('{"qubits": 2, "gates": {}}', 'gates'),
    ('{"qubits": 2, "gates": "H"}', 'gates'),
    ('{"qubits": 2, "gates": [], "gate": []}', 'gate'),
    ('{"qubits": 2, "gates": [], "bits": -1}', 'bits'),
    ('{"qubits": 2, "gates": [], "bits": 4097}', 'bits'),
    ('{"qubits": 2, "gates": [], "name": 3}', 'name'),
    ('{"qubits": 2, "gates": [], "params": []}', 'params'),
    ('{"qubits": 2, "gates": [], "params": {"a": "1"}}', 'params.a'),
    ('{"qubits": 2, "gates": [], "params": {"a": 1e999}}', 'params.a'),
    ('{"qubits": 2, "gates": [null]}', 'gates[0]'),
    ('{"qubits": 2, "gates": ["H"]}', 'gates[0]'),
    ('{"qubits": 2, "gates": [[]]}', 'gates[0]'),
    ('{"qubits": 2, "gates": [{}]}', 'gates[0].op'),
    ('{"qubits": 2, "gates": [{"op": 1}]}', 'gates[0].op'),
    ('{"qubits": 2, "gates": [{"op": "HADAMARD", "target": 0}]}', 'gates[0].op'),
    ('{"qubits": 2, "gates": [{"op": "", "target": 0}]}', 'gates[0].op'),
    ('{"qubits": 2, "gates": [{"op": "H"}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": null}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 2}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": -1}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0.5}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 1e999}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 4294967296}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 9223372036854775808}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": "0"}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": [0]}]}', 'gates[0].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0, "targets": [0]}]}', 'gates[0].targets'),
    ('{"qubits": 2, "gates": [{"op": "H", "targets": [0, 1]}]}', 'gates[0].targets'),
    ('{"qubits": 2, "gates": [{"op": "H", "targets": [0, 1, 0]}]}', 'gates[0].targets[2]'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 0}, {"op": "H", "target": 0}, {"op": "H", "target": 5}]}', 'gates[3].target'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0, "angle": 1}]}', 'gates[0].angle'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0, "theta": 1}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0, "bit": 1}]}', 'gates[0].bit'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0, "matrix": []}]}', 'gates[0].matrix'),
    ('{"qubits": 2, "gates": [{"op": "SWAP", "target": 0}]}', 'gates[0].targets'),
    ('{"qubits": 2, "gates": [{"op": "SWAP"}]}', 'gates[0].targets'),
    ('{"qubits": 2, "gates": [{"op": "SWAP", "targets": [0, 0]}]}', 'gates[0].targets[1]'),
    ('{"qubits": 2, "gates": [{"op": "SWAP", "targets": [0, 2]}]}', 'gates[0].targets[1]'),
    ('{"qubits": 2, "gates": [{"op": "CX", "target": 0}]}', 'gates[0].control'),
    ('{"qubits": 2, "gates": [{"op": "CCX", "control": 1, "target": 0}]}', 'gates[0].controls'),
    ('{"qubits": 2, "gates": [{"op": "CX", "control": 2, "target": 0}]}', 'gates[0].control'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": 1, "target": 0}]}', 'gates[0].controls'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": ["a"], "target": 0}]}', 'gates[0].controls[0]'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [0], "target": 0}]}', 'gates[0].controls[0]'),
    ('{"qubits": 3, "gates": [{"op": "X", "controls": [1, 1], "target": 0}]}', 'gates[0].controls[1]'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": 2, "target": 0}]}', 'gates[0].control_state'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": -1, "target": 0}]}', 'gates[0].control_state'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": "11", "target": 0}]}', 'gates[0].control_state'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": "2", "target": 0}]}', 'gates[0].control_state'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": [], "target": 0}]}', 'gates[0].control_state'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": [2], "target": 0}]}', 'gates[0].control_state[0]'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": [1, 1], "target": 0}]}', 'gates[0].control_state[1]'),
    ('{"qubits": 2, "gates": [{"op": "X", "controls": [1], "control_state": {}, "target": 0}]}', 'gates[0].control_state'),
    ('{"qubits": 2, "gates": [{"op": "X", "control_state": 1, "target": 0}]}', 'gates[0].control_state'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "1"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "NaN"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "$"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": ""}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "$a +"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "$a $b"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "$a*$b"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "($a)"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "$a/0"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "1e400*$a"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": "1/$a"}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": 1e999}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": true}]}', 'gates[0].theta'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": 1, "phi": 1}]}', 'gates[0].phi'),
    ('{"qubits": 2, "gates": [{"op": "U", "target": 0, "theta": 1, "phi": 1}]}', 'gates[0].lambda'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0]}]}', 'gates[0].matrix'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "matrix": [[1]]}]}', 'gates[0].targets'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [], "matrix": [[1]]}]}', 'gates[0].targets'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": 1}]}', 'gates[0].matrix'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0]]}]}', 'gates[0].matrix'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0], [0]]}]}', 'gates[0].matrix[1]'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0], [0, [1]]]}]}', 'gates[0].matrix[1][1]'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0], [0, [1, 0, 0]]]}]}', 'gates[0].matrix[1][1]'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0], [0, [1, "i"]]]}]}', 'gates[0].matrix[1][1][1]'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0], [0, 1e999]]}]}', 'gates[0].matrix[1][1]'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1, 0], [0, 2]]}]}', 'gates[0].matrix[1][1]'),
    ('{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [0], "matrix": [[1e300, 0], [0, 1e300]]}]}', 'gates[0].matrix[0][0]'),
    ('{"qubits": 12, "gates": [{"op": "UNITARY", "targets": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "matrix": []}]}', 'gates[0].targets'),
    ('{"qubits": 2, "gates": [{"op": "MEASURE", "target": 0}]}', 'gates[0].bit'),
    ('{"qubits": 2, "gates": [{"op": "MEASURE", "target": 0, "bit": -1}]}', 'gates[0].bit'),
    ('{"qubits": 2, "gates": [{"op": "MEASURE", "target": 0, "bit": 4096}]}', 'gates[0].bit'),
    ('{"qubits": 2, "bits": 1, "gates": [{"op": "MEASURE", "target": 0, "bit": 1}]}', 'gates[0].bit'),
    ('{"qubits": 2, "gates": [{"op": "MEASURE", "target": 0, "bit": 0, "controls": [1]}]}', 'gates[0].controls'),
    ('{"qubits": 2, "gates": [{"op": "RESET", "target": 0, "control": 1}]}', 'gates[0].controls'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": 1}]}', 'gates[0].if'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {}}]}', 'gates[0].if.bit'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bit": 0, "value": 2}}]}', 'gates[0].if.value'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bit": "0"}}]}', 'gates[0].if.bit'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bits": 0}}]}', 'gates[0].if.bits'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bits": []}}]}', 'gates[0].if.bits'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bits": [0, 4096]}}]}', 'gates[0].if.bits[1]'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bits": [3, 3]}}]}', 'gates[0].if.bits[1]'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bits": [0, 1], "value": 4}}]}', 'gates[0].if.value'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bits": [0, 1], "value": "1"}}]}', 'gates[0].if.value'),
    ('{"qubits": 2, "gates": [{"op": "X", "target": 0, "if": {"bits": [0, 1], "bit": 0}}]}', 'gates[0].if.bits'),
    ('{"qubits": 2, "bits": 2, "gates": [{"op": "X", "target": 0, "if": {"bit": 2}}]}', 'gates[0].if.bit'),
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0, "Å": 1}]}', 'gates[0].??')
) t (document, path);

SELECT throws_ok($$ SELECT timevmaps.tv_validate_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 5}]}') $$,
    '22023', 'gates[0].target: not a qubit', 'the path is in the message');
SELECT ok(timevmaps.tv_validate_circuit('{"qubits": 1024, "bits": 4096, "name": "n", "x-mine": 1, "gates": [{"op": "H", "target": 1023}]}'),
    'the largest circuit that can be described');
SELECT is(timevmaps.tv_validate_circuit(NULL), NULL, 'null in, null out');
SELECT is(pg_temp.outcome(format('SELECT timevmaps.tv_validate_circuit(%L)',
    repeat('[', 3000) || repeat(']', 3000))), '22023 ', 'deep nesting is not a circuit');
SELECT is(pg_temp.outcome(format('SELECT timevmaps.tv_validate_circuit(%L)',
    '{"qubits": 1, "gates": [{"op": "H", "target": ' || repeat('[', 3000) || repeat(']', 3000) || '}]}')),
    '22023 gates[0].target', 'deep nesting is not a qubit');
SELECT is(pg_temp.outcome(format('SELECT timevmaps.tv_validate_circuit(%L)',
    '{"qubits": 1, "gates": [{"op": "' || repeat('ü', 5000) || '", "target": 0}]}')),
    '22023 gates[0].op', 'a long name of a gate');

-------------------------------------------------------- canonical form and hash

CREATE TEMP TABLE spelling AS SELECT * FROM (VALUES
    (1, '{"qubits": 3, "gates": [{"op": "CNOT", "control": 0, "target": 1}]}'::jsonb),
    (1, '{"qubits": 3, "name": "n", "x-a": 1, "gates": [{"op": "x", "controls": [0], "targets": [1], "control_state": 1}]}'),
    (2, '{"qubits": 3, "gates": [{"op": "X", "controls": [2, 0], "control_state": "01", "target": 1}]}'),
    (2, '{"qubits": 3, "gates": [{"op": "X", "controls": [0, 2], "control_state": [0, 1], "target": 1}]}'),
    (3, '{"qubits": 3, "gates": [{"op": "swap", "targets": [2, 1]}, {"op": "rz", "target": 0, "theta": "$a"}], "params": {"a": 0.1}}'),
    (3, '{"qubits": 3, "gates": [{"op": "SWAP", "targets": [1, 2]}, {"op": "RZ", "target": 0, "theta": 1e-1}]}'),
    (4, '{"qubits": 3, "gates": [{"op": "cu", "control": 0, "target": 1, "theta": "$a", "phi": 0, "lambda": "$b", "gamma": 1}]}'),
    (5, '{"qubits": 3, "gates": [{"op": "cu", "control": 0, "target": 1, "theta": 1.25, "phi": 1e-300, "lambda": 0.1, "gamma": 1}]}'),
    (6, '{"qubits": 3, "gates": [{"op": "measure", "target": 1, "bit": 2}, {"op": "x", "target": 0, "if": {"bit": 2}}]}'),
    (6, '{"qubits": 3, "bits": 3, "gates": [{"op": "measure", "target": 1, "bit": 2}, {"op": "x", "target": 0, "if": {"value": true, "bit": 2}}]}'),
    (7, '{"qubits": 3, "bits": 4, "gates": [{"op": "measure", "target": 1, "bit": 2}, {"op": "x", "target": 0, "if": {"value": 1, "bit": 2}}]}'),
    (8, '{"qubits": 2, "gates": [{"op": "UNITARY", "targets": [1, 0], "matrix": [[0,0,0,1],[1,0,0,0],[0,[0,1],0,0],[0,0,1,0]]}, {"op": "barrier"}, {"op": "barrier", "targets": [1, 0]}, {"op": "reset", "target": 1}]}'),
    (9, '{"qubits": 2, "gates": [{"op": "u", "target": 1, "theta": "$\"q", "phi": 0, "lambda": "$ä"}]}'),
    (10, '{"qubits": 2, "gates": []}'),
    (11, '{"qubits": 2, "gates": [{"op": "x", "target": 0, "if": {"bits": [2, 0, 1], "value": 3}}]}'),
    (11, '{"qubits": 2, "gates": [{"op": "x", "target": 0, "if": {"bits": [0, 1, 2], "value": "101"}}]}'),
    (11, '{"qubits": 2, "gates": [{"op": "x", "target": 0, "if": {"bits": [1, 0, 2], "value": [0, true, 1]}}]}')
) t (kind, circuit);
SELECT is(timevmaps.tv_circuit_canonical(timevmaps.tv_circuit_canonical(circuit)), timevmaps.tv_circuit_canonical(circuit),
    'the canonical form is its own: ' || circuit::text) FROM spelling;
SELECT is(timevmaps.tv_circuit_hash(circuit),
    encode(sha256(convert_to(timevmaps.tv_circuit_canonical(circuit)::text, 'UTF8')), 'hex'),
    'the hash is of the canonical text: ' || circuit::text) FROM spelling;
SELECT is((SELECT count(DISTINCT timevmaps.tv_circuit_hash(circuit)) FROM spelling WHERE kind = s.kind), 1::bigint,
    'one hash whatever the spelling, ' || kind) FROM (SELECT DISTINCT kind FROM spelling) s;
SELECT is((SELECT count(DISTINCT timevmaps.tv_circuit_hash(circuit)) FROM spelling), 11::bigint,
    'different gates have different hashes');
SELECT is(timevmaps.tv_circuit_canonical('{"qubits": 2, "gates": [{"op": "cp", "control": 1, "target": 0, "theta": 0.1, "if": {"bit": 0, "value": 0}}]}'),
    '{"qubits": 2, "bits": 1, "gates": [{"op": "P", "target": 0, "controls": [1], "theta": 0.1, "if": {"bit": 0, "value": 0}}]}',
    'what a canonical gate looks like');
SELECT is(timevmaps.tv_circuit_canonical('{"qubits": 2, "gates": [{"op": "x", "target": 0, "if": {"bits": [2, 0]}}]}'),
    '{"qubits": 2, "bits": 3, "gates": [{"op": "X", "target": 0, "if": {"bits": [0, 2], "value": "11"}}]}', 'what a condition on a register looks like');
SELECT is(timevmaps.tv_run_circuit(format('{"qubits": 3, "gates": [{"op": "x", "target": 0}, {"op": "measure", "target": 0, "bit": 0}, {"op": "measure", "target": 1, "bit": 1},
    {"op": "x", "target": 2, "if": {"bits": [0, 1], "value": %s}}, {"op": "measure", "target": 2, "bit": 2}]}', value)::jsonb, 10) -> 'counts',
    CASE WHEN value = 1 THEN '{"101": 10}' ELSE '{"001": 10}' END::jsonb, 'a register that is 1 is not ' || value) FROM generate_series(0, 3) value;

SELECT is(timevmaps.tv_circuit_canonical('{"qubits": 1, "gates": [{"op": "rx", "target": 0, "theta": "$a"}, {"op": "h", "target": 0}, {"op": "u", "target": 0, "theta": "$b", "phi": 1, "lambda": "$c"}, {"op": "p", "target": 0, "theta": "$a"}]}') -> 'gates',
    '[{"op": "RX", "target": 0, "theta": "$a"}, {"op": "H", "target": 0}, {"op": "U", "target": 0, "theta": "$b", "phi": 1, "lambda": "$c", "gamma": 0}, {"op": "P", "target": 0, "theta": "$a"}]',
    'free parameters keep their names');
SELECT is(timevmaps.tv_circuit_canonical(format('{"qubits": 2, "params": {"v": 3}, "gates": [{"op": "rx", "target": 0, "theta": "%s"}]}', text)::jsonb) -> 'gates' -> 0 -> 'theta', wanted, text)
FROM (VALUES ('$a', '"$a"'::jsonb), (' 2 * $a*3 ', '"6*$a"'), ('-$b - $a/2 + pi', '"-0.5*$a - $b + 3.141592653589793"'), ('$a - $a + 1', '1'), ('$v*2 + 1', '7'),
    ('2*$v + $a', '"$a + 6"'), ('1.5e-1 + 2/4*$a', '"0.5*$a + 0.15"'), ('$å - pi/2*$b', '"-1.5707963267948966*$b + $å"')) t (text, wanted);
SELECT is(timevmaps.tv_circuit_canonical('{"qubits": 2, "gates": [{"op": "cu", "control": 0, "target": 1, "theta": "2*$a", "phi": 0, "lambda": "$b", "gamma": "$c"}]}') -> 'gates' -> 0,
    '{"op": "U", "phi": 0, "gamma": "-$a + $c", "theta": "2*$a", "lambda": "$b", "target": 1, "controls": [0]}', 'CU with parameters is its U with a control');
SELECT is(pg_temp.state('{"qubits": 1, "gates": [{"op": "RY", "target": 0, "theta": "2*$alpha - pi"}], "params": {"alpha": 3.141592653589793}}'),
    pg_temp.state('{"qubits": 1, "gates": [{"op": "RY", "target": 0, "theta": 3.141592653589793}]}'), 'an expression has a value');

-- Digits are the number's own, whatever the session's settings.
SET LOCAL extra_float_digits = -15;
SELECT is(timevmaps.tv_circuit_canonical('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": 0.1234567890123456}, {"op": "RX", "target": 0, "theta": 1e-7}]}') -> 'gates',
    '[{"op": "RX", "target": 0, "theta": 0.1234567890123456}, {"op": "RX", "target": 0, "theta": 0.0000001}]', 'no digit is lost');
RESET extra_float_digits;

------------------------------------------------------------------- parameters

SELECT is(pg_temp.state('{"qubits": 1, "gates": [{"op": "RY", "target": 0, "theta": "$alpha"}], "params": {"alpha": 3.141592653589793}}'),
    '1 1 0', 'a parameter of the circuit''s own');
SELECT is(pg_temp.run('{"qubits": 1, "gates": [{"op": "RY", "target": 0, "theta": "$alpha"}], "params": {"alpha": 3.141592653589793}}',
    10, 0, '{"params": {"alpha": 0}}') -> 'counts', '{"0": 10}', 'the parameter of the options wins');
SELECT is(pg_temp.outcome($$ SELECT timevmaps.tv_run_circuit('{"qubits": 1, "gates": [{"op": "I", "target": 0}, {"op": "U", "target": 0, "theta": 1, "phi": "$phi", "lambda": 0}]}') $$),
    '22023 gates[1].phi', 'a parameter without a value');
SELECT is(pg_temp.outcome($$ SELECT timevmaps.tv_run_circuit('{"qubits": 1, "gates": []}', 0, 0, '{"params": {"alpha": "1"}}') $$),
    '22023 options.params.alpha', 'a parameter that is no number');

--------------------------------------------------------- measurement and seeds

SELECT is(pg_temp.run('{"qubits": 2, "gates": [{"op": "X", "target": 0}]}', 7) -> 'counts', '{"01": 7}',
    'without a measurement a shot is of all qubits, q[0] printed last');
SELECT is(pg_temp.run('{"qubits": 2, "bits": 3, "gates": [{"op": "X", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 1}]}', 7) -> 'counts',
    '{"010": 7}', 'with one, of the classical bits, c[0] printed last');
SELECT is(pg_temp.run(c, 1000, 5) - 'duration_s', pg_temp.run(c, 1000, 5) - 'duration_s', 'a seed gives the same result again')
FROM (VALUES ('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}, {"op": "H", "target": 2}]}')) t (c);
SELECT isnt(pg_temp.run(c, 1000, 5) -> 'counts', pg_temp.run(c, 1000, 5, '{"attempt": 1}') -> 'counts', 'another attempt is another result')
FROM (VALUES ('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}, {"op": "H", "target": 2}]}')) t (c);
SELECT isnt(pg_temp.run(c, 1000, 5) -> 'counts', pg_temp.run(c, 1000, -5) -> 'counts', 'and another another')
FROM (VALUES ('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}, {"op": "H", "target": 2}]}')) t (c);
SELECT is((SELECT sum(value::integer) FROM jsonb_each_text(pg_temp.run(
    '{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}]}', 1000, 9) -> 'counts')), 1000::bigint,
    'counts add up to the shots');
SELECT is(pg_temp.run('{"qubits": 2, "gates": [{"op": "H", "target": 0}]}', 0) -> 'counts', '{}', 'no shots, no counts');
-- A measured 1 flips the other qubit, a measured 0 does not.
SELECT is((SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(pg_temp.run(
    '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0},
      {"op": "X", "target": 1, "if": {"bit": 0, "value": 1}}, {"op": "MEASURE", "target": 1, "bit": 1}]}', 200, 3) -> 'counts') key),
    '{00,11}', 'a condition follows the measurement');
SELECT is((SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(pg_temp.run(
    '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0},
      {"op": "X", "target": 1, "if": {"bit": 0, "value": 0}}, {"op": "MEASURE", "target": 1, "bit": 1}]}', 200, 3) -> 'counts') key),
    '{01,10}', 'also when it waits for 0');
SELECT is(pg_temp.run('{"qubits": 1, "gates": [{"op": "H", "target": 0}, {"op": "RESET", "target": 0}]}', 200, 3) -> 'counts',
    '{"0": 200}', 'a reset');
-- Amplitudes as complex64: the same distribution to six digits, and not to twelve.
CREATE TEMP TABLE precisions AS SELECT name, timevmaps.tv_run_circuit('{"qubits": 7, "gates": [{"op": "RX", "target": 0, "theta": 1}, {"op": "RY", "target": 3, "theta": 0.3},
    {"op": "CX", "control": 0, "target": 6}, {"op": "RZ", "target": 3, "theta": 2}, {"op": "H", "target": 3}, {"op": "CX", "control": 3, "target": 4},
    {"op": "RXX", "targets": [1, 5], "theta": 0.7}, {"op": "RX", "target": 4, "theta": 0.2}, {"op": "RX", "target": 5, "theta": 0.2}, {"op": "RX", "target": 2, "theta": 0.2}]}',
    0, 1, jsonb_build_object('precision', name, 'observables', ARRAY['Z0 Z3 + X4', 'X5 Y1'])) AS result FROM unnest(ARRAY['single', 'double']) name;
SELECT is(result ->> 'precision', name, 'the result tells its precision: ' || name) FROM precisions;
SELECT ok((SELECT bool_and(difference < 1e-6) AND max(difference) > 1e-12 FROM (
    SELECT abs((s.result #>> ARRAY['expectations', i, 'value'])::float8 - (d.result #>> ARRAY['expectations', i, 'value'])::float8) AS difference
    FROM precisions s, precisions d, unnest(ARRAY['0', '1']) i WHERE s.name = 'single' AND d.name = 'double') x), 'single precision is close to double, and not it');
-- Teleportation: the state of qubit 0, RY(1)|0>, arrives at qubit 2.
CREATE TEMP TABLE teleport AS SELECT '{"qubits": 3, "gates": [
    {"op": "RY", "target": 0, "theta": 1}, {"op": "H", "target": 1}, {"op": "CX", "control": 1, "target": 2},
    {"op": "CX", "control": 0, "target": 1}, {"op": "H", "target": 0},
    {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "MEASURE", "target": 1, "bit": 1},
    {"op": "X", "target": 2, "if": {"bit": 1}}, {"op": "Z", "target": 2, "if": {"bit": 0}}]}'::jsonb AS circuit;
SELECT ok((SELECT abs((v ->> 'x')::float8 - sin(1)) < 1e-9 AND abs((v ->> 'z')::float8 - cos(1)) < 1e-9
           FROM (SELECT timevmaps.tv_run_circuit(circuit, 50) -> 'bloch' -> 2 AS v FROM teleport) b), 'teleportation');
SELECT is(pg_temp.outcome(format('SELECT * FROM timevmaps.%s', call)), '22023 gates[5]', call)
FROM (SELECT unnest(ARRAY['tv_amplitudes(%L)', 'tv_bloch(%L)', 'tv_expectation(%L, ''Z0'')']) AS form) f,
    LATERAL (SELECT format(form, circuit) AS call FROM teleport) c;
SELECT is(pg_temp.outcome(format('SELECT timevmaps.tv_run_circuit(%L, %s)', '{"qubits": 1, "gates": []}', shots)), wanted, shots || ' shots')
FROM (VALUES (-1, '22023 shots'), (2147483647, '22023 shots'), (1000000, 'ok')) t (shots, wanted);

--------------------------------------------------------------------- results

CREATE TEMP TABLE bell AS SELECT '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}'::jsonb AS circuit;
CREATE TEMP TABLE answer AS SELECT timevmaps.tv_run_circuit(circuit, 1000, 42, '{"observables": ["ZZ", "0.5*XX - 2 Z0"], "observable": "YY"}') AS r FROM bell;
SELECT is((SELECT array_agg(k ORDER BY k) FROM answer, jsonb_object_keys(r) k),
    '{attempt,bits,bloch,counts,duration_s,engine,expectations,fidelity,fidelity_error,gates,hash,method,norm,precision,probabilities,qubits,seed,shots,trajectories}'::text[],
    'the keys of a result');
SELECT is((SELECT array_agg(k ORDER BY k) FROM answer, jsonb_object_keys(r -> 'counts') k), '{00,11}', 'a Bell pair''s counts');
SELECT ok((SELECT abs((r ->> 'norm')::float8 - 1) < 1e-12 FROM answer), 'its norm');
SELECT is((SELECT r -> 'fidelity' FROM answer), '1', 'its fidelity without noise');
SELECT is((SELECT array_agg(format('%s %s %s', p -> 'basis', p ->> 'bits', round((p ->> 'probability')::numeric, 9))) FROM answer, jsonb_array_elements(r -> 'probabilities') p),
    '{"0 00 0.500000000","3 11 0.500000000"}', 'its basis states');
SELECT is((SELECT array_agg(format('%s %s', e ->> 'observable', round((e ->> 'value')::numeric, 9)) ORDER BY n)
           FROM answer, jsonb_array_elements(r -> 'expectations') WITH ORDINALITY t (e, n)),
    '{"YY -1.000000000","ZZ 1.000000000","0.5*XX - 2 Z0 0.500000000"}', 'its correlations');
SELECT is((SELECT count(*) FROM answer, jsonb_array_elements(r -> 'bloch') b
           WHERE abs((b ->> 'x')::float8) + abs((b ->> 'y')::float8) + abs((b ->> 'z')::float8) < 1e-12), 2::bigint, 'a half of it is fully mixed');
SELECT is((SELECT count(*) FROM bell, timevmaps.tv_bloch(circuit) WHERE abs(x) + abs(y) + abs(z) < 1e-12), 2::bigint, 'tv_bloch says so too');
SELECT is((SELECT round(timevmaps.tv_expectation(circuit, 'XX - 0.5*Y0 Y1 + 3')::numeric, 12) FROM bell), 4.5, 'tv_expectation');
SELECT is((SELECT string_agg(format('%s %s %s %s', qubit, round(x::numeric, 9), round(y::numeric, 9), round(z::numeric, 9)), ', ' ORDER BY qubit)
    FROM timevmaps.tv_bloch('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "X", "target": 1}, {"op": "SX", "target": 2}]}')),
    '0 1.000000000 0.000000000 0.000000000, 1 0.000000000 0.000000000 -1.000000000, 2 0.000000000 -1.000000000 0.000000000', 'Bloch vectors of a product state');
SELECT is(timevmaps.tv_expectation(c, 'ZIX'), timevmaps.tv_expectation(c, 'Z2 X0'), 'a word''s first letter is of the last qubit')
FROM (VALUES ('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "RY", "target": 2, "theta": 0.3}]}'::jsonb)) t (c);
SELECT ok(abs(timevmaps.tv_expectation('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "RY", "target": 2, "theta": 0.3}]}', 'ZIX') - cos(0.3)) < 1e-12, 'and its value is right');
SELECT is(pg_temp.outcome(format('SELECT timevmaps.tv_expectation(%L, %L)', circuit, observable)), '22023 observable', 'observable ' || observable)
FROM bell, unnest(ARRAY['', 'Q', 'ZZZ', 'Z5', 'Z0 Z0', '1e999*ZZ', '2**ZZ', 'ZZ +', E'Z\tä', 'NaN*ZZ']) observable;

--------------------------------------------------------------------- options

SELECT is(pg_temp.outcome(format('SELECT timevmaps.tv_run_circuit(%L, 10, 0, %L)', circuit, options)), wanted, options)
FROM bell, (VALUES
    ('{"top": 0, "bloch": false, "fidelity": false, "trajectories": 3, "x-mine": {}}', 'ok'),
    ('{"noise": {}}', 'ok'), ('{"noise": []}', 'ok'), ('{"noise": null}', 'ok'),
    ('{"noise": {"readout": [0.1, 0.2], "bit_flip": 1, "phase_flip": 0, "depolarizing": 1.3, "depolarizing_2": 1, "amplitude_damping": 0.1, "phase_damping": 0.1}}', 'ok'),
    ('{"noise": [{"channel": "DEPOLARIZING", "p": 0.1, "gates": ["h", "CX", "cnot", "unitary"], "qubits": [0, 1]}]}', 'ok'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": ["x"], "gate_qubits": 2}, {"channel": "readout", "p": 0.1, "p10": 0.3}]}', 'ok'),
    ('{"noise": {"depolarizing": 0.001, "depolarizing_2": 0.01, "readout": [0.02, 0.04]}}', 'ok'),
    ('{"noise": [{"channel": "depolarizing", "p": 0.001, "gates": ["H", "RZ"]}, {"channel": "depolarizing_2", "p": 0.01, "gates": ["CX"], "qubits": [0, 1]}, {"channel": "readout", "p": 0.02, "p10": 0.04, "qubits": [0]}]}', 'ok'),
    ('{"noise": [{"channel": "depolarizing", "p": 0.001, "gate_qubits": 1}]}', 'ok'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gate_qubits": 1024}]}', 'ok'),
    ('{"noise": [{"channel": "readout", "p": 0.1, "qubits": [2, 1023]}]}', 'ok'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": ["CCX", "CSWAP"]}]}', 'ok'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": ["CX", "unitary", "h"], "gate_qubits": 3}]}', 'ok'),
    ('[]', '22023 options'), ('3', '22023 options'), ('null', '22023 options'),
    ('{"shots": 3}', '22023 options.shots'),
    ('{"top": -1}', '22023 options.top'), ('{"top": 65537}', '22023 options.top'),
    ('{"method": "auto"}', 'ok'), ('{"method": "statevector"}', 'ok'), ('{"method": "guess"}', '22023 options.method'), ('{"method": 1}', '22023 options.method'),
    ('{"precision": "double"}', 'ok'), ('{"precision": "half"}', '22023 options.precision'), ('{"precision": 2}', '22023 options.precision'),
    ('{"attempt": 4294967295}', 'ok'), ('{"attempt": 4294967296}', '22023 options.attempt'), ('{"attempt": -1}', '22023 options.attempt'),
    ('{"bloch": 1}', '22023 options.bloch'), ('{"fidelity": "no"}', '22023 options.fidelity'),
    ('{"trajectories": 0}', '22023 options.trajectories'), ('{"trajectories": 1e10}', '22023 options.trajectories'),
    ('{"observable": 3}', '22023 options.observable'), ('{"observable": "ZZZ"}', '22023 options.observable'),
    ('{"observables": "ZZ"}', '22023 options.observables'), ('{"observables": ["ZZ", "A"]}', '22023 options.observables[1]'),
    ('{"params": 3}', '22023 options.params'),
    ('{"noise": 0.1}', '22023 options.noise'), ('{"noise": "depolarizing"}', '22023 options.noise'),
    ('{"noise": {"bitflip": 0.1}}', '22023 options.noise.bitflip'),
    ('{"noise": {"bit_flip": -0.1}}', '22023 options.noise.bit_flip.p'),
    ('{"noise": {"bit_flip": 1.1}}', '22023 options.noise.bit_flip.p'),
    ('{"noise": {"bit_flip": "0.1"}}', '22023 options.noise.bit_flip'),
    ('{"noise": {"bit_flip": [0.1, 0.2]}}', '22023 options.noise.bit_flip'),
    ('{"noise": {"depolarizing": 1.34}}', '22023 options.noise.depolarizing.p'),
    ('{"noise": {"readout": [0.1]}}', '22023 options.noise.readout'),
    ('{"noise": {"readout": [0.1, 2]}}', '22023 options.noise.readout.p10'),
    ('{"noise": {"readout": [0.1, null]}}', '22023 options.noise.readout[1]'),
    ('{"noise": [1]}', '22023 options.noise[0]'),
    ('{"noise": [{"p": 0.1}]}', '22023 options.noise[0].channel'),
    ('{"noise": [{"channel": "bit_flip"}]}', '22023 options.noise[0].p'),
    ('{"noise": [{"channel": "loss", "p": 0.1}]}', '22023 options.noise[0].channel'),
    ('{"noise": [{"channel": "bit_flip", "p": 1e999}]}', '22023 options.noise[0].p'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "p10": 0.1}]}', '22023 options.noise[0].p10'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": "X"}]}', '22023 options.noise[0].gates'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": []}]}', '22023 options.noise[0].gates'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": ["X", "Q"]}]}', '22023 options.noise[0].gates[1]'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": ["measure"]}]}', '22023 options.noise[0].gates[0]'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gate_qubits": 1025}]}', '22023 options.noise[0].gate_qubits'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gate_qubits": 0}]}', '22023 options.noise[0].gate_qubits'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gate_qubits": 1.5}]}', '22023 options.noise[0].gate_qubits'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": ["H", "CX"], "gate_qubits": 1}]}', '22023 options.noise[0].gates[1]'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "gates": ["swap"], "gate_qubits": 1}]}', '22023 options.noise[0].gates[0]'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "qubits": [1024]}]}', '22023 options.noise[0].qubits[0]'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "qubits": [0, -1]}]}', '22023 options.noise[0].qubits[1]'),
    ('{"noise": [{"channel": "bit_flip", "p": 2, "qubits": [7]}]}', '22023 options.noise[0].p'),
    ('{"noise": [{"channel": "readout", "p": 0.1, "p10": -1, "qubits": [7]}]}', '22023 options.noise[0].p10'),
    ('{"noise": [{"channel": "bit_flip", "p": 0.1, "qubits": []}]}', '22023 options.noise[0].qubits'),
    ('{"noise": [{"channel": "readout", "p": 0.1, "gates": ["X"]}]}', '22023 options.noise[0]')
) t (options, wanted);

----------------------------------------------------------------------- noise

-- Fractions of 4000 shots lie within 4 standard deviations (0.032) of the channel's own.
CREATE FUNCTION pg_temp.ones(gates text, noise text) RETURNS numeric LANGUAGE sql AS $$
    SELECT coalesce((pg_temp.run(format('{"qubits": 1, "gates": %s}', gates), 4000, 1, format('{"noise": %s}', noise)) -> 'counts' ->> '1')::numeric / 4000, 0)
$$;
SELECT ok(abs(pg_temp.ones(gates, noise) - wanted) <= 0.032, format('%s with %s reads 1 %s of the time', gates, noise, wanted))
FROM (VALUES
    ('[{"op": "I", "target": 0}]', '{"bit_flip": 0.25}', 0.25),
    ('[{"op": "I", "target": 0}]', '{"bit_flip": 1}', 1),
    ('[{"op": "H", "target": 0}, {"op": "I", "target": 0}, {"op": "H", "target": 0}]', '[{"channel": "phase_flip", "p": 0.25, "gates": ["I"]}]', 0.25),
    ('[{"op": "X", "target": 0}]', '{"depolarizing": 0.5}', 0.75),
    ('[{"op": "X", "target": 0}]', '{"depolarizing": 1}', 0.5),
    ('[{"op": "X", "target": 0}]', '{"amplitude_damping": 0.25}', 0.75),
    ('[{"op": "H", "target": 0}, {"op": "I", "target": 0}, {"op": "H", "target": 0}]', '[{"channel": "phase_damping", "p": 0.75, "gates": ["I"]}]', 0.25),
    ('[]', '{"readout": 0.2}', 0.2),
    ('[{"op": "X", "target": 0}]', '{"readout": [0.2, 0.3]}', 0.7),
    ('[{"op": "X", "target": 0}]', '[{"channel": "bit_flip", "p": 0.5, "gates": ["Y"]}]', 1),
    ('[{"op": "X", "target": 0}]', '[{"channel": "bit_flip", "p": 0.25, "qubits": [0]}]', 0.75)
) t (gates, noise, wanted);
-- "X" as a gate's name is not CX, and "CNOT" beside "CX" does not make its noise act twice.
SELECT is(pg_temp.run('{"qubits": 2, "gates": [{"op": "CX", "control": 0, "target": 1}]}', 10, 0,
    '{"noise": [{"channel": "bit_flip", "p": 1, "gates": ["X"]}]}') -> 'counts', '{"00": 10}', 'noise of X is not noise of CX');
SELECT is(pg_temp.run('{"qubits": 2, "gates": [{"op": "CX", "control": 0, "target": 1}]}', 10, 0,
    '{"noise": [{"channel": "bit_flip", "p": 1, "gates": ["CX", "CNOT", "X"]}]}') -> 'counts', '{"11": 10}', 'a gate named twice has its noise once');
SELECT is(pg_temp.run('{"qubits": 2, "gates": [{"op": "CX", "control": 0, "target": 1}]}', 10, 0,
    '{"noise": [{"channel": "bit_flip", "p": 1, "qubits": [1]}]}') -> 'counts', '{"10": 10}', 'noise of one qubit');

SELECT is(pg_temp.run('{"qubits": 3, "gates": [{"op": "CX", "control": 0, "target": 2}]}', 10, 0,
    '{"noise": [{"channel": "bit_flip", "p": 1, "qubits": [2, 0]}]}') -> 'counts', '{"101": 10}', 'noise of some qubits');

-- What a model says of larger circuits has no effect on this one: the answer is that of no noise.
SELECT is(pg_temp.run(c, 500, 3, jsonb_build_object('noise', noise)::text) - 'duration_s', pg_temp.run(c, 500, 3) - 'duration_s', 'no effect on one qubit: ' || noise::text)
FROM (VALUES ('{"qubits": 1, "gates": [{"op": "H", "target": 0}, {"op": "T", "target": 0}, {"op": "H", "target": 0}]}')) t (c), unnest(ARRAY[
    '[{"channel": "depolarizing", "p": 0.5, "gates": ["CX"]}]', '[{"channel": "depolarizing", "p": 0.5, "gate_qubits": 2}]', '{"depolarizing_2": 0.5}',
    '[{"channel": "bit_flip", "p": 1, "qubits": [1]}]', '[{"channel": "readout", "p": 1, "qubits": [1, 5]}]', '[{"channel": "depolarizing_2", "p": 1, "gates": ["CX", "CZ"], "qubits": [3, 4]}]']::jsonb[]) noise;
SELECT is(pg_temp.run('{"qubits": 2, "gates": [{"op": "I", "target": 0}, {"op": "I", "target": 1}]}', 10, 0, '{"noise": [{"channel": "bit_flip", "p": 1, "qubits": [9, 1, 2]}]}') -> 'counts',
    '{"10": 10}', 'of the qubits that it names those count which are there');

-- <ideal|rho|ideal> of |0> after one depolarizing with p is 1 - p/2.
SELECT ok(abs(timevmaps.tv_fidelity('{"qubits": 1, "gates": [{"op": "I", "target": 0}]}', '{"noise": {"depolarizing": 0.4}, "trajectories": 4000}') - 0.8) < 0.026,
    'fidelity under depolarizing noise');
-- A Bell pair after depolarizing both qubits of its CX with p: 1 - p + p/4.
SELECT ok(abs(timevmaps.tv_fidelity(circuit, '{"noise": {"depolarizing_2": 0.4}, "trajectories": 4000}') - 0.7) < 0.029,
    'fidelity of a Bell pair') FROM bell;
SELECT is(timevmaps.tv_fidelity(circuit), 1::float8, 'fidelity without noise') FROM bell;
SELECT is(timevmaps.tv_fidelity(circuit, '{"noise": {"depolarizing": 0.1}}', 5), timevmaps.tv_fidelity(circuit, '{"noise": {"depolarizing": 0.1}}', 5),
    'fidelity is a function of its seed') FROM bell;
SELECT is((timevmaps.tv_run_circuit(circuit, 0, 5, '{"noise": {"depolarizing": 0.1}}') ->> 'fidelity')::float8,
    timevmaps.tv_fidelity(circuit, '{"noise": {"depolarizing": 0.1}}', 5), 'both functions say the same') FROM bell;
SELECT ok(abs((r ->> 'fidelity')::float8 - 0.75) <= 4 * (r ->> 'fidelity_error')::float8 AND (r ->> 'fidelity_error')::float8 BETWEEN 0.005 AND 0.01,
    'the standard error tells how good a fidelity is')
FROM (SELECT pg_temp.run('{"qubits": 1, "gates": [{"op": "I", "target": 0}]}', 4000, 2, '{"noise": {"bit_flip": 0.25}, "method": "statevector"}') AS r) t;
SELECT unnest(ARRAY[is(r ->> 'method', 'density_matrix', 'few noisy qubits are a density matrix'), is((r ->> 'fidelity_error')::float8, 0::float8, 'which has no error'),
    ok(abs((r ->> 'fidelity')::float8 - 0.75) < 1e-12 AND abs((r ->> 'purity')::float8 - 0.625) < 1e-12, 'fidelity and purity, exactly'),
    ok(abs((r -> 'counts' ->> '1')::int - 1000) < 5 * sqrt(750), 'and its shots')])
FROM (SELECT pg_temp.run('{"qubits": 1, "gates": [{"op": "I", "target": 0}]}', 4000, 2, '{"noise": {"bit_flip": 0.25}}') AS r) t;
SELECT throws_ok($$SELECT timevmaps.tv_run_circuit('{"qubits": 1, "gates": [{"op": "H", "target": 0}, {"op": "RESET", "target": 0}]}', 10, 1, '{"noise": {"bit_flip": 0.25}, "method": "density_matrix"}')$$,
    '22023', NULL, 'a fidelity that it does not tell is refused');
SELECT is(timevmaps.tv_run_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}', 0, 1,
    '{"noise": {"depolarizing": 0.1}, "entropy": [0]}') ->> 'method', 'statevector', 'the entropy of a cut is a state vector''s');
SELECT throws_ok(format($$SELECT timevmaps.tv_run_circuit('{"qubits": 2, "gates": []}', 0, 1, '{"method": "%s", "entropy": [0]}')$$, method), '22023', NULL, method || ' tells no entropy')
FROM unnest('{density_matrix,stabilizer}'::text[]) method;
SELECT ok(abs((r -> 'bloch' -> 0 ->> 'z')::float8 - 0.5) < 0.06 AND abs((r -> 'probabilities' -> 0 ->> 'probability')::float8 - 0.75) < 0.03
      AND abs((r -> 'expectations' -> 0 ->> 'value')::float8 - (r -> 'bloch' -> 0 ->> 'z')::float8) < 1e-9, 'means over trajectories')
FROM (SELECT pg_temp.run('{"qubits": 1, "gates": [{"op": "I", "target": 0}]}', 0, 2, '{"noise": {"bit_flip": 0.25}, "trajectories": 4000, "observable": "Z0"}') AS r) t;
SELECT ok(NOT pg_temp.run('{"qubits": 1, "gates": []}', 0, 0, '{"noise": {"readout": 0.1}, "fidelity": false}') ? 'fidelity', 'no fidelity where it was not wanted');

---------------------------------------------------------------------- frames

SELECT is((SELECT array_agg(format('%s %s', step, op) ORDER BY step) FROM timevmaps.tv_circuit_steps(
    '{"qubits": 3, "gates": [{"op": "h", "target": 0}, {"op": "ccx", "controls": [0, 1], "target": 2}, {"op": "barrier"}, {"op": "measure", "target": 0, "bit": 0}]}')),
    '{"1 H","2 CCX","3 BARRIER","4 MEASURE"}', 'a row a gate');
SELECT is((SELECT array_agg(format('%s', timevmaps.tv_frame_info(payload)) ORDER BY step) FROM bell, timevmaps.tv_circuit_steps(circuit)),
    '{"(full,2,1,4)","(full,2,2,4)"}', 'tv_frame_info');
SELECT results_eq($$ SELECT a.* FROM bell, timevmaps.tv_circuit_steps(circuit) s, timevmaps.tv_frame_amplitudes(s.payload) a WHERE s.step = 2 $$,
    $$ SELECT a.* FROM bell, timevmaps.tv_amplitudes(circuit) a $$, 'the last frame is the state');
SELECT results_eq($$ SELECT b.* FROM bell, timevmaps.tv_circuit_steps(circuit) s, timevmaps.tv_frame_bloch(s.payload) b WHERE s.step = 2 $$,
    $$ SELECT b.* FROM bell, timevmaps.tv_bloch(circuit) b $$, 'and its Bloch vectors are the state''s');
SELECT is((SELECT count(*) FROM timevmaps.tv_circuit_steps('{"qubits": 1, "gates": [{"op": "h", "target": 0}, {"op": "measure", "target": 0, "bit": 0}]}', 3) s,
    timevmaps.tv_frame_amplitudes(s.payload) a WHERE s.step = 2 AND a.probability > 0), 1::bigint, 'a measurement collapses the state of a step');
SELECT is((SELECT count(DISTINCT payload) FROM generate_series(1, 20) seed,
    timevmaps.tv_circuit_steps('{"qubits": 1, "gates": [{"op": "h", "target": 0}, {"op": "measure", "target": 0, "bit": 0}]}', seed) s WHERE s.step = 2), 2::bigint,
    'to one of its two outcomes, by the seed');
SELECT is(substr(payload, 1, 24), '\x54564631 0100 0100 01000000 01000000 0200000000000000'::bytea, 'the header of a frame')
FROM timevmaps.tv_circuit_steps('{"qubits": 1, "gates": [{"op": "x", "target": 0}]}');
-- Frames of the other kinds, written here by hand: 1.0 is 000000000000f03f.
SELECT is((SELECT string_agg(a::text, ' ' ORDER BY basis) FROM timevmaps.tv_frame_amplitudes(
    '\x54564631 0100 0200 02000000 05000000 0100000000000000 0300000000000000 0000000000000000 000000000000f03f'::bytea) a), '(3,11,0,1,1)', 'kind top');
SELECT is((SELECT string_agg(a::text, ' ' ORDER BY basis) FROM timevmaps.tv_frame_amplitudes(
    '\x54564631 0100 0400 01000000 05000000 0200000000000000 0000000000000000 000000000000f03f'::bytea) a), '(0,0,,,0) (1,1,,,1)', 'kind probabilities');
SELECT is((SELECT string_agg(b::text, ' ') FROM timevmaps.tv_frame_bloch(
    '\x54564631 0100 0300 01000000 05000000 0100000000000000 0000000000000000 000000000000f03f 0000000000000000'::bytea) b), '(0,0,1,0)', 'kind bloch');
SELECT is(pg_temp.outcome(format('SELECT * FROM timevmaps.%s(%L::bytea)', f, frame)), '22023 payload', f || ' of ' || frame)
FROM unnest(ARRAY['tv_frame_info', 'tv_frame_amplitudes', 'tv_frame_bloch']) f, unnest(ARRAY[
    '\x', '\x00', '\x54564631', '\x54564631010001000100000001000000',
    '\x54564631 0100 0100 01000000 01000000 0200000000000000',
    '\x54564630 0100 0400 01000000 05000000 0200000000000000 0000000000000000 000000000000f03f',
    '\x54564631 0200 0400 01000000 05000000 0200000000000000 0000000000000000 000000000000f03f',
    '\x54564631 0100 0900 01000000 05000000 0200000000000000 0000000000000000 000000000000f03f',
    '\x54564631 0100 0400 ffffffff 05000000 0200000000000000 0000000000000000 000000000000f03f',
    '\x54564631 0100 0400 01000000 05000000 ffffffffffffffff 0000000000000000 000000000000f03f',
    '\x54564631 0100 0400 01000000 05000000 0200000000000000 0000000000000000 000000000000f87f',
    '\x54564631 0100 0400 01000000 05000000 0200000000000000 0000000000000000 000000000000f03f 00']) frame;
SELECT is(pg_temp.outcome(format('SELECT * FROM timevmaps.tv_frame_amplitudes(%L::bytea)',
    '\x54564631 0100 0300 01000000 05000000 0100000000000000 0000000000000000 000000000000f03f 0000000000000000')), '22023 payload', 'no amplitudes in Bloch vectors');
SELECT is(pg_temp.outcome(format('SELECT * FROM timevmaps.tv_frame_bloch(%L::bytea)',
    '\x54564631 0100 0400 01000000 05000000 0200000000000000 0000000000000000 000000000000f03f')), '22023 payload', 'no Bloch vectors in probabilities');

---------------------------------------------------------------------- limits

SET LOCAL timevmaps.circuit_memory = '1MB';
SELECT is(pg_temp.outcome(call), wanted, left(call, 100))
FROM (VALUES
    ('SELECT timevmaps.tv_run_circuit(''{"qubits": 12, "gates": [{"op": "T", "target": 0}]}'')', 'ok'),
    ('SELECT timevmaps.tv_run_circuit(''{"qubits": 20, "gates": [{"op": "T", "target": 0}]}'')', 'PT413 '),
    ('SELECT timevmaps.tv_run_circuit(''{"qubits": 60, "gates": [{"op": "T", "target": 0}]}'')', 'PT413 '),
    ('SELECT timevmaps.tv_run_circuit(''{"qubits": 1024, "gates": [{"op": "T", "target": 0}]}'', 10)', 'PT413 '),
    ('SELECT timevmaps.tv_fidelity(''{"qubits": 40, "gates": [{"op": "T", "target": 0}]}'')', 'PT413 '),
    ('SELECT timevmaps.tv_expectation(''{"qubits": 30, "gates": [{"op": "T", "target": 0}]}'', ''Z0'')', 'PT413 '),
    ('SELECT * FROM timevmaps.tv_bloch(''{"qubits": 30, "gates": [{"op": "T", "target": 0}]}'')', 'PT413 '),
    ('SELECT count(*) FROM timevmaps.tv_amplitudes(''{"qubits": 13, "gates": [{"op": "T", "target": 0}]}'')', 'ok'),
    ('SELECT count(*) FROM timevmaps.tv_amplitudes(''{"qubits": 14, "gates": [{"op": "T", "target": 0}]}'')', 'PT413 '),
    ('SELECT count(*) FROM timevmaps.tv_circuit_steps(''{"qubits": 14, "gates": [{"op": "x", "target": 0}, {"op": "x", "target": 0}, {"op": "x", "target": 0}, {"op": "x", "target": 0}]}'')', 'PT413 ')
) t (call, wanted);
SELECT is(pg_temp.outcome(format('SELECT timevmaps.tv_validate_circuit(%L)', jsonb_build_object('qubits', 1, 'gates', jsonb_agg('{"op": "x", "target": 0}'::jsonb)))),
    'PT413 ', 'a list of gates counts too') FROM generate_series(1, 10000);
RESET timevmaps.circuit_memory;
SELECT is((SELECT count(*) FROM timevmaps.tv_amplitudes('{"qubits": 16, "gates": [{"op": "h", "target": 15}]}')), 65536::bigint, 'many rows');
-- Two hundred thousand gates: twice as many take twice as long.
CREATE TEMP TABLE long AS SELECT jsonb_build_object('qubits', 4, 'gates', jsonb_agg(jsonb_build_object('op', 'cx', 'control', i % 4, 'target', (i + 1) % 4))) AS circuit
FROM generate_series(1, 200000) i;
SELECT is(length(timevmaps.tv_circuit_hash(circuit)), 64, 'many gates') FROM long;

----------------------------------------------------------------- stored circuits

INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('bell', 2, '[{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]');
SELECT is(hash, timevmaps.tv_circuit_hash(circuit), 'the hash of a stored circuit is filled in') FROM timevmaps.circuits, bell;
SELECT is(timevmaps.tv_circuit('bell'), circuit || '{"name": "bell", "params": {}}', 'a stored circuit is a document') FROM bell;
SELECT is(timevmaps.tv_run_circuit(timevmaps.tv_circuit('bell'), 100, 1) - 'duration_s', timevmaps.tv_run_circuit(circuit, 100, 1) - 'duration_s', 'and runs as such') FROM bell;
INSERT INTO timevmaps.circuits (name, gates) VALUES ('whole', '{"qubits": 1, "bits": 2, "params": {"a": 1}, "gates": [{"op": "rx", "target": 0, "theta": "$a"}]}');
SELECT is(timevmaps.tv_circuit('whole'), '{"name": "whole", "qubits": 1, "bits": 2, "params": {"a": 1}, "gates": [{"op": "rx", "target": 0, "theta": "$a"}]}', 'a document given whole');
INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('ansatz', 1, '[{"op": "rx", "target": 0, "theta": "$a"}]');
SELECT isnt((SELECT hash FROM timevmaps.circuits WHERE name = 'ansatz'), (SELECT hash FROM timevmaps.circuits WHERE name = 'whole'), 'a free parameter is kept in the hash');
UPDATE timevmaps.circuits SET hash = 'forged', params = '{"a": 1}', bits = 2 WHERE name = 'ansatz';
SELECT is((SELECT hash FROM timevmaps.circuits WHERE name = 'ansatz'), (SELECT hash FROM timevmaps.circuits WHERE name = 'whole'), 'and cannot be given');
SELECT is(pg_temp.outcome('SELECT timevmaps.tv_circuit(''none'')'), 'PT404 ', 'no such circuit');
SELECT is(pg_temp.outcome(statement), wanted, statement)
FROM (VALUES
    ($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('bell', 1, '[]') $$, '23505 '),
    ($$ INSERT INTO timevmaps.circuits (name, gates) VALUES ('n', '[]') $$, '22023 qubits'),
    ($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('n', 1, '3') $$, '22023 gates'),
    ($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('n', 1, '[{"op": "h", "target": 1}]') $$, '22023 gates[0].target'),
    ($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('n', 1, '{"qubits": 1, "gates": [{"op": "h", "target": 1}]}') $$, '22023 gates[0].target'),
    ($$ INSERT INTO timevmaps.circuits (name, gates) VALUES ('n', '{"qubits": 1}') $$, '22023 gates'),
    ($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES (NULL, 1, '[]') $$, '23502 '),
    ($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('', 1, '[]') $$, '23514 '),
    ($$ UPDATE timevmaps.circuits SET gates = '[{"op": "h"}]' WHERE name = 'bell' $$, '22023 gates[0].target'),
    ($$ UPDATE timevmaps.circuits SET qubits = 1 WHERE name = 'bell' $$, '22023 gates[1].target'),
    ($$ UPDATE timevmaps.circuits SET id = id + 1000 $$, '23514 ')
) t (statement, wanted);

SET LOCAL ROLE tv_player;
SELECT is((SELECT count(*) FROM timevmaps.circuits), 3::bigint, 'a player reads circuits');
SELECT is(pg_temp.outcome($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('p', 1, '[]') $$), '42501 ', 'and stores none');
SELECT is(timevmaps.tv_circuit('bell') ->> 'name', 'bell', 'and runs them');
SET LOCAL ROLE tv_analyst;
SELECT is(pg_temp.outcome($$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('a', 1, '[]') RETURNING name $$), 'ok', 'an analyst stores one');
SELECT is(pg_temp.outcome($$ UPDATE timevmaps.circuits SET name = 'b' WHERE name = 'a' $$), '42501 ', 'and changes none');
SET LOCAL ROLE tv_admin;
SELECT is(pg_temp.outcome($$ DELETE FROM timevmaps.circuits WHERE name = 'a' RETURNING name $$), 'ok', 'an administrator does');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
