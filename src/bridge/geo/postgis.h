/*
 * postgis.h: queries that call PostGIS, wherever its schema is, and the two maps on which its index finds courses.
 */
#ifndef TV_GEO_POSTGIS_H
#define TV_GEO_POSTGIS_H

#include "postgres.h"

/* The type of areas, by a table of ours that has it; 55000 where that is missing. */
extern Oid	tv_postgis_geometry(void);

/* The schema of a type of PostGIS's, quoted, in the current context. */
extern const char *tv_postgis_schema(Oid type);

/* A query with that schema in the place of each $. in it; constant text, see tv_scan_text(). */
extern const char *tv_postgis_query(const char *schema, const char *text);

/*
 * Courses that lead over the 180th meridian, as the index says it.  Somebody else's functions may be in that schema, so what PostGIS is
 * given is of the types that it takes.
 */
#define TV_OVER_MERIDIAN \
	"$.st_xmax(s.geom::$.box3d) OPERATOR(pg_catalog.-) $.st_xmin(s.geom::$.box3d) OPERATOR(pg_catalog.>) 180"

/* The column geom of segments s, as the index has it: from -180 to 180 degrees, and from 0 to 360 for those courses. */
typedef struct TvMap
{
	const char *geom;
	const char *on_it;			/* which courses */
	double		west;
	double		east;
} TvMap;

#define TV_MAPS 2
extern const TvMap tv_maps[TV_MAPS];

#endif							/* TV_GEO_POSTGIS_H */
