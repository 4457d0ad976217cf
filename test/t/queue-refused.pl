# What cannot be begun, or taken back, waits by itself: others of its world and of other worlds are run.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvQueue;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 1']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub done { return $cluster->poll('app', "SELECT count(*) = $_[1] FROM timevmaps.experiments WHERE status = 'finished' AND params ->> 'x-of' = '$_[0]'", 60) }
q1(q{
	INSERT INTO timevmaps.worlds (name) SELECT 'w' || w FROM generate_series(1, 2) w;
	INSERT INTO timevmaps.timelines (id, world_id, label) OVERRIDING SYSTEM VALUE SELECT w, w, 'root' FROM generate_series(1, 2) w;
	CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF NEW.status <> OLD.status AND NEW.params -> 'x-refused' ? NEW.status THEN
			RAISE EXCEPTION '% is refused', NEW.status;
		END IF;
		RETURN NEW;
	END $$;
	CREATE TRIGGER refuse BEFORE UPDATE ON timevmaps.experiments FOR EACH ROW EXECUTE FUNCTION refuse();
});
sub submit
{
	my ($of, $more, $worlds, $count) = @_;
	return q1(qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, priority) SELECT w, w, 'sr', jsonb_build_object('v_mps', 1, 'x-of', '$of') || '$more', CASE WHEN '$more' = '{}' THEN 0 ELSE 10 END
		FROM generate_series(1, $worlds) w, generate_series(1, $count)});
}

# ---------------------------------------------------------------- begun
submit('refused', '{"x-refused": ["running", "finished"]}', 1, 3);
submit('beside', '{}', 2, 50);
ok(done('beside', 100), 'what cannot be begun keeps nobody waiting, of less priority in its own world either')
	or diag q1("SELECT world_id, status, count(*) FROM timevmaps.experiments GROUP BY 1, 2");
is(q1("SELECT count(*) FROM timevmaps.experiments WHERE status = 'queued' AND claim = 0"), '3', 'it waits');
ok($cluster->poll('app', q(SELECT count(*) = 3 AND bool_and(run_at BETWEEN now() AND now() + interval '30 s') FROM timevmaps.queue_delayed)), '... for half a minute at most');
my @lines = $cluster->log_text =~ /cannot be begun, and waits for half a minute: running is refused/g;
is(scalar @lines, 1, 'one line in the log');
is(join("\n", TvQueue::complaints($cluster, 'app')), '', 'the queue is in order');
is($cluster->sqlstate('app', 'CALL timevmaps.tv_work(10)'), '', 'tv_work() has nothing to complain about');
q1("UPDATE timevmaps.experiments SET status = 'cancelled' WHERE status = 'queued'");
is(q1('SELECT count(*) FROM timevmaps.queue_delayed'), '0', 'it can be cancelled');
q1("UPDATE timevmaps.experiments SET status = 'queued' WHERE status = 'cancelled'; DROP TRIGGER refuse ON timevmaps.experiments");
ok(done('refused', 3), 'and is run when nothing refuses it');

# ---------------------------------------------------------------- taken back
q1("CREATE TRIGGER refuse BEFORE UPDATE ON timevmaps.experiments FOR EACH ROW EXECUTE FUNCTION refuse()");
sub lose { return q1(qq{BEGIN; INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', jsonb_build_object('v_mps', 1, 'x-of', 'lost') || '$_[0]');
	UPDATE timevmaps.experiments SET status = 'running' WHERE status = 'queued'; COMMIT}) }
# They would be taken back together.
lose('{}');
lose('{"x-refused": ["queued", "failed"]}');
ok(done('lost', 1), 'what cannot be taken back keeps no other from it');
submit('after', '{}', 2, 50);
ok(done('after', 100), '... nor from being run');
@lines = $cluster->log_text =~ /has lost its worker, and cannot be taken back: queued is refused/g;
is(scalar @lines, 1, 'one line in the log');
q1('DROP TRIGGER refuse ON timevmaps.experiments');
ok(done('lost', 2), 'and it is when nothing refuses it');

# ---------------------------------------------------------------- a table that is held
# Who holds it wants what waits: a worker that had locked that waits for the table.
q1(q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) SELECT 1, 1, 'sr', '{"v_mps": 1, "x-of": "held"}', now() + interval '1 s' FROM generate_series(1, 10)});
is($cluster->sqlstate('app', "BEGIN; LOCK TABLE timevmaps.experiments; SELECT pg_sleep(3.5); UPDATE timevmaps.experiments SET status = 'cancelled' WHERE params ->> 'x-of' = 'held'; COMMIT"), '',
	'what becomes due meanwhile is no cause of a deadlock');
is(q1("SELECT count(*) FROM timevmaps.experiments WHERE status = 'cancelled' AND params ->> 'x-of' = 'held'"), '10', 'and is cancelled');

# ---------------------------------------------------------------- large
is(q1(q(SELECT string_agg(timevmaps_internal.tv_experiment_is_short('sr', jsonb_build_object('v_mps', 1, 'x-of', repeat('a', n)), NULL)::text, ' ') FROM unnest('{30000, 40000}'::integer[]) n)),
	'true false', 'what has much with it is run alone: of a thousand such nobody has the memory');

done_testing;
