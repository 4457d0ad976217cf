-- Roles for PostgREST, made once in a cluster, after tv_init(); run it again at will.
--
-- tv_authenticator is whom PostgREST connects as: it can do nothing but become one
-- of the others. Give it a password, or let pg_hba.conf admit it by peer or certificate.

DO $$
DECLARE
    wanted text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tv_player') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the roles of timevmaps are missing', HINT = 'SELECT timevmaps.tv_init();';
    END IF;
    -- tv_init() has made it; claims of a request count in the sessions of this role alone.
    ALTER ROLE tv_authenticator LOGIN NOINHERIT;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tv_anonymous') THEN
        CREATE ROLE tv_anonymous NOLOGIN;
    END IF;
    -- Who has no token is a player: public worlds, routes, results.
    IF NOT pg_catalog.pg_has_role('tv_anonymous', 'tv_player', 'MEMBER') THEN
        GRANT tv_player TO tv_anonymous;
    END IF;
    -- The roles that a token may name.
    FOREACH wanted IN ARRAY ARRAY['tv_anonymous', 'tv_player', 'tv_analyst', 'tv_admin'] LOOP
        EXECUTE pg_catalog.format('GRANT %I TO tv_authenticator', wanted);
    END LOOP;
END
$$;

-- A client's statement ends after this time, whatever it asks for.
ALTER ROLE tv_anonymous SET statement_timeout = '10s';
ALTER ROLE tv_authenticator SET statement_timeout = '60s';
NOTIFY pgrst, 'reload schema';
