-- What every table, column and function of both schemas promises.
BEGIN;
SELECT plan(19);

SELECT is_empty($$ SELECT * FROM timevmaps.tv_init() $$, 'tv_init() is idempotent');

CREATE TEMP VIEW schemas AS SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname IN ('timevmaps', 'timevmaps_internal');
-- Partitions are part of their table, and a serial's sequence of its column.
CREATE TEMP VIEW tables AS
    SELECT c.oid, c.relname, c.relkind, c.relrowsecurity, c.relacl FROM pg_class c
    WHERE c.relnamespace IN (SELECT oid FROM schemas) AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition;
CREATE TEMP VIEW functions AS
    SELECT p.*, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace IN (SELECT oid FROM schemas);

SELECT is_empty($$ SELECT relname FROM tables WHERE obj_description(oid, 'pg_class') IS NULL $$,
    'every table has a comment');
SELECT is_empty($$
    SELECT t.relname, a.attname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(t.oid, a.attnum) IS NULL $$,
    'every column has a comment');
SELECT is_empty($$ SELECT proname FROM functions WHERE obj_description(oid, 'pg_proc') IS NULL $$,
    'every function has a comment');
SELECT is_empty($$
    SELECT proname FROM functions WHERE split_part(obj_description(oid, 'pg_proc'), E'\n', 1) !~ '^\S.{4,250}$' $$,
    'the first line of each is a summary');
SELECT is_empty($$
    SELECT t.typname FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace IN (SELECT oid FROM schemas) AND c.relkind = 'c' AND obj_description(t.oid, 'pg_type') IS NULL $$,
    'every composite type has a comment');
SELECT is_empty($$
    SELECT proname FROM functions
    WHERE pronargs > 0 AND prorettype <> 'trigger'::regtype
      AND (proargnames IS NULL OR '' = ANY (proargnames[1:pronargs])) $$,
    'every argument has a name');
SELECT is_empty($$ SELECT proname FROM functions GROUP BY proname HAVING count(*) > 1 $$, 'no function is overloaded');
SELECT is_empty($$
    SELECT proname FROM functions
    WHERE prosecdef AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}')) $$,
    'every SECURITY DEFINER function pins its search_path');
-- A body after BEGIN ATOMIC is parsed when it is made. Those named here have columns and constants alone, which no path makes another's, and are inlined.
SELECT is_empty($$
    SELECT proname FROM functions
    WHERE lanname NOT IN ('c', 'internal') AND prosqlbody IS NULL AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}'))
      AND proname <> ALL ('{tv_migrations,tv_sees,tv_reports,tv_import_edges,tv_import_vertices,tv_import_ways}') $$,
    'every function in SQL or PL/pgSQL pins its search_path');
SELECT is_empty($$ SELECT proname FROM functions WHERE proname !~ '^tv_' $$, 'names of functions start with tv_');
SELECT is_empty($$
    SELECT relname FROM tables
    WHERE relkind IN ('r', 'p') AND NOT relrowsecurity
      AND (has_table_privilege('tv_player', oid, 'DELETE') OR has_any_column_privilege('tv_player', oid, 'SELECT, INSERT, UPDATE')) $$,
    'row-level security is on for every table that a player may touch');
-- Of a table that sql/install/12-access.sql does not name nobody would be shown anything.
SELECT is_empty($$
    SELECT relname FROM tables
    WHERE relname NOT IN ('schema_migrations', 'network_changes', 'token_issuers', 'quotas', 'quota_usage', 'audit_events', 'audit_seals', 'events',
                          'queue_ready', 'queue_delayed', 'queue_running', 'experiment_attempts', 'position_removals', 'names', 'zone_told')
      AND NOT (relrowsecurity AND has_any_column_privilege('tv_player', oid, 'SELECT') AND has_table_privilege('tv_admin', oid, 'INSERT')
               AND EXISTS (SELECT FROM pg_policy WHERE polrelid = tables.oid AND polcmd IN ('r', '*') AND 'tv_player'::regrole = ANY (polroles))
               AND EXISTS (SELECT FROM pg_policy WHERE polrelid = tables.oid AND polcmd = '*' AND 'tv_admin'::regrole = ANY (polroles))) $$,
    'sql/install/12-access.sql says of every table who reads it, and lets administrators do everything');
SELECT is_empty($$
    SELECT proname FROM functions WHERE prosecdef AND prorettype <> 'trigger'::regtype
      AND has_function_privilege('public', oid, 'EXECUTE') $$,
    'nobody but granted roles may call a SECURITY DEFINER function');

-- Whose they are: tables, and what acts as its owner, are of a role that is nothing else.
SELECT is_empty($$
    SELECT c.oid::regclass::text, c.relowner::regrole FROM pg_class c
    WHERE c.relnamespace IN (SELECT oid FROM schemas) AND c.relkind NOT IN ('c', 'i', 'I') AND c.relowner <> 'tv_owner'::regrole
    UNION ALL
    SELECT oid::regprocedure::text, proowner::regrole FROM functions
    WHERE proowner <> 'tv_owner'::regrole
      AND (prosecdef OR NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = functions.oid AND d.deptype = 'e')) $$,
    'tables, sequences, their functions and every SECURITY DEFINER function belong to tv_owner');
SELECT is_empty($$
    SELECT rolname FROM pg_roles r
    WHERE rolname = 'tv_owner' AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolreplication)
       OR rolname <> 'tv_owner' AND NOT rolsuper AND pg_has_role(r.oid, 'tv_owner', 'MEMBER')
       OR rolname <> 'tv_owner' AND pg_has_role('tv_owner', r.oid, 'MEMBER') $$,
    'which is nothing else, and nobody is a member of it');

-- An identifier is exact in JSON.
SELECT is_empty($$
    SELECT t.relname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'id'
    WHERE a.atttypid <> 'bigint'::regtype $$, 'identifiers are bigint');
SELECT is_empty($$
    SELECT c.conrelid::regclass, c.conname FROM pg_constraint c
    WHERE c.contype = 'f' AND c.connamespace = 'timevmaps'::regnamespace AND c.conparentid = 0
      AND c.confrelid <> 'timevmaps.worlds'::regclass     -- worlds are not deleted in passing
      AND NOT EXISTS (SELECT FROM pg_index i
                      WHERE i.indrelid = c.conrelid AND i.indkey[0] = ANY (c.conkey)) $$,
    'every foreign key begins with an indexed column');

-- Without statistics the planner may take any index of a column of the key, and one of world_id is the wrong one.
SELECT is_empty($$
    SELECT c.conname FROM pg_constraint c
    WHERE c.contype = 'f' AND c.conrelid = 'timevmaps.segments'::regclass AND c.confrelid = 'timevmaps.places'::regclass
      AND NOT EXISTS (SELECT FROM pg_index i
                      WHERE i.indrelid = c.conrelid AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey) $$,
    'the segments of a place are found by its whole foreign key');

SELECT * FROM finish();
ROLLBACK;
