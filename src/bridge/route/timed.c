/*
 * timed.c: the route that arrives first; see timed.h.
 *
 * Which profile a segment follows is settled before the network is built, so
 * that the memory for it is counted with the rest.  The network is that of the
 * local clock; then each segment that follows a profile gets the weight of its
 * fastest hour, which is what the search's bound needs.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "executor/spi.h"
#include "miscadmin.h"

#include "bridge/server/compat.h"
#include "bridge/route/prepared_links.h"
#include "bridge/route/prepared_ties.h"
#include "bridge/route/prepared_view.h"
#include "bridge/route/timed.h"
#include "bridge/route/timed_profiles.h"
#include "bridge/network/ties.h"

/* Interrupts are asked for once in this many segments. */
#define INTERRUPT_INTERVAL 8192

/* m/s.  No clock has a value for a speed as high as this. */
#define NO_CAP 1e299

/* 0.93 c. */
#define FAST_KPH 1e9

/* Layers ------------------------------------------------------------------ */

/* The speed in one hour; neither infinite nor 0, whatever the numbers are. */
static double
speed_in_hour(const TvmSegment *segment, const TvmProfile *profile, int hour)
{
	return fmin(fmax(segment->speed_kph * profile->factor[hour], DBL_MIN), DBL_MAX);
}

/*
 * How long the segment takes on the local clock at factor 1 without the world's
 * cap on speeds, which is its weight where there is none, and at the cap.
 */
static TvmPace
measure_pace(TvNetwork *network, uint32 layer, uint32 segment)
{
	const TvmSegment *resolved = &network->segments[layer][segment];
	TvmWorldRules rules = network->rows->worlds[network->rows->layers[layer].world].rules;
	TvmPace		pace = {.seconds = network->layers[layer].weights.all[segment]};
	TvmClocks	clocks;

	if (!(rules.max_speed_mps < NO_CAP))
		return pace;
	rules.sr = rules.gr = false;	/* the local clock knows neither */
	/* 4 km/h for each m/s are more than the cap, so the time is that of the cap to the last digit. */
	tv_network_clocks_at(network, layer, segment, &rules, resolved->length_m, rules.max_speed_mps * 4, &clocks);
	pace.least = clocks.local_s;
	rules.max_speed_mps = INFINITY;
	tv_network_clocks_at(network, layer, segment, &rules, resolved->length_m, resolved->speed_kph, &clocks);
	pace.seconds = clocks.local_s;
	return pace;
}

/*
 * 22003 where a clock has no value at the fastest hour.  Only near the speed of
 * light: the network has all clocks at the segment's own speed, and slower ones
 * are checked on the way.
 */
static void
check_fastest(TvNetwork *network, uint32 layer, uint32 segment, double speed_kph)
{
	TvmClocks	clocks;

	if (speed_kph >= FAST_KPH)
		tv_network_clocks_at(network, layer, segment,
							 &network->rows->worlds[network->rows->layers[layer].world].rules,
							 network->segments[layer][segment].length_m, speed_kph, &clocks);
}

/* From profiles to slots, and weights of the fastest hours. */
static void
fill_layer(TvTimed *timed, TvNetwork *network, uint32 layer)
{
	uint32	   *slots = timed->slots[layer];
	double	   *weights = timed->weights[layer];
	uint32		count = timed->rows->worlds[timed->rows->layers[layer].world].segment_count;
	uint32		filled = 0;

	memcpy(weights, network->layers[layer].weights.all, sizeof(double) * count);
	for (uint32 i = 0; i < count; i++)
	{
		uint32		profile = slots[i];
		TvmPace		pace;

		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		slots[i] = TVM_NO_PROFILE;
		if (profile == TVM_NO_PROFILE || network->segments[layer][i].presence != TVM_SEGMENT_OPEN)
			continue;
		check_fastest(network, layer, i, speed_in_hour(&network->segments[layer][i], &timed->profiles[profile],
													   timed->fastest[profile]));
		pace = measure_pace(network, layer, i);
		/* Infinity would say that it is closed. */
		weights[i] = fmin(tvm_profile_whole(&timed->profiles[profile], pace, timed->fastest[profile]), DBL_MAX);
		timed->segments[layer][filled] = (TvmTimedSegment) {.pace = pace, .profile = profile};
		slots[i] = filled++;
	}
	network->layers[layer].weights.all = weights;
}

