# How far an experiment is: from within a run of the kernel, ten times a second, and without a write to any table.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
my $session = TvSession->new($cluster, 'app', 'asks');

sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
sub submit { return q1("SELECT id FROM timevmaps.tv_submit_experiment($_[0], $_[0], '$_[1]', '$_[2]')") }
sub progress { return $session->query("SELECT concat_ws('|', status, attempt, fraction, step, \"of\", unit, rate, seconds_left) FROM timevmaps.tv_experiment_progress($_[0])") =~ s/\s+$//r }
sub running_of { return until_true("SELECT status = 'running' AND fraction > 0 FROM timevmaps.tv_experiment_progress($_[0])", 20) }
sub stop { q1("SELECT timevmaps.tv_cancel_experiment($_[0])"); return until_true("SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()") }

q1(q{
    INSERT INTO timevmaps.worlds (name, visibility) VALUES ('w', 'public'), ('hidden', 'private');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (2, 'root');
    CREATE ROLE player LOGIN IN ROLE tv_player;
});

# ---------------------------------------------------------------- one call of the kernel
my $gates = join ', ', map { my $q = $_ % 23; qq({"op": "RX", "target": $q, "theta": 0.$_}, {"op": "CX", "control": $q, "target": ) . ($q + 7) % 23 . '}' } 1 .. 1000;
my $id = submit(1, 'quantum', qq({"circuit": {"qubits": 23, "gates": [$gates]}, "frames": false, "options": {"method": "statevector"}}));
ok(running_of($id), 'a circuit of 2,000 gates, which is applied in one piece, tells how far it is');
my $row = "SELECT ctid, progress FROM timevmaps.experiments WHERE id = $id";
my $before = $session->query($row);
my @seen;
for (1 .. 12)
{
	push @seen, $session->query("SELECT fraction FROM timevmaps.tv_experiment_progress($id)") =~ s/\s+$//r;
	sleep 0.11;
}
is($session->query($row), $before, 'no table was written');
my %distinct = map { $_ => 1 } @seen;
cmp_ok(scalar keys %distinct, '>=', 8, 'it says so anew about every 100 ms') or diag("@seen");
is_deeply(\@seen, [ sort { $a <=> $b } @seen ], 'and goes forward');
my ($status, $attempt, $fraction, $step, $of, $unit, $rate, $left) = split /\|/, progress($id);
is("$status $attempt $of $unit", 'running 1 2000 gate', 'in gates, of the first attempt');
cmp_ok(abs($step / $of - $fraction), '<', 0.01, 'the fraction is of the gates');
cmp_ok(abs($left * $rate / ($of - $step) - 1), '<', 0.5, 'what is left is what the rate says') or diag("$left s left at $rate/s after $step");
ok(stop($id), 'it is cancelled');
like(progress($id), qr/^cancelled\|/, 'then it tells that, and no more than its row has');
unlike(progress($id), qr/gate/, '... nothing of steps');

# ---------------------------------------------------------------- many trajectories, points, a session
$id = submit(1, 'quantum', '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}');
ok(running_of($id), 'many trajectories');
like(progress($id), qr/^running\|1\|[\d.e-]+\|\d+\|100000000\|trajectory\|[\d.e+]+\|[\d.e+]+$/, 'are told as such');
($status, $attempt, $fraction, $step, $of) = split /\|/, progress($id);
cmp_ok(abs($step / $of - $fraction), '<', 0.01, '... from their own beginning, and not from where the one before was') or diag("$step of $of, $fraction");
ok(stop($id), 'cancelled');
my $many = join ', ', map { qq({"op": "RX", "target": $_, "theta": "\$a"}) } 0 .. 9;
my $sweep = qq({"circuit": {"qubits": 10, "gates": [$many]}, "grid": {"a": {"from": 0, "to": 1, "count": 100000}}, "options": {"method": "statevector", "observable": "Z0", "trajectories": 50, "noise": {"depolarizing": 0.5}}, "frames": false});
$id = submit(1, 'sweep', $sweep);
ok(running_of($id), 'a sweep');
like(progress($id), qr/^running\|1\|[\d.e-]+\|\d+\|100000\|point\|/, 'tells its points');
ok(stop($id), 'cancelled');

q1('SELECT timevmaps.tv_stop_worker()');
ok(until_true('SELECT count(*) = 0 FROM timevmaps.tv_worker_status()'), 'without a worker');
$id = submit(1, 'sweep', $sweep);
is(progress($id), 'queued|0', 'an experiment that waits has not begun');
my $works = TvSession->new($cluster, 'app', 'works');
$works->begin('CALL timevmaps.tv_work(1)');
ok(running_of($id), 'a session runs it');
like(progress($id), qr/^running\|1\|[\d.e-]+\|\d+\|100000\|point\|/, 'and tells its points');
q1("SELECT timevmaps.tv_cancel_experiment($id)");
ok(until_true('SELECT count(*) = 0 FROM timevmaps.tv_worker_status()'), 'cancelled');

# ---------------------------------------------------------------- ended, and who sees it
my $done = submit(1, 'sr', '{"v_mps": 1}');
my $hidden = submit(2, 'sr', '{"v_mps": 1}');
q1('CALL timevmaps.tv_work(2)');
is(progress($done), 'finished|1|0', 'what has finished is whole, and has nothing left');
is($cluster->query('app', "SET SESSION AUTHORIZATION player; SELECT fraction FROM timevmaps.tv_experiment_progress($done)"), '1', 'a player sees that of a public world');
is($cluster->sqlstate('app', "SET SESSION AUTHORIZATION player; SELECT timevmaps.tv_experiment_progress($hidden)"), 'PT404', 'and of a private one none');
is($cluster->sqlstate('app', 'SELECT timevmaps.tv_experiment_progress(0)'), 'PT404', 'nobody that of one that is not there');
done_testing();
