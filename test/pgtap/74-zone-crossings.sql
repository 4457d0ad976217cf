-- Zones of exclusive layers in visits, and the borders that box scores count, against the rows of tv_zone_visits().
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';
SELECT setseed(0.7) \g /dev/null

INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"fix_null_island": true}'), (2, 'bare', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2024-02-01 00:10'), (3, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.layers (id, world_id, name, exclusive) VALUES (1, 1, 'tiles', true), (2, 1, 'areas', false), (3, 1, 'pair', true);
-- Two neighbours, and a better one on the border of both; the one with the higher id is smaller.
INSERT INTO timevmaps.zones (id, layer_id, priority, geom) VALUES (1, 3, 0, 'SRID=4326;MULTIPOLYGON(((0 -1,1 -1,1 1,0 1,0 -1)))'), (2, 3, 0, 'SRID=4326;MULTIPOLYGON(((1 -1,1.5 -1,1.5 1,1 1,1 -1)))'),
    (3, 3, 1, 'SRID=4326;MULTIPOLYGON(((0.75 0.5,1.25 0.5,1.25 0.75,0.75 0.75,0.75 0.5)))');
-- A tiling of 10 by 10, at 20..21, 50..51, with corners that are anywhere.
CREATE TEMP TABLE corners AS SELECT x, y, 20 + x * 0.1 + CASE WHEN x IN (0, 10) THEN 0 ELSE random() * 0.05 END AS lon, 50 + y * 0.1 + CASE WHEN y IN (0, 10) THEN 0 ELSE random() * 0.05 END AS lat
FROM generate_series(0, 10) x, generate_series(0, 10) y;
INSERT INTO timevmaps.zones (id, layer_id, geom)
SELECT 100 + (a.x * 37 + a.y * 10) % 100, 1, st_multi(st_setsrid(st_makepolygon(st_makeline(ARRAY[st_makepoint(a.lon, a.lat), st_makepoint(b.lon, b.lat), st_makepoint(c.lon, c.lat), st_makepoint(d.lon, d.lat), st_makepoint(a.lon, a.lat)])), 4326))
FROM corners a JOIN corners b ON (b.x, b.y) = (a.x + 1, a.y) JOIN corners c ON (c.x, c.y) = (a.x + 1, a.y + 1) JOIN corners d ON (d.x, d.y) = (a.x, a.y + 1) ON CONFLICT DO NOTHING;
SELECT is(count(*), 100::bigint, 'a hundred tiles') FROM timevmaps.zones WHERE layer_id = 1;
INSERT INTO timevmaps.zones (id, layer_id, geom) SELECT 300 + n, 2, st_multi(st_buffer(st_setsrid(st_makepoint(20.1 + 0.8 * random(), 50.1 + 0.8 * random()), 4326), 0.01 + random() * 0.1, 2)) FROM generate_series(0, 11) n;
INSERT INTO timevmaps.vehicles (id, world_id, name, max_speed_mps) SELECT n, 1, 'v' || n, 1e6 FROM generate_series(1, 40) n;
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (99, 2, 'other');
CREATE FUNCTION pg_temp.drive(vehicle bigint, fixes text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
    SELECT 1, 1, vehicle, '2024-01-01 10:00'::timestamptz + f[1]::float * interval '1 minute', f[2]::float, f[3]::float FROM regexp_split_to_table(fixes, '; ') s, LATERAL regexp_split_to_array(s, ' ') f
$$;
CREATE FUNCTION pg_temp.visits(vehicle bigint, zone bigint DEFAULT NULL, t_from timestamptz DEFAULT '2024-01-01 09:00', t_to timestamptz DEFAULT '2024-01-01 13:00') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', zone_id, coalesce(to_char(entered_at, 'MI:SS'), '-'), coalesce(to_char(left_at, 'MI:SS'), '-'), began, ended, CASE WHEN crossed THEN 'crossed' END), '; '), '')
    FROM timevmaps.tv_zone_visits(1, 1, ARRAY[vehicle], t_from, t_to, zone)
$$;

-- By hand: a fix on a border, standing on it, along it, and through the better one.
SELECT pg_temp.drive(1, '0 1.4 0; 1 1 0; 2 1.4 0'), pg_temp.drive(2, '0 1.4 0; 1 1 0; 3 1 0; 4 1.4 0'), pg_temp.drive(3, '0 1 -2; 4 1 0.4'), pg_temp.drive(4, '0 0.5 0; 1 1.5 0'), pg_temp.drive(5, '0 1.125 0; 4 1.125 1'),
    pg_temp.drive(6, '0 1 0; 1 1.5 0'), pg_temp.drive(7, '0 1.125 0; 1 1.125 0.75; 2 1.125 0.9') \g /dev/null
SELECT is(pg_temp.visits(vehicle), told, what)
FROM (VALUES (1, '2 00:00 01:00 appeared left; 1 01:00 01:00 entered left; 2 01:00 07:00 entered lost', 'a fix on the border is its owner''s'), (2, '2 00:00 01:00 appeared left; 1 01:00 03:00 entered left; 2 03:00 09:00 entered lost', 'standing on it'),
    (3, '1 01:40 09:00 entered lost', 'along it'), (4, '1 00:00 00:30 appeared left; 2 00:30 06:00 entered lost', 'over it'), (5, '2 00:00 02:00 appeared left; 3 02:00 03:00 entered left crossed; 2 03:00 09:00 entered lost', 'a better zone'),
    (6, '1 00:00 00:00 appeared left; 2 00:00 06:00 entered lost', 'beginning on it'), (7, '2 00:00 00:40 appeared left; 3 00:40 01:00 entered left; 2 01:00 07:00 entered lost', 'left at a fix')) v (vehicle, told, what);
SELECT is(pg_temp.visits(vehicle, 2), told, 'one zone alone: the others of its layer have what is theirs')
FROM (VALUES (1, '2 00:00 01:00 appeared left; 2 01:00 07:00 entered lost'), (3, ''), (5, '2 00:00 02:00 appeared left; 2 03:00 09:00 entered lost')) v (vehicle, told);
-- What begins or ends with the range.
SELECT is(pg_temp.visits(4, 2, t, '2024-01-01 10:02'), told, 'from ' || t)
FROM (VALUES ('2024-01-01 10:00:30'::timestamptz, '2 00:30 - entered inside'), ('2024-01-01 10:00:31', '2 - - inside inside'), ('2024-01-01 10:01', '2 - - inside inside')) v (t, told);
SELECT is(pg_temp.visits(4, 1, t, '2024-01-01 10:02'), told, 'from ' || t) FROM (VALUES ('2024-01-01 10:00:30'::timestamptz, '1 - 00:30 inside left crossed'), ('2024-01-01 10:00:31', '')) v (t, told);
SELECT is((zones_entered, zones_left, crossed)::text, told, 'counted: vehicle ' || vehicle_id) FROM timevmaps.tv_box_score(1, 1, ARRAY[1, 2, 3, 4, 5, 6, 7], '2024-01-01 09:00', '2024-01-01 13:00')
JOIN (VALUES (1, '(2,2,0)'), (2, '(2,2,0)'), (3, '(1,0,0)'), (4, '(1,1,0)'), (5, '(2,2,1)'), (6, '(1,1,0)'), (7, '(2,2,0)')) v (vehicle, told) ON vehicle = vehicle_id;
SELECT is((zones_entered, zones_left, crossed)::text, told, what) FROM (VALUES
    ('10:00'::time, '10:00:30'::time, '(0,0,0)', 'an instant is of the interval that begins with it'), ('10:00:30', '10:00:30.000001', '(1,1,0)', 'both at once'), ('10:00:30.000001', '10:10', '(0,0,0)', 'and not of the one after')) v (f, t, told, what),
    LATERAL timevmaps.tv_box_score(1, 1, ARRAY[4], '2024-01-01'::date + f, '2024-01-01'::date + t) b;
-- What comes after the range decides whether one was only crossed.
SELECT is((zones_entered, crossed)::text, told, 'cut while in it: vehicle ' || vehicle) FROM (VALUES (5, '(1,1)'), (7, '(1,0)')) v (vehicle, told), LATERAL timevmaps.tv_box_score(1, 1, ARRAY[vehicle], '2024-01-01 10:00', CASE vehicle WHEN 5 THEN '2024-01-01 10:02:30' ELSE '2024-01-01 10:00:50' END::timestamptz) b;
SELECT is((entries, crossings)::text, told, '... of a zone') FROM (VALUES ('2024-01-01 10:00:50'::timestamptz, '(1,0)'), ('2024-01-01 10:02:30', '(2,1)')) v (t, told), LATERAL timevmaps.tv_zone_score(1, 1, 3, '2024-01-01 10:00', t) s;

-- Random drives over the tiles, on borders and corners now and then, with gaps.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 1, 1, 10 + v, '2024-02-01'::timestamptz + n * interval '40 seconds' + CASE WHEN v % 3 = 0 AND n > 20 THEN interval '7 minutes' ELSE interval '0' END,
    CASE WHEN c.lon IS NULL THEN 20.05 + 0.9 * random() ELSE c.lon END, CASE WHEN c.lon IS NULL THEN 50.05 + 0.9 * random() ELSE c.lat END
FROM generate_series(0, 7) v CROSS JOIN generate_series(0, 30) n LEFT JOIN corners c ON (v + n) % 5 = 0 AND (c.x, c.y) = (1 + (v * 7 + n) % 9, 1 + (v + n * 3) % 9);
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 1, 2, 10 + v, '2024-02-01 00:10:20'::timestamptz + n * interval '40 seconds', 20.05 + 0.9 * random(), 50.05 + 0.9 * random() FROM generate_series(0, 7) v, generate_series(0, 8) n;
CREATE TEMP TABLE told AS SELECT timeline, v.* FROM generate_series(1, 2) timeline, LATERAL timevmaps.tv_zone_visits(1, timeline, (SELECT array_agg(n) FROM generate_series(10, 17) n), '2024-01-31', '2024-02-02') v;
CREATE TEMP TABLE stays AS SELECT row_number() OVER (PARTITION BY timeline, vehicle_id ORDER BY entered_at, left_at) AS n, v.* FROM told v JOIN timevmaps.zones z ON z.id = zone_id AND layer_id = 1;
SELECT cmp_ok((SELECT count(*) FROM stays), '>', 800::bigint, 'there are visits of tiles');
SELECT is_empty($$ SELECT a.vehicle_id, a.zone_id, a.entered_at, a.left_at, b.zone_id, b.entered_at FROM stays a JOIN stays b ON (b.timeline, b.vehicle_id, b.n) = (a.timeline, a.vehicle_id, a.n + 1)
    WHERE b.entered_at < a.left_at OR (b.entered_at > a.left_at AND NOT (a.ended = 'lost' AND b.began = 'appeared')) OR (b.entered_at = a.left_at AND NOT (a.ended = 'left' AND b.began = 'entered')) $$,
    'one is left when the next is entered');
SELECT is_empty($$ SELECT v, sum(dwell_s) FROM generate_series(10, 17) v JOIN stays s ON s.vehicle_id = v AND timeline = 1 GROUP BY v
    HAVING round(sum(dwell_s)::numeric, 6) <> 30 * 40 + 300 + CASE WHEN (v - 10) % 3 = 0 THEN - 40 ELSE 0 END $$, 'visits are all the time, once');
SELECT is_empty($$ SELECT p.vehicle_id, t.t, s.zone_id, z.zone_id FROM generate_series('2024-02-01'::timestamptz, '2024-02-01 00:20', '7.3 seconds') t (t),
    LATERAL timevmaps.tv_positions_at(1, 1, t.t, vehicle_ids => (SELECT array_agg(n) FROM generate_series(10, 17) n)) p JOIN stays s ON s.vehicle_id = p.vehicle_id AND s.timeline = 1,
    LATERAL (SELECT zone_id FROM timevmaps.tv_zones_of(1, 1, ARRAY[p.lon], ARRAY[p.lat], 1)) z WHERE z.zone_id <> s.zone_id AND t.t > s.entered_at + interval '1 ms' AND t.t < s.left_at - interval '1 ms' $$, 'each moment is in the zone that has the point');
SELECT is_empty($$ SELECT v::text FROM (SELECT DISTINCT zone_id FROM told) z, LATERAL timevmaps.tv_zone_visits(1, 1, (SELECT array_agg(n) FROM generate_series(10, 17) n), '2024-01-31', '2024-02-02', z.zone_id) v
    EXCEPT SELECT (vehicle_id, zone_id, entered_at, left_at, dwell_s, crossed, began, ended)::text FROM told WHERE timeline = 1 $$, 'a zone alone has the visits that it has among all');

-- Borders crossed: by intervals, by calls that meet, at the very instants, on a branch.
CREATE FUNCTION pg_temp.expected(asked_timeline integer, f timestamptz, t timestamptz) RETURNS TABLE (vehicle_id bigint, zones_entered bigint, zones_left bigint, crossed bigint) LANGUAGE sql AS $$
    SELECT n, count(*) FILTER (WHERE began = 'entered' AND entered_at >= f AND entered_at < t), count(*) FILTER (WHERE ended = 'left' AND left_at >= f AND left_at < t),
        count(*) FILTER (WHERE began = 'entered' AND crossed AND entered_at >= f AND entered_at < t)
    FROM generate_series(10, 17) n LEFT JOIN told v ON v.vehicle_id = n AND v.timeline = asked_timeline GROUP BY n
$$;
SELECT set_eq(format('SELECT vehicle_id, t_from, zones_entered, zones_left, crossed FROM timevmaps.tv_box_score(1, %1$s, (SELECT array_agg(n) FROM generate_series(10, 17) n), ''2024-01-31 23:59'', ''2024-02-01 00:40'', %2$L)', timeline, every),
    format('SELECT e.vehicle_id, f, e.zones_entered, e.zones_left, e.crossed FROM generate_series(''2024-01-31 23:59''::timestamptz, ''2024-02-01 00:39:59'', %2$L) f, LATERAL pg_temp.expected(%1$s, f, least(f + %2$L::interval, ''2024-02-01 00:40'')) e', timeline, every),
    format('counts of timeline %s in intervals of %s', timeline, every))
FROM generate_series(1, 2) timeline, unnest(ARRAY['37 seconds', '40 seconds', '41 minutes']) every;
CREATE TEMP TABLE cuts AS SELECT t, lead(t) OVER (ORDER BY t) AS next
FROM (SELECT DISTINCT t FROM (SELECT entered_at AS t FROM told WHERE vehicle_id = 10 AND timeline = 2 UNION SELECT left_at + d * interval '1 us' FROM told, generate_series(0, 1) d WHERE vehicle_id = 10 AND timeline = 2 UNION SELECT '2024-02-01 00:10'::timestamptz + n * interval '1 us' FROM generate_series(0, 1) n) u) c;
SELECT is_empty($$ SELECT c.*, b.zones_entered, b.zones_left, b.crossed, e.* FROM cuts c, LATERAL timevmaps.tv_box_score(1, 2, ARRAY[10], c.t, c.next) b, LATERAL pg_temp.expected(2, c.t, c.next) e
    WHERE c.next IS NOT NULL AND e.vehicle_id = 10 AND (b.zones_entered, b.zones_left, b.crossed) IS DISTINCT FROM (e.zones_entered, e.zones_left, e.crossed) $$, 'cut at every instant of it');
SELECT is((SELECT (sum(zones_entered), sum(zones_left), sum(crossed))::text FROM pg_temp.expected(1, '2024-02-01', '2024-02-02')), (SELECT (zones_entered, zones_left, crossed)::text FROM timevmaps.tv_timeline_score(1, 1, '2024-02-01', '2024-02-02')), 'of the whole timeline');
SELECT is((SELECT (sum(entries), sum(exits), sum(crossings))::text FROM timevmaps.zones z, LATERAL timevmaps.tv_zone_score(1, 1, z.id, '2024-02-01', '2024-02-02')),
    (SELECT (zones_entered, zones_left, crossed)::text FROM timevmaps.tv_timeline_score(1, 1, '2024-02-01', '2024-02-02')), '... and of all zones');
SELECT cmp_ok(zones_entered, '>', zones_left, 'who is lost has not left') FROM timevmaps.tv_timeline_score(1, 1, '2024-02-01', '2024-02-02');
SELECT cmp_ok(crossed, '>', 100::bigint, 'many were crossed') FROM timevmaps.tv_timeline_score(1, 1, '2024-02-01', '2024-02-02');
SELECT is((zones_entered, zones_left, crossed)::text, '(0,0,0)', 'a world without zones') FROM timevmaps.tv_box_score(2, 3, NULL, '2024-02-01', '2024-02-02');

SELECT * FROM finish();
ROLLBACK;
