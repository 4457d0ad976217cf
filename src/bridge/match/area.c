/*
 * area.c: the ground around a track; see area.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/match/area.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"

/* A box grows with the positions that follow until it is so high or, in degrees of latitude, so wide: 1 km. */
#define BOX_SIDE 0.009

static TvmBox
box_around(const TvArea *area, TvPosition at, double angle)
{
	TvmCap		cap = tvm_cap(at.lat, at.lon, angle);
	double		east = remainder(at.lon - area->lon, 360);

	/* Near a pole, all round. */
	if (cap.lon_reach >= 180)
		return (TvmBox) {.south = at.lat - cap.lat_reach, .north = at.lat + cap.lat_reach, .west = -180, .east = 180};
	return (TvmBox) {
		.south = at.lat - cap.lat_reach,
		.north = at.lat + cap.lat_reach,
		.west = east - cap.lon_reach,
		.east = east + cap.lon_reach
	};
}

static TvmBox
join(TvmBox a, TvmBox b)
{
	return (TvmBox) {
		.south = Min(a.south, b.south), .north = Max(a.north, b.north),
		.west = Min(a.west, b.west), .east = Max(a.east, b.east)
	};
}

static bool
is_small(const TvmBox *box, const TvmBox *one)
{
	double		flat = cos((box->south + box->north) / 2 * (M_PI / 180));

	return box->north - box->south <= BOX_SIDE + (one->north - one->south) &&
		(box->east - box->west) * flat <= BOX_SIDE + (one->east - one->west) * flat;
}

static uint32
cell_of(double value, double low, double high)
{
	double		cell = floor((value - low) / (high - low) * TV_AREA_CELLS);

	return cell >= TV_AREA_CELLS ? TV_AREA_CELLS - 1 : cell > 0 ? (uint32) cell : 0;
}

static void
mark(TvArea *area, const TvmBox *box)
{
	uint32		west = cell_of(box->west, area->all.west, area->all.east);
	uint32		east = cell_of(box->east, area->all.west, area->all.east);
	uint32		north = cell_of(box->north, area->all.south, area->all.north);

	for (uint32 y = cell_of(box->south, area->all.south, area->all.north); y <= north; y++)
		memset(&area->marked[y][west], true, east - west + 1);
}

static void
make_raster(TvArea *area)
{
	area->all = area->boxes[0];
	for (uint32 i = 1; i < area->count; i++)
		area->all = join(area->all, area->boxes[i]);
	/* Beyond the far meridian it would begin again at the other end: then all of it is near. */
	if (area->all.west < -180 || area->all.east > 180)
	{
		area->all.west = -180;
		area->all.east = 180;
	}
	for (uint32 i = 0; i < area->count; i++)
	{
		TvmBox		box = area->boxes[i];

		if (box.west < -180 || box.east > 180)
		{
			box.west = -180;
			box.east = 180;
		}
		mark(area, &box);
	}
}

TvArea *
tv_area_make(MemoryContext context, const TvPosition *at, uint32 count, double angle)
{
	TvArea	   *area = MemoryContextAllocZero(context, sizeof(TvArea));

	area->lon = count > 0 ? at[0].lon : 0;
	for (uint32 i = 0; i < count; i++)
	{
		TvmBox		one = box_around(area, at[i], angle);
		TvmBox		joined;

		tv_interrupts_at(i);
		if (area->count > 0)
		{
			joined = join(area->boxes[area->count - 1], one);
			if (is_small(&joined, &one))
			{
				area->boxes[area->count - 1] = joined;
				continue;
			}
		}
		if (area->count == area->capacity)
			area->boxes = tv_grow(context, area->boxes, sizeof(TvmBox), &area->capacity);
		area->boxes[area->count++] = one;
	}
	if (area->count > 0)
		make_raster(area);
	return area;
}

bool
tv_area_touches(const TvArea *area, TvPosition a, TvPosition b)
{
	double		south = Min(a.lat, b.lat);
	double		north = Max(a.lat, b.lat);
	double		from;
	double		to;
	uint32		last_row;
	uint32		last_column;

	if (area->count == 0 || north < area->all.south || south > area->all.north)
		return false;
	from = remainder(a.lon - area->lon, 360);
	to = remainder(b.lon - area->lon, 360);
	if (from > to)
	{
		double		west = to;

		to = from;
		from = west;
	}
	/* The short way round leads over the far meridian. */
	if (to - from > 180)
	{
		from = -180;
		to = 180;
	}
	if (to < area->all.west || from > area->all.east)
		return false;
	last_row = cell_of(north, area->all.south, area->all.north);
	last_column = cell_of(to, area->all.west, area->all.east);
	for (uint32 y = cell_of(south, area->all.south, area->all.north); y <= last_row; y++)
		for (uint32 x = cell_of(from, area->all.west, area->all.east); x <= last_column; x++)
			if (area->marked[y][x])
				return true;
	return false;
}
