/*
 * test_split.c: split junctions and resolved rules against lists gone through one by one, and what is refused.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "graph/turning.h"

/* Every node and arc of the expanded topology is what split.h says, by the tables alone. */
static void
check_split(const Turning *turning, const TvmSplit *split, const TvmTopology *expanded)
{
	const TvmTopology *plain = &turning->plain;
	uint32_t	turns = 0;
	uint32_t	segment;
	bool		reverse;

	CHECK_EQ(expanded->node_count, split->node_count);
	CHECK_EQ(expanded->segment_count, tvm_split_arcs(split));
	for (uint32_t v = 0; v < expanded->node_count; v++)
	{
		uint32_t	place = tvm_split_place(split, v);

		CHECK(v >= plain->node_count || place == v);
		CHECK_EQ(expanded->lat[v], plain->lat[place]);
		CHECK_EQ(expanded->lon[v], plain->lon[place]);
	}
	/* Each way along a segment is one arc between the places of its ends, nothing else leads from place to place. */
	for (uint32_t s = 0; s < expanded->segment_count; s++)
	{
		uint32_t	a = tvm_split_place(split, expanded->a[s]);
		uint32_t	b = tvm_split_place(split, expanded->b[s]);

		switch (tvm_split_arc(split, TVM_ARC(s, false), &segment, &reverse))
		{
			case TVM_SPLIT_AHEAD:
				CHECK(segment == s && !reverse && a == plain->a[s] && b == plain->b[s]);
				CHECK(expanded->oneway[s] == (plain->oneway[s] || tvm_split_back(split, s) != TVM_SPLIT_NONE));
				break;
			case TVM_SPLIT_BACK:
				CHECK(reverse && a == plain->b[segment] && b == plain->a[segment] && !plain->oneway[segment]);
				CHECK(expanded->oneway[s] && tvm_split_back(split, segment) == s);
				CHECK_EQ(tvm_split_passage(split, segment, true), TVM_ARC(s, false));
				break;
			default:
				CHECK(!reverse && segment == turns++ && a == b && expanded->oneway[s]);
				CHECK(tvm_split_junction(split, a) != TVM_SPLIT_NONE);
				break;
		}
	}
	CHECK_EQ(turns, split->turn_count);
}

/* From the arc that comes in at a port, by turns' tails, and so on: found by looking at all segments. */
static uint32_t
node_of(const TvmSplit *split, const TvmTopology *expanded, uint32_t arc, uint32_t place, bool out)
{
	uint32_t	passage;

	if (arc == TVM_TURN_NONE)
		return out ? tvm_split_end(split, place) : place;
	passage = tvm_split_passage(split, TVM_ARC_SEGMENT(arc), TVM_ARC_REVERSE(arc));
	return (out == TVM_ARC_REVERSE(passage) ? expanded->b : expanded->a)[TVM_ARC_SEGMENT(passage)];
}

/* Each turn joins the ports of its arcs, all turns are there once, and cost what the oracle says. */
static void
check_turns(const Turning *turning, const TvmSplit *split, const TvmTopology *expanded, uint32_t timeline, const double *penalty_s)
{
	uint32_t	arcs = 2 * turning->plain.segment_count;
	uint32_t	turn = 0;

	for (uint32_t j = 0; j < split->junction_count; j++)
	{
		uint32_t	v = split->junction[j];

		CHECK_EQ(split->first_turn[j], turn);
		for (uint32_t i = 0; i <= arcs; i++)
		{
			uint32_t	from = i == 0 ? TVM_TURN_NONE : i - 1;

			if (i > 0 && !turning_comes_in(turning, from, v))
				continue;
			for (uint32_t o = 0; o <= arcs; o++)
			{
				uint32_t	to = o == 0 ? TVM_TURN_NONE : o - 1;
				uint32_t	s = split->segment_count + split->back_count + turn;

				if (o > 0 && !turning_goes_out(turning, to, v))
					continue;
				CHECK(turn < split->first_turn[j + 1] && split->turn[turn].from == from && split->turn[turn].to == to);
				CHECK(expanded->a[s] == node_of(split, expanded, from, v, false));
				CHECK(expanded->b[s] == node_of(split, expanded, to, v, true));
				CHECK_EQ(penalty_s[turn], i == 0 || o == 0 ? 0 : turning_penalty(turning, timeline, from, v, to));
				turn++;
			}
		}
	}
	CHECK_EQ(turn, split->turn_count);
}

