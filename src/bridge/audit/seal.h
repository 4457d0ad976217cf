/*
 * seal.h: seal what is new in the audit, and look at what is sealed.
 */
#ifndef TV_AUDIT_SEAL_H
#define TV_AUDIT_SEAL_H

#include "postgres.h"

#include "bridge/audit/batch.h"

typedef void (*TvSealMade) (void *target, const TvSeal *seal);

/*
 * At most so many batches, each told to `made`, which may be NULL; the log has a line of each when the
 * transaction commits.  One at a time: others wait.  Nothing as long as a dump is being restored.
 */
extern void tv_audit_seal(int64 batches, TvSealMade made, void *target);

/* The first row that does not hold, from a batch on; false where all do. */
typedef struct TvAuditFault
{
	int64		batch;
	int64		event_id;		/* 0: none */
	const char *what;
} TvAuditFault;

extern bool tv_audit_verify(int64 since, TvAuditFault *fault);

/* In announce.c: a line in the log when the transaction commits. */
extern void tv_audit_announce(const TvSeal *seal);

#endif							/* TV_AUDIT_SEAL_H */
