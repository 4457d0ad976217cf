/*
 * bench.c: clock, medians, and the environment of the kernel's timings; see bench.h.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEADER 64				/* before each block: its size, and the alignment of a cache line kept */

static double
read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

double
bench_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double
bench_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static int
by_value(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

double
bench_quantile(double *samples, size_t count, double share)
{
	if (count == 0)
		return NAN;
	qsort(samples, count, sizeof(double), by_value);
	return samples[(size_t) (share * (double) (count - 1))];
}

double
bench_median(double *samples, size_t count)
{
	return bench_quantile(samples, count, 0.5);
}

void
bench_fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static void *
count_alloc(void *ctx, size_t size)
{
	BenchEnv   *bench = ctx;
	char	   *block = aligned_alloc(64, (size + HEADER + 63) / 64 * 64);

	if (block == NULL)
		return NULL;
	memcpy(block, &size, sizeof(size));
	bench->live += size;
	if (bench->live > bench->peak)
		bench->peak = bench->live;
	return block + HEADER;
}

static void
count_free(void *ctx, void *block)
{
	BenchEnv   *bench = ctx;
	size_t		size;

	if (block == NULL)
		return;
	memcpy(&size, (char *) block - HEADER, sizeof(size));
	bench->live -= size;
	free((char *) block - HEADER);
}

static bool
watch_cancelled(void *ctx)
{
	BenchEnv   *bench = ctx;
	double		wall;
	double		cpu;

	if (!bench->watching)
		return false;
	wall = bench_now();
	cpu = bench_cpu();
	if (wall - bench->asked_wall > bench->gap_wall)
		bench->gap_wall = wall - bench->asked_wall;
	if (cpu - bench->asked_cpu > bench->gap_cpu)
		bench->gap_cpu = cpu - bench->asked_cpu;
	bench->asked_wall = bench_now();
	bench->asked_cpu = bench_cpu();
	return false;
}

void
bench_env_init(BenchEnv *bench)
{
	memset(bench, 0, sizeof(*bench));
	bench->env.alloc = count_alloc;
	bench->env.free = count_free;
	bench->env.cancelled = watch_cancelled;
	bench->env.ctx = bench;
}

void
bench_check(BenchEnv *bench, TvmStatus status)
{
	if (status == TVM_OK)
		return;
	fprintf(stderr, "bench: status %d: %s %s %s\n", (int) status, bench->env.error.message ? bench->env.error.message : "",
			bench->env.error.path, bench->env.error.detail);
	exit(1);
}

void
bench_watch(BenchEnv *bench)
{
	bench->watching = true;
	bench->peak = bench->live;
	bench->gap_wall = bench->gap_cpu = 0;
	bench->asked_wall = bench_now();
	bench->asked_cpu = bench_cpu();
}

void
bench_watch_end(BenchEnv *bench)
{
	watch_cancelled(bench);
	bench->watching = false;
}
