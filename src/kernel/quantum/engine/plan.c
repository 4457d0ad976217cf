/*
 * plan.c: atoms into passes and steps; see plan.h.
 *
 * One walk over the waiting atoms makes a pass: an atom goes in when nothing that
 * waits before it stands in its way and its mixed qubits are in the block, or fit
 * into it; otherwise it waits, and stands in the way of what does not commute with it.
 */
#include "kernel/quantum/engine/plan.h"

#include <string.h>

#include "kernel/quantum/engine/compile.h"
#include "kernel/quantum/engine/execute.h"
#include "kernel/quantum/engine/plan_memory.h"
#include "kernel/quantum/state/gate_matrices.h"

/* Measured: see docs/engine.md. */
#define BLOCK_BITS_DOUBLE 14
#define BLOCK_BITS_SINGLE 15
#define LOW_BITS_DOUBLE 4
#define LOW_BITS_SINGLE 5
#define TILE_BITS_DOUBLE 10
#define TILE_BITS_SINGLE 11

/* How far back an atom looks for a step to join. */
#define LOOK_BACK 64

/* Below so many qubits, or so many gates times amplitudes, gates are applied one by one. */
#define SMALL_QUBITS 5
#define SMALL_WORK 1024

/* What planning a gate may allocate: atoms, steps, passes and their work. */
#define GATE_BYTES ((uint64_t) 3 << 10)

static uint64_t
low_mask(uint32_t bits)
{
	return bits >= 64 ? UINT64_MAX : ((uint64_t) 1 << bits) - 1;
}

static bool
commutes(const TvmPlanStep *step, const TvmAtom *atom)
{
	return (step->qubits & atom->mixed) == 0 && (step->mixed & atom->qubits) == 0;
}

static bool
may_join(const TvmPlanStep *step, const TvmAtom *atom)
{
	if (step->kind != (TvmAtomKind) atom->kind)
		return false;
	if (atom->kind == TVM_ATOM_BUTTERFLY)
		return (step->qubits & atom->qubits) == 0;
	return atom->kind == TVM_ATOM_DIAGONAL || atom->kind == TVM_ATOM_PERMUTE;
}

/* Put an atom into the earliest step that it may join, or a new one as early as may be. */
static TvmStatus
place(TvmEnv *env, TvmPlan *plan, TvmPass *pass, uint32_t index)
{
	TvmAtom    *atom = &plan->atoms.atom[index];
	TvmPlanStep *found = NULL;
	size_t		at = plan->step_count;
	TvmStatus	status;

	pass->gates += atom->gates;
	if (atom->kind == TVM_ATOM_DIAGONAL && atom->qubits == 0)
	{
		pass->factor = tvm_complex_mul(pass->factor, atom->scale);
		return TVM_OK;
	}
	for (size_t back = 0; at > pass->first && back < LOOK_BACK; back++, at--)
	{
		if (may_join(&plan->steps[at - 1], atom))
			found = &plan->steps[at - 1];
		if (!commutes(&plan->steps[at - 1], atom))
			break;
	}
	if (found == NULL)
	{
		status = tvm_grow(env, &plan->steps, plan->step_count, &plan->step_capacity, sizeof(TvmPlanStep));
		if (status != TVM_OK)
			return status;
		found = &plan->steps[at];
		memmove(found + 1, found, (plan->step_count++ - at) * sizeof(TvmPlanStep));
		memset(found, 0, sizeof(*found));
		found->kind = (TvmAtomKind) atom->kind;
		found->first = found->last = TVM_NO_ATOM;
		found->scale = tvm_complex(1, 0);
		pass->count++;
	}
	if (found->first == TVM_NO_ATOM)
		found->first = index;
	else
		plan->atoms.atom[found->last].next = index;
	found->last = index;
	found->gates += atom->gates;
	found->qubits |= atom->qubits;
	found->mixed |= atom->mixed;
	found->scale = tvm_complex_mul(found->scale, atom->scale);
	return TVM_OK;
}

/* What is known after the steps of a pass: an X changes it, whatever else mixes ends it. */
static TvmKnown
known_after(const TvmPlan *plan, const TvmPass *pass, TvmKnown known)
{
	for (size_t i = pass->first; i < pass->first + pass->count && known.mask != 0; i++)
		for (uint32_t at = plan->steps[i].first; at != TVM_NO_ATOM; at = plan->atoms.atom[at].next)
		{
			const TvmAtom *atom = &plan->atoms.atom[at];

			if (atom->kind == TVM_ATOM_PERMUTE && atom->a == atom->b)
				known.value ^= known.mask & atom->mixed;
			else
				tvm_known_forget(&known, atom->mixed);
		}
	return known;
}

