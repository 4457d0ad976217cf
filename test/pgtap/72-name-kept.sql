-- Names are what places, segments and zones say, whatever is done with these; whose world it is and on which timeline.
BEGIN;
SELECT plan(30);

INSERT INTO timevmaps.worlds (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'named'), (2, 'other');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (3, 1, 'branch', 1);

CREATE FUNCTION pg_temp.names(kind text, id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', x.seq, x.lang, quote_literal(x.name), x.folded), ', ' ORDER BY x.seq), 'none')
    FROM timevmaps.names x WHERE x.kind = $1 AND x.ref_id = $2
$$;
-- What reconciling would find wrong.
CREATE FUNCTION pg_temp.wrong() RETURNS bigint LANGUAGE sql AS $$ SELECT timevmaps_internal.tv_names_reconcile(true) $$;

INSERT INTO timevmaps.places (id, world_id, name, lat, lon, props) VALUES
    (1, 1, 'Löhningen', 47.7, 8.55, '{"population": 1500}'),
    (2, 1, NULL, 47.7, 8.56, '{"highway": "crossing", "source_id": "77"}'),
    (3, 1, 'Chambéry', 45.57, 5.92, '{"name:it": "Ciamberì", "alt_name": "Chamberi; Chambery", "importance": 0.5, "population": 1000000, "name:etymology": "no"}'),
    (4, 1, '…', 1, 1, '{}'),
    (5, 2, NULL, 1, 1, '{"name": "Only in props", "population": "1000"}');
SELECT is(pg_temp.names('place', 1), $$0 'Löhningen' lohningen, 1 'Löhningen' loehningen$$, 'a name, and the umlaut as two letters');
SELECT is(pg_temp.names('place', 2), 'none', 'none');
SELECT is(pg_temp.names('place', 3), $$0 'Chambéry' chambery, 1 it 'Ciamberì' ciamberi, 2 'Chamberi' chamberi$$, 'other names, languages, none twice');
SELECT is(pg_temp.names('place', 4), 'none', 'nothing is left of it');
SELECT is(pg_temp.names('place', 5), $$0 'Only in props' only in props$$, 'in props alone');
SELECT is((SELECT array_agg(round(importance::numeric, 4) ORDER BY ref_id) FROM timevmaps.names WHERE seq = 0), '{0.3176,0.5000,0.3000}', 'importance, else the logarithm of population');
SELECT is((SELECT array_agg((world_id, lon, lat, reach)::text) FROM timevmaps.names WHERE ref_id = 5), ARRAY['(2,1,1,0)'], 'world and position');

UPDATE timevmaps.places SET name = 'Chambery-le-Vieux', props = '{}' WHERE id = 3;
SELECT is(pg_temp.names('place', 3), $$0 'Chambery-le-Vieux' chambery le vieux$$, 'another name');
UPDATE timevmaps.places SET name = NULL WHERE id IN (1, 3);
SELECT is(pg_temp.names('place', 1) || pg_temp.names('place', 3), 'nonenone', 'none any more');
UPDATE timevmaps.places SET name = 'Now' WHERE id = 2;
SELECT is(pg_temp.names('place', 2), $$0 'Now' now$$, 'a first one');
UPDATE timevmaps.places SET lon = 9 WHERE id = 2;
SELECT is((SELECT lon FROM timevmaps.names WHERE ref_id = 2), 9::float8, 'moved');
UPDATE timevmaps.places SET name = 'p' || id;
SELECT is((SELECT string_agg(name, ' ' ORDER BY ref_id) FROM timevmaps.names WHERE seq = 0), 'p1 p2 p3 p4 p5', 'all at once');
SELECT is(pg_temp.wrong(), 0::bigint, 'and none is wrong');

INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, geom, props) VALUES
    (1, 1, 1, 2, 100, 50, 'SRID=4326;LINESTRING(10 50, 10.2 50, 10.2 50.1)', '{"name": "Hauptstraße", "ref": "E 6;E 20"}'),
    (2, 1, 1, 2, 100, 50, NULL, '{"name": "Straight"}'),
    (3, 1, 1, 2, 100, 50, 'SRID=4326;LINESTRING(179.5 0, -179.5 0)', '{"name": "Over"}'),
    (4, 1, 1, 2, 100, 50, NULL, '{"highway": "residential"}');
