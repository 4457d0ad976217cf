# Workers of tv_start_worker() whose database is dropped, renamed, copied, closed or limited: each ends for good or
# comes back, none holds a process that others need, and the log does not fill.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use TvCluster;

my $cluster = TvCluster->new(conf => ['max_worker_processes = 8', 'max_parallel_workers = 0', 'autovacuum = off']);
$cluster->setup('model');
$cluster->query('model', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});

sub pg { return $cluster->query('postgres', $_[0]) }
sub make { pg("CREATE DATABASE $_[0] TEMPLATE model"); return }
sub started { return $cluster->query($_[0], 'SELECT timevmaps.tv_start_worker()') }
sub fatal { my @lines = $cluster->log_text =~ /^.*FATAL.*$/mg; return scalar @lines }
my $workers = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'};

sub works
{
	my ($database) = @_;
	my $id = $cluster->query($database, q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')));
	return $cluster->poll($database, "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 10);
}

# The server itself takes one process, for logical replication.
for my $i (1 .. 7)
{
	make("gone$i");
	started("gone$i");
	is($cluster->sqlstate('postgres', "DROP DATABASE gone$i WITH (FORCE)"), '', "database $i is dropped under its worker") if $i == 1;
	pg("DROP DATABASE IF EXISTS gone$i WITH (FORCE)");
}
ok($cluster->poll('postgres', "SELECT ($workers) = 0", 10), 'no worker is left');
sleep 2.5;
my $lines = fatal();
cmp_ok($lines, '<=', 3 * 7, 'each said so at most when it was ended and when it came back in vain');
sleep 2.5;
is(fatal(), $lines, 'and not again');

make('app');
started('app');
ok(works('app'), 'another database gets its worker');
my @more = map { started('app') } 2 .. 7;
is(pg($workers), '7', 'and all processes that there are');
is($cluster->sqlstate('app', 'SELECT timevmaps.tv_start_worker()'), '53000', 'but no more');
is($cluster->query('app', 'SELECT timevmaps.tv_stop_worker()'), '7', 'they stop');
ok($cluster->poll('postgres', "SELECT ($workers) = 0", 10), 'and are gone');
is($cluster->query('app', 'SELECT timevmaps.tv_start_worker() IS NULL') . $cluster->query('app', 'SELECT timevmaps.tv_stop_worker()'), 'f1',
	'one that has just started is stopped as well');
ok($cluster->poll('postgres', "SELECT ($workers) = 0", 10), 'and is gone');

# What needs the database free for a moment.
started('app');
is($cluster->sqlstate('postgres', 'ALTER DATABASE app RENAME TO app2'), '', 'a database is renamed');
ok(works('app2'), 'and its worker comes back');
is($cluster->sqlstate('postgres', 'CREATE DATABASE copy TEMPLATE app2'), '', 'it is copied');
ok(works('app2'), 'and its worker comes back');
is($cluster->query('copy', 'SELECT count(*) FROM timevmaps.tv_worker_status()'), '0', 'the copy has none');
pg('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = \'timevmaps worker\'');
ok(works('app2'), 'one that is terminated comes back');

# Closed, and limited.
pg('ALTER DATABASE app2 CONNECTION LIMIT 0');
pg('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = \'timevmaps worker\'');
ok(works('app2'), 'a connection limit is for clients');
$lines = fatal();
pg('ALTER DATABASE app2 ALLOW_CONNECTIONS false');
ok($cluster->poll('postgres', "SELECT ($workers) = 0", 10), 'a worker leaves a closed database');
pg('ALTER DATABASE app2 ALLOW_CONNECTIONS true');
started('app2');
pg(q{ALTER DATABASE app2 ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'});
sleep 3;
is(pg($workers), '0', 'nor does one that is terminated there come back');
cmp_ok(fatal() - $lines, '<=', 3, 'each second');
pg('ALTER DATABASE app2 ALLOW_CONNECTIONS true');

# Its files are gone, as after a disk was lost.
make('lost');
my $pid = started('lost');
my $oid = pg(q{SELECT oid FROM pg_database WHERE datname = 'lost'});
rename $cluster->dir . "/data/base/$oid", $cluster->dir . "/data/base/$oid.away" or die;
$lines = fatal();
pg("SELECT pg_terminate_backend($pid)");
sleep 3.5;
is(pg("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'"), '0', 'without its files a database has no worker');
cmp_ok(fatal() - $lines, '<=', 2, 'that fails each second');
rename $cluster->dir . "/data/base/$oid.away", $cluster->dir . "/data/base/$oid" or die;

# A crash of somebody else.
started('copy');
my $victim = pg(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'});
kill 9, $victim;
ok($cluster->poll('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'timevmaps worker' AND datname = 'copy'", 20), 'a worker outlives a crash');
ok(works('copy'), 'and works');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nothing strange in the log');
done_testing();
