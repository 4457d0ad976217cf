-- Roles and membership: who sees a world, who changes it, and that a claim cannot be forged.
BEGIN;
SELECT plan(38);

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE bob LOGIN; GRANT tv_analyst TO bob;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;

-- Ids come from the sequence: ann's worlds have the next two.
SELECT setval(pg_get_serial_sequence('timevmaps.worlds', 'id'), 100);
SET SESSION AUTHORIZATION ann;
INSERT INTO timevmaps.worlds (name, visibility) VALUES ('ann''s own', 'private'), ('ann''s for all', 'public');
SELECT is(count(*), 2::bigint, 'an owner sees her worlds') FROM timevmaps.worlds WHERE id > 100;
SELECT throws_ok($$INSERT INTO timevmaps.worlds (name, owner) VALUES ('a gift', 'bob')$$, '42501', NULL, 'nobody makes a world for another');
SELECT lives_ok($$INSERT INTO timevmaps.timelines (world_id, label) VALUES (101, 'main')$$, 'an owner edits her world');

SET SESSION AUTHORIZATION bob;
SELECT is(array_agg(id), '{102}', 'others see the public one alone') FROM timevmaps.worlds WHERE id > 100;
SELECT is(count(*), 0::bigint, 'and nothing of what is in the private one') FROM timevmaps.timelines WHERE world_id = 101;
SELECT throws_ok($$INSERT INTO timevmaps.timelines (world_id, label) VALUES (102, 'bob')$$, '42501', NULL, 'to see is not to edit');
SELECT throws_ok($$INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (102, 'bob', 'analyst')$$, '42501', NULL, 'nobody makes himself a member');
SELECT throws_ok($$INSERT INTO timevmaps.world_members (world_id, member, access, owner) VALUES (102, 'bob', 'analyst', 'bob')$$, '42501', NULL, 'nor by naming himself the owner');
SELECT throws_ok($$UPDATE timevmaps.worlds SET owner = 'bob' WHERE id = 102$$, '42501', NULL, 'nobody says whose a world is');
SELECT is(owner, 'ann', 'a world is not to be taken') FROM timevmaps.worlds WHERE id = 102;
SET request.jwt.claims = '{"sub": "ann"}';
SELECT is(timevmaps.tv_identity(), 'bob', 'a claim that a client sets is not believed');
SELECT is(count(*), 0::bigint, 'and opens nothing') FROM timevmaps.worlds WHERE id = 101;
RESET request.jwt.claims;

SET SESSION AUTHORIZATION ann;
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (101, 'bob', 'analyst'), (101, 'eve', 'player');
SELECT is(count(*), 2::bigint, 'an owner sees the members') FROM timevmaps.world_members WHERE world_id = 101;

SET SESSION AUTHORIZATION bob;
SELECT is(count(*), 1::bigint, 'a member sees the world') FROM timevmaps.worlds WHERE id = 101;
SELECT is(array_agg(member), '{bob}', 'and of its members himself alone') FROM timevmaps.world_members WHERE world_id = 101;
SELECT lives_ok($$INSERT INTO timevmaps.timelines (world_id, label) VALUES (101, 'bob''s')$$, 'an editor edits');
SELECT throws_ok($$INSERT INTO timevmaps.world_members (world_id, member) VALUES (101, 'mallory')$$, '42501', NULL, 'but does not admit others');

SET SESSION AUTHORIZATION eve;
SELECT is(count(*), 2::bigint, 'a reader sees what is in the world') FROM timevmaps.timelines WHERE world_id = 101;
SELECT throws_ok($$INSERT INTO timevmaps.timelines (world_id, label) VALUES (101, 'eve''s')$$, '42501', NULL, 'a player changes nothing');

SET SESSION AUTHORIZATION boss;
UPDATE timevmaps.worlds SET owner = 'bob' WHERE id = 101;
SET SESSION AUTHORIZATION ann;
SELECT is(count(*), 0::bigint, 'who no longer owns a private world does not see it') FROM timevmaps.worlds WHERE id = 101;
SET SESSION AUTHORIZATION bob;
SELECT is(array_agg(DISTINCT owner), '{bob}', 'the members follow it') FROM timevmaps.world_members WHERE world_id = 101;
SELECT lives_ok($$INSERT INTO timevmaps.world_members (world_id, member) VALUES (101, 'ann')$$, 'and the new owner admits whom he likes');

