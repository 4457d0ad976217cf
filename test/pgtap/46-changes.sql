-- The log of changes: each statement writes one row a world (and timeline, of overrides), with the rows that it has changed.
\set QUIET on
BEGIN;
SELECT no_plan();

-- What has been written since it was last asked: world, timeline, kind and rows, a line each.
CREATE TEMPORARY SEQUENCE asked MINVALUE 0 START 0;
CREATE FUNCTION pg_temp.written() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(line, '; ' ORDER BY line), '')
    FROM (SELECT concat_ws(' ', c.world_id, 't' || c.timeline_id, c.kind,
                           coalesce((SELECT string_agg(id::text, ',' ORDER BY id) FROM unnest(c.ids) id), 'null')) AS line
          FROM timevmaps.network_changes c, (SELECT setval('asked', (SELECT coalesce(max(id), 0) FROM timevmaps.network_changes)), last_value FROM asked) s
          WHERE c.id > s.last_value) l
$$;

INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one'), (2, 'two');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 2, 'main', NULL), (3, 1, 'branch', 1);

SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 1), (3, 2, 0, 0), (4, 2, 0, 1)$$, '1 p 1,2; 2 p 3,4');
SELECT tests.writes($$INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
    VALUES (1, 1, 1, 2, 9, 9), (2, 1, 2, 1, 9, 9), (3, 2, 3, 4, 9, 9)$$, '1 s 1,2; 2 s 3');
SELECT tests.writes($$INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) VALUES (1, 1, 5), (1, 2, 5), (3, 1, 5), (2, 3, 5)$$,
    '1 t1 o 1,2; 1 t3 o 1; 2 t2 o 3');
SELECT tests.writes($$INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id)
    VALUES (1, 1, 1, 2, 3), (2, 1, 1, 3, 1), (3, 2, 4, 2, 3)$$, '1 g 1,2; 2 g 1,3');

SELECT tests.writes($$INSERT INTO timevmaps.turns (id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule)
    VALUES (1, 1, 1, 2, 2, 'no'), (2, 1, 2, 2, 2, 'no'), (3, 3, 1, 1, 1, 'no'), (4, NULL, 2, 1, 2, 'no'), (5, NULL, 3, 3, 3, 'no')$$, '1 t 1; 1 t1 t 2; 1 t3 t 1; 2 t 3');

-- Updates, of what routes ask for.
SELECT tests.writes('UPDATE timevmaps.places SET lat = 1 WHERE id IN (1, 3)', '1 p 1; 2 p 3');
SELECT tests.writes('UPDATE timevmaps.places SET lon = lon + id - 2', '1 p 1; 2 p 3,4');
SELECT tests.writes('UPDATE timevmaps.places SET name = id::text, props = ''{"a": 1}''', '');
SELECT tests.writes('UPDATE timevmaps.segments SET ' || change || ' WHERE id = 1', '1 s 1')
FROM unnest(ARRAY['a_place_id = 2', 'b_place_id = 1', 'length_m = 8', 'speed_kph = 8', 'base_drag = 1', 'oneway = true', 'timeline_id = 3',
                  'geom = st_setsrid(st_makeline(st_point(0, 0), st_point(1, 1)), 4326)', 'geom = NULL',
                  'class = ''path''', 'max_height_m = 4', 'max_width_m = 3', 'max_length_m = 9', 'max_weight_kg = 3500', 'gate = true']) change;
SELECT tests.writes('UPDATE timevmaps.segments SET length_m = length_m + 1', '1 s 1,2; 2 s 3');
SELECT tests.writes('UPDATE timevmaps.segments SET length_m = length_m, props = ''{"a": 1}''', '');
SELECT tests.writes('UPDATE timevmaps.segment_overrides SET closed = true WHERE segment_id = 1', '1 t1 o 1; 1 t3 o 1');
SELECT tests.writes('UPDATE timevmaps.segment_overrides SET timeline_id = 3 WHERE segment_id = 2', '1 t1 o 2; 1 t3 o 2');
SELECT tests.writes('UPDATE timevmaps.segment_overrides SET gate = true, class = ''path'' WHERE segment_id = 1', '1 t1 o 1; 1 t3 o 1');
SELECT tests.writes('UPDATE timevmaps.turns SET rule = ''cost'', penalty_s = 9 WHERE id <> 3', '1 t 1; 1 t1 t 2; 2 t 3');
SELECT tests.writes('UPDATE timevmaps.turns SET via_place_id = 1 WHERE id = 1', '1 t1 t 1,2');
SELECT tests.writes('UPDATE timevmaps.gateways SET fidelity = 0.5 WHERE id < 3', '1 g 1,2; 2 g 1');
SELECT tests.writes('UPDATE timevmaps.gateways SET to_timeline_id = 2, to_place_id = 3 WHERE id = 2', '1 g 2; 2 g 2');

