-- Four hundred days and a chain of a hundred timelines, against plain SQL: which fix is the last before a moment, and what is after it.
\ir ../lib/motion-oracle.sql
BEGIN;
SELECT plan(7);
SELECT setseed(0.37);
SET LOCAL timezone = 'UTC';
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'w', '{"fix_ahead_s": 1e10}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at)
SELECT n, 1, 't' || n, nullif(n - 1, 0), CASE WHEN n > 1 THEN timestamptz '2025-01-01 12:00+00' + interval '4 days' * (n - 1) END FROM generate_series(1, 100) n ORDER BY n;
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT n, 1, 'v' || n FROM generate_series(1, 5) n;
SELECT is((SELECT count(timevmaps_internal.tv_positions_partition(day::date)) FROM generate_series(date '2025-01-01', date '2026-02-04', '1 day') day WHERE extract(day FROM day) <> 13), 387::bigint,
    'all days but each thirteenth, which the default partition has, have their own');
-- 1: once, long ago. 2: an hour after each fork. 3: nothing. 4: here and there, on any timeline. 5: before the fork and exactly at it.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, '2025-01-02 03:04:05+00', 11, 57);
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT 1, l.id, 2, l.fork_at + interval '1 hour', 11 + 0.01 * l.id, 57 FROM timevmaps.timelines l WHERE l.id > 1;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 1, l.id, 4, greatest(l.fork_at, '2025-01-01') + interval '1 s' * (1 + 40e6 * random() ^ 3), 180 * random(), 80 * random() FROM timevmaps.timelines l, generate_series(1, 20) n ON CONFLICT DO NOTHING;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT 1, l.parent_id, 5, l.fork_at + d, 11, 57 + 0.001 * l.id FROM timevmaps.timelines l, (VALUES (interval '-1 min'), ('0'), ('1 us')) d (d) WHERE l.parent_id > 1;
ANALYZE timevmaps.positions;
SELECT cmp_ok((SELECT count(*) FROM timevmaps.positions_default), '>', 20::bigint, 'the default partition has some');

CREATE TEMP TABLE moments AS
SELECT row_number() OVER () AS id, m.* FROM (
    SELECT 1 + floor(random() * 100)::bigint AS timeline_id, timestamptz '2024-12-30' + interval '1 s' * (random() * 36e6) AS t FROM generate_series(1, 200)
    UNION ALL SELECT n, l.fork_at + d FROM timevmaps.timelines l, (VALUES (interval '0'), ('1 us'), ('61 min')) d (d), unnest('{40,100}'::bigint[]) n WHERE l.id % 7 = 0) m;
CREATE TEMP TABLE answers AS SELECT m.id, m.t, m.timeline_id, p.* FROM moments m, LATERAL timevmaps.tv_positions_at(1, m.timeline_id, m.t) p;
CREATE TEMP TABLE right_answers AS
SELECT m.id, v.id AS vehicle_id, f.t AS fix_at, f.timeline_id AS fix_timeline
FROM moments m CROSS JOIN timevmaps.vehicles v LEFT JOIN LATERAL (
    SELECT p.t, p.timeline_id FROM tests.motion_chain(tests.motion_owner(m.timeline_id, m.t)) c JOIN timevmaps.positions p ON p.timeline_id = c.id
    WHERE p.vehicle_id = v.id AND p.t > c.fork_at AND p.t <= m.t
      AND p.t <= (SELECT coalesce(min(y.fork_at), 'infinity') FROM tests.motion_chain(tests.motion_owner(m.timeline_id, m.t)) y WHERE y.depth < c.depth)
    ORDER BY p.t DESC LIMIT 1) f ON true;
SELECT is((SELECT count(*) FROM answers a FULL JOIN right_answers r USING (id, vehicle_id)
    WHERE a.fix_at IS DISTINCT FROM r.fix_at OR a.inherited IS DISTINCT FROM (r.fix_timeline <> a.timeline_id) OR (a.state = 'before') <> (r.fix_at IS NULL)), 0::bigint, 'the last fix is found in whatever day and timeline');
SELECT cmp_ok((SELECT count(*) FROM answers WHERE inherited AND age_s > 1e6), '>', 100::bigint, '... also one that is old and inherited');
SELECT is((SELECT count(*) FROM timevmaps.tv_replay(1, 100, '2025-01-01', '2026-02-04', 43000.7) r JOIN LATERAL timevmaps.tv_positions_at(1, 100, r.t, vehicle_ids => ARRAY[r.vehicle_id]) p ON true
    WHERE (r.state, r.lon, r.lat, r.fix_at, r.inherited) IS DISTINCT FROM (p.state, p.lon, p.lat, p.fix_at, p.inherited)), 0::bigint, 'a replay over all forks');

CREATE POLICY others ON timevmaps.positions FOR SELECT TO tv_player USING (false);
GRANT ALL ON moments, answers TO eve;
SET SESSION AUTHORIZATION eve;
SELECT is((SELECT count(*) FROM answers a JOIN LATERAL timevmaps.tv_positions_at(1, a.timeline_id, a.t, vehicle_ids => ARRAY[a.vehicle_id]) p ON true WHERE a.id % 29 = 0
    AND to_jsonb(p) IS DISTINCT FROM to_jsonb(a) - '{id,t,timeline_id}'::text[]), 0::bigint, 'by statements the same');
SELECT is((SELECT count(*) FROM timevmaps.tv_replay(1, 30, '2025-01-01', '2025-02-04', 430007)), 35::bigint, 'replays, too');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
