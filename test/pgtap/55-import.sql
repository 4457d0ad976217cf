-- Imports: the same costs as pgRouting's on what was imported, every bad row named, nothing left behind by an error.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION pgrouting;
SELECT plan(141);

INSERT INTO timevmaps.worlds (id, name, rules, owner) VALUES
    (1, 'Odd', '{"clock": "local"}', 'olga'), (2, 'Random', '{"clock": "local"}', 'olga'), (3, 'OSM', '{"clock": "local"}', 'olga'),
    (4, 'Lines', '{"clock": "local"}', 'olga'), (5, 'Empty', '{}', 'olga'), (6, 'Mars', '{"radius_m": 3389500}', 'olga');
INSERT INTO timevmaps.timelines (id, world_id, label) SELECT id, id, 'main' FROM timevmaps.worlds;


-- All pairs of a world by a metric, by the ids that its places came with.
CREATE FUNCTION pg_temp.ours(world bigint, metric text) RETURNS TABLE (a bigint, b bigint, cost double precision) LANGUAGE sql AS $$
    SELECT (o.props ->> 'source_id')::bigint, (d.props ->> 'source_id')::bigint, m.cost
    FROM (SELECT array_agg(id) AS ids FROM timevmaps.places WHERE world_id = world) p,
        timevmaps.tv_cost_matrix(world, world, p.ids, p.ids, metric) m
        JOIN timevmaps.places o ON o.id = m.origin_place_id JOIN timevmaps.places d ON d.id = m.dest_place_id
    WHERE o.id <> d.id
$$;
-- How many pairs cost something else in pgRouting's answer to a query for its edges.
CREATE FUNCTION pg_temp.differences(world bigint, metric text, edges text, tolerance double precision DEFAULT 0) RETURNS text LANGUAGE sql AS $$
    WITH nodes AS (SELECT array_agg((props ->> 'source_id')::bigint) AS ids FROM timevmaps.places WHERE world_id = world)
    SELECT count(*) FILTER (WHERE (abs(p.agg_cost - o.cost) <= 1e-12 * p.agg_cost + tolerance) IS NOT TRUE) || ' of ' || count(*)
    FROM (SELECT c.* FROM nodes n, public.pgr_dijkstraCost(edges, n.ids, n.ids, true) c) p
        FULL JOIN pg_temp.ours(world, metric) o ON o.a = p.start_vid AND o.b = p.end_vid
$$;

------------------------------------------------------------ pgRouting's columns
CREATE TABLE odd (id int, source int, target int, cost numeric, reverse_cost float, x1 real, y1 float, x2 float, y2 float, note text);
INSERT INTO odd VALUES
    (1, 1, 2, 10, 10, 11.90, 57.70, 11.91, 57.70, 'both ways the same'),
    (2, 2, 3, 10, 20, 11.91, 57.70, 11.92, 57.70, 'slower back'),
    (3, 3, 4, 5, -1, 11.92, 57.70, 11.92, 57.71, 'only there'),
    (4, 4, 1, -1, 7, 11.92, 57.71, 11.90, 57.70, 'only back'),
    (5, 1, 3, -1, -1, 11.90, 57.70, 11.92, 57.70, 'closed'),
    (6, 2, 2, 3, 3, 11.91, 57.70, 11.91, 57.70, 'a loop'),
    (7, 1, 2, 12, 8, 11.90, 57.70, 11.91, 57.70, 'parallel'),
    (8, 4, 5, 0, 0, 11.92, 57.71, 11.92, 57.7101, 'for nothing'),
    (9, 5, 6, 4, 4, 11.92, 57.7101, 11.92, 57.7101, 'without extent'),
    (10, 6, 7, 1.5, 0, 11.92, 57.7101, 11.93, 57.7101, 'for nothing back, and the node elsewhere'),
    (11, 7, 1, 100, 100, 11.9300001, 57.7101, 11.90, 57.70, 'closes the circle');
UPDATE odd SET reverse_cost = 1 WHERE id = 10;
CREATE VIEW only_there AS SELECT id, source, target, cost, x1, y1, x2, y2 FROM odd;

SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(1, 'odd') $$), '(7,13,1,1)', 'odd edges, counted');
SELECT is(pg_temp.differences(1, 'local', 'SELECT id, source, target, cost, reverse_cost FROM odd', 2e-6), '0 of 42', 'they cost what they cost');
SELECT results_eq($$ SELECT props ->> 'source_id', round(length_m::numeric, 1), oneway FROM timevmaps.segments WHERE world_id = 1 AND props ->> 'source_id' IN ('1', '2', '9') ORDER BY id $$,
    $$ VALUES ('1', 594.2, false), ('2', 594.2, true), ('2', 594.2, true), ('9', 0.0, false) $$, 'two-way and one-way segments, the great circle long');
SELECT is((SELECT lon FROM timevmaps.places WHERE world_id = 1 AND props ->> 'source_id' = '7'), 11.93::float, 'a node is where its first row has it');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(1, 'odd') $$), '23505 duplicate key value violates unique constraint "places_source_idx"', 'the same nodes again');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(1, 'only_there', id_prefix => 'b') $$), '(7,9,2,1)', 'with a prefix, a view, no reverse_cost');
SELECT is((SELECT count(*) FROM timevmaps.segments s JOIN timevmaps.places p ON p.id = s.a_place_id WHERE s.props ->> 'source_id' LIKE 'b%' AND s.oneway AND p.props ->> 'source_id' LIKE 'b%'),
    9::bigint, 'all of them one-way, between places of the same import');
SELECT is((SELECT count(*) FROM timevmaps.places WHERE world_id = 1 AND props ->> 'source_id' = 'b3'), 1::bigint, 'found by the node''s id');

DELETE FROM timevmaps.segments; DELETE FROM timevmaps.places;
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(1, 'odd', 'metres', 100, 36) $$), '(7,13,1,1)', 'lengths in hundreds of metres');
SELECT is(pg_temp.differences(1, 'distance', 'SELECT id, source, target, cost * 100 AS cost, reverse_cost * 100 AS reverse_cost FROM odd', 2e-6), '0 of 42', 'the same lengths');
SELECT is(pg_temp.differences(1, 'local', 'SELECT id, source, target, cost * 10 AS cost, reverse_cost * 10 AS reverse_cost FROM odd', 2e-6), '0 of 42', 'at 36 km/h');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(6, 'odd') $$), '(7,13,1,1)', 'on Mars');
CREATE TABLE hashed AS SELECT 9223372036854775800 + id AS id, 9223372036854775800 + source AS source, target - 9223372036854775800 AS target,
    1.0 AS cost, x1, y1, x2, y2 FROM (VALUES (1, 1, 2, 0, 0, 1, 1)) o (id, source, target, x1, y1, x2, y2);
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(6, 'hashed', 'metres') $$), '(2,1,0,0)', 'ids as large as any');
SELECT is((SELECT round(s.length_m::numeric, 1) FROM timevmaps.segments s WHERE world_id = 6 AND props ->> 'source_id' = '1'), 316.1, 'a degree is shorter');

-- A random graph with times and lengths that have nothing to do with each other.
SELECT setseed(0.25);
CREATE TABLE random_edge AS
SELECT id::bigint, 1000000000000 + (random() * 40)::int AS source, 1000000000000 + (random() * 40)::int AS target,
    CASE WHEN random() < 0.2 THEN -1 ELSE exp(random() * 20 - 8) END AS cost,
    CASE WHEN random() < 0.4 THEN -5 ELSE exp(random() * 20 - 8) END AS reverse_cost, exp(random() * 10 + 2) AS length_m,
    random() * 360 - 180 AS x1, random() * 180 - 90 AS y1, random() * 360 - 180 AS x2, random() * 180 - 90 AS y2
FROM generate_series(1, 120) id;
UPDATE random_edge SET reverse_cost = cost WHERE id % 3 = 0;
SELECT is((timevmaps.tv_import_pgrouting(2, 'random_edge')).zero_costs, 0::bigint, 'a random graph');
SELECT matches(pg_temp.differences(2, 'local', 'SELECT id, source, target, cost, reverse_cost FROM random_edge'), '^0 of 1[0-9]{3}$', 'the same times');
SELECT matches(pg_temp.differences(2, 'distance',
    'SELECT id, source, target, CASE WHEN cost < 0 THEN -1 ELSE length_m END AS cost, CASE WHEN reverse_cost < 0 THEN -1 ELSE length_m END AS reverse_cost FROM random_edge'),
    '^0 of 1[0-9]{3}$', 'the same lengths');

