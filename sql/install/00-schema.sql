-- 00-schema: two schemas, and who may look inside.  timevmaps is what clients use; timevmaps_internal is what only
-- triggers, workers, tv_init() and functions of ours call, and nobody but the owner looks inside.
--
-- Neither is the extension's: they stay, with what tv_init() has made in them, when the extension is dropped.

-- What others have put into the second one would be called by us.  So one that holds something must be a superuser's, and hold
-- nothing but what tv_init() made for the tables that are there (the extension comes back), which are trigger functions and a few
-- more: another of a name that we call might fit better. What others were granted in it is revoked, for who gives it away need
-- not have made it for this. One that is empty (a dump is restored) is made anew: somebody may be about to put something into
-- it, in a transaction that nobody sees yet. The path is the server's alone, and the script's again behind: in PostGIS's schema
-- others may have operators that fit better, too.
DO $$
DECLARE
    path text := pg_catalog.current_setting('search_path');
    space record;
    odd text;
    other text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SELECT n.oid, r.rolname, r.rolsuper,
        (SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('timevmaps.schema_migrations')) AS tables_owner
    INTO space
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'timevmaps_internal';
    SELECT pg_catalog.pg_describe_object(o.class, o.id, 0) INTO odd
    FROM (SELECT 'pg_catalog.pg_proc'::regclass, p.oid, p.proowner, true
          FROM pg_catalog.pg_proc p WHERE p.pronamespace = space.oid
          UNION ALL
          SELECT 'pg_catalog.pg_operator'::regclass, o.oid, o.oprowner, false FROM pg_catalog.pg_operator o WHERE o.oprnamespace = space.oid
          UNION ALL
          SELECT 'pg_catalog.pg_type'::regclass, t.oid, t.typowner, false FROM pg_catalog.pg_type t WHERE t.typnamespace = space.oid
          UNION ALL
          SELECT 'pg_catalog.pg_class'::regclass, c.oid, c.relowner, false FROM pg_catalog.pg_class c WHERE c.relnamespace = space.oid)
              o (class, id, owner, known)
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = o.owner
    WHERE (space.rolsuper AND o.known AND space.tables_owner IS NOT NULL AND (r.rolsuper OR r.rolname = 'tv_owner')) IS NOT TRUE
    LIMIT 1;
    IF FOUND AND NOT space.rolsuper THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'schema "timevmaps_internal" belongs to a role that is no superuser',
            DETAIL = pg_catalog.format('It belongs to "%s", and there is %s.', space.rolname, odd),
            HINT = 'Drop or rename it, or give it to a superuser with ALTER SCHEMA timevmaps_internal OWNER TO.';
    ELSIF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'schema "timevmaps_internal" holds what is not of timevmaps',
            DETAIL = pg_catalog.format('There is %s.', odd),
            HINT = 'Drop it, or move it to another schema. What is left of tables that are gone: DROP SCHEMA timevmaps_internal CASCADE;';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = space.oid) THEN
        IF space.oid IS NOT NULL THEN
            DROP SCHEMA timevmaps_internal;
        END IF;
        CREATE SCHEMA timevmaps_internal;
        ALTER EXTENSION timevmaps DROP SCHEMA timevmaps_internal;
    END IF;
    FOR other IN
        SELECT DISTINCT CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE e.grantee::regrole::text END
        FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) e
        WHERE n.nspname = 'timevmaps_internal' AND e.grantee <> n.nspowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA timevmaps_internal FROM %s CASCADE', other);
    END LOOP;

    -- Nor is the first one his who is no superuser, unless what tv_init() made was given to him with it: he would put another
    -- tv_init() into it, for a superuser to call.
    SELECT n.oid, r.rolname INTO space
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
    WHERE n.nspname = 'timevmaps' AND NOT r.rolsuper
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'timevmaps_internal'::regnamespace);
    IF FOUND THEN
        SELECT pg_catalog.pg_describe_object(o.class, o.id, 0) INTO odd
        FROM (SELECT 'pg_catalog.pg_class'::regclass, c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = space.oid
              UNION ALL
              SELECT 'pg_catalog.pg_proc'::regclass, p.oid FROM pg_catalog.pg_proc p WHERE p.pronamespace = space.oid
              UNION ALL
              SELECT 'pg_catalog.pg_operator'::regclass, o.oid FROM pg_catalog.pg_operator o WHERE o.oprnamespace = space.oid
              UNION ALL
              SELECT 'pg_catalog.pg_type'::regclass, t.oid FROM pg_catalog.pg_type t WHERE t.typnamespace = space.oid) o (class, id)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'schema "timevmaps" belongs to a role that is no superuser',
                DETAIL = pg_catalog.format('It belongs to "%s", and there is %s.', space.rolname, odd),
                HINT = 'Drop or rename it, or give it to a superuser with ALTER SCHEMA timevmaps OWNER TO.';
        END IF;
        ALTER SCHEMA timevmaps OWNER TO CURRENT_USER;
        FOR other IN
            SELECT DISTINCT CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE e.grantee::regrole::text END
            FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) e WHERE n.oid = space.oid AND e.grantee <> n.nspowner
        LOOP
            EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA timevmaps FROM %s CASCADE', other);
        END LOOP;
    END IF;
    PERFORM pg_catalog.set_config('search_path', path, true);
END
$$;
COMMENT ON SCHEMA timevmaps IS E'timevmaps\nWorlds with branching timelines, exact routes on any branch and across gateways, three clocks, and quantum circuits that price the gateways.';
GRANT USAGE ON SCHEMA timevmaps TO PUBLIC;
COMMENT ON SCHEMA timevmaps_internal IS 'What timevmaps calls itself: nothing here is for clients, and all of it may change.';
