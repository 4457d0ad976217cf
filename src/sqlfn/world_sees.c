/*
 * world_sees.c: which worlds the caller sees, as the policies of all that is in worlds ask.
 *
 * They ask for each row, so an answer is kept as long as the statement; the worlds themselves are read as the caller,
 * with his statement's snapshot.  The same world row after row, which is nearly always so, costs what any function
 * of PostgreSQL's own does.  In SQL alone, world_id IN (SELECT w.id FROM timevmaps.worlds w) took 55 ns a row, as much again
 * as reading it and adding it up, and no plan was parallel; = ANY (ARRAY(SELECT ...)) took 24 ns, and 20 us where 10,000
 * worlds are visible.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/supportnodes.h"
#include "utils/hsearch.h"

#include "bridge/server/scan.h"

PG_FUNCTION_INFO_V1(tv_sees_world);
PG_FUNCTION_INFO_V1(tv_sees_world_support);

/* So many are looked up one by one; who asks for more reads all that there are. */
#define FEW 4

/* In the memory of the expression, and gone with it. */
typedef struct Sight
{
	int64		last;			/* at first 0, which is no world's id */
	bool		last_visible;
	int			few_count;
	int64		few[FEW];
	bool		few_visible[FEW];
	HTAB	   *all;			/* ids of those that are visible, or NULL */
} Sight;

static void
receive_world(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	int64		id = DatumGetInt64(values[0]);

	(void) hash_search(target, &id, HASH_ENTER, NULL);
}

static void
read_all(Sight *sight, MemoryContext context)
{
	HASHCTL		control = {.keysize = sizeof(int64), .entrysize = sizeof(int64), .hcxt = context};
	HTAB	   *all = hash_create("timevmaps visible worlds", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	tv_scan("SELECT w.id FROM timevmaps.worlds w", 0, NULL, receive_world, all);
	sight->all = all;
}

static bool
sees(Sight *sight, int64 id, MemoryContext context)
{
	TvArg		args[] = {tv_arg_bigint(id)};

	for (int i = 0; i < sight->few_count; i++)
		if (sight->few[i] == id)
			return sight->few_visible[i];
	if (sight->all == NULL)
	{
		SPI_connect();
		if (sight->few_count < FEW)
		{
			bool		visible = tv_scan_finds("SELECT true FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1",
												lengthof(args), args);

			sight->few[sight->few_count] = id;
			sight->few_visible[sight->few_count++] = visible;
			SPI_finish();
			return visible;
		}
		read_all(sight, context);
		SPI_finish();
	}
	return hash_search(sight->all, &id, HASH_FIND, NULL) != NULL;
}

Datum
tv_sees_world(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	Sight	   *sight = fcinfo->flinfo->fn_extra;

	if (sight == NULL)
		sight = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Sight));
	if (sight->last != id)
	{
		sight->last_visible = sees(sight, id, fcinfo->flinfo->fn_mcxt);
		sight->last = id;
	}
	PG_RETURN_BOOL(sight->last_visible);
}

/* Mostly rows are asked for that one sees: the planner is to expect what it would without policies. */
Datum
tv_sees_world_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (!IsA(request, SupportRequestSelectivity))
		PG_RETURN_POINTER(NULL);
	((SupportRequestSelectivity *) request)->selectivity = 1.0;
	PG_RETURN_POINTER(request);
}
