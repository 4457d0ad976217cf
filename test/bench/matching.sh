#!/usr/bin/env bash
# How well tracks are matched, on a private cluster, as tables in Markdown.
#
#   test/bench/matching.sh [--write]     --write puts them into docs/matching.md; SEED, ROUTES (40 on Gothenburg, half as many on New York)
#
# On the demonstration's Gothenburg, and on New York where the files of the DIMACS challenge are in ROADS (default: ../shared/data/roads
# beside the checkout).
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
make_database() {
    psql -d template1 -c "CREATE DATABASE $1"
    psql -d "$1" -c "CREATE EXTENSION timevmaps CASCADE" -c "SELECT timevmaps.tv_init()" >/dev/null
}

roads=${ROADS:-../shared/data/roads}
routes=${ROUTES:-40}
scripts/cluster.sh create "$scratch/cluster" "shared_buffers = '512MB'" "jit = off" "max_parallel_workers_per_gather = 0" >/dev/null
make_database gothenburg
psql -d gothenburg -v gothenburg="$PWD/demo/gothenburg" -f demo/load-gothenburg.sql >/dev/null
{
    printf '### Gothenburg\n\n'
    client perl test/bench/matching.pl gothenburg "$routes"
} > "$scratch/table"
if [ -e "$roads/USA-road-t.NY.gr.gz" ]; then
    mkdir "$scratch/roads"
    perl test/bench/roads.pl "$roads" "$scratch/roads"
    make_database newyork
    psql -d newyork -c "INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'New York')" \
        -c "INSERT INTO timevmaps.timelines (id, world_id, label) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'main')"
    psql -d newyork -c "\\copy timevmaps.places (id, lat, lon, world_id) FROM PROGRAM 'sed \"s/\$/\\t1/\" $scratch/roads/places.tsv'" \
        -c "\\copy timevmaps.segments (id, a_place_id, b_place_id, length_m, speed_kph, oneway, world_id) FROM PROGRAM 'sed \"s/\$/\\t1/\" $scratch/roads/segments.tsv'" \
        -c "ANALYZE"
    {
        printf '\n### New York\n\n'
        client perl test/bench/matching.pl newyork $((routes / 2))
    } >> "$scratch/table"
fi
if [ "${1:-}" = --write ]; then
    { sed '/^<!-- figures: /q' docs/matching.md; echo; cat "$scratch/table"; } > "$scratch/page"
    cat "$scratch/page" > docs/matching.md
fi
cat "$scratch/table"
