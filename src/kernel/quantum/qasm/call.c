/*
 * call.c: operands, and gates applied to them.
 *
 * A call is modifiers, a gate, arguments and operands.  It is spread over the
 * registers that its operands name, and a gate of the program is expanded by reading
 * its body with its parameters and qubits as the newest names.
 */
#include "kernel/quantum/qasm/expression.h"

#include <math.h>
#include <string.h>

typedef struct Modifier
{
	enum
	{
		CTRL, POW
	}			kind;
	uint32_t	count;			/* CTRL: qubits */
	uint32_t	state;			/* CTRL: 0 for negctrl */
	bool		whole;			/* POW: an integer */
	int64_t		times;
	double		exponent;
} Modifier;

typedef struct Call
{
	const QasmBuiltin *builtin; /* or */
	QasmGateDef *def;
	uint32_t	params;
	uint32_t	qubits;			/* of the gate itself */
	QasmValue  *args;
	uint32_t	modifier_count;
	Modifier	modifiers[QASM_MAX_MODIFIERS];
} Call;

/*----------------------------------------------------------------------- operands */

/* An index of a register of `count`, -1 being the last; 0 where nothing is known. */
static TvmStatus
index_of(QasmReader *r, uint32_t token, const QasmValue *value, uint32_t count, uint32_t *out)
{
	int64_t		index = value->integer < 0 && r->version == 3 ? value->integer + count : value->integer;

	*out = 0;
	if (value->unknown)
		return TVM_OK;
	if (count == 0)
		return qasm_fail(r, token, "outside the register", NULL, "It has none.");
	if (index < 0 || index >= (int64_t) count)
		return qasm_fail(r, token, "outside the register", NULL, "%lld is outside 0..%u.",
						 (long long) value->integer, count - 1);
	*out = (uint32_t) index;
	return TVM_OK;
}

/* [a:b] or [a:step:b], b included, after the first value. */
static TvmStatus
range_operand(QasmReader *r, QasmValue from, QasmOperand *operand)
{
	uint32_t	token = r->at;
	QasmValue	step = qasm_of_int(1);
	QasmValue	to;
	uint32_t	first,
				last;
	uint32_t	n = 0;
	uint32_t   *list;
	int64_t		at;
	TvmStatus	status = qasm_expect(r, ':', "\":\" expected");

	if (status == TVM_OK)
		status = qasm_integer(r, "an index expected", &to);
	if (status == TVM_OK && qasm_accept(r, ':'))
	{
		step = to;
		status = qasm_integer(r, "an index expected", &to);
	}
	if (status == TVM_OK)
		status = index_of(r, token, &from, operand->count, &first);
	if (status == TVM_OK)
		status = index_of(r, token, &to, operand->count, &last);
	if (status != TVM_OK)
		return status;
	if (from.unknown || to.unknown || step.unknown)
	{
		operand->count = 1;
		return TVM_OK;
	}
	if (step.integer == 0)
		return qasm_fail(r, token, "a range without a step", NULL, NULL);
	status = qasm_take(r, operand->count, sizeof(uint32_t), &list);
	if (status == TVM_OK)
		status = qasm_spend(r, 1 + operand->count / 16);
	for (at = first; status == TVM_OK && (step.integer > 0 ? at <= (int64_t) last : at >= (int64_t) last);)
	{
		list[n++] = operand->list[at];
		if (step.integer > (int64_t) operand->count || step.integer < -(int64_t) operand->count)
			break;
		at += step.integer;
	}
	if (status == TVM_OK && n == 0)
		return qasm_fail(r, token, "an empty range", NULL, NULL);
	operand->count = n;
	operand->list = list;
	return status;
}

/* [{0, 2, 5}] */
static TvmStatus
set_operand(QasmReader *r, QasmOperand *operand)
{
	uint32_t	room = 1;
	uint32_t	n = 0;
	uint32_t   *list;
	TvmStatus	status;

	for (uint32_t at = r->at; r->tokens[at].kind != '}' && r->tokens[at].kind != QASM_END; at++)
		room += r->tokens[at].kind == ',';
	status = qasm_take(r, room, sizeof(uint32_t), &list);
	do
	{
		uint32_t	token = r->at;
		uint32_t	index;
		QasmValue	value;

		if (status == TVM_OK)
			status = qasm_integer(r, "an index expected", &value);
		if (status == TVM_OK)
			status = index_of(r, token, &value, operand->count, &index);
		if (status == TVM_OK && n == room)
			return qasm_unexpected(r, "\"}\" expected");
		if (status == TVM_OK)
			list[n++] = operand->list[index];
	} while (status == TVM_OK && qasm_more(r, '}'));
	operand->count = n;
	operand->list = list;
	return status == TVM_OK ? qasm_expect(r, '}', "\"}\" expected") : status;
}

