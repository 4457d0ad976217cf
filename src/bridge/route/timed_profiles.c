/*
 * timed_profiles.c: which segments follow which speed profile; see timed_profiles.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/route/timed_profiles.h"
#include "bridge/server/scan.h"

/* Rows -------------------------------------------------------------------- */

typedef struct Loading
{
	TvRows	   *rows;
	const TvPrepared *prepared; /* NULL: the rows are searched */
	TvTimedProfiles *profiles;
	uint32		profile_capacity;
	int64	   *profile_ids;

	/* Of one world at a time; the segments' ids ascend, at this distance from each other. */
	TvWorldRows *world;
	const void *segments;
	Size		stride;
	uint32		segment_count;
	uint32		choice_count;
	uint32		choice_capacity;
	TvmProfileChoice *choices;
} Loading;

static void
receive_profile(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Loading    *loading = target;
	TvTimedProfiles *profiles = loading->profiles;
	ArrayType  *factors = DatumGetArrayTypeP(values[1]);
	TvEnv	   *env = loading->rows->env;

	if (ARR_NDIM(factors) != 1 || ARR_DIMS(factors)[0] != TVM_WEEK_HOURS || array_contains_nulls(factors))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("profile is not one factor an hour of the week"),
				 errdetail("Profile %lld.", (long long) DatumGetInt64(values[0]))));
	if (profiles->profile_count == loading->profile_capacity)
	{
		uint32		larger = loading->profile_capacity + loading->profile_capacity / 2 + 16;

		loading->profile_ids = tv_load_grow(loading->rows, loading->profile_ids, sizeof(int64),
											loading->profile_capacity, larger);
		profiles->profiles = tv_load_grow(loading->rows, profiles->profiles, sizeof(TvmProfile),
										  loading->profile_capacity, larger);
		profiles->fastest = tv_load_grow(loading->rows, profiles->fastest, sizeof(int),
										 loading->profile_capacity, larger);
		loading->profile_capacity = larger;
	}
	loading->profile_ids[profiles->profile_count] = DatumGetInt64(values[0]);
	memcpy(profiles->profiles[profiles->profile_count].factor, ARR_DATA_PTR(factors), sizeof(TvmProfile));
	tv_check(env, tvm_profile_check(&env->tvm, &profiles->profiles[profiles->profile_count]));
	profiles->fastest[profiles->profile_count] = tvm_profile_fastest(&profiles->profiles[profiles->profile_count]);
	profiles->profile_count++;
}

static bool
is_extra(const TvPrepared *prepared, int64 segment_id)
{
	for (uint32 i = 0; i < prepared->link_count; i++)
		if (prepared->link_extra[i] != NULL && prepared->link_extra[i]->segment_id == segment_id)
			return true;
	return false;
}

static void
receive_choice(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Loading    *loading = target;
	TvTimedProfiles *profiles = loading->profiles;
	const TvWorldRows *world = loading->world;
	uint32		segment = tv_load_find(loading->segments, loading->stride, loading->segment_count,
									   DatumGetInt64(values[1]));
	uint32		profile = TVM_NO_PROFILE;

	profiles->extra_follows |= loading->prepared != NULL && is_extra(loading->prepared, DatumGetInt64(values[1]));
	if (!nulls[2])
		profile = tv_load_find(loading->profile_ids, sizeof(int64), profiles->profile_count, DatumGetInt64(values[2]));
	if (segment == TV_NONE || (!nulls[2] && profile == TV_NONE))
		return;					/* not in these timelines, or hidden from the caller */
	if (loading->choice_count == loading->choice_capacity)
	{
		uint32		larger = loading->choice_capacity + loading->choice_capacity / 2 + 256;

		loading->choices = tv_load_grow(loading->rows, loading->choices, sizeof(TvmProfileChoice),
										loading->choice_capacity, larger);
		loading->choice_capacity = larger;
	}
	loading->choices[loading->choice_count++] = (TvmProfileChoice) {
		.timeline = nulls[0] ? TVM_NO_TIMELINE
		: tv_load_find(world->timeline_ids, sizeof(int64), world->timeline_count, DatumGetInt64(values[0])),
		.segment = segment,
		.profile = profile
	};
}

