# Batches beside what else happens: others' triggers and keys, suspects, and what limits them.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 0' ]);
$cluster->setup('app');
sub sql { return $cluster->query('app', @_) }
sub work { return sql("CALL timevmaps.tv_work($_[0])") }
sub batched { return sql(q{SELECT coalesce((regexp_match(timevmaps.tv_metrics(), 'timevmaps_batched_experiments_total (\d+)'))[1], '0')}) }
sub counts { return sql(q{SELECT string_agg(concat_ws(' ', n, status, state), ', ' ORDER BY status, state) FROM (SELECT status, error ->> 'sqlstate' AS state, count(*) n FROM timevmaps.experiments GROUP BY 1, 2) c}) }
sql(<<'SQL');
INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one'), (2, 'two');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
CREATE FUNCTION clocks(number integer, world integer, more jsonb DEFAULT '{}') RETURNS void LANGUAGE sql BEGIN ATOMIC
	INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT world, world, 'sr', jsonb_build_object('v_mps', n, 'proper_seconds', 60) || more FROM generate_series(1, number) n;
END;
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$;
SQL
sub is_under_way { return ok($cluster->poll('app', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 'a batch is under way') }
sub slowly
{
	my ($session) = @_;
	sql('CREATE TRIGGER slow BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION slow()');
	$session->begin('CALL timevmaps.tv_work(10)');
	is_under_way();
	return;
}

subtest 'written down' => sub {
	sql('SELECT clocks(150, 1), clocks(20, 2); DELETE FROM timevmaps.events');
	work(1000);
	is(batched(), 170, 'in batches');
	is(sql(q{SELECT string_agg(w || ' ' || n, ', ' ORDER BY w) FROM (SELECT world_ids[1] AS w, sum(count) AS n FROM timevmaps.audit_events
		WHERE relation = 'experiments' AND more = '{"moves": ["queued -> finished"]}' GROUP BY 1) a}), '1 150, 2 20', 'who finished how many is in the audit, a world in a row');
	is(sql(q{SELECT count(DISTINCT i) FROM timevmaps.audit_events, unnest(ids) i WHERE relation = 'experiments' AND action = 'UPDATE' AND world_ids = '{2}'}), 20, 'and which, where they are few');
};

subtest 'triggers of others' => sub {
	sql(<<'SQL');
DELETE FROM timevmaps.experiments;
CREATE TABLE told (id bigint);
GRANT INSERT ON told TO PUBLIC;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.told VALUES (NEW.experiment_id); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION tell();
CREATE FUNCTION cancel() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE timevmaps.experiments SET status = 'cancelled', finished_at = now() WHERE params @> '{"x-other": 1}' AND status = 'queued'; RETURN NULL; END $$;
CREATE TRIGGER cancel AFTER UPDATE ON timevmaps.experiments FOR EACH ROW WHEN (NEW.status = 'finished') EXECUTE FUNCTION cancel();
SELECT clocks(30, 1);
INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) VALUES (1, 1, 'sr', '{"v_mps": 1, "x-other": 1}', now() + interval '1 day');
SQL
	my $before = batched();
	work(1000);
	is(counts(), '1 cancelled, 30 finished', 'what a trigger cancels in the same transaction is cancelled');
	is(batched() - $before, 30, 'by a batch');
	is(sql('SELECT count(*) FROM timevmaps.queue_delayed'), 0, 'and waits no more');
	is(sql(q{SELECT count(*) FROM timevmaps.events WHERE type = 'tv_sim_finished' AND data ->> 'status' = 'cancelled'}), 1, 'which is told');
	is(sql('SELECT count(DISTINCT id) FROM told'), 30, 'a trigger of results fires for each');
	sql('DROP TRIGGER tell ON timevmaps.results; DROP TRIGGER cancel ON timevmaps.experiments');
};

subtest 'keys of others' => sub {
	sql(<<'SQL');
DELETE FROM timevmaps.experiments;
CREATE TABLE known (id bigint PRIMARY KEY);
INSERT INTO known VALUES (1);
ALTER TABLE timevmaps.results ADD CONSTRAINT known FOREIGN KEY (world_id) REFERENCES known;
SELECT clocks(10, 1), clocks(2, 2);
SQL
	work(1000);
	is(counts(), '2 failed 23503, 10 finished', 'are checked');
	sql('ALTER TABLE timevmaps.results DROP CONSTRAINT known');
};

