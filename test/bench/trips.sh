#!/usr/bin/env bash
# Round trips over 50 random places of Gothenburg: tv_plan_trip() beside pgr_TSP, and how much longer each is than the shortest that there
# is, which GLPK finds, in the same run.  A section in Markdown.
#
#   test/bench/trips.sh        SETS (20), STOPS (50)
#
# Ours are whole statements, as psql sees them, with matrix, order, legs and their courses; pgr_TSP is given a table that has the matrix already. What it
# finds is added up over the streets, by tv_plan_trip() in its order, for it takes the cost of one direction for both.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/scratch.sh
sets=${SETS:-20} stops=${STOPS:-50}
scratch=
cleanup() {
    trap '' INT TERM HUP PIPE
    [ -n "$scratch" ] || return 0
    [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE
make_scratch tv-bench 1000 1000 cluster || exit 1

echo "## Trips"
echo
scripts/cluster.sh create "$scratch/cluster" "shared_buffers = '512MB'" "jit = off" >&2
sql() { PGOPTIONS='-c client_min_messages=warning' scripts/cluster.sh client "$scratch/cluster" psql -X -q -A -t -v ON_ERROR_STOP=1 -d postgres "$@"; }
sql -c "CREATE EXTENSION timevmaps CASCADE" -c "CREATE EXTENSION pgrouting" -c "SELECT timevmaps.tv_init()" > /dev/null
sql -v gothenburg="$PWD/demo/gothenburg" -f demo/load-gothenburg.sql > /dev/null
sql -c "VACUUM ANALYZE" -c "SELECT timevmaps.tv_prepare_graph(1)" > /dev/null
sql <<SQL
SELECT setseed(0.52) \g /dev/null
CREATE TABLE place AS SELECT id FROM timevmaps.places WHERE world_id = 1
    AND id IN (SELECT dest_place_id FROM timevmaps.tv_cost_matrix(1, 1, ARRAY[1], ARRAY(SELECT id FROM timevmaps.places WHERE world_id = 1)))
    AND id IN (SELECT origin_place_id FROM timevmaps.tv_cost_matrix(1, 1, ARRAY(SELECT id FROM timevmaps.places WHERE world_id = 1), ARRAY[1]));
CREATE TABLE trip AS SELECT n, ARRAY(SELECT id FROM place ORDER BY md5(n || ' ' || id) LIMIT $stops) AS ids FROM generate_series(1, $sets) n;
CREATE TABLE cost AS SELECT t.n, c.origin_place_id AS start_vid, c.dest_place_id AS end_vid, c.cost AS agg_cost, array_position(t.ids, c.origin_place_id) AS i, array_position(t.ids, c.dest_place_id) AS j
    FROM trip t, LATERAL timevmaps.tv_cost_matrix(1, 1, t.ids, t.ids) c;
\copy (SELECT n, i, j, agg_cost FROM cost WHERE i <> j ORDER BY n, i, j) TO '$scratch/costs'
SQL
if ! command -v glpsol > /dev/null || ! command -v python3 > /dev/null; then
    echo "Not measured: glpsol (glpk-utils) or python3 is not installed."
    exit 0
fi
python3 test/bench/trips.py "$scratch/costs" > "$scratch/least"

# Each of them warm; what is timed is one statement for each set.
for n in 1 $(seq "$sets"); do echo "SELECT max(total_traveler_seconds) FROM (SELECT (timevmaps.tv_plan_trip(1, 1, ids, 'best', closed => true)).* FROM trip WHERE n = $n) t;"; done > "$scratch/ours.sql"
for n in 1 $(seq "$sets"); do echo "SELECT array_agg(node ORDER BY seq) FROM pgr_TSP('SELECT start_vid, end_vid, agg_cost FROM cost WHERE n = $n', start_id => (SELECT ids[1] FROM trip WHERE n = $n));"; done > "$scratch/theirs.sql"
for who in ours theirs; do sql -c '\timing on' -f "$scratch/$who.sql" > "$scratch/$who.out"; grep -v ^Time "$scratch/$who.out" | tail -n "$sets" > "$scratch/$who.answers"; grep ^Time "$scratch/$who.out" | tail -n "$sets" | awk '{ print $2 }' > "$scratch/$who.times"; done
sql -c "SELECT timevmaps.tv_plan_trip(1, 1, '{1}')" > /dev/null
while read -r order; do
    sql -c "SELECT max(total_traveler_seconds) FROM timevmaps.tv_plan_trip(1, 1, '$order')"
done < "$scratch/theirs.answers" > "$scratch/theirs.costs"
mv "$scratch/ours.answers" "$scratch/ours.costs"
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
longer() { paste "$scratch/least" "$1" | awk '{ printf "%.9f\n", 100 * ($4 / $2 - 1) }' | sort -g; }
echo "$sets random sets of $stops places of Gothenburg, there and back by the clock: how much longer than the least there is, and milliseconds a statement."
echo
echo "| who | median | worst | shortest found | time, median |"
echo "|---|---|---|---|---|"
row() { longer "$3" > "$scratch/longer"; printf '| %s | %.2f %% | %.2f %% | %d of %d | %.0f ms |\n' "$1" "$(median < "$scratch/longer")" "$(tail -n 1 "$scratch/longer")" "$(awk '$1 < 1e-6' "$scratch/longer" | wc -l)" "$sets" "$2"; }
row '`tv_plan_trip`, with matrix, legs and courses' "$(median < "$scratch/ours.times")" "$scratch/ours.costs"
row '`pgr_TSP` over a table of costs' "$(median < "$scratch/theirs.times")" "$scratch/theirs.costs"
row 'GLPK, cuts for subtours' "$(cut -f 3 "$scratch/least" | median | awk '{ print 1000 * $1 }')" <(cut -f 2 "$scratch/least")
