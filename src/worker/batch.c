/*
 * batch.c: many short experiments in one transaction; see batch.h.
 *
 * Every statement is of all of them.  What is written is what the usual way writes (run.c, outcome.c), which test/t/queue-batch.pl
 * compares.
 */
#include "postgres.h"

#include <time.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/access/quota.h"
#include "bridge/experiment/kinds.h"
#include "bridge/server/array.h"
#include "bridge/server/error.h"
#include "worker/attempt.h"
#include "worker/batch.h"
#include "worker/batch_finish.h"
#include "worker/counters.h"
#include "worker/runners.h"
#include "worker/suspect.h"

/*
 * Of a batch, in processor's time: so long that commits do not count, and so short that nobody who comes next notices.
 * The clock on the wall would have a machine that is busy do less with each commit.
 */
#define SHORT_US 8000
#define LONG_US 16000
#define MOST 1024
#define FIRST 64

/* After a crash of the server. */
#define CAREFUL_US (60 * USECS_PER_SEC)

/* Rows of a world that are passed at most in the search for short ones. */
#define PASSED 100000

static int	size = FIRST;

static int64
cpu_us(void)
{
	struct timespec used;

	(void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * USECS_PER_SEC + used.tv_nsec / 1000;
}

/* ------------------------------------------------------------------- claim */

/* Two statements, for of a join the planner may take the one side first or the other. */
static TvStatement take = {
	.text = "SELECT q.experiment_id, q.seq, q.ctid FROM timevmaps.queue_ready q"
	" WHERE q.world_id = $1 AND q.rank = $2 AND q.seq >= $3 AND q.seq < $3 + $5 AND q.short"
	" ORDER BY q.world_id, q.rank, q.seq LIMIT $4 FOR UPDATE SKIP LOCKED",
	.count = 5,.types = {INT8OID, INT2OID, INT8OID, INT8OID, INT8OID},.by_index = true
};

static TvStatement lock_queued = {
	.text = "SELECT e.id, e.world_id, e.timeline_id, e.kind, e.params, e.submitted_by, e.submitted_role, e.run_at, e.max_attempts,"
	" e.ctid"
	" FROM timevmaps.experiments e WHERE e.id = ANY ($1) AND e.status = 'queued' AND e.claim = 0 AND e.gateway_id IS NULL"
	" FOR UPDATE SKIP LOCKED",
	.count = 1,.types = {INT8ARRAYOID},.by_index = true
};

TvBatch *
tv_batch_begin(TvRunner *runner, int most)
{
	const TimestampTz crashed_at = tv_shmem()->crashed_at;
	TvBatch    *batch;

	if (most <= 0 || (crashed_at != 0 && GetCurrentTimestamp() < crashed_at + CAREFUL_US))
		return NULL;
	batch = MemoryContextAllocZero(runner->job, sizeof(TvBatch));
	batch->context = runner->job;
	batch->slot = runner->slot;
	batch->most = Min(most, size);
	return batch;
}

bool
tv_batch_full(const TvBatch *batch)
{
	return batch->count == batch->most;
}

static void
read_member(TvMember *member, HeapTuple row, TupleDesc columns, TimestampTz began)
{
	TvJob	   *job = &member->job;
	Datum		values[10];
	bool		nulls[10];

	heap_deform_tuple(row, columns, values, nulls);
	member->record = *(ItemPointer) DatumGetPointer(values[9]);
	job->id = DatumGetInt64(values[0]);
	job->world_id = DatumGetInt64(values[1]);
	job->timeline_id = DatumGetInt64(values[2]);
	job->kind = TextDatumGetCString(values[3]);
	job->params = DatumGetJsonbP(values[4]);
	job->submitted_by = TextDatumGetCString(values[5]);
	job->submitted_role = NameStr(*DatumGetName(values[6]));
	job->due_at = DatumGetTimestampTz(values[7]);
	job->max_attempts = DatumGetInt32(values[8]);
	job->claim = 1;
	job->attempts = 1;
	job->began = began;
}

/* A row of the queue. */
typedef struct Ready
{
	int64		id;
	ItemPointerData place;
} Ready;

static int
compare_ready(const void *a, const void *b)
{
	const int64 x = *(const int64 *) a;
	const int64 y = *(const int64 *) b;

	return (x > y) - (x < y);
}

/* By their experiments. */
static Ready *
read_ready(int count)
{
	Ready	   *ready = palloc(sizeof(Ready) * count);
	bool		isnull;

	for (int i = 0; i < count; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];

		ready[i].id = DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		ready[i].place = *(ItemPointer) DatumGetPointer(SPI_getbinval(row, SPI_tuptable->tupdesc, 3, &isnull));
	}
	qsort(ready, count, sizeof(Ready), compare_ready);
	return ready;
}

