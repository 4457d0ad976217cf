-- Who changed or ran what: a row for each statement, and what seals them.
--
-- One about several worlds has a row for each of them: their owners read what is about worlds of theirs alone, and who edits one would
-- else keep from its owner what he does there, by doing it elsewhere as well.
--
-- Writers only insert, each his own rows, so they never wait for each other here.  A sealer comes later and
-- takes what is final: all rows of transactions that had ended before the oldest one that still ran (docs/security.md).
-- The audit is a database's own: what a publication of all tables sends of another's is not taken in.

CREATE TABLE timevmaps.audit_events (
    id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 9007199254740991),
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
    -- Another number in another cluster: timevmaps_internal.tv_audit_era() sets it.
    era integer NOT NULL DEFAULT 1,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    identity text DEFAULT timevmaps.tv_identity(),
    session_role name NOT NULL DEFAULT session_user,
    role name NOT NULL DEFAULT timevmaps_internal.tv_caller_role(),
    action text NOT NULL,
    relation name,
    world_ids bigint[],
    count bigint,
    ids bigint[],
    more jsonb,
    -- In this order they are sealed.
    PRIMARY KEY (era, xid, id)
);
COMMENT ON TABLE timevmaps.audit_events IS 'Who changed or ran what: a row for each statement that changed rows, and for each world that they are of. Append-only.';
COMMENT ON COLUMN timevmaps.audit_events.id IS 'Identifier, below 2^53.';
COMMENT ON COLUMN timevmaps.audit_events.xid IS 'The transaction.';
COMMENT ON COLUMN timevmaps.audit_events.era IS 'Numbers of transactions are a cluster''s: another era begins when a dump is restored where they are behind.';
COMMENT ON COLUMN timevmaps.audit_events.at IS 'When the statement ended.';
COMMENT ON COLUMN timevmaps.audit_events.identity IS 'Who it was, as tv_identity() gives it; null: a token that names nobody.';
COMMENT ON COLUMN timevmaps.audit_events.session_role IS 'Database role that logged in.';
COMMENT ON COLUMN timevmaps.audit_events.role IS 'Database role that was set, or that logged in.';
COMMENT ON COLUMN timevmaps.audit_events.action IS 'INSERT, UPDATE, DELETE, TRUNCATE; MIGRATE: tv_init() made or migrated something.';
COMMENT ON COLUMN timevmaps.audit_events.relation IS 'The table; null for MIGRATE.';
COMMENT ON COLUMN timevmaps.audit_events.world_ids IS 'Worlds of the rows; null where they have none, and for TRUNCATE.';
COMMENT ON COLUMN timevmaps.audit_events.count IS 'How many rows; null for TRUNCATE.';
COMMENT ON COLUMN timevmaps.audit_events.ids IS 'The rows, of overrides their segments; null: more than 100, or they have none.';
COMMENT ON COLUMN timevmaps.audit_events.more IS 'What else there is to say, by table, as a JSON object: docs/security.md.';

