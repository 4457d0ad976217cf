-- 68-monitor: how the queue and its workers are, for those who watch over them.

-- PostgREST answers with the media type that a result's domain is named after. It casts to it by name, as the caller, so it is in the
-- schema that callers may use.
CREATE DOMAIN timevmaps."text/plain" AS text;
COMMENT ON DOMAIN timevmaps."text/plain" IS 'Text that goes over HTTP as it is, not as a JSON string.';

-- What tv_metrics() prints, in this order; docs/grafana.json and docs/monitoring.md are tested against it.
CREATE FUNCTION timevmaps_internal.tv_monitor_list(OUT place bigint, OUT metric text, OUT type text, OUT help text)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT row_number() OVER (), l.* FROM (VALUES
        ('timevmaps_build_info', 'gauge', 'Always 1; the labels say what runs.'),
        ('timevmaps_counters_created_timestamp_seconds', 'gauge', 'When this database was counted first since the server started.'),
        ('timevmaps_metrics_missing', 'gauge', '1 where a part is left out, for somebody has locked its tables.'),
        ('timevmaps_workers', 'gauge', 'Workers, and sessions in tv_work(), by what they do.'),
        ('timevmaps_queue_experiments', 'gauge', 'Experiments that are ready, delayed or running.'),
        ('timevmaps_queue_oldest_seconds', 'gauge', 'How long ago the oldest that is ready was due; 0 where none is.'),
        ('timevmaps_running_longest_seconds', 'gauge', 'How long the longest of those that run has run; 0 where none does.'),
        ('timevmaps_attempts_total', 'counter', 'Attempts, by how they ended.'),
        ('timevmaps_failures_total', 'counter', 'Attempts that ended with an error, also those that are tried again.'),
        ('timevmaps_run_seconds', 'histogram', 'How long attempts took.'),
        ('timevmaps_wait_seconds', 'histogram', 'How long experiments that were claimed had been due.'),
        ('timevmaps_batches_total', 'counter', 'Transactions in which many experiments were claimed, run and finished.'),
        ('timevmaps_batched_experiments_total', 'counter', 'Experiments that ended in them.'),
        ('timevmaps_frames_total', 'counter', 'Frames stored.'),
        ('timevmaps_frames_refused_total', 'counter', 'Frames that were not stored, for the submitter''s quota was used up.'),
        ('timevmaps_notifications_total', 'counter', 'Notifications sent, of one event or several.'),
        ('timevmaps_events_told_total', 'counter', 'Events that were told in them.'),
        ('timevmaps_events_held_total', 'counter', 'Events that were not sent, for the queue of notifications was half full.'),
        ('timevmaps_position_updates_total', 'counter', 'Updates of positions that were told, each of one timeline.'),
        ('timevmaps_position_updates_lost_total', 'counter', 'Updates of positions that nobody was told of.'),
        ('timevmaps_zone_looks_total', 'counter', 'Vehicles that were looked at for zones that they entered and left.'),
        ('timevmaps_zone_vehicles_waiting', 'gauge', 'Vehicles that have moved, and are to be looked at for that.'),
        ('timevmaps_notification_queue_usage_ratio', 'gauge', 'How full the server''s queue of notifications is, of 1.'),
        ('timevmaps_graph_answers_total', 'counter', 'Questions about ways, by what answered them: prepared graphs, or the rows.'),
        ('timevmaps_graph_builds_total', 'counter', 'Prepared graphs of worlds that were built.'),
        ('timevmaps_graph_build_seconds_total', 'counter', 'Time spent on building them.'),
        ('timevmaps_graph_bytes', 'gauge', 'What the files of prepared graphs take on disk.'),
        ('timevmaps_event_partitions', 'gauge', 'Days of events that are kept, and those made ahead.'),
        ('timevmaps_event_partitions_ahead', 'gauge', 'Days from today on that have a partition of events; at 0 they go where what is old is removed row by row.'),
        -- As numbers: a root that was a label would make a time series of its own each time.
        ('timevmaps_audit_sealed_batches', 'gauge', 'Batches of the audit that are sealed.'),
        ('timevmaps_audit_unsealed_events', 'gauge', 'Rows of the audit that are not sealed yet, at most 1000000.'),
        ('timevmaps_audit_root', 'gauge', 'The root of the last seal, as eight numbers of 32 bits.')) l (metric, type, help)
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_monitor_list() IS 'The metrics that tv_metrics() prints: name, type and help.';

