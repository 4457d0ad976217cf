/*
 * writer.h: a program of OpenQASM in the making: its text, and how numbers, angles and
 * conditions are put into it.
 */
#ifndef TVM_QASM_WRITER_H
#define TVM_QASM_WRITER_H

#include "kernel/quantum/qasm/qasm.h"

typedef struct QasmWriter
{
	TvmEnv	   *env;
	const TvmQasm *qasm;
	int			version;
	char	   *text;
	size_t		length;
	size_t		size;
	size_t		next_cancel;	/* the length at which a cancellation is asked for again */
	uint64_t	memory;
	TvmStatus	status;			/* the first failure; nothing is written after it */
	size_t		gate;			/* in hand */
	size_t		next_angle;		/* the first of qasm->angles that is not of an earlier gate */
	char	  **names;			/* of the inputs, as the program has them; some are the writer's own */
	const char *suffix;			/* to q, c and the gates that the program defines */
	char	   *own_suffix;
	uint32_t   *run_first;		/* for each bit: the first bit of its register (version 2 with conditions) */
	uint32_t   *run_count;		/* for a first bit: the register's size */
} QasmWriter;

extern void qasm_put(QasmWriter *w, const char *format,...) TVM_PRINTF(2, 3);

/* The shortest text that reads back as the same number. */
extern void qasm_put_number(QasmWriter *w, double number);

/* An angle of the gate in hand: 0 theta, 1 phi, 2 lambda, 3 gamma; with its parameters. */
extern void qasm_put_angle(QasmWriter *w, int which, double value);
extern bool qasm_angle_is_free(const QasmWriter *w, int which);

/* Version 2: are all classical bits one register? */
extern bool qasm_one_register(const QasmWriter *w);

/* The gate's condition, if it has one: before a statement (2), or as the head of a block (3). */
extern void qasm_open_condition(QasmWriter *w, const TvmGate *gate);

#endif							/* TVM_QASM_WRITER_H */
