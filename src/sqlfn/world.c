/*
 * world.c: CALL tv_drop_world(world_id): a world with all that hangs on it, in pieces.
 *
 * A piece is a transaction: the world's row is locked as the caller, which is the question
 * whether he may, then at most so many rows of one kind are removed as the owner of the tables,
 * for what others have hung on a world must not keep it.  Kinds go in an order in which no foreign
 * key holds, each by an index and from where the last piece ended.  The row itself goes in the
 * piece that finds nothing of any kind under its lock, which keeps others from adding any.
 * So whatever ends it, another call goes on.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "bridge/access/owner.h"
#include "bridge/access/worlds.h"
#include "bridge/server/error.h"
#include "bridge/server/search_path.h"
#include "bridge/graph/files.h"

PG_FUNCTION_INFO_V1(tv_drop_world);

/* Removes at most $2 rows of world $1 from key $3 on; how many those were, and the key of the last. */
typedef struct Kind
{
	const char *name;
	const char *statement;
} Kind;

#define COUNTED " SELECT pg_catalog.count(*), pg_catalog.max(f.key) FROM few f"

static const Kind kinds[] = {
	{"frames",
		"WITH few AS MATERIALIZED (SELECT e.id AS key, r.step FROM timevmaps.experiments e,"
		" LATERAL (SELECT f.step FROM timevmaps.frames f WHERE f.experiment_id = e.id ORDER BY f.step LIMIT $2) r"
		" WHERE e.world_id = $1 AND e.id >= $3 ORDER BY e.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.frames f USING few w WHERE f.experiment_id = w.key AND f.step = w.step)" COUNTED},
	{"experiments",
		"WITH few AS MATERIALIZED (SELECT e.id AS key FROM timevmaps.experiments e"
		" WHERE e.world_id = $1 AND e.id >= $3 ORDER BY e.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.experiments e USING few w WHERE e.id = w.key)" COUNTED},
	{"events",
		"WITH few AS MATERIALIZED (SELECT t.id AS key, r.era, r.xid, r.id, r.at FROM timevmaps.timelines t,"
		" LATERAL (SELECT v.era, v.xid, v.id, v.at FROM timevmaps.events v WHERE v.timeline_id = t.id LIMIT $2) r"
		" WHERE t.world_id = $1 AND t.id >= $3 ORDER BY t.id LIMIT $2),"
		" gone AS (DELETE FROM timevmaps.events e USING few w"
	" WHERE e.timeline_id = w.key AND e.era = w.era AND e.xid = w.xid AND e.id = w.id AND e.at = w.at)" COUNTED},
	{"positions",
		"SELECT p.removed, $3 FROM timevmaps_internal.tv_positions_take(ARRAY(SELECT t.id FROM timevmaps.timelines t WHERE t.world_id = $1 AND t.id >= $3), NULL, $2) p"},
	{"saved routes",
		"WITH few AS MATERIALIZED (SELECT t.id AS key, r.id FROM timevmaps.timelines t,"
		" LATERAL (SELECT p.id FROM timevmaps.route_plans p WHERE p.timeline_id = t.id"
		" UNION SELECT p.id FROM timevmaps.route_plans p WHERE p.dest_timeline_id = t.id LIMIT $2) r"
		" WHERE t.world_id = $1 AND t.id >= $3 ORDER BY t.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.route_plans p USING few w WHERE p.id = w.id)" COUNTED},
	/* Those of other worlds that lead through this one. */
	{"saved routes of other worlds",
		"WITH few AS MATERIALIZED (SELECT p.id AS key FROM timevmaps.route_plans p WHERE p.world_ids @> ARRAY[$1] AND $3 >= 0 LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.route_plans p USING few w WHERE p.id = w.key)" COUNTED},
	{"gateways",
		"WITH few AS MATERIALIZED (SELECT g.id AS key FROM timevmaps.timelines t,"
		" LATERAL (SELECT w.id FROM timevmaps.gateways w WHERE w.from_world_id = $1 AND w.from_timeline_id = t.id"
		" UNION SELECT w.id FROM timevmaps.gateways w WHERE w.to_world_id = $1 AND w.to_timeline_id = t.id LIMIT $2) g"
		" WHERE t.world_id = $1 AND $3 >= 0 LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.gateways g USING few w WHERE g.id = w.key)" COUNTED},
	{"overrides",
		"WITH few AS MATERIALIZED (SELECT t.id AS key, o.segment_id FROM timevmaps.timelines t,"
		" LATERAL (SELECT v.segment_id FROM timevmaps.segment_overrides v WHERE v.timeline_id = t.id ORDER BY v.segment_id LIMIT $2) o"
		" WHERE t.world_id = $1 AND t.id >= $3 ORDER BY t.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.segment_overrides o USING few w WHERE o.timeline_id = w.key AND o.segment_id = w.segment_id)" COUNTED},
	/* With what is called so they would go, too, one statement later. */
	{"names",
		"WITH few AS MATERIALIZED (SELECT n.kind, n.ref_id, n.seq, n.ref_id AS key FROM timevmaps.names n WHERE n.world_id = $1 AND $3 >= 0 LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.names n USING few w WHERE n.kind = w.kind AND n.ref_id = w.ref_id AND n.seq = w.seq)" COUNTED},
	{"rules for turns",
		"WITH few AS MATERIALIZED (SELECT u.id AS key FROM timevmaps.turns u"
		" WHERE u.world_id = $1 AND $3 >= 0 LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.turns u USING few w WHERE u.id = w.key)" COUNTED},
	{"segments",
		"WITH few AS MATERIALIZED (SELECT s.id AS key FROM timevmaps.segments s"
		" WHERE s.world_id = $1 AND s.id >= $3 ORDER BY s.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.segments s USING few w WHERE s.id = w.key)" COUNTED},
	{"places",
		"WITH few AS MATERIALIZED (SELECT p.id AS key FROM timevmaps.places p"
		" WHERE p.world_id = $1 AND p.id >= $3 ORDER BY p.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.places p USING few w WHERE p.id = w.key)" COUNTED},
	{"owners of zones",
		"WITH few AS MATERIALIZED (SELECT z.id AS key, r.id FROM timevmaps.zones z,"
		" LATERAL (SELECT o.id FROM timevmaps.zone_owners o WHERE o.zone_id = z.id ORDER BY o.timeline_id, o.t LIMIT $2) r"
		" WHERE z.world_id = $1 AND z.id >= $3 ORDER BY z.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.zone_owners o USING few w WHERE o.id = w.id)" COUNTED},
	{"zones",
		"WITH few AS MATERIALIZED (SELECT z.id AS key FROM timevmaps.zones z"
		" WHERE z.world_id = $1 AND z.id >= $3 ORDER BY z.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.zones z USING few w WHERE z.id = w.key)" COUNTED},
	{"layers",
		"WITH few AS MATERIALIZED (SELECT l.id AS key FROM timevmaps.layers l"
		" WHERE l.world_id = $1 AND l.id >= $3 ORDER BY l.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.layers l USING few w WHERE l.id = w.key)" COUNTED},
	{"vehicle profiles",
		"WITH few AS MATERIALIZED (SELECT p.id AS key FROM timevmaps.vehicle_profiles p"
		" WHERE p.world_id = $1 AND $3 >= 0 LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.vehicle_profiles p USING few w WHERE p.id = w.key)" COUNTED},
	{"profiles",
		"WITH few AS MATERIALIZED (SELECT p.id AS key FROM timevmaps.speed_profiles p"
		" WHERE p.world_id = $1 AND p.id >= $3 ORDER BY p.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.speed_profiles p USING few w WHERE p.id = w.key)" COUNTED},
	/* Children have larger ids than their parents. */
	{"timelines",
		"WITH few AS MATERIALIZED (SELECT t.id AS key FROM timevmaps.timelines t"
		" WHERE t.world_id = $1 AND $3 >= 0 ORDER BY t.id DESC LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.timelines t USING few w WHERE t.id = w.key)" COUNTED},
	/* After the timelines: a vehicle's positions are looked for in each. */
	{"vehicles",
		"WITH few AS MATERIALIZED (SELECT v.id AS key FROM timevmaps.vehicles v"
		" WHERE v.world_id = $1 AND v.id >= $3 ORDER BY v.id LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.vehicles v USING few w WHERE v.id = w.key)" COUNTED},
	{"changes",
		"WITH few AS MATERIALIZED (SELECT c.id AS key FROM timevmaps.network_changes c"
		" WHERE c.world_id = $1 AND c.kind <> 'x' AND $3 >= 0 LIMIT $2),"
	" gone AS (DELETE FROM timevmaps.network_changes c USING few w WHERE c.id = w.key)" COUNTED}
};

