/*
 * sphere.c: the angle between two points of a sphere; see sphere.h.
 */
#include "kernel/graph/sphere.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static double
radians(double degrees)
{
	return degrees * (pi / 180);
}

/* cos() of a latitude; from the pole's distance near it, where cos() would lose digits. */
static double
latitude_cosine(double lat)
{
	double		from_pole = 90 - fabs(lat);

	return from_pole < 45 ? sin(radians(from_pole)) : cos(radians(lat));
}

/* 0 to 180 degrees, without the digits that 360 - |difference| would lose. */
static double
longitude_difference(double lon_a, double lon_b)
{
	double		west = fmin(lon_a, lon_b);
	double		east = fmax(lon_a, lon_b);

	return east - west <= 180 ? east - west : (180 - east) + (180 + west);
}

double
tvm_sphere_angle(double lat_a, double lon_a, double lat_b, double lon_b)
{
	double		difference = longitude_difference(lon_a, lon_b);
	double		cosines = latitude_cosine(lat_a) * latitude_cosine(lat_b);
	double		s = sin(radians((lat_b - lat_a) / 2));
	double		t = sin(radians(difference / 2));
	double		haversine = s * s + cosines * t * t;

	if (haversine <= 0.5)
		return 2 * asin(sqrt(haversine));

	/* The same from b's antipode, which is the nearer one. */
	s = sin(radians((lat_a + lat_b) / 2));
	t = sin(radians((180 - difference) / 2));
	return pi - 2 * asin(sqrt(s * s + cosines * t * t));
}
