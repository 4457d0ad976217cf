/*
 * run.h: a claimed experiment from its arguments to its result.
 *
 * An attempt that fails is recorded as failed or queued again; nothing that it
 * does stops the next one.  The session's lock on it is given up at the end.
 */
#ifndef TV_WORKER_RUN_H
#define TV_WORKER_RUN_H

#include "bridge/experiment/arguments.h"
#include "worker/queue.h"

/*
 * Run a claimed experiment, which is the slot's already.  NULL, or what interrupted a session in CALL
 * tv_work(n) for reasons of its own: the experiment is queued again, and the
 * caller raises it.
 */
extern ErrorData *tv_run_job(TvRunner *runner, TvJob *job);

/* Of kind quantum (run_quantum.c); NULL, or what it failed with. */
extern ErrorData *tv_run_quantum(TvRunner *runner, TvJob *job, TvExperiment *experiment);

/* Of kind sweep (run_sweep.c). */
extern ErrorData *tv_run_sweep(TvRunner *runner, TvJob *job, TvExperiment *experiment);

/* Read the circuit that is named, if one is, as the submitter. */
extern ErrorData *tv_run_load_circuit(TvRunner *runner, TvJob *job, TvExperiment *experiment);

/* When the attempt's time is up; 0: never. */
extern TimestampTz tv_run_deadline(const TvJob *job, const TvExperiment *experiment);

/* A result's artifacts, with what it takes to run the circuit again. */
extern char *tv_run_circuit_artifacts(const TvJob *job, const TvExperiment *experiment, const char *hash,
									  int64 seed, const char *method, const char *precision);

/* Finish in a unit of its own. */
extern ErrorData *tv_run_finish(TvRunner *runner, TvJob *job, const TvResult *result);

#endif							/* TV_WORKER_RUN_H */
