# Turns, what is supposed in a call, profiles, areas and explanations, both sides of each ratio in the same run.
#
#   perl turns.pl PLAIN TURNED GOTHENBURG ROADS SCRATCH     environment: PROGRAMS (build/bench), QUERIES, REPEAT
#
# ROADS holds places.tsv and segments.tsv (roads.pl), which roads.sql has loaded into the databases PLAIN and
# TURNED alike; here TURNED gets rules for turns, and PLAIN branches and kinds of roads. GOTHENBURG is a database
# of the demonstration. Answers are compared with turns.c, which shares no code with what is timed, with real branches
# or with pgRouting; a difference ends it.
use strict;
use warnings;
use POSIX qw(strftime);
use FindBin;
use lib $FindBin::Bin;
use Statements;

my ($plain, $turned, $gothenburg, $roads, $where) = @ARGV;
my $queries = $ENV{QUERIES} // 1000;
my $repeat = $ENV{REPEAT} // 21;
my $blocks = 8;
my $load_before = load();
my %made;
$scratch = $where;

my $plan = 'SELECT *, local_seconds AS answer FROM timevmaps.tv_plan_route(1, %s, $1, $2, metric => \'local\')';
my $cost = 'SELECT *, cost AS answer FROM timevmaps.tv_route_cost(1, %s, $1, $2, metric => \'local\')';
my $prepare = 'SET client_min_messages = warning; SELECT timevmaps.tv_prepare_graph(1)';

#------------------------------------------------------------------ rules for turns
mkdir "$scratch/turns";
open my $maker, '-|', "$programs/turns", $roads, "$scratch/turns", $queries, $repeat + 1 or die "turns: $!\n";
while (<$maker>)
{
	chomp;
	my ($key, $value) = split /\t/;
	$made{$key} = $value;
}
close $maker or die "bench: there are no rules\n";
my $pairs = do { open my $in, '<', "$scratch/turns/plain" or die; [ <$in> ] };
run("psql -X -q -o /dev/null -d $turned -v turns='$scratch/turns' -f test/bench/turns.sql");
for ($plain, $turned) { local $Statements::database = $_; answer($prepare) }
for my $block (0 .. $blocks - 1)
{
	for my $one ('', '_one')
	{
		local $ENV{ONE_CORE} = 1 if $one;
		for my $side ($block % 2 ? ('turned', 'plain') : ('plain', 'turned'))
		{
			local $Statements::database = $side eq 'plain' ? $plain : $turned;
			client("turns/$side", $block * @$pairs / $blocks, @$pairs / $blocks, 50,
				"plan_$side$one" => sprintf($plan, 1), "cost_$side$one" => sprintf($cost, 1));
		}
	}
}
{
	local $Statements::database = $turned;
	client('turns/changed', 0, $repeat, 1,
		change_edit => 'UPDATE timevmaps.turns t SET rule = c.rule, penalty_s = c.penalty_s FROM changed c WHERE c.round = $3 AND t.id = c.id',
		change_next => sprintf($plan, 1), -cost => sprintf($cost, 1));
	client('turns/added', 0, $repeat, 1,
		add_edit => 'INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s) SELECT f, via, t, rule, penalty_s FROM added WHERE round = $3',
		add_next => sprintf($plan, 1), -cost => sprintf($cost, 1));
}

