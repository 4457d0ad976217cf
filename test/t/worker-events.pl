# What anybody may do does not stand in the way of work: a queue of notifications that somebody fills, advisory locks that he
# holds, and interrupts that come too late.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.notify_share = 0.0005']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
sub submit { return q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$_[0]', '$_[1]')") }
sub status_is { return until_true("SELECT status = '$_[1]' FROM timevmaps.experiments WHERE id = $_[0]", 10) }
sub held { return q1('SELECT events_held FROM timevmaps.tv_worker_counters()') }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    CREATE ROLE player LOGIN IN ROLE tv_player;
});
my $long = '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}';

# ---------------------------------------------------------------- a player listens, idle in a transaction, and sends
my $idle = TvSession->new($cluster, 'app', 'idle');
$idle->query('SET SESSION AUTHORIZATION player; LISTEN noise');
$idle->query('BEGIN; SELECT 1');
my $listener = TvSession->new($cluster, 'app', 'listener');
$listener->query('LISTEN tv_live_1_1');
my $before = submit('sr', '{"v_mps": 1}');
ok(status_is($before, 'finished'), 'an experiment is run');
like($listener->query('SELECT 1'), qr/"experiment_id": $before, .*"attempt": 1, .*tv_sim_finished/, 'and told');
is(held(), '0', 'nothing is held back');

q1(q{SET SESSION AUTHORIZATION player; SELECT count(pg_notify('noise', repeat('x', 7900) || i)) FROM generate_series(1, 1500) i});
cmp_ok(q1('SELECT pg_notification_queue_usage()'), '>', 0.0005, 'the queue of notifications is fuller than it may be');
my $during = submit('sr', '{"v_mps": 1}');
ok(status_is($during, 'finished'), 'experiments go on');
my $circuit = submit('quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}]}}');
ok(status_is($circuit, 'finished'), '... with frames');
my $cancelled = submit('quantum', $long);
ok(status_is($cancelled, 'running'), 'a long one runs');
is($cluster->sqlstate('app', "SELECT timevmaps.tv_cancel_experiment($cancelled)"), '', 'it is cancelled');
ok(until_true("SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()", 5), 'and its worker stops');
unlike($listener->query('SELECT 1'), qr/"experiment_id"/, 'of all that nobody is told');
is(held(), '7', 'they are counted: of each that it was claimed and that it ended, and one of frames');
like(q1('SELECT timevmaps.tv_metrics()'), qr/^timevmaps_events_held_total 7$/m, 'in the metrics, too');
my @lines = $cluster->log_text =~ /^.*LOG:  timevmaps: the queue of notifications.*$/mg;
is(@lines, 1, 'and the log has a line, not one each') or diag join "\n", @lines;

$idle->query('ROLLBACK');
undef $idle;
my $after = submit('sr', '{"v_mps": 1}');
ok(status_is($after, 'finished'), 'when the transaction is over');
like($listener->query('SELECT 1'), qr/"experiment_id": $after, /, 'events are sent again');

# ---------------------------------------------------------------- an interrupt is for one attempt
my $id = submit('quantum', $long);
sub claim_is { return until_true("SELECT status = 'running' AND claim = $_[0] FROM timevmaps.experiments WHERE id = $id", 10) }
ok(claim_is(1), 'a long experiment runs');
q1("SELECT timevmaps_internal.tv_interrupt_experiment($id, 1)");
ok(claim_is(2), 'an interrupt of its attempt ends that, and another begins');
q1("SELECT timevmaps_internal.tv_interrupt_experiment($id, 1)");
q1("SELECT timevmaps_internal.tv_interrupt_experiment($id + 1, 2)");
sleep 1.5;
is(q1("SELECT status || ' ' || claim FROM timevmaps.experiments WHERE id = $id"), 'running 2', 'one for the attempt before does nothing to that');
q1("SELECT timevmaps.tv_cancel_experiment($id)");
ok(until_true("SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()", 5), 'cancelling ends it');

# ---------------------------------------------------------------- a player holds advisory locks
my $holder = TvSession->new($cluster, 'app', 'holder');
$holder->query(q{SET SESSION AUTHORIZATION player;
    SELECT pg_advisory_lock(hashtextextended(n, 0)) FROM unnest('{timevmaps.frames,timevmaps.tv_apply_retention}'::text[]) n;
    SELECT pg_advisory_lock(i), pg_advisory_lock(0, i) FROM generate_series(1, 100) i;
    SELECT pg_advisory_lock(i), pg_advisory_lock(0, i) FROM generate_series(70000, 70100) i});
q1(q(INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params) VALUES (70000, 1, 1, 'quantum',
    '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}}')));
ok(status_is(70000, 'finished'), 'an experiment is claimed, and has its frames in a partition that had to be made');
is(q1('SELECT tableoid::regclass FROM timevmaps.frames WHERE experiment_id = 70000'), 'timevmaps.frames_65536', '... of its own');
q1("SELECT setval(pg_get_serial_sequence('timevmaps.experiments', 'id'), 80000)");
is(q1('SELECT partitions, more FROM timevmaps.tv_apply_retention(now())'), '1|t', 'retention drops what is old');
# But one retention is as much as there is at a time.
q1(q{SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')}) and until_true("SELECT count(*) = 0 FROM timevmaps.experiments WHERE status = 'queued'");
my $first = TvSession->new($cluster, 'app', 'retention');
$first->query('BEGIN; SELECT timevmaps.tv_apply_retention(now())');
is(q1("SELECT timevmaps.tv_apply_retention('infinity')"), '(0,0,0,)', 'a second retention does nothing beside the first');
$first->query('ROLLBACK');
is(q1("SELECT results > 3 FROM timevmaps.tv_apply_retention('infinity')"), 't', 'but after it');
done_testing();
