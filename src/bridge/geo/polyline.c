/*
 * polyline.c: lines of (longitude, latitude) over the ground; see polyline.h.
 *
 * PostGIS's binary form is extended well-known binary: byte order, type with a
 * flag for the SRID, SRID, number of vertices, those as (longitude, latitude), in
 * the machine's own byte order.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/geo/polyline.h"
#include "bridge/server/env.h"
#include "kernel/graph/sphere.h"

TvLine
tv_line_read(MemoryContext context, const bytea *binary, int64 segment_id)
{
	TvLine		line = {0};
	const char *data = VARDATA_ANY(binary);
	Size		size = VARSIZE_ANY_EXHDR(binary);
	Size		head = 1 + sizeof(uint32);
	uint32		type;

	if (size >= head + sizeof(uint32) && data[0] == TV_EWKB_BYTE_ORDER)
	{
		memcpy(&type, data + 1, sizeof(type));
		if ((type & TV_EWKB_SRID) != 0)
			head += sizeof(uint32);
		if ((type & ~TV_EWKB_SRID) == TV_EWKB_LINESTRING && size >= head + sizeof(uint32))
		{
			memcpy(&line.count, data + head, sizeof(line.count));
			head += sizeof(uint32);
		}
	}
	if (size != head + line.count * sizeof(TvPosition) || head == 1 + sizeof(uint32))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("course of a segment is not a line of two dimensions"),
				 errdetail("Segment %lld.", (long long) segment_id)));
	if (line.count > 0)
	{
		line.vertices = MemoryContextAllocHuge(context, line.count * sizeof(TvPosition));
		memcpy(line.vertices, data + head, line.count * sizeof(TvPosition));
	}
	return line;
}

/* From longitude to longitude, the short way round. */
static double
lon_between(double from, double to)
{
	return remainder(to - from, 360);
}

static TvPosition
between(TvPosition from, TvPosition to, double part)
{
	/* The ends themselves, to the last bit. */
	if (part <= 0)
		return from;
	if (part >= 1)
		return to;
	return (TvPosition) {
		.lon = fabs(to.lon - from.lon) <= 180
			? from.lon + part * (to.lon - from.lon)
			: remainder(from.lon + part * lon_between(from.lon, to.lon), 360),
		.lat = from.lat + part * (to.lat - from.lat)
	};
}

static double
piece_length(const TvLine *line, uint32 piece)
{
	TvPosition	from = line->vertices[piece];
	TvPosition	to = line->vertices[piece + 1];

	return tvm_sphere_angle(from.lat, from.lon, to.lat, to.lon);
}

double
tv_line_length(const TvLine *line)
{
	double		length = 0;

	for (uint32 i = 0; i + 1 < line->count; i++)
	{
		tv_interrupts_at(i);
		length += piece_length(line, i);
	}
	return length;
}

double
tv_line_nearest(const TvLine *line, TvPosition at, TvPosition *nearest, double *fraction)
{
	double		total = tv_line_length(line);
	double		before = 0;
	double		least = INFINITY;
	TvmCap		cap = tvm_cap(at.lat, at.lon, least);

	*nearest = line->vertices[0];
	*fraction = 0;
	for (uint32 i = 0; i == 0 || i + 1 < line->count; i++)
	{
		TvPosition	from = line->vertices[i];
		TvPosition	to = line->vertices[Min(i + 1, line->count - 1)];
		double		length = i + 1 < line->count ? piece_length(line, i) : 0;

		tv_interrupts_at(i);
		if (!tvm_cap_misses(&cap, from.lat, from.lon, to.lat, to.lon))
		{
			double		part;
			double		away = tvm_sphere_nearest(at.lat, at.lon, from.lat, from.lon, to.lat, to.lon, &part);

			if (away < least)
			{
				least = away;
				cap = tvm_cap(at.lat, at.lon, least);
				*nearest = between(from, to, part);
				*fraction = total > 0 ? Min((before + part * length) / total, 1) : 0;
			}
		}
		before += length;
	}
	return least;
}

TvPosition
tv_line_at(const TvLine *line, double fraction)
{
	double		left = fraction * tv_line_length(line);

	for (uint32 i = 0; i + 1 < line->count; i++)
	{
		double		length = piece_length(line, i);

		tv_interrupts_at(i);
		if (left <= length)
			return between(line->vertices[i], line->vertices[i + 1], length > 0 ? left / length : 0);
		left -= length;
	}
	return line->vertices[line->count - 1];
}

static void
add(TvLine *part, TvPosition vertex)
{
	if (part->count > 0 && part->vertices[part->count - 1].lon == vertex.lon &&
		part->vertices[part->count - 1].lat == vertex.lat)
		return;
	part->vertices[part->count++] = vertex;
}

void
tv_line_cut(const TvLine *line, double from, double to, TvLine *part)
{
	double		total = tv_line_length(line);
	double		first = from * total;
	double		last = to * total;
	double		before = 0;

	part->count = 0;
	for (uint32 i = 0; i + 1 < line->count; i++)
	{
		double		length = piece_length(line, i);
		double		after = before + length;

		tv_interrupts_at(i);
		if (after >= first && before <= last)
		{
			double		begin = length > 0 ? (first - before) / length : 0;
			double		end = length > 0 ? (last - before) / length : 1;

			add(part, between(line->vertices[i], line->vertices[i + 1], begin));
			add(part, between(line->vertices[i], line->vertices[i + 1], end));
		}
		before = after;
	}
}
