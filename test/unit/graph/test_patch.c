/*
 * test_patch.c: weights of segments with some in place of others, against
 * plain arrays.
 */
#include "unit.h"

#include "kernel/graph/weights.h"
#include "kernel/rng.h"

TEST(weights_in_place_of_others)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmPatch	patch[2];
	double		all[300];
	double		value[2][300];
	double		expected[300];
	TvmWeights	weights = {.all = all};

	tvm_rng_init(&rng, 9, 0);
	for (int i = 0; i < 300; i++)
		all[i] = expected[i] = i;
	for (int level = 0; level < 2; level++)
	{
		uint32_t	count = 0;

		CHECK(tvm_patch_init(env, &patch[level], 300) == TVM_OK);
		for (int i = 0; i < 200; i++)
		{
			uint32_t	segment = tvm_rng_u32(&rng) % 300;
			uint32_t	at = tvm_patch_find(&patch[level], segment);

			if (at == TVM_PATCH_NONE || tvm_rng_u32(&rng) % 2 == 0)
			{
				at = count++;
				CHECK(tvm_patch_set(env, &patch[level], segment, at) == TVM_OK);
			}
			value[level][at] = expected[segment] = 1000.0 * (level + 1) + i;
		}
		*(level == 0 ? &weights.shared : &weights.own) = (TvmWeightPatch) {&patch[level], value[level]};
		for (uint32_t i = 0; i < 300; i++)
			CHECK_EQ(tvm_weight(&weights, i), expected[i]);
	}
	for (int level = 0; level < 2; level++)
		tvm_patch_free(env, &patch[level]);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(a_patch_survives_failed_allocations)
{
	TvmEnv	   *env = unit_env();
	TvmStatus	status = TVM_NOMEM;

	for (long n = 1; status == TVM_NOMEM; n++)
	{
		TvmPatch	patch = {0};

		unit_env_fail_at(n);
		status = tvm_patch_init(env, &patch, 5000);
		for (uint32_t i = 0; i < 1000 && status == TVM_OK; i++)
			status = tvm_patch_set(env, &patch, i * 7 % 5000, i);
		for (uint32_t i = 0; i < 1000 && status == TVM_OK; i++)
			CHECK_EQ(tvm_patch_find(&patch, i * 7 % 5000), i);
		tvm_patch_free(env, &patch);
		CHECK_EQ(unit_env_live(), 0);
	}
	unit_env_fail_at(0);
	CHECK(status == TVM_OK);
}
