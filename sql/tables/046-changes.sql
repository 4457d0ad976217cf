-- What has changed in the networks: one row for each statement, world and timeline.
--
-- A row is visible exactly when the change is, so that what a snapshot sees of this
-- table tells which state of the network it sees (docs/graph.md).  Rows
-- are only inserted, so editors never wait for each other here.
--
-- The log is a database's own: what a publication of all tables sends of another's is
-- not taken in, for the triggers of this one write down what arrives.

CREATE TABLE timevmaps.network_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    world_id bigint NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
    timeline_id bigint,
    kind "char" NOT NULL,
    ids bigint[],
    CONSTRAINT network_changes_kind_check CHECK (kind IN ('p', 's', 'o', 't', 'g', 'x'))
);
CREATE INDEX network_changes_world_idx ON timevmaps.network_changes (world_id, xid);
COMMENT ON TABLE timevmaps.network_changes IS 'Which rows of the networks statements have changed, for the prepared graphs to catch up with.';
COMMENT ON COLUMN timevmaps.network_changes.id IS 'Identifier.';
COMMENT ON COLUMN timevmaps.network_changes.world_id IS 'The world; 0: every one.';
COMMENT ON COLUMN timevmaps.network_changes.xid IS 'The transaction; for kind x that of the latest row that has been removed.';
COMMENT ON COLUMN timevmaps.network_changes.timeline_id IS 'Of overrides and rules for turns: whose; null for rules of every timeline.';
COMMENT ON COLUMN timevmaps.network_changes.kind IS 'p: places, s: segments, o: overrides, t: rules for turns, g: gateways, x: rows of the log itself have been removed.';
COMMENT ON COLUMN timevmaps.network_changes.ids IS 'The rows, of overrides their segments, of rules for turns their places; null: more than 10,000, or unknown. For kind x the transaction that removed rows.';

-- A trigger's argument is the kind of its table, whatever that is called now.  The functions are SECURITY DEFINER,
-- for who may change a network need not be able to write here.  Without the extension nobody asks for routes, and
-- nobody counts the statements that are under way.
-- Each statement that changes a network pays for this: what is asked first is an expression, which costs less than a query.
CREATE FUNCTION timevmaps_internal.tv_network_changing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told boolean;
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF to_regproc('timevmaps_internal.tv_network_statement') IS NOT NULL THEN
        told := timevmaps_internal.tv_network_statement(true) IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_network_changing() IS 'Trigger: a statement begins to change the network.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_network_changing() FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_network_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told boolean;
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF to_regproc('timevmaps_internal.tv_network_statement') IS NOT NULL THEN
        told := timevmaps_internal.tv_network_statement(false) IS NOT NULL;
    END IF;
    IF TG_ARGV[0] = 'o' THEN
        INSERT INTO timevmaps.network_changes (world_id, timeline_id, kind, ids)
        SELECT n.world_id, n.timeline_id, 'o', CASE WHEN count(*) <= 10000 THEN array_agg(n.segment_id) END
        FROM new_rows n GROUP BY n.world_id, n.timeline_id;
    ELSIF TG_ARGV[0] = 't' THEN
        INSERT INTO timevmaps.network_changes (world_id, timeline_id, kind, ids)
        SELECT n.world_id, n.timeline_id, 't', CASE WHEN count(*) <= 10000 THEN array_agg(DISTINCT n.via_place_id) END
        FROM new_rows n GROUP BY n.world_id, n.timeline_id;
    ELSIF TG_ARGV[0] = 'g' THEN
        INSERT INTO timevmaps.network_changes (world_id, kind, ids)
        SELECT w.id, 'g', CASE WHEN count(*) <= 10000 THEN array_agg(DISTINCT w.gateway) END
        FROM (SELECT n.from_world_id, n.id FROM new_rows n UNION SELECT n.to_world_id, n.id FROM new_rows n) w (id, gateway)
        GROUP BY w.id;
    ELSE
        INSERT INTO timevmaps.network_changes (world_id, kind, ids)
        SELECT n.world_id, TG_ARGV[0]::"char", CASE WHEN count(*) <= 10000 THEN array_agg(n.id) END
        FROM new_rows n GROUP BY n.world_id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_network_inserted() IS 'Trigger: write down the rows of the network that a statement has inserted.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_network_inserted() FROM PUBLIC;

