/*
 * fixes_rows.c: fixes by statements, as the caller; see fixes_rows.h.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "bridge/server/compat.h"
#include "bridge/server/scan.h"
#include "bridge/position/fixes_rows.h"

typedef struct Receiver
{
	int64		timeline_id;
	TvmFix	   *out;
	size_t		count;
} Receiver;

static double
get_number(const Datum *values, const bool *nulls, int i)
{
	return nulls[i] ? NAN : DatumGetFloat8(values[i]);
}

static void
receive_fix(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Receiver   *receiver = target;
	struct varlena *kind = PG_DETOAST_DATUM_PACKED(values[6]);

	receiver->out[receiver->count++] = (TvmFix) {
		.timeline_id = receiver->timeline_id,
		.t = DatumGetTimestampTz(values[0]),
		.lon = DatumGetFloat8(values[1]),
		.lat = DatumGetFloat8(values[2]),
		.alt_m = get_number(values, nulls, 3),
		.speed_mps = get_number(values, nulls, 4),
		.heading_deg = get_number(values, nulls, 5),
		.kind = tv_fix_kind(VARDATA_ANY(kind), VARSIZE_ANY_EXHDR(kind)),
		.segment_id = nulls[7] ? 0 : DatumGetInt64(values[7]),
		.fraction = get_number(values, nulls, 8)
	};
}

#define RANGE \
	" FROM timevmaps.positions p WHERE p.timeline_id OPERATOR(pg_catalog.=) $1" \
	" AND p.t OPERATOR(pg_catalog.>) $2 AND p.t OPERATOR(pg_catalog.<=) $3" \
	" AND p.world_id OPERATOR(pg_catalog.=) $4 AND p.recorded_at OPERATOR(pg_catalog.<=) $5"

#define FIXES \
	"SELECT p.t, p.lon, p.lat, p.alt_m, p.speed_mps, p.heading_deg, p.kind, p.segment_id, p.fraction" \
	RANGE " AND p.vehicle_id OPERATOR(pg_catalog.=) $6 ORDER BY p.t "

static TvArg
arg_time(TimestampTz t)
{
	return (TvArg) {.type = TIMESTAMPTZOID, .value = TimestampTzGetDatum(t)};
}

size_t
tv_fixes_rows_read(const TvFixesAsked *asked, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
				   bool backward, TvmFix *out, size_t limit)
{
	TvArg		args[] = {
		tv_arg_bigint(cell->timeline_id), arg_time(from), arg_time(to), tv_arg_bigint(asked->world_id),
		arg_time(asked->known_at), tv_arg_bigint(vehicle_id), tv_arg_bigint(limit)
	};
	Receiver	receiver = {.timeline_id = cell->timeline_id, .out = out};

	tv_scan(backward ? FIXES "DESC LIMIT $7" : FIXES "LIMIT $7", lengthof(args), args, receive_fix, &receiver);
	return receiver.count;
}

bool
tv_fixes_rows_any(const TvFixesAsked *asked, const TvCell *cell)
{
	TvArg		args[] = {
		tv_arg_bigint(cell->timeline_id), arg_time(cell->from), arg_time(cell->to), tv_arg_bigint(asked->world_id),
		arg_time(asked->known_at)
	};

	return tv_scan_finds("SELECT true" RANGE " LIMIT 1", lengthof(args), args);
}
