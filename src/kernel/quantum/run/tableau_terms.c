/*
 * tableau_terms.c: see tableau_terms.h.
 */
#include "kernel/quantum/run/tableau_terms.h"

TvmStatus
tvm_stabilizer_terms(TvmEnv *env, const TvmTableau *tableau, const TvmObservable *observable,
					 int8_t *out)
{
	for (size_t i = 0; i < observable->count; i++)
	{
		if (i % 16 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		out[i] = (int8_t) tvm_tableau_expectation(tableau, &observable->terms[i]);
	}
	return TVM_OK;
}

TvmStatus
tvm_stabilizer_bloch(TvmEnv *env, const TvmTableau *tableau, int8_t *out)
{
	for (uint32_t q = 0; q < tableau->qubits; q++)
	{
		if (q % 16 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t axis = 0; axis < 3; axis++)
		{
			char		letter = "XYZ"[axis];
			TvmPauliTerm term = {1, 1, &q, &letter};

			out[3 * q + axis] = (int8_t) tvm_tableau_expectation(tableau, &term);
		}
	}
	return TVM_OK;
}
