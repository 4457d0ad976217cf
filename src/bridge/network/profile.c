/*
 * profile.c: profiles of vehicles, read from the rows; see profile.h.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "bridge/network/chain.h"
#include "bridge/network/profile.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/json.h"
#include "bridge/server/scan.h"

/* As the table has it, which a row from before a constraint, or without one, may not keep. */
#define MOST_SPEEDS 256

/* A row ----------------------------------------------------------------------- */

#define SELECT_PROFILES \
	"SELECT p.world_id, p.timeline_id, p.speeds, p.max_speed_kph, p.forbidden," \
	" p.height_m, p.width_m, p.length_m, p.weight_kg, p.gates, p.gateways" \
	" FROM timevmaps.vehicle_profiles p"

enum
{
	COLUMN_WORLD,
	COLUMN_TIMELINE,
	COLUMN_SPEEDS,
	COLUMN_MAX_SPEED,
	COLUMN_FORBIDDEN,
	COLUMN_MEASURES,
	COLUMN_GATES = COLUMN_MEASURES + TV_LIMITS,
	COLUMN_GATEWAYS
};

typedef struct Speed
{
	char	   *class;
	double		kph;
} Speed;

/* Speeds and names of classes begin with the name. */
static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static double
read_speed(const JsonbValue *value, const TvPath *path)
{
	double		kph = tv_json_number(value, path);

	if (!(kph > 0 && kph <= DBL_MAX))
		tv_json_fail(path, "not a finite positive number", NULL, "The value is %s.", tv_json_excerpt(value));
	return kph;
}

static void
read_speeds(Jsonb *speeds, TvProfile *profile, MemoryContext context)
{
	const TvPath root = TV_PATH_KEY(NULL, "speeds");
	JsonbValue	document;
	JsonbValue	value;
	TvJsonScan	scan;
	Speed	   *found;
	uint32		count = 0;

	tv_json_root(speeds, &document);
	tv_json_scan(&scan, tv_json_object(&document, &root));
	if (scan.count > MOST_SPEEDS)
		tv_json_fail(&root, "too many classes", NULL, "There are %u, and at most %d.", scan.count, MOST_SPEEDS);
	found = palloc(sizeof(Speed) * Max(scan.count, 1));
	while (tv_json_next(&scan, &value))
	{
		TvPath		path = {&root, scan.key.val.string.val, scan.key.val.string.len, 0};

		found[count].class = pnstrdup(scan.key.val.string.val, scan.key.val.string.len);
		if (scan.key.val.string.len >= TV_CLASS_SIZE)
			tv_json_fail(&root, "not a class", NULL, "It has more than 64 characters.");
		found[count++].kph = read_speed(&value, &path);
	}
	qsort(found, count, sizeof(Speed), compare_names);
	profile->speed_count = count;
	profile->speed_classes = MemoryContextAlloc(context, sizeof(char *) * Max(count, 1));
	profile->speeds_kph = MemoryContextAlloc(context, sizeof(double) * Max(count, 1));
	for (uint32 i = 0; i < count; i++)
	{
		profile->speed_classes[i] = MemoryContextStrdup(context, found[i].class);
		profile->speeds_kph[i] = Min(found[i].kph, profile->max_speed_kph);
	}
}

static void
read_forbidden(ArrayType *array, TvProfile *profile, MemoryContext context)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	char	  **names;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	names = MemoryContextAlloc(context, sizeof(char *) * Max(count, 1));
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			names[profile->forbidden_count++] = MemoryContextStrdup(context, TextDatumGetCString(elements[i]));
	qsort(names, profile->forbidden_count, sizeof(char *), compare_names);
	profile->forbidden = names;
}

static void
append_names(StringInfo content, char *const *names, uint32 count)
{
	appendBinaryStringInfo(content, (const char *) &count, sizeof(count));
	for (uint32 i = 0; i < count; i++)
		appendBinaryStringInfo(content, names[i], strlen(names[i]) + 1);
}

/* The beginning of one that nobody can aim: weights of another profile in a file of this name would be everybody's. */
static uint64
hash_bytes_safely(const StringInfoData *bytes)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	uint64		hash;

	if (context == NULL || pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) bytes->data, bytes->len) < 0 ||
		pg_cryptohash_final(context, digest, sizeof(digest)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a hash")));
	pg_cryptohash_free(context);
	memcpy(&hash, digest, sizeof(hash));
	return hash != 0 ? hash : 1;
}

