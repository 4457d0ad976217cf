-- tv_route_from and tv_eta_live on a square worked out by hand.
BEGIN;
SELECT plan(81);
SET LOCAL client_min_messages = warning;
SET LOCAL TIME ZONE 'UTC';

-- A square on the equator, 1000 m and 100 s a side, whatever the degrees say:
--   4 --3-- 3
--   4       2
--   1 --1-> 2      segment 1 is one way
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Square', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES
    (1, 1, 'main', NULL, NULL), (2, 1, 'closed', 1, '2026-01-05 08:00:30'), (3, 1, 'below', 2, '2026-01-05 09:00');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0.01, 0.01), (4, 1, 0.01, 0);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
    (1, 1, 1, 2, 1000, 36, true), (2, 1, 2, 3, 1000, 36, false), (3, 1, 3, 4, 1000, 36, false), (4, 1, 4, 1, 1000, 36, false);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 2, true);
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'on segments'), (2, 1, 'beside them'), (3, 1, 'round a corner'), (4, 1, 'silent'), (5, 1, 'at a corner'), (6, 1, 'on what is closed');

CREATE FUNCTION pg_temp.fix(vehicle bigint, at text, lon float, lat float, segment bigint DEFAULT NULL, fraction float DEFAULT NULL, timeline bigint DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, segment_id, fraction, clock) VALUES (1, timeline, vehicle, ('2026-01-05 ' || at)::timestamptz, fix.lon, fix.lat, segment, fix.fraction, 'simulated')
$$;
-- "segments by places from segment fraction: metres, seconds; state age".
CREATE FUNCTION pg_temp.route(vehicle bigint, at text, dest bigint, timeline bigint DEFAULT 1, dest_timeline bigint DEFAULT NULL, gap float DEFAULT 300, metric text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s by %s from %s %s to %s %s: %s m, %s s; %s %s', path_segment_ids, path_place_ids, from_segment_id, round(from_fraction::numeric, 6)::float, to_segment_id, to_fraction,
        round(distance_m::numeric, 6)::float, round(local_seconds::numeric, 6)::float, state, age_s)
    FROM timevmaps.tv_route_from(1, timeline, vehicle, ('2026-01-05 ' || at)::timestamptz, dest, dest_timeline, route.metric, gap)
$$;
SELECT pg_temp.fix(v, at, lon, lat, s, f) FROM (VALUES
    (1, '08:00', 0.0025, 0, 1, 0.25), (1, '08:01', 0.0075, 0, 1, 0.75),
    (2, '08:00', 0.0025, -0.001, NULL, NULL), (2, '08:01', 0.0075, -0.001, NULL, NULL),
    (3, '08:00', 0.0075, 0, 1, 0.75), (3, '08:02', 0.01, 0.0075, 2, 0.75),
    (5, '08:00', 0, 0, 1, 0), (6, '08:00', 0.01, 0.004, 2, 0.4)) f (v, at, lon, lat, s, f);

----------------------------------------------------------------- where it was
SELECT is(pg_temp.route(1, '08:00', 3), '{1,2} by {2} from 1 0.25 to 2 1: 1750 m, 175 s; moving 0', 'at a fix');
SELECT is(pg_temp.route(1, '08:00:30', 3), '{1,2} by {2} from 1 0.5 to 2 1: 1500 m, 150 s; moving 30', 'between two fixes on one segment');
SELECT is(pg_temp.route(1, '08:01', 3), '{1,2} by {2} from 1 0.75 to 2 1: 1250 m, 125 s; moving 0', 'at the last');
SELECT is(pg_temp.route(1, '08:03', 3), '{1,2} by {2} from 1 0.75 to 2 1: 1250 m, 125 s; held 120', 'held there');
SELECT is(pg_temp.route(1, '08:06', 3), '{1,2} by {2} from 1 0.75 to 2 1: 1250 m, 125 s; held 300', 'for so long');
SELECT is(pg_temp.route(1, '08:06:00.000001', 3), NULL, 'and no longer: no row');
SELECT is(pg_temp.route(1, '08:20', 3, gap => 2000), '{1,2} by {2} from 1 0.75 to 2 1: 1250 m, 125 s; held 1140', 'unless it is asked for');
SELECT is(pg_temp.route(1, '07:59:59.999999', 3), NULL, 'before the first: no row');
SELECT is(pg_temp.route(4, '08:00', 3), NULL, 'nothing is known of it: no row');
SELECT is(pg_temp.route(2, '08:00:30', 3), '{1,2} by {2} from 1 0.5 to 2 1: 1500 m, 150 s; moving 30', 'beside the segments: from the nearest one');
SELECT row_eq($$ SELECT lon, lat, round(from_distance_m::numeric, 3), ST_AsText(snapped, 6), ST_SRID(snapped), fix_at FROM timevmaps.tv_route_from(1, 1, 2, '2026-01-05 08:00', 3) $$,
    ROW(0.0025::float, -0.001::float, 111.195::numeric, 'POINT(0.0025 0)'::text, 4326, '2026-01-05 08:00'::timestamptz), '... so far away');
