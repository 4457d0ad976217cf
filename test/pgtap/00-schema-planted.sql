-- Whoever owns the database has operators of his own in PostGIS's schema, over types of the server's for which it has none of that
-- name. A superuser who makes the extension, its tables, or the extension again runs none of them, and nothing of ours stands on one.
BEGIN;
SELECT plan(5);

-- What a statement does where they are, and nothing is left of it: the operators that stand below something of ours then, or its error.
CREATE FUNCTION pg_temp.amid_planted(statement text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    types text[] := '{oid,regclass,regtype,regprocedure,regrole,name,text,text[],"\"char\"",boolean,integer,bigint,bigint[],double precision,jsonb,timestamptz}';
    space name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis');
    pair record;
    op record;
BEGIN
    FOR pair IN SELECT a, b, row_number() OVER () AS n FROM unnest(types) a, unnest(types) b LOOP
        FOR op IN
            SELECT o.name, o.result, dense_rank() OVER (ORDER BY o.result) AS n
            FROM (VALUES ('=', 'boolean'), ('<>', 'boolean'), ('<', 'boolean'), ('>', 'boolean'), ('<=', 'boolean'), ('>=', 'boolean'),
                ('~', 'boolean'), ('||', 'text'), ('->>', 'text'), ('->', 'jsonb'), ('+', 'bigint'), ('-', 'bigint'), ('*', 'bigint'), ('/', 'bigint')) o (name, result)
            WHERE NOT EXISTS (SELECT FROM pg_operator p WHERE p.oprname = o.name AND p.oprnamespace = 'pg_catalog'::regnamespace
                              AND p.oprleft = pair.a::regtype AND p.oprright = pair.b::regtype)
        LOOP
            EXECUTE format($f$ CREATE OR REPLACE FUNCTION %1$I.%2$I(%3$s, %4$s) RETURNS %5$s LANGUAGE plpgsql AS
                'BEGIN RAISE EXCEPTION ''planted: %% and %%'', pg_catalog.pg_typeof($1), pg_catalog.pg_typeof($2); END' $f$,
                space, format('planted_%s_%s', pair.n, op.n), pair.a, pair.b, op.result);
            EXECUTE format('CREATE OPERATOR %1$I.%2$s (LEFTARG = %4$s, RIGHTARG = %5$s, FUNCTION = %1$I.%3$I)',
                space, op.name, format('planted_%s_%s', pair.n, op.n), pair.a, pair.b);
        END LOOP;
    END LOOP;
    EXECUTE statement;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = 'stands on: ' || coalesce(
        (SELECT string_agg(pg_describe_object(d.classid, d.objid, d.objsubid) || ' on ' || o.oid::regoperator, ', ')
         FROM pg_operator o JOIN pg_depend d ON d.refclassid = 'pg_operator'::regclass AND d.refobjid = o.oid
         WHERE o.oprcode::text ~ 'planted_[0-9_]+$' AND d.deptype = 'n'), 'none');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END
$$;

CREATE TEMP TABLE postgis AS
    SELECT quote_ident(n.nspname) AS space FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';
SELECT is(pg_temp.amid_planted(format('SELECT 1::oid OPERATOR(%s.=) 1::regclass', space)), 'planted: oid and regclass',
    'who is not careful runs one') FROM postgis;
SELECT is(pg_temp.amid_planted(format('CREATE VIEW pg_temp.careless AS SELECT 1::oid OPERATOR(%s.=) 1::regclass', space)),
    format('stands on: rule _RETURN on view careless on %s.=(oid,regclass)', space), 'or stands on one') FROM postgis;
SELECT is(pg_temp.amid_planted('DROP EXTENSION timevmaps; CREATE EXTENSION timevmaps; SELECT timevmaps.tv_init()'), 'stands on: none',
    'the extension comes back to its tables');
SELECT is(pg_temp.amid_planted('DROP EXTENSION timevmaps; DROP SCHEMA timevmaps, timevmaps_internal CASCADE; CREATE EXTENSION timevmaps; SELECT timevmaps.tv_init()'),
    'stands on: none', 'it is made with its tables');
SELECT is(pg_temp.amid_planted('DROP EXTENSION timevmaps; DROP SCHEMA timevmaps, timevmaps_internal CASCADE; CREATE SCHEMA timevmaps_internal; CREATE EXTENSION timevmaps; SELECT timevmaps.tv_init()'),
    'stands on: none', 'also where its second schema is there');
SELECT * FROM finish();
ROLLBACK;