static uint64
hash_content(const TvProfile *profile)
{
	StringInfoData content;
	uint64		hash;

	initStringInfo(&content);
	append_names(&content, profile->speed_classes, profile->speed_count);
	appendBinaryStringInfo(&content, (const char *) profile->speeds_kph, sizeof(double) * profile->speed_count);
	appendBinaryStringInfo(&content, (const char *) &profile->max_speed_kph, sizeof(double));
	append_names(&content, profile->forbidden, profile->forbidden_count);
	appendBinaryStringInfo(&content, (const char *) profile->measure, sizeof(profile->measure));
	appendStringInfoChar(&content, profile->gates ? 'y' : 'n');
	appendStringInfoChar(&content, profile->gateways ? 'y' : 'n');
	hash = hash_bytes_safely(&content);
	pfree(content.data);
	return hash;
}

static TvProfile *
read_profile(const Datum *values, const bool *nulls, MemoryContext context)
{
	TvProfile  *profile = MemoryContextAllocZero(context, sizeof(TvProfile));

	profile->max_speed_kph = nulls[COLUMN_MAX_SPEED] ? INFINITY : DatumGetFloat8(values[COLUMN_MAX_SPEED]);
	read_speeds(DatumGetJsonbP(values[COLUMN_SPEEDS]), profile, context);
	read_forbidden(DatumGetArrayTypeP(values[COLUMN_FORBIDDEN]), profile, context);
	for (int i = 0; i < TV_LIMITS; i++)
		profile->measure[i] = nulls[COLUMN_MEASURES + i] ? 0 : DatumGetFloat8(values[COLUMN_MEASURES + i]);
	profile->gates = DatumGetBool(values[COLUMN_GATES]);
	profile->gateways = DatumGetBool(values[COLUMN_GATEWAYS]);
	profile->hash = hash_content(profile);
	return profile;
}

static char **
copy_names(char *const *names, uint32 count, MemoryContext context)
{
	char	  **copy = MemoryContextAlloc(context, sizeof(char *) * Max(count, 1));

	for (uint32 i = 0; i < count; i++)
		copy[i] = MemoryContextStrdup(context, names[i]);
	return copy;
}

TvProfile *
tv_profile_copy(const TvProfile *profile, MemoryContext context)
{
	TvProfile  *copy = MemoryContextAlloc(context, sizeof(TvProfile));

	*copy = *profile;
	copy->speed_classes = copy_names(profile->speed_classes, profile->speed_count, context);
	copy->speeds_kph = MemoryContextAlloc(context, sizeof(double) * Max(profile->speed_count, 1));
	memcpy(copy->speeds_kph, profile->speeds_kph, sizeof(double) * profile->speed_count);
	copy->forbidden = copy_names(profile->forbidden, profile->forbidden_count, context);
	return copy;
}

/* Kinds of roads -------------------------------------------------------------- */

static uint16
use_of(const TvProfile *profile, const TvRoadKind *road, char *const *classes)
{
	char *const *speed = NULL;

	if (road->gate != 0 && !profile->gates)
		return TV_ROAD_CLOSED;
	for (int i = 0; i < TV_LIMITS; i++)
		if (road->limit[i] < profile->measure[i])
			return TV_ROAD_CLOSED;
	if (road->class != 0)
	{
		if (bsearch(&classes[road->class], profile->forbidden, profile->forbidden_count, sizeof(char *), compare_names) != NULL)
			return TV_ROAD_CLOSED;
		speed = bsearch(&classes[road->class], profile->speed_classes, profile->speed_count, sizeof(char *), compare_names);
	}
	return speed == NULL ? 0 : speed - profile->speed_classes + 1;
}

uint16 *
tv_profile_uses(const TvProfile *profile, const TvRoadKind *roads, uint32 count, char *const *classes, MemoryContext context)
{
	uint16	   *uses = MemoryContextAlloc(context, sizeof(uint16) * count);

	for (uint32 i = 0; i < count; i++)
	{
		tv_interrupts_at(i);
		uses[i] = use_of(profile, &roads[i], classes);
	}
	return uses;
}

