# Processes of the server are killed at random points of a mix of work, the server goes down as if power had failed, and a standby
# takes its place: what was committed is there, and of every experiment there is one result, one attempt's frames, and one end.
#
# KILLS, STOPS and SEED make it longer or another: test/soak/crashes.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvQueue;

my ($kills, $stops) = ($ENV{KILLS} || 16, $ENV{STOPS} || 3);
my $seed = $ENV{SEED} || time % 100000 | 0;
srand $seed;
my @conf = ("shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'max_prepared_transactions = 20', 'restart_after_crash = on');
my $cluster = TvCluster->new(conf => [ @conf, 'wal_level = replica' ]);
$cluster->setup('app');
TvQueue::setup($cluster, 'app');
my $mix = TvQueue->new($cluster, 'app', seed => $seed, clients => 3);

sub up { return $_[0]->poll('app', 'SELECT true', 60) }

# What is finished stays as it is.
my %seen;
sub look
{
	my $rows = $_[0]->query('app', q{SELECT r.experiment_id, e.claim, md5(r::text) FROM timevmaps.results r JOIN timevmaps.experiments e ON e.id = r.experiment_id ORDER BY 1 DESC LIMIT 500});
	$seen{ $_->[0] } //= "$_->[1] $_->[2]" for map { [ split /\|/ ] } split /\n/, $rows;
	return;
}

# Mostly who runs experiments, else anybody.
my @victims = (("backend_type = 'timevmaps worker'") x 6, "backend_type = 'client backend'", "backend_type LIKE 'timevmaps%' AND backend_type <> 'timevmaps worker'", 'true');
my ($killed, $stopped) = (0, 0);
my $give_up = time + 60 + 5 * ($kills + $stops);
while (($killed < $kills || $stopped < $stops) && time < $give_up)
{
	up($cluster) or last;
	my @pids = TvQueue::processes($cluster, $victims[ int rand @victims ]);
	look($cluster) if rand() < 0.2;
	sleep rand 0.7;
	if (rand($kills + $stops) < $stops ? $stopped < $stops : $killed >= $kills)
	{
		$cluster->stop('immediate');
		$cluster->start;
		$stopped++;
	}
	elsif (@pids && TvQueue::kill_process($cluster, $pids[ int rand @pids ]))
	{
		$killed++;
		# Now and then while the server recovers, or while what it had lost is looked for.
		sleep rand 0.5;
	}
}
is("$killed $stopped", "$kills $stops", 'processes are killed and the server goes down');
ok(up($cluster), 'it comes back');
look($cluster);

my $standby = TvQueue::standby($cluster);
sleep 2;
$cluster->stop('immediate');
$standby->query('postgres', 'SELECT pg_promote()');
ok($standby->poll('postgres', 'SELECT NOT pg_is_in_recovery()'), 'a standby takes its place');
$mix->move_to($standby);
sleep 2;
$mix->stop;
# A statement may go on whose client is gone.
ok($standby->poll('app', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()}), 'all clients are gone');
TvQueue::commit_prepared($standby, 'app');
my $began = time;
ok(TvQueue::drained($standby, 'app', 120 + $kills), 'all that waits is run') or diag $standby->query('app', q{SELECT id, kind, status, claim, attempts, lost, run_at - now(), error FROM timevmaps.experiments WHERE status IN ('queued', 'running')});
my $took = time - $began;
ok($standby->poll('app', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status() WHERE experiment_id IS NOT NULL', 5), 'and nothing runs');

is(join("\n", TvQueue::complaints($standby, 'app', 1)), '', 'the queue is as it must be');
is(join("\n", $mix->broken_promises($standby)), '', 'clients were told nothing that is not so');
my @ids = keys %seen;
my %now = map { my ($id, $what) = split /\|/, $_, 2; $id => $what =~ tr/|/ /r }
	split /\n/, $standby->query('app', q{SELECT r.experiment_id, e.claim, md5(r::text) FROM timevmaps.results r JOIN timevmaps.experiments e ON e.id = r.experiment_id});
is(join(' ', grep { $seen{$_} ne ($now{$_} // '') } @ids), '', 'what was finished once is so to the last letter');
my $again = $standby->query('app', q{SELECT string_agg(e.id || ' ' || x.differences::text, '; ') FROM (SELECT id FROM timevmaps.experiments WHERE status = 'finished' AND kind <> 'route' ORDER BY claim DESC, id LIMIT 20) e,
	LATERAL timevmaps.tv_reproduce(e.id) x WHERE NOT x.identical});
is($again, '', 'and those that were begun most often come out the same again');
unlike($_->log_text, qr/TRAP:|PANIC:(?! .*terminated)|could not record/, 'nothing strange in the log') for $cluster, $standby;
note sprintf 'seed %d: %d kills, %d stops; %d experiments were acknowledged, %s; %s lost, the last after %.0f s', $seed, $killed, $stopped, $mix->inserted,
	$standby->query('app', q{SELECT string_agg(n || ' ' || status, ', ') FROM (SELECT status, count(*) AS n FROM timevmaps.experiments GROUP BY status ORDER BY status) s}),
	$standby->query('app', 'SELECT count(*) FROM timevmaps.experiments WHERE claim > attempts OR attempts > 1'), $took;
diag("seed $seed") unless Test::More->builder->is_passing;
done_testing();
