-- tv_init() applies what comes after the latest migration of a database, and refuses one whose list is not the beginning of its own.
BEGIN;
SELECT plan(22);

-- SQLSTATE, message, detail and hint.
CREATE FUNCTION pg_temp.refusal() RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY[state, message, detail, hint] FROM tests.attempt('SELECT timevmaps.tv_init()')
$$;

SELECT is_empty('SELECT timevmaps.tv_init()', 'it has run already');
SELECT lives_ok('SELECT timevmaps.tv_check_tables()', 'and the tables are found');
SELECT results_eq('SELECT version, name FROM timevmaps.schema_migrations ORDER BY version', 'SELECT version, name FROM timevmaps_internal.tv_migrations() ORDER BY version',
    'and has written down each migration');
SELECT isnt(count(*), 0::bigint, 'of which there are some') FROM timevmaps_internal.tv_migrations();

-- One that has been left out, as a later release may not add it, nor may anybody take it away.
SAVEPOINT whole;
DELETE FROM timevmaps.schema_migrations WHERE version = 44;
SELECT is(pg_temp.refusal(), ARRAY['55000', 'a migration that has not been applied comes before one that has',
    format('Migration 44 "gateway" has not been applied, and %s has.', (SELECT max(version) FROM timevmaps.schema_migrations)),
    'If its tables are there, insert its version and name into timevmaps.schema_migrations.'], 'a migration below the latest is not skipped');
INSERT INTO timevmaps.schema_migrations (version, name) VALUES (44, 'gateway');
SELECT is_empty('SELECT timevmaps.tv_init()', 'what the hint says helps');
DELETE FROM timevmaps.schema_migrations WHERE version = (SELECT min(version) FROM timevmaps.schema_migrations);
SELECT is((pg_temp.refusal())[1], '55000', 'nor is the first');
ROLLBACK TO whole;

-- A database that a later release has migrated.
INSERT INTO timevmaps.schema_migrations (version, name) VALUES (900, 'tiles');
REVOKE SELECT ON timevmaps.worlds FROM tv_player;
SELECT is(pg_temp.refusal(), ARRAY['55000', 'this database has a migration that the installed timevmaps does not know',
    format('Migration 900 "tiles" has been applied; the latest that is known is %s.', (SELECT max(version) FROM timevmaps_internal.tv_migrations())),
    'Install the timevmaps that made the tables, or a later one, and run ALTER EXTENSION timevmaps UPDATE.'], 'a newer database is refused');
SELECT ok(NOT has_table_privilege('tv_player', 'timevmaps.worlds', 'SELECT'), 'and its grants are left as they are');
DELETE FROM timevmaps.schema_migrations WHERE version = 44;
SELECT matches((pg_temp.refusal())[3], 'Migration 900 ', 'which explains whatever else is odd');
ROLLBACK TO whole;
INSERT INTO timevmaps.schema_migrations (version, name) VALUES (1, 'worlds');
SELECT matches((pg_temp.refusal())[3], '^Migration 1 "worlds" has been applied; ', 'and so is one with a migration in between that is not known');
ROLLBACK TO whole;

-- The same number for something else.
UPDATE timevmaps.schema_migrations SET name = 'log' WHERE version = 46;
SELECT is(pg_temp.refusal(), ARRAY['55000', 'a migration has another name in this database than in the installed timevmaps',
    'Migration 46 has been applied as "log" and is known as "changes".',
    'Install the timevmaps that made the tables, or a later one, and run ALTER EXTENSION timevmaps UPDATE.'], 'one that goes by another name');
UPDATE timevmaps.schema_migrations SET name = 'log' WHERE version = (SELECT max(version) FROM timevmaps.schema_migrations);
DELETE FROM timevmaps.schema_migrations WHERE version = 46;
SELECT matches((pg_temp.refusal())[3], format('^Migration %s has been applied as "log"', (SELECT max(version) FROM timevmaps.schema_migrations)), 'the latest, too');
ROLLBACK TO whole;

-- What is new is applied, in a database that is older.
CREATE TEMP TABLE latest AS SELECT version, name FROM timevmaps.schema_migrations ORDER BY version DESC LIMIT 1;
DELETE FROM timevmaps.schema_migrations WHERE version = (SELECT version FROM latest);
ALTER FUNCTION timevmaps_internal.tv_migrations() RENAME TO real_migrations;
CREATE FUNCTION timevmaps_internal.tv_migrations(OUT version integer, OUT name text, OUT script text) RETURNS SETOF record LANGUAGE sql
AS $$ SELECT version, name, CASE version WHEN (SELECT max(version) FROM timevmaps_internal.real_migrations()) THEN 'CREATE TABLE timevmaps.new_table ()' ELSE 'failed' END FROM timevmaps_internal.real_migrations() $$;
SELECT results_eq('SELECT version, name FROM timevmaps.tv_init()', 'SELECT * FROM latest', 'a migration after the latest is applied, and no other');
SELECT has_table('timevmaps', 'new_table', 'once');

-- Who could be tv_owner would own the tables.
CREATE ROLE squatter;
CREATE ROLE group_of_owners;
CREATE FUNCTION pg_temp.refused_after(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    PERFORM timevmaps.tv_init();
    RETURN 'done';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN SQLERRM;
END
$$;
SELECT is(pg_temp.refused_after('ALTER ROLE tv_owner ' || attribute), 'role "tv_owner" may do more than own the tables', attribute || ' is refused')
FROM unnest('{SUPERUSER,BYPASSRLS,LOGIN}'::text[]) attribute;
SELECT is(pg_temp.refused_after('GRANT tv_owner TO squatter'), 'role "tv_owner" has members that are no superusers', 'and so is a member');
SELECT is(pg_temp.refused_after('GRANT tv_owner TO group_of_owners; GRANT group_of_owners TO squatter'), 'role "tv_owner" has members that are no superusers', '... of a member');
SELECT is(pg_temp.refused_after('GRANT pg_read_server_files TO tv_owner'), 'role "tv_owner" is a member of other roles', '... and that it is one');
SELECT is(pg_temp.refused_after('SELECT 1'), 'done', 'nothing else is');
SELECT * FROM finish();
ROLLBACK;
