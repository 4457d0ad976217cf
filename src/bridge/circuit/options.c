/*
 * options.c: what a client says about a run: parameters, noise,
 * observables, and what the result is to hold.
 *
 * Noise is a list of rules, or an object {"channel": p, ...} that stands for one
 * rule a channel on all gates and qubits.  It is checked as a model of circuits of all
 * sizes, not of the one at hand.  Everything lives in the TvEnv.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "bridge/circuit/run.h"
#include "bridge/server/error.h"
#include "kernel/quantum/state/entropy.h"

#define DEFAULT_TOP 16
#define MAX_TOP 65536
#define MAX_RULES 1000
#define MAX_OBSERVABLES 10000

enum
{
	OPTION_PARAMS, OPTION_NOISE, OPTION_TRAJECTORIES, OPTION_OBSERVABLE, OPTION_OBSERVABLES,
	OPTION_TOP, OPTION_BLOCH, OPTION_FIDELITY, OPTION_ATTEMPT, OPTION_METHOD, OPTION_PRECISION,
	OPTION_ENTROPY, OPTION_COUNT
};
static const char *const option_keys[OPTION_COUNT] = {
	"params", "noise", "trajectories", "observable", "observables", "top", "bloch", "fidelity",
	"attempt", "method", "precision", "entropy"
};

enum
{
	RULE_CHANNEL, RULE_P, RULE_P10, RULE_GATES, RULE_GATE_QUBITS, RULE_QUBITS, RULE_COUNT
};
static const char *const rule_keys[RULE_COUNT] = {
	"channel", "p", "p10", "gates", "gate_qubits", "qubits"
};

/* Add a rule; the kernel knows what its p may be. */
static void
add_rule(TvEnv *env, TvmNoise *noise, const TvmNoiseRule *rule, const TvPath *path)
{
	TvmStatus	status = tvm_noise_add(&env->tvm, noise, rule);

	if (status != TVM_OK)
	{
		tvm_fail_path(&env->tvm, "%s", tv_path_text(path));
		tv_check(env, status);
	}
}

static TvmChannel
read_channel(const char *name, const TvPath *path)
{
	TvmChannel	channel;

	if (!tvm_channel_of(name, &channel))
		tv_json_fail(path, "unknown noise channel",
					 "Known channels: bit_flip, phase_flip, depolarizing, depolarizing_2, "
					 "amplitude_damping, phase_damping, readout.", NULL);
	return channel;
}

/*
 * Add `rule` for a list of gates' names.  A name also says on how many qubits the
 * gate acts ("X" is not "CX"), so the names make one rule for each number.
 */
static void
add_rule_of_gates(TvEnv *env, TvmNoise *noise, TvmNoiseRule *rule, const JsonbValue *value,
				  const TvPath *path)
{
	TvPath		gates = TV_PATH_KEY(path, "gates");
	uint64		ops[4] = {0};	/* by number of qubits; 0: any, for UNITARY */
	uint32		said = rule->gate_qubits;
	TvJsonScan	scan;
	JsonbValue	element;

	tv_json_scan(&scan, tv_json_array(value, &gates));
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(&gates, scan.index);
		const TvmGateName *name = tv_gate_name_read(&element, &here);
		int			qubits = tvm_op_targets(name->op) < 0 ? 0 : tvm_op_targets(name->op) + name->controls;

		if (!tvm_op_is_unitary(name->op))
			tv_json_fail(&here, "gate without noise", NULL,
						 "Noise follows unitary gates; a measurement's error is readout.");
		if (said != 0 && qubits > (int) said)
			tv_json_fail(&here, "no such gate acts on so few qubits",
						 "gate_qubits counts controls too.", "%s acts on %d.", name->name, qubits);
		ops[said != 0 ? 0 : qubits] |= TVM_OP_BIT(name->op);
	}
	if (scan.index == 0)
		tv_json_fail(&gates, "empty list", "Leave it out for all gates.", NULL);
	for (int qubits = 0; qubits < lengthof(ops); qubits++)
		if (ops[qubits] != 0)
		{
			rule->ops = ops[qubits];
			rule->gate_qubits = said != 0 ? said : qubits;
			add_rule(env, noise, rule, path);
		}
}

