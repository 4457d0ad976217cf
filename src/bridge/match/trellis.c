/*
 * trellis.c: sights of a vehicle, their states, and the distances between states; see trellis.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/match/trellis.h"
#include "bridge/server/compat.h"
#include "bridge/server/limits.h"

#define MOST_SEGMENTS 24		/* the nearest ones of a fix */
#define REACH_SIGMAS 5.0		/* how many standard deviations a state may be away, ... */
#define REACH_MORE_M 30.0		/* ... and how much more: roads are as wide, and their courses as inexact */
#define THIN_SIGMAS 5.0			/* fixes so near are one sight; one that stands apart by noise alone is one in 250,000 */
#define APART_SIGMAS 2.0		/* ... and sights so near, by their own, are one */
#define MOST_AVERAGED 4			/* so many fixes are as good as more: what they are off by is alike for a while */
#define BACK_SIGMAS 4.5			/* so far back a vehicle that stands may seem to go */
#define TURN_BETAS 12.0			/* turning round on a road is so unlikely: as e to so many */
#define DEAD_END_BETAS 6.0
#define CLOSED_COST 0.7			/* of a state on a closed segment: half as likely */
#define BETA_M 1.0				/* how much longer or shorter than straight a way is: so much, ... */
#define BETA_SIGMA 0.5			/* ... and of the standard deviation, ... */
#define BETA_APART 0.03			/* ... and of the straight line */
#define HASTE 1.3				/* who goes so much faster than a segment's speed is less likely on it: ... */
#define HASTE_COST 3.0			/* ... by so much for each time the speed, ... */
#define HASTE_MOST 5.0			/* ... but not beyond that */
#define PRUNE 40.0				/* states that are 1e-17 as likely as the best */
#define NEAR_BETAS 25.0			/* a way that is so much longer than straight is looked for only where there is no other */
#define FARTHEST_TIMES 3.0		/* ways are looked for that are so many times as long as fixes are apart, */
#define FARTHEST_MORE_M 300.0	/* and so much longer */

/* States --------------------------------------------------------------------------- */

/* Metres on the ground from a chord. */
static double
ground_distance(const TvTrellis *trellis, TvmNearPoint a, TvmNearPoint b)
{
	double		radius = trellis->ground->roads->rules.radius_m;

	return 2 * radius * asin(Min(tvm_near_distance(a, b) / (2 * radius), 1));
}

static TvmNearPoint
point_of(const TvTrellis *trellis, uint32 fix)
{
	return tvm_near_point(trellis->ground->roads->rules.radius_m, trellis->fixes[fix].lat, trellis->fixes[fix].lon);
}

/* Why nothing leads from a fix to the next one. */
static TvMatchCut
cut_between(const TvTrellis *trellis, uint32 fix)
{
	const TvMatchFix *from = &trellis->fixes[fix];
	const TvMatchFix *to = &trellis->fixes[fix + 1];
	double		seconds = (to->t - from->t) / 1e6;

	if (to->before != TV_MATCH_ON_A_ROAD)
		return to->before;
	if (from->after != TV_MATCH_ON_A_ROAD)
		return from->after;
	if (seconds > trellis->options->max_gap_s)
		return TV_MATCH_GAP;
	return TV_MATCH_ON_A_ROAD;
}

/* The states of a fix, after those there are. */
static void
add_states(TvTrellis *trellis, TvmNearPoint at, double sigma_m)
{
	TvGround   *ground = trellis->ground;
	double		radius = Min(trellis->options->radius_m, REACH_SIGMAS * sigma_m + REACH_MORE_M);
	uint32		first = trellis->first[trellis->count];
	uint32		count = first;

	tv_check(trellis->env, tvm_near_find(&trellis->env->tvm, &ground->near, at, radius, MOST_SEGMENTS));
	for (size_t h = 0; h < ground->near.hit_count; h++)
	{
		const TvmNearHit *hit = &ground->near.hits[h];
		double		cost = hit->away_m * hit->away_m / (2 * sigma_m * sigma_m);
		TvRoad		road;

		if (!tv_roads_get(ground->roads, hit->owner, &road))
			continue;
		for (int reverse = 0; reverse < (road.oneway ? 1 : 2); reverse++)
		{
			if (count == trellis->state_capacity)
			{
				uint32		capacity = trellis->state_capacity;

				tv_graph_require_memory((sizeof(TvState) + sizeof(double)) * 3 * (Size) Max(capacity, 1));
				trellis->states = tv_grow(trellis->env->context, trellis->states, sizeof(TvState), &capacity);
				trellis->cost = tv_grow(trellis->env->context, trellis->cost, sizeof(double), &trellis->state_capacity);
			}
			trellis->states[count] = (TvState) {
				.arc = TVM_ARC(hit->owner, reverse),
				.from = tv_roads_tail(ground->roads, TVM_ARC(hit->owner, reverse)),
				.to = tv_roads_head(ground->roads, TVM_ARC(hit->owner, reverse)),
				.away_m = hit->away_m,
				.at_m = (reverse ? 1 - hit->fraction : hit->fraction) * road.length_m,
				.length_m = road.length_m,
				.speed_mps = road.speed_kph / 3.6
			};
			trellis->cost[count++] = cost + (road.closed ? CLOSED_COST : 0);
		}
	}
	trellis->first[trellis->count + 1] = count;
}

