# A sweep in a worker: progress, events, cancelling it, losing its worker in the middle.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');

sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
sub row { return q1("SELECT $_[1] FROM timevmaps.experiments WHERE id = $_[0]") }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});

# Its points take about as long as trajectories say.
sub submit
{
	my ($points, $trajectories) = @_;
	my $gates = join ', ', map { qq({"op": "RX", "target": $_, "theta": "\$a"}) } 0 .. 9;
	return q1(qq(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sweep', '{"circuit": {"qubits": 10, "gates": [$gates]},
		"seed": 3, "grid": {"a": {"from": 0, "to": 1, "count": $points}}, "options": {"method": "statevector", "observable": "Z0", "trajectories": $trajectories,
		"noise": {"depolarizing": 0.5}}, "frames": {"content": "bloch"}}')));
}

sub in_the_middle
{
	return until_true("SELECT status = 'running' AND progress > 0 AND EXISTS (SELECT FROM timevmaps.frames f WHERE f.experiment_id = e.id)
		FROM timevmaps.experiments e WHERE id = $_[0]");
}

# Many points of which each is short, one point that is long.
for my $long ([100_000, 50], [2, 100_000_000])
{
	my $id = submit(@$long);
	ok(until_true("SELECT status = 'running' AND progress > 0 FROM timevmaps.experiments WHERE id = $id"), "$long->[0] points run, and tell their progress");
	ok(until_true("SELECT xact_start IS NULL FROM pg_stat_activity WHERE pid = " . row($id, 'worker_pid')), 'without a transaction');
	my $start = time;
	q1("SELECT timevmaps.tv_cancel_experiment($id)");
	ok(until_true("SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()"), 'cancelled, its worker stops');
	cmp_ok(time - $start, '<', 4, 'soon');
	is(row($id, 'status'), 'cancelled', 'it stays cancelled');
	is(q1("SELECT count(*) FROM timevmaps.results WHERE experiment_id = $id"), '0', 'and has no result');
}

my $lost = submit(200, 400);
ok(in_the_middle($lost), 'a sweep is in the middle');
q1('SELECT pg_terminate_backend(' . row($lost, 'worker_pid') . ')');
ok(until_true("SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $lost"), 'another worker finishes what one lost');
is(row($lost, 'claim'), '2', 'in a second attempt');
is(q1("SELECT concat_ws(' ', count(*), min(step), max(step)) FROM timevmaps.frames WHERE experiment_id = $lost"), '200 0 199', 'each point has one frame');

my $whole = submit(200, 400);
ok(until_true("SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $whole"), 'the same sweep, undisturbed');
is(q1("SELECT (SELECT metrics -> 'observables' FROM timevmaps.results WHERE experiment_id = $lost)
	= (SELECT metrics -> 'observables' FROM timevmaps.results WHERE experiment_id = $whole)"), 't', 'gives the same numbers');
is(q1("SELECT count(*) FROM timevmaps.frames a JOIN timevmaps.frames b USING (step) WHERE a.experiment_id = $lost AND b.experiment_id = $whole AND a.payload = b.payload"),
	'200', 'and the same frames');

done_testing();
