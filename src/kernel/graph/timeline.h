/*
 * timeline.h: inheritance: what a segment is like on one timeline, given what
 * the world says of it and what timelines override.
 *
 * Timelines of a world are 0..timeline_count-1 and form a forest by their
 * parents.  Column by column, the nearest of a timeline and its ancestors that
 * says something wins; where none does, the segment's own value holds.  A
 * segment of timeline t exists in t and its descendants only, and overrides of
 * a segment that does not exist have no effect.  Nothing recurses, so the depth
 * of the tree does not matter.
 */
#ifndef TVM_TIMELINE_H
#define TVM_TIMELINE_H

#include "kernel/tvm.h"

#define TVM_NO_TIMELINE UINT32_MAX	/* a root's parent; a segment of every timeline */

typedef enum TvmPresence
{
	TVM_SEGMENT_OPEN = 0,
	TVM_SEGMENT_CLOSED,
	TVM_SEGMENT_ABSENT			/* belongs to a timeline that is neither this one nor above it */
} TvmPresence;

/* A segment as the world has it (presence 0), or as it is on one timeline. */
typedef struct TvmSegment
{
	double		length_m;
	double		speed_kph;
	double		drag;
	uint32_t	timeline;		/* TVM_NO_TIMELINE: in every one */
	uint8_t		presence;		/* TvmPresence */
	uint16_t	road;			/* the caller's, who says what it means */
} TvmSegment;

/* The columns about which an override says something. */
#define TVM_SAYS_CLOSED 1
#define TVM_SAYS_LENGTH 2
#define TVM_SAYS_SPEED 4
#define TVM_SAYS_DRAG 8

typedef struct TvmOverride
{
	uint32_t	timeline;
	uint32_t	segment;
	uint8_t		says;			/* TVM_SAYS_..., or-ed; the other columns are not read */
	bool		closed;			/* false: open again */
	double		length_m;
	double		speed_kph;
	double		drag;
} TvmOverride;

/* What an override says, put into a segment; one that is absent stays so. */
extern void tvm_override_apply(const TvmOverride *o, TvmSegment *segment);

/*
 * How far each timeline is above `timeline`: height[t] is 0 for itself, 1 for its parent, TVM_NO_TIMELINE
 * for those that are not on its chain, of *length timelines.  TVM_INVALID as tvm_timeline_resolve(); the array is the caller's.
 */
extern TvmStatus tvm_timeline_chain(TvmEnv *env, const uint32_t *parents, size_t timeline_count,
									uint32_t timeline, uint32_t *height, uint32_t *length);

/*
 * Write to resolved[0 .. segment_count) what the segments are like on
 * `timeline`; `resolved` may be `base` itself.  Values are copied unchecked:
 * whoever computes weights from them checks them.  At most one override is
 * expected of a (timeline, segment); of two the later in the array wins.
 *
 * Takes time for the segments, the overrides and the depth of `timeline`, and
 * memory for the timelines and for the overrides on its chain.
 * TVM_INVALID: an index out of range ("parents[2]", "overrides[5].segment",
 * "segments[1].timeline", "timeline"), or parents of `timeline` that go round in
 * a circle.  TVM_NOMEM, TVM_CANCELLED.
 * A failure leaves `resolved` unspecified.
 */
extern TvmStatus tvm_timeline_resolve(TvmEnv *env, const uint32_t *parents, size_t timeline_count,
									  const TvmSegment *base, size_t segment_count,
									  const TvmOverride *overrides, size_t override_count,
									  uint32_t timeline, TvmSegment *resolved);

#endif							/* TVM_TIMELINE_H */
