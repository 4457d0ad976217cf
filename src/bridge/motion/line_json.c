/*
 * line_json.c: ways with their times as documents; see line_json.h.
 *
 * A line of GeoJSON has at least two points, so a fix between two gaps is in none; Moving Features may have one.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/motion/line_json.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "bridge/server/error.h"
#include "bridge/server/json_write.h"

#define BYTES_A_POINT 80

static const char *const format_names[] = {
	[TV_LINE_GEOJSON] = "geojson",
	[TV_LINE_KEPLER] = "kepler",
	[TV_LINE_MFJSON] = "mfjson"
};

TvLineFormat
tv_line_format(const char *name)
{
	for (int i = 0; name != NULL && i < lengthof(format_names); i++)
		if (strcmp(name, format_names[i]) == 0)
			return (TvLineFormat) i;
	tv_report_invalid("format", "unknown", name == NULL ? "It is null." : psprintf("It is \"%s\".", name),
					  "Formats are geojson, kepler and mfjson.");
}

/* One line. */
typedef struct Line
{
	const TvLinePoint *points;
	uint32		count;
	bool		has_altitudes;	/* all of its points */
} Line;

static Line
line_of(const TvLines *lines, uint32 i)
{
	Line		line = {.points = lines->points + lines->starts[i], .count = lines->starts[i + 1] - lines->starts[i], .has_altitudes = true};

	for (uint32 j = 0; j < line.count; j++)
		line.has_altitudes &= !isnan(line.points[j].alt_m);
	return line;
}

/* Those that a format has: of two points at least, or of one. */
static Line *
choose(const TvLines *lines, uint32 least, uint32 *count)
{
	Line	   *chosen = palloc(sizeof(Line) * Max(lines->count, 1));

	*count = 0;
	for (uint32 i = 0; i < lines->count; i++)
		if (lines->starts[i + 1] - lines->starts[i] >= least)
			chosen[(*count)++] = line_of(lines, i);
	return chosen;
}

/* Parts --------------------------------------------------------------------- */

static void
put_position(TvJsonWriter *writer, const TvLinePoint *point, bool has_altitude)
{
	tv_json_put_list(writer, NULL, has_altitude ? 3 : 2);
	tv_json_put_number(writer, NULL, point->lon);
	tv_json_put_number(writer, NULL, point->lat);
	if (has_altitude)
		tv_json_put_number(writer, NULL, point->alt_m);
}

static void
put_coordinates(TvJsonWriter *writer, const char *name, const Line *line)
{
	tv_json_put_list(writer, name, line->count);
	for (uint32 i = 0; i < line->count; i++)
	{
		tv_interrupts_at(i);
		put_position(writer, &line->points[i], line->has_altitudes);
	}
}

