-- OpenQASM: programs become circuits.
BEGIN;
SELECT no_plan();

CREATE FUNCTION pg_temp.outcome(qasm text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timevmaps.tv_circuit_from_qasm(qasm);
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;

------------------------------------------------------------------ OpenQASM 2.0

SELECT is(timevmaps.tv_circuit_from_qasm(E'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\nif(c==3) x q[1];\n'),
    '{"bits": 2, "qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "X", "target": 1, "controls": [0]},
      {"op": "MEASURE", "bit": 0, "target": 0}, {"op": "MEASURE", "bit": 1, "target": 1}, {"op": "X", "target": 1, "if": {"bits": [0, 1], "value": "11"}}]}',
    'a program becomes a canonical circuit');
SELECT is(timevmaps.tv_circuit_canonical(c), c, 'canonical indeed')
    FROM timevmaps.tv_circuit_from_qasm('OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; cswap q[3],q[2],q[0]; ccx q[3],q[0],q[1]; rzz(pi/7) q[2],q[1]; u3(1,2,3) q[0];') c;
SELECT is(timevmaps.tv_circuit_from_qasm(NULL), NULL, 'null in, null out');
SELECT is(pg_temp.outcome(qasm), wanted, qasm) FROM (VALUES
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
SELECT alike(pg_temp.outcome(pg_temp.doubling('')), '22023 line 1, column %: the program takes too long', 'doubling nothing ends');
SET LOCAL timevmaps.circuit_memory = '10MB';
SELECT alike(pg_temp.outcome(pg_temp.doubling('x a;')), 'PT413 %', 'doubling a gate ends');
SET LOCAL timevmaps.circuit_memory = '1MB';
SELECT alike(pg_temp.outcome('OPENQASM 2.0; include "qelib1.inc"; qreg q[1000];' || repeat('x q;', 1000)), 'PT413 %', 'memory is bounded');
RESET timevmaps.circuit_memory;

SELECT * FROM finish();
ROLLBACK;
