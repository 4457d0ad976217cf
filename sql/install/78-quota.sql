-- 78-quota: how much of the server roles and identities may take.

-- As the caller: the table's grants, policies and constraints say who may write what.
CREATE FUNCTION timevmaps.tv_set_quota(grantee text, kind text, amount bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    broken text;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF tv_set_quota.amount IS NULL THEN
        DELETE FROM timevmaps.quotas q WHERE q.grantee = tv_set_quota.grantee AND q.kind = tv_set_quota.kind;
    ELSE
        INSERT INTO timevmaps.quotas AS q (grantee, kind, amount) VALUES (tv_set_quota.grantee, tv_set_quota.kind, tv_set_quota.amount)
        ON CONFLICT (grantee, kind) DO UPDATE SET amount = excluded.amount;
    END IF;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'quotas_kind_check' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'kind: not a kind of quota',
            HINT = 'One of: experiments_queued, experiment_seconds, circuit_memory, graph_files, frames_per_hour, positions_per_hour.';
    ELSIF broken = 'quotas_amount_check' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'amount: too small',
            DETAIL = 'circuit_memory is at least 1048576 bytes, experiment_seconds 1, of the others 0.', HINT = 'Null takes the row away: no limit.';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_set_quota(text, text, bigint) IS
'Say how much of a kind a role or an identity may take; null takes the row away. For tv_admin.
grantee: a role, such as tv_analyst, or an identity as tv_identity() gives it, whose row wins.
kind: experiments_queued, experiment_seconds, circuit_memory (bytes, at least 1 MB), graph_files, frames_per_hour or positions_per_hour. It holds from the commit on, in open sessions too.
Errors: 42501 not tv_admin; 23514 a kind that is none, or too small an amount.';

CREATE FUNCTION timevmaps_internal.tv_forget_quotas() RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_forget_quotas() IS
'Let all sessions read quotas anew when the transaction commits. The trigger of quotas calls it.';

CREATE FUNCTION timevmaps_internal.tv_require_queue(identity text, role name) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_require_queue(text, name) IS
'53400 where more experiments of an identity wait and run than it may have. The trigger of experiments calls it for what is queued again.';

CREATE FUNCTION timevmaps_internal.tv_raise_quota(kind text, used bigint, amount bigint, retry_seconds double precision) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_raise_quota(text, bigint, bigint, double precision) IS
'Say that a quota is used up: 53400, and in a request over HTTP status 429 with Retry-After. retry_seconds: 0 where nobody knows.';

CREATE FUNCTION timevmaps_internal.tv_positions_charged(OUT used bigint, OUT more_at timestamptz) RETURNS record
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_positions_charged() IS 'How many positions the caller has stored in the hour that is being counted, and when that ends. tv_quotas() calls it.';

CREATE FUNCTION timevmaps_internal.tv_graph_file_worlds() RETURNS bigint[]
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_graph_file_worlds() IS 'The world of each file of a prepared graph. What counts them for quotas calls it.';
