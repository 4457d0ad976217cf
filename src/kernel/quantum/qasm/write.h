/*
 * write.h: the OpenQASM writer's parts, between its files.
 */
#ifndef TVM_QASM_WRITE_H
#define TVM_QASM_WRITE_H

#include "kernel/quantum/qasm/qasm.h"

typedef struct QasmWriter
{
	TvmEnv	   *env;
	const TvmQasm *qasm;
	int			version;
	char	   *text;
	size_t		length;
	size_t		size;
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

/* names.c: names for all that has one, so that none means two things. */
extern void qasm_choose_names(QasmWriter *w);
extern void qasm_free_names(QasmWriter *w);

/* The shortest text that reads back as the same number. */
extern void qasm_put_number(QasmWriter *w, double number);

/* An angle of the gate in hand: 0 theta, 1 phi, 2 lambda, 3 gamma; with its parameters. */
extern void qasm_put_angle(QasmWriter *w, int which, double value);
extern bool qasm_angle_is_free(const QasmWriter *w, int which);

/* The gate's condition, if it has one: before a statement (2), or as the head of a block (3). */
extern void qasm_open_condition(QasmWriter *w, const TvmGate *gate);

/* write_version2.c: can OpenQASM 2.0 say this gate?  Write it; its condition is there for its first statement. */
extern bool qasm_fits_2(const TvmGate *gate);
extern void qasm_write_gate_2(QasmWriter *w, const TvmGate *gate);

/* write_version3.c: what has to be defined first; the gate, without its condition. */
extern void qasm_define_3(QasmWriter *w, const TvmGate *gate);
extern void qasm_write_gate_3(QasmWriter *w, const TvmGate *gate);

#endif							/* TVM_QASM_WRITE_H */
