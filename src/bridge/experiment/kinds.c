/*
 * kinds.c: the one list of the kinds of experiments; see kinds.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "bridge/experiment/check.h"
#include "bridge/experiment/kinds.h"
#include "bridge/experiment/rerun.h"
#include "bridge/server/error.h"
#include "bridge/server/json.h"

const TvKindEntry tv_kinds[TV_KIND_COUNT] = {
	[TV_KIND_QUANTUM] = {"quantum", TV_SHORT_CIRCUIT, tv_arguments_quantum, tv_experiment_check_run, tv_rerun_circuit},
	[TV_KIND_SR] = {"sr", TV_SHORT_TIME | TV_SHORT_SPEED, tv_arguments_sr, tv_experiment_check_clocks, tv_rerun_clocks},
	[TV_KIND_GR] = {"gr", TV_SHORT_TIME | TV_SHORT_MASS, tv_arguments_gr, tv_experiment_check_clocks, tv_rerun_clocks},
	[TV_KIND_RELATIVITY] = {"relativity", TV_SHORT_TIME | TV_SHORT_SPEED | TV_SHORT_MASS, tv_arguments_relativity,
	tv_experiment_check_clocks, tv_rerun_clocks},
	[TV_KIND_ROUTE] = {"route", 0, tv_arguments_route, NULL, NULL},
	[TV_KIND_SWEEP] = {"sweep", TV_SHORT_CIRCUIT, tv_arguments_sweep, tv_experiment_check_run, tv_rerun_sweep},
};

bool
tv_kind_find(const char *name, TvKind *kind)
{
	for (int i = 0; i < TV_KIND_COUNT; i++)
		if (strcmp(name, tv_kinds[i].name) == 0)
		{
			*kind = (TvKind) i;
			return true;
		}
	return false;
}

static char *
list_of_names(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < TV_KIND_COUNT; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", tv_kinds[i].name);
	return list.data;
}

TvExperiment *
tv_experiment_read(const char *kind, Jsonb *params)
{
	static const TvPath root = {NULL, "params", -1, 0};
	TvExperiment *experiment = palloc0(sizeof(TvExperiment));
	JsonbValue	document;

	if (!tv_kind_find(kind, &experiment->kind))
		tv_report_invalid("kind", "not a kind of experiment", NULL, psprintf("One of: %s.", list_of_names()));
	tv_json_root(params, &document);
	tv_kinds[experiment->kind].read(experiment, tv_json_object(&document, &root));
	return experiment;
}

void
tv_experiment_check(TvExperiment *experiment)
{
	if (tv_kinds[experiment->kind].check != NULL)
		tv_kinds[experiment->kind].check(experiment);
}

Jsonb *
tv_experiment_rerun(TvExperiment *experiment, int64 seed, uint32 attempt)
{
	if (tv_kinds[experiment->kind].rerun == NULL)
		tv_report_invalid("kind", "not run here", "A route is planned by tv_plan_route().", NULL);
	return tv_kinds[experiment->kind].rerun(experiment, seed, attempt);
}
