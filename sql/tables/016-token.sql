-- Which tokens are let through.
--
-- PostgREST checks a token's signature and, where they are there, its times; its issuer never, and its audience only where
-- there is one.  So any issuer whose keys it was given could speak for everybody, and for ever.  tv_check_request(), which it calls
-- before each request (db-pre-request), asks for the rest.

CREATE TABLE timevmaps.token_issuers (
    issuer text PRIMARY KEY,
    audience text NOT NULL,
    roles text[] NOT NULL,
    -- tv_identity() gives issuer|subject, of up to 400 characters with a subject of 200.
    CONSTRAINT token_issuers_issuer_check CHECK (issuer ~ '^[^[:cntrl:]"|]{1,199}$'),
    CONSTRAINT token_issuers_audience_check CHECK (pg_catalog.length(audience) BETWEEN 1 AND 200),
    CONSTRAINT token_issuers_roles_check CHECK (
        pg_catalog.cardinality(roles) > 0 AND roles <@ '{tv_player,tv_analyst,tv_admin}' AND pg_catalog.array_position(roles, NULL) IS NULL)
);
COMMENT ON TABLE timevmaps.token_issuers IS 'Whose tokens are let through over HTTP, and for what.';
COMMENT ON COLUMN timevmaps.token_issuers.issuer IS 'The claim iss, to the letter: a URL, mostly. Of an identity it is what stands before the |.';
COMMENT ON COLUMN timevmaps.token_issuers.audience IS 'What the claim aud is, or has in its list.';
COMMENT ON COLUMN timevmaps.token_issuers.roles IS 'The roles that its tokens may name: some of tv_player, tv_analyst and tv_admin.';
-- http/token is its issuer.
INSERT INTO timevmaps.token_issuers VALUES ('timevmaps', 'timevmaps', '{tv_player,tv_analyst,tv_admin}');

-- SECURITY DEFINER, for clients may not read whom the server trusts.
CREATE FUNCTION timevmaps.tv_check_request() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given text := current_setting('request.jwt.claims', true);
    switched text := current_setting('role');
    identity text := timevmaps.tv_identity();
    claims jsonb;
    trusted record;
    now_s CONSTANT numeric := extract(epoch FROM now());
    -- Clocks of two machines differ; PostgREST has the same.
    leeway_s CONSTANT numeric := 30;
    wrong text;
BEGIN
    -- That one escape is valid in JSON and in no text.
    IF strpos(given, concat(chr(92), 'u0000')) = 0 THEN
        claims := nullif(given, '')::jsonb;
    END IF;
    -- Everybody would have been who logged in.
    IF identity IS NOT NULL AND identity IS DISTINCT FROM concat(claims ->> 'iss', '|', claims ->> 'sub') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'requests come in sessions that do not speak for tokens',
            HINT = 'Have PostgREST log in as tv_authenticator, which http/roles.sql makes.';
    END IF;
    -- Nobody's requests fill PostgREST's pool of connections. The extension may be gone, and its tables still be served.
    IF to_regproc('timevmaps_internal.tv_request_begin') IS NOT NULL THEN
        PERFORM timevmaps_internal.tv_request_begin(coalesce(identity, ''));
    END IF;
    -- Without a token PostgREST says the role, and nothing else.
    IF claims = '{"role": "tv_anonymous"}' AND switched = 'tv_anonymous' THEN
        RETURN;
    END IF;

    SELECT i.audience, i.roles INTO trusted FROM timevmaps.token_issuers i WHERE i.issuer = claims ->> 'iss';
    IF trusted.roles IS NULL THEN
        wrong := 'iss';
    ELSIF identity IS NULL THEN
        wrong := 'sub';
    ELSIF coalesce(jsonb_typeof(claims -> 'aud') NOT IN ('string', 'array') OR NOT claims -> 'aud' ? trusted.audience, true) THEN
        wrong := 'aud';
    ELSIF coalesce(jsonb_typeof(claims -> 'exp') <> 'number' OR (claims ->> 'exp')::numeric <= now_s - leeway_s, true) THEN
        wrong := 'exp';
    ELSIF jsonb_typeof(claims -> 'nbf') <> 'number' OR (claims ->> 'nbf')::numeric > now_s + leeway_s THEN
        wrong := 'nbf';
    ELSIF jsonb_typeof(claims -> 'iat') <> 'number' OR (claims ->> 'iat')::numeric > now_s + leeway_s THEN
        wrong := 'iat';
    ELSIF coalesce(claims ->> 'role' <> switched OR switched <> ALL (trusted.roles), true) THEN
        wrong := 'role';
    END IF;
    IF wrong IS NOT NULL THEN
        -- PostgREST reads an answer out of an error of this code; of the token's own words none is in it.
        RAISE EXCEPTION USING ERRCODE = 'PGRST',
            MESSAGE = json_build_object('code', '28000', 'message', 'this token is not accepted',
                                        'details', format('Its claim "%s" is missing or not what it must be.', wrong), 'hint', NULL),
            DETAIL = '{"status": 401, "headers": {"WWW-Authenticate": "Bearer error=\"invalid_token\""}}';
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_check_request() IS
'PostgREST calls it before each request: nothing, where no token was sent or one that is accepted.
That is one with an issuer of token_issuers, its audience, a subject, a time at which it ends, and a role that the issuer may give.
Errors: PGRST, which PostgREST answers with 401, a token that is not accepted; 55000 PostgREST logs in as a role that is no member of tv_authenticator.';
REVOKE ALL ON FUNCTION timevmaps.tv_check_request() FROM PUBLIC;
