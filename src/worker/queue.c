/*
 * queue.c: the experiments table as a queue; see queue.h.
 *
 * The status machine itself is a trigger of the table (sql/tables/060-queue.sql):
 * a wrong move fails there, also one of ours.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "bridge/access/quota.h"
#include "bridge/experiment/kinds.h"
#include "bridge/server/error.h"
#include "bridge/server/guc.h"
#include "worker/aside.h"
#include "worker/batch.h"
#include "worker/clock.h"
#include "worker/counters.h"
#include "worker/delayed.h"
#include "worker/events.h"
#include "worker/outcome.h"
#include "worker/queue.h"
#include "worker/runners.h"
#include "worker/suspect.h"
#include "worker/turns.h"

/* ------------------------------------------------------------ alive or not */

static void
lock_tag(LOCKTAG *tag, int64 experiment)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (experiment >> 32), (uint32) experiment, 3);
}

static bool
lock_experiment(int64 experiment)
{
	LOCKTAG		tag;

	lock_tag(&tag, experiment);
	switch (LockAcquire(&tag, ExclusiveLock, true, true))
	{
		case LOCKACQUIRE_OK:
			return true;
		case LOCKACQUIRE_ALREADY_HELD:
			/* By this session, which now holds it twice. */
			(void) LockRelease(&tag, ExclusiveLock, true);
			return false;
		default:
			return false;
	}
}

static void
unlock_experiment(int64 experiment)
{
	LOCKTAG		tag;

	lock_tag(&tag, experiment);
	(void) LockRelease(&tag, ExclusiveLock, true);
}

void
tv_queue_release(const TvJob *job)
{
	unlock_experiment(job->id);
}

/* ------------------------------------------------------------------- claim */

typedef struct Claim
{
	TvJob	   *job;
	TvBatch    *batch;			/* NULL: each is run alone */
	bool		batched;
	TimestampTz look_again;
	int64		in_hand;		/* what is looked at; 0: none */
	bool		held;
	int64		held_id;
	bool		passed;			/* by something that another holds */
	bool		waits;			/* nothing begins now, for a suspect runs alone */
} Claim;

static TvStatement select_ready = {
	.text = "SELECT q.experiment_id, q.rank, q.seq, q.short FROM timevmaps.queue_ready q"
	" WHERE q.world_id = $1 AND (q.rank, q.seq) >= ($2, $3)" TV_OURS_TO_RUN
	" ORDER BY q.world_id, q.rank, q.seq LIMIT 1 FOR UPDATE SKIP LOCKED",
	.count = 3,.types = {INT8OID, INT2OID, INT8OID},.by_index = true
};

/* Of the queue's row and the experiment's this is the second to be locked: nobody waits for either. */
static TvStatement lock_queued = {
	.text = "SELECT e.claim, e.status = 'queued', e.lost > 0 FROM timevmaps.experiments e WHERE e.id = $1 FOR UPDATE SKIP LOCKED",
	.count = 1,.types = {INT8OID},.by_index = true
};

static TvStatement select_experiment = {
	.text = "SELECT 1 FROM timevmaps.experiments e WHERE e.id = $1",
	.count = 1,.types = {INT8OID},.by_index = true
};

static TvStatement delete_ready = {
	.text = "DELETE FROM timevmaps.queue_ready q WHERE q.experiment_id = $1",
	.count = 1,.types = {INT8OID},.by_index = true
};

static TvStatement update_claim = {
	.text = "UPDATE timevmaps.experiments e"
	" SET status = 'running', attempts = e.attempts + 1, claim = e.claim + 1, worker_pid = $2,"
	" started_at = clock_timestamp(), finished_at = NULL, progress = 0, error = NULL"
	" WHERE e.id = $1"
	" RETURNING e.world_id, e.timeline_id, e.gateway_id, e.claim, e.attempts, e.max_attempts,"
	" e.kind, e.params, e.submitted_by, e.submitted_role, e.run_at, e.lost",
	.count = 2,.types = {INT8OID, INT4OID},.by_index = true
};

static TvStatement delete_frames = {
	.text = "DELETE FROM timevmaps.frames f WHERE f.experiment_id = $1",
	.count = 1,.types = {INT8OID}
};

