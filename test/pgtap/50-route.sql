-- Routes on small networks whose answers are worked out by hand; every error
-- with its SQLSTATE; who sees what; which edits count.
BEGIN;
SELECT plan(147 + cardinality(timevmaps_internal.tv_metric_names()));


-- A route as "places on timelines: metres, local seconds".
CREATE FUNCTION pg_temp.route(world bigint, timeline bigint, origin bigint, dest bigint,
                              dest_timeline bigint DEFAULT NULL, metric text DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT format('%s on %s: %s m, %s s', r.path_place_ids, r.path_timeline_ids,
                  round(r.distance_m::numeric, 6)::float, round(r.local_seconds::numeric, 6)::float)
    FROM timevmaps.tv_plan_route(world, timeline, origin, dest, dest_timeline, metric) r
$$;

------------------------------------------------------------------ the network
-- World 1, no relativity.  1 -(100 s, 1000 m)- 2 -(100 s, 1000 m)- 3, and by the fast road
-- 1 -(100 s, 2000 m)- 4 -(50 s, 2000 m)- 3; one way 3 -> 1 in 100 s, 500 m; 5 is not joined to anything.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Plain', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES
    (1, 1, 'main', NULL), (2, 1, 'closed', 1), (3, 1, 'reopened', 2), (4, 1, 'faster', 3);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES
    (1, 1, 57.70, 11.90), (2, 1, 57.70, 11.91), (3, 1, 57.70, 11.92), (4, 1, 57.71, 11.91), (5, 1, 57.8, 12);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id) VALUES
    (1, 1, 1, 2, 1000, 36, false, NULL), (2, 1, 2, 3, 1000, 36, false, NULL),
    (3, 1, 1, 4, 2000, 72, false, NULL), (4, 1, 3, 4, 2000, 144, false, NULL),
    (5, 1, 3, 1, 500, 18, true, NULL);

SELECT is(pg_temp.route(1, 1, 1, 3), '{1,4,3} on {1,1,1}: 4000 m, 150 s', 'the fastest way, over a segment from b to a');
SELECT is(pg_temp.route(1, 1, 1, 3, 1, 'distance'), '{1,2,3} on {1,1,1}: 2000 m, 200 s', 'the shortest way is another');
SELECT is(pg_temp.route(1, 1, 3, 1), '{3,1} on {1,1}: 500 m, 100 s', 'a one-way segment, with it');
SELECT is(pg_temp.route(1, 1, 4, 4), '{4} on {1}: 0 m, 0 s', 'from a place to itself');
SELECT is(pg_temp.route(1, 1, 1, 5), NULL, 'no way, no row');
SELECT is(pg_temp.route(1, 1, 5, 5), '{5} on {1}: 0 m, 0 s', 'nor does staying need one');
SELECT is((SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 5)), 0::bigint, 'no row at all');
SELECT row_eq($$ SELECT world_id, timeline_id, origin_id, dest_id, dest_timeline_id, metric, created_at
                 FROM timevmaps.tv_plan_route(1, 1, 1, 3) $$,
    ROW(1::bigint, 1::bigint, 1::bigint, 3::bigint, 1::bigint, 'local'::text, now()),
    'a plan says what was asked, the metric is the clock of the world');
SELECT is(metric, m, 'a metric that is asked for: ' || m)
FROM unnest(timevmaps_internal.tv_metric_names()) m, timevmaps.tv_plan_route(1, 1, 1, 3, NULL, m);

-- Columns are those of the table, in its order.
SELECT is(
    (SELECT array_agg(p.name ORDER BY p.position)
     FROM pg_proc f, unnest(f.proargnames, f.proargmodes) WITH ORDINALITY p (name, mode, position)
     WHERE f.oid = 'timevmaps.tv_plan_route'::regproc AND p.mode = 't'),
    (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
     WHERE attrelid = 'timevmaps.route_plans'::regclass AND attnum > 0 AND attname NOT IN ('id', 'world_ids', 'profile', 'overrides') AND NOT attisdropped),
    'tv_plan_route has the columns of route_plans but id, world_ids and what it was asked with');

