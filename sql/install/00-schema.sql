-- 00-schema: two schemas, and who may look inside.  timevmaps is what clients use; timevmaps_internal is what only
-- triggers, workers, tv_init() and functions of ours call, and nobody but the owner looks inside.
--
-- Neither is the extension's: they stay, with what tv_init() has made in them, when the extension is dropped.

GRANT USAGE ON SCHEMA timevmaps TO PUBLIC;

-- What others have put into the second one would be called by us.  So one that is there already must be a superuser's, and
-- hold nothing but what tv_init() made for the tables that are there: the extension comes back, or a dump is restored.
DO $$
DECLARE
    space record;
    odd text;
BEGIN
    SELECT n.oid, n.nspacl, r.rolname, r.rolsuper INTO space
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'timevmaps_internal';
    IF NOT FOUND THEN
        CREATE SCHEMA timevmaps_internal;
        ALTER EXTENSION timevmaps DROP SCHEMA timevmaps_internal;
        RETURN;
    ELSIF NOT space.rolsuper THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'schema "timevmaps_internal" belongs to a role that is no superuser',
            DETAIL = pg_catalog.format('It belongs to "%s".', space.rolname),
            HINT = 'Drop or rename it, or give it to a superuser with ALTER SCHEMA timevmaps_internal OWNER TO.';
    END IF;
    SELECT pg_catalog.pg_describe_object(o.class, o.id, 0) INTO odd
    FROM (SELECT 'pg_catalog.pg_proc'::regclass, p.oid, p.proowner FROM pg_catalog.pg_proc p WHERE p.pronamespace = space.oid
          UNION ALL
          SELECT 'pg_catalog.pg_operator'::regclass, o.oid, NULL FROM pg_catalog.pg_operator o WHERE o.oprnamespace = space.oid
          UNION ALL
          SELECT 'pg_catalog.pg_type'::regclass, t.oid, NULL FROM pg_catalog.pg_type t WHERE t.typnamespace = space.oid
          UNION ALL
          SELECT 'pg_catalog.pg_class'::regclass, c.oid, NULL FROM pg_catalog.pg_class c WHERE c.relnamespace = space.oid) o (class, id, owner)
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = o.owner
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class t
                      WHERE t.oid = pg_catalog.to_regclass('timevmaps.schema_migrations') AND (r.rolsuper OR o.owner = t.relowner))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'schema "timevmaps_internal" holds what is not of timevmaps',
            DETAIL = pg_catalog.format('There is %s.', odd),
            HINT = 'Drop it, or move it to another schema. What is left of tables that are gone: DROP SCHEMA timevmaps_internal CASCADE;';
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.aclexplode(space.nspacl) e WHERE e.grantee = 0::oid) THEN
        REVOKE ALL ON SCHEMA timevmaps_internal FROM PUBLIC;
    END IF;
END
$$;
COMMENT ON SCHEMA timevmaps_internal IS 'What timevmaps calls itself: nothing here is for clients, and all of it may change.';
