/*
 * dense.c: full matrices as an oracle; see dense.h.
 */
#include "quantum/dense.h"

#include <math.h>
#include <string.h>

#include "unit.h"

#define PI 3.14159265358979323846

static const Cx id2[4] = {1, 0, 0, 1};
static const Cx x2[4] = {0, 1, 1, 0};
static const Cx y2[4] = {0, -I, I, 0};
static const Cx z2[4] = {1, 0, 0, -1};

/* high (x) low of 2 x 2 matrices */
static void
kron2(const Cx *high, const Cx *low, Cx *out)
{
	for (int r = 0; r < 4; r++)
		for (int c = 0; c < 4; c++)
			out[4 * r + c] = high[2 * (r / 2) + c / 2] * low[2 * (r % 2) + c % 2];
}

/* exp(-i theta/2 P) for a P whose square is 1 */
static void
rotation(double theta, const Cx *p, int dim, Cx *out)
{
	for (int r = 0; r < dim; r++)
		for (int c = 0; c < dim; c++)
			out[dim * r + c] = (r == c ? cos(theta / 2) : 0) - I * sin(theta / 2) * p[dim * r + c];
}

static void
rotation_pair(double theta, const Cx *p, Cx *out)
{
	Cx			pp[16];

	kron2(p, p, pp);
	rotation(theta, pp, 4, out);
}

static void
phase_gate(double lambda, Cx *out)
{
	out[0] = 1;
	out[1] = out[2] = 0;
	out[3] = cexp(I * lambda);
}

static void
scaled(Cx factor, const Cx *in, int count, Cx *out)
{
	for (int i = 0; i < count; i++)
		out[i] = factor * in[i];
}

void
dense_operation(const TvmGate *gate, Cx *out)
{
	Cx			a[16];
	Cx			b[16];
	Cx			t = cexp(I * gate->theta);

	switch (gate->op)
	{
		case TVM_OP_I:
			memcpy(out, id2, sizeof(id2));
			break;
		case TVM_OP_X:
			memcpy(out, x2, sizeof(x2));
			break;
		case TVM_OP_Y:
			memcpy(out, y2, sizeof(y2));
			break;
		case TVM_OP_Z:
			memcpy(out, z2, sizeof(z2));
			break;
		case TVM_OP_H:
			for (int i = 0; i < 4; i++)
				out[i] = (x2[i] + z2[i]) / sqrt(2);
			break;
		case TVM_OP_S:
			phase_gate(PI / 2, out);
			break;
		case TVM_OP_SDG:
			phase_gate(-PI / 2, out);
			break;
		case TVM_OP_T:
			phase_gate(PI / 4, out);
			break;
		case TVM_OP_TDG:
			phase_gate(-PI / 4, out);
			break;
		case TVM_OP_SX:
			rotation(PI / 2, x2, 2, a);
			scaled(cexp(I * PI / 4), a, 4, out);
			break;
		case TVM_OP_SXDG:
			rotation(-PI / 2, x2, 2, a);
			scaled(cexp(-I * PI / 4), a, 4, out);
			break;
		case TVM_OP_RX:
			rotation(gate->theta, x2, 2, out);
			break;
		case TVM_OP_RY:
			rotation(gate->theta, y2, 2, out);
			break;
		case TVM_OP_RZ:
			rotation(gate->theta, z2, 2, out);
			break;
		case TVM_OP_P:
			phase_gate(gate->theta, out);
			break;
		case TVM_OP_U:			/* as the OpenQASM 3 specification writes it */
			out[0] = (1 + t) / 2;
			out[1] = -I * cexp(I * gate->lambda) * (1 - t) / 2;
			out[2] = I * cexp(I * gate->phi) * (1 - t) / 2;
			out[3] = cexp(I * (gate->phi + gate->lambda)) * (1 + t) / 2;
			scaled(cexp(I * gate->gamma), out, 4, out);
			break;
		case TVM_OP_SWAP:		/* (II + XX + YY + ZZ) / 2 */
			memset(out, 0, 16 * sizeof(Cx));
			for (int p = 0; p < 4; p++)
			{
				const Cx   *pauli = p == 0 ? id2 : p == 1 ? x2 : p == 2 ? y2 : z2;

				kron2(pauli, pauli, a);
				for (int i = 0; i < 16; i++)
					out[i] += a[i] / 2;
			}
			break;
		case TVM_OP_ISWAP:		/* exp(i pi/4 (XX + YY)) */
			rotation_pair(-PI / 2, x2, a);
			rotation_pair(-PI / 2, y2, b);
			for (int r = 0; r < 4; r++)
				for (int c = 0; c < 4; c++)
				{
					out[4 * r + c] = 0;
					for (int k = 0; k < 4; k++)
						out[4 * r + c] += a[4 * r + k] * b[4 * k + c];
				}
			break;
		case TVM_OP_RXX:
			rotation_pair(gate->theta, x2, out);
			break;
		case TVM_OP_RYY:
			rotation_pair(gate->theta, y2, out);
			break;
		case TVM_OP_RZZ:
			rotation_pair(gate->theta, z2, out);
			break;
		case TVM_OP_UNITARY:
			for (size_t i = 0; i < (size_t) 1 << 2 * gate->target_count; i++)
				out[i] = gate->matrix[2 * i] + I * gate->matrix[2 * i + 1];
			break;
		default:
			memset(out, 0, 16 * sizeof(Cx));
			unit_fail(__FILE__, __LINE__, "no matrix of %s", tvm_op_name(gate->op));
	}
}

