# test/run: calm
# Retention goes in pieces: with ids far ahead, a burst of frames and large payloads behind it, what is submitted meanwhile is claimed
# as ever, no lock is waited for, and who reads frames keeps them and nobody else.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'log_lock_waits = on', "deadlock_timeout = '100ms'",
	"max_wal_size = '4GB'"]);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
sub left { return q1("SELECT count(*) FROM timevmaps.frames WHERE $_[0]") }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});

# As they are after two months: ranges 0 and 65536 are past, all of the second is old, and of the first all but one that is still to be run.
my $old = "'2000-01-01'::timestamptz";
q1(qq{
    SET session_replication_role = replica;
    INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, status, submitted_by, submitted_role, submitted_at, finished_at, progress)
        SELECT i, 1, 1, CASE WHEN i BETWEEN 1001 AND 20000 THEN 'sr' ELSE 'quantum' END, '{}', 'finished', 'ann', 'postgres', $old, $old, 1
        FROM generate_series(1, 66535) i WHERE i <= 20000 OR i >= 65536;
    INSERT INTO timevmaps.results (experiment_id, world_id, created_at) SELECT e.id, 1, $old + e.id * interval '1 ms' FROM timevmaps.experiments e;
    SELECT timevmaps_internal.tv_frames_partition(i) FROM unnest('{1,65536}'::bigint[]) i;
    INSERT INTO timevmaps.frames (experiment_id, step, world_id, payload)
        SELECT e.id, s, 1, 'TVF1' FROM timevmaps.experiments e, generate_series(1, 100) s WHERE kind = 'quantum' AND e.id > 10;
    -- Attempts that gave no result: of what has failed, of what failed again just now, and of what is tried again.
    UPDATE timevmaps.experiments SET status = 'failed' WHERE id BETWEEN 101 AND 130;
    UPDATE timevmaps.experiments SET finished_at = now() WHERE id BETWEEN 111 AND 120;
    UPDATE timevmaps.experiments SET status = 'cancelled', run_at = now() + interval '1 day', finished_at = NULL WHERE id BETWEEN 121 AND 130;
    DELETE FROM timevmaps.results WHERE experiment_id BETWEEN 101 AND 130;
    INSERT INTO timevmaps.experiment_attempts (experiment_id, claim, world_id, outcome, ended_at) SELECT i, 1, 1, 'failed', $old FROM generate_series(101, 130) i;
    -- Each a megabyte that does not compress.
    CREATE TEMP TABLE large AS SELECT string_agg(sha512(i::text::bytea), '') AS payload FROM generate_series(1, 16384) i;
    INSERT INTO timevmaps.frames (experiment_id, step, world_id, payload) SELECT i, s, 1, l.payload FROM large l, generate_series(1, 4) i, generate_series(1, 10) s;
    SELECT setval(pg_get_serial_sequence('timevmaps.experiments', 'id'), 140000)});
q1(qq{INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, run_at) VALUES (30000, 1, 1, 'sr', '{"v_mps": 1}', now() + interval '1 day')});
q1(q{INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params) VALUES (9007199254740991, 1, 1, 'quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}}')});
q1('VACUUM (ANALYZE) timevmaps.experiments, timevmaps.frames, timevmaps.results');
ok(until_true("SELECT status = 'finished' FROM timevmaps.experiments WHERE id = 9007199254740991", 20), 'an id far ahead has frames, too');
my $before = left('true');
cmp_ok($before, '>', 199_000, "$before frames");