SELECT row_eq($$ SELECT lon, lat, from_distance_m, ST_AsText(snapped, 6) FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:00', 3) $$,
    ROW(0.0025::float, 0::float, 0::float, 'POINT(0.0025 0)'::text), 'on it: no metre');
SELECT is(ST_AsText(geom, 6), 'LINESTRING(0.005 0,0.01 0,0.01 0.01)', 'its course') FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:00:30', 3);
SELECT row_eq($$ SELECT world_id, timeline_id, vehicle_id, dest_id, dest_timeline_id, metric, physics_note, created_at FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:00', 3) $$,
    ROW(1::bigint, 1::bigint, 1::bigint, 3::bigint, 1::bigint, 'local'::text, 'Least local time, without relativity.'::text, now()), 'what was asked');

-- Half of the way by metres on the ground: all of it is 0.25 and 0.75 of 1,112 m.
SELECT is(pg_temp.route(3, '08:00:30', 3), '{2} by {} from 2 0 to 2 1: 1000 m, 100 s; moving 30', 'round a corner: a quarter of the way is at the corner');
SELECT is(pg_temp.route(3, '08:01', 3), '{2} by {} from 2 0.25 to 2 1: 750 m, 75 s; moving 60', '... half of it is beyond');
SELECT row_eq($$ SELECT lon, round(lat::numeric, 9) FROM timevmaps.tv_route_from(1, 1, 3, '2026-01-05 08:01', 3) $$, ROW(0.01::float, 0.0025::numeric), '... on the course and not across');
SELECT is(pg_temp.route(3, '08:01:30', 2), '{2} by {} from 2 0.5 to 2 0: 500 m, 50 s; moving 90', 'and back, where one may');
SELECT is(pg_temp.route(1, '08:00', 1), '{1,2,3,4} by {2,3,4} from 1 0.25 to 4 1: 3750 m, 375 s; moving 0', 'on a oneway only ahead');

------------------------------------------------------------------ at a corner
SELECT is(pg_temp.route(5, '08:00', 3), '{1,2} by {2} from 1 0 to 2 1: 2000 m, 200 s; held 0', 'from the beginning of a segment');
SELECT is(pg_temp.route(5, '08:00', 4), '{4} by {} from 4 1 to 4 0: 1000 m, 100 s; held 0', '... one may go any way');
SELECT row_eq($$ SELECT path_segment_ids, path_place_ids, distance_m, eta_seconds, from_segment_id, to_segment_id, geom IS NULL FROM timevmaps.tv_route_from(1, 1, 5, '2026-01-05 08:00', 1) $$,
    ROW('{}'::bigint[], '{}'::bigint[], 0::float, 0::float, NULL::bigint, NULL::bigint, true), 'who is there has no way to go');

