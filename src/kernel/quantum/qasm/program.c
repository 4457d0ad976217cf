/*
 * program.c: a program from its first token to its last; see qasm.h.
 */
#include "kernel/quantum/qasm/statement.h"

#include <string.h>

static bool
includes_qelib1(const QasmReader *r)
{
	static const char name[] = "qelib1.inc";

	for (uint32_t i = 0; i + 1 < r->token_count; i++)
		if (qasm_token_is(r, i, "include") && r->tokens[i + 1].kind == QASM_STRING &&
			r->tokens[i + 1].length == sizeof(name) + 1 && memcmp(r->text + r->tokens[i + 1].at + 1, name, sizeof(name) - 1) == 0)
			return true;
	return false;
}

/* OPENQASM 2.0; or 2, 3, 3.0, 3.1; without it the version is the library's, else 3. */
static TvmStatus
read_version(QasmReader *r)
{
	const QasmToken *token;
	const char *text;

	r->version = 3;
	if (!qasm_is_name(r, "OPENQASM"))
	{
		r->version = includes_qelib1(r) ? 2 : 3;
		return TVM_OK;
	}
	token = &r->tokens[++r->at];
	text = r->text + token->at;
	if (token->kind != QASM_INTEGER && token->kind != QASM_REAL)
		return qasm_unexpected(r, "a version expected");
	if (text[0] == '2' && (token->length == 1 || (token->length == 3 && memcmp(text, "2.0", 3) == 0)))
		r->version = 2;
	else if (!(text[0] == '3' && (token->length == 1 || (token->length == 3 && text[1] == '.'))))
		return qasm_fail(r, r->at, "unknown version of OpenQASM", "Versions 2.0 and 3 are known.",
						 "\"%.*s\"", QASM_QUOTE(r, r->at));
	r->at++;
	return qasm_expect(r, ';', "\";\" expected");
}

static TvmStatus
program(QasmReader *r)
{
	TvmStatus	status = read_version(r);

	while (status == TVM_OK && !qasm_is(r, QASM_END))
		status = qasm_statement(r);
	if (status == TVM_OK && r->qubit_count == 0)
		return qasm_fail(r, r->at, "a program without qubits", NULL, NULL);
	r->out->version = r->version;
	return status;
}

static void
close_reader(QasmReader *r)
{
	TvmEnv	   *env = r->env;

	qasm_release(r, (QasmMark) {NULL, 0});
	tvm_free(env, r->symbols);
	tvm_free(env, r->buckets);
	tvm_free(env, r->linears);
	tvm_free(env, r->terms);
	tvm_free(env, r->pieces);
	tvm_free(env, r->tokens);
	tvm_free(env, r);
}

TvmStatus
tvm_qasm_read(TvmEnv *env, const char *text, size_t length, uint64_t memory, TvmQasm *qasm)
{
	QasmReader *r;
	TvmStatus	status;

	memset(qasm, 0, sizeof(*qasm));
	r = tvm_alloc_zero(env, 1, sizeof(QasmReader));
	if (r == NULL)
		return TVM_NOMEM;
	r->env = env;
	r->text = text;
	r->memory = memory;
	r->out = qasm;
	status = tvm_qasm_lex(env, text, length, memory, &r->tokens, &r->token_count, &r->bad);
	if (status == TVM_OK)
		status = qasm_charge(r, (uint64_t) r->token_count * sizeof(QasmToken));
	if (status == TVM_OK)
		status = program(r);
	close_reader(r);
	if (status != TVM_OK)
		tvm_qasm_free(env, qasm);
	return status;
}

void
tvm_qasm_free(TvmEnv *env, TvmQasm *qasm)
{
	tvm_circuit_free(env, &qasm->circuit);
	for (uint32_t i = 0; i < qasm->input_count; i++)
		tvm_free(env, qasm->inputs[i]);
	tvm_free(env, qasm->inputs);
	tvm_free(env, qasm->angles);
	tvm_free(env, qasm->terms);
	memset(qasm, 0, sizeof(*qasm));
}
