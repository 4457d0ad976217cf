/*
 * terms.c: on which terms a timeline takes fixes; see terms.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "bridge/network/rules.h"
#include "bridge/ingest/terms.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"

typedef struct Found
{
	bool		found;
	TvFixTerms *terms;
} Found;

static void
receive_terms(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Found	   *found = target;
	TvFixRules	rules;
	TimestampTz now = GetCurrentTimestamp();

	found->found = true;
	found->terms->fork_at = nulls[0] ? DT_NOBEGIN : DatumGetTimestampTz(values[0]);
	tv_rules_of_fixes(DatumGetJsonbP(values[1]), &rules);
	found->terms->null_island = rules.null_island;
	/* As far as there is a time at all. */
	found->terms->latest = rules.ahead_s < (double) (END_TIMESTAMP - now) / USECS_PER_SEC ? now + (TimestampTz) (rules.ahead_s * USECS_PER_SEC) : END_TIMESTAMP;
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
tv_fix_objection_hint(TvFixObjection objection)
{
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
