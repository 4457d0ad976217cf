-- The rules for turns of docs/turns.md by hand: what each means, for whoever asks, from prepared graphs and from rows alike.
-- Not in one transaction: prepared graphs hold what is committed.
SELECT no_plan();
SET client_min_messages = warning;

CREATE FUNCTION pg_temp.route(timeline bigint, origin bigint, dest bigint, dest_timeline bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT tests.both(format('SELECT format(''%%s: %%s m, %%s s'', path_place_ids, distance_m, round(local_seconds::numeric, 3)::float) FROM timevmaps.tv_plan_route(1, %s, %s, %s, %s)',
        timeline, origin, dest, coalesce(dest_timeline, timeline)))
$$;
CREATE PROCEDURE pg_temp.turn(line bigint, f bigint, via bigint, t bigint, rule text, penalty float DEFAULT NULL) LANGUAGE sql AS $$
    INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (line, f, via, t, rule, penalty)
$$;

-- 1 -1- 2 -2- 3, and 2 -3- 4 -4- 3; 5 leads one way from 2 to 5, and 6 from 3 to 6, a dead end.  100 m each, but 150 from 4 to 3; 36 km/h: 10 s, 15 s.
--      6
--      |
--      3 --
--      |    \
-- 1 -- 2 -- 4
--      v
--      5
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Turns', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'below', 2), (4, 1, 'other', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0.01, 0.01), (4, 1, 0, 0.02), (5, 1, -0.01, 0.01), (6, 1, 0.02, 0.01);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
    (1, 1, 1, 2, 100, 36, false), (2, 1, 2, 3, 100, 36, false), (3, 1, 4, 2, 100, 36, false), (4, 1, 4, 3, 150, 36, false), (5, 1, 2, 5, 100, 36, true), (6, 1, 3, 6, 100, 36, false);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,turns}'::text[]) t \g /dev/null
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
CREATE TABLE before AS SELECT a.id AS a, b.id AS b, r.distance_m FROM timevmaps.places a, timevmaps.places b, timevmaps.tv_plan_route(1, 1, a.id, b.id) r;
SELECT is(pg_temp.route(1, 1, 3), '{1,2,3}: 200 m, 20 s', 'no rule');

-- No turn, in a branch.
CALL pg_temp.turn(2, 1, 2, 2, 'no');
SELECT is(pg_temp.route(2, 1, 3), '{1,2,4,3}: 350 m, 35 s', 'no: another way');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,3}: 200 m, 20 s', '... not in the timeline above');
SELECT is(pg_temp.route(4, 1, 3), '{1,2,3}: 200 m, 20 s', '... nor beside');
SELECT is(pg_temp.route(3, 1, 3), '{1,2,4,3}: 350 m, 35 s', '... but below');
SELECT is(pg_temp.route(2, 3, 1), '{3,2,1}: 200 m, 20 s', 'not the turn the other way');
SELECT is(pg_temp.route(2, 1, 2), '{1,2}: 100 m, 10 s', 'a route ends at the place');
SELECT is(pg_temp.route(2, 2, 3), '{2,3}: 100 m, 10 s', '... and begins there');
SELECT is(pg_temp.route(2, 2, 2), '{2}: 0 m, 0 s', '... or both');
SELECT is((SELECT string_agg(format('%s to %s', b.a, b.b), ', ' ORDER BY b.a, b.b)
           FROM before b LEFT JOIN LATERAL timevmaps.tv_plan_route(1, 2, b.a, b.b) n ON true WHERE n.distance_m IS DISTINCT FROM b.distance_m),
          '1 to 3, 1 to 6', 'of all pairs, only those that turn there cost something else');

-- It is lifted, and priced, further down.
CALL pg_temp.turn(3, 1, 2, 2, 'cost', 0);
SELECT is(pg_temp.route(3, 1, 3), '{1,2,3}: 200 m, 20 s', 'cost 0 lifts it');
UPDATE timevmaps.turns SET penalty_s = 7.5 WHERE timeline_id = 3;
SELECT is(pg_temp.route(3, 1, 3), '{1,2,3}: 200 m, 27.5 s', 'a price is seconds and no metres');
UPDATE timevmaps.turns SET penalty_s = 16 WHERE timeline_id = 3;
SELECT is(pg_temp.route(3, 1, 3), '{1,2,4,3}: 350 m, 35 s', '... that are too many');
SELECT is(tests.both('SELECT path_place_ids FROM timevmaps.tv_plan_route(1, 3, 1, 3, NULL, ''distance'')'), '{1,2,3}', '... for who counts seconds');
SELECT is(tests.both($$ SELECT string_agg(concat_ws(' ', seq, place_id, segment_id, distance_m, local_seconds, coordinate_seconds, traveler_seconds, total_local_seconds, turn_seconds), ', ' ORDER BY seq)
    FROM timevmaps.tv_route_steps(1, 3, 1, 3, NULL, 'distance') $$),
    '1 1 0 0 0 0 0 0, 2 2 1 100 10 10 10 10 0, 3 3 2 100 26 26 26 36 16', 'it is part of the step after the turn');