/* out += factor * (factors[n-1] (x) ... (x) factors[0]) */
static void
add_product(int n, const Cx (*factors)[4], Cx factor, Dense *out)
{
	int			dim = 1 << n;

	for (int r = 0; r < dim; r++)
		for (int c = 0; c < dim; c++)
		{
			Cx			product = factor;

			for (int q = 0; q < n; q++)
				product *= factors[q][2 * (r >> q & 1) + (c >> q & 1)];
			out->m[r][c] += product;
		}
}

/* Identity except where the controls select; there `matrix` on the targets. */
static void
embed(int n, const Cx *matrix, const uint32_t *targets, uint32_t k, const TvmGate *controls,
	  Dense *out)
{
	int			rows = 1 << k;
	Cx			factors[DENSE_MAX][4];

	memset(out, 0, sizeof(*out));
	out->n = n;
	for (int q = 0; q < n; q++)
		memcpy(factors[q], id2, sizeof(id2));
	if (controls != NULL)
	{
		add_product(n, (const Cx(*)[4]) factors, 1, out);
		for (uint32_t i = 0; i < controls->control_count; i++)
		{
			int			s = controls->control_state == NULL ? 1 : controls->control_state[i];

			memset(factors[controls->controls[i]], 0, sizeof(id2));
			factors[controls->controls[i]][3 * s] = 1;
		}
		add_product(n, (const Cx(*)[4]) factors, -1, out);
	}
	for (int a = 0; a < rows; a++)
		for (int b = 0; b < rows; b++)
		{
			if (matrix[rows * a + b] == 0)
				continue;
			for (uint32_t i = 0; i < k; i++)
			{
				memset(factors[targets[i]], 0, sizeof(id2));
				factors[targets[i]][2 * (a >> i & 1) + (b >> i & 1)] = 1;
			}
			add_product(n, (const Cx(*)[4]) factors, matrix[rows * a + b], out);
		}
}

void
dense_gate(int n, const TvmGate *gate, Dense *out)
{
	static Cx	matrix[DENSE_DIM * DENSE_DIM];

	dense_operation(gate, matrix);
	embed(n, matrix, gate->targets, gate->target_count, gate, out);
}

void
dense_embed(int n, const Cx *matrix, const uint32_t *targets, uint32_t k, Dense *out)
{
	embed(n, matrix, targets, k, NULL, out);
}

void
dense_apply(const Dense *u, Cx *psi)
{
	Cx			out[DENSE_DIM];
	int			dim = 1 << u->n;

	for (int r = 0; r < dim; r++)
	{
		out[r] = 0;
		for (int c = 0; c < dim; c++)
			out[r] += u->m[r][c] * psi[c];
	}
	memcpy(psi, out, dim * sizeof(Cx));
}

