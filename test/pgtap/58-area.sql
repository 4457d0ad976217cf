-- tv_isochrone_area: what is drawn is what tv_isochrone() reaches, by PostGIS; from rows, for all is in one transaction.
\getenv repo TV_REPO
\set oracle :repo '/test/lib/area-oracle.sql'

BEGIN;
\i :oracle
SELECT plan(55);
SET LOCAL client_min_messages = warning;

------------------------------------------------------------------ a road
-- 1 -(100 s)- 2 -(100 s)- 3 eastwards, 3 -> 4 oneway; 5 joined to 6 by a road of its own, north of 2; 7 is of no network.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Road', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES
    (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0, 0.02), (4, 1, 0, 0.03), (5, 1, 0.006, 0.01), (6, 1, 0.006, 0.02), (7, 1, 0.001, 0.005);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
    (1, 1, 1, 2, 1000, 36, false), (2, 1, 2, 3, 1000, 36, false), (3, 1, 3, 4, 1000, 36, true), (4, 1, 5, 6, 1000, 36, false);

SELECT is(area_oracle.wrong(1, 1, 1, '{0,50,100,150,200,250,300,1000,infinity}'), '', 'along a road');
SELECT is(area_oracle.wrong(1, 1, 4, '{0,1,infinity}'), '', 'from where no way leads on');
SELECT is(area_oracle.wrong(1, 1, 7, '{0,10}'), '', 'from a place that is not joined to anything');
SELECT is(area_oracle.wrong(1, 1, 1, '{500,1000}', 'distance'), '', 'metres');
SELECT results_eq($$ SELECT seconds, places, timeline_id, metric FROM timevmaps.tv_isochrone_area(1, 1, 1, '{150,0,150,infinity,100}') $$,
    $$ VALUES (0::float, 1::bigint, 1::bigint, 'local'), (100, 2, 1, 'local'), (150, 2, 1, 'local'), ('infinity', 4, 1, 'local') $$,
    'limits in any order, each once, ascending');
SELECT ok(abs(ST_XMax(geom) - 0.015) < 2e-4, 'a segment that is reached in part belongs to it so far: ' || ST_XMax(geom)) FROM timevmaps.tv_isochrone_area(1, 1, 1, '{150}');
SELECT ok(abs(ST_XMax(geom) - 0.0233) < 2e-4, 'a oneway, too: ' || ST_XMax(geom)) FROM timevmaps.tv_isochrone_area(1, 1, 1, '{233}');
SELECT ok(ST_XMin(geom) > 0.0285, 'but not against it: ' || ST_XMin(geom)) FROM timevmaps.tv_isochrone_area(1, 1, 4, '{50}');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph) VALUES (2, 2, true, NULL), (2, 1, NULL, 18);
SELECT is(area_oracle.wrong(1, 2, 1, '{100,300}'), '', 'on a branch');
SELECT ok(ST_XMax(geom) < 0.012, 'what is closed is not reached: ' || ST_XMax(geom)) FROM timevmaps.tv_isochrone_area(1, 2, 1, '{1000}');
SELECT is(places, 1::bigint, 'what is slower is reached later') FROM timevmaps.tv_isochrone_area(1, 2, 1, '{150}');
-- A course that leads far round.
UPDATE timevmaps.segments SET geom = ST_GeomFromText('LINESTRING(0 0, 0 -0.01, 0.005 -0.012, 0.01 -0.01, 0.01 0)', 4326) WHERE id = 1;
SELECT is(area_oracle.wrong(1, 1, 1, '{20,50,80,100}'), '', 'along a course');
SELECT ok(ST_Covers(geom, ST_SetSRID(ST_MakePoint(0, -0.006), 4326)) AND NOT ST_Intersects(geom, ST_SetSRID(ST_MakePoint(0.0098, -0.005), 4326)),
    'as far as it is reached') FROM timevmaps.tv_isochrone_area(1, 1, 1, '{30}');
