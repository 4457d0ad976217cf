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

-- Attaching locks out who uses the default partition, and dropping who uses the table: neither waits long for them, nor do they for it.
-- SECURITY DEFINER, for the partitions are to be tv_owner's, whoever runs tv_init() or tv_work().
CREATE FUNCTION timevmaps_internal.tv_event_upkeep(before timestamptz, OUT made integer, OUT dropped integer, OUT removed bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET timezone = 'UTC'
AS $$
DECLARE
    day date;
    name text;
    part record;
BEGIN
    made := 0;
    dropped := 0;
    removed := 0;
    -- One at a time, and nobody waits for it; nor beside tv_init(), but in it.
    BEGIN
        LOCK TABLE timevmaps.schema_migrations IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RETURN;
    END;
    IF to_regclass('timevmaps.events_default') IS NULL THEN
        CREATE TABLE timevmaps.events_default (LIKE timevmaps.events INCLUDING ALL EXCLUDING IDENTITY);
        ALTER TABLE timevmaps.events_default ENABLE ROW LEVEL SECURITY;
        ALTER TABLE timevmaps.events ATTACH PARTITION timevmaps.events_default DEFAULT;
        COMMENT ON TABLE timevmaps.events_default IS 'Events of days that have no partition of their own.';
        made := made + 1;
    END IF;
    FOR day IN SELECT d::date FROM generate_series(current_date, current_date + 7, interval '1 day') d LOOP
        name := 'events_' || to_char(day, 'YYYYMMDD');
        -- What is in the default partition already stays there.
        CONTINUE WHEN to_regclass('timevmaps.' || name) IS NOT NULL
            OR EXISTS (SELECT FROM timevmaps.events_default e WHERE e.at >= day AND e.at < day + 1);
        BEGIN
            EXECUTE format('CREATE TABLE timevmaps.%I (LIKE timevmaps.events INCLUDING ALL EXCLUDING IDENTITY)', name);
            EXECUTE format('ALTER TABLE timevmaps.%I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE timevmaps.events ATTACH PARTITION timevmaps.%I FOR VALUES FROM (%L) TO (%L)',
                           name, day::timestamptz, (day + 1)::timestamptz);
            EXECUTE format('COMMENT ON TABLE timevmaps.%I IS %L', name, format('Events of %s.', day));
            made := made + 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected OR check_violation THEN
            EXIT;   -- someone reads or writes there: next time
        END;
    END LOOP;
    IF before IS NULL THEN
        RETURN;
    END IF;
    FOR part IN
        SELECT c.relname, substr(c.relname, 8)::date + 1 AS ends FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'timevmaps.events'::regclass AND c.relname ~ '^events_[0-9]{8}$' ORDER BY c.relname
    LOOP
        EXIT WHEN part.ends > before;
        BEGIN
            EXECUTE format('DROP TABLE timevmaps.%I', part.relname);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            EXIT;   -- and none that is younger before it
        END;
    END LOOP;
    DELETE FROM timevmaps.events_default e WHERE e.ctid = ANY (ARRAY(
        SELECT o.ctid FROM timevmaps.events_default o WHERE o.at < before::date LIMIT 10000));
    GET DIAGNOSTICS removed = ROW_COUNT;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_event_upkeep(timestamptz) IS
'Make the partitions of events for today and the next seven days, and drop those that ended before a time; null: none.
Of rows without a partition of their own at most 10,000 go at once. Workers call it once a minute, as timevmaps.event_retention says; so do tv_init() and tv_work().';
DO $$ BEGIN PERFORM timevmaps_internal.tv_event_upkeep(NULL); END $$;
