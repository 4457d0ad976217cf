-- tv_isochrone, tv_route_alternatives, tv_route_diff: small networks worked out by hand,
-- random ones against route costs and brute force in SQL, errors with their SQLSTATEs.
BEGIN;
SELECT plan(122);
SET LOCAL client_min_messages = warning;


------------------------------------------------------------------ the network
-- World 1, no relativity.  1 -(100 s, 1000 m)- 2 -(100 s, 1000 m)- 3, and by the fast road
-- 1 -(100 s, 2000 m)- 4 -(50 s, 2000 m)- 3; one way 3 -> 1 in 100 s, 500 m; 5 is not joined to anything.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Plain', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES
    (1, 1, 57.70, 11.90), (2, 1, 57.70, 11.91), (3, 1, 57.70, 11.92), (4, 1, 57.71, 11.91), (5, 1, 57.8, 12);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
    (1, 1, 1, 2, 1000, 36, false), (2, 1, 2, 3, 1000, 36, false),
    (3, 1, 1, 4, 2000, 72, false), (4, 1, 3, 4, 2000, 144, false), (5, 1, 3, 1, 500, 18, true);

------------------------------------------------------------------- isochrones
SELECT results_eq($$ SELECT place_id, timeline_id, cost, metric, ST_AsText(geom), ST_SRID(geom) FROM timevmaps.tv_isochrone(1, 1, 1, 'infinity') $$,
    $$ VALUES (1::bigint, 1::bigint, 0::float, 'local', 'POINT(11.9 57.7)', 4326), (2, 1, 100, 'local', 'POINT(11.91 57.7)', 4326),
              (4, 1, 100, 'local', 'POINT(11.91 57.71)', 4326), (3, 1, 150, 'local', 'POINT(11.92 57.7)', 4326) $$,
    'all that can be reached, nearest first');
SELECT set_eq('SELECT place_id FROM timevmaps.tv_isochrone(1, 1, 1, 100)', '{1,2,4}'::bigint[], 'the limit is itself within it');
SELECT set_eq('SELECT place_id FROM timevmaps.tv_isochrone(1, 1, 1, 99.999)', '{1}'::bigint[], 'less is not');
SELECT set_eq('SELECT place_id FROM timevmaps.tv_isochrone(1, 1, 1, 0)', '{1}'::bigint[], 'no time: the place itself');
SELECT set_eq('SELECT place_id FROM timevmaps.tv_isochrone(1, 1, 5, 1e300)', '{5}'::bigint[], 'a place that is not joined to anything');
SELECT results_eq($$ SELECT place_id, cost, metric FROM timevmaps.tv_isochrone(1, 1, 3, 1000, 'distance') $$,
    $$ VALUES (3::bigint, 0::float, 'distance'), (1, 500, 'distance'), (2, 1000, 'distance') $$, 'metres where the metric is distance; a oneway, with it');
