-- Isochrones, alternatives, differences and points on a real road network.

\getenv repo TV_REPO
\set gothenburg :repo '/demo/gothenburg'
\set loader :repo '/demo/load-gothenburg.sql'

BEGIN;
SELECT plan(15);
\i :loader
ANALYZE timevmaps.places, timevmaps.segments;
SELECT setseed(0.1);
CREATE TEMPORARY TABLE somewhere AS
SELECT row_number() OVER (ORDER BY random()) AS n, id, lon, lat FROM timevmaps.places WHERE world_id = :gothenburg_world;

-- Isochrones: a row of the cost matrix, cut off.
CREATE TEMPORARY TABLE reached AS
SELECT s.n, i.* FROM somewhere s, LATERAL timevmaps.tv_isochrone(:gothenburg_world, :gothenburg_timeline, s.id, 240, 'local') i WHERE s.n <= 3;
CREATE TEMPORARY TABLE matrix AS
SELECT o.n, c.* FROM somewhere o, LATERAL timevmaps.tv_cost_matrix(:gothenburg_world, :gothenburg_timeline, ARRAY[o.id], (SELECT array_agg(id) FROM somewhere), 'local') c WHERE o.n <= 3;
SELECT ok(count(*) > 1000, 'places within four minutes of three: ' || count(*)) FROM reached;
SELECT is((SELECT count(*) FROM reached r FULL JOIN (SELECT * FROM matrix WHERE cost <= 240) m ON (m.n, m.dest_place_id) = (r.n, r.place_id) WHERE r.cost = m.cost IS NOT TRUE), 0::bigint, 'are those of the cost matrix, to the last bit');
SELECT is((SELECT count(*) FROM (SELECT cost < lag(cost) OVER (PARTITION BY n) AS falls FROM reached) r WHERE falls), 0::bigint, 'nearest first');
SELECT is((SELECT count(*) FROM reached r JOIN timevmaps.places p ON p.id = r.place_id WHERE NOT ST_Equals(p.geom, r.geom)), 0::bigint, 'with their points');

-- Alternatives.
CREATE TEMPORARY TABLE journey AS SELECT a.n, a.id AS origin, b.id AS dest FROM somewhere a JOIN somewhere b ON b.n = a.n + 100 WHERE a.n <= 25;
CREATE TEMPORARY TABLE way AS SELECT j.*, r.* FROM journey j, timevmaps.tv_route_alternatives(:gothenburg_world, :gothenburg_timeline, j.origin, j.dest, k => 3) r;
SELECT ok(count(*) FILTER (WHERE rank = 2) >= 15, 'most journeys have a second way: ' || count(*) FILTER (WHERE rank = 2) || ' of ' || count(*) FILTER (WHERE rank = 1)) FROM way;
SELECT is((SELECT count(*) FROM way WHERE stretch > 1.25 + 1e-8 OR sharing > 0.8 + 1e-8 OR rank = 1 AND (stretch, sharing) <> (1, 0)), 0::bigint, 'within the limits');
SELECT is((SELECT count(*) FROM way w, timevmaps.tv_plan_route(:gothenburg_world, :gothenburg_timeline, w.origin, w.dest) p WHERE w.rank = 1 AND (w.path_place_ids, w.cost) IS DISTINCT FROM (p.path_place_ids, p.eta_seconds)), 0::bigint, 'the first is the plan');

-- A closure half way.
SELECT id AS branch FROM timevmaps.tv_branch(:gothenburg_timeline, 'closed') \gset
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed)
SELECT DISTINCT ON (j.n) :branch, s.segment_id, true FROM journey j, timevmaps.tv_route_steps(:gothenburg_world, :gothenburg_timeline, j.origin, j.dest) s WHERE j.n = 1 AND s.seq > 10 ORDER BY j.n, s.seq;
SELECT ok(d.eta_difference_seconds > 0 AND d.only_a <> '[]' AND d.only_b <> '[]' AND d.changed = '[]', 'a closure costs time: ' || d.eta_difference_seconds)
FROM journey j, timevmaps.tv_route_diff(:gothenburg_timeline, :branch, j.origin, j.dest) d WHERE j.n = 1;
SELECT is((SELECT count(*) FROM timevmaps.segment_overrides o JOIN timevmaps.segments s ON s.id = o.segment_id JOIN timevmaps.places p ON p.id = s.a_place_id JOIN timevmaps.places q ON q.id = s.b_place_id,
    LATERAL timevmaps.tv_snap(:gothenburg_world, :branch, (p.lon + q.lon) / 2, (p.lat + q.lat) / 2) n WHERE n.segment_id = o.segment_id), 0::bigint, 'nothing is put on what is closed');

-- Points: at the places themselves the routes are those between places.
SELECT is((SELECT count(*) FROM somewhere s, timevmaps.tv_snap(:gothenburg_world, :gothenburg_timeline, s.lon, s.lat) n WHERE s.n <= 40 AND n.distance_m > 1e-3), 0::bigint, 'a place is on its roads');
CREATE TEMPORARY TABLE compared AS
SELECT j.n, p.distance_m, p.local_seconds, r.distance_m AS place_distance_m, r.local_seconds AS place_seconds
FROM journey j JOIN somewhere a ON a.id = j.origin JOIN somewhere b ON b.id = j.dest
    CROSS JOIN LATERAL timevmaps.tv_plan_point_route(:gothenburg_world, :gothenburg_timeline, a.lon, a.lat, b.lon, b.lat, NULL, 'local') p
    CROSS JOIN LATERAL timevmaps.tv_plan_route(:gothenburg_world, :gothenburg_timeline, j.origin, j.dest, NULL, 'local') r;
SELECT ok(count(*) > 20, 'routes to compare: ' || count(*)) FROM compared;
SELECT is((SELECT count(*) FROM compared WHERE abs(local_seconds - place_seconds) > 1e-6 * place_seconds), 0::bigint, 'from and to points at places: the same cost');
-- Fragments: with every tenth segment closed, most pairs of points have a way only on the largest part.
SELECT id AS torn FROM timevmaps.tv_branch(:gothenburg_timeline, 'torn') \gset
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT :torn, id, true FROM timevmaps.segments WHERE world_id = :gothenburg_world AND id % 10 = 0;
CREATE TEMPORARY TABLE pair AS SELECT a.lon AS from_lon, a.lat AS from_lat, b.lon AS to_lon, b.lat AS to_lat FROM somewhere a JOIN somewhere b ON b.n = a.n % 30 + 1 WHERE a.n <= 30;
SELECT ok(count(*) < 25, 'as things are few pairs have a route: ' || count(*) || ' of 30')
FROM pair, timevmaps.tv_plan_point_route(:gothenburg_world, :torn, from_lon, from_lat, to_lon, to_lat);
SELECT is(count(*), 30::bigint, 'on the largest part all have') FROM pair, timevmaps.tv_plan_point_route(:gothenburg_world, :torn, from_lon, from_lat, to_lon, to_lat, snap_to => 'largest');
SELECT is(count(*), 30::bigint, 'and where nothing is torn, both ways the same')
FROM pair, timevmaps.tv_plan_point_route(:gothenburg_world, :gothenburg_timeline, from_lon, from_lat, to_lon, to_lat) r,
    timevmaps.tv_plan_point_route(:gothenburg_world, :gothenburg_timeline, from_lon, from_lat, to_lon, to_lat, snap_to => 'largest') l WHERE (r.distance_m, r.path_segment_ids) = (l.distance_m, l.path_segment_ids);
SELECT * FROM finish();
ROLLBACK;
