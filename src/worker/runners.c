/*
 * runners.c: which runner is a kind's; see runners.h.
 */
#include "postgres.h"

#include "worker/runners.h"

const TvKindRunner tv_runners[TV_KIND_COUNT] = {
	[TV_KIND_QUANTUM] = {tv_run_quantum, .at_once = tv_run_quantum_at_once},
	[TV_KIND_SR] = {tv_run_clocks, .at_once = tv_run_clocks_at_once},
	[TV_KIND_GR] = {tv_run_clocks, .at_once = tv_run_clocks_at_once},
	[TV_KIND_RELATIVITY] = {tv_run_clocks, .at_once = tv_run_clocks_at_once},
	[TV_KIND_ROUTE] = {tv_run_route, .claimed = TV_TOPIC_ROUTE_REQUESTED},
	[TV_KIND_SWEEP] = {tv_run_sweep},
};
