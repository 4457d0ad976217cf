-- Tracks of known routes on a real road network: found again from prepared graphs, the same from the rows, and both when the network has
-- changed since the graph was prepared. Committed, for no graph is prepared of what a transaction has written itself.

\getenv repo TV_REPO
\set gothenburg :repo '/demo/gothenburg'
\set loader :repo '/demo/load-gothenburg.sql'
\i :loader
SELECT (timevmaps.tv_prepare_graph(:gothenburg_world)).segments > 16000 AS prepared \gset
SELECT id AS branch FROM timevmaps.tv_branch(:gothenburg_timeline, 'closed') \gset
SELECT plan(13);
SELECT setseed(0.77);
SELECT ok(:'prepared', 'the graph is prepared');

-- Routes of more than 5 km, and what is driven of each: a line a step, with its times.
CREATE TABLE steps AS
SELECT j.n, s.seq, s.segment_id, g.a_place_id = lag(s.place_id) OVER w AS forward, g.length_m,
       sum(g.length_m / g.speed_kph * 3.6) OVER w - g.length_m / g.speed_kph * 3.6 AS t_from, sum(g.length_m / g.speed_kph * 3.6) OVER w AS t_to,
       coalesce(g.geom, ST_MakeLine(a.geom, b.geom)) AS course
FROM (SELECT row_number() OVER (ORDER BY random()) AS n, id FROM timevmaps.places) j JOIN (SELECT row_number() OVER (ORDER BY random()) AS n, id FROM timevmaps.places) k USING (n),
    LATERAL timevmaps.tv_route_steps(:gothenburg_world, :gothenburg_timeline, j.id, k.id) s LEFT JOIN timevmaps.segments g ON g.id = s.segment_id
    LEFT JOIN timevmaps.places a ON a.id = g.a_place_id LEFT JOIN timevmaps.places b ON b.id = g.b_place_id
WHERE j.n <= 40 WINDOW w AS (PARTITION BY j.n ORDER BY s.seq);
DELETE FROM steps s WHERE segment_id IS NULL OR (SELECT sum(length_m) FROM steps x WHERE x.n = s.n) < 5000;
UPDATE steps SET course = ST_Reverse(course) WHERE NOT forward;
CREATE FUNCTION pg_temp.tracks(every integer, noise_m float) RETURNS TABLE (n bigint, track jsonb) LANGUAGE sql AS $$
    SELECT s.n, jsonb_agg(jsonb_build_array(ST_X(p) + noise_m * e / 59400, ST_Y(p) + noise_m * f / 111195, 1600000000 + t) ORDER BY t)
    FROM (SELECT s.n, t, ST_LineInterpolatePoint(s.course, (t - s.t_from) / (s.t_to - s.t_from)) AS p, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS e, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS f
          FROM steps s, LATERAL (SELECT t::float FROM generate_series(ceil(s.t_from / every)::integer * every, ceil(s.t_to)::integer, every) t WHERE t >= s.t_from AND t < s.t_to
               UNION ALL SELECT s.t_to WHERE NOT EXISTS (SELECT FROM steps x WHERE x.n = s.n AND x.seq > s.seq)) t) s GROUP BY s.n $$;
CREATE TABLE tracks AS SELECT every, noise_m, t.* FROM (VALUES (1, 5), (10, 5), (10, 20)) v (every, noise_m), LATERAL pg_temp.tracks(every, noise_m) t;
-- What of the length was missed, and what was added, in per cent.
CREATE FUNCTION pg_temp.wrong(every integer, noise_m integer, timeline bigint) RETURNS TABLE (missed numeric, added numeric) LANGUAGE sql AS $$
    WITH got AS (SELECT t.n, m.segment_id, m.forward, sum(m.distance_m) AS m FROM tracks t, timevmaps.tv_match_line(1, $3, t.track) m WHERE (t.every, t.noise_m) = ($1, $2) AND m.segment_id IS NOT NULL GROUP BY 1, 2, 3),
        went AS (SELECT s.n, s.segment_id, s.forward, sum(s.length_m) AS m FROM steps s GROUP BY 1, 2, 3)
    SELECT round((100 * sum(greatest(coalesce(w.m, 0) - coalesce(g.m, 0), 0)) / sum(w.m))::numeric, 2), round((100 * sum(greatest(coalesce(g.m, 0) - coalesce(w.m, 0), 0)) / sum(w.m))::numeric, 2)
    FROM got g FULL JOIN went w USING (n, segment_id, forward) $$;
SELECT ok(count(DISTINCT n) >= 15, count(DISTINCT n) || ' routes, ' || round(sum(length_m) / 1000) || ' km') FROM steps;
SELECT ok(missed <= most AND added <= most, format('%s m every %s s: missed %s %%, added %s %%', noise_m, every, missed, added))
FROM (VALUES (1, 5, 1), (10, 5, 1), (10, 20, 6)) v (every, noise_m, most), LATERAL pg_temp.wrong(every, noise_m, :gothenburg_timeline);

