/*
 * expression.h: values (value.c) and operators (expression.c), for syntax.c,
 * which knows how they are written.
 */
#ifndef TVM_QASM_EXPRESSION_H
#define TVM_QASM_EXPRESSION_H

#include "kernel/quantum/qasm/reader_parts.h"

extern QasmValue qasm_of_bool(bool truth);
extern QasmValue qasm_unknown(void);
/* Every number and factor of a value is finite; an error at the token if not. */
extern TvmStatus qasm_check_finite(QasmReader *r, uint32_t token, const QasmValue *value);

/* Of limbs, which the value then refers to: INT where 63 bits are enough, else LARGE. */
extern QasmValue qasm_of_limbs(uint32_t *limbs, uint32_t count);

extern TvmStatus qasm_of_input(QasmReader *r, uint32_t input, QasmValue *out);

/* The token in hand: a number, in version 2 a real one unless it has to be `whole`; or a string of bits. */
extern TvmStatus qasm_literal(QasmReader *r, bool whole, QasmValue *out);
extern TvmStatus qasm_bit_string(QasmReader *r, QasmValue *out);

/* `token` is the operator's or function's, where an error is. */
extern TvmStatus qasm_binary(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a,
							 const QasmValue *b, QasmValue *out);
extern TvmStatus qasm_unary(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, QasmValue *out);
extern TvmStatus qasm_function(QasmReader *r, uint32_t token, const QasmValue *args, uint32_t count,
							   QasmValue *out);
extern TvmStatus qasm_cast(QasmReader *r, uint32_t token, QasmType type, const QasmValue *a, QasmValue *out);

#endif							/* TVM_QASM_EXPRESSION_H */