/* Which row holds ------------------------------------------------------------- */

typedef struct Row
{
	int64		world_id;
	int64		timeline_id;	/* 0: every timeline */
	TvProfile  *profile;
} Row;

typedef struct Rows
{
	MemoryContext context;
	uint32		count;
	uint32		capacity;
	Row		   *rows;
} Rows;

static void
receive_profile(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Rows	   *rows = target;

	if (rows->count == rows->capacity)
		rows->rows = tv_grow(rows->context, rows->rows, sizeof(Row), &rows->capacity);
	rows->rows[rows->count++] = (Row) {
		.world_id = DatumGetInt64(values[COLUMN_WORLD]),
		.timeline_id = nulls[COLUMN_TIMELINE] ? 0 : DatumGetInt64(values[COLUMN_TIMELINE]),
		.profile = read_profile(values, nulls, rows->context)
	};
}

static void
read_rows(Rows *rows, const char *name, const int64 *worlds, uint32 world_count, const int64 *timelines, uint32 timeline_count)
{
	TvArg		args[] = {
		{TEXTOID, CStringGetTextDatum(name)},
		tv_arg_bigints(worlds, world_count),
		tv_arg_bigints(timelines, timeline_count)
	};

	tv_scan(SELECT_PROFILES
			" WHERE p.name OPERATOR(pg_catalog.=) $1 AND p.world_id OPERATOR(pg_catalog.=) ANY ($2)"
			" AND (p.timeline_id IS NULL OR p.timeline_id OPERATOR(pg_catalog.=) ANY ($3))",
			lengthof(args), args, receive_profile, rows);
}

static const TvProfile *
find_row(const Rows *rows, int64 world_id, int64 timeline_id)
{
	for (uint32 i = 0; i < rows->count; i++)
		if (rows->rows[i].world_id == world_id && rows->rows[i].timeline_id == timeline_id)
			return rows->rows[i].profile;
	return NULL;
}

static const TvProfile *
find_on_layer(const Rows *rows, const TvRows *scope, uint32 layer)
{
	const TvWorldRows *world = &scope->worlds[scope->layers[layer].world];
	const TvProfile *profile = NULL;

	for (uint32 t = scope->layers[layer].timeline; profile == NULL && t != TVM_NO_TIMELINE; t = world->parents[t])
		profile = find_row(rows, world->id, world->timeline_ids[t]);
	return profile != NULL ? profile : find_row(rows, world->id, 0);
}

static void
receive_names(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(char **) target = nulls[0] ? NULL : TextDatumGetCString(values[0]);
}

/* With names that the caller may have meant. */
static pg_attribute_noreturn() void
report_missing(int64 world_id, const char *name)
{
	TvArg		args[] = {tv_arg_bigint(world_id)};
	char	   *names = NULL;

	tv_scan("SELECT pg_catalog.string_agg(n.name, ', ' ORDER BY n.name) FROM (SELECT p.name FROM timevmaps.vehicle_profiles p"
			" WHERE p.world_id OPERATOR(pg_catalog.=) $1 GROUP BY p.name ORDER BY p.name LIMIT 10) n",
			lengthof(args), args, receive_names, &names);
	ereport(ERROR,
			(errcode(TV_ERRCODE_NOT_FOUND),
			 errmsg("no such profile of vehicles"),
			 errdetail("There is no profile \"%s\" on this timeline, or it is not visible to this role.", tv_cut(name)),
			 names == NULL ? errhint("Profiles are rows of vehicle_profiles; this world has none that this role sees.")
			 : errhint("Profiles of this world, on whatever timeline: %s. Without one: profile => 'none'.", names)));
}

