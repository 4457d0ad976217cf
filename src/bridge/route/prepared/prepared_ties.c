/*
 * prepared_ties.c: of ways of equal cost over prepared graphs, which is taken; see prepared_ties.h.
 */
#include "postgres.h"

#include "bridge/graph/layer_segment.h"
#include "bridge/network/ties.h"
#include "bridge/route/prepared/prepared_ties.h"

static bool
is_gateway_of_prepared(void *context, uint32_t gateway)
{
	const TvPrepared *prepared = context;

	return prepared->link_gateway[gateway] != TV_NONE;
}

static TvmStatus
weigh_in_prepared(TvmEnv *env, void *context, const TvmStep *step, double *other)
{
	const TvPrepared *prepared = context;
	const TvLayer *layer = prepared->layers[step->point.layer];

	if (step->kind != TVM_STEP_GATEWAY)
		return tv_layer_worth(env, layer, step->index, other);
	if (prepared->link_gateway[step->index] == TV_NONE)
		return tv_ties_weigh(env, &layer->rules, &prepared->link_extra[step->index]->attributes, other);
	*other = tv_ties_penalty(prepared->rows->gateways[prepared->link_gateway[step->index]].penalty_s);
	return TVM_OK;
}

TvmTies
tv_ties_of_prepared(TvPrepared *prepared)
{
	return (TvmTies) {.is_gateway = is_gateway_of_prepared, .other = weigh_in_prepared, .context = prepared};
}