static TvJob *
read_claimed(MemoryContext context, int64 id)
{
	MemoryContext caller;
	TvJob	   *job;
	bool		no_gateway;
	Oid			role;

	caller = MemoryContextSwitchTo(context);
	job = palloc0(sizeof(TvJob));
	job->id = id;
	job->world_id = DatumGetInt64(tv_statement_column(1, NULL));
	job->timeline_id = DatumGetInt64(tv_statement_column(2, NULL));
	job->gateway_id = DatumGetInt64(tv_statement_column(3, &no_gateway));
	if (no_gateway)
		job->gateway_id = 0;
	job->claim = DatumGetInt64(tv_statement_column(4, NULL));
	job->attempts = DatumGetInt32(tv_statement_column(5, NULL));
	job->max_attempts = DatumGetInt32(tv_statement_column(6, NULL));
	job->kind = TextDatumGetCString(tv_statement_column(7, NULL));
	job->params = DatumGetJsonbPCopy(tv_statement_column(8, NULL));
	job->submitted_by = TextDatumGetCString(tv_statement_column(9, NULL));
	job->submitted_role = pstrdup(NameStr(*DatumGetName(tv_statement_column(10, NULL))));
	job->due_at = DatumGetTimestampTz(tv_statement_column(11, NULL));
	job->lost = DatumGetInt32(tv_statement_column(12, NULL));
	job->began = GetCurrentTimestamp();
	role = get_role_oid(job->submitted_role, true);
	job->most_seconds = tv_quota_of(role, job->submitted_by, TV_QUOTA_EXPERIMENT_SECONDS);
	job->circuit_memory = tv_quota_of(role, job->submitted_by, TV_QUOTA_CIRCUIT_MEMORY);
	MemoryContextSwitchTo(caller);
	return job;
}

/*
 * Whether a row of the queue that this transaction has locked is to be run; then the experiment is locked,
 * and this session's.  One that says what is not so any more is removed.
 */
static bool
take(TvRunner *runner, Claim *claim, int64 id)
{
	Datum		value = Int64GetDatum(id);
	int64		before;
	bool		suspect;

	claim->in_hand = id;
	if (tv_statement(&lock_queued, &value, NULL) == 0)
	{
		/* Somebody is just changing it, or it is not there. */
		if (tv_statement(&select_experiment, &value, NULL) == 0)
			(void) tv_statement(&delete_ready, &value, NULL);
		else
			claim->passed = true;
		return false;
	}
	if (!DatumGetBool(tv_statement_column(2, NULL)))
	{
		(void) tv_statement(&delete_ready, &value, NULL);
		return false;
	}
	before = DatumGetInt64(tv_statement_column(1, NULL));
	suspect = DatumGetBool(tv_statement_column(3, NULL));
	if (!lock_experiment(id))
	{
		/*
		 * It was cancelled and queued again before its worker noticed, or someone
		 * is just now asking whether it is alive: the next one, and again soon.
		 */
		claim->passed = true;
		return false;
	}

	/* Before anyone can see it run, so that no cancel misses its worker. */
	if (!tv_slot_begin(runner->slot, id, before + 1, suspect))
	{
		unlock_experiment(id);
		claim->waits = true;
		return false;
	}
	claim->held = true;
	claim->held_id = id;
	return true;
}

/* The first of a world, in order, that is to be had; 0: none. */
static int64
claim_of_world(TvRunner *runner, Claim *claim, const TvTurn *turn)
{
	int16		rank = turn->rank;
	int64		seq = turn->seq;
	int64		tried = -1;		/* up to here a batch found nothing to be had */
	Datum		values[3];
	int64		id;

	for (;;)
	{
		values[0] = Int64GetDatum(turn->world);
		values[1] = Int16GetDatum(rank);
		values[2] = Int64GetDatum(seq);
		if (tv_statement(&select_ready, values, NULL) == 0)
			return 0;
		id = DatumGetInt64(tv_statement_column(1, NULL));
		if (rank != DatumGetInt16(tv_statement_column(2, NULL)))
			tried = -1;
		rank = DatumGetInt16(tv_statement_column(2, NULL));
		seq = DatumGetInt64(tv_statement_column(3, NULL));
		if (claim->batch != NULL && seq > tried && DatumGetBool(tv_statement_column(4, NULL)))
		{
			if (tv_batch_take(claim->batch, turn->world, rank, seq, &tried) > 0)
			{
				claim->batched = true;
				return id;
			}
		}
		if (take(runner, claim, id))
			return id;
		claim->in_hand = 0;
		if (claim->waits)
			return 0;
		/* Somebody is changing it, as he may be changing thousands. */
		seq++;
	}
}

