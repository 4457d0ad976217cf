/*
 * lexer.h: the tokens of an OpenQASM program, both versions.
 *
 * A token points into the text, which the caller keeps.  Lines and columns are
 * counted only when something is wrong.
 */
#ifndef TVM_QASM_LEXER_H
#define TVM_QASM_LEXER_H

#include "kernel/tvm.h"

/* A token's kind is its character where it is one; the others are: */
enum
{
	QASM_END = 0,
	QASM_NAME = 128,
	QASM_INTEGER,
	QASM_REAL,
	QASM_SUFFIXED,				/* 100ns, 2im, 5x */
	QASM_STRING,
	QASM_ARROW,					/* -> */
	QASM_EQUAL,					/* == */
	QASM_UNEQUAL,
	QASM_LESS_EQUAL,
	QASM_GREATER_EQUAL,
	QASM_POWER,					/* ** */
	QASM_CONCAT,				/* ++ */
	QASM_AND,					/* && */
	QASM_OR,
	QASM_SHIFT_LEFT,
	QASM_SHIFT_RIGHT,
	QASM_BAD					/* what is no token; nothing after it is looked at */
};

typedef struct QasmToken
{
	uint32_t	at;				/* byte in the text */
	uint32_t	length;
	uint8_t		kind;
} QasmToken;

/*
 * The last token is QASM_END.  Where the text has no token, the one before is QASM_BAD and *message says what
 * is wrong with it: the reader says so when it gets there, so that what it stands in can be refused by name.
 * `bytes` is how many tokens may take; the caller frees *tokens.
 */
extern TvmStatus tvm_qasm_lex(TvmEnv *env, const char *text, size_t length, uint64_t bytes,
							  QasmToken **tokens, uint32_t *count, const char **message);

/* Say where: "line 3, column 7" (columns count characters of UTF-8, without a byte order mark). */
extern void tvm_qasm_place(TvmEnv *env, const char *text, uint32_t at);

#endif							/* TVM_QASM_LEXER_H */