SELECT set_eq($$ SELECT place_id FROM timevmaps.tv_isochrone(1, 1, 1, 500, 'distance') $$, '{1}'::bigint[], 'and not against it');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 3, true);
SELECT set_eq('SELECT place_id FROM timevmaps.tv_isochrone(1, 2, 1, 100)', '{1,2}'::bigint[], 'what is closed in a branch');
SELECT set_eq('SELECT place_id FROM timevmaps.tv_isochrone(1, 1, 1, 100)', '{1,2,4}'::bigint[], 'is open above it');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (2, 'Heavy', '{"sr": false, "base_drag": 1}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (5, 2, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (11, 2, 10, 10), (12, 2, 10, 10.01);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (11, 2, 11, 12, 100, 36);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 2, 2, 2, 30), (2, 2, 2, 5, 11, 5);
SELECT results_eq($$ SELECT place_id, timeline_id, cost FROM timevmaps.tv_isochrone(1, 1, 1, 155) $$,
    $$ VALUES (1::bigint, 1::bigint, 0::float), (2, 1, 100), (4, 1, 100), (2, 2, 130), (11, 5, 135), (3, 1, 150), (12, 5, 155) $$,
    'through gateways, on other timelines, in another world by its own rules');
SELECT results_eq($$ SELECT place_id, timeline_id, cost FROM timevmaps.tv_isochrone(2, 5, 11, 'inf') $$,
    $$ VALUES (11::bigint, 5::bigint, 0::float), (12, 5, 20) $$, 'one way');
UPDATE timevmaps.gateways SET fidelity = 0 WHERE id = 2;
SELECT is(count(*), 0::bigint, 'a closed gateway leads nowhere') FROM timevmaps.tv_isochrone(1, 1, 1, 'inf') WHERE timeline_id = 5;
DELETE FROM timevmaps.gateways;

----------------------------------------------------------------- alternatives
-- From 1 to 3: 150 s by the fast road; 200 s straight, which shares nothing; stretch 4/3.
SELECT results_eq('SELECT rank, cost, stretch, sharing, path_place_ids, metric FROM timevmaps.tv_route_alternatives(1, 1, 1, 3)',
    $$ VALUES (1, 150::float, 1::float, 0::float, '{1,4,3}'::bigint[], 'local') $$, 'what is longer than a quarter more is no alternative');
SELECT results_eq('SELECT rank, cost, stretch, sharing, path_place_ids FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, max_stretch => 1.4)',
    $$ VALUES (1, 150::float, 1::float, 0::float, '{1,4,3}'::bigint[]), (2, 200, 200::float / 150, 0, '{1,2,3}') $$, 'unless it is asked for');
SELECT is(count(*), 1::bigint, 'no more than k') FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, max_stretch => 1.4, k => 1);
SELECT is(count(*), 0::bigint, 'no way, no row') FROM timevmaps.tv_route_alternatives(1, 1, 1, 5);
SELECT is(array_agg(cost), '{0}', 'from a place to itself there is one way') FROM timevmaps.tv_route_alternatives(1, 1, 4, 4, k => 9);
SELECT is(array_agg(path_place_ids::text ORDER BY rank), '{"{1,2,3}","{1,4,3}"}', 'another metric, another best')
FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, 1, 'distance', 5, 2);
SELECT results_eq('SELECT world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m, eta_seconds, local_seconds,
    coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds, metric, physics_note, geom::text, created_at
    FROM timevmaps.tv_route_alternatives(1, 1, 1, 3)',
    'SELECT world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m, eta_seconds, local_seconds,
    coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds, metric, physics_note, geom::text, created_at
    FROM timevmaps.tv_plan_route(1, 1, 1, 3)', 'the first is the plan');
SELECT is(physics_note, 'Least local time, alternative 1, without relativity.', 'what the others are') FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, max_stretch => 2) WHERE rank = 2;
-- A common beginning of 300 s: 300 + 150 or 300 + 200, of which the first 300 of 450 are shared.
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (6, 1, 57.70, 11.88);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (6, 1, 6, 1, 3000, 36);
SELECT is(array_agg(round(sharing::numeric, 9) ORDER BY rank), ARRAY[0, round(300 / 450.0, 9)], 'what it shares')
FROM timevmaps.tv_route_alternatives(1, 1, 6, 3, max_stretch => 1.4, min_optimality => 0.2);
SELECT is(count(*), 1::bigint, 'the whole is stretched by 1.11, its detour by 1.33') FROM timevmaps.tv_route_alternatives(1, 1, 6, 3, max_stretch => 1.3, min_optimality => 0.2);
SELECT is(count(*), 1::bigint, 'too much is shared') FROM timevmaps.tv_route_alternatives(1, 1, 6, 3, max_stretch => 1.4, max_sharing => 0.6, min_optimality => 0.2);
SELECT is(count(*), 2::bigint, 'or not') FROM timevmaps.tv_route_alternatives(1, 1, 6, 3, max_stretch => 1.4, max_sharing => 0.67, min_optimality => 0.2);
SELECT is(count(*), 1::bigint, 'a part of half the way that is not best') FROM timevmaps.tv_route_alternatives(1, 1, 6, 3, max_stretch => 1.4, min_optimality => 0.5);
SELECT is(count(*), 1::bigint, 'in a branch that closes the other way') FROM timevmaps.tv_route_alternatives(1, 2, 6, 3, max_stretch => 9);
DELETE FROM timevmaps.segments WHERE id = 6;
-- Through another timeline, and to one.
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 2, 2, 2, 5), (2, 2, 3, 1, 3, 6);
SELECT results_eq('SELECT path_place_ids, path_timeline_ids, cost FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, max_stretch => 1.5)',
    $$ VALUES ('{1,4,3}'::bigint[], '{1,1,1}'::bigint[], 150::float), ('{1,2,3}', '{1,1,1}', 200), ('{1,2,2,3,3}', '{1,1,2,2,1}', 211) $$,
    'a way through another timeline is another way');
UPDATE timevmaps.segment_overrides SET closed = NULL, speed_kph = 72 WHERE timeline_id = 2;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) VALUES (2, 2, 72);
SELECT results_eq('SELECT path_place_ids, path_timeline_ids, cost FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, max_stretch => 1.5)',
    $$ VALUES ('{1,4,3}'::bigint[], '{1,1,1}'::bigint[], 150::float), ('{1,2,2,3,3}', '{1,1,2,2,1}', 161) $$, 'and the only other one where it is faster there');
