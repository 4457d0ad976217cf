-- tv_plan_trip: small networks worked out by hand, random ones against all orders in SQL, each leg against tv_plan_route(), errors with
-- their SQLSTATEs, and what has hurt users of other programs.
BEGIN;
SELECT plan(89);
SET LOCAL client_min_messages = warning;

-- A trip as "stop@arrival+wait~departure", waits and departures where there are any.
CREATE FUNCTION pg_temp.trip(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    EXECUTE format($q$ SELECT string_agg(format('%%s@%%s', t.stop, round(t.arrive_s::numeric, 3)::float)
        || CASE WHEN t.wait_s > 0 THEN '+' || round(t.wait_s) ELSE '' END || CASE WHEN t.leave_s > t.arrive_s + t.wait_s THEN '~' || round(t.leave_s) ELSE '' END, ' ' ORDER BY t.seq)
        FROM timevmaps.tv_plan_trip(%s) t $q$, arguments) INTO line;
    RETURN line;
END
$$;

------------------------------------------------------------------ the network
-- World 1: 1 -100 s- 2 -100 s- 3 -100 s- 4, 5 off 2 in 50 s, one way 4 -> 1 in 250 s, 6 joined to nothing.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Plain', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES
    (1, 1, 57.70, 11.90), (2, 1, 57.70, 11.91), (3, 1, 57.70, 11.92), (4, 1, 57.70, 11.93), (5, 1, 57.71, 11.91), (6, 1, 57.8, 12);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
    (1, 1, 1, 2, 1000, 36, false), (2, 1, 2, 3, 1000, 36, false), (3, 1, 3, 4, 1000, 36, false), (4, 1, 2, 5, 500, 36, false), (5, 1, 4, 1, 2000, 28.8, true);

-- Orders.
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}'$$), '1@0 2@200 3@300', 'in the order that is given');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best'$$), '1@0 3@100 2@200', 'in the best one; stop is the place in the argument');
SELECT is(pg_temp.trip($$1, 1, '{1,4,2,3}', 'best', closed => true$$), '1@0 3@100 4@200 2@300 1@550', 'and back, by the way that leads there');
SELECT is(pg_temp.trip($$1, 1, '{1,2,4}', closed => true$$), '1@0 2@100 3@300 1@550', 'the given order is closed, too');
SELECT is(pg_temp.trip($$1, 1, '{3,1,4,5}', 'best'$$), '1@0 3@100 2@350 4@500', 'where one begins is not changed');
SELECT is(pg_temp.trip($$1, 1, '{3,1,4,5,2}', 'best', fixed_end => true$$), '1@0 3@100 2@350 4@500 5@550', 'nor where one ends, if that is wanted');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best', fixed_end => true$$), '1@0 2@200 3@300', 'the last one stays the last');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best', fixed_end => true, closed => true$$), '1@0 2@200 3@300 1@400', 'also before one returns');
SELECT is(pg_temp.trip($$1, 1, '{3}'$$), '1@0', 'one stop');
SELECT is(pg_temp.trip($$1, 1, '{3}', 'best', closed => true, fixed_end => true$$), '1@0 1@0', 'from which one returns');
SELECT is(pg_temp.trip($$1, 1, '{3,3,2,3}', 'best'$$), '1@0 2@0 4@0 3@100', 'a place that is named twice is visited twice, at once');
SELECT is(pg_temp.trip($$1, 1, '{1,5,3}', 'best', metric => 'distance'$$), '1@0 2@150 3@300', 'least metres; times are those of the world''s clock');
SELECT is(array_agg(exact ORDER BY seq), '{t,t,t}', 'exact') FROM timevmaps.tv_plan_trip(1, 1, '{1,3,2}', 'best');
SELECT is(array_agg(exact ORDER BY seq), '{NULL,NULL,NULL}', 'nothing was looked for in the given order') FROM timevmaps.tv_plan_trip(1, 1, '{1,3,2}');

-- No way.
SELECT is(pg_temp.trip($$1, 1, '{1,6,2}'$$), NULL, 'no way to a stop: no row');
SELECT is(pg_temp.trip($$1, 1, '{1,6,2}', 'best'$$), NULL, 'in no order');
SELECT is(pg_temp.trip($$1, 1, '{6}'$$), '1@0', 'a stop alone needs none');
SELECT is((SELECT array_agg(p.id) FROM unnest('{1,6,2}'::bigint[]) p (id) WHERE p.id NOT IN (SELECT c.dest_place_id FROM timevmaps.tv_cost_matrix(1, 1, '{1}', '{1,6,2}') c)),
    '{6}', 'tv_cost_matrix() says which');
