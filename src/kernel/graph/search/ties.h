/*
 * ties.h: which of the ways of equal cost a route takes.
 *
 * Sums of weights that are added in another order differ in their last digits, so that a
 * plain comparison lets rounding choose between ways that cost the same.  The rule, the same for
 * all searches: of the ways that cost the least but for TVM_TIE of it,
 *	1. those over the fewest gateways;
 *	2. of these the one that is worth the least in another measure: what its steps cost on all
 *	   other clocks, say.
 * A step belongs to a way of equal cost if what the search says of its two ends differs by
 * what it costs, but for TVM_TIE of the whole.  Ways are made of such steps, from the
 * destination back, by Dijkstra's algorithm with (gateways, other) for costs, compared
 * in this order.  So no tie is passed on by chains of pairwise comparisons: which steps are
 * tight is known before any is chosen, and the choice is a minimum of a total order.  And
 * the way is a path in that search's tree, so it visits no point twice, whatever costs nothing or
 * rounds to nothing.
 *
 * What a way may cost more than the least is the sum of what its steps are not tight by, which
 * for equal sums is rounding: the search's, of at most one unit in the last place of each
 * of its sums, and that of the weights, TVM_TIE being 9,000 of these.  Where many steps that are really longer would add
 * up to more than TVM_TIE of the whole, the way is made of steps that are tight
 * to the last bit, and costs the least.  So no way wins that is longer by more than that.
 */
#ifndef TVM_TIES_H
#define TVM_TIES_H

#include "kernel/graph/search/query.h"	/* and TVM_TIE, of cch.h */

/* What a step is beside its cost. */
typedef struct TvmTies
{
	/* Whether it is a gateway, by the graph's gateways; other ways than segments may be among these. */
	bool		(*is_gateway) (void *context, uint32_t gateway);
	/* What it is worth in the other measure: >= 0. */
	TvmStatus	(*other) (TvmEnv *env, void *context, const TvmStep *step, double *other);
	void	   *context;
} TvmTies;

/* What a step costs in a search whose weights are not the graph's, from its beginning at `cost` on. */
typedef struct TvmPassage
{
	double		(*cost) (const void *context, const TvmStep *step, double cost);
	const void *context;
} TvmPassage;

/*
 * The path from the origin of the query's last run, to one point, to that point, by the rule; in all
 * else as tvm_query_path().  Without `ties` all are gateways, and worth
 * nothing else; `passage` is NULL where costs are the graph's.  TVM_NOMEM,
 * TVM_CANCELLED, or what other() fails with.
 */
extern TvmStatus tvm_ties_path(TvmEnv *env, TvmQuery *query, const TvmTies *ties, const TvmPassage *passage,
							   TvmPoint to, TvmPath *path);

#endif							/* TVM_TIES_H */
