/*
 * read.c: fixes of a client's document, and what of them is refused; see read.h.
 *
 * Nothing about a fix is raised: it is left out, and why is told by its path.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "bridge/ingest/instant.h"
#include "bridge/ingest/read.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "bridge/server/json.h"

/* The members of a fix. */
enum
{
	VEHICLE, VEHICLE_ID, T, LON, LAT, ALT, SPEED, HEADING, ACCURACY, CLOCK, KIND, SEGMENT, FRACTION, PROPS, MEMBERS
};

static const char *const names[MEMBERS] = {
	"vehicle", "vehicle_id", "t", "lon", "lat", "alt_m", "speed_mps", "heading_deg", "accuracy_m", "clock", "kind", "segment_id", "fraction", "props"
};

#define MOST_ID 9007199254740991.0

void
tv_fixes_refuse(TvFixDocument *document, uint32 index, const char *key, const char *reason, const char *hint)
{
	TvFixRow   *fix = &document->fixes[index];

	document->refused[document->refused_count++] = (TvRefusal) {
		.place = fix->place,.key = key == NULL ? NULL : pstrdup(key),.reason = reason,.hint = hint
	};
	fix->vehicle_id = -1;
}

static int
find_member(const JsonbValue *key)
{
	for (int i = 0; i < MEMBERS; i++)
		if (key->val.string.len == strlen(names[i]) && memcmp(key->val.string.val, names[i], key->val.string.len) == 0)
			return i;
	return -1;
}

static double
number_of(const JsonbValue *value)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
}

static const char *
read_id(const JsonbValue *value, int64 *id)
{
	double		number = value->type == jbvNumeric ? number_of(value) : NAN;

	if (!(number >= 1 && number <= MOST_ID && number == rint(number)))
		return "not an id";
	*id = (int64) number;
	return NULL;
}

static const char *
read_number(const JsonbValue *value, double *number)
{
	if (value->type != jbvNumeric)
		return "not a number";
	*number = number_of(value);
	return NULL;
}

static const char *
read_word(const JsonbValue *value, const char *const *words, int count, uint8 *which, const char *fault)
{
	for (int i = 0; i < count && value->type == jbvString; i++)
		if (value->val.string.len == strlen(words[i]) && memcmp(value->val.string.val, words[i], value->val.string.len) == 0)
		{
			*which = i;
			return NULL;
		}
	return fault;
}

static const char *
read_time(const JsonbValue *value, TimestampTz *t)
{
	if (value->type == jbvString)
		return tv_instant_read(value->val.string.val, value->val.string.len, t);
	if (value->type != jbvNumeric || !tv_instant_of_epoch(number_of(value), t))
		return "not a time";
	return NULL;
}

static const char *
read_props(JsonbValue *value, Jsonb **props)
{
	if (value->type != jbvBinary)
		return "not an object";
	*props = JsonbValueToJsonb(value);
	return tv_fix_props_fault(*props);
}

static const char *
read_name(const JsonbValue *value, TvVehicleName *name)
{
	if (value->type != jbvString || value->val.string.len == 0 || pg_mbstrlen_with_len(value->val.string.val, value->val.string.len) > 200)
		return "not a name of 1 to 200 characters";
	*name = (TvVehicleName) {value->val.string.val, value->val.string.len};
	return NULL;
}

/* NULL, or what is wrong with a member. */
static const char *
read_member(int member, JsonbValue *value, TvFixRow *fix, TvVehicleName *name)
{
	switch (member)
	{
		case VEHICLE:
			return read_name(value, name);
		case VEHICLE_ID:
			return read_id(value, &fix->vehicle_id);
		case T:
			return read_time(value, &fix->t);
		case LON:
			return read_number(value, &fix->lon);
		case LAT:
			return read_number(value, &fix->lat);
		case ALT:
			return read_number(value, &fix->alt_m);
		case SPEED:
			return read_number(value, &fix->speed_mps);
		case HEADING:
			return read_number(value, &fix->heading_deg);
		case ACCURACY:
			return read_number(value, &fix->accuracy_m);
		case CLOCK:
			return read_word(value, tv_fix_clocks, TV_CLOCK_COUNT, &fix->clock, "not device, server, satellite or simulated");
		case KIND:
			return read_word(value, tv_fix_kinds, TV_FIX_KIND_COUNT, &fix->kind, "not fix, jump or end");
		case SEGMENT:
			return read_id(value, &fix->segment_id);
		case FRACTION:
			return read_number(value, &fix->fraction);
		default:
			return read_props(value, &fix->props);
	}
}

static const char *
missing(const TvFixRow *fix, const TvVehicleName *name, uint32 seen)
{
	if (name->text == NULL && fix->vehicle_id == 0)
		return "vehicle_id";
	for (int i = T; i <= LAT; i++)
		if ((seen & (1u << i)) == 0)
			return names[i];
	return NULL;
}

