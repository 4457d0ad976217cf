/*
 * spans.h: what an experiment did, as spans of the trace that it was submitted in; docs/traces.md.
 */
#ifndef TV_WORKER_SPANS_H
#define TV_WORKER_SPANS_H

#include "worker/job.h"

/* In the unit that finishes it: a result's artifacts, with the spans of the experiment where it is part of a trace. */
extern char *tv_spans_add(const TvJob *job, char *artifacts);

#endif							/* TV_WORKER_SPANS_H */
