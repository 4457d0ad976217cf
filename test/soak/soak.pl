# Half an hour of everything at once: submissions of all kinds in three worlds, cancels and retries; in the first third processes of the
# server are killed, and clients are killed until the end; 200 sessions listen, of which one reads nothing and one is idle in a
# transaction.  Then: memory of the workers and the notifier is flat, the hot tables are no larger than after it has warmed up, who
# listens has been told the same as everybody else, and the queue is as it must be.
#
#   make soak [MINUTES=30] [SEED=n]
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvListener;
use TvQueue;

my $length = 60 * ($ENV{MINUTES} || 30);
my $seed = $ENV{SEED} || time % 100000 | 0;
srand $seed;
# What is soaked for a few minutes is swept more often than once a minute.
my @sweep = $length < 600 ? 'autovacuum_naptime = 5s' : ();
my $cluster = TvCluster->new(conf => [ @sweep, "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'max_connections = 300', 'max_prepared_transactions = 20' ]);
$cluster->setup('app');
TvQueue::setup($cluster, 'app');
my @topics = qw(tv_sim_finished tv_live_1_11 tv_live_2_22);

# ---------------------------------------------------------------- who listens
# In a process of its own, which writes how many notifications each has got between two marks.
my $heard = TvCluster::temporary();
my $ears = fork() // die;
if (!$ears)
{
	my $stop = 0;
	$SIG{TERM} = sub { $stop = 1 };
	my (@listeners, @deaf, @count, @marks);
	while (!$stop && getppid() != 1)
	{
		eval {
			for my $i (0 .. 197)
			{
				next if $listeners[$i] && !$listeners[$i]->gone;
				$listeners[$i] = TvListener->new($cluster, 'app', @topics);
				($count[$i], $marks[$i]) = (0, 0);
			}
			for my $i (0, 1)
			{
				# Known by its process, for it does not read that the server has gone.
				next if $deaf[$i] && kill 0, $deaf[$i]->backend;
				$deaf[$i] = TvListener->new($cluster, 'app', @topics);
				$deaf[$i]->query('BEGIN; SELECT 1') if $i;
			}
			1;
		} or sleep 0.5;
		my @there = grep { $_ && !$_->gone } @listeners;
		@there ? TvListener::read_all(\@there, 0.3) : sleep 0.3;
		for my $i (grep { $listeners[$_] } 0 .. 197)
		{
			for my $told ($listeners[$i]->taken)
			{
				if ($told->[2] =~ /"mark"/) { $marks[$i]++ }
				elsif ($marks[$i] == 1) { $count[$i]++ }
			}
		}
	}
	open my $out, '>', $heard->filename or die;
	printf $out "%d %d\n", $_->[0], $_->[1] for map { [ $marks[$_] // 0, $count[$_] // 0 ] } 0 .. 197;
	close $out;
	POSIX::_exit(0);
}
END { kill 'TERM', $ears if $ears && $ears > 0 && $$ != $ears }

# ---------------------------------------------------------------- what is looked at
sub private_kb
{
	my ($pid) = @_;
	open my $in, '<', "/proc/$pid/smaps_rollup" or return;
	my $kb = 0;
	while (<$in>) { $kb += $1 if /^Private_(?:Clean|Dirty):\s+(\d+)/ }
	return $kb;
}

my @hot = qw(queue_ready queue_delayed queue_running);
my (%memory, %type, %size, @rate);
my ($done, $looked) = (0, time);
sub look
{
	my ($phase) = @_;
	my ($status, $out) = $cluster->psql('app', q{SELECT pid, backend_type FROM pg_stat_activity WHERE backend_type LIKE 'timevmaps%'});
	return if $status;
	for (split /\n/, $out)
	{
		my ($pid, $type) = split /\|/;
		my $kb = private_kb($pid) // next;
		$type{$pid} = $type;
		push @{ $memory{$pid} }, $kb if $phase eq 'watched';
	}
	($status, $out) = $cluster->psql('app', 'SELECT ' . join(', ', map { "pg_total_relation_size('timevmaps.$_')" } @hot) . ', (SELECT finished FROM timevmaps.tv_worker_counters())');
	return if $status;
	chomp $out;
	my @now = split /\|/, $out;
	for my $table (@hot) { my $bytes = shift @now; $size{$phase}{$table} = $bytes if $bytes > ($size{$phase}{$table} // 0) }
	my $finished = shift(@now) // 0;
	push @rate, ($finished - $done) / (time - $looked) if $finished >= $done;
	($done, $looked) = ($finished, time);
	return;
}

# ---------------------------------------------------------------- it goes on
my $mix = TvQueue->new($cluster, 'app', seed => $seed, clients => 3, most => 3000, bulk => 2000, pause => 0.2);
my $began = time;
my $every = $length / 60 < 2 ? 2 : $length / 60 > 10 ? 10 : $length / 60;
my ($killed, $clients, $marked, $told_at) = (0, 0, 0, time);
while ((my $at = time - $began) < $length)
{
	my $phase = $at < 0.3 * $length ? 'kills' : $at < 0.55 * $length ? 'warm' : 'watched';
	if ($phase eq 'kills')
	{
		my @pids = TvQueue::processes($cluster, rand() < 0.7 ? "backend_type = 'timevmaps worker'" : "backend_type LIKE 'timevmaps%' OR backend_type = 'client backend'");
		$killed++ if @pids && TvQueue::kill_process($cluster, $pids[ int rand @pids ]);
		$cluster->poll('app', 'SELECT true', 60);
	}
	elsif (rand() < 0.3) { $mix->replace_one; $clients++ }
	if ($phase eq 'watched' && !$marked) { $cluster->query('app', q{NOTIFY tv_sim_finished, '{"mark": 1}'}); $marked = 1 }
	look($phase);
	if (time - $told_at > 60) { $told_at = time; diag sprintf '%2d min: %.0f finished a second; hot tables %s kB', $at / 60, $rate[-1] // 0, join ' ', map { ($size{$phase}{$_} // 0) / 1024 } @hot }
	sleep $every * (0.5 + rand);
}
$cluster->query('app', q{NOTIFY tv_sim_finished, '{"mark": 2}'});
$mix->stop;
ok($cluster->poll('app', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%' AND query NOT LIKE 'BEGIN; SELECT 1'}, 30), 'all clients are gone');
TvQueue::commit_prepared($cluster, 'app');
my $end = time;
ok(TvQueue::drained($cluster, 'app', 600), 'all that waits is run');
my $drained = time - $end;
look('end');
$cluster->poll('app', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status() WHERE experiment_id IS NOT NULL', 10);
my $usage = $cluster->query('app', 'SELECT pg_notification_queue_usage()');
sleep 2;
kill 'TERM', $ears;
waitpid $ears, 0;
$ears = 0;

# ---------------------------------------------------------------- what is to hold
sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ @sorted / 2 ] }
my $kept = 0;
my $samples = (sort { $b <=> $a } map { scalar @$_ } values %memory)[0] // 0;
for my $pid (sort { $a <=> $b } keys %memory)
{
	my @kb = @{ $memory{$pid} };
	next if @kb < 0.8 * $samples;
	$kept++;
	my $part = @kb / 4 < 1 ? 1 : int @kb / 4;
	my ($before, $after) = (median(@kb[ 0 .. $part - 1 ]), median(@kb[ -$part .. -1 ]));
	diag sprintf '%s %d: private memory %d kB, then %d kB, at most %d', $type{$pid}, $pid, $before, $after, (sort { $b <=> $a } @kb)[0];
	cmp_ok($after, '<=', 1.1 * $before + 2048, "memory of a $type{$pid} is flat");
}
cmp_ok($kept, '>=', 2, 'workers lived through it');
for my $table (@hot)
{
	my ($warm, $watched, $last) = map { ($size{$_}{$table} // 0) / 1024 } qw(warm watched end);
	diag sprintf '%s: at most %d kB while it warms up, %d kB later, %d kB at the end', $table, $warm, $watched, $last;
	# In a few minutes the largest of what is submitted at once may come late.
	cmp_ok($last, '<=', ($length < 600 ? 2 : 1.25) * $warm + 256, "$table is no larger at the end");
}
my %heard;
open my $in, '<', $heard->filename or die;
while (<$in>) { chomp; $heard{$_}++ }
diag 'who listens: ' . join ', ', map { "$heard{$_} have got " . s/^\d+ //r } sort keys %heard;
is(scalar keys %heard, 1, 'who listens has been told the same as everybody else') or diag explain \%heard;
like((keys %heard)[0], qr/^2 [1-9]/, '... from one mark to the other');
is(join("\n", TvQueue::complaints($cluster, 'app', 1)), '', 'the queue is as it must be');
is(join("\n", $mix->broken_promises($cluster)), '', 'clients were told nothing that is not so');
unlike($cluster->log_text, qr/TRAP:|PANIC:(?! .*terminated)|could not record/, 'nothing strange in the log');
diag sprintf 'seed %d, %d min: %d processes and %d clients killed; %s; %.0f finished a second (median of %d looks), the rest in %.0f s; queue of notifications %.2f %% full; %s', $seed, $length / 60, $killed, $clients,
	$cluster->query('app', q{SELECT string_agg(n || ' ' || status, ', ') FROM (SELECT status, count(*) AS n FROM timevmaps.experiments GROUP BY status ORDER BY status) s}),
	median(@rate), scalar @rate, $drained, 100 * $usage, $cluster->query('app', q{SELECT string_agg(line, ', ') FROM regexp_split_to_table(timevmaps.tv_metrics(), '\n') line WHERE line ~ '^timevmaps_events.* \d'});
done_testing();
