-- Quotas: how much of the server one principal may take.
--
-- A principal is an identity (tv_identity()), and who has none is his role. What he may is the row of his identity, then that of
-- the most specific role which he has the rights of: tv_anonymous has those of tv_player, and its own row wins. No row: no limit;
-- and tv_admin and superusers have none. What is counted, and where it is asked, stands in docs/security.md; timevmaps_internal.tv_raise_quota()
-- tells who has used his up.

CREATE TABLE timevmaps.quotas (
    grantee text NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (grantee, kind),
    CONSTRAINT quotas_grantee_check CHECK (grantee <> ''),
    CONSTRAINT quotas_kind_check CHECK (kind IN ('experiments_queued', 'experiment_seconds', 'circuit_memory', 'graph_files', 'frames_per_hour',
                                             'positions_per_hour')),
    CONSTRAINT quotas_amount_check CHECK (amount >= CASE kind WHEN 'circuit_memory' THEN 1048576 WHEN 'experiment_seconds' THEN 1 ELSE 0 END)
);
COMMENT ON TABLE timevmaps.quotas IS 'How much roles and identities may take; where there is no row there is no limit.';
COMMENT ON COLUMN timevmaps.quotas.grantee IS 'A role, such as tv_analyst, or an identity as tv_identity() gives it, whose row wins.';
COMMENT ON COLUMN timevmaps.quotas.kind IS 'What is limited: experiments_queued, experiment_seconds, circuit_memory (bytes), graph_files, frames_per_hour or positions_per_hour.';
COMMENT ON COLUMN timevmaps.quotas.amount IS 'The most of it.';

-- Once: what an administrator changes or takes away stays so.
--
-- Who has no account gets what a demonstration needs: 21 qubits. A player's 256 MB are 23 qubits; ten connections, all that an API has,
-- take 2.5 GB then. An analyst's hour and 1 GB (25 qubits) are the defaults of the settings timevmaps.job_timeout and timevmaps.circuit_memory, so that
-- he does not notice them until a server is set to more. A thousand experiments are a study's, and 3 s of a worker's claims.
-- 200 files: a world and four metrics on some 20 branches each, of several worlds. A million frames: 1,000 runs of 1,000 gates, some GB.
-- 36 million positions: 10,000 vehicles that each report once a second, 4 GB.
INSERT INTO timevmaps.quotas (grantee, kind, amount) VALUES
    ('tv_anonymous', 'circuit_memory', 67108864),
    ('tv_player', 'circuit_memory', 268435456),
    ('tv_analyst', 'circuit_memory', 1073741824),
    ('tv_analyst', 'experiments_queued', 1000),
    ('tv_analyst', 'experiment_seconds', 3600),
    ('tv_analyst', 'graph_files', 200),
    ('tv_analyst', 'frames_per_hour', 1000000),
    ('tv_analyst', 'positions_per_hour', 36000000);

-- What is counted by the hour. A principal's hour begins when he is charged and none is under way.
CREATE TABLE timevmaps.quota_usage (
    principal text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    used bigint NOT NULL,
    PRIMARY KEY (principal, kind),
    CONSTRAINT quota_usage_used_check CHECK (used >= 0)
);
COMMENT ON TABLE timevmaps.quota_usage IS 'What principals have used of quotas by the hour.';
COMMENT ON COLUMN timevmaps.quota_usage.principal IS 'The identity, or the role of who has none.';
COMMENT ON COLUMN timevmaps.quota_usage.kind IS 'The kind of quota.';
COMMENT ON COLUMN timevmaps.quota_usage.since IS 'When the hour began.';
COMMENT ON COLUMN timevmaps.quota_usage.used IS 'How much was used in it.';

-- How much there is to take, and what of it is taken, is each server's own: nothing comes by replication.
CREATE TRIGGER quotas_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.quotas
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();
CREATE TRIGGER quota_usage_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.quota_usage
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();

