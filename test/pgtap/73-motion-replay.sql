-- tv_replay, tv_replay_diff: frames in order of time, what is shown when, both branches beside each other, and what is refused.
BEGIN;
SELECT plan(45);
SET LOCAL timezone = 'UTC';
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
INSERT INTO timevmaps.worlds (id, name, visibility, owner, rules) VALUES (1, 'w', 'public', 'ann', '{"fix_ahead_s": 1e10, "radius_m": 1000000}'), (2, 'hers', 'private', 'ann', '{}'), (3, 'other', 'public', 'ann', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'closed', 1, '2026-01-05 12:00'),
    (3, 1, 'grandchild', 2, '2026-01-05 11:30'), (20, 2, 'main', NULL, NULL), (30, 3, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT n, 1, 'v' || n FROM generate_series(1, 6) n;
CREATE FUNCTION pg_temp.put(vehicle bigint, clock timestamptz, lon float, lat float, timeline bigint DEFAULT 1, kind text DEFAULT 'fix') RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, kind) VALUES (1, timeline, vehicle, clock, lon, lat, kind)
$$;
-- 1: ten fixes in twenty minutes, then seventy. 2: from 08:00 to 08:02, and again from 10:00 to 10:02. 3: over the fork, and its own way after it.
-- 4: ten a second for ten minutes. 5: nothing. 6: parked all the time.
SELECT pg_temp.put(1, tests.at('09:00') + interval '2 min' * n, 11 + 0.01 * n, 57) FROM generate_series(0, 9) n \g /dev/null
SELECT pg_temp.put(1, tests.at('09:20') + interval '20 min' / 70 * n, 11.1 + 0.001 * n, 57) FROM generate_series(0, 70) n \g /dev/null
SELECT pg_temp.put(2, tests.at(c) + interval '1 min' * n, 11 + 0.01 * n, 57) FROM unnest('{08:00,10:00}'::text[]) c, generate_series(0, 2) n \g /dev/null
SELECT pg_temp.put(3, tests.at('11:00') + interval '1 min' * n, 11 + 0.01 * n, 57) FROM generate_series(0, 90) n \g /dev/null
SELECT pg_temp.put(3, tests.at('12:00') + interval '1 min' * n, 11.6, 57 + 0.01 * n, 2) FROM generate_series(1, 30) n \g /dev/null
SELECT pg_temp.put(4, tests.at('09:00') + interval '100 ms' * n, 12 + 0.0001 * n, 57 + 0.00001 * (n % 7)) FROM generate_series(0, 6000) n \g /dev/null
SELECT pg_temp.put(6, tests.at('07:00') + interval '1 hour' * n, 13, 57) FROM generate_series(0, 8) n \g /dev/null

CREATE TEMP TABLE played AS SELECT row_number() OVER () AS n, r.* FROM timevmaps.tv_replay(1, 1, tests.at('09:00'), tests.at('09:40'), 10) r;
SELECT is((SELECT count(DISTINCT frame) FROM played WHERE t < tests.at('09:20')), (SELECT count(DISTINCT frame) FROM played WHERE t >= tests.at('09:20') AND t < tests.at('09:40')),
    'ten fixes and seventy: as many frames for twenty minutes');
SELECT is((SELECT count(*) FROM played), 241 * 6::bigint, 'a row a frame and vehicle');
SELECT is((SELECT array_agg(n ORDER BY t, vehicle_id) FROM played), (SELECT array_agg(n ORDER BY n) FROM played), 'frames in order of time, vehicles in order');
SELECT results_eq('SELECT DISTINCT frame, t, play_s FROM played ORDER BY 1', $$ SELECT n::bigint, tests.at('09:00') + interval '10 s' * n, 10.0::float * n FROM generate_series(0, 240) n $$, 'a step apart, from 0 on');
CREATE FUNCTION pg_temp.differences(timeline bigint, low timestamptz, high timestamptz, step float, gap float DEFAULT 300) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM (
        SELECT r.t, to_jsonb(r) - '{frame,t,play_s}'::text[] AS is_row FROM timevmaps.tv_replay(1, timeline, low, high, step, max_gap_s => gap) r) r
    FULL JOIN (SELECT f.t, to_jsonb(p) AS right_row FROM (SELECT DISTINCT r.t FROM timevmaps.tv_replay(1, timeline, low, high, step, '{5}') r) f,
        LATERAL timevmaps.tv_positions_at(1, timeline, f.t, gap) p) p ON p.t = r.t AND right_row -> 'vehicle_id' = is_row -> 'vehicle_id'
    WHERE is_row IS DISTINCT FROM right_row
