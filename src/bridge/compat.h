/*
 * compat.h: the only place where server versions differ.
 */
#ifndef TV_COMPAT_H
#define TV_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 180000
#error "timevmaps supports PostgreSQL 15, 16 and 17"
#endif

#endif							/* TV_COMPAT_H */
