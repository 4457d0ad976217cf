-- Rows deleted by their ids: by whom, all or none, with what hangs on them; and prepared graphs follow.
-- 1: ann's; 2: ben's, private; 3: ben's, public.
INSERT INTO timevmaps.worlds (id, name, visibility, owner, rules) SELECT n, 'world ' || n, CASE n WHEN 2 THEN 'private' ELSE 'public' END, CASE n WHEN 1 THEN 'ann' ELSE 'ben' END, '{"clock": "local"}' FROM generate_series(1, 3) n;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT n * 10 + m, n, 't' || m, CASE m WHEN 0 THEN NULL ELSE n * 10 END FROM generate_series(1, 3) n, generate_series(0, 2) m;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n * 10 + m, n, n, m * 0.01 FROM generate_series(1, 3) n, generate_series(0, 5) m;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT n * 10 + m, n, n * 10 + m, n * 10 + m + 1, 1000, 36 FROM generate_series(1, 3) n, generate_series(0, 3) m;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT n * 10 + 1, n * 10 + m, true FROM generate_series(1, 3) n, generate_series(0, 2) m;
INSERT INTO timevmaps.turns (id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s) SELECT n * 10 + m, n * 10, n * 10 + 1, n * 10 + m, 'cost', 5 FROM generate_series(1, 3) n, generate_series(0, 1) m;
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name) SELECT n * 10, n, 'lorry' FROM generate_series(1, 3) n;
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) SELECT n * 10 + m, n, 'p' || m, array_fill(0.5::float8, '{168}') FROM generate_series(1, 3) n, generate_series(0, 1) m;
INSERT INTO timevmaps.segment_profiles (id, segment_id, profile_id) SELECT n * 10, n * 10, n * 10 FROM generate_series(1, 3) n;
INSERT INTO timevmaps.layers (id, world_id, name) SELECT n * 10, n, 'lands' FROM generate_series(1, 3) n;
INSERT INTO timevmaps.zones (id, layer_id, geom) SELECT n * 10 + m, n * 10, 'SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))' FROM generate_series(1, 3) n, generate_series(0, 2) m;
INSERT INTO timevmaps.zone_owners (id, zone_id, timeline_id, t, owner) SELECT z.id, z.id, z.world_id * 10, '2024-01-01 UTC', 'ann' FROM timevmaps.zones z;
-- 10: within world 1; 20, 30: from there to another.
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (10, 10, 10, 10, 13), (20, 10, 15, 20, 25), (30, 10, 15, 30, 35);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,gateways,speed_profiles,segment_profiles,experiments,route_plans,layers,zones,zone_owners,turns,vehicle_profiles}'::text[]) t \g /dev/null
INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) VALUES (1, 12, 'sr', '{"v": 1}', '2100-01-01');
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null

BEGIN;
SELECT plan(65);
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE ben LOGIN; GRANT tv_analyst TO ben;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
SELECT cmp_ok(count(*), '>', 0::bigint, 'a graph is prepared') FROM timevmaps.tv_graph_status() WHERE world_id = 1;
CREATE FUNCTION pg_temp.told(call text) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws('|', coalesce(state, outcome), message, detail, hint) FROM tests.attempt('SELECT timevmaps.' || call) $$;
CREATE FUNCTION pg_temp.digest() RETURNS text LANGUAGE sql AS $$
    SELECT md5(concat((SELECT array_agg(t) FROM timevmaps.timelines t), (SELECT array_agg(t) FROM timevmaps.places t), (SELECT array_agg(t) FROM timevmaps.segments t), (SELECT array_agg(t) FROM timevmaps.gateways t),
        (SELECT array_agg(t) FROM timevmaps.speed_profiles t), (SELECT array_agg(t) FROM timevmaps.segment_profiles t), (SELECT array_agg(t) FROM timevmaps.segment_overrides t),
        (SELECT array_agg(t) FROM timevmaps.layers t), (SELECT array_agg(t) FROM timevmaps.zones t), (SELECT array_agg(t) FROM timevmaps.zone_owners t),
        (SELECT array_agg(t) FROM timevmaps.turns t), (SELECT array_agg(t) FROM timevmaps.vehicle_profiles t))) $$;
CREATE TEMP TABLE before AS SELECT pg_temp.digest() AS digest;

