/*
 * quota_hour.c: what is counted by the hour where nobody is to wait for another's commit; see quota.h.
 *
 * A row of quota_usage is locked until who is charged commits: of devices that report at once for one principal each would wait for the disk of the
 * one before.  So it is counted in shared memory, at once and for good: what is rolled back counts, and a restart forgets it.  Where more principals
 * are charged within an hour than there is room for, the one whose hour began first is forgotten, too.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include "bridge/access/quota.h"
#include "bridge/server/shared.h"

#define HOUR (INT64CONST(3600) * USECS_PER_SEC)
#define PRINCIPALS 64

/* A principal's hour. */
typedef struct Hour
{
	Oid			database;
	uint32		words[2];		/* who it is */
	uint32		kind;
	TimestampTz since;			/* 0: nobody's */
	int64		used;
} Hour;

typedef struct Shared
{
	LWLock		lock;
	Hour		hours[PRINCIPALS];
} Shared;

static Shared *shared = NULL;

Size
tv_quota_hour_size(void)
{
	return MAXALIGN(sizeof(Shared));
}

static void
attach(void)
{
	if (shared != NULL)
		return;
	shared = tv_shared_attach("timevmaps_hours", tv_quota_hour_size(), NULL);
}

/* Also one that the clock, set back since, has not reached. */
static bool
is_over(const Hour *hour, TimestampTz now)
{
	return hour->since == 0 || hour->since > now || hour->since + HOUR <= now;
}

/* The lock is held. His hour that is under way, or NULL, and `room` for one that begins. */
static Hour *
find(const uint32 *words, TvQuota kind, TimestampTz now, Hour **room)
{
	*room = &shared->hours[0];
	for (int i = 0; i < PRINCIPALS; i++)
	{
		Hour	   *hour = &shared->hours[i];
		bool		over = is_over(hour, now);

		if (!over && hour->database == MyDatabaseId && hour->kind == kind && hour->words[0] == words[0] && hour->words[1] == words[1])
			return hour;
		if (!is_over(*room, now) && (over || hour->since < (*room)->since))
			*room = hour;
	}
	return NULL;
}

/* Whoever has no identity is his role. */
static void
hash_caller(uint32 *words)
{
	const char *identity = tv_quota_identity();

	tv_quota_hash(identity != NULL ? identity : GetUserNameFromId(GetOuterUserId(), false), words);
}

uint32
tv_quota_principal(void)
{
	uint32		words[2];

	hash_caller(words);
	return words[0];
}

void
tv_quota_charge_hour(TvQuota kind, int64 wanted)
{
	int64		amount = tv_quota_get(kind);
	TimestampTz now = GetCurrentTimestamp();
	uint32		words[2];
	int64		used;
	TimestampTz since;
	Hour	   *room;
	Hour	   *hour;

	if (amount == TV_UNLIMITED || wanted == 0)
		return;
	attach();
	hash_caller(words);
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	hour = find(words, kind, now, &room);
	if (hour == NULL)
	{
		*room = (Hour) {.database = MyDatabaseId, .words = {words[0], words[1]}, .kind = kind, .since = now};
		hour = room;
	}
	used = hour->used;
	since = hour->since;
	if (used <= amount - wanted)
		hour->used += wanted;
	LWLockRelease(&shared->lock);
	if (used > amount - wanted)
		tv_report_quota(tv_quota_name(kind), used, amount, (since + HOUR - now) / 1e6);
}

int64
tv_quota_hour_used(TvQuota kind, TimestampTz *ends)
{
	TimestampTz now = GetCurrentTimestamp();
	uint32		words[2];
	int64		used = 0;
	Hour	   *room;
	Hour	   *hour;

	attach();
	hash_caller(words);
	*ends = 0;
	LWLockAcquire(&shared->lock, LW_SHARED);
	hour = find(words, kind, now, &room);
	if (hour != NULL)
	{
		used = hour->used;
		*ends = hour->since + HOUR;
	}
	LWLockRelease(&shared->lock);
	return used;
}