static void
read_rule(TvEnv *env, TvmNoise *noise, const JsonbValue *value, const TvPath *path)
{
	TvPath		channel = TV_PATH_KEY(path, "channel");
	TvPath		p = TV_PATH_KEY(path, "p");
	TvPath		p10 = TV_PATH_KEY(path, "p10");
	TvPath		gate_qubits = TV_PATH_KEY(path, "gate_qubits");
	TvPath		qubits = TV_PATH_KEY(path, "qubits");
	JsonbValue	member[RULE_COUNT];
	TvmNoiseRule rule = {0};

	tv_json_fields(tv_json_object(value, path), rule_keys, RULE_COUNT, member, path);
	if (!tv_json_present(&member[RULE_CHANNEL]))
		tv_json_fail(&channel, "missing", NULL, "A rule is {\"channel\", \"p\", \"gates\", \"qubits\"}.");
	if (!tv_json_present(&member[RULE_P]))
		tv_json_fail(&p, "missing", NULL, "A channel acts with probability p.");
	rule.channel = read_channel(tv_json_string(&member[RULE_CHANNEL], &channel), &channel);
	rule.p = rule.p10 = tv_json_number(&member[RULE_P], &p);
	if (tv_json_present(&member[RULE_P10]))
		rule.p10 = tv_json_number(&member[RULE_P10], &p10);
	if (rule.channel != TVM_CHANNEL_READOUT)
	{
		if (tv_json_present(&member[RULE_P10]))
			tv_json_fail(&p10, "not used by this channel", NULL, "Only readout takes p10.");
		rule.p10 = 0;
	}
	else if (tv_json_present(&member[RULE_GATES]) || tv_json_present(&member[RULE_GATE_QUBITS]))
		tv_json_fail(path, "readout takes no gates", NULL, "It acts on what is measured.");
	if (tv_json_present(&member[RULE_GATE_QUBITS]))
		rule.gate_qubits = tv_json_integer(&member[RULE_GATE_QUBITS], &gate_qubits, 1, TVM_MAX_QUBITS,
										   "not a number of qubits");
	if (tv_json_present(&member[RULE_QUBITS]))
	{
		TvJsonScan	scan;
		JsonbValue	element;

		rule.qubits = palloc_array(uint32, TVM_MAX_QUBITS);
		tv_json_scan(&scan, tv_json_array(&member[RULE_QUBITS], &qubits));
		while (tv_json_next(&scan, &element))
		{
			TvPath		here = TV_PATH_INDEX(&qubits, scan.index);

			if (scan.index >= TVM_MAX_QUBITS)
				tv_json_fail(&here, "too many qubits", NULL, "At most %d are allowed.", TVM_MAX_QUBITS);
			rule.qubits[rule.qubit_count++] = tv_json_integer(&element, &here, 0, TVM_MAX_QUBITS - 1, "not a qubit");
		}
		if (rule.qubit_count == 0)
			tv_json_fail(&qubits, "empty list", "Leave it out for all qubits.", NULL);
	}
	if (tv_json_present(&member[RULE_GATES]))
		add_rule_of_gates(env, noise, &rule, &member[RULE_GATES], path);
	else
		add_rule(env, noise, &rule, path);
}

/* {"depolarizing": 0.01, "readout": [0.01, 0.03]}: in the order of the channels. */
static void
read_channels(TvEnv *env, TvmNoise *noise, const JsonbValue *value, const TvPath *path)
{
	const char *names[TVM_CHANNEL_COUNT];
	JsonbValue	member[TVM_CHANNEL_COUNT];

	for (int channel = 0; channel < TVM_CHANNEL_COUNT; channel++)
		names[channel] = tvm_channel_name(channel);
	tv_json_fields(tv_json_object(value, path), names, TVM_CHANNEL_COUNT, member, path);
	for (int channel = 0; channel < TVM_CHANNEL_COUNT; channel++)
	{
		TvPath		here = TV_PATH_KEY(path, names[channel]);
		TvmNoiseRule rule = {0};

		if (!tv_json_present(&member[channel]))
			continue;
		rule.channel = channel;
		if (channel == TVM_CHANNEL_READOUT && member[channel].type == jbvBinary)
		{
			TvJsonScan	scan;
			JsonbValue	element;

			if (JsonContainerSize(tv_json_array(&member[channel], &here)) != 2)
				tv_json_fail(&here, "not a readout error", NULL,
							 "It is a number, or [a 0 read as 1, a 1 read as 0].");
			tv_json_scan(&scan, member[channel].val.binary.data);
			while (tv_json_next(&scan, &element))
			{
				TvPath		at = TV_PATH_INDEX(&here, scan.index);

				*(scan.index == 0 ? &rule.p : &rule.p10) = tv_json_number(&element, &at);
			}
		}
		else
		{
			rule.p = tv_json_number(&member[channel], &here);
			if (channel == TVM_CHANNEL_READOUT)
				rule.p10 = rule.p;
		}
		add_rule(env, noise, &rule, &here);
	}
}

