/*
 * circuit_explain.c: how a circuit is run, in the manner of EXPLAIN (ANALYZE).
 *
 * A circuit falls into parts: stretches of unitary gates, which are planned where that
 * pays, and what stands between them.  With `analyze` the first trajectory is run,
 * part by part.  All of it lives in one TvEnv.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/run.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "kernel/quantum/engine/execute.h"
#include "kernel/quantum/engine/plan.h"

PG_FUNCTION_INFO_V1(tv_explain_circuit);

typedef enum PartKind
{
	PART_PLANNED,
	PART_GATES,					/* one by one */
	PART_FINAL					/* measurements that are drawn at the end */
} PartKind;

static const char *const part_names[] = {"Planned Gates", "Single Gates", "Final Measurements"};

typedef struct Part
{
	PartKind	kind;
	size_t		from;			/* gates [from, to) */
	size_t		to;
	TvmPlan		plan;
	double		plan_s;
	double		real_s;
} Part;

typedef struct Explain
{
	TvCircuitRun *run;
	bool		analyze;
	bool		json;
	Part	   *parts;
	int			count;
	double		plan_s;
	double		real_s;
	StringInfoData out;
} Explain;

static double
seconds_since(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_DOUBLE(now);
}

/* Take "analyze" and "format" out of the options: the rest is for the run. */
static Jsonb *
take_options(Jsonb *options, Explain *explain)
{
	static const char *const mine[] = {"analyze", "format"};
	TvPath		root = TV_PATH_KEY(NULL, "options");
	TvPath		analyze = TV_PATH_KEY(&root, "analyze");
	TvPath		format = TV_PATH_KEY(&root, "format");
	JsonbValue	whole;
	JsonbValue	found;

	tv_json_root(options, &whole);
	(void) tv_json_object(&whole, &root);
	if (getKeyJsonValueFromContainer(&options->root, "analyze", 7, &found) != NULL &&
		found.type != jbvNull)
		explain->analyze = tv_json_boolean(&found, &analyze);
	if (getKeyJsonValueFromContainer(&options->root, "format", 6, &found) != NULL &&
		found.type != jbvNull)
	{
		char	   *name = tv_json_string(&found, &format);

		explain->json = strcmp(name, "json") == 0;
		if (!explain->json && strcmp(name, "text") != 0)
			tv_json_fail(&format, "unknown format", "Known formats: text, json.", NULL);
	}
	for (int i = 0; i < lengthof(mine); i++)
		options = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(options),
													 CStringGetTextDatum(mine[i])));
	return options;
}

/* The part that starts at a gate. */
static void
find_part(const Explain *explain, size_t from, Part *part)
{
	const TvmRun *run = &explain->run->kernel;
	const TvmCircuit *circuit = run->circuit;
	bool		quiet = run->noise == NULL || !tvm_noise_acts(run->noise);
	size_t		end = quiet ? tvm_stretch_end(circuit, from, tv_circuit_piece_end(circuit, from)) : from;

	part->from = from;
	part->to = Max(end, from + 1);
	part->kind = run->deferred[from] ? PART_FINAL :
		end > from && tvm_plan_pays(circuit->qubits, end - from) ? PART_PLANNED : PART_GATES;
}

/* What is still known of the state after gates that are not planned, whatever the noise does. */
static void
forget(const TvCircuitRun *run, const Part *part, TvmKnown *known)
{
	for (size_t i = part->from; i < part->to; i++)
		tvm_known_follow(known, &run->circuit->kernel.gates[i]);
	if (run->kernel.noise != NULL && tvm_noise_acts(run->kernel.noise))
		memset(known, 0, sizeof(*known));
}

static void
make_parts(Explain *explain)
{
	TvCircuitRun *run = explain->run;
	const TvmCircuit *circuit = &run->circuit->kernel;
	TvmPlanOptions options = {.precision = run->options.precision};
	TvmKnown	known = tvm_known_start(circuit->qubits);
	int			room = 0;

	for (size_t at = 0; at < circuit->count && run->kernel.state.count > 0;)
	{
		Part		part = {0};
		Part	   *last = explain->count > 0 ? &explain->parts[explain->count - 1] : NULL;

		find_part(explain, at, &part);
		if (part.kind == PART_PLANNED)
		{
			instr_time	start;

			INSTR_TIME_SET_CURRENT(start);
			options.known = known;
			tv_check(run->env, tvm_plan_make(&run->env->tvm, &part.plan, circuit, at, part.to, &options));
			part.plan_s = seconds_since(start);
			tv_circuit_require_memory(MemoryContextMemAllocated(run->env->context, true), "The list of plans");
			part.to = part.plan.to;
			known = part.plan.known;
			part.plan.timed = explain->analyze;
			explain->plan_s += part.plan_s;
		}
		else
			forget(run, &part, &known);
		at = part.to;
		if (last != NULL && part.kind != PART_PLANNED && last->kind == part.kind)
		{
			last->to = part.to;
			continue;
		}
		if (explain->count == room)
		{
			room = 2 * room + 16;
			explain->parts = explain->parts == NULL ? palloc_array(Part, room) :
				repalloc_array(explain->parts, Part, room);
		}
		explain->parts[explain->count++] = part;
	}
}

