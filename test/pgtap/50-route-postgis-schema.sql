-- Routes where PostGIS lives in a schema of its own that no search_path names.
BEGIN;
SELECT plan(9);
SET LOCAL client_min_messages = warning;
DROP EXTENSION timevmaps;
DROP SCHEMA timevmaps, timevmaps_internal CASCADE;
DROP EXTENSION postgis CASCADE;
CREATE SCHEMA "Geo metry";
CREATE EXTENSION postgis SCHEMA "Geo metry";
CREATE EXTENSION timevmaps;
SELECT isnt_empty('SELECT * FROM timevmaps.tv_init()', 'tv_init() makes the tables');

INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'w');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 1), (3, 1, 0, 2);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, geom) VALUES
    (1, 1, 2, 120000, 50, NULL), (1, 3, 2, 130000, 50, "Geo metry".st_geomfromtext('LINESTRING(2 0, 1.5 1, 1 0)', 4326));
SELECT is("Geo metry".st_astext(geom), 'LINESTRING(0 0,1 0,1.5 1,2 0)', 'a plan has its course') FROM timevmaps.tv_plan_route(1, 1, 1, 3);
SELECT is("Geo metry".st_astext(geom), 'LINESTRING(0 0,1 0,1.5 1,2 0)', 'and can be saved') FROM timevmaps.tv_save_route(1, 1, 1, 3);
SELECT is("Geo metry".st_srid(geom), 4326, 'as it was') FROM timevmaps.route_plans;
SELECT is("Geo metry".st_astext(geom), 'POINT(1.5 1)', 'a point is put on a course') FROM timevmaps.tv_snap(1, 1, 1.5, 2);
SELECT is("Geo metry".st_astext(geom), 'LINESTRING(0.5 0,1 0,1.5 1)', 'a route between points') FROM timevmaps.tv_plan_point_route(1, 1, 0.5, -0.1, 1.5, 2);
SELECT is(string_agg("Geo metry".st_astext(geom), ' ' ORDER BY cost), 'POINT(0 0) POINT(1 0)', 'places within reach') FROM timevmaps.tv_isochrone(1, 1, 1, 120000, 'distance');
SELECT is("Geo metry".st_astext(geom), 'LINESTRING(0 0,1 0)', 'alternatives') FROM timevmaps.tv_route_alternatives(1, 1, 1, 2);
SELECT is("Geo metry".st_astext(a_geom), 'LINESTRING(0 0,1 0)', 'differences') FROM timevmaps.tv_route_diff(1, 1, 1, 2);
SELECT * FROM finish();
ROLLBACK;