static void
read_noise(TvEnv *env, const JsonbValue *value, const TvPath *path, TvmNoise *noise)
{
	TvJsonScan	scan;
	JsonbValue	element;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
	{
		read_channels(env, noise, value, path);
		return;
	}
	tv_json_scan(&scan, value->val.binary.data);
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);

		if (scan.index >= MAX_RULES)
			tv_json_fail(&here, "too many rules", NULL, "At most %d are allowed.", MAX_RULES);
		read_rule(env, noise, &element, &here);
	}
}

static TvmRunMethod
read_method(const JsonbValue *value, const TvPath *path)
{
	TvmRunMethod method;

	if (!tvm_method_of(tv_json_string(value, path), &method))
		tv_json_fail(path, "unknown method", "Known methods: auto, statevector, stabilizer, density_matrix.", NULL);
	return method;
}

static TvmPrecision
read_precision(const JsonbValue *value, const TvPath *path)
{
	TvmPrecision precision;

	if (!tvm_precision_of(tv_json_string(value, path), &precision))
		tv_json_fail(path, "unknown precision", "Known precisions: double, single.", NULL);
	return precision;
}

static void
add_observable(TvEnv *env, TvCircuitOptions *options, uint32 qubits, const JsonbValue *value,
			   const TvPath *path)
{
	int			i = options->observable_count;
	char	   *text = tv_json_string(value, path);
	TvmStatus	status = tvm_observable_parse(&env->tvm, text, strlen(text), qubits,
											  &options->observables[i]);

	if (status != TVM_OK)
	{
		tvm_fail_path(&env->tvm, "%s", tv_path_text(path));
		tv_check(env, status);
	}
	options->observable_texts[i] = text;
	options->observable_count++;
}

static void
read_observables(TvEnv *env, TvCircuitOptions *options, uint32 qubits, const JsonbValue *one,
				 const JsonbValue *several, const TvPath *path)
{
	TvPath		one_path = TV_PATH_KEY(path, "observable");
	TvPath		several_path = TV_PATH_KEY(path, "observables");
	uint32		room = 1;
	TvJsonScan	scan;
	JsonbValue	element;

	if (tv_json_present(several))
		room += JsonContainerSize(tv_json_array(several, &several_path));
	if (room > MAX_OBSERVABLES)
		tv_json_fail(&several_path, "too many observables", NULL, "At most %d are allowed.", MAX_OBSERVABLES);
	options->observables = palloc0_array(TvmObservable, room);
	options->observable_texts = palloc0_array(char *, room);
	if (tv_json_present(one))
		add_observable(env, options, qubits, one, &one_path);
	if (!tv_json_present(several))
		return;
	tv_json_scan(&scan, several->val.binary.data);
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(&several_path, scan.index);

		add_observable(env, options, qubits, &element, &here);
	}
}

/* The qubits on one side of a cut, the other qubits being on the other. */
static void
read_entropy(TvCircuitOptions *options, uint32 qubits, const JsonbValue *value, const TvPath *path)
{
	TvJsonScan	scan;
	JsonbValue	element;
	uint32		count = JsonContainerSize(tv_json_array(value, path));
	uint32		side = Min(count, qubits - Min(count, qubits));

	if (side < 1)
		tv_json_fail(path, "not a cut", "Name some of the circuit's qubits, but not all.", NULL);
	if (side > TVM_ENTROPY_MAX_QUBITS)
		tv_json_fail(path, "too large a cut", NULL, "Its smaller side has %u qubits; at most %d are allowed.",
					 side, TVM_ENTROPY_MAX_QUBITS);
	if (options->method != TVM_METHOD_AUTO && options->method != TVM_METHOD_STATEVECTOR)
		tv_json_fail(path, "needs a state vector", "Leave out method, or choose statevector.", NULL);
	options->method = TVM_METHOD_STATEVECTOR;
	options->entropy = palloc_array(uint32, count);
	tv_json_scan(&scan, value->val.binary.data);
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);
		uint32		qubit = tv_json_integer(&element, &here, 0, (int64) qubits - 1, "not a qubit");

		for (int i = 0; i < options->entropy_count; i++)
			if (options->entropy[i] == qubit)
				tv_json_fail(&here, "a qubit is named twice", NULL, "Qubit %u.", qubit);
		options->entropy[options->entropy_count++] = qubit;
	}
}

