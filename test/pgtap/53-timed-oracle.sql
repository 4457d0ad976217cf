-- Random worlds with nested branches, profiles and gateways: each earliest arrival
-- against Bellman-Ford on the clock, written in PL/pgSQL, which resolves
-- inheritance by recursion and walks the hours by the calendar.
BEGIN;
SELECT plan(5);
SELECT setseed(0.57);

-- 12 worlds of a trunk, two nested branches and a second root; 7 places, 12 segments, 4 profiles each.  In the first
-- six anything goes; in the others lengths and speeds are those of a town, so that the bound of A* is a close one.
INSERT INTO timevmaps.worlds (id, name, rules)
SELECT w, 'random ' || w, CASE WHEN w % 3 = 0 THEN '{"sr": false, "max_speed_mps": 12, "base_drag": 0.5}' ELSE '{"clock": "local"}' END::jsonb
FROM generate_series(1, 12) w;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id)
SELECT 10 * w + t, w, 't' || t, CASE t WHEN 2 THEN 10 * w + 1 WHEN 3 THEN 10 * w + 2 END
FROM generate_series(1, 12) w, generate_series(1, 4) t;
INSERT INTO timevmaps.places (id, world_id, lat, lon)
SELECT 10 * w + p, w, random() / 10, random() / 10 FROM generate_series(1, 12) w, generate_series(1, 7) p;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id)
SELECT r.id, w, a.id, b.id, CASE WHEN w <= 6 THEN r.length_m ELSE greatest(ST_DistanceSphere(a.geom, b.geom), 1) * (1 + r.drag / 5) END,
       CASE WHEN w <= 6 THEN r.speed_kph ELSE 50 END, CASE WHEN w <= 6 THEN r.drag ELSE 0 END, r.oneway, r.timeline
FROM (SELECT w, 100 * w + s AS id, 10 * w + 1 + floor(random() * 7)::int AS a, 10 * w + 1 + floor(random() * 7)::int AS b,
             10 ^ (3 + 2 * random()) AS length_m, 10 ^ (1 + random()) AS speed_kph, greatest(random() * 2 - 1, 0) AS drag, random() < 0.3 AS oneway,
             CASE WHEN random() < 0.2 THEN 10 * w + 1 + floor(random() * 4)::int END AS timeline
      FROM generate_series(1, 12) w, generate_series(1, 12) s OFFSET 0) r
JOIN timevmaps.places a ON a.id = r.a JOIN timevmaps.places b ON b.id = r.b;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph)
SELECT 10 * w + 1 + floor(random() * 4)::int, 100 * w + s, CASE WHEN random() < 0.3 THEN random() < 0.7 END, CASE WHEN random() < 0.7 THEN CASE WHEN w <= 6 THEN 10 ^ (1 + random()) ELSE 45 END END
FROM generate_series(1, 12) w, generate_series(1, 12) s WHERE random() < 0.4;
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors)
SELECT 10 * w + p, w, 'p' || p, (SELECT array_agg(10 ^ (random() - 0.5 + 0 * (w + p)) ORDER BY h) FROM generate_series(0, 167) h)
FROM generate_series(1, 12) w, generate_series(1, 4) p;
INSERT INTO timevmaps.segment_profiles (timeline_id, segment_id, profile_id)
SELECT nullif(10 * w + t, 10 * w), 100 * w + s, CASE WHEN random() < 0.8 THEN 10 * w + 1 + floor(random() * 4)::int END
FROM generate_series(1, 12) w, generate_series(0, 4) t, generate_series(1, 12) s WHERE random() < 0.3;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
SELECT 10 * w + 1 + floor(random() * 4)::int, 10 * w + 1 + g, 10 * w + 1 + floor(random() * 4)::int, 10 * w + 1 + (g + 2) % 7, 10 ^ (4 * random()), random() < 0.5
FROM generate_series(1, 6) w, generate_series(1, 5) g
UNION ALL SELECT 10 * w + t, 10 * w + g, 10 * w + 1 + t % 4, 10 * w + g, 10 ^ (3 * random()), random() < 0.5
FROM generate_series(7, 12) w, generate_series(1, 4) t, generate_series(1, 7, 3) g
UNION ALL SELECT 10 * w + 1, 10 * w + 3, 10 * w + 11, 10 * w + 14, 10 ^ (4 * random()), false
FROM generate_series(1, 11) w WHERE w <> 6;

