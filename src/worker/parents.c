/*
 * parents.c: rows that are inserted for others which this transaction has locked; see parents.h.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "worker/parents.h"

/* Does nothing happen at an insertion but that the key is checked? */
static bool
is_all_known(const char *child, const char *parent)
{
	const Oid	schema = get_namespace_oid("timevmaps", false);
	const Oid	parent_table = get_relname_relid(parent, schema);
	Relation	table = table_open(get_relname_relid(child, schema), RowExclusiveLock);
	const TriggerDesc *triggers = table->trigdesc;
	bool		known = OidIsValid(parent_table) && triggers != NULL;

	for (int i = 0; known && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_FOR_INSERT(trigger->tgtype) && trigger->tgenabled != TRIGGER_DISABLED)
			known = trigger->tgfoid == F_RI_FKEY_CHECK_INS && trigger->tgconstrrelid == parent_table &&
				trigger->tgenabled == TRIGGER_FIRES_ON_ORIGIN;
	}
	table_close(table, NoLock);
	return known;
}

/* As replication does, whose parents are known, too. */
uint64
tv_insert_children(TvStatement *statement, Datum *values, const char *child, const char *parent)
{
	const int	role = SessionReplicationRole;
	volatile uint64 inserted = 0;

	if (!is_all_known(child, parent))
		return tv_statement(statement, values, NULL);
	PG_TRY();
	{
		SessionReplicationRole = SESSION_REPLICATION_ROLE_REPLICA;
		inserted = tv_statement(statement, values, NULL);
	}
	PG_FINALLY();
	{
		SessionReplicationRole = role;
	}
	PG_END_TRY();
	return inserted;
}
