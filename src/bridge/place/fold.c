/*
 * fold.c: texts of the database as names are compared; see fold.h.
 *
 * A text is taken in pieces of bounded size, cut before a byte of ASCII, which nothing before it is ever composed with.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/unicode_norm.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "bridge/place/fold.h"
#include "kernel/names/fold.h"

#define PIECE 4096				/* bytes, and where no ASCII follows, four times as many */

typedef struct Folding
{
	TvmFold		fold;
	StringInfoData out;
	Size		limit;
} Folding;

static void
add(Folding *folding, uint32 point)
{
	enlargeStringInfo(&folding->out, TVM_FOLD_MAX + 1);
	folding->out.len += tvm_fold_add(&folding->fold, point, folding->out.data + folding->out.len);
}

static bool
is_full(const Folding *folding)
{
	return folding->limit > 0 && (Size) folding->out.len >= folding->limit;
}

/* A piece of UTF-8, or what comes nearest to it, with a letter that is not of ASCII. */
static void
fold_normalized(Folding *folding, const unsigned char *text, int length)
{
	const unsigned char *end = text + length;
	pg_wchar   *points = palloc(sizeof(pg_wchar) * (length + 1));
	pg_wchar   *normal;
	int			count = 0;

	while (text < end)
	{
		uint32		point = tvm_utf8_next(&text, end);

		/* The server's function ends at a zero. */
		points[count++] = point == 0 ? ' ' : point;
	}
	points[count] = 0;
	normal = unicode_normalize(UNICODE_NFKC, points);
	for (pg_wchar *point = normal; *point != 0 && !is_full(folding); point++)
		add(folding, *point);
	pfree(normal);
	pfree(points);
}

static void
fold_utf8(Folding *folding, const char *text, int length)
{
	for (int begin = 0; begin < length && !is_full(folding);)
	{
		int			end = begin;
		bool		plain = true;

		while (end < length && end - begin < 4 * PIECE &&
			   (end - begin < PIECE || IS_HIGHBIT_SET(text[end])))
			plain &= !IS_HIGHBIT_SET(text[end++]);
		CHECK_FOR_INTERRUPTS();
		if (plain)
			for (int i = begin; i < end && !is_full(folding); i++)
				add(folding, (unsigned char) text[i]);
		else
			fold_normalized(folding, (const unsigned char *) text + begin, end - begin);
		begin = end;
	}
}

/* Pieces of another encoding; a character that cannot be converted ends one, and is a blank. */
static void
fold_converted(Folding *folding, const char *text, int length, Oid conversion)
{
	unsigned char *buffer = palloc(PIECE * MAX_CONVERSION_GROWTH + 1);

	while (length > 0 && !is_full(folding))
	{
		int			size = pg_mbcliplen(text, length, Min(length, PIECE));
		int			done;

		CHECK_FOR_INTERRUPTS();
		done = pg_do_encoding_conversion_buf(conversion, GetDatabaseEncoding(), PG_UTF8, (unsigned char *) unconstify(char *, text), size,
											 buffer, PIECE * MAX_CONVERSION_GROWTH + 1, true);
		fold_utf8(folding, (char *) buffer, strlen((char *) buffer));
		if (done < size)
		{
			add(folding, ' ');
			done += Min(pg_mblen(text + done), size - done);
		}
		text += done;
		length -= done;
	}
	pfree(buffer);
}

char *
tv_name_fold(const char *text, int length, bool spelled, Size limit, Size *written)
{
	Folding		folding = {.fold = {.spelled = spelled}, .limit = limit};
	int			encoding = GetDatabaseEncoding();
	Oid			conversion = encoding == PG_UTF8 || encoding == PG_SQL_ASCII ? InvalidOid : FindDefaultConversionProc(encoding, PG_UTF8);

	initStringInfo(&folding.out);
	if (OidIsValid(conversion))
		fold_converted(&folding, text, length, conversion);
	else
		fold_utf8(&folding, text, length);
	if (limit > 0 && (Size) folding.out.len > limit)
		folding.out.len = (int) limit;
	while (folding.out.len > 0 && folding.out.data[folding.out.len - 1] == ' ')
		folding.out.len--;
	folding.out.data[folding.out.len] = '\0';
	if (written != NULL)
		*written = folding.out.len;
	return folding.out.data;
}
