/*
 * world_members.c: who belongs to a world, who sees it and whose it is, changed by its owner.
 *
 * The world's row is found and locked as the caller, which is the question whether he may; what
 * is written then is written as the owner of the tables, for neither an analyst nor a member who leaves
 * may delete rows, and who has passed a world on may not see it any more.  Of two who change
 * the same world the second waits, and finds what the first has made of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "bridge/access/owner.h"
#include "bridge/access/worlds.h"
#include "bridge/server/error.h"
#include "bridge/server/search_path.h"

PG_FUNCTION_INFO_V1(tv_add_member);
PG_FUNCTION_INFO_V1(tv_remove_member);
PG_FUNCTION_INFO_V1(tv_set_visibility);
PG_FUNCTION_INFO_V1(tv_transfer_world);

#define LONGEST_IDENTITY 400	/* as the tables' constraints have it */

/* As the owner of the tables. */
static void
write_row(const char *statement, int64 world_id, const char *first, const char *second)
{
	TvOwner		owner;

	tv_owner_enter(&owner);
	(void) tv_world_ask(statement, world_id, first, second, NULL);
	tv_owner_leave(&owner);
}

static bool
is_owner(int64 world_id, const char *identity)
{
	bool		is = false;

	(void) tv_world_ask("SELECT w.owner = $2 FROM timevmaps.worlds w WHERE w.id = $1", world_id, identity, NULL, &is);
	return is;
}

/* Arguments ----------------------------------------------------------------- */

static int64
get_world(FunctionCallInfo fcinfo)
{
	tv_require_tables();
	if (PG_ARGISNULL(0))
		tv_report_invalid("world_id", "must not be null", NULL, NULL);
	return PG_GETARG_INT64(0);
}

static char *
get_text(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		tv_report_invalid(name, "must not be null", NULL, NULL);
	return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

static char *
get_identity(FunctionCallInfo fcinfo, int argument, const char *name)
{
	char	   *identity = get_text(fcinfo, argument, name);

	if (identity[0] == '\0' || pg_mbstrlen(identity) > LONGEST_IDENTITY)
		tv_report_invalid(name, "not an identity", "It has 1 to 400 characters.", "tv_identity() says who one is.");
	return identity;
}

static void
check_access(const char *access)
{
	if (strcmp(access, "player") != 0 && strcmp(access, "analyst") != 0)
		tv_report_invalid("access", "not an access to a world", NULL, "One of: player, analyst.");
}

/* Whatever the caller's search path, names are ours. */
static int
begin(void)
{
	int			level = NewGUCNestLevel();

	tv_pin_search_path();
	SPI_connect();
	return level;
}

static void
end(int level)
{
	SPI_finish();
	AtEOXact_GUC(true, level);
}

/* Functions ----------------------------------------------------------------- */

#define ADD_MEMBER \
	"INSERT INTO timevmaps.world_members AS m (world_id, member, access) VALUES ($1, $2, $3)" \
	" ON CONFLICT (world_id, member) DO UPDATE SET access = EXCLUDED.access WHERE m.access <> EXCLUDED.access"

#define REMOVE_MEMBER "DELETE FROM timevmaps.world_members m WHERE m.world_id = $1 AND m.member = $2"

Datum
tv_add_member(PG_FUNCTION_ARGS)
{
	int64		world_id = get_world(fcinfo);
	char	   *member = get_identity(fcinfo, 1, "member");
	char	   *access = get_text(fcinfo, 2, "access");
	int			level;

	check_access(access);
	level = begin();
	tv_world_lock(world_id, false);
	if (is_owner(world_id, member))
		tv_report_invalid("member", "owns the world", NULL, NULL);
	write_row(ADD_MEMBER, world_id, member, access);
	end(level);
	PG_RETURN_VOID();
}

Datum
tv_remove_member(PG_FUNCTION_ARGS)
{
	int64		world_id = get_world(fcinfo);
	char	   *member = get_identity(fcinfo, 1, "member");
	bool		himself = false;
	int			level = begin();

	(void) tv_world_ask("SELECT $2 = timevmaps.tv_identity()", world_id, member, NULL, &himself);
	if (!himself)
		tv_world_lock(world_id, false);
	else if (!tv_world_visible(world_id))
		tv_report_not_found("world", world_id);
	write_row(REMOVE_MEMBER, world_id, member, NULL);
	end(level);
	PG_RETURN_VOID();
}

Datum
tv_set_visibility(PG_FUNCTION_ARGS)
{
	int64		world_id = get_world(fcinfo);
	char	   *visibility = get_text(fcinfo, 1, "visibility");
	int			level;

	if (strcmp(visibility, "public") != 0 && strcmp(visibility, "private") != 0)
		tv_report_invalid("visibility", "not a visibility", NULL, "One of: public, private.");
	level = begin();
	tv_world_lock(world_id, false);
	write_row("UPDATE timevmaps.worlds w SET visibility = $2 WHERE w.id = $1 AND w.visibility <> $2", world_id, visibility, NULL);
	end(level);
	PG_RETURN_VOID();
}

Datum
tv_transfer_world(PG_FUNCTION_ARGS)
{
	int64		world_id = get_world(fcinfo);
	char	   *owner = get_identity(fcinfo, 1, "owner");
	char	   *access = PG_ARGISNULL(2) ? NULL : get_text(fcinfo, 2, "access");
	int			level;

	if (access != NULL)
		check_access(access);
	level = begin();
	tv_world_lock(world_id, false);
	if (!is_owner(world_id, owner))
	{
		/* The new owner is no member beside; the old one is what he asked for. */
		write_row(REMOVE_MEMBER, world_id, owner, NULL);
		if (access != NULL)
			write_row("INSERT INTO timevmaps.world_members (world_id, member, access)"
				  " SELECT w.id, w.owner, $2 FROM timevmaps.worlds w WHERE w.id = $1 ON CONFLICT (world_id, member) DO UPDATE SET access = EXCLUDED.access",
				  world_id, access, NULL);
		write_row("UPDATE timevmaps.worlds w SET owner = $2 WHERE w.id = $1", world_id, owner, NULL);
	}
	end(level);
	PG_RETURN_VOID();
}
