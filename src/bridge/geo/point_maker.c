/*
 * point_maker.c: points of PostGIS; see point_maker.h.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

#include "bridge/server/compat.h"
#include "bridge/geo/point_maker.h"
#include "bridge/geo/polyline.h"

struct TvPointMaker
{
	FmgrInfo	receive;
	Oid			parameter;
	StringInfoData binary;		/* a point; its coordinates are at `at` */
	int			at;
};

TvPointMaker *
tv_point_maker(TvEnv *env, Oid geometry)
{
	MemoryContext old = MemoryContextSwitchTo(env->context);
	TvPointMaker *maker = palloc(sizeof(TvPointMaker));
	uint32		type = TV_EWKB_POINT | TV_EWKB_SRID;
	uint32		srid = TV_SRID_WGS84;
	TvPosition	nowhere = {0, 0};
	Oid			receive;

	getTypeBinaryInputInfo(geometry, &receive, &maker->parameter);
	fmgr_info_cxt(receive, &maker->receive, env->context);
	initStringInfo(&maker->binary);
	appendStringInfoCharMacro(&maker->binary, TV_EWKB_BYTE_ORDER);
	appendBinaryStringInfo(&maker->binary, (const char *) &type, sizeof(type));
	appendBinaryStringInfo(&maker->binary, (const char *) &srid, sizeof(srid));
	maker->at = maker->binary.len;
	appendBinaryStringInfo(&maker->binary, (const char *) &nowhere, sizeof(nowhere));
	MemoryContextSwitchTo(old);
	return maker;
}

Datum
tv_point_make(TvPointMaker *maker, double lon, double lat)
{
	TvPosition	point = {.lon = lon, .lat = lat};

	memcpy(maker->binary.data + maker->at, &point, sizeof(point));
	maker->binary.cursor = 0;
	return ReceiveFunctionCall(&maker->receive, &maker->binary, maker->parameter, -1);
}
