/*
 * array.h: arrays for SQL, from their elements.
 */
#ifndef TV_SERVER_ARRAY_H
#define TV_SERVER_ARRAY_H

#include "postgres.h"

/* Of one dimension, without a null; of elements of this type. */
extern Datum tv_array_of(Datum *elements, int count, Oid type);

extern Datum tv_array_of_bigints(const int64 *values, int count);

#endif							/* TV_SERVER_ARRAY_H */
