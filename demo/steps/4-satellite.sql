-- A GPS satellite's clock against one on the geoid; figures and sources in docs/physics.md.

WITH orbit AS (SELECT 3.986004418e14 AS gm, 26561400.0::double precision AS r, 6.969290134e-10 AS geoid, 86400e6 AS day_us),
rates AS (
    SELECT o.*, timevmaps.tv_orbit_rate_offset(gm, r) + geoid AS total,
           -timevmaps.tv_gamma_minus_one(sqrt(gm / r)) / timevmaps.tv_gamma(sqrt(gm / r)) AS speed
    FROM orbit o
)
SELECT E'  a GPS satellite, 26561.4 km from the Earth''s centre, against a clock at sea level, in one day\n'
    || format(E'  its speed        %s µs\n', to_char(speed * day_us, 'SFM990.000'))
    || format(E'  its height       %s µs\n', to_char((total - speed) * day_us, 'SFM990.000'))
    || format('  together         %s µs, in which light travels %s km', to_char(total * day_us, 'SFM990.000'),
              round((total * 86400 * 299792.458)::numeric, 1))
FROM rates;
