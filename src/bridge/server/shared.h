/*
 * shared.h: memory that all sessions share, found by its name.
 */
#ifndef TV_SERVER_SHARED_H
#define TV_SERVER_SHARED_H

#include "postgres.h"

/*
 * What it holds begins with the lock that guards it, which waits under the same name.  Whoever comes first makes it: all zero, then as
 * `begin` has it (NULL: so it stays).  The caller keeps the answer: asking again costs a lock of the whole server.
 */
extern void *tv_shared_attach(const char *name, Size size, void (*begin) (void *memory));

#endif							/* TV_SERVER_SHARED_H */
