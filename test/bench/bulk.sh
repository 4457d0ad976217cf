#!/usr/bin/env bash
# What the log of changes costs a bulk load: COPY of a million segments into a world of
# 490,000 places, with its triggers and without, in turn.
#
#   test/bench/bulk.sh [rows]
#
# Prints the medians of REPEAT (3) rounds and their ratio; the bar is 1.2.
set -euo pipefail
cd "$(dirname "$0")/../.."
rows=${1:-1000000}
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
make_scratch tv-bench 4000 8000 cluster || exit 1

scripts/cluster.sh create "$scratch/cluster" "shared_buffers = '256MB'" "max_wal_size = '8GB'" "autovacuum = off" "work_mem = '64MB'"
psql() { scripts/cluster.sh client "$scratch/cluster" psql -X -q -A -t -v ON_ERROR_STOP=1 -d postgres "$@"; }
PGOPTIONS='-c client_min_messages=warning' psql -c "CREATE EXTENSION timevmaps CASCADE" -c "SELECT timevmaps.tv_init()" >/dev/null
psql <<SQL
INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'bulk');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 1, n / 700 * 0.001, n % 700 * 0.001 FROM generate_series(1, 490000) n;
ANALYZE timevmaps.places;
SQL
copy() {
    psql -c "TRUNCATE timevmaps.segments CASCADE" -c CHECKPOINT
    for trigger in $(psql -c "SELECT tgname FROM pg_trigger WHERE tgrelid = 'timevmaps.segments'::regclass AND NOT tgisinternal AND tgname LIKE 'segments\\_log\\_%' AND tgenabled = '$2'"); do
        psql -c "ALTER TABLE timevmaps.segments $1 TRIGGER $trigger"
    done
    local start end
    start=$(date +%s%N)
    awk -v rows="$rows" 'BEGIN { for (n = 1; n <= rows; n++) printf "%d\t1\t%d\t%d\t%d\t50\n", n, 1 + n % 490000, 1 + (n * 7 + 1) % 490000, 100 + n % 900 }' |
        psql -c "COPY timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) FROM STDIN"
    end=$(date +%s%N)
    echo $(((end - start) / 1000000))
}
median() { sort -n "$1" | sed -n "$((($(wc -l < "$1") + 1) / 2))p"; }
for round in $(seq "${REPEAT:-3}"); do
    copy DISABLE A >> "$scratch/without"
    copy 'ENABLE ALWAYS' D >> "$scratch/with"
done
without=$(median "$scratch/without") with=$(median "$scratch/with")
[ "$(psql -c "SELECT to_regclass('timevmaps.network_changes') IS NOT NULL")" = t ] || echo "(there is no log of changes yet: both are without)"
awk -v a="$without" -v b="$with" -v n="$rows" 'BEGIN { printf "| COPY of %d segments | without the log %.1f s | with it %.1f s | ratio %.3f |\n", n, a / 1000, b / 1000, b / a }'
