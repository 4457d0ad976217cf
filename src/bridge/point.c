/*
 * point.c: routes from and to points between places; see point.h.
 *
 * The loaded rows are what is changed: two places and some segments are added
 * at the end, under ids above all that rows can have, so that ids stay ascending.
 * A part costs its share of the segment as it is on the point's timeline.  It is
 * in that timeline only: each timeline in question closes or opens it itself.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/point.h"
#include "kernel/graph/astar.h"

/* Rows have ids below 2^53. */
#define FIRST_PART (INT64CONST(1) << 60)
#define FROM_PLACE (FIRST_PART - 2)
#define TO_PLACE (FIRST_PART - 1)

/* A segment of a layer, split at a point. */
typedef struct Cut
{
	uint32		layer;
	uint32		segment;
	double		fraction;
	uint32		place;
	bool		is_to;
} Cut;

typedef struct Part
{
	int64		segment_id;
	double		from;			/* fractions */
	double		to;
} Part;

typedef struct Splitting
{
	TvRows	   *rows;
	uint32		cut_count;
	Cut			cuts[2 * TV_MAX_SNAPS];
	uint32		part_count;
	Part		parts[4 * TV_MAX_SNAPS];
} Splitting;

static void *
grow(TvRows *rows, void *array, Size element, uint32 count, uint32 *capacity, uint32 more)
{
	uint32		larger = count + more;

	if (larger <= *capacity)
		return array;
	array = tv_load_grow(rows, array, element, *capacity, larger);
	*capacity = larger;
	return array;
}

/* A place at a point; its index. */
static uint32
add_place(TvRows *rows, TvWorldRows *world, int64 id, TvPosition at)
{
	world->places = grow(rows, world->places, sizeof(TvPlaceRow), world->place_count, &world->place_capacity, 1);
	world->places[world->place_count] = (TvPlaceRow) {.id = id, .lat = at.lat, .lon = at.lon};
	return world->place_count++;
}

static void
add_cuts(Splitting *splitting, uint32 layer, const TvSnap *snaps, uint32 count, bool is_to)
{
	TvRows	   *rows = splitting->rows;
	TvWorldRows *world = &rows->worlds[rows->layers[layer].world];
	uint32		place = add_place(rows, world, is_to ? TO_PLACE : FROM_PLACE, snaps[0].position);

	for (uint32 i = 0; i < count; i++)
	{
		uint32		segment = tv_load_find(world->segments, sizeof(TvSegmentRow), world->segment_count, snaps[i].segment_id);

		Assert(segment != TV_NONE); /* both were read with one snapshot */
		splitting->cuts[splitting->cut_count++] = (Cut) {
			.layer = layer, .segment = segment, .fraction = snaps[i].fraction, .place = place, .is_to = is_to
		};
	}
}

/* Segment by segment; along each, and at one spot the origin before the destination. */
static int
compare_cuts(const void *a, const void *b)
{
	const Cut  *x = a;
	const Cut  *y = b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	if (x->fraction != y->fraction)
		return x->fraction < y->fraction ? -1 : 1;
	return (int) x->is_to - (int) y->is_to;
}

/* What the segment is like on the layer's timeline. */
static TvmSegment
resolve(TvRows *rows, uint32 layer, uint32 segment)
{
	TvEnv	   *env = rows->env;
	const TvWorldRows *world = &rows->worlds[rows->layers[layer].world];
	TvmOverride *overrides = MemoryContextAlloc(env->context, sizeof(TvmOverride) * (world->timeline_count + 1));
	uint32		count = 0;
	TvmSegment	resolved;

	/* At most one a timeline. */
	for (uint32 i = 0; i < world->override_count; i++)
		if (world->overrides[i].segment == segment)
		{
			overrides[count] = world->overrides[i];
			overrides[count++].segment = 0;
		}
	tv_check(env, tvm_timeline_resolve(&env->tvm, world->parents, world->timeline_count,
									   &world->base[segment], 1, overrides, count,
									   rows->layers[layer].timeline, &resolved));
	pfree(overrides);
	return resolved;
}

/* A part of a segment from place to place, in one layer. */
static void
add_part(Splitting *splitting, uint32 layer, uint32 segment, const TvmSegment *resolved,
		 uint32 a, uint32 b, double from, double to)
{
	TvRows	   *rows = splitting->rows;
	TvWorldRows *world = &rows->worlds[rows->layers[layer].world];
	TvmSegment	base = *resolved;
	uint32		index = world->segment_count++;

	base.length_m *= to - from;
	base.timeline = TVM_NO_TIMELINE;
	base.presence = TVM_SEGMENT_OPEN;
	world->base[index] = base;
	world->segments[index] = (TvSegmentRow) {
		.id = FIRST_PART + splitting->part_count, .a = a, .b = b, .oneway = world->segments[segment].oneway
	};
	splitting->parts[splitting->part_count++] = (Part) {
		.segment_id = world->segments[segment].id, .from = from, .to = to
	};

	world->overrides = grow(rows, world->overrides, sizeof(TvmOverride), world->override_count,
							&world->override_capacity, rows->layer_count);
	for (uint32 i = 0; i < rows->layer_count; i++)
		if (rows->layers[i].world == rows->layers[layer].world)
			world->overrides[world->override_count++] = (TvmOverride) {
				.timeline = rows->layers[i].timeline, .segment = index, .says = TVM_SAYS_CLOSED, .closed = i != layer
			};
}

