/*
 * density_maps.c: gates and channels as maps on a density matrix; see density_maps.h.
 */
#include "kernel/quantum/run/density_maps.h"

#include <string.h>

#include "kernel/quantum/circuit/analysis.h"
#include "kernel/quantum/noise/kraus.h"
#include "kernel/quantum/state/gate_matrices.h"

typedef struct Builder
{
	TvmEnv	   *env;
	TvmDensityMaps *maps;
	uint32_t	qubits;
	const TvmNoise *noise;
	bool	   *waits;			/* qubits with a map that waits ... */
	TvmComplex *map;			/* ... 4 x 4 for each */
} Builder;

/* Append a map of k qubits, 4^k x 4^k. */
static TvmStatus
append_map(Builder *build, const TvmComplex *map, const uint32_t *qubits, uint32_t k)
{
	uint32_t	targets[4];
	double		matrix[2 * TVM_MAP_MAX];
	TvmGate		gate;

	for (uint32_t i = 0; i < k; i++)
	{
		targets[i] = qubits[i];
		targets[k + i] = qubits[i] + build->qubits;
	}
	memcpy(matrix, map, ((size_t) 1 << 4 * k) * sizeof(TvmComplex));
	tvm_gate_init(&gate, TVM_OP_UNITARY);
	gate.target_count = 2 * k;
	gate.targets = targets;
	gate.matrix = matrix;
	return tvm_circuit_add_map(build->env, &build->maps->twice, &gate);
}

static TvmStatus
flush(Builder *build, uint32_t qubit)
{
	if (!build->waits[qubit])
		return TVM_OK;
	build->waits[qubit] = false;
	return append_map(build, build->map + 16 * (size_t) qubit, &qubit, 1);
}

static TvmStatus
flush_all(Builder *build)
{
	TvmStatus	status = TVM_OK;

	for (uint32_t q = 0; q < build->qubits && status == TVM_OK; q++)
		status = flush(build, q);
	return status;
}

/* A map of one qubit after those that wait there. */
static void
wait_with(Builder *build, const TvmComplex *map, uint32_t qubit)
{
	TvmComplex *waiting = build->map + 16 * (size_t) qubit;
	TvmComplex	product[16];

	for (int row = 0; row < 4 && build->waits[qubit]; row++)
		for (int column = 0; column < 4; column++)
		{
			TvmComplex	sum = {0, 0};

			for (int k = 0; k < 4; k++)
				sum = tvm_complex_add(sum, tvm_complex_mul(map[4 * row + k], waiting[4 * k + column]));
			product[4 * row + column] = sum;
		}
	memcpy(waiting, build->waits[qubit] ? product : map, sizeof(product));
	build->waits[qubit] = true;
}

/* The complex conjugate of a gate, on the bra's qubits. */
static TvmStatus
append_conjugate(Builder *build, const TvmGate *gate)
{
	uint32_t	qubits[2 * TVM_MAX_QUBITS];
	uint64_t	entries = (uint64_t) 1 << 2 * gate->target_count;
	TvmGate		bra = *gate;
	TvmStatus	status;

	bra.if_count = 0;
	bra.targets = qubits;
	bra.controls = qubits + gate->target_count;
	for (uint32_t i = 0; i < gate->target_count; i++)
		qubits[i] = gate->targets[i] + build->qubits;
	for (uint32_t i = 0; i < gate->control_count; i++)
		bra.controls[i] = gate->controls[i] + build->qubits;
	bra.theta = gate->op == TVM_OP_RY ? gate->theta : -gate->theta;
	switch (gate->op)
	{
		case TVM_OP_S:
			bra.op = TVM_OP_SDG;
			break;
		case TVM_OP_SDG:
			bra.op = TVM_OP_S;
			break;
		case TVM_OP_T:
			bra.op = TVM_OP_TDG;
			break;
		case TVM_OP_TDG:
			bra.op = TVM_OP_T;
			break;
		case TVM_OP_Y:
		case TVM_OP_SX:
		case TVM_OP_SXDG:
		case TVM_OP_U:
		case TVM_OP_ISWAP:
		case TVM_OP_UNITARY:
			bra.op = TVM_OP_UNITARY;
			bra.matrix = tvm_alloc(build->env, entries, sizeof(TvmComplex));
			if (bra.matrix == NULL)
				return TVM_NOMEM;
			tvm_gate_matrix(gate, (TvmComplex *) bra.matrix);
			for (uint64_t i = 0; i < entries; i++)
				bra.matrix[2 * i + 1] = -bra.matrix[2 * i + 1];
			break;
		default:
			break;
	}
	status = tvm_circuit_add_map(build->env, &build->maps->twice, &bra);
	if (bra.op == TVM_OP_UNITARY)
		tvm_free(build->env, bra.matrix);
	return status;
}

