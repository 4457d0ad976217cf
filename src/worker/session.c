/*
 * session.c: short transactions of a worker or of a session; see session.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "bridge/access/owner.h"
#include "bridge/server/env.h"
#include "bridge/server/guc.h"
#include "worker/session.h"

typedef struct Pin
{
	const char *name;
	const char *value;
} Pin;

/* What statements of a unit mean. */
static const Pin unit_pins[] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"row_security", "on"},		/* off, a policy that binds the submitter is an error */
	{"session_replication_role", "origin"}, /* replica, no trigger fires: not the queue's either */
	{"transform_null_equals", "off"},
	{"array_nulls", "on"},
	{"standard_conforming_strings", "on"},
	{"extra_float_digits", "1"},	/* less, results would be rounded */
	{"bytea_output", "hex"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
};

/* What the transactions of a worker are.  A session's own are as it wants them, but see isolate(). */
static const Pin worker_pins[] = {
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_read_only", "off"},
	{"default_transaction_deferrable", "off"},
	{"statement_timeout", "0"},
	/* Clients lock rows of theirs: nobody keeps a worker from all others.  The attempt is made again. */
	{"lock_timeout", "10s"},
	{"idle_in_transaction_session_timeout", "0"},
	{"transaction_timeout", "0"},	/* since version 17 */
	{"lc_messages", "C"},		/* errors are kept in the queue, for clients */
};

static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

/* Setting even what is set already costs, and forgets plans. */
static void
pin_unit(void)
{
	for (int i = 0; i < lengthof(unit_pins); i++)
	{
		const char *now = GetConfigOption(unit_pins[i].name, false, false);

		if (strcmp(now, unit_pins[i].value) != 0)
			set_local(unit_pins[i].name, unit_pins[i].value);
	}
}

void
tv_session_pin(void)
{
	for (int i = 0; i < lengthof(worker_pins); i++)
		if (GetConfigOption(worker_pins[i].name, true, false) != NULL)
			SetConfigOption(worker_pins[i].name, worker_pins[i].value, PGC_SUSET, PGC_S_OVERRIDE);
	for (int i = 0; i < lengthof(unit_pins); i++)
		SetConfigOption(unit_pins[i].name, unit_pins[i].value, PGC_SUSET, PGC_S_OVERRIDE);
}

/*
 * The queue is made for read committed: under stricter isolation two claimers fail each
 * other.  A transaction that has just begun, as each of a procedure's has after the
 * first, can still be made so.
 */
static void
isolate(void)
{
	if (!FirstSnapshotSet)
	{
		XactIsoLevel = XACT_READ_COMMITTED;
		XactDeferrable = false;
	}
}

static ErrorData *
keep_error(TvRunner *runner)
{
	ErrorData  *error;

	MemoryContextSwitchTo(runner->job);
	error = CopyErrorData();
	FlushErrorState();
	return error;
}

/* -------------------------------------------------------------------- units */

/*
 * A worker is connected as the superuser who made the cluster, for a role that may not log in cannot
 * connect.  A rollback makes it current again, until the next unit.
 */
static void
become_session_user(Oid owner)
{
	if (MyBackendType == B_BG_WORKER && (GetSessionUserId() != owner || GetUserId() != owner))
		SetSessionAuthorization(owner, false);
}

static void
become_owner(TvIdentity *saved)
{
	Oid			owner = tv_owner_require();

	become_session_user(owner);
	GetUserIdAndSecContext(&saved->user, &saved->security);
	SetUserIdAndSecContext(owner, saved->security | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
}

/* A constraint that is deferred would be refused here: it is checked at once. */
static void
check_constraints_at_once(void)
{
	ConstraintsSetStmt *all = makeNode(ConstraintsSetStmt);

	AfterTriggerSetState(all);
}

/* As tv_owner.  What a statement of others has set goes with what is pinned. */
static void
run_as_owner(TvRunner *runner, TvUnit unit, void *arg)
{
	int			nest;

	SPI_connect();				/* what statements return goes with it */
	nest = NewGUCNestLevel();
	pin_unit();
	PushActiveSnapshot(GetTransactionSnapshot());
	check_constraints_at_once();
	unit(runner, arg);
	PopActiveSnapshot();
	AtEOXact_GUC(false, nest);
	SPI_finish();
}

/*
 * What the commit of this transaction waits for.  A process on its way out waits for no standby: it has chosen.
 */
static void
pin_commit(void)
{
	const char *wanted = tv_synchronous_commit_name();

	if (wanted == NULL || proc_exit_inprogress || strcmp(GetConfigOption("synchronous_commit", false, false), wanted) == 0)
		return;
	(void) set_config_option("synchronous_commit", wanted, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/* A transaction of its own. */
static ErrorData *
own_transaction(TvRunner *runner, TvUnit unit, void *arg, bool as_owner)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		if (as_owner)
		{
			TvIdentity	saved;

			pin_commit();
			become_owner(&saved);
			run_as_owner(runner, unit, arg);
			CommitTransactionCommand();
			SetUserIdAndSecContext(saved.user, saved.security);
		}
		else
		{
			unit(runner, arg);
			CommitTransactionCommand();
		}
	}
	PG_CATCH();
	{
		error = keep_error(runner);
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	pgstat_report_stat(false);
	return error;
}

/*
 * In a procedure a transaction is always open: the unit is a subtransaction of
 * it, so that a failure leaves SPI, user and settings as they were, and then the
 * transaction is ended.
 */
static ErrorData *
unit_of_procedure(TvRunner *runner, TvUnit unit, void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;
	volatile bool inside = false;

	PG_TRY();
	{
		TvIdentity	saved;

		isolate();
		pin_commit();
		BeginInternalSubTransaction(NULL);
		inside = true;
		MemoryContextSwitchTo(caller);
		become_owner(&saved);
		run_as_owner(runner, unit, arg);
		SetUserIdAndSecContext(saved.user, saved.security);
		ReleaseCurrentSubTransaction();
		inside = false;
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		SPI_commit();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = keep_error(runner);
		if (inside)
		{
			RollbackAndReleaseCurrentSubTransaction();
			MemoryContextSwitchTo(caller);
			CurrentResourceOwner = owner;
			SPI_rollback();
		}
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	return error;
}

ErrorData *
tv_unit(TvRunner *runner, TvUnit unit, void *arg)
{
	return runner->procedure
		? unit_of_procedure(runner, unit, arg) : own_transaction(runner, unit, arg, true);
}

ErrorData *
tv_catalog_unit(TvRunner *runner, TvUnit unit, void *arg)
{
	return own_transaction(runner, unit, arg, false);
}

/* Since version 17 an owner cannot be used again once its release has begun. */
static void
release_slice_owner(ResourceOwner owner, bool success)
{
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_BEFORE_LOCKS, success, true);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_LOCKS, success, true);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_AFTER_LOCKS, success, true);
	ResourceOwnerDelete(owner);
}

