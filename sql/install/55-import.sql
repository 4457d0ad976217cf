-- 55-import: road networks of others as places and segments of a world.
--
-- Each import stages nodes and segments in temporary tables, checks them, and tv_import_write()
-- writes them; an error anywhere undoes the statement, so nothing is ever half loaded.  All run as
-- the caller.  Relations are read by regclass, so no SQL is made from a client's text; but to read a view, or a table with an
-- index or a policy, is to run what its owner has put there, so it is not done in a session that may take any role.
-- A segment has extent and a speed below light's: a cost of 0 becomes a millionth of a metre or
-- of a second.  docs/import.md says how costs are carried over.
--
-- An import is a list of steps, in SQL with BEGIN ATOMIC: it names what callers cannot, and no step names another.

-- What is looked up while this script runs is the server's from here on.  (What is above needs PostGIS's types, in whose schema
-- others may have operators that fit better.)
SET LOCAL search_path = pg_catalog, pg_temp;

------------------------------------------------------------- what they share

CREATE FUNCTION timevmaps_internal.tv_import_check_world(world_id bigint, id_prefix text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    argument text;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    argument := CASE WHEN tv_import_check_world.world_id IS NULL THEN 'world_id'
                     WHEN tv_import_check_world.id_prefix IS NULL THEN 'id_prefix' END;
    IF argument IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = argument || ': must not be null';
    END IF;
    PERFORM FROM timevmaps.worlds w WHERE w.id = tv_import_check_world.world_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such world',
            DETAIL = format('There is no world %s, or it is not visible to this role.', tv_import_check_world.world_id);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_check_world(bigint, text) IS
'Part of the imports: PT404 unless the caller sees the world; 22023 for a null.';

CREATE FUNCTION timevmaps_internal.tv_import_begin() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
BEGIN
    -- The types of the tables, wherever PostGIS is.
    CREATE TEMPORARY TABLE tv_import_node ON COMMIT DROP AS
        SELECT p.id AS source_id, p.lon, p.lat, p.props FROM timevmaps.places p WITH NO DATA;
    CREATE TEMPORARY TABLE tv_import_segment ON COMMIT DROP AS
        SELECT s.id AS row_id, s.a_place_id AS source, s.b_place_id AS target, s.length_m, s.speed_kph, s.oneway, s.geom, s.props, s.class,
            -- What its speed was made of, for who is told that it cannot be: the row and column of a time in seconds.
            s.id AS time_row, ''::text AS time_column, s.length_m AS seconds
        FROM timevmaps.segments s WITH NO DATA;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_begin() IS
'Part of the imports: make the temporary tables tv_import_node and tv_import_segment.';

CREATE FUNCTION timevmaps_internal.tv_import_check_columns(relation regclass, label text, integers text[], numbers text[])
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = label || ': must not be null';
    END IF;
    PERFORM FROM pg_class c WHERE c.oid = relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = label || ': not a table or view',
            DETAIL = format('It is %s.', relation);
    END IF;
    SELECT w.name, w.kind, a.atttypid INTO wrong
    FROM (SELECT unnest(integers), 'an integer' UNION ALL SELECT unnest(numbers), 'a number') w (name, kind)
        LEFT JOIN pg_attribute a ON a.attrelid = relation AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_type t ON t.oid = a.atttypid
    WHERE (coalesce(nullif(t.typbasetype, 0), t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
           OR w.kind = 'a number' AND coalesce(nullif(t.typbasetype, 0), t.oid)
               IN ('float4'::regtype, 'float8'::regtype, 'numeric'::regtype)) IS NOT TRUE
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s.%s: not %s column', label, wrong.name, wrong.kind),
            DETAIL = CASE WHEN wrong.atttypid IS NULL THEN format('%s has no such column.', relation)
                          ELSE format('Its type is %s.', wrong.atttypid::regtype) END;
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_check_columns(regclass, text, text[], text[]) IS
'Part of the imports: 22023 unless a table or view has columns of these names that are integers, and numbers.';

CREATE FUNCTION timevmaps_internal.tv_import_has_column(relation regclass, name text) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = relation AND a.attname = name AND a.attnum > 0 AND NOT a.attisdropped);
COMMENT ON FUNCTION timevmaps_internal.tv_import_has_column(regclass, text) IS
'Part of the imports: whether a table or view has a column.';

-- A numeric column may hold what no double can: beyond these bounds it is one that is refused all the same.
CREATE FUNCTION timevmaps_internal.tv_import_value(relation regclass, name text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT CASE WHEN coalesce(nullif(t.typbasetype, 0), t.oid) = 'numeric'::regtype
                THEN format('CASE WHEN e.%1$I = ''NaN'' OR abs(e.%1$I) = ''infinity'' OR e.%1$I = 0 THEN e.%1$I '
                            'WHEN abs(e.%1$I) > 1e300 THEN sign(e.%1$I) * 1e300 WHEN abs(e.%1$I) < 1e-300 THEN sign(e.%1$I) * 1e-300 '
                            'ELSE e.%1$I END::double precision', a.attname)
                ELSE format('e.%I::double precision', a.attname) END
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = relation AND a.attname = name AND a.attnum > 0 AND NOT a.attisdropped);
COMMENT ON FUNCTION timevmaps_internal.tv_import_value(regclass, text) IS
'Part of the imports: an expression for a column of the relation e as a double.';

-- The bounds keep every product and quotient below within a double.
CREATE FUNCTION timevmaps_internal.tv_import_number(value double precision) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN value = 0 OR pg_catalog.abs(value) BETWEEN 1e-100 AND 1e100;
COMMENT ON FUNCTION timevmaps_internal.tv_import_number(double precision) IS
'Part of the imports: whether a cost or length can be worked with, 0 or 1e-100 to 1e100 in absolute value.';

CREATE FUNCTION timevmaps_internal.tv_import_problem(value double precision, minimum double precision) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN 'must not be null'
            WHEN value IN ('NaN', 'infinity', '-infinity') THEN 'not a finite number'
            WHEN value < minimum THEN 'below ' || minimum
            WHEN pg_catalog.abs(value) > 1e100 THEN 'more than 1e100, the most that can be worked with'
            WHEN NOT timevmaps_internal.tv_import_number(value) THEN 'closer to 0 than 1e-100, the least that can be worked with'
       END;
COMMENT ON FUNCTION timevmaps_internal.tv_import_problem(double precision, double precision) IS
'Part of the imports: what is wrong with a cost or length that is at least so much (null: that may be negative); null if nothing is.';

CREATE FUNCTION timevmaps_internal.tv_import_class(class text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN class IS NULL OR pg_catalog.length(class) BETWEEN 1 AND 64;
COMMENT ON FUNCTION timevmaps_internal.tv_import_class(text) IS 'Part of the imports: whether it can be the class of a segment.';

-- What raises is VOLATILE, so that nothing raises while a step is planned.
CREATE FUNCTION timevmaps_internal.tv_import_fail(row_path text, problem text, given text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = row_path || ': ' || problem,
        DETAIL = format('It is %s.', coalesce(given, 'null'));
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_fail(text, text, text) IS
'Part of the imports: 22023 for a value of a row.';

CREATE FUNCTION timevmaps_internal.tv_import_check_speed(speed_kph double precision) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF speed_kph >= 1079252848.8 THEN
        RAISE EXCEPTION USING ERRCODE = 'numeric_value_out_of_range', MESSAGE = 'speed_kph: faster than light',
            DETAIL = format('It is %s.', speed_kph), HINT = 'A speed is below 1079252848.8 km/h, the speed of light.';
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_check_speed(double precision) IS 'Part of the imports: 22003 for a speed that no segment can have.';

CREATE FUNCTION timevmaps_internal.tv_import_write(
    world_id bigint, id_prefix text, label text, OUT places bigint, OUT segments bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wrong record;
BEGIN
    -- Lengths and times are finite and above 0, so what is left to be wrong is a speed: the bound is that of light.
    SELECT s.row_id, s.length_m, s.speed_kph, s.seconds, s.time_row, s.time_column INTO wrong FROM pg_temp.tv_import_segment s
    WHERE (s.length_m > 0 AND s.length_m < 'infinity' AND s.speed_kph > 0 AND s.speed_kph < 1079252848.8) IS NOT TRUE
    ORDER BY s.row_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'numeric_value_out_of_range',
            MESSAGE = coalesce(format('%s[%s]', tv_import_write.label, wrong.row_id) || '.' || wrong.time_column, format('times[%s]', wrong.time_row))
                || CASE WHEN wrong.seconds = 0 THEN ': no time for its length' ELSE ': faster than light' END,
            DETAIL = CASE WHEN wrong.seconds = 0 THEN format('It is 0, for which 1e-6 s are taken, and the length is %s m', wrong.length_m)
                          ELSE format('It is %s s, and the length is %s m', wrong.seconds, wrong.length_m) END
                || format(': that would be %s km/h.', wrong.speed_kph),
            HINT = 'A speed is below 1079252848.8 km/h, the speed of light: give the row a longer time, or leave it out.';
    END IF;

    CREATE TEMPORARY TABLE tv_import_place (source_id bigint, place_id bigint) ON COMMIT DROP;
    WITH made AS (
        INSERT INTO timevmaps.places (world_id, lat, lon, props)
        SELECT tv_import_write.world_id, n.lat, n.lon,
            jsonb_build_object('source_id', tv_import_write.id_prefix || n.source_id) || coalesce(n.props, '{}')
        FROM pg_temp.tv_import_node n ORDER BY n.source_id
        RETURNING id, props)
    INSERT INTO pg_temp.tv_import_place
    SELECT substr(m.props ->> 'source_id', length(tv_import_write.id_prefix) + 1)::bigint, m.id FROM made m;
    GET DIAGNOSTICS places = ROW_COUNT;
    RAISE NOTICE 'import: % places written after % s', places, round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1);

    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, geom, props, class)
    SELECT tv_import_write.world_id, a.place_id, b.place_id, s.length_m, s.speed_kph, s.oneway, s.geom, coalesce(s.props, '{}'), s.class
    FROM pg_temp.tv_import_segment s
        JOIN pg_temp.tv_import_place a ON a.source_id = s.source
        JOIN pg_temp.tv_import_place b ON b.source_id = s.target
    ORDER BY s.row_id, s.source;
    GET DIAGNOSTICS segments = ROW_COUNT;
    RAISE NOTICE 'import: % segments written after % s', segments, round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1);
    DROP TABLE pg_temp.tv_import_node, pg_temp.tv_import_segment, pg_temp.tv_import_place;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_write(bigint, text, text) IS
'Part of the imports: check what tv_import_node and tv_import_segment hold, write it as places and segments, and drop them.
label: what a row is called in errors.
Errors: 22003 a speed that no segment can have, by the column of its time; 23505 a source_id that the world has already.';

------------------------------------------------- any table with pgRouting's columns

CREATE FUNCTION timevmaps_internal.tv_import_read_edges(edges regclass, expressions text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Read once: what is checked is what is written.
    EXECUTE format($sql$
        CREATE TEMPORARY TABLE tv_import_edge ON COMMIT DROP AS
        SELECT e.id::bigint, e.source::bigint, e.target::bigint, %2$s AS cost,
            %3$s AS reverse_cost, %4$s AS length_m, %5$s AS x1, %6$s AS y1, %7$s AS x2, %8$s AS y2, %9$s AS class
        FROM %1$s e
        $sql$, VARIADIC edges::text || expressions);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_read_edges(regclass, text[]) IS
'Part of tv_import_pgrouting(): read the rows into the temporary table tv_import_edge.
expressions: for cost, reverse_cost, length_m, x1, y1, x2, y2, class.';

-- No settings of its own, so that the check reads the table itself.
CREATE FUNCTION timevmaps_internal.tv_import_edges()
RETURNS TABLE (id bigint, source bigint, target bigint, cost double precision, reverse_cost double precision, length_m double precision,
               x1 double precision, y1 double precision, x2 double precision, y2 double precision, class text)
LANGUAGE sql STABLE
AS $$ SELECT e.id, e.source, e.target, e.cost, e.reverse_cost, e.length_m, e.x1, e.y1, e.x2, e.y2, e.class FROM pg_temp.tv_import_edge e $$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_edges() IS 'Part of tv_import_pgrouting(): the rows that have been read.';

CREATE FUNCTION timevmaps_internal.tv_import_check_edges() RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_import_fail(pg_catalog.format('edges[%s].%s', coalesce(w.id::text, '?'), w.name), w.problem, w.given)
    FROM (
        SELECT e.id, c.name, c.problem, c.given
        FROM timevmaps_internal.tv_import_edges() e
            CROSS JOIN LATERAL (VALUES
                ('id', 'must not be null', e.id::text, e.id IS NOT NULL),
                ('source', 'must not be null', e.source::text, e.source IS NOT NULL),
                ('target', 'must not be null', e.target::text, e.target IS NOT NULL),
                ('cost', timevmaps_internal.tv_import_problem(e.cost, NULL), e.cost::text, timevmaps_internal.tv_import_number(e.cost)),
                ('reverse_cost', timevmaps_internal.tv_import_problem(e.reverse_cost, NULL), e.reverse_cost::text, timevmaps_internal.tv_import_number(e.reverse_cost)),
                ('length_m', timevmaps_internal.tv_import_problem(e.length_m, 0), e.length_m::text,
                    e.length_m >= 0 AND timevmaps_internal.tv_import_number(e.length_m)),
                ('x1', 'not a longitude', e.x1::text, e.x1 BETWEEN -180 AND 180),
                ('y1', 'not a latitude', e.y1::text, e.y1 BETWEEN -90 AND 90),
                ('x2', 'not a longitude', e.x2::text, e.x2 BETWEEN -180 AND 180),
                ('y2', 'not a latitude', e.y2::text, e.y2 BETWEEN -90 AND 90),
                ('class', 'not of 1 to 64 characters', e.class, timevmaps_internal.tv_import_class(e.class))
            ) c (name, problem, given, good)
        -- The first condition keeps the list from being made for every row.
        WHERE (e.id IS NOT NULL AND e.source IS NOT NULL AND e.target IS NOT NULL AND timevmaps_internal.tv_import_number(e.cost)
               AND timevmaps_internal.tv_import_number(e.reverse_cost) AND e.length_m >= 0 AND timevmaps_internal.tv_import_number(e.length_m)
               AND e.x1 BETWEEN -180 AND 180 AND e.y1 BETWEEN -90 AND 90
               AND e.x2 BETWEEN -180 AND 180 AND e.y2 BETWEEN -90 AND 90 AND timevmaps_internal.tv_import_class(e.class)) IS NOT TRUE AND c.good IS NOT TRUE
        ORDER BY e.id NULLS FIRST LIMIT 1) w;
END;
COMMENT ON FUNCTION timevmaps_internal.tv_import_check_edges() IS 'Part of tv_import_pgrouting(): 22023 for the first row that is not right.';

CREATE FUNCTION timevmaps_internal.tv_import_stage_edges(
    world_id bigint, in_seconds boolean, has_length boolean, cost_scale double precision, speed_kph double precision, id_prefix text,
    OUT label text, OUT closed bigint, OUT zero_costs bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    radius double precision := (SELECT coalesce((w.rules ->> 'radius_m')::double precision, 6371008.8)
                                FROM timevmaps.worlds w WHERE w.id = tv_import_stage_edges.world_id);
    rows bigint;
BEGIN
    label := 'edges';
    SELECT count(*), count(*) FILTER (WHERE e.cost < 0 AND e.reverse_cost < 0),
        count(*) FILTER (WHERE e.cost = 0 OR e.reverse_cost = 0
            OR has_length AND e.length_m = 0 AND (e.cost > 0 OR e.reverse_cost > 0))
    INTO rows, closed, zero_costs FROM pg_temp.tv_import_edge e;
    RAISE NOTICE 'import: % rows read and checked after % s', rows, round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1);

    -- A node is where the row with the least id has it.
    INSERT INTO pg_temp.tv_import_node (source_id, lon, lat)
    SELECT DISTINCT ON (n.node) n.node, n.lon, n.lat
    FROM (SELECT e.source, e.id, e.x1, e.y1 FROM pg_temp.tv_import_edge e
          UNION ALL SELECT e.target, e.id, e.x2, e.y2 FROM pg_temp.tv_import_edge e) n (node, id, lon, lat)
    ORDER BY n.node, n.id, n.lon, n.lat;

    -- Equal directions are one segment, others one each; haversine where no length is given.
    INSERT INTO pg_temp.tv_import_segment (row_id, source, target, time_column, seconds, length_m, speed_kph, oneway, props, class)
    SELECT e.id, way.a, way.b, way.name, way.given * cost_scale,
        CASE WHEN in_seconds THEN way.extent ELSE way.cost END,
        CASE WHEN in_seconds THEN way.extent / way.cost * 3.6 ELSE tv_import_stage_edges.speed_kph END,
        e.cost <> e.reverse_cost, jsonb_build_object('source_id', tv_import_stage_edges.id_prefix || e.id), e.class
    FROM (SELECT *, coalesce(nullif(CASE WHEN has_length THEN s.length_m ELSE 2 * radius * asin(least(1, sqrt(
                sind((s.y2 - s.y1) / 2) ^ 2 + cosd(s.y1) * cosd(s.y2) * sind((s.x2 - s.x1) / 2) ^ 2))) END, 0), 1e-6) AS extent
          FROM pg_temp.tv_import_edge s) e
        CROSS JOIN LATERAL (
            SELECT e.source, e.target, coalesce(nullif(e.cost * cost_scale, 0), 1e-6), e.extent, 'cost', e.cost WHERE e.cost >= 0
            UNION ALL
            SELECT e.target, e.source, coalesce(nullif(e.reverse_cost * cost_scale, 0), 1e-6), e.extent, 'reverse_cost', e.reverse_cost
            WHERE e.reverse_cost >= 0 AND e.reverse_cost <> e.cost) way (a, b, cost, extent, name, given);
    DROP TABLE pg_temp.tv_import_edge;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_stage_edges(bigint, boolean, boolean, double precision, double precision, text) IS
'Part of tv_import_pgrouting(): nodes and segments of the rows that have been read; what they are called in errors, and how many are odd.';

CREATE FUNCTION timevmaps.tv_import_pgrouting(
    world_id bigint,
    edges regclass,
    cost_unit text DEFAULT 'seconds',
    cost_scale double precision DEFAULT 1,
    speed_kph double precision DEFAULT 50,
    id_prefix text DEFAULT '',
    OUT places bigint,
    OUT segments bigint,
    OUT closed bigint,
    OUT zero_costs bigint)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_require_own_session('networks are not imported');
    SELECT timevmaps_internal.tv_import_check_world(world_id, id_prefix);
    SELECT timevmaps_internal.tv_import_begin();
    SELECT timevmaps_internal.tv_import_fail(a.name, a.problem, a.given)
    FROM (VALUES
        ('cost_unit', 'not "seconds" or "metres"', cost_unit, cost_unit IN ('seconds', 'metres')),
        ('cost_scale', coalesce(timevmaps_internal.tv_import_problem(cost_scale, 0), 'not above 0'), cost_scale::text,
            cost_scale > 0 AND timevmaps_internal.tv_import_number(cost_scale)),
        ('speed_kph', coalesce(timevmaps_internal.tv_import_problem(speed_kph, 0), 'not above 0'), speed_kph::text,
            speed_kph > 0 AND timevmaps_internal.tv_import_number(speed_kph))
    ) a (name, problem, given, good) WHERE a.good IS NOT TRUE LIMIT 1;
    SELECT timevmaps_internal.tv_import_check_speed(speed_kph);
    SELECT timevmaps_internal.tv_import_check_columns(edges, 'edges', ARRAY['id', 'source', 'target'],
        ARRAY['cost', 'x1', 'y1', 'x2', 'y2']
            || CASE WHEN timevmaps_internal.tv_import_has_column(edges, 'reverse_cost') THEN ARRAY['reverse_cost'] END
            || CASE WHEN cost_unit = 'seconds' AND timevmaps_internal.tv_import_has_column(edges, 'length_m') THEN ARRAY['length_m'] END);
    SELECT timevmaps_internal.tv_import_read_edges(edges, ARRAY[
        timevmaps_internal.tv_import_value(edges, 'cost'),
        coalesce(timevmaps_internal.tv_import_value(edges, 'reverse_cost'), '(-1)::double precision'),
        coalesce(CASE WHEN cost_unit = 'seconds' THEN timevmaps_internal.tv_import_value(edges, 'length_m') END, '0::double precision'),
        timevmaps_internal.tv_import_value(edges, 'x1'), timevmaps_internal.tv_import_value(edges, 'y1'),
        timevmaps_internal.tv_import_value(edges, 'x2'), timevmaps_internal.tv_import_value(edges, 'y2'),
        CASE WHEN timevmaps_internal.tv_import_has_column(edges, 'class') THEN 'e.class::text' ELSE 'NULL::text' END]);
    SELECT timevmaps_internal.tv_import_check_edges();
    SELECT w.places, w.segments, s.closed, s.zero_costs
    FROM timevmaps_internal.tv_import_stage_edges(world_id, cost_unit = 'seconds',
            cost_unit = 'seconds' AND timevmaps_internal.tv_import_has_column(edges, 'length_m'), cost_scale, speed_kph, id_prefix) s,
        LATERAL timevmaps_internal.tv_import_write(world_id, id_prefix, s.label) w;
END;
COMMENT ON FUNCTION timevmaps.tv_import_pgrouting(bigint, regclass, text, double precision, double precision, text) IS
'Import a table or view that has pgRouting''s columns into a world: nodes as places, edges as segments; how many of each.
edges: has id, source, target, cost, x1, y1, x2, y2 (longitude and latitude of its ends, degrees) and perhaps reverse_cost and class, a kind of road. A negative cost closes a direction, as does a missing reverse_cost.
cost_unit "seconds": a segment takes cost * cost_scale seconds; its length is the column length_m if there is one, the great circle between its ends otherwise. "metres": it is cost * cost_scale long and its speed is speed_kph.
props.source_id of a place is id_prefix and the node''s id, unique in the world; of a segment id_prefix and the row''s id. closed: rows open in no direction, left out. zero_costs: rows with a cost or a length_m of 0, which becomes 1e-6.
Errors: 22023 a bad argument, column or row, named as edges[id].column; 22003 a speed that no segment can have, by the column of its time; PT404 no such world; 23505 a node that the world has already; 42501 not an editor of the world, or over HTTP; 55000 before tv_init(). After an error nothing has been imported.
Source: docs/import.md.';

---------------------------------------------------------------- osm2pgrouting

CREATE FUNCTION timevmaps_internal.tv_import_read_vertices(ways regclass, vertices regclass, lon text, lat text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM pg_attribute a WHERE a.attrelid = ways AND a.attname = 'the_geom'
        AND a.atttypid = (SELECT g.atttypid FROM pg_attribute g WHERE g.attrelid = to_regclass('timevmaps.segments') AND g.attname = 'geom');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'ways.the_geom: not a geometry column';
    END IF;
    EXECUTE format('CREATE TEMPORARY TABLE tv_import_vertex ON COMMIT DROP AS
        SELECT e.id::bigint, e.osm_id::bigint, %s AS lon, %s AS lat FROM %s e', lon, lat, vertices);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_read_vertices(regclass, regclass, text, text) IS
'Part of tv_import_osm2pgrouting(): read the vertices into the temporary table tv_import_vertex, unless the ways have no geometries.
lon, lat: expressions for them.';

CREATE FUNCTION timevmaps_internal.tv_import_vertices() RETURNS TABLE (id bigint, lon double precision, lat double precision)
LANGUAGE sql STABLE
AS $$ SELECT v.id, v.lon, v.lat FROM pg_temp.tv_import_vertex v $$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_vertices() IS 'Part of tv_import_osm2pgrouting(): the vertices that have been read.';

CREATE FUNCTION timevmaps_internal.tv_import_check_vertices() RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_import_fail(pg_catalog.format('vertices[%s].%s', coalesce(w.id::text, '?'), w.name), w.problem, w.given)
    FROM (
        SELECT v.id, c.name, c.problem, c.given
        FROM (SELECT *, count(*) OVER (PARTITION BY r.id) AS same FROM timevmaps_internal.tv_import_vertices() r) v
            CROSS JOIN LATERAL (VALUES
                ('id', 'must not be null', v.id::text, v.id IS NOT NULL),
                ('id', 'not the only vertex with it', v.id::text, v.same = 1),
                ('lon', 'not a longitude', v.lon::text, v.lon BETWEEN -180 AND 180),
                ('lat', 'not a latitude', v.lat::text, v.lat BETWEEN -90 AND 90)) c (name, problem, given, good)
        WHERE c.good IS NOT TRUE ORDER BY v.id NULLS FIRST LIMIT 1) w;
END;
COMMENT ON FUNCTION timevmaps_internal.tv_import_check_vertices() IS 'Part of tv_import_osm2pgrouting(): 22023 for the first vertex that is not right.';

CREATE FUNCTION timevmaps_internal.tv_import_read_ways(ways regclass, expressions text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    postgis text := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'postgis');
BEGIN
    EXECUTE format($sql$
        CREATE TEMPORARY TABLE tv_import_edge ON COMMIT DROP AS
        SELECT e.gid::bigint AS id, e.source::bigint, e.target::bigint, %3$s AS length_m,
            %4$s AS cost, %5$s AS reverse_cost, e.the_geom AS geom,
            coalesce(%2$I.geometrytype(e.the_geom) || ' of SRID ' || %2$I.st_srid(e.the_geom), 'null') AS shape,
            e.the_geom OPERATOR(%2$I.@) %2$I.st_makeenvelope('-180'::float8, '-90'::float8, '180'::float8, '90'::float8,
                %2$I.st_srid(e.the_geom)) IS NOT FALSE
                OR %2$I.st_isempty(e.the_geom) AS on_map, %2$I.box2d(e.the_geom)::text AS bounds,
            jsonb_strip_nulls(jsonb_build_object('osm_id', e.osm_id, 'name', %6$s, 'tag_id', %7$s)) AS props, %8$s AS class,
            a.id IS NOT NULL AS has_source, b.id IS NOT NULL AS has_target
        FROM %1$s e
            LEFT JOIN pg_temp.tv_import_vertex a ON a.id = e.source
            LEFT JOIN pg_temp.tv_import_vertex b ON b.id = e.target
        $sql$, VARIADIC ARRAY[ways::text, postgis] || expressions);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_read_ways(regclass, text[]) IS
'Part of tv_import_osm2pgrouting(): read the ways into the temporary table tv_import_edge.
expressions: for length_m, cost_s, reverse_cost_s, name, tag_id, class.';

CREATE FUNCTION timevmaps_internal.tv_import_class_of_ways(ways regclass, configuration regclass) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tagged boolean := EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = ways AND a.attname = 'tag_id' AND NOT a.attisdropped);
    missing text;
BEGIN
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = ways AND a.attname = 'class' AND NOT a.attisdropped) THEN
        RETURN 'e.class::text';
    ELSIF NOT tagged THEN
        RETURN 'NULL::text';
    ELSIF configuration IS NULL THEN
        RETURN 'e.tag_id::text';
    END IF;
    SELECT w.name INTO missing FROM unnest('{tag_id,tag_value}'::name[]) w (name)
    WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = configuration AND a.attname = w.name AND NOT a.attisdropped) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('configuration.%s: no such column', missing),
            DETAIL = format('%s has none.', configuration);
    END IF;
    RETURN format('(SELECT min(c.tag_value::text) FROM %s c WHERE c.tag_id::text = e.tag_id::text)', configuration);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_class_of_ways(regclass, regclass) IS
'Part of tv_import_osm2pgrouting(): an expression for the class of a way.';

CREATE FUNCTION timevmaps_internal.tv_import_ways()
RETURNS TABLE (id bigint, source bigint, target bigint, has_source boolean, has_target boolean, length_m double precision, cost double precision,
               reverse_cost double precision, shape text, on_map boolean, bounds text, class text)
LANGUAGE sql STABLE
AS $$ SELECT e.id, e.source, e.target, e.has_source, e.has_target, e.length_m, e.cost, e.reverse_cost, e.shape, e.on_map, e.bounds, e.class
      FROM pg_temp.tv_import_edge e $$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_ways() IS 'Part of tv_import_osm2pgrouting(): the ways that have been read.';

CREATE FUNCTION timevmaps_internal.tv_import_check_ways() RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_import_fail(pg_catalog.format('ways[%s].%s', coalesce(f.id::text, '?'), f.name), f.problem, f.given)
    FROM (
        SELECT w.id, c.name, c.problem, c.given
        FROM timevmaps_internal.tv_import_ways() w
            CROSS JOIN LATERAL (VALUES
                ('gid', 'must not be null', w.id::text, w.id IS NOT NULL),
                ('source', 'not a vertex', w.source::text, w.has_source),
                ('target', 'not a vertex', w.target::text, w.has_target),
                ('length_m', timevmaps_internal.tv_import_problem(w.length_m, 0), w.length_m::text,
                    w.length_m >= 0 AND timevmaps_internal.tv_import_number(w.length_m)),
                ('cost_s', timevmaps_internal.tv_import_problem(w.cost, NULL), w.cost::text, timevmaps_internal.tv_import_number(w.cost)),
                ('reverse_cost_s', timevmaps_internal.tv_import_problem(w.reverse_cost, NULL), w.reverse_cost::text, timevmaps_internal.tv_import_number(w.reverse_cost)),
                ('the_geom', 'not a line of SRID 4326', w.shape, w.shape IN ('LINESTRING of SRID 4326', 'null')),
                ('the_geom', 'not within -180..180 and -90..90 degrees', w.bounds, w.on_map OR w.shape <> 'LINESTRING of SRID 4326'),
                ('class', 'not of 1 to 64 characters', w.class, timevmaps_internal.tv_import_class(w.class))
            ) c (name, problem, given, good)
        WHERE (w.id IS NOT NULL AND w.has_source AND w.has_target AND w.length_m >= 0 AND timevmaps_internal.tv_import_number(w.length_m)
               AND timevmaps_internal.tv_import_number(w.cost) AND timevmaps_internal.tv_import_number(w.reverse_cost)
               AND w.shape IN ('LINESTRING of SRID 4326', 'null') AND w.on_map AND timevmaps_internal.tv_import_class(w.class)) IS NOT TRUE AND c.good IS NOT TRUE
        ORDER BY w.id NULLS FIRST LIMIT 1) f;
END;
COMMENT ON FUNCTION timevmaps_internal.tv_import_check_ways() IS 'Part of tv_import_osm2pgrouting(): 22023 for the first way that is not right.';

CREATE FUNCTION timevmaps_internal.tv_import_stage_ways(id_prefix text, OUT label text, OUT closed bigint, OUT zero_costs bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    postgis text := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'postgis');
    rows bigint;
BEGIN
    label := 'ways';
    SELECT count(*), count(*) FILTER (WHERE w.cost < 0 AND w.reverse_cost < 0),
        count(*) FILTER (WHERE w.cost = 0 OR w.reverse_cost = 0 OR w.length_m = 0 AND (w.cost > 0 OR w.reverse_cost > 0))
    INTO rows, closed, zero_costs FROM pg_temp.tv_import_edge w;
    RAISE NOTICE 'import: % ways read and checked after % s', rows, round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1);

    INSERT INTO pg_temp.tv_import_node (source_id, lon, lat, props)
    SELECT v.id, v.lon, v.lat, jsonb_strip_nulls(jsonb_build_object('osm_id', v.osm_id)) FROM pg_temp.tv_import_vertex v;
    EXECUTE format($sql$
        INSERT INTO pg_temp.tv_import_segment (row_id, source, target, time_column, seconds, length_m, speed_kph, oneway, geom, props, class)
        SELECT w.id, way.a, way.b, way.name, way.given, way.extent, way.extent / way.seconds * 3.6, w.cost <> w.reverse_cost, way.geom,
            jsonb_build_object('source_id', $1 || w.id) || w.props, w.class
        FROM (SELECT *, coalesce(nullif(e.length_m, 0), 1e-6) AS extent FROM pg_temp.tv_import_edge e) w
            CROSS JOIN LATERAL (
                SELECT w.source, w.target, coalesce(nullif(w.cost, 0), 1e-6), w.geom, w.extent, 'cost_s', w.cost WHERE w.cost >= 0
                UNION ALL
                SELECT w.target, w.source, coalesce(nullif(w.reverse_cost, 0), 1e-6), %I.st_reverse(w.geom), w.extent, 'reverse_cost_s', w.reverse_cost
                WHERE w.reverse_cost >= 0 AND w.reverse_cost <> w.cost) way (a, b, seconds, geom, extent, name, given)
        $sql$, postgis) USING id_prefix;
    DROP TABLE pg_temp.tv_import_edge, pg_temp.tv_import_vertex;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_stage_ways(text) IS
