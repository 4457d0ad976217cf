# Routes at odd moments: in the middle of a statement, under a cursor's snapshot, across prepared
# transactions, where rows change without statements, where identifiers are used again, and with
# more timelines than a session keeps.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', 'max_prepared_transactions = 5', 'wal_level = logical', 'max_files_per_process = 200']);
for my $database ('app', 'subscriber')
{
	$cluster->setup($database);
	my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', "$ENV{TV_REPO}/test/lib/oracle.sql");
	die $err if $status;
}
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (3, 1, 'a', 1), (5, 1, 'b', 3), (7, 1, 'c', 5);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 1, n % 5, n / 5 FROM generate_series(1, 25) n;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT n, 1, 1 + n % 25, 1 + (n + 1 + n / 25 * 4) % 25, 500 + n * 7919 % 900, 30 + n * 13 % 60 FROM generate_series(0, 74) m, LATERAL (SELECT m + 1) x (n);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 3, id, 200 FROM timevmaps.segments WHERE id % 4 = 0;
CREATE TABLE public.found (n bigserial, what text);
SQL
my $prepares = $cluster->query('app', "SELECT to_regprocedure('timevmaps.tv_prepare_graph(bigint)') IS NOT NULL") eq 't';
diag('tv_prepare_graph() does not exist yet') unless $prepares;
sub prepare { my ($database) = @_; $cluster->query($database, 'SELECT * FROM timevmaps.tv_prepare_graph(1)') if $prepares; return }
prepare('app');

my $round = 0;
sub question { $round++; return sprintf "oracle.complaints('{%s}', 'local')", join ',', map { $round * 7919 + $_ * 104729 } 1 .. 5 }
sub is_right
{
	my ($session, $what) = @_;
	my $query = 'SELECT ' . join ' || ', map { question() } 1 .. 3;
	return is($session->run($query)->{rows}, '', $what);
}
my $one = TvSession->new($cluster, 'app', 'one');
my $two = TvSession->new($cluster, 'app', 'two');
is_right($_, 'at first') for $one, $two;

# A snapshot from before a commit, though no transaction has begun since: what a graph was built of after
# it tells the two apart only by who was running.
$one->query('BEGIN');
$one->query('UPDATE timevmaps.segments SET speed_kph = speed_kph * 2 WHERE id % 3 = 1');
$cluster->query('app', 'SELECT pg_current_xact_id()');
$two->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
$two->query('SELECT count(*) FROM timevmaps.worlds');
$one->query('COMMIT');
prepare('app');
is_right($two, 'a snapshot that is older than the graph');
$two->query('COMMIT');
is_right($_, 'a snapshot that is newer than the graph') for $one, $two;

# Inside a statement: a row trigger of the user's, one before the log's own, a volatile function.
my $questions = join ' || ', map { question() } 1 .. 3;
$one->query(<<"SQL");
CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN INSERT INTO public.found (what) SELECT $questions; RETURN NULL; END \$\$;
CREATE TRIGGER a_row AFTER INSERT OR UPDATE OR DELETE ON timevmaps.segments FOR EACH ROW EXECUTE FUNCTION public.look();
CREATE TRIGGER a_statement AFTER INSERT OR UPDATE OR DELETE ON timevmaps.segments FOR EACH STATEMENT EXECUTE FUNCTION public.look();
CREATE TRIGGER a_row AFTER INSERT OR UPDATE OR DELETE ON timevmaps.segment_overrides FOR EACH ROW EXECUTE FUNCTION public.look();
CREATE TRIGGER a_row AFTER UPDATE ON timevmaps.places FOR EACH ROW EXECUTE FUNCTION public.look();
SQL
for my $edit ('UPDATE timevmaps.segments SET speed_kph = speed_kph * 3 WHERE id % 9 = 1', 'DELETE FROM timevmaps.segments WHERE id IN (4, 8, 11)',
	'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (201, 1, 1, 25, 10, 100), (202, 1, 3, 20, 10, 100)',
	'INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 5, id, true FROM timevmaps.segments WHERE id % 13 = 1',
	'UPDATE timevmaps.places SET lat = lat + 0.5 WHERE id % 8 = 2')
{
	$one->query('TRUNCATE public.found');
	is($one->run($edit)->{sqlstate}, '', $edit);
	is($one->query("SELECT count(*) > 1 AND bool_and(what = '') FROM public.found"), 't', 'right in the middle of it') or diag($one->query("SELECT what FROM public.found WHERE what <> '' LIMIT 2"));
	is_right($_, 'and after it') for $one, $two;
}
$one->query('DROP TRIGGER a_row ON timevmaps.segments; DROP TRIGGER a_statement ON timevmaps.segments; DROP TRIGGER a_row ON timevmaps.segment_overrides; DROP TRIGGER a_row ON timevmaps.places');
$one->query("CREATE FUNCTION public.glance(speed float) RETURNS float VOLATILE LANGUAGE plpgsql AS \$\$ BEGIN INSERT INTO public.found (what) SELECT $questions; RETURN speed; END \$\$");
$one->query('TRUNCATE public.found; UPDATE timevmaps.segments SET speed_kph = public.glance(speed_kph * 2) WHERE id % 20 = 3');
is($one->query("SELECT count(*) > 1 AND bool_and(what = '') FROM public.found"), 't', 'right in a function that an UPDATE calls') or diag($one->query("SELECT what FROM public.found WHERE what <> '' LIMIT 2"));
# One that fails half way leaves nothing behind.
isnt($one->run('UPDATE timevmaps.segments SET speed_kph = CASE WHEN id = 60 THEN -1 ELSE 500 END')->{sqlstate}, '', 'a statement that fails');
is_right($_, 'and after it') for $one, $two;

