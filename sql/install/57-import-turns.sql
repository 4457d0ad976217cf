-- 57-import-turns: rules of others for turns, as rows of turns.
--
-- As of the other imports: rules are read once into a temporary table, all run as the caller, an error anywhere undoes
-- the statement. What has no like here is not an error: it is left out, counted and named.

CREATE FUNCTION timevmaps_internal.tv_import_turns_form(rules regclass) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    form text;
    types oid[] := ARRAY['int2'::regtype, 'int4'::regtype, 'int8'::regtype];
    wrong record;
BEGIN
    IF rules IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'rules: must not be null';
    END IF;
    SELECT f.form INTO form
    FROM (VALUES (1, 'path', '{path,cost}'::name[]), (2, 'via_path', '{target_id,via_path,to_cost}'), (3, 'ids', '{from_id,via_id,to_id}'),
                 (4, 'osm', '{from_osm_id,via_osm_id,to_osm_id}')) f (n, form, columns)
    WHERE f.columns <@ ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = rules AND a.attnum > 0 AND NOT a.attisdropped)
    ORDER BY f.n LIMIT 1;
    IF form IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'rules: without the columns of rules for turns',
            DETAIL = format('It is %s.', rules),
            HINT = 'Columns are path, cost; or target_id, via_path, to_cost; or from_id, via_id, to_id; or from_osm_id, via_osm_id, to_osm_id.';
    END IF;
    SELECT a.attname AS name, w.kind, a.atttypid::regtype AS type INTO wrong
    FROM (SELECT 'path'::name, 'an array of integers', ARRAY['int2[]'::regtype, 'int4[]'::regtype, 'int8[]'::regtype]::oid[] WHERE form = 'path'
          UNION ALL SELECT unnest(CASE form WHEN 'path' THEN '{id}' WHEN 'via_path' THEN '{id,rid,target_id}' WHEN 'ids' THEN '{id,from_id,via_id,to_id}'
                                            ELSE '{id,from_osm_id,via_osm_id,to_osm_id}' END::name[]), 'an integer', types
          UNION ALL SELECT unnest(CASE form WHEN 'path' THEN '{cost}' WHEN 'via_path' THEN '{to_cost}' ELSE '{penalty_s}' END::name[]), 'a number',
              types || ARRAY['float4'::regtype, 'float8'::regtype, 'numeric'::regtype]::oid[]
          UNION ALL SELECT unnest(CASE form WHEN 'path' THEN '{}' WHEN 'via_path' THEN '{via_path}' ELSE '{rule,restriction}' END::name[]), 'text',
              ARRAY['text'::regtype, 'varchar'::regtype, 'bpchar'::regtype]::oid[]) w (name, kind, types)
        JOIN pg_attribute a ON a.attrelid = rules AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
    WHERE a.atttypid <> ALL (w.types) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('rules.%s: not %s column', wrong.name, wrong.kind),
            DETAIL = format('Its type is %s.', wrong.type);
    END IF;
    RETURN form;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_turns_form(regclass) IS
'Part of tv_import_turns(): which columns a table or view has: path, via_path, ids or osm; 22023 for one that has none of them, or others.';

CREATE FUNCTION timevmaps_internal.tv_import_turns_priced(form text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE form WHEN 'path' THEN 'cost' WHEN 'via_path' THEN 'to_cost' ELSE 'penalty_s' END;
COMMENT ON FUNCTION timevmaps_internal.tv_import_turns_priced(text) IS 'Part of tv_import_turns(): the column with what a turn costs.';

-- A rule says from what, where and into what, by the ids that they came with.  Whoever imports may not name what is in this schema, so
-- the expression for what a turn costs comes with the call.
CREATE FUNCTION timevmaps_internal.tv_import_turns_read(rules regclass, form text, priced text, price text, cost_scale double precision) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
    has name[] := ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = rules AND a.attnum > 0 AND NOT a.attisdropped);
    wrong record;
