-- Rules for turns between fixes: what was driven, and where a vehicle was, from prepared graphs and from rows alike.
-- Not in one transaction: prepared graphs hold what is committed.
SELECT no_plan();
SET client_min_messages = warning;
SELECT setseed(0.5);

--           4 (57.702)
--         3/ \4
-- 1 -1-- 2 -2- 3 --5- 5       600 m from 1 to 5 a segment; 6 leads from 3 to 6 in the south, 7 one way back from 6 to 2
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Streets', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2026-01-01Z'), (3, 1, 'closed', 2, '2026-01-01Z');
INSERT INTO timevmaps.places (id, world_id, lon, lat) VALUES (1, 1, 11.90, 57.7), (2, 1, 11.91, 57.7), (3, 1, 11.92, 57.7), (4, 1, 11.915, 57.702), (5, 1, 11.93, 57.7), (6, 1, 11.915, 57.696);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
SELECT v.id, 1, a, b, ST_Distance(p.geom::geography, q.geom::geography, false), 60, oneway
FROM (VALUES (1, 1, 2, false), (2, 2, 3, false), (3, 2, 4, false), (4, 3, 4, false), (5, 3, 5, false), (6, 3, 6, false), (7, 6, 2, true)) v (id, a, b, oneway)
    JOIN timevmaps.places p ON p.id = a JOIN timevmaps.places q ON q.id = b;
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,turns}'::text[]) t \g /dev/null

-- Along a line, a fix every so many seconds, without those on a part of it.
CREATE FUNCTION pg_temp.drive(course text, seconds integer, every integer, noise_m float DEFAULT 0, without numrange DEFAULT 'empty') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_array(ST_X(p) + noise_m * n.x / 59400, ST_Y(p) + noise_m * n.y / 111195, 1600000000 + t) ORDER BY t)
    FROM generate_series(0, seconds, every) t, LATERAL (SELECT ST_LineInterpolatePoint(ST_GeomFromText('LINESTRING(' || course || ')'), t::float / seconds)) l (p),
        LATERAL (SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()), sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) WHERE t >= 0) n (x, y)
    WHERE NOT without @> t::numeric $$;
CREATE FUNCTION pg_temp.way(track jsonb, timeline bigint DEFAULT 1, closed_too boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
    SELECT tests.both(format($q$ SELECT string_agg(coalesce(segment_id || CASE WHEN forward THEN '+' ELSE '-' END || CASE WHEN closed THEN 'x' ELSE '' END, cut), ' ' ORDER BY t_from, piece, seq)
        FROM timevmaps.tv_match_line(1, %s, %L, closed_too => %L) $q$, timeline, track, closed_too)) $$;
CREATE TABLE track AS SELECT n, pg_temp.drive(course, 120, every, noise) AS fixes
FROM (VALUES (1, '11.90 57.7,11.93 57.7'), (2, '11.93 57.7,11.92 57.7,11.915 57.702,11.91 57.7,11.90 57.7'), (3, '11.92 57.7,11.915 57.696,11.91 57.7,11.92 57.7,11.93 57.7'),
    (4, '11.90 57.7,11.908 57.7,11.90 57.7'), (5, '11.925 57.7,11.93 57.7,11.925 57.7'), (6, '11.92 57.7,11.91 57.7,11.915 57.702,11.92 57.7,11.915 57.696')) v (n, course),
    (VALUES (2, 3), (7, 8), (20, 5)) w (every, noise);
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
CREATE TABLE matched AS SELECT n, fixes, pg_temp.way(fixes) AS way FROM track;
SELECT is((SELECT count(DISTINCT way) FROM matched) > 6 AND NOT EXISTS (SELECT FROM matched WHERE way ~ 'but'), true, 'tracks are matched');

-- A rule that changes nothing at every turn: junctions are split, and all is as it was.
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
SELECT f.id, p.id, t.id, 'cost', 0 FROM timevmaps.segments f, timevmaps.segments t, timevmaps.places p WHERE p.id IN (f.a_place_id, f.b_place_id) AND p.id IN (t.a_place_id, t.b_place_id);
SELECT is(pg_temp.way(fixes), way, format('track %s, with split junctions that nobody has prepared', n)) FROM matched;
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
SELECT is(pg_temp.way(fixes), way, format('track %s, with split junctions', n)) FROM matched;

-- From 1 over 2 to 5, where nothing is known between 2 and 3.
SELECT pg_temp.drive('11.90 57.7,11.93 57.7', 120, 5, 0, '[35,85]') AS gap \gset
SELECT is(pg_temp.way(:'gap'), '1+ 2+ 5+', 'the shortest way between two fixes');
DELETE FROM timevmaps.turns;
INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (2, 1, 2, 2, 'no');
SELECT is(pg_temp.way(:'gap'), '1+ 2+ 5+', 'a rule of a branch says nothing of its parent');
SELECT is(pg_temp.way(:'gap', 2), '1+ 3+ 4- 5+', 'there another is taken');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (3, 4, true);
SELECT is(pg_temp.way(:'gap', 3, true), '1+ 3+ 4-x 5+', '... over a closed one, where those count');
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
SELECT is(pg_temp.way(:'gap', 2), '1+ 3+ 4- 5+', '... from a new graph, too');
SELECT is(pg_temp.way(:'gap', 3, true), '1+ 3+ 4-x 5+', '... over a closed one');
SELECT alike(pg_temp.way(fixes, 2), '%7+ 2+%', 'who comes by another segment may turn') FROM matched WHERE n = 3;
SELECT unalike(pg_temp.way(fixes, 2), '%1+ 2+%', 'nobody turns where it is forbidden') FROM matched;

-- A vehicle on the network; 36 seconds from fix to fix.
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'bus');
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, segment_id, fraction) VALUES
    (1, 1, 1, '2026-01-05 08:00Z', 11.905, 57.7, 1, 0.5), (1, 1, 1, '2026-01-05 08:02Z', 11.925, 57.7, 5, 0.5),
    (1, 2, 1, '2026-01-05 08:00Z', 11.905, 57.7, 1, 0.5), (1, 2, 1, '2026-01-05 08:02Z', 11.925, 57.7, 5, 0.5);
CREATE FUNCTION pg_temp.at(timeline bigint, t timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT tests.both(format('SELECT concat_ws('' '', state, segment_id, round(fraction::numeric, 2)) FROM timevmaps.tv_positions_at(1, %s, %L, on_network => true)', timeline, t)) $$;
SELECT is(pg_temp.at(1, '2026-01-05 08:01Z'), 'moving 2 0.50', 'half-way, on the way between');
SELECT is(pg_temp.at(2, '2026-01-05 08:01Z'), 'moving 4 1.00', '... on another where one may not turn');
DELETE FROM timevmaps.turns;
INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (2, 4, 3, 5, 'no');
SELECT is(pg_temp.at(2, '2026-01-05 08:01Z'), 'moving 2 0.50', 'a turn into the segment of the second fix');
INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (2, 2, 3, 5, 'no', NULL), (2, 6, 3, 5, 'no', NULL);
SELECT is(pg_temp.at(2, '2026-01-05 08:01Z'), 'moving', 'where no way leads it is on the great circle');
SELECT * FROM finish();
