/*
 * courses.c: where vehicles are between two fixes on the network; see courses.h.
 *
 * What has been expected is found at the first question about any of it, timeline by timeline: one statement for the
 * segments of the fixes, one search for all ways, one statement for the segments between.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "bridge/journey/courses.h"
#include "bridge/journey/ways.h"
#include "bridge/route/snap/snapping.h"
#include "bridge/server/compat.h"
#include "bridge/server/ids.h"
#include "bridge/server/scan.h"

/* Courses and pieces of segments that are kept, about 150 MB; beyond them all are forgotten. */
#define MAX_COURSES 262144
#define MAX_LEGS 1048576

/* Pairs whose ways are looked for together, so that ways that were not driven take no memory for long. */
#define MAX_WAITING 1024

/* How much faster than the road's speeds a way may have been driven. */
#define FASTEST 4

typedef struct Pair
{
	int64		timeline_id;
	int64		from_segment;
	int64		to_segment;
	double		from_fraction;
	double		to_fraction;
	int64		time;			/* between the two, microseconds */
} Pair;

typedef struct KnownCourse
{
	Pair		pair;			/* the key */
	bool		found;			/* it has been looked for */
	TvCourse	course;
} KnownCourse;

typedef struct SegmentKey
{
	int64		timeline_id;
	int64		segment_id;
} SegmentKey;

typedef struct KnownSegment
{
	SegmentKey	key;
	bool		open;			/* on the timeline */
	int64		a_place_id;
	int64		b_place_id;
	bool		oneway;
	TvLine		line;
} KnownSegment;

struct TvCourses
{
	TvEnv	   *env;
	int64		world_id;
	double		radius_m;
	MemoryContext context;		/* of what is kept */
	HTAB	   *courses;
	HTAB	   *segments;
	uint32		leg_count;
	uint32		waiting_count;
	uint32		waiting_capacity;
	Pair	   *waiting;		/* expected, not looked for yet */
	Oid			send;			/* the geometry type's output function */
};

/* What is kept -------------------------------------------------------------- */

