/*
 * overlay.h: exact routes over several hierarchies joined by links: gateways
 * between timelines and worlds, and segments that a hierarchy does not know.
 *
 * The ends of the links are terminals.  Between the terminals of one layer the
 * least costs are hierarchy distances, computed once into a matrix; a query adds
 * its own two ends by labels and runs Dijkstra's algorithm over the links.
 *
 * An overlay owns its arrays and copies of the layer and link lists; metrics are
 * borrowed and must stay as they are.  A query has its own scratch memory.
 */
#ifndef TVM_OVERLAY_H
#define TVM_OVERLAY_H

#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/search/graph.h"

typedef struct TvmOverlay
{
	uint32_t	layer_count;
	uint32_t	link_count;
	const TvmCchMetric **metrics;	/* of each layer */
	TvmGateway *links;			/* as the caller gave them */

	/* Terminals, distinct, by (layer, node): where links depart and where they arrive. */
	uint32_t	departure_count;
	uint32_t	arrival_count;
	uint32_t   *first_departure;	/* of each layer, and the end */
	uint32_t   *first_arrival;
	uint32_t   *departure_node;
	uint32_t   *arrival_node;
	TvmCchLabel *departure_label;	/* back: from its ancestors to it */
	TvmCchLabel *arrival_label; /* from it to its ancestors */

	uint32_t   *first_link;		/* of each departure, into departing */
	uint32_t   *departing;		/* links by departure */
	uint32_t   *first_arriving; /* of each arrival, into arriving */
	uint32_t   *arriving;		/* links by arrival */
	uint32_t   *link_departure; /* of each link */
	uint32_t   *link_arrival;

	double	  **inner;			/* of each layer: [arrival][departure], both counted in the layer */

	double	   *label_distances;	/* what the labels point into */
	uint32_t   *label_ancestors;
} TvmOverlay;

/* Bytes that an overlay of this many links, with trees of this height, takes at most. */
extern size_t tvm_overlay_bytes(size_t layer_count, size_t link_count, uint32_t height);

/*
 * Links of infinite cost are closed.  TVM_INVALID with the path "links[3].from",
 * TVM_NOMEM, TVM_CANCELLED; nothing is owned then, and tvm_overlay_free() is allowed.
 */
extern TvmStatus tvm_overlay_init(TvmEnv *env, TvmOverlay *overlay,
								  const TvmCchMetric *const *metrics, size_t layer_count,
								  const TvmGateway *links, size_t link_count);
extern void tvm_overlay_free(TvmEnv *env, TvmOverlay *overlay);

/* One leg of a route: within a layer, then by a link (TVM_CCH_NONE after the last). */
typedef struct TvmLeg
{
	uint32_t	layer;
	uint32_t	from;			/* nodes */
	uint32_t	to;
	uint32_t	link;
} TvmLeg;

typedef struct TvmOverlayRoute
{
	double		cost;			/* INFINITY: no way leads there, and no legs */
	size_t		count;
	TvmLeg	   *legs;			/* the caller frees it */
} TvmOverlayRoute;

/* What ways of equal cost are told apart by; see ties.h. */
typedef struct TvmOverlayTies
{
	bool		(*is_gateway) (void *context, uint32_t link);
	/* What a link is worth in the other measure. */
	TvmStatus	(*link) (TvmEnv *env, void *context, uint32_t link, double *other);
	/* What the best way within a layer is worth, which there is. */
	TvmStatus	(*leg) (TvmEnv *env, void *context, const TvmLeg *leg, double *other);
	void	   *context;
} TvmOverlayTies;

/*
 * The best way by the rule of ties.h.  Without `ties` all links are gateways, and nothing is
 * worth anything else.
 */
extern TvmStatus tvm_overlay_route(TvmEnv *env, const TvmOverlay *overlay, TvmPoint from, TvmPoint to,
								   const TvmOverlayTies *ties, TvmOverlayRoute *route);

/* Nodes of one layer. */
typedef struct TvmOverlayNodes
{
	uint32_t	layer;
	size_t		count;
	const uint32_t *nodes;
} TvmOverlayNodes;

/* The least cost from each of some nodes to each of others, row by row; INFINITY where no way leads there. */
extern TvmStatus tvm_overlay_matrix(TvmEnv *env, const TvmOverlay *overlay, const TvmOverlayNodes *from,
									const TvmOverlayNodes *to, double *matrix);

#endif							/* TVM_OVERLAY_H */
