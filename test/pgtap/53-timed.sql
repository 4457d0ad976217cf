-- Routes at a time of the week, on small networks whose answers are worked out by
-- hand; inheritance, errors, and who sees what.
BEGIN;
SELECT plan(90);
SET LOCAL timezone = 'UTC';


-- A route as "places on timelines: local seconds, arrival".
CREATE FUNCTION pg_temp.route(timeline bigint, origin bigint, dest bigint, depart timestamptz, dest_timeline bigint DEFAULT NULL,
                              world bigint DEFAULT 1)
RETURNS text LANGUAGE sql AS $$
    SELECT format('%s on %s: %s s, %s', r.path_place_ids, r.path_timeline_ids,
                  round(r.local_seconds::numeric, 6)::float, to_char(r.arrive_at, 'Dy HH24:MI:SS'))
    FROM timevmaps.tv_plan_route_at(world, timeline, origin, dest, depart, dest_timeline) r
$$;

-- Factors of 1 but for some hours: pairs of hour (0 is the first on Monday) and factor.
CREATE FUNCTION pg_temp.factors(VARIADIC changes float[]) RETURNS float[] LANGUAGE plpgsql AS $$
DECLARE
    factors float[] := array_fill(1::float, ARRAY[168]);
BEGIN
    FOR i IN 1 .. cardinality(changes) BY 2 LOOP
        factors[changes[i]::int + 1] := changes[i + 1];
    END LOOP;
    RETURN factors;
END
$$;

