/*
 * sphere.h: the angle between two points of a sphere, seen from its centre.
 *
 * Searches need no radius: a bound in weight per radian serves a world of any
 * size.
 */
#ifndef TVM_SPHERE_H
#define TVM_SPHERE_H

/*
 * Radians, 0 to pi, from degrees; correct to about 1e-15 relative for near,
 * antipodal and polar points, across the antimeridian too (haversine; for
 * far points its complement, which does not lose digits there).
 */
extern double tvm_sphere_angle(double lat_a, double lon_a, double lat_b, double lon_b);

#endif							/* TVM_SPHERE_H */
