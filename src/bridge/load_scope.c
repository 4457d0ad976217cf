/*
 * load_scope.c: which worlds, timelines and gateways a route depends on; see load.h.
 *
 * Gateways are followed breadth first, one query for all timelines of a round,
 * and only into timelines that the caller sees.  Then what cannot lead to the
 * destination's timeline is dropped.  The hash table of timelines and what it
 * points to are in the memory of rows->env.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

#include "bridge/compat.h"
#include "bridge/error.h"
#include "bridge/load.h"
#include "bridge/rules.h"
#include "bridge/scan.h"

/* A timeline that a gateway names, or an ancestor of one that matters. */
typedef struct Timeline
{
	int64		id;				/* hash key */
	int64		world_id;
	int64		parent_id;		/* 0: none, or not visible */
	bool		visible;		/* its row and its world's */
	bool		reached;
	bool		expanded;		/* reached and visible; its gateways have been read */
	bool		leads_on;		/* to the destination's timeline */
	uint32		layer;
} Timeline;

/* A world that a visible timeline belongs to. */
typedef struct SeenWorld
{
	int64		id;
	TvmWorldRules rules;
} SeenWorld;

typedef struct Scope
{
	TvRows	   *rows;
	SeenWorld  *worlds;
	uint32		world_count;
	HTAB	   *timelines;
	int64	   *found;			/* ids of timelines that this round reached */
	uint32		found_count;
	uint32		found_capacity;
} Scope;

