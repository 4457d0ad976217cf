-- What things are called: names of places, segments and zones, as they are compared (tv_fold()).
--
-- Rows follow from the tables of what they name, whose triggers write them, a statement at a time; nobody else does. What has no name
-- has no row here, and costs a statement a look at each of its rows. Names that were changed while the extension was gone are
-- made up for by tv_init(), which one row of world 0 tells that there are some.

CREATE TABLE timevmaps.names (
    world_id bigint NOT NULL,
    kind text NOT NULL,
    ref_id bigint NOT NULL,
    seq smallint NOT NULL,
    timeline_id bigint,
    lang text,
    name text NOT NULL,
    folded text COLLATE "C" NOT NULL,
    importance real NOT NULL,
    lon double precision,
    lat double precision,
    reach real,
    PRIMARY KEY (kind, ref_id, seq),
    CONSTRAINT names_kind_check CHECK (kind IN ('place', 'segment', 'zone'))
);
-- Begins with what somebody has typed; in a world, the important ones; trigrams, of a world. What a query says of world_id can be served
-- by the last alone, and what it says of world_id + 0 by the first two: the planner, whose plans are kept, knows no world's size.
CREATE INDEX names_folded_idx ON timevmaps.names ((world_id + 0), folded);
CREATE INDEX names_importance_idx ON timevmaps.names ((world_id + 0), importance DESC);
CREATE INDEX names_trigrams_idx ON timevmaps.names USING gin (world_id, folded @trgm@.gin_trgm_ops);
-- What is called something, and near.
CREATE INDEX names_geog_idx ON timevmaps.names
    USING gist (world_id, (@postgis@.st_setsrid(@postgis@.st_makepoint(lon, lat), 4326)::@postgis@.geography)) WHERE kind = 'place' AND seq = 0;
COMMENT ON TABLE timevmaps.names IS 'What places, segments and zones are called, as tv_search() compares it; written by triggers.';
COMMENT ON COLUMN timevmaps.names.world_id IS 'The world. 0: a row that says that names are to be made anew.';
COMMENT ON COLUMN timevmaps.names.kind IS 'place, segment or zone.';
COMMENT ON COLUMN timevmaps.names.ref_id IS 'Which one.';
COMMENT ON COLUMN timevmaps.names.seq IS 'Of its names: 0 is its own, others count up; umlauts spelled as two letters are one more.';
COMMENT ON COLUMN timevmaps.names.timeline_id IS 'The timeline that it belongs to, with its descendants; null: every one.';
COMMENT ON COLUMN timevmaps.names.lang IS 'The language, where the name is one of name:xx in props.';
COMMENT ON COLUMN timevmaps.names.name IS 'As it is written.';
COMMENT ON COLUMN timevmaps.names.folded IS 'As it is compared, up to 250 characters.';
COMMENT ON COLUMN timevmaps.names.importance IS 'props.importance, else a tenth of the decimal logarithm of props.population; 0: neither. Larger ones come first.';
COMMENT ON COLUMN timevmaps.names.lon IS 'Longitude of it, or of its middle; null: its ends are to be asked.';
COMMENT ON COLUMN timevmaps.names.lat IS 'Latitude of it, or of its middle.';
COMMENT ON COLUMN timevmaps.names.reach IS 'How far from there it reaches at most, in degrees of arc.';

-- What they say follows from other tables, as with what waits in the queue: what comes with a dump's data or by replication is not taken in.
CREATE TRIGGER names_keep BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.names FOR EACH ROW
    WHEN (CURRENT_USER OPERATOR(pg_catalog.<>) 'tv_owner' OR pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica')
    EXECUTE FUNCTION timevmaps_internal.tv_keep_derived();

-- Without the extension nobody folds names.
CREATE FUNCTION timevmaps_internal.tv_names_ready() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regprocedure('timevmaps_internal.tv_names_list(text, jsonb)') IS NOT NULL THEN
        RETURN true;
    END IF;
    INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, name, folded, importance) VALUES (0, 'place', 0, 0, '', '', 0)
    ON CONFLICT (kind, ref_id, seq) DO NOTHING;
    RETURN false;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_ready() IS 'Whether names can be made; if not, tv_init() is told that some are missing.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_ready() FROM PUBLIC;

