/*
 * fuzz_qasm.c: any text as an OpenQASM program.
 *
 * It is read or refused, with a place where it is invalid, within bounds, and leaves no
 * memory behind.  A circuit that was read can be written (unless a name stands in the
 * way), in version 3 at any rate, and what was written can be read.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/qasm/qasm.h"

#define MEMORY ((uint64_t) 8 << 20)
#define CALLS 100				/* of cancelled() until it says yes */

typedef struct Lent
{
	long		live;
	long		calls;
} Lent;

static void *
lent_alloc(void *ctx, size_t size)
{
	((Lent *) ctx)->live++;
	return malloc(size);
}

static void
lent_free(void *ctx, void *block)
{
	((Lent *) ctx)->live -= block != NULL;
	free(block);
}

static bool
lent_cancelled(void *ctx)
{
	return ++((Lent *) ctx)->calls > CALLS;
}

static void
promise(bool kept)
{
	if (!kept)
		abort();
}

/* Not every status is the text's fault: limits and cancellation end what takes too long. */
static bool
is_bound(const TvmEnv *env, TvmStatus status)
{
	return status == TVM_LIMIT || status == TVM_CANCELLED ||
		(status == TVM_INVALID && (strcmp(env->error.message, "the program takes too long") == 0 ||
								   strcmp(env->error.message, "too many gates") == 0));
}

static void
write_and_read(TvmEnv *env, const TvmQasm *qasm, int version)
{
	Lent	   *lent = env->ctx;
	char	   *text;
	size_t		length;
	TvmQasm		again;
	TvmStatus	status;

	lent->calls = 0;
	status = tvm_qasm_write(env, qasm, version, MEMORY, &text, &length);
	if (status != TVM_OK)
	{
		promise(is_bound(env, status) || version == 2 || strcmp(env->error.path, "params") == 0);
		return;
	}
	lent->calls = 0;
	status = tvm_qasm_read(env, text, length, 4 * MEMORY, &again);
	promise(status == TVM_OK || is_bound(env, status));
	if (status == TVM_OK)
	{
		promise(again.circuit.qubits == qasm->circuit.qubits && again.circuit.bits == qasm->circuit.bits);
		tvm_qasm_free(env, &again);
	}
	tvm_free(env, text);
}

int
fuzz_qasm(const uint8_t *data, size_t size)
{
	Lent		lent = {0, 0};
	TvmEnv		env = {.alloc = lent_alloc, .free = lent_free, .cancelled = lent_cancelled, .ctx = &lent};
	TvmQasm		qasm;
	char	   *text = malloc(size > 0 ? size : 1);
	TvmStatus	status;

	/* A copy of its own length: reading past it is seen. */
	if (size > 0)
		memcpy(text, data, size);
	status = tvm_qasm_read(&env, text, size, MEMORY, &qasm);
	if (status == TVM_OK)
	{
		for (size_t i = 0; i < qasm.angle_count; i++)
			promise(qasm.angles[i].gate < qasm.circuit.count &&
					qasm.angles[i].first + qasm.angles[i].count <= qasm.term_count);
		write_and_read(&env, &qasm, 0);
		write_and_read(&env, &qasm, 3);
		tvm_qasm_free(&env, &qasm);
	}
	else
		promise(status != TVM_INVALID || strncmp(env.error.path, "line ", 5) == 0);
	promise(lent.live == 0);
	free(text);
	return 0;
}
