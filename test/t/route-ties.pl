# Ways of equal cost: over the fewest gateways, then where all clocks and metres add up to least, from prepared graphs as from the
# rows, whatever the order in which sums were added.  The least costs and the fewest gateways are those of Bellman-Ford in
# exact numbers over whatever can be travelled.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');

# The case that was found: the way by a gateway and back at the same place costs as many metres, and less by a rounding.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'road'), (2, 1, 'aside');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT i, 1, 57.7, 11.9 + i * 1e-6 FROM generate_series(1, 4) i;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (1, 1, 2, 0.1, 36, 1), (1, 2, 3, 0.3, 36, 1), (1, 3, 4, 1.1, 36, 1);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional) VALUES (1, 3, 2, 3, 1000, true);
SQL
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');
my ($on, $off) = map { TvSession->new($cluster, 'app', $_) } 'prepared', 'rows';
$off->query('SET timevmaps.prepared_graph = off');
for my $session ($off, $on)
{
	is($session->query("SELECT path_place_ids, round(eta_seconds::numeric, 9) FROM timevmaps.tv_plan_route(1, 1, 1, 4, metric => 'distance')"), '{1,2,3,4}|0.150000000', "$session->{name}: a gateway for nothing is not taken");
	is($session->query("SELECT round(local_seconds::numeric, 9) FROM timevmaps.tv_route_cost(1, 1, 1, 4, metric => 'distance')"), '0.150000000', "$session->{name}: nor paid for");
}

# Random worlds full of ties: few lengths and speeds, next to nothing too, parallel segments, loops, oneways, branches with other speeds,
# lengths and closed segments; gateways that cost nothing, in circles, at one place, to where they come from.
$cluster->query('app', <<'SQL');
CREATE FUNCTION public.make_world(seed float, w bigint, first bigint, size int, gateways int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t bigint := w * 10;
BEGIN
    PERFORM setseed(seed);
    INSERT INTO timevmaps.worlds (id, name, rules) VALUES (w, w, CASE w % 3 WHEN 0 THEN '{"sr": false, "clock": "local"}' WHEN 1 THEN '{"clock": "traveler"}' ELSE '{"sr": false, "clock": "coordinate", "max_speed_mps": 10}' END::jsonb);
    INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (t + 1, w, 'a', NULL), (t + 2, w, 'b', t + 1), (t + 3, w, 'c', t + 2), (t + 4, w, 'd', NULL);
    INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT first + y * size + x, w, 57.7 + y * 0.001, 11.9 + x * 0.001 FROM generate_series(0, size - 1) y, generate_series(0, size - 1) x;
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
    SELECT w, first + y * size + x, first + (y + dy) * size + x + dx, CASE WHEN random() < 0.05 THEN 1e-30 ELSE (1 + floor(random() * 4)) / 10 END, (ARRAY[18, 36, 27, 54])[1 + floor(random() * 4)::int], random() < 0.1
    FROM generate_series(0, size - 1) y, generate_series(0, size - 1) x, (VALUES (0, 1), (1, 0), (1, 0), (0, 0)) d (dx, dy)
    WHERE x + dx < size AND y + dy < size AND (dx + dy > 0 OR random() < 0.1) AND random() < 0.9;
    INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m, speed_kph, closed)
    SELECT t + 1 + floor(random() * 3)::int, id, CASE WHEN random() < 0.3 THEN (1 + floor(random() * 4)) / 10 END, CASE WHEN random() < 0.7 THEN 36 END, CASE WHEN random() < 0.2 THEN true END
    FROM timevmaps.segments WHERE world_id = w AND random() < 0.2 ON CONFLICT DO NOTHING;
    INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
    SELECT * FROM (SELECT t + 1 + floor(random() * 4)::int AS ft, p AS fp, t + 1 + floor(random() * 4)::int AS tt,
            CASE WHEN random() < 0.7 THEN p ELSE first + floor(random() * size * size)::int END AS tp,
            CASE WHEN random() < 0.4 THEN 0 ELSE (1 + floor(random() * 4)) / 100 END, random() < 0.5
        FROM (SELECT first + floor(random() * size * size)::int AS p FROM generate_series(1, gateways)) g) g
    WHERE (ft, fp) <> (tt, tp);
END $$;

