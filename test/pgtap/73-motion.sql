-- tv_positions_at, tv_live_positions: the right values, one by one, from the partitions and by statements.
BEGIN;
SELECT plan(93);
SET LOCAL timezone = 'UTC';
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;

-- Worlds 1, of everybody, and 2, ann's alone. The day is 2026-01-05 throughout; timelines 1 <- 2 at 12:00 <- 3 at 11:30, and 1 <- 4 at 12:00.
INSERT INTO timevmaps.worlds (id, name, visibility, owner, rules) VALUES (1, 'w', 'public', 'ann', '{"fix_ahead_s": 1e10}'), (2, 'hers', 'private', 'ann', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'closed', 1, '2026-01-05 12:00'),
    (3, 1, 'grandchild', 2, '2026-01-05 11:30'), (4, 1, 'other', 1, '2026-01-05 12:00'), (20, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name, max_speed_mps) SELECT n, 1, 'v' || n, CASE n WHEN 9 THEN 50 END FROM generate_series(1, 13) n;
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (20, 2, 'hers');
CREATE FUNCTION pg_temp.put(vehicle bigint, clock text, lon float, lat float, heading float DEFAULT NULL, kind text DEFAULT 'fix', timeline bigint DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, heading_deg, alt_m, speed_mps, kind, segment_id, fraction)
    VALUES (1, timeline, vehicle, tests.at(clock), lon, lat, heading, heading, heading / 10, kind, CASE WHEN heading IS NOT NULL THEN 7 END, heading / 360)
$$;
SELECT pg_temp.put(vehicle, clock, lon, lat, heading, kind, timeline) FROM (VALUES
    (1, '10:00', 179.5, 0, 350, 'fix', 1), (1, '10:04', -179.5, 0, 10, 'fix', 1),                        -- over 180
    (2, '10:00', 0, 88, 10, 'fix', 1), (2, '10:04', 180, 88, 340, 'fix', 1),                             -- over the pole
    (3, '08:00', 11, 57, NULL, 'fix', 1), (3, '10:00', 11.215, 57, 10, 'fix', 1),                        -- 13 km in two hours
    (4, '10:00', 11, 57, 10, 'fix', 1), (4, '10:01', 12, 58, 20, 'jump', 1),                             -- a jump
    (5, '10:00', 11, 57, 10, 'fix', 1), (5, '10:01', 11.01, 57, 20, 'end', 1), (5, '10:02', 11.02, 57, 30, 'fix', 1),
    (6, '11:58', 11, 57, 10, 'fix', 1), (6, '12:00', 11.01, 57, 20, 'fix', 1), (6, '12:00:00.000001', 11.5, 57, 20, 'fix', 1), (6, '12:04', 11.02, 57, 30, 'fix', 1),
    (6, '12:02', 11.01, 57.1, 40, 'fix', 2), (6, '11:40', 11.01, 56.9, 40, 'fix', 3),                    -- before and after forks
    (11, '11:58', 11, 57, 10, 'fix', 1), (11, '12:02', 11.02, 57, 30, 'fix', 1),                         -- over the fork
    (7, '08:00', 11, 57, 10, 'fix', 1), (7, '10:00', 11.0005, 57, 10, 'fix', 1),                         -- parked, and asleep
    (8, '10:00', 11, 57, 10, 'fix', 1), (8, '10:01', 11.0001, 57, 10, 'fix', 1), (8, '10:02', 11, 57, 10, 'fix', 1), (8, '10:03', 11.0001, 57, 10, 'fix', 1), (8, '10:03:30', 11.0101, 57, 10, 'fix', 1),
    (9, '10:00', 11, 57, 10, 'fix', 1), (9, '10:01', 12, 57, 10, 'fix', 1), (9, '10:02', 11.001, 57, 10, 'fix', 1), (9, '10:03', 13, 57, 10, 'fix', 1), (9, '10:04', 13.001, 57, 10, 'fix', 1)
    ) v (vehicle, clock, lon, lat, heading, kind, timeline) \g /dev/null