-- Of places and segments only what routes ask for.
CREATE FUNCTION timevmaps_internal.tv_network_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told boolean;
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF to_regproc('timevmaps_internal.tv_network_statement') IS NOT NULL THEN
        told := timevmaps_internal.tv_network_statement(false) IS NOT NULL;
    END IF;
    IF TG_ARGV[0] = 'p' THEN
        INSERT INTO timevmaps.network_changes (world_id, kind, ids)
        SELECT c.world_id, 'p', CASE WHEN count(*) <= 10000 THEN array_agg(c.id) END
        FROM new_rows n FULL JOIN old_rows o ON o.id = n.id AND o.world_id = n.world_id
             CROSS JOIN LATERAL (VALUES (coalesce(n.world_id, o.world_id), coalesce(n.id, o.id))) c (world_id, id)
        WHERE (n.lat, n.lon) IS DISTINCT FROM (o.lat, o.lon)
        GROUP BY c.world_id;
    ELSIF TG_ARGV[0] = 's' THEN
        INSERT INTO timevmaps.network_changes (world_id, kind, ids)
        SELECT c.world_id, 's', CASE WHEN count(*) <= 10000 THEN array_agg(c.id) END
        FROM new_rows n FULL JOIN old_rows o ON o.id = n.id AND o.world_id = n.world_id
             CROSS JOIN LATERAL (VALUES (coalesce(n.world_id, o.world_id), coalesce(n.id, o.id))) c (world_id, id)
        WHERE (n.a_place_id, n.b_place_id, n.length_m, n.speed_kph, n.base_drag, n.oneway, n.timeline_id, n.geom IS NULL,
               n.class, n.max_height_m, n.max_width_m, n.max_length_m, n.max_weight_kg, n.gate)
              IS DISTINCT FROM (o.a_place_id, o.b_place_id, o.length_m, o.speed_kph, o.base_drag, o.oneway, o.timeline_id, o.geom IS NULL,
               o.class, o.max_height_m, o.max_width_m, o.max_length_m, o.max_weight_kg, o.gate)
        GROUP BY c.world_id;
    ELSIF TG_ARGV[0] = 'o' THEN
        INSERT INTO timevmaps.network_changes (world_id, timeline_id, kind, ids)
        SELECT r.world_id, r.timeline_id, 'o', CASE WHEN count(*) <= 10000 THEN array_agg(r.segment_id) END
        FROM (SELECT n.world_id, n.timeline_id, n.segment_id FROM new_rows n
              UNION SELECT o.world_id, o.timeline_id, o.segment_id FROM old_rows o) r
        GROUP BY r.world_id, r.timeline_id;
    ELSIF TG_ARGV[0] = 't' THEN
        INSERT INTO timevmaps.network_changes (world_id, timeline_id, kind, ids)
        SELECT r.world_id, r.timeline_id, 't', CASE WHEN count(*) <= 10000 THEN array_agg(DISTINCT r.via_place_id) END
        FROM (SELECT n.world_id, n.timeline_id, n.via_place_id FROM new_rows n
              UNION ALL SELECT o.world_id, o.timeline_id, o.via_place_id FROM old_rows o) r
        GROUP BY r.world_id, r.timeline_id;
    ELSE
        INSERT INTO timevmaps.network_changes (world_id, kind, ids)
        SELECT w.id, 'g', CASE WHEN count(*) <= 10000 THEN array_agg(DISTINCT w.gateway) END
        FROM (SELECT n.from_world_id, n.id FROM new_rows n UNION SELECT n.to_world_id, n.id FROM new_rows n
              UNION SELECT o.from_world_id, o.id FROM old_rows o UNION SELECT o.to_world_id, o.id FROM old_rows o) w (id, gateway)
        GROUP BY w.id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_network_updated() IS 'Trigger: write down the rows of the network that a statement has updated.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_network_updated() FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_network_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told boolean;
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF to_regproc('timevmaps_internal.tv_network_statement') IS NOT NULL THEN
        told := timevmaps_internal.tv_network_statement(false) IS NOT NULL;
    END IF;
    IF TG_ARGV[0] = 'o' THEN
        INSERT INTO timevmaps.network_changes (world_id, timeline_id, kind, ids)
        SELECT o.world_id, o.timeline_id, 'o', CASE WHEN count(*) <= 10000 THEN array_agg(o.segment_id) END
        FROM old_rows o GROUP BY o.world_id, o.timeline_id;
    ELSIF TG_ARGV[0] = 't' THEN
        INSERT INTO timevmaps.network_changes (world_id, timeline_id, kind, ids)
        SELECT o.world_id, o.timeline_id, 't', CASE WHEN count(*) <= 10000 THEN array_agg(DISTINCT o.via_place_id) END
        FROM old_rows o GROUP BY o.world_id, o.timeline_id;
    ELSIF TG_ARGV[0] = 'g' THEN
        INSERT INTO timevmaps.network_changes (world_id, kind, ids)
        SELECT w.id, 'g', CASE WHEN count(*) <= 10000 THEN array_agg(DISTINCT w.gateway) END
        FROM (SELECT o.from_world_id, o.id FROM old_rows o UNION SELECT o.to_world_id, o.id FROM old_rows o) w (id, gateway)
        GROUP BY w.id;
    ELSE
        INSERT INTO timevmaps.network_changes (world_id, kind, ids)
        SELECT o.world_id, TG_ARGV[0]::"char", CASE WHEN count(*) <= 10000 THEN array_agg(o.id) END
        FROM old_rows o GROUP BY o.world_id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_network_deleted() IS 'Trigger: write down the rows of the network that a statement has deleted.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_network_deleted() FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_network_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told boolean;
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF to_regproc('timevmaps_internal.tv_network_statement') IS NOT NULL THEN
        told := timevmaps_internal.tv_network_statement(false) IS NOT NULL;
    END IF;
    INSERT INTO timevmaps.network_changes (world_id, kind) VALUES (0, TG_ARGV[0]::"char");
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_network_truncated() IS 'Trigger: every world has lost what a table of the network held.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_network_truncated() FROM PUBLIC;

