# What a client has locked for long, or made large, costs nobody else: an attempt whose end could not be written down is not lost, and what is
# large is not read together with a thousand others.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", "timevmaps.databases = 'app'", 'autovacuum = off' ]);
$cluster->setup('app');
$cluster->setup('other');
my $database = 'app';
sub q1 { my ($sql) = @_; return $cluster->query($database, $sql) }
my $world = q{INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root')};
q1($world);

# ---------------------------------------------------------------- a row that somebody holds
my $gates = join ', ', map { qq({"op": "RX", "target": $_, "theta": 0.3}) } 0 .. 9;
my $id = q1(qq{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 10, "gates": [$gates]}, "frames": false, "timeout_s": 2,
	"options": {"method": "statevector", "trajectories": 1000000000, "noise": [{"channel": "depolarizing", "p": 0.5}]}}')});
ok($cluster->poll($database, "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id"), 'it runs');
my $holder = TvSession->new($cluster, $database, 'holder');
$holder->query("BEGIN; SELECT FROM timevmaps.experiments WHERE id = $id FOR UPDATE");
ok($cluster->poll($database, q{SELECT count(*) = 0 FROM timevmaps.tv_worker_status() WHERE experiment_id IS NOT NULL}), 'it is over, and nobody runs it');
my $next = q1(q{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')});
ok($cluster->poll($database, "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $next"), 'the worker does not wait for who holds it, but goes on');
sleep 3;
my $row = "SELECT concat_ws(' ', status, attempts, lost, error ->> 'sqlstate') FROM timevmaps.experiments WHERE id = $id";
is(q1($row), 'running 1 0', 'what is held is not written');
is(q1("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3 AND objid = $id"), '1', '... and not given up');
$holder->query('ROLLBACK');
ok($cluster->poll($database, "SELECT status <> 'running' FROM timevmaps.experiments WHERE id = $id", 10), 'when the row is free its end is written');
is(q1($row), 'failed 1 0 57014', '... as it was, and not as a loss');
is(q1("SELECT string_agg(outcome, ' ') FROM timevmaps.tv_experiment_attempts($id)"), 'failed', '... also in its history');
is(q1("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3"), '0', '... and the lock is given up');

# ---------------------------------------------------------------- a disk that is full
my $circuit = '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}, "options": {"observables": ["ZZ"]}}';
q1(q{CREATE FUNCTION public.no_room() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file'; END$$;
	CREATE TRIGGER no_room BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION public.no_room();
	CREATE TRIGGER no_room BEFORE INSERT ON timevmaps.experiment_attempts FOR EACH ROW EXECUTE FUNCTION public.no_room()});
my $first = q1("SELECT min(id) FROM (SELECT (timevmaps.tv_submit_experiment(1, 1, 'quantum', '$circuit')).id FROM generate_series(1, 20)) s");
sleep 4;
is(q1("SELECT count(*) FILTER (WHERE status = 'running') || ' ' || count(*) FILTER (WHERE status = 'queued') || ' ' || sum(lost) FROM timevmaps.experiments WHERE id >= $first"), '1 19 0',
	'where no end can be written down nothing else is begun, and nothing is lost');
q1('DROP TRIGGER no_room ON timevmaps.results; DROP TRIGGER no_room ON timevmaps.experiment_attempts');
ok($cluster->poll($database, "SELECT bool_and(status = 'finished') FROM timevmaps.experiments WHERE id >= $first", 20), '... and when there is room all are finished');
is(q1("SELECT sum(lost) || ' ' || max(attempts) FROM timevmaps.experiments WHERE id >= $first"), '0 2', '... the one by a second attempt');

# ---------------------------------------------------------------- what is large
$database = 'other';
q1($world);
q1(qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
	SELECT 1, 1, k.kind, k.params || jsonb_build_object('x-more', repeat('x', n)) FROM (VALUES ('sr', '{"v_mps": 1}'::jsonb),
		('quantum', '{"circuit": {"qubits": 1, "gates": [{"op": "H", "target": 0}]}}')) k (kind, params), unnest(ARRAY[10000, 40000, 2000000]) n ORDER BY k.kind, n});
is(q1(q{SELECT string_agg(q.short::text, ' ' ORDER BY q.experiment_id) FROM timevmaps.queue_ready q}), 'true false false true false false',
	'what has large arguments is none of the many in one transaction');
q1('CALL timevmaps.tv_work(6)');
is(q1(q{SELECT count(*) FROM timevmaps.experiments WHERE status <> 'finished'}), '0', '... and runs as the others do');

done_testing();
