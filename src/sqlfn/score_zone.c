/*
 * score_zone.c: what adds up of all vehicles in a zone: tv_zone_score.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/visit/visits.h"
#include "bridge/zone/zones.h"
#include "sqlfn/motion_score.h"

PG_FUNCTION_INFO_V1(tv_zone_score);

/* Of an interval, over all vehicles. */
typedef struct Total
{
	int64		vehicles;		/* that were in it */
	int64		inside;			/* when it begins */
	int64		entered;
	int64		appeared;
	int64		left;
	int64		lost;
	int64		crossed;
	int64		dwell_us;
} Total;

typedef struct Totals
{
	const TimestampTz *bounds;
	uint32		count;
	Total	   *totals;			/* one more than intervals */
} Totals;

/* The interval of a moment, count for one that is not before the end. */
static uint32
find_interval(const Totals *totals, TimestampTz t)
{
	uint32		low = 0;
	uint32		high = totals->count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (totals->bounds[middle + 1] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* `counted` is the first interval of which the vehicle has not been counted yet; what it is afterwards. */
static uint32
add_visit(const Totals *totals, const TvVisit *visit, uint32 counted)
{
	uint32		first = find_interval(totals, visit->from);
	uint32		last = visit->ended == TV_ENDED_INSIDE ? totals->count : find_interval(totals, visit->to);

	if (visit->began == TV_BEGAN_INSIDE)
		totals->totals[0].inside++;
	else
	{
		totals->totals[first].entered += visit->began == TV_BEGAN_ENTERED;
		totals->totals[first].appeared += visit->began == TV_BEGAN_APPEARED;
		totals->totals[first].crossed += !visit->fix;
	}
	if (visit->ended != TV_ENDED_INSIDE)
	{
		totals->totals[last].left += visit->ended == TV_ENDED_LEFT;
		totals->totals[last].lost += visit->ended == TV_ENDED_LOST;
	}
	for (uint32 j = first; j <= last && j < totals->count; j++)
	{
		tv_interrupts_at(j);
		totals->totals[j].dwell_us += Min(visit->to, totals->bounds[j + 1]) - Max(visit->from, totals->bounds[j]);
		if (j > first)
			totals->totals[j].inside++;
		if (j >= counted)
		{
			totals->totals[j].vehicles++;
			counted = j + 1;
		}
	}
	/* Still in it when the last one ends, and no more. */
	if (last == totals->count && first < totals->count)
		totals->totals[totals->count].inside++;
	return counted;
}

static void
add_vehicle(const Totals *totals, const TvVisits *visits, const TvZones *zones, int64 zone_id)
{
	uint32		counted = 0;

	for (uint32 i = 0; i < visits->count; i++)
		if (zones->zones[visits->visits[i].area].id == zone_id)
			counted = add_visit(totals, &visits->visits[i], counted);
}

static void
emit_totals(FunctionCallInfo fcinfo, const Totals *totals)
{
	for (uint32 j = 0; j < totals->count; j++)
	{
		const Total *total = &totals->totals[j];
		TvRow		row = {0};

		tv_interrupts_at(j);
		tv_put(&row, TimestampTzGetDatum(totals->bounds[j]), false);
		tv_put(&row, TimestampTzGetDatum(totals->bounds[j + 1]), false);
		tv_put_bigint(&row, total->vehicles);
		tv_put_bigint(&row, total->inside);
		tv_put_bigint(&row, totals->totals[j + 1].inside);
		tv_put_bigint(&row, total->entered);
		tv_put_bigint(&row, total->appeared);
		tv_put_bigint(&row, total->left);
		tv_put_bigint(&row, total->lost);
		tv_put_bigint(&row, total->crossed);
		tv_put_seconds(&row, total->dwell_us);
		tv_emit(fcinfo, &row);
	}
}

Datum
tv_zone_score(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, 7);
	TvZonesAsked zone = {
		.world_id = asked.world_id, .timeline_id = asked.timeline_id, .zone_id = tv_get_bigint(fcinfo, 2, "zone_id"),
		.box = {.west = -180, .south = -90, .east = 180, .north = 90}
	};
	double		max_gap_s = tv_get_amount(fcinfo, 6, "max_gap_s", 0);
	Totals		totals = {0};
	TvTrack		track = {0};
	TvVisits	visits = {0};
	TimestampTz from;
	TimestampTz to;
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TvVisiting *visiting;
	TvZones		zones;
	TvEnv	   *env;
	uint32		count;

	tv_get_range(fcinfo, 3, &from, &to);
	totals.bounds = tv_get_bounds(fcinfo, 5, from, to, &totals.count);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_zone_score");
	fixes = tv_fixes_open(env, &asked);
	count = tv_fixes_vehicles(fixes, NULL, 0, &vehicles);
	tv_zones_read_rivals(env, &zone, &zones);
	visiting = tv_visiting_open(fixes, &zones);
	totals.totals = MemoryContextAllocExtended(env->context, sizeof(Total) * ((Size) totals.count + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < count && totals.count > 0; i++)
	{
		TvmMotionRules rules = tv_fixes_rules(fixes, &vehicles[i]);

		CHECK_FOR_INTERRUPTS();
		rules.max_gap_s = max_gap_s;
		tv_visits_find(visiting, &track, &vehicles[i], &rules, from, to, &visits);
		tv_visits_settle(visiting, &track, &vehicles[i], &rules, &visits);
		add_vehicle(&totals, &visits, &zones, zone.zone_id);
	}
	emit_totals(fcinfo, &totals);
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}
