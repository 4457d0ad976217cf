/*
 * point_route.c: routes from and to positions between places; see point_route.h.
 *
 * The loaded rows are what is changed: two places and some segments are added
 * at the end, under ids above all that rows can have, so that ids stay ascending.
 * A part costs its share of the segment as it is on the timeline of that end.  It is
 * in that timeline only: each timeline in question closes or opens it itself.  To rules for
 * turns it is the segment that it is a part of.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/route/point_route.h"
#include "bridge/route/prepared_point_route.h"
#include "bridge/route/route.h"

/* Rows have ids below 2^53. */
#define FIRST_PART (INT64CONST(1) << 60)
#define FROM_PLACE (FIRST_PART - 2)
#define TO_PLACE (FIRST_PART - 1)

/* A segment of a layer, split where the route begins or ends. */
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
	Cut		   *cuts;
	uint32		part_count;
	Part	   *parts;			/* at most two a cut */
} Splitting;

typedef struct PointRoute
{
	TvQuestion	question;
	const TvPointRequest *request;
	Oid			geometry;		/* PostGIS's type */
	TvSnappedEnds ends;
	Splitting	splitting;		/* where the rows are asked */
} PointRoute;

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

/* A place at a position; its index. */
static uint32
add_place(TvRows *rows, TvWorldRows *world, int64 id, TvPosition at)
{
	world->places = grow(rows, world->places, sizeof(TvPlaceRow), world->place_count, &world->place_capacity, 1);
	world->places[world->place_count] = (TvPlaceRow) {.id = id, .lat = at.lat, .lon = at.lon};
	return world->place_count++;
}

/* The place where the route begins or ends. */
static uint32
add_cuts(Splitting *splitting, uint32 layer, const TvSnaps *found, bool is_to)
{
	TvRows	   *rows = splitting->rows;
	TvWorldRows *world = &rows->worlds[rows->layers[layer].world];
	uint32		place = add_place(rows, world, is_to ? TO_PLACE : FROM_PLACE, found->snaps[0].position);

	for (uint32 i = 0; i < found->count; i++)
	{
		uint32		segment = tv_load_find(world->segments, sizeof(TvSegmentRow), world->segment_count,
										   found->snaps[i].segment_id);

		Assert(segment != TV_NONE); /* both were read with one snapshot */
		splitting->cuts[splitting->cut_count++] = (Cut) {
			.layer = layer, .segment = segment, .fraction = found->snaps[i].fraction, .place = place, .is_to = is_to
		};
	}
	return place;
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

/* Overrides of cut segments, by segment; one pass over the world's finds them all. */
typedef struct CutOverrides
{
	uint32		count;
	TvmOverride *overrides;
} CutOverrides;

static int
compare_overrides(const void *a, const void *b)
{
	uint32		x = ((const TvmOverride *) a)->segment;
	uint32		y = ((const TvmOverride *) b)->segment;

	return (x > y) - (x < y);
}

/* `cut` has a byte for each segment of the world. */
static CutOverrides
find_overrides(TvRows *rows, const TvWorldRows *world, const bool *cut)
{
	CutOverrides found = {0};

	for (uint32 i = 0; i < world->override_count; i++)
	{
		tv_interrupts_at(i);
		found.count += cut[world->overrides[i].segment];
	}
	found.overrides = tv_load_grow(rows, NULL, sizeof(TvmOverride), 0, Max(found.count, 1));
	found.count = 0;
	for (uint32 i = 0; i < world->override_count; i++)
		if (cut[world->overrides[i].segment])
			found.overrides[found.count++] = world->overrides[i];
	if (found.count > 1)
		qsort(found.overrides, found.count, sizeof(TvmOverride), compare_overrides);
	return found;
}

/* What the segment is like on the layer's timeline. */
static TvmSegment
resolve(TvRows *rows, uint32 layer, uint32 segment, const CutOverrides *of)
{
	TvEnv	   *env = rows->env;
	const TvWorldRows *world = &rows->worlds[rows->layers[layer].world];
	TvmOverride *overrides = MemoryContextAlloc(env->context, sizeof(TvmOverride) * (world->timeline_count + 1));
	TvmOverride wanted = {.segment = segment};
	const TvmOverride *first = of->count == 0 ? NULL
		: bsearch(&wanted, of->overrides, of->count, sizeof(TvmOverride), compare_overrides);
	uint32		count = 0;
	TvmSegment	resolved;

	while (first != NULL && first > of->overrides && first[-1].segment == segment)
		first--;
	/* At most one a timeline. */
	for (; first != NULL && first < of->overrides + of->count && first->segment == segment; first++)
	{
		overrides[count] = *first;
		overrides[count++].segment = 0;
	}
	tv_check(env, tvm_timeline_resolve(&env->tvm, world->parents, world->timeline_count,
									   &world->base[segment], 1, overrides, count,
									   rows->layers[layer].timeline, &resolved));
	pfree(overrides);
	if (world->roads != NULL)
		resolved.road = tv_road_kinds_resolve_one(world->roads, world->parents, world->road_overrides, world->road_override_count,
											 rows->layers[layer].timeline, segment, world->base[segment].road);
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
		.id = FIRST_PART + splitting->part_count, .a = a, .b = b, .oneway = world->segments[segment].oneway, .part_of = segment
	};
	splitting->parts[splitting->part_count++] = (Part) {
		.segment_id = world->segments[segment].id, .from = from, .to = to
	};

	/* split_segments() has made room. */
	for (uint32 i = 0; i < rows->layer_count; i++)
		if (rows->layers[i].world == rows->layers[layer].world)
			world->overrides[world->override_count++] = (TvmOverride) {
				.timeline = rows->layers[i].timeline, .segment = index, .says = TVM_SAYS_CLOSED, .closed = i != layer
			};
}

