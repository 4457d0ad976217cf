-- tv_snap and tv_plan_point_route: small networks worked out by hand; random ones against
-- PostGIS's distances and against networks in which the segments are split at the points.
BEGIN;
SELECT plan(99);
SET LOCAL client_min_messages = warning;

-- "segment fraction: point".
CREATE FUNCTION pg_temp.snap(timeline bigint, lon float, lat float, world bigint DEFAULT 1) RETURNS text LANGUAGE sql AS
$$ SELECT format('%s %s: %s', segment_id, round(fraction::numeric, 6)::float, ST_AsText(geom, 6)) FROM timevmaps.tv_snap(world, timeline, snap.lon, snap.lat) $$;
-- "segments by places: metres, local seconds".
CREATE FUNCTION pg_temp.route(from_lon float, from_lat float, to_lon float, to_lat float, timeline bigint DEFAULT 1, dest bigint DEFAULT NULL, metric text DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT format('%s by %s: %s m, %s s', path_segment_ids, path_place_ids, round(distance_m::numeric, 6)::float, round(local_seconds::numeric, 6)::float)
    FROM timevmaps.tv_plan_point_route(1, timeline, route.from_lon, route.from_lat, route.to_lon, route.to_lat, dest, route.metric)
$$;

------------------------------------------------------------------ the network
-- A square on the equator, 1000 m and 100 s a side, whatever the degrees say:
--   4 --3-- 3
--   4       2
--   1 --1-> 2      segment 1 is one way
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Square', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'below', 2);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0.01, 0.01), (4, 1, 0.01, 0);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
    (1, 1, 1, 2, 1000, 36, true), (2, 1, 2, 3, 1000, 36, false), (3, 1, 3, 4, 1000, 36, false), (4, 1, 4, 1, 1000, 36, false);

--------------------------------------------------------------------- snapping
SELECT is(pg_temp.snap(1, 0.0025, -0.001), '1 0.25: POINT(0.0025 0)', 'on a straight segment');
SELECT is(round(distance_m::numeric, 6), round(0.001 * pi()::numeric / 180 * 6371008.8, 6), 'how far that is') FROM timevmaps.tv_snap(1, 1, 0.0025, -0.001);
SELECT row_eq('SELECT a_place_id, b_place_id, oneway, lon, lat, ST_SRID(geom) FROM timevmaps.tv_snap(1, 1, 0.0025, -0.001)', ROW(1::bigint, 2::bigint, true, 0.0025::float, 0::float, 4326), 'what it is');
SELECT is(pg_temp.snap(1, 0.0025, 0.02), '3 0.75: POINT(0.0025 0.01)', 'the fraction is from a to b');
-- The foot of the great circle that meets a meridian at a right angle is at atan(tan(lat) / cos(longitudes between)).
SELECT is(pg_temp.snap(1, -1, 0.004), '4 0.599939: POINT(0 0.004001)', 'from afar');
SELECT is(pg_temp.snap(1, 0.02, 0.02), '2 1: POINT(0.01 0.01)', 'at a corner: the least id');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 1, true);
SELECT is(pg_temp.snap(1, 0.0025, -0.001), '1 0.25: POINT(0.0025 0)', 'closed in a branch, open above it');
SELECT is(pg_temp.snap(2, 0.0025, -0.001), '4 1: POINT(0 0)', 'not in the branch');
SELECT is(pg_temp.snap(3, 0.0025, -0.001), '4 1: POINT(0 0)', 'nor below it');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (3, 1, false);
SELECT is(pg_temp.snap(3, 0.0025, -0.001), '1 0.25: POINT(0.0025 0)', 'unless it is opened again');
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id, geom) VALUES
    (5, 1, 1, 3, 2000, 36, 2, 'SRID=4326;LINESTRING(0 0, 0.0025 0.005, 0.0075 0.005, 0.01 0.01)');