-- What an index of trigrams has not sorted in yet, every search reads. A few rows leave little of that behind; many are quicker with more
-- of it, and then sort it in (174,000 names: 8.2 s with little, 3.2 s with much, on a busy machine).
CREATE FUNCTION timevmaps_internal.tv_names_many(many boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF many THEN
        PERFORM gin_clean_pending_list('timevmaps.names_trigrams_idx');
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_many(boolean) IS 'Have many names that were inserted sorted into their index.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_many(boolean) FROM PUBLIC;

-- As the rows are now, all by their keys. What runs straight from place to place has no middle here.
CREATE FUNCTION timevmaps_internal.tv_names_put(kind text, ids bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET gin_pending_list_limit = '64kB'
AS $$
#variable_conflict use_column
DECLARE
    many CONSTANT boolean := cardinality(ids) > 1000;
BEGIN
    IF many THEN
        PERFORM set_config('gin_pending_list_limit', '4MB', true);
    END IF;
    DELETE FROM timevmaps.names x WHERE x.kind = tv_names_put.kind AND x.ref_id = ANY (ids);
    IF kind = 'place' THEN
        INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, lang, name, folded, importance, lon, lat, reach)
        SELECT p.world_id, 'place', p.id, l.seq, l.lang, l.name, l.folded, l.importance, p.lon, p.lat, 0
        FROM timevmaps.places p, timevmaps_internal.tv_names_list(p.name, p.props) l
        WHERE p.id = ANY (ids) AND timevmaps_internal.tv_is_named(p.name, p.props);
    ELSIF kind = 'segment' THEN
        INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, timeline_id, lang, name, folded, importance, lon, lat, reach)
        SELECT s.world_id, 'segment', s.id, l.seq, s.timeline_id, l.lang, l.name, l.folded, l.importance, m.lon, m.lat, m.reach
        FROM timevmaps.segments s, timevmaps_internal.tv_names_list(NULL, s.props) l, timevmaps_internal.tv_course_middle(s.geom) m
        WHERE s.id = ANY (ids) AND timevmaps_internal.tv_is_named(NULL, s.props);
    ELSE
        INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, timeline_id, lang, name, folded, importance, lon, lat, reach)
        SELECT z.world_id, 'zone', z.id, l.seq, z.timeline_id, l.lang, l.name, l.folded, l.importance, @postgis@.st_x(m.point), @postgis@.st_y(m.point), 0
        FROM timevmaps.zones z, timevmaps_internal.tv_names_list(z.name, z.props) l, LATERAL (SELECT @postgis@.st_pointonsurface(z.geom) AS point) m
        WHERE z.id = ANY (ids) AND timevmaps_internal.tv_is_named(z.name, z.props);
    END IF;
    PERFORM timevmaps_internal.tv_names_many(many);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_put(text, bigint[]) IS 'Make the names of places, segments or zones anew.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_put(text, bigint[]) FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_names_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET gin_pending_list_limit = '64kB'
