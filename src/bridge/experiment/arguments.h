/*
 * arguments.h: the arguments of an experiment, as its kind reads them.
 *
 * Submission and run read them with the same code, so what was accepted is what
 * runs.  Everything wrong is raised as 22023 with the path to it ("params.v_mps"),
 * 22003 outside a formula's domain, PT413 for a circuit that is too large.
 */
#ifndef TV_EXPERIMENT_ARGUMENTS_H
#define TV_EXPERIMENT_ARGUMENTS_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/server/env.h"
#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/state/frame.h"

/* Each has its row in kinds.c. */
typedef enum TvKind
{
	TV_KIND_QUANTUM,
	TV_KIND_SR,
	TV_KIND_GR,
	TV_KIND_RELATIVITY,
	TV_KIND_ROUTE,
	TV_KIND_SWEEP,
	TV_KIND_COUNT
} TvKind;

typedef enum TvGiven
{
	TV_GIVEN_NOTHING,
	TV_GIVEN_COORDINATE,
	TV_GIVEN_PROPER
} TvGiven;

/* What a client says about frames; docs/queue.md. */
typedef struct TvFramesSpec
{
	bool		off;
	int64		every;			/* 0: not said */
	TvmFrameKind content;		/* 0: not said */
	int64		max_qubits;		/* full states and probabilities up to so many; -1: not said */
} TvFramesSpec;

typedef struct TvExperiment
{
	TvKind		kind;			/* what runs: relativity with a speed alone is sr, and so on */
	double		timeout_s;		/* 0: not said */

	/* sr, gr, relativity */
	double		v_mps;
	double		gm;
	double		r;
	TvGiven		given;
	double		seconds;

	/* route; 0 and NULL: not said */
	int64		origin;
	int64		dest;
	int64		dest_timeline;
	char	   *metric;
	char	   *profile;
	Jsonb	   *overrides;

	/* quantum, sweep */
	char	   *circuit_name;	/* NULL: the document itself */
	Jsonb	   *circuit;		/* NULL until tv_experiment_load_circuit() where it has a name */
	uint32		qubits;			/* once checked */
	Jsonb	   *options;		/* NULL: none */
	int64		shots;
	bool		has_seed;
	int64		seed;
	TvFramesSpec frames;

	/* sweep */
	struct TvSweep *sweep;
	bool		gradient;
} TvExperiment;

/* Read params in their long form (params.h), pointing into them, by kind. */
extern void tv_arguments_quantum(TvExperiment *experiment, JsonbContainer *params);
extern void tv_arguments_sr(TvExperiment *experiment, JsonbContainer *params);
extern void tv_arguments_gr(TvExperiment *experiment, JsonbContainer *params);
extern void tv_arguments_relativity(TvExperiment *experiment, JsonbContainer *params);
extern void tv_arguments_route(TvExperiment *experiment, JsonbContainer *params);
extern void tv_arguments_sweep(TvExperiment *experiment, JsonbContainer *params);

#endif							/* TV_EXPERIMENT_ARGUMENTS_H */
