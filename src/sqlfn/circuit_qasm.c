/*
 * circuit_qasm.c: circuits as OpenQASM programs, for SQL.
 */
#include "postgres.h"

#include "fmgr.h"

#include "bridge/circuit_qasm.h"
#include "bridge/compat.h"

PG_FUNCTION_INFO_V1(tv_circuit_from_qasm);

Datum
tv_circuit_from_qasm(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_circuit_from_qasm");
	text	   *qasm = PG_GETARG_TEXT_PP(0);
	Jsonb	   *circuit = tv_circuit_write(tv_circuit_read_qasm(env, VARDATA_ANY(qasm), VARSIZE_ANY_EXHDR(qasm)));

	tv_env_delete(env);
	PG_RETURN_JSONB_P(circuit);
}
