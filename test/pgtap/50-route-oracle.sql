-- Routes on random universes against two oracles that share nothing with them:
--
--   full copy   every branch made a world of its own, its inheritance resolved here in SQL
--               and its gateways carried over: the same answers;
--   relaxation  Bellman-Ford in SQL over all (timeline, place): the same least costs, and
--               every step of a route is one of its edges.
BEGIN;
SELECT plan(15 + 2 * cardinality(timevmaps_internal.tv_metric_names()));
SET LOCAL client_min_messages = warning;

-------------------------------------------------------------- random universes
-- Speeds up to 0.93 c, so that the clocks disagree about the best way.
CREATE FUNCTION pg_temp.speed() RETURNS float LANGUAGE sql AS $$ SELECT tests.pick(ARRAY[30, 3e8, 6e8, 8e8, 1e9, 1e9]::float[]) * (0.9 + random() / 10) $$;
CREATE FUNCTION pg_temp.rarely(anyelement) RETURNS anyelement LANGUAGE sql AS $$ SELECT CASE WHEN random() < 0.4 THEN $1 END $$;

CREATE FUNCTION pg_temp.make_world(place_count integer, segment_count integer, timeline_count integer, world_rules jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    world bigint;
    places bigint[];
    timelines bigint[] := '{}';
    new_timeline bigint;
BEGIN
    INSERT INTO timevmaps.worlds (name, rules) VALUES (gen_random_uuid(), world_rules) RETURNING id INTO world;
    WITH made AS (INSERT INTO timevmaps.places (world_id, lat, lon)
                  SELECT world, 50 + random() * 20, 175 + random() * 5 FROM generate_series(1, place_count) RETURNING id)
    SELECT array_agg(id) INTO places FROM made;
    FOR n IN 1 .. timeline_count LOOP
        INSERT INTO timevmaps.timelines (world_id, label, parent_id)
        VALUES (world, n, CASE WHEN n > 2 THEN CASE WHEN random() < 0.6 THEN new_timeline ELSE tests.pick(timelines) END END) RETURNING id INTO new_timeline;
        timelines := timelines || new_timeline;
    END LOOP;
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id)
    SELECT world, tests.pick(places), tests.pick(places), 10 + random() * 1e5, pg_temp.speed(), tests.pick(ARRAY[0, 0, 0.5]::float[]),
           random() < 0.4, CASE WHEN random() < 0.3 THEN tests.pick(timelines) END
    FROM generate_series(1, segment_count);
    INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed, length_m, speed_kph, base_drag)
    SELECT world, t, s.id, pg_temp.rarely(random() < 0.6), pg_temp.rarely(10 + random() * 1e5), pg_temp.rarely(pg_temp.speed()), pg_temp.rarely(random())
    FROM timevmaps.segments s, unnest(timelines) t WHERE s.world_id = world AND random() < 0.25;
    RETURN world;
END
$$;

SELECT setseed(0.25);
SET LOCAL search_path = pg_temp, public;
CREATE TEMPORARY TABLE universe AS
SELECT u AS universe, w.n AS number, pg_temp.make_world(10, 24, w.timelines, w.rules) AS world
FROM generate_series(1, 2) u, (VALUES
    (1, 6, '{"gr": {"gm": 1e23, "r": 6371008.8}}'::jsonb),
    (2, 3, '{"max_speed_mps": 30, "base_drag": 0.1, "clock": "coordinate"}'),
    (3, 2, '{"sr": false, "clock": "local", "gr": {"gm": 2e23, "r": 6371008.8}, "gravity_multiplier": 1.25}')) w (n, timelines, rules);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional)
