/*
 * metric.c: the one list of the metrics; see metric.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "bridge/network/metric.h"
#include "bridge/server/error.h"

const TvMetric tv_metrics[TV_METRIC_COUNT] = {
	TV_METRIC_LOCAL, TV_METRIC_COORDINATE, TV_METRIC_TRAVELER, TV_METRIC_DISTANCE
};

static const struct
{
	const char *name;
	const char *quantity;
}			entries[TV_METRIC_COUNT] = {
	[TV_METRIC_TRAVELER] = {"traveler", "traveler time"},
	[TV_METRIC_LOCAL] = {"local", "local time"},
	[TV_METRIC_COORDINATE] = {"coordinate", "coordinate time"},
	[TV_METRIC_DISTANCE] = {"distance", "distance"}
};

const char *
tv_metric_name(TvMetric metric)
{
	return entries[metric].name;
}

const char *
tv_metric_quantity(TvMetric metric)
{
	return entries[metric].quantity;
}

bool
tv_metric_find(const char *name, TvMetric *metric)
{
	for (int i = 0; i < TV_METRIC_COUNT; i++)
		if (strcmp(name, entries[i].name) == 0)
		{
			*metric = (TvMetric) i;
			return true;
		}
	return false;
}

TvMetric
tv_metric_parse(const char *name)
{
	TvMetric	metric;

	if (!tv_metric_find(name, &metric))
		tv_report_invalid("metric", "no such metric", psprintf("\"%s\" is not a metric.", name),
						  psprintf("The metrics are %s.", tv_metric_list(" and ")));
	return metric;
}

TvMetric
tv_metric_choose(const char *name, const TvmWorldRules *rules)
{
	return name != NULL ? tv_metric_parse(name) : (TvMetric) rules->clock;
}

char *
tv_metric_list(const char *last)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < TV_METRIC_COUNT; i++)
		appendStringInfo(&list, "%s%s", i == 0 ? "" : i + 1 < TV_METRIC_COUNT ? ", " : last,
						 tv_metric_name(tv_metrics[i]));
	return list.data;
}
