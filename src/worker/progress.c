/*
 * progress.c: what an attempt stores while it runs: frames and how far it is; see progress.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "bridge/access/quota.h"
#include "bridge/server/internal.h"
#include "worker/counters.h"
#include "worker/events.h"
#include "worker/notifier.h"
#include "worker/progress.h"

typedef struct Progress
{
	TvJob	   *job;
	double		progress;
	int64		of;
	TvFrameRow *frames;
	int			count;
	int			stored;
} Progress;

static TvStatement update_progress = {
	.text = "UPDATE timevmaps.experiments e SET progress = greatest(e.progress, $3)"
	" WHERE e.id = $1 AND e.claim = $2 AND e.status = 'running'",
	.count = 3,.types = {INT8OID, INT8OID, FLOAT8OID}
};

static TvStatement insert_frame = {
	.text = "INSERT INTO timevmaps.frames (experiment_id, world_id, step, payload, summary)"
	" VALUES ($1, $2, $3, $4, $5)",
	.count = 5,.types = {INT8OID, INT8OID, INT8OID, BYTEAOID, JSONBOID}
};

int
tv_frames_charge(const TvJob *job, int count)
{
	int64		amount = tv_quota_of(get_role_oid(job->submitted_role, true), job->submitted_by, TV_QUOTA_FRAMES_PER_HOUR);
	const Oid	types[] = {TEXTOID, TEXTOID, INT8OID, INT8OID};
	Datum		values[4];
	bool		isnull;

	if (amount == TV_UNLIMITED)
		return count;
	values[0] = CStringGetTextDatum(job->submitted_by);
	values[1] = CStringGetTextDatum("frames_per_hour");
	values[2] = Int64GetDatum(count);
	values[3] = Int64GetDatum(amount);
	return (int) DatumGetInt64(tv_internal_call("tv_charge_quota", lengthof(values), types, values, &isnull));
}

void
tv_frames_store(const TvJob *job, const TvFrameRow *frames, int count, int64 of)
{
	Datum		values[5] = {Int64GetDatum(job->id)};
	bool		nulls[5] = {false};
	bool		isnull;

	(void) tv_internal_call("tv_frames_partition", 1, (const Oid[]) {INT8OID}, values, &isnull);
	for (int i = 0; i < count; i++)
	{
		values[1] = Int64GetDatum(job->world_id);
		values[2] = Int64GetDatum(frames[i].step);
		values[3] = PointerGetDatum(frames[i].payload);
		nulls[3] = frames[i].payload == NULL;
		values[4] = PointerGetDatum(frames[i].summary);
		(void) tv_statement(&insert_frame, values, nulls);
	}
	tv_events_tell(job, TV_TOPIC_SIM_FRAME, (const int64[]) {frames[0].step, frames[count - 1].step, of});
}

static void
progress_unit(TvRunner *runner, void *arg)
{
	Progress   *report = arg;
	TvJob	   *job = report->job;
	Datum		values[3];

	values[0] = Int64GetDatum(job->id);
	values[1] = Int64GetDatum(job->claim);
	values[2] = Float8GetDatum(report->progress);
	if (tv_statement(&update_progress, values, NULL) == 0)
	{
		job->gone = true;
		return;
	}
	if (report->count > 0)
		report->stored = tv_frames_charge(job, report->count);
	if (report->stored > 0)
		tv_frames_store(job, report->frames, report->stored, report->of);
}

bool
tv_progress_store(TvRunner *runner, TvJob *job, double progress, int64 of,
				  TvFrameRow *frames, int count, ErrorData **error)
{
	Progress	report = {job, progress, of, frames, count, 0};

	*error = tv_unit(runner, progress_unit, &report);
	/* Where no process is free for it. */
	if (!runner->procedure)
		(void) tv_notifier_turn(runner);
	if (*error == NULL && !job->gone && count > 0)
	{
		tv_count_frames(report.stored, count - report.stored);
		job->frames_refused += count - report.stored;
	}
	return *error == NULL && !job->gone;
}
