/*
 * read.h: fixes of a client's document, and what of them is refused.
 */
#ifndef TV_INGEST_READ_H
#define TV_INGEST_READ_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/ingest/fix.h"
#include "bridge/ingest/terms.h"

#define TV_FIXES_MOST 10000		/* of a call */

/* Why a fix is left out. */
typedef struct TvRefusal
{
	uint32		place;
	char	   *key;			/* NULL: the fix as a whole */
	const char *reason;
	const char *hint;			/* or NULL */
} TvRefusal;

/* A vehicle's name, within the document. */
typedef struct TvVehicleName
{
	const char *text;			/* NULL: it has an id */
	int			length;
} TvVehicleName;

typedef struct TvFixDocument
{
	bool		single;			/* one fix and no array of them */
	uint32		count;
	TvFixRow   *fixes;
	TvVehicleName *names;		/* of each fix */
	uint32		refused_count;
	TvRefusal  *refused;		/* at most one for each fix */
} TvFixDocument;

/* In the current memory context. 22023 where it is no fix and no array of them, or there are too many. */
extern void tv_fixes_read(Jsonb *document, const TvFixTerms *terms, TvFixDocument *out);

/* Leave out what stands at an index. */
extern void tv_fixes_refuse(TvFixDocument *document, uint32 index, const char *key, const char *reason, const char *hint);

/* The fixes that are left, with their names; after any were refused. */
extern void tv_fixes_close_ranks(TvFixDocument *document);

/* [{"path", "reason", "hint"}, ...] in their order. */
extern Jsonb *tv_fixes_refused(const TvFixDocument *document);

#endif							/* TV_INGEST_READ_H */
