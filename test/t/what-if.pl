# What one session supposes, and others: nobody else sees it, nothing is written, what changes meanwhile counts, and whoever is refused or
# cancelled leaves nothing behind.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, owner, visibility, rules) VALUES (1, 'grid', 'ann', 'public', '{"clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1 + y * 40 + x, 1, y * 0.01, x * 0.01 FROM generate_series(0, 39) x, generate_series(0, 39) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, p.id, p.id + d, 500 + (p.id * 7919 + d * 31) % 900, 36 FROM timevmaps.places p, unnest('{1,40}'::bigint[]) d WHERE CASE d WHEN 1 THEN p.id % 40 <> 0 ELSE p.id <= 1560 END;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 20 FROM timevmaps.segments WHERE id % 5 = 0;
CREATE ROLE reader LOGIN; GRANT tv_anonymous TO reader;
SQL
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');
# Whichever way one leaves the first place takes long.
my @first = split /\n/, $cluster->query('app', 'SELECT id FROM timevmaps.segments WHERE a_place_id = 1');
my $supposed = '[' . join(', ', q({"segment_id": 1, "closed": true}), q({"segment_id": 2, "speed_kph": 3}), q({"segment_id": 80, "speed_kph": 1}), map { qq({"segment_id": $_, "speed_kph": 1, "closed": false}) } @first) . ']';
sub cost { my ($line, $list) = @_; return "SELECT cost FROM timevmaps.tv_route_cost(1, $line, 1, 1600" . (defined $list ? ", overrides => '$list'" : '') . ')' }

# Beside each other.
my ($one, $other) = map { TvSession->new($cluster, 'app') } 1 .. 2;
my ($plain, $state) = map { $other->query($_) } cost(2), 'SELECT count(*), max(id) FROM timevmaps.network_changes';
my $files = sub { $other->query("SELECT string_agg(f::text, ' ' ORDER BY f::text) FROM timevmaps.tv_graph_status() f") };
my $before = $files->();
my $answer = $one->query(cost(2, $supposed));
isnt($answer, $plain, 'something else is supposed');
is($other->query(cost(2)), $plain, '... which another session does not see');
is($one->query(cost(2)), $plain, '... nor the same one later');
$one->query('BEGIN READ ONLY');
is($one->query(cost(2, $supposed)), $answer, 'in a transaction that may not write');
$one->query('COMMIT');
is($other->query('SELECT count(*), max(id) FROM timevmaps.network_changes'), $state, 'nothing is written');
is($files->(), $before, '... and no file');
is($other->query("SELECT pg_current_xact_id_if_assigned() IS NULL"), 't', '... nor was a transaction numbered');
is($cluster->query('app', 'SET ROLE reader; ' . cost(2, $supposed)), $answer, 'who may only read may suppose');

# What others change meanwhile counts, as soon as it is committed.
sub both
{
	my ($what) = @_;
	my $graphs = $one->query(cost(2, $supposed));
	$one->query('SET timevmaps.prepared_graph = off');
	is($graphs, $one->query(cost(2, $supposed)), $what);
	$one->query('SET timevmaps.prepared_graph = on');
	return $graphs;
}
$other->query('BEGIN; UPDATE timevmaps.segments SET speed_kph = 90 WHERE id IN (1, 2, 80, 81, 120)');
is($one->query(cost(2, $supposed)), $answer, 'not before');
$other->query('COMMIT');
both('segments that are supposed to be otherwise, and others, have changed');
$other->query('INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 81, true), (1, 120, true), (2, 1, false)');
both('the timeline says more');
$other->query('INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1600, 9000, 36)');
my $new = $other->query('SELECT max(id) FROM timevmaps.segments');
both('a new segment');
$supposed =~ s/\]$/, {"segment_id": $new, "closed": true}\]/;
both('... that is supposed to be closed');
$other->query("DELETE FROM timevmaps.segments WHERE id IN (2, $new)");
is($cluster->sqlstate('app', cost(2, $supposed)), 'PT404', 'one that is gone');
$one->query('BEGIN; UPDATE timevmaps.segments SET speed_kph = 5 WHERE id = 81');
$supposed = q([{"segment_id": 1, "closed": true}]);
both('beside own changes that are not committed');
$one->query('ROLLBACK');
both('... and taken back');

# Many in turn, so that some are let go of; and all at once.
my %first;
for my $round (1, 2)
{
	for my $n (1 .. 20)
	{
		my ($slow, $closed) = (100 + $n, 200 + 7 * $n);
		my $found = $one->query(cost(1, qq([{"segment_id": $slow, "speed_kph": 1}, {"segment_id": $closed, "closed": true}])));
		is($found, $first{$n} //= $found, "what-if $n again") if $round == 2;
		$first{$n} //= $found;
	}
}

# Large ones are refused before anything is made of them, and cancelling is heard.
my $begun = time;
is($cluster->sqlstate('app', "SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 1600, overrides => (SELECT jsonb_agg('{\"segment_id\": 1}'::jsonb) FROM generate_series(1, 1000000)))"), '22023', 'a million');
cmp_ok(time - $begun, '<', 20, '... at once');
is($cluster->sqlstate('app', "SET statement_timeout = '1ms'; SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 1600, overrides => (SELECT jsonb_agg(jsonb_build_object('segment_id', 1 + n % 3000, 'speed_kph', 1 + n % 50)) FROM generate_series(1, 9999) n))"), '57014', 'cancelled');
is($one->query(cost(1, $supposed)), $one->query(cost(1, $supposed)), 'and all is as before');
done_testing();
