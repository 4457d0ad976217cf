-- 77-live-route: the way that a vehicle has before it.

-- Types of PostGIS are looked up here, and nothing else: what is below are signatures alone.
DO $$
BEGIN
    PERFORM set_config('search_path', (SELECT format('pg_catalog, %s, pg_temp', e.extnamespace::regnamespace)
                                       FROM pg_extension e WHERE e.extname = 'postgis'), true);
END
$$;

CREATE FUNCTION timevmaps.tv_route_from(
    world_id bigint,
    timeline_id bigint,
    vehicle_id bigint,
    t timestamptz,
    dest_place_id bigint,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
    max_gap_s double precision DEFAULT 300,
    known_at timestamptz DEFAULT NULL,
    taken_by timestamptz DEFAULT NULL,
    snap_to text DEFAULT 'any',
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    world_id bigint,
    timeline_id bigint,
    vehicle_id bigint,
    dest_id bigint,
    dest_timeline_id bigint,
    state text,
    fix_at timestamptz,
    age_s double precision,
    lon double precision,
    lat double precision,
    snapped geometry,
    from_segment_id bigint,
    from_fraction double precision,
    from_distance_m double precision,
    to_segment_id bigint,
    to_fraction double precision,
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
COMMENT ON FUNCTION timevmaps.tv_route_from(bigint, bigint, bigint, timestamptz, bigint, bigint, text, double precision, timestamptz, timestamptz, text, text, jsonb) IS
'The best route from where a vehicle was at a moment, as a timeline tells it, to a place; no row where the vehicle is nowhere at that moment, or no way leads there.
Where it was is what tv_positions_at(..., on_network => true) answers: on a branch, at or before its fork, what the parent says; then the way goes over the branch''s own roads. It begins on the segment and at the fraction that the fix names, where the timeline has that segment open, else on the nearest open segment (snap_to: as for tv_snap()); at the end of a segment it may go any way.
state, fix_at, age_s: how the position is known, the fix that it rests on, and the seconds since. lon, lat: where it was; snapped: where the route begins; from_distance_m: the metres between, which are not part of the route. Between dates without fixes (state "gap", "before", "after") there is no position; max_gap_s: how long a vehicle is taken to be where its last fix was. known_at: by the fixes that had been recorded then; taken_by: by those of no later time.
dest_id: the place; dest_timeline_id: on this or another timeline, of this world or another. path_place_ids: the places between, without it; path_segment_ids: a segment a step, null for a gateway. The other columns are those of tv_plan_point_route(), metric, profile and overrides are those of tv_plan_route(); unless profile is given, it is what the vehicle''s column of that name says, if the timeline has such a profile.
Errors: as tv_plan_route(), PT404 also for a vehicle that is none of the world; 22023 also for a moment that is not finite, a max_gap_s below 0 or no such snap_to.
Source: docs/live-route.md.';

CREATE TYPE timevmaps.tv_live_eta AS (
    world_id bigint,
    timeline_id bigint,
    vehicle_id bigint,
    dest_id bigint,
    dest_timeline_id bigint,
    state text,
    fix_at timestamptz,
    age_s double precision,
    distance_m double precision,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    metric text,
    eta timestamptz,
    expected_at timestamptz,
    delay_s double precision);
COMMENT ON TYPE timevmaps.tv_live_eta IS 'What tv_eta_live() gives: what a vehicle still has before it, and when it will be there.';

CREATE FUNCTION timevmaps.tv_eta_live(
    world_id bigint,
    timeline_id bigint,
    vehicle_id bigint,
    dest_place_id bigint,
    dest_timeline_id bigint DEFAULT NULL,
    metric text DEFAULT NULL,
    t timestamptz DEFAULT now(),
    route_id bigint DEFAULT NULL,
    departed_at timestamptz DEFAULT NULL,
    expected_at timestamptz DEFAULT NULL,
    max_gap_s double precision DEFAULT 300,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS SETOF timevmaps.tv_live_eta
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 30000 ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    plan timevmaps.route_plans;
    due timestamptz := $10;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF $7 IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 't: must not be null';
    END IF;
    IF $10 IS NOT NULL AND NOT isfinite($10) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'expected_at: must be finite';
    END IF;
    IF $9 IS NOT NULL AND NOT isfinite($9) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'departed_at: must be finite';
    END IF;
    IF $8 IS NOT NULL THEN
        IF due IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'expected_at: must be null beside route_id',
                HINT = 'A saved route says itself when it should arrive.';
        END IF;
        SELECT p.* INTO plan FROM timevmaps.route_plans p WHERE p.id = $8;
        IF plan.id IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such route',
                DETAIL = format('There is no route %s, or it is not visible to this role.', $8);
        END IF;
        IF plan.dest_id <> $4 OR plan.dest_timeline_id <> coalesce($5, $2) THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'route_id: must lead to dest_place_id',
                DETAIL = format('Route %s leads to place %s on timeline %s.', $8, plan.dest_id, plan.dest_timeline_id);
        END IF;
        due := coalesce($9, plan.created_at) + make_interval(secs => plan.local_seconds);
    END IF;
    RETURN QUERY
    SELECT r.world_id, r.timeline_id, r.vehicle_id, r.dest_id, r.dest_timeline_id, r.state, r.fix_at, r.age_s, r.distance_m,
        r.local_seconds, r.coordinate_seconds, r.traveler_seconds, r.metric, a.eta, due, extract(epoch FROM a.eta - due)::double precision
    FROM timevmaps.tv_route_from($1, $2, $3, $7, $4, $5, $6, $11, NULL, $7, profile => $12, overrides => $13) r,
        LATERAL (SELECT $7 + make_interval(secs => r.local_seconds) AS eta) a;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_eta_live(bigint, bigint, bigint, bigint, bigint, text, timestamptz, bigint, timestamptz, timestamptz, double precision, text, jsonb) IS
'What a vehicle still has before it to a place, and when it will be there; no row where it is nowhere now, or no way leads there.
distance_m and the three clocks are those of tv_route_from() at t, which is now unless given. eta: t and local_seconds, for timestamps are of clocks beside the road; as if the vehicle set out at t from where it is known to be, so age_s says how much is guessed: nothing is added for where it may have got since its last fix, and no later fix is looked at.
delay_s: eta minus expected_at, negative where it is early; null where nothing is expected. expected_at is the argument, or, with route_id, when that saved route (a row of route_plans to the same place) would arrive that had left at departed_at, by default when it was saved.
metric, max_gap_s, profile, overrides: as for tv_route_from().
Errors: as tv_route_from(); PT404 also for no such saved route; 22023 also for a route_id that leads elsewhere or stands beside expected_at, and a t, departed_at or expected_at that is not finite.
Source: docs/live-route.md.';