#---------------------------------------- supposed in the call, beside a real branch
$database = $plain;
# Pairs without their costs, for what makes them cost something else.
run("cut -d' ' -f1,2 '$scratch/turns/plain' | head -n 40 > '$scratch/turns/ends'");
my $segments = answer('SELECT count(*) FROM timevmaps.segments');
for my $many (100, 1000)
{
	for my $faster (0, 1)
	{
		my $key = $faster ? "what_if_faster_$many" : "what_if_$many";
		my ($closed, $speed) = $faster ? ('false', 200) : ('i % 2 = 0', 10);
		my $label = "'$key ' || \$3";
		my $branch = "(SELECT id FROM timevmaps.timelines WHERE label = $label)";
		my $ids = "SELECT 1 + (\$3 * 7907 + i * 15485863::bigint) % $segments AS id, $closed AS closed FROM generate_series(1, $many) i";
		my $asked = supposing($cost, "SELECT jsonb_agg(CASE WHEN closed THEN jsonb_build_object('segment_id', id, 'closed', true) ELSE jsonb_build_object('segment_id', id, 'speed_kph', $speed) END) FROM ($ids) s");
		client('turns/ends', 0, $repeat, 1,
			-branch => "SELECT timevmaps.tv_branch(1, $label)",
			-rows => "INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed, speed_kph) SELECT 1, $branch, id, CASE WHEN closed THEN true END, CASE WHEN NOT closed THEN $speed END FROM ($ids) s",
			$key => $asked, "${key}_next" => $asked,
			-oracle => sprintf($cost, $branch));
	}
}
answer('CREATE TABLE supposed (round int, f bigint, via bigint, t bigint, rule text, penalty_s float8)');
run("psql -X -q -v ON_ERROR_STOP=1 -d $plain -c \"\\copy supposed from '$scratch/turns/supposed.tsv'\"");
answer('ALTER TABLE supposed ADD PRIMARY KEY (round, f, via, t); ANALYZE supposed');
my $turns = supposing($cost, "SELECT jsonb_agg(jsonb_build_object('turn', jsonb_strip_nulls(jsonb_build_object('from_segment_id', f, 'via_place_id', via, 'to_segment_id', t, 'rule', rule, 'penalty_s', penalty_s)))) FROM supposed WHERE round = \$3");
client('turns/supposed', 0, $repeat, 1, what_if_turns => $turns, what_if_turns_next => $turns);

