# Rules for turns and vehicle profiles as each snapshot, each role and each member sees them: from rows and from prepared graphs alike,
# in a session that has both warm.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
# In each world 1 - 2 - 3 takes 200 s, 1 - 4 - 3 300 s, identifiers of world w are 100 w higher.
$cluster->query('app', q{
	CREATE ROLE spy LOGIN IN ROLE tv_player;
	CREATE ROLE ann LOGIN IN ROLE tv_analyst;
	CREATE ROLE mia LOGIN IN ROLE tv_player;
	INSERT INTO timevmaps.worlds (id, name, owner, visibility, rules) VALUES (1, 'open', 'ann', 'public', '{"clock": "local"}'), (2, 'closed', 'ann', 'private', '{"clock": "local"}');
	INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (2, 'mia', 'player');
	INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT w * 100 + n, w, 't' || n, CASE WHEN n > 1 THEN w * 100 + n - 1 END FROM generate_series(1, 2) w, generate_series(1, 2) n;
	INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT w * 100 + n, w, n % 2, n / 2 FROM generate_series(1, 2) w, generate_series(1, 5) n;
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, class)
	SELECT w * 100 + n, w, w * 100 + a, w * 100 + b, l, 36, CASE WHEN n < 3 THEN 'main' END FROM generate_series(1, 2) w, (VALUES (1, 1, 2, 1000), (2, 2, 3, 1000), (3, 1, 4, 1500), (4, 4, 3, 1500), (5, 2, 5, 1000)) s (n, a, b, l)});
$cluster->query('app', "SELECT timevmaps.tv_prepare_graph($_)") for 1, 2;
my ($one, $two) = map { TvSession->new($cluster, 'app', $_) } 'one', 'two';

