/*
 * test_frame.c: frame payloads against bytes laid out by hand, and the
 * reader against any bytes.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/state/frame.h"
#include "kernel/quantum/state/reduced.h"

#define ROOM 4096

/* The state (|00> - i sqrt(3) |10>) / 2, step 7. */
static void
known_state(TvmEnv *env, TvmState *state)
{
	CHECK(tvm_state_init(env, state, 2, 0) == TVM_OK);
	state->amp[0] = tvm_complex(0.5, 0);
	state->amp[2] = tvm_complex(0, -sqrt(0.75));
}

TEST(a_full_frame_is_the_documented_bytes)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	unsigned char out[ROOM];
	size_t		length;
	static const unsigned char header[32] = {
		'T', 'V', 'F', '1', 1, 0, 1, 0, 2, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0xe0, 0x3f	/* 0.5 */
	};
	double		number;

	known_state(env, &state);
	CHECK(tvm_frame_encode(env, &state, TVM_FRAME_FULL, 7, 0, out, &length) == TVM_OK);
	CHECK_EQ(length, 24 + 4 * 16);
	CHECK_EQ(length, tvm_frame_bytes(TVM_FRAME_FULL, 2, 0));
	CHECK(memcmp(out, header, sizeof(header)) == 0);
	memcpy(&number, out + 24 + 2 * 16 + 8, 8);	/* the machines we test on are little-endian */
	CHECK_EQ(number, -sqrt(0.75));
	tvm_state_free(env, &state);
}

TEST(every_kind_of_frame_is_read_back)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	unsigned char out[ROOM];
	size_t		length;
	TvmFrame	frame;
	TvmFrameEntry entry;
	double		xyz[3];

	tvm_rng_init(&rng, 1, 6);
	CHECK(tvm_state_init(env, &state, 4, 0) == TVM_OK);
	dense_random_state(&rng, &state, NULL);
	for (int kind = TVM_FRAME_FULL; kind <= TVM_FRAME_PROBABILITIES; kind++)
	{
		double		before = 2;

		CHECK(tvm_frame_encode(env, &state, (TvmFrameKind) kind, 123456, 5, out, &length) == TVM_OK);
		CHECK_EQ(length, tvm_frame_bytes((TvmFrameKind) kind, 4, 5));
		CHECK(tvm_frame_decode(env, out, length, &frame) == TVM_OK);
		CHECK_EQ(frame.kind, kind);
		CHECK_EQ(frame.qubits, 4);
		CHECK_EQ(frame.step, 123456);
		CHECK_EQ(frame.count, kind == TVM_FRAME_TOP ? 5 : kind == TVM_FRAME_BLOCH ? 4 : 16);
		for (uint64_t i = 0; i < frame.count; i++)
		{
			tvm_frame_entry(&frame, i, &entry);
			if (kind == TVM_FRAME_BLOCH)
			{
				CHECK(tvm_reduced_bloch(env, &state, (uint32_t) i, xyz) == TVM_OK);
				for (int axis = 0; axis < 3; axis++)
					CHECK_NEAR(entry.xyz[axis], xyz[axis], 1e-15);
				CHECK_EQ(entry.basis, i);
				continue;
			}
			CHECK(kind == TVM_FRAME_TOP || entry.basis == i);
			CHECK_NEAR(entry.probability, tvm_complex_norm2(state.amp[entry.basis]), 1e-16);
			if (kind != TVM_FRAME_PROBABILITIES)
				CHECK_EQ(entry.im, state.amp[entry.basis].im);
			if (kind == TVM_FRAME_TOP)
				CHECK(entry.probability <= before);
			before = entry.probability;
		}
	}
	tvm_state_free(env, &state);
}

TEST(top_frames_hold_no_zeros)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	unsigned char out[ROOM];
	size_t		length;
	TvmFrame	frame;
	TvmFrameEntry entry;

	known_state(env, &state);
	CHECK(tvm_frame_encode(env, &state, TVM_FRAME_TOP, 0, 100, out, &length) == TVM_OK);
	CHECK_EQ(length, 24 + 2 * 24);
	CHECK_EQ(tvm_frame_bytes(TVM_FRAME_TOP, 2, 100), 24 + 4 * 24);
	CHECK(tvm_frame_decode(env, out, length, &frame) == TVM_OK);
	tvm_frame_entry(&frame, 0, &entry);
	CHECK_EQ(entry.basis, 2);
	CHECK_EQ(entry.im, -sqrt(0.75));
	tvm_state_free(env, &state);
}

TEST(values_are_encoded_like_those_of_a_state)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	unsigned char out[ROOM];
	unsigned char direct[ROOM];
	size_t		length;
	double		values[6];

	known_state(env, &state);
	for (int i = 0; i < 4; i++)
		values[i] = tvm_complex_norm2(state.amp[i]);
	CHECK(tvm_frame_encode(env, &state, TVM_FRAME_PROBABILITIES, 3, 0, direct, &length) == TVM_OK);
	CHECK_EQ(tvm_frame_encode_values(TVM_FRAME_PROBABILITIES, 2, 3, values, out), length);
	CHECK(memcmp(out, direct, length) == 0);
	CHECK(tvm_reduced_bloch_all(env, &state, values) == TVM_OK);
	CHECK(tvm_frame_encode(env, &state, TVM_FRAME_BLOCH, 3, 0, direct, &length) == TVM_OK);
	CHECK_EQ(tvm_frame_encode_values(TVM_FRAME_BLOCH, 2, 3, values, out), length);
	CHECK(memcmp(out, direct, length) == 0);
	tvm_state_free(env, &state);
}

