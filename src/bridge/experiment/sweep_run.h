/*
 * sweep_run.h: a sweep carried out, point after point, in pieces.
 *
 *     TvSweepRun *run = tv_sweep_run_open(&spec);
 *     while (run->point < run->sweep->points)
 *         if (tv_sweep_run_some(run, 200))          -- a point was finished:
 *             look at run->done, run->frame;        -- they stay until the next call
 *     char *metrics = tv_sweep_run_result(run);
 *
 * Each point is tv_run_circuit() with tv_sweep_options(): alone it gives the same.
 * One point's state is in memory at a time.  The run lives in a context of its
 * own below the one that was current when it was opened, its points in others below
 * that, which go with it after an error too.
 */
#ifndef TV_EXPERIMENT_SWEEP_RUN_H
#define TV_EXPERIMENT_SWEEP_RUN_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "bridge/circuit/run.h"
#include "bridge/circuit/parameters.h"
#include "bridge/experiment/sweep.h"

typedef struct TvSweepSpec
{
	const TvSweep *sweep;
	Jsonb	   *circuit;		/* must outlive the run, as the options */
	Jsonb	   *options;
	int64		shots;
	int64		seed;
	bool		gradient;
	TvmFrameKind frame;			/* of each point's state; 0: none */
	TimestampTz deadline;		/* 0: none */
} TvSweepSpec;

/* One observable's numbers, by point. */
typedef struct TvSweepSeries
{
	char	   *text;
	double	   *values;
	double	   *errors;
	double	   *gradients;		/* [point * parameters + parameter]; NULL: none */
} TvSweepSeries;

typedef struct TvSweepRun
{
	const TvSweep *sweep;
	TvSweepSpec spec;
	MemoryContext context;
	MemoryContext point_context;
	int64		point;			/* the one in hand */
	int64		done;			/* the last one finished; -1: none */
	bytea	   *frame;			/* its frame; NULL: none */
	TvmFrameKind frame_kind;	/* a tableau gives Bloch vectors, whatever was asked for */
	TvCircuitRun *run;			/* NULL: it has not begun */
	TimestampTz started;

	char	   *hash;			/* of the circuit as it was given */
	const char *method;
	const char *precision;
	uint32		qubits;
	size_t		gates;
	uint64		trajectories;
	int			series_count;
	TvSweepSeries *series;
	double	   *fidelity;		/* NULL: without noise */
	double	   *fidelity_error;
	double	   *entropy;		/* NULL: not asked for */
	double	   *entropy_error;
	StringInfoData counts;		/* objects, separated by commas */

	TvEnv	   *gradient_env;	/* NULL: no gradients */
	TvParameters *parameters;
	TvmRunOptions gradient_options;
	double	   *gradient;		/* of the point in hand: [observable * parameters + parameter] */
} TvSweepRun;

extern TvSweepRun *tv_sweep_run_open(const TvSweepSpec *spec);

/* Work for at most about so long (0: until a point is finished); true when one was. */
extern bool tv_sweep_run_some(TvSweepRun *run, int milliseconds);

/* From 0 to 1. */
extern double tv_sweep_run_progress(const TvSweepRun *run);

/* After the last point: the metrics, in the current context. */
extern char *tv_sweep_run_result(TvSweepRun *run);

#endif							/* TV_EXPERIMENT_SWEEP_RUN_H */
