-- Where vehicles were at random moments, on a chain of six timelines and a sibling, against the definitions in plain SQL
-- (test/lib/motion-oracle.sql): fixes with gaps, stops, outliers, jumps, ends, over midnight, the pole and 180 degrees.
\ir ../lib/motion-oracle.sql
BEGIN;
SELECT plan(11);
SELECT setseed(0.73);
SET LOCAL timezone = 'UTC';
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'w', '{"fix_ahead_s": 1e10, "max_speed_mps": 200, "radius_m": 5000000}');
-- Each left its parent some 20 minutes after that had left its own, but 5, which left before.
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at)
SELECT n, 1, 't' || n, CASE n WHEN 1 THEN NULL WHEN 7 THEN 2 ELSE n - 1 END,
       CASE WHEN n > 1 THEN timestamptz '2026-01-05 22:40+00' + interval '20 minutes' * CASE n WHEN 5 THEN 1.5 WHEN 7 THEN 3 ELSE n - 1 END + interval '1 s' * floor(random() * 300) END
FROM generate_series(1, 7) n ORDER BY n;
INSERT INTO timevmaps.vehicles (id, world_id, name, max_speed_mps) SELECT n, 1, 'v' || n, CASE WHEN n % 3 = 0 THEN 40 END FROM generate_series(1, 42) n;
-- A walk a vehicle and a timeline: from 22:30 for four hours, now and then a leap, a pause, a change of pace.
CREATE FUNCTION pg_temp.walk(vehicle bigint, timeline bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    lon float := CASE vehicle % 3 WHEN 0 THEN 179.99 WHEN 1 THEN 11.97 ELSE random() * 360 - 180 END;
    lat float := CASE vehicle % 3 WHEN 0 THEN 10 * random() WHEN 1 THEN 57.7 ELSE 89.99 END;
    t timestamptz := greatest(timestamptz '2026-01-05 22:30+00', (SELECT l.fork_at FROM timevmaps.timelines l WHERE l.id = timeline)) + interval '1 s' * (random() * 600);
    pace float := 10 ^ (1 + 1.6 * random());
    speed float := 15;
    step float;
    heading float := random() * 360;
    point geometry;
    shown geometry;
BEGIN
    IF random() < 0.2 THEN
        RETURN;
    END IF;
    FOR i IN 1 .. 60 LOOP
        step := pace * (0.2 + random());
        IF random() < 0.1 THEN
            speed := CASE WHEN random() < 0.6 THEN 0.05 * random() ELSE 5 + 20 * random() END;
        END IF;
        IF random() < 0.03 THEN
            step := step + 900 * random();
        END IF;
        heading := heading + 60 * (random() - 0.5);
        t := t + interval '1 s' * step;
        point := ST_Project(ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography, speed * step, radians(heading))::geometry;
        lon := ST_X(point);
        lat := ST_Y(point);
        shown := CASE WHEN random() < 0.06 THEN ST_Project(point::geography, 20000 + 50000 * random(), 7 * random())::geometry ELSE point END;
        INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, recorded_at, lon, lat, alt_m, speed_mps, heading_deg, kind, segment_id, fraction)
        VALUES (1, timeline, vehicle, t, t + interval '1 s' * (600 * random() * random()), ST_X(shown), ST_Y(shown), CASE WHEN random() < 0.8 THEN 100 * random() END, speed,
                CASE WHEN random() < 0.9 THEN mod((heading + 3600)::numeric, 360)::float END, CASE WHEN random() < 0.03 THEN 'jump' WHEN random() < 0.03 THEN 'end' ELSE 'fix' END,
                CASE WHEN random() < 2 THEN 1 + floor(2 * random())::bigint END, random());
    END LOOP;
END
$$;
SELECT pg_temp.walk(v, l) FROM generate_series(1, 42) v, generate_series(1, 7) l \g /dev/null

