/*
 * databases.h: which databases there are, and which of them the launcher serves.
 */
#ifndef TV_WORKER_DATABASES_H
#define TV_WORKER_DATABASES_H

#include "postgres.h"
#include "nodes/pg_list.h"

typedef struct TvDatabase
{
	Oid			oid;
	char		name[NAMEDATALEN];
	bool		serve;
} TvDatabase;

/* All of them, of TvDatabase, in the current context; of one that is gone, what was remembered is forgotten. */
extern List *tv_databases_list(void);

/* Does a statement need it free just now?  Who connects waits for that. */
extern bool tv_database_is_held(Oid database);

/* Once in the log: names of timevmaps.databases that stand for no database that can be served. */
extern void tv_databases_tell_of_strangers(const List *databases);

/* What prepared graphs left behind in databases that are gone. */
extern void tv_databases_remove_leftovers(const List *databases);

#endif							/* TV_WORKER_DATABASES_H */
