/*
 * files_quota.c: how many files the worlds of one owner may have; see files_quota.h.
 */
#include "postgres.h"

#include <unistd.h>

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "bridge/access/quota.h"
#include "bridge/graph/files.h"
#include "bridge/graph/files_quota.h"
#include "bridge/server/internal.h"
#include "bridge/server/store_directory.h"

typedef struct Worlds
{
	ArrayBuildState *ids;
} Worlds;

static void
visit_file(void *arg, const char *name, Size size, TimestampTz modified)
{
	Worlds	   *worlds = arg;
	TvFileName	file;

	if (tv_file_name_parse(name, &file) && file.kind != NULL)
		worlds->ids = accumArrayResult(worlds->ids, Int64GetDatum(file.world_id), false, INT8OID, CurrentMemoryContext);
}

Datum
tv_files_worlds(void)
{
	Worlds		worlds = {NULL};

	tv_store_visit(NULL, visit_file, &worlds);
	return worlds.ids == NULL ? PointerGetDatum(construct_empty_array(INT8OID))
		: makeArrayResult(worlds.ids, CurrentMemoryContext);
}

/* False: one more is too many; then how many there are, and may be. */
static bool
has_room(int64 world_id, int64 *used, int64 *amount)
{
	Datum		value = Int64GetDatum(world_id);
	bool		unlimited;
	Datum		found = tv_internal_ask("tv_graph_files_quota", 1, (const Oid[]) {INT8OID}, &value, NULL, &unlimited);
	Datum	   *numbers;
	int			count;

	if (unlimited)
		return true;
	deconstruct_array(DatumGetArrayTypeP(found), INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &numbers, NULL, &count);
	Assert(count == 2);
	*used = DatumGetInt64(numbers[0]);
	*amount = DatumGetInt64(numbers[1]);
	return *used < *amount;
}

static bool
is_there(const char *name)
{
	char		path[MAXPGPATH];

	tv_store_file_path(path, name);
	return access(path, F_OK) == 0;
}

bool
tv_files_allowed(int64 world_id, const char *name)
{
	int64		used,
				amount;

	return is_there(name) || has_room(world_id, &used, &amount);
}

void
tv_files_require(int64 world_id)
{
	char		name[TV_FILE_NAME_SIZE];
	int64		used,
				amount;

	tv_file_name_graph(name, world_id);
	if (!is_there(name) && !has_room(world_id, &used, &amount))
		tv_report_quota("graph_files", used, amount, 0);
}
