-- What the steps share: where to go, the routes to draw, and how to print them.
-- Everything lives in the schema "demo" of the demo's own database.

CREATE SCHEMA demo;

-- What kind of road each is, for vehicles: OpenStreetMap's highway.
UPDATE timevmaps.segments SET class = props ->> 'highway' WHERE world_id = :gothenburg_world;

CREATE TABLE demo.landmarks (key text PRIMARY KEY, name text, geom public.geometry(Point, 4326), place_id bigint);
INSERT INTO demo.landmarks (key, name, geom) VALUES
    ('origin', 'Wieselgrensplatsen', ST_SetSRID(ST_Point(11.9380, 57.7195), 4326)),
    ('destination', 'Centralstationen', ST_SetSRID(ST_Point(11.9733, 57.7089), 4326));
UPDATE demo.landmarks l SET place_id =
    (SELECT p.id FROM timevmaps.places p WHERE p.world_id = :gothenburg_world
     ORDER BY p.geom <-> l.geom, p.id LIMIT 1);

-- The arguments that most calls share.
CREATE VIEW demo.trip AS
SELECT :gothenburg_world::bigint AS world_id, :gothenburg_timeline::bigint AS main_id,
       (SELECT t.id FROM timevmaps.timelines t WHERE t.world_id = :gothenburg_world AND t.label = 'bridge closed') AS closed_id,
       o.place_id AS origin_id, d.place_id AS dest_id
FROM demo.landmarks o, demo.landmarks d WHERE o.key = 'origin' AND d.key = 'destination';

-- The routes shown, one panel of the map each, and their parts in each timeline.
CREATE TABLE demo.routes (panel integer PRIMARY KEY, title text, seconds double precision, distance_m double precision, gateway_id bigint);
CREATE TABLE demo.legs (panel integer REFERENCES demo.routes, seq bigint, timeline_id bigint, gateway_id bigint, segment_id bigint,
                        street text, length_m double precision, geom public.geometry(LineString, 4326), PRIMARY KEY (panel, seq));

-- Plan a route between the landmarks and keep it as a panel of the map.
CREATE FUNCTION demo.keep_route(panel integer, title text, dest_timeline bigint) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    trip demo.trip;
    -- A branch is driven from its own beginning, unless the way leads from main into it.
    origin_timeline bigint;
BEGIN
    SELECT * INTO trip FROM demo.trip;
    origin_timeline := CASE WHEN keep_route.panel > 2 THEN trip.main_id ELSE keep_route.dest_timeline END;
    INSERT INTO demo.routes (panel, title, seconds, distance_m)
    SELECT keep_route.panel, keep_route.title, r.eta_seconds, r.distance_m
    FROM timevmaps.tv_plan_route(trip.world_id, origin_timeline, trip.origin_id, trip.dest_id, keep_route.dest_timeline) r;
    INSERT INTO demo.legs (panel, seq, timeline_id, gateway_id, segment_id, street, length_m, geom)
    SELECT keep_route.panel, r.seq, r.timeline_id, r.gateway_id, r.segment_id,
           coalesce(s.props ->> 'name', s.props ->> 'ref'), s.length_m,
           coalesce(s.geom, ST_MakeLine(a.geom, b.geom))
    FROM timevmaps.tv_route_steps(trip.world_id, origin_timeline, trip.origin_id, trip.dest_id, keep_route.dest_timeline) r
    LEFT JOIN timevmaps.segments s ON s.id = r.segment_id
    LEFT JOIN timevmaps.places a ON a.id = s.a_place_id
    LEFT JOIN timevmaps.places b ON b.id = s.b_place_id;
    UPDATE demo.routes q SET gateway_id = (SELECT max(l.gateway_id) FROM demo.legs l WHERE l.panel = keep_route.panel)
    WHERE q.panel = keep_route.panel;
END
$$;

-- Differences that are too small for seconds, with a unit that suits them.
CREATE FUNCTION demo.small(seconds double precision) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN seconds < 0 THEN '-' WHEN seconds > 0 THEN '+' ELSE '' END
        || round((abs(seconds) / scale)::numeric, 1) || ' ' || unit
    FROM (VALUES (1e-18, 'as'), (1e-15, 'fs'), (1e-12, 'ps'), (1e-9, 'ns'), (1e-6, 'µs'), (1e-3, 'ms'), (1, 's'))
         AS u (scale, unit)
    WHERE abs(seconds) >= scale OR scale = 1e-18
    ORDER BY scale DESC LIMIT 1
$$;

