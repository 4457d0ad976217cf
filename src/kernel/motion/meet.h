/*
 * meet.h: when vehicles were near each other, and how near.
 *
 * Two vehicles can meet while each of them moves or is stopped: then each is on a great circle at constant speed from fix
 * to fix.  Time is cut into windows, in each of which boxes around what a vehicle went through are swept along one
 * axis of space, so that only those are compared whose boxes touch.
 */
#ifndef TVM_MOTION_MEET_H
#define TVM_MOTION_MEET_H

#include "kernel/motion/track.h"

typedef struct TvmMeeting
{
	size_t		a;				/* indexes of tracks, a < b */
	size_t		b;
	int64_t		from;			/* within so many metres, from here to there */
	int64_t		to;
	int64_t		nearest_at;
	double		nearest_m;
	double		place[3];		/* half-way between them then: a vector, of any length */
} TvmMeeting;

typedef struct TvmMeetings
{
	TvmMeeting *list;
	size_t		count;
	size_t		capacity;
	size_t		most;			/* TVM_LIMIT beyond */
} TvmMeetings;

/*
 * Adds the meetings of tracks of one sphere in [from, to], which need nothing there (tvm_track_needs()).  They are in no
 * order, and cut where windows end, until tvm_meetings_join().
 */
extern TvmStatus tvm_meetings_find(TvmEnv *env, const TvmTrack *const *tracks, size_t count, int64_t from, int64_t to,
								   double within_m, TvmMeetings *meetings);

/* In order of a, b and time; those that meet at a cut are one. */
extern void tvm_meetings_join(TvmMeetings *meetings);

extern void tvm_meetings_free(TvmEnv *env, TvmMeetings *meetings);

#endif							/* TVM_MOTION_MEET_H */