static void
load_profiles(Loading *loading)
{
	TvRows	   *rows = loading->rows;
	int64	   *worlds = palloc(sizeof(int64) * rows->world_count);
	TvArg		args[1];

	for (uint32 i = 0; i < rows->world_count; i++)
		worlds[i] = rows->worlds[i].id;
	args[0] = tv_arg_bigints(worlds, rows->world_count);
	tv_scan("SELECT p.id, p.factors FROM timevmaps.speed_profiles p"
			" WHERE p.world_id OPERATOR(pg_catalog.=) ANY ($1) ORDER BY p.id",
			lengthof(args), args, receive_profile, loading);
}

/* What timelines of one world say; replaces the choices of another. */
static void
load_choices(Loading *loading, TvWorldRows *world)
{
	TvArg		args[] = {
		tv_arg_bigint(world->id),
		tv_arg_bigints(world->timeline_ids, world->timeline_count)
	};

	loading->world = world;
	loading->choice_count = 0;
	tv_scan("SELECT c.timeline_id, c.segment_id, c.profile_id FROM timevmaps.segment_profiles c"
			" WHERE c.world_id OPERATOR(pg_catalog.=) $1"
			" AND (c.timeline_id IS NULL OR c.timeline_id OPERATOR(pg_catalog.=) ANY ($2))",
			lengthof(args), args, receive_choice, loading);
}

/* Which segments of a layer follow which profile, and memory for the rest. */
static void
resolve_layer(Loading *loading, uint32 layer)
{
	TvTimedProfiles *profiles = loading->profiles;
	TvRows	   *rows = loading->rows;
	TvEnv	   *env = rows->env;
	const TvWorldRows *world = loading->world;
	uint32	   *slots = tv_load_grow(rows, NULL, sizeof(uint32), 0, Max(loading->segment_count, 1));
	uint32		count = 0;

	tv_check(env, tvm_profile_resolve(&env->tvm, world->parents, world->timeline_count,
									  loading->choices, loading->choice_count, loading->segment_count,
									  rows->layers[layer].timeline, slots));
	for (uint32 i = 0; i < loading->segment_count; i++)
		count += slots[i] != TVM_NO_PROFILE;
	if (count == 0)
		return;
	profiles->slots[layer] = slots;
	profiles->any = true;
	profiles->segments[layer] = tv_load_grow(rows, NULL, sizeof(TvmTimedSegment), 0, count);
	if (loading->prepared == NULL)
		profiles->weights[layer] = tv_load_grow(rows, NULL, sizeof(double), 0, loading->segment_count);
	profiles->layers[layer] = (TvmTimedLayer) {.slots = slots, .segments = profiles->segments[layer]};
}

void
tv_timed_load(TvTimedProfiles *profiles, TvRows *rows, const TvPrepared *prepared)
{
	MemoryContext context = rows->env->context;
	Loading		loading = {.rows = rows, .prepared = prepared, .profiles = profiles};

	*profiles = (TvTimedProfiles) {
		.layers = MemoryContextAllocZero(context, sizeof(TvmTimedLayer) * rows->layer_count),
		.slots = MemoryContextAllocZero(context, sizeof(uint32 *) * rows->layer_count),
		.segments = MemoryContextAllocZero(context, sizeof(TvmTimedSegment *) * rows->layer_count),
		.weights = MemoryContextAllocZero(context, sizeof(double *) * rows->layer_count)
	};
	load_profiles(&loading);
	for (uint32 w = 0; w < rows->world_count; w++)
	{
		loading.segments = rows->worlds[w].segments;
		loading.stride = sizeof(TvSegmentRow);
		loading.segment_count = rows->worlds[w].segment_count;
		if (prepared != NULL)
		{
			loading.segments = prepared->graphs[w]->segment_ids;
			loading.stride = sizeof(int64);
			loading.segment_count = prepared->graphs[w]->segment_count;
		}
		load_choices(&loading, &rows->worlds[w]);
		for (uint32 l = 0; l < rows->layer_count && loading.choice_count > 0; l++)
			if (rows->layers[l].world == w)
				resolve_layer(&loading, l);
	}
}
