/*
 * found.c: names that come into question, and their order; see found.h.
 */
#include "postgres.h"

#include "bridge/place/found.h"

const char *
tv_name_kind(TvNameKind kind)
{
	switch (kind)
	{
		case TV_NAME_PLACE:
			return "place";
		case TV_NAME_SEGMENT:
			return "segment";
		case TV_NAME_ZONE:
			return "zone";
	}
	return NULL;
}

const char *
tv_name_match(TvNameMatch match)
{
	switch (match)
	{
		case TV_MATCH_EQUAL:
			return "equal";
		case TV_MATCH_PREFIX:
			return "prefix";
		case TV_MATCH_WORD:
			return "word";
		case TV_MATCH_SIMILAR:
			return "similar";
		case TV_MATCH_NONE:
			break;
	}
	return NULL;
}

void
tv_found_add(TvFoundList *list, const TvFound *found)
{
	if (list->count == list->capacity)
		list->found = tv_grow(list->env->context, list->found, sizeof(TvFound), &list->capacity);
	list->found[list->count++] = *found;
}

static int
compare_doubles(double a, double b)
{
	return (a > b) - (a < b);
}

static int
compare(const void *left, const void *right)
{
	const TvFound *a = left;
	const TvFound *b = right;
	int			order = (int) a->match - (int) b->match;

	if (order == 0 && a->match == TV_MATCH_SIMILAR)
		order = compare_doubles(b->score, a->score);
	if (order == 0)
		order = compare_doubles(b->importance, a->importance);
	if (order == 0)
		order = compare_doubles(a->away, b->away);
	if (order == 0)
		order = (a->ref_id > b->ref_id) - (a->ref_id < b->ref_id);
	if (order == 0)
		order = (int) a->kind - (int) b->kind;
	/* Of names that are alike in all that the first in the alphabet. */
	return order != 0 ? order : strcmp(a->name, b->name);
}

static int
compare_things(const void *left, const void *right)
{
	const TvFound *a = left;
	const TvFound *b = right;

	if (a->kind != b->kind)
		return (int) a->kind - (int) b->kind;
	if (a->ref_id != b->ref_id)
		return a->ref_id < b->ref_id ? -1 : 1;
	return compare(left, right);
}

void
tv_found_sort(TvFoundList *list)
{
	if (list->count > 1)
		qsort(list->found, list->count, sizeof(TvFound), compare);
}

bool
tv_found_stands(const TvFoundList *list, TvFound *found)
{
	if (!found->doubtful)
		return true;
	if (!list->check(list->check_target, found))
		return false;
	found->doubtful = false;
	return true;
}

static bool
is_same_thing(const TvFound *a, const TvFound *b)
{
	return a->kind == b->kind && a->ref_id == b->ref_id;
}

void
tv_found_once(TvFoundList *list)
{
	uint32		kept = 0;

	if (list->count > 1)
		qsort(list->found, list->count, sizeof(TvFound), compare_things);
	for (uint32 i = 0; i < list->count; i++)
	{
		if (kept > 0 && is_same_thing(&list->found[i], &list->found[kept - 1]))
			continue;
		if (i + 1 < list->count && is_same_thing(&list->found[i], &list->found[i + 1]) && !tv_found_stands(list, &list->found[i]))
			continue;
		list->found[kept++] = list->found[i];
	}
	list->count = kept;
	tv_found_sort(list);
}
