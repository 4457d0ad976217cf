/*
 * env.h: the server's memory and interrupts as the kernel sees them.
 *
 * A TvEnv allocates in a memory context of its own, a child of the current one,
 * so that whatever a failed kernel call leaves behind goes with it.  Interrupts
 * that arrive while the kernel runs are caught in its cancelled() and raised by
 * tv_check() after it has returned, so no longjmp crosses a kernel frame.
 *
 * Large blocks of zeros are anonymous mappings, whose pages come when they are
 * touched: a search that needs an array for all places, and looks at few, pays for few.
 */
#ifndef TV_SERVER_ENV_H
#define TV_SERVER_ENV_H

#include "postgres.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include <signal.h>

#include "miscadmin.h"

#include "kernel/tvm.h"

/* A large block of zeros. */
typedef struct TvZeroed
{
	struct TvZeroed *next;
	void	   *block;
	size_t		size;
} TvZeroed;

typedef struct TvEnv
{
	TvmEnv		tvm;			/* hand &env->tvm to the kernel */
	MemoryContext context;
	MemoryContextCallback end;	/* gives the zeroed blocks back */
	TvZeroed   *zeroed;
	Size		zeroed_bytes;
	Size		limit;			/* of all memory; 0: none */
	Size		refused;		/* what there would have been with a block that was not given */
	ErrorData  *interrupt;		/* what CHECK_FOR_INTERRUPTS() raised, if it did */
	TimestampTz deadline;		/* 0: none; else cancelled() is true past it */
	bool		timed_out;
} TvEnv;

extern TvEnv *tv_env_create(const char *name);

/*
 * From now on refuse memory beyond timevmaps.graph_memory: the kernel's calls say
 * TVM_NOMEM then, and tv_check() raises 54000.
 */
extern void tv_env_limit(TvEnv *env);

/* Memory of the environment for code that is not the kernel's; raises 54000 beyond its limit. */
extern void *tv_env_take(TvEnv *env, Size size);

/* Free the environment and everything the kernel allocated in it. */
extern void tv_env_delete(TvEnv *env);

/*
 * What this process looks at now and then while it computes, apart from interrupts: a
 * signal handler says when.  It raises nothing, for kernel frames may be below it; it may
 * ask for a cancellation.
 */
extern volatile sig_atomic_t tv_env_look_due;
extern void (*tv_env_look) (void);

static inline void
tv_env_look_if_due(void)
{
	if (unlikely(tv_env_look_due))
	{
		tv_env_look_due = false;
		tv_env_look();
	}
}

/*
 * Ask for interrupts in the i-th round of a loop that may have millions, now and then.
 * Not in kernel frames: those ask tvm_cancelled().
 */
static inline void
tv_interrupts_at(uint64 i)
{
	if (i % 8192 == 0)
	{
		tv_env_look_if_due();
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * A larger array in the place of one that is full, or (NULL) the first in `context`:
 * `capacity`, of elements, about doubles.
 */
extern void *tv_grow(MemoryContext context, void *array, Size element, uint32 *capacity);

/* Raise what `status` and env->tvm.error say; returns only for TVM_OK. */
extern void tv_check(TvEnv *env, TvmStatus status);

#endif							/* TV_SERVER_ENV_H */
