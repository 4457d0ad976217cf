-- The audit: each statement that changes rows writes one of its own, with who, what and which; and nobody changes those.
BEGIN;
SELECT no_plan();

-- What has been written since it was last asked.
CREATE TEMPORARY SEQUENCE asked MINVALUE 0 START 0;
CREATE FUNCTION pg_temp.written() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(line, '; ' ORDER BY id), '')
    FROM (SELECT e.id, concat_ws(' ', e.action, e.relation, coalesce('w' || array_to_string(e.world_ids, ','), '-'), e.count,
                                 coalesce((SELECT string_agg(i::text, ',' ORDER BY i) FROM unnest(e.ids) i), '-'), e.more) AS line
          FROM timevmaps.audit_events e, (SELECT setval('asked', (SELECT coalesce(max(id), 0) FROM timevmaps.audit_events)), last_value FROM asked) s
          WHERE e.id > s.last_value) l
$$;

SELECT tests.writes($$INSERT INTO timevmaps.worlds (id, name, owner) VALUES (1, 'one', 'ada'), (2, 'two', 'bob'), (3, 'three', 'ada')$$,
    'INSERT worlds w1,2,3 3 1,2,3 {"owners": ["ada", "bob"]}');
SELECT tests.writes($$UPDATE timevmaps.worlds SET rules = '{"clock": "traveler"}', visibility = 'private' WHERE id < 3$$,
    'UPDATE worlds w1,2 2 1,2 {"columns": ["rules", "visibility"]}');
SELECT tests.writes($$UPDATE timevmaps.worlds SET owner = 'cleo' WHERE id = 3$$,
    'UPDATE worlds w3 1 3 {"owners": ["ada", "cleo"], "columns": ["owner", "transferred"]}');
SELECT tests.writes($$INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'eve', 'player'), (2, 'eve', 'analyst')$$,
    'INSERT world_members w1,2 2 - {"members": ["eve"]}');
SELECT tests.writes($$UPDATE timevmaps.world_members SET access = 'analyst' WHERE world_id = 1$$, 'UPDATE world_members w1 1 - {"members": ["eve"]}');
SELECT tests.writes($$DELETE FROM timevmaps.world_members WHERE world_id = 1$$, 'DELETE world_members w1 1 - {"members": ["eve"]}');
SELECT tests.writes($$INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 2, 'main', NULL), (3, 1, 'branch', 1)$$,
    'INSERT timelines w1 2 1,3; INSERT timelines w2 1 2');
SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 1), (3, 2, 0, 0), (4, 2, 0, 1)$$, 'INSERT places w1 2 1,2; INSERT places w2 2 3,4');
SELECT tests.writes($$UPDATE timevmaps.places SET name = 'x' WHERE id = 1$$, 'UPDATE places w1 1 1');
SELECT tests.writes($$UPDATE timevmaps.places SET name = 'x' WHERE false$$, '');
SELECT tests.writes($$INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 9, 9), (2, 2, 3, 4, 9, 9)$$,
    'INSERT segments w1 1 1; INSERT segments w2 1 2');
SELECT tests.writes($$INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) VALUES (1, 1, 5), (3, 1, 5), (2, 2, 5)$$,
    'INSERT segment_overrides w1 2 1,1 {"timelines": [1, 3]}; INSERT segment_overrides w2 1 2 {"timelines": [2]}');
SELECT tests.writes($$INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 1, 1, 2, 3), (2, 1, 1, 3, 1)$$,
    'INSERT gateways w1 2 1,2; INSERT gateways w2 1 1');
SELECT tests.writes($$INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('bell', 2, '[{"op": "H", "target": 0}]')$$,
    'INSERT circuits - 1 ' || (SELECT last_value + 1 FROM timevmaps.circuits_id_seq WHERE is_called UNION ALL SELECT last_value FROM timevmaps.circuits_id_seq WHERE NOT is_called));
