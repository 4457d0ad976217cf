-- 31-qasm: circuits as OpenQASM programs.

CREATE FUNCTION timevmaps.tv_circuit_from_qasm(qasm text) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_circuit_from_qasm(text) IS
'A circuit from an OpenQASM program, version 2.0 or 3, for the functions that take one.
Gates of the program are expanded, registers become qubits and bits in the order of their declaration; qelib1.inc and stdgates.inc are built in; inputs become parameters. See docs/qasm.md.
Errors: 22023 with line and column ("line 3, column 7: unknown gate"); PT413 over timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps.tv_circuit_to_qasm(circuit jsonb, version integer DEFAULT NULL) RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_circuit_to_qasm(jsonb, integer) IS
'A circuit as an OpenQASM program that does the same, global phase included.
circuit: as tv_validate_circuit(). version: 2 or 3; where it is left out, 2.0 if that can say it, else 3. Parameters without a value become inputs. See docs/qasm.md.
Errors: 22023 with the path to what is wrong or cannot be written; PT413 over timevmaps.circuit_memory.';