SET SESSION AUTHORIZATION boss;
SELECT is(count(*), 2::bigint, 'an administrator sees every world') FROM timevmaps.worlds WHERE id > 100;
RESET SESSION AUTHORIZATION;
SELECT throws_ok($$INSERT INTO timevmaps.world_members (world_id, member) VALUES (99999, 'ann')$$, '23503', NULL, 'a membership needs its world');

-- What tv_init() made is of one who is no superuser, and the grants that he had are lost.
SAVEPOINT given_away;
CREATE ROLE keeper;
DO $$
DECLARE
    given text;
BEGIN
    FOR given IN
        SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc p WHERE p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace)
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        UNION ALL
        SELECT format('TABLE %s', c.oid::regclass) FROM pg_class c WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('ALTER %s OWNER TO keeper', given);
    END LOOP;
END
$$;
SELECT is(tests.outcome('INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (101, 1, 1)', 'boss'), '42501', 'whose triggers may not call what they call');
SELECT throws_ok('SELECT timevmaps.tv_init()', '55000', 'tables or functions of timevmaps belong to a role that is no superuser', 'nor does tv_init() take them, with what he may have made of them');
ALTER ROLE keeper SUPERUSER;
SELECT results_eq('SELECT version, name FROM timevmaps.tv_init()', $$VALUES (0, 'access')$$, 'from a superuser it does');
SELECT is_empty('SELECT * FROM timevmaps.tv_init()', 'once');
SELECT is(tests.outcome('INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (101, 1, 1) RETURNING lat', 'boss'), '1', 'the network is changed again');
SELECT lives_ok('SELECT timevmaps_internal.tv_frames_partition(7000000000)', 'and partitions are made');
ROLLBACK TO given_away;

-- A trigger runs as whoever changes the table, a worker too, which is a superuser; a deferred one of a table that refers to it does, too.
SELECT is_empty($$SELECT c.oid::regclass, r.rolname, p FROM pg_class c, pg_roles r, unnest('{TRIGGER,REFERENCES,TRUNCATE}'::text[]) p
    WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(r.oid, c.oid, p) AND NOT r.rolsuper AND r.rolname <> 'tv_owner'$$,
    'nobody hangs code on a table, administrators neither');
SELECT is(tests.outcome('CREATE TRIGGER own BEFORE UPDATE ON timevmaps.experiments FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'boss'),
    '42501', '... no trigger');
CREATE SCHEMA AUTHORIZATION boss;
SELECT is(tests.outcome('CREATE TABLE boss.own (id bigint REFERENCES timevmaps.results ON DELETE CASCADE)', 'boss'), '42501', '... and no table that refers to it');
SELECT results_eq($$SELECT e.privilege_type::text FROM pg_class c, aclexplode(c.relacl) e
    WHERE c.oid = 'timevmaps.experiments'::regclass AND e.grantee = 'tv_admin'::regrole ORDER BY 1$$,
    ARRAY['DELETE', 'INSERT', 'SELECT', 'UPDATE'], 'they change rows');
SAVEPOINT beyond;
GRANT ALL ON timevmaps.experiments TO tv_admin;
SELECT results_eq('SELECT version FROM timevmaps.tv_init()', 'SELECT 0', 'what they were granted beyond');
SELECT is(tests.outcome('TRUNCATE timevmaps.experiments', 'boss'), '42501', '... is taken away');
ROLLBACK TO beyond;

-- What triggers count with is bounded, whoever calls it.
SELECT throws_ok('SELECT count(timevmaps_internal.tv_network_statement(true)) FROM generate_series(1, 1000001)', '54001', NULL, 'statements that change networks are counted up to a bound');
SELECT lives_ok('SELECT count(timevmaps_internal.tv_network_statement(true)) FROM generate_series(1, 3)', 'and those of a statement that failed are forgotten');

SELECT * FROM finish();
ROLLBACK;
