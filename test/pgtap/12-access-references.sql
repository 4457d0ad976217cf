-- What keys tell, which look past row-level security: nothing of a row that the caller does not see. And what others have
-- hung on a row does not keep it.
BEGIN;
SELECT no_plan();  -- two questions for each call that is told a world

-- Each unique index and foreign key that a client can reach is listed here with why it tells nothing. Reached is what has only
-- columns that a client writes, or that are filled in; an id is neither.
CREATE TEMP VIEW tables AS
    SELECT c.oid, c.relname FROM pg_class c
    WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND has_any_column_privilege('tv_analyst', c.oid, 'INSERT, UPDATE');
CREATE TEMP TABLE told (name text, why text);
INSERT INTO told VALUES
    -- of one world, which the row is of and the caller edits, for the policy is asked before
    ('timelines_world_id_label_key', 'world'), ('places_source_idx', 'world'), ('speed_profiles_world_id_name_key', 'world'), ('layers_world_id_name_key', 'world'), ('world_members_pkey', 'world'),
    ('experiments_world_id_submitted_by_idempotency_key_key', 'world'), ('vehicles_world_id_name_key', 'world'), ('vehicle_profiles_world_id_name_timeline_id_key', 'world'),
    -- of the timeline, or the segment, whose world the row is of; fixed
    ('segment_overrides_pkey', 'fixed'), ('segment_profiles_segment_id_timeline_id_key', 'fixed'), ('positions_pkey', 'fixed'), ('zone_owners_zone_id_timeline_id_t_key', 'fixed'), ('turns_key', 'fixed'),
    ('worlds_owner_name_key', 'own'), ('worlds_public_name_key', 'public'), ('circuits_name_key', 'public');
SELECT set_eq($$
    SELECT i.indexrelid::regclass::text FROM tables t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique
    WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey) AND a.attidentity <> '') $$,
    $$ SELECT 'timevmaps.' || name FROM told $$, 'unique keys that a client can reach');
SELECT is_empty($$
    SELECT t.name FROM told t JOIN pg_index i ON i.indexrelid = ('timevmaps.' || t.name)::regclass
    WHERE t.why = 'world' AND i.indkey[0] <> (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = 'world_id') $$, 'begin with the world');
CREATE TEMP VIEW keys AS
    SELECT k.conname, k.confrelid, k.confdeltype, t.relname,
        ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (n, i) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i) AS columns
    FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f';
SELECT set_eq($$ SELECT conname FROM keys WHERE NOT (columns[1] = 'world_id' OR columns[1] ~ '^(from|to)_world_id$' AND cardinality(columns) = 2) $$,
    '{experiments_gateway_id_fkey,route_plans_dest_timeline_fkey,route_plans_dest_fkey}'::name[], 'references that name no world with what they name: triggers look those up as the caller');
SELECT is_empty($$ SELECT conname FROM keys WHERE (columns[1] <> 'world_id' OR relname = 'route_plans') AND confdeltype NOT IN ('c', 'n') $$,
    'whatever may come from another world keeps nothing: it goes, or forgets it');

