/*
 * session.h: short transactions of a worker, or of a session in CALL tv_work(n).
 *
 * A unit is one transaction: begun, run and committed here, rolled back as a
 * whole where it fails.  Between units a worker has no transaction open, and a
 * session in CALL tv_work(n) has one without a snapshot, so a long computation
 * holds back no cleanup.  Computations run between units, in a slice.
 *
 * A unit runs as tv_owner, to whom the tables belong, and restricted as an index expression
 * is: what others have hung on a table cannot become anybody else, nor put anything off until
 * the context is left, for PostgreSQL refuses to leave a deferred trigger behind in it.  In a
 * worker tv_owner is the session's user too, and the context is left only when the transaction
 * is over.  Where the tables are not tv_owner's a unit is 55000.  What somebody's statements
 * set in a unit ends with it.
 *
 * Units see the search_path pg_catalog alone, and nothing of what ALTER DATABASE or
 * ALTER ROLE set that would change what they do (tv_session_pin).  What must outlive a unit is
 * allocated in runner->job, which lives as long as one experiment.
 */
#ifndef TV_WORKER_SESSION_H
#define TV_WORKER_SESSION_H

#include "postgres.h"
#include "worker/shmem.h"

typedef struct TvRunner
{
	bool		procedure;		/* CALL tv_work(n) */
	TvSlot	   *slot;
	MemoryContext job;			/* reset before each experiment */
} TvRunner;

typedef void (*TvUnit) (TvRunner *runner, void *arg);

/*
 * A worker, connected: from now on no setting of its database's or of the server's
 * changes how its transactions work.  What is the administrator's to choose
 * (memory, planning, logging, and synchronous_commit unless timevmaps.synchronous_commit says it)
 * stays as it is set.
 */
extern void tv_session_pin(void);

/* Run one transaction.  NULL, or what it failed with, allocated in runner->job. */
extern ErrorData *tv_unit(TvRunner *runner, TvUnit unit, void *arg);

/*
 * The same for what runs no statement and touches no table: it reads catalogs, as whoever the process is, so it
 * can find out whether there is anything to run as tv_owner.
 */
extern ErrorData *tv_catalog_unit(TvRunner *runner, TvUnit unit, void *arg);

/*
 * Run a computation that touches no table, catalog or buffer.  NULL, or what it
 * failed with, allocated in runner->job.
 */
extern ErrorData *tv_slice(TvRunner *runner, TvUnit slice, void *arg);

/* In a unit: a statement prepared on first use and kept.  `types` has `count` entries. */
typedef struct TvStatement
{
	const char *text;
	int			count;
	Oid			types[20];
	bool		by_index;		/* planned so, also while the table is small: the plan stays when it has grown */
	void	   *plan;			/* SPIPlanPtr */
} TvStatement;

/*
 * A condition, as the current user: may he write rows of a table?  By privilege, and by its policies, where these
 * bind him: `editable` says in whose worlds.
 */
#define TV_MAY_WRITE(table, privilege, editable) \
	"has_any_column_privilege('timevmaps." table "', '" privilege "')" \
	" AND (NOT row_security_active('timevmaps." table "') OR pg_has_role('tv_admin', 'USAGE') OR (" editable "))"

/* Execute it; a null value has `true` in nulls[], which may be NULL.  Returns rows processed. */
extern uint64 tv_statement(TvStatement *statement, Datum *values, const bool *nulls);

/* Prepare it anew when it is next executed: another type is meant. */
extern void tv_statement_forget(TvStatement *statement);

/* A column, from 1, of its first row; isnull may be NULL where it cannot be. */
extern Datum tv_statement_column(int number, bool *isnull);

/*
 * In a unit: become the submitter of an experiment, by role and identity, until
 * tv_submitter_leave() or the end of the transaction.  42704 where the role is gone.
 * For reading alone, under the policies that bind him, and for asking what he may do: what is
 * written is written as tv_owner.  A submitter who is a superuser reads as tv_owner, too.
 */
typedef struct TvIdentity
{
	Oid			user;
	int			security;
} TvIdentity;

extern void tv_submitter_enter(TvIdentity *saved, const char *role, const char *identity);
extern void tv_submitter_leave(const TvIdentity *saved);

/* In a unit: lock one of our tables for writing if that takes no waiting. */
extern bool tv_may_write_now(const char *table);

#endif							/* TV_WORKER_SESSION_H */
