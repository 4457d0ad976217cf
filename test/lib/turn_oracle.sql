-- What turns cost, and what is least where they do: every way on from every passage of a segment, by the words of
-- docs/turns.md, and Bellman-Ford over passages.  Slow, obvious, and without a function of the extension.
SELECT to_regnamespace('oracle') IS NULL AS no_oracle \gset
\if :no_oracle
\ir oracle.sql
\endif
CREATE SCHEMA turns;

-- The moves of oracle.edges(), numbered, and whether a segment is passed from b to a (which its ends do not say of a loop).
CREATE TABLE turns.passage (
    n serial, from_timeline bigint, from_place bigint, to_timeline bigint, to_place bigint,
    segment bigint, gateway bigint, reverse boolean, distance float, local float, coordinate float, traveler float);
-- From passage to passage.
CREATE TABLE turns.turn (from_passage integer, to_passage integer, penalty float);

CREATE FUNCTION turns.prepare() RETURNS void LANGUAGE sql AS $$
TRUNCATE turns.passage, turns.turn RESTART IDENTITY;
INSERT INTO turns.passage (from_timeline, from_place, to_timeline, to_place, segment, gateway, reverse, distance, local, coordinate, traveler)
SELECT e.from_timeline, e.from_place, e.to_timeline, e.to_place, e.segment, e.gateway,
       CASE WHEN s.a_place_id = s.b_place_id THEN row_number() OVER (PARTITION BY e.from_timeline, e.segment) = 2
            ELSE e.from_place = s.b_place_id END,
       e.distance, e.local, e.coordinate, e.traveler
FROM oracle.edges() e LEFT JOIN timevmaps.segments s ON s.id = e.segment;

WITH RECURSIVE chain AS (
    SELECT id AS timeline, id AS ancestor, parent_id AS parent, 0 AS depth FROM timevmaps.timelines
    UNION ALL
    SELECT c.timeline, c.parent, p.parent_id, c.depth + 1
    FROM chain c LEFT JOIN timevmaps.timelines p ON p.id = c.parent WHERE c.parent IS NOT NULL
), touching AS (
    SELECT r.* FROM timevmaps.turns r JOIN timevmaps.segments f ON f.id = r.from_segment_id JOIN timevmaps.segments t ON t.id = r.to_segment_id
    WHERE r.via_place_id IN (f.a_place_id, f.b_place_id) AND r.via_place_id IN (t.a_place_id, t.b_place_id)
), winner AS (
    SELECT DISTINCT ON (t.id, r.via_place_id, r.from_segment_id, r.to_segment_id)
           t.id AS timeline, r.via_place_id AS via, r.from_segment_id AS f, r.to_segment_id AS t, r.rule, r.penalty_s
    FROM timevmaps.timelines t JOIN touching r ON r.world_id = t.world_id
        LEFT JOIN chain c ON c.timeline = t.id AND c.ancestor = r.timeline_id
    WHERE r.timeline_id IS NULL OR c.depth IS NOT NULL
    ORDER BY t.id, r.via_place_id, r.from_segment_id, r.to_segment_id, c.depth NULLS LAST
)
INSERT INTO turns.turn
SELECT p.n, e.n,
    CASE WHEN p.segment IS NULL OR e.segment IS NULL THEN 0::float
         WHEN EXISTS (SELECT FROM winner o WHERE (o.timeline, o.via, o.f) = (p.to_timeline, p.to_place, p.segment) AND o.rule = 'only')
             THEN CASE WHEN applies AND w.rule = 'only' THEN 0 ELSE 'infinity'::float END
         WHEN applies AND w.rule = 'no' THEN 'infinity'
         WHEN applies AND w.rule = 'cost' THEN w.penalty_s
         WHEN NOT back THEN 0
         WHEN u.rule <> 'no' THEN u.rule::float
         WHEN EXISTS (SELECT FROM timevmaps.segments s
                      WHERE s.id <> p.segment AND (s.a_place_id = p.to_place OR s.b_place_id = p.to_place AND NOT s.oneway)) THEN 'infinity'
         ELSE 0 END
