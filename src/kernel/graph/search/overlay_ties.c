/*
 * overlay_ties.c: which of the ways of equal cost over an overlay a route takes; see ties.h.
 *
 * A step leads from an arrival, or the origin, within its layer to a departure and on by one of its
 * links; or within its layer to the destination.  How many gateways are left from where is
 * found first, back from the destination, which takes no more than looking at costs that are
 * there.  Only where more than one way has the fewest are legs asked what they are worth
 * otherwise, forward from the origin, and none twice.
 */
#include "kernel/graph/search/overlay_search.h"

#include <math.h>
#include <string.h>

#include "kernel/graph/search/ties.h"

#define ORIGIN TVM_OVERLAY_ORIGIN
#define UNKNOWN UINT32_MAX

typedef struct Choice
{
	TvmEnv	   *env;
	TvmOverlaySearch *search;
	const TvmOverlay *overlay;
	const TvmOverlayTies *ties;
	double		slack;
	uint32_t   *gateways;		/* left from each arrival, and last from the origin; or UNKNOWN */
	uint32_t   *now;			/* arrivals (the origin: their number) of this number of gateways to be looked at */
	uint32_t   *next;
	double	   *other;			/* from the origin to each arrival */
	double		best;			/* and to the destination */
} Choice;

/* What leads to a departure: from an arrival, or the origin, within its layer. */
static double
cost_to(const Choice *choice, uint32_t arrival, uint32_t departure)
{
	const TvmOverlay *overlay = choice->overlay;
	uint32_t	layer;
	uint32_t	first;
	uint32_t	count;

	if (arrival == overlay->arrival_count)
		return choice->search->origin_cost[departure - overlay->first_departure[choice->search->from.layer]];
	layer = overlay->links[overlay->arriving[overlay->first_arriving[arrival]]].to.layer;
	first = overlay->first_departure[layer];
	count = overlay->first_departure[layer + 1] - first;
	return choice->search->arrival_cost[arrival]
		+ overlay->inner[layer][(size_t) (arrival - overlay->first_arrival[layer]) * count + (departure - first)];
}

static uint32_t
layer_of(const Choice *choice, uint32_t arrival)
{
	const TvmOverlay *overlay = choice->overlay;

	return arrival == overlay->arrival_count ? choice->search->from.layer
		: overlay->links[overlay->arriving[overlay->first_arriving[arrival]]].to.layer;
}

static uint32_t
node_of(const Choice *choice, uint32_t arrival)
{
	return arrival == choice->overlay->arrival_count ? choice->search->from.node : choice->overlay->arrival_node[arrival];
}

static bool
is_tight(const Choice *choice, uint32_t before, uint32_t link)
{
	const TvmOverlay *overlay = choice->overlay;
	double		cost = cost_to(choice, before, overlay->link_departure[link]) + overlay->links[link].cost;

	return cost < INFINITY && cost <= choice->search->arrival_cost[overlay->link_arrival[link]] + choice->slack;
}

/* Whether the destination is a tight step away. */
static bool
is_last(const Choice *choice, uint32_t arrival)
{
	const TvmOverlaySearch *search = choice->search;
	double		cost = arrival == choice->overlay->arrival_count ? search->direct
		: search->arrival_cost[arrival] + search->dest_cost[arrival];

	return cost < INFINITY && cost <= search->best + choice->slack;
}

static bool
is_gateway(const Choice *choice, uint32_t link)
{
	return choice->ties == NULL || choice->ties->is_gateway(choice->ties->context, link);
}

/* Gateways left -------------------------------------------------------------- */

static void
reach(Choice *choice, uint32_t arrival, uint32_t gateways, uint32_t *list, uint32_t *count)
{
	if (choice->gateways[arrival] <= gateways)
		return;
	choice->gateways[arrival] = gateways;
	list[(*count)++] = arrival;
}

/* The steps that lead to an arrival. */
static void
reach_back(Choice *choice, uint32_t arrival, uint32_t *now, uint32_t *next)
{
	const TvmOverlay *overlay = choice->overlay;
	uint32_t	level = choice->gateways[arrival];

	for (uint32_t i = overlay->first_arriving[arrival]; i < overlay->first_arriving[arrival + 1]; i++)
	{
		uint32_t	link = overlay->arriving[i];
		uint32_t	layer = overlay->links[link].from.layer;
		bool		counts = is_gateway(choice, link);

		for (uint32_t b = overlay->first_arrival[layer]; b < overlay->first_arrival[layer + 1]; b++)
			if (choice->gateways[b] > level && choice->search->arrival_cost[b] < INFINITY && is_tight(choice, b, link))
				reach(choice, b, level + counts, counts ? choice->next : choice->now, counts ? next : now);
		if (layer == choice->search->from.layer && is_tight(choice, overlay->arrival_count, link))
			reach(choice, overlay->arrival_count, level + counts, counts ? choice->next : choice->now,
				  counts ? next : now);
	}
}

