#!/usr/bin/env bash
# The queue beside graphile-worker 0.17.3, in one cluster, in turn, as a section in Markdown.
#
#   test/bench/queue.sh        JOBS (100000), ROUNDS (3), LATENCIES (500), HELD (1000000; 0: not measured), WORKERS (2)
#
# Throughput: JOBS are committed at once, and the time counts from then until the last one's end is seen.  Theirs do
# nothing and leave nothing, ours leave a result each.  fsync and synchronous_commit are on.  graphile-worker comes
# from npm into build/graphile-worker; without it ours are measured alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/scratch.sh
jobs=${JOBS:-100000} rounds=${ROUNDS:-3} latencies=${LATENCIES:-500} held=${HELD:-1000000} workers=${WORKERS:-2}
peer=graphile-worker@0.17.3 folder=$PWD/build/graphile-worker
scratch= holder= runner=
cleanup() {
    trap '' INT TERM HUP PIPE
    for pid in $holder $runner; do kill "$pid" 2>/dev/null || true; done
    [ -n "$scratch" ] || return 0
    [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE
make_scratch tv-bench 4000 4000 cluster || exit 1
make -s build/bench/queue >&2

why=
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then why="npm is not installed"
elif [ ! -e "$folder/node_modules/graphile-worker/package.json" ]; then
    mkdir -p "$folder"
    npm install --no-save --no-audit --no-fund --prefix "$folder" "$peer" > "$folder/npm.log" 2>&1 || why="npm could not install $peer"
fi

scripts/cluster.sh create "$scratch/cluster" "fsync = on" "synchronous_commit = on" "shared_buffers = '512MB'" "max_wal_size = '8GB'" \
    "jit = off" "shared_preload_libraries = 'timevmaps'" "timevmaps.databases = 'ours'" "timevmaps.workers = $workers"
client() { scripts/cluster.sh client "$scratch/cluster" "$@"; }
sql() { PGOPTIONS='-c client_min_messages=warning' client psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
quantile() { sort -g "$1" | awk -v q="$2" '{ v[NR] = $1 } END { n = int((q * NR + 99) / 100); print v[n] }'; }
median() { quantile "$1" 50; }
rate() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%d", n / s }'; }
ms() { awk -v s="$1" 'BEGIN { printf "%.2f ms", 1000 * s }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

sql -d postgres -c "CREATE DATABASE ours" -c "CREATE DATABASE theirs"
sql -d ours -c "CREATE EXTENSION timevmaps CASCADE" -c "SELECT timevmaps.tv_init()" > /dev/null
sql -d ours -c "INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'bench')" -c "INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main')"
# A planner that has never seen the tables is no part of what is measured.
sql -d ours -c "VACUUM ANALYZE"

insert_ours="WITH i AS (INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
    SELECT 1, 1, 'sr', jsonb_build_object('v_mps', 1000 * (1 + n % 200000), 'coordinate_seconds', 60) FROM generate_series(1, $jobs) n RETURNING id)
    SELECT max(id) FROM i"
# The last one first, for most looks end there.
check_ours="SELECT CASE WHEN EXISTS (SELECT FROM timevmaps.results r WHERE r.experiment_id = \$1)
    THEN (SELECT count(*) FROM timevmaps.results r WHERE r.experiment_id BETWEEN \$1 - $jobs + 1 AND \$1) = $jobs ELSE false END"
insert_theirs="SELECT max(j.id) FROM graphile_worker.add_jobs(ARRAY(SELECT json_populate_record(NULL::graphile_worker.job_spec,
    json_build_object('identifier', 'nothing', 'payload', json_build_object('n', n))) FROM generate_series(1, $jobs) n)) j"
check_theirs="SELECT CASE WHEN EXISTS (SELECT FROM graphile_worker._private_jobs j WHERE j.id = \$1)
    THEN false ELSE NOT EXISTS (SELECT FROM graphile_worker._private_jobs) END"
bell="INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'quantum',
    '{\"qubits\": 2, \"gates\": [{\"op\": \"H\", \"target\": 0}, {\"op\": \"CNOT\", \"control\": 0, \"target\": 1}]}') RETURNING id"
