# Gateways that a session keeps: whatever happens to them, its routes are made of those that it would read.
# Every answer is compared with Bellman-Ford over the rows (test/lib/oracle.sql), in a session that has kept others.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/test/lib/oracle.sql");
is($status, 0, 'the oracle is there') or BAIL_OUT($err);

# Two worlds of three timelines each; all ways from one timeline to another are gateways.
$cluster->query('app', <<'SQL');
CREATE ROLE player LOGIN IN ROLE tv_player;
CREATE ROLE stranger LOGIN;
GRANT USAGE ON SCHEMA timevmaps TO stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA timevmaps TO stranger;
INSERT INTO timevmaps.worlds (id, name, rules, visibility)
SELECT w, w, '{"sr": false, "clock": "local"}', 'public' FROM generate_series(1, 2) w;
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id)
SELECT w * 10 + t, w, t, CASE WHEN t > 1 THEN w * 10 + t - 1 END FROM generate_series(1, 2) w, generate_series(1, 3) t;
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT w * 100 + n, w, n % 5, n / 5 FROM generate_series(1, 2) w, generate_series(1, 20) n;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT w, w * 100 + n, w * 100 + 1 + n % 20, 500 + n * 7919 % 900, 30 + n * 13 % 60 FROM generate_series(1, 2) w, generate_series(1, 20) n;
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, bidirectional)
SELECT n, f.id, f.world_id * 100 + 1 + n * 7 % 20, t.id, t.world_id * 100 + 1 + n * 3 % 20, 10 + n % 7, 20, n % 3 = 0
FROM generate_series(1, 40) n
JOIN (SELECT row_number() OVER (ORDER BY id) i, * FROM timevmaps.timelines) f ON f.i = 1 + n % 6
JOIN (SELECT row_number() OVER (ORDER BY id) i, * FROM timevmaps.timelines) t ON t.i = 1 + (n + 1 + n / 6 % 5) % 6
WHERE f.id <> t.id;
SELECT setval(pg_get_serial_sequence('timevmaps.gateways', 'id'), 100);
SQL
$cluster->query('app', "SELECT timevmaps.tv_prepare_graph($_)") for 1, 2;

my $round = 0;
sub question { $round++; return sprintf "oracle.complaints('{%s}', 'local')", join ',', map { $round * 7919 + $_ * 104729 } 1 .. 5 }
sub is_right { my ($session, $what) = @_; return is($session->run('SELECT ' . join ' || ', map { question() } 1 .. 6)->{rows}, '', $what) }

# What all timelines cost each other, as one value: that an edit has changed something.
sub costs
{
	my ($session) = @_;
	return $session->query('SELECT md5(string_agg(format(\'%s %s %s\', f.id, t.id, c.cost), E\'\n\' ORDER BY f.id, t.id)) FROM timevmaps.timelines f, timevmaps.timelines t LEFT JOIN LATERAL ' .
		'(SELECT min(cost) AS cost FROM generate_series(1, 20, 6) a, timevmaps.tv_route_cost(f.world_id, f.id, f.world_id * 100 + a, t.world_id * 100 + 21 - a, t.id, \'local\')) c ON true');
}

my ($one, $two, $reader) = map { TvSession->new($cluster, 'app', $_) } qw(one two reader);
is_right($_, 'at first') for $one, $two, $reader;
my $first = costs($one);
$reader->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is(costs($reader), $first, 'a reader that will keep its snapshot');

# What a transaction has changed itself, it sees; what it took back, it does not.
$one->query('BEGIN');
for my $edit ('UPDATE timevmaps.gateways SET fidelity = 0 WHERE id % 4 = 1', 'DELETE FROM timevmaps.gateways WHERE id % 5 = 2',
	'INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (11, 101, 23, 220, 1), (12, 107, 13, 114, 0)')
{
	my $before = costs($one);
	$one->query("SAVEPOINT s; $edit");
	is_right($one, "own: $edit");
	isnt(my $after = costs($one), $before, 'which changes something');
	$one->query('ROLLBACK TO s');
	is(costs($one), $before, 'until it is taken back');
	$one->query($edit);
	is(costs($one), $after, 'and done again');
	is(costs($two), $first, 'which nobody else sees');
}
$one->query('ROLLBACK');
is(costs($one), $first, 'all of it taken back');