SELECT tests.writes($$INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES (1, 1, 'rush', array_fill(0.5::float, '{168}'))$$, 'INSERT speed_profiles w1 1 1');
SELECT tests.writes($$INSERT INTO timevmaps.segment_profiles (id, timeline_id, segment_id, profile_id) VALUES (9, 3, 1, 1)$$, 'INSERT segment_profiles w1 1 9');
SELECT tests.writes($$INSERT INTO timevmaps.turns (id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (7, 3, 1, 1, 1, 'no'), (8, NULL, 1, 2, 1, 'no'), (9, NULL, 2, 3, 2, 'no')$$,
    'INSERT turns w1 2 7,8; INSERT turns w2 1 9');
SELECT tests.writes($$UPDATE timevmaps.turns SET rule = 'cost', penalty_s = 1 WHERE id = 7$$, 'UPDATE turns w1 1 7');
SELECT tests.writes($$DELETE FROM timevmaps.turns WHERE world_id = 1$$, 'DELETE turns w1 2 7,8');
SELECT tests.writes($$INSERT INTO timevmaps.vehicle_profiles (id, world_id, name) VALUES (5, 1, 'lorry')$$, 'INSERT vehicle_profiles w1 1 5');
SELECT tests.writes($$INSERT INTO timevmaps.layers (id, world_id, name) VALUES (1, 1, 'lands')$$, 'INSERT layers w1 1 1');
SELECT tests.writes($$INSERT INTO timevmaps.zones (id, layer_id, geom) VALUES (1, 1, 'SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))')$$, 'INSERT zones w1 1 1');
SELECT tests.writes($$INSERT INTO timevmaps.zone_owners (id, zone_id, timeline_id, t) VALUES (1, 1, 1, now())$$, 'INSERT zone_owners w1 1 1');
SELECT tests.writes($$INSERT INTO timevmaps.quotas (grantee, kind, amount) VALUES ('ada', 'experiments_queued', 7)$$,
    'INSERT quotas - 1 - {"kinds": ["experiments_queued"], "grantees": ["ada"]}');

-- One row a statement and world, however many rows it changes; beyond 100 none is named.
SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT g, 1, 0, 0 FROM generate_series(101, 200) g$$,
    'INSERT places w1 100 ' || (SELECT string_agg(g::text, ',') FROM generate_series(101, 200) g));
SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT g, 1 + g % 2, 0, 0 FROM generate_series(201, 301) g$$, 'INSERT places w1 50 ' || (SELECT string_agg(g::text, ',') FROM generate_series(202, 301, 2) g) || '; INSERT places w2 51 ' || (SELECT string_agg(g::text, ',') FROM generate_series(201, 301, 2) g));
SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (301, 2, 7, 7), (302, 2, 7, 7) ON CONFLICT (id) DO UPDATE SET lat = excluded.lat$$,
    'UPDATE places w2 1 301; INSERT places w2 1 302');

SELECT tests.writes($$INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT g, 1 + g % 2, 0, 0 FROM generate_series(401, 601) g$$, 'INSERT places w1 100 ' || (SELECT string_agg(g::text, ',') FROM generate_series(402, 600, 2) g) || '; INSERT places w2 101 -');

-- What a world takes with it.
SELECT tests.writes($$DELETE FROM timevmaps.segments WHERE id = 2$$, 'DELETE segments w2 1 2; DELETE segment_overrides w2 1 2 {"timelines": [2]}; DELETE turns w2 1 9');
SELECT tests.writes($$DELETE FROM timevmaps.worlds WHERE id = 3$$, 'DELETE worlds w3 1 3 {"owners": ["cleo"]}');

-- Experiments: who ran what, what became of it, and who removed it. Claims and progress are nobody's doing.
SELECT tests.writes($$INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, idempotency_key, submitted_by)
    VALUES (1, 1, 1, 'sr', '{"v_mps": 1}', 'a secret', 'ada'), (2, 1, 1, 'sr', '{"v_mps": 1}', NULL, 'ada'), (3, 1, 1, 'sr', '{"v_mps": 1}', NULL, 'bob')$$,
    'INSERT experiments w1 3 1,2,3');
