-- 65-event: the log of events: who writes it, and who reads what happened since.

CREATE FUNCTION timevmaps_internal.tv_event_added(topic text, world_ids bigint[], timeline_ids bigint[], subjects bigint[], attempts bigint[], kinds text[], more jsonb[] DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_event_added(text, bigint[], bigint[], bigint[], bigint[], text[], jsonb[]) IS
'Write events of one topic into the log, and tell who listens when the transaction has committed. Triggers call it, as tv_owner; null arrays: nothing.
subjects: the experiments; attempts: the numbers of their claims, 0 before the first; more: of each the topic''s own keys, all of them and no other
(22023), and "traceparent" where there is one; null where the topic has none.';

CREATE FUNCTION timevmaps_internal.tv_positions_came(world_id bigint, timeline_id bigint, vehicle_ids bigint[])
RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_positions_came(bigint, bigint, bigint[]) IS
'Tell who listens that vehicles of a timeline have new positions, when the transaction has committed: many commits together, docs/live.md. Who stores positions calls it.';

CREATE FUNCTION timevmaps_internal.tv_event_now() RETURNS bigint
LANGUAGE c STABLE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_event_now() IS
'The era of events that are written now, for a cursor that is about to be given: what it has seen is on disk. 55000 on a standby.';

-- A cursor is v1.<era>.<time>.<snapshot>: all that the snapshot sees has been read.  Within a page more follows: .<snapshot>.<xid>.<id>,
-- for what the second one sees and the first does not, up to this row.  So it never matters who drew which number when: a transaction that was
-- open in a snapshot is among those that are looked for as long as it takes, and costs nobody more than that.
CREATE FUNCTION timevmaps_internal.tv_read_events(timeline_id bigint, cursor text, max_events integer, era bigint,
    OUT cursor_after text, OUT id bigint, OUT type text, OUT subject bigint, OUT attempt bigint, OUT data jsonb, OUT at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    parts text[];
    own xid8 := pg_current_xact_id_if_assigned();
    now_seen pg_snapshot := pg_current_snapshot();
    known pg_snapshot;
    upto pg_snapshot;
    last_xid xid8 := '0';
    last_id bigint := 0;
    kept timestamptz;
    page integer := max_events;
    prefix text;
    final text;
    event record;
    given integer := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM timevmaps.timelines t WHERE t.id = tv_read_events.timeline_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s, or it is not visible to this role.', tv_read_events.timeline_id);
    ELSIF NOT coalesce(page BETWEEN 1 AND 10000, false) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'max_events: not a number of events', DETAIL = 'It is 1 to 10000.';
    END IF;
    -- Who asks in a transaction that has written events has not read those that it has yet to write.
    IF own < pg_snapshot_xmax(now_seen) THEN
        now_seen := (SELECT concat_ws(':', pg_snapshot_xmin(now_seen), pg_snapshot_xmax(now_seen), string_agg(x.xid::text, ',' ORDER BY x.xid))
                     FROM (SELECT pg_snapshot_xip(now_seen) UNION SELECT own) x (xid));
    END IF;
    final := concat_ws('.', 'v1', to_hex(tv_read_events.era), floor(extract(epoch FROM now())), now_seen);
    IF tv_read_events.cursor IS NULL THEN
        cursor_after := final;
        RETURN NEXT;
        RETURN;
    END IF;

    parts := regexp_match(CASE WHEN length(tv_read_events.cursor) > 100000 THEN NULL WHEN tv_read_events.cursor = '' THEN concat_ws('.', 'v1', to_hex(tv_read_events.era), floor(extract(epoch FROM now())), '1:1:')
                                                     ELSE tv_read_events.cursor END,
        '^v1\.([0-9a-f]{1,14})\.(\d{1,12})\.(\d{1,19}:\d{1,19}:[\d,]*)(?:\.(\d{1,19}:\d{1,19}:[\d,]*)\.(\d{1,19})\.(\d{1,18}))?$');
    IF parts IS NOT NULL AND parts[1] <> to_hex(tv_read_events.era) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'cursor: it is of another database',
            DETAIL = 'Its numbers are those of the database and the cluster that gave it.', HINT = 'Read the state, and go on without a cursor.';
    END IF;
    BEGIN
        known := parts[3]::pg_snapshot;
        upto := parts[4]::pg_snapshot;
        last_xid := coalesce(parts[5]::xid8, '0');
        last_id := coalesce(parts[6]::bigint, 0);
    EXCEPTION WHEN invalid_text_representation OR numeric_value_out_of_range THEN
        parts := NULL;
    END;
    IF parts IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'cursor: not a cursor',
            DETAIL = 'It is what tv_events_since() or tv_live() gave, as it was.';
    ELSIF greatest(pg_snapshot_xmax(known), pg_snapshot_xmax(upto)) > pg_snapshot_xmax(now_seen) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'cursor: it knows transactions that have not been',
            DETAIL = 'The database was set back to an earlier state since the cursor was given.', HINT = 'Read the state, and go on without a cursor.';
    END IF;
    kept := (SELECT min(substr(c.relname, 8)::date)::timestamp AT TIME ZONE 'UTC'
             FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'timevmaps.events'::regclass AND c.relname ~ '^events_[0-9]{8}$');
    IF to_timestamp(parts[2]::bigint) < kept THEN
        RAISE EXCEPTION USING ERRCODE = 'PT410', MESSAGE = 'cursor: it is older than the events that are kept',
            DETAIL = format('Kept are those since %s.', kept), HINT = 'Read the state, and go on without a cursor.';
    END IF;
    IF upto IS NULL THEN
        upto := now_seen;
        prefix := concat_ws('.', 'v1', parts[1], parts[2], known, upto);
    ELSE
        final := concat_ws('.', 'v1', parts[1], parts[2], upto);
        prefix := concat_ws('.', 'v1', parts[1], parts[2], known, upto);
    END IF;

    FOR event IN
        SELECT e.xid, e.id, e.type, e.subject, e.attempt, e.data, e.at FROM (
            -- Those that were open.
            (SELECT s.xid, s.id, s.type, s.subject, s.attempt, s.data, s.at
             FROM (SELECT x AS xid FROM pg_snapshot_xip(known) x WHERE pg_visible_in_snapshot(x, upto) AND x >= last_xid ORDER BY x) o,
                LATERAL (SELECT v.xid, v.id, v.type, v.subject, v.attempt, v.data, v.at FROM timevmaps.events v
                         WHERE v.timeline_id = tv_read_events.timeline_id AND v.era = tv_read_events.era AND v.xid = o.xid
                           AND v.id > CASE WHEN o.xid = last_xid THEN last_id ELSE 0 END
                         ORDER BY v.id LIMIT page + 1) s
             ORDER BY s.xid, s.id LIMIT page + 1)
            UNION ALL
            -- Those that had not begun.
            (SELECT v.xid, v.id, v.type, v.subject, v.attempt, v.data, v.at FROM timevmaps.events v
             WHERE v.timeline_id = tv_read_events.timeline_id AND v.era = tv_read_events.era
               AND (v.xid, v.id) > (greatest(pg_snapshot_xmax(known), last_xid), CASE WHEN last_xid >= pg_snapshot_xmax(known) THEN last_id ELSE 0 END)
               AND v.xid < pg_snapshot_xmax(upto) AND pg_visible_in_snapshot(v.xid, upto)
             ORDER BY v.xid, v.id LIMIT page + 1)) e
        ORDER BY e.xid, e.id LIMIT page + 1
    LOOP
        IF given = page THEN
            RETURN NEXT;
            RETURN;
        ELSIF given > 0 THEN
            RETURN NEXT;
        END IF;
        given := given + 1;
        cursor_after := concat_ws('.', prefix, event.xid, event.id);
        id := event.id;
        type := event.type;
        subject := event.subject;
        attempt := event.attempt;
        data := event.data;
        at := event.at;
    END LOOP;
    -- The last of what there is.
    cursor_after := final;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_read_events(bigint, text, integer, bigint) IS
'What tv_events_since() returns; era: that of this database.';

CREATE FUNCTION timevmaps.tv_events_since(timeline_id bigint, INOUT cursor text DEFAULT NULL, max_events integer DEFAULT 1000,
    OUT id bigint, OUT type text, OUT subject bigint, OUT attempt bigint, OUT data jsonb, OUT at timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.cursor_after, r.id, r.type, r.subject, r.attempt, r.data, r.at
    FROM timevmaps_internal.tv_read_events(timeline_id, cursor, max_events, timevmaps_internal.tv_event_now()) r;
END;
COMMENT ON FUNCTION timevmaps.tv_events_since(bigint, text, integer) IS
'What happened on a timeline since a cursor: each event once and none left out, however transactions overlap; those of a transaction together, in its order.
cursor: that of the last row that was read, of any page; null: from now on; empty: all that is kept. At least one row: where there is no event, its id is null, and its
cursor says where to go on; until then there may be more, also after a page that is not full. type: the topic; subject: the experiment, or the vehicle; data: its kind, and what the topic says besides (docs/live.md).
max_events: 1 to 10000. Two connections never see the same events in another order but for those that had not committed yet.
Errors: PT404 no such timeline; 22023 the cursor is of another database, or of a state before this one was set back, or none at all; PT410 what followed it is not kept
any more (timevmaps.event_retention): read the state, and go on without; 55000 on a standby.';

CREATE FUNCTION timevmaps_internal.tv_running_experiments() RETURNS bigint[]
LANGUAGE c STABLE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_running_experiments() IS
'The experiments that processes of this server run in this database, for tv_live(): which of these its caller sees is asked as him.';

CREATE FUNCTION timevmaps_internal.tv_read_live(world_id bigint, timeline_id bigint, since text, running bigint[]) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    missed jsonb := '[]';
    more boolean := false;
    live text;
    state jsonb;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF NOT EXISTS (SELECT FROM timevmaps.worlds w WHERE w.id = tv_read_live.world_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such world',
            DETAIL = format('There is no world %s, or it is not visible to this role.', tv_read_live.world_id);
    ELSIF NOT EXISTS (SELECT FROM timevmaps.timelines t WHERE t.world_id = tv_read_live.world_id AND t.id = tv_read_live.timeline_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s in world %s, or it is not visible to this role.', tv_read_live.timeline_id, tv_read_live.world_id);
    END IF;
    BEGIN
        SELECT coalesce(jsonb_agg(jsonb_build_object('type', e.type, CASE WHEN e.type ~ '^tv_zone_' THEN 'vehicle_id' ELSE 'experiment_id' END, e.subject, 'attempt', e.attempt, 'at', e.at) || e.data ORDER BY e.n)
                        FILTER (WHERE e.id IS NOT NULL), '[]'),
               (array_agg(e.cursor ORDER BY e.n DESC))[1],
               (array_agg(e.cursor ORDER BY e.n DESC))[1] ~ '^([^.]*\.){5}'
        INTO missed, live, more
        FROM timevmaps.tv_events_since(tv_read_live.timeline_id, tv_read_live.since) WITH ORDINALITY
            e (cursor, id, type, subject, attempt, data, at, n);
    EXCEPTION WHEN SQLSTATE 'PT410' THEN
        SELECT e.cursor INTO live FROM timevmaps.tv_events_since(tv_read_live.timeline_id) e;
        missed := NULL;
    END;
    SELECT coalesce(jsonb_agg(jsonb_build_object('experiment_id', e.id, 'kind', e.kind, 'status', e.status, 'attempts', e.attempts,
                                                 'progress', e.progress, 'submitted_at', e.submitted_at, 'started_at', e.started_at) ORDER BY e.id), '[]')
    INTO state
    FROM (SELECT u.* FROM (SELECT x.id, x.kind, x.status, x.attempts, x.progress, x.submitted_at, x.started_at FROM timevmaps.experiments x
                           WHERE x.timeline_id = tv_read_live.timeline_id AND x.id = ANY (running)
                           UNION
                           (SELECT x.id, x.kind, x.status, x.attempts, x.progress, x.submitted_at, x.started_at FROM timevmaps.experiments x
                            WHERE x.timeline_id = tv_read_live.timeline_id ORDER BY x.id DESC LIMIT 1000)) u
          WHERE u.status IN ('queued', 'running') ORDER BY u.status = 'running' DESC, u.id DESC LIMIT 100) e;
    RETURN jsonb_build_object('state', jsonb_build_object('experiments', state), 'missed', missed, 'more', more, 'cursor', live);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_read_live(bigint, bigint, text, bigint[]) IS 'What tv_live() returns; running: what may run there.';

CREATE FUNCTION timevmaps.tv_live(world_id bigint, timeline_id bigint, since text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_read_live(world_id, timeline_id, since, timevmaps_internal.tv_running_experiments());
END;
COMMENT ON FUNCTION timevmaps.tv_live(bigint, bigint, text) IS
'How a timeline is now, what happened there since a cursor, and where to go on: all of one moment, so that who listens before he asks misses nothing.
{"state": {"experiments": [{"experiment_id", "kind", "status", "attempts", "progress", "submitted_at", "started_at"}]}, "missed": [{"type", "experiment_id",
"attempt", "at", "kind", ...}], "more", "cursor"}. state: what runs, and what waits of the timeline''s last 1,000 experiments, at most 100 in all; missed: at most
1,000 events as tv_events_since() gives them, none without a cursor, and null where they are not kept any more; more: there are others, from the cursor on.
Errors: PT404 no such world or timeline; 22023 what is no cursor of this database; 55000 on a standby.';
