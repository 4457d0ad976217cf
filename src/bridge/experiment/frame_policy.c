/*
 * frame_policy.c: which frames an experiment stores; see frame_policy.h.
 */
#include "postgres.h"

#include "bridge/server/error.h"
#include "bridge/experiment/frame_policy.h"

/* A frame costs a pass over the state, so large states have fewer by default. */
#define MOST_FRAMES 256
#define MOST_FRAMES_LARGE 16
#define LARGE_QUBITS 16

static uint64
frame_count(size_t gates, int64 every)
{
	return (gates + every - 1) / every;
}

static bool
fits(TvmFrameKind content, uint32 qubits, uint64 frames)
{
	uint64		bytes = tvm_frame_bytes(content, qubits, TV_FRAMES_TOP);

	return frames == 0 || bytes <= TV_FRAMES_DEFAULT_BYTES / frames;
}

static bool
grows_with_states(TvmFrameKind content)
{
	return content == TVM_FRAME_FULL || content == TVM_FRAME_PROBABILITIES;
}

static void
require_bytes(TvmFrameKind content, uint32 qubits, uint64 frames)
{
	uint64		bytes = tvm_frame_bytes(content, qubits, TV_FRAMES_TOP);

	if (bytes > TV_FRAMES_MOST_BYTES / frames)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("params.frames: would store too much"),
				 errdetail("%llu frames of %llu bytes each are more than %llu bytes.",
						   (unsigned long long) frames,
						   (unsigned long long) bytes, (unsigned long long) TV_FRAMES_MOST_BYTES),
				 errhint("Store frames less often, or of another content, or none with \"frames\": false.")));
}

TvFramePolicy
tv_frame_policy(const TvFramesSpec *spec, uint32 qubits, size_t gates)
{
	TvFramePolicy policy = {0};
	uint64		most = qubits > LARGE_QUBITS ? MOST_FRAMES_LARGE : MOST_FRAMES;

	if (spec->off || gates == 0)
		return policy;
	policy.every = spec->every > 0 ? spec->every : Max(1, (int64) frame_count(gates, most));

	if (spec->content != 0)
		policy.content = spec->content;
	else
		policy.content = fits(TVM_FRAME_FULL, qubits, frame_count(gates, policy.every))
			? TVM_FRAME_FULL : TVM_FRAME_BLOCH;
	if (spec->max_qubits >= 0 && qubits > spec->max_qubits && grows_with_states(policy.content))
		policy.content = TVM_FRAME_BLOCH;

	if (spec->every == 0)
		while (!fits(policy.content, qubits, frame_count(gates, policy.every)) && policy.every < gates)
			policy.every = Min(policy.every * 2, (int64) gates);

	require_bytes(policy.content, qubits, frame_count(gates, policy.every));
	return policy;
}

TvFramePolicy
tv_sweep_frame_policy(const TvFramesSpec *spec, uint32 qubits, int64 points)
{
	TvFramePolicy policy = {.every = Max(spec->every, 1), .content = spec->content};
	uint64		frames = frame_count(points, policy.every);

	if (spec->off)
		return (TvFramePolicy) {0};
	if (spec->content == 0)
		policy.content = fits(TVM_FRAME_FULL, qubits, frames) ? TVM_FRAME_FULL : TVM_FRAME_BLOCH;
	if (spec->max_qubits >= 0 && qubits > spec->max_qubits && grows_with_states(policy.content))
		policy.content = TVM_FRAME_BLOCH;
	if (spec->content == 0 && !fits(policy.content, qubits, frames))
		policy.content = 0;
	if (policy.content != 0)
		require_bytes(policy.content, qubits, frames);
	return policy;
}
