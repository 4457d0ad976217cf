-- tv_sees_world(), which policies ask, says of each world what a look into the table of worlds says.
BEGIN;
SELECT plan(9);

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
SELECT * FROM finish();
ROLLBACK;