-- What a question is answered: the cost, the gateways, and all that comes with it.
CREATE FUNCTION public.answer(w bigint, t bigint, a bigint, b bigint, u bigint, m text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s m, %s, %s, %s s, %s gateways%s', r.distance_m::numeric(20, 9), r.local_seconds::numeric(20, 9), r.coordinate_seconds::numeric(20, 9), r.traveler_seconds::numeric(20, 9),
        (SELECT count(gateway_id) FROM timevmaps.tv_route_steps(w, t, a, b, u, m)),
        CASE WHEN (SELECT count(*) FROM unnest(r.path_place_ids, r.path_timeline_ids) p) > (SELECT count(*) FROM (SELECT DISTINCT * FROM unnest(r.path_place_ids, r.path_timeline_ids)) p) THEN ', in circles' ELSE '' END ||
        CASE WHEN abs(c.local_seconds - r.local_seconds) < 1e-9 AND abs(c.distance_m - r.distance_m) < 1e-9 THEN '' ELSE ', not as tv_route_cost' END)
    FROM timevmaps.tv_plan_route(w, t, a, b, u, m) r, timevmaps.tv_route_cost(w, t, a, b, u, m) c
$$;
SQL

my @questions;
for my $w (2 .. 13)
{
	my ($size, $gateways) = $w % 2 ? (4, 12) : (6, 30);
	$cluster->query('app', "SELECT public.make_world($w / 100.0, $w, $w * 1000, $size, $gateways)");
	$cluster->query('app', "SELECT timevmaps.tv_prepare_graph($w)");
	srand($w);
	for (1 .. 30)
	{
		my ($t, $u) = map { $w * 10 + 1 + int rand 4 } 1, 2;
		my ($a, $b) = map { $w * 1000 + int rand $size * $size } 1, 2;
		push @questions, map { "$w, $t, $a, $b, $u, '$_'" } qw(distance local coordinate traveler);
	}
}
my $sql = 'SELECT n, public.answer(' . join(', ', map { "q.$_" } qw(w t a b u metric)) . ') FROM (VALUES ' . join(', ', map { "($_, $questions[$_])" } 0 .. $#questions) . ') q (n, w, t, a, b, u, metric) ORDER BY n';
my @rows = split /\n/, $off->query($sql);
my @prepared = split /\n/, $on->query($sql);
is(scalar @rows, scalar @questions, 'all are answered');
my @differ = grep { $rows[$_] ne $prepared[$_] } 0 .. $#questions;
is(scalar @differ, 0, 'the same from prepared graphs as from the rows') or diag(join "\n", map { "$questions[$_]\n  $rows[$_]\n  $prepared[$_]" } @differ[0 .. ($#differ < 15 ? $#differ : 15)]);
is(scalar(grep { /circles/ } @rows, @prepared), 0, 'no place on a timeline comes twice');
is(scalar(grep { /not as/ } @rows, @prepared), 0, 'what a route costs is the same with its steps and without');

# The other questions: by the hour of the week, the best of alternatives, and what differs between timelines.
my $total = "format('%s m, %s, %s, %s s', r.distance_m::numeric(20, 9), r.local_seconds::numeric(20, 9), r.coordinate_seconds::numeric(20, 9), r.traveler_seconds::numeric(20, 9))";
my $side = join ', ', map { my $c = $_; "(d.${c}_distance_m::numeric(20, 9), d.${c}_local_seconds::numeric(20, 9), d.${c}_traveler_seconds::numeric(20, 9))" } qw(a b);
my $others = "SELECT n, concat_ws('; ', (SELECT $total FROM timevmaps.tv_plan_route_at(q.w, q.t, q.a, q.b, '2024-01-02 07:30+00', q.u) r), " .
	"(SELECT $total FROM timevmaps.tv_route_alternatives(q.w, q.t, q.a, q.b, q.u, q.metric, 1) r), (SELECT concat($side) FROM timevmaps.tv_route_diff(q.t, q.u, q.a, q.b, q.metric) d)) " .
	'FROM (VALUES ' . join(', ', map { "($_, $questions[$_])" } grep { $_ % 3 == 0 } 0 .. $#questions) . ') q (n, w, t, a, b, u, metric) ORDER BY n';
@rows = split /\n/, $off->query($others);
@prepared = split /\n/, $on->query($others);
@differ = grep { $rows[$_] ne $prepared[$_] } 0 .. $#rows;
ok(@rows > 400, 'other questions');
is(scalar @differ, 0, 'the same from both') or diag(join "\n", map { "  $rows[$_]\n  $prepared[$_]" } @differ[0 .. ($#differ < 15 ? $#differ : 15)]);
done_testing();
