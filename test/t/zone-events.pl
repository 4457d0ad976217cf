# Who enters and leaves zones is told, once: what comes late, again, out of order or while nobody looks, and whatever is killed.
use strict;
use warnings;
use Test::More;
use JSON::PP;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvListener;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w'), ('without');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (2, 'root');
    INSERT INTO timevmaps.layers (world_id, name) VALUES (1, 'l');
    INSERT INTO timevmaps.zones (layer_id, name, geom) VALUES
        (1, 'a', ST_Multi(ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))', 4326))), (1, 'b', ST_Multi(ST_GeomFromText('POLYGON((2 0, 3 0, 3 1, 2 1, 2 0))', 4326)));
    INSERT INTO timevmaps.vehicles (world_id, name) SELECT 1, 'v' || g FROM generate_series(1, 50) g;
    INSERT INTO timevmaps.vehicles (world_id, name) VALUES (2, 'elsewhere')});

# Fixes [seconds from now, lon, lat], in the order in which they are stored; each a transaction.
my $now = q1(q{SELECT extract(epoch FROM date_trunc('second', clock_timestamp()))});
sub fix { my ($vehicle, $lon, $lat, $ago, $timeline, $world) = @_; return sprintf q{INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (%d, %d, %d, to_timestamp(%f), %f, %f) ON CONFLICT DO NOTHING},
	$world // 1, $timeline // 1, $vehicle, $now - $ago, $lon, $lat }
# What the log has of a vehicle: +zone or -zone, in the order in which it was told.
sub told { my ($vehicle, $timeline) = @_; return q1("SELECT coalesce(string_agg(CASE e.type WHEN 'tv_zone_entered' THEN '+' ELSE '-' END || (e.data ->> 'zone_id'), ' ' ORDER BY e.xid, e.id), '') FROM timevmaps.events e
	WHERE e.type ~ '^tv_zone' AND e.subject = $vehicle AND e.timeline_id = " . ($timeline // 1)) }
sub is_told { my ($vehicle, $expected, $name, $timeline) = @_; my $end = time + 5; sleep 0.05 while told($vehicle, $timeline) ne $expected && time < $end; return is(told($vehicle, $timeline), $expected, $name) }

my $listener = TvListener->new($cluster, 'app', 'tv_zone_entered', 'tv_zone_left', 'tv_live_1_1');
q1(fix(1, -1, 0.5, 60));
q1(fix(1, 0.5, 0.5, 50));
is_told(1, '+1', 'a zone is entered');
my @heard = $listener->read(0.3);
is_deeply([ map { $_->[2] } grep { $_->[1] eq 'tv_zone_entered' } @heard ], ['{"vehicle_id": 1, "world_id": 1, "timeline_id": 1, "zone_id": 1}'], 'who listens is told');
is_deeply([ map { $_->[2] } grep { $_->[1] eq 'tv_live_1_1' && $_->[2] =~ /zone/ } @heard ], ['{"vehicle_id": 1, "world_id": 1, "timeline_id": 1, "topic": "tv_zone_entered", "zone_id": 1}'], '... on the channel of the timeline, too');
q1(fix(1, 2.5, 0.5, 40));
is_told(1, '+1 -1 +2', 'left, and another one entered');
q1(fix(1, 4, 0.5, 30));
is_told(1, '+1 -1 +2 -2', 'and left');
q1(fix(1, 5, 0.5, 20));
is(q1(q{SELECT string_agg(e.data ->> 't', ' ' ORDER BY e.data ->> 't') IS NOT NULL FROM timevmaps.events e WHERE e.type ~ '^tv_zone'}), 't', 'the log has when it was');
is(q1(q{SELECT count(*) FROM timevmaps.tv_events_since(1, '') e WHERE e.type ~ '^tv_zone' AND e.subject = 1}), '4', '... and who reads it with a cursor is given them');
is(q1(q{SELECT string_agg(DISTINCT m ->> 'vehicle_id', ' ') FROM jsonb_array_elements(timevmaps.tv_live(1, 1, '') -> 'missed') m WHERE m ->> 'type' ~ '^tv_zone'}), '1', '... with vehicle_id in tv_live()');

# ---------------------------------------------------------------- in any order
my @track = ([ -1, 0.5, 300 ], [ 0.5, 0.5, 240 ], [ 1.5, 0.5, 180 ]);
my @orders = ([ 0, 1, 2 ], [ 0, 2, 1 ], [ 1, 0, 2 ], [ 1, 2, 0 ], [ 2, 0, 1 ], [ 2, 1, 0 ]);
for my $round (0 .. 2)
{
	for my $i (0 .. 5) { q1(fix(10 + $i, @{ $track[ $orders[$i][$round] ] })) }
	sleep 5.5;
}
for my $i (0 .. 5)
{
	my $end = time + 10;
	my $told = sub { join ' ', sort split / /, told(10 + $i) };
	sleep 0.1 while $told->() ne '+1 -1' && time < $end;
	is($told->(), '+1 -1', "fixes in the order @{$orders[$i]}: entered and left, once");
}
# All at once, again, and in two sessions.
my $all = join '; ', map { fix(20, @$_) } @track;
q1($all);
is_told(20, '+1 -1', 'all in one transaction');
q1($all) for 1 .. 3;
sleep 6;
q1($all);
sleep 1;
is(told(20), '+1 -1', 'the same again tells nothing');

# ---------------------------------------------------------------- what changes afterwards
q1(fix(21, 0.9, 0.9, 100));
is_told(21, '+1', 'the first fix is inside');
q1(q{UPDATE timevmaps.zones SET geom = ST_Multi(ST_GeomFromText('POLYGON((0 0, 0.8 0, 0.8 0.8, 0 0.8, 0 0))', 4326)) WHERE id = 1});
q1(fix(21, 0.9, 0.9, 90));
is_told(21, '+1 -1', 'a zone that was made smaller is left');
q1(q{UPDATE timevmaps.zones SET geom = ST_Multi(ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))', 4326)) WHERE id = 1});
q1(fix(23, 5, 0.5, 10));
q1(fix(23, 0.5, 0.5, -600));
sleep 0.6;
is(told(23), '', 'what lies ahead is not told');

# ---------------------------------------------------------------- branches, and worlds without zones
q1(fix(24, 0.5, 0.5, 100));
is_told(24, '+1', 'on the root');
my $branch = q1(qq{SELECT id FROM timevmaps.tv_branch(1, 'branch', NULL, to_timestamp($now - 80))});
q1(fix(24, 5, 0.5, 60));
is_told(24, '+1 -1 +2 -2', 'what the root does after the fork, and through which zone it comes between two fixes');
is(told(24, $branch), '', '... is not told of the branch');
q1(fix(24, 2.5, 0.5, 60, $branch));
is_told(24, '-1 +2', 'what the branch does is told of it', $branch);
is(told(24), '+1 -1 +2 -2', '... and not of the root');
q1(fix(51, 0.5, 0.5, 50, 2, 2));
sleep 0.6;
is(q1('SELECT count(*) FROM timevmaps.zone_told WHERE world_id = 2'), '0', 'in a world without zones nobody is looked at');

# ---------------------------------------------------------------- while nobody looks, and after a crash
q1('SELECT timevmaps.tv_stop_worker()');
ok(until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type ~ 'timevmaps (worker|notifier)'"), 'no worker is alive');
q1(fix(30, @$_)) for @track;
$listener = undef;
my $session = TvSession->new($cluster, 'app', 'victim');
kill 9, $session->query('SELECT pg_backend_pid()');
$session = undef;
sleep 0.2;
ok($cluster->poll('postgres', 'SELECT true', 30), 'the server is back after a crash, in which the board was lost');
q1('SELECT timevmaps.tv_start_worker()');
is_told(30, '+1 -1', 'who comes sweeps, and tells what nobody was told');

# Workers that are killed in the middle of it, again and again.
my $workers = sub { map { kill 9, $_ } split /\n/, q1("SELECT pid FROM pg_stat_activity WHERE backend_type ~ 'timevmaps worker'") };
for my $step (0 .. 11)
{
	q1(join '; ', map { fix($_, $step % 2 ? 0.5 : 1.5, 0.5, 170 - 10 * $step) } 40 .. 49);
	if ($step % 4 == 3)
	{
		sleep 0.05 * $step;
		$workers->();
		sleep 0.3;
		$cluster->poll('postgres', 'SELECT true', 30);
	}
	else { sleep 0.3 }
}
q1(join '; ', map { fix($_, 1.5, 0.5, 40) } 40 .. 49);
is_told($_, join(' ', ('+1 -1') x 6), "vehicle $_ entered and left six times") for 40 .. 49;

# Random ways along both zones, in pieces, some of them stored twice; two workers.
q1(q{INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT g, 1, 'random ' || g FROM generate_series(101, 120) g});
q1(q{ALTER SYSTEM SET timevmaps.workers = 2});
q1('SELECT pg_reload_conf()');
srand 11;
$now = q1(q{SELECT extract(epoch FROM date_trunc('second', clock_timestamp()))});
my %x = map { $_ => -1 + rand 5 } 101 .. 120;
my ($ago, @before) = (560);
for my $round (1 .. 25)
{
	my @fixes;
	for (1 .. 1 + int rand 4)
	{
		$ago -= 5;
		for my $vehicle (101 .. 120)
		{
			next if rand() < 0.3;
			$x{$vehicle} += -0.9 + rand 1.8;
			$x{$vehicle} = -1 if $x{$vehicle} < -1;
			$x{$vehicle} = 4 if $x{$vehicle} > 4;
			push @fixes, fix($vehicle, $x{$vehicle}, 0.5, $ago);
		}
	}
	q1(join '; ', @fixes, grep { rand() < 0.3 } @before);
	@before = @fixes;
	sleep 0.1 + rand 0.3;
}
for my $vehicle (101 .. 120)
{
	# By the plainest means: where the fixes are, one after the other.
	my ($inside, @expected) = (0);
	for my $lon (split /\n/, q1("SELECT lon FROM timevmaps.positions WHERE vehicle_id = $vehicle ORDER BY t"))
	{
		my $now_inside = $lon >= 0 && $lon <= 1 ? 1 : $lon >= 2 && $lon <= 3 ? 2 : 0;
		push @expected, "-$inside" if $inside && $inside != $now_inside;
		push @expected, "+$now_inside" if $now_inside && $inside != $now_inside;
		$inside = $now_inside;
	}
	is_told($vehicle, "@expected", "vehicle $vehicle: " . @expected . ' events, in their order')
		or diag q1("SELECT string_agg(concat_ws(' ', e.type, e.data, e.at), E'\n' ORDER BY e.xid, e.id) FROM timevmaps.events e WHERE e.subject = $vehicle"), q1("SELECT string_agg(concat_ws(' ', t, lon, recorded_at), E'\n' ORDER BY t) FROM timevmaps.positions WHERE vehicle_id = $vehicle");
}

# More vehicles than an update has ids of.
q1(q{INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT g, 1, 'many ' || g FROM generate_series(1001, 2200) g});
q1(qq{INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT 1, 1, g, to_timestamp($now - 20), 0.5, 0.5 FROM generate_series(1001, 2200) g});
my $start = time;
ok(until_true(q{SELECT count(*) = 1200 FROM timevmaps.events e WHERE e.type = 'tv_zone_entered' AND e.subject > 1000}, 20), '1,200 vehicles at once') or diag q1(q{SELECT count(*) FROM timevmaps.events e WHERE e.type = 'tv_zone_entered' AND e.subject > 1000});
note sprintf '%.1f s', time - $start;
is(q1(q{SELECT (regexp_match(timevmaps.tv_metrics(), '\ntimevmaps_zone_vehicles_waiting (\d+)'))[1]}), '0', 'and nobody waits any more');
done_testing();
