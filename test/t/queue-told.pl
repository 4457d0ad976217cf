# What waits is told to workers, however it was queued; and what stands in queue_ready, queue_delayed and queue_running is what the
# experiments say, whatever is done to them.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my @conf = ('autovacuum = off', 'wal_level = logical', 'wal_retrieve_retry_interval = 200', 'max_prepared_transactions = 5');
my $there = TvCluster->new(conf => \@conf);
my $cluster = TvCluster->new(conf => [ @conf, "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 0' ]);
$_->setup('app') for $there, $cluster;
sub q1 { my ($sql) = @_; return $cluster->query('app', $sql) }
my $worlds = q{INSERT INTO timevmaps.worlds (id, name) SELECT n, 'w' || n FROM generate_series(1, 3) n;
	INSERT INTO timevmaps.timelines (id, world_id, label) SELECT n, n, 'root' FROM generate_series(1, 3) n};
$_->query('app', $worlds) for $there, $cluster;
my $submit = q{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')};

# Slow and obvious: nothing waits or runs but what says so, and all of that.
my $wrong = q{
	SELECT concat_ws(' ', coalesce(e.id, q.id), e.status, q.found)
	FROM (SELECT id, status, world_id, -priority AS rank, claim, submitted_by, kind, run_at FROM timevmaps.experiments WHERE status IN ('queued', 'running')) e
	FULL JOIN (
		SELECT experiment_id AS id, 'queued' AS status, world_id, rank, NULL::bigint AS claim, submitted_by, kind, NULL::timestamptz AS run_at, 'ready' AS found FROM timevmaps.queue_ready
		UNION ALL SELECT experiment_id, 'queued', world_id, rank, NULL, submitted_by, kind, run_at, 'delayed' FROM timevmaps.queue_delayed
		UNION ALL SELECT experiment_id, 'running', world_id, NULL, claim, submitted_by, kind, NULL, 'running' FROM timevmaps.queue_running) q
	ON q.id = e.id AND q.status = e.status AND q.world_id = e.world_id AND q.submitted_by = e.submitted_by AND q.kind = e.kind
		AND coalesce(q.rank, e.rank) = e.rank AND coalesce(q.claim, e.claim) = e.claim
		AND CASE q.found WHEN 'ready' THEN e.run_at <= clock_timestamp() WHEN 'delayed' THEN q.run_at = e.run_at OR greatest(q.run_at, e.run_at) < clock_timestamp() ELSE true END
	WHERE e.id IS NULL OR q.id IS NULL ORDER BY 1};
sub wrong { my ($on, $database) = @_; return ($on // $cluster)->query($database // 'app', $wrong) }

# ---------------------------------------------------------------- whatever is done
my $seed = $ENV{SEED} // int(time()) % 100000;
srand $seed;
my @moves = (
	sub { my $n = 1 + int rand 5; my $w = 1 + int rand 3; my $p = int(rand 7) - 3;
		"INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, priority, run_at) SELECT $w, $w, 'sr', '{\"v_mps\": 1}', $p, now() + (n % 2) * interval '0.2 s' * $p FROM generate_series(1, $n) n" },
	(map { my $to = $_; sub { my $r = rand; "UPDATE timevmaps.experiments SET status = '$to' WHERE id IN (SELECT id FROM timevmaps.experiments WHERE status IN ("
		. ($to eq 'queued' ? "'running', 'failed', 'cancelled'" : $to eq 'running' ? "'queued'" : $to eq 'cancelled' ? "'queued', 'running'" : "'running'") . ") ORDER BY md5(id || '$r') LIMIT 4)" } } qw(running running queued queued cancelled failed)),
	sub { my $r = rand; "UPDATE timevmaps.experiments SET priority = 10 * random(), run_at = CASE WHEN random() < 0.5 THEN run_at ELSE now() + random() * interval '1 s' END WHERE status = 'queued' AND md5(id || '$r') < '4'" },
	sub { my $r = rand; "UPDATE timevmaps.experiments SET claim = claim + 1 WHERE status = 'running' AND md5(id || '$r') < '4'" },
	sub { my $r = rand; "DELETE FROM timevmaps.experiments WHERE md5(id || '$r') < '04'" },
	sub { 'CALL timevmaps.tv_work(' . int(rand 3) . ')' },
	sub { "SET session_replication_role = replica; UPDATE timevmaps.experiments SET status = (ARRAY['queued', 'running', 'failed'])[1 + (id % 3)] WHERE status <> 'finished' AND random() < 0.2" },
	sub { 'BEGIN; SAVEPOINT s; DELETE FROM timevmaps.experiments; ROLLBACK TO s; COMMIT' },
);
my @broken;
for my $step (1 .. 150)
{
	my $sql = $moves[ rand @moves ]->();
	my ($status, undef, $err) = $cluster->psql('app', $sql);
	my $found = wrong();
	push @broken, "step $step: $sql: " . ($status ? $err : $found) if $status || $found ne '';
	last if @broken;
}
is(join("\n", @broken), '', 'what waits and runs is what the experiments say, after each of 150 statements') or diag("SEED=$seed");
q1('TRUNCATE timevmaps.experiments CASCADE');
is(q1('SELECT (SELECT count(*) FROM timevmaps.queue_ready) + (SELECT count(*) FROM timevmaps.queue_delayed) + (SELECT count(*) FROM timevmaps.queue_running)'), '0', 'TRUNCATE empties them');
is($cluster->sqlstate('app', "SET ROLE tv_admin; INSERT INTO timevmaps.queue_ready (experiment_id, world_id, rank, kind, short, submitted_by) VALUES (1, 1, 0, 'sr', true, 'x')"), '42501', 'no client writes them');
q1("INSERT INTO timevmaps.queue_ready (experiment_id, world_id, rank, kind, short, submitted_by) VALUES (1, 1, 0, 'sr', true, 'x')");
is(wrong(), '', '... and what a superuser writes is not taken in');

# ---------------------------------------------------------------- restored
q1("INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) SELECT 1, 1, 'sr', '{\"v_mps\": 1}', now() + (n % 2) * interval '1 hour' FROM generate_series(1, 20) n");
q1("UPDATE timevmaps.experiments SET status = 'running', claim = 1 WHERE id IN (SELECT experiment_id FROM timevmaps.queue_ready ORDER BY 1 LIMIT 3)");
my $dump = $cluster->dir . '/queue.dump';
my ($status, undef, $err) = $cluster->client('pg_dump', '-Fc', '-f', $dump, 'app');
is($status, 0, 'pg_dump') or diag($err);
my $rows = q{SELECT string_agg(x, ' ' ORDER BY x) FROM (SELECT 'r' || experiment_id AS x FROM timevmaps.queue_ready UNION ALL SELECT 'd' || experiment_id FROM timevmaps.queue_delayed
	UNION ALL SELECT 'x' || experiment_id FROM timevmaps.queue_running) y};
for my $how ([ 'as a whole' ], [ 'the data alone', '--data-only' ], [ 'the data alone, triggers off', '--data-only', '--disable-triggers' ])
{
	my ($what, @options) = @$how;
	$cluster->query('postgres', 'CREATE DATABASE copy');
	if (@options)
	{
		my ($status, undef, $err) = $cluster->client('pg_restore', '--schema-only', '-d', 'copy', $dump);
		is("$status $err", '0 ', "$what: the schema");
	}
	# Of tables that name each other the data does not come in an order that they would take.
	for my $tables (@options ? ([ 'schema_migrations', 'worlds' ], [ 'timelines' ], [ 'experiments', 'queue_ready', 'queue_delayed', 'queue_running' ]) : ([]))
	{
		my ($status, undef, $err) = $cluster->client('pg_restore', @options, '--exit-on-error', '-d', 'copy', (@$tables ? ('-n', 'timevmaps') : ()), (map { ('-t', $_) } @$tables), $dump);
		is("$status $err", '0 ', "$what: restored @$tables");
	}
	$cluster->query('copy', 'SELECT * FROM timevmaps.tv_init()');
	is(wrong($cluster, 'copy'), '', '... what waits and runs is right');
	is($cluster->query('copy', $rows), q1($rows), '... and the same');
	$cluster->query('postgres', 'DROP DATABASE copy');
}
q1('DELETE FROM timevmaps.experiments');

# ---------------------------------------------------------------- told
q1("ALTER SYSTEM SET timevmaps.workers = 1");
$cluster->reload;
ok($cluster->poll('app', "SELECT count(*) = 1 FROM timevmaps.tv_worker_status() WHERE state = 'idle'", 20), 'a worker waits');
sub waited
{
	my ($id, $since) = @_;
	$cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 5);
	return q1("SELECT coalesce(extract(epoch FROM started_at) - $since, 99) FROM timevmaps.experiments WHERE id = $id");
}
my $client = TvSession->new($cluster, 'app', 'client');
for my $case ([ 'in a savepoint', 0.3, 'BEGIN; SAVEPOINT a', 'RELEASE a; COMMIT' ],
	[ 'in a savepoint, beside one that is rolled back', 0.3, "BEGIN; SAVEPOINT b; $submit; ROLLBACK TO b; SAVEPOINT a", 'COMMIT' ],
	[ 'by COMMIT PREPARED', 1, 'BEGIN', "PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'" ])
{
	my ($name, $limit, $begin, $end) = @$case;
	$client->query($begin);
	my $id = $client->query($submit);
	sleep 0.3;
	my $since = time;
	$client->query($_) for split /; /, $end;
	my $took = waited($id, $since);
	cmp_ok($took, '<', $limit, "$name: it is begun");
}
my $delayed = q1(q{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => clock_timestamp() + interval '700 ms')});
my $due = q1("SELECT extract(epoch FROM run_at) FROM timevmaps.experiments WHERE id = $delayed");
cmp_ok(abs(waited($delayed, $due) - 0.15), '<', 0.15, 'delayed: it is begun when it is due');

# What comes by replication is run when the subscription is gone.
$there->query('app', 'CREATE PUBLICATION queue FOR TABLE timevmaps.experiments, timevmaps.queue_ready, timevmaps.queue_delayed, timevmaps.queue_running');
my $where = $there->socket_dir;
q1("CREATE SUBSCRIPTION queue CONNECTION 'host=$where user=postgres dbname=app' PUBLICATION queue WITH (copy_data = false)");
ok($cluster->poll('app', "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel", 30), 'subscribed');
$there->query('app', q{SELECT setval(pg_get_serial_sequence('timevmaps.experiments', 'id'), 5000)});
my $came = $there->query('app', $submit);
my $gone = $there->query('app', $submit);
$there->query('app', "SELECT timevmaps.tv_cancel_experiment($gone)");
ok($cluster->poll('app', "SELECT count(*) = 2 AND bool_or(status = 'cancelled') FROM timevmaps.experiments WHERE id IN ($came, $gone)", 30), 'experiments have come');
sleep 1.5;
is(q1("SELECT status FROM timevmaps.experiments WHERE id = $came"), 'queued', '... and wait');
is(wrong(), '', '... as they should');
q1('ALTER SUBSCRIPTION queue DISABLE; ALTER SUBSCRIPTION queue SET (slot_name = NONE)');
my $since = time;
q1('DROP SUBSCRIPTION queue');
# It is looked for once a second, and less often where looking takes more than a hundredth of that.
cmp_ok(waited($came, $since), '<', 2, 'the subscription is dropped: what had come is begun');
done_testing();