static TvmStatus
indexed(QasmReader *r, QasmOperand *operand)
{
	uint32_t	token = r->at;
	uint32_t	index;
	QasmValue	value;
	TvmStatus	status;

	if (r->version == 3 && qasm_accept(r, '{'))
		status = set_operand(r, operand);
	else if (r->version == 3 && qasm_is(r, ':'))
		status = range_operand(r, qasm_of_int(0), operand);
	else
	{
		status = qasm_integer(r, "an index expected", &value);
		if (status == TVM_OK && r->version == 3 && qasm_is(r, ':'))
			status = range_operand(r, value, operand);
		else if (status == TVM_OK)
		{
			status = index_of(r, token, &value, operand->count, &index);
			operand->scalar = true;
			operand->list += index;
			operand->count = 1;
		}
	}
	if (status == TVM_OK && r->version == 3)
		(void) qasm_accept(r, ',');
	return status == TVM_OK ? qasm_expect(r, ']', "\"]\" expected") : status;
}

static TvmStatus
one_operand(QasmReader *r, QasmKind kind, QasmOperand *out)
{
	const char *wanted = kind == QASM_KIND_QUBITS ? "qubits expected" : "classical bits expected";
	QasmSymbol *symbol;
	TvmStatus	status = TVM_OK;

	if (qasm_is(r, '$'))
		return qasm_fail(r, r->at, "not supported: hardware qubits", "Declare a register of qubits.", NULL);
	if (!qasm_is(r, QASM_NAME))
		return qasm_unexpected(r, wanted);
	symbol = qasm_find(r, r->at);
	if (symbol == NULL)
		return qasm_fail(r, r->at, "unknown name", NULL, "\"%.*s\" is not declared.", QASM_QUOTE(r, r->at));
	if (symbol->kind != kind)
		return qasm_fail(r, r->at, wanted, NULL, "\"%.*s\" is something else.", QASM_QUOTE(r, r->at));
	if (r->in_gate && (uint32_t) (symbol - r->symbols) < r->hidden_to)
		return qasm_fail(r, r->at, "a gate acts on its own qubits only", NULL,
						 "\"%.*s\" is not one of them.", QASM_QUOTE(r, r->at));
	*out = (QasmOperand) {r->at, symbol->scalar, symbol->count, symbol->list};
	r->at++;
	r->owed++;
	status = qasm_spend(r, 0);
	while (status == TVM_OK && qasm_is(r, '['))
	{
		if (out->scalar)
			return qasm_unexpected(r, "a single one has no index");
		r->at++;
		status = indexed(r, out);
	}
	return status;
}

/* Names with indices, joined by ++. */
TvmStatus
qasm_operand(QasmReader *r, QasmKind kind, QasmOperand *out)
{
	TvmStatus	status = one_operand(r, kind, out);

	while (status == TVM_OK && r->version == 3 && qasm_accept(r, QASM_CONCAT))
	{
		QasmOperand more;
		uint32_t   *list;

		status = one_operand(r, kind, &more);
		if (status == TVM_OK && more.count + out->count > (kind == QASM_KIND_QUBITS ? TVM_MAX_QUBITS : TVM_MAX_BITS))
			return qasm_fail(r, out->token, "register too large", NULL, NULL);
		if (status == TVM_OK)
			status = qasm_spend(r, 1 + (more.count + out->count) / 16);
		if (status == TVM_OK)
			status = qasm_take(r, (size_t) more.count + out->count, sizeof(uint32_t), &list);
		if (status != TVM_OK)
			break;
		memcpy(list, out->list, out->count * sizeof(uint32_t));
		memcpy(list + out->count, more.list, more.count * sizeof(uint32_t));
		out->list = list;
		out->count += more.count;
		out->scalar = false;
	}
	return status;
}

/* A list of them with commas; in the arena. */
TvmStatus
qasm_operands(QasmReader *r, QasmKind kind, QasmOperand **out, uint32_t *count)
{
	uint32_t	room = 1;
	TvmStatus	status;

	for (uint32_t at = r->at; r->tokens[at].kind != ';' && r->tokens[at].kind != QASM_END; at++)
		room += r->tokens[at].kind == ',';
	*count = 0;
	status = qasm_take(r, room, sizeof(QasmOperand), out);
	do
	{
		if (status == TVM_OK && *count == room)
			return qasm_unexpected(r, "\";\" expected");
		if (status == TVM_OK)
			status = qasm_operand(r, kind, &(*out)[*count]);
		(*count)++;
	} while (status == TVM_OK && qasm_more(r, ';'));
	return status;
}

