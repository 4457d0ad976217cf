# Preloaded workers: from a committed insert to a durable result, through crashes, cancels and failures.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');

sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label, parent_id) VALUES (1, 'root', NULL), (1, 'branch', 1);
    INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 57.70, 11.97), (1, 57.71, 11.98);
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);
    INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s)
    VALUES (1, 1, 2, 1, 10, 100);
});

my $bell = '[{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]';

sub submit
{
	my ($kind, $params, $more) = @_;
	return q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$kind', '$params'" . ($more // '') . ')');
}

# A circuit whose trajectories take about so many seconds on an idle machine.
sub submit_long
{
	my ($trajectories, $more) = @_;
	my $gates = join ', ', map { qq({"op": "RX", "target": $_, "theta": 0.3}) } 0 .. 9;
	return submit('quantum', qq({"circuit": {"qubits": 10, "gates": [$gates]}, "frames": {"every": 1},
		"options": {"method": "statevector", "trajectories": $trajectories, "noise": [{"channel": "depolarizing", "p": 0.5}]}}), $more);
}

sub finished { return until_true("SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $_[0]") }

# In the middle: it stored a frame, and more than nothing of its trajectories.
sub in_the_middle
{
	return until_true("SELECT status = 'running' AND progress > 0 AND EXISTS (SELECT FROM timevmaps.frames f WHERE f.experiment_id = e.id)
		FROM timevmaps.experiments e WHERE id = $_[0]");
}

sub row
{
	my ($id, $columns) = @_;
	return q1("SELECT $columns FROM timevmaps.experiments WHERE id = $id");
}

# ---------------------------------------------------------------- it runs, and tells
my $id = submit('sr', '{"v_mps": 179875474.8, "proper_seconds": 8}');
ok(finished($id), 'an experiment is run');
is(q1("SELECT metrics ->> 'coordinate_seconds' FROM timevmaps.results WHERE experiment_id = $id"), '10', 'and its result is right');

# Several events of a moment come in one notification.
sub one_by_one { my ($payload) = @_; return $payload =~ /^\{"events": \[(.*)\], "more": 0\}$/ ? $1 =~ /(\{[^{}]*\})/g : $payload }

# What a client hears that listens, submits and waits for the end: (id, {topic => [payload, ...]}).
sub hear
{
	my ($kind, $params) = @_;
	my $wait = q{DO $$ BEGIN FOR i IN 1 .. 600 LOOP
		EXIT WHEN (SELECT status FROM timevmaps.experiments ORDER BY id DESC LIMIT 1) IN ('finished', 'failed');
		PERFORM pg_sleep(0.05); END LOOP; END $$};
	my ($status, $out, $err) = $cluster->client('psql', '-X', '-q', '-A', '-t', '-d', 'app',
		(map { ('-c', "LISTEN $_") } qw(tv_experiment_submitted tv_experiment_retried tv_experiment_removed tv_sim_frame tv_sim_finished tv_error tv_route_requested tv_route_computed tv_position_update tv_zone_entered tv_zone_left tv_live_1_1)),
		'-c', "SELECT 'id=' || id FROM timevmaps.tv_submit_experiment(1, 1, '$kind', '$params')", '-c', $wait, '-c', 'SELECT pg_sleep(0.3)');
	my ($told) = $out =~ /id=(\d+)/;
	my @events = $out =~ /notification "(\w+)" with payload "(\{.*\})" received/g;
	my %events;
	while (my ($topic, $payload) = splice @events, 0, 2) { push @{ $events{$topic} }, one_by_one($payload) }
	return ($told, \%events);
}

my ($told, $events) = hear('quantum', qq({"circuit": {"qubits": 2, "gates": $bell}}));
my $ids = qq("experiment_id": $told, "world_id": 1, "timeline_id": 1, "kind": "quantum", "attempt": 1);
my $new = $ids =~ s/1$/0/r;
is_deeply($events, {
	tv_experiment_submitted => ["{$new}"],
	tv_sim_frame => ["{$ids, \"first_step\": 1, \"last_step\": 2, \"of\": 2}"],
	tv_sim_finished => ["{$ids, \"status\": \"finished\"}"],
	tv_live_1_1 => [
		"{$new, \"topic\": \"tv_experiment_submitted\"}",
		"{$ids, \"topic\": \"tv_sim_frame\", \"first_step\": 1, \"last_step\": 2, \"of\": 2}",
		"{$ids, \"topic\": \"tv_sim_finished\", \"status\": \"finished\"}"]
}, 'a circuit\'s events are told, frames together, and all of them in order to the timeline\'s listeners');

($told, $events) = hear('route', '{"origin_place_id": 1, "dest_place_id": 2}');
$ids = qq("experiment_id": $told, "world_id": 1, "timeline_id": 1, "kind": "route", "attempt": 1);
$new = $ids =~ s/1$/0/r;
my $route = q1("SELECT metrics ->> 'route_id' FROM timevmaps.results WHERE experiment_id = $told");
delete $events->{tv_live_1_1};
is_deeply($events, {
	tv_experiment_submitted => ["{$new}"], tv_route_requested => ["{$ids}"],
	tv_route_computed => ["{$ids, \"route_id\": $route}"], tv_sim_finished => ["{$ids, \"status\": \"finished\"}"]
}, 'a route\'s events are told');

($told, $events) = hear('route', '{"origin_place_id": 1, "dest_place_id": 99}');
s/\d+/$told/ for $ids, $new;
delete $events->{tv_live_1_1};
is_deeply($events, {
	tv_experiment_submitted => ["{$new}"], tv_route_requested => ["{$ids}"],
	tv_error => ["{$ids, \"sqlstate\": \"PT404\"}"], tv_sim_finished => ["{$ids, \"status\": \"failed\"}"]
}, 'a failure\'s events are told');

# Cancelling is SQL's to tell, in the same words.
my ($status, $out) = $cluster->client('psql', '-X', '-q', '-A', '-t', '-d', 'app', '-c', 'LISTEN tv_sim_finished', '-c', 'LISTEN tv_live_1_1',
	'-c', q{SELECT 'id=' || (timevmaps.tv_cancel_experiment((timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => now() + interval '1 day')).id)).id}, '-c', 'SELECT pg_sleep(0.3)');
