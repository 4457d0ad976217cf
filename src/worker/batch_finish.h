/*
 * batch_finish.h: what a batch writes when its experiments have been run.
 */
#ifndef TV_WORKER_BATCH_FINISH_H
#define TV_WORKER_BATCH_FINISH_H

#include "postgres.h"
#include "storage/itemptr.h"

#include "bridge/experiment/arguments.h"
#include "worker/batch.h"
#include "worker/job.h"
#include "worker/runners.h"

typedef struct TvMember
{
	TvJob		job;
	TvExperiment *experiment;
	TvWhole		whole;
	ItemPointerData ready;		/* where its rows are, which are locked */
	ItemPointerData record;
	bool		out;			/* it is run alone */
} TvMember;

struct TvBatch
{
	MemoryContext context;
	TvSlot	   *slot;
	int			most;
	int			count;
	int			finished;
	TimestampTz began;
	int64		began_cpu_us;
	TvMember   *members;
};

/* In a unit: results, statuses and events, and nothing of it waits any more; batch->finished says how many.  What cannot be so finished is left out. */
extern void tv_batch_finish(TvBatch *batch);

#endif							/* TV_WORKER_BATCH_FINISH_H */
