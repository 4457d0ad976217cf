-- Who may create functions in PostGIS's schema makes ones of the same names that fit arguments better
-- than what would be converted: neither the tables nor our statements take them.
BEGIN;
SELECT plan(9);

DROP EXTENSION timevmaps;
DROP SCHEMA timevmaps, timevmaps_internal CASCADE;

CREATE ROLE trapper;
GRANT CREATE ON SCHEMA public TO trapper;
SET ROLE trapper;
DO $$
DECLARE
    trap record;
BEGIN
    -- All arguments of one type, or all but a last integer, for every number of arguments that PostGIS has.
    FOR trap IN
        SELECT DISTINCT p.proname, array_to_string(array_fill(t.name, ARRAY[p.pronargs - l.n]) || array_fill('integer'::text, ARRAY[l.n]), ', ') AS arguments
        FROM pg_proc p, unnest(ARRAY['geometry', 'geography', 'box2d', 'box3d', 'integer', 'bigint', 'double precision', 'real', 'numeric', 'text']) t (name),
            (VALUES (0), (1)) l (n)
        WHERE p.pronamespace = 'public'::regnamespace AND l.n < p.pronargs
          AND p.proname IN ('st_xmax', 'st_xmin', 'st_makeenvelope', 'st_makepoint', 'st_setsrid', 'st_isempty', 'st_shiftlongitude',
                            'st_srid', 'st_reverse', 'st_startpoint', 'st_endpoint', 'geometrytype', 'box2d')
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.%s(%s) RETURNS double precision LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN RAISE EXCEPTION ''taken''; END $f$',
                           trap.proname, trap.arguments);
        EXCEPTION WHEN duplicate_function THEN NULL;
        END;
    END LOOP;
    -- Operators that fit what the server would convert.
    FOR trap IN SELECT * FROM (VALUES ('||', 'text[]', 'text[]'), ('>=', 'double precision', 'integer'), ('<=', 'double precision', 'integer'),
        ('=', 'double precision', 'integer'), ('>', 'double precision', 'integer')) o (name, l, r)
    LOOP
        EXECUTE format('CREATE FUNCTION public.trap_%1$s(%2$s, %3$s) RETURNS %4$s LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN RAISE EXCEPTION ''taken''; END $f$',
            md5(trap.name), trap.l, trap.r, CASE trap.name WHEN '||' THEN 'text[]' ELSE 'boolean' END);
        EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap_%s)', trap.name, trap.l, trap.r, md5(trap.name));
    END LOOP;
END
$$;
RESET ROLE;
SELECT cmp_ok(count(*), '>', 50::bigint, 'functions of the same names are there') FROM pg_proc WHERE proowner = 'trapper'::regrole;
SELECT throws_ok($$SELECT public.st_xmax(public.st_makepoint(1, 2))$$, 'P0001', 'taken', 'and taken for what PostGIS would convert');

CREATE EXTENSION timevmaps;
SELECT ok(count(*) > 0, 'tv_init() makes its tables') FROM timevmaps.tv_init();
SELECT is(array_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)), NULL, 'none of which depends on them')
FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid
WHERE d.refclassid = 'pg_proc'::regclass AND p.proowner = 'trapper'::regrole AND d.classid <> 'pg_operator'::regclass;
SELECT is(array_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)), NULL, 'nor does a function of ours on their operators')
FROM pg_depend d JOIN pg_operator o ON o.oid = d.refobjid
WHERE d.refclassid = 'pg_operator'::regclass AND o.oprowner = 'trapper'::regrole AND d.classid <> 'pg_operator'::regclass;

INSERT INTO timevmaps.worlds (name) VALUES ('w'), ('imported');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main');
INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 0, 179), (1, 0, -179), (1, 1, 179);
SELECT lives_ok($$INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, geom) VALUES
    (1, 1, 2, 222000, 50, 'SRID=4326;LINESTRING(179 0, -179 0)'), (1, 1, 3, 111000, 50, 'SRID=4326;LINESTRING EMPTY'), (1, 2, 3, 1, 1, NULL)$$, 'segments are written');
SELECT is((SELECT segment_id FROM timevmaps.tv_snap(1, 1, 180, 0.1)), 1::bigint, 'a point is put on one');
SELECT is((SELECT path_place_ids FROM timevmaps.tv_plan_route(1, 1, 1, 3)), ARRAY[1, 3]::bigint[], 'and a route is planned');

CREATE TABLE ways (gid bigint, osm_id bigint, source bigint, target bigint, length_m float8, cost_s float8, reverse_cost_s float8, the_geom geometry);
CREATE TABLE vertices (id bigint, osm_id bigint, lon float8, lat float8);
INSERT INTO vertices VALUES (1, 1, 11, 57), (2, 2, 11, 58);
INSERT INTO ways VALUES (1, 1, 1, 2, 111000, 100, 200, 'SRID=4326;LINESTRING(11 57, 11 58)');
SELECT is((SELECT segments FROM timevmaps.tv_import_osm2pgrouting(2, 'ways', 'vertices')), 2::bigint, 'and ways are imported');

SELECT * FROM finish();
ROLLBACK;
