/*
 * local.c: least lengths to nodes that are near; see local.h.
 *
 * An entry of the heap that has become too dear is left in it and skipped when it comes out: at a node of a road
 * network that is one in ten, and no node needs to know where in the heap it is.
 */
#include "kernel/graph/search/local.h"

#include <math.h>
#include <string.h>

#define FIRST_BITS 8
#define CANCEL_INTERVAL 1024	/* nodes settled between two looks */

TvmStatus
tvm_local_init(TvmEnv *env, TvmLocal *local, const TvmLocalGraph *graph)
{
	memset(local, 0, sizeof(*local));
	local->graph = graph;
	local->slot_bits = FIRST_BITS;
	local->slots = tvm_alloc_zero(env, (size_t) 1 << FIRST_BITS, sizeof(TvmLocalSlot));
	return local->slots == NULL ? TVM_NOMEM : TVM_OK;
}

void
tvm_local_free(TvmEnv *env, TvmLocal *local)
{
	tvm_free(env, local->heap);
	tvm_free(env, local->labels);
	tvm_free(env, local->slots);
	memset(local, 0, sizeof(*local));
}

/* Labels -------------------------------------------------------------------- */

/* Where a node is, or would be. */
static TvmLocalSlot *
find_slot(const TvmLocal *local, uint32_t node)
{
	uint32_t	mask = (UINT32_C(1) << local->slot_bits) - 1;
	uint32_t	at = (node * UINT32_C(0x9e3779b1)) >> (32 - local->slot_bits);

	while (local->slots[at].run == local->run && local->slots[at].node != node)
		at = (at + 1) & mask;
	return &local->slots[at];
}

static TvmStatus
rehash(TvmEnv *env, TvmLocal *local)
{
	TvmLocalSlot *slots = tvm_alloc_zero(env, (size_t) 2 << local->slot_bits, sizeof(TvmLocalSlot));

	if (slots == NULL)
		return TVM_NOMEM;
	tvm_free(env, local->slots);
	local->slots = slots;
	local->slot_bits++;
	for (size_t i = 0; i < local->label_count; i++)
	{
		TvmLocalSlot *slot = find_slot(local, local->labels[i].node);

		*slot = (TvmLocalSlot) {.node = local->labels[i].node, .run = local->run, .label = (uint32_t) i};
	}
	return TVM_OK;
}

/* The label of a node, made where it has none; its index. */
static TvmStatus
enter(TvmEnv *env, TvmLocal *local, uint32_t node, uint32_t *label)
{
	TvmLocalSlot *slot = find_slot(local, node);
	TvmStatus	status;

	if (slot->run == local->run)
	{
		*label = slot->label;
		return TVM_OK;
	}
	status = tvm_grow(env, &local->labels, local->label_count, &local->label_capacity, sizeof(TvmLocalLabel));
	if (status != TVM_OK)
		return status;
	*label = (uint32_t) local->label_count++;
	local->labels[*label] = (TvmLocalLabel) {.cost = INFINITY, .length = INFINITY, .node = node, .from = TVM_LOCAL_NONE, .arc = TVM_LOCAL_NONE};
	*slot = (TvmLocalSlot) {.node = node, .run = local->run, .label = *label};
	return local->label_count >> (local->slot_bits - 1) != 0 ? rehash(env, local) : TVM_OK;
}

/* The heap ------------------------------------------------------------------ */

static bool
is_before(const TvmLocal *local, TvmLocalEntry a, TvmLocalEntry b)
{
	return a.cost < b.cost || (a.cost == b.cost && local->labels[a.label].node < local->labels[b.label].node);
}

static TvmStatus
push(TvmEnv *env, TvmLocal *local, TvmLocalEntry entry)
{
	TvmStatus	status = tvm_grow(env, &local->heap, local->heap_count, &local->heap_capacity, sizeof(TvmLocalEntry));
	size_t		at;

	if (status != TVM_OK)
		return status;
	for (at = local->heap_count++; at > 0 && is_before(local, entry, local->heap[(at - 1) / 2]); at = (at - 1) / 2)
		local->heap[at] = local->heap[(at - 1) / 2];
	local->heap[at] = entry;
	return TVM_OK;
}

static TvmLocalEntry
pop(TvmLocal *local)
{
	TvmLocalEntry first = local->heap[0];
	TvmLocalEntry last = local->heap[--local->heap_count];
	size_t		at = 0;

	for (size_t child = 1; child < local->heap_count; child = 2 * at + 1)
	{
		if (child + 1 < local->heap_count && is_before(local, local->heap[child + 1], local->heap[child]))
			child++;
		if (!is_before(local, local->heap[child], last))
			break;
		local->heap[at] = local->heap[child];
		at = child;
	}
	if (local->heap_count > 0)
		local->heap[at] = last;
	return first;
}

/* The search ---------------------------------------------------------------- */

static TvmStatus
reach(TvmEnv *env, TvmLocal *local, uint32_t from, uint32_t node, uint32_t arc, double length, double factor)
{
	double		cost = local->labels[from].cost + length * factor;
	uint32_t	label;
	TvmStatus	status = enter(env, local, node, &label);

	if (status != TVM_OK || !(cost < local->labels[label].cost))
		return status;
	local->labels[label].cost = cost;
	local->labels[label].length = local->labels[from].length + length;
	local->labels[label].from = from;
	local->labels[label].arc = arc;
	return push(env, local, (TvmLocalEntry) {.cost = cost, .label = label});
}

