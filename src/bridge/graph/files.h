/*
 * files.h: the names of the files of prepared graphs in the store.
 *
 *	w7.graph				the graph of world 7
 *	w7.t9.local.base		weights for a metric that layers share, made for timeline 9
 *	w7.t9.local.weights		what differs from a base on timeline 9
 *	w7.t9.local.p0123456789abcdef.base		the same for the profile of vehicles whose content has this hash
 *	w7.t9.local.p0123456789abcdef.weights
 */
#ifndef TV_GRAPH_FILES_H
#define TV_GRAPH_FILES_H

#include "postgres.h"

#include "bridge/network/metric.h"

#define TV_FILE_NAME_SIZE 96	/* bytes that hold any of them */

extern void tv_file_name_graph(char *name, int64 world_id);
extern void tv_file_name_base(char *name, int64 world_id, int64 timeline_id, TvMetric metric, uint64 profile);
extern void tv_file_name_weights(char *name, int64 world_id, int64 timeline_id, TvMetric metric, uint64 profile);

/* What a name says. */
typedef struct TvFileName
{
	long long	world_id;
	long long	timeline_id;	/* 0: it is the whole world's */
	char		metric[32];		/* where there is a timeline */
	unsigned long long profile; /* the hash of one; 0: of none */
	const char *kind;			/* "graph", "base" or "weights"; NULL: none of them, perhaps half written */
} TvFileName;

/* False where it is no world's. */
extern bool tv_file_name_parse(const char *name, TvFileName *file);

/* Remove the files of a world: all, or those of weights. */
extern void tv_files_remove(int64 world_id);
extern void tv_files_remove_weights(int64 world_id);

#endif							/* TV_GRAPH_FILES_H */
