/*
 * prepared_snap.c: which segments without a course may be the nearest to a point;
 * see prepared_snap.h.
 *
 * One pass over the graph's segments, most of which are dismissed by the latitudes
 * of their ends.  Segments that have changed since the graph was built are named
 * wherever they are, and none of them makes others too far.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/prepared_snap.h"
#include "bridge/prepared_view.h"

#define RADIANS (3.14159265358979323846 / 180)

/* Interrupts are asked for once in this many segments. */
#define INTERRUPT_INTERVAL 65536

typedef struct Candidate
{
	int64		id;
	double		away;
} Candidate;

typedef struct Search
{
	TvPrepared *prepared;
	TvPosition	at;
	double		least;
	uint32		changed_count;
	int64	   *changed;		/* ids, ascending */
	uint32		count;
	uint32		capacity;
	Candidate  *candidates;
} Search;

/* One world with one timeline in scope, which a query on prepared graphs works on. */
static TvRows *
make_scope(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const int64 *chain, uint32 chain_count)
{
	TvRows	   *rows = MemoryContextAllocZero(env->context, sizeof(TvRows));
	TvWorldRows *world = MemoryContextAllocZero(env->context, sizeof(TvWorldRows));
	TvLayerRow *layer = MemoryContextAllocZero(env->context, sizeof(TvLayerRow));

	world->id = world_id;
	world->rules = *rules;
	world->timeline_count = chain_count;
	world->timeline_ids = MemoryContextAlloc(env->context, sizeof(int64) * chain_count);
	world->parents = MemoryContextAlloc(env->context, sizeof(uint32) * chain_count);
	/* In the chain's order; nobody looks for ids here. */
	for (uint32 i = 0; i < chain_count; i++)
	{
		world->timeline_ids[i] = chain[i];
		world->parents[i] = i + 1 < chain_count ? i + 1 : TVM_NO_TIMELINE;
	}
	layer->timeline_id = chain[0];
	rows->env = env;
	rows->world_count = 1;
	rows->worlds = world;
	rows->layer_count = 1;
	rows->layers = layer;
	return rows;
}

