/*
 * env.c: the server's memory and interrupts as the kernel sees them; see env.h.
 */
#include "postgres.h"

#include <sys/mman.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/server/env.h"
#include "bridge/server/error.h"
#include "bridge/server/guc.h"

volatile sig_atomic_t tv_env_look_due = false;
void		(*tv_env_look) (void) = NULL;

/* Bytes from which zeros come by pages. */
#define LARGE_ZEROED (256 * 1024)

/* Asking the clock costs more than asking for interrupts: do it this rarely. */
#define DEADLINE_CHECK_INTERVAL 64

/* Whether a block of this size is more than the environment may have; the context counts what it holds. */
static bool
is_too_much(TvEnv *env, size_t size)
{
	Size		need;

	if (env->limit == 0)
		return false;
	need = MemoryContextMemAllocated(env->context, true) + env->zeroed_bytes + size;
	if (need <= env->limit)
		return false;
	env->refused = need;
	return true;
}

static void *
env_alloc(void *ctx, size_t size)
{
	TvEnv	   *env = ctx;

	if (!AllocHugeSizeIsValid(size) || is_too_much(env, size))
		return NULL;
	return MemoryContextAllocExtended(env->context, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

static void *
env_alloc_zero(void *ctx, size_t size)
{
	TvEnv	   *env = ctx;
	TvZeroed   *zeroed;

	if (size < LARGE_ZEROED)
		return MemoryContextAllocExtended(env->context, size, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_ZERO);
	zeroed = is_too_much(env, size) ? NULL
		: MemoryContextAllocExtended(env->context, sizeof(TvZeroed), MCXT_ALLOC_NO_OOM);
	if (zeroed == NULL)
		return NULL;
	zeroed->block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (zeroed->block == MAP_FAILED)
	{
		pfree(zeroed);
		return NULL;
	}
#ifdef MADV_HUGEPAGE
	/* Blocks of a large state lie pages apart: up to a fifth less time with large pages. */
	(void) madvise(zeroed->block, size, MADV_HUGEPAGE);
#endif
	zeroed->size = size;
	zeroed->next = env->zeroed;
	env->zeroed = zeroed;
	env->zeroed_bytes += size;
	return zeroed->block;
}

static void
env_free(void *ctx, void *block)
{
	TvEnv	   *env = ctx;

	for (TvZeroed **at = &env->zeroed; *at != NULL; at = &(*at)->next)
		if ((*at)->block == block)
		{
			TvZeroed   *zeroed = *at;

			*at = zeroed->next;
			env->zeroed_bytes -= zeroed->size;
			munmap(zeroed->block, zeroed->size);
			pfree(zeroed);
			return;
		}
	if (block != NULL)
		pfree(block);
}

/* Before the context goes, with the list itself. */
static void
env_end(void *ctx)
{
	TvEnv	   *env = ctx;

	for (TvZeroed *zeroed = env->zeroed; zeroed != NULL; zeroed = zeroed->next)
		munmap(zeroed->block, zeroed->size);
	env->zeroed = NULL;
}

static bool
env_cancelled(void *ctx)
{
	static int	calls = 0;
	TvEnv	   *env = ctx;

	if (env->interrupt != NULL || env->timed_out)
		return true;
	if (env->deadline != 0 && ++calls % DEADLINE_CHECK_INTERVAL == 0 &&
		GetCurrentTimestamp() >= env->deadline)
	{
		env->timed_out = true;
		return true;
	}
	tv_env_look_if_due();
	if (likely(!INTERRUPTS_PENDING_CONDITION()))
		return false;

	/*
	 * Most interrupts (a barrier, a request to log memory) are served here and
	 * the kernel goes on.  One that ends the statement is kept for tv_check().
	 */
	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		MemoryContext caller = MemoryContextSwitchTo(env->context);

		env->interrupt = CopyErrorData();
		FlushErrorState();
		MemoryContextSwitchTo(caller);
	}
	PG_END_TRY();
	return env->interrupt != NULL;
}

TvEnv *
tv_env_create(const char *name)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "timevmaps kernel",
												  ALLOCSET_DEFAULT_SIZES);
	TvEnv	   *env = MemoryContextAllocZero(context, sizeof(TvEnv));

	MemoryContextSetIdentifier(context, name);
	env->context = context;
	env->tvm.alloc = env_alloc;
	env->tvm.alloc_zero = env_alloc_zero;
	env->tvm.free = env_free;
	env->tvm.cancelled = env_cancelled;
	env->tvm.ctx = env;
	env->end.func = env_end;
	env->end.arg = env;
	MemoryContextRegisterResetCallback(context, &env->end);
	return env;
}

void
tv_env_limit(TvEnv *env)
{
	env->limit = (Size) tv_graph_memory_kb * 1024;
}

void *
tv_env_take(TvEnv *env, Size size)
{
	if (is_too_much(env, size))
		tv_report_graph_memory(env->refused, env->limit);
	return MemoryContextAllocHuge(env->context, Max(size, 1));
}

void
tv_env_delete(TvEnv *env)
{
	MemoryContextDelete(env->context);
}

void *
tv_grow(MemoryContext context, void *array, Size element, uint32 *capacity)
{
	*capacity = *capacity * 2 + 64;
	return array == NULL ? MemoryContextAllocHuge(context, element * *capacity)
		: repalloc_huge(array, element * *capacity);
}

void
tv_check(TvEnv *env, TvmStatus status)
{
	if (likely(status == TVM_OK))
		return;
	if (status == TVM_CANCELLED)
	{
		if (env->interrupt != NULL)
			tv_rethrow(env->interrupt);
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg(env->timed_out ? "time limit reached" : "computation cancelled")));
	}
	if (status == TVM_NOMEM && env->refused > 0)
		tv_report_graph_memory(env->refused, env->limit);
	tv_report(status, &env->tvm.error);
}