SELECT is(tests.both($$ SELECT ST_AsText(geom) || ': ' || physics_note FROM timevmaps.tv_plan_route(1, 3, 1, 3, NULL, 'distance') $$),
    (SELECT ST_AsText(geom) || ': ' || physics_note FROM timevmaps.tv_plan_route(1, 1, 1, 3, NULL, 'distance')), '... and the course is that without');
SELECT is(tests.both($$ SELECT changed FROM timevmaps.tv_route_diff(1, 3, 1, 3, 'distance') $$)::jsonb,
    '[{"segment_id": 2, "gateway_id": null, "from_place_id": 2, "place_id": 3, "timeline_id": null,
       "a": {"seq": 3, "distance_m": 100, "local_seconds": 10, "coordinate_seconds": 10, "traveler_seconds": 10, "turn_seconds": 0},
       "b": {"seq": 3, "distance_m": 100, "local_seconds": 26, "coordinate_seconds": 26, "traveler_seconds": 26, "turn_seconds": 16}}]'::jsonb, 'two timelines that differ in a turn');
SELECT is((SELECT concat_ws(' ', path_place_ids, local_seconds) FROM timevmaps.tv_save_route(1, 3, 1, 3, NULL, 'distance')), '{1,2,3} 36', 'a route that is stored');

-- Whoever asks.
SELECT is(tests.both($$ SELECT string_agg(concat_ws(' ', origin_place_id, dest_place_id, cost), ', ') FROM timevmaps.tv_cost_matrix(1, 2, '{1,3}', '{3,2,6}') $$), '1 3 35, 1 2 10, 1 6 45, 3 3 0, 3 2 10, 3 6 10', 'a matrix');
SELECT is(tests.both($$ SELECT string_agg(concat_ws(' ', place_id, cost), ', ') FROM timevmaps.tv_isochrone(1, 2, 1, 40) $$), '1 0, 2 10, 4 20, 5 20, 3 35', 'an isochrone: each place once, of those equally near the first first');
SELECT is(tests.both($$ SELECT string_agg(concat_ws(' ', rank, path_place_ids, cost), ', ' ORDER BY rank) FROM timevmaps.tv_route_alternatives(1, 3, 1, 3, NULL, NULL, 2, 2, 1, 0) $$), '1 {1,2,4,3} 35, 2 {1,2,3} 36', 'alternatives');
SELECT is(tests.both($$ SELECT count(*) FROM timevmaps.tv_route_alternatives(1, 2, 1, 3, NULL, NULL, 3, 1.3, 1, 0) $$), '1', '... none by a turn that is forbidden');
SELECT is(tests.both($$ SELECT concat_ws(' ', path_place_ids, local_seconds) FROM timevmaps.tv_plan_route_at(1, 2, 1, 3, '2026-01-05Z') $$), '{1,2,4,3} 35', 'a departure');
SELECT is(tests.both($$ SELECT concat_ws(' ', path_segment_ids, round(distance_m::numeric, 3)) FROM timevmaps.tv_plan_point_route(1, 2, 0.005, 0, 0.01, 0.005) $$), '{1,3,3,2} 300.000', 'from a part of the one segment to a part of the other: turning back beyond is shortest');
SELECT is(tests.both($$ SELECT concat_ws(' ', path_segment_ids, round(distance_m::numeric, 3)) FROM timevmaps.tv_plan_point_route(1, 1, 0.005, 0, 0.01, 0.005) $$), '{1,2} 100.000', '... as where there is no rule');
SELECT is(tests.both($$ SELECT concat_ws(' ', path_segment_ids, round(local_seconds::numeric, 3)) FROM timevmaps.tv_plan_point_route(1, 3, 0.005, 0, 0.01, 0.005) $$), '{1,2} 26.000', '... and what it costs');

