/*
 * route_line.c: the course of a route over the ground; see route_line.h.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/route/route_line.h"
#include "bridge/geo/polyline.h"
#include "bridge/server/scan.h"

/* A segment of the route that has a geom. */
typedef struct Shape
{
	int64		segment_id;		/* first, for tv_load_find() */
	TvLine		line;
} Shape;

typedef struct Shapes
{
	MemoryContext context;
	uint32		count;
	Shape	   *shapes;			/* by segment_id, room for every segment of the route */
	Oid			send;			/* the geometry type's output function */
} Shapes;

static bytea *
send_geometry(Shapes *shapes, Oid type, Datum value)
{
	bool		is_varlena;

	if (!OidIsValid(shapes->send))
		getTypeBinaryOutputInfo(type, &shapes->send, &is_varlena);
	return OidSendFunctionCall(shapes->send, value);
}

static void
receive_shape(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Shapes	   *shapes = target;
	Shape	   *shape = &shapes->shapes[shapes->count];
	bytea	   *binary = send_geometry(shapes, TupleDescAttr(columns, 1)->atttypid, values[1]);

	shape->segment_id = DatumGetInt64(values[0]);
	shape->line = tv_line_read(shapes->context, binary, shape->segment_id);
	if (shape->line.count > 0)
		shapes->count++;		/* an empty line is as if there were none */
}

static void
read_shapes(TvEnv *env, const TvRoute *route, Shapes *shapes)
{
	int64	   *ids = MemoryContextAllocHuge(env->context, sizeof(int64) * Max(route->segment_count, 1));
	uint32		count = 0;
	TvArg		args[1];

	*shapes = (Shapes) {.context = env->context};
	shapes->shapes = MemoryContextAllocHuge(env->context, sizeof(Shape) * Max(route->segment_count, 1));
	for (uint32 i = 0; i < route->step_count; i++)
		if (route->steps[i].segment_id != 0 && !route->steps[i].straight)
			ids[count++] = route->steps[i].segment_id;
	if (count == 0)
		return;

	SPI_connect();
	args[0] = tv_arg_bigints(ids, count);
	tv_scan("SELECT s.id, s.geom FROM timevmaps.segments s"
			" WHERE s.id OPERATOR(pg_catalog.=) ANY ($1) AND s.geom IS NOT NULL ORDER BY s.id",
			lengthof(args), args, receive_shape, shapes);
	SPI_finish();
}

static void
add_vertex(StringInfo line, uint32 *count, TvPosition vertex)
{
	TvPosition	last;

	if (*count > 0)
	{
		memcpy(&last, line->data + line->len - sizeof(TvPosition), sizeof(TvPosition));
		if (last.lon == vertex.lon && last.lat == vertex.lat)
			return;
	}
	appendBinaryStringInfo(line, (const char *) &vertex, sizeof(TvPosition));
	(*count)++;
}

static Datum
receive_geometry(Oid type, StringInfo binary)
{
	Oid			receive;
	Oid			parameter;

	getTypeBinaryInputInfo(type, &receive, &parameter);
	return OidReceiveFunctionCall(receive, binary, parameter, -1);
}

/* A part of a segment; where it ends at no place, it ends at that very position. */
static TvLine
cut_shape(TvEnv *env, const TvRouteStep *step, const TvLine *whole)
{
	const TvRouteStep *before = step - 1;
	TvLine		part;

	part.vertices = MemoryContextAllocHuge(env->context, sizeof(TvPosition) * ((Size) whole->count + 2));
	tv_line_cut(whole, step->from_fraction, step->to_fraction, &part);
	if (before->place_id == 0)
		part.vertices[step->reverse ? part.count - 1 : 0] = (TvPosition) {.lon = before->lon, .lat = before->lat};
	if (step->place_id == 0)
		part.vertices[step->reverse ? 0 : part.count - 1] = (TvPosition) {.lon = step->lon, .lat = step->lat};
	return part;
}

bool
tv_course(TvEnv *env, const TvRoute *route, Oid geometry, Datum *line)
{
	StringInfoData binary;
	uint32		type = TV_EWKB_LINESTRING | TV_EWKB_SRID;
	uint32		srid = TV_SRID_WGS84;
	uint32		count = 0;
	int			count_at;
	Shapes		shapes;

	read_shapes(env, route, &shapes);

	initStringInfo(&binary);
	appendStringInfoCharMacro(&binary, TV_EWKB_BYTE_ORDER);
	appendBinaryStringInfo(&binary, (const char *) &type, sizeof(type));
	appendBinaryStringInfo(&binary, (const char *) &srid, sizeof(srid));
	count_at = binary.len;
	appendBinaryStringInfo(&binary, (const char *) &count, sizeof(count));

	for (uint32 i = 0; i < route->step_count; i++)
	{
		const TvRouteStep *step = &route->steps[i];
		uint32		found = step->segment_id == 0 ? TV_NONE
			: tv_load_find(shapes.shapes, sizeof(Shape), shapes.count, step->segment_id);

		tv_interrupts_at(i);
		if (found == TV_NONE)
			add_vertex(&binary, &count, (TvPosition) {.lon = step->lon, .lat = step->lat});
		else
		{
			TvLine		line = shapes.shapes[found].line;

			if (step->part)
				line = cut_shape(env, step, &line);
			for (uint32 p = 0; p < line.count; p++)
			{
				tv_interrupts_at(p);
				add_vertex(&binary, &count, line.vertices[step->reverse ? line.count - 1 - p : p]);
			}
		}
	}
	memcpy(binary.data + count_at, &count, sizeof(count));
	if (count >= 2)
		*line = receive_geometry(geometry, &binary);
	pfree(binary.data);
	return count >= 2;
}
