/*
 * fix.h: a fix on its way into the table of positions.
 *
 * What of it was not said is NaN, 0 or NULL.  A fix is right when its values are in range and it keeps the terms of its timeline
 * (terms.h); whoever writes it has seen to that.
 */
#ifndef TV_INGEST_FIX_H
#define TV_INGEST_FIX_H

#include "postgres.h"

#include <math.h>

#include "access/tupdesc.h"
#include "datatype/timestamp.h"
#include "utils/jsonb.h"

/* As the columns clock and kind say it, in this order. */
typedef enum TvFixClock
{
	TV_CLOCK_DEVICE, TV_CLOCK_SERVER, TV_CLOCK_SATELLITE, TV_CLOCK_SIMULATED, TV_CLOCK_COUNT
} TvFixClock;

typedef enum TvFixKind
{
	TV_FIX_PLAIN, TV_FIX_JUMP, TV_FIX_END, TV_FIX_KIND_COUNT
} TvFixKind;

extern const char *const tv_fix_clocks[TV_CLOCK_COUNT];
extern const char *const tv_fix_kinds[TV_FIX_KIND_COUNT];

typedef struct TvFixRow
{
	int64		vehicle_id;		/* first, for ids are compared by it */
	TimestampTz t;
	uint32		place;			/* in what it came with */
	uint8		clock;
	uint8		kind;
	double		lon;
	double		lat;
	double		alt_m;
	double		speed_mps;
	double		heading_deg;
	double		accuracy_m;
	double		fraction;
	int64		segment_id;
	Jsonb	   *props;
} TvFixRow;

/* One of which nothing has been said. */
extern TvFixRow tv_fix_unsaid(void);

/* The columns of positions in turn. */
typedef enum TvFixColumn
{
	TV_FIX_WORLD, TV_FIX_TIMELINE, TV_FIX_VEHICLE, TV_FIX_T, TV_FIX_RECORDED, TV_FIX_LON, TV_FIX_LAT, TV_FIX_ALT, TV_FIX_SPEED, TV_FIX_HEADING,
	TV_FIX_ACCURACY, TV_FIX_CLOCK, TV_FIX_KIND, TV_FIX_SEGMENT, TV_FIX_FRACTION, TV_FIX_PROPS, TV_FIX_COLUMNS
} TvFixColumn;

extern const Oid tv_fix_types[TV_FIX_COLUMNS];

/* All of them but the first two and the fifth. */
extern void tv_fix_put(const TvFixRow *fix, Datum *values, bool *nulls);

/* Whether a row of positions says of the same moment the same. */
extern bool tv_fix_says(const TvFixRow *fix, const Datum *values, const bool *nulls);

/* Whether two of one moment say the same. */
extern bool tv_fix_same(const TvFixRow *a, const TvFixRow *b);

/*
 * What is wrong with a fix's values, or NULL; the column that it is about.  Of a pair the one that is missing.
 */
extern const char *tv_fix_fault(const TvFixRow *fix, const char **column);

/* What is wrong with its props, or NULL. */
extern const char *tv_fix_props_fault(Jsonb *props);

/* By the day, the vehicle, the time, and as they came. */
extern int	tv_fix_compare(const void *a, const void *b);

#endif							/* TV_INGEST_FIX_H */