static void
run_parts(Explain *explain)
{
	TvCircuitRun *run = explain->run;
	instr_time	whole;

	INSTR_TIME_SET_CURRENT(whole);
	(void) tv_circuit_run_gates(run, 0);
	for (int i = 0; i < explain->count; i++)
	{
		Part	   *part = &explain->parts[i];
		instr_time	start;

		INSTR_TIME_SET_CURRENT(start);
		if (part->kind == PART_PLANNED)
		{
			tv_check(run->env, tvm_plan_run(&run->env->tvm, &part->plan, &run->kernel.state));
			run->kernel.next = part->to;
			run->kernel.known = part->plan.known;
		}
		else
			(void) tv_circuit_run_gates(run, part->to);
		part->real_s = seconds_since(start);
	}
	if (explain->count == 0)
		(void) tv_circuit_run_gates(run, run->circuit->kernel.count);
	explain->real_s = seconds_since(whole);
}

/* The amplitudes that a pass works on. */
static double
amplitudes_of(const Part *part, const TvmPass *pass)
{
	return (double) ((uint64) 1 << (part->plan.circuit->qubits - __builtin_popcountll(pass->known.mask)));
}

/* Bytes to and from memory in a pass: its amplitudes, both ways. */
static double
bytes_moved(const Part *part, const TvmPass *pass)
{
	return 4.0 * part->plan.lanes->size * amplitudes_of(part, pass);
}

/* The block's qubits, highest first: "19-14,3-0". */
static char *
block_text(uint64 block)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int q = 63; q >= 0; q--)
	{
		int			low = q;

		if ((block >> q & 1) == 0)
			continue;
		while (low > 0 && (block >> (low - 1) & 1) != 0)
			low--;
		appendStringInfo(&text, low < q ? "%s%d-%d" : "%s%d", text.len > 0 ? "," : "", q, low);
		q = low;
	}
	return text.data;
}

static void
write_text_pass(Explain *explain, const Part *part, size_t number)
{
	const TvmPass *pass = &part->plan.passes[number];
	double		amplitudes = amplitudes_of(part, pass);

	appendStringInfo(&explain->out, "        ->  Pass %zu", number + 1);
	if (pass->block != 0)
		appendStringInfo(&explain->out, " on Qubits %s", block_text(pass->block));
	appendStringInfo(&explain->out, "  (gates=%u bytes=%.0f fma=%.0f time=%.3f ms)", pass->gates,
					 bytes_moved(part, pass), pass->fma * amplitudes, pass->estimate_s * 1e3);
	if (explain->analyze)
		appendStringInfo(&explain->out, " (actual time=%.3f ms)", pass->real_s * 1e3);
	appendStringInfoChar(&explain->out, '\n');
	for (size_t i = pass->first; i < pass->first + pass->count; i++)
	{
		const TvmPlanStep *step = &part->plan.steps[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&explain->out, "              %s: %u gates on %d qubits  (fma=%.0f)\n",
						 tvm_atom_name(step->kind), step->gates, __builtin_popcountll(step->qubits),
						 step->fma * amplitudes);
	}
}

static void
write_text(Explain *explain)
{
	const TvmRun *run = &explain->run->kernel;
	const TvmCircuit *circuit = run->circuit;

	appendStringInfo(&explain->out, "Circuit by %s  (qubits=%u gates=%zu precision=%s vectors=%s memory=" UINT64_FORMAT " trajectories=" UINT64_FORMAT ")",
					 tvm_method_name(run->method), circuit->qubits, circuit->count,
					 tvm_precision_name(run->options.precision),
					 tvm_lanes(run->options.precision)->name, run->bytes, run->trajectories);
	if (explain->analyze)
		appendStringInfo(&explain->out, " (actual time=%.3f ms)", explain->real_s * 1e3);
	appendStringInfoChar(&explain->out, '\n');
	for (int i = 0; i < explain->count; i++)
	{
		const Part *part = &explain->parts[i];

		appendStringInfo(&explain->out, "  ->  %s  (gates=%zu..%zu", part_names[part->kind], part->from,
						 part->to - 1);
		if (part->kind == PART_PLANNED)
			appendStringInfo(&explain->out, " passes=%zu", part->plan.pass_count);
		appendStringInfoChar(&explain->out, ')');
		if (explain->analyze)
			appendStringInfo(&explain->out, " (actual time=%.3f ms)", part->real_s * 1e3);
		appendStringInfoChar(&explain->out, '\n');
		for (size_t j = 0; j < part->plan.pass_count; j++)
			write_text_pass(explain, part, j);
	}
	appendStringInfo(&explain->out, "Planning Time: %.3f ms\n", explain->plan_s * 1e3);
	if (explain->analyze)
		appendStringInfo(&explain->out, "Execution Time: %.3f ms\n", explain->real_s * 1e3);
}

