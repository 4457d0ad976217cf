/*
 * fold.c: names as they are compared; see fold.h.
 *
 * Letters that are spelled are looked up by their number, block by block; of the others only ranges are known (letters.h).
 */
#include "kernel/names/fold.h"

#include <string.h>

#include "kernel/names/letters.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Letters with a number of their own end below this: 12 * 26 * 26 * 26. */
#define TOKENS 210912

static const char token_classes[] = "bcdfjkmptvxz";

/* The umlauts and the ring, as they are spelled where there is none on the keyboard. */
static const char *
spell(uint32_t point)
{
	switch (point)
	{
		case 0xC4:
		case 0xE4:
			return "ae";
		case 0xD6:
		case 0xF6:
		case 0xD8:
		case 0xF8:
			return "oe";
		case 0xDC:
		case 0xFC:
			return "ue";
		case 0xC5:
		case 0xE5:
			return "aa";
	}
	return NULL;
}

static bool
is_in(const TvmRange *ranges, size_t count, uint32_t point)
{
	size_t		low = 0;

	while (low < count)
	{
		size_t		middle = low + (count - low) / 2;

		if (point > ranges[middle].last)
			low = middle + 1;
		else if (point < ranges[middle].first)
			count = middle;
		else
			return true;
	}
	return false;
}

/* NULL: it is none of those that are spelled. */
static const char *
look_up(uint32_t point)
{
	size_t		before = 0;

	for (size_t i = 0; i < COUNT(blocks); i++)
	{
		if (point >= blocks[i].first && point <= blocks[i].last)
		{
			const char *spelling = spellings[before + point - blocks[i].first];

			return spelling[0] == '\0' ? NULL : spelling;
		}
		before += blocks[i].last - blocks[i].first + 1;
	}
	return NULL;
}

static uint32_t
small(uint32_t point)
{
	for (size_t i = 0; i < COUNT(capitals); i++)
		if (point >= capitals[i].first && point <= capitals[i].last && (point - capitals[i].first) % capitals[i].step == 0)
			return (uint32_t) ((int32_t) point + capitals[i].delta);
	for (size_t i = 0; i < COUNT(same); i++)
		if (point == same[i].point)
			return same[i].base;
	return point;
}

static size_t
put(TvmFold *fold, const char *text, size_t length, char *bytes)
{
	size_t		blanks = fold->blank && fold->begun;

	if (length == 0)
		return 0;
	if (blanks)
		bytes[0] = ' ';
	memcpy(bytes + blanks, text, length);
	fold->blank = false;
	fold->begun = true;
	fold->last = text[length - 1];
	return blanks + length;
}

static void
end_word(TvmFold *fold)
{
	fold->blank = true;
	fold->last = '\0';
}

/* A word of its own; not before the last word's end, nor after the next one's begin. */
static size_t
put_token(TvmFold *fold, uint32_t point, char *bytes)
{
	char		token[5] = {'q'};
	size_t		written;

	token[1] = token_classes[point / 17576];
	token[2] = (char) ('a' + point / 676 % 26);
	token[3] = (char) ('a' + point / 26 % 26);
	token[4] = (char) ('a' + point % 26);
	fold->blank = true;
	written = put(fold, token, sizeof(token), bytes);
	end_word(fold);
	return written;
}

static size_t
put_spelling(TvmFold *fold, const char *spelling, char *bytes)
{
	if (spelling[0] == '-')
		return 0;
	/* The second of two letters that are one sound. */
	if (spelling[0] == 'Y')
		spelling = fold->last != '\0' && strchr("aeo", fold->last) != NULL ? "u" : "y";
	return put(fold, spelling, strlen(spelling), bytes);
}

static size_t
put_other(TvmFold *fold, uint32_t point, char *bytes)
{
	for (size_t i = 0; i < COUNT(zeros); i++)
		if (point >= zeros[i] && point < zeros[i] + 10)
			return put(fold, &"0123456789"[point - zeros[i]], 1, bytes);
	if (is_in(dropped, COUNT(dropped), point))
		return 0;
	if (point < TOKENS && !is_in(blanks, COUNT(blanks), point))
		return put_token(fold, small(point), bytes);
	end_word(fold);
	return 0;
}

size_t
tvm_fold_add(TvmFold *fold, uint32_t point, char *bytes)
{
	const char *spelling;
	char		letter = (char) point;

	if (point < 0x80)
	{
		if (letter >= 'A' && letter <= 'Z')
			letter = (char) (letter - 'A' + 'a');
		if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
			return put(fold, &letter, 1, bytes);
		end_word(fold);
		return 0;
	}
	spelling = fold->spelled ? spell(point) : NULL;
	if (spelling == NULL)
		spelling = look_up(point);
	return spelling != NULL ? put_spelling(fold, spelling, bytes) : put_other(fold, point, bytes);
}

uint32_t
tvm_utf8_next(const unsigned char **at, const unsigned char *end)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *byte = *at;
	int			more = *byte >= 0xF0 ? 3 : *byte >= 0xE0 ? 2 : 1;
	uint32_t	point;

	*at = byte + 1;
	if (*byte < 0x80)
		return *byte;
	if (*byte < 0xC2 || *byte > 0xF4 || end - byte <= more)
		return 0xFFFD;
	point = *byte & (0x3F >> more);
	for (int i = 1; i <= more; i++)
	{
		if ((byte[i] & 0xC0) != 0x80)
			return 0xFFFD;
		point = point << 6 | (byte[i] & 0x3F);
	}
	if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return 0xFFFD;
	*at = byte + 1 + more;
	return point;
}
