/*
 * policies.c: who may be answered from what holds every row; see policies.h.
 *
 * What the catalogs say is remembered until any relation changes; what depends on the
 * current user is asked each time.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

#include "bridge/access/policies.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"
#include "bridge/server/search_path.h"

#define OUR_POLICIES 2			/* a table, of those that bind who reads it: _read and _admin; who inserts: _insert and _admin */

/* A table and what the policies of reading and of inserting that tv_init() makes for it say, word for word. */
typedef struct Table
{
	const char *name;
	const char *read;			/* NULL: whatever it says */
	const char *insert;			/* or NULL: nobody asks */
} Table;

#define BY_WORLD "timevmaps_internal.tv_sees(world_id)"

static const Table tables[] = {
	{"places", BY_WORLD},
	{"segments", BY_WORLD},
	{"segment_overrides", BY_WORLD},
	{"turns", BY_WORLD},
	{"gateways", "(timevmaps_internal.tv_sees(from_world_id) AND timevmaps_internal.tv_sees(to_world_id))"},
	{"positions", BY_WORLD, "timevmaps_internal.tv_reports(world_id, timeline_id)"},
	{"layers", BY_WORLD},
	{"zones", BY_WORLD},
	{"zone_owners", BY_WORLD},
	{"worlds", NULL},
	{"world_members", NULL}
};

/* Tables that are asked about together. */
typedef struct TableGroup
{
	int			first;
	int			end;
} TableGroup;

static const TableGroup network = {.first = 0, .end = 4};
static const TableGroup gateways = {.first = 4, .end = 5};
static const TableGroup positions = {.first = 5, .end = 6};
static const TableGroup zones = {.first = 6, .end = 9};
static const TableGroup editors = {.first = 9, .end = 11};

/* What pg_policy said last of each table. */
static bool policies_known = false;
static bool policies_are_ours[lengthof(tables)];
static bool insert_policies_are_ours[lengthof(tables)];

/* A change to any relation makes doubtful what policies say, for they name others. */
static void
forget(Datum arg, Oid relation)
{
	policies_known = false;
}

static void
register_forgetting(void)
{
	static bool registered = false;

	if (!registered)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	registered = true;
}

static Oid
find_table(int i)
{
	return get_relname_relid(tables[i].name, get_namespace_oid("timevmaps", false));
}

/* Policies ------------------------------------------------------------------ */

typedef struct Found
{
	int			ours[lengthof(tables)];
	int			others[lengthof(tables)];
	int			our_inserts[lengthof(tables)];
	int			other_inserts[lengthof(tables)];
} Found;

static bool
is_ours(const Table *table, const char *name, char command, const char *roles, const char *qualifier)
{
	Size		length = strlen(table->name);

	if (strncmp(name, table->name, length) != 0)
		return false;
	name += length;
	if (strcmp(name, "_read") == 0)
		return command == 'r' && strcmp(roles, "tv_player") == 0 && (table->read == NULL || strcmp(qualifier, table->read) == 0);
	if (strcmp(name, "_insert") == 0)
		return command == 'a' && table->insert != NULL && strcmp(roles, "tv_analyst") == 0 && strcmp(qualifier, table->insert) == 0;
	return strcmp(name, "_admin") == 0 && command == '*' && strcmp(roles, "tv_admin") == 0 &&
		strcmp(qualifier, "true") == 0;
}

static void
receive_policy(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Found	   *found = target;
	const char *table = NameStr(*DatumGetName(values[0]));

	for (int i = 0; i < lengthof(tables); i++)
		if (strcmp(table, tables[i].name) == 0)
		{
			char		command = DatumGetChar(values[3]);
			bool		ours = DatumGetBool(values[2]) && !nulls[5] &&
				is_ours(&tables[i], NameStr(*DatumGetName(values[1])), command, TextDatumGetCString(values[4]), TextDatumGetCString(values[5]));

			if (command != 'a')
				ours ? found->ours[i]++ : found->others[i]++;
			if (command != 'r')
				ours ? found->our_inserts[i]++ : found->other_inserts[i]++;
		}
}

static void
read_policies(void)
{
	Found		found = {{0}};
	int			level = NewGUCNestLevel();

	register_forgetting();
	memset(policies_are_ours, 0, sizeof(policies_are_ours));
	policies_known = true;		/* before the query, during which it may be made doubtful again */
	/* Whatever the caller's search path, expressions are to read the same. */
	tv_pin_search_path();
	tv_scan("SELECT c.relname, p.polname, p.polpermissive, p.polcmd,"
			" pg_catalog.array_to_string(ARRAY(SELECT r::pg_catalog.regrole::pg_catalog.text FROM pg_catalog.unnest(p.polroles) r), ','),"
			" pg_catalog.pg_get_expr(CASE p.polcmd WHEN 'a' THEN p.polwithcheck ELSE p.polqual END, p.polrelid)"
			" FROM pg_catalog.pg_policy p"
			" JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.polrelid"
			" JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
			" WHERE n.nspname OPERATOR(pg_catalog.=) 'timevmaps' AND p.polcmd OPERATOR(pg_catalog.=) ANY ('{r,a,*}')",
			0, NULL, receive_policy, &found);
	AtEOXact_GUC(true, level);
	for (int i = 0; i < lengthof(tables); i++)
	{
		policies_are_ours[i] = found.ours[i] == OUR_POLICIES && found.others[i] == 0;
		insert_policies_are_ours[i] = found.our_inserts[i] == OUR_POLICIES && found.other_inserts[i] == 0;
	}
}

static bool
is_member(const char *role)
{
	Oid			oid = get_role_oid(role, true);

	return OidIsValid(oid) && has_privs_of_role(GetUserId(), oid);
}

static bool
is_allowed(const TableGroup *group)
{
	bool		bound = false;

	for (int i = group->first; i < group->end; i++)
	{
		Oid			table = find_table(i);

		/* Who may not read a table gets its error from reading it. */
		if (!OidIsValid(table) || pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
		bound |= check_enable_rls(table, InvalidOid, true) == RLS_ENABLED;
	}
	if (!bound)
		return true;
	if (!policies_known)
		read_policies();
	for (int i = group->first; i < group->end; i++)
		if (!policies_are_ours[i])
			return false;
	/* To others none of our policies shows anything. */
	return is_member("tv_player") || is_member("tv_admin");
}

bool
tv_prepared_allowed(void)
{
	return is_allowed(&network);
}

bool
tv_gateways_allowed(void)
{
	return is_allowed(&gateways);
}

bool
tv_positions_allowed(void)
{
	return is_allowed(&positions);
}

bool
tv_editors_known(void)
{
	if (!policies_known)
		read_policies();
	return policies_are_ours[editors.first] && policies_are_ours[editors.first + 1];
}

bool
tv_reports_allowed(bool *bound)
{
	const int	i = positions.first;
	Oid			table = find_table(i);

	*bound = false;
	if (!OidIsValid(table) || !tv_positions_allowed())
		return false;
	if (check_enable_rls(table, InvalidOid, true) != RLS_ENABLED)
		return true;
	if (!policies_known)
		read_policies();
	*bound = !is_member("tv_admin");
	return insert_policies_are_ours[i] && (!*bound || is_member("tv_analyst"));
}

bool
tv_zones_allowed(void)
{
	return is_allowed(&zones);
}
