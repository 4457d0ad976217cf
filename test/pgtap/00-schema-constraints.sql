-- The database itself refuses what cannot be: each with its SQLSTATE.
BEGIN;
SELECT plan(70);

INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one'), (2, 'two');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES
    (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL), (4, 1, 'deep', 2);
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES
    (1, 1, 'a', 0, 0), (2, 1, 'b', 0, 1), (3, 2, 'c', 0, 0);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 1000, 50);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s)
    VALUES (1, 1, 1, 3, 3, 5, 10);

SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000)
FROM unnest(ARRAY['worlds', 'timelines', 'places', 'segments', 'gateways']) t \g /dev/null

-- Numbers: NaN, infinity, zero and what is out of range.
SELECT throws_ok(format('INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, %L, %L)', lat, lon), '23514', NULL,
    format('a place at %s, %s', lat, lon))
FROM (VALUES ('NaN', '0'), ('0', 'NaN'), ('Infinity', '0'), ('0', '-Infinity'), ('90.0000001', '0'), ('0', '180.0000001')) v (lat, lon);
SELECT lives_ok($$ INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 90, 180), (1, -90, -180) $$,
    'poles and the date line are places');
SELECT throws_ok(format('INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag)
    VALUES (1, 1, 2, %L, %L, %L)', l, s, d), '23514', NULL, format('a segment of %s m, %s km/h, drag %s', l, s, d))
FROM (VALUES ('NaN', '50', '0'), ('Infinity', '50', '0'), ('0', '50', '0'), ('-1', '50', '0'),
             ('1', 'NaN', '0'), ('1', 'Infinity', '0'), ('1', '0', '0'), ('1', '-50', '0'),
             ('1', '50', 'NaN'), ('1', '50', 'Infinity'), ('1', '50', '-0.1')) v (l, s, d);
SELECT throws_ok(format('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, %I) VALUES (2, 1, %L)', c, v),
    '23514', NULL, format('an override of %s with %s', c, v))
FROM (VALUES ('length_m', 'NaN'), ('length_m', '0'), ('speed_kph', 'Infinity'), ('speed_kph', '0'), ('base_drag', 'NaN')) v (c, v);
SELECT throws_ok(format('UPDATE timevmaps.gateways SET %I = %L', c, v), '23514', NULL, format('a gateway''s %s of %s', c, v))
FROM (VALUES ('base_penalty_s', 'NaN'), ('base_penalty_s', '-1'), ('decoherence_s', 'Infinity'), ('fidelity', 'NaN'),
             ('fidelity', '1.0001'), ('fidelity', '-0.1')) v (c, v);
SELECT throws_ok($$ INSERT INTO timevmaps.worlds (id, name) VALUES (9007199254740992, 'far') $$, '23514', NULL,
    'an identifier of 2^53');

-- What belongs together is of the same world.
SELECT throws_ok($$ INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 3, 1, 1) $$,
    '23503', NULL, 'a segment with an end in another world');
SELECT throws_ok($$ INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 99, 1, 1) $$,
    '23503', NULL, 'a segment to nowhere');
SELECT throws_ok($$ INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id)
    VALUES (1, 1, 2, 1, 1, 3) $$, '23503', NULL, 'a segment in a timeline of another world');
SELECT throws_ok($$ INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (3, 1, true) $$,
    '23503', NULL, 'an override of another world''s segment');
SELECT throws_ok($$ INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 3, 3, 3) $$,
    '23503', NULL, 'a gateway whose entrance is not in its timeline''s world');
SELECT throws_ok($$ INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (99, 1, 3, 3) $$,
    '23503', NULL, 'a gateway from no timeline');
SELECT throws_ok($$ INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 1, 1, 1) $$,
    '23514', NULL, 'a gateway to itself');
SELECT throws_ok($$ INSERT INTO timevmaps.timelines (world_id, label, parent_id) VALUES (2, 'stolen', 1) $$,
    '23503', NULL, 'a parent of another world');