# One after the other, each with frames: seconds from its insertion to its claim and to its end, the longest.
my $submit = TvSession->new($cluster, 'app', 'submits');
sub longest
{
	my ($until) = @_;
	my ($from) = $submit->query("SELECT clock_timestamp()");
	my $count = 0;
	while (!$until->())
	{
		my $id = $submit->query(q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}}')));
		$count++;
		my $end = time + 30;
		sleep 0.002 until $submit->query("SELECT status FROM timevmaps.experiments WHERE id = $id") eq 'finished' || time > $end;
	}
	return ($count, split /\|/, $submit->query("SELECT max(extract(epoch FROM started_at - submitted_at))::numeric(9, 3) || '|' || max(extract(epoch FROM finished_at - submitted_at))::numeric(9, 3)
		|| '|' || (percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - submitted_at)))::numeric(9, 3) FROM timevmaps.experiments WHERE submitted_at > '$from'"));
}
my $end = time + 3;
my @quiet = longest(sub { time > $end });
diag("before: $quiet[0] experiments, the longest waited $quiet[1] s for its claim");
my $log = length $cluster->log_text;
q1("ALTER SYSTEM SET timevmaps.retention = '30 d'");
$cluster->reload;
my $deadline = time + 120;
my $looked = 0;
my $gone = 0;
my @during = longest(sub {
	return 1 if time > $deadline;
	return 0 if time < $looked + 0.5;
	$looked = time;
	return $gone = q1('SELECT NOT EXISTS (SELECT FROM timevmaps.results WHERE created_at < now() - interval \'30 d\')') eq 't';
});
diag("while retention went on: $during[0] experiments, the longest waited $during[1] s for its claim and $during[2] s for its end; 99 % below $during[3] s");
ok($gone, 'what is old is gone');
cmp_ok($during[0], '>', 0, 'meanwhile experiments were run');
cmp_ok($during[3], '<', 0.1, 'claims are not held up');
cmp_ok($during[1], '<', 0.1 + 3 * $quiet[1] + 0.1, '... not one');
unlike(substr($cluster->log_text, $log), qr/still waiting for/, 'and no lock was waited for as long as 100 ms');
is(left('experiment_id < 65536 AND experiment_id NOT BETWEEN 101 AND 130'), '0', 'frames go by rows where something in their range is to be run');
ok(until_true('SELECT count(*) = 0 FROM timevmaps.experiment_attempts', 20), 'so do attempts that gave no result');
is(left('experiment_id BETWEEN 101 AND 110'), '0', '... with their frames');
is(left('experiment_id BETWEEN 111 AND 130'), '2000', '... but for those of experiments that have ended since, or not yet');
is(q1("SELECT to_regclass('timevmaps.frames_65536') IS NULL"), 't', 'and by the partition where all of it is over');
cmp_ok(left('experiment_id > 140000'), '>=', $during[0], 'those of the young stay');
is(q1('SELECT count(*) FROM timevmaps.experiments WHERE id < 140000'), '21001', 'and so do the experiments');
ok(until_true('SELECT count(*) = 0 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = \'schema_migrations\'', 5), 'nothing is kept locked');

# A piece by hand is as short, and who reads keeps what he reads.
q1('ALTER SYSTEM RESET timevmaps.retention');
$cluster->reload;
q1(qq{
    SET session_replication_role = replica;
    SELECT timevmaps_internal.tv_frames_partition(66000);
    INSERT INTO timevmaps.frames (experiment_id, step, world_id, payload) SELECT i, s, 1, 'TVF1' FROM generate_series(66000, 66099) i, generate_series(1, 50) s;
    INSERT INTO timevmaps.results (experiment_id, world_id, created_at) SELECT i, 1, $old FROM generate_series(66000, 66099) i});
my $reader = TvSession->new($cluster, 'app', 'reader');
$reader->query('BEGIN; SELECT count(*) FROM timevmaps.frames WHERE experiment_id = 66000');
my $start = time;
my $piece = q1("SELECT partitions || ' ' || frames || ' ' || more FROM timevmaps.tv_apply_retention(now() - interval '30 d')");
like($piece, qr/^0 [1-9]\d* true$/, 'beside a reader no partition is dropped, rows go, and there are more');
cmp_ok(time - $start, '<', 1, 'soon');
$reader->query('COMMIT');
is(q1("SELECT partitions || ' ' || more FROM timevmaps.tv_apply_retention(now() - interval '30 d')"), '1 true', 'after him it is');
is(q1("SELECT results || ' ' || more FROM timevmaps.tv_apply_retention(now() - interval '30 d')") =~ /^(\d+) false$/ && $1 > 0, 1, 'then the results, and that was all');
is(q1("SELECT results || ' ' || more FROM timevmaps.tv_apply_retention(now() - interval '30 d')"), '0 false', 'there is nothing left');
my $over = q(SELECT timevmaps_internal.tv_frames_are_over(65536, now() - interval '30 d'));
is(q1($over), 't', 'a range is over where all in it ended long ago');
q1(q{INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, run_at) VALUES (70000, 1, 1, 'sr', '{"v_mps": 1}', now() + interval '1 day')});
is(q1($over), 'f', '... and not where one of it is still to be run');
done_testing();
