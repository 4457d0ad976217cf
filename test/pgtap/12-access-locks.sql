-- Nobody but administrators keeps others from a whole table: to lock one takes UPDATE, DELETE or TRUNCATE of all of it.
BEGIN;
SELECT plan(11);

SELECT timevmaps_internal.tv_frames_partition(n) FROM unnest('{1,70000}'::bigint[]) n;
CREATE FUNCTION pg_temp.locked(role name, modes text[]) RETURNS TABLE (relation text, mode text) LANGUAGE plpgsql AS $$
BEGIN
    FOR relation, mode IN
        SELECT c.relname, m FROM pg_class c, unnest(modes) m WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1, 2
    LOOP
        BEGIN
            PERFORM set_config('role', role, true);
            EXECUTE format('LOCK TABLE timevmaps.%I IN %s MODE NOWAIT', relation, mode);
            PERFORM set_config('role', 'none', true);
            RETURN NEXT;
        EXCEPTION WHEN insufficient_privilege THEN
            PERFORM set_config('role', 'none', true);
        END;
    END LOOP;
END
$$;
CREATE ROLE tv_nobody; GRANT tv_player TO tv_nobody;
CREATE TEMP TABLE strong AS SELECT ARRAY['SHARE UPDATE EXCLUSIVE', 'SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'] AS modes;
SELECT cmp_ok(count(*), '>=', 18::bigint, 'there are tables, and partitions') FROM pg_class WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p');
SELECT is_empty(format('SELECT * FROM pg_temp.locked(%L, (SELECT modes FROM strong))', r), r || ' locks no table in a mode that writers wait for')
FROM unnest('{tv_nobody,tv_player,tv_analyst,tv_authenticator}'::text[]) r;
SELECT is_empty($$ SELECT * FROM pg_temp.locked('tv_analyst', '{ROW EXCLUSIVE}') $$, 'nor in that of writers');
SELECT set_eq($$ SELECT l.relation FROM pg_temp.locked('tv_analyst', '{ACCESS SHARE}') l $$,
    $$ SELECT relname::text FROM pg_class c WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p') AND has_table_privilege('tv_analyst', oid, 'SELECT') $$,
    'only in that of readers');

-- A row is locked by who edits its world; of one that he only reads nothing happens.
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'hers', 'public', 'ann'), (2, 'another''s', 'public', 'ben');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 2, 0, 0);
SET SESSION AUTHORIZATION ann;
SELECT results_eq('SELECT id FROM timevmaps.places ORDER BY id FOR UPDATE', 'SELECT 1::bigint', 'rows of other worlds are not locked');
RESET SESSION AUTHORIZATION;

-- An advisory lock of a number is everybody's: what we take is a row, a table, or a lock of a class that SQL's functions have not.
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace) AND p.prosrc ~* 'advisory' $$, 'no function takes one');
REVOKE SELECT (name) ON timevmaps.worlds FROM tv_player;
SELECT isnt_empty('SELECT * FROM timevmaps.tv_init()', 'tv_init() makes something');
SELECT timevmaps_internal.tv_frames_partition(140000);
SELECT timevmaps.tv_apply_retention('2000-01-01') \g /dev/null
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
SET SESSION AUTHORIZATION ann;
SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v": 1}'), timevmaps.tv_branch(1, 'b'), timevmaps.tv_add_member(1, 'ben') \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT is_empty($$ SELECT classid, objid FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND objsubid IN (1, 2) $$,
    'nor does what migrates, makes partitions, drops and queues');
SELECT * FROM finish();
ROLLBACK;
