# The log of changes does not grow for ever: workers prune what no prepared graph needs, and routes stay right.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE DATABASE app');
$cluster->query('app', 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE; SELECT timevmaps.tv_init()');

sub q1 { return $cluster->query('app', $_[0]) }
sub rows { return q1("SELECT count(*) FROM timevmaps.network_changes WHERE world_id = $_[0] AND kind <> 'x'") }
sub edit { q1("DO \$\$ BEGIN FOR i IN 1 .. $_[1] LOOP UPDATE timevmaps.segments SET length_m = $_[2] + i WHERE world_id = $_[0]; END LOOP; END \$\$") }
my $cost = 'SELECT distance_m FROM timevmaps.tv_route_cost(1, 1, 1, 2)';
sub worker_once
{
	q1('SELECT timevmaps.tv_start_worker()');
	my $done = $cluster->poll('app', $_[0]);
	q1('SELECT timevmaps.tv_stop_worker()');
	$cluster->poll('app', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()');
	return $done;
}

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('one'), ('two'), ('few');
    INSERT INTO timevmaps.timelines (world_id, label) SELECT id, 'root' FROM timevmaps.worlds;
    INSERT INTO timevmaps.places (world_id, lat, lon) SELECT w.id, 0, i FROM timevmaps.worlds w, generate_series(1, 2) i ORDER BY w.id, i;
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
    SELECT world_id, min(id), max(id), 1000, 50 FROM timevmaps.places GROUP BY world_id;
});
edit($_, 150, 2000) for 1, 2;
edit(3, 20, 2000);
my $few = rows(3);
ok(worker_once("SELECT count(*) = 2 FROM timevmaps.network_changes WHERE kind = 'x' AND world_id IN (1, 2)"), 'a worker prunes worlds without a graph');
is(rows(1) . ' ' . rows(2), '0 0', 'whole');
is(rows(3), $few, 'where there are few it leaves them');

my $old = TvSession->new($cluster, 'app');
q1('SELECT timevmaps.tv_prepare_graph(1)');
is($old->query($cost), '2150', 'a session has the graph');
edit(1, 150, 3000);
edit(2, 150, 3000);
is($old->query($cost), '3150', 'and catches up');
ok(worker_once("SELECT count(*) = 0 FROM timevmaps.network_changes WHERE kind <> 'x' AND world_id = 2"), 'again');
is(rows(1), '150', 'what the graph does not have yet stays');
is($old->query($cost) . ' ' . q1($cost), '3150 3150', 'for who needs it');

q1('SELECT timevmaps.tv_prepare_graph(1)');
is(rows(1), '0', 'a new graph has them');
edit(1, 120, 4000);
is($old->query($cost) . ' ' . q1($cost), '4120 4120', 'who had the old graph is right all the same');

done_testing();
