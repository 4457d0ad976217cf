-- Loads the road network of Gothenburg as a new world with one timeline, "main".
--
--   psql -v gothenburg=/absolute/path/of/demo/gothenburg -f demo/load-gothenburg.sql
--
-- or, from another psql script that has set the variable: \i demo/load-gothenburg.sql
-- It needs tv_init(), begins and ends no transaction, and leaves the variables
-- gothenburg_world and gothenburg_timeline.  In a fresh database the places and
-- segments have the numbers of the files; otherwise they follow what is there.

\set ON_ERROR_STOP on
\set gothenburg_quiet :QUIET
\set QUIET on

CREATE TEMPORARY TABLE gothenburg_places (id bigint, lon double precision, lat double precision, name text);
-- The tables' own types, wherever PostGIS is installed.
CREATE TEMPORARY TABLE gothenburg_segments AS
SELECT id, a_place_id AS a, b_place_id AS b, length_m, speed_kph, oneway, '' AS highway, '' AS name, '' AS ref,
       '' AS bridge, '' AS tunnel, geom AS course
FROM timevmaps.segments LIMIT 0;
-- psql puts no variable into \copy, but it does into a command that is itself a variable.
\set copy '\\copy gothenburg_places from program ''gzip -dc "' :gothenburg '/places.csv.gz"'' csv header'
:copy
\set copy '\\copy gothenburg_segments from program ''gzip -dc "' :gothenburg '/segments.csv.gz"'' csv header'
:copy

-- The mean Earth, so that the far observer's clock differs from the one beside the road.
INSERT INTO timevmaps.worlds (name, rules)
VALUES ('Gothenburg', '{"sr": true, "gr": {"gm": 3.986004418e14, "r": 6371008.8}}')
RETURNING id AS gothenburg_world \gset
INSERT INTO timevmaps.timelines (world_id, label) VALUES (:gothenburg_world, 'main')
RETURNING id AS gothenburg_timeline \gset

SELECT coalesce(max(id), 0) AS gothenburg_shift FROM timevmaps.places \gset
INSERT INTO timevmaps.places (id, world_id, name, lat, lon)
SELECT p.id + :gothenburg_shift, :gothenburg_world, p.name, p.lat, p.lon FROM gothenburg_places p ORDER BY p.id;

INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, geom, props)
SELECT s.id + (SELECT coalesce(max(id), 0) FROM timevmaps.segments), :gothenburg_world,
       s.a + :gothenburg_shift, s.b + :gothenburg_shift, s.length_m, s.speed_kph, s.oneway, s.course,
       jsonb_strip_nulls(jsonb_build_object('highway', s.highway, 'name', s.name, 'ref', s.ref,
                                            'bridge', s.bridge, 'tunnel', s.tunnel))
FROM gothenburg_segments s ORDER BY s.id;

SELECT setval(pg_get_serial_sequence('timevmaps.places', 'id'), max(id)) AS gothenburg_ignore FROM timevmaps.places \gset
SELECT setval(pg_get_serial_sequence('timevmaps.segments', 'id'), max(id)) AS gothenburg_ignore FROM timevmaps.segments \gset
DROP TABLE gothenburg_places, gothenburg_segments;
ANALYZE timevmaps.places, timevmaps.segments;
\set QUIET :gothenburg_quiet
