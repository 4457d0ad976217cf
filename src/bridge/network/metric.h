/*
 * metric.h: the metrics, that is, what a route minimises.  This is their one list.
 *
 * A new metric has a value of TvMetric, a row in metric.c, and what the functions below make of
 * it; docs/extending.md says what then asks for the rest.  SQL asks this list by tv_metric_names().
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

/* What is least: "local time", "distance". */
extern const char *tv_metric_quantity(TvMetric metric);

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
	return metric <= TV_METRIC_COORDINATE;
}

/* What so many metres and seconds are worth.  The compiler asks for each metric. */
static inline double
tv_metric_read(TvMetric metric, double length_m, const TvmClocks *clocks)
{
	switch (metric)
	{
		case TV_METRIC_TRAVELER:
		case TV_METRIC_LOCAL:
		case TV_METRIC_COORDINATE:
			return tvm_clocks_read(clocks, (TvmClock) metric);
		case TV_METRIC_DISTANCE:
			return length_m;
	}
	pg_unreachable();
}

/* What the penalty of a gateway is worth, which every clock counts. */
static inline double
tv_metric_penalty(TvMetric metric, double penalty_s)
{
	switch (metric)
	{
		case TV_METRIC_TRAVELER:
		case TV_METRIC_LOCAL:
		case TV_METRIC_COORDINATE:
			return penalty_s;
		case TV_METRIC_DISTANCE:
			return 0;
	}
	pg_unreachable();
}

#endif							/* TV_NETWORK_METRIC_H */
