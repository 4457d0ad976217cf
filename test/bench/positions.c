/*
 * positions.c: how many fixes a second are stored by clients who do nothing else, each on a connection of its own.
 *
 *   positions HOW TARGET CLIENTS SECONDS FIRST EPOCH BATCH [MORE]
 *
 * HOW       TARGET       a batch of BATCH fixes is
 * ingest    database     a call of tv_ingest() with a JSON text, prepared; MORE: the timeline
 * insert    database     an INSERT from arrays, prepared; MORE: "table timeline"
 * post      unix socket  a POST of one row; MORE: "path timeline headers", where headers are lines with \r\n at their ends
 * redis     unix socket  a GEOADD of BATCH members
 * influx    port         a POST of BATCH lines to the database "bench"
 *
 * Fix n is of vehicle 1 + n % 1000, and each thousand of them half a second later than the one before, from EPOCH on;
 * client c of C sends batches c, c + C and so on of those from FIRST.  The same n is the same fix everywhere.  Each batch is acknowledged before the next.
 * The first batch of each client is not timed.  Prints the fixes that were stored, and how many a second.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#define MOST_TEXT ((size_t) 1 << 20)
#define COLUMNS 6

typedef struct Text
{
	char		at[MOST_TEXT];
	size_t		used;
} Text;

typedef struct Fix
{
	long		vehicle;
	double		seconds;
	char		t[40];
	double		values[4];		/* longitude, latitude, speed, heading */
} Fix;

typedef struct Session
{
	PGconn	   *server;
	int			socket;
} Session;

static const char *how,
		   *target,
		   *more;
static long first,
			batch;
static double epoch;
static Text request,
			columns[COLUMNS];

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "positions: %s: %s\n", what, why);
	_exit(1);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void put(Text *text, const char *format,...) __attribute__((format(printf, 2, 3)));

static void
put(Text *text, const char *format,...)
{
	va_list		values;
	int			length;

	va_start(values, format);
	length = vsnprintf(text->at + text->used, MOST_TEXT - text->used, format, values);
	va_end(values);
	if (length < 0 || text->used + (size_t) length >= MOST_TEXT)
		fail("batch", "is too large");
	text->used += (size_t) length;
}

