-- tv_ingest(): what is stored, what is refused and by which path, by whom, and the same directly and by statements.
BEGIN;
SELECT no_plan();
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE ben LOGIN; GRANT tv_analyst TO ben;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
INSERT INTO timevmaps.worlds (id, name, owner, visibility, rules) VALUES (1, 'one', 'ann', 'private', '{}'), (2, 'two', 'ben', 'private', '{}'), (3, 'three', 'ann', 'public', '{"fix_ahead_s": 1e9, "fix_null_island": true}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2026-01-01 12:00Z'), (3, 2, 'main', NULL, NULL), (4, 3, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'bus'), (2, 1, 'tram'), (3, 2, 'theirs'), (4, 3, 'boat');
SELECT setval('timevmaps.vehicles_id_seq', 100) \g /dev/null

CREATE FUNCTION pg_temp.ingest(world bigint, timeline bigint, fixes text, on_conflict text DEFAULT 'keep', make boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
    SELECT tests.outcome(format($f$SELECT concat_ws(' ', i.inserted, i.duplicates, i.conflicts, i.replaced, (SELECT string_agg(concat_ws(': ', r ->> 'path', r ->> 'reason'), '; ') FROM jsonb_array_elements(i.refused) r))
        FROM timevmaps.tv_ingest(%s, %s, %L, %L, %L) i$f$, world, timeline, fixes, on_conflict, make))
$$;
-- Whatever is tested is tested in both ways: directly, and where somebody has hung a trigger on the table.
CREATE FUNCTION tests.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE tests.ways (way text, case_no int, is_what text);
GRANT ALL ON tests.ways TO PUBLIC;
CREATE PROCEDURE pg_temp.cases(way text) LANGUAGE plpgsql AS $$
DECLARE
    wanted record;
BEGIN
    SET LOCAL SESSION AUTHORIZATION ann;
    FOR wanted IN SELECT * FROM (VALUES
        (1, pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": "2026-01-01T08:00:00Z", "lon": 12, "lat": 57.7}')),
        (2, pg_temp.ingest(1, 1, '{"vehicle_id": 1, "t": "2026-01-01T09:00:00+01:00", "lon": 12, "lat": 57.7}')),
        (3, pg_temp.ingest(1, 1, '[{"vehicle_id": 1, "t": 1767254400, "lon": 12, "lat": 57.7, "x-note": 1, "alt_m": null}, {"vehicle": "tram", "t": "2026-01-01 08:00Z", "lon": 12, "lat": 57.7}]')),
        (4, pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": "2026-01-01T08:00:00Z", "lon": 12.00006, "lat": 57.70001}')),
        -- two fixes with one time 3.771 m apart: one stored, one conflict
        (5, pg_temp.ingest(1, 1, '[{"vehicle": "bus", "t": "2026-01-01T08:00:10Z", "lon": 12, "lat": 57.7}, {"vehicle": "bus", "t": "2026-01-01T08:00:10Z", "lon": 12.000063, "lat": 57.700004}]')),
        (6, pg_temp.ingest(1, 1, '[{"vehicle": "bus", "t": "2026-01-01T08:00:10Z", "lon": 13, "lat": 57.7}, {"vehicle": "bus", "t": "2026-01-01T08:00:11Z", "lon": 13, "lat": 57.7}, {"vehicle": "bus", "t": "2026-01-01T08:00:11Z", "lon": 14, "lat": 57.7}]', 'replace')),
        (7, pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": "2026-01-01T08:00:11Z", "lon": 14, "lat": 57.7}', 'replace')),
        (8, pg_temp.ingest(1, 2, '[{"vehicle": "bus", "t": "2026-01-01T12:00:00Z", "lon": 14, "lat": 57.7}, {"vehicle": "bus", "t": "2026-01-01T12:00:00.000001Z", "lon": 14, "lat": 57.7}]')),
        (9, pg_temp.ingest(1, 1, '{"vehicle": "ferry", "t": 1, "lon": 14, "lat": 57.7}')),
        (10, pg_temp.ingest(1, 1, '[{"vehicle": "ferry", "t": 1, "lon": 14, "lat": 57.7}, {"vehicle": "ferry", "t": 2, "lon": 14, "lat": 57.7}, {"vehicle": "bus", "t": 2, "lon": 14, "lat": 57.7}]', 'keep', true)),
        (11, pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": "1999-01-01T00:00:00Z", "lon": 1, "lat": 2, "alt_m": 3, "speed_mps": 4, "heading_deg": 5, "accuracy_m": 6, "clock": "satellite", "kind": "jump", "segment_id": 7, "fraction": 0.5, "props": {"a": 1}}')),
        (12, pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": "1999-01-01T00:00:00Z", "lon": 1, "lat": 2, "alt_m": 3, "speed_mps": 4, "heading_deg": 5, "accuracy_m": 6, "clock": "satellite", "kind": "jump", "segment_id": 7, "fraction": 0.5, "props": {"a": 1.0}}')),
        (13, pg_temp.ingest(1, 1, '[{"vehicle": "bus", "t": "1999-01-01T00:00:00Z", "lon": 1, "lat": 2, "alt_m": 3, "speed_mps": 4, "heading_deg": 5, "accuracy_m": 6, "clock": "satellite", "kind": "jump", "segment_id": 7, "fraction": 0.5, "props": {"a": 2}}]'))
        ) v (case_no, is_what)
    LOOP
        INSERT INTO tests.ways VALUES (way, wanted.case_no, wanted.is_what);
    END LOOP;
    RESET SESSION AUTHORIZATION;
END
$$;
SAVEPOINT clean;
CALL pg_temp.cases('directly');
CREATE TEMP TABLE directly AS SELECT case_no, is_what FROM tests.ways;
CREATE TEMP TABLE rows_directly AS SELECT timeline_id, (SELECT name FROM timevmaps.vehicles v WHERE v.id = vehicle_id), t, lon, lat, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind, segment_id, fraction, props FROM timevmaps.positions;
SELECT is(is_what, right_what, what) FROM directly JOIN (VALUES
    (1, '1 0 0 0', 'one fix'), (2, '0 1 0 0', 'the same time in another zone'), (3, '1 1 0 0', 'the same in seconds; by name and by id'), (4, '0 0 1 0', 'another says something else'),
    (5, '1 0 1 0', 'two fixes with one time'), (6, '1 0 0 2', 'replace: what is there, and within a call'), (7, '0 1 0 0', 'what is so already is no correction'),
    (8, '1 0 0 0 fixes[0].t: not after the branch left its parent', 'a fork'), (9, '0 0 0 0 fixes.vehicle: no such vehicle', 'nobody is made unasked'), (10, '3 0 0 0', 'but where one wants it'),
    (11, '1 0 0 0', 'all members'), (12, '0 1 0 0', 'equal as JSON'), (13, '0 0 1 0', 'and not')) r (case_no, right_what, what) USING (case_no);
SELECT is((SELECT ROW(lon, lat, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind, segment_id, fraction, props)::text FROM timevmaps.positions WHERE t = '1999-01-01Z'),
    '(1,2,3,4,5,6,satellite,jump,7,0.5,"{""a"": 1}")', 'all of it is there');
SELECT is((SELECT string_agg(lon::text, ' ' ORDER BY t) FROM timevmaps.positions WHERE vehicle_id = 1 AND t > '2026-01-01Z' AND timeline_id = 1), '12 13 14', 'the first stays, the last corrects');
SELECT ok(bool_and(p.recorded_at BETWEEN now() AND clock_timestamp()), 'recorded now') FROM timevmaps.positions p;
DELETE FROM timevmaps.positions;
DELETE FROM timevmaps.vehicles WHERE name = 'ferry';
CREATE TRIGGER odd BEFORE INSERT ON timevmaps.positions FOR EACH ROW EXECUTE FUNCTION tests.nothing();
CALL pg_temp.cases('by statements');
SELECT set_eq($$SELECT case_no, is_what FROM tests.ways WHERE way = 'by statements'$$, $$SELECT * FROM directly$$, 'by statements the same is said');
SELECT set_eq($$SELECT timeline_id, (SELECT name FROM timevmaps.vehicles v WHERE v.id = vehicle_id), t, lon, lat, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind, segment_id, fraction, props FROM timevmaps.positions$$,
    'SELECT * FROM rows_directly', 'and the same is stored');
DROP TRIGGER odd ON timevmaps.positions;
DELETE FROM timevmaps.positions;

-- What is refused: a member at a time.
SET LOCAL SESSION AUTHORIZATION ann;
SELECT pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": 1, "lon": 1, "lat": 1}') \g /dev/null
SELECT is(pg_temp.ingest(1, 1, (jsonb_build_array('{"vehicle": "bus", "t": 1, "lon": 1, "lat": 1}'::jsonb || c.member::jsonb) || '{"vehicle": "bus", "t": 1, "lon": 1, "lat": 1}')::text, 'replace'),
    '0 1 0 0 fixes[0].' || c.fault, c.member)
FROM (VALUES
    ('{"t": "soon"}', 't: not a time'), ('{"t": "2026-01-01T00:00:00"}', 't: without a time zone'), ('{"t": "2026-02-30T00:00:00Z"}', 't: not a time'), ('{"t": 1e30}', 't: not a time'), ('{"t": true}', 't: not a time'),
    ('{"t": null}', 't: missing'), ('{"lon": null}', 'lon: missing'), ('{"lat": null}', 'lat: missing'), ('{"vehicle": null}', 'vehicle_id: missing'), ('{"vehicle": ""}', 'vehicle: not a name of 1 to 200 characters'),
    ('{"vehicle": 1}', 'vehicle: not a name of 1 to 200 characters'), ('{"vehicle_id": 1}', 'vehicle: one of vehicle and vehicle_id is enough'), ('{"vehicle": null, "vehicle_id": 3}', 'vehicle_id: no such vehicle'),
    ('{"vehicle": null, "vehicle_id": 1.5}', 'vehicle_id: not an id'), ('{"vehicle": "theirs"}', 'vehicle: no such vehicle'), ('{"lon": "1"}', 'lon: not a number'), ('{"lon": 180.1}', 'lon: not within -180 to 180'),
    ('{"lon": 1e400}', 'lon: not within -180 to 180'), ('{"lat": -90.01}', 'lat: not within -90 to 90'), ('{"alt_m": 1e400}', 'alt_m: not finite'), ('{"speed_mps": -1}', 'speed_mps: not a number of at least 0'),
    ('{"heading_deg": 360}', 'heading_deg: not within 0 to less than 360'), ('{"accuracy_m": -0.1}', 'accuracy_m: not a number of at least 0'), ('{"clock": "wrist"}', 'clock: not device, server, satellite or simulated'),
    ('{"kind": "leap"}', 'kind: not fix, jump or end'), ('{"segment_id": 1}', 'fraction: missing beside segment_id'), ('{"fraction": 0.5}', 'segment_id: missing beside fraction'),
    ('{"segment_id": 1, "fraction": 1.5}', 'fraction: not within 0 to 1'), ('{"props": 1}', 'props: not an object'), (format('{"props": {"a": "%s"}}', repeat('x', 65536)), 'props: more than 65536 bytes'),
    ('{"speed": 1}', 'speed: unknown key'), ('{"lon": 0, "lat": 0}', 'lon: 0, 0 is where a device is that does not know'), (format('{"t": %s}', extract(epoch FROM now() + interval '1 month')), 't: too far ahead'),
    (format('{"t": %s}', extract(epoch FROM now() + interval '1 month') * 1000), 't: too far ahead')) c (member, fault);
SELECT is((SELECT i.refused -> 0 ->> 'hint' FROM timevmaps.tv_ingest(1, 1, format('{"vehicle": "bus", "t": %s, "lon": 1, "lat": 1}', t)::jsonb) i), hint, hint)
FROM (VALUES (extract(epoch FROM now() + interval '1 month'), 'The rule fix_ahead_s of the world says how far.'), (1767225600000, 'Numbers are seconds since 1970: this one looks like milliseconds.')) v (t, hint);
SELECT is(pg_temp.ingest(3, 4, format('[{"vehicle": "boat", "t": %s, "lon": 0, "lat": 0}]', extract(epoch FROM now() + interval '1 month'))), '1 0 0 0', 'a world may allow it');
SELECT is(pg_temp.ingest(1, 1, '[1, null, [], "x", {}]'), '0 0 0 0 fixes[0]: not an object; fixes[1]: not an object; fixes[2]: not an object; fixes[3]: not an object; fixes[4].vehicle_id: missing', 'what is no fix');
SELECT is(pg_temp.ingest(1, 1, '[]'), '0 0 0 0', 'nothing');

-- A file, and then its first half again.
CREATE FUNCTION pg_temp.file(first int, last int) RETURNS text LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('vehicle', CASE n % 3 WHEN 0 THEN 'bus' ELSE 'tram' END, 't', 1767225600 + n * 7919, 'lon', n / 1000.0, 'lat', 1) ORDER BY n * 7919 % 1000)::text FROM generate_series(first, last) n
$$;
SELECT is(pg_temp.ingest(1, 1, pg_temp.file(1, 1000)), '1000 0 0 0', 'a file over many days');
SELECT is(pg_temp.ingest(1, 1, pg_temp.file(1, 500)), '0 500 0 0', 'its first half again is there already');
SELECT is(pg_temp.ingest(1, 1, pg_temp.file(501, 1500)), '500 500 0 0', 'and what overlaps is added to');
SELECT is(count(*)::integer, 1500, 'each once') FROM timevmaps.positions WHERE t >= '2026-01-01Z' AND world_id = 1;

-- Who may, and errors of the whole.
SELECT is(pg_temp.ingest(w, l, '{}'), 'PT404', what) FROM (VALUES (9, 1, 'no such world'), (1, 9, 'no such timeline'), (2, 3, 'a world of others'), (1, 3, 'a timeline of another world')) v (w, l, what);
SELECT is(pg_temp.ingest(1, 1, v), '22023', v) FROM unnest('{1,"\"x\"",null,true}'::text[]) v;
SELECT is(pg_temp.ingest(1, 1, '[]', 'overwrite'), '22023', 'another on_conflict');
SELECT is(pg_temp.ingest(1, 1, (SELECT jsonb_agg(0)::text FROM generate_series(1, 10001))), '22023', 'too many');
SELECT is(tests.outcome(format('SELECT timevmaps.tv_ingest(%s)', a)), '22023', a) FROM unnest('{"NULL, 1, ''[]''","1, NULL, ''[]''","1, 1, NULL"}'::text[]) a;
SET LOCAL SESSION AUTHORIZATION ben;
SELECT is(pg_temp.ingest(3, 4, '[]'), '42501', 'who only reads the world');
SET LOCAL SESSION AUTHORIZATION eve;
SELECT is(pg_temp.ingest(3, 4, '[]'), '42501', 'a player');
RESET SESSION AUTHORIZATION;
-- A policy of somebody's own holds.
CREATE POLICY quiet ON timevmaps.positions AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK (speed_mps IS NULL);
SET LOCAL SESSION AUTHORIZATION ann;
SELECT is(pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": 77, "lon": 1, "lat": 1, "speed_mps": 1}'), '42501', 'a policy of somebody else''s is asked');
SELECT is(pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": 77, "lon": 1, "lat": 1}'), '1 0 0 0', 'and lets others through');
RESET SESSION AUTHORIZATION;
DROP POLICY quiet ON timevmaps.positions;
ALTER TABLE timevmaps.positions ADD CONSTRAINT slow CHECK (speed_mps < 100);
SET LOCAL SESSION AUTHORIZATION ann;
SELECT is(pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": 78, "lon": 1, "lat": 1, "speed_mps": 101}'), '23514', 'and so does a constraint');
-- Nobody learns of keys that another world has, nor by a statement.
RESET SESSION AUTHORIZATION;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (2, 3, 3, '2026-01-01Z', 1, 1);
SET LOCAL SESSION AUTHORIZATION ann;
SELECT is(tests.outcome(format($$INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, %s, 3, '2026-01-01Z', 1, 1)$$, l)), '23503', 'a timeline of another world: ' || l) FROM unnest('{3,99}'::bigint[]) l;
SELECT is(tests.outcome($$INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (2, 3, 3, '2026-01-01Z', 1, 1)$$), '42501', 'nor in that world');
RESET SESSION AUTHORIZATION;
-- Who edits a world is told by its rows, or, where somebody has a policy of his own there, by what that shows.
CREATE FUNCTION pg_temp.may() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', w, l, tests.outcome(format('SELECT timevmaps.tv_may_report(%s, %s)', w, l))), ', ' ORDER BY w, l) FROM (VALUES (1, 1), (1, 3), (2, 3), (3, 4), (9, 1)) v (w, l)
$$;
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (3, 'ben', 'player');
SET LOCAL SESSION AUTHORIZATION ann;
SELECT is(pg_temp.may(), '1 1 true, 1 3 23503, 2 3 false, 3 4 true, 9 1 false', 'an owner');
SET LOCAL SESSION AUTHORIZATION ben;
SELECT is(pg_temp.may(), '1 1 false, 1 3 false, 2 3 true, 3 4 false, 9 1 false', 'a member who reads');
RESET SESSION AUTHORIZATION;
UPDATE timevmaps.world_members SET access = 'analyst' WHERE member = 'ben';
SET LOCAL SESSION AUTHORIZATION ben;
SELECT is(pg_temp.may(), '1 1 false, 1 3 false, 2 3 true, 3 4 true, 9 1 false', 'a member who edits');
RESET SESSION AUTHORIZATION;
CREATE POLICY frozen ON timevmaps.worlds AS RESTRICTIVE FOR SELECT TO PUBLIC USING (id <> 2);
SET LOCAL SESSION AUTHORIZATION ben;
SELECT is(pg_temp.may(), '1 1 false, 1 3 false, 2 3 false, 3 4 true, 9 1 false', 'a policy of somebody else''s on worlds is asked');
SELECT is(pg_temp.ingest(2, 3, '[]'), 'PT404', 'and by tv_ingest()');
RESET SESSION AUTHORIZATION;
DROP POLICY frozen ON timevmaps.worlds;
DELETE FROM timevmaps.world_members;

-- A quota: what is stored and corrected counts, by either way, and no more is.
DELETE FROM timevmaps.positions;
SELECT timevmaps.tv_set_quota('ann', 'positions_per_hour', 20000) \g /dev/null
SET LOCAL SESSION AUTHORIZATION ann;
CREATE TEMP TABLE used AS SELECT used FROM timevmaps.tv_quotas() WHERE kind = 'positions_per_hour';
SELECT pg_temp.ingest(1, 1, pg_temp.file(1, 100)), pg_temp.ingest(1, 1, pg_temp.file(1, 100)) \g /dev/null
SELECT is(q.used - u.used, 100::bigint, 'what is stored is counted, once') FROM timevmaps.tv_quotas() q, used u WHERE q.kind = 'positions_per_hour';
SELECT ok(more_at BETWEEN now() AND clock_timestamp() + interval '1 hour', 'until the hour is over') FROM timevmaps.tv_quotas() WHERE kind = 'positions_per_hour';
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT 1, 1, 1, '1980-01-01Z'::timestamptz + n * interval '1 s', 1, 1 FROM generate_series(1, 10) n;
SELECT pg_temp.ingest(1, 1, '{"vehicle": "bus", "t": "1980-01-01T00:00:01Z", "lon": 7, "lat": 7}', 'replace') \g /dev/null
SELECT is(q.used - u.used, 111::bigint, 'so is what a statement inserts, and what is corrected') FROM timevmaps.tv_quotas() q, used u WHERE q.kind = 'positions_per_hour';
RESET SESSION AUTHORIZATION;
SELECT timevmaps.tv_set_quota('ann', 'positions_per_hour', 1) \g /dev/null
SET LOCAL SESSION AUTHORIZATION ann;
SELECT is(pg_temp.ingest(1, 1, pg_temp.file(101, 102)), '53400', 'used up');
SELECT is(tests.outcome($$INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, '1981-01-01', 1, 1)$$), '53400', 'by statements, too');
SELECT is(count(*)::integer, 110, 'nothing of it is there') FROM timevmaps.positions;
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.ingest(1, 1, pg_temp.file(101, 102)), '2 0 0 0', 'a superuser has no limit');
SET LOCAL transaction_read_only = on;
SELECT is(pg_temp.ingest(1, 1, '[]'), '25006', 'a transaction that only reads');
SELECT * FROM finish();
ROLLBACK;
