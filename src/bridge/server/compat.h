/*
 * compat.h: the only place where server versions differ.
 */
#ifndef TV_SERVER_COMPAT_H
#define TV_SERVER_COMPAT_H

#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "utils/acl.h"

#include "replication/message.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"				/* in postgres.h before */
#endif

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 180000
#error "timevmaps supports PostgreSQL 15, 16 and 17"
#endif

/* A record in the write-ahead log that means nothing: where it ends is what counts. */
static inline XLogRecPtr
tv_log_message(const char *prefix, const char *message, Size size)
{
#if PG_VERSION_NUM >= 170000
	return LogLogicalMessage(prefix, message, size, false, false);
#else
	return LogLogicalMessage(prefix, message, size, false);
#endif
}

/* What the n-th process does, from 1. */
#if PG_VERSION_NUM >= 160000
#define tv_backend_status(n) (&pgstat_get_local_beentry_by_index(n)->backendStatus)
#else
#define tv_backend_status(n) (&pgstat_fetch_stat_local_beentry(n)->backendStatus)
#endif

/* The sequence of an identity column, or InvalidOid. */
#if PG_VERSION_NUM >= 170000
#define tv_identity_sequence(table, column) getIdentitySequence(table, column, true)
#else
#define tv_identity_sequence(table, column) getIdentitySequence(RelationGetRelid(table), column, true)
#endif

/* Whether a role may call a function. */
#if PG_VERSION_NUM >= 160000
#define tv_may_execute(function, role) (object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK)
#else
#define tv_may_execute(function, role) (pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK)
#endif

#endif							/* TV_SERVER_COMPAT_H */
