-- What only we call is in a schema of its own: no role that clients have calls it, it is ours alone, and it stays when
-- the extension goes.
BEGIN;
SELECT plan(42);

CREATE ROLE anybody;
CREATE ROLE passer_by; GRANT tv_player TO passer_by;
CREATE ROLE builder; GRANT tv_analyst TO builder;
CREATE TEMP VIEW functions AS
    SELECT p.oid, p.oid::regprocedure AS signature, p.proname, p.proacl,
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
    WHERE NOT r.rolsuper AND r.rolname !~ '^pg_|^tv_owner$' AND has_schema_privilege(r.oid, 'timevmaps_internal', p) $$,
    'no role but superusers and the tables'' owner may look inside');
-- The names are looked up when what calls them is made, and nobody else can name them.
SELECT is_empty($$
    SELECT f.signature, e.grantee::regrole FROM functions f, aclexplode(coalesce(f.proacl, acldefault('f', 10))) e
    WHERE e.grantee NOT IN (10, 'tv_owner'::regrole)
      AND NOT EXISTS (SELECT FROM timevmaps_internal.tv_execute_list() l WHERE l.function = f.proname AND l.role::text::regrole = e.grantee) $$,
    'what our functions call as the caller, and nothing else, others than the owner may execute');
-- Text that is read when it is called would look names up as who calls.
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p, unnest('{tv_player,tv_analyst}'::text[]) role
    WHERE p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace) AND NOT p.prosecdef AND p.prosrc ~ 'timevmaps_internal\.'
      AND (has_function_privilege(role, p.oid, 'EXECUTE') OR p.prorettype = 'trigger'::regtype) $$,
    'what is called as the caller names none of them in a text');
SELECT is_empty($$ SELECT signature FROM functions WHERE NOT has_function_privilege('tv_owner', oid, 'EXECUTE') $$, 'and the owner all');

CREATE FUNCTION pg_temp.refused(role name) RETURNS TABLE (signature text, outcome text) LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    -- What takes an "internal" is not to be called in SQL, by whoever it be.
    FOR f IN SELECT * FROM functions WHERE call !~ '::internal' LOOP
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

-- What stands on them is called by who may, and says what it said.
SET LOCAL ROLE passer_by;
SELECT throws_ok('SELECT timevmaps.tv_reproduce(1)', 'PT404', 'no such experiment', 'a player may ask to run again');
SET LOCAL ROLE builder;
SELECT throws_ok('SELECT timevmaps.tv_cancel_experiment(1)', 'PT404', 'no such experiment', 'an analyst to cancel');
SELECT throws_ok($$SELECT timevmaps.tv_import_pgrouting(1, 'pg_class')$$, 'PT404', 'no such world', 'and to import');
SELECT throws_ok($$SELECT timevmaps.tv_import_dimacs(1, 'pg_class', 'pg_class')$$, 'PT404', 'no such world', 'from every source');
RESET ROLE;

------------------------------------------------------------- whose it must be

SELECT is((SELECT count(*) FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = 'timevmaps_internal'::regnamespace AND deptype = 'e'), 0::bigint,
    'the schema is not the extension''s');
