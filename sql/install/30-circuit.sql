-- 30-circuit: quantum circuits: run, look at the state, validate, hash; frames.

CREATE FUNCTION timevmaps.tv_validate_circuit(circuit jsonb) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_validate_circuit(jsonb) IS
'True if a circuit is well formed; otherwise an error that names the path to what is wrong.
circuit: {"qubits": n, "gates": [{"op": "H", "target": 0}, ...]}, optionally "bits", "params", "name"; see docs/circuit.md.
Parameters ("$alpha") without a value are allowed here; running a circuit asks for them.
Errors: 22023 with the path; PT413 when the list of gates needs more than timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps.tv_circuit_canonical(circuit jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_circuit_canonical(jsonb) IS
'A circuit in canonical form: the same gates in one spelling.
Base operations ("CX" is "X" with controls), controls in ascending order, parameters replaced by the values that the circuit gives them, bits counted.
Errors: as tv_validate_circuit().';

CREATE FUNCTION timevmaps.tv_circuit_hash(circuit jsonb) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_circuit_hash(jsonb) IS
'SHA-256 of a circuit''s canonical form, in hexadecimal: equal for two spellings of the same gates.
It is encode(sha256(convert_to(tv_circuit_canonical(circuit)::text, ''UTF8'')), ''hex'').
Errors: as tv_validate_circuit().';

CREATE FUNCTION timevmaps.tv_circuit_draw(circuit jsonb, format text DEFAULT 'text', width integer DEFAULT 80) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_circuit_draw(jsonb, text, integer) IS
'A picture of a circuit: text in the manner of Qiskit''s drawer, the same in plain ASCII, or SVG.
format: "text" (UTF-8), "ascii" or "svg". width: columns after which the picture goes on below, 20 or more; 0: never. A column is 9 pixels of the SVG.
Gates stand as early as lines do not cross. Angles are fractions of pi where they are; one without a value is drawn by its parameter''s name.
Errors: as tv_validate_circuit(); 22023 for a format or width that is none; PT413 for a picture of more than 16 million characters or that needs more than timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps.tv_run_circuit(circuit jsonb, shots integer DEFAULT 0, seed bigint DEFAULT 0, options jsonb DEFAULT '{}')
RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_run_circuit(jsonb, integer, bigint, jsonb) IS
'Run a circuit: counts of its shots, most probable basis states, Bloch vectors, expectations, norm, fidelity.
circuit: as tv_validate_circuit(). shots: 0 to 10^9. seed: any; the same seed gives the same result (but its duration).
options: {"params": {name: number}, "noise": [...] or {...}, "trajectories": n, "observables": ["0.5*ZZ - X0 Y1", ...], "observable": "ZZ", "top": 16, "bloch": true, "fidelity": true, "attempt": 0, "method": "auto"}.
method: "statevector", "stabilizer" (Clifford gates and Pauli noise, up to 1024 qubits), "density_matrix" (all the noise at once, few qubits), or "auto"; the result tells which was taken.
Returns {engine, hash, qubits, bits, gates, seed, attempt, method, precision, shots, trajectories, norm, counts, probabilities, bloch, expectations, fidelity, fidelity_error, purity, duration_s}.
Bit strings are printed highest first: c[m-1]...c[0], or q[n-1]...q[0] where nothing is measured. Angles in radians, duration in seconds.
A result is a function of (hash, options, seed, attempt, engine). STABLE and not IMMUTABLE because it tells how long it took.
Errors: 22023 with the path; PT413 when it would need more than timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps.tv_gradient(circuit jsonb, observable text, params jsonb DEFAULT '{}')
RETURNS TABLE(parameter text, value double precision, gradient double precision)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 10
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_gradient(jsonb, text, jsonb) IS
'The derivative of an expectation with respect to each parameter of a circuit: a row a parameter, by name.
observable: a Pauli sum as in tv_expectation(); params: values of parameters, which win over the circuit''s own.
Exact, by the parameter-shift rule: two runs for each angle that depends on a parameter, four for a rotation with controls.
A parameter that no angle depends on has gradient 0.
Errors: as tv_expectation(); 22023 also for a parameter in the angle of a gate with a condition.
Source: Wierichs et al., General parameter-shift rules for quantum gradients, Quantum 6, 677 (2022).';

CREATE FUNCTION timevmaps.tv_fidelity(circuit jsonb, options jsonb DEFAULT '{}', seed bigint DEFAULT 0)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_fidelity(jsonb, jsonb, bigint) IS
'Fidelity of a circuit under noise, <ideal| rho |ideal>, 0 to 1; 1 without noise.
options: as tv_run_circuit(); "noise" and "trajectories" (default 1000) matter. It is a mean over trajectories: its standard error is fidelity_error of tv_run_circuit().
Errors: 22023 with the path; PT413 when it would need more than timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps.tv_explain_circuit(circuit jsonb, options jsonb DEFAULT '{}') RETURNS SETOF text
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10000 ROWS 50
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_explain_circuit(jsonb, jsonb) IS
'How a circuit would be run, in the manner of EXPLAIN: passes over the state, the block''s qubits of each, merged gates, bytes moved, arithmetic, memory, estimated time.
options: those of tv_run_circuit(), and "analyze": true to run the first trajectory and tell real times; "format": "text" (a row a line) or "json" (one row).
Estimates are those of one processor of 2023 and say how parts compare; real times say how long they take here.
Errors: as tv_run_circuit(); 22023 for an option that is none.';

CREATE FUNCTION timevmaps.tv_circuit_steps(circuit jsonb, seed bigint DEFAULT 0)
RETURNS TABLE (step integer, op text, payload bytea)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_circuit_steps(jsonb, bigint) IS
'A row a gate: its number from 1, its name, and the full state after it as a frame.
Measurements and resets draw from the seed and collapse the state. Read a payload with tv_frame_amplitudes().
Errors: 22023 with the path; PT413 when all frames together need more than timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps.tv_amplitudes(circuit jsonb)
RETURNS TABLE (basis bigint, bits text, re double precision, im double precision, probability double precision)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_amplitudes(jsonb) IS
'The state that a circuit prepares, a row for each of its 2^n basis states in the order of their index.
Bit i of basis is qubit i; bits is printed q[n-1]...q[0]. Measurements at the end do not collapse it.
Errors: 22023 with the path, also for a circuit that measures or resets in the middle; PT413 over timevmaps.circuit_memory, the rows counted.';

CREATE FUNCTION timevmaps.tv_bloch(circuit jsonb)
RETURNS TABLE (qubit integer, x double precision, y double precision, z double precision)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 10
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_bloch(jsonb) IS
'The Bloch vector (<X>, <Y>, <Z>) of each qubit; shorter than 1 where it is entangled.
Errors: as tv_amplitudes().';

CREATE FUNCTION timevmaps.tv_expectation(circuit jsonb, observable text) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_expectation(jsonb, text) IS
'Expectation of a sum of Pauli strings, such as 0.5*ZZ - 1.2*X0 Y3 + 3, in the state that a circuit prepares.
A word of letters I X Y Z has one for each qubit, q[n-1] first as bit strings are printed; X0 names a qubit.
Errors: as tv_amplitudes(); 22023 with the position for an observable that cannot be read.';

CREATE FUNCTION timevmaps.tv_frame_info(payload bytea, OUT kind text, OUT qubits integer, OUT step bigint, OUT count bigint)
RETURNS record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_frame_info(bytea) IS
'What a frame holds: full, top, bloch or probabilities; of how many qubits; after how many gates; how many entries.
Errors: 22023 for bytes that are not a frame.';

CREATE FUNCTION timevmaps.tv_frame_amplitudes(payload bytea)
RETURNS TABLE (basis bigint, bits text, re double precision, im double precision, probability double precision)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_frame_amplitudes(bytea) IS
'The entries of a frame of kind full, top or probabilities; re and im are null in the last.
basis is null where it has 64 bits.
Errors: 22023 for bytes that are not a frame, and for a frame of Bloch vectors; PT413 over timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps.tv_frame_bloch(payload bytea)
RETURNS TABLE (qubit integer, x double precision, y double precision, z double precision)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_frame_bloch(bytea) IS
'The Bloch vector of each qubit, from a frame of kind bloch or full.
Errors: 22023 for bytes that are not such a frame; PT413 over timevmaps.circuit_memory.';

-- A row of circuits is a circuit document: its columns are the document's keys.
CREATE FUNCTION timevmaps.tv_circuit(name text) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    document jsonb;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    SELECT jsonb_strip_nulls(jsonb_build_object('name', c.name, 'qubits', c.qubits, 'bits', c.bits, 'params', c.params))
           || jsonb_build_object('gates', c.gates)
    INTO document
    FROM timevmaps.circuits c WHERE c.name = tv_circuit.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such circuit',
            DETAIL = format('There is no circuit "%s", or it is not visible to this role.', left(tv_circuit.name, 200));
    END IF;
    RETURN document;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_circuit(text) IS
'A stored circuit as a document, for the functions that take one: tv_run_circuit(tv_circuit(''bell''), 1000).
Errors: PT404 when there is none of that name, or none that the caller may see.';