CREATE TABLE timevmaps.audit_seals (
    batch bigint PRIMARY KEY,
    era integer NOT NULL,
    from_xid xid8 NOT NULL,
    to_xid xid8 NOT NULL,
    count bigint NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    leaves bytea NOT NULL,
    merkle bytea NOT NULL,
    previous bytea NOT NULL,
    root bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
-- It is hashes, which nothing compresses.
ALTER TABLE timevmaps.audit_seals ALTER COLUMN leaves SET STORAGE EXTERNAL;
COMMENT ON TABLE timevmaps.audit_seals IS 'Batches of audit_events that are sealed: each seal is a hash of its rows and of the seal before. Append-only.';
COMMENT ON COLUMN timevmaps.audit_seals.batch IS 'Number, from 1 without gaps.';
COMMENT ON COLUMN timevmaps.audit_seals.era IS 'Era of its rows.';
COMMENT ON COLUMN timevmaps.audit_seals.from_xid IS 'Its rows are those of the era from this transaction on: the to_xid of the seal before, 0 in the first of an era.';
COMMENT ON COLUMN timevmaps.audit_seals.to_xid IS 'Its rows are of transactions before this one.';
COMMENT ON COLUMN timevmaps.audit_seals.count IS 'How many rows.';
COMMENT ON COLUMN timevmaps.audit_seals.first_id IS 'The least id of its rows.';
COMMENT ON COLUMN timevmaps.audit_seals.last_id IS 'The greatest id of its rows.';
COMMENT ON COLUMN timevmaps.audit_seals.leaves IS 'For each row, in order of xid and id: 8 bytes of id and the first 8 bytes of its hash, so that a row that does not hold can be named.';
COMMENT ON COLUMN timevmaps.audit_seals.merkle IS 'Root of the tree of the rows'' hashes.';
COMMENT ON COLUMN timevmaps.audit_seals.previous IS 'Root of the seal before; 32 bytes of 0 in the first.';
COMMENT ON COLUMN timevmaps.audit_seals.root IS 'SHA-256 of all the other columns: docs/security.md.';
COMMENT ON COLUMN timevmaps.audit_seals.at IS 'When it was sealed.';

-------------------------------------------------------------- who writes

-- An argument is the sort of table.  The rows that a statement leaves are changed_rows, those that it removes too.
CREATE FUNCTION timevmaps_internal.tv_audit_statement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    ELSIF TG_OP = 'TRUNCATE' THEN
        INSERT INTO timevmaps.audit_events (action, relation) VALUES (TG_OP, TG_TABLE_NAME);
    ELSIF TG_ARGV[0] = 'rows' THEN
        -- Most statements are about one world: nothing is sorted.
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids)
        SELECT TG_OP, TG_TABLE_NAME, ARRAY[min(c.world_id)], count(*), CASE WHEN count(*) <= 100 THEN array_agg(c.id) END
        FROM changed_rows c HAVING min(c.world_id) = max(c.world_id);
        IF NOT FOUND THEN
            INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids)
            SELECT TG_OP, TG_TABLE_NAME, ARRAY[c.world_id], count(*), CASE WHEN count(*) <= 100 THEN array_agg(c.id) END
            FROM changed_rows c GROUP BY c.world_id ORDER BY c.world_id;
        END IF;
    ELSIF TG_ARGV[0] = 'overrides' THEN
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids, more)
        SELECT TG_OP, TG_TABLE_NAME, ARRAY[c.world_id], count(*), CASE WHEN count(*) <= 100 THEN array_agg(c.segment_id) END,
               CASE WHEN count(*) <= 100 THEN jsonb_build_object('timelines', jsonb_agg(DISTINCT c.timeline_id)) END
        FROM changed_rows c GROUP BY c.world_id ORDER BY c.world_id;
    ELSIF TG_ARGV[0] = 'gateways' THEN
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids)
        SELECT TG_OP, TG_TABLE_NAME, ARRAY[w.id], count(*), CASE WHEN count(*) <= 100 THEN array_agg(c.id) END
        FROM changed_rows c, LATERAL (SELECT c.from_world_id UNION SELECT c.to_world_id) w (id) GROUP BY w.id ORDER BY w.id;
    ELSIF TG_ARGV[0] = 'positions' THEN
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, more)
        SELECT TG_OP, TG_TABLE_NAME, ARRAY[c.world_id], count(*),
               CASE WHEN count(*) <= 100 THEN jsonb_build_object('timelines', jsonb_agg(DISTINCT c.timeline_id), 'vehicles', jsonb_agg(DISTINCT c.vehicle_id)) END
        FROM changed_rows c GROUP BY c.world_id ORDER BY c.world_id;
    ELSIF TG_ARGV[0] = 'members' THEN
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, more)
        SELECT TG_OP, TG_TABLE_NAME, array_agg(DISTINCT c.world_id), count(*),
               CASE WHEN count(*) <= 100 THEN jsonb_build_object('members', jsonb_agg(DISTINCT c.member)) END
        FROM changed_rows c HAVING count(*) > 0;
    ELSIF TG_ARGV[0] = 'circuits' THEN
        INSERT INTO timevmaps.audit_events (action, relation, count, ids)
        SELECT TG_OP, TG_TABLE_NAME, count(*), CASE WHEN count(*) <= 100 THEN array_agg(c.id) END
        FROM changed_rows c HAVING count(*) > 0;
    ELSIF TG_ARGV[0] = 'quotas' THEN
        INSERT INTO timevmaps.audit_events (action, relation, count, more)
        SELECT TG_OP, TG_TABLE_NAME, count(*),
               CASE WHEN count(*) <= 100 THEN jsonb_build_object('grantees', jsonb_agg(DISTINCT c.grantee), 'kinds', jsonb_agg(DISTINCT c.kind)) END
        FROM changed_rows c HAVING count(*) > 0;
    ELSIF TG_ARGV[0] = 'issuers' THEN
        INSERT INTO timevmaps.audit_events (action, relation, count, more)
        SELECT TG_OP, TG_TABLE_NAME, count(*), jsonb_build_object('issuers', jsonb_agg(DISTINCT c.issuer))
        FROM changed_rows c HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_audit_statement() IS 'Trigger: write down who has changed which rows.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_audit_statement() FROM PUBLIC;