DROP EXTENSION timevmaps;
GRANT USAGE ON SCHEMA timevmaps_internal TO PUBLIC;
GRANT ALL ON SCHEMA timevmaps_internal TO passer_by WITH GRANT OPTION;
SET LOCAL ROLE passer_by;
GRANT ALL ON SCHEMA timevmaps_internal TO anybody;
RESET ROLE;
SELECT lives_ok('CREATE EXTENSION timevmaps', 'the extension finds it again');
SELECT ok(NOT has_schema_privilege(role, 'timevmaps_internal', 'USAGE, CREATE'), 'and shows it to nobody: ' || role)
FROM unnest('{anybody,passer_by}'::text[]) role;
-- Not even from who owns the tables, or from a superuser.
DROP EXTENSION timevmaps;
CREATE FUNCTION timevmaps_internal.tv_make_policy(regclass, text, text, text, text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', 'schema "timevmaps_internal" holds what is not of timevmaps', 'a function that would fit better than ours is refused');
DROP FUNCTION timevmaps_internal.tv_make_policy;
CREATE FUNCTION timevmaps_internal.tv_frames_partition(integer) RETURNS void LANGUAGE sql AS '';
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', NULL, 'also one of a name that tv_init() makes');
DROP FUNCTION timevmaps_internal.tv_frames_partition(integer);
CREATE EXTENSION timevmaps;
SET LOCAL client_min_messages = warning;
DROP SCHEMA timevmaps CASCADE;
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', 'schema "timevmaps_internal" holds what is not of timevmaps', 'what is left of tables that are gone is refused');
DROP SCHEMA timevmaps_internal CASCADE;

CREATE SCHEMA timevmaps_internal AUTHORIZATION anybody;
CREATE FUNCTION timevmaps_internal.tv_wake(integer DEFAULT 1) RETURNS void LANGUAGE sql AS '';
SELECT throws_ok('CREATE EXTENSION timevmaps', '42501', 'schema "timevmaps_internal" belongs to a role that is no superuser', 'a schema that somebody made before is refused with what is in it');
ALTER FUNCTION timevmaps_internal.tv_wake OWNER TO anybody;
SELECT throws_ok('CREATE EXTENSION timevmaps', '42501', NULL, 'whoever''s that is');
SAVEPOINT without_tables;
CREATE SCHEMA timevmaps AUTHORIZATION anybody;
CREATE TABLE timevmaps.schema_migrations (version integer);
ALTER TABLE timevmaps.schema_migrations OWNER TO anybody;
DROP FUNCTION timevmaps_internal.tv_wake;
CREATE FUNCTION timevmaps_internal.tv_frames_partition(bigint) RETURNS void LANGUAGE sql AS '';
ALTER FUNCTION timevmaps_internal.tv_frames_partition OWNER TO anybody;
SELECT throws_ok('CREATE EXTENSION timevmaps', '42501', NULL, 'also where the tables are his, too');
ROLLBACK TO without_tables;
-- An empty one holds no trap, whoever has been let in.
SAVEPOINT trap;
DROP FUNCTION timevmaps_internal.tv_wake;
GRANT ALL ON SCHEMA timevmaps_internal TO passer_by WITH GRANT OPTION;
SET LOCAL ROLE passer_by;
GRANT ALL ON SCHEMA timevmaps_internal TO PUBLIC;
RESET ROLE;
CREATE TEMP TABLE made_before AS SELECT oid FROM pg_namespace WHERE nspname = 'timevmaps_internal';
SELECT lives_ok('CREATE EXTENSION timevmaps', 'an empty one is taken from him');
SELECT is_empty('SELECT FROM made_before JOIN pg_namespace USING (oid)',
    'and made anew, so that what he puts into it at the same time is in none');
SELECT is((SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'timevmaps_internal'), current_user::text, 'it is the superuser''s');
SELECT ok(NOT has_schema_privilege(role, 'timevmaps_internal', 'USAGE, CREATE'), 'and closed to ' || role)
FROM unnest('{anybody,passer_by}'::text[]) role;
ROLLBACK TO trap;
ALTER SCHEMA timevmaps_internal OWNER TO CURRENT_USER;
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', NULL, 'a function of another''s is refused');
DROP FUNCTION timevmaps_internal.tv_wake;
CREATE TABLE timevmaps_internal.worlds (id bigint);
SELECT throws_ok('CREATE EXTENSION timevmaps', '55000', NULL, 'and so is a table');
DROP TABLE timevmaps_internal.worlds;
CREATE TEMP TABLE made_before AS SELECT oid FROM pg_namespace WHERE nspname = 'timevmaps_internal';
SELECT lives_ok('CREATE EXTENSION timevmaps', 'an empty one is taken');
SELECT is_empty('SELECT FROM made_before JOIN pg_namespace USING (oid)', 'and made anew, whoever has given it to a superuser');
SELECT ok(count(*) > 0, 'and tv_init() makes its functions there') FROM timevmaps.tv_init();
DROP EXTENSION timevmaps;
SELECT is((SELECT count(*) FROM pg_namespace WHERE nspname ~ '^timevmaps'), 2::bigint, 'both schemas stay when the extension goes');

-- Nor does one who is no superuser make the schema of what superusers call.
DROP SCHEMA timevmaps, timevmaps_internal CASCADE;
CREATE SCHEMA timevmaps AUTHORIZATION anybody;
GRANT ALL ON SCHEMA timevmaps TO passer_by;
SAVEPOINT no_trap;
CREATE TABLE timevmaps.schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
ALTER TABLE timevmaps.schema_migrations OWNER TO anybody;
SELECT throws_ok('CREATE EXTENSION timevmaps', '42501', 'schema "timevmaps" belongs to a role that is no superuser', 'his schema is refused with what is in it');
ROLLBACK TO no_trap;
SELECT lives_ok('CREATE EXTENSION timevmaps', 'an empty one is taken from him');
SELECT ok(NOT has_schema_privilege(role, 'timevmaps', 'CREATE') AND has_schema_privilege(role, 'timevmaps', 'USAGE'), role || ' may look and not make')
FROM unnest('{anybody,passer_by}'::text[]) role;
CREATE TABLE timevmaps.schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
SELECT throws_ok('SELECT timevmaps.tv_init()', '55000', NULL, 'a list of migrations that tv_init() did not make is not written to');

SELECT * FROM finish();
ROLLBACK;
