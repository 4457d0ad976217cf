-- A caller whose search_path has operators, functions and tables of its own in front of the server's
-- changes nothing of what our functions, triggers and policies do.
BEGIN;
SELECT plan(16);

CREATE ROLE searcher ROLE CURRENT_USER IN ROLE tv_analyst;
CREATE SCHEMA own AUTHORIZATION searcher;
-- To call by itself what the workers call in its name.
GRANT USAGE ON SCHEMA timevmaps_internal TO searcher;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA timevmaps_internal TO searcher;
INSERT INTO timevmaps.worlds (id, name, owner, visibility) VALUES (1, 'mine', 'searcher', 'private'), (2, 'not mine', 'another', 'private');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 1000, 36);
INSERT INTO timevmaps.layers (id, world_id, name, kind) VALUES (1, 1, 'areas', 'zone');
INSERT INTO timevmaps.zones (id, layer_id, name, geom) SELECT 1, 1, 'half', st_multi(st_makeenvelope(-0.005, -0.005, 0.005, 0.005, 4326));

SET LOCAL ROLE searcher;
DO $$
DECLARE
    type text;
    op text;
BEGIN
    FOREACH type IN ARRAY '{bigint,integer,text,name,jsonb,float8,timestamptz,boolean}'::text[] LOOP
        FOREACH op IN ARRAY '{=,<>,<,>,<=,>=,||,+,-,->,->>,#>,/}'::text[] LOOP
            EXECUTE format('CREATE FUNCTION own.%1$I(%2$s, %2$s) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''taken''; END $f$', md5(type || op), type);
            EXECUTE format('CREATE OPERATOR own.%s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = own.%3$I)', op, type, md5(type || op));
        END LOOP;
    END LOOP;
END
$$;
CREATE FUNCTION own.taken() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'taken'; END $$;
CREATE FUNCTION own.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz WHERE own.taken() $$;
CREATE FUNCTION own.coalesce(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' WHERE own.taken() $$;
CREATE FUNCTION own.jsonb_build_object(VARIADIC text[]) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb WHERE own.taken() $$;
CREATE FUNCTION own.format(text, bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'x' WHERE own.taken() $$;
CREATE FUNCTION own.tv_identity() RETURNS text LANGUAGE sql AS $$ SELECT 'another' $$;
CREATE TABLE own.experiments (id bigint);
CREATE TABLE own.circuits (name text);
CREATE TEMP TABLE worlds (id bigint);

-- The SQLSTATE of a statement that sees these first, "ok" where it has none.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'own, pg_temp, pg_catalog', true);
    EXECUTE statement;
    PERFORM pg_catalog.set_config('search_path', before, true);
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.outcome(statement), outcome, what) FROM (VALUES
    ('the caller''s operator is the first', 'P0001', 'SELECT 1 = 1'),
    ('what is in a zone, by what PostGIS knows of 4326', 'ok', $$ SELECT cost FROM timevmaps.tv_route_cost(1::bigint, 1::bigint, 1::bigint, 2::bigint, overrides => '[{"zone_id": 1, "speed_kph": 18}]') $$),
    ('a circuit is stored', 'ok', $$ INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('mine', 1, '[{"op": "H", "target": 0}]') $$),
    ('and read', 'ok', $$ SELECT timevmaps.tv_circuit('mine') $$),
    ('and run', 'ok', $$ SELECT timevmaps.tv_submit_experiment(1::bigint, 1::bigint, 'quantum', '{"circuit": "mine", "frames": false}') $$),
    ('not in another''s world', 'PT404', $$ SELECT timevmaps.tv_submit_experiment(2::bigint, 2::bigint, 'quantum', '{"circuit": "mine"}') $$),
    ('nor by an insert', '42501', $$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (2, 2, 'sr', '{"v_mps": 1}') $$),
    ('it runs here, too', 'ok', $$ SELECT timevmaps_internal.tv_rerun_experiment('quantum', '{"circuit": "mine"}', NULL, 1::bigint, 1::bigint) $$),
    ('comparisons', 'ok', $$ SELECT timevmaps_internal.tv_anomaly('{"a": 1}', timevmaps_internal.tv_earlier_runs(1::bigint, 'x')), timevmaps_internal.tv_setup_hash('quantum', '{"a": 1}', 'x'),
        timevmaps_internal.tv_run_summary('{"duration_s": 1, "expectations": [{"observable": "Z", "value": 1}]}'), timevmaps_internal.tv_json_differences('{"a": 1}', '{"a": 2}') $$),
    ('an experiment is cancelled', 'ok', 'SELECT timevmaps.tv_cancel_experiment(id) FROM timevmaps.experiments'),
    ('and queued again', 'ok', 'SELECT timevmaps.tv_retry_experiment(id) FROM timevmaps.experiments'),
    ('it has no result yet', 'PT409', 'SELECT timevmaps.tv_reproduce(id) FROM timevmaps.experiments'),
    ('what is the worker''s stays so', '42501', 'UPDATE timevmaps.experiments SET attempts = 0'),
    ('the caller is who it is', 'ok', 'SELECT 1 OPERATOR(pg_catalog./) pg_catalog.int4(timevmaps.tv_identity() OPERATOR(pg_catalog.=) $$searcher$$)'),
    ('one''s own worlds are edited', 'ok', 'SELECT 1 OPERATOR(pg_catalog./) pg_catalog.int4(pg_catalog.array_agg(id) OPERATOR(pg_catalog.=) $${1}$$) FROM timevmaps.tv_editable_worlds() id'),
    ('another''s world is not seen', 'ok', 'SELECT 1 OPERATOR(pg_catalog./) pg_catalog.int4(pg_catalog.array_agg(id) OPERATOR(pg_catalog.=) $${1}$$) FROM timevmaps.worlds')
) v (what, outcome, statement);
SELECT * FROM finish();
ROLLBACK;
