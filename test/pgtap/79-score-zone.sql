-- What happened in zones: sums over the visits of single vehicles.
BEGIN;
SELECT plan(17);
SET LOCAL client_min_messages = warning;
SET LOCAL TIME ZONE 'UTC';

INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'Zones'), (2, 'Other');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2026-01-05 08:20'), (3, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.layers (id, world_id, name, kind) VALUES (1, 1, 'quarters', 'zone');
SELECT timevmaps.tv_draw_zone(1, 'square', '{"type": "Polygon", "coordinates": [[[12, 57], [12.01, 57], [12.01, 57.01], [12, 57.01], [12, 57]]]}') IS NOT NULL AS drawn \gset
SELECT max(id) AS zone FROM timevmaps.zones \gset
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT v, 1, v FROM generate_series(1, 30) v;
-- Back and forth over the zone, some without a fix in it, some for minutes unheard of.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 1, CASE WHEN i > 60 AND i % 2 = 0 THEN 2 ELSE 1 END, v, timestamptz '2026-01-05 08:00' + i * interval '20 s' + v * interval '100 ms',
    12.005 + 0.02 * sin(i * (0.1 + tests.chance(v, 1)) + v), 57.005 + 0.008 * sin(i * 0.07 * v)
FROM generate_series(1, 30) v, generate_series(1, 120) i WHERE tests.chance(i / 24, v + 400) > 0.2;

CREATE FUNCTION pg_temp.differs(zone bigint, timeline bigint, t_from timestamptz, t_to timestamptz, every interval) RETURNS text LANGUAGE sql AS $$
    WITH bound AS (
        SELECT least(t_from + n * every, t_to) AS b FROM generate_series(0, 10000) n WHERE every IS NOT NULL AND t_from + (n - 1) * every < t_to
        UNION SELECT t_from UNION SELECT t_to
    ), slot AS (
        SELECT b AS lo, lead(b) OVER (ORDER BY b) AS hi FROM bound
    ), visit AS ( -- what comes after the range says whether one was only crossed
        SELECT vehicle_id, coalesce(entered_at, '-infinity') AS a, coalesce(left_at, 'infinity') AS z, crossed, began, ended FROM timevmaps.tv_zone_visits(1, timeline, NULL, t_from, t_to + interval '1 hour', zone)
    ), want AS (
        SELECT s.lo, s.hi, count(DISTINCT v.vehicle_id) FILTER (WHERE v.a < s.hi AND v.z >= s.lo) AS vehicles, count(*) FILTER (WHERE v.a < s.lo AND v.z >= s.lo) AS before, count(*) FILTER (WHERE v.a < s.hi AND v.z >= s.hi) AS after,
            count(*) FILTER (WHERE v.began = 'entered' AND v.a >= s.lo AND v.a < s.hi) AS entries, count(*) FILTER (WHERE v.began = 'appeared' AND v.a >= s.lo AND v.a < s.hi) AS appearances,
            count(*) FILTER (WHERE v.ended = 'left' AND v.z >= s.lo AND v.z < s.hi) AS exits, count(*) FILTER (WHERE v.ended = 'lost' AND v.z >= s.lo AND v.z < s.hi) AS losses,
            count(*) FILTER (WHERE v.crossed AND v.a >= s.lo AND v.a < s.hi) AS crossings,
            coalesce(sum(extract(epoch FROM least(v.z, s.hi) - greatest(v.a, s.lo))) FILTER (WHERE v.a < s.hi AND v.z >= s.lo), 0) AS dwell
        FROM slot s LEFT JOIN visit v ON true WHERE s.hi IS NOT NULL GROUP BY s.lo, s.hi
    )
    SELECT string_agg(format('%s: %s for %s', w.lo, s, w), E'\n') FROM want w FULL JOIN timevmaps.tv_zone_score(1, timeline, zone, differs.t_from, differs.t_to, every) s ON (s.t_from, s.t_to) = (w.lo, w.hi)
    WHERE (w.vehicles, w.before, w.after, w.entries, w.appearances, w.exits, w.losses, w.crossings) IS DISTINCT FROM (s.vehicles, s.inside_before, s.inside_after, s.entries, s.appearances, s.exits, s.losses, s.crossings)
       OR abs(w.dwell - s.dwell_seconds) > 1e-6 OR s.inside_before + s.entries + s.appearances - s.exits - s.losses <> s.inside_after
$$;
SELECT is(pg_temp.differs(:zone, 1, '2026-01-05 08:00', '2026-01-05 08:45', NULL), NULL, 'sums of the visits');
SELECT is(pg_temp.differs(:zone, 2, '2026-01-05 08:00', '2026-01-05 08:45', NULL), NULL, '... on a branch');
SELECT is(pg_temp.differs(:zone, 1, '2026-01-05 08:07:11', '2026-01-05 08:31', '3 min'), NULL, '... in intervals, some inside when it begins and ends');
SELECT is(pg_temp.differs(:zone, 2, '2026-01-05 07:50', '2026-01-05 08:45', '10 s'), NULL, '... on a branch, in short ones');
SELECT ok(entries > 50 AND exits > 50 AND appearances > 0 AND losses > 0 AND crossings > 5 AND vehicles = 30 AND dwell_seconds > 1000, format('there is something to add up: %s entries, %s crossings, %s s', entries, crossings, dwell_seconds))
FROM timevmaps.tv_zone_score(1, 1, :zone, '2026-01-05 08:00', '2026-01-05 08:45');
SELECT is((SELECT array_agg(a::text ORDER BY a) FROM timevmaps.tv_zone_score(1, 1, :zone, '2026-01-05 08:00', '2026-01-05 08:20', '1 min') a), (SELECT array_agg(b::text ORDER BY b) FROM timevmaps.tv_zone_score(1, 2, :zone, '2026-01-05 08:00', '2026-01-05 08:20', '1 min') b), 'before the fork both branches are equal');
SELECT is(sum(entries)::bigint, (SELECT entries FROM timevmaps.tv_zone_score(1, 1, :zone, '2026-01-05 08:00', '2026-01-05 08:45')), 'cuts add up') FROM timevmaps.tv_zone_score(1, 1, :zone, '2026-01-05 08:00', '2026-01-05 08:45', '77 s');
SELECT is(count(*), 0::bigint, 'no interval, no row') FROM timevmaps.tv_zone_score(1, 1, :zone, '2026-01-05', '2026-01-05');
SELECT is(tests.outcome(format('SELECT * FROM timevmaps.' || call, :zone)), state, call) FROM (VALUES
    ($$tv_zone_score(9, 1, %s, '2026-01-05', '2026-01-06')$$, 'PT404'), ($$tv_zone_score(1, 3, %s, '2026-01-05', '2026-01-06')$$, 'PT404'), ($$tv_zone_score(1, 1, 99999, '2026-01-05', '2026-01-06')$$, 'PT404'),
    ($$tv_zone_score(2, 3, %s, '2026-01-05', '2026-01-06')$$, 'PT404'), ($$tv_zone_score(1, 1, NULL, '2026-01-05', '2026-01-06')$$, '22023'), ($$tv_zone_score(1, 1, %s, '2026-01-05', 'infinity')$$, '22023'),
    ($$tv_zone_score(1, 1, %s, NULL, '2026-01-06')$$, '22023'), ($$tv_zone_score(1, 1, %s, '2026-01-05', '2026-01-06', '1 ms')$$, 'PT413'), ($$tv_zone_score(1, 1, %s, '2026-01-05', '2026-01-06', max_gap_s => -1)$$, '22023')) v (call, state);

SELECT * FROM finish();
ROLLBACK;
