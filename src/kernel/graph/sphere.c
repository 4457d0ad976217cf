/*
 * sphere.c: angles on a sphere: between points, from a point to a line or a box; see sphere.h.
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

/* Between latitudes, of which the longitudes differ by 0 to 180 degrees. */
static double
angle_between(double lat_a, double lat_b, double difference)
{
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

double
tvm_sphere_angle(double lat_a, double lon_a, double lat_b, double lon_b)
{
	return angle_between(lat_a, lat_b, longitude_difference(lon_a, lon_b));
}

/* From longitude to longitude, the short way round: -180 to 180. */
static double
longitude_step(double from, double to)
{
	double		step = to - from;

	return fabs(step) <= 180 ? step : remainder(step, 360);
}

/* Nearest point of a piece ---------------------------------------------------- */

#define MAX_STEP 1.0			/* degrees; in so short a part the distance has one minimum */
#define MAX_ROUNDS 60
#define ENOUGH 1e-14			/* radians: a ten-millionth of a metre on the Earth */

/* A piece as it is seen from a point: latitude and difference of longitudes, at 0 and for each unit. */
typedef struct Piece
{
	double		at_lat;
	double		lat;
	double		lat_step;
	double		lon;
	double		lon_step;
} Piece;

static double
piece_angle(const Piece *piece, double t)
{
	return angle_between(piece->at_lat, piece->lat + t * piece->lat_step,
						 fabs(remainder(piece->lon + t * piece->lon_step, 360)));
}

/* Of minus the cosine of the angle, whose sign is that of the angle's; near points lose no digits. */
static double
piece_slope(const Piece *piece, double t)
{
	double		lat = piece->lat + t * piece->lat_step;
	double		lon = radians(piece->lon + t * piece->lon_step);
	double		half = sin(lon / 2);

	return radians(piece->lat_step) * (sin(radians(lat - piece->at_lat)) -
									   2 * latitude_cosine(piece->at_lat) * sin(radians(lat)) * half * half) +
		radians(piece->lon_step) * latitude_cosine(piece->at_lat) * latitude_cosine(lat) * sin(lon);
}

/* Where the slope is 0, between `low`, where it is negative, and `high`: the Illinois method. */
static double
find_level(const Piece *piece, double low, double slope_low, double high, double slope_high)
{
	double		extent = radians(fmax(fabs(piece->lat_step), fabs(piece->lon_step)));
	double		last = low;
	int			side = 0;

	for (int round = 0; round < MAX_ROUNDS; round++)
	{
		double		t = (low * slope_high - high * slope_low) / (slope_high - slope_low);
		double		slope = piece_slope(piece, t);

		if (slope == 0 || fabs(t - last) * extent < ENOUGH)
			return t;
		last = t;
		if (slope < 0)
		{
			low = t;
			slope_low = slope;
			if (side < 0)
				slope_high /= 2;
			side = -1;
		}
		else
		{
			high = t;
			slope_high = slope;
			if (side > 0)
				slope_low /= 2;
			side = 1;
		}
	}
	return last;
}

double
tvm_sphere_nearest(double lat, double lon, double lat_a, double lon_a,
				   double lat_b, double lon_b, double *part)
{
	Piece		piece = {
		.at_lat = lat,
		.lat = lat_a,
		.lat_step = lat_b - lat_a,
		.lon = longitude_step(lon, lon_a),
		.lon_step = longitude_step(lon_a, lon_b)
	};
	/* The ends by their own coordinates: lines that meet there are equally far. */
	double		least = tvm_sphere_angle(lat, lon, lat_a, lon_a);
	double		end = tvm_sphere_angle(lat, lon, lat_b, lon_b);
	double		span = fmax(fabs(piece.lat_step), fabs(piece.lon_step));
	int			steps = span > MAX_STEP ? (int) fmin(ceil(span / MAX_STEP), 1000) : 1;
	double		from = 0;
	double		slope_from = piece_slope(&piece, 0);

	*part = 0;
	if (end < least)
	{
		least = end;
		*part = 1;
	}
	for (int i = 1; i <= steps; i++)
	{
		double		to = (double) i / steps;
		double		slope_to = piece_slope(&piece, to);

		if (slope_from < 0 && slope_to >= 0)
		{
			double		t = find_level(&piece, from, slope_from, to, slope_to);
			double		angle = piece_angle(&piece, t);

			if (angle < least)
			{
				least = angle;
				*part = t;
			}
		}
		from = to;
		slope_from = slope_to;
	}
	return least;
}

/* Caps and boxes -------------------------------------------------------------- */

TvmCap
tvm_cap(double lat, double lon, double angle)
{
	double		larger = angle * (1 + 1e-12) + 1e-12;
	TvmCap		cap = {.lat = lat, .lon = lon, .lat_reach = larger * (180 / pi), .lon_reach = 180};

	/* The meridians that touch the cap, where no pole is in it. */
	if (fabs(lat) + cap.lat_reach < 90)
		cap.lon_reach = fmin(asin(fmin(sin(larger) / latitude_cosine(lat), 1)) * (180 / pi) * (1 + 1e-12) + 1e-12, 180);
	return cap;
}

bool
tvm_cap_misses(const TvmCap *cap, double lat_a, double lon_a, double lat_b, double lon_b)
{
	double		ya = lat_a - cap->lat;
	double		yb = lat_b - cap->lat;
	double		xa;
	double		xb;

	if ((ya > cap->lat_reach && yb > cap->lat_reach) || (ya < -cap->lat_reach && yb < -cap->lat_reach))
		return true;
	if (cap->lon_reach >= 180)
		return false;
	/* The piece lies between xa and xb, the cap around 0, 360 and -360. */
	xa = longitude_step(cap->lon, lon_a);
	xb = xa + longitude_step(lon_a, lon_b);
	return (xa > cap->lon_reach && xb > cap->lon_reach && fmax(xa, xb) < 360 - cap->lon_reach) ||
		(xa < -cap->lon_reach && xb < -cap->lon_reach && fmin(xa, xb) > cap->lon_reach - 360);
}

/* To the nearest point of a meridian between two latitudes. */
static double
meridian_angle(double lat, double difference, double south, double north)
{
	double		least = fmin(angle_between(lat, south, difference), angle_between(lat, north, difference));
	double		foot = atan2(sin(radians(lat)), latitude_cosine(lat) * cos(radians(difference))) * (180 / pi);

	return foot > south && foot < north ? fmin(least, angle_between(lat, foot, difference)) : least;
}

double
tvm_sphere_box_angle(double lat, double lon, const TvmBox *box)
{
	double		west = remainder(lon - box->west, 360);	/* eastwards from the box's west */

	if (west < 0)
		west += 360;
	if (west <= box->east - box->west)
		return lat < box->south ? radians(box->south - lat) : lat > box->north ? radians(lat - box->north) : 0;
	return fmin(meridian_angle(lat, fabs(remainder(lon - box->west, 360)), box->south, box->north),
				meridian_angle(lat, fabs(remainder(lon - box->east, 360)), box->south, box->north));
}
