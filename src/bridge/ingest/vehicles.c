/*
 * vehicles.c: whose fixes they are; see vehicles.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "bridge/ingest/vehicles.h"
#include "bridge/server/array.h"
#include "bridge/server/compat.h"
#include "bridge/server/ids.h"
#include "bridge/server/scan.h"

/* A name, and whose it is: 0, as long as that is not known. */
typedef struct Named
{
	TvVehicleName name;
	int64		id;
} Named;

typedef struct Directory
{
	Named	   *named;			/* in order */
	uint32		count;
} Directory;

static int
compare_names(const TvVehicleName *a, const TvVehicleName *b)
{
	int			order = memcmp(a->text, b->text, Min(a->length, b->length));

	return order != 0 ? order : a->length - b->length;
}

static int
compare_named(const void *a, const void *b)
{
	return compare_names(&((const Named *) a)->name, &((const Named *) b)->name);
}

static Named *
find_name(const Directory *directory, TvVehicleName name)
{
	Named		wanted = {.name = name};

	return bsearch(&wanted, directory->named, directory->count, sizeof(Named), compare_named);
}

/* Each once. */
static void
list_names(const TvFixDocument *document, Directory *directory)
{
	uint32		count = 0;

	directory->named = palloc(sizeof(Named) * Max(document->count, 1));
	for (uint32 i = 0; i < document->count; i++)
		if (document->names[i].text != NULL)
			directory->named[count++] = (Named) {document->names[i], 0};
	qsort(directory->named, count, sizeof(Named), compare_named);
	directory->count = 0;
	for (uint32 i = 0; i < count; i++)
		if (i == 0 || compare_named(&directory->named[i], &directory->named[i - 1]) != 0)
			directory->named[directory->count++] = directory->named[i];
}

/* Those that are not known yet. */
static Datum
unknown_names(const Directory *directory, int *count)
{
	Datum	   *texts = palloc(sizeof(Datum) * Max(directory->count, 1));

	*count = 0;
	for (uint32 i = 0; i < directory->count; i++)
		if (directory->named[i].id == 0)
			texts[(*count)++] = PointerGetDatum(cstring_to_text_with_len(directory->named[i].name.text, directory->named[i].name.length));
	return tv_array_of(texts, *count, TEXTOID);
}

static void
receive_named(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	text	   *name = DatumGetTextPP(values[1]);
	Named	   *found = find_name(target, (TvVehicleName) {VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)});

	if (found != NULL)
		found->id = DatumGetInt64(values[0]);
}

/* How many are not known. */
static int
look_up_names(int64 world_id, Directory *directory)
{
	int			count;
	TvArg		args[] = {tv_arg_bigint(world_id), {TEXTARRAYOID, unknown_names(directory, &count)}};

	if (count > 0)
		tv_scan("SELECT v.id, v.name FROM timevmaps.vehicles v WHERE v.world_id OPERATOR(pg_catalog.=) $1 AND v.name OPERATOR(pg_catalog.=) ANY ($2)",
				lengthof(args), args, receive_named, directory);
	(void) unknown_names(directory, &count);
	return count;
}

/* Somebody else may make the same at this moment. */
static void
make_vehicles(int64 world_id, Directory *directory)
{
	Oid			types[] = {INT8OID, TEXTARRAYOID};
	int			count;
	Datum		values[] = {Int64GetDatum(world_id), unknown_names(directory, &count)};

	(void) SPI_execute_with_args("INSERT INTO timevmaps.vehicles (world_id, name) SELECT $1, u.name FROM pg_catalog.unnest($2) u (name)"
								 " ON CONFLICT (world_id, name) DO NOTHING", lengthof(types), types, values, NULL, false, 0);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	(void) look_up_names(world_id, directory);
	PopActiveSnapshot();
}

static void
take_names(int64 world_id, TvFixDocument *document, bool make)
{
	Directory	directory;

	list_names(document, &directory);
	if (directory.count == 0)
		return;
	if (look_up_names(world_id, &directory) > 0 && make)
		make_vehicles(world_id, &directory);
	for (uint32 i = 0; i < document->count; i++)
		if (document->names[i].text != NULL)
		{
			int64		id = find_name(&directory, document->names[i])->id;

			if (id == 0)
				tv_fixes_refuse(document, i, "vehicle", "no such vehicle", NULL);
			else
				document->fixes[i].vehicle_id = id;
		}
	tv_fixes_close_ranks(document);
}

static void
check_ids(int64 world_id, TvFixDocument *document)
{
	TvIds		asked = {.context = CurrentMemoryContext};
	TvIds		found = {.context = CurrentMemoryContext};
	TvArg		args[2];

	for (uint32 i = 0; i < document->count; i++)
		if (document->names[i].text == NULL && (asked.count == 0 || asked.ids[asked.count - 1] != document->fixes[i].vehicle_id))
			tv_ids_add(&asked, document->fixes[i].vehicle_id);
	if (asked.count == 0)
		return;
	tv_ids_sort(&asked);
	args[0] = tv_arg_bigint(world_id);
	args[1] = tv_arg_bigints(asked.ids, asked.count);
	tv_scan("SELECT v.id FROM timevmaps.vehicles v WHERE v.world_id OPERATOR(pg_catalog.=) $1 AND v.id OPERATOR(pg_catalog.=) ANY ($2)",
			lengthof(args), args, tv_ids_receive, &found);
	tv_ids_sort(&found);
	if (found.count == asked.count)
		return;
	for (uint32 i = 0; i < document->count; i++)
		if (document->names[i].text == NULL &&
			bsearch(&document->fixes[i].vehicle_id, found.ids, found.count, sizeof(int64), tv_ids_compare) == NULL)
			tv_fixes_refuse(document, i, "vehicle_id", "no such vehicle", NULL);
	tv_fixes_close_ranks(document);
}

void
tv_fixes_find_vehicles(int64 world_id, TvFixDocument *document, bool make)
{
	check_ids(world_id, document);
	take_names(world_id, document, make);
}
