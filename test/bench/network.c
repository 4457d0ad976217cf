/*
 * network.c: road networks for the kernel's timings: read from files, a part of
 * one, copies of one laid side by side; see bench.h.
 */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/graph/hierarchy/order.h"

#define SEAM_BANDS 64			/* roads across a seam between two tiles, at most */

static FILE *
open_in(const char *directory, const char *name)
{
	char		path[4096];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r");
	if (file == NULL)
		bench_fail(path);
	return file;
}

static size_t
count_lines(FILE *file)
{
	size_t		lines = 0;
	int			c;

	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	rewind(file);
	return lines;
}

static void
network_alloc(BenchEnv *bench, BenchNetwork *network, size_t nodes, size_t segments)
{
	bench_check(bench, tvm_topology_alloc(&bench->env, &network->topology, nodes, segments));
	network->weight = tvm_alloc(&bench->env, segments, sizeof(double));
	if (network->weight == NULL)
		bench_fail("out of memory");
}

void
bench_network_free(BenchEnv *bench, BenchNetwork *network)
{
	tvm_topology_free(&bench->env, &network->topology);
	tvm_free(&bench->env, network->weight);
}

/* Ids are 1, 2, ...: node i is place i + 1. */
void
bench_network_read(BenchEnv *bench, BenchNetwork *network, const char *directory)
{
	FILE	   *places = open_in(directory, "places.tsv");
	FILE	   *segments = open_in(directory, "segments.tsv");
	size_t		node_count = count_lines(places);
	size_t		segment_count = count_lines(segments);

	network_alloc(bench, network, node_count, segment_count);
	for (size_t i = 0; i < node_count; i++)
	{
		unsigned long id;

		if (fscanf(places, "%lu %lf %lf", &id, &network->topology.lat[i], &network->topology.lon[i]) != 3 || id != i + 1)
			bench_fail("places.tsv is not as it should be");
	}
	for (size_t i = 0; i < segment_count; i++)
	{
		unsigned long a,
					b;
		double		length_m,
					speed_kph;
		char		oneway;

		if (fscanf(segments, "%*u %lu %lu %lf %lf %c", &a, &b, &length_m, &speed_kph, &oneway) != 5)
			bench_fail("segments.tsv is not as it should be");
		network->topology.a[i] = (uint32_t) (a - 1);
		network->topology.b[i] = (uint32_t) (b - 1);
		network->topology.oneway[i] = oneway == 't';
		/* Whole numbers where the data has them, so that every order of adding gives the same sum. */
		network->weight[i] = length_m / (speed_kph / 3.6) * 100;
		if (fabs(network->weight[i] - round(network->weight[i])) < 1e-6)
			network->weight[i] = round(network->weight[i]);
	}
	fclose(places);
	fclose(segments);
	bench_check(bench, tvm_topology_build(&bench->env, &network->topology));
}

/* What nodes are compared by; qsort() passes no argument. */
static const double *sort_key;

static int
by_key(const void *a, const void *b)
{
	double		x = sort_key[*(const uint32_t *) a];
	double		y = sort_key[*(const uint32_t *) b];

	return (x > y) - (x < y);
}

static double
middle(const double *value, size_t count)
{
	double	   *copy = malloc(count * sizeof(double));
	double		median;

	memcpy(copy, value, count * sizeof(double));
	median = bench_median(copy, count);
	free(copy);
	return median;
}

void
bench_network_part(BenchEnv *bench, BenchNetwork *part, const BenchNetwork *whole, unsigned parts)
{
	const TvmTopology *from = &whole->topology;
	uint32_t   *first = malloc(from->node_count * sizeof(uint32_t));
	uint32_t   *inside = malloc(from->node_count * sizeof(uint32_t));
	double	   *distance = malloc(from->node_count * sizeof(double));
	double		lat = middle(from->lat, from->node_count);
	double		lon = middle(from->lon, from->node_count);
	size_t		count = from->node_count / parts;
	size_t		segments = 0;

	for (uint32_t v = 0; v < from->node_count; v++)
	{
		first[v] = v;
		inside[v] = UINT32_MAX;
		distance[v] = hypot(from->lat[v] - lat, 0.76 * (from->lon[v] - lon));	/* the cosine of New York's latitude */
	}
	sort_key = distance;
	qsort(first, from->node_count, sizeof(uint32_t), by_key);
	for (size_t i = 0; i < count; i++)
		inside[first[i]] = (uint32_t) i;
	for (uint32_t s = 0; s < from->segment_count; s++)
		segments += inside[from->a[s]] != UINT32_MAX && inside[from->b[s]] != UINT32_MAX;

	network_alloc(bench, part, count, segments);
	for (size_t i = 0; i < count; i++)
	{
		part->topology.lat[i] = from->lat[first[i]];
		part->topology.lon[i] = from->lon[first[i]];
	}
	segments = 0;
	for (uint32_t s = 0; s < from->segment_count; s++)
	{
		if (inside[from->a[s]] == UINT32_MAX || inside[from->b[s]] == UINT32_MAX)
			continue;
		part->topology.a[segments] = inside[from->a[s]];
		part->topology.b[segments] = inside[from->b[s]];
		part->topology.oneway[segments] = from->oneway[s];
		part->weight[segments++] = whole->weight[s];
	}
	free(distance);
	free(first);
	free(inside);
	bench_check(bench, tvm_topology_build(&bench->env, &part->topology));
}

