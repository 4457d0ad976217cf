/*
 * ground.h: points on a sphere by unit vectors: how far apart they are and what lies between them,
 * right at the poles, across the 180th meridian and for millimetres.
 */
#ifndef TVM_MOTION_GROUND_H
#define TVM_MOTION_GROUND_H

#include <math.h>

/* Radians, 0 to pi, between two points in degrees; relative to about 4e-15. */
extern double tvm_ground_angle(double lon_a, double lat_a, double lon_b, double lat_b);

/*
 * The point of the great circle from a to b at a part of the way, 0 to 1.  Between antipodes, which
 * have many, the way leads over the north pole, or from a pole along the zero meridian.
 */
extern void tvm_ground_between(double lon_a, double lat_a, double lon_b, double lat_b, double part,
							   double *lon, double *lat);

/* (cos lat cos lon, cos lat sin lon, sin lat), exact at multiples of 90 degrees. */
extern void tvm_ground_vector(double lon, double lat, double xyz[3]);

/* A unit vector square to a, towards b; over the north pole where a and b are antipodes. */
extern void tvm_ground_direction(const double a[3], const double b[3], double out[3]);

/* cos() of a latitude in degrees, which keeps its digits near the poles. */
extern double tvm_ground_cosine(double lat);

#define TVM_GROUND_DEGREE (3.14159265358979323846 / 180)

/* From one longitude to another the short way round, -180 to 180, without losing digits at 180. */
static inline double
tvm_ground_turn(double from, double to)
{
	double		step = to - from;

	if (step > 180)
		return -((180 - to) + (180 + from));
	if (step < -180)
		return (180 - from) + (180 + to);
	return step;
}

/* sin() of degrees; most are small, where the series has all its digits. */
static inline double
tvm_ground_sine(double degrees)
{
	double		x = degrees * TVM_GROUND_DEGREE;
	double		s = x * x;

	return s < 4e-4 ? x * (1 - s / 6 * (1 - s / 20 * (1 - s / 42))) : sin(x);
}

/* Of an angle, by the square of the sine of its half, at most 1/2. */
static inline double
tvm_ground_of_square(double square)
{
	double		x = sqrt(square);

	return square < 1e-4 ? 2 * x * (1 + square * (1.0 / 6 + square * (3.0 / 40 + square * (15.0 / 336 + square * (105.0 / 3456)))))
		: 2 * asin(x);
}

/* The square of the sine of half the angle between two points, whose latitudes' cosines are known. */
static inline double
tvm_ground_square(double lon_a, double lat_a, double cosine_a, double lon_b, double lat_b, double cosine_b)
{
	double		s = tvm_ground_sine((lat_b - lat_a) / 2);
	double		t = tvm_ground_sine(tvm_ground_turn(lon_a, lon_b) / 2);

	return s * s + cosine_a * cosine_b * t * t;
}

/*
 * What is near a point in its own frame: the vector from it, eastward, northward and up, in radii.
 * Its length is the chord; near points keep all their digits.
 */
typedef struct TvmGroundFrame
{
	double		lon;
	double		lat;
	double		sine;			/* of the latitude */
	double		cosine;
} TvmGroundFrame;

extern void tvm_ground_frame(double lon, double lat, TvmGroundFrame *frame);

static inline void
tvm_ground_local(const TvmGroundFrame *frame, double lon, double lat, double out[3])
{
	double		turn = tvm_ground_turn(frame->lon, lon);
	double		rise = lat - frame->lat;
	double		half_turn = tvm_ground_sine(turn / 2);
	double		half_rise = tvm_ground_sine(rise / 2);
	double		versed_turn = 2 * half_turn * half_turn;
	double		versed_rise = 2 * half_rise * half_rise;
	double		sine_rise = tvm_ground_sine(rise);
	double		cosine = frame->cosine * (1 - versed_rise) - frame->sine * sine_rise;

	out[0] = cosine * tvm_ground_sine(turn);
	out[1] = sine_rise + cosine * frame->sine * versed_turn;
	out[2] = -versed_rise - cosine * frame->cosine * versed_turn;
}

#endif							/* TVM_MOTION_GROUND_H */
