/*
 * shape.c: areas between PostGIS, GeoJSON and the kernel; see shape.h.
 *
 * PostGIS's binary form is extended well-known binary, in the machine's own byte order.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

#include "bridge/geo/polyline.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/json.h"
#include "bridge/zone/shape.h"

#define EWKB_POLYGON 3
#define EWKB_MULTIPOLYGON 6

/* An area that grows, in the current context. */
typedef struct Growing
{
	TvmArea		area;
	uint32		vertex_capacity;
	uint32		ring_capacity;
} Growing;

static void
add_vertices(Growing *growing, const void *vertices, uint32 count)
{
	TvmArea    *area = &growing->area;

	while (area->vertex_count + count > growing->vertex_capacity)
		area->vertices = tv_grow(CurrentMemoryContext, area->vertices, sizeof(TvmVertex), &growing->vertex_capacity);
	if (count > 0)
		memcpy(area->vertices + area->vertex_count, vertices, count * sizeof(TvmVertex));
	area->vertex_count += count;
}

static void
end_ring(Growing *growing, uint32 polygon)
{
	TvmArea    *area = &growing->area;

	if (area->ring_count == growing->ring_capacity)
	{
		uint32		capacity = growing->ring_capacity;

		area->ends = tv_grow(CurrentMemoryContext, area->ends, sizeof(uint32), &capacity);
		area->polygons = tv_grow(CurrentMemoryContext, area->polygons, sizeof(uint32), &growing->ring_capacity);
	}
	area->ends[area->ring_count] = area->vertex_count;
	area->polygons[area->ring_count++] = polygon;
}

/* PostGIS ---------------------------------------------------------------------- */

typedef struct Reader
{
	const char *data;
	const char *end;
	const char *path;
} Reader;

static void
fail(const Reader *reader)
{
	tv_report_invalid(reader->path, "not a polygon of two dimensions",
					  "It is a POLYGON or a MULTIPOLYGON with SRID 4326.", NULL);
}

static uint32
read_number(Reader *reader)
{
	uint32		number;

	if (reader->end - reader->data < (ptrdiff_t) sizeof(number))
		fail(reader);
	memcpy(&number, reader->data, sizeof(number));
	reader->data += sizeof(number);
	return number;
}

/* The type of the geometry that begins here, without its SRID. */
static uint32
read_head(Reader *reader)
{
	uint32		type;

	if (reader->data == reader->end || *reader->data != TV_EWKB_BYTE_ORDER)
		fail(reader);
	reader->data++;
	type = read_number(reader);
	if ((type & TV_EWKB_SRID) != 0 && read_number(reader) != TV_SRID_WGS84)
		fail(reader);
	return type & ~TV_EWKB_SRID;
}

static void
read_polygon(Reader *reader, Growing *growing, uint32 polygon)
{
	uint32		rings = read_number(reader);

	for (uint32 i = 0; i < rings; i++)
	{
		uint32		count = read_number(reader);

		if (reader->end - reader->data < (ptrdiff_t) (count * sizeof(TvmVertex)))
			fail(reader);
		add_vertices(growing, reader->data, count);
		reader->data += count * sizeof(TvmVertex);
		end_ring(growing, polygon);
	}
}

TvmArea
tv_shape_read(TvEnv *env, const bytea *binary, const char *path)
{
	MemoryContext old = MemoryContextSwitchTo(env->context);
	Reader		reader = {.data = VARDATA_ANY(binary), .end = VARDATA_ANY(binary) + VARSIZE_ANY_EXHDR(binary), .path = path};
	Growing		growing = {0};
	uint32		type = read_head(&reader);

	if (type == EWKB_POLYGON)
		read_polygon(&reader, &growing, 0);
	else if (type == EWKB_MULTIPOLYGON)
	{
		uint32		count = read_number(&reader);
		uint32		polygon = 0;

		for (uint32 i = 0; i < count; i++)
		{
			uint32		rings = growing.area.ring_count;

			tv_interrupts_at(i);
			if (read_head(&reader) != EWKB_POLYGON)
				fail(&reader);
			read_polygon(&reader, &growing, polygon);
			if (growing.area.ring_count > rings)
				polygon++;		/* an empty one is none */
		}
	}
	else
		fail(&reader);
	MemoryContextSwitchTo(old);
	return growing.area;
}

