/*
 * gradient.c: derivatives of expectations by shifting angles; see gradient.h.
 */
#include "kernel/quantum/run/gradient.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/analysis.h"
#include "kernel/quantum/circuit/angle.h"

#define PI 3.14159265358979323846

static const char *const angle_names[] = {"theta", "phi", "lambda", "gamma"};

static double *
angle_of(TvmGate *gate, int angle)
{
	double *const angles[] = {&gate->theta, &gate->phi, &gate->lambda, &gate->gamma};

	return angles[angle];
}

TvmStatus
tvm_gradient_check(TvmEnv *env, const TvmCircuit *circuit, const TvmParameterUse *uses,
				   size_t count)
{
	uint8_t    *deferred;

	for (size_t i = 0; i < count; i++)
		if (circuit->gates[uses[i].gate].if_count > 0)
		{
			tvm_fail(env, TVM_INVALID, "no gradient of a gate with a condition", NULL, NULL);
			tvm_fail_path(env, "gates[%zu].%s", uses[i].gate, angle_names[uses[i].angle]);
			return TVM_INVALID;
		}
	if (!tvm_circuit_analyse(circuit, false, NULL).random)
		return TVM_OK;
	deferred = tvm_alloc(env, circuit->count, 1);
	if (deferred == NULL)
		return TVM_NOMEM;
	(void) tvm_circuit_analyse(circuit, false, deferred);
	for (size_t i = 0; i < circuit->count; i++)
	{
		TvmOp		op = circuit->gates[i].op;

		if ((op != TVM_OP_MEASURE && op != TVM_OP_RESET) || deferred[i])
			continue;
		tvm_fail(env, TVM_INVALID, "the state depends on chance", NULL,
				 "%s is not a final measurement", tvm_op_name(op));
		tvm_fail_path(env, "gates[%zu]", i);
		break;
	}
	tvm_free(env, deferred);
	return TVM_INVALID;
}

/* Add `weight` times the expectations of the circuit as it is now. */
static TvmStatus
add_expectations(TvmEnv *env, const TvmCircuit *circuit, const TvmRunOptions *options,
				 double weight, double *sums)
{
	TvmRun		run;
	TvmRunResult result;
	TvmStatus	status = tvm_run_open(env, &run, circuit, NULL, options);

	if (status == TVM_OK)
		status = tvm_run_trajectories(env, &run, 0, run.trajectories);
	if (status == TVM_OK)
		status = tvm_run_result(env, &run, &result);
	for (size_t i = 0; i < options->observable_count && status == TVM_OK; i++)
		sums[i] += weight * result.expectation[i].mean;
	tvm_run_close(env, &run);
	return status;
}

/* Add `weight` times (f(t + shift) - f(t - shift)). */
static TvmStatus
add_difference(TvmEnv *env, TvmCircuit *circuit, double *angle, double shift,
			   const TvmRunOptions *options, double weight, double *sums)
{
	double		here = *angle;
	double		reduced = tvm_angle_reduce(here);
	TvmStatus	status;

	*angle = reduced + shift;
	status = add_expectations(env, circuit, options, weight, sums);
	*angle = reduced - shift;
	if (status == TVM_OK)
		status = add_expectations(env, circuit, options, -weight, sums);
	*angle = here;
	return status;
}

static bool
has_two_frequencies(const TvmGate *gate)
{
	return gate->control_count > 0 && gate->op != TVM_OP_P && gate->op != TVM_OP_U;
}

/* The derivatives of all observables with respect to one angle. */
static TvmStatus
derive(TvmEnv *env, TvmCircuit *circuit, size_t gate, int which, const TvmRunOptions *options,
	   double *derivatives)
{
	double	   *angle = angle_of(&circuit->gates[gate], which);
	double		half = 0.5;
	double		three = 0;
	TvmStatus	status;

	memset(derivatives, 0, options->observable_count * sizeof(double));
	if (has_two_frequencies(&circuit->gates[gate]))
	{
		half = (sqrt(2) + 1) / (4 * sqrt(2));
		three = (sqrt(2) - 1) / (4 * sqrt(2));
	}
	status = add_difference(env, circuit, angle, PI / 2, options, half, derivatives);
	if (status == TVM_OK && three != 0)
		status = add_difference(env, circuit, angle, 3 * PI / 2, options, -three, derivatives);
	return status;
}

TvmStatus
tvm_gradient(TvmEnv *env, TvmCircuit *circuit, const TvmParameterUse *uses, size_t count,
			 const TvmRunOptions *options, size_t parameters, double *gradient)
{
	size_t		observables = options->observable_count;
	TvmStatus	status = tvm_gradient_check(env, circuit, uses, count);
	double	   *derivatives;

	if (status != TVM_OK)
		return status;
	derivatives = tvm_alloc(env, observables, sizeof(double));
	if (derivatives == NULL)
		return TVM_NOMEM;
	memset(gradient, 0, observables * parameters * sizeof(double));
	for (size_t i = 0; i < count && status == TVM_OK; i++)
	{
		if (tvm_cancelled(env))
			status = TVM_CANCELLED;
		else if (i == 0 || uses[i].gate != uses[i - 1].gate || uses[i].angle != uses[i - 1].angle)
			status = derive(env, circuit, uses[i].gate, uses[i].angle, options, derivatives);
		for (size_t j = 0; j < observables && status == TVM_OK; j++)
			gradient[j * parameters + uses[i].parameter] += uses[i].factor * derivatives[j];
	}
	tvm_free(env, derivatives);
	return status;
}
