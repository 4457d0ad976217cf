# Partitions of frames: made by many at once, beside readers and writers who do not end, for ids far ahead, and where the
# name is taken; then a million frames in a burst and their retention, while no claim waits for a lock.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'log_lock_waits = on', 'deadlock_timeout = 100ms',
	'autovacuum = off', 'max_wal_size = 4GB']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
sub make { return "SELECT timevmaps_internal.tv_frames_partition($_[0])" }
sub partitions { return q1(q{SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'timevmaps.frames'::regclass}) }
my $bell = '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}, "frames": {"every": 1}}';
# An experiment with frames under this id, and how it ended.
sub experiment
{
	my ($id) = @_;
	q1("INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params) VALUES ($id, 1, 1, 'quantum', '$bell')");
	$cluster->poll('app', "SELECT status IN ('finished', 'failed') FROM timevmaps.experiments WHERE id = $id", 20);
	return q1("SELECT status || coalesce(' ' || (error ->> 'sqlstate'), '') FROM timevmaps.experiments WHERE id = $id");
}

# ---------------------------------------------------------------- many at once
my @makers = map { TvSession->new($cluster, 'app', "maker $_") } 1 .. 8;
for my $round (1 .. 5)
{
	my $id = $round * 65536 + 1;
	$_->begin(make($id) . ";" . make($id + 10 * 65536)) for @makers;
	is(join(' ', map { $_->finish->{sqlstate} } @makers), ' ' x 7, "eight make the partitions of round $round");
}
my @all = split / /, partitions();
is(scalar @all, 10, 'each is made once');

# ---------------------------------------------------------------- beside those who read and write
my ($reader, $writer, $maker) = map { TvSession->new($cluster, 'app', $_) } qw(reader writer maker);
$reader->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM timevmaps.frames');
$writer->query('BEGIN; INSERT INTO timevmaps.frames (experiment_id, step, world_id) VALUES (65537, 1, 1); DELETE FROM timevmaps.frames WHERE experiment_id = 2 * 65536');
$maker->begin(make(100 * 65536));
ok(!$maker->is_waiting(2), 'neither who reads nor who writes frames holds a maker up');
$maker->finish;
is(experiment(101 * 65536), 'finished', 'nor a worker');
is(q1('SELECT count(*) FROM timevmaps.frames WHERE experiment_id = 101 * 65536'), '2', 'whose frames are there');
$reader->query('COMMIT');
$writer->query('ROLLBACK');
# One that has made it and does not commit.
$maker->query('BEGIN; ' . make(102 * 65536));
$writer->begin('SELECT count(*) FROM timevmaps.frames; INSERT INTO timevmaps.frames (experiment_id, step, world_id) VALUES (65537, 2, 1)');
ok(!$writer->is_waiting(2), 'nor does a maker who does not end hold up who reads and writes');
$writer->finish;
q1("INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params) VALUES (102 * 65536, 1, 1, 'quantum', '$bell')");
sleep 1;
is(q1(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'timevmaps worker' AND wait_event_type = 'Lock'}), '1', 'a worker that needs the same one waits');
my $sr = q1(q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')));
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $sr", 5), 'the other works on');
$maker->query('ROLLBACK');
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = 102 * 65536", 10), 'and makes it when that has been rolled back');

# ---------------------------------------------------------------- far ahead, and taken
my $far = 2**53 - 3;
is(experiment($far), 'finished', 'an id near the end of all ids');
like(partitions(), qr/timevmaps\.frames_9007199254675456/, 'has its partition');
my $waits = length $cluster->log_text;
q1('CREATE TABLE timevmaps.frames_13107200 (x integer)');
is(experiment(200 * 65536 + 5), 'failed 55000', 'where the name is taken it fails');
like(q1("SELECT error ->> 'detail' FROM timevmaps.experiments WHERE id = 200 * 65536 + 5"), qr/frames_13107200 is there and is no partition/, 'and says why');
q1('DROP TABLE timevmaps.frames_13107200');
q1('SELECT timevmaps.tv_retry_experiment(200 * 65536 + 5)');
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = 200 * 65536 + 5", 10), 'and once it is free, again, it does not');
q1('ALTER TABLE timevmaps.frames DETACH PARTITION timevmaps.frames_13107200');
is(experiment(200 * 65536 + 6), 'failed 55000', 'nor is one that was detached taken for a partition');
q1('ALTER TABLE timevmaps.frames ATTACH PARTITION timevmaps.frames_13107200 FOR VALUES FROM (13107200) TO (13172736)');

# ---------------------------------------------------------------- a burst, and retention
# Those of three ranges are over long since; another is running while they go.
q1(q{
    INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, status, submitted_at, started_at, finished_at)
    SELECT 500 * 65536 + n % 3 * 65536 + n, 1, 1, 'quantum', '{}', 'failed', now() - interval '2 d', now() - interval '2 d', now() - interval '2 d' FROM generate_series(1, 20) n});
q1(make((500 + $_) * 65536)) for 0 .. 2;
q1(q{INSERT INTO timevmaps.frames (experiment_id, step, world_id, summary)
    SELECT 500 * 65536 + n % 3 * 65536 + n, step, 1, '{}' FROM generate_series(1, 20) n, generate_series(1, 50000) step});
is(q1('SELECT count(*) FROM timevmaps.frames WHERE experiment_id >= 500 * 65536 AND experiment_id < 503 * 65536'), '1000000', 'a million frames');
$cluster->query('app', "SELECT setval(pg_get_serial_sequence('timevmaps.experiments', 'id'), 600 * 65536)");
# Experiments of both sorts, one after the other, as long as a call of retention takes; how many.
sub run_beside_retention
{
	my $retention = TvSession->new($cluster, 'app', 'retention');
	my $run = 0;
	$retention->begin("SELECT * FROM timevmaps.tv_apply_retention(now() - interval '1 d')");
	do
	{
		my $ids = q1(qq{WITH one AS (SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')), two AS (SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '$bell'))
			SELECT one.id || ', ' || two.id FROM one, two});
		$run += 2 if $cluster->poll('app', "SELECT bool_and(status = 'finished') FROM timevmaps.experiments WHERE id IN ($ids)", 10);
	} while ($retention->is_waiting(0.01));
	is($retention->finish->{sqlstate}, '', 'retention is applied');
	cmp_ok($run, '>', 0, 'while others run');
	return;
}
my $old = 'SELECT count(*) FROM timevmaps.frames WHERE experiment_id >= 500 * 65536 AND experiment_id < 503 * 65536';
# What it cannot have now is for the next time.
$writer->query('BEGIN; DELETE FROM timevmaps.frames WHERE experiment_id = 65537');
run_beside_retention();
$writer->query('ROLLBACK');
my $end = time + 60;
do { run_beside_retention() } while (q1($old) ne '0' && time < $end);
is(q1($old), '0', 'all of them go');
my %workers = map { $_ => 1 } split /\n/, q1(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'timevmaps worker'});
my @waited = grep { /\[(\d+)\] LOG:  process \d+ still waiting/ && $workers{$1} } split /\n/, substr $cluster->log_text, $waits;
is(join("\n", @waited), '', 'and no worker waited for a lock for as long as 100 ms');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nothing strange in the log');
done_testing();
