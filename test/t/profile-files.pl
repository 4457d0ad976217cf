# Prepared weights of profiles: a file for each content that a profile has had, which goes when no row has it any more;
# who sees an older row has its weights; and a world that says nothing of roads has no more in its files than before.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off', 'jit = off']);
$cluster->setup('app');
# Two grids of 40 by 40 places; roads are said of in the first.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}'), (2, 'two', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT w * 10000 + x * 40 + y + 1, w, x * 0.01, y * 0.01 FROM generate_series(1, 2) w, generate_series(0, 39) x, generate_series(0, 39) y;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, class, max_height_m)
SELECT row_number() OVER (ORDER BY p.id, q.id), p.world_id, p.id, q.id, 500 + (p.id * 7919 + q.id * 31) % 900, 30 + (p.id + q.id) * 13 % 60,
    CASE WHEN p.world_id = 1 THEN (ARRAY['motorway', 'street', 'street', 'motorway', 'motorway', 'street', 'path', 'track'])[1 + (p.id * 7 + q.id * 3) % 8] END, CASE WHEN p.world_id = 1 AND (p.id * 31 + q.id) % 10 = 0 THEN 3 END
FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = p.world_id AND (q.id = p.id + 40 OR (q.id = p.id + 1 AND q.lat = p.lat));
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, class, max_height_m) SELECT 2, id, 'street', 'infinity' FROM timevmaps.segments WHERE world_id = 1 AND id % 90 = 0;
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, speeds, forbidden, height_m) VALUES (1, 1, 'lorry', '{"motorway": 40, "street": 20}', '{path}', 3.5), (2, 1, 'copy', '{"street": 20, "motorway": 40}', '{path}', 3.5);
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, max_speed_kph) VALUES (3, 1, 'slow', 35), (4, 2, 'slow', 35);
SQL
$cluster->query('app', "SELECT timevmaps.tv_prepare_graph($_)") for 1, 2;
my $files = $cluster->dir . '/data/timevmaps/pgsql_tmp.' . $cluster->query('postgres', "SELECT oid FROM pg_database WHERE datname = 'app'");
sub files { return sort map { s{.*/}{}r } glob "$files/$_[0]" }

sub routes
{
	my ($world, $timeline, $profile) = @_;
	my $more = defined $profile ? ", profile => '$profile'" : '';
	return join ' UNION ALL ', map { sprintf "SELECT concat_ws(' ', $_, round(local_seconds::numeric, 6)) FROM timevmaps.tv_plan_route($world, $timeline, %d, %d$more)",
		$world * 10000 + 1 + $_ * 1009 % 1600, $world * 10000 + 1 + $_ * 631 % 1600 } 1 .. 8;
}

my $session = TvSession->new($cluster, 'app', 'one session');
my $other = TvSession->new($cluster, 'app', 'another');
sub is_right
{
	my ($who, $timeline, $profile, $what) = @_;
	my $prepared = $who->query(routes(1, $timeline, $profile));
	$who->query('SET timevmaps.prepared_graph = off');
	my $rows = $who->query(routes(1, $timeline, $profile));
	$who->query('SET timevmaps.prepared_graph = on');
	is($prepared, $rows, $what);
	return $prepared;
}

my %first;
for my $timeline (1, 2)
{
	$first{$timeline} = is_right($session, $timeline, 'lorry', "a profile on $timeline");
	is_right($session, $timeline, undef, "none on $timeline");
	isnt($session->query(routes(1, $timeline, undef)), $first{$timeline}, '... which is something else');
	is($other->query(routes(1, $timeline, 'lorry')), $first{$timeline}, "from the files of others on $timeline");
}
isnt($first{1}, $first{2}, 'the branch says something of roads');
my @lorry = files('w1.t?.local.p*.weights');
is(@lorry, 2, 'a file for each timeline') or diag(join ' ', files('*'));
like($lorry[0], qr/^w1\.t1\.local\.p[0-9a-f]{16}\.weights$/, 'with the content in its name');
is($session->query(routes(1, 1, 'copy')), $first{1}, 'another name');
is(join(' ', files('w1.t?.local.p*.weights')), "@lorry", '... of the same content has the same files');
$cluster->query('app', "UPDATE timevmaps.vehicle_profiles SET props = '{\"plates\": 2}', name = 'truck' WHERE id = 2");
is($session->query(routes(1, 1, 'truck')), $first{1}, 'what is no content');
is(join(' ', files('w1.t?.local.p*.weights')), "@lorry", '... makes no other files');
is($session->run(routes(1, 1, 'copy'))->{sqlstate}, 'PT404', 'its old name is none');

# Two contents at a time: a transaction goes on with the row that it sees.
$other->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($other->query(routes(1, 1, 'lorry')), $first{1}, 'a transaction');
$cluster->query('app', "UPDATE timevmaps.vehicle_profiles SET forbidden = '{track}', max_speed_kph = 25 WHERE id = 1");
my $second = is_right($session, 1, 'lorry', 'the row that has changed');
isnt($second, $first{1}, '... is another profile');
is_right($session, 2, 'lorry', '... on a branch, too');
is(is_right($other, 1, 'lorry', 'the transaction'), $first{1}, '... has its own still');
is($session->query(routes(1, 1, 'lorry')), $second, 'and others theirs');
$session->query("BEGIN; UPDATE timevmaps.vehicle_profiles SET speeds = '{}', forbidden = '{}', height_m = NULL WHERE id = 1");
is_right($session, 1, 'lorry', 'within a transaction that has changed it');
is($other->query(routes(1, 1, 'lorry')), $first{1}, '... others see nothing of it');
$session->query('ROLLBACK');
is($session->query(routes(1, 1, 'lorry')), $second, 'nor does anybody once it is rolled back');
$other->query('COMMIT');
is($other->query(routes(1, 1, 'lorry')), $second, 'after the transaction');