$$;
SELECT is(pg_temp.differences(timeline, tests.at(low), tests.at(high), step), 0::bigint, format('a frame is what tv_positions_at() says: timeline %s, %s to %s by %s', timeline, low, high, step))
FROM (VALUES (1, '08:59:50', '09:21', 7), (1, '09:00', '09:11', 0.25), (1, '08:00', '12:30', 60), (2, '11:20', '12:40', 5), (3, '11:20', '12:10', 11), (1, '09:05', '09:05', 1)) v (timeline, low, high, step);
SELECT is((SELECT count(*) FROM timevmaps.tv_replay(1, 1, tests.at('09:00'), tests.at('09:00:09.999'), 10)), 6::bigint, 'less than a step: one frame');
SELECT is((SELECT array_agg(to_char(t, 'MI:SS.US') ORDER BY t) FROM timevmaps.tv_replay(1, 1, tests.at('09:00'), tests.at('09:00:01'), 1.0 / 3, '{1}')),
    '{00:00.000000,00:00.333333,00:00.666667,00:01.000000}', 'thirds of a second do not drift');
SELECT is((SELECT count(*) FROM timevmaps.tv_replay(1, 1, tests.at('09:00'), tests.at('10:00'), 10, '{}')), 0::bigint, 'of no vehicle nothing');

-- Gaps: nothing moves from 08:02 to 10:00, which is played in a minute.
CREATE TEMP TABLE short AS SELECT * FROM timevmaps.tv_replay(1, 1, tests.at('08:00'), tests.at('10:02'), 20, '{2,5,6}', compress_gaps_s => 60);
SELECT results_eq('SELECT DISTINCT frame, to_char(t, ''HH24:MI:SS''), play_s FROM short ORDER BY 1', $$ VALUES (0::bigint, '08:00:00', 0::float), (1, '08:00:20', 20), (2, '08:00:40', 40), (3, '08:01:00', 60), (4, '08:01:20', 80),
    (5, '08:01:40', 100), (6, '08:02:00', 120), (7, '08:41:20', 140), (8, '09:20:40', 160), (9, '10:00:00', 180), (10, '10:00:20', 200), (11, '10:00:40', 220), (12, '10:01:00', 240), (13, '10:01:20', 260),
    (14, '10:01:40', 280), (15, '10:02:00', 300) $$, 'two hours in which nothing moves are played in a minute');
SELECT is((SELECT max(play_s) FROM timevmaps.tv_replay(1, 1, tests.at('08:00'), tests.at('10:02'), 20, '{2}', compress_gaps_s => 7080)), 7320::float, 'a gap that is as long as allowed stays');
SELECT is((SELECT round(max(play_s)::numeric, 3) FROM timevmaps.tv_replay(1, 1, tests.at('08:00'), tests.at('10:02'), 20, '{1,2}', compress_gaps_s => 60)), 120 + 60 + 2400 + 60 + 120.000, 'while another moves nothing is shortened');
SELECT is((SELECT max(play_s) FROM timevmaps.tv_replay(1, 1, tests.at('06:00'), tests.at('14:00'), 20, '{2}', compress_gaps_s => 0)), 240::float, 'to nothing, at the ends, too');
SELECT is((SELECT count(DISTINCT frame) FROM timevmaps.tv_replay(1, 1, '1900-01-01', '2199-01-01', 1, '{2}', compress_gaps_s => 10)), 271::bigint, 'three hundred years by the second, of which 240 s are moved in');
SELECT is((SELECT max(play_s) FROM timevmaps.tv_replay(1, 1, '1900-01-01', '2199-01-01', 1, '{5,6}', compress_gaps_s => 10)), 10::float, 'where nothing moves at all');

