-- tv_box_score, tv_stops, tv_trip_clock: the right values, cuts, forks, and PostGIS's distances.
BEGIN;
SELECT plan(50);
SELECT setseed(0.31);
SET LOCAL timezone = 'UTC';
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
INSERT INTO timevmaps.worlds (id, name, visibility, rules) VALUES (1, 'w', 'public', '{"fix_ahead_s": 1e10, "fix_null_island": true}'),
    (2, 'slow light', 'public', '{"fix_ahead_s": 1e10, "fix_null_island": true, "radius_m": 1e12, "gr": {"gm": 3.986004418e14, "r": 26561400}}'), (3, 'of one clock', 'public', '{"fix_ahead_s": 1e10, "fix_null_island": true, "radius_m": 1e12, "sr": false}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'closed', 1, '2026-01-05 12:00'), (20, 2, 'main', NULL, NULL), (30, 3, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name, max_speed_mps) SELECT n, 1, 'v' || n, CASE n WHEN 4 THEN 50 END FROM generate_series(1, 30) n;
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (200, 2, 'ship'), (300, 3, 'ship');
-- So many metres along the equator.
CREATE FUNCTION pg_temp.put(vehicle bigint, t timestamptz, metres float, kind text DEFAULT 'fix', timeline bigint DEFAULT 1, radius float DEFAULT 6371008.8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, kind)
    SELECT v.world_id, timeline, vehicle, t, degrees(metres / radius), 0, put.kind FROM timevmaps.vehicles v WHERE v.id = vehicle
$$;
-- Traccar's own test: minutes, moving from 2 to 5 at 1,000 m each.
SELECT pg_temp.put(1, tests.at('10:00') + minute * interval '1 min', 1000 * least(greatest(minute - 2, 0), 3)) FROM unnest(ARRAY[0, 1, 2, 3, 4, 5, 15, 25]) minute \g /dev/null
-- 13 km in two hours; an hour at 100 km/h; half an hour at 200 km/h and half at rest.
SELECT pg_temp.put(2, tests.at('08:00') + m * interval '2 h', 13000 * m) FROM generate_series(0, 1) m \g /dev/null
SELECT pg_temp.put(3, tests.at('08:00') + m * interval '1 min', 100000.0 * m / 60) FROM generate_series(0, 60) m \g /dev/null
SELECT pg_temp.put(5, tests.at('08:00') + m * interval '1 min', 100000.0 * least(m, 30) / 30) FROM generate_series(0, 60) m \g /dev/null
-- One fix at 0,0 among others.
SELECT pg_temp.put(4, tests.at('08:00') + m * interval '1 min', 5e6 + 600 * m) FROM generate_series(0, 10) m WHERE m <> 5 \g /dev/null
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, clock) VALUES (1, 1, 4, tests.at('08:05'), 0, 0, 'server');
-- Both branches before and after the fork.
SELECT pg_temp.put(6, tests.at('11:50') + m * interval '1 min', 800 * m) FROM generate_series(0, 20) m \g /dev/null
SELECT pg_temp.put(6, tests.at('12:00:30') + m * interval '1 min', 8000 - 500 * m, 'fix', 2) FROM generate_series(0, 10) m \g /dev/null
-- 0.6 c for ten seconds, on a sphere of 1e12 m.
SELECT pg_temp.put(v, tests.at('08:00') + m * interval '10 s', 0.6 * 2997924580.0 * m, 'fix', v / 10, 1e12) FROM (VALUES (200), (300)) w (v), generate_series(0, 1) m \g /dev/null

CREATE TEMP TABLE s AS SELECT * FROM timevmaps.tv_box_score(1, 1, ARRAY[1], tests.at('10:00'), tests.at('10:25'), max_gap_s => 900, stop_s => 120);
SELECT is(count(*), 1::bigint, 'one row where the range is not cut') FROM s;
SELECT is((moving_seconds, stopped_seconds, gap_seconds)::text, '(180,1320,0)', 'a trip between two stops: moving, stopped, gap') FROM s;
SELECT is((stops, fixes, used, outliers, duplicates)::text, '(2,7,7,0,3)', '... two stops; the last fix is not before the end') FROM s;
SELECT is(round(distance_m::numeric, 6), 3000.000000, '... 3 km') FROM s;
SELECT is(round(max_speed_mps::numeric, 6), 16.666667, '... at a kilometre a minute') FROM s;
SELECT is(max_reported_speed_mps, NULL, '... which no fix has said') FROM s;
SELECT is(array_agg(to_char(t_from, 'HH24:MI') || ' ' || seconds || ' ' || fixes || ' ' || begins || ' ' || ends ORDER BY t_from), ARRAY['10:00 120 3 true true', '10:05 1200 3 true true'], 'stops of 120 s and 1,200 s')
FROM timevmaps.tv_stops(1, 1, ARRAY[1], tests.at('10:00'), tests.at('11:00'), 900, 50, 120);
SELECT is(array_agg(to_char(t_from, 'HH24:MI') || ' ' || seconds || ' ' || fixes || ' ' || begins || ' ' || ends ORDER BY t_from), ARRAY['10:01 60 2 false true', '10:05 300 1 true false'], '... cut to the range')
FROM timevmaps.tv_stops(1, 1, ARRAY[1], tests.at('10:01'), tests.at('10:10'), 900, 50, 120);
SELECT ok(bool_and(abs(lon - degrees(metres / 6371008.8)) < 1e-12 AND lat = 0), '... where they are')
FROM (SELECT *, CASE WHEN to_char(t_from, 'MI') = '00' THEN 0 ELSE 3000 END AS metres FROM timevmaps.tv_stops(1, 1, ARRAY[1], tests.at('10:00'), tests.at('11:00'), 900, 50, 120)) s;

