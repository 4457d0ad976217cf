/*
 * run.c: what the methods of a run share: options, memory, classical bits, shots
 * and means; see run.h and, for the methods' own steps, methods.h.
 */
#include "kernel/quantum/run/run.h"

#include <string.h>

#include "kernel/quantum/run/methods.h"

static const char *const method_names[TVM_METHOD_COUNT] = {
	[TVM_METHOD_AUTO] = "auto",
	[TVM_METHOD_STATEVECTOR] = "statevector",
	[TVM_METHOD_STABILIZER] = "stabilizer",
	[TVM_METHOD_DENSITY] = "density_matrix",
};

const char *
tvm_method_name(TvmRunMethod method)
{
	return method_names[method];
}

bool
tvm_method_of(const char *name, TvmRunMethod *method)
{
	for (int i = 0; i < TVM_METHOD_COUNT; i++)
		if (strcmp(name, method_names[i]) == 0)
		{
			*method = (TvmRunMethod) i;
			return true;
		}
	return false;
}

void
tvm_run_options_init(TvmRunOptions *options)
{
	memset(options, 0, sizeof(*options));
}

/* What every method needs, and then the method's own. */
static uint64_t
bytes_of(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
		 const TvmAnalysis *found, const TvmRunSteps *steps)
{
	uint64_t	bytes = steps->bytes(circuit, noise, options, found);

	if (options->shots > 0)
		bytes = tvm_bytes_add(bytes, tvm_counts_bytes(found->measures ? circuit->bits :
													  circuit->qubits, options->shots));
	bytes = tvm_bytes_add(bytes, (uint64_t) circuit->count + found->finals * sizeof(size_t));
	return tvm_bytes_add(bytes, (uint64_t) circuit->qubits * 6 * sizeof(double) +
						 (uint64_t) circuit->bits +
						 (uint64_t) options->observable_count * sizeof(TvmMean));
}

static TvmStatus
invalid(TvmEnv *env, const char *path, const char *message, uint64_t value, uint64_t limit)
{
	tvm_fail(env, TVM_INVALID, message, NULL, "%llu is above %llu", (unsigned long long) value,
			 (unsigned long long) limit);
	tvm_fail_path(env, "%s", path);
	return TVM_INVALID;
}

static TvmStatus
check_options(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise,
			  const TvmRunOptions *options)
{
	if (options->shots > TVM_MAX_SHOTS)
		return invalid(env, "shots", "too many shots", options->shots, TVM_MAX_SHOTS);
	if (options->trajectories > TVM_MAX_TRAJECTORIES)
		return invalid(env, "trajectories", "too many trajectories", options->trajectories,
					   TVM_MAX_TRAJECTORIES);
	for (size_t i = 0; i < options->observable_count; i++)
	{
		if (options->observables[i].qubits == circuit->qubits)
			continue;
		tvm_fail(env, TVM_INVALID, "an observable of another number of qubits", NULL,
				 "%u, not %u", options->observables[i].qubits, circuit->qubits);
		tvm_fail_path(env, "observables[%zu]", i);
		return TVM_INVALID;
	}
	if (noise != NULL && noise->qubits != circuit->qubits)
	{
		tvm_fail(env, TVM_INVALID, "noise for another number of qubits", NULL, "%u, not %u",
				 noise->qubits, circuit->qubits);
		tvm_fail_path(env, "noise");
		return TVM_INVALID;
	}
	return TVM_OK;
}

