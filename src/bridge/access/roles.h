/*
 * roles.h: what only tv_admin may do.
 */
#ifndef TV_ACCESS_ROLES_H
#define TV_ACCESS_ROLES_H

#include "postgres.h"

/* 42501 unless the current role has the rights of tv_admin, or is a superuser. */
extern void tv_require_admin(void);

#endif							/* TV_ACCESS_ROLES_H */