/*---------------------------------------------------------------------- expansion */

/* Read the gate's body with its parameters and qubits; the reader comes back to where it is. */
static TvmStatus
expand(QasmReader *r, const Call *call, const uint32_t *qubits)
{
	const QasmGateDef *def = call->def;
	uint32_t	at = r->at;
	uint32_t	hidden_from = r->hidden_from;
	uint32_t	hidden_to = r->hidden_to;
	uint32_t	scope = r->scope;
	uint32_t	symbols = r->symbol_count;
	bool		in_gate = r->in_gate;
	QasmSymbol *symbol;
	TvmStatus	status = qasm_enter(r);

	if (status != TVM_OK)
		return status;
	r->hidden_from = def->symbol;
	r->hidden_to = r->scope = symbols;
	r->in_gate = true;
	for (uint32_t i = 0; i < def->param_count && status == TVM_OK; i++)
	{
		status = qasm_declare(r, def->params[i], QASM_KIND_VALUE, &symbol);
		if (status == TVM_OK)
			symbol->value = call->args[i];
	}
	for (uint32_t i = 0; i < def->qubit_count && status == TVM_OK; i++)
	{
		status = qasm_declare(r, def->qubits[i], QASM_KIND_QUBITS, &symbol);
		if (status != TVM_OK)
			break;
		symbol->scalar = true;
		symbol->count = 1;
		status = qasm_take(r, 1, sizeof(uint32_t), &symbol->list);
		if (status == TVM_OK)
			symbol->list[0] = qubits[i];
	}
	r->at = def->body;
	if (status == TVM_OK)
		status = qasm_gate_body(r);
	qasm_forget(r, symbols);
	r->at = at;
	r->hidden_from = hidden_from;
	r->hidden_to = hidden_to;
	r->scope = scope;
	r->in_gate = in_gate;
	r->depth--;
	return status;
}

static TvmStatus
apply_gate(QasmReader *r, const Call *call, const uint32_t *qubits)
{
	QasmAngle	angles[4];

	if (call->builtin == NULL)
		return expand(r, call, qubits);
	for (uint32_t i = 0; i < call->params; i++)
		angles[i] = (QasmAngle) {call->args[i].real, call->args[i].linear};
	return qasm_builtin_emit(r, call->builtin, angles, qubits);
}

/* The gate under its modifiers from the given one on, the outermost first. */
static TvmStatus
apply_modified(QasmReader *r, const Call *call, uint32_t at, const uint32_t *qubits)
{
	const Modifier *modifier = &call->modifiers[at];
	uint32_t	controls = r->control_count;
	uint32_t	first = r->piece_count;
	TvmStatus	status;

	if (at == call->modifier_count)
		return apply_gate(r, call, qubits);
	if (modifier->kind == CTRL)
	{
		for (uint32_t i = 0; i < modifier->count; i++)
			r->control_codes[r->control_count++] = qubits[i] << 1 | modifier->state;
		status = apply_modified(r, call, at + 1, qubits + modifier->count);
		r->control_count = controls;
		return status;
	}
	if (modifier->whole && modifier->times == 0)
		return TVM_OK;
	r->recording++;
	status = apply_modified(r, call, at + 1, qubits);
	r->recording--;
	if (status == TVM_OK)
		status = modifier->whole ? qasm_repeat(r, first, modifier->times)
			: qasm_power(r, first, modifier->exponent);
	return status == TVM_OK ? qasm_flush(r) : status;
}

static TvmStatus
check_distinct(QasmReader *r, const QasmOperand *operands, uint32_t count, const uint32_t *qubits)
{
	r->stamp++;
	for (uint32_t i = 0; i < count; i++)
	{
		if (r->seen[qubits[i]] == r->stamp)
			return qasm_fail(r, operands[i].token, "a qubit is named twice",
							 "All operands of a gate are different qubits.", NULL);
		r->seen[qubits[i]] = r->stamp;
	}
	return TVM_OK;
}

