/*
 * timed.c: the route that arrives first; see timed.h.
 *
 * Which profile a segment follows is settled before a network is built, so
 * that the memory for it is counted with the rest.  The graph that is searched is that of
 * the local clock.  In a network of the rows each segment that follows a profile then gets the
 * weight of its fastest hour, which is what the search's bound needs; prepared graphs keep the weights of
 * factor 1, and the search is told by how much hours are faster.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "bridge/graph/layer_segment.h"
#include "bridge/network/profile.h"
#include "bridge/route/prepared/prepared_view.h"
#include "bridge/route/timed.h"
#include "bridge/route/timed_profiles.h"
#include "bridge/server/compat.h"

/* m/s.  No clock has a value for a speed as high as this. */
#define NO_CAP 1e299

/* 0.93 c. */
#define FAST_KPH 1e9

typedef struct Timed
{
	TvQuestion	question;
	double		start;			/* seconds since the week began */
	double		speedup;		/* of the weights, see kernel/graph/search/timed.h */
	TvTimedProfiles profiles;
} Timed;

/* Segments ---------------------------------------------------------------- */

/* A segment as it is on a layer of what is searched; the only thing that depends on where it is from. */
static inline TvmSegment
segment_on(const TvQuestion *question, uint32 layer, uint32 segment)
{
	return question->prepared != NULL ? tv_layer_segment(question->prepared->layers[layer], segment)
		: question->network->segments[layer][segment];
}

/* Without ways back and turns (kernel/graph/split.h). */
static inline uint32
segment_count(const TvQuestion *question, uint32 layer)
{
	return question->prepared != NULL ? question->prepared->layers[layer]->graph->segment_count
		: question->rows->worlds[question->rows->layers[layer].world].segment_count;
}

typedef struct Passage
{
	const TvQuestion *question;
	uint32		layer;
	uint32		index;
	TvmSegment	segment;		/* as fast as the profile of the vehicle lets it be */
	double		own_kph;		/* as it is without that, */
	double		cap_kph;		/* which bounds the speed of each hour, too; INFINITY: nothing does */
	const TvmWorldRules *rules;
} Passage;

static inline Passage
passage_of(const TvQuestion *question, uint32 layer, uint32 index)
{
	const TvRows *rows = question->rows;
	const TvProfile *profile = rows->layers[layer].profile;
	Passage		passage = {
		.question = question,
		.layer = layer,
		.index = index,
		.segment = segment_on(question, layer, index),
		.cap_kph = INFINITY,
		.rules = &rows->worlds[rows->layers[layer].world].rules
	};

	passage.own_kph = passage.segment.speed_kph;
	if (profile != NULL)
	{
		passage.own_kph = question->prepared != NULL ? tv_layer_own_kph(question->prepared->layers[layer], index)
			: question->network->own_kph[layer][index];
		passage.cap_kph = tv_profile_cap_kph(profile, passage.segment.road);
	}
	return passage;
}

/* What so much of a segment takes; where a clock has no value, 22003 with the segment if the rows are searched. */
static TvmStatus
measure(const Passage *passage, const TvmWorldRules *rules, double length_m, double speed_kph, TvmClocks *clocks)
{
	const TvQuestion *question = passage->question;

	if (question->prepared != NULL)
		return tvm_clocks_segment(&question->env->tvm, rules, length_m, speed_kph, passage->segment.drag, clocks);
	tv_network_clocks_at(question->network, passage->layer, passage->index, rules, length_m, speed_kph, clocks);
	return TVM_OK;
}

/* The speed in one hour; neither infinite nor 0, whatever the numbers are. */
static double
speed_in_hour(const Passage *passage, const TvmProfile *profile, int hour)
{
	return fmin(fmin(fmax(passage->own_kph * profile->factor[hour], DBL_MIN), DBL_MAX), passage->cap_kph);
}

/* How long a segment takes on the local clock at factor 1 without the caps of the world and the profile, and at these. */
static TvmStatus
measure_pace(const Passage *passage, TvmPace *pace)
{
	const TvmSegment *segment = &passage->segment;
	TvmWorldRules rules = *passage->rules;
	TvmClocks	clocks;
	TvmStatus	status;

	*pace = (TvmPace) {0};
	rules.sr = rules.gr = false;	/* the local clock knows neither */
	if (rules.max_speed_mps < NO_CAP || passage->cap_kph < INFINITY)
	{
		/* 4 km/h for each m/s are more than the world's, so the time is that of the cap to the last digit. */
		status = measure(passage, &rules, segment->length_m, fmin(rules.max_speed_mps * 4, passage->cap_kph), &clocks);
		if (status != TVM_OK)
			return status;
		pace->least = clocks.local_s;
		rules.max_speed_mps = INFINITY;
	}
	status = measure(passage, &rules, segment->length_m, passage->own_kph, &clocks);
	pace->seconds = clocks.local_s;
	return status;
}

