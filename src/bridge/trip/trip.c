/*
 * trip.c: ways through several stops; see trip.h.
 *
 * What a leg reads and computes lies in an environment of its own, which goes before the next leg; its steps are copied.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "utils/builtins.h"

#include "bridge/network/profile.h"
#include "bridge/network/scope.h"
#include "bridge/route/matrix.h"
#include "bridge/route/route.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/scan.h"
#include "bridge/trip/trip.h"
#include "kernel/trip/trip.h"

/* Leg by leg times are added up otherwise than by the search for an order, which has allowed for less. */
#define LATE (2 * TVM_TRIP_LATE)

typedef struct Finding
{
	TvEnv	   *env;
	const TvTripRequest *request;
	TvmClock	clock;
	const char *profile_name;	/* of the vehicle, on all legs, wherever they begin */
	const TvProfile *profile;	/* what that is where the trip begins; NULL: none */
	int64	   *world_ids;		/* of the stops */
	uint32	   *order;
	TvTrip	   *trip;
} Finding;

/* Stops --------------------------------------------------------------------- */

static void
receive_stop(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Finding    *finding = target;
	uint32		stop = (uint32) (DatumGetInt64(values[0]) - 1);

	if (nulls[1])
		tv_report_not_found("timeline", finding->request->timeline_ids[stop]);
	if (!DatumGetBool(values[2]))
		tv_report_not_found("place", finding->request->place_ids[stop]);
	finding->world_ids[stop] = DatumGetInt64(values[1]);
}

/* The worlds of all stops; PT404 for one that the caller does not see. */
static void
find_worlds(Finding *finding)
{
	const TvTripRequest *request = finding->request;
	TvArg		args[] = {
		tv_arg_bigints(request->timeline_ids, request->count), tv_arg_bigints(request->place_ids, request->count)
	};

	finding->world_ids = MemoryContextAlloc(finding->env->context, sizeof(int64) * request->count);
	tv_scan("SELECT s.n, t.world_id, EXISTS (SELECT 1 FROM timevmaps.places p"
			" WHERE p.id OPERATOR(pg_catalog.=) s.place_id AND p.world_id OPERATOR(pg_catalog.=) t.world_id)"
			" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY s (timeline_id, place_id, n)"
			" LEFT JOIN LATERAL (SELECT l.world_id FROM timevmaps.timelines l"
			" WHERE l.id OPERATOR(pg_catalog.=) s.timeline_id LIMIT 1) t ON true",
			lengthof(args), args, receive_stop, finding);
}

/* What is supposed is so of the timeline where a route begins, which for each leg must be the trip's. */
static void
check_supposed(const TvTripRequest *request)
{
	for (uint32 i = 0; request->route.what_if != NULL && i < request->count; i++)
		if (request->timeline_ids[i] != request->route.timeline_id)
			tv_report_invalid("overrides", "must be null where stops are on other timelines", NULL,
							  "Make a branch with tv_branch(), and ask there.");
}

static void
begin(Finding *finding)
{
	const TvTripRequest *request = finding->request;
	const TvRouteRequest *route = &request->route;
	TvTrip	   *trip = finding->trip;
	TvRows	   *rows;

	if (route->metric != NULL)
		tv_metric_parse(route->metric);
	check_supposed(request);
	SPI_connect();
	rows = tv_load_scope(finding->env, route->world_id, route->timeline_id, route->timeline_id, route->what_if);
	trip->metric = tv_metric_choose(route->metric, &rows->worlds[0].rules);
	finding->clock = tv_metric_is_clock(trip->metric) ? (TvmClock) trip->metric : rows->worlds[0].rules.clock;
	tv_profiles_load(rows, route->timeline_id, route->profile, NULL);
	finding->profile = rows->layers[0].profile;
	finding->profile_name = finding->profile == NULL ? TV_PROFILE_NONE
		: route->profile != NULL ? route->profile : rows->worlds[0].default_profile;
	find_worlds(finding);
	SPI_finish();
	if (request->opens != NULL && !tv_metric_is_clock(trip->metric))
		tv_report_invalid("metric", "time windows need a clock", NULL,
						  "Ask for the least time, or leave the windows out.");
}

/* The request for a way from a stop to a stop. */
static TvRouteRequest
between(const Finding *finding, uint32 from, uint32 to)
{
	const TvTripRequest *request = finding->request;
	TvRouteRequest leg = request->route;

	leg.world_id = finding->world_ids[from];
	leg.timeline_id = request->timeline_ids[from];
	leg.origin_place_id = request->place_ids[from];
	leg.dest_timeline_id = request->timeline_ids[to];
	leg.dest_place_id = request->place_ids[to];
	leg.metric = tv_metric_name(finding->trip->metric);
	leg.profile = finding->profile_name;
	leg.otherwise = finding->profile;
	return leg;
}

/* The best order ------------------------------------------------------------ */

/* The stops of a timeline, their places beside them; how many. */
static uint32
stops_of(const TvTripRequest *request, int64 timeline_id, uint32 *stops, int64 *place_ids)
{
	uint32		count = 0;

	for (uint32 i = 0; i < request->count; i++)
		if (request->timeline_ids[i] == timeline_id)
		{
			stops[count] = i;
			place_ids[count++] = request->place_ids[i];
		}
	return count;
}

