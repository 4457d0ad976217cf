-- 10-rules: the physics rules of a world.

CREATE FUNCTION timevmaps.tv_validate_rules(rules jsonb) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_validate_rules';
COMMENT ON FUNCTION timevmaps.tv_validate_rules(jsonb) IS
'Check the physics rules of a world: true, or an error that names what is wrong by its path.
Rules are a JSON object; a rule that is absent or null has its default:
max_speed_mps (m/s, above 0; none): no segment is faster.
base_drag (at least 0; 0): added to the drag of every segment, whose travel time is multiplied by 1 + drag.
sr (true or false; true): false switches special relativity off, so gamma is 1 and speeds of c and more are allowed.
gr (object; none): {"gm" in m^3/s^2 or "M" in kg, "r" in m}: everything in the world is at r from the centre of that mass. M is multiplied by G = 6.67430e-11, which is known to five digits only.
gravity_multiplier (at least 0; 1): multiplies gm.
clock (traveler, local or coordinate; traveler): the clock of eta_seconds and the default metric of routes.
radius_m (m, above 0; 6371008.8): radius of the sphere that places are on.
fix_ahead_s (s, 0 to 1e10; 86400): fixes of positions that are dated further ahead are refused.
fix_null_island (true or false; false): whether a device may say that it is at longitude and latitude 0, as those do that know nothing.
u_turn_s (s, at least 0, or "no"; 0): what turning back into the segment that one came by costs where rows of turns do not say otherwise; no: it is forbidden, but at dead ends, where it is free.
profile (name of up to 200 characters; none): the vehicle profile of routes where none is named.
Keys that start with x- are free.
Errors: 22023 for an unknown key, a wrong type or a value out of range ("rules.gr.r: not a number"); 22003 where r is not greater than the Schwarzschild radius 2 gm/c^2.';
