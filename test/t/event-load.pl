# Events under load: nobody waits for the lock of NOTIFY, a channel gets at most 67 notifications a second, what crowds the queue of notifications
# costs events and nothing else, and the process that tells of them leaves when its database is needed free.
# test/run: calm
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'max_connections = 60', 'max_worker_processes = 12']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
my $world = q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
};
q1($world);

# ---------------------------------------------------------------- 32 sessions insert, workers finish
my $listener = TvSession->new($cluster, 'app', 'listener');
$listener->query('LISTEN tv_live_1_1; LISTEN tv_sim_finished');
my $script = $cluster->dir . '/insert.sql';
open my $file, '>', $script or die;
print $file q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', '{"v_mps": 1}');}, "\n";
close $file;
chmod 0644, $script;
my $pid = fork() // die;
if (!$pid)
{
	my ($status) = $cluster->client('pgbench', '-n', '-c', '32', '-T', '5', '-R', '200', '-f', $script, 'app');
	require POSIX;
	POSIX::_exit($status ? 1 : 0);
}
my $watcher = TvSession->new($cluster, 'app', 'watcher');
my ($samples, $waits, %seconds) = (0, 0);
my $start = time;
while (time - $start < 5)
{
	$waits += $watcher->query(q{SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'object'});
	$samples++;
	my $out = $listener->query('SELECT 1');
	$seconds{"$1 " . int(time - $start)}++ while $out =~ /notification "(\w+)" with payload/g;
	sleep 0.02;
}
waitpid $pid, 0;
is($?, 0, '32 sessions have inserted');
is($waits, 0, "nobody waited for an object's lock in $samples looks");
my ($most) = sort { $b <=> $a } values %seconds;
cmp_ok($most, '<=', 100, "a channel had at most $most notifications in a second");
cmp_ok($most, '>', 5, '... and some');
ok(until_true("SELECT count(*) = 0 FROM timevmaps.experiments WHERE status IN ('queued', 'running')", 60), 'all have ended');
is(q1(q{SELECT count(*) FROM (SELECT v.subject FROM timevmaps.events v WHERE v.type = 'tv_sim_finished' GROUP BY 1 HAVING count(*) = 1) x}), q1('SELECT count(*) FROM timevmaps.experiments'),
	'each has ended once in the log');

# ---------------------------------------------------------------- a server that dies
$watcher = $listener = undef;
my ($cursor) = q1('SELECT cursor FROM timevmaps.tv_events_since(1)');
q1(q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 500)});
sleep 0.2;
kill 'KILL', q1("SELECT pid FROM pg_stat_activity WHERE backend_type = 'timevmaps worker' LIMIT 1");
ok(until_true("SELECT count(*) = 0 FROM timevmaps.experiments WHERE status IN ('queued', 'running')", 60), 'after a worker was killed all end');
my %ended;
while (1)
{
	my @rows = map { [ split /\|/ ] } split /\n/, q1("SELECT cursor, id, subject, type FROM timevmaps.tv_events_since(1, '$cursor', 700)");
	$cursor = $rows[-1][0];
	last if ($rows[0][1] // '') eq '';
	$ended{ $_->[2] }++ for grep { ($_->[3] // '') eq 'tv_sim_finished' } @rows;
}
is(scalar(keys %ended), 500, '... and a reader has read the end of each');
is(scalar(grep { $_ != 1 } values %ended), 0, '... once');
$listener = TvSession->new($cluster, 'app', 'listener');
$listener->query('LISTEN tv_sim_finished');
q1(q{SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')});
my $heard = 0;
for (1 .. 100) { last if $heard = $listener->query('SELECT 1') =~ /tv_sim_finished/; sleep 0.05 }
ok($heard, 'and who listens is told again');

# ---------------------------------------------------------------- the database is needed free
$listener = undef;
my $long = '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false, "options": {"method": "statevector", "trajectories": 1000000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}';
sub notifier { return $cluster->poll('postgres', "SELECT count(*) = $_[1] FROM pg_stat_activity WHERE backend_type = 'timevmaps notifier' AND datname = '$_[0]'", 10) }
q1("SELECT timevmaps.tv_submit_experiment(1, 1, 'quantum', '$long')");
ok(notifier('app', 1), 'while a long experiment runs a process tells of events');
is($cluster->sqlstate('postgres', 'CREATE DATABASE copy TEMPLATE app'), '', 'a database that has one is used as a template');
$listener = TvSession->new($cluster, 'app', 'listener');
$listener->query('LISTEN tv_sim_finished');
q1(q{SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')});
$heard = 0;
for (1 .. 200) { last if $heard = $listener->query('SELECT 1') =~ /tv_sim_finished/; sleep 0.05 }
ok($heard, '... and who listens there is told again');
$listener = undef;
is($cluster->sqlstate('postgres', 'DROP DATABASE app'), '', 'it is dropped');
ok($cluster->poll('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'app'"), '... and nobody is left');

# ---------------------------------------------------------------- no process is free: the launchers and two workers have them all
$cluster->query('postgres', "DROP DATABASE copy");
$cluster->query('postgres', "ALTER SYSTEM SET max_worker_processes = 4");
$cluster->query('postgres', "ALTER SYSTEM SET timevmaps.workers = 1");
$cluster->stop;
$cluster->start;
$cluster->setup($_) for 'one', 'two';
$cluster->query($_, $world) for 'one', 'two';
$cluster->query($_, "SELECT timevmaps.tv_submit_experiment(1, 1, 'quantum', '$long')") for 'one', 'two';
ok($cluster->poll($_, "SELECT status = 'running' FROM timevmaps.experiments", 30), "where processes are few database $_ has a worker") for 'one', 'two';
$listener = TvSession->new($cluster, 'one', 'listener');
$listener->query('LISTEN tv_sim_finished');
$cluster->query('one', q{SELECT timevmaps.tv_cancel_experiment(id) FROM timevmaps.experiments});
$heard = 0;
for (1 .. 100) { last if $heard = $listener->query('SELECT 1') =~ /tv_sim_finished/; sleep 0.05 }
ok($heard, '... and what happens is told there, too');
done_testing();
