# Quotas on a server: sixteen sessions at the limit, transactions that are kept open, what a run is bounded by, frames, and files of graphs.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', 'max_connections = 60']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
	CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
	CREATE ROLE bob LOGIN; GRANT tv_analyst TO bob;
	INSERT INTO timevmaps.worlds (id, name, owner) VALUES (1, 'one', 'ann'), (2, 'two', 'ann'), (3, 'three', 'bob');
	INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'bob', 'analyst');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main'), (3, 3, 'main');
});
sub as
{
	my ($who, $isolation) = @_;
	my $session = TvSession->new($cluster, 'app', $who);
	$session->query("SET SESSION AUTHORIZATION $who; SET default_transaction_isolation = '$isolation'");
	return $session;
}
sub unfinished { return q1("SELECT count(*) FROM timevmaps.experiments WHERE submitted_by = '$_[0]' AND status IN ('queued', 'running')") }
sub set { q1("SELECT timevmaps.tv_set_quota('$_[0]', '$_[1]', $_[2])"); return }
my $submit = q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', '{"v_mps": 1}')};

# At the limit at once: each session has taken its snapshot before the others insert.
set('ann', 'experiments_queued', 20);
for my $isolation ('read committed', 'repeatable read', 'serializable')
{
	q1('DELETE FROM timevmaps.experiments');
	my @sessions = map { as('ann', $isolation) } 1 .. 16;
	my %outcomes;
	for my $round (1 .. 3)
	{
		$_->query('BEGIN; SELECT count(*) FROM timevmaps.worlds') for @sessions;
		$_->begin("$submit; COMMIT") for @sessions;
		$outcomes{ $_->finish->{sqlstate} || 'done' }++ for @sessions;
		$_->run('ROLLBACK') for @sessions;
	}
	is(unfinished('ann'), 20, "$isolation: sixteen sessions together queue as many as are allowed") or diag(explain(\%outcomes));
	is_deeply([ sort keys %outcomes ], [ '53400', 'done' ], "$isolation: and the others are told so") or diag(explain(\%outcomes));
}

# What waits is counted once, and not at each insertion; and again where somebody else has added to it.
q1('DELETE FROM timevmaps.experiments');
set('ann', 'experiments_queued', 50);
{
	my $ann = as('ann', 'read committed');
	my $counted = sub { $ann->run('SELECT pg_stat_force_next_flush()'); return q1(q{SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'queue_running_submitter_idx'}) };
	$ann->query($submit);
	my $before = $counted->();
	$ann->query($submit) for 1 .. 20;
	is($counted->(), $before, 'twenty insertions below the quota count nothing');
	$ann->query("BEGIN; $submit; ROLLBACK") for 1 .. 30;
	is($ann->run($submit)->{sqlstate}, '', 'what was rolled back is not charged');
	q1(q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, submitted_by, submitted_role) SELECT 1, 1, 'sr', '{"v_mps": 1}', 'ann', 'ann' FROM generate_series(1, 27)});
	is($ann->run($submit)->{sqlstate}, '', 'what somebody else has added counts');
	is($ann->run($submit)->{sqlstate}, '53400', 'to the last');
	q1(q{UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id IN (SELECT id FROM timevmaps.experiments LIMIT 10)});
	is($ann->run($submit)->{sqlstate}, '', 'and what is over does not');
	q1(q{UPDATE timevmaps.experiments SET status = 'queued' WHERE id IN (SELECT id FROM timevmaps.experiments WHERE status = 'cancelled' LIMIT 9)});
	is($ann->run($submit)->{sqlstate}, '53400', 'what somebody else queues again counts, too');
	is(unfinished('ann'), 50, 'there are as many as are allowed');
}

# Retries race as insertions do, whoever's.
q1("UPDATE timevmaps.experiments SET status = 'cancelled'");
{
	my @sessions = map { as('ann', 'repeatable read') } 1 .. 8;
	set('ann', 'experiments_queued', 4);
	my @ids = split /\n/, q1("SELECT id FROM timevmaps.experiments ORDER BY id LIMIT 8");
	$_->query('BEGIN; SELECT count(*) FROM timevmaps.worlds') for @sessions;
	$sessions[$_]->begin("SELECT FROM timevmaps.tv_retry_experiment($ids[$_]); COMMIT") for 0 .. 7;
	$_->finish for @sessions;
	is(unfinished('ann'), 4, 'as many are queued again as are allowed');
}

