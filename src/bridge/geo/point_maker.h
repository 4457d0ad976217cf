/*
 * point_maker.h: points of PostGIS's type, through its binary input.
 */
#ifndef TV_GEO_POINT_MAKER_H
#define TV_GEO_POINT_MAKER_H

#include "postgres.h"

#include "bridge/server/env.h"

/* Makes points of the type `geometry`, SRID 4326, one after the other, in the current context. */
typedef struct TvPointMaker TvPointMaker;

extern TvPointMaker *tv_point_maker(TvEnv *env, Oid geometry);
extern Datum tv_point_make(TvPointMaker *maker, double lon, double lat);

/* The same for who copies it at once: it lasts until the next. */
extern Datum tv_point_show(TvPointMaker *maker, double lon, double lat);

#endif							/* TV_GEO_POINT_MAKER_H */
