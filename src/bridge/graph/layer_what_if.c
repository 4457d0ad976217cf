/*
 * layer_what_if.c: layers of what callers suppose; see layer_what_if.h.
 */
#include "postgres.h"

#include "bridge/graph/layer_base.h"
#include "bridge/graph/layer_refresh.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/graph/layer_what_if.h"
#include "bridge/server/compat.h"

bool
tv_layer_make_from_above(TvLayer *layer, const TvLayer *above)
{
	TvNamed		named = TV_NAMED(CurrentMemoryContext);

	if (above->base == NULL)
		tv_layer_copy_whole(layer, above);
	else
	{
		above->base->users++;
		tv_base_attach(layer, above->base);
	}
	if (above->base != NULL && above->mapping != NULL && above->own.count == 0 && above->hierarchy.own.of.group == NULL)
	{
		layer->mapping = tv_store_share(above->mapping);
		layer->shared = above->shared;
		layer->rows = above->rows;
		if (above->weights.shared.of != NULL)
			layer->weights.shared = (TvmWeightPatch) {&layer->shared.of, layer->shared.weight};
		if (above->hierarchy.shared != NULL)
			layer->hierarchy.shared = &layer->rows;
	}
	else
	{
		if (above->base != NULL)
			tv_check(layer->env, tvm_cch_rows_merge(&layer->env->tvm, &above->hierarchy, &layer->hierarchy.own));
		tv_layer_merge_specials(above, layer->env, &layer->own);
		if (layer->own.count > 0)
			layer->weights.own = (TvmWeightPatch) {&layer->own.of, layer->own.weight};
	}
	for (uint32 i = 0; i < above->extra_count; i++)
		(void) tv_layer_add_extra(layer, &above->extras[i]);
	for (uint32 i = 0; i < above->applied_count; i++)
		if (!tv_layer_add_changed(&named, &above->applied[i]))
			return false;
	for (uint32 i = 0; i < above->fresh_count; i++)
		tv_ids_add(&named.places, above->fresh[i].via_place_id);
	return tv_layer_suppose(layer, above, &named);
}
