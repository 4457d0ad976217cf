/*
 * angle.h: sums of angles that lose nothing, however large the angles are.
 *
 * Of 1e17 + pi/2 a double keeps 1e17.  All that gates do with an angle has the period
 * 4 pi (most of it 2 pi), so an angle is reduced by that, exactly, before it is added to
 * another; what has been rounded cannot be reduced any more.
 */
#ifndef TVM_CIRCUIT_ANGLE_H
#define TVM_CIRCUIT_ANGLE_H

#define TVM_MAX_ANGLE 1e100		/* so that no sum of angles overflows */

/*
 * The same angle, modulo 4 pi, in -2 pi .. 2 pi, as the double next to it or next but one;
 * what is within -4 pi .. 4 pi is left as it is.
 */
extern double tvm_angle_reduce(double angle);

/*
 * The angle sum + factor * value: within 1024 as doubles add up, beyond it modulo 4 pi, and
 * the product too counts as if it had not been rounded.  Beyond TVM_MAX_ANGLE it is just
 * the sum, for the caller to refuse.
 */
extern double tvm_angle_add(double sum, double factor, double value);

#endif							/* TVM_CIRCUIT_ANGLE_H */
