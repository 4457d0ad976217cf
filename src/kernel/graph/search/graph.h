/*
 * graph.h: what is searched: layers joined by gateways.
 *
 * A layer is one timeline with one metric: a topology and a weight for each of
 * its segments.  A point of the graph is (layer, node).  Layers of one world
 * share the world's topology; layers of different worlds have their own, so a
 * graph may span worlds.  A gateway is an arc from a point to a point, the only
 * way from layer to layer.
 *
 * A graph owns its index and copies of the layer and gateway lists.  Topologies
 * and weights are borrowed: they must outlive the graph and stay as they are.
 */
#ifndef TVM_GRAPH_H
#define TVM_GRAPH_H

#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/topology.h"
#include "kernel/graph/weights.h"

#define TVM_MAX_STATES ((size_t) UINT32_MAX - 1)	/* points of all layers together */
#define TVM_MAX_GATEWAYS (((size_t) 1 << 31) - 2)

typedef struct TvmPoint
{
	uint32_t	layer;
	uint32_t	node;
} TvmPoint;

typedef struct TvmLayer
{
	const TvmTopology *topology;
	TvmWeights	weights;		/* of each segment, both ways: >= 0; INFINITY: closed */
} TvmLayer;

/* One way; a caller with a bidirectional gateway gives two.  Its id is its index. */
typedef struct TvmGateway
{
	TvmPoint	from;
	TvmPoint	to;
	double		cost;			/* >= 0; INFINITY: closed */
} TvmGateway;

/*
 * Gateways that jump farther than their cost would take any traveller, at the
 * graph's smallest weight per radian.  See astar.h.
 */
#define TVM_MAX_SHORTCUTS 16

typedef struct TvmGraph
{
	uint32_t	layer_count;
	uint32_t	gateway_count;
	TvmLayer   *layers;
	uint32_t   *first_state;	/* of each layer: a point's state is first_state[layer] + node */
	TvmGateway *gateways;		/* as the caller gave them */
	uint32_t   *departures;		/* their indices by (state left from, index) */
	uint32_t   *first_departure;	/* layer l leaves by departures[first_departure[l] .. [l + 1]) */

	/*
	 * Of the first layer, where it is the only one, or each node of the second stands for one of the first: its hierarchy, for the bound
	 * of A* (potential.h); NULL: there is none.  Borrowed; whoever makes a view may set it.
	 * It may weigh less than the layer, which the other says then.
	 */
	const TvmCchMetric *metric;
	bool		metric_is_less;
	const uint32_t *metric_node;	/* of the second layer's nodes: those of the first; borrowed */

	/* For the lower bound of A* otherwise; both 0 where there is none. */
	double		weight_per_radian;	/* the smallest over open segments of some extent */
	double		slack;			/* radians that segments without extent may add up to */
	uint32_t	shortcut_count;
	uint32_t	shortcuts[TVM_MAX_SHORTCUTS];	/* indices of gateways */
} TvmGraph;

/* What a graph takes of its own: index and lists, not topologies and weights. */
extern size_t tvm_graph_bytes(size_t layer_count, size_t gateway_count);

/*
 * Check and index.  Every weight and cost must be >= 0 or INFINITY, every point
 * must exist: TVM_INVALID with the path "layers[0].weights[7]" or
 * "gateways[3].from.node"; also TVM_INVALID above TVM_MAX_STATES, TVM_NOMEM,
 * TVM_CANCELLED.  On failure nothing is owned; tvm_graph_free() is allowed
 * after it, and twice.
 */
extern TvmStatus tvm_graph_init(TvmEnv *env, TvmGraph *graph,
								const TvmLayer *layers, size_t layer_count,
								const TvmGateway *gateways, size_t gateway_count);

/*
 * The same for weights and costs that are known to be sound: nothing is looked at
 * segment by segment, so it takes time for the layers and gateways alone.  There
 * is no lower bound, so tvm_astar_run() searches as Dijkstra does, unless the caller
 * sets the graph's metric; of the topologies'
 * arrays only those of the direction that is searched are read.
 */
extern TvmStatus tvm_graph_view(TvmEnv *env, TvmGraph *graph,
								const TvmLayer *layers, size_t layer_count,
								const TvmGateway *gateways, size_t gateway_count);
extern void tvm_graph_free(TvmEnv *env, TvmGraph *graph);

/* All points of all layers. */
extern uint32_t tvm_graph_states(const TvmGraph *graph);
extern uint32_t tvm_graph_state(const TvmGraph *graph, TvmPoint point);
extern TvmPoint tvm_graph_point(const TvmGraph *graph, uint32_t state);

/* TVM_INVALID with the path "<name>.layer" or "<name>.node" if there is no such point. */
extern TvmStatus tvm_graph_check_point(TvmEnv *env, const TvmGraph *graph, TvmPoint point, const char *name);

/* Gateways out of a point: their indices, ascending; *count may be 0. */
extern const uint32_t *tvm_graph_departures(const TvmGraph *graph, TvmPoint point, uint32_t *count);

#endif							/* TVM_GRAPH_H */