subtest 'the key of ours' => sub {
	sql(<<'SQL');
DELETE FROM timevmaps.experiments;
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM timevmaps.experiments WHERE id = NEW.experiment_id; RETURN NEW; END $$;
CREATE TRIGGER lose BEFORE INSERT ON timevmaps.results FOR EACH ROW WHEN (NEW.world_id = 2) EXECUTE FUNCTION lose();
SELECT clocks(10, 1), clocks(2, 2);
SQL
	work(1000);
	is(sql('SELECT count(*) FROM timevmaps.results r WHERE NOT EXISTS (SELECT FROM timevmaps.experiments e WHERE e.id = r.experiment_id)'), 0, 'no result without its experiment');
	like(counts(), qr/10 finished/, 'and the others finish');
	sql('DROP TRIGGER lose ON timevmaps.results; DELETE FROM timevmaps.experiments');
};

subtest 'frames that are used up' => sub {
	sql(<<'SQL');
CREATE ROLE ann LOGIN IN ROLE tv_analyst;
SELECT timevmaps.tv_set_quota('ann', 'frames_per_hour', 7);
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'ann', 'analyst');
SQL
	my $before = batched();
	$cluster->query('app', q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'quantum',
		'{"circuit": {"qubits": 1, "gates": [{"op": "H", "target": 0}, {"op": "X", "target": 0}, {"op": "X", "target": 0}]}, "frames": {"every": 1}}' FROM generate_series(1, 4)}, '-U', 'ann');
	is(sql('SELECT count(*) FROM timevmaps.queue_ready WHERE short'), 4, 'four are short');
	work(1000);
	is(counts(), '4 finished', 'all finish');
	is(batched() - $before, 2, 'those that have all their frames together, the others alone');
	is(sql(q{SELECT string_agg((SELECT count(*) FROM timevmaps.frames f WHERE f.experiment_id = e.id) || ' ' || coalesce(r.artifacts ->> 'frames_refused', '0'), ', ' ORDER BY e.id)
		FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id}), '3 0, 3 0, 1 2, 0 3', 'with as many as there were left, and they are told');
	is(sql(q{SELECT sum(used) FROM timevmaps.quota_usage WHERE principal = 'ann' AND kind = 'frames_per_hour'}), 7, 'which are charged once');
	sql('DELETE FROM timevmaps.experiments');
};

subtest 'so much of a world' => sub {
	my $session = TvSession->new($cluster, 'app', 'session');
	sql('ALTER SYSTEM SET timevmaps.running_per_world = 1');
	$cluster->reload;
	sql('SELECT clocks(10, 1)');
	slowly($session);
	sql('SELECT clocks(5, 1), clocks(1, 2)');
	work(1000);
	is(sql('SELECT count(*) FROM timevmaps.experiments WHERE world_id = 2'), sql(q{SELECT count(*) FROM timevmaps.experiments WHERE status = 'finished'}), 'of a world that has its share nothing is put into a batch of another');
	$session->finish;
	is(counts(), '11 finished, 5 queued', 'and it goes on');
	sql('DROP TRIGGER slow ON timevmaps.results');
	sql('ALTER SYSTEM RESET timevmaps.running_per_world');
	$cluster->reload;
	work(1000);
	is(counts(), '16 finished', 'to the end');
};

subtest 'a suspect' => sub {
	my $session = TvSession->new($cluster, 'app', 'session');
	sql('DELETE FROM timevmaps.experiments; SELECT clocks(10, 1)');
	slowly($session);
	sql(q{SELECT clocks(1, 2, '{"x-suspect": 1}')});
	sql(q{UPDATE timevmaps.experiments SET lost = 1 WHERE world_id = 2; SET ROLE tv_owner; UPDATE timevmaps.queue_ready SET short = false WHERE world_id = 2});
	sql('SELECT timevmaps.tv_start_worker()');
	$session->finish;
	ok($cluster->poll('app', q{SELECT status = 'finished' FROM timevmaps.experiments WHERE world_id = 2}), 'finishes');
	is(sql(q{SELECT count(*) FROM timevmaps.experiments b, timevmaps.experiments s WHERE b.world_id = 1 AND s.world_id = 2 AND b.finished_at < s.started_at}), 10, '... and began after the batch had ended');
	sql('SELECT timevmaps.tv_stop_worker(); DROP TRIGGER slow ON timevmaps.results');
};
done_testing();
