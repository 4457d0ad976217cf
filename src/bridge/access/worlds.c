/*
 * worlds.c: who may change a world itself; see worlds.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "bridge/access/worlds.h"
#include "bridge/server/error.h"

/* Whether there is a row; the first column of the first. */
static bool
ask(const char *statement, int64 world_id, bool *value)
{
	Oid			type = INT8OID;
	Datum		argument = Int64GetDatum(world_id);
	bool		isnull;

	(void) SPI_execute_with_args(statement, 1, &type, &argument, NULL, false, 0);
	if (SPI_processed == 0)
		return false;
	*value = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)) && !isnull;
	return true;
}

bool
tv_world_visible(int64 world_id)
{
	bool		found;

	return ask("SELECT true FROM timevmaps.worlds w WHERE w.id = $1", world_id, &found);
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
	if (ask(MAY_ASK, world_id, &his) && his)
		(void) ask(IS_HIS, world_id, &his);
	/* His grants and policies on the row are asked, too, and whose it is when others have done with it. */
	if (his && ask(for_removal ? IS_HIS " FOR UPDATE" : IS_HIS " FOR NO KEY UPDATE", world_id, &his) && his)
		return;
	if (!tv_world_visible(world_id))
		tv_report_not_found("world", world_id);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("only the owner of a world or a tv_admin may do this to it"),
			 errdetail("World %lld is another's.", (long long) world_id)));
}