# A cursor sees what its snapshot saw, whatever has been edited since, here or there.
my $cursor = join ' || ', map { question() } 1 .. 3;
$one->query("BEGIN; UPDATE timevmaps.segments SET speed_kph = 77 WHERE id % 5 = 0; DECLARE c CURSOR FOR SELECT $cursor FROM generate_series(1, 3)");
is($one->query('FETCH 1 FROM c'), '', 'a cursor');
$one->query('UPDATE timevmaps.segments SET speed_kph = 12 WHERE id % 3 = 0; DELETE FROM timevmaps.segment_overrides WHERE segment_id % 8 = 0');
$two->query('UPDATE timevmaps.gateways SET fidelity = 1; INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) VALUES (7, 5, 444)');
is($one->query('FETCH 1 FROM c'), '', 'after edits of its own transaction and others');
is_right($one, 'beside a newer question');
is($one->query('FETCH 1 FROM c'), '', 'and once more');
$one->query('COMMIT');
is_right($_, 'after the cursor') for $one, $two;

# Prepared transactions.
$one->query("BEGIN; UPDATE timevmaps.segments SET speed_kph = 88 WHERE id % 6 = 0; PREPARE TRANSACTION 'later'");
is_right($_, 'a prepared transaction is not seen') for $one, $two;
prepare('app');
is_right($_, 'nor by a new graph') for $one, $two;
$cluster->stop('immediate');
$cluster->start;
($one, $two) = map { TvSession->new($cluster, 'app', $_) } 'one', 'two';
is_right($one, 'nor after a crash');
$two->query("COMMIT PREPARED 'later'");
is_right($_, 'it is when it is committed') for $one, $two;
$one->query("BEGIN; UPDATE timevmaps.segments SET speed_kph = 99 WHERE id % 6 = 1; PREPARE TRANSACTION 'never'");
is_right($_, 'another one') for $one, $two;
$two->query("ROLLBACK PREPARED 'never'");
is_right($_, 'rolled back') for $one, $two;

# Identifiers used again, under another grandparent.
prepare('app');
is_right($_, 'three generations') for $one, $two;
$one->query('BEGIN; DELETE FROM timevmaps.timelines WHERE id = 7; DELETE FROM timevmaps.timelines WHERE id = 5; ' .
	q(INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (5, 1, 'b', NULL), (7, 1, 'c', 5)));
is_right($_, 'the grandparent is another, not committed') for $one, $two;
$one->query('COMMIT');
is_right($_, 'and committed') for $one, $two;

