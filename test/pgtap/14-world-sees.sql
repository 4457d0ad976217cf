-- tv_sees_world(), which policies ask, says of each world what a look into the table of worlds says.
BEGIN;
SELECT plan(11);

CREATE ROLE ann LOGIN IN ROLE tv_analyst;
CREATE ROLE bob LOGIN IN ROLE tv_player;
CREATE ROLE eve LOGIN;
INSERT INTO timevmaps.worlds (name, owner, visibility)
    SELECT 'w' || i, CASE i % 3 WHEN 0 THEN 'ann' ELSE 'carl' END, CASE WHEN i % 2 = 0 THEN 'public' ELSE 'private' END FROM generate_series(1, 40) i;
INSERT INTO timevmaps.world_members (world_id, member, access)
    SELECT w.id, CASE w.id % 5 WHEN 0 THEN 'bob' ELSE 'ann' END, 'player' FROM timevmaps.worlds w WHERE w.id % 7 < 3;
INSERT INTO timevmaps.timelines (world_id, label) SELECT w.id, 'main' FROM timevmaps.worlds w;
CREATE TABLE tests.worlds AS SELECT w.id FROM timevmaps.worlds w UNION ALL SELECT (SELECT max(id) FROM timevmaps.worlds) + 1 UNION ALL SELECT 0 UNION ALL SELECT -1;
GRANT SELECT ON tests.worlds TO PUBLIC;

-- Where the two differ.  The first few worlds of a statement are asked one by one, and all together afterwards.
CREATE VIEW tests.differences WITH (security_invoker) AS
    SELECT t.id FROM tests.worlds t
    WHERE timevmaps.tv_sees_world(t.id) IS DISTINCT FROM EXISTS (SELECT FROM timevmaps.worlds w WHERE w.id = t.id);
GRANT SELECT ON tests.differences TO PUBLIC;

SET LOCAL SESSION AUTHORIZATION ann;
SELECT is_empty('SELECT id FROM tests.differences', 'an owner and member');
SELECT is((SELECT count(*) FROM tests.worlds t WHERE timevmaps.tv_sees_world(t.id)), (SELECT count(*) FROM timevmaps.timelines), 'as policies have it');
SELECT is_empty('SELECT id FROM tests.differences ORDER BY id DESC LIMIT 2', 'few of them');
SET LOCAL SESSION AUTHORIZATION bob;
SELECT is_empty('SELECT id FROM tests.differences', 'a player');
RESET SESSION AUTHORIZATION;
UPDATE timevmaps.worlds SET visibility = CASE visibility WHEN 'public' THEN 'private' ELSE 'public' END WHERE id % 4 = 1;
DELETE FROM timevmaps.world_members WHERE member = 'bob';
SET LOCAL SESSION AUTHORIZATION bob;
SELECT is_empty('SELECT id FROM tests.differences', 'and when much has changed in between');
SELECT cmp_ok((SELECT count(*) FROM tests.worlds t WHERE timevmaps.tv_sees_world(t.id)), '<', 40::bigint, 'of whom some is hidden');
SELECT is(timevmaps.tv_sees_world(NULL), NULL, 'of no world nothing is said');
RESET SESSION AUTHORIZATION;
SELECT is_empty('SELECT id FROM tests.differences', 'a superuser');
SELECT is(tests.outcome('SELECT timevmaps.tv_sees_world(1)', 'eve'), '42501', 'who is no player may not ask');

-- A condition of the caller's that tells of each row it is asked of, however cheap it says it is, is asked after the policies.
INSERT INTO timevmaps.places (world_id, lat, lon) SELECT t.id, 0, n FROM timevmaps.worlds t, generate_series(0, 1) n;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT p.world_id, min(p.id), max(p.id), 1, 1 FROM timevmaps.places p GROUP BY p.world_id;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id) SELECT t.id, s.id FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id);
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) SELECT s.id, s.b_place_id, s.id, 'no' FROM timevmaps.segments s;
INSERT INTO timevmaps.vehicle_profiles (world_id, name) SELECT w.id, 'lorry' FROM timevmaps.worlds w;
INSERT INTO timevmaps.speed_profiles (world_id, name, factors) SELECT w.id, 'p', array_fill(1::float8, '{168}') FROM timevmaps.worlds w;
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) SELECT s.id, p.id FROM timevmaps.segments s JOIN timevmaps.speed_profiles p USING (world_id);
INSERT INTO timevmaps.layers (world_id, name) SELECT w.id, 'lands' FROM timevmaps.worlds w;
INSERT INTO timevmaps.zones (layer_id, geom) SELECT l.id, 'SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))' FROM timevmaps.layers l;
INSERT INTO timevmaps.zone_owners (zone_id, timeline_id, t) SELECT z.id, t.id, now() FROM timevmaps.zones z JOIN timevmaps.timelines t USING (world_id) WHERE t.parent_id IS NULL;
INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) SELECT t.world_id, t.id, 'sr', '{"v": 1}', '2100-01-01' FROM timevmaps.timelines t;
INSERT INTO timevmaps.results (experiment_id, world_id, metrics) SELECT e.id, e.world_id, '{}' FROM timevmaps.experiments e;
SELECT timevmaps_internal.tv_frames_partition(max(id)) FROM timevmaps.experiments;
INSERT INTO timevmaps.frames (experiment_id, step, world_id) SELECT e.id, 0, e.world_id FROM timevmaps.experiments e;
INSERT INTO timevmaps.vehicles (world_id, name) SELECT w.id, 'v' FROM timevmaps.worlds w;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT l.world_id, l.id, v.id, now(), 1, 1 FROM timevmaps.timelines l JOIN timevmaps.vehicles v USING (world_id);
ANALYZE timevmaps.worlds, timevmaps.places, timevmaps.segments, timevmaps.experiments;
CREATE TABLE tests.told (relation name, world_id bigint);
GRANT INSERT, SELECT ON tests.told TO PUBLIC;
CREATE FUNCTION tests.tells(relation name, world_id bigint) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN INSERT INTO tests.told VALUES (relation, world_id); RETURN true; END $$;
SET LOCAL SESSION AUTHORIZATION bob;
SELECT tests.outcome(format('SELECT count(*) FROM timevmaps.%1$I WHERE tests.tells(%1$L, %2$I)', c.relname, a.attname)) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT') AND a.attname = 'world_id' \g /dev/null
SELECT count(*) FROM timevmaps.worlds WHERE tests.tells('worlds', id) \g /dev/null
SELECT count(id) FROM timevmaps.experiments WHERE tests.tells('experiments', world_id) \g /dev/null
SELECT set_eq('SELECT relation FROM tests.told',
    '{worlds,timelines,places,segments,segment_overrides,speed_profiles,segment_profiles,experiments,events,results,frames,vehicles,positions,layers,zones,zone_owners,turns,vehicle_profiles}'::name[], 'a condition is told what there is');
SELECT is_empty('SELECT t.relation, t.world_id FROM tests.told t WHERE NOT EXISTS (SELECT FROM timevmaps.worlds w WHERE w.id = t.world_id)', 'but not what is hidden');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
