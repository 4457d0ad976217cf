/*
 * json_write.h: a jsonb document written from front to back, without text between.
 *
 * jsonb keeps the names of an object before its values, so an object is begun with
 * all of them, in jsonb's order (shorter names first, then by bytes); its values
 * follow in the same order.  A value that is put names its member, NULL in a list,
 * and the writer refuses any other than the one that is next: an answer is right or
 * there is an error, also in a build without assertions.
 *
 *     TvJsonWriter writer;
 *     tv_json_begin(&writer, bytes);                   -- about as many as it will have
 *     tv_json_put_object(&writer, NULL, names, 2);
 *     tv_json_put_integer(&writer, "id", 7);
 *     tv_json_put_list(&writer, "list", 1);
 *     tv_json_put_number(&writer, NULL, 0.5);
 *     Jsonb *document = tv_json_end(&writer);
 *
 * Containers end by themselves when they have as many values as was said.  What is
 * written is bit for bit what jsonb_in() makes of the document's text.  The memory is
 * of the context that was current in tv_json_begin().
 */
#ifndef TV_SERVER_JSON_WRITE_H
#define TV_SERVER_JSON_WRITE_H

#include "postgres.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* The deepest that anything here writes. */
#define TV_JSON_DEPTH 8

typedef struct TvJsonLevel
{
	const char *const *names;	/* of an object, NULL: a list, or names put one by one */
	uint32		start;			/* where the container's bytes begin, padding included */
	uint32		entries;		/* where its array of entries is */
	uint32		values;			/* where what the entries tell of begins */
	uint32		count;			/* of entries: for an object twice its members */
	uint32		next;			/* entry */
} TvJsonLevel;

typedef struct TvJsonWriter
{
	StringInfoData bytes;
	int			depth;			/* of containers that are not full; level[0] is the document */
	TvJsonLevel level[TV_JSON_DEPTH];
} TvJsonWriter;

extern void tv_json_begin(TvJsonWriter *writer, Size bytes);
extern Jsonb *tv_json_end(TvJsonWriter *writer);

extern void tv_json_put_object(TvJsonWriter *writer, const char *name, const char *const *names,
							   uint32 count);
extern void tv_json_put_list(TvJsonWriter *writer, const char *name, uint32 count);

/* An object whose names are put one by one, in jsonb's order, before its values, which are put without. */
extern void tv_json_put_map(TvJsonWriter *writer, const char *name, uint32 count);
extern void tv_json_put_name(TvJsonWriter *writer, const char *name, uint32 length);

extern void tv_json_put_string(TvJsonWriter *writer, const char *name, const char *string);
extern void tv_json_put_null(TvJsonWriter *writer, const char *name);
extern void tv_json_put_integer(TvJsonWriter *writer, const char *name, int64 integer);

/* A finite number: the shortest decimal that reads back as the same double. */
extern void tv_json_put_number(TvJsonWriter *writer, const char *name, double number);

#endif							/* TV_SERVER_JSON_WRITE_H */
