/*
 * matching.c: Viterbi's algorithm over a track's states, and how sure each is; see matching.h.
 *
 * Every finite transition that was looked at is kept, for the posterior needs it twice.  Costs are minus logarithms:
 * the least is the most likely, and the sum of two probabilities is what join() says.
 */
#include "kernel/matching/matching.h"

#include <math.h>
#include <string.h>

typedef struct Transition
{
	uint16_t	from;
	uint16_t	to;
	float		cost;
} Transition;

typedef struct Matching
{
	TvmEnv	   *env;
	const TvmMatchTrack *track;
	TvmMatchDistances distances;
	void	   *context;
	double	   *value;			/* of each state: the least cost of a way there */
	uint16_t   *back;			/* and from which state of the fix before */
	double	   *ahead;			/* forward sums, then what is left of them */
	uint32_t   *live;			/* states of a fix that are gone on from */
	double	   *distance;
	double	   *least;			/* of each state of a fix, while sums are made */
	double	   *sum;
	size_t	   *transitions_from;	/* of each fix: those to it */
	Transition *transitions;
	size_t		transition_count;
	size_t		transition_capacity;
} Matching;

static uint32_t
states_of(const TvmMatchTrack *track, size_t fix)
{
	return track->first[fix + 1] - track->first[fix];
}

static TvmStatus
widest(TvmEnv *env, const TvmMatchTrack *track, size_t *states)
{
	*states = 1;
	for (size_t i = 0; i < track->count; i++)
	{
		uint32_t	count = states_of(track, i);

		if (count == 0 || count > TVM_MATCH_MAX_STATES)
		{
			tvm_fail(env, TVM_INVALID, "not a number of states", NULL, "%u is outside 1..%d", count, TVM_MATCH_MAX_STATES);
			tvm_fail_path(env, "fixes[%zu]", i);
			return TVM_INVALID;
		}
		if (count > *states)
			*states = count;
	}
	return TVM_OK;
}

static void
end(Matching *matching)
{
	TvmEnv	   *env = matching->env;

	tvm_free(env, matching->transitions);
	tvm_free(env, matching->transitions_from);
	tvm_free(env, matching->sum);
	tvm_free(env, matching->least);
	tvm_free(env, matching->distance);
	tvm_free(env, matching->live);
	tvm_free(env, matching->ahead);
	tvm_free(env, matching->back);
	tvm_free(env, matching->value);
}

static TvmStatus
begin(Matching *matching)
{
	TvmEnv	   *env = matching->env;
	size_t		states = matching->track->first[matching->track->count];
	size_t		most;
	TvmStatus	status = widest(env, matching->track, &most);

	if (status != TVM_OK)
		return status;
	matching->value = tvm_alloc(env, states, sizeof(double));
	matching->back = tvm_alloc(env, states, sizeof(uint16_t));
	matching->ahead = tvm_alloc(env, states, sizeof(double));
	matching->live = tvm_alloc(env, most, sizeof(uint32_t));
	matching->distance = tvm_alloc(env, most * most, sizeof(double));
	matching->least = tvm_alloc(env, most, sizeof(double));
	matching->sum = tvm_alloc(env, most, sizeof(double));
	matching->transitions_from = tvm_alloc(env, matching->track->count + 1, sizeof(size_t));
	if (matching->value == NULL || matching->back == NULL || matching->ahead == NULL || matching->live == NULL ||
		matching->distance == NULL || matching->least == NULL || matching->sum == NULL ||
		matching->transitions_from == NULL)
		return TVM_NOMEM;
	return TVM_OK;
}

/* Forward ------------------------------------------------------------------- */

static void
begin_piece(Matching *matching, size_t fix)
{
	const TvmMatchTrack *track = matching->track;

	for (uint32_t s = track->first[fix]; s < track->first[fix + 1]; s++)
	{
		matching->value[s] = track->cost[s];
		matching->back[s] = 0;
	}
}

static double
least_of(const double *values, uint32_t count)
{
	double		least = INFINITY;

	for (uint32_t s = 0; s < count; s++)
		if (values[s] < least)
			least = values[s];
	return least;
}

