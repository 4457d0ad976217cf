/*
 * counts.h: how often questions about ways were answered from prepared graphs, and graphs built, in this database since the
 * server started.
 *
 * In shared memory, by atomic additions: a question takes less time than waiting for a lock might.  Where more databases count
 * than there are places, what the others count is lost.
 */
#ifndef TV_GRAPH_COUNTS_H
#define TV_GRAPH_COUNTS_H

#include "postgres.h"

typedef struct TvGraphCounts
{
	uint64		from_graphs;
	uint64		from_rows;
	uint64		builds;
	uint64		build_us;
} TvGraphCounts;

/* For who asks for shared memory: how much, and that the library is preloaded, which is known before. */
extern void tv_graph_counts_preload(void);
extern Size tv_graph_counts_size(void);

extern void tv_graph_count_answer(bool from_graphs);
extern void tv_graph_count_build(int64 us);

/* A copy; zeros where nothing was counted. */
extern void tv_graph_counts_read(TvGraphCounts *copy);

/* A database is gone. */
extern void tv_graph_counts_forget(Oid database);

/* Those that are counted, into `databases`, which holds TV_GRAPH_COUNTED; returns how many. */
#define TV_GRAPH_COUNTED 128	/* 16 where the library is not preloaded */
extern int	tv_graph_counts_databases(Oid *databases);

#endif							/* TV_GRAPH_COUNTS_H */
