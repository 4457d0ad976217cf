-- Who is asking: roles, tokens and administrators, none of whom becomes another by what he sets or is called.
BEGIN;
SELECT no_plan();

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE ben LOGIN; GRANT tv_analyst TO ben;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
CREATE ROLE aloof LOGIN NOINHERIT; GRANT tv_admin TO aloof; GRANT EXECUTE ON FUNCTION timevmaps.tv_identity() TO aloof;
CREATE ROLE "timevmaps|ann" LOGIN; GRANT tv_analyst TO "timevmaps|ann";
CREATE ROLE """timevmaps|ann""" LOGIN; GRANT tv_analyst TO """timevmaps|ann""";
-- As http/roles.sql makes it; another login of a server; and one who is an administrator, too.
ALTER ROLE tv_authenticator LOGIN NOINHERIT; GRANT tv_analyst, tv_admin TO tv_authenticator;
CREATE ROLE web LOGIN; GRANT tv_authenticator TO web;
CREATE ROLE keeper LOGIN; GRANT tv_authenticator, tv_admin TO keeper;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;

CREATE FUNCTION tests.identity(claims text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    RETURN tests.outcome('SELECT timevmaps.tv_identity()');
END
$$;
CREATE FUNCTION tests.definer() RETURNS text LANGUAGE sql SECURITY DEFINER RETURN timevmaps.tv_identity();
CREATE FUNCTION tests.caller() RETURNS name LANGUAGE sql SECURITY DEFINER RETURN timevmaps_internal.tv_caller_role();
CREATE FUNCTION tests.callers() RETURNS text LANGUAGE sql RETURN timevmaps.tv_identity() || ' ' || tests.definer() || ' ' || tests.caller();

-- What a login says of itself.
SET SESSION AUTHORIZATION ann;
SELECT is(tests.callers(), 'ann ann ann', 'a role that logged in is itself, in a definer function, too');
SET timevmaps.identity = 'ben';
SELECT is(tests.identity(claims), 'ann', 'nobody becomes another by ' || coalesce(claims, 'nothing'))
FROM unnest('{"{\"sub\": \"ben\"}","{\"iss\": \"timevmaps\", \"sub\": \"ben\"}","{\"sub\": \"ben\", \"role\": \"tv_admin\"}","not JSON",NULL}'::text[]) claims;
RESET timevmaps.identity;
SET ROLE tv_analyst;
SELECT is(tests.callers(), 'ann ann tv_analyst', 'nor by SET ROLE');
INSERT INTO timevmaps.worlds (name, visibility) VALUES ('ann''s as analyst', 'private') RETURNING id AS own \gset
SET SESSION AUTHORIZATION ben;
SET ROLE tv_analyst;
SELECT is(count(*), 0::bigint, 'so that members of a role who set it share nothing') FROM timevmaps.worlds WHERE id = :own;
SELECT is(tests.outcome($$INSERT INTO timevmaps.worlds (name, owner) VALUES ('a gift', 'tv_analyst')$$), '42501',
    'and write nothing for all of it');
SET SESSION AUTHORIZATION ann;
SELECT is(owner, 'ann', 'and it is hers without it') FROM timevmaps.worlds WHERE id = :own;

-- What a server says.
SET SESSION AUTHORIZATION tv_authenticator;
SELECT is(tests.identity(claims), wanted, format('a token with %s', coalesce(what, claims))) FROM (VALUES
    ('{"iss": "timevmaps", "sub": "ann"}', 'timevmaps|ann', NULL),
    ('{"sub": "ann"}', '|ann', NULL),
    ('{"iss": "", "sub": "ann"}', '|ann', NULL),
    ('{"iss": "timevmaps", "sub": "a|b"}', 'timevmaps|a|b', NULL),
    ('{"iss": "timevmaps", "sub": "' || repeat('x', 200) || '"}', 'timevmaps|' || repeat('x', 200), '200 characters'),
    ('{"iss": "timevmaps", "sub": "åß漢\u00e5"}', 'timevmaps|åß漢å', NULL),
    ('{"iss": "timevmaps", "sub": "' || repeat('x', 201) || '"}', NULL, '201 characters'),
    ('{"iss": "timevmaps", "sub": "' || repeat('x', 10240) || '"}', NULL, '10 kB'),
    ('{"iss": "timevmaps", "sub": "ann\u0000"}', NULL, NULL),
    ('{"iss": "timevmaps", "sub": "ann", "x": "\u0000"}', NULL, NULL),
    ('{"iss": "timevmaps", "sub": "\\u0000"}', NULL, NULL),
    ('{"iss": "timevmaps"}', NULL, NULL), ('{"iss": "timevmaps", "role": "tv_analyst"}', NULL, NULL),
    ('{"iss": "timevmaps", "sub": ""}', NULL, NULL), ('{"iss": "timevmaps", "sub": null}', NULL, NULL),
    ('{"iss": "timevmaps", "sub": 7}', NULL, NULL), ('{"iss": "timevmaps", "sub": true}', NULL, NULL),
    ('{"iss": "timevmaps", "sub": ["ann"]}', NULL, NULL), ('{"iss": "timevmaps", "sub": {"sub": "ann"}}', NULL, NULL),
    ('{"iss": 7, "sub": "ann"}', NULL, NULL), ('{"iss": null, "sub": "ann"}', NULL, NULL), ('{"iss": ["timevmaps"], "sub": "ann"}', NULL, NULL),
    ('{"iss": "timevmaps|x", "sub": "ann"}', NULL, NULL), ('{"iss": "\"timevmaps", "sub": "ann\""}', NULL, NULL),
    ('{"SUB": "ann", "iss": "timevmaps"}', NULL, NULL), ('"ann"', NULL, NULL), ('[]', NULL, NULL), ('null', NULL, NULL), ('', NULL, 'nothing')
) c (claims, wanted, what);
SELECT is(tests.identity('{"iss"'), '22P02', 'what is not JSON opens nothing either');
SET timevmaps.identity = 'ann';
SELECT is(tests.identity('{"iss": "timevmaps", "sub": "eve"}'), 'timevmaps|eve', 'a server does not act in another''s name by the setting');
SELECT is(tests.identity('{}'), NULL, '... with a token without sub neither');
SET ROLE tv_analyst;
SET request.jwt.claims = '{"iss": "timevmaps", "sub": "eve"}';
SELECT is(tests.callers(), 'timevmaps|eve timevmaps|eve tv_analyst', 'definer functions see the same');
SET ROLE tv_admin;
SELECT is(timevmaps.tv_identity(), 'timevmaps|eve', 'the role of a token is not an identity');
SET request.jwt.claims = '{"role": "tv_analyst"}';
SET ROLE tv_analyst;
SELECT throws_ok($$INSERT INTO timevmaps.worlds (name) VALUES ('nobody''s')$$, '42501', NULL, 'nobody owns nothing');
SELECT is(count(*), 0::bigint, 'and sees nothing private') FROM timevmaps.worlds WHERE id = :own;
SET request.jwt.claims = '{"iss": "timevmaps", "sub": "ann"}';
SELECT is(count(*), 0::bigint, 'nor does a subject that is called as a role is') FROM timevmaps.worlds WHERE id = :own;
SET request.jwt.claims = '{"sub": "ann"}';
SELECT is(count(*), 0::bigint, '... without an issuer neither') FROM timevmaps.worlds WHERE id = :own;
SET SESSION AUTHORIZATION web;
SELECT is(tests.identity('{"iss": "timevmaps", "sub": "eve"}'), 'timevmaps|eve', 'every login of a server speaks for tokens');
SET ROLE tv_admin;
SELECT is(tests.identity('{}'), NULL, '... and for nobody without one');
RESET ROLE;

SET SESSION AUTHORIZATION tv_authenticator;
SET ROLE tv_admin;
SELECT throws_ok('CALL timevmaps.tv_work(1)', '42501', 'experiments are not run in a session that speaks for tokens', 'nobody''s experiment runs as who a token names');
SELECT throws_ok($$CALL timevmaps.tv_load_positions('timevmaps.worlds', 1, 1)$$, '42501', 'positions are not loaded in a session that speaks for tokens', '... and no view of somebody''s is read');
RESET ROLE;

-- A role that is called as a token's identity is.
SET SESSION AUTHORIZATION "timevmaps|ann";
SELECT is(timevmaps.tv_identity(), '"timevmaps|ann"', 'a role''s name with a | is quoted');
SET SESSION AUTHORIZATION """timevmaps|ann""";
SELECT is(timevmaps.tv_identity(), '"""timevmaps|ann"""', 'one that is quoted already is another');

-- Administrators.
SET SESSION AUTHORIZATION keeper;
RESET timevmaps.identity;
SELECT is(tests.identity('{"iss": "timevmaps", "sub": "eve"}'), 'keeper', 'an administrator who may be a server, too, is an administrator');
SET timevmaps.identity = 'timevmaps|eve';
SELECT is(tests.callers(), 'timevmaps|eve timevmaps|eve keeper', 'and acts in another''s name');
SET SESSION AUTHORIZATION boss;
SELECT is(timevmaps.tv_identity(), 'timevmaps|eve', 'as all do');
SET timevmaps.identity = '';
SELECT is(tests.identity('{"iss": "timevmaps", "sub": "eve"}'), 'boss', 'claims count for nothing there');
SET ROLE tv_analyst;
SELECT is(tests.callers(), 'tv_analyst tv_analyst tv_analyst', 'or as the role that they set');
SET SESSION AUTHORIZATION aloof;
SELECT is(timevmaps.tv_identity(), 'aloof', 'an administrator who has to set his role');
SET ROLE tv_admin;
SET timevmaps.identity = 'ann';
SELECT is(timevmaps.tv_identity(), 'ann', '... acts as another, too');
RESET SESSION AUTHORIZATION;
SELECT is(timevmaps.tv_identity(), 'ann', 'and so does a superuser');
RESET timevmaps.identity;
SELECT is(timevmaps.tv_identity(), session_user::text, 'who is himself otherwise');
SET ROLE "timevmaps|ann";
SELECT is(timevmaps.tv_identity(), '"timevmaps|ann"', 'a role that is set is quoted as one that logged in');

RESET ROLE;

-- Code of others in an administrator's session: of an index that is analysed, and of a function that acts as who wrote it.
SELECT throws_ok(format('ALTER DATABASE %I SET timevmaps.identity = ''ann''', current_database()), '22023', NULL, 'a database''s owner says nothing for administrators');
SELECT throws_ok('ALTER ROLE boss SET timevmaps.identity = ''ann''', '22023', NULL, 'nor does who may alter their roles');
CREATE SCHEMA bens AUTHORIZATION ben;
GRANT USAGE ON SCHEMA bens TO PUBLIC;
SET SESSION AUTHORIZATION ben;
CREATE TABLE bens.seen (identity text, outcome text, ann_worlds bigint);
CREATE FUNCTION bens.look() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO bens.seen SELECT timevmaps.tv_identity(), tests.outcome('SELECT set_config(''timevmaps.identity'', ''ann'', false)'),
        (SELECT count(*) FROM timevmaps.worlds w WHERE w.visibility = 'private');
    RETURN 1;
END
$$;
CREATE FUNCTION bens.key(a integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM bens.look(); RETURN a; END $$;
CREATE TABLE bens.bait (a integer);
CREATE INDEX ON bens.bait (bens.key(a));
INSERT INTO bens.bait VALUES (1);
TRUNCATE bens.seen; RESET timevmaps.identity;
CREATE FUNCTION bens.definer() RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN bens.look();
SET SESSION AUTHORIZATION boss;
SELECT bens.definer() \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT bens.definer() \g /dev/null
ANALYZE bens.bait;
SELECT results_eq('SELECT DISTINCT identity, outcome, ann_worlds FROM bens.seen', $$VALUES ('ben', '42501', 0::bigint)$$,
    'what others have written is theirs in an administrator''s session, and speaks for nobody');
SELECT is(timevmaps.tv_identity(), session_user::text, 'which it leaves as it was');

SELECT * FROM finish();
ROLLBACK;