SELECT is(pg_temp.names('segment', 1), $$0 'E 6' e 6, 1 'E 20' e 20, 2 'Hauptstraße' hauptstrasse$$, 'names and numbers of roads');
SELECT is((SELECT array_agg((ref_id, round(lon), round(lat::numeric, 2), round(reach::numeric, 2))::text ORDER BY ref_id) FROM timevmaps.names WHERE kind = 'segment' AND seq = 0),
    '{"(1,10,50.05,0.15)","(2,,,)","(3,180,0.00,0.50)"}'::text[], 'the middle of a course, over the 180th meridian, too');
UPDATE timevmaps.segments SET speed_kph = 60;
UPDATE timevmaps.segments SET timeline_id = 3 WHERE id = 1;
SELECT is((SELECT array_agg(DISTINCT timeline_id) FROM timevmaps.names WHERE kind = 'segment' AND ref_id = 1), '{3}', 'of a timeline');
UPDATE timevmaps.segments SET geom = 'SRID=4326;LINESTRING(11 50, 11 51)' WHERE id = 1;
SELECT is((SELECT lat FROM timevmaps.names WHERE kind = 'segment' AND ref_id = 1 AND seq = 0), 50.5::float8, 'another course');
SELECT is(pg_temp.wrong(), 0::bigint, 'and none is wrong');

INSERT INTO timevmaps.layers (id, world_id, name) VALUES (1, 1, 'areas');
INSERT INTO timevmaps.zones (id, layer_id, name, geom) VALUES (1, 1, 'Zone A', 'SRID=4326;MULTIPOLYGON(((0 0, 2 0, 2 2, 0 2, 0 0)))');
SELECT is(pg_temp.names('zone', 1), $$0 'Zone A' zone a$$, 'zones');
SELECT is((SELECT array_agg((lon, lat)::text) FROM timevmaps.names WHERE kind = 'zone'), '{"(1,1)"}', '... at a point in them');
UPDATE timevmaps.zones SET name = 'Zone B';
SELECT is(pg_temp.names('zone', 1), $$0 'Zone B' zone b$$, '... called something else');
DELETE FROM timevmaps.layers;
SELECT is(pg_temp.names('zone', 1), 'none', '... gone with their layer');

DELETE FROM timevmaps.segments WHERE id = 1;
SELECT is(pg_temp.names('segment', 1), 'none', 'deleted');
-- What somebody does with triggers off, tv_init() finds.
SET session_replication_role = replica;
UPDATE timevmaps.segments SET props = '{"name": "By replication"}' WHERE id = 4;
SELECT is(pg_temp.names('segment', 4), $$0 'By replication' by replication$$, 'a row that arrives');
INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, name, folded, importance) VALUES (1, 'place', 1, 7, 'x', 'x', 0);
SELECT is((SELECT count(*) FROM timevmaps.names WHERE name = 'x'), 0::bigint, 'names themselves are not taken in');
RESET session_replication_role;
ALTER TABLE timevmaps.segments DISABLE TRIGGER USER;
DELETE FROM timevmaps.segments WHERE id = 2;
UPDATE timevmaps.segments SET props = '{"name": "Unseen"}' WHERE id = 3;
ALTER TABLE timevmaps.segments ENABLE TRIGGER USER;
SELECT is(pg_temp.names('segment', 2) || pg_temp.names('segment', 3), $$0 'Straight' straight0 'Over' over$$, 'what was done with triggers off');
SELECT lives_ok('SELECT timevmaps.tv_init()', 'tv_init() looks for what is missing');
SELECT is(pg_temp.names('segment', 2) || pg_temp.names('segment', 3), $$none0 'Unseen' unseen$$, '... tv_init() makes up for');
TRUNCATE timevmaps.segments CASCADE;
SELECT is((SELECT count(*) FROM timevmaps.names WHERE kind = 'segment'), 0::bigint, 'a table that is emptied');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.names', 'tv_analyst'), '42501', 'clients do not read the table');
SELECT * FROM finish();
ROLLBACK;