UPDATE timevmaps.segments SET geom = NULL WHERE id = 1;

--------------------------------------------------------------- gateways
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 1, 2, 5, 1), (2, 2, 6, 1, 6, 1);
SELECT is(area_oracle.wrong(1, 1, 1, '{50,101,110,250}'), '', 'with gateways');
SELECT results_eq($$ SELECT places, timeline_id FROM timevmaps.tv_isochrone_area(1, 1, 1, '{101.5,110}') $$, $$ VALUES (2::bigint, 1::bigint), (3, 1) $$,
    'what is reached on another timeline is in no area, what is reached by way of it is');
DELETE FROM timevmaps.gateways;

------------------------------------------------------------ random towns
-- A lattice with holes, oneways, bridges over others, islands, and places on one spot.
CREATE FUNCTION pg_temp.town(world bigint, lon float, lat float, side integer, step float) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first bigint := world * 100000;
BEGIN
    INSERT INTO timevmaps.worlds (id, name, rules) VALUES (world, 'Town ' || world, '{"sr": false, "clock": "local", "base_drag": 0.1}');
    INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (world * 10, world, 'main', NULL), (world * 10 + 1, world, 'branch', world * 10);
    INSERT INTO timevmaps.places (id, world_id, lon, lat)
    SELECT first + i * side + j, world, CASE WHEN x > 180 THEN x - 360 WHEN x < -180 THEN x + 360 ELSE x END, greatest(least(y, 90), -90)
    FROM (SELECT i, j, lon + (j + 0.7 * random() - side / 2) * step AS x, lat + (i + 0.7 * random() - side / 2) * step AS y
          FROM generate_series(0, side - 1) i, generate_series(0, side - 1) j ORDER BY i, j) p;
    UPDATE timevmaps.places p SET lon = q.lon, lat = q.lat FROM timevmaps.places q WHERE p.world_id = world AND p.id % 17 = 0 AND q.id = p.id + 1;
    INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id)
    SELECT first + row_number() OVER (ORDER BY a.id, b.id), world, a.id, b.id, greatest(ST_Distance(a.geom::geography, b.geom::geography), 1) * (1 + random()),
        20 + 60 * random(), random() < 0.2, CASE WHEN random() < 0.05 THEN world * 10 + 1 END
    FROM timevmaps.places a JOIN timevmaps.places b ON b.world_id = world AND (b.id = a.id + 1 AND b.id % side <> 0 OR b.id = a.id + side OR b.id = a.id + 3 * side + 4 AND a.id % 29 = 0)
    WHERE a.world_id = world AND random() < 0.75 ORDER BY a.id, b.id;
    INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph, length_m)
    SELECT world * 10 + 1, s.id, CASE WHEN random() < 0.4 THEN true END, 10 + 90 * random(), CASE WHEN random() < 0.2 THEN s.length_m * 3 END
    FROM timevmaps.segments s WHERE s.world_id = world AND s.id % 7 = 0 AND s.timeline_id IS NULL ORDER BY s.id;
END
$$;
SELECT setseed(0.58);
SELECT pg_temp.town(w, lon, lat, side, step) FROM (VALUES
    (11, 11.9::float, 57.7::float, 22, 0.004::float), (12, -73.9, 40.7, 18, 0.0005), (13, 0, 0, 16, 0.5), (14, 179.99, -17, 18, 0.003),
    (15, -179.97, 65, 15, 0.01), (16, 25, 89.95, 15, 0.006), (17, 100, -89.99, 14, 0.003), (18, 30, 10, 12, 9), (19, 9, 50, 16, 1e-5)) t (w, lon, lat, side, step);
SELECT is(area_oracle.wrong(w.id, w.id * 10 + b, (SELECT s.a_place_id FROM timevmaps.segments s WHERE s.world_id = w.id ORDER BY s.id OFFSET 90 LIMIT 1), l.limits), '',
    format('town %s, timeline %s', w.id, b))
