/*
 * sweep.h: the points of a sweep: sets of values for a circuit's parameters.
 *
 *     "grid":   {"alpha": [0, 0.1], "beta": {"from": 0, "to": 3.14, "count": 16}}
 *               every combination, the last parameter changing fastest; parameters in
 *               the order in which jsonb keeps keys: by length, then by bytes
 *     "points": [{"alpha": 0, "beta": 1}, ...], each with the same parameters
 *
 * A TvSweep is palloc'd in the context of tv_sweep_read() and depends on nothing.
 */
#ifndef TV_EXPERIMENT_SWEEP_H
#define TV_EXPERIMENT_SWEEP_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/circuit/run.h"
#include "bridge/server/json.h"

#define TV_SWEEP_MOST_POINTS 100000
#define TV_SWEEP_MOST_PARAMETERS 256
#define TV_SWEEP_MOST_VALUES 1000000	/* points times parameters */

/* The most that the numbers of one sweep may take as jsonb. */
#define TV_SWEEP_MOST_BYTES ((uint64) 64 << 20)

typedef struct TvSweep
{
	const char *source;			/* path to where the parameters are named */
	int			count;			/* parameters */
	char	  **names;
	int64		points;
	double	   *values;			/* [point * count + parameter] */
} TvSweep;

/* Read one of the two; 22023 with its path below `params` where there is not exactly one. */
extern TvSweep *tv_sweep_read(const JsonbValue *grid, const JsonbValue *points, const TvPath *params);

/* Append {"alpha": 0.1, ...} of a point. */
extern void tv_sweep_write_point(StringInfo text, const TvSweep *sweep, int64 point);

/* The attempt that the client's options name, 0 where they do not: the first point's. */
extern int64 tv_sweep_attempt(Jsonb *options);

/* Their params; NULL: none. */
extern Jsonb *tv_sweep_given(Jsonb *options);

/*
 * The options of tv_run_circuit() for one point: the client's, with the point's values
 * in their params, and the point's number added to the attempt.  What no point keeps
 * (bloch, top) is off.
 */
extern Jsonb *tv_sweep_options(const TvSweep *sweep, Jsonb *options, int64 point);

/*
 * What the options and the circuit must be for a sweep: every parameter is one of the
 * circuit's, attempts stay in range, and the result's size is bounded: 22023, PT413.
 * `options` are those of a point, read; `circuit` the document.
 */
extern void tv_sweep_check(const TvSweep *sweep, Jsonb *document, const TvmCircuit *circuit,
						   Jsonb *options, const TvCircuitOptions *read, int64 shots, bool gradient);

#endif							/* TV_EXPERIMENT_SWEEP_H */
