-- tv_tracks: lines and where they end, three formats, what PostGIS makes of them.
BEGIN;
SELECT plan(33);
SET LOCAL timezone = 'UTC';
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'w', '{"fix_ahead_s": 1e10, "max_speed_mps": 20000}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2026-01-05 12:00:30');
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT n, 1, 'v' || n FROM generate_series(1, 12) n;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, alt_m, kind)
SELECT 1, timeline, vehicle, tests.at(clock), lon, lat, alt_m, kind FROM (VALUES
    (1, '10:00', 11, 57, 5, 'fix', 1), (1, '10:01', 11.01, 57, 6, 'fix', 1), (1, '10:02', 11.02, 57.01, 7, 'fix', 1),
    (2, '10:00', 179.5, 0, NULL, 'fix', 1), (2, '10:02', -179.5, 0, NULL, 'fix', 1), (2, '10:04', 179.5, 0, NULL, 'fix', 1),
    (3, '10:00', 179, 0, NULL, 'fix', 1), (3, '10:01', 180, 0, NULL, 'fix', 1), (3, '10:02', -179, 0, NULL, 'fix', 1), (3, '10:03', -180, 0, NULL, 'fix', 1), (3, '10:04', 179, 0, NULL, 'fix', 1),
    (4, '10:00', 11, 57, NULL, 'fix', 1), (4, '10:01', 11.01, 57, NULL, 'fix', 1), (4, '10:02', 12, 57, NULL, 'jump', 1), (4, '10:03', 12.01, 57, NULL, 'end', 1),
    (4, '10:04', 12.02, 57, NULL, 'fix', 1), (4, '10:30', 12.5, 57, NULL, 'fix', 1), (4, '10:31', 12.51, 57, 3, 'fix', 1),
    (5, '10:00', 11, 57, NULL, 'fix', 1), (5, '10:01', 100, 57, NULL, 'fix', 1), (5, '10:02', 11.01, 57, NULL, 'fix', 1),
    (6, '10:00', 11, 57, NULL, 'fix', 1),
    (7, '12:00', 11, 57, NULL, 'fix', 1), (7, '12:01', 11.01, 57, NULL, 'fix', 1), (7, '12:02', 11.02, 57, NULL, 'fix', 1), (7, '12:01', 11, 57.01, NULL, 'fix', 2), (7, '12:02', 11, 57.02, NULL, 'fix', 2),
    (8, '10:00', 170, 89, NULL, 'fix', 1), (8, '10:01', -20, 89, NULL, 'fix', 1),
    (9, '10:00', 10, 88, NULL, 'fix', 1), (9, '10:01', -170, 88, NULL, 'fix', 1),
    (11, '08:00', 11, 57, NULL, 'fix', 1), (11, '10:00', 11.0001, 57, NULL, 'fix', 1)) v (vehicle, clock, lon, lat, alt_m, kind, timeline);
CREATE FUNCTION pg_temp.track(vehicle bigint, format text DEFAULT 'geojson', low text DEFAULT '09:00', high text DEFAULT '13:00', timeline bigint DEFAULT 1) RETURNS jsonb LANGUAGE sql AS $$
    SELECT track FROM timevmaps.tv_tracks(1, timeline, tests.at(low), tests.at(high), ARRAY[vehicle], format)
$$;
CREATE FUNCTION pg_temp.geometry(vehicle bigint, low text DEFAULT '09:00', high text DEFAULT '13:00', timeline bigint DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT ST_AsText(ST_GeomFromGeoJSON(pg_temp.track(vehicle, 'geojson', low, high, timeline) -> 'geometry'), 6)
$$;
SELECT is(pg_temp.track(1), '{"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[11, 57, 5], [11.01, 57, 6], [11.02, 57.01, 7]]},
    "properties": {"times": ["2026-01-05T10:00:00Z", "2026-01-05T10:01:00Z", "2026-01-05T10:02:00Z"], "vehicle_id": 1}}'::jsonb, 'a line, with altitudes and times');
SELECT is(pg_temp.track(1, 'kepler'), '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[11, 57, 5, 1767607200], [11.01, 57, 6, 1767607260], [11.02, 57.01, 7, 1767607320]]},
    "properties": {"vehicle_id": 1}}]}'::jsonb, 'with seconds');
SELECT is(pg_temp.track(1, 'mfjson'), '{"type": "Feature", "temporalGeometry": {"type": "MovingPoint", "datetimes": ["2026-01-05T10:00:00Z", "2026-01-05T10:01:00Z", "2026-01-05T10:02:00Z"],
    "coordinates": [[11, 57, 5], [11.01, 57, 6], [11.02, 57.01, 7]], "interpolation": "Linear"}, "properties": {"vehicle_id": 1}}'::jsonb, 'a moving point');
SELECT is(pg_temp.geometry(2), 'MULTILINESTRING((179.5 0,180 0),(-180 0,-179.5 0,-180 0),(180 0,179.5 0))', 'over 180 and back');
SELECT is(pg_temp.track(2) #> '{properties,times}', '[["2026-01-05T10:00:00Z", "2026-01-05T10:01:00Z"], ["2026-01-05T10:01:00Z", "2026-01-05T10:02:00Z", "2026-01-05T10:03:00Z"], ["2026-01-05T10:03:00Z", "2026-01-05T10:04:00Z"]]'::jsonb,
    '... with the time of the meridian twice');
