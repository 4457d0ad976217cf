/*
 * fixes.c: whose fixes a timeline shows, and of which vehicles; see fixes.h.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "utils/builtins.h"

#include "bridge/network/rules.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/ids.h"
#include "bridge/server/scan.h"
#include "bridge/position/fixes.h"
#include "bridge/position/fixes_direct.h"
#include "bridge/position/fixes_view.h"

#define FIRST_WINDOW (INT64CONST(60) * USECS_PER_SEC)

/* The world and the chain --------------------------------------------------- */

/* One after the other from the timeline asked for; the last names a parent where that is not visible. */
static void
receive_line(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvFixes    *fixes = target;

	if (fixes->line_count + 1 >= fixes->line_room)
		fixes->lines = tv_grow(fixes->env->context, fixes->lines, sizeof(TvLine), &fixes->line_room);
	fixes->lines[fixes->line_count++] = (TvLine) {
		.id = DatumGetInt64(values[0]),
		.fork_at = nulls[2] ? DT_NOBEGIN : DatumGetTimestampTz(values[2])
	};
	/* A parent that the caller may not see still hands on what he may see of it. */
	if (!nulls[1])
		fixes->lines[fixes->line_count] = (TvLine) {.id = DatumGetInt64(values[1]), .fork_at = DT_NOBEGIN};
	else
		fixes->lines[fixes->line_count].id = 0;
}

static void
read_chain(TvFixes *fixes)
{
	TvArg		args[] = {tv_arg_bigint(fixes->asked.world_id), tv_arg_bigint(fixes->asked.timeline_id)};

	tv_rules_read(fixes->env, fixes->asked.world_id, &fixes->rules);
	fixes->max_speed_mps = isinf(fixes->rules.max_speed_mps) ? TVM_MOTION_C : fixes->rules.max_speed_mps;
	tv_scan("WITH RECURSIVE up AS ("
			"SELECT t.id, t.parent_id, t.fork_at, 0 AS depth FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) $2 AND t.world_id OPERATOR(pg_catalog.=) $1"
			" UNION ALL "
			"SELECT p.id, p.parent_id, p.fork_at, up.depth OPERATOR(pg_catalog.+) 1 FROM up, LATERAL ("
			"SELECT t.id, t.parent_id, t.fork_at FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) up.parent_id LIMIT 1) p)"
			" SELECT up.id, up.parent_id, up.fork_at FROM up ORDER BY up.depth",
			lengthof(args), args, receive_line, fixes);
	if (fixes->line_count == 0)
		tv_report_not_found("timeline", fixes->asked.timeline_id);
	if (fixes->lines[fixes->line_count].id != 0)
		fixes->line_count++;
}

TvFixes *
tv_fixes_open(TvEnv *env, const TvFixesAsked *asked)
{
	TvFixes    *fixes = MemoryContextAllocZero(env->context, sizeof(TvFixes));

	fixes->env = env;
	fixes->asked = *asked;
	fixes->window = FIRST_WINDOW;
	SPI_connect();
	read_chain(fixes);
	fixes->views = MemoryContextAllocZero(env->context, sizeof(TvView) * fixes->line_count);
	fixes->direct = tv_direct_fixes_open(env, asked);
	return fixes;
}

void
tv_fixes_close(TvFixes *fixes)
{
	if (fixes->direct != NULL)
		tv_direct_fixes_close(fixes->direct);
	SPI_finish();
}

TvEnv *
tv_fixes_env(const TvFixes *fixes)
{
	return fixes->env;
}

bool
tv_fixes_inherited(const TvFixes *fixes, const TvmFix *fix)
{
	return fix->timeline_id != fixes->asked.timeline_id;
}

/* Owners -------------------------------------------------------------------- */

uint32
tv_fixes_owner(const TvFixes *fixes, TimestampTz t)
{
	uint32		owner = 0;

	while (owner + 1 < fixes->line_count && t <= fixes->lines[owner].fork_at)
		owner++;
	return owner;
}

uint32
tv_fixes_pieces(TvFixes *fixes, TimestampTz from, TimestampTz to, TvPiece **pieces)
{
	TvPiece    *out = MemoryContextAlloc(fixes->env->context, sizeof(TvPiece) * fixes->line_count);
	uint32		count = 0;

	for (uint32 owner = tv_fixes_owner(fixes, from);;)
	{
		TimestampTz end = to;
		uint32		next = owner;

		/* The first fork after the moment is the least of those that lead down from here. */
		for (uint32 i = owner; i-- > 0;)
			if (fixes->lines[i].fork_at <= end)
			{
				end = fixes->lines[i].fork_at;
				next = i;
			}
		if (end >= to)
		{
			out[count++] = (TvPiece) {.from = from, .to = to, .owner = owner};
			break;
		}
		out[count++] = (TvPiece) {.from = from, .to = end, .owner = owner};
		from = end;
		owner = next;
	}
	*pieces = out;
	return count;
}

/* Vehicles ------------------------------------------------------------------ */

typedef struct Vehicles
{
	TvFixes    *fixes;
	TvVehicle  *vehicles;
	uint32		count;
	uint32		room;
} Vehicles;

static void
receive_vehicle(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Vehicles   *list = target;

	if (list->count == list->room)
		list->vehicles = tv_grow(list->fixes->env->context, list->vehicles, sizeof(TvVehicle), &list->room);
	list->vehicles[list->count++] = (TvVehicle) {
		.id = DatumGetInt64(values[0]),
		.max_speed_mps = nulls[1] ? list->fixes->max_speed_mps : DatumGetFloat8(values[1])
	};
}

#define VEHICLES \
	"SELECT v.id, v.max_speed_mps FROM timevmaps.vehicles v WHERE v.world_id OPERATOR(pg_catalog.=) $1"
#define IN_ORDER " ORDER BY v.id"

/* The first that was asked for and is not among those found. */
static void
require_all(const Vehicles *list, const TvIds *ids)
{
	for (uint32 i = 0; i < ids->count; i++)
		if (i >= list->count || list->vehicles[i].id != ids->ids[i])
			tv_report_not_found("vehicle", ids->ids[i]);
}

uint32
tv_fixes_vehicles(TvFixes *fixes, const int64 *ids, uint32 id_count, TvVehicle **vehicles)
{
	Vehicles	list = {.fixes = fixes};

	if (ids == NULL)
	{
		TvArg		args[] = {tv_arg_bigint(fixes->asked.world_id)};

		tv_scan(VEHICLES IN_ORDER, lengthof(args), args, receive_vehicle, &list);
	}
	else
	{
		TvIds		sorted = {.context = fixes->env->context};
		TvArg		args[2] = {tv_arg_bigint(fixes->asked.world_id)};

		for (uint32 i = 0; i < id_count; i++)
			tv_ids_add(&sorted, ids[i]);
		tv_ids_sort(&sorted);
		args[1] = tv_arg_bigints(sorted.ids, sorted.count);
		tv_scan(VEHICLES " AND v.id OPERATOR(pg_catalog.=) ANY ($2)" IN_ORDER, lengthof(args), args, receive_vehicle, &list);
		require_all(&list, &sorted);
	}
	*vehicles = list.vehicles;
	return list.count;
}

const TvmWorldRules *
tv_fixes_world(const TvFixes *fixes)
{
	return &fixes->rules;
}

TvmMotionRules
tv_fixes_rules(const TvFixes *fixes, const TvVehicle *vehicle)
{
	TvmMotionRules rules;

	tvm_motion_rules_default(&rules);
	rules.radius_m = fixes->rules.radius_m;
	rules.max_speed_mps = vehicle->max_speed_mps;
	return rules;
}
