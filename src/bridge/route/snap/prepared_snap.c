/*
 * prepared_snap.c: which segments without a course may be the nearest to a position;
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

#include "bridge/server/compat.h"
#include "bridge/route/snap/prepared_snap.h"
#include "bridge/route/prepared/prepared_steps.h"
#include "kernel/graph/sphere.h"

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
	const TvComponent *component;
	double		least;
	TvIds		changed;		/* ascending */
	uint32		count;
	uint32		capacity;
	Candidate  *candidates;
	TvIds	   *named;
} Search;

/* Segments that may have got a course, lost it or been moved to other places. */
static void
collect_changed(Search *search)
{
	const TvChanges *changes = search->prepared->changes[0];

	for (uint32 i = 0; i < changes->count; i++)
		if (changes->changes[i].kind == TV_CHANGE_SEGMENTS)
			for (uint32 j = 0; j < changes->changes[i].count; j++)
				tv_ids_add(&search->changed, changes->changes[i].ids[j]);
	tv_ids_sort(&search->changed);
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

static void
add_candidate(Search *search, int64 id, double away)
{
	if (search->count == search->capacity)
		search->candidates = tv_grow(search->prepared->env->context, search->candidates, sizeof(Candidate),
									 &search->capacity);
	search->candidates[search->count++] = (Candidate) {.id = id, .away = away};
}

/* By how much rounding may exceed a distance; snap.c's tolerance is within it. */
static double
slightly_more(double away)
{
	return away * (1 + 1e-12) + 1e-12;
}

static void
scan_segments(Search *search)
{
	const TvLayer *layer = search->prepared->layers[0];
	const TvWorldGraph *graph = layer->graph;
	const TvmTopology *topology = &graph->topology;
	TvmCap		near = tvm_cap(search->at.lat, search->at.lon, slightly_more(search->least));

	for (uint32 s = 0; s < graph->segment_count; s++)
	{
		TvPosition	ends[2];
		TvLine		line = {.count = 2, .vertices = ends};
		TvPosition	nearest;
		double		fraction;
		double		away;

		if (s % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		if (graph->has_course[s] ||
			tvm_cap_misses(&near, topology->lat[topology->a[s]], topology->lon[topology->a[s]],
						   topology->lat[topology->b[s]], topology->lon[topology->b[s]]) ||
			tvm_weight(&layer->weights, s) == INFINITY ||
			tv_load_find(search->changed.ids, sizeof(int64), search->changed.count, graph->segment_ids[s]) != TV_NONE)
			continue;
		if (search->component != NULL &&
			!tv_component_has(search->component, graph->segment_ids[s], tv_graph_place_id(graph, topology->a[s]),
							  tv_graph_place_id(graph, topology->b[s]), tv_graph_is_oneway(graph, s)))
			continue;
		ends[0] = (TvPosition) {.lon = topology->lon[topology->a[s]], .lat = topology->lat[topology->a[s]]};
		ends[1] = (TvPosition) {.lon = topology->lon[topology->b[s]], .lat = topology->lat[topology->b[s]]};
		away = tv_line_nearest(&line, search->at, &nearest, &fraction);
		if (away <= slightly_more(search->least))
			add_candidate(search, graph->segment_ids[s], away);
		if (away < search->least)
		{
			search->least = away;
			near = tvm_cap(search->at.lat, search->at.lon, slightly_more(away));
		}
	}
}

static bool
find_candidates(TvPrepared *prepared, void *context)
{
	Search	   *search = context;
	TvIds	   *named = search->named;

	search->prepared = prepared;
	if (knows_moved_place(search) || !tv_prepared_layers(prepared))
		return false;
	collect_changed(search);
	scan_segments(search);
	for (uint32 i = 0; i < search->changed.count; i++)
		tv_ids_add(named, search->changed.ids[i]);
	for (uint32 i = 0; i < search->count; i++)
		if (search->candidates[i].away <= slightly_more(search->least))
			tv_ids_add(named, search->candidates[i].id);
	return true;
}

bool
tv_prepared_straight(TvEnv *env, int64 world_id, const TvmWorldRules *rules,
					 const TvIds *chain, const TvWhatIf *what_if, const TvProfile *profile, TvMetric metric,
					 const TvComponent *component, TvPosition at, double within,
					 TvIds *named)
{
	Search		search = {.at = at, .component = component, .least = within, .changed = {.context = env->context}, .named = named};

	return tv_prepared_ask(env, tv_component_scope(env, world_id, rules, chain, what_if, profile), metric, find_candidates, &search);
}