# Files of contents that no row has go when a worker begins.
$cluster->query('app', 'DELETE FROM timevmaps.vehicle_profiles WHERE id = 2');
ok(-e "$files/$_", "$_ is there") for @lorry;
my @now = grep { my $file = $_; !grep { $_ eq $file } @lorry } files('w1.t?.local.p*.weights');
is(@now, 2, 'two more are');
$cluster->query('app', 'SELECT timevmaps.tv_stop_worker()');
$cluster->poll('app', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()');
$cluster->query('app', 'SELECT timevmaps.tv_start_worker()');
for my $file (@lorry)
{
	my $end = time + 20;
	sleep 0.1 while -e "$files/$file" && time < $end;
	ok(!-e "$files/$file", "$file goes");
}
ok(-e "$files/$_", "$_ stays") for @now;
is($session->query(routes(1, 1, 'lorry')), $second, 'and nobody minds');

# The second world says nothing of roads.
my $slow = $session->query(routes(2, 3, 'slow'));
isnt($slow, $session->query(routes(2, 3)), 'a speed for all roads of a world that says nothing of them');
cmp_ok(-s "$files/w2.graph", '<', -s "$files/w1.graph", 'whose graph has no kinds of roads in it');

# What a way that begins in another world calls a profile makes no files of this one: they would count as its owner's.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, bidirectional) VALUES (1, 10500, 3, 20500, true);
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, max_speed_kph) VALUES (5, 1, 'guest', 17);
SQL
sub across { return 'SELECT round(local_seconds::numeric, 6) FROM timevmaps.tv_route_cost(' . shift . ')' }
my $there = across("1, 1, 10001, 21000, 3, profile => 'guest'");
my $before = join ' ', files('w2.*');
my $guest = $session->query($there);
is(join(' ', files('w2.*')), $before, 'the profile of a world on the way to another writes nothing there');
is(scalar(grep { !/^(?:@{[ join '|', map { quotemeta } @now ]})$/ } files('w1.t1.local.p*.weights')), 1, '... but in its own');
is($other->query($there), $guest, '... and others are told the same');
$other->query('SET timevmaps.prepared_graph = off');
is($other->query($there), $guest, '... as from the rows');
$other->query('SET timevmaps.prepared_graph = on');
$cluster->query('app', "INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, max_speed_kph) VALUES (6, 2, 'host', 17)");
is($cluster->query('app', across("2, 3, 20001, 21000, profile => 'host'")), $other->query(across("2, 3, 20001, 21000, profile => 'host'")), 'a world that has such a profile');
isnt(join(' ', files('w2.*')), $before, '... has the files');

# More such layers than are kept in memory, each of another content.
for my $kph (20 .. 60)
{
	$cluster->query('app', "UPDATE timevmaps.vehicle_profiles SET max_speed_kph = $kph WHERE id = 5");
	$guest = $session->query($there);
}
my $kept = $session->query("SELECT count(*) FROM pg_backend_memory_contexts WHERE ident = 'layer'");
cmp_ok($kept, '<', 80, 'of layers that no file has a backend keeps few');
is($other->query($there), $guest, '... and the last is right');

# Two contents of one hash_bytes_extended(), which is easily aimed at.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, speeds, height_m) VALUES (7, 1, 'aimed at', '{"motorway": 60}', 4);
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, max_speed_kph, height_m, width_m, length_m, weight_kg)
VALUES (8, 1, 'aimed', 1, 2, 2, 8.698201956190123e+211, 7.289189259602859e+88);
SQL
is_right($_->[0], 1, $_->[1], "$_->[1], who is as another to that hash") for [$session, 'aimed at'], [$session, 'aimed'], [$other, 'aimed at'];

# More kinds of roads than a segment can name: nobody minds who asks without a profile.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (3, 'many', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (4, 3, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 100000 + n, 3, n * 0.0001, 0 FROM generate_series(0, 66000) n;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, max_height_m) SELECT 100000 + n, 3, 99999 + n, 100000 + n, 10, 36, 2 + n * 0.0001 FROM generate_series(1, 66000) n;
INSERT INTO timevmaps.vehicle_profiles (id, world_id, name, height_m) VALUES (9, 3, 'any', 1);
SQL
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(3)');
for my $graph ('on', 'off')
{
	$session->query("SET timevmaps.prepared_graph = $graph");
	is($session->query('SELECT round(cost) FROM timevmaps.tv_route_cost(3, 4, 100000, 101000)'), '1000', "a route, prepared graphs $graph");
	is($session->run(q{SELECT cost FROM timevmaps.tv_route_cost(3, 4, 100000, 101000, profile => 'any')})->{sqlstate}, '54000', '... and none with a profile');
}
done_testing();
