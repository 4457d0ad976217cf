-- Days: tables whose rows lie in partitions of a day (UTC), made ahead and dropped whole: events and positions.
--
-- The partition of 2026-01-31 is called as its table and _20260131.  A day that has none is kept in the table's default partition, called
-- as the table and _default, so that no insert ever fails for that.  Attaching locks out who uses the default partition, and dropping
-- who uses the table: neither waits long for them, nor do they for it.  `at` is the column of time, by which the table is partitioned.
--
-- All are SECURITY DEFINER, for partitions are to be tv_owner's, whoever runs tv_init() or tv_work().  What is to be done of a table's days,
-- and when, its own topic says: tv_event_upkeep(), tv_position_upkeep().  Partitions of frames are not of days: 066-retention.

CREATE FUNCTION timevmaps_internal.tv_days_keep_others(parent text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regclass(format('timevmaps.%I', parent || '_default')) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE timevmaps.%I (LIKE timevmaps.%I INCLUDING ALL EXCLUDING IDENTITY)', parent || '_default', parent);
    EXECUTE format('ALTER TABLE timevmaps.%I ENABLE ROW LEVEL SECURITY', parent || '_default');
    EXECUTE format('ALTER TABLE timevmaps.%I ATTACH PARTITION timevmaps.%I DEFAULT', parent, parent || '_default');
    EXECUTE format('COMMENT ON TABLE timevmaps.%I IS %L', parent || '_default', format('%s of days that have no partition of their own.', initcap(parent)));
    RETURN true;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_days_keep_others(text) IS 'Make the default partition of a table; false: there is one.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_days_keep_others(text) FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_days_make(parent text, at text, day date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET timezone = 'UTC'
AS $$
DECLARE
    name CONSTANT text := parent || '_' || to_char(day, 'YYYYMMDD');
    moved bigint;
BEGIN
    IF day IS NULL OR day NOT BETWEEN '1900-01-01' AND '2199-12-31' OR to_regclass(format('timevmaps.%I', name)) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('CREATE TABLE timevmaps.%I (LIKE timevmaps.%I INCLUDING ALL EXCLUDING IDENTITY)', name, parent);
    EXECUTE format('ALTER TABLE timevmaps.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('COMMENT ON TABLE timevmaps.%I IS %L', name, format('%s of %s.', initcap(parent), day));
    -- Whoever writes into the default one would write rows that it is not to have any more.
    EXECUTE format('LOCK TABLE timevmaps.%I IN SHARE ROW EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('WITH gone AS (DELETE FROM timevmaps.%I p WHERE p.%I >= %L AND p.%2$I < %4$L RETURNING p.*)
                    INSERT INTO timevmaps.%5$I SELECT * FROM gone', parent || '_default', at, day::timestamptz, (day + 1)::timestamptz, name);
    GET DIAGNOSTICS moved = ROW_COUNT;
    EXECUTE format('ALTER TABLE timevmaps.%I ATTACH PARTITION timevmaps.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, name, day::timestamptz, (day + 1)::timestamptz);
    RETURN moved;
EXCEPTION WHEN lock_not_available OR deadlock_detected OR check_violation OR duplicate_table OR unique_violation THEN
    RETURN NULL;   -- someone reads or writes there, or makes it: next time
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_days_make(text, text, date) IS
'Make the partition of a day, with what the default one has of it; how many rows that was, null: there is one, the table is in use, or the day is not between 1900 and 2199.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_days_make(text, text, date) FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_days_drop(parent text, before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET timezone = 'UTC'
AS $$
DECLARE
    part record;
    dropped integer := 0;
BEGIN
    FOR part IN
        SELECT c.relname, right(c.relname, 8)::date + 1 AS ends FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('timevmaps.%I', parent)::regclass AND c.relname ~ ('^' || parent || '_[0-9]{8}$') ORDER BY c.relname
    LOOP
        EXIT WHEN part.ends > before;
        BEGIN
            EXECUTE format('DROP TABLE timevmaps.%I', part.relname);
            dropped := dropped + 1;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                EXIT;   -- and none that is younger before it
            WHEN dependent_objects_still_exist THEN
                RAISE WARNING USING ERRCODE = 'dependent_objects_still_exist', MESSAGE = 'a day is kept, for something depends on its table',
                    DETAIL = format('Table timevmaps.%I: %s.', part.relname, SQLERRM);
        END;
    END LOOP;
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_days_drop(text, timestamptz) IS 'Drop the partitions of days that ended before a time, the oldest first, until one is in use; how many.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_days_drop(text, timestamptz) FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_days_remove_others(parent text, at text, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET timezone = 'UTC'
AS $$
DECLARE
    removed bigint;
BEGIN
    -- Who holds a row keeps it until the next time, and nothing else from being done.
    EXECUTE format('DELETE FROM timevmaps.%I d WHERE d.ctid = ANY (ARRAY(SELECT o.ctid FROM timevmaps.%1$I o WHERE o.%I < $1 LIMIT 10000 FOR UPDATE SKIP LOCKED))',
                   parent || '_default', at) USING before::date::timestamptz;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN 0;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_days_remove_others(text, text, timestamptz) IS
'Remove rows of the default partition that are of days before that of a time, at most 10,000; how many.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_days_remove_others(text, text, timestamptz) FROM PUBLIC;
