/*
 * policies.c: who may be answered from what holds every row; see policies.h.
 *
 * What the catalogs say is remembered until any relation changes; what depends on the
 * current user is asked each time.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "bridge/access/policies.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"

#define OUR_POLICIES 3			/* a table: _read, _write and _admin */

/* A table and what the policies that tv_init() makes for it say, word for word. */
typedef struct Table
{
	const char *name;
	const char *read;
	const char *write;
} Table;

#define BY_WORLD \
	"(world_id IN ( SELECT w.id\n   FROM timevmaps.worlds w))", \
	"(world_id IN ( SELECT timevmaps.tv_editable_worlds() AS tv_editable_worlds))"

static const Table tables[] = {
	{"places", BY_WORLD},
	{"segments", BY_WORLD},
	{"segment_overrides", BY_WORLD},
	{"gateways",
		"((from_world_id IN ( SELECT w.id\n   FROM timevmaps.worlds w))"
		" AND (to_world_id IN ( SELECT w.id\n   FROM timevmaps.worlds w)))",
		"((from_world_id IN ( SELECT timevmaps.tv_editable_worlds() AS tv_editable_worlds))"
	" AND (to_world_id IN ( SELECT timevmaps.tv_editable_worlds() AS tv_editable_worlds)))"}
};

/* Tables that are asked about together. */
typedef struct TableGroup
{
	int			first;
	int			end;
	bool		signature_known;
	uint64		signature;
} TableGroup;

static TableGroup network = {.first = 0, .end = 3};
static TableGroup gateways = {.first = 3, .end = 4};

/* What signatures are of, and the log's share of both. */
static Oid	signed_tables[lengthof(tables)];
static Oid	log_table;
static bool log_known = false;
static bool log_whole;
static uint64 log_hash;

/* What pg_policy said last of each table. */
static bool policies_known = false;
static bool policies_are_ours[lengthof(tables)];

/*
 * A change to any relation makes doubtful what policies say, for they name others.  A signature
 * rests on its own relations; but where it was 0 one of them may have been missing.
 */
static void
forget(Datum arg, Oid relation)
{
	bool		concerned = !OidIsValid(relation) || relation == log_table;

	policies_known = false;
	for (int i = 0; i < lengthof(tables); i++)
		concerned |= relation == signed_tables[i];
	if (concerned || network.signature == 0 || gateways.signature == 0)
		network.signature_known = gateways.signature_known = log_known = false;
}

static void
register_forgetting(void)
{
	static bool registered = false;

	if (!registered)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	registered = true;
}

static Oid
find_table(int i)
{
	return get_relname_relid(tables[i].name, get_namespace_oid("timevmaps", false));
}

/* Policies ------------------------------------------------------------------ */

typedef struct Found
{
	int			ours[lengthof(tables)];
	int			others[lengthof(tables)];
} Found;

static bool
is_ours(const Table *table, const char *name, char command, const char *roles, const char *qualifier)
{
	Size		length = strlen(table->name);

	if (strncmp(name, table->name, length) != 0)
		return false;
	name += length;
	if (strcmp(name, "_read") == 0)
		return command == 'r' && strcmp(roles, "tv_player") == 0 && strcmp(qualifier, table->read) == 0;
	if (strcmp(name, "_write") == 0)
		return command == '*' && strcmp(roles, "tv_analyst") == 0 && strcmp(qualifier, table->write) == 0;
	return strcmp(name, "_admin") == 0 && command == '*' && strcmp(roles, "tv_admin") == 0 &&
		strcmp(qualifier, "true") == 0;
}

static void
receive_policy(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Found	   *found = target;
	const char *table = NameStr(*DatumGetName(values[0]));

	for (int i = 0; i < lengthof(tables); i++)
		if (strcmp(table, tables[i].name) == 0)
		{
			bool		ours = DatumGetBool(values[2]) && !nulls[5] &&
				is_ours(&tables[i], NameStr(*DatumGetName(values[1])), DatumGetChar(values[3]),
						TextDatumGetCString(values[4]), TextDatumGetCString(values[5]));

			found->ours[i] += ours;
			found->others[i] += !ours;
		}
}

static void
read_policies(void)
{
	Found		found = {{0}, {0}};
	int			level = NewGUCNestLevel();

	register_forgetting();
	memset(policies_are_ours, 0, sizeof(policies_are_ours));
	policies_known = true;		/* before the query, during which it may be made doubtful again */
	/* Whatever the caller's search path, expressions are to read the same. */
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	tv_scan("SELECT c.relname, p.polname, p.polpermissive, p.polcmd,"
			" pg_catalog.array_to_string(ARRAY(SELECT r::pg_catalog.regrole::pg_catalog.text FROM pg_catalog.unnest(p.polroles) r), ','),"
			" pg_catalog.pg_get_expr(p.polqual, p.polrelid)"
			" FROM pg_catalog.pg_policy p"
			" JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.polrelid"
			" JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
			" WHERE n.nspname OPERATOR(pg_catalog.=) 'timevmaps'",
			0, NULL, receive_policy, &found);
	AtEOXact_GUC(true, level);
	for (int i = 0; i < lengthof(tables); i++)
		policies_are_ours[i] = found.ours[i] == OUR_POLICIES && found.others[i] == 0;
}

static bool
is_member(const char *role)
{
	Oid			oid = get_role_oid(role, true);

	return OidIsValid(oid) && has_privs_of_role(GetUserId(), oid);
}