-- Steps.
SELECT results_eq(
    $$ SELECT seq, place_id, timeline_id, segment_id, gateway_id, distance_m, local_seconds, coordinate_seconds,
              traveler_seconds, total_distance_m, total_local_seconds, total_coordinate_seconds, total_traveler_seconds, turn_seconds
       FROM timevmaps.tv_route_steps(1, 1, 1, 3) $$,
    $$ VALUES (1, 1::bigint, 1::bigint, NULL::bigint, NULL::bigint, 0::float, 0::float, 0::float, 0::float,
               0::float, 0::float, 0::float, 0::float, 0::float),
              (2, 4, 1, 3, NULL, 2000, 100, 100, 100, 2000, 100, 100, 100, 0),
              (3, 3, 1, 4, NULL, 2000, 50, 50, 50, 4000, 150, 150, 150, 0) $$,
    'steps: the origin first, each with its cost and the cost so far');
SELECT row_eq($$ SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 3) $$,
    ROW(150::float, 'local'::text, 4000::float, 150::float, 150::float, 150::float, 150::float, 0::float, 0::float), 'the cost alone');
SELECT is(cost, 2000::float, 'the cost is the metric''s') FROM timevmaps.tv_route_cost(1, 1, 1, 3, 1, 'distance');
SELECT is(eta_seconds, 200::float, 'the arrival is the clock''s, whatever the metric') FROM timevmaps.tv_route_cost(1, 1, 1, 3, 1, 'distance');
SELECT is((SELECT count(*) FROM timevmaps.tv_route_cost(1, 1, 1, 5)) + (SELECT count(*) FROM timevmaps.tv_route_steps(1, 1, 1, 5)),
    0::bigint, 'no way, no cost and no steps');
SELECT results_eq($$ SELECT * FROM timevmaps.tv_cost_matrix(1, 1, '{3, 1, 5}', '{1, 5, 3, 1}') $$,
    $$ VALUES (3::bigint, 1::bigint, 100::float), (3, 3, 0), (3, 1, 100), (1, 1, 0), (1, 3, 150), (1, 1, 0), (5, 5, 0) $$,
    'a matrix: in the order that was asked, without the pairs that no way joins');
SELECT is((SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, '{}', '{1}')) + (SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, '{1}', '{}')),
    0::bigint, 'an empty matrix');
SELECT is(cost, 2000::float, 'a matrix of distances') FROM timevmaps.tv_cost_matrix(1, 1, '{1}', '{3}', 'distance');

-- Parallel segments and a loop.
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (6, 1, 2, 1, 500, 36), (7, 1, 2, 2, 1, 36);
SELECT is((SELECT array_agg(segment_id) FROM timevmaps.tv_route_steps(1, 1, 1, 2)), '{NULL,6}', 'the better of two segments, and no loop');
DELETE FROM timevmaps.segments WHERE id IN (6, 7);

------------------------------------------------------------------- timelines
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed) VALUES (1, 2, 4, true);
SELECT is(pg_temp.route(1, 1, 1, 3), '{1,4,3} on {1,1,1}: 4000 m, 150 s', 'what a branch closes stays open above it');
SELECT is(pg_temp.route(1, 2, 1, 3), '{1,2,3} on {2,2,2}: 2000 m, 200 s', 'closed in the branch');
SELECT is(pg_temp.route(1, 4, 1, 3), '{1,2,3} on {4,4,4}: 2000 m, 200 s', 'and in what branches from it');
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, speed_kph) VALUES (1, 3, 4, 288);
SELECT is(pg_temp.route(1, 3, 1, 3), '{1,2,3} on {3,3,3}: 2000 m, 200 s', 'an override that says nothing of it does not open');
UPDATE timevmaps.segment_overrides SET closed = false WHERE timeline_id = 3;
SELECT is(pg_temp.route(1, 3, 1, 3), '{1,4,3} on {3,3,3}: 4000 m, 125 s', 'opened again, and faster');
SELECT is(pg_temp.route(1, 2, 1, 3), '{1,2,3} on {2,2,2}: 2000 m, 200 s', 'not in its parent');

INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (8, 1, 3, 1, 800, 36, 2);
SELECT is(pg_temp.route(1, 1, 1, 3), '{1,4,3} on {1,1,1}: 4000 m, 150 s', 'a branch''s own segment is not above it');
SELECT is(pg_temp.route(1, 2, 1, 3), '{1,3} on {2,2}: 800 m, 80 s', 'it is in the branch');
SELECT is(pg_temp.route(1, 4, 1, 3), '{1,3} on {4,4}: 800 m, 80 s', 'and in what branches from it');
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, length_m) VALUES (1, 3, 8, 1600);
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, speed_kph) VALUES (1, 4, 8, 72);
SELECT is(pg_temp.route(1, 3, 1, 3), '{1,4,3} on {3,3,3}: 4000 m, 125 s', 'longer in a grandchild');
SELECT is(pg_temp.route(1, 4, 1, 3), '{1,3} on {4,4}: 1600 m, 80 s', 'column by column: the length of one ancestor, the speed of another');
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, base_drag) VALUES (1, 1, 8, 9), (1, 2, 8, 0.25);
SELECT is(pg_temp.route(1, 4, 1, 3), '{1,3} on {4,4}: 1600 m, 100 s', 'the nearest drag wins, even against one that is above the segment');
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, base_drag) VALUES (1, 1, 4, 0.5);
SELECT is(pg_temp.route(1, 1, 1, 3), '{1,4,3} on {1,1,1}: 4000 m, 175 s', 'a root may override too');
UPDATE timevmaps.segment_overrides SET base_drag = 1.5 WHERE timeline_id = 1 AND segment_id = 4;
SELECT is(pg_temp.route(1, 1, 1, 3), '{1,2,3} on {1,1,1}: 2000 m, 200 s', 'by which the best way changes');
DELETE FROM timevmaps.segment_overrides WHERE segment_id IN (4, 8);
SELECT is(pg_temp.route(1, 2, 1, 3), '{1,3} on {2,2}: 800 m, 80 s', 'all taken back');

-------------------------------------------------------------------- gateways
SELECT is(pg_temp.route(1, 1, 1, 3, 2), NULL, 'without a gateway no timeline leads to another');
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s)
VALUES (1, 1, 2, 2, 2, 30, 10);
SELECT is(pg_temp.route(1, 1, 1, 2, 2), '{1,2,2} on {1,1,2}: 1000 m, 130 s', 'a gateway costs its penalty and no distance');
SELECT results_eq($$ SELECT seq, segment_id, gateway_id, distance_m, local_seconds, traveler_seconds, coordinate_seconds FROM timevmaps.tv_route_steps(1, 1, 1, 2, 2) $$,
    $$ VALUES (1, NULL::bigint, NULL::bigint, 0::float, 0::float, 0::float, 0::float), (2, 1, NULL, 1000, 100, 100, 100), (3, NULL, 1, 0, 30, 30, 30) $$,
    'on every clock');
UPDATE timevmaps.gateways SET fidelity = 0.5;
SELECT is(round(local_seconds::numeric, 9), round((130 + 10 * ln(2.0)), 9), 'less fidelity, more penalty') FROM timevmaps.tv_plan_route(1, 1, 1, 2, 2);
SELECT is(cost, 1000::float, 'a penalty is no distance') FROM timevmaps.tv_route_cost(1, 1, 1, 2, 2, 'distance');
UPDATE timevmaps.gateways SET fidelity = 0;
SELECT is(pg_temp.route(1, 1, 1, 2, 2), NULL, 'no fidelity: closed');
SELECT is(pg_temp.route(1, 1, 1, 2, 2, 'distance'), NULL, 'also where its penalty would not count');
UPDATE timevmaps.gateways SET fidelity = 1;
SELECT is(pg_temp.route(1, 2, 2, 1, 1), NULL, 'one way');
UPDATE timevmaps.gateways SET bidirectional = true;
SELECT is(pg_temp.route(1, 2, 2, 2, 1), '{2,2} on {2,1}: 0 m, 30 s', 'or both');
SELECT is(pg_temp.route(1, 1, 2, 2, 1), '{2} on {1}: 0 m, 0 s', 'not needed, not taken');
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (2, 2, 3, 1, 3, 5), (3, 1, 1, 2, 1, 5);
SELECT is(pg_temp.route(1, 1, 1, 3), '{1,1,3,3} on {1,2,2,1}: 800 m, 90 s', 'out into a branch and back, where that is the best way');
SELECT is(cost, 90::float, 'in a matrix too') FROM timevmaps.tv_cost_matrix(1, 1, '{1}', '{3}');
SELECT is(cost, 800::float, 'where penalties are no distance either') FROM timevmaps.tv_cost_matrix(1, 1, '{1}', '{3}', 'distance');
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (4, 1, 1, 1, 3, 7), (5, 1, 3, 3, 1, 1);
SELECT is(pg_temp.route(1, 1, 1, 3), '{1,3} on {1,1}: 0 m, 7 s', 'a gateway inside a timeline, farther than any road');
SELECT is(pg_temp.route(1, 1, 1, 1, 3), '{1,3,1} on {1,1,3}: 0 m, 8 s', 'two in a row');
DELETE FROM timevmaps.gateways WHERE id > 1;

