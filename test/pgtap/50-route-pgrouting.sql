-- Routes on the road network of Gothenburg cost what pgRouting's cost: 1,020 pairs, by length and by time.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION pgrouting;
SELECT plan(10);
\getenv repo TV_REPO
\set gothenburg :repo '/demo/gothenburg'
\set load :repo '/demo/load-gothenburg.sql'
\i :load

SELECT setseed(0.5);
CREATE TEMPORARY TABLE pair_end AS
SELECT id, row_number() OVER () AS n FROM (SELECT id FROM timevmaps.places WHERE world_id = :gothenburg_world ORDER BY random() LIMIT 64) p;
SELECT array_agg(id) FILTER (WHERE n <= 30) AS origins, array_agg(id) FILTER (WHERE n > 30) AS dests FROM pair_end \gset

-- What a segment costs, by the formulas of docs/physics.md; its world has no drag and no top speed.
CREATE TEMPORARY TABLE edge AS
SELECT id, a_place_id AS source, b_place_id AS target, oneway, length_m AS distance,
       length_m / (speed_kph / 3.6) * sqrt(1 - (speed_kph / 3.6 / 299792458) ^ 2) AS traveler
FROM timevmaps.segments WHERE world_id = :gothenburg_world;
CREATE TEMPORARY TABLE peer AS
SELECT m.metric, c.start_vid AS origin_place_id, c.end_vid AS dest_place_id, c.agg_cost AS cost
FROM unnest(ARRAY['distance', 'traveler']) m (metric)
    CROSS JOIN LATERAL public.pgr_dijkstraCost(
        format('SELECT id, source, target, %1$I AS cost, CASE WHEN oneway THEN -1 ELSE %1$I END AS reverse_cost FROM edge', m.metric),
        :'origins'::bigint[], :'dests'::bigint[], true) c;
CREATE TEMPORARY TABLE ours AS
SELECT m.metric, c.* FROM unnest(ARRAY['distance', 'traveler']) m (metric)
    CROSS JOIN LATERAL timevmaps.tv_cost_matrix(:gothenburg_world, :gothenburg_timeline, :'origins', :'dests', m.metric) c;

SELECT ok(count(*) > 900, format('%s: %s of 1020 pairs are joined', metric, count(*))) FROM peer GROUP BY metric ORDER BY metric;
SELECT is((SELECT count(*) FROM peer p FULL JOIN ours o USING (metric, origin_place_id, dest_place_id)
           WHERE metric = m AND (abs(p.cost - o.cost) <= 1e-9 * p.cost) IS NOT TRUE), 0::bigint, m || ': the same costs for the same pairs')
FROM unnest(ARRAY['distance', 'traveler']) m;

-- Whole routes, by A*: what a plan adds up to is the same cost again.
CREATE TEMPORARY TABLE route AS
SELECT p.metric, p.cost, r.* FROM (SELECT * FROM peer ORDER BY random() LIMIT 40) p
    LEFT JOIN LATERAL (
        SELECT r.distance_m, r.traveler_seconds, r.path_place_ids, r.geom
        FROM timevmaps.tv_plan_route(:gothenburg_world, :gothenburg_timeline, p.origin_place_id, p.dest_place_id, NULL, p.metric) r) r ON true;
SELECT is((SELECT count(*) FROM route WHERE (abs(cost - CASE metric WHEN 'distance' THEN distance_m ELSE traveler_seconds END) <= 1e-9 * cost) IS NOT TRUE),
    0::bigint, 'plans: the same costs');
SELECT ok(avg(cardinality(path_place_ids)) > 30, format('of routes with %s places on average', round(avg(cardinality(path_place_ids))))) FROM route;
SELECT is((SELECT count(*) FROM route WHERE NOT ST_IsValid(geom)), 0::bigint, 'their courses are valid lines');
-- The network's lengths are those of its courses, to about a millimetre a segment and the ellipsoid.
SELECT is((SELECT count(*) FROM route WHERE (abs(ST_Length(geom::geography) / distance_m - 1) < 0.01) IS NOT TRUE), 0::bigint, 'and as long as the routes');

-- Three thousand searches would take long; they end when the statement's time is up.
SAVEPOINT before;
\set ON_ERROR_STOP off
\set VERBOSITY sqlstate
SET LOCAL statement_timeout = '300ms';
SELECT array_agg(id) AS many FROM (SELECT id FROM timevmaps.places WHERE world_id = :gothenburg_world LIMIT 3000) p \gset
SELECT clock_timestamp() AS began \gset
SELECT count(*) FROM timevmaps.tv_cost_matrix(:gothenburg_world, :gothenburg_timeline, :'many', :'dests');
\set ended :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
\set VERBOSITY default
\set ON_ERROR_STOP on
SELECT is(:'ended'::text, '57014', 'a matrix can be cancelled');
SELECT ok(clock_timestamp() - :'began'::timestamptz < interval '3 seconds', 'soon');
SELECT * FROM finish();
ROLLBACK;