-- From the rows the same answer, whatever has changed since.
CREATE FUNCTION pg_temp.matched(timeline bigint, closed_too boolean) RETURNS TABLE (n bigint, matched text) LANGUAGE sql AS $$
    SELECT t.n, string_agg(concat_ws(' ', m.piece, m.seq, m.segment_id, m.forward, m.t_from, m.t_to, m.closed, m.cut, round(m.fraction_from::numeric, 9), round(m.fraction_to::numeric, 9), round(m.confidence::numeric, 9)), E'\n' ORDER BY m.t_from, m.piece, m.seq) FROM tracks t, timevmaps.tv_match_line(1, timeline, t.track, closed_too => closed_too) m WHERE t.every = 10 AND t.noise_m = 5 AND t.n % 3 = 0 GROUP BY t.n $$;
CREATE FUNCTION pg_temp.same(what text, timeline bigint, closed_too boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config('timevmaps.prepared_graph', 'on', true);
    CREATE TEMP TABLE one AS SELECT * FROM pg_temp.matched(timeline, closed_too);
    PERFORM set_config('timevmaps.prepared_graph', 'off', true);
    CREATE TEMP TABLE other AS SELECT * FROM pg_temp.matched(timeline, closed_too);
    result := is((SELECT count(*) FROM one FULL JOIN other USING (n) WHERE one.matched IS DISTINCT FROM other.matched), 0::bigint, 'graph and rows: ' || what || ', ' || (SELECT count(*) FROM one) || ' tracks');
    DROP TABLE one, other;
    RETURN result;
END
$$;
SELECT pg_temp.same('as it was prepared', :gothenburg_timeline);
-- Segments are closed on the branch, one on each route; one gets another course, one loses it, a new one is there, a place is elsewhere, a segment is gone.
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT DISTINCT :branch, (array_agg(segment_id ORDER BY seq))[10], true FROM steps GROUP BY n;
SELECT pg_temp.same('closures on a branch', :branch);
SELECT pg_temp.same('closures that may be driven', :branch, true);
SELECT is((SELECT count(*) FROM tracks t, timevmaps.tv_match_line(1, :branch, t.track) m JOIN timevmaps.segment_overrides o ON o.segment_id = m.segment_id), 0::bigint, 'nobody drives what is closed');
SELECT ok(count(DISTINCT t.n) > 10 AND bool_and(o.segment_id IS NOT NULL), 'unless he may, and then it says so: ' || count(*))
FROM tracks t, LATERAL timevmaps.tv_match_line(1, :branch, t.track, closed_too => true) m LEFT JOIN timevmaps.segment_overrides o ON o.segment_id = m.segment_id WHERE m.closed;
UPDATE timevmaps.segments SET geom = NULL WHERE id IN (SELECT (array_agg(segment_id ORDER BY seq))[5] FROM steps GROUP BY n);
UPDATE timevmaps.segments s SET geom = ST_MakeLine(ARRAY[a.geom, ST_Translate(ST_Centroid(ST_Collect(a.geom, b.geom)), 0, 0.0001), b.geom]) FROM timevmaps.places a, timevmaps.places b
WHERE a.id = s.a_place_id AND b.id = s.b_place_id AND s.id IN (SELECT (array_agg(segment_id ORDER BY seq))[6] FROM steps GROUP BY n);
UPDATE timevmaps.places SET lat = lat + 0.0001 WHERE id IN (SELECT g.a_place_id FROM timevmaps.segments g WHERE g.id IN (SELECT (array_agg(segment_id ORDER BY seq))[7] FROM steps GROUP BY n));
SELECT pg_temp.same('other courses and places', :gothenburg_timeline);
UPDATE timevmaps.segments SET oneway = NOT oneway, length_m = length_m + 1 WHERE id IN (SELECT (array_agg(segment_id ORDER BY seq))[8] FROM steps GROUP BY n);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id, geom)
-- None is exactly like another one: which of two such is taken is nobody's promise.
SELECT 1, g.a_place_id, g.b_place_id, g.length_m + 3, 50, CASE WHEN g.id % 2 = 0 THEN :branch END, ST_Translate(g.geom, 0.00003, 0.00002) FROM timevmaps.segments g WHERE g.id IN (SELECT (array_agg(segment_id ORDER BY seq))[12] FROM steps GROUP BY n);
SELECT count(*) FROM (SELECT timevmaps.tv_delete_rows('segments', array_agg(id)) FROM (SELECT (array_agg(segment_id ORDER BY seq))[14] AS id FROM steps GROUP BY n) d) x \g /dev/null
SELECT pg_temp.same('other ways, new and gone ones', :branch, true);

-- A long track can be stopped.
CREATE FUNCTION pg_temp.cancelled(track jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL statement_timeout = '300ms';
    PERFORM count(*) FROM timevmaps.tv_match_line(1, 1, track, gps_m => 50, max_speed_mps => 1000);
    RETURN false;
EXCEPTION WHEN query_canceled THEN
    RETURN true;
END
$$;
SELECT jsonb_agg(jsonb_build_array(11.9 + 0.1 * random(), 57.65 + 0.1 * random(), i * 60)) AS wild FROM generate_series(1, 5000) i \gset
SET statement_timeout = '300ms';
SELECT ok(pg_temp.cancelled(:'wild'), 'a match is cancelled');
RESET statement_timeout;
SELECT * FROM finish();
