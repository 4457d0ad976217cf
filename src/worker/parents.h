/*
 * parents.h: rows that are inserted for others which this transaction has locked.
 *
 * A foreign key looks each parent up by a statement of its own, to lock it.  Whoever holds the parents' locks already
 * knows what it would find.
 */
#ifndef TV_WORKER_PARENTS_H
#define TV_WORKER_PARENTS_H

#include "postgres.h"

#include "worker/session.h"

/*
 * In a unit: tv_statement() of an INSERT into timevmaps.<child>, each row of which is of a row of timevmaps.<parent>
 * that this transaction has locked FOR UPDATE.  The check of the foreign key between them is left out if it is all
 * that there is to do for a row; as soon as anything else hangs on the table everything is done as always.
 */
extern uint64 tv_insert_children(TvStatement *statement, Datum *values, const char *child, const char *parent);

#endif							/* TV_WORKER_PARENTS_H */
