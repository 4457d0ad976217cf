# Routes on a hot standby that follows by streaming replication: those of its own tables, as far as
# they have been replayed, before and after it is promoted.  Nothing is written there.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $primary = TvCluster->new(conf => ['autovacuum = off', 'jit = off', 'max_standby_streaming_delay = -1', 'lock_timeout = 5s']);
$primary->setup('app');
my ($status, undef, $err) = $primary->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/test/lib/oracle.sql");
die $err if $status;
$primary->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"clock": "local"}'), (2, 'two', '{"sr": false}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon)
SELECT w * 1000 + x * (11 + w) + y, w, x * 0.01, y * 0.01 FROM generate_series(1, 2) w, generate_series(0, 10 + w) x, generate_series(0, 10 + w) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT p.world_id, p.id, q.id, 500 + (p.id * 7919 + q.id * 31) % 900, 30 + (p.id + q.id) * 13 % 60
FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = p.world_id AND abs(p.lat - q.lat) + abs(p.lon - q.lon) < 0.011 AND p.id < q.id;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph)
SELECT 2, id, id % 11 = 0, 25 + id % 40 FROM timevmaps.segments WHERE world_id = 1 AND id % 3 = 0;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, bidirectional) VALUES
    (1, 1, 1000, 3, 2100, 10, 5, true), (2, 2, 1100, 3, 2010, 1, 5, true);
SQL
my $prepares = $primary->query('app', "SELECT to_regprocedure('timevmaps.tv_prepare_graph(bigint)') IS NOT NULL") eq 't';
diag('tv_prepare_graph() does not exist yet') unless $prepares;
if ($prepares) { $primary->query('app', "SELECT * FROM timevmaps.tv_prepare_graph($_)") for 1, 2 }

# The standby is a cluster whose data are a copy of the primary's.
my $standby = TvCluster->new;
$standby->stop;
my $data = $standby->dir . '/data';
$standby->tool('run', 'sh', '-c', "rm -rf '$data'/* && chmod 700 '$data'");
$standby->tool('run', 'pg_basebackup', '-h', $primary->socket_dir, '-D', $data, '-R', '-X', 'stream', '-c', 'fast', '-C', '-S', 'standby', '--no-sync');
open my $conf, '>>', "$data/postgresql.conf" or die;
print $conf "unix_socket_directories = '", $standby->socket_dir, "'\n";
# An old snapshot there must not hold the replay up: what it sees is not pruned here.
print $conf "hot_standby_feedback = on\nwal_receiver_status_interval = 1s\n";
close $conf;
$standby->start;
is($standby->query('app', 'SELECT pg_is_in_recovery()'), 't', 'a hot standby');
is($standby->sqlstate('app', "SET statement_timeout = '10s'; SELECT timevmaps.tv_start_worker()"), '55000', '... where no worker starts, and nobody waits for one');
is($standby->query('app', 'SELECT pid, kind, state FROM timevmaps.tv_worker_status()'), '|server|recovery', '... which is told');
is($standby->sqlstate('app', 'CALL timevmaps.tv_work(1)'), '25006', '... nor is anything run by a session');

sub catch_up
{
	my $lsn = $primary->query('app', 'SELECT pg_current_wal_flush_lsn()');
	$standby->poll('app', "SELECT pg_last_wal_replay_lsn() >= '$lsn'") or die 'the standby does not follow';
	return;
}

