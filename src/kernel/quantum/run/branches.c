/*
 * branches.c: groups of trajectories, their splits and the states kept for them;
 * see branches.h.
 */
#include "kernel/quantum/run/branches.h"

#include <string.h>

/* Codes are Pauli errors on two qubits at most. */
#define CODES 16

/* Plans are kept in half of what memory is spare, at most this. */
#define PLAN_ROOM ((uint64_t) 32 << 20)

static uint64_t
room_for(uint64_t trajectories)
{
	return trajectories < TVM_BATCH ? trajectories : TVM_BATCH;
}

uint64_t
tvm_branches_bytes(const TvmCircuit *circuit, uint64_t trajectories)
{
	uint64_t	bytes = sizeof(struct TvmBranches) + room_for(trajectories) * TVM_MEMBER_BYTES;

	return trajectories < 2 ? bytes : bytes + tvm_stretches_bytes(circuit);
}

TvmStatus
tvm_branches_open(TvmEnv *env, TvmRun *run, uint64_t spare)
{
	struct TvmBranches *branches = tvm_alloc_zero(env, 1, sizeof(struct TvmBranches));
	uint64_t	level = tvm_bytes_add(tvm_bytes_add(tvm_state_bytes(run->circuit->qubits, run->options.precision),
													run->ideal.count > 0 ?
													tvm_state_bytes(run->circuit->qubits, run->options.precision) : 0),
									  2 * (uint64_t) run->words * sizeof(uint64_t));
	uint64_t	plans = 0;
	size_t		room = (size_t) room_for(run->trajectories);

	run->branches = branches;
	if (branches == NULL)
		return TVM_NOMEM;
	branches->room = room;
	branches->member = tvm_alloc(env, room, sizeof(uint32_t));
	branches->code = tvm_alloc(env, room, 1);
	branches->order = tvm_alloc(env, room, sizeof(uint32_t));
	branches->number = tvm_alloc(env, room, sizeof(double));
	branches->index = tvm_alloc(env, room, sizeof(uint64_t));
	if (branches->member == NULL || branches->code == NULL || branches->order == NULL ||
		branches->number == NULL || branches->index == NULL)
		return TVM_NOMEM;
	if (run->trajectories > 1)
	{
		plans = spare / 2 < PLAN_ROOM ? spare / 2 : PLAN_ROOM;
		branches->most_kept = (int) ((spare - plans) / level < TVM_BATCH_LEVELS ?
									 (spare - plans) / level : TVM_BATCH_LEVELS);
	}
	branches->noisy = run->noise != NULL && tvm_noise_acts(run->noise);
	for (uint32_t q = 0; q < run->circuit->qubits; q++)
		branches->reads = branches->reads || tvm_noise_read_draws(run->noise, q) > 0;
	return tvm_stretches_init(env, &branches->stretches, run->circuit, plans);
}

void
tvm_branches_close(TvmEnv *env, TvmRun *run)
{
	struct TvmBranches *branches = run->branches;

	if (branches == NULL)
		return;
	for (int i = 0; i < TVM_BATCH_LEVELS; i++)
	{
		tvm_state_free(env, &branches->kept[i].state);
		tvm_state_free(env, &branches->kept[i].ideal);
		tvm_free(env, branches->kept[i].bits);
		tvm_free(env, branches->kept[i].ideal_bits);
	}
	tvm_stretches_free(env, &branches->stretches);
	tvm_free(env, branches->member);
	tvm_free(env, branches->code);
	tvm_free(env, branches->order);
	tvm_free(env, branches->number);
	tvm_free(env, branches->index);
	tvm_free(env, branches);
	run->branches = NULL;
}

void
tvm_branches_start(TvmRun *run)
{
	struct TvmBranches *branches = run->branches;
	uint64_t	count = run->until > run->trajectory ? run->until - run->trajectory : 1;

	if (count > branches->room)
		count = branches->room;
	branches->first = run->trajectory;
	for (size_t i = 0; i < count; i++)
		branches->member[i] = (uint32_t) i;
	branches->from = 0;
	branches->end = (size_t) count;
	memset(&branches->place, 0, sizeof(branches->place));
}

