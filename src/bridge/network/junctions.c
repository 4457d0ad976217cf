/*
 * junctions.c: the places that are split because of rules for turns; see junctions.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/network/junctions.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"

/* Size ---------------------------------------------------------------------- */

void
tv_junctions_ways(TvEnv *env, const TvmTopology *plain, uint32 **in, uint32 **out)
{
	Size		nodes = Max(plain->node_count, 1);

	*in = MemoryContextAllocExtended(env->context, sizeof(uint32) * nodes, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	*out = MemoryContextAllocExtended(env->context, sizeof(uint32) * nodes, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 s = 0; s < plain->segment_count; s++)
	{
		uint32		a = plain->a[s];
		uint32		b = plain->b[s];

		tv_interrupts_at(s);
		(*out)[a]++;
		(*in)[b]++;
		if (plain->oneway[s])
			continue;
		(*out)[b]++;
		(*in)[a]++;
	}
}

void
tv_junctions_find(TvEnv *env, const TvWorldRows *world, const TvmTopology *plain, TvJunctions *junctions)
{
	Size		nodes = Max(plain->node_count, 1);
	uint32	   *in;
	uint32	   *out;
	bool	   *split;

	*junctions = (TvJunctions) {0};
	tv_check(env, tvm_turns_junctions(&env->tvm, plain, world->turns, world->turn_count, world->rules.u_turn_s,
									  &junctions->places, &junctions->count));
	if (junctions->count == 0)
		return;
	tv_junctions_ways(env, plain, &in, &out);
	split = MemoryContextAllocExtended(env->context, nodes, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (size_t i = 0; i < junctions->count; i++)
		split[junctions->places[i]] = true;
	for (uint32 s = 0; s < plain->segment_count; s++)
	{
		tv_interrupts_at(s);
		junctions->backs += !plain->oneway[s] && (split[plain->a[s]] || split[plain->b[s]]);
	}
	for (size_t i = 0; i < junctions->count; i++)
	{
		uint32		place = junctions->places[i];

		tv_interrupts_at(i);
		junctions->ports += (uint64) in[place] + out[place] + 1;
		junctions->turns += ((uint64) in[place] + 1) * ((uint64) out[place] + 1);
	}
	pfree(split);
	pfree(out);
	pfree(in);
}

Size
tv_junctions_bytes(const TvJunctions *junctions)
{
	return 4 * sizeof(uint32) * junctions->count + sizeof(uint32) * (junctions->ports + junctions->backs) +
		sizeof(TvmTurn) * junctions->turns;
}

/* Parts --------------------------------------------------------------------- */

static uint32
whole_of(const TvWorldRows *world, uint32 segment)
{
	uint32		whole = world->segments[segment].part_of;

	return whole == TV_NONE ? segment : whole;
}

/* The arc of the whole segment that goes as an arc of a part does. */
static uint32
whole_arc(const TvWorldRows *world, uint32 arc)
{
	return arc == TVM_TURN_NONE ? arc : TVM_ARC(whole_of(world, TVM_ARC_SEGMENT(arc)), TVM_ARC_REVERSE(arc));
}

/* The parts come last. */
static uint32
first_part(const TvWorldRows *world)
{
	uint32		first = world->segment_count;

	while (first > 0 && world->segments[first - 1].part_of != TV_NONE)
		first--;
	return first;
}

#define SEVERAL (TV_NONE - 1)

/* Of each place the segment that alone, or in parts, leads out of it; SEVERAL, or TV_NONE where nothing does. */
static uint32 *
find_only_ways(TvEnv *env, const TvWorldRows *world)
{
	uint32	   *only = MemoryContextAllocHuge(env->context, sizeof(uint32) * Max((Size) world->place_count, 1));

	for (uint32 i = 0; i < world->place_count; i++)
		only[i] = TV_NONE;
	for (uint32 s = 0; s < world->segment_count; s++)
	{
		const TvSegmentRow *row = &world->segments[s];
		uint32		whole = whole_of(world, s);

		tv_interrupts_at(s);
		if (only[row->a] != whole)
			only[row->a] = only[row->a] == TV_NONE ? whole : SEVERAL;
		if (!row->oneway && only[row->b] != whole)
			only[row->b] = only[row->b] == TV_NONE ? whole : SEVERAL;
	}
	return only;
}

/*
 * Where turning back is forbidden but at dead ends, a part beside its segment would make a dead end none: what
 * is said of every timeline first, so that any row says it louder.
 */
static TvmTurnRule *
add_dead_ends(TvEnv *env, const TvWorldRows *world, Size *count)
{
	uint32		first = first_part(world);
	TvmTurnRule *rules = MemoryContextAllocHuge(env->context, sizeof(TvmTurnRule) *
												(world->turn_count + 2 * (Size) (world->segment_count - first) + 1));

	uint32	   *only = find_only_ways(env, world);

	*count = 0;
	for (uint32 s = first; s < world->segment_count; s++)
	{
		uint32		whole = world->segments[s].part_of;
		uint32		ends[2] = {world->segments[whole].a, world->segments[whole].b};

		for (int i = 0; i < 2; i++)
			if (only[ends[i]] == whole || only[ends[i]] == TV_NONE)
				rules[(*count)++] = (TvmTurnRule) {
					.timeline = TVM_NO_TIMELINE, .from = whole, .via = ends[i], .to = whole, .kind = TVM_TURN_COST
				};
	}
	pfree(only);
	memcpy(rules + *count, world->turns, sizeof(TvmTurnRule) * world->turn_count);
	*count += world->turn_count;
	return rules;
}

/* Where the arc stands among the first turns of rows (`step` columns apart) or among the turns of the first row; they ascend. */
static uint32
index_of(const TvmTurn *turn, uint32 count, uint32 step, uint32 arc)
{
	uint32		low = 1;		/* 0 is the place itself */
	uint32		high = count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if ((step > 1 ? turn[(Size) middle * step].from : turn[middle].to) < arc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What turns into parts and out of them cost at a junction: what those of their segments do. */
static void
copy_at(TvEnv *env, const TvWorldRows *world, const TvmSplit *split, uint32 junction, double *penalty_s)
{
	uint32		first = split->first_turn[junction];
	const TvmTurn *turn = split->turn + first;
	uint32		columns = tvm_split_columns(split, junction);
	uint32		rows = (split->first_turn[junction + 1] - first) / columns;
	uint32	   *row_of = MemoryContextAlloc(env->context, sizeof(uint32) * rows);
	uint32	   *column_of = MemoryContextAlloc(env->context, sizeof(uint32) * columns);

	row_of[0] = column_of[0] = 0;
	for (uint32 r = 1; r < rows; r++)
		row_of[r] = index_of(turn, rows, columns, whole_arc(world, turn[r * columns].from));
	for (uint32 c = 1; c < columns; c++)
		column_of[c] = index_of(turn, columns, 1, whole_arc(world, turn[c].to));
	for (uint32 r = 0; r < rows; r++)
	{
		tv_interrupts_at(r);
		for (uint32 c = 0; c < columns; c++)
			penalty_s[first + r * columns + c] = penalty_s[first + row_of[r] * columns + column_of[c]];
	}
	pfree(column_of);
	pfree(row_of);
}

/* The whole ----------------------------------------------------------------- */

void
tv_junctions_weigh(TvEnv *env, const TvWorldRows *world, const TvmSplit *split, const TvmTopology *topology,
				   uint32 timeline, double *penalty_s)
{
	uint32		first = first_part(world);
	bool		lifts = first < world->segment_count && isinf(world->rules.u_turn_s);
	TvmTurnRule *rules = world->turns;
	Size		count = world->turn_count;
	bool	   *copied;

	if (lifts)
		rules = add_dead_ends(env, world, &count);
	tv_check(env, tvm_turns_resolve(&env->tvm, split, topology, world->parents, world->timeline_count, rules, count,
									timeline, world->rules.u_turn_s, penalty_s, NULL));
	if (lifts)
		pfree(rules);
	if (first == world->segment_count)
		return;
	copied = MemoryContextAllocExtended(env->context, Max(split->junction_count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 s = first; s < world->segment_count; s++)
	{
		uint32		ends[2] = {world->segments[s].a, world->segments[s].b};

		for (int i = 0; i < 2; i++)
		{
			uint32		junction = tvm_split_junction(split, ends[i]);

			if (junction == TVM_SPLIT_NONE || copied[junction])
				continue;
			copied[junction] = true;
			copy_at(env, world, split, junction, penalty_s);
		}
	}
	pfree(copied);
}
