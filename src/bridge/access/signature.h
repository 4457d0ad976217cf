/*
 * signature.h: whether the log of changes can be relied on.
 */
#ifndef TV_ACCESS_SIGNATURE_H
#define TV_ACCESS_SIGNATURE_H

#include "postgres.h"

/*
 * What the log of changes rests on: the files and columns of the tables and of the log, and the
 * triggers that write it.  Another value than when a graph was built means that rows may have
 * changed unseen: by a rewrite, or while triggers were disabled.  0: they may be changing so now,
 * for a trigger is disabled or a table has children or parents.
 */
extern uint64 tv_tables_signature(void);
extern uint64 tv_gateways_signature(void);

/* Why a signature is 0, and what to do about it: whole sentences, the hint perhaps null.  False: it is not. */
typedef struct TvLogTrouble
{
	char	   *detail;
	char	   *hint;
} TvLogTrouble;

extern bool tv_tables_trouble(TvLogTrouble *trouble);
extern bool tv_gateways_trouble(TvLogTrouble *trouble);

#endif							/* TV_ACCESS_SIGNATURE_H */
