/*
 * what_if_rows.c: what a caller supposes, held against the rows that he sees; see what_if_rows.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/network/rows.h"
#include "bridge/network/what_if_rows.h"
#include "bridge/network/what_if_zones.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/ids.h"
#include "bridge/server/json.h"
#include "bridge/server/scan.h"

/* What is there ------------------------------------------------------------- */

typedef struct Ends
{
	int64		segment_id;		/* first, for tv_load_find() */
	int64		a;
	int64		b;
	bool		found;
} Ends;

typedef struct Finding
{
	uint32		count;
	Ends	   *ends;			/* by id */
} Finding;

static void
receive_ends(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Finding    *finding = target;
	uint32		at = tv_load_find(finding->ends, sizeof(Ends), finding->count, DatumGetInt64(values[0]));

	if (at == TV_NONE)
		return;
	finding->ends[at].found = true;
	finding->ends[at].a = DatumGetInt64(values[1]);
	finding->ends[at].b = DatumGetInt64(values[2]);
}

/* All of these ids, which are sorted, or PT404 with the first that is not there. */
static Ends *
require_all(const char *what, const char *query, TvIds *ids, int64 world_id)
{
	TvArg		args[2];
	Finding		finding;

	tv_ids_sort(ids);
	finding.count = ids->count;
	finding.ends = palloc0(sizeof(Ends) * Max(ids->count, 1));
	for (uint32 i = 0; i < ids->count; i++)
		finding.ends[i].segment_id = ids->ids[i];
	if (ids->count == 0)
		return finding.ends;
	args[0] = tv_arg_bigint(world_id);
	args[1] = tv_arg_bigints(ids->ids, ids->count);
	tv_scan(query, lengthof(args), args, receive_ends, &finding);
	for (uint32 i = 0; i < ids->count; i++)
		if (!finding.ends[i].found)
			tv_report_not_found(what, ids->ids[i]);
	return finding.ends;
}

static void
require_touching(const TvWhatIfTurn *turn, int64 segment_id, const char *key, const Ends *ends, uint32 count)
{
	const Ends *at = &ends[tv_load_find(ends, sizeof(Ends), count, segment_id)];
	TvPath		root = TV_PATH_KEY(NULL, "overrides");
	TvPath		entry = TV_PATH_INDEX(&root, turn->entry);
	TvPath		path = TV_PATH_KEY(&entry, "turn");

	if (at->a != turn->row.via_place_id && at->b != turn->row.via_place_id)
		tv_json_fail(&TV_PATH_KEY(&path, key), "does not touch the place", NULL,
					 "Segment " INT64_FORMAT " has no end at place " INT64_FORMAT ".", segment_id, turn->row.via_place_id);
}

static void
require_segments_and_places(TvEnv *env, const TvWhatIf *what_if, int64 world_id)
{
	TvIds		segments = {.context = env->context};
	TvIds		places = {.context = env->context};
	Ends	   *ends;

	for (uint32 i = 0; i < what_if->segment_count; i++)
		tv_ids_add(&segments, what_if->segments[i].segment_id);
	for (uint32 i = 0; i < what_if->turn_count; i++)
	{
		tv_ids_add(&segments, what_if->turns[i].row.from_segment_id);
		tv_ids_add(&segments, what_if->turns[i].row.to_segment_id);
		tv_ids_add(&places, what_if->turns[i].row.via_place_id);
	}
	ends = require_all("segment", "SELECT s.id, s.a_place_id, s.b_place_id FROM timevmaps.segments s"
					   " WHERE s.id OPERATOR(pg_catalog.=) ANY ($2) AND s.world_id OPERATOR(pg_catalog.=) $1",
					   &segments, world_id);
	(void) require_all("place", "SELECT p.id, p.id, p.id FROM timevmaps.places p"
					   " WHERE p.id OPERATOR(pg_catalog.=) ANY ($2) AND p.world_id OPERATOR(pg_catalog.=) $1",
					   &places, world_id);
	for (uint32 i = 0; i < what_if->turn_count; i++)
	{
		require_touching(&what_if->turns[i], what_if->turns[i].row.from_segment_id, "from_segment_id", ends, segments.count);
		require_touching(&what_if->turns[i], what_if->turns[i].row.to_segment_id, "to_segment_id", ends, segments.count);
	}
}

