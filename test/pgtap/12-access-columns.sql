-- Which columns of which tables each role reads and writes: what the list says, and nothing that it should not say.
BEGIN;
SELECT plan(84);

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
CREATE TEMP VIEW tables AS
    SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f');
CREATE TEMP VIEW columns AS
    SELECT t.oid, t.relname, a.attname, a.attidentity, a.attgenerated, format('%s.%s', t.relname, a.attname) AS name
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped;

-- What the roles hold.
SELECT is_empty($$ SELECT t.relname, r, p FROM tables t, unnest('{tv_player,tv_analyst}'::name[]) r, unnest('{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,REFERENCES}'::text[]) p
    WHERE has_table_privilege(r, t.oid, p) $$, 'clients may write no whole table');
SELECT is_empty($$ SELECT t.relname, p FROM tables t, unnest('{INSERT,UPDATE}'::text[]) p WHERE has_any_column_privilege('tv_player', t.oid, p) $$,
    'and players nothing at all');
SELECT is_empty($$ SELECT c.name, p FROM columns c, unnest('{INSERT,UPDATE}'::text[]) p
    WHERE has_column_privilege('tv_analyst', c.oid, c.attname, p) AND (c.attname = 'id' OR c.attidentity <> '' OR c.attgenerated <> '') $$,
    'nobody chooses an id, or what is computed');
SELECT set_eq($$ SELECT c.name FROM columns c WHERE has_column_privilege('tv_analyst', c.oid, c.attname, 'INSERT') AND c.attname ~ 'world' $$,
    '{timelines.world_id,places.world_id,segments.world_id,speed_profiles.world_id,experiments.world_id,route_plans.world_id,world_members.world_id,vehicles.world_id,positions.world_id,layers.world_id,vehicle_profiles.world_id}'::text[],
    'a world is named where nothing else says which it is');
SELECT is_empty($$ SELECT c.name FROM columns c WHERE has_column_privilege('tv_analyst', c.oid, c.attname, 'UPDATE') AND c.attname ~ 'world|owner|submitted|role' AND c.relname <> 'zone_owners' $$,
    'and no row changes its world, or whose it is');
SELECT is_empty($$ SELECT c.name FROM columns c WHERE has_column_privilege('tv_player', c.oid, c.attname, 'SELECT')
    AND c.attname ~ '(^|_)(owner|by|role|pid|claim|error|key|grantee|issuer|secret|password|identity|address)$' AND c.relname <> 'zone_owners' $$,
    'what names a person, or tells of a server''s inside, is not for everybody');
-- Members: each is shown himself, and an owner his.
SELECT set_eq($$ SELECT c.name FROM columns c WHERE has_column_privilege('tv_player', c.oid, c.attname, 'SELECT') AND c.attname ~ 'member' $$,
    '{world_members.member}'::text[], 'but for those rows that are about the caller');
SELECT set_eq($$ SELECT t.relname FROM tables t JOIN pg_class c ON c.oid = t.oid WHERE NOT c.relispartition AND NOT has_any_column_privilege('tv_player', t.oid, 'SELECT') $$,
    '{schema_migrations,network_changes,quotas,quota_usage,token_issuers,audit_events,audit_seals,queue_ready,queue_delayed,queue_running,experiment_attempts,position_removals,names,zone_told}'::name[], 'tables that are not for everybody');
SELECT is_empty($$ SELECT t.relname, r FROM tables t JOIN pg_class c ON c.oid = t.oid, unnest('{tv_player,tv_analyst,tv_admin}'::name[]) r
    WHERE c.relispartition AND has_any_column_privilege(r, t.oid, 'SELECT, INSERT, UPDATE') $$, 'nobody has anything of a partition');