-- Parents do not change, so there is no cycle.
SELECT throws_ok($$ UPDATE timevmaps.timelines SET parent_id = 4 WHERE id = 1 $$, '23514', NULL, 'a root becomes no child');
SELECT throws_ok($$ UPDATE timevmaps.timelines SET parent_id = NULL WHERE id = 2 $$, '23514', NULL, 'a child becomes no root');
SELECT throws_ok($$ UPDATE timevmaps.timelines SET world_id = 2 WHERE id = 2 $$, '23514', NULL, 'a timeline stays in its world');
SELECT throws_ok($$ INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (50, 1, 'own', 50) $$, '23514', NULL,
    'a timeline is not its own parent');
SELECT throws_ok($$ INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (60, 1, 'x', 61), (61, 1, 'y', 60) $$,
    '23514', NULL, 'two timelines that are made at once are not each other''s parents');
SELECT throws_ok($$ UPDATE timevmaps.places SET world_id = 2 WHERE id = 1 $$, '23514', NULL, 'a place stays in its world');

-- Names.
SELECT throws_ok($$ INSERT INTO timevmaps.worlds (name) VALUES ('one') $$, '23505', NULL, 'a world''s name is unique');
SELECT throws_ok($$ INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main') $$, '23505', NULL, 'a label is unique in its world');
SELECT throws_ok($$ INSERT INTO timevmaps.worlds (name, visibility) VALUES ('x', 'hidden') $$, '23514', NULL, 'visibility is public or private');

-- Rules: only what is known.
SELECT throws_ok($$ INSERT INTO timevmaps.worlds (name, rules) VALUES ('x', '{"clok": "local"}') $$, '22023', NULL, 'an unknown rule');
SELECT throws_ok($$ UPDATE timevmaps.worlds SET rules = '{"gr": {"mass": 1}}' WHERE id = 1 $$, '22023', NULL, 'an unknown key inside a rule');
SELECT throws_ok($$ UPDATE timevmaps.worlds SET rules = '[]' WHERE id = 1 $$, '22023', NULL, 'rules that are no object');
SELECT throws_ok($$ UPDATE timevmaps.worlds SET rules = '{"clock": "sundial"}' WHERE id = 1 $$, '22023', NULL, 'an unknown clock');
SELECT lives_ok($$ UPDATE timevmaps.worlds SET rules = '{"clock": "traveler", "x-note": {"any": "thing"}}' WHERE id = 1 $$,
    'keys that start with x- are free');

-- What one row makes of an answer that lists it: JSON and words have their length, as they are written out.
SELECT is(tests.outcome(format('UPDATE timevmaps.%I SET %I = %L WHERE id = 1 RETURNING id', relation, c, filler)), wanted, concat_ws(' ', relation, c, length(filler)))
FROM (VALUES ('worlds', 'rules', 'x-'), ('places', 'props', 'p'), ('segments', 'props', 'p')) v (relation, c, key),
    LATERAL (VALUES (format('{"%s": "%s"}', key, repeat('x', 65528 - length(key))), '1'), (format('{"%s": "%s"}', key, repeat('x', 65529 - length(key))), '23514'),
                    (format('{"%s": [1e131071]}', key), '23514')) f (filler, wanted)
UNION ALL
SELECT is(tests.outcome(format('UPDATE timevmaps.%I SET %I = repeat(''ä'', %s) WHERE id = 1 RETURNING id', relation, c, most + more)), CASE more WHEN 0 THEN '1' ELSE '23514' END,
    concat_ws(' ', relation, c, most + more, 'characters'))
FROM (VALUES ('places', 'name', 1000), ('timelines', 'branch_op', 10000), ('gateways', 'note', 10000)) v (relation, c, most), generate_series(0, 1) more;

-- The price of a gateway follows from its fidelity.
SELECT is((SELECT penalty_s FROM timevmaps.gateways WHERE id = 1), 5::float8, 'at fidelity 1 it is the base penalty');
UPDATE timevmaps.gateways SET fidelity = exp(-1) WHERE id = 1;
SELECT ok((SELECT abs(penalty_s - 15) < 1e-12 FROM timevmaps.gateways WHERE id = 1), 'at 1/e the decoherence is added once');
UPDATE timevmaps.gateways SET fidelity = 0 WHERE id = 1;
SELECT is((SELECT penalty_s FROM timevmaps.gateways WHERE id = 1), 'Infinity'::float8, 'at 0 it is closed');

SELECT * FROM finish();
ROLLBACK;
