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
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "bridge/access/signature.h"

static const char *const tables[] = {"places", "segments", "segment_overrides", "turns", "gateways"};

/* Tables that have one signature. */
typedef struct TableGroup
{
	int			first;
	int			end;
	bool		known;
	uint64		signature;
} TableGroup;

static TableGroup network = {.first = 0, .end = 4};
static TableGroup gateways = {.first = 4, .end = 5};

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

/* The triggers that write the log of a table, and those that keep the log itself (sql/tables/046-changes.sql). */
typedef struct LogTrigger
{
	const char *suffix;			/* of its name, after the table's */
	char		mode;			/* in which sessions it fires */
} LogTrigger;

static const LogTrigger table_triggers[] = {
	{"begin", TRIGGER_FIRES_ALWAYS},
	{"insert", TRIGGER_FIRES_ALWAYS},
	{"update", TRIGGER_FIRES_ALWAYS},
	{"delete", TRIGGER_FIRES_ALWAYS},
	{"truncate", TRIGGER_FIRES_ALWAYS},
	{"row", TRIGGER_FIRES_ON_REPLICA}
};

static const LogTrigger log_triggers[] = {
	{"delete", TRIGGER_FIRES_ALWAYS},
	{"refuse", TRIGGER_FIRES_ALWAYS},
	{"own", TRIGGER_FIRES_ON_REPLICA}
};

#define MOST_TRIGGERS lengthof(table_triggers)

/* A table with what is examined of it. */
typedef struct Examined
{
	Oid			table;
	const char *name;
	bool		is_log;
	uint64	   *hash;
	TvLogTrouble *trouble;		/* to be filled in, unless it is null */
} Examined;

#define TV_INIT "Run: SELECT * FROM timevmaps.tv_init();"

/* False, and why, where somebody asks. */
#define REFUSE(examined, detail, hint) \
	((examined)->trouble != NULL && (*(examined)->trouble = (TvLogTrouble) {detail, hint}, false))

static char *
full_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
}

static bool
check_mode(const Examined *examined, const LogTrigger *wanted, char found)
{
	const char *name = examined->name;

	if (found == wanted->mode)
		return true;
	if (found == '\0')
		return REFUSE(examined, psprintf("Trigger %s_log_%s of timevmaps.%s is missing.", name, wanted->suffix, name),
					  "Restore it from a dump, or create it as the migration \"changes\" does.");
	return REFUSE(examined, psprintf(found == TRIGGER_DISABLED ? "Trigger %s_log_%s of timevmaps.%s is disabled."
									 : "Trigger %s_log_%s of timevmaps.%s does not fire in the sessions that it was made for.",
									 name, wanted->suffix, name), TV_INIT);
}

/* Its number, or -1 where it is somebody else's: others may have a name like these. */
static int
find_log_trigger(const Examined *examined, Form_pg_trigger trigger, const LogTrigger *wanted, int count)
{
	const char *name = NameStr(trigger->tgname);
	Size		length = strlen(examined->name);

	if (strncmp(name, examined->name, length) != 0 || strncmp(name + length, "_log_", 5) != 0 ||
		get_func_namespace(trigger->tgfoid) != get_namespace_oid("timevmaps_internal", true))
		return -1;
	for (int i = 0; i < count; i++)
		if (strcmp(name + length + 5, wanted[i].suffix) == 0)
			return i;
	return -1;
}

static bool
hash_triggers(const Examined *examined)
{
	const LogTrigger *wanted = examined->is_log ? log_triggers : table_triggers;
	int			count = examined->is_log ? lengthof(log_triggers) : lengthof(table_triggers);
	char		found[MOST_TRIGGERS] = {0};
	char	   *other = NULL;
	Relation	triggers = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(examined->table));
	scan = systable_beginscan(triggers, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);
		int			i = find_log_trigger(examined, trigger, wanted, count);

		if (i < 0)
		{
			if (trigger->tgenabled != TRIGGER_DISABLED)
				other = pstrdup(NameStr(trigger->tgname));
			continue;
		}
		found[i] = trigger->tgenabled;
		*examined->hash = hash_combine64(*examined->hash, trigger->oid);
		/* Disabling and enabling it leaves another version of its row. */
		*examined->hash = hash_combine64(*examined->hash, HeapTupleHeaderGetRawXmin(tuple->t_data));
	}
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	for (int i = 0; i < count; i++)
		if (!check_mode(examined, &wanted[i], found[i]))
			return false;
	/* It might keep what is written from the log. */
	if (examined->is_log && other != NULL)
		return REFUSE(examined, psprintf("Trigger %s of timevmaps.%s is none of its own.", quote_identifier(other), examined->name),
					  psprintf("Run: DROP TRIGGER %s ON timevmaps.%s;", quote_identifier(other), examined->name));
	return true;
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