SELECT is(array_agg(cost ORDER BY rank), '{155}', 'to another timeline') FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, 2, max_stretch => 1.5);
DELETE FROM timevmaps.gateways;
DELETE FROM timevmaps.segment_overrides;

------------------------------------------------------------------ differences
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 4, true);
SELECT row_eq('SELECT world_id, timeline_a, timeline_b, origin_id, dest_id, metric, a_distance_m, b_distance_m, distance_difference_m, a_eta_seconds, b_eta_seconds, eta_difference_seconds
    FROM timevmaps.tv_route_diff(1, 2, 1, 3)', ROW(1::bigint, 1::bigint, 2::bigint, 1::bigint, 3::bigint, 'local'::text,
    4000::float, 2000::float, -2000::float, 150::float, 200::float, 50::float), 'what a closure changes: both totals and the difference');
SELECT is(only_a, '[{"seq": 2, "segment_id": 3, "gateway_id": null, "from_place_id": 1, "place_id": 4, "timeline_id": 1, "distance_m": 2000, "local_seconds": 100, "coordinate_seconds": 100, "traveler_seconds": 100, "turn_seconds": 0},
                    {"seq": 3, "segment_id": 4, "gateway_id": null, "from_place_id": 4, "place_id": 3, "timeline_id": 1, "distance_m": 2000, "local_seconds": 50, "coordinate_seconds": 50, "traveler_seconds": 50, "turn_seconds": 0}]', 'steps of the one only')
FROM timevmaps.tv_route_diff(1, 2, 1, 3);
SELECT is(jsonb_path_query_array(only_b, '$[*].segment_id'), '[1, 2]', 'of the other only') FROM timevmaps.tv_route_diff(1, 2, 1, 3);
SELECT is(changed, '[]', 'none in common') FROM timevmaps.tv_route_diff(1, 2, 1, 3);
SELECT row_eq('SELECT only_a, only_b, distance_difference_m FROM timevmaps.tv_route_diff(1, 1, 1, 3)', ROW('[]'::jsonb, '[]'::jsonb, 0::float), 'a timeline does not differ from itself');
UPDATE timevmaps.segment_overrides SET closed = NULL, speed_kph = 120;
SELECT is(changed, '[{"segment_id": 4, "gateway_id": null, "from_place_id": 4, "place_id": 3, "timeline_id": null,
    "a": {"seq": 3, "distance_m": 2000, "local_seconds": 50, "coordinate_seconds": 50, "traveler_seconds": 50, "turn_seconds": 0},
    "b": {"seq": 3, "distance_m": 2000, "local_seconds": 60, "coordinate_seconds": 60, "traveler_seconds": 60, "turn_seconds": 0}}]', 'a step of both that costs more')
FROM timevmaps.tv_route_diff(1, 2, 1, 3);
SELECT row_eq('SELECT only_a, only_b, local_difference_seconds, coordinate_difference_seconds, traveler_difference_seconds FROM timevmaps.tv_route_diff(1, 2, 1, 3)',
    ROW('[]'::jsonb, '[]'::jsonb, 10::float, 10::float, 10::float), 'on every clock');
DELETE FROM timevmaps.segment_overrides;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 4, true);
SELECT is(ST_AsText(a_geom) || ST_AsText(b_geom), 'LINESTRING(11.9 57.7,11.91 57.71,11.92 57.7)LINESTRING(11.9 57.7,11.91 57.7,11.92 57.7)', 'both courses')
FROM timevmaps.tv_route_diff(1, 2, 1, 3);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (7, 1, 3, 5, 100, 36, 2);
SELECT row_eq('SELECT a_distance_m, b_distance_m, distance_difference_m, a_traveler_seconds, b_traveler_seconds, traveler_difference_seconds, only_a, metric, a_geom IS NULL, b_geom IS NULL FROM timevmaps.tv_route_diff(1, 2, 3, 5)',
    ROW(NULL::float, 100::float, NULL::float, NULL::float, 10::float, NULL::float, '[]'::jsonb, 'local'::text, true, false), 'a way that only the branch has');
SELECT is(jsonb_array_length(only_a), 1, 'turned round') FROM timevmaps.tv_route_diff(2, 1, 3, 5);
DELETE FROM timevmaps.segments WHERE id = 7;
SELECT is(count(*), 0::bigint, 'neither has a way: no row') FROM timevmaps.tv_route_diff(1, 2, 3, 5);
SELECT row_eq('SELECT distance_difference_m, only_a, only_b FROM timevmaps.tv_route_diff(1, 2, 5, 5)', ROW(0::float, '[]'::jsonb, '[]'::jsonb), 'staying is the same everywhere');
-- Over a third timeline and back: the same steps, for both leave their own timeline for the same.
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (3, 1, 'tunnel');
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (8, 1, 1, 3, 10, 36, 3);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES
    (1, 1, 1, 3, 1, 1), (2, 2, 1, 3, 1, 2), (3, 3, 3, 1, 3, 1), (4, 3, 3, 2, 3, 1);
