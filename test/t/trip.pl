# Trips and matrices over timelines, worlds and gateways: the same from prepared graphs and from the rows, each leg a route.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');

# Two worlds of 10 x 10 places with streets of any length, some one way; timelines 1 and 2 of one, 3 of the other; gateways among them, and a timeline that none leads to.
$cluster->query('app', <<'SQL');
SELECT setseed(0.52);
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}'), (2, 'two', '{"clock": "traveler", "base_drag": 0.1}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL), (4, 2, 'apart', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT w * 1000 + y * 10 + x, w, 57.7 + y * 0.001, 11.9 + x * 0.001 FROM generate_series(1, 2) w, generate_series(0, 9) y, generate_series(0, 9) x;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
SELECT w, w * 1000 + y * 10 + x, w * 1000 + (y + dy) * 10 + x + dx, 50 + random() * 100, 20 + random() * 50, random() < 0.2
FROM generate_series(1, 2) w, generate_series(0, 9) y, generate_series(0, 9) x, (VALUES (0, 1), (1, 0)) d (dx, dy) WHERE x + dx < 10 AND y + dy < 10;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph, closed) SELECT 2, id, 90, random() < 0.1 FROM timevmaps.segments WHERE world_id = 1 AND random() < 0.5;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
SELECT f, 1000 + 1000 * (f / 3) + floor(random() * 100)::int, t, 1000 + 1000 * (t / 3) + floor(random() * 100)::int, random() * 20, random() < 0.5
FROM (VALUES (1, 2), (2, 1), (1, 3), (3, 2), (2, 3)) j (f, t), generate_series(1, 3);
SQL
$cluster->query('app', "SELECT timevmaps.tv_prepare_graph($_)") for 1, 2;
my ($on, $off) = map { TvSession->new($cluster, 'app', $_) } 'prepared', 'rows';
$off->query('SET timevmaps.prepared_graph = off');

# Random trips, mostly with an answer.
my ($with, $compared) = (0, 0);
srand 52;
for my $n (1 .. 40)
{
	my $count = 2 + int rand 9;
	my @timelines = map { 1 + int rand($n % 4 ? 3 : 1) } 1 .. $count;
	my @places = map { 1000 * (1 + ($_ == 3)) + int rand 100 } @timelines;
	my @opens = map { rand() < 0.5 ? 'NULL' : int rand 400 } @timelines;
	my $call = sprintf q{timevmaps.tv_plan_trip(%d, %d, '{%s}', '%s', %s, %s, '{%s}'%s, metric => '%s')}, $timelines[0] == 3 ? 2 : 1, $timelines[0], join(',', @places), $n % 3 ? 'best' : 'given',
		rand() < 0.5 ? 'true' : 'false', rand() < 0.3 ? 'true' : 'false', join(',', @timelines),
		rand() < 0.5 ? sprintf(q{, '{%s}', '{%s}', '{%s}'}, join(',', map { int rand 30 } @opens), join(',', @opens), join(',', map { $_ eq 'NULL' || rand() < 0.5 ? 'NULL' : $_ + 200 } @opens)) : '',
		($n % 2 ? 'traveler' : 'local');
	my ($a, $b) = map { $_->query("SELECT string_agg(concat_ws(' ', seq, stop, timeline_id, place_id, round(arrive_s::numeric, 6), round(leave_s::numeric, 6), path_place_ids, exact), E'\n' ORDER BY seq) FROM $call") } $on, $off;
	is($a, $b, "trip $n: the same from prepared graphs and from rows") or diag $call;
	$with++ if $a ne '';
	my $legs = sub { my ($session) = @_; $session->query(<<"SQL") };
SELECT count(*), count(*) FILTER (WHERE (t.distance_m, t.local_seconds, t.coordinate_seconds, t.traveler_seconds, t.path_place_ids, t.path_timeline_ids, t.geom::text)
        IS NOT DISTINCT FROM (p.distance_m, p.local_seconds, p.coordinate_seconds, p.traveler_seconds, p.path_place_ids, p.path_timeline_ids, p.geom::text))
FROM (SELECT *, lag(world_id) OVER w AS fw, lag(timeline_id) OVER w AS ft, lag(place_id) OVER w AS fp FROM $call WINDOW w AS (ORDER BY seq)) t,
    LATERAL timevmaps.tv_plan_route(t.fw, t.ft, t.fp, t.place_id, t.timeline_id, t.metric) p WHERE t.seq > 1
SQL
	for my $session ($on, $off)
	{
		my ($all, $same) = split /\|/, $legs->($session);
		is($same, $all, "trip $n: $session->{name}: each leg is a route, to the bit");
		$compared += $all;
	}
}
ok($with > 20 && $with < 40, "trips that there are: $with of 40");
ok($compared > 200, "legs compared: $compared");

# A matrix with gateways in scope: as the rows have it, and as the routes cost.
for my $metric ('local', 'distance')
{
	my $matrix = sub { $_[0]->query("SELECT string_agg(concat_ws(' ', origin_place_id, dest_place_id, round(cost::numeric, 6)), ', ') FROM timevmaps.tv_cost_matrix(1, 2, ARRAY(SELECT generate_series(1000, 1099, 9)), ARRAY(SELECT generate_series(1001, 1099, 7)), '$metric')") };
	is($matrix->($on), $matrix->($off), "a matrix by $metric");
	is($on->query("SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 2, ARRAY(SELECT generate_series(1000, 1099, 9)), ARRAY(SELECT generate_series(1001, 1099, 7)), '$metric') m,
		LATERAL timevmaps.tv_route_cost(1, 2, m.origin_place_id, m.dest_place_id, metric => '$metric') c WHERE abs(m.cost - c.cost) > 1e-9 * (1 + c.cost)"), '0', 'and each cost is that of a route');
}

# Who may see what.
$cluster->query('app', "UPDATE timevmaps.worlds SET visibility = 'private', owner = 'someone else' WHERE id = 2; CREATE ROLE visitor LOGIN IN ROLE tv_player");
my $visitor = TvSession->new($cluster, 'app', 'visitor');
$visitor->query('SET SESSION AUTHORIZATION visitor');
is($visitor->run(q{SELECT * FROM timevmaps.tv_plan_trip(1, 1, '{1000,2001}', stop_timeline_ids => '{1,3}')})->{sqlstate}, 'PT404', 'a stop in a hidden world is not there');
is($visitor->query(q{SELECT count(*) FROM timevmaps.tv_plan_trip(1, 1, '{1000,1001,1055}', 'best')}), '3', 'a public one is');
done_testing();
