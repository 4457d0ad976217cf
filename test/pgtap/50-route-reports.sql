-- What users of other routers have reported of turns, limits of vehicles, and what is supposed in a call, asked here; by prepared graphs and by rows.
-- From 1 a road leads over 2, 3 to 4. At 2 a street leads to 5, at 3 one to 6, which are dead ends; 7 is on a ring from 4 to 2.
INSERT INTO timevmaps.worlds (id, name, visibility, owner, rules) VALUES (1, 'one', 'public', 'ann', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
INSERT INTO timevmaps.places (id, world_id, lon, lat) VALUES (1, 1, 11.90, 57.70), (2, 1, 11.91, 57.70), (3, 1, 11.92, 57.70), (4, 1, 11.93, 57.70), (5, 1, 11.91, 57.71), (6, 1, 11.92, 57.69), (7, 1, 11.92, 57.72);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (1, 1, 1, 2, 100, 36), (2, 1, 2, 3, 100, 36), (3, 1, 3, 4, 100, 36), (4, 1, 2, 5, 100, 36), (5, 1, 3, 6, 100, 36), (6, 1, 4, 7, 200, 36), (7, 1, 7, 2, 200, 36);
INSERT INTO timevmaps.layers (id, world_id, name, kind) VALUES (1, 1, 'areas', 'zone');
INSERT INTO timevmaps.zones (id, layer_id, geom) VALUES (1, 1, 'SRID=4326;MULTIPOLYGON(((11.913 57.699, 11.917 57.699, 11.917 57.701, 11.913 57.701, 11.913 57.699)))');
INSERT INTO timevmaps.vehicle_profiles (world_id, name, height_m) VALUES (1, 'bus', 2.6), (1, 'lorry', 4);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,layers,zones}'::text[]) t \g /dev/null
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;

-- A statement's answer, which is to be one by graphs and by rows; rounded seconds.
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a text;
    b text;
BEGIN
    EXECUTE statement INTO a;
    PERFORM set_config('timevmaps.prepared_graph', 'off', true);
    EXECUTE statement INTO b;
    PERFORM set_config('timevmaps.prepared_graph', 'on', true);
    RETURN CASE WHEN a IS NOT DISTINCT FROM b THEN a ELSE concat_ws(' of graphs, of rows ', coalesce(a, 'none'), coalesce(b, 'none')) END;
END
$$;
CREATE FUNCTION pg_temp.goes(origin bigint, dest bigint, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(format('SELECT array_to_string(path_place_ids, ''-'') || '' '' || round(local_seconds) FROM timevmaps.tv_plan_route(1, 1, %s, %s%s)', origin, dest, more))
$$;

-- pgRouting 491: the cost of a turn is missing in rows and totals.
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (1, 2, 2, 'cost', 7);
SELECT is(pg_temp.answer('SELECT string_agg(round(local_seconds) || ''/'' || turn_seconds, '' '' ORDER BY seq) FROM timevmaps.tv_route_steps(1, 1, 1, 4)'), '0/0 10/0 17/7 10/0', 'a turn''s cost is in the step after it');
SELECT is(pg_temp.goes(1, 4), '1-2-3-4 37', 'and in the whole');

-- OSRM 575: of several rules at one place all hold. OSRM 102: where a left turn is forbidden the route goes on, and turns round in a dead end.
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) VALUES (1, 2, 4, 'no'), (1, 2, 7, 'no'), (2, 2, 7, 'no');
SELECT is(pg_temp.goes(1, 5), '1-2-3-2-5 47', 'it turns back at the next place where nothing is said of that');
UPDATE timevmaps.worlds SET rules = rules || '{"u_turn_s": 25}';
SELECT is(pg_temp.goes(1, 5), '1-2-3-2-5 72', 'turning back has a price, in a dead end, too');
UPDATE timevmaps.worlds SET rules = rules || '{"u_turn_s": "no"}';
SELECT is(pg_temp.goes(1, 5), '1-2-3-6-3-2-5 67', 'forbidden, but in a dead end');
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (5, 6, 5, 'cost', 100);
SELECT is(pg_temp.goes(1, 5), '1-2-3-4-7-2-5 87', 'and round the block where that is said to cost more');
-- OSRM 3944, GraphHopper 2139: at a stop of a trip one may turn.
SELECT is(pg_temp.answer('SELECT string_agg(round(arrive_s)::text, '' '' ORDER BY seq) FROM timevmaps.tv_plan_trip(1, 1, ''{1,2,1}'')'), '0 10 20', 'at a stop one turns back');

-- OSRM 2827: an only that has lost its target, for a segment has moved, binds nobody; one whose target is closed does.
DELETE FROM timevmaps.turns;
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) VALUES (1, 2, 4, 'only');
SELECT is(pg_temp.goes(1, 4), '1-2-5-2-3-4 50', 'only into a dead end: there and back');
SELECT is(pg_temp.goes(1, 4, ', overrides => ''[{"segment_id": 4, "closed": true}]'''), NULL, 'which is closed: no way');
UPDATE timevmaps.segments SET a_place_id = 3 WHERE id = 4;
SELECT is(pg_temp.goes(1, 4), '1-2-3-4 30', 'which begins elsewhere now: the rule is none');
UPDATE timevmaps.segments SET a_place_id = 2 WHERE id = 4;
DELETE FROM timevmaps.turns;

-- pgRouting 693: from one end of a segment to its other, the short way is round by other ones.
UPDATE timevmaps.segments SET length_m = 3000 WHERE id = 3;
SELECT is(pg_temp.answer('SELECT array_to_string(path_place_ids, ''-'') || '' '' || round(local_seconds) FROM timevmaps.tv_plan_point_route(1, 1, 11.9201, 57.7, 11.9299, 57.7)'), '3-2-7-4 56', 'points on one segment');
UPDATE timevmaps.segments SET length_m = 100 WHERE id = 3;

