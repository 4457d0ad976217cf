/*
 * terms.h: on which terms a timeline takes fixes.
 */
#ifndef TV_INGEST_TERMS_H
#define TV_INGEST_TERMS_H

#include "postgres.h"
#include "datatype/timestamp.h"

typedef struct TvFixTerms
{
	int64		world_id;
	int64		timeline_id;
	TimestampTz fork_at;		/* fixes are later; DT_NOBEGIN: a root */
	TimestampTz latest;			/* and not after this */
	bool		null_island;	/* whether a device may be at 0, 0 */
} TvFixTerms;

/* As the current user, between SPI_connect() and SPI_finish(); false: there is no such timeline in that world. */
extern bool tv_fix_terms(int64 world_id, int64 timeline_id, TvFixTerms *terms);

/* The same as the owner of the tables, by the rows themselves. */
extern bool tv_fix_terms_directly(int64 world_id, int64 timeline_id, TvFixTerms *terms);

/* What of a fix is against them. */
typedef enum TvFixObjection
{
	TV_FIX_WELCOME, TV_FIX_BEFORE_FORK, TV_FIX_AHEAD, TV_FIX_NULL_ISLAND
} TvFixObjection;

static inline TvFixObjection
tv_fix_objection(const TvFixTerms *terms, TimestampTz t, double lon, double lat, bool device)
{
	if (t <= terms->fork_at)
		return TV_FIX_BEFORE_FORK;
	if (t > terms->latest)
		return TV_FIX_AHEAD;
	return lon == 0 && lat == 0 && device && !terms->null_island ? TV_FIX_NULL_ISLAND : TV_FIX_WELCOME;
}

/* For who is told: the columns and what is wrong, and what can be done about it. */
extern const char *tv_fix_objection_column(TvFixObjection objection);
extern const char *tv_fix_objection_text(TvFixObjection objection);
extern const char *tv_fix_objection_hint(TvFixObjection objection, TimestampTz t);

/* The first of some vehicles that is none of the world's, or 0. As the current user, within SPI. */
extern int64 tv_fix_stranger(int64 world_id, const int64 *vehicles, uint32 count);
extern int64 tv_fix_stranger_directly(int64 world_id, const int64 *vehicles, uint32 count);

#endif							/* TV_INGEST_TERMS_H */
