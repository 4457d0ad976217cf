/*
 * rows.c: places, segments and overrides of the worlds in scope; see rows.h.
 *
 * Rows come in the order of their ids, so that indices, and with them the
 * choice among routes of equal cost, do not depend on where rows lie on disk.
 */
#include "postgres.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/limits.h"
#include "bridge/network/rows.h"
#include "bridge/server/scan.h"

void *
tv_load_grow(TvRows *rows, void *array, Size element, uint32 from, uint32 to)
{
	Size		grown = rows->bytes + element * (to - from);

	tv_graph_require_memory(grown);
	array = array == NULL
		? MemoryContextAllocHuge(rows->env->context, element * to)
		: repalloc_huge(array, element * to);
	rows->bytes = grown;
	return array;
}

uint32
tv_load_find(const void *rows, Size stride, uint32 count, int64 id)
{
	uint32		low = 0;
	uint32		high = count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (*(const int64 *) ((const char *) rows + middle * stride) < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < count && *(const int64 *) ((const char *) rows + low * stride) == id)
		return low;
	return TV_NONE;
}

#define FIND(rows, count, datum) tv_load_find(rows, sizeof((rows)[0]), count, DatumGetInt64(datum))

/* By how much an array of rows grows: half again, so that little is left over. */
static uint32
larger_capacity(uint32 capacity)
{
	if (capacity > TVM_MAX_SEGMENTS / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("world is too large for one graph")));
	return capacity + capacity / 2 + 256;
}

/* Places ------------------------------------------------------------------ */

void
tv_load_require_place(int64 timeline_id, int64 place_id)
{
	TvArg		args[] = {tv_arg_bigint(timeline_id), tv_arg_bigint(place_id)};

	if (!tv_scan_finds("SELECT true FROM timevmaps.timelines t"
			" JOIN timevmaps.places p ON p.world_id OPERATOR(pg_catalog.=) t.world_id"
			" WHERE t.id OPERATOR(pg_catalog.=) $1 AND p.id OPERATOR(pg_catalog.=) $2",
			lengthof(args), args))
		tv_report_not_found("place", place_id);
}

typedef struct NetworkTarget
{
	TvRows	   *rows;
	TvWorldRows *world;
} NetworkTarget;

static void
receive_place(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	NetworkTarget *network = target;
	TvWorldRows *world = network->world;

	if (world->place_count == world->place_capacity)
	{
		uint32		larger = larger_capacity(world->place_capacity);

		world->places = tv_load_grow(network->rows, world->places, sizeof(TvPlaceRow),
									 world->place_capacity, larger);
		world->place_capacity = larger;
	}
	world->places[world->place_count++] = (TvPlaceRow) {
		.id = DatumGetInt64(values[0]),
		.lat = DatumGetFloat8(values[1]),
		.lon = DatumGetFloat8(values[2])
	};
}

/* Segments ---------------------------------------------------------------- */

/* Where the columns of its road begin. */
#define SEGMENT_ROAD 9

/* That of a timeline out of scope is the last, which stands for all of these. */
static uint32
timeline_of(const TvWorldRows *world, Datum id)
{
	uint32		timeline = FIND(world->timeline_ids, world->timeline_count, id);

	return timeline != TV_NONE ? timeline : world->timeline_count - 1;
}

static void
receive_segment(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	NetworkTarget *network = target;
	TvWorldRows *world = network->world;
	uint32		a = FIND(world->places, world->place_count, values[1]);
	uint32		b = FIND(world->places, world->place_count, values[2]);

	if (a == TV_NONE || b == TV_NONE)
		return;					/* one of its ends is hidden from the caller */
	if (world->segment_count == world->segment_capacity)
	{
		uint32		larger = larger_capacity(world->segment_capacity);

		world->segments = tv_load_grow(network->rows, world->segments, sizeof(TvSegmentRow),
									   world->segment_capacity, larger);
		world->base = tv_load_grow(network->rows, world->base, sizeof(TvmSegment),
								   world->segment_capacity, larger);
		world->segment_capacity = larger;
	}
	world->segments[world->segment_count] = (TvSegmentRow) {
		.id = DatumGetInt64(values[0]),
		.a = a,
		.b = b,
		.oneway = DatumGetBool(values[6]),
		.has_course = DatumGetBool(values[8]),
		.part_of = TV_NONE
	};
	world->base[world->segment_count] = (TvmSegment) {
		.length_m = DatumGetFloat8(values[3]),
		.speed_kph = DatumGetFloat8(values[4]),
		.drag = DatumGetFloat8(values[5]),
		.timeline = nulls[7] ? TVM_NO_TIMELINE : timeline_of(world, values[7]),
		.presence = TVM_SEGMENT_OPEN
	};
	if (world->roads != NULL)
	{
		TvRoadKind	road = tv_road_kind_read(world->roads, values + SEGMENT_ROAD, nulls + SEGMENT_ROAD, NULL);

		world->base[world->segment_count].road = tv_road_kinds_intern(world->roads, &road);
	}
	world->segment_count++;
}

