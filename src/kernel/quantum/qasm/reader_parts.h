/*
 * reader_parts.h: the OpenQASM reader's parts, between its files.
 *
 * The program is interpreted where it stands: a loop's body or a gate's definition is
 * a place in the list of tokens to which the reader goes back.  `checking` is above 0
 * where code is only looked at (the body of a definition, a branch not taken): nothing
 * is emitted then, and a value may be unknown.
 *
 * Everything lives in the reader's arena, blocks from `env` that are charged to the
 * caller's limit; a statement that declares nothing gives back what it took.
 */
#ifndef TVM_QASM_READER_PARTS_H
#define TVM_QASM_READER_PARTS_H

#include "kernel/quantum/qasm/qasm.h"
#include "kernel/quantum/qasm/lexer.h"

#define QASM_STEP 8				/* parts of a step: what is less than one, and may be done millions of times in a statement */
#define QASM_MAX_MODIFIERS 16
#define QASM_MAX_CUBES TVM_MAX_BITS	/* disjoint alternatives of one condition: "not this value" of any register */

/* An angle: a number + a linear form in the inputs (0: none). */
typedef struct QasmAngle
{
	double		value;
	uint32_t	linear;
} QasmAngle;

typedef struct QasmLinear
{
	uint32_t	first;			/* of its terms in reader->terms */
	uint32_t	count;
} QasmLinear;

/*
 * A condition on measured bits: true if one of its cubes is.  A cube asks for a value
 * of each of some bits (codes: bit << 1 | value, ascending).  Cubes exclude each
 * other, so a gate can be emitted once for each.  No cube: never; an empty one: always.
 */
typedef struct QasmCube
{
	uint32_t	count;
	uint32_t   *codes;
} QasmCube;

typedef struct QasmCondition
{
	uint32_t	count;
	QasmCube   *cubes;
} QasmCondition;

typedef enum QasmType
{
	QASM_TYPE_INT,
	QASM_TYPE_REAL,
	QASM_TYPE_BOOL,
	QASM_TYPE_LARGE,			/* a constant integer from 2^63 on */
	QASM_TYPE_STRING,			/* a constant string of bits: no number, until it is cast to one */
	QASM_TYPE_BITS,				/* of a register, as they are when the circuit runs */
	QASM_TYPE_CONDITION
} QasmType;

typedef struct QasmValue
{
	QasmType	type;
	bool		unknown;		/* while checking */
	int64_t		integer;		/* INT and BOOL */
	double		real;			/* of every number and string; of LARGE perhaps infinite */
	uint32_t	linear;			/* REAL: depends on inputs */
	uint32_t	count;			/* BITS; STRING: digits; LARGE: limbs */
	uint32_t   *limbs;			/* LARGE, STRING: 32 bits each, the lowest first */
	uint32_t   *bits;
	QasmCondition *condition;
} QasmValue;

/* How many limbs such a value has. */
static inline uint32_t
qasm_limb_count(const QasmValue *value)
{
	return value->type == QASM_TYPE_STRING ? (value->count + 31) / 32 : value->count;
}

typedef enum QasmKind
{
	QASM_KIND_QUBITS,
	QASM_KIND_BITS,
	QASM_KIND_VALUE,
	QASM_KIND_GATE
} QasmKind;

/* A gate of the language or its library; see library.c. */
typedef struct QasmBuiltin QasmBuiltin;

typedef struct QasmGateDef
{
	uint32_t	name;			/* tokens */
	uint32_t	body;			/* the first token after the brace */
	uint32_t	param_count;
	uint32_t   *params;			/* tokens of names */
	uint32_t	qubit_count;
	uint32_t   *qubits;
	bool		opaque;
	uint32_t	symbol;			/* of the gate: its body sees what is before */
} QasmGateDef;

typedef struct QasmSymbol
{
	const char *name;			/* in the text */
	uint32_t	length;
	uint32_t	hash;
	uint32_t	next;			/* older symbol of the same bucket + 1; 0: none */
	QasmKind	kind;
	bool		scalar;			/* one qubit or bit, not a register of one */
	uint32_t	count;			/* QUBITS, BITS: their numbers */
	uint32_t   *list;
	QasmValue	value;
	QasmGateDef *gate;
} QasmSymbol;

/* Qubits or bits named in a statement. */
typedef struct QasmOperand
{
	uint32_t	token;
	bool		scalar;
	uint32_t	count;
	uint32_t   *list;
} QasmOperand;

#define QASM_GPHASE TVM_OP_COUNT	/* a piece on no qubit: a global phase, theta */

