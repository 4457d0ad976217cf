/*
 * fold.h: names as they are compared: small letters and digits of ASCII, words with one blank between.
 *
 * A fold takes code points, one after the other, that have been put into normalization form KC.  Latin letters lose their
 * marks, Cyrillic and Greek ones are spelled in Latin, digits of every script are 0 to 9.  A letter of any other script is
 * a word of five letters of its own, which begins with q and a consonant, so that an index of words and trigrams has it in
 * every locale.  Marks that are no vowels are left out; all else, and what Unicode does not know, is a blank.
 *
 * What it gives is folded to itself.  It allocates nothing, and each step is bounded.
 */
#ifndef TVM_NAMES_FOLD_H
#define TVM_NAMES_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that one code point makes. */
#define TVM_FOLD_MAX 8

typedef struct TvmFold
{
	bool		spelled;		/* the umlauts as two letters: oe, ae, ue, and aa */
	bool		blank;			/* before what comes next, if anything does */
	bool		begun;
	char		last;			/* what was written last; 0: a blank is due */
} TvmFold;

/* The bytes that a code point adds, at most TVM_FOLD_MAX of them. */
extern size_t tvm_fold_add(TvmFold *fold, uint32_t point, char *bytes);

/*
 * The code point at *at, which is moved past it; what is no UTF-8 is U+FFFD, a byte of it at a time.
 * There is at least one byte before `end`.
 */
extern uint32_t tvm_utf8_next(const unsigned char **at, const unsigned char *end);

#endif							/* TVM_NAMES_FOLD_H */