SELECT is_empty($$ SELECT t.relname FROM tables t JOIN pg_class c ON c.oid = t.oid WHERE NOT c.relispartition AND t.relname NOT IN ('audit_events', 'audit_seals', 'events', 'schema_migrations') AND t.relname !~ '^queue_|^experiment_attempts$|^position_removals$|^names$|^zone_told$'
    AND ARRAY(SELECT e.privilege_type::text FROM aclexplode(c.relacl) e WHERE e.grantee = 'tv_admin'::regrole ORDER BY 1) <> '{DELETE,INSERT,SELECT,UPDATE}' $$,
    'administrators read and write rows of every table but the audit, the log of events, the list of migrations, what waits and runs and how that went, and no more');
SELECT is_empty($$ SELECT s.relname, r FROM pg_class s, unnest('{tv_player,tv_analyst,tv_admin}'::name[]) r, unnest('{USAGE,SELECT,UPDATE}'::text[]) p
    WHERE s.relnamespace = 'timevmaps'::regnamespace AND s.relkind = 'S' AND has_sequence_privilege(r, s.oid, p) $$, 'nobody moves a sequence');

-- Wider ones, as an earlier version granted them, are closed; what others were granted stays.
SAVEPOINT wide;
CREATE ROLE reporter;
SELECT timevmaps_internal.tv_frames_partition(1);
DO $$
BEGIN
    -- As who owns the tables, for who granted it takes it away again.
    SET LOCAL ROLE tv_owner;
    GRANT ALL ON timevmaps.worlds, timevmaps.places, timevmaps.network_changes TO tv_analyst;
    GRANT SELECT ON timevmaps.experiments, timevmaps.worlds, timevmaps.frames_0 TO tv_player;
    GRANT INSERT (id) ON timevmaps.segments TO tv_analyst WITH GRANT OPTION;
    GRANT ALL ON timevmaps.results TO tv_admin;
    GRANT SELECT, DELETE ON timevmaps.experiments TO reporter;
    GRANT SELECT ON timevmaps.frames_0 TO reporter;
    RESET ROLE;
END
$$;
SELECT results_eq('SELECT version, name FROM timevmaps.tv_init()', $$VALUES (0, 'access')$$, 'tv_init() says that grants were not as they should be');
SELECT is_empty($$ SELECT t.relname, r, p FROM tables t, unnest('{tv_player,tv_analyst}'::name[]) r, unnest('{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,REFERENCES}'::text[]) p
    WHERE has_table_privilege(r, t.oid, p) $$, '... takes away what is wider');
SELECT is_empty($$ SELECT relation FROM (VALUES ('experiments'), ('worlds'), ('frames_0')) v (relation) WHERE has_table_privilege('tv_player', 'timevmaps.' || relation, 'SELECT') $$, '... reading, too');
SELECT ok(NOT has_column_privilege('tv_analyst', 'timevmaps.segments', 'id', 'INSERT'), '... and single columns');
SELECT ok(has_column_privilege('tv_analyst', 'timevmaps.segments', 'length_m', 'INSERT'), '... leaves what the list has');
SELECT ok(NOT has_table_privilege('tv_admin', 'timevmaps.results', 'TRUNCATE'), '... of administrators as well');
SELECT ok(has_table_privilege('reporter', 'timevmaps.experiments', 'SELECT, DELETE') AND has_table_privilege('reporter', 'timevmaps.frames_0', 'SELECT'), 'what others were granted stays');
SELECT is_empty('SELECT * FROM timevmaps.tv_init()', 'and then there is nothing to do');
REVOKE SELECT (name) ON timevmaps.worlds FROM tv_player;
SELECT isnt_empty('SELECT * FROM timevmaps.tv_init()', 'what is missing');
SELECT ok(has_column_privilege('tv_player', 'timevmaps.worlds', 'name', 'SELECT'), '... is granted again');
ROLLBACK TO wide;

