/*
 * postgis.c: queries that call PostGIS; see postgis.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "bridge/geo/postgis.h"
#include "bridge/server/scan.h"

const TvMap tv_maps[TV_MAPS] = {
	{"s.geom", "s.geom IS NOT NULL", -180, 180},
	{"$.st_shiftlongitude(s.geom)", TV_OVER_MERIDIAN, 0, 360}
};

Oid
tv_postgis_geometry(void)
{
	Oid			table = get_relname_relid("zones", get_namespace_oid("timevmaps", false));
	Oid			type = OidIsValid(table) ? get_atttype(table, get_attnum(table, "geom")) : InvalidOid;

	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a table of timevmaps is missing in this database"),
				 errdetail("There is no column timevmaps.zones.geom.")));
	return type;
}

const char *
tv_postgis_schema(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid			schema;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	schema = ((Form_pg_type) GETSTRUCT(tuple))->typnamespace;
	ReleaseSysCache(tuple);
	return pstrdup(quote_identifier(get_namespace_name(schema)));
}

const char *
tv_postgis_query(const char *schema, const char *text)
{
	StringInfoData query;

	initStringInfo(&query);
	for (; *text != '\0'; text++)
		if (text[0] == '$' && text[1] == '.')
			appendStringInfoString(&query, schema);
		else
			appendStringInfoChar(&query, *text);
	return tv_scan_text(query.data);
}
