/*
 * approach.c: two points on great circles; see approach.h.
 *
 * The square of the chord between them, q, is a sum of two sinusoids of the sum and the difference of their speeds.
 * Where both together turn by less than a twentieth of a radian it is nearly a parabola: it has one extremum
 * at most, found where its slope is 0, and on either side of that it is monotonous.
 */
#include "kernel/motion/approach.h"

#include <math.h>

#include "kernel/motion/ground.h"
#include "kernel/motion/pair.h"

#define MOST_TURN 0.05			/* radians, of both */
#define MOST_ROUNDS 100
#define ENOUGH_S 1e-7

typedef struct Both
{
	const TvmCourse *a;
	const TvmCourse *b;
	int64_t		t;				/* seconds are from here on */
	double		offset_a;		/* seconds from the beginning of each to it */
	double		offset_b;
	double		level;			/* what is taken off q */
} Both;

void
tvm_course(const TvmFix *from, const TvmFix *to, TvmCourse *course)
{
	double		angle = tvm_ground_angle(from->lon, from->lat, to->lon, to->lat);
	double		b[3];

	course->t = from->t;
	course->speed = angle / tvm_seconds(from->t, to->t);
	tvm_ground_vector(from->lon, from->lat, course->a);
	tvm_ground_vector(to->lon, to->lat, b);
	if (angle > 0)
		tvm_ground_direction(course->a, b, course->ahead);
	else
		course->ahead[0] = course->ahead[1] = course->ahead[2] = 0;
}

static void
place(const TvmCourse *course, double seconds, double out[3], double velocity[3])
{
	double		s = sin(course->speed * seconds);
	double		c = cos(course->speed * seconds);

	for (int i = 0; i < 3; i++)
	{
		out[i] = c * course->a[i] + s * course->ahead[i];
		velocity[i] = course->speed * (c * course->ahead[i] - s * course->a[i]);
	}
}

/* q - level, and its slope. */
static double
square(const Both *both, double seconds, double *slope)
{
	double		a[3];
	double		b[3];
	double		va[3];
	double		vb[3];
	double		q = 0;

	place(both->a, both->offset_a + seconds, a, va);
	place(both->b, both->offset_b + seconds, b, vb);
	*slope = 0;
	for (int i = 0; i < 3; i++)
	{
		q += (a[i] - b[i]) * (a[i] - b[i]);
		*slope += 2 * (a[i] - b[i]) * (va[i] - vb[i]);
	}
	return q - both->level;
}

/* Where the value (or the slope) changes sign between two instants: the Illinois method. */
static double
find_zero(const Both *both, bool of_slope, double low, double high)
{
	double		slope;
	double		at_low = square(both, low, &slope);
	double		at_high;
	int			side = 0;

	at_low = of_slope ? slope : at_low;
	at_high = square(both, high, &slope);
	at_high = of_slope ? slope : at_high;
	for (int round = 0; round < MOST_ROUNDS && high - low > ENOUGH_S && at_low != 0 && at_high != at_low; round++)
	{
		/* Every eighth time by halves, so that nothing takes long. */
		double		at = round % 8 == 7 ? (low + high) / 2 : (low * at_high - high * at_low) / (at_high - at_low);
		double		value = square(both, at, &slope);

		value = of_slope ? slope : value;
		if (value == 0)
			return at;
		if ((value < 0) == (at_low < 0))
		{
			low = at;
			at_low = value;
			if (side < 0)
				at_high /= 2;
			side = -1;
		}
		else
		{
			high = at;
			at_high = value;
			if (side > 0)
				at_low /= 2;
			side = 1;
		}
	}
	return fabs(at_low) < fabs(at_high) ? low : high;
}

static int64_t
instant(const Both *both, double seconds)
{
	return both->t + (int64_t) llround(seconds * 1e6);
}

/* Of a stretch on which q is monotonous. */
static void
tell(const Both *both, double from, double to, TvmReceiveApproach receive, void *target)
{
	double		slope;
	double		at_from = square(both, from, &slope);
	double		at_to = square(both, to, &slope);
	double		nearest = at_from < at_to ? from : to;
	double		unused[3];
	double		a[3];
	double		b[3];
	TvmApproach approach;

	if (at_from > 0 && at_to > 0)
		return;
	if (at_from > 0)
		from = find_zero(both, false, from, to);
	else if (at_to > 0)
		to = find_zero(both, false, from, to);
	approach.from = instant(both, from);
	approach.to = instant(both, to);
	approach.nearest_at = instant(both, nearest);
	approach.nearest = fmax(0, square(both, nearest, &slope) + both->level);
	place(both->a, both->offset_a + nearest, a, unused);
	place(both->b, both->offset_b + nearest, b, unused);
	for (int i = 0; i < 3; i++)
		approach.place[i] = a[i] + b[i];
	receive(target, &approach);
}

void
tvm_approaches(const TvmCourse *a, const TvmCourse *b, int64_t from, int64_t to, double most,
			   TvmReceiveApproach receive, void *target)
{
	Both		both = {.a = a, .b = b, .t = from, .offset_a = tvm_seconds(a->t, from), .offset_b = tvm_seconds(b->t, from), .level = most};
	double		seconds = tvm_seconds(from, to);
	double		turn = (a->speed + b->speed) * seconds;
	double		slope;
	double		first = square(&both, 0, &slope) + most;
	int			parts = turn > MOST_TURN ? (int) ceil(turn / MOST_TURN) : 1;

	/* Too far to be reached. */
	if (sqrt(first) > sqrt(most) + turn)
		return;
	for (int i = 0; i < parts; i++)
	{
		double		low = seconds * i / parts;
		double		high = seconds * (i + 1) / parts;
		double		slope_low;
		double		slope_high;

		(void) square(&both, low, &slope_low);
		(void) square(&both, high, &slope_high);
		if ((slope_low < 0) != (slope_high < 0) && high - low > ENOUGH_S)
		{
			double		middle = find_zero(&both, true, low, high);

			tell(&both, low, middle, receive, target);
			tell(&both, middle, high, receive, target);
		}
		else
			tell(&both, low, high, receive, target);
	}
}