SELECT tests.writes($$UPDATE timevmaps.experiments SET status = 'running', attempts = attempts + 1 WHERE id < 3$$, '');
SELECT tests.writes($$UPDATE timevmaps.experiments SET progress = 0.5 WHERE id < 3$$, '');
SELECT tests.writes($$UPDATE timevmaps.experiments SET status = 'queued', run_at = run_at + interval '1 s' WHERE id = 2$$, '');
SELECT tests.writes($$UPDATE timevmaps.experiments SET priority = 7$$, 'UPDATE experiments w1 3 1,2,3 {"moves": ["queued", "running"]}');
SELECT tests.writes($$UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id > 1$$, 'UPDATE experiments w1 2 2,3 {"moves": ["queued -> cancelled"]}');
SELECT tests.writes($$UPDATE timevmaps.experiments SET status = 'failed' WHERE id = 1$$, 'UPDATE experiments w1 1 1 {"moves": ["running -> failed"]}');
SELECT tests.writes($$SELECT timevmaps.tv_retry_experiment(2)$$, 'UPDATE experiments w1 1 2 {"moves": ["cancelled -> queued"]}');
SELECT tests.writes($$DELETE FROM timevmaps.experiments WHERE id > 1$$,
    'DELETE experiments w1 2 2,3 {"statuses": ["cancelled", "queued"], "submitted_by": ["ada", "bob"]}');
SELECT hasnt_column('timevmaps', 'audit_events', 'params', 'there is no column for what is asked');
SELECT is((SELECT count(*) FROM timevmaps.audit_events e WHERE e::text ~ 'secret|\mone\M|three|v_mps')::integer, 0, 'nor are keys, names and params in any other');

SELECT tests.writes('TRUNCATE timevmaps.segment_overrides', 'TRUNCATE segment_overrides - -');

-- Each way in which tables are changed has its trigger, but for those that are named here.
SELECT is_empty($$
    SELECT c.relname, o.op FROM pg_class c, unnest('{insert,update,delete,truncate}'::text[]) o (op)
    WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname NOT IN ('audit_events', 'audit_seals', 'schema_migrations', 'network_changes', 'results', 'frames', 'events', 'experiment_attempts', 'quota_usage', 'queue_ready', 'queue_delayed', 'queue_running', 'position_removals', 'names', 'zone_told')
      AND (c.relname, o.op) <> ('positions', 'insert')
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = c.relname || '_audit_' || o.op AND t.tgenabled = 'O')$$,
    'every table that somebody may change is audited');
SELECT is((SELECT e.more - 'version' FROM timevmaps.audit_events e WHERE e.action = 'MIGRATE' LIMIT 1), '{"before": 0}', 'tv_init() has written what it made');

-- Who.
SELECT setval('timevmaps.worlds_id_seq', 1000), setval('timevmaps.gateways_id_seq', 1000);
CREATE ROLE audit_login;
CREATE ROLE audit_other;
GRANT tv_analyst TO audit_login;
GRANT audit_login TO audit_other;
CREATE FUNCTION pg_temp.who() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT concat_ws(' ', e.identity, e.session_role, e.role) FROM timevmaps.audit_events e ORDER BY e.id DESC LIMIT 1 $$;
SET SESSION AUTHORIZATION audit_login;
INSERT INTO timevmaps.worlds (name) VALUES ('hers');
SELECT is(pg_temp.who(), 'audit_login audit_login audit_login', 'a login');
SET ROLE tv_analyst;
UPDATE timevmaps.worlds SET rules = '{}' WHERE name = 'hers';
SELECT is(pg_temp.who(), 'audit_login audit_login tv_analyst', 'who has set a role');
RESET SESSION AUTHORIZATION;
SET timevmaps.identity = 'timevmaps|ada';
SET ROLE tv_admin;
UPDATE timevmaps.worlds SET rules = '{}' WHERE name = 'hers';
SELECT is(pg_temp.who(), concat('timevmaps|ada ', session_user, ' tv_admin'), 'an administrator in the name of another');
RESET ROLE;
RESET timevmaps.identity;

