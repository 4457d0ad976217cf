/*
 * ids.c: lists of ids; see ids.h.
 */
#include "postgres.h"

#include "bridge/server/env.h"
#include "bridge/server/ids.h"

void
tv_ids_add(TvIds *list, int64 id)
{
	if (list->count == list->capacity)
		list->ids = tv_grow(list->context, list->ids, sizeof(int64), &list->capacity);
	list->ids[list->count++] = id;
}

void
tv_ids_receive(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	tv_ids_add(target, DatumGetInt64(values[0]));
}

void
tv_ids_sort(TvIds *list)
{
	uint32		kept = 0;

	if (list->count > 1)
		qsort(list->ids, list->count, sizeof(int64), tv_ids_compare);
	for (uint32 i = 0; i < list->count; i++)
		if (kept == 0 || list->ids[kept - 1] != list->ids[i])
			list->ids[kept++] = list->ids[i];
	list->count = kept;
}

int
tv_ids_compare(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}