FROM turns.passage p
    JOIN turns.passage e ON (e.from_timeline, e.from_place) = (p.to_timeline, p.to_place)
    JOIN timevmaps.timelines l ON l.id = p.to_timeline
    JOIN timevmaps.worlds o ON o.id = l.world_id
    CROSS JOIN LATERAL (SELECT coalesce(o.rules ->> 'u_turn_s', '0')) u (rule)
    CROSS JOIN LATERAL (SELECT p.segment = e.segment AND p.reverse <> e.reverse) b (back)
    LEFT JOIN winner w ON (w.timeline, w.via, w.f, w.t) = (p.to_timeline, p.to_place, p.segment, e.segment)
    CROSS JOIN LATERAL (SELECT w.rule IS NOT NULL AND (p.segment <> e.segment OR back)) a (applies)
$$;

CREATE FUNCTION turns.weight(passage turns.passage, metric text) RETURNS float LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE metric WHEN 'local' THEN passage.local WHEN 'coordinate' THEN passage.coordinate WHEN 'traveler' THEN passage.traveler ELSE passage.distance END
$$;

-- What is least from what leads out, at what each of it costs, to the end of each passage; null where no way leads.
CREATE FUNCTION turns.least(first integer[], at float[], metric text) RETURNS float[] LANGUAGE sql AS $$
    WITH edge AS (
        SELECT t.from_passage AS f, t.to_passage AS t, turns.weight(p, metric) + CASE WHEN metric = 'distance' THEN 0 ELSE t.penalty END AS w
        FROM turns.turn t JOIN turns.passage p ON p.n = t.to_passage WHERE t.penalty < 'infinity'
        UNION ALL
        SELECT (SELECT count(*) + 1 FROM turns.passage), b.n, b.cost FROM unnest(first, at) b (n, cost)
    )
    SELECT oracle.bellman_ford((SELECT count(*) + 1 FROM turns.passage)::integer, (SELECT count(*) + 1 FROM turns.passage)::integer,
                               array_agg(f::integer), array_agg(t), array_agg(w)) FROM edge
$$;

-- The least costs from a place to all.
CREATE FUNCTION turns.costs(timeline bigint, place bigint, metric text) RETURNS TABLE (to_timeline bigint, to_place bigint, cost float) LANGUAGE sql AS $$
    WITH first AS (SELECT array_agg(p.n ORDER BY p.n) AS n, array_agg(turns.weight(p, metric) ORDER BY p.n) AS cost
                   FROM turns.passage p WHERE (p.from_timeline, p.from_place) = (timeline, place))
    SELECT u.t, u.p, min(u.cost)
    FROM (SELECT timeline, place, 0::float
          UNION ALL
          SELECT p.to_timeline, p.to_place, c.cost
          FROM first f, unnest(turns.least(f.n, f.cost, metric)) WITH ORDINALITY c (cost, n) JOIN turns.passage p ON p.n = c.n
          WHERE c.cost IS NOT NULL) u (t, p, cost)
    GROUP BY u.t, u.p
$$;

-- The least cost from a point of a segment to a point of a segment, by fractions from a to b; null where no way leads.
CREATE FUNCTION turns.between(from_line bigint, from_segment bigint, x float, to_line bigint, to_segment bigint, y float, metric text) RETURNS float LANGUAGE sql AS $$
    WITH first AS (
        SELECT p.n, p.reverse, turns.weight(p, metric) AS w, CASE WHEN p.reverse THEN 1 - x ELSE x END AS at
        FROM turns.passage p WHERE (p.from_timeline, p.segment) = (from_line, from_segment)
    ), last AS (
        SELECT p.n, p.reverse, turns.weight(p, metric) AS w, CASE WHEN p.reverse THEN 1 - y ELSE y END AS at
        FROM turns.passage p WHERE (p.from_timeline, p.segment) = (to_line, to_segment)
    ), least AS (
        SELECT c.cost, c.n FROM (SELECT array_agg(f.n) AS n, array_agg((1 - f.at) * f.w) AS w FROM first f) f,
            unnest(turns.least(f.n, f.w, metric)) WITH ORDINALITY c (cost, n) WHERE c.cost IS NOT NULL
    )
    SELECT min(u.cost)
    FROM (SELECT f.w * (l.at - f.at) FROM first f JOIN last l USING (n) WHERE l.at >= f.at
          UNION ALL
          SELECT c.cost + CASE WHEN metric = 'distance' THEN 0 ELSE t.penalty END + l.at * l.w
          FROM least c JOIN turns.turn t ON t.from_passage = c.n JOIN last l ON l.n = t.to_passage WHERE t.penalty < 'infinity') u (cost)