/* Submitters take turns, and of each his worlds. */
static int64
claim_next(TvRunner *runner, Claim *claim)
{
	TvTurn		turn;
	int64		id;

	for (int left = tv_turns_count(); left > 0 && tv_turns_next(&turn); left--)
	{
		id = tv_turns_enter(runner->slot, turn.world) ? claim_of_world(runner, claim, &turn) : 0;
		if (id != 0 || claim->waits)
			return id;
		/* Its rows are others', or as many of it run as may. */
		claim->passed = true;
	}
	(void) tv_turns_enter(runner->slot, 0);
	return 0;
}

static TvStatement select_awaited = {
	.text = "SELECT 1 FROM timevmaps.queue_ready q WHERE q.experiment_id = $1 FOR UPDATE SKIP LOCKED",
	.count = 1,.types = {INT8OID},.by_index = true
};

/* A suspect that this slot waits for, if it is still to be had; else 0, and others have their turn unless it waits on. */
static int64
claim_awaited(TvRunner *runner, Claim *claim)
{
	int64		id = runner->slot->awaits;
	Datum		value = Int64GetDatum(id);

	if (id == 0)
		return 0;
	if (tv_statement(&select_awaited, &value, NULL) > 0 && take(runner, claim, id))
		return id;
	claim->in_hand = 0;
	if (!claim->waits)
		tv_suspect_forget(runner->slot);
	return 0;
}

#define BATCH_WORLDS 32

/* Of the worlds whose turn is next, too, what is short, as long as there is room; whether something is left. */
static bool
fill_batch(Claim *claim)
{
	/* Where it is counted how much of a world runs, a slot is of one world. */
	const int	worlds = tv_running_per_world > 0 ? 1 : Min(tv_turns_count(), BATCH_WORLDS);
	TvTurn		turn;
	int64		last;

	for (int i = 1; i < worlds && !tv_batch_full(claim->batch) && tv_turns_next(&turn); i++)
	{
		if (!turn.is_short)
		{
			tv_turns_back(&turn);
			return true;
		}
		(void) tv_batch_take(claim->batch, turn.world, turn.rank, turn.seq, &last);
	}
	return tv_batch_full(claim->batch);
}

static void
claim_unit(TvRunner *runner, void *arg)
{
	Claim	   *claim = arg;
	TimestampTz due;
	Datum		values[2];
	int64		id;
	TvKind		kind;

	/* Who holds the table (TRUNCATE) wants rows of the queue next: nobody who has these waits for it. */
	if (!tv_may_write_now("experiments"))
	{
		claim->look_again = tv_clock_now() + 100 * 1000;
		return;
	}
	tv_turns_begin();
	due = tv_delayed_move(tv_turns_add);
	id = claim_awaited(runner, claim);
	if (id == 0 && !claim->waits)
		id = claim_next(runner, claim);
	if (claim->waits)
	{
		claim->look_again = tv_clock_now() + TV_SUSPECT_LOOK_MS * 1000;
		return;
	}
	if (id == 0)
	{
		claim->look_again = due;
		if (claim->passed || claim->waits)
			claim->look_again = Min(due, tv_clock_now() + 100 * 1000);
		return;
	}
	if (claim->batched)
	{
		if (fill_batch(claim))
			tv_wake_one();
		tv_batch_run(runner, claim->batch);
		return;
	}
	values[0] = Int64GetDatum(id);
	values[1] = Int32GetDatum(MyProcPid);
	(void) tv_statement(&update_claim, values, NULL);
	claim->job = read_claimed(runner->job, id);
	if (claim->job->claim > 1)
		(void) tv_statement(&delete_frames, values, NULL);
	if (tv_kind_find(claim->job->kind, &kind) && tv_runners[kind].claimed != TV_TOPIC_NONE)
		tv_events_tell(claim->job, tv_runners[kind].claimed, NULL);
}

