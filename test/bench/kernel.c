/*
 * kernel.c: timings of routing in the kernel, without a server.
 *
 *   kernel routing DIRECTORY [PAIRS]    one network: every phase, every query
 *   kernel growth DIRECTORY [COLUMNS]   its nested parts, and tiles of it up to COLUMNS x COLUMNS
 *
 * Prints rows of key, value separated by tabs, which timings.pl and growth.pl lay
 * out.  Answers are compared with Dijkstra's algorithm in the same run; a
 * difference ends the program.  PAIRS receives the pairs of places of the queries
 * and their costs in seconds.
 */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/search/overlay.h"

#define QUERIES 1000
#define ORACLES 100				/* of them also by Dijkstra */
#define REPEAT 21
#define SIDE 1000				/* origins and destinations of the matrix */

typedef struct Run
{
	BenchEnv   *bench;
	BenchNetwork network;
	TvmGraph	graph;			/* for Dijkstra */
	TvmQuery	dijkstra;
	TvmCch		cch;
	TvmCchMetric metric;
	TvmCchQuery query;
	uint32_t	origin[QUERIES];
	uint32_t	dest[QUERIES];
	double		cost[QUERIES];	/* by the hierarchy */
} Run;

static void
print(const char *key, double value)
{
	printf("%s\t%.9g\n", key, value);
	fflush(stdout);
}

/* The longest time in which a phase did not ask whether it is cancelled. */
static void
print_gap(Run *run, const char *phase)
{
	bench_watch_end(run->bench);
	printf("gap\t%u\t%s\t%.6f\t%.6f\n", run->network.topology.node_count, phase,
		   run->bench->gap_cpu, run->bench->gap_wall);
	fflush(stdout);
}

static void
same_or_fail(const char *what, double a, double b)
{
	if (a == b || fabs(a - b) <= 1e-9 * fabs(b))
		return;
	fprintf(stderr, "bench: %s: %.17g is not %.17g\n", what, a, b);
	exit(1);
}

/* Order and hierarchy; the rest of what a run needs around them. */
static void
prepare(Run *run)
{
	BenchEnv   *bench = run->bench;
	TvmLayer	layer = {&run->network.topology, {.all = run->network.weight}};
	TvmRng		rng;
	uint32_t   *order;
	size_t		live;
	double		begin;
	double		begin_cpu;

	bench_watch(bench);
	begin = bench_now();
	begin_cpu = bench_cpu();
	order = bench_order(bench, &run->network.topology);
	print("order_s", bench_now() - begin);
	print("order_cpu_s", bench_cpu() - begin_cpu);
	print("peak_order_bytes", (double) (bench->peak - bench->live));
	print_gap(run, "order");

	bench_watch(bench);
	live = bench->live;
	begin = bench_now();
	begin_cpu = bench_cpu();
	bench_check(bench, tvm_cch_build(&bench->env, &run->cch, &run->network.topology, order));
	print("build_s", bench_now() - begin);
	print("build_cpu_s", bench_cpu() - begin_cpu);
	print("peak_build_bytes", (double) (bench->peak - live));
	print_gap(run, "hierarchy");
	print("hierarchy_bytes", (double) (bench->live - live));
	print("arcs", run->cch.arc_count);
	print("height", run->cch.height);
	free(order);

	live = bench->live;
	bench_check(bench, tvm_cch_customize(&bench->env, &run->metric, &run->cch, &run->network.topology, run->network.weight, NULL));
	print("metric_bytes", (double) (bench->live - live));
	bench_check(bench, tvm_cch_query_init(&bench->env, &run->query, &run->cch));

	bench_check(bench, tvm_graph_init(&bench->env, &run->graph, &layer, 1, NULL, 0));
	bench_check(bench, tvm_query_init(&bench->env, &run->dijkstra, &run->graph));
	tvm_rng_init(&rng, 1, 0);
	for (int i = 0; i < QUERIES; i++)
	{
		run->origin[i] = tvm_rng_u32(&rng) % run->network.topology.node_count;
		run->dest[i] = tvm_rng_u32(&rng) % run->network.topology.node_count;
	}
}

static void
finish(Run *run)
{
	BenchEnv   *bench = run->bench;

	tvm_query_free(&bench->env, &run->dijkstra);
	tvm_graph_free(&bench->env, &run->graph);
	tvm_cch_query_free(&bench->env, &run->query);
	tvm_cch_metric_free(&bench->env, &run->metric);
	tvm_cch_free(&bench->env, &run->cch);
}

