/*
 * observable.c: Pauli sums, from text to expectation; see observable.h.
 *
 * An observable owns its terms, each term its two arrays.
 */
#include "kernel/quantum/state/observable.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/state/groups.h"

#define NUMBER_MAX 64			/* characters of one number */
#define NUMBER_LARGEST 1e100	/* so that no sum overflows */

/* Where the parser stands, and the term it is in. */
typedef struct Parser
{
	TvmEnv	   *env;
	const char *text;
	size_t		length;
	size_t		at;
	uint32_t	qubits;
	char		pauli[TVM_MAX_QUBITS];	/* of the term: 0 where none is named */
	bool		has_word;
	bool		has_named;
} Parser;

static TvmStatus
invalid(Parser *parser, size_t at, const char *message)
{
	return tvm_fail(parser->env, TVM_INVALID, message,
					"An observable is a sum such as 0.5*ZZ - 1.2*X0 Y3 + 3.",
					"at character %llu", (unsigned long long) at + 1);
}

static void
skip_space(Parser *parser)
{
	while (parser->at < parser->length)
	{
		char		c = parser->text[parser->at];

		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return;
		parser->at++;
	}
}

/* The character that comes next, '\0' at the end. */
static char
peek(const Parser *parser)
{
	return parser->at < parser->length ? parser->text[parser->at] : '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A Pauli letter as a capital, or '\0'. */
static char
letter(char c)
{
	char		capital = c >= 'a' && c <= 'z' ? (char) (c - 32) : c;

	return capital == 'I' || capital == 'X' || capital == 'Y' || capital == 'Z' ? capital : '\0';
}

/* digits ["." digits] | "." digits, then [e [sign] digits] */
static TvmStatus
parse_number(Parser *parser, double *value)
{
	char		copy[NUMBER_MAX + 1];
	size_t		start = parser->at;
	size_t		digits = 0;

	for (; is_digit(peek(parser)); parser->at++)
		digits++;
	if (peek(parser) == '.')
		for (parser->at++; is_digit(peek(parser)); parser->at++)
			digits++;
	if (digits == 0)
		return invalid(parser, start, "not a number");
	if (peek(parser) == 'e' || peek(parser) == 'E')
	{
		parser->at++;
		if (peek(parser) == '+' || peek(parser) == '-')
			parser->at++;
		if (!is_digit(peek(parser)))
			return invalid(parser, parser->at, "an exponent without digits");
		while (is_digit(peek(parser)))
			parser->at++;
	}
	if (parser->at - start > NUMBER_MAX)
		return invalid(parser, start, "a number with too many digits");
	memcpy(copy, parser->text + start, parser->at - start);
	copy[parser->at - start] = '\0';
	*value = strtod(copy, NULL);
	if (!(*value <= NUMBER_LARGEST))
		return invalid(parser, start, "a number that is too large");
	return TVM_OK;
}

/* Letters for all qubits, q[n-1] first. */
static TvmStatus
parse_word(Parser *parser)
{
	size_t		start = parser->at;
	size_t		count = 0;

	while (parser->at + count < parser->length &&
		   letter(parser->text[parser->at + count]) != '\0')
		count++;
	if (parser->has_word || parser->has_named)
		return invalid(parser, start, "a word for all qubits stands alone in its term");
	if (count != parser->qubits)
		return tvm_fail(parser->env, TVM_INVALID, "a word needs one letter for each qubit",
						"Name single qubits with their number: Z0 X3.",
						"%llu letters for %u qubits at character %llu",
						(unsigned long long) count, parser->qubits,
						(unsigned long long) start + 1);
	for (size_t i = 0; i < count; i++)
		parser->pauli[count - 1 - i] = letter(parser->text[parser->at++]);
	parser->has_word = true;
	return TVM_OK;
}

/* A letter and the number of its qubit. */
static TvmStatus
parse_named(Parser *parser)
{
	size_t		start = parser->at;
	char		pauli = letter(parser->text[parser->at++]);
	uint64_t	qubit = 0;

	if (parser->has_word)
		return invalid(parser, start, "a word for all qubits stands alone in its term");
	for (; is_digit(peek(parser)); parser->at++)
		if (qubit < TVM_MAX_QUBITS)
			qubit = 10 * qubit + (uint64_t) (peek(parser) - '0');
	if (qubit >= parser->qubits)
		return tvm_fail(parser->env, TVM_INVALID, "not a qubit", NULL,
						"at character %llu: outside 0..%u", (unsigned long long) start + 2,
						parser->qubits - 1);
	if (parser->pauli[qubit] != '\0')
		return invalid(parser, start, "a qubit is named twice in one term");
	parser->pauli[qubit] = pauli;
	parser->has_named = true;
	return TVM_OK;
}

static TvmStatus
parse_factor(Parser *parser)
{
	if (parser->at + 1 < parser->length && is_digit(parser->text[parser->at + 1]))
		return parse_named(parser);
	return parse_word(parser);
}

static TvmStatus
add_term(TvmEnv *env, TvmObservable *observable, double coefficient, const char *pauli)
{
	TvmPauliTerm *term;
	uint32_t	count = 0;
	TvmStatus	status = tvm_grow(env, &observable->terms, observable->count, &observable->capacity,
								  sizeof(TvmPauliTerm));

	if (status != TVM_OK)
		return status;
	for (uint32_t i = 0; i < observable->qubits; i++)
		count += pauli[i] != '\0' && pauli[i] != 'I';
	term = &observable->terms[observable->count];
	term->coefficient = coefficient;
	term->count = 0;
	term->qubits = tvm_alloc(env, count, sizeof(uint32_t));
	term->paulis = tvm_alloc(env, count, 1);
	if (term->qubits == NULL || term->paulis == NULL)
	{
		tvm_free(env, term->qubits);
		tvm_free(env, term->paulis);
		return TVM_NOMEM;
	}
	for (uint32_t i = 0; i < observable->qubits; i++)
	{
		if (pauli[i] == '\0' || pauli[i] == 'I')
			continue;
		term->qubits[term->count] = i;
		term->paulis[term->count++] = pauli[i];
	}
	observable->count++;
	return TVM_OK;
}

/* A term, whose sign has been read. */
static TvmStatus
parse_term(Parser *parser, double sign, TvmObservable *observable)
{
	double		coefficient = 1;
	bool		factor_needed = true;
	TvmStatus	status = TVM_OK;

	memset(parser->pauli, 0, sizeof(parser->pauli));
	parser->has_word = parser->has_named = false;
	if (is_digit(peek(parser)) || peek(parser) == '.')
	{
		status = parse_number(parser, &coefficient);
		factor_needed = false;
	}
	while (status == TVM_OK)
	{
		skip_space(parser);
		if (peek(parser) == '*' && !factor_needed)
		{
			parser->at++;
			factor_needed = true;
			skip_space(parser);
		}
		if (letter(peek(parser)) == '\0')
			break;
		status = parse_factor(parser);
		factor_needed = false;
	}
	if (status == TVM_OK && factor_needed)
		status = invalid(parser, parser->at,
						 parser->at < parser->length ? "not a Pauli letter" :
						 "a term is missing at the end");
	if (status == TVM_OK)
		status = add_term(parser->env, observable, sign * coefficient, parser->pauli);
	return status;
}

TvmStatus
tvm_observable_parse(TvmEnv *env, const char *text, size_t length, uint32_t qubits,
					 TvmObservable *observable)
{
	Parser		parser;
	TvmStatus	status = TVM_OK;

	memset(observable, 0, sizeof(*observable));
	observable->qubits = qubits;
	parser.env = env;
	parser.text = text;
	parser.length = length;
	parser.at = 0;
	parser.qubits = qubits;
	skip_space(&parser);
	if (parser.at == length)
		status = invalid(&parser, parser.at, "an empty observable");
	for (bool first = true; status == TVM_OK && (first || parser.at < length); first = false)
	{
		double		sign = 1;

		if (observable->count % 1024 == 1023 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		else if (peek(&parser) == '+' || peek(&parser) == '-')
		{
			sign = peek(&parser) == '-' ? -1 : 1;
			parser.at++;
			skip_space(&parser);
		}
		else if (!first)
			status = invalid(&parser, parser.at, "terms are joined by + or -");
		if (status == TVM_OK)
			status = parse_term(&parser, sign, observable);
	}
	if (status != TVM_OK)
		tvm_observable_free(env, observable);
	return status;
}

void
tvm_observable_free(TvmEnv *env, TvmObservable *observable)
{
	for (size_t i = 0; i < observable->count; i++)
	{
		tvm_free(env, observable->terms[i].qubits);
		tvm_free(env, observable->terms[i].paulis);
	}
	tvm_free(env, observable->terms);
	memset(observable, 0, sizeof(*observable));
}

/*
 * <state| P |state>.  Index i and its partner i ^ x contribute conjugate terms
 * where x is not 0, so half of them is enough.
 */
TvmStatus
tvm_pauli_expectation(TvmEnv *env, const TvmState *state, uint64_t x_mask, uint64_t z_mask,
					  double *value)
{
	int			ys = __builtin_popcountll(x_mask & z_mask) & 3;
	double		total = 0;
	TvmGroups	groups;

	tvm_groups_start(&groups, state, x_mask & (~x_mask + 1), 0, TVM_STATE_CHUNK);
	while (tvm_groups_piece(&groups))
	{
		double		sum = 0;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		TVM_FOR_GROUPS(&groups, i)
		{
			TvmComplex	a = tvm_get(state, i);
			TvmComplex	b = tvm_get(state, i ^ x_mask);
			double		re = b.re * a.re + b.im * a.im; /* conj(b) a */
			double		im = b.re * a.im - b.im * a.re;
			double		part;	/* the real part of i^ys conj(b) a */

			switch (ys)
			{
				case 0:
					part = re;
					break;
				case 1:
					part = -im;
					break;
				case 2:
					part = -re;
					break;
				default:
					part = im;
					break;
			}
			sum += (__builtin_popcountll(i & z_mask) & 1) ? -part : part;
		}
		total += sum;
	}
	*value = x_mask == 0 ? total : 2 * total;
	return TVM_OK;
}

TvmStatus
tvm_observable_expectation(TvmEnv *env, const TvmState *state, const TvmObservable *observable,
						   double *value)
{
	double		sum = 0;

	for (size_t i = 0; i < observable->count; i++)
	{
		const TvmPauliTerm *term = &observable->terms[i];
		uint64_t	x_mask = 0;
		uint64_t	z_mask = 0;
		double		part = 1;
		TvmStatus	status = TVM_OK;

		for (uint32_t j = 0; j < term->count; j++)
		{
			if (term->paulis[j] != 'Z')
				x_mask |= (uint64_t) 1 << term->qubits[j];
			if (term->paulis[j] != 'X')
				z_mask |= (uint64_t) 1 << term->qubits[j];
		}
		if (term->count > 0)
			status = tvm_pauli_expectation(env, state, x_mask, z_mask, &part);
		if (status != TVM_OK)
			return status;
		sum += term->coefficient * part;
	}
	*value = sum;
	return TVM_OK;
}
