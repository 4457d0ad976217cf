# Costs that add up to more than a double holds: an error or the right answer, and the same from a prepared
# graph as from the rows.  To a hierarchy such a sum looks like "no way".
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');

# World 1: 1 - 2 - 3 take 1e308 s each, 3 - 4 a second; 5 is alone; 7 - 8 - 9 take 3.6e8 s each, but are 1e308 m.  On timeline
# 2 the way from 2 to 3 is short, on timeline 3 closed, but a gateway of 1e308 s leads from its place 2 to place 3 of timeline 1.
# World 2: a ring, one half of which overflows.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}'), (2, 'two', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'short', 1), (3, 1, 'closed', 1), (4, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT i, 1, i * 0.001, 0.1 + i * 0.001 FROM generate_series(1, 9) i;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 20 + i, 2, (i % 3) * 0.001, i * 0.001 FROM generate_series(1, 6) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (1, 1, 1, 2, 1e308, 3.6), (2, 1, 2, 3, 1e308, 3.6), (3, 1, 3, 4, 1, 3.6), (4, 1, 7, 8, 1e308, 1e300), (5, 1, 8, 9, 1e308, 1e300);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 20 + i, 2, 20 + i, 21 + i % 6, CASE WHEN i < 4 THEN 7e307 ELSE 5e307 END, 3.6 FROM generate_series(1, 6) i;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m, closed) VALUES (2, 2, 2, NULL), (3, 2, NULL, true);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (3, 2, 1, 3, 1e308);
SQL
my ($on, $off) = map { TvSession->new($cluster, 'app', $_) } 'prepared', 'rows';
$off->query('SET timevmaps.prepared_graph = off');

my @cases = (
	['route_cost(1, 1, 1, 2)', '1e+308', 'one is not too much'],
	['route_cost(1, 1, 1, 3)', '22003', 'two are'],
	['route_cost(1, 1, 1, 4)', '22003', 'and what comes after them'],
	['route_cost(1, 1, 3, 4)', '1', 'beside them nothing is wrong'],
	['route_cost(1, 1, 1, 5)', '', 'no way is not an error'],
	["route_cost(1, 1, 1, 3, metric => 'distance')", '22003', 'metres'],
	['route_cost(1, 1, 7, 8)', '360000000', 'long and fast'],
	['route_cost(1, 1, 7, 9)', '22003', 'metres are too many where seconds are not'],
	['route_cost(1, 2, 1, 3)', '1e+308', 'a branch in which it is short'],
	['route_cost(1, 2, 3, 1)', '1e+308', 'and back'],
	['route_cost(1, 3, 1, 3)', '', 'a branch in which it is closed'],
	['route_cost(1, 3, 2, 4, 1)', '1e+308', 'a dear gateway'],
	['route_cost(1, 3, 1, 4, 1)', '22003', 'too dear'],
	['route_cost(1, 3, 1, 5, 1)', '', 'leads nowhere'],
	['route_cost(2, 4, 21, 24)', '1.5e+308', 'the half of a ring that does not overflow'],
	['plan_route(1, 1, 1, 3)', '22003', 'a plan'],
	['route_steps(1, 1, 1, 3)', '22003', 'steps'],
	['cost_matrix(1, 1, ARRAY[1], ARRAY[2, 5])', '1e+308', 'a matrix'],
	['cost_matrix(1, 1, ARRAY[1], ARRAY[5])', '', 'a matrix without ways'],
	['cost_matrix(1, 1, ARRAY[4, 1], ARRAY[2, 3])', '22003', 'a matrix with too long a way'],
	["cost_matrix(1, 1, ARRAY[7], ARRAY[9], 'local')", '720000000', 'whose sum of metres nobody asks for'],
	['cost_matrix(1, 2, ARRAY[1], ARRAY[3, 5])', '1e+308', 'a matrix on a branch'],
	["isochrone(1, 1, 1, 'infinity')", '22003', 'without a limit'],
	['isochrone(1, 1, 1, 1e308)', '0 1e+308', 'with one'],
	['isochrone(1, 1, 4, 1.7e308)', '0 1 1e+308', 'from the other end'],
	["isochrone(1, 1, 5, 'infinity')", '0', 'from where nothing is'],
	["isochrone(1, 2, 1, 'infinity')", '0 1e+308 1e+308 1e+308', 'on a branch'],
	["isochrone(1, 3, 1, 'infinity')", '22003', 'over a dear gateway'],
	['route_alternatives(1, 1, 1, 3)', '22003', 'alternatives'],
	['route_alternatives(2, 4, 21, 23, k => 5, max_stretch => 100)', '1.4e+308', 'alternatives, the other of which is too long'],
	['route_alternatives(1, 1, 1, 5)', '', 'no alternatives'],
	["plan_route_at(1, 1, 1, 3, '2024-01-01')", '22003', 'a departure'],
	["plan_route_at(1, 1, 1, 5, '2024-01-01')", '', 'a departure to nowhere'],
	['route_diff(1, 2, 1, 3)', '22003', 'the difference from a branch'],
	['plan_point_route(1, 1, 0.1011, 0.0011, 0.1035, 0.0035)', '22003', 'from within a segment, and over another'],
	['plan_point_route(1, 1, 0.1011, 0.0011, 0.1021, 0.0021)', '1e+308', 'to within the other'],
	['plan_point_route(1, 1, 0.1015, 0.0015, 0.1075, 0.0075)', '', 'to where no way leads'],
);

sub answer
{
	my ($session, $call) = @_;
	my $column = $call =~ /^plan_/ ? 'eta_seconds' : $call =~ /^route_steps/ ? 'local_seconds' : $call =~ /^route_diff/ ? 'b_local_seconds' : 'cost';
	my $answer = $session->run("SELECT string_agg($column\::text, ' ' ORDER BY $column) FROM timevmaps.tv_$call");
	return $answer->{sqlstate} || join ' ', map { sprintf '%.9g', $_ } split ' ', $answer->{rows};
}

sub check_all
{
	my ($when) = @_;
	for my $case (@cases)
	{
		my ($call, $expected, $what) = @$case;
		is(answer($off, $call), $expected, "rows: $what ($call)");
		is(answer($on, $call), $expected, "$when: $what ($call)");
	}
}

$cluster->query('app', "SELECT timevmaps.tv_prepare_graph($_)") for 1, 2;
check_all('prepared');
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_graph_status() WHERE timeline_id = 2'), '1', 'prepared graphs were asked');

# A segment that the graph does not know, and weights that come after the graph.
$cluster->query('app', 'DELETE FROM timevmaps.segments WHERE id = 2');
$cluster->query('app', 'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (2, 1, 2, 3, 1e308, 3.6)');
$cluster->query('app', 'INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m, closed) VALUES (2, 2, 2, NULL), (3, 2, NULL, true)');
check_all('a new segment');
# A segment that takes longer than a double can tell is named, and its sentence is a whole one.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name) VALUES (3, 'three');
INSERT INTO timevmaps.timelines (id, world_id, label) OVERRIDING SYSTEM VALUE VALUES (9, 3, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (31, 3, 0, 0), (32, 3, 0, 1);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (31, 3, 31, 32, 1e308, 1e-300);
SQL
for my $graph ('on', 'off')
{
	my (undef, undef, $error) = $cluster->psql('app', "SET timevmaps.prepared_graph = $graph; SELECT timevmaps.tv_plan_route(3, 9, 31, 32)");
	is(join(' ', $error =~ /(?:ERROR|DETAIL):\s+(.*)/g), '22003: result out of range Segment 31 on timeline 9.', "a time beyond all, prepared graphs $graph");
}

done_testing();
