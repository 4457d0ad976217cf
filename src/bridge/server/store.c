/*
 * store.c: immutable, checksummed files, mapped by every backend; see store.h.
 *
 * Layout: a Header, then the sections.  The checksum of the header covers the
 * table of sections, which has a checksum for each section.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "common/file_utils.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/store.h"
#include "bridge/server/store_directory.h"

#define STORE_MAGIC 0x47564d54	/* "TMVG" on disk; another byte order reads as no file */
#define STORE_VERSION 4
#define SECTION_ALIGN 64
#define WRITE_BLOCK (1024 * 1024)

typedef struct Entry
{
	uint32		tag;
	pg_crc32c	checksum;
	uint64		offset;
	uint64		size;
} Entry;

typedef struct Header
{
	uint32		magic;
	uint32		version;
	uint64		system_identifier;
	uint64		build_id;
	uint64		size;			/* of the whole file */
	uint32		wal_timeline;
	Oid			database;
	uint32		section_count;
	pg_crc32c	checksum;		/* of the header with 0 here */
	Entry		sections[TV_STORE_SECTIONS];
} Header;

/* Files of one history must not be used in another, where ids mean other transactions. */
static TimeLineID
wal_timeline(void)
{
	TimeLineID	timeline;

	if (!RecoveryInProgress())
		return GetWALInsertionTimeLine();
	(void) GetXLogReplayRecPtr(&timeline);
	return timeline;
}

static pg_crc32c
checksum_of(const void *data, Size size)
{
	pg_crc32c	checksum;

	INIT_CRC32C(checksum);
	for (Size done = 0; done < size; done += WRITE_BLOCK)
	{
		CHECK_FOR_INTERRUPTS();
		COMP_CRC32C(checksum, (const char *) data + done, Min(WRITE_BLOCK, size - done));
	}
	FIN_CRC32C(checksum);
	return checksum;
}

static pg_crc32c
header_checksum(const Header *header)
{
	Header		copy = *header;

	copy.checksum = 0;
	return checksum_of(&copy, sizeof(copy));
}

/* Writing ----------------------------------------------------------------- */

/*
 * Have the disk take what was just written: an fsync of half a gigabyte at the end
 * would take seconds, in which nobody is interrupted.
 */
static void
write_back(int file, Size size)
{
#if defined(HAVE_SYNC_FILE_RANGE)
	off_t		end = lseek(file, 0, SEEK_CUR);

	if (enableFsync && end >= (off_t) size)
		(void) sync_file_range(file, end - size, size, SYNC_FILE_RANGE_WAIT_BEFORE |
							   SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
#endif
}

static bool
write_all(int file, const char *path, const void *data, Size size)
{
	for (Size done = 0; done < size;)
	{
		ssize_t		written;

		CHECK_FOR_INTERRUPTS();
		errno = 0;
		written = write(file, (const char *) data + done, Min(WRITE_BLOCK, size - done));
		if (written <= 0)
		{
			if (errno == EINTR)
				continue;
			if (errno == 0)
				errno = ENOSPC;
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not write file \"%s\": %m", path)));
			return false;
		}
		done += written;
		write_back(file, written);
	}
	return true;
}

static bool
write_sections(int file, const char *path, const Header *header, const TvSection *sections)
{
	static const char zeros[SECTION_ALIGN] = {0};
	uint64		at = sizeof(Header);

	if (!write_all(file, path, header, sizeof(Header)))
		return false;
	for (uint32 i = 0; i < header->section_count; i++)
	{
		const Entry *entry = &header->sections[i];

		if (!write_all(file, path, zeros, entry->offset - at) ||
			!write_all(file, path, sections[i].data, entry->size))
			return false;
		at = entry->offset + entry->size;
	}
	if (pg_fsync(file) != 0)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not fsync file \"%s\": %m", path)));
		return false;
	}
	return true;
}

