/*
 * fixes_direct.h: fixes from the primary keys of the partitions, without statements; within the reader alone.
 *
 * No right is asked for here: tv_positions_allowed() has said that the caller may read each row of a world that he sees.
 * Partitions are locked as a statement would, until the transaction ends.
 */
#ifndef TV_POSITION_FIXES_DIRECT_H
#define TV_POSITION_FIXES_DIRECT_H

#include "postgres.h"

#include "bridge/position/fixes_view.h"

/* What one partition holds of from < t <= to.  The default partition has each span that no other has. */
typedef struct TvSpan
{
	TimestampTz from;
	TimestampTz to;
	int			partition;
} TvSpan;

/* NULL where the caller may not, or the table is not as migrations have made it. */
extern TvDirectFixes *tv_direct_fixes_open(TvEnv *env, const TvFixesAsked *asked);
extern void tv_direct_fixes_close(TvDirectFixes *direct);

/* In order of time. */
extern const TvSpan *tv_direct_fixes_spans(const TvDirectFixes *direct, uint32 *count);

/* Whether a partition can be read so; else it is by statements. */
extern bool tv_direct_fixes_usable(TvDirectFixes *direct, int partition);

/* The lowest and highest id of the vehicles of a timeline in a partition; lowest > highest: none. */
extern void tv_direct_fixes_look(TvDirectFixes *direct, TvCell *cell);

/* As tv_cell_read(). */
extern size_t tv_direct_fixes_read(TvDirectFixes *direct, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
								   bool backward, TvmFix *out, size_t limit);

/*
 * The last fix at or before t and the first after it, as far as they are in from < t <= to and in a few steps: one descent
 * of the index for both.
 */
extern int	tv_direct_fixes_around(TvDirectFixes *direct, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz t,
								   TimestampTz to, TvmFix *before, TvmFix *after);

#endif							/* TV_POSITION_FIXES_DIRECT_H */
