# Random histories: sessions edit worlds, commit, roll back and ask for routes, in turn.  Every
# answer is compared, in its own statement and so under its own snapshot, with Bellman-Ford over
# the rows (test/lib/oracle.sql).
#
#     TV_HISTORY_STEPS=100000 TV_HISTORY_SEED=7 test/run server test/t/route-history.pl
#
# A seed gives the same history again; without one there are two, at once, of half as many steps.  Statements that would wait for another session give up
# (lock_timeout), for the sessions take turns.
use strict;
use warnings;
use Test::More;
use POSIX ();
use Storable ();
use TvCluster;
use TvSession;

my @seeds = $ENV{TV_HISTORY_SEED} // (1, 2);
my $steps = int(($ENV{TV_HISTORY_STEPS} // 6000) / @seeds);
my $sessions = 3;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', 'synchronous_commit = off']);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/test/lib/oracle.sql");
is($status, 0, 'the oracle is there') or BAIL_OUT($err);
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES
    (1, 'fast', '{"gr": {"gm": 1e23, "r": 6371008.8}}'), (2, 'slow', '{"max_speed_mps": 30, "base_drag": 0.1, "clock": "coordinate"}');
-- 2 and 3 have one topology and different weights.
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES
    (1, 1, 'main', NULL), (2, 1, 'left', 1), (3, 1, 'right', 1), (4, 1, 'left of left', 2), (5, 2, 'main', NULL), (6, 2, 'branch', 5);
INSERT INTO timevmaps.places (id, world_id, lat, lon)
SELECT n, CASE WHEN n <= 14 THEN 1 ELSE 2 END, 50 + n * 7 % 11, 10 + n * 5 % 13 FROM generate_series(1, 22) n;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id)
SELECT n, 1, 1 + n % 14, 1 + n * n * 5 % 14, 1000 + n * 7919 % 90000, (ARRAY[30, 3e8, 6e8, 9e8])[1 + n % 4], 0, n % 3 = 0, CASE WHEN n % 11 = 0 THEN 2 END
FROM generate_series(1, 40) n
UNION ALL
SELECT n, 2, 15 + n % 8, 15 + n * n * 3 % 8, 100 + n * 7919 % 9000, 20 + n * 31 % 90, 0, n % 4 = 0, NULL FROM generate_series(41, 60) n;
INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed, speed_kph)
SELECT 1, t, n, CASE WHEN (n + t) % 7 = 0 THEN true END, 50 + n * 13 * t % 500 FROM generate_series(1, 40) n, generate_series(2, 3) t WHERE (n + t) % 3 = 0;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional) VALUES
    (1, 1, 3, 5, 16, 10, 5, 0.9, true), (2, 6, 18, 3, 7, 1, 5, 1, false), (3, 2, 2, 3, 2, 2, 1, 0.5, true), (4, 4, 9, 1, 12, 0.5, 0, 1, false);

-- No factor takes a speed to that of light.
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors)
SELECT p, 1 + p % 2, p, array_agg(0.2 + (h * 37 + p * 11) % 29 / 34.0 ORDER BY h)
FROM generate_series(1, 4) p, generate_series(0, 167) h GROUP BY p;
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id)
SELECT s.id, p.id FROM timevmaps.segments s JOIN timevmaps.speed_profiles p ON p.world_id = s.world_id AND p.id % 4 = s.id % 4;

-- The n-th of the rows that the session sees, in a circle.
CREATE SCHEMA history;
CREATE FUNCTION history.segment(n integer) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT id FROM timevmaps.segments ORDER BY id OFFSET n % (SELECT greatest(count(*), 1) FROM timevmaps.segments) LIMIT 1 $$;
CREATE FUNCTION history.place(world bigint, n integer) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT id FROM timevmaps.places WHERE world_id = world ORDER BY id OFFSET n % (SELECT greatest(count(*), 1) FROM timevmaps.places WHERE world_id = world) LIMIT 1 $$;
CREATE FUNCTION history.timeline(n integer) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT id FROM timevmaps.timelines ORDER BY id OFFSET n % (SELECT count(*) FROM timevmaps.timelines) LIMIT 1 $$;
CREATE FUNCTION history.timeline_of(world bigint, n integer) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT id FROM timevmaps.timelines WHERE world_id = world ORDER BY id OFFSET n % (SELECT count(*) FROM timevmaps.timelines WHERE world_id = world) LIMIT 1 $$;
CREATE FUNCTION history.gateway(n integer) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT id FROM timevmaps.gateways ORDER BY id OFFSET n % (SELECT greatest(count(*), 1) FROM timevmaps.gateways) LIMIT 1 $$;
-- Identifiers are used again after a deletion, and belong to something else then.
CREATE FUNCTION history.free(relation regclass) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE found bigint;
BEGIN
    EXECUTE format('SELECT min(n) FROM generate_series(1, 1000) n WHERE NOT EXISTS (SELECT FROM %s r WHERE r.id = n)', relation) INTO found;
    RETURN found;