-- What is asked, from the partitions or, where somebody's own policy stands on the table, by statements.
CREATE FUNCTION pg_temp.told(timeline bigint, vehicle bigint, clock text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', p.state, round(p.lon::numeric, 6), round(p.lat::numeric, 6), round(p.heading_deg::numeric, 6), to_char(p.fix_at, 'HH24:MI:SS'), p.age_s, CASE WHEN p.inherited THEN 'inherited' END)
    FROM timevmaps.tv_positions_at(1, timeline, tests.at(clock), vehicle_ids => ARRAY[vehicle]) p
$$;
CREATE TEMP TABLE asked (timeline bigint, vehicle bigint, clock text, right_value text, what text);
INSERT INTO asked VALUES
    (1, 1, '10:02', 'moving 180.000000 0.000000 0.000000 10:00:00 120', 'half-way over 180, and from 350 to 10'),
    (1, 1, '10:01', 'moving 179.750000 0.000000 355.000000 10:00:00 60', 'a quarter'),
    (1, 2, '10:03', 'moving 180.000000 89.000000 347.500000 10:00:00 180', 'three quarters over the pole'),
    (1, 2, '10:00', 'moving 0.000000 88.000000 10.000000 10:00:00 0', 'at a fix'),
    (1, 1, '09:59:59.999999', 'before', 'before the first'),
    (1, 1, '10:04', 'moving -179.500000 0.000000 10.000000 10:04:00 0', 'at the last'),
    (1, 1, '10:09', 'held -179.500000 0.000000 10.000000 10:04:00 300', 'held after the last'),
    (1, 1, '10:09:00.000001', 'after 10:04:00 300.000001', 'and for no longer than the gap'),
    (1, 3, '09:00', 'gap 08:00:00 3600', 'two hours between two fixes'),
    (1, 3, '08:00', 'held 11.000000 57.000000 08:00:00 0', 'at the fix before a gap'),
    (1, 4, '10:00:59', 'held 11.000000 57.000000 10.000000 10:00:00 59', 'before a jump nothing slides'),
    (1, 4, '10:01', 'held 12.000000 58.000000 20.000000 10:01:00 0', 'and then it is there'),
    (1, 5, '10:00:30', 'moving 11.005000 57.000000 15.000000 10:00:00 30', 'up to an end'),
    (1, 5, '10:01:30', 'gap 10:01:00 30', 'after an end nothing is known'),
    (1, 6, '11:59', 'moving 11.005000 57.000000 15.000000 11:58:00 60', 'before the fork'),
    (2, 6, '11:59', 'moving 11.005000 57.000000 15.000000 11:58:00 60 inherited', '... on the branch the same'),
    (2, 6, '12:00', 'moving 11.010000 57.000000 20.000000 12:00:00 0 inherited', 'the parent''s fix at the fork is seen'),
    (2, 6, '12:01', 'held 11.010000 57.000000 20.000000 12:00:00 60 inherited', 'what came a microsecond later is not'),
    (2, 6, '12:02', 'held 11.010000 57.100000 40.000000 12:02:00 0', 'the branch''s own fix'),
    (4, 6, '12:01', 'held 11.010000 57.000000 20.000000 12:00:00 60 inherited', 'a branch without fixes'),
    (4, 6, '12:06', 'after 12:00:00 360 inherited', '... has its parent''s last'),
    (3, 6, '11:30', 'before', 'a grandchild that left earlier than its parent sees less'),
    (3, 6, '11:45', 'held 11.010000 56.900000 40.000000 11:40:00 300', '... and its own'),
    (3, 6, '13:00', 'after 11:40:00 4800', '... and nothing of its parent''s after it left'),
    (1, 7, '09:00', 'stopped 11.000250 57.000000 10.000000 08:00:00 3600', 'asleep where it was parked'),
    (1, 8, '10:01:30', 'stopped 11.000050 57.000000 10.000000 10:01:00 30', 'a stop of three minutes'),
    (1, 8, '10:03:15', 'moving 11.005100 57.000000 10.000000 10:03:00 15', 'and off again'),
    (1, 9, '10:01', 'moving 11.000500 57.000000 10.000000 10:00:00 60', 'an outlier is left out'),
    (1, 9, '10:02:30', 'held 11.001000 57.000000 10.000000 10:02:00 30', 'a new track begins, and nothing slides there'),
    (1, 9, '10:03:30', 'moving 13.000500 57.000000 10.000000 10:03:00 30', '... and goes on'),
    (2, 11, '12:00', 'moving 11.010000 57.000000 20.000000 11:58:00 120 inherited', 'at the fork itself it moves as its parent has it'),
    (2, 11, '12:00:00.000001', 'held 11.000000 57.000000 10.000000 11:58:00 120.000001 inherited', '... and then the branch has its last fix'),
    (1, 10, '10:00', 'before', 'one that never said anything');
GRANT SELECT ON asked TO PUBLIC;
SELECT is(pg_temp.told(timeline, vehicle, clock), right_value, what) FROM asked;
SET SESSION AUTHORIZATION eve;
SELECT is((SELECT count(*) FROM asked WHERE pg_temp.told(timeline, vehicle, clock) IS DISTINCT FROM right_value), 0::bigint, 'a player is told the same');
RESET SESSION AUTHORIZATION;
CREATE POLICY others ON timevmaps.positions FOR SELECT TO tv_player USING (false);
SET SESSION AUTHORIZATION eve;
SELECT is(pg_temp.told(timeline, vehicle, clock), right_value, what || ', by statements') FROM asked;
RESET SESSION AUTHORIZATION;
-- What somebody's policy hides is not shown.
CREATE POLICY hide ON timevmaps.positions AS RESTRICTIVE FOR SELECT TO eve USING (t <> '2026-01-05 10:01+00');
SET SESSION AUTHORIZATION eve;
SELECT is(pg_temp.told(1, 4, '10:01'), 'held 11.000000 57.000000 10.000000 10:00:00 60', 'a fix that a policy hides is none');
RESET SESSION AUTHORIZATION;
DROP POLICY hide ON timevmaps.positions;
DROP POLICY others ON timevmaps.positions;

-- Now: what lies in the future freezes nothing.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, kind) VALUES (1, 1, 10, now() + interval '1 month', 30, 30, 'fix'), (1, 1, 10, now() - interval '10 s', 11, 57, 'fix'),
    (1, 1, 12, now() - interval '301 s', 11, 57, 'fix'), (1, 1, 13, now(), 12, 57, 'end'), (1, 1, 3, now() + interval '1 s', 13, 57, 'fix');
