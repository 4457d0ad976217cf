-- Who may call what: whom the list names, whatever default privileges and a dump say, and nobody for having been forgotten.
BEGIN;
SELECT plan(23);

CREATE ROLE anybody;
CREATE ROLE auditor;
CREATE ROLE passer_by; GRANT tv_player TO passer_by;
CREATE TEMP VIEW functions AS
    SELECT p.oid, p.proname, p.pronamespace::regnamespace::text AS space, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)) AS list
    FROM pg_proc p WHERE p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace);
CREATE TEMP VIEW grants AS
    SELECT f.proname, CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE e.grantee::regrole::text END AS grantee
    FROM functions f, aclexplode(f.list) e WHERE e.grantee <> f.proowner;

-- What the list says.
SELECT is_empty($$SELECT proname FROM functions WHERE space = 'timevmaps' AND proname NOT IN (SELECT function FROM timevmaps_internal.tv_execute_list())$$,
    'every function for clients is in the list: who may call it?');
SELECT is_empty($$SELECT function FROM timevmaps_internal.tv_execute_list() WHERE function NOT IN (SELECT proname FROM functions)$$, 'which names no others');
SELECT is_empty($$SELECT function, role FROM timevmaps_internal.tv_execute_list() GROUP BY 1, 2 HAVING count(*) > 1$$, 'and none twice');
SELECT is_empty($$SELECT role FROM timevmaps_internal.tv_execute_list() WHERE role NOT IN ('tv_player', 'tv_analyst', 'tv_admin', 'tv_authenticator')$$, 'for roles of ours');
CREATE TEMP TABLE wanted AS
    SELECT f.proname, l.role AS grantee FROM functions f JOIN timevmaps_internal.tv_execute_list() l ON l.function = f.proname WHERE l.role IS NOT NULL
    UNION SELECT f.proname, 'tv_owner' FROM functions f WHERE f.proname <> 'tv_init' AND f.proowner <> 'tv_owner'::regrole;
SELECT set_eq('SELECT * FROM grants', 'SELECT * FROM wanted', 'functions are granted as it says, and in no other way');
SELECT is_empty($$SELECT proname FROM functions WHERE has_function_privilege('anybody', oid, 'EXECUTE')$$, 'who is no member calls none');
SELECT is_empty($$SELECT f.proname, t.tgrelid::regclass FROM functions f JOIN pg_trigger t ON t.tgfoid = f.oid
    WHERE EXISTS (SELECT FROM pg_roles r WHERE r.rolname <> 'tv_owner' AND NOT r.rolsuper AND has_function_privilege(r.oid, f.oid, 'EXECUTE'))$$,
    'nobody hangs a trigger function of ours on a table of his');

-- What is called, and is not.
SELECT is(tests.outcome('SELECT timevmaps.tv_gamma(0)', 'anybody'), '42501', 'a role that is none of ours computes nothing');
SELECT is(tests.outcome('SELECT timevmaps.tv_gamma(0)', role), '1', role || ' does')
FROM unnest('{passer_by,tv_player,tv_anonymous,tv_analyst,tv_admin}'::text[]) role;
SELECT is(tests.outcome($$SELECT timevmaps.tv_branch(1, 'x')$$, 'tv_player'), '42501', 'a player does not branch');
SELECT is(tests.outcome('SELECT timevmaps.tv_init()', 'tv_admin'), '42501', 'tv_init() is a superuser''s');
-- Types are everybody's: a cast by name, a column of a table.
SELECT is(tests.outcome($$SELECT format('%s', (NULL::timevmaps.tv_route_plan).eta_seconds) || 'x'::timevmaps."text/plain"$$, 'anybody'), 'x', 'types are usable');

-- A policy that calls what a role may not call fails for it.
INSERT INTO timevmaps.worlds (name, owner) VALUES ('mine', 'auditor');
GRANT SELECT ON timevmaps.worlds TO auditor;
CREATE POLICY auditor_sees ON timevmaps.worlds FOR SELECT TO auditor USING (owner = timevmaps.tv_identity());
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.worlds', 'auditor'), '42501', 'a policy that calls a function of ours takes one who may call it');
GRANT tv_player TO auditor;
SELECT isnt(tests.outcome('SELECT count(*) FROM timevmaps.worlds', 'auditor'), '42501', '... such as a member of tv_player');

-- tv_init() sets it right, and what others were granted stays.
DO $$
DECLARE
    f oid;
BEGIN
    FOR f IN SELECT oid FROM functions LOOP
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', f::regprocedure);
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM tv_player, tv_analyst, tv_admin, tv_authenticator', f::regprocedure);
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION timevmaps.tv_apply_retention(timestamptz) TO auditor, tv_player;
SELECT results_eq('SELECT version, name FROM timevmaps.tv_init()', $$VALUES (0, 'access')$$, 'tv_init() takes them from everybody, and from roles of ours what is beyond');
SELECT set_eq('SELECT * FROM grants', $$SELECT * FROM wanted UNION ALL VALUES ('tv_apply_retention', 'auditor')$$, '... and gives them by the list');
SELECT is_empty('SELECT * FROM timevmaps.tv_init()', 'once');

-- Odd default privileges, for whoever makes functions.
REVOKE EXECUTE ON FUNCTION timevmaps.tv_apply_retention(timestamptz) FROM auditor;
DROP EXTENSION timevmaps;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO anybody WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES IN SCHEMA timevmaps GRANT ALL ON FUNCTIONS TO anybody, PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA timevmaps_internal GRANT ALL ON FUNCTIONS TO anybody, tv_analyst;
CREATE EXTENSION timevmaps;
SELECT is_empty('SELECT * FROM timevmaps.tv_init()', 'where the session''s default privileges are odd nothing is missing');
SELECT set_eq('SELECT * FROM grants', 'SELECT * FROM wanted', '... and nothing is too much');

SELECT * FROM finish();
ROLLBACK;