static TvmStatus
append_gate(Builder *build, const TvmGate *gate)
{
	TvmGate		ket = *gate;
	TvmStatus	status = TVM_OK;

	if (gate->op == TVM_OP_BARRIER)
		return TVM_OK;
	if (gate->target_count == 1 && gate->control_count == 0)
	{
		TvmComplex	matrix[4];
		TvmComplex	map[16] = {{0, 0}};

		tvm_gate_matrix(gate, matrix);
		tvm_kraus_add(map, matrix, 1, 1);
		wait_with(build, map, gate->targets[0]);
		return TVM_OK;
	}
	for (uint32_t i = 0; i < gate->target_count && status == TVM_OK; i++)
		status = flush(build, gate->targets[i]);
	for (uint32_t i = 0; i < gate->control_count && status == TVM_OK; i++)
		status = flush(build, gate->controls[i]);
	ket.if_count = 0;
	if (status == TVM_OK)
		status = tvm_circuit_add_map(build->env, &build->maps->twice, &ket);
	return status == TVM_OK ? append_conjugate(build, gate) : status;
}

static TvmStatus
append_noise(Builder *build, const TvmGate *gate)
{
	TvmNoiseSite site = {0};
	TvmStatus	status = TVM_OK;

	while (status == TVM_OK && tvm_noise_next(build->noise, gate, &site))
	{
		TvmComplex	map[TVM_MAP_MAX];

		if (tvm_channel_map(site.channel, site.p, map) == 1)
		{
			wait_with(build, map, site.qubits[0]);
			continue;
		}
		status = flush(build, site.qubits[0]);
		if (status == TVM_OK)
			status = flush(build, site.qubits[1]);
		if (status == TVM_OK)
			status = append_map(build, map, site.qubits, 2);
	}
	return status;
}

static TvmStatus
append(Builder *build, const TvmGate *gate, bool branches)
{
	/* rho00 + rho11 to rho00; and the diagonal alone. */
	static const TvmComplex reset[16] = {[0] = {1, 0},[3] = {1, 0}};
	static const TvmComplex dephase[16] = {[0] = {1, 0},[15] = {1, 0}};

	if (gate->op == TVM_OP_RESET)
		wait_with(build, reset, gate->targets[0]);
	else if (gate->op == TVM_OP_MEASURE && !branches)
		wait_with(build, dephase, gate->targets[0]);
	else if (gate->op != TVM_OP_MEASURE)
	{
		TvmStatus	status = append_gate(build, gate);

		if (status != TVM_OK)
			return status;
	}
	return append_noise(build, gate);
}

void
tvm_density_reads(const TvmCircuit *circuit, bool shots, TvmBitsRead *reads)
{
	memset(reads, shots ? 0xFF : 0, sizeof(*reads));
	for (size_t i = 0; i < circuit->count; i++)
		for (uint32_t j = 0; j < circuit->gates[i].if_count; j++)
			tvm_bits_put(reads->set, circuit->gates[i].if_bits[j], true);
}

bool
tvm_density_branches(const TvmGate *gate, const TvmBitsRead *reads)
{
	return gate->op == TVM_OP_MEASURE && tvm_bits_get(reads->set, (uint32_t) gate->bit);
}

