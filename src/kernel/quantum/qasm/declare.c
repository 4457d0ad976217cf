/*
 * declare.c: declarations of OpenQASM: registers, gates, constants, inputs, names
 * for parts of registers, includes.  Sizes are checked before anything is allocated.
 */
#include "kernel/quantum/qasm/expression.h"
#include "kernel/quantum/qasm/statement.h"

#include <string.h>

#include "kernel/quantum/qasm/names.h"

/*---------------------------------------------------------------------- registers */

/* `count` new qubits or bits under the name in `token`. */
static TvmStatus
declare_register(QasmReader *r, uint32_t token, QasmKind kind, bool scalar, uint32_t count)
{
	uint32_t	limit = kind == QASM_KIND_QUBITS ? TVM_MAX_QUBITS : TVM_MAX_BITS;
	uint32_t   *total = kind == QASM_KIND_QUBITS ? &r->qubit_count : &r->bit_count;
	QasmSymbol *symbol;
	uint32_t   *list;
	TvmStatus	status;

	if (count > limit - *total)
		return qasm_fail(r, token, kind == QASM_KIND_QUBITS ? "too many qubits" : "too many classical bits",
						 NULL, "%u more than %u; the limit is %u.", count, *total, limit);
	status = qasm_take(r, count, sizeof(uint32_t), &list);
	if (status == TVM_OK)
		status = qasm_declare(r, token, kind, &symbol);
	if (status != TVM_OK)
		return status;
	symbol->scalar = scalar;
	symbol->count = count;
	symbol->list = list;
	for (uint32_t i = 0; i < count; i++)
		list[i] = *total + i;
	*total += count;
	r->out->circuit.qubits = r->qubit_count;
	r->out->circuit.bits = r->bit_count;
	return TVM_OK;
}

/* [n], at least so much. */
static TvmStatus
size_of(QasmReader *r, int64_t least, uint32_t *count)
{
	uint32_t	token = r->at;
	QasmValue	value;
	TvmStatus	status = qasm_expect(r, '[', "\"[\" expected");

	if (status == TVM_OK)
		status = qasm_integer(r, "a size expected", &value);
	if (status == TVM_OK)
		status = qasm_expect(r, ']', "\"]\" expected");
	if (status == TVM_OK && (value.unknown || value.integer < least || value.integer > INT32_MAX))
		return qasm_fail(r, token, "not a size", NULL, "It must be %lld or more, and not huge.", (long long) least);
	*count = status == TVM_OK ? (uint32_t) value.integer : 0;
	return status;
}

static TvmStatus
need_global(QasmReader *r)
{
	if (r->depth == 0)
		return TVM_OK;
	return qasm_fail(r, r->at, "a declaration in a block", "Declare it before, outside of blocks.",
					 "\"%.*s\"", QASM_QUOTE(r, r->at));
}

/* A name that is being declared, and none of the language's words: a gate called barrier would never be applied. */
TvmStatus
qasm_new_name(QasmReader *r, uint32_t *token)
{
	static const char *const old_words[] = {
		"OPENQASM", "include", "qreg", "creg", "gate", "opaque", "measure", "reset", "barrier", "if", "pi", "U", "CX",
		"sin", "cos", "tan", "exp", "ln", "sqrt", NULL
	};
	static const char *const words[] = {
		"OPENQASM", "include", "qreg", "creg", "gate", "measure", "reset", "barrier", "if", "else", "for", "in",
		"qubit", "bit", "const", "input", "let", "gphase", "ctrl", "negctrl", "inv", "pow", "case", "default",
		"void", "true", "false", "im", NULL
	};
	const QasmToken *name = &r->tokens[r->at];
	bool		taken = r->version == 3 && qasm_is_outside(r);

	for (const char *const *word = r->version == 2 ? old_words : words; *word != NULL; word++)
		taken = taken || qasm_is_name(r, *word);
	for (uint32_t i = 0; r->version == 2 && name->kind == QASM_NAME && i < name->length; i++)
		if ((unsigned char) r->text[name->at + i] >= 0x80)
			return qasm_fail(r, r->at, "a name of OpenQASM 2.0 has letters of ASCII only", NULL, "\"%.*s\"", QASM_QUOTE(r, r->at));
	if (taken)
		return qasm_fail(r, r->at, "a word of the language cannot be a name", NULL, "\"%.*s\"", QASM_QUOTE(r, r->at));
	*token = r->at;
	return qasm_expect(r, QASM_NAME, "a name expected");
}