------------------------------------------------------------------ the network
-- World 1, no relativity: 1 -(1000 s, 10 km)- 2 -(1000 s, 10 km)- 3, and past them 1 -(2500 s, 12.5 km)- 3.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Plain', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES
    (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'twig', 2), (4, 1, 'leaf', 3);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES
    (1, 1, 57.70, 11.90), (2, 1, 57.70, 11.95), (3, 1, 57.70, 12.00), (5, 1, 57.8, 12), (6, 1, 57.7, 12.1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (1, 1, 1, 2, 10000, 36), (2, 1, 2, 3, 10000, 36), (3, 1, 1, 3, 12500, 18);

-- Without profiles: as tv_plan_route.
SELECT is(pg_temp.route(1, 1, 3, '2024-01-01 08:00'), '{1,2,3} on {1,1,1}: 2000 s, Mon 08:33:20', 'without profiles the best way is that of any time');
SELECT results_eq($$ SELECT world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m,
        eta_seconds, local_seconds, coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds,
        metric, geom::text, created_at FROM timevmaps.tv_plan_route_at(1, 1, 1, 3, '2024-01-01 08:00') $$,
    $$ SELECT world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m,
        eta_seconds, local_seconds, coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds,
        metric, geom::text, created_at FROM timevmaps.tv_plan_route(1, 1, 1, 3, NULL, 'local') $$, 'column by column');
SELECT is(
    (SELECT array_agg(p.name ORDER BY p.position) FROM pg_proc f, unnest(f.proargnames, f.proargmodes) WITH ORDINALITY p (name, mode, position)
     WHERE f.oid = 'timevmaps.tv_plan_route_at'::regproc AND p.mode = 't'),
    (SELECT array_agg(p.name ORDER BY p.position) || '{depart_at,arrive_at}' FROM pg_proc f, unnest(f.proargnames, f.proargmodes) WITH ORDINALITY p (name, mode, position)
     WHERE f.oid = 'timevmaps.tv_plan_route'::regproc AND p.mode = 't'), 'the columns of tv_plan_route, depart_at and arrive_at');
SELECT is(depart_at, '2024-01-01 08:00'::timestamptz, 'it says when one leaves') FROM timevmaps.tv_plan_route_at(1, 1, 1, 3, '2024-01-01 08:00');

-- Segment 2 at half speed on Monday from 8 to 9: through it in 2000 s.
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES (1, 1, 'rush', pg_temp.factors(8, 0.5));
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (2, 1);
SELECT is(world_id, 1::bigint, 'the world is the segment''s') FROM timevmaps.segment_profiles;
SELECT is(pg_temp.route(1, 2, 3, '2024-01-01 07:00'), '{2,3} on {1,1}: 1000 s, Mon 07:16:40', 'before the rush');
SELECT is(pg_temp.route(1, 2, 3, '2024-01-01 08:00'), '{2,3} on {1,1}: 2000 s, Mon 08:33:20', 'in it');
SELECT is(pg_temp.route(1, 2, 3, '2024-01-01 07:55'), '{2,3} on {1,1}: 1700 s, Mon 08:23:20', 'into it: 300 s before, the rest at half the speed');
SELECT is(pg_temp.route(1, 2, 3, '2024-01-01 08:50'), '{2,3} on {1,1}: 1300 s, Mon 09:11:40', 'out of it: 600 s at half the speed, 700 s after');
SELECT is(pg_temp.route(1, 3, 2, '2024-01-01 08:00'), '{3,2} on {1,1}: 2000 s, Mon 08:33:20', 'and the other way');
SELECT is(pg_temp.route(1, 2, 3, '2024-01-02 08:00'), '{2,3} on {1,1}: 1000 s, Tue 08:16:40', 'on another day there is none');
SELECT is(pg_temp.route(1, 2, 3, '2024-01-08 08:00'), '{2,3} on {1,1}: 2000 s, Mon 08:33:20', 'but every week');
SELECT is(pg_temp.route(1, 2, 3, '2024-01-01 09:00+01'), '{2,3} on {1,1}: 2000 s, Mon 08:33:20', 'hours are UTC, wherever the client is');
SELECT is(pg_temp.route(1, 2, 3, d), '{2,3} on {1,1}: 2000 s, Mon 08:33:20', 'long ago and far ahead: ' || d::text)
FROM unnest('{1999-12-27 08:00,1999-12-20 08:00,1900-01-01 08:00,2000-01-03 08:00,9999-12-27 08:00}'::timestamptz[]) d;
SELECT is(pg_temp.route(1, 2, 3, d), '{2,3} on {1,1}: 1000 s, ' || to_char(d + '1000 s', 'Dy HH24:MI:SS'), 'not on a ' || to_char(d, 'Day'))
FROM generate_series('1999-12-21 08:00'::timestamptz, '1999-12-26 08:00', '1 day') d;

-- The way follows the time.
SELECT is(pg_temp.route(1, 1, 3, '2024-01-01 07:30'), '{1,2,3} on {1,1,1}: 2200 s, Mon 08:06:40', 'a little of the rush is worth it');
SELECT is(pg_temp.route(1, 1, 3, '2024-01-01 07:45'), '{1,3} on {1,1}: 2500 s, Mon 08:26:40', 'all of it is not');
SELECT is(pg_temp.route(1, 1, 3, '2024-01-01 08:00'), '{1,3} on {1,1}: 2500 s, Mon 08:41:40', 'what counts is the hour on the road, not that of leaving');
SELECT is(pg_temp.route(1, 1, 3, '2024-01-01 08:45'), '{1,2,3} on {1,1,1}: 2000 s, Mon 09:18:20', 'reached when it is over');
SELECT is(pg_temp.route(1, 1, 1, '2024-01-01 08:00'), '{1} on {1}: 0 s, Mon 08:00:00', 'to stay takes no time');
SELECT is(pg_temp.route(1, 1, 5, '2024-01-01 08:00'), NULL, 'no way, no row');
SELECT is(physics_note, 'Least local time by the hour of the week, without relativity.', 'the note says what was asked') FROM timevmaps.tv_plan_route_at(1, 1, 1, 3, '2024-01-01 08:45');

-- Nobody overtakes by leaving later.
SELECT is((SELECT count(*) FROM (
        SELECT arrive_at, lag(arrive_at) OVER (ORDER BY d) AS before
        FROM generate_series('2024-01-01 07:00'::timestamptz, '2024-01-01 09:10', '97 s') d, timevmaps.tv_plan_route_at(1, 1, 1, 3, d)) a
    WHERE arrive_at < before), 0::bigint, 'who leaves later never arrives earlier');

-- The end of the week, faster than the road allows by day, and stretches of more than a week.
UPDATE timevmaps.speed_profiles SET factors = pg_temp.factors(167, 2, 0, 0.25) WHERE id = 1;
SELECT is(pg_temp.route(1, 2, 3, '2024-01-07 23:00'), '{2,3} on {1,1}: 500 s, Sun 23:08:20', 'faster in the last hour of the week');
SELECT is(pg_temp.route(1, 2, 3, '2024-01-07 23:55'), '{2,3} on {1,1}: 1900 s, Mon 00:26:40', 'on into the first of the next: 600 s'' worth, then a quarter of the speed');
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (4, 1, 3, 6, 10000, 0.036);
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (4, 1);
SELECT is(pg_temp.route(1, 3, 6, '2024-01-02 00:00'), '{3,6} on {1,1}: 999100 s, Sat 13:31:40', 'a week and more, both hours on the way');

-- Other clocks and other worlds: a cap on speeds, drag, relativity; each stretch by itself.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (2, 'Capped', '{"base_drag": 1, "max_speed_mps": 20, "gr": {"gm": 1.6e23, "r": 6371008.8}}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (21, 2, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (21, 2, 10, 10), (22, 2, 10, 10.1), (23, 2, 10, 10.2);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (21, 2, 21, 22, 10000, 54);
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES (2, 2, 'odd', pg_temp.factors(1, 0.5, 2, 2));
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (21, 2);
SELECT is(pg_temp.route(21, 21, 22, '2024-01-01 02:00', world => 2), '{21,22} on {21,21}: 1000 s, Mon 02:16:40', 'twice the speed is above the cap: 10 km at 20 m/s, twice for drag');
SELECT is(pg_temp.route(21, 21, 22, '2024-01-01 03:00', world => 2), '{21,22} on {21,21}: 1333.333333 s, Mon 03:22:13', 'one is not');
SELECT is(pg_temp.route(21, 21, 22, '2024-01-01 02:50', world => 2), '{21,22} on {21,21}: 1133.333333 s, Mon 03:08:53', 'out of the hour of the cap: 6 km in 600 s at it');
-- From 01:40 on it is 4.5 km at 7.5 m/s in 1200 s, for drag doubles the time, and 5.5 km at 20 m/s in 550 s.
SELECT results_eq($$ SELECT round(local_seconds::numeric, 6), round(coordinate_minus_local_seconds::numeric, 6), round((traveler_minus_local_seconds * 1e12)::numeric, 3), eta_seconds = traveler_seconds
    FROM timevmaps.tv_plan_route_at(2, 21, 21, 22, '2024-01-01 01:40') $$,
    $$ SELECT 1750::numeric, round(1750 * (1 / sqrt(1 - 2 * 1.6e23 / 6371008.8 / 299792458::float ^ 2) - 1)::numeric, 6),
        round(((-1200 * 7.5 ^ 2 - 550 * 20 ^ 2) / (2 * 299792458::float ^ 2) * 1e12)::numeric, 3), true $$, 'the clocks are sums of stretches at their own speeds');
SELECT results_eq($$ SELECT round(local_seconds::numeric, 6), round(coordinate_seconds::numeric, 6), round(traveler_seconds::numeric, 6) FROM timevmaps.tv_plan_route_at(2, 21, 21, 22, '2024-01-01 01:40') $$,
    $$ SELECT round(local_seconds::numeric, 6), round(coordinate_seconds::numeric, 6), round(traveler_seconds::numeric, 6)
       FROM timevmaps.tv_eta('[{"length_m": 4500, "speed_kph": 27}, {"length_m": 5500, "speed_kph": 108}]', '{"base_drag": 1, "max_speed_mps": 20, "gr": {"gm": 1.6e23, "r": 6371008.8}}') $$,
    'as tv_eta has them');
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 1, 2, 21, 21, 3600);
SELECT is(pg_temp.route(1, 1, 22, '2024-01-01 00:30', 21), '{1,2,21,22} on {1,1,21,21}: 6100 s, Mon 02:11:40', 'through a gateway an hour later into another world''s hours');

------------------------------------------------------------------- timelines
UPDATE timevmaps.speed_profiles SET factors = array_fill(0.5::float, '{168}') WHERE id = 1;
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES (3, 1, 'fast', array_fill(4::float, '{168}'));
CREATE FUNCTION pg_temp.seconds() RETURNS float[] LANGUAGE sql AS $$
    SELECT array_agg(local_seconds ORDER BY t) FROM generate_series(1, 4) t, timevmaps.tv_plan_route_at(1, t, 2, 3, '2024-01-01 08:00')
$$;
SELECT is(pg_temp.seconds(), '{2000,2000,2000,2000}', 'a profile of every timeline');
INSERT INTO timevmaps.segment_profiles (timeline_id, segment_id, profile_id) VALUES (2, 2, 3);
SELECT is(pg_temp.seconds(), '{2000,250,250,250}', 'a branch has another, and so what branches from it');
INSERT INTO timevmaps.segment_profiles (timeline_id, segment_id) VALUES (3, 2);
SELECT is(pg_temp.seconds(), '{2000,250,1000,1000}', 'or none again');
INSERT INTO timevmaps.segment_profiles (timeline_id, segment_id, profile_id) VALUES (4, 2, 1);
SELECT is(pg_temp.seconds(), '{2000,250,1000,2000}', 'the nearest wins');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) VALUES (3, 2, 72);
SELECT is(pg_temp.seconds(), '{2000,250,500,1000}', 'the factor is of the speed that the timeline has');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (4, 2, true);
SELECT is(pg_temp.route(4, 2, 3, '2024-01-01 08:00'), '{2,1,3} on {4,4,4}: 3500 s, Mon 08:58:20', 'closed is closed at every hour');
DELETE FROM timevmaps.segment_overrides;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (4, 4, true);
SELECT is(pg_temp.route(4, 3, 6, '2024-01-01 08:00'), NULL, 'also where nothing else leads there');
UPDATE timevmaps.segment_profiles SET id = 100 WHERE segment_id = 2 AND timeline_id IS NULL;
INSERT INTO timevmaps.segment_profiles (id, timeline_id, segment_id, profile_id) VALUES (99, 1, 2, 3);
SELECT is(pg_temp.seconds(), '{250,250,1000,2000}', 'a root''s own is nearer than what is said for every timeline');
DELETE FROM timevmaps.segment_profiles WHERE id = 100;
INSERT INTO timevmaps.segment_profiles (id, segment_id, profile_id) VALUES (100, 2, 1);
SELECT is(pg_temp.seconds(), '{250,250,1000,2000}', 'in whatever order the rows lie');
DELETE FROM timevmaps.segment_profiles WHERE id = 99;
DELETE FROM timevmaps.segment_profiles WHERE timeline_id IS NULL AND segment_id = 2;
SELECT is(pg_temp.seconds(), '{1000,250,1000,2000}', 'and what is said for every timeline can be taken back');

