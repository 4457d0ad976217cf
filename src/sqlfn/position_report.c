/*
 * position_report.c: whether positions that a statement writes may be written: the policy asks of each row before a key does, and an aggregate
 * looks at all of them together, which the trigger in sql/tables/071-position.sql calls, as tv_owner.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "bridge/access/policies.h"
#include "bridge/access/quota.h"
#include "bridge/event/board.h"
#include "bridge/ingest/terms.h"
#include "bridge/server/ids.h"
#include "bridge/server/lookup.h"
#include "bridge/server/scan.h"

PG_FUNCTION_INFO_V1(tv_may_report);
PG_FUNCTION_INFO_V1(tv_positions_add_row);
PG_FUNCTION_INFO_V1(tv_positions_add_end);

/* The same for what is not there and what the caller does not see. */
static void
report_no_such(const char *what, int64 id, int64 world_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("no such %s", what),
			 errdetail("There is no %s %lld in world %lld.", what, (long long) id, (long long) world_id)));
}

/* What was asked last, in the memory of the expression. */
typedef struct Answer
{
	int64		world_id;		/* at first 0, which is no world's id */
	int64		timeline_id;
} Answer;

/* Whose it is: nobody's that matters, unless it is his. */
static void
look_at_world(void *target, const TvLookup *columns)
{
	const char **identity = target;
	text	   *owner = DatumGetTextPP(columns[0].value);

	if (VARSIZE_ANY_EXHDR(owner) != strlen(*identity) || memcmp(VARDATA_ANY(owner), *identity, strlen(*identity)) != 0)
		*identity = NULL;
}

static void
look_at_member(void *target, const TvLookup *columns)
{
	text	   *access = DatumGetTextPP(columns[0].value);

	*(bool *) target = VARSIZE_ANY_EXHDR(access) == 7 && memcmp(VARDATA_ANY(access), "analyst", 7) == 0;
}

static void
look_at_timeline(void *target, const TvLookup *columns)
{
	*(int64 *) target = DatumGetInt64(columns[0].value);
}

/* As tv_editable_worlds() has it, by the rows themselves. */
static bool
edits_directly(int64 world_id)
{
	const char *identity = tv_quota_identity();
	const char *owner = identity;
	TvLookup	of_world[] = {{"owner"}};
	TvLookup	of_member[] = {{"access"}};
	TvArg		keys[] = {tv_arg_bigint(world_id), {TEXTOID, 0}};
	bool		edits = false;

	if (identity == NULL || !tv_lookup("worlds", 1, keys, lengthof(of_world), of_world, look_at_world, &owner))
		return false;
	if (owner != NULL)
		return true;
	keys[1].value = CStringGetTextDatum(identity);
	(void) tv_lookup("world_members", lengthof(keys), keys, lengthof(of_member), of_member, look_at_member, &edits);
	return edits;
}

static bool
may_report_directly(int64 world_id, int64 timeline_id)
{
	TvArg		key[] = {tv_arg_bigint(timeline_id)};
	TvLookup	columns[] = {{"world_id"}};
	int64		world = 0;

	if (!edits_directly(world_id))
		return false;
	if (!tv_lookup("timelines", 1, key, lengthof(columns), columns, look_at_timeline, &world) || world != world_id)
		report_no_such("timeline", timeline_id, world_id);
	return true;
}

static bool
may_report(int64 world_id, int64 timeline_id)
{
	TvArg		args[] = {tv_arg_bigint(world_id), tv_arg_bigint(timeline_id)};
	bool		edits;
	bool		found = false;

	SPI_connect();
	if (tv_editors_known())
	{
		edits = may_report_directly(world_id, timeline_id);
		SPI_finish();
		return edits;
	}
	edits = tv_scan_finds("SELECT true FROM timevmaps.tv_editable_worlds() w (id) WHERE w.id OPERATOR(pg_catalog.=) $1", 1, args);
	if (edits)
		found = tv_scan_finds("SELECT true FROM timevmaps.timelines l WHERE l.id OPERATOR(pg_catalog.=) $2 AND l.world_id OPERATOR(pg_catalog.=) $1",
							  lengthof(args), args);
	SPI_finish();
	if (edits && !found)
		report_no_such("timeline", timeline_id, world_id);
	return edits;
}

Datum
tv_may_report(PG_FUNCTION_ARGS)
{
	int64		world_id = PG_GETARG_INT64(0);
	int64		timeline_id = PG_GETARG_INT64(1);
	Answer	   *answer = fcinfo->flinfo->fn_extra;

	if (answer == NULL)
		answer = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Answer));
	if (answer->world_id == world_id && answer->timeline_id == timeline_id)
		PG_RETURN_BOOL(true);
	if (!may_report(world_id, timeline_id))
		PG_RETURN_BOOL(false);
	*answer = (Answer) {world_id, timeline_id};
	PG_RETURN_BOOL(true);
}

/* All that a statement has inserted ------------------------------------------------ */

/* Of one timeline. */
typedef struct Came
{
	int64		key[2];			/* world and timeline */
	TvFixTerms	terms;
	TvIds		vehicles;		/* some more than once */
	uint32		settle_at;		/* so many, and they are sorted out */
} Came;

