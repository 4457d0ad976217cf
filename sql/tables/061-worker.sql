-- What waits and what runs, as workers read it: three narrow tables, which triggers of experiments keep in step with it.

-- Insertions and deletions alone, so no room is left in their pages.  Vacuum does not give back the end of a file, which takes a lock
-- that no claim could pass.
CREATE TABLE timevmaps.queue_ready (
    experiment_id bigint PRIMARY KEY,
    world_id bigint NOT NULL,
    rank smallint NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    short boolean NOT NULL,
    submitted_by text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000, autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
CREATE INDEX queue_ready_turn_idx ON timevmaps.queue_ready (world_id, rank, seq);
CREATE INDEX queue_ready_submitter_idx ON timevmaps.queue_ready (submitted_by);
COMMENT ON TABLE timevmaps.queue_ready IS 'Experiments that are queued and due, in the order of their claims: of a world by rank and seq. Triggers write it.';
COMMENT ON COLUMN timevmaps.queue_ready.experiment_id IS 'The experiment.';
COMMENT ON COLUMN timevmaps.queue_ready.world_id IS 'Its world: worlds take turns.';
COMMENT ON COLUMN timevmaps.queue_ready.rank IS 'Its priority, negative: the smallest is claimed first.';
COMMENT ON COLUMN timevmaps.queue_ready.seq IS 'When it became due, among others.';
COMMENT ON COLUMN timevmaps.queue_ready.kind IS 'Its kind.';
COMMENT ON COLUMN timevmaps.queue_ready.short IS 'It is known to take so little time that many are run in one transaction.';
COMMENT ON COLUMN timevmaps.queue_ready.submitted_by IS 'Its submitter.';

CREATE TABLE timevmaps.queue_delayed (
    experiment_id bigint PRIMARY KEY,
    run_at timestamptz NOT NULL,
    world_id bigint NOT NULL,
    rank smallint NOT NULL,
    kind text NOT NULL,
    short boolean NOT NULL,
    submitted_by text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000, autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
CREATE INDEX queue_delayed_run_at_idx ON timevmaps.queue_delayed (run_at, experiment_id);
CREATE INDEX queue_delayed_submitter_idx ON timevmaps.queue_delayed (submitted_by);
COMMENT ON TABLE timevmaps.queue_delayed IS 'Experiments that are queued for later; a worker moves what is due to queue_ready. Triggers write it.';
COMMENT ON COLUMN timevmaps.queue_delayed.experiment_id IS 'The experiment.';
COMMENT ON COLUMN timevmaps.queue_delayed.run_at IS 'When it is due.';
COMMENT ON COLUMN timevmaps.queue_delayed.world_id IS 'Its world.';
COMMENT ON COLUMN timevmaps.queue_delayed.rank IS 'Its priority, negative.';
COMMENT ON COLUMN timevmaps.queue_delayed.kind IS 'Its kind.';
COMMENT ON COLUMN timevmaps.queue_delayed.short IS 'As in queue_ready.';
COMMENT ON COLUMN timevmaps.queue_delayed.submitted_by IS 'Its submitter.';

CREATE TABLE timevmaps.queue_running (
    experiment_id bigint PRIMARY KEY,
    world_id bigint NOT NULL,
    claim bigint NOT NULL,
    kind text NOT NULL,
    submitted_by text NOT NULL,
    started_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000, autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
CREATE INDEX queue_running_submitter_idx ON timevmaps.queue_running (submitted_by);
COMMENT ON TABLE timevmaps.queue_running IS 'Experiments that run. One whose worker''s lock is free has lost it. Triggers write it.';
COMMENT ON COLUMN timevmaps.queue_running.experiment_id IS 'The experiment.';
COMMENT ON COLUMN timevmaps.queue_running.world_id IS 'Its world.';
COMMENT ON COLUMN timevmaps.queue_running.claim IS 'Which attempt runs.';
COMMENT ON COLUMN timevmaps.queue_running.kind IS 'Its kind.';
COMMENT ON COLUMN timevmaps.queue_running.submitted_by IS 'Its submitter.';
COMMENT ON COLUMN timevmaps.queue_running.started_at IS 'When the attempt began.';

-- What they say follows from experiments: rows that come with the data of a dump or by replication are not taken in.  A dump that is
-- restored as a whole has them before it has triggers, and one that is restored with --disable-triggers while they are off: both are in step.
CREATE FUNCTION timevmaps_internal.tv_keep_derived() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The owner may have another name just now: what triggers of his write is written.
    IF pg_trigger_depth() > 1 THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_keep_derived() IS 'Trigger: what follows from other tables is written by their triggers, and as tv_owner, alone.';
CREATE TRIGGER queue_ready_keep BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.queue_ready FOR EACH ROW
    WHEN (CURRENT_USER OPERATOR(pg_catalog.<>) 'tv_owner' OR pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica')
    EXECUTE FUNCTION timevmaps_internal.tv_keep_derived();
CREATE TRIGGER queue_delayed_keep BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.queue_delayed FOR EACH ROW
    WHEN (CURRENT_USER OPERATOR(pg_catalog.<>) 'tv_owner' OR pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica')
    EXECUTE FUNCTION timevmaps_internal.tv_keep_derived();
CREATE TRIGGER queue_running_keep BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.queue_running FOR EACH ROW
    WHEN (CURRENT_USER OPERATOR(pg_catalog.<>) 'tv_owner' OR pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica')
    EXECUTE FUNCTION timevmaps_internal.tv_keep_derived();

-- What has work, and since where in the order, goes to the workers
-- through shared memory.  Without the extension there are none.
CREATE FUNCTION timevmaps_internal.tv_queue_tell(worlds bigint[], ranks smallint[], seqs bigint[], run_at timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (worlds IS NOT NULL OR run_at IS NOT NULL)
       AND to_regprocedure('timevmaps_internal.tv_queue_notice(bigint[],smallint[],bigint[],timestamptz)') IS NOT NULL THEN
        PERFORM timevmaps_internal.tv_queue_notice(worlds, ranks, seqs, run_at);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_queue_tell(bigint[], smallint[], bigint[], timestamptz) IS
'Tell the workers what waits, when this transaction commits.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_queue_tell(bigint[], smallint[], bigint[], timestamptz) FROM PUBLIC;

-- Not for what a trigger of that statement changes in its turn.
CREATE FUNCTION timevmaps_internal.tv_queue_ends() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_trigger_depth() = 1 AND to_regprocedure('timevmaps_internal.tv_batch_ends()') IS NOT NULL THEN
        RETURN timevmaps_internal.tv_batch_ends();
    END IF;
    RETURN false;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_queue_ends() IS
'To a trigger: whether its statement is a worker''s that finishes many at once, all of which were queued; what follows from that the worker does.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_queue_ends() FROM PUBLIC;

-- Nor is there a log of events then that could be written.
CREATE FUNCTION timevmaps_internal.tv_queue_tells() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN to_regprocedure('timevmaps_internal.tv_event_added(text,bigint[],bigint[],bigint[],bigint[],text[],jsonb[])') IS NOT NULL;
COMMENT ON FUNCTION timevmaps_internal.tv_queue_tells() IS 'Whether events can be written: the extension is there.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_queue_tells() FROM PUBLIC;

-- One statement for all that follows from an insertion, for it is what a submission costs: of single rows the executor's beginning and
-- end are most of it.  SECURITY DEFINER, for whoever submits may not write these tables, nor call what is in timevmaps_internal.
CREATE FUNCTION timevmaps_internal.tv_experiments_queued() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'timevmaps' THEN
        PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    ELSIF to_regproc('timevmaps_internal.tv_experiments_add_row') IS NOT NULL THEN
        PERFORM timevmaps_internal.tv_experiments_add(n.id, n.world_id, n.timeline_id, n.kind, n.params, n.gateway_id, n.status, n.priority, n.run_at,
                                                      n.submitted_by, n.claim, n.started_at ORDER BY n.id) FROM new_rows n;
    ELSE
        -- Without the extension nobody submits anything but who restores a dump, and there are no workers.
        PERFORM timevmaps_internal.tv_queue_put(e) FROM timevmaps.experiments e JOIN new_rows n ON n.id = e.id WHERE n.status IN ('queued', 'running');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_queued() IS
'Trigger: experiments that are inserted wait; workers and who listens are told when this transaction commits. 53400 where more wait and run than the quota experiments_queued allows.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_experiments_queued() FROM PUBLIC;

-- Whoever retries may do so while the extension is gone.
CREATE FUNCTION timevmaps_internal.tv_queue_short(kind text, params jsonb, gateway_id bigint, claim bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- One that was claimed before may still be in the hands of who ran it, and has frames.
    IF claim > 0 OR to_regprocedure('timevmaps_internal.tv_experiment_is_short(text, jsonb, bigint)') IS NULL THEN
        RETURN false;
    END IF;
    RETURN timevmaps_internal.tv_experiment_is_short(kind, params, gateway_id);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_queue_short(text, jsonb, bigint, bigint) IS 'Whether an experiment that is queued again may be run with others in one transaction.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_queue_short(text, jsonb, bigint, bigint) FROM PUBLIC;

-- What waits is ready or delayed, and a worker moves it from there to here: so it is looked for here, there, and here again.
CREATE FUNCTION timevmaps_internal.tv_queue_remove(ids bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    wanted bigint := cardinality(ids);
    gone bigint;
BEGIN
    DELETE FROM timevmaps.queue_ready q WHERE q.experiment_id = ANY (ids);
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone < wanted THEN
        wanted := wanted - gone;
        DELETE FROM timevmaps.queue_delayed q WHERE q.experiment_id = ANY (ids);
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone < wanted THEN
            DELETE FROM timevmaps.queue_ready q WHERE q.experiment_id = ANY (ids);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_queue_remove(bigint[]) IS 'Have experiments wait no more.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_queue_remove(bigint[]) FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_queue_put(experiment timevmaps.experiments) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    short boolean := timevmaps_internal.tv_queue_short(experiment.kind, experiment.params, experiment.gateway_id, experiment.claim);
BEGIN
    IF experiment.status = 'running' THEN
        INSERT INTO timevmaps.queue_running AS q (experiment_id, world_id, claim, kind, submitted_by, started_at)
        VALUES (experiment.id, experiment.world_id, experiment.claim, experiment.kind, experiment.submitted_by, experiment.started_at)
        ON CONFLICT (experiment_id) DO UPDATE SET (claim, started_at) = ROW (excluded.claim, excluded.started_at);
    ELSIF experiment.run_at <= clock_timestamp() THEN
        INSERT INTO timevmaps.queue_ready AS q (experiment_id, world_id, rank, kind, short, submitted_by)
        VALUES (experiment.id, experiment.world_id, -experiment.priority, experiment.kind, short, experiment.submitted_by)
        ON CONFLICT (experiment_id) DO NOTHING;
    ELSE
        INSERT INTO timevmaps.queue_delayed AS q (experiment_id, run_at, world_id, rank, kind, short, submitted_by)
        VALUES (experiment.id, experiment.run_at, experiment.world_id, -experiment.priority, experiment.kind, short, experiment.submitted_by)
        ON CONFLICT (experiment_id) DO UPDATE SET (run_at, rank) = ROW (excluded.run_at, excluded.rank);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_queue_put(timevmaps.experiments) IS 'Have an experiment wait or run, as it says.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_queue_put(timevmaps.experiments) FROM PUBLIC;

-- What a restoring has left, or what somebody has done with triggers off.
CREATE FUNCTION timevmaps_internal.tv_queue_reconcile() RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed bigint;
    more bigint;
    put bigint;
BEGIN
    DELETE FROM timevmaps.queue_ready q WHERE NOT EXISTS (
        SELECT FROM timevmaps.experiments e WHERE e.id = q.experiment_id AND e.status = 'queued' AND q.rank = -e.priority AND e.run_at <= clock_timestamp());
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM timevmaps.queue_delayed q WHERE NOT EXISTS (
        SELECT FROM timevmaps.experiments e WHERE e.id = q.experiment_id AND e.status = 'queued' AND q.rank = -e.priority AND e.run_at = q.run_at);
    GET DIAGNOSTICS more = ROW_COUNT;
    removed := removed + more;
    DELETE FROM timevmaps.queue_running q WHERE NOT EXISTS (
        SELECT FROM timevmaps.experiments e WHERE e.id = q.experiment_id AND e.status = 'running' AND e.claim = q.claim);
    GET DIAGNOSTICS more = ROW_COUNT;
    SELECT count(timevmaps_internal.tv_queue_put(e) IS NULL) INTO put FROM timevmaps.experiments e
    WHERE e.status = 'queued' AND NOT EXISTS (SELECT FROM timevmaps.queue_ready q WHERE q.experiment_id = e.id)
                              AND NOT EXISTS (SELECT FROM timevmaps.queue_delayed q WHERE q.experiment_id = e.id)
       OR e.status = 'running' AND NOT EXISTS (SELECT FROM timevmaps.queue_running q WHERE q.experiment_id = e.id);
    RETURN removed + more + put;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_queue_reconcile() IS
'Have wait and run what the experiments say; how many rows were wrong or missing. tv_init() calls it where triggers were off.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_queue_reconcile() FROM PUBLIC;

-- All rows of a statement at once, and joined so: a plan that was made for one row would be kept for hundreds.
-- Moves that are not the owner's the trigger for each row has looked at before.
CREATE FUNCTION timevmaps_internal.tv_experiments_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_nestloop = off
AS $$
DECLARE
    present timestamptz := clock_timestamp();
    moved record;
    wrong record;
    ready record;
    delayed timestamptz;
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    IF timevmaps_internal.tv_queue_ends() THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(o.id) FILTER (WHERE o.status = 'queued') AS waited,
           array_agg(o.id) FILTER (WHERE o.status = 'running') AS ran,
           array_agg(n.id) FILTER (WHERE n.status = 'finished' AND o.status <> 'finished') AS finished,
           bool_or(n.status = 'queued') AS wait,
           bool_or(n.status = 'running') AS run,
           bool_or(o.status = 'running' AND n.status IN ('queued', 'failed', 'cancelled')) AS ended,
           bool_or(n.status = 'queued' AND o.status IN ('failed', 'cancelled')) AS again,
           bool_or(n.status = 'cancelled') AS cancelled,
           bool_or(o.status <> n.status AND (o.status, n.status) NOT IN (
               ('queued', 'running'), ('queued', 'finished'), ('queued', 'cancelled'),
               ('running', 'queued'), ('running', 'finished'), ('running', 'failed'), ('running', 'cancelled'),
               ('failed', 'queued'), ('cancelled', 'queued'))) AS wrong
    INTO moved
    FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE o.status <> n.status
       OR n.status = 'queued' AND (o.priority <> n.priority OR o.run_at <> n.run_at AND (n.run_at > present OR o.run_at > present))
       OR n.status = 'running' AND o.claim <> n.claim;
    IF moved.wait IS NULL THEN
        RETURN NULL;
    END IF;
    IF moved.wrong THEN
        SELECT o.id, o.status AS was, n.status INTO wrong FROM old_rows o JOIN new_rows n ON n.id = o.id
        WHERE o.status <> n.status AND (o.status, n.status) NOT IN (
               ('queued', 'running'), ('queued', 'finished'), ('queued', 'cancelled'),
               ('running', 'queued'), ('running', 'finished'), ('running', 'failed'), ('running', 'cancelled'),
               ('failed', 'queued'), ('cancelled', 'queued')) LIMIT 1;
        RAISE EXCEPTION USING ERRCODE = 'PT409', MESSAGE = 'an experiment cannot make this move',
            DETAIL = format('Experiment %s: %s -> %s.', wrong.id, wrong.was, wrong.status);
    END IF;
    -- Ordered, for that has the planner take the key, also while all indexes are small.
    -- A statement of its own: it locks the table of results, which somebody may hold while experiments are claimed.
    IF moved.finished IS NOT NULL THEN
        IF (SELECT count(*) FROM (SELECT FROM timevmaps.results r WHERE r.experiment_id = ANY (moved.finished) ORDER BY r.experiment_id OFFSET 0) f) < cardinality(moved.finished) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'a finished experiment has a result',
                DETAIL = format('There is no result of experiment %s.', (SELECT min(f.id) FROM unnest(moved.finished) f (id)
                    WHERE NOT EXISTS (SELECT FROM timevmaps.results r WHERE r.experiment_id = f.id)));
        END IF;
    END IF;

    IF moved.waited IS NOT NULL THEN
        PERFORM timevmaps_internal.tv_queue_remove(moved.waited);
    END IF;
    IF moved.ran IS NOT NULL THEN
        DELETE FROM timevmaps.queue_running q WHERE q.experiment_id = ANY (moved.ran);
    END IF;
    IF moved.ended THEN
        INSERT INTO timevmaps.experiment_attempts AS a (experiment_id, claim, world_id, outcome, error, started_at, ended_at, worker_pid)
        SELECT o.id, o.claim, o.world_id,
               CASE WHEN n.lost > o.lost THEN 'lost' WHEN n.status <> 'queued' THEN n.status WHEN n.attempts < o.attempts THEN 'handed_back' ELSE 'retried' END,
               CASE WHEN n.status <> 'cancelled' THEN n.error END, o.started_at, present, o.worker_pid
        FROM old_rows o JOIN new_rows n ON n.id = o.id
        WHERE o.status = 'running' AND n.status IN ('queued', 'failed', 'cancelled')
        ON CONFLICT (experiment_id, claim) DO NOTHING;
    END IF;
    IF moved.run THEN
        INSERT INTO timevmaps.queue_running AS q (experiment_id, world_id, claim, kind, submitted_by, started_at)
        SELECT n.id, n.world_id, n.claim, n.kind, n.submitted_by, n.started_at FROM old_rows o JOIN new_rows n ON n.id = o.id
        WHERE n.status = 'running' AND (o.status <> 'running' OR o.claim <> n.claim)
        ON CONFLICT (experiment_id) DO UPDATE SET (claim, started_at) = ROW (excluded.claim, excluded.started_at);
    END IF;
    IF moved.wait THEN
        WITH added AS (
            INSERT INTO timevmaps.queue_ready AS q (experiment_id, world_id, rank, kind, short, submitted_by)
            SELECT n.id, n.world_id, -n.priority, n.kind, timevmaps_internal.tv_queue_short(n.kind, n.params, n.gateway_id, n.claim), n.submitted_by
            FROM old_rows o JOIN new_rows n ON n.id = o.id
            WHERE n.status = 'queued' AND n.run_at <= present
              AND (o.status <> 'queued' OR o.priority <> n.priority OR o.run_at > present)
            ORDER BY n.run_at, n.id
            ON CONFLICT (experiment_id) DO UPDATE SET (world_id, rank, seq, kind, short, submitted_by)
                = ROW (excluded.world_id, excluded.rank, DEFAULT, excluded.kind, excluded.short, excluded.submitted_by)
            RETURNING world_id, rank, seq)
        SELECT array_agg(a.world_id) AS worlds, array_agg(a.rank) AS ranks, array_agg(a.seq) AS seqs INTO ready
        FROM (SELECT a.world_id, min(a.rank) AS rank, min(a.seq) AS seq FROM added a GROUP BY a.world_id) a;
        WITH added AS (
            INSERT INTO timevmaps.queue_delayed AS q (experiment_id, run_at, world_id, rank, kind, short, submitted_by)
            SELECT n.id, n.run_at, n.world_id, -n.priority, n.kind, timevmaps_internal.tv_queue_short(n.kind, n.params, n.gateway_id, n.claim), n.submitted_by
            FROM old_rows o JOIN new_rows n ON n.id = o.id
            WHERE n.status = 'queued' AND n.run_at > present
              AND (o.status <> 'queued' OR o.priority <> n.priority OR o.run_at <> n.run_at)
            ORDER BY n.run_at, n.id
            ON CONFLICT (experiment_id) DO UPDATE SET (run_at, world_id, rank, kind, short, submitted_by)
                = ROW (excluded.run_at, excluded.world_id, excluded.rank, excluded.kind, excluded.short, excluded.submitted_by)
            RETURNING run_at)
        SELECT min(a.run_at) INTO delayed FROM added a;
        PERFORM timevmaps_internal.tv_queue_tell(ready.worlds, ready.ranks, ready.seqs, delayed);
    END IF;
    -- Whose experiment it is is charged for it, for it runs in his name; counted is what waits by now.
    IF moved.again AND to_regprocedure('timevmaps_internal.tv_require_queue(text, name)') IS NOT NULL THEN
        PERFORM timevmaps_internal.tv_require_queue(s.submitted_by, s.submitted_role)
        FROM (SELECT DISTINCT n.submitted_by, n.submitted_role FROM old_rows o JOIN new_rows n ON n.id = o.id
              WHERE n.status = 'queued' AND o.status IN ('failed', 'cancelled')) s;
    END IF;
    IF moved.again AND timevmaps_internal.tv_queue_tells() THEN
        PERFORM timevmaps_internal.tv_event_added('tv_experiment_retried', array_agg(e.world_id), array_agg(e.timeline_id), array_agg(e.id), array_agg(e.claim), array_agg(e.kind),
                                                  array_agg(e.trace))
        FROM (SELECT n.world_id, n.timeline_id, n.id, n.claim, n.kind, CASE WHEN n.params ? 'x-traceparent' THEN jsonb_build_object('traceparent', n.params ->> 'x-traceparent') END AS trace
              FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE n.status = 'queued' AND o.status IN ('failed', 'cancelled') ORDER BY n.id) e;
    END IF;
    -- How others end whoever ends them tells.
    IF moved.cancelled AND timevmaps_internal.tv_queue_tells() THEN
        PERFORM timevmaps_internal.tv_event_added('tv_sim_finished', array_agg(e.world_id), array_agg(e.timeline_id), array_agg(e.id), array_agg(e.claim), array_agg(e.kind),
                                                  array_agg(jsonb_build_object('status', 'cancelled', 'traceparent', e.trace)))
        FROM (SELECT n.world_id, n.timeline_id, n.id, n.claim, n.kind, n.params ->> 'x-traceparent' AS trace FROM old_rows o JOIN new_rows n ON n.id = o.id
              WHERE n.status = 'cancelled' AND o.status <> 'cancelled' ORDER BY n.id) e;
        PERFORM timevmaps_internal.tv_interrupt_experiment(o.id, o.claim)
        FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE n.status = 'cancelled' AND o.status = 'running';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_moved() IS
'Trigger: what waits and what runs is what the experiments say; what is queued again or cancelled is told, and what is cancelled stopped. PT409 a move that is not drawn; 23514 finished without a result; 53400 as tv_require_queue().';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_experiments_moved() FROM PUBLIC;

CREATE FUNCTION timevmaps_internal.tv_experiments_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    ids bigint[];
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    -- Deleted row by row, also where all go: a TRUNCATE would go on to where this table is replicated.
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM timevmaps.queue_delayed;
        DELETE FROM timevmaps.queue_ready;
        DELETE FROM timevmaps.queue_running;
        RETURN NULL;
    END IF;
    ids := ARRAY(SELECT o.id FROM old_rows o WHERE o.status = 'queued');
    IF ids <> '{}' THEN
        PERFORM timevmaps_internal.tv_queue_remove(ids);
    END IF;
    ids := ARRAY(SELECT o.id FROM old_rows o WHERE o.status = 'running');
    IF ids <> '{}' THEN
        DELETE FROM timevmaps.queue_running q WHERE q.experiment_id = ANY (ids);
    END IF;
    IF timevmaps_internal.tv_queue_tells() THEN
        PERFORM timevmaps_internal.tv_event_added('tv_experiment_removed', array_agg(e.world_id), array_agg(e.timeline_id), array_agg(e.id), array_agg(e.claim), array_agg(e.kind),
                                                  array_agg(e.trace))
        FROM (SELECT o.world_id, o.timeline_id, o.id, o.claim, o.kind, CASE WHEN o.params ? 'x-traceparent' THEN jsonb_build_object('traceparent', o.params ->> 'x-traceparent') END AS trace
              FROM old_rows o ORDER BY o.id) e;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_removed() IS 'Trigger: an experiment that is removed neither waits nor runs, and that it was is told.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_experiments_removed() FROM PUBLIC;

-- What comes by replication is run where it comes from, and here once the subscription is gone.  There triggers of statements do not fire.
CREATE FUNCTION timevmaps_internal.tv_experiments_replicated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM timevmaps_internal.tv_check_trigger(TG_TABLE_SCHEMA, TG_TABLE_NAME);
    IF TG_OP <> 'INSERT' AND OLD.status = 'queued' THEN
        PERFORM timevmaps_internal.tv_queue_remove(ARRAY[OLD.id]);
    ELSIF TG_OP <> 'INSERT' AND OLD.status = 'running' THEN
        DELETE FROM timevmaps.queue_running q WHERE q.experiment_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status IN ('queued', 'running') THEN
        PERFORM timevmaps_internal.tv_queue_put(NEW);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_replicated() IS 'Trigger: what waits and what runs is what the experiments say that come by replication.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_experiments_replicated() FROM PUBLIC;
CREATE TRIGGER experiments_queue_arrived AFTER INSERT OR UPDATE OR DELETE ON timevmaps.experiments
    FOR EACH ROW WHEN (pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica')
    EXECUTE FUNCTION timevmaps_internal.tv_experiments_replicated();
ALTER TABLE timevmaps.experiments ENABLE REPLICA TRIGGER experiments_queue_arrived;

CREATE TRIGGER experiments_queue_insert AFTER INSERT ON timevmaps.experiments REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_experiments_queued();
CREATE TRIGGER experiments_queue_update AFTER UPDATE ON timevmaps.experiments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_experiments_moved();
CREATE TRIGGER experiments_queue_delete AFTER DELETE ON timevmaps.experiments REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_experiments_removed();
CREATE TRIGGER experiments_queue_truncate AFTER TRUNCATE ON timevmaps.experiments
    FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_experiments_removed();
