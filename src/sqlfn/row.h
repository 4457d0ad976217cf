/*
 * row.h: arguments of functions, and rows of those about routes.
 *
 * Columns are set one after the other, and tv_emit() adds the row to the
 * result that InitMaterializedSRF() made.  What a row points to belongs to the
 * current memory context.
 */
#ifndef TV_SQLFN_ROW_H
#define TV_SQLFN_ROW_H

#include "postgres.h"

#include "fmgr.h"

#include "bridge/route/route.h"

/* 22023 with the argument's name where it is null. */
extern void tv_require_argument(FunctionCallInfo fcinfo, int argument, const char *name);
extern int64 tv_get_bigint(FunctionCallInfo fcinfo, int argument, const char *name);

/* An array of one dimension without a null in it. */
extern int64 *tv_get_bigints(FunctionCallInfo fcinfo, int argument, const char *name, uint32 *count);

/* A text, or NULL where it is null. */
extern const char *tv_get_name(FunctionCallInfo fcinfo, int argument);

/* A document, or NULL where it is null.  Over HTTP by GET one comes as a string with its text. */
extern Jsonb *tv_get_document(FunctionCallInfo fcinfo, int argument);

/*
 * What the arguments `profile` and `overrides` of functions about routes say, which are this one and the next; NULL where
 * they say nothing.  Errors: 22023.
 */
extern void tv_get_supposed(FunctionCallInfo fcinfo, int argument, const char **profile, const TvWhatIf **what_if);

/* The first six arguments of functions about a route: world_id, timeline_id, origin_place_id, dest_place_id, dest_timeline_id, metric. */
extern TvRouteRequest tv_get_request(FunctionCallInfo fcinfo);

#define TV_MAX_COLUMNS 32

typedef struct TvRow
{
	int			count;
	Datum		values[TV_MAX_COLUMNS];
	bool		nulls[TV_MAX_COLUMNS];
} TvRow;

extern void tv_put(TvRow *row, Datum value, bool is_null);
extern void tv_put_bigint(TvRow *row, int64 value);
extern void tv_put_number(TvRow *row, double value);
extern void tv_put_text(TvRow *row, const char *value);

/* Ids begin at 1: 0 stands for none. */
extern void tv_put_id(TvRow *row, int64 id);

extern void tv_put_clocks(TvRow *row, const TvmClocks *clocks);
extern void tv_put_differences(TvRow *row, const TvmClocks *clocks);

/* Of the steps [first, last) the id at this offset of TvRouteStep; null where there is none. */
extern void tv_put_step_ids(TvRow *row, const TvRoute *route, uint32 first, uint32 last, Size id);

/* What was minimised and under which physics, for a reader. */
extern char *tv_physics_note(const TvRoute *route, const char *how);

/* The columns of tv_plan_route(); `how` goes into the note after what was minimised. */
extern void tv_put_plan(TvRow *row, FunctionCallInfo fcinfo, TvEnv *env, const TvRouteRequest *request,
						const TvRoute *route, const char *how);

extern void tv_emit(FunctionCallInfo fcinfo, TvRow *row);

#endif							/* TV_SQLFN_ROW_H */
