-- tv_match: the positions of vehicles, on a branch and its parent, as tracks.
BEGIN;
SELECT plan(24);
SET LOCAL client_min_messages = warning;
SET LOCAL timezone = 'UTC';
SELECT setseed(0.76);

-- Two streets that meet at 2, 600 m and 670 m long; the second is closed on the branch, which left at 08:10.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Streets', '{"sr": false, "clock": "local", "fix_ahead_s": 1e10}'), (2, 'Elsewhere', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'closed', 1, '2026-01-05 08:10'), (3, 1, 'closed again', 2, '2026-01-05 08:12'), (5, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.places (id, world_id, lon, lat) VALUES (1, 1, 11.90, 57.7), (2, 1, 11.91, 57.7), (3, 1, 11.91, 57.706);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 594, 60), (2, 1, 2, 3, 667, 60);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 2, true);
INSERT INTO timevmaps.vehicles (id, world_id, name, max_speed_mps) VALUES (1, 1, 'bus', 40), (2, 1, 'cart', NULL), (3, 1, 'empty', NULL), (9, 2, 'stranger', NULL);

CREATE FUNCTION pg_temp.drive(timeline bigint, vehicle bigint, course text, since timestamptz, seconds integer, every integer, noise_m float DEFAULT 2) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, recorded_at, lon, lat)
    SELECT 1, timeline, vehicle, since + interval '1 s' * t, since + interval '1 s' * t, ST_X(p) + noise_m * (random() - 0.5) / 59400, ST_Y(p) + noise_m * (random() - 0.5) / 111195
    FROM generate_series(0, seconds, every) t, LATERAL (SELECT ST_LineInterpolatePoint(ST_GeomFromText('LINESTRING(' || course || ')'), t::float / seconds)) l (p) $$;
CREATE FUNCTION pg_temp.way(timeline bigint, vehicle bigint, t_from timestamptz DEFAULT '2026-01-05', t_to timestamptz DEFAULT '2026-01-06', closed_too boolean DEFAULT false, known_at timestamptz DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(segment_id || CASE WHEN forward THEN '+' ELSE '-' END || CASE WHEN closed THEN 'x' ELSE '' END, cut), ' ' ORDER BY t_from, piece, seq)
    FROM timevmaps.tv_match(1, timeline, vehicle, t_from, t_to, closed_too => closed_too, known_at => known_at) $$;
-- The bus: on main along both streets from 08:08:30 to 08:11:30; on the branch it turned back at 08:10.
SELECT pg_temp.drive(1, 1, '11.901 57.7,11.91 57.7,11.91 57.705', '2026-01-05 08:08:30', 180, 5) \g /dev/null
SELECT pg_temp.drive(2, 1, '11.908 57.7,11.901 57.7', '2026-01-05 08:10:05', 90, 5) \g /dev/null

SELECT is(pg_temp.way(1, 1), '1+ 2+', 'on the parent both streets');
SELECT results_eq('SELECT segment_id, forward, fraction_from, fraction_to, confidence, t_from, t_to FROM timevmaps.tv_match(1, 1, 1, ''2026-01-05'', ''2026-01-06'')',
    $$ SELECT segment_id, forward, fraction_from, fraction_to, confidence, t_from, t_to FROM timevmaps.tv_match_line(1, 1, (SELECT jsonb_agg(jsonb_build_array(lon, lat, extract(epoch FROM t)) ORDER BY t)
        FROM timevmaps.positions WHERE timeline_id = 1), max_speed_mps => 40) $$, 'as the same fixes are matched by themselves');
