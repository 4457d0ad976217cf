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

-- By the argument, in every function; the argument wins over the default, and 'none' lifts it.
UPDATE timevmaps.worlds SET rules = rules || '{"profile": "tall"}';
SELECT is(tests.outcome(format('SELECT %s FROM timevmaps.%s', what, call)), wanted, call)
FROM (VALUES ('round(cost)', 'tv_route_cost(1, 1, 1, 3, profile => ''lorry'')', '500'), ('round(cost)', 'tv_route_cost(1, 1, 1, 3, profile => ''none'')', '200'), ('round(cost)', 'tv_route_cost(1, 1, 1, 3)', NULL),
    ('round(cost)', 'tv_route_cost(1, 1, 1, 3, profile => ''no such'')', 'PT404'), ('round(cost)', 'tv_route_cost(1, 1, 1, 3, profile => '''')', 'PT404'), ('round(cost)', 'tv_route_cost(99, 1, 1, 3, profile => ''lorry'')', 'PT404'),
    ('array_agg(place_id ORDER BY seq)', 'tv_route_steps(1, 1, 1, 3, profile => ''walker'')', '{1,4,3}'),
    ('array_agg(round(cost))', 'tv_cost_matrix(1, 1, ''{1}'', ''{3}'', profile => ''lorry'')', '{500}'), ('array_agg(place_id ORDER BY cost, place_id)', 'tv_isochrone(1, 1, 1, 300, profile => ''lorry'')', '{1,2,5}'),
    ('array_agg(round(cost))', 'tv_route_alternatives(1, 1, 1, 3, profile => ''walker'', max_stretch => 5)', '{300}'),
    ('round(local_seconds)', 'tv_plan_route_at(1, 1, 1, 3, ''2026-01-05'', profile => ''lorry'')', '500'),
    ('segment_id', 'tv_snap(1, 1, 11.905, 57.7, profile => ''walker'')', '3'), ('segment_id', 'tv_snap(1, 1, 11.905, 57.7, profile => ''none'')', '1'), ('segment_id', 'tv_snap(1, 1, 11.905, 57.7, profile => ''no such'')', 'PT404'),
    ('round(local_seconds)', 'tv_plan_point_route(1, 1, 11.9, 57.7, 11.92, 57.7, profile => ''lorry'')', '500'),
    ('round(local_difference_seconds)', 'tv_route_diff(1, 3, 1, 3, profile => ''lorry'')', '-200'),
    ('round(local_seconds)', 'tv_save_route(1, 1, 1, 3, profile => ''lorry'')', '500'), ('profile', 'tv_save_route(1, 1, 1, 3, profile => ''lorry'')', 'lorry')) v (what, call, wanted);
-- Hours multiply the segment's own speed, and the profile's bounds what comes of it.
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES (1, 1, 'day', array_fill(3::float, ARRAY[168])), (2, 1, 'night', array_fill(0.25::float, ARRAY[168]));
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (1, 1), (2, 2);
SELECT is(round(local_seconds), 600::float, 'three times 36 km/h are 18 still, a quarter is a quarter') FROM timevmaps.tv_plan_route_at(1, 1, 1, 3, '2026-01-05', profile => 'slow');

-- A vehicle's own, if the timeline has one of that name; else it is a label.
UPDATE timevmaps.worlds SET rules = rules - 'profile';
INSERT INTO timevmaps.vehicles (id, world_id, name, profile) VALUES (1, 1, 'a', 'lorry'), (2, 1, 'b', 'amphibian'), (3, 1, 'c', NULL), (4, 1, 'd', 'branches');
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, clock) SELECT 1, 1, v, '2026-01-05 08:00', 11.9, 57.7, 'simulated' FROM generate_series(1, 4) v;
SELECT is((SELECT round(local_seconds) FROM timevmaps.tv_route_from(1, timeline, vehicle, '2026-01-05 08:00', 3, profile => wanted)), seconds::float, concat_ws(' ', 'vehicle', vehicle, wanted, timeline))
FROM (VALUES (1, 1, NULL, 500), (1, 1, 'none', 200), (1, 1, 'walker', 300), (2, 1, NULL, 200), (3, 1, NULL, 200), (4, 1, NULL, 200), (4, 2, NULL, 400)) v (vehicle, timeline, wanted, seconds);
SELECT is((SELECT round(local_seconds) FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:00')), 500::float, 'when it will be there');
UPDATE timevmaps.worlds SET rules = rules || '{"profile": "walker"}';
SELECT is((SELECT round(local_seconds) FROM timevmaps.tv_route_from(1, 1, vehicle, '2026-01-05 08:00', 3)), seconds::float, 'with a default, vehicle ' || vehicle) FROM (VALUES (1, 500), (2, 300)) v (vehicle, seconds);

-- Who sees what: profiles of public worlds are anybody's; a row that somebody's own policy hides is not there.
UPDATE timevmaps.worlds SET visibility = 'public', rules = rules - 'profile';
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
CREATE POLICY no_tall ON timevmaps.vehicle_profiles AS RESTRICTIVE TO eve USING (name <> 'tall');
INSERT INTO timevmaps.worlds (id, name, visibility) VALUES (2, 'hidden', 'private');
INSERT INTO timevmaps.vehicle_profiles (world_id, name) VALUES (2, 'secret');
SET SESSION AUTHORIZATION eve;
SELECT is(tests.outcome(format('SELECT round(cost) FROM timevmaps.tv_route_cost(1, 1, 1, 3, profile => %L)', profile)), wanted, 'eve: ' || profile)
FROM (VALUES ('lorry', '500'), ('tall', 'PT404'), ('secret', 'PT404')) v (profile, wanted);
RESET SESSION AUTHORIZATION;

-- Who has mistyped a name is told those that he sees.
SELECT matches((tests.attempt('SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 3, profile => ''lory'')')).hint, '\mlorry, .*\mtall, .*profile => ''none''', 'names that there are');
SET SESSION AUTHORIZATION eve;
SELECT doesnt_match((tests.attempt('SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 3, profile => ''lory'')')).hint, 'tall|secret', 'but not what one does not see');
RESET SESSION AUTHORIZATION;

-- Through gateways: the row of that name there, else the origin's; and none where a row takes none.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (3, 'Other', '{"sr": false, "profile": "no such"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (9, 3, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (11, 3, 10, 10), (12, 3, 10, 10.01);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, class) VALUES (11, 3, 11, 12, 1000, 36, 'primary');
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 9, 11, 7);
INSERT INTO timevmaps.vehicle_profiles (world_id, name, max_speed_kph, gateways) VALUES (3, 'slow', 3.6, true), (3, 'car', NULL, false), (1, 'grounded', NULL, false);
SELECT is(tests.outcome(format('SELECT round(cost) FROM timevmaps.tv_route_cost(1, 1, 1, 12, 9, profile => %L)', profile)), wanted, 'to another world: ' || profile)
FROM (VALUES ('none', '107'), ('lorry', '207'), ('slow', '1007'), ('walker', NULL), ('car', NULL), ('grounded', NULL), ('no such', 'PT404')) v (profile, wanted);
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_route_cost(3, 9, 12, 3, 1, profile => ''no such'')'), 'PT404', 'also where no gateway leads');
CREATE FUNCTION pg_temp.detail(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END
$$;
SELECT cmp_ok(length(pg_temp.detail('SELECT cost FROM timevmaps.tv_route_cost(1, 1, 1, 3, profile => repeat(''x'', 1000000))')), '<', 1200, 'a name of a million characters is not told back');

UPDATE timevmaps.worlds SET rules = rules - 'profile' WHERE id = 1;
DELETE FROM timevmaps.segment_profiles;
-- Speeds of the row are read anew, and so is what says nothing of speed.
UPDATE timevmaps.vehicle_profiles SET max_speed_kph = 9, props = '{"x": 1}' WHERE name = 'slow';
SELECT is(pg_temp.goes('slow', 1), '1-2-3 800', 'a row that has changed');
SELECT is(pg_temp.goes(NULL, 1), '1-2-3 200', 'no default');

SELECT * FROM finish();
ROLLBACK;
