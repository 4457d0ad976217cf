/*
 * fixes_view.h: where the fixes that one owner shows are, as cells in order of time; within the reader alone.
 *
 * The chain's own intervals do not overlap, and partitions do not, so a fix of the owner is in one cell.
 */
#ifndef TV_POSITION_FIXES_VIEW_H
#define TV_POSITION_FIXES_VIEW_H

#include "postgres.h"

#include "bridge/position/fixes.h"

#define TV_BY_STATEMENT (-1)

/* The fixes of a timeline in from < t <= to: all in one partition, or wherever a statement finds them. */
typedef struct TvCell
{
	int64		timeline_id;
	TimestampTz from;
	TimestampTz to;
	int			partition;		/* TV_BY_STATEMENT: none */
	bool		looked;			/* whether it is known of which vehicles there may be any */
	int64		lowest;
	int64		highest;
} TvCell;

/* The newest first. */
typedef struct TvView
{
	bool		made;
	TvCell	   *cells;
	uint32		count;
} TvView;

/* A timeline of the chain, the one asked for first. */
typedef struct TvLine
{
	int64		id;
	TimestampTz fork_at;		/* DT_NOBEGIN: it is a root */
} TvLine;

typedef struct TvDirectFixes TvDirectFixes;

struct TvFixes
{
	TvEnv	   *env;
	TvFixesAsked asked;
	TvmWorldRules rules;
	double		max_speed_mps;
	TvLine	   *lines;
	uint32		line_count;
	uint32		line_room;
	TvView	   *views;			/* one a line, made when it is asked for */
	TvDirectFixes *direct;		/* NULL: all by statements */
	TvmFix	   *chunk;			/* where ranges are read into, or NULL */
	int64		window;			/* microseconds: how far around a moment fixes are looked for at first */
	int			near_luck;		/* whether the last fix of a cell has been near its end of late: above 0 */
};

/* What the column kind says. */
static inline uint8_t
tv_fix_kind(const char *text, int length)
{
	return length == 0 || text[0] == 'f' ? TVM_FIX : text[0] == 'j' ? TVM_FIX_JUMP : TVM_FIX_END;
}

extern TvView *tv_fixes_view(TvFixes *fixes, uint32 owner);

/* Of a view the index of the newest cell that begins before t; its count where there is none. */
extern uint32 tv_view_find(const TvView *view, TimestampTz t);

/*
 * Up to `limit` fixes of a vehicle in a cell, from < t <= to, in order of time or backward: how many.
 */
extern size_t tv_cell_read(TvFixes *fixes, TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
						   bool backward, TvmFix *out, size_t limit);

/* What is known of the fixes around a moment. */
#define TV_FOUND_AFTER 1
#define TV_FOUND_BEFORE 2
#define TV_TOO_MANY 4			/* to look through; neither has been found */

typedef struct TvAround
{
	int			found;
	TvmFix		before;			/* the last at or before it */
	TvmFix		after;			/* the first after it */
	TimestampTz none_before;	/* where they have not been found: at or before it, and after this, there is none */
	TimestampTz none_after;		/* after it, and at or before this */
} TvAround;

/* As far as it costs little. */
extern void tv_view_around(TvFixes *fixes, TvView *view, int64 vehicle_id, TimestampTz t, TvAround *out);

#endif							/* TV_POSITION_FIXES_VIEW_H */
