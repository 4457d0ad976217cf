/*
 * clock.c: the workers' clock and backoff; see clock.h.
 */
#include "postgres.h"

#include "bridge/server/guc.h"
#include "common/hashfn.h"
#include "worker/clock.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS (5 * 60 * 1000)
#define LOOK_EVERY_US (800 * 1000)
#define TELL_EVERY_MS (60 * 1000)

TimestampTz
tv_clock_now(void)
{
	return GetCurrentTimestamp() + (TimestampTz) tv_clock_offset_s * USECS_PER_SEC;
}

int64
tv_clock_backoff_ms(int attempts, int64 id)
{
	int64		delay = BACKOFF_FIRST_MS;

	for (int i = 1; i < attempts && delay < BACKOFF_MOST_MS; i++)
		delay *= 2;
	delay = Min(delay, BACKOFF_MOST_MS);
	return delay + murmurhash32((uint32) id ^ (uint32) (id >> 32)) % (uint32) (delay / 4);
}

bool
tv_clock_tell(TimestampTz *told_at)
{
	TimestampTz now = GetCurrentTimestamp();

	/* Set back meanwhile, it would be silent for the difference. */
	if (*told_at != 0 && *told_at <= now && !TimestampDifferenceExceeds(*told_at, now, TELL_EVERY_MS))
		return false;
	*told_at = now;
	return true;
}

TimestampTz
tv_clock_look_next(TimestampTz began)
{
	TimestampTz now = GetCurrentTimestamp();

	return now + Max(LOOK_EVERY_US, 100 * (now - began));
}
