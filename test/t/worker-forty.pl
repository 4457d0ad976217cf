# test/run: calm
# Forty databases: what is queued in the last one starts at once, with a process for each and with few, and a database
# that is to be dropped, copied or renamed is free at once, without a word in the log.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $databases = 40;
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'max_worker_processes = 50', 'max_parallel_workers = 0', 'autovacuum = off',
	'max_connections = 100', 'log_checkpoints = off']);
sub pg { return $cluster->query('postgres', $_[0]) }
sub took { my $start = time; pg($_[0]); return time - $start }
my $workers = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'};

$cluster->setup('model');
$cluster->query('model', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
$cluster->query('model', 'SELECT timevmaps.tv_stop_worker()');
pg("CREATE DATABASE app$_ TEMPLATE model") for 1 .. $databases;
ok($cluster->poll('postgres', "SELECT ($workers) = $databases", 30), 'each has a worker');

# Milliseconds from the insert to the beginning of its experiment.
sub started
{
	my ($database) = @_;
	my $id = $cluster->query($database, q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')));
	$cluster->poll($database, "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 20) or return 'never';
	return $cluster->query($database, "SELECT round(1000 * extract(epoch FROM started_at - submitted_at)) FROM timevmaps.experiments WHERE id = $id");
}
cmp_ok(started("app$databases"), '<', 1000, 'the first insert into the last one is begun within a second');
is($cluster->query("app$databases", 'SELECT timevmaps.tv_stop_worker()'), '1', 'its worker is stopped');
ok($cluster->poll('postgres', "$workers AND datname = 'app$databases'" =~ s/count\(\*\)/count(*) = 0/r, 5), 'and goes');
is($cluster->query("app$databases", 'SELECT timevmaps.tv_start_worker() > 0'), 't', 'and another started');
cmp_ok(started("app$databases"), '<', 1000, 'which works');

# ---------------------------------------------------------------- a free database
my $before = length $cluster->log_text;
for my $case (['is copied', 'CREATE DATABASE copy TEMPLATE app1'], ['is renamed', 'ALTER DATABASE app2 RENAME TO other'], ['is dropped', 'DROP DATABASE app3'],
	['is dropped with force', 'DROP DATABASE app4 WITH (FORCE)'])
{
	my ($name, $sql) = @$case;
	my @times = sort { $a <=> $b } took($sql), $sql =~ /^DROP/ ? map { took($sql =~ s/app\d/"app" . ($_ + ($sql =~ m{FORCE} ? 20 : 10))/er) } 1 .. 5 : ();
	cmp_ok($times[-1], '<', 2, "a database $name at once") or diag "@times";
}
ok($cluster->poll('other', 'SELECT count(*) = 1 FROM timevmaps.tv_worker_status()', 5), 'what was renamed has its worker again');
ok($cluster->poll('app1', 'SELECT count(*) = 1 FROM timevmaps.tv_worker_status()', 5), 'what was copied too');
ok($cluster->poll('copy', 'SELECT count(*) = 1 FROM timevmaps.tv_worker_status()', 5), 'and the copy');
my $log = substr $cluster->log_text, $before;
is(join("\n", grep { !/audit: batch|terminating background worker|background worker "timevmaps worker" \(PID \d+\) exited/ } split /\n/, $log), '', 'and nothing of that is told')
	or diag $log;
my @ended = $log =~ /terminating background worker/g;
cmp_ok(scalar @ended, '<=', 6, 'but that those were ended whom force ended');

# ---------------------------------------------------------------- few processes
pg('ALTER SYSTEM SET max_worker_processes = 6');
$cluster->stop;
$cluster->start;
my @left = split /\n/, pg(q{SELECT datname FROM pg_database WHERE datname ~ '^app' ORDER BY substr(datname, 4)::integer});
my $slowest = 0;
for my $database (reverse(@left), @left[0 .. 7])
{
	my $ms = started($database);
	$slowest = $ms if $ms eq 'never' || $ms > $slowest;
	last if $ms eq 'never';
}
isnt($slowest, 'never', 'with four processes for them all an insert in any is run');
cmp_ok($slowest, '<', 1000, 'within a second') if $slowest ne 'never';
unlike($cluster->log_text, qr/TRAP:|PANIC:|could not start/, 'nothing strange in the log');
done_testing();