/* A gateway needs to be allowed at both of its ends. */
static void
leave_out_gateways(TvRows *rows)
{
	TvGatewayRow *kept = NULL;
	uint32		count = 0;
	bool		all = true;

	for (uint32 i = 0; i < rows->layer_count; i++)
		all = all && rows->layers[i].profile->gateways;
	if (all)
		return;
	kept = tv_load_grow(rows, NULL, sizeof(TvGatewayRow), 0, Max(rows->gateway_count, 1));
	for (uint32 g = 0; g < rows->gateway_count; g++)
	{
		const TvGatewayRow *gateway = &rows->gateways[g];
		bool		taken = true;

		tv_interrupts_at(g);
		for (uint32 i = 0; i < rows->layer_count; i++)
			if (rows->layers[i].timeline_id == gateway->from_timeline_id || rows->layers[i].timeline_id == gateway->to_timeline_id)
				taken = taken && rows->layers[i].profile->gateways;
		if (taken)
			kept[count++] = *gateway;
	}
	rows->gateways = kept;
	rows->gateway_count = count;
}

void
tv_profiles_load(TvRows *rows, int64 timeline_id, const char *name, const TvProfile *otherwise)
{
	MemoryContext context = rows->env->context;
	TvIds		worlds = {.context = context};
	TvIds		timelines = {.context = context};
	Rows		found = {.context = context};

	if (name == NULL)
		name = rows->worlds[0].default_profile;
	if (name == NULL || strcmp(name, TV_PROFILE_NONE) == 0)
		return;
	/* Where no gateways lead to the destination's timeline there are no layers, and still it must be there. */
	if (rows->layer_count == 0)
	{
		TvIds		chain = {.context = context};
		TvmWorldRules rules;

		tv_chain_find(rows->env, rows->worlds[0].id, timeline_id, &rules, NULL, &chain);
		if (otherwise == NULL)
			(void) tv_profile_of_chain(rows->env, rows->worlds[0].id, &chain, name);
		return;
	}
	for (uint32 w = 0; w < rows->world_count; w++)
	{
		tv_ids_add(&worlds, rows->worlds[w].id);
		for (uint32 t = 0; t < rows->worlds[w].timeline_count; t++)
			tv_ids_add(&timelines, rows->worlds[w].timeline_ids[t]);
	}
	read_rows(&found, name, worlds.ids, worlds.count, timelines.ids, timelines.count);
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		rows->layers[i].profile = find_on_layer(&found, rows, i);
		if (rows->layers[i].profile == NULL && i == 0)
			rows->layers[i].profile = otherwise;
		if (rows->layers[0].profile == NULL)
			report_missing(rows->worlds[0].id, name);
		if (rows->layers[i].profile == NULL)
			rows->layers[i].profile = rows->layers[0].profile;
	}
	leave_out_gateways(rows);
}

static const TvProfile *
find_on_chain(MemoryContext context, int64 world_id, const TvIds *chain, const char *name)
{
	Rows		found = {.context = context};
	const TvProfile *profile = NULL;

	read_rows(&found, name, &world_id, 1, chain->ids, chain->count);
	for (uint32 i = 0; profile == NULL && i < chain->count; i++)
		profile = find_row(&found, world_id, chain->ids[i]);
	return profile != NULL ? profile : find_row(&found, world_id, 0);
}

const TvProfile *
tv_profile_of_chain(TvEnv *env, int64 world_id, const TvIds *chain, const char *name)
{
	const TvProfile *profile;

	if (name == NULL || strcmp(name, TV_PROFILE_NONE) == 0)
		return NULL;
	profile = find_on_chain(env->context, world_id, chain, name);
	if (profile == NULL)
		report_missing(world_id, name);
	return profile;
}

bool
tv_profile_exists(int64 world_id, const TvIds *chain, const char *name)
{
	return find_on_chain(CurrentMemoryContext, world_id, chain, name) != NULL;
}

typedef struct Named
{
	MemoryContext context;
	char	   *name;
} Named;

static void
receive_name(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Named	   *named = target;

	named->name = MemoryContextStrdup(named->context, TextDatumGetCString(values[0]));
}

char *
tv_profile_of_vehicle(TvEnv *env, int64 world_id, int64 timeline_id, int64 vehicle_id)
{
	Named		named = {.context = env->context};
	TvArg		args[2];

	SPI_connect();
	args[0] = tv_arg_bigint(vehicle_id);
	args[1] = tv_arg_bigint(world_id);
	tv_scan("SELECT v.profile FROM timevmaps.vehicles v WHERE v.id OPERATOR(pg_catalog.=) $1"
			" AND v.world_id OPERATOR(pg_catalog.=) $2 AND v.profile IS NOT NULL",
			lengthof(args), args, receive_name, &named);
	if (named.name != NULL)
	{
		TvIds		chain = {.context = env->context};
		TvmWorldRules rules;

		tv_chain_find(env, world_id, timeline_id, &rules, NULL, &chain);
		if (!tv_profile_exists(world_id, &chain, named.name))
			named.name = NULL;
	}
	SPI_finish();
	return named.name;
}

