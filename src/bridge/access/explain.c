/*
 * explain.c: plans, and the estimates in them, are not for clients of PostgREST; see explain.h.
 *
 * How many rows the planner expects it takes from statistics of all rows, those that policies hide among them: how many a
 * private world has, which names, and where.  PostgREST asks for it where a client says Prefer: count=planned, which
 * no setting of PostgREST's forbids.
 */
#include "postgres.h"

#include "tcop/utility.h"

#include "bridge/access/explain.h"
#include "bridge/access/roles.h"

static ProcessUtility_hook_type next_hook = NULL;

static void
guard(PlannedStmt *statement, const char *source, bool read_only, ProcessUtilityContext context, ParamListInfo params,
	  QueryEnvironment *environment, DestReceiver *target, QueryCompletion *completion)
{
	if (IsA(statement->utilityStmt, ExplainStmt) && tv_speaks_for_tokens() && !tv_is_admin())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the planner's estimates are not for clients"),
				 errdetail("They tell of rows that the caller may not see."),
				 errhint("Ask for an exact count: Prefer: count=exact.")));
	(next_hook != NULL ? next_hook : standard_ProcessUtility)
		(statement, source, read_only, context, params, environment, target, completion);
}

void
tv_explain_guard(void)
{
	next_hook = ProcessUtility_hook;
	ProcessUtility_hook = guard;
}