-- What that means to ann, who has a world.
INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'ann''s', 'public', 'ann'), (2, 'another''s', 'private', 'ben');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES (1, 1, 'a', 0, 0), (2, 1, 'b', 0, 0.01), (3, 1, 'c', 0, 0.02), (4, 2, 'd', 1, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 1000, 36), (2, 1, 2, 3, 1000, 36);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 100) FROM unnest('{worlds,timelines,places,segments,gateways,speed_profiles,segment_profiles,experiments,route_plans,circuits}'::text[]) t \g /dev/null

SELECT is(tests.outcome(format('INSERT INTO timevmaps.%s (id, %s) VALUES (7, %s)', relation, columns, "values"), 'ann'), '42501', relation || ': nobody chooses an id')
FROM (VALUES ('worlds', 'name', '''x'''), ('timelines', 'world_id, label', '1, ''x'''), ('places', 'world_id, lat, lon', '1, 0, 0'),
    ('segments', 'world_id, a_place_id, b_place_id, length_m, speed_kph', '1, 1, 2, 1, 1'), ('gateways', 'from_timeline_id, from_place_id, to_timeline_id, to_place_id', '1, 1, 1, 2'),
    ('speed_profiles', 'world_id, name, factors', '1, ''x'', array_fill(1::float8, ''{168}'')'), ('segment_profiles', 'segment_id', '1'), ('circuits', 'name, qubits, gates', '''x'', 1, ''[]'''),
    ('experiments', 'world_id, timeline_id, kind, params', '1, 1, ''sr'', ''{"v": 1}''')) v (relation, columns, "values");
SELECT matches(tests.outcome(format('INSERT INTO timevmaps.%s (%s) VALUES (%s) RETURNING id', relation, columns, "values"), 'ann'), '^[0-9]{3}$', relation || ': it comes from the sequence, and is told')
FROM (VALUES ('worlds', 'name', '''x'''), ('timelines', 'world_id, label', '1, ''x'''), ('places', 'world_id, lat, lon', '1, 0, 0'),
    ('segments', 'world_id, a_place_id, b_place_id, length_m, speed_kph', '1, 1, 2, 1, 1'), ('gateways', 'from_timeline_id, from_place_id, to_timeline_id, to_place_id', '1, 1, 1, 2'),
    ('speed_profiles', 'world_id, name, factors', '1, ''x'', array_fill(1::float8, ''{168}'')'), ('segment_profiles', 'segment_id', '1'), ('circuits', 'name, qubits, gates', '''x'', 1, ''[]'''),
    ('experiments', 'world_id, timeline_id, kind, params', '1, 1, ''sr'', ''{"v": 1}''')) v (relation, columns, "values");
