/*
 * bench.h: what the kernel's timings share: a clock, medians, an environment that
 * counts memory and watches how often it is asked about cancellation, and road
 * networks from files, cut into parts or laid side by side.
 *
 * A failure ends the program: there is nothing to measure then.
 */
#ifndef BENCH_H
#define BENCH_H

#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/topology.h"
#include "kernel/rng.h"
#include "kernel/tvm.h"

/* Seconds: by the wall, and of processor time of this thread. */
extern double bench_now(void);
extern double bench_cpu(void);

/* The value that `share` of the samples are below; sorts them. */
extern double bench_quantile(double *samples, size_t count, double share);
extern double bench_median(double *samples, size_t count);

extern void bench_fail(const char *what) __attribute__((noreturn));

typedef struct BenchEnv
{
	TvmEnv		env;
	size_t		live;			/* bytes allocated now */
	size_t		peak;			/* and at most since bench_watch() */
	bool		watching;		/* between bench_watch() and bench_watch_end(): not where microseconds count */
	double		asked_wall;		/* when cancelled() was called last */
	double		asked_cpu;
	double		gap_wall;		/* the longest time between two calls since bench_watch() */
	double		gap_cpu;
} BenchEnv;

extern void bench_env_init(BenchEnv *bench);
extern void bench_check(BenchEnv *bench, TvmStatus status);

/* Begin to watch memory and gaps; end the last gap. */
extern void bench_watch(BenchEnv *bench);
extern void bench_watch_end(BenchEnv *bench);

typedef struct BenchNetwork
{
	TvmTopology topology;
	double	   *weight;			/* of each segment, hundredths of a second */
} BenchNetwork;

/* From places.tsv (id lat lon) and segments.tsv (id a b length_m speed_kph oneway) in a directory. */
extern void bench_network_read(BenchEnv *bench, BenchNetwork *network, const char *directory);

/* The nodes nearest to the middle, one of `parts`, and the segments between them. */
extern void bench_network_part(BenchEnv *bench, BenchNetwork *part, const BenchNetwork *whole, unsigned parts);

/* columns x rows copies, every other one mirrored, joined where they meet. */
extern void bench_network_tiles(BenchEnv *bench, BenchNetwork *tiled, const BenchNetwork *tile,
								unsigned columns, unsigned rows);
extern void bench_network_free(BenchEnv *bench, BenchNetwork *network);

/* An order by nested dissection, as the server makes it; from malloc(). */
extern uint32_t *bench_order(BenchEnv *bench, const TvmTopology *topology);

#endif							/* BENCH_H */