typedef struct Added
{
	HTAB	   *groups;			/* where there are several */
	Came	   *last;
	Came		first;
	int64		count;
} Added;

#define SETTLE_AT 4096

static void
begin_group(Came *group, MemoryContext kept)
{
	bool		found;

	group->vehicles = (TvIds) {.context = kept};
	group->settle_at = SETTLE_AT;
	/* Also where this transaction has one snapshot, which does not see that a timeline has gone. */
	PushActiveSnapshot(GetLatestSnapshot());
	found = tv_fix_terms_directly(group->key[0], group->key[1], &group->terms);
	PopActiveSnapshot();
	if (!found)
		report_no_such("timeline", group->key[1], group->key[0]);
}

static Came *
find_group(Added *added, const int64 *key, MemoryContext kept)
{
	Came	   *group;
	bool		found;

	if (added->last != NULL && memcmp(added->last->key, key, sizeof(added->last->key)) == 0)
		return added->last;
	if (added->last == NULL)
	{
		added->last = &added->first;
		memcpy(added->first.key, key, sizeof(added->first.key));
		begin_group(&added->first, kept);
		return added->last;
	}
	if (memcmp(added->first.key, key, sizeof(added->first.key)) == 0)
		return added->last = &added->first;
	if (added->groups == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(group->key), .entrysize = sizeof(Came), .hcxt = kept};

		added->groups = hash_create("timevmaps reports", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	group = hash_search(added->groups, key, HASH_ENTER, &found);
	if (!found)
		begin_group(group, kept);
	return added->last = group;
}

static void
report_objection(const Came *group, TvFixObjection objection, int64 vehicle_id, TimestampTz t)
{
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("%s: %s", tv_fix_objection_column(objection), tv_fix_objection_text(objection)),
			 errdetail("Vehicle %lld on timeline %lld at %s.", (long long) vehicle_id, (long long) group->key[1], timestamptz_to_str(t)),
			 errhint("%s", tv_fix_objection_hint(objection, t))));
}

static void
add_vehicle(Came *group, int64 id)
{
	if (group->vehicles.count > 0 && group->vehicles.ids[group->vehicles.count - 1] == id)
		return;
	tv_ids_add(&group->vehicles, id);
	if (group->vehicles.count < group->settle_at)
		return;
	tv_ids_sort(&group->vehicles);
	group->settle_at = Max(SETTLE_AT, group->vehicles.count * 2);
}

static bool
is_device(const text *clock)
{
	return VARSIZE_ANY_EXHDR(clock) == 6 && memcmp(VARDATA_ANY(clock), "device", 6) == 0;
}

/* world, timeline, vehicle, t, lon, lat, clock */
Datum
tv_positions_add_row(PG_FUNCTION_ARGS)
{
	Added	   *added = PG_ARGISNULL(0) ? NULL : (Added *) PG_GETARG_POINTER(0);
	int64		key[] = {PG_GETARG_INT64(1), PG_GETARG_INT64(2)};
	TvFixObjection objection;
	MemoryContext kept;
	Came	   *group;

	if (!AggCheckCallContext(fcinfo, &kept))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("it is called as an aggregate alone")));
	if (added == NULL)
		added = MemoryContextAllocZero(kept, sizeof(Added));
	group = find_group(added, key, kept);
	objection = tv_fix_objection(&group->terms, PG_GETARG_TIMESTAMPTZ(4), PG_GETARG_FLOAT8(5), PG_GETARG_FLOAT8(6), is_device(PG_GETARG_TEXT_PP(7)));
	if (objection != TV_FIX_WELCOME)
		report_objection(group, objection, PG_GETARG_INT64(3), PG_GETARG_TIMESTAMPTZ(4));
	add_vehicle(group, PG_GETARG_INT64(3));
	added->count++;
	PG_RETURN_POINTER(added);
}

static void
end_group(Came *group)
{
	int64		stranger;

	tv_ids_sort(&group->vehicles);
	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	stranger = tv_fix_stranger_directly(group->key[0], group->vehicles.ids, group->vehicles.count);
	PopActiveSnapshot();
	SPI_finish();
	if (stranger != 0)
		report_no_such("vehicle", stranger, group->key[0]);
	tv_board_add(tv_quota_principal(), group->key[0], group->key[1], group->vehicles.ids, group->vehicles.count);
}

/* Null. */
Datum
tv_positions_add_end(PG_FUNCTION_ARGS)
{
	Added	   *added = PG_ARGISNULL(0) ? NULL : (Added *) PG_GETARG_POINTER(0);
	HASH_SEQ_STATUS walk;
	Came	   *group;

	if (added == NULL)
		PG_RETURN_NULL();
	tv_quota_charge_hour(TV_QUOTA_POSITIONS_PER_HOUR, added->count);
	end_group(&added->first);
	if (added->groups != NULL)
	{
		hash_seq_init(&walk, added->groups);
		while ((group = hash_seq_search(&walk)) != NULL)
			end_group(group);
	}
	PG_RETURN_NULL();
}
