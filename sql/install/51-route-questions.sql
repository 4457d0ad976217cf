-- 51-route-questions: what else than the best route can be asked of the network.

CREATE FUNCTION timevmaps.tv_isochrone(
    world_id bigint,
    timeline_id bigint,
    place_id bigint,
    max_seconds double precision,
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    place_id bigint,
    timeline_id bigint,
    cost double precision,
    metric text,
    geom geometry)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_isochrone(bigint, bigint, bigint, double precision, text, text, jsonb) IS
'The places that can be reached from a place on a timeline at a cost of at most max_seconds, nearest first, each with its least cost.
A row a (place, timeline): gateways lead to other timelines, in this world and others, and timeline_id says on which a place is reached; the place itself is the first row, at cost 0.
max_seconds: the limit, itself included; seconds on the metric''s clock, metres where the metric is "distance", "infinity" for all that can be reached. metric: "local", "coordinate", "traveler" or "distance"; the clock of the world''s rules unless given. cost is in the same unit and the same sum as tv_cost_matrix() gives; geom is the place''s point. profile, overrides: as for tv_plan_route().
Reads what the caller may read and the calling query sees; writes nothing.
Errors: as tv_plan_route(); 22023 also for a limit that is negative or NaN; 22003 a total only where there is no limit.
Source: Dijkstra 1959; docs/route.md.';

CREATE FUNCTION timevmaps.tv_route_alternatives(
    world_id bigint,
    timeline_id bigint,
    origin_place_id bigint,
    dest_place_id bigint,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
    k integer DEFAULT 3,
    max_stretch double precision DEFAULT 1.25,
    max_sharing double precision DEFAULT 0.8,
    min_optimality double precision DEFAULT 0.25,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    rank integer,
    cost double precision,
    stretch double precision,
    sharing double precision,
    world_id bigint,
    timeline_id bigint,
    origin_id bigint,
    dest_id bigint,
    dest_timeline_id bigint,
    path_place_ids bigint[],
    path_timeline_ids bigint[],
    distance_m double precision,
    eta_seconds double precision,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    coordinate_minus_local_seconds double precision,
    traveler_minus_local_seconds double precision,
    metric text,
    physics_note text,
    geom geometry,
    created_at timestamptz)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 3
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_route_alternatives(bigint, bigint, bigint, bigint, bigint, text, integer, double precision, double precision, double precision, text, jsonb) IS
'Up to k routes that truly differ, best first: rank 1 is the route of tv_plan_route(), and each next one is the cheapest way over some point that passes three limits; no row where no way leads there, fewer than k where nothing else passes.
max_stretch (1 to 100): it costs at most so many times the best route, and so does its detour from where it leaves the best route to where it joins it. max_sharing (0 to 1): where it goes with routes of a better rank it costs at most this part of the best route. min_optimality (0 to 1): every part of it that costs at most this part of the best route is itself a best route. k: 1 to 100.
cost is the metric''s, in seconds or metres; stretch is cost by the best one''s; sharing is what it costs on steps that better ranks have too, by the best one''s cost. The other columns and arguments are those of tv_plan_route().
Errors: as tv_plan_route(); 22023 also for a k or a limit out of its range.
Source: Abraham, Delling, Goldberg, Werneck, Alternative Routes in Road Networks, ACM JEA 18 (2013); docs/route.md.';

CREATE TYPE timevmaps.tv_route_difference AS (
    world_id bigint,
    timeline_a bigint,
    timeline_b bigint,
    origin_id bigint,
    dest_id bigint,
    metric text,
    a_distance_m double precision,
    b_distance_m double precision,
    distance_difference_m double precision,
    a_eta_seconds double precision,
    b_eta_seconds double precision,
    eta_difference_seconds double precision,
    a_local_seconds double precision,
    b_local_seconds double precision,
    local_difference_seconds double precision,
    a_coordinate_seconds double precision,
    b_coordinate_seconds double precision,
    coordinate_difference_seconds double precision,
    a_traveler_seconds double precision,
    b_traveler_seconds double precision,
    traveler_difference_seconds double precision,
    only_a jsonb,
    only_b jsonb,
    changed jsonb,
    a_geom geometry,
    b_geom geometry);
COMMENT ON TYPE timevmaps.tv_route_difference IS 'What tv_route_diff() gives: a route on each of two timelines, and how they differ.';

