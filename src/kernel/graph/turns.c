/*
 * turns.c: rules about turns, resolved to penalties; see turns.h.
 *
 * Rules on the chain are sorted so that those for one (via, from) stand together, of each target the
 * nearest first; then each such group is laid over what U-turns cost anyway.
 */
#include "kernel/graph/turns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY 65536		/* rules, places or turns between two looks at cancellation */
#define CHECK_GROUPS 256		/* groups of rules */

/* A rule on the chain that touches its place. */
typedef struct Candidate
{
	uint32_t	via;
	uint32_t	from;
	uint32_t	to;
	uint32_t	height;			/* above the timeline asked for */
	size_t		index;
} Candidate;

typedef struct Resolver
{
	TvmEnv	   *env;
	const TvmSplit *split;
	const TvmTopology *topology;
	const TvmTurnRule *rules;
	size_t		count;
	double		u_turn_s;
	double	   *penalty_s;
	size_t		unsplit;
	Candidate  *candidates;
	size_t		candidate_count;
} Resolver;

/* Checks -------------------------------------------------------------------- */

static TvmStatus
fail_index(TvmEnv *env, size_t rule, const char *column, const char *message, uint32_t value, uint32_t count)
{
	tvm_fail(env, TVM_INVALID, message, NULL, "%" PRIu32 " is not among %" PRIu32, value, count);
	tvm_fail_path(env, "turns[%zu].%s", rule, column);
	return TVM_INVALID;
}

static TvmStatus
check_rule(TvmEnv *env, const TvmTurnRule *rules, size_t at, uint32_t places, uint32_t segments)
{
	const TvmTurnRule *rule = &rules[at];

	if (rule->from >= segments)
		return fail_index(env, at, "from", "not a segment", rule->from, segments);
	if (rule->via >= places)
		return fail_index(env, at, "via", "not a node", rule->via, places);
	if (rule->to >= segments)
		return fail_index(env, at, "to", "not a segment", rule->to, segments);
	if (rule->kind > TVM_TURN_COST)
		return fail_index(env, at, "kind", "not a rule for turns", rule->kind, TVM_TURN_COST + 1);
	if (rule->kind == TVM_TURN_COST && !(rule->penalty_s >= 0 && rule->penalty_s < INFINITY))
	{
		tvm_fail(env, TVM_INVALID, "not a penalty", NULL, "%g is not a finite number that is not negative", rule->penalty_s);
		tvm_fail_path(env, "turns[%zu].penalty_s", at);
		return TVM_INVALID;
	}
	return TVM_OK;
}

static TvmStatus
check_u_turn(TvmEnv *env, double u_turn_s)
{
	if (u_turn_s >= 0)
		return TVM_OK;
	tvm_fail(env, TVM_INVALID, "not a penalty", NULL, "%g is not a number that is not negative", u_turn_s);
	tvm_fail_path(env, "u_turn_s");
	return TVM_INVALID;
}

/* Which places to split ----------------------------------------------------- */

static bool
touches(const TvmTopology *plain, uint32_t segment, uint32_t place)
{
	return plain->a[segment] == place || plain->b[segment] == place;
}

static TvmStatus
mark_places(TvmEnv *env, const TvmTopology *plain, const TvmTurnRule *rules, size_t count, double u_turn_s, uint8_t *marked)
{
	for (size_t i = 0; i < count; i++)
	{
		TvmStatus	status = check_rule(env, rules, i, plain->node_count, plain->segment_count);

		if (status != TVM_OK)
			return status;
		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (touches(plain, rules[i].from, rules[i].via) && touches(plain, rules[i].to, rules[i].via))
			marked[rules[i].via] = 1;
	}
	for (uint32_t s = 0; count > 0 && u_turn_s != 0 && s < plain->segment_count; s++)
	{
		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (!plain->oneway[s])
			marked[plain->a[s]] = marked[plain->b[s]] = 1;
	}
	return TVM_OK;
}

TvmStatus
tvm_turns_junctions(TvmEnv *env, const TvmTopology *plain, const TvmTurnRule *rules, size_t count,
					double u_turn_s, uint32_t **junctions, size_t *junction_count)
{
	TvmStatus	status = check_u_turn(env, u_turn_s);
	uint8_t    *marked;
	size_t		found = 0;

	*junctions = NULL;
	*junction_count = 0;
	if (status != TVM_OK || count == 0)
		return status;
	marked = tvm_alloc_zero(env, plain->node_count, sizeof(uint8_t));
	status = marked == NULL ? TVM_NOMEM : mark_places(env, plain, rules, count, u_turn_s, marked);
	for (uint32_t v = 0; status == TVM_OK && v < plain->node_count; v++)
		found += marked[v];
	if (status == TVM_OK && found > 0)
	{
		*junctions = tvm_alloc(env, found, sizeof(uint32_t));
		status = *junctions == NULL ? TVM_NOMEM : TVM_OK;
	}
	for (uint32_t v = 0; status == TVM_OK && v < plain->node_count; v++)
		if (marked[v])
			(*junctions)[(*junction_count)++] = v;
	tvm_free(env, marked);
	return status;
}

