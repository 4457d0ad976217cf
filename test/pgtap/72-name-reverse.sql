-- What is at a point: the road by its course, the nearest name by metres, zones of the point itself.
BEGIN;
SELECT plan(28);

INSERT INTO timevmaps.worlds (id, name, owner, visibility) OVERRIDING SYSTEM VALUE VALUES (1, 'known', 'ann', 'public'), (2, 'far north', 'ann', 'public'), (3, 'empty', 'ann', 'public'), (4, 'private', 'ann', 'private'), (5, 'random', 'ann', 'public');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 2, 'main', NULL), (3, 3, 'main', NULL), (4, 4, 'main', NULL), (5, 5, 'main', NULL), (6, 1, 'branch', 1);
-- A road of 20 km along the equator, whose middle is 9 km from the point; a short one 300 m north of it.
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES
    (1, 1, 'West', 0, 0), (2, 1, 'East', 0, 0.18), (3, 1, NULL, 0.0027, 0.0089), (4, 1, NULL, 0.0027, 0.0091), (5, 1, 'Church', 0.004, 0.009), (6, 4, 'Secret', 0, 0.009),
    (10, 2, 'Twenty east', 78, 15.02), (11, 2, 'Ten north', 78.01, 15);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, geom, props) VALUES
    (1, 1, 1, 2, 20000, 50, 'SRID=4326;LINESTRING(0 0, 0.18 0)', '{"name": "Long Road", "ref": "E 1"}'),
    (2, 1, 3, 4, 22, 50, NULL, '{"ref": "B 2"}');
CREATE FUNCTION pg_temp.at(lon float8, lat float8, timeline bigint DEFAULT 1, most float8 DEFAULT 1000) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' | ', coalesce(segment_name, 'no road'), side, round(fraction::numeric, 3), round(segment_distance_m::numeric), coalesce(place_name, 'no place'), round(place_distance_m::numeric), array_to_string(zone_names, '+'), address)
    FROM timevmaps.tv_reverse(1, timeline, $1, $2, $4)
$$;
SELECT is(pg_temp.at(0.009, 0.000009), 'Long Road | left | 0.050 | 1 | Church | 444 |  | Long Road, Church', 'a road 20 km long, 1 m from the point, and not a short one at 300 m');
SELECT is(pg_temp.at(0.009, -0.000009), 'Long Road | right | 0.050 | 1 | Church | 446 |  | Long Road, Church', '... on its other side');
SELECT is(pg_temp.at(0.009, 0), 'Long Road | on | 0.050 | 0 | Church | 445 |  | Long Road, Church', '... on it');
SELECT is(pg_temp.at(0.009, 0.0026), 'B 2 | right | 0.500 | 11 | Church | 156 |  | B 2, Church', 'a road without a course, called by its number');
SELECT is(pg_temp.at(0.09, 0.00001), 'Long Road | left | 0.500 | 1 | no place |  | Long Road', 'no place is near');
SELECT is(pg_temp.at(0.09, 0.00001, 1, 20000), 'Long Road | left | 0.500 | 1 | Church | 9018 |  | Long Road, Church', '... but farther');
SELECT is(pg_temp.at(0.009, 2, 1, 1000), 'B 2 | left | 0.500 | 222090 | no place | ', 'far from everything there is no address') ;
SELECT results_eq($$SELECT a_place_id, a_name, b_place_id, b_name FROM timevmaps.tv_reverse(1, 1, 0.009, 0.00001)$$, $$VALUES (1::bigint, 'West', 2::bigint, 'East')$$, 'with its two places');
SELECT results_eq($$SELECT place_name, round(place_distance_m::numeric) FROM timevmaps.tv_reverse(2, 2, 15, 78)$$, $$VALUES ('Twenty east', 462::numeric)$$, 'at latitude 78: 462 m east, and not 1,112 m north');
SELECT results_eq($$SELECT segment_id, place_id, zone_ids, zone_names, address FROM timevmaps.tv_reverse(3, 3, 0, 0)$$, $$VALUES (NULL::bigint, NULL::bigint, '{}'::bigint[], '{}'::text[], NULL::text)$$, 'an empty world');

-- The road leads over the border of two zones.
INSERT INTO timevmaps.layers (id, world_id, name, exclusive) VALUES (1, 1, 'areas', true), (2, 1, 'larger', false);
INSERT INTO timevmaps.zones (id, layer_id, name, geom) VALUES
    (1, 1, 'A', 'SRID=4326;MULTIPOLYGON(((-1 -1, 0.09 -1, 0.09 1, -1 1, -1 -1)))'), (2, 1, 'B', 'SRID=4326;MULTIPOLYGON(((0.09 -1, 0.3 -1, 0.3 1, 0.09 1, 0.09 -1)))'),
    (3, 2, 'Land', 'SRID=4326;MULTIPOLYGON(((-2 -2, 2 -2, 2 2, -2 2, -2 -2)))'), (4, 2, NULL, 'SRID=4326;MULTIPOLYGON(((0.15 -2, 2 -2, 2 2, 0.15 2, 0.15 -2)))');
