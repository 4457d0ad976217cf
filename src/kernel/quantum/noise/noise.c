/*
 * noise.c: noise channels as random branches of a state vector; see noise.h.
 *
 * The noise owns its rules, each rule its list of qubits.
 */
#include "kernel/quantum/noise/noise.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/state/groups.h"
#include "kernel/quantum/state/measure.h"

static const struct
{
	const char *name;
	uint32_t	qubits;			/* that it acts on at once; 0: on none, READOUT */
	double		p_max;
}			channels[TVM_CHANNEL_COUNT] = {
	[TVM_CHANNEL_BIT_FLIP] = {"bit_flip", 1, 1},
	[TVM_CHANNEL_PHASE_FLIP] = {"phase_flip", 1, 1},
	[TVM_CHANNEL_DEPOLARIZING] = {"depolarizing", 1, 4.0 / 3},
	[TVM_CHANNEL_DEPOLARIZING_2] = {"depolarizing_2", 2, 16.0 / 15},
	[TVM_CHANNEL_AMPLITUDE_DAMPING] = {"amplitude_damping", 1, 1},
	[TVM_CHANNEL_PHASE_DAMPING] = {"phase_damping", 1, 1},
	[TVM_CHANNEL_READOUT] = {"readout", 0, 1},
};

const char *
tvm_channel_name(TvmChannel channel)
{
	return channels[channel].name;
}

bool
tvm_channel_of(const char *name, TvmChannel *channel)
{
	for (int i = 0; i < TVM_CHANNEL_COUNT; i++)
	{
		if (tvm_same_name(channels[i].name, name))
		{
			*channel = (TvmChannel) i;
			return true;
		}
	}
	return false;
}

/* What ops = 0 stands for: every unitary operation (I is one, BARRIER is not). */
static uint64_t
default_ops(void)
{
	uint64_t	set = 0;

	for (int op = 0; op < TVM_OP_COUNT; op++)
		if (tvm_op_is_unitary((TvmOp) op))
			set |= TVM_OP_BIT(op);
	return set;
}

void
tvm_noise_init(TvmNoise *noise, uint32_t qubits)
{
	memset(noise, 0, sizeof(*noise));
	noise->qubits = qubits;
}

void
tvm_noise_free(TvmEnv *env, TvmNoise *noise)
{
	for (size_t i = 0; i < noise->count; i++)
		tvm_free(env, noise->rules[i].qubits);
	tvm_free(env, noise->rules);
	memset(noise, 0, sizeof(*noise));
}

static TvmStatus
check_probability(TvmEnv *env, const char *path, double p, double most)
{
	if (p >= 0 && p <= most)
		return TVM_OK;
	tvm_fail(env, TVM_INVALID, "not a probability of this channel", NULL,
			 "%s is outside 0..%s", tvm_number_text(p).text, tvm_number_text(most).text);
	tvm_fail_path(env, "%s", path);
	return TVM_INVALID;
}

static TvmStatus
check_rule(TvmEnv *env, const TvmNoiseRule *rule)
{
	bool		readout = rule->channel == TVM_CHANNEL_READOUT;
	uint64_t	allowed = default_ops() | TVM_OP_BIT(TVM_OP_RESET);
	TvmStatus	status = check_probability(env, "p", rule->p, channels[rule->channel].p_max);

	if (status == TVM_OK && readout)
		status = check_probability(env, "p10", rule->p10, 1);
	if (status != TVM_OK)
		return status;
	if (!readout && (rule->ops & ~allowed) != 0)
	{
		tvm_fail(env, TVM_INVALID, "no noise follows this operation", NULL,
				 "noise follows gates and RESET");
		tvm_fail_path(env, "ops");
		return TVM_INVALID;
	}
	if (rule->gate_qubits > TVM_MAX_QUBITS)
	{
		tvm_fail(env, TVM_INVALID, "no gate touches so many qubits", NULL, "%u is above %d",
				 rule->gate_qubits, TVM_MAX_QUBITS);
		tvm_fail_path(env, "gate_qubits");
		return TVM_INVALID;
	}
	for (uint32_t i = 0; i < rule->qubit_count; i++)
	{
		if (rule->qubits[i] < TVM_MAX_QUBITS)
			continue;
		tvm_fail(env, TVM_INVALID, "not a qubit", NULL, "%u is outside 0..%d", rule->qubits[i],
				 TVM_MAX_QUBITS - 1);
		tvm_fail_path(env, "qubits[%u]", i);
		return TVM_INVALID;
	}
	return TVM_OK;
}

