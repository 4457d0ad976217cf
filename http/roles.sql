-- The roles of timevmaps and of PostgREST, made once in a cluster, before or after tv_init(); run it again at will.
-- Before a dump is restored on another server it makes the roles that the dump names (docs/operations.md).
--
-- tv_owner owns the tables: nobody logs in as it or is a member of it.
-- tv_authenticator is whom PostgREST connects as: it can do nothing but become one
-- of the others. Give it a password, or let pg_hba.conf admit it by peer or certificate.
-- tv_bearer stands between it and the roles that a token may name: PostgREST gives its sessions what ALTER ROLE ... SET
-- has put on each role that it is a member of itself, and every member of tv_player may put something on that.

DO $$
DECLARE
    wanted record;
BEGIN
    -- PostgreSQL 15 tells of each membership that is there already.
    PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
    FOR wanted IN SELECT pg_catalog.unnest(ARRAY['tv_owner', 'tv_player', 'tv_analyst', 'tv_admin', 'tv_authenticator', 'tv_bearer', 'tv_anonymous']) AS name LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', wanted.name);
        END IF;
    END LOOP;
    -- Claims of a request count in the sessions of this role alone.
    ALTER ROLE tv_authenticator LOGIN NOINHERIT;
    ALTER ROLE tv_bearer NOINHERIT;
    FOR wanted IN VALUES
        ('tv_player', 'tv_analyst'), ('tv_analyst', 'tv_admin'),
        -- Who has no token is a player: public worlds, routes, results.
        ('tv_player', 'tv_anonymous'),
        -- The roles that a token may name.
        ('tv_player', 'tv_bearer'), ('tv_analyst', 'tv_bearer'), ('tv_admin', 'tv_bearer'),
        ('tv_anonymous', 'tv_authenticator'), ('tv_bearer', 'tv_authenticator')
    LOOP
        -- Since PostgreSQL 16 a membership says itself whether it inherits.
        EXECUTE pg_catalog.format('GRANT %I TO %I', wanted.column1, wanted.column2)
            || CASE WHEN wanted.column2 IN ('tv_authenticator', 'tv_bearer') AND pg_catalog.current_setting('server_version_num')::integer >= 160000
                    THEN ' WITH INHERIT FALSE' ELSE '' END;
    END LOOP;
    -- Memberships of earlier versions.
    FOR wanted IN
        SELECT r.rolname AS role, g.rolname AS grantor
        FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
        WHERE m.member = 'tv_authenticator'::pg_catalog.regrole AND r.rolname IN ('tv_player', 'tv_analyst', 'tv_admin')
    LOOP
        EXECUTE pg_catalog.format('REVOKE %I FROM tv_authenticator', wanted.role)
            || CASE WHEN pg_catalog.current_setting('server_version_num')::integer >= 160000
                    THEN pg_catalog.format(' GRANTED BY %I', wanted.grantor) ELSE '' END;
    END LOOP;
    -- PostgREST's sessions begin with it, whatever the database's owner has set for the database.
    ALTER ROLE tv_authenticator SET search_path = pg_catalog, pg_temp;
    IF EXISTS (SELECT FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) e
               WHERE n.nspname = 'public' AND e.grantee = 0 AND e.privilege_type = 'CREATE') THEN
        RAISE WARNING USING MESSAGE = 'everybody may create functions in schema "public", which PostgREST''s statements find',
            HINT = 'REVOKE CREATE ON SCHEMA public FROM PUBLIC';
    END IF;
END
$$;

-- A client's statement ends after this time, whatever it asks for.
ALTER ROLE tv_anonymous SET statement_timeout = '10s';
ALTER ROLE tv_authenticator SET statement_timeout = '60s';
-- One whose client has gone away ends within a second, however long it would go on.
ALTER ROLE tv_authenticator SET client_connection_check_interval = '1s';
NOTIFY pgrst, 'reload schema';
