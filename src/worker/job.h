/*
 * job.h: a claimed experiment, and what its attempt hands over to be stored.
 *
 * Everything that an attempt writes is fenced: in the same transaction it locks
 * the row and checks that it is still running under this claim.
 */
#ifndef TV_WORKER_JOB_H
#define TV_WORKER_JOB_H

#include "postgres.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* A claimed experiment, in runner->job. */
typedef struct TvJob
{
	int64		id;
	int64		world_id;
	int64		timeline_id;
	int64		gateway_id;		/* 0: none */
	int64		claim;
	int			attempts;
	int			max_attempts;
	int			lost;			/* of the attempts, those that lost their worker: they do not count */
	char	   *kind;
	Jsonb	   *params;
	char	   *submitted_by;
	char	   *submitted_role;
	TimestampTz due_at;			/* when it could be claimed */
	TimestampTz began;
	int64		most_seconds;	/* what the submitter's quotas allow, TV_UNLIMITED where they do not say */
	int64		circuit_memory;
	int64		frames_refused; /* by the quota frames_per_hour */
	bool		gone;			/* cancelled, deleted or claimed by another meanwhile */
} TvJob;

typedef struct TvFrameRow
{
	int64		step;
	bytea	   *payload;
	Jsonb	   *summary;
} TvFrameRow;

/* What a finished attempt leaves. */
typedef struct TvResult
{
	Jsonb	   *metrics;
	char	   *artifacts;		/* JSON */
	char	   *hash;			/* of the circuit; NULL: there is none to compare runs by */
	bool		has_fidelity;
	double		fidelity;
	Datum		world_ids;		/* bigint[]: the worlds that it tells of; 0: of its own alone */
} TvResult;

#endif							/* TV_WORKER_JOB_H */
