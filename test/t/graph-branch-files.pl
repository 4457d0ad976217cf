# What a branch costs on disk, and what becomes of its file when that of its base goes: branches
# three deep are a few rows beside the weights of their root, and routes stay those of the tables.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
# A grid of 50 by 50 places; 2 branches from 1, 3 from 2, 4 from 3.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'two', 1), (3, 1, 'three', 2), (4, 1, 'four', 3);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT x * 50 + y + 1, 1, x * 0.01, y * 0.01 FROM generate_series(0, 49) x, generate_series(0, 49) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, p.id, q.id, 500 + (p.id * 7919 + q.id * 31) % 900, 30 + (p.id + q.id) * 13 % 60
FROM timevmaps.places p JOIN timevmaps.places q ON q.id = p.id + 50 OR (q.id = p.id + 1 AND q.lat = p.lat);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph)
SELECT 2 + i % 3, 1 + i * 397 % 4900, 5 FROM generate_series(1, 12) i;
SQL
$cluster->query('app', 'SELECT * FROM timevmaps.tv_prepare_graph(1)');
my $files = $cluster->dir . '/data/timevmaps/pgsql_tmp.' . $cluster->query('postgres', "SELECT oid FROM pg_database WHERE datname = 'app'");

my $routes = join ' UNION ALL ', map { my $t = $_;
	map { "SELECT round(local_seconds::numeric, 6) FROM timevmaps.tv_plan_route(1, $t, " . (1 + $_ * 1009 % 2500) . ', ' . (1 + $_ * 631 % 2500) . ", metric => 'local')" } 1 .. 8 } 1 .. 4;

sub is_right
{
	my ($session, $what) = @_;
	my $prepared = $session->run($routes);
	$session->query('SET timevmaps.prepared_graph = off');
	my $rows = $session->run($routes);
	$session->query('RESET timevmaps.prepared_graph');
	isnt($rows->{rows}, '', "$what: there are routes");
	return is($prepared->{rows}, $rows->{rows}, "$what: as the rows say");
}

