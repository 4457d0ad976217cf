/*
 * test_fold.c: names are folded to small letters and digits of ASCII, and what is folded is folded to itself.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/names/fold.h"
#include "kernel/rng.h"

#define POINTS 0x110000u
#define SPACE 4096

/* Without normalization, which is the server's. */
static size_t
fold(const char *text, size_t length, bool spelled, char *out)
{
	TvmFold		state = {.spelled = spelled};
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;
	size_t		written = 0;

	while (at < end)
		written += tvm_fold_add(&state, tvm_utf8_next(&at, end), out + written);
	out[written] = '\0';
	return written;
}

static bool
is_folded(const char *text, size_t length)
{
	if (length > 0 && (text[0] == ' ' || text[length - 1] == ' '))
		return false;
	for (size_t i = 0; i < length; i++)
	{
		bool		blank = text[i] == ' ';

		if (!blank && !(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9'))
			return false;
		if (blank && text[i + 1] == ' ')
			return false;
	}
	return true;
}

static size_t
encode(uint32_t point, char *out)
{
	if (point < 0x80)
	{
		out[0] = (char) point;
		return 1;
	}
	if (point < 0x800)
	{
		out[0] = (char) (0xC0 | point >> 6);
		out[1] = (char) (0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000)
	{
		out[0] = (char) (0xE0 | point >> 12);
		out[1] = (char) (0x80 | (point >> 6 & 0x3F));
		out[2] = (char) (0x80 | (point & 0x3F));
		return 3;
	}
	out[0] = (char) (0xF0 | point >> 18);
	out[1] = (char) (0x80 | (point >> 12 & 0x3F));
	out[2] = (char) (0x80 | (point >> 6 & 0x3F));
	out[3] = (char) (0x80 | (point & 0x3F));
	return 4;
}

TEST(names_fold_as_they_are_said)
{
	static const struct
	{
		const char *name;
		const char *plain;
		const char *spelled;
	}			known[] = {
		{"CHAMB\xC3\x89RY", "chambery", "chambery"},
		{"Chambe\xCC\x81ry", "chambery", "chambery"},
		{"L\xC3\xB6hningen", "lohningen", "loehningen"},
		{"Troms\xC3\xB8", "tromso", "tromsoe"},
		{"\xC3\x85lesund", "alesund", "aalesund"},
		{"\xC5\x81\xC3\xB3" "d\xC5\xBA", "lodz", "lodz"},
		{"Stra\xC3\x9F" "e", "strasse", "strasse"},
		{"\xC3\x86r\xC3\xB8, \xC3\x9Eingvellir", "aero thingvellir", "aeroe thingvellir"},
		{"Diyarbak\xC4\xB1r", "diyarbakir", "diyarbakir"},
		{"\xD0\xA0\xD0\xB5\xD1\x87\xD0\xB8\xD1\x86\xD0\xBA\xD0\xB8\xD0\xB9 \xD1\x80\xD0\xB0\xD0\xB9\xD0\xBE\xD0\xBD", "rechitskiy rayon", "rechitskiy rayon"},
		{"\xCE\x91\xCE\xB8\xCE\xAE\xCE\xBD\xCE\xB1", "athina", "athina"},
		{"\xCE\x9B\xCE\xBF\xCF\x85\xCF\x84\xCF\x81\xCE\xAC\xCE\xBA\xCE\xB9", "loutraki", "loutraki"},
		{"Route 9", "route 9", "route 9"},
		{"\xD9\xA3\xD9\xA4", "34", "34"},
		{"Hawai\xCA\xBBi", "hawaii", "hawaii"},
		{" -- \t a_c %", "a c", "a c"},
		{"", "", ""},
		{"\xE2\x80\xA6", "", ""},
		{"~\t ", "", ""},
		{"\xFF\xC0\x80\xED\xA0\x80", "", ""},
	};
	char		out[SPACE];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		fold(known[i].name, strlen(known[i].name), false, out);
		if (strcmp(out, known[i].plain) != 0)
			unit_fail(__FILE__, __LINE__, "\"%s\" is \"%s\"", known[i].name, out);
		fold(known[i].name, strlen(known[i].name), true, out);
		if (strcmp(out, known[i].spelled) != 0)
			unit_fail(__FILE__, __LINE__, "\"%s\" is spelled \"%s\"", known[i].name, out);
	}
}

TEST(letters_of_other_scripts_are_words_of_their_own)
{
	static const char takatsuki[] = "\xE9\xAB\x98\xE6\xA7\xBB\xE5\xB8\x82";
	char		whole[SPACE];
	char		part[SPACE];

	CHECK_EQ(fold(takatsuki, 9, false, whole), 17);
	CHECK_EQ(fold(takatsuki, 6, false, part), 11);
	CHECK(strncmp(whole, part, 11) == 0 && whole[11] == ' ');
	/* Among others, too: a, the letter, b. */
	fold("a\xE5\xB8\x82" "b", 5, false, part);
	CHECK(part[0] == 'a' && part[1] == ' ' && part[7] == ' ' && part[8] == 'b');
	/* Harakat are left out, and vowels of Devanagari are not. */
	CHECK_EQ(fold("\xD8\xAF\xD9\x8E", 4, false, part), 5);
	CHECK_EQ(fold("\xE0\xA4\x95\xE0\xA4\xBF", 6, false, part), 11);
	/* Capital and small Armenian. */
	fold("\xD4\xB1", 2, false, whole);
	fold("\xD5\xA1", 2, false, part);
	CHECK(strcmp(whole, part) == 0);
}

TEST(every_code_point_is_folded_to_ascii_and_stays)
{
	for (int spelled = 0; spelled < 2; spelled++)
		for (uint32_t point = 0; point < POINTS + 16; point++)
		{
			TvmFold		state = {.spelled = spelled != 0, .begun = true, .blank = true};
			char		out[SPACE];
			char		again[SPACE];
			size_t		length = tvm_fold_add(&state, point, out);

			CHECK(length <= TVM_FOLD_MAX);
			out[length] = '\0';
			CHECK(length == 0 || (out[0] == ' ' && is_folded(out + 1, length - 1)));
			if (length == 0)
				continue;
			CHECK_EQ(fold(out + 1, length - 1, spelled != 0, again), length - 1);
			CHECK(memcmp(out + 1, again, length - 1) == 0);
		}
}

TEST(no_two_letters_of_other_scripts_are_the_same_word)
{
	bool	   *seen = calloc(12 * 17576, 1);
	int			tokens = 0;

	for (uint32_t point = 0x80; point < POINTS; point++)
	{
		TvmFold		state = {0};
		char		out[TVM_FOLD_MAX];
		uint32_t	number;

		if (tvm_fold_add(&state, point, out) != 5)
			continue;
		CHECK(out[0] == 'q' && strchr("bcdfjkmptvxz", out[1]) != NULL);
		number = (uint32_t) (strchr("bcdfjkmptvxz", out[1]) - "bcdfjkmptvxz") * 17576 +
			(uint32_t) (out[2] - 'a') * 676 + (uint32_t) (out[3] - 'a') * 26 + (uint32_t) (out[4] - 'a');
		/* Its own, or that of its small letter. */
		CHECK(number == point || number < 12 * 17576);
		tokens += !seen[number];
		seen[number] = true;
	}
	CHECK(tokens > 100000);
	free(seen);
}

TEST(random_bytes_and_letters_are_folded_and_stay)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7, 0);
	for (int round = 0; round < 20000; round++)
	{
		char		text[256];
		char		out[SPACE];
		char		again[SPACE];
		size_t		length = 0;
		size_t		count = (size_t) (tvm_rng_double(&rng) * 40);
		bool		bytes = round % 3 == 0;
		bool		spelled = round % 2 == 0;
		uint32_t	most = round % 5 == 0 ? POINTS : 0x600;
		size_t		written;

		for (size_t i = 0; i < count; i++)
			if (bytes)
				text[length++] = (char) (tvm_rng_double(&rng) * 256);
			else
				length += encode((uint32_t) (tvm_rng_double(&rng) * most), text + length);
		written = fold(text, length, spelled, out);
		CHECK(is_folded(out, written));
		CHECK_EQ(fold(out, written, spelled, again), written);
		CHECK(strcmp(out, again) == 0);
	}
}

TEST(utf8_is_read_as_it_is_written_and_nothing_else_is)
{
	for (uint32_t point = 0; point < POINTS; point++)
	{
		char		text[4];
		const unsigned char *at = (const unsigned char *) text;
		size_t		length = encode(point, text);
		uint32_t	read = tvm_utf8_next(&at, at + length);

		if (point >= 0xD800 && point <= 0xDFFF)
			CHECK_EQ(read, 0xFFFD);
		else
		{
			CHECK_EQ(read, point);
			CHECK_EQ((const char *) at - text, length);
		}
		/* Cut off. */
		at = (const unsigned char *) text;
		if (length > 1)
		{
			CHECK_EQ(tvm_utf8_next(&at, at + length - 1), 0xFFFD);
			CHECK_EQ((const char *) at - text, 1);
		}
	}
}
