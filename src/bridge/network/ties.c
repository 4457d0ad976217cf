/*
 * ties.c: of ways of equal cost, which is taken; see ties.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/server/compat.h"
#include "bridge/network/ties.h"

#define CLOCKS 3				/* that a gateway's penalty counts on */

double
tv_ties_worth(const TvCost *cost)
{
	return cost->distance_m + cost->clocks.local_s + cost->clocks.coordinate_s + cost->clocks.traveler_s;
}

TvmStatus
tv_ties_weigh(TvmEnv *env, const TvmWorldRules *rules, const TvmSegment *segment, double *other)
{
	TvCost		cost = {.distance_m = segment->length_m};
	TvmStatus	status;

	*other = INFINITY;
	if (segment->presence != TVM_SEGMENT_OPEN)
		return TVM_OK;
	status = tvm_clocks_segment(env, rules, segment->length_m, segment->speed_kph, segment->drag, &cost.clocks);
	if (status == TVM_OK)
		*other = tv_ties_worth(&cost);
	return status;
}

double
tv_ties_penalty(double penalty_s)
{
	return CLOCKS * penalty_s;
}

static bool
any_is_gateway(void *context, uint32_t gateway)
{
	return true;
}

static TvmStatus
weigh_in_network(TvmEnv *env, void *context, const TvmStep *step, double *other)
{
	const TvNetwork *network = context;
	const TvRows *rows = network->rows;
	uint32		segment;
	bool		reverse;

	if (step->kind == TVM_STEP_GATEWAY)
	{
		*other = tv_ties_penalty(rows->gateways[network->gateway_rows[step->index]].penalty_s);
		return TVM_OK;
	}
	if (tv_network_arc(network, step, &segment, &reverse) == TVM_SPLIT_TURN)
	{
		*other = tv_ties_penalty(network->turn_s[step->point.layer][segment]);
		return TVM_OK;
	}
	return tv_ties_weigh(env, &rows->worlds[rows->layers[step->point.layer].world].rules,
						 &network->segments[step->point.layer][segment], other);
}

TvmTies
tv_ties_of_network(TvNetwork *network)
{
	return (TvmTies) {.is_gateway = any_is_gateway, .other = weigh_in_network, .context = network};
}