TEST(sizes_of_frames_do_not_overflow)
{
	TvmFrameKind kind;

	CHECK_EQ(tvm_frame_bytes(TVM_FRAME_FULL, 1024, 0), (double) UINT64_MAX);
	CHECK_EQ(tvm_frame_bytes(TVM_FRAME_TOP, 1024, UINT64_MAX), (double) UINT64_MAX);
	CHECK_EQ(tvm_frame_bytes(TVM_FRAME_TOP, 1024, 10), 24 + 240);
	CHECK_EQ(tvm_frame_bytes(TVM_FRAME_BLOCH, 1024, 0), 24 + 24 * 1024);
	CHECK(tvm_frame_kind_of("Bloch", &kind) && kind == TVM_FRAME_BLOCH);
	CHECK(!tvm_frame_kind_of("", &kind));
	CHECK(!tvm_frame_kind_of("fulll", &kind));
	CHECK(strcmp(tvm_frame_kind_name(TVM_FRAME_PROBABILITIES), "probabilities") == 0);
}

TEST(bad_frames_are_refused)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	unsigned char good[ROOM];
	unsigned char bad[ROOM];
	size_t		length;
	TvmFrame	frame;
	static const double wrong[] = {NAN, INFINITY, -INFINITY, 1.1, -1.1, 1e300};
	static const struct
	{
		size_t		at;
		unsigned char value;
	}			change[] = {
		{0, 't'}, {3, '2'}, {4, 2}, {5, 1}, {6, 0}, {6, 5}, {6, 3}, {6, 4}, {7, 1},
		{8, 3}, {8, 0}, {11, 0xff}, {16, 3}, {16, 5}, {23, 0x80}, {20, 1},
	};

	known_state(env, &state);
	CHECK(tvm_frame_encode(env, &state, TVM_FRAME_FULL, 0, 0, good, &length) == TVM_OK);
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++)
	{
		memcpy(bad, good, length);
		bad[change[i].at] = change[i].value;
		if (tvm_frame_decode(env, bad, length, &frame) != TVM_INVALID)
			unit_fail(__FILE__, __LINE__, "byte %zu as %d was accepted", change[i].at,
					  change[i].value);
		CHECK(strcmp(env->error.path, "payload") == 0);
	}
	for (size_t shorter = 0; shorter < length; shorter++)
	{
		unsigned char *exact = malloc(shorter + 1);

		memcpy(exact, good, shorter);
		CHECK(tvm_frame_decode(env, exact, shorter, &frame) == TVM_INVALID);
		free(exact);
	}
	CHECK(tvm_frame_decode(env, good, length + 1, &frame) == TVM_INVALID);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		memcpy(bad, good, length);
		memcpy(bad + length - 8, &wrong[i], 8);
		CHECK(tvm_frame_decode(env, bad, length, &frame) == TVM_INVALID);
	}
	CHECK(tvm_frame_encode(env, &state, TVM_FRAME_TOP, 0, 2, good, &length) == TVM_OK);
	good[24 + 24] = 4;			/* |100> of two qubits */
	CHECK(tvm_frame_decode(env, good, length, &frame) == TVM_INVALID);
	tvm_state_free(env, &state);
}

TEST(any_bytes_are_a_frame_or_an_error)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			accepted = 0;

	tvm_rng_init(&rng, 2, 6);
	for (int round = 0; round < 20000; round++)
	{
		size_t		length = round % 2 ? dense_below(&rng, 120) : 24 + 8 * dense_below(&rng, 13);
		unsigned char *bytes = malloc(length + 1);
		TvmFrame	frame;

		for (size_t i = 0; i < length; i++)
			bytes[i] = (unsigned char) (dense_below(&rng, 4) ? 0 : dense_below(&rng, 256));
		if (length >= 24)
		{
			memcpy(bytes, "TVF1\1\0", 6);
			bytes[6] = (unsigned char) dense_below(&rng, 6);
			bytes[7] = 0;
			if (dense_below(&rng, 2))
			{
				memset(bytes + 8, 0, 16);
				bytes[8] = (unsigned char) dense_below(&rng, 4);
				bytes[16] = (unsigned char) dense_below(&rng, 9);
			}
			if (dense_below(&rng, 2))
				memset(bytes + 24, 0, length - 24);
		}
		if (tvm_frame_decode(env, bytes, length, &frame) == TVM_OK)
		{
			accepted++;
			for (uint64_t i = 0; i < frame.count; i++)
			{
				TvmFrameEntry entry;

				tvm_frame_entry(&frame, i, &entry);
				CHECK(isfinite(entry.probability) && isfinite(entry.re) && isfinite(entry.xyz[0]));
			}
		}
		free(bytes);
	}
	CHECK(accepted > 20);
}

TEST(encoding_survives_failure_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	unsigned char out[ROOM];
	size_t		length;

	known_state(env, &state);
	unit_env_fail_at(1);
	CHECK(tvm_frame_encode(env, &state, TVM_FRAME_TOP, 0, 3, out, &length) == TVM_NOMEM);
	unit_env_fail_at(0);
	for (int kind = TVM_FRAME_FULL; kind <= TVM_FRAME_PROBABILITIES; kind++)
	{
		unit_env_cancel_after(0);
		CHECK(tvm_frame_encode(env, &state, (TvmFrameKind) kind, 0, 3, out, &length) ==
			  TVM_CANCELLED);
	}
	unit_env_cancel_after(-1);
	tvm_state_free(env, &state);
}