($told) = $out =~ /id=(\d+)/;
$ids = qq("experiment_id": $told, "world_id": 1, "timeline_id": 1, "kind": "sr", "attempt": 0);
is_deeply([ map { one_by_one($_) } $out =~ /with payload "(\{.*\})" received/g ],
	[ "{$ids, \"status\": \"cancelled\"}", "{$ids, \"topic\": \"tv_experiment_submitted\"}", "{$ids, \"topic\": \"tv_sim_finished\", \"status\": \"cancelled\"}" ], 'a cancellation is told');

# So is that it is queued again, as often as it is; that it is tried again by itself is not.
($status, $out) = $cluster->client('psql', '-X', '-q', '-A', '-t', '-d', 'app', '-c', 'LISTEN tv_experiment_retried', '-c', 'LISTEN tv_experiment_submitted',
	'-c', "UPDATE timevmaps.experiments SET run_at = now() + interval '1 day', status = 'queued' WHERE id = $told", '-c', "UPDATE timevmaps.experiments SET priority = 1 WHERE id = $told", '-c', 'SELECT pg_sleep(0.3)');
is_deeply([ $out =~ /notification "(\w+)" with payload "(\{.*\})" received/g ], [ 'tv_experiment_retried', "{$ids}" ], 'a retry is told, once');
is(q1("SELECT string_agg(type, ' ' ORDER BY xid, id) FROM timevmaps.events WHERE subject = $told"), 'tv_experiment_submitted tv_sim_finished tv_experiment_retried', '... and in the log');

# So is a removal.
($status, $out) = $cluster->client('psql', '-X', '-q', '-A', '-t', '-d', 'app', '-c', 'LISTEN tv_experiment_removed',
	'-c', "DELETE FROM timevmaps.experiments WHERE id = $told", '-c', 'SELECT pg_sleep(0.3)');
like($out, qr/"tv_experiment_removed" with payload "\{"experiment_id": $told, .*"attempt": 0\}"/, 'a removal is told');

# ---------------------------------------------------------------- a gateway's price
my $cost = 'SELECT local_seconds FROM timevmaps.tv_route_cost(1, 1, 1, 2, 2)';
my $before = q1($cost);
$id = submit('quantum', qq({"circuit": {"qubits": 2, "gates": $bell}, "seed": 1,
	"options": {"trajectories": 400, "noise": [{"channel": "depolarizing", "p": 0.2}]}}), ', gateway_id => 1');
