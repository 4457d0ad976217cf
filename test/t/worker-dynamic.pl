# Workers without preloading: tv_start_worker(), woken by commits, restarted after a crash, stopped.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE DATABASE app');
$cluster->query('app', 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE');
is($cluster->sqlstate('app', 'SELECT timevmaps.tv_start_worker()'), '55000', 'without tables there is nothing to start');
$cluster->query('app', 'SET client_min_messages = warning; SELECT timevmaps.tv_init()');

sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
sub submit { return q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$_[0]', '$_[1]')") }
sub status { return q1("SELECT status || ' ' || attempts FROM timevmaps.experiments WHERE id = $_[0]") }
sub finished { return until_true("SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $_[0]") }
my $long = '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}';

my $id = submit('sr', '{"v_mps": 1}');
is(status($id), 'queued 0', 'without a worker work waits');
is(q1('SELECT count(*) FROM timevmaps.tv_worker_status()'), '0', 'there is none');

# A session that works and is cancelled: the experiment is not to blame.
my $mine = submit('quantum', $long);
q1("UPDATE timevmaps.experiments SET priority = 1 WHERE id = $mine");
my ($code, $out, $err) = $cluster->client('env', 'PGOPTIONS=-c statement_timeout=1s', 'psql', '-X', '-v', 'VERBOSITY=verbose', '-d', 'app', '-c', 'CALL timevmaps.tv_work(5)');
like($err, qr/ERROR:  57014:/, 'a cancelled tv_work() says so');
is(status($mine), 'queued 0', 'and what it ran is queued as if it had not been begun');
is(status($id), 'queued 0', 'nor does it go on with the next');

# Or that is ended: by an administrator, with the server, and where it would have to wait on its way out.
sub working
{
	my $session = TvSession->new($cluster, 'app', 'one that works');
	my $process = $session->query('SELECT pg_backend_pid()');
	$session->begin('CALL timevmaps.tv_work(5)');
	ok(until_true("SELECT status = 'running' AND worker_pid = $process FROM timevmaps.experiments WHERE id = $mine"), 'a session runs it');
	return ($session, $process);
}
my ($session, $process) = working();
q1("SELECT pg_terminate_backend($process)");
ok(until_true("SELECT status = 'queued' AND attempts = 0 FROM timevmaps.experiments WHERE id = $mine"), 'terminated, it leaves it as if it had not been begun');
undef $session;
($session) = working();
$cluster->stop('fast');
$cluster->start;
is(status($mine), 'queued 0', 'and so does the end of the server');
undef $session;
($session, $process) = working();
my $holder = TvSession->new($cluster, 'app', 'holder');
$holder->query("BEGIN; SELECT id FROM timevmaps.experiments WHERE id = $mine FOR UPDATE");
q1("SELECT pg_terminate_backend($process)");
ok($cluster->poll('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $process", 5), 'where somebody has locked it, it does not wait');
is(status($mine), 'running 1', 'and leaves it for others to find');
undef $holder;
undef $session;
q1("SELECT timevmaps.tv_cancel_experiment($mine)");

my $pid = q1('SELECT timevmaps.tv_start_worker()');
is(q1('SELECT kind FROM timevmaps.tv_worker_status() WHERE pid = ' . $pid), 'worker', 'tv_start_worker() returns its process') if until_true('SELECT count(*) = 1 FROM timevmaps.tv_worker_status()');
ok(finished($id), 'which does what waited');

# It looks by itself every second: ten in a row that need less were woken by their commits.
my $start = time;
finished(submit('sr', '{"v_mps": 1}')) for 1 .. 10;
cmp_ok(q1('SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - submitted_at)) FROM timevmaps.experiments WHERE id > ' . $id),
	'<', 0.5, 'a commit wakes it');

# What became due while it slept.
$id = q1(q{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => now() + interval '0.3 s')});
is(status($id), 'queued 0', 'what is not due waits');
ok(finished($id), 'until it is');

$id = submit('quantum', $long);
ok(until_true("SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id"), 'a long experiment runs');
my $second = q1('SELECT timevmaps.tv_start_worker()');
ok(finished(submit('sr', '{"v_mps": 1}')), 'a second worker does not wait for the first');
is(q1('SELECT timevmaps.tv_stop_worker()'), '2', 'tv_stop_worker() stops both');
ok(until_true('SELECT count(*) = 0 FROM timevmaps.tv_worker_status()'), 'they go');
is(status($id), 'queued 0', 'and what ran is queued as if it had not');
is($cluster->query('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'"), '0', 'they do not come back');

$pid = q1('SELECT timevmaps.tv_start_worker()');
ok(until_true("SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id"), 'it runs again');
kill 9, $pid;
ok(until_true("SELECT attempts = 2 AND status = 'running' AND worker_pid <> $pid FROM timevmaps.experiments WHERE id = $id", 60),
	'after kill -9 another worker comes by itself and begins it again');
q1("SELECT timevmaps.tv_cancel_experiment($id)");
ok(finished(submit('sr', '{"v_mps": 1}')), 'and goes on');

# Without preloading what is shared is taken from the 100 kB that a server leaves unallocated, of which others want some.
my $shared = q1("SELECT sum(allocated_size) FROM pg_shmem_allocations WHERE name ~ '^timevmaps'");
cmp_ok($shared, '<', 75_000, 'shared memory is small without preloading') and note "$shared bytes";

# DROP EXTENSION: nothing is left to work with, and what ran waits for it to come back.
$id = submit('sweep', '{"circuit": {"qubits": 20, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "grid": {"a": [1, 2, 3, 4]}, "frames": false, "options": {"entropy": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}}');
ok(until_true("SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id"), 'an experiment runs');
q1('DROP EXTENSION timevmaps');
is(status($id), 'running 1', 'while the extension is dropped');
ok($cluster->poll('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'"), 'without the extension the worker goes');
is(status($id), 'queued 0', 'and what it ran is queued as if it had not been begun');
q1('CREATE EXTENSION timevmaps');
q1('SELECT timevmaps.tv_start_worker()');
ok(finished(submit('sr', '{"v_mps": 1}')), 'and can be started again with it');
ok(finished($id), 'which begins with what waited');
is($cluster->sqlstate('postgres', 'ALTER DATABASE app RENAME TO app2'), '', 'a worker does not hold ALTER DATABASE back');
done_testing();
