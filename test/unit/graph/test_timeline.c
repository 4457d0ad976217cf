/*
 * test_timeline.c: inheritance against a naive recursion on random trees
 * of timelines, and branches against full copies of them.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "graph/verify.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/timeline.h"

#define TIMELINES 8
#define SEGMENTS 30
#define NODES 10
#define OVERRIDES 40

typedef struct Branches
{
	uint32_t	parents[TIMELINES];
	uint32_t	timeline_count;
	TvmSegment	base[SEGMENTS];
	uint32_t	segment_count;
	TvmOverride overrides[OVERRIDES];
	uint32_t	override_count;
} Branches;

static void
random_branches(TvmRng *rng, Branches *branches)
{
	uint32_t	names[TIMELINES];

	branches->timeline_count = 1 + random_below(rng, TIMELINES);
	branches->segment_count = random_below(rng, SEGMENTS + 1);
	branches->override_count = 0;

	/* Names are shuffled, so that a parent's number may be above its child's. */
	for (uint32_t t = 0; t < branches->timeline_count; t++)
	{
		uint32_t	other = random_below(rng, t + 1);

		names[t] = names[other];
		names[other] = t;
	}
	for (uint32_t t = 0; t < branches->timeline_count; t++)
		branches->parents[names[t]] = t == 0 || random_chance(rng, 0.2) ? TVM_NO_TIMELINE
			: names[random_chance(rng, 0.5) ? t - 1 : random_below(rng, t)];
	for (uint32_t s = 0; s < branches->segment_count; s++)
		branches->base[s] = (TvmSegment) {random_between(rng, 1, 9), random_between(rng, 10, 90),
			tvm_rng_double(rng), random_chance(rng, 0.7) ? TVM_NO_TIMELINE
			: random_below(rng, branches->timeline_count), 0, 0};
	for (uint32_t i = 0; i < OVERRIDES && branches->segment_count > 0; i++)
	{
		TvmOverride o = {random_below(rng, branches->timeline_count),
			random_below(rng, branches->segment_count), (uint8_t) random_below(rng, 16),
			random_chance(rng, 0.6), random_between(rng, 1, 9), random_between(rng, 10, 90),
		tvm_rng_double(rng)};
		bool		is_taken = false;

		for (uint32_t j = 0; j < branches->override_count; j++)
			is_taken |= branches->overrides[j].timeline == o.timeline
				&& branches->overrides[j].segment == o.segment;
		if (!is_taken)
			branches->overrides[branches->override_count++] = o;
	}
}

static bool
naive_is_at_or_above(const Branches *branches, uint32_t above, uint32_t timeline)
{
	if (timeline == TVM_NO_TIMELINE)
		return false;
	return above == timeline || naive_is_at_or_above(branches, above, branches->parents[timeline]);
}

/* The override that decides a column, or NULL. */
static const TvmOverride *
naive_word(const Branches *branches, uint32_t segment, uint32_t timeline, uint8_t column)
{
	if (timeline == TVM_NO_TIMELINE)
		return NULL;
	for (uint32_t i = 0; i < branches->override_count; i++)
	{
		const TvmOverride *o = &branches->overrides[i];

		if (o->timeline == timeline && o->segment == segment && (o->says & column))
			return o;
	}
	return naive_word(branches, segment, branches->parents[timeline], column);
}

static TvmSegment
naive_segment(const Branches *branches, uint32_t segment, uint32_t timeline)
{
	TvmSegment	result = branches->base[segment];
	const TvmOverride *o;

	if (result.timeline != TVM_NO_TIMELINE && !naive_is_at_or_above(branches, result.timeline, timeline))
	{
		result.presence = TVM_SEGMENT_ABSENT;
		return result;
	}
	if ((o = naive_word(branches, segment, timeline, TVM_SAYS_CLOSED)) != NULL && o->closed)
		result.presence = TVM_SEGMENT_CLOSED;
	if ((o = naive_word(branches, segment, timeline, TVM_SAYS_LENGTH)) != NULL)
		result.length_m = o->length_m;
	if ((o = naive_word(branches, segment, timeline, TVM_SAYS_SPEED)) != NULL)
		result.speed_kph = o->speed_kph;
	if ((o = naive_word(branches, segment, timeline, TVM_SAYS_DRAG)) != NULL)
		result.drag = o->drag;
	return result;
}

