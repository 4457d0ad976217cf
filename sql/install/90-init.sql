-- 90-init: the tables of this database, made and migrated.
--
-- tv_init() does as the caller what takes him: roles, and tables that belong to others. All else is of tv_make_tables(), which acts as
-- tv_owner, so that no statement of a migration, no trigger and no default runs with more rights than the owner of the tables has.

--
-- What changes a table waits for who reads it, and whoever comes then waits behind. So it waits for a lock as tv_ddl_wait() says, gives all
-- that it has back, pauses, and begins anew: a reader that is idle in a transaction holds up tv_init(), and nobody else. Only for another
-- tv_init() it waits as long as that takes.

CREATE FUNCTION timevmaps_internal.tv_ddl_wait() RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT '100ms' $$;
COMMENT ON FUNCTION timevmaps_internal.tv_ddl_wait() IS
'Part of tv_init(): how long a change of a table waits for a lock, and whoever uses the table waits behind it.';

-- Which tables and functions are ours is read from the migrations; partitions are their tables'.
CREATE FUNCTION timevmaps_internal.tv_made(OUT class oid, OUT id oid, OUT owner oid)
RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH named AS (
        SELECT DISTINCT m.found[1] AS kind, m.found[2]::regnamespace::oid AS space, m.found[3] AS name
        FROM timevmaps_internal.tv_migrations() s, regexp_matches(s.script, '^CREATE (TABLE|FUNCTION|PROCEDURE) (timevmaps|timevmaps_internal)\.(\w+)', 'gn') m (found)
        UNION ALL
        SELECT 'TABLE', 'timevmaps'::regnamespace, 'schema_migrations'
    ), tables AS (
        SELECT c.oid FROM pg_class c JOIN named n ON n.kind = 'TABLE' AND n.space = c.relnamespace AND n.name = c.relname
        WHERE c.relkind IN ('r', 'p')
    )
    SELECT 'pg_class'::regclass::oid, c.oid, c.relowner FROM pg_class c
    WHERE c.oid IN (SELECT t.oid FROM tables t)
       OR c.relispartition AND c.relnamespace = 'timevmaps'::regnamespace
          AND EXISTS (SELECT FROM pg_inherits i JOIN tables t ON t.oid = i.inhparent WHERE i.inhrelid = c.oid)
    UNION ALL
    SELECT 'pg_proc'::regclass::oid, p.oid, p.proowner
    FROM pg_proc p JOIN named n ON n.kind <> 'TABLE' AND n.space = p.pronamespace AND n.name = p.proname
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_made() IS
'Part of tv_init(): the tables, their partitions and the functions of this database that the migrations make, with their owners.';

-- ALTER ... OWNER runs nothing that somebody has hung on a table. But what he has hung on it, or written into a function, would run as
-- tv_owner afterwards: of one who could not have it done by a superuser anyway nothing is taken unseen.
CREATE FUNCTION timevmaps_internal.tv_give_to_owner() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given integer := 0;
    wanted record;
    patience text := current_setting('lock_timeout');
    -- The extension's own that act as tv_owner, and tell the rest: REASSIGN OWNED takes them along.
    acting CONSTANT oid[] := ARRAY['timevmaps_internal.tv_made()'::regprocedure, 'timevmaps_internal.tv_make_tables()'::regprocedure];
    other name := (SELECT r.rolname FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                   WHERE p.oid = ANY (acting) AND NOT r.rolsuper AND r.rolname <> 'tv_owner' LIMIT 1);