-- Of worlds, which decide who may do what, the columns too; who owned a world that is gone.
CREATE FUNCTION timevmaps_internal.tv_audit_worlds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids, more)
        SELECT TG_OP, TG_TABLE_NAME, array_agg(c.id ORDER BY c.id), count(*), CASE WHEN count(*) <= 100 THEN array_agg(c.id ORDER BY c.id) END,
               jsonb_build_object('columns',
                   (SELECT coalesce(jsonb_agg(DISTINCT f.key), '[]') FROM changed_rows n JOIN old_rows o USING (id), LATERAL jsonb_each(to_jsonb(n)) f
                    WHERE f.value IS DISTINCT FROM to_jsonb(o) -> f.key))
               || coalesce((SELECT jsonb_build_object('owners', jsonb_agg(DISTINCT w.owner))
                            FROM changed_rows n JOIN old_rows o USING (id), LATERAL (VALUES (o.owner), (n.owner)) w (owner)
                            WHERE n.owner <> o.owner HAVING count(*) BETWEEN 1 AND 200), '{}')
        FROM changed_rows c HAVING count(*) > 0;
    ELSE
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids, more)
        SELECT TG_OP, TG_TABLE_NAME, array_agg(c.id ORDER BY c.id), count(*), CASE WHEN count(*) <= 100 THEN array_agg(c.id ORDER BY c.id) END,
               CASE WHEN count(*) <= 100 THEN jsonb_build_object('owners', jsonb_agg(DISTINCT c.owner)) END
        FROM changed_rows c HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_audit_worlds() IS 'Trigger: write down who has changed which worlds, and in what.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_audit_worlds() FROM PUBLIC;

-- Joined by hash or in order: a plan that was made for one row would be kept for hundreds.
-- Of updates what clients do, and how an experiment ended: not each claim and each step of progress.
CREATE FUNCTION timevmaps_internal.tv_audit_experiments() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    ELSIF TG_OP = 'UPDATE' AND timevmaps_internal.tv_queue_ends() THEN
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids, more)
        SELECT TG_OP, TG_TABLE_NAME, ARRAY[n.world_id], count(*), CASE WHEN count(*) <= 100 THEN array_agg(n.id) END, '{"moves": ["queued -> finished"]}'
        FROM changed_rows n GROUP BY n.world_id ORDER BY n.world_id;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids, more)
        SELECT TG_OP, TG_TABLE_NAME, ARRAY[n.world_id], count(*), CASE WHEN count(*) <= 100 THEN array_agg(n.id) END,
               jsonb_build_object('moves', jsonb_agg(DISTINCT CASE WHEN o.status = n.status THEN n.status ELSE concat(o.status, ' -> ', n.status) END))
        FROM old_rows o JOIN changed_rows n ON n.id = o.id
        WHERE CASE WHEN o.status = n.status
                   THEN (o.priority, o.run_at, o.max_attempts, o.gateway_id) IS DISTINCT FROM (n.priority, n.run_at, n.max_attempts, n.gateway_id)
                   ELSE n.status IN ('finished', 'failed', 'cancelled') OR o.status IN ('failed', 'cancelled') END
        GROUP BY n.world_id ORDER BY n.world_id;
    ELSE
        INSERT INTO timevmaps.audit_events (action, relation, world_ids, count, ids, more)
        SELECT TG_OP, TG_TABLE_NAME, array_agg(DISTINCT o.world_id), count(*), CASE WHEN count(*) <= 100 THEN array_agg(o.id) END,
               jsonb_build_object('statuses', jsonb_agg(DISTINCT o.status))
               || CASE WHEN count(*) <= 100 THEN jsonb_build_object('submitted_by', jsonb_agg(DISTINCT o.submitted_by)) ELSE '{}' END
        FROM changed_rows o HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_audit_experiments() IS 'Trigger: write down who has moved or removed which experiments.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_audit_experiments() FROM PUBLIC;