static int
compare_ids(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

/* Segments that may have got a course, lost it or been moved to other places. */
static void
collect_changed(Search *search)
{
	const TvChanges *changes = search->prepared->changes[0];
	uint32		most = 0;

	for (uint32 i = 0; i < changes->count; i++)
		if (changes->changes[i].kind == TV_CHANGE_SEGMENTS)
			most += changes->changes[i].count;
	search->changed = MemoryContextAllocHuge(search->prepared->env->context, sizeof(int64) * ((Size) most + 1));
	for (uint32 i = 0; i < changes->count; i++)
		if (changes->changes[i].kind == TV_CHANGE_SEGMENTS)
			for (uint32 j = 0; j < changes->changes[i].count; j++)
				search->changed[search->changed_count++] = changes->changes[i].ids[j];
	if (most > 1)
		qsort(search->changed, most, sizeof(int64), compare_ids);
}

static bool
knows_moved_place(const Search *search)
{
	uint32		count;
	TvMoved    *moved = tv_prepared_moved(search->prepared, &count);

	for (uint32 i = 0; i < count; i++)
		if (tv_prepared_node(search->prepared->graphs[0], moved[i].place_id) != TV_NONE)
			return true;
	return false;
}

/* Degrees of longitude from one to the other, the short way. */
static inline double
lon_between(double from, double to)
{
	double		between = to - from;

	return between > 180 ? between - 360 : between < -180 ? between + 360 : between;
}

/* Whether the box around a segment is farther than `least`; tv_line_nearest() measures no less. */
static inline bool
is_far(const TvmTopology *topology, uint32 segment, TvPosition at, double scale, double least)
{
	uint32		a = topology->a[segment];
	uint32		b = topology->b[segment];
	double		ya = topology->lat[a] - at.lat;
	double		yb = topology->lat[b] - at.lat;
	double		xa;
	double		xb;

	if ((ya > least && yb > least) || (ya < -least && yb < -least))
		return true;
	xa = lon_between(at.lon, topology->lon[a]);
	xb = lon_between(at.lon, topology->lon[b]);
	/* More than half round the world apart they go the other way round. */
	return fabs(xa - xb) <= 180 &&
		((xa * scale > least && xb * scale > least) || (xa * scale < -least && xb * scale < -least));
}

static void
add_candidate(Search *search, int64 id, double away)
{
	if (search->count == search->capacity)
	{
		search->capacity = search->capacity * 2 + 256;
		search->candidates = search->candidates == NULL
			? MemoryContextAllocHuge(search->prepared->env->context, sizeof(Candidate) * search->capacity)
			: repalloc_huge(search->candidates, sizeof(Candidate) * search->capacity);
	}
	search->candidates[search->count++] = (Candidate) {.id = id, .away = away};
}

/* By how much sums of rounding may exceed a distance; snap.c's tolerance is within it. */
static double
slightly_more(double away)
{
	return away * (1 + 1e-9) + 1e-10;
}

static void
scan_segments(Search *search)
{
	const TvLayer *layer = search->prepared->layers[0];
	const TvWorldGraph *graph = layer->graph;
	const TvmTopology *topology = &graph->topology;
	double		scale = fabs(cos(search->at.lat * RADIANS));

	for (uint32 s = 0; s < topology->segment_count; s++)
	{
		TvPosition	ends[2];
		TvLine		line = {.count = 2, .points = ends};
		TvPosition	nearest;
		double		fraction;
		double		away;

		if (s % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		if (graph->has_course[s] || is_far(topology, s, search->at, scale, slightly_more(search->least)) ||
			tvm_weight(&layer->weights, s) == INFINITY ||
			tv_load_find(search->changed, sizeof(int64), search->changed_count, graph->segment_ids[s]) != TV_NONE)
			continue;
		ends[0] = (TvPosition) {.lon = topology->lon[topology->a[s]], .lat = topology->lat[topology->a[s]]};
		ends[1] = (TvPosition) {.lon = topology->lon[topology->b[s]], .lat = topology->lat[topology->b[s]]};
		away = tv_line_nearest(&line, search->at, &nearest, &fraction);
		if (away <= slightly_more(search->least))
			add_candidate(search, graph->segment_ids[s], away);
		search->least = Min(search->least, away);
	}
}

static bool
find_candidates(Search *search, int64 **ids, uint32 *count)
{
	TvPrepared *prepared = search->prepared;

	if (!tv_prepared_graphs(prepared) || knows_moved_place(search) || !tv_prepared_layers(prepared))
		return false;
	collect_changed(search);
	scan_segments(search);
	*ids = MemoryContextAllocHuge(prepared->env->context,
								  sizeof(int64) * ((Size) search->count + search->changed_count + 1));
	*count = search->changed_count;
	memcpy(*ids, search->changed, sizeof(int64) * search->changed_count);
	for (uint32 i = 0; i < search->count; i++)
		if (search->candidates[i].away <= slightly_more(search->least))
			(*ids)[(*count)++] = search->candidates[i].id;
	return true;
}

bool
tv_prepared_straight(TvEnv *env, int64 world_id, const TvmWorldRules *rules,
					 const int64 *chain, uint32 chain_count, TvMetric metric,
					 TvPosition at, double within, int64 **ids, uint32 *count)
{
	TvPrepared	prepared;
	Search		search = {.prepared = &prepared, .at = at, .least = within};
	volatile bool done = false;

	if (!tv_prepared_begin(&prepared, env, make_scope(env, world_id, rules, chain, chain_count), metric))
		return false;
	PG_TRY();
	{
		done = find_candidates(&search, ids, count);
	}
	PG_FINALLY();
	{
		tv_prepared_release(&prepared);
	}
	PG_END_TRY();
	return done;
}
