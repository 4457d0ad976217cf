# Whatever a route is doing when it is cancelled, by an administrator or by statement_timeout, it stops
# at once, leaves no file, no mapping and no memory behind, and the next question is answered right.
# test/run: calm
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;
use TvSession;

my $side = 125;
my $places = $side * $side;
my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<"SQL");
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1 + x * $side + y, 1, x * 0.01, y * 0.01 FROM generate_series(0, $side - 1) x, generate_series(0, $side - 1) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, id, id + d, 100 + id * 7919 % 500, 30 + (id + d) % 60 FROM timevmaps.places, unnest(ARRAY[1, $side]) d
WHERE id + d <= $places AND (d > 1 OR id % $side > 0) AND (id + d) % 11 > 0;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 5 + id % 30 FROM timevmaps.segments WHERE id % 50 = 0;
ANALYZE;
SQL
my $folder = $cluster->dir . '/data/timevmaps/pgsql_tmp.' . $cluster->query('postgres', "SELECT oid FROM pg_database WHERE datname = 'app'");
my $canceller = TvSession->new($cluster, 'app', 'canceller');
my @latencies;
my $slowest_build = 0;
my $seed = 7;
sub random { $seed = ($seed * 1103515245 + 12345) % 2147483648; return $seed / 2147483648 }

sub timed { my ($session, $sql) = @_; my $began = time; $session->query($sql); return time - $began }
my $prepare = 'SELECT * FROM timevmaps.tv_prepare_graph(1)';
my $costs = join ' UNION ALL ', map { "SELECT $_, round(cost::numeric, 6) FROM timevmaps.tv_route_cost(1, $_, 1, $places - 1)" } 1, 2;
my $costs_by_rows = 'SET timevmaps.prepared_graph = off; ' . $costs;

# What of prepared graphs a backend maps, and what it maps of files that are gone.
sub mappings
{
	my ($pid) = @_;
	open my $maps, '<', "/proc/$pid/maps" or return ('', '');
	my @names = map { m{/timevmaps/pgsql_tmp\.\d+/(\S+(?: \(deleted\))?)$} ? $1 : () } <$maps>;
	return (join(' ', sort @names), join(' ', grep { /deleted/ } @names));
}
sub memory { return $_[0]->query(q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'timevmaps kernel'}) }

my $session = TvSession->new($cluster, 'app', 'session');
my $pid = $session->query('SELECT pg_backend_pid()');
my $whole = timed($session, $prepare);
my $right = $session->query($costs);
like($right, qr/^1\|\d[^\n]*\n2\|\d/, 'there are ways');
my ($mapped) = mappings($pid);
like($mapped, qr{w1\.graph}, 'what is mapped of graphs is seen');
my $memory = memory($session);

# While all is built: reading, ordering, the hierarchy, writing, weights.
my %states;
$states{ $session->cancelled($canceller, $pid, $prepare, 0.02 + random() * ($whole - 0.02), \@latencies) }++ for 1 .. 8;
ok($states{57014}, 'building: cancelled') or diag explain \%states;
is_deeply([ grep { !/^(57014)?$/ } keys %states ], [], 'or done before');
($slowest_build) = sort { $b <=> $a } @latencies;
is($session->query($costs), $right, 'then routes are right');

# With the order of an outdated graph, by the first who asks for a route. Nobody can finish this one,
# so that every attempt begins with the same graph.
$cluster->query('app', 'UPDATE timevmaps.segments SET speed_kph = speed_kph + 1 WHERE id % 2 = 0');
my $outdated = -M "$folder/w1.graph";
%states = ();
for (1 .. 8) { $states{ $session->cancelled($canceller, $pid, $costs, 0.005 + random() * $whole / 3, \@latencies) }++ }
ok($states{57014}, 'building again: cancelled') or diag explain \%states;
$right = TvSession->new($cluster, 'app', 'by rows')->query($costs_by_rows);
is($session->query($costs), $right, 'then routes are right');

# By the clock, each time with the files of weights gone, in one session and in new ones.
for my $round (1 .. 8)
{
	unlink glob "$folder/w1.t*.weights";
	unlink "$folder/w1.graph" if $round % 4 == 0;
	my $one = $round % 2 ? $session : TvSession->new($cluster, 'app', "round $round");
	my $timeout = int(2 + random() * 100);
	my $began = time;
	my $answer = $one->run("SET statement_timeout = $timeout; $costs");
	my $late = time - $began - $timeout / 1000;
	push @latencies, $late if $answer->{sqlstate} eq '57014';
	like($answer->{sqlstate}, qr/^(57014)?$/, "within $timeout ms, or not");
	is($one->run("SET statement_timeout = 0; $costs")->{rows}, $right, 'then right');
}

# One question after the other; over rows; a matrix; what is within reach.
my @questions = (
	[ on => "SELECT sum(cost) FROM generate_series(1, 100000) i, LATERAL timevmaps.tv_route_cost(1, 1 + i % 2, i % $places + 1, i * 7919::bigint % $places + 1)" ],
	[ off => "SELECT sum(cost) FROM generate_series(1, 50) i, LATERAL timevmaps.tv_route_cost(1, 2, i * 101, $places - i)" ],
	[ on => "SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, (SELECT array_agg(i) FROM generate_series(1, 3000) i), (SELECT array_agg(i) FROM generate_series(5000, 7000) i))" ],
	[ on => "SELECT count(*) FROM timevmaps.tv_plan_trip(1, 1, (SELECT array_agg(i) FROM generate_series(1, 900) i), 'best')" ],
	[ off => "SELECT count(*) FROM generate_series(1, 50) i, LATERAL timevmaps.tv_isochrone(1, 1, i * 11, 1e7)" ],
	[ off => "SELECT count(*) FROM generate_series(1, 50) i, LATERAL timevmaps.tv_snap(1, 1, i, 0, 'largest')" ],
);
for my $question (@questions)
{
	my ($setting, $sql) = @$question;
	$session->query("SET timevmaps.prepared_graph = $setting");
	%states = ();
	$states{ $session->cancelled($canceller, $pid, $sql, 0.01 + random() * 0.15, \@latencies) }++ for 1 .. 4;
	is_deeply(\%states, { 57014 => 4 }, substr($sql, 0, 70));
}
$session->query('SET timevmaps.prepared_graph = on');
is($session->query($costs), $right, 'then routes are right');

# Nothing is left.
$session->query($prepare);
is($session->query($costs), $right, 'prepared once more');
my ($now, $gone) = mappings($pid);
is($gone, '', 'no file is mapped that is gone');
is($now, $mapped, 'the same files are mapped as in the beginning');
is(memory($session), $memory, 'as much is kept as in the beginning');
is(join(' ', map { s{.*/}{}r } glob "$folder/*.tmp.*"), '', 'no temporary files');
is($cluster->query('app', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no locks');

@latencies = sort { $a <=> $b } @latencies;
my ($middle, $worst) = map { 1000 * $_ } @latencies[ @latencies / 2, -1 ];
diag(sprintf '%d cancelled: %.0f ms in the middle, %.0f ms at worst', scalar @latencies, $middle, $worst);
# The bar is 100 ms, on a machine that has nothing else to do.
cmp_ok($middle, '<', 100, 'as a rule within 100 ms');
cmp_ok($worst, '<', 1000, 'never later than that by much');
# The longest step of a build, the order, takes about half of it.
cmp_ok($slowest_build, '<', 0.1 + $whole / 5, sprintf 'nor later than a part of a build of %.2f s', $whole);
done_testing();