# A transaction that is kept open holds up its own principal alone, and no worker.
q1('DELETE FROM timevmaps.experiments');
my $open = as('ann', 'read committed');
$open->query("BEGIN; $submit");
my $other = as('ann', 'read committed');
$other->begin($submit);
ok($other->is_waiting(0.5), 'who inserts a second time at once waits');
my $bob = as('bob', 'read committed');
is($bob->run($submit)->{sqlstate}, '', 'another does not');
q1('CALL timevmaps.tv_work(10)');
is(q1("SELECT string_agg(submitted_by || ' ' || status, ', ') FROM timevmaps.experiments"), 'bob finished', 'nor does a worker');
is($open->run(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 5 AND granted})->{rows}, 1, 'the lock is none that a client takes');
$open->query('COMMIT');
is($other->finish->{sqlstate}, '', 'and goes on when it ends');
$open->query("BEGIN; $submit; SAVEPOINT a");
is($open->run('SELECT timevmaps.tv_quotas()')->{sqlstate}, '', 'quotas are read meanwhile');
$open->query('ROLLBACK');
# An attacker's advisory locks are of another space.
$bob->query(q{SELECT count(pg_advisory_lock(n)) FROM generate_series(1, 100) n; SELECT count(pg_advisory_lock(n, n)) FROM generate_series(1, 100) n});
is($other->run($submit)->{sqlstate}, '', 'locks of clients hold up nobody');

# An experiment runs with the quotas that its submitter has then.
q1('DELETE FROM timevmaps.experiments');
my $circuit = q{'{"circuit": {"qubits": 17, "gates": [{"op": "RX", "target": 0, "theta": 0.3}, {"op": "RX", "target": 16, "theta": 0.3}]}}'};
my $quantum = qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'quantum', $circuit)};
$open->query($quantum);
set('ann', 'circuit_memory', 1048576);
is($open->run($quantum)->{sqlstate}, 'PT413', 'a session that is open hears of a smaller quota');
# A reading of quotas that is cancelled leaves nothing that is taken for one.
my $slow = as('ann', 'read committed');
my $keeper = TvSession->new($cluster, 'app', 'keeper');
$keeper->query('BEGIN; LOCK TABLE timevmaps.quotas');
my $run = qq{SELECT 'done' FROM timevmaps.tv_run_circuit(($circuit\::jsonb) -> 'circuit')};
is($slow->run("SET statement_timeout = '200ms'; $run; RESET statement_timeout")->{sqlstate}, '57014', 'quotas are not to be read');
$keeper->query('ROLLBACK');
is($slow->run($run)->{sqlstate}, 'PT413', 'and afterwards they are');
q1('CALL timevmaps.tv_work(1)');
is(q1("SELECT status || ' ' || (error ->> 'sqlstate') FROM timevmaps.experiments"), 'failed PT413', 'and so does a worker');
q1("SELECT timevmaps.tv_set_quota('ann', 'circuit_memory', NULL)");
q1("UPDATE timevmaps.experiments SET status = 'queued'");
q1('CALL timevmaps.tv_work(1)');
is(q1('SELECT status FROM timevmaps.experiments'), 'finished', 'as of its end');
my $long = q{'{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}'};
q1('DELETE FROM timevmaps.experiments');
for my $params ($long, $long =~ s/\}'$/, "timeout_s": 3600}'/r)
{
	$open->query(qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'quantum', $params)});
}
set('ann', 'experiment_seconds', 1);
q1('CALL timevmaps.tv_work(2)');
is(q1("SELECT string_agg(DISTINCT (error ->> 'sqlstate') || ' ' || (finished_at - started_at < '20 s'), ',') FROM timevmaps.experiments"), '57014 true',
	'a run is over after the time that its submitter may have, whether he named one or not') or diag(q1('SELECT status, error, finished_at - started_at FROM timevmaps.experiments'));

# Frames are charged, and a run goes on without those that are not left.
q1('DELETE FROM timevmaps.experiments; DELETE FROM timevmaps.quota_usage');
set('ann', 'frames_per_hour', 15);
my $framed = sub {
	return qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'quantum',
		jsonb_build_object('circuit', jsonb_build_object('qubits', 2, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'H', 'target', n % 2)) FROM generate_series(1, 10) n)),
		'frames', '{"every": 1}'::jsonb))};
};
$open->query($framed->()) for 1 .. 3;
$bob->query($framed->());
q1('CALL timevmaps.tv_work(10)');
is(q1(q{SELECT string_agg(concat_ws(' ', e.submitted_by, e.status, (SELECT count(*) FROM timevmaps.frames f WHERE f.experiment_id = e.id), r.artifacts ->> 'frames_refused'), ', ' ORDER BY e.id)
	FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id}), 'ann finished 10, ann finished 5 5, ann finished 0 10, bob finished 10', 'fifteen frames are one run and a half');