-- Both branches.
CREATE TEMP TABLE both_ways AS SELECT * FROM timevmaps.tv_replay_diff(1, 2, tests.at('11:50'), tests.at('12:20'), 10);
SELECT is((SELECT count(*) FROM both_ways), 181 * 6::bigint, 'a row a frame and vehicle');
SELECT is((SELECT count(*) FROM both_ways WHERE t <= tests.at('12:00') AND (metres <> 0 OR a_state <> b_state OR a_lon <> b_lon OR a_lat <> b_lat OR NOT a_geom ~= b_geom)), 0::bigint, 'up to the fork exactly the same');
SELECT is((SELECT count(*) FROM both_ways WHERE t <= tests.at('12:00') AND metres = 0 AND vehicle_id IN (3, 6)), 122::bigint, '... of those that are somewhere');
SELECT cmp_ok((SELECT min(metres) FROM both_ways WHERE t > tests.at('12:00') AND vehicle_id = 3), '>', 0::float, 'and then not');
SELECT is((SELECT count(*) FROM both_ways WHERE (metres IS NULL) <> (a_lon IS NULL OR b_lon IS NULL) OR abs(metres - ST_Distance(a_geom::geography, b_geom::geography, false) / 6371008.7714150598 * 1000000) > 1e-3), 0::bigint,
    'metres between them, on the world''s sphere');
SELECT is((SELECT count(*) FROM both_ways d JOIN timevmaps.tv_replay(1, 2, tests.at('11:50'), tests.at('12:20'), 10) r USING (frame, vehicle_id)
    WHERE (d.t, d.b_state, d.b_lon, d.b_lat) IS DISTINCT FROM (r.t, r.state, r.lon, r.lat)), 0::bigint, 'the one side is the branch''s own replay');
SELECT is((SELECT sum(metres) FROM timevmaps.tv_replay_diff(2, 2, tests.at('11:50'), tests.at('12:20'), 10)), 0::float, 'a timeline and itself');

-- What is refused.
SELECT is(tests.refusal('SELECT count(*) FROM timevmaps.' || call), refusal, call) FROM (VALUES
    ('tv_replay(1, 1, NULL, now(), 1)', '22023 t_from'), ('tv_replay(1, 1, now(), ''infinity'', 1)', '22023 t_to'), ('tv_replay(1, 1, now(), now() - interval ''1 s'', 1)', '22023 t_to'),
    ('tv_replay(1, 1, ''4713-01-01 BC'', ''294000-01-01'', 1e9)', '22023 t_to'), ('tv_replay(1, 1, now(), now(), 0)', '22023 step_s'), ('tv_replay(1, 1, now(), now(), ''NaN'')', '22023 step_s'),
    ('tv_replay(1, 1, now(), now(), ''inf'')', '22023 step_s'), ('tv_replay(1, 1, now(), now(), -1)', '22023 step_s'), ('tv_replay(1, 1, now(), now(), 1, ''{1,NULL}'')', '22023 vehicle_ids[2]'),
    ('tv_replay(1, 1, now(), now(), 1, ''{1,77}'')', 'PT404 no such vehicle'), ('tv_replay(1, 1, now(), now(), 1, NULL, -1)', '22023 compress_gaps_s'), ('tv_replay(1, 20, now(), now(), 1)', 'PT404 no such timeline'),
    ('tv_replay_diff(1, 30, now(), now(), 1)', '22023 timeline_b'), ('tv_replay_diff(1, NULL, now(), now(), 1)', '22023 timeline_b'), ('tv_replay_diff(99, 1, now(), now(), 1)', 'PT404 no such timeline'),
    ('tv_replay(1, 1, ''2026-01-01'', ''2026-01-03'', 1)', 'PT413 a replay is too long')) v (call, refusal);
SELECT is((tests.attempt($$ SELECT count(*) FROM timevmaps.tv_replay(1, 1, '2026-01-01', '2026-01-03', 1) $$)).detail, 'It needs 172801 frames, and may have 100000.', 'the need is told');
SELECT is(tests.refusal('SELECT count(*) FROM timevmaps.tv_replay_diff(1, 20, now(), now(), 1)', 'eve'), 'PT404 no such timeline', 'a timeline of a world that one does not see is none');
SELECT is((SELECT count(*) FROM timevmaps.tv_replay(1, 1, '2026-01-05', '4000-01-05', 1e12)), 6::bigint, 'steps longer than all');
SELECT * FROM finish();
ROLLBACK;