static void
fill_layers(TvTimed *timed, TvNetwork *network)
{
	TvEnv	   *env = timed->rows->env;

	if (!timed->any)
		return;
	for (uint32 i = 0; i < timed->rows->layer_count; i++)
		if (timed->slots[i] != NULL)
			fill_layer(timed, network, i);
	tvm_graph_free(&env->tvm, &network->graph);
	tv_check(env, tvm_graph_init(&env->tvm, &network->graph, network->layers, timed->rows->layer_count,
								 network->gateways, network->gateway_count));
}

/* Route ------------------------------------------------------------------- */

/* Seconds since Monday, midnight UTC; PostgreSQL's epoch is a Saturday. */
static double
moment_of_week(TimestampTz moment)
{
	const int64 week = 7 * USECS_PER_DAY;

	return ((moment % week + week + 5 * USECS_PER_DAY) % week) / (double) USECS_PER_SEC;
}

/* What passing the segment of a step from `at` on costs: each hour's part at its speed. */
static void
retime_step(TvTimed *timed, TvNetwork *network, const TvmStep *step, double at, TvmClocks *sum)
{
	uint32		layer = step->point.layer;
	const TvmWorldRules *rules = &timed->rows->worlds[timed->rows->layers[layer].world].rules;
	const TvmTimedSegment *segment = &timed->segments[layer][timed->slots[layer][step->index]];
	const TvmSegment *resolved = &network->segments[layer][step->index];
	const TvmProfile *profile = &timed->profiles[segment->profile];
	double		shares[TVM_WEEK_HOURS];
	double		seconds = tvm_profile_pass(profile, segment->pace, at, shares);

	*sum = (TvmClocks) {0};
	if (isinf(seconds))
		sum->local_s = INFINITY;
	for (int h = 0; h < TVM_WEEK_HOURS && !isinf(seconds); h++)
	{
		TvmClocks	part;

		if (shares[h] == 0)
			continue;
		tv_network_clocks_at(network, layer, step->index, rules, resolved->length_m * shares[h],
							 speed_in_hour(resolved, profile, h), &part);
		tvm_clocks_add(sum, &part);
	}
}

/* Travel along the route again by the clock. */
static void
retime(TvTimed *timed, TvNetwork *network, const TvmPath *path, double start, TvRoute *route)
{
	TvCost		so_far = {0};

	for (uint32 i = 0; i < route->step_count; i++)
	{
		const TvmStep *step = &path->steps[i];
		const uint32 *slots = timed->slots[step->point.layer];

		if (step->kind == TVM_STEP_SEGMENT && slots != NULL && slots[step->index] != TVM_NO_PROFILE)
			retime_step(timed, network, step, start + so_far.clocks.local_s, &route->steps[i].step.clocks);
		tv_cost_add(&so_far, &route->steps[i].step);
		route->steps[i].so_far = so_far;
	}
	route->eta_seconds = tvm_clocks_read(&route->total->clocks, route->rules.clock);
}

/* Prepared graphs ----------------------------------------------------------- */

/* How long a segment takes: measure_pace(), by what the layer has.  False where it has no clocks. */
static bool
pace_of(TvEnv *env, const TvLayer *layer, const TvmSegment *segment, TvmPace *pace)
{
	TvmWorldRules rules = layer->rules;
	TvmClocks	clocks;

	*pace = (TvmPace) {0};
	if (rules.max_speed_mps < NO_CAP)
	{
		rules.sr = rules.gr = false;
		if (tvm_clocks_segment(&env->tvm, &rules, segment->length_m, rules.max_speed_mps * 4, segment->drag,
							   &clocks) != TVM_OK)
			return false;
		pace->least = clocks.local_s;
		rules.max_speed_mps = INFINITY;
	}
	if (tvm_clocks_segment(&env->tvm, &rules, segment->length_m, segment->speed_kph, segment->drag, &clocks) != TVM_OK)
		return false;
	pace->seconds = clocks.local_s;
	return true;
}

