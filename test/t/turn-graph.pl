# Prepared graphs answer by rules for turns as the rows do: files that others made, and edits of rules at junctions
# that the graph has split, committed, undone or seen by nobody else, in order and at random.
use strict;
use warnings;
use Test::More;
use TvTurns;

my $turns = TvTurns->new;
my ($one, $two) = ($turns->fresh('one'), $turns->fresh('two'));
$one->query("SELECT * FROM timevmaps.tv_prepare_graph($_)") for 1 .. 4;
$turns->same($one, 'prepared') for 1 .. 4;
$turns->same($two, 'from files of others') for 1 .. 2;
$turns->same($turns->fresh, 'a new session');

is($one->query("SELECT string_agg(DISTINCT places || ' ' || (junctions BETWEEN 30 AND 60), ';') FROM timevmaps.tv_graph_status() WHERE world_id < 3"), '169 true',
	'the status tells places as the tables have them, and how many are split');
is($one->query("SELECT count(*) FROM timevmaps.tv_graph_status() WHERE world_id IN (3, 4) AND junctions < 160"), '0', 'wherever one can turn back, if that costs something');

is($turns->sources($one, $_), '3 0 0', "world $_: by the graph") for 1 .. 4;

# Rules at junctions that the graph has split, changed, lifted and added there.
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
	$turns->same($one, "$what, own");
	$turns->same($two, "$what, of somebody else's transaction", 1 + $n % 4);
	$one->query('SAVEPOINT here; DELETE FROM timevmaps.turns WHERE id % 2 = 0');
	$turns->same($one, "$what, without half of the rules", 1 + $n % 4);
	$one->query('ROLLBACK TO here');
	$turns->same($one, "$what, back to a savepoint", 1 + $n % 4);
	$one->query($n % 2 ? 'ROLLBACK' : 'COMMIT');
	$turns->same($_, "$what, at the end", 1 + $n % 4) for $one, $two, $turns->fresh;
	next if $n % 2 == 0;
	$two->query($sql);
	$turns->same($one, "$what, committed");
	$turns->same($two, "$what, committed", 1 + $n % 4);
}
is($turns->sources($two, $_), '3 0 0', "world $_: by the graph still") for 1 .. 4;

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
	else { $turns->same($session, "at random, step $step", 1 + any(4)) }
}
$_->run('ROLLBACK') for @session;

note($turns->asked . " comparisons");
done_testing();