ok(finished($id), 'an experiment on a gateway is run');
is(q1("SELECT g.fidelity::text = (r.metrics ->> 'fidelity') AND g.fidelity BETWEEN 0.5 AND 0.9 AND g.measured_at IS NOT NULL
	FROM timevmaps.gateways g, timevmaps.results r WHERE g.id = 1 AND r.experiment_id = $id"), 't', 'it sets the gateway\'s fidelity');
is(q1("SELECT abs(($cost) - ($before - 100 * ln(fidelity))) < 1e-6 FROM timevmaps.gateways WHERE id = 1"), 't', 'and the next route costs what it says');

# ---------------------------------------------------------------- failures
q1("CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION USING ERRCODE = '22012', MESSAGE = 'refused', DETAIL = 'why', HINT = 'what'; END \$\$;
	CREATE TRIGGER refuse BEFORE INSERT ON timevmaps.route_plans FOR EACH ROW EXECUTE FUNCTION public.refuse()");
my $bad = submit('route', '{"origin_place_id": 1, "dest_place_id": 2}');
my $good = submit('sr', '{"v_mps": 1}');
ok(finished($good), 'the next experiment after a failing one is run');
is(row($bad, "status || ' ' || attempts || ' ' || error::text"),
	'failed 1 {"hint": "what", "detail": "why", "message": "refused", "sqlstate": "22012"}', 'the failing one says why');
is(q1("SELECT count(*) FROM timevmaps.results WHERE experiment_id = $bad"), '0', 'and leaves no result');
q1('DROP TRIGGER refuse ON timevmaps.route_plans; SELECT timevmaps.tv_retry_experiment(' . $bad . ')');
ok(finished($bad), 'it can be tried again');

# ---------------------------------------------------------------- time and cancellation
$id = submit_long(100_000_000);
ok(in_the_middle($id), 'a long experiment runs');
ok(until_true("SELECT xact_start IS NULL AND backend_xmin IS NULL AND backend_xid IS NULL FROM pg_stat_activity WHERE pid = " . row($id, 'worker_pid')),
	'and has no transaction open');
ok(until_true("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3 AND objid = $id AND pid = " . row($id, 'worker_pid')), 'but the lock that says it is alive');
my $start = time;
q1("SELECT timevmaps.tv_cancel_experiment($id)");
ok(until_true("SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()"), 'its worker stops when it is cancelled');
cmp_ok(time - $start, '<', 4, 'soon');
is(row($id, 'status'), 'cancelled', 'it stays cancelled');

$id = submit_long(100_000_000);
ok(in_the_middle($id), 'another runs');
q1('SELECT pg_cancel_backend(pid) FROM timevmaps.tv_worker_status()');
ok(until_true("SELECT status = 'failed' AND error ->> 'sqlstate' = '57014' FROM timevmaps.experiments WHERE id = $id"),
	'pg_cancel_backend() on a worker fails what it runs');
$id = submit('quantum', qq({"circuit": {"qubits": 2, "gates": $bell}, "timeout_s": 0.2,
	"options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}));
ok(until_true("SELECT status = 'failed' AND error ->> 'sqlstate' = '57014' AND error ->> 'message' = 'time limit reached'
	FROM timevmaps.experiments WHERE id = $id"), 'a time limit ends an experiment');
ok(finished(submit('sr', '{"v_mps": 1}')), 'and the worker goes on');

# ---------------------------------------------------------------- crashes
$id = submit_long(60_000);
ok(in_the_middle($id), 'an experiment is in the middle');
kill 9, row($id, 'worker_pid');
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 60), 'kill -9 of its worker: it is finished all the same');
is(row($id, 'attempts'), '2', 'by a second attempt');
is(q1("SELECT count(*) FROM timevmaps.results WHERE experiment_id = $id"), '1', 'with one result');
is(q1("SELECT count(*) || ' ' || bool_and(f.created_at > e.started_at) FROM timevmaps.frames f JOIN timevmaps.experiments e ON e.id = f.experiment_id WHERE e.id = $id"),
	'10 true', 'and the frames of that attempt alone');

$id = submit_long(100_000_000, ', max_attempts => 1');
ok(in_the_middle($id), 'an experiment with one attempt is in the middle');
kill 9, row($id, 'worker_pid');
ok(until_true("SELECT status = 'running' AND lost = 1 FROM timevmaps.experiments WHERE id = $id"), 'losing its worker is none');
q1("SELECT timevmaps.tv_cancel_experiment($id)");

$id = submit_long(100_000_000);
ok(in_the_middle($id), 'an experiment is in the middle');
$cluster->stop('fast');
$cluster->start;
ok(until_true("SELECT status = 'running' AND attempts = 1 FROM timevmaps.experiments WHERE id = $id"), 'a restart of the server begins it again, as the same attempt');
q1("SELECT timevmaps.tv_cancel_experiment($id)");

# ---------------------------------------------------------------- how many, and where
sub workers { return until_true("SELECT count(*) = $_[0] FROM timevmaps.tv_worker_status()") }
$cluster->query('postgres', 'ALTER SYSTEM SET timevmaps.workers = 3');
$cluster->reload;
ok(workers(3), 'more workers after a reload');
q1(q(INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 300)));
ok(until_true("SELECT count(*) = 0 FROM timevmaps.experiments WHERE status IN ('queued', 'running')"), 'three workers empty the queue');
is(q1("SELECT count(*) || ' ' || max(claim) || ' ' || (SELECT count(*) FROM timevmaps.results r JOIN timevmaps.experiments e ON e.id = r.experiment_id WHERE e.params = '{\"v_mps\": 1}' AND e.id > $id)
	FROM timevmaps.experiments WHERE id > $id"), '300 1 300', 'each experiment once');
$cluster->query('postgres', 'ALTER SYSTEM SET timevmaps.workers = 1');
$cluster->reload;
ok(workers(1), 'fewer after another');

$cluster->setup('other');
$cluster->query('other', "INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
	SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{\"v_mps\": 1}')");
ok($cluster->poll('other', "SELECT status = 'finished' FROM timevmaps.experiments"), 'another database is served as soon as it has work');
$cluster->query('postgres', "ALTER SYSTEM SET timevmaps.databases = 'app'");
$cluster->reload;
ok($cluster->poll('other', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()'), 'unless timevmaps.databases leaves it out');
unlike($cluster->log_text, qr/names what no worker can serve/, 'which names what is there');
$cluster->query('postgres', q(ALTER SYSTEM SET timevmaps.databases = 'app, Other, "New", template1'));
$cluster->reload;
my $named = time + 10;
sleep 1 while $cluster->log_text !~ /names what no worker can serve/ && time < $named;
like($cluster->log_text, qr/names what no worker can serve\n.*DETAIL:  .*: "New", "template1"\.\n/, 'a name that is no database of its own is told in the log');
ok(workers(1), 'and names others');
$cluster->query('postgres', 'ALTER SYSTEM RESET timevmaps.databases');
$cluster->reload;
ok($cluster->poll('other', 'SELECT count(*) = 1 FROM timevmaps.tv_worker_status()'), 'it is served again');
is($cluster->sqlstate('postgres', 'DROP DATABASE other'), '', 'a worker does not hold DROP DATABASE back');

is(q1('SELECT timevmaps.tv_stop_worker()'), '1', 'tv_stop_worker() stops it');
ok(workers(0), 'and no other comes');
$id = submit('sr', '{"v_mps": 1}');
is(row($id, 'status'), 'queued', 'so work waits');
q1('SELECT timevmaps.tv_start_worker()');
ok(finished($id), 'until tv_start_worker()');

# ---------------------------------------------------------------- retention
$cluster->query('postgres', "ALTER SYSTEM SET timevmaps.retention = '1s'");
$cluster->reload;
ok(until_true("SELECT count(*) = 0 FROM timevmaps.results r JOIN timevmaps.experiments e ON e.id = r.experiment_id WHERE e.finished_at < now() - interval '5 s'"),
	'the worker drops what is older than timevmaps.retention');
cmp_ok(q1("SELECT count(*) FROM timevmaps.experiments WHERE status = 'finished'"), '>', 300, 'but no experiment');
like(q1('SELECT timevmaps.tv_metrics()'), qr/^timevmaps_attempts_total\{kind="sr",outcome="finished"\} \d+$/m, 'metrics are told in Prometheus\' format');
unlike($cluster->log_text, qr/TRAP:|PANIC:(?! .*terminated)|could not record/, 'nothing strange in the log');
done_testing();