/*
 * Whether all clocks have values at the fastest hour.  Asked only near the speed of light: at the
 * segment's own speed they have, and slower ones are checked on the way.
 */
static TvmStatus
check_fastest(const Passage *passage, double speed_kph)
{
	TvmClocks	clocks;

	return speed_kph < FAST_KPH ? TVM_OK
		: measure(passage, passage->rules, passage->segment.length_m, speed_kph, &clocks);
}

/* Layers ------------------------------------------------------------------ */

/*
 * From profiles to slots, and either weights of the fastest hours or by how much those are faster.  False
 * where a clock has no value, if prepared graphs are asked.
 */
static bool
fill_layer(Timed *timed, uint32 layer)
{
	TvTimedProfiles *profiles = &timed->profiles;
	uint32	   *slots = profiles->slots[layer];
	double	   *weights = profiles->weights[layer];
	uint32		count = segment_count(&timed->question, layer);
	uint32		filled = 0;

	for (uint32 i = 0; i < count; i++)
	{
		uint32		followed = slots[i];
		const TvmProfile *profile;
		int			fastest;
		Passage		passage;
		TvmPace		pace;

		tv_interrupts_at(i);
		slots[i] = TVM_NO_PROFILE;
		if (followed == TVM_NO_PROFILE)
			continue;
		passage = passage_of(&timed->question, layer, i);
		if (passage.segment.presence != TVM_SEGMENT_OPEN)
			continue;
		profile = &profiles->profiles[followed];
		fastest = profiles->fastest[followed];
		if (check_fastest(&passage, speed_in_hour(&passage, profile, fastest)) != TVM_OK ||
			measure_pace(&passage, &pace) != TVM_OK)
			return false;
		/* Infinity would say that it is closed. */
		if (weights != NULL)
			weights[i] = fmin(tvm_profile_whole(profile, pace, fastest), DBL_MAX);
		else
			timed->speedup = Max(timed->speedup, profile->factor[fastest]);
		profiles->segments[layer][filled] = (TvmTimedSegment) {.pace = pace, .profile = followed};
		slots[i] = filled++;
	}
	return true;
}

/* The same of the arcs of a topology that is split: ways back follow what their segments do, turns nothing. */
static void
spread_slots(Timed *timed, uint32 layer)
{
	TvTimedProfiles *profiles = &timed->profiles;
	const TvmSplit *split = tv_question_split(&timed->question, layer);
	uint32	   *slots;

	if (split->junction_count == 0)
		return;
	slots = tv_load_grow(timed->question.rows, NULL, sizeof(uint32), 0, tvm_split_arcs(split));
	memcpy(slots, profiles->slots[layer], sizeof(uint32) * (Size) split->segment_count);
	for (uint32 i = 0; i < split->back_count; i++)
		slots[split->segment_count + i] = slots[split->back_segment[i]];
	for (uint32 i = split->segment_count + split->back_count; i < tvm_split_arcs(split); i++)
		slots[i] = TVM_NO_PROFILE;
	profiles->slots[layer] = slots;
	profiles->layers[layer].slots = slots;
}

static bool
load(TvQuestion *question)
{
	Timed	   *timed = (Timed *) question;
	TvTimedProfiles *profiles = &timed->profiles;

	timed->speedup = 1;
	tv_timed_load(profiles, question->rows, question->prepared);
	if (profiles->extra_follows)
		return false;
	for (uint32 l = 0; question->prepared != NULL && l < question->rows->layer_count; l++)
		if (profiles->slots[l] != NULL)
		{
			if (!fill_layer(timed, l))
				return false;
			spread_slots(timed, l);
		}
	return true;
}

/* The weights of a layer of the network, with those of the fastest hours in their places. */
static const double *
spread_weights(Timed *timed, uint32 layer)
{
	TvNetwork  *network = timed->question.network;
	const TvmSplit *split = tv_question_split(&timed->question, layer);
	const double *fastest = timed->profiles.weights[layer];
	double	   *weights;

	if (split->junction_count == 0)
		return fastest;
	weights = tv_load_grow(timed->question.rows, NULL, sizeof(double), 0, tvm_split_arcs(split));
	memcpy(weights, network->layers[layer].weights.all, sizeof(double) * (Size) tvm_split_arcs(split));
	memcpy(weights, fastest, sizeof(double) * (Size) split->segment_count);
	for (uint32 i = 0; i < split->back_count; i++)
		weights[split->segment_count + i] = weights[split->back_segment[i]];
	return weights;
}