/*
 * What a batch as a whole fails by, and not whoever runs it: it is tried again, smaller.  Somebody's trigger raises what it likes, also
 * what a cancel does: where a worker was not told to end it is one member's.
 */
static bool
is_batchs_own(const TvRunner *runner, const Claim *claim, const ErrorData *error)
{
	return claim->batched && (error->sqlerrcode != ERRCODE_QUERY_CANCELED || (!runner->procedure && !runner->slot->stop));
}

/* One that cannot be begun does not keep others waiting; false: nothing else is to be tried now. */
static bool
passes(TvRunner *runner, const Claim *claim, int *most, const ErrorData *error)
{
	if (claim->batched || error == NULL || !tv_aside_is_its_own(error))
		return false;
	if (claim->in_hand != 0)
		return tv_aside_put(runner, claim->in_hand, error);
	/* One of many: each by itself. */
	if (claim->batch == NULL)
		return false;
	*most = 0;
	return true;
}

/* Nothing of a claim that failed is held. */
static void
give_up(TvRunner *runner, const Claim *claim)
{
	(void) tv_turns_enter(runner->slot, 0);
	if (claim->held)
	{
		tv_slot_end(runner->slot);
		unlock_experiment(claim->held_id);
	}
}

TvJob *
tv_queue_claim(TvRunner *runner, int most, TimestampTz *look_again, int *ended)
{
	Claim		claim;
	ErrorData  *error;
	bool		again;

	*ended = 0;
	if (tv_suspect_holds(runner->slot))
	{
		*look_again = tv_clock_now() + TV_SUSPECT_LOOK_MS * 1000;
		return NULL;
	}
	do
	{
		claim = (Claim) {.look_again = DT_NOEND, .batch = tv_batch_begin(runner, most)};
		error = tv_unit(runner, claim_unit, &claim);
		tv_slot_end_batch(runner->slot);
		if (error != NULL)
		{
			tv_turns_forget();
			give_up(runner, &claim);
		}
		if (claim.batched && (error == NULL || is_batchs_own(runner, &claim, error)))
			*ended = tv_batch_end(runner, claim.batch, error);
		/* Nothing of it has finished: what it was is run alone, or in smaller ones. */
		again = claim.batched && *ended == 0 && (error == NULL || is_batchs_own(runner, &claim, error));
	} while (again || passes(runner, &claim, &most, error));
	if (error != NULL)
	{
		MemoryContextSwitchTo(runner->job);
		tv_rethrow(error);
	}
	if (claim.job != NULL || *ended > 0)
		tv_aside_none();
	*look_again = claim.look_again;
	/* It may take long, and there may be more. */
	if (claim.job != NULL)
		tv_wake_one();
	if (claim.job != NULL)
		tv_count_claim(claim.job->kind, tv_clock_now() - claim.job->due_at);
	return claim.job;
}

/* ----------------------------------------------------------- lost attempts */

static TvStatement select_running = {
	.text = "SELECT q.experiment_id FROM timevmaps.queue_running q WHERE q.experiment_id > $1" TV_OURS_TO_RUN
	" ORDER BY q.experiment_id",
	.count = 1,.types = {INT8OID},.by_index = true
};

static TvStatement lock_running = {
	.text = "SELECT q.claim FROM timevmaps.queue_running q WHERE q.experiment_id = $1 FOR UPDATE SKIP LOCKED",
	.count = 1,.types = {INT8OID},.by_index = true
};

static TvStatement lock_attempt = {
	.text = "SELECT e.world_id, e.timeline_id, e.gateway_id, e.claim, e.attempts, e.max_attempts,"
	" e.kind, e.params, e.submitted_by, e.submitted_role, e.run_at, e.lost, e.status = 'running'"
	" FROM timevmaps.experiments e WHERE e.id = $1 FOR UPDATE SKIP LOCKED",
	.count = 1,.types = {INT8OID},.by_index = true
};

static TvStatement delete_running = {
	.text = "DELETE FROM timevmaps.queue_running q WHERE q.experiment_id = $1",
	.count = 1,.types = {INT8OID},.by_index = true
};