-- Rows that arrive by logical replication fire triggers for rows alone.  In which sessions a trigger
-- fires is set by sql/install/12-access.sql, for a restore with --disable-triggers sets it back: until that is done
-- it would fire in ordinary sessions, so it asks itself.
CREATE FUNCTION timevmaps_internal.tv_network_row_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rows jsonb;
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    -- In a session of the user's that is a replica, or when tables are copied at first, statements write for themselves.
    IF to_regprocedure('timevmaps_internal.tv_network_under_way()') IS NOT NULL THEN
        IF timevmaps_internal.tv_network_under_way() THEN
            RETURN NULL;
        END IF;
    END IF;
    -- Not before the check above: a conversion to JSON may be a function of whoever made a type.
    rows := CASE TG_OP WHEN 'INSERT' THEN jsonb_build_array(to_jsonb(NEW))
                       WHEN 'DELETE' THEN jsonb_build_array(to_jsonb(OLD))
                       ELSE jsonb_build_array(to_jsonb(OLD), to_jsonb(NEW)) END;
    INSERT INTO timevmaps.network_changes (world_id, timeline_id, kind, ids)
    SELECT DISTINCT w.world_id, CASE WHEN TG_ARGV[0] IN ('o', 't') THEN (r ->> 'timeline_id')::bigint END, TG_ARGV[0]::"char",
        ARRAY[(r ->> CASE TG_ARGV[0] WHEN 'o' THEN 'segment_id' WHEN 't' THEN 'via_place_id' ELSE 'id' END)::bigint]
    FROM jsonb_array_elements(rows) r,
         LATERAL (VALUES ((r ->> 'world_id')::bigint), ((r ->> 'from_world_id')::bigint), ((r ->> 'to_world_id')::bigint)) w (world_id)
    WHERE w.world_id IS NOT NULL;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_network_row_changed() IS 'Trigger: write down a row of the network that has come by replication.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_network_row_changed() FROM PUBLIC;

DO $$
DECLARE
    name text;
    kind text;
BEGIN
    FOR name, kind IN VALUES ('places', 'p'), ('segments', 's'), ('segment_overrides', 'o'), ('turns', 't'), ('gateways', 'g') LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON timevmaps.%I
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_network_changing()', name || '_log_begin', name);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER INSERT ON timevmaps.%I REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_network_inserted(%L)', name || '_log_insert', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER UPDATE ON timevmaps.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_network_updated(%L)', name || '_log_update', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER DELETE ON timevmaps.%I REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_network_deleted(%L)', name || '_log_delete', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER TRUNCATE ON timevmaps.%I
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_network_truncated(%L)', name || '_log_truncate', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON timevmaps.%I
            FOR EACH ROW WHEN (pg_catalog.current_setting(''session_replication_role'') OPERATOR(pg_catalog.=) ''replica'')
            EXECUTE FUNCTION timevmaps_internal.tv_network_row_changed(%L)', name || '_log_row', name, kind);
    END LOOP;
END
$$;

------------------------------------------------------- the log's own guards

-- What is removed here, by whomever, leaves a row that says so: a graph that may need it is not used any more.
CREATE FUNCTION timevmaps_internal.tv_changes_removed() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO timevmaps.network_changes (world_id, xid, kind, ids)
    SELECT DISTINCT ON (o.world_id) o.world_id, o.xid, 'x'::"char", ARRAY[pg_current_xact_id()::text::bigint]
    FROM old_rows o ORDER BY o.world_id, o.xid DESC;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_changes_removed() IS 'Trigger: rows of the log of changes that are removed leave a row of kind x.';

CREATE FUNCTION timevmaps_internal.tv_changes_refuse() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = 'the log of changes is not to be changed',
        DETAIL = format('%s of "%s" would leave routes on a state of the network that is gone.', TG_OP, TG_TABLE_NAME),
        HINT = 'Those that nobody needs go when a graph is prepared; DELETE removes others.',
        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_changes_refuse() IS 'Trigger: rows of the log of changes are not updated, and not truncated.';

-- Fires for rows that arrive by replication (its depth is 1) and for those that our triggers write about them (deeper).
CREATE FUNCTION timevmaps_internal.tv_keep_own_rows() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_trigger_depth() > 1 OR current_setting('session_replication_role') <> 'replica' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_keep_own_rows() IS 'Trigger: a table that is each database''s own takes nothing in by replication.';

CREATE TRIGGER network_changes_log_delete AFTER DELETE ON timevmaps.network_changes REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_changes_removed();
CREATE TRIGGER network_changes_log_refuse BEFORE UPDATE OR TRUNCATE ON timevmaps.network_changes
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_changes_refuse();
CREATE TRIGGER network_changes_log_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.network_changes
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();

-- Neither are another database's migrations those of this one.
CREATE TRIGGER schema_migrations_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.schema_migrations
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();
-- Nor is whom another server trusts to be trusted here.
CREATE TRIGGER token_issuers_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.token_issuers
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();
