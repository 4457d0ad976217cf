/*
 * sphere.h: angles on a sphere, seen from its centre: between points, from a point to a
 * line or a box.
 *
 * Searches need no radius: a bound in weight per radian serves a world of any
 * size.
 */
#ifndef TVM_SPHERE_H
#define TVM_SPHERE_H

#include <stdbool.h>

/*
 * Radians, 0 to pi, from degrees; correct to about 1e-15 relative for near,
 * antipodal and polar points, across the antimeridian too (haversine; for
 * far points its complement, which does not lose digits there).
 */
extern double tvm_sphere_angle(double lat_a, double lon_a, double lat_b, double lon_b);

/*
 * The point nearest to (lat, lon) of a piece of a line that is straight in longitude and
 * latitude, the short way round where it crosses the 180th meridian: how far that is, in
 * radians, and which part of the piece lies before it, 0 to 1.  Right everywhere, at the poles
 * too, to rounding; among minima that differ by less than about 1e-7 of the distance, within a
 * degree of each other, it may be the other one.  NaN where a coordinate is.
 */
extern double tvm_sphere_nearest(double lat, double lon, double lat_a, double lon_a,
								 double lat_b, double lon_b, double *part);

/* All that is within an angle of a point, and a box around it. */
typedef struct TvmCap
{
	double		lat;
	double		lon;
	double		lat_reach;		/* degrees on either side of lat */
	double		lon_reach;		/* and of lon; 180: all round, for a pole is in it */
} TvmCap;

/* Slightly larger, so that rounding loses nothing; INFINITY: everything. */
extern TvmCap tvm_cap(double lat, double lon, double angle);

/* Whether such a piece is outside the box; false where it may be inside. */
extern bool tvm_cap_misses(const TvmCap *cap, double lat_a, double lon_a, double lat_b, double lon_b);

/* A box in longitude and latitude; longitudes ascend and may be beyond 180. */
typedef struct TvmBox
{
	double		south;
	double		north;
	double		west;
	double		east;
} TvmBox;

/* The angle from a point to the nearest point of a box; 0 in it. */
extern double tvm_sphere_box_angle(double lat, double lon, const TvmBox *box);

#endif							/* TVM_SPHERE_H */