/* Overrides --------------------------------------------------------------- */

TvmOverride
tv_load_override(const Datum *values, const bool *nulls, uint32 timeline, uint32 segment)
{
	return (TvmOverride) {
		.timeline = timeline,
		.segment = segment,
		.says = (nulls[2] ? 0 : TVM_SAYS_CLOSED) | (nulls[3] ? 0 : TVM_SAYS_LENGTH) |
			(nulls[4] ? 0 : TVM_SAYS_SPEED) | (nulls[5] ? 0 : TVM_SAYS_DRAG),
		.closed = nulls[2] ? false : DatumGetBool(values[2]),
		.length_m = nulls[3] ? 0 : DatumGetFloat8(values[3]),
		.speed_kph = nulls[4] ? 0 : DatumGetFloat8(values[4]),
		.drag = nulls[5] ? 0 : DatumGetFloat8(values[5])
	};
}

static void
add_road_override(TvRows *rows, TvWorldRows *world, TvRoadOverride override)
{
	if (override.says == 0)
		return;
	if (world->road_override_count == world->road_override_capacity)
	{
		uint32		larger = larger_capacity(world->road_override_capacity);

		world->road_overrides = tv_load_grow(rows, world->road_overrides, sizeof(TvRoadOverride),
											 world->road_override_capacity, larger);
		world->road_override_capacity = larger;
	}
	world->road_overrides[world->road_override_count++] = override;
}

static void
add_override(TvRows *rows, TvWorldRows *world, TvmOverride override)
{
	if (world->override_count == world->override_capacity)
	{
		uint32		larger = larger_capacity(world->override_capacity);

		world->overrides = tv_load_grow(rows, world->overrides, sizeof(TvmOverride),
										world->override_capacity, larger);
		world->override_capacity = larger;
	}
	world->overrides[world->override_count++] = override;
}

static void
receive_override(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	NetworkTarget *network = target;
	TvWorldRows *world = network->world;
	uint32		timeline = FIND(world->timeline_ids, world->timeline_count, values[0]);
	uint32		segment = FIND(world->segments, world->segment_count, values[1]);

	if (segment == TV_NONE)
		return;					/* not in these timelines, or hidden from the caller */
	add_override(network->rows, world, tv_load_override(values, nulls, timeline, segment));
	if (world->roads != NULL)
	{
		TvRoadOverride override = {.timeline = timeline, .segment = segment};

		override.road = tv_road_kind_read(world->roads, values + TV_LOAD_OVERRIDE_ROAD, nulls + TV_LOAD_OVERRIDE_ROAD, &override.says);
		add_road_override(network->rows, world, override);
	}
}

/*
 * What is supposed, as overrides of its own timeline.  Speeds in zones depend on what the segment is like on the timeline
 * above, so these segments are resolved for it.
 */
