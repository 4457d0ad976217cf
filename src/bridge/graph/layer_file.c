/*
 * layer_file.c: the weights of a layer as a file that all backends share.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/access/owner.h"
#include "bridge/server/compat.h"
#include "bridge/graph/files.h"
#include "bridge/graph/files_quota.h"
#include "bridge/graph/layer_base.h"
#include "bridge/graph/layer_file.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/network/profile.h"
#include "bridge/network/rules.h"

enum
{
	SECTION_HEAD = 1,
	SECTION_HORIZON,
	SECTION_CHAIN,
	SECTION_SPECIAL,
	SECTION_SPECIAL_WEIGHT,
	SECTION_SPECIAL_GROUP,
	SECTION_SPECIAL_SLOT,
	SECTION_ROW_GROUP,
	SECTION_ROW_SLOT,
	SECTION_UP,
	SECTION_UP_VIA,
	SECTION_DOWN,
	SECTION_DOWN_VIA
};

typedef struct Head
{
	uint64		graph_build;
	int64		timeline_id;
	TvmWorldRules rules;
	uint64		profile;		/* its hash; 0: none */
	int32		metric;
	uint32		specials;
	uint32		rows;			/* arcs */
	int64		base_timeline;
	uint64		base_build;
} Head;

/* A patch whose arrays are in a file; where nothing differs, neither is there. */
static bool
attach_patch(const TvMapping *mapping, uint32 group_tag, uint32 slot_tag, uint32 things, TvmPatch *patch)
{
	Size		size;

	patch->group_count = TVM_PATCH_GROUPS(things);
	patch->slot = tv_store_section(mapping, slot_tag, &size);
	patch->slot_count = size / sizeof(uint32);
	return tv_store_section_is(mapping, group_tag, sizeof(TvmPatchGroup) * (Size) patch->group_count,
							   (const void **) &patch->group) && patch->slot != NULL;
}

static bool
attach_specials(TvLayer *layer, uint32 count)
{
	const TvMapping *mapping = layer->mapping;
	TvSpecials *specials = &layer->shared;

	if (count == 0)
		return true;
	specials->count = count;
	if (!tv_store_section_is(mapping, SECTION_SPECIAL, sizeof(TvmSegment) * (Size) count,
							 (const void **) &specials->attributes) ||
		!tv_store_section_is(mapping, SECTION_SPECIAL_WEIGHT, sizeof(double) * (Size) count,
							 (const void **) &specials->weight) ||
		!attach_patch(mapping, SECTION_SPECIAL_GROUP, SECTION_SPECIAL_SLOT,
					  layer->graph->cch.segment_count, &specials->of))
		return false;
	layer->weights.shared = (TvmWeightPatch) {&specials->of, specials->weight};
	return true;
}

static bool
attach_rows(TvLayer *layer, uint32 count)
{
	const TvMapping *mapping = layer->mapping;
	const TvmCch *cch = &layer->graph->cch;
	TvmCchRows *rows = &layer->rows;
	Size		weights = sizeof(double) * (Size) count;
	Size		vias = sizeof(uint32) * (Size) count;

	if (count == 0)
		return true;
	rows->count = count;
	if (!attach_patch(mapping, SECTION_ROW_GROUP, SECTION_ROW_SLOT, cch->node_count, &rows->of) ||
		!tv_store_section_is(mapping, SECTION_UP, weights, (const void **) &rows->weights.up) ||
		!tv_store_section_is(mapping, SECTION_UP_VIA, vias, (const void **) &rows->weights.up_via))
		return false;
	rows->weights.down = rows->weights.up;
	rows->weights.down_via = rows->weights.up_via;
	if (!cch->symmetric &&
		(!tv_store_section_is(mapping, SECTION_DOWN, weights, (const void **) &rows->weights.down) ||
		 !tv_store_section_is(mapping, SECTION_DOWN_VIA, vias, (const void **) &rows->weights.down_via)))
		return false;
	layer->hierarchy.shared = rows;
	return true;
}

/* Whether the file is this layer's, and of a state that the snapshot sees. */
static bool
is_of_layer(const TvLayer *layer, const Head **head, const TvHorizon **horizon)
{
	const TvMapping *mapping = layer->mapping;
	const int64 *chain;
	Size		size;

	if (!tv_store_section_is(mapping, SECTION_HEAD, sizeof(Head), (const void **) head) ||
		(*head)->graph_build != layer->graph->mapping->build_id ||
		(*head)->timeline_id != layer->timeline_id || (*head)->metric != (int32) layer->metric ||
		(*head)->profile != tv_layer_profile_hash(layer) ||
		!tv_rules_weigh_alike(&(*head)->rules, &layer->rules) ||
		!tv_store_section_is(mapping, SECTION_CHAIN, sizeof(int64) * layer->chain_count, (const void **) &chain) ||
		memcmp(chain, layer->chain, sizeof(int64) * layer->chain_count) != 0)
		return false;
	*horizon = tv_store_section(mapping, SECTION_HORIZON, &size);
	return *horizon != NULL && size >= TvHorizonSize(0) &&
		size == TvHorizonSize((*horizon)->running_count) && tv_horizon_is_seen(*horizon);
}

static bool
attach_file(TvLayer *layer, const TvChanges *changes, TvChanges *included)
{
	const Head *head;
	const TvHorizon *horizon;
	TvBase	   *base;

	if (!is_of_layer(layer, &head, &horizon))
		return false;
	base = tv_base_open(layer->graph, head->base_timeline, layer->metric, head->profile, head->base_build);
	if (base == NULL)
		return false;
	tv_base_attach(layer, base);
	if (!attach_specials(layer, head->specials) || !attach_rows(layer, head->rows))
		return false;
	/* What the file's builder saw of the changes since the graph. */
	*included = *changes;
	included->changes = palloc(sizeof(TvChange) * Max(changes->count, 1));
	included->count = 0;
	for (uint32 i = 0; i < changes->count; i++)
		if (tv_horizon_had_ended(horizon, changes->changes[i].xid))
			included->changes[included->count++] = changes->changes[i];
	return true;
}