/* qreg q[4]; creg c[4]; */
TvmStatus
qasm_old_register(QasmReader *r)
{
	QasmKind	kind = qasm_is_name(r, "qreg") ? QASM_KIND_QUBITS : QASM_KIND_BITS;
	uint32_t	token = 0;
	uint32_t	count = 1;
	bool		scalar;
	TvmStatus	status = need_global(r);

	r->at++;
	if (status == TVM_OK)
		status = qasm_new_name(r, &token);
	scalar = status == TVM_OK && r->version == 3 && qasm_is(r, ';');
	if (status == TVM_OK && !scalar)
		status = size_of(r, kind == QASM_KIND_BITS ? 0 : 1, &count);	/* tools write creg c[0] */
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	return status == TVM_OK ? declare_register(r, token, kind, scalar, count) : status;
}

/* qubit[4] q; bit c; bit[4] c = measure q; bit[4] c = "0000"; */
TvmStatus
qasm_register(QasmReader *r)
{
	QasmKind	kind = qasm_is_name(r, "qubit") ? QASM_KIND_QUBITS : QASM_KIND_BITS;
	uint32_t	token = 0;
	uint32_t	count = 1;
	bool		scalar;
	QasmValue	value;
	TvmStatus	status = need_global(r);

	r->at++;
	scalar = !qasm_is(r, '[');
	if (status == TVM_OK && !scalar)
		status = size_of(r, kind == QASM_KIND_BITS ? 0 : 1, &count);
	if (status == TVM_OK)
		status = qasm_new_name(r, &token);
	if (status == TVM_OK)
		status = declare_register(r, token, kind, scalar, count);
	if (status != TVM_OK || kind == QASM_KIND_QUBITS || !qasm_is(r, '='))
		return status == TVM_OK ? qasm_expect(r, ';', "\";\" expected") : status;
	r->at++;
	if (qasm_is_name(r, "measure"))
	{
		r->at = token;
		return qasm_assignment(r);
	}
	token = r->at;
	status = qasm_constant(r, &value);
	if (status == TVM_OK && value.type == QASM_TYPE_STRING && value.count != count)
		return qasm_fail(r, token, "registers of different sizes", NULL, "%u digits are for %u bits.", value.count, count);
	if (status == TVM_OK && (value.linear > 0 || value.unknown || value.real != 0))
		return qasm_fail(r, token, "not supported: bits that start as 1", "Bits start as 0.", NULL);
	return status == TVM_OK ? qasm_expect(r, ';', "\";\" expected") : status;
}

/* let a = q[0:2] ++ p; */
TvmStatus
qasm_alias(QasmReader *r)
{
	uint32_t	token = 0;
	QasmOperand operand;
	QasmSymbol *symbol;
	QasmKind	kind = QASM_KIND_QUBITS;
	TvmStatus	status;

	r->at++;
	status = qasm_new_name(r, &token);
	if (status == TVM_OK)
		status = qasm_expect(r, '=', "\"=\" expected");
	if (status != TVM_OK)
		return status;
	symbol = qasm_is(r, QASM_NAME) ? qasm_find(r, r->at) : NULL;
	if (symbol != NULL && symbol->kind == QASM_KIND_BITS)
		kind = QASM_KIND_BITS;
	status = qasm_operand(r, kind, &operand);
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	if (status == TVM_OK)
		status = qasm_declare(r, token, kind, &symbol);
	if (status != TVM_OK)
		return status;
	symbol->scalar = operand.scalar;
	symbol->count = operand.count;
	symbol->list = operand.list;
	return TVM_OK;
}

/*-------------------------------------------------------------------------- values */

