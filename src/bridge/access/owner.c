/*
 * owner.c: queries as tv_owner, to whom the tables belong; see owner.h.
 *
 * Whose they are is looked up once, and again when one of them, a role or a schema changes:
 * every route asks.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "bridge/access/owner.h"
#include "bridge/server/error.h"
#include "bridge/server/search_path.h"

/* All that migrations make, by name (test/lint/tables.pl). */
static const char *const names[] = {
	"audit_events", "audit_seals", "circuits", "events", "experiment_attempts", "experiments", "frames",
	"gateways", "layers", "names", "network_changes", "places", "position_removals", "positions",
	"queue_delayed", "queue_ready", "queue_running",
	"quota_usage", "quotas", "results", "route_plans", "schema_migrations", "segment_overrides",
	"segment_profiles", "segments", "speed_profiles", "timelines", "token_issuers", "turns",
	"vehicle_profiles", "vehicles", "world_members", "worlds", "zone_owners", "zone_told", "zones"
};

/* Who owns one puts another table, or a view, in a table's place at any moment. */
static const char *const schemas[] = {"timevmaps", "timevmaps_internal"};

static Oid	tables[lengthof(names)];

/* Of frames, events and positions: what somebody has hung on one fires for rows that go through their table. */
static Oid *partitions = NULL;
static int	partition_count = 0;

static Oid	owner = InvalidOid; /* of all of them; unknown as long as it is invalid */

static void
forget(Datum arg, Oid relation)
{
	for (int i = 0; i < lengthof(tables); i++)
		if (relation == tables[i] || !OidIsValid(relation))
			owner = InvalidOid;
	/* A new one is a change to its table. */
	for (int i = 0; i < partition_count; i++)
		if (relation == partitions[i])
			owner = InvalidOid;
}

static void
forget_all(Datum arg, int cache, uint32 hash)
{
	owner = InvalidOid;
}

static void
register_forgetting(void)
{
	static bool registered = false;

	if (registered)
		return;
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, forget_all, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_all, (Datum) 0);
	registered = true;
}

static void
require_owner(HeapTuple tuple, Oid role)
{
	Form_pg_class relation = (Form_pg_class) GETSTRUCT(tuple);

	if (relation->relowner != role)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of timevmaps belong to another role than tv_owner"),
				 errdetail("timevmaps.%s belongs to \"%s\".", NameStr(relation->relname), GetUserNameFromId(relation->relowner, true)),
				 tv_errhint_init("Run: SELECT * FROM timevmaps.tv_init();")));
}

static void
require_table(int i, Oid role)
{
	HeapTuple	tuple;

	tables[i] = get_relname_relid(names[i], get_namespace_oid("timevmaps", false));
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(tables[i]));
	if (!HeapTupleIsValid(tuple))
	{
		tv_require_tables();
		/* A dump is being restored, or someone has dropped or renamed it. */
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a table of timevmaps is missing in this database"),
				 errdetail("There is no table timevmaps.%s.", names[i])));
	}
	require_owner(tuple, role);
	ReleaseSysCache(tuple);
}

static List *
partitions_of(const char *table)
{
	return find_inheritance_children(get_relname_relid(table, get_namespace_oid("timevmaps", false)), NoLock);
}

static void
require_partitions(Oid role)
{
	List	   *found = list_concat(list_concat(partitions_of("frames"), partitions_of("events")), partitions_of("positions"));
	Oid		   *ids = MemoryContextAlloc(TopMemoryContext, sizeof(Oid) * (list_length(found) + 1));
	ListCell   *cell;

	if (partitions != NULL)
		pfree(partitions);
	partitions = ids;
	partition_count = 0;
	foreach(cell, found)
		partitions[partition_count++] = lfirst_oid(cell);
	list_free(found);
	for (int i = 0; i < partition_count; i++)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(partitions[i]));

		/* Retention may be dropping it. */
		if (!HeapTupleIsValid(tuple))
			continue;
		require_owner(tuple, role);
		ReleaseSysCache(tuple);
	}
}

static void
require_schema(const char *name, Oid role)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACENAME, CStringGetDatum(name));
	Oid			belongs_to;

	if (!HeapTupleIsValid(tuple))
		return;
	belongs_to = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	if (belongs_to != role && !superuser_arg(belongs_to))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a schema of timevmaps belongs to a role that is no superuser"),
				 errdetail("%s belongs to \"%s\".", name, GetUserNameFromId(belongs_to, true)),
				 errhint("Give it to a superuser with ALTER SCHEMA %s OWNER TO.", name)));
}

static void
require_role(Oid role)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
	bool		odd;

	if (!HeapTupleIsValid(tuple))
		return;
	odd = ((Form_pg_authid) GETSTRUCT(tuple))->rolsuper || ((Form_pg_authid) GETSTRUCT(tuple))->rolbypassrls;
	ReleaseSysCache(tuple);
	if (odd)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("role \"tv_owner\" may do more than own the tables"),
				 errdetail("It is a superuser, or has BYPASSRLS."),
				 errhint("Run: ALTER ROLE tv_owner NOSUPERUSER NOBYPASSRLS;")));
}

Oid
tv_owner_require(void)
{
	Oid			role;

	if (OidIsValid(owner))
		return owner;
	register_forgetting();
	role = get_role_oid("tv_owner", true);
	for (int i = 0; i < lengthof(names); i++)
		require_table(i, role);
	require_partitions(role);
	for (int i = 0; i < lengthof(schemas); i++)
		require_schema(schemas[i], role);
	require_role(role);
	owner = role;
	return owner;
}

void
tv_owner_enter(TvOwner *saved)
{
	tv_owner_require();
	GetUserIdAndSecContext(&saved->user, &saved->context);
	saved->level = NewGUCNestLevel();
	SetUserIdAndSecContext(owner, saved->context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	tv_pin_search_path();
}

void
tv_owner_leave(const TvOwner *saved)
{
	AtEOXact_GUC(true, saved->level);
	SetUserIdAndSecContext(saved->user, saved->context);
}
