/*
 * world_rows.c: rows of a world, removed by their ids.
 *
 * Clients have no DELETE, which would let them lock whole tables.  The rows are found and
 * locked as the caller, which is the question whether he sees and may edit each, and then deleted
 * as the owner of the tables, for what others have hung on them must not keep them.  All or
 * none: what one of them is refused for ends the statement.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "bridge/access/owner.h"
#include "bridge/server/error.h"
#include "bridge/server/ids.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_delete_rows);
PG_FUNCTION_INFO_V1(tv_clear_overrides);

#define MAX_IDS 1000000

typedef struct Deletable
{
	const char *name;
	const char *row;			/* what one of them is called */
	const char *key;			/* the column that the ids are of */
	const char *timeline;		/* which of them, $2 being a timeline */
} Deletable;

static const Deletable relations[] = {
	{"timelines", "timeline", "id", ""},
	{"places", "place", "id", ""},
	{"segments", "segment", "id", ""},
	{"gateways", "gateway", "id", ""},
	{"route_plans", "saved route", "id", ""},
	{"speed_profiles", "speed profile", "id", ""},
	{"segment_profiles", "segment profile", "id", ""},
	{"vehicles", "vehicle", "id", ""},
	{"layers", "layer", "id", ""},
	{"zones", "zone", "id", ""},
	{"zone_owners", "owner of a zone", "id", ""},
	{"turns", "rule for a turn", "id", ""},
	{"vehicle_profiles", "vehicle profile", "id", ""}
};
static const Deletable overrides = {"segment_overrides", "override of segment", "segment_id", " AND t.timeline_id OPERATOR(pg_catalog.=) $2"};

static const Deletable *
find_relation(const char *name)
{
	StringInfoData names;

	for (int i = 0; i < lengthof(relations); i++)
		if (strcmp(relations[i].name, name) == 0)
			return &relations[i];
	initStringInfo(&names);
	for (int i = 0; i < lengthof(relations); i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", relations[i].name);
	tv_report_invalid("relation", "not a table whose rows are deleted by their ids", NULL, psprintf("One of: %s.", names.data));
}

static void
check_ids(const char *name, const int64 *ids, uint32 count)
{
	int64	   *sorted = palloc(sizeof(int64) * Max(count, 1));

	if (count > MAX_IDS)
		tv_report_invalid(name, "too many", psprintf("There are %u, and at most %d are deleted at a time.", count, MAX_IDS), NULL);
	memcpy(sorted, ids, sizeof(int64) * count);
	qsort(sorted, count, sizeof(int64), tv_ids_compare);
	for (uint32 i = 1; i < count; i++)
		if (sorted[i] == sorted[i - 1])
			tv_report_invalid(name, "names one twice", psprintf("It is %lld.", (long long) sorted[i]), NULL);
	pfree(sorted);
}

/* Rows, of a statement with $1 the ids and $2 the timeline; of the first one the first column. */
static uint64
run(const char *statement, Datum ids, int64 timeline_id, int64 *value)
{
	Oid			types[] = {INT8ARRAYOID, INT8OID};
	Datum		values[] = {ids, Int64GetDatum(timeline_id)};
	bool		isnull;

	(void) SPI_execute_with_args(statement, lengthof(types), types, values, NULL, false, 0);
	if (value != NULL && SPI_processed > 0)
		*value = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	return SPI_processed;
}

/* As the caller: each is there, and his to edit; then they are locked, in the order of their ids. */
static void
lock_rows(const Deletable *relation, Datum ids, uint32 count, int64 timeline_id)
{
	int64		locked = 0;
	int64		missing = 0;

	(void) run(psprintf("SELECT pg_catalog.count(*) FROM (SELECT t.%s FROM timevmaps.%s t, pg_catalog.unnest($1) u (id)"
						" WHERE t.%s OPERATOR(pg_catalog.=) u.id%s ORDER BY t.%s FOR UPDATE OF t) l",
						relation->key, relation->name, relation->key, relation->timeline, relation->key),
			   ids, timeline_id, &locked);
	if (locked == count)
		return;
	if (run(psprintf("SELECT u.id FROM pg_catalog.unnest($1) u (id) WHERE NOT EXISTS (SELECT FROM timevmaps.%s t"
					 " WHERE t.%s OPERATOR(pg_catalog.=) u.id%s) ORDER BY u.id LIMIT 1",
					 relation->name, relation->key, relation->timeline),
			ids, timeline_id, &missing) > 0)
		tv_report_not_found(relation->row, missing);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("only an editor of the world may do this"),
			 errdetail("Of %u rows of %s this role edits the worlds of %lld.", count, relation->name, (long long) locked)));
}

static uint64
delete_rows(const Deletable *relation, Datum ids, uint32 count, int64 timeline_id)
{
	uint64		deleted = 0;
	TvOwner		owner;

	SPI_connect();
	lock_rows(relation, ids, count, timeline_id);
	tv_owner_enter(&owner);
	deleted = run(psprintf("DELETE FROM timevmaps.%s t USING pg_catalog.unnest($1) u (id) WHERE t.%s OPERATOR(pg_catalog.=) u.id%s",
						   relation->name, relation->key, relation->timeline),
				  ids, timeline_id, NULL);
	tv_owner_leave(&owner);
	SPI_finish();
	return deleted;
}

Datum
tv_delete_rows(PG_FUNCTION_ARGS)
{
	const Deletable *relation;
	int64	   *ids;
	uint32		count;

	tv_require_tables();
	tv_require_argument(fcinfo, 0, "relation");
	relation = find_relation(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	ids = tv_get_bigints(fcinfo, 1, "ids", &count);
	check_ids("ids", ids, count);
	PG_RETURN_INT64(delete_rows(relation, PG_GETARG_DATUM(1), count, 0));
}

Datum
tv_clear_overrides(PG_FUNCTION_ARGS)
{
	int64		timeline_id;
	int64	   *ids;
	uint32		count;

	tv_require_tables();
	timeline_id = tv_get_bigint(fcinfo, 0, "timeline_id");
	ids = tv_get_bigints(fcinfo, 1, "segment_ids", &count);
	check_ids("segment_ids", ids, count);
	SPI_connect();
	if (run("SELECT t.id FROM timevmaps.timelines t WHERE t.id OPERATOR(pg_catalog.=) $2 AND $1 IS NOT NULL", PG_GETARG_DATUM(1), timeline_id, NULL) == 0)
		tv_report_not_found("timeline", timeline_id);
	SPI_finish();
	PG_RETURN_INT64(delete_rows(&overrides, PG_GETARG_DATUM(1), count, timeline_id));
}
