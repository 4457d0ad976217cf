/*
 * load.c: all rows of the network that a question needs; see load.h.
 */
#include "postgres.h"

#include "bridge/network/load.h"
#include "bridge/network/turn_rows.h"
#include "bridge/server/compat.h"

void
tv_load_network(TvRows *rows)
{
	/* Every world has a layer, unless nothing leads to the destination's timeline. */
	if (rows->layer_count == 0)
		return;
	for (uint32 i = 0; i < rows->world_count; i++)
	{
		TvWorldRows *world = &rows->worlds[i];

		/* All layers have one, or none has. */
		if (rows->layers[0].profile != NULL)
			world->roads = tv_road_kinds_create(rows->env->context);
		tv_load_turns(rows, world);
		tv_load_places_and_segments(rows, world);
		tv_load_overrides(rows, world);
		if (i == 0 && tv_rows_supposed(rows) != NULL)
			tv_load_supposed(rows);
		tv_load_turn_rules(rows, world);
	}
}