void
tv_load_supposed(TvRows *rows)
{
	TvWorldRows *world = &rows->worlds[0];
	const TvWhatIf *what_if = rows->supposed->what_if;
	uint32		timeline = rows->layers[0].timeline;
	TvmSegment *resolved = NULL;

	if (what_if->part_count > 0)
	{
		tv_graph_require_memory(rows->bytes + sizeof(TvmSegment) * (Size) world->segment_count);
		resolved = MemoryContextAllocHuge(rows->env->context, sizeof(TvmSegment) * (Size) Max(world->segment_count, 1));
		tv_check(rows->env, tvm_timeline_resolve(&rows->env->tvm, world->parents, world->timeline_count, world->base, world->segment_count,
												 world->overrides, world->override_count, timeline, resolved));
	}
	for (uint32 i = 0; i < what_if->segment_count; i++)
	{
		const TvWhatIfSegment *says = &what_if->segments[i];
		uint32		segment = tv_load_find(world->segments, sizeof(TvSegmentRow), world->segment_count, says->segment_id);
		TvmOverride override;

		tv_interrupts_at(i);
		if (segment == TV_NONE)
			continue;
		override = tv_what_if_override(what_if, says, resolved == NULL ? NULL : &resolved[segment]);
		override.timeline = timeline;
		override.segment = segment;
		add_override(rows, world, override);
		if (world->roads != NULL)
		{
			TvRoadOverride road = {.timeline = timeline, .segment = segment};

			road.road = tv_what_if_road(world->roads, says, &road.says);
			add_road_override(rows, world, road);
		}
	}
	tv_road_kinds_sort(world->road_overrides, world->road_override_count);
	if (resolved != NULL)
		pfree(resolved);
}

/* A world ----------------------------------------------------------------- */

#define SELECT_SEGMENTS \
	"SELECT s.id, s.a_place_id, s.b_place_id, s.length_m, s.speed_kph, s.base_drag, s.oneway, s.timeline_id," \
	" s.geom IS NOT NULL"
#define OF_WORLD " FROM timevmaps.segments s WHERE s.world_id OPERATOR(pg_catalog.=) $1"
#define ON_TIMELINES "s.timeline_id IS NULL OR s.timeline_id OPERATOR(pg_catalog.=) ANY ($2)"

/* Without roads and with: those on the timelines; these and some that are named; all. */
static const char *const segment_queries[3][2] = {
	{SELECT_SEGMENTS OF_WORLD " AND (" ON_TIMELINES ") ORDER BY s.id",
	 SELECT_SEGMENTS ", " TV_ROAD_COLUMNS("s") OF_WORLD " AND (" ON_TIMELINES ") ORDER BY s.id"},
	{SELECT_SEGMENTS OF_WORLD " AND (" ON_TIMELINES " OR s.id OPERATOR(pg_catalog.=) ANY ($3)) ORDER BY s.id",
	 SELECT_SEGMENTS ", " TV_ROAD_COLUMNS("s") OF_WORLD " AND (" ON_TIMELINES " OR s.id OPERATOR(pg_catalog.=) ANY ($3)) ORDER BY s.id"},
	{SELECT_SEGMENTS OF_WORLD " ORDER BY s.id",
	 SELECT_SEGMENTS ", " TV_ROAD_COLUMNS("s") OF_WORLD " ORDER BY s.id"}};

void
tv_load_places_and_segments(TvRows *rows, TvWorldRows *world)
{
	NetworkTarget target = {.rows = rows, .world = world};
	TvArg		args[] = {
		tv_arg_bigint(world->id),
		tv_arg_bigints(world->timeline_ids, world->timeline_count),
		tv_arg_bigints(world->named_segments, world->named_segment_count)
	};

	tv_scan("SELECT p.id, p.lat, p.lon FROM timevmaps.places p"
			" WHERE p.world_id OPERATOR(pg_catalog.=) $1 ORDER BY p.id",
			1, args, receive_place, &target);
	tv_scan(segment_queries[world->all_segments ? 2 : world->named_segment_count > 0][world->roads != NULL],
			world->all_segments ? 1 : world->named_segment_count > 0 ? 3 : 2, args, receive_segment, &target);
}

void
tv_load_overrides(TvRows *rows, TvWorldRows *world)
{
	NetworkTarget target = {.rows = rows, .world = world};
	TvArg		args[] = {
		tv_arg_bigint(world->id),
		tv_arg_bigints(world->timeline_ids, world->timeline_count)
	};

#define OF_CHAINS " WHERE o.world_id OPERATOR(pg_catalog.=) $1 AND o.timeline_id OPERATOR(pg_catalog.=) ANY ($2)"
	tv_scan(world->roads == NULL ? TV_LOAD_OVERRIDES OF_CHAINS : TV_LOAD_OVERRIDES_WITH_ROADS OF_CHAINS,
			2, args, receive_override, &target);
#undef OF_CHAINS
	tv_road_kinds_sort(world->road_overrides, world->road_override_count);
}
