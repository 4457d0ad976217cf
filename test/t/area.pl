# Areas from prepared graphs are those from the rows, to the last byte: on branches, with segments that are new since the
# graph was made, places that have moved, rules for turns and gateways; and nothing of them stays in the session.
use strict;
use warnings;
use lib "$ENV{TV_REPO}/test/lib";
use Test::More;
use TvCluster;

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

sub areas
{
	my ($prepared) = @_;
	return $cluster->query('app', "SET timevmaps.prepared_graph = $prepared; SELECT t, p, a.seconds, a.places, a.area_m2, md5(ST_AsEWKB(a.geom)) FROM generate_series(1, 3) t, (VALUES (400), (555), (951)) v (p), "
		. "LATERAL timevmaps.tv_isochrone_area(1, t, p, '{0,30,90,200,infinity}') a ORDER BY 1, 2, 3");
}

sub same
{
	my ($what) = @_;
	my ($on, $off) = map { areas($_) } qw(on off);
	is(scalar(split /\n/, $on), 45, "$what: areas");
	is($on, $off, "$what: from graphs and from rows");
	return $on;
}

my $first = same('at first');
$cluster->query('app', 'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (100000, 1, 100, 800, 900, 120)');
isnt(same('with a segment that the graph does not know'), $first, 'which leads elsewhere');
$cluster->query('app', 'UPDATE timevmaps.places SET lon = lon + 0.0011 WHERE id IN (555, 556, 300)');
same('with places that have moved');
# Rules that change nothing, at every second junction.  Each limit for itself: the search ends soon after it.
my $alone = "SELECT t, p, a.seconds, a.places, a.area_m2, md5(ST_AsEWKB(a.geom)) FROM generate_series(1, 3) t, (VALUES (400), (555), (951)) v (p), unnest('{30,90,200}'::float[]) s, "
	. "LATERAL timevmaps.tv_isochrone_area(1, t, p, ARRAY[s]) a ORDER BY 1, 2, 3";
my @alone = map { scalar $cluster->query('app', "SET timevmaps.prepared_graph = $_; $alone") } qw(on off);
$cluster->query('app', q{INSERT INTO timevmaps.turns (world_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
	SELECT 1, s.id, s.b_place_id, s.id, 'cost', 0 FROM timevmaps.segments s WHERE s.b_place_id % 2 = 0});
push @alone, map { scalar $cluster->query('app', "SET timevmaps.prepared_graph = $_; $alone") } qw(on off);
$cluster->query('app', 'SELECT * FROM timevmaps.tv_prepare_graph(1)');
push @alone, map { scalar $cluster->query('app', "SET timevmaps.prepared_graph = $_; $alone") } qw(on off);
is($alone[$_], $alone[0], (qw(rows graph rows graph rows))[$_ - 1] . (' without rules', ' with rules that change nothing', ' with the graph split at them')[$_ / 2]) for 1 .. 5;
$cluster->query('app', 'DELETE FROM timevmaps.turns');

$cluster->query('app', q{INSERT INTO timevmaps.turns (world_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
	SELECT 1, s.id, s.b_place_id, t.id, (ARRAY['no', 'cost'])[1 + s.id % 2], CASE WHEN s.id % 2 = 1 THEN 15 END FROM timevmaps.segments s JOIN timevmaps.segments t ON t.a_place_id = s.b_place_id WHERE s.id % 4 = 0});
my $turning = same('with rules for turns');
$cluster->query('app', 'SELECT * FROM timevmaps.tv_prepare_graph(1)');
is(same('with junctions split in the graph'), $turning, 'the same as before');
my @limits = $cluster->query('app', "SELECT count(*) FROM timevmaps.tv_isochrone_area(1, 1, 555, '{30,90,200}') a, timevmaps.tv_isochrone(1, 1, 555, a.seconds) i JOIN timevmaps.places p ON p.id = i.place_id WHERE i.timeline_id = 1 AND NOT ST_Covers(a.geom, p.geom)");
is("@limits", '0', 'what is reached by the rules for turns is within');

done_testing();
