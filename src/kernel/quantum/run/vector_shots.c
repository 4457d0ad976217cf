/*
 * vector_shots.c: the shots of a group of trajectories, drawn from its state at the end;
 * see branches.h.
 */
#include "kernel/quantum/state/measure.h"
#include "kernel/quantum/run/branches.h"

static TvmStatus
count_shots(TvmEnv *env, void *context, uint64_t index, uint64_t times)
{
	TvmRun	   *run = context;
	TvmStatus	status = TVM_OK;

	if (run->noise == NULL)
	{
		tvm_run_read_out(run, &index);
		return tvm_counts_add(env, &run->counts, run->key, times);
	}
	for (uint64_t i = 0; i < times && status == TVM_OK; i++)
	{
		if (i % 1024 == 1023 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_run_read_out(run, &index);
		status = tvm_counts_add(env, &run->counts, run->key, 1);
	}
	return status;
}

/* Restore the heap of the greatest number below `at`. */
static void
sift_down(double *number, uint32_t *order, size_t count, size_t at)
{
	double		moving = number[at];
	uint32_t	of = order[at];

	for (;;)
	{
		size_t		child = 2 * at + 1;

		if (child >= count)
			break;
		if (child + 1 < count && number[child + 1] > number[child])
			child++;
		if (!(number[child] > moving))
			break;
		number[at] = number[child];
		order[at] = order[child];
		at = child;
	}
	number[at] = moving;
	order[at] = of;
}

static void
sort_numbers(double *number, uint32_t *order, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift_down(number, order, count, i);
	for (size_t last = count; last-- > 1;)
	{
		double		largest = number[0];
		uint32_t	of = order[0];

		number[0] = number[last];
		order[0] = order[last];
		number[last] = largest;
		order[last] = of;
		sift_down(number, order, last, 0);
	}
}

/* The shot of one member, which was drawn as the basis state `index`. */
static TvmStatus
count_member(TvmEnv *env, TvmRun *run, uint32_t member, uint64_t index, uint64_t draws)
{
	tvm_rng_init(&run->rng, run->options.seed, (uint64_t) run->options.stream << 32 |
				 (run->branches->first + member));
	tvm_rng_seek(&run->rng, draws);
	tvm_run_read_out(run, &index);
	return tvm_counts_add(env, &run->counts, run->key, 1);
}

TvmStatus
tvm_branches_shots(TvmEnv *env, TvmRun *run)
{
	struct TvmBranches *branches = run->branches;
	uint64_t	draws = branches->place.draws;
	bool		samples = !run->measures || run->final_count > 0;
	size_t		count = 0;
	TvmStatus	status = TVM_OK;

	if (run->deterministic)
		return tvm_measure_shots(env, &run->state, run->options.shots, &run->rng, count_shots,
								 run);
	for (size_t i = branches->from; i < branches->end; i++)
	{
		if (branches->first + branches->member[i] >= run->options.shots)
			continue;
		branches->order[count] = branches->member[i];
		branches->number[count] = samples ? tvm_branches_number(run, branches, i, draws) : 0;
		branches->index[count++] = 0;
	}
	if (samples)
	{
		sort_numbers(branches->number, branches->order, count);
		status = tvm_measure_samples(env, &run->state, branches->number, count, branches->index);
		draws++;
	}
	for (size_t i = 0; i < count && status == TVM_OK;)
	{
		size_t		next = i + 1;

		if (branches->reads)
			status = count_member(env, run, branches->order[i], branches->index[i], draws);
		else
		{
			while (next < count && branches->index[next] == branches->index[i])
				next++;
			tvm_run_read_out(run, &branches->index[i]);
			status = tvm_counts_add(env, &run->counts, run->key, next - i);
		}
		if (i % 1024 > next % 1024 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		i = next;
	}
	return status;
}
