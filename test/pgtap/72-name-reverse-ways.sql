-- What is at a point, and what is nearest, is the same by the indexes themselves and by statements, which a policy more takes.
BEGIN;
SELECT plan(5);

INSERT INTO timevmaps.worlds (id, name, owner, visibility) OVERRIDING SYSTEM VALUE VALUES (1, 'random', 'ann', 'public'), (2, 'other', 'ann', 'public');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'its branch', 2), (4, 2, 'main', NULL), (5, 1, 'and its', 3);
SELECT setseed(0.7);
-- Dense in one town, sparse elsewhere; along the 180th meridian, at the poles.
INSERT INTO timevmaps.places (id, world_id, name, lat, lon)
SELECT n, CASE WHEN n % 9 = 0 THEN 2 ELSE 1 END, CASE WHEN n % 4 > 0 THEN 'Place ' || n END,
    CASE WHEN n <= 300 THEN 57 + random() WHEN n % 5 = 0 THEN 88 + random() * 2 ELSE random() * 180 - 90 END,
    CASE WHEN n <= 300 THEN 11 + random() WHEN n % 3 = 0 THEN (179 + random()) * sign(random() - 0.5) ELSE random() * 360 - 180 END
FROM generate_series(1, 700) n;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1000 + n, 1, 10, 20 FROM generate_series(1, 2) n;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id, props, geom)
SELECT a.id, a.world_id, a.id, b.id, 100, 50, CASE WHEN a.world_id = 1 AND a.id % 11 = 0 THEN 1 + a.id % 3 END, jsonb_build_object(CASE a.id % 3 WHEN 0 THEN 'ref' ELSE 'name' END, 'Road ' || a.id),
    CASE WHEN a.id % 13 = 0 THEN NULL WHEN a.id % 97 = 0 THEN 'SRID=4326;LINESTRING EMPTY'::public.geometry
         ELSE public.ST_MakeLine(ARRAY[a.geom, public.ST_SetSRID(public.ST_MakePoint(b.lon, (a.lat + b.lat) / 2), 4326), b.geom]) END
FROM timevmaps.places a JOIN LATERAL (SELECT * FROM timevmaps.places b WHERE b.world_id = a.world_id AND b.id <> a.id
    ORDER BY (b.id <= 300) = (a.id <= 300) DESC, (b.lat - a.lat) ^ 2 + (b.lon - a.lon) ^ 2, b.id LIMIT 1) b ON true;
-- Several with one course; many that are closed around one point.
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, geom)
SELECT 2000 + n, 1, 1001, 1002, 100, 50, 'SRID=4326;LINESTRING(20 10, 20.001 10)' FROM generate_series(1, 150) n;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 2, id, true FROM timevmaps.segments WHERE world_id = 1 AND (id % 4 = 0 OR id BETWEEN 2001 AND 2149) AND (timeline_id IS NULL OR timeline_id IN (1, 2));
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 3, id, CASE WHEN id % 3 > 0 THEN id % 3 = 1 END FROM timevmaps.segments WHERE world_id = 1 AND id % 8 = 0 AND (timeline_id IS NULL OR timeline_id < 4);
INSERT INTO timevmaps.layers (id, world_id, name, exclusive) VALUES (1, 1, 'areas', true);
INSERT INTO timevmaps.zones (layer_id, name, timeline_id, priority, geom)
SELECT 1, 'Zone ' || n, CASE WHEN n % 3 = 0 THEN 2 END, n % 2, public.ST_Multi(public.ST_MakeEnvelope(11 + n * 0.1, 57, 11.3 + n * 0.1, 58, 4326)) FROM generate_series(0, 6) n;
ANALYZE timevmaps.segments, timevmaps.places, timevmaps.names;

CREATE TEMP TABLE asked AS SELECT n, 1 + n % 3 + CASE WHEN n % 12 = 2 THEN 2 ELSE 0 END AS timeline,
    CASE WHEN n % 2 = 0 THEN 10.9 + random() * 1.2 WHEN n % 7 = 0 THEN 180 * sign(random() - 0.5) WHEN n % 5 = 0 THEN (179.9 + random() / 10) * sign(random() - 0.5) ELSE random() * 360 - 180 END AS lon,
    CASE WHEN n % 2 = 0 THEN 56.9 + random() * 1.2 WHEN n % 11 = 0 THEN 89.99 ELSE random() * 180 - 90 END AS lat
FROM generate_series(1, 300) n
UNION ALL SELECT 300 + n, n, 20, 10.00001 FROM generate_series(1, 3) n
UNION ALL SELECT 303 + n, 1, p.lon, p.lat FROM (SELECT row_number() OVER (ORDER BY id) AS n, lon, lat FROM timevmaps.places WHERE world_id = 1) p WHERE n <= 60;
GRANT SELECT ON asked TO PUBLIC;
CREATE FUNCTION pg_temp.answers() RETURNS TABLE (n bigint, what text) LANGUAGE sql AS $$
    SELECT a.n, to_jsonb(r)::text FROM asked a, LATERAL timevmaps.tv_reverse(1, a.timeline, a.lon, a.lat, CASE WHEN a.n % 4 = 0 THEN 'infinity'::float8 ELSE 20000 END) r
    UNION ALL SELECT a.n, string_agg(to_jsonb(s)::text, '+' ORDER BY s.segment_id) FROM asked a, LATERAL timevmaps.tv_snap(1, a.timeline, a.lon, a.lat) s GROUP BY a.n
$$;
CREATE TEMP TABLE unbound AS SELECT * FROM pg_temp.answers();
SET ROLE tv_player;
CREATE TEMP TABLE directly AS SELECT * FROM pg_temp.answers();
RESET ROLE;
SELECT set_eq('SELECT * FROM directly', 'SELECT * FROM unbound', 'who is bound by tv_init()''s policies alone gets what an administrator gets');
SELECT is((SELECT count(*) FROM directly), 2 * (SELECT count(*) FROM asked), 'each point has a segment');
CREATE POLICY another ON timevmaps.segments AS RESTRICTIVE FOR SELECT TO tv_player USING (id > 0);
SET ROLE tv_player;
CREATE TEMP TABLE by_statements AS SELECT * FROM pg_temp.answers();
RESET ROLE;
SELECT set_eq('SELECT * FROM directly', 'SELECT * FROM by_statements', 'the same by statements');
DROP POLICY another ON timevmaps.segments;
-- Without the index that says that there are straight ones, it takes statements, too.
DROP INDEX timevmaps.segments_straight_idx;
SET ROLE tv_player;
SELECT set_eq('SELECT * FROM pg_temp.answers()', 'SELECT * FROM directly', 'and where an index is missing');
RESET ROLE;
-- What a policy hides is not there.
CREATE POLICY hidden ON timevmaps.segments AS RESTRICTIVE FOR SELECT TO tv_player USING (id % 2 = 0);
SET ROLE tv_player;
SELECT is((SELECT count(*) FROM asked a, LATERAL timevmaps.tv_reverse(1, a.timeline, a.lon, a.lat) r WHERE r.segment_id % 2 = 1), 0::bigint, 'a segment that a policy hides is not the nearest');
SELECT * FROM finish();
ROLLBACK;