/* One segment ----------------------------------------------------------------- */

typedef struct Segment
{
	TvRoadKinds *roads;
	const TvIds *chain;
	uint32	   *parents;
	bool		found;
	TvRoadKind	road;
	uint32		override_count;
	uint32		override_capacity;
	TvRoadOverride *overrides;
} Segment;

static void
receive_road(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Segment    *segment = target;
	TvRoadOverride *override;

	if (nulls[0])
	{
		segment->road = tv_road_kind_read(segment->roads, values + 1, nulls + 1, NULL);
		segment->found = true;
		return;
	}
	if (segment->override_count == segment->override_capacity)
		segment->overrides = tv_grow(segment->roads->context, segment->overrides, sizeof(TvRoadOverride),
									 &segment->override_capacity);
	override = &segment->overrides[segment->override_count++];
	*override = (TvRoadOverride) {0};
	while (segment->chain->ids[override->timeline] != DatumGetInt64(values[0]))
		override->timeline++;
	override->road = tv_road_kind_read(segment->roads, values + 1, nulls + 1, &override->says);
}

bool
tv_profile_may_use(const TvProfile *profile, const TvIds *chain, int64 segment_id, const TvWhatIfSegment *supposed)
{
	TvArg		args[2];
	Segment		segment = {.chain = chain};
	uint16		road;
	bool		may;

	/* Perhaps within another scan, whose memory is not this one's. */
	SPI_connect();
	args[0] = tv_arg_bigint(segment_id);
	args[1] = tv_arg_bigints(chain->ids, chain->count);
	segment.roads = tv_road_kinds_create(CurrentMemoryContext);
	segment.parents = palloc(sizeof(uint32) * chain->count);
	for (uint32 i = 0; i < chain->count; i++)
		segment.parents[i] = i + 1 < chain->count ? i + 1 : TVM_NO_TIMELINE;
	tv_scan("SELECT NULL::pg_catalog.int8, " TV_ROAD_COLUMNS("s") " FROM timevmaps.segments s"
			" WHERE s.id OPERATOR(pg_catalog.=) $1"
			" UNION ALL "
			"SELECT o.timeline_id, " TV_ROAD_COLUMNS("o") " FROM timevmaps.segment_overrides o"
			" WHERE o.segment_id OPERATOR(pg_catalog.=) $1 AND o.timeline_id OPERATOR(pg_catalog.=) ANY ($2)"
			" AND " TV_ROAD_SAYS_SOMETHING("o"),
			lengthof(args), args, receive_road, &segment);
	may = segment.found;
	if (may)
	{
		road = tv_road_kinds_intern(segment.roads, &segment.road);
		road = tv_road_kinds_resolve_one(segment.roads, segment.parents, segment.overrides, segment.override_count, 0, 0, road);
		segment.road = segment.roads->roads[road];
		if (supposed != NULL)
		{
			TvRoadOverride override = {0};

			override.road = tv_what_if_road(segment.roads, supposed, &override.says);
			tv_road_kind_put(&segment.road, &override);
		}
		may = use_of(profile, &segment.road, segment.roads->classes) != TV_ROAD_CLOSED;
	}
	SPI_finish();
	return may;
}

/* Files ----------------------------------------------------------------------- */

bool
tv_profile_is_in_use(int64 world_id, uint64 hash)
{
	Rows		found = {.context = CurrentMemoryContext};
	TvArg		args[] = {tv_arg_bigint(world_id)};

	tv_scan(SELECT_PROFILES " WHERE p.world_id OPERATOR(pg_catalog.=) $1", lengthof(args), args, receive_profile, &found);
	for (uint32 i = 0; i < found.count; i++)
		if (found.rows[i].profile->hash == hash)
			return true;
	return false;
}
