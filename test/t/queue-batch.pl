# Many short experiments in one transaction: the same results as each alone, and no bad one takes a neighbour along.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 0', 'restart_after_crash = on' ]);
$cluster->setup('app');
sub sql { return $cluster->query('app', @_) }
sub work { return sql("CALL timevmaps.tv_work($_[0])") }
sub batched { return sql(q{SELECT coalesce((regexp_match(timevmaps.tv_metrics(), 'timevmaps_batched_experiments_total (\d+)'))[1], '0')}) }
sub counts { return sql(q{SELECT string_agg(n || ' ' || status, ', ' ORDER BY status) FROM (SELECT status, count(*) n FROM timevmaps.experiments GROUP BY 1) c}) }
my $bell = '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}, "shots": 50, "seed": 7}';
sql(<<'SQL');
INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one'), (2, 'two');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'bob', 'analyst');
CREATE ROLE bob LOGIN IN ROLE tv_analyst;
CREATE FUNCTION clocks(number integer) RETURNS void LANGUAGE sql BEGIN ATOMIC
	INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1 + n % 2, 1 + n % 2, 'sr', jsonb_build_object('v_mps', n, 'proper_seconds', 60) FROM generate_series(1, number) n;
END;
SQL

subtest 'the same either way' => sub {
	sql(<<"SQL");
SELECT setseed(0.3);
CREATE TABLE wanted AS SELECT n, k.kind, CASE k.kind WHEN 'sr' THEN jsonb_build_object('v_mps', 2.9e8 * random(), 'coordinate_seconds', 1e6 * random(), 'x-n', n)
	WHEN 'gr' THEN jsonb_build_object('gm', 4e14 * random(), 'r', 1e7 * (1 + random()), 'proper_seconds', 100 * random(), 'x-n', n)
	WHEN 'relativity' THEN jsonb_build_object('gm', 4e14, 'r', 1e7 * (1 + random()), 'v_mps', 1e4 * random(), 'x-n', n)
	ELSE '$bell' || jsonb_build_object('x-n', n, 'seed', n) END AS params
FROM generate_series(1, 60) n, LATERAL (SELECT (ARRAY['sr', 'gr', 'relativity', 'quantum'])[1 + n % 4] AS kind) k;
CREATE VIEW ended AS SELECT (e.params ->> 'x-n')::int AS n, e.id, e.kind, e.status, e.attempts, e.claim, e.progress, e.started_at <= e.finished_at AND e.worker_pid IS NOT NULL AS timed,
	r.metrics - 'duration_s' - 'anomaly' AS metrics, r.metrics -> 'anomaly' -> 'runs' AS runs, r.artifacts, r.world_id, r.world_ids, r.setup_hash, r.summary - 'duration_s' AS summary,
	(SELECT jsonb_agg(jsonb_build_array(f.step, f.payload, f.summary, f.world_id) ORDER BY f.step) FROM timevmaps.frames f WHERE f.experiment_id = e.id) AS frames
FROM timevmaps.experiments e LEFT JOIN timevmaps.results r ON r.experiment_id = e.id;
INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, kind, params FROM wanted ORDER BY n;
SET ROLE tv_owner; UPDATE timevmaps.queue_ready SET short = false;
SQL
	work(60);
	is(batched(), 0, 'each alone');
	sql('CREATE TABLE alone AS SELECT * FROM ended');
	sql('DELETE FROM timevmaps.experiments; INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, kind, params FROM wanted ORDER BY n');
	is(sql('SELECT count(*) FROM timevmaps.queue_ready WHERE short'), 60, 'all are short');
	work(60);
	is(batched(), 60, 'together');
	is(sql('SELECT count(*) FROM alone WHERE metrics IS NOT NULL AND timed'), 60, 'results');
	is(sql(q{SELECT string_agg(format('%s %s', a.kind, d.key), ', ') FROM alone a JOIN ended e USING (n), LATERAL jsonb_each(to_jsonb(a)) d
		WHERE d.key <> 'id' AND d.value IS DISTINCT FROM to_jsonb(e) -> d.key}), '', 'are equal, and so are frames, hashes and what they are compared with');
	# An oracle of the textbook's formula.
	is(sql(q{SELECT count(*) FROM ended WHERE kind = 'sr' AND abs((metrics ->> 'gamma')::float8 * sqrt(1 - ((SELECT (w.params ->> 'v_mps')::float8 FROM wanted w WHERE w.n = ended.n) / 299792458) ^ 2) - 1) > 1e-12}), 0, 'and right');
	is(sql(q{SELECT count(DISTINCT subject) || ' ' || count(*) FROM timevmaps.events WHERE type = 'tv_sim_finished' AND subject IN (SELECT id FROM ended)}), '60 60', 'an event for each');
	is(sql('SELECT (SELECT count(*) FROM timevmaps.queue_ready) + (SELECT count(*) FROM timevmaps.queue_running)'), 0, 'nothing waits or runs any more');
};

subtest 'no more than asked for' => sub {
	sql('DELETE FROM timevmaps.experiments; SELECT clocks(100)');
	work(37);
	is(counts(), '37 finished, 63 queued', 'tv_work(37)');
	work(1);
	is(counts(), '38 finished, 62 queued', 'tv_work(1)');
	work(1000);
	is(counts(), '100 finished', 'and all');
};

