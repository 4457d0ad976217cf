-- A morning's traffic in Gothenburg, in both timelines: who drives where, by our own routes, and what his tracker sends.
--
-- Needs steps/0-prepare.sql and 2-branch.sql. Nothing is drawn by chance but by a hash of the vehicle's number, so every run gives the same fixes.
-- 250 vehicles drive from place to place from half past seven to twenty to nine, with pauses between; each sends where it is every 10 to 30 seconds. At the
-- fork the bridge closes: who has it before him goes on from where he is then, by tv_route_from() on the branch, and whoever
-- sets out later in the branch knows of it.

CREATE VIEW demo.morning AS
SELECT t.*, timestamptz '2016-12-05 07:30+01' AS begins, f.fork_at AS forks, timestamptz '2016-12-05 08:40+01' AS ends
FROM demo.trip t JOIN timevmaps.timelines f ON f.id = t.closed_id;

-- From 0 to 1, for the n-th of what.
CREATE FUNCTION demo.chance(n bigint, what bigint) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(n, what) & 1073741823) / 1073741824.0
$$;

-- Of all trips, two in five lead to near the station, as many to Hisingen, the others anywhere.
CREATE TABLE demo.destinations AS
SELECT area, row_number() OVER (PARTITION BY area ORDER BY id) - 1 AS n, count(*) OVER (PARTITION BY area) AS of, id FROM (
    SELECT l.key AS area, p.id FROM demo.landmarks l JOIN timevmaps.places p ON ST_DWithin(p.geom::geography, l.geom::geography, 1500)
    UNION ALL
    SELECT 'anywhere', p.id FROM demo.landmarks l JOIN timevmaps.places p ON ST_DWithin(p.geom::geography, l.geom::geography, 6000) WHERE l.key = 'destination') p;
CREATE UNIQUE INDEX ON demo.destinations (area, n);
CREATE FUNCTION demo.destination(vehicle bigint, trip integer) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT d.id FROM (SELECT (ARRAY['destination', 'destination', 'origin', 'origin', 'anywhere'])[1 + floor(5 * demo.chance(vehicle, 10 + trip))::integer] AS area) c
        CROSS JOIN LATERAL (SELECT o.of FROM demo.destinations o WHERE o.area = c.area AND o.n = 0) o
        JOIN demo.destinations d ON d.area = c.area AND d.n = floor(demo.chance(vehicle, 1000 + trip) * o.of)::bigint
$$;

-- Trips, and the pieces of segments that they are driven on; a pause is a piece of no length.
CREATE TABLE demo.trips (timeline_id bigint, vehicle_id bigint, trip integer, dest_id bigint, departs timestamptz, arrives timestamptz, detour boolean DEFAULT false);
CREATE TABLE demo.pieces (timeline_id bigint, vehicle_id bigint, trip integer, segment_id bigint, from_fraction double precision, to_fraction double precision, speed_mps double precision, t_from timestamptz, t_to timestamptz);
CREATE INDEX ON demo.pieces (vehicle_id, timeline_id);

-- How much slower than the road allows somebody is.
CREATE FUNCTION demo.pace(vehicle bigint) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT 0.75 + 0.25 * demo.chance(vehicle, 1) $$;

-- Pieces one after the other, from a moment on; when the last of them ends. from_fraction > to_fraction is backwards.
CREATE FUNCTION demo.add_pieces(timeline bigint, vehicle bigint, trip integer, departs timestamptz, segments bigint[], froms double precision[], tos double precision[])
RETURNS timestamptz LANGUAGE sql AS $$
    WITH piece AS (
        SELECT p.*, s.length_m * abs(p.t - p.f) AS metres, coalesce(v.speed_kph, s.speed_kph) / 3.6 * demo.pace(vehicle) AS speed
        FROM unnest(segments, froms, tos) WITH ORDINALITY p (segment, f, t, i) JOIN timevmaps.segments s ON s.id = p.segment
            LEFT JOIN timevmaps.segment_overrides v ON v.segment_id = s.id AND v.timeline_id = timeline
    ), timed AS (
        SELECT p.*, sum(metres / speed) OVER (ORDER BY i) AS seconds FROM piece p
    ), added AS (
        INSERT INTO demo.pieces
        SELECT timeline, vehicle, trip, segment, f, t, speed, departs + make_interval(secs => seconds - metres / speed), departs + make_interval(secs => seconds)
        FROM timed RETURNING t_to
    )
    SELECT max(t_to) FROM added
