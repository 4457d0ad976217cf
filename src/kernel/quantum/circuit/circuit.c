/*
 * circuit.c: building a circuit, gate by validated gate; see circuit.h.
 *
 * A circuit owns one block for each gate that has arrays: the matrix first (it
 * needs the strictest alignment), then targets, controls and condition bits, then
 * the states of the latter two.
 */
#include "kernel/quantum/circuit/circuit.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/circuit/angle.h"
#include "kernel/quantum/circuit/blas.h"
#include "kernel/quantum/circuit/gates.h"

#define UNITARY_TOLERANCE 1e-8
#define UNITARY_ROWS 32			/* rows checked at a time: 13 ms at ten qubits */
#define QUBIT_WORDS (TVM_MAX_QUBITS / 64)
#define BIT_WORDS (TVM_MAX_BITS / 64)

const char *
tvm_op_name(TvmOp op)
{
	return tvm_operations[op].name;
}

int
tvm_op_targets(TvmOp op)
{
	return tvm_operations[op].targets;
}

int
tvm_op_angles(TvmOp op)
{
	return tvm_operations[op].angles;
}

bool
tvm_op_is_unitary(TvmOp op)
{
	return tvm_operations[op].unitary;
}

void
tvm_gate_name(const TvmGate *gate, char *name, size_t size)
{
	if (gate->control_count > 2)
		snprintf(name, size, "C%u%s", gate->control_count, tvm_operations[gate->op].name);
	else
		snprintf(name, size, "%s%s", &"CC"[2 - gate->control_count], tvm_operations[gate->op].name);
}

void
tvm_gate_init(TvmGate *gate, TvmOp op)
{
	memset(gate, 0, sizeof(*gate));
	gate->op = op;
}

double
tvm_cu_gamma(double theta, double gamma)
{
	return tvm_angle_add(gamma, -0.5, theta);
}

double
tvm_gamma_of_cu(double theta, double gamma)
{
	return tvm_angle_add(gamma, 0.5, theta);
}

TvmStatus
tvm_circuit_init(TvmEnv *env, TvmCircuit *circuit, int64_t qubits)
{
	memset(circuit, 0, sizeof(*circuit));
	if (qubits < 1 || qubits > TVM_MAX_QUBITS)
	{
		tvm_fail(env, TVM_INVALID, "not a possible number of qubits", NULL,
				 "%lld is outside 1..%d", (long long) qubits, TVM_MAX_QUBITS);
		tvm_fail_path(env, "qubits");
		return TVM_INVALID;
	}
	circuit->qubits = (uint32_t) qubits;
	return TVM_OK;
}

TvmStatus
tvm_circuit_set_bits(TvmEnv *env, TvmCircuit *circuit, int64_t bits)
{
	if (bits < 0 || bits > TVM_MAX_BITS)
	{
		tvm_fail(env, TVM_INVALID, "not a possible number of classical bits", NULL,
				 "%lld is outside 0..%d", (long long) bits, TVM_MAX_BITS);
		tvm_fail_path(env, "bits");
		return TVM_INVALID;
	}
	if (circuit->bits < (uint32_t) bits)
		circuit->bits = (uint32_t) bits;
	return TVM_OK;
}

void
tvm_circuit_free(TvmEnv *env, TvmCircuit *circuit)
{
	for (size_t i = 0; i < circuit->count; i++)
		tvm_free(env, circuit->gates[i].block);
	tvm_free(env, circuit->gates);
	memset(circuit, 0, sizeof(*circuit));
}