/* Sights --------------------------------------------------------------------------- */

/* What lies between the last sight that has states and another one. */
static void
join(TvTrellis *trellis, const TvSight *sight, TvMatchCut cut)
{
	uint32		before = trellis->count - 1;
	TvSight    *from = &trellis->sights[before];
	double		apart = ground_distance(trellis, from->at, sight->at);
	double		seconds = (sight->arrives - from->leaves) / 1e6;

	if (cut == TV_MATCH_ON_A_ROAD && trellis->missed && seconds > trellis->options->max_gap_s)
		cut = TV_MATCH_NO_ROAD;
	if (cut == TV_MATCH_ON_A_ROAD && apart > trellis->options->max_speed_mps * seconds + 6 * (from->sigma_m + sight->sigma_m))
		cut = TV_MATCH_TOO_FAST;
	from->cut = cut;
	trellis->cut[before] = cut != TV_MATCH_ON_A_ROAD;
	trellis->apart_m[before] = apart;
	trellis->beta_m[before] = BETA_M + BETA_SIGMA * sight->sigma_m + BETA_APART * apart;
}

/* As sights are gathered, fix by fix. */
typedef struct Gathering
{
	TvTrellis  *trellis;
	double		sigma_m;		/* of each fix */
	TvMatchCut	cut;			/* why nothing leads to the sight in hand from the one before */
	bool		alone;			/* it is one fix, where a track begins or ends, and takes no others */
	uint32		first;			/* fix */
	uint32		count;			/* of fixes in hand; 0: none */
	TvmNearPoint sum;
} Gathering;

static TvmNearPoint
mean_of(const Gathering *gathering)
{
	double		radius = gathering->trellis->ground->roads->rules.radius_m;
	TvmNearPoint sum = gathering->sum;
	double		size = sqrt(sum.x * sum.x + sum.y * sum.y + sum.z * sum.z);

	return (TvmNearPoint) {sum.x / size * radius, sum.y / size * radius, sum.z / size * radius};
}

static void
add_fix(Gathering *gathering, uint32 fix, TvmNearPoint at, double sign)
{
	if (gathering->count == 0)
	{
		gathering->first = fix;
		gathering->sum = (TvmNearPoint) {0};
	}
	gathering->sum.x += sign * at.x;
	gathering->sum.y += sign * at.y;
	gathering->sum.z += sign * at.z;
	gathering->count += sign > 0 ? 1 : -1;
}

/* Where the last sight is so near that the vehicle has not moved, the two are one. */
static bool
merge(TvTrellis *trellis, const TvSight *sight)
{
	TvSight    *last = &trellis->sights[trellis->count - 1];
	double		apart = tvm_near_distance(last->at, sight->at);

	if (last->first == last->last || sight->first == sight->last ||
		apart > APART_SIGMAS * hypot(last->sigma_m, sight->sigma_m))
		return false;
	last->last = sight->last;
	last->arrives = trellis->fixes[last->first].t;
	last->leaves = trellis->fixes[sight->last].t;
	return true;
}

/* The sight in hand is whole. */
static void
end_sight(Gathering *gathering)
{
	TvTrellis  *trellis = gathering->trellis;
	uint32		count = gathering->count;
	TvSight		sight;

	if (count == 0)
		return;
	sight = (TvSight) {
		.at = mean_of(gathering),
		.first = gathering->first,
		.last = gathering->first + count - 1,
		.sigma_m = gathering->sigma_m / sqrt(Min(count, MOST_AVERAGED))
	};
	sight.arrives = sight.leaves = trellis->fixes[sight.first].t +
		(trellis->fixes[sight.last].t - trellis->fixes[sight.first].t) / 2;
	gathering->count = 0;
	if (trellis->count > 0 && !trellis->missed && gathering->cut == TV_MATCH_ON_A_ROAD && merge(trellis, &sight))
		return;
	add_states(trellis, sight.at, sight.sigma_m);
	if (trellis->first[trellis->count + 1] == trellis->first[trellis->count])
	{
		trellis->missed = true;
		return;
	}
	if (trellis->count > 0)
		join(trellis, &sight, gathering->cut);
	trellis->sights[trellis->count++] = sight;
	trellis->missed = false;
	gathering->cut = TV_MATCH_ON_A_ROAD;
}