-------------------------------------------------------------------- branches
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (5, 1, 2, 4, 1500, 36, 2);
SELECT is(pg_temp.route(1, '08:00:30', 3, 2), '{1,5,3} by {2,4} from 1 0.5 to 3 0: 3000 m, 300 s; moving 30', 'from where the parent had it at the fork, over the branch''s roads');
SELECT is(pg_temp.route(1, '08:00:15', 3, 2), '{1,5,3} by {2,4} from 1 0.375 to 3 0: 3125 m, 312.5 s; moving 15', 'and before');
SELECT is(pg_temp.route(1, '08:01', 3, 2), '{1,5,3} by {2,4} from 1 0.25 to 3 0: 3250 m, 325 s; held 60', 'after it: the parent''s later fix is not the branch''s');
SELECT is(pg_temp.route(1, '08:01', 3, 1), '{1,2} by {2} from 1 0.75 to 2 1: 1250 m, 125 s; moving 0', '... but its own');
SELECT pg_temp.fix(1, '08:01', 0.01, 0.002, 2, 0.2, 2);
SELECT is(from_segment_id <> 2, true, 'on a segment that is closed there: from the nearest that is open') FROM timevmaps.tv_route_from(1, 2, 1, '2026-01-05 08:01', 3);
SELECT is(state || ' ' || age_s, 'moving 30', 'its own fix, of another timeline: a new track') FROM timevmaps.tv_route_from(1, 2, 1, '2026-01-05 08:00:30', 3);
SELECT is(pg_temp.route(1, '08:01', 3, 3), pg_temp.route(1, '08:01', 3, 2), 'a branch of the branch: the same');
-- To another timeline.
SELECT is(pg_temp.route(1, '08:00', 3, 1, 2), NULL, 'to another timeline no way leads');
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 2, 2, 3, 5);
SELECT row_eq($$ SELECT path_segment_ids, path_place_ids, path_timeline_ids, to_segment_id, to_fraction, distance_m, local_seconds, dest_timeline_id FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:00', 3, 2) $$,
    ROW('{1,NULL}'::bigint[], '{2}'::bigint[], '{1}'::bigint[], NULL::bigint, NULL::float, 750::float, 80::float, 2::bigint), 'until there is a gateway, right into the place');
DELETE FROM timevmaps.gateways;

------------------------------------------------------------ what is not on it
-- Faster than the vehicle may be, or than four times the road: across, as the crow flies.
UPDATE timevmaps.vehicles SET max_speed_mps = 8 WHERE id = 3;
SELECT is(round(lat::numeric, 5) || ' ' || round(lon::numeric, 5), '0.00375 0.00875', 'a way too long for the vehicle''s speed is not taken') FROM timevmaps.tv_route_from(1, 1, 3, '2026-01-05 08:01', 3);
UPDATE timevmaps.vehicles SET max_speed_mps = NULL WHERE id = 3;
UPDATE timevmaps.segments SET speed_kph = 1.5 WHERE id IN (1, 2);
SELECT is(round(lat::numeric, 5) || ' ' || round(lon::numeric, 5), '0.00375 0.00875', 'nor one that takes more than four times as long') FROM timevmaps.tv_route_from(1, 1, 3, '2026-01-05 08:01', 3);
UPDATE timevmaps.segments SET speed_kph = 36 WHERE id IN (1, 2);
UPDATE timevmaps.positions SET segment_id = 777 WHERE vehicle_id = 3 AND segment_id = 1;
SELECT is(round(lat::numeric, 5) || ' ' || round(lon::numeric, 5), '0.00375 0.00875', 'nor from a segment that is not there') FROM timevmaps.tv_route_from(1, 1, 3, '2026-01-05 08:01', 3);
UPDATE timevmaps.positions SET segment_id = 5 WHERE vehicle_id = 3 AND segment_id = 777;
SELECT is(round(lat::numeric, 5) || ' ' || round(lon::numeric, 5), '0.00375 0.00875', 'nor from one that is another timeline''s') FROM timevmaps.tv_route_from(1, 1, 3, '2026-01-05 08:01', 3);
UPDATE timevmaps.positions SET segment_id = 1 WHERE vehicle_id = 3 AND segment_id = 5;
SELECT is(pg_temp.route(3, '08:01', 3), '{2} by {} from 2 0.25 to 2 1: 750 m, 75 s; moving 60', 'else along the course');

-- From the beginning of a oneway: back over another segment; on what is closed there is no way.
SELECT pg_temp.fix(5, '08:01', 0, 0.005, 4, 0.5);
SELECT row_eq($$ SELECT segment_id, round(fraction::numeric, 9), lon, round(lat::numeric, 9) FROM timevmaps.tv_positions_at(1, 1, '2026-01-05 08:00:30', vehicle_ids => '{5}', on_network => true) $$,
    ROW(4::bigint, 0.75, 0::float, 0.0025), 'from a corner any way');