----------------------------------------------------------------- constraints
SELECT throws_ok(format('INSERT INTO timevmaps.speed_profiles (world_id, name, factors) VALUES (1, ''bad'', %L)', bad.factors), '23514', NULL, bad.what)
FROM (VALUES (array_fill(1::float, '{167}'), '167 factors'), ('{}', 'none'), (array_fill(1::float, '{2,84}'), 'two dimensions'),
    (pg_temp.factors(9, NULL), 'a null'), (pg_temp.factors(9, 0), 'zero'), (pg_temp.factors(9, -1), 'negative'),
    (pg_temp.factors(167, 'Infinity'), 'infinity'), (pg_temp.factors(0, 'NaN'), 'NaN')) bad (factors, what);
SELECT throws_ok($$ INSERT INTO timevmaps.speed_profiles (world_id, name, factors) VALUES (1, 'rush', pg_temp.factors(0, 1)) $$, '23505', NULL, 'a name is unique in its world');
SELECT throws_ok($$ INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (1, 2) $$, '23503', NULL, 'a profile of another world');
SELECT throws_ok($$ INSERT INTO timevmaps.segment_profiles (segment_id, timeline_id) VALUES (1, 21) $$, '23503', NULL, 'a timeline of another world');
SELECT throws_ok($$ INSERT INTO timevmaps.segment_profiles (segment_id) VALUES (999) $$, '23503', NULL, 'no such segment');
SELECT throws_ok($$ INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (21, 2) $$, '23505', NULL, 'one profile a segment, for every timeline too');
SELECT throws_ok($$ DELETE FROM timevmaps.speed_profiles WHERE id = 2 $$, '23503', NULL, 'a profile that is in use stays');
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (3, 3);
DELETE FROM timevmaps.segments WHERE id = 3;
SELECT is((SELECT count(*) FROM timevmaps.segment_profiles WHERE segment_id = 3), 0::bigint, 'a segment goes with what is said of it');

