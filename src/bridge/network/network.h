/*
 * network.h: the kernel's graph, built from loaded rows for one metric.
 *
 * A topology for each world, a layer for each timeline that matters, a gateway
 * for each direction of each gateway row.  Indices of places and segments are
 * those of the rows.  Everything lies in the memory of rows->env; the network
 * is read-only once built, and any number of queries may run on it.
 */
#ifndef TV_NETWORK_NETWORK_H
#define TV_NETWORK_NETWORK_H

#include "postgres.h"

#include "bridge/network/metric.h"
#include "bridge/network/rows.h"
#include "kernel/graph/graph.h"

typedef struct TvNetwork
{
	TvRows	   *rows;
	TvmTopology *topologies;	/* of each world */
	const TvmSegment **segments;	/* of each layer: what its world's segments are like there, for its profile */
	double	  **own_kph;		/* of each layer with a profile: their speeds without it */
	TvmLayer   *layers;
	uint32		gateway_count;
	TvmGateway *gateways;
	uint32	   *gateway_rows;	/* of each of them: the index of its row */
	TvmGraph	graph;
} TvNetwork;

/* What it will take, before anything is built: rows, topologies, layers, graph and one query together. */
extern Size tv_network_bytes(const TvRows *rows);

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

/* The clocks of a segment on a layer, as tv_network_build() computed them. */
extern void tv_network_clocks(TvNetwork *network, uint32 layer, uint32 segment, TvmClocks *clocks);

/* The same for a part of it, at another speed, by other rules. */
extern void tv_network_clocks_at(TvNetwork *network, uint32 layer, uint32 segment,
								 const TvmWorldRules *rules, double length_m, double speed_kph,
								 TvmClocks *clocks);

#endif							/* TV_NETWORK_NETWORK_H */