static void
append(StringInfo binary, uint32 number)
{
	appendBinaryStringInfo(binary, (const char *) &number, sizeof(number));
}

Datum
tv_shape_make(Oid geometry, const TvmArea *area)
{
	StringInfoData binary;
	Oid			receive;
	Oid			parameter;
	Datum		made;

	initStringInfo(&binary);
	appendStringInfoCharMacro(&binary, TV_EWKB_BYTE_ORDER);
	append(&binary, EWKB_MULTIPOLYGON | TV_EWKB_SRID);
	append(&binary, TV_SRID_WGS84);
	append(&binary, tvm_area_polygons(area));
	for (uint32 i = 0; i < area->ring_count; i++)
	{
		uint32		begin = tvm_ring_begin(area, i);

		tv_interrupts_at(i);
		if (i == 0 || area->polygons[i] != area->polygons[i - 1])
		{
			uint32		rings = 1;

			while (i + rings < area->ring_count && area->polygons[i + rings] == area->polygons[i])
				rings++;
			appendStringInfoCharMacro(&binary, TV_EWKB_BYTE_ORDER);
			append(&binary, EWKB_POLYGON);
			append(&binary, rings);
		}
		append(&binary, area->ends[i] - begin);
		appendBinaryStringInfo(&binary, (const char *) (area->vertices + begin), (area->ends[i] - begin) * sizeof(TvmVertex));
	}
	getTypeBinaryInputInfo(geometry, &receive, &parameter);
	made = OidReceiveFunctionCall(receive, &binary, parameter, -1);
	pfree(binary.data);
	return made;
}

/* GeoJSON ---------------------------------------------------------------------- */

static void
read_position(const JsonbValue *value, const TvPath *path, Growing *growing)
{
	TvJsonScan	scan;
	JsonbValue	number;
	TvmVertex	vertex = {0};

	tv_json_scan(&scan, tv_json_array(value, path));
	if (scan.count != 2)
		tv_json_fail(path, "not a position of two dimensions", "A position is [longitude, latitude].", "It has %u numbers.", scan.count);
	while (tv_json_next(&scan, &number))
	{
		TvPath		at = TV_PATH_INDEX(path, scan.index);
		double		degrees = tv_json_number(&number, &at);

		if (scan.index == 0)
			vertex.lon = degrees;
		else
			vertex.lat = degrees;
	}
	if (growing->area.vertex_count == TVM_AREA_MAX)
		tv_json_fail(path, "too many positions", "Draw it more coarsely, or as several zones.", "At most %d are taken.", TVM_AREA_MAX);
	add_vertices(growing, &vertex, 1);
}

static void
read_rings(const JsonbValue *value, const TvPath *path, Growing *growing, uint32 polygon)
{
	TvJsonScan	rings;
	JsonbValue	ring;

	tv_json_scan(&rings, tv_json_array(value, path));
	if (rings.count == 0)
		tv_json_fail(path, "polygon without rings", NULL, NULL);
	while (tv_json_next(&rings, &ring))
	{
		TvPath		ring_path = TV_PATH_INDEX(path, rings.index);
		TvJsonScan	positions;
		JsonbValue	position;

		tv_json_scan(&positions, tv_json_array(&ring, &ring_path));
		while (tv_json_next(&positions, &position))
		{
			TvPath		position_path = TV_PATH_INDEX(&ring_path, positions.index);

			tv_interrupts_at(positions.index);
			read_position(&position, &position_path, growing);
		}
		end_ring(growing, polygon);
	}
}

/* The value of a member, or none; other members are the client's. */
static bool
find_member(JsonbContainer *object, const char *name, JsonbValue *value)
{
	JsonbValue *found = getKeyJsonValueFromContainer(object, name, strlen(name), value);

	return found != NULL && found->type != jbvNull;
}

