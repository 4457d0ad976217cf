# An experiment that takes the server down each time it runs is run three times and no more, alone but for the first time; what ran beside it and what
# waited is finished. What is slow is not lost, whatever the clock says.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'autovacuum = off', 'restart_after_crash = on']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});

# A circuit whose trajectories take about so many seconds on an idle machine.
sub long
{
	my ($trajectories, $more) = @_;
	my $gates = join ', ', map { qq({"op": "RX", "target": $_, "theta": 0.3}) } 0 .. 9;
	return q1(qq{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 10, "gates": [$gates]}, "frames": false,
		"options": {"method": "statevector", "trajectories": $trajectories, "noise": [{"channel": "depolarizing", "p": 0.5}]}}'} . ($more // '') . ')');
}
sub restarts { my @lines = $cluster->log_text =~ /all server processes terminated; reinitializing/g; return scalar @lines }
sub ask { my ($status, $out) = $cluster->psql('app', $_[0]); chomp $out; return $status ? '' : $out }

# ---------------------------------------------------------------- the poison
my $poison = long(1_000_000_000, ', max_attempts => 1000, priority => 1');
my $beside = long(60_000, ', max_attempts => 1, priority => 1');
ok($cluster->poll('app', "SELECT count(*) = 2 FROM timevmaps.experiments WHERE status = 'running'"), 'it and another run');
q1(q(INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 49)));

my ($killed, $end, $ahead) = (0, time + 90, 0);
while (time < $end)
{
	my $row = ask("SELECT status, worker_pid, claim, lost FROM timevmaps.experiments WHERE id = $poison");
	my ($status, $pid, $claim, $lost) = split /\|/, $row or next;
	last if $status eq 'failed';
	if ($status eq 'running' && $claim > $killed)
	{
		sleep 0.2;
		kill 9, $pid;
		$killed = $claim;
		last if $killed > 5;
	}
	# Half a minute is not waited for.
	if ($status eq 'queued' && $lost == 2 && !$ahead)
	{
		like(ask("SELECT run_at - ended_at FROM timevmaps.experiments e JOIN timevmaps.experiment_attempts a ON a.experiment_id = e.id AND a.claim = e.claim WHERE id = $poison"),
			qr/^00:00:(29\.9|30)/, 'after the second time it waits for half a minute');
		$ahead = 60;
		$cluster->query('postgres', "ALTER SYSTEM SET timevmaps.clock_offset = $ahead");
		$cluster->reload;
	}
	sleep 0.02;
}
is(ask("SELECT concat_ws(' ', status, claim, attempts, lost, error ->> 'sqlstate', error ->> 'detail') FROM timevmaps.experiments WHERE id = $poison"),
	'failed 3 3 3 57P01 3 attempts at it lost their worker.', 'it has failed at the third time');
is(restarts(), 3, 'three restarts, and no more');
ok($cluster->poll('app', "SELECT count(*) = 50 FROM timevmaps.experiments WHERE status = 'finished'"), 'the 50 finish')
	or diag ask("SELECT id, status, claim, lost, error FROM timevmaps.experiments WHERE status <> 'finished'");
is(ask("SELECT concat_ws(' ', status, lost) FROM timevmaps.experiments WHERE id = $beside"), 'finished 1', 'what ran beside it, too, after a loss that does not count as an attempt');
is(ask("SELECT string_agg(concat_ws(' ', attempt, outcome, error ->> 'sqlstate'), ', ') FROM timevmaps.tv_experiment_attempts($poison)"),
	'1 lost 57P01, 2 lost 57P01, 3 lost 57P01', 'the history of the one');
is(ask("SELECT string_agg(concat_ws(' ', attempt, outcome), ', ') FROM timevmaps.tv_experiment_attempts($beside)"), '1 lost, 2 finished', '... and of the other');
is(ask("SELECT count(*) FROM timevmaps.tv_experiment_attempts($poison) p, timevmaps.experiments e, timevmaps.tv_experiment_attempts(e.id) o
	WHERE p.attempt > 1 AND e.id <> $poison AND (o.started_at, o.ended_at) OVERLAPS (p.started_at, p.ended_at)"), '0', 'it ran alone but for the first time');
$cluster->query('postgres', 'ALTER SYSTEM RESET timevmaps.clock_offset');
$cluster->reload;

# ---------------------------------------------------------------- alone, and not for ever
# Nothing begins for ten seconds, but what has not lost its worker goes on.
my $suspect = long(100_000_000);
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $suspect"), 'an experiment runs');
kill 9, ask("SELECT worker_pid FROM timevmaps.experiments WHERE id = $suspect");
ok($cluster->poll('app', "SELECT status = 'running' AND lost = 1 FROM timevmaps.experiments WHERE id = $suspect"), 'and again when its worker was killed');
my $other = q1(q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')));
sleep 2;
is(ask("SELECT status FROM timevmaps.experiments WHERE id = $other"), 'queued', 'nothing else begins meanwhile');
ok($cluster->poll('app', "SELECT e.status = 'finished' AND s.status = 'running' AND e.started_at - s.started_at BETWEEN interval '9 s' AND interval '15 s'
	FROM timevmaps.experiments e, timevmaps.experiments s WHERE e.id = $other AND s.id = $suspect"), '... but for ten seconds');
q1("SELECT timevmaps.tv_cancel_experiment($suspect)");

# One that waits for others to end waits for some seconds.
my $long = long(1_000_000_000);
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $long"), 'a long one runs');
my $began = time;
q1("SELECT timevmaps.tv_retry_experiment($suspect); UPDATE timevmaps.experiments SET lost = 1 WHERE id = $suspect");
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $suspect"), 'a suspect begins beside it');
cmp_ok(time - $began, '>', 4, '... after some seconds in which that could have ended');
q1("SELECT timevmaps.tv_cancel_experiment(id) FROM timevmaps.experiments WHERE id IN ($suspect, $long)");

# For a minute after the server went down experiments are run one by one: each is known while it runs.
q1(q(INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 1, "x-single": 1}' FROM generate_series(1, 30)));
ok($cluster->poll('app', q(SELECT bool_and(status = 'finished') FROM timevmaps.experiments WHERE params ? 'x-single')), 'short ones after a crash');
is(ask(q(SELECT count(DISTINCT xmin::text) FROM timevmaps.experiments WHERE params ? 'x-single')), '30', '... are run one by one');

# ---------------------------------------------------------------- slow, and the clock
my $slow = long(100_000);
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $slow"), 'a slow one runs');
for my $offset (7200, -7200)
{
	$cluster->query('postgres', "ALTER SYSTEM SET timevmaps.clock_offset = $offset");
	$cluster->reload;
	my $quick = q1(q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')));
	ok($cluster->poll('app', "SELECT status = 'finished' AND claim = 1 FROM timevmaps.experiments WHERE id = $quick", 5), "with the clock moved by $offset s others are run at once");
}
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $slow", 60), 'it finishes');
is(ask("SELECT claim || ' ' || lost FROM timevmaps.experiments WHERE id = $slow"), '1 0', 'by one claim');
unlike($cluster->log_text, qr/TRAP:|PANIC:|could not record/, 'nothing strange in the log');
done_testing();
