# What is explained of routes is the same from prepared graphs and from the rows: on branches, over gateways, with segments that
# are new since the graph was made, and with rules for turns.
use strict;
use warnings;
use lib "$ENV{TV_REPO}/test/lib";
use Test::More;
use TvTown;

my $cluster = TvTown::cluster();

sub explained
{
	my ($prepared) = @_;
	return $cluster->query('app', "SET timevmaps.prepared_graph = $prepared; SELECT t, d, e.seq, e.place_id, e.segment_id, e.gateway_id, e.cost, e.by_length + e.by_drag + e.by_turn + e.by_gateway = e.cost, e.by_turn, e.decided, round(e.next_best_cost::numeric, 6) "
		. "FROM generate_series(1, 3) t, (VALUES (400, 901), (130, 955), (951, 115)) v (o, d), LATERAL timevmaps.tv_route_explain(1, t, o, d, t % 2 + 1) e ORDER BY 1, 2, 3");
}

sub same
{
	my ($what) = @_;
	my ($on, $off) = map { explained($_) } qw(on off);
	cmp_ok(scalar(split /\n/, $on), '>', 200, "$what: steps");
	unlike($on, qr/^(?:[^|]*\|){7}f/m, "$what: the parts add up");
	is($on, $off, "$what: from graphs and from rows");
	return $on;
}

my $first = same('at first');
like($first, qr/^(?:[^|]*\|){5}[0-9]/m, 'some lead over gateways');
$cluster->query('app', 'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (100000, 1, 130, 800, 900, 120)');
like(same('with a segment that the graph does not know'), qr/\|100000\|/, 'which they lead over');
$cluster->query('app', q{INSERT INTO timevmaps.turns (world_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
	SELECT 1, s.id, s.b_place_id, t.id, (ARRAY['no', 'cost'])[1 + s.id % 2], CASE WHEN s.id % 2 = 1 THEN 5 END FROM timevmaps.segments s JOIN timevmaps.segments t ON t.a_place_id = s.b_place_id WHERE s.id % 4 < 2});
my $turning = same('with rules for turns');
$cluster->query('app', 'SELECT * FROM timevmaps.tv_prepare_graph(1)');
is(same('with junctions split in the graph'), $turning, 'the same as before');

done_testing();
