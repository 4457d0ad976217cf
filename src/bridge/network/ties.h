/*
 * ties.h: of ways of equal cost, which is taken: kernel/graph/search/ties.h, where the other measure
 * is metres and the seconds of all clocks, added up.  Over one metric, of which ways have the
 * same already, that is what the others say.
 */
#ifndef TV_NETWORK_TIES_H
#define TV_NETWORK_TIES_H

#include "postgres.h"

#include "bridge/network/cost.h"
#include "bridge/network/network.h"
#include "kernel/graph/search/ties.h"

/* What passing a segment is worth; TVM_OK and INFINITY where it is not open. */
extern TvmStatus tv_ties_weigh(TvmEnv *env, const TvmWorldRules *rules, const TvmSegment *segment, double *other);

/* What a way that costs this is worth. */
extern double tv_ties_worth(const TvCost *cost);

/* What passing a gateway, or turning, is worth. */
extern double tv_ties_penalty(double penalty_s);

/* Of graphs over the rows; the network must stay. */
extern TvmTies tv_ties_of_network(TvNetwork *network);

#endif							/* TV_NETWORK_TIES_H */