/* The first extra arc out of a node, or beyond those. */
static size_t
find_extra(const TvmLocalGraph *graph, uint32_t node)
{
	size_t		low = 0;
	size_t		high = graph->extra_count;

	while (low < high)
	{
		size_t		middle = low + (high - low) / 2;

		if (graph->extras[middle].from < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What an arc is worth; INFINITY where it is closed. */
static double
length_of(const TvmLocalGraph *graph, uint32_t arc, double *factor)
{
	double		length = tvm_weight(&graph->weights, TVM_ARC_SEGMENT(arc));

	*factor = 1;
	if (length == INFINITY && graph->closed != NULL)
	{
		length = graph->closed(graph->context, TVM_ARC_SEGMENT(arc));
		*factor = graph->closed_factor;
	}
	if (graph->pace != NULL)
		*factor *= graph->pace(graph->context, TVM_ARC_SEGMENT(arc));
	return length;
}

size_t
tvm_local_leads_on(const TvmLocalGraph *graph, uint32_t node, size_t most)
{
	const TvmTopology *topology = graph->topology;
	size_t		count = 0;
	double		factor;

	for (uint32_t i = topology->out_first[node]; count < most && i < topology->out_first[node + 1]; i++)
		count += length_of(graph, topology->out[i].arc, &factor) < INFINITY;
	for (size_t i = find_extra(graph, node); count < most && i < graph->extra_count && graph->extras[i].from == node; i++)
		count++;
	return count;
}

static TvmStatus
go_on(TvmEnv *env, TvmLocal *local, uint32_t label)
{
	const TvmLocalGraph *graph = local->graph;
	const TvmTopology *topology = graph->topology;
	uint32_t	node = local->labels[label].node;
	TvmStatus	status = TVM_OK;

	for (uint32_t i = topology->out_first[node]; status == TVM_OK && i < topology->out_first[node + 1]; i++)
	{
		TvmArcEnd	end = topology->out[i];
		double		factor;
		double		length = length_of(graph, end.arc, &factor);

		if (length < INFINITY)
			status = reach(env, local, label, end.node, end.arc, length, factor);
	}
	for (size_t i = find_extra(graph, node); status == TVM_OK && i < graph->extra_count && graph->extras[i].from == node; i++)
	{
		const TvmLocalExtra *extra = &graph->extras[i];
		double		pace = graph->pace != NULL ? graph->pace(graph->context, TVM_ARC_SEGMENT(extra->arc)) : 1;

		status = reach(env, local, label, extra->to, extra->arc, extra->length, extra->factor * pace);
	}
	return status;
}

static TvmStatus
begin(TvmEnv *env, TvmLocal *local, uint32_t from, const uint32_t *to, size_t to_count, size_t *wanted)
{
	uint32_t	label;
	TvmStatus	status;

	if (++local->run == 0)
	{
		memset(local->slots, 0, sizeof(TvmLocalSlot) << local->slot_bits);
		local->run = 1;
	}
	local->label_count = 0;
	local->heap_count = 0;
	*wanted = 0;
	for (size_t i = 0; i < to_count; i++)
	{
		status = enter(env, local, to[i], &label);
		if (status != TVM_OK)
			return status;
		*wanted += !local->labels[label].wanted;
		local->labels[label].wanted = true;
	}
	status = enter(env, local, from, &label);
	if (status != TVM_OK)
		return status;
	local->labels[label].cost = 0;
	local->labels[label].length = 0;
	return push(env, local, (TvmLocalEntry) {.cost = 0, .label = label});
}

TvmStatus
tvm_local_run(TvmEnv *env, TvmLocal *local, uint32_t from, const uint32_t *to, size_t to_count, double bound)
{
	size_t		wanted;
	TvmStatus	status = begin(env, local, from, to, to_count, &wanted);

	while (status == TVM_OK && local->heap_count > 0 && wanted > 0)
	{
		TvmLocalEntry entry = pop(local);
		TvmLocalLabel *label = &local->labels[entry.label];

		if (label->settled)
			continue;
		if (entry.cost > bound)
			break;
		label->settled = true;
		wanted -= label->wanted;
		if (++local->settled % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (wanted > 0)
			status = go_on(env, local, entry.label);
	}
	return status;
}

const TvmLocalLabel *
tvm_local_label(const TvmLocal *local, uint32_t node)
{
	const TvmLocalSlot *slot = find_slot(local, node);

	return slot->run == local->run && local->labels[slot->label].settled ? &local->labels[slot->label] : NULL;
}

size_t
tvm_local_path(const TvmLocal *local, const TvmLocalLabel *label, uint32_t *arcs, size_t capacity)
{
	size_t		count = 0;

	for (; label->from != TVM_LOCAL_NONE; label = &local->labels[label->from])
	{
		if (count < capacity)
			arcs[count] = label->arc;
		count++;
	}
	return count;
}
