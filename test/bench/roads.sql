-- A road network for the timings: as world 1 with the timeline 1, and as pgRouting's edges.
--
--   psql -v roads=DIRECTORY -f test/bench/roads.sql        DIRECTORY: see roads.pl
--
-- Costs are seconds on the local clock. Timelines 2 to 4 branch from 1, each with a hundred
-- roads that are slower; a thousand gateways lead from 2 to 3 and from 3 to 4.
\set ON_ERROR_STOP on
SELECT setseed(0.5);

INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'roads');
INSERT INTO timevmaps.timelines (id, world_id, label) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'main');
-- psql puts no variable into \copy, but it does into a command that is itself a variable.
\set copy '\\copy timevmaps.places (id, lat, lon, world_id) from program ''sed "s/$/\\t1/" "' :roads '/places.tsv"'''
:copy
\set copy '\\copy timevmaps.segments (id, a_place_id, b_place_id, length_m, speed_kph, oneway, world_id) from program ''sed "s/$/\\t1/" "' :roads '/segments.tsv"'''
:copy
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) OVERRIDING SYSTEM VALUE
SELECT t, 1, 'branch ' || t, 1 FROM generate_series(2, 4) t;
SELECT setval(pg_get_serial_sequence('timevmaps.timelines', 'id'), 4);
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, speed_kph)
SELECT DISTINCT ON (t, s.id) 1, t, s.id, s.speed_kph / 3
FROM generate_series(2, 4) t CROSS JOIN generate_series(1, 100) i
JOIN timevmaps.segments s ON s.id = 1 + (t * 7919 + i * 104729) % (SELECT count(*) FROM timevmaps.segments);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s)
SELECT 2 + i % 2, p, 3 + i % 2, p, 30
FROM generate_series(1, 1000) i, LATERAL (SELECT 1 + (i * 15485863::bigint) % (SELECT count(*) FROM timevmaps.places)) x (p);

-- Points in metres on a plane, so that pgr_astar has a bound that holds: see routing.pl.
CREATE TABLE edges AS
SELECT s.id, s.a_place_id AS source, s.b_place_id AS target, c.cost, CASE WHEN s.oneway THEN -1 ELSE c.cost END AS reverse_cost,
       a.lon * m.x AS x1, a.lat * 111195 AS y1, b.lon * m.x AS x2, b.lat * 111195 AS y2
FROM timevmaps.segments s
JOIN timevmaps.places a ON a.id = s.a_place_id
JOIN timevmaps.places b ON b.id = s.b_place_id
CROSS JOIN LATERAL (SELECT s.length_m / s.speed_kph * 3.6 AS cost) c
CROSS JOIN (SELECT 111195 * cos(radians(avg(lat))) AS x FROM timevmaps.places) m
ORDER BY s.id;
ALTER TABLE edges ADD PRIMARY KEY (id);
CREATE INDEX ON edges (source);
CREATE INDEX ON edges (target);
