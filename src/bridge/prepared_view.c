/*
 * prepared_view.c: prepared graphs as the kernel searches them; see prepared_view.h.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/prepared_view.h"
#include "bridge/scan.h"

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
		graph->metric = &prepared->layers[0]->hierarchy;
	tv_memory_check(tvm_query_bytes(graph) + tvm_graph_bytes(count, prepared->link_count));
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
			tv_steps_segment(&steps, path->steps[i].point.layer, path->steps[i].index, path->steps[i].reverse);
	tv_prepared_move(prepared, steps.route);
	return steps.route;
}

/* Places -------------------------------------------------------------------- */

typedef struct Moving
{
	TvMoved    *moved;
	uint32		count;
	uint32		capacity;
	MemoryContext context;
} Moving;

static void
receive_moved(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Moving	   *moving = target;

	if (moving->count == moving->capacity)
	{
		moving->capacity = moving->capacity * 2 + 64;
		moving->moved = moving->moved == NULL
			? MemoryContextAlloc(moving->context, sizeof(TvMoved) * moving->capacity)
			: repalloc_huge(moving->moved, sizeof(TvMoved) * moving->capacity);
	}
	moving->moved[moving->count++] = (TvMoved) {
		.place_id = DatumGetInt64(values[0]),
		.lat = DatumGetFloat8(values[1]),
		.lon = DatumGetFloat8(values[2])
	};
}

static int
compare_moved(const void *a, const void *b)
{
	int64		x = ((const TvMoved *) a)->place_id;
	int64		y = ((const TvMoved *) b)->place_id;

	return x < y ? -1 : x > y;
}

TvMoved *
tv_prepared_moved(TvPrepared *prepared, uint32 *count)
{
	Moving		moving = {.context = prepared->env->context};

	for (uint32 w = 0; w < prepared->rows->world_count; w++)
		for (uint32 i = 0; i < prepared->changes[w]->count; i++)
		{
			const TvChange *change = &prepared->changes[w]->changes[i];
			TvArg		args[1];
			TvOwner		owner;

			if (change->kind != TV_CHANGE_PLACES || change->count == 0)
				continue;
			args[0] = tv_arg_bigints(change->ids, change->count);
			tv_owner_enter(&owner);
			tv_scan("SELECT p.id, p.lat, p.lon FROM timevmaps.places p"
					" WHERE p.id OPERATOR(pg_catalog.=) ANY ($1)",
					lengthof(args), args, receive_moved, &moving);
			tv_owner_leave(&owner);
		}
	if (moving.count > 1)
		qsort(moving.moved, moving.count, sizeof(TvMoved), compare_moved);
	*count = moving.count;
	return moving.moved;
}

bool
tv_prepared_point(TvPrepared *prepared, uint32 layer, int64 place_id, TvmPoint *point)
{
	const TvLayerRow *row = &prepared->rows->layers[layer];
	const TvChanges *changes = prepared->changes[row->world];

	for (uint32 i = 0; i < changes->count; i++)
		if (changes->changes[i].kind == TV_CHANGE_PLACES)
		{
			tv_load_require_place(row->timeline_id, place_id);
			break;
		}
	point->layer = layer;
	point->node = tv_prepared_node(prepared->graphs[row->world], place_id);
	return point->node != TV_NONE;
}