/* For ids, and for structs that begin with one. */
static int
compare_ids(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

static HTAB *
create_timelines(TvRows *rows)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(int64);
	control.entrysize = sizeof(Timeline);
	control.hcxt = rows->env->context;
	return hash_create("timevmaps timelines", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static Timeline *
find_timeline(HTAB *timelines, int64 id)
{
	return hash_search(timelines, &id, HASH_FIND, NULL);
}

static Timeline *
enter_timeline(HTAB *timelines, int64 id, bool *found)
{
	Timeline   *timeline = hash_search(timelines, &id, HASH_ENTER, found);

	if (!*found)
	{
		memset(timeline, 0, sizeof(*timeline));
		timeline->id = id;
		timeline->layer = TV_NONE;
	}
	return timeline;
}

/* Worlds ------------------------------------------------------------------ */

static SeenWorld *
find_world(Scope *scope, int64 id)
{
	for (uint32 i = 0; i < scope->world_count; i++)
		if (scope->worlds[i].id == id)
			return &scope->worlds[i];
	return NULL;
}

static void
see_world(Scope *scope, int64 id, Datum rules)
{
	SeenWorld  *world;

	if (find_world(scope, id) != NULL)
		return;
	scope->worlds = tv_load_grow(scope->rows, scope->worlds, sizeof(SeenWorld),
								 scope->world_count, scope->world_count + 1);
	world = &scope->worlds[scope->world_count++];
	world->id = id;
	tv_rules_parse(scope->rows->env, DatumGetJsonbP(rules), &world->rules);
}

/* The index of a world among those of the rows, to which it is added. */
static uint32
add_world(Scope *scope, int64 id)
{
	TvRows	   *rows = scope->rows;
	TvWorldRows *world;

	for (uint32 i = 0; i < rows->world_count; i++)
		if (rows->worlds[i].id == id)
			return i;
	rows->worlds = tv_load_grow(rows, rows->worlds, sizeof(TvWorldRows),
								rows->world_count, rows->world_count + 1);
	world = &rows->worlds[rows->world_count];
	memset(world, 0, sizeof(TvWorldRows));
	world->id = id;
	world->rules = find_world(scope, id)->rules;
	return rows->world_count++;
}

static void
receive_found(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(bool *) target = true;
}

static void
require_world(int64 id)
{
	TvArg		args[] = {tv_arg_bigint(id)};
	bool		found = false;

	tv_scan("SELECT true FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1",
			lengthof(args), args, receive_found, &found);
	if (!found)
		tv_report_not_found("world", id);
}

/* Timelines and gateways -------------------------------------------------- */

static void
receive_timeline(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Scope	   *scope = target;
	bool		found;
	Timeline   *timeline = enter_timeline(scope->timelines, DatumGetInt64(values[0]), &found);

	timeline->world_id = DatumGetInt64(values[1]);
	timeline->parent_id = nulls[2] ? 0 : DatumGetInt64(values[2]);
	timeline->visible = true;
	see_world(scope, timeline->world_id, values[3]);
}

/* Mark those of the timelines that the caller sees. */
static void
read_timelines(Scope *scope, const int64 *ids, uint32 count)
{
	TvArg		args[] = {tv_arg_bigints(ids, count)};

	tv_scan("SELECT t.id, t.world_id, t.parent_id, w.rules"
			" FROM timevmaps.timelines t JOIN timevmaps.worlds w ON w.id OPERATOR(pg_catalog.=) t.world_id"
			" WHERE t.id OPERATOR(pg_catalog.=) ANY ($1)",
			lengthof(args), args, receive_timeline, scope);
}

static void
reach_timeline(Scope *scope, int64 id)
{
	bool		found;
	Timeline   *timeline = enter_timeline(scope->timelines, id, &found);

	if (timeline->reached)
		return;
	timeline->reached = true;
	if (scope->found_count == scope->found_capacity)
	{
		uint32		larger = scope->found_capacity * 2 + 64;

		scope->found = tv_load_grow(scope->rows, scope->found, sizeof(int64), scope->found_capacity, larger);
		scope->found_capacity = larger;
	}
	scope->found[scope->found_count++] = id;
}

static void
receive_gateway(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Scope	   *scope = target;
	TvRows	   *rows = scope->rows;
	TvGatewayRow gateway = {
		.id = DatumGetInt64(values[0]),
		.from_timeline_id = DatumGetInt64(values[1]),
		.from_place_id = DatumGetInt64(values[2]),
		.to_timeline_id = DatumGetInt64(values[3]),
		.to_place_id = DatumGetInt64(values[4]),
		.penalty_s = DatumGetFloat8(values[5]),
		.bidirectional = DatumGetBool(values[6])
	};
	Timeline   *from = find_timeline(scope->timelines, gateway.from_timeline_id);
	Timeline   *to = find_timeline(scope->timelines, gateway.to_timeline_id);

	/* An earlier round has read it from its other side. */
	if ((from != NULL && from->expanded) || (gateway.bidirectional && to != NULL && to->expanded))
		return;

	if (rows->gateway_count == rows->gateway_capacity)
	{
		uint32		larger = rows->gateway_capacity + rows->gateway_capacity / 2 + 64;

		rows->gateways = tv_load_grow(rows, rows->gateways, sizeof(TvGatewayRow),
									  rows->gateway_capacity, larger);
		rows->gateway_capacity = larger;
	}
	rows->gateways[rows->gateway_count++] = gateway;
	reach_timeline(scope, gateway.from_timeline_id);
	reach_timeline(scope, gateway.to_timeline_id);
}

/* All that can be reached from a timeline whose row is there. */
static void
follow_gateways(Scope *scope, int64 origin)
{
	int64	   *frontier = MemoryContextAlloc(scope->rows->env->context, sizeof(int64));
	uint32		count = 1;

	frontier[0] = origin;
	find_timeline(scope->timelines, origin)->reached = true;
	while (count > 0)
	{
		TvArg		args[] = {tv_arg_bigints(frontier, count)};

		scope->found = NULL;
		scope->found_count = scope->found_capacity = 0;
		tv_scan("SELECT g.id, g.from_timeline_id, g.from_place_id, g.to_timeline_id, g.to_place_id,"
				" g.penalty_s, g.bidirectional"
				" FROM timevmaps.gateways g"
				" WHERE (g.from_timeline_id OPERATOR(pg_catalog.=) ANY ($1)"
				" OR (g.bidirectional AND g.to_timeline_id OPERATOR(pg_catalog.=) ANY ($1)))"
				" AND g.penalty_s OPERATOR(pg_catalog.<) 'infinity'::pg_catalog.float8",
				lengthof(args), args, receive_gateway, scope);
		for (uint32 i = 0; i < count; i++)
			find_timeline(scope->timelines, frontier[i])->expanded = true;

		if (scope->found_count > 0)
			read_timelines(scope, scope->found, scope->found_count);
		frontier = scope->found;
		count = 0;
		for (uint32 i = 0; i < scope->found_count; i++)
			if (find_timeline(scope->timelines, scope->found[i])->visible)
				frontier[count++] = scope->found[i];
	}
}

/*
 * Mark the timelines that lead to the destination's.  Gateways are in the order
 * of the rounds that found them, so going backwards settles most in one pass.
 */
static void
trace_back(Scope *scope, Timeline *dest)
{
	bool		changed = true;

	dest->leads_on = true;
	while (changed)
	{
		changed = false;
		CHECK_FOR_INTERRUPTS();
		for (uint32 i = scope->rows->gateway_count; i-- > 0;)
		{
			TvGatewayRow *gateway = &scope->rows->gateways[i];
			Timeline   *from = find_timeline(scope->timelines, gateway->from_timeline_id);
			Timeline   *to = find_timeline(scope->timelines, gateway->to_timeline_id);

			if (!from->expanded || !to->expanded || from->leads_on == to->leads_on)
				continue;
			if (to->leads_on || gateway->bidirectional)
				changed = from->leads_on = to->leads_on = true;
		}
	}
}

/* Where nothing in particular is the destination, all that can be reached matters. */
static void
take_all(Scope *scope)
{
	HASH_SEQ_STATUS sequence;
	Timeline   *timeline;

	hash_seq_init(&sequence, scope->timelines);
	while ((timeline = hash_seq_search(&sequence)) != NULL)
		timeline->leads_on = timeline->expanded;
}

/* Layers ------------------------------------------------------------------ */

/* Number the timelines that matter: the origin's, then the others by id, whatever order they were read in. */
static void
number_layers(Scope *scope, int64 origin, int64 dest)
{
	TvRows	   *rows = scope->rows;
	HASH_SEQ_STATUS sequence;
	Timeline   *timeline;
	long		capacity = hash_get_num_entries(scope->timelines);

	rows->layers = tv_load_grow(rows, NULL, sizeof(TvLayerRow), 0, capacity);
	rows->layers[rows->layer_count++] = (TvLayerRow) {.timeline_id = origin};
	hash_seq_init(&sequence, scope->timelines);
	while ((timeline = hash_seq_search(&sequence)) != NULL)
		if (timeline->leads_on && timeline->id != origin)
			rows->layers[rows->layer_count++] = (TvLayerRow) {.timeline_id = timeline->id};
	qsort(rows->layers + 1, rows->layer_count - 1, sizeof(TvLayerRow), compare_ids);

	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		timeline = find_timeline(scope->timelines, rows->layers[i].timeline_id);
		timeline->layer = i;
		rows->layers[i].world = add_world(scope, timeline->world_id);
	}
	rows->dest_layer = find_timeline(scope->timelines, dest)->layer;
}

/* Keep the gateways that join layers. */
static void
keep_gateways(Scope *scope)
{
	TvRows	   *rows = scope->rows;
	uint32		kept = 0;

	for (uint32 i = 0; i < rows->gateway_count; i++)
		if (find_timeline(scope->timelines, rows->gateways[i].from_timeline_id)->layer != TV_NONE &&
			find_timeline(scope->timelines, rows->gateways[i].to_timeline_id)->layer != TV_NONE)
			rows->gateways[kept++] = rows->gateways[i];
	rows->gateway_count = kept;
	if (kept > 1)
		qsort(rows->gateways, kept, sizeof(TvGatewayRow), compare_ids);
}

/* Ancestors --------------------------------------------------------------- */

static void
receive_ancestor(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	HTAB	   *chains = target;
	bool		found;
	Timeline   *timeline = enter_timeline(chains, DatumGetInt64(values[0]), &found);

	timeline->world_id = DatumGetInt64(values[1]);
	timeline->parent_id = nulls[2] ? 0 : DatumGetInt64(values[2]);

	/* A parent that the caller may not see still hands on what he may see of it. */
	if (timeline->parent_id != 0)
	{
		Timeline   *parent = enter_timeline(chains, timeline->parent_id, &found);

		if (!found)
			parent->world_id = timeline->world_id;
	}
}

/* Give a world its timelines, by id, with their parents' indices. */
static void
fill_timelines(TvRows *rows, TvWorldRows *world, HTAB *chains)
{
	HASH_SEQ_STATUS sequence;
	Timeline   *timeline;
	long		capacity = hash_get_num_entries(chains);

	world->timeline_ids = tv_load_grow(rows, NULL, sizeof(int64), 0, capacity);
	world->parents = tv_load_grow(rows, NULL, sizeof(uint32), 0, capacity);
	hash_seq_init(&sequence, chains);
	while ((timeline = hash_seq_search(&sequence)) != NULL)
		if (timeline->world_id == world->id)
			world->timeline_ids[world->timeline_count++] = timeline->id;
	qsort(world->timeline_ids, world->timeline_count, sizeof(int64), compare_ids);

	for (uint32 i = 0; i < world->timeline_count; i++)
	{
		int64		parent = find_timeline(chains, world->timeline_ids[i])->parent_id;

		world->parents[i] = parent == 0 ? TVM_NO_TIMELINE
			: tv_load_find(world->timeline_ids, sizeof(int64), world->timeline_count, parent);
	}
}

static void
read_ancestors(TvRows *rows, HTAB *chains)
{
	int64	   *ids = palloc(sizeof(int64) * rows->layer_count);
	TvArg		args[1];

	for (uint32 i = 0; i < rows->layer_count; i++)
		ids[i] = rows->layers[i].timeline_id;
	args[0] = tv_arg_bigints(ids, rows->layer_count);
	tv_scan("WITH RECURSIVE up AS ("
			"SELECT t.id, t.world_id, t.parent_id FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) ANY ($1)"
			" UNION "
			"SELECT p.id, p.world_id, p.parent_id FROM up"
			" JOIN timevmaps.timelines p ON p.id OPERATOR(pg_catalog.=) up.parent_id)"
			" SELECT up.id, up.world_id, up.parent_id FROM up",
			lengthof(args), args, receive_ancestor, chains);
}

static void
load_ancestors(Scope *scope)
{
	TvRows	   *rows = scope->rows;
	HTAB	   *chains = create_timelines(rows);
	bool		roots = true;

	/* Roots, the common case, are known already. */
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		Timeline   *known = find_timeline(scope->timelines, rows->layers[i].timeline_id);
		bool		found;
		Timeline   *timeline = enter_timeline(chains, known->id, &found);

		timeline->world_id = known->world_id;
		roots = roots && known->parent_id == 0;
	}
	if (!roots)
		read_ancestors(rows, chains);

	for (uint32 i = 0; i < rows->world_count; i++)
		fill_timelines(rows, &rows->worlds[i], chains);
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		TvWorldRows *world = &rows->worlds[rows->layers[i].world];

		rows->layers[i].timeline = tv_load_find(world->timeline_ids, sizeof(int64),
												world->timeline_count, rows->layers[i].timeline_id);
	}
}

