/*
 * shmem.h: what the workers, the launcher and the sessions share: who works
 * where on what, and how to wake them.
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

#define TV_WORKER_SLOTS 256		/* with as many workers no other begins */
#define TV_SESSION_SLOTS 64		/* sessions in CALL tv_work(n) at once */
#define TV_STOPPED 1024			/* databases that the launcher keeps out of */
#define TV_NOTES 64				/* for the launcher, until it wakes */

/* What a run's steps are. */
typedef enum TvStepUnit
{
	TV_STEP_NONE,				/* not known yet, or the kind has none */
	TV_STEP_GATE,
	TV_STEP_TRAJECTORY,
	TV_STEP_POINT
} TvStepUnit;

/* How far a run is, as its worker saw it last. */
typedef struct TvProgress
{
	double		fraction;		/* 0 to 1, and never less than before */
	int64		step;
	int64		of;
	TvStepUnit	unit;
	TimestampTz at;				/* 0: nothing has been seen */
	double		since_fraction; /* what it was a while ago, for the rate ... */
	TimestampTz since;			/* ... and when; 0: not yet */
	double		next_fraction;	/* what that will be next */
	TimestampTz next;
} TvProgress;

/* A worker, or a session in CALL tv_work(n). */
typedef struct TvSlot
{
	pid_t		pid;			/* 0: the slot is free */
	Oid			database;
	Latch	   *latch;
	int64		experiment;		/* what it runs now; 0: nothing */
	int64		claim;			/* which attempt at it: its claim's number */
	int64		world;			/* whose turn it is here; 0: none's */
	bool		interrupt;		/* that was cancelled */
	TvProgress	progress;		/* how far that is */
	bool		batch;			/* many short ones run here, in one transaction */
	bool		suspect;		/* it has lost a worker before: it runs alone at first (suspect.h) */
	int64		awaits;			/* a suspect that waits to begin here; 0: none */
	TimestampTz awaits_at;		/* since when */
	TimestampTz started_at;
	TimestampTz experiment_at;	/* when it began with `experiment` */
	TimestampTz idle_at;		/* when it last began to wait for one */
	int64		done;			/* experiments ended here, however they ended */
	bool		sleeps;			/* nothing was to be had, and nobody has woken it since */
	bool		woken;			/* it was, and has not begun to look yet */
	bool		session;		/* CALL tv_work(n), not a worker */
	bool		lost;			/* another ended with something in hand: it is to be looked for */
	bool		waits;			/* the tables are not there, or not tv_owner's: nothing is run */
	bool		read_only;		/* the last time it tried to claim something nothing could be written */
	bool		stop;			/* it shall end now: what it runs is queued again, uncounted */
	bool		yield;			/* it shall end after what it runs: another database waits */
} TvSlot;

/* What the launcher is told about a database. */
typedef enum TvNoteKind
{
	TV_NOTE_WANTED,				/* an experiment was queued where no worker runs, or a worker comes back */
	TV_NOTE_LACKING				/* it does not have the extension */
} TvNoteKind;

typedef struct TvNote
{
	Oid			database;
	TvNoteKind	kind;
} TvNote;

typedef struct TvShared
{
	LWLock		lock;
	TimestampTz crashed_at;		/* the server had gone down without an orderly end; 0: it had not */
	Latch	   *launcher;		/* NULL: no launcher */
	pid_t		launcher_pid;	/* of the last one; 0: there was none */
	TvNote		notes[TV_NOTES];
	int			note_count;
	bool		all_wanted;		/* there were more: any database may be wanted */
	TimestampTz crowded_at;		/* when a worker last found no process free */
	Oid			stopped[TV_STOPPED];
	int			stopped_count;
	int			slot_count;
	TvSlot		slots[FLEXIBLE_ARRAY_MEMBER];
} TvShared;

/* In _PG_init, when preloaded. */
extern void tv_shmem_request(void);

/* The shared memory, made or attached on first use. */
extern TvShared *tv_shmem(void);

/*
 * Take a slot for this process until it ends or gives it back; NULL: there are
 * TV_SESSION_SLOTS sessions, or TV_WORKER_SLOTS workers.
 */
extern TvSlot *tv_slot_take(bool session);
extern void tv_slot_release(TvSlot *slot);

/* Wake a worker of a database that sleeps, if there is one; the lock is held. */
extern bool tv_slot_wake_sleeper(TvShared *all, Oid database);

/* What this slot runs has ended: after that no interrupt for it arrives any more.  tv_slot_begin() is in suspect.h. */
extern void tv_slot_end(TvSlot *slot);
extern void tv_slot_done(TvSlot *slot, int experiments);	/* they have ended, and were never its own */
extern bool tv_slot_interrupted(TvSlot *slot);

/* How far that is: fraction, step, of, unit and the time; the rest is kept here.  Raises nothing. */
extern void tv_slot_set_progress(TvSlot *slot, const TvProgress *progress);

/* The same of an experiment that runs in this database, with its claim's number; false where none of this server's processes runs it. */
extern bool tv_progress_read(int64 experiment, TvProgress *copy, int64 *claim);

/*
 * Tell workers to end: those of a database, or (database InvalidOid) the one
 * with this pid.  What they run is queued again.  Returns how many were told.
 */
extern int	tv_slot_stop(Oid database, pid_t pid);

/* Tell the worker with this pid to end after what it runs. */
extern void tv_slot_yield(pid_t pid);

/* A copy of a worker's slot; false: this process has none. */
extern bool tv_slot_look(pid_t pid, TvSlot *copy);

/* What runs in this database, into `experiments`, which holds TvShared.slot_count; returns how many. */
extern int	tv_slots_running(int64 *experiments);

/* Does a worker serve this database? */
extern bool tv_slot_serves(Oid database);

/* The launcher: this process, from now until it ends. */
extern void tv_launcher_enter(void);

/* Is there another launcher than that with this pid?  It does not know this one's workers. */
extern bool tv_launcher_is_other(pid_t pid);

/* Tell the launcher, where there is one.  Never waits, and never fails. */
extern void tv_note(Oid database, TvNoteKind kind);

/*
 * Launcher, keep out of this database, or do not.  False: TV_STOPPED others are
 * stopped already.
 */
extern bool tv_database_stop(Oid database);
extern void tv_database_start(Oid database);
extern bool tv_database_is_stopped(Oid database);

/*
 * The databases that the launcher keeps out of, into `databases`, which holds TV_STOPPED; returns how many.  And
 * forget one that is gone.
 */
extern int	tv_databases_stopped(Oid *databases);
extern void tv_database_forget(Oid database);

/* Interrupt who runs this attempt at an experiment of this database. */
extern void tv_slot_interrupt(int64 experiment, int64 claim);

/*
 * A worker is about to sleep, or awake and about to look.  Who sleeps looks before it, when it has said so, whether something
 * was told meanwhile (notices.h): either it sees that, or who told it sees the sleeper.
 */
extern void tv_slot_sleep(TvSlot *slot);
extern void tv_slot_awake(TvSlot *slot);

/*
 * Wake one worker of this database that sleeps, unless one that was woken is about to look: it sees all there is by then.  Those who
 * work look when they have done; and who takes something where there may be more calls this again.
 */
extern void tv_wake_one(void);

/* When this transaction commits: wake this database's workers. */
extern void tv_wake_at_commit(void);

/*
 * When this transaction commits: interrupt who runs this attempt at an experiment, if anyone does.  By the
 * time of the commit the experiment may have been queued again, and another attempt be under way.
 */
extern void tv_interrupt_at_commit(int64 experiment, int64 claim);

#endif							/* TV_WORKER_SHMEM_H */