static bool
is_allowed(const TableGroup *group)
{
	bool		bound = false;

	for (int i = group->first; i < group->end; i++)
	{
		Oid			table = find_table(i);

		/* Who may not read a table gets its error from reading it. */
		if (!OidIsValid(table) || pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
		bound |= check_enable_rls(table, InvalidOid, true) == RLS_ENABLED;
	}
	if (!bound)
		return true;
	if (!policies_known)
		read_policies();
	for (int i = group->first; i < group->end; i++)
		if (!policies_are_ours[i])
			return false;
	/* To others none of our policies shows anything. */
	return is_member("tv_player") || is_member("tv_admin");
}

bool
tv_prepared_allowed(void)
{
	return is_allowed(&network);
}

bool
tv_gateways_allowed(void)
{
	return is_allowed(&gateways);
}

/* Signatures ---------------------------------------------------------------- */

#define LOG_TABLE "network_changes"

/* What is found of a table's triggers. */
typedef struct Triggers
{
	int			always;			/* of the log, and on in every session */
	int			replica;		/* of the log, and on where rows arrive by replication */
	int			others;			/* on, and not of the log */
} Triggers;

static Triggers
hash_triggers(Oid table, const char *name, uint64 *hash)
{
	Relation	triggers = table_open(TriggerRelationId, AccessShareLock);
	Oid			space = get_namespace_oid("timevmaps_internal", true);
	char	   *prefix = psprintf("%s_log_", name);
	Triggers	found = {0, 0, 0};
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	scan = systable_beginscan(triggers, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);

		/* Others may have a name like these. */
		if (strncmp(NameStr(trigger->tgname), prefix, strlen(prefix)) != 0 ||
			get_func_namespace(trigger->tgfoid) != space)
		{
			found.others += trigger->tgenabled != TRIGGER_DISABLED;
			continue;
		}
		found.always += trigger->tgenabled == TRIGGER_FIRES_ALWAYS;
		found.replica += trigger->tgenabled == TRIGGER_FIRES_ON_REPLICA;
		*hash = hash_combine64(*hash, trigger->oid);
		/* Disabling and enabling it leaves another version of its row. */
		*hash = hash_combine64(*hash, HeapTupleHeaderGetRawXmin(tuple->t_data));
	}
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	pfree(prefix);
	return found;
}

/*
 * A column that was dropped and added again, or renamed, has other values without a rewrite; and
 * a table that was a child of another for a while, whose triggers alone fire then, has counted
 * it here.
 */
static void
hash_columns(Oid table, uint64 *hash)
{
	/* Kept in the cache until some column changes; most of what makes a signature doubtful is no such thing. */
	CatCList   *columns = SearchSysCacheList1(ATTNUM, ObjectIdGetDatum(table));

	for (int i = 0; i < columns->n_members; i++)
	{
		HeapTuple	tuple = &columns->members[i]->tuple;

		if (((Form_pg_attribute) GETSTRUCT(tuple))->attnum > 0)
			*hash = hash_combine64(*hash, HeapTupleHeaderGetRawXmin(tuple->t_data));
	}
	ReleaseSysCacheList(columns);
}

static bool
has_rules(Oid table)
{
	Relation	rules = table_open(RewriteRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		found;

	ScanKeyInit(&key, Anum_pg_rewrite_ev_class, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	scan = systable_beginscan(rules, RewriteRelRulenameIndexId, true, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(rules, AccessShareLock);
	return found;
}

/*
 * A table's file, columns and log triggers, into the hash.  False where what it holds may change
 * and nobody write it down: there is no such table, one of the triggers is not on as it was made, rows are read
 * from children or changed by way of a parent, or a crash would empty it.
 */
static bool
hash_table(Oid table, const char *name, int always, uint64 *hash)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Form_pg_class row;
	Triggers	triggers;
	bool		whole;

	if (!HeapTupleIsValid(tuple))
		return false;
	row = (Form_pg_class) GETSTRUCT(tuple);
	*hash = hash_combine64(*hash, table);
	*hash = hash_combine64(*hash, row->relfilenode);
	whole = row->relpersistence == RELPERSISTENCE_PERMANENT && row->relkind == RELKIND_RELATION &&
		!(row->relhassubclass && find_inheritance_children(table, NoLock) != NIL) && !has_superclass(table);
	/* Rules and triggers on the log itself might keep what is written from it; the catalog says for long that there are rules. */
	whole = whole && !(row->relhasrules && strcmp(name, LOG_TABLE) == 0 && has_rules(table));
	ReleaseSysCache(tuple);
	hash_columns(table, hash);
	triggers = hash_triggers(table, name, hash);
	return whole && triggers.always == always && triggers.replica == 1 &&
		(triggers.others == 0 || strcmp(name, LOG_TABLE) != 0);
}

static uint64
get_signature(TableGroup *group)
{
	uint64		hash;

	if (group->signature_known)
		return group->signature;
	register_forgetting();
	group->signature_known = true;	/* before the scans, during which it may be made doubtful again */
	if (!log_known)
	{
		log_known = true;
		log_hash = 0;
		log_table = get_relname_relid(LOG_TABLE, get_namespace_oid("timevmaps", false));
		log_whole = hash_table(log_table, LOG_TABLE, 2, &log_hash);
	}
	hash = log_hash;
	group->signature = log_whole ? 1 : 0;
	for (int i = group->first; i < group->end && group->signature != 0; i++)
	{
		signed_tables[i] = find_table(i);
		if (!hash_table(signed_tables[i], tables[i].name, 5, &hash))
			group->signature = 0;
	}
	if (group->signature != 0)
		group->signature = Max(hash, 1);
	return group->signature;
}

uint64
tv_tables_signature(void)
{
	return get_signature(&network);
}

uint64
tv_gateways_signature(void)
{
	return get_signature(&gateways);
}
