# A graph that cannot answer for what has changed since is built again after some questions: a place with a road that
# is new, more new roads than an overlay takes. Answers are the rows' all the time, and nobody else is kept waiting.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'w', '{"clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'a', NULL), (2, 1, 'b', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1 + x + 30 * y, 1, x * 0.01, y * 0.01 FROM generate_series(0, 29) x, generate_series(0, 29) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, p.id, q.id, 1000 + p.id * 7919 % 1000, 10 + q.id * 104729 % 50
FROM timevmaps.places p JOIN timevmaps.places q ON (q.id = p.id + 1 AND p.id % 30 <> 0) OR q.id = p.id + 30;
SQL
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');

my $built = q(SELECT version FROM timevmaps.tv_graph_status() WHERE kind = 'graph');
# A route's cost from the prepared graph, and from the rows, asked by another session.
sub cost { my ($timeline, $from, $to) = @_; return "SELECT round(cost::numeric, 6) FROM timevmaps.tv_route_cost(1, $timeline, $from, $to)" }
my $session = TvSession->new($cluster, 'app', 'asking');
my $rows = TvSession->new($cluster, 'app', 'rows');
$rows->query('SET timevmaps.prepared_graph = off');
sub is_right { my ($name, @route) = @_; return is($session->run(cost(@route))->{rows}, $rows->query(cost(@route)), $name) }
is_right('at first', 1, 1, 900);

# How many questions until there is another graph, at most so many.
sub asked_until_built
{
	my ($most, @route) = @_;
	my $before = $rows->query($built);
	for my $asked (1 .. $most)
	{
		is_right("question $asked", @route);
		return $asked if $rows->query($built) ne $before;
	}
	return 'never';
}

# In one timeline, a place with a road to it.
my $join = sub { my ($place, $timeline) = @_; "INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES ($place, 1, 0.5, 0.5);
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (1, 450, $place, 10, 50, $timeline), (1, $place, 900, 10, 50, $timeline)" };
$cluster->query('app', $join->(1001, 2));
is(asked_until_built(20, 2, 1, 900), 5, 'a road by way of a new place: the rows four times, then another graph');
is_right('to the new place', 2, 1, 1001);
is_right('on the other timeline', 1, 1, 900);
is(asked_until_built(20, 2, 1, 1001), 'never', 'which answers that too');

# To a place that no road leads to; to one that does not exist.
$cluster->query('app', 'INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1002, 1, 0.5, 0.5)');
is($session->run(cost(1, 1, 5555))->{sqlstate}, 'PT404', 'no place') for 1 .. 9;
is(asked_until_built(20, 1, 1, 1002), 5, 'a new place without a road');

# More new roads than a layer takes beside its hierarchy.
$cluster->query('app', 'INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 1, i, i + 600, 100, 90 FROM generate_series(1, 100) i');
is(asked_until_built(20, 1, 1, 900), 5, 'a hundred new roads');
is(asked_until_built(20, 2, 1, 800), 'never', 'the rest is as before');

# What a transaction has added itself it may not publish.
$session->query('BEGIN');
$session->query($join->(1003, 1));
my $before = $rows->query($built);
my $cost = $session->query(cost(1, 1, 1003));
is($session->query(cost(1, 1, 1003)), $cost, 'its own place') for 1 .. 12;
is($rows->query($built), $before, 'is its own');
$session->query('COMMIT');
is($session->query(cost(1, 1, 1003)), $cost, 'and is the same when it has committed');
is(asked_until_built(20, 1, 1, 1003), 4, 'until there is a graph that knows it');
is($session->query(cost(1, 1, 1003)), $cost, 'to which it costs that, too');

# Where there is too little memory to build, nothing is asked of it that the rows can answer.
$cluster->query('app', "INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 10000 + n, 1, 1, n * 0.001 FROM generate_series(1, 1000) n;
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 1, 10000 + n, 10001 + n, 100, 50 FROM generate_series(1, 999) n");
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');
my $poor = TvSession->new($cluster, 'app', 'poor');
$poor->query("SET timevmaps.graph_memory = '1MB'");
$cluster->query('app', $join->(1005, 2));
$before = $rows->query($built);
$cost = $rows->query(cost(2, 1, 1005));
is($poor->run(cost(2, 1, 1005))->{rows}, $cost, 'with little memory') for 1 .. 20;
is($rows->query($built), $before, 'the rows are asked on');
done_testing();