-- What is wrong, by row and column; nothing stays behind.
DROP VIEW only_there;
CREATE FUNCTION pg_temp.broken(change text, call text DEFAULT $$ SELECT timevmaps.tv_import_pgrouting(5, 'odd') $$) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    BEGIN
        EXECUTE change;
        result := tests.refusal(call);
        IF EXISTS (SELECT FROM timevmaps.places WHERE world_id = 5) OR EXISTS (SELECT FROM timevmaps.segments WHERE world_id = 5)
            OR to_regclass('pg_temp.tv_import_node') IS NOT NULL OR to_regclass('pg_temp.tv_import_edge') IS NOT NULL THEN
            result := result || ', and something stays behind';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'XXUND';
    EXCEPTION WHEN SQLSTATE 'XXUND' THEN
        RETURN result;
    END;
END
$$;
SELECT is(pg_temp.broken('UPDATE odd SET ' || change || ' WHERE id = 9'), '22023 ' || path, change)
FROM (VALUES ('source = NULL', 'edges[9].source'), ('target = NULL', 'edges[9].target'), ('id = NULL', 'edges[?].id'),
    ('cost = NULL', 'edges[9].cost'), ('cost = ''NaN''', 'edges[9].cost'), ('cost = 1e200', 'edges[9].cost'), ('cost = -1e-200', 'edges[9].cost'),
    ('reverse_cost = NULL', 'edges[9].reverse_cost'), ('reverse_cost = ''infinity''', 'edges[9].reverse_cost'),
    ('reverse_cost = ''-infinity''', 'edges[9].reverse_cost'), ('x1 = 180.1', 'edges[9].x1'), ('y1 = -91', 'edges[9].y1'),
    ('x2 = ''NaN''', 'edges[9].x2'), ('y2 = NULL', 'edges[9].y2')) c (change, path);
