-- tv_circuit_draw: formats, widths, names, bounds.  What a picture shows is tested in test/unit.
BEGIN;
SET search_path = timevmaps, public;
SELECT plan(15);

CREATE FUNCTION pg_temp.bell() RETURNS jsonb LANGUAGE sql AS
$$ SELECT '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}, {"op": "RZ", "target": 1, "theta": "$al<ph>a"}]}'::jsonb $$;

SELECT is(tv_circuit_draw('{"qubits": 1, "bits": 1, "gates": [{"op": "SX", "target": 0}, {"op": "MEASURE", "target": 0, "bit": 0}]}'), $$     ┌────┐┌─┐
q_0: ┤ √X ├┤M├
     └────┘└╥┘
c: 1/═══════╩═
            0$$, 'a gate and its measurement');
SELECT is(tv_circuit_draw(pg_temp.bell(), 'TEXT'), tv_circuit_draw(pg_temp.bell()), 'text is the default, in any case');
SELECT ok(tv_circuit_draw(pg_temp.bell()) LIKE '%┤ Rz($al<ph>a) ├%', 'an angle without a value is drawn by its name');
SELECT ok(tv_circuit_draw(pg_temp.bell() || '{"params": {"al<ph>a": 0.7853981633974483}}') LIKE '%┤ Rz(π/4) ├%', 'and by its value where it has one');
SELECT matches(tv_circuit_draw(pg_temp.bell(), 'ascii'), '^[ -~\n]*$', 'ascii is ASCII');
SELECT isnt(tv_circuit_draw(pg_temp.bell(), width => 20), tv_circuit_draw(pg_temp.bell(), width => 0), 'a width folds');
SELECT ok(xmlparse(DOCUMENT tv_circuit_draw(pg_temp.bell(), 'svg')) IS DOCUMENT, 'SVG is XML');
SELECT is((xpath('/s:svg/s:title/text()', tv_circuit_draw(pg_temp.bell(), 'svg')::xml, '{{s,http://www.w3.org/2000/svg}}'))[1]::text,
          'Quantum circuit of 2 qubits and 3 gates', 'with a title');
SELECT is((SELECT count(*) FROM unnest(xpath('//s:rect[@rx]', tv_circuit_draw(pg_temp.bell(), 'svg')::xml, '{{s,http://www.w3.org/2000/svg}}'))),
          2::bigint, 'and a rectangle for each box');
SELECT throws_ok($$ SELECT tv_circuit_draw(pg_temp.bell(), 'png') $$, '22023', NULL, 'an unknown format');
SELECT throws_ok($$ SELECT tv_circuit_draw(pg_temp.bell(), width => 19) $$, '22023', NULL, 'too narrow');
SELECT throws_ok($$ SELECT tv_circuit_draw(pg_temp.bell(), width => -1) $$, '22023', NULL, 'a width below 0');
SELECT throws_ok($$ SELECT tv_circuit_draw('{"qubits": 1, "gates": [{"op": "Q", "target": 0}]}') $$, '22023', NULL, 'a bad circuit');
SELECT throws_ok($$ SELECT tv_circuit_draw(jsonb_build_object('qubits', 9, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'H', 'target', 0)) FROM generate_series(1, 300000)))) $$,
                 'PT413', NULL, 'a picture that is too large');
SET LOCAL timevmaps.circuit_memory = '64kB';
SELECT throws_ok($$ SELECT tv_circuit_draw(jsonb_build_object('qubits', 40, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'H', 'target', g % 40)) FROM generate_series(0, 9999) g))) $$,
                 'PT413', NULL, 'and one that takes more than timevmaps.circuit_memory');
SELECT * FROM finish();
ROLLBACK;
