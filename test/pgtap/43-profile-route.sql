-- What a profile makes of routes: a network worked out by hand, on branches, with limits overridden and lifted, through gateways.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;

-- World 1: from 1 to 3 in 200 s over 2 by a road with a bridge, in 300 s over 4 by a path, in 500 s over 5 through a gate.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Plain', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'twig', 2);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 57.70, 11.90), (2, 1, 57.70, 11.91), (3, 1, 57.70, 11.92), (4, 1, 57.71, 11.91), (5, 1, 57.72, 11.91);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, class, max_height_m, gate) VALUES
    (1, 1, 1, 2, 1000, 36, 'primary', NULL, false), (2, 1, 2, 3, 1000, 36, 'primary', 3.5, false),
    (3, 1, 1, 4, 1500, 36, 'path', NULL, false), (4, 1, 4, 3, 1500, 36, 'path', NULL, false),
    (5, 1, 1, 5, 2500, 36, NULL, NULL, false), (6, 1, 5, 3, 2500, 36, NULL, NULL, true);
INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id, speeds, max_speed_kph, forbidden, height_m, gates) VALUES
    (1, 'car', NULL, '{"path": 3.6}', NULL, '{}', 1.5, true),
    (1, 'fits', NULL, '{}', NULL, '{path}', 3.5, false),
    (1, 'lorry', NULL, '{"primary": 18}', NULL, '{path}', 4, true),
    (1, 'slow', NULL, '{"primary": 36, "path": 36}', 18, '{}', NULL, true),
    (1, 'walker', NULL, '{}', NULL, '{primary}', NULL, false),
    (1, 'tall', NULL, '{}', NULL, '{path}', 4, false),
    (1, 'changing', NULL, '{}', NULL, '{}', NULL, true), (1, 'changing', 2, '{}', NULL, '{primary}', NULL, true),
    (1, 'branches', 2, '{}', 18, '{}', NULL, true);

-- By the world's default.
CREATE FUNCTION pg_temp.goes(profile text, timeline bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE timevmaps.worlds SET rules = CASE WHEN profile IS NULL THEN rules - 'profile' ELSE rules || jsonb_build_object('profile', profile) END WHERE id = 1;
    RETURN tests.outcome(format('SELECT array_to_string(path_place_ids, ''-'') || '' '' || round(local_seconds) FROM timevmaps.tv_plan_route(1, %s, 1, 3)', timeline));
END
$$;
SELECT is(pg_temp.goes(profile, timeline), wanted, concat_ws(' on ', profile, timeline))
FROM (VALUES (NULL, 1, '1-2-3 200'), ('none', 1, '1-2-3 200'),
    ('car', 1, '1-2-3 200'), ('fits', 1, '1-2-3 200'), ('lorry', 1, '1-5-3 500'), ('slow', 1, '1-2-3 400'), ('walker', 1, '1-4-3 300'), ('tall', 1, NULL),
    ('changing', 1, '1-2-3 200'), ('changing', 2, '1-4-3 300'), ('changing', 3, '1-4-3 300'), ('branches', 1, 'PT404'), ('branches', 2, '1-2-3 400'), ('branches', 3, '1-2-3 400'),
    ('no such', 1, 'PT404')) v (profile, timeline, wanted);

-- Branches say something else of roads, and what is said nearest holds, column by column.
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, max_height_m) VALUES (2, 2, 'infinity'), (3, 2, 3);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, class) VALUES (2, 3, 'track'), (3, 4, 'track');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, gate) VALUES (3, 6, false);
SELECT is(pg_temp.goes(profile, timeline), wanted, concat_ws(' on ', profile, timeline) || ' with overrides')
FROM (VALUES ('lorry', 1, '1-5-3 500'), ('lorry', 2, '1-2-3 400'), ('lorry', 3, '1-4-3 300'), ('tall', 2, '1-2-3 200'), ('tall', 3, '1-4-3 300'), ('car', 3, '1-2-3 200'),
    ('fits', 3, '1-4-3 300')) v (profile, timeline, wanted);

-- Speeds of the row are read anew, and so is what says nothing of speed.
UPDATE timevmaps.vehicle_profiles SET max_speed_kph = 9, props = '{"x": 1}' WHERE name = 'slow';
SELECT is(pg_temp.goes('slow', 1), '1-2-3 800', 'a row that has changed');
SELECT is(pg_temp.goes(NULL, 1), '1-2-3 200', 'no default');

SELECT * FROM finish();
ROLLBACK;
