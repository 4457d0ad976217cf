/*
 * owner.h: queries as tv_owner, to whom the tables belong.
 */
#ifndef TV_ACCESS_OWNER_H
#define TV_ACCESS_OWNER_H

#include "postgres.h"

/*
 * Run queries as tv_owner, whom no policy binds; pair them around the queries alone.
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

/*
 * The role tv_owner; 55000 unless all tables of ours belong to it, it is neither a superuser nor beyond policies, and
 * the schemas are its own or a superuser's.  It reads catalogs alone.
 */
extern Oid	tv_owner_require(void);

#endif							/* TV_ACCESS_OWNER_H */
