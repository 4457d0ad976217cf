-- tv_load_positions(): what it reads, what it refuses and names, by whom; tv_delete_positions().
BEGIN;
SELECT no_plan();
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE ben LOGIN; GRANT tv_analyst TO ben;
INSERT INTO timevmaps.worlds (id, name, owner, visibility) VALUES (1, 'one', 'ann', 'private'), (2, 'two', 'ben', 'public');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2026-01-01 12:00Z'), (3, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'bus'), (2, 1, 'tram'), (3, 2, 'theirs');
SELECT setval('timevmaps.vehicles_id_seq', 100) \g /dev/null
CREATE FUNCTION pg_temp.load(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r record;
    hint text;
BEGIN
    EXECUTE format('CALL timevmaps.tv_load_positions(%s)', arguments) INTO r;
    RETURN concat_ws(' ', r.inserted, r.duplicates, r.conflicts, r.replaced, r.refused);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, nullif(hint, ''));
END
$$;
SET LOCAL client_min_messages = warning;
SET LOCAL SESSION AUTHORIZATION ann;
CREATE TEMP TABLE fixes AS SELECT n % 2 + 1 AS vehicle_id, '2026-01-01 13:00Z'::timestamptz + n * interval '1 minute' AS t, n / 100.0 AS lon, 1::real AS lat, NULL::float8 AS alt_m, 'odd'::text AS other FROM generate_series(1, 3000) n;
SELECT is(pg_temp.load($$'fixes', 1, 1$$), '3000 0 0 0 0', 'a table');
SELECT is(pg_temp.load($$'fixes', 1, 1$$), '0 3000 0 0 0', 'again');
UPDATE fixes SET lon = lon + 0.5 WHERE vehicle_id = 1;
SELECT is(pg_temp.load($$'fixes', 1, 1$$), '0 1500 1500 0 0', 'and where half of it says something else');
SELECT is(pg_temp.load($$'fixes', 1, 1, 'replace'$$), '0 1500 0 1500 0', '... which may be to correct');
SELECT is(pg_temp.load($$'fixes', 1, 2$$), '3000 0 0 0 0', 'on a branch');
SELECT set_eq('SELECT vehicle_id, t, lon, lat FROM timevmaps.positions WHERE timeline_id = 2', 'SELECT vehicle_id::bigint, t, lon::float8, lat::float8 FROM fixes', 'what is there is what there was');
CREATE TEMP VIEW named AS SELECT CASE vehicle_id WHEN 1 THEN 'bus' ELSE 'new' END::varchar AS vehicle, t - interval '1 year' AS t, lon::numeric AS lon, 2 AS lat, 5 AS heading_deg, 'server'::name AS clock, '{"a": 1}'::json AS props, 9 AS segment_id, 0.5 AS fraction FROM fixes;
SELECT is(pg_temp.load($$'named', 1, 1$$), '22023 relation.vehicle: no such vehicle It is row 1 of those that were read.', 'a vehicle that there is not');
SELECT is(pg_temp.load($$'named', 1, 1, max_refused => 1500$$), '1500 0 0 0 1500', 'may be left out');
SELECT is(pg_temp.load($$'named', 1, 1, create_vehicles => true$$), '1500 1500 0 0 0', 'or is made');
SELECT is((SELECT ROW(lat, heading_deg, clock, props, segment_id, fraction)::text FROM timevmaps.positions WHERE t = (SELECT min(t) FROM named)), '(2,5,server,"{""a"": 1}",9,0.5)', 'every column, from other types');
-- A memory that holds a part at a time.
CREATE TEMP TABLE many AS SELECT (n * 7919 % 4 < 2)::int + 1 AS vehicle_id, '2020-01-01Z'::timestamptz + (n * 7919 % 50000) * interval '1 minute' AS t, n % 2 + 0.0 AS lon, 1.0 AS lat FROM generate_series(0, 49999) n;
INSERT INTO many SELECT * FROM many;
SET LOCAL maintenance_work_mem = '1MB';
SELECT is(pg_temp.load($$'many', 1, 1$$), '50000 50000 0 0 0', 'in pieces');
SELECT is(count(*)::integer, 50000, 'each once') FROM timevmaps.positions WHERE t < '2021-01-01';

