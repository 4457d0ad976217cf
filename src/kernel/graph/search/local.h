/*
 * local.h: least lengths from one node to a few that are near, in a network that may be large.
 *
 * Dijkstra's algorithm in memory for what it looks at: labels are found by hashing, so a search of a hundred
 * nodes stays in the innermost cache whatever the network's size, and the next begins without clearing.  It ends
 * when all of the nodes that are asked for are settled, or beyond a bound.
 *
 * What it minimises is a cost; a path's length is added up beside it.  They are equal but where the caller gives metres a
 * pace, and on closed segments, which are driven only where he says how long they are, and count more than their length.
 */
#ifndef TVM_LOCAL_H
#define TVM_LOCAL_H

#include "kernel/graph/topology.h"
#include "kernel/graph/weights.h"

#define TVM_LOCAL_NONE UINT32_MAX

/* An arc that the topology does not have. */
typedef struct TvmLocalExtra
{
	uint32_t	from;
	uint32_t	to;
	uint32_t	arc;			/* a number of the caller's, not TVM_LOCAL_NONE */
	double		length;
	double		factor;			/* what its length costs, >= 1 */
} TvmLocalExtra;

typedef struct TvmLocalGraph
{
	const TvmTopology *topology;
	TvmWeights	weights;		/* lengths; INFINITY: closed */
	size_t		extra_count;
	const TvmLocalExtra *extras;	/* by `from` */
	double		(*closed) (void *context, uint32_t segment);	/* the length of a closed segment, or INFINITY; NULL: none is driven */
	void	   *context;
	double		closed_factor;	/* what the length of a closed segment costs, >= 1 */
	double		(*pace) (void *context, uint32_t segment);	/* what each metre costs, > 0; NULL: 1 */
} TvmLocalGraph;

typedef struct TvmLocalLabel
{
	double		cost;
	double		length;
	uint32_t	node;
	uint32_t	from;			/* label, or TVM_LOCAL_NONE at the origin */
	uint32_t	arc;
	bool		settled;
	bool		wanted;
} TvmLocalLabel;

typedef struct TvmLocalSlot
{
	uint32_t	node;
	uint32_t	run;
	uint32_t	label;
} TvmLocalSlot;

typedef struct TvmLocalEntry
{
	double		cost;
	uint32_t	label;
} TvmLocalEntry;

typedef struct TvmLocal
{
	const TvmLocalGraph *graph;
	uint32_t	run;
	uint32_t	slot_bits;
	TvmLocalSlot *slots;
	size_t		label_count;
	size_t		label_capacity;
	TvmLocalLabel *labels;
	size_t		heap_count;
	size_t		heap_capacity;
	TvmLocalEntry *heap;
	size_t		settled;		/* of all searches together */
} TvmLocal;

/* The graph must stay.  TVM_NOMEM; tvm_local_free() is allowed after it, and twice. */
extern TvmStatus tvm_local_init(TvmEnv *env, TvmLocal *local, const TvmLocalGraph *graph);
extern void tvm_local_free(TvmEnv *env, TvmLocal *local);

/* How many arcs lead on from a node; of more than `most` just so many. */
extern size_t tvm_local_leads_on(const TvmLocalGraph *graph, uint32_t node, size_t most);

/* Search from a node for those in `to`, up to a cost of `bound`.  TVM_NOMEM, TVM_CANCELLED. */
extern TvmStatus tvm_local_run(TvmEnv *env, TvmLocal *local, uint32_t from, const uint32_t *to, size_t to_count,
							   double bound);

/* Of the last search: a node's label, or NULL where it was not reached. */
extern const TvmLocalLabel *tvm_local_label(const TvmLocal *local, uint32_t node);

/* The arcs of the path to it: as many as fit into `arcs`, the last first; how many there are. */
extern size_t tvm_local_path(const TvmLocal *local, const TvmLocalLabel *label, uint32_t *arcs, size_t capacity);

#endif							/* TVM_LOCAL_H */
