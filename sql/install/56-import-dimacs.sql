-- 56-import-dimacs: the files of the 9th DIMACS implementation challenge, as relations of lines.
--
-- scripts/import-dimacs loads files into such relations and calls this.  What the imports share is in 55-import.

CREATE FUNCTION timevmaps_internal.tv_import_lines(lines regclass, label text, header text, body text, OUT head bigint[])
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    PERFORM FROM pg_attribute a WHERE a.attrelid = lines AND a.attname = 'text' AND a.atttypid = 'text'::regtype;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = label || '.text: not a column of type text';
    END IF;
    -- Comments and blank lines go; only lines not in the usual form pay for more than one match. No backslash: where
    -- standard_conforming_strings is off it would be an escape.
    EXECUTE format($sql$
        CREATE TEMPORARY TABLE tv_import_line ON COMMIT DROP AS
        SELECT l.line, CASE WHEN l.usual THEN l.text ELSE btrim(regexp_replace(l.text, '[[:space:]]+', ' ', 'g')) END AS text, l.usual
        FROM (SELECT l.line::bigint, l.text, l.text ~ $1 AS usual FROM %s l OFFSET 0) l
        WHERE l.usual OR l.text !~ '^[[:space:]]*(c([[:space:]]|$)|$)'
        $sql$, lines) USING body;
    SELECT l.line, left(l.text, 100) AS text, l.text ~ header AS again, l.text ~ body AS early INTO wrong
    FROM pg_temp.tv_import_line l
    WHERE CASE WHEN l.line = (SELECT min(f.line) FROM pg_temp.tv_import_line f) THEN l.text !~ header
               ELSE NOT l.usual AND l.text !~ body END
    ORDER BY l.line LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('%s[%s]: %s', label, wrong.line,
                CASE WHEN wrong.again THEN 'a second header' WHEN wrong.early THEN 'no header before it'
                     ELSE 'not a line of this format' END),
            DETAIL = format('Line %s reads "%s".', wrong.line, wrong.text),
            HINT = format('The header matches %s, what follows it %s; lines that begin with c are comments.', header, body);
    END IF;
    SELECT string_to_array(substring(l.text FROM '[0-9].*$'), ' ')::bigint[] || l.line INTO head
    FROM pg_temp.tv_import_line l ORDER BY l.line LIMIT 1;
    IF head IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = label || ': no header',
            HINT = format('The header matches %s.', header);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_lines(regclass, text, text, text) IS
'Part of tv_import_dimacs(): leave the lines of a file, checked and tidied, in the temporary table tv_import_line; the numbers in its header and the header''s line.
lines: has line (its number) and text. label: what a line is called in errors. header, body: regular expressions of the first line and the others.';

