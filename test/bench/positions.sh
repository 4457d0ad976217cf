#!/usr/bin/env bash
# What moves and where it was: storing, reading, replaying and adding up positions, beside others, as a section in Markdown.
#
#   test/bench/positions.sh      SIZE (2000000 fixes), VEHICLES (1000), ROUNDS (20 of storing, 3 of loading), QUERIES (100), BUDGET (12 seconds for a row),
#                                PARTS (all of: load batches post read listeners zones)
#
# positions.pl measures and says how; positions.c stores batches, positions-peers.py measures gpxpy and SpatiaLite; positions-listeners.pl and
# zones.sh add their tables (names.sh and matching.sh have theirs elsewhere). redis, influxdb, gpxpy, SpatiaLite and PostgREST are measured where they are installed (or npm can
# install them). All is on private clusters, sockets and folders.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/scratch.sh
scratch= runner=
cleanup() {
    trap '' INT TERM HUP PIPE
    # It stops what it has started, and its cluster.
    [ -z "$runner" ] || { kill "$runner" 2>/dev/null; wait "$runner"; } || true
    [ -z "$scratch" ] || rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE
make_scratch tv-bench 4000 8000 cluster || exit 1
export TV_REPO=$PWD TV_SCRATCH=$scratch
make -s build/bench/positions >&2

parts=" ${PARTS:-load batches post read listeners zones} "
run() { "$@" & runner=$!; wait "$runner"; runner=; }

# shellcheck disable=SC2086 # words
run perl test/bench/positions.pl $parts
case $parts in *' listeners '*)
    echo
    SECONDS_EACH=${SECONDS_EACH:-5} ROUNDS=${LISTENER_ROUNDS:-3} run perl test/bench/positions-listeners.pl
esac
case $parts in *' zones '*)
    echo
    run test/bench/zones.sh
esac
