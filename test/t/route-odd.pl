# Odd arguments for everything that can be asked of the network: an answer or an honest error, the same from a
# prepared graph as from the rows, and never the end of the session.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');

# World 1, of 20 by 20 places, has a branch and a timeline of its own beside; world 2 is like it, world 3 is empty, world 4
# has one place; nobody but the owner sees world 5, like the first.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, visibility, rules) SELECT i, 'world ' || i, CASE WHEN i = 5 THEN 'private' ELSE 'public' END, '{"sr": false, "clock": "local"}' FROM generate_series(1, 5) i;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 1, 'beside', NULL), (4, 2, 'main', NULL), (5, 3, 'main', NULL), (6, 4, 'main', NULL), (7, 5, 'main', NULL);
SELECT setval(pg_get_serial_sequence('timevmaps.timelines', 'id'), 5000);
INSERT INTO timevmaps.places (id, world_id, lat, lon)
SELECT w * 1000 + x * 20 + y, w, x * 0.01, y * 0.01 FROM unnest(ARRAY[1, 2, 5]) w, generate_series(0, 19) x, generate_series(0, 19) y UNION ALL SELECT 4000, 4, 1, 1;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT p.world_id, p.id, q.id, 500 + (p.id * 7919 + q.id * 31) % 900, 30 + (p.id + q.id) * 13 % 60
FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = p.world_id AND (q.id = p.id + 20 OR (q.id = p.id + 1 AND q.lat = p.lat)) WHERE p.id % 1000 <> 777;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 2, id, true FROM timevmaps.segments WHERE world_id = 1 AND id % 9 = 0;
ANALYZE;
SQL
my $data = $cluster->dir . '/data/timevmaps/pgsql_tmp.' . $cluster->query('postgres', "SELECT oid FROM pg_database WHERE datname = 'app'");
$cluster->query('app', "SELECT timevmaps.tv_prepare_graph($_)") for 1, 2, 4, 5;
my ($on, $off) = map { TvSession->new($cluster, 'app', $_) } 'prepared', 'rows';
$off->query('SET timevmaps.prepared_graph = off');

my @ids = ('NULL', 0, -1, '9223372036854775807', '(-9223372036854775808)');
my %odd = (
	world => [@ids, 2, 3, 4],
	timeline => [@ids, 3, 4, 5, 6],
	place => [@ids, 2000, 4000],
	number => ['NULL', "'NaN'", "'infinity'", "'-infinity'", -1, '-0.0', '1e308', '-1e308', '1e-320'],
	metric => ['NULL', "''", "'LOCAL'", "'local '", "'x'", "repeat('traveler', 100000)", "E'local\\nlocal'", "'\x{c3}\x{bc}'"],
	snap => ["''", "'ANY'", "'largest '", "repeat('any', 100000)"],
	k => ['NULL', 0, -1, 101, 2147483647, '(-2147483648)'],
	seconds => ['NULL', "'{}'", "'{NULL,NULL}'", "'{nan,0}'", "'{1e15,1e15}'", "'{1e308,0}'", "'{-1,0}'", "'{1,2,3}'", "'{{1,2}}'", "'{infinity,0}'"],
	moment => ['NULL', "'infinity'", "'-infinity'", "'4713-01-01 BC'", "'294276-12-31 23:59:59'", "'1969-12-31'"],
	ids => ['NULL', "'{}'", "'{NULL}'", "'{1000,NULL}'", "'{{1000,1001}}'", "'{{{1000}}}'", "'{1000,1000,1001,1000}'", "'[-3:-2]={1000,1001}'", "'{1000,2000}'", "'{0}'", "'{9223372036854775807}'"],
);

