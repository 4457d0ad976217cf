/*
 * test_matching.c: the most likely states against all sequences of states, one by one.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/matching/matching.h"

#define FIXES 6
#define STATES 4

typedef struct Model
{
	uint32_t	first[FIXES + 1];
	double		cost[FIXES * STATES];
	double		apart[FIXES];
	double		beta[FIXES];
	uint8_t		cut[FIXES];
	double		distance[FIXES][STATES][STATES];
	double		near;			/* what is farther is told only where it is asked for */
	long		fails_at;		/* the fix whose distances cannot be had; -1: none */
} Model;

static TvmStatus
distances(TvmEnv *env, void *context, size_t fix, const uint32_t *live, size_t live_count, bool far, double *distance)
{
	const Model *model = context;
	uint32_t	count = model->first[fix + 2] - model->first[fix + 1];

	if ((long) fix == model->fails_at)
		return tvm_fail(env, TVM_DOMAIN, "no distances", NULL, NULL);
	for (size_t l = 0; l < live_count; l++)
		for (uint32_t s = 0; s < count; s++)
		{
			double		one = model->distance[fix][live[l]][s];

			distance[l * count + s] = far || one <= model->near ? one : INFINITY;
		}
	return TVM_OK;
}

static void
random_model(TvmRng *rng, Model *model, double none, double cut)
{
	memset(model, 0, sizeof(*model));
	model->fails_at = -1;
	model->near = INFINITY;
	for (int i = 0; i < FIXES; i++)
	{
		model->first[i + 1] = model->first[i] + 1 + random_below(rng, STATES);
		for (uint32_t s = model->first[i]; s < model->first[i + 1]; s++)
			model->cost[s] = random_between(rng, 0, 8);
		model->apart[i] = random_between(rng, 0, 100);
		model->beta[i] = random_between(rng, 1, 20);
		model->cut[i] = random_chance(rng, cut);
		for (int u = 0; u < STATES; u++)
			for (int s = 0; s < STATES; s++)
				/* What the kernel keeps in single precision is exact here. */
				model->distance[i][u][s] = random_chance(rng, none) ? INFINITY : random_between(rng, 0, 150);
	}
}

static TvmMatchTrack
track_of(const Model *model, double prune)
{
	return (TvmMatchTrack) {
		.count = FIXES, .first = model->first, .cost = model->cost, .apart_m = model->apart,
		.beta_m = model->beta, .cut = model->cut, .prune = prune
	};
}

static double
transition(const Model *model, int fix, uint32_t from, uint32_t to)
{
	double		distance = model->distance[fix][from][to];

	return model->cut[fix] || distance == INFINITY ? INFINITY
		: (float) (fabs(model->apart[fix] - distance) / model->beta[fix]);
}

/* Whether any way leads from the first of some fixes to the last. */
static bool
leads(const Model *model, int from, int to)
{
	bool		there[STATES] = {true, true, true, true};

	for (int i = from; i < to; i++)
	{
		bool		next[STATES] = {false};

		for (uint32_t u = 0; u < model->first[i + 1] - model->first[i]; u++)
			for (uint32_t s = 0; s < model->first[i + 2] - model->first[i + 1]; s++)
				next[s] = next[s] || (there[u] && transition(model, i, u, s) < INFINITY);
		memcpy(there, next, sizeof(there));
	}
	for (int s = 0; s < STATES; s++)
		if (there[s])
			return true;
	return false;
}

/* Every sequence of states of the fixes [from, to]: the least cost, and what each state of a fix has of all. */
typedef struct Oracle
{
	const Model *model;
	int			from;
	int			to;
	uint32_t	state[FIXES];
	double		least;
	double		all;
	double		share[FIXES][STATES];
} Oracle;

static void
try_all(Oracle *oracle, int fix, double cost)
{
	const Model *model = oracle->model;

	if (cost == INFINITY)
		return;
	if (fix > oracle->to)
	{
		oracle->least = fmin(oracle->least, cost);
		oracle->all += exp(-cost);
		for (int i = oracle->from; i <= oracle->to; i++)
			oracle->share[i][oracle->state[i]] += exp(-cost);
		return;
	}
	for (uint32_t s = 0; s < model->first[fix + 1] - model->first[fix]; s++)
	{
		double		more = model->cost[model->first[fix] + s];

		if (fix > oracle->from)
			more += transition(model, fix - 1, oracle->state[fix - 1], s);
		oracle->state[fix] = s;
		try_all(oracle, fix + 1, cost + more);
	}
}

static double
cost_of(const Model *model, int from, int to, const uint32_t *state)
{
	double		cost = 0;

	for (int i = from; i <= to; i++)
	{
		if (i > from)
			cost += transition(model, i - 1, state[i - 1], state[i]);
		cost += model->cost[model->first[i] + state[i]];
	}
	return cost;
}

static void
check_pieces(const Model *model, const TvmMatchAnswer *answer)
{
	for (int from = 0, to; from < FIXES; from = to + 1)
	{
		Oracle		oracle = {.model = model, .from = from, .least = INFINITY};

		/* A piece goes as far as any way leads. */
		for (to = from; to + 1 < FIXES && leads(model, from, to + 1); to++)
			CHECK(!answer->begins[to + 1]);
		CHECK(answer->begins[from]);
		oracle.to = to;
		try_all(&oracle, from, 0);
		CHECK_NEAR(cost_of(model, from, to, answer->state), oracle.least, 1e-9);
		for (int i = from; i <= to; i++)
			CHECK_NEAR(answer->posterior[i], oracle.share[i][answer->state[i]] / oracle.all, 1e-9);
	}
}