/* The places to split: those that a rule may be about, and with a price of U-turns those where one can turn back. */
static void
check_junctions(const Turning *turning, const uint32_t *junctions, size_t count)
{
	size_t		at = 0;

	for (uint32_t v = 0; v < turning->plain.node_count; v++)
	{
		bool		wanted = false;

		for (size_t i = 0; i < turning->rule_count; i++)
		{
			const TvmTurnRule *rule = &turning->rules[i];

			wanted |= rule->via == v && (turning->plain.a[rule->from] == v || turning->plain.b[rule->from] == v)
				&& (turning->plain.a[rule->to] == v || turning->plain.b[rule->to] == v);
		}
		for (uint32_t s = 0; turning->rule_count > 0 && turning->u_turn_s != 0 && s < turning->plain.segment_count; s++)
			wanted |= !turning->plain.oneway[s] && (turning->plain.a[s] == v || turning->plain.b[s] == v);
		if (wanted)
			CHECK(at < count && junctions[at++] == v);
	}
	CHECK_EQ(at, count);
}

TEST(split_turns_are_all_there_and_cost_what_rules_say)
{
	TvmRng		rng;
	int			split_worlds = 0;

	tvm_rng_init(&rng, 61, 0);
	for (int round = 0; round < 3000; round++)
	{
		TvmEnv	   *env = unit_env();
		Turning		turning;
		TvmSplit	split;
		TvmTopology expanded;
		uint32_t   *junctions;
		size_t		count;
		size_t		unsplit = 99;
		double	   *penalty_s;

		turning_make(env, &rng, &turning);
		CHECK(tvm_turns_junctions(env, &turning.plain, turning.rules, turning.rule_count, turning.u_turn_s, &junctions, &count) == TVM_OK);
		check_junctions(&turning, junctions, count);
		CHECK(tvm_split_topology(env, &turning.plain, junctions, count, &split, &expanded) == TVM_OK);
		penalty_s = tvm_alloc(env, split.turn_count, sizeof(double));
		if (count > 0)
			check_split(&turning, &split, &expanded);
		else
			CHECK(split.junction_count == 0 && expanded.node_count == turning.plain.node_count
				  && expanded.segment_count == turning.plain.segment_count);
		for (uint32_t t = 0; t < turning.timelines; t++)
		{
			CHECK(tvm_turns_resolve(env, &split, &expanded, turning.parents, turning.timelines, turning.rules, turning.rule_count,
									t, turning.u_turn_s, penalty_s, &unsplit) == TVM_OK);
			CHECK_EQ(unsplit, 0);
			check_turns(&turning, &split, &expanded, t, penalty_s);
		}
		split_worlds += count > 0;
		tvm_free(env, penalty_s);
		tvm_free(env, junctions);
		tvm_split_free(env, &split);
		tvm_topology_free(env, &expanded);
		turning_free(env, &turning);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(split_worlds > 1000);
}

/* A crossing of four two-way streets, 0 in the middle; segment s leads to place s + 1. */
static void
make_crossing(TvmEnv *env, TvmTopology *plain)
{
	CHECK(tvm_topology_alloc(env, plain, 5, 4) == TVM_OK);
	for (uint32_t v = 0; v < 5; v++)
		plain->lat[v] = plain->lon[v] = v;
	for (uint32_t s = 0; s < 4; s++)
	{
		plain->a[s] = 0;
		plain->b[s] = s + 1;
	}
}

TEST(split_tells_of_rules_where_nothing_is_split)
{
	static const TvmTurnRule rules[] = {
		{.from = 0, .via = 0, .to = 1, .kind = TVM_TURN_NO, .timeline = TVM_NO_TIMELINE},
		{.from = 0, .via = 0, .to = 1, .kind = TVM_TURN_COST, .penalty_s = 0, .timeline = 0},	/* lifts it */
		{.from = 2, .via = 2, .to = 3, .kind = TVM_TURN_NO, .timeline = TVM_NO_TIMELINE},	/* does not touch */
		{.from = 2, .via = 0, .to = 3, .kind = TVM_TURN_COST, .penalty_s = 7, .timeline = 1},
	};
	static const uint32_t parents[] = {TVM_NO_TIMELINE, 0};
	TvmEnv	   *env = unit_env();
	TvmTopology plain;
	TvmTopology expanded;
	TvmSplit	split;
	size_t		unsplit;
	double		none;

	make_crossing(env, &plain);
	CHECK(tvm_split_topology(env, &plain, NULL, 0, &split, &expanded) == TVM_OK);
	CHECK_EQ(tvm_split_place(&split, 3), 3);
	CHECK_EQ(tvm_split_end(&split, 3), 3);
	CHECK_EQ(tvm_split_back(&split, 3), TVM_SPLIT_NONE);
	CHECK(tvm_turns_resolve(env, &split, &expanded, parents, 2, rules, 4, 0, 0, &none, &unsplit) == TVM_OK);
	CHECK_EQ(unsplit, 0);
	CHECK(tvm_turns_resolve(env, &split, &expanded, parents, 2, rules, 4, 1, 0, &none, &unsplit) == TVM_OK);
	CHECK_EQ(unsplit, 1);
	CHECK(tvm_turns_resolve(env, &split, &expanded, parents, 2, rules, 1, 1, 0, &none, &unsplit) == TVM_OK);
	CHECK_EQ(unsplit, 1);
	tvm_topology_free(env, &expanded);
	tvm_topology_free(env, &plain);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(split_refuses_what_is_wrong)
{
	TvmEnv	   *env = unit_env();
	TvmTopology plain;
	TvmTopology expanded;
	TvmSplit	split;
	uint32_t	wrong[] = {1, 1};

	make_crossing(env, &plain);
	CHECK(tvm_split_topology(env, &plain, wrong, 2, &split, &expanded) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "junctions[1]") == 0);
	wrong[1] = 5;
	CHECK(tvm_split_topology(env, &plain, wrong, 2, &split, &expanded) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "junctions[1]") == 0);
	wrong[1] = 2;
	plain.b[3] = 5;
	CHECK(tvm_split_topology(env, &plain, wrong, 2, &split, &expanded) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "segments[3].b") == 0);
	plain.b[3] = 4;
	plain.lat[2] = NAN;
	CHECK(tvm_split_topology(env, &plain, wrong, 2, &split, &expanded) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "nodes[2].lat") == 0);
	CHECK(split.junction == NULL && expanded.lat == NULL);
	tvm_topology_free(env, &plain);
	CHECK_EQ(unit_env_live(), 0);
}