uint64_t
tvm_density_bytes(const TvmCircuit *circuit, const TvmNoise *noise)
{
	uint64_t	bytes = ((uint64_t) circuit->count + 1) * (sizeof(size_t) + 1) +
		(uint64_t) circuit->qubits * (16 * sizeof(TvmComplex) + sizeof(bool));

	/*
	 * The list of gates doubles as it grows; a block holds operands and matrix.  A gate is
	 * two, a channel of two qubits one, and each flushes the qubits that it touches once.
	 */
	for (size_t i = 0; i < circuit->count; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		uint64_t	touched = (uint64_t) gate->target_count + gate->control_count;
		TvmNoiseSite site = {0};
		uint64_t	pairs = 0;
		uint64_t	flushes;

		while (tvm_noise_next(noise, gate, &site))
			pairs += site.channel == TVM_CHANNEL_DEPOLARIZING_2;
		flushes = touched + 2 * pairs;
		bytes += (2 + flushes + pairs) * (4 * sizeof(TvmGate) + 2 * (touched + 2) * sizeof(uint64_t)) +
			(2 * 16 + 16 * flushes + TVM_MAP_MAX * pairs) * sizeof(TvmComplex);
		if (gate->op == TVM_OP_UNITARY)
			bytes += ((uint64_t) 4 << 2 * gate->target_count) * sizeof(TvmComplex);
	}
	return bytes;
}

