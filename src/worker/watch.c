/*
 * watch.c: what is looked at while an experiment runs; see watch.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "bridge/server/env.h"
#include "worker/leave.h"
#include "worker/watch.h"

#define WATCH_EVERY_MS 100

static TvSlot *watched = NULL;	/* NULL: nothing runs */
static bool leaves = false;		/* a worker, which may have to go */
static TvHowFar how_far = NULL;
static const void *running = NULL;

static void
look(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (watched == NULL)
		return;
	if (how_far != NULL)
	{
		TvProgress	progress = {0};

		how_far(running, &progress);
		progress.at = now;
		tv_slot_set_progress(watched, &progress);
	}
	if (leaves && tv_leave_if_waited_for())
		InterruptPending = QueryCancelPending = true;
}

/* In a signal handler. */
static void
at_watch(void)
{
	tv_env_look_due = true;
}

static TimeoutId
watch_timeout(void)
{
	static TimeoutId id = MAX_TIMEOUTS;

	if (id == MAX_TIMEOUTS)
	{
		id = RegisterTimeout(USER_TIMEOUT, at_watch);
		tv_env_look = look;
	}
	return id;
}

void
tv_watch_begin(const TvRunner *runner)
{
	TimestampTz now = GetCurrentTimestamp();

	watched = runner->slot;
	leaves = !runner->procedure;
	enable_timeout_every(watch_timeout(), TimestampTzPlusMilliseconds(now, WATCH_EVERY_MS), WATCH_EVERY_MS);
}

void
tv_watch_end(void)
{
	disable_timeout(watch_timeout(), false);
	tv_watch_progress(NULL, NULL);
	watched = NULL;
}

void
tv_watch_progress(TvHowFar look_at, const void *run)
{
	how_far = look_at;
	running = run;
}
