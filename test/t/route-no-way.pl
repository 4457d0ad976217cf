# Chains of diamonds whose places are numbered against the direction of travel: with a destination that no way leads to, and
# with one so far away that what the diamonds cost is lost in the rounding of what is left.  A search that
# looks at a place again whenever it is reached at less takes twice as long with each diamond, of which there are sixty.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');

# World 1: from place 303 by sixty diamonds to 123; place 122 is an island, 121 is behind a segment of a thousand kilometres, 120 behind
# one that timeline 2 closes.  The dear side of each diamond comes first.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'closed', 1), (3, 1, 'by a gateway', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT i, 1, 57.7, CASE WHEN i < 123 THEN 12.9 ELSE 11.9 END FROM generate_series(120, 303) i;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
SELECT 1, v - f, v - t, CASE WHEN f = 0 AND t = 2 THEN 1e-25 * 2.0 ^ ((v - 123) / 3) ELSE 1e-30 END, 36, true
FROM generate_series(303, 126, -3) v, (VALUES (0, 2), (2, 3), (0, 1), (1, 3)) d (f, t);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES (5000, 1, 123, 121, 1e6, 36, true), (5001, 1, 123, 120, 100, 36, true);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 5001, true);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (3, 200, 1, 200, 1);
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) SELECT 1, 1, 'odd', array_agg((1 + h % 7) / 3.0) FROM generate_series(0, 167) h;
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) SELECT id, 1 FROM timevmaps.segments WHERE id % 3 = 0;
SQL
my ($on, $off) = map { TvSession->new($cluster, 'app', $_) } 'prepared', 'rows';
$off->query('SET timevmaps.prepared_graph = off');
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');

for my $session ($off, $on)
{
	$session->query("SET statement_timeout = '5s'");
	for my $at ([1, 122, 1, 0], [2, 120, 2, 0], [3, 122, 1, 0], [1, 121, 1, 1], [1, 120, 1, 1], [3, 121, 1, 1])
	{
		my ($timeline, $dest, $there, $rows) = @$at;
		my $leads = $rows ? 'a way' : 'no way';
		for my $call ("tv_plan_route(1, $timeline, 303, $dest, $there)", "tv_plan_route(1, $timeline, 303, $dest, $there, 'distance')", "tv_route_cost(1, $timeline, 303, $dest, $there)",
			"tv_plan_route_at(1, $timeline, 303, $dest, '2024-01-02 07:30+00', $there)", "tv_route_alternatives(1, $timeline, 303, $dest, $there, k => 20, max_stretch => 100)")
		{
			my $answer = $session->run("SELECT least(count(*), 1) FROM timevmaps.$call");
			is($answer->{sqlstate} || $answer->{rows}, $rows, "$session->{name}: $leads, in time: $call");
		}
	}
	is($session->run('SELECT count(*) FROM timevmaps.tv_isochrone(1, 1, 303, 1000)')->{rows}, '182', 'what can be reached');
}
unlike($cluster->log_text, qr/PANIC|terminated by signal/, 'the server stood');
done_testing();
