-- Rules for turns on random universes against every way on from every passage of a segment (test/lib/turn_oracle.sql):
-- the same least costs from all places to all, whoever asks, and no step that may not follow the one before.
\ir ../lib/turn_oracle.sql
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL timevmaps.prepared_graph = off;

CREATE FUNCTION pg_temp.make_world(world_rules jsonb, place_count integer, segment_count integer, timeline_count integer, turn_count integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    world bigint;
    places bigint[];
    timelines bigint[] := '{}';
    new_timeline bigint;
BEGIN
    INSERT INTO timevmaps.worlds (name, rules) VALUES (gen_random_uuid(), world_rules) RETURNING id INTO world;
    WITH made AS (INSERT INTO timevmaps.places (world_id, lat, lon)
                  SELECT world, 50 + random() * 0.1, 10 + random() * 0.1 FROM generate_series(1, place_count) RETURNING id)
    SELECT array_agg(id) INTO places FROM made;
    FOR n IN 1 .. timeline_count LOOP
        INSERT INTO timevmaps.timelines (world_id, label, parent_id)
        VALUES (world, n, CASE WHEN n > 1 THEN CASE WHEN random() < 0.6 THEN new_timeline ELSE tests.pick(timelines) END END) RETURNING id INTO new_timeline;
        timelines := timelines || new_timeline;
    END LOOP;
    -- Each with a course of its own, so that no two are equally near.
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id, geom)
    SELECT world, s.a, s.b, 10 + random() * 1000, 20 + random() * 80, random() < 0.25, CASE WHEN random() < 0.2 THEN tests.pick(timelines) END,
           ST_MakeLine(ARRAY[a.geom, ST_SetSRID(ST_MakePoint(10 + random() * 0.1, 50 + random() * 0.1), 4326), b.geom])
    FROM (SELECT tests.pick(places) AS a, tests.pick(places) AS b FROM generate_series(1, segment_count)) s
        JOIN timevmaps.places a ON a.id = s.a JOIN timevmaps.places b ON b.id = s.b;
    INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed)
    SELECT world, t, s.id, random() < 0.7 FROM timevmaps.segments s, unnest(timelines) t WHERE s.world_id = world AND random() < 0.15;
    -- Nothing is said twice, at places where one may turn.
    INSERT INTO timevmaps.turns (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
    SELECT world, m.line, m.from_id, m.via, m.to_id, m.k, CASE WHEN m.k = 'cost' THEN m.penalty END
    FROM (SELECT DISTINCT l.line, f.id AS from_id, p.via, g.id AS to_id, tests.one_of('no', 'no', 'no', 'only', 'cost', 'cost') AS k, tests.pick(ARRAY[0, 5, 50, 500]::float[]) AS penalty
          FROM timevmaps.segments f CROSS JOIN LATERAL (SELECT f.a_place_id UNION SELECT f.b_place_id) p (via)
              JOIN timevmaps.segments g ON p.via IN (g.a_place_id, g.b_place_id),
              unnest(timelines || NULL::bigint) l (line)
          WHERE f.world_id = world AND g.world_id = world) m
    ORDER BY random() LIMIT turn_count;
    RETURN world;
END
$$;

SELECT setseed(0.125);
CREATE TEMPORARY TABLE universe AS
SELECT u AS universe, pg_temp.make_world(w.rules, 7, w.segments, w.timelines, w.turns) AS world
FROM generate_series(1, 4) u, (VALUES
    ('{"sr": false, "clock": "local"}'::jsonb, 28, 4, 160),
    ('{"sr": false, "clock": "local", "u_turn_s": 40}', 24, 3, 60),
    ('{"clock": "coordinate", "u_turn_s": "no"}', 22, 3, 90),
    ('{"sr": false, "clock": "local", "u_turn_s": "no"}', 16, 2, 0)) w (rules, segments, timelines, turns);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional)
SELECT a.timeline, a.place, b.timeline, b.place, random() * 100, 0, 1, random() < 0.5
FROM generate_series(1, 4) n,
    LATERAL (SELECT t.id AS timeline, p.id AS place, row_number() OVER (ORDER BY random()) AS k FROM universe u JOIN timevmaps.timelines t ON t.world_id = u.world
             JOIN timevmaps.places p ON p.world_id = u.world WHERE u.universe = n) a
    JOIN LATERAL (SELECT t.id AS timeline, p.id AS place, row_number() OVER (ORDER BY random()) AS k FROM universe u JOIN timevmaps.timelines t ON t.world_id = u.world
             JOIN timevmaps.places p ON p.world_id = u.world WHERE u.universe = n) b USING (k)