# In a session that has kept nothing yet, too.
my $new = TvSession->new($cluster, 'app', 'new');
$new->query('BEGIN; UPDATE timevmaps.gateways SET fidelity = 0');
is_right($new, 'its first answer is of own changes');
$new->query('ROLLBACK');
is(costs($new), $first, 'and its next is not');

# Committed by others, one by one, as a worker does it.
for my $id (3, 7, 7, 12)
{
	$two->query("UPDATE timevmaps.gateways SET fidelity = CASE fidelity WHEN 1 THEN 0.4 ELSE 0 END, measured_at = clock_timestamp() WHERE id = $id");
	is_right($one, "another has measured gateway $id");
}
isnt(costs($one), $first, 'which changes something');
is(costs($one), costs($two), 'for all');
is(costs($reader), $first, 'but not for who has an older snapshot');
is_right($reader, 'who is right');
$one->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is(costs($one), costs($two), 'a new snapshot');
$two->query('UPDATE timevmaps.gateways SET base_penalty_s = base_penalty_s * 3, from_place_id = from_place_id / 100 * 100 + 21 - from_place_id % 100 WHERE id < 20');
isnt(costs($one), costs($two), 'moved and dearer since');
is_right($one, 'right all the same');
$one->query('UPDATE timevmaps.gateways SET bidirectional = NOT bidirectional WHERE id > 20');
is_right($one, 'with own changes on an older snapshot');
$one->query('COMMIT');
is_right($_, 'after both') for $one, $two, $reader;
$reader->query('COMMIT');
is(costs($reader), costs($two), 'the reader at last');

# So many other changes that what is kept is dated anew; own ones among them, taken back.
$two->query("BEGIN; UPDATE timevmaps.gateways SET fidelity = 0 WHERE id % 2 = 0");
is_right($two, 'own changes');
for (1 .. 20) { $one->query("UPDATE timevmaps.segments SET speed_kph = speed_kph + 1 WHERE id = $_") }
is_right($_, 'after many other changes') for $one, $two;
$two->query('ROLLBACK');
is_right($_, 'and own ones taken back') for $one, $two;

# Triggers that were disabled, a table that was written anew or emptied.
$two->query('ALTER TABLE timevmaps.gateways DISABLE TRIGGER USER; UPDATE timevmaps.gateways SET base_penalty_s = 3 WHERE id % 3 = 1');
is_right($_, 'changed unseen') for $one, $two;
$two->query('ALTER TABLE timevmaps.gateways ENABLE TRIGGER gateways_fill, ENABLE REPLICA TRIGGER gateways_log_row, ' . join ', ', map { "ENABLE ALWAYS TRIGGER gateways_log_$_" } qw(begin insert update delete truncate));
is_right($_, 'and seen again') for $one, $two;
$two->query('CLUSTER timevmaps.gateways USING gateways_pkey');
is_right($one, 'the table written anew');
$one->query('BEGIN; TRUNCATE timevmaps.gateways CASCADE');
is_right($one, 'own TRUNCATE');
$one->query('ROLLBACK');
is_right($one, 'taken back');
my $kept = costs($one);
$two->query('CREATE TABLE public.all_gateways AS SELECT * FROM timevmaps.gateways; TRUNCATE timevmaps.gateways CASCADE');
isnt(costs($one), $kept, 'TRUNCATE by another');
is_right($one, 'is seen');
$two->query('INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional) ' .
	'SELECT id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional FROM public.all_gateways');
is(costs($one), $kept, 'and that all are there again');

# Inside a statement that changes them.
$one->query('CREATE TABLE public.found (what text); CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.found SELECT ' .
	join(' || ', map { question() } 1 .. 4) . '; RETURN NULL; END $$; CREATE TRIGGER a_look AFTER INSERT OR UPDATE OR DELETE ON timevmaps.gateways FOR EACH ROW EXECUTE FUNCTION public.look()');
$one->query('UPDATE timevmaps.gateways SET base_penalty_s = base_penalty_s + 100 WHERE id % 11 = 1; DELETE FROM timevmaps.gateways WHERE id % 13 = 1');
is($one->query("SELECT count(*) > 3 AND bool_and(what = '') FROM public.found"), 't', 'right in the middle of it');
$one->query('DROP TRIGGER a_look ON timevmaps.gateways; DROP TABLE public.found');

