/*
 * chain.c: a timeline and its ancestors; see chain.h.
 */
#include "postgres.h"

#include "utils/jsonb.h"

#include "bridge/network/chain.h"
#include "bridge/server/error.h"
#include "bridge/server/scan.h"

typedef struct World
{
	TvEnv	   *env;
	TvmWorldRules *rules;
	char	  **default_profile;
	TvIds	   *chain;
	bool		found;
	bool		goes_on;		/* beyond the parent */
} World;

static void
receive_world(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	World	   *world = target;

	world->found = true;
	tv_rules_parse(world->env, DatumGetJsonbP(values[0]), world->rules);
	if (world->default_profile != NULL)
		*world->default_profile = tv_rules_profile(DatumGetJsonbP(values[0]), world->env->context);
	if (!nulls[1])
		tv_ids_add(world->chain, DatumGetInt64(values[1]));
	if (!nulls[2])
		tv_ids_add(world->chain, DatumGetInt64(values[2]));
	world->goes_on = !nulls[3];
}

static void
receive_ancestor(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvIds	   *chain = target;

	if (chain->count == 0)
		tv_ids_add(chain, DatumGetInt64(values[0]));
	if (!nulls[1])
		tv_ids_add(chain, DatumGetInt64(values[1]));
}

/* Each by its key as in scope.c; most timelines have no more than a parent, and recursion costs more to begin than a row. */
void
tv_chain_find(TvEnv *env, int64 world_id, int64 timeline_id, TvmWorldRules *rules,
			  char **default_profile, TvIds *chain)
{
	TvArg		args[2] = {tv_arg_bigint(world_id), tv_arg_bigint(timeline_id)};
	World		world = {.env = env, .rules = rules, .default_profile = default_profile, .chain = chain};

	tv_scan("SELECT w.rules, t.id, t.parent_id, p.parent_id FROM timevmaps.worlds w"
			" LEFT JOIN LATERAL (SELECT t.id, t.parent_id FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) $2 AND t.world_id OPERATOR(pg_catalog.=) $1 LIMIT 1) t ON true"
			" LEFT JOIN LATERAL (SELECT p.parent_id FROM timevmaps.timelines p WHERE p.id OPERATOR(pg_catalog.=) t.parent_id LIMIT 1) p ON true"
			" WHERE w.id OPERATOR(pg_catalog.=) $1",
			2, args, receive_world, &world);
	if (!world.found)
		tv_report_not_found("world", world_id);
	if (chain->count == 0)
		tv_report_not_found("timeline", timeline_id);
	if (!world.goes_on)
		return;
	chain->count = 0;
	tv_scan("WITH RECURSIVE up AS ("
			"SELECT t.id, t.parent_id, 0 AS depth FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) $2 AND t.world_id OPERATOR(pg_catalog.=) $1"
			" UNION ALL "
			"SELECT p.id, p.parent_id, up.depth OPERATOR(pg_catalog.+) 1 FROM up, LATERAL ("
			"SELECT t.id, t.parent_id FROM timevmaps.timelines t WHERE t.id OPERATOR(pg_catalog.=) up.parent_id LIMIT 1) p)"
			" SELECT up.id, up.parent_id FROM up ORDER BY up.depth",
			2, args, receive_ancestor, chain);
}
