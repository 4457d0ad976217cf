/*
 * json_write.c: a jsonb document written from front to back; see json_write.h.
 *
 * The layout is utils/jsonb.h's: a container is a header, an entry of 32 bits for
 * each name and value, then the names, then the values; numbers and containers are
 * aligned to 4 bytes, and the padding counts as the value's.  An entry holds the
 * length, every 32nd the end of what it tells of.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "bridge/server/compat.h"
#include "bridge/server/json_write.h"

/* Doubles up to here are whole numbers that an integer of 64 bits holds and prints alike. */
#define LARGEST_WHOLE 9007199254740992.0

static void
reserve(TvJsonWriter *writer, Size bytes)
{
	if (bytes > JENTRY_OFFLENMASK)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("result is too large for jsonb")));
	enlargeStringInfo(&writer->bytes, bytes);
}

static void
pad(TvJsonWriter *writer)
{
	while (writer->bytes.len % ALIGNOF_INT != 0)
		writer->bytes.data[writer->bytes.len++] = '\0';
}

/* Room for the number of a value's padding is always there. */
static void
append(TvJsonWriter *writer, const void *data, Size length)
{
	reserve(writer, length + ALIGNOF_INT);
	memcpy(writer->bytes.data + writer->bytes.len, data, length);
	writer->bytes.len += length;
}

/* The entry for what has been written from `start` on; full containers are values of those around them. */
static void
entry(TvJsonWriter *writer, JEntry type, uint32 start)
{
	for (;;)
	{
		TvJsonLevel *level = &writer->level[writer->depth];
		uint32		end = writer->bytes.len - level->values;
		JEntry		value = type;

		if (end > JENTRY_OFFLENMASK)
			reserve(writer, end);
		value |= level->next % JB_OFFSET_STRIDE == 0 ? JENTRY_HAS_OFF | end : writer->bytes.len - start;
		memcpy(writer->bytes.data + level->entries + level->next * sizeof(JEntry), &value, sizeof(JEntry));
		if (++level->next < level->count || writer->depth == 0)
			return;
		start = level->start;
		type = JENTRY_ISCONTAINER;
		writer->depth--;
	}
}

/* Is this the member whose turn it is? */
static void
expect(TvJsonWriter *writer, const char *name)
{
	const TvJsonLevel *level = &writer->level[writer->depth];
	const char *next = level->names == NULL ? NULL : level->names[level->next - level->count / 2];

	if (level->next >= level->count || (name == NULL) != (next == NULL) ||
		(name != next && strcmp(name, next) != 0))
		elog(ERROR, "member \"%s\" of a document is out of order", name != NULL ? name : "");
}

static void
begin_container(TvJsonWriter *writer, const char *const *names, uint32 entries, uint32 header)
{
	TvJsonLevel *level = &writer->level[writer->depth + 1];

	if (writer->depth + 1 >= TV_JSON_DEPTH)
		elog(ERROR, "document is too deep");
	level->names = names;
	level->start = writer->bytes.len;
	reserve(writer, entries * (Size) sizeof(JEntry) + sizeof(uint32) + 2 * ALIGNOF_INT);
	pad(writer);
	append(writer, &header, sizeof(header));
	level->entries = writer->bytes.len;
	level->values = writer->bytes.len += entries * sizeof(JEntry);
	level->count = entries;
	level->next = 0;
	writer->depth++;
	if (entries == 0)
	{
		writer->depth--;
		entry(writer, JENTRY_ISCONTAINER, level->start);
	}
}

/* The document is the one value of a level of its own, whose entry is cut off: the length of a varlena is there. */
void
tv_json_begin(TvJsonWriter *writer, Size bytes)
{
	initStringInfo(&writer->bytes);
	reserve(writer, bytes + VARHDRSZ);
	writer->bytes.len = VARHDRSZ;
	writer->depth = 0;
	writer->level[0] = (TvJsonLevel) {.values = VARHDRSZ, .count = 1};
}

Jsonb *
tv_json_end(TvJsonWriter *writer)
{
	if (writer->depth != 0 || writer->level[0].next != 1)
		elog(ERROR, "document is not complete");
	SET_VARSIZE(writer->bytes.data, writer->bytes.len);
	return (Jsonb *) writer->bytes.data;
}

void
tv_json_put_name(TvJsonWriter *writer, const char *name, uint32 length)
{
	uint32		start = writer->bytes.len;

	append(writer, name, length);
	entry(writer, JENTRY_ISSTRING, start);
}

void
tv_json_put_object(TvJsonWriter *writer, const char *name, const char *const *names, uint32 count)
{
	expect(writer, name);
	begin_container(writer, names, 2 * count, JB_FOBJECT | count);
	for (uint32 i = 0; i < count; i++)
		tv_json_put_name(writer, names[i], strlen(names[i]));
}

void
tv_json_put_map(TvJsonWriter *writer, const char *name, uint32 count)
{
	expect(writer, name);
	if (count > JB_CMASK / 2)
		reserve(writer, PG_UINT32_MAX);
	begin_container(writer, NULL, 2 * count, JB_FOBJECT | count);
}

void
tv_json_put_list(TvJsonWriter *writer, const char *name, uint32 count)
{
	expect(writer, name);
	if (count > JB_CMASK)
		reserve(writer, PG_UINT32_MAX);
	begin_container(writer, NULL, count, JB_FARRAY | count);
}

void
tv_json_put_string(TvJsonWriter *writer, const char *name, const char *string)
{
	expect(writer, name);
	tv_json_put_name(writer, string, strlen(string));
}

void
tv_json_put_null(TvJsonWriter *writer, const char *name)
{
	expect(writer, name);
	entry(writer, JENTRY_ISNULL, writer->bytes.len);
}

static void
put_numeric(TvJsonWriter *writer, Numeric numeric)
{
	uint32		start = writer->bytes.len;

	reserve(writer, ALIGNOF_INT);
	pad(writer);
	append(writer, numeric, VARSIZE_ANY(numeric));
	entry(writer, JENTRY_ISNUMERIC, start);
	pfree(numeric);
}

void
tv_json_put_integer(TvJsonWriter *writer, const char *name, int64 integer)
{
	expect(writer, name);
	put_numeric(writer, int64_to_numeric(integer));
}

void
tv_json_put_number(TvJsonWriter *writer, const char *name, double number)
{
	char		shortest[DOUBLE_SHORTEST_DECIMAL_LEN];

	expect(writer, name);
	if (fabs(number) <= LARGEST_WHOLE && number == (double) (int64) number)
	{
		put_numeric(writer, int64_to_numeric((int64) number));
		return;
	}
	double_to_shortest_decimal_buf(number, shortest);
	put_numeric(writer, DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(shortest),
															ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1))));
}
