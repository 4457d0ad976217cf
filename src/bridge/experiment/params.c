/*
 * params.c: short forms of an experiment's params; see params.h.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "bridge/experiment/params.h"
#include "bridge/server/json.h"
#include "kernel/relativity/clocks.h"

typedef enum KindSet
{
	KIND_SR = 1,
	KIND_GR = 2,
	KIND_RELATIVITY = 4,
	KIND_RUN = 8				/* quantum, sweep */
} KindSet;

typedef struct ShortForm
{
	const char *key;
	const char *name;			/* what it stands for, or the member it is put into */
	int			kinds;
	double		factor;			/* 0: the value stays as it is written */
} ShortForm;

/* M is a mass in kg, of which G is known to five digits only; gm is what formulas take. */
static const ShortForm forms[] = {
	{"t", "proper_seconds", KIND_SR | KIND_GR | KIND_RELATIVITY, 0},
	{"v", "v_mps", KIND_SR | KIND_RELATIVITY, 0},
	{"M", "gm", KIND_GR | KIND_RELATIVITY, TVM_G},
	{"qubits", "circuit", KIND_RUN, 0},
	{"bits", "circuit", KIND_RUN, 0},
	{"gates", "circuit", KIND_RUN, 0},
	{"params", "circuit", KIND_RUN, 0},
	{"name", "circuit", KIND_RUN, 0},
};

static int
kind_of(const char *kind)
{
	static const struct
	{
		const char *name;
		int			kind;
	}			kinds[] = {
		{"sr", KIND_SR}, {"gr", KIND_GR}, {"relativity", KIND_RELATIVITY}, {"quantum", KIND_RUN}, {"sweep", KIND_RUN}
	};

	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(kind, kinds[i].name) == 0)
			return kinds[i].kind;
	return 0;
}

static bool
is_key(const JsonbValue *key, const char *name)
{
	return key->val.string.len == strlen(name) && memcmp(key->val.string.val, name, key->val.string.len) == 0;
}

static const ShortForm *
form_of(const JsonbValue *key, int kinds)
{
	for (int i = 0; i < lengthof(forms); i++)
		if ((forms[i].kinds & kinds) != 0 && is_key(key, forms[i].key))
			return &forms[i];
	return NULL;
}

static void
push_key(JsonbParseState **state, const char *name)
{
	JsonbValue	key;

	key.type = jbvString;
	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	(void) pushJsonbValue(state, WJB_KEY, &key);
}

/* The double that the reader would make of it, so that both forms give the same bits. */
static void
scale(JsonbValue *value, double factor, const TvPath *path)
{
	StringInfoData text;

	initStringInfo(&text);
	tv_json_write_number(&text, factor * tv_json_number(value, path));
	value->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text.data),
															 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* Refuse what the reader would name by its long form, and both forms of one thing. */
static void
check_form(const ShortForm *form, JsonbContainer *object, JsonbValue *value)
{
	TvPath		root = {NULL, "params", -1, 0};
	TvPath		path = TV_PATH_KEY(&root, form->key);
	TvJsonScan	scan;
	JsonbValue	other;

	tv_json_scan(&scan, object);
	while (tv_json_next(&scan, &other))
		if (is_key(&scan.key, form->name) && tv_json_present(&other))
			tv_json_fail(&path, "given in two forms", "Give one of them.", "It stands for %s, which is given too.",
						 form->name);
	if (form->kinds == KIND_RUN)
		return;
	(void) tv_json_number(value, &path);
	if (form->factor != 0)
		scale(value, form->factor, &path);
}

static bool
has_short_form(JsonbContainer *object, int kinds)
{
	TvJsonScan	scan;
	JsonbValue	value;

	tv_json_scan(&scan, object);
	while (tv_json_next(&scan, &value))
		if (form_of(&scan.key, kinds) != NULL)
			return true;
	return false;
}

/* Members that are null count as absent, so that none hides what a short form stands for. */
static bool
is_absent(const JsonbValue *key, const JsonbValue *value)
{
	bool		free = key->val.string.len >= 2 && memcmp(key->val.string.val, "x-", 2) == 0;

	return !free && !tv_json_present(value);
}

Jsonb *
tv_experiment_params(const char *kind, Jsonb *params)
{
	int			kinds = kind_of(kind);
	JsonbParseState *long_form = NULL;
	JsonbParseState *circuit = NULL;
	TvJsonScan	scan;
	JsonbValue	value;

	/* A large circuit in its long form is not copied. */
	if (!JB_ROOT_IS_OBJECT(params) || !has_short_form(&params->root, kinds))
		return params;
	(void) pushJsonbValue(&long_form, WJB_BEGIN_OBJECT, NULL);
	tv_json_scan(&scan, &params->root);
	while (tv_json_next(&scan, &value))
	{
		const ShortForm *form = form_of(&scan.key, kinds);
		JsonbParseState **into = &long_form;

		if (is_absent(&scan.key, &value))
			continue;
		if (form != NULL)
			check_form(form, &params->root, &value);
		if (form != NULL && form->kinds == KIND_RUN)
		{
			if (circuit == NULL)
				(void) pushJsonbValue(&circuit, WJB_BEGIN_OBJECT, NULL);
			into = &circuit;
		}
		if (form != NULL && into == &long_form)
			push_key(into, form->name);
		else
			(void) pushJsonbValue(into, WJB_KEY, &scan.key);
		(void) pushJsonbValue(into, WJB_VALUE, &value);
	}
	if (circuit != NULL)
	{
		push_key(&long_form, "circuit");
		(void) pushJsonbValue(&long_form, WJB_VALUE, pushJsonbValue(&circuit, WJB_END_OBJECT, NULL));
	}
	return JsonbValueToJsonb(pushJsonbValue(&long_form, WJB_END_OBJECT, NULL));
}
