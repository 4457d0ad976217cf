# timevmaps.graph_memory: graphs, weights, overlays and matrices that would need more are refused with 54000, nothing
# is half left, neither on disk nor in the session, and with more memory the same session goes on.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');

# World 1 joins 1,500 places at random: few rows, but a hierarchy of 180,000 arcs.  World 2 joins 300 places each with each.
# Timeline 2 differs from 1 a little, 3 in everything.  400 gateways lead from 1 to 2.
$cluster->query('app', <<'SQL');
SELECT setseed(0.25);
INSERT INTO timevmaps.worlds (id, name, rules) SELECT i, 'world ' || i, '{"sr": false, "clock": "local"}' FROM generate_series(1, 2) i;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'a little', 1), (3, 1, 'everything', 1), (4, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT i, 1, random(), random() FROM generate_series(1, 1500) i;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 10000 + i, 2, random(), random() FROM generate_series(1, 300) i;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, i, 1 + floor(random() * 1500), 100 + random() * 1000, 50 FROM generate_series(1, 1500) i, generate_series(1, 2) j;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 2, 10000 + i, 10000 + j, 100 + random() * 1000, 50 FROM generate_series(1, 300) i, generate_series(i + 1, 300) j;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 40 FROM timevmaps.segments WHERE world_id = 1 AND id % 1000 = 0;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 3, id, 30 + id % 40 FROM timevmaps.segments WHERE world_id = 1;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) SELECT 1, i * 3, 2, i * 3, 1 FROM generate_series(1, 400) i;
ANALYZE;
SQL
my $files = $cluster->dir . '/data/timevmaps/pgsql_tmp.' . $cluster->query('postgres', "SELECT oid FROM pg_database WHERE datname = 'app'");
my $rows = TvSession->new($cluster, 'app', 'rows');
$rows->query('SET timevmaps.prepared_graph = off');

sub files { return join ' ', map { m{([^/]+)$} } glob "$files/*" }

# Memory of the extension's that outlives the statement.
sub kept
{
	my ($session) = @_;
	return $session->query("SELECT coalesce(string_agg(ident, ' ' ORDER BY ident), '') FROM pg_backend_memory_contexts WHERE name = 'timevmaps kernel' AND ident <> 'gateways'");
}

# Under ever larger limits: refused, and nothing is left of it, up to where it is done.  Where it is, in MB.
sub climb
{
	my ($session, $what, $statement, $files_before) = @_;
	my $before = kept($session);
	for my $limit (1, 2, 4, 8, 16, 32, 64)
	{
		$session->query("SET timevmaps.graph_memory = '${limit}MB'");
		my $answer = $session->run($statement);
		if ($answer->{sqlstate} eq '')
		{
			cmp_ok($limit, '>', 1, "$what: refused at first");
			return ($limit, $answer->{rows});
		}
		is($answer->{sqlstate}, '54000', "$what with $limit MB: refused");
		is(files(), $files_before, "$what with $limit MB: no files are left");
		is(kept($session), $before, "$what with $limit MB: nor memory");
	}
	return fail("$what: refused with 64 MB");
}

my $cost = sub { my ($metric, $from, $to) = @_; "SELECT round(cost::numeric, 6) FROM timevmaps.tv_route_cost(1, $from, 7, 1234, $to, '$metric')" };

# A graph.
my $session = TvSession->new($cluster, 'app', 'session');
my ($enough) = climb($session, 'a graph of few rows', 'SELECT places FROM timevmaps.tv_prepare_graph(1)', '');
cmp_ok($enough, '<=', 16, 'and done with little more than it takes');
cmp_ok(8 * -s "$files/w1.graph", '>', $enough * 1024 * 1024, 'in proportion to its size');
like(files(), qr/^w1\.graph w1\.t1\.local\.base w1\.t1\.local\.weights$/, 'with weights');
my $small = TvSession->new($cluster, 'app', 'small');
$small->query("SET timevmaps.graph_memory = '2MB'");
unlink glob "$files/*";
is($small->run($cost->('local', 3, 3))->{sqlstate}, '54000', 'a first route that would build it is refused, too');
is($small->run('SET timevmaps.prepared_graph = off; ' . $cost->('local', 3, 3))->{rows}, $rows->query($cost->('local', 3, 3)), 'by rows it is not');
my ($dense) = climb($small, 'a complete graph', 'SELECT places FROM timevmaps.tv_prepare_graph(2)', '');
cmp_ok($dense, '<=', 8, 'its rows take most of it');
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');

# Weights: of another metric, of a branch, of one that differs in everything.
for my $case (['distance', 3, 'weights of a branch unlike its root'], ['traveler', 1, 'weights for another metric'])
{
	my ($metric, $timeline, $what) = @$case;
	$session = TvSession->new($cluster, 'app', $what);
	my ($limit, $answer) = climb($session, $what, $cost->($metric, $timeline, $timeline), files());
	is($answer, $rows->query($cost->($metric, $timeline, $timeline)), "$what: and the answer is right");
}
# An overlay over gateways, of layers that the session has.
$cluster->query('app', 'DELETE FROM timevmaps.gateways');
$session = TvSession->new($cluster, 'app', 'gateways');
$session->query($cost->('local', $_, $_)) for 1, 2;
$cluster->query('app', 'INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) SELECT 1, i * 3, 2, i * 3, 1 FROM generate_series(1, 400) i');
my (undef, $answer) = climb($session, 'an overlay', "SET timevmaps.prepared_graph = on; " . $cost->('local', 1, 2), files());
is($answer, $rows->query($cost->('local', 1, 2)), 'an overlay: and the answer is right');

# A matrix: its costs count, and however many destinations there are, little else.
$cluster->query('app', 'DELETE FROM timevmaps.gateways');
$session = TvSession->new($cluster, 'app', 'matrix');
$session->query("SET timevmaps.graph_memory = '16MB'");
my $matrix = 'SELECT count(*), sum(cost)::numeric(20, 3) FROM timevmaps.tv_cost_matrix(1, 1, ARRAY[%s], (SELECT array_agg(1 + i %% 1500) FROM generate_series(1, %s) i))';
is($session->run(sprintf $matrix, '1', 100_000)->{rows}, $rows->query(sprintf $matrix, '1', 100_000), 'a matrix of 100,000 costs');
is($session->run(sprintf $matrix, join(',', 1 .. 24), 100_000)->{sqlstate}, '54000', 'and of 24 times as many');
is($session->query($cost->('local', 1, 1)), $rows->query($cost->('local', 1, 1)), 'the session goes on');
unlike($cluster->log_text, qr/PANIC|terminated by signal|TRAP/, 'the server stood');
done_testing();
