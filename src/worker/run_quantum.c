#include "postgres.h"
#include "worker/run.h"
static void
unsupported(TvRunner *runner, void *arg)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("circuits cannot be run yet")));
}
ErrorData *
tv_run_quantum(TvRunner *runner, TvJob *job, const TvExperiment *experiment)
{
	return tv_slice(runner, unsupported, NULL);
}
