# A place where a thousand segments meet is split by no prepared graph: its rules are asked of the rows, in time, and
# nobody builds the graph again for it.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new;
$cluster->setup('app');
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'hub', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT i, 1, i / 10000.0, 1 FROM generate_series(1, 1500) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT i, 1, CASE WHEN i <= 1000 THEN 1 ELSE i - 1 END, i, 100, 36 FROM generate_series(2, 1500) i;
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
VALUES (2, 1, 3, 'cost', 7), (1200, 1200, 1201, 'cost', 5);
SQL

my $session = TvSession->new($cluster, 'app', 'asking');
sub app { return $session->query($_[0]); }
sub builds { return app('SELECT timevmaps.tv_metrics()') =~ /^timevmaps_graph_builds_total\S* (\d+)/m ? $1 : 'none'; }
my $across = 'SELECT local_seconds FROM timevmaps.tv_route_cost(1, 1, 2, 3)';
sub asked { my $n = shift; return join '; ', "SET statement_timeout = '30s'", ($across) x $n; }

app(q(SET statement_timeout = '5s'; SELECT * FROM timevmaps.tv_prepare_graph(1)));
is(app('SELECT max(junctions) FROM timevmaps.tv_graph_status()'), '1', 'a graph is built at once, and splits the other place');
is(app(asked(12)), join("\n", (27) x 12), 'the rule binds, however often it is asked');
is(app('SELECT local_seconds FROM timevmaps.tv_route_cost(1, 1, 1199, 1201)'), '25', 'and that of the other place');
my $before = builds();
app(asked(12));
is(builds(), $before, 'nobody builds the graph again for it');
app(q(UPDATE timevmaps.worlds SET rules = rules || '{"u_turn_s": 30}'));
is(app(asked(6)), join("\n", (27) x 6), 'where turning back costs something, too');
$before = builds();
app(asked(12));
is(builds(), $before, '... nobody does, either');
done_testing;
