/*
 * store.h: immutable, checksummed files below the data directory, mapped
 * read-only by every backend that needs them and replaced by rename.
 *
 * A file is a header and named sections of bytes, each aligned to 64.  What is
 * in them is the caller's; the store knows that they are whole, of this format
 * version, this server, this history (system identifier and WAL timeline) and
 * this database.  Anything else reads as "no such file".
 *
 * A mapping lives in TopMemoryContext until tv_store_close(), and stays as it is when
 * the file is deleted or replaced.
 */
#ifndef TV_SERVER_STORE_H
#define TV_SERVER_STORE_H

#include "postgres.h"

#define TV_STORE_SECTIONS 64	/* the most a file has */

/* One section to be written. */
typedef struct TvSection
{
	uint32		tag;			/* the caller's number for it */
	const void *data;
	Size		size;
} TvSection;

typedef struct TvMapping
{
	char		name[NAMEDATALEN * 2];	/* below the database's directory */
	char	   *base;
	Size		size;
	uint64		build_id;		/* random: tells two builds of one name apart */
	uint64		inode;			/* as it was when it was verified */
	int64		changed_ns;
	int			file;			/* kept open to look at it, or -1 */
	int			users;			/* tv_store_close() lets the last one's go */
} TvMapping;

/*
 * Write a file: to a temporary name, checksummed, synced, renamed, the directory
 * synced.  The write-ahead log is flushed first, up to where it stands.  Returns
 * false, with a LOG message, where the disk refuses: a prepared graph is a
 * convenience.  Interrupts are served between blocks; a temporary file that an
 * error leaves behind is removed.
 */
extern bool tv_store_write(const char *name, const TvSection *sections, int count, uint64 *build_id);

/*
 * Map a file, or NULL.  The checksum is verified when a file is mapped for the first
 * time by this backend; the same build is not verified again.
 */
extern TvMapping *tv_store_open(const char *name);
extern void tv_store_close(TvMapping *mapping);

/* One more user of a mapping. */
extern TvMapping *tv_store_share(TvMapping *mapping);

/*
 * What has become of a mapped file.  TV_STORE_GONE: deleted or replaced; nobody can
 * tell whether someone has written to it before, so that a query that is at work goes
 * on with the mapping, and the next one does without.  TV_STORE_DAMAGED: someone has
 * written to the very file that is mapped, so that no byte of it can be trusted.
 */
typedef enum TvStoreState
{
	TV_STORE_SAME,
	TV_STORE_GONE,
	TV_STORE_DAMAGED
} TvStoreState;

extern TvStoreState tv_store_check(const TvMapping *mapping);

/* A section, or NULL; *size receives its size. */
extern void *tv_store_section(const TvMapping *mapping, uint32 tag, Size *size);

/* Point at a section that has exactly this size; false where it is not there. */
extern bool tv_store_section_is(const TvMapping *mapping, uint32 tag, Size size, const void **where);

#endif							/* TV_SERVER_STORE_H */
