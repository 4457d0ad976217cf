/*
 * write.c: circuits as OpenQASM programs; see qasm.h.
 *
 * In version 2 a condition compares a whole register, so the classical bits are cut into
 * registers such that each condition asks for one of them: c, or c0, c3, ... by their
 * first bit.  Where no such cut exists, and for all else that version 2 has no words
 * for, the program is of version 3.
 */
#include "kernel/quantum/qasm/write.h"

#include "kernel/quantum/circuit/gates.h"

#define GATES_BETWEEN_CANCELS 1024

/* Asked once in some gates; the status says so, too. */
static bool
cancelled(QasmWriter *w, size_t gate)
{
	if (w->status == TVM_OK && gate % GATES_BETWEEN_CANCELS == 0 && tvm_cancelled(w->env))
		w->status = TVM_CANCELLED;
	return w->status != TVM_OK;
}

/*-------------------------------------------------------------------------- inputs */

static void
write_inputs(QasmWriter *w)
{
	for (uint32_t i = 0; i < w->qasm->input_count; i++)
		qasm_put(w, "input float %s;\n", w->names[i]);
}

/*----------------------------------------------------------------------- registers */

/*
 * Cut the bits into registers: one for each set of bits that a condition asks for, which
 * must be a run; sets are equal or apart.  False where that cannot be.
 */
static bool
cut_registers(QasmWriter *w)
{
	const TvmCircuit *circuit = &w->qasm->circuit;

	for (uint32_t bit = 0; bit < circuit->bits; bit++)
		w->run_first[bit] = UINT32_MAX, w->run_count[bit] = 0;
	for (size_t i = 0; i < circuit->count; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		uint32_t	first = gate->if_count > 0 ? gate->if_bits[0] : 0;

		if (cancelled(w, i))
			return false;
		for (uint32_t j = 0; j < gate->if_count; j++)
		{
			uint32_t	owner = w->run_first[gate->if_bits[j]];

			if (gate->if_bits[j] != first + j || (owner != UINT32_MAX && owner != first) ||
				(owner != UINT32_MAX && w->run_count[first] != gate->if_count))
				return false;
		}
		for (uint32_t j = 0; j < gate->if_count; j++)
			w->run_first[first + j] = first;
		if (gate->if_count > 0)
			w->run_count[first] = gate->if_count;
	}
	for (uint32_t bit = 0; bit < circuit->bits; bit += w->run_count[bit])
	{
		uint32_t	n = 0;

		/* A run of bits that nothing asks for. */
		while (w->run_count[bit] == 0 && bit + n < circuit->bits && w->run_first[bit + n] == UINT32_MAX)
			w->run_first[bit + n++] = bit;
		if (n > 0)
			w->run_count[bit] = n;
		if (w->run_count[bit] == 0)	/* within a run that began before: no cut */
			return false;
	}
	return true;
}

static void
put_bit(QasmWriter *w, uint32_t bit)
{
	if (w->version == 3 || qasm_one_register(w))
		qasm_put(w, "c%s[%u]", w->suffix, bit);
	else
		qasm_put(w, "c%u[%u]", w->run_first[bit], bit - w->run_first[bit]);
}

static void
write_registers(QasmWriter *w)
{
	const TvmCircuit *circuit = &w->qasm->circuit;

	if (w->version == 3)
	{
		qasm_put(w, "qubit[%u] q%s;\n", circuit->qubits, w->suffix);
		if (circuit->bits > 0)
			qasm_put(w, "bit[%u] c%s;\n", circuit->bits, w->suffix);
		return;
	}
	qasm_put(w, "qreg q[%u];\n", circuit->qubits);
	if (circuit->bits > 0 && qasm_one_register(w))
		qasm_put(w, "creg c[%u];\n", circuit->bits);
	else
		for (uint32_t bit = 0; bit < circuit->bits; bit += w->run_count[bit])
			qasm_put(w, "creg c%u[%u];\n", bit, w->run_count[bit]);
}

/*------------------------------------------------------------------------- program */

static void
write_plain(QasmWriter *w, const TvmGate *gate)
{
	if (gate->op == TVM_OP_MEASURE)
	{
		if (w->version == 2)
			qasm_put(w, "measure q[%u] -> ", gate->targets[0]);
		put_bit(w, (uint32_t) gate->bit);
		if (w->version == 3)
			qasm_put(w, " = measure q%s[%u]", w->suffix, gate->targets[0]);
	}
	else if (gate->op == TVM_OP_RESET)
		qasm_put(w, "reset q%s[%u]", w->suffix, gate->targets[0]);
	else
	{
		qasm_put(w, "barrier %s%s", gate->target_count == 0 ? "q" : "", gate->target_count == 0 ? w->suffix : "");
		for (uint32_t i = 0; i < gate->target_count; i++)
			qasm_put(w, "%sq%s[%u]", i > 0 ? "," : "", w->suffix, gate->targets[i]);
	}
	qasm_put(w, ";\n");
}

