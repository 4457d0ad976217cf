/*
 * audit.c: the worker seals what is new in the audit; see audit.h.
 */
#include "postgres.h"

#include "bridge/access/owner.h"
#include "bridge/audit/seal.h"
#include "worker/audit.h"

/* In a unit, for a backlog is to hold nobody up. */
#define BATCHES 100

void
tv_audit_unit(TvRunner *runner, void *arg)
{
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_audit_seal(BATCHES, NULL, NULL);
	tv_owner_leave(&owner);
}
