-- The recipe of docs/route.md for a forbidden turn: what it forbids, and that
-- it forbids nothing else; in the world and in a branch alone.
BEGIN;
SELECT plan(16);

CREATE FUNCTION pg_temp.route(timeline bigint, origin bigint, dest bigint) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s: %s m', r.path_place_ids, r.distance_m)
    FROM timevmaps.tv_plan_route(1, timeline, origin, dest, NULL, 'distance') r
$$;

-- 1 -100- 2 -100- 3, and 2 -100- 4 -150- 3, 2 -> 5 one way.
INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'Turns');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0.01, 0.01), (4, 1, 0, 0.02), (5, 1, -0.01, 0.01);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
    (1, 1, 1, 2, 100, 36, false), (2, 1, 2, 3, 100, 36, false), (3, 1, 4, 2, 100, 36, false), (4, 1, 4, 3, 150, 36, false), (5, 1, 2, 5, 100, 36, true);
ALTER TABLE timevmaps.segments ALTER id RESTART 100;
ALTER TABLE timevmaps.places ALTER id RESTART 2000;
CREATE TEMPORARY TABLE before AS
SELECT a.id AS a, b.id AS b, distance_m FROM timevmaps.places a, timevmaps.places b, timevmaps.tv_plan_route(1, 1, a.id, b.id, NULL, 'distance');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,3}: 200 m', 'the turn');

-- In a branch alone: there segment 1 is closed, and its two directions are segments of the branch.
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1001, world_id, lat, lon FROM timevmaps.places WHERE id = 2;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 1, true);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id)
SELECT world_id, 1, 1001, length_m, speed_kph, base_drag, true, 2 FROM timevmaps.segments WHERE id = 1
UNION ALL SELECT world_id, 2, 1, length_m, speed_kph, base_drag, true, 2 FROM timevmaps.segments WHERE id = 1
UNION ALL
SELECT world_id, 1001, CASE WHEN a_place_id = 2 THEN b_place_id ELSE a_place_id END, length_m, speed_kph, base_drag, true, 2
FROM timevmaps.segments WHERE (a_place_id = 2 OR b_place_id = 2 AND NOT oneway) AND id NOT IN (1, 2);
SELECT is(pg_temp.route(2, 1, 3), '{1,1001,4,3}: 350 m', 'forbidden in the branch');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,3}: 200 m', 'not in its parent');
SELECT is(pg_temp.route(2, 3, 1), '{3,2,1}: 200 m', 'nor the other way');
DELETE FROM timevmaps.segments WHERE timeline_id = 2;
DELETE FROM timevmaps.segment_overrides;

-- In the world: as documented.
INSERT INTO timevmaps.places (id, world_id, name, lat, lon)
SELECT 1002, world_id, 'no turn into segment 2', lat, lon FROM timevmaps.places WHERE id = 2;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway)
SELECT world_id, 1, 1002, length_m, speed_kph, base_drag, true FROM timevmaps.segments WHERE id = 1
UNION ALL
SELECT world_id, 1002, CASE WHEN a_place_id = 2 THEN b_place_id ELSE a_place_id END, length_m, speed_kph, base_drag, true
FROM timevmaps.segments WHERE (a_place_id = 2 OR b_place_id = 2 AND NOT oneway) AND id NOT IN (1, 2);
UPDATE timevmaps.segments SET a_place_id = 2, b_place_id = 1, oneway = true, geom = ST_Reverse(geom) WHERE id = 1;

SELECT is(pg_temp.route(1, 1, 3), '{1,1002,4,3}: 350 m', 'forbidden');
SELECT is(pg_temp.route(1, 1, 4), '{1,1002,4}: 200 m', 'straight on is not');
SELECT is(pg_temp.route(1, 1, 5), '{1,1002,5}: 200 m', 'nor another turn');
SELECT is(pg_temp.route(1, 3, 1), '{3,2,1}: 200 m', 'nor the turn the other way');
SELECT is(pg_temp.route(1, 4, 3), '{4,3}: 150 m', 'the rest is as it was');
SELECT is(pg_temp.route(1, 2, 1), '{2,1}: 100 m', 'the way back');
SELECT is(pg_temp.route(1, 5, 1), NULL, 'a one-way street stays one');
SELECT is((SELECT string_agg(format('%s to %s', b.a, b.b), ', ' ORDER BY b.a, b.b)
           FROM before b LEFT JOIN LATERAL timevmaps.tv_plan_route(1, 1, b.a, b.b, NULL, 'distance') n ON true
           WHERE n.distance_m IS DISTINCT FROM b.distance_m AND b.a <= 5 AND b.b <= 5),
          '1 to 2, 1 to 3', 'of all pairs, only the turn and the junction itself cost something else');
SELECT is(pg_temp.route(1, 1, 1002), '{1,1002}: 100 m', 'the junction is two places');
SELECT is((SELECT cost FROM timevmaps.tv_cost_matrix(1, 1, '{1}', '{3}', 'distance')), 350::float, 'a matrix knows it');
SELECT is((SELECT array_agg(place_id ORDER BY place_id) FROM timevmaps.tv_isochrone(1, 1, 1, 20)), '{1,4,5,1002}', 'so does an isochrone');
SELECT is((SELECT path_place_ids FROM timevmaps.tv_plan_route_at(1, 1, 1, 3, '2024-01-01')), '{1,1002,4,3}', 'and a departure');

SELECT * FROM finish();
ROLLBACK;
