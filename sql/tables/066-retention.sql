-- What is dropped when it has been kept long enough.

CREATE FUNCTION timevmaps.tv_apply_retention(before timestamptz, OUT partitions integer, OUT frames bigint, OUT results bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
    part record;
    first bigint;
    newest bigint := (SELECT max(e.id) FROM timevmaps.experiments e);
    done bigint;
BEGIN
    partitions := 0;
    frames := 0;
    results := 0;
    -- One at a time, and nobody waits for it; nor beside tv_init().  A lock that clients can take would be theirs to keep.
    BEGIN
        LOCK TABLE timevmaps.schema_migrations IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RETURN;
    END;
    FOR part IN
        SELECT c.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'timevmaps.frames'::regclass AND c.relname ~ '^frames_[0-9]+$'
        ORDER BY c.relname
    LOOP
        first := substr(part.relname, 8)::bigint;
        -- A range is over when a later one has begun and nothing in it is open or young.
        IF newest >= first + 65536 AND NOT EXISTS (
            SELECT FROM timevmaps.experiments e WHERE e.id >= first AND e.id < first + 65536
            AND (e.finished_at IS NULL OR e.finished_at >= before)
        ) THEN
            BEGIN
                EXECUTE format('DROP TABLE timevmaps.%I', part.relname);
                partitions := partitions + 1;
            EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
                NULL;   -- someone reads it: next time
            END;
        ELSE
            DELETE FROM timevmaps.frames f
            WHERE f.experiment_id IN (
                SELECT e.id FROM timevmaps.experiments e
                WHERE e.id >= first AND e.id < first + 65536 AND e.finished_at < before);
            GET DIAGNOSTICS done = ROW_COUNT;
            frames := frames + done;
        END IF;
    END LOOP;
    DELETE FROM timevmaps.results r
    USING timevmaps.experiments e
    WHERE e.id = r.experiment_id AND e.finished_at < before;
    GET DIAGNOSTICS results = ROW_COUNT;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_apply_retention(timestamptz) IS
'Drop the frames and results of experiments that ended before a time: whole partitions where nothing in them is younger.
Returns how many partitions and rows went. Workers call it as timevmaps.retention says.';
