/*
 * prepared_steps.h: a route as it is put together from prepared graphs, step by step.
 */
#ifndef TV_ROUTE_PREPARED_STEPS_H
#define TV_ROUTE_PREPARED_STEPS_H

#include "postgres.h"

#include "bridge/route/prepared/prepared.h"
#include "bridge/route/prepared/steps.h"

/* A route as it is put together: each step leads on from the one before. */
typedef struct TvSteps
{
	TvPrepared *prepared;
	TvRoute    *route;			/* of tv_route_total() it has nothing yet */
	uint32		capacity;
	TvCost	   *sum;			/* the route's total, where only that is asked for */
	TvmPoint	at;				/* where the last step ends */
	bool		moved;			/* there is more than the origin */
	double		turn_s;			/* of the turns since the last step, which the next one pays */
} TvSteps;

/* What a segment costs on its layer. */
static inline TvmStatus
tv_steps_weigh(TvmEnv *env, const TvLayer *layer, const TvmSegment *attributes, TvCost *cost)
{
	cost->distance_m = attributes->length_m;
	cost->distance_low = 0;
	return tvm_clocks_segment(env, &layer->rules, attributes->length_m, attributes->speed_kph,
							  attributes->drag, &cost->clocks);
}

extern void tv_steps_begin(TvSteps *steps, TvPrepared *prepared, TvmPoint origin);

/* An arc of the layer's graph: a segment, or a turn, which is no step. */
extern void tv_steps_arc(TvSteps *steps, uint32 layer, uint32 arc, bool reverse);
extern void tv_steps_link(TvSteps *steps, uint32 link);

/* A step to a point by whatever the caller writes into it; good until the next. */
extern TvRouteStep *tv_steps_add(TvSteps *steps, uint32 layer, uint32 node);

/* A place that has moved since the graph was built. */
typedef struct TvMoved
{
	int64		place_id;
	double		lat;
	double		lon;
} TvMoved;

/* Those, by id; of one that is gone there is none. */
extern TvMoved *tv_prepared_moved(TvPrepared *prepared, uint32 *count);

/* Put the steps where places have moved to since the graph was built. */
extern void tv_prepared_move(TvPrepared *prepared, TvRoute *route);

#endif							/* TV_ROUTE_PREPARED_STEPS_H */