BEGIN
    EXECUTE format($sql$
        CREATE TEMPORARY TABLE tv_import_rule ON COMMIT DROP AS
        SELECT row_number() OVER () AS n, %2$s AS id, %3$s AS path, %4$s AS via, %5$s AS said, %6$s AS penalty, NULL::text AS rule, NULL::double precision AS penalty_s,
            NULL::text AS problem
        FROM %1$s e
        $sql$, rules,
        CASE WHEN 'id' = ANY (has) THEN 'e.id::bigint' WHEN form = 'via_path' AND 'rid' = ANY (has) THEN 'e.rid::bigint' ELSE 'NULL::bigint' END,
        CASE form WHEN 'path' THEN 'e.path::bigint[]'
                  WHEN 'via_path' THEN $x$CASE WHEN e.via_path ~ '^\s*-?\d{1,18}(\s*,\s*-?\d{1,18})*\s*$'
                      THEN ARRAY(SELECT p.edge::bigint FROM regexp_split_to_table(e.via_path::text, ',') WITH ORDINALITY p (edge, n) ORDER BY p.n DESC) || e.target_id::bigint END$x$
                  WHEN 'ids' THEN 'ARRAY[e.from_id::bigint, e.to_id::bigint]' ELSE 'ARRAY[e.from_osm_id::bigint, e.to_osm_id::bigint]' END,
        CASE form WHEN 'ids' THEN 'e.via_id::bigint' WHEN 'osm' THEN 'e.via_osm_id::bigint' ELSE 'NULL::bigint' END,
        CASE WHEN form IN ('path', 'via_path') THEN 'NULL::text' WHEN 'rule' = ANY (has) THEN 'e.rule::text' WHEN 'restriction' = ANY (has) THEN 'e.restriction::text' ELSE 'NULL::text' END,
        coalesce(price, 'NULL::double precision'));

    -- pgRouting says with a cost that is negative, or beyond all, that nobody may; others say it.
    UPDATE pg_temp.tv_import_rule SET rule = CASE
        WHEN form IN ('path', 'via_path') THEN CASE WHEN penalty = 'NaN' THEN NULL WHEN penalty < 0 OR penalty >= 1e100 THEN 'no' ELSE 'cost' END
        WHEN said IS NULL THEN CASE WHEN penalty IS NULL THEN 'no' ELSE 'cost' END
        WHEN said IN ('no', 'only', 'cost') THEN said
        WHEN 'rule' = ANY (has) THEN NULL
        WHEN said LIKE 'no\_%' THEN 'no' WHEN said LIKE 'only\_%' THEN 'only' END;
    UPDATE pg_temp.tv_import_rule SET penalty_s = penalty * cost_scale WHERE rule = 'cost';

    SELECT r.id, c.name, c.problem, c.given INTO wrong
    FROM pg_temp.tv_import_rule r
        CROSS JOIN LATERAL (VALUES
            (form, 'not a list of edges', r.path::text, form NOT IN ('path', 'via_path') OR r.path IS NOT NULL AND array_ndims(r.path) = 1 AND array_position(r.path, NULL) IS NULL),
            ('rule', 'not "no", "only" or "cost"', r.said, r.rule IS NOT NULL OR 'rule' <> ALL (has)),
            (priced, 'not a number of seconds', r.penalty::text, form IN ('path', 'via_path') AND r.rule = 'no' OR r.rule = 'cost' AND r.penalty_s >= 0 AND r.penalty_s < 1e100
                OR form NOT IN ('path', 'via_path') AND (r.rule <> 'cost' AND r.penalty IS NULL OR r.rule IS NULL))) c (name, problem, given, good)
    WHERE c.good IS NOT TRUE ORDER BY r.id NULLS FIRST, r.n LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('rules[%s].%s: %s', coalesce(wrong.id::text, '?'), wrong.name, wrong.problem),
            DETAIL = format('It is %s.', coalesce(wrong.given, 'null'));
    END IF;
    RETURN form;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_turns_read(regclass, text, text, text, double precision) IS
'Part of tv_import_turns(): read the rules into the temporary table tv_import_rule; 22023 for the first that is not right. Gives back the form.';

