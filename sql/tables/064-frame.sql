-- The frames that experiments leave while they run.

-- No foreign key to experiments: making a partition would lock that table against
-- every writer.  Frames are written only under a lock on their running experiment,
-- and a trigger removes them with it, so none is left behind.
CREATE TABLE timevmaps.frames (
    experiment_id bigint NOT NULL,
    step bigint NOT NULL,
    world_id bigint NOT NULL,
    payload bytea,
    summary jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT frames_pkey PRIMARY KEY (experiment_id, step),
    CONSTRAINT frames_step_check CHECK (step >= 0),
    CONSTRAINT frames_summary_check CHECK (pg_catalog.jsonb_typeof(summary) = 'object')
) PARTITION BY RANGE (experiment_id);
COMMENT ON TABLE timevmaps.frames IS 'States of an experiment while it ran. Partitioned by ranges of experiment_id, which are made when first needed.';
COMMENT ON COLUMN timevmaps.frames.experiment_id IS 'The experiment.';
COMMENT ON COLUMN timevmaps.frames.step IS 'How many gates had been applied; of a sweep, the number of the point, from 0.';
COMMENT ON COLUMN timevmaps.frames.world_id IS 'The experiment''s world.';
COMMENT ON COLUMN timevmaps.frames.payload IS 'The state: header TVF1 and little-endian numbers; null where the summary says it all.';
COMMENT ON COLUMN timevmaps.frames.summary IS 'What a client shows without decoding the payload, as a JSON object.';
COMMENT ON COLUMN timevmaps.frames.created_at IS 'When it was stored.';

-- A range of 2^16 experiments: wide enough that partitions stay few, narrow enough
-- that retention drops whole ones.
CREATE FUNCTION timevmaps_internal.tv_frames_partition(experiment_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    width CONSTANT bigint := 65536;
    first bigint := experiment_id / width * width;
    name text := 'frames_' || first;
BEGIN
    IF experiment_id IS NULL OR experiment_id NOT BETWEEN 1 AND 9007199254740991 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'experiment_id: not an identifier';
    END IF;
    -- One maker at a time; who waited asks again, by a query, for only that has a new snapshot.  The lock is one that
    -- attaching takes anyway, and that nobody can take who may not change the table's rows.
    FOR look IN 1 .. 2 LOOP
        IF EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
                   WHERE c.relname = name AND c.relnamespace = 'timevmaps'::regnamespace AND i.inhparent = 'timevmaps.frames'::regclass) THEN
            RETURN;
        END IF;
        EXIT WHEN look = 2;
        LOCK TABLE ONLY timevmaps.frames IN SHARE UPDATE EXCLUSIVE MODE;
    END LOOP;
    -- Detached, or somebody else's: frames would find no partition, and say nothing of why.
    IF to_regclass(format('timevmaps.%I', name)) IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'a partition of frames cannot be made',
            DETAIL = format('timevmaps.%s is there and is no partition of timevmaps.frames.', name),
            HINT = 'Attach it, rename it or drop it.';
    END IF;
    -- Attaching locks the parent weakly, so that readers and writers of other partitions
    -- go on; CREATE TABLE ... PARTITION OF would lock them all out.
    EXECUTE format('CREATE TABLE timevmaps.%I (LIKE timevmaps.frames INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE timevmaps.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE timevmaps.frames ATTACH PARTITION timevmaps.%I FOR VALUES FROM (%L) TO (%L)',
                   name, first, first + width);
    EXECUTE format('COMMENT ON TABLE timevmaps.%I IS %L', name,
                   format('Frames of the experiments %s to %s.', first, first + width - 1));
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_frames_partition(bigint) IS
'Make the partition of frames that an experiment''s id falls into, unless it exists; safe when many call it at once.';

-- Where experiments come by logical replication, nobody claims them, and frames would find no partition.
-- SECURITY DEFINER, for whoever applies a subscription may not call what is in timevmaps_internal.
CREATE FUNCTION timevmaps_internal.tv_experiments_arrived() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    PERFORM timevmaps_internal.tv_frames_partition(NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_arrived() IS 'Trigger: an experiment that has come by replication has a partition for its frames.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_experiments_arrived() FROM PUBLIC;
CREATE TRIGGER experiments_arrived AFTER INSERT ON timevmaps.experiments
    FOR EACH ROW WHEN (pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica') EXECUTE FUNCTION timevmaps_internal.tv_experiments_arrived();
ALTER TABLE timevmaps.experiments ENABLE REPLICA TRIGGER experiments_arrived;

CREATE FUNCTION timevmaps_internal.tv_experiments_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    DELETE FROM timevmaps.frames f WHERE f.experiment_id = OLD.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_delete() IS 'Trigger: the frames of an experiment go with it.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_experiments_delete() FROM PUBLIC;
CREATE TRIGGER experiments_delete AFTER DELETE ON timevmaps.experiments
    FOR EACH ROW EXECUTE FUNCTION timevmaps_internal.tv_experiments_delete();
