-- 59-explain: why a route is the way it is.

CREATE FUNCTION timevmaps.tv_route_explain(
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
    metric text,
    cost double precision,
    by_length double precision,
    by_drag double precision,
    by_profile double precision,
    by_turn double precision,
    by_gateway double precision,
    by_decoherence double precision,
    by_relativity double precision,
    decided jsonb,
    next_best_cost double precision,
    next_best_difference double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_route_explain(bigint, bigint, bigint, bigint, bigint, text, text, jsonb) IS
'Why the route of tv_plan_route() is the way it is, a row a step as of tv_route_steps(): what the step''s cost is made of, what decided that, and what the route would cost without the step.
cost is the metric''s, and the sum of the parts in their order: by_length, what its length takes at its own speed and the world''s limit; by_drag, what drag adds, the world''s and its own; by_profile, what the vehicle is slower; by_turn, the penalty of the turn into it; by_gateway and by_decoherence, a passage at fidelity 1 and what its fidelity adds; by_relativity, what the metric''s clock shows more than a local one, negative for a traveler''s. Metres are all by_length where the metric is "distance".
decided: of length_m, speed_kph, base_drag, class and closed each {"value", "timeline_id"}, the timeline whose override said it, or "overrides", its index in that argument; neither: the segment''s own row. turn: the row of turns. profile: the row of vehicle_profiles, the segment''s class and that class''s speed. gateway: the row, and experiment_id, the last finished experiment of it.
next_best_cost: what the best route costs if the step''s segment or gateway were closed, both ways, on the timeline on which it is passed; next_best_difference: how much more that is. Null where there is no other way.
Arguments and errors: as tv_plan_route().
Source: Hart, Nilsson and Raphael 1968; docs/explain.md.';