static TvRows *
load_scope(TvEnv *env, int64 world_id, int64 timeline_id, int64 dest_timeline_id, bool everything)
{
	TvRows	   *rows = MemoryContextAllocZero(env->context, sizeof(TvRows));
	Scope		scope = {.rows = rows};
	int64		ids[] = {timeline_id, dest_timeline_id};
	Timeline   *origin;
	Timeline   *dest;

	rows->env = env;
	scope.timelines = create_timelines(rows);
	read_timelines(&scope, ids, lengthof(ids));
	origin = find_timeline(scope.timelines, timeline_id);
	if (origin == NULL || origin->world_id != world_id)
	{
		require_world(world_id);
		tv_report_not_found("timeline", timeline_id);
	}
	dest = find_timeline(scope.timelines, dest_timeline_id);
	if (dest == NULL)
		tv_report_not_found("timeline", dest_timeline_id);

	(void) add_world(&scope, world_id);
	follow_gateways(&scope, timeline_id);
	if (dest->expanded)
	{
		if (everything)
			take_all(&scope);
		else
			trace_back(&scope, dest);
		number_layers(&scope, timeline_id, dest_timeline_id);
		keep_gateways(&scope);
		load_ancestors(&scope);
	}
	return rows;
}

TvRows *
tv_load_scope(TvEnv *env, int64 world_id, int64 timeline_id, int64 dest_timeline_id)
{
	return load_scope(env, world_id, timeline_id, dest_timeline_id, false);
}

TvRows *
tv_load_reach(TvEnv *env, int64 world_id, int64 timeline_id)
{
	return load_scope(env, world_id, timeline_id, timeline_id, true);
}