UPDATE timevmaps.segments SET oneway = true WHERE id IN (1, 2, 3);
SELECT is(pg_temp.trip($$1, 1, '{2,1,4}', 'best'$$), '1@0 3@200 2@450', 'an order that goes with the one-way streets');
SELECT is(pg_temp.trip($$1, 1, '{2,4,5}', 'best', fixed_end => true$$), '1@0 2@200 3@600', 'and one round the block');
UPDATE timevmaps.segments SET oneway = false WHERE id IN (1, 2, 3);

-- Services and windows.
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', service_s => '{10,NULL,5.5}'$$), '1@0~10 2@210 3@310~316', 'a service takes its time');
SELECT is(pg_temp.trip($$1, 1, '{1,2,3}', window_from_s => '{0,500,0}'$$), '1@0 2@100+400 3@600', 'who is early waits');
SELECT is(pg_temp.trip($$1, 1, '{1,2,3}', 'best', window_from_s => '{0,500,0}'$$), '1@0 3@200 2@300+200', 'or goes elsewhere before');
SELECT is(pg_temp.trip($$1, 1, '{1,2,3}', window_from_s => '{60,NULL,NULL}', service_s => '{30,0,0}'$$), '1@0+60~90 2@190 3@290', 'one waits where one begins, too');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best', window_to_s => '{NULL,200,NULL}'$$), '1@0 3@100 2@200', 'the end of a window is in it');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best', window_to_s => '{NULL,200,NULL}', service_s => '{0,9,1}'$$), '1@0 2@200~209 3@309~310', 'a service on the way makes late, and is put off');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', window_to_s => '{NULL,199.9,NULL}'$$), NULL, 'who would be late gets no row');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best', window_to_s => '{NULL,199.9,infinity}'$$), NULL, 'in no order');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best', window_to_s => '{NULL,NULL,99.9}'$$), NULL, 'nor where another window is missed');
SELECT is(pg_temp.trip($$1, 1, '{1,2}', closed => true, service_s => '{5,0}', window_from_s => '{1,0}', window_to_s => '{1,150}'$$), '1@0+1~6 2@106 1@206', 'the return is no visit');
SELECT is(pg_temp.trip($$1, 1, '{1,2,3,5,4}', 'best', window_from_s => '{0,0,0,0,9000}'$$), '1@0 2@100 4@150 3@300 5@400+8600', 'who waits anyhow does not wander about meanwhile');
SELECT is(array_agg(t.leave_s - t.arrive_s - t.wait_s - t.service_s ORDER BY seq), '{0,0,0}', 'leave_s is arrive_s, wait_s and service_s') FROM timevmaps.tv_plan_trip(1, 1, '{1,2,3}', service_s => '{1,2,3}', window_from_s => '{4,200,0}') t;

-- Legs are routes.
SELECT is((SELECT count(*) FROM (SELECT t.*, lag(place_id) OVER w AS before, lag(timeline_id) OVER w AS before_timeline, lag(world_id) OVER w AS before_world
        FROM timevmaps.tv_plan_trip(1, 1, '{1,5,4,2}', closed => true) t WINDOW w AS (ORDER BY seq)) t
    JOIN LATERAL timevmaps.tv_plan_route(t.before_world, t.before_timeline, t.before, t.place_id, t.timeline_id, t.metric) p ON true
    WHERE t.before IS NOT NULL AND (t.distance_m, t.local_seconds, t.coordinate_seconds, t.traveler_seconds, t.path_place_ids, t.path_timeline_ids, t.geom::text)
        = (p.distance_m, p.local_seconds, p.coordinate_seconds, p.traveler_seconds, p.path_place_ids, p.path_timeline_ids, p.geom::text)), 4::bigint,
    'each is that of tv_plan_route(), to the bit');
