/*
 * prepared_overlay.c: overlays over gateways and segments that no hierarchy knows,
 * kept between queries.
 *
 * An overlay costs the square of its links.  It holds as long as its layers are
 * the same versions and its links join the same points; what a passage costs is put in anew.
 * As long as the sets of gateways are the same versions, too, its links are those of the query,
 * which then need not be put together.  Each owns its memory, a child of TopMemoryContext.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/route/prepared/prepared_overlay.h"

#define MAX_OVERLAYS 4

typedef struct KeptOverlay
{
	TvEnv	   *env;			/* owns it all; NULL: not in use */
	uint32		layer_count;
	uint64	   *versions;		/* of the layers, in order */
	TvmOverlay	overlay;
	uint64		last_used;

	/* What its links are: of TvPrepared.  set_count is 0 where gateways are a query's own. */
	uint32		set_count;
	uint64	   *set_versions;
	uint32	   *link_gateway;
	const TvExtra **link_extra;
	bool	   *link_reverse;
} KeptOverlay;

static KeptOverlay overlays[MAX_OVERLAYS];
static uint64 overlay_clock = 0;

static bool
is_of_layers(const KeptOverlay *kept, const TvPrepared *prepared)
{
	if (kept->env == NULL || kept->layer_count != prepared->rows->layer_count)
		return false;
	for (uint32 l = 0; l < kept->layer_count; l++)
		if (kept->versions[l] != prepared->layers[l]->version)
			return false;
	return true;
}

static bool
is_of_gateways(const KeptOverlay *kept, const TvRows *rows)
{
	if (kept->set_count == 0 || kept->set_count != rows->set_count)
		return false;
	for (uint32 i = 0; i < rows->set_count; i++)
		if (kept->set_versions[i] != rows->sets[i]->version)
			return false;
	return true;
}

static bool
is_overlay_of(const KeptOverlay *kept, const TvPrepared *prepared)
{
	if (!is_of_layers(kept, prepared) || kept->overlay.link_count != prepared->link_count)
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

static void *
copy(MemoryContext context, const void *array, Size size)
{
	return memcpy(MemoryContextAllocHuge(context, Max(size, 1)), array, size);
}

#define COPY(context, array, count) copy((context), (array), sizeof(*(array)) * (count))

/* Remember the links, with what their gateways cost now. */
static void
keep_links(KeptOverlay *kept, const TvPrepared *prepared)
{
	const TvRows *rows = prepared->rows;
	MemoryContext context = kept->env->context;
	uint32		count = prepared->link_count;
	bool		versioned = true;

	for (uint32 i = 0; i < rows->set_count; i++)
		versioned = versioned && rows->sets[i]->version != 0;
	if (kept->set_count > 0)
	{
		kept->set_count = 0;
		pfree(kept->set_versions);
		pfree(kept->link_gateway);
		pfree(kept->link_extra);
		pfree(kept->link_reverse);
	}
	for (uint32 l = 0; l < count; l++)
		kept->overlay.links[l].cost = prepared->links[l].cost;
	if (!versioned)
		return;
	kept->set_versions = MemoryContextAlloc(context, sizeof(uint64) * rows->set_count);
	for (uint32 i = 0; i < rows->set_count; i++)
		kept->set_versions[i] = rows->sets[i]->version;
	kept->link_gateway = COPY(context, prepared->link_gateway, count);
	kept->link_extra = COPY(context, prepared->link_extra, count);
	kept->link_reverse = COPY(context, prepared->link_reverse, count);
	kept->set_count = rows->set_count;
}

bool
tv_prepared_kept_links(TvPrepared *prepared)
{
	for (int i = 0; i < MAX_OVERLAYS; i++)
	{
		const KeptOverlay *kept = &overlays[i];

		if (is_of_layers(kept, prepared) && is_of_gateways(kept, prepared->rows))
		{
			MemoryContext context = prepared->env->context;
			uint32		count = kept->overlay.link_count;

			/* Copies, for the overlay may go when functions of the user's ask for routes in between. */
			prepared->link_count = count;
			prepared->links = COPY(context, kept->overlay.links, count);
			prepared->link_gateway = COPY(context, kept->link_gateway, count);
			prepared->link_extra = COPY(context, kept->link_extra, count);
			prepared->link_reverse = COPY(context, kept->link_reverse, count);
			return true;
		}
	}
	return false;
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
			if (!is_of_gateways(kept, prepared->rows))
				keep_links(kept, prepared);
			kept->last_used = ++overlay_clock;
			return &kept->overlay;
		}
	for (int i = 1; i < MAX_OVERLAYS; i++)
		if (overlays[i].last_used < kept->last_used)
			kept = &overlays[i];
	overlay_let_go(kept);

	for (uint32 l = 0; l < prepared->rows->layer_count; l++)
		height = Max(height, prepared->layers[l]->graph->cch.height);
	tv_graph_require_memory(tvm_overlay_bytes(prepared->rows->layer_count, prepared->link_count, height));
	caller = MemoryContextSwitchTo(TopMemoryContext);
	env = tv_env_create("overlay");
	MemoryContextSwitchTo(caller);
	tv_env_limit(env);
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
		keep_links(kept, prepared);
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