static void
write_json_pass(Explain *explain, const Part *part, size_t number)
{
	const TvmPass *pass = &part->plan.passes[number];
	double		amplitudes = amplitudes_of(part, pass);

	appendStringInfo(&explain->out, "%s{\"gates\": %u, \"bytes\": %.0f, \"fma\": %.0f, \"estimated_s\": %.9f, \"qubits\": [",
					 number > 0 ? ", " : "", pass->gates, bytes_moved(part, pass), pass->fma * amplitudes,
					 pass->estimate_s);
	for (uint64 left = pass->block; left != 0; left &= left - 1)
		appendStringInfo(&explain->out, "%s%d", left != pass->block ? ", " : "", __builtin_ctzll(left));
	appendStringInfoString(&explain->out, "], ");
	if (explain->analyze)
		appendStringInfo(&explain->out, "\"actual_s\": %.9f, ", pass->real_s);
	appendStringInfoString(&explain->out, "\"steps\": [");
	for (size_t i = 0; i < pass->count; i++)
	{
		const TvmPlanStep *step = &part->plan.steps[pass->first + i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&explain->out, "%s{\"step\": \"%s\", \"gates\": %u, \"qubits\": %d, \"fma\": %.0f}",
						 i > 0 ? ", " : "", tvm_atom_name(step->kind), step->gates,
						 __builtin_popcountll(step->qubits), step->fma * amplitudes);
	}
	appendStringInfoString(&explain->out, "]}");
}

static void
write_json(Explain *explain)
{
	const TvmRun *run = &explain->run->kernel;
	const TvmCircuit *circuit = run->circuit;

	appendStringInfo(&explain->out, "{\"method\": \"%s\", \"qubits\": %u, \"gates\": %zu, \"precision\": \"%s\", \"vectors\": \"%s\", \"memory_bytes\": " UINT64_FORMAT ", \"trajectories\": " UINT64_FORMAT ", \"planning_s\": %.9f, ",
					 tvm_method_name(run->method), circuit->qubits, circuit->count,
					 tvm_precision_name(run->options.precision),
					 tvm_lanes(run->options.precision)->name, run->bytes, run->trajectories,
					 explain->plan_s);
	if (explain->analyze)
		appendStringInfo(&explain->out, "\"actual_s\": %.9f, ", explain->real_s);
	appendStringInfoString(&explain->out, "\"parts\": [");
	for (int i = 0; i < explain->count; i++)
	{
		const Part *part = &explain->parts[i];

		appendStringInfo(&explain->out, "%s{\"part\": \"%s\", \"first_gate\": %zu, \"last_gate\": %zu, ", i > 0 ? ", " : "",
						 part_names[part->kind], part->from, part->to - 1);
		if (explain->analyze)
			appendStringInfo(&explain->out, "\"actual_s\": %.9f, ", part->real_s);
		appendStringInfoString(&explain->out, "\"passes\": [");
		for (size_t j = 0; j < part->plan.pass_count; j++)
			write_json_pass(explain, part, j);
		appendStringInfoString(&explain->out, "]}");
	}
	appendStringInfoString(&explain->out, "]}\n");
}

/* A row for each line. */
static void
put_lines(ReturnSetInfo *rsinfo, char *lines)
{
	char	   *end;

	for (; (end = strchr(lines, '\n')) != NULL; lines = end + 1)
	{
		Datum		value = PointerGetDatum(cstring_to_text_with_len(lines, end - lines));
		bool		null = false;

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &null);
	}
}

Datum
tv_explain_circuit(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_explain_circuit");
	Explain		explain = {0};
	TvCircuitSpec spec = {.circuit = PG_GETARG_JSONB_P(0), .purpose = TV_RUN_RESULT};
	MemoryContext caller;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	caller = MemoryContextSwitchTo(env->context);
	spec.options = take_options(PG_GETARG_JSONB_P(1), &explain);
	explain.run = tv_circuit_run_open(env, &spec);
	make_parts(&explain);
	if (explain.analyze)
		run_parts(&explain);
	initStringInfo(&explain.out);
	if (explain.json)
		write_json(&explain);
	else
		write_text(&explain);
	MemoryContextSwitchTo(caller);
	put_lines((ReturnSetInfo *) fcinfo->resultinfo, explain.out.data);
	tv_env_delete(env);
	return (Datum) 0;
}