SELECT pg_temp.fix(6, '08:02', 0.01, 0.004, 2, 0.4, 2);
SELECT pg_temp.fix(6, '08:04', 0.005, 0.01, 3, 0.5, 2);
SELECT row_eq($$ SELECT state, segment_id, fraction, round(lon::numeric, 4) FROM timevmaps.tv_positions_at(1, 2, '2026-01-05 08:03', vehicle_ids => '{6}', on_network => true) $$,
    ROW('moving'::text, NULL::bigint, NULL::float, 0.0075), 'from a closed segment across');
SELECT is(count(segment_id), 0::bigint, 'without on_network it is never on a segment that only one of both fixes names') FROM timevmaps.tv_positions_at(1, 1, '2026-01-05 08:00:30', vehicle_ids => '{5,3}');

----------------------------------------------------------------- known_at
UPDATE timevmaps.positions SET recorded_at = '2026-01-05 08:05' WHERE vehicle_id = 1 AND timeline_id = 1 AND t = '2026-01-05 08:01';
UPDATE timevmaps.positions SET recorded_at = '2026-01-05 08:00:01' WHERE vehicle_id = 1 AND timeline_id = 1 AND t = '2026-01-05 08:00';
SELECT is(state || ' ' || from_fraction, 'held 0.25', 'by what had been recorded then') FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:01', 3, known_at => '2026-01-05 08:04');
SELECT is(state || ' ' || from_fraction, 'moving 0.75', '... and later') FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:01', 3, known_at => '2026-01-05 08:05');

SELECT is(state || ' ' || from_fraction, 'held 0.25', 'by those of no later time') FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:00:59', 3, taken_by => '2026-01-05 08:00:59');

------------------------------------------------------------------------ ETA
SELECT is(state || ' ' || distance_m, 'held 1750', 'later fixes do not count') FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:00:59');
SELECT row_eq($$ SELECT state, age_s, round(distance_m), round(local_seconds), metric, eta, expected_at, delay_s FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:03') $$,
    ROW('held'::text, 120::float, 1250::float, 125::float, 'local'::text, '2026-01-05 08:05:05'::timestamptz, NULL::timestamptz, NULL::float), 'what remains, and when it is there');
SELECT is(delay_s, 65::float, 'late') FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:03', expected_at => '2026-01-05 08:04');
SELECT is(delay_s, -55::float, 'early') FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:03', expected_at => '2026-01-05 08:06');
SELECT is(count(*), 0::bigint, 'now nothing is known of it') FROM timevmaps.tv_eta_live(1, 1, 1, 3);
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, segment_id, fraction) VALUES (1, 1, 4, now() - interval '20 s', 0.005, 0, 1, 0.5);
SELECT row_eq($$ SELECT state, age_s, eta, fix_at FROM timevmaps.tv_eta_live(1, 1, 4, 3) $$, ROW('held'::text, 20::float, now() + interval '150 s', now() - interval '20 s'), 'now, unless another moment is asked for');
-- From 1 to 3 at 07:59: 200 s.
INSERT INTO timevmaps.route_plans (id, world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m, eta_seconds,
    local_seconds, coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds, metric, created_at)
SELECT 1, world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m, eta_seconds, local_seconds, coordinate_seconds, traveler_seconds,
    coordinate_minus_local_seconds, traveler_minus_local_seconds, metric, '2026-01-05 07:59' FROM timevmaps.tv_plan_route(1, 1, 1, 3);
SELECT row_eq($$ SELECT eta, expected_at, delay_s FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:03', route_id => 1) $$,
    ROW('2026-01-05 08:05:05'::timestamptz, '2026-01-05 08:02:20'::timestamptz, 165::float), 'against a saved route, from when it was saved');
SELECT is(delay_s, 105::float, 'or from when it left') FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:03', route_id => 1, departed_at => '2026-01-05 08:00');
SELECT is(delay_s, NULL, 'departed_at by itself says nothing') FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:03', departed_at => '2026-01-05 08:00');

