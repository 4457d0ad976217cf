/*
 * potential.c: what is left to one destination; see potential.h.
 */
#include "kernel/graph/search/potential.h"

#include <math.h>
#include <string.h>

size_t
tvm_potential_bytes(const TvmCch *cch)
{
	return (size_t) cch->node_count * (sizeof(double) + sizeof(uint32_t))
		+ (size_t) cch->height * (sizeof(double) + 2 * sizeof(uint32_t));
}

TvmStatus
tvm_potential_init(TvmEnv *env, TvmPotential *potential, const TvmCchMetric *metric)
{
	const TvmCch *cch = metric->cch;

	memset(potential, 0, sizeof(*potential));
	potential->metric = metric;
	potential->to_dest.distance = tvm_alloc(env, (size_t) cch->height + 1, sizeof(double));
	potential->to_dest.ancestor = tvm_alloc(env, (size_t) cch->height + 1, sizeof(uint32_t));
	potential->climb = tvm_alloc(env, (size_t) cch->height + 1, sizeof(uint32_t));
	/* Most searches come to few ranks: these need not be written to, nor even be in memory. */
	potential->left = tvm_alloc_zero(env, cch->node_count, sizeof(double));
	potential->run = tvm_alloc_zero(env, cch->node_count, sizeof(uint32_t));
	if (potential->to_dest.distance != NULL && potential->to_dest.ancestor != NULL && potential->climb != NULL
		&& potential->left != NULL && potential->run != NULL)
		return TVM_OK;
	tvm_potential_free(env, potential);
	return TVM_NOMEM;
}

void
tvm_potential_free(TvmEnv *env, TvmPotential *potential)
{
	tvm_free(env, potential->to_dest.distance);
	tvm_free(env, potential->to_dest.ancestor);
	tvm_free(env, potential->climb);
	tvm_free(env, potential->left);
	tvm_free(env, potential->run);
	memset(potential, 0, sizeof(*potential));
}

void
tvm_potential_aim(TvmPotential *potential, uint32_t dest)
{
	if (++potential->current == 0)
	{
		/* Every 4 thousand million searches. */
		memset(potential->run, 0, (size_t) potential->metric->cch->node_count * sizeof(uint32_t));
		potential->current = 1;
	}
	tvm_cch_label(potential->metric, dest, true, &potential->to_dest);
}

/* What is left from a rank whose ancestors all have theirs. */
static double
least_from(const TvmPotential *potential, uint32_t rank)
{
	const TvmCch *cch = potential->metric->cch;
	const TvmCchLabel *to_dest = &potential->to_dest;
	uint32_t	depth = cch->depth[rank];
	uint32_t	first = cch->up_first[rank];
	const double *row = tvm_cch_row(potential->metric, rank).up;
	double		least = INFINITY;

	if (depth < to_dest->count && to_dest->ancestor[depth] == rank)
		least = to_dest->distance[depth];
	for (uint32_t i = first; i < cch->up_first[rank + 1]; i++)
	{
		double		sum = row[i - first] + potential->left[cch->up_head[i]];

		if (sum < least)
			least = sum;
	}
	return least;
}

double
tvm_potential_at(TvmPotential *potential, uint32_t node)
{
	const TvmCch *cch = potential->metric->cch;
	uint32_t	rank = cch->rank[node];
	uint32_t	count = 0;

	for (uint32_t r = rank; r != TVM_CCH_NONE && potential->run[r] != potential->current; r = cch->parent[r])
		potential->climb[count++] = r;
	while (count > 0)
	{
		uint32_t	r = potential->climb[--count];

		potential->left[r] = least_from(potential, r);
		potential->run[r] = potential->current;
	}
	return potential->left[rank];
}