/* As fill_layer(); the weights stay those of factor 1, and *speedup says by how much hours are faster. */
static bool
prepare_layer(TvTimed *timed, uint32 l, double *speedup)
{
	TvEnv	   *env = timed->rows->env;
	const TvLayer *layer = timed->prepared->layers[l];
	uint32	   *slots = timed->slots[l];
	uint32		count = layer->graph->cch.segment_count;
	uint32		filled = 0;

	for (uint32 i = 0; i < count; i++)
	{
		uint32		profile = slots[i];
		TvmSegment	segment;
		TvmClocks	clocks;
		double		fastest;

		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		slots[i] = TVM_NO_PROFILE;
		if (profile == TVM_NO_PROFILE)
			continue;
		segment = tv_layer_segment(layer, i);
		if (segment.presence != TVM_SEGMENT_OPEN)
			continue;
		fastest = speed_in_hour(&segment, &timed->profiles[profile], timed->fastest[profile]);
		if ((fastest >= FAST_KPH && tvm_clocks_segment(&env->tvm, &layer->rules, segment.length_m, fastest,
													   segment.drag, &clocks) != TVM_OK) ||
			!pace_of(env, layer, &segment, &timed->segments[l][filled].pace))
			return false;
		*speedup = Max(*speedup, timed->profiles[profile].factor[timed->fastest[profile]]);
		timed->segments[l][filled].profile = profile;
		slots[i] = filled++;
	}
	return true;
}

/* As retime_step(), by what the layer has. */
static void
retime_prepared(TvTimed *timed, uint32 l, uint32 index, double at, TvmClocks *sum)
{
	TvEnv	   *env = timed->rows->env;
	const TvLayer *layer = timed->prepared->layers[l];
	TvmSegment	segment = tv_layer_segment(layer, index);
	const TvmTimedSegment *timed_segment = &timed->segments[l][timed->slots[l][index]];
	const TvmProfile *profile = &timed->profiles[timed_segment->profile];
	double		shares[TVM_WEEK_HOURS];
	double		seconds;

	seconds = tvm_profile_pass(profile, timed_segment->pace, at, shares);
	*sum = (TvmClocks) {0};
	if (isinf(seconds))
		sum->local_s = INFINITY;
	for (int h = 0; h < TVM_WEEK_HOURS && !isinf(seconds); h++)
	{
		TvmClocks	part;

		if (shares[h] == 0)
			continue;
		tv_check(env, tvm_clocks_segment(&env->tvm, &layer->rules, segment.length_m * shares[h],
										 speed_in_hour(&segment, profile, h), segment.drag, &part));
		tvm_clocks_add(sum, &part);
	}
}

