/*
 * fixes_rows.h: fixes by statements, as the caller; within the reader alone.
 */
#ifndef TV_POSITION_FIXES_ROWS_H
#define TV_POSITION_FIXES_ROWS_H

#include "postgres.h"

#include "bridge/position/fixes_view.h"

/* As tv_cell_read(). */
extern size_t tv_fixes_rows_read(const TvFixesAsked *asked, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
								 bool backward, TvmFix *out, size_t limit);

/* Whether a timeline has any fix in from < t <= to. */
extern bool tv_fixes_rows_any(const TvFixesAsked *asked, const TvCell *cell);

#endif							/* TV_POSITION_FIXES_ROWS_H */
