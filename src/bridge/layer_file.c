/*
 * layer_file.c: the weights of a layer as a file that all backends share.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/layer_parts.h"

enum
{
	SECTION_HEAD = 1,
	SECTION_HORIZON,
	SECTION_CHAIN,
	SECTION_WEIGHT,
	SECTION_UP,
	SECTION_DOWN,
	SECTION_SPECIAL,
	SECTION_UP_MIDDLE,
	SECTION_DOWN_MIDDLE
};

typedef struct Head
{
	uint64		graph_build;
	int64		timeline_id;
	TvmWorldRules rules;
	int32		metric;
} Head;

static void
file_name(char *name, Size size, const TvLayer *layer)
{
	snprintf(name, size, "w%lld.t%lld.%s.weights", (long long) layer->graph->world_id,
			 (long long) layer->timeline_id, tv_metric_name(layer->metric));
}

void
tv_layers_remove_files(int64 world_id)
{
	char		prefix[64];

	snprintf(prefix, sizeof(prefix), "w%lld.t", (long long) world_id);
	tv_store_remove_all(prefix);
}

static bool
section_is(const TvMapping *mapping, uint32 tag, Size size, void **where)
{
	Size		found;

	*where = tv_store_section(mapping, tag, &found);
	return *where != NULL && found == size;
}

/* Take the weights from a mapping, if they are this layer's and of a state that the snapshot sees. */
static bool
attach_file(TvLayer *layer, const TvChanges *changes, TvChanges *included)
{
	const TvMapping *mapping = layer->mapping;
	const TvmCch *cch = &layer->graph->cch;
	const Head *head;
	const TvHorizon *horizon;
	const TvSpecial *special;
	void	   *where;
	Size		size;

	if (!section_is(mapping, SECTION_HEAD, sizeof(Head), (void **) &head) ||
		head->graph_build != layer->graph->mapping->build_id || head->timeline_id != layer->timeline_id ||
		head->metric != (int32) layer->metric || !tv_layer_same_rules(&head->rules, &layer->rules) ||
		!section_is(mapping, SECTION_CHAIN, sizeof(int64) * layer->chain_count, &where) ||
		memcmp(where, layer->chain, sizeof(int64) * layer->chain_count) != 0)
		return false;
	horizon = tv_store_section(mapping, SECTION_HORIZON, &size);
	if (horizon == NULL || size < TvHorizonSize(0) || size != TvHorizonSize(horizon->running_count) ||
		!tv_horizon_is_seen(horizon))
		return false;
	if (!section_is(mapping, SECTION_WEIGHT, sizeof(double) * cch->segment_count, (void **) &layer->weight) ||
		!section_is(mapping, SECTION_UP, sizeof(double) * cch->arc_count, (void **) &layer->hierarchy.up) ||
		!section_is(mapping, SECTION_UP_MIDDLE, sizeof(uint32) * cch->arc_count, (void **) &layer->hierarchy.up_middle))
		return false;
	layer->hierarchy.down = layer->hierarchy.up;
	layer->hierarchy.down_middle = layer->hierarchy.up_middle;
	if (!cch->symmetric &&
		(!section_is(mapping, SECTION_DOWN, sizeof(double) * cch->arc_count, (void **) &layer->hierarchy.down) ||
		 !section_is(mapping, SECTION_DOWN_MIDDLE, sizeof(uint32) * cch->arc_count, (void **) &layer->hierarchy.down_middle)))
		return false;
	special = tv_store_section(mapping, SECTION_SPECIAL, &size);
	for (Size i = 0; i < size / sizeof(TvSpecial); i++)
	{
		bool		was;
		TvSpecial  *copy = hash_search(layer->special, &special[i].segment, HASH_ENTER, &was);

		copy->attributes = special[i].attributes;
	}
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
	char		name[96];

	file_name(name, sizeof(name), layer);
	layer->mapping = tv_store_open(name, true);
	if (layer->mapping != NULL && attach_file(layer, changes, included))
		return true;
	tv_store_close(layer->mapping);
	layer->mapping = NULL;
	layer->weight = layer->hierarchy.up = layer->hierarchy.down = NULL;
	layer->hierarchy.up_middle = layer->hierarchy.down_middle = NULL;
	return false;
}

bool
tv_layer_write_file(TvLayer *layer)
{
	const TvmCch *cch = &layer->graph->cch;
	TvHorizon  *horizon = tv_horizon_take(CurrentMemoryContext);
	Head		head;
	long		count = hash_get_num_entries(layer->special);
	TvSpecial  *specials = palloc_extended(sizeof(TvSpecial) * Max(count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	HASH_SEQ_STATUS sequence;
	TvSpecial  *special;
	uint64		build_id;
	char		name[96];
	long		filled = 0;

	memset(&head, 0, sizeof(head));
	head.graph_build = layer->graph->mapping->build_id;
	head.timeline_id = layer->timeline_id;
	head.rules = layer->rules;
	head.metric = (int32) layer->metric;
	hash_seq_init(&sequence, layer->special);
	while ((special = hash_seq_search(&sequence)) != NULL)
		specials[filled++] = *special;
	file_name(name, sizeof(name), layer);
	{
		const TvSection sections[] = {
			{SECTION_HEAD, &head, sizeof(head)},
			{SECTION_HORIZON, horizon, TvHorizonSize(horizon->running_count)},
			{SECTION_CHAIN, layer->chain, sizeof(int64) * layer->chain_count},
			{SECTION_WEIGHT, layer->weight, sizeof(double) * cch->segment_count},
			{SECTION_UP, layer->hierarchy.up, sizeof(double) * cch->arc_count},
			{SECTION_SPECIAL, specials, sizeof(TvSpecial) * count},
			{SECTION_UP_MIDDLE, layer->hierarchy.up_middle, sizeof(uint32) * cch->arc_count},
			/* Of a symmetric hierarchy only what is above. */
			{SECTION_DOWN, layer->hierarchy.down, sizeof(double) * cch->arc_count},
			{SECTION_DOWN_MIDDLE, layer->hierarchy.down_middle, sizeof(uint32) * cch->arc_count}
		};

		return tv_store_write(name, sections, lengthof(sections) - (cch->symmetric ? 2 : 0), &build_id);
	}
}
