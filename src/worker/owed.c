/*
 * owed.c: ends of attempts that could not be written down when they came; see owed.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "worker/outcome.h"
#include "worker/owed.h"
#include "worker/queue.h"

typedef struct Owed
{
	MemoryContext context;		/* of itself */
	struct Owed *next;
	TvJob		job;
	ErrorData	error;
	bool		uncounted;
} Owed;

static Owed *first = NULL;

static char *
copy(const char *text)
{
	return text == NULL ? NULL : pstrdup(text);
}

void
tv_owed_add(const TvJob *job, const ErrorData *error, bool uncounted)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "timevmaps owed end", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Owed	   *owed = palloc0(sizeof(Owed));

	owed->context = context;
	owed->job = *job;
	owed->job.kind = pstrdup(job->kind);
	owed->job.params = palloc(VARSIZE(job->params));
	memcpy(owed->job.params, job->params, VARSIZE(job->params));
	owed->job.submitted_by = pstrdup(job->submitted_by);
	owed->job.submitted_role = pstrdup(job->submitted_role);
	owed->error.sqlerrcode = error->sqlerrcode;
	owed->error.message = copy(error->message);
	owed->error.detail = copy(error->detail);
	owed->error.hint = copy(error->hint);
	owed->uncounted = uncounted;
	owed->next = first;
	first = owed;
	MemoryContextSwitchTo(caller);
}

void
tv_owed_settle(TvRunner *runner, bool last)
{
	Owed	  **at = &first;

	while (*at != NULL)
	{
		Owed	   *owed = *at;

		if (!tv_outcome_fail(runner, &owed->job, &owed->error, owed->uncounted, false) && !last)
		{
			at = &owed->next;
			continue;
		}
		*at = owed->next;
		tv_queue_release(&owed->job);
		MemoryContextDelete(owed->context);
	}
}
