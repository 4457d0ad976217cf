/*
 * internal.h: call a function in the schema timevmaps_internal from C.
 *
 * Nobody but the owner may look inside that schema, and a statement looks names up as
 * whoever runs it.  Here they are looked up in the catalog without asking, so that
 * what runs as a submitter, or in tv_work() as an administrator, needs no right there.
 */
#ifndef TV_SERVER_INTERNAL_H
#define TV_SERVER_INTERNAL_H

#include "postgres.h"

/*
 * Its result, in the current memory context; arguments are not null.  It runs as the
 * current user, with a snapshot of its own as a statement would.  42883 if it is not there.
 */
extern Datum tv_internal_call(const char *name, int count, const Oid *types, const Datum *values, bool *isnull);

/* The same with nulls among the arguments, and with what is committed by now: for what is kept until a change is told. */
extern Datum tv_internal_ask(const char *name, int count, const Oid *types, const Datum *values, const bool *nulls, bool *isnull);

#endif							/* TV_SERVER_INTERNAL_H */
