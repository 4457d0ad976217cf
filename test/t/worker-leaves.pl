# A worker that is asked to go while it runs an experiment: it goes soon, the attempt does not count, and it comes back.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off', 'restart_after_crash = on']);
$cluster->setup('app');
my $database = 'app';
sub q1 { return $cluster->query($database, $_[0]) }
sub pg { return $cluster->sqlstate('postgres', $_[0]) }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
# Hours of trajectories, and a circuit that is one long trajectory.
my $gates = join ', ', map { qq({"op": "RX", "target": $_, "theta": 0.3}) } 0 .. 9;
my $long = qq('{"circuit": {"qubits": 10, "gates": [$gates]}, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "depolarizing", "p": 0.5}]}}');
# Made by the server, for a command line cannot hold it.
my $deep = q{(SELECT jsonb_build_object('frames', false, 'circuit', jsonb_build_object('qubits', 22, 'gates', jsonb_agg(gate)))
	FROM generate_series(1, 400) layer, generate_series(0, 21) qubit, LATERAL (VALUES
		(jsonb_build_object('op', 'RX', 'target', qubit, 'theta', layer * 0.01)),
		(jsonb_build_object('op', 'CX', 'control', qubit, 'target', (qubit + 7) % 22))) g (gate))};

sub submit { return q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$_[0]', $_[1], max_attempts => 2)") }
my $id;
sub runs { return $cluster->poll($database, "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id", 20) }
sub attempts { return q1("SELECT attempts FROM timevmaps.experiments WHERE id = $id") }
sub cancel { q1("SELECT timevmaps.tv_cancel_experiment($id)"); return }

# ---------------------------------------------------------------- what stops the server
$id = submit('quantum', $long);
ok(runs(), 'an experiment runs');
for my $i (1 .. 3)
{
	$cluster->stop('fast');
	$cluster->start;
	ok(runs(), "after restart $i it runs again");
}
is(attempts(), '1', 'and restarts are no attempts');
$cluster->query('postgres', 'ALTER SYSTEM SET timevmaps.workers = 0');
$cluster->reload;
ok($cluster->poll($database, "SELECT status = 'queued' AND attempts = 0 FROM timevmaps.experiments WHERE id = $id", 20), 'nor is a reload to no workers');
$cluster->query('postgres', 'ALTER SYSTEM RESET timevmaps.workers');
$cluster->reload;
ok(runs(), 'it runs again');
q1("SELECT pg_terminate_backend(worker_pid) FROM timevmaps.experiments WHERE id = $id");
ok($cluster->poll($database, "SELECT claim = 6 AND status = 'running' AND attempts = 1 FROM timevmaps.experiments WHERE id = $id", 20), 'nor the end of its worker')
	or diag q1("SELECT claim, status, attempts FROM timevmaps.experiments WHERE id = $id");
kill 9, q1("SELECT worker_pid FROM timevmaps.experiments WHERE id = $id");
ok($cluster->poll($database, "SELECT attempts = 2 AND status = 'running' FROM timevmaps.experiments WHERE id = $id", 20), 'but a crash is one');

# ---------------------------------------------------------------- what needs the database free
for my $case (['many trajectories', $long], ['one long trajectory', $deep])
{
	my ($name, $params) = @$case;
	cancel();
	$id = submit('quantum', $params);
	ok(runs(), "$name: an experiment runs");
	is(pg("ALTER DATABASE $database RENAME TO moved"), '', "$name: the database is renamed under it");
	$database = 'moved';
	ok(runs(), "$name: and it runs again");
	is(pg("CREATE DATABASE copy TEMPLATE $database"), '', "$name: the database is copied");
	ok(runs(), "$name: and it runs again");
	is(attempts(), '1', "$name: none of these is an attempt");
	is(pg('DROP DATABASE copy'), '', "$name: a copy, where it runs too, is dropped");
	is(pg("ALTER DATABASE $database RENAME TO app"), '', "$name: and the name given back");
	$database = 'app';
	ok(runs(), "$name: it runs again");
}
# Who may not drop it holds the lock, too, until he is told so.
my $claims = sub { return q1("SELECT claim FROM timevmaps.experiments WHERE id = $id") };
my $before = $claims->();
is(pg('CREATE ROLE nobody LOGIN'), '', 'somebody without rights');
my (undef, undef, $refusals) = $cluster->client('bash', '-c',
	"for i in 1 2 3; do yes 'DROP DATABASE $database;' | timeout 6 psql -X -q -U nobody -d postgres 2>&1 | sort | uniq >&2 & done; wait");
like($refusals, qr/must be owner of database/, 'tries to drop the database for six seconds');
is($claims->(), $before, 'and what runs there runs on');
my $start = time;
is(pg("DROP DATABASE $database"), '', 'the database is dropped under it');
cmp_ok(time - $start, '<', 2, 'soon');
my @frequent = $cluster->log_text =~ /FATAL:  database/g;
cmp_ok(scalar @frequent, '<=', 12, 'with few words');
unlike($cluster->log_text, qr/TRAP:|PANIC:|could not record/, 'nothing strange in the log');
done_testing();
