/*
 * runners.h: how each kind of experiment is run, a file run_*.c each.
 *
 * A runner returns NULL, or what it failed with; it has stored the result and ended the
 * experiment by then, unless that is not ours any more (job->gone).
 */
#ifndef TV_WORKER_RUNNERS_H
#define TV_WORKER_RUNNERS_H

#include "bridge/event/topics.h"
#include "bridge/experiment/arguments.h"
#include "worker/job.h"
#include "worker/session.h"

typedef struct TvKindRunner
{
	ErrorData  *(*run) (TvRunner *runner, TvJob *job, TvExperiment *experiment);
	TvTopic		claimed;		/* what each claim of it tells, too */
} TvKindRunner;

/* By TvKind. */
extern const TvKindRunner tv_runners[TV_KIND_COUNT];

extern ErrorData *tv_run_clocks(TvRunner *runner, TvJob *job, TvExperiment *experiment);
extern ErrorData *tv_run_quantum(TvRunner *runner, TvJob *job, TvExperiment *experiment);
extern ErrorData *tv_run_route(TvRunner *runner, TvJob *job, TvExperiment *experiment);
extern ErrorData *tv_run_sweep(TvRunner *runner, TvJob *job, TvExperiment *experiment);

#endif							/* TV_WORKER_RUNNERS_H */
