/*
 * test_dense.c: hierarchies in which all is joined to all.
 */
#include "unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/hierarchy/order.h"
#include "kernel/rng.h"

/* Where all nodes are joined, as the ports of a split junction are, few nodes have many triangles. */
TEST(customizing_a_dense_hierarchy_looks_at_cancellation_between_few_arcs)
{
	enum
	{
		NODES = 400,
		ARCS = NODES * (NODES - 1) / 2
	};
	TvmEnv	   *env = unit_env();
	TvmTopology topology;
	TvmCch		cch;
	TvmCchMetric metric;
	double	   *weight = calloc(ARCS, sizeof(double));
	uint32_t	order[NODES];
	uint32_t	s = 0;

	CHECK(tvm_topology_alloc(env, &topology, NODES, ARCS) == TVM_OK);
	for (uint32_t a = 0; a < NODES; a++)
	{
		order[a] = a;
		topology.lat[a] = topology.lon[a] = a * 0.01;
		for (uint32_t b = a + 1; b < NODES; b++, s++)
		{
			topology.a[s] = a;
			topology.b[s] = b;
			topology.oneway[s] = 0;
			weight[s] = 1;
		}
	}
	CHECK(tvm_topology_build(env, &topology) == TVM_OK);
	CHECK(tvm_cch_build(env, &cch, &topology, order) == TVM_OK);
	unit_env_cancel_after(ARCS / 10000);
	CHECK_EQ(tvm_cch_customize(env, &metric, &cch, &topology, weight, NULL), TVM_CANCELLED);
	unit_env_cancel_after(-1);
	tvm_cch_free(env, &cch);
	tvm_topology_free(env, &topology);
	free(weight);
}
