-- 20-relativity: clocks that move, clocks in a field, orbits, rockets, and the three clocks of a travel.

------------------------------------------------------------ special relativity

CREATE FUNCTION timevmaps.tv_gamma(v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gamma';
COMMENT ON FUNCTION timevmaps.tv_gamma(double precision) IS
'The Lorentz factor of a speed in m/s: 1/sqrt(1 - v^2/c^2).
The sign of the speed does not matter. Right to the last bit or so for every speed; see tv_gamma_minus_one for slow ones.
Errors: 22003 unless |v_mps| < c = 299792458 m/s. Source: Einstein 1905.';

CREATE FUNCTION timevmaps.tv_gamma_minus_one(v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gamma_minus_one';
COMMENT ON FUNCTION timevmaps.tv_gamma_minus_one(double precision) IS
'The Lorentz factor of a speed in m/s, minus 1, without cancellation: about v^2/2c^2 at road speed, where it is 1e-15.
Errors: 22003 unless |v_mps| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_sr_proper_seconds(coordinate_seconds double precision, v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_sr_proper_seconds';
COMMENT ON FUNCTION timevmaps.tv_sr_proper_seconds(double precision, double precision) IS
'Seconds that a clock moving at v_mps shows while coordinate_seconds pass for those at rest: coordinate_seconds / gamma.
Errors: 22003 unless the time is finite and at least 0; 22003 unless |v_mps| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_sr_proper_offset_seconds(coordinate_seconds double precision, v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_sr_proper_offset_seconds';
COMMENT ON FUNCTION timevmaps.tv_sr_proper_offset_seconds(double precision, double precision) IS
'tv_sr_proper_seconds minus coordinate_seconds, without cancellation: at most 0, what the moving clock loses, in seconds.
Errors: 22003 unless the time is finite and at least 0; 22003 unless |v_mps| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_sr_coordinate_seconds(proper_seconds double precision, v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_sr_coordinate_seconds';
COMMENT ON FUNCTION timevmaps.tv_sr_coordinate_seconds(double precision, double precision) IS
'Seconds that pass for those at rest while a clock moving at v_mps shows proper_seconds: proper_seconds * gamma.
Errors: 22003 unless the time is finite and at least 0; 22003 unless |v_mps| < c = 299792458 m/s; 22003 where the result is beyond the largest double.';

CREATE FUNCTION timevmaps.tv_sr_coordinate_offset_seconds(proper_seconds double precision, v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_sr_coordinate_offset_seconds';
COMMENT ON FUNCTION timevmaps.tv_sr_coordinate_offset_seconds(double precision, double precision) IS
'tv_sr_coordinate_seconds minus proper_seconds, without cancellation: at least 0, in seconds.
Errors: 22003 unless the time is finite and at least 0; 22003 unless |v_mps| < c = 299792458 m/s; 22003 where the result is beyond the largest double.';

CREATE FUNCTION timevmaps.tv_velocity_add(u double precision, v double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_velocity_add';
COMMENT ON FUNCTION timevmaps.tv_velocity_add(double precision, double precision) IS
'The velocity, in m/s along one line, of what moves at u in a frame that itself moves at v: (u + v)/(1 + uv/c^2).
Always below c: where the nearest double is c, the one before it.
Errors: 22003 unless |u| and |v| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_velocity_add_offset(u double precision, v double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_velocity_add_offset';
COMMENT ON FUNCTION timevmaps.tv_velocity_add_offset(double precision, double precision) IS
'tv_velocity_add minus the plain sum u + v, without cancellation, in m/s: 30 and 30 m/s add up to 6e-13 m/s less than 60.
Errors: 22003 unless |u| and |v| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_doppler(v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_doppler';
COMMENT ON FUNCTION timevmaps.tv_doppler(double precision) IS
'The longitudinal Doppler factor, received over emitted frequency, of a source that recedes at v_mps: sqrt((c - v)/(c + v)).
A positive speed recedes, as radial velocities do in astronomy: the factor is below 1, a red shift z = 1/factor - 1. A negative one approaches.
Errors: 22003 unless |v_mps| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_doppler_minus_one(v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_doppler_minus_one';
COMMENT ON FUNCTION timevmaps.tv_doppler_minus_one(double precision) IS
'The longitudinal Doppler factor of a source that recedes at v_mps, minus 1, without cancellation: about -v/c.
Errors: 22003 unless |v_mps| < c = 299792458 m/s.';

------------------------------------------------------------- clocks in a field

-- r is the Schwarzschild radial coordinate: the circumference over 2 pi.

CREATE FUNCTION timevmaps.tv_schwarzschild_radius(gm double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_schwarzschild_radius';
COMMENT ON FUNCTION timevmaps.tv_schwarzschild_radius(double precision) IS
'The Schwarzschild radius 2 gm/c^2 in metres of a gravitational parameter gm in m^3/s^2.
Errors: 22003 unless gm is finite and at least 0.';

CREATE FUNCTION timevmaps.tv_gr_factor(gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gr_factor';
COMMENT ON FUNCTION timevmaps.tv_gr_factor(double precision, double precision) IS
'The rate of a clock at rest at r metres from a mass, per second of a far clock at rest: sqrt(1 - 2 gm/(r c^2)), at most 1.
gm is the gravitational parameter G M in m^3/s^2, r the Schwarzschild radial coordinate.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2. Source: Schwarzschild 1916.';

CREATE FUNCTION timevmaps.tv_gr_factor_minus_one(gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gr_factor_minus_one';
COMMENT ON FUNCTION timevmaps.tv_gr_factor_minus_one(double precision, double precision) IS
'tv_gr_factor minus 1, without cancellation: at most 0; about -gm/(r c^2), which is -7e-10 on the Earth.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2.';

CREATE FUNCTION timevmaps.tv_gr_coordinate_seconds(proper_seconds double precision, gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gr_coordinate_seconds';
COMMENT ON FUNCTION timevmaps.tv_gr_coordinate_seconds(double precision, double precision, double precision) IS
'Seconds that pass for a far clock at rest while one at rest at r shows proper_seconds: proper_seconds / tv_gr_factor.
Errors: 22003 unless the time is finite and at least 0; 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2; 22003 where the result is beyond the largest double.';

CREATE FUNCTION timevmaps.tv_gr_coordinate_offset_seconds(proper_seconds double precision, gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gr_coordinate_offset_seconds';
COMMENT ON FUNCTION timevmaps.tv_gr_coordinate_offset_seconds(double precision, double precision, double precision) IS
'tv_gr_coordinate_seconds minus proper_seconds, without cancellation: at least 0, in seconds.
Errors: 22003 unless the time is finite and at least 0; 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2; 22003 where the result is beyond the largest double.';

CREATE FUNCTION timevmaps.tv_gr_proper_seconds(coordinate_seconds double precision, gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gr_proper_seconds';
COMMENT ON FUNCTION timevmaps.tv_gr_proper_seconds(double precision, double precision, double precision) IS
'Seconds that a clock at rest at r shows while coordinate_seconds pass for a far clock at rest: coordinate_seconds * tv_gr_factor.
Errors: 22003 unless the time is finite and at least 0; 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2.';

CREATE FUNCTION timevmaps.tv_gr_proper_offset_seconds(coordinate_seconds double precision, gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_gr_proper_offset_seconds';
COMMENT ON FUNCTION timevmaps.tv_gr_proper_offset_seconds(double precision, double precision, double precision) IS
'tv_gr_proper_seconds minus coordinate_seconds, without cancellation: at most 0, in seconds.
Errors: 22003 unless the time is finite and at least 0; 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2.';

------------------------------------------------------ moving clocks in a field

CREATE FUNCTION timevmaps.tv_clock_rate(gm double precision, r double precision, v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_clock_rate';
COMMENT ON FUNCTION timevmaps.tv_clock_rate(double precision, double precision, double precision) IS
'The rate of a clock that moves at v_mps at r, per second of a far clock at rest: sqrt(1 - 2 gm/(r c^2)) / gamma(v).
v_mps is what observers at rest at r measure, in any direction.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2; 22003 unless |v_mps| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_clock_rate_offset(gm double precision, r double precision, v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_clock_rate_offset';
COMMENT ON FUNCTION timevmaps.tv_clock_rate_offset(double precision, double precision, double precision) IS
'tv_clock_rate minus 1, without cancellation: at most 0, seconds gained per second of a far clock at rest.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2; 22003 unless |v_mps| < c = 299792458 m/s.';

CREATE FUNCTION timevmaps.tv_clock_rate_offset_against(gm double precision, r double precision, v_mps double precision, reference_r double precision, reference_v_mps double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_clock_rate_offset_against';
COMMENT ON FUNCTION timevmaps.tv_clock_rate_offset_against(double precision, double precision, double precision, double precision, double precision) IS
'How much faster the clock (r, v_mps) runs than the clock (reference_r, reference_v_mps) of the same field: the quotient of their rates minus 1, without cancellation.
Positive: it gains. Holds its precision for clocks as close as two doubles can be: Pound and Rebka''s 22.5 m are 2.455e-15.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 2 gm/c^2, also for reference_r; 22003 unless both speeds are below c = 299792458 m/s.';

--------------------------------------------------------------- circular orbits

CREATE FUNCTION timevmaps.tv_orbit_speed(gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_orbit_speed';
COMMENT ON FUNCTION timevmaps.tv_orbit_speed(double precision, double precision) IS
'The speed in m/s, as observers at rest at r measure it, of a circular orbit: sqrt(gm/(r - 2 gm/c^2)).
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 3 gm/c^2, where light would orbit.';

CREATE FUNCTION timevmaps.tv_orbit_rate(gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_orbit_rate';
COMMENT ON FUNCTION timevmaps.tv_orbit_rate(double precision, double precision) IS
'The rate of a clock on a circular orbit at r, per second of a far clock at rest: sqrt(1 - 3 gm/(r c^2)).
It is tv_clock_rate at tv_orbit_speed: gravity and speed together.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 3 gm/c^2, where light would orbit.';

CREATE FUNCTION timevmaps.tv_orbit_rate_offset(gm double precision, r double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_orbit_rate_offset';
COMMENT ON FUNCTION timevmaps.tv_orbit_rate_offset(double precision, double precision) IS
'tv_orbit_rate minus 1, without cancellation: at most 0, about -3/2 gm/(r c^2).
Against a clock on the ground instead of a far one: tv_orbit_rate_offset_against.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 3 gm/c^2, where light would orbit.';

CREATE FUNCTION timevmaps.tv_orbit_rate_offset_against(gm double precision, r double precision, reference_offset double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_orbit_rate_offset_against';
COMMENT ON FUNCTION timevmaps.tv_orbit_rate_offset_against(double precision, double precision, double precision) IS
'How much faster a clock on a circular orbit runs than a clock whose own rate offset is reference_offset: the quotient of the rates minus 1.
tv_orbit_rate_offset_against(3.986004418e14, 26561400, tv_geoid_rate_offset()) * 86400e6 is the +38.575 microseconds a day of a GPS clock.
Errors: 22003 unless gm (m^3/s^2) is finite and at least 0, and r (m) finite and above 3 gm/c^2, where light would orbit; 22003 unless reference_offset is finite and above -1.';

CREATE FUNCTION timevmaps.tv_geoid_rate_offset() RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_geoid_rate_offset';
COMMENT ON FUNCTION timevmaps.tv_geoid_rate_offset() IS
'The rate offset of a clock on the Earth''s geoid against a far one: -L_G = -6.969290134e-10.
It includes the Earth''s rotation and shape, which no function of gm and r does. Source: IAU 2000, resolution B1.9.';

-------------------------------------------------------------------- the rocket

CREATE FUNCTION timevmaps.tv_rocket(
    distance_m double precision, acceleration double precision, turnaround boolean DEFAULT true,
    OUT coordinate_seconds double precision, OUT proper_seconds double precision,
    OUT proper_minus_coordinate_seconds double precision,
    OUT peak_speed_mps double precision, OUT peak_below_c_mps double precision,
    OUT peak_gamma double precision, OUT peak_gamma_minus_one double precision,
    OUT peak_rapidity double precision)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_rocket';
COMMENT ON FUNCTION timevmaps.tv_rocket(double precision, double precision, boolean) IS
'A journey from rest at constant proper acceleration (m/s^2, as felt on board) over a distance (m), in flat space.
turnaround true: accelerate for half of the way and brake as hard for the other, arriving at rest; the peak is in the middle. false: accelerate all the way; the peak is at the end.
coordinate_seconds: for those who stay at rest at either end. proper_seconds: on board. proper_minus_coordinate_seconds: their difference without cancellation, at most 0.
peak_speed_mps: below c always (where the nearest double is c, the one before it). peak_below_c_mps: c minus the peak speed, without cancellation. peak_gamma, peak_gamma_minus_one: the Lorentz factor there. peak_rapidity: artanh(v/c).
Errors: 22003 unless the distance is finite and at least 0 and the acceleration finite and above 0; 22003 where a result is beyond the largest double. Source: Misner, Thorne and Wheeler, Gravitation, section 6.2.';

------------------------------------------------------------------ three clocks

CREATE FUNCTION timevmaps.tv_eta(
    edges jsonb, world_rules jsonb DEFAULT '{}',
    OUT distance_m double precision, OUT eta_seconds double precision,
    OUT local_seconds double precision, OUT coordinate_seconds double precision, OUT traveler_seconds double precision,
    OUT coordinate_minus_local_seconds double precision, OUT traveler_minus_local_seconds double precision)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'tv_eta';
COMMENT ON FUNCTION timevmaps.tv_eta(jsonb, jsonb) IS
'The travel time over a list of edges on three clocks, without any table.
edges: [{"length_m": at least 0, "speed_kph": above 0, "base_drag": at least 0, default 0}, ...]; keys that start with x- are free. world_rules: as tv_validate_rules describes.
local_seconds: someone standing beside the road, length / v * (1 + drag), where v is the edge''s speed but at most max_speed_mps. coordinate_seconds: a far observer at rest, local / sqrt(1 - r_s/r) where the rules have gr. traveler_seconds: the one who travels, local / gamma(v) where the rules have sr.
eta_seconds: the clock that the rule clock names. The two differences are computed directly, because at road speed they are 1e-15 of the times. Sums are compensated. In metres and seconds.
Errors: 22023 with the path to what is wrong ("edges[2].speed_kph: not a number"); 22003 where a speed is not below c = 299792458 m/s while sr is on, where r is inside the Schwarzschild radius, or where a time is beyond the largest double.';
