/*
 * prepared_overlay.c: overlays over gateways and segments that no hierarchy knows,
 * kept between queries.
 *
 * An overlay costs the square of its links.  It holds as long as its layers are
 * the same versions and its links join the same points; what a passage costs is put in anew.
 * Each owns its memory, a child of TopMemoryContext.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/prepared_parts.h"

#define MAX_OVERLAYS 4

typedef struct KeptOverlay
{
	TvEnv	   *env;			/* owns it all; NULL: not in use */
	uint32		layer_count;
	uint64	   *versions;		/* of the layers, in order */
	TvmOverlay	overlay;
	uint64		last_used;
} KeptOverlay;

static KeptOverlay overlays[MAX_OVERLAYS];
static uint64 overlay_clock = 0;

static bool
is_overlay_of(const KeptOverlay *kept, const TvPrepared *prepared)
{
	if (kept->env == NULL || kept->layer_count != prepared->rows->layer_count ||
		kept->overlay.link_count != prepared->link_count)
		return false;
	for (uint32 l = 0; l < kept->layer_count; l++)
		if (kept->versions[l] != prepared->layers[l]->version)
			return false;
	for (uint32 i = 0; i < prepared->link_count; i++)
	{
		const TvmGateway *a = &kept->overlay.links[i];
		const TvmGateway *b = &prepared->links[i];

		/* What a passage costs is not in what is kept. */
		if (a->from.layer != b->from.layer || a->from.node != b->from.node ||
			a->to.layer != b->to.layer || a->to.node != b->to.node)
			return false;
	}
	return true;
}

static void
overlay_let_go(KeptOverlay *kept)
{
	if (kept->env != NULL)
		tv_env_delete(kept->env);
	memset(kept, 0, sizeof(*kept));
}

TvmOverlay *
tv_prepared_overlay(TvPrepared *prepared)
{
	KeptOverlay *kept = &overlays[0];
	const TvmCchMetric **metrics;
	MemoryContext caller;
	TvEnv	   *env;
	uint32		height = 0;

	for (int i = 0; i < MAX_OVERLAYS; i++)
		if (is_overlay_of(&overlays[i], prepared))
		{
			kept = &overlays[i];
			for (uint32 l = 0; l < prepared->link_count; l++)
				kept->overlay.links[l].cost = prepared->links[l].cost;
			kept->last_used = ++overlay_clock;
			return &kept->overlay;
		}
	for (int i = 1; i < MAX_OVERLAYS; i++)
		if (overlays[i].last_used < kept->last_used)
			kept = &overlays[i];
	overlay_let_go(kept);

	for (uint32 l = 0; l < prepared->rows->layer_count; l++)
		height = Max(height, prepared->layers[l]->graph->cch.height);
	tv_memory_check(tvm_overlay_bytes(prepared->rows->layer_count, prepared->link_count, height));
	caller = MemoryContextSwitchTo(TopMemoryContext);
	env = tv_env_create("overlay");
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		uint32		count = prepared->rows->layer_count;
		uint64	   *versions = MemoryContextAlloc(env->context, sizeof(uint64) * count);

		metrics = palloc(sizeof(*metrics) * count);
		for (uint32 l = 0; l < count; l++)
		{
			metrics[l] = &prepared->layers[l]->hierarchy;
			versions[l] = prepared->layers[l]->version;
		}
		kept->versions = versions;
		tv_check(env, tvm_overlay_init(&env->tvm, &kept->overlay, metrics, count,
									   prepared->links, prepared->link_count));
		kept->layer_count = count;
		kept->last_used = ++overlay_clock;
		kept->env = env;
	}
	PG_CATCH();
	{
		memset(kept, 0, sizeof(*kept));
		tv_env_delete(env);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return &kept->overlay;
}
