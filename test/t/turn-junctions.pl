# Prepared graphs answer by rules for turns as the rows do: rules at junctions that the graph has not split, segments
# there that come, go and move, what turning back costs, branches made later, and a server that is killed.
use strict;
use warnings;
use Test::More;
use TvTurns;

my $turns = TvTurns->new;
my $n = 0;
my ($one, $two) = ($turns->fresh('one'), $turns->fresh('two'));
$one->query("SELECT * FROM timevmaps.tv_prepare_graph($_)") for 1 .. 4;
$turns->same($_, 'prepared') for $one, $two;

# Where the graph has split nothing, the rows are asked until it is built again.
my $junctions = q(SELECT DISTINCT via_place_id FROM timevmaps.turns);
sub fresh_rule
{
	my ($world, $timeline) = @_;
	return "INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule)
		SELECT $timeline, s.id, s.b_place_id, r.id, 'no' FROM timevmaps.segments s JOIN timevmaps.segments r ON r.a_place_id = s.b_place_id
		WHERE s.world_id = $world AND s.timeline_id IS NULL AND r.timeline_id IS NULL AND s.b_place_id NOT IN ($junctions) ORDER BY s.id % 101 LIMIT 1";
}
$one->query('BEGIN');
$one->query(fresh_rule($_, $_ * 10 + 2)) for 1 .. 4;
$turns->same($one, 'new junctions, own');
is($turns->sources($one, 1), '0 3 0', 'by the rows, and nobody builds what others do not see');
is($turns->sources($two, 1), '3 0 0', 'others still have the graph');
$one->query('ROLLBACK');
$turns->same($one, 'new junctions, undone');
is($turns->sources($one, 1), '3 0 0', 'by the graph again');
my @before = $turns->counted;
$one->query(fresh_rule($_, $_ * 10 + 2)) for 1 .. 4;
is($one->query("SELECT cost IS NOT NULL FROM timevmaps.tv_route_cost(1, 11, 10005, 10160)"), 't', 'a timeline that the rule is not of');
is($turns->sources($turns->fresh, 1), '0 3 0', 'by the rows');
$turns->same($one, 'new junctions');
$turns->same($two, 'new junctions, another session');
$turns->same($one, 'new junctions, later') for 1 .. 2;
cmp_ok(($turns->counted)[2], '>', $before[2], 'built again');
is($turns->sources($one, $_), '3 0 0', "world $_: by the new graph") for 1 .. 4;

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
	$turns->same($one, "$what, own");
	$one->query('ROLLBACK');
	$turns->same($one, "$what, undone", 1 + $n++ % 4);
	$one->query($sql);
	$turns->same($one, $what) for 1, 2;
	$turns->same($two, $what, 1 + $n % 4);
}

# What turning back costs is a rule of the world.
for my $rules ('{"sr": false, "u_turn_s": 20}', '{"sr": false, "u_turn_s": "no"}', '{"sr": false}')
{
	$one->query('BEGIN');
	$one->query("UPDATE timevmaps.worlds SET rules = '$rules'");
	$turns->same($one, "$rules, own");
	$one->query($rules =~ /20/ ? 'ROLLBACK' : 'COMMIT');
	$turns->same($one, $rules) for 1, 2;
	$turns->same($two, $rules, 1 + $n++ % 4);
	is($turns->sources($one, $_), '3 0 0', "world $_: by the graph") for 1 .. 4;
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
for my $session ($one, $turns->fresh) { late($session, $_) for 1, 3, 4 }

# Nothing of what a crash undoes is in the files.
$one->query('BEGIN');
$one->query("DELETE FROM timevmaps.turns");
$turns->same($one, 'without rules');
undef $one;
undef $two;
$turns->crash;
$turns->same($turns->fresh, 'after a crash');
note($turns->asked . " comparisons");
done_testing();
