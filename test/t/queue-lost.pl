# test/run: calm
# Nothing stays "running" whose worker is gone: after kill -9 of the worker, after the server went down as if power had failed, and
# after a standby took its place, it is claimed again within two seconds.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvQueue;

my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'wal_level = replica' ]);
$cluster->setup('app');
TvQueue::setup($cluster, 'app');

# Takes longer than any of this.
my $long = '{"circuit": {"qubits": 16, "gates": [' . join(', ', map { qq({"op": "RX", "target": $_, "theta": 0.3}) } 0 .. 15) . ']}, "frames": false, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "depolarizing", "p": 0.5}]}}';
my $id;

sub run_one
{
	my ($server) = @_;
	$id = $server->query('app', "SET ROLE ana; SELECT id FROM timevmaps.tv_submit_experiment(1, 11, 'quantum', '$long', max_attempts => 1000)");
	return ok($server->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id", 10), 'a long one runs');
}

# How long after it was to be had the server began it again.
sub begun_again
{
	my ($server, $what) = @_;
	$server->poll('app', 'SELECT NOT pg_is_in_recovery()', 30) or return fail("$what: the server comes back");
	my $up = time;
	my $begun = $server->poll('app', "SELECT status = 'running' AND claim = 2 FROM timevmaps.experiments WHERE id = $id", 15);
	my $took = $begun ? $server->query('app', "SELECT extract(epoch FROM started_at) FROM timevmaps.experiments WHERE id = $id") - $up : 'never';
	note "$what: begun again after $took s";
	ok($begun && $took < 2, "$what: it is claimed again within two seconds") or diag "after $took s";
	is($server->query('app', "SELECT count(*) FROM timevmaps.tv_worker_status() WHERE experiment_id = $id"), '1', '... by one worker');
	return;
}

sub cancel { return $_[0]->query('app', "SELECT timevmaps.tv_cancel_experiment($id)") }

run_one($cluster);
TvQueue::kill_process($cluster, $cluster->query('app', "SELECT worker_pid FROM timevmaps.experiments WHERE id = $id")) or die;
begun_again($cluster, 'kill -9 of its worker');
cancel($cluster);

run_one($cluster);
$cluster->stop('immediate');
$cluster->start;
begun_again($cluster, 'immediate shutdown');
cancel($cluster);

my $standby = TvQueue::standby($cluster);
run_one($cluster);
$cluster->stop('immediate');
$standby->query('postgres', 'SELECT pg_promote()');
begun_again($standby, 'a standby is promoted');
cancel($standby);

# What waited meanwhile is run, too.
my $short = $standby->query('app', q{SET ROLE ana; SELECT id FROM timevmaps.tv_submit_experiment(1, 11, 'sr', '{"v_mps": 1}')});
ok($standby->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $short", 10), 'and the next');
is(join("\n", TvQueue::complaints($standby, 'app', 0)), '', 'the queue is as it must be');
done_testing();