# [function, what of the answer, arguments as name => [kind, a good value]]
my @route = (world_id => [world => 1], timeline_id => [timeline => 2], origin_place_id => [place => 1000], dest_place_id => [place => 1399]);
my @functions = (
	['tv_plan_route', 'round(eta_seconds::numeric, 6), path_place_ids', @route, dest_timeline_id => [timeline => 2], metric => [metric => "'traveler'"]],
	['tv_route_steps', 'seq, place_id, segment_id', @route, dest_timeline_id => [timeline => 2], metric => [metric => "'local'"]],
	['tv_route_cost', 'round(cost::numeric, 6), metric', @route, dest_timeline_id => [timeline => 2], metric => [metric => "'distance'"]],
	['tv_cost_matrix', 'origin_place_id, dest_place_id, round(cost::numeric, 6)', @route[0 .. 3], origins => [ids => "'{1000,1001}'"], dests => [ids => "'{1399,1000}'"], metric => [metric => "'local'"]],
	['tv_plan_trip', 'seq, stop, round(arrive_s::numeric, 6)', @route[0 .. 3], place_ids => [ids => "'{1000,1399}'"], stop_order => [snap => "'best'"],
		service_s => [seconds => "'{1,2}'"], window_from_s => [seconds => "'{0,100}'"], metric => [metric => "'local'"]],
	['tv_isochrone', 'place_id, round(cost::numeric, 6)', @route[0 .. 3], place_id => [place => 1000], max_seconds => [number => 200], metric => [metric => "'local'"]],
	['tv_route_alternatives', 'rank, round(cost::numeric, 6)', @route, dest_timeline_id => [timeline => 2], metric => [metric => "'local'"],
		k => [k => 3], max_stretch => [number => 1.5], max_sharing => [number => 0.7], min_optimality => [number => 0.2]],
	['tv_route_diff', 'round(a_local_seconds::numeric, 6), round(b_local_seconds::numeric, 6)', timeline_a => [timeline => 1], timeline_b => [timeline => 2], @route[4 .. 7], metric => [metric => "'local'"]],
	['tv_snap', 'segment_id, round(fraction::numeric, 6)', @route[0 .. 3], lon => [number => 0.05], lat => [number => 0.051], snap_to => [snap => "'largest'"]],
	['tv_plan_point_route', 'round(eta_seconds::numeric, 6)', @route[0 .. 3], from_lon => [number => 0.011], from_lat => [number => 0.02], to_lon => [number => 0.15], to_lat => [number => 0.112],
		dest_timeline_id => [timeline => 2], metric => [metric => "'local'"], snap_to => [snap => "'largest'"]],
	['tv_plan_route_at', 'round(local_seconds::numeric, 6), path_place_ids', @route, depart_at => [moment => "'2024-01-02 07:30+00'"], dest_timeline_id => [timeline => 2]],
);
my %honest = map { $_ => 1 } '', qw(PT404 22023 22003);