SELECT is(pg_temp.snap(1, 0.005, 0.006), '3 0.5: POINT(0.005 0.01)', 'a segment of a branch is not above it');
SELECT is(pg_temp.snap(2, 0.005, 0.006), '5 0.5: POINT(0.005 0.005)', 'along its course in the branch');
SELECT is(pg_temp.snap(3, 0.0026, 0.0051), '5 0.351672: POINT(0.0026 0.005)', 'and below it; by length on the ground');
UPDATE timevmaps.segments SET geom = 'SRID=4326;LINESTRING EMPTY' WHERE id = 5;
SELECT is(pg_temp.snap(2, 0.004, 0.006), '5 0.5: POINT(0.005 0.005)', 'straight where the course is empty');
DELETE FROM timevmaps.segments WHERE id = 5;
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (9, 1, 'bare');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 9, id, true FROM timevmaps.segments;
SELECT is(pg_temp.snap(9, 0, 0), NULL, 'nothing open, no row');
SELECT is(count(*), 0::bigint, 'nor a route') FROM timevmaps.tv_plan_point_route(1, 9, 0, 0, 0.01, 0);
-- A degree of longitude is half as long at 60 degrees: what is nearer there, with courses and without.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (2, 'North', '{"radius_m": 1e6}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (10, 2, 'main'), (11, 2, 'other');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (11, 2, 60.006, 10.1), (12, 2, 60.006, 9.9), (13, 2, 59.9, 10.01), (14, 2, 60.1, 10.01), (15, 2, 0, 179.98), (16, 2, 0, -179.98);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (11, 2, 11, 12, 1, 1), (12, 2, 13, 14, 1, 1);
SELECT is(pg_temp.snap(10, 10, 60, 2), '12 0.500002: POINT(10.01 60)', 'nearest on the ground, not in degrees');
UPDATE timevmaps.segments SET geom = ST_MakeLine(a.geom, b.geom) FROM timevmaps.places a, timevmaps.places b WHERE a.id = a_place_id AND b.id = b_place_id AND segments.world_id = 2;
SELECT is(pg_temp.snap(10, 10, 60, 2), '12 0.500002: POINT(10.01 60)', 'nor by the index');
SELECT is(round(distance_m::numeric), round(0.005 * pi()::numeric / 180 * 1e6), 'metres on the world''s own sphere') FROM timevmaps.tv_snap(2, 10, 10, 60);
UPDATE timevmaps.segments SET geom = NULL WHERE id = 12;
SELECT is(pg_temp.snap(10, 10, 60, 2), '12 0.500002: POINT(10.01 60)', 'one with, one without');
UPDATE timevmaps.segments SET geom = ST_MakeLine(a.geom, b.geom) FROM timevmaps.places a, timevmaps.places b WHERE a.id = 13 AND b.id = 14 AND segments.id = 12;
UPDATE timevmaps.segments SET geom = NULL WHERE id = 11;
SELECT is(pg_temp.snap(10, 10, 60, 2), '12 0.500002: POINT(10.01 60)', 'or the other way round');
-- Over the 180th meridian.
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (13, 2, 15, 16, 1, 1);
SELECT is(replace(pg_temp.snap(10, 180, 1, 2), '-180', '180'), '13 0.5: POINT(180 0)', 'a straight segment, the short way round');
SELECT is(pg_temp.snap(10, -179.99, 1, 2), '13 0.75: POINT(-179.99 0)', 'on its other side');
DELETE FROM timevmaps.segments WHERE id = 13;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, geom) VALUES
    (14, 2, 15, 11, 1, 1, 'SRID=4326;LINESTRING(179.98 1, 179.98 0)'), (15, 2, 16, 11, 1, 1, 'SRID=4326;LINESTRING(-179 1, -179 0)');
SELECT is(pg_temp.snap(10, -179.99, 0.5, 2), '14 0.5: POINT(179.98 0.5)', 'what is near beyond it');
SELECT is(pg_temp.snap(10, 0, 90, 2) IS NOT NULL, true, 'even from a pole');

