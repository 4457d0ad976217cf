/*
 * qasm.c: circuits from OpenQASM and to it; the kernel reads and writes.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/normalise.h"
#include "bridge/circuit/qasm.h"
#include "bridge/server/error.h"
#include "kernel/quantum/qasm/qasm.h"

/*
 * The kernel's programs are UTF-8.  What comes of one in the database's encoding, up to
 * the first character that is not in it; `all` says whether there was none.
 */
static char *
from_utf8(char *text, bool *all)
{
	size_t		length = strlen(text);
	Oid			conversion = InvalidOid;
	char	   *converted;

	*all = true;
	if (GetDatabaseEncoding() != PG_UTF8)
		conversion = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());
	if (!OidIsValid(conversion))
	{
		*all = pg_verifymbstr(text, length, true);
		return text;
	}
	converted = palloc(length * MAX_CONVERSION_GROWTH + 1);
	*all = pg_do_encoding_conversion_buf(conversion, PG_UTF8, GetDatabaseEncoding(), (unsigned char *) text, length,
										 (unsigned char *) converted, length * MAX_CONVERSION_GROWTH + 1, true) == length;
	return converted;
}

/* An error may quote the program. */
static void
check(TvEnv *env, TvmStatus status)
{
	bool		all;

	if (status != TVM_OK)
	{
		char	   *detail = from_utf8(env->tvm.error.detail, &all);

		if (detail != env->tvm.error.detail)
			strlcpy(env->tvm.error.detail, detail, sizeof(env->tvm.error.detail));
	}
	tv_check(env, status);
}

/* The program's inputs are the circuit's parameters. */
static void
read_angles(TvEnv *env, TvCircuit *circuit, const TvmQasm *qasm)
{
	for (size_t i = 0; i < qasm->angle_count; i++)
	{
		const TvmQasmAngle *found = &qasm->angles[i];
		const TvmGate *gate = &circuit->kernel.gates[found->gate];
		const double number[] = {gate->theta, gate->phi, gate->lambda, gate->gamma};
		TvAngle		angle = {number[found->angle]};

		CHECK_FOR_INTERRUPTS();
		for (uint32 j = 0; j < found->count; j++)
		{
			const TvmQasmTerm *term = &qasm->terms[found->first + j];
			bool		all;
			char	   *name = from_utf8(qasm->inputs[term->input], &all);

			/* Escaped characters may be none of the database's encoding. */
			if (!all)
				tv_report_invalid("input", "a name that the database's encoding does not have", NULL, NULL);
			tv_angle_add(&angle, term->factor, name, strlen(name), NULL);
		}
		tv_angle_check(&angle, NULL);
		tv_circuit_add_free_angle(env, circuit, found->gate, found->angle, &angle);
	}
}

TvCircuit *
tv_circuit_read_qasm(TvEnv *env, const char *text, size_t length)
{
	TvCircuit  *circuit = MemoryContextAllocZero(env->context, sizeof(TvCircuit));
	TvmQasm		qasm;
	char	   *utf8 = pg_server_to_any(text, length, PG_UTF8);

	if (utf8 != text)
		length = strlen(utf8);
	check(env, tvm_qasm_read(&env->tvm, utf8, length, tv_circuit_memory_limit(), &qasm));
	circuit->kernel = qasm.circuit;
	read_angles(env, circuit, &qasm);
	for (size_t i = 0; i < circuit->kernel.count; i++)
	{
		tv_interrupts_at(i);
		tv_gate_normalise(&circuit->kernel.gates[i]);
	}
	return circuit;
}

static int
compare_names(const void *left, const void *right)
{
	/* Of millions. */
	CHECK_FOR_INTERRUPTS();
	return strcmp(*(char *const *) left, *(char *const *) right);
}

/* The circuit's parameters as the program's inputs, by name; angles refer to them by number. */
static void
write_angles(const TvCircuit *circuit, TvmQasm *qasm)
{
	size_t		count = 0;
	size_t		different = 0;

	for (size_t i = 0; i < circuit->free_count; i++)
		count += circuit->free_angles[i].term_count;
	if (count == 0)
		return;
	qasm->inputs = MemoryContextAllocHuge(CurrentMemoryContext, count * sizeof(char *));
	qasm->terms = MemoryContextAllocHuge(CurrentMemoryContext, count * sizeof(TvmQasmTerm));
	qasm->angles = MemoryContextAllocHuge(CurrentMemoryContext, circuit->free_count * sizeof(TvmQasmAngle));
	count = 0;
	for (size_t i = 0; i < circuit->free_count; i++)
	{
		tv_interrupts_at(i);
		for (int j = 0; j < circuit->free_angles[i].term_count; j++)
			qasm->inputs[count++] = unconstify(char *, circuit->free_angles[i].terms[j].parameter);
	}
	qsort(qasm->inputs, count, sizeof(char *), compare_names);
	for (size_t i = 0; i < count; i++)
	{
		tv_interrupts_at(i);
		if (i == 0 || strcmp(qasm->inputs[i], qasm->inputs[different - 1]) != 0)
			qasm->inputs[different++] = qasm->inputs[i];
	}
	if (different > TVM_QASM_MAX_INPUTS)
		tv_report_invalid("params", "too many parameters", NULL, NULL);
	qasm->input_count = different;
	for (size_t i = 0; i < circuit->free_count; i++)
	{
		const TvFreeAngle *angle = &circuit->free_angles[i];

		qasm->angles[qasm->angle_count++] = (TvmQasmAngle) {angle->gate, angle->which, qasm->term_count, angle->term_count};
		for (int j = 0; j < angle->term_count; j++)
		{
			char	  **found = bsearch(&angle->terms[j].parameter, qasm->inputs, different, sizeof(char *), compare_names);

			qasm->terms[qasm->term_count++] = (TvmQasmTerm) {found - qasm->inputs, angle->terms[j].factor};
		}
	}
	for (size_t i = 0; i < different; i++)
		qasm->inputs[i] = pg_server_to_any(qasm->inputs[i], strlen(qasm->inputs[i]), PG_UTF8);
}

text *
tv_circuit_write_qasm(TvEnv *env, const TvCircuit *circuit, int version)
{
	TvmQasm		qasm = {circuit->kernel};
	char	   *program;
	size_t		length;

	write_angles(circuit, &qasm);
	check(env, tvm_qasm_write(&env->tvm, &qasm, version, Min(tv_circuit_memory_limit(), MaxAllocSize - VARHDRSZ),
							  &program, &length));
	if (GetDatabaseEncoding() != PG_UTF8)
	{
		program = pg_any_to_server(program, length, PG_UTF8);
		length = strlen(program);
	}
	return cstring_to_text_with_len(program, length);
}
