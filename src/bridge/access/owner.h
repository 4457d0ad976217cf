/*
 * owner.h: queries as the owner of the tables.
 */
#ifndef TV_ACCESS_OWNER_H
#define TV_ACCESS_OWNER_H

#include "postgres.h"

/* Run queries as the owner of the tables, whom no policy binds; pair them around SPI. */
typedef struct TvOwner
{
	Oid			user;
	int			context;
} TvOwner;

extern void tv_owner_enter(TvOwner *saved);
extern void tv_owner_leave(const TvOwner *saved);

#endif							/* TV_ACCESS_OWNER_H */
