-- Rules for turns as rows: what is refused, what is filled in, what goes with them, who may, and what a restore puts back.
BEGIN;
SELECT no_plan();

-- 1: ann's; 2: ben's, private. Places 1 - 2 - 3 in a row, 4 beside 2.
INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'one', 'public', 'ann'), (2, 'two', 'private', 'ben');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 1), (3, 1, 0, 2), (4, 1, 1, 1), (5, 2, 0, 0), (6, 2, 0, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
    VALUES (1, 1, 1, 2, 10, 36), (2, 1, 2, 3, 10, 36), (3, 1, 4, 2, 10, 36), (4, 2, 5, 6, 10, 36), (5, 1, 3, 3, 10, 36);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,turns}'::text[]) t \g /dev/null

CREATE FUNCTION pg_temp.turn(line text, from_segment text, via text, to_segment text, rule text, penalty text DEFAULT 'NULL') RETURNS text LANGUAGE sql AS $$
    SELECT tests.outcome(format('INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (%s, %s, %s, %s, %L, %s) RETURNING world_id',
        line, from_segment, via, to_segment, rule, penalty)) $$;
SELECT is(pg_temp.turn(line, f, via, t, rule, penalty), wanted, concat_ws(' ', line, f, via, t, rule, penalty))
FROM (VALUES
    ('NULL', '1', '2', '2', 'no', 'NULL', '1'), ('2', '1', '2', '2', 'cost', '0', '1'), ('1', '1', '2', '2', 'only', 'NULL', '1'), ('NULL', '1', '2', '1', 'cost', '1e300', '1'),
    ('NULL', '3', '2', '1', 'cost', '12.5', '1'), ('NULL', '5', '3', '5', 'no', 'NULL', '1'), ('3', '4', '6', '4', 'no', 'NULL', '2'),
    -- one for each turn and timeline
    ('NULL', '1', '2', '2', 'cost', '3', '23505'), ('2', '1', '2', '2', 'no', 'NULL', '23505'),
    -- seconds where there is a price, and only there
    ('NULL', '3', '2', '2', 'cost', 'NULL', '23514'), ('NULL', '3', '2', '2', 'no', '1', '23514'), ('NULL', '3', '2', '2', 'only', '0', '23514'), ('NULL', '3', '2', '2', 'cost', '-1', '23514'),
    ('NULL', '3', '2', '2', 'cost', '''NaN''', '23514'), ('NULL', '3', '2', '2', 'cost', '''infinity''', '23514'), ('NULL', '3', '2', '2', 'perhaps', 'NULL', '23514'),
    -- segments that do not meet there
    ('NULL', '1', '1', '2', 'no', 'NULL', '23514'), ('NULL', '1', '3', '2', 'no', 'NULL', '23514'), ('NULL', '1', '4', '1', 'no', 'NULL', '23514'),
    -- what is of another world, or of none
    ('NULL', '1', '2', '4', 'no', 'NULL', '23503'), ('3', '1', '2', '3', 'no', 'NULL', '23503'), ('NULL', '4', '2', '2', 'no', 'NULL', '23503'), ('NULL', '1', '99', '2', 'no', 'NULL', '23503'),
    ('NULL', '99', '2', '2', 'no', 'NULL', '23503'), ('99', '1', '2', '3', 'no', 'NULL', '23503'), ('NULL', 'NULL', '2', '2', 'no', 'NULL', '23502'), ('NULL', '1', 'NULL', '2', 'no', 'NULL', '23503')
    ) v (line, f, via, t, rule, penalty, wanted);
SELECT is(tests.outcome(format('UPDATE timevmaps.turns SET note = repeat(''x'', %s) WHERE from_segment_id = 3 RETURNING world_id', n)), wanted, n || ' characters')
FROM (VALUES (10000, '1'), (10001, '23514')) v (n, wanted);
SELECT is(tests.outcome('INSERT INTO timevmaps.turns (world_id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (2, 1, 2, 3, ''no'')'), '23503', 'a world that is not the place''s');
SELECT is(tests.refusal('INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) VALUES (1, 1, 2, ''no'')'), '23514 one turns where both segments end', 'what is wrong is said');

-- An administrator may say of another turn what a row says; it is looked at as if it were new.
SELECT is(tests.outcome('UPDATE timevmaps.turns SET to_segment_id = 3 WHERE from_segment_id = 3 RETURNING to_segment_id'), '3', 'the turn of a rule changes');
SELECT is(tests.outcome('UPDATE timevmaps.turns SET via_place_id = 1 WHERE from_segment_id = 3'), '23514', '... to one that there is');