#------------------------------------------------------------------- why this way
# Of the first pairs the one whose way has 350 steps, but for a few.
my ($origin, $dest, $steps) = split /\|/, answer('SELECT a, b, n FROM (VALUES ' . join(', ', map { '(' . join(', ', (split / /)[0, 1]) . ')' } @$pairs[0 .. ($#$pairs < 199 ? $#$pairs : 199)]) . ") p (a, b),
	LATERAL (SELECT count(*) AS n FROM timevmaps.tv_route_steps(1, 1, p.a, p.b, metric => 'local')) s ORDER BY abs(n - 350) LIMIT 1");
run("echo $origin $dest > '$scratch/turns/long'");
client('turns/long', 0, $repeat, 1,
	explain => 'SELECT *, sum(cost) OVER () AS answer FROM timevmaps.tv_route_explain(1, 1, $1, $2, metric => \'local\')',
	steps => 'SELECT *, sum(local_seconds) OVER () AS answer FROM timevmaps.tv_route_steps(1, 1, $1, $2, metric => \'local\')');
my $wrong = answer("SELECT count(*) FROM timevmaps.tv_route_explain(1, 1, $origin, $dest, metric => 'local') e,
	LATERAL (SELECT (SELECT cost FROM timevmaps.tv_route_cost(1, 1, $origin, $dest, metric => 'local', overrides => jsonb_build_array(jsonb_build_object('segment_id', e.segment_id, 'closed', true)))) AS cost) c
	WHERE e.seq % 10 = 0 AND (c.cost IS NULL AND e.next_best_cost IS NULL OR abs(c.cost - e.next_best_cost) <= 1e-9 * c.cost) IS NOT TRUE");
die "bench: $wrong steps cost something else if they are closed\n" if $wrong;

#---------------------------------------------------------------------------- areas
my $whole = answer('SELECT count(*) FROM timevmaps.places');
my $new_york = $whole == 264346;
my $half = $new_york ? 50000 : int($whole / 2);
my %areas = (
	town => areas($gothenburg, '11.9735, 57.7087', $repeat, 600, 1200, 1800),
	city => areas($plain, $new_york ? '-73.985, 40.758' : '11.9735, 57.7087', $repeat < 5 ? $repeat : 5, 0));

#------------------------------------------- one more metric, one more profile of vehicles
$database = $plain;
answer("UPDATE timevmaps.segments SET class = (ARRAY['motorway', 'street', 'path'])[1 + id % 3], max_height_m = CASE WHEN id % 50 = 0 THEN 3.5 END");
answer($prepare);
# Weights by rules that no file has are made as those of a metric that no file has.
client('turns/ends', 0, $repeat, 1,
	-rules => "UPDATE timevmaps.worlds SET rules = jsonb_build_object('base_drag', 1e-9 * (\$3 + 1)) WHERE id = 1", metric_first => sprintf($plan, 1));
answer("UPDATE timevmaps.worlds SET rules = '{}' WHERE id = 1");
(my $profiled = sprintf $plan, 1) =~ s/metric => 'local'/metric => 'local', profile => 'bench ' || \$3/;
my $allowed = 'SELECT s.id, s.a_place_id AS source, s.b_place_id AS target, c.cost, CASE WHEN s.oneway THEN -1 ELSE c.cost END AS reverse_cost
	FROM timevmaps.segments s CROSS JOIN LATERAL (SELECT s.length_m / least(s.speed_kph, 50, CASE s.class WHEN \'street\' THEN 20 + %s * 0.1 END) * 3.6 AS cost) c
	WHERE s.max_height_m IS NULL';
$allowed =~ s/\s+/ /g;
client('turns/ends', 0, $repeat, 1,
	-profile => "INSERT INTO timevmaps.vehicle_profiles (world_id, name, speeds, max_speed_kph, height_m) VALUES (1, 'bench ' || \$3, jsonb_build_object('street', 20 + \$3 * 0.1), 50, 4)",
	profile_first => $profiled, profile_next => $profiled,
	-oracle => "SELECT agg_cost AS answer FROM pgr_dijkstraCost(format('" . quote($allowed) . "', \$3), \$1, \$2)");

#------------------------------------------------------------------------ the section
my $name = $new_york ? 'New York' : 'Gothenburg';
print "\n## Turns, profiles, areas and what is supposed\n\n";
printf <<'NOTE', strftime('%Y-%m-%d', gmtime), $name, thousands($made{split}), thousands($made{junctions}), thousands($made{rules}), thousands(scalar @$pairs), thousands($made{mattered}), $load_before, load();
Of %s. %s without rules for turns, and the same with rules at %s of its %s junctions, which are the places with three segments or more: 1 %%, %s rules, half of them `no`, a quarter `only`, a quarter `cost`,
in databases of their own, in turn by blocks. Statements as above. Each answer was compared: %s random pairs (rules matter to %s) with a search over directed segments that shares no code
(`test/bench/turns.c`), what is supposed with a real branch, profiles with pgRouting, every tenth step that is explained with the route that has it closed. The load average was %s before and %s after.

NOTE
print "| statement | without rules | with | times | bar |\n|---|---|---|---|---|\n";
for (['tv_plan_route', 'plan', ''], ['tv_route_cost', 'cost', ''], ['tv_plan_route', 'plan', '_one'], ['tv_route_cost', 'cost', '_one'])
{
	my ($function, $key, $one) = @$_;
	my ($without, $with) = map { "${key}_$_$one" } qw(plain turned);
	row("`$function`" . ($one ? ', client and server on one core' : ''), (map { shown(median($_)) . ' (' . range($_) . ')' } $without, $with),
		sprintf('%.2f', median($with) / median($without)), '1.3');
}
print "\n| what | figure | bar |\n|---|---|---|\n";
row('one rule changed: next exact answer (the UPDATE itself)', shown(median('change_next')) . ' (' . shown(median('change_edit')) . ')', '');
row('one rule more, at a junction that had none: next exact answer (the INSERT itself)', shown(median('add_next')) . ' (' . shown(median('add_edit')) . ')', '');
row("$_ overrides in the call: first answer, the next", shown(median("what_if_$_")) . ', ' . shown(median("what_if_${_}_next")), $_ == 100 ? '10 ms' : '50 ms') for 100, 1000;
row("$_ overrides in the call, all faster: first answer, the next", shown(median("what_if_faster_$_")) . ', ' . shown(median("what_if_faster_${_}_next")), $_ == 100 ? '10 ms' : '50 ms') for 100, 1000;
row('100 rules for turns in the call, at junctions that had none: first answer, the next', shown(median('what_if_turns')) . ', ' . shown(median('what_if_turns_next')), '');
row('weights of one more metric: first answer', shown(median('metric_first')), '');
row('weights of one more profile of vehicles: first answer, the next', sprintf('%s, %s; %.2f x one more metric', shown(median('profile_first')), shown(median('profile_next')), median('profile_first') / median('metric_first')), 'one more metric');
row("`tv_route_explain`, $steps steps (`tv_route_steps`: ${\ shown(median('steps')) })", shown(median('explain')), '');
print <<'NOTE';

Areas beside the plain recipe, `ST_ConcaveHull(ST_Collect(geom), 0.1)` of what `tv_isochrone` reaches; what is wrong with each: places that are reached and not covered, places that are
covered and not reached. Theirs knows no roads: it has one hull round all points.

| what | places | `tv_isochrone_area` | wrong | hulls | wrong | theirs to ours |
|---|---|---|---|---|---|---|
NOTE
row('Gothenburg, 10, 20 and 30 minutes', @{ $areas{town} });
row("$name, one area", @{ $areas{city} });

#------------------------------------------------------------------------ helpers
# A statement with what it supposes as one more argument.
sub supposing { my ($statement, $what) = @_; (my $text = sprintf $statement, 1) =~ s/\)$/, overrides => ($what))/ or die; return $text }

# Cells of a row: areas around a point, both sides in turn. A limit of 0: such that half of $whole, at most 50,000 places, are within it.
sub areas
{
	my ($there, $point, $rounds, @limits) = @_;
	local $Statements::database = $there;
	my $key = "area_$there";
	my $place = answer("SELECT id FROM timevmaps.places WHERE world_id = 1 ORDER BY geom <-> ST_SetSRID(ST_MakePoint($point), 4326) LIMIT 1");
	@limits = answer("SELECT cost FROM timevmaps.tv_isochrone(1, 1, $place, 'infinity', 'local') WHERE timeline_id = 1 ORDER BY cost LIMIT 1 OFFSET " . ($half - 1)) unless $limits[0];
	my $list = join ',', @limits;
	my $reached = "timevmaps.tv_isochrone(1, 1, %s, $limits[-1], 'local') i WHERE i.timeline_id = 1";
	my $ours = "SELECT *, places AS answer FROM timevmaps.tv_isochrone_area(1, 1, %s, '{$list}', 'local') ORDER BY seconds";
	my $hulls = "SELECT l, count(*) AS answer, ST_ConcaveHull(ST_Collect(i.geom), 0.1) AS geom FROM (SELECT i.cost, i.geom FROM $reached) i JOIN unnest('{$list}'::float8[]) l ON i.cost <= l GROUP BY l ORDER BY l";
	run("echo $place $place > '$scratch/turns/place'");
	client('turns/place', 0, $rounds, 1, $key => sprintf($ours, '$1'), "hull_$key" => sprintf($hulls, '$1'));
	my $pieces = 'AS MATERIALIZED (SELECT l, ST_Subdivide(geom, 64) AS geom FROM (%s) o (l, geom))';
	my ($places, @wrong) = split /\|/, answer('WITH a ' . sprintf($pieces, 'SELECT seconds, geom FROM (' . sprintf($ours, $place) . ') x') . ', h ' . sprintf($pieces, 'SELECT l, geom FROM (' . sprintf($hulls, $place) . ') x') . ",
		p AS (SELECT l, i.cost <= l IS TRUE AS reached, EXISTS (SELECT FROM a WHERE a.l = m.l AND ST_Intersects(a.geom, p.geom)) AS ours, EXISTS (SELECT FROM h WHERE h.l = m.l AND ST_Intersects(h.geom, p.geom)) AS theirs
			FROM timevmaps.places p LEFT JOIN (SELECT i.place_id, i.cost FROM " . sprintf($reached, $place) . ") i ON i.place_id = p.id CROSS JOIN unnest('{$list}'::float8[]) m (l) WHERE p.world_id = 1)
		SELECT count(*) FILTER (WHERE reached AND l = $limits[-1]), count(*) FILTER (WHERE reached AND NOT ours), count(*) FILTER (WHERE ours AND NOT reached), count(*) FILTER (WHERE reached AND NOT theirs), count(*) FILTER (WHERE theirs AND NOT reached) FROM p");
	return [ thousands($places), shown(median($key)), "$wrong[0], $wrong[1]", shown(median("hull_$key")), "$wrong[2], $wrong[3]", sprintf '%.1f', median("hull_$key") / median($key) ];
}