# Policies of the user's own, altered ones, and who our policies say nothing to; in one session, after one who sees all.
my $role = sub { $one->query($_[0] eq '' ? 'RESET ROLE' : "SET ROLE $_[0]") };
my $all = costs($one);
$role->('player');
is(costs($one), $all, 'a player sees them all');
for my $policy ('CREATE POLICY mine ON timevmaps.gateways AS RESTRICTIVE FOR SELECT TO player USING (id % 2 = 0)',
	'ALTER POLICY gateways_read ON timevmaps.gateways USING (id % 2 = 0)', 'ALTER POLICY gateways_read ON timevmaps.gateways TO tv_admin',
	'ALTER POLICY gateways_read ON timevmaps.gateways TO tv_admin, tv_player; DROP POLICY gateways_admin ON timevmaps.gateways',
	'CREATE POLICY mine ON timevmaps.timelines AS RESTRICTIVE FOR SELECT TO player USING (id <> 12)',
	"UPDATE timevmaps.worlds SET visibility = 'private' WHERE id = 2")
{
	$role->('');
	$one->query("BEGIN; $policy");
	is(costs($one), $all, "the owner is not bound: $policy");
	$role->('player');
	is_right($one, 'the player is');
	isnt(costs($one), $all, 'and sees less') unless $policy =~ /DROP/;
	$one->query('ROLLBACK');
	$role->('player');
	is(costs($one), $all, 'no longer');
}
$role->('');
$one->query('BEGIN; CREATE POLICY all_worlds ON timevmaps.worlds FOR SELECT TO stranger USING (true); CREATE POLICY all_timelines ON timevmaps.timelines FOR SELECT TO stranger USING (true);' .
	join '', map { "CREATE POLICY all_rows ON timevmaps.$_ FOR SELECT TO stranger USING (true);" } qw(places segments segment_overrides));
$one->query('GRANT USAGE ON SCHEMA oracle TO stranger; GRANT SELECT ON ALL TABLES IN SCHEMA oracle TO stranger; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA timevmaps TO stranger;
	GRANT EXECUTE ON FUNCTION timevmaps_internal.tv_sees(bigint) TO stranger');
$role->('stranger');
is_right($one, 'who no policy shows gateways to has none');
isnt(costs($one), $all, 'others have');
$role->('');
$one->query('GRANT tv_player TO stranger');
$role->('stranger');
is(costs($one), $all, 'until he becomes a player');
$role->('');
$one->query('REVOKE tv_player FROM stranger');
$role->('stranger');
is_right($one, 'and no longer when he is none');
$one->query('ROLLBACK');
$role->('');
$one->query('BEGIN; REVOKE SELECT ON timevmaps.gateways FROM tv_player');
$role->('player');
is($one->run('SELECT * FROM timevmaps.tv_route_cost(1, 11, 101, 102)')->{sqlstate}, '42501', 'without the right to read them');
$one->query('ROLLBACK');
$role->('');

# Whoever no policies of his own bind is answered from the graph, whatever his search path: no segment is read.
for my $path ('pg_catalog', 'timevmaps, public')
{
	my $player = TvSession->new($cluster, 'app', "a player with the search path $path");
	$player->query("SET search_path = $path; SET ROLE player");
	my $scans = q(SELECT pg_stat_get_xact_tuples_returned(c) + pg_stat_get_xact_tuples_fetched(c) FROM CAST('timevmaps.segments' AS regclass) c);
	costs($player);				# reads what is still to be prepared
	$player->query('BEGIN');
	my $before = $player->query($scans);
	costs($player);
	is($player->query($scans), $before, "no segment is read with the search path $path");
}

# The worlds and timelines around them.
$two->query(q(UPDATE timevmaps.worlds SET rules = '{"sr": false, "clock": "local", "max_speed_mps": 5}' WHERE id = 2));
isnt(costs($one), $all, 'other rules in a world');
is_right($one, 'are kept to');
$two->query('DELETE FROM timevmaps.gateways WHERE 13 IN (from_timeline_id, to_timeline_id); DELETE FROM timevmaps.timelines WHERE id = 13');
is_right($one, 'a timeline is gone');
is($one->run('SELECT * FROM timevmaps.tv_route_cost(1, 11, 101, 102, 13)')->{sqlstate}, 'PT404', 'and not found');
$two->query("INSERT INTO timevmaps.worlds (id, name, rules) VALUES (3, 'three', '{}'); INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (31, 3, 'a'); INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (301, 3, 0, 0);" .
	'INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (11, 101, 31, 301), (31, 301, 22, 220)');
is_right($one, 'a world more');
unlike($cluster->log_text, qr/PANIC|terminated by signal/, 'the server stood');
done_testing();
