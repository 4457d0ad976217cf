# Who reads where vehicles were, beside those who write and drop: one snapshot, partitions that go while they are read,
# and cancellation at once, whatever is being read.
# test/run: calm
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', "timezone = 'UTC'"]);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(<<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'w', '{"fix_ahead_s": 1e10}'), (2, 'odd', '{"fix_ahead_s": 1e10, "max_speed_mps": 0.001}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id, fork_at) VALUES (1, 1, 'main', NULL, NULL), (2, 1, 'branch', 1, '2025-03-05 06:00+00'), (3, 2, 'main', NULL, NULL);
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT n, 1, 'v' || n FROM generate_series(1, 200) n;
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1000, 2, 'nowhere for sure'), (1001, 2, 'parked');
SELECT timevmaps_internal.tv_positions_partition(d::date) FROM generate_series(date '2025-03-04', '2025-03-06', '1 day') d;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 1, 1, v, timestamptz '2025-03-04 12:00+00' + interval '2 min' * n + interval '1 ms' * v, 11 + 0.001 * n, 57 + 0.001 * v FROM generate_series(1, 200) v, generate_series(0, 719) n;
-- Each fix of the one is impossible with the next, so all of them decide about the last; the other drifts about a point ten times a second.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 2, 3, 1000, timestamptz '2025-03-06 12:00+00' + interval '0.5 s' * n, n % 2, 57 FROM generate_series(1, 100000) n;
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 2, 3, 1001, timestamptz '2025-03-06 12:00+00' + interval '0.1 s' * n, 11 + 1e-10 * (n % 7), 57 FROM generate_series(1, 100000) n;
ANALYZE;
SQL
my ($reader, $writer, $canceller) = map { TvSession->new($cluster, 'app', $_) } qw(reader writer canceller);
my $somewhere = "SELECT count(lon), max(fix_at) FROM timevmaps.tv_positions_at(1, 1, '2025-03-05 03:00:30+00')";
my $right = $reader->query($somewhere);
is($right, '200|2025-03-05 03:00:00.2+00', 'all vehicles are somewhere');

# ---------------------------------------------------------------- one snapshot
my $newest = "SELECT max(fix_at) FROM timevmaps.tv_positions_at(1, 1, '2025-03-05 03:01+00', vehicle_ids => '{1}')";
my $put = sub { return "INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, '2025-03-05 03:00:$_[0]+00', 11.4, 57)" };
$reader->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
my $before = $reader->query($newest);
$writer->query($put->(10));
is($reader->query($newest), $before, 'what came after a snapshot is not in it');
$reader->query('COMMIT');
is($reader->query($newest), '2025-03-05 03:00:10+00', 'and then it is');
my $twice = "SELECT a.fix_at, b.fix_at FROM timevmaps.tv_positions_at(1, 1, '2025-03-05 03:01+00', vehicle_ids => '{1}') a, pg_sleep(0.5), timevmaps.tv_positions_at(1, 1, '2025-03-05 03:01+00', vehicle_ids => '{1}') b";
$reader->begin($twice);
sleep 0.2;
$writer->query($put->(20));
is($reader->finish->{rows}, '2025-03-05 03:00:10+00|2025-03-05 03:00:10+00', 'a statement has one snapshot');
is($reader->query("BEGIN; @{[ $put->(30) ]}; $newest; ROLLBACK"), '2025-03-05 03:00:30+00', 'what a transaction has done itself is seen');
is($reader->query($newest), '2025-03-05 03:00:20+00', 'and what it has undone is not');

# ---------------------------------------------------------------- partitions that go
$right = $reader->query("BEGIN; $somewhere");
is($writer->run("SET lock_timeout = '300ms'; DROP TABLE timevmaps.positions_20250305")->{sqlstate}, '55P03', 'a day that is read does not go');
$reader->query('COMMIT');
$writer->query('BEGIN; SET LOCAL lock_timeout = 0; DROP TABLE timevmaps.positions_20250304');
$reader->begin($somewhere);
ok($reader->is_waiting(0.5), 'who reads waits for who drops');
$writer->query('COMMIT');
is($reader->finish->{rows}, $right, 'and has an answer from what is left');
is($reader->query("SELECT count(lon), count(fix_at) FROM timevmaps.tv_positions_at(1, 2, '2025-03-05 00:00:00+00')"), '0|0', 'before it nothing is known any more');
my @readers = map { TvSession->new($cluster, 'app', "reader $_") } 1, 2;
$_->begin("SELECT count(*) FROM generate_series(1, 150) i, LATERAL timevmaps.tv_positions_at(1, 1 + i % 2, timestamptz '2025-03-05 02:00+00' + i * interval '10 min') p") for @readers;
for my $round (1 .. 10)
{
	$writer->query("SELECT timevmaps_internal.tv_positions_partition('2025-04-01')");
	$writer->run("SET lock_timeout = '50ms'; DROP TABLE timevmaps.positions_20250401");
}
is(join(' ', map { my $answer = $_->finish; "$answer->{sqlstate}$answer->{rows}" } @readers), '30000 30000', 'days that come and go disturb nobody');

# ---------------------------------------------------------------- cancelled
my $pid = $reader->query('SELECT pg_backend_pid()');
my @latencies;
for my $sql (
	"SELECT count(*) FROM timevmaps.tv_replay(1, 1, '2025-03-05', '2025-03-06', 1)",
	"SELECT count(*) FROM timevmaps.tv_replay(1, 2, '1925-03-05', '2025-03-06', 1, compress_gaps_s => 40000)",
	"SELECT count(*) FROM timevmaps.tv_replay_diff(1, 2, '2025-03-05', '2025-03-06', 1)",
	"SELECT count(*) FROM generate_series(1, 5000) i, LATERAL timevmaps.tv_positions_at(1, 1, timestamptz '2025-03-05 02:00+00' + i * interval '10 s') p",
	"SELECT sum(length(track::text)) FROM generate_series(1, 50), LATERAL timevmaps.tv_tracks(1, 1, '2025-03-05', '2025-03-06')",
	"SELECT count(*) FROM generate_series(1, 500) i, LATERAL timevmaps.tv_positions_at(2, 3, timestamptz '2025-03-06 14:00+00' + i * interval '1 s')")
{
	my %states;
	$states{ $reader->cancelled($canceller, $pid, $sql, 0.1 + 0.1 * $_, \@latencies) }++ for 1 .. 3;
	is_deeply(\%states, { 57014 => 3 }, substr($sql, 0, 90));
}
@latencies = sort { $a <=> $b } @latencies;
my ($middle, $worst) = map { 1000 * $_ } @latencies[ @latencies / 2, -1 ];
diag(sprintf '%d cancelled: %.0f ms in the middle, %.0f ms at worst', scalar @latencies, $middle, $worst);
cmp_ok($middle, '<', 100, 'as a rule within 100 ms');
cmp_ok($worst, '<', 1000, 'never later than that by much');
is($reader->query($somewhere), $right, 'then the answer is right');
is($reader->query(q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'timevmaps kernel'}), '0', 'and nothing is kept');
done_testing();
