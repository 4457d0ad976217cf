/*
 * scope.c: which worlds, timelines and gateways a route depends on; see scope.h.
 *
 * Gateways are followed as far as they lead, world by world; all timelines that they
 * name are read at once, as the caller; then they are followed again, into those that
 * he sees.  What cannot lead to the destination's timeline is dropped.  The hash table
 * of timelines and what it points to are in the memory of rows->env.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/ids.h"
#include "bridge/network/rules.h"
#include "bridge/network/scope.h"
#include "bridge/server/scan.h"

/* A timeline that a gateway names, or an ancestor of one that matters. */
typedef struct Timeline
{
	int64		id;				/* hash key */
	int64		world_id;
	int64		parent_id;		/* 0: none */
	int64		grandparent_id; /* 0: none, or the parent is not visible */
	bool		visible;		/* its row and its world's */
	bool		reached;		/* by gateways, whether or not anybody sees it */
	bool		expanded;		/* reached through visible ones, and visible */
	bool		leads_on;		/* to the destination's timeline */
	uint32		layer;
} Timeline;

/* A world that a visible timeline belongs to. */
typedef struct SeenWorld
{
	int64		id;
	TvmWorldRules rules;
	char	   *default_profile;
} SeenWorld;

typedef struct Scope
{
	TvRows	   *rows;
	SeenWorld  *worlds;
	uint32		world_count;
	HTAB	   *timelines;
} Scope;

/* For ids, and for structs that begin with one. */
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
	world->default_profile = tv_rules_profile(DatumGetJsonbP(rules), scope->rows->env->context);
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
	world->default_profile = find_world(scope, id)->default_profile;
	return rows->world_count++;
}

static void
require_world(int64 id)
{
	TvArg		args[] = {tv_arg_bigint(id)};

	if (!tv_scan_finds("SELECT true FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1",
					   lengthof(args), args))
		tv_report_not_found("world", id);
}

/* Timelines and gateways -------------------------------------------------- */

static void
receive_timeline(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Scope	   *scope = target;
	bool		found;
	Timeline   *timeline;

	/* Somebody's own policies may show a timeline and not its world. */
	if (nulls[3])
		return;
	timeline = enter_timeline(scope->timelines, DatumGetInt64(values[0]), &found);
	timeline->world_id = DatumGetInt64(values[1]);
	timeline->parent_id = nulls[2] ? 0 : DatumGetInt64(values[2]);
	timeline->grandparent_id = nulls[4] ? 0 : DatumGetInt64(values[4]);
	timeline->visible = true;
	see_world(scope, timeline->world_id, values[3]);
}

/*
 * A row and what it names, each by its key: joined, small tables are read whole, and the policies of timelines are
 * asked about the worlds of all of them.
 */
#define SELECT_TIMELINES \
	"SELECT t.id, t.world_id, t.parent_id," \
	" (SELECT w.rules FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) t.world_id)," \
	" (SELECT p.parent_id FROM timevmaps.timelines p WHERE p.id OPERATOR(pg_catalog.=) t.parent_id)" \
	" FROM timevmaps.timelines t WHERE t.id OPERATOR(pg_catalog.=) "

/* Mark those of all timelines that were named that the caller sees. */
static void
read_timelines(Scope *scope)
{
	long		count = hash_get_num_entries(scope->timelines);
	int64	   *ids = MemoryContextAllocHuge(scope->rows->env->context, sizeof(int64) * count);
	HASH_SEQ_STATUS sequence;
	Timeline   *timeline;
	TvArg		args[1];

	count = 0;
	hash_seq_init(&sequence, scope->timelines);
	while ((timeline = hash_seq_search(&sequence)) != NULL)
		ids[count++] = timeline->id;
	if (count == 1)
	{
		args[0] = tv_arg_bigint(ids[0]);
		tv_scan(SELECT_TIMELINES "$1", lengthof(args), args, receive_timeline, scope);
		return;
	}
	args[0] = tv_arg_bigints(ids, count);
	tv_scan(SELECT_TIMELINES "ANY ($1)", lengthof(args), args, receive_timeline, scope);
}

/* The gateways of one more world. */
static void
add_gateways(Scope *scope, int64 world_id)
{
	TvRows	   *rows = scope->rows;

	for (uint32 i = 0; i < rows->set_count; i++)
		if (rows->sets[i]->world_id == world_id)
			return;
	rows->sets = tv_load_grow(rows, rows->sets, sizeof(TvGatewaySet *), rows->set_count, rows->set_count + 1);
	rows->sets[rows->set_count] = tv_gateways_get(rows->env, world_id);
	if (rows->supposed != NULL && rows->supposed->gateway_count > 0)
		rows->sets[rows->set_count] = tv_gateways_replace(rows->env, rows->sets[rows->set_count],
														  rows->supposed->gateway_ids, rows->supposed->gateway_count,
														  rows->supposed->gateways, rows->supposed->open_count);
	rows->set_count++;
}