static void
match_and_check(const Model *model, double prune)
{
	TvmEnv	   *env = unit_env();
	TvmMatchTrack track = track_of(model, prune);
	uint32_t	state[FIXES];
	uint8_t		begins[FIXES];
	double		posterior[FIXES];
	TvmMatchAnswer answer = {state, begins, posterior};

	CHECK(tvm_match(env, &track, distances, (void *) model, &answer) == TVM_OK);
	check_pieces(model, &answer);
}

TEST(states_are_the_least_of_all_sequences)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7501, 0);
	for (int round = 0; round < 3000; round++)
	{
		Model		model;

		random_model(&rng, &model, round % 3 == 0 ? 0 : round % 3 == 1 ? 0.4 : 0.8, round % 2 == 0 ? 0 : 0.2);
		match_and_check(&model, INFINITY);
	}
}

TEST(pruning_leaves_the_answer_where_it_is_wide_and_no_break_that_is_none)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7502, 0);
	for (int round = 0; round < 500; round++)
	{
		Model		model;
		TvmEnv	   *env = unit_env();
		TvmMatchTrack track;
		uint32_t	state[FIXES];
		uint8_t		begins[FIXES];
		double		posterior[FIXES];
		TvmMatchAnswer answer = {state, begins, posterior};

		random_model(&rng, &model, 0.5, 0);
		match_and_check(&model, 1000);
		/* Only the best is gone on from: another answer perhaps, but it breaks only where no way leads on from any state reached. */
		track = track_of(&model, 0);
		CHECK(tvm_match(env, &track, distances, &model, &answer) == TVM_OK);
		for (int i = 1; i < FIXES; i++)
			if (answer.begins[i])
				CHECK(cost_of(&model, i - 1, i, answer.state) == INFINITY);
			else
				CHECK(cost_of(&model, i - 1, i, answer.state) < INFINITY);
	}
}

TEST(what_is_far_is_asked_for_where_nothing_is_near)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7505, 0);
	for (int round = 0; round < 500; round++)
	{
		Model		model;

		/* Between two fixes all is far, or all is near: nothing is lost by it. */
		random_model(&rng, &model, 0.4, 0.1);
		model.near = 150;
		for (int i = 0; i < FIXES; i++)
			if (random_chance(&rng, 0.5))
				for (int u = 0; u < STATES; u++)
					for (int s = 0; s < STATES; s++)
						model.distance[i][u][s] += 150;
		match_and_check(&model, INFINITY);
	}
}

TEST(nothing_underflows_however_unlikely)
{
	Model		model;
	TvmRng		rng;
	TvmEnv	   *env = unit_env();
	TvmMatchTrack track;
	uint32_t	state[FIXES];
	uint8_t		begins[FIXES];
	double		posterior[FIXES];
	TvmMatchAnswer answer = {state, begins, posterior};

	tvm_rng_init(&rng, 7503, 0);
	random_model(&rng, &model, 0, 0);
	for (uint32_t s = 0; s < model.first[FIXES]; s++)
		model.cost[s] += 1e5 * (s % 3);
	for (int i = 0; i < FIXES; i++)
		model.beta[i] = 1e-3;
	track = track_of(&model, INFINITY);
	CHECK(tvm_match(env, &track, distances, &model, &answer) == TVM_OK);
	for (int i = 0; i < FIXES; i++)
		CHECK(answer.posterior[i] > 0.5 && answer.posterior[i] <= 1);
}

TEST(a_track_of_one_fix_and_of_none)
{
	TvmEnv	   *env = unit_env();
	uint32_t	first[] = {0, 2};
	double		cost[] = {log(3), 0};
	uint32_t	state[1];
	uint8_t		begins[1];
	double		posterior[1];
	TvmMatchAnswer answer = {state, begins, posterior};
	TvmMatchTrack track = {.count = 1, .first = first, .cost = cost, .prune = INFINITY};

	CHECK(tvm_match(env, &track, distances, NULL, &answer) == TVM_OK);
	CHECK(state[0] == 1 && begins[0] == 1);
	CHECK_NEAR(posterior[0], 0.75, 1e-15);
	track.count = 0;
	CHECK(tvm_match(env, &track, distances, NULL, &answer) == TVM_OK);
	track.count = 1;
	first[1] = 0;
	CHECK(tvm_match(env, &track, distances, NULL, &answer) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "fixes[0]") == 0);
}

TEST(matching_without_memory_or_cancelled_leaves_nothing)
{
	Model		model;
	TvmRng		rng;
	uint32_t	state[FIXES];
	uint8_t		begins[FIXES];
	double		posterior[FIXES];
	TvmMatchAnswer answer = {state, begins, posterior};
	TvmMatchTrack track;
	TvmEnv	   *env = unit_env();

	tvm_rng_init(&rng, 7504, 0);
	random_model(&rng, &model, 0, 0);
	track = track_of(&model, INFINITY);
	for (long fail_at = 1;; fail_at++)
	{
		TvmStatus	status;

		unit_env_fail_at(fail_at);
		status = tvm_match(env, &track, distances, &model, &answer);
		CHECK(unit_env_live() == 0);
		if (status == TVM_OK)
			break;
		CHECK(status == TVM_NOMEM && fail_at < 100);
	}
	unit_env_fail_at(0);
	unit_env_cancel_after(2);
	CHECK(tvm_match(env, &track, distances, &model, &answer) == TVM_CANCELLED);
	unit_env_cancel_after(-1);
	model.fails_at = 2;
	CHECK(tvm_match(env, &track, distances, &model, &answer) == TVM_DOMAIN);
	CHECK(unit_env_live() == 0);
}