SELECT is(pg_temp.broken('UPDATE odd SET cost = NULL WHERE id > 4'), '22023 edges[5].cost', 'the first of many');
SELECT is(pg_temp.broken('UPDATE odd SET cost = 1e-9 WHERE id = 11'), '22003 edges[11].cost', 'faster than light');
-- Row, column, and what is really wrong.
CREATE FUNCTION pg_temp.reason(change text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    EXECUTE change;
    EXECUTE call INTO message;
    RAISE EXCEPTION USING ERRCODE = 'XXUND', MESSAGE = message;
EXCEPTION WHEN SQLSTATE 'XXUND' THEN
    RETURN SQLERRM;
WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || message || ': ' || detail;
END
$$;
SELECT is(pg_temp.reason('UPDATE odd SET ' || change || ' WHERE id = 11', $$ SELECT timevmaps.tv_import_pgrouting(5, 'odd') $$), '22023 edges[11].' || reason, change)
FROM (VALUES ('cost = 1e300', 'cost: more than 1e100, the most that can be worked with: It is 1e+300.'),
    ('cost = 1e305', 'cost: more than 1e100, the most that can be worked with: It is 1e+300.'),
    ('cost = -1e-200', 'cost: closer to 0 than 1e-100, the least that can be worked with: It is -1e-200.'),
    ('cost = 1e-400', 'cost: closer to 0 than 1e-100, the least that can be worked with: It is 1e-300.'),
    ('cost = 1e-4000', 'cost: closer to 0 than 1e-100, the least that can be worked with: It is 1e-300.'),
    ('cost = ''-infinity''', 'cost: not a finite number: It is -Infinity.'),
    ('cost = ''NaN''', 'cost: not a finite number: It is NaN.'), ('cost = NULL', 'cost: must not be null: It is null.'),
    ('reverse_cost = 1e300', 'reverse_cost: more than 1e100, the most that can be worked with: It is 1e+300.'),
    ('reverse_cost = ''NaN''', 'reverse_cost: not a finite number: It is NaN.'), ('x1 = 181', 'x1: not a longitude: It is 181.')) c (change, reason);
SELECT is(pg_temp.reason('ALTER TABLE odd ADD length_m float DEFAULT 400; UPDATE odd SET ' || change, $$ SELECT timevmaps.tv_import_pgrouting(5, 'odd') $$), outcome, change)
FROM (VALUES ('length_m = -1 WHERE id = 4', '22023 edges[4].length_m: below 0: It is -1.'), ('length_m = 1e300 WHERE id = 4', '22023 edges[4].length_m: more than 1e100, the most that can be worked with: It is 1e+300.'),
    ('cost = 0 WHERE id = 2', '22003 edges[2].cost: no time for its length: It is 0, for which 1e-6 s are taken, and the length is 400 m: that would be 1440000000 km/h.'),
    ('length_m = 1', '(7,13,1,1)'),
    ('length_m = CASE WHEN id IN (1, 5, 7) THEN 0 ELSE 1 END', '(7,13,1,3)')) c (change, outcome);
SELECT matches(pg_temp.reason('UPDATE odd SET reverse_cost = 1e-9 WHERE id = 11', $$ SELECT timevmaps.tv_import_pgrouting(5, 'odd') $$),
    '^22003 edges\[11\]\.reverse_cost: faster than light: It is 1e-09 s, and the length is 2106\.[0-9]+ m: that would be 75838[0-9]{8}\.[0-9]+ km/h\.$', 'by the column of the time');
SELECT is(pg_temp.broken('ALTER TABLE odd DROP y2'), '22023 edges.y2', 'a column that is missing');
SELECT is(pg_temp.broken('ALTER TABLE odd ALTER source TYPE numeric'), '22023 edges.source', 'a column of another type');
SELECT is(pg_temp.broken('ALTER TABLE odd ALTER reverse_cost TYPE text'), '22023 edges.reverse_cost', 'an optional column of another type');
SELECT is(pg_temp.broken('ALTER TABLE odd ADD length_m float DEFAULT -1'), '22023 edges[1].length_m', 'a length below 0');
SELECT is(tests.refusal(statement), expected, statement)
FROM (VALUES
    ($$ SELECT timevmaps.tv_import_pgrouting(99, 'odd') $$, 'PT404 no such world'),
    ($$ SELECT timevmaps.tv_import_pgrouting(NULL, 'odd') $$, '22023 world_id'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, NULL) $$, '22023 edges'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 4000000000::oid) $$, '22023 edges'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'timevmaps.places_source_idx') $$, '22023 edges'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'no_such_table') $$, '42P01 relation "no_such_table" does not exist'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd', 'furlongs') $$, '22023 cost_unit'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd', NULL) $$, '22023 cost_unit'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd', 'metres', 0) $$, '22023 cost_scale'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd', 'metres', 'NaN') $$, '22023 cost_scale'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd', 'metres', 1, '-5') $$, '22023 speed_kph'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd', 'metres', 1, 1.1e9) $$, '22003 speed_kph'),
    ($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd', id_prefix => NULL) $$, '22023 id_prefix')
) c (statement, expected);
SELECT is(pg_temp.broken('ALTER TABLE timevmaps.schema_migrations RENAME TO gone'), '55000 timevmaps has no tables in this database', 'before tv_init()');

-- As the caller.
GRANT SELECT ON odd TO tv_player;
CREATE TABLE secret AS SELECT * FROM odd;
CREATE ROLE olga; CREATE ROLE petra; GRANT tv_analyst TO olga, petra;
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd') $$, 'tv_player'), '42501 permission denied for function tv_import_pgrouting', 'a player may not');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd') $$, 'petra'), '42501 new row violates row-level security policy for table "places"', 'nor an analyst who is no editor');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(5, 'secret') $$, 'olga'), '42501 permission denied for table secret', 'nor an editor, from a table that is closed to him');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(5, 'odd') $$, 'olga'), '(7,13,1,1)', 'an editor may');
DELETE FROM timevmaps.segments WHERE world_id = 5; DELETE FROM timevmaps.places WHERE world_id = 5;

