/*
 * split.h: junctions at which it matters by which segment one comes, as nodes of a
 * topology that knows nothing of turns.
 *
 * A place keeps its node, below place_count: there ways from the place BEGIN.  A split
 * place, a junction, has besides one END node, where ways to it end, and a port for each arc that
 * comes in and one for each that goes out.  Turns are oneway arcs between them:
 * from its node to each port out, from each port in to END, from its node to END
 * (these three for who begins or ends there), and from each port in to each port out.
 * So a segment with a split end has an arc for each way: its own, then oneway, from the place a
 * or a port of it, and if it is not oneway an arc back.
 *
 *		nodes	0 .. place_count				places
 *				place_count ..					by junction: END, the ports in, the ports out
 *		arcs	0 .. segment_count				segments
 *				.. + back_count					ways back, by segment
 *				.. + turn_count					turns, by junction
 *
 * The turns of a junction are a table: a row for its node and for each port in, a column for
 * END and for each port out, both in the order of arcs; row by row.
 *
 * The caller's numbers of places and segments stay valid in the expanded topology.  Ports have their place's
 * coordinates.  A TvmSplit in which junction_count is 0, or all of it, says that nothing is split.
 */
#ifndef TVM_SPLIT_H
#define TVM_SPLIT_H

#include "kernel/graph/topology.h"

#define TVM_SPLIT_NONE UINT32_MAX
#define TVM_TURN_NONE UINT32_MAX	/* in place of an arc: the place itself */

/* The most turns of one junction: those of a place with 2,047 segments, each both ways. */
#define TVM_SPLIT_MAX_TURNS ((size_t) 1 << 22)

/* TVM_ARC() of the caller's segments, as they come in and as they go out. */
typedef struct TvmTurn
{
	uint32_t	from;			/* TVM_TURN_NONE: begins here */
	uint32_t	to;				/* TVM_TURN_NONE: ends here */
} TvmTurn;

typedef struct TvmSplit
{
	uint32_t	place_count;	/* the caller's: nodes and arcs below these are his */
	uint32_t	segment_count;
	uint32_t	back_count;
	uint32_t	turn_count;
	uint32_t	node_count;		/* of the expanded topology */
	uint32_t	junction_count;
	uint32_t   *junction;		/* split places, ascending */
	uint32_t   *first_port;		/* of each junction and the end, counted from place_count; the first is its END */
	uint32_t   *port_place;		/* of node place_count + i */
	uint32_t   *first_turn;		/* of each junction and the end */
	uint32_t   *back_segment;	/* whose way back arc segment_count + i is, ascending */
	TvmTurn    *turn;			/* arc segment_count + back_count + i */
} TvmSplit;

/* What an arc of the expanded topology is. */
typedef enum TvmSplitKind
{
	TVM_SPLIT_AHEAD,			/* a segment from a to b */
	TVM_SPLIT_BACK,				/* and from b to a */
	TVM_SPLIT_TURN
} TvmSplitKind;

/* Arcs of the expanded topology: its segment_count.  Not of an all zero split. */
static inline uint32_t
tvm_split_arcs(const TvmSplit *split)
{
	return split->segment_count + split->back_count + split->turn_count;
}