END $$;
CREATE PROCEDURE history.override(timeline bigint, segment bigint, col text, val text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, %1$I)
        SELECT t.id, s.id, %2$L FROM timevmaps.timelines t JOIN timevmaps.segments s ON s.world_id = t.world_id
        WHERE s.id = %4$L AND t.id = (SELECT history.timeline_of(s.world_id, %3$L))
        ON CONFLICT (timeline_id, segment_id) DO UPDATE SET %1$I = excluded.%1$I', col, val, timeline, segment);
END $$;
SQL

my $prepares = $cluster->query('app', "SELECT to_regprocedure('timevmaps.tv_prepare_graph(bigint)') IS NOT NULL") eq 't';
diag('tv_prepare_graph() does not exist yet: histories without it') unless $prepares;
sub prepare { return sprintf 'SELECT count(*) FROM timevmaps.tv_prepare_graph(%d)', $_[0] }
$cluster->query('postgres', "CREATE DATABASE app_$_ TEMPLATE app") for @seeds;

# Randomness that is the same everywhere (a 31-bit linear congruence, its high bits used).
my $state;
sub any { my ($n) = @_; $state = ($state * 1103515245 + 12345) % 2147483648; return int(($state >> 8) / 8388608 * $n) }
sub one_of { return $_[any(scalar @_)] }
sub speed { return one_of(30, 50, 80, 120, 3e8, 6e8, 8e8, 9e8, 1e9) + any(20) }
sub metre { return 10 + any(90000) }
sub segment { return 'history.segment(' . any(1000) . ')' }
sub timeline { return 'history.timeline(' . any(1000) . ')' }
sub gateway { return 'history.gateway(' . any(1000) . ')' }
sub place { my ($world) = @_; return "history.place($world, " . any(1000) . ')' }
sub world { return 1 + any(2) }
sub override { my ($col, $val) = @_; return sprintf "CALL history.override(%d, %s, '%s', '%s')", any(1000), segment(), $col, $val }

