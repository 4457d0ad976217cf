# test/run: calm
# In the fortieth database an experiment is begun as soon as in the first: within a second of the commit.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $count = 40;
my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", 'max_worker_processes = 100', 'max_connections = 60', 'max_parallel_workers = 0', 'autovacuum = off' ]);
$cluster->setup('app1');
$cluster->query('app1', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
$cluster->query('app1', 'SELECT timevmaps.tv_stop_worker()');
ok($cluster->poll('app1', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()', 10), 'the model is free');
$cluster->query('postgres', "CREATE DATABASE app$_ TEMPLATE app1") for 2 .. $count;
$cluster->query('app1', 'SELECT timevmaps.tv_start_worker()');
my $workers = q{SELECT count(DISTINCT datname) = } . $count . q{ FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'};
ok($cluster->poll('postgres', $workers, 60), "$count databases, each with a worker") or diag $cluster->query('postgres', q{SELECT string_agg(DISTINCT datname, ' ') FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'});
sleep 2;

# From the commit's second to that of the claim, as the rows say it; with the queue at rest, and with ten databases at once.
sub late
{
	my ($database) = @_;
	$cluster->poll($database, q{SELECT bool_and(status = 'finished') FROM timevmaps.experiments}, 15) or return 'never';
	return $cluster->query($database, 'SELECT max(extract(epoch FROM started_at - submitted_at)) FROM timevmaps.experiments');
}
my $submit = q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}'));
for my $database ('app1', "app$count", 'app' . int($count / 2))
{
	$cluster->query($database, $submit);
	my $took = late($database);
	ok($took ne 'never' && $took < 1, "$database: begun within a second") or diag "after $took s";
	note "$database: begun after $took s";
}
my @many = map { "app$_" } grep { $_ % 4 == 3 } 1 .. $count;
$cluster->query($_, $submit) for @many;
my @slow = grep { my $took = late($_); $took eq 'never' || $took >= 1 } @many;
is("@slow", '', 'ten at once: each within a second');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nothing strange in the log');
done_testing();
