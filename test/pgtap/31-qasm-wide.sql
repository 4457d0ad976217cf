-- Conditions on many bits: numbers of hundreds of digits are read, run, and written; the oracle is PostgreSQL's numeric.
BEGIN;
SELECT no_plan();

CREATE FUNCTION pg_temp.two_to(n int) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    value numeric := 1;
BEGIN
    FOR i IN 1 .. n LOOP
        value := value + value;
    END LOOP;
    RETURN value;
END
$$;
CREATE FUNCTION pg_temp.bits_of(value numeric, width int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    bits text := '';
BEGIN
    FOR i IN 1 .. width LOOP
        bits := mod(value, 2)::text || bits;
        value := div(value, 2);
    END LOOP;
    RETURN CASE WHEN value = 0 THEN bits END;
END
$$;
CREATE FUNCTION pg_temp.condition(qasm text) RETURNS text LANGUAGE sql RETURN timevmaps.tv_circuit_from_qasm(qasm) #>> '{gates,0,if,value}';
-- The numbers at which a representation changes, and what is beside them.
CREATE TEMP TABLE numbers AS
    SELECT width, value, pg_temp.bits_of(value, width) AS bits FROM unnest('{1, 31, 32, 33, 61, 62, 63, 64, 65, 96, 127, 128, 129, 500, 1025, 4093}'::int[]) width,
        LATERAL (SELECT DISTINCT value FROM (VALUES (0::numeric), (1), (pg_temp.two_to(width) - 1), (pg_temp.two_to(width - 1)), (div(pg_temp.two_to(width), 3))) v (value)) v;

-------------------------------------------------------------------- reading
SELECT is(min(width || ': ' || value) FILTER (WHERE pg_temp.condition(format('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg b[3]; creg c[%s]; if(c==%s) x q[0];', width, value)) <> bits), NULL, 'version 2: a decimal number')
    FROM numbers WHERE width > 1;
SELECT is(min(width || ': ' || value) FILTER (WHERE pg_temp.condition(format('qubit q; bit[%s] c; if (c == 0%s_%s) U(1, 2, 3) q;', width, 0, value)) <> bits), NULL, 'version 3: a decimal number, zeros before it')
    FROM numbers WHERE width > 1;
SELECT is(min(width || ': ' || value) FILTER (WHERE pg_temp.condition(format('qubit q; bit[%s] c; if (c == "%s") U(1, 2, 3) q;', width, bits)) <> bits), NULL, 'version 3: a string') FROM numbers WHERE width > 1;
SELECT is(min(width || ': ' || value) FILTER (WHERE pg_temp.condition(format('qubit q; bit[%s] c; const uint n = uint("%s"); if (n == c) U(1, 2, 3) q;', width, bits)) <> bits), NULL, 'version 3: a constant of it') FROM numbers WHERE width > 1;
SELECT is(min(width || ': ' || value) FILTER (WHERE pg_temp.condition(format('qubit q; bit[%s] c; if (c == 0b%s) U(1, 2, 3) q;', width, bits)) <> bits), NULL, 'version 3: binary') FROM numbers WHERE width > 1;
SELECT is(min(width || ': ' || value) FILTER (WHERE timevmaps.tv_circuit_canonical(jsonb_build_object('qubits', 1, 'gates', jsonb_build_array(jsonb_build_object('op', 'X', 'target', 0,
        'if', jsonb_build_object('bits', (SELECT jsonb_agg(bit) FROM generate_series(0, width - 1) bit), 'value', value))))) #>> '{gates,0,if,value}' <> bits), NULL, 'JSON: a number') FROM numbers WHERE width > 1;
SELECT is(pg_temp.condition(format('qubit q; bit[256] c; if (c == 0x%s) U(1, 2, 3) q;', repeat('fe', 32))), repeat('11111110', 32), 'hexadecimal');
SELECT is(tests.qasm_outcome(qasm), wanted, left(qasm, 80)) FROM (VALUES
    ('OPENQASM 2.0; qreg q[1]; creg c[64]; if(c==9223372036854775808) U(1,2,3) q[0];', 'ok'),
    ('OPENQASM 2.0; qreg q[1]; creg c[64]; if(c==' || repeat('9', 1234) || ') U(1,2,3) q[0];', '22023 line 1, column 44: integer too large'),
    ('OPENQASM 2.0; qreg q[1]; creg c[64]; if(c==' || repeat('0', 100000) || '1) U(1,2,3) q[0];', 'ok'),
    ('qubit q; bit c; if (c == "' || repeat('1', 4097) || '") { }', '22023 line 1, column 26: not a string of bits'),
    ('qubit q; bit c; if (c == "") { }', '22023 line 1, column 26: not a string of bits'),
    ('qubit q; bit c; if (c == 18446744073709551616 + 1) { }', '22023 line 1, column 47: integer too large'),
    ('qubit q; U("01", 0, 0) q;', '22023 line 1, column 12: a string of bits is not a number'),
    ('qubit q; U(2 * "01", 0, 0) q;', '22023 line 1, column 14: a string of bits is not a number'),
    ('qubit q; U(-"01", 0, 0) q;', '22023 line 1, column 12: a string of bits is not a number'),
    ('qubit q; U(sin("01"), 0, 0) q;', '22023 line 1, column 12: a string of bits is not a number'),
    ('qubit q; U(float("01"), 0, 0) q;', '22023 line 1, column 12: a string of bits is not a number'),
    ('qubit q; U(int("01"), 0, 0) q;', 'ok'),
    ('qubit q; U(18446744073709551616, 0, 0) q;', 'ok'),
    ('qubit q; U(1' || repeat('0', 400) || ', 0, 0) q;', '22023 line 1, column 12: not a finite number'),
    ('qubit["10"] q;', '22023 line 1, column 7: a string of bits is not a number'),
    ('qubit[18446744073709551616] q;', '22023 line 1, column 7: integer too large'),
    ('qubit q; bit[3] c = "000"; bit[2] d = "00";', 'ok'),
    ('qubit q; bit[3] c = "00";', '22023 line 1, column 21: registers of different sizes')
) t (qasm, wanted);

-- Operators: what is compared and with what result, as a gate that is there or not.
SELECT is(jsonb_array_length(timevmaps.tv_circuit_from_qasm('qubit q; bit[70] c; if (' || expression || ') { U(1, 2, 3) q; }') -> 'gates') > 0, wanted, expression) FROM (VALUES
    ('"0110" == 6', true), ('~"0110" == "1001"', true), ('("0110" & "0011") == 2', true), ('18446744073709551616 > 3', true), ('3 > 18446744073709551616', false),
    ('-1 < 18446744073709551616', true), ('18446744073709551616 == 18446744073709551616', true), ('18446744073709551616 != 18446744073709551617', true),
    ('36893488147419103232 >= 18446744073709551616', true), ('18446744073709551615.5 < 1', false), ('popcount(18446744073709551617) == 2', true), ('popcount("0111") == 3', true),
    ('bool("000")', false), ('!"000"', true), ('18446744073709551616 && "0100"', true), ('c == 1180591620717411303424', false), ('c < 1180591620717411303424', true), ('c != 36893488147419103232000', true),
    ('c >= 1180591620717411303424', false), ('c == -1', false)) t (expression, wanted);

-- An inequality of hundreds of bits: each of its cases once, and together all of them.
SELECT is(jsonb_array_length(timevmaps.tv_circuit_from_qasm(format('qubit q; bit[300] c; if (c %s) { U(1, 2, 3) q; } else { U(4, 5, 6) q; }', comparison)) -> 'gates'), cases, comparison) FROM (VALUES
    ('== ' || pg_temp.two_to(299), 301), ('!= ' || 0, 301), ('< ' || pg_temp.two_to(299), 2), ('<= 0', 301)) t (comparison, cases);

-------------------------------------------------------------------- writing
CREATE FUNCTION pg_temp.conditional(width int, bits text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', 1, 'bits', width + 2, 'gates', jsonb_build_array(
        jsonb_build_object('op', 'X', 'target', 0, 'if', jsonb_build_object('bits', (SELECT jsonb_agg(bit ORDER BY -bit) FROM generate_series(1, width) bit), 'value', reverse(bits))),
        jsonb_build_object('op', 'H', 'target', 0)))
$$;
SELECT is(min(width || ': ' || value) FILTER (WHERE timevmaps.tv_circuit_hash(timevmaps.tv_circuit_from_qasm(timevmaps.tv_circuit_to_qasm(pg_temp.conditional(width, bits), version)))
        <> timevmaps.tv_circuit_hash(pg_temp.conditional(width, bits))), NULL, 'there and back in version ' || version)
    FROM numbers, unnest('{2, 3}'::int[]) version WHERE width BETWEEN 2 AND 1025 GROUP BY version ORDER BY version;
SELECT is(min(width || ': ' || value) FILTER (WHERE substring(timevmaps.tv_circuit_to_qasm(pg_temp.conditional(width, bits), 2) FROM 'if\(c1==(\d+)\) x q\[0\];')::numeric <> value), NULL, 'the number that version 2 says')
    FROM numbers WHERE width BETWEEN 2 AND 1025;
SELECT is(timevmaps.tv_circuit_hash(timevmaps.tv_circuit_from_qasm(timevmaps.tv_circuit_to_qasm(c, 3))), timevmaps.tv_circuit_hash(c), 'rows of bits and single ones')
    FROM (SELECT jsonb_build_object('qubits', 1, 'gates', jsonb_build_array(jsonb_build_object('op', 'X', 'target', 0,
        'if', jsonb_build_object('bits', jsonb_agg(bit ORDER BY bit), 'value', string_agg((bit % 3 % 2)::text, '' ORDER BY bit DESC))))) AS c
        FROM generate_series(0, 400) bit WHERE bit < 70 OR bit % 5 = 0 OR bit > 330) t;

-------------------------------------------------------------------- running
-- One qubit writes the bits of c that are 1, and one other; then a flip waits for a number, and is measured into one bit more.
CREATE FUNCTION pg_temp.register(written text, wanted numeric) RETURNS text LANGUAGE sql AS $$
    SELECT format('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[%s]; creg d[1];', length(written)) ||
        string_agg(CASE WHEN substr(written, length(written) - bit, 1) = '1' THEN format('x q[0]; measure q[0] -> c[%1$s]; x q[0];', bit) ELSE '' END, '' ORDER BY bit) ||
        format('if(c==%s) x q[0]; measure q[0] -> d[0];', wanted)
    FROM generate_series(0, length(written) - 1) bit
$$;
CREATE TEMP TABLE registers AS
    SELECT width, ones, value, pg_temp.bits_of(value, width) AS bits FROM unnest('{64, 65, 129, 500}'::int[]) width,
        LATERAL (VALUES ('all ones', pg_temp.two_to(width) - 1), ('every other', div(pg_temp.two_to(width), 3)), ('few', pg_temp.two_to(width - 1) + pg_temp.two_to(40) + 5)) v (ones, value);
SELECT is(timevmaps.tv_run_circuit(timevmaps.tv_circuit_from_qasm(pg_temp.register(bits, value - other)), 50, 1, jsonb_build_object('method', method, 'fidelity', false) || noise) -> 'counts',
        jsonb_build_object((1 - other) || bits, 50), format('%s bits, %s, %s: %s %s', width, ones, method, CASE other WHEN 0 THEN 'met' ELSE 'not met' END, noise))
    FROM registers, unnest('{statevector, stabilizer, density_matrix}'::text[]) method, unnest('{0, 1}'::int[]) other, unnest('{"{}", "{\"noise\": {\"phase_flip\": 0.5}}"}'::jsonb[]) noise
    WHERE method <> 'density_matrix' OR ones = 'few';	-- it branches where a condition reads a measurement, at most ten times

SELECT * FROM finish();
ROLLBACK;
