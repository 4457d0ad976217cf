-- Where vehicles are between two fixes on Gothenburg's network: beside a slow reckoning over routes that
-- tv_plan_point_route() finds, cut by PostGIS; from prepared graphs and from rows alike.
SET client_min_messages = warning;
SET TIME ZONE 'UTC';
\getenv repo TV_REPO
\set gothenburg :repo '/demo/gothenburg'
\set loader :repo '/demo/load-gothenburg.sql'
\i :loader
SELECT timevmaps.tv_prepare_graph(:gothenburg_world) IS NOT NULL AS prepared \gset
BEGIN;
SELECT plan(15);

-- Piece by piece, each straight in longitude and latitude and as long as it is on a sphere.
CREATE FUNCTION pg_temp.along(line geometry, part float) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
    WITH piece AS (SELECT path[1] AS i, geom AS q, lag(geom) OVER (ORDER BY path[1]) AS p FROM ST_DumpPoints(line)),
        measured AS (SELECT i, p, q, ST_DistanceSphere(p, q) AS d, sum(ST_DistanceSphere(p, q)) OVER (ORDER BY i) AS s FROM piece WHERE p IS NOT NULL),
        target AS (SELECT part * max(s) AS s FROM measured)
    SELECT ST_SetSRID(ST_MakePoint(ST_X(p) + x * (ST_X(q) - ST_X(p)), ST_Y(p) + x * (ST_Y(q) - ST_Y(p))), 4326)
    FROM (SELECT m.p, m.q, (t.s - m.s + m.d) / m.d AS x FROM measured m, target t WHERE m.d > 0 AND m.s >= t.s * (1 - 1e-12) ORDER BY m.i LIMIT 1) f
$$;

-- Spots, and pairs of them: on one segment, from one to a near one, from anywhere to anywhere.
CREATE TEMPORARY TABLE lines AS
SELECT s.id, coalesce(s.geom, ST_MakeLine(a.geom, b.geom)) AS line FROM timevmaps.segments s
JOIN timevmaps.places a ON a.id = s.a_place_id JOIN timevmaps.places b ON b.id = s.b_place_id WHERE s.world_id = :gothenburg_world AND s.a_place_id <> s.b_place_id;
CREATE INDEX ON lines (id);
ANALYZE lines;
CREATE TEMPORARY TABLE pair AS
SELECT n, CASE WHEN n % 3 = 0 THEN 'same' WHEN n % 3 = 1 THEN 'near' ELSE 'far' END AS kind, f.id AS from_id, 0.05 + 0.9 * tests.chance(n, 2) AS from_at,
    CASE n % 3 WHEN 0 THEN f.id WHEN 1 THEN (SELECT l.id FROM lines l WHERE l.id <> f.id AND l.line && ST_Expand(f.line, 0.002) ORDER BY hashint8extended(l.id, n) LIMIT 1) ELSE t.id END AS to_id, 0.05 + 0.9 * tests.chance(n, 3) AS to_at,
    round(1000 * tests.chance(n, 4))::float / 1000 AS part
FROM generate_series(1, 300) n
JOIN lines f ON f.id = (SELECT l.id FROM lines l ORDER BY hashint8extended(l.id, n) LIMIT 1)
JOIN lines t ON t.id = (SELECT l.id FROM lines l WHERE l.id <> f.id ORDER BY hashint8extended(l.id, n + 1000) LIMIT 1);
DELETE FROM pair WHERE to_id IS NULL OR part IN (0, 1);
CREATE TEMPORARY TABLE spot AS
SELECT p.*, ST_X(f) AS from_lon, ST_Y(f) AS from_lat, ST_X(t) AS to_lon, ST_Y(t) AS to_lat
FROM pair p JOIN lines a ON a.id = from_id JOIN lines b ON b.id = to_id, pg_temp.along(a.line, from_at) f, pg_temp.along(b.line, to_at) t;

INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT n, :gothenburg_world, n FROM spot;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, segment_id, fraction, clock)
SELECT :gothenburg_world, :gothenburg_timeline, n, timestamptz '2026-01-05 08:00', from_lon, from_lat, from_id, from_at, 'simulated' FROM spot
UNION ALL
SELECT :gothenburg_world, :gothenburg_timeline, n, '2026-01-05 08:04', to_lon, to_lat, to_id, to_at, 'simulated' FROM spot;

-- The course that is right, and how long it is beside the road: no way that takes more than 16 minutes is taken.
CREATE TEMPORARY TABLE wanted AS
SELECT s.*, CASE WHEN kind = 'same' THEN l.line ELSE r.geom END AS course, CASE WHEN kind = 'same' THEN from_at + part * (to_at - from_at) ELSE part END AS at,
    r.local_seconds, kind = 'same' OR (r.from_segment_id, r.to_segment_id) = (s.from_id, s.to_id) AS sure