----------------------------------------------------------------------- routes
SELECT is(pg_temp.route(0.0025, 0, 0.0075, 0), '{1} by {}: 500 m, 50 s', 'ahead on one segment');
SELECT is(pg_temp.route(0.0075, 0, 0.0025, 0), '{1,2,3,4,1} by {2,3,4,1}: 3500 m, 350 s', 'behind on a oneway: all the way round');
SELECT is(pg_temp.route(0.0075, 0.01, 0.0025, 0.01), '{3} by {}: 500 m, 50 s', 'both ways on another, ahead');
SELECT is(pg_temp.route(0.0025, 0.01, 0.0075, 0.01), '{3} by {}: 500 m, 50 s', 'and back');
SELECT is(pg_temp.route(0.01, 0.004, 0.003, 0.011), '{2,3} by {3}: 1300 m, 130 s', 'from one to another');
SELECT is(pg_temp.route(0.003, 0.011, 0.01, 0.004), '{3,2} by {3}: 1300 m, 130 s', 'and back');
SELECT is(pg_temp.route(0.01, 0.004, 0.004, 0), '{2,3,4,1} by {3,4,1}: 3000 m, 300 s', 'not against a oneway');
SELECT is(pg_temp.route(0.006, 0, 0.006, 0), '{1} by {}: 0 m, 0 s', 'from a point to itself');
SELECT is(geom, NULL, 'which has no course') FROM timevmaps.tv_plan_point_route(1, 1, 0.006, 0, 0.006, 0);
SELECT matches(pg_temp.route(-1, -1, 0.02, 0.02), ': 2000 m, 200 s$', 'from corner to corner');
SELECT row_eq('SELECT world_id, timeline_id, dest_timeline_id, from_segment_id, round(from_fraction::numeric, 9), round(from_distance_m::numeric), to_segment_id, round(to_fraction::numeric, 9), round(to_distance_m::numeric), metric, physics_note, created_at
    FROM timevmaps.tv_plan_point_route(1, 1, 0.011, 0.005, 0.0025, 0.012)',
    ROW(1::bigint, 1::bigint, 1::bigint, 2::bigint, 0.5::numeric, 111::numeric, 3::bigint, 0.75::numeric, 222::numeric, 'local'::text, 'Least local time, without relativity.'::text, now()),
    'where it begins and ends');
SELECT is(ST_AsText(geom, 6), 'LINESTRING(0.01 0.005,0.01 0.01,0.0025 0.01)', 'its course') FROM timevmaps.tv_plan_point_route(1, 1, 0.011, 0.005, 0.0025, 0.012);
UPDATE timevmaps.segments SET geom = 'SRID=4326;LINESTRING(0.01 0.01, 0.0075 0.02, 0.0025 0.02, 0 0.01)' WHERE id = 3;
SELECT is(ST_AsText(geom, 6), 'LINESTRING(0.01 0.005,0.01 0.01,0.0075 0.02,0.005 0.02)', 'part of a segment''s course') FROM timevmaps.tv_plan_point_route(1, 1, 0.011, 0.005, 0.005, 0.03);
SELECT is(ST_AsText(geom, 6), 'LINESTRING(0.005 0.02,0.0075 0.02,0.01 0.01,0.01 0.005)', 'turned round') FROM timevmaps.tv_plan_point_route(1, 1, 0.005, 0.03, 0.011, 0.005);
SELECT is(ST_AsText(geom, 6), 'LINESTRING(0.003 0.02,0.007 0.02)', 'between two points of one') FROM timevmaps.tv_plan_point_route(1, 1, 0.003, 0.03, 0.007, 0.03);
SELECT row_eq('SELECT from_fraction = s.fraction, from_segment_id, to_fraction = t.fraction FROM timevmaps.tv_plan_point_route(1, 1, 0.003, 0.03, 0.0071, 0.025), timevmaps.tv_snap(1, 1, 0.003, 0.03) s, timevmaps.tv_snap(1, 1, 0.0071, 0.025) t',
    ROW(true, 3::bigint, true), 'as tv_snap says');
UPDATE timevmaps.segments SET geom = NULL WHERE id = 3;
-- A oneway beside another, the other way.
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES (6, 1, 2, 1, 1000, 36, true);
SELECT is(pg_temp.snap(1, 0.0025, -0.001), '1 0.25: POINT(0.0025 0)', 'two oneways side by side: the first');
SELECT is(pg_temp.route(0.0025, 0, 0.0075, 0), '{1} by {}: 500 m, 50 s', 'ahead on the one');
SELECT is(pg_temp.route(0.0075, 0, 0.0025, 0), '{6} by {}: 500 m, 50 s', 'back on the other');
SELECT row_eq('SELECT from_segment_id, round(from_fraction::numeric, 9), to_segment_id, round(to_fraction::numeric, 9) FROM timevmaps.tv_plan_point_route(1, 1, 0.0075, 0, 0.0025, 0)', ROW(6::bigint, 0.25, 6::bigint, 0.75), 'it says which');
DELETE FROM timevmaps.segments WHERE id = 6;