-- Another world, where time goes by another clock.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (2, 'Heavy', '{"sr": true, "base_drag": 1, "max_speed_mps": 10, "gr": {"gm": 1.6e23, "r": 6371008.8}}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (5, 2, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (11, 2, 10, 10), (12, 2, 10, 10.01);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (11, 2, 11, 12, 100, 360);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (6, 2, 3, 5, 11, 1);
SELECT is(pg_temp.route(1, 1, 1, 12, 5), '{1,2,2,3,11,12} on {1,1,2,2,5,5}: 2100 m, 251 s', 'over a timeline into another world, by its rules');
SELECT is(round((coordinate_seconds - 231)::numeric, 6), round((20 / sqrt(1 - 2 * 1.6e23 / 6371008.8 / 299792458::float ^ 2))::numeric, 6),
    'the far observer''s clock is that of each world') FROM timevmaps.tv_plan_route(1, 1, 1, 12, 5);
SELECT is(coordinate_minus_local_seconds > 0 AND traveler_minus_local_seconds < 0, true, 'so are the differences') FROM timevmaps.tv_plan_route(1, 1, 1, 12, 5);
SELECT is(eta_seconds, local_seconds, 'the arrival is on the clock of the world where it begins') FROM timevmaps.tv_plan_route(1, 1, 1, 12, 5);
SELECT is(metric, 'traveler', 'the clock of a world that names none') FROM timevmaps.tv_plan_route(2, 5, 11, 12);
SELECT is(pg_temp.route(2, 5, 11, 1, 1), NULL, 'and back there is no way');

-- A gateway to nowhere that matters is not followed into a world that cannot be computed.
INSERT INTO timevmaps.worlds (id, name) VALUES (3, 'Too fast');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (6, 3, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (21, 3, 0, 0), (22, 3, 0, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (21, 3, 21, 22, 1000, 1079252849);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (7, 2, 3, 6, 21);
SELECT is(pg_temp.route(1, 1, 1, 2, 2), '{1,2,2} on {1,1,2}: 1000 m, 130 s', 'what cannot lead to the destination is not loaded');

---------------------------------------------------------------------- course
UPDATE timevmaps.segments SET geom = 'SRID=4326;LINESTRING(11.92 57.70, 11.93 57.72, 11.91 57.71)' WHERE id = 4;
SELECT is(ST_AsText(geom), 'LINESTRING(11.9 57.7,11.91 57.71,11.93 57.72,11.92 57.7)', 'along the segments, turned round where they are passed from b to a, straight where they have no course')
FROM timevmaps.tv_plan_route(1, 1, 1, 3);
SELECT is(ST_SRID(geom), 4326, 'in WGS 84') FROM timevmaps.tv_plan_route(1, 1, 1, 3);
SELECT ok(ST_IsValid(geom) AND GeometryType(geom) = 'LINESTRING', 'a valid line') FROM timevmaps.tv_plan_route(1, 1, 3, 1, NULL, 'traveler');
SELECT is(geom, NULL, 'a route of one place has no course') FROM timevmaps.tv_plan_route(1, 1, 1, 1);
SELECT is(ST_AsText(geom), NULL, 'nor one that only changes timeline') FROM timevmaps.tv_plan_route(1, 1, 2, 2, 2);
SELECT is(ST_AsText(geom), 'LINESTRING(11.91 57.7,11.92 57.7,10 10)', 'straight where a gateway jumps')
FROM timevmaps.tv_plan_route(1, 2, 2, 11, 5);
UPDATE timevmaps.segments SET geom = 'SRID=4326;LINESTRING EMPTY' WHERE id = 4;
SELECT is(ST_AsText(geom), 'LINESTRING(11.9 57.7,11.91 57.71,11.92 57.7)', 'an empty course is none') FROM timevmaps.tv_plan_route(1, 1, 1, 3);

------------------------------------------------------------------ what writes
SELECT is((SELECT count(*) FROM timevmaps.route_plans), 0::bigint, 'planning has stored nothing');
CREATE TEMPORARY TABLE saved AS SELECT * FROM timevmaps.tv_save_route(1, 1, 1, 3, NULL, 'distance');
SELECT results_eq('SELECT * FROM saved', 'SELECT * FROM timevmaps.route_plans', 'tv_save_route gives the stored row');
SELECT results_eq($$ SELECT path_place_ids, distance_m, eta_seconds, metric, physics_note, geom::text FROM saved $$,
    $$ SELECT path_place_ids, distance_m, eta_seconds, metric, physics_note, geom::text FROM timevmaps.tv_plan_route(1, 1, 1, 3, 1, 'distance') $$, 'which is the plan');
SELECT is(outcome || ' ' || detail, 'PT404 No way leads from place 1 on timeline 1 to place 5 on timeline 1.', 'no way, nothing to save')
FROM tests.attempt('SELECT timevmaps.tv_save_route(1, 1, 1, 5)');
ALTER TABLE timevmaps.timelines ALTER id RESTART 100;
SELECT row_eq($$ SELECT * FROM timevmaps.tv_branch(2, 'what if', 'close nothing') $$,
    ROW(100, 1, 'what if', 2, 'close nothing', now(), now())::timevmaps.tv_timeline, 'a branch is a child');
SELECT is(pg_temp.route(1, 100, 1, 3), '{1,3} on {100,100}: 800 m, 80 s', 'with its parent''s network');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(2, 'what if') $$), '23505', 'a label is unique in its world');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (5000, 1, 'numbered by hand');
SELECT is(tests.outcome($$ SELECT (timevmaps.tv_branch(5000, 'above')).id $$), '5001', 'a branch of a timeline whose id is ahead of the sequence has a larger one');
SELECT is(tests.outcome($$ SELECT ROW(id, parent_id) FROM timevmaps.tv_branch(5000, 'beside') $$), '(5002,5000)', 'and so has its sibling');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(5000, 'beside') $$), '23505', 'whose label is unique as well');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(5000, '') $$), '23514', 'and not empty');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(999, 'x') $$), 'PT404', 'no such timeline to branch from');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(2, NULL) $$), '22023', 'a branch has a label');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(NULL, 'x') $$), '22023', 'and a parent');

