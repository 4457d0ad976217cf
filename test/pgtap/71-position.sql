-- Vehicles and positions as plain SQL writes them: what is refused, what a key means, and what goes with what.
BEGIN;
SELECT no_plan();

INSERT INTO timevmaps.worlds (id, name, owner, rules) VALUES (1, 'one', 'ann', '{}'), (2, 'two', 'ann', '{"fix_ahead_s": 1e9, "fix_null_island": true}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2026-01-01 12:00Z'), (3, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'bus'), (2, 1, 'tram'), (3, 2, 'boat');

SELECT setval('timevmaps.timelines_id_seq', 100), setval('timevmaps.vehicles_id_seq', 100) \g /dev/null
-- Forks.
SELECT is(tests.outcome($$INSERT INTO timevmaps.timelines (world_id, label, fork_at) VALUES (1, 'x', now())$$), '23514', 'a root has left nobody');
SELECT is(tests.outcome($$INSERT INTO timevmaps.timelines (world_id, label, parent_id, fork_at) VALUES (1, 'x', 1, 'infinity')$$), '23514', 'a fork is at a time');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (4, 1, 'now', 1);
SELECT is(fork_at, now(), 'a branch that does not say leaves now') FROM timevmaps.timelines WHERE id = 4;
SELECT is(tests.outcome($$UPDATE timevmaps.timelines SET fork_at = '2020-01-01' WHERE id = 2$$), '23514', 'and that is fixed');
SELECT is((timevmaps.tv_branch(1, 'earlier', NULL, '2026-01-01')).fork_at, '2026-01-01'::timestamptz, 'tv_branch() is told when');
SELECT is((timevmaps.tv_branch(1, 'at once')).fork_at, now(), 'or not');

-- What a row must be.
SELECT is(tests.outcome(format('INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, %s) VALUES (1, 1, 1, ''2026-01-01'', 1, 1, %s)', c.name, c.value)), '23514', c.name || ' ' || c.value)
FROM (VALUES ('alt_m', '''NaN'''), ('alt_m', '''Infinity'''), ('alt_m', '''-Infinity'''), ('speed_mps', '-1'), ('speed_mps', '''NaN'''), ('speed_mps', '''Infinity'''), ('heading_deg', '360'),
    ('heading_deg', '-1'), ('heading_deg', '''NaN'''), ('accuracy_m', '-1'), ('accuracy_m', '''NaN'''), ('clock', '''wrist'''), ('kind', '''leap'''), ('segment_id', '1'), ('fraction', '0.5'),
    ('segment_id, fraction', '1, 1.5'), ('segment_id, fraction', '1, ''NaN'''), ('props', '''[]'''), ('props', format('''{"a": "%s"}''', repeat('x', 65536))), ('recorded_at', '''infinity''')) c (name, value);
SELECT is(tests.outcome(format('INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, %s)', v)), '23514', v)
FROM unnest(ARRAY['''2026-01-01'', ''NaN'', 1', '''2026-01-01'', 1, ''NaN''', '''2026-01-01'', 180.1, 1', '''2026-01-01'', 1, -90.1', '''infinity'', 1, 1', '''-infinity'', 1, 1']) v;
SELECT is(tests.outcome(format('INSERT INTO timevmaps.vehicles (world_id, name, %s) VALUES (1, ''new'', %s)', c.name, c.value)), '23514', c.name || ' ' || c.value)
FROM (VALUES ('max_speed_mps', '0'), ('max_speed_mps', '''NaN'''), ('max_speed_mps', '''Infinity'''), ('kind', ''''''), ('profile', ''''''), ('props', '''1''')) c (name, value);

-- What a statement's rows must be.
CREATE FUNCTION pg_temp.insert(world bigint, timeline bigint, vehicle bigint, t timestamptz, lon float8 DEFAULT 1, lat float8 DEFAULT 1, clock text DEFAULT 'device') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', a.state, a.message)
    FROM tests.attempt(format('INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, clock) VALUES (1, 1, 1, ''2026-01-01 00:00Z'', 1, 1, ''device''), (%s, %s, %s, %L, %s, %s, %L) ON CONFLICT DO NOTHING RETURNING 1',
        world, timeline, vehicle, t, lon, lat, clock)) a
$$;
SELECT is(pg_temp.insert(1, 9, 1, '2026-01-02'), '23503 no such timeline', 'a timeline that is none');
SELECT is(pg_temp.insert(1, 3, 1, '2026-01-02'), '23503 no such timeline', 'a timeline of another world');
SELECT is(pg_temp.insert(1, 1, 9, '2026-01-02'), '23503 no such vehicle', 'a vehicle that is none');
SELECT is(pg_temp.insert(1, 1, 3, '2026-01-02'), '23503 no such vehicle', 'a vehicle of another world');
SELECT is(pg_temp.insert(1, 2, 1, '2026-01-01 12:00Z'), '23514 t: not after the branch left its parent', 'at the fork');
SELECT is(pg_temp.insert(1, 2, 1, '2026-01-01 12:00:00.000001Z'), '', 'and after it');
SELECT is(pg_temp.insert(1, 1, 1, now() + interval '25 hours'), '23514 t: too far ahead', 'further ahead than a day');
SELECT is(pg_temp.insert(1, 1, 1, now() + interval '23 hours'), '', 'and less');
SELECT is(pg_temp.insert(2, 3, 3, now() + interval '30 days'), '', 'a world may allow more');
SELECT is(pg_temp.insert(1, 1, 1, '2026-01-02', 0, 0), '23514 lon: 0, 0 is where a device is that does not know', '0, 0 of a device');
SELECT is(pg_temp.insert(1, 1, 1, '2026-01-02', 0, 0, 'simulated'), '', 'but not of others');
SELECT is(pg_temp.insert(2, 3, 3, '2026-01-02', 0, 0), '', 'nor where the world allows it');

-- A key, and what is corrected.
DELETE FROM timevmaps.positions;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, recorded_at) VALUES (1, 1, 1, '2026-01-01 00:00Z', 1, 1, '2026-01-01 00:00:01Z');
SELECT is(tests.outcome($$INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, '2026-01-01 00:00Z', 2, 2)$$), '23505', 'one fix of a vehicle and a time');
SELECT is(tests.outcome(format('UPDATE timevmaps.positions SET %s', s)), '23514', s) FROM unnest('{world_id = 2,timeline_id = 2,vehicle_id = 2,t = now()}'::text[]) s;
SELECT is(tests.outcome('UPDATE timevmaps.positions SET lon = 0, lat = 0'), '23514', '0, 0 is no correction');
UPDATE timevmaps.positions SET lon = 2;
SELECT ok(recorded_at > now() - interval '1 minute', 'what is corrected was recorded then') FROM timevmaps.positions;

-- What goes with what; orphans of a race go later.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT 1, l, v, '2026-01-01 13:00Z'::timestamptz + n * interval '1 hour', 1, 1 FROM unnest('{1,2}'::bigint[]) l, unnest('{1,2}'::bigint[]) v, generate_series(1, 40) n;
SELECT is(timevmaps.tv_delete_rows('vehicles', '{1}'), 1::bigint, 'a vehicle is deleted');
SELECT is((SELECT array_agg(DISTINCT vehicle_id) FROM timevmaps.positions), '{2}', 'with its positions');
DELETE FROM timevmaps.timelines WHERE id = 2;
SELECT is((SELECT array_agg(DISTINCT timeline_id) FROM timevmaps.positions), '{1}', 'and so is a timeline');
SELECT * FROM finish();
ROLLBACK;