SELECT is(pg_temp.way(2, 1), '1+ fork 1-', 'on the branch the parent''s way up to the fork, then its own');
SELECT results_eq('SELECT piece, t_from, t_to FROM timevmaps.tv_match(1, 2, 1, ''2026-01-05'', ''2026-01-06'') WHERE piece IS NULL', $$ VALUES (NULL::bigint, timestamptz '2026-01-05 08:10', timestamptz '2026-01-05 08:10:05') $$, 'with nothing between');
SELECT is(pg_temp.way(3, 1), '1+ fork 1-', 'and its branch, which has no fixes of its own yet');
SELECT ok(max(t_to) <= '2026-01-05 08:12', 'sees no more than was before it left') FROM timevmaps.tv_match(1, 3, 1, '2026-01-05', '2026-01-06');
SELECT is(pg_temp.way(1, 1, '2026-01-05 08:08:30', '2026-01-05 08:09'), '1+', 'a part of the time');
SELECT results_eq('SELECT min(t_from), max(t_to) FROM timevmaps.tv_match(1, 1, 1, ''2026-01-05 08:08:40'', ''2026-01-05 08:09'')', $$ VALUES (timestamptz '2026-01-05 08:08:40', timestamptz '2026-01-05 08:09') $$, 'both ends of it included');
SELECT is((SELECT count(*) FROM timevmaps.tv_match(1, 1, 3, '2026-01-05', '2026-01-06')), 0::bigint, 'of a vehicle that never reported, nothing');
SELECT is(pg_temp.way(1, 1, '2026-01-04', '2026-01-04 12:00'), NULL, 'nor before the first fix');
SELECT is(pg_temp.way(1, 1, known_at => '2026-01-05 08:09'), '1+', 'what had been recorded by then');

-- The cart: on the branch it drives the street that is closed there.
SELECT pg_temp.drive(2, 2, '11.903 57.7,11.91 57.7,11.91 57.705', '2026-01-05 09:00', 120, 5) \g /dev/null
SELECT is(pg_temp.way(2, 2, closed_too => true), '1+ 2+x', 'a closed street that was driven');
SELECT ok(pg_temp.way(2, 2) !~ '2[+-]', 'unless nobody can have');
SELECT is(pg_temp.way(1, 2), NULL, 'the parent knows nothing of it');

-- Jumps, ends, outliers.
SELECT pg_temp.drive(1, 2, '11.902 57.7,11.908 57.7', '2026-01-05 10:00', 60, 5) \g /dev/null
SELECT is(pg_temp.way(1, 2), '1+', 'without them');
UPDATE timevmaps.positions SET kind = 'jump' WHERE vehicle_id = 2 AND timeline_id = 1 AND t = '2026-01-05 10:00:30';
SELECT is(pg_temp.way(1, 2), '1+ jump 1+', 'a jump cuts');
UPDATE timevmaps.positions SET kind = 'end' WHERE vehicle_id = 2 AND timeline_id = 1 AND t = '2026-01-05 10:00:30';
SELECT is(pg_temp.way(1, 2), '1+ end 1+', 'so does an end');
UPDATE timevmaps.positions SET kind = 'fix', lat = 57.74 WHERE vehicle_id = 2 AND timeline_id = 1 AND t = '2026-01-05 10:00:30';
UPDATE timevmaps.vehicles SET max_speed_mps = 50 WHERE id = 2;
SELECT is(pg_temp.way(1, 2), '1+', 'an outlier is left out');
SELECT is(pg_temp.way(1, 2, '2026-01-05 10:00:30', '2026-01-05 10:01'), '1+', 'also where the time that is asked for begins with it');

------------------------------------------------------------------ refusals
SELECT is(tests.outcome(format('SELECT count(*) FROM timevmaps.tv_match(%s, ''2026-01-05'', ''2026-01-06'')', ids)), 'PT404', what)
FROM (VALUES ('7, 1, 1', 'no such world'), ('1, 5, 1', 'a timeline of another world'), ('1, 1, 9', 'a vehicle of another world')) v (ids, what);
SELECT is(tests.refusal('SELECT count(*) FROM timevmaps.tv_match(1, 1, 1, ''2026-01-06'', ''2026-01-05'')'), '22023 t_to', 'time does not go back');
SELECT is(tests.refusal('SELECT count(*) FROM timevmaps.tv_match(1, 1, NULL, ''2026-01-06'', ''2026-01-05'')'), '22023 vehicle_id', 'a null');

SELECT * FROM finish();
ROLLBACK;