---------------------------------------------------------------------- errors
SELECT is(tests.outcome(format('SELECT timevmaps.%s(%s)', f, bad.arguments)), bad.state, f || ': ' || bad.what)
FROM unnest(ARRAY['tv_plan_route', 'tv_save_route']) f, (VALUES
    ('9, 1, 1, 3', 'PT404', 'no such world'),
    ('1, 5, 1, 3', 'PT404', 'a timeline of another world')
) bad (arguments, state, what);
SELECT is(string_agg(DISTINCT tests.outcome(format('SELECT timevmaps.%s(%s)', f, bad.arguments)), ','), bad.state, bad.what)
FROM unnest(ARRAY['tv_plan_route', 'tv_save_route', 'tv_route_steps', 'tv_route_cost']) f, (VALUES
    ('1, 999, 1, 3', 'PT404', 'no such timeline'),
    ('1, 1, 1, 3, 999', 'PT404', 'no such timeline to end on'),
    ('1, 1, 999, 3', 'PT404', 'no such place to begin at'),
    ('1, 1, 1, 999', 'PT404', 'no such place to end at'),
    ('1, 1, 11, 3', 'PT404', 'it begins in the world that is named'),
    ('1, 1, 1, 11', 'PT404', 'it ends in the world of its timeline'),
    ('1, 1, 1, 3, 5', 'PT404', 'also where that is another'),
    ('1, 1, 1, 3, 1, ''Local''', '22023', 'no such metric'),
    ('NULL, 1, 1, 3', '22023', 'null'),
    ('1, 1, 1, NULL', '22023', 'null place'),
    ('3, 6, 21, 22', '22003', 'the speed of light on the way'),
    ('3, 6, 21, 21', '22003', 'or anywhere on its timelines'),
    ('-9223372036854775808, 1, 1, 3', 'PT404', 'numbers that no id has')
) bad (arguments, state, what) GROUP BY bad.state, bad.what, bad.arguments ORDER BY bad.arguments;
SELECT matches(detail, 'Segment 21 ', 'which segment it is') FROM tests.attempt('SELECT timevmaps.tv_plan_route(3, 6, 21, 22)');
SELECT is(string_agg(tests.outcome(format('SELECT timevmaps.tv_cost_matrix(%s)', arguments)), ' '),
    'PT404 PT404 PT404 PT404 22023 22023 22023 22023 22023 22003', 'errors of a matrix')
