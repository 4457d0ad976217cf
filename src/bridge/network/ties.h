/*
 * ties.h: of ways of equal cost, which is taken: kernel/graph/ties.h, where the other measure
 * is metres and the seconds of all clocks, added up.  Over one metric, of which ways have the
 * same already, that is what the others say.
 */
#ifndef TV_NETWORK_TIES_H
#define TV_NETWORK_TIES_H

#include "postgres.h"

#include "bridge/route/prepared_parts.h"
#include "bridge/route/route.h"
#include "kernel/graph/ties.h"

/* What passing a segment is worth; TVM_OK and INFINITY where it is not open. */
extern TvmStatus tv_ties_weigh(TvmEnv *env, const TvmWorldRules *rules, const TvmSegment *segment, double *other);

/* What a way that costs this is worth. */
extern double tv_ties_worth(const TvCost *cost);

/* Of graphs over the rows, and of views of prepared graphs; the network or what is prepared must stay. */
extern TvmTies tv_ties_of_network(TvNetwork *network);
extern TvmTies tv_ties_of_prepared(TvPrepared *prepared);

#endif							/* TV_NETWORK_TIES_H */