-- Who may read: administrators, and of a world its owner.
CREATE TEMPORARY TABLE all_events AS SELECT count(*) AS n FROM timevmaps.audit_events;
GRANT SELECT ON all_events TO PUBLIC;
SELECT tests.act('tv_admin', NULL);
SELECT ok((SELECT count(*) FROM timevmaps.audit_events) = (SELECT n FROM all_events), 'tv_admin reads everything');
SELECT tests.act('tv_analyst', 'ada');
SELECT ok(count(*) > 5 AND bool_and(world_ids = '{1}'), 'the owner of a world what was done to it alone') FROM timevmaps.audit_events;
SELECT tests.act(NULL, NULL);
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'bob', 'analyst');
SELECT tests.act('tv_analyst', 'bob');
UPDATE timevmaps.places SET name = 'elsewhere as well' WHERE id IN (1, 3);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (2, 3, 1, 1);
UPDATE timevmaps.experiments SET priority = -7;
SELECT tests.act('tv_analyst', 'ada');
SELECT is((SELECT string_agg(concat_ws(' ', action, relation, world_ids, count), ', ' ORDER BY id) FROM timevmaps.audit_events WHERE identity = 'bob'),
    'UPDATE places {1} 1, INSERT gateways {1} 1, UPDATE experiments {1} 1', 'also where who edits it did something elsewhere in the same statement');
SELECT tests.act('tv_analyst', 'eve');
SELECT is_empty('SELECT FROM timevmaps.audit_events', 'a member nothing');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.audit_seals'), '42501', 'and no seals');
SELECT tests.act('tv_player', 'ada');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.audit_events'), '42501', 'a tv_player may not ask');
SELECT tests.act(NULL, NULL);

-- Who may write: nobody.
INSERT INTO timevmaps.audit_seals (batch, era, from_xid, to_xid, count, first_id, last_id, leaves, merkle, previous, root) VALUES (1, 1, '0', '1', 0, 1, 1, '', '', '', '');
SELECT is(tests.outcome(format(statement, name), role), CASE WHEN role IS NULL THEN '55000' ELSE '42501' END, concat_ws(' ', statement, name, role))
FROM unnest(ARRAY['audit_events', 'audit_seals']) name,
     unnest(ARRAY['UPDATE timevmaps.%I SET era = 2', 'DELETE FROM timevmaps.%I', 'TRUNCATE timevmaps.%I', 'UPDATE timevmaps.%I SET era = 2 WHERE false']) statement,
     unnest(ARRAY[NULL, 'tv_admin', 'tv_analyst', 'tv_player']) role;
SELECT is(tests.outcome(format('INSERT INTO timevmaps.audit_events (action) VALUES (''x'')'), role), '42501', 'nor adds to it: ' || role) FROM unnest('{tv_admin,tv_analyst,tv_player}'::text[]) role;
SET LOCAL ROLE tv_owner;
SELECT throws_ok('DELETE FROM timevmaps.audit_events', '55000', 'the audit is not to be changed', 'nor does tv_owner');
RESET ROLE;
SET LOCAL session_replication_role = replica;
SELECT throws_ok('DELETE FROM timevmaps.audit_events', '55000', 'the audit is not to be changed', 'nor a session that is a replica');
SELECT tests.writes($$INSERT INTO timevmaps.audit_events (action) VALUES ('x')$$, '');
SET LOCAL session_replication_role = origin;
SELECT is(tests.outcome('SELECT * FROM timevmaps.' || f, role), '42501', concat(f, ' is for tv_admin, not ', role))
FROM unnest(ARRAY['tv_seal_audit()', 'tv_verify_audit()']) f, unnest(ARRAY['tv_analyst', 'tv_player']) role;
SELECT is(tests.outcome('SELECT * FROM timevmaps.' || f, 'tv_admin'), '22023', f)
FROM unnest(ARRAY['tv_seal_audit(0)', 'tv_seal_audit(NULL)', 'tv_seal_audit(1000001)', 'tv_verify_audit(0)', 'tv_verify_audit(NULL)']) f;
SELECT results_eq('SELECT * FROM timevmaps.tv_verify_audit()', $$VALUES (1::bigint, NULL::bigint, 'seal changed')$$, 'a seal that is none does not hold');

-- A table of somebody else's with our trigger on it writes nothing.
CREATE TABLE public.places (id bigint, world_id bigint);
CREATE TRIGGER forged AFTER INSERT ON public.places REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_audit_statement('rows');
SELECT is(tests.outcome('INSERT INTO public.places VALUES (1, 1)'), '55000', 'a table that is not of timevmaps is refused');

SELECT * FROM finish();
ROLLBACK;