int
tv_batch_take(TvBatch *batch, int64 world, int16 rank, int64 seq, int64 *last)
{
	Datum		values[] = {Int64GetDatum(world), Int16GetDatum(rank), Int64GetDatum(seq),
	Int64GetDatum(batch->most - batch->count), Int64GetDatum(PASSED)};
	Ready	   *ready;
	Datum	   *ids;
	int			taken;
	int			locked;
	bool		isnull;
	MemoryContext caller;

	if (batch->count == 0)
	{
		/* Who holds the table of results may do so for long: then nobody's row is held for as long. */
		if (!tv_may_write_now("results") || !tv_slot_begin_batch(batch->slot))
			return 0;
		batch->began = GetCurrentTimestamp();
		batch->began_cpu_us = cpu_us();
		batch->members = MemoryContextAllocZero(batch->context, sizeof(TvMember) * batch->most);
	}
	taken = (int) tv_statement(&take, values, NULL);
	if (taken == 0)
		return 0;
	*last = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[taken - 1], SPI_tuptable->tupdesc, 2, &isnull));
	ready = read_ready(taken);
	ids = palloc(sizeof(Datum) * taken);
	for (int i = 0; i < taken; i++)
		ids[i] = Int64GetDatum(ready[i].id);
	values[0] = tv_array_of(ids, taken, INT8OID);
	locked = (int) tv_statement(&lock_queued, values, NULL);
	caller = MemoryContextSwitchTo(batch->context);
	for (int i = 0; i < locked; i++)
	{
		TvMember   *member = &batch->members[batch->count + i];

		read_member(member, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, batch->began);
		member->ready = ((const Ready *) bsearch(&member->job.id, ready, taken, sizeof(Ready), compare_ready))->place;
	}
	MemoryContextSwitchTo(caller);
	batch->count += locked;
	return locked;
}

/* ------------------------------------------------------------------ rights */

static bool
alike(const TvJob *a, const TvJob *b)
{
	return a->world_id == b->world_id && strcmp(a->submitted_by, b->submitted_by) == 0 &&
		strcmp(a->submitted_role, b->submitted_role) == 0;
}

/* Asked once for each submitter and world. */
static void
look_at_rights(TvBatch *batch)
{
	TvMember  **asked = palloc(sizeof(TvMember *) * batch->count);
	int			count = 0;

	for (int i = 0; i < batch->count; i++)
	{
		TvMember	   *member = &batch->members[i];
		TvMember	   *known = NULL;

		for (int j = count - 1; j >= 0 && known == NULL; j--)
			if (alike(&asked[j]->job, &member->job))
				known = asked[j];
		if (known == NULL)
		{
			Oid			role = get_role_oid(member->job.submitted_role, true);

			member->out = !OidIsValid(role) || !tv_attempt_may(&member->job);
			member->job.most_seconds = tv_quota_of(role, member->job.submitted_by, TV_QUOTA_EXPERIMENT_SECONDS);
			member->job.circuit_memory = member->out ? 0 : tv_quota_of(role, member->job.submitted_by, TV_QUOTA_CIRCUIT_MEMORY);
			asked[count++] = member;
			continue;
		}
		member->out = known->out;
		member->job.most_seconds = known->job.most_seconds;
		member->job.circuit_memory = known->job.circuit_memory;
	}
}

/* --------------------------------------------------------------------- run */

typedef struct Course
{
	TvBatch    *batch;
	int			next;
} Course;