'Part of tv_import_osm2pgrouting(): nodes and segments of what has been read; what ways are called in errors, and how many are odd.';

CREATE FUNCTION timevmaps.tv_import_osm2pgrouting(
    world_id bigint,
    ways regclass,
    vertices regclass,
    id_prefix text DEFAULT '',
    configuration regclass DEFAULT NULL,
    OUT places bigint,
    OUT segments bigint,
    OUT closed bigint,
    OUT zero_costs bigint)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_require_own_session('networks are not imported');
    SELECT timevmaps_internal.tv_import_check_world(world_id, id_prefix);
    SELECT timevmaps_internal.tv_import_begin();
    SELECT timevmaps_internal.tv_import_check_columns(vertices, 'vertices', ARRAY['id', 'osm_id'], ARRAY['lon', 'lat']);
    SELECT timevmaps_internal.tv_import_check_columns(ways, 'ways', ARRAY['gid', 'osm_id', 'source', 'target'],
        ARRAY['length_m', 'cost_s', 'reverse_cost_s']);
    SELECT timevmaps_internal.tv_import_read_vertices(ways, vertices,
        timevmaps_internal.tv_import_value(vertices, 'lon'), timevmaps_internal.tv_import_value(vertices, 'lat'));
    SELECT timevmaps_internal.tv_import_check_vertices();
    SELECT timevmaps_internal.tv_import_read_ways(ways, ARRAY[timevmaps_internal.tv_import_value(ways, 'length_m'),
        timevmaps_internal.tv_import_value(ways, 'cost_s'), timevmaps_internal.tv_import_value(ways, 'reverse_cost_s'),
        CASE WHEN timevmaps_internal.tv_import_has_column(ways, 'name') THEN 'e.name' ELSE 'NULL::text' END,
        CASE WHEN timevmaps_internal.tv_import_has_column(ways, 'tag_id') THEN 'e.tag_id' ELSE 'NULL::text' END,
        timevmaps_internal.tv_import_class_of_ways(ways, configuration)]);
    SELECT timevmaps_internal.tv_import_check_ways();
    SELECT w.places, w.segments, s.closed, s.zero_costs
    FROM timevmaps_internal.tv_import_stage_ways(id_prefix) s, LATERAL timevmaps_internal.tv_import_write(world_id, id_prefix, s.label) w;
END;
COMMENT ON FUNCTION timevmaps.tv_import_osm2pgrouting(bigint, regclass, regclass, text, regclass) IS
'Import what osm2pgrouting made into a world: ways_vertices_pgr as places, ways as segments; how many of each.
A segment is length_m long and takes cost_s seconds, reverse_cost_s backwards; a negative cost closes a direction. It keeps the_geom, and in props source_id (id_prefix and gid), osm_id, tag_id and name; a place keeps source_id (id_prefix and id, unique in the world) and osm_id.
Its class is that of the column class, if ways have one; else the tag_value that configuration, the table of that name which osm2pgrouting made, has for its tag_id; else, without that table, the tag_id as text.
closed, zero_costs: as tv_import_pgrouting(), and the same errors, which name ways[gid] or vertices[id].
Source: docs/import.md.';