static void
check_same(TvmSegment got, TvmSegment wanted)
{
	CHECK_EQ(got.presence, wanted.presence);
	CHECK_EQ(got.timeline, wanted.timeline);
	CHECK_EQ(got.length_m, wanted.length_m);
	CHECK_EQ(got.speed_kph, wanted.speed_kph);
	CHECK_EQ(got.drag, wanted.drag);
}

static TvmStatus
resolve(TvmEnv *env, const Branches *branches, uint32_t timeline, TvmSegment *resolved)
{
	return tvm_timeline_resolve(env, branches->parents, branches->timeline_count,
								branches->base, branches->segment_count,
								branches->overrides, branches->override_count, timeline, resolved);
}

TEST(the_nearest_ancestor_that_says_something_wins)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 21, 0);
	for (int i = 0; i < 3000; i++)
	{
		Branches	branches;
		TvmSegment	resolved[SEGMENTS];

		random_branches(&rng, &branches);
		for (uint32_t t = 0; t < branches.timeline_count; t++)
		{
			CHECK(resolve(env, &branches, t, resolved) == TVM_OK);
			for (uint32_t s = 0; s < branches.segment_count; s++)
				check_same(resolved[s], naive_segment(&branches, s, t));
		}
		/* In place, and whatever the presence was before. */
		memcpy(resolved, branches.base, sizeof(resolved));
		for (uint32_t s = 0; s < branches.segment_count; s++)
			branches.base[s].presence = TVM_SEGMENT_CLOSED;
		CHECK(resolve(env, &branches, 0, branches.base) == TVM_OK);
		for (uint32_t s = 0; s < branches.segment_count; s++)
		{
			TvmSegment	in_place = branches.base[s];

			branches.base[s] = resolved[s];
			check_same(in_place, naive_segment(&branches, s, 0));
		}
	}
}

TEST(of_two_overrides_of_one_segment_the_later_wins)
{
	TvmEnv	   *env = unit_env();
	uint32_t	parents[1] = {TVM_NO_TIMELINE};
	TvmSegment	segment = {1, 2, 3, TVM_NO_TIMELINE, 0, 0};
	TvmOverride overrides[3] = {{0, 0, TVM_SAYS_LENGTH | TVM_SAYS_CLOSED, true, 5, 0, 0},
	{0, 0, TVM_SAYS_LENGTH, false, 6, 0, 0}, {0, 0, 0, false, 7, 7, 7}};

	CHECK(tvm_timeline_resolve(env, parents, 1, &segment, 1, overrides, 3, 0, &segment) == TVM_OK);
	check_same(segment, (TvmSegment) {6, 2, 3, TVM_NO_TIMELINE, TVM_SEGMENT_CLOSED, 0});
}

TEST(a_million_generations_resolve)
{
	TvmEnv	   *env = unit_env();
	uint32_t	count = 1000000;
	uint32_t   *parents = tvm_alloc(env, count, sizeof(uint32_t));
	TvmSegment	base[2] = {{1, 1, 0, TVM_NO_TIMELINE, 0, 0}, {1, 1, 0, 0, 0, 0}};
	TvmSegment	resolved[2];
	TvmOverride overrides[2] = {{0, 0, TVM_SAYS_SPEED, false, 0, 50, 0}, {1, 1, TVM_SAYS_LENGTH, false, 7, 0, 0}};

	for (uint32_t t = 0; t < count; t++)
		parents[t] = t == 0 ? TVM_NO_TIMELINE : t - 1;
	CHECK(tvm_timeline_resolve(env, parents, count, base, 2, overrides, 2, count - 1, resolved) == TVM_OK);
	check_same(resolved[0], (TvmSegment) {1, 50, 0, TVM_NO_TIMELINE, TVM_SEGMENT_OPEN, 0});
	check_same(resolved[1], (TvmSegment) {7, 1, 0, 0, TVM_SEGMENT_OPEN, 0});
	tvm_free(env, parents);
}

