/*
 * client.c: times whole statements as a client sees them: prepared, on one
 * connection, in turn, from sending to the last row received.
 *
 *   client DATABASE PAIRS FIRST ROUNDS WARM SCRIPT
 *
 * Each line of SCRIPT is "key<TAB>statement"; parameters $1 and $2 are the pair of
 * the round (PAIRS: origin, destination, and the expected answer where it is
 * known), $3 is the number of the round, from FIRST on.  In each round every line
 * runs once, in order; WARM rounds before the first do not count.  A line whose key
 * begins with "-" is not timed.  The value of the column "answer" in the last row must be
 * the same for all lines of a round that have one, but for 1e-9 of it: what is timed
 * is compared with what it should be.  A line whose key begins with "~" may answer more;
 * "key missed<TAB>ratio" is printed then.
 *
 * Prints "key<TAB>seconds" for each line and round.  With ONE_CORE in the environment
 * the client and its backend share a core, so that neither waits for another core to wake.
 */
#define _GNU_SOURCE
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#define MAX_LINES 64
#define MAX_PAIRS 100000

typedef struct Line
{
	char	   *key;
	char	   *sql;
	char		name[16];
} Line;

static PGconn *connection;
static Line lines[MAX_LINES];
static int	line_count;
static long pairs[MAX_PAIRS][2];
static double expectations[MAX_PAIRS];
static int	pair_count;

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "client: %s: %s\n", what, why);
	exit(1);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static FILE *
open_in(const char *name)
{
	FILE	   *file = fopen(name, "r");

	if (file == NULL)
		fail(name, "cannot be read");
	return file;
}

static void
share_core(void)
{
	cpu_set_t	core;
	int			here = sched_getcpu();

	CPU_ZERO(&core);
	CPU_SET(here < 0 ? 0 : here, &core);
	if (sched_setaffinity(0, sizeof(core), &core) != 0 ||
		sched_setaffinity(PQbackendPID(connection), sizeof(core), &core) != 0)
		fail("one core", "not allowed");
}

static void
read_pairs(const char *name)
{
	FILE	   *file = open_in(name);
	char		text[256];

	while (pair_count < MAX_PAIRS && fgets(text, sizeof(text), file) != NULL)
	{
		expectations[pair_count] = NAN;
		if (sscanf(text, "%ld %ld %lf", &pairs[pair_count][0], &pairs[pair_count][1], &expectations[pair_count]) < 2)
			fail(name, "is not of pairs");
		pair_count++;
	}
	fclose(file);
	if (pair_count == 0)
		fail(name, "is empty");
}

static void
read_lines(const char *name)
{
	FILE	   *file = open_in(name);
	static char text[65536];

	while (fgets(text, sizeof(text), file) != NULL)
	{
		Line	   *line = &lines[line_count];
		char	   *tab = strchr(text, '\t');

		if (tab == NULL || line_count == MAX_LINES)
			fail(name, "is not a script");
		text[strcspn(text, "\n")] = '\0';
		*tab = '\0';
		line->key = strdup(text);
		line->sql = strdup(tab + 1);
		snprintf(line->name, sizeof(line->name), "line%d", line_count++);
	}
	fclose(file);
}

static void
prepare(const Line *line)
{
	static const Oid types[3] = {20, 20, 20};	/* int8 */
	PGresult   *result = PQprepare(connection, line->name, line->sql, 3, types);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail(line->sql, PQerrorMessage(connection));
	PQclear(result);
}

/* Run a line; the seconds it took.  *answer is left alone where there is none. */
static double
run(const Line *line, int round, double *answer)
{
	char		text[3][24];
	const char *values[3] = {text[0], text[1], text[2]};
	PGresult   *result;
	ExecStatusType status;
	double		begin,
				seconds;
	int			column;

	snprintf(text[0], sizeof(text[0]), "%ld", pairs[round % pair_count][0]);
	snprintf(text[1], sizeof(text[1]), "%ld", pairs[round % pair_count][1]);
	snprintf(text[2], sizeof(text[2]), "%d", round);
	begin = now();
	result = PQexecPrepared(connection, line->name, 3, values, NULL, NULL, 0);
	seconds = now() - begin;
	status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail(line->sql, PQerrorMessage(connection));
	column = PQfnumber(result, "answer");
	if (column >= 0)
		*answer = PQntuples(result) > 0 ? atof(PQgetvalue(result, PQntuples(result) - 1, column)) : INFINITY;
	PQclear(result);
	return seconds;
}

static void
run_round(int round, bool timed)
{
	double		expected = expectations[round % pair_count];

	for (int i = 0; i < line_count; i++)
	{
		double		answer = NAN;
		double		seconds = run(&lines[i], round, &answer);

		if (timed && lines[i].key[0] != '-')
			printf("%s\t%.9g\n", lines[i].key, seconds);
		if (isnan(expected))
			expected = answer;
		/* A peer that misses the least cost is told of and not compared further. */
		if (lines[i].key[0] == '~' && answer > expected * (1 + 1e-9))
		{
			printf("%s missed\t%.17g\n", lines[i].key, answer / expected);
			continue;
		}
		if (!isnan(answer) && answer != expected && !(fabs(answer - expected) <= 1e-9 * fabs(expected)))
		{
			fprintf(stderr, "client: round %d (%ld to %ld): %s answers %.17g and not %.17g\n", round,
					pairs[round % pair_count][0], pairs[round % pair_count][1], lines[i].key, answer, expected);
			exit(1);
		}
	}
}

int
main(int argc, char **argv)
{
	char		info[1024];
	int			first,
				rounds,
				warm;

	if (argc != 7)
		fail("usage", "client DATABASE PAIRS FIRST ROUNDS WARM SCRIPT");
	first = atoi(argv[3]);
	rounds = atoi(argv[4]);
	warm = atoi(argv[5]);
	snprintf(info, sizeof(info), "dbname=%s", argv[1]);
	connection = PQconnectdb(info);
	if (PQstatus(connection) != CONNECTION_OK)
		fail("connection", PQerrorMessage(connection));
	if (getenv("ONE_CORE") != NULL)
		share_core();
	read_pairs(argv[2]);
	read_lines(argv[6]);
	for (int i = 0; i < line_count; i++)
		prepare(&lines[i]);
	for (int round = first; round < first + warm + rounds; round++)
		run_round(round, round >= first + warm);
	PQfinish(connection);
	return 0;
}
