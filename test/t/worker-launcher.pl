# The launcher: databases without the extension cost nothing until they have it, and one that was started anew leaves
# no worker of the one before.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off', 'log_min_messages = debug1']);
sub pg { return $cluster->query('postgres', $_[0]) }
sub starts { my @lines = $cluster->log_text =~ /starting background worker process "timevmaps worker for database $_[0]"/g; return scalar @lines }
my $workers = 'SELECT count(*) = 1 FROM timevmaps.tv_worker_status()';

pg("CREATE DATABASE plain");
my $oid = pg("SELECT oid FROM pg_database WHERE datname = 'plain'");
my $end = time + 15;
sleep 0.2 while !starts($oid) && time < $end;
sleep 8;
is(starts($oid), 1, 'a database is looked into once');
$cluster->query('plain', 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE');
my $start = time;
ok($cluster->poll('plain', $workers, 10), 'and again as soon as it has the extension');
cmp_ok(time - $start, '<', 5, 'at once');
$cluster->query('plain', 'SET client_min_messages = warning; SELECT timevmaps.tv_init()');

my $submit = q(WITH w AS (INSERT INTO timevmaps.worlds (name) VALUES ('w') RETURNING id), t AS (INSERT INTO timevmaps.timelines (world_id, label) SELECT id, 'root' FROM w RETURNING world_id, id) SELECT count(*) FROM t);
$cluster->query('plain', $submit);
my $launcher = pg("SELECT pid FROM pg_stat_activity WHERE backend_type = 'timevmaps launcher'");
my $worker = $cluster->query('plain', 'SELECT pid FROM timevmaps.tv_worker_status()');
pg("SELECT pg_terminate_backend($launcher)");
ok($cluster->poll('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'timevmaps launcher' AND pid <> $launcher", 10), 'a launcher that is ended is started anew');
ok($cluster->poll('plain', "SELECT count(*) = 1 AND bool_and(pid <> $worker) FROM timevmaps.tv_worker_status()", 15), 'with workers of its own');
sleep 2;
is($cluster->query('plain', 'SELECT count(*) FROM timevmaps.tv_worker_status()'), '1', 'and no others');
my $id = $cluster->query('plain', q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')));
ok($cluster->poll('plain', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 10), 'which work');
$cluster->query('plain', 'SELECT timevmaps.tv_stop_worker()');
pg("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'timevmaps launcher'");
sleep 4;
is($cluster->query('plain', 'SELECT count(*) FROM timevmaps.tv_worker_status()'), '0', 'nor does a new one forget that a database was stopped');
my $before = length $cluster->log_text;
$cluster->stop('fast');
my $ended = substr $cluster->log_text, $before;
like($ended, qr/database system is shut down/, 'the server stops');
unlike($ended, qr/FATAL:/, 'and nothing of that is an error');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nothing strange in the log');
done_testing();