/* What is wrong with the fix at an index, which its key is of. */
static const char *
read_fix(JsonbContainer *object, const TvFixTerms *terms, TvFixRow *fix, TvVehicleName *name, const char **key, const char **hint)
{
	TvJsonScan	scan;
	JsonbValue	value;
	uint32		seen = 0;
	const char *fault;
	TvFixObjection objection;

	tv_json_scan(&scan, object);
	while (tv_json_next(&scan, &value))
	{
		int			member = find_member(&scan.key);

		if (member < 0 && scan.key.val.string.len >= 2 && memcmp(scan.key.val.string.val, "x-", 2) == 0)
			continue;
		if (member < 0)
		{
			*key = pnstrdup(scan.key.val.string.val, pg_mbcliplen(scan.key.val.string.val, scan.key.val.string.len, 60));
			return "unknown key";
		}
		if (value.type == jbvNull)
			continue;
		*key = names[member];
		fault = read_member(member, &value, fix, name);
		if (fault != NULL)
			return fault;
		seen |= 1u << member;
	}
	*key = missing(fix, name, seen);
	if (*key != NULL)
		return "missing";
	if (name->text != NULL && fix->vehicle_id != 0)
	{
		*key = "vehicle";
		return "one of vehicle and vehicle_id is enough";
	}
	fault = tv_fix_fault(fix, key);
	if (fault != NULL)
		return fault;
	objection = tv_fix_objection(terms, fix->t, fix->lon, fix->lat, fix->clock == TV_CLOCK_DEVICE);
	if (objection == TV_FIX_WELCOME)
		return NULL;
	*key = tv_fix_objection_column(objection);
	*hint = tv_fix_objection_hint(objection, fix->t);
	return tv_fix_objection_text(objection);
}

static void
add_fix(JsonbValue *value, const TvFixTerms *terms, TvFixDocument *out)
{
	uint32		index = out->count++;
	const char *key = NULL;
	const char *hint = NULL;
	const char *fault;

	out->fixes[index] = tv_fix_unsaid();
	out->fixes[index].place = index;
	out->names[index] = (TvVehicleName) {NULL, 0};
	if (value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data))
		fault = read_fix(value->val.binary.data, terms, &out->fixes[index], &out->names[index], &key, &hint);
	else
		fault = "not an object";
	if (fault != NULL)
		tv_fixes_refuse(out, index, key, fault, hint);
}

void
tv_fixes_read(Jsonb *document, const TvFixTerms *terms, TvFixDocument *out)
{
	const TvPath root = TV_PATH_KEY(NULL, "fixes");
	JsonbValue	value;
	TvJsonScan	scan;
	uint32		count;

	tv_json_root(document, &value);
	out->single = value.type == jbvBinary && JsonContainerIsObject(value.val.binary.data);
	if (!out->single && !(value.type == jbvBinary && JsonContainerIsArray(value.val.binary.data)))
		tv_json_fail(&root, "not a fix, nor an array of them", NULL, NULL);
	count = out->single ? 1 : JsonContainerSize(value.val.binary.data);
	if (count > TV_FIXES_MOST)
		tv_json_fail(&root, "too many", "Send them in several calls, or load them with tv_load_positions().", "There are %u, and at most %d are taken at a time.", count, TV_FIXES_MOST);
	out->count = 0;
	out->refused_count = 0;
	out->fixes = palloc(sizeof(TvFixRow) * Max(count, 1));
	out->names = palloc(sizeof(TvVehicleName) * Max(count, 1));
	out->refused = palloc(sizeof(TvRefusal) * Max(count, 1));
	if (out->single)
	{
		add_fix(&value, terms, out);
		return;
	}
	tv_json_scan(&scan, value.val.binary.data);
	while (tv_json_next(&scan, &value))
	{
		tv_interrupts_at(out->count);
		add_fix(&value, terms, out);
	}
}

void
tv_fixes_close_ranks(TvFixDocument *document)
{
	uint32		count = 0;

	for (uint32 i = 0; i < document->count; i++)
		if (document->fixes[i].vehicle_id >= 0)
		{
			document->names[count] = document->names[i];
			document->fixes[count++] = document->fixes[i];
		}
	document->count = count;
}

static int
compare_refusals(const void *a, const void *b)
{
	const TvRefusal *x = a;
	const TvRefusal *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

static void
push_text(JsonbParseState **state, const char *key, const char *text)
{
	JsonbValue	value = {.type = jbvString};

	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	(void) pushJsonbValue(state, WJB_KEY, &value);
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	(void) pushJsonbValue(state, WJB_VALUE, &value);
}

Jsonb *
tv_fixes_refused(const TvFixDocument *document)
{
	JsonbParseState *state = NULL;

	qsort(document->refused, document->refused_count, sizeof(TvRefusal), compare_refusals);
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (uint32 i = 0; i < document->refused_count; i++)
	{
		const TvRefusal *refusal = &document->refused[i];
		char	   *path = document->single ? pstrdup("fixes") : psprintf("fixes[%u]", refusal->place);

		if (refusal->key != NULL)
			path = psprintf("%s.%s", path, refusal->key);
		(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, "path", path);
		push_text(&state, "reason", refusal->reason);
		if (refusal->hint != NULL)
			push_text(&state, "hint", refusal->hint);
		(void) pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
}
