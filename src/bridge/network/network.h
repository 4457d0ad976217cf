/*
 * network.h: the kernel's graph, built from loaded rows for one metric.
 *
 * A topology for each world, a layer for each timeline that matters, a gateway
 * for each direction of each gateway row.  Indices of places and segments are
 * those of the rows.  Everything lies in the memory of rows->env; the network
 * is read-only once built, and any number of queries may run on it.
 *
 * Where a world has rules for turns, its topology is split (kernel/graph/split.h): who searches
 * begins at a place's index and ends at tv_network_end() of it, and what a path's step is
 * tv_network_arc() says.
 */
#ifndef TV_NETWORK_NETWORK_H
#define TV_NETWORK_NETWORK_H

#include "postgres.h"

#include "bridge/network/junctions.h"
#include "bridge/network/metric.h"
#include "bridge/network/rows.h"
#include "kernel/graph/search/query.h"

typedef struct TvNetwork
{
	TvRows	   *rows;
	TvJunctions *junctions;		/* of each world */
	TvmSplit   *splits;
	TvmTopology *topologies;
	const TvmSegment **segments;	/* of each layer: what its world's segments are like there, for its profile */
	double	  **own_kph;		/* of each layer with a profile: their speeds without it */
	const double **turn_s;		/* of each layer: what its turns cost; INFINITY: forbidden */
	TvmLayer   *layers;
	uint32		gateway_count;
	TvmGateway *gateways;
	uint32	   *gateway_rows;	/* of each of them: the index of its row */
	TvmGraph	graph;
} TvNetwork;

/* What it takes: rows, topologies, layers, graph and one query together. */
extern Size tv_network_bytes(const TvNetwork *network);

/*
 * Raises 54000 before it takes more than timevmaps.graph_memory, 22003 with the
 * segment in the detail where a clock has no value, and what the kernel says.
 * Needs no SPI.
 */
extern TvNetwork *tv_network_build(TvRows *rows, TvMetric metric);

/*
 * What the segments of a layer's world are like on its timeline for its profile, and (unless NULL) how fast they
 * are without it.  `resolved` may be the world's base itself, if nobody reads it again.
 */
extern void tv_network_resolve(TvRows *rows, const TvLayerRow *layer, TvmSegment *resolved, double *own_kph);

/* The topology of a world's places and segments, in the memory of env. */
extern void tv_network_topology(TvEnv *env, const TvWorldRows *world, TvmTopology *topology);

/* Where ways to a place end, by the place's index; and the index of the place that a node belongs to. */
static inline uint32
tv_network_end(const TvNetwork *network, uint32 layer, uint32 place)
{
	return tvm_split_end(&network->splits[network->rows->layers[layer].world], place);
}

static inline uint32
tv_network_place(const TvNetwork *network, uint32 layer, uint32 node)
{
	return tvm_split_place(&network->splits[network->rows->layers[layer].world], node);
}

/* What a step that is no gateway passes: a segment, or the number of a turn. */
static inline TvmSplitKind
tv_network_arc(const TvNetwork *network, const TvmStep *step, uint32 *segment, bool *reverse)
{
	return tvm_split_arc(&network->splits[network->rows->layers[step->point.layer].world],
						 TVM_ARC(step->index, step->reverse), segment, reverse);
}

/* The clocks of a segment on a layer, as tv_network_build() computed them. */
extern void tv_network_clocks(TvNetwork *network, uint32 layer, uint32 segment, TvmClocks *clocks);

/* The same for a part of it, at another speed, by other rules. */
extern void tv_network_clocks_at(TvNetwork *network, uint32 layer, uint32 segment,
								 const TvmWorldRules *rules, double length_m, double speed_kph,
								 TvmClocks *clocks);

#endif							/* TV_NETWORK_NETWORK_H */