/* What reading the circuit needs of the options; the rest needs the circuit. */
void
tv_circuit_options_params(const JsonbValue *document, const TvPath *path, TvCircuitOptions *options)
{
	JsonbValue	member[OPTION_COUNT];
	TvPath		params = TV_PATH_KEY(path, "params");

	tv_json_fields(tv_json_object(document, path), option_keys, OPTION_COUNT, member, path);
	if (tv_json_present(&member[OPTION_PARAMS]))
		options->params = tv_circuit_params_read(&member[OPTION_PARAMS], &params);
}

void
tv_circuit_options_read(TvEnv *env, const JsonbValue *document, const TvPath *path,
						uint32 qubits, TvCircuitOptions *options)
{
	JsonbValue	member[OPTION_COUNT];
	TvPath		noise = TV_PATH_KEY(path, "noise");
	TvPath		trajectories = TV_PATH_KEY(path, "trajectories");
	TvPath		top = TV_PATH_KEY(path, "top");
	TvPath		bloch = TV_PATH_KEY(path, "bloch");
	TvPath		fidelity = TV_PATH_KEY(path, "fidelity");
	TvPath		attempt = TV_PATH_KEY(path, "attempt");
	TvPath		entropy = TV_PATH_KEY(path, "entropy");
	TvPath		method = TV_PATH_KEY(path, "method");
	TvPath		precision = TV_PATH_KEY(path, "precision");

	tv_json_fields(tv_json_object(document, path), option_keys, OPTION_COUNT, member, path);
	tvm_noise_init(&options->noise, qubits);
	if (tv_json_present(&member[OPTION_NOISE]))
	{
		read_noise(env, &member[OPTION_NOISE], &noise, &options->noise);
		options->has_noise = options->noise.count > 0;
	}
	if (tv_json_present(&member[OPTION_TRAJECTORIES]))
		options->trajectories = tv_json_integer(&member[OPTION_TRAJECTORIES], &trajectories, 1,
												TVM_MAX_TRAJECTORIES, "not a number of trajectories");
	read_observables(env, options, qubits, &member[OPTION_OBSERVABLE], &member[OPTION_OBSERVABLES], path);
	if (tv_json_present(&member[OPTION_TOP]))
		options->top = tv_json_integer(&member[OPTION_TOP], &top, 0, MAX_TOP,
									   "not a number of basis states");
	if (tv_json_present(&member[OPTION_BLOCH]))
		options->bloch = tv_json_boolean(&member[OPTION_BLOCH], &bloch);
	if (tv_json_present(&member[OPTION_FIDELITY]))
		options->fidelity = tv_json_boolean(&member[OPTION_FIDELITY], &fidelity);
	if (tv_json_present(&member[OPTION_METHOD]))
		options->method = read_method(&member[OPTION_METHOD], &method);
	if (tv_json_present(&member[OPTION_PRECISION]))
		options->precision = read_precision(&member[OPTION_PRECISION], &precision);
	if (tv_json_present(&member[OPTION_ENTROPY]))
		read_entropy(options, qubits, &member[OPTION_ENTROPY], &entropy);
	if (options->entropy_count > 0 && options->method != TVM_METHOD_AUTO && options->method != TVM_METHOD_STATEVECTOR)
		tv_json_fail(&entropy, "only state vectors have it here", "Leave the method out, or give statevector.",
					 "the method is %s", tvm_method_name(options->method));
	if (options->entropy_count > 0)
		options->method = TVM_METHOD_STATEVECTOR;
	if (tv_json_present(&member[OPTION_ATTEMPT]))
		options->attempt = tv_json_integer(&member[OPTION_ATTEMPT], &attempt, 0, PG_UINT32_MAX,
										   "not an attempt");
}

void
tv_circuit_options_init(TvCircuitOptions *options)
{
	memset(options, 0, sizeof(*options));
	options->trajectories = -1;
	options->attempt = -1;
	options->top = DEFAULT_TOP;
	options->bloch = true;
	options->fidelity = true;
}