/* The nodes nearest to the end of each of SEAM_BANDS strips, where the tile meets its mirror image. */
static unsigned
seam_nodes(const double *along, const double *across, uint32_t count, bool far_end, double reach, uint32_t *seam)
{
	uint32_t	best[SEAM_BANDS];
	double		low = INFINITY,
				high = -INFINITY,
				end = far_end ? -INFINITY : INFINITY;
	unsigned	found = 0;

	for (uint32_t v = 0; v < count; v++)
	{
		low = fmin(low, along[v]);
		high = fmax(high, along[v]);
		end = far_end ? fmax(end, across[v]) : fmin(end, across[v]);
	}
	for (unsigned band = 0; band < SEAM_BANDS; band++)
		best[band] = UINT32_MAX;
	for (uint32_t v = 0; v < count; v++)
	{
		unsigned	band = (unsigned) fmin(SEAM_BANDS - 1, (along[v] - low) / (high - low) * SEAM_BANDS);

		if (best[band] == UINT32_MAX || fabs(across[v] - end) < fabs(across[best[band]] - end))
			best[band] = v;
	}
	for (unsigned band = 0; band < SEAM_BANDS; band++)
	{
		if (best[band] != UINT32_MAX && fabs(across[best[band]] - end) < reach)
			seam[found++] = best[band];
	}
	return found;
}

static void
join(BenchNetwork *network, size_t *segments, uint32_t a, uint32_t b)
{
	network->topology.a[*segments] = a;
	network->topology.b[*segments] = b;
	network->weight[(*segments)++] = 1000;	/* ten seconds */
}

void
bench_network_tiles(BenchEnv *bench, BenchNetwork *tiled, const BenchNetwork *tile,
					unsigned columns, unsigned rows)
{
	const TvmTopology *from = &tile->topology;
	uint32_t	n = from->node_count;
	uint32_t	east[SEAM_BANDS],
				west[SEAM_BANDS],
				north[SEAM_BANDS],
				south[SEAM_BANDS];
	double		lat_min = INFINITY,
				lat_max = -INFINITY,
				lon_min = INFINITY,
				lon_max = -INFINITY;
	size_t		segments = 0;
	unsigned	easts,
				wests,
				norths,
				souths;

	for (uint32_t v = 0; v < n; v++)
	{
		lat_min = fmin(lat_min, from->lat[v]);
		lat_max = fmax(lat_max, from->lat[v]);
		lon_min = fmin(lon_min, from->lon[v]);
		lon_max = fmax(lon_max, from->lon[v]);
	}
	easts = seam_nodes(from->lat, from->lon, n, true, 0.1 * (lon_max - lon_min), east);
	wests = seam_nodes(from->lat, from->lon, n, false, 0.1 * (lon_max - lon_min), west);
	norths = seam_nodes(from->lon, from->lat, n, true, 0.1 * (lat_max - lat_min), north);
	souths = seam_nodes(from->lon, from->lat, n, false, 0.1 * (lat_max - lat_min), south);

	network_alloc(bench, tiled, (size_t) n * columns * rows,
				  ((size_t) from->segment_count + 2 * SEAM_BANDS) * columns * rows);
	for (unsigned row = 0; row < rows; row++)
	{
		for (unsigned column = 0; column < columns; column++)
		{
			uint32_t	shift = (row * columns + column) * n;
			const uint32_t *seam = column % 2 == 0 ? east : west;

			/* Shrunk to the size of the original, so that any number of tiles has coordinates. */
			for (uint32_t v = 0; v < n; v++)
			{
				double		x = column % 2 == 0 ? from->lon[v] - lon_min : lon_max - from->lon[v];
				double		y = row % 2 == 0 ? from->lat[v] - lat_min : lat_max - from->lat[v];

				tiled->topology.lon[shift + v] = lon_min + (x + column * (lon_max - lon_min)) / columns;
				tiled->topology.lat[shift + v] = lat_min + (y + row * (lat_max - lat_min)) / rows;
			}
			for (uint32_t s = 0; s < from->segment_count; s++)
			{
				tiled->topology.oneway[segments] = from->oneway[s];
				tiled->topology.a[segments] = shift + from->a[s];
				tiled->topology.b[segments] = shift + from->b[s];
				tiled->weight[segments++] = tile->weight[s];
			}
			for (unsigned i = 0; column + 1 < columns && i < (column % 2 == 0 ? easts : wests); i++)
				join(tiled, &segments, shift + seam[i], shift + n + seam[i]);
			seam = row % 2 == 0 ? north : south;
			for (unsigned i = 0; row + 1 < rows && i < (row % 2 == 0 ? norths : souths); i++)
				join(tiled, &segments, shift + seam[i], shift + n * columns + seam[i]);
		}
	}
	tiled->topology.segment_count = (uint32_t) segments;
	bench_check(bench, tvm_topology_build(&bench->env, &tiled->topology));
}

uint32_t *
bench_order(BenchEnv *bench, const TvmTopology *topology)
{
	uint32_t	n = topology->node_count;
	uint32_t   *first = calloc((size_t) n + 2, sizeof(uint32_t));
	uint32_t   *head = malloc((2 * (size_t) topology->segment_count + 1) * sizeof(uint32_t));
	uint32_t   *order = malloc(((size_t) n + 1) * sizeof(uint32_t));

	if (first == NULL || head == NULL || order == NULL)
		bench_fail("out of memory");
	/* Counted two places ahead, so that filling leaves each first where it belongs. */
	for (uint32_t s = 0; s < topology->segment_count; s++)
	{
		first[topology->a[s] + 2]++;
		first[topology->b[s] + 2]++;
	}
	for (uint32_t v = 0; v < n; v++)
		first[v + 2] += first[v + 1];
	for (uint32_t s = 0; s < topology->segment_count; s++)
	{
		head[first[topology->a[s] + 1]++] = topology->b[s];
		head[first[topology->b[s] + 1]++] = topology->a[s];
	}
	bench_check(bench, tvm_order_dissect(&bench->env, n, first, head, topology->lat, topology->lon, order));
	free(first);
	free(head);
	return order;
}