/* Of the qubits that a rule names, how many there are. */
static uint32_t
named_qubits(const TvmNoise *noise, const TvmNoiseRule *rule)
{
	uint32_t	count = 0;

	for (uint32_t i = 0; i < rule->qubit_count; i++)
		count += rule->qubits[i] < noise->qubits;
	return count;
}

/* Is there nothing that the rule could act on in circuits of so few qubits? */
static bool
is_for_larger_ones(const TvmNoise *noise, const TvmNoiseRule *rule)
{
	return rule->gate_qubits > noise->qubits || channels[rule->channel].qubits > noise->qubits ||
		(rule->qubit_count > 0 && named_qubits(noise, rule) == 0);
}

TvmStatus
tvm_noise_add(TvmEnv *env, TvmNoise *noise, const TvmNoiseRule *rule)
{
	uint32_t	count = 0;
	uint32_t   *qubits = NULL;
	TvmStatus	status = check_rule(env, rule);

	if (status != TVM_OK || is_for_larger_ones(noise, rule))
		return status;
	status = tvm_grow(env, &noise->rules, noise->count, &noise->capacity, sizeof(TvmNoiseRule));
	if (status != TVM_OK)
		return status;
	if (rule->qubit_count > 0)
	{
		qubits = tvm_alloc(env, named_qubits(noise, rule), sizeof(uint32_t));
		if (qubits == NULL)
			return TVM_NOMEM;
		for (uint32_t i = 0; i < rule->qubit_count; i++)
			if (rule->qubits[i] < noise->qubits)
				qubits[count++] = rule->qubits[i];
	}
	noise->rules[noise->count] = *rule;
	noise->rules[noise->count].qubits = qubits;
	noise->rules[noise->count].qubit_count = count;
	if (rule->ops == 0)
		noise->rules[noise->count].ops = default_ops();
	noise->count++;
	return TVM_OK;
}

bool
tvm_noise_acts(const TvmNoise *noise)
{
	for (size_t i = 0; i < noise->count; i++)
		if (noise->rules[i].channel != TVM_CHANNEL_READOUT && noise->rules[i].p > 0)
			return true;
	return false;
}

bool
tvm_noise_concerns(const TvmNoiseRule *rule, uint32_t qubit)
{
	if (rule->qubit_count == 0)
		return true;
	for (uint32_t i = 0; i < rule->qubit_count; i++)
		if (rule->qubits[i] == qubit)
			return true;
	return false;
}

static uint32_t
gate_qubit(const TvmGate *gate, uint32_t i)
{
	return i < gate->target_count ? gate->targets[i] : gate->controls[i - gate->target_count];
}

/* A uniformly chosen Pauli of 4^k on k qubits with probability p, the identity among them. */
static uint32_t
draw_depolarizing(double p, uint32_t k, double u)
{
	uint32_t	paulis = (uint32_t) 1 << 2 * k;
	double		other = p * (paulis - 1) / paulis;
	uint32_t	chosen;

	if (!(u < other))
		return 0;
	chosen = 1 + (uint32_t) (u / other * (paulis - 1));
	return chosen < paulis ? chosen : paulis - 1;
}

double
tvm_noise_damping_flip(double p)
{
	/* (1 - sqrt(1 - p)) / 2 without cancellation */
	return p / (2 * (1 + sqrt(1 - p)));
}

bool
tvm_channel_is_pauli(TvmChannel channel)
{
	return channel != TVM_CHANNEL_AMPLITUDE_DAMPING && channel != TVM_CHANNEL_READOUT;
}

uint32_t
tvm_channel_draw(TvmChannel channel, double p, double u)
{
	switch (channel)
	{
		case TVM_CHANNEL_BIT_FLIP:
			return u < p ? 1 : 0;
		case TVM_CHANNEL_PHASE_FLIP:
			return u < p ? 2 : 0;
		case TVM_CHANNEL_PHASE_DAMPING:
			return u < tvm_noise_damping_flip(p) ? 2 : 0;
		case TVM_CHANNEL_DEPOLARIZING:
			return draw_depolarizing(p, 1, u);
		case TVM_CHANNEL_DEPOLARIZING_2:
			return draw_depolarizing(p, 2, u);
		default:
			return 0;
	}
}

