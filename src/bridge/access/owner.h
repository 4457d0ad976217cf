/*
 * owner.h: queries as the owner of the tables.
 */
#ifndef TV_ACCESS_OWNER_H
#define TV_ACCESS_OWNER_H

#include "postgres.h"

/*
 * Run queries as the owner of the tables, whom no policy binds; pair them around the queries alone.
 * They run as an index expression does (SECURITY_RESTRICTED_OPERATION) and under a search path of
 * ours, so that nothing of the caller's decides what they mean.  An error leaves it, too, for the
 * end of the transaction or subtransaction puts user and settings back.
 */
typedef struct TvOwner
{
	Oid			user;
	int			context;
	int			level;			/* of settings */
} TvOwner;

extern void tv_owner_enter(TvOwner *saved);
extern void tv_owner_leave(const TvOwner *saved);

/* 55000 unless there is one. */
extern void tv_owner_require(void);

#endif							/* TV_ACCESS_OWNER_H */
