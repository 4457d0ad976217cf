-- The roles of timevmaps and of PostgREST, made once in a cluster, before or after tv_init(); run it again at will.
-- Before a dump is restored on another server it makes the roles that the dump names (docs/operations.md).
--
-- tv_owner owns the tables: nobody logs in as it or is a member of it.
-- tv_authenticator is whom PostgREST connects as: it can do nothing but become one
-- of the others. Give it a password, or let pg_hba.conf admit it by peer or certificate.

DO $$
DECLARE
    wanted record;
BEGIN
    -- PostgreSQL 15 tells of each membership that is there already.
    PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
    FOR wanted IN SELECT pg_catalog.unnest(ARRAY['tv_owner', 'tv_player', 'tv_analyst', 'tv_admin', 'tv_authenticator', 'tv_anonymous']) AS name LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', wanted.name);
        END IF;
    END LOOP;
    -- Claims of a request count in the sessions of this role alone.
    ALTER ROLE tv_authenticator LOGIN NOINHERIT;
    FOR wanted IN VALUES
        ('tv_player', 'tv_analyst'), ('tv_analyst', 'tv_admin'),
        -- Who has no token is a player: public worlds, routes, results.
        ('tv_player', 'tv_anonymous'),
        -- The roles that a token may name.
        ('tv_anonymous', 'tv_authenticator'), ('tv_player', 'tv_authenticator'), ('tv_analyst', 'tv_authenticator'), ('tv_admin', 'tv_authenticator')
    LOOP
        -- Since PostgreSQL 16 a membership says itself whether it inherits.
        EXECUTE pg_catalog.format('GRANT %I TO %I', wanted.column1, wanted.column2)
            || CASE WHEN wanted.column2 = 'tv_authenticator' AND pg_catalog.current_setting('server_version_num')::integer >= 160000
                    THEN ' WITH INHERIT FALSE' ELSE '' END;
    END LOOP;
END
$$;

-- A client's statement ends after this time, whatever it asks for.
ALTER ROLE tv_anonymous SET statement_timeout = '10s';
ALTER ROLE tv_authenticator SET statement_timeout = '60s';
-- One whose client has gone away ends within a second, however long it would go on.
ALTER ROLE tv_authenticator SET client_connection_check_interval = '1s';
NOTIFY pgrst, 'reload schema';