$$;

-- From a place from trip to trip until the morning is over.
CREATE FUNCTION demo.drive(timeline bigint, vehicle bigint, first integer, origin bigint, begins timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    morning demo.morning;
    place bigint := origin;
    at timestamptz := begins;
    dest bigint;
    way record;
    arrival timestamptz;
BEGIN
    SELECT * INTO morning FROM demo.morning;
    FOR trip IN first .. first + 20 LOOP
        EXIT WHEN at >= morning.ends;
        dest := demo.destination(vehicle, trip);
        SELECT array_agg(r.segment_id ORDER BY r.seq) AS segments,
               array_agg(CASE WHEN s.b_place_id = r.place_id THEN 0 ELSE 1 END ORDER BY r.seq) AS froms,
               array_agg(CASE WHEN s.b_place_id = r.place_id THEN 1 ELSE 0 END ORDER BY r.seq) AS tos INTO way
        FROM timevmaps.tv_route_steps(morning.world_id, timeline, place, dest) r JOIN timevmaps.segments s ON s.id = r.segment_id;
        CONTINUE WHEN way.segments IS NULL;
        arrival := demo.add_pieces(timeline, vehicle, trip, at, way.segments, way.froms, way.tos);
        INSERT INTO demo.trips VALUES (timeline, vehicle, trip, dest, at, arrival);
        at := arrival + make_interval(secs => 60 + 300 * demo.chance(vehicle, 2000 + trip));
        INSERT INTO demo.pieces VALUES (timeline, vehicle, trip, way.segments[cardinality(way.segments)], way.tos[cardinality(way.tos)], way.tos[cardinality(way.tos)], 0, arrival, at);
        place := dest;
    END LOOP;
END
$$;

-- What the trackers send of it, after `since`.
CREATE FUNCTION demo.send(timeline bigint, since timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    sent bigint;
BEGIN
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, speed_mps, segment_id, fraction, clock)
    WITH lines AS MATERIALIZED (
        -- As long on paper as on the ground, so that fractions are of metres.
        SELECT s.id, ST_Scale(coalesce(s.geom, ST_MakeLine(a.geom, b.geom)), cos(radians(57.7)), 1) AS line
        FROM timevmaps.segments s JOIN timevmaps.places a ON a.id = s.a_place_id JOIN timevmaps.places b ON b.id = s.b_place_id
        WHERE s.id IN (SELECT segment_id FROM demo.pieces)
    ), fixes AS (
        SELECT p.vehicle_id, p.segment_id, p.speed_mps, at.t,
               p.from_fraction + (p.to_fraction - p.from_fraction) * extract(epoch FROM at.t - p.t_from) / extract(epoch FROM p.t_to - p.t_from) AS fraction
        FROM demo.pieces p CROSS JOIN demo.morning m
            CROSS JOIN LATERAL (SELECT 10 + 5 * (p.vehicle_id % 5) AS every) e
            CROSS JOIN LATERAL (SELECT m.begins + make_interval(secs => e.every * n + p.vehicle_id % 10) AS t
                FROM generate_series(ceil((extract(epoch FROM greatest(p.t_from, since) - m.begins) - p.vehicle_id % 10) / e.every)::integer,
                                     floor((extract(epoch FROM least(p.t_to, m.ends) - m.begins) - p.vehicle_id % 10) / e.every)::integer) n) at
        WHERE p.timeline_id = timeline AND at.t >= p.t_from AND at.t < p.t_to AND at.t > since AND at.t <= m.ends
    )
    SELECT m.world_id, timeline, f.vehicle_id, f.t, ST_X(q.p) / cos(radians(57.7)), ST_Y(q.p), f.speed_mps, f.segment_id, f.fraction, 'simulated'
    FROM fixes f JOIN lines l ON l.id = f.segment_id CROSS JOIN demo.morning m
        CROSS JOIN LATERAL (SELECT ST_LineInterpolatePoint(l.line, least(greatest(f.fraction, 0), 1)) AS p) q;
    GET DIAGNOSTICS sent = ROW_COUNT;
    RETURN sent;
END
$$;

INSERT INTO timevmaps.vehicles (world_id, name, kind) SELECT world_id, 'car ' || n, 'car' FROM demo.morning, generate_series(1, 250) n;
ANALYZE demo.destinations;
SELECT count(demo.drive(main_id, v.id, 1, demo.destination(v.id, 0), begins + make_interval(secs => 600 * demo.chance(v.id, 2)))) AS drivers
FROM demo.morning m JOIN timevmaps.vehicles v ON v.world_id = m.world_id;
ANALYZE demo.pieces;
SELECT demo.send(main_id, begins) AS sent FROM demo.morning;

-- Over to the branch: the trip that somebody is on at the fork goes on as it was, or from where he is by another way; then the next ones.
CREATE FUNCTION demo.go_on(vehicle bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    morning demo.morning;
    ride demo.trips;
    way record;
    arrival timestamptz;
    detour boolean;
BEGIN
    SELECT * INTO morning FROM demo.morning;
    SELECT * INTO ride FROM demo.trips t WHERE t.timeline_id = morning.main_id AND t.vehicle_id = vehicle AND t.departs <= morning.forks ORDER BY t.departs DESC LIMIT 1;
    -- Who is on the bridge when it closes, or so near that there is no other way, may leave it.
    SELECT coalesce(bool_or(v.closed) FILTER (WHERE p.t_from > morning.forks), false) AND NOT coalesce(bool_or(v.closed) FILTER (WHERE p.t_from <= morning.forks), false) INTO detour
    FROM demo.pieces p LEFT JOIN timevmaps.segment_overrides v ON v.segment_id = p.segment_id AND v.timeline_id = morning.closed_id
    WHERE p.timeline_id = morning.main_id AND p.vehicle_id = vehicle AND p.trip = ride.trip AND p.t_to > morning.forks;
    IF detour THEN
        SELECT array_agg(s.id ORDER BY i) AS segments,
               array_agg(CASE WHEN i = 1 THEN r.from_fraction WHEN s.b_place_id = e.place THEN 0 ELSE 1 END ORDER BY i) AS froms,
               array_agg(CASE WHEN s.b_place_id = e.place THEN 1 ELSE 0 END ORDER BY i) AS tos INTO way
        FROM timevmaps.tv_route_from(morning.world_id, morning.closed_id, vehicle, morning.forks, ride.dest_id) r
            CROSS JOIN LATERAL unnest(r.path_segment_ids) WITH ORDINALITY u (segment, i) JOIN timevmaps.segments s ON s.id = u.segment
            CROSS JOIN LATERAL (SELECT coalesce(r.path_place_ids[i], r.dest_id) AS place) e;
        detour := way.segments IS NOT NULL;
    END IF;
    IF detour THEN
        arrival := demo.add_pieces(morning.closed_id, vehicle, ride.trip, morning.forks, way.segments, way.froms, way.tos);
        INSERT INTO demo.pieces
        SELECT morning.closed_id, vehicle, ride.trip, way.segments[cardinality(way.segments)], way.tos[cardinality(way.tos)], way.tos[cardinality(way.tos)], 0, arrival, arrival + (p.t_to - p.t_from)
        FROM demo.pieces p WHERE p.timeline_id = morning.main_id AND p.vehicle_id = vehicle AND p.trip = ride.trip AND p.speed_mps = 0;
    ELSE
        arrival := ride.arrives;
        INSERT INTO demo.pieces
        SELECT morning.closed_id, p.vehicle_id, p.trip, p.segment_id, p.from_fraction, p.to_fraction, p.speed_mps, p.t_from, p.t_to
        FROM demo.pieces p WHERE p.timeline_id = morning.main_id AND p.vehicle_id = vehicle AND p.trip = ride.trip AND p.t_to > morning.forks;
    END IF;
    INSERT INTO demo.trips VALUES (morning.closed_id, vehicle, ride.trip, ride.dest_id, ride.departs, arrival, detour);
    PERFORM demo.drive(morning.closed_id, vehicle, ride.trip + 1, ride.dest_id,
        (SELECT max(p.t_to) FROM demo.pieces p WHERE p.timeline_id = morning.closed_id AND p.vehicle_id = vehicle));
END
$$;
SELECT count(demo.go_on(v.id)) AS drivers FROM demo.morning m JOIN timevmaps.vehicles v ON v.world_id = m.world_id;
SELECT demo.send(closed_id, forks) AS sent FROM demo.morning;
ANALYZE timevmaps.positions;