------------------------------------------------------------------- what is told

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE ben LOGIN; GRANT tv_analyst TO ben;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
-- 1: ann's, public; 2: ben's, private; 3: ben's, public. 4: private and ann's, and ben sees it.
INSERT INTO timevmaps.worlds (id, name, visibility, owner, rules) SELECT n, 'world ' || n, CASE WHEN n IN (1, 3) THEN 'public' ELSE 'private' END, CASE WHEN n IN (1, 4) THEN 'ann' ELSE 'ben' END, '{"clock": "local"}' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (4, 'ben', 'player'), (1, 'ben', 'analyst');
INSERT INTO timevmaps.timelines (id, world_id, label) SELECT n, n, 'main' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) SELECT n * 10 + m, n, n || '.' || m, n, m * 0.01 FROM generate_series(1, 4) n, generate_series(0, 3) m;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT n * 10 + m, n, n * 10 + m, n * 10 + m + 1, 1000, 36 FROM generate_series(1, 4) n, generate_series(0, 2) m;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 20, true), (3, 30, true), (1, 10, false);
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) SELECT n, n, 'rush', array_fill(0.5::float8, '{168}') FROM generate_series(1, 4) n;
INSERT INTO timevmaps.segment_profiles (id, segment_id, profile_id) SELECT n, n * 10, n FROM generate_series(1, 4) n;
INSERT INTO timevmaps.layers (id, world_id, name) SELECT n, n, 'lands' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.zones (id, layer_id, geom) SELECT n * 10, n, 'SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.zone_owners (id, zone_id, timeline_id, t, owner) SELECT n * 10, n * 10, n, '2024-01-01 UTC', 'ann' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.turns (id, from_segment_id, via_place_id, to_segment_id, rule) SELECT n * 10, n * 10 + 1, n * 10 + 1, n * 10, 'no' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name) SELECT n, n, 'lorry' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT n, n, 'bus' FROM generate_series(1, 4) n;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT n, n, n, '2026-01-01Z', 1, 1 FROM generate_series(1, 4) n;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (20, 2, 20, 2, 21), (30, 3, 30, 3, 31);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,gateways,speed_profiles,segment_profiles,experiments,route_plans,layers,zones,zone_owners,turns,vehicle_profiles}'::text[]) t \g /dev/null
-- SQLSTATE, message and detail, where numbers of what is asked for, and of the row that failed, are N.
CREATE FUNCTION pg_temp.told(statement text, id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(concat_ws('|', coalesce(state, 'done'), message, detail, hint), '[0-9]+', 'N', 'g') FROM tests.attempt(format(statement, id))
$$;
-- As ann; %s is of ben's private world, or of nobody's. In her world or, by a key of theirs, in theirs.
CREATE TEMP TABLE asked (statement text, hidden bigint, state text DEFAULT '23503');
GRANT SELECT ON asked TO PUBLIC;
INSERT INTO asked (statement, hidden) VALUES
    ('INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 10, %s, 1, 1)', 20),
    ('INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (1, 10, 11, 1, 1, %s)', 2),
    ('UPDATE timevmaps.segments SET a_place_id = %s WHERE id = 10', 20), ('UPDATE timevmaps.segments SET timeline_id = %s WHERE id = 10', 2),
    ('INSERT INTO timevmaps.timelines (world_id, label, parent_id) VALUES (1, ''x'', %s)', 2),
    ('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id) VALUES (%s, 10)', 2), ('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id) VALUES (1, %s)', 20),
    ('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id) VALUES (%s, 20)', 2),
    ('INSERT INTO timevmaps.segment_profiles (segment_id) VALUES (%s)', 20), ('INSERT INTO timevmaps.segment_profiles (segment_id, timeline_id) VALUES (10, %s)', 2),
    ('INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (11, %s)', 2), ('UPDATE timevmaps.segment_profiles SET profile_id = %s WHERE id = 1', 2),
    ('INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 10, %s, 20)', 2),
    ('INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 10, 1, %s)', 20),
    ('INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, %s, ''sr'', ''{"v": 1}'')', 2),
    ('INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, gateway_id) VALUES (1, 1, ''quantum'', ''{"qubits": 1, "gates": []}'', %s)', 20),
    ('INSERT INTO timevmaps.zones (layer_id, geom) VALUES (%s, ''SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))'')', 2),
    ('INSERT INTO timevmaps.zones (layer_id, timeline_id, geom) VALUES (1, %s, ''SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))'')', 2),
    ('UPDATE timevmaps.zones SET timeline_id = %s WHERE id = 10', 2),
    ('INSERT INTO timevmaps.zone_owners (zone_id, timeline_id, t) VALUES (%s, 1, ''2024-01-01'')', 20), ('INSERT INTO timevmaps.zone_owners (zone_id, timeline_id, t) VALUES (10, %s, ''2024-01-01'')', 2),
    ('INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) VALUES (10, %s, 11, ''no'')', 21), ('INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) VALUES (20, %s, 21, ''no'')', 21),
    ('INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) VALUES (%s, 11, 11, ''no'')', 20), ('INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) VALUES (10, 11, %s, ''no'')', 20),
    ('INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (%s, 10, 11, 11, ''no'')', 2),
    ('INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id) VALUES (1, ''x'', %s)', 2), ('UPDATE timevmaps.vehicle_profiles SET timeline_id = %s WHERE id = 1', 2),
    ('INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, %s, 2, ''2026-01-01Z'', 1, 1)', 2),
    ('INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, %s, ''2026-01-01Z'', 1, 1)', 2),
    ('INSERT INTO timevmaps.world_members (world_id, member) VALUES (%s, ''x'')', 2);
INSERT INTO asked (statement, hidden, state) VALUES
    ('UPDATE timevmaps.segment_overrides SET timeline_id = %s WHERE timeline_id = 1', 2, '23514'), ('UPDATE timevmaps.segment_overrides SET segment_id = %s WHERE timeline_id = 1', 20, '23514'),
    ('UPDATE timevmaps.segment_profiles SET segment_id = %s WHERE id = 1', 20, '23514'),
    ('UPDATE timevmaps.turns SET via_place_id = %s WHERE id = 10', 21, '23514'), ('UPDATE timevmaps.turns SET from_segment_id = %s WHERE id = 10', 20, '23514'), ('UPDATE timevmaps.turns SET timeline_id = %s WHERE id = 10', 2, '23514'),
    ('INSERT INTO timevmaps.vehicle_profiles (world_id, name) VALUES (%s, ''lorry'')', 2, '42501'), ('SELECT timevmaps.tv_delete_rows(''turns'', ARRAY[%s])', 20, 'PT404'), ('SELECT timevmaps.tv_delete_rows(''vehicle_profiles'', ARRAY[%s])', 2, 'PT404'),
    ('INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (%s, 0, 0)', 2, '42501'), ('INSERT INTO timevmaps.timelines (world_id, label) VALUES (%s, ''main'')', 2, '42501'),
    ('INSERT INTO timevmaps.speed_profiles (world_id, name, factors) VALUES (%s, ''rush'', array_fill(1::float8, ''{168}''))', 2, '42501'),
    ('INSERT INTO timevmaps.layers (world_id, name) VALUES (%s, ''lands'')', 2, '42501'), ('SELECT timevmaps.tv_draw_zone(%s, ''x'', ''{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}'')', 2, 'PT404'),
    ('SELECT timevmaps.tv_delete_rows(''zones'', ARRAY[%s])', 20, 'PT404'),
    ('SELECT timevmaps.tv_delete_rows(''places'', ARRAY[%s])', 20, 'PT404'), ('SELECT timevmaps.tv_clear_overrides(%s, ARRAY[20])', 2, 'PT404'),
    ('SELECT timevmaps.tv_clear_overrides(1, ARRAY[%s])', 20, 'PT404'), ('SELECT timevmaps.tv_branch(%s, ''x'')', 2, 'PT404'),
    ('INSERT INTO timevmaps.worlds (name, visibility) VALUES (''world %s'', ''private'')', 2, 'done');
SET SESSION AUTHORIZATION ann;
SELECT is(pg_temp.told(statement, hidden), pg_temp.told(statement, 777), statement || ': what is hidden is as what is not there') FROM asked;
SELECT is(tests.outcome(format(statement, hidden)), nullif(state, 'done'), '... ' || state) FROM asked WHERE state <> 'done';

-- All that is asked about a world: a player's questions in the words that there is none. %1$s is the world and its timeline, %1$s0 and
-- %1$s1 are places there.
RESET SESSION AUTHORIZATION;
CREATE TEMP TABLE questions (call text);
GRANT SELECT ON questions TO PUBLIC;
INSERT INTO questions VALUES
    ('tv_plan_route(%1$s, %1$s, %1$s0, %1$s1)'), ('tv_plan_route(1, 1, 10, %1$s1, %1$s)'), ('tv_plan_route(1, 1, 10, %1$s1)'), ('tv_plan_route(1, %1$s, 10, 11)'),
    ('tv_route_steps(%1$s, %1$s, %1$s0, %1$s1)'), ('tv_route_steps(1, 1, 10, %1$s1, %1$s)'), ('tv_route_cost(%1$s, %1$s, %1$s0, %1$s1)'), ('tv_route_cost(1, 1, 10, %1$s1, %1$s)'),
    ('tv_plan_route_at(%1$s, %1$s, %1$s0, %1$s1, ''2026-01-01'')'), ('tv_plan_route_at(1, 1, 10, %1$s1, ''2026-01-01'', %1$s)'),
    ('tv_route_alternatives(%1$s, %1$s, %1$s0, %1$s1)'), ('tv_route_alternatives(1, 1, 10, %1$s1)'), ('tv_route_diff(%1$s, %1$s, %1$s0, %1$s1)'), ('tv_route_diff(1, %1$s, 10, 11)'),
    ('tv_cost_matrix(%1$s, %1$s, ARRAY[%1$s0], ARRAY[%1$s1])'), ('tv_cost_matrix(1, 1, ARRAY[10], ARRAY[11, %1$s1])'), ('tv_isochrone(%1$s, %1$s, %1$s0, 10)'), ('tv_isochrone(1, 1, %1$s0, 10)'), ('tv_route_explain(%1$s, %1$s, %1$s0, %1$s1)'), ('tv_route_explain(1, 1, 10, %1$s1, %1$s)'), ('tv_isochrone_area(%1$s, %1$s, %1$s0, ''{10}'')'), ('tv_isochrone_area(1, 1, %1$s0, ''{10}'')'),
    ('tv_plan_trip(%1$s, %1$s, ARRAY[%1$s0, %1$s1])'), ('tv_plan_trip(1, 1, ARRAY[10, %1$s1])'), ('tv_plan_trip(1, %1$s, ARRAY[10])'), ('tv_plan_trip(1, 1, ARRAY[10, 11], stop_timeline_ids => ARRAY[1, %1$s])'),
    ('tv_match(%1$s, %1$s, 1, ''2026-01-01'', ''2026-01-02'')'), ('tv_match(1, %1$s, 1, ''2026-01-01'', ''2026-01-02'')'), ('tv_match(1, 1, %1$s, ''2026-01-01'', ''2026-01-02'')'), ('tv_match_line(%1$s, %1$s, ''[]'')'), ('tv_match_line(1, %1$s, ''[]'')'), ('tv_snap(%1$s, %1$s, 0, 2)'), ('tv_snap(1, %1$s, 0, 2)'), ('tv_plan_point_route(%1$s, %1$s, 0, 2, 0.01, 2)'), ('tv_plan_point_route(1, 1, 0, 1, 0.01, 2, %1$s)'),
    ('tv_positions_at(%1$s, %1$s, ''2026-01-01'')'), ('tv_positions_at(1, %1$s, ''2026-01-01'')'), ('tv_live_positions(%1$s, %1$s)'), ('tv_replay(%1$s, %1$s, ''2026-01-01'', ''2026-01-01'', 1)'), ('tv_replay(1, %1$s, ''2026-01-01'', ''2026-01-01'', 1)'),
    ('tv_replay_diff(%1$s, %1$s, ''2026-01-01'', ''2026-01-01'', 1)'), ('tv_replay_diff(1, %1$s, ''2026-01-01'', ''2026-01-01'', 1)'), ('tv_tracks(%1$s, %1$s, ''2026-01-01'', ''2026-01-01'')'), ('tv_tracks(1, %1$s, ''2026-01-01'', ''2026-01-01'')'), ('tv_live_positions(1, %1$s)'),
    ('tv_search(%1$s, %1$s, ''x'')'), ('tv_search(1, %1$s, ''x'')'),
    ('tv_reverse(%1$s, %1$s, 0, 0)'), ('tv_reverse(1, %1$s, 0, 0)'),
    ('tv_timeline_score(%1$s, %1$s, ''2026-01-01'', ''2026-01-02'')'), ('tv_timeline_score(1, %1$s, ''2026-01-01'', ''2026-01-02'')'), ('tv_zone_score(%1$s, %1$s, 1, ''2026-01-01'', ''2026-01-02'')'), ('tv_zone_score(1, %1$s, 1, ''2026-01-01'', ''2026-01-02'')'),
    ('tv_route_from(%1$s, %1$s, 1, now(), %1$s0)'), ('tv_route_from(1, %1$s, 1, now(), 10)'), ('tv_route_from(1, 1, 1, now(), %1$s1)'), ('tv_eta_live(%1$s, %1$s, 1, %1$s0)'),
    ('tv_delete_positions(%1$s, %1$s, 1, now(), now())'), ('tv_delete_positions(1, %1$s, 1, now(), now())'), ('tv_delete_positions(1, 1, %1$s, now(), now())'),
    ('tv_ingest(%1$s, %1$s, ''[]'')'), ('tv_ingest(1, %1$s, ''[]'')'), ('tv_may_report(%1$s, %1$s)'), ('tv_may_report(1, %1$s)'),
    ('tv_box_score(%1$s, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'), ('tv_box_score(1, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'), ('tv_stops(%1$s, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'), ('tv_stops(1, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'),
    ('tv_meetings(%1$s, %1$s, ''2026-01-01'', ''2026-01-02'', 1)'), ('tv_meetings(1, %1$s, ''2026-01-01'', ''2026-01-02'', 1)'),
    ('tv_trip_clock(%1$s, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'), ('tv_trip_clock(1, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'),
    ('tv_world_members(%1$s)'), ('tv_remove_member(%1$s, ''eve'')'), ('tv_reproduce(%1$s0)'), ('tv_experiment_attempts(%1$s0)'), ('tv_experiment_progress(%1$s0)'), ('tv_experiment_trace(%1$s0)'),
    ('tv_events_since(%1$s)'), ('tv_zones_at(%1$s, %1$s, 0, 0)'), ('tv_zones_at(1, %1$s, 0, 0)'), ('tv_zones_of(%1$s, %1$s, ''{0}'', ''{0}'')'), ('tv_zones_of(1, %1$s, ''{0}'', ''{0}'')'), ('tv_zones(%1$s, %1$s)'), ('tv_apply_speed_zones(%1$s)'), ('tv_zone_visits(%1$s, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'), ('tv_zone_visits(1, %1$s, NULL, ''2026-01-01'', ''2026-01-02'')'), ('tv_zone_visits(1, 1, NULL, ''2026-01-01'', ''2026-01-02'', %1$s0)'), ('tv_zones(1, %1$s)'), ('tv_zones_of(1, 1, ''{0}'', ''{0}'', %1$s)'),
    ('tv_zone_history(%1$s0, %1$s)'), ('tv_zone_history(10, %1$s)'), ('tv_set_zone_owner(%1$s0, %1$s, ''x'')'), ('tv_set_zone_owner(10, %1$s, ''x'')'),
    ('tv_draw_zone(1, ''x'', ''{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}'', %1$s)'), ('tv_live(%1$s, %1$s)'), ('tv_live(1, %1$s)'),
    ('tv_save_route(%1$s, %1$s, %1$s0, %1$s1)'), ('tv_save_route(1, 1, 10, %1$s1, %1$s)'), ('tv_prepare_graph(%1$s)'), ('tv_add_member(%1$s, ''eve'')'),
    ('tv_set_visibility(%1$s, ''public'')'), ('tv_transfer_world(%1$s, ''eve'')'), ('tv_submit_experiment(%1$s, %1$s, ''sr'', ''{"v": 1}'')'), ('tv_submit_experiment(1, %1$s, ''sr'', ''{"v": 1}'')'),
    ('tv_cancel_experiment(%1$s0)'), ('tv_retry_experiment(%1$s0)'), ('tv_branch(%1$s, ''x'')'), ('tv_import_dimacs(%1$s, ''p sp 1 0'', ''p aux sp co 1'')'),
    ('tv_import_pgrouting(%1$s, ''pg_class'')'), ('tv_import_turns(%1$s, ''pg_class'')'), ('tv_import_turns(1, ''pg_class'', %1$s)'), ('tv_import_osm2pgrouting(%1$s, ''pg_class'', ''pg_class'')');
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params) VALUES (20, 2, 2, 'sr', '{"v": 1}');
CREATE FUNCTION pg_temp.asked(call text, world bigint) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.told('SELECT count(*) FROM timevmaps.' || replace(replace(call, '%1$s', '%s'), '%s', world::text), 0) $$;
SELECT set_eq($$ SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'timevmaps'::regnamespace AND p.prokind = 'f' AND p.proargnames && '{world_id,timeline_id,timeline_a,experiment_id}'
        AND has_function_privilege('tv_analyst', p.oid, 'EXECUTE') AND p.proname NOT IN ('tv_sees_world', 'tv_clear_overrides') AND p.pronargs > 0 $$,
    $$ SELECT DISTINCT substring(call FROM '^\w+')::name FROM questions WHERE call !~ '^tv_(cancel|retry)_' $$, 'every function that is told a world is asked');