-- An end is where one arrives by a segment, or leaves by it.  An edge that is slower back is two segments, each of one direction.
CREATE FUNCTION timevmaps_internal.tv_import_turns_resolve(world_id bigint, form text, id_prefix text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
#variable_conflict use_column
DECLARE
    what text := CASE form WHEN 'osm' THEN 'way' ELSE 'edge' END;
    world bigint := world_id;
    key text := CASE form WHEN 'osm' THEN 'osm_id' ELSE 'source_id' END;
    prefix text := CASE form WHEN 'osm' THEN '' ELSE id_prefix END;
BEGIN
    UPDATE pg_temp.tv_import_rule SET problem = CASE
        WHEN cardinality(path) <> 2 THEN format('%s edges in its path, and not two', cardinality(path))
        WHEN array_position(path, NULL) IS NOT NULL OR via IS NULL AND form IN ('ids', 'osm') THEN 'from, via or to is missing'
        WHEN rule IS NULL THEN format('not a restriction that begins with no_ or only_: %s', left(said, 100)) END;

    CREATE TEMPORARY TABLE tv_import_end ON COMMIT DROP AS
    SELECT s.props ->> key AS key, s.props ->> 'source_id' AS piece, s.id AS segment_id, e.place_id, bool_or(e.arrives) AS arrives, bool_or(e.leaves) AS leaves
    FROM timevmaps.segments s
        CROSS JOIN LATERAL (VALUES (s.a_place_id, NOT s.oneway, true), (s.b_place_id, true, NOT s.oneway)) e (place_id, arrives, leaves)
    WHERE s.world_id = world AND starts_with(s.props ->> 'source_id', id_prefix)
      AND s.props ->> key IN (SELECT prefix || unnest(r.path) FROM pg_temp.tv_import_rule r WHERE r.problem IS NULL)
    GROUP BY 1, 2, 3, 4;
    CREATE TEMPORARY TABLE tv_import_place ON COMMIT DROP AS
    SELECT p.props ->> key AS key, p.id AS place_id FROM timevmaps.places p
    WHERE p.world_id = world AND starts_with(p.props ->> 'source_id', id_prefix)
      AND p.props ->> key IN (SELECT prefix || r.via FROM pg_temp.tv_import_rule r WHERE r.problem IS NULL);
    CREATE TEMPORARY TABLE tv_import_turn ON COMMIT DROP AS
    SELECT r.n, f.segment_id AS from_segment_id, f.place_id AS via_place_id, t.segment_id AS to_segment_id, f.piece AS from_piece, t.piece AS to_piece
    FROM pg_temp.tv_import_rule r
        JOIN pg_temp.tv_import_end f ON f.key = prefix || r.path[1] AND f.arrives
        JOIN pg_temp.tv_import_end t ON t.key = prefix || r.path[2] AND t.leaves AND t.place_id = f.place_id
    WHERE r.problem IS NULL
      AND (r.via IS NULL OR EXISTS (SELECT FROM pg_temp.tv_import_place p WHERE p.key = prefix || r.via AND p.place_id = f.place_id));

    UPDATE pg_temp.tv_import_rule r SET problem = CASE
        WHEN u.id IS NOT NULL THEN format('no segment of %s %s', what, u.id)
        WHEN r.via IS NOT NULL AND NOT EXISTS (SELECT FROM pg_temp.tv_import_place p WHERE p.key = prefix || r.via) THEN format('no place of node %s', r.via)
        ELSE 'nobody can turn so: they do not meet there, or lead the other way' END
    FROM pg_temp.tv_import_rule s
        LEFT JOIN LATERAL (SELECT p.id FROM unnest(s.path) p (id) WHERE NOT EXISTS (SELECT FROM pg_temp.tv_import_end e WHERE e.key = prefix || p.id) LIMIT 1) u ON true
    WHERE s.n = r.n AND r.problem IS NULL AND NOT EXISTS (SELECT FROM pg_temp.tv_import_turn t WHERE t.n = r.n);
    -- Of a way that goes on beyond the place nobody knows which part is meant.
    UPDATE pg_temp.tv_import_rule r SET problem = 'a way that leads through the place'
    FROM (SELECT t.n FROM pg_temp.tv_import_turn t GROUP BY t.n HAVING count(DISTINCT t.from_piece) > 1 OR count(DISTINCT t.to_piece) > 1) a
    WHERE r.n = a.n AND form = 'osm';
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_turns_resolve(bigint, text, text) IS
'Part of tv_import_turns(): find the segments and places of the rules in tv_import_rule; what they are is in tv_import_turn, what is wrong beside each rule.';

CREATE FUNCTION timevmaps_internal.tv_import_turns_write(timeline_id bigint, OUT turns bigint, OUT refused bigint, OUT refusals jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Of several rules for one turn the strictest.
    INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s, note)
    SELECT DISTINCT ON (t.via_place_id, t.from_segment_id, t.to_segment_id)
        tv_import_turns_write.timeline_id, t.from_segment_id, t.via_place_id, t.to_segment_id, r.rule, r.penalty_s, CASE WHEN r.said <> r.rule THEN left(r.said, 1000) END
    FROM pg_temp.tv_import_turn t JOIN pg_temp.tv_import_rule r ON r.n = t.n
    WHERE r.problem IS NULL
    ORDER BY t.via_place_id, t.from_segment_id, t.to_segment_id, array_position('{no,only,cost}', r.rule), r.penalty_s DESC, r.n;
    GET DIAGNOSTICS turns = ROW_COUNT;
    SELECT count(*), coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'path', to_jsonb(p.path), 'problem', p.problem) ORDER BY p.id, p.n) FILTER (WHERE p.nth <= 100), '[]')
    INTO refused, refusals
    FROM (SELECT r.*, row_number() OVER (ORDER BY r.id, r.n) AS nth FROM pg_temp.tv_import_rule r WHERE r.problem IS NOT NULL) p;
    RAISE NOTICE 'import: % rules for turns written after % s', turns, round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1);
    DROP TABLE pg_temp.tv_import_rule, pg_temp.tv_import_end, pg_temp.tv_import_place, pg_temp.tv_import_turn;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_turns_write(bigint) IS