/* The small arrays; the states come after them. */
static TvmStatus
allocate(TvmEnv *env, TvmRun *run, const TvmAnalysis *found)
{
	const TvmCircuit *circuit = run->circuit;
	const TvmRunOptions *options = &run->options;
	uint32_t	width = found->measures ? circuit->bits : circuit->qubits;
	uint32_t	most = circuit->bits > circuit->qubits ? circuit->bits : circuit->qubits;
	size_t		at = 0;

	run->words = most / 64 + 1;
	run->deferred = tvm_alloc(env, circuit->count, 1);
	run->finals = tvm_alloc(env, found->finals, sizeof(size_t));
	run->bits = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	run->key = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	run->expectation = tvm_alloc_zero(env, options->observable_count, sizeof(TvmMean));
	run->scratch = tvm_alloc(env, 3 * (size_t) circuit->qubits, sizeof(double));
	if (run->deferred == NULL || run->finals == NULL || run->bits == NULL || run->key == NULL ||
		run->expectation == NULL || run->scratch == NULL)
		return TVM_NOMEM;
	if (options->bloch)
	{
		run->bloch = tvm_alloc_zero(env, 3 * (size_t) circuit->qubits, sizeof(double));
		if (run->bloch == NULL)
			return TVM_NOMEM;
	}
	tvm_circuit_analyse(circuit, options->collapse, run->deferred);
	for (size_t i = 0; i < circuit->count; i++)
		if (run->deferred[i])
			run->finals[at++] = i;
	run->final_count = at;
	return tvm_counts_init(env, &run->counts, width);
}

static const TvmRunSteps *
steps_of(TvmRunMethod method)
{
	switch (method)
	{
		case TVM_METHOD_STABILIZER:
			return &tvm_run_tableau;
		case TVM_METHOD_DENSITY:
			return &tvm_run_density;
		default:
			return &tvm_run_vector;
	}
}

/* Is a method faster than amplitudes under noise that nobody looks into, and fits? */
static bool
pays(const TvmRunSteps *steps, const TvmCircuit *circuit, const TvmNoise *noise,
	 const TvmRunOptions *options, const TvmAnalysis *found)
{
	return options->mixed && noise != NULL && tvm_noise_acts(noise) &&
		steps->pays(circuit, noise, options, found) &&
		(options->memory_limit == 0 ||
		 bytes_of(circuit, noise, options, found, steps) <= options->memory_limit);
}

/* The tableau where it is the faster one, or the only one that fits. */
static TvmRunMethod
best_method(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			const TvmAnalysis *found)
{
	TvmWhyNot	why;
	bool		fits = circuit->qubits <= TVM_STATE_MAX_QUBITS;

	if (pays(&tvm_run_density, circuit, noise, options, found))
		return TVM_METHOD_DENSITY;
	if (pays(&tvm_run_tableau, circuit, noise, options, found))
		return TVM_METHOD_STABILIZER;
	if (fits && options->memory_limit > 0)
		fits = bytes_of(circuit, noise, options, found, &tvm_run_vector) <= options->memory_limit;
	if (options->alike || (fits && circuit->qubits < TVM_STABILIZER_QUBITS))
		return TVM_METHOD_STATEVECTOR;
	return tvm_run_tableau.can(circuit, noise, options, found, &why) ? TVM_METHOD_STABILIZER :
		TVM_METHOD_STATEVECTOR;
}

/* Take a method, which says what memory is needed. */
static void
take_method(TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
			const TvmRunOptions *options, TvmAnalysis *found)
{
	memset(run, 0, sizeof(*run));
	run->circuit = circuit;
	run->noise = noise;
	run->options = *options;
	*found = tvm_circuit_analyse(circuit, options->collapse, NULL);
	run->method = options->method;
	if (run->method == TVM_METHOD_AUTO)
		run->method = best_method(circuit, noise, options, found);
	run->steps = steps_of(run->method);
	run->bytes = bytes_of(circuit, noise, options, found, run->steps);
}

static TvmStatus
prepare(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
		const TvmRunOptions *options, TvmAnalysis *found)
{
	uint32_t	qubits = circuit->qubits;
	TvmWhyNot	why;
	TvmStatus	status;

	take_method(run, circuit, noise, options, found);
	status = check_options(env, circuit, noise, options);
	if (status != TVM_OK)
		return status;
	if (options->method != TVM_METHOD_AUTO && !run->steps->can(circuit, noise, options, found, &why))
	{
		tvm_fail(env, TVM_INVALID, why.message, NULL, "%s", why.detail);
		tvm_fail_path(env, "method");
		return TVM_INVALID;
	}
	if (run->method == TVM_METHOD_DENSITY)
		qubits = 2 * circuit->qubits;
	else if (run->method == TVM_METHOD_STABILIZER)
		qubits = 0;
	return tvm_memory_check(env, qubits, run->bytes, options->memory_limit);
}