/* The states of a fix that cost at most so much. */
static size_t
collect_live(Matching *matching, size_t fix, double limit)
{
	const double *value = matching->value + matching->track->first[fix];
	size_t		count = 0;

	for (uint32_t s = 0; s < states_of(matching->track, fix); s++)
		if (value[s] < INFINITY && value[s] <= limit)
			matching->live[count++] = s;
	return count;
}

static TvmStatus
keep(Matching *matching, uint32_t from, uint32_t to, double cost)
{
	TvmStatus	status = tvm_grow(matching->env, &matching->transitions, matching->transition_count,
								  &matching->transition_capacity, sizeof(Transition));

	if (status == TVM_OK)
		matching->transitions[matching->transition_count++] = (Transition) {
			.from = (uint16_t) from, .to = (uint16_t) to, .cost = (float) cost
		};
	return status;
}

/* Go on from the live states of a fix to those of the next; `reached`: to any. */
static TvmStatus
go_on(Matching *matching, size_t fix, size_t live_count, bool far, bool *reached)
{
	const TvmMatchTrack *track = matching->track;
	const double *from = matching->value + track->first[fix];
	double	   *to = matching->value + track->first[fix + 1];
	uint16_t   *back = matching->back + track->first[fix + 1];
	uint32_t	count = states_of(track, fix + 1);
	TvmStatus	status;

	status = matching->distances(matching->env, matching->context, fix, matching->live, live_count, far,
								 matching->distance);
	for (size_t l = 0; status == TVM_OK && l < live_count; l++)
		for (uint32_t s = 0; status == TVM_OK && s < count; s++)
		{
			double		distance = matching->distance[l * count + s];
			double		cost;
			double		sum;

			if (!(distance < INFINITY))
				continue;
			cost = (float) (fabs(track->apart_m[fix] - distance) / track->beta_m[fix]);
			status = keep(matching, matching->live[l], s, cost);
			sum = from[matching->live[l]] + cost + track->cost[track->first[fix + 1] + s];
			if (sum < to[s])
			{
				to[s] = sum;
				back[s] = (uint16_t) matching->live[l];
				*reached = true;
			}
		}
	return status;
}

static TvmStatus
step(Matching *matching, size_t fix)
{
	const TvmMatchTrack *track = matching->track;
	double	   *to = matching->value + track->first[fix + 1];
	double		limit = least_of(matching->value + track->first[fix], states_of(track, fix)) + track->prune;
	bool		reached = false;
	TvmStatus	status;

	for (uint32_t s = 0; s < states_of(track, fix + 1); s++)
		to[s] = INFINITY;
	if (track->cut == NULL || !track->cut[fix])
	{
		status = go_on(matching, fix, collect_live(matching, fix, limit), false, &reached);
		/* Nobody is left behind but where somebody else gets on. */
		if (status == TVM_OK && !reached)
			status = go_on(matching, fix, collect_live(matching, fix, INFINITY), true, &reached);
		if (status != TVM_OK)
			return status;
	}
	if (!reached)
		begin_piece(matching, fix + 1);
	matching->transitions_from[fix + 2] = matching->transition_count;
	return TVM_OK;
}

static TvmStatus
go_forward(Matching *matching, TvmMatchAnswer *answer)
{
	begin_piece(matching, 0);
	answer->begins[0] = 1;
	matching->transitions_from[0] = matching->transitions_from[1] = 0;
	for (size_t i = 0; i + 1 < matching->track->count; i++)
	{
		TvmStatus	status = step(matching, i);

		if (status != TVM_OK)
			return status;
		if (tvm_cancelled(matching->env))
			return TVM_CANCELLED;
		answer->begins[i + 1] = matching->transitions_from[i + 1] == matching->transitions_from[i + 2];
	}
	return TVM_OK;
}

/* The states that cost least, from the end of each piece back to its beginning. */
static void
trace_back(const Matching *matching, TvmMatchAnswer *answer)
{
	const TvmMatchTrack *track = matching->track;
	bool		ends = true;
	uint32_t	state = 0;

	for (size_t i = track->count; i-- > 0;)
	{
		const double *value = matching->value + track->first[i];

		if (ends)
		{
			state = 0;
			for (uint32_t s = 1; s < states_of(track, i); s++)
				if (value[s] < value[state])
					state = s;
		}
		answer->state[i] = state;
		ends = answer->begins[i] != 0;
		state = matching->back[track->first[i] + state];
	}
}

