/*
 * names.h: parameters' names as OpenQASM 3 can have them, and back.
 *
 * A name that a program can have stands as it is.  Any other one (a word of the language, a gate of
 * stdgates.inc, pi, a.b, theta[0]) is "_tv_" and the name, in which an underscore is two, what is no letter or digit
 * is _x and two hexadecimal digits, or _u and six.  So is one that begins with "_tv_" itself.  The reader takes
 * such a name, and no other one that begins so, for what it stands for: each parameter keeps its name.
 */
#ifndef TVM_QASM_NAMES_H
#define TVM_QASM_NAMES_H

#include "kernel/tvm.h"

/* `out` has room for length + 1 bytes; false where the name stands for itself. */
extern bool tvm_qasm_name_decode(const char *text, size_t length, char *out);

#endif							/* TVM_QASM_NAMES_H */