bool
tv_layer_read_file(TvLayer *layer, const TvChanges *changes, TvChanges *included)
{
	char		name[TV_FILE_NAME_SIZE];

	tv_file_name_weights(name, layer->graph->world_id, layer->timeline_id, layer->metric, tv_layer_profile_hash(layer));
	layer->mapping = tv_store_open(name);
	if (layer->mapping != NULL && attach_file(layer, changes, included))
		return true;
	tv_base_release(layer->base);
	tv_store_close(layer->mapping);
	layer->base = NULL;
	layer->mapping = NULL;
	memset(&layer->weights, 0, sizeof(layer->weights));
	memset(&layer->hierarchy.all, 0, sizeof(layer->hierarchy.all));
	memset(&layer->shared, 0, sizeof(layer->shared));
	memset(&layer->rows, 0, sizeof(layer->rows));
	layer->hierarchy.shared = NULL;
	return false;
}

static bool
write_sections(const TvLayer *layer, const TvSpecials *specials, const TvmCchRows *rows)
{
	const TvHorizon *horizon = tv_horizon_take(CurrentMemoryContext);
	bool		symmetric = layer->graph->cch.symmetric;
	TvSection	sections[16];
	int			count = 0;
	Head		head;
	uint64		build_id;
	char		name[TV_FILE_NAME_SIZE];

	memset(&head, 0, sizeof(head));
	head.graph_build = layer->graph->mapping->build_id;
	head.timeline_id = layer->timeline_id;
	head.rules = layer->rules;
	head.profile = tv_layer_profile_hash(layer);
	head.metric = (int32) layer->metric;
	head.specials = specials->count;
	head.rows = rows->count;
	head.base_timeline = layer->base->timeline_id;
	head.base_build = layer->base->mapping->build_id;
#define ADD(tag, data, size) (sections[count++] = (TvSection) {(tag), (data), (size)})
	ADD(SECTION_HEAD, &head, sizeof(head));
	ADD(SECTION_HORIZON, horizon, TvHorizonSize(horizon->running_count));
	ADD(SECTION_CHAIN, layer->chain, sizeof(int64) * layer->chain_count);
	if (rows->count > 0)
	{
		ADD(SECTION_ROW_GROUP, rows->of.group, sizeof(TvmPatchGroup) * rows->of.group_count);
		ADD(SECTION_ROW_SLOT, rows->of.slot, sizeof(uint32) * rows->of.slot_count);
		ADD(SECTION_UP, rows->weights.up, sizeof(double) * rows->count);
		ADD(SECTION_UP_VIA, rows->weights.up_via, sizeof(uint32) * rows->count);
	}
	if (rows->count > 0 && !symmetric)
	{
		ADD(SECTION_DOWN, rows->weights.down, sizeof(double) * rows->count);
		ADD(SECTION_DOWN_VIA, rows->weights.down_via, sizeof(uint32) * rows->count);
	}
	if (specials->count > 0)
	{
		ADD(SECTION_SPECIAL_GROUP, specials->of.group, sizeof(TvmPatchGroup) * specials->of.group_count);
		ADD(SECTION_SPECIAL_SLOT, specials->of.slot, sizeof(uint32) * specials->of.slot_count);
		ADD(SECTION_SPECIAL, specials->attributes, sizeof(TvmSegment) * specials->count);
		ADD(SECTION_SPECIAL_WEIGHT, specials->weight, sizeof(double) * specials->count);
	}
#undef ADD
	tv_file_name_weights(name, layer->graph->world_id, layer->timeline_id, layer->metric, tv_layer_profile_hash(layer));
	return tv_store_write(name, sections, count, &build_id);
}

/*
 * Whether the world itself has such a profile: by what another, where a way began, calls one, its editors would make
 * files that are not theirs, and that count as its owner's.
 */
static bool
is_of_world(const TvLayer *layer)
{
	TvOwner		owner;
	bool		found;

	if (layer->profile == NULL)
		return true;
	tv_owner_enter(&owner);
	found = tv_profile_is_in_use(layer->graph->world_id, tv_layer_profile_hash(layer));
	tv_owner_leave(&owner);
	return found;
}

/*
 * A layer stands on a base before it is written: its own, where it is whole or has
 * become so different from its base that it costs the same.
 */
bool
tv_layer_write_file(TvLayer *layer)
{
	TvEnv	   *env;
	TvSpecials	specials = {0};
	TvmCchRows	rows;
	char		name[TV_FILE_NAME_SIZE];
	bool		done;

	tv_file_name_weights(name, layer->graph->world_id, layer->timeline_id, layer->metric, tv_layer_profile_hash(layer));
	if (!is_of_world(layer) || !tv_files_allowed(layer->graph->world_id, name))
		return false;
	env = tv_env_create("layer to be written");
	tv_env_limit(env);
	tv_check(env, tvm_cch_rows_merge(&env->tvm, &layer->hierarchy, &rows));
	if (layer->base == NULL || rows.count > layer->graph->cch.arc_count / 2)
	{
		tv_layer_make_whole(layer);
		tvm_cch_rows_free(&env->tvm, &rows);
		if (!tv_layer_write_base(layer))
		{
			tv_env_delete(env);
			return false;
		}
	}
	tv_layer_merge_specials(layer, env, &specials);
	done = write_sections(layer, &specials, &rows);
	tv_env_delete(env);
	return done;
}