SELECT results_eq($$ SELECT seq, world_id, timeline_id, place_id, distance_m, total_distance_m, total_local_seconds, metric, path_place_ids, geom IS NULL FROM timevmaps.tv_plan_trip(1, 1, '{1,5,4}') $$,
    $$ VALUES (1, 1::bigint, 1::bigint, 1::bigint, 0::float, 0::float, 0::float, 'local', NULL::bigint[], true),
              (2, 1, 1, 5, 1500, 1500, 150, 'local', '{1,2,5}', false), (3, 1, 1, 4, 2500, 4000, 400, 'local', '{5,2,3,4}', false) $$, 'totals are the sums of the legs');
SELECT results_eq($$ SELECT t.seq, s.place_id, s.segment_id FROM (SELECT t.*, lag(place_id) OVER (ORDER BY seq) AS before FROM timevmaps.tv_plan_trip(1, 1, '{1,5,3}') t) t,
        LATERAL timevmaps.tv_route_steps(1, 1, t.before, t.place_id) s WHERE t.before IS NOT NULL ORDER BY t.seq, s.seq $$,
    $$ VALUES (2, 1::bigint, NULL::bigint), (2, 2, 1), (2, 5, 4), (3, 5, NULL), (3, 2, 4), (3, 3, 2) $$, 'their steps are those of tv_route_steps()');

-- Rules for turns: none from segment 1 into segment 2.
INSERT INTO timevmaps.turns (id, world_id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (1, 1, 1, 2, 2, 'no');
SELECT is(pg_temp.trip($$1, 1, '{1,3}'$$), '1@0 2@300', 'a leg obeys a rule for turns, and turns round elsewhere');
SELECT is(pg_temp.trip($$1, 1, '{1,2,3}'$$), '1@0 2@100 3@200', 'who stops there begins anew');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2,5}', 'best', fixed_end => true$$), '1@0 3@100 2@200 4@350', 'which the best order knows');
DELETE FROM timevmaps.turns;

-- What is supposed.
SELECT is(pg_temp.trip($$1, 1, '{1,2,3}', overrides => '[{"segment_id": 1, "speed_kph": 72}]'$$), '1@0 2@50 3@150', 'another speed, supposed');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best', overrides => '[{"segment_id": 2, "closed": true}]'$$), NULL, 'a closure that leaves no way');
SELECT is(pg_temp.trip($$1, 1, '{1,3,2}', 'best'$$), '1@0 3@100 2@200', 'which is so for that statement alone');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_plan_trip(1, 1, '{1,2}', stop_timeline_ids => '{1,2}', overrides => '[{"segment_id": 1, "speed_kph": 72}]') $$), '22023 overrides', 'of one timeline');

