/*
 * spans.c: what an experiment did, as spans; see spans.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "bridge/event/trace.h"
#include "worker/session.h"
#include "worker/spans.h"

static TvStatement add_trace = {
	.text = "SELECT ($1::jsonb || jsonb_build_object('trace', timevmaps_internal.tv_trace($2, $3, $4, clock_timestamp())))::text",
	.count = 4,.types = {TEXTOID, INT8OID, INT8OID, TIMESTAMPTZOID}
};

char *
tv_spans_add(const TvJob *job, char *artifacts)
{
	uint8		trace[TV_TRACE_BYTES];
	Datum		values[4];

	if (!tv_trace_of_params(job->params, trace))
		return artifacts;
	values[0] = CStringGetTextDatum(artifacts);
	values[1] = Int64GetDatum(job->id);
	values[2] = Int64GetDatum(job->claim);
	values[3] = TimestampTzGetDatum(job->began);
	(void) tv_statement(&add_trace, values, NULL);
	return TextDatumGetCString(tv_statement_column(1, NULL));
}
