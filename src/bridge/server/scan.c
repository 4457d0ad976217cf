/*
 * scan.c: read rows through SPI as the caller, one at a time; see scan.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "nodes/params.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "bridge/server/array.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"

typedef struct ScanReceiver
{
	DestReceiver receiver;		/* first, for the executor knows only this */
	TvScanRow	row;			/* one of these */
	TvScanMore	more;
	void	   *target;
} ScanReceiver;

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	ScanReceiver *scan = (ScanReceiver *) self;

	slot_getallattrs(slot);
	if (scan->more != NULL)
		return scan->more(scan->target, slot->tts_tupleDescriptor, slot->tts_values, slot->tts_isnull);
	scan->row(scan->target, slot->tts_tupleDescriptor, slot->tts_values, slot->tts_isnull);
	return true;
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc columns)
{
}

static void
receive_nothing(DestReceiver *self)
{
}

/*
 * Plans are kept for the life of the backend, by the address of their text, which
 * is a constant.  They are generic: planning would cost more than most of these
 * queries.  The server plans again by itself when a table, a policy, the search
 * path or, where policies bind, the role is another.
 */
typedef struct KeptPlan
{
	const char *query;			/* hash key */
	SPIPlanPtr	plan;
} KeptPlan;

static SPIPlanPtr
find_plan(const char *query, int arg_count, const TvArg *args)
{
	static HTAB *plans = NULL;
	KeptPlan   *kept;
	bool		found;

	if (plans == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(const char *), .entrysize = sizeof(KeptPlan)};

		plans = hash_create("timevmaps plans", 64, &control, HASH_ELEM | HASH_BLOBS);
	}
	kept = hash_search(plans, &query, HASH_FIND, NULL);
	if (kept == NULL)
	{
		Oid		   *types = palloc(sizeof(Oid) * Max(arg_count, 1));
		SPIPlanPtr	plan;

		for (int i = 0; i < arg_count; i++)
			types[i] = args[i].type;
		plan = SPI_prepare_cursor(query, arg_count, types, CURSOR_OPT_GENERIC_PLAN);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("planning a query on rows failed"),
					 errdetail("SPI says: %s", SPI_result_code_string(SPI_result))));
		kept = hash_search(plans, &query, HASH_ENTER, &found);
		kept->plan = plan;
	}
	return kept->plan;
}

static void
scan_rows(const char *query, int arg_count, const TvArg *args, TvScanRow row, TvScanMore more, void *target)
{
	ScanReceiver scan = {
		.receiver = {
			.receiveSlot = receive_row,
			.rStartup = receive_startup,
			.rShutdown = receive_nothing,
			.rDestroy = receive_nothing,
			.mydest = DestNone
		},
		.row = row,
		.more = more,
		.target = target
	};
	SPIExecuteOptions options = {0};
	int			result;

	if (arg_count > 0)
	{
		options.params = makeParamList(arg_count);
		for (int i = 0; i < arg_count; i++)
		{
			options.params->params[i].value = args[i].value;
			options.params->params[i].isnull = false;
			options.params->params[i].pflags = PARAM_FLAG_CONST;
			options.params->params[i].ptype = args[i].type;
		}
	}
	options.read_only = true;	/* the active snapshot, and no command of ours after it */
	options.must_return_tuples = true;
	options.dest = &scan.receiver;

	result = SPI_execute_plan_extended(find_plan(query, arg_count, args), &options);
	if (result < 0)				/* not SPI_OK_SELECT, for SPI keeps no rows itself */
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("reading rows failed"),
				 errdetail("SPI says: %s", SPI_result_code_string(result))));
}

void
tv_scan(const char *query, int arg_count, const TvArg *args, TvScanRow row, void *target)
{
	scan_rows(query, arg_count, args, row, NULL, target);
}

/*
 * The planner does not know that few rows are wanted, and statistics are as old as the
 * kept plan.  What it thinks of the price of a plan without sorting would start the JIT.
 */
void
tv_scan_nearest(const char *query, int arg_count, const TvArg *args, TvScanMore row, void *target)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("enable_sort", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	scan_rows(query, arg_count, args, NULL, row, target);
	AtEOXact_GUC(true, level);
}

static void
receive_found(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(bool *) target = true;
}

bool
tv_scan_finds(const char *query, int arg_count, const TvArg *args)
{
	bool		found = false;

	tv_scan(query, arg_count, args, receive_found, &found);
	return found;
}

const char *
tv_scan_text(const char *text)
{
	static List *texts = NIL;
	MemoryContext caller;
	ListCell   *cell;
	char	   *kept;

	foreach(cell, texts)
		if (strcmp(lfirst(cell), text) == 0)
			return lfirst(cell);
	caller = MemoryContextSwitchTo(TopMemoryContext);
	kept = pstrdup(text);
	texts = lappend(texts, kept);
	MemoryContextSwitchTo(caller);
	return kept;
}

TvArg
tv_arg_bigint(int64 value)
{
	return (TvArg) {.type = INT8OID, .value = Int64GetDatum(value)};
}

TvArg
tv_arg_double(double value)
{
	return (TvArg) {.type = FLOAT8OID, .value = Float8GetDatum(value)};
}

TvArg
tv_arg_bigints(const int64 *values, int count)
{
	return (TvArg) {INT8ARRAYOID, tv_array_of_bigints(values, count)};
}