SELECT is((round(gap_m::numeric, 6), distance_m, gap_seconds)::text, '(13000.000000,0,7200)', 'a gap has metres of its own') FROM timevmaps.tv_box_score(1, 1, ARRAY[2], tests.at('08:00'), tests.at('10:00'));
SELECT is((fixes, used, outliers, round(distance_m::numeric, 6))::text, '(11,10,1,6000.000000)', 'a fix at 0,0 is an outlier, and adds nothing') FROM timevmaps.tv_box_score(1, 1, ARRAY[4], tests.at('08:00'), tests.at('09:00'));
SELECT is((fixes, gap_seconds, moving_seconds)::text, '(0,60,0)', 'of whom nothing is known all is gap') FROM timevmaps.tv_box_score(1, 1, ARRAY[30], tests.at('08:00'), tests.at('08:01'));
SELECT is(count(*), 0::bigint, 'nothing of no time') FROM timevmaps.tv_box_score(1, 1, NULL, tests.at('08:00'), tests.at('08:00'));
SELECT is(count(*), 30::bigint, 'all vehicles of the world') FROM timevmaps.tv_box_score(1, 1, NULL, tests.at('08:00'), tests.at('08:01'));

-- Clocks.
SELECT is(round((traveler_minus_local_seconds * 1e12)::numeric, 3), -15.453, 'an hour at 100 km/h') FROM timevmaps.tv_trip_clock(1, 1, ARRAY[3], tests.at('08:00'), tests.at('09:00'));
SELECT is(round((traveler_minus_local_seconds * 1e12)::numeric, 3), -30.907, 'half an hour at 200 km/h, half at rest') FROM timevmaps.tv_trip_clock(1, 1, ARRAY[5], tests.at('08:00'), tests.at('09:00'));
SELECT is(round(traveler_minus_local_seconds::numeric * 1e12, 3), -15.453, '... in a box score, too') FROM timevmaps.tv_box_score(1, 1, ARRAY[3], tests.at('08:00'), tests.at('09:00'));
SELECT is((round(traveler_seconds::numeric, 9), local_seconds, traveler_bound)::text, '(8.000000000,10,"at most")', 'ten seconds at 0.6 c age by eight, at most') FROM timevmaps.tv_trip_clock(2, 20, ARRAY[200], tests.at('08:00'), tests.at('08:00:10'));
SELECT is((coordinate_seconds, coordinate_minus_local_seconds)::text, (timevmaps.tv_gr_coordinate_seconds(10, 3.986004418e14, 26561400), coordinate_minus_local_seconds)::text, 'far away by the world''s gravity')
FROM timevmaps.tv_trip_clock(2, 20, ARRAY[200], tests.at('08:00'), tests.at('08:00:10'));
SELECT ok(coordinate_minus_local_seconds BETWEEN 1.66e-9 AND 1.68e-9, '... by a nanosecond or two') FROM timevmaps.tv_trip_clock(2, 20, ARRAY[200], tests.at('08:00'), tests.at('08:00:10'));
SELECT is((local_seconds, coordinate_seconds, traveler_seconds, traveler_minus_local_seconds)::text, '(10,10,10,0)', 'a world without relativity has one clock') FROM timevmaps.tv_trip_clock(3, 30, ARRAY[300], tests.at('08:00'), tests.at('08:00:10'));