typedef struct Drop
{
	int64		world_id;
	int32		piece;
	int			kind;
	int64		key;			/* where the next piece begins */
	int64		removed;		/* of this kind */
	TimestampTz began;
} Drop;

static void
run(const Drop *drop, const char *statement)
{
	Oid			type = INT8OID;
	Datum		argument = Int64GetDatum(drop->world_id);

	(void) SPI_execute_with_args(statement, 1, &type, &argument, NULL, false, 0);
}

static uint64
remove_some(const Drop *drop, int kind, int64 *key)
{
	Oid			types[] = {INT8OID, INT4OID, INT8OID};
	Datum		values[] = {Int64GetDatum(drop->world_id), Int32GetDatum(drop->piece), Int64GetDatum(*key)};
	bool		isnull;
	uint64		count;

	(void) SPI_execute_with_args(kinds[kind].statement, lengthof(types), types, values, NULL, false, 0);
	count = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	if (count > 0)
		*key = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return count;
}

static void
tell(Drop *drop)
{
	if (drop->removed > 0)
		ereport(NOTICE,
				(errmsg("drop: %lld %s removed after %.1f s", (long long) drop->removed, kinds[drop->kind].name,
						(GetCurrentTimestamp() - drop->began) / 1e6)));
	drop->removed = 0;
}

