/*
 * store_directory.h: the directory of a database's files (store.h): where it is, what is in
 * it, and how it goes.
 *
 * The directory of a database is timevmaps/pgsql_tmp.<oid>: PostgreSQL leaves what has
 * such a name out of base backups and of what pg_rewind copies, and removes it at a start
 * only in places of its own, so graphs outlast a restart.
 */
#ifndef TV_SERVER_STORE_DIRECTORY_H
#define TV_SERVER_STORE_DIRECTORY_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* The path of this database's directory, or of a file in it, into a buffer of MAXPGPATH. */
extern void tv_store_directory_path(char *path);
extern void tv_store_file_path(char *path, const char *name);

/* Make it where it is not; false, with a LOG message, where the disk refuses. */
extern bool tv_store_make_directory(void);

/* Remove a file, or all whose names begin with a prefix. */
extern void tv_store_remove(const char *name);
extern void tv_store_remove_all(const char *prefix);

/*
 * Calls back with each file of this database.  All names are read first, and then, if it
 * is not NULL, `begin` is called.
 */
typedef void (*TvStoreBegin) (void *arg);
typedef void (*TvStoreVisitor) (void *arg, const char *name, Size size, TimestampTz modified);
extern void tv_store_visit(TvStoreBegin begin, TvStoreVisitor visit, void *arg);

/* Calls back with each database that has files, after all of them are listed; and remove all files of one. */
typedef void (*TvStoreDatabaseVisitor) (void *arg, Oid database);
extern void tv_store_visit_databases(TvStoreDatabaseVisitor visit, void *arg);
extern void tv_store_remove_database(Oid database);

#endif							/* TV_SERVER_STORE_DIRECTORY_H */