TvmStatus
tvm_channel_flip(TvmEnv *env, TvmChannel channel, uint32_t pauli, TvmState *state,
				 const uint32_t *qubits)
{
	uint64_t	x_mask = 0;
	uint64_t	z_mask = 0;

	for (uint32_t i = 0; i < channels[channel].qubits; i++)
	{
		x_mask |= (uint64_t) (pauli >> 2 * i & 1) << qubits[i];
		z_mask |= (uint64_t) (pauli >> (2 * i + 1) & 1) << qubits[i];
	}
	return pauli == 0 ? TVM_OK : tvm_pauli_apply(env, state, x_mask, z_mask);
}

bool
tvm_damping_jumps(double gamma, const double p[2], double u)
{
	return u * (p[0] + p[1]) < gamma * p[1];
}

/*
 * Quantum jumps: with probability gamma p1 the qubit decays, sqrt(gamma) |0><1|;
 * otherwise diag(1, sqrt(1 - gamma)), each followed by normalisation.
 */
TvmStatus
tvm_damping_apply(TvmEnv *env, double gamma, const double p[2], bool jump, TvmState *state,
				  uint32_t qubit)
{
	double		left = 1 / sqrt(p[0] + (1 - gamma) * p[1]);

	if (jump)
		return tvm_measure_keep(env, state, qubit, 1, p, true);
	return tvm_diagonal_apply(env, state, qubit, tvm_complex(left, 0),
							  tvm_complex(left * sqrt(1 - gamma), 0));
}

bool
tvm_noise_next(const TvmNoise *noise, const TvmGate *gate, TvmNoiseSite *site)
{
	uint32_t	touched = gate->target_count + gate->control_count;

	for (; noise != NULL && site->rule < noise->count; site->rule++, site->place = 0)
	{
		const TvmNoiseRule *rule = &noise->rules[site->rule];
		uint32_t	k = channels[rule->channel].qubits;

		if (k == 0 || (rule->ops & TVM_OP_BIT(gate->op)) == 0 ||
			(rule->gate_qubits != 0 && rule->gate_qubits != touched) || (k == 2 && touched != 2))
			continue;
		site->channel = rule->channel;
		site->p = rule->p;
		while (site->place < (k == 2 ? 1 : touched))
		{
			site->qubits[0] = gate_qubit(gate, site->place++);
			site->qubits[1] = k == 2 ? gate_qubit(gate, 1) : 0;
			if (tvm_noise_concerns(rule, site->qubits[0]) &&
				(k == 1 || tvm_noise_concerns(rule, site->qubits[1])))
				return true;
		}
	}
	return false;
}

TvmStatus
tvm_noise_follow(TvmEnv *env, const TvmNoise *noise, const TvmGate *gate, TvmNoiseVisit visit,
				 void *context)
{
	TvmNoiseSite site = {0};
	TvmStatus	status = TVM_OK;

	while (status == TVM_OK && tvm_noise_next(noise, gate, &site))
		status = visit(env, context, site.channel, site.p, site.qubits);
	return status;
}

int
tvm_noise_read(const TvmNoise *noise, uint32_t qubit, int value, TvmRng *rng)
{
	for (size_t i = 0; noise != NULL && i < noise->count; i++)
	{
		const TvmNoiseRule *rule = &noise->rules[i];

		if (rule->channel == TVM_CHANNEL_READOUT && tvm_noise_concerns(rule, qubit) &&
			tvm_rng_double(rng) < (value ? rule->p10 : rule->p))
			value = !value;
	}
	return value;
}

uint32_t
tvm_noise_read_draws(const TvmNoise *noise, uint32_t qubit)
{
	uint32_t	draws = 0;

	for (size_t i = 0; noise != NULL && i < noise->count; i++)
		draws += noise->rules[i].channel == TVM_CHANNEL_READOUT &&
			tvm_noise_concerns(&noise->rules[i], qubit);
	return draws;
}

double
tvm_noise_reads(const TvmNoise *noise, uint32_t qubit, int outcome, int value)
{
	double		one = outcome;	/* the probability that what is read so far is 1 */

	for (size_t i = 0; noise != NULL && i < noise->count; i++)
	{
		const TvmNoiseRule *rule = &noise->rules[i];

		if (rule->channel == TVM_CHANNEL_READOUT && tvm_noise_concerns(rule, qubit))
			one = one * (1 - rule->p10) + (1 - one) * rule->p;
	}
	return value ? one : 1 - one;
}