static HTAB *
make_table(TvCourses *courses, const char *name, Size key, Size entry)
{
	HASHCTL		control = {.keysize = key, .entrysize = entry, .hcxt = courses->context};

	return hash_create(name, 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
forget(TvCourses *courses)
{
	if (courses->context != NULL)
		MemoryContextDelete(courses->context);
	courses->context = AllocSetContextCreate(courses->env->context, "courses", ALLOCSET_DEFAULT_SIZES);
	courses->courses = make_table(courses, "courses", sizeof(Pair), sizeof(KnownCourse));
	courses->segments = make_table(courses, "segments of courses", sizeof(SegmentKey), sizeof(KnownSegment));
	courses->leg_count = 0;
	courses->waiting = NULL;
	courses->waiting_count = courses->waiting_capacity = 0;
}

TvCourses *
tv_courses_create(TvEnv *env, int64 world_id, double radius_m)
{
	TvCourses  *courses = MemoryContextAllocZero(env->context, sizeof(TvCourses));

	courses->env = env;
	courses->world_id = world_id;
	courses->radius_m = radius_m;
	forget(courses);
	return courses;
}

/* Segments ------------------------------------------------------------------ */

typedef struct Reading
{
	TvCourses  *courses;
	int64		timeline_id;
} Reading;

/* segment, ends, oneway, latitudes and longitudes of the ends, whether it is open, course */
static void
receive_segment(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Reading    *reading = target;
	TvCourses  *courses = reading->courses;
	SegmentKey	key = {.timeline_id = reading->timeline_id, .segment_id = DatumGetInt64(values[0])};
	KnownSegment *known = hash_search(courses->segments, &key, HASH_ENTER, NULL);

	known->a_place_id = DatumGetInt64(values[1]);
	known->b_place_id = DatumGetInt64(values[2]);
	known->oneway = DatumGetBool(values[3]);
	known->open = DatumGetBool(values[8]);
	known->line = (TvLine) {0};
	if (!nulls[9])
	{
		bool		is_varlena;

		if (!OidIsValid(courses->send))
			getTypeBinaryOutputInfo(TupleDescAttr(columns, 9)->atttypid, &courses->send, &is_varlena);
		known->line = tv_line_read(courses->context, OidSendFunctionCall(courses->send, values[9]), key.segment_id);
	}
	if (known->line.count == 0)
	{
		known->line.count = 2;
		known->line.vertices = MemoryContextAlloc(courses->context, 2 * sizeof(TvPosition));
		known->line.vertices[0] = (TvPosition) {.lon = DatumGetFloat8(values[5]), .lat = DatumGetFloat8(values[4])};
		known->line.vertices[1] = (TvPosition) {.lon = DatumGetFloat8(values[7]), .lat = DatumGetFloat8(values[6])};
	}
}

static KnownSegment *
find_segment(TvCourses *courses, int64 timeline_id, int64 segment_id)
{
	SegmentKey	key = {.timeline_id = timeline_id, .segment_id = segment_id};

	return hash_search(courses->segments, &key, HASH_FIND, NULL);
}

/* Those that are the timeline's, of these ids; what cannot be seen is not there. */
static void
read_segments(TvCourses *courses, const TvRows *rows, TvIds *ids)
{
	const TvWorldRows *world = &rows->worlds[0];
	Reading		reading = {.courses = courses, .timeline_id = rows->layers[0].timeline_id};
	int64	   *chain = palloc(sizeof(int64) * world->timeline_count);
	uint32		chain_count = 0;
	uint32		unknown = 0;
	TvArg		args[3];

	for (uint32 t = rows->layers[0].timeline; t != TVM_NO_TIMELINE; t = world->parents[t])
		chain[chain_count++] = world->timeline_ids[t];
	tv_ids_sort(ids);
	for (uint32 i = 0; i < ids->count; i++)
		if (find_segment(courses, reading.timeline_id, ids->ids[i]) == NULL)
			ids->ids[unknown++] = ids->ids[i];
	if (unknown == 0)
		return;
	args[0] = tv_arg_bigint(courses->world_id);
	args[1] = tv_arg_bigints(chain, chain_count);
	args[2] = tv_arg_bigints(ids->ids, unknown);
	tv_scan("SELECT s.id, s.a_place_id, s.b_place_id, s.oneway, a.lat, a.lon, b.lat, b.lon, " TV_SNAP_IS_OPEN ", s.geom"
			" FROM timevmaps.segments s"
			" JOIN timevmaps.places a ON a.id OPERATOR(pg_catalog.=) s.a_place_id"
			" JOIN timevmaps.places b ON b.id OPERATOR(pg_catalog.=) s.b_place_id"
			" WHERE s.id OPERATOR(pg_catalog.=) ANY ($3) AND s.world_id OPERATOR(pg_catalog.=) $1"
			" AND (s.timeline_id IS NULL OR s.timeline_id OPERATOR(pg_catalog.=) ANY ($2))",
			lengthof(args), args, receive_segment, &reading);
}

/* Finding ------------------------------------------------------------------- */

static KnownCourse *
find_course(TvCourses *courses, const Pair *pair)
{
	return hash_search(courses->courses, pair, HASH_FIND, NULL);
}

static void
put_leg(TvCourses *courses, TvCourse *course, int64 timeline_id, const TvWayLeg *leg)
{
	KnownSegment *segment = find_segment(courses, timeline_id, leg->segment_id);
	TvLine	   *line;

	/* Hidden between two statements: there is none. */
	if (segment == NULL)
		return;
	line = MemoryContextAlloc(courses->context, sizeof(TvLine));
	*line = segment->line;
	course->legs[course->count++] = (TvLeg) {
		.segment_id = leg->segment_id, .line = line, .from = leg->from, .to = leg->to
	};
}

/* The course of a pair along some pieces of segments. */
static void
put_course(TvCourses *courses, const Pair *pair, const TvWayLeg *legs, uint32 count, double seconds)
{
	TvCourse   *course = &find_course(courses, pair)->course;
	TvWayLeg	stay = {.segment_id = pair->from_segment, .from = pair->from_fraction, .to = pair->from_fraction};

	if (seconds * USECS_PER_SEC > FASTEST * (double) pair->time)
		return;					/* it did not drive that */
	if (count == 0)
	{
		legs = &stay;
		count = 1;
	}
	course->count = 0;
	course->legs = MemoryContextAllocHuge(courses->context, sizeof(TvLeg) * (Size) count);
	for (uint32 i = 0; i < count; i++)
		put_leg(courses, course, pair->timeline_id, &legs[i]);
	if (course->count < count)
		course->count = 0;
	courses->leg_count += count;
	tv_course_measure(course);
}

static TvSpot
spot_of(const KnownSegment *segment, double fraction)
{
	return (TvSpot) {
		.segment_id = segment->key.segment_id,
		.a_place_id = segment->a_place_id,
		.b_place_id = segment->b_place_id,
		.oneway = segment->oneway,
		.fraction = fraction
	};
}

/* The pairs of one timeline. */
static void
find_on_timeline(TvCourses *courses, TvEnv *env, const Pair *pairs, uint32 count)
{
	int64		timeline_id = pairs[0].timeline_id;
	TvRows	   *rows = tv_ways_scope(env, courses->world_id, timeline_id);
	TvIds		ids = {.context = env->context};
	TvWay	   *ways = MemoryContextAllocHuge(env->context, sizeof(TvWay) * (Size) count);
	const Pair **asked = MemoryContextAllocHuge(env->context, sizeof(Pair *) * (Size) count);
	uint32		way_count = 0;

	for (uint32 i = 0; i < count; i++)
	{
		tv_ids_add(&ids, pairs[i].from_segment);
		tv_ids_add(&ids, pairs[i].to_segment);
	}
	read_segments(courses, rows, &ids);
	for (uint32 i = 0; i < count; i++)
	{
		const Pair *pair = &pairs[i];
		KnownSegment *from = find_segment(courses, timeline_id, pair->from_segment);
		KnownSegment *to = find_segment(courses, timeline_id, pair->to_segment);
		TvWayLeg	along = {.segment_id = pair->from_segment, .from = pair->from_fraction, .to = pair->to_fraction};

		tv_interrupts_at(i);
		if (from == NULL || to == NULL)
			continue;
		if (from == to)
			put_course(courses, pair, &along, 1, 0);
		else if (from->open && to->open)
		{
			ways[way_count] = (TvWay) {
				.from = spot_of(from, pair->from_fraction), .to = spot_of(to, pair->to_fraction)
			};
			asked[way_count++] = pair;
		}
	}
	if (way_count == 0)
		return;
	tv_ways_find(rows, way_count, ways);
	ids.count = 0;
	for (uint32 i = 0; i < way_count; i++)
		for (uint32 k = 0; ways[i].found && k < ways[i].count; k++)
			tv_ids_add(&ids, ways[i].legs[k].segment_id);
	read_segments(courses, rows, &ids);
	for (uint32 i = 0; i < way_count; i++)
		if (ways[i].found)
			put_course(courses, asked[i], ways[i].legs, ways[i].count, ways[i].seconds);
}

static int
compare_pairs(const void *a, const void *b)
{
	int64		x = ((const Pair *) a)->timeline_id;
	int64		y = ((const Pair *) b)->timeline_id;

	return (x > y) - (x < y);
}

static bool
sees_timeline(const TvCourses *courses, int64 timeline_id)
{
	TvArg		args[2] = {tv_arg_bigint(courses->world_id), tv_arg_bigint(timeline_id)};

	return tv_scan_finds("SELECT FROM timevmaps.timelines t WHERE t.id OPERATOR(pg_catalog.=) $2"
						 " AND t.world_id OPERATOR(pg_catalog.=) $1", lengthof(args), args);
}

/* All that has been expected. */
static void
find_waiting(TvCourses *courses)
{
	uint32		last;

	qsort(courses->waiting, courses->waiting_count, sizeof(Pair), compare_pairs);
	for (uint32 first = 0; first < courses->waiting_count; first = last)
	{
		TvEnv	   *env = tv_env_create("courses of a timeline");

		last = first + 1;
		while (last < courses->waiting_count &&
			   courses->waiting[last].timeline_id == courses->waiting[first].timeline_id)
			last++;
		for (uint32 i = first; i < last; i++)
			find_course(courses, &courses->waiting[i])->found = true;
		if (sees_timeline(courses, courses->waiting[first].timeline_id))
			find_on_timeline(courses, env, &courses->waiting[first], last - first);
		tv_env_delete(env);
	}
	courses->waiting_count = 0;
}

/* Asking -------------------------------------------------------------------- */

static bool
is_on_network(const TvmFix *fix)
{
	return fix->segment_id != 0 && fix->fraction >= 0 && fix->fraction <= 1;
}

/* What is kept of a pair, new where it is not known; NULL: not on the network. */
static KnownCourse *
enter(TvCourses *courses, const TvmFix *from, const TvmFix *to)
{
	Pair		pair = {
		.timeline_id = from->timeline_id,
		.from_segment = from->segment_id,
		.to_segment = to->segment_id,
		.from_fraction = from->fraction + 0.0,	/* one zero */
		.to_fraction = to->fraction + 0.0,
		.time = to->t - from->t
	};
	KnownCourse *known;
	bool		is_known;

	if (!is_on_network(from) || !is_on_network(to) || from->timeline_id != to->timeline_id)
		return NULL;
	known = hash_search(courses->courses, &pair, HASH_ENTER, &is_known);
	if (is_known)
		return known;
	known->found = false;
	known->course = (TvCourse) {0};
	if (courses->waiting_count == courses->waiting_capacity)
		courses->waiting = tv_grow(courses->context, courses->waiting, sizeof(Pair), &courses->waiting_capacity);
	courses->waiting[courses->waiting_count++] = pair;
	return known;
}

/* Whether it moves from one fix to another then. */
static bool
is_between(const TvmMoment *moment)
{
	return (moment->state == TVM_MOVING || moment->state == TVM_STOPPED) && moment->next >= 0 && moment->part > 0;
}

void
tv_courses_expect(TvCourses *courses, const TvmFix *fixes, const TvmMoment *moment)
{
	if (!is_between(moment))
		return;
	if (hash_get_num_entries(courses->courses) >= MAX_COURSES || courses->leg_count >= MAX_LEGS)
		forget(courses);
	enter(courses, &fixes[moment->fix], &fixes[moment->next]);
	if (courses->waiting_count >= MAX_WAITING)
		find_waiting(courses);
}

bool
tv_courses_at(TvCourses *courses, const TvmFix *fixes, const TvmMoment *moment, double max_speed_mps,
			  TvCoursePoint *at)
{
	KnownCourse *known;
	const TvCourse *course;

	if (!is_between(moment))
		return false;
	tv_courses_expect(courses, fixes, moment);
	known = enter(courses, &fixes[moment->fix], &fixes[moment->next]);
	if (known == NULL)
		return false;
	if (!known->found)
		find_waiting(courses);
	course = &known->course;
	if (course->count == 0 ||
		course->length * courses->radius_m * USECS_PER_SEC > max_speed_mps * (double) known->pair.time)
		return false;
	*at = tv_course_point(course, moment->part);
	return true;
}