SELECT row_eq($$ SELECT a_local_seconds, b_local_seconds, jsonb_path_query_array(only_a, '$[*].gateway_id'), jsonb_path_query_array(only_b, '$[*].gateway_id'), changed FROM timevmaps.tv_route_diff(1, 2, 1, 3) $$,
    ROW(3::float, 4::float, '[1, 3]'::jsonb, '[2, 4]'::jsonb, '[]'::jsonb), 'other gateways, the same tunnel');
DELETE FROM timevmaps.gateways;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 2, 1, 1, 1), (2, 1, 3, 2, 3);
SELECT row_eq($$ SELECT jsonb_path_query_array(only_a, '$[*].segment_id'), jsonb_path_query_array(only_b, '$[*].segment_id'), jsonb_path_query_array(only_b, '$[*].timeline_id'), changed FROM timevmaps.tv_route_diff(1, 2, 1, 3) $$,
    ROW('[3, 4]'::jsonb, '[null, 3, 4, null]'::jsonb, '[1, 1, 1, 2]'::jsonb, '[]'::jsonb), 'the same road on the other one''s timeline is another step');
DELETE FROM timevmaps.gateways;

---------------------------------------------------------------------- errors
SELECT is(tests.outcome(format('SELECT timevmaps.%s', bad.call)), bad.state, bad.call)
FROM (VALUES
    ('tv_isochrone(9, 1, 1, 1)', 'PT404'), ('tv_isochrone(1, 5, 1, 1)', 'PT404'), ('tv_isochrone(1, 99, 1, 1)', 'PT404'),
    ('tv_isochrone(1, 1, 11, 1)', 'PT404'), ('tv_isochrone(1, 1, 99, 1)', 'PT404'),
    ('tv_isochrone(NULL, 1, 1, 1)', '22023'), ('tv_isochrone(1, NULL, 1, 1)', '22023'), ('tv_isochrone(1, 1, NULL, 1)', '22023'),
    ('tv_isochrone(1, 1, 1, NULL)', '22023'), ($$tv_isochrone(1, 1, 1, 'nan')$$, '22023'), ('tv_isochrone(1, 1, 1, -1)', '22023'),
    ($$tv_isochrone(1, 1, 1, '-inf')$$, '22023'), ($$tv_isochrone(1, 1, 1, 1, 'time')$$, '22023'), ($$tv_isochrone(1, 1, 1, 1, '')$$, '22023'),
    ('tv_isochrone(-1, 1, 1, 1)', 'PT404'), ('tv_isochrone(9223372036854775807, 1, 1, 1)', 'PT404'),
    ('tv_route_alternatives(9, 1, 1, 3)', 'PT404'), ('tv_route_alternatives(1, 5, 1, 3)', 'PT404'), ('tv_route_alternatives(1, 1, 99, 3)', 'PT404'),
    ('tv_route_alternatives(1, 1, 1, 99)', 'PT404'), ('tv_route_alternatives(1, 1, 1, 3, 99)', 'PT404'), ('tv_route_alternatives(1, 1, 1, 3, 0)', 'PT404'),
    ('tv_route_alternatives(NULL, 1, 1, 3)', '22023'), ('tv_route_alternatives(1, NULL, 1, 3)', '22023'), ('tv_route_alternatives(1, 1, NULL, 3)', '22023'),
    ('tv_route_alternatives(1, 1, 1, NULL)', '22023'), ($$tv_route_alternatives(1, 1, 1, 3, 1, 'time')$$, '22023'),
    ('tv_route_alternatives(1, 1, 1, 3, k => NULL)', '22023'), ('tv_route_alternatives(1, 1, 1, 3, k => 0)', '22023'),
    ('tv_route_alternatives(1, 1, 1, 3, k => -2147483648)', '22023'), ('tv_route_alternatives(1, 1, 1, 3, k => 101)', '22023'),
    ('tv_route_alternatives(1, 1, 1, 3, max_stretch => 0.99)', '22023'), ('tv_route_alternatives(1, 1, 1, 3, max_stretch => 101)', '22023'),
    ($$tv_route_alternatives(1, 1, 1, 3, max_stretch => 'nan')$$, '22023'), ($$tv_route_alternatives(1, 1, 1, 3, max_stretch => 'inf')$$, '22023'),
    ('tv_route_alternatives(1, 1, 1, 3, max_stretch => NULL)', '22023'), ('tv_route_alternatives(1, 1, 1, 3, max_sharing => NULL)', '22023'),
    ('tv_route_alternatives(1, 1, 1, 3, max_sharing => -0.1)', '22023'), ($$tv_route_alternatives(1, 1, 1, 3, max_sharing => 'nan')$$, '22023'),
    ('tv_route_alternatives(1, 1, 1, 3, min_optimality => 1.1)', '22023'), ($$tv_route_alternatives(1, 1, 1, 3, min_optimality => 'nan')$$, '22023'),
    ('tv_route_alternatives(1, 1, 1, 3, min_optimality => NULL)', '22023'),
    ('tv_route_diff(99, 1, 1, 3)', 'PT404'), ('tv_route_diff(1, 99, 1, 3)', 'PT404'), ('tv_route_diff(1, 2, 99, 3)', 'PT404'), ('tv_route_diff(1, 2, 1, 99)', 'PT404'),
    ('tv_route_diff(1, 2, 1, 11)', 'PT404'), ('tv_route_diff(1, 5, 1, 3)', '22023'), ($$tv_route_diff(1, 2, 1, 3, 'time')$$, '22023'),
    ('tv_route_diff(NULL, 2, 1, 3)', '22023'), ('tv_route_diff(1, NULL, 1, 3)', '22023'), ('tv_route_diff(1, 2, NULL, 3)', '22023'), ('tv_route_diff(1, 2, 1, NULL)', '22023')
) bad (call, state);
SELECT is(string_agg(DISTINCT tests.outcome(format('SELECT timevmaps.%s', early.call)), ' '), '22023', 'a metric that is none is refused before a row is read')
FROM (VALUES
    ($$tv_plan_route(9, 9, 9, 9, 9, 'time')$$), ($$tv_route_steps(9, 9, 9, 9, 9, 'time')$$), ($$tv_route_cost(9, 9, 9, 9, 9, 'time')$$),
    ($$tv_cost_matrix(9, 9, '{9}', '{9}', 'time')$$), ($$tv_route_alternatives(9, 9, 9, 9, 9, 'time')$$), ($$tv_isochrone(9, 9, 9, 9, 'time')$$),
    ($$tv_plan_point_route(9, 9, 0, 0, 0, 0, 9, 'time')$$)
) early (call);
SELECT is(provolatile, 's', proname || ' is STABLE')
FROM pg_proc WHERE pronamespace = 'timevmaps'::regnamespace AND proname IN ('tv_isochrone', 'tv_route_alternatives', 'tv_route_diff');
SET LOCAL search_path = pg_temp;
CREATE TEMPORARY TABLE anywhere AS SELECT (SELECT pg_catalog.count(*) FROM timevmaps.tv_isochrone(1, 1, 1, 100)) AS reached,
    (SELECT pg_catalog.count(*) FROM timevmaps.tv_route_alternatives(1, 1, 1, 3)) AS ways, (SELECT pg_catalog.count(*) FROM timevmaps.tv_route_diff(1, 2, 1, 3)) AS differences;