SET SESSION AUTHORIZATION eve;
SELECT is(pg_temp.asked(call, 2), pg_temp.asked(call, 7), call || ': a private world is as one that is not there') FROM questions WHERE has_function_privilege(to_regproc('timevmaps.' || substring(call FROM '^\w+')), 'EXECUTE');
SET SESSION AUTHORIZATION ann;
SELECT is(pg_temp.asked(call, 2), pg_temp.asked(call, 7), call || ': a private world is as one that is not there') FROM questions;
RESET SESSION AUTHORIZATION;
DELETE FROM timevmaps.experiments WHERE id = 20;

-------------------------------------------------------------- saved routes (7, 8)

RESET SESSION AUTHORIZATION;
CREATE FUNCTION tests.plan(dest bigint, dest_timeline bigint, path bigint[], timelines bigint[]) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO timevmaps.route_plans (world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m, eta_seconds,
        local_seconds, coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds, metric)
        VALUES (1, 1, 10, %s, %s, %L, %L, 1, 1, 1, 1, 1, 0, 0, ''local'') RETURNING world_ids', dest, dest_timeline, path, timelines) $$;
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome(tests.plan(30, 3, '{10,30}', '{1,3}')), '{1,3}', 'a route knows its worlds');
SELECT is(pg_temp.told(replace(tests.plan(0, 3, '{10,30}', '{1,3}'), ' 0, 3', ' %s, 3'), 20), pg_temp.told(replace(tests.plan(0, 3, '{10,30}', '{1,3}'), ' 0, 3', ' %s, 3'), 777), 'a place that is hidden is as one that is not there');
SELECT is(tests.outcome(statement), '23503', what) FROM (VALUES (tests.plan(20, 3, '{10,30}', '{1,3}'), 'at its end'), (tests.plan(30, 2, '{10,30}', '{1,3}'), 'a timeline'),
    (tests.plan(30, 3, '{10,20,30}', '{1,3,3}'), 'on its way'), (tests.plan(30, 3, '{10,11,30}', '{1,2,3}'), 'or a timeline there')) v (statement, what);
