/*
 * gateway_rows.c: the open gateways of worlds, kept between queries; see gateway_rows.h.
 *
 * A kept set is immutable and owns its memory, a child of TopMemoryContext.  A query
 * that works on one counts as its user until its environment goes; a set that another
 * has replaced goes with its last user.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/access/policies.h"
#include "bridge/access/signature.h"
#include "bridge/network/changes.h"
#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/network/gateway_rows.h"
#include "bridge/access/owner.h"
#include "bridge/server/ids.h"
#include "bridge/server/scan.h"
#include "bridge/network/open_statements.h"

#define MAX_KEPT 64				/* worlds */
#define MANY_CHANGES 16			/* rows of the log that are looked at again and again: above it a newer horizon is taken */

typedef struct Kept
{
	TvGatewaySet set;			/* first */
	TvHorizon  *horizon;
	uint64		signature;
	MemoryContext context;
	int			users;
	bool		replaced;
	uint64		last_used;
} Kept;

static Kept *kept_sets[MAX_KEPT];
static uint64 clock_of_use = 0;
static uint64 next_version = 1;

/* Rows ---------------------------------------------------------------------- */

typedef struct Reader
{
	MemoryContext context;
	bool		as_owner;		/* of the tables, or as whoever is the current user */
	TvGatewaySet *set;
	uint32		capacity;
} Reader;

static void
add_row(Reader *reader, const TvGatewayRow *row)
{
	TvGatewaySet *set = reader->set;

	if (set->count == reader->capacity)
	{
		Size		larger = (Size) reader->capacity + reader->capacity / 2 + 64;

		if (larger > UINT32_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("world has too many gateways for one graph")));
		tv_graph_require_memory(larger * sizeof(TvGatewayRow));
		set->rows = set->rows == NULL
			? MemoryContextAllocHuge(reader->context, larger * sizeof(TvGatewayRow))
			: repalloc_huge(set->rows, larger * sizeof(TvGatewayRow));
		reader->capacity = larger;
	}
	set->rows[set->count++] = *row;
}

TvGatewayRow
tv_gateways_row(const Datum *values)
{
	return (TvGatewayRow) {
		.id = DatumGetInt64(values[0]),
		.from_world_id = DatumGetInt64(values[1]),
		.from_timeline_id = DatumGetInt64(values[2]),
		.from_place_id = DatumGetInt64(values[3]),
		.to_world_id = DatumGetInt64(values[4]),
		.to_timeline_id = DatumGetInt64(values[5]),
		.to_place_id = DatumGetInt64(values[6]),
		.penalty_s = DatumGetFloat8(values[7]),
		.bidirectional = DatumGetBool(values[8])
	};
}

static void
receive_gateway(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Reader	   *reader = target;
	TvGatewayRow row = tv_gateways_row(values);

	if (row.from_world_id == reader->set->world_id || row.to_world_id == reader->set->world_id)
		add_row(reader, &row);
}

#define COLUMNS \
	TV_SELECT_GATEWAYS " WHERE g.penalty_s OPERATOR(pg_catalog.<) 'infinity'::pg_catalog.float8 AND "

static void
scan(Reader *reader, const char *query, TvArg arg)
{
	TvOwner		owner;

	if (reader->as_owner)
		tv_owner_enter(&owner);
	tv_scan(query, 1, &arg, receive_gateway, reader);
	if (reader->as_owner)
		tv_owner_leave(&owner);
}

static void
read_all(Reader *reader)
{
	scan(reader, COLUMNS "(g.from_world_id OPERATOR(pg_catalog.=) $1 OR g.to_world_id OPERATOR(pg_catalog.=) $1)",
		 tv_arg_bigint(reader->set->world_id));
}

static void
read_some(Reader *reader, const int64 *ids, uint32 count)
{
	scan(reader, COLUMNS "g.id OPERATOR(pg_catalog.=) ANY ($1)", tv_arg_bigints(ids, count));
}

/* Joins --------------------------------------------------------------------- */

static int
compare_numbers(int64 x, int64 y)
{
	return (x > y) - (x < y);
}

static int
compare_rows(const void *a, const void *b)
{
	const TvGatewayRow *x = a;
	const TvGatewayRow *y = b;
	int			order = compare_numbers(x->from_timeline_id, y->from_timeline_id);

	if (order == 0)
		order = compare_numbers(x->to_timeline_id, y->to_timeline_id);
	return order != 0 ? order : compare_numbers(x->id, y->id);
}

