/*
 * route_explain.h: why the best route is the way it is: of each step what its cost is made of, what decided
 * that, and what the route costs if it were closed.
 */
#ifndef TV_ROUTE_ROUTE_EXPLAIN_H
#define TV_ROUTE_ROUTE_EXPLAIN_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/route/question.h"

/* Of the metric; they add up to the step's cost, in this order. */
typedef enum TvPart
{
	TV_PART_LENGTH,				/* at its own speed */
	TV_PART_DRAG,
	TV_PART_PROFILE,			/* what the vehicle is slower */
	TV_PART_TURN,
	TV_PART_GATEWAY,
	TV_PART_DECOHERENCE,
	TV_PART_RELATIVITY			/* what the metric's clock shows more than the local one */
} TvPart;

#define TV_PART_COUNT (TV_PART_RELATIVITY + 1)

typedef struct TvExplainedStep
{
	double		parts[TV_PART_COUNT];
	Datum		decided;		/* jsonb */
	double		next_best;		/* INFINITY: no other way */
} TvExplainedStep;

typedef struct TvExplanation
{
	TvRoute    *route;
	TvExplainedStep *steps;		/* of each of its steps */
} TvExplanation;

/* NULL where no way leads there.  `overrides` is what request->what_if was read from, or NULL.  Errors: as tv_route_find(). */
extern TvExplanation *tv_route_explain_find(TvEnv *env, const TvRouteRequest *request, Jsonb *overrides);

#endif							/* TV_ROUTE_ROUTE_EXPLAIN_H */