/* A gate between its expansion and the circuit. */
typedef struct QasmPiece
{
	uint32_t	op;				/* a TvmOp, or QASM_GPHASE */
	uint32_t	target_count;
	uint32_t	targets[2];		/* of what is not UNITARY */
	uint32_t   *unitary_targets;
	double	   *matrix;
	QasmAngle	angle[4];		/* theta, phi, lambda, gamma */
	uint32_t	control_count;
	uint32_t   *controls;		/* qubit << 1 | state; shared between copies */
} QasmPiece;

/* An `if` that is open. */
typedef struct QasmBranch
{
	struct QasmBranch *outer;
	QasmCondition *own;			/* what it asked for */
	QasmCondition *all;			/* that, and what is around it */
	bool		stale;			/* a bit of `own` has been measured since */
} QasmBranch;

typedef struct QasmBlock QasmBlock;

typedef struct QasmMark
{
	QasmBlock  *block;
	size_t		used;
} QasmMark;

typedef struct QasmReader
{
	TvmEnv	   *env;
	const char *text;
	QasmToken  *tokens;
	uint32_t	token_count;
	const char *bad;			/* what is wrong with the token that is QASM_BAD */
	uint32_t	at;				/* the token in hand */
	int			version;
	bool		library;		/* qelib1.inc or stdgates.inc is included */
	int			checking;
	int			depth;
	uint64_t	steps;
	uint64_t	owed;			/* parts of a step, QASM_STEP to one, that the next qasm_spend() adds */

	uint64_t	memory;			/* the limit */
	uint64_t	taken;
	QasmBlock  *block;			/* the arena's newest */

	QasmSymbol *symbols;
	uint32_t	symbol_count;
	uint32_t	symbol_capacity;
	uint32_t   *buckets;		/* symbol + 1 */
	uint32_t	bucket_count;
	uint32_t	hidden_from;	/* inside a gate's body: what it does not see */
	uint32_t	hidden_to;
	bool		in_gate;
	uint32_t	scope;			/* the first symbol of the innermost scope */

	QasmLinear *linears;		/* [0] is unused */
	uint32_t	linear_count;
	uint32_t	linear_capacity;
	TvmQasmTerm *terms;
	uint32_t	term_count;
	uint32_t	term_capacity;

	uint32_t	control_count;	/* of the ctrl modifiers around */
	uint32_t	control_codes[TVM_MAX_QUBITS];
	int			recording;		/* inv and pow modifiers around */
	QasmPiece  *pieces;
	uint32_t	piece_count;
	uint32_t	piece_capacity;
	uint32_t	call;			/* the statement's gate: where an error is */

	uint32_t	seen[TVM_MAX_QUBITS];	/* stamps: is a qubit named twice? */
	uint32_t	stamp;
	uint32_t	target_scratch[TVM_MAX_QUBITS];
	uint32_t	control_scratch[TVM_MAX_QUBITS];
	uint8_t		state_scratch[TVM_MAX_QUBITS];
	uint32_t	bit_scratch[TVM_MAX_BITS];
	uint8_t		value_scratch[TVM_MAX_BITS];

	QasmBranch *branch;
	uint32_t	qubit_count;
	uint32_t	bit_count;
	uint32_t	input_capacity;
	size_t		angle_capacity;
	size_t		out_term_capacity;
	TvmQasm    *out;
} QasmReader;

/*--------------------------------------------------------- reader.c: its own */

extern TvmStatus qasm_fail(QasmReader *r, uint32_t token, const char *message, const char *hint,
						   const char *detail,...) TVM_PRINTF(5, 6);

/* 22023 with the token in hand quoted. */
extern TvmStatus qasm_unexpected(QasmReader *r, const char *message);

/* A token's text for "%.*s": cut, at a whole character, after some bytes. */
extern int	qasm_quote(const QasmReader *r, uint32_t token);
#define QASM_QUOTE(r, token) qasm_quote(r, token), (r)->text + (r)->tokens[token].at

/* Work of about so many steps: counts it, and asks whether to stop. */
extern TvmStatus qasm_spend(QasmReader *r, uint64_t steps);

/* One level deeper; the caller lowers r->depth again. */
extern TvmStatus qasm_enter(QasmReader *r);

extern TvmStatus qasm_charge(QasmReader *r, uint64_t bytes);
extern TvmStatus qasm_take(QasmReader *r, size_t count, size_t size, void *out);
extern QasmMark qasm_mark(const QasmReader *r);
extern void qasm_release(QasmReader *r, QasmMark mark);

/* Room for one more in a growing array. */
extern TvmStatus qasm_grow(QasmReader *r, void *array, size_t count, size_t *capacity, size_t size);
extern TvmStatus qasm_grow32(QasmReader *r, void *array, uint32_t count, uint32_t *capacity,
							 size_t size);

extern bool qasm_is(const QasmReader *r, uint8_t kind);
extern bool qasm_is_name(const QasmReader *r, const char *name);
extern bool qasm_token_is(const QasmReader *r, uint32_t token, const char *name);
extern bool qasm_accept(QasmReader *r, uint8_t kind);
extern TvmStatus qasm_expect(QasmReader *r, uint8_t kind, const char *message);

