/*
 * turn_rows.h: the rules for turns of the worlds in scope, read from the tables as the caller.
 *
 * They are read before the segments, for those that a rule for everything else forbids turning into (TVM_TURN_ONLY) are
 * loaded whatever their timeline is; and where the world's rules forbid to turn back but at dead ends, all are: what is
 * a dead end does not depend on the timeline.  Such segments belong to a timeline that is nobody's ancestor, so they are
 * absent everywhere.
 */
#ifndef TV_NETWORK_TURN_ROWS_H
#define TV_NETWORK_TURN_ROWS_H

#include "postgres.h"

#include "bridge/network/rows.h"

/* For who reads rows of turns himself: what to select, before WHERE, and a row of it. */
#define TV_SELECT_TURNS \
	"SELECT t.timeline_id, t.from_segment_id, t.via_place_id, t.to_segment_id, t.rule, t.penalty_s FROM timevmaps.turns t"
extern TvTurnRow tv_turns_row(const Datum *values, const bool *nulls);

/* What rows say, before the world's segments are known; then, by its indices, what of it holds. */
extern void tv_load_turns(TvRows *rows, TvWorldRows *world);
extern void tv_load_turn_rules(TvRows *rows, TvWorldRows *world);

#endif							/* TV_NETWORK_TURN_ROWS_H */
