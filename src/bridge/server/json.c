/*
 * json.c: reading a client's jsonb; see json.h.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "bridge/server/error.h"
#include "bridge/server/json.h"

/* The most of a client's text that a message or a detail repeats, in bytes. */
#define EXCERPT_MAX 80

static void
path_append(StringInfo text, const TvPath *path)
{
	if (path == NULL)
		return;
	path_append(text, path->parent);
	if (path->key == NULL)
		appendStringInfo(text, "[" INT64_FORMAT "]", path->index);
	else
	{
		int			length = path->key_length >= 0 ? path->key_length : (int) strlen(path->key);

		if (text->len > 0)
			appendStringInfoChar(text, '.');
		appendBinaryStringInfo(text, path->key, pg_mbcliplen(path->key, length, EXCERPT_MAX));
	}
}

char *
tv_path_text(const TvPath *path)
{
	StringInfoData text;

	initStringInfo(&text);
	path_append(&text, path);
	return text.data;
}

void
tv_json_fail(const TvPath *path, const char *message, const char *hint,
			 const char *detail_format,...)
{
	char	   *text = tv_path_text(path);
	StringInfoData detail;

	initStringInfo(&detail);
	if (detail_format != NULL)
	{
		for (;;)
		{
			va_list		args;
			int			needed;

			va_start(args, detail_format);
			needed = appendStringInfoVA(&detail, detail_format, args);
			va_end(args);
			if (needed == 0)
				break;
			enlargeStringInfo(&detail, needed);
		}
	}
	tv_report_invalid(text[0] != '\0' ? text : NULL, message,
					  detail_format != NULL ? detail.data : NULL, hint);
}

char *
tv_json_excerpt(const JsonbValue *value)
{
	char	   *text;
	int			length;

	switch (value->type)
	{
		case jbvNull:
			return pstrdup("null");
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNumeric:
			text = DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
			length = strlen(text);
			if (length > EXCERPT_MAX)
				return psprintf("%.*s... (%d digits)", 20, text, length);
			return text;
		case jbvString:
			length = pg_mbcliplen(value->val.string.val, value->val.string.len, EXCERPT_MAX);
			return psprintf("\"%.*s\"%s", length, value->val.string.val,
							length < value->val.string.len ? "..." : "");
		case jbvBinary:
			return pstrdup(JsonContainerIsObject(value->val.binary.data) ? "an object" : "a list");
		default:
			return pstrdup("a value");
	}
}

void
tv_json_root(Jsonb *document, JsonbValue *value)
{
	if (JB_ROOT_IS_SCALAR(document))
	{
		(void) JsonbExtractScalar(&document->root, value);
		return;
	}
	value->type = jbvBinary;
	value->val.binary.data = &document->root;
	value->val.binary.len = VARSIZE(document) - VARHDRSZ;
}

JsonbContainer *
tv_json_object(const JsonbValue *value, const TvPath *path)
{
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		tv_json_fail(path, "not an object", NULL, "It is %s.", tv_json_excerpt(value));
	return value->val.binary.data;
}

JsonbContainer *
tv_json_array(const JsonbValue *value, const TvPath *path)
{
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		tv_json_fail(path, "not a list", NULL, "It is %s.", tv_json_excerpt(value));
	return value->val.binary.data;
}

double
tv_json_number(const JsonbValue *value, const TvPath *path)
{
	double		number;

	if (value->type != jbvNumeric)
		tv_json_fail(path, "not a number", NULL, "It is %s.", tv_json_excerpt(value));
	number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												NumericGetDatum(value->val.numeric)));
	if (!isfinite(number))
		tv_json_fail(path, "not a finite number", NULL, "%s is beyond double precision.",
					 tv_json_excerpt(value));
	return number;
}

/* Below 0 where the numeric is less, above where it is more. */
static int
compare(Numeric numeric, int64 integer)
{
	Numeric		other = int64_to_numeric(integer);
	int			order = DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(numeric), NumericGetDatum(other)));

	pfree(other);
	return order;
}

int64
tv_json_integer(const JsonbValue *value, const TvPath *path, int64 lo, int64 hi,
				const char *message)
{
	int64		integer;
	bool		beyond;

	if (value->type != jbvNumeric)
		tv_json_fail(path, message, NULL, "It is %s.", tv_json_excerpt(value));

	/* Nearly all are small ones and right; what is not goes the long way to its message. */
	integer = numeric_int4_opt_error(value->val.numeric, &beyond);
	if (likely(!beyond) && integer >= lo && integer <= hi && compare(value->val.numeric, integer) == 0)
		return integer;

	if (compare(value->val.numeric, PG_INT64_MIN) < 0 || compare(value->val.numeric, PG_INT64_MAX) > 0)
		tv_json_fail(path, message, NULL, "%s is outside " INT64_FORMAT ".." INT64_FORMAT,
					 tv_json_excerpt(value), lo, hi);
	integer = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
	if (compare(value->val.numeric, integer) != 0)
		tv_json_fail(path, message, NULL, "%s is not a whole number", tv_json_excerpt(value));
	if (integer < lo || integer > hi)
		tv_json_fail(path, message, NULL, INT64_FORMAT " is outside " INT64_FORMAT ".." INT64_FORMAT,
					 integer, lo, hi);
	return integer;
}

