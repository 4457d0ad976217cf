/*
 * astar.h: A* (Hart, Nilsson, Raphael 1968) on (layer, node), with a lower
 * bound from the angle between points.
 *
 * Let k be the smallest weight per radian of any open segment in any layer,
 * computed from the weights themselves, so that it holds for every metric, for
 * worlds of any radius, and for segments that claim to be shorter than the
 * straight line.  All layers are looked at as one sphere; then
 *     bound(p) = k * angle(p, destination)
 * is a lower bound unless a gateway jumps: carries farther than k allows for
 * its cost.  With such shortcuts g,
 *     bound(p) = min(k * angle(p, destination), min over g (k * angle(p, entrance of g) + rest(g)))
 * where rest(g) is g's cost and the bound at its exit; found once a search by a
 * small shortest-path computation over the shortcuts.  It is consistent, and
 * with no shortcut it is the plain bound.  With more than TVM_MAX_SHORTCUTS it
 * is 0, and A* searches as Dijkstra does.
 *
 * Segments of hardly any extent (under 1e-13 radians, 0.6 micrometres on the
 * Earth) do not count for k, because their ratio says nothing; what they could
 * add up to is taken off the angle (`slack`).
 *
 * Rounding: bound.h says how the search is kept from being misled by it, and why no
 * point is settled more than twice.  What it finds equals Dijkstra's to the last bit.
 */
#ifndef TVM_ASTAR_H
#define TVM_ASTAR_H

#include "kernel/graph/search/query.h"

/*
 * One to one; otherwise as tvm_dijkstra_run().  Where the graph has a hierarchy, what costs
 * more than a double can hold is no way at all, not TVM_DOMAIN.
 */
extern TvmStatus tvm_astar_run(TvmEnv *env, TvmQuery *query, TvmPoint from, TvmPoint to);

#endif							/* TVM_ASTAR_H */
