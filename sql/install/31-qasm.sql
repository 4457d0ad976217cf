-- 31-qasm: circuits as OpenQASM programs.

CREATE FUNCTION timevmaps.tv_circuit_from_qasm(qasm text) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_circuit_from_qasm(text) IS
'A circuit from an OpenQASM 2.0 program, for the functions that take one.
Gates of the program are expanded, registers become qubits and bits in the order of their declaration; qelib1.inc is built in. See docs/qasm.md.
Errors: 22023 with line and column ("line 3, column 7: unknown gate"); PT413 over timevmaps.circuit_memory.';