---------------------------------------------------------------- osm2pgrouting
CREATE TABLE ways_vertices_pgr (id bigserial PRIMARY KEY, osm_id bigint, eout int, lon decimal(11, 8), lat decimal(11, 8), cnt int, chk int, ein int, the_geom geometry(Point, 4326));
CREATE TABLE ways (gid bigserial PRIMARY KEY, osm_id bigint, tag_id int, length float, length_m float, name text, source bigint, target bigint,
    source_osm bigint, target_osm bigint, cost float, reverse_cost float, cost_s float, reverse_cost_s float, rule text, one_way int, oneway text,
    x1 float, y1 float, x2 float, y2 float, maxspeed_forward float, maxspeed_backward float, priority float DEFAULT 1, the_geom geometry(LineString, 4326));
INSERT INTO ways_vertices_pgr (osm_id, lon, lat) VALUES (501, 11.90, 57.70), (502, 11.91, 57.70), (503, 11.91, 57.71), (504, 11.95, 57.75);
INSERT INTO ways (osm_id, tag_id, name, source, target, one_way, maxspeed_forward, maxspeed_backward, the_geom)
SELECT 900 + n, 112, name, a, b, one_way, forward, back, ST_MakeLine(ARRAY[ST_Point(v.lon, v.lat, 4326), ST_Point((v.lon + w.lon) / 2, 57.7049, 4326), ST_Point(w.lon, w.lat, 4326)])
FROM (VALUES (1, 'High Street', 1, 2, 0, 50, 50), (2, 'Bridge', 2, 3, 1, 30, 30), (3, NULL, 1, 3, -1, 70, 50), (4, 'Hill', 1, 3, 0, 30, 60), (5, 'Dot', 4, 4, 2, 50, 50))
    n (n, name, a, b, one_way, forward, back) JOIN ways_vertices_pgr v ON v.id = n.a JOIN ways_vertices_pgr w ON w.id = n.b;
UPDATE ways SET length = ST_Length(the_geom), length_m = ST_Length(the_geom::geography);
UPDATE ways SET the_geom = NULL, length_m = 0, length = 0 WHERE gid = 5;
UPDATE ways SET cost = length, reverse_cost = CASE WHEN one_way = 1 THEN -length ELSE length END,
    cost_s = CASE WHEN one_way = -1 THEN -1 ELSE 1 END * length_m / (maxspeed_forward * 5 / 18),
    reverse_cost_s = CASE WHEN one_way = 1 THEN -1 ELSE 1 END * length_m / (maxspeed_backward * 5 / 18);
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_osm2pgrouting(3, 'ways', 'ways_vertices_pgr') $$), '(4,6,0,1)', 'what osm2pgrouting made');
SELECT is(pg_temp.differences(3, 'local', 'SELECT gid AS id, source, target, cost_s AS cost, reverse_cost_s AS reverse_cost FROM ways'), '0 of 6', 'the same times');
SELECT is(pg_temp.differences(3, 'distance', 'SELECT gid AS id, source, target, length_m * sign(cost_s) AS cost, length_m * sign(reverse_cost_s) AS reverse_cost FROM ways'), '0 of 6', 'the same lengths');
SELECT results_eq($$ SELECT props ->> 'source_id', (props ->> 'osm_id')::int, props ->> 'name', oneway, round(speed_kph::numeric, 6)::int, ST_StartPoint(s.geom) = (SELECT geom FROM timevmaps.places WHERE id = a_place_id), ST_NPoints(s.geom)
                     FROM timevmaps.segments s WHERE world_id = 3 ORDER BY 1, 5 $$,
    $$ VALUES ('1', 901, 'High Street', false, 50, true, 3), ('2', 902, 'Bridge', true, 30, true, 3), ('3', 903, NULL, true, 50, true, 3),
        ('4', 904, 'Hill', true, 30, true, 3), ('4', 904, 'Hill', true, 60, true, 3), ('5', 905, 'Dot', false, 4, NULL, NULL) $$,
    'courses begin where their segments do, names and ids stay');
