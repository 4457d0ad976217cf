/*
 * load.c: fixes by the million, from a table or view of somebody's; see load.h.
 *
 * Rows come straight from the executor into an array as large as maintenance_work_mem, which is put in order and stored when it is full, so that
 * heap and index are written from one end to the other.  Vehicles are joined in: what is none of the world's has no id.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/ingest/load.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "bridge/server/error.h"
#include "bridge/server/guc.h"

#define NOTICE_EVERY_MS 5000
#define NOTICES 20				/* of rows that are left out */
#define WORTH_A_PARTITION 1000	/* rows */
#define PARTITIONS_MOST 4000	/* that there are in all: no client makes more */
#define ROWS_MOST (16 * 1024 * 1024)	/* of a chunk, however much memory there may be */

/* As what a column is read. */
typedef enum As
{
	AS_INTEGER, AS_TEXT, AS_TIME, AS_NUMBER, AS_JSON
} As;

enum
{
	VEHICLE_ID, VEHICLE, T, LON, LAT, ALT, SPEED, HEADING, ACCURACY, CLOCK, KIND, SEGMENT, FRACTION, PROPS, COLUMNS
};

static const struct
{
	const char *name;
	As			as;
}			columns[COLUMNS] = {
	{"vehicle_id", AS_INTEGER}, {"vehicle", AS_TEXT}, {"t", AS_TIME}, {"lon", AS_NUMBER}, {"lat", AS_NUMBER}, {"alt_m", AS_NUMBER}, {"speed_mps", AS_NUMBER},
	{"heading_deg", AS_NUMBER}, {"accuracy_m", AS_NUMBER}, {"clock", AS_TEXT}, {"kind", AS_TEXT}, {"segment_id", AS_INTEGER}, {"fraction", AS_NUMBER},
	{"props", AS_JSON}
};

static const struct
{
	const char *cast;
	const char *fault;
	const char *hint;
	Oid			types[6];
}			ways[] = {
	[AS_INTEGER] = {"int8", "not an integer column", NULL, {INT8OID, INT4OID, INT2OID}},
	[AS_TEXT] = {"text", "not a text column", NULL, {TEXTOID, VARCHAROID, BPCHAROID, NAMEOID}},
	[AS_TIME] = {"timestamptz", "not a timestamptz column",
		"In a view, a timestamp of a time zone is t AT TIME ZONE 'Europe/Stockholm', and seconds since 1970 are to_timestamp(t).", {TIMESTAMPTZOID}},
	[AS_NUMBER] = {"float8", "not a number column", NULL, {FLOAT8OID, NUMERICOID, FLOAT4OID, INT8OID, INT4OID, INT2OID}},
	[AS_JSON] = {"jsonb", "not a jsonb column", NULL, {JSONBOID, JSONOID}}
};

/* The relation ------------------------------------------------------------------ */

static bool
has_column(Oid relation, int column)
{
	return get_attnum(relation, columns[column].name) > 0;
}

static void
check_column(Oid relation, int column)
{
	As			as = columns[column].as;
	Oid			type = getBaseType(get_atttype(relation, get_attnum(relation, columns[column].name)));

	for (int i = 0; i < lengthof(ways[as].types); i++)
		if (ways[as].types[i] == type)
			return;
	tv_report_invalid(psprintf("relation.%s", columns[column].name), ways[as].fault, psprintf("Its type is %s.", format_type_be(type)), ways[as].hint);
}

void
tv_load_check(Oid relation)
{
	char		kind = get_rel_relkind(relation);

	if (kind == '\0' || strchr("rpvmf", kind) == NULL)
		tv_report_invalid("relation", "not a table or view", NULL, NULL);
	for (int i = 0; i < COLUMNS; i++)
		if (has_column(relation, i))
			check_column(relation, i);
		else if (i == T || i == LON || i == LAT)
			tv_report_invalid(psprintf("relation.%s", columns[i].name), "missing", NULL, "A view may call columns as they are expected.");
	if (has_column(relation, VEHICLE) == has_column(relation, VEHICLE_ID))
		tv_report_invalid("relation.vehicle", has_column(relation, VEHICLE) ? "one of vehicle and vehicle_id is enough" : "missing", NULL,
						  "Vehicles are named by vehicle_id, or by vehicle.");
}

