/*
 * alternatives.c: the best route and others that truly differ from it; see
 * alternatives.h, and kernel/graph/search/alternatives.h for what that means.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/route/alternatives.h"
#include "bridge/server/compat.h"
#include "bridge/server/limits.h"

typedef struct Alternatives
{
	TvQuestion	question;
	const TvmAlternativeLimits *limits;
	uint32		room;
	TvAlternative *found;
	uint32		count;
} Alternatives;

/* Routes and how much each of them shares; their totals are in `route`. */
static void
keep(Alternatives *own, TvRoute *route, double shared)
{
	TvAlternative *kept = &own->found[own->count++];
	TvMetric	metric = own->question.metric;
	double		best;

	kept->route = route;
	best = tv_cost_read(own->found[0].route->total, metric);
	kept->stretch = best > 0 ? tv_cost_read(route->total, metric) / best : 1;
	kept->sharing = best > 0 ? shared / best : 0;
}

static bool
search(TvQuestion *question)
{
	Alternatives *own = (Alternatives *) question;
	TvEnv	   *env = question->env;
	TvmTies		ties = tv_question_ties(question);
	Size		taken = question->network != NULL ? tv_network_bytes(question->network) : 0;
	TvmAlternative *paths;
	size_t		count;

	tv_graph_require_memory(taken + tvm_alternatives_bytes(question->graph));
	paths = MemoryContextAlloc(env->context, sizeof(TvmAlternative) * own->room);
	tv_check(env, tvm_alternatives_find(&env->tvm, question->graph, question->from, question->to, own->limits, &ties,
										own->room, paths, &count));
	for (size_t i = 0; i < count; i++)
	{
		TvRoute    *route = tv_question_describe(question, &paths[i].path);

		tv_route_total(route, question->rows, question->metric);
		keep(own, route, paths[i].shared);
	}
	return count > 0;
}

static const TvQuestionKind alternatives = {
	.ends = TV_ENDS_PLACES,
	.search = search
};

uint32
tv_alternatives_find(TvEnv *env, const TvRouteRequest *request,
					 const TvmAlternativeLimits *limits, uint32 room, TvAlternative *found)
{
	Alternatives own = {
		.question = {.kind = &alternatives, .env = env, .request = *request},
		.limits = limits,
		.room = room,
		.found = found
	};

	tv_question_ask(&own.question);
	return own.count;
}
