# timevmaps.running_per_world: as many of a world run at once as it says, whoever commits when, and other worlds go on.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => [ 'timevmaps.running_per_world = 1', 'max_worker_processes = 16' ]);
$cluster->setup('app');
sub q1 { my ($sql) = @_; return $cluster->query('app', $sql) }
q1(q{INSERT INTO timevmaps.worlds (id, name) SELECT n, 'w' || n FROM generate_series(1, 2) n; INSERT INTO timevmaps.timelines (id, world_id, label) SELECT n, n, 'root' FROM generate_series(1, 2) n});
sub long
{
	my ($world) = @_;
	return qq{SELECT id FROM timevmaps.tv_submit_experiment($world, $world, 'quantum', '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false,
		"options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}')};
}
my $running = "SELECT string_agg(world_id || ':' || n, ' ' ORDER BY world_id) FROM (SELECT world_id, count(*) AS n FROM timevmaps.queue_running GROUP BY world_id) r";

my $late = TvSession->new($cluster, 'app', 'late');
my $first = $late->query('BEGIN; ' . long(1));
q1(long(1)) for 1 .. 3;
q1('SELECT timevmaps.tv_start_worker()') for 1 .. 4;
ok($cluster->poll('app', "SELECT count(*) = 1 FROM timevmaps.queue_running", 20), 'one runs');
$late->query('COMMIT');
q1(long(2));
ok($cluster->poll('app', 'SELECT count(*) = 2 FROM timevmaps.queue_running', 20), 'one of another world begins beside it');
select undef, undef, undef, 1.5;
is(q1($running), '1:1 2:1', 'and no second one of the first, also not one with a lower number that was committed late');
q1("UPDATE timevmaps.experiments SET status = 'cancelled' WHERE status = 'running' AND world_id = 1");
ok($cluster->poll('app', "SELECT count(*) = 1 AND bool_and(world_id = 1) FROM timevmaps.experiments WHERE status = 'running' AND world_id = 1", 10), 'when it has ended the next begins');
q1('ALTER SYSTEM SET timevmaps.running_per_world = 2');
$cluster->reload;
ok($cluster->poll('app', "SELECT count(*) = 2 FROM timevmaps.queue_running WHERE world_id = 1", 10), 'two, from a reload on');
q1("UPDATE timevmaps.experiments SET status = 'cancelled' WHERE status IN ('queued', 'running')");
q1('SELECT timevmaps.tv_stop_worker()');
done_testing();
