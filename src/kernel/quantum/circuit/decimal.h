/*
 * decimal.h: numbers of many bits between decimal digits and bits, for values of
 * registers.  Time is quadratic in the digits, of which there are TVM_DECIMAL_DIGITS at most.
 */
#ifndef TVM_CIRCUIT_DECIMAL_H
#define TVM_CIRCUIT_DECIMAL_H

#include "kernel/quantum/circuit/circuit.h"

#define TVM_DECIMAL_DIGITS 1234 /* of 2^TVM_MAX_BITS - 1 */
#define TVM_LIMBS (TVM_MAX_BITS / 32)

/* Digits as limbs of 32 bits, the lowest first, the highest not 0; false from 2^TVM_MAX_BITS on. */
extern bool tvm_decimal_read(const char *digits, size_t length, uint32_t limbs[TVM_LIMBS], uint32_t *count);

/* Bits, the lowest first, TVM_MAX_BITS at most, as digits; null-terminated. */
extern void tvm_decimal_write(const uint8_t *bits, uint32_t count, char digits[TVM_DECIMAL_DIGITS + 1]);

#endif							/* TVM_CIRCUIT_DECIMAL_H */