-- Branches.
CREATE FUNCTION pg_temp.score(timeline bigint, clock_from text, clock_to text, every interval DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT b::text FROM timevmaps.tv_box_score(1, timeline, ARRAY[6], tests.at(clock_from), tests.at(clock_to), every) b
$$;
SELECT results_eq($$ SELECT pg_temp.score(2, '11:00', '12:00:00.000001') $$, $$ SELECT pg_temp.score(1, '11:00', '12:00:00.000001') $$, 'bit for bit the same up to the fork');
SELECT results_eq($$ SELECT pg_temp.score(2, '11:00', '12:00', '7 min') $$, $$ SELECT pg_temp.score(1, '11:00', '12:00', '7 min') $$, '... in intervals');
SELECT isnt((SELECT pg_temp.score(2, '12:00', '12:10')), (SELECT pg_temp.score(1, '12:00', '12:10')), '... and not after it');
-- The microsecond that begins at the fork is the parent's.
SELECT is((fixes, used, moving_seconds::numeric(12, 6), gap_seconds::numeric(9, 6), distance_m::numeric(12, 4))::text, '(22,22,1200.000001,59.999999,13000.0000)'::text, 'over the fork: ten minutes of the parent''s, half a minute of nothing, the branch''s own, and half a minute after its last')
FROM timevmaps.tv_box_score(1, 2, ARRAY[6], tests.at('11:50'), tests.at('12:11')) b;
SELECT is((sum(fixes), sum(moving_seconds)::numeric(12, 6), sum(gap_seconds)::numeric(9, 6), sum(distance_m)::numeric(12, 4))::text, '(22,1200.000001,59.999999,13000.0000)', '... additive over it')
FROM timevmaps.tv_box_score(1, 2, ARRAY[6], tests.at('11:50'), tests.at('12:11'), '97 s');

-- Random drives: what window functions and PostGIS's sphere say.
CREATE TEMP TABLE drives AS
SELECT 10 + d AS vehicle_id, tests.at('08:00') + interval '1 s' * sum(CASE WHEN random() < 0.05 THEN 400 + 300 * random() ELSE 1 + 30 * random() END) OVER w AS t,
       mod((179.9 + 0.003 * i * (1 + d % 3) + 180)::numeric, 360)::float - 180 AS lon, 57.7 + 0.01 * random() + (CASE WHEN d = 9 THEN 20 ELSE 0 END) AS lat, random() * 30 AS speed_mps
FROM generate_series(0, 9) d, generate_series(1, 300) i WINDOW w AS (PARTITION BY d ORDER BY i);
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, speed_mps) SELECT 1, 1, vehicle_id, t, lon, lat, speed_mps FROM drives;
CREATE TEMP TABLE pairs AS
SELECT vehicle_id, t, speed_mps, lead(t) OVER w AS next_t, extract(epoch FROM lead(t) OVER w - t)::float AS seconds,
       ST_Distance(ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography, lead(ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography) OVER w, false) * 6371008.8 / 6371008.7714150598 AS metres
FROM drives WINDOW w AS (PARTITION BY vehicle_id ORDER BY t);
CREATE TEMP TABLE wanted AS
SELECT v AS vehicle_id, f AS t_from, f + interval '11 min' AS t_to,
       (SELECT count(*) FROM pairs p WHERE p.vehicle_id = v AND p.t >= f AND p.t < f + interval '11 min') AS fixes,
       (SELECT max(speed_mps) FROM pairs p WHERE p.vehicle_id = v AND p.t >= f AND p.t < f + interval '11 min') AS reported, q.*
FROM generate_series(10, 19) v, generate_series(tests.at('07:50'), tests.at('11:30'), interval '11 min') f, LATERAL (
    SELECT coalesce(sum(metres * part) FILTER (WHERE seconds <= 300), 0) AS distance_m, coalesce(sum(metres * part) FILTER (WHERE seconds > 300), 0) AS gap_m,
           coalesce(sum(seconds * part) FILTER (WHERE seconds <= 300), 0) AS moving_seconds, max(metres / seconds) FILTER (WHERE seconds <= 300) AS max_speed_mps
    FROM (SELECT *, extract(epoch FROM least(next_t, f + interval '11 min') - greatest(t, f))::float / seconds AS part FROM pairs) p
    WHERE p.vehicle_id = v AND p.next_t > f AND p.t < f + interval '11 min') q;
