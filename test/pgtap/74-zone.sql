-- Zones as they are drawn: what is taken and how it is kept, and what is refused and where.
BEGIN;
SELECT plan(65);

INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one'), (2, 'two');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
INSERT INTO timevmaps.layers (id, world_id, name, kind, exclusive) VALUES (1, 1, 'lands', 'territory', true), (2, 2, 'lands', 'territory', true);

CREATE FUNCTION pg_temp.polygon(rings text) RETURNS jsonb LANGUAGE sql AS $$ SELECT format('{"type": "Polygon", "coordinates": [%s]}', rings)::jsonb $$;
CREATE FUNCTION pg_temp.drawn(rings text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s', substr(st_astext(z.geom), 13), z.bbox) FROM timevmaps.tv_draw_zone(1, 'x', pg_temp.polygon(rings)) z
$$;

-- What is drawn within the map is kept to the last bit; what leads over the 180th meridian is cut there.
SELECT is(pg_temp.drawn('[[0.1,0.2],[1.3,0.2],[1.3,1.7],[0.1,0.2]]'), '(((0.1 0.2,1.3 0.2,1.3 1.7,0.1 0.2))) {0.1,0.2,1.3,1.7}', 'a triangle');
SELECT is(pg_temp.drawn('[[170,-10],[-170,-10],[-170,10],[170,10],[170,-10]]'),
    '(((170 -10,180 -10,180 10,170 10,170 -10)),((-170 10,-180 10,-180 -10,-170 -10,-170 10))) {170,-10,-170,10}', 'over the 180th meridian: two parts, west is more than east');
SELECT is(pg_temp.drawn('[[170,-10],[170,10],[-170,10],[-170,-10],[170,-10]]') LIKE '% {170,-10,-170,10}', true, 'the other way round as well');
SELECT is(pg_temp.drawn('[[180,0],[-170,0],[-170,10],[180,10],[180,0]]'), '(((-170 10,-180 10,-180 0,-170 0,-170 10))) {-180,0,-170,10}', 'from the meridian on, named from the other side');
SELECT is(pg_temp.drawn('[[170,0],[-170,0],[-170,10],[170,10],[170,0]],[[175,4],[-175,4],[-175,6],[175,6],[175,4]]'),
    '(((170 0,180 0,180 4,175 4,175 6,180 6,180 10,170 10,170 0)),((-170 10,-180 10,-180 6,-175 6,-175 4,-180 4,-180 0,-170 0,-170 10))) {170,0,-170,10}', 'with a hole over it');
SELECT is(pg_temp.drawn('[[170,0],[-170,0],[-170,10],[170,10],[170,0]],[[-176,4],[-174,4],[-174,6],[-176,4]]') ~ '\(-176 4,-174 6,-174 4,-176 4\)|\(-176 4,-174 4,-174 6,-176 4\)|\(-17[46] [46],.*-17[46] [46]\)', true, 'with a hole beyond it');
SELECT is(pg_temp.drawn('[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]'), '(((-180 -90,180 -90,180 90,-180 90,-180 -90))) {-180,-90,180,90}', 'the whole world');
SELECT is(pg_temp.drawn('[[-180,-90],[180,-90],[180,-84],[60,-65],[-60,-65],[-180,-84],[-180,-90]]'), '(((-180 -90,180 -90,180 -84,60 -65,-60 -65,-180 -84,-180 -90))) {-180,-90,180,-65}', 'a pole, as maps draw it');
SELECT is(pg_temp.drawn('[[0,80],[90,80],[180,80],[-90,80],[0,80]]') LIKE '%{-180,80,180,90}', true, 'a ring round a pole has it in it');
SELECT is(bbox, '{172,50,-67,52}', 'the box leaves out the widest gap')
FROM timevmaps.tv_draw_zone(1, 'states', '{"type": "MultiPolygon", "coordinates": [[[[172,50],[178,50],[178,52],[172,50]]],[[[-160,50],[-67,50],[-67,52],[-160,50]]]]}');
SELECT is(bbox, '{-5,0,5,1}', 'over 0 degrees it is as usual')
FROM timevmaps.tv_draw_zone(1, 'two', '{"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": [[[[-5,0],[-4,0],[-4,1],[-5,0]]],[[[4,0],[5,0],[5,1],[4,0]]]]}}');

-- Two that share an edge over the meridian are cut at the same point, whichever way it was drawn.
SELECT pg_temp.drawn('[[179.1,1.3],[-178.7,2.9],[-179,9],[179,9],[179.1,1.3]]'), pg_temp.drawn('[[-178.7,2.9],[179.1,1.3],[179,-9],[-179,-9],[-178.7,2.9]]') \g /dev/null
SELECT is(count(DISTINCT p.geom), 4::bigint, 'neighbours over the meridian fit') FROM timevmaps.zones z, LATERAL st_dumppoints(z.geom) p
WHERE z.id > (SELECT max(id) - 2 FROM timevmaps.zones) AND abs(st_x(p.geom)) = 180 AND st_y(p.geom) BETWEEN 1 AND 9;

-- Areas: a degree square in closed form, the world, a cap, a small one far north.
SELECT ok(abs(steradians / (radians(1) * (sin(radians(1)) - 0)) - 1) < 1e-14, 'a square of one degree')
FROM timevmaps.tv_draw_zone(1, 's', pg_temp.polygon('[[0,0],[1,0],[1,1],[0,1],[0,0]]'));
SELECT ok(abs(steradians / (4 * pi()) - 1) < 1e-14, 'the whole world') FROM timevmaps.tv_draw_zone(1, 's', pg_temp.polygon('[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]'));
SELECT ok(abs(steradians / (2 * pi() * (1 - sin(radians(80)))) - 1) < 1e-12, 'a cap') FROM timevmaps.tv_draw_zone(1, 's', pg_temp.polygon('[[0,80],[90,80],[180,80],[-90,80],[0,80]]'));
SELECT ok(abs(z.steradians / (radians(0.0001) * radians(0.0001) * cos(radians(85.00005))) - 1) < 1e-6, 'ten metres far north')
FROM timevmaps.tv_draw_zone(1, 's', pg_temp.polygon('[[10,85],[10.0001,85],[10.0001,85.0001],[10,85.0001],[10,85]]')) z;
SELECT ok(abs(steradians / (radians(1) * sin(radians(1)) - radians(0.5) * (sin(radians(0.75)) - sin(radians(0.25)))) - 1) < 1e-13, 'without its hole')
FROM timevmaps.tv_draw_zone(1, 's', pg_temp.polygon('[[0,0],[1,0],[1,1],[0,1],[0,0]],[[0.25,0.25],[0.75,0.25],[0.75,0.75],[0.25,0.75],[0.25,0.25]]'));

SELECT is(st_astext(timevmaps.tv_read_area(pg_temp.polygon('[[170,0],[-170,0],[-170,1],[170,0]]'))), 'MULTIPOLYGON(((170 0,-170 0,-170 1,170 0)))', 'an area is read as it is drawn');

-- What is refused: the path, what is wrong, and where. Nothing is stored then.
CREATE TEMP TABLE before AS SELECT count(*) AS zones FROM timevmaps.zones;
CREATE FUNCTION pg_temp.refused(area text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('|', coalesce(state, 'done'), message, nullif(detail, '')) FROM tests.attempt(format('SELECT timevmaps.tv_draw_zone(1, ''x'', %L)', area))
$$;
SELECT is(pg_temp.refused(format('{"type": "Polygon", "coordinates": %s}', coordinates)), '22023|' || told, coordinates)
FROM (VALUES
    ('[[[0,0],[2,2],[2,0],[0,2],[0,0]]]', 'geom: not a valid area|Self-intersection at 1 1.'),
    ('[[[177,0],[-179,2],[-179,0],[177,2],[177,0]]]', 'geom: not a valid area|Self-intersection at 179 1.'),
    ('[[[179,0],[-177,2],[-177,0],[179,2],[179,0]]]', 'geom: not a valid area|Self-intersection at -179 1.'),
    ('[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,2],[1,1]],[[1.5,1.5],[3,1.5],[3,3],[1.5,1.5]]]', 'geom: not a valid area|Self-intersection at 2 1.5.'),
    ('[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[5,5],[6,5],[6,6],[5,5]]]', 'geom: not a valid area|Hole lies outside shell at 5 5.'),
    ('[[[0,0],[1,0],[2,0],[0,0]]]', 'geom: not a valid area|Self-intersection at 1 0.'),
    ('[[[0,0],[2,2],[2,0],[0,2]]]', 'area.coordinates[0]: ring is not closed|It begins at 0 0 and ends at 0 2.'),
    ('[[[0,0],[2,2],[0,0]]]', 'area.coordinates[0]: too few positions|It has 3.'),
    ('[[]]', 'area.coordinates[0]: too few positions|It has 0.'),
    ('[]', 'area.coordinates: polygon without rings'),
    ('[[[0,0],[2,91],[2,0],[0,0]]]', 'area.coordinates[0][1]: position out of range|It is 2 91.'),
    ('[[[0,0],[181,1],[2,0],[0,0]]]', 'area.coordinates[0][1]: position out of range|It is 181 1.'),
    ('[[[0,0],[2,9,1],[2,0],[0,0]]]', 'area.coordinates[0][1]: not a position of two dimensions|It has 3 numbers.'),
    ('[[[0,0],["2",9],[2,0],[0,0]]]', 'area.coordinates[0][1][0]: not a number|It is "2".'),
    ('[[[0,0],[1e400,9],[2,0],[0,0]]]', 'area.coordinates[0][1][0]: not a finite number|10000000000000000000... (401 digits) is beyond double precision.'),
    ('[[[-170,-80],[-60,70],[60,-70],[170,80],[-170,-80]]]', 'area.coordinates[0]: ring goes round and crosses the equator'),
    ('[[[0,80],[120,80],[-120,80],[0,80],[120,70],[-120,70],[0,80]]]', 'area.coordinates[0]: ring goes round more than once'),
    ('[[[0,60],[120,60],[-120,60],[0,60]],[[0,80],[120,80],[-120,80],[0,80]]]', 'area.coordinates[1]: hole goes round a pole')) v (coordinates, told);
SELECT is(pg_temp.refused(area), '22023|' || told, area)
FROM (VALUES ('{"type": "MultiPolygon", "coordinates": []}', 'area.coordinates: area is empty'),
    ('{"type": "MultiPolygon", "coordinates": [[[[0,0],[1,0],[1,1],[0,0]]],[[[0,0],[1,0],[1,1],[0,0]]]]}', 'geom: not a valid area|Self-intersection at 1 0.'),
    ('{"type": "MultiPolygon", "coordinates": [[[[179,0],[-179,0],[-179,1],[179,0]]],[[[-179.75,0],[-177.75,0],[-177.75,1],[-179.75,0]]]]}', 'geom: not a valid area|Self-intersection at -179 0.375.'),
    ('{"type": "MultiPolygon", "coordinates": [[[[0,0],[1,0],[1,1],[0,0]]],[[[0,0],[1,0],[1,1]]]]}', 'area.coordinates[1][0]: too few positions|It has 3.'),
    ('{"type": "Point", "coordinates": [0,0]}', 'area.type: not an area|It is "Point".'),
    ('{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[0,0],[2,2],[2,0],[0,2]]]}}', 'area.geometry.coordinates[0]: ring is not closed|It begins at 0 0 and ends at 0 2.'),
    ('{"type": "Polygon", "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}, "coordinates": []}', 'area.crs: another system of coordinates'),
    ('{"type": "Polygon"}', 'area.coordinates: missing'), ('{}', 'area.type: missing'), ('[]', 'area: not an object|It is a list.')) v (area, told);
SELECT is(split_part(pg_temp.refused(format('{"type": "Polygon", "coordinates": [[%s]]}', (SELECT string_agg('[0,0]', ',') FROM generate_series(1, 262145)))), '|', 2),
    'area.coordinates[0][262144]: too many positions', 'too many');
-- The same by plain INSERT, where PostGIS has read it.
SELECT is(concat_ws('|', state, message, nullif(detail, '')), '22023|' || told, shape)
FROM (VALUES ('SRID=4326;MULTIPOLYGON EMPTY', 'geom: area is empty'), ('SRID=4326;MULTIPOLYGON(((0 0,1 1,NaN 0,0 0)))', 'geom[0][0][2]: position out of range|It is NaN 0.'),
    ('SRID=3857;MULTIPOLYGON(((0 0,1 1,1 0,0 0)))', 'Geometry SRID (3857) does not match column SRID (4326)'), ('SRID=4326;MULTIPOLYGON Z(((0 0 1,1 1 1,1 0 1,0 0 1)))', 'Geometry has Z dimension but column does not'),
    ('SRID=4326;POINT(0 0)', 'Geometry type (Point) does not match column type (MultiPolygon)'),
    ('{"type":"MultiPolygon","coordinates":[[[[0,0],[2,2],[2,0],[1,1]]]]}', 'geom[0][0]: ring is not closed|It begins at 0 0 and ends at 1 1.')) v (shape, told),
    tests.attempt(format('INSERT INTO timevmaps.zones (layer_id, geom) VALUES (1, %L)', shape));
SELECT is((SELECT count(*) FROM timevmaps.zones), zones, 'nothing was stored') FROM before;
SELECT is(tests.refusal('SELECT timevmaps.' || call), refusal, call)
FROM (VALUES ('tv_draw_zone(NULL, ''x'', ''{}'')', '22023 layer_id'), ('tv_draw_zone(1, ''x'', NULL)', '22023 area'), ('tv_draw_zone(99, ''x'', ''{}'')', 'PT404 no such layer'),
    ('tv_draw_zone(1, ''x'', ''{}'', 99)', 'PT404 no such timeline'),
    ('tv_draw_zone(1, ''x'', ''{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}'', 2)', '23503 insert or update on table "zones" violates foreign key constraint "zones_timeline_fkey"')) v (call, refusal);

-- A zone that is drawn again is measured again.
UPDATE timevmaps.zones SET geom = 'SRID=4326;MULTIPOLYGON(((175 0,-175 0,-175 1,175 0)))' WHERE id = (SELECT max(id) FROM timevmaps.zones);
SELECT is(bbox, '{175,0,-175,1}', 'drawn again') FROM timevmaps.zones ORDER BY id DESC LIMIT 1;

-- Who may: editors of the world draw, by the function and by plain rows; others read what they see.
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
UPDATE timevmaps.worlds SET owner = 'ann', visibility = 'private' WHERE id = 1;
SET LOCAL SESSION AUTHORIZATION ann;
SELECT is(tests.outcome($$ INSERT INTO timevmaps.zones (layer_id, geom) VALUES (1, 'SRID=4326;MULTIPOLYGON(((0 0,1 0,1 1,0 0)))') RETURNING bbox $$), '{0,0,1,1}', 'an editor draws by a row');
SELECT is(tests.outcome($$ SELECT (timevmaps.tv_draw_zone(1, 'x', '{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}')).bbox $$), '{0,0,1,1}', '... and by the function');
SELECT is(tests.outcome($$ SELECT (timevmaps.tv_draw_zone(2, 'x', '{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}')).bbox $$), '42501', 'not in a world of others');
SET LOCAL SESSION AUTHORIZATION eve;
SELECT is(tests.outcome($$ SELECT count(*) FROM timevmaps.zones $$), '0', 'who does not see the world sees no zone');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_draw_zone(2, 'x', '{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}') $$), '42501', 'a player draws none');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