BEGIN
    IF other IS NULL THEN
        FOR wanted IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.oid = ANY (acting) AND p.proowner <> 'tv_owner'::regrole LOOP
            EXECUTE format('ALTER FUNCTION %s OWNER TO tv_owner', wanted.name);
            given := given + 1;
        END LOOP;
        other := (SELECT r.rolname FROM timevmaps_internal.tv_made() m JOIN pg_roles r ON r.oid = m.owner
                  WHERE NOT r.rolsuper AND r.rolname NOT IN ('tv_owner', current_user) LIMIT 1);
    END IF;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'tables or functions of timevmaps belong to a role that is no superuser',
            DETAIL = format('They belong to "%s".', other),
            HINT = 'See what that role has made of them, then give them to tv_owner with ALTER ... OWNER TO.';
    END IF;
    IF NOT EXISTS (SELECT FROM timevmaps_internal.tv_made() m WHERE m.owner <> 'tv_owner'::regrole) THEN
        RETURN given;
    END IF;
    -- One at a time, here too: who waited finds nothing left to give.
    IF to_regclass('timevmaps.schema_migrations') IS NOT NULL THEN
        LOCK TABLE timevmaps.schema_migrations IN SHARE ROW EXCLUSIVE MODE;
    END IF;
    PERFORM set_config('lock_timeout', timevmaps_internal.tv_ddl_wait(), true);
    FOR wanted IN
        SELECT CASE m.class WHEN 'pg_class'::regclass THEN format('TABLE %s', m.id::regclass) ELSE format('ROUTINE %s', m.id::regprocedure) END AS name
        FROM timevmaps_internal.tv_made() m WHERE m.owner <> 'tv_owner'::regrole
    LOOP
        EXECUTE format('ALTER %s OWNER TO tv_owner', wanted.name);
        given := given + 1;
    END LOOP;
    PERFORM set_config('lock_timeout', patience, true);
    RETURN given;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_give_to_owner() IS
'Part of tv_init(): give tables and their functions that belong to others to tv_owner; how many that were.';