AS $$
DECLARE
    many boolean;
    named bigint;
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF NOT timevmaps_internal.tv_names_ready() THEN
        RETURN NULL;
    END IF;
    many := (SELECT count(*) FROM (SELECT FROM new_rows LIMIT 1001) n) > 1000;
    IF many THEN
        PERFORM set_config('gin_pending_list_limit', '4MB', true);
    END IF;
    -- What is there already somebody has left who had triggers off.
    IF TG_ARGV[0] = 'place' THEN
        INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, lang, name, folded, importance, lon, lat, reach)
        SELECT n.world_id, 'place', n.id, l.seq, l.lang, l.name, l.folded, l.importance, n.lon, n.lat, 0
        FROM new_rows n, timevmaps_internal.tv_names_list(n.name, n.props) l
        WHERE timevmaps_internal.tv_is_named(n.name, n.props)
        ON CONFLICT (kind, ref_id, seq) DO UPDATE SET (world_id, timeline_id, lang, name, folded, importance, lon, lat, reach)
            = ROW (excluded.world_id, excluded.timeline_id, excluded.lang, excluded.name, excluded.folded, excluded.importance, excluded.lon, excluded.lat, excluded.reach);
    ELSIF TG_ARGV[0] = 'segment' THEN
        INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, timeline_id, lang, name, folded, importance, lon, lat, reach)
        SELECT n.world_id, 'segment', n.id, l.seq, n.timeline_id, l.lang, l.name, l.folded, l.importance, m.lon, m.lat, m.reach
        FROM new_rows n, timevmaps_internal.tv_names_list(NULL, n.props) l, timevmaps_internal.tv_course_middle(n.geom) m
        WHERE timevmaps_internal.tv_is_named(NULL, n.props)
        ON CONFLICT (kind, ref_id, seq) DO UPDATE SET (world_id, timeline_id, lang, name, folded, importance, lon, lat, reach)
            = ROW (excluded.world_id, excluded.timeline_id, excluded.lang, excluded.name, excluded.folded, excluded.importance, excluded.lon, excluded.lat, excluded.reach);
    ELSE
        PERFORM timevmaps_internal.tv_names_put(TG_ARGV[0], ARRAY(SELECT n.id FROM new_rows n));
    END IF;
    GET DIAGNOSTICS named = ROW_COUNT;
    PERFORM timevmaps_internal.tv_names_many(many AND named > 0);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_inserted() IS 'Trigger: what is inserted and has names gets them.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_inserted() FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_names_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF NOT timevmaps_internal.tv_names_ready() THEN
        RETURN NULL;
    END IF;
    -- Of those with a name before or after.
    IF TG_ARGV[0] = 'place' THEN
        ids := ARRAY(SELECT coalesce(o.id, n.id)
            FROM (SELECT * FROM old_rows WHERE timevmaps_internal.tv_is_named(old_rows.name, old_rows.props)) o
                 FULL JOIN (SELECT * FROM new_rows WHERE timevmaps_internal.tv_is_named(new_rows.name, new_rows.props)) n ON n.id = o.id
            WHERE (o.id, o.name, o.props, o.lon, o.lat) IS DISTINCT FROM (n.id, n.name, n.props, n.lon, n.lat));
    ELSIF TG_ARGV[0] = 'segment' THEN
        ids := ARRAY(SELECT coalesce(o.id, n.id)
            FROM (SELECT * FROM old_rows WHERE timevmaps_internal.tv_is_named(NULL, old_rows.props)) o
                 FULL JOIN (SELECT * FROM new_rows WHERE timevmaps_internal.tv_is_named(NULL, new_rows.props)) n ON n.id = o.id
            WHERE (o.id, o.props, o.timeline_id, o.geom::bytea) IS DISTINCT FROM (n.id, n.props, n.timeline_id, n.geom::bytea));
    ELSE
        ids := ARRAY(SELECT o.id FROM old_rows o);
    END IF;
    IF cardinality(ids) > 0 THEN
        PERFORM timevmaps_internal.tv_names_put(TG_ARGV[0], ids);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_updated() IS 'Trigger: what is called something else, or has moved, gets its names anew.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_updated() FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_names_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    IF to_regprocedure('timevmaps_internal.tv_is_named(text, jsonb)') IS NULL OR TG_ARGV[0] = 'zone' THEN
        DELETE FROM timevmaps.names x USING old_rows o WHERE x.kind = TG_ARGV[0] AND x.ref_id = o.id;
    ELSIF TG_ARGV[0] = 'place' THEN
        DELETE FROM timevmaps.names x USING old_rows o
        WHERE x.kind = 'place' AND x.ref_id = o.id AND timevmaps_internal.tv_is_named(o.name, o.props);
    ELSE
        DELETE FROM timevmaps.names x USING old_rows o
        WHERE x.kind = 'segment' AND x.ref_id = o.id AND timevmaps_internal.tv_is_named(NULL, o.props);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_deleted() IS 'Trigger: names go with what is called so.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_deleted() FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_names_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    DELETE FROM timevmaps.names x WHERE x.kind = TG_ARGV[0];
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_truncated() IS 'Trigger: a table that is emptied leaves no names.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_truncated() FROM PUBLIC;

