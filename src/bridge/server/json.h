/*
 * json.h: reading a client's jsonb, where whatever is wrong is named by its path.
 *
 * A path is a chain of nodes on the readers' stacks; it is printed only when
 * something is wrong, so it costs nothing otherwise.  Every failure is raised
 * as 22023.  A member whose value is JSON null counts as absent, and keys that
 * start with "x-" are the client's own.  What a reader returns points into the
 * jsonb or is palloc'd; nothing here recurses.
 */
#ifndef TV_SERVER_JSON_H
#define TV_SERVER_JSON_H

#include "postgres.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef struct TvPath
{
	const struct TvPath *parent;	/* NULL: the document itself */
	const char *key;			/* a member's name, or NULL for an element */
	int			key_length;		/* -1: null-terminated */
	int64		index;			/* an element's place */
} TvPath;

#define TV_PATH_KEY(parent, key) ((TvPath) {(parent), (key), -1, 0})
#define TV_PATH_INDEX(parent, index) ((TvPath) {(parent), NULL, 0, (index)})

extern char *tv_path_text(const TvPath *path);

/* 22023 "path: message"; a NULL path is the document itself. */
extern void tv_json_fail(const TvPath *path, const char *message, const char *hint,
						 const char *detail_format,...) pg_attribute_noreturn() pg_attribute_printf(4, 5);

/* A value as text for a detail, cut after some characters. */
extern char *tv_json_excerpt(const JsonbValue *value);

/* The document as a value, so that it is read like any member. */
extern void tv_json_root(Jsonb *document, JsonbValue *value);

/*
 * Each of these refuses a value of another kind.  An integer may be written
 * 2, 2.0 or 2e0, and `message` says what is not in lo..hi ("not a qubit").
 */
extern JsonbContainer *tv_json_object(const JsonbValue *value, const TvPath *path);
extern JsonbContainer *tv_json_array(const JsonbValue *value, const TvPath *path);
extern double tv_json_number(const JsonbValue *value, const TvPath *path);
extern int64 tv_json_integer(const JsonbValue *value, const TvPath *path, int64 lo, int64 hi,
							 const char *message);
extern bool tv_json_boolean(const JsonbValue *value, const TvPath *path);
extern char *tv_json_string(const JsonbValue *value, const TvPath *path);

/*
 * Spread an object over `values`, one for each of the `count` names; an absent
 * one has type jbvNull.  Any other key is refused with the list of the names.
 */
extern void tv_json_fields(JsonbContainer *object, const char *const *names, int count,
						   JsonbValue *values, const TvPath *path);

static inline bool
tv_json_present(const JsonbValue *value)
{
	return value->type != jbvNull;
}

/* Walk the elements of an array or the members of an object; nothing is allocated. */
typedef struct TvJsonScan
{
	JsonbContainer *container;
	char	   *data;			/* what the entries tell of */
	uint32		count;			/* of elements or members */
	uint32		next_key;		/* where in data the next one's name begins, */
	uint32		next_value;		/* and its value */
	int64		index;			/* of the element or member in hand */
	JsonbValue	key;			/* of the member in hand */
} TvJsonScan;

extern void tv_json_scan(TvJsonScan *scan, JsonbContainer *container);
extern bool tv_json_next(TvJsonScan *scan, JsonbValue *value);

/*
 * Append a finite number: the shortest text that reads back as the same double,
 * written as jsonb prints it, without an exponent.
 */
extern void tv_json_write_number(StringInfo text, double number);

#endif							/* TV_SERVER_JSON_H */
