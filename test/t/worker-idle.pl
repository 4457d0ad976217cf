# test/run: calm
# A worker with nothing to do takes next to nothing: less than a thousandth of a core, no transaction, no WAL, no word in the log.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $seconds = $ENV{TV_IDLE_SECONDS} // 30;
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off', 'max_worker_processes = 16', 'timevmaps.workers = 2',
	'checkpoint_timeout = 1h', 'log_min_messages = info']);
plan skip_all => 'the kernel does not tell how long a process ran' unless -r "/proc/$$/schedstat";
$cluster->setup('app');
$cluster->query('postgres', 'CREATE DATABASE plain');
$cluster->query('app', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 2000);
    INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) SELECT 1, 1, 'sr', '{"v_mps": 1}', now() + interval '1 d' FROM generate_series(1, 1000);
});
ok($cluster->poll('app', "SELECT count(*) = 2000 FROM timevmaps.experiments WHERE status = 'finished'", 60), 'some experiments are over, others not due');
# What is due each minute has been done, and what was learned about the tables is old.
$cluster->query('app', $_) for 'VACUUM ANALYZE', 'CHECKPOINT';
sleep 5;

my %name = map { split /\|/ } split /\n/, $cluster->query('app', q{SELECT pid || '|' || backend_type FROM pg_stat_activity WHERE backend_type LIKE 'timevmaps%'});
is(join(', ', sort values %name), 'timevmaps launcher, timevmaps worker, timevmaps worker', 'a launcher and two workers');
# Nanoseconds on a processor, and how often.
sub ran { open my $file, '<', "/proc/$_[0]/schedstat" or return (0, 0); my @fields = split ' ', <$file>; return @fields[0, 2] }
my $xmax = 'SELECT pg_snapshot_xmax(pg_current_snapshot())';
my $next = $cluster->query('app', $xmax);
my $wal = $cluster->query('app', 'SELECT pg_current_wal_insert_lsn()');
my $log = length $cluster->log_text;
my %before = map { $_ => [ ran($_) ] } keys %name;
my $begin = time;
sleep $seconds;
my %after = map { $_ => [ ran($_) ] } keys %name;
my $took = time - $begin;
is(substr($cluster->log_text, $log), '', 'write nothing into the log');
is($cluster->query('app', $xmax), $next, 'nor elsewhere');
# The server itself writes a few bytes.
cmp_ok($cluster->query('app', "SELECT pg_current_wal_insert_lsn() - '$wal'"), '<', 500, 'and no WAL');
for my $pid (sort keys %name)
{
	my ($share, $wakes) = (($after{$pid}[0] - $before{$pid}[0]) / $took / 1e7, ($after{$pid}[1] - $before{$pid}[1]) / $took);
	cmp_ok($share, '<', 0.1, sprintf '%s takes less than a thousandth of a core', $name{$pid});
	cmp_ok($wakes, '<', 10, 'and wakes a few times a second');
	diag sprintf '%s: %.3f %% of a core, %.1f wakes a second', $name{$pid}, $share, $wakes;
}
done_testing();