-- Statements write for themselves, but for what comes by replication or in a session that is a replica.
CREATE FUNCTION timevmaps_internal.tv_names_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    IF TG_OP = 'DELETE' THEN
        DELETE FROM timevmaps.names x WHERE x.kind = TG_ARGV[0] AND x.ref_id = OLD.id;
    ELSIF timevmaps_internal.tv_names_ready() THEN
        PERFORM timevmaps_internal.tv_names_put(TG_ARGV[0], ARRAY[NEW.id]);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_row() IS 'Trigger: names of what has come by replication.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_row() FROM PUBLIC;

DO $$
DECLARE
    name text;
    kind text;
BEGIN
    FOR name, kind IN VALUES ('places', 'place'), ('segments', 'segment') LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER INSERT ON timevmaps.%I REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_names_inserted(%L)', name || '_names_insert', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER UPDATE ON timevmaps.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_names_updated(%L)', name || '_names_update', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER DELETE ON timevmaps.%I REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_names_deleted(%L)', name || '_names_delete', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER TRUNCATE ON timevmaps.%I
            FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_names_truncated(%L)', name || '_names_truncate', name, kind);
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON timevmaps.%I
            FOR EACH ROW WHEN (pg_catalog.current_setting(''session_replication_role'') OPERATOR(pg_catalog.=) ''replica'')
            EXECUTE FUNCTION timevmaps_internal.tv_names_row(%L)', name || '_names_arrived', name, kind);
    END LOOP;
END
$$;

-- What a restoring has left, what somebody has done with triggers off, and what was changed while the extension was gone.
CREATE FUNCTION timevmaps_internal.tv_names_reconcile(always boolean) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids bigint[];
    wrong bigint := 0;
    part record;
BEGIN
    IF NOT always AND NOT EXISTS (SELECT FROM timevmaps.names x WHERE x.world_id = 0) THEN
        RETURN 0;
    END IF;
    DELETE FROM timevmaps.names x WHERE x.world_id = 0;
    FOR part IN VALUES
        ('place', 'SELECT p.id, p.world_id, NULL::bigint AS timeline_id, l.*, p.lon, p.lat, 0::real AS reach
                   FROM timevmaps.places p, timevmaps_internal.tv_names_list(p.name, p.props) l WHERE timevmaps_internal.tv_is_named(p.name, p.props)'),
        ('segment', 'SELECT s.id, s.world_id, s.timeline_id, l.*, m.lon, m.lat, m.reach
                   FROM timevmaps.segments s, timevmaps_internal.tv_names_list(NULL, s.props) l, timevmaps_internal.tv_course_middle(s.geom) m
                   WHERE timevmaps_internal.tv_is_named(NULL, s.props)'),
        ('zone', 'SELECT z.id, z.world_id, z.timeline_id, l.*, @postgis@.st_x(m.point) AS lon, @postgis@.st_y(m.point) AS lat, 0::real AS reach
                   FROM timevmaps.zones z, timevmaps_internal.tv_names_list(z.name, z.props) l, LATERAL (SELECT @postgis@.st_pointonsurface(z.geom) AS point) m
                   WHERE timevmaps_internal.tv_is_named(z.name, z.props)')
    LOOP
        EXECUTE format('SELECT array_agg(DISTINCT coalesce(w.id, x.ref_id)) FROM (%s) w
            FULL JOIN (SELECT * FROM timevmaps.names WHERE kind = $1) x ON x.ref_id = w.id AND x.seq = w.seq
            WHERE (w.id, w.world_id, w.timeline_id, w.lang, w.name, w.folded, w.importance, w.lon, w.lat, w.reach)
                IS DISTINCT FROM (x.ref_id, x.world_id, x.timeline_id, x.lang, x.name, x.folded, x.importance, x.lon, x.lat, x.reach)', part.column2)
        INTO ids USING part.column1;
        IF cardinality(ids) > 0 THEN
            PERFORM timevmaps_internal.tv_names_put(part.column1, ids);
            wrong := wrong + cardinality(ids);
        END IF;
    END LOOP;
    RETURN wrong;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_names_reconcile(boolean) IS
'Make names what places, segments and zones say; how many of these had wrong ones. tv_init() calls it, always where triggers were off, else where names were left out.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_names_reconcile(boolean) FROM PUBLIC;

-- Those that were there before.
INSERT INTO timevmaps.names (world_id, kind, ref_id, seq, name, folded, importance) VALUES (0, 'place', 0, 0, '', '', 0);