/* Until the origin is reached, level by level.  An arrival is in a list twice at most: for the next level, and by a link of this. */
static TvmStatus
count_gateways(Choice *choice)
{
	const TvmOverlay *overlay = choice->overlay;
	uint32_t	origin = overlay->arrival_count;
	uint32_t	now = 0;

	for (uint32_t a = 0; a <= origin; a++)
	{
		choice->gateways[a] = UNKNOWN;
		if (is_last(choice, a))
			reach(choice, a, 0, choice->now, &now);
	}
	for (uint32_t level = 0; now > 0; level++)
	{
		uint32_t	next = 0;
		uint32_t   *list;

		for (uint32_t i = 0; i < now; i++)
		{
			uint32_t	arrival = choice->now[i];

			if (tvm_cancelled(choice->env))
				return TVM_CANCELLED;
			if (arrival != origin && choice->gateways[arrival] == level)
				reach_back(choice, arrival, &now, &next);
		}
		if (choice->gateways[origin] <= level)
			return TVM_OK;
		list = choice->now;
		choice->now = choice->next;
		choice->next = list;
		now = next;
	}
	return tvm_fail(choice->env, TVM_INVALID, "labels do not lead back to the origin", NULL, NULL);
}

/* The other measure ---------------------------------------------------------- */

/* Whether a step by this link is on a way over the fewest gateways. */
static bool
is_on_way(const Choice *choice, uint32_t before, uint32_t link)
{
	uint32_t	left = choice->gateways[choice->overlay->link_arrival[link]];

	return left != UNKNOWN && choice->gateways[before] == left + is_gateway(choice, link) && is_tight(choice, before, link);
}

/* The only way, where there is only one: followed from the origin. */
static bool
follow_only(Choice *choice)
{
	const TvmOverlay *overlay = choice->overlay;
	uint32_t	at = overlay->arrival_count;
	uint32_t	steps = 0;

	for (;;)
	{
		uint32_t	layer = layer_of(choice, at);
		uint32_t	only = TVM_CCH_NONE;
		uint32_t	count = choice->gateways[at] == 0 && is_last(choice, at);

		for (uint32_t d = overlay->first_departure[layer]; d < overlay->first_departure[layer + 1]; d++)
			for (uint32_t i = overlay->first_link[d]; i < overlay->first_link[d + 1]; i++)
				if (is_on_way(choice, at, overlay->departing[i]))
				{
					only = overlay->departing[i];
					count++;
				}
		if (count != 1 || steps++ > overlay->arrival_count)
			return false;
		if (only == TVM_CCH_NONE)
		{
			choice->search->last = at == overlay->arrival_count ? ORIGIN : at;
			return true;
		}
		choice->search->arrival_link[overlay->link_arrival[only]] = only;
		choice->search->previous[overlay->link_arrival[only]] = at == overlay->arrival_count ? ORIGIN : at;
		at = overlay->link_arrival[only];
	}
}

/* What a leg from an arrival is worth, onto `other`. */
static TvmStatus
add_leg(Choice *choice, uint32_t arrival, uint32_t node, double *other)
{
	TvmLeg		leg = {.layer = layer_of(choice, arrival), .from = node_of(choice, arrival), .to = node, .link = TVM_CCH_NONE};
	double		worth = 0;
	TvmStatus	status = TVM_OK;

	if (tvm_cancelled(choice->env))
		return TVM_CANCELLED;
	if (choice->ties != NULL && leg.from != leg.to)
		status = choice->ties->leg(choice->env, choice->ties->context, &leg, &worth);
	*other += worth;
	return status;
}

