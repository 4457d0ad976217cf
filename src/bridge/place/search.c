/*
 * search.c: what is called like what somebody has typed; see search.h.
 *
 * First those that are called so or begin so, by an index of names; then, if these are too few, those that are alike, by an index of
 * trigrams.  Each question is bounded: where more names begin with something than LOOKED_AT, the important ones come
 * into question, and of names that are alike the first ALIKE.  So the longest text and the commonest letters take their bounded time.
 *
 * Names are read as tv_owner, for under policies no index of trigrams serves; of what they say nothing is told but of rows that
 * the caller then reads himself (see.c).
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "bridge/access/owner.h"
#include "bridge/network/chain.h"
#include "bridge/place/fold.h"
#include "bridge/place/names.h"
#include "bridge/place/search.h"
#include "bridge/place/see.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/scan.h"
#include "kernel/graph/sphere.h"
#include "kernel/names/near.h"

#define SHORT 3					/* fewer letters are the begin of a name, or nothing */
#define LOOKED_AT 2000			/* names that begin so */
#define IMPORTANT 50000			/* names of a world, by importance, among which begins are looked for if there are more */
#define ALIKE 5000				/* names that are alike */
#define BATCH 64				/* things that are read as the caller at once */
#define MOST_FORMS 6

/* What pg_trgm is asked for; below ALIKE_ENOUGH only what a few edits make of it is taken. */
#define ALIKE_LEAST "0.3"
#define ALIKE_ENOUGH 0.4

typedef struct Form
{
	char	   *folded;
	Size		length;
} Form;

typedef struct Search
{
	const TvSearch *asked;
	TvFoundList *list;
	TvIds		chain;
	TvmWorldRules rules;
	int			form_count;
	Form		forms[MOST_FORMS];	/* as it is compared, with umlauts as two letters, and each with numbers apart from letters, and joined */
	const Form *form;			/* the one at work */
	bool		alike;			/* names come whose trigrams are alike, at least by ALIKE_LEAST */
	FmgrInfo	similarity;		/* pg_trgm's word_similarity() */
	Datum		typed;			/* what it is asked with */
	uint32		rows;
	uint32		taken;
} Search;

/* kind, ref_id, lang, name, folded, importance, lon, lat, reach */
#define COLUMNS \
	"SELECT n.kind, n.ref_id, n.lang, n.name, n.folded, n.importance, n.lon, n.lat, n.reach"
#define ON_TIMELINE \
	" AND (n.timeline_id IS NULL OR n.timeline_id OPERATOR(pg_catalog.=) ANY ($2))"

static TvNameMatch
match(const Form *typed, const char *name, Size length, bool alike, double *score, bool *doubtful)
{
	TvmNear		near;

	*score = 1;
	*doubtful = false;
	if (length == typed->length && memcmp(name, typed->folded, length) == 0)
		return TV_MATCH_EQUAL;
	if (!tvm_numbers_agree(typed->folded, typed->length, name, length))
		return TV_MATCH_NONE;
	if (strncmp(name, typed->folded, typed->length) == 0)
		return TV_MATCH_PREFIX;
	if (typed->length < SHORT)
		return TV_MATCH_NONE;
	for (const char *blank = strchr(name, ' '); blank != NULL; blank = strchr(blank + 1, ' '))
		if (strncmp(blank + 1, typed->folded, typed->length) == 0)
			return TV_MATCH_WORD;
	if (!alike)
		return TV_MATCH_NONE;
	near = tvm_near(typed->folded, typed->length, name, length);
	*score = near.score;
	*doubtful = near.part > (typed->length < 5 ? 1 : 2);
	return TV_MATCH_SIMILAR;
}

/* How alike trigrams are costs several times what the score does, so it is asked of those alone that come first by that. */
static bool
is_alike_enough(void *target, TvFound *found)
{
	Search	   *search = target;
	Datum		name = CStringGetTextDatum(found->folded);
	float4		similarity = DatumGetFloat4(FunctionCall2Coll(&search->similarity, DEFAULT_COLLATION_OID, search->typed, name));

	pfree(DatumGetPointer(name));
	return similarity >= (float4) ALIKE_ENOUGH;
}

/* No nearer than this, in radians: a course is somewhere around its middle. */
static double
bound(const Search *search, const TvFound *found)
{
	double		away;

	if (!search->asked->has_near || isnan(found->lon))
		return 0;
	away = tvm_sphere_angle(search->asked->near.lat, search->asked->near.lon, found->lat, found->lon);
	return Max(away - found->reach * (M_PI / 180), 0);
}

