/*
 * route_explain.c: why the best route is the way it is; see route_explain.h and docs/explain.md.
 *
 * The search is that of the best route, over a graph; what the next best way costs is asked of the same graph
 * (kernel/graph/search/detour.h).  What decided each step is then read from the rows, as the caller, all at once.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "bridge/network/profile.h"
#include "bridge/route/route_explain.h"
#include "bridge/server/compat.h"
#include "bridge/server/limits.h"
#include "bridge/server/scan.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/detour.h"

typedef struct Explaining
{
	TvQuestion	question;
	Jsonb	   *overrides;
	TvExplanation *found;
} Explaining;

/* Detours --------------------------------------------------------------------- */

static TvmClosing
close_nothing(uint32 layer)
{
	return (TvmClosing) {
		.layer = layer,
		.segments = {TVM_DETOUR_NONE, TVM_DETOUR_NONE},
		.gateways = {TVM_DETOUR_NONE, TVM_DETOUR_NONE}
	};
}

/* A gateway, or what else is among the graph's gateways, with its way back. */
static void
close_gateway(const TvQuestion *question, uint32 index, TvmClosing *closing)
{
	const TvPrepared *prepared = question->prepared;
	int			count = 0;

	for (uint32 g = 0; g < question->graph->gateway_count && count < 2; g++)
	{
		bool		same = prepared != NULL
			? prepared->link_gateway[g] == prepared->link_gateway[index] && prepared->link_extra[g] == prepared->link_extra[index]
			: question->network->gateway_rows[g] == question->network->gateway_rows[index];

		if (same)
			closing->gateways[count++] = g;
	}
}

/* What is closed without a step of a path; false: it is a turn, and no step. */
static bool
close_step(const TvQuestion *question, const TvmStep *step, TvmClosing *closing)
{
	const TvmSplit *split = tv_question_split(question, step->point.layer);
	uint32		segment;
	bool		reverse;

	*closing = close_nothing(step->point.layer);
	if (step->kind == TVM_STEP_GATEWAY)
		close_gateway(question, step->index, closing);
	if (step->kind != TVM_STEP_SEGMENT)
		return true;
	if (tvm_split_arc(split, TVM_ARC(step->index, step->reverse), &segment, &reverse) == TVM_SPLIT_TURN)
		return false;
	closing->segments[0] = segment;
	if (tvm_split_back(split, segment) != TVM_SPLIT_NONE)
		closing->segments[1] = tvm_split_back(split, segment);
	return true;
}

/* Of each step of the path but turns. */
static uint32
find_detours(TvQuestion *question, const TvmPath *path, double *costs)
{
	TvEnv	   *env = question->env;
	TvmClosing *closings = palloc_extended(sizeof(TvmClosing) * path->count, MCXT_ALLOC_HUGE);
	uint32		count = 0;

	for (size_t i = 0; i < path->count; i++)
	{
		tv_interrupts_at(i);
		count += close_step(question, &path->steps[i], &closings[count]);
	}
	tv_graph_require_memory(tvm_detour_bytes(question->graph) + tvm_query_bytes(question->graph));
	tv_check(env, tvm_detours(&env->tvm, question->graph, question->from, question->to, closings + 1, count - 1, costs + 1));
	pfree(closings);
	return count;
}

static bool
search(TvQuestion *question)
{
	TvEnv	   *env = question->env;
	Explaining *own = (Explaining *) question;
	TvmTies		ties = tv_question_ties(question);
	TvmQuery	query;
	TvmPath		path;
	double	   *costs;

	tv_check(env, tvm_query_init(&env->tvm, &query, question->graph));
	tv_check(env, tvm_astar_run(&env->tvm, &query, question->from, question->to));
	tv_check(env, tvm_ties_path(&env->tvm, &query, &ties, NULL, question->to, &path));
	tvm_query_free(&env->tvm, &query);
	if (path.count == 0)
		return false;
	costs = palloc_extended(sizeof(double) * path.count, MCXT_ALLOC_HUGE);
	question->route = tv_question_describe(question, &path);
	if (find_detours(question, &path, costs) != question->route->step_count)
		elog(ERROR, "steps of a path and of its route differ");
	own->found->steps = MemoryContextAllocExtended(env->context, sizeof(TvExplainedStep) * question->route->step_count,
												   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 1; i < question->route->step_count; i++)
		own->found->steps[i].next_best = costs[i];
	own->found->steps[0].next_best = INFINITY;
	pfree(costs);
	return true;
}

/* What decided --------------------------------------------------------------------- */

