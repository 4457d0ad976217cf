/*
 * leftovers.h: files of prepared graphs that nobody will use: of databases that were
 * dropped, of worlds and timelines that were deleted, of profiles that no row has any more, and half written ones.
 *
 * A file that is removed by mistake would do no harm but the time to build it again.
 * Still none is: what a file is for was there before the files were listed, so if it
 * is not there in a snapshot taken afterwards, it has gone.
 */
#ifndef TV_GRAPH_LEFTOVERS_H
#define TV_GRAPH_LEFTOVERS_H

#include "postgres.h"

/*
 * The directories of dropped databases.  In a transaction of any process, also of one
 * that is connected to no database.  A database that is just being made with the id of
 * one that was dropped keeps its files: its directory is locked as DROP DATABASE locks it.
 */
extern void tv_leftovers_remove_databases(void);

/* In this database, between SPI_connect() and SPI_finish(), where there are tables. */
extern void tv_leftovers_remove(void);

#endif							/* TV_GRAPH_LEFTOVERS_H */
