-- What is called like what somebody has typed: known names, the order against an exhaustive reckoning, what is of other timelines and worlds.
BEGIN;
SELECT plan(71);

INSERT INTO timevmaps.worlds (id, name, owner, visibility) OVERRIDING SYSTEM VALUE VALUES (1, 'known', 'ann', 'public'), (2, 'random', 'ann', 'public'), (3, 'private', 'ann', 'private');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 2, 'main', NULL), (3, 3, 'main', NULL), (4, 1, 'branch', 1), (5, 1, 'other branch', 1);
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) SELECT n, 1, name, n * 0.1, n * 0.1
FROM unnest('{Chambéry,Löhningen,Tromsø,Łódź,Straße,Речицкий район,高槻市,الدوحة,abc,a_c,100%,Route 9,Route 90,Rottweil,Lödingen,Göteborg Landvetter,E 6,E 65,12A,B96}'::text[]) WITH ORDINALITY u (name, n);
UPDATE timevmaps.places SET name = normalize('Chambéry', NFD) WHERE id = 1;

-- Names in their order.
CREATE FUNCTION pg_temp.found(query text, timeline bigint DEFAULT 1, world bigint DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(s.name, ', ' ORDER BY s.n), 'none') FROM timevmaps.tv_search(world, timeline, query) WITH ORDINALITY s (kind, ref_id, name, lang, match, score, importance, lon, lat, geom, distance_m, n)
$$;
CREATE FUNCTION pg_temp.first(query text) RETURNS text LANGUAGE sql AS $$ SELECT ref_id || ' ' || match FROM timevmaps.tv_search(1, 1, query, NULL, NULL, 1) $$;

SELECT is(pg_temp.first(query), wanted, format('%L', query))
FROM (VALUES
    ('Chambéry', '1 equal'), (normalize('Chambéry', NFD), '1 equal'), ('CHAMBERY', '1 equal'), ('chamb', '1 prefix'), ('chambry', '1 similar'), ('Cahmbery', '1 similar'),
    ('Loehningen', '2 equal'), ('Lohningen', '2 equal'), ('löhningen', '2 equal'), ('lohnigen', '2 similar'),
    ('tromso', '3 equal'), ('tromsoe', '3 equal'), ('lodz', '4 equal'), ('strasse', '5 equal'), ('STRASSE', '5 equal'),
    ('Речицкий район', '6 equal'), ('rechitskiy', '6 prefix'), ('район', '6 word'),
    ('高槻市', '7 equal'), ('高槻', '7 prefix'), ('槻市', '7 word'), ('الدوحة', '8 equal'),
    ('a_c', '10 equal'), ('abc', '9 equal'), ('100%', '11 equal'), ('route 9', '12 equal'), ('route 90', '13 equal'), ('route90', '13 equal'), ('E6', '17 equal'), ('E-6', '17 equal'), ('12 a', '19 equal'), ('b 96', '20 equal'), ('rute 9', '12 similar'), ('landvetter', '16 word'), ('landveter', '16 similar')) c (query, wanted);
SELECT is(pg_temp.found(query), 'none', format('nothing for %L', query))
FROM unnest(ARRAY['', '   ', E'\t', '…', '~', '%', '_', '%%%', 'xyzzy', 'route 91']) query;
SELECT is(pg_temp.found('route 9'), 'Route 9', 'a number is another number');
SELECT is(pg_temp.found('e6'), 'E 6', '... written together with letters or apart');
SELECT is(pg_temp.found('a%'), 'abc, a_c', 'a query is no pattern');
SELECT is(pg_temp.found('lo'), 'Löhningen, Łódź, Lödingen', 'two letters: those that begin so');
SELECT is(pg_temp.found(repeat('Chambéry ', 100000)), normalize('Chambéry', NFD), 'a megabyte');

---------------------------------------------------------------- roads, zones, timelines
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id, geom, props) VALUES
    (1, 1, 9, 10, 100, 50, NULL, 'SRID=4326;LINESTRING(10 50, 10.3 50)', '{"name": "Storgatan"}'),
    (2, 1, 9, 10, 100, 50, NULL, 'SRID=4326;LINESTRING(20 50, 20.001 50)', '{"name": "Storgatan"}'),
    (3, 1, 9, 10, 100, 50, 4, NULL, '{"name": "Sidogatan"}'),
    (4, 1, 9, 10, 100, 50, NULL, NULL, '{"name": "Bron"}');
