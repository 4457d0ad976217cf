# The routing table: one server, one network, both sides of each ratio in the same run.
#
#   perl routing.pl DATABASE ROADS SCRATCH     environment: PROGRAMS (build/bench), DATA (the cluster's data directory)
#
# ROADS holds places.tsv and segments.tsv (roads.pl), which roads.sql has loaded into
# DATABASE. QUERIES, PEERS and REPEAT say how often: queries, pgRouting's, other
# measurements. What is timed is compared with pgRouting or with Dijkstra's algorithm
# in the same run; a difference ends it.
use strict;
use warnings;
use IO::Handle;
use File::Path qw(remove_tree);
use FindBin;
use lib $FindBin::Bin;
use Statements;

($database, my $roads, $scratch) = @ARGV;
my $queries = $ENV{QUERIES} // 1000;
my $peers = $ENV{PEERS} // 100;
my $repeat = $ENV{REPEAT} // 21;
my $colds = $ENV{COLDS} // 5;
my $blocks = 4;
my $load_before = load();
my %kernel;

# PART=memory: that figure alone, with the branches' files to be made by the connections, and once they are there.
if (($ENV{PART} // '') eq 'memory')
{
	answer('SET client_min_messages = warning; SELECT timevmaps.tv_prepare_graph(1)');
	for my $when ('first', 'again')
	{
		my ($idle, $busy) = memory();
		printf "memory, %s: %.0f MB: prepared graphs %.0f, the server's shared memory %.0f, their own %.0f\n", $when, map { my $kinds = $_; my $sum = 0; $sum += $busy->{$_} - $idle->{$_} for @$kinds; $sum } [qw(files shared own)], ['files'], ['shared'], ['own'];
	}
	exit;
}

#----------------------------------------------------------------- the kernel alone
open my $kernel, '-|', "$programs/kernel", 'routing', $roads, "$scratch/pairs" or die "kernel: $!\n";
while (<$kernel>)
{
	chomp;
	my ($key, @values) = split /\t/;
	push @{ $kernel{gaps} }, \@values if $key eq 'gap';
	$kernel{$key} = $values[0];
}
close $kernel or die "bench: the kernel's timings failed\n";
# The same pairs without their costs, for timelines where they cost something else.
run("cut -d' ' -f1,2 '$scratch/pairs' | head -n 40 > '$scratch/ends'");

#---------------------------------------------------------------------- statements
my $plan = 'SELECT *, local_seconds AS answer FROM timevmaps.tv_plan_route(1, %s, $1, $2, metric => \'local\')';
my $cost = 'SELECT *, cost AS answer FROM timevmaps.tv_route_cost(1, %s, $1, $2, metric => \'local\')';
my $edges = 'SELECT id, source, target, cost, reverse_cost FROM edges';
# The segments as a timeline has them, for pgRouting: `%s` is the timeline, which overrides by itself.
my $live = 'SELECT s.id, s.a_place_id AS source, s.b_place_id AS target, c.cost, CASE WHEN s.oneway THEN -1 ELSE c.cost END AS reverse_cost
	FROM timevmaps.segments s LEFT JOIN timevmaps.segment_overrides o ON o.segment_id = s.id AND o.timeline_id = %s
	CROSS JOIN LATERAL (SELECT s.length_m / coalesce(o.speed_kph, s.speed_kph) * 3.6 AS cost) c';
$live =~ s/\s+/ /g;
# The least seconds a metre of the plane costs: a bound for pgr_astar that holds.
my $factor = answer('SELECT min(cost / sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2)) * 0.999999 FROM edges WHERE (x1, y1) <> (x2, y2)');

my $segments = answer('SELECT count(*) FROM timevmaps.segments');

answer("SET client_min_messages = warning; SELECT timevmaps.tv_prepare_graph(1)") if answer("SELECT to_regproc('timevmaps.tv_prepare_graph') IS NOT NULL") eq 't';

# In turn: a block of ours, a block of theirs. Each backend first runs some that do not count.
for my $block (0 .. $blocks - 1)
{
	client('pairs', $block * $queries / $blocks, $queries / $blocks, 50, 'select_1' => 'SELECT 1',
		plan => sprintf($plan, 1), cost => sprintf($cost, 1));
	{
		local $ENV{ONE_CORE} = 1;
		client('pairs', $block * $queries / $blocks, $queries / $blocks, 50, 'select_1_one' => 'SELECT 1',
			plan_one => sprintf($plan, 1), cost_one => sprintf($cost, 1));
	}
	# With our answer beside theirs, so that each is compared with the other, too.
	client('pairs', $block * $peers / $blocks, $peers / $blocks, 1,
		pgr_dijkstra => "SELECT *, agg_cost AS answer FROM pgr_dijkstra('$edges', \$1, \$2)",
		'~pgr_bddijkstra' => "SELECT *, agg_cost AS answer FROM pgr_bddijkstra('$edges', \$1, \$2)",
		pgr_astar => "SELECT *, agg_cost AS answer FROM pgr_astar('SELECT id, source, target, cost, reverse_cost, x1, y1, x2, y2 FROM edges', \$1, \$2, heuristic => 4, factor => $factor)",
		plan_between => sprintf($plan, 1));
}

#-------------------------------------------------- across three timelines, by gateways
run_sql("CREATE TABLE across AS WITH layers AS (
		SELECT t AS timeline, e.* FROM generate_series(2, 4) t CROSS JOIN LATERAL (
			SELECT s.id, s.a_place_id AS a, s.b_place_id AS b, s.oneway, s.length_m / coalesce(o.speed_kph, s.speed_kph) * 3.6 AS cost
			FROM timevmaps.segments s LEFT JOIN timevmaps.segment_overrides o ON o.segment_id = s.id AND o.timeline_id = t) e)
	SELECT row_number() OVER () AS id, a + 10000000 * timeline AS source, b + 10000000 * timeline AS target, cost,
		CASE WHEN oneway THEN -1 ELSE cost END AS reverse_cost FROM layers
	UNION ALL SELECT 1000000000 + id, from_place_id + 10000000 * from_timeline_id, to_place_id + 10000000 * to_timeline_id, penalty_s, -1
	FROM timevmaps.gateways");
run_sql("CREATE TABLE ends (a bigint, b bigint); COPY ends FROM STDIN (DELIMITER ' ')", "$scratch/ends");
my $oracle = answer("SELECT string_agg((start_vid - 20000000) || ' ' || (end_vid - 40000000) || ' ' || agg_cost, E'\\n') FROM pgr_dijkstraCost(
	'SELECT id, source, target, cost, reverse_cost FROM across', 'SELECT a + 20000000 AS source, b + 40000000 AS target FROM ends')");
open my $out, '>', "$scratch/across" or die;
print $out "$oracle\n";
close $out or die;
(my $across = sprintf $plan, 2) =~ s/\$2,/\$2, 4,/;
client('across', 0, $peers, 40, across => $across);

#------------------------------------------------------------------------- branches
my $branch = "(SELECT id FROM timevmaps.timelines WHERE label = 'bench ' || \$3)";
client('ends', 0, $repeat, 1,
	-branch => "SELECT timevmaps.tv_branch(1, 'bench ' || \$3)",
	branch_edit => "INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, speed_kph)
		SELECT 1, $branch, id, speed_kph / 2 FROM timevmaps.segments WHERE id IN (SELECT 1 + (\$3 * 7907 + i * 15485863::bigint) % $segments FROM generate_series(1, 1000) i)",
	branch_first => sprintf($plan, $branch), branch_next => sprintf($plan, $branch),
	-oracle => "SELECT agg_cost AS answer FROM pgr_dijkstraCost(format('" . quote(sprintf $live, '%s') . "', $branch), \$1, \$2)");

#----------------------------------------------------------- one segment's speed changed
client('ends', 0, $repeat, 1,
	speed_edit => "UPDATE timevmaps.segments SET speed_kph = speed_kph * 0.9 WHERE id = 1 + (\$3 * 104729) % $segments",
	speed_next => sprintf($plan, 1),
	-oracle => "SELECT agg_cost AS answer FROM pgr_dijkstraCost('" . quote(sprintf $live, 0) . "', \$1, \$2)");
run_sql("UPDATE timevmaps.segments s SET speed_kph = s.length_m * 3.6 / e.cost FROM edges e WHERE e.id = s.id AND s.speed_kph <> s.length_m * 3.6 / e.cost
	AND abs(s.speed_kph / (s.length_m * 3.6 / e.cost) - 1) > 1e-9");
run_sql('VACUUM ANALYZE');
# What a worker would have done: the changes become part of the graph.
run_sql('SET client_min_messages = warning; SELECT timevmaps.tv_prepare_graph(1)');

#--------------------------------------------------------------------- loading, matrix
my $some = "(SELECT array_agg(DISTINCT %s) FROM (SELECT * FROM ends LIMIT 30) x)";
client('ends', 0, 5, 1, matrix_sql => 'SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, (SELECT array_agg(id) FROM (SELECT id FROM timevmaps.places ORDER BY id LIMIT 1000) x),
	(SELECT array_agg(id) FROM (SELECT id FROM timevmaps.places ORDER BY id DESC LIMIT 1000) x), metric => \'local\')');

#----------------------------------------------------------------------- memory, cold
my ($idle, $busy) = memory();
my %more = map { $_ => $busy->{$_} - $idle->{$_} } keys %$busy;
for (1 .. $colds)
{
	client('ends', 0, 1, 0, read_tables => 'SELECT id, lat, lon FROM timevmaps.places',
		read_tables_too => 'SELECT id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id FROM timevmaps.segments');
	remove_tree("$ENV{DATA}/timevmaps") if $ENV{DATA};
	client('pairs', 0, 1, 0, cold => sprintf($plan, 1));
	client('pairs', 1, 1, 0, connect_first => sprintf($plan, 1));
}

#----------------------------------------------------------------------- the table
my $best = (sort { $a <=> $b } map { median($_) } qw(pgr_dijkstra ~pgr_bddijkstra pgr_astar))[0];
my $name = $kernel{nodes} == 264346 ? 'New York' : 'Gothenburg';
printf "\n## Routing: %s, %s places, %s segments, travel time\n\n", $name, thousands($kernel{nodes}), thousands($kernel{segments});
print <<"NOTE";
Whole statements as a client over the socket sees them, prepared, one connection, path and geometry included, in blocks in turn with pgRouting's;
`SELECT 1` takes ${\ shown(median('select_1')) } there, and ${\ shown(median('select_1_one')) } where client and server share a core: the rest is waking the other's core. pgRouting has an indexed table of edges in memory; `pgr_astar` has the greatest bound that holds.
Queries: $queries (pgRouting: $peers) random pairs; cold: $colds times; the rest: $repeat. Every answer was compared with the hierarchy's cost in the kernel, and 100 of those with Dijkstra's algorithm and with pgRouting's.
The machine's load average was $load_before before and ${\ load() } after: what is above 1 is other work, so these figures are not those of an idle machine.

NOTE
print "| statement | median | tenth to nine tenths | best of pgRouting's three to it | bar |\n|---|---|---|---|---|\n";
for (['pgr_dijkstra', '`pgr_dijkstra`'], ['~pgr_bddijkstra', '`pgr_bddijkstra`' . missed('~pgr_bddijkstra')], ['pgr_astar', '`pgr_astar`'])
{
	row($_->[1], shown(median($_->[0])), range($_->[0]), '', '');
}
row('`tv_plan_route`', shown(median('plan')), range('plan'), fold($best / median('plan')), '1,000');
row('`tv_plan_route` right after pgRouting has used the caches', shown(median('plan_between')), range('plan_between'), fold($best / median('plan_between')), '');
row('`tv_route_cost`', shown(median('cost')), range('cost'), fold($best / median('cost')), '4,000');
row('`tv_plan_route`, client and server on one core', shown(median('plan_one')), range('plan_one'), fold($best / median('plan_one')), '1,000');
row('`tv_route_cost`, client and server on one core', shown(median('cost_one')), range('cost_one'), fold($best / median('cost_one')), '4,000');

print "\n| what | figure | bar |\n|---|---|---|\n";
row('cold: tables to first answer', shown(median('cold')), '1.3 x order + hierarchy + customization of RoutingKit, plus reading');
row('reading the tables alone', shown(median('read_tables') + median('read_tables_too')), '');
row('first route of a connection, prepared graph there', shown(median('connect_first')), '');
row('new branch with 1,000 overrides: first answer (the overrides\' own INSERT)', shown(median('branch_first')) . ' (' . shown(median('branch_edit')) . ')', '100 ms');
row('its next answer', shown(median('branch_next')), '');
row('one segment\'s speed changed: next exact answer (the UPDATE itself)', shown(median('speed_next')) . ' (' . shown(median('speed_edit')) . ')', '5 ms');
row('route across 3 timelines with 1,000 gateways', sprintf('%s, %.2f x one timeline', shown(median('across')), median('across') / median('plan')), '3 x');
row('`tv_cost_matrix`, 1,000 x 1,000, as a statement', shown(median('matrix_sql')), '');
row('memory: 20 connections, each routes on 4 timelines', sprintf('%.0f MB more than 20 idle ones: prepared graphs %.0f, the server\'s shared memory %.0f, their own %.0f',
	$more{files} + $more{shared} + $more{own}, @more{qw(files shared own)}), '150 MB');

print "\n| kernel, no server | figure | against |\n|---|---|---|\n";
row('nested dissection order / hierarchy / customization', join(' / ', map { shown($kernel{$_}) } qw(order_s build_s customize_s)), '');
row('partial customization, one segment', shown($kernel{recustomize_s}), '');
row('query: distance (tenth to nine tenths)', sprintf('%s (%s to %s)', map { shown($kernel{$_}) } qw(distance_s distance_low_s distance_high_s)),
	sprintf 'Dijkstra, one to one: %s, %s x', shown($kernel{dijkstra_s}), fold($kernel{dijkstra_s} / $kernel{distance_s}));
row(sprintf('query: with path (%.0f segments on average)', $kernel{steps}), shown($kernel{path_s}) . ', slowest ' . shown($kernel{path_most_s}), '');
row('1,000 x 1,000 matrix', shown($kernel{matrix_s}), sprintf '1,000 one-to-all Dijkstras: %s, %s x (bar: 20)', shown(1000 * $kernel{one_to_all_s}), fold(1000 * $kernel{one_to_all_s} / $kernel{matrix_s}));
row('3 layers, 1,000 gateways: making the overlay / query', shown($kernel{overlay_init_s}) . ' / ' . shown($kernel{overlay_s}), '');
row('hierarchy / weights of a layer', sprintf('%.1f MB / %.1f MB, %s arcs, height %d', $kernel{hierarchy_bytes} / 1e6, $kernel{metric_bytes} / 1e6, thousands($kernel{arcs}), $kernel{height}), '');

#------------------------------------------------------------------------ helpers
# Megabytes of 20 connections, their shares of what is shared added up: idle, and after routing.
sub memory
{
	my @connections = map { open my $psql, '|-', 'psql', '-X', '-q', '-d', $database, '-o', '/dev/null' or die; $psql->autoflush(1); $psql } 1 .. 20;
	my @sums;
	my $routes = join '', map { my $t = $_; map { "SELECT * FROM timevmaps.tv_plan_route(1, $t, $_, $_ + 1000, metric => 'local');\n" } 1 .. 25 } 1 .. 4;
	for my $statements ("SELECT 1;\n", $routes)
	{
		unlink "$scratch/done";
		for my $connection (@connections)
		{
			# psql gets there when it has the last answer.
			print $connection "$statements\\! echo done >> $scratch/done\n";
		}
		select undef, undef, undef, 0.02 until -e "$scratch/done" && lines("$scratch/done") == @connections;
		push @sums, pss();
	}
	close $_ for @connections;
	return @sums;
}

# Proportional shares of all the backends: of prepared graphs, of the server's shared memory, and of the rest.
sub pss
{
	my %sum = (files => 0, shared => 0, own => 0);
	for my $pid (split /\n/, answer("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()"))
	{
		my $kind;
		open my $in, '<', "/proc/$pid/smaps" or next;
		while (<$in>)
		{
			$kind = m{/timevmaps/pgsql_tmp\.\d+/} ? 'files' : m{/dev/zero|/dev/shm|/SYSV} ? 'shared' : 'own' if /^[0-9a-f]+-[0-9a-f]+ /;
			$sum{$kind} += $1 / 1024 if /^Pss:\s+(\d+) kB/;
		}
	}
	return \%sum;
}

sub lines { my ($name) = @_; open my $in, '<', $name or die; my @lines = <$in>; return scalar @lines }
sub missed { my ($key) = @_; my $missed = @{ $seconds{"$key missed"} // [] }; return $missed ? sprintf(' (%d of %d of its answers were not the least)', $missed, scalar @{ $seconds{$key} }) : '' }