FROM spot s JOIN lines l ON l.id = from_id LEFT JOIN timevmaps.tv_plan_point_route(:gothenburg_world, :gothenburg_timeline, from_lon, from_lat, to_lon, to_lat) r ON true;
SELECT is(count(*) FILTER (WHERE sure) > 250 AND count(*) FILTER (WHERE kind = 'near' AND sure) > 70 AND count(*) FILTER (WHERE local_seconds > 960) >= 0, true, 'pairs: ' || count(*) FILTER (WHERE sure)) FROM wanted;
CREATE FUNCTION pg_temp.answers() RETURNS TABLE (n bigint, lon float, lat float, from_segment_id bigint, from_fraction float) LANGUAGE sql AS $$
    SELECT s.n, p.lon, p.lat, p.segment_id, p.fraction FROM spot s, timevmaps.tv_positions_at((SELECT max(id) FROM timevmaps.worlds), (SELECT max(id) FROM timevmaps.timelines), '2026-01-05 08:00'::timestamptz + s.part * interval '240 s', vehicle_ids => ARRAY[s.n], on_network => true) p
$$;
CREATE TEMPORARY TABLE answer AS SELECT * FROM pg_temp.answers();
CREATE TEMPORARY TABLE missed AS
SELECT w.n, w.kind, ST_DistanceSphere(ST_MakePoint(a.lon, a.lat), pg_temp.along(w.course, w.at)) AS off
FROM wanted w JOIN answer a USING (n) WHERE w.sure AND (w.kind = 'same' OR w.local_seconds <= 960) AND ST_NPoints(w.course) > 1;
SELECT is((SELECT string_agg(format('%s %s: %s m', n, kind, round(off::numeric, 2)), ', ') FROM missed WHERE off > 0.01), NULL, 'within a centimetre of the right course: ' || (SELECT count(*) FROM missed));
SELECT is((SELECT count(*) FROM answer a JOIN lines l ON l.id = a.from_segment_id WHERE ST_DistanceSphere(ST_MakePoint(a.lon, a.lat), pg_temp.along(l.line, a.from_fraction)) > 0.001), 0::bigint, 'segment and fraction say the same place');
SELECT is((SELECT count(*) FROM answer WHERE from_segment_id IS NULL), (SELECT count(*) FROM wanted WHERE kind <> 'same' AND local_seconds > 960), 'only where it would take four times as long there is no segment');
-- From rows.
SET LOCAL timevmaps.prepared_graph = off;
CREATE TEMPORARY TABLE by_rows AS
SELECT p.vehicle_id AS n, p.lon, p.lat, p.segment_id, p.fraction FROM timevmaps.tv_positions_at(:gothenburg_world, :gothenburg_timeline, '2026-01-05 08:02', on_network => true) p;
RESET timevmaps.prepared_graph;
CREATE TEMPORARY TABLE by_graphs AS
SELECT p.vehicle_id AS n, p.lon, p.lat, p.segment_id, p.fraction FROM timevmaps.tv_positions_at(:gothenburg_world, :gothenburg_timeline, '2026-01-05 08:02', on_network => true) p;
SELECT is((SELECT count(*) FROM by_graphs), (SELECT count(*) FROM spot), 'all at once');
SELECT is((SELECT string_agg(g.n::text, ', ') FROM by_graphs g JOIN by_rows r USING (n) WHERE g.segment_id IS DISTINCT FROM r.segment_id OR abs(g.fraction - r.fraction) > 1e-9 OR ST_DistanceSphere(ST_MakePoint(g.lon, g.lat), ST_MakePoint(r.lon, r.lat)) > 1e-6), NULL, 'from rows the same as from prepared graphs');

-- Frames one after the other say the same.
CREATE TEMPORARY TABLE replayed AS
SELECT * FROM timevmaps.tv_replay(:gothenburg_world, :gothenburg_timeline, '2026-01-05 08:00', '2026-01-05 08:04', 24, vehicle_ids => ARRAY(SELECT n::bigint FROM spot WHERE n <= 100), on_network => true);
SELECT is(count(*), 11 * (SELECT count(*) FROM spot WHERE n <= 100), 'a replay along the roads') FROM replayed;
SELECT is((SELECT count(*) FROM replayed r JOIN timevmaps.tv_positions_at(:gothenburg_world, :gothenburg_timeline, '2026-01-05 08:02', on_network => true) p USING (vehicle_id)
    WHERE r.frame = 5 AND (r.lon, r.lat, r.segment_id, r.fraction, r.state) IS DISTINCT FROM (p.lon, p.lat, p.segment_id, p.fraction, p.state)), 0::bigint, 'is what was at each moment');
SELECT is((SELECT count(*) FROM timevmaps.tv_replay(:gothenburg_world, :gothenburg_timeline, '2026-01-05 08:00', '2026-01-05 08:04', 24, vehicle_ids => ARRAY(SELECT n::bigint FROM spot WHERE kind <> 'same' AND n <= 100)) WHERE frame BETWEEN 1 AND 9 AND segment_id IS NOT NULL), 0::bigint, 'without the network it knows of no road between two');

