/*
 * attempt.h: what the attempts of all kinds have in common.
 */
#ifndef TV_WORKER_ATTEMPT_H
#define TV_WORKER_ATTEMPT_H

#include "bridge/experiment/arguments.h"
#include "worker/job.h"
#include "worker/session.h"

/* As the submitter, who may have been removed from the world since: 42501 unless he may still submit there. */
extern bool tv_attempt_may(const TvJob *job);	/* in a unit; 42704 where the role is gone */
extern ErrorData *tv_attempt_check_rights(TvRunner *runner, TvJob *job);

/* Read the circuit that is named, if one is, as the submitter. */
extern ErrorData *tv_attempt_load_circuit(TvRunner *runner, TvJob *job, TvExperiment *experiment);

/* The least of the server's, the submitter's and the experiment's own; 0 seconds: none. */
typedef struct TvTimeLimit
{
	double		seconds;
	const char *by;				/* who says so */
} TvTimeLimit;

extern TvTimeLimit tv_attempt_time_limit(const TvJob *job, const TvExperiment *experiment);

/* When the attempt's time is up; 0: never. */
extern TimestampTz tv_attempt_deadline(const TvJob *job, const TvExperiment *experiment);

/* The artifacts that every result has: attempt, engine version, and `more`. */
extern char *tv_attempt_artifacts(const TvJob *job, const char *more);

/* A result's artifacts, with what it takes to run the circuit again. */
extern char *tv_attempt_circuit_artifacts(const TvJob *job, const TvExperiment *experiment, const char *hash,
										  int64 seed, const char *method, const char *precision);

/* Finish in a unit of its own. */
extern ErrorData *tv_attempt_finish(TvRunner *runner, TvJob *job, const TvResult *result);

#endif							/* TV_WORKER_ATTEMPT_H */
