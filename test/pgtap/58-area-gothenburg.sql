-- tv_isochrone_area on a real road network, with the courses of its roads.
\getenv repo TV_REPO
\set oracle :repo '/test/lib/area-oracle.sql'
\set gothenburg :repo '/demo/gothenburg'
\set loader :repo '/demo/load-gothenburg.sql'

BEGIN;
SELECT plan(3);
\i :oracle
\i :loader
ANALYZE timevmaps.places, timevmaps.segments;
SELECT id AS place FROM timevmaps.places WHERE world_id = :gothenburg_world ORDER BY geom <-> ST_SetSRID(ST_MakePoint(11.967, 57.707), 4326) LIMIT 1 \gset
SELECT is(area_oracle.wrong(:gothenburg_world, :gothenburg_timeline, :place, '{60,120,240}', 'local'), '', 'one, two and four minutes');
SELECT id AS branch FROM timevmaps.tv_branch(:gothenburg_timeline, 'torn') \gset
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT :branch, id, true FROM timevmaps.segments WHERE world_id = :gothenburg_world AND id % 10 = 0;
SELECT is(area_oracle.wrong(:gothenburg_world, :branch, :place, '{60,240}', 'local'), '', 'with every tenth segment closed');
CREATE TEMPORARY TABLE within AS SELECT i.place_id FROM timevmaps.tv_isochrone(:gothenburg_world, :gothenburg_timeline, :place, 200, 'local') i;
SELECT ok(count(*) > 100 AND count(*) FILTER (WHERE ST_Length(ST_Difference(s.geom, a.geom)) > 0.02 * ST_Length(s.geom)) < 0.02 * count(*),
    'roads are within with their courses: all but ' || count(*) FILTER (WHERE ST_Length(ST_Difference(s.geom, a.geom)) > 0.02 * ST_Length(s.geom)) || ' of ' || count(*))
FROM timevmaps.tv_isochrone_area(:gothenburg_world, :gothenburg_timeline, :place, '{240}', 'local') a, timevmaps.segments s
WHERE s.world_id = :gothenburg_world AND s.geom IS NOT NULL AND NOT s.oneway AND s.a_place_id IN (SELECT place_id FROM within) AND s.b_place_id IN (SELECT place_id FROM within);
SELECT * FROM finish();
ROLLBACK;
