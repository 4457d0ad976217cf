# tv_route_cost adds up a way without making its steps: to the bit what tv_plan_route says of the same way, from a
# prepared graph, over overrides, gateways and a segment that the graph does not know, and from the rows.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'w', '{"sr": true, "gr": {"gm": 1e23, "r": 6371008.8}}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'a', NULL), (2, 1, 'b', 1), (3, 1, 'c', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1 + x + 30 * y, 1, x * 0.01, y * 0.01 FROM generate_series(0, 29) x, generate_series(0, 29) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
SELECT 1, p.id, q.id, 1000 * (1.3 + p.id * 7919 % 1000 / 997.0), 10 + q.id * 104729 % 50 / 1.3, p.id % 7 = 0
FROM timevmaps.places p JOIN timevmaps.places q ON (q.id = p.id + 1 AND p.id % 30 <> 0) OR q.id = p.id + 30;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 7 FROM timevmaps.segments WHERE id % 9 = 0;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s)
SELECT 2, id, 3, id, id % 31 / 7.0 FROM timevmaps.places WHERE id % 47 = 3;
SQL
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');
$cluster->query('app', 'INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 900, 40000, 900)');

my $columns = 'distance_m, eta_seconds, local_seconds, coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds';
my $session = TvSession->new($cluster, 'app', 'reader');
for my $graph ('on', 'off') {
	my $pairs = $graph eq 'on' ? 90 : 300;
	is($session->run(<<"SQL")->{rows}, '0 t t', "the same, prepared graphs $graph");
SET timevmaps.prepared_graph = $graph;
SELECT concat_ws(' ', count(*) FILTER (WHERE c IS DISTINCT FROM p), bool_or(c IS NULL), count(c) > 20)
FROM (VALUES (1, 1), (2, 2), (2, 3), (3, 2)) t (o, d), generate_series(1, 900, $pairs) x, generate_series(1, 900, $pairs - 3) y,
    (VALUES ('local'), ('traveler'), ('distance')) m (m),
    LATERAL (SELECT (SELECT ROW($columns)::text FROM timevmaps.tv_route_cost(1, t.o, x, y, t.d, m)) AS c,
                    (SELECT ROW($columns)::text FROM timevmaps.tv_plan_route(1, t.o, x, y, t.d, m)) AS p) r
SQL
}
done_testing();
