-- What happened, for whoever listens and for whoever was away: a row for each event, in the transaction that it tells of.
--
-- Rows are only inserted, and go with their day.  Their order is that of the transactions' numbers, and which of them are new to a reader
-- his snapshot says (sql/install/65-event.sql): a number drawn from a sequence would have who reads it miss what commits late.
-- A day that has no partition is kept in the default one, so that no insert ever fails for that.

CREATE TABLE timevmaps.events (
    id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 9007199254740991),
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
    era bigint NOT NULL,
    world_id bigint NOT NULL,
    timeline_id bigint NOT NULL,
    type text NOT NULL,
    subject bigint NOT NULL,
    attempt bigint NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- As they are read; of a partitioned table the key has what it is partitioned by.
    PRIMARY KEY (timeline_id, era, xid, id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE timevmaps.events IS 'What happened: a row for each event, written in the transaction that it tells of. Append-only, partitioned by day; read it with tv_events_since().';
COMMENT ON COLUMN timevmaps.events.id IS 'Identifier, below 2^53. Not an order: who drew a smaller one may commit later.';
COMMENT ON COLUMN timevmaps.events.xid IS 'The transaction.';
COMMENT ON COLUMN timevmaps.events.era IS 'Numbers of transactions are a database''s of a cluster: another number for each, so that what a dump has brought is not taken for new.';
COMMENT ON COLUMN timevmaps.events.world_id IS 'The world.';
COMMENT ON COLUMN timevmaps.events.timeline_id IS 'The timeline.';
COMMENT ON COLUMN timevmaps.events.type IS 'The topic, such as tv_sim_finished: docs/live.md.';
COMMENT ON COLUMN timevmaps.events.subject IS 'The experiment; of tv_zone_entered and tv_zone_left the vehicle.';
COMMENT ON COLUMN timevmaps.events.attempt IS 'The number of its claim; 0: it was not claimed yet.';
COMMENT ON COLUMN timevmaps.events.data IS 'Its kind, and what the topic says besides, as a JSON object.';
COMMENT ON COLUMN timevmaps.events.at IS 'When it happened; the row''s partition is of that day in UTC.';
CREATE TRIGGER events_own BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.events
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_keep_own_rows();

CREATE FUNCTION timevmaps_internal.tv_event_upkeep(before timestamptz, OUT made integer, OUT dropped integer, OUT removed bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
    day date;
BEGIN
    made := 0;
    dropped := 0;
    removed := 0;
    IF NOT timevmaps_internal.tv_retention_begin() THEN
        RETURN;
    END IF;
    made := timevmaps_internal.tv_days_keep_others('events')::integer;
    FOR day IN SELECT d::date FROM generate_series(current_date, current_date + 7, interval '1 day') d LOOP
        -- What is in the default partition already stays there.
        IF NOT EXISTS (SELECT FROM timevmaps.events_default e WHERE e.at >= day AND e.at < day + 1) THEN
            made := made + (timevmaps_internal.tv_days_make('events', 'at', day) IS NOT NULL)::integer;
        END IF;
    END LOOP;
    IF before IS NOT NULL THEN
        dropped := timevmaps_internal.tv_days_drop('events', before);
        removed := timevmaps_internal.tv_days_remove_others('events', 'at', before);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_event_upkeep(timestamptz) IS
'Make the partitions of events for today and the next seven days, and drop those that ended before a time; null: none.
Of rows without a partition of their own at most 10,000 go at once. Workers call it once a minute, as timevmaps.event_retention says; so do tv_init() and tv_work().';
DO $$ BEGIN PERFORM timevmaps_internal.tv_event_upkeep(NULL); END $$;
