/*
 * leave.h: when a worker goes, and whether the server starts it again.
 *
 * Who ends it in an orderly way (SIGTERM, tv_stop_worker(), the launcher, a statement
 * that needs the database free) has slot->stop set: what runs is cancelled and queued
 * again as if it had not been begun, and then the worker goes.  A second SIGTERM does
 * not wait for that.
 *
 * A worker of tv_start_worker() is started again by the server, a second later, if it
 * ends with another exit code than 0.  So this is 0 where it shall not come back: it was
 * told to stop, the extension is gone, or it cannot connect, the database being gone or
 * closed.
 */
#ifndef TV_WORKER_LEAVE_H
#define TV_WORKER_LEAVE_H

#include "postgres.h"
#include "worker/shmem.h"

/* Before connecting: the signal handlers, and what becomes of who cannot connect. */
extern void tv_leave_begin(void);

/* Connected, with a slot. */
extern void tv_leave_connected(TvSlot *slot);

/*
 * Does a statement wait for this database to be free (DROP DATABASE, ALTER DATABASE ...
 * RENAME or SET TABLESPACE, use as a template)?  Then go now, and come back.  To be asked
 * whenever there is time: it looks four times a second, and tells how long until the next look.
 */
extern bool tv_leave_if_waited_for(void);
extern long tv_leave_watch_ms(void);

/* Go. */
extern void tv_leave(void) pg_attribute_noreturn();

#endif							/* TV_WORKER_LEAVE_H */