-- Routes on from there: parts of the first segment, and what it costs from its ends, by the matrix of costs.
CREATE TEMPORARY TABLE onward AS
SELECT s.n, s.from_id, s.from_at, (SELECT p.id FROM timevmaps.places p WHERE p.world_id = :gothenburg_world ORDER BY hashint8extended(p.id, s.n) LIMIT 1) AS dest FROM spot s WHERE s.n <= 60;
CREATE TEMPORARY TABLE cost AS
SELECT metric, m.origin_place_id AS origin, m.dest_place_id AS dest, m.cost FROM (VALUES ('distance'), ('local')) v (metric),
    LATERAL timevmaps.tv_cost_matrix(:gothenburg_world, :gothenburg_timeline, ARRAY(SELECT DISTINCT p FROM onward o JOIN timevmaps.segments s ON s.id = o.from_id, unnest(ARRAY[s.a_place_id, s.b_place_id]) p), ARRAY(SELECT DISTINCT dest FROM onward), metric) m;
CREATE INDEX ON cost (metric, origin, dest);
CREATE FUNCTION pg_temp.onwards(by_metric text, at interval, graphs boolean) RETURNS TABLE (n bigint, found float, wanted float, first bigint, path bigint[]) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timevmaps.prepared_graph', graphs::text, true);
    RETURN QUERY
    SELECT o.n::bigint, CASE by_metric WHEN 'distance' THEN r.distance_m ELSE r.local_seconds END,
        least((1 - o.from_at) * e.whole + b.cost, CASE WHEN NOT s.oneway THEN o.from_at * e.whole + a.cost END), r.from_segment_id, r.path_segment_ids
    FROM onward o JOIN timevmaps.segments s ON s.id = o.from_id CROSS JOIN LATERAL (SELECT CASE by_metric WHEN 'distance' THEN s.length_m ELSE s.length_m / (s.speed_kph / 3.6) END AS whole) e
        LEFT JOIN cost a ON (a.metric, a.origin, a.dest) = (by_metric, s.a_place_id, o.dest) LEFT JOIN cost b ON (b.metric, b.origin, b.dest) = (by_metric, s.b_place_id, o.dest)
        LEFT JOIN timevmaps.tv_route_from((SELECT max(id) FROM timevmaps.worlds), (SELECT max(id) FROM timevmaps.timelines), o.n, '2026-01-05 08:00'::timestamptz + at, o.dest, metric => by_metric) r ON true;
    PERFORM set_config('timevmaps.prepared_graph', 'on', true);
END
$$;
CREATE TEMPORARY TABLE went AS
SELECT metric, graphs, o.* FROM (VALUES ('distance', true), ('local', true), ('local', false)) v (metric, graphs), LATERAL pg_temp.onwards(metric, '0', graphs) o;
SELECT is((SELECT count(*) FROM went WHERE found IS NOT NULL), 3 * (SELECT count(*) FROM onward), 'a route for each');
SELECT is((SELECT string_agg(format('%s %s: %s for %s', metric, n, found, wanted), ', ') FROM went WHERE abs(found - wanted) > 1e-6), NULL, 'which costs what it must');
SELECT is((SELECT count(*) FROM went w JOIN onward o USING (n) WHERE w.first <> o.from_id), 0::bigint, 'and begins on the segment that the fix names');
SELECT is((SELECT count(*) FROM went a JOIN went b USING (n, metric) WHERE a.graphs AND NOT b.graphs AND a.path <> b.path), 0::bigint, 'by the same way from rows');

-- A branch in which a road is closed: another way between the same fixes.
CREATE TEMPORARY TABLE between AS
SELECT w.n, b.segment_id, b.fraction FROM wanted w JOIN by_graphs b USING (n) WHERE kind = 'far' AND b.segment_id NOT IN (w.from_id, w.to_id) ORDER BY w.n LIMIT 5;
INSERT INTO timevmaps.timelines (world_id, label, parent_id, fork_at) VALUES (:gothenburg_world, 'closed', :gothenburg_timeline, '2026-01-05 07:00') RETURNING id AS branch \gset
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT DISTINCT :branch, segment_id, true FROM between;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, segment_id, fraction, clock)
SELECT world_id, :branch, vehicle_id, t, lon, lat, segment_id, fraction, clock FROM timevmaps.positions WHERE timeline_id = :gothenburg_timeline;
SELECT is((SELECT count(*) FROM timevmaps.tv_positions_at(:gothenburg_world, :branch, '2026-01-05 08:02', on_network => true) p JOIN between b ON b.n = p.vehicle_id WHERE p.segment_id IS DISTINCT FROM b.segment_id), (SELECT count(*) FROM between), 'where a road is closed they went another way');
SELECT is((SELECT count(*) FROM timevmaps.tv_positions_at(:gothenburg_world, :branch, '2026-01-05 08:02', on_network => true) p WHERE p.segment_id IN (SELECT segment_id FROM between)), 0::bigint, 'and none over it');

SELECT * FROM finish();
ROLLBACK;
