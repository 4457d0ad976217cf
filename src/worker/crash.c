/*
 * crash.c: whether the server has gone down; see crash.h.
 */
#include "postgres.h"

#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"

#include "bridge/server/compat.h"
#include "worker/crash.h"

/* Later than this after the postmaster no process of a server that has just been started begins. */
#define RESTART_US (5 * USECS_PER_SEC)

static bool went_down = false;

/* What the control file says when the postmaster begins is how the server went down before. */
void
tv_crash_look(void)
{
	bool		intact;
	ControlFileData *control = get_controlfile(DataDir, &intact);

	went_down = !intact || (control->state != DB_SHUTDOWNED && control->state != DB_SHUTDOWNED_IN_RECOVERY);
	pfree(control);
}

/* After a crash the postmaster goes on, and the checkpointer is younger than it. */
static TimestampTz
checkpointer_began(void)
{
	int			count = pgstat_fetch_stat_numbackends();

	for (int i = 1; i <= count; i++)
		if (tv_backend_status(i)->st_backendType == B_CHECKPOINTER)
			return tv_backend_status(i)->st_proc_start_timestamp;
	return 0;
}

TimestampTz
tv_crash_time(void)
{
	TimestampTz began = checkpointer_began();

	if (began > PgStartTime + RESTART_US)
		return began;
	return went_down ? PgStartTime : 0;
}
