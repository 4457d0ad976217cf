-- tv_route_explain: parts that add up, what decided them by a query over ancestors, and the next best way by closing the step in a branch.
BEGIN;
SELECT plan(26);
SET LOCAL client_min_messages = warning;

---------------------------------------------------------------- by hand
-- 1 -(1000 m)- 2 -(1000 m)- 3 -(1000 m)- 4, round 2-3 by 5: 2000 m each; 3 - 4 has no other way.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Plain', '{"sr": false, "clock": "local", "base_drag": 0.5, "max_speed_mps": 20}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'twig', 2);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT i, 1, 0, i * 0.01 FROM generate_series(1, 5) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, class) VALUES
    (1, 1, 1, 2, 1000, 36, 'street'), (2, 1, 2, 3, 1000, 36, 'street'), (3, 1, 3, 4, 1000, 360, 'road'), (4, 1, 2, 5, 2000, 36, NULL), (5, 1, 5, 3, 2000, 36, NULL), (6, 1, 1, 2, 3000, 36, NULL);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph, base_drag) VALUES (2, 2, 18, NULL), (1, 2, 54, 0.1);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (1, 1, true), (3, 1, false);
INSERT INTO timevmaps.turns (id, world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (700007, 1, 2, 2, 3, 3, 'cost', 30), (700008, 1, NULL, 2, 3, 3, 'cost', 99);
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, timeline_id, speeds, max_speed_kph) VALUES (4, 1, 'cart', NULL, '{"street": 9}', 45), (5, 1, 'cart', 2, '{"street": 6}', 36);

SELECT results_eq($$ SELECT seq, place_id, segment_id, cost, by_length, round(by_drag::numeric, 9)::float, by_profile, by_turn, next_best_cost, next_best_difference FROM timevmaps.tv_route_explain(1, 3, 1, 4) $$,
    $$ VALUES (1, 1::bigint, NULL::bigint, 0::float, 0::float, 0::float, 0::float, 0::float, NULL::float, NULL::float),
              (2, 2, 1, 150, 100, 50, 0, 0, 150 * 3 + 320 + 30 + 75, 300), (3, 3, 2, 320, 200, 120, 0, 0, 150 + 600 + 75, 250), (4, 4, 3, 105, 50, 25, 0, 30, NULL, NULL) $$,
    'parts and the next best way, by hand');
SELECT results_eq($$ SELECT seq, decided FROM timevmaps.tv_route_explain(1, 3, 1, 4) $$, $$ VALUES (1, '{}'::jsonb),
    (2, '{"length_m": {"value": 1000}, "speed_kph": {"value": 36}, "base_drag": {"value": 0}, "class": {"value": "street"}, "closed": {"value": false, "timeline_id": 3}}'),
    (3, '{"length_m": {"value": 1000}, "speed_kph": {"value": 18, "timeline_id": 2}, "base_drag": {"value": 0.1, "timeline_id": 1}, "class": {"value": "street"}}'),
    (4, '{"length_m": {"value": 1000}, "speed_kph": {"value": 360}, "base_drag": {"value": 0}, "class": {"value": "road"}, "turn": {"id": 700007, "timeline_id": 2, "rule": "cost", "penalty_s": 30}}') $$,
    'which row decided each');
SELECT results_eq($$ SELECT seq, cost, by_length, round(by_drag::numeric, 9)::float, round(by_profile::numeric, 9)::float, by_turn, decided -> 'profile' FROM timevmaps.tv_route_explain(1, 3, 1, 4, profile => 'cart', overrides => '[{"segment_id": 6, "closed": true}, {"segment_id": 4, "closed": true}]') WHERE seq > 1 $$,
    $$ VALUES (2, 900::float, 100::float, 50::float, 750::float, 0::float, '{"id": 5, "name": "cart", "timeline_id": 2, "class": "street", "class_kph": 6, "max_speed_kph": 36}'::jsonb),
              (3, 960, 200, 120, 640, 0, '{"id": 5, "name": "cart", "timeline_id": 2, "class": "street", "class_kph": 6, "max_speed_kph": 36}'),
              (4, 180, 50, 25, 75, 30, '{"id": 5, "name": "cart", "timeline_id": 2, "class": "road", "max_speed_kph": 36}') $$, 'a profile');