static bool
receive_name(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Search	   *search = target;
	char	   *folded = TextDatumGetCString(values[4]);
	char		kind = *VARDATA_ANY(DatumGetTextPP(values[0]));
	MemoryContext caller;
	TvFound		found = {
		.kind = kind == 'p' ? TV_NAME_PLACE : kind == 's' ? TV_NAME_SEGMENT : TV_NAME_ZONE,
		.ref_id = DatumGetInt64(values[1]),
		.importance = DatumGetFloat4(values[5]),
		.lon = nulls[6] ? NAN : DatumGetFloat8(values[6]),
		.lat = nulls[7] ? NAN : DatumGetFloat8(values[7]),
		.reach = nulls[8] ? INFINITY : DatumGetFloat4(values[8])
	};

	search->rows++;
	found.match = match(search->form, folded, strlen(folded), search->alike, &found.score, &found.doubtful);
	if (found.match != TV_MATCH_NONE)
	{
		found.away = bound(search, &found);
		caller = MemoryContextSwitchTo(search->list->env->context);
		found.folded = pstrdup(folded);
		found.name = TextDatumGetCString(values[3]);
		found.lang = nulls[2] ? NULL : TextDatumGetCString(values[2]);
		MemoryContextSwitchTo(caller);
		tv_found_add(search->list, &found);
		search->taken++;
	}
	pfree(folded);
	return true;
}

static bool
receive_important(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Search	   *search = target;

	(void) receive_name(target, columns, values, nulls);
	return search->taken < 2 * TV_SEARCH_MOST && search->rows < IMPORTANT;
}

static void
receive_all(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	(void) receive_name(target, columns, values, nulls);
}

static TvArg
text_arg(const char *text, Size length)
{
	return (TvArg) {.type = TEXTOID, .value = PointerGetDatum(cstring_to_text_with_len(text, length))};
}

/* Equal ones, and those that begin so. */
static void
find_begins(Search *search)
{
	const Form *form = search->form;
	char	   *end = psprintf("%s{", form->folded);
	TvArg		args[4] = {
		tv_arg_bigint(search->asked->world_id),
		tv_arg_bigints(search->chain.ids, search->chain.count),
		text_arg(form->folded, form->length),
		text_arg(end, form->length + 1)
	};

	search->rows = search->taken = 0;
	tv_scan(COLUMNS " FROM timevmaps.names n WHERE n.world_id OPERATOR(pg_catalog.+) 0 OPERATOR(pg_catalog.=) $1"
			" AND n.folded OPERATOR(pg_catalog.>=) $3 AND n.folded OPERATOR(pg_catalog.<) $4" ON_TIMELINE
			" ORDER BY n.folded LIMIT " CppAsString2(LOOKED_AT), 4, args, receive_all, search);
	if (search->rows < LOOKED_AT)
		return;
	search->rows = search->taken = 0;
	tv_scan_nearest(COLUMNS " FROM timevmaps.names n WHERE n.world_id OPERATOR(pg_catalog.+) 0 OPERATOR(pg_catalog.=) $1" ON_TIMELINE
					" ORDER BY n.world_id OPERATOR(pg_catalog.+) 0, n.importance DESC", 2, args, receive_important, search);
}