WHERE k <= 5 AND (a.timeline, a.place) <> (b.timeline, b.place);
SELECT turns.prepare();
ANALYZE turns.passage, turns.turn;
SELECT ok(count(*) FILTER (WHERE penalty = 'infinity') > 100 AND count(*) FILTER (WHERE penalty BETWEEN 1 AND 1000) > 100, format('turns are forbidden (%s) and cost something (%s)', count(*) FILTER (WHERE penalty = 'infinity'), count(*) FILTER (WHERE penalty BETWEEN 1 AND 1000)))
FROM turns.turn;

-- From every place of every timeline to all, and what each asks for itself.
CREATE TEMPORARY TABLE origin AS
SELECT row_number() OVER (ORDER BY t.id, p.id) AS n, u.world, t.id AS timeline, p.id AS place,
       coalesce((ARRAY['distance', 'local', 'coordinate', 'traveler'])[1 + (row_number() OVER (ORDER BY t.id, p.id)) % 5], w.rules ->> 'clock') AS metric
FROM universe u JOIN timevmaps.worlds w ON w.id = u.world JOIN timevmaps.timelines t ON t.world_id = u.world JOIN timevmaps.places p ON p.world_id = u.world;
CREATE TEMPORARY TABLE least AS
SELECT o.n, o.metric, o.world, o.timeline, o.place, c.* FROM origin o, LATERAL turns.costs(o.timeline, o.place, o.metric) c;
SELECT ok(count(*) > 3000, count(*) || ' pairs') FROM least;

SELECT is((SELECT string_agg(format('%s from place %s on %s to %s on %s: %s, not %s', o.metric, o.place, o.timeline, coalesce(l.to_place, i.place_id), coalesce(l.to_timeline, i.timeline_id), i.cost, l.cost), E'\n')
           FROM origin o, LATERAL (SELECT * FROM least WHERE least.n = o.n) l
               FULL JOIN LATERAL timevmaps.tv_isochrone(o.world, o.timeline, o.place, 'infinity', o.metric) i ON (i.timeline_id, i.place_id) = (l.to_timeline, l.to_place)
           WHERE NOT tests.same(i.cost, l.cost)),
          NULL, 'an isochrone has all that can be reached, at what it costs');
SELECT is((SELECT string_agg(format('%s from place %s on %s to %s: %s, not %s', o.metric, o.place, o.timeline, p.id, m.cost, l.cost), E'\n')
           FROM origin o JOIN timevmaps.places p ON p.world_id = o.world
               LEFT JOIN least l ON l.n = o.n AND l.to_timeline = o.timeline AND l.to_place = p.id
               LEFT JOIN LATERAL timevmaps.tv_cost_matrix(o.world, o.timeline, ARRAY[o.place], ARRAY(SELECT q.id FROM timevmaps.places q WHERE q.world_id = o.world), o.metric) m ON m.dest_place_id = p.id
           WHERE NOT tests.same(m.cost, l.cost)),
          NULL, 'a matrix has what is least');
SELECT is((SELECT string_agg(format('%s from place %s on %s to %s on %s: %s, not %s, %s', l.metric, l.place, l.timeline, l.to_place, l.to_timeline, c.cost, l.cost, s.wrong), E'\n')
           FROM least l LEFT JOIN LATERAL timevmaps.tv_route_cost(l.world, l.timeline, l.place, l.to_place, l.to_timeline, l.metric) c ON true,
               LATERAL turns.wrong_steps(l.world, l.timeline, l.place, l.to_place, l.to_timeline, l.metric, l.cost) s (wrong)
           WHERE NOT tests.same(c.cost, l.cost) OR s.wrong <> ''),
          NULL, 'a route costs what is least, and goes only where one may');


