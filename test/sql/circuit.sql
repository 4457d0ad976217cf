-- A session with circuits: what docs/circuit.md shows, as it prints.
SET search_path = timevmaps, public;
SET extra_float_digits = -3;
\set SHOW_CONTEXT never
\set bell '''{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}'''

-- The state: q[0] is the lowest bit of basis and is printed last.
SELECT * FROM tv_amplitudes(:bell);
SELECT * FROM tv_amplitudes('{"qubits": 3, "gates": [{"op": "X", "target": 0}]}') WHERE probability > 0;

-- Neither qubit of the pair has a direction of its own; together they agree.
SELECT qubit, round(x::numeric, 6) AS x, round(y::numeric, 6) AS y, round(z::numeric, 6) AS z FROM tv_bloch(:bell);
SELECT tv_expectation(:bell, 'ZZ') AS zz, tv_expectation(:bell, '0.5*XX - 2*Z0 + 1') AS sum;

-- Shots, from a seed: the same again, and nobody else's.
SELECT tv_run_circuit(:bell, 1000, 42) -> 'counts' AS counts;

-- All that a run tells.
SELECT jsonb_pretty(tv_run_circuit('{"qubits": 2, "gates": [{"op": "X", "target": 0}]}', 100, 7, '{"observables": ["ZZ"]}') - 'duration_s');

-- A measurement into a classical bit, and a gate that waits for it.
SELECT tv_run_circuit('{"qubits": 2, "gates": [
    {"op": "H", "target": 0},
    {"op": "MEASURE", "target": 0, "bit": 0},
    {"op": "X", "target": 1, "if": {"bit": 0, "value": 1}},
    {"op": "MEASURE", "target": 1, "bit": 1}]}', 100, 1) -> 'counts' AS counts;

-- Parameters have names, and a run gives their values.
SELECT theta, round((r -> 'bloch' -> 0 ->> 'z')::numeric, 6) AS z
FROM (VALUES (0), (0.5), (1)) t (theta),
    tv_run_circuit('{"qubits": 1, "gates": [{"op": "RY", "target": 0, "theta": "$theta"}]}', 0, 0,
                   jsonb_build_object('params', jsonb_build_object('theta', theta * pi()))) r;

-- Noise: what is left of a Bell pair. Depolarizing its CX with p leaves 1 - 3p/4.
SELECT p, round(tv_fidelity(:bell, jsonb_build_object('noise', jsonb_build_object('depolarizing_2', p)), 1)::numeric, 1) AS fidelity
FROM (VALUES (0), (0.2), (0.8)) t (p);

-- A row a gate, each with the state after it.
SELECT step, op, tv_frame_info(payload) FROM tv_circuit_steps(:bell);
SELECT step, bits, re, im FROM tv_circuit_steps(:bell), tv_frame_amplitudes(payload) WHERE probability > 0;

-- One hash for every spelling of the same gates.
SELECT tv_circuit_canonical(:bell);
SELECT tv_circuit_hash(:bell) = tv_circuit_hash('{"qubits": 2, "gates": [{"op": "h", "target": 0}, {"op": "x", "controls": [0], "target": 1}], "x-by": "me"}') AS same;

-- A picture.
SELECT tv_circuit_draw('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1},
    {"op": "RX", "target": 1, "theta": "$alpha"}, {"op": "MEASURE", "target": 0, "bit": 0},
    {"op": "Z", "target": 1, "if": {"bit": 0}}]}');

-- Whatever is wrong is named by its path.
SELECT tv_validate_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 5}]}');
SELECT tv_validate_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0, "angle": 1}]}');
SELECT tv_run_circuit('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$theta"}]}');
SELECT tv_run_circuit(:bell, 10, 0, '{"noise": {"bitflip": 0.1}}');
SELECT * FROM tv_bloch('{"qubits": 1, "gates": [{"op": "H", "target": 0}, {"op": "RESET", "target": 0}]}');
SELECT tv_expectation(:bell, 'Z0 Q1');

-- Derivatives.
SELECT parameter, gradient FROM tv_gradient('{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "2*$a"}]}', 'Z', '{"a": 0.25}');

-- Memory is computed before it is taken: 16 bytes for each of 2^30 amplitudes, and little besides.
SET timevmaps.circuit_memory = '64MB';
DO $$
DECLARE
    detail text;
BEGIN
    PERFORM tv_run_circuit('{"qubits": 30, "gates": [{"op": "T", "target": 0}]}');
EXCEPTION WHEN SQLSTATE 'PT413' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RAISE NOTICE '%: %', SQLERRM, regexp_replace(detail, '^\d+',
        round(substring(detail FROM '^\d+')::numeric / (16 * 1073741824::numeric), 2) || ' x 16 x 2^30');
END
$$;
RESET timevmaps.circuit_memory;

-- A thousand qubits, on a tableau.
SELECT r -> 'method' AS method, r -> 'expectations' -> 0 -> 'value' AS zz, jsonb_path_query_array(r -> 'counts', '$.*') AS counts
FROM tv_run_circuit(jsonb_build_object('qubits', 1000, 'gates', '[{"op": "H", "target": 0}]'::jsonb ||
         (SELECT jsonb_agg(jsonb_build_object('op', 'CX', 'control', q - 1, 'target', q) ORDER BY q) FROM generate_series(1, 999) q)),
     1000, 42, '{"observable": "Z0 Z999"}') r;

-- Circuits that were stored.
INSERT INTO circuits (name, qubits, gates) VALUES ('bell', 2, '[{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]')
RETURNING hash = tv_circuit_hash(:bell) AS hash_is_that_of_its_gates;
SELECT tv_circuit('bell');
SELECT tv_run_circuit(tv_circuit('bell'), 1000, 42) -> 'counts' AS counts;
SELECT tv_circuit('ghz');
INSERT INTO circuits (name, qubits, gates) VALUES ('ghz', 3, '[{"op": "H", "target": 3}]');
