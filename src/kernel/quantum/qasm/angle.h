/*
 * angle.h: angles multiplied by large numbers; inside the reader of OpenQASM only.
 *
 * An angle that is a fraction of pi, as near as a double comes to it, is taken as that
 * fraction: 2^40 times pi/4 is no angle at all.  Any other is the number that it is.
 */
#ifndef TVM_QASM_ANGLE_H
#define TVM_QASM_ANGLE_H

#include "kernel/quantum/qasm/wide.h"

/* The angle that a double stands for. */
extern TvmWide qasm_angle_wide(double angle);

/*
 * factor * angle, `turns` (1 or 2) times 2 pi being nothing: what is within that is left as it
 * is.  The second takes the angle to (-turns pi, turns pi] first, as a principal power does.
 */
extern double qasm_angle_times(double angle, uint64_t factor, int turns);
extern double qasm_angle_principal(double angle, double factor, int turns);

#endif							/* TVM_QASM_ANGLE_H */