static void
time_customize(Run *run, int repeat)
{
	BenchEnv   *bench = run->bench;
	double		seconds[REPEAT];
	double		cpu[REPEAT];

	bench_watch(bench);
	for (int i = 0; i < repeat; i++)
	{
		TvmCchMetric again;
		double		begin = bench_now();
		double		begin_cpu = bench_cpu();

		bench_check(bench, tvm_cch_customize(&bench->env, &again, &run->cch, &run->network.topology, run->network.weight, NULL));
		seconds[i] = bench_now() - begin;
		cpu[i] = bench_cpu() - begin_cpu;
		tvm_cch_metric_free(&bench->env, &again);
	}
	print_gap(run, "customization");
	print("customize_s", bench_median(seconds, (size_t) repeat));
	print("customize_cpu_s", bench_median(cpu, (size_t) repeat));
}

/* One segment slower, then as it was; the answer is checked against a full customization. */
static void
time_recustomize(Run *run)
{
	BenchEnv   *bench = run->bench;
	double		seconds[2 * ORACLES];
	TvmWeights	weights = {.all = run->network.weight};
	TvmCchMetric metric = {.cch = &run->cch, .all = run->metric.all};
	TvmCchMetric full;
	TvmRng		rng;

	tvm_rng_init(&rng, 2, 0);
	bench_watch(bench);
	for (int i = 0; i < 2 * ORACLES; i++)
	{
		static uint32_t segment;
		static double before;
		double		begin;

		if (i % 2 == 0)
		{
			segment = tvm_rng_u32(&rng) % run->network.topology.segment_count;
			before = run->network.weight[segment];
		}
		run->network.weight[segment] = i % 2 == 0 ? 2 * before : before;
		begin = bench_now();
		bench_check(bench, tvm_cch_recustomize(&bench->env, &metric, &run->network.topology, &weights, NULL,
											   &segment, 1, NULL, NULL));
		seconds[i] = bench_now() - begin;
	}
	print_gap(run, "partial customization");
	print("recustomize_s", bench_median(seconds, 2 * ORACLES));
	bench_check(bench, tvm_cch_customize(&bench->env, &full, &run->cch, &run->network.topology, run->network.weight, NULL));
	for (uint32_t v = 0; v < run->cch.node_count; v++)
	{
		TvmCchWeights whole = tvm_cch_row(&full, v);
		TvmCchWeights row = tvm_cch_row(&metric, v);
		size_t		size = (run->cch.up_first[v + 1] - run->cch.up_first[v]) * sizeof(double);

		if (memcmp(whole.up, row.up, size) != 0 || memcmp(whole.down, row.down, size) != 0)
			bench_fail("a partial customization differs from a full one");
	}
	tvm_cch_metric_free(&bench->env, &full);
	tvm_cch_rows_free(&bench->env, &metric.own);
}

/* A path is walked again over the segments. */
static void
check_path(const Run *run, uint32_t origin, uint32_t dest, double cost, const uint32_t *arcs, size_t count)
{
	const TvmTopology *topology = &run->network.topology;
	uint32_t	at = origin;
	double		sum = 0;

	for (size_t i = 0; i < count; i++)
	{
		uint32_t	segment = TVM_ARC_SEGMENT(arcs[i]);
		bool		reverse = TVM_ARC_REVERSE(arcs[i]);

		if ((reverse ? topology->b : topology->a)[segment] != at || (reverse && topology->oneway[segment]))
			bench_fail("a path is not one");
		at = (reverse ? topology->a : topology->b)[segment];
		sum += run->network.weight[segment];
	}
	if (cost < INFINITY)
	{
		same_or_fail("a path's cost", sum, cost);
		if (at != dest)
			bench_fail("a path ends elsewhere");
	}
}

