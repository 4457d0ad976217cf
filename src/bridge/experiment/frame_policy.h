/*
 * frame_policy.h: which frames an experiment stores: the policy, as arithmetic.
 */
#ifndef TV_EXPERIMENT_FRAME_POLICY_H
#define TV_EXPERIMENT_FRAME_POLICY_H

#include "bridge/experiment/arguments.h"

/* What is chosen for a client stays below this; what a client asks for, below that. */
#define TV_FRAMES_DEFAULT_BYTES ((uint64) 2 << 20)
#define TV_FRAMES_MOST_BYTES ((uint64) 64 << 20)

/* Basis states in a frame of content `top`. */
#define TV_FRAMES_TOP 64

typedef struct TvFramePolicy
{
	int64		every;			/* gates from one frame to the next; the last gate has one too; 0: none */
	TvmFrameKind content;
} TvFramePolicy;

/*
 * What a client says wins: `every`, `content`, and above max_qubits Bloch vectors
 * instead of what grows with 2^qubits.  What is not said is chosen so that all
 * frames together stay below TV_FRAMES_DEFAULT_BYTES, where a single one of the
 * content that was asked for does.  PT413 where they would take more than
 * TV_FRAMES_MOST_BYTES.
 */
extern TvFramePolicy tv_frame_policy(const TvFramesSpec *spec, uint32 qubits, size_t gates);

/*
 * For a sweep: a frame of each point, or of each `every`-th.  What is not said is
 * chosen: full states, or Bloch vectors, or content 0, a summary alone.
 */
extern TvFramePolicy tv_sweep_frame_policy(const TvFramesSpec *spec, uint32 qubits, int64 points);

/* Did the client ask for frames that hold amplitudes or probabilities? */
static inline bool
tv_frames_need_amplitudes(const TvFramesSpec *spec)
{
	return !spec->off && spec->content != 0 && spec->content != TVM_FRAME_BLOCH;
}

#endif							/* TV_EXPERIMENT_FRAME_POLICY_H */
