/*
 * circuit_gradient.c: the gradient of an expectation, a row a parameter.
 *
 * The circuit and what its runs need live in one TvEnv, which is deleted before
 * the function returns.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/server/compat.h"
#include "bridge/circuit/parameters.h"

PG_FUNCTION_INFO_V1(tv_gradient);

typedef struct Values
{
	int			count;
	const char **names;
	double	   *values;
} Values;

typedef struct Value
{
	char	   *name;
	double		value;
} Value;

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const Value *) a)->name, ((const Value *) b)->name);
}

/* Every parameter that has a value, by name; those of `given` win. */
static Values
read_values(Jsonb *document, Jsonb *given)
{
	TvPath		path = TV_PATH_KEY(NULL, "params");
	JsonbValue *own = !JB_ROOT_IS_OBJECT(document) ? NULL :
		getKeyJsonValueFromContainer(&document->root, "params", strlen("params"), NULL);
	Jsonb	   *both = given;
	JsonbValue	root,
				member;
	JsonbContainer *object;
	TvJsonScan	scan;
	Values		values = {0};
	Value	   *list;

	tv_json_root(given, &root);
	(void) tv_circuit_params_read(&root, &path);
	if (own != NULL && tv_json_present(own))
	{
		(void) tv_circuit_params_read(own, &path);
		both = DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(JsonbValueToJsonb(own)),
												  JsonbPGetDatum(given)));
	}
	tv_json_root(both, &root);
	object = tv_json_object(&root, &path);
	list = palloc_array(Value, JsonContainerSize(object) + 1);
	tv_json_scan(&scan, object);
	while (tv_json_next(&scan, &member))
	{
		Value	   *value = &list[values.count++];

		value->name = pnstrdup(scan.key.val.string.val, scan.key.val.string.len);
		value->value = tv_json_number(&member, &path);
	}
	qsort(list, values.count, sizeof(Value), by_name);
	values.names = palloc_array(const char *, values.count + 1);
	values.values = palloc_array(double, values.count + 1);
	for (int i = 0; i < values.count; i++)
	{
		values.names[i] = list[i].name;
		values.values[i] = list[i].value;
	}
	return values;
}

Datum
tv_gradient(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	char	   *source = text_to_cstring(PG_GETARG_TEXT_PP(1));
	TvEnv	   *env = tv_env_create("tv_gradient");
	MemoryContext caller = MemoryContextSwitchTo(env->context);
	Values		values = read_values(document, PG_GETARG_JSONB_P(2));
	TvParameters *parameters = tv_parameters_read(env, document, NULL, NULL, values.names, values.count);
	double	   *gradient = palloc_array(double, Max(values.count, 1));
	TvmObservable observable;
	TvmRunOptions options;
	TvmStatus	status;

	status = tvm_observable_parse(&env->tvm, source, strlen(source), parameters->circuit->kernel.qubits, &observable);
	if (status == TVM_INVALID)
		tvm_fail_path(&env->tvm, "observable");
	tv_check(env, status);
	tvm_run_options_init(&options);
	options.memory_limit = tv_circuit_memory_limit();
	options.observables = &observable;
	options.observable_count = 1;
	tv_parameters_gradient(env, parameters, NULL, values.values, &options, gradient);
	MemoryContextSwitchTo(caller);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < values.count; i++)
	{
		Datum		row[3];
		bool		nulls[3] = {false};

		row[0] = CStringGetTextDatum(values.names[i]);
		row[1] = Float8GetDatum(values.values[i]);
		row[2] = Float8GetDatum(gradient[i]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, nulls);
	}
	tv_env_delete(env);
	return (Datum) 0;
}
