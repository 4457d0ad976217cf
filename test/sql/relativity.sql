-- Relativity: the questions one asks, and the answers.  Figures are rounded to what
-- matters; test/pgtap/20-relativity.sql and the unit tests check them to the last bit.

-- A clock that moves at 60 % of the speed of light, and one in a car at 50 km/h.
SELECT timevmaps.tv_gamma(0.6 * 299792458) AS gamma,
       timevmaps.tv_gamma_minus_one(50 / 3.6) AS gamma_minus_one_in_town;

-- An hour on either side: what the moving clock shows, and what passes at rest.
SELECT timevmaps.tv_sr_proper_seconds(3600, 0.6 * 299792458) AS proper,
       timevmaps.tv_sr_coordinate_seconds(3600, 0.6 * 299792458) AS coordinate;

-- A life on the motorway: 1,000 hours at 110 km/h make one younger by this many nanoseconds.
-- The difference of the two times themselves would be noise.
SELECT round((timevmaps.tv_sr_proper_offset_seconds(3.6e6, 110 / 3.6) * 1e9)::numeric, 3) AS younger_by_ns;

-- Velocities add up to less than light's, and to a little less than their sum at any speed.
SELECT timevmaps.tv_velocity_add(299792458 / 2.0, 299792458 / 2.0) / 299792458 AS halves,
       timevmaps.tv_velocity_add_offset(30, 30) AS cars_meeting;

-- A galaxy that recedes at a tenth of c is red, one that approaches is blue.
SELECT round(timevmaps.tv_doppler(29979245.8)::numeric, 6) AS receding,
       round(timevmaps.tv_doppler(-29979245.8)::numeric, 6) AS approaching;

-- The Earth's gravity: gm = 3.986004418e14 m^3/s^2.  Its Schwarzschild radius is 9 mm, and a
-- clock at rest on the ground loses 22 ms a year against a far one.
SELECT round((timevmaps.tv_schwarzschild_radius(3.986004418e14) * 1e3)::numeric, 3) AS horizon_mm,
       round((timevmaps.tv_gr_proper_offset_seconds(31557600, 3.986004418e14, 6371008.8) * 1e3)::numeric, 3) AS ms_a_year;

-- One metre higher a clock runs faster by 1.1e-16.
SELECT round((timevmaps.tv_clock_rate_offset_against(3.986004418e14, 6371009.8, 0, 6371008.8, 0) * 1e16)::numeric, 4) AS e_minus_16;

-- A GPS clock against the geoid: gravity and speed together, then the part of its speed.
SELECT round((timevmaps.tv_orbit_rate_offset_against(3.986004418e14, 26561400, timevmaps.tv_geoid_rate_offset())
              * 86400e6)::numeric, 4) AS gains_us_a_day,
       round((timevmaps.tv_sr_proper_offset_seconds(86400, timevmaps.tv_orbit_speed(3.986004418e14, 26561400))
              * 1e6)::numeric, 3) AS of_which_speed;

-- To the nearest star and stop there, at 1 g all the way: years at home, years on board.
SELECT round((coordinate_seconds / 31557600)::numeric, 3) AS years_at_home,
       round((proper_seconds / 31557600)::numeric, 3) AS years_on_board,
       round((peak_speed_mps / 299792458)::numeric, 4) AS peak_in_c, round(peak_gamma::numeric, 3) AS peak_gamma
FROM timevmaps.tv_rocket(4.367 * 9460730472580800, 9.80665);

-- Three clocks for a drive of two streets: beside the road, far away, and in the car.
SELECT distance_m, local_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds
FROM timevmaps.tv_eta('[{"length_m": 500, "speed_kph": 50}, {"length_m": 1000, "speed_kph": 90, "base_drag": 0.25}]');

-- The same drive where light is slow to come by: a world beside a black hole of 1.1 million suns.
SELECT eta_seconds = coordinate_seconds AS eta_is_coordinate, round(local_seconds::numeric, 3) AS local,
       round(coordinate_seconds::numeric, 3) AS coordinate
FROM timevmaps.tv_eta('[{"length_m": 500, "speed_kph": 50}, {"length_m": 1000, "speed_kph": 90, "base_drag": 0.25}]',
                      '{"gr": {"gm": 1.5e26, "r": 5e9}, "clock": "coordinate"}');

-- A world without special relativity knows no limit.
SELECT local_seconds, traveler_seconds FROM timevmaps.tv_eta('[{"length_m": 1e12, "speed_kph": 3.6e12}]', '{"sr": false}');

-- Outside a formula's domain there is an error that says what the domain is.
SELECT timevmaps.tv_gamma(299792458);
SELECT timevmaps.tv_gr_factor(3.986004418e14, 0.008);
SELECT timevmaps.tv_orbit_rate(3.986004418e14, 0.013);
SELECT timevmaps.tv_sr_proper_seconds(-1, 0);
SELECT timevmaps.tv_sr_coordinate_seconds('NaN', 0);
SELECT timevmaps.tv_rocket(1, 0);
SELECT timevmaps.tv_sr_coordinate_seconds(1.7e308, 2e8);

-- What is wrong in JSON is named by its path.
SELECT timevmaps.tv_eta('[{"length_m": 1, "speed_kph": 50}, {"length_m": 1, "speed_kph": 0}]');
SELECT timevmaps.tv_eta('[{"length_m": 1, "speed_kph": 50, "drag": 0.1}]');
SELECT timevmaps.tv_eta('[{"length_m": 1, "speed_kph": 2e9}]');
SELECT timevmaps.tv_validate_rules('{"max_speed": 50}');
SELECT timevmaps.tv_validate_rules('{"gr": {"r": 6371008.8}}');
SELECT timevmaps.tv_validate_rules('{"gr": {"gm": 3.986004418e14, "r": 0.008}}');
SELECT timevmaps.tv_validate_rules('{"clock": "cuckoo"}');
