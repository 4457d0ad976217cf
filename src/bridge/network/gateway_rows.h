/*
 * gateway_rows.h: the open gateways of a world, as the active snapshot and the caller
 * see them, kept between queries where that is allowed.
 *
 * Kept sets hold every row, as a committed state has them, with the horizon of that
 * state; network_changes says what has happened since, and rows that it names are
 * read again.  Own uncommitted changes are for their query alone.  A caller whom
 * policies of the user's own bind reads the rows itself.  What a gateway costs is a
 * column of the table (sql/tables/044-gateway.sql).
 */
#ifndef TV_NETWORK_GATEWAY_ROWS_H
#define TV_NETWORK_GATEWAY_ROWS_H

#include "postgres.h"

#include "bridge/server/env.h"

typedef struct TvGatewayRow
{
	int64		id;
	int64		from_world_id;
	int64		from_timeline_id;
	int64		from_place_id;
	int64		to_world_id;
	int64		to_timeline_id;
	int64		to_place_id;
	double		penalty_s;		/* finite */
	bool		bidirectional;
} TvGatewayRow;

/* The gateways from one timeline to another: rows[first .. first + count). */
typedef struct TvJoin
{
	int64		from_world_id;
	int64		from_timeline_id;
	int64		to_world_id;
	int64		to_timeline_id;
	uint32		first;
	uint32		count;
	bool		back;			/* some lead both ways */
} TvJoin;

typedef struct TvGatewaySet
{
	int64		world_id;
	uint64		version;		/* of this content, in this backend; 0: this query's own */
	uint32		count;
	TvGatewayRow *rows;			/* by timelines, from and to, then by id */
	uint32		join_count;
	TvJoin	   *joins;
} TvGatewaySet;

/* For who reads rows of gateways himself: what to select, before WHERE, and a row of it. */
#define TV_SELECT_GATEWAYS \
	"SELECT g.id, g.from_world_id, g.from_timeline_id, g.from_place_id," \
	" g.to_world_id, g.to_timeline_id, g.to_place_id, g.penalty_s, g.bidirectional" \
	" FROM timevmaps.gateways g"
extern TvGatewayRow tv_gateways_row(const Datum *values);

/*
 * Those that lead out of a world or into it.  The set stays as it is for as long as
 * the environment lives.  Between SPI_connect() and SPI_finish().
 */
extern const TvGatewaySet *tv_gateways_get(TvEnv *env, int64 world_id);

/* A set without the gateways of these ids, ascending, but with these rows in their places: this query's own. */
extern const TvGatewaySet *tv_gateways_replace(TvEnv *env, const TvGatewaySet *set, const int64 *ids, uint32 id_count,
											   const TvGatewayRow *rows, uint32 count);

#endif							/* TV_NETWORK_GATEWAY_ROWS_H */
