#!/usr/bin/env bash
# Timings on a private cluster, as tables in Markdown.
#
#   test/bench/run.sh [--write]        --write keeps them as docs/benchmarks.md
#   PART=memory test/bench/run.sh      routing's memory alone
#   PART=routes test/bench/run.sh       routing alone
#   PART=turns test/bench/run.sh       turns, profiles, areas, what is supposed in a call, and trips, alone, in five minutes; --write replaces these sections
#   CROWD=full test/bench/run.sh       the queue in a crowd at full size, several minutes
#   POSITIONS=full test/bench/run.sh   positions at full size, several minutes
#   build/bench/circuits               circuits in the kernel alone; also: circuits growth
#   test/bench/queue.sh                the queue alone, beside graphile-worker
#   test/bench/trips.sh                round trips alone, beside pgr_TSP and the shortest that there are
#   test/bench/names.sh                names alone, beside fuse.js and others; what is at a point
#   test/bench/queue-crowd.sh          the queue beside inserts, old snapshots, delayed experiments and listeners
#   test/bench/positions.sh            positions: stored, read, replayed, added up; beside others' programs
#   test/bench/surface.pl DATABASE     noisy Clifford circuits; STIM=program for both sides in turn
#   test/bench/run.sh --growth         query, customization and memory against size: docs/growth.md and .svg
#
# Both sides of a ratio run in the same run, in turn, warm. Answers are compared with
# another's in the same run. Routing is on New York where the files of the DIMACS
# challenge are in ROADS (default: ../shared/data/roads beside the checkout), else on the
# demonstration's Gothenburg. A last section of docs/benchmarks.md, "Beside the project",
# is kept as it is.
set -euo pipefail
cd "$(dirname "$0")/../.."
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
make_scratch tv-bench 2000 8000 cluster || exit 1

client() { scripts/cluster.sh client "$scratch/cluster" "$@"; }
psql() { PGOPTIONS='-c client_min_messages=warning' client psql -X -q -v ON_ERROR_STOP=1 "$@"; }

roads=${ROADS:-../shared/data/roads}
mkdir "$scratch/roads"

if [ "${1:-}" = --growth ]; then
    perl test/bench/roads.pl "$roads" "$scratch/roads"
    build/bench/kernel growth "$scratch/roads" "${TILES:-4}" > "$scratch/growth"
    perl test/bench/growth.pl "$scratch/growth" docs
    exit
fi

scripts/cluster.sh create "$scratch/cluster" "shared_buffers = '512MB'" "jit = off" "max_parallel_workers_per_gather = 0"
psql -d postgres -c "CREATE EXTENSION timevmaps CASCADE" -c "CREATE EXTENSION pgrouting" -c "SELECT timevmaps.tv_init()" >/dev/null
psql -d postgres -v gothenburg="$PWD/demo/gothenburg" -f demo/load-gothenburg.sql >/dev/null
psql -d postgres -c "VACUUM ANALYZE"
if [ -n "${PART:-}" ]; then : > "$scratch/table"; else client perl test/bench/timings.pl postgres > "$scratch/table"; fi

if [ -e "$roads/USA-road-t.NY.gr.gz" ]; then
    perl test/bench/roads.pl "$roads" "$scratch/roads"
else
    psql -d postgres -c "\\copy (SELECT id, lat, lon FROM timevmaps.places WHERE world_id = 1 ORDER BY id) TO '$scratch/roads/places.tsv'"
    psql -d postgres -c "\\copy (SELECT id, a_place_id, b_place_id, length_m, speed_kph, oneway FROM timevmaps.segments WHERE world_id = 1 ORDER BY id) TO '$scratch/roads/segments.tsv'"
fi
psql -d postgres -c "CREATE DATABASE roads"
psql -d roads -c "CREATE EXTENSION timevmaps CASCADE" -c "CREATE EXTENSION pgrouting" -c "SELECT timevmaps.tv_init()" >/dev/null
psql -d roads -v roads="$scratch/roads" -f test/bench/roads.sql >/dev/null
psql -d roads -c "VACUUM ANALYZE"
part() { [ "${PART:-$1}" = "$1" ]; }
if part turns; then psql -d postgres -c "CREATE DATABASE plain TEMPLATE roads" -c "CREATE DATABASE turned TEMPLATE roads"; fi
if [ "${PART:-}" != turns ]; then DATA="$scratch/cluster/data" client perl test/bench/routing.pl roads "$scratch/roads" "$scratch" >> "$scratch/table"; fi
if part turns; then
    client perl test/bench/turns.pl plain turned postgres "$scratch/roads" "$scratch" >> "$scratch/table"
    # Five of twenty sets, for GLPK may take a minute each.
    echo >> "$scratch/table"
    SETS=${TRIPS:-5} test/bench/trips.sh >> "$scratch/table"
fi
if [ -z "${PART:-}" ]; then
    build/bench/circuits >> "$scratch/table"
    build/bench/circuits growth >> "$scratch/table"
    client perl test/bench/surface.pl postgres >> "$scratch/table"
    test/bench/queue.sh >> "$scratch/table"
    test/bench/names.sh >> "$scratch/table"
    # About a minute of it; CROWD=full: as the script has it.
    if [ "${CROWD:-}" = full ]; then test/bench/queue-crowd.sh; else
        SECONDS_EACH=3 JOBS=5000 ROUNDS=1 PASSED=5000 DELAYED=20000 LISTENERS=50 test/bench/queue-crowd.sh
    fi >> "$scratch/table"
    # Two minutes of it; POSITIONS=full: two million fixes, six minutes.
    echo >> "$scratch/table"
    if [ "${POSITIONS:-}" = full ]; then test/bench/positions.sh; else
        SIZE=500000 LOADS=1 ROUNDS=5 BUDGET=3 SECONDS_EACH=3 LISTENER_ROUNDS=1 LISTENERS=100 POINTS=20000 test/bench/positions.sh
    fi >> "$scratch/table"
fi

if [ "${1:-}" = --write ] && [ -n "${PART:-}" ]; then
    # Sections that are there already are replaced where they stand, others come before the last.
    perl -0777 -pi -e 'BEGIN { open my $in, "<", pop @ARGV or die; local $/; $new = <$in> }
        for my $section (grep { /^## / } split /^(?=## )/m, $new) { $section =~ s/\n*\z/\n\n/; my ($title) = $section =~ /^(## .*)/; s/^\Q$title\E\n.*?(?=^## |\z)/$section/ms or s/^(?=## Beside the project)/$section/m }' docs/benchmarks.md "$scratch/table"
elif [ "${1:-}" = --write ]; then
    if [ -e docs/benchmarks.md ]; then sed -n '/^## Beside the project/,$p' docs/benchmarks.md > "$scratch/beside"; fi
    { cat "$scratch/table"; if [ -s "$scratch/beside" ]; then echo; cat "$scratch/beside"; fi } > docs/benchmarks.md
fi
cat "$scratch/table"
