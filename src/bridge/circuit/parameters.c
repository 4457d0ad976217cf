/*
 * parameters.c: parameters of a circuit apart from their values; see parameters.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "bridge/circuit/parameters.h"
#include "kernel/quantum/circuit/angle.h"

typedef struct OpenName
{
	const char *name;
	int			length;
	int			parameter;		/* its place among the caller's */
} OpenName;

/* The names of open parameters in memcmp's order, for there may be many. */
typedef struct OpenNames
{
	OpenName   *sorted;
	int			count;
} OpenNames;

static int
compare_names(const void *a, const void *b)
{
	const OpenName *one = a;
	const OpenName *other = b;
	int			order = memcmp(one->name, other->name, Min(one->length, other->length));

	return order != 0 ? order : one->length - other->length;
}

static OpenNames
sort_names(const char *const *names, int count)
{
	OpenNames	open = {palloc_extended(sizeof(OpenName) * Max(count, 1), MCXT_ALLOC_HUGE), count};

	for (int k = 0; k < count; k++)
		open.sorted[k] = (OpenName) {names[k], strlen(names[k]), k};
	qsort(open.sorted, count, sizeof(OpenName), compare_names);
	return open;
}

/* Which parameter that is, or -1. */
static int
find(const OpenNames *open, const char *name, int length)
{
	OpenName	wanted = {name, length, 0};
	const OpenName *found = bsearch(&wanted, open->sorted, open->count, sizeof(OpenName), compare_names);

	return found == NULL ? -1 : found->parameter;
}

static JsonbContainer *
own_values(Jsonb *document)
{
	JsonbValue *value = !JB_ROOT_IS_OBJECT(document) ? NULL :
		getKeyJsonValueFromContainer(&document->root, "params", strlen("params"), NULL);

	return value == NULL || value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data)
		? NULL : value->val.binary.data;
}

static void
push_values(JsonbParseState **state, JsonbContainer *values, const OpenNames *open)
{
	TvJsonScan	scan;
	JsonbValue	value;

	tv_json_scan(&scan, values);
	while (tv_json_next(&scan, &value))
		if (find(open, scan.key.val.string.val, scan.key.val.string.len) < 0)
		{
			scan.key.type = jbvString;
			(void) pushJsonbValue(state, WJB_KEY, &scan.key);
			(void) pushJsonbValue(state, WJB_VALUE, &value);
		}
}

/* The document's values and the caller's, which win, but for those that are to stay open. */
static Jsonb *
other_values(Jsonb *document, Jsonb *given, const OpenNames *open)
{
	JsonbContainer *own = own_values(document);
	JsonbParseState *state = NULL;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (own != NULL)
		push_values(&state, own, open);
	if (given != NULL)
		push_values(&state, &given->root, open);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static void
collect_uses(TvParameters *parameters, const OpenNames *open, const TvPath *path)
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
			int			k = find(open, angle->terms[t].parameter, angle->terms[t].length);
			TvPath		gates = TV_PATH_KEY(path, "gates");
			TvPath		gate_path = TV_PATH_INDEX(&gates, angle->gate);
			TvPath		here = TV_PATH_KEY(&gate_path, angle->angle);

			if (k < 0)
				tv_json_fail(&here, "parameter without a value",
							 "Give it in \"params\" of the circuit or of the options.",
							 "No value for \"$%.*s\".", angle->terms[t].length, angle->terms[t].parameter);
			parameters->used[k] = true;
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
	OpenNames	open = sort_names(names, count);
	Jsonb	   *others = other_values(document, given, &open);
	JsonbValue	root;

	/* Only an object has members to take away; what is none is the reader's to refuse. */
	if (own_values(document) != NULL)
		document = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(document),
													  CStringGetTextDatum("params")));
	tv_json_root(document, &root);
	parameters->circuit = tv_circuit_read(env, &root, path, &others->root);
	parameters->count = count;
	parameters->used = palloc0_array(bool, Max(count, 1));
	collect_uses(parameters, &open, path);
	MemoryContextSwitchTo(caller);
	return parameters;
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

		tv_interrupts_at(i);
		if (first)
			*angles[use->angle] = parameters->constant[i];
		if (values != NULL)
			*angles[use->angle] = tvm_angle_add(*angles[use->angle], use->factor, values[use->parameter]);
	}
}

void
tv_parameters_require_range(const TvParameters *parameters, const TvPath *path, const double *most)
{
	double		angle = 0;

	for (size_t i = 0; i < parameters->use_count; i++)
	{
		const TvmParameterUse *use = &parameters->uses[i];
		TvPath		gates = TV_PATH_KEY(path, "gates");
		TvPath		here = TV_PATH_INDEX(&gates, use->gate);

		tv_interrupts_at(i);
		if (i == 0 || use[-1].gate != use->gate || use[-1].angle != use->angle)
			angle = fabs(parameters->constant[i]);
		angle += fabs(use->factor) * most[use->parameter];
		if (!(angle <= TVM_MAX_ANGLE))
			tv_json_fail(&here, "too large an angle", NULL, "The limit is %g.", TVM_MAX_ANGLE);
	}
}

static void
require_angles(const TvParameters *parameters, const TvPath *path)
{
	for (size_t i = 0; i < parameters->use_count; i++)
	{
		const TvmGate *gate = &parameters->circuit->kernel.gates[parameters->uses[i].gate];
		const double angles[] = {gate->theta, gate->phi, gate->lambda, gate->gamma};
		TvPath		gates = TV_PATH_KEY(path, "gates");
		TvPath		here = TV_PATH_INDEX(&gates, parameters->uses[i].gate);

		tv_interrupts_at(i);
		if (!(fabs(angles[parameters->uses[i].angle]) <= TVM_MAX_ANGLE))
			tv_json_fail(&here, "too large an angle", NULL, "The limit is %g.", TVM_MAX_ANGLE);
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
	require_angles(parameters, path);
	status = tvm_gradient(&env->tvm, &parameters->circuit->kernel, parameters->uses,
						  parameters->use_count, options, parameters->count, gradient);
	set_angles(parameters, NULL);
	check(env, status, path);
}
