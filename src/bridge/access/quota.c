/*
 * quota.c: how much of the server a principal may take; see quota.h.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "bridge/access/quota.h"
#include "bridge/server/error.h"
#include "bridge/server/guc.h"
#include "bridge/server/internal.h"

static const char *const names[TV_QUOTA_COUNT] = {
	[TV_QUOTA_EXPERIMENTS_QUEUED] = "experiments_queued",
	[TV_QUOTA_EXPERIMENT_SECONDS] = "experiment_seconds",
	[TV_QUOTA_CIRCUIT_MEMORY] = "circuit_memory",
	[TV_QUOTA_GRAPH_FILES] = "graph_files",
	[TV_QUOTA_FRAMES_PER_HOUR] = "frames_per_hour",
	[TV_QUOTA_POSITIONS_PER_HOUR] = "positions_per_hour"
};

/* What is kept ----------------------------------------------------------------- */

/* Whose quotas were read last, and which of them. */
typedef struct Grantee
{
	Oid			role;
	char	   *identity;		/* NULL: none */
	bool		known[TV_QUOTA_COUNT];
	int64		amount[TV_QUOTA_COUNT];
} Grantee;

static Grantee grantee;

/* Who the caller was last, and what of the session said so. */
typedef struct Session
{
	bool		known;
	Oid			user;
	Oid			role;
	Oid			acts;			/* who acts: other than the role within what acts as its owner */
	bool		server;			/* that has checked tokens: nobody else's claims count */
	char	   *claims;
	char	   *acts_as;
	char	   *identity;
} Session;

static Session session;

static Oid	quotas = InvalidOid;

/* Counts what makes it doubtful, which may happen while it is being read. */
static uint64 doubts = 0;

static void
forget_all(void)
{
	doubts++;
	memset(grantee.known, 0, sizeof(grantee.known));
	session.known = false;
}

static void
forget_relation(Datum arg, Oid relation)
{
	if (OidIsValid(relation) && relation != quotas)
		return;
	quotas = InvalidOid;
	forget_all();
}

static void
forget_roles(Datum arg, int cache, uint32 hash)
{
	forget_all();
}

static Oid
find_quotas(void)
{
	static bool registered = false;
	Oid			schema;

	if (OidIsValid(quotas))
		return quotas;
	if (!registered)
	{
		CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHOID, forget_roles, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, forget_roles, (Datum) 0);
		registered = true;
	}
	schema = get_namespace_oid("timevmaps", true);
	quotas = OidIsValid(schema) ? get_relname_relid("quotas", schema) : InvalidOid;
	return quotas;
}

void
tv_quota_forget(void)
{
	if (OidIsValid(find_quotas()))
		CacheInvalidateRelcacheByRelid(quotas);
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
keep(char **kept, const char *text)
{
	char	   *copy = text == NULL ? NULL : MemoryContextStrdup(TopMemoryContext, text);

	if (*kept != NULL)
		pfree(*kept);
	*kept = copy;
}

const char *
tv_quota_name(TvQuota kind)
{
	return names[kind];
}

void
tv_quota_hash(const char *principal, uint32 *words)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) principal, strlen(principal)) < 0 ||
		pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not hash an identity")));
	pg_cryptohash_free(hash);
	memcpy(words, digest, sizeof(uint32) * 2);
}

/* Who is asking ---------------------------------------------------------------- */

/* The current user; inside what acts as the owner of the tables, whoever called it. */
static Oid
caller(void)
{
	Oid			user = GetUserId();
	HeapTuple	tuple;

	if (user == GetOuterUserId() || !OidIsValid(quotas))
		return user;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(quotas));
	if (HeapTupleIsValid(tuple))
	{
		if (((Form_pg_class) GETSTRUCT(tuple))->relowner == user)
			user = GetOuterUserId();
		ReleaseSysCache(tuple);
	}
	return user;
}

static bool
is_server(void)
{
	Oid			role = get_role_oid("tv_authenticator", true);

	return OidIsValid(role) && is_member_of_role_nosuper(GetSessionUserId(), role);
}

static const char *
claims_of_session(void)
{
	return session.server ? GetConfigOption("request.jwt.claims", true, false) : NULL;
}