INSERT INTO timevmaps.layers (id, world_id, name) VALUES (1, 1, 'areas');
INSERT INTO timevmaps.zones (id, layer_id, name, geom, timeline_id) VALUES (1, 1, 'Centrum', 'SRID=4326;MULTIPOLYGON(((0 0, 2 0, 2 2, 0 2, 0 0)))', 4);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (4, 4, true);
SELECT results_eq($$SELECT ref_id, distance_m FROM timevmaps.tv_search(1, 1, 'storgatan')$$, $$VALUES (1::bigint, NULL::float8)$$, 'segments of one name are one row');
SELECT results_eq($$SELECT ref_id, round(distance_m::numeric), round(lon::numeric, 3) FROM timevmaps.tv_search(1, 1, 'storgatan', 20, 50.001)$$, $$VALUES (2::bigint, 111::numeric, 20.000)$$, '... the nearest');
SELECT results_eq($$SELECT ref_id, round(distance_m::numeric) FROM timevmaps.tv_search(1, 1, 'storgatan', 10.29, 50.001)$$, $$VALUES (1::bigint, 111::numeric)$$, '... by its course, not its middle');
SELECT is(pg_temp.found('sidogat', 4), 'Sidogatan', 'of a branch');
SELECT is(pg_temp.found('sidogat', 1) || ', ' || pg_temp.found('sidogat', 5), 'none, none', '... and not of others');
SELECT is(pg_temp.found('bron', 1) || ', ' || pg_temp.found('bron', 4), 'Bron, none', 'what is closed is not found');
SELECT is(pg_temp.found('centrum', 4) || ', ' || pg_temp.found('centrum', 1), 'Centrum, none', 'zones');

