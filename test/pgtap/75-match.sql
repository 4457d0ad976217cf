-- tv_match_line: tracks of known ways over a small network, on both sides of the 180th meridian and of a closed bridge.
BEGIN;
SELECT plan(73);
SET LOCAL client_min_messages = warning;
SELECT setseed(0.75);

------------------------------------------------------------------ the network
-- World 1: 1 - 2 - 3 -> 4 - 5, a street of 600 m each, then north, one way, then back west; 6 joins 2 and 5. From 2 to 3 it is a course that
-- bends, 7 runs beside 1 at 33 m. 8 is a loop at 5: it begins and ends there.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Streets', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'closed', 1), (3, 1, 'new road', 1);
INSERT INTO timevmaps.places (id, world_id, lon, lat) VALUES (1, 1, 11.90, 57.7), (2, 1, 11.91, 57.7), (3, 1, 11.92, 57.7), (4, 1, 11.92, 57.706), (5, 1, 11.91, 57.706),
    (6, 1, 11.90, 57.7003), (7, 1, 11.91, 57.7003);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, geom)
SELECT v.id, 1, a, b, coalesce(ST_Length(ST_GeomFromText(course, 4326)::geography, false), ST_Distance(p.geom::geography, q.geom::geography, false)), 60, oneway, ST_GeomFromText(course, 4326)
FROM (VALUES (1, 1, 2, false, NULL), (2, 2, 3, false, 'LINESTRING(11.91 57.7,11.915 57.6985,11.92 57.7)'), (3, 3, 4, true, NULL), (4, 4, 5, false, 'LINESTRING(11.92 57.706,11.91 57.706)'),
    (6, 5, 2, false, NULL), (7, 6, 7, false, NULL), (8, 5, 5, true, 'LINESTRING(11.91 57.706,11.912 57.707,11.912 57.709,11.908 57.709,11.908 57.707,11.91 57.706)')) v (id, a, b, oneway, course)
JOIN timevmaps.places p ON p.id = a JOIN timevmaps.places q ON q.id = b;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 2, true);

-- A track along a line, at constant speed in degrees: a fix every so many seconds, off by normal noise on each axis.
CREATE FUNCTION pg_temp.drive(course text, seconds integer, every integer, noise_m float DEFAULT 0, since float DEFAULT 1600000000) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_array(ST_X(p) + noise_m * n.x / 59400, ST_Y(p) + noise_m * n.y / 111195, since + t) ORDER BY t)
    FROM generate_series(0, seconds, every) t, LATERAL (SELECT ST_LineInterpolatePoint(ST_GeomFromText('LINESTRING(' || course || ')'), t::float / seconds)) l (p),
        LATERAL (SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()), sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) WHERE t >= 0) n (x, y) $$;
-- What was matched, in a word a row: the segment, + forward or - back, x where it is closed; what cuts it.
CREATE FUNCTION pg_temp.way(track jsonb, timeline bigint DEFAULT 1, closed_too boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(segment_id || CASE WHEN forward THEN '+' ELSE '-' END || CASE WHEN closed THEN 'x' ELSE '' END, cut), ' ' ORDER BY t_from, piece, seq)
    FROM timevmaps.tv_match_line(1, timeline, track, closed_too => closed_too) $$;