/* The steps from an arrival, whose worth is final. */
static TvmStatus
go_on(Choice *choice, uint32_t arrival, double other)
{
	const TvmOverlay *overlay = choice->overlay;
	TvmOverlaySearch *search = choice->search;
	uint32_t	layer = layer_of(choice, arrival);
	uint32_t	before = arrival == overlay->arrival_count ? ORIGIN : arrival;
	TvmStatus	status = TVM_OK;

	if (choice->gateways[arrival] == 0 && is_last(choice, arrival))
	{
		double		sum = other;

		status = add_leg(choice, arrival, search->to.node, &sum);
		if (status == TVM_OK && !(sum >= choice->best))
		{
			choice->best = sum;
			search->last = before;
		}
	}
	for (uint32_t d = overlay->first_departure[layer]; d < overlay->first_departure[layer + 1] && status == TVM_OK; d++)
	{
		double		there = -1;

		for (uint32_t i = overlay->first_link[d]; i < overlay->first_link[d + 1] && status == TVM_OK; i++)
		{
			uint32_t	link = overlay->departing[i];
			uint32_t	to = overlay->link_arrival[link];
			double		sum;

			if (!is_on_way(choice, arrival, link))
				continue;
			if (there < 0)
			{
				there = other;
				status = add_leg(choice, arrival, overlay->departure_node[d], &there);
			}
			sum = 0;
			if (status == TVM_OK && choice->ties != NULL)
				status = choice->ties->link(choice->env, choice->ties->context, link, &sum);
			sum += there;
			if (status == TVM_OK && !(sum >= choice->other[to]))
			{
				choice->other[to] = sum;
				search->arrival_link[to] = link;
				search->previous[to] = before;
				tvm_heap_push(&search->heap, to, sum);
			}
		}
	}
	return status;
}

/* Dijkstra's algorithm over the steps that are on ways over the fewest gateways. */
static TvmStatus
find_least(Choice *choice)
{
	const TvmOverlay *overlay = choice->overlay;
	TvmHeap    *heap = &choice->search->heap;
	TvmStatus	status;

	tvm_heap_clear(heap);
	choice->best = NAN;
	for (uint32_t a = 0; a < overlay->arrival_count; a++)
		choice->other[a] = NAN; /* not known; INFINITY is a worth */
	status = go_on(choice, overlay->arrival_count, 0);
	while (status == TVM_OK && heap->count > 0)
	{
		TvmHeapEntry least = tvm_heap_pop(heap);

		if (least.key >= choice->best)
			break;
		status = go_on(choice, least.item, least.key);
	}
	return status;
}

static TvmStatus
choose(Choice *choice)
{
	TvmStatus	status = count_gateways(choice);

	return status != TVM_OK || follow_only(choice) ? status : find_least(choice);
}

/* What the way costs that the search's arrays name. */
static double
measure(const TvmOverlaySearch *search)
{
	const TvmOverlay *overlay = search->overlay;
	double		cost = search->last == ORIGIN ? search->direct : search->dest_cost[search->last];

	for (uint32_t a = search->last; a != ORIGIN; a = search->previous[a])
	{
		uint32_t	link = search->arrival_link[a];
		uint32_t	departure = overlay->link_departure[link];
		uint32_t	layer = overlay->links[link].from.layer;
		uint32_t	first = overlay->first_departure[layer];
		uint32_t	count = overlay->first_departure[layer + 1] - first;

		cost += overlay->links[link].cost + (search->previous[a] == ORIGIN ? search->origin_cost[departure - first]
			: overlay->inner[layer][(size_t) (search->previous[a] - overlay->first_arrival[layer]) * count + (departure - first)]);
	}
	return cost;
}

TvmStatus
tvm_overlay_choose(TvmEnv *env, TvmOverlaySearch *search, const TvmOverlayTies *ties)
{
	const TvmOverlay *overlay = search->overlay;
	size_t		arrivals = (size_t) overlay->arrival_count + 1;
	Choice		choice = {.env = env, .search = search, .overlay = overlay, .ties = ties, .slack = search->best * TVM_TIE};
	TvmStatus	status = TVM_NOMEM;

	choice.gateways = tvm_alloc(env, arrivals, sizeof(uint32_t));
	choice.now = tvm_alloc(env, 2 * arrivals, sizeof(uint32_t));
	choice.next = tvm_alloc(env, 2 * arrivals, sizeof(uint32_t));
	choice.other = tvm_alloc(env, arrivals, sizeof(double));
	if (choice.gateways != NULL && choice.now != NULL && choice.next != NULL && choice.other != NULL)
		status = choose(&choice);
	if (status == TVM_OK && measure(search) > search->best + choice.slack * 2)
	{
		/* Steps that are really longer, too many of them. */
		choice.slack = 0;
		status = choose(&choice);
	}
	tvm_free(env, choice.gateways);
	tvm_free(env, choice.now);
	tvm_free(env, choice.next);
	tvm_free(env, choice.other);
	return status;
}
