-- What else a road router is asked: turns, vehicles, stops, areas, and what if, each with the time that its statement took.

-- A statement's rows, and how long it took.
CREATE FUNCTION demo.ask(statement text, OUT answer jsonb, OUT took text) LANGUAGE plpgsql AS $$
DECLARE since timestamptz := clock_timestamp();
BEGIN
    EXECUTE 'SELECT jsonb_agg(q) FROM (' || statement || ') q' INTO answer;
    took := round(extract(epoch FROM clock_timestamp() - since)::numeric * 1000, 1) || ' ms';
END
$$;
CREATE FUNCTION demo.line(what text, said text, took text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT format('  %s %s, in %s', rpad(what, 16), said, took)
$$;

-- Turns: on a branch, nobody may turn onto the bridge from where the first route came.
SELECT b.id AS forbidden FROM demo.trip t, timevmaps.tv_branch(t.main_id, 'no turn onto the bridge') b \gset
INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, note)
SELECT :forbidden, s.came_by, s.came_to, s.segment_id, 'no', 'onto Götaälvbron'
FROM (SELECT r.seq, r.segment_id, lag(r.segment_id) OVER w AS came_by, lag(r.place_id) OVER w AS came_to
      FROM demo.trip t, timevmaps.tv_route_steps(t.world_id, t.main_id, t.origin_id, t.dest_id) r WINDOW w AS (ORDER BY r.seq)) s
JOIN timevmaps.segments g ON g.id = s.segment_id AND g.props ->> 'name' = 'Götaälvbron' ORDER BY s.seq LIMIT 1;
SELECT demo.line('a turn forbidden', format('onto the bridge, on a branch: %s s instead of %s s', round((a.answer -> 0 ->> 'local_seconds')::numeric, 1), round(r.seconds::numeric, 1)), a.took)
FROM demo.trip t, demo.routes r, demo.ask(format('SELECT * FROM timevmaps.tv_route_cost(%s, %s, %s, %s)', t.world_id, :forbidden, t.origin_id, t.dest_id)) a WHERE r.panel = 1;

-- A vehicle: what it may do with the classes of roads, which are OpenStreetMap's.
INSERT INTO timevmaps.vehicle_profiles (world_id, name, speeds, max_speed_kph, forbidden, height_m, weight_kg)
SELECT t.world_id, 'lorry', '{"primary": 50, "secondary": 40, "tertiary": 40}', 80, '{residential,living_street,service}', 4, 18000 FROM demo.trip t;
SELECT demo.line('a lorry', format('which keeps off side streets: %s m, %s s; with the bridge at 3.5 m, and it is 4 m high: %s m, %s s',
                 round((a.answer -> 0 ->> 'distance_m')::numeric, 1), round((a.answer -> 0 ->> 'local_seconds')::numeric, 1),
                 round((b.answer -> 0 ->> 'distance_m')::numeric, 1), round((b.answer -> 0 ->> 'local_seconds')::numeric, 1)), b.took)
FROM (SELECT format('SELECT * FROM timevmaps.tv_route_cost(%s, %s, %s, %s, profile => ''lorry''', t.world_id, t.main_id, a.id, b.id) AS lorry,
             (SELECT jsonb_agg(jsonb_build_object('segment_id', s.id, 'max_height_m', 3.5)) FROM timevmaps.segments s WHERE s.props ->> 'name' = 'Götaälvbron') AS low
      FROM demo.trip t,
           LATERAL (SELECT s.a_place_id AS id FROM timevmaps.segments s, timevmaps.places p WHERE s.class IN ('primary', 'secondary', 'tertiary') AND p.id = s.a_place_id
                    ORDER BY p.geom <-> (SELECT geom FROM timevmaps.places WHERE id = t.origin_id), p.id LIMIT 1) a,
           LATERAL (SELECT s.a_place_id AS id FROM timevmaps.segments s, timevmaps.places p WHERE s.class IN ('primary', 'secondary', 'tertiary') AND p.id = s.a_place_id
                    ORDER BY p.geom <-> (SELECT geom FROM timevmaps.places WHERE id = t.dest_id), p.id LIMIT 1) b) q
    CROSS JOIN LATERAL demo.ask(q.lorry || ')') a CROSS JOIN LATERAL demo.ask(format('%s, overrides => %L)', q.lorry, q.low)) b;

