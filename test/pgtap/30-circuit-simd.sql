-- The same counts for the same seed, whichever vector instructions there are.
BEGIN;
SELECT plan(6);

CREATE FUNCTION circuit(qubits integer, gates integer, seed double precision, middle boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	list jsonb := '[]';
	a integer;
	b integer;
	op text;
	ops text[] := '{RX,RY,RZ,P,H,T,SX,U,CX,CP,CRY,SWAP,ISWAP,RXX,RYY,RZZ,CCX}';
BEGIN
	PERFORM setseed(seed);
	FOR i IN 1 .. gates LOOP
		op := ops[1 + floor(random() * 17)::integer];
		a := floor(random() * qubits)::integer;
		b := (a + 1 + floor(random() * (qubits - 1))::integer) % qubits;
		list := list || jsonb_strip_nulls(jsonb_build_object('op', op, 'theta', CASE WHEN op IN ('RX', 'RY', 'RZ', 'P', 'U', 'CP', 'CRY', 'RXX', 'RYY', 'RZZ') THEN random() * 6 END,
			'phi', CASE WHEN op = 'U' THEN random() END, 'lambda', CASE WHEN op = 'U' THEN random() END,
			'target', CASE WHEN op NOT IN ('SWAP', 'ISWAP', 'RXX', 'RYY', 'RZZ') THEN a END,
			'targets', CASE WHEN op IN ('SWAP', 'ISWAP', 'RXX', 'RYY', 'RZZ') THEN jsonb_build_array(a, b) END,
			'control', CASE WHEN op IN ('CX', 'CP', 'CRY') THEN b END,
			'controls', CASE WHEN op = 'CCX' THEN jsonb_build_array(b, CASE WHEN a <> 0 AND b <> 0 THEN 0 WHEN a <> 1 AND b <> 1 THEN 1 ELSE 2 END) END));
		IF middle AND i % 20 = 0 THEN
			list := list || jsonb_build_array(jsonb_build_object('op', 'MEASURE', 'target', a, 'bit', i / 20 % 8), jsonb_build_object('op', 'X', 'target', b, 'if', jsonb_build_object('bit', i / 20 % 8)));
		END IF;
	END LOOP;
	RETURN jsonb_build_object('qubits', qubits, 'gates', list);
END $$;

-- Uniform distributions too, whose halves and zeros rounding makes a little more or less on one path than on another.
CREATE TABLE cases AS
SELECT 'gates ' || n AS name, circuit(n, 100, n / 20.0, false) AS circuit, '{}'::jsonb AS options FROM generate_series(3, 15, 3) n
UNION ALL SELECT 'measurements ' || n, circuit(n, 200, n / 20.0, true), '{}' FROM generate_series(3, 12, 3) n
UNION ALL SELECT 'noise ' || n, circuit(n, 30, n / 20.0, true), '{"noise": {"depolarizing": 0.01, "amplitude_damping": 0.02, "readout": [0.01, 0.03]}, "method": "statevector"}' FROM generate_series(3, 9, 3) n
UNION ALL SELECT 'density ' || n, circuit(n, 30, n / 20.0, false), '{"noise": {"depolarizing": 0.01, "amplitude_damping": 0.02, "readout": [0.01, 0.03]}, "method": "density_matrix"}' FROM generate_series(3, 6, 3) n
UNION ALL SELECT 'uniform ' || n, jsonb_build_object('qubits', n, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'H', 'target', q)) FROM generate_series(0, n - 1) q)), '{"method": "statevector"}' FROM generate_series(2, 14, 4) n
UNION ALL SELECT 'rounded ' || n, jsonb_build_object('qubits', n, 'gates', (SELECT jsonb_agg(g ORDER BY k, q) FROM generate_series(0, n - 1) q, LATERAL (VALUES
	(1, jsonb_build_object('op', 'RY', 'theta', pi() / 2, 'target', q)), (2, jsonb_build_object('op', 'RZ', 'theta', 0.3 + q, 'target', q)),
	(3, jsonb_build_object('op', 'RZZ', 'theta', 0.7 * q, 'targets', jsonb_build_array(q, (q + 1) % n))), (4, jsonb_build_object('op', 'CX', 'control', q, 'target', (q + 1) % n))) v (k, g))),
	'{"method": "statevector"}' FROM generate_series(2, 14, 4) n;

CREATE TABLE answers (simd text, precision text, name text, seed bigint, counts jsonb);
DO $$
DECLARE
	simd text;
BEGIN
	FOREACH simd IN ARRAY '{portable,avx2,avx512}'::text[] LOOP
		BEGIN
			PERFORM set_config('timevmaps.simd', simd, true);
		EXCEPTION WHEN invalid_parameter_value THEN CONTINUE;
		END;
		INSERT INTO answers SELECT simd, p, name, seed, timevmaps.tv_run_circuit(circuit, 20000, seed, options || '{"top": 0, "bloch": false, "fidelity": false}' || jsonb_build_object('precision', p)) -> 'counts'
		FROM cases, generate_series(1, 2) seed, unnest('{double,single}'::text[]) p WHERE NOT (p = 'single' AND name LIKE 'density%');
	END LOOP;
END $$;

-- Shots that went elsewhere than on the portable path.
CREATE TABLE moved AS
SELECT a.simd, a.precision, a.name, a.seed, (SELECT coalesce(sum(abs(coalesce(x.value::integer, 0) - coalesce(y.value::integer, 0))), 0) / 2
	FROM jsonb_each_text(a.counts) x FULL JOIN jsonb_each_text(b.counts) y USING (key)) AS shots
FROM answers a JOIN answers b USING (precision, name, seed) WHERE b.simd = 'portable' AND a.simd <> 'portable';

SELECT is((SELECT count(*) FROM answers WHERE simd = 'portable'), (SELECT count(*) * 4 - 2 * count(*) FILTER (WHERE name LIKE 'density%') FROM cases), 'all ran');
SELECT is((SELECT string_agg(name || ' ' || simd, ', ') FROM moved WHERE precision = 'double' AND shots > 0), NULL, 'double precision: the same counts on each path');
SELECT ok((SELECT max(shots) FROM moved WHERE precision = 'single') <= 20, 'single precision: but for a few shots in 20000');
SELECT isnt((SELECT counts FROM answers WHERE name = 'gates 9' AND seed = 1 AND precision = 'double' AND simd = 'portable'),
	(SELECT counts FROM answers WHERE name = 'gates 9' AND seed = 2 AND precision = 'double' AND simd = 'portable'), 'other seeds give others');
SELECT ok((SELECT bool_and(total = 20000) FROM answers, LATERAL (SELECT sum(value::integer) AS total FROM jsonb_each_text(counts)) t), 'all shots are counted');
RESET timevmaps.simd;
SELECT is((SELECT count(*) FROM cases c JOIN answers a USING (name) WHERE a.seed = 1 AND a.precision = 'double' AND a.simd = 'portable' AND name NOT LIKE 'density%'
	AND a.counts <> timevmaps.tv_run_circuit(circuit, 20000, 1, options || '{"top": 0, "bloch": false, "fidelity": false}') -> 'counts'), 0::bigint, 'and on the one that is chosen');
SELECT * FROM finish();
ROLLBACK;