static Fix
make_fix(long n)
{
	Fix			fix = {.vehicle = 1 + n % 1000, .seconds = epoch + 0.5 * (double) (n / 1000)};
	time_t		whole = (time_t) fix.seconds;
	struct tm	parts;
	size_t		length;

	gmtime_r(&whole, &parts);
	length = strftime(fix.t, sizeof(fix.t), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(fix.t + length, sizeof(fix.t) - length, ".%03dZ", (int) (1000 * (fix.seconds - (double) whole)));
	fix.values[0] = 11.9 + 1e-4 * (double) fix.vehicle + 1e-5 * (double) (n / 1000 % 5000);
	fix.values[1] = 57.7 + 1e-5 * (double) (n / 1000 % 7000);
	fix.values[2] = 0.01 * (double) (n % 3000);
	fix.values[3] = 0.1 * (double) (n % 3600);
	return fix;
}

static void
write_json(Text *text, const Fix *fix)
{
	put(text, "\"vehicle_id\": %ld, \"t\": \"%s\", \"lon\": %.7f, \"lat\": %.7f, \"speed_mps\": %.2f, \"heading_deg\": %.1f}",
		fix->vehicle, fix->t, fix->values[0], fix->values[1], fix->values[2], fix->values[3]);
}

static void
write_columns(long from)
{
	for (int c = 0; c < COLUMNS; c++)
	{
		columns[c].used = 0;
		put(&columns[c], "{");
	}
	for (long i = 0; i < batch; i++)
	{
		Fix			fix = make_fix(from + i);
		const char *between = i > 0 ? "," : "";

		put(&columns[0], "%s%ld", between, fix.vehicle);
		put(&columns[1], "%s%s", between, fix.t);
		for (int v = 0; v < 4; v++)
			put(&columns[2 + v], v < 2 ? "%s%.7f" : "%s%.2f", between, fix.values[v]);
	}
	for (int c = 0; c < COLUMNS; c++)
		put(&columns[c], "}");
}

/* Length of the body of an answer whose head is whole; -1: it comes in chunks. */
static long
body_length(const char *head)
{
	const char *said = strcasestr(head, "\r\ncontent-length:");

	if (said)
		return strtol(said + 17, NULL, 10);
	return strcasestr(head, "\r\ntransfer-encoding: chunked") ? -1 : 0;
}

static bool
is_whole(const char *answer, size_t length)
{
	const char *end;
	long		body;

	if (strcmp(how, "redis") == 0)
		return length > 2 && answer[length - 1] == '\n';
	end = strstr(answer, "\r\n\r\n");
	if (!end)
		return false;
	body = body_length(answer);
	if (body < 0)
		return length >= 5 && strcmp(answer + length - 5, "0\r\n\r\n") == 0;
	return length >= (size_t) (end + 4 - answer) + (size_t) body;
}

static void
converse(int socket)
{
	char		answer[65536];
	size_t		length = 0;

	for (size_t sent = 0; sent < request.used;)
	{
		ssize_t		step = write(socket, request.at + sent, request.used - sent);

		if (step <= 0)
			fail("peer", "does not read");
		sent += (size_t) step;
	}
	do
	{
		ssize_t		step = read(socket, answer + length, sizeof(answer) - 1 - length);

		if (step <= 0)
			fail("peer", "does not answer");
		length += (size_t) step;
		answer[length] = '\0';
	} while (!is_whole(answer, length));
	if (answer[0] != ':' && strncmp(answer, "HTTP/1.1 20", 11) != 0)
		fail("peer", answer);
}

static void
write_post(const char *path, const char *headers, const Text *body)
{
	request.used = 0;
	put(&request, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s\r\n", path, body->used, headers);
	put(&request, "%s", body->at);
}

static void
send_batch(Session *session, long from)
{
	static Text body;

	body.used = request.used = 0;
	if (strcmp(how, "redis") == 0)
	{
		put(&request, "*%ld\r\n$6\r\nGEOADD\r\n$5\r\nbench\r\n", 2 + 3 * batch);
		for (long i = 0; i < batch; i++)
		{
			Fix			fix = make_fix(from + i);
			char		words[3][32];

			snprintf(words[0], sizeof(words[0]), "%.7f", fix.values[0]);
			snprintf(words[1], sizeof(words[1]), "%.7f", fix.values[1]);
			snprintf(words[2], sizeof(words[2]), "%ld", fix.vehicle);
			for (int w = 0; w < 3; w++)
				put(&request, "$%zu\r\n%s\r\n", strlen(words[w]), words[w]);
		}
	}
	else if (strcmp(how, "influx") == 0)
	{
		for (long i = 0; i < batch; i++)
		{
			Fix			fix = make_fix(from + i);

			put(&body, "p,vehicle=%ld lon=%.7f,lat=%.7f,speed=%.2f,heading=%.1f %.0f\n", fix.vehicle,
				fix.values[0], fix.values[1], fix.values[2], fix.values[3], 1000 * fix.seconds);
		}
		write_post("/write?db=bench&precision=ms", "", &body);
	}
	else
	{
		char		path[256];
		int			timeline,
					used;
		Fix			fix = make_fix(from);

		if (sscanf(more, "%255s %d %n", path, &timeline, &used) < 2)
			fail("post", "wants a path, a timeline and headers");
		put(&body, "{\"world_id\": 1, \"timeline_id\": %d, ", timeline);
		write_json(&body, &fix);
		write_post(path, more + used, &body);
	}
	converse(session->socket);
}

static void
run_statement(Session *session, long from)
{
	const char *values[COLUMNS] = {request.at};
	int			count = 1;
	PGresult   *result;

	if (strcmp(how, "ingest") == 0)
	{
		request.used = 0;
		for (long i = 0; i < batch; i++)
		{
			Fix			fix = make_fix(from + i);

			put(&request, i > 0 ? ", {" : "[{");
			write_json(&request, &fix);
		}
		put(&request, "]");
	}
	else
	{
		write_columns(from);
		for (count = 0; count < COLUMNS; count++)
			values[count] = columns[count].at;
	}
	result = PQexecPrepared(session->server, "it", count, values, NULL, NULL, 0);
	if (PQresultStatus(result) == PGRES_TUPLES_OK ? strtol(PQgetvalue(result, 0, 0), NULL, 10) != batch
		: PQresultStatus(result) != PGRES_COMMAND_OK)
		fail("statement", PQerrorMessage(session->server));
	PQclear(result);
}

static int
open_socket(void)
{
	struct sockaddr_un here = {.sun_family = AF_UNIX};
	struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	bool		local = target[0] == '/';
	int			opened = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	snprintf(here.sun_path, sizeof(here.sun_path), "%s", target);
	port.sin_port = htons((uint16_t) strtol(target, NULL, 10));
	if (opened < 0 || connect(opened, local ? (struct sockaddr *) &here : (struct sockaddr *) &port, local ? sizeof(here) : sizeof(port)) != 0)
		fail(target, "nobody listens there");
	return opened;
}

static Session
open_session(void)
{
	Session		session = {0};
	char		text[1024],
				table[256];
	int			timeline;
	PGresult   *result;

	if (strcmp(how, "ingest") != 0 && strcmp(how, "insert") != 0)
	{
		session.socket = open_socket();
		return session;
	}
	snprintf(text, sizeof(text), "dbname=%s", target);
	session.server = PQconnectdb(text);
	if (PQstatus(session.server) != CONNECTION_OK)
		fail("connection", PQerrorMessage(session.server));
	if (strcmp(how, "ingest") == 0)
		snprintf(text, sizeof(text), "SELECT inserted FROM timevmaps.tv_ingest(1, %s, $1::jsonb)", more);
	else if (sscanf(more, "%255s %d", table, &timeline) == 2)
		snprintf(text, sizeof(text), "INSERT INTO %s (world_id, timeline_id, vehicle_id, t, lon, lat, speed_mps, heading_deg) SELECT 1, %d, *"
				 " FROM unnest($1::bigint[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[])", table, timeline);
	else
		fail("insert", "wants a table and a timeline");
	result = PQprepare(session.server, "it", text, 0, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail(text, PQerrorMessage(session.server));
	PQclear(result);
	return session;
}

/* What one client does: fixes that were stored, and how many a second. */
static void
run_client(long client, long clients, double seconds, double *told)
{
	Session		session = open_session();
	double		begin = 0;
	long		k;

	for (k = 0; k == 0 || now() - begin < seconds; k++)
	{
		long		from = first + (client + k * clients) * batch;

		if (session.server)
			run_statement(&session, from);
		else
			send_batch(&session, from);
		if (k == 0)
			begin = now();
	}
	told[0] = (double) (k * batch);
	told[1] = (double) ((k - 1) * batch) / (now() - begin);
}

int
main(int argc, char **argv)
{
	long		clients;
	int			status;
	double	   *told,
				stored = 0,
				rate = 0;

	if (argc < 8)
		fail("usage", "positions HOW TARGET CLIENTS SECONDS FIRST EPOCH BATCH [MORE]");
	how = argv[1];
	target = argv[2];
	clients = strtol(argv[3], NULL, 10);
	first = strtol(argv[5], NULL, 10);
	epoch = atof(argv[6]);
	batch = strtol(argv[7], NULL, 10);
	more = argc > 8 ? argv[8] : "";
	told = mmap(NULL, 2 * sizeof(double) * (size_t) clients, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		fail("memory", "there is none");
	for (long c = 0; c < clients; c++)
	{
		if (fork() == 0)
		{
			run_client(c, clients, atof(argv[4]), told + 2 * c);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
	{
		if (status != 0)
			fail("client", "has failed");
	}
	for (long c = 0; c < clients; c++)
	{
		stored += told[2 * c];
		rate += told[2 * c + 1];
	}
	printf("%.0f\t%.1f\n", stored, rate);
	return 0;
}
