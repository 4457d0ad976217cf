/*
 * layer_base.c: weights of all segments and arcs as files that layers share.
 *
 * A base is open once in a backend, however many layers stand on it, and goes with
 * the last of them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/graph/files.h"
#include "bridge/graph/layer_base.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/server/store_directory.h"

enum
{
	SECTION_HEAD = 1,
	SECTION_UP,
	SECTION_UP_VIA,
	SECTION_DOWN,
	SECTION_DOWN_VIA,
	SECTION_WEIGHT
};

typedef struct Head
{
	uint64		graph_build;
	int64		timeline_id;
	int64		metric;
	uint64		profile;
} Head;

static List *bases = NIL;		/* of TvBase, in TopMemoryContext */

static bool
attach_sections(TvBase *base)
{
	const TvMapping *mapping = base->mapping;
	const TvmCch *cch = &base->graph->cch;
	Size		weights = sizeof(double) * (Size) cch->arc_count;
	Size		vias = sizeof(uint32) * (Size) cch->arc_count;
	const Head *head;

	if (!tv_store_section_is(mapping, SECTION_HEAD, sizeof(Head), (const void **) &head) ||
		head->graph_build != base->graph->mapping->build_id || head->timeline_id != base->timeline_id ||
		head->metric != base->metric || head->profile != base->profile ||
		!tv_store_section_is(mapping, SECTION_WEIGHT, sizeof(double) * (Size) cch->segment_count,
							 (const void **) &base->weight) ||
		!tv_store_section_is(mapping, SECTION_UP, weights, (const void **) &base->all.up) ||
		!tv_store_section_is(mapping, SECTION_UP_VIA, vias, (const void **) &base->all.up_via))
		return false;
	base->all.down = base->all.up;
	base->all.down_via = base->all.up_via;
	return cch->symmetric ||
		(tv_store_section_is(mapping, SECTION_DOWN, weights, (const void **) &base->all.down) &&
		 tv_store_section_is(mapping, SECTION_DOWN_VIA, vias, (const void **) &base->all.down_via));
}

TvBase *
tv_base_open(const TvWorldGraph *graph, int64 timeline_id, TvMetric metric, uint64 profile, uint64 build_id)
{
	char		name[TV_FILE_NAME_SIZE];
	TvMapping  *mapping;
	TvBase	   *base;
	ListCell   *cell;
	MemoryContext caller;

	foreach(cell, bases)
	{
		base = lfirst(cell);
		if (build_id != 0 && base->graph == graph && base->mapping->build_id == build_id &&
			tv_store_check(base->mapping) == TV_STORE_SAME)
		{
			base->users++;
			return base;
		}
	}
	tv_file_name_base(name, graph->world_id, timeline_id, metric, profile);
	mapping = tv_store_open(name);
	if (mapping == NULL)
		return NULL;
	caller = MemoryContextSwitchTo(TopMemoryContext);
	base = palloc0(sizeof(TvBase));
	base->graph = graph;
	base->timeline_id = timeline_id;
	base->metric = metric;
	base->profile = profile;
	base->mapping = mapping;
	base->users = 1;
	bases = lappend(bases, base);
	MemoryContextSwitchTo(caller);
	if ((build_id != 0 && mapping->build_id != build_id) || !attach_sections(base))
	{
		tv_base_release(base);
		return NULL;
	}
	return base;
}

void
tv_base_release(TvBase *base)
{
	if (base == NULL || --base->users > 0)
		return;
	bases = list_delete_ptr(bases, base);
	tv_store_close(base->mapping);
	pfree(base);
}

TvStoreState
tv_base_state(TvBase *base, uint64 query)
{
	if (base->checked != query && base->state != TV_STORE_DAMAGED)
	{
		base->checked = query;
		base->state = tv_store_check(base->mapping);
		if (base->state == TV_STORE_DAMAGED)
			tv_store_remove(base->mapping->name);
	}
	return base->state;
}

void
tv_base_attach(TvLayer *layer, TvBase *base)
{
	layer->base = base;
	layer->weights.all = base->weight;
	layer->hierarchy.all = base->all;
}

/* Whole layers ------------------------------------------------------------- */

static double *
all_weights(const TvLayer *layer, const TvmWeights *weights)
{
	uint32		count = layer->graph->cch.segment_count;
	double	   *weight = tv_env_take(layer->env, sizeof(double) * (Size) count);

	for (uint32 i = 0; i < count; i++)
	{
		tv_interrupts_at(i);
		weight[i] = tvm_weight(weights, i);
	}
	return weight;
}

