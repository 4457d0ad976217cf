/*
 * env.c: the server's memory and interrupts as the kernel sees them; see env.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/env.h"
#include "bridge/error.h"

/* Asking the clock costs more than asking for interrupts: do it this rarely. */
#define DEADLINE_CHECK_INTERVAL 64

static void *
env_alloc(void *ctx, size_t size)
{
	TvEnv	   *env = ctx;

	if (!AllocHugeSizeIsValid(size))
		return NULL;
	return MemoryContextAllocExtended(env->context, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

static void
env_free(void *ctx, void *block)
{
	if (block != NULL)
		pfree(block);
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
	env->tvm.free = env_free;
	env->tvm.cancelled = env_cancelled;
	env->tvm.ctx = env;
	return env;
}

void
tv_env_delete(TvEnv *env)
{
	MemoryContextDelete(env->context);
}

void
tv_check(TvEnv *env, TvmStatus status)
{
	if (likely(status == TVM_OK))
		return;
	if (status == TVM_CANCELLED)
	{
		if (env->interrupt != NULL)
			ReThrowError(env->interrupt);	/* it copies what it is given */
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg(env->timed_out ? "time limit reached" : "computation cancelled")));
	}
	tv_report(status, &env->tvm.error);
}