-- Timelines.
SELECT is(pg_temp.route(0.0025, -0.001, 0.0075, 0.02, 2), '{4,3} by {4}: 1750 m, 175 s', 'where the nearest is closed it begins at another') ;
UPDATE timevmaps.segment_overrides SET speed_kph = 72, closed = false WHERE timeline_id = 2 AND segment_id = 1;
SELECT is(pg_temp.route(0.0025, 0, 0.0075, 0, 2), '{1} by {}: 500 m, 25 s', 'at the speed of its timeline');
SELECT is(pg_temp.route(0.0025, 0, 0.0075, 0, 1), '{1} by {}: 500 m, 50 s', 'which is not the other''s');
SELECT is(pg_temp.route(0.0025, 0, 0.0075, 0, 1, 2), NULL, 'no gateway, no way to another timeline');
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 2, 2, 1, 5), (2, 1, 1, 9, 2, 1);
SELECT is(pg_temp.route(0.0025, 0, 0.0075, 0, 1, 2), '{1,NULL,1} by {2,1}: 1500 m, 117.5 s', 'through one, each part as it is on its timeline');
SELECT is(path_timeline_ids, '{1,2}', 'by whose places') FROM timevmaps.tv_plan_point_route(1, 1, 0.0025, 0, 0.0075, 0, 2);
SELECT is(pg_temp.route(0.0025, 0, 0.0075, 0, 1, 9), NULL, 'to a timeline where nothing is open');
UPDATE timevmaps.segment_overrides SET closed = true WHERE timeline_id = 2 AND segment_id = 1;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (3, 1, 1, 2, 1, 5), (4, 2, 2, 1, 2, 5);
SELECT is(pg_temp.route(0.0025, 0, 0.01, 0.001, 1, 2), '{1,NULL,4,3,2} by {2,1,4,3}: 3650 m, 370 s', 'a segment is split on its own timeline only, and stays closed on another');
SELECT is(pg_temp.route(0.003, 0.01, 0.0075, 0, 1, 1, 'distance'), '{3,4,1} by {4,1}: 2050 m, 205 s', 'and closed where it was');
DELETE FROM timevmaps.gateways;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (5, 1, 2, 10, 11, 1);
SELECT is(path_segment_ids, '{1,NULL,11}', 'into another world') FROM timevmaps.tv_plan_point_route(1, 1, 0.0025, 0, 10.05, 60.0059, 10);
SELECT is(round(distance_m::numeric, 6), 750.25, 'by its share there') FROM timevmaps.tv_plan_point_route(1, 1, 0.0025, 0, 10.05, 60.0059, 10);
DELETE FROM timevmaps.gateways;