-- The streets of a route in order, with gateways; stretches under 250 m left out.
CREATE FUNCTION demo.streets(panel integer) RETURNS text LANGUAGE sql STABLE AS $$
    WITH named AS (
        SELECT l.seq, l.length_m, CASE WHEN l.gateway_id IS NOT NULL THEN '' ELSE l.street END AS what
        FROM demo.legs l WHERE l.panel = streets.panel AND (l.gateway_id IS NOT NULL OR l.street IS NOT NULL)
    ), turns AS (
        SELECT n.*, (n.what IS DISTINCT FROM lag(n.what) OVER (ORDER BY n.seq))::integer AS turned FROM named n
    ), runs AS (
        SELECT t.*, sum(t.turned) OVER (ORDER BY t.seq) AS run FROM turns t
    ), parts AS (
        SELECT run, CASE what WHEN '' THEN '[gateway]' ELSE what || ' ' || round(sum(length_m)::numeric / 1000, 1) END AS part
        FROM runs GROUP BY run, what HAVING what = '' OR sum(length_m) >= 250
    )
    SELECT regexp_replace(string_agg(part, ' > ' ORDER BY run) || ' km', '(.{70,88}?) > ', E'\\1 >\n                   ', 'g') FROM parts
$$;

-- A GHZ state, the same for every noise, on the gateway that the experiment prices.
CREATE FUNCTION demo.submit(noise double precision) RETURNS bigint LANGUAGE sql AS $$
    SELECT e.id FROM demo.trip t CROSS JOIN LATERAL timevmaps.tv_submit_experiment(
        t.world_id, t.closed_id, 'quantum',
        jsonb_build_object(
            'circuit', jsonb_build_object('qubits', 12, 'gates',
                '[{"op": "H", "target": 0}]'::jsonb
                || (SELECT jsonb_agg(jsonb_build_object('op', 'CNOT', 'control', q, 'target', q + 1) ORDER BY q)
                    FROM generate_series(0, 10) AS q)),
            'seed', 2016,
            'options', jsonb_build_object('noise', jsonb_build_object('depolarizing', noise), 'trajectories', 10000),
            'frames', '{"every": 1, "content": "full"}'::jsonb),
        gateway_id => (SELECT g.id FROM timevmaps.gateways g WHERE g.decoherence_s > 0)) AS e
$$;

-- A frame a line, read from its payload: for each qubit, q[11] first, whether it has a state
-- of its own (Bloch vector of length 1) or is entangled with others; then the likeliest outcomes.
CREATE FUNCTION demo.frame_lines(experiment bigint, first_step bigint, last_step bigint) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    WITH frame AS (
        SELECT f.step, f.payload, e.params -> 'circuit' -> 'gates' -> (f.step::integer - 1) AS gate
        FROM timevmaps.frames f JOIN timevmaps.experiments e ON e.id = f.experiment_id
        WHERE f.experiment_id = frame_lines.experiment AND f.step BETWEEN first_step AND last_step AND f.step > 0
    ), amplitude AS (
        SELECT f.step, a.basis, a.bits, a.re, a.im, a.probability
        FROM frame f CROSS JOIN LATERAL timevmaps.tv_frame_amplitudes(f.payload) a
    ), bloch AS (
        -- <X> + i<Y> is twice the sum of conj(amplitude of 0) * amplitude of 1 over the others' bits.
        SELECT a.step, q, sqrt((2 * sum(a.re * b.re + a.im * b.im)) ^ 2 + (2 * sum(a.re * b.im - a.im * b.re)) ^ 2
                               + sum(a.probability - b.probability) ^ 2) AS length
        FROM generate_series(0, 11) AS q
        JOIN amplitude a ON (a.basis >> q) & 1 = 0
        JOIN amplitude b ON b.step = a.step AND b.basis = a.basis | (1::bigint << q)
        GROUP BY a.step, q
    ), qubits AS (
        SELECT step, string_agg(CASE WHEN length > 0.99 THEN '●' WHEN length < 0.01 THEN '○' ELSE '◐' END, '' ORDER BY q DESC) AS signs
        FROM bloch GROUP BY step
    ), outcomes AS (
        SELECT step, string_agg(format('%s%% %s', round(100 * probability::numeric), bits), ' + ' ORDER BY n) AS likeliest
        FROM (SELECT a.*, row_number() OVER (PARTITION BY step ORDER BY round(probability::numeric, 9) DESC, basis) AS n FROM amplitude a) ranked
        WHERE n <= 4 AND probability > 0.005 GROUP BY step
    )
    SELECT format('           gate %s  %s  %s  %s', lpad(f.step::text, 2),
                  rpad((f.gate ->> 'op') || ' ' || concat_ws(' > ', f.gate ->> 'control', f.gate ->> 'target'), 12),
                  q.signs, o.likeliest)
    FROM frame f JOIN qubits q USING (step) JOIN outcomes o USING (step) ORDER BY f.step
$$;