-- Only.
DELETE FROM timevmaps.turns;
CALL pg_temp.turn(NULL, 1, 2, 3, 'only');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,4,3}: 350 m, 35 s', 'only: none of the others');
SELECT is(pg_temp.route(1, 1, 5), '{1,2,4,2,5}: 400 m, 40 s', '... one turns back beyond it');
SELECT is(pg_temp.route(1, 3, 5), '{3,2,5}: 200 m, 20 s', '... who comes from elsewhere need not');
SELECT is(pg_temp.route(1, 1, 1), '{1}: 0 m, 0 s', 'no way leads nowhere');
CALL pg_temp.turn(2, 1, 2, 5, 'only');
SELECT is(pg_temp.route(2, 1, 5), '{1,2,5}: 200 m, 20 s', 'several: all of them');
SELECT is(pg_temp.route(2, 1, 3), '{1,2,4,3}: 350 m, 35 s', '... and no others');
CALL pg_temp.turn(3, 1, 2, 3, 'cost', 0);
SELECT is(pg_temp.route(3, 1, 4), NULL, 'of two the one is lifted: it is none of those');
CALL pg_temp.turn(3, 1, 2, 5, 'cost', 2);
SELECT is(pg_temp.route(3, 1, 5), '{1,2,5}: 200 m, 22 s', '... and both: as if they were not there');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (4, 3, true);
SELECT is(pg_temp.route(4, 1, 3), NULL, 'a target that is closed still forbids the others');
SELECT is(pg_temp.route(4, 1, 2), '{1,2}: 100 m, 10 s', '... and one may end there');
DELETE FROM timevmaps.turns;
-- A target that is on another timeline.
INSERT INTO timevmaps.segments (id, world_id, timeline_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (7, 1, 4, 2, 6, 100, 36);
CALL pg_temp.turn(NULL, 1, 2, 7, 'only');
SELECT is(pg_temp.route(1, 1, 3), NULL, '... or absent');
SELECT is(pg_temp.route(4, 1, 3), '{1,2,6,3}: 300 m, 30 s', 'where it is one may take it');
DELETE FROM timevmaps.turns;

-- U-turns.
SELECT is(pg_temp.route(1, 1, 3), '{1,2,3}: 200 m, 20 s', 'no rule is left');
CALL pg_temp.turn(NULL, 1, 2, 2, 'no');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 4, true);
SELECT is(pg_temp.route(2, 1, 3), '{1,2,4,2,3}: 400 m, 40 s', 'turning back is free');
UPDATE timevmaps.worlds SET rules = rules || '{"u_turn_s": 60}';
SELECT is(pg_temp.route(2, 1, 3), '{1,2,4,2,3}: 400 m, 100 s', '... unless the world''s rules say what it costs');
UPDATE timevmaps.worlds SET rules = rules || '{"u_turn_s": "no"}';
SELECT is(pg_temp.route(2, 1, 3), NULL, '... or that one must not: 4 is no dead end, whatever is closed');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,4,3}: 350 m, 35 s', '... where one need not');
CALL pg_temp.turn(2, 3, 4, 3, 'cost', 5);
SELECT is(pg_temp.route(2, 1, 3), '{1,2,4,2,3}: 400 m, 45 s', 'a row says otherwise');
DELETE FROM timevmaps.segments WHERE id IN (4, 7);
DELETE FROM timevmaps.turns WHERE timeline_id = 2;
SELECT is(pg_temp.route(2, 1, 3), '{1,2,4,2,3}: 400 m, 40 s', 'at a dead end it is free');
SELECT is(tests.both($$ SELECT concat_ws(' ', path_segment_ids, round(distance_m::numeric, 3)) FROM timevmaps.tv_plan_point_route(1, 2, 0.005, 0, 0.01, 0.005) $$), '{1,3,3,2} 300.000', '... for who begins within a segment, too');
SELECT is(tests.both($$ SELECT concat_ws(' ', path_segment_ids, round(distance_m::numeric, 3)) FROM timevmaps.tv_plan_point_route(1, 2, 0.015, 0, 0.0025, 0) $$), '{3,1} 125.000', 'the way back is that of the segment');
CALL pg_temp.turn(NULL, 3, 2, 1, 'no');
SELECT is(tests.both($$ SELECT concat_ws(' ', path_segment_ids, round(distance_m::numeric, 3)) FROM timevmaps.tv_plan_point_route(1, 2, 0.015, 0, 0.0025, 0) $$), '{3,2,6,6,2,1} 525.000', '... by the dead end beyond, where it is forbidden');
UPDATE timevmaps.worlds SET rules = rules - 'u_turn_s';
SELECT is(tests.both($$ SELECT concat_ws(' ', path_segment_ids, round(distance_m::numeric, 3)) FROM timevmaps.tv_plan_point_route(1, 2, 0.015, 0, 0.0025, 0) $$), '{3,2,2,1} 325.000', '... by the next place, where turning back is free');

