#!/usr/bin/env bash
# Points in territories: tv_zones_of() beside npm's country-coder 5.6.1, with its borders, on the same machine, as a section in Markdown.
#
#   test/bench/zones.sh        POINTS (100000), ROUNDS (20)
#
# Both are warm; each says of all points whose they are, and the answers are compared.  Ours is a whole statement, reading the zones'
# rows and building the index each time; theirs keeps its index.  country-coder comes from npm into build/country-coder.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/scratch.sh
points=${POINTS:-100000} rounds=${ROUNDS:-20}
peer=@rapideditor/country-coder@5.6.1 folder=$PWD/build/country-coder
scratch=
cleanup() {
    trap '' INT TERM HUP PIPE
    [ -n "$scratch" ] || return 0
    [ ! -d "$scratch/cluster/tree" ] || scripts/cluster.sh destroy "$scratch/cluster"
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE

echo "### Points in territories"
echo
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "Not measured: npm is not installed."
    exit 0
fi
if [ ! -d "$folder/node_modules/@rapideditor/country-coder" ]; then
    mkdir -p "$folder"
    npm install --no-save --no-audit --no-fund --prefix "$folder" "$peer" > "$folder/npm.log" 2>&1 || { echo "Not measured: npm could not install $peer."; exit 0; }
fi
make_scratch tv-bench 1000 1000 cluster || exit 1
scripts/cluster.sh create "$scratch/cluster" "jit = off" >&2
sql() { PGOPTIONS='-c client_min_messages=warning' scripts/cluster.sh client "$scratch/cluster" psql -X -q -A -t -v ON_ERROR_STOP=1 -d bench "$@"; }
scripts/cluster.sh client "$scratch/cluster" psql -X -q -d postgres -c "CREATE DATABASE bench"
node test/bench/zones.mjs "$folder" borders > "$scratch/borders"
node test/bench/zones.mjs "$folder" points "$points" "$rounds" > "$scratch/points"
theirs=$(sed -n 's/^seconds //p' "$scratch/points")
sql <<SQL
CREATE EXTENSION timevmaps CASCADE;
SELECT count(*) FROM timevmaps.tv_init() \g /dev/null
INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'bench');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
INSERT INTO timevmaps.layers (id, world_id, name, kind, exclusive) VALUES (1, 1, 'lands', 'territory', true);
CREATE TABLE borders (country text, area jsonb);
\copy borders FROM '$scratch/borders'
INSERT INTO timevmaps.zones (layer_id, name, geom) SELECT 1, country, timevmaps.tv_read_area(area) FROM borders;
CREATE TABLE points (n serial, lon float, lat float, country text);
\copy points (lon, lat, country) FROM PROGRAM 'grep -v ^seconds $scratch/points'
CREATE TABLE asked AS SELECT array_agg(lon ORDER BY n) AS lons, array_agg(lat ORDER BY n) AS lats FROM points;
VACUUM ANALYZE;
SQL
different=$(sql -c "SELECT count(*) FROM points p LEFT JOIN (SELECT f.* FROM asked a, timevmaps.tv_zones_of(1, 1, a.lons, a.lats) f) f ON f.point = p.n
    LEFT JOIN timevmaps.zones z ON z.id = f.zone_id WHERE coalesce(z.name, '') <> coalesce(p.country, '')")
for ((i = 0; i < rounds + 3; i++)); do
    echo "SELECT count(*) FROM asked a, timevmaps.tv_zones_of(1, 1, a.lons, a.lats);"
done > "$scratch/statements"
ours=$(sql -c '\timing on' -f "$scratch/statements" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n "$rounds" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] / 1000 }')
cat <<MD
| what | country-coder 5.6.1 | \`tv_zones_of\`, whole statement | ratio |
|---|---|---|---|
| $points points in 314 areas of 26,445 positions | $(awk -v s="$theirs" 'BEGIN { printf "%.0f ms", 1000 * s }') | $(awk -v s="$ours" 'BEGIN { printf "%.0f ms", 1000 * s }') | $(awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "%.1f x", a / b }') |

Answers that differ: $different of $points.
MD