/* As it is called now: what is read may be code of the caller's, and others, too, may have taken it away since it was looked at. */
static char *
name_of(Oid relation)
{
	char	   *name = get_rel_name(relation);

	if (name == NULL)
		tv_report_invalid("relation", "it has gone", NULL, NULL);
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), name);
}

int32 *
tv_load_days(const TvLoad *load, MemoryContext memory, int *count)
{
	Oid			types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		range[] = {TimestampTzGetDatum(load->terms->fork_at), TimestampTzGetDatum(load->terms->latest)};
	int32	   *days;
	bool		isnull;

	if (SPI_execute_with_args(psprintf("SELECT d.day FROM (SELECT pg_catalog.timezone('UTC', r.t)::pg_catalog.date AS day FROM (SELECT t::pg_catalog.timestamptz AS t FROM %s) r"
									   " WHERE pg_catalog.isfinite(r.t) AND r.t OPERATOR(pg_catalog.>) $1 AND r.t OPERATOR(pg_catalog.<=) $2) d"
									   " GROUP BY d.day HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>=) %d"
									   " AND pg_catalog.to_regclass('timevmaps.positions_' OPERATOR(pg_catalog.||) pg_catalog.to_char(d.day, 'YYYYMMDD')) IS NULL"
									   " ORDER BY d.day LIMIT (SELECT GREATEST(%d OPERATOR(pg_catalog.-) pg_catalog.count(*), 0) FROM pg_catalog.pg_class c"
									   " WHERE c.relnamespace OPERATOR(pg_catalog.=) 'timevmaps'::pg_catalog.regnamespace AND c.relname OPERATOR(pg_catalog.~) '^positions_[0-9]{8}$')",
									   name_of(load->relation), WORTH_A_PARTITION, PARTITIONS_MOST),
							  lengthof(types), types, range, NULL, true, 0) != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("reading rows failed")));
	*count = SPI_processed;
	days = MemoryContextAlloc(memory, sizeof(int32) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		days[i] = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return days;
}

/* Its rows ------------------------------------------------------------------------ */

typedef struct Receiver
{
	DestReceiver receiver;		/* first, for the executor knows only this */
	TvLoad	   *load;
	bool		there[COLUMNS];
	MemoryContext memory;		/* of the chunk */
	TvFixRow   *fixes;
	uint32		count;
	uint32		space;
	Size		most;			/* bytes that are no rows */
	int64		read;
	TimestampTz began;
	TimestampTz told;
	TimestampTz kept_since;		/* what is earlier, retention drops */
	int64		early;
} Receiver;

/* The first day that has not ended long enough ago to be dropped. */
static TimestampTz
kept_since(void)
{
	TimestampTz since = GetCurrentTimestamp() - (TimestampTz) tv_position_retention_s * USECS_PER_SEC;

	return tv_position_retention_s == 0 ? DT_NOBEGIN : since - since % USECS_PER_DAY;
}

static void
tell(Receiver *in)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now - in->told < (int64) NOTICE_EVERY_MS * 1000)
		return;
	in->told = now;
	ereport(NOTICE,
			(errmsg("load: %lld rows read, %lld inserted after %.1f s", (long long) in->read, (long long) in->load->stored.inserted,
					(now - in->began) / 1e6)));
}

static void
store(Receiver *in)
{
	if (in->count == 0)
		return;
	SPI_connect();
	tv_fixes_store(in->load->terms, in->fixes, in->count, in->load->replace, in->load->direct, &in->load->stored);
	SPI_finish();
	in->count = 0;
	MemoryContextReset(in->memory);
	tell(in);
}