/* Whether nothing of any kind is left; otherwise where to go on. */
static bool
nothing_left(Drop *drop)
{
	for (int kind = 0; kind < lengthof(kinds); kind++)
	{
		int64		key = 0;
		uint64		count = remove_some(drop, kind, &key);

		if (count > 0)
		{
			drop->kind = kind;
			drop->key = 0;
			drop->removed = count;
			return false;
		}
	}
	return true;
}

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* One transaction's work; whether it was the last. */
static bool
drop_piece(Drop *drop)
{
	int			level = NewGUCNestLevel();
	bool		last = false;
	TvOwner		owner;

	/* Names are ours, and a piece takes what a piece weighs: whatever the statistics say, rows are found by indexes. */
	tv_pin_search_path();
	set_option("enable_seqscan", "off");
	set_option("enable_hashjoin", "off");
	set_option("enable_mergejoin", "off");
	set_option("jit", "off");
	tv_world_lock(drop->world_id, true);
	tv_owner_enter(&owner);
	if (drop->kind < 0)
	{
		/* Their workers are told. */
		run(drop, "UPDATE timevmaps.experiments e SET status = 'cancelled', finished_at = pg_catalog.clock_timestamp()"
			" FROM timevmaps.queue_running q WHERE q.world_id = $1 AND e.id = q.experiment_id AND e.status = 'running'");
		drop->kind = 0;
	}
	else if (drop->kind < lengthof(kinds))
	{
		uint64		count = remove_some(drop, drop->kind, &drop->key);

		drop->removed += count;
		if (count < drop->piece)
		{
			tell(drop);
			drop->kind++;
			drop->key = 0;
		}
	}
	else
		last = nothing_left(drop);
	if (last)
	{
		run(drop, "DELETE FROM timevmaps.network_changes c WHERE c.world_id = $1");
		run(drop, "DELETE FROM timevmaps.worlds w WHERE w.id = $1");
	}
	tv_owner_leave(&owner);
	AtEOXact_GUC(true, level);
	return last;
}

Datum
tv_drop_world(PG_FUNCTION_ARGS)
{
	bool		commits = fcinfo->context != NULL && IsA(fcinfo->context, CallContext) &&
		!castNode(CallContext, fcinfo->context)->atomic;
	Drop		drop = {.kind = -1,.began = GetCurrentTimestamp()};
	bool		last = false;

	tv_require_tables();
	if (PG_ARGISNULL(0))
		tv_report_invalid("world_id", "must not be null", NULL, NULL);
	if (PG_ARGISNULL(1) || PG_GETARG_INT32(1) < 1 || PG_GETARG_INT32(1) > 1000000)
		tv_report_invalid("piece", "not a number of rows", "It is 1 to 1000000.", NULL);
	drop.world_id = PG_GETARG_INT64(0);
	drop.piece = PG_GETARG_INT32(1);
	SPI_connect_ext(commits ? SPI_OPT_NONATOMIC : 0);
	while (!last)
	{
		CHECK_FOR_INTERRUPTS();
		last = drop_piece(&drop);
		if (commits)
			SPI_commit();
	}
	tv_files_remove(drop.world_id);
	SPI_finish();
	PG_RETURN_VOID();
}
