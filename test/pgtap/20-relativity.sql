-- Relativity through SQL: declarations, values against numeric arithmetic, domains with
-- their SQLSTATE, and the three clocks of tv_eta.  Precision over the whole domain is
-- the unit tests' matter; numeric checks here that nothing is lost on the way.
BEGIN;
SELECT plan(128);


-- |got / wanted - 1|, in numeric: a cast of double precision to numeric would keep 15 digits only.
CREATE FUNCTION pg_temp.off(got double precision, wanted numeric) RETURNS numeric LANGUAGE sql AS $$
    SELECT CASE WHEN wanted = 0 THEN abs(got::text::numeric) ELSE abs(got::text::numeric / wanted - 1) END
$$;
CREATE FUNCTION pg_temp.root(x numeric) RETURNS numeric LANGUAGE sql AS $$ SELECT sqrt(round(x, 120)) $$;
-- 1 - beta^2 and 1 - multiple gm/(r c^2)
CREATE FUNCTION pg_temp.slow(v numeric) RETURNS numeric LANGUAGE sql AS $$
    SELECT 1 - round(v * v, 120) / 89875517873681764
$$;
CREATE FUNCTION pg_temp.deep(gm numeric, r numeric, multiple numeric) RETURNS numeric LANGUAGE sql AS $$
    SELECT 1 - round(multiple * gm, 120) / (r * 89875517873681764)
$$;

---------------------------------------------------------------- declarations

CREATE TEMP TABLE declared AS
SELECT p.oid, p.proname::text AS name, p.proargnames[1:p.pronargs] AS arguments
FROM pg_proc p
WHERE p.pronamespace = 'timevmaps'::regnamespace
  AND p.proname IN ('tv_gamma', 'tv_gamma_minus_one', 'tv_sr_proper_seconds', 'tv_sr_proper_offset_seconds',
    'tv_sr_coordinate_seconds', 'tv_sr_coordinate_offset_seconds', 'tv_velocity_add', 'tv_velocity_add_offset',
    'tv_doppler', 'tv_doppler_minus_one', 'tv_schwarzschild_radius', 'tv_gr_factor', 'tv_gr_factor_minus_one',
    'tv_gr_coordinate_seconds', 'tv_gr_coordinate_offset_seconds', 'tv_gr_proper_seconds', 'tv_gr_proper_offset_seconds',
    'tv_clock_rate', 'tv_clock_rate_offset', 'tv_clock_rate_offset_against', 'tv_orbit_speed', 'tv_orbit_rate',
    'tv_orbit_rate_offset', 'tv_orbit_rate_offset_against', 'tv_geoid_rate_offset', 'tv_rocket', 'tv_eta');
