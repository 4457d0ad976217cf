/*
 * whereabouts.h: where one vehicle is at a moment, on the ground and on the network.
 */
#ifndef TV_JOURNEY_WHEREABOUTS_H
#define TV_JOURNEY_WHEREABOUTS_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "bridge/geo/polyline.h"
#include "bridge/server/env.h"
#include "kernel/motion/motion.h"

typedef struct TvWhereAsked
{
	int64		world_id;
	int64		timeline_id;
	int64		vehicle_id;
	TimestampTz t;
	TimestampTz known_at;		/* DT_NOEND: all that has been recorded */
	TimestampTz taken_by;		/* DT_NOEND: whenever it was taken */
	double		max_gap_s;
} TvWhereAsked;

typedef struct TvWhereabouts
{
	TvmMotionState state;
	bool		known;			/* it is somewhere */
	TvPosition	position;
	bool		has_fix;		/* at or before the moment */
	TimestampTz fix_at;
	int64		segment_id;		/* 0: it is not known to be on one */
	double		fraction;
} TvWhereabouts;

/*
 * As the motion's kernel decides from the fixes that the timeline shows; between two fixes on the network it is on
 * the course between them.  Not between SPI_connect() and SPI_finish().  PT404 for a world, timeline or vehicle
 * that is not there for the caller.
 */
extern TvWhereabouts tv_whereabouts(TvEnv *env, const TvWhereAsked *asked);

#endif							/* TV_JOURNEY_WHEREABOUTS_H */
