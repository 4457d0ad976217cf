/*
 * error.c: kernel errors as server errors; see error.h.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "postmaster/bgworker.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"

static int
errcode_of(TvmStatus status)
{
	switch (status)
	{
		case TVM_NOMEM:
			return ERRCODE_OUT_OF_MEMORY;
		case TVM_INVALID:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case TVM_DOMAIN:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case TVM_LIMIT:
			return TV_ERRCODE_TOO_LARGE;
		case TVM_OK:
		case TVM_CANCELLED:
			break;
	}
	return ERRCODE_INTERNAL_ERROR;
}

/* The most of a client's text that a path or a detail repeats, in bytes. */
#define QUOTE_MAX 1000

char *
tv_cut(const char *text)
{
	int			length = strlen(text);

	return length <= QUOTE_MAX ? pstrdup(text)
		: psprintf("%.*s...", pg_mbcliplen(text, length, QUOTE_MAX), text);
}

/*
 * A path may quote a client's key.  The message is ASCII, so other bytes show as
 * '?'; the detail carries the text itself, cut at a whole character.
 */
static char *
ascii_path(const char *path)
{
	char	   *copy = tv_cut(path);

	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char) *c < 0x20 || (unsigned char) *c > 0x7e)
			*c = '?';
	return copy;
}

static char *
whole_characters(const char *text)
{
	int			length = strlen(text);

	return pnstrdup(text, pg_mbcliplen(text, length, TVM_DETAIL_MAX));
}

void
tv_report(TvmStatus status, const TvmError *error)
{
	if (status == TVM_NOMEM)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	ereport(ERROR,
			(errcode(errcode_of(status)),
			 error->path[0] != '\0'
			 ? errmsg("%s: %s", ascii_path(error->path), error->message)
			 : errmsg("%s", error->message),
			 error->detail[0] != '\0' ? errdetail("%s", whole_characters(error->detail)) : 0,
			 error->hint != NULL ? errhint("%s", error->hint) : 0));
}

void
tv_rethrow(const ErrorData *error)
{
	ErrorData	kept = *error;

	/* Where the rest is kept until the error is over. */
	kept.filename = error->filename == NULL ? NULL : MemoryContextStrdup(ErrorContext, error->filename);
	kept.funcname = error->funcname == NULL ? NULL : MemoryContextStrdup(ErrorContext, error->funcname);
	ReThrowError(&kept);
}

void
tv_report_invalid(const char *path, const char *message, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 path != NULL ? errmsg("%s: %s", ascii_path(path), message) : errmsg("%s", message),
			 detail != NULL ? errdetail("%s", tv_cut(detail)) : 0,
			 hint != NULL ? errhint("%s", hint) : 0));
}

void
tv_report_not_found(const char *what, int64 id)
{
	ereport(ERROR,
			(errcode(TV_ERRCODE_NOT_FOUND),
			 errmsg("no such %s", what),
			 errdetail("There is no %s %lld, or it is not visible to this role.",
					   what, (long long) id)));
}

void
tv_report_graph_memory(Size need, Size limit)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("graph needs more memory than allowed"),
			 errdetail("It needs at least %zu bytes, and timevmaps.graph_memory allows %zu.", need, limit),
			 errhint("A superuser can raise timevmaps.graph_memory.")));
}

int
tv_errhint_init(const char *hint)
{
	Oid			function = LookupFuncName(list_make2(makeString("timevmaps"), makeString("tv_init")), 0, NULL, true);

	/* What a worker of ours says goes into the log. */
	if ((MyBgworkerEntry == NULL || IsParallelWorker()) && !superuser() && !(OidIsValid(function) && tv_may_execute(function, GetUserId())))
		return 0;
	return errhint("%s", hint);
}

void
tv_require_tables(void)
{
	Oid			schema = get_namespace_oid("timevmaps", true);

	if (!OidIsValid(schema) || !OidIsValid(get_relname_relid("schema_migrations", schema)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("timevmaps has no tables in this database"),
				 tv_errhint_init("Run: SELECT * FROM timevmaps.tv_init();")));
}
