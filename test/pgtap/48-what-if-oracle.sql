-- What is supposed in a call answers as the same rows do: on a branch of the timeline where no gateways are, on the timeline itself
-- where they are; all questions, at random, from prepared graphs and from rows.
SET client_min_messages = warning;
SELECT setseed(0.4) \g /dev/null
INSERT INTO timevmaps.worlds (id, name, owner, rules) VALUES (1, 'one', 'ann', '{"clock": "local", "sr": false}'), (2, 'two', 'ann', '{"clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'asked', 1), (3, 1, 'beside', 1), (4, 2, 'other', NULL), (5, 1, 'joined', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 1, 50 + (n / 10) * 0.01 + random() * 0.004, 8 + (n % 10) * 0.01 + random() * 0.004 FROM generate_series(1, 80) n;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 2, 50 + random() * 0.1, 8 + random() * 0.1 FROM generate_series(101, 110) n;
-- A grid with holes, some ways of which are equal.
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id, class, gate, geom)
SELECT 1, a.id, b.id, tests.pick('{500,700,1000,1300}'::float[]), tests.pick('{18,36,36,72}'::float[]), tests.pick('{0,0,0.3}'::float[]), random() < 0.2,
    CASE WHEN random() < 0.1 THEN tests.pick('{1,2,3,5}'::bigint[]) END, tests.pick('{road,street,path,NULL}'::text[]), random() < 0.05,
    CASE WHEN random() < 0.5 THEN st_makeline(ARRAY[a.geom, st_setsrid(st_makepoint((a.lon + b.lon) / 2 + 0.002 * random(), (a.lat + b.lat) / 2), 4326), b.geom]) END
FROM timevmaps.places a JOIN timevmaps.places b ON b.id IN (a.id + 1, a.id + 10) AND b.world_id = 1 WHERE a.world_id = 1 AND random() < 0.9;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 2, n, 101 + (n - 100) % 10, 1000, 36 FROM generate_series(101, 110) n;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph, length_m)
SELECT t, s.id, CASE WHEN random() < 0.4 THEN random() < 0.7 END, CASE WHEN random() < 0.5 THEN 25 END, CASE WHEN random() < 0.3 THEN 900 END
FROM timevmaps.segments s, unnest('{1,2,5}'::bigint[]) t WHERE s.world_id = 1 AND random() < 0.1;
INSERT INTO timevmaps.vehicle_profiles (world_id, name, speeds, max_speed_kph, forbidden, height_m, gates) VALUES (1, 'lorry', '{"road": 30}', 60, '{path}', 4, false);
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) SELECT 1, 1, 'rush', array_agg(CASE WHEN h % 24 IN (7, 8) THEN 0.5 ELSE 1 END ORDER BY h) FROM generate_series(0, 167) h;
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) SELECT id, 1 FROM timevmaps.segments WHERE world_id = 1 AND id % 7 = 0;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, fidelity, bidirectional) VALUES
    (1, 5, 12, 4, 101, 20, 1, true), (2, 4, 105, 5, 67, 10, 1, false), (3, 5, 33, 3, 33, 5, 1, true), (4, 3, 78, 5, 78, 5, 1, true), (5, 5, 45, 4, 103, 15, 0, true), (6, 5, 21, 5, 59, 4, 1, true);
INSERT INTO timevmaps.layers (id, world_id, name, kind) VALUES (1, 1, 'areas', 'zone');
INSERT INTO timevmaps.zones (id, layer_id, geom) SELECT n, 1, st_multi(st_makeenvelope(x, y, x + 0.015, y + 0.012, 4326))
FROM (SELECT n, 8 + random() * 0.08 AS x, 50 + random() * 0.07 AS y FROM generate_series(1, 6) n) z;
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,layers,zones,gateways}'::text[]) t \g /dev/null
SELECT timevmaps.tv_prepare_graph(1) \g /dev/null
SELECT timevmaps.tv_prepare_graph(2) \g /dev/null

BEGIN;
SELECT no_plan();

