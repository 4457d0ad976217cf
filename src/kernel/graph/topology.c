/*
 * topology.c: a world's nodes and segments in compressed sparse rows; see topology.h.
 */
#include "kernel/graph/topology.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/graph/sphere.h"

#define CHECK_EVERY 65536		/* segments between two looks at cancellation: about 10 ms */

size_t
tvm_topology_bytes(size_t node_count, size_t segment_count)
{
	return node_count * (2 * sizeof(double) + 2 * sizeof(uint32_t)) + 2 * sizeof(uint32_t)
		+ segment_count * (2 * sizeof(uint32_t) + sizeof(uint8_t) + sizeof(double)
						   + 4 * sizeof(TvmArcEnd));
}

TvmStatus
tvm_topology_alloc(TvmEnv *env, TvmTopology *topology, size_t node_count, size_t segment_count)
{
	memset(topology, 0, sizeof(*topology));
	if (node_count > TVM_MAX_NODES)
		return tvm_fail(env, TVM_INVALID, "too many nodes", NULL,
						"%zu is above %zu", node_count, TVM_MAX_NODES);
	if (segment_count > TVM_MAX_SEGMENTS)
		return tvm_fail(env, TVM_INVALID, "too many segments", NULL,
						"%zu is above %zu", segment_count, TVM_MAX_SEGMENTS);
	topology->node_count = (uint32_t) node_count;
	topology->segment_count = (uint32_t) segment_count;
	topology->lat = tvm_alloc(env, node_count, sizeof(double));
	topology->lon = tvm_alloc(env, node_count, sizeof(double));
	topology->a = tvm_alloc(env, segment_count, sizeof(uint32_t));
	topology->b = tvm_alloc(env, segment_count, sizeof(uint32_t));
	topology->oneway = tvm_alloc_zero(env, segment_count, sizeof(uint8_t));
	if (topology->lat == NULL || topology->lon == NULL || topology->a == NULL
		|| topology->b == NULL || topology->oneway == NULL)
	{
		tvm_topology_free(env, topology);
		return TVM_NOMEM;
	}
	return TVM_OK;
}

void
tvm_topology_free(TvmEnv *env, TvmTopology *topology)
{
	tvm_free(env, topology->lat);
	tvm_free(env, topology->lon);
	tvm_free(env, topology->a);
	tvm_free(env, topology->b);
	tvm_free(env, topology->oneway);
	tvm_free(env, topology->angle);
	tvm_free(env, topology->out_first);
	tvm_free(env, topology->in_first);
	tvm_free(env, topology->out);
	tvm_free(env, topology->in);
	memset(topology, 0, sizeof(*topology));
}

static TvmStatus
check_nodes(TvmEnv *env, const TvmTopology *topology)
{
	for (uint32_t v = 0; v < topology->node_count; v++)
	{
		bool		lat_is_good = topology->lat[v] >= -90 && topology->lat[v] <= 90;

		if (v % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (lat_is_good && topology->lon[v] >= -180 && topology->lon[v] <= 180)
			continue;
		if (lat_is_good)
			tvm_fail(env, TVM_INVALID, "not a longitude", NULL,
					 "%g is outside -180..180", topology->lon[v]);
		else
			tvm_fail(env, TVM_INVALID, "not a latitude", NULL,
					 "%g is outside -90..90", topology->lat[v]);
		tvm_fail_path(env, "nodes[%" PRIu32 "].%s", v, lat_is_good ? "lon" : "lat");
		return TVM_INVALID;
	}
	return TVM_OK;
}

static TvmStatus
check_segments(TvmEnv *env, const TvmTopology *topology)
{
	for (uint32_t s = 0; s < topology->segment_count; s++)
	{
		bool		a_is_good = topology->a[s] < topology->node_count;

		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (a_is_good && topology->b[s] < topology->node_count)
			continue;
		tvm_fail(env, TVM_INVALID, "not a node", NULL, "%" PRIu32 " is not among %" PRIu32 " nodes",
				 a_is_good ? topology->b[s] : topology->a[s], topology->node_count);
		tvm_fail_path(env, "segments[%" PRIu32 "].%c", s, a_is_good ? 'b' : 'a');
		return TVM_INVALID;
	}
	return TVM_OK;
}

static TvmStatus
measure_angles(TvmEnv *env, TvmTopology *topology)
{
	topology->angle = tvm_alloc(env, topology->segment_count, sizeof(double));
	if (topology->angle == NULL)
		return TVM_NOMEM;
	for (uint32_t s = 0; s < topology->segment_count; s++)
	{
		uint32_t	a = topology->a[s];
		uint32_t	b = topology->b[s];

		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		topology->angle[s] = tvm_sphere_angle(topology->lat[a], topology->lon[a],
											  topology->lat[b], topology->lon[b]);
	}
	return TVM_OK;
}

/*
 * Sort arcs by the node they leave (or enter) by counting, so that at each node
 * they keep the order of their numbers.
 */
static TvmStatus
make_adjacency(TvmEnv *env, const TvmTopology *topology, bool incoming,
			   uint32_t **first_of, TvmArcEnd **ends_of)
{
	uint32_t	nodes = topology->node_count;
	uint32_t	segments = topology->segment_count;
	const uint32_t *forward = incoming ? topology->b : topology->a;
	const uint32_t *backward = incoming ? topology->a : topology->b;
	uint32_t   *first = tvm_alloc_zero(env, (size_t) nodes + 1, sizeof(uint32_t));
	TvmArcEnd  *ends;

	*first_of = first;
	if (first == NULL)
		return TVM_NOMEM;
	for (uint32_t s = 0; s < segments; s++)
	{
		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		first[forward[s] + 1]++;
		if (!topology->oneway[s])
			first[backward[s] + 1]++;
	}
	for (uint32_t v = 0; v < nodes; v++)
		first[v + 1] += first[v];

	*ends_of = ends = tvm_alloc(env, first[nodes], sizeof(TvmArcEnd));
	if (ends == NULL)
		return TVM_NOMEM;
	for (uint32_t s = 0; s < segments; s++)
	{
		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		/* first[v] runs ahead to the row's end and is set back below. */
		ends[first[forward[s]]++] = (TvmArcEnd) {backward[s], TVM_ARC(s, false)};
		if (!topology->oneway[s])
			ends[first[backward[s]]++] = (TvmArcEnd) {forward[s], TVM_ARC(s, true)};
	}
	memmove(first + 1, first, nodes * sizeof(uint32_t));
	first[0] = 0;
	return TVM_OK;
}

TvmStatus
tvm_topology_build(TvmEnv *env, TvmTopology *topology)
{
	TvmStatus	status = check_nodes(env, topology);

	if (status == TVM_OK)
		status = check_segments(env, topology);
	if (status == TVM_OK)
		status = measure_angles(env, topology);
	if (status == TVM_OK)
		status = make_adjacency(env, topology, false, &topology->out_first, &topology->out);
	if (status == TVM_OK)
		status = make_adjacency(env, topology, true, &topology->in_first, &topology->in);
	return status;
}
