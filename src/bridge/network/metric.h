/*
 * metric.h: the metrics: what a route minimises.
 */
#ifndef TV_NETWORK_METRIC_H
#define TV_NETWORK_METRIC_H

#include "postgres.h"

#include "kernel/relativity/clocks.h"

/* What a search minimises.  The first three are the clocks of the same names. */
typedef enum TvMetric
{
	TV_METRIC_TRAVELER = TVM_CLOCK_TRAVELER,
	TV_METRIC_LOCAL = TVM_CLOCK_LOCAL,
	TV_METRIC_COORDINATE = TVM_CLOCK_COORDINATE,
	TV_METRIC_DISTANCE
} TvMetric;

/* "local", "coordinate", "traveler" or "distance"; 22023 for anything else. */
extern TvMetric tv_metric_parse(const char *name);
extern const char *tv_metric_name(TvMetric metric);

/* The same; NULL: the clock of these rules. */
extern TvMetric tv_metric_choose(const char *name, const TvmWorldRules *rules);

#endif							/* TV_NETWORK_METRIC_H */
