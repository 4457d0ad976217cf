/*
 * alternatives.h: routes that truly differ from the best one.
 *
 * The criterion is that of Abraham, Delling, Goldberg, Werneck, "Alternative
 * Routes in Road Networks", ACM Journal of Experimental Algorithmics 18 (2013).
 * With Opt the best path, a path P is an alternative if it has
 *   limited sharing     steps that P shares with Opt, or with an alternative given
 *                       before it, cost at most sharing * cost(Opt);
 *   local optimality    every part of P that costs at most optimality * cost(Opt)
 *                       is itself a best path: no detour that a driver would notice;
 *   bounded stretch     P costs at most stretch * cost(Opt), and so does its detour:
 *                       from where P first leaves Opt to where it last joins it,
 *                       at most `stretch` times Opt's cost between the two.  (The paper
 *                       bounds every part of P; that takes a search for each pair
 *                       of its points.)
 * Candidates are single-via paths: best to a point v and best from there on.
 * They are found from one forward and one backward search; those of one plateau,
 * a path that both searches' trees have in common (Cambridge Vehicle Information
 * Technology, "Choice Routing", 2005), are one candidate.  Local optimality is
 * checked much as by the paper's T-test: only parts that contain the plateau
 * can fail, so one search decides, between the first point that is at most T before
 * the plateau's end and the last that is at most T after its beginning.  It is on
 * the safe side: parts of up to twice T are looked at, so some path that is
 * barely locally optimal is refused.  (The paper also asks it of parts that exceed T by
 * their outermost steps, so a network of few long segments would have no alternatives.)
 *
 * The cheapest candidate that passes is the next alternative, so paths come by
 * cost, and each is compared with all that are before it.  No path visits a point twice.
 * Comparisons allow for rounding, 1e-9 of the costs compared.
 */
#ifndef TVM_ALTERNATIVES_H
#define TVM_ALTERNATIVES_H

#include "kernel/graph/search/ties.h"

#define TVM_ALTERNATIVES_STRETCH 1.25
#define TVM_ALTERNATIVES_SHARING 0.8
#define TVM_ALTERNATIVES_OPTIMALITY 0.25

typedef struct TvmAlternativeLimits
{
	double		stretch;		/* >= 1 */
	double		sharing;		/* 0..1 */
	double		optimality;		/* 0..1 */
} TvmAlternativeLimits;

typedef struct TvmAlternative
{
	TvmPath		path;
	double		shared;			/* what its steps cost that paths before it have too */
} TvmAlternative;

/* What a call takes at most, apart from the paths it returns. */
extern size_t tvm_alternatives_bytes(const TvmGraph *graph);

/*
 * Write up to `room` paths to found[], the first the best one, as tvm_ties_path()
 * gives it after tvm_astar_run(), and their number to *count; 0 where no way leads there.  Each path is
 * freed with tvm_path_free().  TVM_INVALID: no such point ("from.layer", "to.node"),
 * a limit out of range ("limits.stretch"); TVM_DOMAIN, as tvm_astar_run();
 * TVM_NOMEM, TVM_CANCELLED.  After a failure *count is 0 and nothing is owned.
 */
extern TvmStatus tvm_alternatives_find(TvmEnv *env, const TvmGraph *graph, TvmPoint from, TvmPoint to,
									   const TvmAlternativeLimits *limits, const TvmTies *ties, size_t room,
									   TvmAlternative *found, size_t *count);

#endif							/* TVM_ALTERNATIVES_H */
