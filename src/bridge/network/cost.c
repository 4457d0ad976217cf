/*
 * cost.c: what a way costs; see cost.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/network/cost.h"

double
tv_cost_read(const TvCost *cost, TvMetric metric)
{
	return tv_metric_read(metric, cost->distance_m, &cost->clocks);
}

/* The rounding error is kept (Neumaier 1974); all terms are >= 0. */
void
tv_cost_join(TvCost *sum, const TvCost *step)
{
	double		rough = sum->distance_m + step->distance_m;
	double		lost = sum->distance_m >= step->distance_m
		? (sum->distance_m - rough) + step->distance_m
		: (step->distance_m - rough) + sum->distance_m;

	sum->distance_low += lost + step->distance_low;
	sum->distance_m = rough + sum->distance_low;
	sum->distance_low -= sum->distance_m - rough;
	tvm_clocks_add(&sum->clocks, &step->clocks);
}

void
tv_cost_penalty(TvCost *step, double penalty_s)
{
	TvmClocks	penalty = {.local_s = penalty_s, .coordinate_s = penalty_s, .traveler_s = penalty_s};

	if (penalty_s > 0)
		tvm_clocks_add(&step->clocks, &penalty);
}

void
tv_cost_check(const TvCost *sum)
{
	if (!isfinite(sum->distance_m) || !isfinite(sum->clocks.local_s) ||
		!isfinite(sum->clocks.coordinate_s) || !isfinite(sum->clocks.traveler_s))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("route costs more than a double can hold"),
				 errhint("Lengths and times along a route must add up to less than 1.8e308.")));
}

void
tv_cost_add(TvCost *sum, const TvCost *step)
{
	tv_cost_join(sum, step);
	tv_cost_check(sum);
}