-- Where rows arrive by replication they have been written down where they come from, and these do not fire.
DO $$
DECLARE
    wanted record;
    command record;
    name text;
BEGIN
    FOR wanted IN
        VALUES ('timelines', 'rows'), ('places', 'rows'), ('segments', 'rows'), ('segment_overrides', 'overrides'), ('gateways', 'gateways'),
               ('circuits', 'circuits'), ('experiments', 'rows'), ('route_plans', 'rows'), ('speed_profiles', 'rows'), ('segment_profiles', 'rows'),
               ('vehicles', 'rows'), ('positions', 'positions'), ('layers', 'rows'), ('zones', 'rows'), ('zone_owners', 'rows'), ('turns', 'rows'), ('vehicle_profiles', 'rows'),
               ('worlds', 'worlds'), ('world_members', 'members'), ('quotas', 'quotas'), ('token_issuers', 'issuers')
    LOOP
        FOR command IN VALUES ('INSERT', 'NEW TABLE AS changed_rows'), ('UPDATE', 'NEW TABLE AS changed_rows'), ('DELETE', 'OLD TABLE AS changed_rows') LOOP
            -- Of a fix that comes it is told by itself: rows of the audit stay for ever, and there would be more of them than fixes.
            CONTINUE WHEN wanted.column1 = 'positions' AND command.column1 = 'INSERT';
            name := CASE WHEN wanted.column1 = 'worlds' THEN 'tv_audit_worlds'
                         WHEN wanted.column1 = 'experiments' AND command.column1 <> 'INSERT' THEN 'tv_audit_experiments'
                         ELSE 'tv_audit_statement' END;
            EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER %s ON timevmaps.%I REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.%I(%L)',
                wanted.column1 || '_audit_' || pg_catalog.lower(command.column1), command.column1, wanted.column1,
                CASE WHEN name <> 'tv_audit_statement' AND command.column1 = 'UPDATE' THEN 'OLD TABLE AS old_rows ' ELSE '' END || command.column2,
                name, wanted.column2);
        END LOOP;
        EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER TRUNCATE ON timevmaps.%I FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_audit_statement()',
            wanted.column1 || '_audit_truncate', wanted.column1);
    END LOOP;
END
$$;

------------------------------------------------------------ the audit's own guards

CREATE FUNCTION timevmaps_internal.tv_audit_refuse() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = 'the audit is not to be changed',
        DETAIL = format('%s of "%s".', TG_OP, TG_TABLE_NAME),
        HINT = 'docs/security.md says how old rows are removed.',
        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_audit_refuse() IS 'Trigger: rows of the audit are only inserted.';
CREATE TRIGGER audit_events_log_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON timevmaps.audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_audit_refuse();
CREATE TRIGGER audit_seals_log_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON timevmaps.audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_audit_refuse();
CREATE TRIGGER audit_events_log_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.audit_events
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();
CREATE TRIGGER audit_seals_log_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.audit_seals
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();
