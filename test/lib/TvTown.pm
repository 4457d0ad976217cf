# A town on a random grid with its prepared graph, for what prepared graphs and rows must answer alike: world 1, timelines
# 1 <- 2 <- 3, places 100 to 999, courses, oneways, overrides on the branches, two gateways; in the database app.
#
#     my $cluster = TvTown::cluster();
package TvTown;
use strict;
use warnings;
use TvCluster;

sub cluster
{
	my $cluster = TvCluster->new;
	$cluster->setup('app');
	$cluster->query('app', <<'SQL');
SET search_path = timevmaps, public;
SELECT setseed(0.5);
INSERT INTO worlds (id, name, rules) VALUES (1, 'Town', '{"sr": false, "clock": "local"}');
INSERT INTO timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'twig', 2);
INSERT INTO places (id, world_id, lon, lat) SELECT 100 + 30 * i + j, 1, 12 + 0.003 * (j + 0.6 * random()), 57 + 0.002 * (i + 0.6 * random()) FROM generate_series(0, 29) i, generate_series(0, 29) j ORDER BY 1;
INSERT INTO segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, geom)
SELECT row_number() OVER (ORDER BY a.id, b.id), 1, a.id, b.id, ST_Distance(a.geom::geography, b.geom::geography) * 1.2, 20 + 50 * random(), random() < 0.2,
    CASE WHEN random() < 0.3 THEN ST_MakeLine(ARRAY[a.geom, ST_SetSRID(ST_MakePoint((a.lon + b.lon) / 2 + 0.0005, (a.lat + b.lat) / 2 + 0.0004), 4326), b.geom]) END
FROM places a JOIN places b ON b.id = a.id + 1 AND (b.id - 100) % 30 <> 0 OR b.id = a.id + 30 WHERE random() < 0.8 ORDER BY a.id, b.id;
INSERT INTO segment_overrides (timeline_id, segment_id, closed, speed_kph) SELECT 2 + id % 2, id, CASE WHEN id % 3 = 0 THEN true END, 10 + id % 70 FROM segments WHERE id % 5 = 0;
INSERT INTO gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 400, 2, 900, 20), (2, 901, 1, 150, 20);
SQL
	$cluster->query('app', 'SELECT * FROM timevmaps.tv_prepare_graph(1)');
	return $cluster;
}

1;
