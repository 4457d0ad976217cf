/*
 * partitions.c: what a worker does for tables whose rows go with their day; see partitions.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/partitions.h"
#include "worker/session.h"

static TvStatement of_events = {
	.text = "SELECT timevmaps_internal.tv_event_upkeep($1)",
	.count = 1,.types = {TIMESTAMPTZOID}
};

static TvStatement of_positions = {
	.text = "SELECT timevmaps_internal.tv_position_upkeep($1)",
	.count = 1,.types = {TIMESTAMPTZOID}
};

static void
keep(TvStatement *upkeep, int retention_s)
{
	Datum		before = TimestampTzGetDatum(tv_clock_now() - (TimestampTz) retention_s * USECS_PER_SEC);
	bool		forever = retention_s == 0;

	(void) tv_statement(upkeep, &before, &forever);
}

void
tv_events_upkeep(void)
{
	keep(&of_events, tv_event_retention_s);
}

void
tv_positions_upkeep(void)
{
	keep(&of_positions, tv_position_retention_s);
}
