/*
 * trace.c: W3C trace contexts; see trace.h.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

#include "bridge/event/trace.h"

#define TRACE_BYTES 16
#define SPAN_BYTES 8
#define KEY "x-traceparent"

/* "00-" trace "-" span "-" flags: where the digits of each byte are. */
static int
digits_of(int byte)
{
	return 3 + byte * 2 + (byte >= TRACE_BYTES) + (byte >= TRACE_BYTES + SPAN_BYTES);
}

static int
of_digit(char digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool
read_byte(const char *digits, uint8 *byte)
{
	int			high = of_digit(digits[0]);
	int			low = of_digit(digits[1]);

	*byte = (uint8) (high * 16 + low);
	return high >= 0 && low >= 0;
}

static bool
is_zero(const uint8 *bytes, int count)
{
	for (int i = 0; i < count; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

bool
tv_trace_read(const char *text, size_t length, uint8 *trace)
{
	size_t		whole = TV_TRACE_TEXT - 1;
	uint8		version;

	if (length < whole || !read_byte(text, &version) || version == 0xff ||
		(version == 0 ? length > whole : length > whole && text[whole] != '-') ||
		text[2] != '-' || text[35] != '-' || text[52] != '-')
		return false;
	for (int i = 0; i < TV_TRACE_BYTES; i++)
		if (!read_byte(text + digits_of(i), &trace[i]))
			return false;
	return !is_zero(trace, TRACE_BYTES) && !is_zero(trace + TRACE_BYTES, SPAN_BYTES);
}

void
tv_trace_write(const uint8 *trace, char *text)
{
	memcpy(text, "00-", 3);
	text[35] = text[52] = '-';
	for (int i = 0; i < TV_TRACE_BYTES; i++)
	{
		text[digits_of(i)] = "0123456789abcdef"[trace[i] >> 4];
		text[digits_of(i) + 1] = "0123456789abcdef"[trace[i] & 15];
	}
	text[TV_TRACE_TEXT - 1] = '\0';
}

void
tv_trace_enter(uint8 *trace, int64 experiment)
{
	char		text[TV_TRACE_TEXT];
	char	   *name;
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	tv_trace_write(trace, text);
	name = psprintf("%.32s/%.16s/%lld", text + 3, text + 36, (long long) experiment);
	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) name, strlen(name)) < 0 ||
		pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute SHA-256");
	pg_cryptohash_free(hash);
	memcpy(trace + TRACE_BYTES, digest, SPAN_BYTES);
	pfree(name);
}

/* The member, if it is there. */
static JsonbValue *
member(Jsonb *params)
{
	return JB_ROOT_IS_OBJECT(params) ? getKeyJsonValueFromContainer(&params->root, KEY, strlen(KEY), NULL) : NULL;
}

bool
tv_trace_of_params(Jsonb *params, uint8 *trace)
{
	JsonbValue *value = member(params);

	return value != NULL && value->type == jbvString &&
		tv_trace_read(value->val.string.val, value->val.string.len, trace);
}

/*
 * The value of a header in what PostgREST sets: an object of strings.  Within a string a quotation mark has a backslash before
 * it, so a name in marks with a colon behind it is a name, and who has set something else has set no trace.
 */
static bool
read_header(const char *headers, const char *name, uint8 *trace)
{
	const char *at = strstr(headers, name);
	const char *end;

	if (at == NULL)
		return false;
	at += strlen(name);
	at += strspn(at, " ");
	if (*at != ':')
		return false;
	at++;
	at += strspn(at, " ");
	if (*at != '"')
		return false;
	at++;
	end = strchr(at, '"');
	return end != NULL && tv_trace_read(at, end - at, trace);
}

Jsonb *
tv_trace_take(Jsonb *params)
{
	const char *headers = GetConfigOption("request.headers", true, false);
	uint8		trace[TV_TRACE_BYTES];
	char		text[TV_TRACE_TEXT];
	Jsonb	   *added;

	if (headers == NULL || !JB_ROOT_IS_OBJECT(params) || member(params) != NULL ||
		!read_header(headers, "\"traceparent\"", trace))
		return params;
	tv_trace_write(trace, text);
	added = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"" KEY "\": \"%s\"}", text))));
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(params), JsonbPGetDatum(added)));
}
