-- What routes have to be: every move that the tables allow, by the formulas of docs/physics.md,
-- and Bellman-Ford over them.  Slow, obvious, and without a function of the extension.
--
-- All is STABLE: in one statement it reads the very snapshot that the functions under test
-- read in that statement.  It reads as the caller.
SELECT to_regnamespace('tests') IS NULL AS no_tests \gset
\if :no_tests
\ir tests.sql
\endif
CREATE SCHEMA oracle;
GRANT USAGE ON SCHEMA oracle TO PUBLIC;

CREATE TYPE oracle.edge AS (
    from_timeline bigint, from_place bigint, to_timeline bigint, to_place bigint,
    segment bigint, gateway bigint, distance float, local float, coordinate float, traveler float);

CREATE FUNCTION oracle.edges() RETURNS SETOF oracle.edge LANGUAGE sql STABLE AS $$
WITH RECURSIVE chain AS (
    SELECT id AS timeline, id AS ancestor, parent_id AS parent, 0 AS depth FROM timevmaps.timelines
    UNION ALL
    -- What lies above a parent that is hidden is not known.
    SELECT c.timeline, c.parent, p.parent_id, c.depth + 1
    FROM chain c LEFT JOIN timevmaps.timelines p ON p.id = c.parent WHERE c.parent IS NOT NULL
), rule AS (
    SELECT w.id AS world, coalesce((w.rules ->> 'max_speed_mps')::float, 'infinity') AS top, coalesce((w.rules ->> 'base_drag')::float, 0) AS drag,
           coalesce((w.rules ->> 'sr')::boolean, true) AS sr,
           coalesce(sqrt(1 - 2 * coalesce((w.rules ->> 'gravity_multiplier')::float, 1) * (w.rules #>> '{gr,gm}')::float
                         / ((w.rules #>> '{gr,r}')::float * 299792458::float ^ 2)), 1) AS dilation
    FROM timevmaps.worlds w
), resolved AS (
    SELECT t.id AS timeline, t.world_id AS world, s.id AS segment, s.a_place_id AS a, s.b_place_id AS b, s.oneway,
           coalesce((array_agg(o.closed ORDER BY c.depth) FILTER (WHERE o.closed IS NOT NULL))[1], false) AS closed,
           coalesce((array_agg(o.length_m ORDER BY c.depth) FILTER (WHERE o.length_m IS NOT NULL))[1], s.length_m) AS length_m,
           coalesce((array_agg(o.speed_kph ORDER BY c.depth) FILTER (WHERE o.speed_kph IS NOT NULL))[1], s.speed_kph) AS speed_kph,
           coalesce((array_agg(o.base_drag ORDER BY c.depth) FILTER (WHERE o.base_drag IS NOT NULL))[1], s.base_drag) AS base_drag
    FROM timevmaps.timelines t
        JOIN timevmaps.segments s ON s.world_id = t.world_id
        JOIN timevmaps.places a ON a.id = s.a_place_id
        JOIN timevmaps.places b ON b.id = s.b_place_id
        JOIN chain c ON c.timeline = t.id
        LEFT JOIN timevmaps.segment_overrides o ON o.timeline_id = c.ancestor AND o.segment_id = s.id
    WHERE s.timeline_id IS NULL OR s.timeline_id IN (SELECT k.ancestor FROM chain k WHERE k.timeline = t.id)
    GROUP BY t.id, s.id
), timed AS (
    SELECT r.*, w.sr, w.dilation, v.v, r.length_m / v.v * (1 + w.drag + r.base_drag) AS local
    FROM resolved r JOIN rule w USING (world), LATERAL (SELECT least(r.speed_kph / 3.6, w.top)) v (v)
    WHERE NOT r.closed
), segment AS (
    SELECT timeline, a, b, segment, oneway, length_m AS distance, local, local / dilation AS coordinate,
           local * CASE WHEN sr THEN sqrt(1 - (v / 299792458) ^ 2) ELSE 1 END AS traveler
    FROM timed
), gateway AS (
    SELECT g.*, g.base_penalty_s - g.decoherence_s * ln(g.fidelity) AS penalty
    FROM timevmaps.gateways g
        JOIN timevmaps.timelines ft ON ft.id = g.from_timeline_id JOIN timevmaps.timelines tt ON tt.id = g.to_timeline_id
        JOIN timevmaps.places fp ON fp.id = g.from_place_id JOIN timevmaps.places tp ON tp.id = g.to_place_id
    WHERE g.fidelity > 0
)
SELECT timeline, a, timeline, b, segment, NULL::bigint, distance, local, coordinate, traveler FROM segment
UNION ALL
SELECT timeline, b, timeline, a, segment, NULL, distance, local, coordinate, traveler FROM segment WHERE NOT oneway
UNION ALL
SELECT from_timeline_id, from_place_id, to_timeline_id, to_place_id, NULL, id, 0, penalty, penalty, penalty FROM gateway
UNION ALL
SELECT to_timeline_id, to_place_id, from_timeline_id, from_place_id, NULL, id, 0, penalty, penalty, penalty FROM gateway WHERE bidirectional
$$;

-- From node `origin` to all; null where no way leads.  Edges are given as numbers of nodes.
CREATE FUNCTION oracle.bellman_ford(node_count integer, origin integer, heads integer[], tails integer[], weights float[])
RETURNS float[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    cost float[] := array_fill('infinity'::float, ARRAY[node_count]);
    better float;
    changed boolean := true;
BEGIN
    cost[origin] := 0;
    WHILE changed LOOP
        changed := false;
        FOR i IN 1 .. coalesce(cardinality(heads), 0) LOOP
            better := cost[heads[i]] + weights[i];
            IF better < cost[tails[i]] THEN
                cost[tails[i]] := better;
                changed := true;
            END IF;
        END LOOP;
    END LOOP;
    FOR i IN 1 .. node_count LOOP
        IF cost[i] = 'infinity' THEN cost[i] := NULL; END IF;
    END LOOP;
    RETURN cost;
END
$$;

-- Ask for routes from one (timeline, place) to others and say what is wrong with the answers: '' is nothing.
-- picks: any numbers; they choose the origin and then the destinations among all that the caller sees.
-- metric: null asks by the clock of the rules.
CREATE FUNCTION oracle.complaints(picks integer[], metric text) RETURNS text LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    timelines bigint[];
    places bigint[];
    worlds bigint[];
    edges oracle.edge[];
    heads integer[];
    tails integer[];
    weights float[];
    costs float[];
    node_count integer;
    origin integer;
    dest integer;
    meant text;
    answer record;
    plan record;
    wrong text;
    reach float;
    found text := '';
BEGIN
    SELECT array_agg(t.id ORDER BY t.id, p.id), array_agg(p.id ORDER BY t.id, p.id), array_agg(t.world_id ORDER BY t.id, p.id), count(*)
    INTO timelines, places, worlds, node_count
    FROM timevmaps.timelines t JOIN timevmaps.places p ON p.world_id = t.world_id;
    IF node_count = 0 THEN
        RETURN '';
    END IF;
    -- A repeatable-read transaction that inserts a key which another has deleted meanwhile sees two rows of
    -- that key from then on (so does PostgreSQL's own join, or not, by its plan): no answer is the right one.
    IF EXISTS (SELECT FROM timevmaps.segment_overrides o GROUP BY o.timeline_id, o.segment_id HAVING count(*) > 1) THEN
        RETURN '';
    END IF;
    origin := 1 + picks[1] % node_count;
    meant := coalesce(metric, (SELECT coalesce(w.rules ->> 'clock', 'traveler') FROM timevmaps.worlds w WHERE w.id = worlds[origin]));
    SELECT array_agg(e) INTO edges FROM oracle.edges() e;
    WITH node AS (SELECT n::integer, t, p FROM unnest(timelines, places) WITH ORDINALITY u (t, p, n))
    SELECT array_agg(f.n), array_agg(t.n),
           array_agg(CASE meant WHEN 'local' THEN e.local WHEN 'coordinate' THEN e.coordinate WHEN 'traveler' THEN e.traveler ELSE e.distance END)
    INTO heads, tails, weights
    FROM unnest(edges) e JOIN node f ON (f.t, f.p) = (e.from_timeline, e.from_place) JOIN node t ON (t.t, t.p) = (e.to_timeline, e.to_place);
    costs := oracle.bellman_ford(node_count, origin, heads, tails, weights);

    -- One to all places of the timeline.
    SELECT string_agg(format('matrix to place %s: %s, not %s', u.p, m.cost, u.cost), E'\n') INTO wrong
    FROM (SELECT * FROM unnest(timelines, places, costs) x (t, p, cost) WHERE x.t = timelines[origin]) u
        LEFT JOIN timevmaps.tv_cost_matrix(worlds[origin], timelines[origin], ARRAY[places[origin]],
            (SELECT array_agg(x.p) FROM unnest(timelines, places) x (t, p) WHERE x.t = timelines[origin]), metric) m ON m.dest_place_id = u.p
    WHERE NOT tests.same(m.cost, u.cost);
    found := found || coalesce(wrong || E'\n', '');

    -- All that is within reach: half again as far as the first destination, or everything.
    reach := coalesce(1.5 * costs[1 + picks[2] % node_count], 'infinity');
    SELECT string_agg(format('reach %s of place %s on timeline %s: %s, not %s', reach, coalesce(u.p, i.place_id), coalesce(u.t, i.timeline_id), i.cost, u.cost), E'\n')
    INTO wrong
    FROM (SELECT * FROM unnest(timelines, places, costs) x (t, p, cost) WHERE x.cost <= reach * (1 + 1e-9)) u
        FULL JOIN (SELECT r.*, lag(r.cost) OVER (ORDER BY r.n) AS before
                   FROM timevmaps.tv_isochrone(worlds[origin], timelines[origin], places[origin], reach, metric)
                       WITH ORDINALITY r (place_id, timeline_id, cost, metric, geom, n)) i
            ON (i.timeline_id, i.place_id) = (u.t, u.p)
        LEFT JOIN timevmaps.places l ON l.id = i.place_id
    WHERE CASE WHEN i.cost IS NULL THEN u.cost < reach * (1 - 1e-9)
               ELSE NOT tests.same(i.cost, u.cost) OR i.cost < i.before OR i.geom IS DISTINCT FROM l.geom END;
    found := found || coalesce(wrong || E'\n', '');

    FOR i IN 2 .. cardinality(picks) LOOP
        dest := 1 + picks[i] % node_count;
        SELECT * INTO answer FROM timevmaps.tv_route_cost(worlds[origin], timelines[origin], places[origin], places[dest], timelines[dest], metric);
        SELECT * INTO plan FROM timevmaps.tv_plan_route(worlds[origin], timelines[origin], places[origin], places[dest], timelines[dest], metric);
        IF NOT tests.same(answer.cost, costs[dest]) THEN
            found := found || format(E'to place %s on timeline %s: %s, not %s\n', places[dest], timelines[dest], answer.cost, costs[dest]);
        END IF;
        CONTINUE WHEN costs[dest] IS NULL;

        -- Every step is an edge, joined end to end, and they add up to the plan and to the cost.
        WITH step AS (
            SELECT s.*, lag(s.timeline_id) OVER w AS from_timeline, lag(s.place_id) OVER w AS from_place
            FROM timevmaps.tv_route_steps(worlds[origin], timelines[origin], places[origin], places[dest], timelines[dest], metric) s
            WINDOW w AS (ORDER BY s.seq)
        ), total AS (
            SELECT array_agg(s.place_id ORDER BY s.seq) AS places, array_agg(s.timeline_id ORDER BY s.seq) AS timelines,
                   sum(s.distance_m) AS distance, sum(s.local_seconds) AS local, sum(s.coordinate_seconds) AS coordinate, sum(s.traveler_seconds) AS traveler
            FROM step s
        )
        SELECT string_agg(w.what, E'\n') INTO wrong
        FROM (
            SELECT format('step %s is no edge: segment %s, gateway %s', s.seq, s.segment_id, s.gateway_id) AS what
            FROM step s WHERE s.seq > 1 AND NOT EXISTS (
                SELECT FROM unnest(edges) e
                WHERE (e.from_timeline, e.from_place, e.to_timeline, e.to_place) = (s.from_timeline, s.from_place, s.timeline_id, s.place_id)
                  AND e.segment IS NOT DISTINCT FROM s.segment_id AND e.gateway IS NOT DISTINCT FROM s.gateway_id
                  AND tests.same(e.distance, s.distance_m) AND tests.same(e.local, s.local_seconds)
                  AND tests.same(e.coordinate, s.coordinate_seconds) AND tests.same(e.traveler, s.traveler_seconds))
            UNION ALL
            SELECT 'another path than the plan''s' FROM total t
            WHERE (t.places, t.timelines) IS DISTINCT FROM (plan.path_place_ids, plan.path_timeline_ids)
            UNION ALL
            SELECT 'wrong ends' FROM total t
            WHERE (t.places[1], t.timelines[1], t.places[cardinality(t.places)], t.timelines[cardinality(t.places)])
                IS DISTINCT FROM (places[origin], timelines[origin], places[dest], timelines[dest])
            UNION ALL
            SELECT 'wrong sums' FROM total t
            WHERE NOT (tests.same(t.distance, plan.distance_m) AND tests.same(t.local, plan.local_seconds)
                       AND tests.same(t.coordinate, plan.coordinate_seconds) AND tests.same(t.traveler, plan.traveler_seconds)
                       AND tests.same(CASE meant WHEN 'local' THEN t.local WHEN 'coordinate' THEN t.coordinate WHEN 'traveler' THEN t.traveler ELSE t.distance END, costs[dest]))
            UNION ALL
            SELECT 'wrong course: ' || coalesce(public.st_astext(plan.geom), 'none')
            WHERE NOT oracle.follows(plan.geom, (SELECT array_agg(s.place_id ORDER BY s.seq) FROM step s),
                                     (SELECT array_agg(s.segment_id ORDER BY s.seq) FROM step s))
        ) w;
        IF wrong IS NOT NULL THEN
            found := found || format(E'to place %s on timeline %s: %s\n', places[dest], timelines[dest], wrong);
        END IF;
    END LOOP;
    IF found <> '' THEN
        found := format(E'from place %s on timeline %s by %s:\n%s', places[origin], timelines[origin], meant, found);
    END IF;
    RETURN found;
END
$$;

-- Whether a course is the segments' own courses, turned round where they are passed from b to a, and
-- straight to the next place where there is none; points that repeat the one before are left out.
CREATE FUNCTION oracle.follows(course public.geometry, places bigint[], segments bigint[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    points public.geometry[] := ARRAY[(SELECT p.geom FROM timevmaps.places p WHERE p.id = places[1])];
    more public.geometry[];
BEGIN
    FOR i IN 2 .. cardinality(places) LOOP
        more := NULL;
        SELECT array_agg(d.geom ORDER BY d.path[1]) INTO more
        FROM timevmaps.segments s, public.st_dumppoints(CASE WHEN s.a_place_id = places[i - 1] AND s.b_place_id = places[i]
                                                             THEN s.geom ELSE public.st_reverse(s.geom) END) d
        WHERE s.id = segments[i];
        points := points || coalesce(more, ARRAY[(SELECT p.geom FROM timevmaps.places p WHERE p.id = places[i])]);
    END LOOP;
    RETURN (SELECT coalesce(array_agg(public.st_astext(d.geom, 15) ORDER BY d.path[1]), '{}') FROM public.st_dumppoints(course) d)
        = (SELECT CASE WHEN count(*) > 1 THEN array_agg(t.point ORDER BY t.n) ELSE '{}' END
           FROM (SELECT n, public.st_astext(u.point, 15) AS point, lag(public.st_astext(u.point, 15)) OVER (ORDER BY n) AS before
                 FROM unnest(points) WITH ORDINALITY u (point, n)) t
           WHERE t.point IS DISTINCT FROM t.before);
END
$$;

-- A question about routes, answered with prepared graphs and without, in one statement and so from
-- one snapshot.  Without them every row is read, which test/pgtap compares with oracles of its own.
CREATE FUNCTION oracle.twice(question text, OUT prepared jsonb, OUT by_rows jsonb) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    query text := format('SELECT coalesce(jsonb_agg(to_jsonb(q)), %L) FROM %s q', '[]', question);
    -- The session may have switched them off.
    was text := current_setting('timevmaps.prepared_graph');
BEGIN
    EXECUTE query INTO prepared;
    PERFORM set_config('timevmaps.prepared_graph', 'off', false);
    EXECUTE query INTO by_rows;
    PERFORM set_config('timevmaps.prepared_graph', was, false);
END
$$;

-- Where answers differ, but for the order in which costs were added up and for ways that cost the same.
CREATE FUNCTION oracle.differ(question text, place text) RETURNS text LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    answer record;
    wrong text;
BEGIN
    SELECT * INTO answer FROM oracle.twice(question);
    -- Another best way that costs the same is as good, and has other alternatives.
    IF coalesce(answer.prepared #> '{0,path_segment_ids}', answer.prepared #> '{0,path_place_ids}')
           IS DISTINCT FROM coalesce(answer.by_rows #> '{0,path_segment_ids}', answer.by_rows #> '{0,path_place_ids}')
       AND tests.same((answer.prepared #>> '{0,cost}')::float, (answer.by_rows #>> '{0,cost}')::float) THEN
        RETURN '';
    END IF;
    SELECT string_agg(format('%s of %s: %s, not %s', place, k, p -> k, r -> k), E'\n') INTO wrong
    FROM (SELECT answer.prepared -> n AS p, answer.by_rows -> n AS r
          FROM generate_series(0, greatest(jsonb_array_length(answer.prepared), jsonb_array_length(answer.by_rows)) - 1) n) pair,
         LATERAL (SELECT jsonb_object_keys(coalesce(r, p))) key (k)
    WHERE CASE WHEN p IS NULL OR r IS NULL THEN true
               WHEN jsonb_typeof(p -> k) = 'number' AND jsonb_typeof(r -> k) = 'number' THEN NOT tests.same((p ->> k)::float, (r ->> k)::float)
               ELSE p -> k IS DISTINCT FROM r -> k END;
    RETURN coalesce(question || ': ' || wrong || E'\n', '');
END
$$;

-- Questions about one journey, from what the picks say; '' where all is well.
CREATE FUNCTION oracle.doubts(picks integer[], metric text) RETURNS text LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    origin record;
    dest record;
    cost text;
    points float[];
    found text := '';
BEGIN
    SELECT t.world_id AS world, t.id AS timeline, p.id AS place INTO origin
    FROM timevmaps.timelines t JOIN timevmaps.places p ON p.world_id = t.world_id ORDER BY t.id, p.id
    OFFSET picks[1] % (SELECT greatest(count(*), 1) FROM timevmaps.timelines t JOIN timevmaps.places p ON p.world_id = t.world_id) LIMIT 1;
    SELECT t.id AS timeline, p.id AS place INTO dest
    FROM timevmaps.timelines t JOIN timevmaps.places p ON p.world_id = t.world_id ORDER BY t.id, p.id
    OFFSET picks[2] % (SELECT greatest(count(*), 1) FROM timevmaps.timelines t JOIN timevmaps.places p ON p.world_id = t.world_id) LIMIT 1;
    IF origin IS NULL OR dest IS NULL THEN
        RETURN '';
    END IF;
    cost := CASE coalesce(metric, (SELECT coalesce(w.rules ->> 'clock', 'traveler') FROM timevmaps.worlds w WHERE w.id = origin.world))
                WHEN 'local' THEN 'local_seconds' WHEN 'coordinate' THEN 'coordinate_seconds'
                WHEN 'traveler' THEN 'traveler_seconds' ELSE 'distance_m' END;
    -- Anywhere, and exactly at a place.
    points := ARRAY[9 + picks[3] % 1400 / 100.0, 49 + picks[3] % 1300 / 100.0, 9 + picks[4] % 1400 / 100.0, 49 + picks[4] % 1300 / 100.0];
    IF picks[3] % 4 = 0 THEN
        SELECT ARRAY[p.lon, p.lat] || points[3:4] INTO points FROM timevmaps.places p WHERE p.id = origin.place;
    END IF;
    found := oracle.differ(format('timevmaps.tv_snap(%s, %s, %s, %s)', origin.world, origin.timeline, points[1], points[2]), 'snap');
    found := found || oracle.differ(format('timevmaps.tv_snap(%s, %s, %s, %s, ''largest'')', origin.world, origin.timeline, points[1], points[2]), 'snap to the largest part');
    found := found || oracle.differ(format('(SELECT %s AS cost, r.* FROM timevmaps.tv_plan_point_route(%s, %s, %s, %s, %s, %s, %s, %L, %L) r)',
        cost, origin.world, origin.timeline, points[1], points[2], points[3], points[4], dest.timeline, metric,
        CASE WHEN picks[4] % 3 = 0 THEN 'largest' ELSE 'any' END), 'route between points');
    found := found || oracle.differ(format('timevmaps.tv_route_alternatives(%s, %s, %s, %s, %s, %L, 4, 1.6, 0.9, 0.1)',
        origin.world, origin.timeline, origin.place, dest.place, dest.timeline, metric), 'alternatives');
    found := found || oracle.differ(format('(SELECT local_seconds AS cost, r.* FROM timevmaps.tv_plan_route_at(%s, %s, %s, %s, %L, %s) r)',
        origin.world, origin.timeline, origin.place, dest.place, timestamptz '2026-01-05 00:00+00' + picks[4] % 604800 * interval '1 second', dest.timeline),
        'timed route');
    RETURN found;
END
$$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA oracle TO PUBLIC;
