-- What only we call is in a schema of its own: no role that clients have calls it, it is ours alone, and it stays when
-- the extension goes.
BEGIN;
SELECT plan(21);

CREATE ROLE anybody;
CREATE ROLE passer_by; GRANT tv_player TO passer_by;
CREATE TEMP VIEW functions AS
    SELECT p.oid, p.oid::regprocedure AS signature, p.proacl,
        EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') AS is_member,
        format('SELECT timevmaps_internal.%I(%s)', p.proname,
            (SELECT string_agg('NULL::' || t::regtype, ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY u (t, n))) AS call
    FROM pg_proc p WHERE p.pronamespace = 'timevmaps_internal'::regnamespace;

SELECT cmp_ok(count(*), '>', 30::bigint, 'there are functions that only we call') FROM functions;
SELECT is_empty($$
    SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'timevmaps_internal'::regnamespace
    UNION ALL SELECT oid::regtype::text FROM pg_type WHERE typnamespace = 'timevmaps_internal'::regnamespace
    UNION ALL SELECT oid::regoperator::text FROM pg_operator WHERE oprnamespace = 'timevmaps_internal'::regnamespace $$,
    'and nothing but functions');
SELECT is_empty($$
    SELECT r.rolname, p FROM pg_roles r, unnest('{USAGE,CREATE}'::text[]) p
    WHERE NOT r.rolsuper AND r.rolname !~ '^pg_' AND has_schema_privilege(r.oid, 'timevmaps_internal', p) $$,
    'no role but superusers may look inside');
-- The names are looked up when these are made, and nobody else can name them.
SELECT set_eq($$
    SELECT signature::text FROM functions WHERE is_member AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) e WHERE e.grantee = 0)) $$,
    ARRAY['timevmaps_internal.tv_move_experiment(bigint,text)',         -- tv_cancel_experiment(), tv_retry_experiment()
          'timevmaps_internal.tv_recorded_run(bigint)',                 -- tv_reproduce()
          'timevmaps_internal.tv_rerun_experiment(text,jsonb,jsonb,bigint,bigint)',
          'timevmaps_internal.tv_json_differences(jsonb,jsonb)',
          -- triggers, as the owner of the tables
          'timevmaps_internal.tv_wake()', 'timevmaps_internal.tv_interrupt_experiment(bigint)',
          'timevmaps_internal.tv_send_event(text,bigint,bigint,bigint,text,jsonb)',
          'timevmaps_internal.tv_network_statement(boolean)', 'timevmaps_internal.tv_network_under_way()'],
    'what our functions call as the caller, and nothing else, everybody may execute');

CREATE FUNCTION pg_temp.refused(role name) RETURNS TABLE (signature text, outcome text) LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT * FROM functions LOOP
        signature := f.signature;
        outcome := 'called';
        BEGIN
            PERFORM set_config('role', role, true);
            EXECUTE f.call;
        EXCEPTION WHEN OTHERS THEN
            outcome := SQLSTATE;
        END;
        PERFORM set_config('role', 'none', true);
        RETURN NEXT;
    END LOOP;
END
$$;
SELECT is_empty(format($$ SELECT * FROM pg_temp.refused(%L) WHERE outcome <> '42501' $$, role), 'none is called by ' || role)
FROM unnest('{tv_player,tv_analyst,tv_admin,tv_authenticator,passer_by,anybody}'::text[]) role;

------------------------------------------------------------- whose it must be

SELECT is((SELECT count(*) FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = 'timevmaps_internal'::regnamespace AND deptype = 'e'), 0::bigint,
    'the schema is not the extension''s');
DROP EXTENSION timevmaps;
GRANT USAGE ON SCHEMA timevmaps_internal TO PUBLIC;
SELECT lives_ok('CREATE EXTENSION timevmaps', 'the extension finds it again');
SELECT ok(NOT has_schema_privilege('anybody', 'timevmaps_internal', 'USAGE'), 'and shows it to nobody');
SET LOCAL client_min_messages = warning;
DROP SCHEMA timevmaps CASCADE;
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', 'schema "timevmaps_internal" holds what is not of timevmaps', 'what is left of tables that are gone is refused');
DROP SCHEMA timevmaps_internal CASCADE;

CREATE SCHEMA timevmaps_internal AUTHORIZATION anybody;
SELECT throws_ok('CREATE EXTENSION timevmaps', '42501', 'schema "timevmaps_internal" belongs to a role that is no superuser', 'a schema that somebody made before is refused');
CREATE FUNCTION timevmaps_internal.tv_wake(integer DEFAULT 1) RETURNS void LANGUAGE sql AS '';
ALTER FUNCTION timevmaps_internal.tv_wake OWNER TO anybody;
SELECT throws_ok('CREATE EXTENSION timevmaps', '42501', NULL, 'with what is in it');
ALTER SCHEMA timevmaps_internal OWNER TO CURRENT_USER;
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', NULL, 'a function of another''s is refused');
DROP FUNCTION timevmaps_internal.tv_wake;
CREATE TABLE timevmaps_internal.worlds (id bigint);
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', NULL, 'and so is a table');
DROP TABLE timevmaps_internal.worlds;
SELECT lives_ok('CREATE EXTENSION timevmaps', 'an empty one is taken');
SELECT ok(count(*) > 0, 'and tv_init() makes its functions there') FROM timevmaps.tv_init();
DROP EXTENSION timevmaps;
SELECT is((SELECT count(*) FROM pg_namespace WHERE nspname ~ '^timevmaps'), 2::bigint, 'both schemas stay when the extension goes');

SELECT * FROM finish();
ROLLBACK;
