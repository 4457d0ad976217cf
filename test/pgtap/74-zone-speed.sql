-- Zones in which one is slower: overrides that follow them, beside those set by hand; routes from graphs and from rows.
-- World 1: 1 -(1, 1 km)- 2 -(2, 1 km)- 3 along the equator, and 4 -(4)- 5 over the 180th meridian; the speed is 36 km/h.
INSERT INTO timevmaps.worlds (id, name, owner, rules) VALUES (1, 'one', 'ann', '{"clock": "local", "sr": false}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lon, lat) VALUES (1, 1, 0, 0), (2, 1, 0.01, 0), (3, 1, 0.02, 0), (4, 1, 179.99, 0), (5, 1, -179.99, 0);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, geom) VALUES
    (1, 1, 1, 2, 1000, 36, NULL), (2, 1, 2, 3, 1000, 36, 'SRID=4326;LINESTRING(0.01 0, 0.02 0)'), (4, 1, 4, 5, 1000, 36, 'SRID=4326;LINESTRING(179.99 0, -179.99 0)');
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{places,segments}'::text[]) t \g /dev/null
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
BEGIN;
SELECT no_plan();
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE bob LOGIN; GRANT tv_analyst TO bob;
CREATE FUNCTION pg_temp.overrides() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', timeline_id || '/' || segment_id, round(speed_kph::numeric, 6)::float, CASE WHEN speed_kph = zone_kph THEN 'zone' END, CASE WHEN closed THEN 'closed' END), ', ' ORDER BY timeline_id, segment_id), '') FROM timevmaps.segment_overrides
$$;
-- Seconds from 1 to 3, from graphs and from rows.
CREATE FUNCTION pg_temp.seconds(timeline bigint, origin bigint DEFAULT 1, dest bigint DEFAULT 3) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a float := (SELECT local_seconds FROM timevmaps.tv_route_cost(1, timeline, origin, dest));
    b float;
BEGIN
    PERFORM set_config('timevmaps.prepared_graph', 'off', true);
    b := (SELECT local_seconds FROM timevmaps.tv_route_cost(1, timeline, origin, dest));
    PERFORM set_config('timevmaps.prepared_graph', 'on', true);
    RETURN CASE WHEN a = b THEN round(a::numeric, 6)::float::text ELSE a || ' of graphs, of rows ' || b END;
END
$$;
SELECT is(pg_temp.seconds(1), '200', 'without zones');
SET LOCAL SESSION AUTHORIZATION ann;
INSERT INTO timevmaps.layers (world_id, name, kind, speed_kph) VALUES (1, 'slow', 'speed', 18);
INSERT INTO timevmaps.zones (layer_id, name, geom) SELECT id, 'a', 'SRID=4326;MULTIPOLYGON(((-0.1 -0.1, 0.01 -0.1, 0.01 0.1, -0.1 0.1, -0.1 -0.1)))' FROM timevmaps.layers;
SELECT is(pg_temp.overrides(), '1/1 18 zone', 'one segment is in it, the other touches it');
SELECT is(pg_temp.seconds(1), '300', 'slower');
SELECT is(pg_temp.seconds(2), '300', 'on a branch, too');
UPDATE timevmaps.zones SET geom = 'SRID=4326;MULTIPOLYGON(((-0.1 -0.1, 0.015 -0.1, 0.015 0.1, -0.1 0.1, -0.1 -0.1)))';
SELECT is(pg_temp.overrides(), '1/1 18 zone, 1/2 24 zone', 'half of one: the speed that takes as long');
SELECT is(pg_temp.seconds(1), '350', '... as its two halves');
UPDATE timevmaps.layers SET speed_kph = 9;
SELECT is(pg_temp.overrides(), '1/1 9 zone, 1/2 14.4 zone', 'the layer''s speed');
SELECT is(pg_temp.seconds(1), '650', '... is followed');
UPDATE timevmaps.layers SET speed_kph = 50;
SELECT is(pg_temp.overrides(), '', 'what is slower already is left alone');
UPDATE timevmaps.layers SET speed_kph = 18;
-- By hand: it wins, and stays.
UPDATE timevmaps.segment_overrides SET speed_kph = 30 WHERE segment_id = 1;
UPDATE timevmaps.segment_overrides SET closed = false WHERE segment_id = 2;
UPDATE timevmaps.layers SET speed_kph = 12;
SELECT is(pg_temp.overrides(), '1/1 30, 1/2 18 zone', 'set by hand');
SELECT is(timevmaps.tv_delete_rows('zones', ARRAY(SELECT id FROM timevmaps.zones)), 1::bigint, 'the zone goes');
SELECT is(pg_temp.overrides(), '1/1 30, 1/2', 'what was set by hand stays');
SELECT is(timevmaps.tv_clear_overrides(1, '{1,2}'), 2::bigint, 'and goes by hand');
SELECT is(pg_temp.seconds(1), '200', 'as before');
-- Zones of a branch; overlapping ones: the lowest counts.
INSERT INTO timevmaps.layers (world_id, name, kind, speed_kph) VALUES (1, 'slower', 'speed', 6);
INSERT INTO timevmaps.zones (layer_id, name, timeline_id, geom) SELECT id, 'b', 2, 'SRID=4326;MULTIPOLYGON(((-0.1 -0.1, 0.01 -0.1, 0.01 0.1, -0.1 0.1, -0.1 -0.1)))' FROM timevmaps.layers WHERE name = 'slow';
SELECT is(pg_temp.overrides(), '2/1 12 zone', 'in a branch alone');
SELECT is(pg_temp.seconds(1) || ' ' || pg_temp.seconds(2), '200 400', 'the parent is as fast as before');
INSERT INTO timevmaps.zones (layer_id, name, timeline_id, geom) SELECT id, 'c', 2, 'SRID=4326;MULTIPOLYGON(((-0.1 -0.1, 0.005 -0.1, 0.005 0.1, -0.1 0.1, -0.1 -0.1)))' FROM timevmaps.layers WHERE name = 'slower';
SELECT is(pg_temp.overrides(), '2/1 8 zone', 'two that overlap');
SELECT is(pg_temp.seconds(2), '550', '... 300 s, 150 s and 100 s');
SELECT is(timevmaps.tv_delete_rows('layers', ARRAY(SELECT id FROM timevmaps.layers)), 2::bigint, 'layers go with their zones');
SELECT is(pg_temp.overrides(), '', 'and with what those did');
-- Over the 180th meridian.
INSERT INTO timevmaps.layers (world_id, name, kind, speed_kph) VALUES (1, 'slow', 'speed', 18);
INSERT INTO timevmaps.zones (layer_id, geom) SELECT id, 'SRID=4326;MULTIPOLYGON(((179 -1, -179.995 -1, -179.995 1, 179 1, 179 -1)))' FROM timevmaps.layers;
SELECT is(pg_temp.seconds(1, 4, 5), '175', 'three quarters of it are in it');
-- Segments that come later are slowed when one asks for it.
INSERT INTO timevmaps.places (world_id, lon, lat) VALUES (1, 179.5, 0.5), (1, 179.6, 0.5);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 1, min(id), max(id), 1000, 36 FROM timevmaps.places WHERE lat = 0.5;
SELECT is(timevmaps.tv_apply_speed_zones(1), 2::bigint, 'after the network has changed');
SET LOCAL SESSION AUTHORIZATION bob;
SELECT is(tests.outcome('SELECT timevmaps.tv_apply_speed_zones(1)'), '42501', 'not by others');
SELECT is(tests.outcome('SELECT timevmaps.tv_apply_speed_zones(9)'), 'PT404', 'of no world');
SELECT is(tests.outcome('SELECT timevmaps.tv_apply_speed_zones(NULL)'), '22023', 'null');
RESET SESSION AUTHORIZATION;
SELECT is(tests.outcome('INSERT INTO timevmaps.layers (world_id, name, kind) VALUES (1, ''x'', ''speed'')'), '23514', 'a speed is said of each layer of that kind');
SELECT is(tests.outcome('INSERT INTO timevmaps.layers (world_id, name, speed_kph) VALUES (1, ''x'', 7)'), '23514', 'and of no other');
SELECT * FROM finish();
ROLLBACK;