static bool
is_join_of(const TvJoin *join, const TvGatewayRow *row)
{
	return join->from_timeline_id == row->from_timeline_id && join->to_timeline_id == row->to_timeline_id;
}

/* Once all rows are there: sort them, and say which timelines they join. */
static void
finish_set(Reader *reader)
{
	TvGatewaySet *set = reader->set;
	uint32		joins = 0;

	if (set->count > 1)
		qsort(set->rows, set->count, sizeof(TvGatewayRow), compare_rows);
	for (uint32 i = 0; i < set->count; i++)
		joins += i == 0 || set->rows[i].from_timeline_id != set->rows[i - 1].from_timeline_id ||
			set->rows[i].to_timeline_id != set->rows[i - 1].to_timeline_id;
	set->joins = MemoryContextAllocHuge(reader->context, sizeof(TvJoin) * Max(joins, 1));
	for (uint32 i = 0; i < set->count; i++)
	{
		const TvGatewayRow *row = &set->rows[i];

		if (set->join_count == 0 || !is_join_of(&set->joins[set->join_count - 1], row))
			set->joins[set->join_count++] = (TvJoin) {
				.from_world_id = row->from_world_id,
				.from_timeline_id = row->from_timeline_id,
				.to_world_id = row->to_world_id,
				.to_timeline_id = row->to_timeline_id,
				.first = i
			};
		set->joins[set->join_count - 1].count++;
		set->joins[set->join_count - 1].back |= row->bidirectional;
	}
}

/* For this query alone. */
static TvGatewaySet *
read_for_query(TvEnv *env, int64 world_id, bool as_owner)
{
	TvGatewaySet *set = MemoryContextAllocZero(env->context, sizeof(TvGatewaySet));
	Reader		reader = {.context = env->context, .as_owner = as_owner, .set = set};

	set->world_id = world_id;
	read_all(&reader);
	finish_set(&reader);
	return set;
}

/* Kept sets ----------------------------------------------------------------- */

static void
let_go(Kept *kept)
{
	if (kept->users == 0)
		MemoryContextDelete(kept->context);
	else
		kept->replaced = true;
}

static void
release(void *arg)
{
	Kept	   *kept = arg;

	kept->users--;
	if (kept->replaced)
		let_go(kept);
}

static const TvGatewaySet *
use(TvEnv *env, Kept *kept)
{
	MemoryContextCallback *callback = MemoryContextAlloc(env->context, sizeof(MemoryContextCallback));

	callback->func = release;
	callback->arg = kept;
	MemoryContextRegisterResetCallback(env->context, callback);
	kept->users++;
	kept->last_used = ++clock_of_use;
	return &kept->set;
}

/* Where the set of a world is, or may be put. */
static Kept **
find_kept(int64 world_id)
{
	Kept	  **place = &kept_sets[0];

	for (int i = 0; i < MAX_KEPT; i++)
	{
		if (kept_sets[i] != NULL && kept_sets[i]->set.world_id == world_id)
			return &kept_sets[i];
		if (kept_sets[i] == NULL ? *place != NULL : *place != NULL && kept_sets[i]->last_used < (*place)->last_used)
			place = &kept_sets[i];
	}
	return place;
}

/* What the log says about gateways. */
typedef struct Named
{
	bool		any;
	bool		own;
	bool		many;
	uint32		count;
	int64	   *ids;
} Named;

static Named
find_named(const TvChanges *changes)
{
	uint64		own = U64FromFullTransactionId(GetTopFullTransactionIdIfAny());
	Named		named = {0};
	Size		total = 0;

	for (uint32 i = 0; i < changes->count; i++)
	{
		const TvChange *change = &changes->changes[i];

		if (change->kind != TV_CHANGE_GATEWAYS)
			continue;
		named.any = true;
		named.own |= change->xid == own;
		named.many |= change->many;
		total += change->count;
	}
	if (!named.any || named.many)
		return named;
	named.ids = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int64) * Max(total, 1));
	for (uint32 i = 0; i < changes->count; i++)
		if (changes->changes[i].kind == TV_CHANGE_GATEWAYS && changes->changes[i].count > 0)
		{
			memcpy(named.ids + named.count, changes->changes[i].ids, sizeof(int64) * changes->changes[i].count);
			named.count += changes->changes[i].count;
		}
	qsort(named.ids, named.count, sizeof(int64), tv_ids_compare);
	return named;
}