static void
fill_header(Header *header, const TvSection *sections, int count)
{
	memset(header, 0, sizeof(*header));
	header->magic = STORE_MAGIC;
	header->version = STORE_VERSION;
	header->system_identifier = GetSystemIdentifier();
	header->wal_timeline = wal_timeline();
	header->database = MyDatabaseId;
	header->section_count = count;
	if (!pg_strong_random(&header->build_id, sizeof(header->build_id)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	header->size = sizeof(Header);
	for (int i = 0; i < count; i++)
	{
		header->sections[i].tag = sections[i].tag;
		header->sections[i].offset = TYPEALIGN64(SECTION_ALIGN, header->size);
		header->sections[i].size = sections[i].size;
		header->sections[i].checksum = checksum_of(sections[i].data, sections[i].size);
		header->size = header->sections[i].offset + sections[i].size;
	}
	header->checksum = header_checksum(header);
}

/*
 * The file has been synced already.  A rename that a crash loses leaves the older file,
 * which is as good as it was.
 */
static bool
put_in_place(const char *temporary, const char *path)
{
	char		directory[MAXPGPATH];

	if (rename(temporary, path) < 0)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not rename file \"%s\" to \"%s\": %m", temporary, path)));
		return false;
	}
	CHECK_FOR_INTERRUPTS();
	tv_store_directory_path(directory);
	(void) fsync_fname_ext(directory, true, false, LOG);
	CHECK_FOR_INTERRUPTS();
	return true;
}

bool
tv_store_write(const char *name, const TvSection *sections, int count, uint64 *build_id)
{
	char		path[MAXPGPATH];
	char		temporary[MAXPGPATH];
	Header	   *header;
	volatile bool done = false;
	int			file;

	Assert(count <= TV_STORE_SECTIONS);
	if (!tv_store_make_directory())
		return false;
	tv_store_file_path(path, name);
	snprintf(temporary, sizeof(temporary), "%s.tmp.%d", path, MyProcPid);

	/* A commit that a crash could lose must not survive in a file. */
	if (!RecoveryInProgress())
		XLogFlush(tv_log_message("timevmaps", "publish", strlen("publish")));

	header = palloc(sizeof(Header));
	fill_header(header, sections, count);
	file = OpenTransientFile(temporary, O_RDWR | O_CREAT | O_TRUNC | PG_BINARY);
	if (file < 0)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not create file \"%s\": %m", temporary)));
		return false;
	}
	PG_TRY();
	{
		done = write_sections(file, temporary, header, sections);
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		CloseTransientFile(file);
		unlink(temporary);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (CloseTransientFile(file) != 0)
		done = false;
	if (done)
		done = put_in_place(temporary, path);
	if (!done)
		unlink(temporary);
	*build_id = header->build_id;
	pfree(header);
	return done;
}

/* Mapping ----------------------------------------------------------------- */

/* The builds that this backend has verified, so that a second mapping costs nothing. */
#define VERIFIED_MAX 128

typedef struct Verified
{
	uint64		build_id;
	uint64		inode;
	int64		changed_ns;
} Verified;

static Verified verified[VERIFIED_MAX];
static int	verified_next = 0;
static int	kept_open = 0;		/* descriptors of mapped files */

static bool
is_verified(const TvMapping *mapping)
{
	for (int i = 0; i < VERIFIED_MAX; i++)
		if (verified[i].build_id == mapping->build_id && verified[i].inode == mapping->inode &&
			verified[i].changed_ns == mapping->changed_ns)
			return true;
	return false;
}

static int64
changed_ns(const struct stat *status)
{
	return status->st_ctim.tv_sec * INT64CONST(1000000000) + status->st_ctim.tv_nsec;
}

static bool
header_is_ours(const Header *header, Size size)
{
	if (size < sizeof(Header) || header->magic != STORE_MAGIC || header->version != STORE_VERSION ||
		header->section_count > TV_STORE_SECTIONS || header->checksum != header_checksum(header) ||
		header->size != size || header->system_identifier != GetSystemIdentifier() ||
		header->wal_timeline != wal_timeline() || header->database != MyDatabaseId)
		return false;
	for (uint32 i = 0; i < header->section_count; i++)
		if (header->sections[i].offset > size || header->sections[i].size > size - header->sections[i].offset ||
			header->sections[i].offset % SECTION_ALIGN != 0)
			return false;
	return true;
}

static bool
sections_are_whole(const TvMapping *mapping)
{
	const Header *header = (const Header *) mapping->base;

	for (uint32 i = 0; i < header->section_count; i++)
		if (checksum_of(mapping->base + header->sections[i].offset, header->sections[i].size) !=
			header->sections[i].checksum)
			return false;
	return true;
}

