/*
 * worlds.c: who may change a world itself; see worlds.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "bridge/access/worlds.h"
#include "bridge/server/error.h"

uint64
tv_world_ask(const char *statement, int64 world_id, const char *first, const char *second, bool *value)
{
	Oid			types[] = {INT8OID, TEXTOID, TEXTOID};
	Datum		values[] = {Int64GetDatum(world_id), first ? CStringGetTextDatum(first) : (Datum) 0, second ? CStringGetTextDatum(second) : (Datum) 0};
	char		nulls[] = {' ', first ? ' ' : 'n', second ? ' ' : 'n'};
	bool		isnull = true;

	(void) SPI_execute_with_args(statement, lengthof(types), types, values, nulls, false, 0);
	if (value != NULL && SPI_processed > 0)
		*value = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)) && !isnull;
	return SPI_processed;
}

bool
tv_world_visible(int64 world_id)
{
	bool		found;

	return tv_world_ask("SELECT true FROM timevmaps.worlds w WHERE w.id = $1", world_id, NULL, NULL, &found) > 0;
}

#define IS_HIS \
	"SELECT w.owner = timevmaps.tv_identity() OR NOT pg_catalog.row_security_active('timevmaps.worlds')" \
	" OR pg_catalog.pg_has_role(current_user, 'tv_admin', 'USAGE') FROM timevmaps.worlds w WHERE w.id = $1"

#define MAY_ASK "SELECT $1 IS NOT NULL AND pg_catalog.has_column_privilege('timevmaps.worlds', 'owner', 'SELECT')"

void
tv_world_lock(int64 world_id, bool for_removal)
{
	bool		his = false;

	if (!tv_world_visible(world_id))
		tv_report_not_found("world", world_id);
	/* Players may not read whose it is, for none of it is theirs to change. */
	if (tv_world_ask(MAY_ASK, world_id, NULL, NULL, &his) > 0 && his)
		(void) tv_world_ask(IS_HIS, world_id, NULL, NULL, &his);
	/* His grants and policies on the row are asked, too, and whose it is when others have done with it. */
	if (his && tv_world_ask(for_removal ? IS_HIS " FOR UPDATE" : IS_HIS " FOR NO KEY UPDATE", world_id, NULL, NULL, &his) > 0 && his)
		return;
	if (!tv_world_visible(world_id))
		tv_report_not_found("world", world_id);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("only the owner of a world or a tv_admin may do this to it"),
			 errdetail("World %lld is another's.", (long long) world_id)));
}
