/*
 * fix.c: a fix on its way into the table of positions; see fix.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/ingest/fix.h"
#include "bridge/server/compat.h"

const char *const tv_fix_clocks[TV_CLOCK_COUNT] = {"device", "server", "satellite", "simulated"};
const char *const tv_fix_kinds[TV_FIX_KIND_COUNT] = {"fix", "jump", "end"};

static const char *const columns[TV_FIX_COLUMNS] = {
	"world_id", "timeline_id", "vehicle_id", "t", "recorded_at", "lon", "lat", "alt_m", "speed_mps", "heading_deg", "accuracy_m", "clock", "kind",
	"segment_id", "fraction", "props"
};

const Oid	tv_fix_types[TV_FIX_COLUMNS] = {
	INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID, TEXTOID, TEXTOID,
	INT8OID, FLOAT8OID, JSONBOID
};

TvFixRow
tv_fix_unsaid(void)
{
	return (TvFixRow) {.lon = NAN, .lat = NAN, .alt_m = NAN, .speed_mps = NAN, .heading_deg = NAN, .accuracy_m = NAN, .fraction = NAN};
}

/* As a text of the server's, made once. */
static Datum
word(const char *const *words, int count, uint8 which, text **kept)
{
	if (kept[0] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		for (int i = count; i-- > 0;)
			kept[i] = cstring_to_text(words[i]);
		MemoryContextSwitchTo(caller);
	}
	return PointerGetDatum(kept[which]);
}

static void
put_number(double number, Datum *value, bool *null)
{
	*value = Float8GetDatum(number);
	*null = isnan(number);
}

void
tv_fix_put(const TvFixRow *fix, Datum *values, bool *nulls)
{
	static text *clocks[TV_CLOCK_COUNT];
	static text *kinds[TV_FIX_KIND_COUNT];

	memset(nulls, false, sizeof(bool) * TV_FIX_COLUMNS);
	values[TV_FIX_VEHICLE] = Int64GetDatum(fix->vehicle_id);
	values[TV_FIX_T] = TimestampTzGetDatum(fix->t);
	values[TV_FIX_LON] = Float8GetDatum(fix->lon);
	values[TV_FIX_LAT] = Float8GetDatum(fix->lat);
	put_number(fix->alt_m, &values[TV_FIX_ALT], &nulls[TV_FIX_ALT]);
	put_number(fix->speed_mps, &values[TV_FIX_SPEED], &nulls[TV_FIX_SPEED]);
	put_number(fix->heading_deg, &values[TV_FIX_HEADING], &nulls[TV_FIX_HEADING]);
	put_number(fix->accuracy_m, &values[TV_FIX_ACCURACY], &nulls[TV_FIX_ACCURACY]);
	values[TV_FIX_CLOCK] = word(tv_fix_clocks, TV_CLOCK_COUNT, fix->clock, clocks);
	values[TV_FIX_KIND] = word(tv_fix_kinds, TV_FIX_KIND_COUNT, fix->kind, kinds);
	values[TV_FIX_SEGMENT] = Int64GetDatum(fix->segment_id);
	nulls[TV_FIX_SEGMENT] = fix->segment_id == 0;
	put_number(fix->fraction, &values[TV_FIX_FRACTION], &nulls[TV_FIX_FRACTION]);
	values[TV_FIX_PROPS] = PointerGetDatum(fix->props);
	nulls[TV_FIX_PROPS] = fix->props == NULL;
}

static bool
same_number(double number, Datum value, bool null)
{
	return null ? isnan(number) : number == DatumGetFloat8(value);
}

static bool
same_word(const char *name, Datum value)
{
	text	   *found = DatumGetTextPP(value);

	return VARSIZE_ANY_EXHDR(found) == strlen(name) && memcmp(VARDATA_ANY(found), name, strlen(name)) == 0;
}

static bool
same_props(Jsonb *props, Datum value, bool null)
{
	if (props == NULL || null)
		return props == NULL && null;
	return compareJsonbContainers(&props->root, &DatumGetJsonbP(value)->root) == 0;
}