/* The nearest that says something, of a step's timeline and its ancestors; before them what is supposed of the asked one. */
#define NEAREST(column, type) \
	" LEFT JOIN LATERAL (SELECT o." column "::pg_catalog.text AS value, o.timeline_id FROM chain c JOIN timevmaps.segment_overrides o" \
	" ON o.timeline_id OPERATOR(pg_catalog.=) c.id AND o.segment_id OPERATOR(pg_catalog.=) u.segment_id" \
	" WHERE c.leaf OPERATOR(pg_catalog.=) u.timeline_id AND o." column " IS NOT NULL ORDER BY c.far LIMIT 1) o_" column " ON true" \
	" LEFT JOIN LATERAL (SELECT e.entry OPERATOR(pg_catalog.->>) '" column "' AS value, e.n FROM supposed e" \
	" WHERE e.segment_id OPERATOR(pg_catalog.=) u.segment_id AND u.timeline_id OPERATOR(pg_catalog.=) $8" \
	" AND (e.entry OPERATOR(pg_catalog.->>) '" column "') IS NOT NULL ORDER BY e.n DESC LIMIT 1) e_" column " ON true" \
	" CROSS JOIN LATERAL (SELECT COALESCE(e_" column ".value, o_" column ".value, s_" column ".value)::" type " AS value," \
	" CASE WHEN e_" column ".value IS NULL THEN o_" column ".timeline_id END AS timeline_id, e_" column ".n AS n" \
	" FROM (SELECT s." column "::pg_catalog.text AS value) s_" column ") " column

#define DECIDED(column) \
	"'" column "', CASE WHEN " column ".value IS NOT NULL THEN pg_catalog.jsonb_build_object('value', " column ".value," \
	" 'timeline_id', " column ".timeline_id, 'overrides', " column ".n OPERATOR(pg_catalog.-) 1) END"

