/*
 * names.c: what something is called; see names.h.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "bridge/place/fold.h"
#include "bridge/place/names.h"

#define MOST 1e6				/* of an importance */

static const char *const keys[] = {
	"name", "ref", "alt_name", "int_name", "loc_name", "nat_name", "old_name", "reg_name", "short_name", "official_name"
};

/* Such as name:de or name:zh-Hant; what stands after the colon, or NULL. */
static const char *
language_of(const char *key, int length)
{
	if (length < 7 || length > 32 || memcmp(key, "name:", 5) != 0)
		return NULL;
	for (int i = 5; i < length; i++)
	{
		bool		letter = (key[i] >= 'a' && key[i] <= 'z') || (i > 6 && key[i] >= 'A' && key[i] <= 'Z');

		if (!letter && !(i > 6 && (key[i] == '-' || key[i] == '_' || (key[i] >= '0' && key[i] <= '9'))))
			return NULL;
		if (letter && i >= 8 && memchr(key + 5, '-', i - 5) == NULL && memchr(key + 5, '_', i - 5) == NULL)
			return NULL;		/* name:etymology is no language */
	}
	return key + 5;
}

static bool
is_key(const char *key, int length)
{
	for (int i = 0; i < lengthof(keys); i++)
		if (strlen(keys[i]) == (size_t) length && memcmp(keys[i], key, length) == 0)
			return true;
	return language_of(key, length) != NULL;
}

bool
tv_is_named_by(const text *called, Jsonb *props)
{
	JsonbIterator *iterator;
	JsonbValue	value;
	JsonbIteratorToken token;

	if (called != NULL)
		return true;
	if (props == NULL || !JB_ROOT_IS_OBJECT(props))
		return false;
	iterator = JsonbIteratorInit(&props->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_KEY && is_key(value.val.string.val, value.val.string.len))
			return true;
	return false;
}

/* One of them, unless there is one that is compared by the same. */
static void
add(TvName *names, int *count, const char *lang, int lang_length, const char *name, int length)
{
	char	   *folded;

	while (length > 0 && (*name == ' ' || *name == '\t'))
		name++, length--;
	while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\t'))
		length--;
	length = pg_mbcliplen(name, length, TV_NAME_BYTES);
	for (int spelled = 0; spelled < 2; spelled++)
	{
		bool		known = false;

		if (*count == TV_NAMES)
			return;
		folded = tv_name_fold(name, length, spelled == 1, TV_FOLDED_BYTES, NULL);
		for (int i = 0; i < *count && !known; i++)
			known = strcmp(names[i].folded, folded) == 0;
		if (!known && folded[0] != '\0')
			names[(*count)++] = (TvName) {.lang = lang,.lang_length = lang_length,.name = name,.name_length = length,.folded = folded};
		/* ASCII has no umlauts. */
		if (pg_mbstrlen_with_len(name, length) == length && GetDatabaseEncoding() == PG_UTF8)
			return;
	}
}

/* Several, with ; between. */
static void
add_list(TvName *names, int *count, const char *lang, int lang_length, const char *list, int length)
{
	while (length > 0 && *count < TV_NAMES)
	{
		const char *end = memchr(list, ';', length);
		int			part = end != NULL ? (int) (end - list) : length;

		add(names, count, lang, lang_length, list, part);
		part += end != NULL;
		list += part;
		length -= part;
	}
}

int
tv_names_of(const text *called, Jsonb *props, TvName names[TV_NAMES])
{
	JsonbIterator *iterator;
	JsonbValue	key;
	JsonbValue	value;
	int			count = 0;

	if (called != NULL)
		add(names, &count, NULL, 0, VARDATA_ANY(called), VARSIZE_ANY_EXHDR(called));
	if (props == NULL || !JB_ROOT_IS_OBJECT(props))
		return count;
	iterator = JsonbIteratorInit(&props->root);
	(void) JsonbIteratorNext(&iterator, &key, true);
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		const char *lang;

		(void) JsonbIteratorNext(&iterator, &value, true);
		if (value.type != jbvString || !is_key(key.val.string.val, key.val.string.len))
			continue;
		lang = language_of(key.val.string.val, key.val.string.len);
		add_list(names, &count, lang, lang == NULL ? 0 : key.val.string.len - 5, value.val.string.val, value.val.string.len);
	}
	return count;
}

/* A number, or a text that is one; false where there is neither. */
static bool
number_of(Jsonb *props, const char *name, double *number)
{
	JsonbValue	buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(&props->root, name, strlen(name), &buffer);
	char		digits[32];
	char	   *end;

	if (value == NULL)
		return false;
	if (value->type == jbvNumeric)
		*number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	else if (value->type == jbvString && value->val.string.len > 0 && value->val.string.len < sizeof(digits))
	{
		memcpy(digits, value->val.string.val, value->val.string.len);
		digits[value->val.string.len] = '\0';
		*number = strtod(digits, &end);
		if (*end != '\0')
			return false;
	}
	else
		return false;
	return isfinite(*number);
}

float4
tv_name_importance(Jsonb *props)
{
	double		number;

	if (props == NULL || !JB_ROOT_IS_OBJECT(props))
		return 0;
	if (number_of(props, "importance", &number))
		return (float4) Min(Max(number, -MOST), MOST);
	if (number_of(props, "population", &number) && number > 0)
		return (float4) (log10(1 + number) / 10);
	return 0;
}
