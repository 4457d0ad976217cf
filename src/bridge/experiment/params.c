/*
 * params.c: short forms of an experiment's params; see params.h.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "bridge/experiment/kinds.h"
#include "bridge/experiment/params.h"
#include "bridge/server/json.h"
#include "kernel/relativity/clocks.h"

typedef struct ShortForm
{
	const char *key;
	const char *name;			/* what it stands for, or the member it is put into */
	int			set;
	double		factor;			/* 0: the value stays as it is written */
} ShortForm;

/* M is a mass in kg, of which G is known to five digits only; gm is what formulas take. */
static const ShortForm forms[] = {
	{"t", "proper_seconds", TV_SHORT_TIME, 0},
	{"v", "v_mps", TV_SHORT_SPEED, 0},
	{"M", "gm", TV_SHORT_MASS, TVM_G},
	{"qubits", "circuit", TV_SHORT_CIRCUIT, 0},
	{"bits", "circuit", TV_SHORT_CIRCUIT, 0},
	{"gates", "circuit", TV_SHORT_CIRCUIT, 0},
	{"params", "circuit", TV_SHORT_CIRCUIT, 0},
	{"name", "circuit", TV_SHORT_CIRCUIT, 0},
};

static bool
is_key(const JsonbValue *key, const char *name)
{
	return key->val.string.len == strlen(name) && memcmp(key->val.string.val, name, key->val.string.len) == 0;
}

static const ShortForm *
form_of(const JsonbValue *key, int sets)
{
	for (int i = 0; i < lengthof(forms); i++)
		if ((forms[i].set & sets) != 0 && is_key(key, forms[i].key))
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
	if (form->set == TV_SHORT_CIRCUIT)
		return;
	(void) tv_json_number(value, &path);
	if (form->factor != 0)
		scale(value, form->factor, &path);
}

static bool
has_short_form(JsonbContainer *object, int sets)
{
	TvJsonScan	scan;
	JsonbValue	value;

	tv_json_scan(&scan, object);
	while (tv_json_next(&scan, &value))
		if (form_of(&scan.key, sets) != NULL)
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
	TvKind		found;
	int			sets = tv_kind_find(kind, &found) ? tv_kinds[found].short_forms : 0;
	JsonbParseState *long_form = NULL;
	JsonbParseState *circuit = NULL;
	TvJsonScan	scan;
	JsonbValue	value;

	/* A large circuit in its long form is not copied. */
	if (!JB_ROOT_IS_OBJECT(params) || !has_short_form(&params->root, sets))
		return params;
	(void) pushJsonbValue(&long_form, WJB_BEGIN_OBJECT, NULL);
	tv_json_scan(&scan, &params->root);
	while (tv_json_next(&scan, &value))
	{
		const ShortForm *form = form_of(&scan.key, sets);
		JsonbParseState **into = &long_form;

		if (is_absent(&scan.key, &value))
			continue;
		if (form != NULL)
			check_form(form, &params->root, &value);
		if (form != NULL && form->set == TV_SHORT_CIRCUIT)
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