FROM (VALUES ('9, 1, ''{1}'', ''{3}'''), ('1, 5, ''{1}'', ''{3}'''), ('1, 1, ''{11}'', ''{3}'''), ('1, 1, ''{1}'', ''{999}'''),
    ('1, 1, ''{1}'', ''{1,NULL}'''), ('1, 1, ''{{1}}'', ''{1}'''), ('1, 1, NULL, ''{1}'''), ('1, NULL, ''{1}'', ''{1}'''),
    ('1, 1, ''{1}'', ''{1}'', ''x'''), ('3, 6, ''{21}'', ''{22}''')) bad (arguments);

-- The speed of light is no error where a rule caps it, relativity is off, or the segment is closed.
UPDATE timevmaps.worlds SET rules = '{"max_speed_mps": 100}' WHERE id = 3;
SELECT is(pg_temp.route(3, 6, 21, 22), '{21,22} on {6,6}: 1000 m, 10 s', 'capped');
UPDATE timevmaps.worlds SET rules = '{"sr": false}' WHERE id = 3;
SELECT is(pg_temp.route(3, 6, 21, 22), '{21,22} on {6,6}: 1000 m, 3e-06 s', 'without special relativity');
UPDATE timevmaps.worlds SET rules = '{}' WHERE id = 3;
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed) VALUES (3, 6, 21, true);
SELECT is(pg_temp.route(3, 6, 21, 22), NULL, 'closed');

-- Sums beyond a double.
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (23, 3, 0, 2), (24, 3, 0, 3);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (22, 3, 22, 23, 1.7e308, 3.6e5), (23, 3, 23, 24, 1.7e308, 3.6e5);
SELECT is(tests.outcome('SELECT distance_m FROM timevmaps.tv_plan_route(3, 6, 22, 23)'), '1.7e+308', 'a very long road');
SELECT is(tests.outcome(format('SELECT timevmaps.tv_plan_route(3, 6, 22, 24, 6, %L)', m)), '22003', 'two of them, by ' || m)
FROM unnest(ARRAY['distance', 'traveler']) m;

-- Memory.
SET LOCAL timevmaps.graph_memory = '1MB';
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 100000 + n, 3, 1, n / 1e5 FROM generate_series(1, 20000) n;
SELECT is(outcome, '54000', 'more memory than allowed') FROM tests.attempt('SELECT timevmaps.tv_plan_route(3, 6, 22, 23)');
SELECT matches(detail, '^It needs at least \d+ bytes, and timevmaps.graph_memory allows 1048576\.$', 'with the need and the limit')
FROM tests.attempt('SELECT timevmaps.tv_plan_route(3, 6, 22, 23)');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_cost_matrix(3, 6, ARRAY[22], ARRAY[23])'), '54000', 'for a matrix, too');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_cost_matrix(3, 6, array_fill(22::bigint, ARRAY[2000]), array_fill(23::bigint, ARRAY[2000]))'),
    '54000', 'and for its costs');