CREATE FUNCTION timevmaps_internal.tv_monitor_counted(OUT metric text, OUT suffix text, OUT labels text, OUT value text)
RETURNS SETOF record
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_monitor_counted() IS 'Of tv_metrics(): what was counted in this database since the server started.';

-- As tv_admin, who sees all worlds without being asked for each row. What somebody has locked is left out, and not waited for.
CREATE FUNCTION timevmaps_internal.tv_monitor_queue(OUT metric text, OUT suffix text, OUT labels text, OUT value text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
BEGIN
    PERFORM timevmaps.tv_check_tables();
    RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT 'ready' AS status, w.kind, w.experiments, e.run_at AS since
            FROM (SELECT r.kind, count(*) AS experiments, min(r.seq) AS first FROM timevmaps.queue_ready r GROUP BY r.kind) w
            JOIN timevmaps.queue_ready r ON r.seq = w.first AND r.kind = w.kind JOIN timevmaps.experiments e ON e.id = r.experiment_id
            UNION ALL
            SELECT 'delayed', d.kind, count(*), NULL FROM timevmaps.queue_delayed d GROUP BY d.kind
            UNION ALL
            SELECT 'running', r.kind, count(*), min(r.started_at) FROM timevmaps.queue_running r GROUP BY r.kind),
        known AS (
            SELECT s.status, k.kind, f.experiments, s.place,
                   greatest(0, round(extract(epoch FROM clock_timestamp() - f.since), 3)) AS seconds
            FROM unnest(ARRAY['ready', 'delayed', 'running']) WITH ORDINALITY s (status, place)
            CROSS JOIN unnest(timevmaps.tv_experiment_kinds()) k (kind)
            LEFT JOIN found f ON f.status = s.status AND f.kind = k.kind)
        SELECT 'timevmaps_queue_experiments', '', format('status="%s",kind="%s"', k.status, k.kind), coalesce(k.experiments, 0)::text
        FROM known k
        UNION ALL
        SELECT CASE k.status WHEN 'ready' THEN 'timevmaps_queue_oldest_seconds' ELSE 'timevmaps_running_longest_seconds' END, '',
               format('kind="%s"', k.kind), coalesce(k.seconds, 0)::text
        FROM known k WHERE k.status <> 'delayed';
    RETURN QUERY SELECT 'timevmaps_metrics_missing', '', 'part="queue"', '0';
EXCEPTION WHEN lock_not_available THEN
    RETURN QUERY SELECT 'timevmaps_metrics_missing', '', 'part="queue"', '1';
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_monitor_queue() IS 'Of tv_metrics(): what waits and what runs. 55000 before tv_init().';

