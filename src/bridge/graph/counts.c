/*
 * counts.c: how often prepared graphs answer and are built; see counts.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/lwlock.h"

#include "bridge/graph/counts.h"
#include "bridge/server/shared.h"

#define COUNTED_FEW 16

enum
{
	FROM_GRAPHS,
	FROM_ROWS,
	BUILDS,
	BUILD_US,
	COUNTS
};

typedef struct Entry
{
	Oid			database;		/* InvalidOid: free; changes under the lock */
	pg_atomic_uint64 counts[COUNTS];
} Entry;

typedef struct Shared
{
	LWLock		lock;
	int			count;
	Entry		entries[FLEXIBLE_ARRAY_MEMBER];
} Shared;

static Shared *shared = NULL;
static Entry *mine = NULL;		/* a backend's database stays while it is there, and so does its entry */
static bool preloaded = false;

void
tv_graph_counts_preload(void)
{
	preloaded = true;
}

Size
tv_graph_counts_size(void)
{
	return MAXALIGN(offsetof(Shared, entries) + sizeof(Entry) * (preloaded ? TV_GRAPH_COUNTED : COUNTED_FEW));
}

static void
begin_sharing(void *memory)
{
	Shared	   *made = memory;

	made->count = preloaded ? TV_GRAPH_COUNTED : COUNTED_FEW;
	for (int i = 0; i < made->count; i++)
		for (int c = 0; c < COUNTS; c++)
			pg_atomic_init_u64(&made->entries[i].counts[c], 0);
}

static Shared *
attach(void)
{
	if (shared == NULL)
		shared = tv_shared_attach("timevmaps graph counts", tv_graph_counts_size(), begin_sharing);
	return shared;
}

/* The lock is held. */
static Entry *
find(Oid database)
{
	for (int i = 0; i < shared->count; i++)
		if (shared->entries[i].database == database)
			return &shared->entries[i];
	return NULL;
}

/* NULL: there is no place. */
static Entry *
my_entry(void)
{
	if (mine != NULL)
		return mine;
	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	mine = find(MyDatabaseId);
	if (mine == NULL)
		mine = find(InvalidOid);
	if (mine != NULL)
		mine->database = MyDatabaseId;
	LWLockRelease(&shared->lock);
	return mine;
}

void
tv_graph_count_answer(bool from_graphs)
{
	Entry	   *entry = my_entry();

	if (entry != NULL)
		pg_atomic_fetch_add_u64(&entry->counts[from_graphs ? FROM_GRAPHS : FROM_ROWS], 1);
}

void
tv_graph_count_build(int64 us)
{
	Entry	   *entry = my_entry();

	if (entry == NULL)
		return;
	pg_atomic_fetch_add_u64(&entry->counts[BUILDS], 1);
	pg_atomic_fetch_add_u64(&entry->counts[BUILD_US], Max(us, 0));
}

void
tv_graph_counts_read(TvGraphCounts *copy)
{
	Entry	   *entry;

	memset(copy, 0, sizeof(TvGraphCounts));
	LWLockAcquire(&attach()->lock, LW_SHARED);
	entry = find(MyDatabaseId);
	if (entry != NULL)
		*copy = (TvGraphCounts)
	{
		pg_atomic_read_u64(&entry->counts[FROM_GRAPHS]), pg_atomic_read_u64(&entry->counts[FROM_ROWS]),
			pg_atomic_read_u64(&entry->counts[BUILDS]), pg_atomic_read_u64(&entry->counts[BUILD_US])
	};
	LWLockRelease(&shared->lock);
}

void
tv_graph_counts_forget(Oid database)
{
	Entry	   *entry;

	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	entry = find(database);
	if (entry != NULL)
	{
		for (int c = 0; c < COUNTS; c++)
			pg_atomic_write_u64(&entry->counts[c], 0);
		entry->database = InvalidOid;
	}
	LWLockRelease(&shared->lock);
}

int
tv_graph_counts_databases(Oid *databases)
{
	int			count = 0;

	LWLockAcquire(&attach()->lock, LW_SHARED);
	for (int i = 0; i < shared->count; i++)
		if (OidIsValid(shared->entries[i].database))
			databases[count++] = shared->entries[i].database;
	LWLockRelease(&shared->lock);
	return count;
}