/* The rows that nothing has been said about, and those that were named, as they now are. */
static void
read_again(Reader *reader, const TvGatewaySet *old, const Named *named)
{
	if (old == NULL || named->many)
		read_all(reader);
	else
	{
		for (uint32 i = 0; i < old->count; i++)
			if (bsearch(&old->rows[i].id, named->ids, named->count, sizeof(int64), tv_ids_compare) == NULL)
				add_row(reader, &old->rows[i]);
		read_some(reader, named->ids, named->count);
	}
	finish_set(reader);
}

/* A new set in the place of the old one, if any. */
static Kept *
keep_new(Kept **place, int64 world_id, uint64 signature, const Named *named)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "timevmaps gateways", ALLOCSET_SMALL_SIZES);
	Kept	   *kept = MemoryContextAllocZero(context, sizeof(Kept));
	Reader		reader = {.context = context, .as_owner = true, .set = &kept->set};
	const TvGatewaySet *old = *place != NULL && (*place)->set.world_id == world_id ? &(*place)->set : NULL;

	kept->context = context;
	kept->set.world_id = world_id;
	kept->signature = signature;
	kept->horizon = tv_horizon_take(context);
	read_again(&reader, named == NULL ? NULL : old, named);
	kept->set.version = next_version++;

	/* Reading may have run functions of the user's, which may have asked for routes. */
	place = find_kept(world_id);
	if (*place != NULL)
		let_go(*place);
	*place = kept;
	MemoryContextSetParent(context, TopMemoryContext);
	return kept;
}

static const TvGatewaySet *
get_as_owner(TvEnv *env, int64 world_id, uint64 signature)
{
	Kept	  **place = find_kept(world_id);
	Kept	   *kept = *place;

	if (kept != NULL && kept->set.world_id == world_id && kept->signature == signature)
	{
		TvChanges  *changes = tv_changes_since(world_id, kept->horizon, CurrentMemoryContext);
		Named		named;

		/* A snapshot older than what is kept must read for itself. */
		if (!changes->usable && !changes->pruned)
			return read_for_query(env, world_id, true);
		if (changes->usable)
		{
			named = find_named(changes);
			if (named.own)
			{
				TvGatewaySet *set = MemoryContextAllocZero(env->context, sizeof(TvGatewaySet));
				Reader		reader = {.context = env->context, .as_owner = true, .set = set};

				set->world_id = world_id;
				(void) use(env, kept);
				read_again(&reader, &kept->set, &named);
				return set;
			}
			if (named.any)
				kept = keep_new(place, world_id, signature, &named);
			else if (changes->count > MANY_CHANGES)
			{
				TvHorizon  *older = kept->horizon;

				kept->horizon = tv_horizon_take(kept->context);
				pfree(older);
			}
			return use(env, kept);
		}
	}
	/* What this transaction may have changed itself is not for others after it. */
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return read_for_query(env, world_id, true);
	return use(env, keep_new(place, world_id, signature, NULL));
}

const TvGatewaySet *
tv_gateways_get(TvEnv *env, int64 world_id)
{
	uint64		signature = tv_open_statements_any() ? 0 : tv_gateways_signature();

	if (signature == 0 || !tv_gateways_allowed())
		return read_for_query(env, world_id, false);
	/* Only reading rows takes becoming the owner. */
	tv_owner_require();
	return get_as_owner(env, world_id, signature);
}

const TvGatewaySet *
tv_gateways_replace(TvEnv *env, const TvGatewaySet *set, const int64 *ids, uint32 id_count,
					const TvGatewayRow *rows, uint32 count)
{
	TvGatewaySet *replaced = MemoryContextAllocZero(env->context, sizeof(TvGatewaySet));
	Reader		reader = {.context = env->context, .set = replaced};

	replaced->world_id = set->world_id;
	for (uint32 i = 0; i < set->count; i++)
		if (bsearch(&set->rows[i].id, ids, id_count, sizeof(int64), tv_ids_compare) == NULL)
			add_row(&reader, &set->rows[i]);
	for (uint32 i = 0; i < count; i++)
		if (rows[i].from_world_id == set->world_id || rows[i].to_world_id == set->world_id)
			add_row(&reader, &rows[i]);
	finish_set(&reader);
	return replaced;
}
