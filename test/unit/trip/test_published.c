/*
 * test_published.c: round trips of TSPLIB whose shortest length is published (Reinelt, "TSPLIB: A Traveling
 * Salesman Problem Library", ORSA J. Computing 3, 1991).
 */
#include "unit.h"

#include <math.h>

#include "kernel/trip/trip.h"

#define MOST 52

/* A round trip is at most this part longer than the shortest. */
static void
compare(const double *cost, size_t count, double shortest, double part)
{
	TvmTrip		trip = {.count = count, .cost = cost, .closed = true};
	uint32_t	order[MOST];
	TvmTripOrder found;

	CHECK(tvm_trip_solve(unit_env(), &trip, order, &found) == TVM_OK);
	CHECK(found.found);
	CHECK(found.end >= shortest);
	CHECK(found.end <= shortest * (1 + part));
}

/* Distances in the plane, to the nearest whole number, as TSPLIB's EUC_2D. */
static void
in_the_plane(const double (*points)[2], size_t count, double *cost)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			cost[i * count + j] = floor(hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]) + 0.5);
}

TEST(berlin52_is_7542_long)
{
	static const double points[52][2] = {
		{565, 575}, {25, 185}, {345, 750}, {945, 685}, {845, 655}, {880, 660}, {25, 230}, {525, 1000}, {580, 1175},
		{650, 1130}, {1605, 620}, {1220, 580}, {1465, 200}, {1530, 5}, {845, 680}, {725, 370}, {145, 665}, {415, 635},
		{510, 875}, {560, 365}, {300, 465}, {520, 585}, {480, 415}, {835, 625}, {975, 580}, {1215, 245}, {1320, 315},
		{1250, 400}, {660, 180}, {410, 250}, {420, 555}, {575, 665}, {1150, 1160}, {700, 580}, {685, 595}, {685, 610},
		{770, 610}, {795, 645}, {720, 635}, {760, 650}, {475, 960}, {95, 260}, {875, 920}, {700, 500}, {555, 815},
		{830, 485}, {1170, 65}, {830, 610}, {605, 625}, {595, 360}, {1340, 725}, {1740, 245}
	};
	double		cost[52 * 52];

	in_the_plane(points, 52, cost);
	compare(cost, 52, 7542, 0.01);
}

TEST(eil51_is_426_long)
{
	static const double points[51][2] = {
		{37, 52}, {49, 49}, {52, 64}, {20, 26}, {40, 30}, {21, 47}, {17, 63}, {31, 62}, {52, 33}, {51, 21}, {42, 41},
		{31, 32}, {5, 25}, {12, 42}, {36, 16}, {52, 41}, {27, 23}, {17, 33}, {13, 13}, {57, 58}, {62, 42}, {42, 57},
		{16, 57}, {8, 52}, {7, 38}, {27, 68}, {30, 48}, {43, 67}, {58, 48}, {58, 27}, {37, 69}, {38, 46}, {46, 10},
		{61, 33}, {62, 63}, {63, 69}, {32, 22}, {45, 35}, {59, 15}, {5, 6}, {10, 17}, {21, 10}, {5, 64}, {30, 15},
		{39, 10}, {32, 39}, {25, 32}, {25, 55}, {48, 28}, {56, 37}, {30, 40}
	};
	double		cost[51 * 51];

	in_the_plane(points, 51, cost);
	compare(cost, 51, 426, 0.01);
}

/* Degrees and minutes, as TSPLIB's GEO: it says how, with its own pi and radius. */
static double
geo_radians(double x)
{
	double		degrees = trunc(x);

	return 3.141592 * (degrees + 5 * (x - degrees) / 3) / 180;
}

TEST(ulysses22_is_7013_long)
{
	static const double points[22][2] = {
		{38.24, 20.42}, {39.57, 26.15}, {40.56, 25.32}, {36.26, 23.12}, {33.48, 10.54}, {37.56, 12.19}, {38.42, 13.11},
		{37.52, 20.44}, {41.23, 9.10}, {41.17, 13.05}, {36.08, -5.21}, {38.47, 15.13}, {38.15, 15.35}, {37.51, 15.17},
		{35.49, 14.32}, {39.36, 19.56}, {38.09, 24.36}, {36.09, 23.00}, {40.44, 13.57}, {40.33, 14.15}, {40.37, 14.23},
		{37.57, 22.56}
	};
	double		cost[22 * 22];

	for (size_t i = 0; i < 22; i++)
		for (size_t j = 0; j < 22; j++)
		{
			double		q1 = cos(geo_radians(points[i][1]) - geo_radians(points[j][1]));
			double		q2 = cos(geo_radians(points[i][0]) - geo_radians(points[j][0]));
			double		q3 = cos(geo_radians(points[i][0]) + geo_radians(points[j][0]));

			cost[i * 22 + j] = floor(6378.388 * acos(0.5 * ((1 + q1) * q2 - (1 - q1) * q3)) + 1);
		}
	compare(cost, 22, 7013, 0);
}

TEST(br17_which_is_asymmetric_is_39_long)
{
	static const double cost[17 * 17] = {
		0, 3, 5, 48, 48, 8, 8, 5, 5, 3, 3, 0, 3, 5, 8, 8, 5,
		3, 0, 3, 48, 48, 8, 8, 5, 5, 0, 0, 3, 0, 3, 8, 8, 5,
		5, 3, 0, 72, 72, 48, 48, 24, 24, 3, 3, 5, 3, 0, 48, 48, 24,
		48, 48, 74, 0, 0, 6, 6, 12, 12, 48, 48, 48, 48, 74, 6, 6, 12,
		48, 48, 74, 0, 0, 6, 6, 12, 12, 48, 48, 48, 48, 74, 6, 6, 12,
		8, 8, 50, 6, 6, 0, 0, 8, 8, 8, 8, 8, 8, 50, 0, 0, 8,
		8, 8, 50, 6, 6, 0, 0, 8, 8, 8, 8, 8, 8, 50, 0, 0, 8,
		5, 5, 26, 12, 12, 8, 8, 0, 0, 5, 5, 5, 5, 26, 8, 8, 0,
		5, 5, 26, 12, 12, 8, 8, 0, 0, 5, 5, 5, 5, 26, 8, 8, 0,
		3, 0, 3, 48, 48, 8, 8, 5, 5, 0, 0, 3, 0, 3, 8, 8, 5,
		3, 0, 3, 48, 48, 8, 8, 5, 5, 0, 0, 3, 0, 3, 8, 8, 5,
		0, 3, 5, 48, 48, 8, 8, 5, 5, 3, 3, 0, 3, 5, 8, 8, 5,
		3, 0, 3, 48, 48, 8, 8, 5, 5, 0, 0, 3, 0, 3, 8, 8, 5,
		5, 3, 0, 72, 72, 48, 48, 24, 24, 3, 3, 5, 3, 0, 48, 48, 24,
		8, 8, 50, 6, 6, 0, 0, 8, 8, 8, 8, 8, 8, 50, 0, 0, 8,
		8, 8, 50, 6, 6, 0, 0, 8, 8, 8, 8, 8, 8, 50, 0, 0, 8,
		5, 5, 26, 12, 12, 8, 8, 0, 0, 5, 5, 5, 5, 26, 8, 8, 0
	};

	compare(cost, 17, 39, 0);
}
