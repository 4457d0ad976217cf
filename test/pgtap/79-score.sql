-- What adds up of whole timelines and of zones: sums of the rows of single vehicles.
BEGIN;
SELECT plan(16);
SET LOCAL client_min_messages = warning;
SET LOCAL TIME ZONE 'UTC';

INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'Sums', '{"sr": true, "gr": {"gm": 3.986004418e14, "r": 6371008.8}}'), (2, 'Empty', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2026-01-05 08:20'), (3, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name, max_speed_mps) SELECT v, 1, v, CASE WHEN v % 4 = 0 THEN 60 END FROM generate_series(1, 20) v;
-- They drive, stand for a while, are not heard of, jump; one never says anything.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, speed_mps, kind)
SELECT 1, CASE WHEN i > 80 AND i % 2 = 0 THEN 2 ELSE 1 END, v, timestamptz '2026-01-05 08:00' + i * interval '15 s' + tests.chance(i, v) * interval '7 s',
    12 + v * 0.01 + sum(CASE WHEN (i / 20 + v) % 3 = 0 THEN 0 ELSE 0.002 * tests.chance(i, v + 100) END) OVER w + CASE WHEN i % 37 = v THEN 3 ELSE 0 END,
    57.7 + sum(CASE WHEN (i / 20 + v) % 3 = 0 THEN 0 ELSE 0.001 * (tests.chance(i, v + 200) - 0.3) END) OVER w,
    CASE WHEN i % 3 = 0 THEN 20 * tests.chance(i, v + 300) END, CASE WHEN i % 53 = v THEN 'jump' ELSE 'fix' END
FROM generate_series(1, 19) v, generate_series(1, 160) i WHERE tests.chance(i / 24, v + 400) > 0.15 OR v % 5 = 0
WINDOW w AS (PARTITION BY v ORDER BY i);

CREATE FUNCTION pg_temp.differs(timeline bigint, t_from timestamptz, t_to timestamptz, every interval) RETURNS text LANGUAGE sql AS $$
    WITH want AS (
        SELECT b.t_from, b.t_to, count(*) AS vehicles, count(*) FILTER (WHERE fixes > 0 OR moving_seconds + stopped_seconds > 0) AS seen, count(*) FILTER (WHERE moving_seconds > 0) AS moved,
            sum(fixes) AS fixes, sum(used) AS used, sum(outliers) AS outliers, sum(duplicates) AS duplicates, sum(stops) AS stops, sum(distance_m) AS distance_m, sum(gap_m) AS gap_m,
            sum(moving_seconds) AS moving, sum(stopped_seconds) AS stopped, sum(gap_seconds) AS gap, max(max_speed_mps) AS fastest, max(max_reported_speed_mps) AS reported,
            sum(local_seconds) AS local, sum(coordinate_seconds) AS coordinate, sum(traveler_seconds) AS traveler, sum(coordinate_minus_local_seconds) AS c, sum(traveler_minus_local_seconds) AS t
        FROM timevmaps.tv_box_score(1, timeline, NULL, differs.t_from, differs.t_to, every) b GROUP BY b.t_from, b.t_to
    )
    SELECT string_agg(w.t_from::text, ', ')
    FROM want w FULL JOIN timevmaps.tv_timeline_score(1, timeline, differs.t_from, differs.t_to, every) s USING (t_from, t_to)
    WHERE ((w.vehicles, w.seen, w.moved, w.fixes, w.used, w.outliers, w.duplicates, w.stops, w.fastest, w.reported) IS DISTINCT FROM
           (s.vehicles, s.seen, s.moved, s.fixes, s.used, s.outliers, s.duplicates, s.stops, s.max_speed_mps, s.max_reported_speed_mps))
       OR abs(w.distance_m - s.distance_m) > 1e-6 OR abs(w.gap_m - s.gap_m) > 1e-6 OR abs(w.moving - s.moving_seconds) > 1e-6 OR abs(w.stopped - s.stopped_seconds) > 1e-6 OR abs(w.gap - s.gap_seconds) > 1e-6
       OR abs(w.local - s.local_seconds) > 1e-6 OR abs(w.coordinate - s.coordinate_seconds) > 1e-6 OR abs(w.traveler - s.traveler_seconds) > 1e-6
       OR abs(w.c - s.coordinate_minus_local_seconds) > 1e-12 * abs(w.c) OR abs(w.t - s.traveler_minus_local_seconds) > 1e-12 * abs(w.t)
$$;
SELECT is(pg_temp.differs(1, '2026-01-05 08:00', '2026-01-05 08:45', NULL), NULL, 'the sums of all vehicles');
SELECT is(pg_temp.differs(2, '2026-01-05 08:00', '2026-01-05 08:45', NULL), NULL, '... on a branch');
SELECT is(pg_temp.differs(1, '2026-01-05 07:50', '2026-01-05 08:45', '7 min'), NULL, '... in intervals');
SELECT is(pg_temp.differs(2, '2026-01-05 07:50', '2026-01-05 08:45', '90 s'), NULL, '... on a branch in intervals');
SELECT ok(moved BETWEEN 10 AND 19 AND seen = 19 AND vehicles = 20 AND fixes > 1000 AND outliers > 0 AND stops > 5 AND gap_m > 0, format('there is something to add up: %s moved, %s fixes, %s outliers, %s stops', moved, fixes, outliers, stops))
FROM timevmaps.tv_timeline_score(1, 1, '2026-01-05 08:00', '2026-01-05 08:45');
SELECT is(moving_seconds + stopped_seconds + gap_seconds, 20 * 45 * 60::float, 'moving, stopped and gap are the interval of each') FROM timevmaps.tv_timeline_score(1, 1, '2026-01-05 08:00', '2026-01-05 08:45');
SELECT is((SELECT array_agg(a::text ORDER BY a) FROM timevmaps.tv_timeline_score(1, 1, '2026-01-05 08:00', '2026-01-05 08:20', '1 min') a), (SELECT array_agg(b::text ORDER BY b) FROM timevmaps.tv_timeline_score(1, 2, '2026-01-05 08:00', '2026-01-05 08:20', '1 min') b), 'before the fork both branches are equal bit for bit');
SELECT row_eq($$ SELECT vehicles, seen, moved, fixes, gap_seconds, max_speed_mps FROM timevmaps.tv_timeline_score(2, 3, '2026-01-05', '2026-01-06') $$, ROW(0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::float, NULL::float), 'a world without vehicles');
SELECT is(count(*), 0::bigint, 'no interval, no row') FROM timevmaps.tv_timeline_score(1, 1, '2026-01-05', '2026-01-05');
SELECT is(tests.outcome('SELECT * FROM timevmaps.' || call), state, call) FROM (VALUES
    ($$tv_timeline_score(9, 1, '2026-01-05', '2026-01-06')$$, 'PT404'), ($$tv_timeline_score(1, 3, '2026-01-05', '2026-01-06')$$, 'PT404'), ($$tv_timeline_score(1, 1, '2026-01-05', 'infinity')$$, '22023'),
    ($$tv_timeline_score(1, 1, NULL, '2026-01-06')$$, '22023'), ($$tv_timeline_score(1, 1, '2026-01-05', '2026-01-06', '-1 s')$$, '22023'), ($$tv_timeline_score(1, 1, '2026-01-05', '2026-01-06', '1 ms')$$, 'PT413'),
    ($$tv_timeline_score(1, 1, '2026-01-05', '2026-01-06', max_gap_s => 'nan')$$, '22023')) v (call, state);

SELECT * FROM finish();
ROLLBACK;