static const char decided_query[] =
"WITH RECURSIVE chain (leaf, id, parent_id, far) AS ("
" SELECT t.id, t.id, t.parent_id, 0 FROM timevmaps.timelines t"
"  WHERE t.id OPERATOR(pg_catalog.=) ANY ($2) OR t.id OPERATOR(pg_catalog.=) $8"
" UNION ALL SELECT c.leaf, t.id, t.parent_id, c.far OPERATOR(pg_catalog.+) 1"
" FROM chain c JOIN timevmaps.timelines t ON t.id OPERATOR(pg_catalog.=) c.parent_id),"
" supposed (segment_id, entry, n) AS MATERIALIZED ("
" SELECT (e.entry OPERATOR(pg_catalog.->>) 'segment_id')::pg_catalog.numeric::pg_catalog.int8, e.entry, e.n"
" FROM pg_catalog.jsonb_array_elements($7) WITH ORDINALITY e (entry, n)"
" WHERE (e.entry OPERATOR(pg_catalog.->>) 'segment_id')::pg_catalog.numeric::pg_catalog.int8 OPERATOR(pg_catalog.=) ANY ($1))"
" SELECT u.n, length_m.value, speed_kph.value, base_drag.value, g.base_penalty_s, pg_catalog.jsonb_strip_nulls(CASE"
" WHEN g.id IS NOT NULL THEN pg_catalog.jsonb_build_object('gateway', pg_catalog.jsonb_build_object("
"'id', g.id, 'base_penalty_s', g.base_penalty_s, 'decoherence_s', g.decoherence_s, 'fidelity', g.fidelity, 'measured_at', g.measured_at, 'experiment_id',"
" (SELECT x.id FROM timevmaps.experiments x WHERE x.gateway_id OPERATOR(pg_catalog.=) g.id AND x.status::pg_catalog.text OPERATOR(pg_catalog.=) 'finished'"
" ORDER BY x.finished_at DESC NULLS LAST, x.id DESC LIMIT 1)))"
" WHEN s.id IS NOT NULL THEN pg_catalog.jsonb_build_object("
DECIDED("length_m") ", " DECIDED("speed_kph") ", " DECIDED("base_drag") ", " DECIDED("class") ", 'closed',"
" CASE WHEN e_closed.value IS NOT NULL THEN pg_catalog.jsonb_build_object('value', e_closed.value::pg_catalog.bool, 'overrides', e_closed.n OPERATOR(pg_catalog.-) 1)"
" WHEN o_closed.value IS NOT NULL THEN pg_catalog.jsonb_build_object('value', o_closed.value::pg_catalog.bool, 'timeline_id', o_closed.timeline_id) END,"
" 'turn', CASE WHEN r.id IS NOT NULL THEN pg_catalog.jsonb_build_object('id', r.id, 'timeline_id', r.timeline_id, 'rule', r.rule, 'penalty_s', r.penalty_s) END,"
" 'profile', CASE WHEN v.id IS NOT NULL THEN pg_catalog.jsonb_build_object('id', v.id, 'name', v.name, 'timeline_id', v.timeline_id,"
" 'class', class.value, 'class_kph', v.speeds OPERATOR(pg_catalog.->) class.value, 'max_speed_kph', v.max_speed_kph) END)"
" ELSE '{}'::pg_catalog.jsonb END)"
" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5))"
" WITH ORDINALITY u (segment_id, timeline_id, from_segment_id, via_place_id, gateway_id, n)"
" LEFT JOIN timevmaps.segments s ON s.id OPERATOR(pg_catalog.=) u.segment_id"
" LEFT JOIN timevmaps.gateways g ON g.id OPERATOR(pg_catalog.=) u.gateway_id"
NEAREST("length_m", "pg_catalog.float8") NEAREST("speed_kph", "pg_catalog.float8") NEAREST("base_drag", "pg_catalog.float8")
NEAREST("class", "pg_catalog.text")
" LEFT JOIN LATERAL (SELECT o.closed::pg_catalog.text AS value, o.timeline_id FROM chain c JOIN timevmaps.segment_overrides o"
" ON o.timeline_id OPERATOR(pg_catalog.=) c.id AND o.segment_id OPERATOR(pg_catalog.=) u.segment_id"
" WHERE c.leaf OPERATOR(pg_catalog.=) u.timeline_id AND o.closed IS NOT NULL ORDER BY c.far LIMIT 1) o_closed ON true"
" LEFT JOIN LATERAL (SELECT e.entry OPERATOR(pg_catalog.->>) 'closed' AS value, e.n FROM supposed e"
" WHERE e.segment_id OPERATOR(pg_catalog.=) u.segment_id AND u.timeline_id OPERATOR(pg_catalog.=) $8"
" AND (e.entry OPERATOR(pg_catalog.->>) 'closed') IS NOT NULL ORDER BY e.n DESC LIMIT 1) e_closed ON true"
" LEFT JOIN LATERAL (SELECT r.id, r.timeline_id, r.rule, r.penalty_s FROM timevmaps.turns r"
" LEFT JOIN chain c ON c.leaf OPERATOR(pg_catalog.=) u.timeline_id AND c.id OPERATOR(pg_catalog.=) r.timeline_id"
" WHERE r.from_segment_id OPERATOR(pg_catalog.=) u.from_segment_id AND r.via_place_id OPERATOR(pg_catalog.=) u.via_place_id"
" AND r.to_segment_id OPERATOR(pg_catalog.=) u.segment_id AND (c.id IS NOT NULL OR r.timeline_id IS NULL)"
" ORDER BY c.far NULLS LAST LIMIT 1) r ON true"
" LEFT JOIN LATERAL (SELECT v.id, v.name, v.timeline_id, v.speeds, v.max_speed_kph FROM timevmaps.vehicle_profiles v"
" LEFT JOIN chain c ON c.id OPERATOR(pg_catalog.=) v.timeline_id AND c.leaf OPERATOR(pg_catalog.=) ANY (ARRAY[u.timeline_id, $8])"
" JOIN timevmaps.timelines t ON t.id OPERATOR(pg_catalog.=) ANY (ARRAY[u.timeline_id, $8]) AND t.world_id OPERATOR(pg_catalog.=) v.world_id"
" WHERE v.name OPERATOR(pg_catalog.=) $6 AND (c.leaf OPERATOR(pg_catalog.=) t.id OR v.timeline_id IS NULL)"
" ORDER BY t.id OPERATOR(pg_catalog.=) u.timeline_id DESC, c.far NULLS LAST LIMIT 1) v ON true"
" ORDER BY u.n";

static double
own_seconds(const TvmWorldRules *rules, double length_m, double speed_kph)
{
	return length_m / Min(speed_kph / 3.6, rules->max_speed_mps);
}

/* The parts of a segment's local time: `drag` is what is said of it, `own` the time at its own speed, NAN: its speed is its own. */
static void
divide_time(double *parts, double seconds, double drag, double own)
{
	double		slower = seconds - own * (1 + drag);

	if (slower > 1e-9 * seconds)
	{
		parts[TV_PART_LENGTH] = own;
		parts[TV_PART_DRAG] = own * drag;
		parts[TV_PART_PROFILE] = slower;
	}
	else
	{
		parts[TV_PART_DRAG] = seconds * (drag / (1 + drag));
		parts[TV_PART_LENGTH] = seconds - parts[TV_PART_DRAG];
	}
}

static double
add_up(const double *parts)
{
	double		sum = 0;

	for (int i = 0; i < TV_PART_COUNT; i++)
		sum += parts[i];
	return sum;
}

/*
 * Let the parts add up to the cost, in their order, to the last bit: what rounding has left goes to one that is computed, all of
 * it or, where it is then too much, some.  Penalties stay what they are.
 */