-- From somewhere on a segment to somewhere on another; which those are, is asked.
CREATE TEMPORARY TABLE spot AS
SELECT u.universe, u.world, t.id AS timeline, s.id AS segment, ST_LineInterpolatePoint(s.geom, 0.05 + 0.9 * random()) AS at, row_number() OVER (PARTITION BY u.world ORDER BY random()) AS n
FROM universe u JOIN timevmaps.timelines t ON t.world_id = u.world JOIN timevmaps.segments s ON s.world_id = u.world;
CREATE TEMPORARY TABLE trip AS
SELECT a.world, a.timeline, b.timeline AS dest, m.metric, a.segment AS from_segment, b.segment AS to_segment, r.from_segment_id, r.from_fraction, r.to_segment_id, r.to_fraction, r.cost
FROM spot a JOIN spot b ON b.universe = a.universe AND (b.n = a.n + 1 OR a.n % 4 = 0 AND b.timeline = a.timeline AND b.segment = a.segment),
    LATERAL (SELECT CASE WHEN a.n % 3 = 0 THEN 'distance' ELSE 'local' END) m (metric)
    LEFT JOIN LATERAL (SELECT f.segment_id AS from_segment_id, f.fraction AS from_fraction, t.segment_id AS to_segment_id, t.fraction AS to_fraction,
                              CASE WHEN m.metric = 'distance' THEN r.distance_m ELSE r.local_seconds END AS cost
                       FROM timevmaps.tv_snap(a.world, a.timeline, ST_X(a.at), ST_Y(a.at)) f, timevmaps.tv_snap(b.world, b.timeline, ST_X(b.at), ST_Y(b.at)) t
                           LEFT JOIN timevmaps.tv_plan_point_route(a.world, a.timeline, ST_X(a.at), ST_Y(a.at), ST_X(b.at), ST_Y(b.at), b.timeline, m.metric) r ON true) r ON true
WHERE a.n <= 24;
SELECT ok(count(*) FILTER (WHERE cost IS NOT NULL) > 100 AND count(*) FILTER (WHERE from_segment_id = to_segment_id AND dest = timeline) > 20, format('ways between points (%s of %s)', count(cost), count(*))) FROM trip;
SELECT is((SELECT string_agg(format('%s from %s of %s on %s to %s of %s on %s: %s, not %s', t.metric, from_fraction, from_segment_id, timeline, to_fraction, to_segment_id, dest, cost, least), E'\n')
           FROM trip t, LATERAL turns.between(timeline, from_segment_id, from_fraction, dest, to_segment_id, to_fraction, metric) b (least)
           WHERE from_segment_id IS NOT NULL AND NOT tests.same(cost, least)), NULL, 'a route between points obeys at both ends');

-- Others than the best: at most as good, and where one may go so.
CREATE TEMPORARY TABLE other AS
SELECT l.metric, l.cost AS least, a.rank, a.cost, turns.along(a.path_timeline_ids, a.path_place_ids, l.metric) AS walked
FROM (SELECT * FROM least ORDER BY random() LIMIT 250) l, LATERAL timevmaps.tv_route_alternatives(l.world, l.timeline, l.place, l.to_place, l.to_timeline, l.metric, 4, 3, 0.9, 0) a;
SELECT ok(count(*) > 100, count(*) || ' others') FROM other WHERE rank > 1;
SELECT is((SELECT count(*) FROM other WHERE rank = 1 AND NOT tests.same(cost, least) OR cost < least * (1 - 1e-9) OR walked IS NULL OR cost < walked * (1 - 1e-9)), 0::bigint, 'alternatives turn where one may');

-- Departures: with profiles that halve the speed, as if segments were twice as slow.
INSERT INTO timevmaps.speed_profiles (world_id, name, factors) SELECT world, 'half', array_fill(0.5::float, ARRAY[168]) FROM universe;
INSERT INTO timevmaps.segment_profiles (world_id, timeline_id, segment_id, profile_id)
SELECT s.world_id, NULL, s.id, p.id FROM timevmaps.segments s JOIN timevmaps.speed_profiles p USING (world_id) WHERE s.id % 3 = 0;
UPDATE turns.passage SET local = 2 * local, coordinate = NULL, traveler = NULL WHERE segment % 3 = 0;
CREATE TEMPORARY TABLE slow AS
SELECT o.*, c.* FROM (SELECT * FROM origin ORDER BY random() LIMIT 40) o, LATERAL turns.costs(o.timeline, o.place, 'local') c;
SELECT is((SELECT string_agg(format('from place %s on %s to %s on %s: %s, not %s', s.place, s.timeline, s.to_place, s.to_timeline, r.local_seconds, s.cost), E'\n')
           FROM slow s LEFT JOIN LATERAL timevmaps.tv_plan_route_at(s.world, s.timeline, s.place, s.to_place, '2026-01-05 00:00+00', s.to_timeline) r ON true
           WHERE NOT tests.same(r.local_seconds, s.cost)), NULL, 'who departs pays for turns');

SELECT * FROM finish();
ROLLBACK;
