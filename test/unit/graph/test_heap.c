/*
 * test_heap.c: the heap against a plain table searched for its minimum.
 */
#include "unit.h"

#include <math.h>

#include "graph/random.h"
#include "kernel/graph/heap.h"

#define ITEMS 60

/* The item of the least (key, item), or ITEMS if none is there. */
static int
least_of(const bool *there, const double *keys)
{
	int			least = ITEMS;

	for (int i = ITEMS - 1; i >= 0; i--)
	{
		if (there[i] && (least == ITEMS || keys[i] <= keys[least]))
			least = i;
	}
	return least;
}

TEST(heap_gives_the_least_of_key_and_item)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmHeap		heap;
	bool		there[ITEMS] = {false};
	double		keys[ITEMS];

	tvm_rng_init(&rng, 3, 0);
	CHECK(tvm_heap_init(env, &heap, ITEMS) == TVM_OK);
	for (int i = 0; i < 200000; i++)
	{
		uint32_t	item = random_below(&rng, ITEMS);
		double		key = random_chance(&rng, 0.1) ? INFINITY : random_below(&rng, 20);
		/* Long stretches that fill the heap, and long ones that drain it. */
		bool		fills = i / 500 % 2 == 0;

		if (i % 7000 == 0)
		{
			tvm_heap_clear(&heap);
			for (int j = 0; j < ITEMS; j++)
				there[j] = false;
		}
		if (random_chance(&rng, fills ? 0.8 : 0.3))
		{
			tvm_heap_push(&heap, item, key);
			if (!there[item] || key < keys[item])
				keys[item] = key;
			there[item] = true;
		}
		else if (heap.count > 0)
		{
			int			wanted = least_of(there, keys);
			TvmHeapEntry got = tvm_heap_pop(&heap);

			CHECK_EQ(got.item, wanted);
			CHECK_EQ(got.key, keys[wanted]);
			there[wanted] = false;
		}
		else
			CHECK_EQ(least_of(there, keys), ITEMS);
	}
	tvm_heap_free(env, &heap);
}