# What is supposed is written nowhere, so a standby answers it as the primary does.
{
	my $supposed = "SELECT string_agg(concat_ws(' ', c.cost, p.path_place_ids, s.n), ' ') FROM (VALUES "
		. "('[{\"segment_id\": 5, \"closed\": true}, {\"segment_id\": 9, \"speed_kph\": 3}]'), ('[{\"segment_id\": 7, \"speed_kph\": 300}]'), ('[{\"gateway_id\": 1, \"closed\": true}]')) o (list), "
		. "LATERAL timevmaps.tv_route_cost(1, 2, 1000, 1100, overrides => list::jsonb) c, LATERAL timevmaps.tv_plan_route(1, 2, 1000, 1100, overrides => list::jsonb) p, "
		. "LATERAL (SELECT count(*) AS n FROM timevmaps.tv_isochrone(1, 2, 1000, 900, overrides => list::jsonb)) s";
	catch_up();
	my $there = $standby->query('app', $supposed);
	like($there, qr/\{1000,/, 'a standby answers what is supposed');
	is($there, $primary->query('app', $supposed), '... as the primary does');
	is($primary->query('app', "BEGIN READ ONLY; $supposed; COMMIT"), $there, '... and as a transaction does that may not write');
}

my $round = 0;
sub is_right
{
	my ($session, $what) = @_;
	my $found = '';
	for my $metric ("'local'", 'NULL')
	{
		my $picks = join ',', map { $round * 7919 + $_ * 104729 } 1 .. 4;
		$round++;
		$found .= $session->run("SELECT oracle.complaints('{$picks}', $metric)")->{rows};
	}
	return is($found, '', $what);
}

# Many costs as one value, to be compared between servers.
my $many = q(SELECT md5(string_agg(c::text, ' ' ORDER BY t, a, b)) FROM (VALUES (1, 1000), (2, 1000), (1, 1077), (3, 2000)) o (t, a),
	LATERAL (SELECT w, array_agg(p.id ORDER BY p.id) AS ids FROM timevmaps.timelines l, LATERAL (SELECT l.world_id) x (w), timevmaps.places p WHERE l.id = t AND p.world_id = w GROUP BY w) d,
	LATERAL (SELECT dest_place_id, cost FROM timevmaps.tv_cost_matrix(w, t, ARRAY[a]::bigint[], ids)) m (b, c));

sub sessions { return (TvSession->new($primary, 'app', 'on the primary'), TvSession->new($standby, 'app', 'on the standby')) }
my ($one, $two) = sessions();

sub is_same
{
	my ($what) = @_;
	catch_up();
	is_right($two, "$what: right on the standby");
	return is($two->query($many), $one->query($many), "$what: the same on both");
}

is_same('as copied');
my @edits = (
	['speeds' => 'UPDATE timevmaps.segments SET speed_kph = speed_kph + 20 WHERE id % 7 = 1'],
	['overrides' => 'UPDATE timevmaps.segment_overrides SET closed = NOT closed WHERE segment_id % 5 = 0'],
	['a fidelity' => 'UPDATE timevmaps.gateways SET fidelity = 0.3'],
	['new segments' => 'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (5001, 1, 1000, 1143, 9000, 80), (5002, 1, 1000, 1100, 500, 120)'],
	['a place that moves' => 'UPDATE timevmaps.places SET lat = lat + 0.003 WHERE id % 20 = 0'],
	['deletions' => 'DELETE FROM timevmaps.segments WHERE id % 31 = 2'],
	['a branch' => q(INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (4, 1, 'of branch', 2);
		INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 4, id, 200 FROM timevmaps.segments WHERE world_id = 1 AND id % 8 = 0)],
	['rules' => q(UPDATE timevmaps.worlds SET rules = '{"clock": "coordinate", "base_drag": 0.5}' WHERE id = 1)],
	['TRUNCATE' => 'TRUNCATE timevmaps.segment_overrides'],
);
for my $edit (@edits)
{
	$primary->query('app', $edit->[1]);
	is_same($edit->[0]);
}

# What is not committed, or not seen by the snapshot, or rolled back.
my $before = $two->query($many);
$one->query('BEGIN; UPDATE timevmaps.segments SET speed_kph = 10 WHERE id % 2 = 0');
# More subtransactions than a snapshot has room for, on a standby.
$one->query(join '; ', map { ("SAVEPOINT s$_", "UPDATE timevmaps.segments SET length_m = length_m + 1 WHERE id = 2 * $_") } 1 .. 150);
$primary->query('app', 'UPDATE timevmaps.segments SET base_drag = 0.25 WHERE id % 40 = 1');
catch_up();
is_right($two, 'while a transaction with many subtransactions is under way');
is_right(TvSession->new($standby, 'app', 'another'), 'in a new session too');
if ($prepares)
{
	$primary->query('app', "SELECT * FROM timevmaps.tv_prepare_graph(1)");
	catch_up();
	is_right($two, 'the primary has prepared a graph and forgotten older changes');
	my $answer = $two->run('SELECT * FROM timevmaps.tv_prepare_graph(1)');
	like($answer->{sqlstate}, qr/^(25006|25001|)$/, 'tv_prepare_graph() on the standby') or diag($answer->{rows});
	is_right($two, 'and afterwards');
	my $files = $standby->query('app', 'SELECT count(*) FROM timevmaps.tv_graph_status()');
	cmp_ok($files, '>', 0, 'the standby has files of its own');
}
$two->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
my $steady = $two->query($many);
$one->query('ROLLBACK TO s100; COMMIT');
$primary->query('app', 'DELETE FROM timevmaps.segments WHERE id % 29 = 3');
catch_up();
is_right($two, 'an older snapshot on the standby');
is($two->query($many), $steady, 'which stays');
is_right(TvSession->new($standby, 'app', 'another'), 'a newer one beside it');
$two->query('COMMIT');
is_same('afterwards');
$one->query('BEGIN; UPDATE timevmaps.segments SET speed_kph = 300; ROLLBACK');
is_same('rolled back');
is($two->run('UPDATE timevmaps.segments SET speed_kph = 300')->{sqlstate}, '25006', 'the standby takes no edits');

# Circuits run there, and what the primary has run is run again; nothing is submitted.
$primary->query('app', q{SELECT timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}, "shots": 100}')});
$primary->query('app', 'CALL timevmaps.tv_work(1)');
is_same('after an experiment');
is($two->query('SELECT identical FROM timevmaps.experiments e, timevmaps.tv_reproduce(e.id)'), 't', 'an experiment is run again on the standby');
is($two->query(q{SELECT tv_run_circuit #> '{counts,00}' FROM timevmaps.tv_run_circuit('{"qubits": 2, "gates": []}', 7)}), '7', 'a circuit runs there');
is($two->run(q{SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')})->{sqlstate}, '25006', 'nothing is submitted there');
is($two->run('CALL timevmaps.tv_work(1)')->{sqlstate}, '25006', 'nor worked on');

# It begins again, also from a crash.
for my $mode ('fast', 'immediate')
{
	undef $two;
	$standby->stop($mode);
	$primary->query('app', 'UPDATE timevmaps.segments SET speed_kph = speed_kph + 3 WHERE id % 9 = 4');
	$standby->start;
	$two = TvSession->new($standby, 'app', 'on the standby');
	is_same("restarted ($mode)");
}

# Promoted: from here on the two have histories of their own.
is_right($two, 'before it is promoted');
$standby->query('app', 'SELECT pg_promote()');
ok($standby->poll('app', 'SELECT NOT pg_is_in_recovery()'), 'promoted');
is_right($two, 'after it is promoted');
is($two->query($many), $one->query($many), 'still the same');
$two->query('UPDATE timevmaps.segments SET speed_kph = speed_kph + 15 WHERE id % 3 = 0');
$one->query('UPDATE timevmaps.segments SET speed_kph = speed_kph + 5 WHERE id % 4 = 0');
is_right($two, 'edited on the promoted one');
is_right($one, 'edited on the old primary');
isnt($two->query($many), $one->query($many), 'no longer the same');
if ($prepares)
{
	$_->query('SELECT * FROM timevmaps.tv_prepare_graph(1)') for $one, $two;
	is_right($two, 'prepared on the promoted one');
	is_right($one, 'and on the old primary');
}
is_right(TvSession->new($standby, 'app', 'another'), 'in a new session too');
undef $_ for $one, $two;
unlike($_->log_text, qr/PANIC|terminated by signal|during recovery/, 'the server stood') for $primary, $standby;
done_testing();