SELECT a.timeline, a.place, b.timeline, b.place, random() * 100, random() * 50, tests.pick(ARRAY[1, 1, 0.9, 0.3, 0]::float[]), random() < 0.5
FROM generate_series(1, 2) n,
    LATERAL (SELECT t.id AS timeline, p.id AS place, row_number() OVER (ORDER BY random()) AS k FROM universe u JOIN timevmaps.timelines t ON t.world_id = u.world
             JOIN timevmaps.places p ON p.world_id = u.world WHERE u.universe = n) a
    JOIN LATERAL (SELECT t.id AS timeline, p.id AS place, row_number() OVER (ORDER BY random()) AS k FROM universe u JOIN timevmaps.timelines t ON t.world_id = u.world
             JOIN timevmaps.places p ON p.world_id = u.world WHERE u.universe = n) b USING (k)
WHERE k <= 18 AND (a.timeline, a.place) <> (b.timeline, b.place);
SELECT ok(count(*) > 25, 'there are gateways') FROM timevmaps.gateways;

------------------------------------------------------- inheritance, resolved in SQL
CREATE TEMPORARY TABLE chain AS
WITH RECURSIVE up (timeline, ancestor, depth) AS (
    SELECT t.id, t.id, 0 FROM timevmaps.timelines t
    UNION ALL
    SELECT up.timeline, t.parent_id, up.depth + 1 FROM up JOIN timevmaps.timelines t ON t.id = up.ancestor WHERE t.parent_id IS NOT NULL)
SELECT * FROM up;
SELECT ok(max(depth) >= 3, 'branches nest') FROM chain;

CREATE TEMPORARY TABLE resolved AS
SELECT t.id AS timeline, s.id AS segment, s.world_id AS world, s.a_place_id AS a, s.b_place_id AS b, s.oneway,
       coalesce((array_agg(o.closed ORDER BY c.depth) FILTER (WHERE o.closed IS NOT NULL))[1], false) AS closed,
       coalesce((array_agg(o.length_m ORDER BY c.depth) FILTER (WHERE o.length_m IS NOT NULL))[1], s.length_m) AS length_m,
       coalesce((array_agg(o.speed_kph ORDER BY c.depth) FILTER (WHERE o.speed_kph IS NOT NULL))[1], s.speed_kph) AS speed_kph,
       coalesce((array_agg(o.base_drag ORDER BY c.depth) FILTER (WHERE o.base_drag IS NOT NULL))[1], s.base_drag) AS base_drag
FROM timevmaps.timelines t
    JOIN timevmaps.segments s ON s.world_id = t.world_id
    JOIN chain c ON c.timeline = t.id
    LEFT JOIN timevmaps.segment_overrides o ON o.timeline_id = c.ancestor AND o.segment_id = s.id
WHERE s.timeline_id IS NULL OR s.timeline_id IN (SELECT k.ancestor FROM chain k WHERE k.timeline = t.id)
GROUP BY t.id, s.id;
SELECT ok(count(*) FILTER (WHERE closed) > 50 AND count(*) FILTER (WHERE NOT closed) > 200, 'segments are open here and closed there') FROM resolved;

------------------------------------------------------------------- full copy
CREATE TEMPORARY TABLE copy_timeline (original bigint PRIMARY KEY, world bigint, timeline bigint);
CREATE TEMPORARY TABLE copy_place (timeline bigint, original bigint, place bigint, PRIMARY KEY (timeline, original));
DO $$
DECLARE
    t record;
    p record;
    new_world bigint;
    new_timeline bigint;
    new_place bigint;
