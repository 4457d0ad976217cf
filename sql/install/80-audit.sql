-- 80-audit: the audit, sealed in batches and looked at again.

-- Transactions' numbers are a cluster's.  Where a dump is restored into one whose numbers are behind those of the last seal,
-- new rows would fall among those that are sealed: they get another era.  Those that came before anybody asked get it, too.
CREATE FUNCTION timevmaps_internal.tv_audit_era() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
    last record;
    current integer := (SELECT pg_get_expr(d.adbin, d.adrelid)::integer FROM pg_attrdef d JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
                        WHERE d.adrelid = 'timevmaps.audit_events'::regclass AND a.attname = 'era');
    moved bigint;
BEGIN
    SELECT s.era, s.to_xid, (SELECT max(a.last_id) FROM timevmaps.audit_seals a) AS last_id INTO last
    FROM timevmaps.audit_seals s ORDER BY s.batch DESC LIMIT 1;
    IF last.era IS NULL OR last.era < current OR last.to_xid <= pg_snapshot_xmax(pg_current_snapshot()) THEN
        RETURN current;
    END IF;
    current := current + 1;
    LOCK TABLE timevmaps.audit_events IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('ALTER TABLE timevmaps.audit_events ALTER COLUMN era SET DEFAULT %s', current);
    ALTER TABLE timevmaps.audit_events DISABLE TRIGGER audit_events_log_refuse;
    UPDATE timevmaps.audit_events e SET era = current
    WHERE e.era = last.era AND e.xid < last.to_xid AND e.id > last.last_id AND e.xid < pg_snapshot_xmax(pg_current_snapshot());
    GET DIAGNOSTICS moved = ROW_COUNT;
    ALTER TABLE timevmaps.audit_events ENABLE ALWAYS TRIGGER audit_events_log_refuse;
    RAISE LOG 'timevmaps audit: era % begins, with % rows', current, moved;
    RETURN current;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_audit_era() IS
'The era of rows that are written now; a new one begins where the cluster''s transactions are behind those that are sealed.';

CREATE FUNCTION timevmaps.tv_seal_audit(max_batches integer DEFAULT 100, OUT batch bigint, OUT count bigint, OUT root bytea) RETURNS SETOF record
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_seal_audit(integer) IS
'Seal what is new in audit_events, at most max_batches batches of about 10,000 rows; a row for each. For tv_admin. Workers do it once a minute.
A transaction that is still open keeps what is younger unsealed, and nothing else. The server''s log gets a line with each root.
Errors: 22023 max_batches is not 1 to 1000000; 42501 not tv_admin.
Source: docs/security.md.';

CREATE FUNCTION timevmaps.tv_verify_audit(since_batch bigint DEFAULT 1, OUT batch bigint, OUT event_id bigint, OUT what text) RETURNS SETOF record
LANGUAGE c STABLE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_verify_audit(bigint) IS
'The first row of the audit that does not hold, from a batch on; none where all that is sealed is as it was. For tv_admin.
what: changed, removed or put in, with the row''s id; seal changed or seal removed.
Who can change everything can seal everything again: compare roots with those that the server''s log and the metrics had.
Errors: 22023 since_batch is below 1; 42501 not tv_admin.
Source: docs/security.md.';