/* How sure ------------------------------------------------------------------- */

/*
 * Over the transitions to a fix: into least[] and sum[] of the states at their other ends what comes over
 * them from `values`; the sum is relative to the least.
 */
static void
gather(Matching *matching, size_t fix, const double *values, uint32_t count, bool backwards)
{
	const Transition *first = matching->transitions + matching->transitions_from[fix];
	const Transition *beyond = matching->transitions + matching->transitions_from[fix + 1];

	for (uint32_t s = 0; s < count; s++)
	{
		matching->least[s] = INFINITY;
		matching->sum[s] = 0;
	}
	for (const Transition *t = first; t < beyond; t++)
	{
		double		cost = values[backwards ? t->to : t->from] + t->cost;
		uint32_t	at = backwards ? t->from : t->to;

		if (cost < matching->least[at])
			matching->least[at] = cost;
	}
	for (const Transition *t = first; t < beyond; t++)
	{
		double		cost = values[backwards ? t->to : t->from] + t->cost;
		uint32_t	at = backwards ? t->from : t->to;

		if (cost < INFINITY)
			matching->sum[at] += exp(matching->least[at] - cost);
	}
}

static void
sum_forward(Matching *matching, const TvmMatchAnswer *answer)
{
	const TvmMatchTrack *track = matching->track;

	for (size_t i = 0; i < track->count; i++)
	{
		uint32_t	first = track->first[i];
		uint32_t	count = states_of(track, i);

		if (answer->begins[i])
		{
			memcpy(matching->ahead + first, track->cost + first, sizeof(double) * count);
			continue;
		}
		gather(matching, i, matching->ahead + track->first[i - 1], count, false);
		for (uint32_t s = 0; s < count; s++)
			matching->ahead[first + s] = matching->sum[s] > 0
				? matching->least[s] - log(matching->sum[s]) + track->cost[first + s] : INFINITY;
	}
}

/* The part of a fix's states that one has, of sums over all ways through them. */
static double
share(const double *ahead, const double *behind, uint32_t count, uint32_t state)
{
	double		least = INFINITY;
	double		all = 0;

	for (uint32_t s = 0; s < count; s++)
		if (ahead[s] + behind[s] < least)
			least = ahead[s] + behind[s];
	for (uint32_t s = 0; s < count; s++)
		all += exp(least - (ahead[s] + behind[s]));
	return exp(least - (ahead[state] + behind[state])) / all;
}

/* `behind` is what a state still has to pay to the end of its piece: value[] is not needed any more. */
static void
sum_backward(Matching *matching, TvmMatchAnswer *answer)
{
	const TvmMatchTrack *track = matching->track;
	double	   *behind = matching->value;

	for (size_t i = track->count; i-- > 0;)
	{
		uint32_t	first = track->first[i];
		uint32_t	count = states_of(track, i);

		if (i + 1 == track->count || answer->begins[i + 1])
			memset(behind + first, 0, sizeof(double) * count);
		else
		{
			gather(matching, i + 1, behind + track->first[i + 1], count, true);
			for (uint32_t s = 0; s < count; s++)
				behind[first + s] = matching->sum[s] > 0 ? matching->least[s] - log(matching->sum[s]) : INFINITY;
		}
		answer->posterior[i] = share(matching->ahead + first, behind + first, count, answer->state[i]);
		/* What those before pay includes the fix itself. */
		for (uint32_t s = 0; s < count; s++)
			behind[first + s] += track->cost[first + s];
	}
}

TvmStatus
tvm_match(TvmEnv *env, const TvmMatchTrack *track, TvmMatchDistances distances, void *context, TvmMatchAnswer *answer)
{
	Matching	matching = {.env = env, .track = track, .distances = distances, .context = context};
	TvmStatus	status;

	if (track->count == 0)
		return TVM_OK;
	status = begin(&matching);
	if (status == TVM_OK)
		status = go_forward(&matching, answer);
	if (status == TVM_OK)
	{
		trace_back(&matching, answer);
		sum_forward(&matching, answer);
		sum_backward(&matching, answer);
	}
	end(&matching);
	return status;
}
