/*
 * snapping.h: a search for the nearest segments under way: what comes into question, and what has been found.
 */
#ifndef TV_ROUTE_SNAPPING_H
#define TV_ROUTE_SNAPPING_H

#include "postgres.h"

#include "bridge/server/ids.h"
#include "bridge/network/rows.h"
#include "bridge/route/snap/component.h"
#include "bridge/server/scan.h"
#include "bridge/route/snap/snapped.h"

/* Segments so much farther, in radians, are equally near: a micrometre on the Earth. */
#define TV_SNAP_TOLERANCE 1.57e-13

typedef struct TvSnapDirect TvSnapDirect;

typedef struct TvSnapping
{
	TvEnv	   *env;
	TvSnapDirect *direct;		/* NULL: by statements */
	bool		looks_directly; /* what is measured may be closed, or without its ends */
	TvmWorldRules rules;
	TvPosition	at;
	const char *postgis;		/* its schema, quoted */
	Oid			send;			/* the geometry type's output function */
	int64		world_id;
	TvIds		chain;			/* the timeline and its ancestors, nearest first */
	const TvProfile *profile;	/* only segments that it may use; NULL: any */
	const TvWhatIf *what_if;	/* what is supposed of the timeline; NULL: nothing */
	const TvComponent *component;			/* only segments in it; NULL: any */
	const double *fraction;		/* where on a segment, not the nearest; NULL: the nearest */
	double		least;			/* radians; INFINITY: nothing yet */
	TvSnaps    *found;			/* maybe also some that are farther, and some twice */
} TvSnapping;

/* Of a segment s: what the chain $2 says of it last does not close it. */
#define TV_SNAP_IS_OPEN \
	"(SELECT o.closed FROM timevmaps.segment_overrides o" \
	" WHERE o.segment_id OPERATOR(pg_catalog.=) s.id AND o.timeline_id OPERATOR(pg_catalog.=) ANY ($2)" \
	" AND o.closed IS NOT NULL" \
	" ORDER BY pg_catalog.array_position($2, o.timeline_id) LIMIT 1) IS NOT TRUE"

/*
 * Measure a segment, whose ids are filled in, along its course or else a straight line, and keep it if it
 * is near.  Whether it is as near as the nearest so far.
 */
extern bool tv_snap_measure(TvSnapping *snapping, TvSnap *snap, Oid type, Datum course, const TvLine *straight);

/* What has been found and is near enough, by id, each once. */
extern void tv_snap_tidy(TvSnapping *snapping);

#endif							/* TV_ROUTE_SNAPPING_H */