-- Whoever comes by a gateway may go on any way.
DELETE FROM timevmaps.turns;
CALL pg_temp.turn(NULL, 1, 2, 2, 'no');
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 2, 4, 2, 1), (4, 2, 1, 2, 1);
SELECT is(pg_temp.route(1, 1, 3, 4), '{1,2,2,3}: 200 m, 21 s', 'a gateway at the place');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,2,2,3}: 200 m, 22 s', '... there and back');
DELETE FROM timevmaps.gateways;

-- Segments that move away, and that are new.
SELECT is(pg_temp.route(1, 1, 3), '{1,2,4,2,3}: 400 m, 40 s', 'a rule');
UPDATE timevmaps.segments SET a_place_id = 5 WHERE id = 2;
UPDATE timevmaps.segments SET oneway = false WHERE id = 5;
SELECT is(pg_temp.route(1, 1, 3), '{1,2,5,3}: 300 m, 30 s', 'a rule whose segment ends elsewhere has no effect');
UPDATE timevmaps.segments SET a_place_id = 2 WHERE id = 2;
SELECT is(pg_temp.route(1, 1, 3), '{1,2,4,2,3}: 400 m, 40 s', '... until it is back');
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (8, 1, 2, 3, 110, 36);
SELECT is(pg_temp.route(1, 1, 3), '{1,2,3}: 210 m, 21 s', 'a new segment beside');
CALL pg_temp.turn(NULL, 1, 2, 8, 'no');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,4,2,3}: 400 m, 40 s', '... and a rule for it');
-- A loop: both of its ways; round it once more is no U-turn.
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (9, 1, 2, 2, 30, 36);
SELECT is(pg_temp.route(1, 1, 3), '{1,2,2,3}: 230 m, 23 s', 'round a loop');
CALL pg_temp.turn(NULL, 9, 2, 2, 'no');
CALL pg_temp.turn(NULL, 9, 2, 8, 'no');
SELECT is(pg_temp.route(1, 1, 3), '{1,2,4,2,3}: 400 m, 40 s', '... both ways round');

-- Experiments run by the same rules.
SELECT timevmaps.tv_submit_experiment(1, 1, 'route', '{"origin_place_id": 1, "dest_place_id": 3}') \g /dev/null
CALL timevmaps.tv_work(10);
SELECT is((SELECT concat_ws(' ', path_place_ids, local_seconds) FROM timevmaps.route_plans ORDER BY id DESC LIMIT 1), '{1,2,4,2,3} 40', 'a route that is an experiment''s');

-- What is hidden from who asks does not exist: rules, and those of segments or places that are.
CREATE ROLE reader; GRANT tv_player TO reader;
UPDATE timevmaps.worlds SET visibility = 'public';
CREATE FUNCTION pg_temp.seen(hidden text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE format('CREATE POLICY hides ON timevmaps.%s AS RESTRICTIVE FOR SELECT TO reader USING (%s)', split_part(hidden, ' ', 1), substr(hidden, strpos(hidden, ' ')));
    SET LOCAL ROLE reader;
    SELECT concat_ws(' ', path_place_ids, distance_m) INTO found FROM timevmaps.tv_plan_route(1, 1, 1, 3);
    RESET ROLE;
    EXECUTE format('DROP POLICY hides ON timevmaps.%s', split_part(hidden, ' ', 1));
    RETURN found;
END
$$;
SELECT is(pg_temp.seen('turns true'), '{1,2,4,2,3} 400', 'who sees all rules');
SELECT is(pg_temp.seen('turns NOT (from_segment_id = 1 AND to_segment_id = 2)'), '{1,2,3} 200', '... all but one');
SELECT is(pg_temp.seen('turns false'), '{1,2,3} 200', '... none');
SELECT is(pg_temp.seen('segments id NOT IN (2, 9)'), '{1,2,4,2,3} 410', 'who does not see a segment');
DELETE FROM timevmaps.turns;
CALL pg_temp.turn(NULL, 1, 2, 9, 'only');
SELECT is(pg_temp.seen('turns true'), '{1,2,2,3} 230', 'only');
SELECT is(pg_temp.seen('segments id <> 9'), '{1,2,3} 200', '... into what is hidden');
SELECT * FROM finish();