/* A comma after which a list goes on; in version 3 there may be one before the list's `end`. */
extern bool qasm_more(QasmReader *r, uint8_t end);

/* A new symbol, unless the scope has one of that name; its address holds until the next. */
extern TvmStatus qasm_declare(QasmReader *r, uint32_t token, QasmKind kind, QasmSymbol **out);
extern QasmSymbol *qasm_find(QasmReader *r, uint32_t token);
extern void qasm_forget(QasmReader *r, uint32_t symbol_count);

/*----------------------------------------------------------- expression.c: values */

extern TvmStatus qasm_expression(QasmReader *r, QasmValue *out);
extern TvmStatus qasm_constant(QasmReader *r, QasmValue *out);	/* an expression; not of measured bits */
extern TvmStatus qasm_number(QasmReader *r, QasmValue *out);	/* nor a string of bits */
extern TvmStatus qasm_integer(QasmReader *r, const char *message, QasmValue *out);
extern bool qasm_is_type(const QasmReader *r, QasmType *type);	/* int, float, bool, ... in hand */
extern QasmValue qasm_of_int(int64_t integer);
extern QasmValue qasm_of_real(double real);

/* a + factor * b, and factor * a; the caller sees to it that the numbers are finite. */
extern TvmStatus qasm_angle_add(QasmReader *r, QasmAngle a, double factor, QasmAngle b, QasmAngle *out);
extern TvmStatus qasm_angle_scale(QasmReader *r, double factor, QasmAngle a, QasmAngle *out);

/* The angle of a power of a gate; 22023 where it is not finite. */
extern TvmStatus qasm_angle_power(QasmReader *r, double factor, QasmAngle *angle);

/*----------------------------------------------- condition.c: measured bits */

extern TvmStatus qasm_compare(QasmReader *r, const uint32_t *bits, uint32_t count, int op,
							  const QasmValue *value, QasmCondition **out);	/* an integer or a string */
extern TvmStatus qasm_not(QasmReader *r, const QasmCondition *a, QasmCondition **out);
extern TvmStatus qasm_and(QasmReader *r, const QasmCondition *a, const QasmCondition *b, QasmCondition **out);
extern TvmStatus qasm_or(QasmReader *r, const QasmCondition *a, const QasmCondition *b, QasmCondition **out);

/* Numbers, booleans, bits: as a condition. */
extern TvmStatus qasm_condition_of(QasmReader *r, uint32_t token, const QasmValue *value,
								   QasmCondition **out);

/*-------------------------------------------------------- call.c: operands, gates */

extern TvmStatus qasm_operand(QasmReader *r, QasmKind kind, QasmOperand *out);
extern TvmStatus qasm_operands(QasmReader *r, QasmKind kind, QasmOperand **out, uint32_t *count);
extern TvmStatus qasm_call(QasmReader *r);	/* modifiers, gate, arguments, operands, ";" */

/*-------------------------------------------------- library.c: built-in gates */

extern const QasmBuiltin *qasm_builtin_find(const QasmReader *r, uint32_t token);
extern uint32_t qasm_builtin_params(const QasmBuiltin *gate);
extern uint32_t qasm_builtin_qubits(const QasmBuiltin *gate);
extern TvmStatus qasm_builtin_emit(QasmReader *r, const QasmBuiltin *gate, const QasmAngle *angles,
								   const uint32_t *qubits);

/*------------------------------------------- emit.c: pieces into the circuit */

extern void qasm_piece_init(QasmPiece *piece, uint32_t op);
extern TvmStatus qasm_emit(QasmReader *r, const QasmPiece *piece);
extern TvmStatus qasm_emit_gate(QasmReader *r, TvmGate *gate, const QasmAngle *angles);
extern TvmStatus qasm_invert(QasmReader *r, uint32_t first);	/* the pieces from there on */
extern TvmStatus qasm_record(QasmReader *r, const QasmPiece *piece);
extern TvmStatus qasm_too_many_gates(QasmReader *r);
extern TvmStatus qasm_flush(QasmReader *r);	/* the pieces, when nothing records any more */

/* repeat.c: the pieces from `first` on become their power, as few pieces as are known. */
extern TvmStatus qasm_repeat(QasmReader *r, uint32_t first, int64_t times);

/* power.c: the pieces from `first` on become their principal power. */
extern TvmStatus qasm_power(QasmReader *r, uint32_t first, double exponent);

/*---------------------------------------------------- statement.c: the rest */

extern TvmStatus qasm_gate_body(QasmReader *r);	/* { calls } */

#endif							/* TVM_QASM_READER_PARTS_H */
