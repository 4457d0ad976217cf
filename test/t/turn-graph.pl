# Rules for turns, answered from prepared graphs as from the rows, to the bit: random worlds with branches,
# gateways and rules of all kinds, files that others made, edits that are committed, undone or seen by nobody else,
# rules at junctions that the graph has not split, and a server that is killed.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', "shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
$cluster->query('app', <<'SQL');
-- Two worlds: in the second lengths are few, so that ways cost the same.
CREATE FUNCTION grid(world bigint, size integer, few boolean) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.places (id, world_id, lat, lon)
    SELECT world * 10000 + x * size + y, world, 50 + x * 0.01, 10 + y * 0.01 + (x * 7 + y * 3) % 5 * 0.0004 FROM generate_series(0, size - 1) x, generate_series(0, size - 1) y;
    INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
    SELECT world * 10000 + row_number() OVER (ORDER BY p.id, q.id), world, p.id, q.id,
        CASE WHEN few THEN 1000 ELSE 900 + random() * 900 END, CASE WHEN few THEN 36 ELSE 20 + random() * 70 END, random() < 0.1
    FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = world AND (q.id = p.id + size OR (q.id = p.id + 1 AND q.lat = p.lat)) WHERE p.world_id = world
$$;
-- So many rules at random turns of a world, also where there are some already.
CREATE FUNCTION rules(world bigint, how_many integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.turns (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
    SELECT world, t.id, s.id, v.place, r.id, k.rule, CASE WHEN k.rule = 'cost' THEN (ARRAY[0, 5, 30.5, 1e4])[1 + floor(random() * 4)] END
    FROM generate_series(1, how_many) n
        CROSS JOIN LATERAL (SELECT s.id, s.a_place_id, s.b_place_id, random() AS toss FROM timevmaps.segments s WHERE s.world_id = world AND n > 0 ORDER BY random() LIMIT 1) s
        CROSS JOIN LATERAL (SELECT CASE WHEN s.toss < 0.5 THEN s.a_place_id ELSE s.b_place_id END AS place) v
        CROSS JOIN LATERAL (SELECT r.id FROM timevmaps.segments r WHERE v.place IN (r.a_place_id, r.b_place_id) ORDER BY random() LIMIT 1) r
        CROSS JOIN LATERAL (SELECT t.id FROM (SELECT t.id FROM timevmaps.timelines t WHERE t.world_id = world UNION ALL SELECT NULL) t WHERE n > 0 ORDER BY random() LIMIT 1) t
        CROSS JOIN LATERAL (SELECT (ARRAY['no', 'no', 'only', 'cost', 'cost'])[1 + floor(random() * 5)] AS rule WHERE n > 0) k
    ON CONFLICT DO NOTHING
$$;
SELECT setseed(0.3);
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{}'), (2, 'two', '{"sr": false, "clock": "local"}'), (3, 'three', '{"sr": false, "u_turn_s": 7}'), (4, 'four', '{"sr": false, "u_turn_s": "no"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT w * 10 + t, w, t, nullif(w * 10 + (ARRAY[0, 1, 2, 1])[t], w * 10) FROM generate_series(1, 4) w, generate_series(1, 4) t;
SELECT grid(w, 13, w = 2) FROM generate_series(1, 4) w;
SELECT rules(w, 60) FROM generate_series(1, 4) w;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph)
SELECT s.world_id * 10 + 2 + s.id % 3, s.id, CASE WHEN random() < 0.5 THEN true END, 10 + random() * 50 FROM timevmaps.segments s WHERE random() < 0.08;
UPDATE timevmaps.segments SET timeline_id = world_id * 10 + 2 WHERE id % 37 = 0 AND NOT EXISTS (SELECT FROM timevmaps.segment_overrides o WHERE o.segment_id = id);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
SELECT w * 10 + a, w * 10000 + (n * 37) % 169, w * 10 + b, w * 10000 + (n * 53) % 169, n, n % 2 = 0
FROM generate_series(1, 3) w, generate_series(1, 4) n, (VALUES (2, 4), (4, 3)) g (a, b);

-- What is asked, with prepared graphs or without: texts of doubles are exact.
CREATE FUNCTION answers(world bigint, seed integer) RETURNS TABLE (question text, answer text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    line bigint;
    other bigint;
    metric text;
    a bigint;
    b bigint;
    n integer;
    what text;
    -- Which of the ways that have all in common is taken, nobody has said.
    left_out text[] := CASE WHEN world = 2 THEN '{created_at,geom,path_place_ids,sharing}' ELSE '{created_at,geom}' END;
BEGIN
    FOR n IN seed .. seed + 3 LOOP
        line := world * 10 + 1 + n % 4;
        other := CASE WHEN world < 4 AND n % 3 = 0 THEN world * 10 + 3 ELSE line END;
        metric := (ARRAY['local', 'distance', 'traveler', 'coordinate'])[1 + n / 4 % 4];
        a := world * 10000 + n * 7919 % 169;
        b := world * 10000 + n * 104729 % 169;
        what := format('%s: %s from %s to %s on %s', metric, n, a, b, line);
        question := 'steps, ' || what;
        answer := (SELECT string_agg(to_jsonb(s)::text, E'\n' ORDER BY s.seq) FROM timevmaps.tv_route_steps(world, line, a, b, other, metric) s WHERE world <> 2);
        RETURN NEXT;
        question := 'cost, ' || what;
        answer := (SELECT to_jsonb(c)::text FROM timevmaps.tv_route_cost(world, line, a, b, other, metric) c);
        RETURN NEXT;
        question := 'back, ' || what;
        answer := (SELECT to_jsonb(c)::text FROM timevmaps.tv_route_cost(world, line, b, a, line, metric) c);
        RETURN NEXT;
        question := 'itself, ' || what;
        answer := (SELECT to_jsonb(c)::text FROM timevmaps.tv_route_cost(world, line, a, a, line, metric) c);
        RETURN NEXT;
        -- Added up in another order.
        question := 'matrix, ' || what;
        answer := (SELECT string_agg(format('%s %s %s', m.origin_place_id, m.dest_place_id, round(m.cost::numeric, 6)), ' ' ORDER BY m.origin_place_id, m.dest_place_id)
                   FROM timevmaps.tv_cost_matrix(world, line, ARRAY[a, b, a + 1 - 2 * (a % 10000 / 168)], ARRAY[b, a, world * 10000 + 84], metric) m);
        RETURN NEXT;
        question := 'isochrone, ' || what;
        answer := (SELECT string_agg(to_jsonb(i)::text, E'\n' ORDER BY i.cost, i.timeline_id, i.place_id) FROM timevmaps.tv_isochrone(world, line, a, CASE metric WHEN 'distance' THEN 8000 ELSE 900 END, metric) i);
        RETURN NEXT;
        question := 'alternatives, ' || what;
        answer := (SELECT string_agg((to_jsonb(r) - left_out)::text, E'\n' ORDER BY r.rank) FROM timevmaps.tv_route_alternatives(world, line, a, b, metric => metric) r WHERE r.rank = 1) ;
        RETURN NEXT;
        question := 'departure, ' || what;
        answer := (SELECT string_agg((to_jsonb(r) - left_out)::text, E'\n') FROM timevmaps.tv_plan_route_at(world, line, a, b, '2030-01-01 08:00+00') r);
        RETURN NEXT;
        question := 'points, ' || what;
        answer := (SELECT string_agg(format('%s %s', round(r.distance_m::numeric, 5), round(r.local_seconds::numeric, 5)), E'\n') FROM
            timevmaps.tv_plan_point_route(world, line, 10 + n * 31 % 120 * 0.001, 50 + n * 57 % 120 * 0.001, 10 + n * 71 % 120 * 0.001, 50 + n * 13 % 120 * 0.001, metric => metric) r);
        RETURN NEXT;
    END LOOP;
END $$;
SQL

sub fresh { return TvSession->new($cluster, 'app', $_[0] // 'new') }

my $seed = 1;
my $asked = 0;

# Answers by the lines that they begin with.
sub pairs
{
	my ($p, $r) = map { [ split /\n(?=\w+, )/ ] } @_;
	return map { [ $p->[$_] // '', $r->[$_] // '' ] } 0 .. ($#$p > $#$r ? $#$p : $#$r);
}

# Whether a session has the same answers both ways; they are told apart by the question.
sub same
{
	my ($session, $what, @worlds) = @_;
	my $right = 1;
	for my $world (@worlds ? @worlds : 1 .. 4)
	{
		my $compare = "SELECT question, answer FROM answers($world, $seed) ORDER BY question";
		$session->query('SET timevmaps.prepared_graph = on');
		my $prepared = $session->run($compare);
		$session->query('SET timevmaps.prepared_graph = off');
		my $rows = $session->run($compare);
		$session->query('RESET timevmaps.prepared_graph');
		$asked++;
		my @apart = grep { $_ ne '' } map { my ($p, $r) = @$_; $p eq $r ? '' : substr($p, 0, 1000) . "\nby the rows:\n" . substr $r, 0, 1000 }
			pairs($prepared->{rows}, $rows->{rows});
		$right &&= ok(!@apart && $rows->{sqlstate} eq '', "$what, world $world, seed $seed") || (diag(join "\n", @apart[0 .. (@apart > 2 ? 1 : $#apart)]), 0)[1];
	}
	$seed += 4;
	return $right;
}

# Questions that graphs and rows have answered, and graphs that were built.
sub counted
{
	my $metrics = $cluster->query('app', 'SELECT timevmaps.tv_metrics()');
	return map { $metrics =~ /^timevmaps_graph_$_ (\d+)/m ? $1 : die $_ } 'answers_total\{source="graph"\}', 'answers_total\{source="rows"\}', 'builds_total';
}

my ($one, $two) = (fresh('one'), fresh('two'));
$one->query("SELECT * FROM timevmaps.tv_prepare_graph($_)") for 1 .. 4;
same($one, 'prepared') for 1 .. 4;
same($two, 'from files of others') for 1 .. 2;
same(fresh(), 'a new session');

is($one->query("SELECT string_agg(DISTINCT places || ' ' || (junctions BETWEEN 30 AND 60), ';') FROM timevmaps.tv_graph_status() WHERE world_id < 3"), '169 true',
	'the status tells places as the tables have them, and how many are split');
is($one->query("SELECT count(*) FROM timevmaps.tv_graph_status() WHERE world_id IN (3, 4) AND junctions < 160"), '0', 'wherever one can turn back, if that costs something');

# Who is answered by what.
sub sources
{
	my ($session, $world) = @_;
	my @before = counted();
	$session->query("SELECT FROM timevmaps.tv_route_cost($world, $world * 10 + 2, $world * 10000 + 5, $world * 10000 + 160)") for 1 .. 3;
	my @after = counted();
	return join ' ', map { $after[$_] - $before[$_] } 0 .. 2;
}
is(sources($one, $_), '3 0 0', "world $_: by the graph") for 1 .. 4;

# Rules at junctions that the graph has split, changed, lifted and added there.
my $junctions = q(SELECT DISTINCT via_place_id FROM timevmaps.turns);
my @edits = (
	['penalties' => "UPDATE timevmaps.turns SET penalty_s = penalty_s * 2 + 1 WHERE rule = 'cost' AND id % 3 = {n} % 3"],
	['bans become penalties' => "UPDATE timevmaps.turns SET rule = 'cost', penalty_s = 3 WHERE rule = 'no' AND id % 7 = {n} % 7"],
	['rules that go' => 'DELETE FROM timevmaps.turns t WHERE t.id % 11 = {n} % 11 AND EXISTS (SELECT FROM timevmaps.turns u WHERE u.via_place_id = t.via_place_id AND u.id <> t.id)'],
	['bans of branches' => "INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule)
		SELECT t.world_id * 10 + 2 + id % 3, from_segment_id, via_place_id, to_segment_id, 'no' FROM timevmaps.turns t WHERE id % 5 = {n} % 5 ON CONFLICT DO NOTHING"],
	['what a branch lifts' => "INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
		SELECT t.world_id * 10 + 2 + id % 3, from_segment_id, via_place_id, to_segment_id, 'cost', 0 FROM timevmaps.turns t WHERE id % 4 = {n} % 4 ON CONFLICT DO NOTHING"],
	['speeds at junctions' => "UPDATE timevmaps.segments s SET speed_kph = 25 + s.id % 13 WHERE s.id % 5 = {n} % 5 AND EXISTS (SELECT FROM timevmaps.turns t WHERE t.via_place_id IN (s.a_place_id, s.b_place_id))"],
	['closed at junctions' => "INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed)
		SELECT s.world_id * 10 + 1 + s.id % 4, s.id, true FROM timevmaps.segments s WHERE s.timeline_id IS NULL AND s.id % 17 = {n} % 17 AND EXISTS (SELECT FROM timevmaps.turns t WHERE t.via_place_id IN (s.a_place_id, s.b_place_id)) ON CONFLICT DO NOTHING"],
	['moved places' => 'UPDATE timevmaps.places SET lat = lat + 0.001 WHERE id % 9 = {n} % 9'],
);
my $n = 0;
for my $edit (@edits)
{
	my ($what, $sql) = @$edit;
	$sql =~ s/\{n\}/$n/g;
	$n++;
	$one->query('BEGIN');
	$one->query($sql);
	same($one, "$what, own");
	same($two, "$what, of somebody else's transaction", 1 + $n % 4);
	$one->query('SAVEPOINT here; DELETE FROM timevmaps.turns WHERE id % 2 = 0');
	same($one, "$what, without half of the rules", 1 + $n % 4);
	$one->query('ROLLBACK TO here');
	same($one, "$what, back to a savepoint", 1 + $n % 4);
	$one->query($n % 2 ? 'ROLLBACK' : 'COMMIT');
	same($_, "$what, at the end", 1 + $n % 4) for $one, $two, fresh();
	next if $n % 2 == 0;
	$two->query($sql);
	same($one, "$what, committed");
	same($two, "$what, committed", 1 + $n % 4);
}
is(sources($two, $_), '3 0 0', "world $_: by the graph still") for 1 .. 4;

# Where the graph has split nothing, the rows are asked until it is built again.
sub fresh_rule
{
	my ($world, $timeline) = @_;
	return "INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule)
		SELECT $timeline, s.id, s.b_place_id, r.id, 'no' FROM timevmaps.segments s JOIN timevmaps.segments r ON r.a_place_id = s.b_place_id
		WHERE s.world_id = $world AND s.timeline_id IS NULL AND r.timeline_id IS NULL AND s.b_place_id NOT IN ($junctions) ORDER BY s.id % 101 LIMIT 1";
}
$one->query('BEGIN');
$one->query(fresh_rule($_, $_ * 10 + 2)) for 1 .. 4;
same($one, 'new junctions, own');
is(sources($one, 1), '0 3 0', 'by the rows, and nobody builds what others do not see');
is(sources($two, 1), '3 0 0', 'others still have the graph');
$one->query('ROLLBACK');
same($one, 'new junctions, undone');
is(sources($one, 1), '3 0 0', 'by the graph again');
$one->query(fresh_rule($_, $_ * 10 + 2)) for 1 .. 4;
is($one->query("SELECT cost IS NOT NULL FROM timevmaps.tv_route_cost(1, 11, 10005, 10160)"), 't', 'a timeline that the rule is not of');
is(sources(fresh(), 1), '0 3 0', 'by the rows');
same($one, 'new junctions');
same($two, 'new junctions, another session');
my @built = counted();
same($one, 'new junctions, later') for 1 .. 2;
cmp_ok((counted())[2], '>', 0, 'built again');
is(sources($one, $_), '3 0 0', "world $_: by the new graph") for 1 .. 4;

# Segments at junctions come, go and move.
my $at = '(SELECT FROM timevmaps.turns t WHERE t.via_place_id IN (s.a_place_id, s.b_place_id))';
for my $edit (
	['a new segment' => "INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
		SELECT s.world_id, s.a_place_id, s.b_place_id + 1, 700, 90 FROM timevmaps.segments s WHERE EXISTS $at AND s.b_place_id % 13 < 10 AND s.id % 53 = 3"],
	['other directions' => "UPDATE timevmaps.segments s SET oneway = NOT oneway WHERE EXISTS $at AND s.id % 41 = 5"],
	['other ends' => "UPDATE timevmaps.segments s SET a_place_id = b_place_id, b_place_id = a_place_id WHERE EXISTS $at AND s.id % 43 = 5"],
	['moved ends' => "UPDATE timevmaps.segments s SET b_place_id = a_place_id + 1 WHERE EXISTS $at AND s.id % 47 = 5 AND s.a_place_id % 13 < 10"],
	['segments that go' => "DELETE FROM timevmaps.segments s WHERE EXISTS $at AND s.id % 59 = 5"])
{
	my ($what, $sql) = @$edit;
	$one->query('BEGIN');
	$one->query($sql);
	same($one, "$what, own");
	$one->query('ROLLBACK');
	same($one, "$what, undone", 1 + $n++ % 4);
	$one->query($sql);
	same($one, $what) for 1, 2;
	same($two, $what, 1 + $n % 4);
}

# What turning back costs is a rule of the world.
for my $rules ('{"sr": false, "u_turn_s": 20}', '{"sr": false, "u_turn_s": "no"}', '{"sr": false}')
{
	$one->query('BEGIN');
	$one->query("UPDATE timevmaps.worlds SET rules = '$rules'");
	same($one, "$rules, own");
	$one->query($rules =~ /20/ ? 'ROLLBACK' : 'COMMIT');
	same($one, $rules) for 1, 2;
	same($two, $rules, 1 + $n++ % 4);
	is(sources($one, $_), '3 0 0', "world $_: by the graph") for 1 .. 4;
}

# A branch made later, by who has its parent's layer and by who has not.
$one->query("INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT w * 10 + 5, w, 'late', w * 10 + 3 FROM generate_series(1, 4) w");
$one->query("INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule)
	SELECT l.id, t.from_segment_id, t.via_place_id, t.to_segment_id, 'only' FROM timevmaps.turns t
		JOIN timevmaps.timelines l ON l.world_id = t.world_id AND l.label = 'late' WHERE t.id % 3 = 0 ON CONFLICT DO NOTHING");
sub late
{
	my ($session, $world) = @_;
	my $sum = "SELECT md5(string_agg(to_jsonb(s)::text, '' ORDER BY n, s.seq)) FROM timevmaps.timelines t, generate_series(1, 6) n,
		timevmaps.tv_route_steps($world, t.id, $world * 10000 + n * 31 % 169, $world * 10000 + n * 77 % 169) s WHERE t.world_id = $world AND t.label = 'late'";
	my $prepared = $session->query($sum);
	my $rows = $session->query("SET timevmaps.prepared_graph = off; $sum; RESET timevmaps.prepared_graph");
	return is($prepared, $rows, "world $world: a branch made later");
}
for my $session ($one, fresh()) { late($session, $_) for 1, 3, 4 }

# At random: two sessions edit, undo and keep, and ask in turn.  A seed gives the same again.
my $state = ($ENV{TV_TURN_SEED} // 5) * 7919;
sub any { my ($of) = @_; $state = ($state * 1103515245 + 12345) % 2147483648; return int(($state >> 8) / 8388608 * $of) }
my @more = (
	@edits,
	(map { my $w = $_; ['a rule anywhere' => "SELECT setseed({n} / 1e6); SELECT rules($w, 1)"] } 1 .. 4),
	['a rule for all' => "UPDATE timevmaps.turns SET rule = 'only', penalty_s = NULL WHERE timeline_id IS NULL AND id % 13 = {n} % 13"],
	['a segment' => "INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id)
		SELECT p.world_id, p.id, p.id + 1, 500, 60, p.id % 2 = 0, CASE WHEN p.id % 3 = 0 THEN p.world_id * 10 + 2 END FROM timevmaps.places p WHERE p.id % 10000 = {n} % 160"],
	['directions' => 'UPDATE timevmaps.segments SET oneway = NOT oneway WHERE id % 10000 = {n} % 300'],
	['ends' => 'UPDATE timevmaps.segments SET a_place_id = b_place_id, b_place_id = a_place_id WHERE id % 10000 = {n} % 300'],
	['no segment' => 'DELETE FROM timevmaps.segments WHERE id % 10000 = {n} % 300'],
	['nothing said of a branch' => 'DELETE FROM timevmaps.turns WHERE timeline_id % 10 = {n} % 5']);
my @session = ($one, $two);
my @open = (0, 0);
my $steps = $ENV{TV_TURN_STEPS} // 60;
for my $step (1 .. $steps)
{
	my $who = any(2);
	my $chance = any(100);
	my $session = $session[$who];
	if ($chance < 45)
	{
		my ($what, $sql) = @{ $more[any(scalar @more)] };
		my $number = any(1000000);
		$sql =~ s/\{n\}/$number/g;
		my $answer = $session->run("SET lock_timeout = '100ms'; $sql");
		if ($answer->{sqlstate} ne '' && $open[$who]) { $session->run('ROLLBACK'); $open[$who] = 0 }
	}
	elsif ($chance < 60)
	{
		$session->run($open[$who] ? ($chance < 52 ? 'COMMIT' : 'ROLLBACK') : 'BEGIN');
		$open[$who] = 1 - $open[$who];
	}
	elsif ($chance < 63 && !$open[$who]) { $session->run('SELECT FROM timevmaps.tv_prepare_graph(' . (1 + any(4)) . ')') }
	else { same($session, "at random, step $step", 1 + any(4)) }
}
$_->run('ROLLBACK') for @session;

# Nothing of what a crash undoes is in the files.
$one->query('BEGIN');
$one->query("DELETE FROM timevmaps.turns");
same($one, 'without rules');
undef $one;
undef $two;
$cluster->stop('immediate');
$cluster->start;
same(fresh(), 'after a crash');
note("$asked comparisons");
done_testing();
