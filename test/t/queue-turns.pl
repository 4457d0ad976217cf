# Whose turn it is: worlds one after the other, in a world what was queued first; and what a claim costs where an old snapshot keeps
# all that has passed, or where much is delayed.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $rows = $ENV{ROWS} // 100_000;
my $cluster = TvCluster->new(conf => [ 'autovacuum = off', 'max_prepared_transactions = 5' ]);
$cluster->setup('app');
my ($one, $two) = map { TvSession->new($cluster, 'app', "worker $_") } 1, 2;
sub q1 { my ($sql) = @_; return $cluster->query('app', $sql) }
sub status { my ($id) = @_; return q1("SELECT status FROM timevmaps.experiments WHERE id = $id") }

# Many at once: nobody checks their arguments.
sub many
{
	my ($world, $first, $count, $more) = @_;
	q1(qq{ALTER TABLE timevmaps.experiments DISABLE TRIGGER experiments_insert;
		INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, submitted_by, submitted_role, priority, run_at)
		SELECT $first + n, $world, $world, 'route', '{"origin_place_id": 1, "dest_place_id": 1}', 'ada', 'postgres', } . ($more // '0, now()') . qq{ FROM generate_series(0, $count - 1) n;
		ALTER TABLE timevmaps.experiments ENABLE TRIGGER experiments_insert});
	return;
}
sub submit { my ($world, $more) = @_; return q1("SELECT id FROM timevmaps.tv_submit_experiment($world, $world, 'sr', '{\"v_mps\": 1}'" . ($more // '') . ')') }

q1(q{INSERT INTO timevmaps.worlds (id, name) SELECT n, 'w' || n FROM generate_series(1, 5) n;
	INSERT INTO timevmaps.timelines (id, world_id, label) SELECT n, n, 'root' FROM generate_series(1, 5) n;
	INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 1, 1)});

# ---------------------------------------------------------------- turns
many(1, 1_000_000, $rows);
$_->query('CALL timevmaps.tv_work(1)') for $one, $two;
my $b = submit(2);
$_->query('CALL timevmaps.tv_work(1)') for $one, $two;
is(status($b), 'finished', 'a world with one experiment has its turn within two claims of each worker, beside one with many');
$b = submit(2);
$one->query('CALL timevmaps.tv_work(2)');
is(status($b), 'finished', '... also of one worker alone');

# Who has many worlds has no more turns for that.
q1(q{INSERT INTO timevmaps.worlds (id, name) SELECT 100 + n, 'of one ' || n FROM generate_series(1, 40) n;
	INSERT INTO timevmaps.timelines (id, world_id, label) SELECT 100 + n, 100 + n, 'root' FROM generate_series(1, 40) n});
many(100 + $_, 5_000_000 + $_, 1) for 1 .. 40;
$one->query('CALL timevmaps.tv_work(4)');
my @three = map { submit($_) } 2, 3, 2;
$one->query('CALL timevmaps.tv_work(6)');
is(join(' ', map { status($_) } @three), 'finished finished finished', 'of two who submit one has as many turns as the other, who has work in forty worlds');
my $left = q{SELECT count(*) FROM timevmaps.experiments WHERE status = 'queued' AND world_id > 100};
my $before = q1($left);
$one->query('CALL timevmaps.tv_work(' . ($before + 1) . ')');
is(q1($left), '0', '... whose worlds have one turn each then');

# What is tried again goes behind.
my $again = q1('SELECT id FROM timevmaps.experiments WHERE world_id = 1 AND status = \'queued\' ORDER BY id LIMIT 1');
q1("UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = $again; UPDATE timevmaps.experiments SET status = 'queued' WHERE id = $again");
$_->query('CALL timevmaps.tv_work(3)') for $one, $two;
is(status($again), 'queued', 'what is queued again does not overtake');
is(q1("SELECT count(*) FROM timevmaps.queue_ready q WHERE q.world_id = 1 AND q.seq > (SELECT seq FROM timevmaps.queue_ready WHERE experiment_id = $again)"), '0', '... but is the last');

# Priority counts inside a world.
my $urgent = submit(1, ', priority => 5');
my $other = submit(3);
$one->query('CALL timevmaps.tv_work(2)');
is(status($urgent) . ' ' . status($other), 'finished finished', 'the more important is first in its world, and keeps no other world waiting');

# Who has a smaller number and commits late is not passed for good.
my $late = TvSession->new($cluster, 'app', 'late');
my $slow = $late->query(q{BEGIN; SELECT id FROM timevmaps.tv_submit_experiment(4, 4, 'sr', '{"v_mps": 1}')});
my @after = map { submit(4) } 1 .. 20;
$_->query('CALL timevmaps.tv_work(8)') for $one, $two;
$late->query('COMMIT');
ok(status($after[0]) eq 'finished' && status($after[-1]) eq 'queued', 'some that came later have run, and some wait');
$one->query('CALL timevmaps.tv_work(2)');
is(status($slow), 'finished', 'the late one is next');

# ---------------------------------------------------------------- what a claim costs
my $touched = q{SELECT sum(coalesce(heap_blks_hit, 0) + coalesce(heap_blks_read, 0) + coalesce(idx_blks_hit, 0) + coalesce(idx_blks_read, 0))
	FROM pg_statio_user_tables WHERE relname ~ '^(queue_|experiments)'};
sub cost
{
	my ($session, $claims) = @_;
	$session->query('SELECT pg_stat_force_next_flush()');
	my $before = q1($touched);
	$session->query("CALL timevmaps.tv_work($claims)");
	$session->query('SELECT pg_stat_force_next_flush()');
	return (q1($touched) - $before) / $claims;
}
q1('VACUUM timevmaps.queue_ready, timevmaps.experiments');
$one->query('CALL timevmaps.tv_work(10)');
my $first = cost($one, 20);
my $holder = TvSession->new($cluster, 'app', 'holder');
$holder->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM timevmaps.worlds');
my $passed = $rows - 1000;
q1(qq{CREATE TEMP TABLE passed AS SELECT q.experiment_id AS id FROM timevmaps.queue_ready q WHERE q.world_id = 1 ORDER BY q.rank, q.seq LIMIT $passed;
	GRANT SELECT ON passed TO tv_owner; SET ROLE tv_owner;
	INSERT INTO timevmaps.results (experiment_id, world_id) SELECT id, 1 FROM passed;
	UPDATE timevmaps.experiments SET status = 'finished' WHERE id IN (SELECT id FROM passed)});
$one->query('CALL timevmaps.tv_work(10)');
my $last = cost($one, 20);
cmp_ok($last, '<=', 5 * $first, "$passed have passed under an old snapshot: a claim touches no more than five times as many buffers") or diag("$first, $last");
note("buffers of a claim, with all that it writes: $first at first, $last with $passed passed and kept");
$holder->query('ROLLBACK');
q1('VACUUM timevmaps.queue_ready, timevmaps.experiments');
$one->query('CALL timevmaps.tv_work(10)');
$first = cost($one, 20);
many(5, 2_000_000, 2 * $rows, q{100, now() + n * interval '1 s' + interval '1 hour'});
$one->query('CALL timevmaps.tv_work(10)');
$last = cost($one, 20);
cmp_ok($last, '<=', 1.5 * $first, 2 * $rows . ' delayed ones of the highest priority: no more than half as much again') or diag("$first, $last");
note("buffers of a claim: $first, and $last with " . 2 * $rows . ' delayed');
done_testing();
