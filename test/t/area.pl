# Areas from prepared graphs are those from the rows, to the last byte: on branches, with segments that are new since the
# graph was made, places that have moved, rules for turns and gateways; and nothing of them stays in the session.
use strict;
use warnings;
use lib "$ENV{TV_REPO}/test/lib";
use Test::More;
use TvTown;

my $cluster = TvTown::cluster();

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