/*
 * Between transactions there is no resource owner, and server code that needs
 * one (a cryptographic hash does) would crash: a slice has its own.
 */
ErrorData *
tv_slice(TvRunner *runner, TvUnit slice, void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ResourceOwner slice_owner = ResourceOwnerCreate(NULL, "timevmaps slice");
	ErrorData  *volatile error = NULL;

	MemoryContextSwitchTo(runner->job);
	CurrentResourceOwner = slice_owner;
	PG_TRY();
	{
		tv_env_look_if_due();
		slice(runner, arg);
	}
	PG_CATCH();
	{
		error = keep_error(runner);
	}
	PG_END_TRY();
	CurrentResourceOwner = owner;
	release_slice_owner(slice_owner, error == NULL);
	MemoryContextSwitchTo(caller);
	return error;
}

/*
 * With the planner's settings of it: they are read when a plan is made, which may be at any time.  Not by the settings'
 * own machinery, which takes longer than most of these statements do.
 */
static int
execute(TvStatement *statement, Datum *values, const char *marks)
{
	const bool	seqscan = enable_seqscan;
	const bool	bitmapscan = enable_bitmapscan;
	volatile int result = 0;

	if (!statement->by_index)
		return SPI_execute_plan(statement->plan, values, marks, false, 0);
	PG_TRY();
	{
		enable_seqscan = enable_bitmapscan = false;
		result = SPI_execute_plan(statement->plan, values, marks, false, 0);
	}
	PG_FINALLY();
	{
		enable_seqscan = seqscan;
		enable_bitmapscan = bitmapscan;
	}
	PG_END_TRY();
	return result;
}

uint64
tv_statement(TvStatement *statement, Datum *values, const bool *nulls)
{
	char		marks[lengthof(statement->types)];

	if (statement->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(statement->text, statement->count, statement->types);

		if (plan == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("a statement of the queue could not be prepared"),
					 errdetail("%s", SPI_result_code_string(SPI_result))));
		SPI_keepplan(plan);
		statement->plan = plan;
	}
	for (int i = 0; i < statement->count; i++)
		marks[i] = nulls != NULL && nulls[i] ? 'n' : ' ';
	if (execute(statement, values, marks) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("a statement of the queue could not be executed")));
	return SPI_processed;
}

void
tv_statement_forget(TvStatement *statement)
{
	if (statement->plan != NULL)
		SPI_freeplan(statement->plan);
	statement->plan = NULL;
}

Datum
tv_statement_column(int number, bool *isnull)
{
	bool		ignored;

	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, number,
						 isnull != NULL ? isnull : &ignored);
}

void
tv_submitter_enter(TvIdentity *saved, const char *role, const char *identity)
{
	Oid			user = get_role_oid(role, true);

	if (!OidIsValid(user))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role that submitted this experiment is gone"),
				 errdetail("There is no role \"%s\".", role)));

	/* What tv_identity() goes by in the session of a worker or an administrator. */
	set_local("timevmaps.identity", identity);

	GetUserIdAndSecContext(&saved->user, &saved->security);
	if (!superuser_arg(user))
		SetUserIdAndSecContext(user, SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
}

void
tv_submitter_leave(const TvIdentity *saved)
{
	SetUserIdAndSecContext(saved->user, saved->security);
	set_local("timevmaps.identity", "");
}

bool
tv_may_write_now(const char *table)
{
	Oid			relation = get_relname_relid(table, get_namespace_oid("timevmaps", false));

	return OidIsValid(relation) && ConditionalLockRelationOid(relation, RowExclusiveLock);
}