static void
time_queries(Run *run, int oracles)
{
	BenchEnv   *bench = run->bench;
	double		distance[QUERIES],
				path[QUERIES],
				dijkstra[ORACLES];
	double		steps = 0;

	/* The first round warms. */
	for (int round = 0; round < 2; round++)
	{
		for (int i = 0; i < QUERIES; i++)
		{
			double		begin = bench_now();

			run->cost[i] = tvm_cch_distance(&run->query, &run->metric, run->origin[i], run->dest[i]);
			distance[i] = bench_now() - begin;
		}
	}
	for (int i = 0; i < QUERIES; i++)
	{
		uint32_t   *arcs;
		size_t		count;
		double		begin = bench_now();
		double		cost = tvm_cch_distance(&run->query, &run->metric, run->origin[i], run->dest[i]);

		bench_check(bench, tvm_cch_path(&bench->env, &run->query, &run->metric, &arcs, &count));
		path[i] = bench_now() - begin;
		steps += (double) count / QUERIES;
		check_path(run, run->origin[i], run->dest[i], cost, arcs, count);
		tvm_free(&bench->env, arcs);
	}
	bench_watch(bench);
	for (int i = 0; i < oracles; i++)
	{
		TvmPoint	to = {0, run->dest[i]};
		double		begin = bench_now();

		bench_check(bench, tvm_dijkstra_run(&bench->env, &run->dijkstra, (TvmPoint) {0, run->origin[i]}, &to));
		dijkstra[i] = bench_now() - begin;
		same_or_fail("a distance", run->cost[i], tvm_query_cost(&run->dijkstra, to));
	}
	print_gap(run, "Dijkstra");
	print("steps", steps);
	print("dijkstra_s", bench_median(dijkstra, (size_t) oracles));
	print("distance_low_s", bench_quantile(distance, QUERIES, 0.1));
	print("distance_high_s", bench_quantile(distance, QUERIES, 0.9));
	print("distance_s", bench_median(distance, QUERIES));
	print("path_s", bench_median(path, QUERIES));
	print("path_most_s", bench_quantile(path, QUERIES, 1));
}

/* The matrix against searches that reach everything, some of which are run. */
static void
time_matrix(Run *run, int repeat, int searches)
{
	BenchEnv   *bench = run->bench;
	double	   *costs = malloc((size_t) SIDE * SIDE * sizeof(double));
	double		seconds[REPEAT],
				all[ORACLES];

	bench_watch(bench);
	for (int i = 0; i < repeat; i++)
	{
		double		begin = bench_now();

		bench_check(bench, tvm_cch_matrix(&bench->env, &run->metric, run->origin, SIDE, run->dest, SIDE, costs));
		seconds[i] = bench_now() - begin;
	}
	print_gap(run, "matrix");
	print("matrix_s", bench_median(seconds, (size_t) repeat));
	for (int i = 0; i < searches; i++)
	{
		double		begin = bench_now();

		bench_check(bench, tvm_dijkstra_run(&bench->env, &run->dijkstra, (TvmPoint) {0, run->origin[i]}, NULL));
		all[i] = bench_now() - begin;
		for (int j = 0; j < SIDE; j++)
			same_or_fail("a cost of the matrix", costs[i * SIDE + j], tvm_query_cost(&run->dijkstra, (TvmPoint) {0, run->dest[j]}));
	}
	if (searches > 0)
		print("one_to_all_s", bench_median(all, (size_t) searches));
	free(costs);
}

/* Three timelines of one network joined by a thousand gateways, half of them onward from each. */
static void
time_overlay(Run *run)
{
	enum
	{
		LAYERS = 3, GATEWAYS = 1000
	};
	BenchEnv   *bench = run->bench;
	const TvmCchMetric *metrics[LAYERS] = {&run->metric, &run->metric, &run->metric};
	TvmLayer	layers[LAYERS];
	TvmGateway *gateways = malloc(GATEWAYS * sizeof(TvmGateway));
	TvmOverlay	overlay;
	TvmGraph	graph;
	TvmQuery	oracle;
	TvmRng		rng;
	double		seconds[QUERIES];
	double		begin;

	tvm_rng_init(&rng, 3, 0);
	for (int i = 0; i < GATEWAYS; i++)
	{
		uint32_t	node = tvm_rng_u32(&rng) % run->network.topology.node_count;

		gateways[i] = (TvmGateway) {{(uint32_t) i % 2, node}, {(uint32_t) i % 2 + 1, node}, 30 * 100};
	}
	for (int i = 0; i < LAYERS; i++)
		layers[i] = (TvmLayer) {&run->network.topology, {.all = run->network.weight}};
	bench_watch(bench);
	begin = bench_now();
	bench_check(bench, tvm_overlay_init(&bench->env, &overlay, metrics, LAYERS, gateways, GATEWAYS));
	print("overlay_init_s", bench_now() - begin);
	print_gap(run, "overlay of 1,000 gateways");
	bench_check(bench, tvm_graph_init(&bench->env, &graph, layers, LAYERS, gateways, GATEWAYS));
	bench_check(bench, tvm_query_init(&bench->env, &oracle, &graph));
	for (int i = 0; i < QUERIES; i++)
	{
		TvmPoint	from = {0, run->origin[i]};
		TvmPoint	to = {LAYERS - 1, run->dest[i]};
		TvmOverlayRoute route;

		begin = bench_now();
		bench_check(bench, tvm_overlay_route(&bench->env, &overlay, from, to, NULL, &route));
		seconds[i] = bench_now() - begin;
		if (i < ORACLES / 4)
		{
			bench_check(bench, tvm_dijkstra_run(&bench->env, &oracle, from, &to));
			same_or_fail("a route across timelines", route.cost, tvm_query_cost(&oracle, to));
		}
		tvm_free(&bench->env, route.legs);
	}
	print("overlay_s", bench_median(seconds, QUERIES));
	tvm_query_free(&bench->env, &oracle);
	tvm_graph_free(&bench->env, &graph);
	tvm_overlay_free(&bench->env, &overlay);
	free(gateways);
}

