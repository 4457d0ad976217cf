/*
 * audit.h: the worker seals what is new in the audit.
 */
#ifndef TV_WORKER_AUDIT_H
#define TV_WORKER_AUDIT_H

#include "postgres.h"

#include "worker/session.h"

/* A unit of tv_unit(). */
extern void tv_audit_unit(TvRunner *runner, void *arg);

#endif							/* TV_WORKER_AUDIT_H */
