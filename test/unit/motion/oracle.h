/*
 * oracle.h: where a vehicle was and what adds up, slowly: by the sentences of docs/motion.md, in long doubles, over
 * all windows and all circles through two or three points.  And random tracks to ask about.
 */
#ifndef MOTION_ORACLE_H
#define MOTION_ORACLE_H

#include "kernel/motion/motion.h"
#include "kernel/rng.h"

#define ORACLE_MOST 64			/* fixes of a track */

enum
{
	ORACLE_MOVING, ORACLE_STOPPED, ORACLE_GAP, ORACLE_BREAK
};

typedef struct Oracle
{
	const TvmMotionRules *rules;
	const TvmFix *fixes;
	int			count;
	bool		used[ORACLE_MOST];
	int			next[ORACLE_MOST];	/* of a used fix, the next used one; -1 */
	int			state[ORACLE_MOST]; /* of the pair that begins at a used fix */
	bool		stop[ORACLE_MOST];	/* it is in a window */
	bool		close;			/* something is so near a threshold that rounding may decide */
} Oracle;

extern void oracle_make(Oracle *oracle, const TvmMotionRules *rules, const TvmFix *fixes, int count);
extern TvmMoment oracle_at(const Oracle *oracle, int64_t t);

extern long double oracle_metres(const TvmMotionRules *rules, const TvmFix *a, const TvmFix *b);
extern void oracle_between(const TvmFix *a, const TvmFix *b, long double part, long double *lon, long double *lat);

/* A track of at most `most` fixes of any manner, and rules for it. */
extern int	random_track(TvmRng *rng, int most, TvmFix *fixes, TvmMotionRules *rules);

#endif							/* MOTION_ORACLE_H */