RESET search_path;
SELECT row_eq('SELECT * FROM anywhere', ROW(3::bigint, 1::bigint, 1::bigint), 'whatever the search_path');

------------------------------------------------------------- who sees what
UPDATE timevmaps.worlds SET visibility = 'private', owner = 'someone else' WHERE id = 2;
CREATE ROLE questions_player IN ROLE tv_player;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 1, 2, 5, 11);
SELECT is(tests.outcome($$ SELECT count(*) FROM timevmaps.tv_isochrone(1, 1, 1, 'inf') $$), '6', 'the owner of the tables gets into the other world');
SELECT is(tests.outcome($$ SELECT count(*) FROM timevmaps.tv_isochrone(1, 1, 1, 'inf') $$, 'questions_player'), '4', 'a player not into a private one');
SELECT is(tests.outcome('SELECT timevmaps.tv_isochrone(2, 5, 11, 1)', 'questions_player'), 'PT404', 'nor may he begin there');
SELECT is(tests.outcome('SELECT timevmaps.tv_route_diff(5, 5, 11, 12)', 'questions_player'), 'PT404', 'nor compare');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_route_diff(1, 2, 1, 3)', 'questions_player'), '1', 'what he sees he may compare');
CREATE POLICY hidden ON timevmaps.segments AS RESTRICTIVE TO questions_player USING (id <> 3);
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_route_alternatives(1, 1, 1, 3, max_stretch => 9)', 'questions_player'), '1', 'a hidden segment is no alternative');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_isochrone(1, 1, 1, 100)', 'questions_player'), '2', 'nor a way');
DROP POLICY hidden ON timevmaps.segments;