TvmStatus
tvm_run_check(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise,
			  const TvmRunOptions *options)
{
	TvmRun		run;
	TvmAnalysis found;

	return prepare(env, &run, circuit, noise, options, &found);
}

TvmStatus
tvm_run_open(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
			 const TvmRunOptions *options)
{
	TvmAnalysis found;
	TvmStatus	status = prepare(env, run, circuit, noise, options, &found);

	if (status != TVM_OK)
		return status;
	run->deterministic = tvm_run_is_deterministic(&found, noise);
	run->measures = found.measures;
	run->trajectories = tvm_run_count(&found, noise, options);
	run->until = run->trajectories;
	status = allocate(env, run, &found);
	if (status == TVM_OK)
		status = run->steps->open(env, run, &found);
	return status;
}

void
tvm_run_close(TvmEnv *env, TvmRun *run)
{
	tvm_free(env, run->deferred);
	tvm_free(env, run->finals);
	tvm_free(env, run->bits);
	tvm_free(env, run->key);
	tvm_free(env, run->expectation);
	tvm_free(env, run->bloch);
	tvm_free(env, run->scratch);
	tvm_counts_free(env, &run->counts);
	if (run->steps != NULL)
		run->steps->close(env, run);
	memset(run, 0, sizeof(*run));
}

TvmStatus
tvm_run_begin(TvmEnv *env, TvmRun *run, uint64_t t)
{
	run->trajectory = t;
	run->next = 0;
	tvm_rng_init(&run->rng, run->options.seed, (uint64_t) run->options.stream << 32 | t);
	memset(run->bits, 0, run->words * sizeof(uint64_t));
	return run->steps->begin(env, run);
}

TvmStatus
tvm_run_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	return run->steps->gates(env, run, to < run->circuit->count ? to : run->circuit->count);
}

double
tvm_run_gates_done(const TvmEnv *env, const TvmRun *run)
{
	double		part = run->hand > 0 ? env->done / (double) run->hand_gates : 0;

	return (double) run->next + (double) run->hand * (part < 1 ? part : 1);
}

TvmStatus
tvm_run_end(TvmEnv *env, TvmRun *run)
{
	TvmStatus	status = tvm_run_gates(env, run, run->circuit->count);

	return status == TVM_OK ? run->steps->end(env, run) : status;
}

TvmStatus
tvm_run_trajectories(TvmEnv *env, TvmRun *run, uint64_t first, uint64_t count)
{
	TvmStatus	status = TVM_OK;
	uint64_t	t = first;

	while (t < first + count && status == TVM_OK)
	{
		uint64_t	before = run->finished;

		run->until = first + count;
		status = tvm_run_begin(env, run, t);
		if (status == TVM_OK)
			status = tvm_run_end(env, run);
		t += run->finished - before;
	}
	run->until = run->trajectories;
	return status;
}

TvmStatus
tvm_run_result(TvmEnv *env, TvmRun *run, TvmRunResult *result)
{
	double		scale = run->finished > 0 ? 1 / (double) run->finished : 0;
	TvmStatus	status = tvm_counts_sort(env, &run->counts);

	for (size_t i = 0; run->bloch != NULL && i < 3 * (size_t) run->circuit->qubits; i++)
		run->bloch[i] *= scale;
	if (status == TVM_OK)
		status = run->steps->result(env, run, scale);
	if (status != TVM_OK)
		return status;
	result->trajectories = run->finished;
	result->counts = &run->counts;
	result->norm = run->norm;
	result->purity = run->purity;
	result->fidelity = run->fidelity.count > 0 ? run->fidelity.mean : 1;
	result->fidelity_error = tvm_mean_error(&run->fidelity);
	result->expectation = run->expectation;
	result->bloch = run->bloch;
	result->probability = run->probability;
	return TVM_OK;
}

TvmStatus
tvm_run_bloch(TvmEnv *env, TvmRun *run, double *xyz)
{
	return run->steps->bloch(env, run, xyz);
}

TvmStatus
tvm_run_top(TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, uint64_t *keys, size_t *found)
{
	*found = 0;
	return run->steps->top(env, run, k, out, keys, found);
}