sub fresh { return TvSession->new($cluster, 'app', 'new session') }
sub inode { my ($name) = @_; return (stat "$files/$name")[1] // 0 }

my $open = fresh();
is_right($open, 'from files that the session has made');
my $whole = -s "$files/w1.t1.local.base";
cmp_ok($whole, '>', 100000, 'a root has weights of its own');
for my $t (2 .. 4)
{
	ok(!-e "$files/w1.t$t.local.base", "branch $t has not");
	cmp_ok(-s "$files/w1.t$t.local.weights", '<', $whole / 3, "branch $t has what differs");
}
is_right(fresh(), 'from files of others');

# More changes on each level, seen by all below it, before and after files have them.
for my $t (1 .. 4)
{
	$cluster->query('app', $t == 1 ? 'UPDATE timevmaps.segments SET speed_kph = 7 WHERE id % 977 = 5'
		: "INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT $t, id, true FROM timevmaps.segments WHERE id % 911 = $t ON CONFLICT DO NOTHING");
	is_right($open, "changes on $t");
	is_right(fresh(), "changes on $t, a new session");
}
my %before = map { $_ => inode("w1.t$_.local.weights") } 1 .. 4;
for (1 .. 40) { $cluster->query('app', "UPDATE timevmaps.segments SET speed_kph = speed_kph + 1 WHERE id = $_ * 83") }
is_right($open, 'many changes');
isnt(inode('w1.t4.local.weights'), $before{4}, 'are written down');
is_right(fresh(), 'many changes, a new session');

# The base is made again: what differs from the one before it says nothing.
my $late = fresh();
is_right($late, 'a session that keeps the old base');
unlink "$files/w1.t1.local.base", "$files/w1.t1.local.weights";
is_right(fresh(), 'another base');
isnt(inode('w1.t1.local.base'), 0, 'there is one again');
my $again = inode('w1.t1.local.base');
is_right($_, 'another base, a session that had the old one') for $open, $late, $open, $late;
is(inode('w1.t1.local.base'), $again, 'and all agree on it');
$cluster->query('app', 'UPDATE timevmaps.segments SET speed_kph = 9 WHERE id % 501 = 3');
is_right($_, 'another base, and changes') for $open, $late, fresh();
# A base and what differs from another one.
my $old = do { open my $in, '<:raw', "$files/w1.t3.local.weights" or die; local $/; <$in> };
unlink glob "$files/w1.t*";
is_right(fresh(), 'all made again');
open my $out, '>:raw', "$files/new" or die;
print $out $old;
close $out or die;
chown((stat $files)[4, 5], "$files/new");
rename "$files/new", "$files/w1.t3.local.weights" or die;
is_right(fresh(), 'a branch of a base that is gone');

# A whole base, but of another state than the one that the branches were written over.
$cluster->query('app', 'UPDATE timevmaps.segments SET speed_kph = speed_kph * 8 WHERE id % 7 = 1');
unlink glob "$files/w1.t*";
is_right(fresh(), 'a base with changes');
rename "$files/w1.t1.local.base", "$files/kept" or die;
$cluster->query('app', 'UPDATE timevmaps.segments SET speed_kph = speed_kph / 8 WHERE id % 7 = 1');
unlink glob "$files/w1.t*";
is_right(fresh(), 'a base without them');
rename "$files/kept", "$files/w1.t1.local.base" or die;
is_right(fresh(), 'the base with changes under files written over the one without');

# A branch that changes most of the world has weights of its own, and those below it share them.
$cluster->query('app', 'INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 3, id, 20 + id % 70 FROM timevmaps.segments ON CONFLICT DO NOTHING');
is_right($open, 'a branch unlike its root');
is_right($_, 'a branch unlike its root') for fresh(), fresh();
unlink glob "$files/w1.t*";
is_right(fresh(), 'and made anew');
ok(-e "$files/w1.t3.local.base", 'it has a base of its own');

# A branch with more overrides than are read at once.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (2, 'two', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (5, 2, 'main', NULL), (6, 2, 'all else', 5), (7, 2, 'a little more', 6);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 10000 + x * 165 + y, 2, x * 0.01, y * 0.01 FROM generate_series(0, 164) x, generate_series(0, 164) y;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT id * 2 + (d = 1)::integer, 2, id, id + d, 500 + id * 7919 % 900, 30 + id * 13 % 60 FROM timevmaps.places, unnest(ARRAY[1, 165]) d
WHERE world_id = 2 AND id + d < 10000 + 165 * 165 AND (d = 165 OR (id - 10000) % 165 < 164);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 6, id, 20 + id % 70 FROM timevmaps.segments WHERE world_id = 2 AND id % 37 <> 0;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 7, id, true FROM timevmaps.segments WHERE world_id = 2 AND id % 41 = 0;
SQL
cmp_ok($cluster->query('app', 'SELECT count(*) FROM timevmaps.segment_overrides WHERE timeline_id = 6'), '>', 51000, 'many overrides');
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(2)');
$routes = join ' UNION ALL ', map { my $t = $_;
	map { "SELECT round(local_seconds::numeric, 6) FROM timevmaps.tv_plan_route(2, $t, " . (10000 + $_ * 10009 % 27225) . ', ' . (10000 + $_ * 6317 % 27225) . ", metric => 'local')" } 1 .. 4 } 6, 7;
is_right($open, 'many overrides');
ok(-e "$files/w2.t$_.local.weights", "timeline $_ has weights") for 6, 7;
is_right(fresh(), 'many overrides, a new session');
$cluster->query('app', 'UPDATE timevmaps.segment_overrides SET speed_kph = 25 WHERE timeline_id = 6 AND segment_id % 11 = 0');
is_right($_, 'and changed') for $open, fresh();
done_testing();