------------------------------------------------------------------------- the order
-- Edits with neighbours that change places, by the whole table; and of any part that begins where a word does.
CREATE FUNCTION pg_temp.edits(a text, b text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    w CONSTANT integer := length(b) + 1;
    d integer[] := array_fill(0, ARRAY[(length(a) + 1) * w]);
BEGIN
    FOR i IN 0 .. length(a) LOOP
        FOR j IN 0 .. length(b) LOOP
            d[i * w + j + 1] := CASE WHEN i = 0 THEN j WHEN j = 0 THEN i
                ELSE least(d[(i - 1) * w + j + 1] + 1, d[i * w + j] + 1, d[(i - 1) * w + j] + (substr(a, i, 1) <> substr(b, j, 1))::integer,
                    CASE WHEN i > 1 AND j > 1 AND substr(a, i, 1) = substr(b, j - 1, 1) AND substr(a, i - 1, 1) = substr(b, j, 1) THEN d[(i - 2) * w + j - 1] + 1 END) END;
        END LOOP;
    END LOOP;
    RETURN d[length(a) * w + w];
END
$$;
CREATE FUNCTION pg_temp.part(typed text, name text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT min(pg_temp.edits(typed, substr(name, b, l))) FROM generate_series(1, length(name)) b, generate_series(0, length(name) - b + 1) l
    WHERE b = 1 OR substr(name, b - 1, 1) = ' '
$$;
SELECT setseed(0.4);
INSERT INTO timevmaps.places (id, world_id, name, lat, lon, props)
SELECT 1000 + n, 2, (SELECT string_agg(substr('aabno r9', 1 + floor(random() * 8)::integer, 1), '') FROM generate_series(1, 3 + floor(random() * 6)::integer + n * 0)),
    floor(random() * 3), floor(random() * 3), CASE WHEN random() < 0.3 THEN '{"importance": 0.5}' ELSE '{}' END::jsonb FROM generate_series(1, 120) n;
CREATE TEMP TABLE queries AS
SELECT n, (SELECT string_agg(substr('aabno r9', 1 + floor(random() * 8)::integer, 1), '') FROM generate_series(1, 2 + floor(random() * 5)::integer + n * 0)) AS query FROM generate_series(1, 40) n;
-- Whether a name is what was typed, or begins so, with letters and digits apart, or together.
CREATE FUNCTION pg_temp.met(q text, name text, OUT equal boolean, OUT begins boolean) LANGUAGE sql IMMUTABLE AS $$
    SELECT bool_or(name = v), bool_or(left(name, length(v)) = v AND NOT EXISTS (SELECT FROM unnest(string_to_array(v, ' ')) w WHERE w ~ '\d' AND w <> ALL (string_to_array(name, ' '))))
    FROM (VALUES (regexp_replace(regexp_replace(q, '(\d)([a-z])', '\1 \2', 'g'), '([a-z])(\d)', '\1 \2', 'g')), (regexp_replace(regexp_replace(q, '(\d) ([a-z])', '\1\2', 'g'), '([a-z]) (\d)', '\1\2', 'g'))) f (v)
$$;
CREATE FUNCTION pg_temp.wanted(typed text, lon float8, lat float8) RETURNS text LANGUAGE sql AS $$
    WITH named AS (
        SELECT p.id, coalesce((p.props ->> 'importance')::real, 0) AS importance, timevmaps.tv_fold(p.name) AS name, timevmaps.tv_fold(typed) AS q,
            coalesce(public.ST_DistanceSphere(p.geom, public.ST_SetSRID(public.ST_MakePoint($2, $3), 4326)), 0) AS away
        FROM timevmaps.places p WHERE p.world_id = 2
    ), scored AS (
        SELECT n.*, pg_temp.part(q, name) AS part, public.word_similarity(q, name) AS similarity,
            greatest(1 - pg_temp.edits(q, name)::float8 / greatest(length(q), length(name)), 0.9 * (1 - pg_temp.part(q, name)::float8 / length(q))) AS score,
            NOT EXISTS (SELECT FROM unnest(string_to_array(q, ' ')) w WHERE w ~ '\d' AND w <> ALL (string_to_array(name, ' '))) AS numbers
        FROM named n WHERE q <> '' AND name <> ''
    ), ranked AS (
        SELECT s.*, CASE WHEN name = q OR (pg_temp.met(q, name)).equal THEN 1 WHEN (pg_temp.met(q, name)).begins THEN 2 WHEN NOT numbers THEN NULL WHEN left(name, length(q)) = q THEN 2
            WHEN length(q) < 3 THEN NULL WHEN position(' ' || q IN name) > 0 THEN 3
            WHEN similarity >= 0.4 OR similarity >= 0.3 AND part <= CASE WHEN length(q) < 5 THEN 1 ELSE 2 END THEN 4 END AS rank
        FROM scored s)
    SELECT coalesce(string_agg(id || ' ' || rank, ', '), 'none') FROM (
        SELECT * FROM ranked WHERE rank IS NOT NULL ORDER BY rank, CASE WHEN rank = 4 THEN -score END, importance DESC, round(away::numeric, 3), id LIMIT 10) r
$$;
CREATE FUNCTION pg_temp.given(typed text, lon float8, lat float8) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(ref_id || ' ' || CASE match WHEN 'equal' THEN 1 WHEN 'prefix' THEN 2 WHEN 'word' THEN 3 ELSE 4 END, ', '), 'none')
    FROM timevmaps.tv_search(2, 2, typed, lon, lat) s
$$;
SELECT is_empty($$SELECT query, pg_temp.given(query, NULL, NULL), pg_temp.wanted(query, NULL, NULL) FROM queries WHERE pg_temp.given(query, NULL, NULL) <> pg_temp.wanted(query, NULL, NULL)$$,
    'the order is that of an exhaustive reckoning');
SELECT is_empty($$SELECT query, pg_temp.given(query, 1.1, 0.9), pg_temp.wanted(query, 1.1, 0.9) FROM queries WHERE pg_temp.given(query, 1.1, 0.9) <> pg_temp.wanted(query, 1.1, 0.9)$$,
    '... near a point, too');
-- More begin so than are looked at: the important ones come.
INSERT INTO timevmaps.places (id, world_id, name, lat, lon, props) SELECT 10000 + n, 2, 'zz ' || to_char(n, 'FM0000'), 0, 0, CASE WHEN n = 2999 THEN '{"importance": 1}' ELSE '{}' END::jsonb FROM generate_series(1, 3000) n;
SELECT is((SELECT name FROM timevmaps.tv_search(2, 2, 'z') LIMIT 1), 'zz 2999', 'the important one of 3,000');

----------------------------------------------------------------------------- rights
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES (5000, 3, 'Geheim', 0, 0), (5001, 1, 'Geheim', 0, 0);
SET ROLE tv_player;
SELECT is(pg_temp.found('geheim'), 'Geheim', 'a player finds what is public');
SELECT is(tests.outcome('SELECT * FROM timevmaps.tv_search(3, 3, ''geheim'')'), 'PT404', '... and nothing in another''s world');
RESET ROLE;
-- A policy of somebody's own hides a place: its name is not told either.
CREATE POLICY hidden ON timevmaps.places AS RESTRICTIVE FOR SELECT TO tv_player USING (id <> 5001);
SET ROLE tv_player;
SELECT is(pg_temp.found('geheim'), 'none', 'what a policy hides is not found');
RESET ROLE;
SELECT is(tests.refusal(format('SELECT timevmaps.tv_search(%s)', arguments)), wanted, arguments)
FROM (VALUES ('9, 1, ''x''', 'PT404 no such world'), ('1, 2, ''x''', 'PT404 no such timeline'), ('1, 1, NULL', '22023 query'), ('1, 1, ''x'', 181, 0', '22023 near_lon'),
             ('1, 1, ''x'', 0', '22023 near_lat'), ('1, 1, ''x'', 0, ''NaN''', '22023 near_lat'), ('1, 1, ''x'', NULL, NULL, 0', '22023 max_results'), ('1, 1, ''x'', NULL, NULL, 101', '22023 max_results')) c (arguments, wanted);
SELECT * FROM finish();
ROLLBACK;
