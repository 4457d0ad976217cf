/*
 * route.c: the best route from a place to a place; see route.h.
 */
#include "postgres.h"

#include "bridge/route/prepared_fresh.h"
#include "bridge/route/prepared_route.h"
#include "bridge/route/route.h"
#include "bridge/server/compat.h"
#include "kernel/graph/search/astar.h"

bool
tv_route_search(TvQuestion *question)
{
	TvEnv	   *env = question->env;
	TvmTies		ties = tv_question_ties(question);
	TvmQuery	query;
	TvmPath		path;

	tv_check(env, tvm_query_init(&env->tvm, &query, question->graph));
	tv_check(env, tvm_astar_run(&env->tvm, &query, question->from, question->to));
	tv_check(env, tvm_ties_path(&env->tvm, &query, &ties, NULL, question->to, &path));
	if (path.count == 0)
		return false;
	question->route = tv_question_describe(question, &path);
	return true;
}

static const TvQuestionKind best_route = {
	.ends = TV_ENDS_PLACES,
	.ask_hierarchies = tv_prepared_route,
	.searches_views = true,
	.ask_fresh = tv_prepared_fresh_route,
	.search = tv_route_search
};

TvRoute *
tv_route_find(TvEnv *env, const TvRouteRequest *request)
{
	TvQuestion	question = {.kind = &best_route, .env = env, .request = *request};

	tv_question_ask(&question);
	return question.route;
}