/* The catalog says for long that there are rules: the name of one, or null. */
static char *
find_rule(Oid table)
{
	Relation	rules = table_open(RewriteRelationId, AccessShareLock);
	char	   *found = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_rewrite_ev_class, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	scan = systable_beginscan(rules, RewriteRelRulenameIndexId, true, NULL, 1, &key);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = pstrdup(NameStr(((Form_pg_rewrite) GETSTRUCT(tuple))->rulename));
	systable_endscan(scan);
	table_close(rules, AccessShareLock);
	return found;
}

static Oid
find_parent(Oid table)
{
	Relation	inherits = table_open(InheritsRelationId, AccessShareLock);
	Oid			found = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent;
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return found;
}

/* Whether all that changes the table fires its triggers, and no crash empties it. */
static bool
check_table(const Examined *examined, Form_pg_class row)
{
	const char *name = examined->name;
	List	   *children = row->relhassubclass ? find_inheritance_children(examined->table, NoLock) : NIL;
	Oid			parent = find_parent(examined->table);
	char	   *rule = examined->is_log && row->relhasrules ? find_rule(examined->table) : NULL;

	if (row->relkind != RELKIND_RELATION)
		return REFUSE(examined, psprintf("timevmaps.%s is no ordinary table.", name), NULL);
	if (row->relpersistence != RELPERSISTENCE_PERMANENT)
		return REFUSE(examined, psprintf("timevmaps.%s is unlogged: a crash would empty it.", name),
					  psprintf("Run: ALTER TABLE timevmaps.%s SET LOGGED;", name));
	if (children != NIL)
		return REFUSE(examined, psprintf("timevmaps.%s has a child, %s, which is read with it and changes without its triggers.",
										 name, full_name(linitial_oid(children))),
					  psprintf("Run: ALTER TABLE %s NO INHERIT timevmaps.%s;", full_name(linitial_oid(children)), name));
	if (OidIsValid(parent))
		return REFUSE(examined, psprintf("timevmaps.%s has a parent, %s, whose statements change it without its triggers.",
										 name, full_name(parent)),
					  psprintf("Run: ALTER TABLE timevmaps.%s NO INHERIT %s;", name, full_name(parent)));
	if (rule != NULL)
		return REFUSE(examined, psprintf("Rule %s of timevmaps.%s may keep changes from it.", quote_identifier(rule), name),
					  psprintf("Run: DROP RULE %s ON timevmaps.%s;", quote_identifier(rule), name));
	return true;
}

/*
 * A table's file, columns and log triggers, into the hash.  False where what it holds may change
 * and nobody write it down: there is no such table, one of the triggers is not on as it was made, rows are read
 * from children or changed by way of a parent, or a crash would empty it.
 */
static bool
hash_table(const Examined *examined)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(examined->table));
	Form_pg_class row;
	bool		whole;

	if (!HeapTupleIsValid(tuple))
		return REFUSE(examined, psprintf("There is no table timevmaps.%s.", examined->name), NULL);
	row = (Form_pg_class) GETSTRUCT(tuple);
	*examined->hash = hash_combine64(*examined->hash, examined->table);
	*examined->hash = hash_combine64(*examined->hash, row->relfilenode);
	whole = check_table(examined, row);
	ReleaseSysCache(tuple);
	hash_columns(examined->table, examined->hash);
	return whole && hash_triggers(examined);
}

static Oid
find_table(const char *name)
{
	return get_relname_relid(name, get_namespace_oid("timevmaps", false));
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
		log_table = find_table(LOG_TABLE);
		log_whole = hash_table(&(Examined) {log_table, LOG_TABLE, true, &log_hash, NULL});
	}
	hash = log_hash;
	group->signature = log_whole ? 1 : 0;
	for (int i = group->first; i < group->end && group->signature != 0; i++)
	{
		signed_tables[i] = find_table(tables[i]);
		if (!hash_table(&(Examined) {signed_tables[i], tables[i], false, &hash, NULL}))
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

/* Looked at again, for it is asked where something is wrong. */
static bool
find_trouble(const TableGroup *group, TvLogTrouble *trouble)
{
	uint64		hash = 0;

	if (!hash_table(&(Examined) {find_table(LOG_TABLE), LOG_TABLE, true, &hash, trouble}))
		return true;
	for (int i = group->first; i < group->end; i++)
		if (!hash_table(&(Examined) {find_table(tables[i]), tables[i], false, &hash, trouble}))
			return true;
	return false;
}

bool
tv_tables_trouble(TvLogTrouble *trouble)
{
	return find_trouble(&network, trouble);
}

bool
tv_gateways_trouble(TvLogTrouble *trouble)
{
	return find_trouble(&gateways, trouble);
}