-- Valhalla 3377, OSRM 6015, OsmAnd 5294: limits hold for every kind of vehicle, to the centimetre; Valhalla 4901: one is lifted for a request.
UPDATE timevmaps.segments SET max_height_m = 2.6 WHERE id = 2;
SELECT is(pg_temp.goes(1, 3, format(', profile => %L', profile)), wanted, profile) FROM (VALUES ('bus', '1-2-3 20'), ('lorry', '1-2-7-4-3 60'), ('none', '1-2-3 20')) v (profile, wanted);
SELECT is(pg_temp.goes(1, 3, ', profile => ''bus'', overrides => ''[{"segment_id": 2, "max_height_m": 2.59}]'''), '1-2-7-4-3 60', 'a centimetre less');
SELECT is(pg_temp.goes(1, 3, ', profile => ''lorry'', overrides => ''[{"segment_id": 2, "max_height_m": "infinity"}]'''), '1-2-3 20', 'lifted');

-- Valhalla 4499, 3618, 4659: what is excluded is so in each kind of question.
SELECT is(pg_temp.answer(format('SELECT %s FROM timevmaps.%s overrides => ''[{"zone_id": 1, "closed": true}]'')', what, call)), wanted, 'a closed zone: ' || call)
FROM (VALUES ('round(cost)', 'tv_route_cost(1, 1, 1, 3,', '60'), ('round(cost)', 'tv_cost_matrix(1, 1, ''{1}'', ''{3}'',', '60'), ('array_agg(place_id ORDER BY place_id)', 'tv_isochrone(1, 1, 1, 25,', '{1,2,5}'),
    ('places', 'tv_isochrone_area(1, 1, 1, ''{25}'',', '3'), ('round(max(arrive_s))', 'tv_plan_trip(1, 1, ''{1,3}'',', '60'), ('round(sum(cost))', 'tv_route_explain(1, 1, 1, 3,', '60'),
    ('round(local_seconds)', 'tv_plan_route_at(1, 1, 1, 3, ''2026-01-05'',', '60'), ('round(cost)', 'tv_route_alternatives(1, 1, 1, 3, k => 1,', '60'), ('round(sum(local_seconds))', 'tv_route_steps(1, 1, 1, 3,', '60'),
    ('segment_id', 'tv_snap(1, 1, 11.9141, 57.7,', '7'), ('round(local_difference_seconds)', 'tv_route_diff(1, 1, 1, 3,', '40')) v (what, call, wanted);

-- GraphHopper 2242: a road is closed in one direction; as docs/what-if.md has it.
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (2, 1, 'one-way', 1);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 2, true);
INSERT INTO timevmaps.segments (world_id, timeline_id, a_place_id, b_place_id, length_m, speed_kph, oneway, class, props, geom)
SELECT world_id, 2, b_place_id, a_place_id, length_m, speed_kph, true, class, props, ST_Reverse(geom) FROM timevmaps.segments WHERE id = 2;
SELECT is(pg_temp.answer(format('SELECT string_agg(round(cost)::text, '' '' ORDER BY origin_place_id) FROM timevmaps.tv_cost_matrix(1, %s, ''{1,3}'', ''{1,3}'') WHERE cost > 0', timeline)), wanted, 'one-way on timeline ' || timeline) FROM (VALUES (1, '20 20'), (2, '60 20')) v (timeline, wanted);

-- OSRM 3947: a speed of 0 closes a road there; here it is said how.
SELECT matches((tests.attempt(format('SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 3, overrides => ''[{"%s": 1, "speed_kph": 0}]'')', what))).hint, '"closed": true', what || ': how to close it') FROM unnest('{segment_id,zone_id}'::text[]) what;

-- VROOM 950: services count for windows. VROOM 624: moments since 1970 are far ahead of a trip's beginning, and it waits for them.
SELECT is(pg_temp.answer('SELECT string_agg(round(arrive_s) || ''+'' || round(wait_s), '' '' ORDER BY seq) FROM timevmaps.tv_plan_trip(1, 1, ''{1,2,3}'', service_s => ''{0,300,0}'', window_to_s => ''{null,null,320}'')'), '0+0 10+0 320+0', 'just in time');
SELECT is(pg_temp.answer('SELECT count(*) FROM timevmaps.tv_plan_trip(1, 1, ''{1,2,3}'', service_s => ''{0,301,0}'', window_to_s => ''{null,null,320}'')'), '0', 'a second of service too much');
SELECT is(pg_temp.answer('SELECT string_agg(round(arrive_s) || ''+'' || round(wait_s), '' '' ORDER BY seq) FROM timevmaps.tv_plan_trip(1, 1, ''{1,2,3}'', window_from_s => ''{null,1639051200,1639051210}'')'), '0+0 10+1639051190 1639051210+0', 'since 1970');

-- openrouteservice 468: the area of a longer time holds that of a shorter one, and the origin.
SELECT is(pg_temp.answer('SELECT bool_and(ST_Covers(b.geom, a.geom) AND ST_Covers(a.geom, ST_SetSRID(ST_MakePoint(11.91, 57.70), 4326))) FROM timevmaps.tv_isochrone_area(1, 1, 2, ''{5,10,20,40}'') a JOIN timevmaps.tv_isochrone_area(1, 1, 2, ''{5,10,20,40}'') b ON a.seconds < b.seconds'), 'true', 'nested');
SELECT * FROM finish();
ROLLBACK;