-- From world 1 by 4, which is private, to 3: ben, who sees all of them, saves it.
RESET SESSION AUTHORIZATION;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 10, 4, 40), (4, 43, 3, 30);
SET SESSION AUTHORIZATION ben;
SELECT is(tests.outcome('SELECT (timevmaps.tv_save_route(1, 1, 10, 30, 3)).world_ids'), '{1,3,4}', 'a route that crosses a private world');
SELECT is(count(*), 1::bigint, 'is shown to who sees it all') FROM timevmaps.route_plans WHERE 40 = ANY (path_place_ids);
SET SESSION AUTHORIZATION ann;
SELECT is(count(*), 1::bigint, '... whoever saved it') FROM timevmaps.route_plans WHERE 40 = ANY (path_place_ids);
SET SESSION AUTHORIZATION eve;
SELECT is_empty('SELECT id FROM timevmaps.route_plans WHERE 40 = ANY (path_place_ids)', 'not to others, though both ends are public');
SELECT is_empty('SELECT id FROM timevmaps.gateways WHERE 4 IN (from_world_id, to_world_id) OR 2 IN (from_world_id, to_world_id)', '... nor the gateways that it goes through, with either end');
SELECT is(array_agg(id), '{30}', '... but those whose ends are public') FROM timevmaps.gateways;
SELECT is(count(*), 1::bigint, 'who see what is public all along') FROM timevmaps.route_plans;
RESET SESSION AUTHORIZATION;
DELETE FROM timevmaps.world_members WHERE world_id = 4;
SET SESSION AUTHORIZATION ben;
SELECT is_empty('SELECT id FROM timevmaps.route_plans WHERE 40 = ANY (path_place_ids)', 'nor to an editor of its first world who does not see the others');
SELECT is(tests.outcome('SELECT timevmaps.tv_delete_rows(''route_plans'', ARRAY(SELECT generate_series(1001, 1010)))'), 'PT404', '... or deletes by guessing');

------------------------------------------------------------------- nothing pins

SELECT is(tests.outcome('SELECT timevmaps.tv_delete_rows(''segments'', ARRAY[30])'), '1', 'ben takes away a segment');
SELECT is(tests.outcome('SELECT timevmaps.tv_delete_rows(''places'', ARRAY[30])'), '1', 'and a place on which others have hung a gateway and routes');
RESET SESSION AUTHORIZATION;
SELECT is(count(*), 0::bigint, 'they go') FROM timevmaps.route_plans WHERE dest_id = 30;
SELECT is_empty('SELECT id FROM timevmaps.gateways WHERE 30 IN (from_place_id, to_place_id)', '... on either end');
SELECT is(count(*), 1::bigint, '... the others stay') FROM timevmaps.gateways WHERE to_place_id = 40;
SELECT is(array_agg(DISTINCT c.world_id ORDER BY c.world_id), '{3,4}', 'both worlds are told that a gateway is gone') FROM timevmaps.network_changes c
    WHERE c.kind = 'g' AND c.xid = pg_current_xact_id() AND c.ids = (SELECT ARRAY[max(g.id) + 1] FROM timevmaps.gateways g);

SELECT * FROM finish();
ROLLBACK;
