/*
 * qasm.c: circuits as OpenQASM programs, for SQL.
 */
#include "postgres.h"

#include "fmgr.h"

#include "bridge/circuit/qasm.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"

PG_FUNCTION_INFO_V1(tv_circuit_from_qasm);
PG_FUNCTION_INFO_V1(tv_circuit_to_qasm);

Datum
tv_circuit_from_qasm(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_circuit_from_qasm");
	text	   *qasm = PG_GETARG_TEXT_PP(0);
	Jsonb	   *circuit = tv_circuit_write(tv_circuit_read_qasm(env, VARDATA_ANY(qasm), VARSIZE_ANY_EXHDR(qasm)));

	tv_env_delete(env);
	PG_RETURN_JSONB_P(circuit);
}

/* Without a version the program is of 2.0 where that will do. */
Datum
tv_circuit_to_qasm(PG_FUNCTION_ARGS)
{
	int			version = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
	TvEnv	   *env;
	JsonbValue	root;
	TvCircuit  *circuit;
	text	   *program;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (!PG_ARGISNULL(1) && version != 2 && version != 3)
		tv_report_invalid("version", "unknown version of OpenQASM", psprintf("%d is neither 2 nor 3.", version), NULL);
	env = tv_env_create("tv_circuit_to_qasm");
	tv_json_root(PG_GETARG_JSONB_P(0), &root);
	circuit = tv_circuit_read(env, &root, NULL, NULL);
	program = tv_circuit_write_qasm(env, circuit, version);
	tv_env_delete(env);
	PG_RETURN_TEXT_P(program);
}