sub ask
{
	my ($function, $columns, $names, $values) = @_;
	my $sql = "SELECT md5(string_agg(concat_ws(' ', $columns), ',')), count(*) FROM timevmaps.$function(" . join(', ', map { "$names->[$_] => $values->[$_]" } 0 .. $#$names) . ')';
	my @answers = map { my $answer = $_->run($sql); $answer->{sqlstate} || $answer->{rows} } $on, $off;
	my $short = length $sql > 300 ? substr($sql, 0, 300) . '...' : $sql;
	return "$short\n  prepared: $answers[0]\n  rows:     $answers[1]\n" if $answers[0] ne $answers[1] || ($answers[0] =~ /^(\w{5})$/ && !$honest{$1});
	return '';
}

for my $case (@functions, ['tv_save_route', 'round(eta_seconds::numeric, 6), path_place_ids', @{ $functions[0] }[2 .. $#{ $functions[0] }]])
{
	my ($function, $columns, @pairs) = @$case;
	my (@names, @kinds, @good);
	while (my ($name, $argument) = splice @pairs, 0, 2) { push @names, $name; push @kinds, $argument->[0]; push @good, $argument->[1] }
	my ($asked, $wrong) = (0, '');
	my $sql = "SELECT count(*) > 0 FROM timevmaps.$function(" . join(', ', map { "$names[$_] => $good[$_]" } 0 .. $#names) . ')';
	is($_->run($sql)->{rows}, 't', "$function: there is an answer") for $on, $off;
	for my $i (0 .. $#names)
	{
		for my $value (@{ $odd{ $kinds[$i] } })
		{
			my @values = @good;
			$values[$i] = $value;
			$wrong .= ask($function, $columns, \@names, \@values);
			$asked++;
			# All of a kind at once: other worlds whole, the same place twice.
			next if $i > 0 && grep { $_ eq $kinds[$i] } @kinds[0 .. $i - 1];
			@values = map { $kinds[$_] eq $kinds[$i] ? $value : $good[$_] } 0 .. $#good;
			$wrong .= ask($function, $columns, \@names, \@values);
		}
	}
	for my $whole (['4', '6', '4000'], ['3', '5', '0'], ['2', '4', '2000'], ['1', '1', '1000'])
	{
		my %of = (world => $whole->[0], timeline => $whole->[1], place => $whole->[2], ids => "'{$whole->[2]}'");
		$wrong .= ask($function, $columns, \@names, [map { $of{ $kinds[$_] } // $good[$_] } 0 .. $#good]);
	}
	is($wrong, '', "$function: $asked odd arguments");
}

# Many ids, the same ones over and over or none that there is.
my $million = '(SELECT array_agg(1000 + i % 400) FROM generate_series(1, 1000000) i)';
is($_->run("SELECT count(*), count(DISTINCT cost) > 100 FROM timevmaps.tv_cost_matrix(1, 1, ARRAY[1000], $million)")->{rows}, '1000000|t', 'a million destinations') for $on, $off;
is($_->run("SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, $million, '{}')")->{rows}, '0', 'a million origins and no destination') for $on, $off;
is($_->run("SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, $million, $million)")->{sqlstate}, '54000', 'a million by a million') for $on, $off;
is($_->run("SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, ARRAY[1000], (SELECT array_agg(i) FROM generate_series(1, 1000000) i))")->{sqlstate}, 'PT404', 'a million, most of which are not there') for $on, $off;

# Timelines 700 deep, a gateway from each to the next.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT i, 4, i, CASE WHEN i = 100 THEN 6 ELSE i - 1 END FROM generate_series(100, 799) i;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT i, 1, i, CASE WHEN i = 1000 THEN 1 ELSE i - 1 END FROM generate_series(1000, 1699) i;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) SELECT i, 4000, i + 1, 4000, 1 FROM generate_series(100, 798) i;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 1000 + i, s.id, true FROM generate_series(0, 690, 30) i,
    LATERAL (SELECT id FROM timevmaps.segments WHERE world_id = 1 AND id % 5 = 1 ORDER BY id OFFSET i / 10 LIMIT 1) s;
SQL
is($_->run('SELECT round(cost), distance_m FROM timevmaps.tv_route_cost(4, 100, 4000, 4000, 799)')->{rows}, '699|0', 'through 700 timelines') for $on, $off;
is($_->run("SELECT count(*), max(cost) FROM timevmaps.tv_isochrone(4, 100, 4000, 'infinity')")->{rows}, '700|699', 'all of which are within reach') for $on, $off;
is($_->run("SELECT array_length(path_timeline_ids, 1) FROM timevmaps.tv_plan_route_at(4, 100, 4000, 4000, now(), 799)")->{rows}, '700', 'at a time of the week') for $on, $off;
my @deep = map { $_->run('SELECT string_agg(round(cost::numeric, 6)::text, \' \') FROM generate_series(1000, 1699, 23) t, LATERAL timevmaps.tv_route_cost(1, t, 1000, 1399)')->{rows} } $on, $off;
is($deep[0], $deep[1], 'branches up to 700 deep');
like($deep[0], qr/^\d+\.\d+ .* \d+\.\d+$/, 'have ways');

# Branching.
for my $case (['NULL, \'x\'', '22023'], ['1, NULL', '22023'], ['0, \'x\'', 'PT404'], ['9223372036854775807, \'x\'', 'PT404'], ['1, \'branch\'', '23505'], ['1, \'\'', '23514'], ['1, repeat(\'x\', 1000000)', '23514'])
{
	is($on->run("SELECT * FROM timevmaps.tv_branch($case->[0])")->{sqlstate}, $case->[1], "tv_branch($case->[0])");
}

# Preparing.
for my $case (['NULL', ''], [0, 'PT404'], [-1, 'PT404'], ['9223372036854775807', 'PT404'], [3, ''])
{
	is($on->run("SELECT * FROM timevmaps.tv_prepare_graph($case->[0])")->{sqlstate}, $case->[1], "tv_prepare_graph($case->[0])");
}

# Roles: without any right; a player, who does not see world 5.
$cluster->query('app', 'CREATE ROLE nobody LOGIN; CREATE ROLE player LOGIN; GRANT tv_player TO player');
for my $setting ('on', 'off')
{
	my $nobody = TvSession->new($cluster, 'app', 'nobody');
	$nobody->query("SET timevmaps.prepared_graph = $setting; SET ROLE nobody");
	my $player = TvSession->new($cluster, 'app', 'player');
	$player->query("SET timevmaps.prepared_graph = $setting; SET ROLE player");
	for my $case (@functions)
	{
		my ($function, undef, @pairs) = @$case;
		my %argument = @pairs;
		my %fifth = (world => 5, timeline => 7, place => 5000, ids => "'{5000,5001}'");
		my $call = "SELECT count(*) FROM timevmaps.$function(" . join(', ', map { "$_ => $argument{$_}[1]" } keys %argument) . ')';
		my $hidden = "SELECT count(*) FROM timevmaps.$function(" . join(', ', map { "$_ => " . ($fifth{ $argument{$_}[0] } // $argument{$_}[1]) } keys %argument) . ')';
		is($nobody->run($call)->{sqlstate}, '42501', "$function, $setting: nobody may not");
		is($player->run($call)->{sqlstate}, '', "$function, $setting: a player may");
		is($player->run($hidden)->{sqlstate}, 'PT404', "$function, $setting: and does not see the hidden world");
	}
	is($player->run('SELECT * FROM timevmaps.tv_prepare_graph(1)')->{sqlstate}, '42501', 'a player may not prepare');
	is($player->run('SELECT count(*) FROM timevmaps.tv_graph_status() WHERE world_id = 5')->{rows}, '0', 'nor see files of the hidden world');
}

# While others drop what it rests on: their transaction waits or it does.  Both lock table after table, so that each
# may come to wait for the other; then the server ends one of them, and says so.
sub is_served { my ($answer, $name) = @_; return like($answer->{sqlstate}, qr/^(?:40P01)?$/, $name) }
my $asking = 'SELECT count(*) FROM generate_series(1, 3000) i, LATERAL timevmaps.tv_route_cost(1, 1 + i % 2, 1000 + i % 400, 1399)';
for my $drop ('DROP TABLE timevmaps.gateways CASCADE', 'DROP TABLE timevmaps.segment_overrides CASCADE', 'DROP EXTENSION timevmaps', 'DROP SCHEMA timevmaps CASCADE')
{
	my $dropper = TvSession->new($cluster, 'app', 'dropper');
	for my $setting ('on', 'off')
	{
		my $session = TvSession->new($cluster, 'app', 'asking');
		$session->query("SET timevmaps.prepared_graph = $setting");
		$session->begin($asking =~ s/3000/$setting eq 'on' ? 3000 : 30/er);
		$dropper->query('SET lock_timeout = 0');
		my $dropped = $dropper->run("BEGIN; $drop; ROLLBACK");
		my $asked = $session->finish;
		is_served($dropped, "$drop, taken back, while routes are planned, $setting");
		is_served($asked, 'who notice nothing');
		isnt("$dropped->{sqlstate}$asked->{sqlstate}", '40P0140P01', 'at most one of them is ended');
		$dropper->run('ROLLBACK') if $dropped->{sqlstate} ne '';
		is($session->run($asking =~ s/3000/3/r)->{sqlstate}, '', 'then all is as it was');
		$dropper->query("BEGIN; $drop");
		$session->begin($asking =~ s/3000/3/r);
		# The functions are there until others see that they are not.
		ok($session->is_waiting(0.05), 'one that comes while it is dropped waits') if $drop !~ /EXTENSION/;
		$dropper->query('ROLLBACK');
		is($session->finish->{sqlstate}, '', 'and goes on');
	}
}
my $session = TvSession->new($cluster, 'app', 'asking');
is($session->run($asking)->{sqlstate}, '', 'routes');
$cluster->query('app', 'SET client_min_messages = warning; DROP EXTENSION timevmaps');
is($session->run($asking)->{sqlstate}, '42883', 'no functions, no routes');
$cluster->query('app', 'SET client_min_messages = warning; CREATE EXTENSION timevmaps; DROP TABLE timevmaps.gateways CASCADE');
is($session->run($asking)->{sqlstate}, '42P01', 'without a table there is an error');
$cluster->query('app', 'SET client_min_messages = warning; DROP TABLE timevmaps.segments CASCADE');
is($session->run($asking)->{sqlstate}, '42P01', 'without all segments, too');
is($session->run('SELECT count(*) >= 0 FROM timevmaps.tv_graph_status()')->{sqlstate}, '', 'the status says what is there');
$cluster->query('app', 'SET client_min_messages = warning; DROP EXTENSION timevmaps; DROP SCHEMA timevmaps, timevmaps_internal CASCADE; CREATE EXTENSION timevmaps');
is($session->run($asking)->{sqlstate}, '55000', 'before tv_init()');
unlike($cluster->log_text, qr/PANIC|terminated by signal|TRAP|XX000/, 'the server stood');
done_testing();
