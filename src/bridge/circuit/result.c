/*
 * result.c: a circuit run's result as jsonb; see result.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/result.h"
#include "bridge/server/json_write.h"

/* Basis states below this are rounding, not physics, and not listed. */
#define LEAST_PROBABILITY 1e-15

/* What a result has beside the counts, at first. */
#define RESULT_BYTES 4000

/* Members of the result in jsonb's order: shorter names first, then by bytes. */
static const char *const result_names[] = {
	"bits", "hash", "norm", "seed", "bloch", "gates", "shots", "counts", "engine", "method", "purity", "qubits", "attempt",
	"entropy", "fidelity", "precision", "duration_s", "expectations", "trajectories", "probabilities", "fidelity_error"
};

static void
put_counts(TvJsonWriter *writer, const TvmCounts *counts)
{
	char	   *key = palloc(counts->bits + 1);

	/* They are sorted as jsonb's names are. */
	tv_json_put_map(writer, "counts", counts->count);
	for (size_t i = 0; i < counts->count; i++)
	{
		tvm_bits_format(counts->keys + i * counts->words, counts->bits, key);
		tv_json_put_name(writer, key, counts->bits);
		tv_interrupts_at(i);
	}
	for (size_t i = 0; i < counts->count; i++)
	{
		tv_json_put_integer(writer, NULL, counts->times[i]);
		tv_interrupts_at(i);
	}
}

/* The number of a basis state is null where it has more than 63 bits: its bits tell all. */
static void
put_top(TvJsonWriter *writer, TvCircuitRun *run)
{
	static const char *const names[] = {"bits", "basis", "probability"};
	uint32		qubits = run->circuit->kernel.qubits;
	uint32		words = (qubits + 63) / 64;
	int			most = Max(tv_circuit_run_top_count(run), 1);
	char	   *bits = palloc(qubits + 1);
	TvmTop	   *top;
	uint64_t   *keys;
	size_t		found = 0;

	top = palloc_array(TvmTop, most);
	keys = palloc_array(uint64_t, (Size) most * words);
	if (run->options.top > 0)
		tv_check(run->env, tvm_run_top(&run->env->tvm, &run->kernel, tv_circuit_run_top_count(run), top, keys, &found));
	while (found > 0 && top[found - 1].probability <= LEAST_PROBABILITY)
		found--;
	tv_json_put_list(writer, "probabilities", found);
	for (size_t i = 0; i < found; i++)
	{
		tv_interrupts_at(i);
		tvm_bits_format(keys + i * words, qubits, bits);
		tv_json_put_object(writer, NULL, names, lengthof(names));
		tv_json_put_string(writer, "bits", bits);
		if (qubits < 64)
			tv_json_put_integer(writer, "basis", top[i].basis);
		else
			tv_json_put_null(writer, "basis");
		tv_json_put_number(writer, "probability", top[i].probability);
	}
}

static void
put_bloch(TvJsonWriter *writer, const double *xyz, uint32 qubits)
{
	static const char *const names[] = {"x", "y", "z", "qubit"};

	tv_json_put_list(writer, "bloch", qubits);
	for (uint32 qubit = 0; qubit < qubits; qubit++)
	{
		tv_json_put_object(writer, NULL, names, lengthof(names));
		for (int i = 0; i < 3; i++)
			tv_json_put_number(writer, names[i], xyz[3 * qubit + i]);
		tv_json_put_integer(writer, "qubit", qubit);
	}
}

static void
put_expectations(TvJsonWriter *writer, const TvCircuitOptions *options, const TvmMean *expectation)
{
	static const char *const names[] = {"error", "value", "observable"};

	tv_json_put_list(writer, "expectations", options->observable_count);
	for (int i = 0; i < options->observable_count; i++)
	{
		tv_json_put_object(writer, NULL, names, lengthof(names));
		tv_json_put_number(writer, "error", tvm_mean_error(&expectation[i]));
		tv_json_put_number(writer, "value", expectation[i].mean);
		tv_json_put_string(writer, "observable", options->observable_texts[i]);
	}
}

