-- Which tokens are let through, asked in the sessions of a server; test/http/token.pl asks PostgREST.
BEGIN;
SELECT no_plan();

ALTER ROLE tv_authenticator LOGIN NOINHERIT;
DO $$ BEGIN IF to_regrole('tv_anonymous') IS NULL THEN CREATE ROLE tv_anonymous; END IF; END $$;
GRANT tv_player TO tv_anonymous;
GRANT tv_anonymous, tv_player, tv_analyst, tv_admin TO tv_authenticator;
CREATE ROLE careless LOGIN NOINHERIT; GRANT tv_anonymous, tv_analyst TO careless;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;
INSERT INTO timevmaps.token_issuers VALUES ('https://id.example', 'maps', '{tv_player}');

-- The claims of a good token, but for what is said; what is null is left out. As PostgREST gives them, with a role that it has become.
CREATE FUNCTION tests.claims(said jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('iss', 'timevmaps', 'aud', 'timevmaps', 'sub', 'ada', 'role', 'tv_analyst',
                                                'exp', extract(epoch FROM now()) + 60) || said)
$$;
CREATE FUNCTION tests.checked(claims text, role text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    error record;
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true), set_config('role', coalesce(role, claims::jsonb ->> 'role'), true);
    SELECT * INTO error FROM tests.attempt('SELECT timevmaps.tv_check_request()');
    RETURN CASE WHEN error.state IS NULL THEN 'passes'
        WHEN error.state <> 'PGRST' OR error.detail::json ->> 'status' <> '401' OR error.message::json ->> 'code' <> '28000'
        THEN concat_ws(' ', error.state, error.message) ELSE substring(error.message::json ->> 'details' FROM '"(.*)"') END;
END
$$;

SET SESSION AUTHORIZATION tv_authenticator;
SELECT is(tests.checked('{"role":"tv_anonymous"}'), 'passes', 'who sends no token');
SELECT is(tests.checked('{ "role" : "tv_anonymous" }'), 'passes', '... however it is written');
SELECT is(tests.checked('{"role":"tv_anonymous"}', 'tv_analyst'), 'iss', 'not as another role');
SELECT is(tests.checked(format('{"role":"%s"}', role)), 'iss', 'a role alone is nobody: ' || role) FROM unnest('{tv_player,tv_analyst,tv_admin,tv_authenticator}'::text[]) role;
SELECT is(tests.checked(claims, 'tv_analyst'), 'iss', 'nor is ' || claims) FROM unnest('{"",null,[],7,"{}","\"tv_anonymous\"","[{\"role\":\"tv_anonymous\"}]"}'::text[]) claims;
SELECT is(tests.checked(tests.claims()::text), 'passes', 'a good token');
SELECT is(tests.checked(tests.claims('{"role": "tv_admin"}')::text, 'tv_analyst'), 'role', 'the role is the one that PostgREST has become');
SELECT is(tests.checked(tests.claims(said::jsonb)::text), wanted, format('with %s', said)) FROM (VALUES
    ('{"aud": ["x", "timevmaps"]}', 'passes'), ('{"aud": ["timevmaps"], "nbf": 0, "iat": 1.5}', 'passes'), ('{"role": "tv_player"}', 'passes'), ('{"role": "tv_admin"}', 'passes'),
    ('{"iss": "https://id.example", "aud": "maps", "role": "tv_player"}', 'passes'),
    ('{"iss": "https://id.example", "aud": "maps"}', 'role'), ('{"iss": "https://id.example", "aud": "timevmaps", "role": "tv_player"}', 'aud'),
    ('{"iss": "https://id.example/", "aud": "maps", "role": "tv_player"}', 'iss'), ('{"iss": null}', 'iss'), ('{"iss": "evil"}', 'iss'), ('{"iss": ["timevmaps"]}', 'iss'),
    ('{"sub": null}', 'sub'), ('{"sub": ""}', 'sub'), ('{"sub": 7}', 'sub'), ('{"sub": ["ada"]}', 'sub'),
    ('{"aud": null}', 'aud'), ('{"aud": "time"}', 'aud'), ('{"aud": []}', 'aud'), ('{"aud": {"timevmaps": 1}}', 'aud'), ('{"aud": 7}', 'aud'), ('{"aud": [["timevmaps"]]}', 'aud'),
    ('{"exp": null}', 'exp'), ('{"exp": 1}', 'exp'), ('{"exp": "4000000000"}', 'exp'), ('{"exp": [4000000000]}', 'exp'), ('{"exp": -1e300}', 'exp'), ('{"exp": 1e300}', 'passes'),
    ('{"nbf": 4000000000}', 'nbf'), ('{"nbf": "0"}', 'nbf'), ('{"iat": 4000000000}', 'iat'), ('{"iat": {}}', 'iat'),
    ('{"role": "tv_anonymous"}', 'role'), ('{"role": "tv_authenticator"}', 'role')
) c (said, wanted);
SELECT is(tests.checked(tests.claims(said::jsonb)::text, 'tv_analyst'), 'role', format('with %s', said)) FROM unnest('{"{\"role\": null}","{\"role\": [\"tv_analyst\"]}"}'::text[]) said;
SELECT is(tests.checked(tests.claims(jsonb_build_object('exp', extract(epoch FROM now()) + seconds))::text), wanted, format('an end in %s s', seconds))
FROM (VALUES (-31, 'exp'), (-29, 'passes')) c (seconds, wanted);
SELECT is(tests.checked(tests.claims(jsonb_build_object('sub', repeat('x', n)))::text), wanted, format('a subject of %s characters', n))
FROM (VALUES (200, 'passes'), (201, 'sub'), (10240, 'sub')) c (n, wanted);
SELECT is(tests.checked(replace(tests.claims()::text, '"ada"', '"ada\u0000"'), 'tv_analyst'), 'iss', 'what is no text');