/*
 * One pass: takes what it can from the `*count` waiting atoms, whose indices are in
 * `waiting`, and leaves the others there.
 */
static TvmStatus
make_pass(TvmEnv *env, TvmPlan *plan, uint32_t *waiting, size_t *count, TvmKnown *known)
{
	uint32_t	qubits = plan->circuit->qubits;
	uint64_t	all = low_mask(qubits);
	uint32_t	most = plan->options.block_bits < qubits ? plan->options.block_bits : qubits;
	uint64_t	passed = 0;		/* qubits of atoms that wait: nothing mixed may follow there */
	uint64_t	closed = 0;		/* and those that they mix: nothing at all may */
	size_t		left = 0;
	size_t		i;
	TvmPass    *pass;
	TvmStatus	status = tvm_grow(env, &plan->passes, plan->pass_count, &plan->pass_capacity,
								  sizeof(TvmPass));

	if (status != TVM_OK)
		return status;
	pass = &plan->passes[plan->pass_count++];
	memset(pass, 0, sizeof(*pass));
	pass->first = plan->step_count;
	pass->factor = tvm_complex(1, 0);
	pass->block = low_mask(plan->options.low_bits < most ? plan->options.low_bits : most);
	for (i = 0; i < *count && closed != all; i++)
	{
		const TvmAtom *atom = &plan->atoms.atom[waiting[i]];
		uint64_t	block = pass->block | atom->mixed;
		bool		whole = atom->kind == TVM_ATOM_GATE;
		bool		fits = whole ? pass->count == 0 && pass->factor.re == 1 && pass->factor.im == 0 :
			pass->count == 0 || (uint32_t) __builtin_popcountll(block) <= most;

		if (!fits || (atom->mixed & passed) != 0 || (atom->qubits & closed) != 0)
		{
			waiting[left++] = waiting[i];
			passed |= atom->qubits;
			closed |= atom->mixed;
			continue;
		}
		pass->block = whole ? 0 : block;
		status = place(env, plan, pass, waiting[i]);
		if (status != TVM_OK)
			return status;
		if (whole)
		{
			i++;
			break;
		}
	}
	memmove(waiting + left, waiting + i, (*count - i) * sizeof(uint32_t));
	*count -= i - left;

	/* A larger block costs nothing, and has more in it to run along, unless that is known to be 0. */
	for (uint32_t q = 0; q < qubits && pass->block != 0 &&
		 (uint32_t) __builtin_popcountll(pass->block) < most; q++)
		if ((known->mask >> q & 1) == 0)
			pass->block |= (uint64_t) 1 << q;
	pass->bits = (uint32_t) __builtin_popcountll(pass->block);
	pass->known = *known;
	tvm_known_forget(&pass->known, pass->block);
	*known = known_after(plan, pass, *known);
	if (pass->bits > plan->block_bits)
		plan->block_bits = pass->bits;
	return tvm_compile_pass(env, plan, pass);
}

static TvmStatus
make_passes(TvmEnv *env, TvmPlan *plan)
{
	TvmKnown	known = plan->options.known;
	size_t		count = plan->atoms.count;
	uint32_t   *waiting = tvm_alloc(env, count, sizeof(uint32_t));
	TvmStatus	status = waiting == NULL ? TVM_NOMEM : TVM_OK;

	for (size_t i = 0; i < count && status == TVM_OK; i++)
		waiting[i] = (uint32_t) i;
	while (count > 0 && status == TVM_OK)
		status = tvm_cancelled(env) ? TVM_CANCELLED : make_pass(env, plan, waiting, &count, &known);
	tvm_free(env, waiting);
	return status;
}

static void
set_default(uint32_t *option, TvmPrecision precision, uint32_t for_double, uint32_t for_single)
{
	if (*option == 0)
		*option = precision == TVM_SINGLE ? for_single : for_double;
}

