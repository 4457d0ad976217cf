/*
 * what_if_rows.h: what a caller supposes, held against the rows that he sees.
 *
 * In scope it is a timeline of no row, a child of the one that is asked about, with an id above all that rows can have. It
 * takes that one's place as a layer, under its id, so that answers and gateways name the one that was asked about.
 * All of it is between SPI_connect() and SPI_finish(), as the caller; memory is the environment's.
 */
#ifndef TV_NETWORK_WHAT_IF_ROWS_H
#define TV_NETWORK_WHAT_IF_ROWS_H

#include "postgres.h"

#include "bridge/network/gateway_rows.h"
#include "bridge/network/what_if.h"
#include "bridge/server/env.h"

/* What is supposed of a world. */
typedef struct TvSupposed
{
	const TvWhatIf *what_if;	/* its segments, with what zones make of them, and turns; NULL: nothing is said of them */
	uint32		gateway_count;
	int64	   *gateway_ids;	/* of which something is said, ascending */
	TvGatewayRow *gateways;		/* those rows of them that are open then */
	uint32		open_count;
} TvSupposed;

/*
 * PT404 where the world, or a segment, place, zone or gateway is none of the world, or not visible; 22023 for a turn between segments that do
 * not meet at its place.
 */
extern TvSupposed *tv_suppose(TvEnv *env, const TvWhatIf *what_if, int64 world_id);

#endif							/* TV_NETWORK_WHAT_IF_ROWS_H */