/* A gate of version 2 may be several, each under the condition. */
static void
write_gate(QasmWriter *w, const TvmGate *gate)
{
	if (w->version == 3)
		qasm_define_3(w, gate);
	qasm_open_condition(w, gate);
	if (!tvm_op_is_unitary(gate->op))
		write_plain(w, gate);
	else if (w->version == 2)
		qasm_write_gate_2(w, gate);
	else
		qasm_write_gate_3(w, gate);
	if (w->version == 3 && gate->if_count > 0)
		qasm_put(w, "}\n");
}

/* Version 2 where everything fits; the first gate that does not is in *misfit. */
static bool
fits_2(QasmWriter *w, size_t *misfit)
{
	const TvmCircuit *circuit = &w->qasm->circuit;

	*misfit = SIZE_MAX;
	for (size_t i = 0; i < circuit->count && !cancelled(w, i); i++)
		if (tvm_op_is_unitary(circuit->gates[i].op) && !qasm_fits_2(&circuit->gates[i]))
		{
			*misfit = i;
			return false;
		}
	return w->status == TVM_OK && w->qasm->input_count == 0 && cut_registers(w);
}

/* Gates that neither library has, or only one; exact, the global phase included. */
static void
write_definitions(QasmWriter *w)
{
	const TvmCircuit *circuit = &w->qasm->circuit;
	bool		uses[TVM_OP_COUNT] = {false};

	for (size_t i = 0; i < circuit->count && !cancelled(w, i); i++)
		uses[circuit->gates[i].op] = true;

	/* Those of both versions first. */
	for (int both = 1; both >= (w->version == 2); both--)
		for (int op = 0; op < TVM_OP_COUNT; op++)
			if (uses[op] && tvm_operations[op].body != NULL && tvm_operations[op].body2 == (both != 0))
				qasm_put(w, "gate %s%s%s\n", tvm_operations[op].qasm3, w->suffix, tvm_operations[op].body);
}

static void
write_program(QasmWriter *w)
{
	const TvmCircuit *circuit = &w->qasm->circuit;

	qasm_put(w, w->version == 2 ? "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n" : "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n");
	write_inputs(w);
	write_definitions(w);
	write_registers(w);
	for (size_t i = 0; i < circuit->count && !cancelled(w, i); i++)
	{
		w->gate = i;
		while (w->next_angle < w->qasm->angle_count && w->qasm->angles[w->next_angle].gate < i)
			w->next_angle++;
		write_gate(w, &circuit->gates[i]);
	}
}

/* 2.0 was asked for and cannot say it: why, at the first gate that it has no words for. */
static TvmStatus
no_words(TvmEnv *env, const TvmQasm *qasm, size_t misfit)
{
	TvmStatus	status = tvm_fail(env, TVM_INVALID, "OpenQASM 2.0 has no words for this", "OpenQASM 3 has.", NULL);

	if (misfit != SIZE_MAX)
		tvm_fail_path(env, "gates[%llu]", (unsigned long long) misfit);
	else
		tvm_fail_path(env, qasm->input_count > 0 ? "params" : "gates");
	return status;
}

TvmStatus
tvm_qasm_write(TvmEnv *env, const TvmQasm *qasm, int version, uint64_t memory, char **text, size_t *length)
{
	QasmWriter	w = {.env = env, .qasm = qasm, .version = version, .memory = memory, .suffix = ""};
	size_t		misfit;
	bool		fits;

	*text = NULL;
	*length = 0;
	w.run_first = tvm_alloc(env, 2 * (size_t) qasm->circuit.bits, sizeof(uint32_t));
	if (w.run_first == NULL)
		return TVM_NOMEM;
	w.run_count = w.run_first + qasm->circuit.bits;
	fits = fits_2(&w, &misfit);
	if (version == 0)
		w.version = fits ? 2 : 3;
	if (w.status == TVM_OK && w.version == 2 && !fits)
		w.status = no_words(env, qasm, misfit);

	/* Only where there are words for all of it have the registers of version 2 been cut. */
	if (w.status == TVM_OK)
		qasm_choose_names(&w);
	if (w.status == TVM_OK)
		write_program(&w);
	qasm_free_names(&w);
	tvm_free(env, w.run_first);
	if (w.status != TVM_OK)
	{
		tvm_free(env, w.text);
		return w.status;
	}
	*text = w.text;
	*length = w.length;
	return TVM_OK;
}
