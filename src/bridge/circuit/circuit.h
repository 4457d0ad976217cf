/*
 * circuit.h: circuits between jsonb and the kernel.
 *
 * A document is {"qubits", "bits", "gates", "params", "name"}; docs/circuit.md
 * describes it.  Whatever is wrong with one is raised as 22023 with the path to
 * it.  The circuit lives in the TvEnv's memory and goes with tv_env_delete().
 */
#ifndef TV_CIRCUIT_CIRCUIT_H
#define TV_CIRCUIT_CIRCUIT_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/circuit/angle.h"
#include "bridge/server/env.h"
#include "bridge/server/json.h"
#include "kernel/quantum/circuit/gates.h"

/*
 * An angle with parameters to which nobody gave a value; in the kernel's circuit it is
 * what it would be if they were 0.
 */
typedef struct TvFreeAngle
{
	uint32		gate;
	int			which;			/* 0 theta, 1 phi, 2 lambda, 3 gamma */
	const char *angle;			/* the same as a word */
	char	   *text;			/* "$alpha", "0.5*$a + 1": see angle.h */
	int			term_count;
	TvTerm	   *terms;			/* null-terminated, too */
} TvFreeAngle;

typedef struct TvCircuit
{
	TvmCircuit	kernel;
	TvFreeAngle *free_angles;	/* in the order of gates, then of angles */
	size_t		free_count;
	size_t		free_capacity;
	uint64		free_bytes;		/* what they take */
} TvCircuit;

/* Add one; angles are added in the order of gates, then theta, phi, lambda, gamma. */
extern void tv_circuit_add_free_angle(TvEnv *env, TvCircuit *circuit, uint32 gate, int which,
									  const TvAngle *angle);

/* Look a gate up by a JSON string, not case-sensitive; 22023 when there is none. */
extern const TvmGateName *tv_gate_name_read(const JsonbValue *value, const TvPath *path);

/*
 * Read a circuit.  `params` may be NULL: an object of numbers that wins over the
 * document's own "params".  `path` is where the document is in what the client
 * sent, NULL where it is all of it: with "params.circuit" an error names
 * "params.circuit.gates[3].target".
 */
extern TvCircuit *tv_circuit_read(TvEnv *env, const JsonbValue *document, const TvPath *path,
								  JsonbContainer *params);

/* Check an object of parameters, all of them finite numbers, and return it. */
extern JsonbContainer *tv_circuit_params_read(const JsonbValue *value, const TvPath *path);

/* Raise 22023 with its path if an angle is still free: what runs has none. */
extern void tv_circuit_require_bound(const TvCircuit *circuit, const TvPath *path);

/*
 * The canonical form: {"bits", "gates", "qubits"}, each gate by its base operation
 * ("CX" is "X" with a control), controls in ascending order, parameters by value
 * where they have one.  Reading it gives the same circuit.  Two documents that
 * describe the same gates have the same canonical form, and so the same hash.
 */
extern Jsonb *tv_circuit_write(const TvCircuit *circuit);

/* SHA-256, in hexadecimal, of the canonical form's text as jsonb prints it. */
extern char *tv_circuit_digest(const TvCircuit *circuit);

#endif							/* TV_CIRCUIT_CIRCUIT_H */