static void
settle(double *parts, double cost)
{
	static const TvPart computed[] = {
		TV_PART_LENGTH, TV_PART_DRAG, TV_PART_PROFILE, TV_PART_RELATIVITY, TV_PART_DECOHERENCE, TV_PART_GATEWAY
	};

	for (double share = 1; share > 0.1; share /= 2)
		for (int i = 0; i < lengthof(computed); i++)
		{
			double		before = parts[computed[i]];
			double		lacking = cost - add_up(parts);

			if (lacking == 0)
				return;
			if (before == 0)
				continue;
			parts[computed[i]] = before + share * lacking;
			if (fabs(cost - add_up(parts)) >= fabs(lacking))
				parts[computed[i]] = before;
		}
}

static void
receive_decided(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Explaining *own = target;
	TvQuestion *question = &own->question;
	uint32		n = DatumGetInt64(values[0]) - 1;
	const TvRouteStep *step = &question->route->steps[n];
	TvExplainedStep *explained = &own->found->steps[n];
	const TvLayerRow *layer = &question->rows->layers[step->layer];
	const TvmWorldRules *rules = &question->rows->worlds[layer->world].rules;
	const TvmClocks *clocks = &step->step.clocks;
	double	   *parts = explained->parts;
	MemoryContext caller = MemoryContextSwitchTo(question->env->context);

	explained->decided = PointerGetDatum(PG_DETOAST_DATUM_COPY(values[5]));
	MemoryContextSwitchTo(caller);
	if (!tv_metric_is_clock(question->metric))
		parts[TV_PART_LENGTH] = step->step.distance_m;
	else if (step->gateway_id != 0)
	{
		parts[TV_PART_GATEWAY] = nulls[4] ? clocks->local_s : Min(DatumGetFloat8(values[4]), clocks->local_s);
		parts[TV_PART_DECOHERENCE] = clocks->local_s - parts[TV_PART_GATEWAY];
	}
	else if (step->segment_id != 0)
	{
		double		drag = rules->base_drag + (nulls[3] ? 0 : DatumGetFloat8(values[3]));
		bool		asks = layer->profile != NULL && !nulls[1] && !nulls[2];

		divide_time(parts, clocks->local_s - step->turn_s, drag,
					asks ? own_seconds(rules, DatumGetFloat8(values[1]), DatumGetFloat8(values[2])) : NAN);
		parts[TV_PART_TURN] = step->turn_s;
		if (question->metric == TV_METRIC_COORDINATE)
			parts[TV_PART_RELATIVITY] = clocks->coordinate_minus_local_s;
		if (question->metric == TV_METRIC_TRAVELER)
			parts[TV_PART_RELATIVITY] = clocks->traveler_minus_local_s;
	}
	settle(parts, tv_cost_read(&step->step, question->metric));
}

static void
find_decided(Explaining *own)
{
	TvQuestion *question = &own->question;
	const TvRouteRequest *request = &question->request;
	const TvRoute *route = question->route;
	uint32		count = route->step_count;
	int64	   *ids[5];
	const char *name = request->profile != NULL ? request->profile : question->rows->worlds[0].default_profile;
	TvArg		args[8];

	SPI_connect();
	for (int i = 0; i < lengthof(ids); i++)
		ids[i] = palloc_extended(sizeof(int64) * (Size) count, MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < count; i++)
	{
		ids[0][i] = route->steps[i].segment_id;
		ids[1][i] = route->steps[i].timeline_id;
		ids[2][i] = i > 0 ? route->steps[i - 1].segment_id : 0;
		ids[3][i] = i > 0 ? route->steps[i - 1].place_id : 0;
		ids[4][i] = route->steps[i].gateway_id;
	}
	for (int i = 0; i < lengthof(ids); i++)
		args[i] = tv_arg_bigints(ids[i], count);
	if (name == NULL || strcmp(name, TV_PROFILE_NONE) == 0)
		name = "";				/* of no profile */
	args[5] = (TvArg) {.type = TEXTOID, .value = CStringGetTextDatum(name)};
	args[6] = (TvArg) {.type = JSONBOID, .value = own->overrides != NULL ? JsonbPGetDatum(own->overrides)
	: DirectFunctionCall1(jsonb_in, CStringGetDatum("[]"))};
	args[7] = tv_arg_bigint(request->timeline_id);
	tv_scan(decided_query, lengthof(args), args, receive_decided, own);
	SPI_finish();
}

static const TvQuestionKind explained_route = {
	.ends = TV_ENDS_PLACES,
	.search = search
};

TvExplanation *
tv_route_explain_find(TvEnv *env, const TvRouteRequest *request, Jsonb *overrides)
{
	Explaining	own = {
		.question = {.kind = &explained_route, .env = env, .request = *request},
		.overrides = overrides,
		.found = MemoryContextAllocZero(env->context, sizeof(TvExplanation))
	};

	tv_question_ask(&own.question);
	if (own.question.route == NULL)
		return NULL;
	own.found->route = own.question.route;
	find_decided(&own);
	return own.found;
}