CREATE FUNCTION timevmaps_internal.tv_monitor_audit(OUT metric text, OUT suffix text, OUT labels text, OUT value text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
    seal record;
    unsealed bigint;
BEGIN
    SELECT s.batch, s.era, s.to_xid, encode(s.root, 'hex') AS root INTO seal FROM timevmaps.audit_seals s ORDER BY s.batch DESC LIMIT 1;
    SELECT count(*) INTO unsealed FROM (
        SELECT FROM timevmaps.audit_events e WHERE (e.era, e.xid) >= (coalesce(seal.era, 0), coalesce(seal.to_xid, '0')) LIMIT 1000000) u;
    RETURN QUERY
        SELECT 'timevmaps_audit_sealed_batches', '', '', coalesce(seal.batch, 0)::text
        UNION ALL
        SELECT 'timevmaps_audit_unsealed_events', '', '', unsealed::text
        UNION ALL
        SELECT 'timevmaps_audit_root', '', format('part="%s"', part),
               ('x' || lpad(substr(coalesce(seal.root, ''), 1 + 8 * part, 8), 16, '0'))::bit(64)::bigint::text
        FROM generate_series(0, 7) part
        UNION ALL
        SELECT 'timevmaps_metrics_missing', '', 'part="audit"', '0';
EXCEPTION WHEN lock_not_available THEN
    RETURN QUERY SELECT 'timevmaps_metrics_missing', '', 'part="audit"', '1';
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_monitor_audit() IS 'Of tv_metrics(): the audit.';

CREATE FUNCTION timevmaps_internal.tv_monitor_events(OUT metric text, OUT suffix text, OUT labels text, OUT value text)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.name, '', '', m.days::text
    FROM (SELECT count(*) AS every, count(*) FILTER (WHERE substr(c.relname, 8) >= to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')) AS ahead
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
          WHERE n.nspname = 'timevmaps' AND p.relname = 'events' AND c.relname ~ '^events_[0-9]{8}$') d,
        LATERAL (VALUES ('timevmaps_event_partitions', d.every), ('timevmaps_event_partitions_ahead', d.ahead)) m (name, days)
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_monitor_events() IS 'Of tv_metrics(): the partitions of the log of events, from catalogs alone.';

CREATE FUNCTION timevmaps_internal.tv_monitor_server(OUT metric text, OUT suffix text, OUT labels text, OUT value text)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'timevmaps_build_info', '', format('version="%s",postgresql="%s"', e.extversion,
               replace(replace(current_setting('server_version'), '\', '\\'), '"', '\"')), '1'
    FROM pg_extension e WHERE e.extname = 'timevmaps'
    UNION ALL
    SELECT 'timevmaps_workers', '', format('kind="%s",state="%s"', k.kind, s.state),
           (SELECT count(*) FROM timevmaps.tv_worker_status() w WHERE w.kind = k.kind AND w.state = s.state)::text
    FROM unnest(ARRAY['worker', 'session']) k (kind), unnest(ARRAY['idle', 'running', 'waiting', 'read-only', 'stopping']) s (state)
    UNION ALL
    SELECT 'timevmaps_notification_queue_usage_ratio', '', '', pg_notification_queue_usage()::numeric::text
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_monitor_server() IS 'Of tv_metrics(): what runs here, and what of the server it depends on.';

-- BEGIN ATOMIC, for it names what callers cannot: names are looked up now, and not when it runs.
CREATE FUNCTION timevmaps.tv_metrics() RETURNS timevmaps."text/plain"
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT string_agg(format(E'# HELP %1$s %2$s\n# TYPE %1$s %3$s\n', l.metric, l.help, l.type) || coalesce(m.lines, ''), '' ORDER BY l.place)
    FROM timevmaps_internal.tv_monitor_list() l
    LEFT JOIN (
        SELECT s.metric, string_agg(s.metric || s.suffix || coalesce('{' || nullif(s.labels, '') || '}', '') || ' ' || s.value || E'\n', '' ORDER BY s.place) AS lines
        FROM (
            SELECT * FROM timevmaps_internal.tv_monitor_queue() WITH ORDINALITY q (metric, suffix, labels, value, place)
            UNION ALL
            SELECT * FROM timevmaps_internal.tv_monitor_counted() WITH ORDINALITY c (metric, suffix, labels, value, place)
            UNION ALL
            SELECT * FROM timevmaps_internal.tv_monitor_audit() WITH ORDINALITY a (metric, suffix, labels, value, place)
            UNION ALL
            SELECT * FROM timevmaps_internal.tv_monitor_events() WITH ORDINALITY e (metric, suffix, labels, value, place)
            UNION ALL
            SELECT * FROM timevmaps_internal.tv_monitor_server() WITH ORDINALITY w (metric, suffix, labels, value, place)) s
        GROUP BY s.metric) m ON m.metric = l.metric;
END;
COMMENT ON FUNCTION timevmaps.tv_metrics() IS
'Workers, queue and attempts of this database in Prometheus'' text format, version 0.0.4. For tv_admin (42501).
Gauges are of now; counters are since the server started, so rates such as frames per second are the reader''s to derive.
It waits for no lock: where somebody has locked its tables a part is left out, and timevmaps_metrics_missing says so.
Source: docs/monitoring.md.';
