/*
 * notices.h: which worlds have work since when, told by commits to workers.
 *
 * A worker knows of each world where its first experiment stands, so that a claim passes nothing that is over (turns.h).
 * What a transaction queues may stand before that: when it has committed it says so in a ring in shared memory, one for the server,
 * which each worker reads from where it stopped; who was overtaken looks at all there is.  A notice is a hint: one too
 * many costs nothing, one that is missing is made good by the next look.
 *
 * Who reads the ring before he takes a snapshot sees in it all that he was told of.
 */
#ifndef TV_WORKER_NOTICES_H
#define TV_WORKER_NOTICES_H

#include "postgres.h"
#include "utils/timestamp.h"

typedef struct TvNotice
{
	Oid			database;
	int16		rank;
	int64		world;			/* 0: something is delayed until `key`; -1: look at everything */
	int64		key;			/* seq, or run_at */
} TvNotice;

/* In _PG_init, when preloaded: there is room for a larger ring. */
extern void tv_notices_preload(void);
extern Size tv_notices_size(void);

/* When this transaction commits: a world has something ready, from here on in its order; and workers are woken. */
extern void tv_notice_ready(int64 world, int16 rank, int64 seq);

/* The same of something that is delayed. */
extern void tv_notice_delayed(TimestampTz run_at);

/* Called after the commit of what was told: a worker is to look, or all are, for each plans by itself what is due later. */
extern void (*tv_notices_told) (bool all);

/* What this database was told since the last call, in turn; false: some of it was lost. */
extern bool tv_notices_read(void (*each) (const TvNotice *notice));

/* Where the ring stands, and whether this database was told something since then that was not read. */
extern uint64 tv_notices_position(void);
extern bool tv_notices_since(uint64 position);

#endif							/* TV_WORKER_NOTICES_H */
