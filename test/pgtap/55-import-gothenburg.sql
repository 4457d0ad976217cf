-- The carried road network is what demo/README.md says, by checks that share no code with its conversion.

\getenv repo TV_REPO
\set gothenburg :repo '/demo/gothenburg'
\set loader :repo '/demo/load-gothenburg.sql'

BEGIN;
SELECT plan(14);

-- Something is there already, so the network's numbers have to follow it.
INSERT INTO timevmaps.worlds (id, name) VALUES (77, 'before');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (41, 77, 0, 0);
\i :loader

SELECT is((SELECT w.name FROM timevmaps.worlds w WHERE w.id = :gothenburg_world), 'Gothenburg', 'a world of that name');
SELECT is((SELECT t.label FROM timevmaps.timelines t WHERE t.id = :gothenburg_timeline AND t.world_id = :gothenburg_world), 'main', 'and its timeline');
SELECT results_eq(format('SELECT count(*), min(id), max(id) FROM timevmaps.places WHERE world_id = %s', :gothenburg_world),
                  'VALUES (12906::bigint, 42::bigint, 12947::bigint)', 'places, after those that were there');
SELECT results_eq(format('SELECT count(*), min(id), max(id) FROM timevmaps.segments WHERE world_id = %s', :gothenburg_world),
                  'VALUES (16137::bigint, 1::bigint, 16137::bigint)', 'segments');
SELECT lives_ok(format('INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (%s, 57.7, 11.9)', :gothenburg_world),
                'the next place has a number of its own');
SELECT throws_ok(format('INSERT INTO timevmaps.worlds (name) VALUES (%L)', 'Gothenburg'), '23505', NULL, 'a second world of that name is refused');

CREATE TEMPORARY TABLE road AS
SELECT s.*, a.geom AS a_geom, b.geom AS b_geom, coalesce(s.geom, ST_MakeLine(a.geom, b.geom)) AS course
FROM timevmaps.segments s
JOIN timevmaps.places a ON a.id = s.a_place_id
JOIN timevmaps.places b ON b.id = s.b_place_id;

SELECT is((SELECT count(*) FROM road WHERE NOT ST_Equals(ST_StartPoint(course), a_geom) OR NOT ST_Equals(ST_EndPoint(course), b_geom)),
          0::bigint, 'each course leads from its first place to its last');
-- PostGIS's sphere has the radius 6371008.771 m, ours 6371008.8 m: 5e-9 apart.
SELECT is((SELECT count(*) FROM (
              SELECT r.id, r.length_m, sum(ST_DistanceSphere(ST_PointN(r.course, n), ST_PointN(r.course, n + 1))) AS expected
              FROM road r, generate_series(1, ST_NPoints(r.course) - 1) AS n GROUP BY r.id, r.length_m) l
           WHERE abs(length_m - expected) > 1e-8 * expected + 1e-5), 0::bigint, 'each length is the sum of its great circles');
SELECT cmp_ok((SELECT round(sum(length_m))::bigint FROM road), '=', 1141989::bigint, 'metres of road');
SELECT is((SELECT count(*) FROM road WHERE NOT props ? 'highway' OR speed_kph NOT BETWEEN 5 AND 110), 0::bigint, 'each has a class and a speed');
SELECT is((SELECT count(*) FROM road WHERE props ->> 'highway' ~ '^motorway' AND NOT oneway), 0::bigint, 'motorways have one direction');
SELECT ok((SELECT count(*) >= 3 FROM road WHERE props ->> 'name' = 'Götaälvbron' AND props ->> 'highway' = 'secondary'), 'the bridge of the demo is there');

-- Strongly connected: a place reaches all, and all reach it.
CREATE TEMPORARY TABLE arc AS
SELECT a_place_id AS f, b_place_id AS t FROM road UNION SELECT b_place_id, a_place_id FROM road WHERE NOT oneway;
CREATE INDEX ON arc (f);
CREATE INDEX ON arc (t);
ANALYZE arc;
SELECT is((WITH RECURSIVE reached (p) AS (SELECT 42::bigint UNION SELECT arc.t FROM reached JOIN arc ON arc.f = reached.p)
           SELECT count(*) FROM reached), 12906::bigint, 'the first place reaches every place');
SELECT is((WITH RECURSIVE reached (p) AS (SELECT 42::bigint UNION SELECT arc.f FROM reached JOIN arc ON arc.t = reached.p)
           SELECT count(*) FROM reached), 12906::bigint, 'every place reaches the first');

SELECT * FROM finish();
ROLLBACK;