BEGIN
    FOR t IN SELECT l.id, l.world_id, w.rules FROM timevmaps.timelines l JOIN timevmaps.worlds w ON w.id = l.world_id ORDER BY l.id LOOP
        INSERT INTO timevmaps.worlds (name, rules) VALUES ('copy of timeline ' || t.id, t.rules) RETURNING id INTO new_world;
        INSERT INTO timevmaps.timelines (world_id, label) VALUES (new_world, 'only') RETURNING id INTO new_timeline;
        INSERT INTO copy_timeline VALUES (t.id, new_world, new_timeline);
        FOR p IN SELECT id, lat, lon FROM timevmaps.places WHERE world_id = t.world_id ORDER BY id DESC LOOP
            INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (new_world, p.lat, p.lon) RETURNING id INTO new_place;
            INSERT INTO copy_place VALUES (t.id, p.id, new_place);
        END LOOP;
        INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway)
        SELECT new_world, a.place, b.place, r.length_m, r.speed_kph, r.base_drag, r.oneway
        FROM resolved r JOIN copy_place a ON (a.timeline, a.original) = (t.id, r.a) JOIN copy_place b ON (b.timeline, b.original) = (t.id, r.b)
        WHERE r.timeline = t.id AND NOT r.closed;
    END LOOP;
END
$$;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional)
SELECT ft.timeline, fp.place, tt.timeline, tp.place, g.base_penalty_s, g.decoherence_s, g.fidelity, g.bidirectional
FROM timevmaps.gateways g
    JOIN copy_timeline ft ON ft.original = g.from_timeline_id JOIN copy_place fp ON (fp.timeline, fp.original) = (g.from_timeline_id, g.from_place_id)
    JOIN copy_timeline tt ON tt.original = g.to_timeline_id JOIN copy_place tp ON (tp.timeline, tp.original) = (g.to_timeline_id, g.to_place_id);

-- Every pair of places on every timeline, each metric: the branch and its copy cost the same.
CREATE TEMPORARY TABLE branch_cost AS
SELECT t.original AS timeline, m.metric, c.*
FROM copy_timeline t JOIN timevmaps.timelines l ON l.id = t.original, unnest(timevmaps_internal.tv_metric_names()) m (metric),
    LATERAL (SELECT array_agg(p.id) AS ids FROM timevmaps.places p WHERE p.world_id = l.world_id) p,
    LATERAL timevmaps.tv_cost_matrix(l.world_id, t.original, p.ids, p.ids, m.metric) c;
CREATE TEMPORARY TABLE full_copy_cost AS
SELECT t.original AS timeline, m.metric, o.original AS origin_place_id, d.original AS dest_place_id, c.cost
FROM copy_timeline t CROSS JOIN unnest(timevmaps_internal.tv_metric_names()) m (metric)
    CROSS JOIN LATERAL (SELECT array_agg(place) AS ids FROM copy_place p WHERE p.timeline = t.original) p
    CROSS JOIN LATERAL timevmaps.tv_cost_matrix(t.world, t.timeline, p.ids, p.ids, m.metric) c
    JOIN copy_place o ON (o.timeline, o.place) = (t.original, c.origin_place_id)
    JOIN copy_place d ON (d.timeline, d.place) = (t.original, c.dest_place_id);
SELECT ok(count(*) > 3000, 'pairs to compare: ' || count(*)) FROM branch_cost;
SELECT is((SELECT count(*) FROM branch_cost b FULL JOIN full_copy_cost f USING (timeline, metric, origin_place_id, dest_place_id)
           WHERE metric = m AND NOT tests.same(b.cost, f.cost)), 0::bigint, 'full copy: the same costs, by ' || m)
FROM unnest(timevmaps_internal.tv_metric_names()) m;

-- From timeline to timeline, whole plans.
CREATE TEMPORARY TABLE journey AS
SELECT row_number() OVER () AS n, lo.world_id AS world, lo.id AS timeline, o.id AS origin, ld.id AS dest_timeline, d.id AS dest, tests.pick(timevmaps_internal.tv_metric_names()) AS metric
FROM (SELECT universe, id, world_id FROM timevmaps.timelines JOIN universe ON world = world_id) lo
    JOIN timevmaps.places o ON o.world_id = lo.world_id
    JOIN (SELECT universe, id, world_id FROM timevmaps.timelines JOIN universe ON world = world_id) ld ON ld.universe = lo.universe
    JOIN timevmaps.places d ON d.world_id = ld.world_id
