-- 50-route: routes through worlds and their timelines.
--
-- The names of arguments and of columns are the contract's, so some are both.

CREATE FUNCTION timevmaps_internal.tv_metric_names() RETURNS text[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_metric_names() IS
'The metrics of routes.';

CREATE FUNCTION timevmaps.tv_plan_route(
    world_id bigint,
    timeline_id bigint,
    origin_place_id bigint,
    dest_place_id bigint,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
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
    created_at timestamptz)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_plan_route(bigint, bigint, bigint, bigint, bigint, text, text, jsonb) IS
'The best route from a place on a timeline to a place on a timeline, as one row with the columns of route_plans but id, world_ids and what it was asked with; no row where no way leads there.
dest_timeline_id: where it ends, in this world or another; the timeline where it begins unless given. metric: what is least, "local", "coordinate", "traveler" (seconds) or "distance" (metres); the clock of the world''s rules unless given.
profile: a name of vehicle_profiles, or "none"; that of the world''s rules unless given. overrides: what to suppose of the network for this statement, as a JSON array (docs/what-if.md); nothing is written.
eta_seconds is the clock of the world''s rules whatever the metric. path_place_ids and path_timeline_ids have both ends in them. geom is null where the route has no extent.
Reads what the caller may read and the calling query sees; writes nothing.
Errors: PT404 no such world, timeline, place or profile, or nothing by an id in overrides; 22023 no such metric, what is wrong with overrides ("overrides[3].speed: unknown key"), or a null; 22003 a segment at the speed of light or a total beyond a double; PT413 more than 4194304 turns at one place that has rules; 54000 more than timevmaps.graph_memory; 55000 before tv_init().
Source: docs/route.md, docs/physics.md.';

CREATE FUNCTION timevmaps.tv_route_steps(
    world_id bigint,
    timeline_id bigint,
    origin_place_id bigint,
    dest_place_id bigint,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    seq integer,
    place_id bigint,
    timeline_id bigint,
    segment_id bigint,
    gateway_id bigint,
    distance_m double precision,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    total_distance_m double precision,
    total_local_seconds double precision,
    total_coordinate_seconds double precision,
    total_traveler_seconds double precision,
    turn_seconds double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_route_steps(bigint, bigint, bigint, bigint, bigint, text, text, jsonb) IS
'The route of tv_plan_route() step by step, a row a place: how it is reached, what the step costs and what the route costs so far.
seq 1 is the origin, with neither segment nor gateway and no cost; place_id is path_place_ids[seq]. Every other step has either a segment_id or a gateway_id. Metres and seconds; total_ columns include the step.
turn_seconds: the penalty of the turn into the step''s segment, which is part of its cost on all clocks; 0 where there is none.
Arguments and errors: as tv_plan_route().';

CREATE FUNCTION timevmaps.tv_route_cost(
    world_id bigint,
    timeline_id bigint,
    origin_place_id bigint,
    dest_place_id bigint,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    cost double precision,
    metric text,
    distance_m double precision,
    eta_seconds double precision,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    coordinate_minus_local_seconds double precision,
    traveler_minus_local_seconds double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_route_cost(bigint, bigint, bigint, bigint, bigint, text, text, jsonb) IS
'What the route of tv_plan_route() costs, without its path; no row where no way leads there.
cost is the metric''s: seconds on its clock, or metres where it is "distance". The other columns are those of the same route.
Arguments and errors: as tv_plan_route().';

CREATE FUNCTION timevmaps.tv_cost_matrix(
    world_id bigint,
    timeline_id bigint,
    origins bigint[],
    dests bigint[],
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    origin_place_id bigint,
    dest_place_id bigint,
    cost double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_cost_matrix(bigint, bigint, bigint[], bigint[], text, text, jsonb) IS
'The least cost from each of some places to each of others on one timeline; no row for a pair that no way joins.
Rows are in the order of origins, then of dests; a place named twice is answered twice. cost is the metric''s: seconds on its clock, or metres where it is "distance"; the metric is the clock of the world''s rules unless given. Routes may pass through gateways and other timelines on the way.
Errors: as tv_plan_route(); 22023 also for a null in an array, or an array of more than one dimension.';

------------------------------------------------------------- what writes

CREATE TYPE timevmaps.tv_route_plan AS (
    id bigint,
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
    world_ids bigint[],
    profile text,
    overrides jsonb);
COMMENT ON TYPE timevmaps.tv_route_plan IS 'A row of route_plans.';

CREATE FUNCTION timevmaps.tv_save_route(
    world_id bigint,
    timeline_id bigint,
    origin_place_id bigint,
    dest_place_id bigint,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS timevmaps.tv_route_plan
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    saved timevmaps.tv_route_plan;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    INSERT INTO timevmaps.route_plans (
        world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids,
        distance_m, eta_seconds, local_seconds, coordinate_seconds, traveler_seconds,
        coordinate_minus_local_seconds, traveler_minus_local_seconds, metric, physics_note, geom, created_at, profile, overrides)
    SELECT r.world_id, r.timeline_id, r.origin_id, r.dest_id, r.dest_timeline_id, r.path_place_ids, r.path_timeline_ids,
        r.distance_m, r.eta_seconds, r.local_seconds, r.coordinate_seconds, r.traveler_seconds,
        r.coordinate_minus_local_seconds, r.traveler_minus_local_seconds, r.metric, r.physics_note, r.geom, r.created_at,
        tv_save_route.profile, nullif(tv_save_route.overrides, 'null')
    FROM timevmaps.tv_plan_route(
        tv_save_route.world_id, tv_save_route.timeline_id, tv_save_route.origin_place_id,
        tv_save_route.dest_place_id, tv_save_route.dest_timeline_id, tv_save_route.metric,
        tv_save_route.profile, tv_save_route.overrides) r
    RETURNING id, world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids,
        distance_m, eta_seconds, local_seconds, coordinate_seconds, traveler_seconds,
        coordinate_minus_local_seconds, traveler_minus_local_seconds, metric, physics_note, geom, created_at, world_ids, profile, overrides
    INTO saved;
    IF saved.id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such route',
            DETAIL = format('No way leads from place %s on timeline %s to place %s on timeline %s.',
                            origin_place_id, timeline_id, dest_place_id, coalesce(dest_timeline_id, timeline_id));
    END IF;
    RETURN saved;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_save_route(bigint, bigint, bigint, bigint, bigint, text, text, jsonb) IS
'Plan a route as tv_plan_route() does and keep it: the stored row of route_plans.
Needs the right to write in the world where the route begins.
Errors: as tv_plan_route(); PT404 also where no way leads there; 42501 not allowed to store it.';
