/*
 * test_near.c: how near what is typed is to a name, against a slow reckoning of the same edits.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/names/near.h"
#include "kernel/rng.h"

/* By what the last letters may have become, without a table. */
static int
edits(const char *a, int n, const char *b, int m)
{
	int			best;
	int			other;

	if (n == 0 || m == 0)
		return n + m;
	best = edits(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
	other = edits(a, n - 1, b, m) + 1;
	best = other < best ? other : best;
	other = edits(a, n, b, m - 1) + 1;
	best = other < best ? other : best;
	if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1])
	{
		other = edits(a, n - 2, b, m - 2) + 1;
		best = other < best ? other : best;
	}
	return best;
}

static int
edits_of_part(const char *typed, int length, const char *name)
{
	int			best = length;

	for (int from = 0; name[from] != '\0'; from++)
		if (from == 0 || name[from - 1] == ' ')
			for (int to = from; to <= (int) strlen(name); to++)
			{
				int			found = edits(typed, length, name + from, to - from);

				best = found < best ? found : best;
			}
	return best;
}

TEST(edits_are_those_of_a_slow_reckoning)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 11, 0);
	for (int round = 0; round < 3000; round++)
	{
		char		typed[8];
		char		name[8];
		int			n = (int) (tvm_rng_double(&rng) * 6);
		int			m = (int) (tvm_rng_double(&rng) * 7);
		TvmNear		near;

		for (int i = 0; i < n; i++)
			typed[i] = "abc "[(int) (tvm_rng_double(&rng) * 3.4)];
		for (int i = 0; i < m; i++)
			name[i] = "abc "[(int) (tvm_rng_double(&rng) * 4)];
		typed[n] = name[m] = '\0';
		near = tvm_near(typed, (size_t) n, name, (size_t) m);
		CHECK_EQ(near.whole, edits(typed, n, name, m));
		CHECK_EQ(near.part, edits_of_part(typed, n, name));
		CHECK(near.score >= 0 && near.score <= 1);
		CHECK((near.score == 1) == (strcmp(typed, name) == 0));
	}
}

TEST(known_names_are_as_near_as_they_look)
{
	TvmNear		near = tvm_near("gotenburg", 9, "gothenburg", 10);
	char		text[1000];

	CHECK_EQ(near.whole, 1);
	CHECK_NEAR(near.score, 0.9, 1e-15);
	near = tvm_near("landveter", 9, "goteborg landvetter airport", 27);
	CHECK_EQ(near.part, 1);
	CHECK_NEAR(near.score, 0.8, 1e-15);
	CHECK_EQ(tvm_near("abdc", 4, "abcd", 4).whole, 1);
	/* Bounded, however long. */
	memset(text, 'a', sizeof(text));
	CHECK_EQ(tvm_near(text, sizeof(text), text, sizeof(text)).whole, TVM_NEAR_NAME - TVM_NEAR_TYPED);
	CHECK_EQ(tvm_near(text, sizeof(text), text, sizeof(text)).part, 0);
	CHECK_EQ(tvm_near("", 0, "", 0).score, 1);
	CHECK_EQ(tvm_near("a", 1, "", 0).score, 0);
}

static bool
agree(const char *typed, const char *name)
{
	return tvm_numbers_agree(typed, strlen(typed), name, strlen(name));
}

TEST(words_with_digits_are_the_same_or_not_at_all)
{
	CHECK(agree("route 9", "route 9") && agree("rute 9", "old route 9 north") && agree("9 9", "9"));
	CHECK(!agree("route 9", "route 90") && !agree("route 90", "route 9") && !agree("a4", "a 4"));
	CHECK(agree("", "route 9") && agree("route", "route 9") && !agree("1", ""));
}
