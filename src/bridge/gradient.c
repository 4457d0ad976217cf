/*
 * gradient.c: parameters of a circuit apart from their values; see gradient.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "bridge/gradient.h"

static Jsonb *
without(Jsonb *object, const char *key)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(object),
											  PointerGetDatum(cstring_to_text(key))));
}

static Jsonb *
member(Jsonb *object, const char *key)
{
	JsonbValue *value = object == NULL ? NULL :
		getKeyJsonValueFromContainer(&object->root, key, strlen(key), NULL);

	return value == NULL || value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data)
		? NULL : JsonbValueToJsonb(value);
}

/* The document's values and the caller's, which win, but for those that are to stay open. */
static Jsonb *
other_values(Jsonb *document, Jsonb *given, const char *const *names, int count)
{
	Jsonb	   *values = member(document, "params");

	if (values == NULL)
		values = given;
	else if (given != NULL)
		values = DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(values), JsonbPGetDatum(given)));
	for (int k = 0; k < count && values != NULL; k++)
		values = without(values, names[k]);
	return values;
}

static int
find(const TvParameters *parameters, const TvTerm *term)
{
	for (int k = 0; k < parameters->count; k++)
		if (strlen(parameters->names[k]) == term->length &&
			memcmp(parameters->names[k], term->parameter, term->length) == 0)
			return k;
	return -1;
}

static void
collect_uses(TvParameters *parameters, const TvPath *path)
{
	const TvCircuit *circuit = parameters->circuit;
	size_t		count = 0;

	for (size_t i = 0; i < circuit->free_count; i++)
		count += circuit->free_angles[i].term_count;
	parameters->uses = palloc_extended(sizeof(TvmParameterUse) * Max(count, 1), MCXT_ALLOC_HUGE);
	parameters->constant = palloc_extended(sizeof(double) * Max(count, 1), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < circuit->free_count; i++)
	{
		const TvFreeAngle *angle = &circuit->free_angles[i];
		const TvmGate *gate = &circuit->kernel.gates[angle->gate];
		const double constants[] = {gate->theta, gate->phi, gate->lambda, gate->gamma};

		tv_interrupts_at(i);
		for (int t = 0; t < angle->term_count; t++)
		{
			int			k = find(parameters, &angle->terms[t]);
			TvPath		gates = TV_PATH_KEY(path, "gates");
			TvPath		gate_path = TV_PATH_INDEX(&gates, angle->gate);
			TvPath		here = TV_PATH_KEY(&gate_path, angle->angle);

			if (k < 0)
				tv_json_fail(&here, "parameter without a value",
							 "Give it in \"params\" of the circuit or of the options.",
							 "No value for \"$%.*s\".", angle->terms[t].length, angle->terms[t].parameter);
			parameters->constant[parameters->use_count] = constants[angle->which];
			parameters->uses[parameters->use_count++] = (TvmParameterUse) {
				angle->gate, angle->which, k, angle->terms[t].factor};
		}
	}
}

TvParameters *
tv_parameters_read(TvEnv *env, Jsonb *document, const TvPath *path, Jsonb *given,
				   const char *const *names, int count)
{
	MemoryContext caller = MemoryContextSwitchTo(env->context);
	TvParameters *parameters = palloc0(sizeof(TvParameters));
	Jsonb	   *others = other_values(document, given, names, count);
	JsonbValue	root;

	/* Only an object has members to take away; what is none is the reader's to refuse. */
	if (JB_ROOT_IS_OBJECT(document) && member(document, "params") != NULL)
		document = without(document, "params");
	tv_json_root(document, &root);
	parameters->circuit = tv_circuit_read(env, &root, path, others != NULL ? &others->root : NULL);
	parameters->count = count;
	parameters->names = names;
	collect_uses(parameters, path);
	MemoryContextSwitchTo(caller);
	return parameters;
}

bool
tv_parameters_used(const TvParameters *parameters, int parameter)
{
	for (size_t i = 0; i < parameters->use_count; i++)
		if (parameters->uses[i].parameter == parameter)
			return true;
	return false;
}

/* Put values into the angles; NULL: take them out. */
static void
set_angles(TvParameters *parameters, const double *values)
{
	for (size_t i = 0; i < parameters->use_count; i++)
	{
		const TvmParameterUse *use = &parameters->uses[i];
		TvmGate    *gate = &parameters->circuit->kernel.gates[use->gate];
		double *const angles[] = {&gate->theta, &gate->phi, &gate->lambda, &gate->gamma};
		bool		first = i == 0 || use[-1].gate != use->gate || use[-1].angle != use->angle;

		if (first)
			*angles[use->angle] = parameters->constant[i];
		if (values != NULL)
			*angles[use->angle] += use->factor * values[use->parameter];
	}
}

static void
require_finite(const TvParameters *parameters, const TvPath *path)
{
	for (size_t i = 0; i < parameters->use_count; i++)
	{
		const TvmGate *gate = &parameters->circuit->kernel.gates[parameters->uses[i].gate];
		TvPath		gates = TV_PATH_KEY(path, "gates");
		TvPath		here = TV_PATH_INDEX(&gates, parameters->uses[i].gate);

		if (!isfinite(gate->theta + gate->phi + gate->lambda + gate->gamma))
			tv_json_fail(&here, "an angle is not finite", NULL, NULL);
	}
}

static void
check(TvEnv *env, TvmStatus status, const TvPath *path)
{
	if (status == TVM_INVALID && path != NULL)
		tvm_fail_path(&env->tvm, "%s", tv_path_text(path));
	tv_check(env, status);
}

void
tv_parameters_gradient_check(TvEnv *env, const TvParameters *parameters, const TvPath *path)
{
	check(env, tvm_gradient_check(&env->tvm, &parameters->circuit->kernel, parameters->uses,
								  parameters->use_count), path);
}

void
tv_parameters_gradient(TvEnv *env, TvParameters *parameters, const TvPath *path,
					   const double *values, const TvmRunOptions *options, double *gradient)
{
	TvmStatus	status;

	set_angles(parameters, values);
	require_finite(parameters, path);
	status = tvm_gradient(&env->tvm, &parameters->circuit->kernel, parameters->uses,
						  parameters->use_count, options, parameters->count, gradient);
	set_angles(parameters, NULL);
	check(env, status, path);
}
