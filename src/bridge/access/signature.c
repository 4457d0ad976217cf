/*
 * signature.c: whether the log of changes can be relied on; see signature.h.
 *
 * What the catalogs say is remembered until one of the relations changes.
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
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "bridge/access/signature.h"

static const char *const tables[] = {"places", "segments", "segment_overrides", "gateways"};

/* Tables that have one signature. */
typedef struct TableGroup
{
	int			first;
	int			end;
	bool		known;
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

/* A signature rests on its own relations; but where it was 0 one of them may have been missing. */
static void
forget(Datum arg, Oid relation)
{
	bool		concerned = !OidIsValid(relation) || relation == log_table;

	for (int i = 0; i < lengthof(tables); i++)
		concerned |= relation == signed_tables[i];
	if (concerned || network.signature == 0 || gateways.signature == 0)
		network.known = gateways.known = log_known = false;
}

static void
register_forgetting(void)
{
	static bool registered = false;

	if (!registered)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	registered = true;
}

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

	if (group->known)
		return group->signature;
	register_forgetting();
	group->known = true;		/* before the scans, during which it may be made doubtful again */
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
		signed_tables[i] = get_relname_relid(tables[i], get_namespace_oid("timevmaps", false));
		if (!hash_table(signed_tables[i], tables[i], 5, &hash))
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
