-- The result of a circuit as bytes.
BEGIN;
SELECT plan(6);

-- The answer is written as jsonb without text between: byte for byte as jsonb's own reader has it.
SELECT ok(written *= read, 'written as jsonb reads it: ' || left(options::text, 60))
FROM (VALUES
    ('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}'::jsonb, 1000, 9223372036854775807, '{}'::jsonb),
    ('{"qubits": 1, "gates": []}', 0, -9223372036854775808, '{"top": 0, "bloch": false, "attempt": 4294967295}'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": 0.3}]}', 7, 1, '{"noise": {"depolarizing": 0.01}, "fidelity": false}'),
    ('{"qubits": 2, "gates": [{"op": "RX", "target": 0, "theta": 0.3}]}', 7, 1, '{"noise": {"depolarizing": 0.01}, "observable": "ZZ"}'),
    ('{"qubits": 2, "gates": []}', 0, 0, '{"observables": ["ZZ", "1e-300*ZZ", "-1e25*ZZ", "-9007199254740993*ZZ", "12300000*ZZ", "0.1*ZZ - 1e-12*Z1", "-0.0*ZZ"]}'),
    ((SELECT jsonb_build_object('qubits', 12, 'gates', jsonb_agg(jsonb_build_object('op', 'RY', 'target', q, 'theta', 0.3 * q + 0.001)))
      FROM generate_series(0, 11) q), 5000, 3, '{"top": 4096}')) t (circuit, shots, seed, options),
    LATERAL (SELECT timevmaps.tv_run_circuit(circuit, shots, seed, options) AS result OFFSET 0) written,
    LATERAL (SELECT written.result::text::jsonb AS result) read;

SELECT * FROM finish();
ROLLBACK;
