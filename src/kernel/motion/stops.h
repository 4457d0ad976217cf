/*
 * stops.h: for track.c: which pairs of a track are in windows, that is, in stops.
 */
#ifndef TVM_MOTION_STOPS_H
#define TVM_MOTION_STOPS_H

#include "kernel/motion/track.h"

/* Of a track whose pairs are known, stops apart; `cosines` of the latitudes of all fixes of its stream. */
extern TvmStatus tvm_track_find_stops(TvmEnv *env, TvmTrack *track, const double *cosines);

#endif							/* TVM_MOTION_STOPS_H */