CREATE TEMP TABLE got AS SELECT * FROM timevmaps.tv_box_score(1, 1, ARRAY(SELECT generate_series(10, 19)), tests.at('07:50'), tests.at('11:41'), '11 min');
SELECT is((SELECT count(*) FROM got), 210::bigint, 'ten vehicles in 21 intervals');
SELECT is((SELECT count(*) FROM wanted w JOIN got g USING (vehicle_id, t_from, t_to) WHERE (g.fixes, g.used, g.outliers, g.stops) = (w.fixes, w.fixes, 0, 0)), 210::bigint, 'counts are those of SQL');
SELECT cmp_ok((SELECT max(abs(g.distance_m - w.distance_m)) FROM wanted w JOIN got g USING (vehicle_id, t_from, t_to)), '<', 1e-4::float, 'metres are those of PostGIS');
SELECT cmp_ok((SELECT max(abs(g.gap_m - w.gap_m)) FROM wanted w JOIN got g USING (vehicle_id, t_from, t_to)), '<', 1e-4::float, '... in gaps, too');
SELECT cmp_ok((SELECT max(abs(g.moving_seconds - w.moving_seconds)) FROM wanted w JOIN got g USING (vehicle_id, t_from, t_to)), '<', 1e-6::float, 'seconds are those of SQL');
SELECT is((SELECT count(*) FROM wanted w JOIN got g USING (vehicle_id, t_from, t_to) WHERE round((w.max_speed_mps - g.max_speed_mps)::numeric, 5) IS DISTINCT FROM 0 AND (w.max_speed_mps IS NOT NULL OR g.max_speed_mps IS NOT NULL)), 0::bigint, 'speeds, too');
SELECT is((SELECT count(*) FROM wanted w JOIN got g USING (vehicle_id, t_from, t_to) WHERE w.reported IS NOT DISTINCT FROM g.max_reported_speed_mps), 210::bigint, '... and reported ones');
SELECT is((SELECT count(*) FROM got WHERE round((moving_seconds + stopped_seconds + gap_seconds)::numeric, 6) <> 660), 0::bigint, 'moving, stopped and gap are the interval');
SELECT cmp_ok((SELECT count(*) FROM wanted WHERE gap_m > 0 AND distance_m > 0), '>', 50::bigint, '(there were gaps)');

-- From statements as the caller, where somebody's own policy stands on the table; a policy hides fixes from sums, too.
CREATE TABLE pg_temp.before AS SELECT g::text FROM got g;
CREATE POLICY others ON timevmaps.positions FOR SELECT TO tv_player USING (false);
GRANT SELECT ON got, pg_temp.before TO eve;
SET SESSION AUTHORIZATION eve;
SELECT set_eq($$ SELECT g::text FROM timevmaps.tv_box_score(1, 1, ARRAY(SELECT generate_series(10, 19)), tests.at('07:50'), tests.at('11:41'), '11 min') g $$, 'SELECT g FROM pg_temp.before', 'the same by statements');
RESET SESSION AUTHORIZATION;
CREATE POLICY hide ON timevmaps.positions AS RESTRICTIVE FOR SELECT TO eve USING (vehicle_id <> 11);
SET SESSION AUTHORIZATION eve;
SELECT is(sum(fixes), 0::numeric, 'what a policy hides is not counted') FROM timevmaps.tv_box_score(1, 1, ARRAY[11], tests.at('07:50'), tests.at('11:41'));
RESET SESSION AUTHORIZATION;

-- What is refused.
SELECT throws_ok(format('SELECT * FROM timevmaps.%s', call), code, NULL, call) FROM (VALUES
    ('tv_box_score(1, 1, ARRAY[999], ''2026-01-05'', ''2026-01-06'')', 'PT404'), ('tv_stops(1, 20, NULL, ''2026-01-05'', ''2026-01-06'')', 'PT404'), ('tv_trip_clock(9, 1, NULL, ''2026-01-05'', ''2026-01-06'')', 'PT404'),
    ('tv_box_score(1, 1, NULL, ''2026-01-06'', ''2026-01-05'')', '22023'), ('tv_box_score(1, 1, NULL, ''2026-01-05'', ''infinity'')', '22023'),
    ('tv_box_score(1, 1, NULL, ''2026-01-05'', ''2026-01-06'', ''0 s'')', '22023'), ('tv_box_score(1, 1, NULL, ''2026-01-05'', ''2026-01-06'', stop_m => ''NaN'')', '22023'),
    ('tv_box_score(1, 1, NULL, ''2026-01-05'', ''2026-01-06'', stop_s => 0)', '22023'), ('tv_box_score(1, 1, NULL, ''2026-01-05'', ''2026-01-07'', ''1 s'')', 'PT413'),
    ('tv_box_score(1, 1, t_to => ''2026-01-06'')', '22023'), ('tv_stops(1, 1, t_from => ''2026-01-05'')', '22023'), ('tv_trip_clock(1, 1)', '22023'),
    ('tv_stops(NULL, 1, NULL, ''2026-01-05'', ''2026-01-06'')', '22023')) v (call, code);
SELECT * FROM finish();
ROLLBACK;
