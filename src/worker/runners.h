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

/* All that an attempt leaves, where it is made at once; frames are not stored yet. */
typedef struct TvWhole
{
	TvResult	result;
	TvFrameRow *frames;
	int			frame_count;
	int64		steps;			/* the last frame's could be this one */
} TvWhole;

typedef struct TvKindRunner
{
	ErrorData  *(*run) (TvRunner *runner, TvJob *job, TvExperiment *experiment);
	TvTopic		claimed;		/* what each claim of it tells, too */

	/* In a slice: all of it at once, for those that are short; what fails is raised.  NULL: none of them is. */
	void		(*at_once) (TvJob *job, TvExperiment *experiment, TvWhole *whole);
} TvKindRunner;

/* By TvKind. */
extern const TvKindRunner tv_runners[TV_KIND_COUNT];

extern ErrorData *tv_run_clocks(TvRunner *runner, TvJob *job, TvExperiment *experiment);
extern void tv_run_clocks_at_once(TvJob *job, TvExperiment *experiment, TvWhole *whole);
extern ErrorData *tv_run_quantum(TvRunner *runner, TvJob *job, TvExperiment *experiment);
extern void tv_run_quantum_at_once(TvJob *job, TvExperiment *experiment, TvWhole *whole);
extern ErrorData *tv_run_route(TvRunner *runner, TvJob *job, TvExperiment *experiment);
extern ErrorData *tv_run_sweep(TvRunner *runner, TvJob *job, TvExperiment *experiment);

#endif							/* TV_WORKER_RUNNERS_H */