/* Each of `qubits` is one of the circuit, and none is in `seen` yet. */
static TvmStatus
check_qubits(TvmEnv *env, const TvmCircuit *circuit, const uint32_t *qubits, uint32_t count,
			 const char *one, const char *many, uint64_t *seen)
{
	for (uint32_t i = 0; i < count; i++)
	{
		TvmStatus	status = TVM_OK;

		if (qubits[i] >= circuit->qubits)
			status = tvm_fail(env, TVM_INVALID, "not a qubit", NULL, "%u is outside 0..%u",
							  qubits[i], circuit->qubits - 1);
		else if ((seen[qubits[i] / 64] >> qubits[i] % 64 & 1) != 0)
			status = tvm_fail(env, TVM_INVALID, "a qubit is named twice",
							  "Targets and controls of one gate are all different qubits.",
							  "qubit %u", qubits[i]);
		if (status != TVM_OK)
		{
			if (one != NULL)
				tvm_fail_path(env, "%s", one);
			else
				tvm_fail_path(env, "%s[%u]", many, i);
			return status;
		}
		seen[qubits[i] / 64] |= (uint64_t) 1 << qubits[i] % 64;
	}
	return TVM_OK;
}

static TvmStatus
fail_at(TvmEnv *env, const char *path, const char *message)
{
	tvm_fail(env, TVM_INVALID, message, NULL, NULL);
	tvm_fail_path(env, "%s", path);
	return TVM_INVALID;
}

static TvmStatus
check_operands(TvmEnv *env, const TvmCircuit *circuit, const TvmGate *gate)
{
	uint64_t	seen[QUBIT_WORDS] = {0};
	int			wanted = tvm_operations[gate->op].targets;
	TvmStatus	status;

	if (wanted >= 0 ? gate->target_count != (uint32_t) wanted
		: gate->op == TVM_OP_UNITARY &&
		(gate->target_count < 1 || gate->target_count > TVM_MAX_UNITARY_QUBITS))
	{
		if (wanted >= 0)
			tvm_fail(env, TVM_INVALID, "wrong number of targets", NULL, "%s takes %d, not %u",
					 tvm_operations[gate->op].name, wanted, gate->target_count);
		else
			tvm_fail(env, TVM_INVALID, "wrong number of targets", NULL,
					 "%s takes 1 to %d, not %u", tvm_operations[gate->op].name, TVM_MAX_UNITARY_QUBITS,
					 gate->target_count);
		tvm_fail_path(env, wanted == 1 ? "target" : "targets");
		return TVM_INVALID;
	}
	if (gate->control_count > 0 && !tvm_operations[gate->op].unitary)
		return fail_at(env, "controls", "this operation takes no controls");
	status = check_qubits(env, circuit, gate->targets, gate->target_count,
						  wanted == 1 ? "target" : NULL, "targets", seen);
	if (status == TVM_OK)
		status = check_qubits(env, circuit, gate->controls, gate->control_count, NULL, "controls",
							  seen);
	for (uint32_t i = 0; status == TVM_OK && gate->control_state != NULL &&
		 i < gate->control_count; i++)
	{
		if (gate->control_state[i] <= 1)
			continue;
		status = tvm_fail(env, TVM_INVALID, "not a bit", NULL, "%u is neither 0 nor 1",
						  gate->control_state[i]);
		tvm_fail_path(env, "control_state[%u]", i);
	}
	return status;
}

static TvmStatus
check_angles(TvmEnv *env, const TvmGate *gate)
{
	static const char *const names[] = {"theta", "phi", "lambda", "gamma"};
	const double angles[] = {gate->theta, gate->phi, gate->lambda, gate->gamma};
	int			count = tvm_operations[gate->op].angles == 3 ? 4 : tvm_operations[gate->op].angles;

	for (int i = 0; i < count; i++)
		if (!(fabs(angles[i]) <= TVM_MAX_ANGLE))
			return fail_at(env, names[i], isfinite(angles[i]) ? "too large an angle" : "not a finite number");
	return TVM_OK;
}

