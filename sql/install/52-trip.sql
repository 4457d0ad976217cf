-- 52-trip: ways through several stops.

CREATE FUNCTION timevmaps.tv_plan_trip(
    world_id bigint,
    timeline_id bigint,
    place_ids bigint[],
    stop_order text DEFAULT 'given',
    closed boolean DEFAULT false,
    fixed_end boolean DEFAULT false,
    stop_timeline_ids bigint[] DEFAULT NULL,
    service_s double precision[] DEFAULT NULL,
    window_from_s double precision[] DEFAULT NULL,
    window_to_s double precision[] DEFAULT NULL,
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    seq integer,
    stop integer,
    world_id bigint,
    timeline_id bigint,
    place_id bigint,
    arrive_s double precision,
    wait_s double precision,
    service_s double precision,
    leave_s double precision,
    distance_m double precision,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    total_distance_m double precision,
    total_local_seconds double precision,
    total_coordinate_seconds double precision,
    total_traveler_seconds double precision,
    metric text,
    exact boolean,
    path_place_ids bigint[],
    path_timeline_ids bigint[],
    geom geometry)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 20
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_plan_trip(bigint, bigint, bigint[], text, boolean, boolean, bigint[], double precision[], double precision[], double precision[], text, text, jsonb) IS
'A trip through several places, in their order or in the best one, as a row a stop: when it is reached and left, and the leg that leads there; no row where no way leads from a stop to the next, or where one would be late.
place_ids: 1 to 1,000 stops, of which the first is where the trip begins; stop is the index of one in it, from 1. stop_order: "given", or "best": the order that ends first. closed: back to the first stop at the end, a row more. fixed_end: the last place is the last stop in the best order, too. stop_timeline_ids: on which timeline each stop is, of this world or of others; null: on timeline_id.
service_s: seconds that each stop takes. window_from_s, window_to_s: when service may begin there, in seconds from the beginning of the trip; who is early waits, who would be late gets no row. A null is none of each; both ends of a window count as in it. A service may end after its window has closed; the return of a closed trip is no visit.
metric: what each leg minimises, "local", "coordinate", "traveler" or "distance"; the clock of the world''s rules unless given. arrive_s, wait_s and leave_s are seconds of the metric''s clock, of that of the world''s rules where it is "distance", which windows do not go with. The best order is the one whose last service is over first (whose return is first, where it is closed): without windows that with the least sum of costs; of those that end equally early one with little travel.
profile, overrides: as for tv_plan_route(), where the trip begins; the profile''s name holds on all legs; overrides only where all stops are on timeline_id.
exact: whether no order is better, for certain: to 15 stops; beyond, it is searched for, and where windows are narrow perhaps not found. Null for the given order.
distance_m and the three clocks are those of the leg, which is the route of tv_plan_route() from the stop before it, with its path and its geom; the columns total_ are the sum of the legs. The first row has no leg.
Errors: as tv_plan_route(); PT413 more than 1,000 stops; 22023 also for no stops, an order that is none, an array that has not an element for each stop, a number of seconds that is negative, NaN or above 1e15 (the end of a window may be infinite), a window that closes before it opens, windows where the metric is no clock, and overrides where a stop is on another timeline.
Source: Held and Karp, J. SIAM 10 (1962); Or 1976; Vidal et al., Computers & OR 40 (2013); docs/trips.md.';