SELECT is(pg_temp.at(0.1, 0.00001), 'Long Road | left | 0.556 | 1 | no place | B+Land | Long Road, B, Land', 'zones are those of the point, the smallest first');
SELECT is(pg_temp.at(0.08, 0.00001), 'Long Road | left | 0.444 | 1 | no place | A+Land | Long Road, A, Land', '... on the other side of the border');
SELECT is(pg_temp.at(0.09, 0.00001), 'Long Road | left | 0.500 | 1 | no place | A+Land | Long Road, A, Land', '... on it');
SELECT results_eq($$SELECT zone_ids, zone_names FROM timevmaps.tv_reverse(1, 1, 0.16, 0.00001)$$, $$VALUES ('{2,4,3}'::bigint[], '{B,NULL,Land}'::text[])$$, '... one without a name');

-- Closed, and on a branch.
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (6, 1, true);
SELECT is(split_part(pg_temp.at(0.009, 0.000009, 6), ' |', 1), 'B 2', 'what is closed on a branch is not the nearest there');

-- The nearest name against every name.
SELECT setseed(0.3);
INSERT INTO timevmaps.places (id, world_id, name, lat, lon)
SELECT 1000 + n, 5, CASE WHEN n % 3 > 0 THEN 'n' || n END, CASE WHEN n % 5 = 0 THEN 85 + random() * 5 ELSE random() * 180 - 90 END, CASE WHEN n % 7 = 0 THEN 178 + random() * 2 ELSE random() * 360 - 180 END FROM generate_series(1, 400) n;
SELECT is_empty($$
    SELECT q.lon, q.lat, r.place_id, w.id FROM (SELECT CASE WHEN n % 3 = 0 THEN -179.9 ELSE random() * 360 - 180 END AS lon, CASE WHEN n % 4 = 0 THEN 89 ELSE random() * 180 - 90 END AS lat FROM generate_series(1, 60) n) q,
        LATERAL timevmaps.tv_reverse(5, 5, q.lon, q.lat, 'infinity') r,
        LATERAL (SELECT p.id, public.ST_DistanceSphere(p.geom, public.ST_SetSRID(public.ST_MakePoint(q.lon, q.lat), 4326)) AS away FROM timevmaps.places p
                 WHERE p.world_id = 5 AND p.name IS NOT NULL ORDER BY 2, 1 LIMIT 1) w
    WHERE r.place_id IS DISTINCT FROM w.id OR abs(r.place_distance_m - w.away) > 1e-3 * greatest(1, w.away / 1000) $$, 'the nearest name is that of a search through all');
-- The nearest road and the fraction are those of tv_snap().
SELECT results_eq($$SELECT segment_id, fraction, segment_distance_m, lon, lat FROM timevmaps.tv_reverse(1, 1, 0.05, 0.001)$$, $$SELECT segment_id, fraction, distance_m, lon, lat FROM timevmaps.tv_snap(1, 1, 0.05, 0.001)$$, 'the segment is tv_snap()''s');

-- Rights: what a policy hides is not told.
CREATE POLICY hidden ON timevmaps.places AS RESTRICTIVE FOR SELECT TO tv_player USING (id <> 5);
SET ROLE tv_player;
SELECT is(pg_temp.at(0.009, 0.000009), 'Long Road | left | 0.050 | 1 | no place | A+Land | Long Road, A, Land', 'a place that a policy hides') ;
RESET ROLE;
SELECT is(tests.refusal(format('SELECT timevmaps.tv_reverse(%s)', arguments), 'tv_player'), wanted, arguments)
FROM (VALUES ('9, 1, 0, 0', 'PT404 no such world'), ('4, 4, 0, 0', 'PT404 no such world'), ('1, 2, 0, 0', 'PT404 no such timeline'), ('1, 1, 181, 0', '22023 lon'), ('1, 1, 0, ''NaN''', '22023 lat'), ('1, 1, NULL, 0', '22023 lon'),
             ('1, 1, 0, 0, -1', '22023 max_m'), ('1, 1, 0, 0, ''NaN''', '22023 max_m'), ('1, 1, 0, 0, NULL', '22023 max_m'), ('NULL, 1, 0, 0', '22023 world_id')) c (arguments, wanted);
SELECT * FROM finish();
ROLLBACK;