-- Timelines, worlds, gateways.
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 3, true);
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (2, 'Heavy', '{"sr": false, "base_drag": 1, "clock": "traveler"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (5, 2, 'main'), (6, 2, 'apart');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (11, 2, 10, 10), (12, 2, 10, 10.01);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (11, 2, 11, 12, 100, 36);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 2, 2, 2, 30), (2, 2, 3, 5, 11, 5), (3, 5, 12, 1, 4, 7);
SELECT is(pg_temp.trip($$1, 1, '{1,3,4}', 'best', stop_timeline_ids => '{1,2,1}'$$), '1@0 2@230 3@262', 'a stop on another timeline, and back through another world');
SELECT is(pg_temp.trip($$1, 1, '{1,12,3,4}', 'best', stop_timeline_ids => '{NULL,5,2,NULL}', fixed_end => true$$), '1@0 3@230 2@255 4@262', 'stops in an order that gateways allow');
SELECT is(pg_temp.trip($$1, 1, '{1,12,3,4}', stop_timeline_ids => '{NULL,5,2,NULL}'$$), '1@0 2@255 3@592 4@624', 'and in one that they allow round about');
SELECT is(pg_temp.trip($$1, 2, '{1,4}'$$), NULL, 'the branch is closed there');
SELECT is(pg_temp.trip($$1, 1, '{1,4}', stop_timeline_ids => '{2,1}'$$), '1@0 2@232', 'where the first stop is on another timeline, one begins there');
SELECT is(pg_temp.trip($$1, 1, '{1,11}', 'best', stop_timeline_ids => '{1,6}'$$), NULL, 'no gateway leads there');
SELECT results_eq($$ SELECT seq, world_id, timeline_id, place_id, path_timeline_ids, metric FROM timevmaps.tv_plan_trip(1, 1, '{1,12,4}', stop_timeline_ids => '{1,5,1}') $$,
    $$ VALUES (1, 1::bigint, 1::bigint, 1::bigint, NULL::bigint[], 'local'), (2, 2, 5, 12, '{1,1,2,2,5,5}', 'local'), (3, 1, 1, 4, '{5,1}', 'local') $$,
    'all legs go by the metric of the trip, also where they begin in another world');
SELECT results_eq($$ SELECT t.arrive_s, p.local_seconds FROM timevmaps.tv_plan_trip(1, 1, '{1,12}', stop_timeline_ids => '{1,5}') t, timevmaps.tv_plan_route(1, 1, 1, 12, 5) p WHERE t.seq = 2 $$,
    $$ VALUES (255::float, 255::float) $$, 'as the route is');
INSERT INTO timevmaps.vehicle_profiles (world_id, name, max_speed_kph) VALUES (1, 'slow', 18);
SELECT is(pg_temp.trip($$1, 1, '{1,2,12,11,4}', stop_timeline_ids => '{1,2,5,5,1}', profile => 'slow'$$), '1@0 2@230 3@475 4@515 5@562', 'a profile of where the trip begins holds on all legs');
SELECT is(pg_temp.trip($$1, 1, '{1,2,12,11,4}', stop_timeline_ids => '{1,2,5,5,1}', profile => 'none'$$), '1@0 2@130 3@255 4@275 5@302', 'none is none');
UPDATE timevmaps.worlds SET rules = rules || '{"profile": "slow"}' WHERE id = 1;
SELECT is(pg_temp.trip($$1, 1, '{1,2,12,11,4}', stop_timeline_ids => '{1,2,5,5,1}'$$), '1@0 2@230 3@475 4@515 5@562', 'so does the default of its world');
UPDATE timevmaps.worlds SET rules = rules - 'profile' WHERE id = 1;
SELECT is(tests.outcome($$ SELECT timevmaps.tv_plan_trip(1, 1, '{1}', profile => 'fast') $$), 'PT404', 'a profile that there is not');
DELETE FROM timevmaps.gateways;
SELECT is((SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, '{1,2}', '{3,4,6}')), 4::bigint, 'without gateways, a matrix as before');

-- Random costs against all orders in SQL: a complete network of one-way streets.
CREATE TEMP TABLE random_case (n integer, stops bigint[], closed boolean, fixed_end boolean, service float[], opens float[], closes float[]);
SELECT setseed(0.52);
INSERT INTO timevmaps.worlds (id, name, rules) SELECT 100 + n, 'random ' || n, '{"sr": false, "clock": "local"}' FROM generate_series(1, 12) n;
INSERT INTO timevmaps.timelines (id, world_id, label) SELECT 100 + n, 100 + n, 'main' FROM generate_series(1, 12) n;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1000 + 10 * n + i, 100 + n, i, n FROM generate_series(1, 12) n, generate_series(1, 6) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
SELECT 1000 + 100 * n + 10 * i + j, 100 + n, 1000 + 10 * n + i, 1000 + 10 * n + j, 10 + round(random() * 500), 36, true FROM generate_series(1, 12) n, generate_series(1, 6) i, generate_series(1, 6) j WHERE i <> j AND random() < 0.7;
INSERT INTO random_case
SELECT n, ARRAY(SELECT 1000 + 10 * n + i FROM generate_series(1, 6) i), n % 2 = 0, n % 3 = 0, CASE WHEN n % 4 > 1 THEN ARRAY(SELECT round(random() * 20) + 0 * n FROM generate_series(1, 6)) END,
    o.opens, CASE WHEN o.opens IS NOT NULL THEN ARRAY(SELECT CASE WHEN random() < 0.3 THEN 'infinity' ELSE u + 30 + round(random() * 120) END FROM unnest(o.opens) u) END
