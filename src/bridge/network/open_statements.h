/*
 * open_statements.h: statements of this backend that are changing a network right now.
 *
 * Between the first row that a statement changes and its row in network_changes
 * a trigger or a function of the user's may ask for a route.  Its snapshot sees
 * rows that nothing has been written down about, so it must read the tables.
 */
#ifndef TV_NETWORK_OPEN_STATEMENTS_H
#define TV_NETWORK_OPEN_STATEMENTS_H

#include "postgres.h"

extern void tv_open_statements_begin(void);
extern void tv_open_statements_end(void);

/* Whether such a statement is under way; those that failed are not. */
extern bool tv_open_statements_any(void);

#endif							/* TV_NETWORK_OPEN_STATEMENTS_H */