/* Map an open file of this size, or NULL. */
static TvMapping *
map_file(const char *name, int file, const struct stat *status)
{
	Size		size = status->st_size;
	char	   *base = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
	TvMapping  *mapping;

	if (base == MAP_FAILED)
		return NULL;
	mapping = MemoryContextAllocZero(TopMemoryContext, sizeof(TvMapping));
	strlcpy(mapping->name, name, sizeof(mapping->name));
	mapping->base = base;
	mapping->size = size;
	mapping->build_id = ((const Header *) base)->build_id;
	mapping->inode = status->st_ino;
	mapping->changed_ns = changed_ns(status);
	mapping->file = -1;
	mapping->users = 1;
	return mapping;
}

/* Keep a file open for as long as it is mapped, if there are descriptors to spare. */
static void
keep_open(TvMapping *mapping, int file)
{
	/* A third of them all is for extensions: most of that is left to others, such as postgres_fdw. */
	if (kept_open >= max_safe_fds / 8 || !AcquireExternalFD())
		return;
	mapping->file = fcntl(file, F_DUPFD_CLOEXEC, 0);
	if (mapping->file < 0)
		ReleaseExternalFD();
	else
		kept_open++;
}

TvMapping *
tv_store_open(const char *name)
{
	char		path[MAXPGPATH];
	struct stat status;
	TvMapping  *volatile mapping = NULL;
	volatile bool good = false;
	int			file;

	tv_store_file_path(path, name);
	file = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);	/* a pipe would be waited for */
	if (file < 0)
		return NULL;
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= (off_t) sizeof(Header))
		mapping = map_file(name, file, &status);
	if (mapping != NULL)
		keep_open(mapping, file);
	CloseTransientFile(file);
	if (mapping == NULL)
		return NULL;
	PG_TRY();
	{
		good = header_is_ours((const Header *) mapping->base, mapping->size) &&
			(is_verified(mapping) || sections_are_whole(mapping));
	}
	PG_CATCH();
	{
		tv_store_close(mapping);
		PG_RE_THROW();
	}
	PG_END_TRY();
	/* Written to while it was being verified: then it may be anything. */
	if (good && tv_store_check(mapping) != TV_STORE_SAME)
		good = false;
	if (!good)
	{
		tv_store_close(mapping);
		return NULL;
	}
	if (!is_verified(mapping))
	{
		/* Verifying has touched every page: from here on only what is used counts as this backend's. */
		(void) madvise(mapping->base, mapping->size, MADV_DONTNEED);
		verified[verified_next] = (Verified) {mapping->build_id, mapping->inode, mapping->changed_ns};
		verified_next = (verified_next + 1) % VERIFIED_MAX;
	}
	return mapping;
}

void
tv_store_close(TvMapping *mapping)
{
	if (mapping == NULL || --mapping->users > 0)
		return;
	munmap(mapping->base, mapping->size);
	if (mapping->file >= 0)
	{
		close(mapping->file);
		ReleaseExternalFD();
		kept_open--;
	}
	pfree(mapping);
}

TvMapping *
tv_store_share(TvMapping *mapping)
{
	mapping->users++;
	return mapping;
}

static bool
is_as_it_was(const TvMapping *mapping, const struct stat *status)
{
	return (Size) status->st_size == mapping->size && changed_ns(status) == mapping->changed_ns;
}

TvStoreState
tv_store_check(const TvMapping *mapping)
{
	char		path[MAXPGPATH];
	struct stat status;

	/* What is written to, renamed or removed has changed, too; this costs a tenth of finding it by its path. */
	if (mapping->file >= 0 && fstat(mapping->file, &status) == 0 && status.st_nlink > 0 && is_as_it_was(mapping, &status))
		return TV_STORE_SAME;
	tv_store_file_path(path, mapping->name);
	if (stat(path, &status) != 0 || status.st_ino != mapping->inode)
		return TV_STORE_GONE;
	return is_as_it_was(mapping, &status) ? TV_STORE_SAME : TV_STORE_DAMAGED;
}

void *
tv_store_section(const TvMapping *mapping, uint32 tag, Size *size)
{
	const Header *header = (const Header *) mapping->base;

	for (uint32 i = 0; i < header->section_count; i++)
		if (header->sections[i].tag == tag)
		{
			*size = header->sections[i].size;
			return mapping->base + header->sections[i].offset;
		}
	*size = 0;
	return NULL;
}

bool
tv_store_section_is(const TvMapping *mapping, uint32 tag, Size size, const void **where)
{
	Size		found;

	*where = tv_store_section(mapping, tag, &found);
	return *where != NULL && found == size;
}
