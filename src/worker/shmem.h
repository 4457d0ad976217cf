/*
 * shmem.h: what the workers, the launcher and the sessions share: who works
 * where on what, how to wake them, and counters.
 *
 * The memory is asked for at preload and works without it too: it is small, so
 * whoever needs it first makes it from what the server leaves unallocated.
 * One lightweight lock guards all of it; nobody holds it across anything slow.
 * Nothing here is needed for correctness: after its loss (a crash restarts the
 * server) the queue's rows and locks say everything.
 */
#ifndef TV_WORKER_SHMEM_H
#define TV_WORKER_SHMEM_H

#include "postgres.h"
#include "storage/lwlock.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#define TV_SLOTS 64
#define TV_DATABASES 32

/* A worker, or a session in CALL tv_work(n). */
typedef struct TvSlot
{
	pid_t		pid;			/* 0: the slot is free */
	Oid			database;
	Latch	   *latch;
	int64		experiment;		/* what it runs now; 0: nothing */
	int64		interrupt;		/* this experiment was cancelled while it ran here */
	TimestampTz started_at;
	TimestampTz experiment_at;	/* when it began with `experiment` */
	int64		done;			/* experiments ended here, however they ended */
	bool		session;		/* CALL tv_work(n), not a worker */
	bool		stop;			/* tv_stop_worker() wants it gone */
} TvSlot;

/* Counters of one database since the server started. */
typedef struct TvCounters
{
	Oid			database;		/* InvalidOid: the entry is free */
	bool		paused;			/* tv_stop_worker(): the launcher keeps out */
	bool		wanted;			/* an experiment was queued where no worker runs */
	int64		finished;
	int64		failed;
	int64		retried;
	int64		cancelled;
	int64		lost;			/* attempts whose worker was gone */
	int64		frames;
	int64		run_us;			/* time spent in attempts */
} TvCounters;

typedef enum TvOutcome
{
	TV_OUTCOME_FINISHED,
	TV_OUTCOME_FAILED,
	TV_OUTCOME_RETRIED,
	TV_OUTCOME_CANCELLED,
	TV_OUTCOME_LOST
} TvOutcome;

typedef struct TvShared
{
	LWLock		lock;
	Latch	   *launcher;		/* NULL: no launcher */
	TvSlot		slots[TV_SLOTS];
	TvCounters	counters[TV_DATABASES];
} TvShared;

/* In _PG_init, when preloaded. */
extern void tv_shmem_request(void);

/* The shared memory, made or attached on first use. */
extern TvShared *tv_shmem(void);

/* Take a slot for this process until it ends or gives it back; NULL: all are taken. */
extern TvSlot *tv_slot_take(bool session);
extern void tv_slot_release(TvSlot *slot);

/* What this slot runs now; 0 ends it, after which no interrupt for it arrives any more. */
extern void tv_slot_set_experiment(TvSlot *slot, int64 experiment);
extern bool tv_slot_interrupted(TvSlot *slot);

/*
 * Tell workers to end: those of a database, or (database InvalidOid) the one
 * with this pid.  What they run is queued again.  Returns how many were told.
 */
extern int	tv_slot_stop(Oid database, pid_t pid);

/* Does a worker serve this database? */
extern bool tv_slot_serves(Oid database);

/* Count; a database beyond the table's size goes uncounted. */
extern void tv_count_outcome(TvOutcome outcome, int64 run_us);
extern void tv_count_frames(int64 frames);

/* The entry of a database, made if `create`; the lock is held by the caller. */
extern TvCounters *tv_counters(TvShared *shared, Oid database, bool create);

/* When this transaction commits: wake this database's workers. */
extern void tv_wake_at_commit(void);

/* When this transaction commits: interrupt who runs this experiment, if anyone does. */
extern void tv_interrupt_at_commit(int64 experiment);

#endif							/* TV_WORKER_SHMEM_H */