/* Where `value` stands in ascending numbers, or TVM_SPLIT_NONE. */
static inline uint32_t
tvm_split_search(const uint32_t *values, uint32_t count, uint32_t value)
{
	uint32_t	low = 0;
	uint32_t	high = count;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (values[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && values[low] == value ? low : TVM_SPLIT_NONE;
}

/* The place that a node belongs to. */
static inline uint32_t
tvm_split_place(const TvmSplit *split, uint32_t node)
{
	if (split->junction_count == 0 || node < split->place_count)
		return node;
	return split->port_place[node - split->place_count];
}

/* The junction that a place is, or TVM_SPLIT_NONE: not a split one. */
static inline uint32_t
tvm_split_junction(const TvmSplit *split, uint32_t place)
{
	if (split->junction_count == 0)
		return TVM_SPLIT_NONE;
	return tvm_split_search(split->junction, split->junction_count, place);
}

/* The node at which ways to a place end. */
static inline uint32_t
tvm_split_end(const TvmSplit *split, uint32_t place)
{
	uint32_t	at = tvm_split_junction(split, place);

	return at == TVM_SPLIT_NONE ? place : split->place_count + split->first_port[at];
}

/* Whether ways to its place end at a node. */
static inline bool
tvm_split_is_end(const TvmSplit *split, uint32_t node)
{
	return split->junction_count == 0 || tvm_split_end(split, tvm_split_place(split, node)) == node;
}

/* The arc that is a segment's way back, or TVM_SPLIT_NONE: its own in reverse, or there is none. */
static inline uint32_t
tvm_split_back(const TvmSplit *split, uint32_t segment)
{
	uint32_t	at;

	if (split->junction_count == 0)
		return TVM_SPLIT_NONE;
	at = tvm_split_search(split->back_segment, split->back_count, segment);
	return at == TVM_SPLIT_NONE ? at : split->segment_count + at;
}

/* The arc (TVM_ARC() of the expanded topology) by which a segment is passed in one of its directions. */
static inline uint32_t
tvm_split_passage(const TvmSplit *split, uint32_t segment, bool reverse)
{
	uint32_t	back = reverse ? tvm_split_back(split, segment) : TVM_SPLIT_NONE;

	return back == TVM_SPLIT_NONE ? TVM_ARC(segment, reverse) : TVM_ARC(back, false);
}

/* The nodes of the expanded topology where passing a segment begins and ends. */
static inline uint32_t
tvm_split_tail(const TvmSplit *split, const TvmTopology *expanded, uint32_t segment, bool reverse)
{
	uint32_t	arc = tvm_split_passage(split, segment, reverse);

	return (TVM_ARC_REVERSE(arc) ? expanded->b : expanded->a)[TVM_ARC_SEGMENT(arc)];
}

static inline uint32_t
tvm_split_head(const TvmSplit *split, const TvmTopology *expanded, uint32_t segment, bool reverse)
{
	uint32_t	arc = tvm_split_passage(split, segment, reverse);

	return (TVM_ARC_REVERSE(arc) ? expanded->a : expanded->b)[TVM_ARC_SEGMENT(arc)];
}

/* Whether a segment leads only from a to b.  The arc of one that has another for its way back is oneway, too. */
static inline bool
tvm_split_is_oneway(const TvmSplit *split, const TvmTopology *expanded, uint32_t segment)
{
	return expanded->oneway[segment] != 0 && tvm_split_back(split, segment) == TVM_SPLIT_NONE;
}

/* What an arc (TVM_ARC()) is: *segment receives the caller's segment, or the number of the turn. */
static inline TvmSplitKind
tvm_split_arc(const TvmSplit *split, uint32_t arc, uint32_t *segment, bool *reverse)
{
	uint32_t	at = TVM_ARC_SEGMENT(arc);

	*reverse = TVM_ARC_REVERSE(arc);
	*segment = at;
	if (split->junction_count == 0 || at < split->segment_count)
		return *reverse ? TVM_SPLIT_BACK : TVM_SPLIT_AHEAD;
	at -= split->segment_count;
	*reverse = at < split->back_count;
	*segment = *reverse ? split->back_segment[at] : at - split->back_count;
	return *reverse ? TVM_SPLIT_BACK : TVM_SPLIT_TURN;
}

/* Columns of a junction's table of turns: one more than ports out. */
static inline uint32_t
tvm_split_columns(const TvmSplit *split, uint32_t junction)
{
	uint32_t	first = split->first_turn[junction];
	uint32_t	columns = 1;

	while (first + columns < split->first_turn[junction + 1] && split->turn[first + columns].from == TVM_TURN_NONE)
		columns++;
	return columns;
}

/*
 * Split `junctions`, places of `plain`, ascending and each once; of `plain` only the arrays that its
 * caller fills are read, and nothing is kept.  `expanded` is built.  Where count is 0 it is a copy, and *split is
 * all zero.  Takes time and memory for the topology and the turns; a place with n segments has
 * (n + 1)^2 of these.
 * TVM_INVALID with the path "junctions[3]", "nodes[3].lat" or "segments[7].a", or where there would be
 * too many nodes or arcs; TVM_LIMIT with the path "junctions[3]" above TVM_SPLIT_MAX_TURNS;
 * TVM_NOMEM, TVM_CANCELLED.  On failure nothing is owned.
 */
extern TvmStatus tvm_split_topology(TvmEnv *env, const TvmTopology *plain, const uint32_t *junctions, size_t count,
									TvmSplit *split, TvmTopology *expanded);

/* Frees its arrays and lets it be all zero. */
extern void tvm_split_free(TvmEnv *env, TvmSplit *split);

#endif							/* TVM_SPLIT_H */
