# pg_upgrade, from this version to itself: nothing works in its servers but what it does, and afterwards all is there.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off']);
$cluster->setup('app');
$cluster->query('app', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
ok($cluster->poll('app', 'SELECT count(*) = 1 FROM timevmaps.tv_worker_status()'), 'a worker runs');
$cluster->query('app', 'SELECT timevmaps.tv_stop_worker()');
my $id = $cluster->query('app', q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')));
$cluster->stop;

# As pg_upgrade starts a server.
my $dir = $cluster->dir;
$cluster->tool('run', 'pg_ctl', '-D', "$dir/data", '-l', "$dir/log", '-w', '-s', '-o', '-b', 'start');
sleep 2;
is($cluster->query('postgres', "SELECT string_agg(backend_type, ' ') FROM pg_stat_activity WHERE backend_type LIKE 'timevmaps%'"), '', 'in its mode there is no launcher');
is($cluster->sqlstate('app', 'SELECT timevmaps.tv_start_worker()'), '55000', 'and none starts');
is($cluster->query('app', 'SELECT status FROM timevmaps.experiments'), 'queued', 'nothing is run');
$cluster->stop;

# The other cluster has the same settings; the socket's path must be short.
$cluster->tool('run', 'initdb', '-D', "$dir/new", '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync');
$cluster->tool('run', 'cp', "$dir/data/postgresql.conf", "$dir/new/postgresql.conf");
my $bin = $cluster->tool('run', 'sh', '-c', 'dirname "$(command -v postgres)"');
chomp $bin;
my $told = eval { $cluster->tool('run', 'sh', '-c', "cd $dir/sock && pg_upgrade -U postgres -b $bin -B $bin -d $dir/data -D $dir/new -s $dir/sock") };
ok(defined $told, 'pg_upgrade succeeds') or diag $@;
rename "$dir/data", "$dir/before" or die;
rename "$dir/new", "$dir/data" or die;
$cluster->start;
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 20), 'in the new server the launcher finds the database, and what was queued is run');
done_testing();