SELECT is((SELECT count(*)::int FROM declared), 27, 'one function of each name');
SELECT is_empty($$SELECT name FROM declared JOIN pg_proc p USING (oid)
    WHERE p.provolatile <> 'i' OR NOT p.proisstrict OR p.proparallel <> 's'
       OR p.prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c')$$, 'all are IMMUTABLE STRICT PARALLEL SAFE and in C');
SELECT is_empty($$SELECT name FROM declared JOIN pg_proc p USING (oid)
    WHERE coalesce(cardinality(arguments), 0) <> p.pronargs OR '' = ANY (arguments)$$, 'every argument has a name');
SELECT is_empty($$SELECT name FROM declared
    WHERE coalesce(obj_description(oid, 'pg_proc'), '') !~ E'\n' AND name <> 'tv_geoid_rate_offset'$$, 'every function is described');

SELECT is((SELECT arguments FROM declared WHERE name = wanted.name), wanted.arguments, wanted.name || ' takes what the contract says')
FROM (VALUES
    ('tv_gamma', '{v_mps}'::text[]), ('tv_gamma_minus_one', '{v_mps}'),
    ('tv_sr_proper_seconds', '{coordinate_seconds,v_mps}'), ('tv_sr_coordinate_seconds', '{proper_seconds,v_mps}'),
    ('tv_gr_factor', '{gm,r}'), ('tv_gr_coordinate_seconds', '{proper_seconds,gm,r}'),
    ('tv_gr_proper_seconds', '{coordinate_seconds,gm,r}'), ('tv_clock_rate', '{gm,r,v_mps}'),
    ('tv_clock_rate_offset', '{gm,r,v_mps}'), ('tv_orbit_rate_offset', '{gm,r}'), ('tv_velocity_add', '{u,v}'),
    ('tv_doppler', '{v_mps}'), ('tv_rocket', '{distance_m,acceleration,turnaround}'), ('tv_eta', '{edges,world_rules}')
) wanted(name, arguments);

----------------------------------------------------- values against numeric

-- Every number here is exact in binary, so numeric computes with the same ones.
CREATE TEMP TABLE speeds (v double precision);
INSERT INTO speeds VALUES (0.25), (13.875), (30), (340), (-7500), (1e6), (149896229), (-2e8), (299792457), (299792457.875);
SELECT cmp_ok(max(pg_temp.off(got, wanted)), '<', 3e-16, name || ' is numeric''s')
FROM speeds, LATERAL (SELECT v::numeric AS n, pg_temp.root(pg_temp.slow(v::numeric)) AS s) x, LATERAL (VALUES
    ('tv_gamma', timevmaps.tv_gamma(v), 1 / s),
    ('tv_gamma_minus_one', timevmaps.tv_gamma_minus_one(v), 1 / s - 1),
    ('tv_sr_proper_seconds', timevmaps.tv_sr_proper_seconds(86400, v), 86400 * s),
    ('tv_sr_proper_offset_seconds', timevmaps.tv_sr_proper_offset_seconds(86400, v), 86400 * s - 86400),
    ('tv_sr_coordinate_seconds', timevmaps.tv_sr_coordinate_seconds(86400, v), 86400 / s),
    ('tv_sr_coordinate_offset_seconds', timevmaps.tv_sr_coordinate_offset_seconds(86400, v), 86400 / s - 86400),
    ('tv_velocity_add', timevmaps.tv_velocity_add(1000.5, v), (1000.5 + n) / (1 + round(1000.5 * n, 120) / 89875517873681764)),
    ('tv_velocity_add_offset', timevmaps.tv_velocity_add_offset(1000.5, v),
        (1000.5 + n) / (1 + round(1000.5 * n, 120) / 89875517873681764) - (1000.5 + n)),
    ('tv_doppler', timevmaps.tv_doppler(v), pg_temp.root(round(299792458 - n, 120) / (299792458 + n))),
    ('tv_doppler_minus_one', timevmaps.tv_doppler_minus_one(v), pg_temp.root(round(299792458 - n, 120) / (299792458 + n)) - 1)
) f(name, got, wanted)
GROUP BY name ORDER BY name;

-- 2^67 and 2^87 for a sun and a black hole of 1.2 million suns: numeric keeps them, a cast would not.
CREATE TEMP TABLE fields (gm numeric, r numeric);
INSERT INTO fields VALUES (398600441800000, 6371008.75), (398600441800000, 26561400), (4.904e12, 1737400),
    (147573952589676412928, 696340000), (147573952589676412928, 149597870700), (147573952589676412928, 5000),
    (154742504910672534362390528, 5.5e9);
SELECT cmp_ok(max(pg_temp.off(got, wanted)), '<', 3e-16, name || ' is numeric''s')
FROM (SELECT gm AS m, r AS d, gm::double precision AS gm, r::double precision AS r FROM fields) n,
    LATERAL (SELECT pg_temp.root(pg_temp.deep(m, d, 2)) AS s,
                    pg_temp.root(pg_temp.deep(m, d, 3)) AS o,
                    pg_temp.root(pg_temp.slow(7500)) AS g,
                    pg_temp.root(pg_temp.deep(m, d + 22.5, 2)) AS up) x, LATERAL (VALUES
    ('tv_schwarzschild_radius', timevmaps.tv_schwarzschild_radius(gm), round(2 * m, 120) / 89875517873681764),
    ('tv_gr_factor', timevmaps.tv_gr_factor(gm, r), s),
    ('tv_gr_factor_minus_one', timevmaps.tv_gr_factor_minus_one(gm, r), s - 1),
    ('tv_gr_coordinate_seconds', timevmaps.tv_gr_coordinate_seconds(86400, gm, r), 86400 / s),
    ('tv_gr_coordinate_offset_seconds', timevmaps.tv_gr_coordinate_offset_seconds(86400, gm, r), 86400 / s - 86400),
    ('tv_gr_proper_seconds', timevmaps.tv_gr_proper_seconds(86400, gm, r), 86400 * s),
    ('tv_gr_proper_offset_seconds', timevmaps.tv_gr_proper_offset_seconds(86400, gm, r), 86400 * s - 86400),
    ('tv_clock_rate', timevmaps.tv_clock_rate(gm, r, 7500), s * g),
    ('tv_clock_rate_offset', timevmaps.tv_clock_rate_offset(gm, r, 7500), s * g - 1),
    ('tv_clock_rate_offset_against', timevmaps.tv_clock_rate_offset_against(gm, r + 22.5, 7500, r, 0), up * g / s - 1),
    ('tv_orbit_speed', timevmaps.tv_orbit_speed(gm, r),
        pg_temp.root(round(m, 120) / (d - round(2 * m, 120) / 89875517873681764))),
    ('tv_orbit_rate', timevmaps.tv_orbit_rate(gm, r), o),
    ('tv_orbit_rate_offset', timevmaps.tv_orbit_rate_offset(gm, r), o - 1),
    ('tv_orbit_rate_offset_against', timevmaps.tv_orbit_rate_offset_against(gm, r, -0.0625), o / 0.9375 - 1)
) f(name, got, wanted)
GROUP BY name ORDER BY name;

-- The rocket by powers, roots and logarithms of numeric: acosh(x) = ln(x + sqrt(x^2 - 1)).
SELECT cmp_ok(max(pg_temp.off(got, wanted)), '<', 3e-16, 'tv_rocket''s ' || name || ' is numeric''s')
FROM (VALUES (9.75, 4e16, true), (9.75, 4e16, false), (9.75, 4e8, true), (1024, 1e3, false), (0.5, 1e22, true))
        j(a, distance, turnaround),
    LATERAL (SELECT CASE WHEN turnaround THEN 2 ELSE 1 END::numeric AS legs) l,
    LATERAL (SELECT round(distance::numeric / legs, 120) AS d) m,
    LATERAL (SELECT a::numeric * d / 89875517873681764 AS k) n,
    LATERAL (SELECT pg_temp.root(k * (k + 2)) AS sinh) o,
    LATERAL (SELECT ln(round(1 + k + sinh, 120)) AS phi, round(299792458, 120) / a::numeric AS second) q,
    timevmaps.tv_rocket(distance, a, turnaround) r,
    LATERAL (VALUES
        ('coordinate_seconds', r.coordinate_seconds, legs * second * sinh),
        ('proper_seconds', r.proper_seconds, legs * second * phi),
        ('proper_minus_coordinate_seconds', r.proper_minus_coordinate_seconds, legs * second * (phi - sinh)),
        ('peak_speed_mps', r.peak_speed_mps, 299792458 * sinh / (1 + k)),
        ('peak_below_c_mps', r.peak_below_c_mps, 299792458 * (1 - sinh / (1 + k))),
        ('peak_gamma', r.peak_gamma, 1 + k),
        ('peak_gamma_minus_one', r.peak_gamma_minus_one, k),
        ('peak_rapidity', r.peak_rapidity, phi)) f(name, got, wanted)
GROUP BY name ORDER BY name;

------------------------------------------------------------ reference values

SELECT is(round((timevmaps.tv_orbit_rate_offset_against(3.986004418e14, 26561400, timevmaps.tv_geoid_rate_offset())
                 * 86400e6)::numeric, 4), 38.5750, 'a GPS clock gains 38.575 microseconds a day on the geoid');
SELECT is(round((timevmaps.tv_sr_proper_offset_seconds(86400, timevmaps.tv_orbit_speed(3.986004418e14, 26561400))
                 * 1e6)::numeric, 3), -7.213, 'of which its speed takes 7.213');
SELECT is(round((timevmaps.tv_clock_rate_offset_against(3.986004418e14, sqrt(3.986004418e14 / 9.80665) + 22.5, 0,
                                                        sqrt(3.986004418e14 / 9.80665), 0) * 1e15)::numeric, 3),
          2.455, 'Pound and Rebka');
SELECT is(timevmaps.tv_gamma(0.6 * 299792458), 1.25::double precision, 'gamma(0.6 c)');
SELECT is(timevmaps.tv_gamma(0.8 * 299792458), 5::double precision / 3, 'gamma(0.8 c)');
SELECT is(timevmaps.tv_gamma(0), 1::double precision, 'gamma at rest');
SELECT cmp_ok(timevmaps.tv_doppler(0.6 * 299792458), '<', 1::double precision, 'what recedes is red');
SELECT cmp_ok(timevmaps.tv_velocity_add(299792457.9, 299792457.9), '<', 299792458::double precision, 'no sum reaches c');

---------------------------------------------------------------------- domains

-- Each argument of each function in turn NaN, infinite, or outside its own domain: 22003, with a hint.
CREATE FUNCTION pg_temp.outside(function text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    names text[] := (SELECT arguments FROM declared WHERE name = function);
    good text[] := (SELECT array_agg(CASE
        WHEN a IN ('v_mps', 'u', 'v', 'reference_v_mps') THEN '1000'
        WHEN a = 'gm' THEN '3.986004418e14' WHEN a IN ('r', 'reference_r') THEN '7e6'
        WHEN a = 'reference_offset' THEN '-1e-9' WHEN a = 'turnaround' THEN 'true' ELSE '10' END ORDER BY n)
        FROM unnest(names) WITH ORDINALITY x(a, n));
    bad text; arguments text[]; tried record;
BEGIN
    SELECT * INTO tried FROM tests.attempt(format('SELECT timevmaps.%I(%s)', function, array_to_string(good, ', ')));
    IF tried.state IS NOT NULL THEN RETURN NEXT 'good arguments: ' || tried.outcome; END IF;
    FOR i IN 1 .. cardinality(names) LOOP
        CONTINUE WHEN names[i] = 'turnaround';
        FOREACH bad IN ARRAY ARRAY['NaN', 'Infinity', '-Infinity'] || CASE
            WHEN names[i] IN ('v_mps', 'u', 'v', 'reference_v_mps') THEN ARRAY['299792458', '-299792458', '1e300']
            WHEN names[i] = 'reference_offset' THEN ARRAY['-1', '-2']
            WHEN names[i] IN ('r', 'reference_r', 'acceleration') THEN ARRAY['0', '-1']
            ELSE ARRAY['-1'] END
        LOOP
            arguments := good;
            arguments[i] := quote_literal(bad);
            SELECT * INTO tried FROM tests.attempt(format('SELECT timevmaps.%I(%s)', function, array_to_string(arguments, ', ')));
            IF tried.outcome <> '22003' OR tried.hint IS NULL THEN
                RETURN NEXT format('%s = %s: %s', names[i], bad, tried.outcome);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
SELECT is_empty(format('SELECT pg_temp.outside(%L)', name), name || ' refuses what is outside its domain')
FROM declared WHERE name NOT IN ('tv_eta', 'tv_geoid_rate_offset') ORDER BY name;

SELECT is((tests.attempt('SELECT timevmaps.tv_gr_factor(3.986004418e14, 0.0088)')).outcome, '22003', 'inside the horizon');
SELECT is((tests.attempt('SELECT timevmaps.tv_orbit_rate(3.986004418e14, 0.013)')).outcome, '22003', 'inside the last orbit of light');
SELECT is((tests.attempt('SELECT timevmaps.tv_sr_coordinate_seconds(1.7e308, 2e8)')).outcome, '22003', 'a result too large');
SELECT is((tests.attempt('SELECT timevmaps.tv_rocket(1e308, 1e308)')).outcome, '22003', 'a journey too long');
SELECT is(timevmaps.tv_gamma(NULL), NULL, 'NULL in, NULL out');

----------------------------------------------------------------------- tv_eta

CREATE TEMP TABLE trips AS
SELECT n, jsonb_agg(jsonb_build_object('length_m', length, 'speed_kph', speed, 'base_drag', drag, 'x-way', i)) AS edges,
       array_agg(length ORDER BY i) AS lengths, array_agg(speed ORDER BY i) AS speeds, array_agg(drag ORDER BY i) AS drags
FROM generate_series(1, 20) n, generate_series(1, 30) i,
     LATERAL (SELECT ((n * 7919 + i * 104729) % 100000) / 16.0 AS length,
                     (8 + (n * 31 + i * 17) % 1000) / 8.0 AS speed, ((n + i) % 5) / 4.0 AS drag) e
GROUP BY n;
CREATE TEMP TABLE world_rules (name text, rules jsonb, top numeric, drag numeric, sr boolean, deep numeric);
INSERT INTO world_rules VALUES
    ('plain', '{}', NULL, 0, true, 1),
    ('slow and sticky', '{"max_speed_mps": 12.5, "base_drag": 0.5}', 12.5, 0.5, true, 1),
    ('newtonian', '{"sr": false}', NULL, 0, false, 1),
    ('on the Earth', '{"gr": {"gm": 398600441800000, "r": 6371008.75}}', NULL, 0, true,
        pg_temp.deep(398600441800000, 6371008.75, 2)),
    ('by a black hole', '{"gr": {"gm": 154742504910672534362390528, "r": 5.5e9}, "gravity_multiplier": 1.5}', NULL, 0, true,
        pg_temp.deep(1.5 * 154742504910672534362390528, 5.5e9, 2));
CREATE TEMP TABLE wanted AS
SELECT w.name, t.n, sum(length) AS distance, sum(dt) AS local, sum(dt / pg_temp.root(w.deep)) AS coordinate,
       sum(dt * s) AS traveler
FROM trips t, world_rules w, LATERAL unnest(t.lengths, t.speeds, t.drags) e(length, speed, drag),
     LATERAL (SELECT least(round(e.speed, 120) / 3.6, w.top) AS v) a,
     LATERAL (SELECT length / v * (1 + e.drag + w.drag) AS dt,
                     CASE WHEN w.sr THEN pg_temp.root(pg_temp.slow(v)) ELSE 1 END AS s) b
GROUP BY w.name, t.n;
SELECT cmp_ok(max(greatest(
        pg_temp.off(e.distance_m, wanted.distance), pg_temp.off(e.local_seconds, local),
        pg_temp.off(e.coordinate_seconds, coordinate), pg_temp.off(e.traveler_seconds, traveler),
        pg_temp.off(e.coordinate_minus_local_seconds, coordinate - local),
        pg_temp.off(e.traveler_minus_local_seconds, traveler - local))), '<', 3e-16, 'tv_eta is numeric''s in a world ' || name)
FROM wanted JOIN trips USING (n) JOIN world_rules USING (name), timevmaps.tv_eta(edges, rules) e
GROUP BY name ORDER BY name;

-- The clock of the rules.
CREATE FUNCTION pg_temp.trip(rules jsonb) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT eta_seconds, local_seconds, coordinate_seconds, traveler_seconds FROM timevmaps.tv_eta(
        '[{"length_m": 149896229, "speed_kph": 539626424.4}]', rules || '{"gr": {"gm": 154742504910672534362390528, "r": 5.5e9}}')
$$;
SELECT ok(eta = traveler AND traveler < local AND local < coordinate, 'eta_seconds is the traveler''s where nothing is said')
FROM pg_temp.trip('{}') t(eta float8, local float8, coordinate float8, traveler float8);
SELECT ok(eta = traveler, 'the traveler''s') FROM pg_temp.trip('{"clock": "traveler"}') t(eta float8, local float8, coordinate float8, traveler float8);
SELECT ok(eta = local, 'the local one') FROM pg_temp.trip('{"clock": "local"}') t(eta float8, local float8, coordinate float8, traveler float8);
SELECT ok(eta = coordinate, 'the far one') FROM pg_temp.trip('{"clock": "coordinate"}') t(eta float8, local float8, coordinate float8, traveler float8);

SELECT ok(e.traveler_seconds = e.local_seconds AND e.traveler_minus_local_seconds = 0 AND e.local_seconds = 0.1,
          'a world without sr has gamma 1, also above c')
FROM timevmaps.tv_eta('[{"length_m": 299792458, "speed_kph": 10792528488}]', '{"sr": false}') e;
SELECT ok(e.coordinate_seconds = e.local_seconds AND e.coordinate_minus_local_seconds = 0 AND e.traveler_minus_local_seconds < 0,
          'a world without gr has the coordinate clock equal to the local clock')
FROM timevmaps.tv_eta('[{"length_m": 1000, "speed_kph": 50}]') e;

-- A mass in kg is its gm by the CODATA value of G, and gravity_multiplier multiplies either.
SELECT is(timevmaps.tv_eta('[{"length_m": 1e9, "speed_kph": 50}]', jsonb_build_object('gr', by_mass)),
          timevmaps.tv_eta('[{"length_m": 1e9, "speed_kph": 50}]', jsonb_build_object('gr', by_gm)), 'M is gm over G')
FROM jsonb_build_object('M', 5.9722e24, 'r', 6371008.8) by_mass,
     jsonb_build_object('gm', 6.67430e-11::double precision * 5.9722e24::double precision, 'r', 6371008.8) by_gm;
SELECT is(timevmaps.tv_eta('[{"length_m": 1e9, "speed_kph": 50}]', '{"gr": {"gm": 4e14, "r": 7e6}, "gravity_multiplier": 0}'),
          timevmaps.tv_eta('[{"length_m": 1e9, "speed_kph": 50}]'), 'no gravity left');

-- One day on a GPS orbit: the traveller against the far clock is the geodesic, and nobody's +7.2 microseconds.
SELECT is(round(((e.traveler_minus_local_seconds - e.coordinate_minus_local_seconds) / e.coordinate_seconds * 86400e6)::numeric, 3),
          round((timevmaps.tv_orbit_rate_offset(3.986004418e14, 26561400) * 86400e6)::numeric, 3), 'observers are not mixed')
FROM timevmaps.tv_orbit_speed(3.986004418e14, 26561400) v,
     timevmaps.tv_eta(jsonb_build_array(jsonb_build_object('length_m', v * 86400, 'speed_kph', v * 3.6)),
                      '{"gr": {"gm": 3.986004418e14, "r": 26561400}}') e;

SELECT is(e::text, '(0,0,0,0,0,0,0)', 'no edges take no time') FROM timevmaps.tv_eta('[]') e;
SELECT ok(timevmaps.tv_eta(NULL) IS NULL, 'NULL in, NULL out');

SELECT is(coalesce((a).state || ' ' || split_part((a).message, ': ', 1), 'no error'), wanted, edges || ' ' || rules)
FROM (VALUES
    ('{}', '{}', '22023 edges'),
    ('5', '{}', '22023 edges'),
    ('"x"', '{}', '22023 edges'),
    ('[1]', '{}', '22023 edges[0]'),
    ('[[]]', '{}', '22023 edges[0]'),
    ('[{"length_m": 1, "speed_kph": 1}, {"length_m": 1, "speed_kph": 1}, {"length_m": 1, "speed_kph": "1"}]', '{}', '22023 edges[2].speed_kph'),
    ('[{"length_m": 1, "speed_kph": 0}]', '{}', '22023 edges[0].speed_kph'),
    ('[{"length_m": 1, "speed_kph": -1}]', '{}', '22023 edges[0].speed_kph'),
    ('[{"length_m": 1}]', '{}', '22023 edges[0].speed_kph'),
    ('[{"speed_kph": 1}]', '{}', '22023 edges[0].length_m'),
    ('[{"length_m": -1, "speed_kph": 1}]', '{}', '22023 edges[0].length_m'),
    ('[{"length_m": 1e400, "speed_kph": 1}]', '{}', '22023 edges[0].length_m'),
    ('[{"length_m": 1, "speed_kph": 1, "base_drag": -1}]', '{}', '22023 edges[0].base_drag'),
    ('[{"length_m": 1, "speed_kph": 1, "drag": 1}]', '{}', '22023 edges[0].drag'),
    ('[{"length_m": 1, "speed_kph": 1, "x-drag": "free"}]', '{}', 'no error'),
    ('[{"length_m": 1, "speed_kph": 2e9}]', '{}', '22003 edges[0].speed_kph'),
    ('[{"length_m": 1, "speed_kph": 2e9}]', '{"max_speed_mps": 100}', 'no error'),
    ('[{"length_m": 1, "speed_kph": 2e9}]', '{"max_speed_mps": 3e8}', '22003 edges[0].speed_kph'),
    ('[{"length_m": 1e308, "speed_kph": 1e-5}]', '{}', '22003 edges[0]'),
    ('[{"length_m": 1e308, "speed_kph": 5}, {"length_m": 1e308, "speed_kph": 5}, {"length_m": 1e308, "speed_kph": 5}]', '{}',
        '22003 result out of range'),
    ('[{"length_m": 1e300, "speed_kph": 3e-8}, {"length_m": 1e300, "speed_kph": 3e-8}]', '{}', '22003 result out of range'),
    ('[]', '[]', '22023 rules'),
    ('[]', '{"speed": 1}', '22023 rules.speed'),
    ('[]', '{"gr": {"gm": 3.986004418e14, "r": 0.001}}', '22003 rules.gr.r')
) bad(edges, rules, wanted), tests.attempt(format('SELECT timevmaps.tv_eta(%L, %L)', edges, rules)) a;

SELECT * FROM finish();
ROLLBACK;
