-- The extension goes and comes back with data in every table, and nothing is lost.
BEGIN;
SELECT plan(10);

INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"clock": "traveler"}');
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'ann', 'analyst');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES (1, 1, 'a', 0, 0), (2, 1, 'b', 0, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 1000, 50);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 1, true);
INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (2, 1, 2, 1, 'no');
INSERT INTO timevmaps.vehicle_profiles (world_id, name) VALUES (1, 'lorry');
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES (1, 1, 'rush', array_fill(0.5::float, '{168}'));
INSERT INTO timevmaps.segment_profiles (timeline_id, segment_id, profile_id) VALUES (2, 1, 1);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 1, 1, 2, 1);
INSERT INTO timevmaps.layers (id, world_id, name) VALUES (1, 1, 'lands');
INSERT INTO timevmaps.zones (id, world_id, layer_id, geom) VALUES (1, 1, 1, 'SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))');
INSERT INTO timevmaps.zone_owners (id, zone_id, timeline_id, t, owner) VALUES (1, 1, 1, '2024-01-01 UTC', 'ann');
INSERT INTO timevmaps.route_plans (world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids,
    distance_m, eta_seconds, local_seconds, coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds,
    traveler_minus_local_seconds, metric)
    VALUES (1, 1, 1, 2, 1, '{1, 2}', '{1, 1}', 1000, 72, 72, 72, 72, 0, 0, 'local');

INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('bell', 2, '[{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]');
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params) VALUES (1, 1, 1, 'sr', '{"v_mps": 1}');
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, run_at) VALUES (2, 1, 1, 'sr', '{"v_mps": 1}', now() + interval '1 day'), (3, 1, 1, 'sr', '{"v_mps": 1}', now());
UPDATE timevmaps.experiments SET status = 'running' WHERE id = 3;
SELECT timevmaps_internal.tv_frames_partition(1);
INSERT INTO timevmaps.frames (experiment_id, step, world_id, payload) VALUES (1, 1, 1, '\x00');
INSERT INTO timevmaps.experiment_attempts (experiment_id, claim, world_id, outcome) VALUES (1, 1, 1, 'lost');
INSERT INTO timevmaps.results (experiment_id, world_id) VALUES (1, 1);
INSERT INTO timevmaps.audit_seals (batch, era, from_xid, to_xid, count, first_id, last_id, leaves, merkle, previous, root)
    VALUES (1, 1, '0', '1', 0, 1, 1, '', '', '', '');
INSERT INTO timevmaps.quota_usage (principal, kind, since, used) VALUES ('ann', 'frames_per_hour', now(), 1);

INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'bus');
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, now(), 12, 57.7);
INSERT INTO timevmaps.position_removals (timeline_id) VALUES (99);
INSERT INTO timevmaps.zone_told (timeline_id, vehicle_id, world_id, told_until) VALUES (1, 1, 1, now());

CREATE FUNCTION pg_temp.contents() RETURNS TABLE (name text, rows bigint, digest text) LANGUAGE plpgsql AS $$
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
    LOOP
        EXECUTE format('SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM timevmaps.%I t', name) INTO rows, digest;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE FUNCTION pg_temp.rights() RETURNS TABLE (what text) LANGUAGE sql AS $$
    SELECT format('policy %s on %s: %s %s %s %s', polname, polrelid::regclass, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid),
        pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
    UNION ALL
    SELECT format('%s %s %s', c.relname, c.relrowsecurity, c.relacl) FROM pg_class c
    WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT format('trigger %s on %s: %s', tgname, tgrelid::regclass, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
$$;

SELECT is_empty($$ SELECT name FROM pg_temp.contents() WHERE rows = 0 $$, 'every table has a row to lose');
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.contents();
CREATE TEMP TABLE rights AS SELECT * FROM pg_temp.rights();

SELECT lives_ok('DROP EXTENSION timevmaps', 'the extension goes without CASCADE');
SELECT set_eq('SELECT * FROM pg_temp.contents()', 'SELECT * FROM before', 'rows stay when it goes');
-- Undone, for the clocks of both are in the rows, and the audit has what was done.
SAVEPOINT whole;
SELECT lives_ok($$ UPDATE timevmaps.places SET name = name $$, 'and are still usable where no function of it is needed');
SELECT is(tests.outcome($$ UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = 1 RETURNING status $$), 'cancelled', 'an experiment is cancelled');
SELECT is(tests.outcome($$ UPDATE timevmaps.experiments SET status = 'queued' WHERE id = 1 RETURNING status $$), 'queued', 'and queued again');
ROLLBACK TO whole;
SELECT lives_ok('CREATE EXTENSION timevmaps', 'it comes back');
SELECT is_empty('SELECT * FROM timevmaps.tv_init()', 'and finds the tables as they were');
-- What is to be looked for again may have been.
SELECT set_eq($$SELECT * FROM pg_temp.contents() WHERE name <> 'position_removals'$$, $$SELECT * FROM before WHERE name <> 'position_removals'$$, 'no row is lost or changed');
SELECT set_eq('SELECT * FROM pg_temp.rights()', 'SELECT * FROM rights', 'policies, grants and triggers are as they were');

SELECT * FROM finish();
ROLLBACK;