SELECT results_eq($$ SELECT cost, by_length, decided -> 'speed_kph', decided -> 'length_m' FROM timevmaps.tv_route_explain(1, 3, 1, 4, overrides => '[{"segment_id": 3, "speed_kph": 36}, {"segment_id": 3, "length_m": 500, "speed_kph": 18}]') WHERE seq = 4 $$,
    $$ VALUES (180::float, 100::float, '{"value": 18, "overrides": 1}'::jsonb, '{"value": 500, "overrides": 1}'::jsonb) $$, 'what is supposed');
SELECT is((SELECT decided -> 'speed_kph' FROM timevmaps.tv_route_explain(1, 3, 1, 4, overrides => '[{"segment_id": 3.0, "speed_kph": 18}]') WHERE segment_id = 3), '{"value": 18, "overrides": 0}'::jsonb, 'an id with a fraction of 0 is that id');
SELECT results_eq($$ SELECT cost, decided -> 'speed_kph' FROM timevmaps.tv_route_explain(1, 3, 1, 4, overrides => to_jsonb('[{"segment_id": 3, "speed_kph": 18}]'::text)) WHERE seq = 4 $$,
    $$ VALUES (330::float, '{"value": 18, "overrides": 0}'::jsonb) $$, '... as a string, which it is over HTTP by GET');
SELECT is((SELECT array_agg(by_length ORDER BY seq) FROM timevmaps.tv_route_explain(1, 3, 1, 4, metric => 'distance')), '{0,1000,1000,1000}', 'metres are all by length');
SELECT is((SELECT count(*) FROM timevmaps.tv_route_explain(1, 3, 1, 1)), 1::bigint, 'from a place to itself');
SELECT is((SELECT count(*) FROM timevmaps.tv_route_explain(1, 3, 4, 1, overrides => '[{"segment_id": 3, "closed": true}]')), 0::bigint, 'no way, no row');

-------------------------------------------------------------- gateways
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional) VALUES
    (1, 1, 3, 2, 3, 10, 20, 0.5, true), (2, 1, 4, 2, 4, 1000, 0, 1, false);
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, gateway_id) VALUES (1, 1, 1, 'quantum', '{"qubits": 1, "gates": []}', 1);
SELECT results_eq($$ SELECT seq, gateway_id, cost = by_gateway + by_decoherence, by_gateway, round(by_decoherence::numeric, 6), decided #> '{gateway,id}', round((next_best_cost - 1000)::numeric, 6) FROM timevmaps.tv_route_explain(1, 1, 2, 4, 2) WHERE gateway_id IS NOT NULL $$,
    $$ VALUES (3, 1::bigint, true, 10::float, round((20 * ln(2))::numeric, 6), '1'::jsonb, round((1000.0 / 15 * 1.6 + 99 + 75)::numeric, 6)) $$, 'a gateway, and the next best one');

