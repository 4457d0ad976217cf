/*
 * match.h: the segments that a noisy track most likely took, and when.
 *
 * The model is that of kernel/matching/matching.h; its states are the points of segments that are nearest to a
 * fix, one for each direction in which the segment may be driven, and its distances those of the timeline's network.
 */
#ifndef TV_MATCH_MATCH_H
#define TV_MATCH_MATCH_H

#include "postgres.h"

#include "bridge/server/env.h"

#define TV_MATCH_MAX_FIXES 200000

/* Why there is nothing between two times. */
typedef enum TvMatchCut
{
	TV_MATCH_ON_A_ROAD,			/* there is something */
	TV_MATCH_NO_ROAD,			/* none near a fix */
	TV_MATCH_GAP,				/* too long a time */
	TV_MATCH_JUMP,
	TV_MATCH_END,
	TV_MATCH_FORK,				/* they are of different timelines */
	TV_MATCH_TOO_FAST,
	TV_MATCH_NO_WAY				/* no way leads from one to the next, or only a much longer one */
} TvMatchCut;

typedef struct TvMatchFix
{
	int64		t;				/* microseconds, ascending */
	double		lon;
	double		lat;
	TvMatchCut	before;			/* why nothing leads to it, or TV_MATCH_ON_A_ROAD */
	TvMatchCut	after;			/* and on from it */
} TvMatchFix;

typedef struct TvMatchOptions
{
	double		gps_m;			/* standard deviation of fixes; NaN: estimated */
	double		radius_m;		/* how far a road may be from a fix */
	double		max_gap_s;		/* a longer one cuts the track */
	double		max_speed_mps;	/* nobody goes faster */
	bool		closed_too;		/* closed segments may have been driven */
} TvMatchOptions;

typedef struct TvMatchRow
{
	int64		piece;			/* from 1; 0: nothing was matched, for `cut` */
	int64		seq;			/* from 1 in each piece */
	int64		segment_id;
	bool		forward;
	bool		closed;
	int64		t_from;
	int64		t_to;
	double		fraction_from;	/* of the segment's course, from a to b */
	double		fraction_to;
	double		distance_m;
	double		confidence;
	TvMatchCut	cut;
} TvMatchRow;

typedef struct TvMatch
{
	uint32		count;
	uint32		capacity;
	TvMatchRow *rows;			/* in order of time */
	double		gps_m;			/* the standard deviation that was used */
} TvMatch;

/* In a word, for a reader; NULL: on a road. */
extern const char *tv_match_cut_name(TvMatchCut cut);

/* PT413 for more than TV_MATCH_MAX_FIXES. */
extern void tv_match_require_count(uint64 count);

/* What of the options need not be said: NaN, 200 m, 300 s, 100 m/s, false. */
extern TvMatchOptions tv_match_options_default(void);

/*
 * Match the fixes, whose positions are finite and in range; rows in the environment's memory.  PT404 unless the
 * caller sees the world and the timeline; PT413 for too many fixes; 54000.  Connects to SPI.
 */
extern void tv_match_track(TvEnv *env, int64 world_id, int64 timeline_id, const TvMatchFix *fixes, uint32 count,
						   const TvMatchOptions *options, TvMatch *match);

#endif							/* TV_MATCH_MATCH_H */
