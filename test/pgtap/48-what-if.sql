-- What may be supposed in a call, worked out by hand; what is refused; that nothing is written, and what others see.
-- World 1: from 1 to 3 in 200 s over 2, in 300 s over 4, in 500 s over 5, whose last segment is closed.
INSERT INTO timevmaps.worlds (id, name, visibility, owner, rules) VALUES (1, 'one', 'public', 'ann', '{"sr": false, "clock": "local"}'), (2, 'two', 'private', 'ben', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 57.70, 11.90), (2, 1, 57.70, 11.91), (3, 1, 57.70, 11.92), (4, 1, 57.71, 11.91), (5, 1, 57.72, 11.91), (6, 2, 0, 0), (7, 2, 0, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (1, 1, 1, 2, 1000, 36), (2, 1, 2, 3, 1000, 36), (3, 1, 1, 4, 1500, 36), (4, 1, 4, 3, 1500, 36), (5, 1, 1, 5, 2500, 36), (6, 1, 5, 3, 2500, 36), (7, 2, 6, 7, 1000, 36);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (1, 6, true);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, fidelity) VALUES (1, 1, 1, 1, 3, 1000, 1), (2, 1, 1, 1, 3, 50, 0);
INSERT INTO timevmaps.layers (id, world_id, name, kind) VALUES (1, 1, 'areas', 'zone');
INSERT INTO timevmaps.zones (id, layer_id, geom) VALUES (1, 1, 'SRID=4326;MULTIPOLYGON(((11.8 57.69, 11.915 57.69, 11.915 57.705, 11.8 57.705, 11.8 57.69)))');
INSERT INTO timevmaps.vehicle_profiles (world_id, name, forbidden, height_m) VALUES (1, 'lorry', '{path}', 4);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,gateways,zones,layers}'::text[]) t \g /dev/null
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE eve LOGIN; GRANT tv_analyst TO eve;