$$;

-- The least that a way over these places costs, whichever segments join them; null where one may not go so.
CREATE FUNCTION turns.along(lines bigint[], places bigint[], metric text) RETURNS float LANGUAGE sql AS $$
    WITH RECURSIVE go AS (
        SELECT 1 AS i, NULL::integer AS n, 0::float AS cost
        UNION ALL
        SELECT g.i + 1, p.n, g.cost + turns.weight(p, metric) + CASE WHEN metric = 'distance' THEN 0 ELSE coalesce(t.penalty, 0) END
        FROM go g JOIN turns.passage p ON (p.from_timeline, p.from_place, p.to_timeline, p.to_place) = (lines[g.i], places[g.i], lines[g.i + 1], places[g.i + 1])
            LEFT JOIN turns.turn t ON t.from_passage = g.n AND t.to_passage = p.n
        WHERE coalesce(t.penalty, 0) < 'infinity'
    )
    SELECT min(cost) FROM go WHERE i = cardinality(places)
$$;

-- What is wrong with a route's steps: '' is nothing.  Each is a passage, one may go on from each to the next, and their sum is the cost.
CREATE FUNCTION turns.wrong_steps(world bigint, timeline bigint, place bigint, dest bigint, dest_timeline bigint, metric text, cost float) RETURNS text LANGUAGE sql AS $$
    WITH step AS (
        SELECT s.*, lag(s.timeline_id) OVER w AS from_timeline, lag(s.place_id) OVER w AS from_place
        FROM timevmaps.tv_route_steps(world, timeline, place, dest, dest_timeline, metric) s WINDOW w AS (ORDER BY s.seq)
    ), passage AS (
        -- The two ways round a loop are alike but for the turns.
        SELECT s.seq, s.turn_seconds, array_agg(p.n) AS n
        FROM step s LEFT JOIN turns.passage p
            ON (p.from_timeline, p.from_place, p.to_timeline, p.to_place) = (s.from_timeline, s.from_place, s.timeline_id, s.place_id)
           AND p.segment IS NOT DISTINCT FROM s.segment_id AND p.gateway IS NOT DISTINCT FROM s.gateway_id
           AND tests.same(p.distance, s.distance_m) AND tests.same(p.local + s.turn_seconds, s.local_seconds)
           AND tests.same(p.coordinate + s.turn_seconds, s.coordinate_seconds) AND tests.same(p.traveler + s.turn_seconds, s.traveler_seconds)
        WHERE s.seq > 1 GROUP BY s.seq, s.turn_seconds
    )
    SELECT coalesce(string_agg(w.what, ', '), '')
    FROM (SELECT format('step %s is no passage', seq) AS what FROM passage WHERE n = '{NULL}'
          UNION ALL
          SELECT format('the turn into step %s costs otherwise', k.seq) FROM passage k LEFT JOIN passage j ON j.seq = k.seq - 1
          WHERE NOT CASE WHEN j.seq IS NULL THEN k.turn_seconds = 0
                         ELSE EXISTS (SELECT FROM turns.turn t WHERE t.from_passage = ANY (j.n) AND t.to_passage = ANY (k.n) AND t.penalty = k.turn_seconds) END
          UNION ALL
          SELECT format('%s in all', total) FROM (
              SELECT CASE metric WHEN 'local' THEN sum(local_seconds) WHEN 'coordinate' THEN sum(coordinate_seconds)
                                 WHEN 'traveler' THEN sum(traveler_seconds) ELSE sum(distance_m) END FROM step) s (total) WHERE NOT tests.same(total, cost)) w
$$;