static void
write_pairs(const Run *run, const char *name)
{
	FILE	   *file = fopen(name, "w");

	if (file == NULL)
		bench_fail(name);
	for (int i = 0; i < QUERIES; i++)
	{
		if (run->origin[i] != run->dest[i] && run->cost[i] < INFINITY)
			fprintf(file, "%u %u %.17g\n", run->origin[i] + 1, run->dest[i] + 1, run->cost[i] / 100);
	}
	fclose(file);
}

static void
routing(BenchEnv *bench, const char *directory, const char *pairs)
{
	static Run	run;

	memset(&run, 0, sizeof(run));
	run.bench = bench;
	bench_network_read(bench, &run.network, directory);
	print("nodes", run.network.topology.node_count);
	print("segments", run.network.topology.segment_count);
	prepare(&run);
	time_customize(&run, REPEAT);
	time_recustomize(&run);
	time_queries(&run, ORACLES);
	time_matrix(&run, 5, ORACLES);
	time_overlay(&run);
	if (pairs != NULL)
		write_pairs(&run, pairs);
	finish(&run);
	bench_network_free(bench, &run.network);
}

/* One size of the growth table. */
static void
grow(BenchEnv *bench, BenchNetwork *network, const char *label, bool tiled)
{
	static Run	run;

	memset(&run, 0, sizeof(run));
	run.bench = bench;
	run.network = *network;
	printf("size\t%s\n", label);
	print("tiled", tiled);
	print("nodes", network->topology.node_count);
	print("segments", network->topology.segment_count);
	prepare(&run);
	time_customize(&run, network->topology.node_count > 1000000 ? 3 : REPEAT);
	time_recustomize(&run);
	time_queries(&run, network->topology.node_count > 1000000 ? 10 : ORACLES);
	time_matrix(&run, 1, 0);
	finish(&run);
}

static void
growth(BenchEnv *bench, const char *directory, unsigned most)
{
	static const unsigned parts[] = {64, 16, 4};
	BenchNetwork whole;
	BenchNetwork other;
	char		label[32];

	bench_network_read(bench, &whole, directory);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
	{
		snprintf(label, sizeof(label), "1/%u", parts[i]);
		bench_network_part(bench, &other, &whole, parts[i]);
		grow(bench, &other, label, false);
		bench_network_free(bench, &other);
	}
	grow(bench, &whole, "whole", false);
	for (unsigned columns = 2; columns <= most; columns *= 2)
	{
		snprintf(label, sizeof(label), "%u x %u", columns, columns);
		bench_network_tiles(bench, &other, &whole, columns, columns);
		grow(bench, &other, label, true);
		bench_network_free(bench, &other);
	}
	bench_network_free(bench, &whole);
}

int
main(int argc, char **argv)
{
	BenchEnv	bench;

	bench_env_init(&bench);
	if (argc >= 3 && strcmp(argv[1], "routing") == 0)
		routing(&bench, argv[2], argc > 3 ? argv[3] : NULL);
	else if (argc >= 3 && strcmp(argv[1], "growth") == 0)
		growth(&bench, argv[2], argc > 3 ? (unsigned) atoi(argv[3]) : 4);
	else
	{
		fprintf(stderr, "usage: kernel routing DIRECTORY [PAIRS] | kernel growth DIRECTORY [COLUMNS]\n");
		return 2;
	}
	if (bench.live != 0)
		bench_fail("memory is left over");
	return 0;
}
