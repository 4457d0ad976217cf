/*
 * oracle.c: see oracle.h.
 */
#include "oracle.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846264338327950288L

/* Radians: the centre of a circle through three points a metre apart is known no better. */
#define ROUNDING 1e-11L

typedef struct Vector
{
	long double x;
	long double y;
	long double z;
} Vector;

static Vector
vector(const TvmFix *fix)
{
	long double lon = (long double) fix->lon * PI / 180;
	long double lat = (long double) fix->lat * PI / 180;

	return (Vector) {cosl(lat) * cosl(lon), cosl(lat) * sinl(lon), sinl(lat)};
}

static long double
dot(Vector a, Vector b)
{
	return a.x * b.x + a.y * b.y + a.z * b.z;
}

static Vector
cross(Vector a, Vector b)
{
	return (Vector) {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static Vector
add(Vector a, Vector b, long double times)
{
	return (Vector) {a.x + times * b.x, a.y + times * b.y, a.z + times * b.z};
}

static long double
angle(Vector a, Vector b)
{
	Vector		c = cross(a, b);

	return atan2l(sqrtl(dot(c, c)), dot(a, b));
}

long double
oracle_metres(const TvmMotionRules *rules, const TvmFix *a, const TvmFix *b)
{
	return (long double) rules->radius_m * angle(vector(a), vector(b));
}

/* By weights of sines, which is another formula than the kernel's. */
void
oracle_between(const TvmFix *a, const TvmFix *b, long double part, long double *lon, long double *lat)
{
	Vector		u = vector(a);
	Vector		v = vector(b);
	long double whole = angle(u, v);
	Vector		p = {0, 0, 0};

	if (whole < 1e-17L)
		p = u;
	else
	{
		p = add(p, u, sinl((1 - part) * whole) / sinl(whole));
		p = add(p, v, sinl(part * whole) / sinl(whole));
	}
	*lon = atan2l(p.y, p.x) * 180 / PI;
	*lat = atan2l(p.z, sqrtl(p.x * p.x + p.y * p.y)) * 180 / PI;
}

static long double
seconds(const TvmFix *a, const TvmFix *b)
{
	return ((long double) b->t - (long double) a->t) / 1000000;
}

/* Whether a <= b, noting where it is too close to tell. */
static bool
at_most(Oracle *oracle, long double a, long double b)
{
	if (fabsl(a - b) <= 1e-7L && isfinite(b))
		oracle->close = true;
	return a <= b;
}

static bool
free_to_jump(const TvmFix *a, const TvmFix *b)
{
	return b->kind == TVM_FIX_JUMP || a->kind == TVM_FIX_END || a->timeline_id != b->timeline_id;
}

static bool
too_fast(Oracle *oracle, int a, int b)
{
	const TvmFix *from = &oracle->fixes[a];
	const TvmFix *to = &oracle->fixes[b];

	return !at_most(oracle, oracle_metres(oracle->rules, from, to), oracle->rules->max_speed_mps * seconds(from, to));
}

static bool
impossible(Oracle *oracle, int a, int b)
{
	return !free_to_jump(&oracle->fixes[a], &oracle->fixes[b]) && too_fast(oracle, a, b);
}

/* Whether all of a list are in a cap of the angular radius `most` around c. */
static bool
all_in(const Vector *points, int count, Vector c, long double most)
{
	for (int i = 0; i < count; i++)
	{
		if (angle(points[i], c) > most)
			return false;
	}
	return true;
}

static Vector
unit(Vector a)
{
	return add((Vector) {0, 0, 0}, a, 1 / sqrtl(dot(a, a)));
}

/* Whether the smallest circle is no larger: some circle on a pair or a triple is around all. */
static bool
in_circle(const Vector *points, int count, long double most)
{
	if (count <= 1)
		return true;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < i; j++)
		{
			Vector		centre = unit(add(points[i], points[j], 1));
			long double radius = angle(points[i], points[j]) / 2;

			if (radius <= most && all_in(points, count, centre, radius + ROUNDING))
				return true;
			for (int k = 0; k < j; k++)
			{
				Vector		normal = cross(add(points[j], points[i], -1), add(points[k], points[i], -1));

				if (dot(normal, normal) == 0)
					continue;
				centre = unit(normal);
				if (dot(centre, points[i]) < 0)
					centre = add((Vector) {0, 0, 0}, centre, -1);
				radius = angle(centre, points[i]);
				if (radius <= most && all_in(points, count, centre, radius + ROUNDING))
					return true;
			}
		}
	return false;
}

static bool
window_fits(Oracle *oracle, const int *list, int count)
{
	Vector		points[ORACLE_MOST];
	long double most = (long double) oracle->rules->stop_m / 2 / oracle->rules->radius_m;
	long double slack = 2e-4L / oracle->rules->radius_m;
	bool		loose;

	for (int i = 0; i < count; i++)
		points[i] = vector(&oracle->fixes[list[i]]);
	/* No two of a circle are farther apart than its diameter. */
	for (int i = 1; i < count; i++)
	{
		if (angle(points[0], points[i]) > 2 * (most + slack))
			return false;
	}
	loose = in_circle(points, count, most + slack);
	if (loose && !in_circle(points, count, most - slack))
		oracle->close = true;
	return loose;
}

static void
find_stops(Oracle *oracle)
{
	int			list[ORACLE_MOST];
	int			length = 0;

	for (int i = 0; i < oracle->count; i++)
	{
		if (oracle->used[i])
			list[length++] = i;
	}
	for (int a = 0; a < length; a++)
		for (int b = a + 1; b < length; b++)
		{
			if (oracle->state[list[b - 1]] == ORACLE_BREAK)
				break;
			if (seconds(&oracle->fixes[list[a]], &oracle->fixes[list[b]]) < (long double) oracle->rules->stop_s)
				continue;
			if (!window_fits(oracle, list + a, b - a + 1))
				break;
			for (int k = a; k < b; k++)
				oracle->stop[list[k]] = true;
		}
}

void
oracle_make(Oracle *oracle, const TvmMotionRules *rules, const TvmFix *fixes, int count)
{
	int			last = -1;

	memset(oracle, 0, sizeof(*oracle));
	oracle->rules = rules;
	oracle->fixes = fixes;
	oracle->count = count;
	for (int i = 0; i < count; i++)
	{
		oracle->next[i] = -1;
		oracle->used[i] = last < 0 || !impossible(oracle, last, i) || i + 1 == count || !impossible(oracle, i, i + 1);
		if (!oracle->used[i])
			continue;
		if (last >= 0)
		{
			oracle->next[last] = i;
			oracle->state[last] = free_to_jump(&fixes[last], &fixes[i]) || too_fast(oracle, last, i) ? ORACLE_BREAK : ORACLE_MOVING;
		}
		last = i;
	}
	find_stops(oracle);
	for (int i = 0; i < count; i++)
	{
		if (!oracle->used[i] || oracle->next[i] < 0 || oracle->state[i] == ORACLE_BREAK)
			continue;
		if (oracle->stop[i])
			oracle->state[i] = ORACLE_STOPPED;
		else if (seconds(&fixes[i], &fixes[oracle->next[i]]) > (long double) rules->max_gap_s)
			oracle->state[i] = at_most(oracle, oracle_metres(rules, &fixes[i], &fixes[oracle->next[i]]), rules->stop_m)
				? ORACLE_STOPPED : ORACLE_GAP;
	}
}

static TvmMotionState
told(int state)
{
	return state == ORACLE_STOPPED ? TVM_STOPPED : state == ORACLE_MOVING ? TVM_MOVING : TVM_GAP;
}

TvmMoment
oracle_at(const Oracle *oracle, int64_t t)
{
	TvmMoment	out = {TVM_BEFORE, NAN, NAN, NAN, NAN, NAN, -1, -1, 0};
	int			before = -1;
	const TvmFix *fix;

	for (int i = 0; i < oracle->count; i++)
	{
		if (!oracle->used[i])
			continue;
		if (oracle->fixes[i].t > t)
		{
			out.next = i;
			break;
		}
		before = (int) out.fix;
		out.fix = i;
	}
	if (out.fix < 0)
		return out;
	fix = &oracle->fixes[out.fix];
	if (fix->t == t)
	{
		out.lon = fix->lon;
		out.lat = fix->lat;
		out.state = TVM_HELD;
		if (out.next >= 0 && oracle->state[out.fix] < ORACLE_GAP)
			out.state = told(oracle->state[out.fix]);
		else if (before >= 0 && oracle->state[before] < ORACLE_GAP)
			out.state = told(oracle->state[before]);
	}
	else if (out.next >= 0 && oracle->state[out.fix] != ORACLE_BREAK)
	{
		long double lon;
		long double lat;

		out.state = told(oracle->state[out.fix]);
		if (out.state == TVM_GAP)
			return out;
		out.part = (double) (((long double) t - fix->t) / ((long double) oracle->fixes[out.next].t - fix->t));
		oracle_between(fix, &oracle->fixes[out.next], ((long double) t - fix->t) / ((long double) oracle->fixes[out.next].t - fix->t), &lon, &lat);
		out.lon = (double) lon;
		out.lat = (double) lat;
	}
	else if (fix->kind != TVM_FIX_END && ((long double) t - fix->t) / 1000000 <= (long double) oracle->rules->max_gap_s)
	{
		out.state = TVM_HELD;
		out.lon = fix->lon;
		out.lat = fix->lat;
	}
	else
		out.state = out.next < 0 ? TVM_AFTER : TVM_GAP;
	return out;
}

/* Random tracks --------------------------------------------------------------- */

static double
between(TvmRng *rng, double low, double high)
{
	return low + (high - low) * tvm_rng_double(rng);
}

static int
below(TvmRng *rng, int bound)
{
	return (int) (tvm_rng_double(rng) * bound);
}

/* Anywhere, often where longitudes end. */
static void
random_place(TvmRng *rng, double *lon, double *lat)
{
	static const double lats[] = {0, 57.7, 89.9999, -89.9999, 90, -33};
	static const double lons[] = {179.9999, -179.9999, 180, 0, 12};

	*lon = below(rng, 2) ? between(rng, -180, 180) : lons[below(rng, 5)];
	*lat = below(rng, 2) ? asin(between(rng, -1, 1)) * 180 / 3.14159265358979323846 : lats[below(rng, 6)];
}

/* So many metres away. */
static void
move(TvmRng *rng, double *lon, double *lat, double metres, double bearing)
{
	double		a = metres / 6371008.8;
	double		phi = *lat * 3.14159265358979323846 / 180;
	double		s = sin(phi) * cos(a) + cos(phi) * sin(a) * cos(bearing);
	double		turn = atan2(sin(bearing) * sin(a) * cos(phi), cos(a) - sin(phi) * s);

	(void) rng;
	*lat = asin(fmax(-1, fmin(1, s))) * 180 / 3.14159265358979323846;
	*lon = remainder(*lon + turn * 180 / 3.14159265358979323846, 360);
}

int
random_track(TvmRng *rng, int most, TvmFix *fixes, TvmMotionRules *rules)
{
	int			count = below(rng, most + 1);
	int64_t		t = (int64_t) between(rng, -1e15, 1e15);
	int64_t		timeline = 1;
	double		speed = pow(10, between(rng, -2, 2));
	double		step_s = pow(10, between(rng, -1, 2));
	double		bearing = between(rng, -3, 3);
	double		lon;
	double		lat;

	random_place(rng, &lon, &lat);
	tvm_motion_rules_default(rules);
	if (below(rng, 2))
		rules->max_speed_mps = pow(10, between(rng, 0, 3));
	rules->max_gap_s = below(rng, 2) ? 300 : between(rng, 1, 400);
	rules->stop_m = below(rng, 2) ? 50 : pow(10, between(rng, 0, 4));
	rules->stop_s = below(rng, 2) ? 180 : step_s * between(rng, 0.5, 6);
	for (int i = 0; i < count; i++)
	{
		TvmFix	   *fix = &fixes[i];
		double		seconds = step_s * (below(rng, 6) ? 1 : between(rng, 0.1, 2)) * (below(rng, 12) ? 1 : 50);

		*fix = (TvmFix) {.t = t, .alt_m = NAN, .speed_mps = between(rng, 0, 30), .heading_deg = between(rng, 0, 360), .fraction = NAN};
		switch (below(rng, 24))
		{
			case 0:
				random_place(rng, &lon, &lat);
				break;
			case 1:
				fix->kind = TVM_FIX_JUMP;
				break;
			case 2:
				fix->kind = TVM_FIX_END;
				break;
			case 3:
				timeline += below(rng, 2);
				break;
			case 4:
				speed = below(rng, 2) ? 0 : pow(10, between(rng, -2, 2));
				break;
			case 5:
				bearing = between(rng, -3, 3);
				break;
			default:
				break;
		}
		fix->timeline_id = timeline;
		fix->lon = lon;
		fix->lat = lat;
		if (below(rng, 20) == 0)
			random_place(rng, &fix->lon, &fix->lat);
		if (below(rng, 3) == 0)
			move(rng, &fix->lon, &fix->lat, rules->stop_m * between(rng, 0, 0.6), between(rng, -3, 3));
		if (i > 0 && below(rng, 10) == 0)
			fix->lon = fix[-1].lon, fix->lat = fix[-1].lat, fix->speed_mps = fix[-1].speed_mps, fix->heading_deg = fix[-1].heading_deg;
		move(rng, &lon, &lat, speed * seconds, bearing);
		t += (int64_t) ceil(seconds * 1e6);
	}
	return count;
}
