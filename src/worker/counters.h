/*
 * counters.h: how often what happened in a database since the server started, for who watches over it.
 *
 * In shared memory of its own, under a lock of its own that is held for as long as it takes to add
 * numbers or to copy them: who counts waits for nobody who looks.  A database's counters are kept
 * until it is dropped, or until others, that counted later, need the place: what reads them takes
 * that for a restart.
 */
#ifndef TV_WORKER_COUNTERS_H
#define TV_WORKER_COUNTERS_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "bridge/experiment/arguments.h"

#define TV_COUNTED 128			/* databases with counters, where the library is preloaded */
#define TV_COUNTED_FEW 16		/* else, for there is little memory to be had then */
#define TV_TIME_BOUNDS 12		/* of histograms, below the last, which has none */
#define TV_FAILURES 16			/* SQLSTATEs that are counted each, those that came first; all others together */

/* How an attempt ended. */
typedef enum TvOutcome
{
	TV_OUTCOME_FINISHED,
	TV_OUTCOME_FAILED,
	TV_OUTCOME_RETRIED,			/* queued again, for its error may not come again */
	TV_OUTCOME_CANCELLED,
	TV_OUTCOME_LOST,			/* its worker was gone */
	TV_OUTCOME_HANDED_BACK,		/* queued again as if it had not been begun */
	TV_OUTCOME_COUNT
} TvOutcome;

/* As labels: bounds in seconds, and outcomes. */
extern const char *const tv_time_bound_names[TV_TIME_BOUNDS];
extern const char *const tv_outcome_names[TV_OUTCOME_COUNT];

typedef struct TvTimes
{
	int64		counts[TV_TIME_BOUNDS + 1]; /* each of its own bucket alone */
	int64		sum_us;
} TvTimes;

typedef struct TvFailureCount
{
	int			sqlstate;		/* 0: free */
	int64		count;
} TvFailureCount;

/* Counters of one database. */
typedef struct TvCounters
{
	Oid			database;		/* InvalidOid: the entry is free */
	uint64		used;			/* when it last changed, in changes */
	TimestampTz since;
	TvTimes		waits;			/* from when they were due to their claims */
	TvTimes		runs[TV_KIND_COUNT];	/* of attempts */
	int64		outcomes[TV_KIND_COUNT][TV_OUTCOME_COUNT];
	TvFailureCount failures[TV_FAILURES];	/* errors of attempts, also of those that were queued again */
	int64		other_failures;
	int64		batches;
	int64		batched;		/* experiments that finished in batches */
	int64		frames;
	int64		frames_refused; /* for the submitter's quota */
	int64		notifications;
	int64		events_told;	/* in them */
	int64		events_held;	/* not sent, for the queue of notifications was crowded */
	int64		updates_told;	/* of positions, each of a timeline */
	int64		updates_lost;
	int64		crossings_looked;	/* vehicles that were looked at for zones that they entered and left */
	int64		crossings_waiting;	/* that are to be looked at now */
	TimestampTz held_told_at;	/* when the log last had a line of that */
} TvCounters;

/* An attempt, or what is known of it so far. */
typedef struct TvAttemptCount
{
	const char *kind;
	int64		wait_us;		/* when it was claimed; -1: that is counted already */
	bool		ended;
	TvOutcome	outcome;		/* the rest where it has ended */
	int			sqlstate;		/* what it failed with, else 0 */
	int64		run_us;			/* -1: nobody knows */
} TvAttemptCount;

/* For shmem.c: how much memory, and that the library is preloaded, which is known before it is asked for. */
extern void tv_counters_preload(void);
extern Size tv_counters_size(void);

/* Count; `batch`: they were run in one transaction. */
extern void tv_count_attempts(const TvAttemptCount *attempts, int count, bool batch);
extern void tv_count_frames(int64 stored, int64 refused);
extern void tv_count_events_told(int64 notifications, int64 events);
extern void tv_count_events_held(int64 events);	/* and say so in the log, once a minute */
extern void tv_count_crossings(int64 vehicles);
extern void tv_count_crossings_waiting(int64 vehicles);
extern void tv_count_updates(int64 notifications, int64 told, int64 lost);

static inline void
tv_count_claim(const char *kind, int64 wait_us)
{
	TvAttemptCount attempt = {.kind = kind, .wait_us = Max(wait_us, 0)};

	tv_count_attempts(&attempt, 1, false);
}

static inline void
tv_count_end(const char *kind, TvOutcome outcome, int sqlstate, int64 run_us)
{
	TvAttemptCount attempt = {.kind = kind, .wait_us = -1, .ended = true, .outcome = outcome,
	.sqlstate = sqlstate, .run_us = run_us};

	tv_count_attempts(&attempt, 1, false);
}

/* A copy of this database's counters; zeros where nothing was counted, `since` being now then. */
extern void tv_counters_read(TvCounters *copy);

/* The databases that are counted, into `databases`, which holds TV_COUNTED; returns how many.  And forget one that is gone. */
extern int	tv_counters_databases(Oid *databases);
extern void tv_counters_forget(Oid database);

#endif							/* TV_WORKER_COUNTERS_H */