/* The network of the rows with the weights of the fastest hours. */
static void
fill_network(Timed *timed)
{
	TvEnv	   *env = timed->question.env;
	TvNetwork  *network = timed->question.network;
	TvTimedProfiles *profiles = &timed->profiles;
	uint32		layer_count = timed->question.rows->layer_count;

	if (!profiles->any)
		return;
	for (uint32 l = 0; l < layer_count; l++)
		if (profiles->slots[l] != NULL)
		{
			memcpy(profiles->weights[l], network->layers[l].weights.all,
				   sizeof(double) * segment_count(&timed->question, l));
			(void) fill_layer(timed, l);
			network->layers[l].weights.all = spread_weights(timed, l);
			spread_slots(timed, l);
		}
	tvm_graph_free(&env->tvm, &network->graph);
	tv_check(env, tvm_graph_init(&env->tvm, &network->graph, network->layers, layer_count,
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

/* What passing a segment from `at` on costs: each hour's part at its speed. */
static void
retime_step(const Timed *timed, uint32 layer, uint32 segment, double at, TvmClocks *sum)
{
	const TvTimedProfiles *profiles = &timed->profiles;
	const TvmTimedSegment *follows = &profiles->segments[layer][profiles->slots[layer][segment]];
	const TvmProfile *profile = &profiles->profiles[follows->profile];
	Passage		passage = passage_of(&timed->question, layer, segment);
	double		shares[TVM_WEEK_HOURS];
	double		seconds = tvm_profile_pass(profile, follows->pace, at, shares);

	*sum = (TvmClocks) {0};
	if (isinf(seconds))
		sum->local_s = INFINITY;
	for (int h = 0; h < TVM_WEEK_HOURS && !isinf(seconds); h++)
	{
		TvmClocks	part;

		if (shares[h] == 0)
			continue;
		tv_check(timed->question.env, measure(&passage, passage.rules, passage.segment.length_m * shares[h],
											  speed_in_hour(&passage, profile, h), &part));
		tvm_clocks_add(sum, &part);
	}
}

/* Travel along the route again by the clock. */
static void
retime(const Timed *timed, const TvmPath *path, TvRoute *route)
{
	TvRouteStep *to = route->steps;
	TvCost		so_far = {0};

	for (size_t i = 0; i < path->count; i++)
	{
		const TvmStep *step = &path->steps[i];
		uint32		layer = step->point.layer;
		const uint32 *slots = timed->profiles.slots[layer];
		uint32		segment = 0;
		bool		reverse;

		/* A turn is part of the step after it, and comes first. */
		if (step->kind == TVM_STEP_SEGMENT &&
			tvm_split_arc(tv_question_split(&timed->question, layer), TVM_ARC(step->index, step->reverse),
						  &segment, &reverse) == TVM_SPLIT_TURN)
			continue;
		if (step->kind == TVM_STEP_SEGMENT && slots != NULL && slots[segment] != TVM_NO_PROFILE)
		{
			retime_step(timed, layer, segment, timed->start + so_far.clocks.local_s + to->turn_s, &to->step.clocks);
			tv_cost_penalty(&to->step, to->turn_s);
		}
		tv_cost_add(&so_far, &to->step);
		to++;
	}
}

static bool
search(TvQuestion *question)
{
	Timed	   *timed = (Timed *) question;
	TvEnv	   *env = question->env;
	TvmTies		ties = tv_question_ties(question);
	TvmTimed	kernel = {.profiles = timed->profiles.profiles, .layers = timed->profiles.layers, .speedup = timed->speedup};
	TvmQuery	query;
	TvmPath		path;

	if (question->network != NULL)
		fill_network(timed);
	tv_check(env, tvm_query_init(&env->tvm, &query, question->graph));
	tv_check(env, tvm_timed_run(&env->tvm, &query, &kernel, timed->start, question->from, &question->to));
	tv_check(env, tvm_timed_path(&env->tvm, &query, &kernel, timed->start, &ties, question->to, &path));
	tvm_query_free(&env->tvm, &query);
	if (path.count == 0)
		return false;
	question->route = tv_question_describe(question, &path);
	retime(timed, &path, question->route);
	return true;
}

static const TvQuestionKind first_arrival = {
	.ends = TV_ENDS_PLACES,
	.load = load,
	.search = search
};

TvRoute *
tv_timed_find(TvEnv *env, const TvRouteRequest *request, TimestampTz depart_at)
{
	Timed		timed = {
		.question = {.kind = &first_arrival, .env = env, .request = *request},
		.start = moment_of_week(depart_at)
	};

	timed.question.request.metric = tv_metric_name(TV_METRIC_LOCAL);
	tv_question_ask(&timed.question);
	return timed.question.route;
}