CREATE FUNCTION pg_temp.goes(supposed text, timeline bigint DEFAULT 1, profile text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a text;
    b text;
    statement text := format('SELECT array_to_string(path_place_ids, ''-'') || '' '' || round(local_seconds::numeric, 1)::float FROM timevmaps.tv_plan_route(1, %s, 1, 3, profile => %L, overrides => %L)', timeline, profile, supposed);
BEGIN
    a := tests.refusal(statement);
    PERFORM set_config('timevmaps.prepared_graph', 'off', true);
    b := tests.refusal(statement);
    PERFORM set_config('timevmaps.prepared_graph', 'on', true);
    RETURN CASE WHEN a = b THEN a ELSE concat_ws(' of graphs, of rows ', a, b) END;
END
$$;
SELECT is(pg_temp.goes(supposed, timeline, profile), wanted, concat_ws(' for ', supposed, profile))
FROM (VALUES
    (NULL, 1, NULL, '1-2-3 200'), ('[]', 1, NULL, '1-2-3 200'), ('null', 1, NULL, '1-2-3 200'),
    ('[{"segment_id": 2, "closed": true}]', 1, NULL, '1-4-3 300'), ('[{"segment_id": 2, "closed": true}]', 2, NULL, '1-4-3 300'),
    ('[{"segment_id": 2, "closed": true}, {"segment_id": 2, "closed": false}]', 1, NULL, '1-2-3 200'),
    ('[{"segment_id": 2, "closed": true}, {"segment_id": 2, "speed_kph": 72}]', 1, NULL, '1-4-3 300'),
    ('[{"segment_id": 2, "speed_kph": 1}, {"segment_id": 2, "speed_kph": 72}]', 1, NULL, '1-2-3 150'),
    ('[{"segment_id": 2, "closed": null, "speed_kph": null}]', 1, NULL, '1-2-3 200'),
    ('[{"segment_id": 2, "length_m": 1500}]', 1, NULL, '1-2-3 250'), ('[{"segment_id": 2, "base_drag": 2}]', 1, NULL, '1-4-3 300'),
    ('[{"segment_id": 6, "closed": false, "length_m": 1}, {"segment_id": 5, "length_m": 1}]', 1, NULL, '1-5-3 0.2'),
    ('[{"zone_id": 1, "closed": true}]', 1, NULL, '1-3 1000'), ('[{"zone_id": 1, "closed": true}, {"segment_id": 3, "closed": false}]', 1, NULL, '1-4-3 300'),
    ('[{"zone_id": 1, "speed_kph": 18}]', 1, NULL, '1-2-3 350'), ('[{"zone_id": 1, "speed_kph": 90}]', 1, NULL, '1-2-3 200'),
    ('[{"zone_id": 1, "speed_kph": 18}, {"segment_id": 1, "speed_kph": 36}]', 1, NULL, '1-2-3 250'),
    ('[{"segment_id": 1, "speed_kph": 36}, {"zone_id": 1, "speed_kph": 18}]', 1, NULL, '1-2-3 250'),
    ('[{"zone_id": 1, "closed": true}, {"zone_id": 1, "closed": false}]', 1, NULL, '1-2-3 200'),
    ('[{"gateway_id": 1, "penalty_s": 10}]', 1, NULL, '1-3 10'), ('[{"gateway_id": 1, "penalty_s": 10}, {"gateway_id": 1, "closed": true}]', 1, NULL, '1-2-3 200'),
    ('[{"gateway_id": 2, "penalty_s": 7}]', 1, NULL, '1-3 7'), ('[{"gateway_id": 2, "closed": false}]', 1, NULL, '1-2-3 200'), ('[{"gateway_id": 1, "penalty_s": 0}]', 2, NULL, '1-2-3 200'),
    ('[{"segment_id": 2, "class": "path"}]', 1, NULL, '1-2-3 200'), ('[{"segment_id": 2, "class": "path"}]', 1, 'lorry', '1-4-3 300'),
    ('[{"segment_id": 2, "max_height_m": 3.9}]', 1, 'lorry', '1-4-3 300'), ('[{"segment_id": 2, "max_height_m": 3.9}, {"segment_id": 2, "max_height_m": "infinity"}]', 1, 'lorry', '1-2-3 200'),
    ('[{"x-mine": {}, "segment_id": 2, "closed": true}]', 1, NULL, '1-4-3 300')) v (supposed, timeline, profile, wanted);

-- What is refused.
SELECT is(pg_temp.goes(supposed), wanted, left(supposed, 60))
FROM (VALUES
    ('{}', '22023 overrides'), ('7', '22023 overrides'), ('"x"', '22P02 invalid input syntax for type json'), ('"7"', '22023 overrides'), ('"[{\"segment_id\": 2, \"closed\": true}]"', '1-4-3 300'), ('[7]', '22023 overrides[0]'), ('[null]', '22023 overrides[0]'), ('[[]]', '22023 overrides[0]'), ('[{}]', '22023 overrides[0]'),
    ('[{"closed": true}]', '22023 overrides[0]'), ('[{"segment_id": 1, "zone_id": 1}]', '22023 overrides[0]'), ('[{"segment_id": null}]', '22023 overrides[0]'),
    ('[{"segment_id": 1, "closed": false}, {"segment_id": 1, "speed": 7}]', '22023 overrides[1].speed'), ('[{"segment_id": "1", "closed": true}]', '22023 overrides[0].segment_id'), ('[{"segment_id": 0, "closed": true}]', '22023 overrides[0].segment_id'),
    ('[{"segment_id": 1.5, "closed": true}]', '22023 overrides[0].segment_id'), ('[{"segment_id": 1e300, "closed": true}]', '22023 overrides[0].segment_id'), ('[{"segment_id": 9007199254740992, "closed": true}]', '22023 overrides[0].segment_id'),
    ('[{"segment_id": 1}]', '22023 overrides[0]'), ('[{"zone_id": 1}]', '22023 overrides[0]'), ('[{"segment_id": 1, "closed": true}, {"gateway_id": 1, "x-name": "bridge"}]', '22023 overrides[1]'), ('[{"segment_id": 1, "class": ""}]', '22023 overrides[0].class'),
    ('[{"segment_id": 1, "closed": 1}]', '22023 overrides[0].closed'), ('[{"segment_id": 1, "closed": "true"}]', '22023 overrides[0].closed'),
    ('[{"segment_id": 1, "speed_kph": 0}]', '22023 overrides[0].speed_kph'), ('[{"segment_id": 1, "speed_kph": -1}]', '22023 overrides[0].speed_kph'), ('[{"segment_id": 1, "speed_kph": "NaN"}]', '22023 overrides[0].speed_kph'),
    ('[{"segment_id": 1, "speed_kph": "Infinity"}]', '22023 overrides[0].speed_kph'), ('[{"segment_id": 1, "speed_kph": 1e400}]', '22023 overrides[0].speed_kph'), ('[{"segment_id": 1, "speed_kph": 1e-400}]', '22023 overrides[0].speed_kph'),
    ('[{"segment_id": 1, "length_m": 0}]', '22023 overrides[0].length_m'), ('[{"segment_id": 1, "base_drag": -1}]', '22023 overrides[0].base_drag'), ('[{"segment_id": 1, "gate": 0}]', '22023 overrides[0].gate'),
    ('[{"segment_id": 1, "max_width_m": "NaN"}]', '22023 overrides[0].max_width_m'), ('[{"segment_id": 1, "max_weight_kg": 0}]', '22023 overrides[0].max_weight_kg'), ('[{"segment_id": 1, "class": 7}]', '22023 overrides[0].class'),
    (format('[{"segment_id": 1, "class": "%s"}]', repeat('x', 65)), '22023 overrides[0].class'), ('[{"zone_id": 1, "length_m": 7}]', '22023 overrides[0].length_m'), ('[{"zone_id": 1, "speed_kph": 0}]', '22023 overrides[0].speed_kph'),
    ('[{"gateway_id": 1, "penalty_s": -1}]', '22023 overrides[0].penalty_s'), ('[{"gateway_id": 1, "speed_kph": 1}]', '22023 overrides[0].speed_kph'),
    ('[{"turn": 7}]', '22023 overrides[0].turn'), ('[{"turn": {}}]', '22023 overrides[0].turn.from_segment_id'), ('[{"turn": {"from_segment_id": 1, "via_place_id": 2, "to_segment_id": 2}}]', '22023 overrides[0].turn.rule'),
    ('[{"turn": {"from_segment_id": 1, "via_place_id": 2, "to_segment_id": 2, "rule": "never"}}]', '22023 overrides[0].turn.rule'), ('[{"turn": {"from_segment_id": 1, "via_place_id": 2, "to_segment_id": 2, "rule": "cost"}}]', '22023 overrides[0].turn.penalty_s'),
    ('[{"turn": {"from_segment_id": 1, "via_place_id": 2, "to_segment_id": 2, "rule": "no", "penalty_s": 3}}]', '22023 overrides[0].turn.penalty_s'), ('[{"turn": {"from_segment_id": 1, "via_place_id": 2, "to_segment_id": 2, "rule": "no"}, "note": "x"}]', '22023 overrides[0].note'),
    ('[{"turn": {"from_segment_id": 1, "via_place_id": 2, "to_segment_id": 4, "rule": "no"}}]', '22023 overrides[0].turn.to_segment_id'), ('[{"turn": {"from_segment_id": 6, "via_place_id": 2, "to_segment_id": 2, "rule": "no"}}]', '22023 overrides[0].turn.from_segment_id'),
    ('[{"turn": {"from_segment_id": 1, "via_place_id": 6, "to_segment_id": 2, "rule": "no"}}]', 'PT404 no such place'), ('[{"turn": {"from_segment_id": 1, "via_place_id": 2, "to_segment_id": 7, "rule": "no"}}]', 'PT404 no such segment'),
    ('[{"segment_id": 7, "closed": true}]', 'PT404 no such segment'), ('[{"segment_id": 99, "closed": true}]', 'PT404 no such segment'), ('[{"zone_id": 9, "closed": true}]', 'PT404 no such zone'), ('[{"gateway_id": 9, "closed": true}]', 'PT404 no such gateway')) v (supposed, wanted);
SELECT is(tests.refusal(format('SELECT * FROM timevmaps.tv_plan_route(9, 1, 1, 3, overrides => %L)', '[{"segment_id": 1, "closed": true}]')), 'PT404 no such world', 'a world that is none');
SELECT is(pg_temp.goes((SELECT jsonb_agg(jsonb_build_object('segment_id', 1 + n % 6, 'speed_kph', 36)) || '[{"segment_id": 2, "closed": true}]' FROM generate_series(1, 9999) n)::text), '1-4-3 300', 'ten thousand');
SELECT is(pg_temp.goes((SELECT jsonb_agg(jsonb_build_object('segment_id', 1)) FROM generate_series(1, 10001) n)::text), '22023 overrides', 'and one more');
SELECT is(pg_temp.goes(format('[{"segment_id": 1, "closed": false, "x-deep": %s1%s}]', repeat('[', 500), repeat(']', 500))), '1-2-3 200', 'deep ones of the client''s own');

-- Steps, costs and courses name the timeline that was asked about.
SELECT is((SELECT array_agg(DISTINCT timeline_id) FROM timevmaps.tv_route_steps(1, 2, 1, 3, overrides => '[{"segment_id": 2, "closed": true}]')), '{2}'::bigint[], 'steps are on it');
SELECT is((SELECT array_agg(DISTINCT timeline_id) FROM timevmaps.tv_isochrone(1, 2, 1, 1e9, overrides => '[{"segment_id": 2, "closed": true}]')), '{2}'::bigint[], 'and what is within reach');
SELECT is((SELECT concat_ws(' ', a_local_seconds, b_local_seconds, jsonb_array_length(only_a), jsonb_array_length(only_b)) FROM timevmaps.tv_route_diff(1, 1, 1, 3, overrides => '[{"segment_id": 2, "closed": true}]')), '200 300 2 2', 'a timeline beside itself');
SELECT is((SELECT segment_id FROM timevmaps.tv_snap(1, 1, 11.914, 57.7001, overrides => '[{"segment_id": 2, "closed": true}]')), 1::bigint, 'no point is put on what is closed');
SELECT is((SELECT segment_id FROM timevmaps.tv_snap(1, 1, 11.915, 57.711, overrides => '[{"segment_id": 6, "closed": false}]')), 6::bigint, 'but on what is open');

-- Kept with the route.
SELECT is((SELECT concat_ws(' ', path_place_ids, overrides) FROM timevmaps.tv_save_route(1, 1, 1, 3, overrides => '[{"segment_id": 2, "closed": true}]')), '{1,4,3} [{"closed": true, "segment_id": 2}]', 'a route is stored with what was supposed');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'route', '{"origin_place_id": 1, "dest_place_id": 3, "overrides": [{"segment_id": 2, "speed": 1}]}') $$), '22023 params.overrides[0].speed', 'params are checked when they come');

