/*
 * motion.h: where a vehicle was at an instant, from the fixes that it sent.
 *
 * Fixes stand in order of time, no two with one time.  A pair of them is impossible where the later
 * one cannot have been reached: d > max_speed_mps dt, the later no jump, the earlier no end, both of
 * one timeline.  From left to right, a fix is an outlier if the pair of the last used fix and it is
 * impossible and the pair of it and the next fix, used or not, is impossible; else it is used.
 * Over a break nothing slides: the later of two used fixes is a jump, the earlier an end, their
 * timelines differ, or the pair is impossible.
 *
 * A window is a run of used fixes without a break that takes at least stop_s and lies in a circle of
 * the diameter stop_m (on the sphere, by metres); an instant in a window is stopped.  A pair is
 *     a break; stopped, inside windows; and if it is longer than max_gap_s, stopped where its
 *     ends are within stop_m, else a gap; else moving.
 * docs/motion.md has the reasons.
 *
 * Nothing here allocates, and no function needs more of a stream than it says.  Coordinates
 * are finite and in range (tvm_track_build() refuses others); with others answers mean nothing.
 */
#ifndef TVM_MOTION_H
#define TVM_MOTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest speed where neither the vehicle nor its world has one: light's. */
#define TVM_MOTION_C 299792458.0

#define TVM_MICROSECONDS INT64_C(1000000)

typedef enum TvmFixKind
{
	TVM_FIX,
	TVM_FIX_JUMP,				/* arrives without having travelled */
	TVM_FIX_END					/* the last before it goes out of sight */
} TvmFixKind;

/* What a vehicle said.  NAN: not said. */
typedef struct TvmFix
{
	int64_t		t;				/* microseconds, from any instant on */
	double		lon;			/* degrees */
	double		lat;
	double		alt_m;
	double		speed_mps;
	double		heading_deg;	/* clockwise from north, 0 <= h < 360 */
	double		fraction;		/* of the segment */
	int64_t		segment_id;		/* 0: none */
	int64_t		timeline_id;
	uint8_t		kind;			/* TvmFixKind */
} TvmFix;

typedef struct TvmMotionRules
{
	double		radius_m;
	double		max_speed_mps;	/* beyond it a pair is impossible */
	double		max_gap_s;
	double		stop_m;
	double		stop_s;
} TvmMotionRules;

/* The Earth's mean radius, c, 300 s, 50 m, 180 s. */
extern void tvm_motion_rules_default(TvmMotionRules *rules);

/* Consecutive fixes of one vehicle, as one owner of instants sees them. */
typedef struct TvmStream
{
	const TvmFix *fixes;
	size_t		count;
	bool		starts;			/* there is no fix before the first */
	bool		ends;			/* and none after the last */
} TvmStream;

typedef enum TvmMotionState
{
	TVM_BEFORE,					/* there is no used fix at or before t: no point */
	TVM_MOVING,					/* between two fixes, on the great circle at constant speed */
	TVM_STOPPED,				/* the same, inside a stop or a pause that ends where it began */
	TVM_GAP,					/* nothing is known of it: no point */
	TVM_HELD,					/* after the last fix or before a break, for max_gap_s: that fix's point */
	TVM_AFTER					/* after the last fix: no point */
} TvmMotionState;

/*
 * At a fix exactly all is the fix's, bit for bit, and the state is that of the pair which begins
 * there; where that one is no movement and no stop (or is not there), that of the pair
 * which ends there; and else TVM_HELD.  So a state without a point is never that of a fix.
 */
typedef struct TvmMoment
{
	TvmMotionState state;
	double		lon;			/* NAN where the state has no point, as all below */
	double		lat;
	double		alt_m;			/* linear; NAN if either fix has none, as with speed and heading */
	double		speed_mps;
	double		heading_deg;	/* by the shorter turn */
	ptrdiff_t	fix;			/* the last used at or before t, -1: none */
	ptrdiff_t	next;			/* the first used after t, -1: none */
	double		part;			/* of the way to `next` that lies behind, 0 to 1 */
} TvmMoment;

typedef enum TvmNeed
{
	TVM_DECIDED,
	TVM_NEEDS_BEFORE,			/* fixes before the stream's first */
	TVM_NEEDS_AFTER				/* and after its last */
} TvmNeed;

/*
 * Where a vehicle was at t.  The usual case is decided from the two fixes around t: a possible
 * pair more than stop_m apart, or at least stop_s long.  Else more is asked for, until the stream
 * reaches a used fix that is far or long enough away; given the whole stream it is always decided.
 */
extern TvmNeed tvm_motion_at(const TvmMotionRules *rules, const TvmStream *stream, int64_t t, TvmMoment *out);

/* The moment between two fixes of which the first is at or before t and the second after it, on the great circle. */
extern void tvm_motion_between(const TvmFix *from, const TvmFix *to, int64_t t, TvmMoment *out);

/* Metres between two fixes, on the great circle. */
extern double tvm_motion_metres(const TvmMotionRules *rules, const TvmFix *from, const TvmFix *to);

/* Whether nothing slides between two used fixes. */
extern bool tvm_motion_breaks(const TvmMotionRules *rules, const TvmFix *earlier, const TvmFix *later);

/* The index of the last fix at or before t, -1 where there is none. */
extern ptrdiff_t tvm_stream_find(const TvmStream *stream, int64_t t);

#endif							/* TVM_MOTION_H */