/* Spread the call over the registers among its operands. */
static TvmStatus
broadcast(QasmReader *r, const Call *call, const QasmOperand *operands, uint32_t count)
{
	uint32_t	width = 1;
	bool		registers = false;
	uint32_t   *qubits;
	TvmStatus	status;

	for (uint32_t i = 0; i < count; i++)
	{
		if (operands[i].scalar)
			continue;
		if (registers && operands[i].count != width && r->checking == 0)
			return qasm_fail(r, operands[i].token, "registers of different sizes", NULL,
							 "One has %u qubits, this one %u.", width, operands[i].count);
		width = operands[i].count;
		registers = true;
	}
	if (r->checking > 0)
		return TVM_OK;
	if (count > TVM_MAX_QUBITS)
		return qasm_fail(r, r->call, "too many qubits", NULL, NULL);
	status = qasm_take(r, count, sizeof(uint32_t), &qubits);
	for (uint32_t n = 0; n < width && status == TVM_OK; n++)
	{
		status = qasm_spend(r, 1 + count / 8);
		for (uint32_t i = 0; i < count; i++)
			qubits[i] = operands[i].list[operands[i].scalar ? 0 : n];
		if (status == TVM_OK)
			status = check_distinct(r, operands, count, qubits);
		if (status == TVM_OK)
			status = apply_modified(r, call, 0, qubits);
	}
	return status;
}

/*--------------------------------------------------------------------------- reading */

static TvmStatus
read_modifier(QasmReader *r, Call *call)
{
	uint32_t	token = r->at;
	bool		ctrl = qasm_is_name(r, "ctrl");
	bool		negctrl = qasm_is_name(r, "negctrl");
	bool		pow = qasm_is_name(r, "pow");
	Modifier   *modifier = &call->modifiers[call->modifier_count];
	QasmValue	value = qasm_of_int(1);
	TvmStatus	status = TVM_OK;

	if (call->modifier_count == QASM_MAX_MODIFIERS)
		return qasm_fail(r, token, "too many modifiers", NULL, "The limit is %d.", QASM_MAX_MODIFIERS);
	memset(modifier, 0, sizeof(*modifier));
	modifier->kind = ctrl || negctrl ? CTRL : POW;
	modifier->state = ctrl;
	r->at++;
	if (!ctrl && !negctrl && !pow)
		value = qasm_of_int(-1);	/* inv */
	else if (qasm_accept(r, '('))
	{
		status = ctrl || negctrl ? qasm_integer(r, "a number of controls expected", &value) : qasm_number(r, &value);
		if (status == TVM_OK)
			status = qasm_expect(r, ')', "\")\" expected");
	}
	else if (pow)
		return qasm_unexpected(r, "\"(\" expected");
	if (status == TVM_OK)
		status = qasm_expect(r, '@', "\"@\" expected");
	if (status != TVM_OK)
		return status;
	if (value.linear > 0)
		return qasm_fail(r, token, "an input cannot be an exponent", NULL, NULL);
	if (value.type == QASM_TYPE_LARGE)
		return qasm_fail(r, token, "integer too large", NULL, "2^63 - 1 is the largest.");
	if (modifier->kind == CTRL)
	{
		if (value.unknown)
			value = qasm_of_int(1);
		if (value.integer < 1 || value.integer > TVM_MAX_QUBITS)
			return qasm_fail(r, token, "not a number of controls", NULL, "%lld is outside 1..%d.",
							 (long long) value.integer, TVM_MAX_QUBITS);
		modifier->count = (uint32_t) value.integer;
	}
	modifier->whole = value.type != QASM_TYPE_REAL;
	modifier->times = value.integer;
	modifier->exponent = value.real;
	if (!modifier->whole && value.real == (double) (int64_t) (fabs(value.real) < 9.2e18 ? value.real : 0))
	{
		modifier->whole = true;
		modifier->times = (int64_t) value.real;
	}
	call->modifier_count++;
	return TVM_OK;
}

/*
 * Controls come first, as a controlled gate's power is its power, controlled; and of whole
 * powers in a row one is made, so that pow(2**40) @ inv @ pow(0) is known to be nothing.
 */
static void
order_modifiers(Call *call)
{
	Modifier	ordered[QASM_MAX_MODIFIERS];
	uint32_t	count = 0;

	for (uint32_t i = 0; i < call->modifier_count; i++)
		if (call->modifiers[i].kind == CTRL)
			ordered[count++] = call->modifiers[i];
	for (uint32_t i = 0; i < call->modifier_count; i++)
	{
		const Modifier *modifier = &call->modifiers[i];
		Modifier   *last = count > 0 ? &ordered[count - 1] : NULL;

		if (modifier->kind == CTRL)
			continue;
		if (last == NULL || last->kind == CTRL || !last->whole || !modifier->whole ||
			__builtin_mul_overflow(last->times, modifier->times, &last->times))
			ordered[count++] = *modifier;
	}
	call->modifier_count = count;
	memcpy(call->modifiers, ordered, count * sizeof(Modifier));
}