-- A statement that finds nothing writes nothing; one that inserts or updates writes what it did.
SELECT tests.writes(format('UPDATE timevmaps.%I SET %I = %2$I WHERE false', name, col), '')
FROM (VALUES ('places', 'lat'), ('segments', 'length_m'), ('segment_overrides', 'length_m'), ('turns', 'note'), ('gateways', 'fidelity')) t (name, col);
SELECT tests.writes(format('DELETE FROM timevmaps.%I WHERE false', name), '') FROM unnest(ARRAY['places', 'segments', 'segment_overrides', 'turns', 'gateways']) name;
SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 7, 7), (5, 1, 7, 7)
    ON CONFLICT (id) DO UPDATE SET lat = excluded.lat$$, '1 p 1; 1 p 5');

-- Where ids and worlds move, which only a replica's sessions can, both are written.
SET LOCAL session_replication_role = replica;
SELECT tests.writes('UPDATE timevmaps.places SET id = 6 WHERE id = 5', '1 p 5,6');
SELECT tests.writes('UPDATE timevmaps.places SET world_id = 2 WHERE id = 6', '1 p 6; 2 p 6');
SELECT tests.writes('UPDATE timevmaps.segments SET id = 7, world_id = 1 WHERE id = 3', '1 s 7; 2 s 3');
SELECT tests.writes('UPDATE timevmaps.segments SET id = 3, world_id = 2 WHERE id = 7', '1 s 7; 2 s 3');
SET LOCAL session_replication_role = origin;

SELECT tests.writes('DELETE FROM timevmaps.gateways WHERE id < 3', '1 g 1,2; 2 g 1,2');
SELECT tests.writes('DELETE FROM timevmaps.segment_overrides WHERE segment_id <> 3', '1 t1 o 1; 1 t3 o 1,2');
SELECT tests.writes('DELETE FROM timevmaps.turns WHERE id < 3', '1 t1 t 1,2');
SELECT tests.writes('DELETE FROM timevmaps.segments', '1 s 1,2; 1 t 1; 1 t3 t 1; 2 s 3; 2 t 3; 2 t2 o 3');
SELECT tests.writes('DELETE FROM timevmaps.places WHERE id IN (1, 6)', '1 p 1; 2 p 6');

-- Up to 10,000 rows of a world are named.
SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 1 + (n > 20001)::integer, 0, 0 FROM generate_series(10001, 20002) n$$,
    '1 p null; 2 p 20002');
SELECT tests.writes('UPDATE timevmaps.places SET lat = 1 WHERE id > 10000', '1 p null; 2 p 20002');
SELECT pg_temp.written() \gset
DELETE FROM timevmaps.places WHERE id > 10001;
SELECT matches(pg_temp.written(), '^1 p 10002,[0-9,]*,20001; 2 p 20002$', '10,000 are named');

SELECT tests.writes('TRUNCATE timevmaps.' || name || ' CASCADE', written) FROM (VALUES ('gateways', '0 g null'), ('segment_overrides', '0 o null')) t (name, written);
SELECT tests.writes('TRUNCATE timevmaps.places, timevmaps.segments CASCADE', '0 g null; 0 o null; 0 p null; 0 s null; 0 t null');

-- tv_init() has those fire in every session, and leaves triggers of others alone, whatever they are called.
CREATE TRIGGER audit_log_row AFTER UPDATE ON timevmaps.places FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER audit_log_insert AFTER INSERT ON timevmaps.places FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE timevmaps.places ENABLE TRIGGER ALL;
SELECT isnt_empty('SELECT timevmaps.tv_init()', 'modes are set again');
SELECT is(string_agg(format('%s %s', tgname, tgenabled), ', ' ORDER BY tgname), 'audit_log_insert O, audit_log_row O, places_log_insert A, places_log_row R', 'of our triggers alone')
FROM pg_trigger WHERE tgrelid = 'timevmaps.places'::regclass AND tgname ~ '_log_(insert|row)$';
DROP TRIGGER audit_log_row ON timevmaps.places;
DROP TRIGGER audit_log_insert ON timevmaps.places;

-- Without the extension, too.
DROP EXTENSION timevmaps;
SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0)$$, '1 p 1');
SELECT tests.writes('UPDATE timevmaps.places SET lat = 1', '1 p 1');
SELECT tests.writes('DELETE FROM timevmaps.places', '1 p 1');
SELECT tests.writes('TRUNCATE timevmaps.gateways CASCADE', '0 g null');
SELECT * FROM finish();
ROLLBACK;