/* Whether a stop is the first of its timeline. */
static bool
is_first(const TvTripRequest *request, uint32 stop)
{
	for (uint32 i = 0; i < stop; i++)
		if (request->timeline_ids[i] == request->timeline_ids[stop])
			return false;
	return true;
}

/* What lies between the stops of two timelines, which these two are the first of. */
static void
fill_costs(const Finding *finding, uint32 from, uint32 to, double *costs)
{
	const TvTripRequest *request = finding->request;
	uint32		count = request->count;
	TvRouteRequest ways = between(finding, from, to);
	TvEnv	   *env = tv_env_create("costs of a trip");
	uint32	   *origins = tv_env_take(env, sizeof(uint32) * count);
	uint32	   *dests = tv_env_take(env, sizeof(uint32) * count);
	int64	   *origin_ids = tv_env_take(env, sizeof(int64) * count);
	int64	   *dest_ids = tv_env_take(env, sizeof(int64) * count);
	uint32		origin_count = stops_of(request, ways.timeline_id, origins, origin_ids);
	uint32		dest_count = stops_of(request, ways.dest_timeline_id, dests, dest_ids);
	const double *found = tv_route_matrix(env, &ways, origin_ids, origin_count, dest_ids, dest_count);

	for (uint32 o = 0; o < origin_count; o++)
		for (uint32 d = 0; d < dest_count; d++)
			costs[(Size) origins[o] * count + dests[d]] = found[(Size) o * dest_count + d];
	tv_env_delete(env);
}

static bool
find_order(Finding *finding)
{
	const TvTripRequest *request = finding->request;
	TvEnv	   *env = finding->env;
	uint32		count = request->count;
	double	   *costs = tv_env_take(env, sizeof(double) * count * count);
	bool		timed = tv_metric_is_clock(finding->trip->metric);
	TvmTrip		trip = {
		.count = count, .cost = costs, .closed = request->closed, .fixed_end = request->fixed_end,
		.service = timed ? request->service : NULL, .opens = request->opens, .closes = request->closes
	};
	TvmTripOrder found;

	for (uint32 from = 0; from < count; from++)
		for (uint32 to = 0; to < count; to++)
			if (is_first(request, from) && is_first(request, to))
				fill_costs(finding, from, to, costs);
	tv_check(env, tvm_trip_solve(&env->tvm, &trip, finding->order, &found));
	finding->trip->exact = found.exact;
	return found.found;
}

/* Legs ---------------------------------------------------------------------- */

/* The best way between two stops, in the trip's memory; or NULL. */
static TvRoute *
find_leg(const Finding *finding, uint32 from, uint32 to)
{
	TvRouteRequest request = between(finding, from, to);
	MemoryContext context = finding->env->context;
	TvEnv	   *env = tv_env_create("leg of a trip");
	TvRoute    *found = tv_route_find(env, &request);
	TvRoute    *leg = NULL;

	if (found != NULL)
	{
		Size		size = sizeof(TvRouteStep) * found->step_count;

		leg = MemoryContextAlloc(context, sizeof(TvRoute));
		*leg = *found;
		leg->steps = memcpy(MemoryContextAllocHuge(context, size), found->steps, size);
		leg->total = &leg->steps[leg->step_count - 1].so_far;
	}
	tv_env_delete(env);
	return leg;
}

/* Go to a stop, and stay there; false where no way leads there, or where one is late. */
static bool
visit(Finding *finding, uint32 stop, bool again, double *standing)
{
	const TvTripRequest *request = finding->request;
	TvTrip	   *trip = finding->trip;
	TvTripStop *here = &trip->stops[trip->count];
	double		moving = 0;

	*here = (TvTripStop) {.stop = stop, .world_id = finding->world_ids[stop]};
	if (trip->count > 0)
	{
		here->leg = find_leg(finding, here[-1].stop, stop);
		if (here->leg == NULL)
			return false;
		here->so_far = here[-1].so_far;
		tv_cost_add(&here->so_far, here->leg->total);
		moving = tvm_clocks_read(&here->so_far.clocks, finding->clock);
	}
	here->arrive = moving + *standing;
	if (!again && request->opens != NULL)
	{
		here->wait = Max(request->opens[stop] - here->arrive, 0);
		if (here->arrive > request->closes[stop] * (1 + LATE))
			return false;
	}
	if (!again && request->service != NULL)
		here->service = request->service[stop];
	*standing += here->wait + here->service;
	here->leave = moving + *standing;
	trip->count++;
	return true;
}

TvTrip *
tv_trip_find(TvEnv *env, const TvTripRequest *request)
{
	Finding		finding = {.env = env, .request = request};
	double		standing = 0;

	if (request->count > TVM_TRIP_MOST)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("too many stops"),
				 errdetail("There are %u; a trip has at most %d.", request->count, TVM_TRIP_MOST)));
	finding.trip = MemoryContextAllocZero(env->context, sizeof(TvTrip));
	finding.trip->stops = MemoryContextAlloc(env->context, sizeof(TvTripStop) * (request->count + 1));
	finding.order = MemoryContextAlloc(env->context, sizeof(uint32) * request->count);
	for (uint32 i = 0; i < request->count; i++)
		finding.order[i] = i;
	begin(&finding);
	if (request->best && !find_order(&finding))
		return NULL;
	for (uint32 i = 0; i < request->count; i++)
		if (!visit(&finding, finding.order[i], false, &standing))
			return NULL;
	if (request->closed && !visit(&finding, finding.order[0], true, &standing))
		return NULL;
	return finding.trip;
}