static void
split_segments(Splitting *splitting)
{
	TvRows	   *rows = splitting->rows;

	for (uint32 i = 0; i < rows->world_count; i++)
	{
		TvWorldRows *world = &rows->worlds[i];
		uint32		capacity = world->segment_capacity;

		world->segments = grow(rows, world->segments, sizeof(TvSegmentRow), world->segment_count, &capacity,
							   2 * splitting->cut_count);
		world->base = grow(rows, world->base, sizeof(TvmSegment), world->segment_count, &world->segment_capacity,
						   2 * splitting->cut_count);
	}
	qsort(splitting->cuts, splitting->cut_count, sizeof(Cut), compare_cuts);
	for (uint32 i = 0; i < splitting->cut_count;)
	{
		const Cut  *first = &splitting->cuts[i];
		const TvSegmentRow row = rows->worlds[rows->layers[first->layer].world].segments[first->segment];
		TvmSegment	resolved = resolve(rows, first->layer, first->segment);
		uint32		place = row.a;
		double		from = 0;

		for (; i < splitting->cut_count && splitting->cuts[i].layer == first->layer
			 && splitting->cuts[i].segment == first->segment; i++)
		{
			const Cut  *cut = &splitting->cuts[i];

			add_part(splitting, first->layer, first->segment, &resolved, place, cut->place, from, cut->fraction);
			place = cut->place;
			from = cut->fraction;
		}
		add_part(splitting, first->layer, first->segment, &resolved, place, row.b, from, 1);
	}
}

/* A step on a part of a segment is one on that segment. */
static void
name_part(const Splitting *splitting, TvRouteStep *step)
{
	const Part *part;

	if (step->segment_id < FIRST_PART)
		return;
	part = &splitting->parts[step->segment_id - FIRST_PART];
	step->segment_id = part->segment_id;
	step->part = true;
	step->from_fraction = part->from;
	step->to_fraction = part->to;
}

/* The end of a step on a part of a segment. */
static TvPointEnd
describe_end(const TvRouteStep *step, bool is_to, const TvSnap *snaps)
{
	return (TvPointEnd) {
		.segment_id = step->segment_id,
		.fraction = step->reverse == is_to ? step->from_fraction : step->to_fraction,
		.distance_m = snaps[0].distance_m
	};
}

/* The route over the rows, split at the points. */
static TvRoute *
split_and_search(TvRows *rows, TvMetric metric, const TvPointEnds *ends)
{
	TvEnv	   *env = rows->env;
	Splitting  *splitting = MemoryContextAllocZero(env->context, sizeof(Splitting));
	TvNetwork  *network;
	TvmPoint	from;
	TvmPoint	to;
	TvmQuery	query;
	TvmPath		path;
	TvRoute    *route;

	splitting->rows = rows;
	add_cuts(splitting, 0, ends->from, ends->from_count, false);
	from = (TvmPoint) {.layer = 0, .node = splitting->cuts[0].place};
	add_cuts(splitting, rows->dest_layer, ends->to, ends->to_count, true);
	to = (TvmPoint) {.layer = rows->dest_layer, .node = splitting->cuts[ends->from_count].place};
	split_segments(splitting);

	network = tv_network_build(rows, metric);
	tv_check(env, tvm_query_init(&env->tvm, &query, &network->graph));
	tv_check(env, tvm_astar_run(&env->tvm, &query, from, to));
	tv_check(env, tvm_query_path(&env->tvm, &query, to, &path));
	if (path.count == 0)
		return NULL;
	route = tv_route_describe(network, metric, &path);
	route->steps[0].place_id = route->steps[route->step_count - 1].place_id = 0;
	for (uint32 i = 0; i < route->step_count; i++)
		name_part(splitting, &route->steps[i]);
	return route;
}

TvPointRoute *
tv_point_route_find(TvEnv *env, const TvPointRequest *request, Oid geometry)
{
	TvPointEnds *ends = MemoryContextAllocZero(env->context, sizeof(TvPointEnds));
	TvRows	   *rows;
	TvMetric	metric;
	bool		done;
	TvPointRoute *found;
	TvRoute    *route = NULL;

	if (request->metric != NULL)
		tv_metric_parse(request->metric);	/* before any row is read */
	SPI_connect();
	rows = tv_load_scope(env, request->world_id, request->timeline_id, request->dest_timeline_id);
	if (rows->layer_count > 0)
	{
		ends->from_count = tv_snap_find(env, request->world_id, request->timeline_id, request->from,
										request->metric, geometry, ends->from);
		ends->to_count = tv_snap_find(env, rows->worlds[rows->layers[rows->dest_layer].world].id,
									  request->dest_timeline_id, request->to, request->metric, geometry, ends->to);
	}
	if (ends->from_count == 0 || ends->to_count == 0)
	{
		SPI_finish();
		return NULL;
	}
	metric = request->metric != NULL ? tv_metric_parse(request->metric) : (TvMetric) rows->worlds[0].rules.clock;
	done = tv_prepared_point_route(env, rows, metric, ends, &route);
	if (!done)
		tv_load_network(rows);
	SPI_finish();

	if (done && route != NULL)
		tv_route_total(route, rows, metric);
	else if (!done)
		route = split_and_search(rows, metric, ends);
	if (route == NULL)
		return NULL;
	found = MemoryContextAllocZero(env->context, sizeof(TvPointRoute));
	found->route = route;
	found->from = describe_end(&route->steps[1], false, ends->from);
	found->to = describe_end(&route->steps[route->step_count - 1], true, ends->to);
	return found;
}
