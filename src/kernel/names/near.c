/*
 * near.c: how near what somebody has typed is to a name; see near.h.
 *
 * The table of edits is walked letter by letter of the name, for the whole name and, beginning anew for nothing before each word,
 * for its parts: three columns of each are kept.
 */
#include "kernel/names/near.h"

#include <string.h>

#define SPACE (TVM_NEAR_TYPED + 1)

/* The columns of the table for this letter of the name, the one before and the one before that. */
typedef struct Columns
{
	int			columns[3][SPACE];
} Columns;

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* One letter more of the name; `begin` is what it costs to begin after it. */
static void
advance(Columns *table, size_t at, const char *typed, size_t typed_length, char before, char letter, int begin)
{
	int		   *now = table->columns[at % 3];
	const int  *last = table->columns[(at + 2) % 3];
	const int  *earlier = table->columns[(at + 1) % 3];

	now[0] = begin;
	for (size_t i = 1; i <= typed_length; i++)
	{
		int			edits = least(last[i - 1] + (typed[i - 1] != letter), least(now[i - 1], last[i]) + 1);

		if (i > 1 && at > 1 && typed[i - 1] == before && typed[i - 2] == letter)
			edits = least(edits, earlier[i - 2] + 1);
		now[i] = edits;
	}
}

TvmNear
tvm_near(const char *typed, size_t typed_length, const char *name, size_t name_length)
{
	Columns		whole;
	Columns		parts;
	TvmNear		near;
	double		share;
	size_t		longer;

	if (typed_length > TVM_NEAR_TYPED)
		typed_length = TVM_NEAR_TYPED;
	if (name_length > TVM_NEAR_NAME)
		name_length = TVM_NEAR_NAME;
	for (size_t i = 0; i <= typed_length; i++)
		whole.columns[0][i] = parts.columns[0][i] = (int) i;
	near.part = (int) typed_length;
	for (size_t at = 1; at <= name_length; at++)
	{
		char		letter = name[at - 1];
		char		before = at > 1 ? name[at - 2] : '\0';

		advance(&whole, at, typed, typed_length, before, letter, (int) at);
		/* After a blank a word begins, for nothing. */
		advance(&parts, at, typed, typed_length, before, letter, letter == ' ' ? 0 : parts.columns[(at - 1) % 3][0] + 1);
		near.part = least(near.part, parts.columns[at % 3][typed_length]);
	}
	near.whole = whole.columns[name_length % 3][typed_length];
	longer = typed_length > name_length ? typed_length : name_length;
	near.score = longer == 0 ? 1 : 1 - (double) near.whole / (double) longer;
	share = typed_length == 0 ? 0 : 0.9 * (1 - (double) near.part / (double) typed_length);
	if (share > near.score)
		near.score = share;
	return near;
}

/* The next word at or after *at, which is moved past it; its length, 0 at the end. */
static size_t
next_word(const char *text, size_t length, size_t *at, const char **word, bool *number)
{
	size_t		begin = *at;
	size_t		end;

	while (begin < length && text[begin] == ' ')
		begin++;
	*number = false;
	for (end = begin; end < length && text[end] != ' '; end++)
		*number |= text[end] >= '0' && text[end] <= '9';
	*word = text + begin;
	*at = end;
	return end - begin;
}

bool
tvm_numbers_agree(const char *typed, size_t typed_length, const char *name, size_t name_length)
{
	const char *word;
	bool		number;
	size_t		at = 0;
	size_t		length;

	while ((length = next_word(typed, typed_length, &at, &word, &number)) > 0)
	{
		const char *other;
		bool		ignored;
		size_t		name_at = 0;
		size_t		other_length;
		bool		found = !number;

		while (!found && (other_length = next_word(name, name_length, &name_at, &other, &ignored)) > 0)
			found = other_length == length && memcmp(word, other, length) == 0;
		if (!found)
			return false;
	}
	return true;
}
