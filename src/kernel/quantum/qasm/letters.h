/*
 * letters.h: characters of UTF-8, and which of them names of OpenQASM 3 are made of.
 */
#ifndef TVM_QASM_LETTERS_H
#define TVM_QASM_LETTERS_H

#include "kernel/tvm.h"

/* The character at the beginning of `text`, and its bytes; 0 where there is none. */
extern uint32_t tvm_qasm_character(const char *text, size_t length, uint32_t *character);

/* The bytes of the letter or underscore at the beginning of `text`; 0: it is none. */
extern uint32_t tvm_qasm_letter(const char *text, size_t length);

#endif							/* TVM_QASM_LETTERS_H */