bool
tv_fix_says(const TvFixRow *fix, const Datum *values, const bool *nulls)
{
#define SAME(number, column) same_number(fix->number, values[column], nulls[column])
	return SAME(lon, TV_FIX_LON) && SAME(lat, TV_FIX_LAT) && SAME(alt_m, TV_FIX_ALT) && SAME(speed_mps, TV_FIX_SPEED) &&
		SAME(heading_deg, TV_FIX_HEADING) && SAME(accuracy_m, TV_FIX_ACCURACY) && SAME(fraction, TV_FIX_FRACTION) &&
		same_word(tv_fix_clocks[fix->clock], values[TV_FIX_CLOCK]) && same_word(tv_fix_kinds[fix->kind], values[TV_FIX_KIND]) &&
		fix->segment_id == (nulls[TV_FIX_SEGMENT] ? 0 : DatumGetInt64(values[TV_FIX_SEGMENT])) &&
		same_props(fix->props, values[TV_FIX_PROPS], nulls[TV_FIX_PROPS]);
#undef SAME
}

bool
tv_fix_same(const TvFixRow *a, const TvFixRow *b)
{
	Datum		values[TV_FIX_COLUMNS];
	bool		nulls[TV_FIX_COLUMNS];

	tv_fix_put(b, values, nulls);
	return tv_fix_says(a, values, nulls);
}

static bool
is_amount(double number)
{
	return isnan(number) || (number >= 0 && !isinf(number));
}

const char *
tv_fix_fault(const TvFixRow *fix, const char **column)
{
	const struct
	{
		TvFixColumn column;
		bool		right;
		const char *fault;
	}			rules[] = {
		{TV_FIX_T, !TIMESTAMP_NOT_FINITE(fix->t), "not a time"},
		{TV_FIX_LON, fix->lon >= -180 && fix->lon <= 180, "not within -180 to 180"},
		{TV_FIX_LAT, fix->lat >= -90 && fix->lat <= 90, "not within -90 to 90"},
		{TV_FIX_ALT, !isinf(fix->alt_m), "not finite"},
		{TV_FIX_SPEED, is_amount(fix->speed_mps), "not a number of at least 0"},
		{TV_FIX_HEADING, isnan(fix->heading_deg) || (fix->heading_deg >= 0 && fix->heading_deg < 360), "not within 0 to less than 360"},
		{TV_FIX_ACCURACY, is_amount(fix->accuracy_m), "not a number of at least 0"},
		{TV_FIX_FRACTION, isnan(fix->fraction) || (fix->fraction >= 0 && fix->fraction <= 1), "not within 0 to 1"},
		{TV_FIX_SEGMENT, fix->segment_id != 0 || isnan(fix->fraction), "missing beside fraction"},
		{TV_FIX_FRACTION, fix->segment_id == 0 || !isnan(fix->fraction), "missing beside segment_id"}
	};

	for (int i = 0; i < lengthof(rules); i++)
		if (!rules[i].right)
		{
			*column = columns[rules[i].column];
			return rules[i].fault;
		}
	return NULL;
}

#define MOST_PROPS 65536

const char *
tv_fix_props_fault(Jsonb *props)
{
	char	   *text;
	Size		length;

	if (!JB_ROOT_IS_OBJECT(props))
		return "not an object";
	text = JsonbToCString(NULL, &props->root, VARSIZE(props));
	length = strlen(text);
	pfree(text);
	return length > MOST_PROPS ? "more than 65536 bytes" : NULL;
}

/* The day in UTC, by its number. */
static int64
day_of(TimestampTz t)
{
	return t >= 0 ? t / USECS_PER_DAY : -((-t + USECS_PER_DAY - 1) / USECS_PER_DAY);
}

int
tv_fix_compare(const void *a, const void *b)
{
	const TvFixRow *x = a;
	const TvFixRow *y = b;
	int64		x_day = day_of(x->t);
	int64		y_day = day_of(y->t);

	if (x_day != y_day)
		return x_day < y_day ? -1 : 1;
	if (x->vehicle_id != y->vehicle_id)
		return x->vehicle_id < y->vehicle_id ? -1 : 1;
	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}