FROM timevmaps.worlds w, generate_series(0, 1) b,
    LATERAL (SELECT array_agg(part * (SELECT max(i.cost) FROM timevmaps.tv_isochrone(w.id, w.id * 10, (SELECT s.a_place_id FROM timevmaps.segments s WHERE s.world_id = w.id ORDER BY s.id OFFSET 90 LIMIT 1), 'infinity') i)) AS limits
             FROM unnest('{0,0.02,0.1,0.3,0.6,1.1}'::float[]) part) l
WHERE w.id BETWEEN 11 AND 19 ORDER BY w.id, b;

-- A branch is as a world that has only what the branch has.
INSERT INTO timevmaps.worlds (id, name, rules) SELECT 31, 'Copy', rules FROM timevmaps.worlds WHERE id = 11;
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (310, 31, 'main');
INSERT INTO timevmaps.places (id, world_id, lon, lat) SELECT 9000000 - id, 31, lon, lat FROM timevmaps.places WHERE world_id = 11;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
SELECT 9000000 - s.id, 31, 9000000 - s.a_place_id, 9000000 - s.b_place_id, coalesce(o.length_m, s.length_m), coalesce(o.speed_kph, s.speed_kph), s.oneway
FROM timevmaps.segments s LEFT JOIN timevmaps.segment_overrides o ON o.timeline_id = 111 AND o.segment_id = s.id WHERE s.world_id = 11 AND o.closed IS NOT TRUE;
SELECT results_eq($$ SELECT seconds, places, area_m2, ST_AsEWKB(geom) FROM timevmaps.tv_isochrone_area(31, 310, 9000000 - 1100245, '{30,60,120,240,infinity}') $$,
    $$ SELECT seconds, places, area_m2, ST_AsEWKB(geom) FROM timevmaps.tv_isochrone_area(11, 111, 1100245, '{30,60,120,240,infinity}') $$, 'a branch and its full copy');

