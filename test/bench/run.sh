#!/usr/bin/env bash
# Timings on a private cluster, as a table in Markdown.
#
#   test/bench/run.sh [--write]        --write keeps it as docs/benchmarks.md
#
# Both sides of a ratio run in the same session, in turn, warm; a figure is the median of
# at least 20 repetitions (REPEAT). Answers are compared before anything is timed.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tv-bench.XXXXXX")
chmod 755 "$scratch"
cleanup() { [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"; rm -rf "$scratch"; }
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

scripts/cluster.sh create "$scratch/cluster" "shared_buffers = '256MB'" "jit = off" "max_parallel_workers_per_gather = 0"
psql() { scripts/cluster.sh client "$scratch/cluster" psql -X -q -v ON_ERROR_STOP=1 -d postgres "$@"; }
PGOPTIONS='-c client_min_messages=warning' psql \
    -c "CREATE EXTENSION timevmaps CASCADE" -c "CREATE EXTENSION pgrouting" -c "SELECT timevmaps.tv_init()" >/dev/null
psql -v gothenburg="$PWD/demo/gothenburg" -f demo/load-gothenburg.sql >/dev/null
psql -c "VACUUM ANALYZE"

scripts/cluster.sh client "$scratch/cluster" perl test/bench/timings.pl postgres > "$scratch/table"
if [ "${1:-}" = --write ]; then cp "$scratch/table" docs/benchmarks.md; fi
cat "$scratch/table"