SET LOCAL timevmaps.graph_memory = '64MB';
SELECT is(tests.outcome('SELECT distance_m FROM timevmaps.tv_plan_route(3, 6, 22, 23)'), '1.7e+308', 'enough');

-- Many branches, one out of the other, and as many gateways in a row.
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT 1000 + n, 1, 'deep ' || n, nullif(999 + n, 1000) FROM generate_series(1, 1000) n;
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, speed_kph) VALUES (1, 1001, 1, 360), (1, 1001, 2, 360), (1, 1600, 2, 36);
SELECT is(pg_temp.route(1, 2000, 1, 3), '{1,2,3} on {2000,2000,2000}: 2000 m, 110 s', 'a branch of a thousand ancestors');
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s)
SELECT 1000 + n, 1000 + n, 2, 1001 + n, 2, 1 FROM generate_series(1, 999) n;
SELECT is(cardinality(path_place_ids) || ' ' || local_seconds, '1002 1109', 'through a thousand timelines') FROM timevmaps.tv_plan_route(1, 1001, 1, 3, 2000);
DELETE FROM timevmaps.gateways WHERE id > 1000;

-------------------------------------------------- which edits a route sees
SELECT is(provolatile, 's', 'stable: ' || proname) FROM pg_proc
WHERE pronamespace = 'timevmaps'::regnamespace AND proname IN ('tv_plan_route', 'tv_route_steps', 'tv_route_cost', 'tv_cost_matrix') ORDER BY proname;
CREATE FUNCTION pg_temp.read_only(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config('transaction_read_only', 'on', true);
    EXECUTE statement INTO result;
    RAISE EXCEPTION USING ERRCODE = 'TV000', MESSAGE = result;
EXCEPTION WHEN OTHERS THEN  -- which takes the setting back
    RETURN CASE SQLSTATE WHEN 'TV000' THEN SQLERRM ELSE SQLSTATE END;
END
$$;
SELECT is(pg_temp.read_only('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3)'), '150', 'a read-only transaction takes it');
SELECT is(pg_temp.read_only('SELECT timevmaps.tv_save_route(1, 1, 1, 3)'), '25006', 'and not what writes');
SAVEPOINT before;
UPDATE timevmaps.segments SET speed_kph = 360 WHERE id IN (1, 2);
CREATE TEMPORARY TABLE seen AS SELECT pg_temp.route(1, 1, 1, 3) AS route;
SELECT is(route, '{1,2,3} on {1,1,1}: 2000 m, 20 s', 'an own edit that is not committed') FROM seen;
ROLLBACK TO before;
SELECT is(pg_temp.route(1, 1, 1, 3), '{1,4,3} on {1,1,1}: 4000 m, 150 s', 'not one that was rolled back');
-- A query sees what was there when it began, whatever it changes itself on the way.
CREATE FUNCTION pg_temp.edit() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE timevmaps.segments SET speed_kph = 360 WHERE id IN (1, 2);
    RETURN 3;
END
$$;
SELECT is(r.local_seconds, 150::float, 'its own snapshot, not the edits of its own statement')
FROM pg_temp.edit() e (place) CROSS JOIN LATERAL timevmaps.tv_plan_route(1, 1, 1, e.place) r;
SELECT is(r.local_seconds, 20::float, 'the next statement sees them') FROM timevmaps.tv_plan_route(1, 1, 1, 3) r;
ROLLBACK TO before;

------------------------------------------------------------------------ roles
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3)', 'tv_player'), '150', 'a player plans routes');
SELECT is(tests.outcome('SELECT timevmaps.tv_save_route(1, 1, 1, 3)', 'tv_player'), '42501', 'and saves none');
SELECT is(tests.outcome('SELECT timevmaps.tv_save_route(1, 1, 1, 3)', 'tv_analyst'), '42501', 'nor does an analyst in a world of others');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(1, 'mine') $$, 'tv_player'), '42501', 'a player does not branch');
SELECT is(tests.outcome($$ SELECT timevmaps.tv_branch(1, 'mine') $$, 'tv_analyst'), '42501', 'nor does an analyst in a world of others');
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'tv_analyst', 'analyst');
SELECT is(tests.outcome('SELECT (timevmaps.tv_save_route(1, 1, 1, 3)).distance_m', 'tv_analyst'), '4000', 'an editor saves');
SELECT is(tests.outcome($$ SELECT (timevmaps.tv_branch(1, 'mine')).parent_id $$, 'tv_analyst'), '1', 'and branches');