/* Until one fails. */
static void
run_slice(TvRunner *runner, void *arg)
{
	Course	   *course = arg;

	while (course->next < course->batch->count)
	{
		TvMember   *member = &course->batch->members[course->next++];

		CHECK_FOR_INTERRUPTS();
		if (member->out)
			continue;
		member->experiment = tv_experiment_read(member->job.kind, member->job.params);
		if (tv_runners[member->experiment->kind].at_once == NULL)
		{
			member->out = true;
			continue;
		}
		tv_circuit_memory_hold(member->job.circuit_memory);
		tv_runners[member->experiment->kind].at_once(&member->job, member->experiment, &member->whole);
	}
}

static void
run_all(TvRunner *runner, TvBatch *batch)
{
	Course		course = {batch};

	PG_TRY();
	{
		while (course.next < batch->count)
		{
			ErrorData  *error = tv_slice(runner, run_slice, &course);

			if (error == NULL)
				break;
			/* What interrupts is not the experiment's. */
			if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
				tv_rethrow(error);
			batch->members[course.next - 1].out = true;
		}
	}
	PG_FINALLY();
	{
		tv_circuit_memory_hold(0);
	}
	PG_END_TRY();
}

/* --------------------------------------------------------------------- end */

static TvStatement update_alone = {
	.text = "UPDATE timevmaps.queue_ready q SET short = false WHERE q.experiment_id = ANY ($1)",
	.count = 1,.types = {INT8ARRAYOID},.by_index = true
};

static Datum
ids_of(const TvBatch *batch, bool out)
{
	Datum	   *ids = palloc(sizeof(Datum) * batch->count);
	int			count = 0;

	for (int i = 0; i < batch->count; i++)
		if (batch->members[i].out == out)
			ids[count++] = Int64GetDatum(batch->members[i].job.id);
	return tv_array_of(ids, count, INT8OID);
}

void
tv_batch_run(TvRunner *runner, TvBatch *batch)
{
	Datum		out;

	look_at_rights(batch);
	run_all(runner, batch);
	tv_batch_finish(batch);
	if (batch->finished < batch->count)
	{
		out = ids_of(batch, true);
		(void) tv_statement(&update_alone, &out, NULL);
	}
}

static void
alone_unit(TvRunner *runner, void *arg)
{
	const TvBatch *batch = arg;
	Datum		ids = ids_of(batch, batch->members[0].out);

	(void) tv_statement(&update_alone, &ids, NULL);
}

static void
count_all(const TvBatch *batch, TimestampTz now)
{
	TvAttemptCount *attempts = palloc(sizeof(TvAttemptCount) * batch->finished);
	int			count = 0;
	int64		frames = 0;

	for (int i = 0; i < batch->count; i++)
	{
		const TvMember *member = &batch->members[i];

		if (member->out)
			continue;
		frames += member->whole.frame_count;
		attempts[count++] = (TvAttemptCount) {
			.kind = member->job.kind, .wait_us = Max(batch->began - member->job.due_at, 0), .ended = true, .outcome = TV_OUTCOME_FINISHED, .run_us = (now - batch->began) / batch->count};
	}
	tv_count_attempts(attempts, count, true);
	if (frames > 0)
		tv_count_frames(frames, 0);
	pfree(attempts);
}

int
tv_batch_end(TvRunner *runner, TvBatch *batch, const ErrorData *error)
{
	TimestampTz now = GetCurrentTimestamp();
	int64		used;

	if (error != NULL)
	{
		ErrorData  *trouble;

		size = Max(batch->count / 8, 1);
		if (batch->count > 1)
			return 0;
		trouble = tv_unit(runner, alone_unit, batch);
		if (trouble != NULL)
			tv_rethrow(trouble);
		return 0;
	}
	used = cpu_us() - batch->began_cpu_us;
	if (used > LONG_US)
		size = Max(size / 2, 1);
	else if (batch->count == size && used < SHORT_US)
		size = Min(size * 2, MOST);
	if (batch->finished > 0)
		count_all(batch, now);
	tv_slot_done(runner->slot, batch->finished);
	return batch->finished;
}