SELECT is((SELECT array_agg(DISTINCT class) FROM timevmaps.segments WHERE world_id = 3), '{112}', 'a way is of the class of its tag');
CREATE FUNCTION pg_temp.classes(change text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    BEGIN
        EXECUTE change;
        result := tests.refusal('SELECT timevmaps.' || call);
        IF result ~ '^\(' THEN
            result := (SELECT string_agg(DISTINCT coalesce(class, 'null'), ' ') FROM timevmaps.segments WHERE world_id = 5);
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'XXUND';
    EXCEPTION WHEN SQLSTATE 'XXUND' THEN
        RETURN result;
    END;
END
$$;
CREATE TABLE configuration (id serial, tag_id int, tag_key text, tag_value text);
INSERT INTO configuration (tag_id, tag_key, tag_value) VALUES (112, 'highway', 'residential'), (101, 'highway', 'motorway');
SELECT is(pg_temp.classes(change, call), wanted, concat_ws(': ', change, call))
FROM (VALUES ('UPDATE ways SET tag_id = 101 WHERE gid = 1', 'tv_import_osm2pgrouting(5, ''ways'', ''ways_vertices_pgr'', configuration => ''configuration'')', 'motorway residential'),
    ('UPDATE ways SET tag_id = 999 WHERE gid = 1', 'tv_import_osm2pgrouting(5, ''ways'', ''ways_vertices_pgr'', configuration => ''configuration'')', 'null residential'),
    ('ALTER TABLE configuration DROP tag_value', 'tv_import_osm2pgrouting(5, ''ways'', ''ways_vertices_pgr'', configuration => ''configuration'')', '22023 configuration.tag_value'),
    ('ALTER TABLE ways ADD class text DEFAULT ''lane''', 'tv_import_osm2pgrouting(5, ''ways'', ''ways_vertices_pgr'', configuration => ''configuration'')', 'lane'),
    ('ALTER TABLE ways ADD class text; UPDATE ways SET class = '''' WHERE gid = 2', 'tv_import_osm2pgrouting(5, ''ways'', ''ways_vertices_pgr'')', '22023 ways[2].class'),
    ('ALTER TABLE odd ADD class text DEFAULT ''path''', 'tv_import_pgrouting(5, ''odd'')', 'path'),
    ('ALTER TABLE odd ADD class text; UPDATE odd SET class = repeat(''x'', 65) WHERE id = 9', 'tv_import_pgrouting(5, ''odd'')', '22023 edges[9].class')) c (change, call, wanted);
SELECT is((SELECT props FROM timevmaps.places WHERE world_id = 3 AND props ->> 'source_id' = '2'), '{"source_id": "2", "osm_id": 502}', 'places know their ids');
SELECT is(pg_temp.broken(change, $$ SELECT timevmaps.tv_import_osm2pgrouting(5, 'ways', 'ways_vertices_pgr') $$), '22023 ' || path, change)
FROM (VALUES ('UPDATE ways SET target = 77 WHERE gid = 2', 'ways[2].target'), ('UPDATE ways SET source = NULL WHERE gid = 2', 'ways[2].source'),
    ('UPDATE ways SET cost_s = ''NaN'' WHERE gid = 2', 'ways[2].cost_s'), ('UPDATE ways SET reverse_cost_s = NULL WHERE gid = 2', 'ways[2].reverse_cost_s'),
    ('UPDATE ways SET length_m = -1 WHERE gid = 2', 'ways[2].length_m'), ('ALTER TABLE ways ALTER the_geom TYPE geometry; UPDATE ways SET the_geom = ST_SetSRID(the_geom, 3857) WHERE gid = 2', 'ways[2].the_geom'),
    ('UPDATE ways SET the_geom = ST_Translate(the_geom, 360, 0) WHERE gid = 2', 'ways[2].the_geom'),
    ('ALTER TABLE ways DROP the_geom', 'ways.the_geom'), ('ALTER TABLE ways DROP cost_s', 'ways.cost_s'),
    ('UPDATE ways_vertices_pgr SET lat = 91 WHERE id = 2', 'vertices[2].lat'), ('UPDATE ways_vertices_pgr SET lon = NULL WHERE id = 2', 'vertices[2].lon'),
    ('ALTER TABLE ways_vertices_pgr DROP CONSTRAINT ways_vertices_pgr_pkey; UPDATE ways_vertices_pgr SET id = 1 WHERE id = 2', 'vertices[1].id'),
    ('ALTER TABLE ways_vertices_pgr DROP lon', 'vertices.lon')) c (change, path);

SELECT is(pg_temp.reason(change, $$ SELECT timevmaps.tv_import_osm2pgrouting(5, 'ways', 'ways_vertices_pgr') $$), outcome, change)
FROM (VALUES
    ('UPDATE ways SET length_m = 500, reverse_cost_s = 0 WHERE gid = 3', '22003 ways[3].reverse_cost_s: no time for its length: It is 0, for which 1e-6 s are taken, and the length is 500 m: that would be 1800000000 km/h.'),
    ('UPDATE ways SET length_m = 5, cost_s = 1e-9 WHERE gid = 1', '22003 ways[1].cost_s: faster than light: It is 1e-09 s, and the length is 5 m: that would be 18000000000 km/h.'),
    ('UPDATE ways SET cost_s = 1e300 WHERE gid = 2', '22023 ways[2].cost_s: more than 1e100, the most that can be worked with: It is 1e+300.'),
    ('ALTER TABLE ways ALTER cost_s TYPE numeric; UPDATE ways SET cost_s = -1e400 WHERE gid = 2', '22023 ways[2].cost_s: more than 1e100, the most that can be worked with: It is -1e+300.'),
    ('UPDATE ways SET length_m = ''NaN'' WHERE gid = 2', '22023 ways[2].length_m: not a finite number: It is NaN.'),
    ('UPDATE ways SET length_m = 0 WHERE gid IN (1, 3)', '(4,6,0,3)'),
    ('UPDATE ways SET length_m = 0, cost_s = -1, reverse_cost_s = -1 WHERE gid = 1', '(4,5,1,1)')) c (change, outcome);

------------------------------------------------------------------ lines of DIMACS
CREATE FUNCTION pg_temp.lines(name text, content text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I AS SELECT line, nullif(text, '''') AS text FROM string_to_table(%L, E''\n'') WITH ORDINALITY t (text, line)', name, content);
END
$$;
SELECT pg_temp.lines('gr', E'c A graph\nc\np sp 4 9\na 1 2 100\na 2 1 100\na 2 3 50\na 3 2 70\n\na 1 2 100\n  a\t3  3 9\r\na 3 4 0\na 4 3 0\na 1 2 30\n');
SELECT pg_temp.lines('times', E'p sp 4 9\na 1 2 8\na 2 1 10\na 2 3 5\na 3 2 5\na 1 2 10\na 3 3 1\na 3 4 0\na 4 3 2\na 1 2 7\nc end');
SELECT pg_temp.lines('co', E'c Coordinates\np aux sp co 4\nv 1 11900000 57700000\nv 2 11910000 57700000\nv 4 11930000 -57700000\nv 3 11920000 57700000');
CREATE VIEW arc AS SELECT l.line AS id, split_part(l.t, ' ', 2)::bigint AS source, split_part(l.t, ' ', 3)::bigint AS target, split_part(l.t, ' ', 4)::float AS weight
FROM (SELECT line, btrim(regexp_replace(text, '\s+', ' ', 'g')) AS t FROM gr) l WHERE l.t LIKE 'a %';
CREATE VIEW arc_time AS SELECT line AS id, split_part(text, ' ', 2)::bigint AS source, split_part(text, ' ', 3)::bigint AS target, split_part(text, ' ', 4)::float AS weight FROM times WHERE text LIKE 'a %';

SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_dimacs(4, 'gr', 'co', 'times', 0.1, 3) $$), '(4,8,2)', 'a graph with times');
SELECT is(pg_temp.differences(4, 'distance', 'SELECT id, source, target, weight * 0.1 AS cost FROM arc', 2e-6), '0 of 12', 'the same lengths');
SELECT is(pg_temp.differences(4, 'local', 'SELECT id, source, target, weight * 3 AS cost FROM arc_time', 2e-6), '0 of 12', 'the same times');
SELECT results_eq($$ SELECT props ->> 'source_id', lon, lat FROM timevmaps.places WHERE world_id = 4 ORDER BY 1 $$,
    $$ VALUES ('1', 11.9::float, 57.7::float), ('2', 11.91, 57.7), ('3', 11.92, 57.7), ('4', 11.93, -57.7) $$, 'places in degrees');
DELETE FROM timevmaps.segments WHERE world_id = 4; DELETE FROM timevmaps.places WHERE world_id = 4;
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_dimacs(4, 'gr', 'co', speed_kph => 36) $$), '(4,7,2)', 'without times more arcs pair');
SELECT is(pg_temp.differences(4, 'local', 'SELECT id, source, target, weight / 10 AS cost FROM arc', 2e-6), '0 of 12', 'at one speed');

SELECT is(pg_temp.broken(format('UPDATE %I SET text = %L WHERE line = %s', name, text, line),
    $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co', 'times') $$), '22023 ' || path, format('%s line %s: "%s"', name, line, text))
FROM (VALUES ('gr', 'p sp 4 8', 3, 'graph[3]'), ('gr', 'p sp 5 9', 3, 'graph[3]'), ('gr', 'c no header', 3, 'graph[4]'), ('gr', 'p sp 4 9', 6, 'graph[6]'),
    ('gr', 'a 1 5 100', 4, 'graph[4]'), ('gr', 'a 0 1 100', 4, 'graph[4]'), ('gr', 'a 1 2 -1', 12, 'graph[12]'), ('gr', 'a 1 2', 12, 'graph[12]'),
    ('gr', 'a 1 2 3 4', 12, 'graph[12]'), ('gr', 'a 1 two 3', 12, 'graph[12]'), ('gr', 'a 1 2 99999999999999999999', 12, 'graph[12]'), ('gr', 'hello', 9, 'graph[9]'),
    ('times', 'a 2 1 10', 2, 'times[2]'), ('times', 'c one less', 4, 'times[1]'), ('times', 'a 2 9 10', 2, 'times[2]'),
    ('co', 'p aux sp co 5', 2, 'coordinates[2]'), ('co', 'v 5 1 1', 3, 'coordinates[3]'), ('co', 'v 1 1 1', 4, 'coordinates[4]'),
    ('co', 'v 2 180000001 1', 4, 'coordinates[4]'), ('co', 'v 2 1 90000001', 4, 'coordinates[4]'), ('co', 'v 2 1.5 1', 4, 'coordinates[4]')) c (name, text, line, path);
SELECT is(pg_temp.reason(change, call), outcome, call)
FROM (VALUES ($$ UPDATE gr SET text = 'a 3 4 500' WHERE line = 11 $$, $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co', 'times') $$,
        '22003 times[8]: no time for its length: It is 0, for which 1e-6 s are taken, and the length is 500 m: that would be 1800000000 km/h.'),
    ('SELECT 1', $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co', 'times', time_scale => 1e-9) $$,
        '22003 times[2]: faster than light: It is 8e-09 s, and the length is 100 m: that would be 45000000000 km/h.'),
    ('SELECT 1', $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co', speed_kph => 2e9) $$, '22003 speed_kph: faster than light: It is 2000000000.'),
    ('SELECT 1', $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co', length_scale => 1e300) $$, '22023 length_scale: more than 1e100, the most that can be worked with: It is 1e+300.'),
    ('SELECT 1', $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co', length_scale => 0) $$, '22023 length_scale: not above 0: It is 0.')) c (change, call, outcome);
SELECT is(pg_temp.broken('DELETE FROM gr', $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co') $$), '22023 graph', 'an empty file');
SELECT is(pg_temp.broken('ALTER TABLE gr RENAME text TO words', $$ SELECT timevmaps.tv_import_dimacs(5, 'gr', 'co') $$), '22023 graph.text', 'no lines');

-- The rows are not collected for the checks.
CREATE TEMP TABLE tv_import_edge (id bigint, source bigint, target bigint, has_source boolean, has_target boolean, length_m float8, cost float8,
    reverse_cost float8, x1 float8, y1 float8, x2 float8, y2 float8, shape text, on_map boolean, bounds text, class text);
CREATE FUNCTION pg_temp.planned(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    first text;
BEGIN
    EXECUTE 'EXPLAIN ' || query INTO first;
    RETURN first;
END
$$;
SELECT alike(pg_temp.planned(format('SELECT * FROM timevmaps_internal.%I()', name)), 'Seq Scan on tv_import_edge%', name || ' reads the table itself')
FROM unnest('{tv_import_edges,tv_import_ways}'::text[]) name;
SELECT * FROM finish();
ROLLBACK;
