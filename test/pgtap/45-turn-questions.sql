-- Points between places, departures and alternatives by rules for turns, against every way on from every passage of a segment
-- (test/lib/turn_oracle.sql): from rows and from prepared graphs.  Committed, for no graph is prepared of what a transaction has written itself.
SET client_min_messages = warning;
\ir ../lib/turn_oracle.sql
SELECT no_plan();
SELECT setseed(0.375) \g /dev/null
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'free', '{"sr": false, "clock": "local"}'), (2, 'seconds', '{"sr": false, "clock": "local", "u_turn_s": 25}'),
    (3, 'no', '{"sr": false, "clock": "local", "u_turn_s": "no"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT w, w, 'main', NULL FROM generate_series(1, 3) w;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT w + 10, w, 'branch', w FROM generate_series(1, 3) w;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 100 * w + n, w, 50 + (n / 5) * 0.01 + random() * 0.004, 10 + (n % 5) * 0.01 + random() * 0.004 FROM generate_series(1, 3) w, generate_series(0, 19) n;
-- A grid with holes and diagonals: no two roads are at the same place.
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
SELECT a.world_id, least(a.id * f, b.id * f) * f, greatest(a.id * f, b.id * f) * f, 300 + random() * 1000, 20 + random() * 40, random() < 0.2
FROM timevmaps.places a JOIN timevmaps.places b ON a.world_id = b.world_id AND (b.id = a.id + 5 OR b.id = a.id + 1 AND a.id % 5 < 4 OR b.id = a.id + 6 AND a.id % 5 < 4 AND a.id % 3 = 0),
    LATERAL (SELECT CASE WHEN random() < 0.5 AND a.id > 0 THEN 1 ELSE -1 END AS f) d WHERE random() < 0.85;
INSERT INTO timevmaps.turns (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
SELECT m.world_id, m.line, m.f, m.via, m.t, m.k, CASE WHEN m.k = 'cost' THEN tests.pick('{0,10,60}'::float[]) END
FROM (SELECT f.world_id, tests.pick(ARRAY[NULL, f.world_id, f.world_id, f.world_id + 10]) AS line, f.id AS f, v.via, t.id AS t, tests.one_of('no', 'no', 'only', 'cost') AS k
      FROM timevmaps.segments f CROSS JOIN LATERAL (VALUES (f.a_place_id), (f.b_place_id)) v (via) JOIN timevmaps.segments t ON v.via IN (t.a_place_id, t.b_place_id)
      WHERE random() < 0.22) m;
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) SELECT w, w, 'half', array_fill(0.5::float, '{168}') FROM generate_series(1, 3) w;
INSERT INTO timevmaps.segment_profiles (world_id, segment_id, profile_id) SELECT world_id, id, world_id FROM timevmaps.segments WHERE id % 2 = 0;
SELECT turns.prepare() \g /dev/null
ANALYZE turns.passage, turns.turn;
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
SELECT timevmaps.tv_prepare_graph(2) \g /dev/null
SELECT timevmaps.tv_prepare_graph(3) \g /dev/null

-- Points: what is left of the segment that one stands on, and so much of the last.
CREATE TABLE point AS
SELECT n, world, world + 10 * (n % 2) AS line, 10 + random() * 0.045 AS from_lon, 50 + random() * 0.035 AS from_lat, 10 + random() * 0.045 AS to_lon, 50 + random() * 0.035 AS to_lat,
       tests.one_of('any', 'any', 'largest') AS snap_to
FROM generate_series(1, 90) n, LATERAL (SELECT 1 + n % 3 AS world) w;
CREATE FUNCTION pg_temp.between(line bigint, from_segment bigint, from_fraction float, to_segment bigint, to_fraction float) RETURNS float LANGUAGE sql AS $$
    WITH first AS (SELECT array_agg(p.n ORDER BY p.n) AS n, array_agg(p.local * CASE WHEN p.reverse THEN from_fraction ELSE 1 - from_fraction END ORDER BY p.n) AS cost
                   FROM turns.passage p WHERE p.segment = from_segment AND p.from_timeline = line)
    SELECT min(cost) FROM (
        SELECT c.cost + t.penalty + q.local * CASE WHEN q.reverse THEN 1 - to_fraction ELSE to_fraction END
        FROM first f, unnest(turns.least(f.n, f.cost, 'local')) WITH ORDINALITY c (cost, n) JOIN turns.turn t ON t.from_passage = c.n JOIN turns.passage q ON q.n = t.to_passage
        WHERE q.segment = to_segment AND q.from_timeline = line AND c.cost IS NOT NULL AND t.penalty < 'infinity'
        UNION ALL
        SELECT p.local * abs(to_fraction - from_fraction) FROM turns.passage p
        WHERE p.segment = from_segment AND p.from_timeline = line AND from_segment = to_segment AND (to_fraction = from_fraction OR p.reverse = (to_fraction < from_fraction))) w (cost)
$$;
CREATE TABLE answer AS
SELECT g.prepared, p.*, r.*, a.*, b.* FROM (VALUES ('off'), ('on')) g (prepared) CROSS JOIN LATERAL (SELECT set_config('timevmaps.prepared_graph', g.prepared, false)) s
    CROSS JOIN point p
    LEFT JOIN LATERAL (SELECT r.local_seconds, r.from_segment_id, r.to_segment_id, r.from_fraction, r.to_fraction FROM timevmaps.tv_plan_point_route(p.world, p.line, p.from_lon, p.from_lat, p.to_lon, p.to_lat, NULL, 'local', p.snap_to) r WHERE s.set_config IS NOT NULL) r ON true
    CROSS JOIN LATERAL (SELECT k.segment_id AS from_id, k.fraction AS from_at FROM timevmaps.tv_snap(p.world, p.line, p.from_lon, p.from_lat, p.snap_to) k) a
    CROSS JOIN LATERAL (SELECT k.segment_id AS to_id, k.fraction AS to_at FROM timevmaps.tv_snap(p.world, p.line, p.to_lon, p.to_lat, p.snap_to) k) b;
SELECT is((SELECT string_agg(format('point %s on %s, prepared %s: %s, not %s', n, line, prepared, local_seconds, wanted), E'\n')
           FROM answer, LATERAL pg_temp.between(line, coalesce(from_segment_id, from_id), coalesce(from_fraction, from_at), coalesce(to_segment_id, to_id), coalesce(to_fraction, to_at)) w (wanted)
           WHERE NOT tests.same(local_seconds, wanted)), NULL, 'from point to point what is least');
-- Where several segments end that are nearest, the best of them.
SELECT is((SELECT count(*) FROM answer, LATERAL pg_temp.between(line, from_id, from_at, to_id, to_at) w (wanted) WHERE local_seconds > wanted * (1 + 1e-9) OR local_seconds IS NULL AND wanted IS NOT NULL),
    0::bigint, 'and never more than on the segments that a point alone is put on');
SELECT is((SELECT count(*) FROM answer WHERE snap_to = 'largest' AND local_seconds IS NULL), 0::bigint,
    format('two points on the largest part always have a route: %s', (SELECT count(*) FROM answer WHERE snap_to = 'largest')));

-- Departures: with hours at half the speed, as on a branch where it is half.
CREATE TABLE departure AS
SELECT n, world, world + 10 * (n % 2) AS line, 100 * world + n % 20 AS origin, 100 * world + (7 * n + 3) % 20 AS dest FROM generate_series(1, 120) n, LATERAL (SELECT 1 + n % 3 AS world) w;
CREATE TABLE timed AS
SELECT g.prepared, d.*, t.local_seconds, t.path_place_ids FROM (VALUES ('off'), ('on')) g (prepared) CROSS JOIN LATERAL (SELECT set_config('timevmaps.prepared_graph', g.prepared, false)) s CROSS JOIN departure d
    LEFT JOIN LATERAL timevmaps.tv_plan_route_at(d.world, d.line, d.origin, d.dest, '2026-01-05 08:50+00') t ON s.set_config IS NOT NULL;
UPDATE turns.passage SET local = local * 2 WHERE segment % 2 = 0;
CREATE TABLE halved AS SELECT d.n, c.cost FROM departure d, LATERAL turns.costs(d.line, d.origin, 'local') c WHERE (c.to_timeline, c.to_place) = (d.line, d.dest);
UPDATE turns.passage SET local = local / 2 WHERE segment % 2 = 0;
SELECT is((SELECT string_agg(format('%s to %s on %s, prepared %s: %s, not %s', origin, dest, line, prepared, local_seconds, cost), E'\n')
           FROM timed LEFT JOIN halved USING (n) WHERE NOT tests.same(local_seconds, cost)), NULL, 'who leaves at an hour pays for turns as at any hour');

-- Alternatives: each goes where one may, costs what it does, and begins with the best.
CREATE TABLE other AS
SELECT g.prepared, d.*, r.rank, r.cost, r.path_place_ids FROM (VALUES ('off'), ('on')) g (prepared) CROSS JOIN LATERAL (SELECT set_config('timevmaps.prepared_graph', g.prepared, false)) s CROSS JOIN departure d,
    LATERAL timevmaps.tv_route_alternatives(d.world, d.line, d.origin, d.dest, k => 4, max_stretch => 2, min_optimality => 0.1) r WHERE s.set_config IS NOT NULL;
SELECT ok(count(*) FILTER (WHERE rank > 1) > 50, 'other ways: ' || count(*) FILTER (WHERE rank > 1)) FROM other;
SELECT is((SELECT string_agg(format('%s: %s, not %s', o.path_place_ids, o.cost, w.cost), E'\n') FROM other o,
    LATERAL (SELECT sum(p.local + coalesce(t.penalty, 0)) FROM (
        SELECT p.*, lag(p.n) OVER (ORDER BY i) AS came FROM generate_series(2, cardinality(o.path_place_ids)) i
            JOIN turns.passage p ON (p.from_timeline, p.to_timeline, p.from_place, p.to_place) = (o.line, o.line, o.path_place_ids[i - 1], o.path_place_ids[i])) p
        LEFT JOIN turns.turn t ON (t.from_passage, t.to_passage) = (p.came, p.n)) w (cost)
    WHERE cardinality(o.path_place_ids) > 1 AND NOT tests.same(o.cost, w.cost)), NULL, 'each costs what its segments and turns do');
SELECT is((SELECT count(*) FROM other o, LATERAL turns.costs(o.line, o.origin, 'local') c WHERE o.rank = 1 AND (c.to_timeline, c.to_place) = (o.line, o.dest) AND NOT tests.same(o.cost, c.cost)), 0::bigint, 'the first is the best');
SELECT is((SELECT count(*) FROM (SELECT n, rank, path_place_ids FROM other WHERE prepared = 'off' EXCEPT SELECT n, rank, path_place_ids FROM other WHERE prepared = 'on') d), 0::bigint, 'from prepared graphs the same');
SELECT * FROM finish();
