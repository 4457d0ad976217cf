/*
 * angle.h: angles that depend on parameters: linear expressions such as
 * "$alpha", "2*$theta + 1.5", "-$a/2 - pi".
 */
#ifndef TV_CIRCUIT_ANGLE_H
#define TV_CIRCUIT_ANGLE_H

#include "postgres.h"

#include "bridge/server/json.h"

/* Different parameters in one angle, at most. */
#define TV_MAX_ANGLE_TERMS 64

typedef struct TvTerm
{
	double		factor;
	const char *parameter;		/* without its $, and */
	int			length;			/* not null-terminated */
} TvTerm;

/* constant + the sum of factor * $parameter; the terms are ordered by their parameters. */
typedef struct TvAngle
{
	double		constant;
	int			count;
	TvTerm		terms[TV_MAX_ANGLE_TERMS];
} TvAngle;

/* Read the text of an angle; 22023 with the path where it is none.  The names point into it. */
extern void tv_angle_parse(const char *text, int length, const TvPath *path, TvAngle *angle);

/* angle += factor * $parameter */
extern void tv_angle_add(TvAngle *angle, double factor, const char *parameter, int length, const TvPath *path);

/* Drop terms that have come to nothing; 22023 if a number is not finite. */
extern void tv_angle_check(TvAngle *angle, const TvPath *path);

/* The canonical text: "0.5*$a - $b + 3"; reading it gives the same angle. */
extern char *tv_angle_text(const TvAngle *angle);

#endif							/* TV_CIRCUIT_ANGLE_H */