/* The schema that somebody has put pg_trgm in. */
static char *
schema_of_trigrams(void)
{
	Relation	extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			schema = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("pg_trgm"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the extension pg_trgm is missing in this database")));
	return get_namespace_name(schema);
}

/* It is asked later, too, when no more names are read. */
static void
ask_similarity(Search *search, char *schema, Datum typed)
{
	const Oid	types[] = {TEXTOID, TEXTOID};
	List	   *name = list_make2(makeString(schema), makeString("word_similarity"));
	MemoryContext context = search->list->env->context;

	fmgr_info_cxt(LookupFuncName(name, lengthof(types), types, false), &search->similarity, context);
	search->typed = typed;
	search->list->check = is_alike_enough;
	search->list->check_target = search;
}

static void
find_alike(Search *search)
{
	char	   *schema_name = schema_of_trigrams();
	const char *schema = quote_identifier(schema_name);
	TvArg		args[3] = {
		tv_arg_bigint(search->asked->world_id),
		tv_arg_bigints(search->chain.ids, search->chain.count),
		text_arg(search->form->folded, Min(search->form->length, TVM_NEAR_TYPED))
	};

	search->rows = search->taken = 0;
	(void) set_config_option("pg_trgm.word_similarity_threshold", ALIKE_LEAST, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	ask_similarity(search, schema_name, args[2].value);
	search->alike = true;
	tv_scan(tv_scan_text(psprintf(COLUMNS " FROM timevmaps.names n WHERE n.world_id OPERATOR(pg_catalog.=) $1"
								  " AND n.folded OPERATOR(%s.%%>) $3" ON_TIMELINE " LIMIT " CppAsString2(ALIKE), schema)),
			3, args, receive_all, search);
	search->alike = false;
	if (search->rows < ALIKE)
		return;
	/* Those of which a word begins so may be among the others. */
	args[2] = text_arg(psprintf("%% %s%%", search->form->folded), search->form->length + 3);
	search->rows = search->taken = 0;
	tv_scan(COLUMNS " FROM timevmaps.names n WHERE n.world_id OPERATOR(pg_catalog.=) $1 AND n.folded OPERATOR(pg_catalog.~~) $3" ON_TIMELINE
			" LIMIT " CppAsString2(LOOKED_AT), 3, args, receive_all, search);
}

/* The statistics of names that have just come, and the planner's idea of worlds, are no guides. */
static void
ask(Search *search, void (*find) (Search *search))
{
	TvOwner		owner;

	tv_owner_enter(&owner);
	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	for (int i = 0; i < search->form_count; i++)
	{
		search->form = &search->forms[i];
		find(search);
	}
	tv_owner_leave(&owner);
	tv_found_once(search->list);
}

/*
 * Those that come first, of which each segment's name is there once; those that have not been seen are added to `batch`.
 * With a point, any of a name's segments may be the nearest.
 */
static uint32
choose(Search *search, TvFound **chosen, TvFound **batch, uint32 *batch_count)
{
	TvFoundList *list = search->list;
	uint32		count = 0;

	*batch_count = 0;
	for (uint32 i = 0; i < list->count && count < search->asked->most && *batch_count < BATCH; i++)
	{
		TvFound    *found = &list->found[i];
		const TvFound *same = NULL;

		if (found->gone)
			continue;
		found->gone = !tv_found_stands(list, found);
		if (found->gone)
			continue;
		for (uint32 j = 0; j < count && same == NULL && found->kind == TV_NAME_SEGMENT; j++)
			if (chosen[j]->kind == TV_NAME_SEGMENT && strcmp(chosen[j]->folded, found->folded) == 0)
				same = chosen[j];
		if (same == NULL)
			chosen[count++] = found;
		if (!found->seen && (same == NULL || (!same->seen && search->asked->has_near)))
			batch[(*batch_count)++] = found;
	}
	return count;
}

/* What was found is what the caller sees of it, as many as wanted. */
static uint32
see(Search *search, TvFound **chosen)
{
	TvFound    *batch[BATCH];
	uint32		batch_count;
	uint32		count;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		count = choose(search, chosen, batch, &batch_count);
		if (batch_count == 0)
			return count;
		tv_found_see(batch, batch_count, search->asked->world_id, &search->chain, search->asked->has_near ? &search->asked->near : NULL);
		tv_found_sort(search->list);
	}
}

static void
add_alike(Search *search)
{
	int			forms = search->form_count;

	if (search->forms[0].length < SHORT)
		return;
	search->form_count = 1;
	ask(search, find_alike);
	search->form_count = forms;
}

static void
add_form(Search *search, char *folded, Size length)
{
	if (length == 0 || length > TV_FOLDED_BYTES)
		return;
	for (int i = 0; i < search->form_count; i++)
		if (strcmp(search->forms[i].folded, folded) == 0)
			return;
	search->forms[search->form_count++] = (Form) {.folded = folded, .length = length};
}

/* Where letters and digits meet, with a blank between them, or with none: some write E 6, and others E6. */
static void
add_met(Search *search, Form form, bool apart)
{
	char	   *met = palloc(2 * form.length + 1);
	Size		length = 0;

	for (Size i = 0; i < form.length; i++)
	{
		char		before = length > 0 ? met[length - 1] : ' ';
		char		next = form.folded[i] == ' ' ? form.folded[i + 1] : form.folded[i];
		bool		meet = before != ' ' && next != ' ' && isdigit((unsigned char) before) != isdigit((unsigned char) next);

		if (meet && apart && form.folded[i] != ' ')
			met[length++] = ' ';
		if (!meet || apart || form.folded[i] != ' ')
			met[length++] = form.folded[i];
	}
	met[length] = '\0';
	add_form(search, met, length);
}

static void
fold(Search *search)
{
	int			folded;

	for (int spelled = 0; spelled < 2; spelled++)
	{
		Size		length;
		char	   *form = tv_name_fold(search->asked->typed, search->asked->typed_length, spelled == 1, TV_FOLDED_BYTES, &length);

		add_form(search, form, length);
	}
	folded = search->form_count;
	for (int i = 0; i < folded; i++)
	{
		add_met(search, search->forms[i], true);
		add_met(search, search->forms[i], false);
	}
}

void
tv_search_find(TvEnv *env, const TvSearch *asked, TvFoundList *list, double *radius_m)
{
	Search		search = {.asked = asked, .list = list, .chain = {.context = env->context}};
	TvFound    *chosen[TV_SEARCH_MOST];
	TvFound		kept[TV_SEARCH_MOST];
	uint32		count;
	uint32		begins;

	list->env = env;
	tv_chain_find(env, asked->world_id, asked->timeline_id, &search.rules, NULL, &search.chain);
	*radius_m = search.rules.radius_m;
	fold(&search);
	if (search.form_count == 0)
		return;
	ask(&search, find_begins);
	begins = list->count;
	if (begins < asked->most)
		add_alike(&search);
	count = see(&search, chosen);
	if (count < asked->most && begins >= asked->most)
	{
		/* Too many were gone, or segments of one name.  What was seen is found again, and seen again. */
		list->count = 0;
		ask(&search, find_begins);
		add_alike(&search);
		count = see(&search, chosen);
	}
	for (uint32 i = 0; i < count; i++)
	{
		kept[i] = *chosen[i];
		/* Of the others it decides nothing. */
		if (kept[i].match != TV_MATCH_EQUAL)
			kept[i].score = tvm_near(search.forms[0].folded, search.forms[0].length, kept[i].folded, strlen(kept[i].folded)).score;
	}
	memcpy(list->found, kept, sizeof(TvFound) * count);
	list->count = count;
}