/* A row that cannot be stored: it is left out, or everything is. */
static void
refuse(Receiver *in, const char *column, const char *fault, const char *hint)
{
	if (in->load->refused >= in->load->most_refused)
		tv_report_invalid(psprintf("relation.%s", column), fault, psprintf("It is row %lld of those that were read.", (long long) in->read), hint);
	if (in->load->refused++ < NOTICES)
		ereport(NOTICE,
				(errmsg("load: row %lld is left out", (long long) in->read),
				 errdetail("%s: %s.", column, fault)));
}

static const char *
take_number(Datum value, double *number)
{
	*number = DatumGetFloat8(value);
	return isnan(*number) ? "not a number" : NULL;
}

static const char *
take_word(Datum value, const char *const *words, int count, uint8 *which, const char *fault)
{
	text	   *word = DatumGetTextPP(value);

	for (int i = 0; i < count; i++)
		if (VARSIZE_ANY_EXHDR(word) == strlen(words[i]) && memcmp(VARDATA_ANY(word), words[i], strlen(words[i])) == 0)
		{
			*which = i;
			return NULL;
		}
	return fault;
}

static const char *
take_props(Receiver *in, Datum value, Jsonb **props)
{
	MemoryContext caller = MemoryContextSwitchTo(in->memory);

	*props = DatumGetJsonbPCopy(value);
	MemoryContextSwitchTo(caller);
	return tv_fix_props_fault(*props);
}

static const char *
take_column(Receiver *in, int column, Datum value, TvFixRow *fix)
{
	switch (column)
	{
		case T:
			fix->t = DatumGetTimestampTz(value);
			return NULL;
		case LON:
			return take_number(value, &fix->lon);
		case LAT:
			return take_number(value, &fix->lat);
		case ALT:
			return take_number(value, &fix->alt_m);
		case SPEED:
			return take_number(value, &fix->speed_mps);
		case HEADING:
			return take_number(value, &fix->heading_deg);
		case ACCURACY:
			return take_number(value, &fix->accuracy_m);
		case FRACTION:
			return take_number(value, &fix->fraction);
		case CLOCK:
			return take_word(value, tv_fix_clocks, TV_CLOCK_COUNT, &fix->clock, "not device, server, satellite or simulated");
		case KIND:
			return take_word(value, tv_fix_kinds, TV_FIX_KIND_COUNT, &fix->kind, "not fix, jump or end");
		case SEGMENT:
			fix->segment_id = DatumGetInt64(value);
			return fix->segment_id < 1 ? "not an id" : NULL;
		case PROPS:
			return take_props(in, value, &fix->props);
		default:
			return NULL;
	}
}

/* What is wrong with a row, and of which column; the first value is its vehicle, then those that are there. */
static const char *
take_row(Receiver *in, const Datum *values, const bool *nulls, TvFixRow *fix, const char **column, const char **hint)
{
	int			next = 1;
	const char *fault;
	TvFixObjection objection;

	for (int i = VEHICLE + 1; i < COLUMNS; i++)
	{
		if (!in->there[i])
			continue;
		*column = columns[i].name;
		if (!nulls[next])
		{
			fault = take_column(in, i, values[next], fix);
			if (fault != NULL)
				return fault;
		}
		else if (i == T || i == LON || i == LAT)
			return "missing";
		next++;
	}
	*column = columns[in->there[VEHICLE] ? VEHICLE : VEHICLE_ID].name;
	if (nulls[0])
		return "no such vehicle";
	fix->vehicle_id = DatumGetInt64(values[0]);
	fault = tv_fix_fault(fix, column);
	if (fault != NULL)
		return fault;
	objection = tv_fix_objection(in->load->terms, fix->t, fix->lon, fix->lat, fix->clock == TV_CLOCK_DEVICE);
	if (objection == TV_FIX_WELCOME)
		return NULL;
	*column = tv_fix_objection_column(objection);
	*hint = tv_fix_objection_hint(objection, fix->t);
	return tv_fix_objection_text(objection);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *in = (Receiver *) self;
	TvFixRow   *fix = &in->fixes[in->count];
	const char *column = NULL;
	const char *hint = NULL;
	const char *fault;

	slot_getallattrs(slot);
	tv_interrupts_at(in->read);
	in->read++;
	*fix = tv_fix_unsaid();
	fix->place = in->count;
	fault = take_row(in, slot->tts_values, slot->tts_isnull, fix, &column, &hint);
	in->early += fault == NULL && fix->t < in->kept_since;
	if (fault != NULL)
		refuse(in, column, fault, hint);
	else if (++in->count == in->space || (fix->props != NULL && MemoryContextMemAllocated(in->memory, true) > in->most))
		store(in);
	return true;
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc row)
{
}

