# test/run: calm
# The server's queue of notifications is full to the last page, because somebody who listens is idle in a transaction: 5,000 experiments
# are run all the same, each once, and the log has a line a minute of it.  From version 17 on that queue can be made short.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvListener;
use TvQueue;

my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2' ]);
plan skip_all => 'before PostgreSQL 17 the queue of notifications is 8 GB' if $cluster->query('postgres', 'SHOW server_version_num') < 170000;
$cluster->stop;
open my $conf, '>>', $cluster->dir . '/data/postgresql.conf' or die;
print $conf "max_notify_queue_pages = 64\n";
close $conf;
$cluster->start;
$cluster->setup('app');
TvQueue::setup($cluster, 'app');

my $idle = TvListener->new($cluster, 'app', 'noise');
$idle->query('BEGIN; SELECT 1');
my $sqlstate = '';
for (1 .. 100)
{
	$sqlstate = $cluster->sqlstate('app', q{SELECT count(pg_notify('noise', repeat('x', 7000) || i)) FROM generate_series(1, 5) i});
	last if $sqlstate ne '';
}
# Until not the shortest has room.
1 until $cluster->sqlstate('app', q{NOTIFY noise, 'x'}) ne '' || $sqlstate eq '';
is($sqlstate, '54000', 'the queue of notifications is full');

my $began = time;
for my $w (1 .. 3)
{
	$cluster->query('app', qq{SET ROLE ana; INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT $w, ${w}1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 1500)});
}
$cluster->query('app', q{SET ROLE ana; INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
	SELECT 1, 11, 'quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}}' FROM generate_series(1, 300);
	INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 2, 21, 'route', '{"origin_place_id": 20, "dest_place_id": 23}' FROM generate_series(1, 200)});
ok(TvQueue::drained($cluster, 'app', 180), '5,000 experiments are run');
note sprintf '%.1f s', time - $began;
is($cluster->query('app', q{SELECT count(*), sum(claim), count(*) FILTER (WHERE status = 'finished') FROM timevmaps.experiments}), '5000|5000|5000', 'each once, and well');
my $id = $cluster->query('app', q{SET ROLE ana; SELECT id FROM timevmaps.tv_submit_experiment(1, 11, 'sr', '{"v_mps": 1}', run_at => now() + interval '1 day')});
is($cluster->sqlstate('app', "SELECT timevmaps.tv_cancel_experiment($id)"), '', 'what waits is cancelled');
is($cluster->sqlstate('app', q{NOTIFY noise}), '54000', 'and the queue is still full');
cmp_ok($cluster->query('app', 'SELECT events_held FROM timevmaps.tv_worker_counters()'), '>', 0, 'what nobody could be told is counted');
my @lines = $cluster->log_text =~ /^.*LOG:  timevmaps.*notif.*$/mg;
my $minutes = int((time - $began) / 60) + 1;
ok(@lines > 0 && @lines <= 3 * $minutes, 'the log has a line a minute of each process') or diag join "\n", @lines;
is(join("\n", TvQueue::complaints($cluster, 'app', 1)), '', 'the queue is as it must be');

$idle->query('ROLLBACK');
my $listener = TvListener->new($cluster, 'app', 'tv_sim_finished');
$cluster->query('app', q{SET ROLE ana; SELECT timevmaps.tv_submit_experiment(1, 11, 'sr', '{"v_mps": 1}')});
ok((grep { $_->[2] =~ /"finished"/ } map { $listener->read(0.5) } 1 .. 4), 'afterwards who listens is told again');
done_testing();