static void
require_zones(TvEnv *env, const TvWhatIf *what_if, int64 world_id)
{
	TvIds		zones = {.context = env->context};

	for (uint32 i = 0; i < what_if->zone_count; i++)
		tv_ids_add(&zones, what_if->zones[i].zone_id);
	(void) require_all("zone", "SELECT z.id, z.id, z.id FROM timevmaps.zones z"
					   " WHERE z.id OPERATOR(pg_catalog.=) ANY ($2) AND z.world_id OPERATOR(pg_catalog.=) $1",
					   &zones, world_id);
}

/* Gateways ------------------------------------------------------------------ */

typedef struct GatewayReading
{
	const TvWhatIf *what_if;
	TvSupposed *supposed;
	uint32		found;
	bool	   *seen;			/* of each gateway of the what-if */
} GatewayReading;

static void
receive_gateway(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	GatewayReading *reading = target;
	TvGatewayRow row = tv_gateways_row(values);
	uint32		at = tv_load_find(reading->what_if->gateways, sizeof(TvWhatIfGateway), reading->what_if->gateway_count, row.id);
	const TvWhatIfGateway *says;

	if (at == TV_NONE)
		return;
	reading->seen[at] = true;
	says = &reading->what_if->gateways[at];
	if (says->says & TV_WHAT_IF_PENALTY)
		row.penalty_s = says->penalty_s;
	if (((says->says & TV_WHAT_IF_CLOSED) && says->closed) || !isfinite(row.penalty_s))
		return;
	reading->supposed->gateways[reading->supposed->open_count++] = row;
}

static void
suppose_gateways(TvEnv *env, const TvWhatIf *what_if, int64 world_id, TvSupposed *supposed)
{
	uint32		count = what_if->gateway_count;
	GatewayReading reading = {.what_if = what_if, .supposed = supposed};
	TvArg		args[2];

	if (count == 0)
		return;
	reading.seen = palloc0(sizeof(bool) * count);
	supposed->gateway_count = count;
	supposed->gateway_ids = MemoryContextAlloc(env->context, sizeof(int64) * count);
	supposed->gateways = MemoryContextAlloc(env->context, sizeof(TvGatewayRow) * count);
	for (uint32 i = 0; i < count; i++)
		supposed->gateway_ids[i] = what_if->gateways[i].gateway_id;
	args[0] = tv_arg_bigint(world_id);
	args[1] = tv_arg_bigints(supposed->gateway_ids, count);
	tv_scan(TV_SELECT_GATEWAYS " WHERE g.id OPERATOR(pg_catalog.=) ANY ($2)"
			" AND (g.from_world_id OPERATOR(pg_catalog.=) $1 OR g.to_world_id OPERATOR(pg_catalog.=) $1)",
			lengthof(args), args, receive_gateway, &reading);
	for (uint32 i = 0; i < count; i++)
		if (!reading.seen[i])
			tv_report_not_found("gateway", supposed->gateway_ids[i]);
	pfree(reading.seen);
}

/* The whole ----------------------------------------------------------------- */

TvSupposed *
tv_suppose(TvEnv *env, const TvWhatIf *what_if, int64 world_id)
{
	TvSupposed *supposed = MemoryContextAllocZero(env->context, sizeof(TvSupposed));
	TvArg		world = tv_arg_bigint(world_id);

	if (!tv_scan_finds("SELECT true FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1", 1, &world))
		tv_report_not_found("world", world_id);
	require_segments_and_places(env, what_if, world_id);
	if (what_if->zone_count > 0)
	{
		require_zones(env, what_if, world_id);
		what_if = tv_what_if_in_zones(env, what_if, world_id);
	}
	suppose_gateways(env, what_if, world_id, supposed);
	if (what_if->segment_count > 0 || what_if->turn_count > 0)
		supposed->what_if = what_if;
	return supposed;
}