CREATE FUNCTION timevmaps_internal.tv_quota(identity text, role name, kind text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_amount bigint;
BEGIN
    -- A superuser has the rights of every role; one that is gone does nothing any more.
    IF pg_has_role(to_regrole(quote_ident(tv_quota.role)), 'tv_admin', 'USAGE') IS NOT FALSE THEN
        RETURN NULL;
    END IF;
    SELECT q.amount INTO found_amount FROM timevmaps.quotas q WHERE q.grantee = tv_quota.identity AND q.kind = tv_quota.kind;
    IF FOUND THEN
        RETURN found_amount;
    END IF;
    -- The more of the other roles one has the rights of, the more specific it is. Of unrelated ones the more generous counts.
    WITH roles AS (
        SELECT r.oid, q.amount FROM timevmaps.quotas q JOIN pg_roles r ON r.rolname = q.grantee
        WHERE q.kind = tv_quota.kind AND pg_has_role(to_regrole(quote_ident(tv_quota.role)), r.oid, 'USAGE'))
    SELECT r.amount INTO found_amount FROM roles r
    ORDER BY (SELECT count(*) FROM roles o WHERE pg_has_role(r.oid, o.oid, 'USAGE')) DESC, r.amount DESC LIMIT 1;
    RETURN found_amount;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_quota(text, name, text) IS
'How much of a kind an identity (or null) may take that acts in a role; null: no limit.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_quota(text, name, text) FROM PUBLIC;

-- Rows are locked until the end of the transaction: for short ones, such as a worker's.
CREATE FUNCTION timevmaps_internal.tv_charge_quota(principal text, kind text, wanted bigint, amount bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    now timestamptz := clock_timestamp();
    usage record;
    granted bigint;
BEGIN
    INSERT INTO timevmaps.quota_usage (principal, kind, since, used) VALUES (tv_charge_quota.principal, tv_charge_quota.kind, now, 0)
    ON CONFLICT (principal, kind) DO NOTHING;
    SELECT u.since, u.used INTO usage FROM timevmaps.quota_usage u
    WHERE u.principal = tv_charge_quota.principal AND u.kind = tv_charge_quota.kind FOR UPDATE;
    IF usage.since + interval '1 hour' <= now THEN
        usage.since := now;
        usage.used := 0;
    END IF;
    granted := least(wanted, greatest(amount - usage.used, 0));
    UPDATE timevmaps.quota_usage u SET since = usage.since, used = usage.used + granted
    WHERE u.principal = tv_charge_quota.principal AND u.kind = tv_charge_quota.kind;
    RETURN granted;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_charge_quota(text, text, bigint, bigint) IS
'Charge a principal for something that is counted by the hour: how much of what is wanted is left to him, which is used up then.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_charge_quota(text, text, bigint, bigint) FROM PUBLIC;

-- Every session keeps what it has read of quotas until one of them changes.
CREATE FUNCTION timevmaps_internal.tv_quotas_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    IF to_regprocedure('timevmaps_internal.tv_forget_quotas()') IS NOT NULL THEN
        PERFORM timevmaps_internal.tv_forget_quotas();
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_quotas_changed() IS 'Trigger: sessions forget what they have read of quotas when this transaction commits.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_quotas_changed() FROM PUBLIC;
CREATE TRIGGER quotas_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON timevmaps.quotas
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_quotas_changed();

CREATE FUNCTION timevmaps_internal.tv_graph_files_used(owner text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT count(*) FROM unnest(timevmaps_internal.tv_graph_file_worlds()) f (world_id) JOIN timevmaps.worlds w ON w.id = f.world_id
            WHERE w.owner = tv_graph_files_used.owner);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_graph_files_used(text) IS 'How many files of prepared graphs the worlds of an owner have.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_graph_files_used(text) FROM PUBLIC;

-- Files are the world's, whoever asks for the first route. Its owner may be nobody's login: who owns a world by a token is an analyst.
CREATE FUNCTION timevmaps_internal.tv_graph_files_quota(world_id bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner text := (SELECT w.owner FROM timevmaps.worlds w WHERE w.id = tv_graph_files_quota.world_id);
    amount bigint := timevmaps_internal.tv_quota(owner, coalesce((SELECT r.rolname FROM pg_roles r WHERE r.rolname = owner), 'tv_analyst'), 'graph_files');
BEGIN
    RETURN CASE WHEN amount IS NOT NULL THEN ARRAY[timevmaps_internal.tv_graph_files_used(owner), amount] END;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_graph_files_quota(bigint) IS
'How many files of prepared graphs the worlds of a world''s owner have, and how many they may have; null: no limit.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_graph_files_quota(bigint) FROM PUBLIC;

CREATE FUNCTION timevmaps.tv_quotas(OUT kind text, OUT amount bigint, OUT used bigint, OUT more_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    identity text := timevmaps.tv_identity();
    role name := timevmaps_internal.tv_caller_role();
BEGIN
    FOREACH kind IN ARRAY ARRAY['experiments_queued', 'experiment_seconds', 'circuit_memory', 'graph_files', 'frames_per_hour', 'positions_per_hour'] LOOP
        amount := timevmaps_internal.tv_quota(identity, role, kind);
        used := NULL;
        more_at := NULL;
        IF kind = 'experiments_queued' THEN
            used := (SELECT count(*) FROM timevmaps.queue_ready q WHERE q.submitted_by = identity)
                + (SELECT count(*) FROM timevmaps.queue_delayed q WHERE q.submitted_by = identity)
                + (SELECT count(*) FROM timevmaps.queue_running q WHERE q.submitted_by = identity);
        ELSIF kind = 'graph_files' THEN
            used := timevmaps_internal.tv_graph_files_used(identity);
        ELSIF kind = 'frames_per_hour' THEN
            SELECT u.used, u.since + interval '1 hour' INTO used, more_at FROM timevmaps.quota_usage u
            WHERE u.principal = coalesce(identity, role) AND u.kind = tv_quotas.kind AND u.since + interval '1 hour' > clock_timestamp();
            used := coalesce(used, 0);
        ELSIF kind = 'positions_per_hour' THEN
            SELECT c.used, c.more_at INTO used, more_at FROM timevmaps_internal.tv_positions_charged() c;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_quotas() IS
'What the caller may take of the server, a row a kind: how much (null: no limit), what is used of it, and when more comes.
Bytes of circuit_memory, seconds of experiment_seconds. used is null of what bounds a single call. more_at: when the hour ends that is being counted.';
REVOKE ALL ON FUNCTION timevmaps.tv_quotas() FROM PUBLIC;