is($open->run(q{SELECT used, more_at - now() > '59 min' FROM timevmaps.tv_quotas() WHERE kind = 'frames_per_hour'})->{rows}, '15|t', 'tv_quotas() says when more come');
is($bob->run(q{SELECT used FROM timevmaps.tv_quotas() WHERE kind = 'frames_per_hour'})->{rows}, '10', 'to each his own');
q1("UPDATE timevmaps.quota_usage SET since = since - interval '61 min'");
is($open->run(q{SELECT used, more_at FROM timevmaps.tv_quotas() WHERE kind = 'frames_per_hour'})->{rows}, '0|', 'an hour later it begins anew');
$open->query($framed->());
q1('CALL timevmaps.tv_work(1)');
is(q1("SELECT used FROM timevmaps.quota_usage WHERE principal = 'ann'"), '10', 'and is counted from there');

# Files of prepared graphs: the owner's, whoever asks.
q1(q{
	INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT w * 1000 + n, w, n % 15 * 0.01, n / 15 * 0.01 FROM generate_series(1, 3) w, generate_series(0, 224) n;
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
		SELECT p.world_id, p.id, q.id, 500 + (p.id * 7919 + q.id * 31) % 900, 36 FROM timevmaps.places p JOIN timevmaps.places q
		ON q.world_id = p.world_id AND abs(p.lat - q.lat) + abs(p.lon - q.lon) < 0.011 AND p.id < q.id;
});
my $files = $cluster->dir . '/data/timevmaps/pgsql_tmp.' . q1('SELECT oid FROM pg_database WHERE datname = current_database()');
sub files { return join ' ', map { s{.*/}{}r } sort glob "$files/w$_[0].*" }
sub cost { my ($w) = @_; return "SELECT c.cost FROM timevmaps.tv_route_cost($w, $w, ${w}000, ${w}224) c (cost)" }
set('ann', 'graph_files', 3);
my %true = map { my $w = $_; ($w => q1("SET timevmaps.prepared_graph = off; " . cost($w))) } 1 .. 3;
is($bob->run('SELECT FROM timevmaps.tv_prepare_graph(1)')->{sqlstate}, '', 'three files are allowed');
is(files(1), 'w1.graph w1.t1.traveler.base w1.t1.traveler.weights', 'which are a graph and a layer') or diag(files(1));
is($open->run(q{SELECT used, amount FROM timevmaps.tv_quotas() WHERE kind = 'graph_files'})->{rows}, '3|3', 'tv_quotas() counts them');
is($open->run('SELECT FROM timevmaps.tv_prepare_graph(2)')->{sqlstate}, '53400', 'a second graph is refused');
is($bob->run('SELECT FROM timevmaps.tv_prepare_graph(2)')->{sqlstate}, '53400', 'whoever asks');
is($open->run('SELECT FROM timevmaps.tv_prepare_graph(1)')->{sqlstate}, '', 'the first is built again');
is($open->run(cost(2))->{rows}, $true{2}, 'routes are answered from the rows') for 1 .. 2;
is(files(2), '', 'and leave no file');
is($bob->run('SELECT FROM timevmaps.tv_prepare_graph(3)')->{sqlstate}, '', 'those of another owner are not counted');
set('ann', 'graph_files', 4);
my $fresh = as('ann', 'read committed');
is($fresh->run(cost(2))->{rows}, $true{2}, 'with room for a graph and none for its layer');
is(files(2), 'w2.graph', 'the layer is kept by the session');
is($fresh->run(cost(2))->{rows}, $true{2}, 'and answers');
q1("UPDATE timevmaps.worlds SET owner = 'postgres' WHERE id = 2");
is(as('ann', 'read committed')->run(cost(2))->{rows}, $true{2}, 'of the world of an administrator');
is(files(2), 'w2.graph w2.t2.traveler.base w2.t2.traveler.weights', 'there is no limit');

done_testing();