CREATE FUNCTION pg_temp.live(timeline bigint, vehicle bigint) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', l.state, l.lon, l.lat, l.age_s, CASE WHEN l.inherited THEN 'inherited' END) FROM timevmaps.tv_live_positions(1, timeline) l WHERE l.vehicle_id = vehicle
$$;
SELECT is(pg_temp.live(timeline, vehicle), right_value, what) FROM (VALUES (1, 10, 'held 11 57 10', 'a fix a month ahead, then one at now: the latter'), (1, 12, 'after 301', 'silent for longer than a gap'),
    (1, 13, 'held 12 57 0', 'at this moment, and its last')) v (timeline, vehicle, right_value, what);
SELECT is((SELECT l.fix_at FROM timevmaps.tv_live_positions(1, 1) l WHERE l.vehicle_id = 3), tests.at('10:00'), 'a second ahead is not looked at');
SELECT is((SELECT count(*) FROM timevmaps.tv_live_positions(1, 2) l WHERE l.fix_at > tests.at('12:02')), 0::bigint, 'a branch has nothing of its parent after the fork');
SELECT is((SELECT count(*) FROM timevmaps.tv_live_positions(1, 1)), 13::bigint, 'a row for each vehicle');
SELECT is((SELECT concat_ws(' ', l.vehicle_id, l.state, l.lon, l.lat, l.age_s) FROM timevmaps.tv_live_positions(1, 1, 1e9, '{12}') l), '12 held 11 57 301', 'of one vehicle, and where it was last');
SELECT is(tests.refusal('SELECT count(*) FROM timevmaps.' || call), refusal, call) FROM (VALUES
    ('tv_positions_at(1, 1, NULL)', '22023 t'), ('tv_positions_at(1, 1, ''infinity'')', '22023 t'), ('tv_positions_at(1, 1, now(), ''NaN'')', '22023 max_gap_s'), ('tv_positions_at(1, 1, now(), -1)', '22023 max_gap_s'),
    ('tv_positions_at(1, 1, now(), NULL)', '22023 max_gap_s'), ('tv_positions_at(1, 1, now(), 300, ''infinity'')', '22023 known_at'), ('tv_positions_at(1, 1, now(), 300, NULL, ''{{1},{2}}'')', '22023 vehicle_ids'),
    ('tv_positions_at(1, 1, now(), 300, NULL, ''{20}'')', 'PT404 no such vehicle'), ('tv_positions_at(1, 20, now())', 'PT404 no such timeline'), ('tv_positions_at(99, 1, now())', 'PT404 no such world'),
    ('tv_live_positions(1, NULL)', '22023 timeline_id'), ('tv_live_positions(1, 1, -1)', '22023 max_gap_s'), ('tv_live_positions(1, 1, NULL)', '22023 max_gap_s'),
    ('tv_live_positions(1, 1, 300, ''{99}'')', 'PT404 no such vehicle')) v (call, refusal);
SELECT is((SELECT count(*) FROM timevmaps.tv_positions_at(1, 1, 'epoch', vehicle_ids => '{}')), 0::bigint, 'of no vehicle nothing');
SELECT is((SELECT array_agg(vehicle_id) FROM timevmaps.tv_positions_at(1, 1, 'epoch', vehicle_ids => '{3,1,3}')), '{1,3}', 'each once, by id');
SELECT is((SELECT count(*) FROM timevmaps.tv_positions_at(1, 1, t) WHERE state IN ('before', 'after')), 13::bigint, 'at ' || t) FROM unnest('{4713-11-24 00:00 BC,294276-12-31 23:59:59.999999}'::timestamptz[]) t;

SELECT * FROM finish();
ROLLBACK;
