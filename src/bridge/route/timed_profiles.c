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

static void
receive_profile(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvTimedProfiles *timed = target;
	ArrayType  *factors = DatumGetArrayTypeP(values[1]);
	TvEnv	   *env = timed->rows->env;

	if (ARR_NDIM(factors) != 1 || ARR_DIMS(factors)[0] != TVM_WEEK_HOURS || array_contains_nulls(factors))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("profile is not one factor an hour of the week"),
				 errdetail("Profile %lld.", (long long) DatumGetInt64(values[0]))));
	if (timed->profile_count == timed->profile_capacity)
	{
		uint32		larger = timed->profile_capacity + timed->profile_capacity / 2 + 16;

		timed->profile_ids = tv_load_grow(timed->rows, timed->profile_ids, sizeof(int64),
										  timed->profile_capacity, larger);
		timed->profiles = tv_load_grow(timed->rows, timed->profiles, sizeof(TvmProfile),
									   timed->profile_capacity, larger);
		timed->fastest = tv_load_grow(timed->rows, timed->fastest, sizeof(int),
									  timed->profile_capacity, larger);
		timed->profile_capacity = larger;
	}
	timed->profile_ids[timed->profile_count] = DatumGetInt64(values[0]);
	memcpy(timed->profiles[timed->profile_count].factor, ARR_DATA_PTR(factors), sizeof(TvmProfile));
	tv_check(env, tvm_profile_check(&env->tvm, &timed->profiles[timed->profile_count]));
	timed->fastest[timed->profile_count] = tvm_profile_fastest(&timed->profiles[timed->profile_count]);
	timed->profile_count++;
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
	TvTimedProfiles *timed = target;
	TvWorldRows *world = timed->world;
	uint32		segment = tv_load_find(timed->segments_of_world, timed->stride, timed->segment_count,
									   DatumGetInt64(values[1]));
	uint32		profile = TVM_NO_PROFILE;

	timed->extra_follows |= timed->prepared != NULL && is_extra(timed->prepared, DatumGetInt64(values[1]));

	if (!nulls[2])
		profile = tv_load_find(timed->profile_ids, sizeof(int64), timed->profile_count, DatumGetInt64(values[2]));
	if (segment == TV_NONE || (!nulls[2] && profile == TV_NONE))
		return;					/* not in these timelines, or hidden from the caller */
	if (timed->choice_count == timed->choice_capacity)
	{
		uint32		larger = timed->choice_capacity + timed->choice_capacity / 2 + 256;

		timed->choices = tv_load_grow(timed->rows, timed->choices, sizeof(TvmProfileChoice),
									  timed->choice_capacity, larger);
		timed->choice_capacity = larger;
	}
	timed->choices[timed->choice_count++] = (TvmProfileChoice) {
		.timeline = nulls[0] ? TVM_NO_TIMELINE
		: tv_load_find(world->timeline_ids, sizeof(int64), world->timeline_count, DatumGetInt64(values[0])),
		.segment = segment,
		.profile = profile
	};
}

static void
load_profiles(TvTimedProfiles *timed)
{
	TvRows	   *rows = timed->rows;
	int64	   *worlds = palloc(sizeof(int64) * rows->world_count);
	TvArg		args[1];

	for (uint32 i = 0; i < rows->world_count; i++)
		worlds[i] = rows->worlds[i].id;
	args[0] = tv_arg_bigints(worlds, rows->world_count);
	tv_scan("SELECT p.id, p.factors FROM timevmaps.speed_profiles p"
			" WHERE p.world_id OPERATOR(pg_catalog.=) ANY ($1) ORDER BY p.id",
			lengthof(args), args, receive_profile, timed);
}

/* What timelines of one world say; replaces the choices of another. */
static void
load_choices(TvTimedProfiles *timed, TvWorldRows *world)
{
	TvArg		args[] = {
		tv_arg_bigint(world->id),
		tv_arg_bigints(world->timeline_ids, world->timeline_count)
	};

	timed->world = world;
	timed->choice_count = 0;
	tv_scan("SELECT c.timeline_id, c.segment_id, c.profile_id FROM timevmaps.segment_profiles c"
			" WHERE c.world_id OPERATOR(pg_catalog.=) $1"
			" AND (c.timeline_id IS NULL OR c.timeline_id OPERATOR(pg_catalog.=) ANY ($2))",
			lengthof(args), args, receive_choice, timed);
}

/* Which segments of a layer follow which profile, and memory for the rest. */
static void
resolve_layer(TvTimedProfiles *timed, uint32 layer)
{
	TvRows	   *rows = timed->rows;
	TvEnv	   *env = rows->env;
	const TvWorldRows *world = timed->world;
	uint32	   *slots = tv_load_grow(rows, NULL, sizeof(uint32), 0, Max(timed->segment_count, 1));
	uint32		count = 0;

	tv_check(env, tvm_profile_resolve(&env->tvm, world->parents, world->timeline_count,
									  timed->choices, timed->choice_count, timed->segment_count,
									  rows->layers[layer].timeline, slots));
	for (uint32 i = 0; i < timed->segment_count; i++)
		count += slots[i] != TVM_NO_PROFILE;
	if (count == 0)
		return;
	timed->slots[layer] = slots;
	timed->any = true;
	timed->segments[layer] = tv_load_grow(rows, NULL, sizeof(TvmTimedSegment), 0, count);
	if (timed->prepared == NULL)
		timed->weights[layer] = tv_load_grow(rows, NULL, sizeof(double), 0, timed->segment_count);
	timed->layers[layer] = (TvmTimedLayer) {.slots = slots, .segments = timed->segments[layer]};
}

void
tv_timed_load(TvTimedProfiles *timed)
{
	TvRows	   *rows = timed->rows;

	timed->layers = MemoryContextAllocZero(rows->env->context, sizeof(TvmTimedLayer) * rows->layer_count);
	timed->slots = MemoryContextAllocZero(rows->env->context, sizeof(uint32 *) * rows->layer_count);
	timed->segments = MemoryContextAllocZero(rows->env->context, sizeof(TvmTimedSegment *) * rows->layer_count);
	timed->weights = MemoryContextAllocZero(rows->env->context, sizeof(double *) * rows->layer_count);
	load_profiles(timed);
	for (uint32 w = 0; w < rows->world_count; w++)
	{
		timed->segments_of_world = rows->worlds[w].segments;
		timed->stride = sizeof(TvSegmentRow);
		timed->segment_count = rows->worlds[w].segment_count;
		if (timed->prepared != NULL)
		{
			timed->segments_of_world = timed->prepared->graphs[w]->segment_ids;
			timed->stride = sizeof(int64);
			timed->segment_count = timed->prepared->graphs[w]->cch.segment_count;
		}
		load_choices(timed, &rows->worlds[w]);
		for (uint32 l = 0; l < rows->layer_count && timed->choice_count > 0; l++)
			if (rows->layers[l].world == w)
				resolve_layer(timed, l);
	}
}
