/*
 * ground.c: points on a sphere; see ground.h.
 */
#include "kernel/motion/ground.h"

#define DEGREE TVM_GROUND_DEGREE

/* Sine and cosine of degrees, exact at multiples of 90. */
static void
sine_cosine(double degrees, double *sine, double *cosine)
{
	double		quarter = nearbyint(degrees / 90);
	double		rest = (degrees - 90 * quarter) * DEGREE;
	double		s = sin(rest);
	double		c = cos(rest);

	switch ((int) (quarter - 4 * floor(quarter / 4)))
	{
		case 0:
			*sine = s;
			*cosine = c;
			break;
		case 1:
			*sine = c;
			*cosine = -s;
			break;
		case 2:
			*sine = -s;
			*cosine = -c;
			break;
		default:
			*sine = -c;
			*cosine = s;
			break;
	}
}

double
tvm_ground_cosine(double lat)
{
	double		from_pole = 90 - fabs(lat);

	return from_pole < 45 ? sin(from_pole * DEGREE) : cos(lat * DEGREE);
}

void
tvm_ground_vector(double lon, double lat, double xyz[3])
{
	double		sine_lon;
	double		cosine_lon;
	double		cosine_lat;

	sine_cosine(lon, &sine_lon, &cosine_lon);
	sine_cosine(lat, &xyz[2], &cosine_lat);
	xyz[0] = cosine_lat * cosine_lon;
	xyz[1] = cosine_lat * sine_lon;
}

void
tvm_ground_frame(double lon, double lat, TvmGroundFrame *frame)
{
	frame->lon = lon;
	frame->lat = lat;
	sine_cosine(lat, &frame->sine, &frame->cosine);
}

double
tvm_ground_angle(double lon_a, double lat_a, double lon_b, double lat_b)
{
	double		cosine_a = tvm_ground_cosine(lat_a);
	double		cosine_b = tvm_ground_cosine(lat_b);
	double		near = tvm_ground_square(lon_a, lat_a, cosine_a, lon_b, lat_b, cosine_b);
	double		s;
	double		t;

	if (near < 0.5)
		return tvm_ground_of_square(near);
	/* Farther ones by what is left to b's antipode. */
	s = tvm_ground_sine((lat_a + lat_b) / 2);
	t = tvm_ground_sine((180 - fabs(tvm_ground_turn(lon_a, lon_b))) / 2);
	return 2 * atan2(sqrt(near), sqrt(s * s + cosine_a * cosine_b * t * t));
}

void
tvm_ground_direction(const double a[3], const double b[3], double out[3])
{
	static const double north[3] = {0, 0, 1};
	static const double zero_meridian[3] = {1, 0, 0};
	const double *towards = b;

	for (int attempt = 0;; attempt++)
	{
		double		cross[3] = {
			a[1] * towards[2] - a[2] * towards[1],
			a[2] * towards[0] - a[0] * towards[2],
			a[0] * towards[1] - a[1] * towards[0]
		};
		double		length = sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]);

		if (length > 1e-15 || attempt == 2)
		{
			out[0] = (cross[1] * a[2] - cross[2] * a[1]) / length;
			out[1] = (cross[2] * a[0] - cross[0] * a[2]) / length;
			out[2] = (cross[0] * a[1] - cross[1] * a[0]) / length;
			return;
		}
		towards = attempt == 0 ? north : zero_meridian;
	}
}

void
tvm_ground_between(double lon_a, double lat_a, double lon_b, double lat_b, double part,
				   double *lon, double *lat)
{
	double		angle = tvm_ground_angle(lon_a, lat_a, lon_b, lat_b);
	double		a[3];
	double		b[3];
	double		ahead[3];
	double		p[3];

	/* Some millimetres on the Earth, where vectors lose digits and the circle is straight. */
	if (angle < 1e-9 && fabs(lat_a) < 89)
	{
		double		turn = tvm_ground_turn(lon_a, lon_b);

		*lat = lat_a + part * (lat_b - lat_a);
		*lon = lon_a + part * turn;
		if (fabs(*lon) > 180)
			*lon -= copysign(360, *lon);
		return;
	}
	tvm_ground_vector(lon_a, lat_a, a);
	tvm_ground_vector(lon_b, lat_b, b);
	tvm_ground_direction(a, b, ahead);
	for (int i = 0; i < 3; i++)
		p[i] = cos(part * angle) * a[i] + sin(part * angle) * ahead[i];
	*lat = atan2(p[2], sqrt(p[0] * p[0] + p[1] * p[1])) / DEGREE;
	*lon = atan2(p[1], p[0]) / DEGREE;
}
