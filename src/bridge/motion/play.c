/*
 * play.c: which moments of a range are shown as frames, and when; see play.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/motion/play.h"
#include "bridge/server/env.h"

/* What a moment may be too early by, for the rounding of times and of sums: 2 microseconds. */
#define SLACK_S 2e-6

static double
seconds(TimestampTz from, TimestampTz to)
{
	return (to - from) / (double) USECS_PER_SEC;
}

void
tv_play_begin(TvPlay *play, MemoryContext context, TimestampTz from, TimestampTz to, double step_s, double idle_s)
{
	*play = (TvPlay) {.context = context, .from = from, .to = to, .step_s = step_s, .idle_s = idle_s};
}

/* Add a stretch to a list in order, or to its last one where little is between them. */
static void
append(const TvPlay *play, TvSpell *list, uint32 *count, const TvSpell *spell)
{
	TvSpell    *last = *count == 0 ? NULL : &list[*count - 1];

	if (last != NULL && seconds(last->to, spell->from) <= play->idle_s)
		last->to = Max(last->to, spell->to);
	else
		list[(*count)++] = *spell;
}

void
tv_play_add(TvPlay *play, const TvSpell *moving, uint32 count)
{
	TvSpell    *merged;
	uint32		merged_count = 0;
	uint32		i = 0;

	if (count == 0)
		return;
	merged = MemoryContextAllocHuge(play->context, sizeof(TvSpell) * ((Size) play->count + count));
	for (uint32 j = 0; i < play->count || j < count;)
	{
		if (j == count || (i < play->count && play->moving[i].from <= moving[j].from))
			append(play, merged, &merged_count, &play->moving[i++]);
		else
			append(play, merged, &merged_count, &moving[j++]);
	}
	if (play->moving != NULL)
		pfree(play->moving);
	play->moving = merged;
	play->count = merged_count;
}

void
tv_play_make(TvPlay *play)
{
	TimestampTz at = play->from;
	double		play_s = 0;

	if (isinf(play->idle_s))
		return;
	play->idle = MemoryContextAllocHuge(play->context, sizeof(TvSpell) * ((Size) play->count + 1));
	for (uint32 i = 0; i <= play->count; i++)
	{
		TimestampTz next = i < play->count ? play->moving[i].from : play->to;

		if (seconds(at, next) > play->idle_s)
		{
			play->idle[play->idle_count++] = (TvSpell) {.from = at, .to = next, .play_s = play_s};
			play_s += play->idle_s;
		}
		else
			play_s += seconds(at, next);
		if (i < play->count)
		{
			play_s += seconds(play->moving[i].from, play->moving[i].to);
			at = play->moving[i].to;
		}
	}
}

/* Frames -------------------------------------------------------------------- */

static TimestampTz
time_of(const TvPlay *play, uint64 k)
{
	double		ahead = rint(k * play->step_s * USECS_PER_SEC);

	/* Beyond the range, however far. */
	return ahead > play->to - play->from ? play->to + 1 : play->from + (TimestampTz) ahead;
}

/* The last shortened stretch that begins at or before t, or NULL. */
static const TvSpell *
find_idle(const TvPlay *play, TimestampTz t)
{
	uint32		low = 0;
	uint32		high = play->idle_count;

	while (low < high)
	{
		uint32		middle = (low + high) / 2;

		if (play->idle[middle].from <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &play->idle[low - 1];
}

static double
shown_at(const TvPlay *play, TimestampTz t)
{
	const TvSpell *idle = find_idle(play, t);

	if (idle == NULL)
		return seconds(play->from, t);
	if (t >= idle->to)
		return idle->play_s + play->idle_s + seconds(idle->to, t);
	return idle->play_s + play->idle_s * (seconds(idle->from, t) / seconds(idle->from, idle->to));
}

void
tv_play_first(const TvPlay *play, TvFrameTime *frame)
{
	*frame = (TvFrameTime) {.k = 0, .t = play->from, .play_s = 0};
}

/* Of the moments in a shortened stretch, the first that is shown a step after the frame, or the first beyond. */
static uint64
pass_idle(const TvPlay *play, const TvSpell *idle, const TvFrameTime *frame)
{
	double		wanted_s = frame->play_s + play->step_s - idle->play_s;
	double		in_s = seconds(idle->from, idle->to);
	double		ahead_s = play->idle_s > 0 ? Min(wanted_s / play->idle_s, 1) * in_s : in_s;
	double		k = ceil((seconds(play->from, idle->from) + ahead_s - SLACK_S) / play->step_s);

	return (uint64) Max(k, (double) frame->k + 1);
}

bool
tv_play_next(const TvPlay *play, TvFrameTime *frame)
{
	uint64		k = frame->k + 1;
	const TvSpell *idle;

	if (time_of(play, k) > play->to)
		return false;
	idle = find_idle(play, time_of(play, k));
	if (idle != NULL && time_of(play, k) < idle->to)
		k = pass_idle(play, idle, frame);
	if (time_of(play, k) > play->to)
		return false;
	*frame = (TvFrameTime) {.k = k, .t = time_of(play, k), .play_s = shown_at(play, time_of(play, k))};
	return true;
}

double
tv_play_count(const TvPlay *play, double most)
{
	TvFrameTime frame;
	double		count = 1;

	if (play->idle_count == 0)
		return floor((seconds(play->from, play->to) + SLACK_S / 2) / play->step_s) + 1;
	tv_play_first(play, &frame);
	while (count <= most && tv_play_next(play, &frame))
	{
		tv_interrupts_at((uint64) count);
		count++;
	}
	return count <= most ? count : shown_at(play, play->to) / play->step_s;
}
