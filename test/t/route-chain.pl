# Branches of branches of branches: a timeline finds its ancestors one by one, by their keys, also where the table has just
# been filled and has no statistics yet.  A plan that reads all timelines for each generation took 62 s for 20,000.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $depth = 4000;
my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<"SQL");
INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.places (world_id, lat, lon) SELECT 1, 57, 11 + i * 0.001 FROM generate_series(1, 10) i;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 1, i, i + 1, 100, 36 FROM generate_series(1, 9) i;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) OVERRIDING SYSTEM VALUE
SELECT g.n, 1, g.n::text, nullif(g.n - 1, 0) FROM generate_series(1, $depth) g (n) ORDER BY g.n;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) VALUES (1, 3, 1000), ($depth / 2, 3, 200), ($depth / 2, 4, 300);
SQL

# What a question answers, and how many rows of timelines it has read from end to end.
sub asked
{
	my ($question, $settings) = @_;
	my ($answer, $read) = split /\n/, $cluster->query('app', "BEGIN; $settings; $question;
		SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relid = 'timevmaps.timelines'::regclass");
	cmp_ok($read, '<=', 8 * $depth, "$settings, $question: all timelines are read a few times at most");
	return $answer;
}

for my $graph ('on', 'off')
{
	my $settings = "SET LOCAL timevmaps.prepared_graph = $graph";
	is(asked("SELECT distance_m FROM timevmaps.tv_plan_route(1, $depth, 1, 10)", $settings), 1200, '... and the nearest ancestor wins');
	is(asked("SELECT distance_m FROM timevmaps.tv_plan_route(1, $depth / 2 - 1, 1, 10)", $settings), 1800, '... a younger one is none');
	is(asked("SELECT fraction FROM timevmaps.tv_snap(1, $depth, 11.0045, 57.0001)", $settings), 0.5, '... a point finds its segment');
}
done_testing;
