/*
 * guc.c: the settings.  Limits that protect the server are for superusers to
 * raise (PGC_SUSET); those of the worker change on reload.
 */
#include "postgres.h"

#include <limits.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"

#include "bridge/server/guc.h"
#include "kernel/quantum/simd/simd.h"

char	   *tv_databases = NULL;
int			tv_workers = 1;
int			tv_circuit_memory_kb = 1024 * 1024;
int			tv_graph_memory_kb = 1024 * 1024;
int			tv_running_per_world = 0;
int			tv_job_timeout_ms = 3600 * 1000;
int			tv_long_requests = 5;
int			tv_retention_s = 0;
int			tv_event_retention_s = 7 * 24 * 3600;
int			tv_position_retention_s = 0;
bool		tv_prepared_graph = true;
int			tv_clock_offset_s = 0;
char	   *tv_acts_as = NULL;
double		tv_notify_share = 0.5;

static int	simd = TVM_SIMD_AUTO;
static const struct config_enum_entry simd_names[] = {
	{"auto", TVM_SIMD_AUTO, false},
	{"portable", TVM_SIMD_PORTABLE, false},
	{"avx2", TVM_SIMD_AVX2, false},
	{"avx512", TVM_SIMD_AVX512, false},
	{NULL, 0, false}
};

#define TV_SERVERS_COMMIT (-1)
static int	synchronous = TV_SERVERS_COMMIT;
static const struct config_enum_entry commit_names[] = {
	{"", TV_SERVERS_COMMIT, false},
	{"off", SYNCHRONOUS_COMMIT_OFF, false},
	{"local", SYNCHRONOUS_COMMIT_LOCAL_FLUSH, false},
	{"remote_write", SYNCHRONOUS_COMMIT_REMOTE_WRITE, false},
	{"on", SYNCHRONOUS_COMMIT_REMOTE_FLUSH, false},
	{"remote_apply", SYNCHRONOUS_COMMIT_REMOTE_APPLY, false},
	{NULL, 0, false}
};

const char *
tv_synchronous_commit_name(void)
{
	for (int i = 1; commit_names[i].name != NULL; i++)
		if (commit_names[i].val == synchronous)
			return commit_names[i].name;
	return NULL;
}

static bool
check_simd(int *value, void **extra, GucSource source)
{
	if (tvm_simd_available(*value))
		return true;
	GUC_check_errdetail("This processor does not have %s.", tvm_simd_name(*value));
	return false;
}

static void
assign_simd(int value, void *extra)
{
	(void) tvm_simd_choose(value);
}

static bool
is_administrator(Oid user)
{
	Oid			admin = get_role_oid("tv_admin", true);

	return superuser_arg(user) || user == get_role_oid("tv_owner", true) ||
		(OidIsValid(admin) && is_member_of_role(user, admin));
}

/*
 * An administrator says it, in his session: not the owner of the database or whoever may alter his role for him beforehand, nor
 * code of others that runs there with their own rights, as an index's function does where a table is analysed.
 */
static bool
check_identity(char **value, void **extra, GucSource source)
{
	if (*value == NULL || **value == '\0')
		return true;
	if ((source > PGC_S_DEFAULT && source < PGC_S_CLIENT) || source == PGC_S_TEST)
	{
		GUC_check_errdetail("It is set in a session, for that session.");
		return false;
	}
	if (InitializingParallelWorker || !IsTransactionState() || GetUserId() == GetOuterUserId() ||
		is_administrator(GetUserId()) || !is_administrator(GetSessionUserId()))
		return true;
	GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
	GUC_check_errdetail("Who is no administrator does not say it in an administrator's session.");
	return false;
}

void
tv_guc_define(void)
{
	DefineCustomStringVariable("timevmaps.databases",
							   "Databases that the preloaded worker serves.",
							   "Comma-separated; empty: every one that has the extension.",
							   &tv_databases, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.workers",
							"Workers for each database.", NULL,
							&tv_workers, 1, 0, 64, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.running_per_world",
							"Experiments of one world that may run at once.",
							"0: as many as there are workers.",
							&tv_running_per_world, 0, 0, 1000, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.circuit_memory",
							"The most memory that one circuit may take.",
							"Computed before the circuit runs.",
							&tv_circuit_memory_kb, 1024 * 1024, 64, INT_MAX,
							PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.graph_memory",
							"The most memory that building one graph may take.", NULL,
							&tv_graph_memory_kb, 1024 * 1024, 1024, INT_MAX,
							PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.job_timeout",
							"Time limit of one experiment.",
							"timeout_s of its params only lowers it; 0: no limit.",
							&tv_job_timeout_ms, 3600 * 1000, 0, INT_MAX,
							PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.long_requests",
							"Requests over HTTP of one identity that may take their time at once.",
							"0: all. What is beyond has 250 ms for each statement.",
							&tv_long_requests, 5, 0, 1000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.retention",
							"Age after which finished experiments' frames and results are dropped.",
							"0: never.",
							&tv_retention_s, 0, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomEnumVariable("timevmaps.synchronous_commit",
							 "What the queue's commits wait for.",
							 "As synchronous_commit, which it is where this is empty.",
							 &synchronous, TV_SERVERS_COMMIT, commit_names,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.event_retention",
							"Age after which a day's events are dropped from their log.",
							"0: never.",
							&tv_event_retention_s, 7 * 24 * 3600, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.position_retention",
							"Age after which a day's positions are dropped.",
							"0: never.",
							&tv_position_retention_s, 0, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("timevmaps.clock_offset",
							"How far the queue's clock is ahead.",
							"For tests, which then need not wait.",
							&tv_clock_offset_s, 0, INT_MIN, INT_MAX,
							PGC_SUSET, GUC_UNIT_S | GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE,
							NULL, NULL, NULL);
	/* Read by timevmaps.tv_identity(), which knows whose sessions may say it. */
	DefineCustomStringVariable("timevmaps.identity",
							   "Who an administrator acts as.",
							   "Empty: the role of the session. It counts for nobody else.",
							   &tv_acts_as, "", PGC_USERSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   check_identity, NULL, NULL);
	DefineCustomRealVariable("timevmaps.notify_share",
							 "How full the queue of notifications may be for events to be sent.",
							 "For tests, which then need not fill half of it.",
							 &tv_notify_share, 0.5, 0, 1,
							 PGC_SUSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("timevmaps.prepared_graph",
							 "Plan routes on prepared graphs.",
							 "Off: read the tables for each route; the answers are the same.",
							 &tv_prepared_graph, true, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("timevmaps.simd",
							 "Vector instructions that circuits run with.",
							 "auto: the widest that the processor has; results differ in the last bits.",
							 &simd, TVM_SIMD_AUTO, simd_names, PGC_USERSET, 0, check_simd, assign_simd, NULL);
	MarkGUCPrefixReserved("timevmaps");
}