-- What if, in one call: a hundred segments around the station at 10 km/h, for this statement alone.
SELECT demo.line('what if', format('the %s segments nearest to the station were at 10 km/h, for one call: %s s instead of %s s', jsonb_array_length(q.slow),
                 round((a.answer -> 0 ->> 'local_seconds')::numeric, 1), round(r.seconds::numeric, 1)), a.took)
FROM demo.trip t, demo.routes r, LATERAL (
    SELECT jsonb_agg(jsonb_build_object('segment_id', n.id, 'speed_kph', 10)) AS slow
    FROM (SELECT s.id FROM timevmaps.segments s JOIN timevmaps.places p ON p.id = s.a_place_id
          ORDER BY p.geom <-> (SELECT geom FROM timevmaps.places WHERE id = t.dest_id), s.id LIMIT 100) n) q
    CROSS JOIN LATERAL demo.ask(format('SELECT * FROM timevmaps.tv_route_cost(%s, %s, %s, %s, overrides => %L)', t.world_id, t.main_id, t.origin_id, t.dest_id, q.slow)) a WHERE r.panel = 1;

-- Stops: eight places all over the town, as they come and in the best order.
SELECT demo.line('eight stops', format('and back: %s min in their order, %s min in the best one', round((g.answer -> 0 ->> 'most')::numeric / 60, 1), round((b.answer -> 0 ->> 'most')::numeric / 60, 1)), b.took)
FROM (SELECT format('SELECT max(arrive_s) AS most FROM timevmaps.tv_plan_trip(%s, %s, %L, ', t.world_id, t.main_id, array_agg(p.id ORDER BY md5(p.id::text))) AS trip
      FROM demo.trip t, LATERAL (SELECT p.id FROM timevmaps.places p WHERE p.world_id = t.world_id ORDER BY md5('stop ' || p.id) LIMIT 8) p GROUP BY t.world_id, t.main_id) q
    CROSS JOIN LATERAL demo.ask(q.trip || '''given'', closed => true)') g CROSS JOIN LATERAL demo.ask(q.trip || '''best'', closed => true)') b;

-- Areas, which the map shows: what is reached from the origin within two, four and six minutes, on both branches.
CREATE TABLE demo.areas (panel integer REFERENCES demo.routes, seconds double precision, places bigint, area_m2 double precision, geom public.geometry(MultiPolygon, 4326));
SELECT clock_timestamp() AS since \gset
INSERT INTO demo.areas
SELECT i.panel, a.seconds, a.places, a.area_m2, a.geom
FROM demo.trip t, LATERAL (VALUES (1, t.main_id), (2, t.closed_id)) i (panel, id), timevmaps.tv_isochrone_area(t.world_id, i.id, t.origin_id, '{120,240,360}') a;
SELECT demo.line('areas', format('within six minutes: %s km² in “main”, %s km² in “bridge closed”', round(a.area_m2::numeric / 1e6, 1), round(b.area_m2::numeric / 1e6, 1)),
                 round(extract(epoch FROM clock_timestamp() - :'since')::numeric * 1000, 1) || ' ms')
FROM demo.areas a, demo.areas b WHERE a.panel = 1 AND b.panel = 2 AND a.seconds = 360 AND b.seconds = 360;

-- Why the first route goes over the bridge.
SELECT demo.line('why this way', format('%s of its %s segments cost less than 10 s where closed, Götaälvbron %s s', e.cheap, e.steps, round(e.bridge::numeric, 1)), e.took)
FROM demo.trip t CROSS JOIN LATERAL demo.ask(format('SELECT * FROM timevmaps.tv_route_explain(%s, %s, %s, %s)', t.world_id, t.main_id, t.origin_id, t.dest_id)) a
    CROSS JOIN LATERAL (
        SELECT a.took, count(x.segment_id) AS steps, count(*) FILTER (WHERE x.next_best_difference < 10) AS cheap,
               max(x.next_best_difference) FILTER (WHERE s.props ->> 'name' = 'Götaälvbron') AS bridge
        FROM jsonb_to_recordset(a.answer) x (segment_id bigint, next_best_difference double precision)
        LEFT JOIN timevmaps.segments s ON s.id = x.segment_id GROUP BY a.took) e;