-- The used fixes of each owner, as they are known at two times and in all.
CREATE TEMP TABLE known (id integer, known_at timestamptz);
INSERT INTO known VALUES (0, NULL), (1, '2026-01-05 23:45+00');
CREATE TEMP TABLE used AS
SELECT k.id AS known, l.id AS timeline_id, v.id AS vehicle_id,
       ARRAY(SELECT f FROM tests.motion_used(l.id, v.id, coalesce(k.known_at, 'infinity'), 'infinity', coalesce(v.max_speed_mps, 200), 5000000) f ORDER BY f.i) AS fixes
FROM known k, timevmaps.timelines l, timevmaps.vehicles v;
CREATE INDEX ON used (known, timeline_id, vehicle_id);

-- Moments at random, and at fixes.
CREATE TEMP TABLE moments AS
SELECT row_number() OVER () AS id, m.timeline_id, m.t, CASE WHEN random() < 0.2 THEN 1 ELSE 0 END AS known, (ARRAY[300, 60, 1000])[1 + floor(random() * 3)] AS max_gap_s
FROM (SELECT 1 + floor(random() * 7)::bigint AS timeline_id, timestamptz '2026-01-05 22:20+00' + interval '1 s' * (random() * 15000) AS t FROM generate_series(1, 150) n
      UNION ALL (SELECT 1 + floor(random() * 7)::bigint, p.t FROM timevmaps.positions p ORDER BY random() LIMIT 40)
      UNION ALL SELECT l.id, f.fork_at + d FROM timevmaps.timelines l, timevmaps.timelines f, (VALUES (interval '0'), ('1 us')) d (d) WHERE f.fork_at IS NOT NULL) m;
CREATE TEMP TABLE answers AS
SELECT m.id, p.* FROM moments m JOIN known k ON k.id = m.known, LATERAL timevmaps.tv_positions_at(1, m.timeline_id, m.t, m.max_gap_s, k.known_at) p;
CREATE TEMP TABLE right_answers AS
SELECT m.id, m.timeline_id AS asked, u.vehicle_id, a.*
FROM (SELECT m.*, tests.motion_owner(m.timeline_id, m.t) AS owner FROM moments m) m JOIN used u ON u.known = m.known AND u.timeline_id = m.owner,
    LATERAL tests.motion_moment(u.fixes, m.t, m.max_gap_s, 5000000) a;
CREATE TEMP TABLE wrong AS
SELECT m.t, m.known, r.*, a.state AS is_state, a.lon AS is_lon, a.lat AS is_lat, a.fix_at AS is_fix_at, a.inherited, a.heading_deg AS is_heading
FROM right_answers r JOIN moments m USING (id) LEFT JOIN answers a USING (id, vehicle_id)
WHERE a.state IS DISTINCT FROM r.state OR a.fix_at IS DISTINCT FROM r.fix_at OR a.inherited IS DISTINCT FROM (r.timeline_id <> r.asked)
   OR (a.lon IS NULL) <> (r.lon IS NULL) OR ST_Distance(ST_MakePoint(a.lon, a.lat)::geography, ST_MakePoint(r.lon, r.lat)::geography) > 1e-4
   OR ST_X(a.geom) IS DISTINCT FROM a.lon OR ST_Y(a.geom) IS DISTINCT FROM a.lat OR ST_SRID(a.geom) <> 4326
   OR NOT tests.same(a.alt_m, r.alt_m) OR NOT tests.same(a.speed_mps, r.speed_mps) OR NOT (tests.same(a.heading_deg, r.heading_deg, 360) OR tests.same(abs(a.heading_deg - r.heading_deg), 360))
   OR a.segment_id IS DISTINCT FROM r.segment_id OR NOT tests.same(a.fraction, r.fraction)
   OR abs(coalesce(a.age_s, 0) - coalesce(extract(epoch FROM m.t - r.fix_at)::float, 0)) > 1e-9;