static bool
search_graphs(TvTimed *timed, TvPrepared *prepared, const TvRouteRequest *request, double start, TvRoute **route)
{
	TvRows	   *rows = timed->rows;
	TvEnv	   *env = rows->env;
	TvmTimed	kernel = {.speedup = 1};
	TvmGraph	graph;
	TvmQuery	query;
	TvmPath		path;
	TvmTies		ties;
	TvmPoint	from;
	TvmPoint	to;

	if (!tv_prepared_graphs(prepared) || !tv_prepared_layers(prepared) || !tv_prepared_links(prepared) ||
		!tv_prepared_point(prepared, 0, request->origin_place_id, &from) ||
		!tv_prepared_point(prepared, rows->dest_layer, request->dest_place_id, &to))
		return false;
	timed->prepared = prepared;
	tv_timed_load(timed);
	if (timed->extra_follows)
		return false;
	for (uint32 l = 0; l < rows->layer_count; l++)
		if (timed->slots[l] != NULL && !prepare_layer(timed, l, &kernel.speedup))
			return false;
	kernel.profiles = timed->profiles;
	kernel.layers = timed->layers;
	tv_prepared_view(prepared, &graph);
	tv_check(env, tvm_query_init(&env->tvm, &query, &graph));
	tv_check(env, tvm_timed_run(&env->tvm, &query, &kernel, start, from, &to));
	ties = tv_ties_of_prepared(prepared);
	tv_check(env, tvm_timed_path(&env->tvm, &query, &kernel, start, &ties, to, &path));
	tvm_query_free(&env->tvm, &query);
	if (path.count == 0 && tv_prepared_may_overflow(prepared))
		return false;
	*route = NULL;
	if (path.count > 0)
	{
		double		clock = 0;

		*route = tv_prepared_describe(prepared, &path);
		for (uint32 i = 0; i < (*route)->step_count; i++)
		{
			const TvmStep *step = &path.steps[i];
			const uint32 *slots = timed->slots[step->point.layer];

			if (step->kind == TVM_STEP_SEGMENT && slots != NULL && slots[step->index] != TVM_NO_PROFILE)
				retime_prepared(timed, step->point.layer, step->index, start + clock, &(*route)->steps[i].step.clocks);
			clock += (*route)->steps[i].step.clocks.local_s;
		}
		tv_route_total(*route, rows, TV_METRIC_LOCAL);
	}
	tvm_graph_free(&env->tvm, &graph);
	return true;
}

static bool
search_prepared(TvRows *rows, const TvRouteRequest *request, double start, TvRoute **route)
{
	TvTimed		timed = {.rows = rows};
	TvPrepared	prepared;
	volatile bool done = false;

	if (!tv_prepared_begin(&prepared, rows->env, rows, TV_METRIC_LOCAL))
		return false;
	PG_TRY();
	{
		done = search_graphs(&timed, &prepared, request, start, route);
	}
	PG_FINALLY();
	{
		tv_prepared_release(&prepared);
	}
	PG_END_TRY();
	return done;
}

TvRoute *
tv_timed_find(TvEnv *env, const TvRouteRequest *request, TimestampTz depart_at)
{
	double		start = moment_of_week(depart_at);
	TvTimed		timed = {0};
	TvRows	   *rows;
	TvNetwork  *network;
	TvmTimed	kernel;
	TvmPoint	from;
	TvmPoint	to;
	TvmQuery	query;
	TvmPath		path;
	TvmTies		ties;
	TvRoute    *route;

	SPI_connect();
	timed.rows = rows = tv_load_scope(env, request->world_id, request->timeline_id, request->dest_timeline_id);
	if (rows->layer_count > 0 && search_prepared(rows, request, start, &route))
	{
		SPI_finish();
		return route;
	}
	tv_load_require_place(request->timeline_id, request->origin_place_id);
	tv_load_require_place(request->dest_timeline_id, request->dest_place_id);
	tv_load_network(rows);
	if (rows->layer_count > 0)
		tv_timed_load(&timed);
	SPI_finish();
	if (rows->layer_count == 0)
		return NULL;

	network = tv_network_build(rows, TV_METRIC_LOCAL);
	fill_layers(&timed, network);
	from = (TvmPoint) {.layer = 0, .node = tv_route_require_place(&rows->worlds[0], request->origin_place_id)};
	to = (TvmPoint) {
		.layer = rows->dest_layer,
		.node = tv_route_require_place(&rows->worlds[rows->layers[rows->dest_layer].world], request->dest_place_id)
	};
	kernel = (TvmTimed) {.profiles = timed.profiles, .layers = timed.layers, .speedup = 1};
	tv_check(env, tvm_query_init(&env->tvm, &query, &network->graph));
	tv_check(env, tvm_timed_run(&env->tvm, &query, &kernel, start, from, &to));
	ties = tv_ties_of_network(network);
	tv_check(env, tvm_timed_path(&env->tvm, &query, &kernel, start, &ties, to, &path));
	if (path.count == 0)
		return NULL;
	route = tv_route_describe(network, TV_METRIC_LOCAL, &path);
	retime(&timed, network, &path, start, route);
	return route;
}
