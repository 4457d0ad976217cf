#!/usr/bin/env bash
# Print docs/api.md, from a private cluster made for it.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tv-docs.XXXXXX")
chmod 755 "$scratch"
cleanup() { [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"; rm -rf "$scratch"; }
trap cleanup EXIT
scripts/cluster.sh create "$scratch/cluster"
scripts/cluster.sh psql "$scratch/cluster" -q -d postgres -v ON_ERROR_STOP=1 \
    -c "SET client_min_messages = warning" -c "CREATE EXTENSION timevmaps CASCADE" -c "SELECT timevmaps.tv_init()" >/dev/null
scripts/cluster.sh client "$scratch/cluster" perl scripts/api-docs.pl postgres
