/*
 * loop.h: the background workers: who starts them, and what each does all day.
 */
#ifndef TV_WORKER_LOOP_H
#define TV_WORKER_LOOP_H

#include "postgres.h"
#include "postmaster/bgworker.h"

/* In _PG_init: with shared_preload_libraries, shared memory and the launcher. */
extern void tv_launcher_register(void);

/* Describe a worker of a database; restart_s as in BackgroundWorker. */
extern void tv_worker_describe(BackgroundWorker *worker, Oid database, int restart_s);

/* Entry points, by name, of the server processes. */
extern PGDLLEXPORT void tv_launcher_main(Datum arg);
extern PGDLLEXPORT void tv_worker_main(Datum arg);

#endif							/* TV_WORKER_LOOP_H */
