/*
 * play.h: which moments of a range are shown as frames, and when.
 *
 * Frames stand at from + k step.  A stretch in which nothing moves that is longer than `idle_s` takes idle_s when it is
 * played; of the moments in it as many are left as are shown a step apart.
 */
#ifndef TV_MOTION_PLAY_H
#define TV_MOTION_PLAY_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* A stretch of time, from <= t <= to. */
typedef struct TvSpell
{
	TimestampTz from;
	TimestampTz to;
	double		play_s;			/* when its beginning is shown */
} TvSpell;

typedef struct TvPlay
{
	MemoryContext context;
	TimestampTz from;
	TimestampTz to;
	double		step_s;
	double		idle_s;			/* INFINITY: nothing is shortened */
	TvSpell    *moving;			/* in order of time; between them nothing moves for longer than idle_s */
	uint32		count;
	TvSpell    *idle;			/* those that are shortened, once the play is made */
	uint32		idle_count;
} TvPlay;

extern void tv_play_begin(TvPlay *play, MemoryContext context, TimestampTz from, TimestampTz to, double step_s, double idle_s);

/* Stretches in which one vehicle moves, in order of time; of any number of vehicles one after the other. */
extern void tv_play_add(TvPlay *play, const TvSpell *moving, uint32 count);
extern void tv_play_make(TvPlay *play);

typedef struct TvFrameTime
{
	uint64		k;
	TimestampTz t;
	double		play_s;
} TvFrameTime;

/* The first frame, and the one after another; false: there is none. */
extern void tv_play_first(const TvPlay *play, TvFrameTime *frame);
extern bool tv_play_next(const TvPlay *play, TvFrameTime *frame);

/* How many there are, or about as many where there are more than `most`. */
extern double tv_play_count(const TvPlay *play, double most);

#endif							/* TV_MOTION_PLAY_H */