# Rows that change without a statement trigger, or without any.
$one->query('ALTER TABLE timevmaps.segments ALTER COLUMN length_m TYPE double precision USING length_m * (1 + id % 3)');
is_right($_, 'a column rewritten') for $one, $two;
$one->query("SET session_replication_role = replica; UPDATE timevmaps.segments SET speed_kph = 33 WHERE id % 7 = 2; DELETE FROM timevmaps.segment_overrides WHERE segment_id % 12 = 0; RESET session_replication_role");
is_right($_, 'edited as a replica') for $one, $two;
$one->query('BEGIN; ALTER TABLE timevmaps.segments DISABLE TRIGGER USER; UPDATE timevmaps.segments SET speed_kph = 44 WHERE id % 7 = 3; ALTER TABLE timevmaps.segments ENABLE TRIGGER USER');
is_right($_, 'triggers disabled for a while, not committed') for $one;
$one->query('ROLLBACK');
is_right($_, 'rolled back') for $one, $two;

# Logical replication.
$cluster->query('app', 'CREATE PUBLICATION net FOR TABLE timevmaps.worlds, timevmaps.timelines, timevmaps.places, timevmaps.segments, timevmaps.segment_overrides, timevmaps.gateways');
$cluster->query('app', "SELECT pg_create_logical_replication_slot('net', 'pgoutput')");
$cluster->query('subscriber', sprintf q(CREATE SUBSCRIPTION net CONNECTION 'host=%s dbname=app user=postgres' PUBLICATION net WITH (create_slot = false, slot_name = 'net')), $cluster->socket_dir);
ok($cluster->poll('subscriber', "SELECT count(*) = 6 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel"), 'a subscriber');
prepare('subscriber');
my $far = TvSession->new($cluster, 'subscriber', 'subscriber');
is_right($far, 'as copied');
for my $edit ('UPDATE timevmaps.segments SET speed_kph = 150 WHERE id % 4 = 1', 'DELETE FROM timevmaps.segments WHERE id % 10 = 6', 'UPDATE timevmaps.places SET lon = lon + 0.25 WHERE id % 4 = 0',
	'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (301, 1, 2, 24, 10, 100)', 'TRUNCATE timevmaps.segment_overrides')
{
	$one->query($edit);
	my $lsn = $cluster->query('app', 'SELECT pg_current_wal_insert_lsn()');
	$cluster->poll('app', "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = 'net'");
	is_right($far, "replicated: $edit");
}
$cluster->query('subscriber', 'ALTER SUBSCRIPTION net DISABLE; ALTER SUBSCRIPTION net SET (slot_name = NONE); DROP SUBSCRIPTION net');
$cluster->poll('app', "SELECT NOT active FROM pg_replication_slots WHERE slot_name = 'net'");
$cluster->query('app', "SELECT pg_drop_replication_slot('net')");

# More timelines than a session keeps, joined by gateways, in one question; deep as well as wide.
$one->query(<<'SQL');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT n, 1, n, CASE WHEN n % 3 = 0 THEN 1 WHEN n > 101 THEN n - 1 END FROM generate_series(100, 180) n;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT t, 1 + (t * 7 + k * 11) % 75, 20 + (t * k) % 90 FROM generate_series(100, 180) t, generate_series(1, 3) k
    WHERE EXISTS (SELECT FROM timevmaps.segments s WHERE s.id = 1 + (t * 7 + k * 11) % 75) ON CONFLICT DO NOTHING;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
SELECT n, 1 + n % 25, n + 1, 1 + n * 3 % 25, 1, true FROM generate_series(100, 179) n;
SQL
is_right($one, 'eighty timelines') for 1 .. 2;
prepare('app');
is_right($_, 'eighty timelines, prepared') for $one, $two, $one;
# Whatever it has mapped, a session has descriptors left for other extensions.
$one->query('CREATE EXTENSION dblink');
is($one->run("SELECT dblink_connect('port=' || current_setting('port') || ' dbname=app host=' || current_setting('unix_socket_directories'))")->{rows}, 'OK', 'and a connection to another server');
$two->query('UPDATE timevmaps.segments SET speed_kph = speed_kph + 1 WHERE id % 6 = 2');
is_right($_, 'and edited') for $one, $two;

# The log of changes is a table like others, which may be given more columns.
$one->query('ALTER TABLE timevmaps.network_changes ' . join ', ', map { "ADD COLUMN more$_ text DEFAULT 'more'" } 1 .. 40);
$one->query('UPDATE timevmaps.segments SET speed_kph = speed_kph + 1 WHERE id % 6 = 3');
is_right($_, 'after columns were added to the log of changes') for $one, $two;
undef $_ for $one, $two, $far;
unlike($cluster->log_text, qr/PANIC|terminated by signal/, 'the server stood');
done_testing();
