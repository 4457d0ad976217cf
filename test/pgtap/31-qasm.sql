-- OpenQASM: programs become circuits.
BEGIN;
SELECT no_plan();


------------------------------------------------------------------ OpenQASM 2.0

SELECT is(timevmaps.tv_circuit_from_qasm(E'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\nif(c==3) x q[1];\n'),
    '{"bits": 2, "qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "X", "target": 1, "controls": [0]},
      {"op": "MEASURE", "bit": 0, "target": 0}, {"op": "MEASURE", "bit": 1, "target": 1}, {"op": "X", "target": 1, "if": {"bits": [0, 1], "value": "11"}}]}',
    'a program becomes a canonical circuit');
SELECT is(timevmaps.tv_circuit_canonical(c), c, 'canonical indeed')
    FROM timevmaps.tv_circuit_from_qasm('OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; cswap q[3],q[2],q[0]; ccx q[3],q[0],q[1]; rzz(pi/7) q[2],q[1]; u3(1,2,3) q[0];') c;
SELECT is(timevmaps.tv_circuit_from_qasm(NULL), NULL, 'null in, null out');
SELECT is(tests.qasm_outcome(qasm), wanted, qasm) FROM (VALUES
    (E'OPENQASM 2.0;\nqreg q[2];\nfoo q[0];', '22023 line 3, column 1: unknown gate'),
    (E'OPENQASM 2.0;\n  include "/etc/passwd";', '22023 line 2, column 11: no such file to include'),
    (E'OPENQASM 2.0; qreg q[1]; opaque g a; g q[0];', '22023 line 1, column 38: an opaque gate cannot be applied'),
    ('', '22023 line 1, column 1: a program without qubits'),
    ('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; rx(' || repeat('(', 100000) || '1' || repeat(')', 100000) || ') q[0];',
        '22023 line 1, column 151: nested too deeply')
) t (qasm, wanted);

-- Definitions that double: 2^64 gates are too many, 2^64 times nothing takes too long.
CREATE FUNCTION pg_temp.doubling(innermost text) RETURNS text LANGUAGE sql AS $$
    SELECT 'OPENQASM 2.0; include "qelib1.inc"; gate g0 a { ' || innermost || ' } ' ||
        string_agg(format('gate g%s a { g%s a; g%s a; } ', n, n - 1, n - 1), '' ORDER BY n) || 'qreg q[1]; g64 q[0];'
    FROM generate_series(1, 64) n
$$;
SELECT alike(tests.qasm_outcome(pg_temp.doubling('')), '22023 line 1, column %: the program takes too long', 'doubling nothing ends');
SET LOCAL timevmaps.circuit_memory = '10MB';
SELECT alike(tests.qasm_outcome(pg_temp.doubling('x a;')), 'PT413 %', 'doubling a gate ends');
SET LOCAL timevmaps.circuit_memory = '1MB';
SELECT alike(tests.qasm_outcome('OPENQASM 2.0; include "qelib1.inc"; qreg q[1000];' || repeat('x q;', 1000)), 'PT413 %', 'memory is bounded');
RESET timevmaps.circuit_memory;

-------------------------------------------------------------------- writing

SELECT is(timevmaps.tv_circuit_to_qasm('{"qubits": 2, "gates": [{"op": "h", "target": 0}, {"op": "cx", "control": 0, "target": 1}, {"op": "measure", "target": 1, "bit": 0}]}'),
    E'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[1];\nh q[0];\ncx q[0],q[1];\nmeasure q[1] -> c[0];\n', 'version 2 where it will do');
SELECT is(timevmaps.tv_circuit_to_qasm('{"qubits": 2, "gates": [{"op": "rx", "target": 0, "theta": "2*$b - $a/2 + 1"}, {"op": "x", "target": 1, "controls": [0], "control_state": 0}]}'),
    E'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float a;\ninput float b;\nqubit[2] q;\nrx(-0.5*a + 2*b + 1) q[0];\nnegctrl @ x q[0], q[1];\n', 'version 3 where it will not');
SELECT is(timevmaps.tv_circuit_from_qasm(timevmaps.tv_circuit_to_qasm(c)), timevmaps.tv_circuit_canonical(c), 'there and back: ' || c::text) FROM (VALUES
    ('{"qubits": 3, "bits": 4, "gates": [{"op": "rx", "target": 0, "theta": "2*$b - $a/2 + 1"}, {"op": "x", "target": 1, "controls": [0, 2], "control_state": 1, "if": {"bits": [0, 3], "value": 2}}]}'::jsonb),
    ('{"qubits": 3, "gates": [{"op": "ccx", "controls": [0, 2], "target": 1}, {"op": "cu", "control": 2, "target": 0, "theta": 0.25, "phi": 0.1, "lambda": 0.2, "gamma": 0}, {"op": "reset", "target": 2}]}')) t (c);
SELECT is(timevmaps.tv_circuit_to_qasm(NULL), NULL, 'null in, null out');
SELECT throws_ok($$ SELECT timevmaps.tv_circuit_to_qasm('{"qubits": 1, "gates": []}', 4) $$, '22023', 'version: unknown version of OpenQASM', 'there is no version 4');
SELECT throws_ok($$ SELECT timevmaps.tv_circuit_to_qasm('{"qubits": 1, "gates": [{"op": "unitary", "targets": [0], "matrix": [[1, 0], [0, 1]]}]}', 2) $$, '22023',
    'gates[0]: OpenQASM 2.0 has no words for this', 'what cannot be said is named');
SELECT alike(timevmaps.tv_circuit_to_qasm('{"qubits": 1, "gates": [{"op": "rx", "target": 0, "theta": "$p"}]}'), E'%input float _tv_p;\n%rx(_tv_p) q[0];\n', 'a name that is taken');

SELECT * FROM finish();
ROLLBACK;
