-- Trigger functions that act as the owner of the tables do nothing for a table of somebody else's, whoever he is:
-- he would choose what they are told, and a value of a type of his own is converted by a function of his own.
BEGIN;
SELECT plan(11 + 3 * (SELECT count(*)::integer FROM pg_proc p
    WHERE p.prosecdef AND p.prorettype = 'trigger'::regtype AND p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace)));

CREATE ROLE mallory LOGIN; GRANT tv_analyst TO mallory;
CREATE TEMP VIEW definers AS
    SELECT p.oid, p.proname, p.oid::regprocedure AS signature FROM pg_proc p
    WHERE p.prosecdef AND p.prorettype = 'trigger'::regtype AND p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace);
SELECT cmp_ok(count(*), '>=', 11::bigint, 'there are trigger functions that act as the owner of the tables') FROM definers;
SELECT is_empty($$ SELECT d.signature FROM definers d, aclexplode((SELECT coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc p WHERE p.oid = d.oid)) e
    WHERE e.grantee IN (0, 'mallory'::regrole, 'tv_player'::regrole, 'tv_analyst'::regrole, 'tv_admin'::regrole) $$, 'which nobody else may execute');

-- A superuser, who may put one on any table, is refused too: what it is called for is asked of the table.
CREATE TEMP TABLE tried (signature text, moment text, outcome text);
CREATE FUNCTION pg_temp.try(definer record, moment text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text := 'done';
BEGIN
    CREATE TEMP TABLE bait (id bigint, world_id bigint, owner text, kind text);
    INSERT INTO bait VALUES (1, 1, 'mallory', 'sr');
    BEGIN
        EXECUTE format('CREATE TRIGGER bait %s EXECUTE FUNCTION %s', moment, replace(definer.signature::text, '()', '(''p'')'));
        EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
        outcome := SQLSTATE;
    END;
    DROP TABLE bait;
    RETURN outcome;
END
$$;
SELECT is(pg_temp.try(d, m.moment, m.statement), '55000', format('%s refuses a table that is not ours: %s', d.proname, m.statement))
FROM definers d, (VALUES
    ('AFTER INSERT ON bait FOR EACH ROW', 'INSERT INTO bait VALUES (2)'),
    ('AFTER UPDATE ON bait FOR EACH ROW', 'UPDATE bait SET id = 3'),
    ('AFTER TRUNCATE ON bait FOR EACH STATEMENT', 'TRUNCATE bait')) m (moment, statement)
ORDER BY d.proname, m.statement;

-- The attacks themselves. Of each, what it gave.
CREATE TEMP TABLE before AS SELECT (SELECT count(*) FROM timevmaps.network_changes) AS changes;
INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (901, 'private', 'private', 'somebody');
INSERT INTO timevmaps.world_members (world_id, member) VALUES (901, 'friend');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (901, 901, 'main');
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, run_at) VALUES (901, 901, 901, 'sr', '{"v": 1}', '2100-01-01');
SELECT timevmaps_internal.tv_frames_partition(901);
INSERT INTO timevmaps.frames (experiment_id, step, world_id) VALUES (901, 0, 901);

CREATE TYPE trap AS (a integer);
CREATE TABLE sprung (by_whom name);
CREATE FUNCTION spring(t trap) RETURNS json LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES (current_user); RETURN '1'; END $$;
CREATE CAST (trap AS json) WITH FUNCTION spring(trap);
CREATE TEMP TABLE places (id bigint, world_id bigint, x trap);
CREATE TRIGGER t AFTER INSERT ON places FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_network_row_changed('p');
SELECT throws_ok($$INSERT INTO places VALUES (1, 901, ROW(1))$$, '55000', 'a trigger of timevmaps is on a table that is not of timevmaps',
    'a value whose type has a conversion to JSON is not converted');
SELECT is_empty('SELECT * FROM sprung', 'by anybody');

CREATE TEMP TABLE worlds (id bigint, owner text);
INSERT INTO worlds VALUES (901, 'somebody');
CREATE TRIGGER t AFTER UPDATE ON worlds FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_worlds_pass_on();
SELECT throws_ok($$UPDATE worlds SET owner = 'mallory'$$, '55000', NULL, 'members do not follow a world that is none');
SELECT is(owner, 'somebody', '... their world is whose it was') FROM timevmaps.world_members WHERE world_id = 901;

CREATE TEMP TABLE experiments AS SELECT 901::bigint AS id;
CREATE TRIGGER t AFTER DELETE ON experiments FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_experiments_delete();
SELECT throws_ok('DELETE FROM experiments', '55000', NULL, 'an experiment that is none takes no frames with it');
SELECT is(count(*), 1::bigint, '... they are there') FROM timevmaps.frames WHERE experiment_id = 901;

CREATE TEMP TABLE forged (id bigint);
CREATE TRIGGER t AFTER TRUNCATE ON forged FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_network_truncated('s');
SELECT throws_ok('TRUNCATE forged', '55000', NULL, 'who empties a table of his own has changed no network');
SELECT is((SELECT count(*) FROM timevmaps.network_changes), (SELECT changes FROM before), '... and nothing was written down');

-- And nobody gets so far.
SELECT is(tests.outcome(format('CREATE TEMP TABLE own (id bigint); CREATE TRIGGER t AFTER INSERT ON own FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.%I()', f), 'mallory'),
    '42501', f || ': others cannot put it on a table') FROM unnest('{tv_network_row_changed}'::text[]) f;

SELECT * FROM finish();
ROLLBACK;