-- Whom a world is hidden from gets no route through it.
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 12, 5)', 'tv_player'), '251', 'a player travels to a public world');
UPDATE timevmaps.worlds SET visibility = 'private' WHERE id = 2;
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 12, 5)', 'tv_player'), 'PT404', 'not to a private one');
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(2, 5, 11, 12)', 'tv_player'), 'PT404', 'nor in it');
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 12, 5)', 'tv_admin'), '251', 'an admin does');

-- Nor do policies of the user's own show what they hide.
CREATE ROLE tv_test_driver IN ROLE tv_player;
CREATE POLICY hide ON timevmaps.segments AS RESTRICTIVE FOR SELECT TO tv_test_driver USING (id <> 4);
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3)', 'tv_test_driver'), '200', 'a hidden segment is not used');
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3)', 'tv_player'), '150', 'by those from whom it is hidden');
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3)', 'tv_test_driver'), '200', 'in the same session');
CREATE POLICY hide ON timevmaps.places AS RESTRICTIVE FOR SELECT TO tv_test_driver USING (id <> 2);
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 3)', 'tv_test_driver'), '0', 'nor a segment with a hidden end');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 1, 2)', 'tv_test_driver'), '0', 'nor a gateway at a hidden place');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 2)', 'tv_test_driver'), 'PT404', 'nor is there a way to it');
CREATE POLICY hide ON timevmaps.timelines AS RESTRICTIVE FOR SELECT TO tv_test_driver USING (id NOT IN (1, 2));
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_plan_route(1, 2, 1, 3)', 'tv_test_driver'), 'PT404', 'a hidden timeline is not there');
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 3, 1, 3)', 'tv_test_driver'), '80', 'but hands on what it has to those that branch from it');
DROP POLICY hide ON timevmaps.places;
DROP POLICY hide ON timevmaps.timelines;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (8, 1, 4, 4, 4), (9, 4, 4, 3, 4);
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 4, 3)', 'tv_test_driver'), '1', 'through a timeline that is shown');
CREATE POLICY hide ON timevmaps.timelines AS RESTRICTIVE FOR SELECT TO tv_test_driver USING (id <> 4);
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 4, 3)', 'tv_test_driver'), '0', 'not through one that is hidden');
CREATE ROLE tv_test_stranger;
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 3)', 'tv_test_stranger'), '42501', 'who may read no table gets no route');

-- A search_path that the caller has laid traps in.
CREATE SCHEMA trap;
CREATE FUNCTION trap.not_equal(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT $1 OPERATOR(pg_catalog.<>) $2';
CREATE OPERATOR trap.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = trap.not_equal);
CREATE TABLE trap.segments AS SELECT * FROM timevmaps.segments;
SET LOCAL search_path = trap, pg_catalog;
CREATE TEMPORARY TABLE trapped AS SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 1, 3);
RESET search_path;
SELECT is(local_seconds, 150::float, 'does not matter') FROM trapped;

-- Before tv_init().
ALTER TABLE timevmaps.schema_migrations RENAME TO hidden;
SELECT is(tests.outcome(format('SELECT timevmaps.%s', call)), '55000', 'before tv_init(): ' || split_part(call, '(', 1))
FROM unnest(ARRAY['tv_plan_route(1, 1, 1, 3)', 'tv_save_route(1, 1, 1, 3)', 'tv_route_steps(1, 1, 1, 3)', 'tv_route_cost(1, 1, 1, 3)',
                  'tv_cost_matrix(1, 1, ''{1}'', ''{3}'')', 'tv_branch(1, ''x'')']) call;
SELECT * FROM finish();
ROLLBACK;
