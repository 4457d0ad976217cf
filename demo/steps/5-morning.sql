-- A morning's traffic in both timelines: who had the bridge before him, and what became of it.

SET TIME ZONE 'Europe/Stockholm';

SELECT format('  %s cars, %s fixes in “main” and, from the fork on, %s in “bridge closed”: generated, no real traffic',
              (SELECT count(*) FROM timevmaps.vehicles v WHERE v.world_id = m.world_id),
              count(*) FILTER (WHERE p.timeline_id = m.main_id), count(*) FILTER (WHERE p.timeline_id = m.closed_id))
    || format(E'\n  at %s the branch leaves “main”: up to then it sees the fixes there, and none is copied', to_char(m.forks, 'HH24:MI'))
FROM demo.morning m JOIN timevmaps.positions p ON p.world_id = m.world_id GROUP BY m.world_id, m.forks;

-- Who goes another way, and where he would have been when.
CREATE TABLE demo.detours AS
SELECT b.vehicle_id, v.name, b.dest_id, a.arrives AS arrives_main, b.arrives AS arrives_closed, r.state, r.distance_m, r.local_seconds, a.distance_m AS main_m, a.local_seconds AS main_seconds,
       (SELECT coalesce(s.props ->> 'name', s.props ->> 'ref', 'a road') FROM timevmaps.segments s WHERE s.id = r.from_segment_id) AS street
FROM demo.morning m JOIN demo.trips b ON b.timeline_id = m.closed_id AND b.detour JOIN timevmaps.vehicles v ON v.id = b.vehicle_id
    CROSS JOIN LATERAL timevmaps.tv_route_from(m.world_id, m.closed_id, b.vehicle_id, m.forks, b.dest_id) r
    CROSS JOIN LATERAL (SELECT t.arrives, w.distance_m, w.local_seconds FROM demo.trips t, timevmaps.tv_route_from(m.world_id, m.main_id, b.vehicle_id, m.forks, b.dest_id) w
                        WHERE t.timeline_id = m.main_id AND t.vehicle_id = b.vehicle_id AND t.trip = b.trip) a;
SELECT format(E'  %s of them have the bridge before them then, and each goes on from where he is:\n', count(*))
    || format(E'  SELECT * FROM timevmaps.tv_route_from(%s, %s, vehicle, ''%s'', destination)\n', m.world_id, m.closed_id, to_char(m.forks, 'HH24:MI'))
    || format(E'  on average       %s m and %s s to go over the bridge, %s m and %s s without it',
              round(avg(d.main_m)), round(avg(d.main_seconds)), round(avg(d.distance_m)), round(avg(d.local_seconds)))
FROM demo.detours d, demo.morning m GROUP BY m.world_id, m.closed_id, m.forks;

-- The one of them who is late by most, two minutes on.
SELECT format(E'  %s on %s at the fork, is expected at %s\n', rpad(d.name, 16), d.street, to_char(d.arrives_main, 'HH24:MI:SS'))
    || format('  at %s      %s, the last fix %s s old, %s m to go: there at %s, %s s late', to_char(m.forks + interval '2 min 7 s', 'HH24:MI:SS'), e.state, e.age_s,
              round(e.distance_m), to_char(e.eta, 'HH24:MI:SS'), round(e.delay_s))
FROM demo.morning m, LATERAL (SELECT * FROM demo.detours d ORDER BY d.arrives_closed - d.arrives_main DESC, d.vehicle_id LIMIT 1) d
    CROSS JOIN LATERAL timevmaps.tv_eta_live(m.world_id, m.closed_id, d.vehicle_id, d.dest_id, t => m.forks + interval '2 min 7 s', expected_at => d.arrives_main) e;

-- All of them at one moment, between their fixes, along the roads.
SELECT format('  at %s      ', to_char(m.forks + interval '5 min 3 s', 'HH24:MI:SS')) || string_agg(format('%s moving, %s standing in “%s”', moving, standing, label), '; ' ORDER BY id)
FROM demo.morning m, LATERAL (
    SELECT t.id, t.label, count(*) FILTER (WHERE p.state = 'moving') AS moving, count(*) FILTER (WHERE p.state IN ('stopped', 'held')) AS standing
    FROM timevmaps.timelines t, timevmaps.tv_positions_at(m.world_id, t.id, m.forks + interval '5 min 3 s', on_network => true) p
    WHERE t.id IN (m.main_id, m.closed_id) GROUP BY t.id, t.label) s GROUP BY m.forks;

-- Both branches frame by frame.
CREATE TABLE demo.frames AS
SELECT d.* FROM demo.morning m, timevmaps.tv_replay_diff(m.main_id, m.closed_id, m.forks - interval '10 min', m.ends, 5) d;
SELECT format(E'  tv_replay_diff   from %s to %s every 5 s, %s points in each: up to %s all the same to the last bit,\n', to_char(min(f.t), 'HH24:MI'), to_char(max(f.t), 'HH24:MI'), count(*),
              to_char(max(f.t) FILTER (WHERE f.t < (SELECT min(g.t) FROM demo.frames g WHERE (g.a_state, g.a_lon, g.a_lat) IS DISTINCT FROM (g.b_state, g.b_lon, g.b_lat))), 'HH24:MI:SS'))
    || (SELECT format('                   then up to %s m apart (%s at %s)', round(f.metres::numeric), v.name, to_char(f.t, 'HH24:MI:SS'))
        FROM demo.frames f JOIN timevmaps.vehicles v ON v.id = f.vehicle_id WHERE f.metres IS NOT NULL ORDER BY f.metres DESC, f.t, v.id LIMIT 1)
FROM demo.frames f;

-- What it comes to: those who went another way, and all together with their clocks.
SELECT string_agg(format('  box scores       %s: %s km, %s min driving and %s stops of those %s', rpad('“' || label || '”', 15), km, driving, stops, cars), E'\n' ORDER BY id)
FROM (SELECT t.id, t.label, round(sum(b.distance_m)::numeric / 1000, 1) AS km, round(sum(b.moving_seconds) / 60) AS driving, sum(b.stops) AS stops, count(*) AS cars
      FROM demo.morning m JOIN timevmaps.timelines t ON t.id IN (m.main_id, m.closed_id)
          CROSS JOIN LATERAL timevmaps.tv_box_score(m.world_id, t.id, (SELECT array_agg(vehicle_id) FROM demo.detours), m.forks, m.ends) b GROUP BY t.id, t.label) s;
SELECT format('  all %s cars     %s: %s km, %s h driving; their clocks lose %s together', vehicles, rpad('“' || label || '”', 15), km, driving, lost)
FROM (SELECT t.id, t.label, s.vehicles, round(s.distance_m::numeric / 1000, 1) AS km, round(s.moving_seconds::numeric / 3600, 1) AS driving, ltrim(demo.small(s.traveler_minus_local_seconds), '-') AS lost
      FROM demo.morning m JOIN timevmaps.timelines t ON t.id IN (m.main_id, m.closed_id)
          CROSS JOIN LATERAL timevmaps.tv_timeline_score(m.world_id, t.id, m.forks, m.ends) s) a ORDER BY id;
