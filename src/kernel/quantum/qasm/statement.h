/*
 * statement.h: statements, between statement.c, declare.c and program.c.
 * Each begins at its first token and ends after its last.
 */
#ifndef TVM_QASM_STATEMENT_H
#define TVM_QASM_STATEMENT_H

#include "kernel/quantum/qasm/reader_parts.h"

extern TvmStatus qasm_statement(QasmReader *r);	/* any */

extern TvmStatus qasm_include(QasmReader *r);
extern TvmStatus qasm_old_register(QasmReader *r);
extern TvmStatus qasm_register(QasmReader *r);
extern TvmStatus qasm_alias(QasmReader *r);
extern TvmStatus qasm_const(QasmReader *r);
extern TvmStatus qasm_input(QasmReader *r);
extern TvmStatus qasm_gate(QasmReader *r);

extern bool qasm_is_outside(const QasmReader *r);	/* a word of what is not supported */
extern TvmStatus qasm_new_name(QasmReader *r, uint32_t *token);
extern TvmStatus qasm_assignment(QasmReader *r);	/* c[0] = measure q[0]; */

#endif							/* TVM_QASM_STATEMENT_H */
