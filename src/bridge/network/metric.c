/*
 * metric.c: the metrics and their names; see metric.h.
 */
#include "postgres.h"

#include "bridge/network/metric.h"
#include "bridge/server/error.h"

static const char *const metric_names[] = {
	[TV_METRIC_TRAVELER] = "traveler",
	[TV_METRIC_LOCAL] = "local",
	[TV_METRIC_COORDINATE] = "coordinate",
	[TV_METRIC_DISTANCE] = "distance"
};

TvMetric
tv_metric_parse(const char *name)
{
	for (int i = 0; i < lengthof(metric_names); i++)
		if (strcmp(name, metric_names[i]) == 0)
			return (TvMetric) i;
	tv_report_invalid("metric", "no such metric", psprintf("\"%s\" is not a metric.", name),
					  "The metrics are local, coordinate, traveler and distance.");
}

const char *
tv_metric_name(TvMetric metric)
{
	return metric_names[metric];
}

TvMetric
tv_metric_choose(const char *name, const TvmWorldRules *rules)
{
	return name != NULL ? tv_metric_parse(name) : (TvMetric) rules->clock;
}
