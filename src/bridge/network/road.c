/*
 * road.c: classes, limits and gates of segments; see road.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "bridge/network/road.h"
#include "bridge/server/compat.h"

#define MOST_ROADS 65535

typedef struct KnownKind
{
	TvRoadKind	road;			/* hash key */
	uint16		index;
} KnownKind;

typedef struct KnownClass
{
	char		name[TV_CLASS_SIZE];	/* hash key */
	uint32		index;
} KnownClass;

TvRoadKinds *
tv_road_kinds_create(MemoryContext context)
{
	TvRoadKinds *roads = MemoryContextAllocZero(context, sizeof(TvRoadKinds));
	HASHCTL		by_road = {.keysize = sizeof(TvRoadKind), .entrysize = sizeof(KnownKind), .hcxt = context};
	HASHCTL		by_class = {.keysize = TV_CLASS_SIZE, .entrysize = sizeof(KnownClass), .hcxt = context};
	TvRoadKind	nothing = {.limit = {INFINITY, INFINITY, INFINITY, INFINITY}};

	roads->context = context;
	roads->of_road = hash_create("timevmaps roads", 64, &by_road, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	roads->of_class = hash_create("timevmaps classes of roads", 64, &by_class, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	roads->classes = tv_grow(context, NULL, sizeof(char *), &roads->class_capacity);
	roads->classes[roads->class_count++] = NULL;
	(void) tv_road_kinds_intern(roads, &nothing);
	return roads;
}

static uint32
intern_class(TvRoadKinds *roads, const char *name)
{
	KnownClass *known;
	bool		found;

	/* The tables refuse longer ones. */
	if (strlen(name) >= TV_CLASS_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("class of a segment is longer than 64 characters")));
	known = hash_search(roads->of_class, name, HASH_ENTER, &found);
	if (!found)
	{
		known->index = roads->class_count;
		if (roads->class_count == roads->class_capacity)
			roads->classes = tv_grow(roads->context, roads->classes, sizeof(char *), &roads->class_capacity);
		roads->classes[roads->class_count++] = MemoryContextStrdup(roads->context, name);
	}
	return known->index;
}

uint16
tv_road_kinds_intern(TvRoadKinds *roads, const TvRoadKind *road)
{
	bool		found;
	KnownKind  *known = hash_search(roads->of_road, road, HASH_FIND, NULL);

	if (known != NULL)
		return known->index;
	if (roads->count >= MOST_ROADS)
	{
		if (!roads->may_be_incomplete)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many kinds of roads"),
					 errdetail("Segments of a world have more than %d combinations of class, limits and gate.", MOST_ROADS)));
		roads->is_incomplete = true;
		return 0;
	}
	known = hash_search(roads->of_road, road, HASH_ENTER, &found);
	known->index = roads->count;
	if (roads->count == roads->capacity)
		roads->roads = tv_grow(roads->context, roads->roads, sizeof(TvRoadKind), &roads->capacity);
	roads->roads[roads->count++] = *road;
	return known->index;
}

/* In the order of TV_ROAD_COLUMNS(). */
enum
{
	COLUMN_CLASS,
	COLUMN_LIMITS,
	COLUMN_GATE = COLUMN_LIMITS + TV_LIMITS,
	COLUMNS
};

TvRoadKind
tv_road_kind_read(TvRoadKinds *roads, const Datum *values, const bool *nulls, uint32 *says)
{
	TvRoadKind	road = {.gate = !nulls[COLUMN_GATE] && DatumGetBool(values[COLUMN_GATE])};
	uint32		said = nulls[COLUMN_GATE] ? 0 : TV_SAYS_GATE;

	if (!nulls[COLUMN_CLASS])
	{
		char	   *name = TextDatumGetCString(values[COLUMN_CLASS]);

		road.class = intern_class(roads, name);
		said |= TV_SAYS_CLASS;
		pfree(name);
	}
	for (int i = 0; i < TV_LIMITS; i++)
	{
		bool		isnull = nulls[COLUMN_LIMITS + i];

		road.limit[i] = isnull ? INFINITY : DatumGetFloat8(values[COLUMN_LIMITS + i]);
		said |= isnull ? 0 : TV_SAYS_LIMIT(i);
	}
	if (says != NULL)
		*says = said;
	return road;
}

void
tv_road_kind_put(TvRoadKind *road, const TvRoadOverride *override)
{
	if (override->says & TV_SAYS_CLASS)
		road->class = override->road.class;
	if (override->says & TV_SAYS_GATE)
		road->gate = override->road.gate;
	for (int i = 0; i < TV_LIMITS; i++)
		if (override->says & TV_SAYS_LIMIT(i))
			road->limit[i] = override->road.limit[i];
}

/* Overrides ----------------------------------------------------------------- */

static int
compare_overrides(const void *a, const void *b)
{
	uint32		x = ((const TvRoadOverride *) a)->segment;
	uint32		y = ((const TvRoadOverride *) b)->segment;

	return (x > y) - (x < y);
}

void
tv_road_kinds_sort(TvRoadOverride *overrides, uint32 count)
{
	if (count > 1)
		qsort(overrides, count, sizeof(TvRoadOverride), compare_overrides);
}

/* What those of one segment make of its road. */
static uint16
apply(TvRoadKinds *roads, const uint32 *parents, const TvRoadOverride *overrides, uint32 count, uint32 timeline, uint16 road)
{
	TvRoadKind	resolved = roads->roads[road];
	uint32		missing = TV_SAYS_LIMIT(TV_LIMITS) - 1;

	for (uint32 t = timeline; t != TVM_NO_TIMELINE && missing != 0; t = parents[t])
		for (uint32 i = 0; i < count; i++)
		{
			TvRoadOverride nearest;

			if (overrides[i].timeline != t)
				continue;
			nearest = overrides[i];
			nearest.says &= missing;
			missing &= ~overrides[i].says;
			tv_road_kind_put(&resolved, &nearest);
		}
	return tv_road_kinds_intern(roads, &resolved);
}

static uint32
group_end(const TvRoadOverride *overrides, uint32 count, uint32 first)
{
	uint32		end = first + 1;

	while (end < count && overrides[end].segment == overrides[first].segment)
		end++;
	return end;
}

void
tv_road_kinds_resolve(TvRoadKinds *roads, const uint32 *parents,
				 const TvRoadOverride *overrides, uint32 count, uint32 timeline, TvmSegment *segments)
{
	for (uint32 first = 0, end; first < count; first = end)
	{
		TvmSegment *segment = &segments[overrides[first].segment];

		tv_interrupts_at(first);
		end = group_end(overrides, count, first);
		segment->road = apply(roads, parents, overrides + first, end - first, timeline, segment->road);
	}
}

uint16
tv_road_kinds_resolve_one(TvRoadKinds *roads, const uint32 *parents,
					 const TvRoadOverride *overrides, uint32 count, uint32 timeline, uint32 segment, uint16 road)
{
	TvRoadOverride wanted = {.segment = segment};
	const TvRoadOverride *first = count == 0 ? NULL
		: bsearch(&wanted, overrides, count, sizeof(TvRoadOverride), compare_overrides);

	if (first == NULL)
		return road;
	while (first > overrides && first[-1].segment == segment)
		first--;
	return apply(roads, parents, first, group_end(first, count - (first - overrides), 0), timeline, road);
}