---------------------------------------------------------------------- errors
SELECT is(tests.outcome(format('SELECT timevmaps.tv_plan_route_at(%s)', bad.arguments)), bad.state, bad.what)
FROM (VALUES
    ('9, 1, 1, 3, now()', 'PT404', 'no such world'),
    ('1, 21, 1, 3, now()', 'PT404', 'a timeline of another world'),
    ('1, 1, 999, 3, now()', 'PT404', 'no such place to begin at'),
    ('1, 1, 1, 21, now()', 'PT404', 'it ends in the world of its timeline'),
    ('1, 1, 1, 3, now(), 999', 'PT404', 'no such timeline to end on'),
    ('1, NULL, 1, 3, now()', '22023', 'null'),
    ('1, 1, 1, 3, NULL', '22023', 'no departure'),
    ('1, 1, 1, 3, ''infinity''', '22023', 'never'),
    ('1, 1, 1, 3, ''-infinity''', '22023', 'always'),
    ('1, 1, 1, 3, ''294276-12-31 23:50''', '22003', 'an arrival after the end of time'),
    ('1, 1, 1, 3, ''294277-12-31 23:50''', '22008', 'or a departure')
) bad (arguments, state, what);
SELECT is(tests.outcome($$ SELECT local_seconds FROM timevmaps.tv_plan_route_at(1, 1, 1, 3, '4713-01-01 00:00 BC') $$), '2000', 'the beginning of time is a time');
-- The speed of light, but only at one hour of the week.
INSERT INTO timevmaps.worlds (id, name) VALUES (3, 'Fast');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (31, 3, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (31, 3, 0, 0), (32, 3, 0, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (31, 3, 31, 32, 1000, 1e9);
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES (31, 3, 'light', pg_temp.factors(100, 1.1));
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (31, 31);
SELECT is(outcome, '22003', 'the speed of light, at whatever hour') FROM tests.attempt('SELECT timevmaps.tv_plan_route_at(3, 31, 31, 32, ''2024-01-01'')');
SELECT matches(detail, 'Segment 31 ', 'which segment it is') FROM tests.attempt('SELECT timevmaps.tv_plan_route_at(3, 31, 31, 32, ''2024-01-01'')');
UPDATE timevmaps.speed_profiles SET factors = array_fill(1e-305::float, '{168}') WHERE id = 31;
SELECT is(tests.outcome('SELECT timevmaps.tv_plan_route_at(3, 31, 31, 32, ''2024-01-01'')'), '22003', 'a time beyond a timestamp');
UPDATE timevmaps.segments SET length_m = 1e300 WHERE id = 31;
SELECT is(tests.outcome('SELECT timevmaps.tv_plan_route_at(3, 31, 31, 32, ''2024-01-01'')'), '22003', 'or beyond a double');

------------------------------------------------------------------------ roles
DELETE FROM timevmaps.segment_profiles WHERE timeline_id > 1;
INSERT INTO timevmaps.segment_profiles (id, segment_id, profile_id) VALUES (1000, 2, 1);
CREATE ROLE tv_test_driver IN ROLE tv_player;
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route_at(1, 1, 2, 3, ''2024-01-01'')', 'tv_test_driver'), '2000', 'a player has the profiles of public worlds');
CREATE POLICY hide ON timevmaps.speed_profiles AS RESTRICTIVE FOR SELECT TO tv_test_driver USING (id <> 1);
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route_at(1, 1, 2, 3, ''2024-01-01'')', 'tv_test_driver'), '1000', 'a hidden profile is not there');
UPDATE timevmaps.segment_profiles SET profile_id = 3 WHERE id = 1000;
INSERT INTO timevmaps.segment_profiles (segment_id, timeline_id, profile_id) VALUES (2, 2, 1);
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route_at(1, 2, 2, 3, ''2024-01-01'')', r), wanted, 'and hides nothing of what is above it: ' || r)
FROM (VALUES ('tv_test_driver', '250'), ('tv_player', '2000')) v (r, wanted);
DROP POLICY hide ON timevmaps.speed_profiles;
UPDATE timevmaps.worlds SET visibility = 'private' WHERE id = 1;
SELECT is(tests.outcome('SELECT timevmaps.tv_plan_route_at(1, 1, 2, 3, ''2024-01-01'')', 'tv_test_driver'), 'PT404', 'nor is a private world');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.speed_profiles WHERE world_id = 1', 'tv_test_driver'), '0', 'nor what is in it');
SELECT is(tests.outcome('INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (21, NULL) RETURNING id', 'tv_test_driver'), '42501', 'a player sets no profile');

ALTER TABLE timevmaps.schema_migrations RENAME TO hidden;
SELECT is(tests.outcome('SELECT timevmaps.tv_plan_route_at(1, 1, 2, 3, now())'), '55000', 'before tv_init()');
SELECT * FROM finish();
ROLLBACK;
