/*
 * quota.h: how much of the server a principal may take (sql/tables/078-quota.sql).
 *
 * Who is asked about is the caller: his identity, and the role that he has at the moment.  Inside a
 * function that acts as the owner of the tables, that is whoever called it.  A worker asks for whose experiment it runs.
 * What was read is kept until a quota or a membership changes.
 */
#ifndef TV_ACCESS_QUOTA_H
#define TV_ACCESS_QUOTA_H

#include "postgres.h"
#include "datatype/timestamp.h"

/* Those that are asked about from C; each has its row of names in quota.c. */
typedef enum TvQuota
{
	TV_QUOTA_EXPERIMENTS_QUEUED,
	TV_QUOTA_EXPERIMENT_SECONDS,
	TV_QUOTA_CIRCUIT_MEMORY,
	TV_QUOTA_GRAPH_FILES,
	TV_QUOTA_FRAMES_PER_HOUR,
	TV_QUOTA_POSITIONS_PER_HOUR,
	TV_QUOTA_COUNT
} TvQuota;

#define TV_UNLIMITED PG_INT64_MAX

/* What the caller may, or who acts in a role with an identity (NULL: none).  In a transaction. */
extern int64 tv_quota_get(TvQuota kind);
extern int64 tv_quota_of(Oid role, const char *identity, TvQuota kind);

/* The caller's identity, as tv_identity() says, or NULL; as long as nothing else is asked here. */
extern const char *tv_quota_identity(void);

/* What clients call it. */
extern const char *tv_quota_name(TvQuota kind);

/* A principal by a part of a hash of which nobody finds another text. */
extern void tv_quota_hash(const char *principal, uint32 *words);

/* A number of the caller's, by which principals are told apart where it does not matter much. */
extern uint32 tv_quota_principal(void);

/* What is kept is out of date; sent to all sessions when the transaction commits. */
extern void tv_quota_forget(void);

/*
 * 53400: a quota is used up; over HTTP the status 429, with Retry-After.  `retry_s` is when it is worth trying again,
 * 0: as soon as something of the principal's is over, which nobody knows.
 */
extern void tv_report_quota(const char *kind, int64 used, int64 amount, double retry_s) pg_attribute_noreturn();

/*
 * 53400 where more experiments of an identity wait and run than it may have.  Exact: who acts does so alone until his transaction ends,
 * by a lock that no client can take, and what others have committed since his snapshot counts.  The first is for what is queued
 * again; the second for what the caller has inserted, so many, as a submitter, who is another for a superuser alone (NULL: several).
 */
extern void tv_quota_require_queue(const char *identity, const char *role);
extern void tv_quota_require_added(const char *submitter, int64 added);

/*
 * What is counted by the hour without anybody's waiting for another's commit: 53400 where with so much more it were beyond what the caller may.
 * What is rolled back counts, and a restart of the server forgets all.  And how much was used of the hour that is under way, and when it ends; 0: there is none.
 */
extern void tv_quota_charge_hour(TvQuota kind, int64 wanted);
extern int64 tv_quota_hour_used(TvQuota kind, TimestampTz *ends);
extern Size tv_quota_hour_size(void);

/* What is known of principals in shared memory. */
extern Size tv_quota_queue_size(void);

#endif							/* TV_ACCESS_QUOTA_H */
