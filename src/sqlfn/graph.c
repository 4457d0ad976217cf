/*
 * graph.c: prepared graphs as SQL functions: tv_prepare_graph, tv_graph_status.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/access/signature.h"
#include "bridge/access/roles.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/graph/files.h"
#include "bridge/graph/files_quota.h"
#include "bridge/graph/world_graph_build.h"
#include "bridge/server/ids.h"
#include "bridge/graph/layer.h"
#include "bridge/graph/leftovers.h"
#include "bridge/network/chain.h"
#include "bridge/network/profile.h"
#include "bridge/network/rules.h"
#include "bridge/server/scan.h"
#include "bridge/network/open_statements.h"
#include "bridge/server/store_directory.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_prepare_graph);
PG_FUNCTION_INFO_V1(tv_graph_status);
PG_FUNCTION_INFO_V1(tv_network_statement);
PG_FUNCTION_INFO_V1(tv_network_under_way);

/* The world and its root timelines -------------------------------------------- */

typedef struct World
{
	TvEnv	   *env;
	TvmWorldRules rules;
	TvIds		roots;
	const TvProfile **profiles; /* of each root, or NULL */
} World;

static void
read_world(World *world, int64 id)
{
	TvArg		args[] = {tv_arg_bigint(id)};

	tv_rules_read(world->env, id, &world->rules);
	world->roots.context = world->env->context;
	tv_scan("SELECT t.id FROM timevmaps.timelines t"
			" WHERE t.world_id OPERATOR(pg_catalog.=) $1 AND t.parent_id IS NULL ORDER BY t.id",
			lengthof(args), args, tv_ids_receive, &world->roots);
	world->profiles = MemoryContextAllocZero(world->env->context, sizeof(TvProfile *) * Max(world->roots.count, 1));
	for (uint32 i = 0; i < world->roots.count; i++)
	{
		TvIds		chain = {.context = world->env->context};
		char	   *name;

		tv_chain_find(world->env, id, world->roots.ids[i], &world->rules, &name, &chain);
		if (name != NULL && tv_profile_exists(id, &chain, name))
			world->profiles[i] = tv_profile_of_chain(world->env, id, &chain, name);
	}
}

/* Whether the current user sees a world of this id. */
static bool
sees_world(int64 world_id)
{
	TvArg		args[] = {tv_arg_bigint(world_id)};

	return tv_scan_finds("SELECT true FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1",
						 lengthof(args), args);
}

/* Weights of the root timelines, by the world's clock. */
static void
make_layers(const World *world, TvWorldGraph *graph)
{
	TvChanges  *changes = tv_changes_since(graph->world_id, graph->horizon, world->env->context);

	tv_layers_begin();
	for (uint32 i = 0; changes->usable && i < world->roots.count; i++)
		(void) tv_layer_get(graph, &world->roots.ids[i], 1, tv_metric_choose(NULL, &world->rules), &world->rules,
							world->profiles[i], changes, NULL);
}

/* Nothing could be answered from a graph while changes are not written down. */
static void
require_log(void)
{
	TvLogTrouble trouble;

	if (tv_tables_signature() == 0 && tv_tables_trouble(&trouble))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("changes to the network are not written down"),
				 errdetail("%s", trouble.detail),
				 trouble.hint != NULL ? tv_errhint_init(trouble.hint) : 0));
}

Datum
tv_prepare_graph(PG_FUNCTION_ARGS)
{
	int64		world_id = PG_GETARG_INT64(0);
	World		world = {0};
	TvWorldGraph *graph;
	TupleDesc	columns;
	Datum		values[4];
	bool		nulls[4] = {false};
	TimestampTz began = GetCurrentTimestamp();

	tv_require_tables();
	tv_require_analyst();
	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("return type must be a row type")));
	world.env = tv_env_create("tv_prepare_graph");
	SPI_connect();
	read_world(&world, world_id);
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("a graph cannot be prepared in a transaction that has changed something"),
				 errhint("Commit first.")));
	require_log();
	tv_files_require(world_id);
	if (!tv_graph_build(world_id, NULL, true, true) || (graph = tv_graph_open(world_id)) == NULL)
	{
		/* Somebody may have changed a table meanwhile. */
		require_log();
		ereport(ERROR,
				(errcode(ERRCODE_IO_ERROR),
				 errmsg("the prepared graph could not be written"),
				 errhint("The server log says why.")));
	}
	PG_TRY();
	{
		make_layers(&world, graph);
		if (!RecoveryInProgress() && !XactReadOnly)
			tv_changes_prune(world_id, graph->horizon);
		tv_leftovers_remove();
		tv_leftovers_remove_databases();

		values[0] = Int64GetDatum(graph->place_count);
		values[1] = Int64GetDatum(graph->segment_count);
		values[2] = Int64GetDatum(graph->mapping->size);
	}
	PG_FINALLY();
	{
		tv_layers_end();
		tv_graph_release(graph);
	}
	PG_END_TRY();
	values[3] = Float8GetDatum((GetCurrentTimestamp() - began) / 1e6);
	SPI_finish();
	tv_env_delete(world.env);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls)));
}