SELECT is(tests.outcome(statement, 'ann'), outcome, statement)
FROM (VALUES ('UPDATE timevmaps.places SET id = 7 WHERE id = 1', '42501'), ('UPDATE timevmaps.places SET world_id = 2 WHERE id = 1', '42501'),
    ('UPDATE timevmaps.places SET name = ''A'' WHERE id = 1 RETURNING name', 'A'), ('DELETE FROM timevmaps.places WHERE id = 1', '42501'),
    ('DELETE FROM timevmaps.worlds WHERE id = 1', '42501'), ('DELETE FROM timevmaps.experiments', '42501'), ('TRUNCATE timevmaps.places', '42501'),
    ('UPDATE timevmaps.worlds SET owner = ''ben'' WHERE id = 1', '42501'), ('INSERT INTO timevmaps.worlds (name, owner) VALUES (''y'', ''ann'')', '42501'),
    ('UPDATE timevmaps.worlds SET rules = ''{"clock": "local"}'' WHERE id = 1 RETURNING rules', '{"clock": "local"}'),
    ('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (1, 1, true) RETURNING world_id', '1'),
    ('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (1, 1, false) ON CONFLICT (timeline_id, segment_id)
      DO UPDATE SET timeline_id = EXCLUDED.timeline_id, segment_id = EXCLUDED.segment_id, closed = EXCLUDED.closed RETURNING closed', 'false'),
    ('UPDATE timevmaps.segment_overrides SET segment_id = 2 WHERE segment_id = 1', '23514'),
    ('INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id) VALUES (1, 1, 2)', '42501'),
    ('INSERT INTO timevmaps.gateways (from_world_id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 1, 1, 1, 3)', '42501'),
    ('UPDATE timevmaps.experiments SET progress = 1', '42501'), ('UPDATE timevmaps.experiments SET error = ''{}''', '42501')) v (statement, outcome);

-- What is read of worlds and experiments.
SELECT is(tests.outcome('SELECT * FROM timevmaps.experiments', r), '42501', r || ' is not shown all of an experiment') FROM unnest('{eve,ann}'::text[]) r;
SELECT is(tests.outcome('SELECT * FROM timevmaps.worlds', 'eve'), '42501', 'nor a player all of a world');
SELECT is(tests.outcome('SELECT id, world_id, timeline_id, kind, params, status, priority, run_at, attempts, max_attempts, progress, gateway_id, submitted_at, started_at, finished_at
    FROM timevmaps.experiments LIMIT 1', 'eve') ~ '^[0-9]+$', true, 'a player reads what it is and how it goes');
SELECT is(tests.outcome(format('SELECT %s FROM timevmaps.experiments', c), 'eve'), '42501', 'not ' || c) FROM unnest('{error,idempotency_key,submitted_by,submitted_role,claim,worker_pid}'::text[]) c;
SELECT is(tests.outcome('SELECT submitted_by FROM timevmaps.experiments', 'ann'), 'ann', 'an analyst also by whom');
SELECT is(tests.outcome(format('SELECT %s FROM timevmaps.experiments', c), 'ann'), '42501', 'not ' || c) FROM unnest('{submitted_role,worker_pid}'::text[]) c;
SELECT isnt(tests.outcome('SELECT * FROM timevmaps.experiments', 'boss'), '42501', 'an administrator everything');
SELECT is(tests.outcome('SELECT owner FROM timevmaps.worlds WHERE id = 1', 'ann'), 'ann', 'an analyst reads whose a world is');

-- What writes for an analyst does so.
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome(call), outcome, call)
FROM (VALUES ('SELECT (timevmaps.tv_branch(1, ''branch'')).parent_id', '1'),
    ('SELECT (timevmaps.tv_save_route(1, 1, 1, 3)).world_ids', '{1}'),
    ('SELECT (timevmaps.tv_submit_experiment(1, 1, ''sr'', ''{"v": 1}'')).submitted_by', 'ann'),
    ('SELECT (timevmaps.tv_cancel_experiment((SELECT max(id) FROM timevmaps.experiments))).status', 'cancelled'),
    ('SELECT (timevmaps.tv_retry_experiment((SELECT max(id) FROM timevmaps.experiments))).status', 'queued'),
    ('SELECT timevmaps.tv_add_member(1, ''eve'', ''player'')', ''),
    ('SELECT timevmaps.tv_clear_overrides(1, ARRAY[1])', '1'),
    ('SELECT timevmaps.tv_delete_rows(''segments'', ARRAY[2])', '1')) v (call, outcome);
-- A parent whose id was given by hand is ahead of the sequence, which none of her can move.
RESET SESSION AUTHORIZATION;
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (5000, 1, 'by hand');
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome('SELECT (timevmaps.tv_branch(5000, ''above'')).id'), '5001', 'a branch of a timeline that is ahead of the sequence');
SELECT is(tests.outcome('INSERT INTO timevmaps.timelines (world_id, label, parent_id) VALUES (1, ''far'', 9007199254740000)'), '23514', 'of one that is not there none, and the sequence stays');
SELECT is(tests.outcome('SELECT (timevmaps.tv_branch(1, ''next'')).id'), '5003', '... where it was');
SELECT lives_ok('CALL timevmaps.tv_drop_world(1)', 'and her world goes');
SELECT is_empty('SELECT id FROM timevmaps.worlds WHERE id = 1', '... entirely');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