CREATE FUNCTION timevmaps_internal.tv_make_tables(OUT version integer, OUT name text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
#variable_conflict use_column
DECLARE
    migration record;
    odd record;
    done integer;
    found_tables boolean;
    modes integer;
    -- PostGIS may live in any schema; migrations write @postgis@ for it.
    postgis text := (SELECT pg_catalog.quote_ident(n.nspname)
                     FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'postgis');
    -- So may pg_trgm: @trgm@.
    trigrams text := (SELECT pg_catalog.quote_ident(n.nspname)
                      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                      WHERE e.extname = 'pg_trgm');
    space text := pg_catalog.current_setting('default_tablespace');
    patience text := pg_catalog.current_setting('lock_timeout');
BEGIN
    -- The database's own tablespace may not be named where a partitioned table is made; without a name it is the same one.
    IF EXISTS (SELECT FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
               WHERE d.datname = pg_catalog.current_database() AND t.spcname = space) THEN
        PERFORM pg_catalog.set_config('default_tablespace', '', true);
    END IF;

    -- One at a time: two sessions that both call it apply each migration once. Who waited for the table to be made finds it then.
    LOOP
        found_tables := pg_catalog.to_regclass('timevmaps.schema_migrations') IS NOT NULL;
        EXIT WHEN found_tables;
        BEGIN
            CREATE TABLE timevmaps.schema_migrations (
                version integer PRIMARY KEY,
                name text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT pg_catalog.now()
            );
            EXIT;
        EXCEPTION WHEN unique_violation OR duplicate_table THEN
            NULL;
        END;
    END LOOP;
    LOCK TABLE timevmaps.schema_migrations IN SHARE ROW EXCLUSIVE MODE;
    COMMENT ON TABLE timevmaps.schema_migrations IS 'Table migrations that tv_init() has applied to this database.';
    COMMENT ON COLUMN timevmaps.schema_migrations.version IS 'Number of the migration.';
    COMMENT ON COLUMN timevmaps.schema_migrations.name IS 'Name of the migration.';
    COMMENT ON COLUMN timevmaps.schema_migrations.applied_at IS 'When it was applied.';

    -- Migrations are only ever added after the latest, so what has been applied is how this version's list begins.
    SELECT coalesce(pg_catalog.max(m.version), 0) INTO done FROM timevmaps.schema_migrations m;
    SELECT version, a.name AS applied, m.name AS known INTO odd
    FROM timevmaps.schema_migrations a FULL JOIN timevmaps_internal.tv_migrations() m USING (version)
    WHERE version <= done AND a.name IS DISTINCT FROM m.name
    ORDER BY m.name IS NOT NULL, a.name IS NULL, version LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = CASE WHEN odd.known IS NULL THEN 'this database has a migration that the installed timevmaps does not know'
                           WHEN odd.applied IS NULL THEN 'a migration that has not been applied comes before one that has'
                           ELSE 'a migration has another name in this database than in the installed timevmaps' END,
            DETAIL = CASE WHEN odd.known IS NULL
                          THEN pg_catalog.format('Migration %s "%s" has been applied; the latest that is known is %s.',
                                                 odd.version, odd.applied, (SELECT pg_catalog.max(m.version) FROM timevmaps_internal.tv_migrations() m))
                          WHEN odd.applied IS NULL
                          THEN pg_catalog.format('Migration %s "%s" has not been applied, and %s has.', odd.version, odd.known, done)
                          ELSE pg_catalog.format('Migration %s has been applied as "%s" and is known as "%s".', odd.version, odd.applied, odd.known) END,
            HINT = CASE WHEN odd.known IS NOT NULL AND odd.applied IS NULL
                        THEN 'If its tables are there, insert its version and name into timevmaps.schema_migrations.'
                        ELSE 'Install the timevmaps that made the tables, or a later one, and run ALTER EXTENSION timevmaps UPDATE.' END;
    END IF;

    -- A dump of schema timevmaps alone has no functions for its triggers, so that it restored none of these. Or somebody made a table of
    -- that name, with triggers of his own, which what is inserted below would fire.
    IF found_tables AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                                WHERE p.pronamespace = 'timevmaps_internal'::regnamespace
                                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                                                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the tables of timevmaps have none of the functions that their triggers call',
            DETAIL = 'They are in schema timevmaps_internal of the database that the tables come from.',
            HINT = 'Restore a dump of the whole database, or one made with pg_dump -n timevmaps -n timevmaps_internal.';
    END IF;

    PERFORM pg_catalog.set_config('lock_timeout', timevmaps_internal.tv_ddl_wait(), true);
    FOR migration IN
        SELECT m.version, m.name, m.script FROM timevmaps_internal.tv_migrations() m
        WHERE m.version > done ORDER BY m.version
    LOOP
        EXECUTE pg_catalog.replace(pg_catalog.replace(migration.script, '@postgis@', postgis), '@trgm@', trigrams);
        INSERT INTO timevmaps.schema_migrations (version, name) VALUES (migration.version, migration.name);
        tv_make_tables.version := migration.version;
        tv_make_tables.name := migration.name;
        RETURN NEXT;
    END LOOP;
    PERFORM timevmaps_internal.tv_event_upkeep(NULL);
    PERFORM timevmaps_internal.tv_position_upkeep(NULL);
    modes := timevmaps_internal.tv_make_trigger_modes();
    IF modes > 0 THEN
        PERFORM timevmaps_internal.tv_queue_reconcile();
    END IF;
    PERFORM timevmaps_internal.tv_names_reconcile(modes > 0);
    IF timevmaps_internal.tv_make_access() + modes + timevmaps_internal.tv_make_execute() > 0 THEN
        tv_make_tables.version := 0;
        tv_make_tables.name := 'access';
        RETURN NEXT;
    END IF;
    PERFORM timevmaps_internal.tv_audit_era();
    IF name IS NOT NULL THEN
        INSERT INTO timevmaps.audit_events (action, more)
        VALUES ('MIGRATE', pg_catalog.jsonb_build_object('version', (SELECT pg_catalog.max(m.version) FROM timevmaps.schema_migrations m), 'before', done));
    END IF;
    PERFORM pg_catalog.set_config('default_tablespace', space, true);
    PERFORM pg_catalog.set_config('lock_timeout', patience, true);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_tables() IS
'Part of tv_init(): apply the migrations that are missing, and make policies, grants and modes of triggers that are, as tv_owner.';

-- Who keeps tv_init() from tables of ours at this moment.
CREATE FUNCTION timevmaps_internal.tv_holders() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(DISTINCT h.text, '; ')
    FROM (SELECT concat_ws(' ', 'process', l.pid, '(' || a.usename || ', ' || a.state || ')', 'on', l.relation::regclass) AS text
          FROM pg_locks l JOIN timevmaps_internal.tv_made() m ON m.class = 'pg_class'::regclass AND m.id = l.relation LEFT JOIN pg_stat_activity a USING (pid)
          WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
            AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          ORDER BY a.xact_start NULLS LAST LIMIT 8) h
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_holders() IS
'Part of tv_init(): which processes use tables of timevmaps, at most eight locks of the oldest transactions; null: none.';

CREATE FUNCTION timevmaps.tv_init(OUT version integer, OUT name text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
    made integer;
    versions integer[];
    names text[];
    pauses CONSTANT double precision[] := '{0.2,0.4,0.8,1.6,2,2,2}';
    patience text := current_setting('deadlock_timeout');
BEGIN
    -- Autovacuum is asked to make room when so much of a wait is over.
    IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        PERFORM set_config('deadlock_timeout', '50ms', true);
    END IF;
    FOR round IN 1 .. cardinality(pauses) + 1 LOOP
        BEGIN
            -- The cluster's roles may be missing though the database has all its tables: it was restored from a dump.
            made := timevmaps_internal.tv_make_roles() + timevmaps_internal.tv_make_owner_grants() + timevmaps_internal.tv_give_to_owner();
            SELECT array_agg(m.version), array_agg(m.name) INTO versions, names FROM timevmaps_internal.tv_make_tables() m;
            made := made + timevmaps_internal.tv_make_execute();
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF round > cardinality(pauses) THEN
                RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'tables of timevmaps are in use, and nothing has been changed',
                    DETAIL = format('%s tries in %s s have each waited %s for a lock. Used by: %s.', round, (SELECT sum(p) FROM unnest(pauses) p),
                                    timevmaps_internal.tv_ddl_wait(), coalesce(timevmaps_internal.tv_holders(), 'nobody at this moment')),
                    HINT = 'End what is idle in a transaction there (pg_stat_activity has state and age; pg_terminate_backend), stop the workers, and call it again.';
            END IF;
        END;
        -- Here everything that was locked has been given back.
        PERFORM pg_sleep(pauses[round]);
    END LOOP;
    IF current_setting('deadlock_timeout') <> patience THEN
        PERFORM set_config('deadlock_timeout', patience, true);
    END IF;
    IF array_position(versions, 0) IS NOT NULL THEN
        made := made + 1;
    END IF;
    RETURN QUERY SELECT u.version, u.name FROM unnest(versions, names) u (version, name) WHERE u.version <> 0;
    IF made > 0 THEN
        version := 0;
        name := 'access';
        RETURN NEXT;
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_init() IS
'Make the tables, policies and roles of timevmaps in this database, or migrate them to this version.
Idempotent: returns a row for each migration it applied, and a row of version 0 if a role, membership, policy, grant or the mode of a trigger was missing; none when there was nothing to do.
User data is never dropped, and policies and grants of others stay as they are. After a dump was restored, it makes what the dump could not bring: docs/operations.md.
Tables and functions belong to tv_owner, and what belongs to others is given to it. For superusers, and for others as docs/security.md says.
It waits for nobody who uses a table but 100 ms at a time, so that nobody waits behind it, and gives up after eight tries in nine seconds.
Errors: 55P03 tables are in use, nothing has been changed, and the detail says by whom; 55000 a migration has been applied that this version does not know, as when the tables are newer, or knows by another name, or one is missing before another, or the tables came without schema timevmaps_internal, or the role tv_owner is more than an owner; nothing has been changed then.';