--------------------------------------------------------------- exactly the way
SELECT is(pg_temp.way(pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7,11.92 57.706', 200, 10)), '1+ 2+ 3+', 'a way without noise');
CREATE TEMPORARY TABLE matched AS SELECT * FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7,11.92 57.706', 200, 10));
SELECT results_eq('SELECT piece, seq, segment_id, fraction_from, round(fraction_to::numeric, 6), cut FROM matched', $$ VALUES (1::bigint, 1::bigint, 1::bigint, 0::float, 1::numeric, NULL::text), (1, 2, 2, 0, 1, NULL), (1, 3, 3, 0, 1, NULL) $$,
    'each segment from end to end');
SELECT is(max(t_to), to_timestamp(1600000200), 'until the last fix') FROM matched;
SELECT is(min(t_from), to_timestamp(1600000000), 'from the first on') FROM matched;
SELECT ok(bool_and(t_from = before), 'without a break') FROM (SELECT t_from, lag(t_to, 1, t_from) OVER (ORDER BY seq) AS before FROM matched) m;
SELECT ok(bool_and(abs(m.distance_m - s.length_m) < 1e-6), 'distances are the segments'' lengths') FROM matched m JOIN timevmaps.segments s ON s.id = m.segment_id;
SELECT ok(bool_and(confidence > 0.9 AND confidence <= 1), 'and it is rather sure') FROM matched;
SELECT is(pg_temp.way(pg_temp.drive('11.92 57.706,11.91 57.706,11.91 57.7,11.90 57.7', 180, 10)), '4+ 6+ 1-', 'a segment from its b to its a');
SELECT results_eq($$ SELECT forward, round(fraction_from::numeric, 2), round(fraction_to::numeric, 2) FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.908 57.7,11.902 57.7', 60, 5)) $$,
    $$ VALUES (false, 0.80::numeric, 0.20::numeric) $$, 'part of one, backwards: fractions are from a to b');
SELECT is(pg_temp.way('[[11.902, 57.7, 5, 1600000000], [11.904, 57.7, 6, 1600000010]]'), '1+', 'fixes may have an altitude');

----------------------------------------------------------------- with noise
SELECT is(pg_temp.way(pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7,11.92 57.706,11.91 57.706', 240, every, noise)), '1+ 2+ 3+ 4+', format('%s m every %s s', noise, every))
FROM (VALUES (1, 1), (1, 10), (5, 1), (5, 5), (5, 10)) v (noise, every);
SELECT is(pg_temp.way(pg_temp.drive('11.901 57.7003,11.909 57.7003', 60, every, 6)), '7+', format('of two roads at 33 m the right one, every %s s', every)) FROM (VALUES (1), (5), (10)) v (every);
SELECT is(pg_temp.way(pg_temp.drive('11.901 57.7,11.909 57.7', 60, every, 6)), '1+', format('and the other, every %s s', every)) FROM (VALUES (1), (5), (10)) v (every);
SELECT is(pg_temp.way(pg_temp.drive('11.918 57.706,11.91 57.706,11.912 57.707,11.912 57.709,11.908 57.709,11.908 57.707,11.91 57.706,11.91 57.703', 200, 4, 3)), '4+ 8+ 6+', 'round a loop');
SELECT is(pg_temp.way(pg_temp.drive('11.91 57.704,11.91 57.706,11.91 57.704', 60, 3, 2)), '6- 6+', 'there and back: turned round on the segment');
SELECT ok(sum(distance_m) < 25 AND count(*) = 1, 'who stands does not go far: ' || round(sum(distance_m))) FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.905 57.7,11.90500001 57.7', 600, 1, 5));
SELECT is((SELECT max(t_to) - min(t_from) FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.905 57.7,11.90500001 57.7', 600, 1, 5))), '10 minutes', 'though it takes its time');
SELECT ok(bool_and(distance_m >= 0 AND t_to >= t_from AND fraction_from BETWEEN 0 AND 1 AND fraction_to BETWEEN 0 AND 1 AND confidence > 0 AND confidence <= 1
        AND abs(abs(fraction_to - fraction_from) * s.length_m - distance_m) < 1e-6), 'what rows say agrees with itself, whatever the noise')
FROM generate_series(1, 40) i, LATERAL timevmaps.tv_match_line(1, 1, pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7,11.92 57.706,11.91 57.706,11.91 57.7', 300, 1 + i % 7, i)) m JOIN timevmaps.segments s ON s.id = m.segment_id;
SELECT ok(bool_and(t_from = before OR seq = 1), 'within a piece there is no time between rows') FROM generate_series(1, 20) i, LATERAL (SELECT seq, t_from, lag(t_to) OVER (PARTITION BY piece ORDER BY seq) AS before
    FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7,11.92 57.706,11.91 57.706,11.91 57.7', 300, 1 + i % 7, i)) WHERE segment_id IS NOT NULL) m;
SELECT is((SELECT count(*) FROM generate_series(1, 20) i, LATERAL (SELECT m.seq, CASE WHEN m.forward THEN s.a_place_id ELSE s.b_place_id END AS begins, lag(CASE WHEN m.forward THEN s.b_place_id ELSE s.a_place_id END) OVER w AS ended,
        lag(m.segment_id) OVER w = m.segment_id AS same, lag(m.fraction_to) OVER w = m.fraction_from AS stays FROM timevmaps.tv_match_line(1, 1,
        pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7,11.92 57.706,11.91 57.706,11.91 57.7', 300, 1 + i % 7, i)) m JOIN timevmaps.segments s ON s.id = m.segment_id WINDOW w AS (PARTITION BY m.piece ORDER BY m.seq)) x
    WHERE seq > 1 AND begins <> ended AND NOT (same AND stays)), 0::bigint, 'and each begins where the one before ended');

------------------------------------------------------- what cannot be driven
SELECT ok(pg_temp.way(pg_temp.drive('11.92 57.706,11.92 57.7', 60, 5)) !~ '3-', 'nobody goes against one way');
SELECT is(pg_temp.way(pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7', 120, 10), 2) ~ '2[+-]', false, 'on the branch where it is closed the bridge is not driven');
SELECT is(pg_temp.way(pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7', 120, 10), 2, true), '1+ 2+x', 'unless closed segments may be, and then it says so');
SELECT is(pg_temp.way(pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7', 120, 10), 1, true), '1+ 2+', 'where it is open there is nothing to say');
SELECT is(pg_temp.way(pg_temp.drive('11.901 57.7003,11.909 57.7003', 60, 5, 2), 3), '7+', 'a branch has what its parent has');
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id, geom) VALUES (9, 1, 1, 4, 1400, 60, 3, ST_GeomFromText('LINESTRING(11.90 57.7,11.905 57.7035,11.92 57.706)', 4326));
SELECT is(pg_temp.way(pg_temp.drive('11.90 57.7,11.905 57.7035,11.92 57.706', 90, 5, 3), 3), '9+', 'and a road of its own');
SELECT ok(pg_temp.way(pg_temp.drive('11.90 57.7,11.905 57.7035,11.92 57.706', 90, 5, 3), 1) !~ '9', 'that is not there above it');

--------------------------------------------------------------------- cuts
SELECT is(pg_temp.way(pg_temp.drive('11.901 57.7,11.905 57.7', 30, 5) || pg_temp.drive('11.907 57.7,11.909 57.7', 30, 5, 0, 1600000400)), '1+ gap 1+', 'a gap cuts a track');
SELECT results_eq($$ SELECT piece, seq, t_from, t_to, segment_id IS NULL FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.901 57.7,11.905 57.7', 30, 5) || pg_temp.drive('11.907 57.7,11.909 57.7', 30, 5, 0, 1600000400)) $$,
    $$ VALUES (1::bigint, 1::bigint, to_timestamp(1600000000), to_timestamp(1600000030), false), (NULL, NULL, to_timestamp(1600000030), to_timestamp(1600000400), true),
              (2, 1, to_timestamp(1600000400), to_timestamp(1600000430), false) $$, 'into pieces, with the time between them');
SELECT is((SELECT count(*) FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.901 57.7,11.905 57.7', 30, 5) || pg_temp.drive('11.907 57.7,11.909 57.7', 30, 5, 0, 1600000400), max_gap_s => 400)), 1::bigint, 'as long as one says');
SELECT is(pg_temp.way('[[11.901, 57.7, 1600000000], [11.903, 57.7, 1600000010], [11.911, 57.706, 1600000011], [11.913, 57.706, 1600000021]]'), '1+ too fast 4-', 'a jump');
SELECT is((SELECT string_agg(coalesce(segment_id::text, cut), ' ') FROM timevmaps.tv_match_line(1, 1, '[[11.901, 57.7, 1600000000], [11.903, 57.7, 1600000001]]', max_speed_mps => 20)), '1 too fast 1', 'faster than anybody goes');
SELECT is(pg_temp.way(pg_temp.drive('11.93 57.75,11.94 57.75', 30, 5)), 'no road', 'where there is no road');
SELECT results_eq($$ SELECT t_from, t_to FROM timevmaps.tv_match_line(1, 1, pg_temp.drive('11.93 57.75,11.94 57.75', 30, 5)) $$, 'VALUES (to_timestamp(1600000000), to_timestamp(1600000030))', 'for all of the time');
SELECT is(pg_temp.way(pg_temp.drive('11.93 57.75,11.94 57.75', 30, 5) || pg_temp.drive('11.901 57.7,11.905 57.7', 30, 5, 0, 1600000100) || pg_temp.drive('11.93 57.75,11.94 57.75', 30, 5, 0, 1600000200)), 'no road 1+ no road', 'before and after');
SELECT is(pg_temp.way(pg_temp.drive('11.901 57.7,11.904 57.7', 30, 5) || pg_temp.drive('11.904 57.6965,11.906 57.6965', 30, 5, 0, 1600000060) || pg_temp.drive('11.906 57.7,11.909 57.7', 30, 5, 0, 1600000120)), '1+', 'some fixes off the road do not cut it');
SELECT is(pg_temp.way('[[11.901, 57.7003, 1600000000], [11.905, 57.7003, 1600000020], [11.911, 57.7, 1600000050], [11.915, 57.6985, 1600000060]]'), '7+ no way 2+', 'to where no way leads');

------------------------------------------------------------------ few fixes
SELECT is((SELECT count(*) FROM timevmaps.tv_match_line(1, 1, '[]')), 0::bigint, 'of nothing nothing');
SELECT results_eq($$ SELECT piece, seq, segment_id, t_to = t_from, fraction_from = fraction_to, distance_m FROM timevmaps.tv_match_line(1, 1, '[[11.905, 57.69999, 1600000000]]') $$,
    'VALUES (1::bigint, 1::bigint, 1::bigint, true, true, 0::float)', 'one fix is on a segment');

--------------------------------------------------------------- the far meridian
INSERT INTO timevmaps.places (id, world_id, lon, lat) VALUES (21, 1, 179.995, -16), (22, 1, -179.995, -16), (23, 1, -179.985, -16);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, geom) VALUES (21, 1, 21, 22, 1069, 60, NULL),
    (22, 1, 22, 23, 1069, 60, NULL), (23, 1, 22, 21, 1200, 60, ST_GeomFromText('LINESTRING(-179.995 -16,-180 -15.998,180 -15.998,179.995 -16)', 4326));
CREATE TEMPORARY TABLE over AS SELECT jsonb_agg(jsonb_build_array(CASE WHEN x > 180 THEN x - 360 ELSE x END, -16, 1600000000 + t) ORDER BY t) AS track FROM generate_series(0, 100, 5) t, LATERAL (SELECT 179.996 + t * 0.00018) v (x);
SELECT is(pg_temp.way(track), '21+ 22+', 'a straight road over the 180th meridian') FROM over;
SELECT is(pg_temp.way(jsonb_agg(jsonb_build_array(CASE WHEN x > 180 THEN x - 360 ELSE x END, -15.998 - 0.0004 * abs(x - 180) / 0.001, 1600000000 + t) ORDER BY t)), '23+', 'a course over it')
FROM generate_series(0, 60, 5) t, LATERAL (SELECT 180.004 - t * 0.00013) v (x);

------------------------------------------------------------ who may see what
CREATE ROLE eve LOGIN;
GRANT tv_player TO eve;
CREATE POLICY hidden ON timevmaps.segments AS RESTRICTIVE FOR SELECT TO eve USING (id <> 2);
UPDATE timevmaps.worlds SET visibility = 'private' WHERE id = 1;
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_match_line(1, 1, ''[]'')', 'eve'), 'PT404', 'a private world is not there');
UPDATE timevmaps.worlds SET visibility = 'public' WHERE id = 1;
CREATE TEMPORARY TABLE seen AS SELECT pg_temp.drive('11.90 57.7,11.91 57.7,11.915 57.6985,11.92 57.7', 120, 10) AS track;
GRANT SELECT ON seen TO eve;
SET ROLE eve;
SELECT ok(pg_temp.way(track) ~ '1[+]' AND pg_temp.way(track) !~ '2[+-]', 'nobody is told of a road that a policy hides: ' || pg_temp.way(track)) FROM seen;
RESET ROLE;
SELECT is(pg_temp.way(track), '1+ 2+', 'who sees it is') FROM seen;

------------------------------------------------------------------ refusals
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_match_line(7, 1, ''[]'')'), 'PT404', 'no such world');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_match_line(1, 7, ''[]'')'), 'PT404', 'no such timeline');
SELECT is(tests.refusal(format('SELECT count(*) FROM timevmaps.tv_match_line(1, 1, %L)', track)), wanted, track)
FROM (VALUES ('{}', '22023 track'), ('[1]', '22023 track[0]'), ('[[1, 2]]', '22023 track[0]'), ('[[1, 2, 3, 4, 5]]', '22023 track[0]'), ('[[1, 2, 3], [1, 91, 4]]', '22023 track[1][1]'), ('[[181, 2, 3]]', '22023 track[0][0]'),
    ('[[1, 2, "3"]]', '22023 track[0][2]'), ('[[1, 2, 1e300]]', '22023 track[0][2]'), ('[[1, 2, 3], [1, 2, 3]]', '22023 track[1]'), ('[[1, 2, null]]', '22023 track[0][2]'), ('[[1e400, 2, 3]]', '22023 track[0][0]')) v (track, wanted);
SELECT is(tests.refusal('SELECT count(*) FROM timevmaps.tv_match_line(1, 1, ' || rest || ')'), wanted, rest)
FROM (VALUES ('NULL', '22023 track'), ('''[]'', gps_m => ''NaN''', '22023 gps_m'), ('''[]'', gps_m => 0', '22023 gps_m'), ('''[]'', radius_m => 1e9', '22023 radius_m'), ('''[]'', max_gap_s => -1', '22023 max_gap_s'),
    ('''[]'', max_speed_mps => ''infinity''', '22023 max_speed_mps')) v (rest, wanted);
SELECT matches((tests.attempt('SELECT count(*) FROM timevmaps.tv_match_line(1, 1, ''[[1, 2, 1600000000000]]'')')).hint, 'not milliseconds', 'milliseconds');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.tv_match_line(1, 1, (SELECT jsonb_agg(0) FROM generate_series(1, 200001)))'), 'PT413', 'too many fixes');

SELECT * FROM finish();
ROLLBACK;
