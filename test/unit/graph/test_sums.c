/*
 * test_sums.c: the table of the sums of shortcuts.  That the sums are right,
 * whatever is in it, test_pairs.c shows.
 */
#include "unit.h"

#include "graph/random.h"
#include "kernel/graph/hierarchy/sums.h"

TEST(sums_are_remembered_by_version_and_where_memory_is_short_not_at_all)
{
	TvmEnv	   *env = unit_env();
	TvmSums		sums;
	double		value = 7;
	uint32_t	known = 0;

	tvm_sums_init(&sums, sizeof(double), 2048);
	tvm_sums_keep(&sums, 1, 3, true, &value);
	CHECK_EQ(tvm_sums_find(&sums, 1, 3, true), TVM_CCH_NONE);	/* no room yet */
	unit_env_fail_at(1);
	tvm_sums_grow(env, &sums);
	CHECK_EQ(sums.capacity, 0);
	unit_env_fail_at(0);
	tvm_sums_grow(env, &sums);
	CHECK_EQ(sums.capacity, 512);
	tvm_sums_keep(&sums, 1, 3, true, &value);
	CHECK(tvm_sums_find(&sums, 1, 3, true) != TVM_CCH_NONE);
	CHECK_EQ(tvm_sums_find(&sums, 1, 3, false), TVM_CCH_NONE);
	CHECK_EQ(tvm_sums_find(&sums, 2, 3, true), TVM_CCH_NONE);
	CHECK_EQ(tvm_sums_find(&sums, 1, 4, true), TVM_CCH_NONE);
	for (uint32_t arc = 0; arc < 5000; arc++)
	{
		value = arc;
		tvm_sums_keep(&sums, 5, arc, false, &value);
		if (arc == 3000)
			unit_env_fail_at(1);	/* then it stays as large as it is */
		tvm_sums_grow(env, &sums);
	}
	unit_env_fail_at(0);
	CHECK_EQ(sums.capacity, 1024);
	tvm_sums_grow(env, &sums);
	tvm_sums_grow(env, &sums);
	CHECK_EQ(sums.capacity, 2048);
	for (uint32_t arc = 0; arc < 5000; arc++)
	{
		uint32_t	place = tvm_sums_find(&sums, 5, arc, false);

		if (place == TVM_CCH_NONE)
			continue;
		CHECK_EQ(((double *) sums.value)[place], arc);
		known++;
	}
	CHECK(known > 500 && known <= 1024);
	tvm_sums_free(env, &sums);
	CHECK_EQ(unit_env_live(), 0);
}

static TvmStatus
weigh(TvmEnv *env, void *context, uint32_t segment, void *value)
{
	const double *weight = context;

	if (weight[segment] < 0)
		return tvm_fail(env, TVM_DOMAIN, "negative", NULL, NULL);
	*(double *) value = weight[segment];
	return TVM_OK;
}

static void
add(void *sum, const void *value)
{
	*(double *) sum += *(const double *) value;
}

static const TvmSumKind doubles = {.size = sizeof(double), .weigh = weigh, .add = add};

/* The second time by what the first has found, if that could be remembered. */
static TvmStatus
sum_twice(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric, double *weight)
{
	TvmSums		sums;
	double		sum[2] = {0, 0};
	bool		any;
	TvmStatus	status = TVM_OK;

	tvm_sums_init(&sums, sizeof(double), 1024);
	tvm_sums_grow(env, &sums);
	for (int i = 0; i < 2 && status == TVM_OK; i++)
		status = tvm_cch_sum(env, query, metric, &doubles, weight, &sums, 1, &sum[i], &any);
	CHECK_EQ(sum[1], status == TVM_OK ? sum[0] : 0);
	tvm_sums_free(env, &sums);
	return status;
}

/* A chain of segments 0 - 1 - 2 ... in the order in which every second place goes first. */
TEST(sums_survive_every_failed_allocation)
{
	enum
	{
		NODES = 64
	};
	TvmEnv	   *env = unit_env();
	TvmTopology topology;
	double		weight[NODES - 1];
	uint32_t	order[NODES];
	uint32_t	next = 0;
	TvmCch		cch;
	TvmCchMetric metric;
	TvmCchQuery query;
	TvmStatus	status = TVM_NOMEM;
	long		before;

	CHECK(tvm_topology_alloc(env, &topology, NODES, NODES - 1) == TVM_OK);
	for (uint32_t v = 0; v < NODES; v++)
		topology.lat[v] = topology.lon[v] = 0;
	for (uint32_t s = 0; s < NODES - 1; s++)
	{
		topology.a[s] = s;
		topology.b[s] = s + 1;
		topology.oneway[s] = false;
		weight[s] = 1 + s % 5;
	}
	CHECK(tvm_topology_build(env, &topology) == TVM_OK);
	for (uint32_t step = 2; step <= NODES; step *= 2)
		for (uint32_t v = step / 2; v < NODES; v += step)
			order[next++] = v;
	order[next] = 0;
	CHECK(tvm_cch_build(env, &cch, &topology, order) == TVM_OK);
	CHECK(tvm_cch_customize(env, &metric, &cch, &topology, weight, NULL) == TVM_OK);
	CHECK(tvm_cch_query_init(env, &query, &cch) == TVM_OK);
	tvm_cch_distance(&query, &metric, 1, NODES - 1);
	before = unit_env_live();
	for (long n = 1; status == TVM_NOMEM; n++)
	{
		unit_env_fail_at(n);
		status = sum_twice(env, &query, &metric, weight);
		CHECK(status == TVM_NOMEM || status == TVM_OK);
		CHECK_EQ(unit_env_live(), before);
	}
	unit_env_fail_at(0);
	weight[40] = -1;			/* what weigh() says is said on */
	CHECK(sum_twice(env, &query, &metric, weight) == TVM_DOMAIN);
	CHECK_EQ(unit_env_live(), before);
	tvm_cch_query_free(env, &query);
	tvm_cch_metric_free(env, &metric);
	tvm_cch_free(env, &cch);
	tvm_topology_free(env, &topology);
}