/* Penalties ----------------------------------------------------------------- */

static int
compare_numbers(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

/* Of one target the nearest rule first, and of rules that are equally near the last. */
static int
compare_candidates(const void *a, const void *b)
{
	const Candidate *x = a;
	const Candidate *y = b;

	if (x->via != y->via)
		return compare_numbers(x->via, y->via);
	if (x->from != y->from)
		return compare_numbers(x->from, y->from);
	if (x->to != y->to)
		return compare_numbers(x->to, y->to);
	if (x->height != y->height)
		return compare_numbers(x->height, y->height);
	return compare_numbers(y->index, x->index);
}

static bool
touches_split(const Resolver *resolver, uint32_t segment, uint32_t place)
{
	return tvm_split_place(resolver->split, resolver->topology->a[segment]) == place
		|| tvm_split_place(resolver->split, resolver->topology->b[segment]) == place;
}

/* Rules that are on the chain, sorted. */
static TvmStatus
collect(Resolver *resolver, const uint32_t *height, size_t timeline_count)
{
	TvmEnv	   *env = resolver->env;
	bool		none = resolver->split->junction_count == 0;
	uint32_t	places = none ? resolver->topology->node_count : resolver->split->place_count;
	uint32_t	segments = none ? resolver->topology->segment_count : resolver->split->segment_count;

	resolver->candidates = tvm_alloc(env, resolver->count, sizeof(Candidate));
	if (resolver->candidates == NULL)
		return TVM_NOMEM;
	for (size_t i = 0; i < resolver->count; i++)
	{
		const TvmTurnRule *rule = &resolver->rules[i];
		TvmStatus	status = check_rule(env, resolver->rules, i, places, segments);

		if (status != TVM_OK)
			return status;
		if (rule->timeline != TVM_NO_TIMELINE && rule->timeline >= timeline_count)
			return fail_index(env, i, "timeline", "not a timeline", rule->timeline, (uint32_t) timeline_count);
		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (rule->timeline != TVM_NO_TIMELINE && height[rule->timeline] == TVM_NO_TIMELINE)
			continue;
		if (touches_split(resolver, rule->from, rule->via) && touches_split(resolver, rule->to, rule->via))
			resolver->candidates[resolver->candidate_count++] = (Candidate) {
				.via = rule->via, .from = rule->from, .to = rule->to, .index = i,
				.height = rule->timeline == TVM_NO_TIMELINE ? TVM_NO_TIMELINE : height[rule->timeline],
			};
	}
	qsort(resolver->candidates, resolver->candidate_count, sizeof(Candidate), compare_candidates);
	return TVM_OK;
}

/* Let turns cost what they do without rules. */
static TvmStatus
lay_u_turns(Resolver *resolver)
{
	const TvmSplit *split = resolver->split;

	for (uint32_t j = 0; j < split->junction_count; j++)
	{
		uint32_t	columns = tvm_split_columns(split, j);
		const TvmTurn *first = &split->turn[split->first_turn[j]];
		bool		dead_end = true;

		for (uint32_t c = 2; c < columns; c++)
			dead_end &= TVM_ARC_SEGMENT(first[c].to) == TVM_ARC_SEGMENT(first[1].to);
		for (uint32_t t = split->first_turn[j]; t < split->first_turn[j + 1]; t++)
		{
			const TvmTurn *turn = &split->turn[t];
			bool		back = turn->from != TVM_TURN_NONE && turn->to == (turn->from ^ 1);

			if (t % CHECK_EVERY == 0 && tvm_cancelled(resolver->env))
				return TVM_CANCELLED;
			resolver->penalty_s[t] = !back || (dead_end && resolver->u_turn_s == INFINITY) ? 0 : resolver->u_turn_s;
		}
	}
	return TVM_OK;
}

/* The first of the turns of a row (or with step > 1, of a column) whose arc is not before `arc`. */
static uint32_t
search_arc(const TvmTurn *turns, uint32_t count, uint32_t step, uint32_t arc)
{
	uint32_t	low = 1;		/* 0 is the place itself */
	uint32_t	high = count;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;
		const TvmTurn *turn = &turns[(size_t) middle * step];

		if ((step > 1 ? turn->from : turn->to) < arc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Set what one rule is about: turns of a row to a segment. */
static void
set_turns(Resolver *resolver, uint32_t row, uint32_t columns, const TvmTurnRule *rule, double penalty_s)
{
	const TvmTurn *turns = &resolver->split->turn[row];

	for (uint32_t c = search_arc(turns, columns, 1, TVM_ARC(rule->to, false));
		 c < columns && TVM_ARC_SEGMENT(turns[c].to) == rule->to; c++)
		if (rule->from != rule->to || turns[c].to == (turns[c].from ^ 1))
			resolver->penalty_s[row + c] = penalty_s;
}

/* What the winners for one (via, from) say of a row. */
static void
apply_row(Resolver *resolver, const Candidate *group, size_t count, bool only, uint32_t row, uint32_t columns)
{
	for (uint32_t c = 1; only && c < columns; c++)
		resolver->penalty_s[row + c] = INFINITY;
	for (size_t i = 0; i < count; i++)
	{
		const TvmTurnRule *rule = &resolver->rules[group[i].index];

		if (i > 0 && group[i].to == group[i - 1].to)
			continue;
		if (only && rule->kind == TVM_TURN_ONLY)
			set_turns(resolver, row, columns, rule, 0);
		else if (!only)
			set_turns(resolver, row, columns, rule, rule->kind == TVM_TURN_NO ? INFINITY : rule->penalty_s);
	}
}

static void
apply_group(Resolver *resolver, const Candidate *group, size_t count)
{
	const TvmSplit *split = resolver->split;
	uint32_t	at = tvm_split_junction(split, group->via);
	bool		only = false;
	uint32_t	first;
	uint32_t	columns;
	uint32_t	rows;

	for (size_t i = 0; i < count; i++)
	{
		const TvmTurnRule *rule = &resolver->rules[group[i].index];

		if (i > 0 && group[i].to == group[i - 1].to)
			continue;
		only |= rule->kind == TVM_TURN_ONLY;
		if (at == TVM_SPLIT_NONE && !(rule->kind == TVM_TURN_COST && rule->penalty_s == 0))
			resolver->unsplit++;
	}
	if (at == TVM_SPLIT_NONE)
		return;
	first = split->first_turn[at];
	columns = tvm_split_columns(split, at);
	rows = (split->first_turn[at + 1] - first) / columns;
	for (uint32_t r = search_arc(&split->turn[first], rows, columns, TVM_ARC(group->from, false));
		 r < rows && TVM_ARC_SEGMENT(split->turn[first + r * columns].from) == group->from; r++)
		apply_row(resolver, group, count, only, first + r * columns, columns);
}

static TvmStatus
apply_groups(Resolver *resolver)
{
	size_t		groups = 0;
	size_t		end;

	for (size_t i = 0; i < resolver->candidate_count; i = end)
	{
		const Candidate *group = &resolver->candidates[i];

		for (end = i + 1; end < resolver->candidate_count; end++)
			if (resolver->candidates[end].via != group->via || resolver->candidates[end].from != group->from)
				break;
		if (groups++ % CHECK_GROUPS == 0 && tvm_cancelled(resolver->env))
			return TVM_CANCELLED;
		apply_group(resolver, group, end - i);
	}
	return TVM_OK;
}

TvmStatus
tvm_turns_resolve(TvmEnv *env, const TvmSplit *split, const TvmTopology *topology,
				  const uint32_t *parents, size_t timeline_count,
				  const TvmTurnRule *rules, size_t count,
				  uint32_t timeline, double u_turn_s, double *penalty_s, size_t *unsplit)
{
	Resolver	resolver = {
		.env = env, .split = split, .topology = topology, .rules = rules, .count = count,
		.u_turn_s = u_turn_s, .penalty_s = penalty_s
	};
	uint32_t   *height;
	uint32_t	length = 0;
	TvmStatus	status = check_u_turn(env, u_turn_s);

	if (status != TVM_OK)
		return status;
	height = tvm_alloc(env, timeline_count, sizeof(uint32_t));
	if (height == NULL)
		return TVM_NOMEM;
	status = tvm_timeline_chain(env, parents, timeline_count, timeline, height, &length);
	if (status == TVM_OK)
		status = collect(&resolver, height, timeline_count);
	if (status == TVM_OK)
		status = lay_u_turns(&resolver);
	if (status == TVM_OK)
		status = apply_groups(&resolver);
	if (status == TVM_OK && unsplit != NULL)
		*unsplit = resolver.unsplit;
	tvm_free(env, resolver.candidates);
	tvm_free(env, height);
	return status;
}