-- Nothing is written: no row, no change, no file.
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT count(*) FROM timevmaps.segment_overrides), (SELECT count(*) FROM timevmaps.network_changes), (SELECT count(*) FROM timevmaps.timelines), (SELECT count(*) FROM timevmaps.turns),
        (SELECT string_agg(f::text, ' ' ORDER BY f::text) FROM timevmaps.tv_graph_status() f))
$$;
CREATE TABLE pg_temp.before AS SELECT pg_temp.state() AS state;
SET LOCAL SESSION AUTHORIZATION eve;
SELECT is(pg_temp.goes('[{"segment_id": 2, "closed": true}, {"segment_id": 4, "speed_kph": 20}]'), '1-4-3 420', 'who may only read may ask');
SELECT is(pg_temp.goes('[{"gateway_id": 1, "penalty_s": 3}]'), '1-3 3', '... of gateways, too');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.state(), state, 'nothing is written') FROM pg_temp.before;

-- Policies of somebody's own: what one does not see is not there.
CREATE POLICY eves ON timevmaps.segments AS RESTRICTIVE FOR SELECT TO eve USING (id <> 2);
SET LOCAL SESSION AUTHORIZATION eve;
SELECT is(pg_temp.goes('[{"segment_id": 4, "speed_kph": 18}]'), '1-4-3 450', 'of the rows that one sees');
SELECT is(pg_temp.goes('[{"segment_id": 2, "closed": true}]'), 'PT404 no such segment', 'a hidden segment is none');
SELECT is(pg_temp.goes('[{"zone_id": 1, "speed_kph": 18}]'), '1-4-3 375', 'nor is one in a zone');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.goes('[{"segment_id": 4, "speed_kph": 18}]'), '1-2-3 200', 'the same list by who sees all');
SELECT * FROM finish();
ROLLBACK;