static void
check_refused(TvmEnv *env, const Branches *branches, uint32_t timeline, const char *path)
{
	TvmSegment	resolved[SEGMENTS];

	CHECK(resolve(env, branches, timeline, resolved) == TVM_INVALID);
	if (strcmp(env->error.path, path) != 0)
		unit_fail(__FILE__, __LINE__, "the path is %s, not %s", env->error.path, path);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(bad_timelines_are_refused)
{
	TvmEnv	   *env = unit_env();
	Branches	good = {.parents = {TVM_NO_TIMELINE, 0, 1}, .timeline_count = 3, .segment_count = 1,
	.base = {{1, 1, 1, TVM_NO_TIMELINE, 0}}, .overrides = {{0, 0, 1, true, 0, 0, 0}}, .override_count = 1};
	Branches	bad;

	check_refused(env, &good, 3, "timeline");
	check_refused(env, &good, TVM_NO_TIMELINE, "timeline");
	bad = good;
	bad.parents[0] = 2;
	check_refused(env, &bad, 1, "parents[1]");
	bad.parents[0] = 0;
	check_refused(env, &bad, 2, "parents[0]");
	bad.parents[0] = 3;
	check_refused(env, &bad, 0, "parents[0]");
	bad = good;
	bad.base[0].timeline = 3;
	check_refused(env, &bad, 0, "segments[0].timeline");
	bad = good;
	bad.overrides[0].segment = 1;
	check_refused(env, &bad, 0, "overrides[0].segment");
	bad = good;
	bad.overrides[0].timeline = 3;
	check_refused(env, &bad, 0, "overrides[0].timeline");
}

TEST(resolving_survives_failed_allocations_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	Branches	branches;
	TvmSegment	resolved[SEGMENTS];
	TvmStatus	status = TVM_NOMEM;

	tvm_rng_init(&rng, 22, 0);
	do
		random_branches(&rng, &branches);
	while (branches.override_count < 5);
	for (long n = 1; status != TVM_OK; n++)
	{
		unit_env_fail_at(n);
		status = resolve(env, &branches, 0, resolved);
		CHECK(status == TVM_NOMEM || (status == TVM_OK && n > 3));
		CHECK_EQ(unit_env_live(), 0);
	}
	unit_env_fail_at(0);
	status = TVM_CANCELLED;
	for (long n = 0; status != TVM_OK; n++)
	{
		unit_env_cancel_after(n);
		status = resolve(env, &branches, 0, resolved);
		CHECK(status == TVM_CANCELLED || (status == TVM_OK && n > 2));
		CHECK_EQ(unit_env_live(), 0);
	}
}

/* Each timeline as a world of its own, with only the segments that are open there. */
static void
copy_branch(TvmEnv *env, const Branches *branches, uint32_t timeline, const TvmTopology *shared,
			TvmTopology *copy, double *weights)
{
	uint32_t	open = 0;

	for (uint32_t s = 0; s < branches->segment_count; s++)
		open += naive_segment(branches, s, timeline).presence == TVM_SEGMENT_OPEN;
	CHECK(tvm_topology_alloc(env, copy, shared->node_count, open) == TVM_OK);
	memcpy(copy->lat, shared->lat, shared->node_count * sizeof(double));
	memcpy(copy->lon, shared->lon, shared->node_count * sizeof(double));
	for (uint32_t s = branches->segment_count; s-- > 0;)
	{
		TvmSegment	segment = naive_segment(branches, s, timeline);

		if (segment.presence != TVM_SEGMENT_OPEN)
			continue;
		open--;
		copy->a[open] = shared->a[s];
		copy->b[open] = shared->b[s];
		copy->oneway[open] = shared->oneway[s];
		weights[open] = segment.length_m / segment.speed_kph * (1 + segment.drag);
	}
	CHECK(tvm_topology_build(env, copy) == TVM_OK);
}

static void
compare_branches(TvmEnv *env, TvmRng *rng, const TvmGraph *shared, const TvmGraph *copied)
{
	TvmQuery	query;
	TvmQuery	of_copy;

	CHECK(tvm_query_init(env, &query, shared) == TVM_OK);
	CHECK(tvm_query_init(env, &of_copy, copied) == TVM_OK);
	for (int i = 0; i < 10; i++)
	{
		TvmPoint	from = random_point(rng, shared);
		TvmPoint	to = random_point(rng, shared);
		TvmPath		path;

		CHECK(tvm_dijkstra_run(env, &of_copy, from, NULL) == TVM_OK);
		CHECK(tvm_dijkstra_run(env, &query, from, NULL) == TVM_OK);
		for (uint32_t v = 0; v < tvm_graph_states(shared); v++)
			CHECK_EQ(tvm_query_cost(&query, tvm_graph_point(shared, v)),
					 tvm_query_cost(&of_copy, tvm_graph_point(copied, v)));
		CHECK(tvm_astar_run(env, &query, from, to) == TVM_OK);
		CHECK_EQ(tvm_query_cost(&query, to), tvm_query_cost(&of_copy, to));
		CHECK(tvm_query_path(env, &query, to, &path) == TVM_OK);
		if (path.count > 0)
			CHECK(verify_path(env, shared, &path, from, to) == TVM_OK);
		tvm_path_free(env, &path);
	}
	tvm_query_free(env, &query);
	tvm_query_free(env, &of_copy);
}

static void
check_branches(TvmEnv *env, TvmRng *rng)
{
	Branches	branches;
	TvmTopology shared;
	TvmTopology copies[TIMELINES];
	static double weights[TIMELINES][SEGMENTS];
	static double copied_weights[TIMELINES][SEGMENTS];
	TvmSegment	resolved[SEGMENTS];
	TvmLayer	layers[TIMELINES];
	TvmLayer	copied_layers[TIMELINES];
	TvmGateway	gateways[6];
	TvmGraph	graph;
	TvmGraph	copied;

	random_branches(rng, &branches);
	random_topology(env, rng, PLACES_IN_A_TOWN, 1 + random_below(rng, NODES), branches.segment_count, &shared);
	for (uint32_t t = 0; t < branches.timeline_count; t++)
	{
		CHECK(resolve(env, &branches, t, resolved) == TVM_OK);
		for (uint32_t s = 0; s < branches.segment_count; s++)
			weights[t][s] = resolved[s].presence != TVM_SEGMENT_OPEN ? INFINITY
				: resolved[s].length_m / resolved[s].speed_kph * (1 + resolved[s].drag);
		copy_branch(env, &branches, t, &shared, &copies[t], copied_weights[t]);
		layers[t] = (TvmLayer) {&shared, {.all = weights[t]}};
		copied_layers[t] = (TvmLayer) {&copies[t], {.all = copied_weights[t]}};
	}
	for (int g = 0; g < 6; g++)
		gateways[g] = (TvmGateway) {{random_below(rng, branches.timeline_count), random_below(rng, shared.node_count)},
		{random_below(rng, branches.timeline_count), random_below(rng, shared.node_count)}, tvm_rng_double(rng)};
	CHECK(tvm_graph_init(env, &graph, layers, branches.timeline_count, gateways, 6) == TVM_OK);
	CHECK(tvm_graph_init(env, &copied, copied_layers, branches.timeline_count, gateways, 6) == TVM_OK);
	compare_branches(env, rng, &graph, &copied);
	tvm_graph_free(env, &graph);
	tvm_graph_free(env, &copied);
	for (uint32_t t = 0; t < branches.timeline_count; t++)
		tvm_topology_free(env, &copies[t]);
	tvm_topology_free(env, &shared);
}

TEST(branches_route_as_their_full_copies)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 23, 0);
	for (int i = 0; i < 1500; i++)
		check_branches(env, &rng);
}