static void
receive_nothing(DestReceiver *self)
{
}

/* $1: the world. */
static char *
query_of(const TvLoad *load)
{
	const char *key = has_column(load->relation, VEHICLE) ? "v.name OPERATOR(pg_catalog.=) r.vehicle::pg_catalog.text" :
		"v.id OPERATOR(pg_catalog.=) r.vehicle_id::pg_catalog.int8";
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "SELECT v.id");
	for (int i = VEHICLE + 1; i < COLUMNS; i++)
		if (has_column(load->relation, i))
			appendStringInfo(&text, ", r.%s::pg_catalog.%s", columns[i].name, ways[columns[i].as].cast);
	appendStringInfo(&text, " FROM %s r LEFT JOIN timevmaps.vehicles v ON v.world_id OPERATOR(pg_catalog.=) $1 AND %s", name_of(load->relation), key);
	return text.data;
}

static void
make_vehicles(const TvLoad *load)
{
	Oid			type = INT8OID;
	Datum		world = Int64GetDatum(load->terms->world_id);

	(void) SPI_execute_with_args(psprintf("INSERT INTO timevmaps.vehicles (world_id, name) SELECT $1, n.name FROM (SELECT DISTINCT r.vehicle::pg_catalog.text AS name FROM %s r) n"
										  " WHERE pg_catalog.length(n.name) BETWEEN 1 AND 200 AND NOT EXISTS (SELECT FROM timevmaps.vehicles v"
										  " WHERE v.world_id OPERATOR(pg_catalog.=) $1 AND v.name OPERATOR(pg_catalog.=) n.name) ON CONFLICT (world_id, name) DO NOTHING",
										  name_of(load->relation)), 1, &type, &world, NULL, false, 0);
}

void
tv_load_run(TvLoad *load)
{
	Size		memory = (Size) maintenance_work_mem * 1024;
	Receiver	in = {
		.receiver = {
			.receiveSlot = receive_row,
			.rStartup = receive_startup,
			.rShutdown = receive_nothing,
			.rDestroy = receive_nothing,
			.mydest = DestNone
		},
		.load = load,
		.memory = AllocSetContextCreate(CurrentMemoryContext, "timevmaps load", ALLOCSET_DEFAULT_SIZES),
		.space = Min(memory / (sizeof(TvFixRow) + 1), ROWS_MOST),
		.most = memory,
		.began = GetCurrentTimestamp(),
		.told = GetCurrentTimestamp(),
		.kept_since = kept_since()
	};
	Oid			type = INT8OID;
	Datum		world = Int64GetDatum(load->terms->world_id);
	SPIExecuteOptions options = {.dest = &in.receiver, .must_return_tuples = true};

	if (load->make_vehicles && has_column(load->relation, VEHICLE))
		make_vehicles(load);
	tv_load_check(load->relation);
	for (int i = 0; i < COLUMNS; i++)
		in.there[i] = has_column(load->relation, i);
	in.fixes = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(TvFixRow) * in.space);
	options.params = makeParamList(1);
	options.params->params[0] = (ParamExternData) {.value = world, .ptype = type, .pflags = PARAM_FLAG_CONST};
	if (SPI_execute_extended(query_of(load), &options) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("reading rows failed")));
	store(&in);
	if (in.early > 0)
		ereport(NOTICE,
				(errmsg("load: %lld rows are older than timevmaps.position_retention keeps, and will be dropped", (long long) in.early)));
	pfree(in.fixes);
	MemoryContextDelete(in.memory);
}
