/*
 * what_if_zones.h: which segments the zones of a what-if slow down or close.
 */
#ifndef TV_NETWORK_WHAT_IF_ZONES_H
#define TV_NETWORK_WHAT_IF_ZONES_H

#include "postgres.h"

#include "bridge/network/what_if.h"
#include "bridge/server/env.h"

/*
 * The same what-if with segments and parts of them in place of zones, as the caller sees them.  What it says of a segment itself
 * wins over what it says of zones, as what is set by hand does.  Between SPI_connect() and SPI_finish().
 */
extern const TvWhatIf *tv_what_if_in_zones(TvEnv *env, const TvWhatIf *what_if, int64 world_id);

#endif							/* TV_NETWORK_WHAT_IF_ZONES_H */