WHERE lo.id <> ld.id AND random() < 0.02;
CREATE TEMPORARY TABLE plan_here AS
SELECT j.n, r.* FROM journey j, timevmaps.tv_plan_route(j.world, j.timeline, j.origin, j.dest, j.dest_timeline, j.metric) r;
CREATE TEMPORARY TABLE plan_copy AS
SELECT j.n, r.* FROM journey j
    JOIN copy_timeline ct ON ct.original = j.timeline JOIN copy_place cp ON (cp.timeline, cp.original) = (j.timeline, j.origin)
    JOIN copy_timeline dt ON dt.original = j.dest_timeline JOIN copy_place dp ON (dp.timeline, dp.original) = (j.dest_timeline, j.dest)
    CROSS JOIN timevmaps.tv_plan_route(ct.world, ct.timeline, cp.place, dp.place, dt.timeline, j.metric) r;
SELECT ok(count(*) > 250 AND count(p.n) > 80 AND count(p.n) < count(*), format('journeys to compare: %s, of which %s lead there', count(*), count(p.n)))
FROM journey j LEFT JOIN plan_here p USING (n);
SELECT is((SELECT count(*) FROM plan_here a FULL JOIN plan_copy b USING (n)
           WHERE (a.metric = b.metric AND tests.same(a.distance_m, b.distance_m) AND tests.same(a.local_seconds, b.local_seconds)
                      AND tests.same(a.coordinate_seconds, b.coordinate_seconds) AND tests.same(a.traveler_seconds, b.traveler_seconds)
                      AND tests.same(a.eta_seconds, b.eta_seconds) AND cardinality(a.path_place_ids) = cardinality(b.path_place_ids)) IS NOT TRUE),
    0::bigint, 'full copy: the same plans from timeline to timeline');