-- What is refused, and nothing is gone then.
SET SESSION AUTHORIZATION ann;
SELECT is(pg_temp.told(call), told, call)
FROM (VALUES
    ('tv_delete_rows(''places'', ''{14,999}'')', 'PT404|no such place|There is no place 999, or it is not visible to this role.|'),
    ('tv_delete_rows(''places'', ''{14,24}'')', 'PT404|no such place|There is no place 24, or it is not visible to this role.|'),
    ('tv_delete_rows(''places'', ''{14,34,24}'')', 'PT404|no such place|There is no place 24, or it is not visible to this role.|'),
    ('tv_delete_rows(''places'', ''{14,34}'')', '42501|only an editor of the world may do this|Of 2 rows of places this role edits the worlds of 1.|'),
    ('tv_delete_rows(''gateways'', ''{10,20}'')', 'PT404|no such gateway|There is no gateway 20, or it is not visible to this role.|'),
    ('tv_delete_rows(''gateways'', ''{10,30}'')', '42501|only an editor of the world may do this|Of 2 rows of gateways this role edits the worlds of 1.|'),
    ('tv_delete_rows(''zones'', ''{10,30}'')', '42501|only an editor of the world may do this|Of 2 rows of zones this role edits the worlds of 1.|'),
    ('tv_delete_rows(''turns'', ''{10,30}'')', '42501|only an editor of the world may do this|Of 2 rows of turns this role edits the worlds of 1.|'),
    ('tv_delete_rows(''vehicle_profiles'', ''{20}'')', 'PT404|no such vehicle profile|There is no vehicle profile 20, or it is not visible to this role.|'),
    ('tv_clear_overrides(11, ''{10,13}'')', 'PT404|no such override of segment|There is no override of segment 13, or it is not visible to this role.|'),
    ('tv_clear_overrides(21, ''{20}'')', 'PT404|no such timeline|There is no timeline 21, or it is not visible to this role.|'),
    ('tv_clear_overrides(999, ''{20}'')', 'PT404|no such timeline|There is no timeline 999, or it is not visible to this role.|'),
    ('tv_clear_overrides(31, ''{30}'')', '42501|only an editor of the world may do this|Of 1 rows of segment_overrides this role edits the worlds of 0.|')) v (call, told);
SELECT is(tests.refusal('SELECT timevmaps.' || call), refusal, call)
FROM (VALUES
    ('tv_delete_rows(''places'', ''{14,13}'')', '23503 update or delete on table "places" violates foreign key constraint "segments_b_place_fkey" on table "segments"'),
    ('tv_delete_rows(''timelines'', ''{10}'')', '23503 update or delete on table "timelines" violates foreign key constraint "timelines_parent_fkey" on table "timelines"'),
    ('tv_delete_rows(''timelines'', ''{11,12}'')', '23503 update or delete on table "timelines" violates foreign key constraint "experiments_timeline_fkey" on table "experiments"'),
    ('tv_delete_rows(''speed_profiles'', ''{11,10}'')', '23503 update or delete on table "speed_profiles" violates foreign key constraint "segment_profiles_profile_fkey" on table "segment_profiles"'),
    ('tv_delete_rows(''worlds'', ''{1}'')', '22023 relation'), ('tv_delete_rows(''experiments'', ''{1}'')', '22023 relation'), ('tv_delete_rows(''places; --'', ''{1}'')', '22023 relation'),
    ('tv_delete_rows(NULL, ''{1}'')', '22023 relation'), ('tv_delete_rows(''places'', NULL)', '22023 ids'), ('tv_delete_rows(''places'', ''{14,14}'')', '22023 ids'),
    ('tv_delete_rows(''places'', ''{14,NULL}'')', '22023 ids[2]'), ('tv_delete_rows(''places'', ''{{14,13}}'')', '22023 ids'),
    ('tv_delete_rows(''places'', ARRAY(SELECT generate_series(1, 1000001)))', '22023 ids'), ('tv_delete_rows(''places'', ARRAY(SELECT generate_series(1, 1000000)))', 'PT404 no such place'),
    ('tv_clear_overrides(NULL, ''{10}'')', '22023 timeline_id'), ('tv_clear_overrides(11, NULL)', '22023 segment_ids'), ('tv_clear_overrides(11, ''{10,11,10}'')', '22023 segment_ids')) v (call, refusal);
