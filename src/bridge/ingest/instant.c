/*
 * instant.c: a moment as devices write it; see instant.h.
 *
 * PostgreSQL's own reader takes words and other orders of day and month, by the session's settings, and raises what it does not
 * understand, where a fix of thousands is only to be left out.
 */
#include "postgres.h"

#include <math.h>

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "bridge/ingest/instant.h"

typedef struct Reader
{
	const char *next;
	const char *end;
} Reader;

static bool
digits(Reader *in, int count, int *number)
{
	*number = 0;
	for (int i = 0; i < count; i++)
	{
		if (in->next == in->end || *in->next < '0' || *in->next > '9')
			return false;
		*number = *number * 10 + (*in->next++ - '0');
	}
	return true;
}

static bool
take(Reader *in, const char *any)
{
	if (in->next == in->end || strchr(any, *in->next) == NULL)
		return false;
	in->next++;
	return true;
}

/* Microseconds, rounded. */
static int64
fraction(Reader *in)
{
	int64		micros = 0;
	int			count = 0;
	bool		up = false;

	for (; in->next < in->end && *in->next >= '0' && *in->next <= '9'; in->next++, count++)
	{
		if (count < 6)
			micros = micros * 10 + (*in->next - '0');
		else if (count == 6)
			up = *in->next >= '5';
	}
	if (count == 0)
		return -1;
	for (; count < 6; count++)
		micros *= 10;
	return micros + up;
}

/* Seconds east of Greenwich. */
static bool
zone(Reader *in, int *east)
{
	int			hours;
	int			minutes = 0;
	bool		west;

	*east = 0;
	if (take(in, "Zz"))
		return true;
	west = in->next < in->end && *in->next == '-';
	if (!take(in, "+-") || !digits(in, 2, &hours))
		return false;
	if (in->next < in->end)
	{
		(void) take(in, ":");
		if (!digits(in, 2, &minutes))
			return false;
	}
	*east = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
	return hours <= 15 && minutes < 60;
}

const char *
tv_instant_read(const char *text, int length, TimestampTz *instant)
{
	Reader		in = {text, text + length};
	int			year;
	int			month;
	int			day;
	int			hour;
	int			minute;
	int			second = 0;
	int			east;
	int64		micros = 0;
	const char *bad = "not a time";

	if (!digits(&in, 4, &year) || !take(&in, "-") || !digits(&in, 2, &month) || !take(&in, "-") || !digits(&in, 2, &day) ||
		!take(&in, "Tt ") || !digits(&in, 2, &hour) || !take(&in, ":") || !digits(&in, 2, &minute))
		return bad;
	if (take(&in, ":"))
	{
		if (!digits(&in, 2, &second))
			return bad;
		if (take(&in, ".,") && (micros = fraction(&in)) < 0)
			return bad;
	}
	if (in.next == in.end)
		return "without a time zone";
	if (!zone(&in, &east) || in.next != in.end)
		return bad;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > day_tab[isleap(year)][month - 1] || hour > 23 || minute > 59 || second > 60)
		return bad;
	*instant = (TimestampTz) (date2j(year, month, day) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY +
		((int64) (hour * 60 + minute) * 60 + second - east) * USECS_PER_SEC + micros;
	return NULL;
}

bool
tv_instant_of_epoch(double seconds, TimestampTz *instant)
{
	double		micros = (seconds - (double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY) * USECS_PER_SEC;

	/* Beyond these, reading them back would fail. */
	if (!(micros > (double) MIN_TIMESTAMP && micros < (double) END_TIMESTAMP))
		return false;
	*instant = (TimestampTz) rint(micros);
	return true;
}