/* A place with as many two-way segments as wanted. */
static TvmStatus
split_star(TvmEnv *env, uint32_t segments, TvmSplit *split, TvmTopology *expanded)
{
	uint32_t	middle = 0;
	TvmTopology plain;
	TvmStatus	status;

	CHECK(tvm_topology_alloc(env, &plain, segments + 1, segments) == TVM_OK);
	for (uint32_t v = 0; v <= segments; v++)
		plain.lat[v] = plain.lon[v] = v % 90;
	for (uint32_t s = 0; s < segments; s++)
	{
		plain.a[s] = s % 2 == 0 ? 0 : s + 1;
		plain.b[s] = s % 2 == 0 ? s + 1 : 0;
	}
	status = tvm_split_topology(env, &plain, &middle, 1, split, expanded);
	tvm_topology_free(env, &plain);
	return status;
}

TEST(split_bounds_the_turns_of_one_place)
{
	TvmEnv	   *env = unit_env();
	TvmSplit	split;
	TvmTopology expanded;

	CHECK(split_star(env, 2047, &split, &expanded) == TVM_OK);
	CHECK_EQ(split.turn_count, TVM_SPLIT_MAX_TURNS);
	tvm_split_free(env, &split);
	tvm_topology_free(env, &expanded);
	CHECK(split_star(env, 2048, &split, &expanded) == TVM_LIMIT);
	CHECK(strcmp(env->error.path, "junctions[0]") == 0);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(turns_refuse_what_is_wrong)
{
	static const struct
	{
		TvmTurnRule rule;
		const char *path;
	}			wrong[] = {
		{{.from = 4, .via = 0, .to = 1, .timeline = 0}, "turns[1].from"},
		{{.from = 0, .via = 5, .to = 1, .timeline = 0}, "turns[1].via"},
		{{.from = 0, .via = 0, .to = 4, .timeline = 0}, "turns[1].to"},
		{{.from = 0, .via = 0, .to = 1, .timeline = 2}, "turns[1].timeline"},
		{{.from = 0, .via = 0, .to = 1, .kind = 3}, "turns[1].kind"},
		{{.from = 0, .via = 0, .to = 1, .kind = TVM_TURN_COST, .penalty_s = NAN}, "turns[1].penalty_s"},
		{{.from = 0, .via = 0, .to = 1, .kind = TVM_TURN_COST, .penalty_s = -1}, "turns[1].penalty_s"},
		{{.from = 0, .via = 0, .to = 1, .kind = TVM_TURN_COST, .penalty_s = INFINITY}, "turns[1].penalty_s"},
	};
	uint32_t	parents[] = {TVM_NO_TIMELINE, 0};
	uint32_t	middle = 0;
	TvmEnv	   *env = unit_env();
	TvmTopology plain;
	TvmTopology expanded;
	TvmSplit	split;
	uint32_t   *junctions;
	size_t		count;
	double		penalty_s[25];

	make_crossing(env, &plain);
	CHECK(tvm_split_topology(env, &plain, &middle, 1, &split, &expanded) == TVM_OK);
	CHECK_EQ(split.turn_count, 25);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		TvmTurnRule rules[2] = {{.from = 0, .via = 0, .to = 1, .timeline = 0}, wrong[i].rule};

		CHECK(tvm_turns_resolve(env, &split, &expanded, parents, 2, rules, 2, 0, 0, penalty_s, NULL) == TVM_INVALID);
		CHECK(strcmp(env->error.path, wrong[i].path) == 0);
		if (rules[1].timeline < 2)
		{
			CHECK(tvm_turns_junctions(env, &plain, rules, 2, 0, &junctions, &count) == TVM_INVALID);
			CHECK(strcmp(env->error.path, wrong[i].path) == 0);
		}
	}
	CHECK(tvm_turns_resolve(env, &split, &expanded, parents, 2, NULL, 0, 0, NAN, penalty_s, NULL) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "u_turn_s") == 0);
	CHECK(tvm_turns_resolve(env, &split, &expanded, parents, 2, NULL, 0, 2, 0, penalty_s, NULL) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "timeline") == 0);
	parents[0] = 1;
	CHECK(tvm_turns_resolve(env, &split, &expanded, parents, 2, NULL, 0, 1, 0, penalty_s, NULL) == TVM_INVALID);
	tvm_split_free(env, &split);
	tvm_topology_free(env, &expanded);
	tvm_topology_free(env, &plain);
	CHECK_EQ(unit_env_live(), 0);
}

