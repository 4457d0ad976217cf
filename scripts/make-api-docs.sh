#!/usr/bin/env bash
# Print docs/api.md, from a private cluster made for it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/scratch.sh
scratch=
cleanup() {
    trap '' INT TERM HUP PIPE
    [ -n "$scratch" ] || return 0
    [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE
make_scratch tv-docs 200 4000 cluster || exit 1
scripts/cluster.sh create "$scratch/cluster"
scripts/cluster.sh psql "$scratch/cluster" -q -d postgres -v ON_ERROR_STOP=1 \
    -c "SET client_min_messages = warning" -c "CREATE EXTENSION timevmaps CASCADE" -c "SELECT timevmaps.tv_init()" >/dev/null
scripts/cluster.sh client "$scratch/cluster" perl scripts/api-docs.pl postgres