---------------------------------------------------------------------- errors
SELECT is(tests.outcome(format('SELECT timevmaps.%s', bad.call)), bad.state, bad.call)
FROM (VALUES
    ($$tv_route_from(99, 1, 1, now(), 3)$$, 'PT404'), ($$tv_route_from(1, 99, 1, now(), 3)$$, 'PT404'), ($$tv_route_from(1, 1, 99, now(), 3)$$, 'PT404'),
    ($$tv_route_from(1, 1, 4, now(), 99)$$, 'PT404'), ($$tv_route_from(1, 1, 4, '2020-01-01', 99)$$, 'PT404'), ($$tv_route_from(1, 1, 4, now(), 3, 99)$$, 'PT404'),
    ($$tv_route_from(NULL, 1, 1, now(), 3)$$, '22023'), ($$tv_route_from(1, NULL, 1, now(), 3)$$, '22023'), ($$tv_route_from(1, 1, NULL, now(), 3)$$, '22023'),
    ($$tv_route_from(1, 1, 1, NULL, 3)$$, '22023'), ($$tv_route_from(1, 1, 1, now(), NULL)$$, '22023'), ($$tv_route_from(1, 1, 1, 'infinity', 3)$$, '22023'),
    ($$tv_route_from(1, 1, 1, now(), 3, metric => 'time')$$, '22023'), ($$tv_route_from(1, 1, 1, now(), 3, max_gap_s => -1)$$, '22023'), ($$tv_route_from(1, 1, 1, now(), 3, max_gap_s => 'nan')$$, '22023'),
    ($$tv_route_from(1, 1, 1, now(), 3, max_gap_s => NULL)$$, '22023'), ($$tv_route_from(1, 1, 1, now(), 3, snap_to => 'here')$$, '22023'),
    ($$tv_eta_live(1, 1, 1, 3, t => NULL)$$, '22023'), ($$tv_eta_live(1, 1, 1, 3, route_id => 99)$$, 'PT404'), ($$tv_eta_live(1, 1, 1, 4, route_id => 1)$$, '22023'),
    ($$tv_eta_live(1, 1, 1, 3, route_id => 1, expected_at => now())$$, '22023'), ($$tv_eta_live(1, 1, 1, 3, expected_at => 'infinity')$$, '22023'), ($$tv_eta_live(1, 1, 1, 3, departed_at => '-infinity')$$, '22023'),
    ($$tv_eta_live(1, 1, 99, 3)$$, 'PT404'), ($$tv_eta_live(1, NULL, 1, 3)$$, '22023')
) bad (call, state);

------------------------------------------------------------- who sees what
CREATE ROLE live_route_stranger LOGIN IN ROLE tv_player;
UPDATE timevmaps.worlds SET visibility = 'private' WHERE id = 1;
SET LOCAL SESSION AUTHORIZATION live_route_stranger;
SELECT is(tests.outcome($$SELECT * FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:00', 3)$$), 'PT404', 'a private world is not there for a stranger');
SELECT is(tests.outcome($$SELECT * FROM timevmaps.tv_eta_live(1, 1, 1, 3, route_id => 1)$$), 'PT404', '... nor its routes');
RESET SESSION AUTHORIZATION;
UPDATE timevmaps.worlds SET visibility = 'public' WHERE id = 1;
SET LOCAL SESSION AUTHORIZATION live_route_stranger;
SELECT is(round(distance_m), 1750::float, 'a public one is') FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:00', 3);
SELECT is(delay_s, 165::float, '... with its routes') FROM timevmaps.tv_eta_live(1, 1, 1, 3, t => '2026-01-05 08:03', route_id => 1);
RESET SESSION AUTHORIZATION;

-- As docs/live-route.md lets a branch drive on: along the route, at one speed.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, clock)
SELECT r.world_id, r.timeline_id, r.vehicle_id, '2026-01-05 08:01'::timestamptz + s * interval '1 s', ST_X(p), ST_Y(p), 'simulated'
FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:01', 3) r, generate_series(5, floor(r.local_seconds)::integer, 5) s, ST_LineInterpolatePoint(r.geom, s / r.local_seconds) p;
SELECT is(pg_temp.route(1, '08:01:50', 3), '{2} by {} from 2 0.25 to 2 1: 750 m, 75 s; moving 0', 'driven on along its route');
SELECT * FROM finish();
ROLLBACK;