-------------------------------------------------------------- random networks
SELECT setseed(0.5);
ALTER TABLE timevmaps.segments ALTER id RESTART 1000;
ALTER TABLE timevmaps.gateways ALTER id RESTART 1000;
CREATE TEMPORARY TABLE lattice AS SELECT 1000 + x * 10 + y AS id, x, y FROM generate_series(0, 7) x, generate_series(0, 5) y;
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1000, 'Lattice', '{"gr": {"gm": 1e23, "r": 6371008.8}}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1000, 1000, 'main', NULL), (1001, 1000, 'b', 1000), (1002, 1000, 'c', 1001), (1003, 1000, 'other', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT id, 1000, 57 + y * 0.01, 11 + x * 0.02 FROM lattice;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id)
SELECT 1000, p.id, q.id, 1000 * (1 + random() * 0.6), tests.pick(ARRAY[3e8, 6e8, 8e8]::float[]) * (0.9 + random() / 10), random() < 0.15, CASE WHEN random() < 0.1 THEN 1001 END
FROM lattice p, lattice q WHERE (q.x - p.x, q.y - p.y) IN ((1, 0), (0, 1));
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, length_m)
SELECT tests.pick(ARRAY[1001, 1002]), id, random() < 0.5, 1000 * (1 + random()) FROM timevmaps.segments WHERE world_id = 1000 AND random() < 0.2;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
SELECT tests.pick(ARRAY[1000, 1001]), a.id, tests.pick(ARRAY[1002, 1003]), a.id, random() * 1e-5, random() < 0.5 FROM lattice a WHERE random() < 0.3;

-- Isochrones: all costs within the limit, and nothing else.
CREATE TEMPORARY TABLE around AS
SELECT m.metric, o.timeline, p.id AS origin, t.id AS timeline_id, q.id AS place_id, c.cost
FROM unnest(timevmaps_internal.tv_metric_names()) m (metric), (VALUES (1000), (1001), (1003)) o (timeline),
    (SELECT id FROM lattice ORDER BY random() LIMIT 2) p, timevmaps.timelines t, lattice q,
    LATERAL timevmaps.tv_route_cost(1000, o.timeline, p.id, q.id, t.id, m.metric) c
WHERE t.world_id = 1000;
CREATE TEMPORARY TABLE asked AS
SELECT q.*, i.*
FROM (SELECT metric, timeline, origin, k, percentile_disc(k) WITHIN GROUP (ORDER BY cost) * (1 + 1e-9) AS within
      FROM around, unnest(ARRAY[0.05, 0.5, 1]) k GROUP BY 1, 2, 3, 4) q,
    LATERAL (SELECT timeline_id, place_id, cost FROM timevmaps.tv_isochrone(1000, q.timeline, q.origin, q.within, q.metric)) i;
SELECT ok(count(*) > 1500 AND count(DISTINCT timeline_id) = 4, 'reached: ' || count(*)) FROM asked;
SELECT is((SELECT count(*) FROM (SELECT q.*, a.timeline_id, a.place_id, a.cost FROM (SELECT DISTINCT metric, timeline, origin, k, within FROM asked) q JOIN around a USING (metric, timeline, origin) WHERE a.cost <= q.within) a
    FULL JOIN asked b USING (metric, timeline, origin, k, timeline_id, place_id) WHERE tests.same(a.cost, b.cost, 1e-3) AND a.cost IS NOT NULL IS NOT TRUE), 0::bigint, 'isochrone: the route costs within the limit');

-- Alternatives: walked over the edges again.
CREATE TEMPORARY TABLE edge AS
WITH RECURSIVE up (timeline, ancestor, depth) AS (
    SELECT t.id, t.id, 0 FROM timevmaps.timelines t WHERE world_id = 1000
    UNION ALL SELECT up.timeline, t.parent_id, depth + 1 FROM up JOIN timevmaps.timelines t ON t.id = up.ancestor WHERE t.parent_id IS NOT NULL
), resolved AS (
    SELECT t.id AS timeline, s.id, s.a_place_id AS a, s.b_place_id AS b, s.oneway,
        coalesce((array_agg(o.length_m ORDER BY u.depth) FILTER (WHERE o.length_m IS NOT NULL))[1], s.length_m) AS length_m
    FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id) JOIN up u ON u.timeline = t.id
        LEFT JOIN timevmaps.segment_overrides o ON o.timeline_id = u.ancestor AND o.segment_id = s.id
    WHERE t.world_id = 1000 AND (s.timeline_id IS NULL OR s.timeline_id IN (SELECT ancestor FROM up WHERE timeline = t.id))
    GROUP BY t.id, s.id HAVING NOT coalesce((array_agg(o.closed ORDER BY u.depth) FILTER (WHERE o.closed IS NOT NULL))[1], false)
)
SELECT timeline AS from_timeline, a AS from_place, timeline AS to_timeline, b AS to_place, length_m FROM resolved
UNION ALL SELECT timeline, b, timeline, a, length_m FROM resolved WHERE NOT oneway
UNION ALL SELECT from_timeline_id, from_place_id, to_timeline_id, to_place_id, 0 FROM timevmaps.gateways WHERE from_world_id = 1000
UNION ALL SELECT to_timeline_id, to_place_id, from_timeline_id, from_place_id, 0 FROM timevmaps.gateways WHERE from_world_id = 1000 AND bidirectional;
CREATE TEMPORARY TABLE journey AS
SELECT row_number() OVER () AS n, tests.pick(ARRAY[1000, 1001]) AS timeline, tests.pick(ARRAY[1000, 1001, 1002, 1003]) AS dest_timeline, a.id AS origin, b.id AS dest,
    1.1 + random() AS stretch, 0.4 + random() * 0.5 AS sharing, 0.1 + random() * 0.3 AS optimality