/* As ISO 8601 in UTC, with as many digits of the second as it has. */
static void
put_time(TvJsonWriter *writer, TimestampTz t)
{
	struct pg_tm tm;
	fsec_t		fraction;
	char		text[64];
	int			length;

	if (timestamp2tm(t, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("a fix has no date")));
	length = snprintf(text, sizeof(text), "%s%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year < 0 ? "-" : "", abs(tm.tm_year), tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (fraction != 0)
	{
		length += snprintf(text + length, sizeof(text) - length, ".%06d", (int) fraction);
		while (text[length - 1] == '0')
			length--;
	}
	strlcpy(text + length, "Z", sizeof(text) - length);
	tv_json_put_string(writer, NULL, text);
}

static void
put_times(TvJsonWriter *writer, const char *name, const Line *line)
{
	tv_json_put_list(writer, name, line->count);
	for (uint32 i = 0; i < line->count; i++)
	{
		tv_interrupts_at(i);
		put_time(writer, line->points[i].t);
	}
}

/* Formats ------------------------------------------------------------------- */

static void
write_geojson(TvJsonWriter *writer, const Line *lines, uint32 count, int64 vehicle_id)
{
	static const char *const feature[] = {"type", "geometry", "properties"};
	static const char *const geometry[] = {"type", "coordinates"};
	static const char *const properties[] = {"times", "vehicle_id"};

	tv_json_put_object(writer, NULL, feature, lengthof(feature));
	tv_json_put_string(writer, "type", "Feature");
	tv_json_put_object(writer, "geometry", geometry, lengthof(geometry));
	tv_json_put_string(writer, "type", count == 1 ? "LineString" : "MultiLineString");
	if (count > 1)
		tv_json_put_list(writer, "coordinates", count);
	for (uint32 i = 0; i < count; i++)
		put_coordinates(writer, count == 1 ? "coordinates" : NULL, &lines[i]);
	tv_json_put_object(writer, "properties", properties, lengthof(properties));
	if (count > 1)
		tv_json_put_list(writer, "times", count);
	for (uint32 i = 0; i < count; i++)
		put_times(writer, count == 1 ? "times" : NULL, &lines[i]);
	tv_json_put_integer(writer, "vehicle_id", vehicle_id);
}

/* Since 1970, with three decimals at most: what has more kepler.gl does not take for a time, and then plays nothing. */
static double
kepler_seconds(TimestampTz t)
{
	return rint((t - SetEpochTimestamp()) / 1000.0) / 1000;
}

static void
write_kepler(TvJsonWriter *writer, const Line *lines, uint32 count, int64 vehicle_id)
{
	static const char *const collection[] = {"type", "features"};
	static const char *const feature[] = {"type", "geometry", "properties"};
	static const char *const geometry[] = {"type", "coordinates"};
	static const char *const properties[] = {"vehicle_id"};

	tv_json_put_object(writer, NULL, collection, lengthof(collection));
	tv_json_put_string(writer, "type", "FeatureCollection");
	tv_json_put_list(writer, "features", count);
	for (uint32 i = 0; i < count; i++)
	{
		tv_json_put_object(writer, NULL, feature, lengthof(feature));
		tv_json_put_string(writer, "type", "Feature");
		tv_json_put_object(writer, "geometry", geometry, lengthof(geometry));
		tv_json_put_string(writer, "type", "LineString");
		tv_json_put_list(writer, "coordinates", lines[i].count);
		for (uint32 j = 0; j < lines[i].count; j++)
		{
			const TvLinePoint *point = &lines[i].points[j];

			tv_interrupts_at(j);
			tv_json_put_list(writer, NULL, 4);
			tv_json_put_number(writer, NULL, point->lon);
			tv_json_put_number(writer, NULL, point->lat);
			tv_json_put_number(writer, NULL, isnan(point->alt_m) ? 0 : point->alt_m);
			tv_json_put_number(writer, NULL, kepler_seconds(point->t));
		}
		tv_json_put_object(writer, "properties", properties, lengthof(properties));
		tv_json_put_integer(writer, "vehicle_id", vehicle_id);
	}
}

static void
write_mfjson(TvJsonWriter *writer, const Line *lines, uint32 count, int64 vehicle_id)
{
	static const char *const feature[] = {"type", "properties", "temporalGeometry"};
	static const char *const properties[] = {"vehicle_id"};
	static const char *const several[] = {"type", "prisms"};
	static const char *const moving[] = {"type", "datetimes", "coordinates", "interpolation"};

	tv_json_put_object(writer, NULL, feature, lengthof(feature));
	tv_json_put_string(writer, "type", "Feature");
	tv_json_put_object(writer, "properties", properties, lengthof(properties));
	tv_json_put_integer(writer, "vehicle_id", vehicle_id);
	if (count > 1)
	{
		tv_json_put_object(writer, "temporalGeometry", several, lengthof(several));
		tv_json_put_string(writer, "type", "MovingGeometryCollection");
		tv_json_put_list(writer, "prisms", count);
	}
	for (uint32 i = 0; i < count; i++)
	{
		tv_json_put_object(writer, count == 1 ? "temporalGeometry" : NULL, moving, lengthof(moving));
		tv_json_put_string(writer, "type", "MovingPoint");
		put_times(writer, "datetimes", &lines[i]);
		put_coordinates(writer, "coordinates", &lines[i]);
		tv_json_put_string(writer, "interpolation", lines[i].count == 1 ? "Discrete" : "Linear");
	}
}

Jsonb *
tv_lines_write(const TvLines *lines, int64 vehicle_id, TvLineFormat format)
{
	TvJsonWriter writer;
	uint32		count;
	Line	   *chosen = choose(lines, format == TV_LINE_MFJSON ? 1 : 2, &count);

	if (count == 0)
		return NULL;
	tv_json_begin(&writer, 256 + (Size) lines->point_count * BYTES_A_POINT);
	switch (format)
	{
		case TV_LINE_GEOJSON:
			write_geojson(&writer, chosen, count, vehicle_id);
			break;
		case TV_LINE_KEPLER:
			write_kepler(&writer, chosen, count, vehicle_id);
			break;
		case TV_LINE_MFJSON:
			write_mfjson(&writer, chosen, count, vehicle_id);
			break;
	}
	return tv_json_end(&writer);
}
