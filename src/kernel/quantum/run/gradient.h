/*
 * gradient.h: derivatives of expectations with respect to angles, by shifting them.
 *
 * An angle t enters a gate as e^(-i t G), and an expectation as a trigonometric
 * polynomial in t whose frequencies are differences of G's eigenvalues.  So its
 * derivative is, exactly and whatever else the circuit does, a sum of expectations
 * at shifted angles (Mitarai et al. 2018, Schuld et al. 2019; several frequencies:
 * Anselmetti et al. 2021, Wierichs et al. 2022):
 *
 *   - frequency 1 alone: (f(t + pi/2) - f(t - pi/2)) / 2.  RX, RY, RZ, RXX, RYY and
 *     RZZ without controls, whose G has the eigenvalues +-1/2; P, and all angles of
 *     U, with any controls: e^(i t) on a subspace, eigenvalues 0 and 1.
 *   - frequencies 1/2 and 1: rotations with controls, eigenvalues 0 and +-1/2:
 *     a (f(t + pi/2) - f(t - pi/2)) - b (f(t + 3 pi/2) - f(t - 3 pi/2)),
 *     a, b = (sqrt 2 +- 1) / (4 sqrt 2).
 */
#ifndef TVM_RUN_GRADIENT_H
#define TVM_RUN_GRADIENT_H

#include "kernel/quantum/run/run.h"

/* An angle that depends on a parameter: angle = ... + factor * parameter. */
typedef struct TvmParameterUse
{
	size_t		gate;
	int			angle;			/* 0 theta, 1 phi, 2 lambda, 3 gamma */
	size_t		parameter;
	double		factor;
} TvmParameterUse;

/*
 * TVM_INVALID, path "gates[3]", when the circuit measures or resets in the middle, or
 * a use is in a gate with a condition ("gates[3].theta").
 */
extern TvmStatus tvm_gradient_check(TvmEnv *env, const TvmCircuit *circuit,
									const TvmParameterUse *uses, size_t count);

/*
 * The gradients of options->observables (whose other members say how to run) at the
 * circuit's angles: gradient[observable * parameters + parameter].  Uses of one angle
 * stand next to each other.  Two or four runs for each angle that is used; the
 * circuit's angles are shifted meanwhile and put back, also after a failure.
 */
extern TvmStatus tvm_gradient(TvmEnv *env, TvmCircuit *circuit, const TvmParameterUse *uses,
							  size_t count, const TvmRunOptions *options, size_t parameters,
							  double *gradient);

#endif							/* TVM_RUN_GRADIENT_H */