-- A row that is wrong has its number, and nothing is stored.
CREATE TEMP TABLE bad AS SELECT 1 AS vehicle_id, '2019-01-01Z'::timestamptz AS t, 1::float8 AS lon, 1::float8 AS lat, NULL::float8 AS alt_m, NULL::float8 AS speed_mps, NULL::float8 AS heading_deg, NULL::float8 AS accuracy_m,
    NULL::text AS clock, NULL::text AS kind, NULL::bigint AS segment_id, NULL::float8 AS fraction, NULL::jsonb AS props WITH NO DATA;
CREATE FUNCTION pg_temp.wrong(set_to text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE bad;
    INSERT INTO bad (vehicle_id, t, lon, lat) SELECT 1, '2019-01-01Z'::timestamptz + n * interval '1 s', 1, 1 FROM generate_series(1, 4) n;
    EXECUTE format('INSERT INTO bad (vehicle_id, t, lon, lat) VALUES (1, ''2019-02-01Z'', 1, 1); UPDATE bad SET %s WHERE t > ''2019-01-15''', set_to);
    RETURN regexp_replace(pg_temp.load($a$'bad', 1, 1$a$), ' It is row 5 of those that were read.$', '');
END
$$;
SELECT is(pg_temp.wrong(w), '22023 relation.' || fault, w) FROM (VALUES ('lon = ''NaN''', 'lon: not a number'), ('lon = 181', 'lon: not within -180 to 180'), ('lat = NULL', 'lat: missing'), ('t = ''infinity''', 't: not a time'),
    ('alt_m = ''Infinity''', 'alt_m: not finite'), ('alt_m = ''NaN''', 'alt_m: not a number'), ('speed_mps = -1', 'speed_mps: not a number of at least 0'), ('heading_deg = 360', 'heading_deg: not within 0 to less than 360'), ('accuracy_m = -1', 'accuracy_m: not a number of at least 0'),
    ('clock = ''wrist''', 'clock: not device, server, satellite or simulated'), ('kind = ''leap''', 'kind: not fix, jump or end'), ('segment_id = 1', 'fraction: missing beside segment_id'), ('segment_id = 0, fraction = 0', 'segment_id: not an id'),
    ('fraction = 2', 'fraction: not within 0 to 1'), ('props = ''[]''', 'props: not an object'), ('lon = 0, lat = 0', 'lon: 0, 0 is where a device is that does not know'), ('t = now() + interval ''1 month''', 't: too far ahead'),
    ('vehicle_id = 3', 'vehicle_id: no such vehicle'), ('vehicle_id = NULL', 'vehicle_id: no such vehicle')) v (w, fault);
SELECT is(count(*)::integer, 0, 'of none of them anything is there') FROM timevmaps.positions WHERE t < '2019-12-31' AND t > '2018-12-31';
SELECT is(pg_temp.load($$'bad', 1, 1, max_refused => 1$$), '4 0 0 0 1', 'but what is right, where one may be left out');

-- The relation.
CREATE TEMP TABLE odd AS SELECT 1 AS vehicle_id, now()::timestamp AS t, 1 AS lon, 1 AS lat;
SELECT is(pg_temp.load($$'odd', 1, 1$$), '22023 relation.t: not a timestamptz column Its type is timestamp without time zone.', 'a time without a zone');
SELECT matches((tests.attempt($$CALL timevmaps.tv_load_positions('odd', 1, 1)$$)).hint, 't AT TIME ZONE .* to_timestamp\(t\)', '... and what a view says instead');
ALTER TABLE odd ALTER t TYPE timestamptz, ALTER lon TYPE text;
SELECT is(pg_temp.load($$'odd', 1, 1$$), '22023 relation.lon: not a number column Its type is text.', 'a text');
ALTER TABLE odd DROP lon;
SELECT is(pg_temp.load($$'odd', 1, 1$$), '22023 relation.lon: missing', 'a column that is missing');
ALTER TABLE odd ADD lon float8, ADD vehicle text;
SELECT is(pg_temp.load($$'odd', 1, 1$$), '22023 relation.vehicle: one of vehicle and vehicle_id is enough', 'both');
ALTER TABLE odd DROP vehicle, DROP vehicle_id;
SELECT is(pg_temp.load($$'odd', 1, 1$$), '22023 relation.vehicle: missing', 'neither');
SELECT is(pg_temp.load($$'pg_class_oid_index', 1, 1$$), '22023 relation: not a table or view', 'an index');
SELECT is(pg_temp.load(a), '22023 ' || f, a) FROM (VALUES ('NULL, 1, 1', 'relation: must not be null'), ('''fixes'', NULL, 1', 'world_id: must not be null'), ('''fixes'', 1, NULL', 'timeline_id: must not be null'),
    ('''fixes'', 1, 1, ''x''', 'on_conflict: not a way to settle a conflict')) v (a, f);
SELECT is(left(pg_temp.load(a), 5), 'PT404', a) FROM unnest('{"''fixes'', 9, 1","''fixes'', 1, 9","''fixes'', 1, 3"}'::text[]) a;
SELECT is(left(pg_temp.load($$'fixes', 2, 3$$), 5), '42501', 'a world of others');
-- What the caller may not read, and objects that are named like ours.
RESET SESSION AUTHORIZATION;
CREATE TABLE tests.secret AS SELECT 1 AS vehicle_id, '2018-01-01Z'::timestamptz AS t, 1.0 AS lon, 1.0 AS lat;
GRANT CREATE ON SCHEMA tests TO ann;
SET LOCAL SESSION AUTHORIZATION ann;
SELECT is(left(pg_temp.load($$'tests.secret', 1, 1$$), 5), '42501', 'a table that the caller may not read');
CREATE FUNCTION tests.wrong_equals(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE OPERATOR tests.= (FUNCTION = tests.wrong_equals, LEFTARG = bigint, RIGHTARG = bigint);
CREATE FUNCTION tests.count() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE FUNCTION tests.unnest(bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE TABLE tests.vehicles (id bigint, world_id bigint, name text);
CREATE TABLE tests.positions (id bigint);
SET LOCAL search_path = tests, pg_catalog;
CREATE TEMP TABLE hijacked AS SELECT pg_temp.load($$'fixes', 1, 1$$) AS loaded,
    (SELECT i.duplicates FROM timevmaps.tv_ingest(1, 1, (SELECT jsonb_agg(jsonb_build_object('vehicle_id', vehicle_id, 't', extract(epoch FROM t), 'lon', lon, 'lat', lat)) FROM fixes)) i) AS ingested,
    (SELECT i.replaced FROM timevmaps.tv_ingest(1, 1, (SELECT jsonb_agg(jsonb_build_object('vehicle_id', vehicle_id, 't', extract(epoch FROM t), 'lon', 9, 'lat', lat)) FROM fixes WHERE t < '2026-01-01 14:00Z'), 'replace') i) AS replaced;
RESET search_path;
SELECT is((SELECT h::text FROM hijacked h), '("0 3000 0 0 0",3000,59)', 'a path with operators, functions and tables of somebody''s');

-- Deleted by a vehicle and an interval.
SELECT is(timevmaps.tv_delete_positions(1, 2, 1, '2026-01-01 14:00Z', '2026-01-01 15:00Z'), 30::bigint, 'an interval, without its end');
SELECT is(timevmaps.tv_delete_positions(1, 2, 1, '2026-01-01 14:00Z', '2026-01-01 15:00Z'), 0::bigint, 'is gone');
SELECT is(count(*)::integer, 60, 'nothing else is') FROM timevmaps.positions WHERE t >= '2026-01-01 14:00Z' AND t < '2026-01-01 15:00Z' AND timeline_id = 1;
SELECT is(tests.outcome(format('SELECT timevmaps.tv_delete_positions(%s)', a)), s, a) FROM (VALUES ('1, 1, 1, NULL, now()', '22023'), ('1, 1, 1, now(), ''2020-01-01''', '22023'), ('1, 1, NULL, now(), now()', '22023'), ('9, 1, 1, now(), now()', 'PT404'),
    ('1, 9, 1, now(), now()', 'PT404'), ('1, 1, 3, now(), now()', 'PT404'), ('2, 3, 3, now(), now()', '42501')) v (a, s);
SET LOCAL SESSION AUTHORIZATION ben;
SELECT is(tests.outcome('SELECT timevmaps.tv_delete_positions(1, 1, 1, now(), now())'), 'PT404', 'who does not see the world');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