/* The condition's bits are bits, and none is named twice. */
static TvmStatus
check_condition(TvmEnv *env, const TvmGate *gate)
{
	uint64_t	seen[BIT_WORDS];

	if (gate->if_count > 0)
		memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < gate->if_count; i++)
	{
		uint32_t	bit = gate->if_bits[i];

		if (bit >= TVM_MAX_BITS)
			tvm_fail(env, TVM_INVALID, "not a classical bit", NULL, "%u is outside 0..%d", bit,
					 TVM_MAX_BITS - 1);
		else if ((seen[bit / 64] >> bit % 64 & 1) != 0)
			tvm_fail(env, TVM_INVALID, "a bit is named twice", NULL, "bit %u", bit);
		else if (gate->if_values != NULL && gate->if_values[i] > 1)
			return fail_at(env, "if.value", "not a bit");
		else
		{
			seen[bit / 64] |= (uint64_t) 1 << bit % 64;
			continue;
		}
		if (gate->if_count == 1)
			tvm_fail_path(env, "if.bit");
		else
			tvm_fail_path(env, "if.bits[%u]", i);
		return TVM_INVALID;
	}
	return TVM_OK;
}

static TvmStatus
check_bits(TvmEnv *env, const TvmGate *gate)
{
	if (gate->op == TVM_OP_MEASURE && (gate->bit < 0 || gate->bit >= TVM_MAX_BITS))
	{
		tvm_fail(env, TVM_INVALID, "not a classical bit", NULL, "%d is outside 0..%d", gate->bit,
				 TVM_MAX_BITS - 1);
		tvm_fail_path(env, "bit");
		return TVM_INVALID;
	}
	if (gate->if_count > 0 && gate->op == TVM_OP_BARRIER)
		return fail_at(env, "if", "this operation takes no condition");
	return check_condition(env, gate);
}

/*
 * The rows of a unitary matrix are orthonormal: M M* = 1, a few rows at a time so
 * that a large one can be cancelled.  Entries above 1 are refused first, so
 * nothing overflows.
 */
static TvmStatus
check_matrix(TvmEnv *env, const TvmGate *gate)
{
	uint32_t	n = (uint32_t) 1 << gate->target_count;
	uint32_t	rows = n < UNITARY_ROWS ? n : UNITARY_ROWS;
	const TvmComplex one = {1, 0};
	const TvmComplex zero = {0, 0};
	TvmComplex *product;
	TvmStatus	status = TVM_OK;

	if (gate->matrix == NULL)
		return fail_at(env, "matrix", "a UNITARY needs a matrix");
	for (size_t i = 0; i < (size_t) n * n; i++)
	{
		const double *entry = gate->matrix + 2 * i;

		if (isfinite(entry[0]) && isfinite(entry[1]) &&
			hypot(entry[0], entry[1]) <= 1 + UNITARY_TOLERANCE)
			continue;
		tvm_fail(env, TVM_INVALID, "not an entry of a unitary matrix", NULL,
				 "its absolute value is not a number up to 1");
		tvm_fail_path(env, "matrix[%u][%u]", (unsigned) (i / n), (unsigned) (i % n));
		return TVM_INVALID;
	}
	product = tvm_alloc(env, (size_t) rows * n, sizeof(TvmComplex));
	if (product == NULL)
		return TVM_NOMEM;
	tvm_blas_init();
	for (uint32_t first = 0; first < n && status == TVM_OK; first += rows)
	{
		if (tvm_cancelled(env))
		{
			status = TVM_CANCELLED;
			break;
		}
		cblas_zgemm(CblasRowMajor, CblasNoTrans, CblasConjTrans, (int) rows, (int) n, (int) n,
					&one, gate->matrix + 2 * (size_t) first * n, (int) n, gate->matrix, (int) n,
					&zero, product, (int) n);
		for (size_t i = 0; i < (size_t) rows * n && status == TVM_OK; i++)
		{
			uint32_t	row = first + (uint32_t) (i / n);
			uint32_t	column = (uint32_t) (i % n);
			double		off = hypot(product[i].re - (row == column), product[i].im);

			if (off <= UNITARY_TOLERANCE)
				continue;
			status = tvm_fail(env, TVM_INVALID, "not a unitary matrix", NULL,
							  "the product of row %u and the conjugate of row %u is off by %.3g",
							  row, column, off);
			tvm_fail_path(env, "matrix");
		}
	}
	tvm_free(env, product);
	return status;
}

