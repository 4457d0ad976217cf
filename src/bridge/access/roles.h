/*
 * roles.h: what only some roles may do.
 */
#ifndef TV_ACCESS_ROLES_H
#define TV_ACCESS_ROLES_H

#include "postgres.h"

/* 42501 unless the current role has the rights of that role, or is a superuser. */
extern void tv_require_admin(void);
extern void tv_require_analyst(void);

extern bool tv_is_admin(void);

/* Whether tv_identity() goes by claims in this session, and cannot be told otherwise. */
extern bool tv_speaks_for_tokens(void);

/* 42501 where it speaks for tokens; what: "experiments are not run". */
extern void tv_require_own_session(const char *what);

#endif							/* TV_ACCESS_ROLES_H */