/* All that can be made of a world. */
static TvmStatus
make_all(TvmEnv *env, const Turning *turning)
{
	TvmSplit	split = {0};
	TvmTopology expanded = {0};
	uint32_t   *junctions = NULL;
	double	   *penalty_s = NULL;
	size_t		count = 0;
	TvmStatus	status = tvm_turns_junctions(env, &turning->plain, turning->rules, turning->rule_count, turning->u_turn_s, &junctions, &count);

	if (status == TVM_OK)
		status = tvm_split_topology(env, &turning->plain, junctions, count, &split, &expanded);
	if (status == TVM_OK && (penalty_s = tvm_alloc(env, split.turn_count, sizeof(double))) == NULL)
		status = TVM_NOMEM;
	if (status == TVM_OK)
		status = tvm_turns_resolve(env, &split, &expanded, turning->parents, turning->timelines, turning->rules,
								   turning->rule_count, 0, turning->u_turn_s, penalty_s, NULL);
	tvm_free(env, penalty_s);
	tvm_split_free(env, &split);
	tvm_topology_free(env, &expanded);
	tvm_free(env, junctions);
	return status;
}

TEST(split_survives_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	Turning		turning;
	long		live;
	TvmStatus	status;

	tvm_rng_init(&rng, 62, 0);
	do
	{
		turning_make(env, &rng, &turning);
		if (turning.rule_count > 5)
			break;
		turning_free(env, &turning);
	} while (true);
	live = unit_env_live();
	for (long fail_at = 1;; fail_at++)
	{
		unit_env_fail_at(fail_at);
		status = make_all(env, &turning);
		CHECK_EQ(unit_env_live(), live);
		if (status == TVM_OK)
			break;
		CHECK_EQ(status, TVM_NOMEM);
	}
	unit_env_fail_at(0);
	for (long calls = 0;; calls++)
	{
		unit_env_cancel_after(calls);
		status = make_all(env, &turning);
		CHECK_EQ(unit_env_live(), live);
		if (status == TVM_OK)
			break;
		CHECK_EQ(status, TVM_CANCELLED);
	}
	unit_env_cancel_after(-1);
	turning_free(env, &turning);
}