subtest 'a bad one among 200' => sub {
	my $before = batched();
	sql('DELETE FROM timevmaps.experiments; SELECT clocks(199)');
	$cluster->query('app', q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', '{"v_mps": 1, "x-n": 1}')}, '-U', 'bob');
	sql(q{SELECT clocks(1)});
	# What no check lets in: it fails when it is run.
	sql(q{SET session_replication_role = replica; UPDATE timevmaps.experiments SET params = '{"v_mps": 4e8}' WHERE id = (SELECT min(id) + 50 FROM timevmaps.experiments)});
	sql(q{DELETE FROM timevmaps.world_members WHERE member = 'bob'});
	work(1000);
	is(counts(), '2 failed, 199 finished', 'arguments that fail when it is run, and rights taken away');
	is(sql(q{SELECT string_agg(error ->> 'sqlstate', ', ' ORDER BY error ->> 'sqlstate') FROM timevmaps.experiments WHERE status = 'failed'}), '22003, 42501', 'each with its own error');
	is(batched() - $before, 199, 'the others were run together');

	sql(<<'SQL');
DELETE FROM timevmaps.experiments; SELECT clocks(200);
CREATE TABLE hated AS SELECT min(id) + 77 AS id FROM timevmaps.experiments;
GRANT SELECT ON hated TO PUBLIC;
CREATE FUNCTION hate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT FROM public.hated h WHERE h.id = NEW.experiment_id) THEN RAISE EXCEPTION USING ERRCODE = 'XX123', MESSAGE = 'not this one'; END IF; RETURN NEW; END $$;
CREATE TRIGGER hate BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION hate();
SQL
	work(1000);
	is(counts(), '1 failed, 199 finished', q{somebody's trigger that raises for one});
	is(sql(q{SELECT error ->> 'sqlstate' FROM timevmaps.experiments WHERE status = 'failed'}), 'XX123', 'with what it raises');
	is(sql(q{SELECT count(*) FROM timevmaps.experiments WHERE attempts <> 1 OR claim <> 1}), 0, 'one attempt each');

	# Nor does what looks like a cancel, or the server's end, stop a worker.
	for my $code ('57014', '57P01')
	{
		sql(qq{DELETE FROM timevmaps.experiments; SELECT clocks(200); UPDATE hated SET id = (SELECT min(id) + 77 FROM timevmaps.experiments);
			CREATE OR REPLACE FUNCTION hate() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN IF EXISTS (SELECT FROM public.hated h WHERE h.id = NEW.experiment_id) THEN RAISE EXCEPTION USING ERRCODE = '$code'; END IF; RETURN NEW; END \$\$});
		sql('SELECT timevmaps.tv_start_worker()');
		ok($cluster->poll('app', q{SELECT count(*) = 199 FROM timevmaps.experiments WHERE status = 'finished'}, 120), "199 are run by a worker beside one that raises $code");
		ok($cluster->poll('app', "SELECT error ->> 'sqlstate' = '$code' FROM timevmaps.experiments WHERE id IN (SELECT id FROM hated)"), '... which has it');
		sql('SELECT timevmaps.tv_stop_worker()');
		ok($cluster->poll('app', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()'), '... and the worker ends when it is told to');
	}
	sql('DROP TRIGGER hate ON timevmaps.results');
};

subtest 'cancelled meanwhile' => sub {
	my $client = TvSession->new($cluster, 'app', 'client');
	sql('DELETE FROM timevmaps.experiments; SELECT clocks(50)');
	$client->query('BEGIN; UPDATE timevmaps.experiments SET status = $$cancelled$$ WHERE id = (SELECT min(id) + 5 FROM timevmaps.experiments)');
	work(1000);
	is(counts(), '49 finished, 1 queued', 'what a client is about to cancel is passed');
	$client->query('COMMIT');
	is(counts(), '1 cancelled, 49 finished', 'and is cancelled');

	sql(<<'SQL');
DELETE FROM timevmaps.experiments; SELECT clocks(20);
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION slow();
SQL
	$client->begin('CALL timevmaps.tv_work(1000)');
	ok($cluster->poll('app', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 'a batch is under way');
	is(sql(q{SELECT count(*) FROM timevmaps.experiments WHERE status <> 'queued'}), 0, 'which nobody sees run');
	is($cluster->sqlstate('app', 'SELECT timevmaps.tv_cancel_experiment((SELECT max(id) FROM timevmaps.experiments))'), 'PT409', 'a cancel comes after its end');
	$client->finish;
	is(counts(), '20 finished', 'and all have finished');
};

subtest 'killed in the middle' => sub {
	sql('DELETE FROM timevmaps.experiments; SELECT clocks(40)');
	my $worker = sql('SELECT timevmaps.tv_start_worker()');
	ok($cluster->poll('app', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 'a batch is under way');
	kill 'KILL', $worker;
	ok($cluster->poll('app', 'SELECT pg_postmaster_start_time() IS NOT NULL AND NOT pg_is_in_recovery()'), 'the server is back');
	sql('DROP TRIGGER slow ON timevmaps.results');
	work(1000);
	ok($cluster->poll('app', q{SELECT count(*) = 40 FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id WHERE e.status = 'finished'}), 'all finish, once');
	is(sql('SELECT count(*) FROM timevmaps.experiments WHERE attempts = 1 AND claim = 1 AND lost = 0'), 40, 'and what was killed had not been begun');
	is(batched(), 0, 'each alone: for a minute after a crash every claim is durable');
};
done_testing();
