/*
 * store_directory.c: a directory of files for each database; see store_directory.h.
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/file_perm.h"
#include "common/file_utils.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "storage/fd.h"
#include "utils/timestamp.h"

#include "bridge/server/store_directory.h"

#define STORE_DIRECTORY "timevmaps"
#define DATABASE_PREFIX PG_TEMP_FILE_PREFIX "."

static void
directory_of(char *path, Oid database)
{
	snprintf(path, MAXPGPATH, "%s/%s%u", STORE_DIRECTORY, DATABASE_PREFIX, database);
}

void
tv_store_directory_path(char *path)
{
	directory_of(path, MyDatabaseId);
}

void
tv_store_file_path(char *path, const char *name)
{
	snprintf(path, MAXPGPATH, "%s/%s%u/%s", STORE_DIRECTORY, DATABASE_PREFIX, MyDatabaseId, name);
}

bool
tv_store_make_directory(void)
{
	char		path[MAXPGPATH];

	tv_store_directory_path(path);
	if ((MakePGDirectory(STORE_DIRECTORY) < 0 && errno != EEXIST) ||
		(MakePGDirectory(path) < 0 && errno != EEXIST))
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not create directory \"%s\": %m", path)));
		return false;
	}
	return true;
}

static void
remove_path(const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT)
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not remove file \"%s\": %m", path)));
}

void
tv_store_remove(const char *name)
{
	char		path[MAXPGPATH];

	tv_store_file_path(path, name);
	remove_path(path);
}

/* Names in a directory, but for hidden ones; NIL where there is none. */
static List *
list_directory(const char *path)
{
	DIR		   *directory = AllocateDir(path);
	struct dirent *entry;
	List	   *names = NIL;

	if (directory == NULL)
		return NIL;
	while ((entry = ReadDirExtended(directory, path, LOG)) != NULL)
		if (entry->d_name[0] != '.')
			names = lappend(names, pstrdup(entry->d_name));
	FreeDir(directory);
	return names;
}

static List *
list_files(void)
{
	char		path[MAXPGPATH];

	tv_store_directory_path(path);
	return list_directory(path);
}

void
tv_store_remove_all(const char *prefix)
{
	ListCell   *cell;

	foreach(cell, list_files())
	{
		const char *name = lfirst(cell);

		if (strncmp(name, prefix, strlen(prefix)) == 0)
			tv_store_remove(name);
	}
}

void
tv_store_visit(TvStoreBegin begin, TvStoreVisitor visit, void *arg)
{
	List	   *names = list_files();
	ListCell   *cell;

	if (begin != NULL)
		begin(arg);
	foreach(cell, names)
	{
		const char *name = lfirst(cell);
		char		path[MAXPGPATH];
		struct stat status;

		tv_store_file_path(path, name);
		if (stat(path, &status) == 0)
			visit(arg, name, status.st_size, time_t_to_timestamptz(status.st_mtime));
	}
}

void
tv_store_visit_databases(TvStoreDatabaseVisitor visit, void *arg)
{
	ListCell   *cell;

	foreach(cell, list_directory(STORE_DIRECTORY))
	{
		const char *name = lfirst(cell);
		Oid			database;

		if (sscanf(name, DATABASE_PREFIX "%u", &database) == 1)
			visit(arg, database);
	}
}

void
tv_store_remove_database(Oid database)
{
	char		path[MAXPGPATH];
	ListCell   *cell;

	directory_of(path, database);
	foreach(cell, list_directory(path))
	{
		char		file[MAXPGPATH * 2];

		CHECK_FOR_INTERRUPTS();
		snprintf(file, sizeof(file), "%s/%s", path, (const char *) lfirst(cell));
		remove_path(file);
	}
	if (rmdir(path) < 0 && errno != ENOENT)
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not remove directory \"%s\": %m", path)));
}
