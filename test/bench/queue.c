/*
 * queue.c: how long it takes from the commit of a statement until another session sees what came of it.
 *
 *   queue DATABASE TIMES PAUSE_MS LOOK_US INSERT CHECK
 *
 * TIMES times: INSERT is run in a transaction of its own, and from when its commit is known until the first
 * row of CHECK is true, which is asked on another connection every LOOK_US microseconds, the time is
 * printed, in seconds.  $1 of CHECK is the value that INSERT returns.  Between two times are PAUSE_MS ms,
 * half of them at random, so that nothing that ticks is met at the same place.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#define GIVE_UP_S 600

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "queue: %s: %s\n", what, why);
	exit(1);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static PGconn *
open_session(const char *database, const char *statement, int parameters)
{
	static const Oid types[1] = {20};	/* int8 */
	char		info[1024];
	PGconn	   *session;
	PGresult   *result;

	snprintf(info, sizeof(info), "dbname=%s", database);
	session = PQconnectdb(info);
	if (PQstatus(session) != CONNECTION_OK)
		fail("connection", PQerrorMessage(session));
	result = PQprepare(session, "it", statement, parameters, types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail(statement, PQerrorMessage(session));
	PQclear(result);
	return session;
}

static PGresult *
run(PGconn *session, int parameters, const char *value)
{
	PGresult   *result = PQexecPrepared(session, "it", parameters, &value, NULL, NULL, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail("statement", PQerrorMessage(session));
	return result;
}

static double
once(PGconn *writer, PGconn *reader, useconds_t look)
{
	PGresult   *written = run(writer, 0, NULL);
	const char *value = PQntuples(written) > 0 ? PQgetvalue(written, 0, 0) : "0";
	double		begin = now();

	for (;;)
	{
		PGresult   *answer = run(reader, 1, value);
		int			done = PQntuples(answer) > 0 && PQgetvalue(answer, 0, 0)[0] == 't';

		PQclear(answer);
		if (done)
			break;
		if (now() - begin > GIVE_UP_S)
			fail("check", "is not true yet");
		usleep(look);
	}
	PQclear(written);
	return now() - begin;
}

int
main(int argc, char **argv)
{
	PGconn	   *writer,
			   *reader;
	int			times,
				pause;

	if (argc != 7)
		fail("usage", "queue DATABASE TIMES PAUSE_MS LOOK_US INSERT CHECK");
	times = atoi(argv[2]);
	pause = atoi(argv[3]);
	writer = open_session(argv[1], argv[5], 0);
	reader = open_session(argv[1], argv[6], 1);
	srandom(7);
	for (int i = 0; i < times; i++)
	{
		usleep((useconds_t) (pause * 500 + (int) (random() % (pause * 500 + 1))));
		printf("%.9g\n", once(writer, reader, (useconds_t) atoi(argv[4])));
		fflush(stdout);
	}
	PQfinish(writer);
	PQfinish(reader);
	return 0;
}