---------------------------------------------------------------------- errors
SELECT is(tests.outcome(format('SELECT timevmaps.%s', bad.call)), bad.state, bad.call)
FROM (VALUES
    ('tv_snap(99, 1, 0, 0)', 'PT404'), ('tv_snap(1, 99, 0, 0)', 'PT404'), ('tv_snap(1, 10, 0, 0)', 'PT404'),
    ('tv_snap(NULL, 1, 0, 0)', '22023'), ('tv_snap(1, NULL, 0, 0)', '22023'), ('tv_snap(1, 1, NULL, 0)', '22023'), ('tv_snap(1, 1, 0, NULL)', '22023'),
    ($$tv_snap(1, 1, 'nan', 0)$$, '22023'), ($$tv_snap(1, 1, 0, 'inf')$$, '22023'), ('tv_snap(1, 1, 180.1, 0)', '22023'), ('tv_snap(1, 1, 0, -90.1)', '22023'),
    ('tv_snap(1, 1, 1e308, 0)', '22023'),
    ('tv_plan_point_route(99, 1, 0, 0, 0, 0)', 'PT404'), ('tv_plan_point_route(1, 10, 0, 0, 0, 0)', 'PT404'), ('tv_plan_point_route(1, 1, 0, 0, 0, 0, 99)', 'PT404'),
    ('tv_plan_point_route(NULL, 1, 0, 0, 0, 0)', '22023'), ('tv_plan_point_route(1, NULL, 0, 0, 0, 0)', '22023'), ('tv_plan_point_route(1, 1, NULL, 0, 0, 0)', '22023'),
    ('tv_plan_point_route(1, 1, 0, 0, 0, NULL)', '22023'), ($$tv_plan_point_route(1, 1, 0, 'nan', 0, 0)$$, '22023'), ($$tv_plan_point_route(1, 1, 0, 0, '-inf', 0)$$, '22023'),
    ('tv_plan_point_route(1, 1, 0, 0, 0, 91)', '22023'), ($$tv_plan_point_route(1, 1, 0, 0, 0, 0, 1, 'time')$$, '22023')
) bad (call, state);
SELECT is(provolatile, 's', proname || ' is STABLE') FROM pg_proc WHERE pronamespace = 'timevmaps'::regnamespace AND proname IN ('tv_snap', 'tv_plan_point_route');
UPDATE timevmaps.segments SET geom = ST_SetSRID(ST_MakeLine(ST_MakePoint('nan', 0), ST_MakePoint(0, 'nan')), 4326) WHERE id = 4;
SELECT is(pg_temp.snap(1, 0.0025, -0.001), '1 0.25: POINT(0.0025 0)', 'a course of points that are no numbers is nowhere');
UPDATE timevmaps.segments SET geom = NULL WHERE id = 4;
SET LOCAL search_path = pg_temp;
CREATE TEMPORARY TABLE anywhere AS SELECT (SELECT segment_id FROM timevmaps.tv_snap(1, 1, 0.0025, 0)) AS snapped, (SELECT pg_catalog.round(distance_m::pg_catalog.numeric, 6) FROM timevmaps.tv_plan_point_route(1, 1, 0.0025, 0, 0.0075, 0)) AS metres;
RESET search_path;
SELECT row_eq('SELECT * FROM anywhere', ROW(1::bigint, 500::numeric), 'whatever the search_path');

------------------------------------------------------------- who sees what
CREATE ROLE points_player IN ROLE tv_player;
SELECT is(tests.outcome('SELECT segment_id FROM timevmaps.tv_snap(1, 1, 0.0025, 0)', 'points_player'), '1', 'a player may ask');
CREATE POLICY hidden ON timevmaps.segments AS RESTRICTIVE TO points_player USING (id <> 1);
SELECT is(tests.outcome('SELECT segment_id FROM timevmaps.tv_snap(1, 1, 0.0025, 0)', 'points_player'), '4', 'what is hidden is not near');
SELECT is(tests.outcome('SELECT path_segment_ids FROM timevmaps.tv_plan_point_route(1, 1, 0.0025, 0, 0.01, 0.005)', 'points_player'), '{4,3,2}', 'nor a way');
DROP POLICY hidden ON timevmaps.segments;
CREATE POLICY hidden ON timevmaps.places AS RESTRICTIVE TO points_player USING (id <> 2);
SELECT is(tests.outcome('SELECT segment_id FROM timevmaps.tv_snap(1, 1, 0.0025, 0)', 'points_player'), '4', 'nor is what has a hidden end');
DROP POLICY hidden ON timevmaps.places;
UPDATE timevmaps.worlds SET visibility = 'private', owner = 'someone else' WHERE id = 1;
SELECT is(tests.outcome('SELECT timevmaps.tv_snap(1, 1, 0, 0)', 'points_player'), 'PT404', 'nor a private world');
UPDATE timevmaps.worlds SET visibility = 'public' WHERE id = 1;

