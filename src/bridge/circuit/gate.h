/*
 * gate.h: reading one gate; between read.c and gate.c.
 */
#ifndef TV_CIRCUIT_GATE_H
#define TV_CIRCUIT_GATE_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/circuit/circuit.h"

/* The members of a gate, in the order of their names. */
enum
{
	KEY_OP, KEY_TARGET, KEY_CONTROL, KEY_TARGETS, KEY_CONTROLS, KEY_CONTROL_STATE,
	KEY_THETA, KEY_PHI, KEY_LAMBDA, KEY_GAMMA, KEY_MATRIX, KEY_BIT, KEY_IF, KEY_COUNT
};

/* A circuit that is being read, and the gate in hand. */
typedef struct TvCircuitReader
{
	TvEnv	   *env;
	TvCircuit  *circuit;
	const TvPath *path;			/* of the gate in hand */
	int64		gate_index;
	int64		declared_bits;	/* -1: as many as are used */
	JsonbContainer *params;		/* the caller's, or NULL */
	JsonbContainer *own_params; /* the document's, or NULL */
	const TvPath *own_params_path;
	const TvmGateName *name;	/* of the gate in hand */
	JsonbValue	value[KEY_COUNT];	/* its members */
	uint32	   *targets;		/* room for its qubits: as many as the circuit has */
	uint32	   *controls;
	uint8	   *control_state;
} TvCircuitReader;

/* Read the gate in `value`, whose path is reader->path, and add it to the circuit. */
extern void tv_circuit_read_gate(TvCircuitReader *reader, const JsonbValue *value);

#endif							/* TV_CIRCUIT_GATE_H */