CREATE FUNCTION timevmaps_internal.tv_import_nodes(head bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
    nodes bigint;
BEGIN
    -- Millionths of degrees, longitude first.
    CREATE TEMPORARY TABLE tv_import_vertex ON COMMIT DROP AS
    SELECT l.line, l.text, split_part(l.text, ' ', 2)::bigint AS id,
        split_part(l.text, ' ', 3)::double precision / 1e6 AS lon, split_part(l.text, ' ', 4)::double precision / 1e6 AS lat
    FROM pg_temp.tv_import_line l WHERE l.line <> head[2];
    DROP TABLE pg_temp.tv_import_line;
    SELECT v.line, c.problem, v.text INTO wrong
    FROM (SELECT *, row_number() OVER (PARTITION BY v.id ORDER BY v.line) AS nth FROM pg_temp.tv_import_vertex v) v
        CROSS JOIN LATERAL (VALUES ('not a node', v.id BETWEEN 1 AND head[1]), ('a node that came before', v.nth = 1),
            ('not a longitude', v.lon BETWEEN -180 AND 180), ('not a latitude', v.lat BETWEEN -90 AND 90)) c (problem, good)
    WHERE NOT c.good ORDER BY v.line LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('coordinates[%s]: %s', wrong.line, wrong.problem),
            DETAIL = format('Line %s reads "%s"; nodes are 1 to %s, coordinates are in millionths of degrees.', wrong.line, wrong.text, head[1]);
    END IF;
    INSERT INTO pg_temp.tv_import_node (source_id, lon, lat) SELECT v.id, v.lon, v.lat FROM pg_temp.tv_import_vertex v;
    GET DIAGNOSTICS nodes = ROW_COUNT;
    DROP TABLE pg_temp.tv_import_vertex;
    IF nodes <> head[1] THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('coordinates[%s]: not the number of nodes', head[2]),
            DETAIL = format('Line %s says %s nodes, and %s have coordinates.', head[2], head[1], nodes);
    END IF;
    RAISE NOTICE 'import: % nodes read and checked after % s', nodes, round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_nodes(bigint[]) IS
'Part of tv_import_dimacs(): the nodes of a .co file, whose lines are in tv_import_line.';

CREATE FUNCTION timevmaps_internal.tv_import_arcs(label text, head bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    nodes bigint := (SELECT count(*) FROM pg_temp.tv_import_node);
    wrong record;
BEGIN
    CREATE TEMPORARY TABLE tv_import_arc ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY l.line) AS arc, l.line, split_part(l.text, ' ', 2)::bigint AS a,
        split_part(l.text, ' ', 3)::bigint AS b, split_part(l.text, ' ', 4)::bigint AS weight
    FROM pg_temp.tv_import_line l WHERE l.line <> head[3];
    DROP TABLE pg_temp.tv_import_line;
    SELECT r.line, r.a, r.b, r.weight INTO wrong FROM pg_temp.tv_import_arc r
    WHERE NOT (r.a BETWEEN 1 AND nodes AND r.b BETWEEN 1 AND nodes) ORDER BY r.line LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s[%s]: not a node', label, wrong.line),
            DETAIL = format('Line %s reads "a %s %s %s"; nodes are 1 to %s.', wrong.line, wrong.a, wrong.b, wrong.weight, nodes);
    END IF;
    IF head[1] <> nodes OR head[2] <> (SELECT count(*) FROM pg_temp.tv_import_arc) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s[%s]: not the numbers of nodes and arcs', label, head[3]),
            DETAIL = format('Line %s says %s nodes and %s arcs; there are %s nodes with coordinates and %s arcs.', head[3], head[1], head[2],
                nodes, (SELECT count(*) FROM pg_temp.tv_import_arc));
    END IF;
    EXECUTE format('ALTER TABLE pg_temp.tv_import_arc RENAME TO %I', 'tv_import_' || label);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_arcs(text, bigint[]) IS
'Part of tv_import_dimacs(): the arcs of a .gr file, whose lines are in tv_import_line, numbered as they come, in the temporary table tv_import_ and its label.';

CREATE FUNCTION timevmaps_internal.tv_import_stage_arcs(
    has_times boolean, length_scale double precision, time_scale double precision, speed_kph double precision, OUT label text, OUT zero_costs bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wrong record;
    arcs bigint;
BEGIN
    label := 'graph';
    IF has_times THEN
        SELECT t.line, t.a, t.b, e.line AS wanted_line, e.a AS wanted_a, e.b AS wanted_b INTO wrong
        FROM pg_temp.tv_import_graph e FULL JOIN pg_temp.tv_import_times t USING (arc)
        WHERE (e.a = t.a AND e.b = t.b) IS NOT TRUE ORDER BY t.line, e.line LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = format('times[%s]: not the arc of the graph', coalesce(wrong.line::text, 'end')),
                DETAIL = format('It is from %s to %s, and line %s of the graph is from %s to %s; the two files have the same arcs in the same order.',
                    wrong.a, wrong.b, wrong.wanted_line, wrong.wanted_a, wrong.wanted_b);
        END IF;
        CREATE TEMPORARY TABLE tv_import_edge ON COMMIT DROP AS
        SELECT g.line, g.a, g.b, g.weight, t.weight AS time, t.line AS time_line
        FROM pg_temp.tv_import_graph g JOIN pg_temp.tv_import_times t USING (arc);
        DROP TABLE pg_temp.tv_import_graph, pg_temp.tv_import_times;
    ELSE
        ALTER TABLE pg_temp.tv_import_graph RENAME TO tv_import_edge;
        ALTER TABLE pg_temp.tv_import_edge ADD time bigint, ADD time_line bigint;
    END IF;
    SELECT count(*), count(*) FILTER (WHERE e.weight = 0 OR e.time = 0) INTO arcs, zero_costs FROM pg_temp.tv_import_edge e;
    RAISE NOTICE 'import: % arcs read and checked after % s', arcs, round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1);

    -- The k-th arc one way and the k-th of the same weights the other way are one segment.
    INSERT INTO pg_temp.tv_import_segment (row_id, time_row, seconds, source, target, length_m, speed_kph, oneway)
    SELECT p.line, p.time_line, p.time * time_scale, CASE WHEN p.up THEN p.low ELSE p.high END, CASE WHEN p.up THEN p.high ELSE p.low END, c.metres,
        CASE WHEN p.time IS NULL THEN tv_import_stage_arcs.speed_kph
             ELSE c.metres / coalesce(nullif(p.time * time_scale, 0), 1e-6) * 3.6 END,
        p.ways = 1
    FROM (SELECT min(k.line) AS line, min(k.time_line) AS time_line, k.low, k.high, bool_or(k.a = k.low) AS up, k.weight, k.time, count(*) AS ways
          FROM (SELECT e.line, e.time_line, e.a, least(e.a, e.b) AS low, greatest(e.a, e.b) AS high, e.weight, e.time,
                    row_number() OVER (PARTITION BY e.a, e.b, e.weight, e.time ORDER BY e.line) AS k
                FROM pg_temp.tv_import_edge e) k
          GROUP BY k.low, k.high, k.weight, k.time, k.k) p
        CROSS JOIN LATERAL (SELECT coalesce(nullif(p.weight * length_scale, 0), 1e-6) AS metres) c;
    DROP TABLE pg_temp.tv_import_edge;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_stage_arcs(boolean, double precision, double precision, double precision) IS
'Part of tv_import_dimacs(): segments of the arcs that have been read; what their lines are called in errors, and how many are odd.';

CREATE FUNCTION timevmaps.tv_import_dimacs(
    world_id bigint,
    graph regclass,
    coordinates regclass,
    times regclass DEFAULT NULL,
    length_scale double precision DEFAULT 1,
    time_scale double precision DEFAULT 1,
    speed_kph double precision DEFAULT 50,
    id_prefix text DEFAULT '',
    OUT places bigint,
    OUT segments bigint,
    OUT zero_costs bigint)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_require_own_session('networks are not imported');
    SELECT timevmaps_internal.tv_import_check_world(world_id, id_prefix);
    SELECT timevmaps_internal.tv_import_begin();
    SELECT timevmaps_internal.tv_import_fail(a.name, coalesce(timevmaps_internal.tv_import_problem(a.given, 0), 'not above 0'), a.given::text)
    FROM (VALUES ('length_scale', length_scale), ('time_scale', time_scale), ('speed_kph', speed_kph)) a (name, given)
    WHERE (a.given > 0 AND timevmaps_internal.tv_import_number(a.given)) IS NOT TRUE LIMIT 1;
    SELECT timevmaps_internal.tv_import_check_speed(speed_kph);
    SELECT timevmaps_internal.tv_import_check_columns(coordinates, 'coordinates', ARRAY['line'], '{}');
    SELECT timevmaps_internal.tv_import_nodes(timevmaps_internal.tv_import_lines(coordinates, 'coordinates',
        '^p aux sp co [0-9]{1,15}$', '^v [0-9]{1,15} -?[0-9]{1,12} -?[0-9]{1,12}$'));
    SELECT timevmaps_internal.tv_import_check_columns(graph, 'graph', ARRAY['line'], '{}');
    SELECT timevmaps_internal.tv_import_arcs('graph', timevmaps_internal.tv_import_lines(graph, 'graph',
        '^p sp [0-9]{1,15} [0-9]{1,15}$', '^a [0-9]{1,15} [0-9]{1,15} [0-9]{1,15}$'));
    SELECT timevmaps_internal.tv_import_check_columns(times, 'times', ARRAY['line'], '{}') WHERE times IS NOT NULL;
    SELECT timevmaps_internal.tv_import_arcs('times', timevmaps_internal.tv_import_lines(times, 'times',
        '^p sp [0-9]{1,15} [0-9]{1,15}$', '^a [0-9]{1,15} [0-9]{1,15} [0-9]{1,15}$')) WHERE times IS NOT NULL;
    SELECT w.places, w.segments, s.zero_costs
    FROM timevmaps_internal.tv_import_stage_arcs(times IS NOT NULL, length_scale, time_scale, speed_kph) s,
        LATERAL timevmaps_internal.tv_import_write(world_id, id_prefix, s.label) w;
END;
COMMENT ON FUNCTION timevmaps.tv_import_dimacs(bigint, regclass, regclass, regclass, double precision, double precision, double precision, text) IS
'Import a road network in the format of the 9th DIMACS challenge into a world, from relations that hold its files'' lines; how many places and segments. scripts/import-dimacs does it with files.
graph (.gr), coordinates (.co), times (a second .gr with the same arcs in the same order, or null): each has line (its number, bigint) and text.
A weight of the graph times length_scale is metres; one of times times time_scale is seconds, and without times the speed is speed_kph. Arcs there and back with equal weights become one two-way segment; parallel arcs and loops are kept.
props.source_id of a place is id_prefix and the node''s number, unique in the world. zero_costs: arcs with a weight of 0, which becomes 1e-6 m or s.
Errors: 22023 a bad argument or line, named as graph[line], coordinates[line] or times[line]; otherwise as tv_import_pgrouting(). After an error nothing has been imported.
Source: docs/import.md.';