static void
set_defaults(TvmPlan *plan)
{
	TvmPlanOptions *options = &plan->options;
	TvmPrecision precision = options->precision;

	plan->lanes = tvm_lanes(precision);
	set_default(&options->block_bits, precision, BLOCK_BITS_DOUBLE, BLOCK_BITS_SINGLE);
	set_default(&options->low_bits, precision, LOW_BITS_DOUBLE, LOW_BITS_SINGLE);
	set_default(&options->tile_bits, precision, TILE_BITS_DOUBLE, TILE_BITS_SINGLE);
	set_default(&options->table_bits, precision, TVM_TABLE_BITS, TVM_TABLE_BITS);

	/* A tile is whole vectors, and whole rows of any table. */
	if (options->table_bits < plan->lanes->log_width)
		options->table_bits = plan->lanes->log_width;
	if (options->table_bits > TVM_TABLE_BITS)
		options->table_bits = TVM_TABLE_BITS;
	if (options->tile_bits < options->table_bits)
		options->tile_bits = options->table_bits;
}

TvmStatus
tvm_plan_make(TvmEnv *env, TvmPlan *plan, const TvmCircuit *circuit, size_t from, size_t to,
			  const TvmPlanOptions *options)
{
	TvmStatus	status;

	memset(plan, 0, sizeof(*plan));
	plan->circuit = circuit;
	plan->from = from;
	plan->to = to - from > TVM_PLAN_GATES ? from + TVM_PLAN_GATES : to;
	if (options != NULL)
		plan->options = *options;
	set_defaults(plan);
	plan->known = plan->options.known;
	status = tvm_canonical(env, circuit, from, plan->to, &plan->known, &plan->atoms);
	if (status == TVM_OK)
		status = make_passes(env, plan);
	if (status != TVM_OK)
		tvm_plan_free(env, plan);
	return status;
}

void
tvm_plan_free(TvmEnv *env, TvmPlan *plan)
{
	tvm_plan_free_memory(env, plan);
	tvm_atoms_free(env, &plan->atoms);
	tvm_free(env, plan->passes);
	tvm_free(env, plan->steps);
	memset(plan, 0, sizeof(*plan));
}

const char *
tvm_atom_name(TvmAtomKind kind)
{
	static const char *const names[TVM_ATOM_KINDS] = {
		"Butterfly", "Diagonal", "Permutation", "Controlled Matrix", "Controlled Phase", "Matrix",
		"Large Matrix"
	};

	return names[kind];
}

bool
tvm_plan_pays(uint32_t qubits, size_t gates)
{
	return qubits >= SMALL_QUBITS && (qubits >= 32 || gates > (size_t) SMALL_WORK >> qubits);
}

size_t
tvm_stretch_end(const TvmCircuit *circuit, size_t from, size_t to)
{
	while (from < to && circuit->gates[from].if_count == 0 &&
		   (tvm_op_is_unitary(circuit->gates[from].op) ||
			circuit->gates[from].op == TVM_OP_BARRIER))
		from++;
	return from;
}

uint64_t
tvm_plan_bytes(uint32_t qubits, size_t gates)
{
	uint32_t	bits = qubits < BLOCK_BITS_DOUBLE ? qubits : BLOCK_BITS_DOUBLE;

	if (!tvm_plan_pays(qubits, gates))
		return 0;
	return tvm_block_bytes(bits, sizeof(double)) + 2 * TVM_PLAN_CHUNK +
		GATE_BYTES * (gates < TVM_PLAN_GATES ? gates : TVM_PLAN_GATES);
}

TvmStatus
tvm_gates_apply(TvmEnv *env, TvmState *state, const TvmCircuit *circuit, size_t from, size_t to)
{
	TvmKnown	known = {0, 0};

	return tvm_gates_apply_known(env, state, circuit, from, to, &known);
}

TvmStatus
tvm_gates_apply_known(TvmEnv *env, TvmState *state, const TvmCircuit *circuit, size_t from, size_t to, TvmKnown *known)
{
	TvmPlanOptions options = {.precision = state->precision};
	TvmStatus	status = TVM_OK;

	while (from < to && status == TVM_OK)
	{
		TvmPlan		plan;

		if (!tvm_plan_pays(circuit->qubits, to - from))
		{
			tvm_known_follow(known, &circuit->gates[from]);
			status = tvm_gate_apply(env, state, &circuit->gates[from++]);
			env->done += 1;
			continue;
		}
		options.known = *known;
		status = tvm_plan_make(env, &plan, circuit, from, to, &options);
		if (status != TVM_OK)
			break;
		status = tvm_plan_run(env, &plan, state);
		from = plan.to;
		*known = plan.known;
		tvm_plan_free(env, &plan);
	}
	return status;
}
