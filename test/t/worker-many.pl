# More databases than any table of fixed size, and more than worker processes: all of them are stopped, counted and served.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

# The server takes one of the six for logical replication, and the launcher one.
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'max_worker_processes = 6', 'max_parallel_workers = 0', 'autovacuum = off']);
sub pg { return $cluster->query('postgres', $_[0]) }
sub lines { my @lines = $cluster->log_text =~ /^.*timevmaps.*(?:take turns|could not start).*\n.*DETAIL.*$/mg; return @lines }

# ---------------------------------------------------------------- stopped and counted, with many databases before
$cluster->setup('model');
$cluster->query('model', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
my $stop = q(CREATE FUNCTION tv_stop() RETURNS integer LANGUAGE c AS 'timevmaps', 'tv_stop_worker');
for my $i (1 .. 34)
{
	pg("CREATE DATABASE past$i TEMPLATE template0");
	$cluster->query("past$i", "$stop; SELECT tv_stop()");
	pg("DROP DATABASE past$i");
}
ok($cluster->poll('model', 'SELECT count(*) = 1 FROM timevmaps.tv_worker_status()'), 'the model has its worker');
my $submit = q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}'));
$cluster->query('model', $submit);
ok($cluster->poll('model', "SELECT count(*) = 1 FROM timevmaps.experiments WHERE status = 'finished'"), 'an experiment is run there');
like($cluster->query('model', 'SELECT timevmaps.tv_metrics()'), qr/^timevmaps_attempts_total\{kind="sr",outcome="finished"\} 1$/m, 'and counted');
is($cluster->query('model', 'SELECT timevmaps.tv_stop_worker()'), '1', 'its worker is stopped');
ok($cluster->poll('model', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()'), 'and goes');
$cluster->query('model', $submit);
sleep 2;
is($cluster->query('model', "SELECT string_agg(status, ' ') FROM timevmaps.experiments WHERE status <> 'finished'"), 'queued', 'and the launcher keeps out');
$cluster->query('model', 'DELETE FROM timevmaps.results; DELETE FROM timevmaps.experiments');

# ---------------------------------------------------------------- eight databases, four processes
my @databases = map { "app$_" } 1 .. 8;
my $begin = time;
my $delayed = q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => now() + interval '2 s'));
for my $database (@databases)
{
	pg("CREATE DATABASE $database TEMPLATE model");
	$cluster->query($database, $delayed);
}
my %done;
my $all_done = sub { $done{$_} //= $cluster->query($_, "SELECT bool_and(status = 'finished') FROM timevmaps.experiments") eq 't' ? 1 : undef for @databases; return 8 == grep { $_ } values %done };
sleep 0.1 until $all_done->() || time > $begin + 90;
is(join(' ', grep { $done{$_} } @databases), "@databases", 'what becomes due is run in each');

# An insert in each: those without a worker do not wait for a turn.
my $slowest = 0;
for my $database (@databases)
{
	my $start = time;
	$cluster->query($database, $submit);
	ok($cluster->poll($database, "SELECT bool_and(status = 'finished') FROM timevmaps.experiments", 30), "what is queued in $database is run");
	$slowest = time - $start if time - $start > $slowest;
}
cmp_ok($slowest, '<', 8, 'soon');

# Where there is always work, a worker makes room all the same.
my $busy = $cluster->query('app1', q(INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
	SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 200000); SELECT 1));
for my $database (@databases[1 .. 7])
{
	$cluster->query($database, $submit);
	ok($cluster->poll($database, "SELECT bool_and(status = 'finished') FROM timevmaps.experiments", 30), "nor does a long queue elsewhere keep $database waiting");
}
is($cluster->query('app1', "SELECT count(*) > 0 FROM timevmaps.experiments WHERE status = 'queued'"), 't', 'while it lasts');

my $minutes = int((time - $begin) / 60) + 1;
my @lines = lines();
cmp_ok(scalar @lines, '>', 0, 'the log says that databases take turns');
cmp_ok(scalar @lines, '<=', $minutes, 'once a minute');
like($lines[0], qr/"app\d"/, 'and which waits');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nothing strange in the log');
done_testing();