------------------------------------------------------------------ relaxation
-- Every way to move, with what it costs by the formulas of docs/physics.md, in plain SQL.
CREATE TEMPORARY TABLE rule AS
SELECT w.id AS world, coalesce((w.rules ->> 'max_speed_mps')::float, 'infinity') AS top, coalesce((w.rules ->> 'base_drag')::float, 0) AS drag,
       coalesce((w.rules ->> 'sr')::boolean, true) AS sr,
       sqrt(1 - 2 * coalesce((w.rules ->> 'gravity_multiplier')::float, 1) * (w.rules #>> '{gr,gm}')::float
                / ((w.rules #>> '{gr,r}')::float * 299792458::float ^ 2)) AS dilation
FROM timevmaps.worlds w JOIN universe u ON u.world = w.id;
CREATE TEMPORARY TABLE edge AS
WITH timed AS (
    SELECT r.*, v.v, r.length_m / v.v * (1 + w.drag + r.base_drag) AS local, w.sr, w.dilation
    FROM resolved r JOIN rule w USING (world), LATERAL (SELECT least(r.speed_kph / 3.6, w.top)) v (v)
    WHERE NOT r.closed
), segment AS (
    SELECT timeline, a, b, segment, oneway, length_m AS distance, local, local / coalesce(dilation, 1) AS coordinate,
           local * CASE WHEN sr THEN sqrt(1 - (v / 299792458) ^ 2) ELSE 1 END AS traveler
    FROM timed
), gateway AS (
    SELECT g.*, g.base_penalty_s - g.decoherence_s * ln(g.fidelity) AS penalty
    FROM timevmaps.gateways g JOIN universe u ON u.world = g.from_world_id WHERE g.fidelity > 0
)
SELECT timeline AS from_timeline, a AS from_place, timeline AS to_timeline, b AS to_place, segment, NULL::bigint AS gateway, distance, local, coordinate, traveler FROM segment
UNION ALL
SELECT timeline, b, timeline, a, segment, NULL, distance, local, coordinate, traveler FROM segment WHERE NOT oneway
UNION ALL
SELECT from_timeline_id, from_place_id, to_timeline_id, to_place_id, NULL, id, 0, penalty, penalty, penalty FROM gateway
UNION ALL
SELECT to_timeline_id, to_place_id, from_timeline_id, from_place_id, NULL, id, 0, penalty, penalty, penalty FROM gateway WHERE bidirectional;
CREATE INDEX ON edge (from_timeline, from_place);
ANALYZE edge;

-- From the origins of a few journeys, to everywhere.
CREATE TEMPORARY TABLE origin AS SELECT DISTINCT ON (timeline) world, timeline, origin AS place, n FROM journey ORDER BY timeline, n;
CREATE TEMPORARY TABLE least (origin bigint, metric text, timeline bigint, place bigint, cost float, round integer, PRIMARY KEY (origin, metric, timeline, place));
INSERT INTO least SELECT n, m, timeline, place, 0, 0 FROM origin, unnest(timevmaps_internal.tv_metric_names()) m;
DO $$
DECLARE
    this_round integer := 0;
BEGIN
    LOOP
        INSERT INTO least AS old
        SELECT l.origin, l.metric, e.to_timeline, e.to_place,
               min(l.cost + CASE l.metric WHEN 'local' THEN e.local WHEN 'coordinate' THEN e.coordinate WHEN 'traveler' THEN e.traveler ELSE e.distance END), this_round + 1
        FROM least l JOIN edge e ON (e.from_timeline, e.from_place) = (l.timeline, l.place)
        WHERE l.round = this_round
        GROUP BY 1, 2, 3, 4
        ON CONFLICT (origin, metric, timeline, place) DO UPDATE SET cost = excluded.cost, round = excluded.round WHERE excluded.cost < old.cost;
        EXIT WHEN NOT FOUND;
        this_round := this_round + 1;
    END LOOP;
END
$$;
CREATE TEMPORARY TABLE searched AS
SELECT q.*, c.cost, l.cost AS least
FROM (SELECT o.n AS origin, o.world, o.timeline AS origin_timeline, o.place AS origin_place, m AS metric, t.id AS timeline, p.id AS place
      FROM origin o JOIN universe u ON u.world = o.world JOIN universe v ON v.universe = u.universe
          JOIN timevmaps.timelines t ON t.world_id = v.world JOIN timevmaps.places p ON p.world_id = v.world
          CROSS JOIN unnest(timevmaps_internal.tv_metric_names()) m
      WHERE random() < 0.08) q
    LEFT JOIN LATERAL (SELECT r.cost FROM timevmaps.tv_route_cost(q.world, q.origin_timeline, q.origin_place, q.place, q.timeline, q.metric) r) c ON true
    LEFT JOIN least l USING (origin, metric, timeline, place);
SELECT ok(count(*) > 400 AND count(least) > 150, format('least costs to compare: %s, of which %s exist', count(*), count(least))) FROM searched;
SELECT is((SELECT count(*) FROM searched WHERE metric = m AND NOT tests.same(cost, least)), 0::bigint, 'relaxation: the same costs, by ' || m)
FROM unnest(timevmaps_internal.tv_metric_names()) m;
SELECT ok(count(*) > 10, 'the clocks disagree about the best way: ' || count(*))
FROM journey j CROSS JOIN timevmaps.tv_plan_route(j.world, j.timeline, j.origin, j.dest, j.dest_timeline, 'traveler') a
    CROSS JOIN timevmaps.tv_plan_route(j.world, j.timeline, j.origin, j.dest, j.dest_timeline, 'local') b
WHERE a.path_place_ids <> b.path_place_ids;

-- Steps of the plans: edges, joined end to end, that add up.
CREATE TEMPORARY TABLE step AS
SELECT j.n, s.*, lag(s.timeline_id) OVER w AS from_timeline, lag(s.place_id) OVER w AS from_place
FROM journey j, timevmaps.tv_route_steps(j.world, j.timeline, j.origin, j.dest, j.dest_timeline, j.metric) s
WINDOW w AS (PARTITION BY j.n ORDER BY s.seq);
SELECT is((SELECT array_agg(n ORDER BY n) FROM plan_here), (SELECT array_agg(DISTINCT n ORDER BY n) FROM step), 'every plan has steps');
SELECT is((SELECT count(*) FROM step s WHERE seq > 1 AND NOT EXISTS (
    SELECT FROM edge e WHERE (e.from_timeline, e.from_place, e.to_timeline, e.to_place) = (s.from_timeline, s.from_place, s.timeline_id, s.place_id)
        AND e.segment IS NOT DISTINCT FROM s.segment_id AND e.gateway IS NOT DISTINCT FROM s.gateway_id
        AND tests.same(e.distance, s.distance_m) AND tests.same(e.local, s.local_seconds)
        AND tests.same(e.coordinate, s.coordinate_seconds) AND tests.same(e.traveler, s.traveler_seconds))),
    0::bigint, 'each step is an edge of its timeline, with its costs');
SELECT is((SELECT count(*) FROM plan_here p JOIN journey j USING (n)
           WHERE (p.path_place_ids, p.path_timeline_ids) IS DISTINCT FROM
                 (SELECT (array_agg(s.place_id ORDER BY s.seq), array_agg(s.timeline_id ORDER BY s.seq)) FROM step s WHERE s.n = p.n)
              OR (p.path_place_ids[1], p.path_timeline_ids[1]) <> (j.origin, j.timeline)
              OR (p.path_place_ids[cardinality(p.path_place_ids)], p.path_timeline_ids[cardinality(p.path_place_ids)]) <> (j.dest, j.dest_timeline)),
    0::bigint, 'from end to end');
SELECT is((SELECT count(*) FROM plan_here p JOIN (
        SELECT n, sum(distance_m) AS distance_m, sum(local_seconds) AS local_seconds, sum(coordinate_seconds) AS coordinate_seconds, sum(traveler_seconds) AS traveler_seconds,
               max(total_distance_m) AS last_distance_m, max(total_local_seconds) AS last_local_seconds
        FROM step GROUP BY n) s USING (n)
    WHERE NOT (tests.same(p.distance_m, s.distance_m) AND tests.same(p.local_seconds, s.local_seconds)
        AND tests.same(p.coordinate_seconds, s.coordinate_seconds) AND tests.same(p.traveler_seconds, s.traveler_seconds)
        AND p.distance_m = s.last_distance_m AND p.local_seconds = s.last_local_seconds)),
    0::bigint, 'they add up to the plan');
SELECT is((SELECT count(*) FROM plan_here WHERE NOT (tests.same(local_seconds + coordinate_minus_local_seconds, coordinate_seconds)
        AND tests.same(local_seconds + traveler_minus_local_seconds, traveler_seconds)
        AND coordinate_minus_local_seconds >= 0 AND traveler_minus_local_seconds <= 0)), 0::bigint, 'differences are those of the clocks');
SELECT is((SELECT count(*) FROM plan_here p, timevmaps.places o, timevmaps.places d
           WHERE o.id = p.origin_id AND d.id = p.dest_id
             AND NOT (ST_Equals(ST_StartPoint(p.geom), o.geom) AND ST_Equals(ST_EndPoint(p.geom), d.geom))), 0::bigint, 'the course leads from place to place');
SELECT is((SELECT count(*) FROM plan_here p JOIN timevmaps.worlds w ON w.id = p.world_id
           WHERE p.eta_seconds <> CASE coalesce(w.rules ->> 'clock', 'traveler') WHEN 'local' THEN p.local_seconds WHEN 'coordinate' THEN p.coordinate_seconds ELSE p.traveler_seconds END),
    0::bigint, 'the arrival is on the clock of the rules');
SELECT * FROM finish();
ROLLBACK;