-- Who may: editors of the world, by all means; and nobody reads of a private world.
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
CREATE ROLE ben LOGIN; GRANT tv_analyst TO ben;
SET SESSION AUTHORIZATION ann;
SELECT is(pg_temp.turn('2', '3', '2', '2', 'no'), '1', 'an editor makes one');
SELECT is(tests.outcome('INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (2, 3, 2, 2, ''cost'', 7)
    ON CONFLICT (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id) DO UPDATE SET timeline_id = excluded.timeline_id, from_segment_id = excluded.from_segment_id,
    via_place_id = excluded.via_place_id, to_segment_id = excluded.to_segment_id, rule = excluded.rule, penalty_s = excluded.penalty_s RETURNING penalty_s'), '7', '... and sets it again, as PostgREST does');
SELECT is(tests.outcome(format('UPDATE timevmaps.turns SET %s WHERE from_segment_id = 3 AND timeline_id = 2', change)), wanted, change)
FROM (VALUES ('timeline_id = 1', '23514'), ('from_segment_id = 1', '23514'), ('via_place_id = 4', '23514'), ('to_segment_id = 1', '23514'), ('world_id = 2', '42501'), ('id = 7', '42501')) v (change, wanted);
SELECT is(tests.outcome('INSERT INTO timevmaps.turns (id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (9, 3, 2, 1, ''no'')'), '42501', 'nobody chooses an id');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.turns WHERE world_id = 2'), '0', 'rules of a private world are not shown');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.turns WHERE world_id = 1'), '7', '... those of her own are');
SET SESSION AUTHORIZATION ben;
SELECT is(pg_temp.turn('2', '2', '2', '3', 'no'), '42501', 'none in the world of another');
SELECT is(tests.outcome('WITH u AS (UPDATE timevmaps.turns SET note = ''x'' WHERE world_id = 1 RETURNING id) SELECT count(*) FROM u'), '0', '... nor changes what is there');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.turns'), '8', '... whose rules he sees, with his own');
RESET SESSION AUTHORIZATION;
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'ben', 'analyst'), (2, 'eve', 'player');
SET SESSION AUTHORIZATION ben;
SELECT is(pg_temp.turn('2', '2', '2', '3', 'no'), '1', 'a member with access does');
SET SESSION AUTHORIZATION eve;
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.turns WHERE world_id = 2'), '1', 'a member sees the rules of a private world');
SELECT is(pg_temp.turn('2', '2', '2', '1', 'no'), '42501', 'a player makes none');
RESET SESSION AUTHORIZATION;

-- What goes with what.
SELECT is(tests.outcome('DELETE FROM timevmaps.timelines WHERE id = 2 RETURNING id'), '2', 'a timeline goes');
SELECT is_empty('SELECT id FROM timevmaps.turns WHERE timeline_id = 2', '... with its rules');
SELECT is(tests.outcome('DELETE FROM timevmaps.segments WHERE id = 1 RETURNING id'), '1', 'a segment goes');
SELECT is_empty('SELECT id FROM timevmaps.turns WHERE 1 IN (from_segment_id, to_segment_id)', '... with rules from it and into it');
UPDATE timevmaps.segments SET a_place_id = 4, b_place_id = 4 WHERE id IN (3, 5);
SELECT is(count(*), 2::bigint, 'rules that do not touch any more stay') FROM timevmaps.turns WHERE from_segment_id IN (3, 5);
DELETE FROM timevmaps.segments WHERE id = 2;
SELECT is(tests.outcome('DELETE FROM timevmaps.places WHERE id = 3 RETURNING id'), '3', 'a place goes');
SELECT is(array_agg(from_segment_id), '{3}', '... with its rules') FROM timevmaps.turns WHERE world_id = 1;

-- Columns of segments and overrides that profiles ask for.
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id) VALUES (1, 3);
SELECT is(tests.outcome(format('UPDATE timevmaps.%I SET class = %L WHERE world_id = 1 RETURNING world_id', relation, v)), CASE WHEN good THEN '1' ELSE '23514' END, concat_ws(' ', relation, 'class', length(v)))
FROM unnest('{segments,segment_overrides}'::text[]) relation, (VALUES ('path', true), ('', false), (repeat('x', 64), true), (repeat('x', 65), false)) v (v, good);
SELECT is(tests.outcome(format('UPDATE timevmaps.%I SET %I = %L WHERE world_id = 1 RETURNING world_id', relation, c, v)), CASE WHEN good THEN '1' ELSE '23514' END, concat_ws(' ', relation, c, v))
FROM unnest('{segments,segment_overrides}'::text[]) relation, unnest('{max_height_m,max_width_m,max_length_m,max_weight_kg}'::text[]) c,
    (VALUES ('4.2', true), ('infinity', true), ('0', false), ('-1', false), ('NaN', false), ('-infinity', false)) v (v, good);
SELECT is(tests.outcome('UPDATE timevmaps.segments SET gate = NULL'), '23502', 'a segment has a gate or none');
SELECT is(tests.outcome('UPDATE timevmaps.segment_overrides SET gate = NULL RETURNING segment_id'), '3', 'an override may say nothing of it');

-- What zones have written is theirs to take away only where nobody else has said anything.
INSERT INTO timevmaps.layers (id, world_id, name, kind, speed_kph) VALUES (1, 1, 'slow', 'speed', 5);
UPDATE timevmaps.segments SET b_place_id = 2, max_height_m = NULL, class = NULL WHERE id = 3;
DELETE FROM timevmaps.segment_overrides;
INSERT INTO timevmaps.zones (id, layer_id, geom) VALUES (1, 1, 'SRID=4326;MULTIPOLYGON(((-1 -1, 3 -1, 3 3, -1 3, -1 -1)))');
SELECT is((SELECT speed_kph FROM timevmaps.segment_overrides WHERE segment_id = 3), 5::float8, 'a zone slows a segment');
UPDATE timevmaps.segment_overrides SET max_height_m = 3 WHERE segment_id = 3;
DELETE FROM timevmaps.zones;
SELECT is((SELECT concat_ws(' ', speed_kph, max_height_m) FROM timevmaps.segment_overrides WHERE segment_id = 3), '3', '... and leaves the limit that somebody has set');

SELECT * FROM finish();
ROLLBACK;