-------------------------------------------------------------- random networks
SELECT setseed(0.75);
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1000, 'Lattice', '{"gr": {"gm": 1e23, "r": 6371008.8}}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1000, 1000, 'main', NULL), (1001, 1000, 'branch', 1000);
CREATE TEMPORARY TABLE lattice AS SELECT 1000 + x * 10 + y AS id, x, y FROM generate_series(0, 5) x, generate_series(0, 4) y;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT id, 1000, 57 + y * 0.01 + random() * 0.004, 11 + x * 0.02 + random() * 0.008 FROM lattice;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id)
SELECT 1000 + row_number() OVER (), 1000, least(p.id, q.id), greatest(p.id, q.id), 1000 * (1 + random()), tests.pick(ARRAY[3e8, 6e8, 8e8]::float[]), random() < 0.3, CASE WHEN random() < 0.1 THEN 1001 END
FROM lattice p, lattice q WHERE (q.x - p.x, q.y - p.y) IN ((1, 0), (0, 1));
UPDATE timevmaps.segments s SET geom = ST_MakeLine(ARRAY[a.geom, ST_SetSRID(ST_MakePoint((a.lon + b.lon) / 2 + random() * 0.003, (a.lat + b.lat) / 2 + random() * 0.002), 4326), b.geom])
FROM timevmaps.places a, timevmaps.places b WHERE s.world_id = 1000 AND a.id = a_place_id AND b.id = b_place_id AND random() < 0.5;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, length_m) SELECT 1001, id, random() < 0.5, 1000 * (1 + random()) FROM timevmaps.segments WHERE world_id = 1000 AND random() < 0.3;
CREATE TEMPORARY TABLE open AS
SELECT t.id AS timeline, s.id, s.a_place_id AS a, s.b_place_id AS b, coalesce(o.length_m, s.length_m) AS length_m, s.speed_kph, s.oneway, coalesce(s.geom, ST_MakeLine(p.geom, q.geom)) AS course, s.geom IS NULL AS straight
FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id) LEFT JOIN timevmaps.segment_overrides o ON (o.timeline_id, o.segment_id) = (t.id, s.id)
    JOIN timevmaps.places p ON p.id = s.a_place_id JOIN timevmaps.places q ON q.id = s.b_place_id
WHERE t.world_id = 1000 AND (s.timeline_id IS NULL OR s.timeline_id = t.id) AND o.closed IS NOT TRUE;
SELECT ok(count(*) FILTER (WHERE timeline = 1001) > 25 AND count(*) FILTER (WHERE timeline = 1000) > 25, 'there are segments: ' || count(*)) FROM open;

CREATE TEMPORARY TABLE point AS SELECT n, tests.pick(ARRAY[1000, 1001]) AS timeline, 10.98 + random() * 0.15 AS lon, 56.99 + random() * 0.07 AS lat FROM generate_series(1, 200) n;
CREATE TEMPORARY TABLE snapped AS SELECT p.*, s.segment_id, s.fraction, s.distance_m, s.geom FROM point p, timevmaps.tv_snap(1000, p.timeline, p.lon, p.lat) s;
SELECT is(count(*), 200::bigint, 'each point is put somewhere') FROM snapped;
SELECT is((SELECT count(*) FROM snapped s, LATERAL (SELECT min(ST_Distance(ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)::geography, o.course::geography, false)) AS least FROM open o WHERE o.timeline = s.timeline) m
           WHERE abs(s.distance_m - m.least) > 0.002 * m.least + 0.3), 0::bigint, 'at the distance of the nearest open segment, says PostGIS');
SELECT is((SELECT count(*) FROM snapped s LEFT JOIN open o ON (o.timeline, o.id) = (s.timeline, s.segment_id) WHERE ST_Distance(o.course, s.geom) < 1e-12 IS NOT TRUE), 0::bigint, 'on its course');
SELECT is((SELECT count(*) FROM snapped s JOIN open o ON (o.timeline, o.id) = (s.timeline, s.segment_id)
           WHERE abs(s.fraction - ST_LineLocatePoint(o.course, s.geom)) > CASE WHEN straight THEN 1e-4 ELSE 0.25 END
              OR abs(s.fraction - ST_Length(ST_LineSubstring(o.course, 0, ST_LineLocatePoint(o.course, s.geom))::geography, false) / ST_Length(o.course::geography, false)) > 1e-4), 0::bigint, 'by its fraction');

-- The same journey in a world where the segments are split at the points.
CREATE TEMPORARY TABLE journey AS
SELECT row_number() OVER () AS n, f.timeline, f.lon, f.lat, f.segment_id AS from_id, f.fraction AS from_at, f.geom AS from_geom, t.lon AS to_lon, t.lat AS to_lat, t.segment_id AS to_id, t.fraction AS to_at, t.geom AS to_geom
FROM snapped f JOIN snapped t ON t.n <> f.n AND f.timeline = t.timeline AND (f.n % 7 = t.n % 7 AND f.n < t.n OR f.segment_id = t.segment_id)
WHERE f.fraction > 0 AND f.fraction < 1 AND t.fraction > 0 AND t.fraction < 1 ORDER BY f.segment_id <> t.segment_id, random() LIMIT 60;
SELECT ok(count(*) = 60 AND count(*) FILTER (WHERE from_id = to_id) > 15, 'journeys, some on one segment: ' || count(*) FILTER (WHERE from_id = to_id)) FROM journey;
DO $$
DECLARE
    j record;
    base bigint;
