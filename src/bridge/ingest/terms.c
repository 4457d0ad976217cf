/*
 * terms.c: on which terms a timeline takes fixes; see terms.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "bridge/network/rules.h"
#include "bridge/ingest/terms.h"
#include "bridge/server/compat.h"
#include "bridge/server/lookup.h"
#include "bridge/server/scan.h"

/* The year 5138, where seconds since 1970 may still be meant. */
#define MILLISECONDS (SetEpochTimestamp() + INT64CONST(100000000000) * USECS_PER_SEC)

/* As far as there is a time at all. */
static void
take_rules(Jsonb *rules, TvFixTerms *terms)
{
	TvFixRules	read;
	TimestampTz now = GetCurrentTimestamp();

	tv_rules_of_fixes(rules, &read);
	terms->null_island = read.null_island;
	terms->latest = read.ahead_s < (double) (END_TIMESTAMP - now) / USECS_PER_SEC ? now + (TimestampTz) (read.ahead_s * USECS_PER_SEC) : END_TIMESTAMP;
}

typedef struct Found
{
	bool		found;
	TvFixTerms *terms;
} Found;

static void
receive_terms(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Found	   *found = target;

	found->found = true;
	found->terms->fork_at = nulls[0] ? DT_NOBEGIN : DatumGetTimestampTz(values[0]);
	take_rules(DatumGetJsonbP(values[1]), found->terms);
}

bool
tv_fix_terms(int64 world_id, int64 timeline_id, TvFixTerms *terms)
{
	TvArg		args[] = {tv_arg_bigint(timeline_id), tv_arg_bigint(world_id)};
	Found		found = {.terms = terms};

	terms->world_id = world_id;
	terms->timeline_id = timeline_id;
	tv_scan("SELECT l.fork_at, w.rules FROM timevmaps.timelines l JOIN timevmaps.worlds w ON w.id OPERATOR(pg_catalog.=) l.world_id"
			" WHERE l.id OPERATOR(pg_catalog.=) $1 AND l.world_id OPERATOR(pg_catalog.=) $2", lengthof(args), args, receive_terms, &found);
	return found.found;
}

static void
look_at_timeline(void *target, const TvLookup *columns)
{
	Found	   *found = target;

	found->found = DatumGetInt64(columns[0].value) == found->terms->world_id;
	found->terms->fork_at = columns[1].isnull ? DT_NOBEGIN : DatumGetTimestampTz(columns[1].value);
}

static void
look_at_world(void *target, const TvLookup *columns)
{
	take_rules(DatumGetJsonbP(columns[0].value), target);
}

bool
tv_fix_terms_directly(int64 world_id, int64 timeline_id, TvFixTerms *terms)
{
	TvArg		world[] = {tv_arg_bigint(world_id)};
	TvArg		timeline[] = {tv_arg_bigint(timeline_id)};
	TvLookup	of_timeline[] = {{"world_id"}, {"fork_at"}};
	TvLookup	of_world[] = {{"rules"}};
	Found		found = {.terms = terms};

	terms->world_id = world_id;
	terms->timeline_id = timeline_id;
	return tv_lookup("timelines", 1, timeline, lengthof(of_timeline), of_timeline, look_at_timeline, &found) && found.found &&
		tv_lookup("worlds", 1, world, lengthof(of_world), of_world, look_at_world, terms);
}

/* By objection. */
static const struct
{
	const char *column;
	const char *text;
	const char *hint;
}			words[] = {
	[TV_FIX_BEFORE_FORK] = {"t", "not after the branch left its parent", "What was until then is the parent's."},
	[TV_FIX_AHEAD] = {"t", "too far ahead", "The rule fix_ahead_s of the world says how far."},
	[TV_FIX_NULL_ISLAND] = {"lon", "0, 0 is where a device is that does not know",
	"Where it is true, give another clock than device, or the world the rule fix_null_island."}
};

const char *
tv_fix_objection_column(TvFixObjection objection)
{
	return words[objection].column;
}

const char *
tv_fix_objection_text(TvFixObjection objection)
{
	return words[objection].text;
}

const char *
tv_fix_objection_hint(TvFixObjection objection, TimestampTz t)
{
	if (objection == TV_FIX_AHEAD && t > MILLISECONDS)
		return "Numbers are seconds since 1970: this one looks like milliseconds.";
	return words[objection].hint;
}

static void
receive_stranger(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(int64 *) target = DatumGetInt64(values[0]);
}

int64
tv_fix_stranger(int64 world_id, const int64 *vehicles, uint32 count)
{
	int64		stranger = 0;

	if (count == 1)
	{
		TvArg		args[] = {tv_arg_bigint(world_id), tv_arg_bigint(vehicles[0])};

		/* Most often. */
		return tv_scan_finds("SELECT true FROM timevmaps.vehicles v WHERE v.id OPERATOR(pg_catalog.=) $2 AND v.world_id OPERATOR(pg_catalog.=) $1",
							 lengthof(args), args) ? 0 : vehicles[0];
	}
	else
	{
		TvArg		args[] = {tv_arg_bigint(world_id), tv_arg_bigints(vehicles, count)};

		tv_scan("SELECT u.id FROM pg_catalog.unnest($2) u (id) WHERE NOT EXISTS (SELECT FROM timevmaps.vehicles v"
				" WHERE v.id OPERATOR(pg_catalog.=) u.id AND v.world_id OPERATOR(pg_catalog.=) $1) LIMIT 1", lengthof(args), args, receive_stranger, &stranger);
		return stranger;
	}
}

/* Up to so many are looked up one by one. */
#define FEW 32

static void
look_at_vehicle(void *target, const TvLookup *columns)
{
	*(int64 *) target = DatumGetInt64(columns[0].value);
}

int64
tv_fix_stranger_directly(int64 world_id, const int64 *vehicles, uint32 count)
{
	if (count > FEW)
		return tv_fix_stranger(world_id, vehicles, count);
	for (uint32 i = 0; i < count; i++)
	{
		TvArg		key[] = {tv_arg_bigint(vehicles[i])};
		TvLookup	columns[] = {{"world_id"}};
		int64		world = 0;

		if (!tv_lookup("vehicles", 1, key, lengthof(columns), columns, look_at_vehicle, &world) || world != world_id)
			return vehicles[i];
	}
	return 0;
}