bool
tv_json_boolean(const JsonbValue *value, const TvPath *path)
{
	if (value->type != jbvBool)
		tv_json_fail(path, "not true or false", NULL, "It is %s.", tv_json_excerpt(value));
	return value->val.boolean;
}

char *
tv_json_string(const JsonbValue *value, const TvPath *path)
{
	if (value->type != jbvString)
		tv_json_fail(path, "not a string", NULL, "It is %s.", tv_json_excerpt(value));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

void
tv_json_fields(JsonbContainer *object, const char *const *names, int count,
			   JsonbValue *values, const TvPath *path)
{
	TvJsonScan	scan;
	JsonbValue	value;

	for (int i = 0; i < count; i++)
		values[i].type = jbvNull;
	tv_json_scan(&scan, object);
	while (tv_json_next(&scan, &value))
	{
		const char *key = scan.key.val.string.val;
		int			length = scan.key.val.string.len;
		int			i;

		for (i = 0; i < count; i++)
			if (strncmp(names[i], key, length) == 0 && names[i][length] == '\0')
				break;
		if (i < count)
			values[i] = value;
		else if (length < 2 || strncmp(key, "x-", 2) != 0)
		{
			TvPath		here = {path, key, length, 0};
			StringInfoData known;

			initStringInfo(&known);
			appendStringInfoString(&known, "Known keys: ");
			for (i = 0; i < count; i++)
				appendStringInfo(&known, "%s%s", i > 0 ? ", " : "", names[i]);
			appendStringInfoString(&known, ". Keys that start with x- are free.");
			tv_json_fail(&here, "unknown key", known.data, NULL);
		}
	}
}

void
tv_json_scan(TvJsonScan *scan, JsonbContainer *container)
{
	scan->container = container;
	scan->count = JsonContainerSize(container);
	scan->data = (char *) &container->children[scan->count];
	scan->next_key = scan->next_value = 0;
	scan->index = -1;
	if (JsonContainerIsObject(container))
	{
		scan->data = (char *) &container->children[2 * scan->count];
		scan->next_value = getJsonbOffset(container, scan->count);
	}
}

/* What an entry tells of, from `*offset` on, which goes on to what follows. */
static void
value_of(JEntry entry, char *data, uint32 *offset, JsonbValue *value)
{
	uint32		start = *offset;
	uint32		length;

	JBE_ADVANCE_OFFSET(*offset, entry);
	length = *offset - start;
	if (JBE_ISSTRING(entry))
	{
		value->type = jbvString;
		value->val.string.val = data + start;
		value->val.string.len = length;
	}
	else if (JBE_ISNUMERIC(entry))
	{
		value->type = jbvNumeric;
		value->val.numeric = (Numeric) (data + INTALIGN(start));
	}
	else if (JBE_ISCONTAINER(entry))
	{
		value->type = jbvBinary;
		value->val.binary.data = (JsonbContainer *) (data + INTALIGN(start));
		value->val.binary.len = length - (INTALIGN(start) - start);
	}
	else if (JBE_ISNULL(entry))
		value->type = jbvNull;
	else
	{
		value->type = jbvBool;
		value->val.boolean = JBE_ISBOOL_TRUE(entry);
	}
}

bool
tv_json_next(TvJsonScan *scan, JsonbValue *value)
{
	JsonbContainer *container = scan->container;

	CHECK_FOR_INTERRUPTS();
	if (++scan->index >= scan->count)
		return false;
	if (JsonContainerIsObject(container))
	{
		value_of(container->children[scan->index], scan->data, &scan->next_key, &scan->key);
		value_of(container->children[scan->count + scan->index], scan->data, &scan->next_value, value);
	}
	else
		value_of(container->children[scan->index], scan->data, &scan->next_value, value);
	return true;
}

/* Not float8out, whose digits a setting of the session changes. */
void
tv_json_write_number(StringInfo text, double number)
{
	char		shortest[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(number, shortest);
	if (strpbrk(shortest, "eE") != NULL)
	{
		Datum		numeric = DirectFunctionCall3(numeric_in, CStringGetDatum(shortest),
												  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

		appendStringInfoString(text, DatumGetCString(DirectFunctionCall1(numeric_out, numeric)));
	}
	else
		appendStringInfoString(text, strcmp(shortest, "-0") == 0 ? "0" : shortest);
}