# [weight, statement]
my @edits = (
	[10, sub { sprintf 'UPDATE timevmaps.segments SET speed_kph = %s WHERE id = %s', speed(), segment() }],
	[6, sub { sprintf 'UPDATE timevmaps.segments SET length_m = %d WHERE id = %s', metre(), segment() }],
	[2, sub { sprintf 'UPDATE timevmaps.segments SET base_drag = %s WHERE id = %s', any(100) / 50, segment() }],
	[4, sub { sprintf 'UPDATE timevmaps.segments SET oneway = NOT oneway WHERE id = %s', segment() }],
	[3, sub { sprintf 'UPDATE timevmaps.segments SET a_place_id = b_place_id, b_place_id = a_place_id WHERE id = %s', segment() }],
	[4, sub { my $n = any(1000); sprintf 'UPDATE timevmaps.segments SET %s = history.place(world_id, %d) WHERE id = %s', one_of('a_place_id', 'b_place_id'), $n, segment() }],
	[2, sub { sprintf 'UPDATE timevmaps.segments SET length_m = length_m * 1.1 WHERE world_id = %d AND id %% 3 = %d', world(), any(3) }],
	[2, sub { sprintf 'UPDATE timevmaps.segments s SET timeline_id = %s WHERE id = %s', one_of('NULL', 'history.timeline_of(s.world_id, ' . any(1000) . ')'), segment() }],
	[2, sub { sprintf "UPDATE timevmaps.segments s SET geom = %s WHERE id = %s", one_of('NULL',
		sprintf("(SELECT ST_MakeLine(ARRAY[a.geom, ST_SetSRID(ST_MakePoint(%s, %s), 4326), b.geom]) FROM timevmaps.places a, timevmaps.places b WHERE a.id = s.a_place_id AND b.id = s.b_place_id)", any(20), any(20))), segment() }],
	[1, sub { sprintf "UPDATE timevmaps.segments SET props = '{}' WHERE id = %s", segment() }],
	[8, sub { my $w = world(); sprintf 'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id) ' .
		"SELECT history.free('timevmaps.segments'), %d, %s, %s, %d, %s, %s, %s WHERE (SELECT count(*) FROM timevmaps.segments) < 80",
		$w, place($w), place($w), metre(), speed(), one_of('true', 'false'), one_of('NULL', 'NULL', "history.timeline_of($w, " . any(1000) . ')') }],
	[7, sub { sprintf 'DELETE FROM timevmaps.segments WHERE id = %s', segment() }],
	[10, sub { override('closed', 'true') }],
	[6, sub { override('closed', 'false') }],
	[10, sub { override('speed_kph', speed()) }],
	[6, sub { override('length_m', metre()) }],
	[2, sub { override('base_drag', any(100) / 50) }],
	[4, sub { sprintf 'DELETE FROM timevmaps.segment_overrides WHERE segment_id = %s', segment() }],
	[5, sub { sprintf 'INSERT INTO timevmaps.segment_profiles (segment_id, timeline_id, profile_id) SELECT s.id, %s, %s FROM timevmaps.segments s WHERE s.id = %s ON CONFLICT DO NOTHING',
		one_of('NULL', 'history.timeline_of(s.world_id, ' . any(1000) . ')'), one_of('NULL', '(SELECT max(p.id) FROM timevmaps.speed_profiles p WHERE p.world_id = s.world_id AND p.id % 4 = ' . any(4) . ')'), segment() }],
	[2, sub { sprintf 'DELETE FROM timevmaps.segment_profiles WHERE segment_id = %s', segment() }],
	[2, sub { sprintf 'UPDATE timevmaps.speed_profiles SET factors[%d] = %s WHERE id = %d', 1 + any(168), 0.1 + any(97) / 100, 1 + any(4) }],
	[3, sub { sprintf 'UPDATE timevmaps.segment_overrides SET %s = NULL WHERE segment_id = %s', one_of('closed', 'speed_kph', 'length_m'), segment() }],
	[1, sub { sprintf 'UPDATE timevmaps.segment_overrides o SET segment_id = %s WHERE segment_id = %s', segment(), segment() }],
	[1, sub { sprintf 'DELETE FROM timevmaps.segment_overrides WHERE timeline_id = %s', timeline() }],
	[1, sub { 'TRUNCATE timevmaps.segment_overrides' }],
	[4, sub { sprintf "INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT history.free('timevmaps.places'), %d, %d, %d WHERE (SELECT count(*) FROM timevmaps.places) < 30",
		world(), 50 + any(10), 10 + any(10) }],
	[3, sub { sprintf 'DELETE FROM timevmaps.places p WHERE world_id = %d AND NOT EXISTS (SELECT FROM timevmaps.segments s WHERE p.id IN (s.a_place_id, s.b_place_id)) ' .
		'AND NOT EXISTS (SELECT FROM timevmaps.gateways g WHERE p.id IN (g.from_place_id, g.to_place_id))', world() }],
	[4, sub { my $w = world(); sprintf 'UPDATE timevmaps.places SET lat = lat + %d * 0.1, lon = %d WHERE id = %s', any(9) - 4, any(20), place($w) }],
	[4, sub { sprintf "INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT n, t.world_id, n, t.id FROM timevmaps.timelines t, " .
		"(SELECT greatest(max(id) + 1, history.free('timevmaps.timelines')) AS n FROM timevmaps.timelines) f WHERE t.id = %s AND (SELECT count(*) FROM timevmaps.timelines) < 10", timeline() }],
	[3, sub { sprintf 'DELETE FROM timevmaps.timelines WHERE id > 2 AND id = %s', timeline() }],
	[4, sub { my ($w, $v) = (world(), world()); sprintf 'INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional) ' .
		"SELECT history.free('timevmaps.gateways'), history.timeline_of(%d, %d), %s, history.timeline_of(%d, %d), %s, %s, %s, %s, %s WHERE (SELECT count(*) FROM timevmaps.gateways) < 14",
		$w, any(1000), place($w), $v, any(1000), place($v), any(100) / 10, any(50), one_of(1, 0.9, 0.5, 0), one_of('true', 'false') }],
	[3, sub { sprintf 'DELETE FROM timevmaps.gateways WHERE id = %s', gateway() }],
	[8, sub { sprintf 'UPDATE timevmaps.gateways SET fidelity = %s, measured_at = now() WHERE id = %s', one_of(1, 0.99, 0.7, 0.2, 0), gateway() }],
	[3, sub { sprintf 'UPDATE timevmaps.gateways SET base_penalty_s = %s, bidirectional = NOT bidirectional WHERE id = %s', any(1000) / 10, gateway() }],
	[2, sub { my $n = any(1000); sprintf 'UPDATE timevmaps.gateways SET %s_place_id = history.place(%1$s_world_id, %2$d) WHERE id = %3$s', one_of('from', 'to'), $n, gateway() }],
	[2, sub { sprintf q(UPDATE timevmaps.worlds SET rules = '%s' WHERE id = %d), one_of('{}', '{"sr": false}', '{"base_drag": 0.3, "clock": "local"}',
		'{"gr": {"gm": 1e23, "r": 6371008.8}}', '{"max_speed_mps": 40}'), world() }],
);
my $weights = 0;
$weights += $_->[0] for @edits;
sub edit
{
	my $n = any($weights);
	for my $edit (@edits) { return $edit->[1]->() if ($n -= $edit->[0]) < 0 }
}

