/*
 * fold.h: texts of the database as names are compared: kernel/names/fold.h after the server's normalization.
 */
#ifndef TV_PLACE_FOLD_H
#define TV_PLACE_FOLD_H

#include "postgres.h"

/*
 * In the current memory context, with a zero byte after it; `written`, or NULL, gets its length.  No more than `limit`
 * bytes (0: all), the last word maybe cut off.  `spelled`: umlauts as two letters.  The same in every encoding and locale;
 * what UTF-8 has no character for is a blank.
 */
extern char *tv_name_fold(const char *text, int length, bool spelled, Size limit, Size *written);

#endif							/* TV_PLACE_FOLD_H */
