/*
 * prepared_view.c: prepared graphs as the kernel searches them; see prepared_view.h.
 */
#include "postgres.h"

#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/route/prepared/prepared_view.h"

void
tv_prepared_view(TvPrepared *prepared, TvmGraph *graph)
{
	TvEnv	   *env = prepared->env;
	uint32		count = prepared->rows->layer_count;
	TvmLayer   *layers = palloc(sizeof(TvmLayer) * count);

	for (uint32 l = 0; l < count; l++)
		layers[l] = (TvmLayer) {
			.topology = &prepared->layers[l]->graph->topology,
			.weights = prepared->layers[l]->weights
		};
	tv_check(env, tvm_graph_view(&env->tvm, graph, layers, count, prepared->links, prepared->link_count));
	if (count == 1 && prepared->link_count == 0)
	{
		graph->metric = tv_layer_bound(prepared->layers[0]);
		graph->metric_is_less = prepared->layers[0]->loose;
	}
	tv_graph_require_memory(tvm_query_bytes(graph) + tvm_graph_bytes(count, prepared->link_count));
	pfree(layers);
}

TvRoute *
tv_prepared_describe(TvPrepared *prepared, const TvmPath *path)
{
	TvSteps		steps;

	tv_steps_begin(&steps, prepared, path->steps[0].point);
	for (size_t i = 1; i < path->count; i++)
		if (path->steps[i].kind == TVM_STEP_GATEWAY)
			tv_steps_link(&steps, path->steps[i].index);
		else
			tv_steps_arc(&steps, path->steps[i].point.layer, path->steps[i].index, path->steps[i].reverse);
	steps.route->ahead_s = steps.turn_s;
	tv_prepared_move(prepared, steps.route);
	return steps.route;
}
