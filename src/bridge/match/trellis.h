/*
 * trellis.h: a track's fixes with the states that come into question, and the distances between states.
 *
 * Fixes that are closer together than five standard deviations are one sight of the vehicle, at their mean: their noise says
 * more of where it goes than their positions do.  Newson and Krumm (4.1) take the first of those within two and drop the
 * rest, with which ten times as much was wrong at 20 m every second (docs/matching.md).
 */
#ifndef TV_MATCH_TRELLIS_H
#define TV_MATCH_TRELLIS_H

#include "postgres.h"

#include "bridge/match/ground.h"
#include "bridge/match/match.h"
#include "kernel/graph/search/local.h"
#include "kernel/matching/matching.h"

/* A point of a segment, driven in one direction. */
typedef struct TvState
{
	uint32		arc;			/* TVM_ARC() of the segment's number */
	uint32		from;			/* nodes where the segment begins and ends, in the direction of travel */
	uint32		to;
	float		away_m;
	double		at_m;			/* from the segment's beginning, in the direction of travel */
	double		length_m;
	float		speed_mps;
} TvState;

/* One sight of the vehicle. */
typedef struct TvSight
{
	TvmNearPoint at;
	uint32		first;			/* fix, */
	uint32		last;			/* and the last one that is of it */
	int64		arrives;		/* when it was there first, */
	int64		leaves;			/* and last: later where it stood */
	double		sigma_m;
	TvMatchCut	cut;			/* why nothing leads to the next; TV_MATCH_ON_A_ROAD: something may */
} TvSight;

typedef struct TvTrellis
{
	TvEnv	   *env;
	TvGround   *ground;
	TvmLocal	local;			/* for the shortest ways */
	TvmLocal	fast;			/* for the fastest */
	const TvMatchFix *fixes;
	uint32		fix_count;
	const TvMatchOptions *options;

	uint32		count;			/* of sights with a road near */
	bool		missed;			/* after the last of them come others, with none */
	TvSight    *sights;
	uint32	   *first;			/* of each of them its first state, and the end */
	uint32		state_capacity;
	TvState    *states;
	double	   *cost;			/* of each state */
	double	   *apart_m;		/* from each to the next */
	double	   *beta_m;
	uint8	   *cut;

	uint32	   *targets;		/* for searches */
	uint8	   *done;
} TvTrellis;

/* Gather sights and find their states; sigma_m: of a fix. */
extern void tv_trellis_make(TvTrellis *trellis, TvEnv *env, TvGround *ground, const TvMatchFix *fixes, uint32 fix_count,
							const TvMatchOptions *options, double sigma_m);
extern void tv_trellis_free(TvTrellis *trellis);

/* The answer's arrays are the caller's, of trellis->count elements. */
extern void tv_trellis_solve(TvTrellis *trellis, TvmMatchAnswer *answer);

/* How a vehicle gets from a state of a sight to one of the next. */
typedef enum TvHow
{
	TV_HOW_NOT,
	TV_HOW_ALONG,				/* on the same segment, or it stays */
	TV_HOW_TURNING,				/* on the same segment, turning round between them */
	TV_HOW_AROUND				/* to the segment's end, by other segments (path), to the other state */
} TvHow;

extern TvHow tv_trellis_leads(const TvTrellis *trellis, uint32 sight, const TvState *from, const TvState *to,
							  const TvmLocalLabel *label, double *distance_m);

/* The longest way from a sight to the next that is looked for. */
extern double tv_trellis_farthest(const TvTrellis *trellis, uint32 sight);

#endif							/* TV_MATCH_TRELLIS_H */
