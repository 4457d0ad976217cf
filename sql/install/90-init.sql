-- 90-init: the tables of this database, made and migrated.

CREATE FUNCTION timevmaps.tv_init(OUT version integer, OUT name text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
#variable_conflict use_column
DECLARE
    migration record;
    odd record;
    done integer;
    made integer;
    found_tables boolean := pg_catalog.to_regclass('timevmaps.schema_migrations') IS NOT NULL;
    -- PostGIS may live in any schema; migrations write @postgis@ for it.
    postgis text := (SELECT pg_catalog.quote_ident(n.nspname)
                     FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'postgis');
    space text := pg_catalog.current_setting('default_tablespace');
BEGIN
    -- One at a time: two sessions that both call it apply each migration once.
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('timevmaps.tv_init', 0));

    -- The database's own tablespace may not be named where a partitioned table is made; without a name it is the same one.
    IF EXISTS (SELECT FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
               WHERE d.datname = pg_catalog.current_database() AND t.spcname = space) THEN
        PERFORM pg_catalog.set_config('default_tablespace', '', true);
    END IF;

    CREATE TABLE IF NOT EXISTS timevmaps.schema_migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
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

    -- The cluster's roles may be missing though the database has all its tables: it was restored from a dump.
    made := timevmaps_internal.tv_make_roles();
    FOR migration IN
        SELECT m.version, m.name, m.script FROM timevmaps_internal.tv_migrations() m
        WHERE m.version > done ORDER BY m.version
    LOOP
        EXECUTE pg_catalog.replace(migration.script, '@postgis@', postgis);
        INSERT INTO timevmaps.schema_migrations (version, name) VALUES (migration.version, migration.name);
        tv_init.version := migration.version;
        tv_init.name := migration.name;
        RETURN NEXT;
    END LOOP;
    made := made + timevmaps_internal.tv_make_access() + timevmaps_internal.tv_make_trigger_modes();
    IF made > 0 THEN
        tv_init.version := 0;
        tv_init.name := 'access';
        RETURN NEXT;
    END IF;
    PERFORM pg_catalog.set_config('default_tablespace', space, true);
END
$$;
COMMENT ON FUNCTION timevmaps.tv_init() IS
'Make the tables, policies and roles of timevmaps in this database, or migrate them to this version.
Idempotent: returns a row for each migration it applied, and a row of version 0 if a role, membership, policy, grant or the mode of a trigger was missing; none when there was nothing to do.
User data is never dropped, and policies and grants of others stay as they are. After a dump was restored, it makes what the dump could not bring: docs/operations.md.
Needs the right to create in the schemas timevmaps and timevmaps_internal and to call what is in them and, the first time in a cluster, to create roles.
Errors: 55000 a migration has been applied that this version does not know, as when the tables are newer, or knows by another name, or one is missing before another, or the tables came without schema timevmaps_internal; nothing has been changed then.';
REVOKE ALL ON FUNCTION timevmaps.tv_init() FROM PUBLIC;
