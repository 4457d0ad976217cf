# test/run: calm
# While 32 sessions insert and 8 workers finish nobody waits for the lock under which notifications are sent, and who listens is told
# of each end, in no more than a hundred notifications a second and topic.
use strict;
use warnings;
use Test::More;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);
use TvCluster;
use TvListener;
use TvQueue;

my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 8', 'max_connections = 200' ]);
$cluster->setup('app');
TvQueue::setup($cluster, 'app');
ok($cluster->poll('app', 'SELECT count(*) = 8 FROM timevmaps.tv_worker_status()'), 'eight workers');
my @topics = qw(tv_experiment_submitted tv_sim_finished tv_live_1_11 tv_live_2_21 tv_live_3_31);
my $listener = TvListener->new($cluster, 'app', @topics);

my $script = TvCluster::temporary();
print $script "\\set w random(1, 3)\nINSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (:w, 10 * :w + 1, 'sr', '{\"v_mps\": 1}');\n";
$script->flush;
my $seconds = 5;
my $pgbench = fork() // die;
if (!$pgbench)
{
	my ($status, $out, $err) = $cluster->client('pgbench', '-n', '-M', 'prepared', '-c', 32, '-j', 2, '-T', $seconds, '-f', $script->filename, 'app');
	print STDERR $err if $status || $err =~ /ERROR|aborted/;
	POSIX::_exit($status || $err =~ /ERROR|aborted/ ? 1 : 0);
}
# One session that looks a hundred times a second who waits for a lock of a whole object, such as that of notifications.
my $found = TvCluster::temporary();
my $looker = fork() // die;
if (!$looker)
{
	my ($status, $out, $err) = $cluster->psql('app', q{
		CREATE TEMP TABLE seen AS SELECT backend_type, wait_event, 0::bigint AS looks FROM pg_stat_activity LIMIT 0;
		DO $$ DECLARE until timestamptz := clock_timestamp() + interval '} . $seconds . q{ s'; n bigint := 0; BEGIN WHILE clock_timestamp() < until LOOP
			PERFORM pg_stat_clear_snapshot();
			n := n + 1;
			INSERT INTO seen SELECT backend_type, wait_event, n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'object';
			PERFORM pg_sleep(0.01); END LOOP; INSERT INTO seen VALUES ('looks', NULL, n); END $$;
		SELECT backend_type, wait_event, count(*), max(looks) > 50 FROM seen GROUP BY 1, 2 ORDER BY 1});
	print $found $out, $err;
	$found->flush;
	POSIX::_exit(0);
}
# It reads all the time, for what comes late is counted where it comes.
my @told;
my %status;
my $end = time + 120;
while (keys %status < 2 && time < $end)
{
	push @told, $listener->read(0.1);
	for my $pid ($pgbench, $looker) { $status{$pid} = $? if waitpid($pid, POSIX::WNOHANG()) > 0 }
}
is($status{$pgbench}, 0, 'inserts succeed');
is(do { open my $in, '<', $found->filename or die; local $/; <$in> // '' }, "looks||1|t\n", 'nobody waits for the lock of notifications');
my $left = 1;
while ($left && time < $end)
{
	push @told, $listener->read(0.3);
	$left = $cluster->query('app', q{SELECT count(*) FROM timevmaps.experiments WHERE status IN ('queued', 'running')});
}
is($left, 0, 'all is run');
push @told, $listener->read(1);
my $finished = $cluster->query('app', q{SELECT count(*) FROM timevmaps.experiments WHERE status = 'finished'});

my (%rate, %events, %ids);
for my $notification (@told)
{
	my ($at, $channel, $payload) = @$notification;
	$rate{$channel}{ int $at }++;
	my $json = JSON::PP::decode_json($payload);
	my @events = $json->{events} ? @{ $json->{events} } : ($json);
	$events{$channel} += @events + ($json->{more} // 0);
	$ids{$channel}{ $_->{experiment_id} }++ for @events;
}
for my $topic (@topics)
{
	my ($most) = sort { $b <=> $a } values %{ $rate{$topic} };
	cmp_ok($most // 0, '<=', 100, "$topic: at most a hundred notifications a second");
	cmp_ok($most // 0, '>', 0, '... but some');
	is(join(' ', grep { $ids{$topic}{$_} > 1 } keys %{ $ids{$topic} }), '', '... each event once') if $topic !~ /live/;
}
note "$finished finished, of $events{tv_sim_finished} somebody was told in " . (scalar grep { $_->[1] eq 'tv_sim_finished' } @told) . ' notifications';
my $dropped = $finished - $events{tv_sim_finished};
cmp_ok($dropped, '>=', 0, 'nothing is told that is not so');
cmp_ok($dropped, '<=', $cluster->query('app', 'SELECT events_held FROM timevmaps.tv_worker_counters()'), 'and what nobody was told is counted');
is(join("\n", TvQueue::complaints($cluster, 'app', 1)), '', 'the queue is as it must be');
done_testing();
