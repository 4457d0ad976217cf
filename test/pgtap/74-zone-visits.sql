-- When vehicles were in zones: right values, in any order of ingest, on branches, and against many moments of random tracks.
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';

INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"fix_null_island": true}'), (2, 'two', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2024-01-01 10:01'), (3, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.layers (id, world_id, name) VALUES (1, 1, 'areas');
INSERT INTO timevmaps.zones (id, layer_id, geom) VALUES
    (1, 1, 'SRID=4326;MULTIPOLYGON(((0 -1,1 -1,1 1,0 1,0 -1)))'), (2, 1, 'SRID=4326;MULTIPOLYGON(((1 -1,2 -1,2 1,1 1,1 -1)))'),
    (3, 1, 'SRID=4326;MULTIPOLYGON(((179 -1,-179 -1,-179 1,179 1,179 -1)))'), (4, 1, 'SRID=4326;MULTIPOLYGON(((-180 80,180 80,180 90,-180 90,-180 80)))');
INSERT INTO timevmaps.vehicles (id, world_id, name, max_speed_mps) SELECT n, 1, 'v' || n, 1e6 FROM generate_series(1, 40) n;
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (99, 2, 'other');
-- "minute lon lat [kind]; …" of a vehicle.
CREATE FUNCTION pg_temp.drive(vehicle bigint, fixes text, timeline bigint DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, kind)
    SELECT 1, timeline, vehicle, '2024-01-01 10:00'::timestamptz + f[1]::float * interval '1 minute', f[2]::float, f[3]::float, coalesce(f[4], 'fix')
    FROM regexp_split_to_table(fixes, '; ') s, LATERAL regexp_split_to_array(s, ' ') f
$$;
CREATE FUNCTION pg_temp.visits(vehicle bigint, timeline bigint DEFAULT 1, t_from timestamptz DEFAULT '2024-01-01 09:00', t_to timestamptz DEFAULT '2024-01-01 13:00', zone bigint DEFAULT NULL, area jsonb DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', coalesce(zone_id::text, 'area'), coalesce(to_char(entered_at, 'HH24:MI:SS.MS'), '-'), coalesce(to_char(left_at, 'HH24:MI:SS.MS'), '-'), began, ended, CASE WHEN crossed THEN 'crossed' END), '; '), '')
    FROM timevmaps.tv_zone_visits(1, timeline, ARRAY[vehicle], t_from, t_to, zone, area)
$$;

-- Outside, inside, outside, in any of 6 orders: one visit, the same times.
DO $$
DECLARE
    orders text[] := ARRAY['0 -0.5 0; 1 0.5 0; 2 -0.5 0', '0 -0.5 0; 2 -0.5 0; 1 0.5 0', '1 0.5 0; 0 -0.5 0; 2 -0.5 0', '1 0.5 0; 2 -0.5 0; 0 -0.5 0', '2 -0.5 0; 0 -0.5 0; 1 0.5 0', '2 -0.5 0; 1 0.5 0; 0 -0.5 0'];
BEGIN
    FOR i IN 1 .. 6 LOOP
        PERFORM pg_temp.drive(i, f) FROM regexp_split_to_table(orders[i], '; ') f;
    END LOOP;
END
$$;
SELECT is(pg_temp.visits(n), '1 10:00:30.000 10:01:30.000 entered left', 'order ' || n) FROM generate_series(1, 6) n;

-- Fixes on both sides: one visit, crossed, with both times; of neighbours one is left as the other is entered.
SELECT pg_temp.drive(7, '0 -1 0; 4 3 0'), pg_temp.drive(8, '0 0.5 0; 4 0.5 0.5; 8 0.7 0.5'), pg_temp.drive(9, '0 -1 0; 1 0.5 0; 20 0.5 0.5; 21 -1 0.5'),
    pg_temp.drive(10, '0 -1 0; 1 0.5 0 jump; 2 -1 0 jump'), pg_temp.drive(11, '0 178 0; 4 -178 0'), pg_temp.drive(12, '0 0 70; 4 180 70'), pg_temp.drive(13, '0 -1 0; 1 0.5 0 end; 2 0.6 0'),
    pg_temp.drive(14, '0 -0.5 1; 4 1.5 1'), pg_temp.drive(15, '0 -1 0; 1 0 0; 2 -1 0'), pg_temp.drive(16, '0 0.5 0; 60 0.5 0') \g /dev/null
SELECT is(pg_temp.visits(vehicle), told, what)
FROM (VALUES (7, '1 10:01:00.000 10:02:00.000 entered left crossed; 2 10:02:00.000 10:03:00.000 entered left crossed', 'fixes on both sides'),
    (8, '1 10:00:00.000 10:13:00.000 appeared lost', 'held for as long as a gap may be'),
    (9, '1 10:00:40.000 10:01:00.000 entered lost; 1 10:20:00.000 10:20:20.000 appeared left', 'no visit over a gap'),
    (10, '1 10:01:00.000 10:02:00.000 entered left', 'jumps in and out'),
    (11, '3 10:01:00.000 10:03:00.000 entered left crossed', 'over the 180th meridian'),
    (12, '4 10:01:00.000 10:03:00.000 entered left crossed', 'over the pole'),
    (13, '1 10:00:40.000 10:01:00.000 entered lost; 1 10:02:00.000 10:07:00.000 appeared lost', 'an end: out of sight at once'),
    (15, '1 10:01:00.000 10:01:00.000 entered left', 'a fix that touches it'),
    (16, '1 10:00:00.000 11:05:00.000 appeared lost', 'a pause that ends where it began')) v (vehicle, told, what);
-- A range begins and ends inside.
SELECT is(pg_temp.visits(8, 1, '2024-01-01 10:02', '2024-01-01 10:03'), '1 - - inside inside crossed', 'inside all the time');
SELECT is(pg_temp.visits(8, 1, '2024-01-01 10:02', '2024-01-01 10:05'), '1 - - inside inside', 'with a fix');
SELECT is(pg_temp.visits(8, 1, '2024-01-01 10:00', '2024-01-01 10:01'), '1 10:00:00.000 - appeared inside', 'appears as the range begins');
SELECT is((SELECT sum(dwell_s) FROM timevmaps.tv_zone_visits(1, 1, '{8}', '2024-01-01 10:02', '2024-01-01 10:03')), 60.0::float8, 'dwells within the range');
-- One zone, and an area of the caller's own.
SELECT is(pg_temp.visits(7, zone => 2), '2 10:02:00.000 10:03:00.000 entered left crossed', 'one zone');
SELECT is(pg_temp.visits(7, area => '{"type": "Polygon", "coordinates": [[[0,-1],[1,-1],[1,1],[0,1],[0,-1]]]}'), 'area 10:01:00.000 10:02:00.000 entered left crossed', 'an area of one''s own');
SELECT is(pg_temp.visits(11, area => '{"type": "Polygon", "coordinates": [[[179,-1],[-179,-1],[-179,1],[179,1],[179,-1]]]}'), 'area 10:01:00.000 10:03:00.000 entered left crossed', '... over the 180th meridian');
SELECT is(pg_temp.visits(12, area => '{"type": "Polygon", "coordinates": [[[0,80],[120,80],[-120,80],[0,80]]]}'), 'area 10:01:00.000 10:03:00.000 entered left crossed', '... round a pole');
-- A zone made smaller: derived anew.
UPDATE timevmaps.zones SET geom = 'SRID=4326;MULTIPOLYGON(((0 -1,0.5 -1,0.5 1,0 1,0 -1)))' WHERE id = 1;
SELECT is(pg_temp.visits(7, zone => 1), '1 10:01:00.000 10:01:30.000 entered left crossed', 'made smaller');
UPDATE timevmaps.zones SET geom = 'SRID=4326;MULTIPOLYGON(((0 -1,1 -1,1 1,0 1,0 -1)))' WHERE id = 1;

-- On a branch: its parent's way up to the fork, where it stands then as nothing is known of it there; and its own.
SELECT is(pg_temp.visits(7, 2), '', 'held before the zone from the fork on');
SELECT pg_temp.drive(17, '0 -1 0; 2 3 0'), pg_temp.drive(17, '2 0.5 0; 3 -1 0', 2) \g /dev/null
SELECT is(pg_temp.visits(17, 1), '1 10:00:30.000 10:01:00.000 entered left crossed; 2 10:01:00.000 10:01:30.000 entered left crossed', 'the parent');
SELECT is((SELECT string_agg(v::text, ' ') FROM timevmaps.tv_zone_visits(1, 1, '{17}', '2024-01-01 10:00', '2024-01-01 10:00:59') v), (SELECT string_agg(v::text, ' ') FROM timevmaps.tv_zone_visits(1, 2, '{17}', '2024-01-01 10:00', '2024-01-01 10:00:59') v), 'before the fork both are equal');

-- Random tracks and zones against what PostGIS says of many moments.
SELECT setseed(0.4) \g /dev/null
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, kind)
SELECT 1, 1, 20 + v, '2024-02-01'::timestamptz + (n * 40 + random() * 30) * interval '1 second' + CASE WHEN n > 12 THEN interval '8 minutes' ELSE interval '0' END, 20 + v + random() * 0.02, 50 + random() * 0.02,
    CASE WHEN random() < 0.05 THEN 'jump' WHEN random() < 0.05 THEN 'end' ELSE 'fix' END FROM generate_series(0, 7) v, generate_series(0, 24) n;
INSERT INTO timevmaps.zones (id, layer_id, geom)
SELECT 100 + v * 3 + k, 1, st_multi(st_buffer(st_setsrid(st_makepoint(20 + v + 0.003 + random() * 0.014, 50.003 + random() * 0.014), 4326), 0.002 + random() * 0.003, 1 + k))
FROM generate_series(0, 7) v, generate_series(0, 2) k;
CREATE TEMP TABLE told AS SELECT * FROM timevmaps.tv_zone_visits(1, 1, (SELECT array_agg(n) FROM generate_series(20, 27) n), '2024-02-01', '2024-02-01 00:40');
SELECT cmp_ok((SELECT count(*) FROM told), '>', 60::bigint, 'there are visits');
SELECT cmp_ok((SELECT count(*) FROM told WHERE crossed), '>', 10::bigint, 'some led through');
CREATE TEMP TABLE moments AS SELECT t, p.* FROM generate_series('2024-02-01'::timestamptz, '2024-02-01 00:40', '1.7 seconds') t,
    LATERAL timevmaps.tv_positions_at(1, 1, t, vehicle_ids => (SELECT array_agg(n) FROM generate_series(20, 27) n)) p;
SELECT is_empty($$ SELECT m.vehicle_id, m.t, z.id, m.state FROM moments m JOIN timevmaps.zones z ON z.id >= 100
    CROSS JOIN LATERAL (SELECT coalesce(st_covers(z.geom, m.geom), false) AS inside,
        coalesce(st_distance(st_boundary(z.geom), m.geom) < 1e-9, false) AS border,
        EXISTS (SELECT FROM told v WHERE v.vehicle_id = m.vehicle_id AND v.zone_id = z.id AND m.t BETWEEN v.entered_at AND coalesce(v.left_at, 'infinity')) AS told) o
    WHERE o.inside <> o.told AND NOT o.border AND NOT EXISTS (SELECT FROM told v WHERE v.vehicle_id = m.vehicle_id AND v.zone_id = z.id
        AND (abs(extract(epoch FROM m.t - v.entered_at)) < 0.002 OR abs(extract(epoch FROM m.t - v.left_at)) < 0.002)) $$, 'as many moments say');

SELECT is(tests.refusal('SELECT count(*) FROM timevmaps.tv_zone_visits' || call), refusal, call)
FROM (VALUES ('(1, 1, ''{1}'', ''2024-01-02'', ''2024-01-01'')', '22023 t_to'), ('(1, 1)', '22023 t_from'), ('(1, 1, t_from => ''2024-01-02'')', '22023 t_to'), ('(1, 1, ''{99}'', ''2024-01-01'', ''2024-01-02'')', 'PT404 no such vehicle'), ('(1, 1, NULL, ''2024-01-01'', ''2024-01-02'', 999)', 'PT404 no such zone'),
    ('(1, 3, NULL, ''2024-01-01'', ''2024-01-02'')', 'PT404 no such timeline'), ('(1, 1, NULL, ''2024-01-01'', ''2024-01-02'', 1, ''{}'')', '22023 area'),
    ('(1, 1, NULL, ''2024-01-01'', ''2024-01-02'', NULL, ''{"type": "Polygon", "coordinates": [[[0,0],[2,2],[2,0],[0,2],[0,0]]]}'')', '22023 geom')) v (call, refusal);

SELECT * FROM finish();
ROLLBACK;