/* Status ---------------------------------------------------------------------- */

typedef struct Status
{
	FunctionCallInfo fcinfo;
	TvEnv	   *env;
	const char *problem;		/* or null */
	bool		told;
} Status;

#define COLUMNS_BEFORE_PROBLEM 11

/* Why routes do not use what is prepared, or null. */
static const char *
find_problem(void)
{
	TvLogTrouble trouble;

	if ((tv_tables_signature() == 0 && tv_tables_trouble(&trouble)) ||
		(tv_gateways_signature() == 0 && tv_gateways_trouble(&trouble)))
		return trouble.hint != NULL ? psprintf("%s %s", trouble.detail, trouble.hint) : trouble.detail;
	return NULL;
}

/* The columns after the kind of a file, of this graph or of none. */
static void
put_problem(Status *status, TvRow *row, const TvWorldGraph *graph)
{
	tv_put(row, status->problem != NULL ? CStringGetTextDatum(status->problem) : (Datum) 0, status->problem == NULL);
	tv_put(row, Int64GetDatum(graph != NULL ? graph->split.junction_count : 0), graph == NULL);
	tv_emit(status->fcinfo, row);
	status->told = true;
}

static void
visit_file(void *arg, const char *name, Size size, TimestampTz modified)
{
	Status	   *status = arg;
	TvRow		row = {0};
	TvFileName	file;
	int64		world_id;
	TvWorldGraph *graph;

	if (!tv_file_name_parse(name, &file) || file.kind == NULL || !sees_world(file.world_id))
		return;
	world_id = file.world_id;
	graph = tv_graph_open(world_id);
	tv_put_bigint(&row, world_id);
	tv_put_id(&row, file.timeline_id);
	tv_put(&row, file.timeline_id != 0 ? CStringGetTextDatum(file.metric) : (Datum) 0, file.timeline_id == 0);
	tv_put_bigint(&row, size);
	tv_put(&row, TimestampTzGetDatum(modified), false);
	if (graph != NULL)
	{
		TvChanges  *changes = NULL;

		PG_TRY();
		{
			changes = tv_changes_since(world_id, graph->horizon, status->env->context);
		}
		PG_CATCH();
		{
			tv_graph_release(graph);
			PG_RE_THROW();
		}
		PG_END_TRY();
		tv_put(&row, CStringGetTextDatum(psprintf("%016llx", (unsigned long long) graph->mapping->build_id)), false);
		tv_put_bigint(&row, graph->place_count);
		tv_put_bigint(&row, graph->segment_count);
		tv_put_bigint(&row, graph->cch.arc_count);
		tv_put(&row, Int64GetDatum(changes->count), !changes->usable);
	}
	else
		for (int i = 0; i < 5; i++)
			tv_put(&row, (Datum) 0, true);
	tv_put_text(&row, file.kind);
	put_problem(status, &row, graph);
	if (graph != NULL)
		tv_graph_release(graph);
}

Datum
tv_graph_status(PG_FUNCTION_ARGS)
{
	Status		status = {.fcinfo = fcinfo};

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	status.env = tv_env_create("tv_graph_status");
	SPI_connect();
	status.problem = find_problem();
	tv_store_visit(NULL, visit_file, &status);
	tv_layers_end();			/* of graphs that turned out to be outdated */
	if (status.problem != NULL && !status.told)
	{
		TvRow		row = {0};

		for (int i = 0; i < COLUMNS_BEFORE_PROBLEM; i++)
			tv_put(&row, (Datum) 0, true);
		put_problem(&status, &row, NULL);
	}
	SPI_finish();
	tv_env_delete(status.env);
	return (Datum) 0;
}

/* Called by triggers ------------------------------------------------------------ */

Datum
tv_network_statement(PG_FUNCTION_ARGS)
{
	if (PG_GETARG_BOOL(0))
		tv_open_statements_begin();
	else
		tv_open_statements_end();
	PG_RETURN_VOID();
}

Datum
tv_network_under_way(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(tv_open_statements_any());
}
