-- 53-timed: routes at a time of the week.

CREATE FUNCTION timevmaps.tv_plan_route_at(
    world_id bigint,
    timeline_id bigint,
    origin_place_id bigint,
    dest_place_id bigint,
    depart_at timestamptz,
    dest_timeline_id bigint DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
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
    created_at timestamptz,
    depart_at timestamptz,
    arrive_at timestamptz)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_plan_route_at(bigint, bigint, bigint, bigint, timestamptz, bigint, text, jsonb) IS
'The route that arrives first when leaving at depart_at, where speeds follow speed_profiles by the hour of the week; no row where no way leads there.
The columns of tv_plan_route() and depart_at, arrive_at. What is least is the time on the local clock, that of someone beside the road: arrive_at is depart_at and local_seconds, to the microsecond. The other clocks are those of the same route, each stretch at the speed of its hour. Gateways add their penalty. Waiting never helps: who leaves later never arrives earlier.
dest_timeline_id: where it ends, in this world or another; the timeline where it begins unless given. profile, overrides: as for tv_plan_route(). Without speed_profiles the route is that of tv_plan_route() for the metric "local".
Errors: as tv_plan_route(); 22023 also for a depart_at that is null or infinite; 22003 also where a profile takes a segment to the speed of light, or the arrival is later than a timestamp can be.
Source: docs/route.md.';