BEGIN
    FOR j IN SELECT * FROM journey LOOP
        base := 10000 * j.n;
        INSERT INTO timevmaps.worlds (id, name, rules) SELECT base, 'split ' || j.n, rules FROM timevmaps.worlds WHERE id = 1000;
        INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (base, base, 'only');
        INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT base + id, base, lat, lon FROM timevmaps.places WHERE world_id = 1000;
        INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (base + 1, base, ST_Y(j.from_geom), ST_X(j.from_geom)), (base + 2, base, ST_Y(j.to_geom), ST_X(j.to_geom));
        INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, id)
        SELECT base, lag(k.place, 1, base + o.a) OVER w, k.place, o.length_m * (k.at - lag(k.at, 1, 0) OVER w), o.speed_kph, o.oneway, base + o.id * 3 + row_number() OVER w
        FROM open o, LATERAL (SELECT base + o.b AS place, 1 AS at UNION ALL SELECT base + 1, j.from_at WHERE o.id = j.from_id UNION ALL SELECT base + 2, j.to_at WHERE o.id = j.to_id) k
        WHERE o.timeline = j.timeline
        WINDOW w AS (PARTITION BY o.id ORDER BY k.at, k.place);
    END LOOP;
END
$$;
CREATE TEMPORARY TABLE answered AS
SELECT j.n, m AS metric, p.distance_m, p.eta_seconds, p.local_seconds, p.coordinate_seconds, p.traveler_seconds, p.path_place_ids, p.path_segment_ids, p.from_segment_id, p.from_fraction, p.geom, p.coordinate_minus_local_seconds,
    s.distance_m AS split_m, s.local_seconds AS split_local, s.coordinate_seconds AS split_coordinate, s.traveler_seconds AS split_traveler, s.path_place_ids AS split_places, s.coordinate_minus_local_seconds AS split_difference
FROM journey j CROSS JOIN unnest(ARRAY['local', 'traveler', 'distance']) m
    LEFT JOIN LATERAL timevmaps.tv_plan_point_route(1000, j.timeline, j.lon, j.lat, j.to_lon, j.to_lat, NULL, m) p ON true
    LEFT JOIN LATERAL timevmaps.tv_plan_route(j.n * 10000, j.n * 10000, j.n * 10000 + 1, j.n * 10000 + 2, NULL, m) s ON true;
SELECT ok(count(distance_m) > 120 AND count(*) = 180, 'routes to compare: ' || count(distance_m)) FROM answered;
SELECT is((SELECT count(*) FROM answered WHERE NOT (tests.same(distance_m, split_m, 1e-3) AND tests.same(local_seconds, split_local, 1e-3) AND tests.same(coordinate_seconds, split_coordinate, 1e-3)
    AND tests.same(traveler_seconds, split_traveler, 1e-3) AND tests.same(coordinate_minus_local_seconds, split_difference, 1e-3))), 0::bigint, 'split: the same costs, on every clock');
SELECT is((SELECT count(*) FROM answered a WHERE path_place_ids <> ARRAY(SELECT id - 10000 * a.n FROM unnest(split_places[2 : cardinality(split_places) - 1]) id)), 0::bigint, 'split: by the same places');
SELECT is((SELECT count(*) FROM answered a JOIN journey j USING (n) WHERE a.from_segment_id <> j.from_id OR a.from_fraction <> j.from_at OR cardinality(path_segment_ids) <> cardinality(path_place_ids) + 1
    OR ST_Distance(ST_StartPoint(a.geom), j.from_geom) > 1e-12 OR ST_Distance(ST_EndPoint(a.geom), j.to_geom) > 1e-12), 0::bigint, 'from the one point to the other');
SELECT is((SELECT count(*) FROM answered a JOIN journey j USING (n) WHERE geom IS NOT NULL AND NOT ST_Covers(ST_Buffer((SELECT ST_Collect(course) FROM open o WHERE o.timeline = j.timeline AND o.id = ANY (a.path_segment_ids)), 1e-7), a.geom)),
    0::bigint, 'over the segments it names');
SELECT * FROM finish();
ROLLBACK;
