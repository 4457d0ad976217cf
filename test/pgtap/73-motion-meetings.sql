-- tv_meetings: who was near whom, against PostGIS every second, over forks and in worlds of others.
BEGIN;
SELECT plan(16);
SELECT setseed(0.32);
SET LOCAL timezone = 'UTC';
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
INSERT INTO timevmaps.worlds (id, name, visibility, rules) VALUES (1, 'w', 'public', '{"fix_ahead_s": 1e10, "fix_null_island": true}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'closed', 1, '2026-01-05 10:01:45');
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT n, 1, 'v' || n FROM generate_series(1, 40) n;
CREATE FUNCTION pg_temp.put(vehicle bigint, timeline bigint, t timestamptz, east_m float, north_m float) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, timeline, vehicle, t, degrees(east_m / 6371008.8), degrees(north_m / 6371008.8))
$$;
-- One eastward along the equator at 10 m/s, one northward 30 m to the east of where the first is after 100 s.
SELECT pg_temp.put(1, 1, tests.at('10:00') + s * interval '1 s', 10 * s - 1000, 0), pg_temp.put(2, 1, tests.at('10:00') + s * interval '1 s', 30, 10 * s - 1000) FROM generate_series(0, 200, 20) s \g /dev/null
-- On the branch the first goes back from there.
SELECT pg_temp.put(1, 2, tests.at('10:02') + s * interval '1 s', 200 - 10 * s, 0) FROM generate_series(0, 60, 20) s \g /dev/null

CREATE FUNCTION pg_temp.met(timeline bigint, within float, vehicles bigint[] DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', vehicle_a, vehicle_b, to_char(t_from, 'HH24:MI:SS.MS'), to_char(t_to, 'HH24:MI:SS.MS'), round(seconds::numeric, 3), to_char(nearest_at, 'HH24:MI:SS.MS'), round(nearest_m::numeric, 3))
    FROM timevmaps.tv_meetings(1, timeline, tests.at('09:00'), tests.at('11:00'), within, vehicles)
$$;
SELECT results_eq($$ SELECT pg_temp.met(1, 50, ARRAY[2, 1]) $$, ARRAY['1 2 10:01:38.298 10:01:44.701 6.403 10:01:41.500 21.213'], 'two that cross');
SELECT is_empty($$ SELECT pg_temp.met(1, 21.2, ARRAY[2, 1]) $$, '... not so near');
SELECT is_empty($$ SELECT pg_temp.met(1, 50, ARRAY[2]) $$, 'one alone meets nobody');
SELECT is_empty($$ SELECT * FROM timevmaps.tv_meetings(1, 1, tests.at('10:00'), tests.at('10:01'), 50) $$, 'nor before it is time');
SELECT results_eq($$ SELECT pg_temp.met(2, 50, ARRAY[2, 1]) $$, $$ SELECT pg_temp.met(1, 50, ARRAY[2, 1]) $$, 'before the fork a branch has its parent''s meetings');
SELECT isnt((SELECT array_agg(m) FROM pg_temp.met(2, 400, ARRAY[2, 1]) m), (SELECT array_agg(m) FROM pg_temp.met(1, 400, ARRAY[2, 1]) m), '... and not after it');
SELECT ok(abs(lon - degrees(22.5 / 6371008.8)) < 1e-8 AND abs(lat - degrees(7.5 / 6371008.8)) < 1e-8, 'half-way between them') FROM timevmaps.tv_meetings(1, 1, tests.at('10:00'), tests.at('11:00'), 50, ARRAY[1, 2]);

-- 38 that drive about two kilometres of Gothenburg, each with pauses of its own, for an hour: every 20 s PostGIS is asked.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 1, 1, v, tests.at('13:00') + interval '1 s' * sum(CASE WHEN random() < 0.05 THEN 400 ELSE 10 + 60 * random() END) OVER w, 11.95 + 0.03 * random(), 57.7 + 0.02 * random()
FROM generate_series(3, 40) v, generate_series(1, 90) i WINDOW w AS (PARTITION BY v ORDER BY i);
CREATE TEMP TABLE met AS SELECT * FROM timevmaps.tv_meetings(1, 1, tests.at('13:05'), tests.at('14:05'), 100, ARRAY(SELECT generate_series(3, 40)));
CREATE TEMP TABLE seen AS
SELECT a.t, a.vehicle_id AS vehicle_a, b.vehicle_id AS vehicle_b, ST_Distance(a.geom::geography, b.geom::geography, false) AS metres
FROM timevmaps.tv_replay(1, 1, tests.at('13:05'), tests.at('14:05'), 20, ARRAY(SELECT generate_series(3, 40))) a
JOIN timevmaps.tv_replay(1, 1, tests.at('13:05'), tests.at('14:05'), 20, ARRAY(SELECT generate_series(3, 40))) b ON a.t = b.t AND a.vehicle_id < b.vehicle_id
WHERE a.state IN ('moving', 'stopped') AND b.state IN ('moving', 'stopped');
SELECT is((SELECT count(*) FROM seen s WHERE s.metres < 99.999 AND NOT EXISTS (SELECT FROM met m WHERE (m.vehicle_a, m.vehicle_b) = (s.vehicle_a, s.vehicle_b) AND s.t BETWEEN m.t_from AND m.t_to)), 0::bigint, 'all that PostGIS sees is found');
SELECT is((SELECT count(*) FROM seen s WHERE s.metres > 100.001 AND EXISTS (SELECT FROM met m WHERE (m.vehicle_a, m.vehicle_b) = (s.vehicle_a, s.vehicle_b) AND s.t BETWEEN m.t_from AND m.t_to)), 0::bigint, '... and nothing else');
SELECT cmp_ok((SELECT count(*) FROM seen WHERE metres < 100), '>', 500::bigint, '(there was something to see)');
SELECT is((SELECT count(*) FROM met m JOIN seen s USING (vehicle_a, vehicle_b) WHERE s.t BETWEEN m.t_from AND m.t_to AND s.metres < m.nearest_m - 1e-3), 0::bigint, 'nobody is nearer than the nearest');
CREATE POLICY others ON timevmaps.positions FOR SELECT TO tv_player USING (false);
GRANT SELECT ON met TO eve;
SET SESSION AUTHORIZATION eve;
SELECT set_eq($$ SELECT m::text FROM timevmaps.tv_meetings(1, 1, tests.at('13:05'), tests.at('14:05'), 100, ARRAY(SELECT generate_series(3, 40))) m $$, 'SELECT m::text FROM met m', 'the same by statements');
RESET SESSION AUTHORIZATION;
SELECT throws_ok(format('SELECT * FROM timevmaps.%s', call), code, NULL, call) FROM (VALUES
    ('tv_meetings(1, 1, ''2026-01-05'', ''2026-01-06'', -1)', '22023'), ('tv_meetings(1, 1, ''2026-01-05'', ''2026-01-06'', ''NaN'')', '22023'), ('tv_meetings(1, 1, ''2026-01-05'', ''2026-01-06'', NULL)', '22023'),
    ('tv_meetings(1, 1, ''2026-01-05'', ''2026-01-06'', 50, ARRAY[1, 999])', 'PT404')) v (call, code);
SELECT * FROM finish();
ROLLBACK;