/* The same where a track ends: its last fix is a sight by itself. */
static void
end_track(Gathering *gathering)
{
	TvTrellis  *trellis = gathering->trellis;
	uint32		last = gathering->first + gathering->count - 1;

	if (gathering->count > 1)
	{
		TvmNearPoint at = point_of(trellis, last);

		add_fix(gathering, last, at, -1);
		end_sight(gathering);
		add_fix(gathering, last, at, 1);
	}
	end_sight(gathering);
}

static void
gather_sights(TvTrellis *trellis, double sigma_m)
{
	Gathering	gathering = {.trellis = trellis, .sigma_m = sigma_m, .cut = TV_MATCH_ON_A_ROAD, .alone = true};

	for (uint32 i = 0; i < trellis->fix_count; i++)
	{
		TvMatchCut	cut = i > 0 ? cut_between(trellis, i - 1) : TV_MATCH_ON_A_ROAD;
		TvmNearPoint at = point_of(trellis, i);

		tv_interrupts_at(i);
		if (cut != TV_MATCH_ON_A_ROAD)
		{
			end_track(&gathering);
			gathering.cut = cut;
			gathering.alone = true;
		}
		else if (gathering.count > 0 && (gathering.alone || tvm_near_distance(mean_of(&gathering), at) >= THIN_SIGMAS * sigma_m))
		{
			end_sight(&gathering);
			gathering.alone = false;
		}
		add_fix(&gathering, i, at, 1);
	}
	end_track(&gathering);
}

/* The least that a vehicle goes from a sight to the next, whatever the noise. */
static double
speed_after(const TvTrellis *trellis, uint32 sight)
{
	const TvSight *from = &trellis->sights[sight];
	double		seconds = (from[1].arrives - from[0].leaves) / 1e6;
	double		least = trellis->apart_m[sight] - from[0].sigma_m - from[1].sigma_m;

	return from->cut == TV_MATCH_ON_A_ROAD && least > 0 && seconds > 0 ? least / seconds : 0;
}

/*
 * Roads that run side by side are often told apart by their speeds alone: a service road beside a street.  A vehicle may be
 * slow on any of them.
 */
static void
add_haste(TvTrellis *trellis)
{
	for (uint32 i = 0; i < trellis->count; i++)
	{
		double		before = i > 0 ? speed_after(trellis, i - 1) : INFINITY;
		double		after = i + 1 < trellis->count ? speed_after(trellis, i) : INFINITY;
		double		speed = Min(before, after);

		for (uint32 s = trellis->first[i]; speed < INFINITY && s < trellis->first[i + 1]; s++)
		{
			double		haste = speed / trellis->states[s].speed_mps - HASTE;

			if (haste > 0)
				trellis->cost[s] += Min(HASTE_COST * haste, HASTE_MOST);
		}
	}
}

static void *
take(TvEnv *env, Size count, Size size)
{
	return tv_env_take(env, Max(count, 1) * size);
}

void
tv_trellis_make(TvTrellis *trellis, TvEnv *env, TvGround *ground, const TvMatchFix *fixes, uint32 fix_count,
				const TvMatchOptions *options, double sigma_m)
{
	*trellis = (TvTrellis) {
		.env = env, .ground = ground, .fixes = fixes, .fix_count = fix_count, .options = options
	};
	trellis->sights = take(env, fix_count, sizeof(TvSight));
	trellis->first = take(env, fix_count + 1, sizeof(uint32));
	trellis->first[0] = 0;
	trellis->apart_m = take(env, fix_count, sizeof(double));
	trellis->beta_m = take(env, fix_count, sizeof(double));
	trellis->cut = take(env, fix_count, 1);
	trellis->targets = take(env, 2 * MOST_SEGMENTS, sizeof(uint32));
	trellis->done = take(env, 2 * MOST_SEGMENTS, 1);
	tv_check(env, tvm_local_init(&env->tvm, &trellis->local, &ground->roads->graph));
	tv_check(env, tvm_local_init(&env->tvm, &trellis->fast, &ground->roads->fast));
	gather_sights(trellis, sigma_m);
	add_haste(trellis);
}

void
tv_trellis_free(TvTrellis *trellis)
{
	tvm_local_free(&trellis->env->tvm, &trellis->fast);
	tvm_local_free(&trellis->env->tvm, &trellis->local);
	pfree(trellis->done);
	pfree(trellis->targets);
	pfree(trellis->cut);
	pfree(trellis->beta_m);
	pfree(trellis->apart_m);
	pfree(trellis->first);
	pfree(trellis->sights);
	if (trellis->states != NULL)
	{
		pfree(trellis->states);
		pfree(trellis->cost);
	}
}

