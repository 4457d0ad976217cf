/*
 * near.h: how near what somebody has typed is to a name, both folded.
 */
#ifndef TVM_NAMES_NEAR_H
#define TVM_NAMES_NEAR_H

#include <stdbool.h>
#include <stddef.h>

/* Of what is typed and of a name, in bytes; more is not looked at. */
#define TVM_NEAR_TYPED 64
#define TVM_NEAR_NAME 250

typedef struct TvmNear
{
	int			whole;			/* edits from one to the other */
	int			part;			/* the least to any part of the name that begins where a word does */
	double		score;			/* 0 to 1; 1: equal */
} TvmNear;

/*
 * Edits are letters put in, left out, taken for another, and two neighbours that have changed places (each once).
 * The score is the larger of the whole name's share of right letters and nine tenths of the part's.
 */
extern TvmNear tvm_near(const char *typed, size_t typed_length, const char *name, size_t name_length);

/* Whether each word with a digit in it that is typed is one of the name's words, to the letter. */
extern bool tvm_numbers_agree(const char *typed, size_t typed_length, const char *name, size_t name_length);

#endif							/* TVM_NAMES_NEAR_H */
