#!/usr/bin/env bash
# The queue while much else goes on, in one cluster, as a table in Markdown:
#
#   test/bench/queue-crowd.sh      SECONDS_EACH (10), JOBS (20000), ROUNDS (3), PASSED (100000), DELAYED (200000), LISTENERS (200), WORKERS (2)
#
# what an insert costs; 32 sessions that insert, alone and while 8 workers finish; what an experiment reads while a snapshot is
# held; and throughput beside delayed experiments of the highest priority, and beside listeners of whom one reads nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/scratch.sh
seconds=${SECONDS_EACH:-10} jobs=${JOBS:-20000} rounds=${ROUNDS:-3} passed=${PASSED:-100000} delayed=${DELAYED:-200000}
listeners=${LISTENERS:-200} workers=${WORKERS:-2}
scratch=
declare -a beside=()
# Who waits in a pipe ends with his psql, and that with its session.
end_beside() {
    local pid
    [ ! -d "$scratch/cluster/tree" ] || [ ${#beside[@]} = 0 ] ||
        scripts/cluster.sh client "$scratch/cluster" psql -X -q -A -t -d app -o /dev/null \
            -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()" || true
    for pid in ${beside[@]+"${beside[@]}"}; do kill "$pid" 2>/dev/null || true; done
    wait ${beside[@]+"${beside[@]}"} 2>/dev/null || true
    beside=()
}
cleanup() {
    trap '' INT TERM HUP PIPE
    end_beside
    [ -n "$scratch" ] || return 0
    [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE
make_scratch tv-bench 4000 4000 cluster || exit 1
make -s build/bench/queue >&2
scripts/cluster.sh create "$scratch/cluster" "fsync = on" "synchronous_commit = on" "shared_buffers = '512MB'" "max_wal_size = '8GB'" "jit = off" \
    "shared_preload_libraries = 'timevmaps'" "timevmaps.databases = 'app'" "timevmaps.workers = 0" "max_worker_processes = 20" "max_connections = 300"
client() { scripts/cluster.sh client "$scratch/cluster" "$@"; }
sql() { PGOPTIONS='-c client_min_messages=error' client psql -X -q -A -t -v ON_ERROR_STOP=1 -d app "$@"; }
median() { sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

client createdb app
sql -c "CREATE EXTENSION timevmaps CASCADE" -c "SELECT timevmaps.tv_init()" > /dev/null
sql -c "CREATE ROLE ana LOGIN IN ROLE tv_analyst" -c "INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'bench')" \
    -c "INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main')" -c "SELECT timevmaps.tv_add_member(1, 'ana', 'analyst')" > /dev/null
sql -c "SELECT timevmaps.tv_set_quota('ana', 'experiments_queued', 900000)" > /dev/null
sql -c "VACUUM ANALYZE"

run_workers() {
    local n
    sql -c "ALTER SYSTEM SET timevmaps.workers = $1" -c "SELECT pg_reload_conf()" > /dev/null
    for n in $(seq 200); do
        [ "$(sql -c 'SELECT count(*) FROM timevmaps.tv_worker_status()')" != "$1" ] || return 0
        sleep 0.1
    done
    echo "queue-crowd.sh: there are no $1 workers" >&2; exit 1
}
wait_until_empty() { until [ "$(sql -c "SELECT (SELECT count(*) FROM timevmaps.queue_ready) + (SELECT count(*) FROM timevmaps.queue_running)")" = 0 ]; do sleep 0.1; done; }
insert() { echo "INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{\"v_mps\": 2.4e8, \"coordinate_seconds\": 60}' FROM generate_series(1, $1);"; }
tps() { awk '/^tps/ { print int($3) }'; }
# Microseconds on a processor a row, of a session as $1, $2 rows a statement, $3 times.
cost() {
    {
        echo "SELECT pg_backend_pid() AS pid \\gset"
        echo "\\setenv PID :pid"
        for _ in $(seq 20); do insert "$2"; done
        echo "\\! cut -d' ' -f1 /proc/\$PID/schedstat"
        for _ in $(seq "$3"); do insert "$2"; done
        echo "\\! cut -d' ' -f1 /proc/\$PID/schedstat"
    } | sql -U "$1" -f - | awk -v n=$(($2 * $3)) '{ at[NR] = $1 } END { printf "%.1f", (at[2] - at[1]) / n / 1000 }'
    sql -c "TRUNCATE timevmaps.experiments, timevmaps.results, timevmaps.experiment_attempts"
}
# Experiments ended a second, the median of the rounds.
throughput() {
    local round seconds
    : > "$scratch/rounds"
    for round in $(seq "$rounds"); do
        client build/bench/queue app 1 200 5000 "WITH i AS ($(insert "$jobs" | tr -d ';') RETURNING id) SELECT max(id) FROM i" \
            "SELECT CASE WHEN EXISTS (SELECT FROM timevmaps.results r WHERE r.experiment_id = \$1)
            THEN (SELECT count(*) FROM timevmaps.results r WHERE r.experiment_id BETWEEN \$1 - $jobs + 1 AND \$1) = $jobs ELSE false END" >> "$scratch/rounds"
    done
    seconds=$(median "$scratch/rounds")
    awk -v n="$jobs" -v s="$seconds" 'BEGIN { printf "%d", n / s }'
}
# Blocks that the tables of the queue are asked for by each of 200 experiments, one after the other.
blocks() {
    local total="SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)) FROM pg_statio_user_tables WHERE relname IN ('experiments', 'queue_ready', 'queue_delayed', 'queue_running')"
    local before after
    sql -c "SELECT pg_sleep(1.5)" > /dev/null; before=$(sql -c "$total")
    for _ in $(seq 200); do insert 1; echo "CALL timevmaps.tv_work(1);"; done | sql -f -
    sql -c "SELECT pg_sleep(1.5)" > /dev/null; after=$(sql -c "$total")
    echo $(((after - before) / 200))
}

cat <<END

### The queue in a crowd

In one cluster, \`fsync\` and \`synchronous_commit\` on; throughput is of $jobs \`sr\` experiments with $workers workers, medians of $rounds rounds. \`make bench\` takes about a minute for it, and \`CROWD=full make bench\` takes it at full size. The load average was $(cut -d' ' -f1 /proc/loadavg) when it began.

| what | alone | beside | ratio | bar |
|---|---|---|---|---|
END
for who in postgres ana; do
    name=superuser; [ "$who" = postgres ] || name=analyst
    echo "| an insert as $name, µs of a processor for a row: one to a statement, and 1,000 | $(cost "$who" 1 3000) | $(cost "$who" 1000 20) | | |"
done

insert 1 > "$scratch/insert.sql"
inserts() { client pgbench -n -c 32 -j 2 -T "$seconds" -f "$scratch/insert.sql" app | tps; }
: > "$scratch/alone"; : > "$scratch/with"
for _ in $(seq "$rounds"); do
    run_workers 0; inserts >> "$scratch/alone"
    sql -c "TRUNCATE timevmaps.experiments, timevmaps.results, timevmaps.experiment_attempts"
    run_workers 8; inserts >> "$scratch/with"
    wait_until_empty
done
a=$(median "$scratch/alone") b=$(median "$scratch/with")
echo "| inserts a second by 32 sessions, without workers and while 8 finish | $a | $b | $(ratio "$b" "$a") | 0.9 |"

run_workers "$workers"
throughput > /dev/null      # warm
alone=$(throughput)
run_workers 0
few=$(blocks)
sql -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT 1" -c "SELECT pg_sleep(36000)" > /dev/null 2>&1 & beside=($!)
run_workers "$workers"
held=0
for ((n = 0; n < passed; n += jobs * rounds)); do held=$(throughput); done
run_workers 0
many=$(blocks)
end_beside
echo "| ended a second, a snapshot held while $passed pass | $alone | $held | $(ratio "$held" "$alone") | 0.8 |"
echo "| blocks of the queue's tables that an experiment reads, at the beginning and then | $few | $many | $(ratio "$many" "$few") | 5 |"
sql -c "TRUNCATE timevmaps.experiments, timevmaps.results, timevmaps.experiment_attempts" -c "VACUUM ANALYZE"

few=$(blocks)
sql -c "INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, priority, run_at) SELECT 1, 1, 'sr', '{\"v_mps\": 1}', 100, now() + interval '1 d' FROM generate_series(1, $delayed)"
many=$(blocks)
run_workers "$workers"
beside_delayed=$(throughput)
echo "| ended a second, beside $delayed delayed ones of the highest priority | $alone | $beside_delayed | $(ratio "$beside_delayed" "$alone") | |"
echo "| blocks that an experiment reads, without and with them | $few | $many | $(ratio "$many" "$few") | 1.5 |"
run_workers 0
sql -c "TRUNCATE timevmaps.experiments, timevmaps.results, timevmaps.experiment_attempts" -c "VACUUM ANALYZE"

run_workers "$workers"
alone=$(throughput)
mkfifo "$scratch/never"
for n in $(seq "$listeners"); do
    if [ "$n" = 1 ]; then listen="LISTEN tv_sim_finished; BEGIN; SELECT 1;"; else listen="LISTEN tv_sim_finished;"; fi
    (echo "$listen"; exec 8<>"$scratch/never"; read -r -u 8) | client psql -X -q -d app > /dev/null 2>&1 & beside+=($!)
done
until [ "$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1;'")" -ge "$listeners" ]; do sleep 0.2; done
loud=$(throughput)
echo "| ended a second, beside $listeners listeners of whom one stays in a transaction and reads nothing | $alone | $loud | $(ratio "$loud" "$alone") | 1 |"
end_beside