static bool
is_alive(int64 id)
{
	if (!lock_experiment(id))
		return true;
	unlock_experiment(id);
	return false;
}

/* How many; of these the last are counted by kind. */
typedef struct Reclaimed
{
	int			count;
	const char *kinds[1024];
	int64		after;			/* experiments up to this one were looked at */
	int64		in_hand;
	bool		one_by_one;		/* a transaction for each */
	bool		done;
} Reclaimed;

/* An experiment that seems to run: its kind where nobody runs it and it was taken back, else NULL. */
static const char *
reclaim(int64 id)
{
	Datum		value = Int64GetDatum(id);
	TvJob	   *job;

	/*
	 * Ask first without locking the row, which would write to it.  Once the
	 * row is locked and still running nobody else can claim it, so the second
	 * answer holds: its lock is free for good.
	 */
	if (is_alive(id) || tv_statement(&lock_running, &value, NULL) == 0)
		return NULL;
	if (tv_statement(&lock_attempt, &value, NULL) == 0)
	{
		if (tv_statement(&select_experiment, &value, NULL) == 0)
			(void) tv_statement(&delete_running, &value, NULL);
		return NULL;
	}
	if (!DatumGetBool(tv_statement_column(13, NULL)))
	{
		(void) tv_statement(&delete_running, &value, NULL);
		return NULL;
	}
	job = read_claimed(CurrentMemoryContext, id);
	if (is_alive(id))
		return NULL;
	tv_outcome_lost(job);
	return job->kind;
}

static void
reclaim_unit(TvRunner *runner, void *arg)
{
	Reclaimed  *reclaimed = arg;
	Datum		after = Int64GetDatum(reclaimed->after);
	uint64		count = tv_may_write_now("experiments") ? tv_statement(&select_running, &after, NULL) : 0;
	SPITupleTable *running = SPI_tuptable;
	bool		isnull;

	for (uint64 i = 0; i < count; i++)
	{
		const char *kind;

		reclaimed->in_hand = DatumGetInt64(SPI_getbinval(running->vals[i], running->tupdesc, 1, &isnull));
		kind = reclaim(reclaimed->in_hand);
		if (kind == NULL)
			continue;
		reclaimed->kinds[reclaimed->count++ % lengthof(reclaimed->kinds)] = MemoryContextStrdup(runner->job, kind);
		if (reclaimed->one_by_one)
		{
			reclaimed->after = reclaimed->in_hand;
			return;
		}
	}
	reclaimed->done = true;
}

/* One that cannot be taken back, the third time it was lost or ever, does not keep others. */
static ErrorData *
reclaim_all(TvRunner *runner, Reclaimed *reclaimed)
{
	while (!reclaimed->done)
	{
		ErrorData  *error;

		reclaimed->in_hand = 0;
		error = tv_unit(runner, reclaim_unit, reclaimed);
		if (error == NULL)
			continue;
		if (reclaimed->in_hand == 0 || !tv_aside_is_its_own(error))
			return error;
		if (reclaimed->one_by_one)
		{
			tv_aside_tell_lost(reclaimed->in_hand, error);
			reclaimed->after = reclaimed->in_hand;
		}
		else
			*reclaimed = (Reclaimed) {.one_by_one = true};
	}
	return NULL;
}

int
tv_queue_reclaim(TvRunner *runner)
{
	static TimestampTz looked_at = 0;
	static TimestampTz look_at = 0;
	TimestampTz began = GetCurrentTimestamp();
	Reclaimed	reclaimed = {0};
	ErrorData  *error;

	/* An old snapshot keeps what has run, and the search passes it. */
	if (!runner->procedure && !runner->slot->lost && began < look_at && began >= looked_at)
		return 0;
	runner->slot->lost = false;
	error = reclaim_all(runner, &reclaimed);
	looked_at = began;
	look_at = tv_clock_look_next(began);
	if (error != NULL)
	{
		MemoryContextSwitchTo(runner->job);
		tv_rethrow(error);
	}
	for (int i = 0; i < Min(reclaimed.count, lengthof(reclaimed.kinds)); i++)
		tv_count_end(reclaimed.kinds[i], TV_OUTCOME_LOST, 0, -1);
	return reclaimed.count;
}