/* Order the group's members by code, the largest part first; where the last part starts. */
static size_t
part(struct TvmBranches *branches)
{
	size_t		count[CODES] = {0};
	size_t		start[CODES];
	size_t		at = branches->from;
	size_t		last = at;
	uint32_t	largest = 0;

	for (size_t i = branches->from; i < branches->end; i++)
		count[branches->code[i]]++;
	for (uint32_t code = 1; code < CODES; code++)
		if (count[code] > count[largest])
			largest = code;
	start[largest] = at;
	at += count[largest];
	for (uint32_t code = 0; code < CODES; code++)
		if (code != largest && count[code] > 0)
		{
			last = start[code] = at;
			at += count[code];
		}
	for (size_t i = branches->from; i < branches->end; i++)
		branches->order[start[branches->code[i]]++] = branches->member[i];
	memcpy(branches->member + branches->from, branches->order + branches->from,
		   (branches->end - branches->from) * sizeof(uint32_t));
	for (uint32_t code = 0; code < CODES; code++)	/* start is now each part's end */
		if (count[code] > 0)
			memset(branches->code + start[code] - count[code], (int) code, count[code]);
	return last;
}

/* Copy the state in hand to a level. */
static TvmStatus
keep(TvmEnv *env, TvmRun *run, TvmKept *kept)
{
	uint32_t	qubits = run->circuit->qubits;
	bool		ideal = run->ideal.count > 0 && !run->ideal_shared;
	TvmStatus	status = TVM_OK;

	if (kept->bits == NULL)
		kept->bits = tvm_alloc(env, run->words, sizeof(uint64_t));
	if (kept->ideal_bits == NULL)
		kept->ideal_bits = tvm_alloc(env, run->words, sizeof(uint64_t));
	if (kept->bits == NULL || kept->ideal_bits == NULL)
		return TVM_NOMEM;
	if (kept->state.count == 0)
		status = tvm_state_init_as(env, &kept->state, qubits, run->options.precision, 0);
	if (status == TVM_OK && ideal && kept->ideal.count == 0)
		status = tvm_state_init_as(env, &kept->ideal, qubits, run->options.precision, 0);
	if (status == TVM_OK)
		status = tvm_state_copy(env, &kept->state, &run->state);
	if (status == TVM_OK && ideal)
		status = tvm_state_copy(env, &kept->ideal, &run->ideal);
	memcpy(kept->bits, run->bits, run->words * sizeof(uint64_t));
	memcpy(kept->ideal_bits, run->ideal_bits, run->words * sizeof(uint64_t));
	return status;
}

TvmStatus
tvm_branches_split(TvmEnv *env, TvmRun *run)
{
	struct TvmBranches *branches = run->branches;
	TvmLevel   *level = &branches->level[branches->depth];
	size_t		i = branches->from + 1;
	TvmStatus	status = TVM_OK;

	while (i < branches->end && branches->code[i] == branches->code[branches->from])
		i++;
	if (i >= branches->end)
		return TVM_OK;
	level->from = branches->from;
	level->end = part(branches);
	level->place = branches->place;
	level->place.next = run->next;
	level->place.ideal_lost = run->ideal_lost;
	level->place.known = run->known;
	level->place.ideal_known = run->ideal_known;
	level->kept = branches->depth < branches->most_kept;
	if (level->kept)
		status = keep(env, run, &branches->kept[branches->depth]);
	branches->from = level->end;
	branches->depth++;
	return status;
}

static void
exchange(TvmState *a, TvmState *b)
{
	TvmState	kept = *a;

	*a = *b;
	*b = kept;
}

TvmStatus
tvm_branches_resume(TvmEnv *env, TvmRun *run, bool *again)
{
	struct TvmBranches *branches = run->branches;
	TvmLevel   *level = &branches->level[branches->depth - 1];
	TvmKept    *kept = &branches->kept[branches->depth - 1];
	bool		ideal = run->ideal.count > 0 && !run->ideal_shared;
	size_t		start = level->end - 1;
	TvmStatus	status = TVM_OK;

	*again = !level->kept;
	while (start > level->from &&
		   (!level->kept || branches->code[start - 1] == branches->code[start]))
		start--;
	branches->from = start;
	branches->end = level->end;
	level->end = start;
	run->trajectory = branches->first + branches->member[start];
	if (start == level->from)
		branches->depth--;
	if (*again)
	{
		memset(&branches->place, 0, sizeof(branches->place));
		return TVM_OK;
	}
	branches->place = level->place;
	run->next = level->place.next;
	run->ideal_lost = level->place.ideal_lost;
	run->known = level->place.known;
	run->ideal_known = level->place.ideal_known;
	memcpy(run->bits, kept->bits, run->words * sizeof(uint64_t));
	memcpy(run->ideal_bits, kept->ideal_bits, run->words * sizeof(uint64_t));
	if (start == level->from)
	{
		exchange(&run->state, &kept->state);
		if (ideal)
			exchange(&run->ideal, &kept->ideal);
		return TVM_OK;
	}
	status = tvm_state_copy(env, &run->state, &kept->state);
	if (status == TVM_OK && ideal)
		status = tvm_state_copy(env, &run->ideal, &kept->ideal);
	return status;
}