FROM generate_series(1, 12) n, LATERAL (SELECT CASE WHEN n > 4 THEN ARRAY(SELECT CASE WHEN random() < 0.5 THEN 0 ELSE round(random() * 60) + 0 * n END FROM generate_series(1, 6)) END AS opens) o;
CREATE TEMP TABLE least AS
WITH RECURSIVE cost AS MATERIALIZED (
    SELECT c.n, array_position(c.stops, m.origin_place_id) AS i, array_position(c.stops, m.dest_place_id) AS j, m.cost
    FROM random_case c, LATERAL timevmaps.tv_cost_matrix(100 + c.n, 100 + c.n, c.stops, c.stops) m
), way AS (
    SELECT c.n, ARRAY[1] AS done, greatest(0, c.opens[1]) + coalesce(c.service[1], 0) AS leave FROM random_case c
    UNION ALL
    SELECT w.n, w.done || x.j, greatest(w.leave + x.cost, c.opens[x.j]) + coalesce(c.service[x.j], 0)
    FROM way w JOIN random_case c USING (n) JOIN cost x ON x.n = w.n AND x.i = w.done[cardinality(w.done)]
    WHERE x.j <> ALL (w.done) AND (NOT c.fixed_end OR x.j < 6 OR cardinality(w.done) = 5) AND (c.closes IS NULL OR w.leave + x.cost <= c.closes[x.j])
)
SELECT c.n, min(w.leave + CASE WHEN c.closed THEN x.cost ELSE 0 END) AS ends
FROM random_case c LEFT JOIN way w ON w.n = c.n AND cardinality(w.done) = 6 LEFT JOIN cost x ON x.n = c.n AND x.i = w.done[6] AND x.j = 1 GROUP BY c.n;
SELECT ok(count(*) FILTER (WHERE ends IS NULL) BETWEEN 1 AND 7, 'random trips, some of which there are not: ' || count(*) FILTER (WHERE ends IS NULL)) FROM least;
SELECT is(round(t.ends::numeric, 6), round(l.ends::numeric, 6), 'random trip ' || l.n || ' ends as the best of all orders: ' || coalesce(l.ends::text, 'there is none'))
FROM least l JOIN random_case c USING (n), LATERAL (SELECT max(t.leave_s) AS ends FROM timevmaps.tv_plan_trip(100 + c.n, 100 + c.n, c.stops, 'best', c.closed, c.fixed_end,
    service_s => c.service, window_from_s => c.opens, window_to_s => c.closes) t) t ORDER BY n;