---------------------------------------------------------- random networks
CREATE FUNCTION pg_temp.town(world bigint, rules jsonb, side integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first bigint := world * 100000;
BEGIN
    INSERT INTO timevmaps.worlds (id, name, rules) VALUES (world, 'Town ' || world, rules);
    INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (world * 10, world, 'main', NULL), (world * 10 + 1, world, 'branch', world * 10), (world * 10 + 2, world, 'twig', world * 10 + 1);
    INSERT INTO timevmaps.places (id, world_id, lon, lat) SELECT first + i * side + j, world, 10 + j * 0.01, 50 + i * 0.01 FROM generate_series(0, side - 1) i, generate_series(0, side - 1) j;
    INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, class)
    SELECT first + row_number() OVER (ORDER BY a.id, b.id), world, a.id, b.id, 500 + 1000 * random(), 20 + 60 * random(), random() * 0.3, random() < 0.15, tests.one_of('street', 'road', NULL)
    FROM timevmaps.places a JOIN timevmaps.places b ON b.world_id = world AND (b.id = a.id + 1 AND (b.id - first) % side <> 0 OR b.id = a.id + side) WHERE a.world_id = world AND random() < 0.9 ORDER BY a.id, b.id;
    INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph, length_m, base_drag)
    SELECT world * 10 + t, s.id, CASE WHEN random() < 0.2 THEN random() < 0.5 END, CASE WHEN random() < 0.5 THEN 10 + 90 * random() END, CASE WHEN random() < 0.3 THEN 2000 * random() END, 0.5
    FROM timevmaps.segments s, generate_series(0, 2) t WHERE s.world_id = world AND random() < 0.2 ORDER BY s.id, t;
    INSERT INTO timevmaps.turns (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
    SELECT DISTINCT ON (f.id, t.id) world, CASE WHEN random() < 0.5 THEN world * 10 + 1 END, f.id, f.b_place_id, t.id, 'cost', round(40 * random()::numeric)
    FROM timevmaps.segments f JOIN timevmaps.segments t ON t.a_place_id = f.b_place_id WHERE f.world_id = world AND random() < 0.3;
    INSERT INTO timevmaps.vehicle_profiles (world_id, name, speeds, max_speed_kph) VALUES (world, 'van', '{"street": 25}', 50);
END
$$;
SELECT setseed(0.59);
SELECT pg_temp.town(11, '{"sr": false, "clock": "local", "base_drag": 0.2}', 9), pg_temp.town(12, '{"sr": true, "gr": {"gm": 3.986e14, "r": 6371000}, "gravity_multiplier": 1e6, "clock": "coordinate"}', 8), pg_temp.town(13, '{"sr": true, "clock": "traveler"}', 8);
CREATE TEMPORARY TABLE journey AS
SELECT w, w * 10 + t AS timeline, w * 100000 + o AS origin, w * 100000 + d AS dest, profile
FROM (VALUES (11, 0, 0, 80, NULL), (11, 2, 8, 72, 'van'), (12, 1, 0, 63, NULL), (12, 2, 7, 56, 'van'), (13, 0, 0, 63, 'van'), (13, 2, 0, 60, NULL)) j (w, t, o, d, profile);
CREATE TEMPORARY TABLE explained AS SELECT j.*, e.* FROM journey j, LATERAL timevmaps.tv_route_explain(w, timeline, origin, dest, profile => profile) e (seq, place_id, at, segment_id, gateway_id, metric, cost, by_length, by_drag, by_profile, by_turn, by_gateway, by_decoherence, by_relativity, decided, next_best_cost, next_best_difference);
SELECT ok(count(*) > 60 AND count(DISTINCT w * 100 + timeline) = 6, 'steps: ' || count(*)) FROM explained;
SELECT is((SELECT count(*) FROM explained WHERE by_length + by_drag + by_profile + by_turn + by_gateway + by_decoherence + by_relativity <> cost), 0::bigint, 'the parts add up to the cost, to the last bit');
SELECT is((SELECT count(*) FROM explained WHERE least(by_length, by_drag, by_profile, by_turn, by_gateway) < 0), 0::bigint, 'none is negative but that of relativity');
SELECT ok(bool_or(by_profile > 0) AND bool_or(by_turn > 0) AND bool_or(by_drag > 0) AND bool_or(by_relativity > 0) AND bool_or(by_relativity < 0), 'there is some of each') FROM explained;
SELECT is((SELECT count(*) FROM explained e FULL JOIN (SELECT j.w, j.timeline, s.*, coalesce(w.rules ->> 'clock', 'traveler') AS clock FROM journey j JOIN timevmaps.worlds w ON w.id = j.w, timevmaps.tv_route_steps(j.w, j.timeline, j.origin, j.dest, profile => j.profile) s (seq, place_id, at, segment_id)) s
    ON (s.w, s.timeline, s.seq) = (e.w, e.timeline, e.seq) WHERE (e.place_id, e.segment_id, e.by_turn, e.cost) IS DISTINCT FROM (s.place_id, s.segment_id, s.turn_seconds, CASE clock WHEN 'local' THEN s.local_seconds WHEN 'coordinate' THEN s.coordinate_seconds ELSE s.traveler_seconds END)), 0::bigint,
    'the steps are those of tv_route_steps()');
-- By other means: rows over ancestors, nearest first.
CREATE FUNCTION pg_temp.said(timeline bigint, segment bigint, what text) RETURNS jsonb LANGUAGE sql AS $$
    WITH RECURSIVE up AS (SELECT id, parent_id, 0 AS n FROM timevmaps.timelines WHERE id = timeline UNION ALL SELECT t.id, t.parent_id, n + 1 FROM up JOIN timevmaps.timelines t ON t.id = up.parent_id)
    SELECT coalesce((SELECT jsonb_build_object('value', to_jsonb(o) -> what, 'timeline_id', o.timeline_id) FROM up JOIN timevmaps.segment_overrides o ON o.timeline_id = up.id
                     WHERE o.segment_id = segment AND to_jsonb(o) -> what <> 'null' ORDER BY n LIMIT 1), (SELECT jsonb_build_object('value', to_jsonb(s) -> what) FROM timevmaps.segments s WHERE s.id = segment AND to_jsonb(s) -> what <> 'null'))
$$;
SELECT is((SELECT count(*) FROM explained e, unnest('{length_m,speed_kph,base_drag,closed,class}'::text[]) what WHERE e.segment_id IS NOT NULL AND e.decided -> what IS DISTINCT FROM pg_temp.said(e.timeline, e.segment_id, what)), 0::bigint, 'which row decided what, by a walk over the ancestors');
SELECT is((SELECT count(*) FROM explained e WHERE (e.by_turn > 0) AND (e.decided #>> '{turn,penalty_s}')::float IS DISTINCT FROM e.by_turn), 0::bigint, 'a penalty is that of the rule');
-- Close a step in a branch and plan again.
CREATE FUNCTION pg_temp.closed(e explained) RETURNS float LANGUAGE plpgsql AS $$
DECLARE
    branch bigint;
    cost float;
BEGIN
    INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (900000 + nextval('pg_temp.branches'), e.w, 'closed ' || currval('pg_temp.branches'), e.timeline) RETURNING id INTO branch;
    INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (branch, e.segment_id, true);
    SELECT c.cost INTO cost FROM timevmaps.tv_route_cost(e.w, branch, e.origin, e.dest, profile => e.profile) c;
    RETURN cost;
END
$$;
CREATE TEMPORARY SEQUENCE branches;
CREATE TEMPORARY TABLE again AS SELECT e.*, pg_temp.closed(e) AS closed_cost FROM explained e WHERE e.segment_id IS NOT NULL;
SELECT is(string_agg(format('%s: %s, not %s', segment_id, next_best_cost, closed_cost), E'\n'), NULL, 'the next best way is that of a branch in which the step is closed')
FROM again WHERE NOT tests.same(next_best_cost, closed_cost);
SELECT ok(count(*) FILTER (WHERE next_best_difference > 1) > 20, 'some are dearer: ' || count(*) FILTER (WHERE next_best_difference > 1)) FROM again;

------------------------------------------------------------------ errors
SELECT is(tests.refusal(format('SELECT seq FROM timevmaps.tv_route_explain(%s)', arguments)), wanted, arguments) FROM (VALUES
    ('NULL, 1, 1, 2', '22023 world_id'), ('1, 1, 1, 2, NULL, ''x''', '22023 metric'), ('1, 1, 1, 99', 'PT404 no such place'), ('9, 1, 1, 2', 'PT404 no such world'), ('1, 9, 1, 2', 'PT404 no such timeline'),
    ('1, 1, 1, 2, overrides => ''[{"x": 1}]''', '22023 overrides[0]'), ('1, 1, 1, 2, profile => ''tank''', 'PT404 no such profile of vehicles')) e (arguments, wanted);
SELECT * FROM finish();
ROLLBACK;
