/*
 * found.h: names that come into question for what somebody has typed, and their order.
 */
#ifndef TV_PLACE_FOUND_H
#define TV_PLACE_FOUND_H

#include "postgres.h"

#include "bridge/server/env.h"

typedef enum TvNameKind
{
	TV_NAME_PLACE, TV_NAME_SEGMENT, TV_NAME_ZONE
} TvNameKind;

/* How a name answers to what was typed, the best first. */
typedef enum TvNameMatch
{
	TV_MATCH_EQUAL, TV_MATCH_PREFIX, TV_MATCH_WORD, TV_MATCH_SIMILAR, TV_MATCH_NONE
} TvNameMatch;

typedef struct TvFound
{
	TvNameKind	kind;
	int64		ref_id;
	TvNameMatch match;
	double		score;			/* 1: equal */
	float4		importance;
	const char *name;
	const char *lang;			/* NULL: none */
	const char *folded;
	double		lon;			/* NAN: not known yet */
	double		lat;
	float4		reach;			/* degrees around that; INFINITY: anywhere */
	double		away;			/* radians to what was asked near; until it is seen, at least so far; 0 where nothing was asked near */
	bool		seen;			/* by the caller, and where it is, is known */
	bool		gone;			/* not for the caller, or not on the timeline */
	bool		doubtful;		/* whether it is alike at all is yet to be asked */
} TvFound;

/* Whether a doubtful one is to be there. */
typedef bool (*TvFoundCheck) (void *target, TvFound *found);

typedef struct TvFoundList
{
	TvFoundCheck check;			/* NULL: none is doubtful */
	void	   *check_target;
	TvEnv	   *env;
	uint32		count;
	uint32		capacity;
	TvFound    *found;
} TvFoundList;

extern void tv_found_add(TvFoundList *list, const TvFound *found);

/* Best first: by match, score of similar ones, importance, distance, id, kind. */
extern void tv_found_sort(TvFoundList *list);

/* Of each thing its best name alone, where that is doubtful the best that stands; sorted afterwards. */
extern void tv_found_once(TvFoundList *list);

/* Ask about one that is doubtful; else it stands. */
extern bool tv_found_stands(const TvFoundList *list, TvFound *found);

extern const char *tv_name_kind(TvNameKind kind);
extern const char *tv_name_match(TvNameMatch match);

#endif							/* TV_PLACE_FOUND_H */