/* Room for the parts, and which overrides say something of what is cut. */
static CutOverrides
prepare_world(Splitting *splitting, uint32 index)
{
	TvRows	   *rows = splitting->rows;
	TvWorldRows *world = &rows->worlds[index];
	uint32		capacity = world->segment_capacity;
	bool	   *cut = tv_load_grow(rows, NULL, sizeof(bool), 0, Max(world->segment_count, 1));
	uint32		layers = 0;
	uint32		cuts = 0;
	CutOverrides overrides;

	memset(cut, 0, world->segment_count);
	for (uint32 i = 0; i < splitting->cut_count; i++)
		if (rows->layers[splitting->cuts[i].layer].world == index)
		{
			cut[splitting->cuts[i].segment] = true;
			cuts++;
		}
	for (uint32 i = 0; i < rows->layer_count; i++)
		layers += rows->layers[i].world == index;
	overrides = find_overrides(rows, world, cut);
	pfree(cut);

	world->segments = grow(rows, world->segments, sizeof(TvSegmentRow), world->segment_count, &capacity, 2 * cuts);
	world->base = grow(rows, world->base, sizeof(TvmSegment), world->segment_count, &world->segment_capacity, 2 * cuts);
	world->overrides = grow(rows, world->overrides, sizeof(TvmOverride), world->override_count,
							&world->override_capacity, 2 * cuts * layers);
	return overrides;
}