# The sessions, each with its open transaction and the savepoints in it.
my (@session, @open, @savepoints);
# What an edit may fail with: waiting, a snapshot too old, a key that is taken, or one that is referred to.
my %refusal = map { $_ => 1 } qw(55P03 40001 40P01 23505 23503 23514 23502);
my (@story, %count);

sub ask
{
	my ($n, $what) = @_;
	push @story, sprintf '%d: %s', $n + 1, $what;
	my $answer = $session[$n]->run($what);
	$story[-1] .= " -- $answer->{sqlstate}" if $answer->{sqlstate} ne '';
	return $answer;
}

# A failed statement: back to the last savepoint, or to the beginning.
sub give_up
{
	my ($n) = @_;
	return unless $open[$n];
	if (@{ $savepoints[$n] }) { ask($n, "ROLLBACK TO $savepoints[$n][-1]") }
	else { ask($n, 'ROLLBACK'); $open[$n] = 0 }
	return;
}

# One history: what it failed with, its last statements, how much there was of everything, and what is left.
sub history
{
	my ($seed) = @_;
	my $database = "app_$seed";
	my $failure;
	$state = $seed * 7919 + 12345;
	$cluster->query($database, prepare($_)) for $prepares ? (1, 2) : ();
	@session = map { TvSession->new($cluster, $database, "session $_") } 1 .. $sessions;
	$_->query("SET lock_timeout = '10ms'; SET deadlock_timeout = '10s'") for @session;
	@open = (0) x $sessions;
	@savepoints = map { [] } 1 .. $sessions;
	STEP: for my $step (1 .. $steps)
	{
		my $n = any($sessions);
		my $chance = any(100);
		if ($chance < 36)
		{
			my $picks = join ',', map { any(1000000) } 1 .. 4;
			my $metric = one_of('NULL', "'local'", "'coordinate'", "'traveler'", "'distance'");
			my $answer = ask($n, "SELECT oracle.complaints('{$picks}', $metric)" . (any(3) == 0 ? " || oracle.doubts('{$picks}', $metric)" : ''));
			$count{question}++;
			# Another session's TRUNCATE is waited for.
			if ($answer->{sqlstate} eq '55P03') { give_up($n) }
			elsif ($answer->{rows} ne '') { $failure = $answer->{rows}; last STEP }
		}
		elsif ($chance < 80)
		{
			my $answer = ask($n, edit());
			if ($answer->{sqlstate} eq '') { $count{edit}++; next }
			$count{refusal}++;
			if (!$refusal{ $answer->{sqlstate} }) { $failure = $answer->{rows}; last STEP }
			give_up($n);
		}
		elsif (!$open[$n])
		{
			if ($prepares && $chance < 83)
			{
				my $answer = ask($n, prepare(world()));
				if ($answer->{sqlstate} ne '' && !$refusal{ $answer->{sqlstate} }) { $failure = $answer->{rows}; last STEP }
				$count{prepared}++;
				next;
			}
			$open[$n] = 1;
			$savepoints[$n] = [];
			if ($chance < 90) { ask($n, 'BEGIN') }
			else
			{
				# TRUNCATE is no respecter of snapshots, so the tables are locked against it.
				ask($n, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
				my $answer = ask($n, 'LOCK TABLE timevmaps.segments, timevmaps.segment_overrides IN ACCESS SHARE MODE');
				if ($answer->{sqlstate} ne '') { give_up($n); next }
				ask($n, 'SELECT count(*) FROM timevmaps.worlds');
				$count{'repeatable read'}++;
			}
		}
		elsif ($chance < 87)
		{
			push @{ $savepoints[$n] }, 's' . any(4);
			ask($n, "SAVEPOINT $savepoints[$n][-1]");
			$count{savepoint}++;
		}
		elsif ($chance < 93 && @{ $savepoints[$n] })
		{
			if ($chance < 90) { ask($n, "ROLLBACK TO $savepoints[$n][-1]"); $count{'back to a savepoint'}++ }
			else { my $point = pop @{ $savepoints[$n] }; ask($n, "RELEASE $point") }
		}
		else
		{
			# Most transactions are kept, so that the histories go somewhere.
			my $end = $chance < 98 ? 'COMMIT' : 'ROLLBACK';
			my $answer = ask($n, $end);
			$count{lc $end}++;
			$open[$n] = 0;
			$savepoints[$n] = [];
			if ($answer->{sqlstate} ne '' && !$refusal{ $answer->{sqlstate} }) { $failure = $answer->{rows}; last STEP }
		}
	}
	my $left = $cluster->query($database, "SELECT (SELECT count(*) FROM timevmaps.segments) || ' segments, ' || (SELECT count(*) FROM timevmaps.timelines) || ' timelines, ' || (SELECT count(*) FROM timevmaps.gateways) || ' gateways'");
	undef @session;
	return { failure => $failure, statements => scalar @story, story => [ @story[($#story > 60 ? $#story - 60 : 0) .. $#story] ], count => \%count, left => $left };
}

# All but the first by processes of their own.
my @others = map { [ $_, TvCluster::temporary() ] } @seeds[1 .. $#seeds];
for my $other (@others)
{
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		my $result = eval { history($other->[0]) } // { failure => $@, story => [], count => {}, left => '' };
		Storable::nstore($result, $other->[1]->filename);
		POSIX::_exit(0);
	}
	push @$other, $pid;
}
my @results = ([ $seeds[0], history($seeds[0]) ]);
for my $other (@others)
{
	waitpid $other->[2], 0;
	push @results, [ $other->[0], Storable::retrieve($other->[1]->filename) ];
}
my %all;
for my $pair (@results)
{
	my ($seed, $result) = @$pair;
	my $count = $result->{count};
	$all{$_} += $count->{$_} for keys %$count;
	ok(!defined $result->{failure}, "every answer is the oracle's: $steps steps, seed $seed")
		or diag(join "\n", "TV_HISTORY_SEED=$seed TV_HISTORY_STEPS=$steps, the last of $result->{statements} statements:", @{ $result->{story} }, $result->{failure});
	note(join ', ', map { "$_: $count->{$_}" } sort keys %$count);
	note("left: $result->{left}");
}
cmp_ok($all{$_} // 0, '>', $steps * @seeds / 200, "histories with: $_") for $steps < 1000 || grep({ defined $_->[1]{failure} } @results) ? ()
	: ('question', 'edit', 'commit', 'rollback', 'repeatable read', 'savepoint', 'back to a savepoint');
unlike($cluster->log_text, qr/PANIC|terminated by signal/, 'the server stood');
done_testing();