-- Everything that is asked, of places and points that the number gives; the branch is named as what it stands for.
CREATE FUNCTION pg_temp.answers(n integer, line bigint, named bigint, profile text, supposed jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    o bigint := 1 + floor(80 * tests.chance(n, 1));
    d bigint := 1 + floor(80 * tests.chance(n, 2));
    lon float := 7.999 + 0.1 * tests.chance(n, 3);
    lat float := 49.999 + 0.08 * tests.chance(n, 4);
    metric text := (ARRAY['local', 'distance', 'traveler', NULL])[1 + n % 4];
    question text;
    answer text;
    found text[] := '{}';
BEGIN
    FOREACH question IN ARRAY ARRAY[
        'SELECT path_place_ids, array_replace(path_timeline_ids, $2, $3), round(distance_m::numeric, 4), round(eta_seconds::numeric, 4), round(traveler_seconds::numeric, 4), st_astext(geom, 6), p.metric FROM timevmaps.tv_plan_route(1, $2, $4, $5, metric => $8, profile => $9, overrides => $1) p',
        'SELECT place_id, replace(timeline_id::text, $2::text, $3::text), segment_id, gateway_id, round(distance_m::numeric, 4), round(local_seconds::numeric, 4), round(turn_seconds::numeric, 4) FROM timevmaps.tv_route_steps(1, $2, $4, $5, metric => $8, profile => $9, overrides => $1) ORDER BY seq',
        'SELECT round(cost::numeric, 4), round(local_seconds::numeric, 4) FROM timevmaps.tv_route_cost(1, $2, $4, $5, metric => $8, profile => $9, overrides => $1)',
        'SELECT origin_place_id, dest_place_id, round(cost::numeric, 4) FROM timevmaps.tv_cost_matrix(1, $2, ARRAY[$4, $5, 7], ARRAY[3, $5, 44, $4], $8, $9, $1)',
        'SELECT place_id, replace(timeline_id::text, $2::text, $3::text) AS t, round(cost::numeric, 4) FROM timevmaps.tv_isochrone(1, $2, $4, 600, $8, $9, $1) ORDER BY 1, 2',
        'SELECT rank, path_place_ids, round(cost::numeric, 4), round(sharing::numeric, 4) FROM timevmaps.tv_route_alternatives(1, $2, $4, $5, metric => $8, profile => $9, overrides => $1) ORDER BY rank',
        'SELECT segment_id, round(fraction::numeric, 6), round(distance_m::numeric, 3) FROM timevmaps.tv_snap(1, $2, $6, $7, profile => $9, overrides => $1)',
        'SELECT segment_id, round(fraction::numeric, 6), round(distance_m::numeric, 3) FROM timevmaps.tv_snap(1, $2, $6, $7, ''largest'', $9, $1)',
        'SELECT path_place_ids, path_segment_ids, round(distance_m::numeric, 4), round(local_seconds::numeric, 4) FROM timevmaps.tv_plan_point_route(1, $2, $6, $7, 8.05, 50.04, metric => $8, profile => $9, overrides => $1)',
        'SELECT path_place_ids, path_segment_ids, round(distance_m::numeric, 4), round(local_seconds::numeric, 4) FROM timevmaps.tv_plan_point_route(1, $2, 8.02, 50.05, $6, $7, metric => $8, snap_to => ''largest'', profile => $9, overrides => $1)',
        'SELECT path_place_ids, arrive_at, round(distance_m::numeric, 4) FROM timevmaps.tv_plan_route_at(1, $2, $4, $5, ''2026-01-05 08:50+00'', profile => $9, overrides => $1)',
        'SELECT seconds, places, round(area_m2::numeric, 0) FROM timevmaps.tv_isochrone_area(1, $2, $4, ARRAY[200, 500], $8, $9, $1) ORDER BY 1',
        'SELECT round(b_distance_m::numeric, 4), round(b_local_seconds::numeric, 4), only_a, only_b, changed FROM timevmaps.tv_route_diff(1, $2, $4, $5, $8, $9, $1)'
    ] LOOP
        BEGIN
            EXECUTE format('SELECT string_agg(replace(r::text, ''timeline_id"": '' || $2, ''timeline_id"": '' || $3), E''\n'') FROM (%s) r', question)
                INTO answer USING supposed, line, named, o, d, lon, lat, metric, profile;
        EXCEPTION WHEN SQLSTATE 'PT404' THEN
            answer := SQLSTATE || ' ' || SQLERRM;
        END;
        found := found || concat_ws(': ', substring(question, 'tv_\w+'), coalesce(answer, 'nothing'));
    END LOOP;
    RETURN found;
END
$$;

-- What a list says, as rows of a timeline.
CREATE FUNCTION pg_temp.write(list jsonb, line bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    e jsonb;
BEGIN
    FOR e IN SELECT v FROM jsonb_array_elements(list) WITH ORDINALITY l (v, n) ORDER BY v ? 'zone_id' AND v ? 'speed_kph', n LOOP
        IF e ? 'segment_id' THEN
            INSERT INTO timevmaps.segment_overrides AS o (timeline_id, segment_id, closed, speed_kph, length_m, base_drag, class, max_height_m, gate)
            VALUES (line, (e->>'segment_id')::bigint, (e->>'closed')::boolean, (e->>'speed_kph')::float, (e->>'length_m')::float, (e->>'base_drag')::float,
                    e->>'class', (e->>'max_height_m')::float, (e->>'gate')::boolean)
            ON CONFLICT (timeline_id, segment_id) DO UPDATE SET closed = coalesce(excluded.closed, o.closed), speed_kph = coalesce(excluded.speed_kph, o.speed_kph),
                length_m = coalesce(excluded.length_m, o.length_m), base_drag = coalesce(excluded.base_drag, o.base_drag), class = coalesce(excluded.class, o.class),
                max_height_m = coalesce(excluded.max_height_m, o.max_height_m), gate = coalesce(excluded.gate, o.gate);
        ELSIF e ? 'turn' THEN
            INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
            VALUES (line, (e->'turn'->>'from_segment_id')::bigint, (e->'turn'->>'via_place_id')::bigint, (e->'turn'->>'to_segment_id')::bigint, e->'turn'->>'rule', (e->'turn'->>'penalty_s')::float)
            ON CONFLICT (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id) DO UPDATE SET rule = excluded.rule, penalty_s = excluded.penalty_s;
        ELSIF e ? 'gateway_id' THEN
            UPDATE timevmaps.gateways SET base_penalty_s = coalesce((e->>'penalty_s')::float, base_penalty_s), decoherence_s = 0,
                fidelity = CASE WHEN (e->>'closed')::boolean THEN 0 WHEN e ? 'penalty_s' THEN 1 ELSE fidelity END WHERE id = (e->>'gateway_id')::bigint;
        ELSIF e ? 'speed_kph' THEN
            INSERT INTO timevmaps.layers (world_id, name, kind, speed_kph) VALUES (1, gen_random_uuid(), 'speed', (e->>'speed_kph')::float);
            INSERT INTO timevmaps.zones (layer_id, timeline_id, geom) SELECT (SELECT max(id) FROM timevmaps.layers), line, geom FROM timevmaps.zones WHERE id = (e->>'zone_id')::bigint;
        ELSE
            INSERT INTO timevmaps.segment_overrides AS o (timeline_id, segment_id, closed)
            SELECT line, s.id, (e->>'closed')::boolean
            FROM timevmaps.segments s JOIN timevmaps.places a ON a.id = s.a_place_id JOIN timevmaps.places b ON b.id = s.b_place_id, timevmaps.zones z
            WHERE s.world_id = 1 AND z.id = (e->>'zone_id')::bigint AND st_length(st_intersection(coalesce(s.geom, st_makeline(a.geom, b.geom)), z.geom)) > 0
              AND NOT EXISTS (SELECT FROM jsonb_array_elements(list) h WHERE h ? 'closed' AND (h->>'segment_id')::bigint = s.id)
            ON CONFLICT (timeline_id, segment_id) DO UPDATE SET closed = excluded.closed;
        END IF;
    END LOOP;
END
$$;

-- A list at random.  idle: rules that change nothing.
CREATE FUNCTION pg_temp.supposed(kinds text[], count integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(CASE kind
        WHEN 'segment' THEN (jsonb_build_object('segment_id', segment, 'closed', CASE WHEN c < 0.5 THEN c < 0.35 END, 'speed_kph', CASE WHEN random() < 0.4 THEN tests.pick('{5,20,90}'::float[]) END,
            'length_m', CASE WHEN random() < 0.2 THEN tests.pick('{300,2000}'::float[]) END, 'base_drag', CASE WHEN random() < 0.1 THEN 0.5 END,
            'class', CASE WHEN random() < 0.15 THEN tests.pick('{road,path}'::text[]) END, 'max_height_m', CASE WHEN random() < 0.1 THEN 3 END, 'gate', CASE WHEN random() < 0.1 THEN random() < 0.5 END))
        WHEN 'slow' THEN jsonb_build_object('segment_id', segment) || CASE WHEN c < 0.5 THEN '{"closed": true}' ELSE '{"speed_kph": 4}' END::jsonb
        WHEN 'fast' THEN jsonb_build_object('segment_id', segment) || CASE WHEN c < 0.3 THEN '{"closed": false}' WHEN c < 0.6 THEN '{"length_m": 40}' ELSE '{"speed_kph": 300}' END::jsonb
        WHEN 'turn' THEN jsonb_build_object('turn', turn)
        WHEN 'idle' THEN jsonb_build_object('turn', turn || '{"rule": "cost", "penalty_s": 0}')
        WHEN 'zone' THEN jsonb_build_object('zone_id', 1 + floor(random() * 6)) || CASE WHEN c < 0.7 THEN jsonb_build_object('speed_kph', tests.pick('{6,15,30}'::float[])) ELSE jsonb_build_object('closed', c < 0.9) END
        ELSE jsonb_build_object('gateway_id', 1 + floor(random() * 6)) || CASE WHEN c < 0.5 THEN '{"closed": true}' ELSE jsonb_build_object('penalty_s', floor(random() * 30)) END END)
    FROM (SELECT tests.pick(kinds) AS kind, random() AS c, tests.pick(ARRAY(SELECT id FROM timevmaps.segments WHERE world_id = 1)) AS segment,
              (SELECT jsonb_strip_nulls(jsonb_build_object('from_segment_id', f.id, 'via_place_id', f.b_place_id, 'to_segment_id', t.id, 'rule', r, 'penalty_s', CASE r WHEN 'cost' THEN floor(random() * 100) END))
               FROM timevmaps.segments f JOIN timevmaps.segments t ON f.b_place_id IN (t.a_place_id, t.b_place_id), tests.one_of('no', 'only', 'cost') r WHERE f.world_id = 1 AND n > 0 ORDER BY random() LIMIT 1) AS turn
          FROM generate_series(1, count) n) e
$$;

-- Rules for turns on the way that is best without them.
CREATE FUNCTION pg_temp.on_way(n integer, line bigint) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('turn', jsonb_build_object('from_segment_id', f, 'via_place_id', via, 'to_segment_id', t) || CASE (seq + n) % 3 WHEN 0 THEN '{"rule": "no"}' WHEN 1 THEN '{"rule": "cost", "penalty_s": 45}' ELSE '{"rule": "no"}' END::jsonb)
        ORDER BY seq), '[]')
    FROM (SELECT seq, segment_id AS f, place_id AS via, lead(segment_id) OVER (ORDER BY seq) AS t FROM timevmaps.tv_route_steps(1, line, 1 + floor(80 * tests.chance(n, 1))::bigint, 1 + floor(80 * tests.chance(n, 2))::bigint)) s
    WHERE f IS NOT NULL AND t IS NOT NULL AND seq % 2 = n % 2
$$;

-- What differs between what is supposed and what is written, from graphs and from rows.
CREATE FUNCTION pg_temp.differs(n integer, line bigint, list jsonb, profile text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    graphs text[] := pg_temp.answers(n, line, line, profile, list);
    rows text[];
    written text[];
    branch bigint := line;
BEGIN
    PERFORM set_config('timevmaps.prepared_graph', 'off', true);
    rows := pg_temp.answers(n, line, line, profile, list);
    BEGIN
        IF line <> 5 THEN
            INSERT INTO timevmaps.timelines (world_id, label, parent_id) VALUES (1, 'written', line) RETURNING id INTO branch;
        END IF;
        PERFORM pg_temp.write(list, branch);
        written := pg_temp.answers(n, branch, line, profile, NULL);
        RAISE EXCEPTION USING ERRCODE = 'P0099';
    EXCEPTION WHEN SQLSTATE 'P0099' THEN
    END;
    PERFORM set_config('timevmaps.prepared_graph', 'on', true);
    RETURN (SELECT string_agg(format(E'%s of %s\n%s\n', CASE WHEN g = w THEN 'rows' ELSE 'graphs' END, list, concat_ws(E'\n-- written\n', CASE WHEN g = w THEN r ELSE g END, w)), '')
            FROM unnest(graphs, rows, written) a (g, r, w) WHERE g <> w OR r <> w);
END
$$;

SELECT is(pg_temp.differs(n, 2, pg_temp.supposed('{slow}', 1 + n % 30), CASE WHEN n % 5 = 0 THEN 'lorry' END), NULL, 'closed and slowed down, ' || n) FROM generate_series(1, 12) n;
SELECT is(pg_temp.differs(n, 2, pg_temp.supposed('{segment}', 1 + n % 30), CASE WHEN n % 3 = 0 THEN 'lorry' END), NULL, 'segments, ' || n) FROM generate_series(13, 24) n;
SELECT is(pg_temp.differs(n, 2, pg_temp.supposed('{zone,zone,segment}', 1 + n % 6), CASE WHEN n % 4 = 0 THEN 'lorry' END), NULL, 'zones, ' || n) FROM generate_series(25, 34) n;
SELECT is(pg_temp.differs(n, 2, pg_temp.supposed('{turn,turn,segment}', 1 + n % 20), CASE WHEN n % 4 = 0 THEN 'lorry' END), NULL, 'turns, ' || n) FROM generate_series(35, 44) n;
SELECT is(pg_temp.differs(n, 5, pg_temp.supposed('{gateway,segment,turn}', 1 + n % 12), CASE WHEN n % 4 = 0 THEN 'lorry' END), NULL, 'gateways, ' || n) FROM generate_series(45, 56) n;
SELECT is(pg_temp.differs(n, 2, pg_temp.on_way(n, 2) || coalesce(pg_temp.supposed('{turn,slow}', n % 4), '[]'), CASE WHEN n % 4 = 0 THEN 'lorry' END), NULL, 'turns on the way, ' || n) FROM generate_series(57, 72) n;
-- So many that the first routes are searched for: 25 segments are worth a search.
SELECT is(pg_temp.differs(n, 2, CASE WHEN n % 2 = 0 THEN pg_temp.supposed('{slow,slow,fast}', 150) ELSE pg_temp.on_way(n, 2) || pg_temp.supposed('{slow,fast,idle}', 150) END, CASE WHEN n % 4 = 0 THEN 'lorry' END), NULL, 'many, faster and slower, ' || n) FROM generate_series(79, 88) n;
UPDATE timevmaps.worlds SET rules = rules || '{"u_turn_s": 3}' WHERE id = 1;
SELECT is(pg_temp.differs(n, 2, pg_temp.on_way(n, 2) || coalesce(pg_temp.supposed('{turn,segment}', n % 4), '[]'), NULL), NULL, 'turns on the way where turning back takes time, ' || n) FROM generate_series(73, 78) n;
SELECT * FROM finish();
ROLLBACK;