static TvmStatus
find_gate(QasmReader *r, Call *call)
{
	QasmSymbol *symbol;

	if (!qasm_is(r, QASM_NAME))
		return qasm_unexpected(r, "a gate expected");
	symbol = qasm_find(r, r->at);
	if (symbol == NULL)
		call->builtin = qasm_builtin_find(r, r->at);
	else if (symbol->kind != QASM_KIND_GATE)
		return qasm_fail(r, r->at, "not a gate", NULL, "\"%.*s\" is something else.", QASM_QUOTE(r, r->at));
	else
		call->def = symbol->gate;
	if (symbol == NULL && call->builtin == NULL)
		return qasm_fail(r, r->at, "unknown gate",
						 r->library ? NULL : r->version == 2 ? "Its library is include \"qelib1.inc\";"
						 : "Its library is include \"stdgates.inc\";",
						 "\"%.*s\" is not defined here.", QASM_QUOTE(r, r->at));
	if (call->def != NULL && call->def->opaque && r->checking == 0)
		return qasm_fail(r, r->at, "an opaque gate cannot be applied", NULL,
						 "Nothing says what \"%.*s\" does.", QASM_QUOTE(r, r->at));
	call->params = call->def != NULL ? call->def->param_count : qasm_builtin_params(call->builtin);
	call->qubits = call->def != NULL ? call->def->qubit_count : qasm_builtin_qubits(call->builtin);
	r->at++;
	return TVM_OK;
}

static TvmStatus
read_arguments(QasmReader *r, Call *call)
{
	uint32_t	token = r->at;
	uint32_t	count = 0;
	TvmStatus	status = qasm_take(r, call->params, sizeof(QasmValue), &call->args);

	if (status != TVM_OK)
		return status;
	if (qasm_accept(r, '(') && !qasm_accept(r, ')'))
	{
		do
		{
			QasmValue	value;
			uint32_t	at = r->at;

			status = qasm_number(r, &value);
			if (status == TVM_OK)
				status = qasm_check_finite(r, at, &value);
			if (status == TVM_OK && count < call->params)
				call->args[count] = value;
			count++;
		} while (status == TVM_OK && qasm_more(r, ')'));
		if (status == TVM_OK)
			status = qasm_expect(r, ')', "\")\" expected");
	}
	if (status == TVM_OK && count != call->params)
		return qasm_fail(r, token, "wrong number of arguments", NULL, "The gate takes %u, not %u.",
						 call->params, count);
	return status;
}

TvmStatus
qasm_call(QasmReader *r)
{
	Call		call = {0};
	uint32_t	outer = r->call;
	uint32_t	count = 0;
	uint64_t	wanted;
	uint32_t	token;
	QasmOperand *operands = NULL;
	TvmStatus	status = TVM_OK;

	/* Inside a gate's body an error is where the program applied the gate, too. */
	if (!r->in_gate)
		r->call = r->at;
	while (status == TVM_OK && r->version == 3 &&
		   (qasm_is_name(r, "ctrl") || qasm_is_name(r, "negctrl") || qasm_is_name(r, "inv") || qasm_is_name(r, "pow")))
		status = read_modifier(r, &call);
	if (status == TVM_OK)
		status = find_gate(r, &call);
	if (status == TVM_OK)
		status = read_arguments(r, &call);
	token = r->at;
	if (status == TVM_OK && !qasm_is(r, ';'))
		status = qasm_operands(r, QASM_KIND_QUBITS, &operands, &count);
	if (status != TVM_OK)
		return status;
	wanted = call.qubits;
	for (uint32_t i = 0; i < call.modifier_count; i++)
		wanted += call.modifiers[i].kind == CTRL ? call.modifiers[i].count : 0;
	if (count != wanted)
		return qasm_fail(r, token, "wrong number of qubits", NULL, "The gate takes %llu, not %u.",
						 (unsigned long long) wanted, count);
	order_modifiers(&call);
	status = qasm_expect(r, ';', "\";\" expected");
	if (status == TVM_OK)
		status = broadcast(r, &call, operands, count);
	r->call = outer;
	return status;
}