static TvmStatus
typed_name(QasmReader *r, QasmType *type, uint32_t *token)
{
	uint32_t	width;
	TvmStatus	status = TVM_OK;

	if (!qasm_is_type(r, type))
		return qasm_unexpected(r, "not supported: this type; int, uint, float, angle or bool expected");
	r->at++;
	if (qasm_is(r, '['))
		status = size_of(r, 1, &width);
	return status == TVM_OK ? qasm_new_name(r, token) : status;
}

/* const int n = 3; */
TvmStatus
qasm_const(QasmReader *r)
{
	uint32_t	token = 0;
	uint32_t	at;
	QasmType	type;
	QasmValue	value,
				cast;
	QasmSymbol *symbol;
	TvmStatus	status;

	r->at++;
	status = typed_name(r, &type, &token);
	if (status == TVM_OK)
		status = qasm_expect(r, '=', "\"=\" expected");
	at = r->at;
	if (status == TVM_OK)
		status = qasm_constant(r, &value);
	if (status == TVM_OK && value.linear > 0)
		return qasm_fail(r, at, "an input is not a constant", NULL, NULL);
	if (status == TVM_OK)
		status = qasm_cast(r, at, type, &value, &cast);
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	if (status == TVM_OK)
		status = qasm_declare(r, token, QASM_KIND_VALUE, &symbol);
	if (status == TVM_OK)
		symbol->value = cast;
	return status;
}

/* input float theta; a parameter of the circuit. */
TvmStatus
qasm_input(QasmReader *r)
{
	TvmQasm    *out = r->out;
	uint32_t	token = 0;
	uint32_t	type_token;
	QasmType	type;
	QasmValue	value;
	QasmSymbol *symbol;
	char	   *name;
	TvmStatus	status = need_global(r);

	type_token = ++r->at;
	if (status == TVM_OK)
		status = typed_name(r, &type, &token);
	if (status == TVM_OK && type != QASM_TYPE_REAL)
		return qasm_fail(r, type_token, "not supported: this type of input",
						 "Inputs are of type float or angle.", NULL);
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	if (status == TVM_OK && out->input_count == TVM_QASM_MAX_INPUTS)
		return qasm_fail(r, token, "too many inputs", NULL, "The limit is %d.", TVM_QASM_MAX_INPUTS);
	if (status == TVM_OK)
		status = qasm_grow32(r, &out->inputs, out->input_count, &r->input_capacity, sizeof(char *));
	if (status == TVM_OK)
		status = qasm_charge(r, r->tokens[token].length + 1);
	if (status == TVM_OK)
		status = qasm_of_input(r, out->input_count, &value);
	if (status == TVM_OK)
		status = qasm_declare(r, token, QASM_KIND_VALUE, &symbol);
	if (status != TVM_OK)
		return status;
	symbol->value = value;
	name = tvm_alloc(r->env, r->tokens[token].length + 1, 1);
	if (name == NULL)
		return TVM_NOMEM;
	if (!tvm_qasm_name_decode(r->text + r->tokens[token].at, r->tokens[token].length, name))
	{
		memcpy(name, r->text + r->tokens[token].at, r->tokens[token].length);
		name[r->tokens[token].length] = '\0';
	}
	out->inputs[out->input_count++] = name;

	/* _tv_pi and pi are the same parameter.  Names may be long and have their beginning in common. */
	r->owed += (uint64_t) out->input_count * r->tokens[token].length / QASM_STEP;
	for (uint32_t i = 0; i + 1 < out->input_count; i++)
		if (strcmp(out->inputs[i], name) == 0)
			return qasm_fail(r, token, "a name is declared twice", NULL, "\"%.*s\"", QASM_QUOTE(r, token));
	return qasm_spend(r, out->input_count / 32);
}

/*--------------------------------------------------------------------------- gates */

