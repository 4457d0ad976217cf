/*
 * metric.h: the metrics, that is, what a route minimises.  This is their one list.
 *
 * A new metric has a value of TvMetric, a row in metric.c, and what tv_metric_read() and
 * tv_metric_penalty() make of it; test/lint/metrics.pl and test/pgtap/50-route-metrics.sql
 * then ask for the rest.  SQL asks this list by tv_metric_names().
 */
#ifndef TV_NETWORK_METRIC_H
#define TV_NETWORK_METRIC_H

#include "postgres.h"

#include "kernel/relativity/clocks.h"

/* The first three are the clocks of the same names. */
typedef enum TvMetric
{
	TV_METRIC_TRAVELER = TVM_CLOCK_TRAVELER,
	TV_METRIC_LOCAL = TVM_CLOCK_LOCAL,
	TV_METRIC_COORDINATE = TVM_CLOCK_COORDINATE,
	TV_METRIC_DISTANCE
} TvMetric;

#define TV_METRIC_COUNT (TV_METRIC_DISTANCE + 1)

/* In the order in which they are listed. */
extern const TvMetric tv_metrics[TV_METRIC_COUNT];

extern const char *tv_metric_name(TvMetric metric);

/* Returns whether there is such a metric; 22023 where there is none; the same, and NULL is the clock of these rules. */
extern bool tv_metric_find(const char *name, TvMetric *metric);
extern TvMetric tv_metric_parse(const char *name);
extern TvMetric tv_metric_choose(const char *name, const TvmWorldRules *rules);

/* "local, coordinate, ..." for a hint, with `last` before the last. */
extern char *tv_metric_list(const char *last);

/* Whether it is the reading of a clock. */
static inline bool
tv_metric_is_clock(TvMetric metric)
{
	return metric != TV_METRIC_DISTANCE;
}

/* What so many metres and seconds are worth. */
static inline double
tv_metric_read(TvMetric metric, double length_m, const TvmClocks *clocks)
{
	return tv_metric_is_clock(metric) ? tvm_clocks_read(clocks, (TvmClock) metric) : length_m;
}

/* What the penalty of a gateway is worth, which every clock counts. */
static inline double
tv_metric_penalty(TvMetric metric, double penalty_s)
{
	return tv_metric_is_clock(metric) ? penalty_s : 0;
}

#endif							/* TV_NETWORK_METRIC_H */
