# Events reach who listens, from a process that works at nothing else: at most 67 notifications a second to a channel, several events in
# one, none of what was rolled back, and nobody's transaction holds NOTIFY's lock.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'max_prepared_transactions = 5']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (1, 'other');
});
my $delayed = q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) SELECT 1, %d, 'sr', '{"v_mps": 1}', now() + interval '1 day' FROM generate_series(1, %d)};
my $cancel = q{UPDATE timevmaps.experiments SET status = 'cancelled' WHERE status = 'queued' AND timeline_id = %d};

# What a listener was sent since it last asked: ([channel, payload], ...).
my $listener = TvSession->new($cluster, 'app', 'listener');
$listener->query('LISTEN tv_sim_finished; LISTEN tv_live_1_1; LISTEN tv_live_1_2');
sub sent
{
	my @sent;
	my $out = $listener->query('SELECT 1');
	push @sent, [ $1, $2 ] while $out =~ /notification "(\w+)" with payload "(\{.*\})" received/g;
	return @sent;
}

# Until a number of events has been told on a channel, with those that are in the log alone.
sub told
{
	my ($channel, $wanted, $seconds) = @_;
	my ($end, @payloads, $events) = (time + ($seconds // 10));
	while (time < $end && ($events // 0) < $wanted)
	{
		for my $sent (grep { $_->[0] eq $channel } sent())
		{
			push @payloads, $sent->[1];
			$events += () = $sent->[1] =~ /"experiment_id"/g;
			$events += $1 if $sent->[1] =~ /"more": (\d+)/;
		}
		sleep 0.02;
	}
	return ($events // 0, @payloads);
}

# ---------------------------------------------------------------- one, several, and a great many
q1(sprintf $delayed, 1, 1);
q1(sprintf $cancel, 1);
my ($events, @payloads) = told('tv_sim_finished', 1);
is_deeply(\@payloads, ['{"experiment_id": 1, "world_id": 1, "timeline_id": 1, "kind": "sr", "attempt": 0, "status": "cancelled"}'], 'one event is told as it is');
is(q1("SELECT concat_ws(' ', type, subject, world_id, timeline_id, attempt, data, xid < pg_snapshot_xmax(pg_current_snapshot()), now() - at < '1 min')
	FROM timevmaps.events WHERE type = 'tv_sim_finished'"), 'tv_sim_finished 1 1 1 0 {"kind": "sr", "status": "cancelled"} t t', 'and is in the log');

q1((sprintf $delayed, 1, 3) . '; ' . sprintf $cancel, 1);
($events, @payloads) = told('tv_sim_finished', 3);
is(@payloads, 1, 'three of one transaction come together');
like($payloads[0], qr/^\{"events": \[\{"experiment_id": 2, [^{}]*\}, \{"experiment_id": 3, [^{}]*\}, \{"experiment_id": 4, [^{}]*\}\], "more": 0\}$/, '... in a list');

q1(sprintf $delayed, 2, 20000);
told('tv_live_1_2', 20000);
my $before = q1('SELECT count(*) FROM timevmaps.events');
q1(sprintf $cancel, 2);
($events, @payloads) = told('tv_sim_finished', 20000);
is($events, 20000, '20,000 cancelled in a statement are all told of, by number');
cmp_ok(@payloads, '<', 10, '... in a handful of notifications') or diag scalar @payloads;
cmp_ok(length $payloads[0], '<', 7900, '... that fit');
is(q1('SELECT count(*) FROM timevmaps.events') - $before, 20000, 'and each is in the log');
is(q1('SELECT events_held FROM timevmaps.tv_worker_counters()'), '0', 'none was dropped');

# ---------------------------------------------------------------- what did not happen
q1((sprintf $delayed, 1, 2) . '; SELECT 1');
my ($kept, $undone) = split /\|/, q1("SELECT min(id), max(id) FROM timevmaps.experiments WHERE status = 'queued'");
q1("BEGIN; SAVEPOINT a; UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = $undone; ROLLBACK TO a;
	SAVEPOINT b; UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = $kept; RELEASE b; COMMIT");
($events, @payloads) = told('tv_sim_finished', 1);
like("@payloads", qr/"experiment_id": $kept,/, 'what a savepoint kept is told');
unlike("@payloads", qr/"experiment_id": $undone,/, '... and what one took back is not');
q1("BEGIN; UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = $undone; ROLLBACK");
sleep 0.3;
is_deeply([sent()], [], 'what was rolled back is not, nor the transaction that was');

# ---------------------------------------------------------------- prepared
my $prepares = TvSession->new($cluster, 'app', 'prepares');
$prepares->query("BEGIN; UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = $undone; PREPARE TRANSACTION 'undone'");
$prepares->query('CREATE TEMP TABLE other ()');
sleep 0.3;
is_deeply([sent()], [], 'what is prepared is not told by the next transaction of its session');
$prepares->query("ROLLBACK PREPARED 'undone'");
is($cluster->sqlstate('app', "BEGIN; UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = $undone; PREPARE TRANSACTION 'cancel'"), '', 'a transaction that cancels can be prepared');
q1("COMMIT PREPARED 'cancel'");
is(q1("SELECT count(*) FROM timevmaps.events WHERE subject = $undone AND data ->> 'status' = 'cancelled'"), '1', 'and its event is in the log');
my $id = q1(q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false,
	"options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}')));
ok(until_true("SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id"), 'a long experiment runs');
ok(until_true("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'timevmaps notifier'"), 'a process tells of events meanwhile');
told('tv_live_1_1', 1, 1);
q1((sprintf $delayed, 2, 1) . '; ' . sprintf $cancel, 2);
my $start = time;
($events) = told('tv_sim_finished', 1);
is($events, 1, 'what happens meanwhile is told');
cmp_ok(time - $start, '<', 0.5, '... at once');
q1("BEGIN; UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = $id; PREPARE TRANSACTION 'stop'");
sleep 1.2;
is(q1('SELECT count(*) FROM timevmaps.tv_worker_status() WHERE state = \'running\''), '1', 'a cancel that is prepared does nothing yet');
$start = time;
q1("COMMIT PREPARED 'stop'");
ok(until_true("SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()", 5), 'when it is committed it stops the worker');
cmp_ok(time - $start, '<', 2.5, '... within two seconds');
q1('SELECT timevmaps.tv_stop_worker()');
ok(until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type ~ 'timevmaps (worker|notifier)'", 5), 'the process goes with the workers');

# ---------------------------------------------------------------- a session
told('tv_live_1_1', 1, 0.3);
q1(q{SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')});
q1('CALL timevmaps.tv_work(1)');
($events, @payloads) = told('tv_sim_finished', 1);
is($events, 1, 'a session tells of what it has done') or diag "@payloads";
done_testing();
