/*
 * turn_rows.c: the rules for turns of the worlds in scope; see turn_rows.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "bridge/network/turn_rows.h"
#include "bridge/server/compat.h"
#include "bridge/server/ids.h"
#include "bridge/server/scan.h"

typedef struct Loading
{
	TvRows	   *rows;
	TvWorldRows *world;
} Loading;

TvTurnRow
tv_turns_row(const Datum *values, const bool *nulls)
{
	int			kind = tv_turn_kind_parse(TextDatumGetCString(values[4]));

	return (TvTurnRow) {
		.timeline_id = nulls[0] ? 0 : DatumGetInt64(values[0]),
		.from_segment_id = DatumGetInt64(values[1]),
		.via_place_id = DatumGetInt64(values[2]),
		.to_segment_id = DatumGetInt64(values[3]),
		.kind = kind < 0 ? TVM_TURN_NO : kind,
		.penalty_s = nulls[5] ? 0 : DatumGetFloat8(values[5])
	};
}

static void
add_row(TvRows *rows, TvWorldRows *world, TvTurnRow row)
{
	if (world->turn_row_count == world->turn_row_capacity)
	{
		uint32		larger = world->turn_row_capacity + world->turn_row_capacity / 2 + 64;

		world->turn_rows = tv_load_grow(rows, world->turn_rows, sizeof(TvTurnRow),
										world->turn_row_capacity, larger);
		world->turn_row_capacity = larger;
	}
	world->turn_rows[world->turn_row_count++] = row;
}

static void
receive_turn(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Loading    *loading = target;

	add_row(loading->rows, loading->world, tv_turns_row(values, nulls));
}

/* What is supposed of the world where the route begins. */
static void
suppose_turns(TvRows *rows, TvWorldRows *world)
{
	const TvWhatIf *what_if = world == &rows->worlds[0] ? tv_rows_supposed(rows) : NULL;

	for (uint32 i = 0; what_if != NULL && i < what_if->turn_count; i++)
		add_row(rows, world, what_if->turns[i].row);
}

/* A timeline that is none, the last: what belongs to it is absent on all others. */
static void
add_nowhere(TvRows *rows, TvWorldRows *world)
{
	uint32		count = world->timeline_count;

	world->timeline_ids = tv_load_grow(rows, world->timeline_ids, sizeof(int64), count, count + 1);
	world->parents = tv_load_grow(rows, world->parents, sizeof(uint32), count, count + 1);
	world->timeline_ids[count] = PG_INT64_MAX;
	world->parents[count] = TVM_NO_TIMELINE;
	world->timeline_count++;
}

void
tv_load_turns(TvRows *rows, TvWorldRows *world)
{
	Loading		loading = {.rows = rows, .world = world};
	TvIds		named = {.context = rows->env->context};
	TvArg		args[] = {
		tv_arg_bigint(world->id),
		tv_arg_bigints(world->timeline_ids, world->timeline_count)
	};

	tv_scan(TV_SELECT_TURNS " WHERE t.world_id OPERATOR(pg_catalog.=) $1"
			" AND (t.timeline_id IS NULL OR t.timeline_id OPERATOR(pg_catalog.=) ANY ($2))",
			lengthof(args), args, receive_turn, &loading);
	suppose_turns(rows, world);
	if (world->turn_row_count == 0)
		return;
	world->all_segments = isinf(world->rules.u_turn_s);
	for (uint32 i = 0; i < world->turn_row_count && !world->all_segments; i++)
		if (world->turn_rows[i].kind == TVM_TURN_ONLY)
			tv_ids_add(&named, world->turn_rows[i].to_segment_id);
	tv_ids_sort(&named);
	world->named_segments = named.ids;
	world->named_segment_count = named.count;
	if (world->all_segments || named.count > 0)
		add_nowhere(rows, world);
}

#define FIND(rows, count, id) tv_load_find(rows, sizeof((rows)[0]), count, id)

void
tv_load_turn_rules(TvRows *rows, TvWorldRows *world)
{
	if (world->turn_row_count == 0)
		return;
	world->turns = tv_load_grow(rows, NULL, sizeof(TvmTurnRule), 0, world->turn_row_count);
	for (uint32 i = 0; i < world->turn_row_count; i++)
	{
		const TvTurnRow *row = &world->turn_rows[i];
		TvmTurnRule rule = {
			.timeline = row->timeline_id == 0 ? TVM_NO_TIMELINE
			: FIND(world->timeline_ids, world->timeline_count, row->timeline_id),
			.from = FIND(world->segments, world->segment_count, row->from_segment_id),
			.via = FIND(world->places, world->place_count, row->via_place_id),
			.to = FIND(world->segments, world->segment_count, row->to_segment_id),
			.kind = row->kind,
			.penalty_s = row->penalty_s
		};

		tv_interrupts_at(i);
		/* Hidden from the caller, or nothing that leads anywhere on these timelines. */
		if (rule.from != TV_NONE && rule.via != TV_NONE && rule.to != TV_NONE)
			world->turns[world->turn_count++] = rule;
	}
	pfree(world->turn_rows);
	rows->bytes -= sizeof(TvTurnRow) * (Size) world->turn_row_capacity;
	world->turn_rows = NULL;
	world->turn_row_count = world->turn_row_capacity = 0;
}