void
dense_conjugate(const Dense *u, Dense *rho)
{
	static Dense left;
	int			dim = 1 << u->n;

	for (int r = 0; r < dim; r++)
		for (int c = 0; c < dim; c++)
		{
			left.m[r][c] = 0;
			for (int k = 0; k < dim; k++)
				left.m[r][c] += u->m[r][k] * rho->m[k][c];
		}
	for (int r = 0; r < dim; r++)
		for (int c = 0; c < dim; c++)
		{
			rho->m[r][c] = 0;
			for (int k = 0; k < dim; k++)
				rho->m[r][c] += left.m[r][k] * conj(u->m[c][k]);
		}
}

bool
dense_holds(const TvmGate *gate, uint32_t bits)
{
	for (uint32_t i = 0; i < gate->if_count; i++)
		if ((bits >> gate->if_bits[i] & 1) != gate->if_values[i])
			return false;
	return true;
}

void
dense_kraus(Dense *rho, const Cx *kraus, int count, const uint32_t *targets, uint32_t k)
{
	static Dense sum;
	static Dense branch;
	static Dense full;
	int			dim = 1 << rho->n;

	memset(&sum, 0, sizeof(sum));
	sum.n = rho->n;
	for (int i = 0; i < count; i++)
	{
		dense_embed(rho->n, kraus + ((size_t) i << 2 * k), targets, k, &full);
		branch = *rho;
		dense_conjugate(&full, &branch);
		for (int r = 0; r < dim; r++)
			for (int c = 0; c < dim; c++)
				sum.m[r][c] += branch.m[r][c];
	}
	*rho = sum;
}

double
dense_distance(const TvmState *state, const Cx *psi)
{
	double		worst = 0;

	for (uint64_t i = 0; i < state->count; i++)
	{
		TvmComplex	amp = tvm_get(state, i);
		double		off = cabs(amp.re + I * amp.im - psi[i]);

		if (!(off <= worst))
			worst = off;
	}
	return worst;
}

double
dense_uniform(TvmRng *rng, double low, double high)
{
	return low + (high - low) * tvm_rng_double(rng);
}

uint32_t
dense_below(TvmRng *rng, uint32_t bound)
{
	return tvm_rng_u32(rng) % bound;
}

void
dense_random_state(TvmRng *rng, TvmState *state, Cx *psi)
{
	double		norm2 = 0;

	for (uint64_t i = 0; i < state->count; i++)
	{
		TvmComplex	amp;

		amp.re = dense_uniform(rng, -1, 1);
		amp.im = dense_uniform(rng, -1, 1);
		norm2 += amp.re * amp.re + amp.im * amp.im;
		tvm_put(state, i, amp);
	}
	for (uint64_t i = 0; i < state->count; i++)
	{
		TvmComplex	amp = tvm_get(state, i);

		tvm_put(state, i, tvm_complex(amp.re / sqrt(norm2), amp.im / sqrt(norm2)));
		amp = tvm_get(state, i);
		if (psi != NULL)
			psi[i] = amp.re + I * amp.im;
	}
}

/* Gram and Schmidt, twice for accuracy, on rows of random numbers. */
void
dense_random_unitary(TvmRng *rng, uint32_t k, double *matrix)
{
	int			dim = 1 << k;
	Cx		   *m = (Cx *) matrix;

	for (int r = 0; r < dim; r++)
	{
		for (int c = 0; c < dim; c++)
			m[dim * r + c] = dense_uniform(rng, -1, 1) + I * dense_uniform(rng, -1, 1);
		for (int round = 0; round < 2; round++)
		{
			double		norm2 = 0;

			for (int before = 0; before < r; before++)
			{
				Cx			dot = 0;

				for (int c = 0; c < dim; c++)
					dot += conj(m[dim * before + c]) * m[dim * r + c];
				for (int c = 0; c < dim; c++)
					m[dim * r + c] -= dot * m[dim * before + c];
			}
			for (int c = 0; c < dim; c++)
				norm2 += creal(m[dim * r + c] * conj(m[dim * r + c]));
			for (int c = 0; c < dim; c++)
				m[dim * r + c] /= sqrt(norm2);
		}
	}
}