CREATE FUNCTION timevmaps.tv_route_diff(
    timeline_a bigint,
    timeline_b bigint,
    origin_place_id bigint,
    dest_place_id bigint,
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS SETOF timevmaps.tv_route_difference
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 50000 ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    argument text;
    the_world bigint;
    missing bigint;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    argument := CASE WHEN $1 IS NULL THEN 'timeline_a' WHEN $2 IS NULL THEN 'timeline_b'
                     WHEN $3 IS NULL THEN 'origin_place_id' WHEN $4 IS NULL THEN 'dest_place_id' END;
    IF argument IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = argument || ': must not be null';
    END IF;
    the_world := (SELECT t.world_id FROM timevmaps.timelines t WHERE t.id = $1);
    missing := CASE WHEN the_world IS NULL THEN $1
                    WHEN NOT EXISTS (SELECT FROM timevmaps.timelines t WHERE t.id = $2) THEN $2 END;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s, or it is not visible to this role.', missing);
    END IF;
    IF NOT EXISTS (SELECT FROM timevmaps.timelines t WHERE t.id = $2 AND t.world_id = the_world) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'timeline_b: must be of the world of timeline_a',
            DETAIL = format('Timeline %s is of world %s, timeline %s is not.', $1, the_world, $2);
    END IF;

    RETURN QUERY
    WITH a AS (
        SELECT * FROM timevmaps.tv_plan_route(the_world, $1, $3, $4, NULL, $5, $6)
    ), b AS (
        SELECT * FROM timevmaps.tv_plan_route(the_world, $2, $3, $4, NULL, $5, $6, $7)
    ), step AS (
        -- Each route's own timeline is "here" (null), so that a step on it is the same step in both.
        SELECT r.side, s.*, lag(s.place_id) OVER (PARTITION BY r.side ORDER BY s.seq) AS from_place_id,
            nullif(s.timeline_id, r.timeline) AS elsewhere
        FROM (VALUES ('a', $1, NULL), ('b', $2, $7)) r (side, timeline, overrides),
            LATERAL timevmaps.tv_route_steps(the_world, r.timeline, $3, $4, NULL, $5, $6, r.overrides) s
    ), pair AS (
        SELECT a.seq AS a_seq, b.seq AS b_seq,
            jsonb_build_object('segment_id', coalesce(a.segment_id, b.segment_id), 'gateway_id', coalesce(a.gateway_id, b.gateway_id),
                'from_place_id', coalesce(a.from_place_id, b.from_place_id), 'place_id', coalesce(a.place_id, b.place_id),
                'timeline_id', coalesce(a.elsewhere, b.elsewhere, CASE WHEN b.seq IS NULL THEN $1 WHEN a.seq IS NULL THEN $2 END)) AS step,
            jsonb_build_object('seq', a.seq, 'distance_m', a.distance_m, 'local_seconds', a.local_seconds,
                'coordinate_seconds', a.coordinate_seconds, 'traveler_seconds', a.traveler_seconds, 'turn_seconds', a.turn_seconds) AS a_cost,
            jsonb_build_object('seq', b.seq, 'distance_m', b.distance_m, 'local_seconds', b.local_seconds,
                'coordinate_seconds', b.coordinate_seconds, 'traveler_seconds', b.traveler_seconds, 'turn_seconds', b.turn_seconds) AS b_cost,
            (a.distance_m, a.local_seconds, a.coordinate_seconds, a.traveler_seconds, a.turn_seconds)
                IS DISTINCT FROM (b.distance_m, b.local_seconds, b.coordinate_seconds, b.traveler_seconds, b.turn_seconds) AS differs
        FROM (SELECT * FROM step WHERE side = 'a' AND seq > 1) a
            FULL JOIN (SELECT * FROM step WHERE side = 'b' AND seq > 1) b
                ON (a.place_id, coalesce(a.segment_id, 0), coalesce(a.gateway_id, 0), coalesce(a.elsewhere, 0))
                 = (b.place_id, coalesce(b.segment_id, 0), coalesce(b.gateway_id, 0), coalesce(b.elsewhere, 0))
    ), difference AS (
        SELECT coalesce(jsonb_agg(step || a_cost ORDER BY a_seq) FILTER (WHERE b_seq IS NULL), '[]') AS only_a,
            coalesce(jsonb_agg(step || b_cost ORDER BY b_seq) FILTER (WHERE a_seq IS NULL), '[]') AS only_b,
            coalesce(jsonb_agg(step || jsonb_build_object('a', a_cost, 'b', b_cost) ORDER BY a_seq)
                FILTER (WHERE a_seq IS NOT NULL AND b_seq IS NOT NULL AND differs), '[]') AS changed
        FROM pair
    )
    SELECT the_world, $1, $2, $3, $4, coalesce(a.metric, b.metric),
        a.distance_m, b.distance_m, b.distance_m - a.distance_m,
        a.eta_seconds, b.eta_seconds, b.eta_seconds - a.eta_seconds,
        a.local_seconds, b.local_seconds, b.local_seconds - a.local_seconds,
        a.coordinate_seconds, b.coordinate_seconds, b.coordinate_seconds - a.coordinate_seconds,
        a.traveler_seconds, b.traveler_seconds, b.traveler_seconds - a.traveler_seconds,
        d.only_a, d.only_b, d.changed, a.geom, b.geom
    FROM a FULL JOIN b ON true, difference d;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_route_diff(bigint, bigint, bigint, bigint, text, text, jsonb) IS
'What changes between two timelines of one world: the best route from a place to a place on each of them, side by side, as one row; no row where neither has a way.
Columns a_ and b_ are those of tv_plan_route() on timeline_a and on timeline_b, a _difference_ is b less a; the columns of a side without a way are null, and so are differences.
only_a, only_b: JSON arrays of the steps that only one of the routes has, in its order: {"segment_id", "gateway_id", "from_place_id", "place_id", "timeline_id", "seq", "distance_m", "local_seconds", "coordinate_seconds", "traveler_seconds", "turn_seconds"}. A step is the same where it is the same segment or gateway in the same direction, and both are on the route''s own timeline or on the same other one.
changed: the steps that both have and that differ in length, on a clock or in the turn into them: the same keys but for "seq" and the costs, which are in "a" and in "b"; "timeline_id" is null for the routes'' own timelines. metric, profile: as for tv_plan_route(); overrides: of timeline_b alone, so a timeline is compared with itself and a what-if.
Errors: as tv_plan_route(); 22023 also for timelines of different worlds.
Source: docs/route.md.';

CREATE FUNCTION timevmaps.tv_snap(
    world_id bigint,
    timeline_id bigint,
    lon double precision,
    lat double precision,
    snap_to text DEFAULT 'any',
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    segment_id bigint,
    a_place_id bigint,
    b_place_id bigint,
    oneway boolean,
    fraction double precision,
    distance_m double precision,
    lon double precision,
    lat double precision,
    geom geometry)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_snap(bigint, bigint, double precision, double precision, text, text, jsonb) IS
'The open segment of a timeline that is nearest to a point, and the point of it that is nearest; no row where the timeline has no open segment.
lon, lat: WGS 84, degrees. fraction: how far along the segment, from a_place_id (0) to b_place_id (1), by length on the ground. distance_m: from the point to the segment. The columns lon, lat and geom are the point on the segment. Of segments equally near, to a micrometre, it is the one with the least id.
What is closed in the timeline, belongs to another one or is not visible to the caller is not considered. A segment runs along its geom, straight where it has none.
snap_to: "any" segment, or only those of the "largest" part of the timeline''s network in which every place leads to every other, so that no point is put on a fragment that leads nowhere; where turns have rules, every way by which one is on a segment of it. profile, overrides: as for tv_plan_route(); what they close is not considered.
Errors: PT404 no such world, timeline or profile, or nothing by an id in overrides; 22023 what is wrong with overrides, a longitude or latitude out of range or NaN, no such snap_to, or a null; 54000 more than timevmaps.graph_memory; 22000 a geom with more than two dimensions; 55000 before tv_init().
Source: docs/route.md.';

CREATE FUNCTION timevmaps.tv_plan_point_route(
    world_id bigint,
    timeline_id bigint,
    from_lon double precision,
    from_lat double precision,
    to_lon double precision,
    to_lat double precision,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
    snap_to text DEFAULT 'any',
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    world_id bigint,
    timeline_id bigint,
    dest_timeline_id bigint,
    from_segment_id bigint,
    from_fraction double precision,
    from_distance_m double precision,
    to_segment_id bigint,
    to_fraction double precision,
    to_distance_m double precision,
    path_place_ids bigint[],
    path_timeline_ids bigint[],
    path_segment_ids bigint[],
    distance_m double precision,
    eta_seconds double precision,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    coordinate_minus_local_seconds double precision,
    traveler_minus_local_seconds double precision,
    metric text,
    physics_note text,
    geom geometry,
    created_at timestamptz)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000 ROWS 1
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_plan_point_route(bigint, bigint, double precision, double precision, double precision, double precision, bigint, text, text, text, jsonb) IS
'The best route from a point to a point, each put on the nearest open segment of its timeline as tv_snap() does; no row where no way leads there or a timeline has no open segment.
Its first and last steps are on parts of segments, a oneway one only ahead, and cost that part of them in metres and on every clock. Where several segments are equally near (one beside another on the same course, or those that meet at a place), the best of them counts.
from_segment_id, from_fraction, to_segment_id, to_fraction: where it begins and ends; from_distance_m, to_distance_m: from the points to there, which is not part of the route. path_place_ids: the places between, maybe none; path_timeline_ids: theirs; path_segment_ids: a segment a step, null for a gateway, so one more than places. The other columns and arguments are those of tv_plan_route(); dest_timeline_id may be of another world. snap_to: as for tv_snap(), each point on its own timeline; with "largest" two points on one timeline always have a route.
Errors: as tv_plan_route(), and 22023 for no such snap_to and for a longitude or latitude out of range or NaN.
Source: docs/route.md.';