static void
put_entropy(TvJsonWriter *writer, const TvCircuitRun *run)
{
	static const char *const names[] = {"error", "value", "qubits"};

	tv_json_put_object(writer, "entropy", names, lengthof(names));
	tv_json_put_number(writer, "error", tvm_mean_error(&run->entropy));
	tv_json_put_number(writer, "value", run->entropy.mean);
	tv_json_put_list(writer, "qubits", run->options.entropy_count);
	for (int i = 0; i < run->options.entropy_count; i++)
		tv_json_put_integer(writer, NULL, run->options.entropy[i]);
}

/* Begin the result, with the names of those members that it has. */
static void
put_result(TvJsonWriter *writer, bool bloch, bool fidelity, bool entropy, bool purity)
{
	const char **names = palloc_array(const char *, lengthof(result_names));
	uint32		count = 0;

	for (int i = 0; i < lengthof(result_names); i++)
		if ((bloch || strcmp(result_names[i], "bloch") != 0) &&
			(entropy || strcmp(result_names[i], "entropy") != 0) &&
			(fidelity || strncmp(result_names[i], "fidelity", 8) != 0) &&
			(purity || strcmp(result_names[i], "purity") != 0))
			names[count++] = result_names[i];
	tv_json_put_object(writer, NULL, names, count);
}

Jsonb *
tv_circuit_run_result(TvCircuitRun *run, TvCircuitNumbers *numbers)
{
	const TvmCircuit *circuit = &run->circuit->kernel;
	bool		fidelity = !run->options.has_noise || run->options.fidelity;
	uint64		count_bytes;
	TvmRunResult result;
	TvJsonWriter writer;

	Assert(run->kernel.finished == run->kernel.trajectories);
	tv_check(run->env, tvm_run_result(&run->env->tvm, &run->kernel, &result));
	if (numbers != NULL)
		*numbers = (TvCircuitNumbers) {fidelity, result.fidelity, result.fidelity_error, result.expectation};
	count_bytes = result.counts->count * TV_COUNT_BYTES(result.counts->bits);
	tv_circuit_require_memory(count_bytes, "The list of counts");
	tv_json_begin(&writer, RESULT_BYTES + count_bytes / 2);
	put_result(&writer, result.bloch != NULL, fidelity, run->options.entropy_count > 0, result.purity > 0);
	tv_json_put_integer(&writer, "bits", circuit->bits);
	tv_json_put_string(&writer, "hash", tv_circuit_digest(run->circuit));
	tv_json_put_number(&writer, "norm", result.norm);
	tv_json_put_integer(&writer, "seed", run->seed);
	if (result.bloch != NULL)
		put_bloch(&writer, result.bloch, circuit->qubits);
	tv_json_put_integer(&writer, "gates", circuit->count);
	tv_json_put_integer(&writer, "shots", run->shots);
	put_counts(&writer, result.counts);
	tv_json_put_integer(&writer, "engine", TV_CIRCUIT_ENGINE);
	tv_json_put_string(&writer, "method", tvm_method_name(run->kernel.method));
	if (result.purity > 0)
		tv_json_put_number(&writer, "purity", result.purity);
	tv_json_put_integer(&writer, "qubits", circuit->qubits);
	tv_json_put_integer(&writer, "attempt", run->kernel.options.stream);
	if (run->options.entropy_count > 0)
		put_entropy(&writer, run);
	if (fidelity)
		tv_json_put_number(&writer, "fidelity", result.fidelity);
	tv_json_put_string(&writer, "precision", tvm_precision_name(run->kernel.options.precision));
	tv_json_put_number(&writer, "duration_s", (GetCurrentTimestamp() - run->started) / 1e6);
	put_expectations(&writer, &run->options, result.expectation);
	tv_json_put_integer(&writer, "trajectories", result.trajectories);
	put_top(&writer, run);
	if (fidelity)
		tv_json_put_number(&writer, "fidelity_error", result.fidelity_error);
	return tv_json_end(&writer);
}