SELECT is(tests.outcome('SELECT timevmaps.tv_delete_rows(''places'', ''{}'')'), '0', 'of none there is nothing to delete');
-- The caller's own functions are none of it.
CREATE FUNCTION pg_temp.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 2';
SET SESSION AUTHORIZATION eve;
SELECT is(tests.outcome(call), '42501', 'a player: ' || call) FROM (VALUES ('SELECT timevmaps.tv_delete_rows(''places'', ''{14}'')'), ('SELECT timevmaps.tv_clear_overrides(11, ''{10}'')')) v (call);
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.digest(), digest, 'nothing is gone') FROM before;

-- A policy of an administrator's is asked as well.
CREATE POLICY frozen ON timevmaps.places AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (id <> 14);
SELECT is(tests.outcome('SELECT timevmaps.tv_delete_rows(''gateways'', ''{30}'')', 'boss'), '1', 'an administrator deletes what is of two worlds');
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome('SELECT timevmaps.tv_delete_rows(''places'', ''{14}'')'), '42501', 'a policy keeps a row');
RESET SESSION AUTHORIZATION;
DROP POLICY frozen ON timevmaps.places;

-- What ann deletes, and a graph that was prepared before follows.
SELECT timevmaps.tv_clear_overrides(11, '{12}') \g /dev/null
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome(call), outcome, call)
FROM (VALUES ('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 10, 10, 14)', '100'),
    ('SELECT timevmaps.tv_delete_rows(''gateways'', ''{10}'')', '1'), ('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 10, 10, 14)', '405'),
    ('SELECT count(*) FROM timevmaps.tv_plan_route(1, 11, 10, 14)', '0'), ('SELECT timevmaps.tv_clear_overrides(11, ''{10,11}'')', '2'),
    ('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 11, 10, 14)', '405'),
    ('SELECT timevmaps.tv_delete_rows(''turns'', ''{10,11}'')', '2'), ('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 11, 10, 14)', '400'),
    ('SELECT timevmaps.tv_delete_rows(''vehicle_profiles'', ''{10}'')', '1'),
    ('SELECT timevmaps.tv_delete_rows(''zone_owners'', ''{11}'')', '1'), ('SELECT timevmaps.tv_delete_rows(''zones'', ''{10,11}'')', '2'), ('SELECT timevmaps.tv_delete_rows(''layers'', ''{10}'')', '1'),
    ('SELECT timevmaps.tv_delete_rows(''segment_profiles'', ''{10}'')', '1'), ('SELECT timevmaps.tv_delete_rows(''speed_profiles'', ''{10,11}'')', '2'),
    ('SELECT (timevmaps.tv_save_route(1, 10, 10, 14)).id', '1001'), ('SELECT timevmaps.tv_delete_rows(''route_plans'', ''{1001}'')', '1'),
    ('SELECT (timevmaps.tv_save_route(1, 11, 10, 14)).id', '1002'),
    ('SELECT timevmaps.tv_delete_rows(''timelines'', ''{11}'')', '1'), ('SELECT count(*) FROM timevmaps.route_plans', '0'),
    ('SELECT timevmaps.tv_delete_rows(''segments'', ''{13,12}'')', '2'), ('SELECT count(*) FROM timevmaps.tv_plan_route(1, 10, 10, 14)', '0'),
    ('SELECT timevmaps.tv_delete_rows(''places'', ''{13,14}'')', '2'), ('SELECT count(*) FROM timevmaps.places WHERE world_id = 1', '4'),
    ('SELECT count(*) FROM timevmaps.tv_plan_route(1, 10, 10, 13)', 'PT404')) v (call, outcome);
-- Place 15 is where a gateway to ben's private world begins, which she does not see.
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.gateways'), '0', 'she sees no gateway');
SELECT is(tests.outcome('SELECT timevmaps.tv_delete_rows(''places'', ''{15}'')'), '1', '... and deletes the place where one begins');
RESET SESSION AUTHORIZATION;
SELECT is_empty('SELECT id FROM timevmaps.gateways', '... which goes');
SELECT is(count(*), 2::bigint, '... and both worlds are told') FROM timevmaps.network_changes WHERE kind = 'g' AND ids = '{20}' AND id > (SELECT max(id) FROM timevmaps.network_changes WHERE kind = 's');
SELECT * FROM finish();
ROLLBACK;