/* The layer's memory has it all from now on. */
static void
leave_base(TvLayer *layer, double *weight, const TvmCchWeights *all)
{
	if (layer->base == NULL)
		tvm_cch_metric_free(&layer->env->tvm, &layer->hierarchy);
	else
		tvm_cch_rows_free(&layer->env->tvm, &layer->hierarchy.own);
	if (layer->base == NULL && layer->weights.all != NULL)
		pfree(unconstify(double *, layer->weights.all));
	layer->hierarchy.shared = NULL;
	layer->hierarchy.all = *all;
	layer->weights.all = weight;
	tv_base_release(layer->base);
	layer->base = NULL;
}

/* All arcs as a metric has them. */
static TvmCchWeights
all_arcs(const TvLayer *layer, const TvmCchMetric *from)
{
	const TvmCch *cch = &layer->graph->cch;
	TvmCchWeights all;

	all.up = all.down = tv_env_take(layer->env, sizeof(double) * (Size) cch->arc_count);
	all.up_via = all.down_via = tv_env_take(layer->env, sizeof(uint32) * (Size) cch->arc_count);
	if (!cch->symmetric)
	{
		all.down = tv_env_take(layer->env, sizeof(double) * (Size) cch->arc_count);
		all.down_via = tv_env_take(layer->env, sizeof(uint32) * (Size) cch->arc_count);
	}
	for (uint32 v = 0; v < cch->node_count; v++)
	{
		TvmCchWeights row = tvm_cch_row(from, v);
		uint32		first = cch->up_first[v];
		Size		count = cch->up_first[v + 1] - first;

		tv_interrupts_at(v);
		memcpy(all.up + first, row.up, count * sizeof(double));
		memcpy(all.up_via + first, row.up_via, count * sizeof(uint32));
		if (cch->symmetric)
			continue;
		memcpy(all.down + first, row.down, count * sizeof(double));
		memcpy(all.down_via + first, row.down_via, count * sizeof(uint32));
	}
	return all;
}

void
tv_layer_make_whole(TvLayer *layer)
{
	TvmCchWeights all;

	if (layer->base == NULL && layer->hierarchy.shared == NULL && layer->hierarchy.own.of.group == NULL)
		return;
	all = all_arcs(layer, &layer->hierarchy);
	leave_base(layer, all_weights(layer, &layer->weights), &all);
}

void
tv_layer_copy_whole(TvLayer *layer, const TvLayer *from)
{
	layer->weights.all = all_weights(layer, &from->weights);
	layer->hierarchy.all = all_arcs(layer, &from->hierarchy);
}

void
tv_layer_customize(TvLayer *layer)
{
	TvmCchMetric whole;
	double	   *weight = all_weights(layer, &layer->weights);
	TvmCchOther other = tv_layer_other(layer);

	tv_check(layer->env, tvm_cch_customize(&layer->env->tvm, &whole, &layer->graph->cch,
										   &layer->graph->topology, weight, &other));
	leave_base(layer, weight, &whole.all);
}

bool
tv_layer_write_base(TvLayer *layer)
{
	const TvmCch *cch = &layer->graph->cch;
	Size		arcs = cch->arc_count;
	const TvmCchWeights *all = &layer->hierarchy.all;
	Head		head = {
		.graph_build = layer->graph->mapping->build_id,
		.timeline_id = layer->timeline_id,
		.metric = layer->metric,
		.profile = tv_layer_profile_hash(layer)
	};
	const TvSection sections[] = {
		{SECTION_HEAD, &head, sizeof(head)},
		{SECTION_UP, all->up, sizeof(double) * arcs},
		{SECTION_UP_VIA, all->up_via, sizeof(uint32) * arcs},
		{SECTION_WEIGHT, layer->weights.all, sizeof(double) * (Size) cch->segment_count},
		/* Of a symmetric hierarchy only what is above. */
		{SECTION_DOWN, all->down, sizeof(double) * arcs},
		{SECTION_DOWN_VIA, all->down_via, sizeof(uint32) * arcs}
	};
	char		name[TV_FILE_NAME_SIZE];
	uint64		build_id;
	TvBase	   *base;

	tv_file_name_base(name, layer->graph->world_id, layer->timeline_id, layer->metric, head.profile);
	if (!tv_store_write(name, sections, lengthof(sections) - (cch->symmetric ? 2 : 0), &build_id))
		return false;
	base = tv_base_open(layer->graph, layer->timeline_id, layer->metric, head.profile, build_id);
	if (base != NULL)
		tv_base_attach(layer, base);
	return base != NULL;
}
