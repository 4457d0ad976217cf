/*
 * allowed.c: who may be answered from graphs that hold every row of a world.
 *
 * Whoever no policy binds may, and whoever is bound by the policies that
 * tv_init() made alone: those decide by world, and the world has been read as
 * the caller already.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "bridge/compat.h"
#include "bridge/graph_file.h"
#include "bridge/prepared.h"
#include "bridge/scan.h"

static const char *const tables[] = {"places", "segments", "segment_overrides"};

/* What pg_policy said last; a change to any relation makes it doubtful. */
static enum
{
	POLICIES_UNKNOWN,
	POLICIES_OURS,
	POLICIES_OTHERS
}			policies = POLICIES_UNKNOWN;

static bool signature_known = false;
static bool registered = false;

static void
forget(Datum arg, Oid relation)
{
	policies = POLICIES_UNKNOWN;
	signature_known = false;
}

static void
register_forgetting(void)
{
	if (!registered)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	registered = true;
}

static void
receive_flag(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(bool *) target = !nulls[0] && DatumGetBool(values[0]);
}

/* Whether the tables have no policies but tv_init()'s, word for word. */
static bool
policies_are_ours(void)
{
	bool		ours = false;

	register_forgetting();
	if (policies == POLICIES_UNKNOWN)
	{
		policies = POLICIES_OTHERS; /* before the query, during which it may be made doubtful again */
		tv_scan("SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 9 AND pg_catalog.bool_and("
				"p.polpermissive AND CASE"
				" WHEN p.polname::pg_catalog.text OPERATOR(pg_catalog.=) (c.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_read')"
				" THEN pg_catalog.pg_get_expr(p.polqual, p.polrelid) OPERATOR(pg_catalog.=) '(world_id IN ( SELECT w.id\n   FROM timevmaps.worlds w))'"
				" AND p.polcmd OPERATOR(pg_catalog.=) 'r'"
				" WHEN p.polname::pg_catalog.text OPERATOR(pg_catalog.=) (c.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_write')"
				" THEN pg_catalog.pg_get_expr(p.polqual, p.polrelid) OPERATOR(pg_catalog.=) '(world_id IN ( SELECT timevmaps.tv_editable_worlds() AS tv_editable_worlds))'"
				" WHEN p.polname::pg_catalog.text OPERATOR(pg_catalog.=) (c.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_admin')"
				" THEN pg_catalog.pg_get_expr(p.polqual, p.polrelid) OPERATOR(pg_catalog.=) 'true'"
				" AND p.polroles OPERATOR(pg_catalog.=) ARRAY['tv_admin'::pg_catalog.regrole::pg_catalog.oid]"
				" ELSE false END)"
				" FROM pg_catalog.pg_policy p"
				" JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.polrelid"
				" JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
				" WHERE n.nspname OPERATOR(pg_catalog.=) 'timevmaps'"
				" AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['places', 'segments', 'segment_overrides'])",
				0, NULL, receive_flag, &ours);
		policies = ours ? POLICIES_OURS : POLICIES_OTHERS;
	}
	return policies == POLICIES_OURS;
}

bool
tv_prepared_allowed(void)
{
	Oid			schema = get_namespace_oid("timevmaps", false);
	bool		bound = false;

	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid			table = get_relname_relid(tables[i], schema);

		/* Who may not read a table gets its error from reading it. */
		if (!OidIsValid(table) || pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
		bound |= check_enable_rls(table, InvalidOid, true) == RLS_ENABLED;
	}
	return !bound || policies_are_ours();
}

/* The log triggers of a table, into the hash; false where one of the five is not always on. */
static bool
hash_triggers(Relation triggers, Oid table, const char *name, uint64 *hash)
{
	char	   *prefix = psprintf("%s_log_", name);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	int			always = 0;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	scan = systable_beginscan(triggers, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);

		if (strncmp(NameStr(trigger->tgname), prefix, strlen(prefix)) != 0)
			continue;
		always += trigger->tgenabled == TRIGGER_FIRES_ALWAYS;
		*hash = hash_combine64(*hash, trigger->oid);
		/* Disabling and enabling it leaves another version of its row. */
		*hash = hash_combine64(*hash, HeapTupleHeaderGetRawXmin(tuple->t_data));
	}
	systable_endscan(scan);
	pfree(prefix);
	return always == 5;
}

uint64
tv_tables_signature(void)
{
	static uint64 signature;
	Oid			schema;
	Relation	triggers;
	uint64		hash = 0;
	bool		whole = true;

	if (signature_known)
		return signature;
	register_forgetting();
	signature_known = true;		/* before the scans, during which it may be made doubtful again */
	schema = get_namespace_oid("timevmaps", false);
	triggers = table_open(TriggerRelationId, AccessShareLock);
	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid			table = get_relname_relid(tables[i], schema);
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));

		if (!HeapTupleIsValid(tuple))
		{
			whole = false;
			break;
		}
		hash = hash_combine64(hash, table);
		hash = hash_combine64(hash, ((Form_pg_class) GETSTRUCT(tuple))->relfilenode);
		ReleaseSysCache(tuple);
		whole = hash_triggers(triggers, table, tables[i], &hash) && whole;
	}
	table_close(triggers, AccessShareLock);
	signature = whole ? Max(hash, 1) : 0;
	return signature;
}
