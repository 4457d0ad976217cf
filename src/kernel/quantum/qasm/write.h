/*
 * write.h: the OpenQASM writer's parts, between its files.
 */
#ifndef TVM_QASM_WRITE_H
#define TVM_QASM_WRITE_H

#include "kernel/quantum/qasm/writer.h"

/* names.c: names for all that has one, so that none means two things. */
extern void qasm_choose_names(QasmWriter *w);
extern void qasm_free_names(QasmWriter *w);

/* write_version2.c: can OpenQASM 2.0 say this gate?  Write it; its condition is there for its first statement. */
extern bool qasm_fits_2(const TvmGate *gate);
extern void qasm_write_gate_2(QasmWriter *w, const TvmGate *gate);

/* write_version3.c: what has to be defined first; the gate, without its condition. */
extern void qasm_define_3(QasmWriter *w, const TvmGate *gate);
extern void qasm_write_gate_3(QasmWriter *w, const TvmGate *gate);

#endif							/* TVM_QASM_WRITE_H */