check_bell="SELECT e.status = 'finished' FROM timevmaps.experiments e WHERE e.id = \$1"

drain() { client build/bench/queue "$1" 1 200 5000 "$2" "$3"; }
start_peer() {
    # Not by a function: what is killed is to be the program itself.
    scripts/cluster.sh client "$scratch/cluster" node test/bench/queue.mjs "$folder" theirs > "$scratch/node" 2>&1 &
    runner=$!
    for _ in $(seq 100); do if grep -q ready "$scratch/node"; then return; fi; sleep 0.1; done
    cat "$scratch/node" >&2; exit 1
}
stop_peer() { kill "$runner"; wait "$runner" || true; runner=; }

[ -z "$why" ] || echo "queue.sh: graphile-worker is not measured: $why" >&2
drain ours "${insert_ours//$jobs/2000}" "${check_ours//$jobs/2000}" > /dev/null    # warm
for _ in $(seq "$rounds"); do
    drain ours "$insert_ours" "$check_ours" >> "$scratch/ours"
    if [ -z "$why" ]; then
        start_peer
        drain theirs "$insert_theirs" "$check_theirs" >> "$scratch/theirs"
        stop_peer
    fi
done
client build/bench/queue ours "$latencies" 20 100 "$bell" "$check_bell" > "$scratch/bell"
if [ -z "$why" ]; then
    start_peer
    client build/bench/queue theirs "$latencies" 20 100 "SELECT (graphile_worker.add_job('nothing', '{}')).id" \
        "SELECT NOT EXISTS (SELECT FROM graphile_worker._private_jobs j WHERE j.id = \$1)" > "$scratch/job"
    stop_peer
fi

ours=$(rate "$jobs" "$(median "$scratch/ours")") theirs=0
[ -n "$why" ] || theirs=$(rate "$jobs" "$(median "$scratch/theirs")")
cat <<END

## The queue

$jobs \`sr\` experiments, from queued to a durable result each, $workers workers, and as many empty jobs of graphile-worker 0.17.3 with its local queue (500) and batched completion, 24 at
once, in the same cluster, in turn, medians of $rounds rounds; \`fsync\` and \`synchronous_commit\` are on. Latency: from the commit of the insert until another session sees the end, nothing
else going on, $latencies times. The load average was $(cut -d' ' -f1 /proc/loadavg) when it ended.

| what | ours | graphile-worker | ratio | bar |
|---|---|---|---|---|
END
if [ -z "$why" ]; then
    echo "| ended a second | $ours | $theirs | $(ratio "$ours" "$theirs") | 2 |"
    for q in 50 95 99; do
        bar=; [ "$q" != 50 ] || bar="5 ms"
        a=$(quantile "$scratch/bell" "$q") b=$(quantile "$scratch/job" "$q")
        echo "| latency of a Bell circuit, and of an empty job: percentile $q | $(ms "$a") | $(ms "$b") | $(ratio "$b" "$a") | $bar |"
    done
else
    echo "| ended a second | $ours | not measured: $why | | |"
    for q in 50 95 99; do echo "| latency of a Bell circuit: percentile $q | $(ms "$(quantile "$scratch/bell" "$q")") | | | $([ "$q" != 50 ] || echo "5 ms") |"; done
fi

if [ "$held" -gt 0 ]; then
    scripts/cluster.sh client "$scratch/cluster" psql -X -d ours -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT 1" -c "SELECT pg_sleep(36000)" > /dev/null 2>&1 &
    holder=$!
    done=0
    while [ "$done" -lt "$held" ]; do
        drain ours "$insert_ours" "$check_ours" >> "$scratch/held"
        done=$((done + jobs))
    done
    kill "$holder"; wait "$holder" 2>/dev/null || true; holder=
    first=$(rate "$jobs" "$(head -n 1 "$scratch/held")") last=$(rate "$jobs" "$(tail -n 1 "$scratch/held")")
    echo "| with a snapshot held, a second: the last $jobs of $done, and the first of them | $last | ($first) | $(ratio "$first" "$last") slower | 1.3 |"
fi
