/*
 * open_statements.c: statements that are changing a network right now; see open_statements.h.
 */
#include "postgres.h"

#include "access/xact.h"

#include "bridge/server/compat.h"
#include "bridge/network/open_statements.h"

/* The nesting level of the transaction in which each began; deeper ones are not told apart. */
#define MAX_DEPTH 64

/* More than any stack holds: somebody else than a trigger counts, who could count beyond an int. */
#define MOST 1000000

static int	levels[MAX_DEPTH];
static int	depth = 0;
static bool registered = false;

static void
at_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		depth = 0;
}

/* A statement that failed in a subtransaction has no end of its own. */
static void
at_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_ABORT_SUB)
		while (depth > 0 && levels[Min(depth, MAX_DEPTH) - 1] >= level)
			depth--;
}

void
tv_open_statements_begin(void)
{
	if (!registered)
	{
		RegisterXactCallback(at_transaction, NULL);
		RegisterSubXactCallback(at_subtransaction, NULL);
		registered = true;
	}
	if (depth >= MOST)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("too many changes of networks are under way in each other"),
				 errdetail("There are %d.", depth)));
	if (depth < MAX_DEPTH)
		levels[depth] = GetCurrentTransactionNestLevel();
	depth++;
}

void
tv_open_statements_end(void)
{
	if (depth > 0)
		depth--;
}

bool
tv_open_statements_any(void)
{
	return depth > 0;
}
