-- What is dropped when it has been kept long enough, in pieces: each is a short transaction, so that no claim waits for it.
--
-- Frames go by whole partitions where nothing in their range is open or young, and else with the result of their experiment, by rows.
-- Each piece is for one session at a time, and nobody waits for it, nor beside tv_init(): a lock that clients can take would be theirs to keep.

CREATE FUNCTION timevmaps_internal.tv_retention_begin() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE timevmaps.schema_migrations IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_retention_begin() IS
'Take the turn of retention until the transaction ends; false: somebody else has it.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_retention_begin() FROM PUBLIC;

-- Ids come in order, but for those that somebody has chosen, which may be far ahead: nothing is over where the next id falls.
CREATE FUNCTION timevmaps_internal.tv_frames_are_over(first bigint, before timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    width CONSTANT bigint := 65536;
    next_id bigint := coalesce(pg_sequence_last_value(pg_get_serial_sequence('timevmaps.experiments', 'id')::regclass), 0) + 1;
BEGIN
    IF (SELECT max(e.id) FROM timevmaps.experiments e) < first + width OR next_id BETWEEN first AND first + width - 1 THEN
        RETURN false;
    END IF;
    -- From its end, where the young ones are.
    RETURN NOT EXISTS (SELECT FROM (SELECT e.finished_at FROM timevmaps.experiments e
                                    WHERE e.id >= first AND e.id < first + width ORDER BY e.id DESC) e
                       WHERE e.finished_at IS NULL OR e.finished_at >= before);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_frames_are_over(bigint, timestamptz) IS
'Whether a range of experiments is past, and all in it have ended before a time.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_frames_are_over(bigint, timestamptz) FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_frames_ranges() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substr(c.relname, 8)::bigint FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'timevmaps.frames'::regclass AND c.relname ~ '^frames_[0-9]+$' ORDER BY 1
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_frames_ranges() IS 'The first ids of the ranges of experiments that frames have partitions of, in their order.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_frames_ranges() FROM PUBLIC;

-- Dropping locks all of frames against who reads or writes them: it waits 20 ms for that, and whoever comes then no longer.
CREATE FUNCTION timevmaps_internal.tv_drop_frames(first bigint, before timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '20ms'
AS $$
DECLARE
    part text := format('timevmaps.%I', 'frames_' || first);
BEGIN
    IF NOT timevmaps_internal.tv_frames_are_over(first, before) THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE NOWAIT', part);
    EXECUTE format('DROP TABLE %s', part);
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;   -- someone reads it: next time
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_drop_frames(bigint, timestamptz) IS
'Drop a partition of frames if all of it is over and nobody uses it; whether that was so. All of frames is locked until the transaction ends.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_drop_frames(bigint, timestamptz) FROM PUBLIC;

-- At most `most` frames of one experiment, and no more than a megabyte of payloads at a time.
CREATE FUNCTION timevmaps_internal.tv_delete_frames(experiment_id bigint, most bigint, stop timestamptz, OUT frames bigint, OUT more boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    last bigint := -1;
    done bigint;
BEGIN
    frames := 0;
    LOOP
        WITH few AS (
            SELECT f.step, sum(coalesce(pg_column_size(f.payload), 0)) OVER (ORDER BY f.step) - coalesce(pg_column_size(f.payload), 0) AS bytes
            FROM (SELECT i.step, i.payload FROM timevmaps.frames i
                  WHERE i.experiment_id = tv_delete_frames.experiment_id AND i.step > last ORDER BY i.step LIMIT 100) f
        ), gone AS (
            DELETE FROM timevmaps.frames f USING few s
            WHERE f.experiment_id = tv_delete_frames.experiment_id AND f.step = s.step AND s.bytes < 1048576 RETURNING f.step
        )
        SELECT count(*), max(g.step) INTO done, last FROM gone g;
        frames := frames + done;
        more := done > 0;
        EXIT WHEN NOT more OR frames >= most OR clock_timestamp() >= stop;
    END LOOP;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_delete_frames(bigint, bigint, timestamptz) IS
'Delete frames of an experiment until so many are gone, or it is so late: how many were, and whether there may be more.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_delete_frames(bigint, bigint, timestamptz) FROM PUBLIC;

-- About 1,000 rows, or what 50 ms allow: a payload may be megabytes. `reached` is where to go on, for what has been deleted is still in the index.
CREATE FUNCTION timevmaps_internal.tv_delete_old(before timestamptz, INOUT reached timestamptz, OUT frames bigint, OUT results bigint, OUT more boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT bigint := 1000;
    stop CONSTANT timestamptz := clock_timestamp() + interval '50 ms';
    old record;
    piece record;
    framed bigint[];
    id bigint;
    done bigint;
BEGIN
    frames := 0;
    results := 0;
    more := true;
    WHILE frames + results < most AND clock_timestamp() < stop LOOP
        SELECT array_agg(o.experiment_id) AS ids, max(o.created_at) AS last INTO old
        FROM (SELECT r.experiment_id, r.created_at FROM timevmaps.results r
              WHERE r.created_at >= reached AND r.created_at < before ORDER BY r.created_at LIMIT 100) o;
        IF old.ids IS NULL THEN
            more := false;
            RETURN;
        END IF;
        -- Most have none.
        framed := ARRAY(SELECT u.id FROM unnest(old.ids) u (id) CROSS JOIN LATERAL
                        (SELECT FROM timevmaps.frames f WHERE f.experiment_id = u.id LIMIT 1) f);
        DELETE FROM timevmaps.results r WHERE r.experiment_id = ANY (old.ids) AND r.experiment_id <> ALL (framed);
        GET DIAGNOSTICS done = ROW_COUNT;
        results := results + done;
        FOREACH id IN ARRAY framed LOOP
            piece := timevmaps_internal.tv_delete_frames(id, most - frames, stop);
            frames := frames + piece.frames;
            IF piece.more THEN
                RETURN;
            END IF;
            DELETE FROM timevmaps.results r WHERE r.experiment_id = id;
            results := results + 1;
        END LOOP;
        reached := old.last;
    END LOOP;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_delete_old(timestamptz, timestamptz) IS
'Delete some of the results from before a time, from `reached` on, with their frames; where to go on, how many rows went, and whether there is more.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_delete_old(timestamptz, timestamptz) FROM PUBLIC;

-- What has failed or was cancelled has no result, and its frames go with its last attempt. It is locked meanwhile, or its next attempt's would go, too.
CREATE FUNCTION timevmaps_internal.tv_delete_old_attempts(before timestamptz, INOUT reached timestamptz, OUT frames bigint, OUT attempts bigint, OUT more boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT bigint := 1000;
    stop CONSTANT timestamptz := clock_timestamp() + interval '50 ms';
    old record;
    piece record;
    id bigint;
    done bigint;
BEGIN
    frames := 0;
    attempts := 0;
    more := true;
    WHILE frames + attempts < most AND clock_timestamp() < stop LOOP
        SELECT array_agg(o.experiment_id) AS ids, array_agg(o.claim) AS claims, max(o.ended_at) AS last INTO old
        FROM (SELECT a.experiment_id, a.claim, a.ended_at FROM timevmaps.experiment_attempts a
              WHERE a.ended_at >= reached AND a.ended_at < before ORDER BY a.ended_at LIMIT 100) o;
        IF old.ids IS NULL THEN
            more := false;
            RETURN;
        END IF;
        FOR id IN
            SELECT e.id FROM timevmaps.experiments e CROSS JOIN LATERAL (SELECT FROM timevmaps.frames f WHERE f.experiment_id = e.id LIMIT 1) f
            WHERE e.id = ANY (old.ids) AND e.status IN ('failed', 'cancelled') AND e.finished_at < before FOR SHARE OF e SKIP LOCKED
        LOOP
            piece := timevmaps_internal.tv_delete_frames(id, most - frames, stop);
            frames := frames + piece.frames;
            IF piece.more THEN
                RETURN;
            END IF;
        END LOOP;
        DELETE FROM timevmaps.experiment_attempts a USING unnest(old.ids, old.claims) u (experiment_id, claim)
        WHERE a.experiment_id = u.experiment_id AND a.claim = u.claim;
        GET DIAGNOSTICS done = ROW_COUNT;
        attempts := attempts + done;
        reached := old.last;
    END LOOP;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_delete_old_attempts(timestamptz, timestamptz) IS
'Delete some of the attempts that ended before a time, from `reached` on, with the frames of experiments that had no better one; as tv_delete_old().';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_delete_old_attempts(timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION timevmaps.tv_apply_retention(before timestamptz, OUT partitions integer, OUT frames bigint, OUT results bigint, OUT more boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first bigint;
    piece record;
BEGIN
    partitions := 0;
    frames := 0;
    results := 0;
    IF NOT timevmaps_internal.tv_retention_begin() THEN
        RETURN;
    END IF;
    more := true;
    -- One, for frames are locked from then on.
    FOR first IN SELECT timevmaps_internal.tv_frames_ranges() LOOP
        IF timevmaps_internal.tv_drop_frames(first, before) THEN
            partitions := 1;
            RETURN;
        END IF;
    END LOOP;
    piece := timevmaps_internal.tv_delete_old(before, '-infinity');
    frames := piece.frames;
    results := piece.results;
    more := piece.more;
    IF NOT more THEN
        piece := timevmaps_internal.tv_delete_old_attempts(before, '-infinity');
        frames := frames + piece.frames;
        more := piece.more;
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_apply_retention(timestamptz) IS
'Drop some of the frames and results of experiments that ended before a time: a whole partition of frames where nothing in it is younger, or else about 1,000 rows.
Returns how many went, and whether there is more: call it again, in a transaction of its own, until there is not; null: another session is at it.
What is known of attempts that ended before goes with them. Workers do the same by themselves, as timevmaps.retention says.';