'Part of tv_import_turns(): write what tv_import_turn holds as rows of turns, tell of what was refused, and drop the temporary tables.';

CREATE FUNCTION timevmaps_internal.tv_import_turns_timeline(world_id bigint, timeline_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF $2 IS NOT NULL AND NOT EXISTS (SELECT FROM timevmaps.timelines t WHERE t.id = $2 AND t.world_id = $1) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s in world %s, or it is not visible to this role.', $2, $1);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_import_turns_timeline(bigint, bigint) IS 'Part of tv_import_turns(): PT404 unless the world has the timeline.';

CREATE FUNCTION timevmaps.tv_import_turns(
    world_id bigint,
    rules regclass,
    timeline_id bigint DEFAULT NULL,
    cost_scale double precision DEFAULT 1,
    id_prefix text DEFAULT '',
    OUT turns bigint,
    OUT refused bigint,
    OUT refusals jsonb)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_require_own_session('rules for turns are not imported');
    SELECT timevmaps_internal.tv_import_check_world(world_id, id_prefix);
    SELECT timevmaps_internal.tv_import_fail('cost_scale', coalesce(timevmaps_internal.tv_import_problem(cost_scale, 0), 'not above 0'), cost_scale::text)
    WHERE (cost_scale > 0 AND timevmaps_internal.tv_import_number(cost_scale)) IS NOT TRUE;
    SELECT timevmaps_internal.tv_import_turns_timeline(world_id, timeline_id);
    SELECT timevmaps_internal.tv_import_turns_resolve(world_id,
        timevmaps_internal.tv_import_turns_read(rules, f.form, f.priced, timevmaps_internal.tv_import_value(rules, f.priced), cost_scale), id_prefix)
    FROM (SELECT g.form, timevmaps_internal.tv_import_turns_priced(g.form) AS priced FROM timevmaps_internal.tv_import_turns_form(rules) g (form)) f;
    SELECT w.turns, w.refused, w.refusals FROM timevmaps_internal.tv_import_turns_write(timeline_id) w;
END;
COMMENT ON FUNCTION timevmaps.tv_import_turns(bigint, regclass, bigint, double precision, text) IS
'Import rules for turns of an imported network into a world, as rows of turns: how many rows, and how many rules were refused.
rules: a table or view with path (an array of two edges) and cost, as pgRouting''s restrictions; or target_id, via_path and to_cost, their older form; or from_id, via_id and to_id, edge, node and edge by the ids that they were imported with, and perhaps rule ("no", "only", "cost"; "no" unless there is a penalty_s) and penalty_s; or from_osm_id, via_osm_id and to_osm_id, way, node and way of OpenStreetMap, and perhaps restriction ("no_left_turn", "only_straight_on", ...). Perhaps id, by which a rule is named.
A cost or penalty_s is cost_scale seconds each; a cost that is negative, infinite or at least 1e100 forbids. Without via a rule holds wherever the two meet. timeline_id: of which timeline and its descendants the rows are; null: of every one. id_prefix: as when the network was imported.
refused: rules of which nothing is written: a path of another length, a segment or place that the world has not, segments that do not meet or lead the other way, a way that leads through the place; refusals: a JSON array of {"id", "path", "problem"}, the first 100.
Errors: 22023 a bad argument, column or row, named as rules[id].column; PT404 no such world or timeline; 23505 a turn that there is a rule for already; 42501 not an editor of the world, or over HTTP; 55000 before tv_init(). After an error nothing has been imported.
Source: docs/import.md.';