void
dense_random_qubits(TvmRng *rng, uint32_t n, uint32_t *out)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = i;
	for (uint32_t i = n; i > 1; i--)
	{
		uint32_t	j = dense_below(rng, i);
		uint32_t	kept = out[i - 1];

		out[i - 1] = out[j];
		out[j] = kept;
	}
}

TvmGate
dense_random_gate(TvmRng *rng, TvmOp op, uint32_t n)
{
	static uint32_t qubits[64];
	static uint8_t states[64];
	static double matrix[2 * 256];
	int			targets = tvm_op_targets(op);
	TvmGate		gate;

	tvm_gate_init(&gate, op);
	dense_random_qubits(rng, n, qubits);
	if (op == TVM_OP_UNITARY)
	{
		targets = 1 + (int) dense_below(rng, n < 4 ? n : 4);
		dense_random_unitary(rng, (uint32_t) targets, matrix);
		gate.matrix = matrix;
	}
	gate.target_count = (uint32_t) targets;
	gate.targets = qubits;
	gate.controls = qubits + targets;
	gate.control_count = dense_below(rng, n - (uint32_t) targets + 1);
	if (gate.control_count > 3)
		gate.control_count = 3;
	for (uint32_t i = 0; i < gate.control_count; i++)
		states[i] = (uint8_t) dense_below(rng, 2);
	gate.control_state = states;
	gate.theta = dense_uniform(rng, -7, 7);
	gate.phi = dense_uniform(rng, -7, 7);
	gate.lambda = dense_uniform(rng, -7, 7);
	gate.gamma = dense_uniform(rng, -7, 7);
	return gate;
}

/* Where the identity has weight 0: beyond it Kraus operators would be imaginary. */
double
dense_channel_most(TvmChannel channel)
{
	return channel == TVM_CHANNEL_DEPOLARIZING ? 4.0 / 3 : channel == TVM_CHANNEL_DEPOLARIZING_2 ? 16.0 / 15 : 1;
}

/* Kraus operators of a channel, from their definitions: at most 16 of 4 x 4. */
int
dense_channel(TvmChannel channel, double p, Cx *out)
{
	static const Cx pauli[4][4] = {{1, 0, 0, 1}, {0, 1, 1, 0}, {0, -I, I, 0}, {1, 0, 0, -1}};
	int			count = 0;

	memset(out, 0, 16 * 16 * sizeof(Cx));
	switch (channel)
	{
		case TVM_CHANNEL_BIT_FLIP:
		case TVM_CHANNEL_PHASE_FLIP:
			for (int i = 0; i < 4; i++)
			{
				out[i] = sqrt(1 - p) * pauli[0][i];
				out[4 + i] = sqrt(p) * pauli[channel == TVM_CHANNEL_BIT_FLIP ? 1 : 3][i];
			}
			return 2;
		case TVM_CHANNEL_AMPLITUDE_DAMPING:
			out[0] = 1;
			out[3] = sqrt(1 - p);
			out[4 + 1] = sqrt(p);
			return 2;
		case TVM_CHANNEL_PHASE_DAMPING:
			out[0] = 1;
			out[3] = sqrt(1 - p);
			out[4 + 3] = sqrt(p);
			return 2;
		case TVM_CHANNEL_DEPOLARIZING:	/* (1 - p) rho + p I/2 */
			for (int a = 0; a < 4; a++)
				for (int i = 0; i < 4; i++)
					out[4 * a + i] = sqrt(a == 0 ? 1 - 3 * p / 4 : p / 4) * pauli[a][i];
			return 4;
		default:				/* (1 - p) rho + p I/4 */
			for (int a = 0; a < 4; a++)
				for (int b = 0; b < 4; b++, count++)
					for (int r = 0; r < 4; r++)
						for (int c = 0; c < 4; c++)
							out[16 * count + 4 * r + c] =
								sqrt(count == 0 ? 1 - 15 * p / 16 : p / 16) *
								pauli[a][2 * (r / 2) + c / 2] * pauli[b][2 * (r % 2) + c % 2];
			return count;
	}
}
