/*
 * pieces.h: what was matched, as rows: each segment in turn, with the times by the way between the fixes.
 */
#ifndef TV_MATCH_PIECES_H
#define TV_MATCH_PIECES_H

#include "postgres.h"

#include "bridge/match/trellis.h"

extern void tv_pieces_describe(TvTrellis *trellis, const TvmMatchAnswer *answer, TvMatch *match);

#endif							/* TV_MATCH_PIECES_H */