/* What tv_identity() looks at beside the roles; every one that it does must be here. */
const char *
tv_quota_identity(void)
{
	uint64		before = doubts;
	FmgrInfo	function;
	LOCAL_FCINFO(fcinfo, 0);
	Datum		identity;
	Oid			id;

	if (session.known && session.user == GetSessionUserId() && session.role == GetOuterUserId() && session.acts == caller() &&
		same(session.claims, claims_of_session()) && same(session.acts_as, tv_acts_as))
		return session.identity;
	session.known = false;
	id = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("tv_identity"),
						 PointerGetDatum(buildoidvector(NULL, 0)), ObjectIdGetDatum(get_namespace_oid("timevmaps", false)));
	if (!OidIsValid(id))
		return NULL;
	fmgr_info(id, &function);
	InitFunctionCallInfoData(*fcinfo, &function, 0, DEFAULT_COLLATION_OID, NULL, NULL);
	PushActiveSnapshot(GetTransactionSnapshot());
	identity = FunctionCallInvoke(fcinfo);
	PopActiveSnapshot();
	session.server = is_server();
	keep(&session.claims, claims_of_session());
	keep(&session.acts_as, tv_acts_as);
	keep(&session.identity, fcinfo->isnull ? NULL : TextDatumGetCString(identity));
	session.user = GetSessionUserId();
	session.role = GetOuterUserId();
	session.acts = caller();
	session.known = before == doubts;
	return session.identity;
}

/* What he may -------------------------------------------------------------------- */

int64
tv_quota_of(Oid role, const char *identity, TvQuota kind)
{
	const Oid	types[] = {TEXTOID, NAMEOID, TEXTOID};
	char	   *role_name;
	Datum		values[3];
	bool		nulls[3] = {identity == NULL, false, false};
	bool		none;
	uint64		before = doubts;
	Datum		amount;

	if (!OidIsValid(find_quotas()))
		return TV_UNLIMITED;
	if (grantee.role != role || !same(grantee.identity, identity))
	{
		memset(grantee.known, 0, sizeof(grantee.known));
		keep(&grantee.identity, identity);
		grantee.role = role;
	}
	if (grantee.known[kind])
		return grantee.amount[kind];
	role_name = GetUserNameFromId(role, true);
	if (role_name == NULL)
		return TV_UNLIMITED;
	values[0] = identity == NULL ? (Datum) 0 : CStringGetTextDatum(identity);
	values[1] = DirectFunctionCall1(namein, CStringGetDatum(role_name));
	values[2] = CStringGetTextDatum(names[kind]);
	amount = tv_internal_ask("tv_quota", 3, types, values, nulls, &none);
	grantee.amount[kind] = none ? TV_UNLIMITED : DatumGetInt64(amount);
	/* Parallel processes read by their leader's snapshot, which may be older than the last change. */
	grantee.known[kind] = before == doubts && !IsInParallelMode();
	return grantee.amount[kind];
}

/*
 * Whoever has no limit by his role needs no identity looked up, and superusers ask most often.
 */
int64
tv_quota_get(TvQuota kind)
{
	Oid			user;

	if (!OidIsValid(find_quotas()))
		return TV_UNLIMITED;
	user = caller();
	if (superuser_arg(user))
		return TV_UNLIMITED;
	return tv_quota_of(user, tv_quota_identity(), kind);
}

/* Used up ------------------------------------------------------------------------ */

/* Whether a server for HTTP asks, whose answer is made by SQLSTATE PGRST. */
static bool
is_request(void)
{
	const char *method = GetConfigOption("request.method", true, false);

	return method != NULL && method[0] != '\0' && is_server();
}

static char *
quoted(const char *text)
{
	StringInfoData json;

	initStringInfo(&json);
	escape_json(&json, text);
	return json.data;
}

#define RETRY_S 60				/* where nobody knows */

void
tv_report_quota(const char *kind, int64 used, int64 amount, double retry_s)
{
	const char *message = "a quota is used up";
	const char *hint = "Try again later, or ask an administrator for more.";
	char	   *detail = psprintf("%s: " INT64_FORMAT " used, " INT64_FORMAT " allowed.", kind, used, amount);

	if (is_request())
		ereport(ERROR,
				(errcode(TV_ERRCODE_RESPONSE),
				 errmsg("{\"code\": \"53400\", \"message\": %s, \"details\": %s, \"hint\": %s}",
						quoted(message), quoted(detail), quoted(hint)),
				 errdetail("{\"status\": 429, \"headers\": {\"Retry-After\": \"%.0f\"}}",
						   retry_s > 0 ? ceil(Min(retry_s, 1e9)) : RETRY_S)));
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("%s", message),
			 errdetail("%s", detail),
			 errhint("%s", hint)));
}
