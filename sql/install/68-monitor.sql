-- 68-monitor: how the queue and its workers are, for those who watch over them.

-- PostgREST answers with the media type that a result's domain is named after. It casts to it by name, as the caller, so it is in the
-- schema that callers may use.
CREATE DOMAIN timevmaps."text/plain" AS text;
COMMENT ON DOMAIN timevmaps."text/plain" IS 'Text that goes over HTTP as it is, not as a JSON string.';

CREATE FUNCTION timevmaps.tv_metrics() RETURNS timevmaps."text/plain"
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counters record;
    workers record;
    queue record;
    seal record;
    unsealed bigint;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    SELECT * INTO counters FROM timevmaps.tv_worker_counters();
    SELECT count(*) FILTER (WHERE w.kind = 'worker') AS alive,
           count(*) FILTER (WHERE w.state = 'running') AS busy
    INTO workers FROM timevmaps.tv_worker_status() w;
    SELECT count(*) FILTER (WHERE e.status = 'queued') AS queued,
           count(*) FILTER (WHERE e.status = 'queued' AND e.run_at <= now()) AS due,
           count(*) FILTER (WHERE e.status = 'running') AS running,
           coalesce(greatest(0, extract(epoch FROM now() - min(e.run_at) FILTER (WHERE e.status = 'queued'))), 0) AS oldest
    INTO queue FROM timevmaps.experiments e WHERE e.status IN ('queued', 'running');
    SELECT s.batch, s.era, s.to_xid, encode(s.root, 'hex') AS root INTO seal FROM timevmaps.audit_seals s ORDER BY s.batch DESC LIMIT 1;
    SELECT count(*) INTO unsealed FROM (
        SELECT FROM timevmaps.audit_events e WHERE (e.era, e.xid) >= (coalesce(seal.era, 0), coalesce(seal.to_xid, '0')) LIMIT 1000000) u;
    RETURN format(
        E'# HELP timevmaps_workers Background workers alive in this database.\n# TYPE timevmaps_workers gauge\ntimevmaps_workers %s\n'
        || E'# HELP timevmaps_workers_busy Workers and sessions that run an experiment.\n# TYPE timevmaps_workers_busy gauge\ntimevmaps_workers_busy %s\n'
        || E'# HELP timevmaps_queue_experiments Experiments that wait or run.\n# TYPE timevmaps_queue_experiments gauge\n'
        || E'timevmaps_queue_experiments{status="queued"} %s\ntimevmaps_queue_experiments{status="running"} %s\n'
        || E'# HELP timevmaps_queue_due Queued experiments whose time has come.\n# TYPE timevmaps_queue_due gauge\ntimevmaps_queue_due %s\n'
        || E'# HELP timevmaps_queue_oldest_seconds How long the oldest of them has waited.\n# TYPE timevmaps_queue_oldest_seconds gauge\ntimevmaps_queue_oldest_seconds %s\n',
        workers.alive, workers.busy, queue.queued, queue.running, queue.due, queue.oldest)
        || format(
        E'# HELP timevmaps_attempts_total Attempts since the server started, by outcome.\n# TYPE timevmaps_attempts_total counter\n'
        || E'timevmaps_attempts_total{outcome="finished"} %s\ntimevmaps_attempts_total{outcome="failed"} %s\n'
        || E'timevmaps_attempts_total{outcome="retried"} %s\ntimevmaps_attempts_total{outcome="cancelled"} %s\n'
        || E'timevmaps_attempts_total{outcome="lost"} %s\n'
        || E'# HELP timevmaps_run_seconds_total Time spent in attempts.\n# TYPE timevmaps_run_seconds_total counter\ntimevmaps_run_seconds_total %s\n'
        || E'# HELP timevmaps_frames_total Frames stored.\n# TYPE timevmaps_frames_total counter\ntimevmaps_frames_total %s\n'
        || E'# HELP timevmaps_events_held_total Events that were not sent, for the queue of notifications was half full.\n# TYPE timevmaps_events_held_total counter\ntimevmaps_events_held_total %s\n',
        counters.finished, counters.failed, counters.retried, counters.cancelled, counters.lost,
        counters.run_seconds, counters.frames, counters.events_held)
        -- As numbers: a root that was a label would make a time series of its own each time.
        || format(
        E'# HELP timevmaps_audit_sealed_batches Batches of the audit that are sealed.\n# TYPE timevmaps_audit_sealed_batches gauge\n'
        || E'timevmaps_audit_sealed_batches %s\n'
        || E'# HELP timevmaps_audit_unsealed_events Rows of the audit that are not sealed yet, at most 1000000.\n'
        || E'# TYPE timevmaps_audit_unsealed_events gauge\ntimevmaps_audit_unsealed_events %s\n'
        || E'# HELP timevmaps_audit_root The root of the last seal, as eight numbers of 32 bits.\n# TYPE timevmaps_audit_root gauge\n',
        coalesce(seal.batch, 0), unsealed)
        || (SELECT string_agg(format(E'timevmaps_audit_root{part="%s"} %s\n', part,
                ('x' || lpad(substr(coalesce(seal.root, ''), 1 + 8 * part, 8), 16, '0'))::bit(64)::bigint), '' ORDER BY part)
            FROM generate_series(0, 7) part);
END
$$;
COMMENT ON FUNCTION timevmaps.tv_metrics() IS
'Workers, queue and attempts of this database in Prometheus'' text format. For tv_admin (42501).
Gauges are of now; counters are since the server started, so rates such as frames per second are the reader''s to derive.';