/* RFC 7946 has none but this one; older files name others. */
static void
check_system(JsonbContainer *object, const TvPath *path)
{
	JsonbValue	value;
	TvPath		crs_path = TV_PATH_KEY(path, "crs");
	char	   *text;

	if (!find_member(object, "crs", &value))
		return;
	text = value.type == jbvBinary ? JsonbToCString(NULL, value.val.binary.data, value.val.binary.len) : "";
	if (strstr(text, "CRS84") == NULL && strstr(text, "4326") == NULL)
		tv_json_fail(&crs_path, "another system of coordinates", "Positions are longitude and latitude, WGS 84.", NULL);
}

static char *
read_type(JsonbContainer *object, const TvPath *path)
{
	JsonbValue	value;
	TvPath		type_path = TV_PATH_KEY(path, "type");

	if (!find_member(object, "type", &value))
		tv_json_fail(&type_path, "missing", "It is Polygon or MultiPolygon.", NULL);
	return tv_json_string(&value, &type_path);
}

/* Where in a document coordinates are, and of what. */
typedef struct Found
{
	TvPath		root;
	TvPath		geometry;
	TvPath		coordinates;
	JsonbValue	value;
	bool		multi;
} Found;

static void
find_coordinates(Jsonb *document, const char *name, Found *found)
{
	TvPath		type_path;
	JsonbContainer *object;
	char	   *type;

	found->root = TV_PATH_KEY(NULL, name);
	found->geometry = TV_PATH_KEY(&found->root, "geometry");
	found->coordinates = TV_PATH_KEY(&found->root, "coordinates");
	type_path = TV_PATH_KEY(&found->root, "type");
	tv_json_root(document, &found->value);
	object = tv_json_object(&found->value, &found->root);
	check_system(object, &found->root);
	type = read_type(object, &found->root);
	if (strcmp(type, "Feature") == 0)
	{
		if (!find_member(object, "geometry", &found->value))
			tv_json_fail(&found->geometry, "missing", NULL, NULL);
		object = tv_json_object(&found->value, &found->geometry);
		check_system(object, &found->geometry);
		type = read_type(object, &found->geometry);
		type_path.parent = found->coordinates.parent = &found->geometry;
	}
	found->multi = strcmp(type, "MultiPolygon") == 0;
	if (!found->multi && strcmp(type, "Polygon") != 0)
		tv_json_fail(&type_path, "not an area", "It is Polygon or MultiPolygon.", "It is \"%s\".", type);
	if (!find_member(object, "coordinates", &found->value))
		tv_json_fail(&found->coordinates, "missing", NULL, NULL);
}

static void
check(TvEnv *env, const TvmArea *area, const Found *found)
{
	TvmOutline	outline;
	TvmStatus	status = tvm_outline_make(&env->tvm, area, &outline);
	char	   *path = env->tvm.error.path;

	if (status == TVM_INVALID)
	{
		/* The kernel knows polygons alone. */
		if (!found->multi && strncmp(path, "[0]", 3) == 0)
			memmove(path, path + 3, strlen(path + 3) + 1);
		tvm_fail_path(&env->tvm, "%s", tv_path_text(&found->coordinates));
	}
	tv_check(env, status);
	tvm_outline_free(&env->tvm, &outline);
}

TvmArea
tv_shape_read_json(TvEnv *env, Jsonb *document, const char *name)
{
	MemoryContext old = MemoryContextSwitchTo(env->context);
	Found		found;
	Growing		growing = {0};

	find_coordinates(document, name, &found);
	if (found.multi)
	{
		TvJsonScan	polygons;
		JsonbValue	polygon;

		tv_json_scan(&polygons, tv_json_array(&found.value, &found.coordinates));
		while (tv_json_next(&polygons, &polygon))
		{
			TvPath		polygon_path = TV_PATH_INDEX(&found.coordinates, polygons.index);

			tv_interrupts_at(polygons.index);
			read_rings(&polygon, &polygon_path, &growing, (uint32) polygons.index);
		}
	}
	else
		read_rings(&found.value, &found.coordinates, &growing, 0);
	check(env, &growing.area, &found);
	MemoryContextSwitchTo(old);
	return growing.area;
}