-- What has hurt others.  A matrix of pgr_tsp, as streets: trips begin and end where it is said (pgRouting issues 132, 135 and 161).
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (200, 'matrix', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (200, 200, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 200 + i, 200, 0, i FROM generate_series(0, 4) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (201, 200, 200, 201, 10, 36), (202, 200, 200, 202, 30, 36), (203, 200, 200, 203, 30, 36), (204, 200, 201, 202, 20, 36), (205, 200, 201, 203, 20, 36), (206, 200, 202, 203, 20, 36);
SELECT is(string_agg(format('%s-%s %s', e.a, e.z, t.line), ', '), '1-2 1@0 2@1 3@4 4@6, 1-3 1@0 2@1 3@4 4@6, 2-3 1@0 2@3 3@4 4@6, 3-1 1@0 2@2 3@5 4@6, 0-3 1@0 2@1 3@3 4@5', 'trips begin and end where it is said')
FROM (VALUES (1, 2, '{201,200,203,202}'), (1, 3, '{201,200,202,203}'), (2, 3, '{202,200,201,203}'), (3, 1, '{203,202,200,201}'), (0, 3, '{200,201,202,203}')) e (a, z, ids),
    LATERAL (SELECT string_agg(format('%s@%s', x.seq, x.arrive_s), ' ' ORDER BY x.seq) AS line FROM timevmaps.tv_plan_trip(200, 200, e.ids::bigint[], 'best', fixed_end => true) x) t;
SELECT is(count(*), 0::bigint, 'a stop that nothing leads to makes no row, and no error (pgRouting issue 1241)') FROM timevmaps.tv_plan_trip(200, 200, '{200,201,204}', 'best');
SELECT is(array_agg(place_id ORDER BY seq), '{203,202,200,201,203}', 'a round trip begins at the first place, not anywhere on the circle (OSRM issue 1939)') FROM timevmaps.tv_plan_trip(200, 200, '{203,200,202,201}', 'best', closed => true);
SELECT is(count(DISTINCT t.ends), 1::bigint, 'in whatever order the places are named, the trip is as long (OSRM issues 2129 and 5803)')
FROM (VALUES ('{200,201,202,203}'), ('{200,203,201,202}'), ('{200,202,203,201}')) e (ids), LATERAL (SELECT max(x.leave_s) AS ends FROM timevmaps.tv_plan_trip(200, 200, e.ids::bigint[], 'best', closed => true) x) t;
SELECT is(array_agg(place_id ORDER BY seq), '{200,201,202,203}', 'it may end anywhere, where one does not return (OSRM issue 3828)') FROM timevmaps.tv_plan_trip(200, 200, '{200,202,203,201}', 'best');
SELECT is(pg_temp.trip($$200, 200, '{200,201,202}', service_s => '{0,360,360}', window_to_s => '{NULL,NULL,300}'$$), NULL, 'services count where windows are to be met (VROOM issue 950)');

-- Errors.
SELECT is(tests.outcome(format('SELECT timevmaps.tv_plan_trip(%s)', call)), state, call || ': ' || state) FROM (VALUES
    ('99, 1, ARRAY[1]', 'PT404'), ('1, 99, ARRAY[1]', 'PT404'), ('1, 5, ARRAY[11]', 'PT404'), ('1, 1, ARRAY[1, 99]', 'PT404'), ('1, 1, ARRAY[1, 11]', 'PT404'), ('1, 1, ARRAY[1, 6, 99]', 'PT404'),
    ('1, 1, ARRAY[1, 2], stop_timeline_ids => ARRAY[1, 99]', 'PT404'), ($$1, 1, '{1}', metric => 'time'$$, '22023')
) bad (call, state);
SELECT is(string_agg(DISTINCT tests.outcome(format('SELECT timevmaps.tv_plan_trip(%s)', call)), ' '), '22023', 'arguments that are none') FROM (VALUES
    ('NULL, 1, ARRAY[1]'), ('1, NULL, ARRAY[1]'), ('1, 1, NULL'), ($$1, 1, '{}'$$), ($$1, 1, '{1,NULL}'$$), ($$1, 1, '{{1},{2}}'$$), ($$1, 1, '{1}', NULL$$), ($$1, 1, '{1}', 'fast'$$),
    ($$1, 1, '{1}', closed => NULL$$), ($$1, 1, '{1}', fixed_end => NULL$$), ($$1, 1, '{1}', stop_timeline_ids => '{1,1}'$$), ($$1, 1, '{1,2}', service_s => '{1}'$$), ($$1, 1, '{1}', service_s => '{-1}'$$),
    ($$1, 1, '{1}', service_s => '{nan}'$$), ($$1, 1, '{1}', service_s => '{infinity}'$$), ($$1, 1, '{1}', service_s => '{{1}}'$$), ($$1, 1, '{1}', window_from_s => '{infinity}'$$), ($$1, 1, '{1}', window_from_s => '{-1}'$$),
    ($$1, 1, '{1}', window_to_s => '{nan}'$$), ($$1, 1, '{1}', window_from_s => '{2}', window_to_s => '{1}'$$), ($$1, 1, '{1}', window_to_s => '{1,2}'$$), ($$1, 1, '{1}', window_to_s => '{1}', metric => 'distance'$$)
) bad (call);
SELECT is(tests.refusal($$ SELECT timevmaps.tv_plan_trip(1, 1, '{1,2}', window_from_s => '{0,20}', window_to_s => '{NULL,10}') $$), '22023 window_to_s[2]', 'the message has the element');
SELECT is(tests.outcome('SELECT timevmaps.tv_plan_trip(1, 1, ARRAY(SELECT 1 + i % 3 FROM generate_series(1, 1001) i))'), 'PT413', 'too many stops');
SELECT is(count(*), 1000::bigint, 'as many as may be') FROM timevmaps.tv_plan_trip(1, 1, ARRAY(SELECT 1 + i % 3 FROM generate_series(1, 1000) i));
SELECT is((SELECT max(arrive_s) FROM timevmaps.tv_plan_trip(1, 1, ARRAY(SELECT 1 + i % 5 FROM generate_series(0, 99) i), 'best')), 400::float, 'a hundred stops at five places');
SELECT is(bool_or(exact), false, 'were searched for') FROM timevmaps.tv_plan_trip(1, 1, ARRAY(SELECT 1 + i % 5 FROM generate_series(0, 99) i), 'best');
SELECT is(provolatile, 's', 'it is STABLE') FROM pg_proc WHERE oid = 'timevmaps.tv_plan_trip'::regproc;

SELECT * FROM finish();
ROLLBACK;
