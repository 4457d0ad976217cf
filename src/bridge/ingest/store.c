/*
 * store.c: fixes into the table of positions; see store.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

#include "bridge/access/policies.h"
#include "bridge/access/quota.h"
#include "bridge/access/roles.h"
#include "bridge/event/board.h"
#include "bridge/ingest/states.h"
#include "bridge/ingest/store.h"
#include "bridge/server/ids.h"
#include "bridge/server/scan.h"

/* So often somebody else may be faster before rows are written one by one. */
#define TRIES 5

void
tv_fixes_require_editor(int64 world_id)
{
	TvArg		world[] = {tv_arg_bigint(world_id)};

	if (tv_is_admin() ||
		tv_scan_finds("SELECT true FROM timevmaps.tv_editable_worlds() w (id) WHERE w.id OPERATOR(pg_catalog.=) $1", lengthof(world), world))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("only an editor of the world may do this"),
			 errdetail("World %lld is not among those that this role edits.", (long long) world_id)));
}

/* Every column but when it was recorded, which the server says. */
static bool
may_insert(void)
{
	Oid			table = get_relname_relid("positions", get_namespace_oid("timevmaps", false));

	for (AttrNumber column = 0; column < TV_FIX_COLUMNS; column++)
		if (column != TV_FIX_RECORDED && pg_class_aclcheck(table, GetUserId(), ACL_INSERT) != ACLCHECK_OK &&
			pg_attribute_aclcheck(table, column + 1, GetUserId(), ACL_INSERT) != ACLCHECK_OK)
			return false;
	return true;
}

bool
tv_fixes_direct(int64 world_id)
{
	bool		bound;

	/* A transaction with one snapshot is to fail where somebody has written since; and who may not gets his error from a statement. */
	if (IsolationUsesXactSnapshot() || !tv_reports_allowed(&bound) || !may_insert())
		return false;
	if (bound)
		tv_fixes_require_editor(world_id);
	return true;
}

/* Each key once: of several the first, or, where the last is to correct, that. */
static uint32
settle_repeats(TvFixRow *fixes, uint32 count, bool replace, TvStored *stored)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < count; i++)
	{
		TvFixRow   *last = kept > 0 ? &fixes[kept - 1] : NULL;

		if (last == NULL || last->vehicle_id != fixes[i].vehicle_id || last->t != fixes[i].t)
			fixes[kept++] = fixes[i];
		else if (tv_fix_same(last, &fixes[i]))
			stored->duplicates++;
		else if (!replace)
			stored->conflicts++;
		else
		{
			stored->replaced++;
			*last = fixes[i];
		}
	}
	return kept;
}

/* What is inserted by a statement the trigger of the table charges for, and tells of. */
static void
charge_and_tell(const TvFixBatch *batch, TvFixState state)
{
	TvIds		vehicles = {.context = CurrentMemoryContext};
	int64		count = 0;

	for (uint32 i = 0; i < batch->count; i++)
	{
		if (batch->states[i] != state)
			continue;
		count++;
		if (vehicles.count == 0 || vehicles.ids[vehicles.count - 1] != batch->fixes[i].vehicle_id)
			tv_ids_add(&vehicles, batch->fixes[i].vehicle_id);
	}
	if (count == 0)
		return;
	tv_quota_charge_hour(TV_QUOTA_POSITIONS_PER_HOUR, count);
	tv_ids_sort(&vehicles);
	tv_board_add(tv_quota_principal(), batch->terms->world_id, batch->terms->timeline_id, vehicles.ids, vehicles.count);
	pfree(vehicles.ids);
}

static void
write_batch(TvFixBatch *batch, bool direct)
{
	TvWritten	written = direct ? TV_RACED : TV_NOT_DIRECTLY;

	for (int i = 0; i < TRIES && written == TV_RACED; i++)
		written = tv_fixes_write(batch);
	if (written == TV_WRITTEN)
		charge_and_tell(batch, TV_FIX_NEW);
	else
		tv_fixes_insert(batch);
}

void
tv_fixes_store(const TvFixTerms *terms, TvFixRow *fixes, uint32 count, bool replace, bool direct, TvStored *stored)
{
	TvFixBatch	batch = {.terms = terms, .fixes = fixes};
	int64		other = 0;

	qsort(fixes, count, sizeof(TvFixRow), tv_fix_compare);
	batch.count = settle_repeats(fixes, count, replace, stored);
	if (batch.count == 0)
		return;
	batch.states = palloc(batch.count);
	write_batch(&batch, direct);
	for (uint32 i = 0; i < batch.count; i++)
	{
		stored->inserted += batch.states[i] == TV_FIX_NEW;
		stored->duplicates += batch.states[i] == TV_FIX_SAME;
		other += batch.states[i] == TV_FIX_OTHER;
	}
	if (!replace)
		stored->conflicts += other;
	else if (other > 0)
	{
		stored->replaced += tv_fixes_correct(&batch);
		charge_and_tell(&batch, TV_FIX_OTHER);
	}
	pfree(batch.states);
}