/* Go from one timeline to another: whether that is news. */
static bool
reach(Scope *scope, int64 from_id, int64 to_id, int64 to_world_id)
{
	Timeline   *from = find_timeline(scope->timelines, from_id);
	Timeline   *to;
	bool		found;

	if (from == NULL || !from->reached)
		return false;
	to = enter_timeline(scope->timelines, to_id, &found);
	if (to->reached)
		return false;
	to->reached = true;
	add_gateways(scope, to_world_id);
	return true;
}

static bool
expand(Scope *scope, int64 from_id, int64 to_id)
{
	Timeline   *from = find_timeline(scope->timelines, from_id);
	Timeline   *to = find_timeline(scope->timelines, to_id);

	/* What only a world that was not reached knows was not entered. */
	if (from == NULL || to == NULL || !from->expanded || to->expanded || !to->visible)
		return false;
	return to->expanded = true;
}

/* All that gateways lead to from where one is already: whoever sees it, or into what the caller sees. */
static void
follow_gateways(Scope *scope, bool visibly)
{
	TvRows	   *rows = scope->rows;
	bool		changed = true;

	while (changed)
	{
		changed = false;
		CHECK_FOR_INTERRUPTS();
		for (uint32 s = 0; s < rows->set_count; s++)
			for (uint32 j = 0; j < rows->sets[s]->join_count; j++)
			{
				const TvJoin *join = &rows->sets[s]->joins[j];

				if (visibly)
				{
					changed |= expand(scope, join->from_timeline_id, join->to_timeline_id);
					if (join->back)
						changed |= expand(scope, join->to_timeline_id, join->from_timeline_id);
				}
				else
				{
					changed |= reach(scope, join->from_timeline_id, join->to_timeline_id, join->to_world_id);
					if (join->back)
						changed |= reach(scope, join->to_timeline_id, join->from_timeline_id, join->from_world_id);
				}
			}
	}
}

/* The timelines of a join, or NULL where nothing has led to one. */
static void
find_ends(Scope *scope, const TvJoin *join, Timeline **from, Timeline **to)
{
	*from = find_timeline(scope->timelines, join->from_timeline_id);
	*to = find_timeline(scope->timelines, join->to_timeline_id);
}

/* Mark the timelines that lead to the destination's. */
static void
trace_back(Scope *scope, Timeline *dest)
{
	TvRows	   *rows = scope->rows;
	bool		changed = true;

	dest->leads_on = true;
	while (changed)
	{
		changed = false;
		CHECK_FOR_INTERRUPTS();
		for (uint32 s = rows->set_count; s-- > 0;)
			for (uint32 j = rows->sets[s]->join_count; j-- > 0;)
			{
				const TvJoin *join = &rows->sets[s]->joins[j];
				Timeline   *from;
				Timeline   *to;

				find_ends(scope, join, &from, &to);
				if (from == NULL || to == NULL || !from->expanded || !to->expanded || from->leads_on == to->leads_on)
					continue;
				if (to->leads_on || join->back)
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
	qsort(rows->layers + 1, rows->layer_count - 1, sizeof(TvLayerRow), tv_ids_compare);

	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		timeline = find_timeline(scope->timelines, rows->layers[i].timeline_id);
		timeline->layer = i;
		rows->layers[i].world = add_world(scope, timeline->world_id);
	}
	rows->dest_layer = find_timeline(scope->timelines, dest)->layer;
}

static bool
joins_layers(Scope *scope, const TvGatewaySet *set, const TvJoin *join)
{
	Timeline   *from;
	Timeline   *to;

	find_ends(scope, join, &from, &to);
	/* One between two worlds is in the sets of both. */
	return join->from_world_id == set->world_id &&
		from != NULL && from->layer != TV_NONE && to != NULL && to->layer != TV_NONE;
}

/* Take the gateways that join layers. */
static void
take_gateways(Scope *scope)
{
	TvRows	   *rows = scope->rows;
	TvGatewayRow *gateways;
	uint32		count = 0;

	for (uint32 s = 0; s < rows->set_count; s++)
		for (uint32 j = 0; j < rows->sets[s]->join_count; j++)
			if (joins_layers(scope, rows->sets[s], &rows->sets[s]->joins[j]))
				count += rows->sets[s]->joins[j].count;
	rows->gateway_count = count;
	if (rows->set_count == 1 && count == rows->sets[0]->count)
	{
		rows->gateways = rows->sets[0]->rows;	/* all of them, as they are */
		return;
	}
	rows->gateways = gateways = tv_load_grow(rows, NULL, sizeof(TvGatewayRow), 0, count);
	for (uint32 s = 0; s < rows->set_count; s++)
		for (uint32 j = 0; j < rows->sets[s]->join_count; j++)
		{
			const TvJoin *join = &rows->sets[s]->joins[j];

			if (!joins_layers(scope, rows->sets[s], join))
				continue;
			memcpy(gateways, rows->sets[s]->rows + join->first, sizeof(TvGatewayRow) * join->count);
			gateways += join->count;
		}
}

/* Ancestors --------------------------------------------------------------- */

static void
enter_chain(HTAB *chains, int64 id, int64 world_id, int64 parent_id)
{
	bool		found;
	Timeline   *timeline = enter_timeline(chains, id, &found);

	timeline->world_id = world_id;
	timeline->parent_id = parent_id;

	/* A parent that the caller may not see still hands on what he may see of it. */
	if (parent_id != 0)
	{
		Timeline   *parent = enter_timeline(chains, parent_id, &found);

		if (!found)
			parent->world_id = world_id;
	}
}

static void
receive_ancestor(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	enter_chain(target, DatumGetInt64(values[0]), DatumGetInt64(values[1]),
				nulls[2] ? 0 : DatumGetInt64(values[2]));
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
	qsort(world->timeline_ids, world->timeline_count, sizeof(int64), tv_ids_compare);

	for (uint32 i = 0; i < world->timeline_count; i++)
	{
		int64		parent = find_timeline(chains, world->timeline_ids[i])->parent_id;

		world->parents[i] = parent == 0 ? TVM_NO_TIMELINE
			: tv_load_find(world->timeline_ids, sizeof(int64), world->timeline_count, parent);
	}
}

/*
 * Each by its key: a join may be planned as a scan of all timelines for each
 * generation, where the table has just been filled and has no statistics yet.
 */
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
			"SELECT p.id, p.world_id, p.parent_id FROM up, LATERAL ("
			"SELECT t.id, t.world_id, t.parent_id FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) up.parent_id LIMIT 1) p)"
			" SELECT up.id, up.world_id, up.parent_id FROM up",
			lengthof(args), args, receive_ancestor, chains);
}

