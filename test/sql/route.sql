-- Routes: a town on both banks of a river, what happens when its bridge closes, and a
-- gateway between the two histories.

-- Without relativity, so that the figures can be checked by hand.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Twobank', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main');
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES
    (1, 1, 'Market', 57.70, 11.90), (2, 1, 'Bridge', 57.71, 11.90), (3, 1, 'Harbour', 57.72, 11.90), (4, 1, 'Ferry', 57.71, 11.93);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, geom) VALUES
    (1, 1, 1, 2, 1200, 36, NULL),
    (2, 1, 3, 2, 1200, 36, 'SRID=4326;LINESTRING(11.90 57.72, 11.901 57.715, 11.90 57.71)'),
    (3, 1, 1, 4, 2400, 72, NULL),
    (4, 1, 4, 3, 2400, 36, NULL);

-- The fastest way, its course, and its steps.
SELECT path_place_ids, distance_m, eta_seconds, metric, physics_note FROM timevmaps.tv_plan_route(1, 1, 1, 3);
SELECT ST_AsText(geom) FROM timevmaps.tv_plan_route(1, 1, 1, 3);
SELECT seq, place_id, segment_id, distance_m, local_seconds, total_distance_m, total_local_seconds FROM timevmaps.tv_route_steps(1, 1, 1, 3);

-- What if the bridge were closed?  A branch has its parent's network but for what it says itself.
SELECT id, label, parent_id, branch_op FROM timevmaps.tv_branch(1, 'no bridge', 'closed for repair');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 2, true);
SELECT l.label, r.path_place_ids, r.distance_m, r.eta_seconds
FROM timevmaps.timelines l, timevmaps.tv_plan_route(l.world_id, l.id, 1, 3) r ORDER BY l.id;

-- A branch of the branch: the road along the river is made faster, the bridge stays closed.
SELECT id, parent_id FROM timevmaps.tv_branch(2, 'no bridge, fast road');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) VALUES (3, 4, 144);
SELECT path_place_ids, eta_seconds FROM timevmaps.tv_plan_route(1, 3, 1, 3);

-- No way leads from one history to another but through a gateway.
SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 3, 2);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, bidirectional)
VALUES (1, 1, 2, 3, 4, 10, 60, true);
SELECT path_place_ids, path_timeline_ids, distance_m, eta_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3, 3);

-- Out and back is a shortcut, if it pays.
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (2, 3, 3, 1, 3);
SELECT path_place_ids, path_timeline_ids, eta_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3);

-- The less faithful the gateway, the dearer: penalty = base - decoherence * ln(fidelity).
UPDATE timevmaps.gateways SET fidelity = 0.25 WHERE id = 1;
SELECT path_place_ids, path_timeline_ids, eta_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3);
SELECT seq, place_id, timeline_id, gateway_id, round(local_seconds::numeric, 3) AS seconds FROM timevmaps.tv_route_steps(1, 1, 2, 3, 3);
UPDATE timevmaps.gateways SET fidelity = 0 WHERE id = 1;
SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 3, 3);

-- The metric says what is least; the arrival is always on the clock of the world.  Where
-- the bridge is opened again, the shortest way is not the fastest.
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (3, 2, false);
SELECT metric, path_place_ids, distance_m, eta_seconds
FROM unnest(ARRAY['local', 'coordinate', 'traveler', 'distance']) m, timevmaps.tv_plan_route(1, 3, 1, 3, NULL, m);

-- Costs alone: of one route, and of many.
SELECT cost, metric, distance_m FROM timevmaps.tv_route_cost(1, 1, 1, 3);
SELECT * FROM timevmaps.tv_cost_matrix(1, 2, ARRAY[1, 4], ARRAY[2, 3]);

-- With relativity: a probe at 0.6 c for a light-hour, near a heavy star.  Three clocks.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (2, 'Deep', '{"gr": {"gm": 1.32712440018e20, "r": 6.957e8}}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (10, 2, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (11, 2, 0, 0), (12, 2, 0, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (11, 2, 11, 12, 3600 * 299792458.0, 0.6 * 1079252848.8);
SELECT local_seconds, traveler_seconds, round(coordinate_minus_local_seconds::numeric, 9) AS far_minus_local, eta_seconds, physics_note
FROM timevmaps.tv_plan_route(2, 10, 11, 12);

-- Keep a route.
SELECT id, path_place_ids, eta_seconds FROM timevmaps.tv_save_route(1, 1, 1, 3);
SELECT count(*) FROM timevmaps.route_plans;

-- What is not there is said so.
\set SHOW_CONTEXT never
SELECT * FROM timevmaps.tv_plan_route(1, 1, 1, 99);
\echo SQLSTATE :LAST_ERROR_SQLSTATE
SELECT * FROM timevmaps.tv_plan_route(1, 99, 1, 3);
\echo SQLSTATE :LAST_ERROR_SQLSTATE
SELECT * FROM timevmaps.tv_plan_route(1, 1, 1, 3, metric => 'fastest');
\echo SQLSTATE :LAST_ERROR_SQLSTATE
SELECT * FROM timevmaps.tv_save_route(1, 1, 1, 3, 3);
\echo SQLSTATE :LAST_ERROR_SQLSTATE
UPDATE timevmaps.segments SET speed_kph = 2e9 WHERE id = 11;
SELECT * FROM timevmaps.tv_plan_route(2, 10, 11, 12);
\echo SQLSTATE :LAST_ERROR_SQLSTATE