-------------------------------------------------- what has hurt elsewhere
-- One limit alone takes in the same places as among others; 30 minutes do not leave out what 5 have.
SELECT is(count(*), 0::bigint, 'a limit alone takes in what it does among others')
FROM timevmaps.tv_isochrone_area(11, 110, 1100245, '{60,120,240}') a, timevmaps.tv_isochrone_area(11, 110, 1100245, ARRAY[a.seconds]) b, area_oracle.network(11, 110) n
WHERE ST_Covers(a.geom, n.geom) <> ST_Covers(b.geom, n.geom) OR a.places <> b.places;
SELECT is(count(*), 0::bigint, 'and is much the same')
FROM timevmaps.tv_isochrone_area(11, 110, 1100245, '{60,120,240}') a, timevmaps.tv_isochrone_area(11, 110, 1100245, ARRAY[a.seconds]) b
WHERE ST_Area(ST_SymDifference(a.geom, b.geom)) > 0.01 * ST_Area(a.geom);
-- The place itself is within, however short the time.
SELECT ok(ST_Contains(geom, ST_SetSRID(ST_MakePoint(0, 0), 4326)) AND area_m2 BETWEEN 1 AND 100000, 'no time is no error: ' || area_m2) FROM timevmaps.tv_isochrone_area(1, 1, 1, '{0}');
-- Over a river: two banks with streets, a bridge far away.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (4, 'River', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (4, 4, 'main');
INSERT INTO timevmaps.places (id, world_id, lon, lat) SELECT 40000 + 100 * b + i, 4, i * 0.002, b * 0.003 FROM generate_series(0, 40) i, generate_series(0, 3) b;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 40000 + row_number() OVER (), s.* FROM (SELECT 4, a.id, a.id + 1, 222, 50 FROM timevmaps.places a WHERE a.world_id = 4 AND a.id % 100 < 40
UNION ALL SELECT 4, a.id, a.id + 100, 333, 50 FROM timevmaps.places a WHERE a.world_id = 4 AND a.id < 40300 AND (a.id >= 40200 OR a.id < 40100 OR a.id = 40140)) s;
SELECT is(area_oracle.wrong(4, 4, 40000, '{60,200,400,800}'), '', 'a river');
SELECT ok(ST_YMax(geom) < 0.0045, 'is not crossed where there is no bridge, though the other bank is near: ' || ST_YMax(geom)) FROM timevmaps.tv_isochrone_area(4, 4, 40000, '{300}');
-- A lake, and all that hangs together by one road in the open.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (5, 'Lake', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (5, 5, 'main');
INSERT INTO timevmaps.places (id, world_id, lon, lat) SELECT 50000 + i, 5, 0.05 * cos(i * pi() / 100), 0.05 * sin(i * pi() / 100) FROM generate_series(0, 199) i;
INSERT INTO timevmaps.places (id, world_id, lon, lat) SELECT 50200 + i, 5, 0.05 + i * 0.0016, 0 FROM generate_series(1, 60) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 50000 + row_number() OVER (), s.* FROM (SELECT 5, 50000 + i, 50000 + (i + 1) % 200, 175, 50 FROM generate_series(0, 199) i
UNION ALL SELECT 5, CASE i WHEN 1 THEN 50000 ELSE 50199 + i END, 50200 + i, 178, 50 FROM generate_series(1, 60) i) s;
SELECT is(area_oracle.wrong(5, 5, 50100, '{600,2500}'), '', 'round a lake and along a road');
SELECT ok(NOT ST_Intersects(geom, ST_SetSRID(ST_MakePoint(0, 0), 4326)) AND ST_NumGeometries(geom) = 1 AND ST_NumInteriorRings(ST_GeometryN(geom, 1)) = 1 AND
    area_m2 < 0.2 * ST_Area(ST_ConvexHull(geom)::geography), 'open water is no part of it, the road is: ' || round(area_m2)) FROM timevmaps.tv_isochrone_area(5, 5, 50100, '{2500}');
-- Where all that is near is reached, land between roads belongs to it.
SELECT ok(ST_NumInteriorRings(ST_GeometryN(geom, 1)) = 0 AND area_m2 > 0.9 * ST_Area(ST_ConvexHull(geom)::geography), 'blocks between streets belong to it: ' || round(area_m2))
FROM timevmaps.tv_isochrone_area(4, 4, 40240, '{infinity}');

------------------------------------------------------------------ errors
SELECT is(tests.refusal(format('SELECT places FROM timevmaps.tv_isochrone_area(%s)', arguments)), wanted, arguments) FROM (VALUES
    ('1, 1, 1, ''{}''', '22023 seconds'), ('1, 1, 1, NULL', '22023 seconds'), ('1, 1, 1, ''{10,NULL}''', '22023 seconds[2]'), ('1, 1, 1, ''{NaN}''', '22023 seconds[1]'),
    ('1, 1, 1, ''{1,-1}''', '22023 seconds[2]'), ('1, 1, 1, ''{{1},{2}}''', '22023 seconds'), ('1, 1, 1, array_fill(1::float, ARRAY[101])', '22023 seconds'),
    ('1, 1, NULL, ''{1}''', '22023 place_id'), ('1, 1, 1, ''{1}'', ''x''', '22023 metric'), ('1, 1, 999, ''{1}''', 'PT404 no such place'), ('99, 1, 1, ''{1}''', 'PT404 no such world')
    ) e (arguments, wanted);
SELECT is(count(*), 100::bigint, 'a hundred limits') FROM timevmaps.tv_isochrone_area(11, 110, 1100245, (SELECT array_agg(i * 3) FROM generate_series(1, 100) i));
SET LOCAL timevmaps.graph_memory = '1MB';
SELECT is(tests.refusal('SELECT places FROM timevmaps.tv_isochrone_area(11, 110, 1100245, ''{infinity}'')'), '54000 graph needs more memory than allowed', 'more points than memory');

SELECT * FROM finish();
ROLLBACK;