SELECT is(pg_temp.geometry(3), 'MULTILINESTRING((179 0,180 0),(-180 0,-179 0,-180 0),(180 0,179 0))', 'a fix on the meridian is of both sides');
SELECT is(pg_temp.geometry(4), 'MULTILINESTRING((11 57,11.01 57),(12 57,12.01 57),(12.5 57,12.51 57))', 'a line ends at a jump, an end and a gap');
SELECT is(jsonb_array_length(pg_temp.track(4, 'mfjson') #> '{temporalGeometry,prisms}'), 4, '... and what is alone is in Moving Features');
SELECT is(pg_temp.track(4, 'mfjson') #> '{temporalGeometry,prisms,2}', '{"type": "MovingPoint", "datetimes": ["2026-01-05T10:04:00Z"], "coordinates": [[12.02, 57]], "interpolation": "Discrete"}'::jsonb, '... as it is');
SELECT is(jsonb_array_length(pg_temp.track(4, 'kepler') -> 'features'), 3, 'three features');
SELECT is(pg_temp.track(4, 'kepler') #> '{features,2,geometry,coordinates}', '[[12.5, 57, 0, 1767609000], [12.51, 57, 3, 1767609060]]'::jsonb, 'where no altitude is said it is 0 there');
SELECT is(jsonb_path_query_array(pg_temp.track(1, 'kepler', '10:00:00.1234567', '10:00:30.0004'), '$.features[0].geometry.coordinates[*][3]'), '[1767607200.123, 1767607230]'::jsonb, 'more than three decimals kepler.gl does not take for a time');
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 12, '0045-03-15 BC', 11, 57), (1, 1, 12, '0045-03-15 00:01 BC', 11.01, 57);
SELECT is((SELECT jsonb_path_query_array(track, '$.properties.times[0]') FROM timevmaps.tv_tracks(1, 1, '0045-03-15 BC', '0040-01-01 BC', ARRAY[12])), '["-0044-03-15T00:00:00Z"]'::jsonb, 'a year before our era has four digits too');
SELECT is(pg_temp.geometry(5), 'LINESTRING(11 57,11.01 57)', 'an outlier is left out');
SELECT is(pg_temp.track(6), NULL, 'a single fix is no line');
SELECT is(pg_temp.track(10), NULL, 'nor is nothing');
SELECT is((SELECT array_agg(vehicle_id) FROM timevmaps.tv_tracks(1, 1, tests.at('09:00'), tests.at('13:00'))), '{1,2,3,4,5,7,8,9,11}', 'a row for each that has a line');
SELECT is((SELECT array_agg(vehicle_id) FROM timevmaps.tv_tracks(1, 1, tests.at('09:00'), tests.at('13:00'), '{7,1,7}')), '{1,7}', 'or for those that are asked about');
SELECT is(pg_temp.geometry(1, '10:00:30', '10:01:30'), 'LINESTRING Z (11.005 57 5.5,11.01 57 6,11.014999 57.005 6.5)', 'cut between fixes');
SELECT is(pg_temp.geometry(1, '10:00:20', '10:00:40'), 'LINESTRING Z (11.003333 57 5.333333,11.006667 57 5.666667)', '... in one pair, too');
SELECT is(pg_temp.geometry(1, '10:02', '13:00'), NULL, 'from its last fix on there is no line');
SELECT is(pg_temp.geometry(7), 'LINESTRING(11 57,11.01 57,11.02 57)', 'the parent''s way');
SELECT is(pg_temp.geometry(7, timeline => 2), 'MULTILINESTRING((11 57,11.005 57),(11 57.01,11 57.02))', 'the branch''s: the parent''s up to the fork, then its own');
SELECT is(pg_temp.geometry(8), 'MULTILINESTRING((170 89,180 89.663226),(-180 89.663226,-20 89))', 'near the pole the way over 180 is that of the great circle');
SELECT is(pg_temp.geometry(9), 'LINESTRING(10 88,-170 88)', 'over the pole itself no side is nearer');
SELECT is(pg_temp.geometry(11), 'LINESTRING(11.00005 57,11.0001 57)', 'asleep where it was parked is no gap');
SELECT is(ST_IsValid(ST_GeomFromGeoJSON(track -> 'geometry')), true, 'valid: ' || vehicle_id) FROM timevmaps.tv_tracks(1, 1, tests.at('09:00'), tests.at('13:00'), '{2,3,4,8}');
SELECT is(tests.refusal(format('SELECT count(*) FROM timevmaps.tv_tracks(1, 1, now(), now(), NULL, %s)', call)), refusal, call)
FROM (VALUES ('''gpx''', '22023 format'), ('NULL', '22023 format'), ('''geojson'', ''NaN''', '22023 max_gap_s')) v (call, refusal);
SELECT * FROM finish();
ROLLBACK;