# The seconds from 1 to 3 on a timeline, from graphs and from rows; both where they differ.
sub route
{
	my ($session, $line, $more) = @_;
	my $world = int $line / 100;
	my @answers;
	for my $graph ('on', 'off')
	{
		$session->query("SET timevmaps.prepared_graph = $graph");
		my $answer = $session->run("SELECT coalesce(sum(local_seconds)::text, 'none') FROM timevmaps.tv_route_cost($world, $line, ${world}01, ${world}03" . ($more // '') . ')');
		push @answers, $answer->{sqlstate} || $answer->{rows};
	}
	return $answers[0] eq $answers[1] ? $answers[0] : "graph $answers[0], rows $answers[1]";
}
sub both { my ($session) = @_; return join ' ', map { route($session, $_) } 101, 102 }
sub rule { my ($world, $line, $rest) = @_; return "INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s, note) VALUES ($line, ${world}01, ${world}02, ${world}02, $rest)" }

# Snapshots.
is(both($_), '200 200', 'without rules') for $one, $two;
$one->query(rule(1, 102, q('no', NULL, 'secret')));
is(both($_), '200 300', 'a rule of the branch, at a junction that the graph has not split') for $one, $two;
$one->query('SELECT timevmaps.tv_prepare_graph(1)');
is(both($_), '200 300', '... and at one that it has') for $one, $two;
$one->query('BEGIN; UPDATE timevmaps.turns SET rule = $$cost$$, penalty_s = 30');
is(both($one), '200 230', 'own rows that are not committed');
is(both($two), '200 300', '... are nobody else\'s');
$one->query('SAVEPOINT s; DELETE FROM timevmaps.turns');
is(both($one), '200 200', 'taken away');
$one->query('ROLLBACK TO s');
is(both($one), '200 230', '... but not');
$two->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is(both($two), '200 300', 'a snapshot');
$one->query('COMMIT');
is(both($two), '200 300', '... stays as it is');
is(both($one), '200 230', '... whatever others have committed');
$two->query('COMMIT');
is(both($two), '200 230', '... which is seen by the next');
$one->query("SET session_replication_role = replica; UPDATE timevmaps.turns SET penalty_s = 70; RESET session_replication_role");
is(both($_), '200 270', 'a rule that comes by replication') for $one, $two;
$one->query('UPDATE timevmaps.segments SET b_place_id = 102, a_place_id = 104 WHERE id = 102; UPDATE timevmaps.segments SET a_place_id = 102, b_place_id = 103 WHERE id = 104');
is(route($_, 102), '250', 'another segment leads on from there: the rule is about the one that it names') for $one, $two;
$one->query('UPDATE timevmaps.segments SET a_place_id = 102, b_place_id = 103 WHERE id = 102; UPDATE timevmaps.segments SET a_place_id = 104, b_place_id = 103 WHERE id = 104');
is(both($_), '200 270', '... which it does again') for $one, $two;
$one->query('TRUNCATE timevmaps.turns');
is(both($_), '200 200', 'all at once are gone') for $one, $two;

# Inheritance.
$one->query(rule(1, 'NULL', q('no', NULL, NULL)));
is(both($_), '300 300', 'a rule of every timeline') for $one, $two;
$one->query(rule(1, 102, q('cost', 0, NULL)));
is(both($_), '300 200', '... lifted in a branch') for $one, $two;
$one->query(rule(1, 101, q('cost', 50, NULL)));
is(both($_), '250 200', '... and priced where it comes from') for $one, $two;
$one->query('DELETE FROM timevmaps.turns WHERE timeline_id = 102');
is(both($_), '250 250', 'which the branch inherits') for $one, $two;

# What is written while nothing writes it down.
$one->query('TRUNCATE timevmaps.turns; ALTER TABLE timevmaps.turns DISABLE TRIGGER turns_log_insert');
$one->query(rule(1, 101, q('no', NULL, NULL)));
is(both($_), '300 300', 'a trigger is off') for $one, $two;
is($one->query(q{SELECT string_agg(name, ',') FROM timevmaps.tv_init()}), 'access', 'tv_init() puts it on');
is(both($_), '300 300', '... and nothing is forgotten') for $one, $two;
$one->query('TRUNCATE timevmaps.turns');

# Roles: each sees what he may, in the same backend after all others.
$one->query(rule($_, 'NULL', q('no', NULL, 'secret'))) for 1, 2;
$one->query("SELECT timevmaps.tv_prepare_graph($_)") for 1, 2;
sub as { my ($role, $line) = @_; $one->query("SET SESSION AUTHORIZATION $role"); my $answer = route($one, $line); $one->query('RESET SESSION AUTHORIZATION'); return $answer }
sub each_of { my ($line) = @_; return join ' ', map { "$_ " . as($_, $line) } qw(postgres spy ann mia spy) }
is(each_of(101), 'postgres 300 spy 300 ann 300 mia 300 spy 300', 'a public world\'s rules hold for everybody');
is(each_of(201), 'postgres 300 spy PT404 ann 300 mia 300 spy PT404', 'a private world\'s for who sees it, as its roads do');
$one->query(q{CREATE POLICY mine ON timevmaps.turns AS RESTRICTIVE FOR SELECT TO spy USING (note IS DISTINCT FROM 'secret')});
is(each_of(101), 'postgres 300 spy 200 ann 300 mia 300 spy 200', 'what a policy hides from a role is not in its routes');
$one->query(q{UPDATE timevmaps.turns SET note = NULL});
is(each_of(101), 'postgres 300 spy 300 ann 300 mia 300 spy 300', '... until it shows it');
$one->query(q{UPDATE timevmaps.turns SET note = 'secret'; DROP POLICY mine ON timevmaps.turns});
is(each_of(101), 'postgres 300 spy 300 ann 300 mia 300 spy 300', 'without the policy');
$one->query(q{BEGIN; ALTER POLICY turns_read ON timevmaps.turns USING (timevmaps_internal.tv_sees(world_id) AND note IS NULL)});
is(each_of(101), 'postgres 300 spy 200 ann 200 mia 200 spy 200', 'the policy of tv_init() made narrower');
$one->query('ROLLBACK');
$one->query(q{BEGIN; REVOKE SELECT ON timevmaps.turns FROM tv_player});
is($one->run('SET SESSION AUTHORIZATION spy; SELECT local_seconds FROM timevmaps.tv_route_cost(1, 101, 101, 103)')->{sqlstate}, '42501', 'who may not read rules gets no route, however warm it is');
$one->query('ROLLBACK');
$one->query('RESET SESSION AUTHORIZATION');
$one->query('TRUNCATE timevmaps.turns');

# Profiles, by name.
$one->query(q{INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id, forbidden, props) VALUES (1, 'bike', NULL, '{main}', '{}'), (2, 'bike', NULL, '{main}', '{}')});
sub bike { my ($line) = @_; return join ' ', map { my $role = $_; $one->query("SET SESSION AUTHORIZATION $role"); my $answer = route($one, $line, ", profile => 'bike'"); $one->query('RESET SESSION AUTHORIZATION'); "$role $answer" } qw(postgres spy mia spy) }
is(bike(101), 'postgres 300 spy 300 mia 300 spy 300', 'a profile of a public world');
is(bike(201), 'postgres 300 spy PT404 mia 300 spy PT404', '... of a private one');
$one->query(q{CREATE POLICY mine ON timevmaps.vehicle_profiles AS RESTRICTIVE FOR SELECT TO spy USING (NOT props ? 'secret'); UPDATE timevmaps.vehicle_profiles SET props = '{"secret": true}'});
is(bike(101), 'postgres 300 spy PT404 mia 300 spy PT404', 'what a policy hides is not there');
$one->query(q{DROP POLICY mine ON timevmaps.vehicle_profiles});
$one->query(q{BEGIN; UPDATE timevmaps.vehicle_profiles SET forbidden = '{}', speeds = '{"main": 24}'});
is(route($one, 101, ", profile => 'bike'"), '300', 'own rows: slower over the one, and equal by the other');
$one->query(q{UPDATE timevmaps.vehicle_profiles SET speeds = '{"main": 30}'});
is(route($one, 101, ", profile => 'bike'"), '240', '... faster');
is(route($two, 101, ", profile => 'bike'"), '300', '... nobody else\'s');
$one->query('COMMIT');
is(route($_, 101, ", profile => 'bike'"), '240', '... until it is committed') for $one, $two;
$one->query(q{UPDATE timevmaps.worlds SET rules = rules || '{"profile": "bike"}'});
is(route($_, 101), '240', 'the world\'s profile') for $one, $two;
is(route($_, 101, q{, profile => 'none'}), '200', '... or none') for $one, $two;
$one->query(q{DELETE FROM timevmaps.vehicle_profiles});
is(route($_, 101), 'PT404', 'the world names one that is not there') for $one, $two;
undef $_ for $one, $two;
unlike($cluster->log_text, qr/PANIC|terminated by signal/, 'the server stood');
done_testing();
