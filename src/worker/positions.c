/*
 * positions.c: what a worker does for the table of positions; see positions.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/positions.h"
#include "worker/session.h"

static TvStatement upkeep = {
	.text = "SELECT timevmaps_internal.tv_position_upkeep($1)",
	.count = 1,.types = {TIMESTAMPTZOID}
};

void
tv_positions_upkeep(void)
{
	Datum		before = TimestampTzGetDatum(tv_clock_now() - (TimestampTz) tv_position_retention_s * USECS_PER_SEC);
	bool		forever = tv_position_retention_s == 0;

	(void) tv_statement(&upkeep, &before, &forever);
}
