/*
 * batch_finish.c: what a batch writes; see batch_finish.h.
 *
 * Every statement is of all of them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "bridge/server/array.h"
#include "worker/batch_finish.h"
#include "worker/events.h"
#include "worker/outcome.h"
#include "worker/parents.h"
#include "worker/progress.h"
#include "worker/spans.h"

/* The statement that ends a batch is being executed. */
static bool ends = false;

/* By index: the foreign key's own statement may be planned in it, and is kept. */
static TvStatement insert_results = {
	.text = "INSERT INTO timevmaps.results (experiment_id, world_id, metrics, artifacts)"
	" SELECT r.id, r.world_id, r.metrics, r.artifacts"
	" FROM unnest($1, $2, $3, $4) r (id, world_id, metrics, artifacts)",
	.count = 4,.types = {INT8ARRAYOID, INT8ARRAYOID, JSONBARRAYOID, JSONBARRAYOID},.by_index = true
};

static TvStatement update_finished = {
	.text = "UPDATE timevmaps.experiments e SET status = 'finished', attempts = e.attempts + 1, claim = e.claim + 1, worker_pid = $2,"
	" started_at = $3, finished_at = clock_timestamp(), progress = 1, error = NULL WHERE e.ctid = ANY ($1)",
	.count = 3,.types = {TIDARRAYOID, INT4OID, TIMESTAMPTZOID},.by_index = true
};

static TvStatement delete_ready = {
	.text = "DELETE FROM timevmaps.queue_ready q WHERE q.ctid = ANY ($1)",
	.count = 1,.types = {TIDARRAYOID},.by_index = true
};

/* Of those that finish. */
static Datum
places_of(const TvBatch *batch, size_t which)
{
	Datum	   *places = palloc(sizeof(Datum) * batch->count);
	int			count = 0;

	for (int i = 0; i < batch->count; i++)
		if (!batch->members[i].out)
			places[count++] = PointerGetDatum((char *) &batch->members[i] + which);
	return tv_array_of(places, count, TIDOID);
}

/* Who has not enough left of them is told so in his result: by the usual way. */
static void
store_frames(TvMember *member)
{
	int			charged = tv_frames_charge(&member->job, member->whole.frame_count);

	if (charged < member->whole.frame_count)
	{
		(void) tv_frames_charge(&member->job, -charged);
		member->out = true;
		return;
	}
	tv_frames_store(&member->job, member->whole.frames, member->whole.frame_count, member->whole.steps);
}

/* What is compared with others sees those before it, as if it were alone. */
static void
write_compared(TvBatch *batch)
{
	for (int i = 0; i < batch->count; i++)
	{
		TvMember   *member = &batch->members[i];

		if (!member->out && member->whole.frame_count > 0)
			store_frames(member);
		if (!member->out && member->whole.result.hash != NULL)
			tv_outcome_write_result(&member->job, &member->whole.result);
	}
}

/* All others at once. */
static void
write_results(TvBatch *batch)
{
	Datum	   *columns[4];
	Datum		values[4];
	const char *text;
	const char *before = NULL;
	int			count = 0;

	for (int i = 0; i < lengthof(columns); i++)
		columns[i] = palloc(sizeof(Datum) * batch->count);
	for (int i = 0; i < batch->count; i++)
	{
		TvMember   *member = &batch->members[i];

		if (member->out || member->whole.result.hash != NULL)
			continue;
		columns[0][count] = Int64GetDatum(member->job.id);
		columns[1][count] = Int64GetDatum(member->job.world_id);
		columns[2][count] = JsonbPGetDatum(member->whole.result.metrics);
		text = tv_spans_add(&member->job, member->whole.result.artifacts);
		/* Most say the same. */
		columns[3][count] = before != NULL && strcmp(text, before) == 0 ? columns[3][count - 1] : DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
		before = text;
		count++;
	}
	if (count == 0)
		return;
	for (int i = 0; i < 2; i++)
		values[i] = tv_array_of(columns[i], count, INT8OID);
	for (int i = 2; i < 4; i++)
		values[i] = tv_array_of(columns[i], count, JSONBOID);
	if (tv_insert_children(&insert_results, values, "results", "experiments") != (uint64) count)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("results of experiments that were locked could not be stored")));
}

/* What follows from it is the batch's own to do: see tv_batch_ends(). */
static void
write_ends(TvBatch *batch)
{
	Datum		values[3];
	volatile uint64 ended = 0;
	uint64		deleted;

	values[0] = places_of(batch, offsetof(TvMember, record));
	values[1] = Int32GetDatum(MyProcPid);
	values[2] = TimestampTzGetDatum(batch->began);
	PG_TRY();
	{
		ends = true;
		ended = tv_statement(&update_finished, values, NULL);
	}
	PG_FINALLY();
	{
		ends = false;
	}
	PG_END_TRY();
	values[0] = places_of(batch, offsetof(TvMember, ready));
	deleted = tv_statement(&delete_ready, values, NULL);
	if (ended != (uint64) batch->finished || deleted != ended)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("experiments that were locked could not be finished")));
}

void
tv_batch_finish(TvBatch *batch)
{
	TvEvent    *events;
	int			told = 0;

	write_compared(batch);
	for (int i = 0; i < batch->count; i++)
		if (!batch->members[i].out)
			batch->finished++;
	if (batch->finished == 0)
		return;
	write_results(batch);
	write_ends(batch);
	events = palloc(sizeof(TvEvent) * batch->finished);
	for (int i = 0; i < batch->count; i++)
		if (!batch->members[i].out)
			tv_events_fill(&events[told++], &batch->members[i].job, TV_TOPIC_SIM_FINISHED, (const int64[]) {TV_ENDED_FINISHED});
	tv_event_log(events, told);
}

/*
 * To the triggers of the table: the statement that they are of ends a batch.  Its rows were locked, queued and claimed by
 * nobody, each has its result, and the batch removes them from what waits.
 */
PG_FUNCTION_INFO_V1(tv_batch_ends);
Datum
tv_batch_ends(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(ends);
}
