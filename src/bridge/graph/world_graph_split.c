/*
 * world_graph_split.c: the places of a world's graph that are split; see world_graph_split.h.
 */
#include "postgres.h"

#include "bridge/graph/world_graph_split.h"
#include "bridge/network/junctions.h"
#include "bridge/network/rules.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"

#define FIND(rows, count, id) tv_load_find(rows, sizeof((rows)[0]), count, DatumGetInt64(id))

static void
receive_turn(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvTurnsOfWorld *turns = target;
	const TvWorldRows *world = turns->world;
	TvmTurnRule rule = {
		.timeline = TVM_NO_TIMELINE,
		.from = FIND(world->segments, world->segment_count, values[0]),
		.via = FIND(world->places, world->place_count, values[1]),
		.to = FIND(world->segments, world->segment_count, values[2]),
		.kind = TVM_TURN_NO
	};

	if (rule.from == TV_NONE || rule.via == TV_NONE || rule.to == TV_NONE)
		return;
	if (turns->count == turns->capacity)
		turns->rules = tv_grow(turns->context, turns->rules, sizeof(TvmTurnRule), &turns->capacity);
	turns->rules[turns->count++] = rule;
}

void
tv_graph_load_turns(TvEnv *env, const TvWorldRows *world, TvTurnsOfWorld *turns)
{
	TvArg		args[] = {tv_arg_bigint(world->id)};
	TvmWorldRules rules;

	*turns = (TvTurnsOfWorld) {.world = world, .context = env->context};
	tv_scan("SELECT t.from_segment_id, t.via_place_id, t.to_segment_id FROM timevmaps.turns t"
			" WHERE t.world_id OPERATOR(pg_catalog.=) $1",
			lengthof(args), args, receive_turn, turns);
	if (turns->count == 0)
		return;
	tv_rules_read(env, world->id, &rules);
	turns->u_turn_s = rules.u_turn_s;
}

/*
 * The nodes of all places in the order of these: of a junction first where ways begin and end, which nothing leads
 * through, then its ports, which so take the place that it has in a separator.
 */
static uint32 *
insert_ports(TvEnv *env, const TvmSplit *split, const uint32 *places)
{
	uint32	   *order = tv_env_take(env, sizeof(uint32) * (Size) split->node_count);
	uint32		count = 0;

	for (uint32 i = 0; i < split->place_count; i++)
	{
		uint32		junction = tvm_split_junction(split, places[i]);

		tv_interrupts_at(i);
		order[count++] = places[i];
		if (junction == TVM_SPLIT_NONE)
			continue;
		for (uint32 p = split->first_port[junction]; p < split->first_port[junction + 1]; p++)
			order[count++] = split->place_count + p;
	}
	Assert(count == split->node_count);
	return order;
}

/* Leave out places that a graph does not split; how many are left. */
static size_t
leave_out_hubs(TvEnv *env, const TvmTopology *plain, uint32 *places, size_t count)
{
	uint32	   *in;
	uint32	   *out;
	size_t		kept = 0;

	tv_junctions_ways(env, plain, &in, &out);
	for (size_t i = 0; i < count; i++)
		if (tv_graph_may_split(in[places[i]], out[places[i]]))
			places[kept++] = places[i];
	pfree(out);
	pfree(in);
	return kept;
}

bool
tv_graph_split(TvEnv *env, const TvTurnsOfWorld *turns, TvmTopology *plain, uint32 **order,
			   TvmSplit *split, TvmTopology *topology)
{
	uint32	   *junctions;
	size_t		wanted;
	size_t		count;
	uint32	   *places = *order;

	*topology = *plain;
	memset(split, 0, sizeof(*split));
	tv_check(env, tvm_turns_junctions(&env->tvm, plain, turns->rules, turns->count, turns->u_turn_s, &junctions, &wanted));
	count = wanted == 0 ? 0 : leave_out_hubs(env, plain, junctions, wanted);
	if (count == 0)
	{
		tvm_free(&env->tvm, junctions);
		return wanted == 0;
	}
	tv_check(env, tvm_split_topology(&env->tvm, plain, junctions, count, split, topology));
	tvm_free(&env->tvm, junctions);
	tvm_topology_free(&env->tvm, plain);
	*order = insert_ports(env, split, places);
	pfree(places);
	return count == wanted;
}