-- What a timeline has: the timeline itself, or else its parent.
CREATE FUNCTION pg_temp.is_above(above bigint, timeline bigint) RETURNS boolean LANGUAGE sql AS $$
    SELECT timeline IS NOT NULL AND (above = timeline OR pg_temp.is_above(above, (SELECT parent_id FROM timevmaps.timelines WHERE id = timeline)))
$$;
CREATE FUNCTION pg_temp.says(timeline bigint, segment bigint, what text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN timeline IS NOT NULL THEN coalesce(
        (SELECT to_jsonb(o) ->> what FROM timevmaps.segment_overrides o WHERE o.timeline_id = timeline AND o.segment_id = segment),
        pg_temp.says((SELECT parent_id FROM timevmaps.timelines WHERE id = timeline), segment, what)) END
$$;
CREATE FUNCTION pg_temp.profile(timeline bigint, segment bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    choice timevmaps.segment_profiles;
BEGIN
    SELECT * INTO choice FROM timevmaps.segment_profiles c WHERE c.segment_id = segment AND c.timeline_id IS NOT DISTINCT FROM timeline;
    IF FOUND THEN
        RETURN choice.profile_id;
    END IF;
    RETURN CASE WHEN timeline IS NOT NULL THEN pg_temp.profile((SELECT parent_id FROM timevmaps.timelines WHERE id = timeline), segment) END;
END
$$;

CREATE TEMPORARY TABLE edge AS
SELECT t.id AS timeline, s.id AS segment, s.a_place_id AS a, s.b_place_id AS b, s.oneway, s.length_m,
       1 + coalesce((w.rules ->> 'base_drag')::float, 0) + s.base_drag AS slowness,
       coalesce(pg_temp.says(t.id, s.id, 'speed_kph')::float, s.speed_kph) / 3.6 AS speed,
       coalesce((w.rules ->> 'max_speed_mps')::float, 'infinity') AS cap,
       (SELECT p.factors FROM timevmaps.speed_profiles p WHERE p.id = pg_temp.profile(t.id, s.id)) AS factors
FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id) JOIN timevmaps.worlds w ON w.id = t.world_id
WHERE (s.timeline_id IS NULL OR pg_temp.is_above(s.timeline_id, t.id)) AND pg_temp.says(t.id, s.id, 'closed') IS DISTINCT FROM 'true';
SELECT ok(count(*) FILTER (WHERE factors IS NOT NULL) > 100 AND count(*) FILTER (WHERE factors IS NULL) > 100, 'edges of both kinds') FROM edge;

-- When one who enters at a time leaves; hours are counted from Monday, midnight.
CREATE FUNCTION pg_temp.leave(e edge, enter float) RETURNS float LANGUAGE plpgsql AS $$
DECLARE
    left_m float := e.length_m;
    clock float := enter;
    hour_end float;
    v float;
BEGIN
    LOOP
        hour_end := (floor(clock / 3600) + 1) * 3600;
        v := least(e.speed * coalesce(e.factors[1 + floor(clock / 3600)::bigint % 168], 1), e.cap) / e.slowness;
        IF left_m <= v * (hour_end - clock) THEN
            RETURN clock + left_m / v;
        END IF;
        left_m := left_m - v * (hour_end - clock);
        clock := hour_end;
    END LOOP;
END
$$;

-- Arrivals everywhere, by trying every edge and gateway until nothing gets earlier.
CREATE FUNCTION pg_temp.arrivals(timeline bigint, place bigint, start float) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    best jsonb := jsonb_build_object(timeline || ' ' || place, start);
    changed boolean := true;
    e edge;
    g record;
    ways int;
    f text;
    t text;
    arrival float;
BEGIN
    WHILE changed LOOP
        changed := false;
        FOR e IN SELECT * FROM edge LOOP
            FOR ways IN 1 .. CASE WHEN e.oneway THEN 1 ELSE 2 END LOOP
                f := e.timeline || ' ' || CASE ways WHEN 1 THEN e.a ELSE e.b END;
                t := e.timeline || ' ' || CASE ways WHEN 1 THEN e.b ELSE e.a END;
                IF best ? f THEN
                    arrival := pg_temp.leave(e, (best ->> f)::float);
                    IF NOT best ? t OR arrival < (best ->> t)::float - 1e-7 THEN
                        best := best || jsonb_build_object(t, arrival);
                        changed := true;
                    END IF;
                END IF;
            END LOOP;
        END LOOP;
        FOR g IN SELECT from_timeline_id || ' ' || from_place_id AS f, to_timeline_id || ' ' || to_place_id AS t, penalty_s FROM timevmaps.gateways
                 UNION ALL SELECT to_timeline_id || ' ' || to_place_id, from_timeline_id || ' ' || from_place_id, penalty_s FROM timevmaps.gateways WHERE bidirectional
        LOOP
            IF best ? g.f AND (NOT best ? g.t OR (best ->> g.f)::float + g.penalty_s < (best ->> g.t)::float - 1e-7) THEN
                best := best || jsonb_build_object(g.t, (best ->> g.f)::float + g.penalty_s);
                changed := true;
            END IF;
        END LOOP;
    END LOOP;
    RETURN best;
END
$$;

-- From a place of each world, at a time of the week; to everywhere in it, and to some of another.
CREATE TEMPORARY TABLE wanted AS
WITH departure AS MATERIALIZED (
    SELECT w, 10 * w + 1 + floor(random() * 4)::int AS timeline, 10 * w + 1 + floor(random() * 7)::int AS place, floor(random() * 604800) AS start
    FROM generate_series(1, 12) w)
SELECT d.*, t.id AS dest_timeline, p.id AS dest, (b.best ->> (t.id || ' ' || p.id))::float - d.start AS seconds
FROM departure d, LATERAL (SELECT pg_temp.arrivals(d.timeline, d.place, d.start) AS best OFFSET 0) b,
     timevmaps.timelines t JOIN timevmaps.places p USING (world_id)
WHERE t.world_id IN (d.w, 1 + d.w % 12);
CREATE TEMPORARY TABLE answer AS
SELECT x.*, r.local_seconds, r.arrive_at, r.path_place_ids
FROM wanted x LEFT JOIN LATERAL timevmaps.tv_plan_route_at(x.w, x.timeline, x.place, x.dest,
    '2024-01-01 00:00+00'::timestamptz + x.start * interval '1 s', x.dest_timeline) r ON true;

SELECT is((SELECT count(*) FROM answer WHERE (seconds IS NULL) <> (local_seconds IS NULL)), 0::bigint, 'a way is found where there is one, and only there');
SELECT is((SELECT count(*) FROM answer WHERE abs(seconds - local_seconds) > 1e-6 * greatest(seconds, 1)), 0::bigint, 'every arrival is the earliest');
SELECT is((SELECT count(*) FROM answer WHERE abs(extract(epoch FROM arrive_at - '2024-01-01 00:00+00') - start - local_seconds) > 2e-6), 0::bigint, 'arrivals are departures and times');
SELECT ok(count(*) FILTER (WHERE seconds > 0) > 250 AND count(*) FILTER (WHERE seconds IS NULL) > 50 AND count(*) FILTER (WHERE seconds > 3600) > 100, 'ways of all kinds are among them')
    FROM answer;
SELECT * FROM finish();
ROLLBACK;
