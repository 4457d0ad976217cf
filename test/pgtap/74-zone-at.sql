-- Which zones cover a point, whose they are at a moment of a branch, and shards.
BEGIN;
SELECT plan(83);
SET LOCAL timezone = 'UTC';

INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{}'), (2, 'small', '{"radius_m": 1000}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES
    (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2024-01-02'), (3, 1, 'twig', 2, '2024-01-01'), (4, 1, 'other', 1, '2024-01-05'), (5, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.layers (id, world_id, name, kind, exclusive) VALUES
    (1, 1, 'lands', 'territory', true), (2, 1, 'areas', 'zone', false), (3, 1, 'tiles', 'territory', true), (4, 2, 'lands', 'territory', true);
CREATE FUNCTION pg_temp.draw(id bigint, layer bigint, rings text, timeline bigint DEFAULT NULL, priority integer DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.zones (id, layer_id, name, geom, timeline_id, priority)
    VALUES (id, layer, 'z' || id, timevmaps.tv_read_area(format('{"type": "Polygon", "coordinates": [%s]}', rings)::jsonb), timeline, priority)
$$;
-- The zones at a point, and the same of tv_zones_of().
CREATE FUNCTION pg_temp.at(lon float, lat float, timeline bigint DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN a IS NOT DISTINCT FROM b THEN coalesce(a, '') ELSE concat(a, ' but of many ', b) END
    FROM (SELECT string_agg(zone_id::text, ',' ORDER BY n) FROM timevmaps.tv_zones_at(1, timeline, lon, lat) WITH ORDINALITY x (zone_id, c2, c3, c4, c5, c6, c7, c8, c9, n)) a (a),
         (SELECT string_agg(zone_id::text, ',' ORDER BY n) FROM timevmaps.tv_zones_of(1, timeline, ARRAY[lon], ARRAY[lat]) WITH ORDINALITY x (c1, zone_id, c3, n)) b (b)
$$;

-- Closed sets, with holes; straight edges; over the 180th meridian; at a pole.
SELECT pg_temp.draw(1, 2, '[[0,0],[1,0],[1,1],[0,1],[0,0]]') \g /dev/null
SELECT pg_temp.draw(2, 2, '[[3,3],[8,3],[8,8],[3,8],[3,3]],[[4,4],[6,4],[6,6],[4,6],[4,4]]') \g /dev/null
SELECT pg_temp.draw(3, 2, '[[170,-10],[-170,-10],[-170,10],[170,10],[170,-10]]') \g /dev/null
SELECT pg_temp.draw(4, 2, '[[-120,30],[-70,30],[-70,49],[-120,49],[-120,30]]') \g /dev/null
SELECT pg_temp.draw(5, 2, '[[0,80],[90,80],[180,80],[-90,80],[0,80]]') \g /dev/null
SELECT is(pg_temp.at(lon, lat), zones, format('%s %s', lon, lat))
FROM (VALUES (1, 0.5, '1'), (0, 0, '1'), (0.5, 1, '1'), (1.0000001, 0.5, ''), (4, 5, '2'), (5, 5, ''), (4, 4, '2'), (6, 6, '2'), (3.5, 3.5, '2'),
    (175, 0, '3'), (180, 0, '3'), (-180, 0, '3'), (-175, 10, '3'), (0, 0.5, '1'), (-169.999, 0, ''), (180, 10, '3'), (-180, 10.0001, ''),
    (-95, 50, ''), (-95, 49, '4'), (-95, 48.9, '4'), (123, 90, '5'), (-45, 80, '5'), (-45, 79.99, ''), (10, -90, '')) v (lon, lat, zones);
-- The smallest first; with a cap of a lesser one inside.
SELECT pg_temp.draw(6, 2, '[[0.2,0.2],[0.8,0.2],[0.8,0.8],[0.2,0.8],[0.2,0.2]]'), pg_temp.draw(7, 2, '[[-5,-5],[5,-5],[5,5],[-5,5],[-5,-5]]') \g /dev/null
SELECT is(pg_temp.at(0.5, 0.5), '6,1,7', 'the smallest first');

-- An exclusive layer: a border belongs to the lowest id, what several cover to the highest priority.
SELECT pg_temp.draw(11, 1, '[[20,0],[21,0],[21,1],[20,1],[20,0]]'), pg_temp.draw(12, 1, '[[21,0],[22,0],[22,1],[21,1],[21,0]]'), pg_temp.draw(13, 1, '[[20.5,0.5],[21.5,0.5],[21.5,2],[20.5,2],[20.5,0.5]]', NULL, 1) \g /dev/null
SELECT is(pg_temp.at(lon, lat), zones, format('exclusive: %s %s', lon, lat)) FROM (VALUES (21, 0.2, '11'), (21.2, 0.2, '12'), (21, 0.7, '13'), (20.5, 0.5, '13'), (21.5, 1.5, '13')) v (lon, lat, zones);

-- In a timeline: zones of it and of its ancestors.
SELECT pg_temp.draw(21, 2, '[[40,0],[41,0],[41,1],[40,1],[40,0]]', 2), pg_temp.draw(22, 2, '[[40,0],[42,0],[42,1],[40,1],[40,0]]', 4) \g /dev/null
SELECT is(pg_temp.at(40.5, 0.5, timeline), zones, 'timeline ' || timeline) FROM (VALUES (1, ''), (2, '21'), (3, '21'), (4, '22')) v (timeline, zones);

SELECT setval(pg_get_serial_sequence('timevmaps.zones', 'id'), 1000) \g /dev/null
-- A tiling with shared borders: each of 64,800 points is in one zone.
INSERT INTO timevmaps.zones (layer_id, geom)
SELECT 3, format('SRID=4326;MULTIPOLYGON(((%s %s,%s %s,%s %s,%s %s,%1$s %2$s)))', a.lon, a.lat, b.lon, b.lat, c.lon, c.lat, d.lon, d.lat)
FROM generate_series(0, 11) x, generate_series(0, 8) y,
    LATERAL (SELECT -180 + 30 * p + CASE WHEN p % 12 = 0 THEN 0 ELSE (p * 7 + q * 3) % 13 END, -90 + 20 * q + CASE WHEN q % 9 = 0 THEN 0 ELSE (p * 5 + q) % 7 END FROM (VALUES (x, y)) v (p, q)) a (lon, lat),
    LATERAL (SELECT -180 + 30 * p + CASE WHEN p % 12 = 0 THEN 0 ELSE (p * 7 + q * 3) % 13 END, -90 + 20 * q + CASE WHEN q % 9 = 0 THEN 0 ELSE (p * 5 + q) % 7 END FROM (VALUES (x + 1, y)) v (p, q)) b (lon, lat),
    LATERAL (SELECT -180 + 30 * p + CASE WHEN p % 12 = 0 THEN 0 ELSE (p * 7 + q * 3) % 13 END, -90 + 20 * q + CASE WHEN q % 9 = 0 THEN 0 ELSE (p * 5 + q) % 7 END FROM (VALUES (x + 1, y + 1)) v (p, q)) c (lon, lat),
    LATERAL (SELECT -180 + 30 * p + CASE WHEN p % 12 = 0 THEN 0 ELSE (p * 7 + q * 3) % 13 END, -90 + 20 * q + CASE WHEN q % 9 = 0 THEN 0 ELSE (p * 5 + q) % 7 END FROM (VALUES (x, y + 1)) v (p, q)) d (lon, lat);
CREATE TEMP TABLE grid AS SELECT row_number() OVER (ORDER BY lat, lon) AS n, lon::float, lat::float FROM generate_series(-180, 179) lon, generate_series(-90, 89) lat;
CREATE TEMP TABLE covered AS SELECT z.* FROM timevmaps.tv_zones_of(1, 1, (SELECT array_agg(lon ORDER BY n) FROM grid), (SELECT array_agg(lat ORDER BY n) FROM grid), 3) z;
SELECT is((SELECT count(DISTINCT point) FROM covered), 64800::bigint, 'no point is in no zone');
SELECT is((SELECT count(*) FROM covered), 64800::bigint, 'nor in two');
SELECT is_empty($$ SELECT g.n, c.zone_id, o.zone_id FROM grid g JOIN covered c ON c.point = g.n,
    LATERAL (SELECT min(z.id) FROM timevmaps.zones z WHERE z.layer_id = 3 AND (st_covers(z.geom, st_setsrid(st_makepoint(g.lon, g.lat), 4326))
        OR g.lon = -180 AND st_covers(z.geom, st_setsrid(st_makepoint(180, g.lat), 4326)) OR g.lat = -90 AND st_ymin(z.geom) = -90)) o (zone_id)
    WHERE g.n % 7 = 0 AND c.zone_id <> o.zone_id $$, 'it is the lowest of those that PostGIS finds');
SELECT is_empty($$ SELECT g.n FROM grid g JOIN covered c ON c.point = g.n WHERE g.n % 997 = 0
    AND c.zone_id <> (SELECT z.zone_id FROM timevmaps.tv_zones_at(1, 1, g.lon, g.lat) z WHERE z.layer_id = 3) $$, 'and the same of one point');
SELECT is((SELECT abs(sum(area_m2) / (4 * pi() * 6371008.8 ^ 2) - 1) < 1e-12 FROM timevmaps.tv_zones(1, 1, layer_id => 3)), true, 'all tiles are the globe');
SELECT pg_temp.draw(90, 4, '[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]') \g /dev/null
SELECT is((SELECT abs(area_m2 / (4 * pi() * 1e6) - 1) < 1e-12 FROM timevmaps.tv_zones(2, 5)), true, 'areas are of the world''s sphere');

-- Owners: the newest at or before the moment, inherited up to the fork.
SELECT timevmaps.tv_set_zone_owner(1, 1, 'ann', '2024-01-01'), timevmaps.tv_set_zone_owner(1, 1, 'ben', '2024-01-03'), timevmaps.tv_set_zone_owner(1, 1, NULL, '2024-01-06'),
    timevmaps.tv_set_zone_owner(1, 2, 'eve', '2024-01-04') \g /dev/null
CREATE FUNCTION pg_temp.owner(timeline bigint, t timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', coalesce(owner, '-'), to_char(owner_since, 'DD HH24:MI:SS')) FROM timevmaps.tv_zones_at(1, timeline, 0.1, 0.1, t) WHERE zone_id = 1
$$;
SELECT is(pg_temp.owner(timeline, t), owner, format('timeline %s at %s', timeline, t))
FROM (VALUES (1, '2023-12-31'::timestamptz, '-'), (1, '2024-01-01', 'ann 01 00:00:00'), (1, '2024-01-03', 'ben 03 00:00:00'), (1, '2024-01-02 23:59:59.999999', 'ann 01 00:00:00'), (1, '2024-01-07', '- 06 00:00:00'),
    (2, '2024-01-03', 'ann 01 00:00:00'), (2, '2024-01-05', 'eve 04 00:00:00'), (2, '2024-01-02', 'ann 01 00:00:00'), (3, '2024-01-05', 'ann 01 00:00:00'), (4, '2024-01-04', 'ben 03 00:00:00'),
    (4, '2024-01-07', 'ben 03 00:00:00'), (1, 'infinity', '- 06 00:00:00')) v (timeline, t, owner);
SELECT results_eq($$ SELECT owner, until::date, inherited FROM timevmaps.tv_zone_history(1, 2) $$, $$ VALUES ('ann', '2024-01-04'::date, true), ('eve', NULL, false) $$, 'the history of a branch');
SELECT timevmaps.tv_set_zone_owner(1, 2, 'eva', '2024-01-04') \g /dev/null
SELECT is((SELECT owner FROM timevmaps.tv_zones(1, 2, '2024-02-01') WHERE zone_id = 1), 'eva', 'said again it is corrected');
SELECT is(tests.refusal('SELECT timevmaps.' || call), refusal, call)
FROM (VALUES ('tv_set_zone_owner(1, 2, ''x'', ''2024-01-02'')', '23514 at or before the fork of the branch'), ('tv_set_zone_owner(1, 2, ''x'', ''infinity'')', '23514 new row for relation "zone_owners" violates check constraint "zone_owners_t_check"'),
    ('tv_set_zone_owner(99, 1, ''x'')', 'PT404 no such zone'), ('tv_set_zone_owner(1, 5, ''x'')', 'PT404 no such timeline'), ('tv_set_zone_owner(1, 1, ''x'', NULL)', '22023 t'),
    ('tv_zones_at(1, 1, 181, 0)', '22023 lon'), ('tv_zones_at(1, 1, 0, ''NaN'')', '22023 lat'), ('tv_zones_at(1, 1, 0, NULL)', '22023 lat'), ('tv_zones_at(1, 5, 0, 0)', 'PT404 no such timeline'),
    ('tv_zones_of(1, 1, ''{0,1}'', ''{0,NaN}'')', '22023 lats[2]'), ('tv_zones_of(1, 1, ''{0,NULL}'', ''{0,1}'')', '22023 lons[2]'), ('tv_zones_of(1, 1, ''{0,1}'', ''{0}'')', '22023 lats'),
    ('tv_zones_of(1, 1, ''{0}'', ''{0}'', 99)', 'PT404 no such layer'), ('tv_zones_of(1, 1, array_fill(0::float8, ARRAY[1000001]), array_fill(0::float8, ARRAY[1000001]))', '22023 lons')) v (call, refusal);

-- With policies of somebody's own rows are read as the caller, with the same answer but for what he hides.
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
SET LOCAL SESSION AUTHORIZATION eve;
CREATE TEMP TABLE seen AS SELECT c.* FROM timevmaps.tv_zones_of(1, 1, ARRAY[0.5, 21, 175], ARRAY[0.5, 0.2, 0]) c;
RESET SESSION AUTHORIZATION;
CREATE POLICY shy ON timevmaps.zones AS RESTRICTIVE FOR SELECT TO tv_player USING (id <> 6);
SET LOCAL SESSION AUTHORIZATION eve;
SELECT set_eq('SELECT c.* FROM timevmaps.tv_zones_of(1, 1, ARRAY[0.5, 21, 175], ARRAY[0.5, 0.2, 0]) c', 'SELECT * FROM seen WHERE zone_id <> 6', 'policies of others hold');
SELECT is((SELECT count(*) FROM timevmaps.tv_zones_at(1, 1, 0.5, 0.5) WHERE zone_id = 6), 0::bigint, '... of one point, too');
RESET SESSION AUTHORIZATION;

-- Shards.
SELECT is_empty($$ SELECT lon, lat, level FROM (SELECT random() * 360 - 180, random() * 180 - 90, floor(random() * 27)::integer FROM generate_series(1, 2000)) v (lon, lat, level),
    LATERAL timevmaps.tv_morton_cell(timevmaps.tv_morton(lon, lat, level), level) c
    WHERE NOT (c.west <= lon AND lon < c.east AND c.south <= lat AND lat < c.north AND timevmaps.tv_morton(c.west, c.south, level) = timevmaps.tv_morton(lon, lat, level)) $$, 'a point is in its cell');
SELECT is_empty($$ SELECT cell FROM generate_series(0, 4095) cell, LATERAL timevmaps.tv_morton_cell(cell, 6) c
    WHERE timevmaps.tv_morton((c.west + c.east) / 2, (c.south + c.north) / 2, 6) <> cell
       OR timevmaps.tv_morton((c.west + c.east) / 2, (c.south + c.north) / 2, 5) <> cell >> 2 $$, 'cells and back, and their parents');
SELECT is(ARRAY(SELECT timevmaps.tv_morton(x * 90 - 179, y * 45 - 89, 2) FROM generate_series(0, 3) y, generate_series(0, 3) x), '{0,1,4,5,2,3,6,7,8,9,12,13,10,11,14,15}', 'the order of cells');
SELECT is(ARRAY[timevmaps.tv_morton(180, 90, 26), timevmaps.tv_morton(-180, -90, 26), timevmaps.tv_morton(7, 7, 0)], '{4503599627370495,0,0}', 'the ends');
SELECT is_empty($$ SELECT shards, shard FROM (VALUES (1), (3), (7), (64)) s (shards), generate_series(0, 4095) cell, LATERAL timevmaps.tv_morton_cell(cell, 6) c,
        LATERAL timevmaps.tv_shard_of(c.west, c.south, shards, 6) shard GROUP BY shards, shard HAVING abs(count(*) - 4096.0 / shards) >= 1 OR max(cell) - min(cell) + 1 <> count(*) $$,
    'shards are pieces of the curve, as large as each other to one cell');
SELECT is_empty($$ SELECT lon FROM (SELECT random() * 360 - 180, random() * 180 - 90, (1 + random() * 65535)::integer, 8 + (random() * 18)::integer FROM generate_series(1, 2000)) v (lon, lat, shards, level)
    WHERE timevmaps.tv_shard_of(lon, lat, shards, level) <> floor(timevmaps.tv_morton(lon, lat, level)::numeric * shards / 4::numeric ^ level) $$, 'by the same rule at every level');
SELECT is(tests.refusal('SELECT timevmaps.' || call), refusal, call)
FROM (VALUES ('tv_morton(0, 0, 27)', '22023 level'), ('tv_morton(0, 0, -1)', '22023 level'), ('tv_morton(''NaN'', 0, 2)', '22023 lon'), ('tv_morton_cell(16, 2)', '22023 cell'), ('tv_morton_cell(-1, 2)', '22023 cell'),
    ('tv_shard_of(0, 0, 0)', '22023 shards'), ('tv_shard_of(0, 0, 17, 2)', '22023 shards')) v (call, refusal);

SELECT * FROM finish();
ROLLBACK;