static void
split_segments(Splitting *splitting)
{
	TvRows	   *rows = splitting->rows;
	CutOverrides *overrides = MemoryContextAlloc(rows->env->context, sizeof(CutOverrides) * rows->world_count);

	for (uint32 i = 0; i < rows->world_count; i++)
		overrides[i] = prepare_world(splitting, i);
	qsort(splitting->cuts, splitting->cut_count, sizeof(Cut), compare_cuts);
	for (uint32 i = 0; i < splitting->cut_count;)
	{
		const Cut  *first = &splitting->cuts[i];
		uint32		world = rows->layers[first->layer].world;
		const TvSegmentRow row = rows->worlds[world].segments[first->segment];
		TvmSegment	resolved = resolve(rows, first->layer, first->segment, &overrides[world]);
		uint32		place = row.a;
		double		from = 0;

		CHECK_FOR_INTERRUPTS();
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

/*
 * An end of a route, by the step that leads from or to it.  Its position is that on the
 * step's segment: those equally near may lie on different sides.
 */
static TvRouteEnd
describe_end(const TvRouteStep *step, bool is_to, const TvSnaps *found, TvRouteStep *end)
{
	TvRouteEnd	described = {.segment_id = step->segment_id};

	if (step->segment_id == 0)
		return described;
	if (step->part)
		described.fraction = step->reverse == is_to ? step->from_fraction : step->to_fraction;
	else
		described.fraction = step->reverse == is_to ? 0 : 1;
	if (found->count > 0)
	{
		const TvSnap *snap = &found->snaps[tv_load_find(found->snaps, sizeof(TvSnap), found->count, step->segment_id)];

		end->lon = snap->position.lon;
		end->lat = snap->position.lat;
		described.distance_m = snap->distance_m;
	}
	return described;
}

/* Where on its timeline an end is: its place, or where it is on which segments; false: nowhere. */
static bool
find_end(PointRoute *own, uint32 layer, const TvEndPoint *end, int64 *place_id, TvSnaps *found)
{
	TvEnv	   *env = own->question.env;
	const TvRows *rows = own->question.rows;
	const TvLayerRow *row = &rows->layers[layer];
	int64		world_id = rows->worlds[row->world].id;
	int64		timeline_id = row->timeline_id;
	const TvPointRequest *request = own->request;
	const TvWhatIf *what_if = layer == 0 ? tv_rows_supposed(rows) : NULL;

	*place_id = end->place_id;
	*found = (TvSnaps) {0};
	if (end->nowhere)
		return false;
	if (end->place_id != 0)
		return true;
	if (end->segment_id != 0)
		tv_snap_spot(env, world_id, timeline_id, what_if, end->segment_id, end->fraction, end->at, row->profile, own->geometry, found);
	if (found->count == 0)
		tv_snap_find(env, world_id, timeline_id, what_if, end->at, request->snap_to, request->metric, row->profile, own->geometry, found);
	else if (found->snaps[0].fraction == 0 || found->snaps[0].fraction == 1)
	{
		/* At a place one may go any way, however one came. */
		*place_id = found->snaps[0].fraction == 0 ? found->snaps[0].a_place_id : found->snaps[0].b_place_id;
		*found = (TvSnaps) {0};
		return true;
	}
	return found->count > 0;
}

/* Where the route may leave and enter the network. */
static bool
begin(TvQuestion *question)
{
	PointRoute *own = (PointRoute *) question;
	const TvPointRequest *request = own->request;
	const TvRows *rows = question->rows;
	TvSnappedEnds *ends = &own->ends;

	if (request->from.place_id != 0)
		tv_load_require_place(request->timeline_id, request->from.place_id);
	if (request->to.place_id != 0)
		tv_load_require_place(request->dest_timeline_id, request->to.place_id);
	return rows->layer_count > 0 &&
		find_end(own, 0, &request->from, &ends->from_place, &ends->from) &&
		find_end(own, rows->dest_layer, &request->to, &ends->to_place, &ends->to);
}

static bool
ask_hierarchies(TvQuestion *question)
{
	return tv_prepared_point_route(question, &((PointRoute *) question)->ends);
}

/* A place of the rows, or one where they are to be split. */
static TvmPoint
add_end(Splitting *splitting, uint32 layer, int64 place_id, const TvSnaps *found, bool is_to)
{
	const TvRows *rows = splitting->rows;

	return (TvmPoint) {
		.layer = layer,
		.node = place_id != 0 ? tv_route_require_place(&rows->worlds[rows->layers[layer].world], place_id)
			: add_cuts(splitting, layer, found, is_to)
	};
}

/* The rows, split at both ends. */
static bool
split(TvQuestion *question)
{
	const TvSnappedEnds *ends = &((PointRoute *) question)->ends;
	Splitting  *splitting = &((PointRoute *) question)->splitting;
	TvRows	   *rows = question->rows;

	splitting->rows = rows;
	splitting->cuts = tv_load_grow(rows, NULL, sizeof(Cut), 0, ends->from.count + ends->to.count + 1);
	splitting->parts = tv_load_grow(rows, NULL, sizeof(Part), 0, 2 * (ends->from.count + ends->to.count) + 1);
	question->from = add_end(splitting, 0, ends->from_place, &ends->from, false);
	question->to = add_end(splitting, rows->dest_layer, ends->to_place, &ends->to, true);
	split_segments(splitting);
	return true;
}

/* Whether a step of no length is left out, as the step beside it passes all of a segment on which the end is, too. */
static bool
is_needless(const TvRouteStep *none, const TvRouteStep *beside, const TvSnaps *found, bool is_to)
{
	uint32		at;

	if (!none->part || none->from_fraction != none->to_fraction || (is_to ? none : beside)->turn_s != 0 ||
		(beside->part && beside->to_fraction - beside->from_fraction < 1) || beside->segment_id == 0 || beside->layer != none->layer)
		return false;
	at = tv_load_find(found->snaps, sizeof(TvSnap), found->count, beside->segment_id);
	return at != TV_NONE && found->snaps[at].fraction == (beside->reverse == is_to ? 0 : 1);
}

static void
pass_whole(TvRouteStep *step)
{
	step->part = true;
	step->from_fraction = 0;
	step->to_fraction = 1;
}

/* Before totals. Where an end is at a place, and the way there by one of its segments is as good as by another: without the step of no length. */
static void
leave_out_needless(TvRoute *route, const TvSnappedEnds *ends)
{
	TvRouteStep *steps = route->steps;

	if (route->step_count > 2 && is_needless(&steps[route->step_count - 1], &steps[route->step_count - 2], &ends->to, true))
	{
		steps[route->step_count - 2].place_id = 0;
		pass_whole(&steps[route->step_count - 2]);
		route->step_count--;
	}
	if (route->step_count > 2 && is_needless(&steps[1], &steps[2], &ends->from, false))
	{
		pass_whole(&steps[2]);
		memmove(&steps[1], &steps[2], sizeof(TvRouteStep) * (route->step_count - 2));
		route->step_count--;
	}
}

static bool
search(TvQuestion *question)
{
	const Splitting *splitting = &((PointRoute *) question)->splitting;
	TvRoute    *route;

	/* Which places are split is not known before the network is built. */
	question->to.node = tv_network_end(question->network, question->to.layer, question->to.node);
	if (!tv_route_search(question))
		return false;
	route = question->route;
	if (((PointRoute *) question)->ends.from_place == 0)
		route->steps[0].place_id = 0;
	if (((PointRoute *) question)->ends.to_place == 0)
		route->steps[route->step_count - 1].place_id = 0;
	for (uint32 i = 0; i < route->step_count; i++)
		name_part(splitting, &route->steps[i]);
	leave_out_needless(route, &((PointRoute *) question)->ends);
	return true;
}

static const TvQuestionKind point_route = {
	.ends = TV_ENDS_OWN,
	.begin = begin,
	.ask_hierarchies = ask_hierarchies,
	.load = split,
	.search = search
};

TvPointRoute *
tv_point_route_find(TvEnv *env, const TvPointRequest *request, Oid geometry)
{
	PointRoute	own = {
		.question = {
			.kind = &point_route,
			.env = env,
			.request = {
				.world_id = request->world_id,
				.timeline_id = request->timeline_id,
				.dest_timeline_id = request->dest_timeline_id,
				.metric = request->metric,
				.profile = request->profile,
				.what_if = request->what_if
			}
		},
		.request = request,
		.geometry = geometry
	};
	TvPointRoute *found;
	TvRoute    *route;
	TvRouteStep *last;

	tv_question_ask(&own.question);
	route = own.question.route;
	if (route == NULL)
		return NULL;
	found = MemoryContextAllocZero(env->context, sizeof(TvPointRoute));
	found->route = route;
	last = &route->steps[route->step_count - 1];
	found->from = describe_end(&route->steps[Min(1, route->step_count - 1)], false, &own.ends.from, &route->steps[0]);
	found->to = describe_end(last, true, &own.ends.to, last);
	return found;
}