FROM lattice a, lattice b WHERE a.x < 2 AND b.x > 4 ORDER BY random() LIMIT 60;
CREATE TEMPORARY TABLE alternative AS
SELECT j.n, r.* FROM journey j, timevmaps.tv_route_alternatives(1000, j.timeline, j.origin, j.dest, j.dest_timeline, 'distance', 4, j.stretch, j.sharing, j.optimality) r;
CREATE TEMPORARY TABLE walked AS
SELECT a.n, a.rank, s.i, s.place, s.timeline, lag(s.place) OVER w AS from_place, lag(s.timeline) OVER w AS from_timeline
FROM alternative a, unnest(a.path_place_ids, a.path_timeline_ids) WITH ORDINALITY s (place, timeline, i)
WINDOW w AS (PARTITION BY a.n, a.rank ORDER BY s.i);
CREATE TEMPORARY TABLE summed AS
SELECT w.*, coalesce(e.length_m, 0) AS step_m, sum(coalesce(e.length_m, 0)) OVER (PARTITION BY w.n, w.rank ORDER BY w.i) AS so_far
FROM walked w LEFT JOIN LATERAL (SELECT min(length_m) AS length_m FROM edge WHERE (from_timeline, from_place, to_timeline, to_place) = (w.from_timeline, w.from_place, w.timeline, w.place)) e ON true;
SELECT ok(count(*) FILTER (WHERE rank > 1) > 50, 'alternatives to check: ' || count(*) FILTER (WHERE rank > 1)) FROM alternative;
SELECT is((SELECT count(*) FROM summed s WHERE i > 1 AND NOT EXISTS (SELECT FROM edge WHERE (from_timeline, from_place, to_timeline, to_place) = (s.from_timeline, s.from_place, s.timeline, s.place))),
    0::bigint, 'alternatives: every step is an edge');
SELECT is((SELECT count(*) FROM alternative a JOIN journey j USING (n) WHERE (path_place_ids[1], path_timeline_ids[1], path_place_ids[cardinality(path_place_ids)], path_timeline_ids[cardinality(path_place_ids)])
    <> (j.origin, j.timeline, j.dest, j.dest_timeline)), 0::bigint, 'from end to end');
SELECT is((SELECT count(*) FROM alternative a JOIN (SELECT n, rank, max(so_far) AS total FROM summed GROUP BY 1, 2) s USING (n, rank) WHERE NOT tests.same(a.distance_m, s.total, 1e-3) OR NOT tests.same(a.cost, s.total, 1e-3)),
    0::bigint, 'they add up');
SELECT is((SELECT count(*) FROM alternative a JOIN alternative b ON a.n = b.n AND a.rank < b.rank WHERE a.cost > b.cost * (1 + 1e-9) OR (a.path_place_ids, a.path_timeline_ids) = (b.path_place_ids, b.path_timeline_ids)),
    0::bigint, 'best first, and no two the same');
SELECT is((SELECT count(*) FROM alternative a JOIN journey j USING (n) JOIN alternative b ON b.n = a.n AND b.rank = 1
    WHERE NOT tests.same(a.stretch, a.cost / b.cost, 1e-3) OR a.stretch > j.stretch * (1 + 1e-8)), 0::bigint, 'the stretch is within its limit');