/* Room for one more gate. */
static TvmStatus
make_room(TvmEnv *env, TvmCircuit *circuit)
{
	if (circuit->count >= TVM_MAX_GATES)
		return tvm_fail(env, TVM_INVALID, "too many gates", NULL, "the limit is %d",
						TVM_MAX_GATES);
	return tvm_grow(env, &circuit->gates, circuit->count, &circuit->capacity, sizeof(TvmGate));
}

static TvmStatus
copy_gate(TvmEnv *env, const TvmGate *gate, TvmGate *copy)
{
	size_t		numbers = gate->op == TVM_OP_UNITARY ? (size_t) 2 << 2 * gate->target_count : 0;
	size_t		words = (size_t) gate->target_count + gate->control_count + gate->if_count;
	int			angles = tvm_operations[gate->op].angles;
	double	   *block;

	tvm_gate_init(copy, gate->op);
	block = tvm_alloc(env, 1, numbers * sizeof(double) + words * sizeof(uint32_t) +
					  gate->control_count + gate->if_count);
	if (block == NULL)
		return TVM_NOMEM;
	copy->block = block;
	if (numbers > 0)
	{
		copy->matrix = block;
		memcpy(copy->matrix, gate->matrix, numbers * sizeof(double));
	}
	copy->target_count = gate->target_count;
	copy->control_count = gate->control_count;
	copy->if_count = gate->if_count;
	copy->targets = (uint32_t *) (block + numbers);
	copy->controls = copy->targets + gate->target_count;
	copy->if_bits = copy->controls + gate->control_count;
	copy->control_state = (uint8_t *) (copy->if_bits + gate->if_count);
	copy->if_values = copy->control_state + gate->control_count;
	if (gate->target_count > 0)
		memcpy(copy->targets, gate->targets, gate->target_count * sizeof(uint32_t));
	if (gate->control_count > 0)
		memcpy(copy->controls, gate->controls, gate->control_count * sizeof(uint32_t));
	for (uint32_t i = 0; i < gate->control_count; i++)
		copy->control_state[i] = gate->control_state == NULL ? 1 : gate->control_state[i];
	if (gate->if_count > 0)
		memcpy(copy->if_bits, gate->if_bits, gate->if_count * sizeof(uint32_t));
	for (uint32_t i = 0; i < gate->if_count; i++)
		copy->if_values[i] = gate->if_values == NULL ? 1 : gate->if_values[i];
	if (angles >= 1)
		copy->theta = gate->theta;
	if (angles >= 3)
	{
		copy->phi = gate->phi;
		copy->lambda = gate->lambda;
		copy->gamma = gate->gamma;
	}
	copy->bit = gate->op == TVM_OP_MEASURE ? gate->bit : -1;
	return TVM_OK;
}

static TvmStatus
add(TvmEnv *env, TvmCircuit *circuit, const TvmGate *gate, bool unitary)
{
	TvmGate		copy;
	TvmStatus	status = check_operands(env, circuit, gate);

	if (status == TVM_OK)
		status = check_angles(env, gate);
	if (status == TVM_OK)
		status = check_bits(env, gate);
	if (status == TVM_OK && gate->op == TVM_OP_UNITARY && unitary)
		status = check_matrix(env, gate);
	if (status == TVM_OK)
		status = make_room(env, circuit);
	if (status == TVM_OK)
		status = copy_gate(env, gate, &copy);
	if (status != TVM_OK)
		return status;
	circuit->gates[circuit->count++] = copy;
	if (copy.bit >= 0 && circuit->bits < (uint32_t) copy.bit + 1)
		circuit->bits = (uint32_t) copy.bit + 1;
	for (uint32_t i = 0; i < copy.if_count; i++)
		if (circuit->bits < copy.if_bits[i] + 1)
			circuit->bits = copy.if_bits[i] + 1;
	return TVM_OK;
}

TvmStatus
tvm_circuit_add(TvmEnv *env, TvmCircuit *circuit, const TvmGate *gate)
{
	return add(env, circuit, gate, true);
}

TvmStatus
tvm_circuit_add_map(TvmEnv *env, TvmCircuit *circuit, const TvmGate *gate)
{
	return add(env, circuit, gate, false);
}
