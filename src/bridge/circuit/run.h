/*
 * run.h: a circuit's run with the options of a client, stepwise; its result is
 * result.h's.  tv_run_circuit() and the worker's kind `quantum` are both
 * this, and cut gates into the same pieces, so that they give the same result, to the
 * last bit, for the same circuit, seed, attempt and options.
 *
 *     TvEnv *env = tv_env_create("circuit");
 *     TvCircuitRun *run = tv_circuit_run_open(env, &spec);     -- reads, checks, allocates
 *
 *     while (tv_circuit_run_gates(run, to))                    -- optional: look at the first
 *         payload = tv_circuit_run_frame(run, kind, top);      -- trajectory on its way
 *
 *     while (tv_circuit_run_more(run, 200))                    -- the rest, 200 ms at a time
 *         report(tv_circuit_run_progress(run));
 *     Jsonb *result = tv_circuit_run_result(run, NULL);              -- copy it before ...
 *     tv_env_delete(env);                                      -- ... this frees everything
 *
 * Between two calls the caller may do what it likes, database work too.  Each
 * call raises what goes wrong: 22023 with a path, PT413, an interrupt of the
 * server (asked for inside gates too), 57014 past env->deadline.  There is
 * nothing to close after an error: the memory is env's, a child of the context
 * that was current in tv_env_create().  The jsonb handed in must stay until the
 * run is deleted.
 */
#ifndef TV_CIRCUIT_RUN_H
#define TV_CIRCUIT_RUN_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/circuit/circuit.h"
#include "bridge/server/env.h"
#include "kernel/quantum/state/frame.h"
#include "kernel/quantum/run/run.h"

/*
 * A result is a function of (circuit hash, options, seed, attempt, engine): this
 * number changes whenever the same arguments may give another result.
 */
#define TV_CIRCUIT_ENGINE 5

/* What a run is for, which says what it computes beside the state. */
typedef enum TvRunPurpose
{
	TV_RUN_RESULT = 0,			/* what the options ask for: tv_circuit_run_result() */
	TV_RUN_FIDELITY,			/* the fidelity and nothing else */
	TV_RUN_STATE,				/* the state before final measurements */
	TV_RUN_VALUES,				/* what is true of it: spec.observable, or Bloch vectors without one */
	TV_RUN_STEPS				/* the state after each gate; final measurements collapse it */
} TvRunPurpose;

/* What is to be run. */
typedef struct TvCircuitSpec
{
	Jsonb	   *circuit;		/* the document, as docs/circuit.md describes it */
	const char *circuit_path;	/* put before its paths: "params.circuit"; NULL: nothing */
	Jsonb	   *options;		/* NULL: none */
	const char *options_path;	/* put before their paths: "params.options"; NULL: "options" */
	int64		shots;			/* refused when negative or above TVM_MAX_SHOTS */
	int64		seed;			/* any */
	uint32		attempt;		/* another attempt draws other numbers from the same seed;
								 * a client that repeats one names it in the options */
	TvRunPurpose purpose;
	const char *observable;		/* of TV_RUN_VALUES */
	bool		alike;			/* "auto" does not look at the gates: no tableau */
	bool		amplitudes;		/* "auto" is the state vector, for frames of it, say */
	bool		steps;			/* frames are taken between gates */
	bool		check;			/* raise what opening would, and take no memory for a state */
} TvCircuitSpec;

/* The options of a client, read and checked. */
typedef struct TvCircuitOptions
{
	JsonbContainer *params;		/* NULL: none */
	TvmNoise	noise;
	bool		has_noise;
	TvmRunMethod method;
	TvmPrecision precision;
	int64		trajectories;	/* -1: not said */
	int64		attempt;		/* -1: the caller's */
	TvmObservable *observables;
	char	  **observable_texts;
	int			observable_count;
	int			top;
	bool		bloch;
	bool		fidelity;
	uint32	   *entropy;		/* the qubits of the cut whose entropy is asked for */
	int			entropy_count;	/* 0: none */
} TvCircuitOptions;

typedef struct TvCircuitRun
{
	TvEnv	   *env;
	TvCircuit  *circuit;
	TvCircuitOptions options;
	TvmRun		kernel;			/* .state, .next, .trajectories, .finished may be read */
	int64		shots;
	int64		seed;
	bool		begun;			/* a trajectory is in hand */
	TvmMean		entropy;		/* of the cut, over finished trajectories */
	TimestampTz started;
} TvCircuitRun;

/* Read and check circuit and options and allocate the state; nothing has run yet. */
extern TvCircuitRun *tv_circuit_run_open(TvEnv *env, const TvCircuitSpec *spec);

/* What opening it in another way would raise; the circuit and the options are not read again. */
extern void tv_circuit_run_check(TvCircuitRun *run, const TvCircuitSpec *spec);


/* Gates from `next` on are applied, and planned, up to here at most; then it is time to look at the clock. */
static inline size_t
tv_circuit_piece_end(const TvmCircuit *circuit, size_t next)
{
	size_t		piece = circuit->qubits > 25 ? 256 : circuit->qubits < 24 ? 2048 : (size_t) 1 << (34 - circuit->qubits);

	return Min((next / piece + 1) * piece, circuit->count);
}

/*
 * Apply gates of the first trajectory, without those that might go along with it, until
 * `to` of them have been applied.  False when there are none left to apply, so a loop
 * over growing `to` ends.  Only before tv_circuit_run_more(); a result is tv_run_circuit()'s
 * where there is one trajectory and all of its gates were applied at once.
 */
extern bool tv_circuit_run_gates(TvCircuitRun *run, size_t to);

/*
 * The frame of the state as it is now; its step is how many gates have been
 * applied.  `top` is for TVM_FRAME_TOP alone.  On a tableau any kind is
 * TVM_FRAME_BLOCH.  The size is checked against
 * timevmaps.circuit_memory.
 */
extern bytea *tv_circuit_run_frame(TvCircuitRun *run, TvmFrameKind kind, uint64 top);

/*
 * Go on with the trajectory in hand and with those after it until `milliseconds`
 * have passed, which is asked between gates (0: until all are done).  True while
 * there is more to do.
 */
extern bool tv_circuit_run_more(TvCircuitRun *run, int milliseconds);

/* From 0 to 1: gates applied, of all gates of all trajectories; also for who looks on while the kernel is at it. */
extern double tv_circuit_run_progress(const TvCircuitRun *run);

/* The basis states of the list, of which there are no more than there are. */
extern int	tv_circuit_run_top_count(const TvCircuitRun *run);

/* A count in the result: its digits, its number and the entries of both, twice for who copies it. */
#define TV_COUNT_BYTES(bits) (2 * ((uint64) (bits) + 64))

/*
 * Read options (options.c): defaults, then what the circuit needs to be
 * read, then the rest, for which the circuit's number of qubits must be known.
 */
extern void tv_circuit_options_init(TvCircuitOptions *options);
extern void tv_circuit_options_params(const JsonbValue *document, const TvPath *path,
									  TvCircuitOptions *options);
extern void tv_circuit_options_read(TvEnv *env, const JsonbValue *document, const TvPath *path,
									uint32 qubits, TvCircuitOptions *options);

#endif							/* TV_CIRCUIT_RUN_H */