SELECT is((SELECT count(*) FROM alternative a JOIN journey j USING (n) JOIN alternative b ON b.n = a.n AND b.rank = 1,
    LATERAL (SELECT coalesce(sum(s.step_m), 0) / b.cost AS sharing FROM summed s WHERE (s.n, s.rank) = (a.n, a.rank) AND s.i > 1 AND EXISTS (
        SELECT FROM summed o WHERE o.n = a.n AND o.rank < a.rank AND (o.from_place, o.from_timeline, o.place, o.timeline) = (s.from_place, s.from_timeline, s.place, s.timeline))) s
    WHERE NOT tests.same(a.sharing, s.sharing, 1e-3) OR a.sharing > j.sharing * (1 + 1e-8)), 0::bigint, 'what is shared is within its limit');
CREATE TEMPORARY TABLE part AS
SELECT a.timeline, a.place, b.timeline AS dest_timeline, b.place AS dest, b.so_far - a.so_far AS part_m
FROM summed a JOIN summed b ON (a.n, a.rank) = (b.n, b.rank) AND a.i < b.i JOIN journey j ON j.n = a.n JOIN alternative o ON o.n = a.n AND o.rank = 1
WHERE a.rank > 1 AND b.so_far - a.so_far <= j.optimality * o.cost;
SELECT ok(count(*) > 200, 'parts to check: ' || count(*)) FROM part;
SELECT is((SELECT count(*) FROM part p, LATERAL timevmaps.tv_route_cost(1000, p.timeline, p.place, p.dest, p.dest_timeline, 'distance') c WHERE p.part_m > c.cost * (1 + 1e-9)),
    0::bigint, 'every part of an alternative is a best route');

-- Differences: the two plans.
CREATE TEMPORARY TABLE compared AS
SELECT j.n, j.origin, j.dest, b.timeline AS timeline_b, m AS metric, d.*
FROM (SELECT * FROM journey LIMIT 15) j, (VALUES (1001), (1002), (1003)) b (timeline), unnest(ARRAY['local', 'traveler', 'distance']) m
    LEFT JOIN LATERAL (SELECT to_jsonb(x) AS d, x.only_a, x.only_b FROM timevmaps.tv_route_diff(1000, b.timeline, j.origin, j.dest, m) x) d ON true;
SELECT is((SELECT count(*) FROM compared c
    LEFT JOIN LATERAL timevmaps.tv_plan_route(1000, 1000, c.origin, c.dest, NULL, c.metric) a ON true
    LEFT JOIN LATERAL timevmaps.tv_plan_route(1000, c.timeline_b, c.origin, c.dest, NULL, c.metric) b ON true
    WHERE (d IS NULL) <> (a.distance_m IS NULL AND b.distance_m IS NULL)
       OR (d ->> 'a_distance_m')::float IS DISTINCT FROM a.distance_m OR (d ->> 'b_distance_m')::float IS DISTINCT FROM b.distance_m
       OR (d ->> 'a_coordinate_seconds')::float IS DISTINCT FROM a.coordinate_seconds OR (d ->> 'b_eta_seconds')::float IS DISTINCT FROM b.eta_seconds
       OR (d ->> 'coordinate_difference_seconds')::float IS DISTINCT FROM b.coordinate_seconds - a.coordinate_seconds
       OR (d ->> 'local_difference_seconds')::float IS DISTINCT FROM b.local_seconds - a.local_seconds
       OR (d ->> 'traveler_difference_seconds')::float IS DISTINCT FROM b.traveler_seconds - a.traveler_seconds
       OR (d ->> 'distance_difference_m')::float IS DISTINCT FROM b.distance_m - a.distance_m
       OR (d ->> 'eta_difference_seconds')::float IS DISTINCT FROM b.eta_seconds - a.eta_seconds), 0::bigint, 'difference: of the two plans');
-- What differs adds up to the difference: the costs of only_b and of changed steps there, less those of only_a and of changed ones here.
SELECT is((SELECT count(*) FROM compared c,
    LATERAL (SELECT coalesce(sum((s ->> 'local_seconds')::float), 0) AS a FROM jsonb_array_elements(c.only_a) s) a,
    LATERAL (SELECT coalesce(sum((s ->> 'local_seconds')::float), 0) AS b FROM jsonb_array_elements(c.only_b) s) b,
    LATERAL (SELECT coalesce(sum((s #>> '{b,local_seconds}')::float - (s #>> '{a,local_seconds}')::float), 0) AS ab FROM jsonb_array_elements(c.d -> 'changed') s) ab
    WHERE abs(b - a + ab - (d ->> 'local_difference_seconds')::float) > 1e-9 * (d ->> 'a_local_seconds')::float), 0::bigint, 'the steps account for it');
SELECT ok(count(*) FILTER (WHERE only_a <> '[]') > 20 AND count(*) FILTER (WHERE d -> 'changed' <> '[]') > 5, 'there are differences') FROM compared;
SELECT * FROM finish();
ROLLBACK;