/* Distances --------------------------------------------------------------------- */

double
tv_trellis_farthest(const TvTrellis *trellis, uint32 sight)
{
	double		seconds = (trellis->sights[sight + 1].arrives - trellis->sights[sight].leaves) / 1e6;

	return Min(FARTHEST_TIMES * trellis->apart_m[sight], trellis->options->max_speed_mps * seconds) + FARTHEST_MORE_M;
}

/* Whether nothing is passed on a way to a label but, where a junction is split, a turn. */
static bool
is_turn(const TvTrellis *trellis, const TvmLocalLabel *label)
{
	return label->from == TVM_LOCAL_NONE ||
		(trellis->local.labels[label->from].from == TVM_LOCAL_NONE &&
		 tv_roads_passed(trellis->ground->roads, label->arc) == TV_NONE);
}

TvHow
tv_trellis_leads(const TvTrellis *trellis, uint32 sight, const TvState *from, const TvState *to,
				 const TvmLocalLabel *label, double *distance_m)
{
	TvHow		how = TV_HOW_NOT;
	double		beta = trellis->beta_m[sight];

	*distance_m = INFINITY;
	if (from->arc == to->arc && to->at_m >= from->at_m)
	{
		*distance_m = to->at_m - from->at_m;
		return TV_HOW_ALONG;
	}
	if (from->arc == to->arc && from->at_m - to->at_m <= BACK_SIGMAS * trellis->sights[sight].sigma_m)
	{
		*distance_m = 0;
		return TV_HOW_ALONG;
	}
	if (label != NULL)
	{
		*distance_m = from->length_m - from->at_m + label->length + to->at_m;
		how = TV_HOW_AROUND;
		if (from->arc == (to->arc ^ 1) && is_turn(trellis, label))
			*distance_m += (tv_roads_is_dead_end(trellis->ground->roads, from->to) ? DEAD_END_BETAS : TURN_BETAS) * beta;
	}
	if (from->arc == (to->arc ^ 1))
	{
		double		turning = fabs(from->length_m - from->at_m - to->at_m) + TURN_BETAS * beta;

		if (turning < *distance_m)
		{
			*distance_m = turning;
			how = TV_HOW_TURNING;
		}
	}
	if (*distance_m > tv_trellis_farthest(trellis, sight))
	{
		*distance_m = INFINITY;
		return TV_HOW_NOT;
	}
	return how;
}

/* Called by the kernel: it must not raise.  States that end at one node share a search. */
static TvmStatus
measure(TvmEnv *env, void *context, size_t fix, const uint32_t *live, size_t live_count, bool far, double *distance)
{
	TvTrellis  *trellis = context;
	const TvState *from = trellis->states + trellis->first[fix];
	const TvState *to = trellis->states + trellis->first[fix + 1];
	uint32		count = trellis->first[fix + 2] - trellis->first[fix + 1];

	double		farthest = tv_trellis_farthest(trellis, fix);

	if (!far)
		farthest = Min(farthest, trellis->apart_m[fix] + NEAR_BETAS * trellis->beta_m[fix]);
	for (uint32 s = 0; s < count; s++)
		trellis->targets[s] = to[s].from;
	memset(trellis->done, false, live_count);
	for (size_t l = 0; l < live_count; l++)
	{
		TvmStatus	status;

		if (trellis->done[l])
			continue;
		status = tvm_local_run(env, &trellis->local, from[live[l]].to, trellis->targets, count, farthest);
		if (status != TVM_OK)
			return status;
		for (size_t k = l; k < live_count; k++)
		{
			if (from[live[k]].to != from[live[l]].to)
				continue;
			trellis->done[k] = true;
			for (uint32 s = 0; s < count; s++)
				(void) tv_trellis_leads(trellis, fix, &from[live[k]], &to[s],
										tvm_local_label(&trellis->local, to[s].from), &distance[k * count + s]);
		}
	}
	return TVM_OK;
}

void
tv_trellis_solve(TvTrellis *trellis, TvmMatchAnswer *answer)
{
	TvmMatchTrack track = {
		.count = trellis->count,
		.first = trellis->first,
		.cost = trellis->cost,
		.apart_m = trellis->apart_m,
		.beta_m = trellis->beta_m,
		.cut = trellis->cut,
		.prune = PRUNE
	};

	tv_check(trellis->env, tvm_match(&trellis->env->tvm, &track, measure, trellis, answer));
	for (uint32 i = 0; i + 1 < trellis->count; i++)
		if (answer->begins[i + 1] && trellis->sights[i].cut == TV_MATCH_ON_A_ROAD)
			trellis->sights[i].cut = TV_MATCH_NO_WAY;
}