TvmStatus
tvm_density_maps(TvmEnv *env, TvmDensityMaps *maps, const TvmCircuit *circuit,
				 const TvmNoise *noise, const uint8_t *deferred, bool shots, bool steps)
{
	Builder		build = {env, maps, circuit->qubits, noise, NULL, NULL};
	TvmBitsRead reads;
	TvmStatus	status;

	tvm_density_reads(circuit, shots, &reads);
	memset(maps, 0, sizeof(*maps));
	status = tvm_circuit_init(env, &maps->twice, 2 * (int64_t) circuit->qubits);
	maps->start = tvm_alloc(env, circuit->count + 1, sizeof(size_t));
	maps->apart = tvm_alloc(env, circuit->count + 1, 1);
	build.waits = tvm_alloc_zero(env, circuit->qubits, sizeof(bool));
	build.map = tvm_alloc(env, 16 * (size_t) circuit->qubits, sizeof(TvmComplex));
	if (status == TVM_OK && (maps->start == NULL || maps->apart == NULL || build.waits == NULL ||
							 build.map == NULL))
		status = TVM_NOMEM;
	for (size_t i = 0; i < circuit->count && status == TVM_OK; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		bool		branches = !deferred[i] && tvm_density_branches(gate, &reads);
		bool		apart = steps || gate->if_count > 0 || branches;

		if (i % 256 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		if (apart && status == TVM_OK)
			status = flush_all(&build);
		maps->start[i] = maps->twice.count;
		maps->apart[i] = apart;
		if (status == TVM_OK && !deferred[i])
			status = append(&build, gate, branches);
		if (status == TVM_OK && (apart || i + 1 == circuit->count))
			status = flush_all(&build);
	}
	if (status == TVM_OK)
		maps->start[circuit->count] = maps->twice.count;
	tvm_free(env, build.waits);
	tvm_free(env, build.map);
	return status;
}

void
tvm_density_maps_free(TvmEnv *env, TvmDensityMaps *maps)
{
	tvm_circuit_free(env, &maps->twice);
	tvm_free(env, maps->start);
	tvm_free(env, maps->apart);
	memset(maps, 0, sizeof(*maps));
}

void
tvm_density_both(const TvmState *rho, uint32_t qubit, double p[2])
{
	p[0] = p[1] = 0;
	for (uint64_t i = 0; i < (uint64_t) 1 << rho->qubits / 2; i++)
		p[i >> qubit & 1] += tvm_density_diagonal(rho, i);
}

TvmStatus
tvm_density_keep(TvmEnv *env, TvmState *rho, uint32_t qubit, const double weight[2])
{
	uint32_t	above = qubit + rho->qubits / 2;

	for (uint64_t i = 0; i < rho->count; i++)
	{
		uint32_t	ket = i >> qubit & 1;
		double		factor = ket == (i >> above & 1) ? weight[ket] : 0;

		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_put(rho, i, tvm_complex_scale(tvm_get(rho, i), factor));
	}
	return TVM_OK;
}

void
tvm_density_bloch(const TvmState *rho, double *xyz)
{
	uint32_t	n = rho->qubits / 2;

	for (uint32_t q = 0; q < n; q++)
		for (uint64_t c = 0; c < (uint64_t) 1 << n; c++)
		{
			double		p = tvm_density_diagonal(rho, c);
			TvmComplex	off;

			xyz[3 * q + 2] += (c >> q & 1) != 0 ? -p : p;
			if ((c >> q & 1) != 0)
				continue;
			off = tvm_get(rho, (c | (uint64_t) 1 << q) + (c << n));
			xyz[3 * q] += 2 * off.re;
			xyz[3 * q + 1] += 2 * off.im;
		}
}

/* tr(P rho), P having an X on the qubits of x, a Z on those of z, Y = i X Z on both. */
static double
pauli_trace(const TvmState *rho, uint64_t x, uint64_t z)
{
	uint32_t	n = rho->qubits / 2;
	TvmComplex	sum = {0, 0};

	for (uint64_t c = 0; c < (uint64_t) 1 << n; c++)
	{
		uint64_t	r = c ^ x;
		TvmComplex	entry = tvm_get(rho, r + (c << n));

		sum = tvm_complex_add(sum, tvm_complex_scale(entry, __builtin_parityll(r & z) ? -1 : 1));
	}
	switch (__builtin_popcountll(x & z) % 4)
	{
		case 0:
			return sum.re;
		case 1:
			return -sum.im;
		case 2:
			return -sum.re;
		default:
			return sum.im;
	}
}

double
tvm_density_expectation(const TvmState *rho, const TvmObservable *observable)
{
	double		value = 0;

	for (size_t i = 0; i < observable->count; i++)
	{
		const TvmPauliTerm *term = &observable->terms[i];
		uint64_t	x = 0;
		uint64_t	z = 0;

		for (uint32_t j = 0; j < term->count; j++)
		{
			uint64_t	bit = (uint64_t) 1 << term->qubits[j];

			x |= term->paulis[j] != 'Z' ? bit : 0;
			z |= term->paulis[j] != 'X' ? bit : 0;
		}
		value += term->coefficient * pauli_trace(rho, x, z);
	}
	return value;
}

TvmStatus
tvm_density_fidelity(TvmEnv *env, const TvmState *rho, const TvmState *psi, double *fidelity)
{
	double		sum = 0;

	for (uint64_t c = 0; c < psi->count; c++)
	{
		TvmComplex	row = {0, 0};	/* <psi|rho|c> */

		if ((c << psi->qubits) % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint64_t r = 0; r < psi->count; r++)
		{
			TvmComplex	a = tvm_get(psi, r);

			row = tvm_complex_add(row, tvm_complex_mul(tvm_complex(a.re, -a.im),
													   tvm_get(rho, r + (c << psi->qubits))));
		}
		sum += tvm_complex_mul(row, tvm_get(psi, c)).re;
	}
	*fidelity = sum < 0 ? 0 : sum > 1 ? 1 : sum;
	return TVM_OK;
}

double
tvm_density_trace(const TvmState *rho)
{
	double		p[2];

	tvm_density_both(rho, 0, p);
	return p[0] + p[1];
}

TvmStatus
tvm_density_purity(TvmEnv *env, const TvmState *rho, double *purity)
{
	*purity = 0;
	for (uint64_t i = 0; i < rho->count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		*purity += tvm_complex_norm2(tvm_get(rho, i));
	}
	return TVM_OK;
}
