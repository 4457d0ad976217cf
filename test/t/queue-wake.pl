# test/run: calm
# Who is woken: of workers that sleep a commit wakes one, who wakes another as long as there may be more; nothing is left lying.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $workers = 6;
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off', 'max_worker_processes = 20', "timevmaps.workers = $workers"]);
plan skip_all => 'the kernel does not tell how often a process ran' unless -r "/proc/$$/schedstat";
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{INSERT INTO timevmaps.worlds (name) SELECT 'w' || n FROM generate_series(1, 3) n;
	INSERT INTO timevmaps.timelines (world_id, label) SELECT n, 'root' FROM generate_series(1, 3) n});
my $short = q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', '{"v_mps": 1}')};
my $unfinished = "SELECT count(*) FROM timevmaps.experiments WHERE status IN ('queued', 'running')";
ok($cluster->poll('app', "SELECT count(*) = $workers FROM timevmaps.tv_worker_status()", 30), 'workers are there');
q1($short) for 1 .. 20;
ok($cluster->poll('app', "SELECT ($unfinished) = 0", 30), 'and work');

my @pids = split /\n/, q1('SELECT pid FROM timevmaps.tv_worker_status()');
sub ran { open my $file, '<', "/proc/$_[0]/schedstat" or return 0; return (split ' ', <$file>)[0] }
# Of 40 that come one by one, each waits for its end: who is not needed does not run.
my $slowest = 0;
my %before = map { $_ => ran($_) } @pids;
for my $n (1 .. 40)
{
	my $id = q1("$short RETURNING id");
	my $begin = time;
	$cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 10);
	$slowest = time - $begin if time - $begin > $slowest;
}
my @used = sort { $b <=> $a } map { (ran($_) - $before{$_}) / 1e6 } @pids;
diag(sprintf 'ms of processor for 40: %s; the slowest took %.0f ms', join(' ', map { sprintf '%.1f', $_ } @used), $slowest * 1000);
cmp_ok($used[0], '>', 2 * $used[2], 'one of them does what comes one by one, and another tells of it');
cmp_ok($slowest, '<', 0.8, 'at once, and not when somebody looks by himself');

# Those that take long, in one statement: each worker wakes the next.
my $long = q{'{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false, "timeout_s": 6, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}'};
sleep 1.5;
my $begin = time;
q1("INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1 + n % 3, 1 + n % 3, 'quantum', $long FROM generate_series(1, $workers) n");
my $spread = 'SELECT extract(epoch FROM max(started_at) - min(submitted_at)) FROM timevmaps.experiments WHERE status = \'running\'';
ok($cluster->poll('app', "SELECT count(*) = $workers FROM timevmaps.experiments WHERE status = 'running'", 10), 'as many run as there are workers');
my $all_in = q1($spread);
diag(sprintf 'all have begun %.0f ms after they were submitted', $all_in * 1000);
cmp_ok($all_in, '<', 0.9, 'and nobody had to look by himself');
q1("UPDATE timevmaps.experiments SET status = 'cancelled' WHERE status = 'running'");

# In bursts by several sessions, and with workers that come and go, nothing is left.
q1("DELETE FROM timevmaps.experiments");
for my $round (1 .. 5)
{
	q1(join '; ', ($short) x 30);
	q1("SELECT pg_terminate_backend($pids[$round])");
	q1('INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1 + n % 3, 1 + n % 3, \'sr\', \'{"v_mps": 1}\' FROM generate_series(1, 300) n');
}
ok($cluster->poll('app', "SELECT ($unfinished) = 0 AND (SELECT count(*) FROM timevmaps.experiments) = 1650", 30), 'nothing is left lying') or diag(q1('SELECT status, count(*) FROM timevmaps.experiments GROUP BY 1'));

# Rows of the queue and of the log are written directly, but where somebody has hung a trigger on a table.
q1(q{CREATE TABLE public.seen (name text); GRANT INSERT ON public.seen TO PUBLIC;
	CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.seen VALUES (TG_ARGV[0]); RETURN NULL; END';
	CREATE TRIGGER see AFTER INSERT ON timevmaps.queue_ready FOR EACH ROW EXECUTE FUNCTION public.see('waits');
	CREATE TRIGGER see AFTER INSERT ON timevmaps.events FOR EACH ROW EXECUTE FUNCTION public.see('event')});
q1($short);
ok($cluster->poll('app', "SELECT ($unfinished) = 0", 30), 'one more is run');
is(q1("SELECT string_agg(name, ' ' ORDER BY name) FROM public.seen"), 'event event waits', 'what somebody has hung on the tables sees it wait, and both its events');
done_testing();