static void
load_ancestors(Scope *scope)
{
	TvRows	   *rows = scope->rows;
	HTAB	   *chains = create_timelines(rows);
	bool		complete = true;

	/* Parents, and that these are roots, the common case, are known already. */
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		Timeline   *known = find_timeline(scope->timelines, rows->layers[i].timeline_id);

		enter_chain(chains, known->id, known->world_id, known->parent_id);
		complete = complete && known->grandparent_id == 0;
	}
	if (!complete)
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

/* What is supposed stands on a timeline of its own, of which no row is: the origin's layer is that one's, under the name of its parent. */
static void
add_supposed(TvRows *rows)
{
	TvWorldRows *world = &rows->worlds[0];
	uint32		count = world->timeline_count;

	if (rows->supposed == NULL || rows->supposed->what_if == NULL)
		return;
	world->timeline_ids = tv_load_grow(rows, world->timeline_ids, sizeof(int64), count, count + 1);
	world->parents = tv_load_grow(rows, world->parents, sizeof(uint32), count, count + 1);
	world->timeline_ids[count] = TV_WHAT_IF_TIMELINE;
	world->parents[count] = rows->layers[0].timeline;
	world->timeline_count = count + 1;
	rows->layers[0].timeline = count;
}

static TvRows *
load_scope(TvEnv *env, int64 world_id, int64 timeline_id, int64 dest_timeline_id, const TvWhatIf *what_if, bool everything)
{
	TvRows	   *rows = MemoryContextAllocZero(env->context, sizeof(TvRows));
	Scope		scope = {.rows = rows};
	Timeline   *origin;
	Timeline   *dest;
	bool		found;

	rows->env = env;
	if (what_if != NULL)
		rows->supposed = tv_suppose(env, what_if, world_id);
	scope.timelines = create_timelines(rows);
	(void) enter_timeline(scope.timelines, dest_timeline_id, &found);
	enter_timeline(scope.timelines, timeline_id, &found)->reached = true;
	add_gateways(&scope, world_id);
	follow_gateways(&scope, false);
	read_timelines(&scope);
	origin = find_timeline(scope.timelines, timeline_id);
	if (!origin->visible || origin->world_id != world_id)
	{
		require_world(world_id);
		tv_report_not_found("timeline", timeline_id);
	}
	dest = find_timeline(scope.timelines, dest_timeline_id);
	if (!dest->visible)
		tv_report_not_found("timeline", dest_timeline_id);

	(void) add_world(&scope, world_id);
	origin->expanded = true;
	follow_gateways(&scope, true);
	if (dest->expanded)
	{
		if (everything)
			take_all(&scope);
		else
			trace_back(&scope, dest);
		number_layers(&scope, timeline_id, dest_timeline_id);
		take_gateways(&scope);
		load_ancestors(&scope);
		add_supposed(rows);
	}
	return rows;
}

TvRows *
tv_load_scope(TvEnv *env, int64 world_id, int64 timeline_id, int64 dest_timeline_id, const TvWhatIf *what_if)
{
	return load_scope(env, world_id, timeline_id, dest_timeline_id, what_if, false);
}

TvRows *
tv_load_reach(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if)
{
	return load_scope(env, world_id, timeline_id, timeline_id, what_if, true);
}