/* Names with commas, none twice, up to what `end` or `end2` is. */
static TvmStatus
name_list(QasmReader *r, uint8_t end, uint32_t **names, uint32_t *count)
{
	uint32_t	room = 1;
	TvmStatus	status;

	for (uint32_t at = r->at; r->tokens[at].kind != end && r->tokens[at].kind != ';' && r->tokens[at].kind != QASM_END; at++)
		room += r->tokens[at].kind == ',';
	*count = 0;
	status = qasm_take(r, room, sizeof(uint32_t), names);
	do
	{
		if (status == TVM_OK)
			status = qasm_new_name(r, &(*names)[*count]);
		(*count)++;
	} while (status == TVM_OK && qasm_more(r, end));
	return status;
}

/* Read the body once without doing it, its parameters unknown. */
static TvmStatus
check_body(QasmReader *r, QasmGateDef *def)
{
	uint32_t	symbols = r->symbol_count;
	uint32_t	nothing[1] = {0};
	QasmSymbol *symbol;
	TvmStatus	status = TVM_OK;

	r->hidden_from = def->symbol;
	r->hidden_to = r->scope = symbols;
	r->in_gate = true;
	r->checking++;
	for (uint32_t i = 0; i < def->param_count && status == TVM_OK; i++)
	{
		status = qasm_declare(r, def->params[i], QASM_KIND_VALUE, &symbol);
		if (status == TVM_OK)
			symbol->value = qasm_unknown();
	}
	for (uint32_t i = 0; i < def->qubit_count && status == TVM_OK; i++)
	{
		status = qasm_declare(r, def->qubits[i], QASM_KIND_QUBITS, &symbol);
		if (status != TVM_OK)
			break;
		symbol->scalar = true;
		symbol->count = 1;
		symbol->list = nothing;
	}
	if (status == TVM_OK)
		status = qasm_gate_body(r);
	qasm_forget(r, symbols);
	r->checking--;
	r->in_gate = false;
	r->hidden_from = r->hidden_to = r->scope = 0;
	return status;
}

/* gate name(params) qubits { body }, opaque name(params) qubits; */
TvmStatus
qasm_gate(QasmReader *r)
{
	QasmGateDef *def;
	QasmSymbol *symbol;
	bool		opaque = qasm_is_name(r, "opaque");
	TvmStatus	status = need_global(r);

	r->at++;
	if (status == TVM_OK)
		status = qasm_take(r, 1, sizeof(QasmGateDef), &def);
	if (status != TVM_OK)
		return status;
	memset(def, 0, sizeof(*def));
	def->opaque = opaque;
	def->symbol = r->symbol_count;
	status = qasm_new_name(r, &def->name);
	if (status == TVM_OK && qasm_accept(r, '(') && !qasm_accept(r, ')'))
	{
		status = name_list(r, ')', &def->params, &def->param_count);
		if (status == TVM_OK)
			status = qasm_expect(r, ')', "\")\" expected");
	}
	if (status == TVM_OK)
		status = name_list(r, '{', &def->qubits, &def->qubit_count);
	if (status == TVM_OK)
		status = qasm_declare(r, def->name, QASM_KIND_GATE, &symbol);
	if (status != TVM_OK)
		return status;
	symbol->gate = def;
	if (opaque)
		return qasm_expect(r, ';', "\";\" expected");
	status = qasm_expect(r, '{', "\"{\" expected");
	def->body = r->at;
	return status == TVM_OK ? check_body(r, def) : status;
}

/*------------------------------------------------------------------------ the file */

TvmStatus
qasm_include(QasmReader *r)
{
	const char *known = r->version == 2 ? "qelib1.inc" : "stdgates.inc";
	const QasmToken *token;
	TvmStatus	status = need_global(r);

	r->at++;
	if (status != TVM_OK)
		return status;
	token = &r->tokens[r->at];
	if (token->kind != QASM_STRING)
		return qasm_unexpected(r, "the name of a file expected");
	if (token->length != strlen(known) + 2 || memcmp(r->text + token->at + 1, known, strlen(known)) != 0)
		return qasm_fail(r, r->at, "no such file to include",
						 r->version == 2 ? "Only \"qelib1.inc\" can be included." : "Only \"stdgates.inc\" can be included.",
						 "%.*s", QASM_QUOTE(r, r->at));
	r->library = true;
	r->at++;
	return qasm_expect(r, ';', "\";\" expected");
}