SELECT is((SELECT count(*) FROM answers), (SELECT count(*) FROM right_answers), 'a row for each vehicle and moment');
SELECT is((SELECT string_agg(w::text, E'\n') FROM (SELECT * FROM wrong LIMIT 3) w), NULL, 'all are those of the definitions');
SELECT cmp_ok((SELECT count(*) FROM answers), '>', 8000::bigint, 'in thousands of questions');
SELECT cmp_ok((SELECT min(n) FROM (SELECT count(*) AS n FROM answers GROUP BY state) c), '>', 100::bigint, 'with each state in many');
SELECT is((SELECT count(DISTINCT state) FROM answers), 6::bigint, '... and all of them');

-- Frame by frame the same as moment by moment; lines are the pairs between which something slides.
CREATE TEMP TABLE replayed AS SELECT l.id AS timeline_id, r.* FROM timevmaps.timelines l, LATERAL timevmaps.tv_replay(1, l.id, '2026-01-05 22:20+00', '2026-01-06 03:00+00', 97.3) r;
SELECT is((SELECT count(*) FROM (SELECT r.timeline_id, r.t, to_jsonb(r) - '{timeline_id,frame,t,play_s}'::text[] AS answer FROM replayed r
        EXCEPT SELECT f.timeline_id, f.t, to_jsonb(p) FROM (SELECT DISTINCT timeline_id, t FROM replayed) f, LATERAL timevmaps.tv_positions_at(1, f.timeline_id, f.t) p) x), 0::bigint, 'a frame is what tv_positions_at() says, bit for bit');
SELECT cmp_ok((SELECT count(*) FROM replayed), '>', 40000::bigint, '... in many');
CREATE TEMP TABLE pairs AS
SELECT u.timeline_id, u.vehicle_id, u.fixes[i] AS a, u.fixes[i + 1] AS b FROM used u, generate_series(1, cardinality(u.fixes) - 1) i
WHERE u.known = 0 AND tests.motion_pair(u.fixes, i, 300, 5000000) IN ('moving', 'stopped');
CREATE TEMP TABLE lengths AS
SELECT l.id AS timeline_id, k.vehicle_id, ST_Length(ST_Force2D(ST_GeomFromGeoJSON(k.track -> 'geometry'))::geography, false) AS metres FROM timevmaps.timelines l, LATERAL timevmaps.tv_tracks(1, l.id, '2026-01-05 22:00+00', '2026-01-06 06:00+00') k;
-- Of the root: the branches' pairs are cut at forks.
SELECT is((SELECT count(*) FROM lengths l FULL JOIN (SELECT vehicle_id, sum(ST_Distance((a).geom::geography, (b).geom::geography, false)) AS metres FROM pairs WHERE timeline_id = 1 GROUP BY 1) p USING (vehicle_id)
    WHERE coalesce(l.timeline_id, 1) = 1 AND (l.metres IS NULL OR p.metres IS NULL OR abs(l.metres - p.metres) > 0.01)), 0::bigint, 'lines are as long as the pairs');
SELECT cmp_ok((SELECT count(*) FROM lengths WHERE metres > 1000), '>', 100::bigint, '... and many');

-- The same by statements.
CREATE POLICY others ON timevmaps.positions FOR SELECT TO tv_player USING (false);
GRANT ALL ON moments, known, answers TO eve;
SET SESSION AUTHORIZATION eve;
CREATE TEMP TABLE by_statements AS
SELECT m.id, p.* FROM moments m JOIN known k ON k.id = m.known, LATERAL timevmaps.tv_positions_at(1, m.timeline_id, m.t, m.max_gap_s, k.known_at) p WHERE m.id % 5 = 0;
SELECT is((SELECT count(*) FROM (SELECT s::text FROM by_statements s EXCEPT SELECT a::text FROM answers a) x), 0::bigint, 'by statements the answers are the same, bit for bit');
SELECT cmp_ok((SELECT count(*) FROM by_statements), '>', 1000::bigint, '... in many');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