-- Whose long requests are counted together: one identity's, and not those of another that the server's own hash takes for the same.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION tests.begun(principals text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 6 AND pid = pg_backend_pid());
BEGIN
    PERFORM timevmaps_internal.tv_request_begin(p) FROM unnest(principals) p;
    RETURN (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 6 AND pid = pg_backend_pid()) - before;
END $$;
SELECT is(tests.begun('{timevmaps|bob,timevmaps|bob}'), 1::bigint, 'one identity''s are counted together');
SELECT is(hashtext('timevmaps|46441'), hashtext('timevmaps|105786'), 'of two identities with one hash');
SELECT is(tests.begun('{timevmaps|46441,timevmaps|105786}'), 2::bigint, '... each has its own');

-- In sessions that do not speak for tokens, everybody would be who logged in.
SET SESSION AUTHORIZATION careless;
SELECT is(tests.checked(claims), '55000 requests come in sessions that do not speak for tokens', 'a login that is not for tokens: ' || claims)
FROM unnest(ARRAY['{"role":"tv_anonymous"}', tests.claims()::text]) claims;
SET SESSION AUTHORIZATION boss;
SELECT lives_ok($$INSERT INTO timevmaps.token_issuers VALUES ('x', 'x', '{tv_player}')$$, 'an administrator adds an issuer');
SELECT lives_ok($$UPDATE timevmaps.token_issuers SET roles = '{tv_player,tv_analyst}' WHERE issuer = 'x'; DELETE FROM timevmaps.token_issuers WHERE issuer = 'x'$$, '... changes it, and takes it away');
RESET SESSION AUTHORIZATION;

-- The table.
SELECT ok(NOT has_any_column_privilege(role, 'timevmaps.token_issuers', 'SELECT, INSERT, UPDATE, REFERENCES') AND NOT has_table_privilege(role, 'timevmaps.token_issuers', 'DELETE, TRUNCATE'),
    role || ' does nothing with it') FROM unnest('{tv_anonymous,tv_player,tv_analyst,tv_authenticator}'::text[]) role;
SELECT ok(relrowsecurity, 'row-level security is on') FROM pg_class WHERE oid = 'timevmaps.token_issuers'::regclass;
GRANT SELECT ON timevmaps.token_issuers TO tv_analyst;
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.token_issuers', 'tv_analyst'), '0', 'and shows nothing to whom it is granted besides');
SELECT is(tests.outcome(format('INSERT INTO timevmaps.token_issuers VALUES (%L, %L, %L)', issuer, audience, roles)), '23514', format('no row %s, %s, %s', issuer, audience, roles))
FROM (VALUES ('', 'a', '{tv_player}'), ('a|b', 'a', '{tv_player}'), ('"a', 'a', '{tv_player}'), (E'a\nb', 'a', '{tv_player}'), (repeat('x', 200), 'a', '{tv_player}'), ('a', '', '{tv_player}'),
    ('a', 'a', '{}'), ('a', 'a', '{tv_owner}'), ('a', 'a', '{tv_player,postgres}'), ('a', 'a', '{NULL}'), ('a', 'a', '{tv_anonymous}')) c (issuer, audience, roles);
SELECT lives_ok($$INSERT INTO timevmaps.token_issuers VALUES (repeat('x', 199), 'a', '{tv_player}')$$, 'an issuer may be long');
SELECT lives_ok($$INSERT INTO timevmaps.worlds (name, owner) VALUES ('of a long name', concat(repeat('x', 199), '|', repeat('y', 200)))$$, '... and who has a long subject by it owns worlds');
SELECT results_eq($$SELECT * FROM timevmaps.token_issuers WHERE issuer = 'timevmaps'$$, $$VALUES ('timevmaps', 'timevmaps', '{tv_player,tv_analyst,tv_admin}'::text[])$$, 'http/token is an issuer');

-- Without the table nobody is let in whom it would have to know.
DROP TABLE timevmaps.token_issuers;
SET SESSION AUTHORIZATION tv_authenticator;
SELECT is(tests.checked('{"role":"tv_anonymous"}'), 'passes', 'without the table who sends no token');
SELECT is(split_part(tests.checked(tests.claims()::text), ' ', 1), '42P01', '... and nobody else');

SELECT * FROM finish();
ROLLBACK;
