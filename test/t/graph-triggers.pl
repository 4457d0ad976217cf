# Where the triggers that write the log of changes are not as they were made, as a restore with --disable-triggers leaves them, routes are right,
# a graph is refused before it is built, with what is wrong and what to do, and tv_init() mends it.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off']);
$cluster->setup('app');
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}');
	INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
	INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 1, (n - 1) / 20 * 0.01, (n - 1) % 20 * 0.01 FROM generate_series(1, 400) n;
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
	SELECT row_number() OVER (), 1, a, b, 1000 + (a * 7919 + b) % 500, 36
	FROM (SELECT n, n + 1 FROM generate_series(1, 400) n WHERE n % 20 > 0 UNION ALL SELECT n, n + 20 FROM generate_series(1, 380) n) s (a, b);
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) SELECT 2, s.id, s.length_m + 1000 FROM timevmaps.segments s WHERE s.id % 3 = 0;
	INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 200, 2, 200, 7)});
my $route = q{SELECT concat_ws(' ', a.local_seconds, b.local_seconds, c.local_seconds) FROM timevmaps.tv_route_cost(1, 1, 1, 400) a,
	timevmaps.tv_route_cost(1, 2, 1, 400) b, timevmaps.tv_route_cost(1, 1, 1, 400, 2) c};
my $problem = q{SELECT string_agg(DISTINCT coalesce(problem, 'none'), '; ') FROM timevmaps.tv_graph_status()};
my $changes = 'SELECT count(*) FROM timevmaps.network_changes';
my $init = q{SELECT string_agg(name, ',') FROM timevmaps.tv_init()};
my $mend = qr/HINT:  Run: SELECT \* FROM timevmaps\.tv_init\(\);/;

my %session;
sub session
{
	my ($database) = @_;
	if (!$session{$database})
	{
		$session{$database} = TvSession->new($cluster, $database);
		$session{$database}->query('\set VERBOSITY verbose');
		$session{$database}->query('SET client_min_messages = notice');
	}
	return $session{$database};
}
sub query { my ($database, $sql) = @_; return session($database)->query($sql) }

# What is said where a graph is asked for, without having begun to build it.
sub refused
{
	my ($database, $what, $detail, $hint) = @_;
	my $err = session($database)->run('SELECT timevmaps.tv_prepare_graph(1)')->{rows};
	like($err, qr/\AERROR:  55000: changes to the network are not written down\nDETAIL:  $detail\n$hint/, "$what: no graph is made, for a reason");
	return $err;
}
# The answers of sessions that may use graphs are those of the rows.
sub right
{
	my ($database, $what) = @_;
	is(query($database, $route), query($database, "SET timevmaps.prepared_graph = off; $route; RESET timevmaps.prepared_graph"), "$what: routes are right");
	return;
}
sub well
{
	my ($database, $what) = @_;
	is(session($database)->run('SELECT timevmaps.tv_prepare_graph(1)')->{sqlstate}, '', "$what: a graph is made");
	is(query($database, $problem), 'none', '... and used');
	right($database, $what);
	return;
}
well('app', 'at first');

# A restore into tables that are there, which disables all triggers and enables them as ordinary ones.
my $dump = $cluster->dir . '/app.dump';
$cluster->setup('copy');
my ($status, undef, $err) = $cluster->client('pg_dump', '-Fc', '--data-only', '--disable-triggers', (map { ('-T', "timevmaps.$_") } qw(schema_migrations quotas token_issuers)), '-f', $dump, 'app');
is($status, 0, 'pg_dump --data-only') or diag($err);
($status, undef, $err) = $cluster->client('pg_restore', '--data-only', '--disable-triggers', '--exit-on-error', '-d', 'copy', $dump);
is($status, 0, 'pg_restore --data-only --disable-triggers') or diag($err);
refused('copy', 'restored', 'Trigger network_changes_log_delete of timevmaps.network_changes does not fire in the sessions that it was made for.', $mend);
right('copy', 'restored');
like(query('copy', $problem), qr/^Trigger network_changes_log_delete .* Run: SELECT \* FROM timevmaps\.tv_init\(\);$/, '... tv_graph_status() says so, though there is no file');
is(query('copy', "SET ROLE tv_player; $problem; RESET ROLE"), query('copy', $problem), '... to everybody');
my $before = query('copy', $changes);
query('copy', 'UPDATE timevmaps.segments SET length_m = length_m + 1');
is(query('copy', $changes) - $before, 1, '... an update of all segments is one change');
right('copy', 'updated');
query('copy', 'DROP EXTENSION timevmaps');
query('copy', 'UPDATE timevmaps.segments SET length_m = length_m + 1');
is(query('copy', $changes) - $before, 2, '... also without the extension');
query('copy', 'SET session_replication_role = replica; ALTER TABLE timevmaps.segments ENABLE REPLICA TRIGGER segments_log_row; UPDATE timevmaps.segments SET length_m = length_m + 1 WHERE id = 1; RESET session_replication_role');
is(query('copy', $changes) - $before, 3, '... and a row that has come by replication is one');
query('copy', 'CREATE EXTENSION timevmaps');
is(query('copy', $init), 'access', '... tv_init() mends it');
is(query('copy', $init), '', '... once');
well('copy', 'mended');
query('copy', 'UPDATE timevmaps.segments SET length_m = length_m + 1');
right('copy', 'updated again');

# Each of them, off, as ENABLE TRIGGER leaves it, and for the other sessions.
for my $trigger (split /\n/, query('app', q{SELECT concat_ws(' ', c.relname, t.tgname, t.tgenabled) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
	WHERE NOT t.tgisinternal AND c.relnamespace = 'timevmaps'::regnamespace AND t.tgenabled <> 'O' ORDER BY 1}))
{
	my ($table, $name, $mode) = split / /, $trigger;
	my $logs = $table =~ /^(?:places|segments|segment_overrides|gateways|network_changes)$/ && $name !~ /_names_/;
	for my $turn ('DISABLE', 'ENABLE', $mode eq 'A' ? 'ENABLE REPLICA' : 'ENABLE ALWAYS')
	{
		query('app', "ALTER TABLE timevmaps.$table $turn TRIGGER $name");
		my $told = "Trigger $name of timevmaps.$table " . ($turn eq 'DISABLE' ? 'is disabled.' : 'does not fire in the sessions that it was made for.');
		refused('app', "$turn $name", $told, $mend) if $logs && $table ne 'gateways';
		like(query('app', $problem), qr/^\Q$told\E/, "$turn $name: tv_graph_status() says so") if $logs;
		right('app', "$turn $name") if $turn eq 'DISABLE';
		is(query('app', $init), 'access', "$turn $name: tv_init() mends it");
		is(query('app', "SELECT tgenabled FROM pg_trigger WHERE tgname = '$name' AND tgrelid = 'timevmaps.$table'::regclass"), $mode, '... as it was');
	}
}
well('app', 'each mended');

# What tv_init() cannot mend has a hint of its own, which is the statement to run.
for (
	[ 'a child', 'CREATE TABLE public.shortcuts () INHERITS (timevmaps.segments)', 'timevmaps\.segments has a child, public\.shortcuts, [^\n]*' ],
	[ 'a parent', 'CREATE TABLE public."Lengths" (length_m double precision); ALTER TABLE timevmaps.segments INHERIT public."Lengths"', 'timevmaps\.segments has a parent, public\."Lengths", [^\n]*' ],
	[ 'a child of the log', 'CREATE TABLE public.more () INHERITS (timevmaps.network_changes)', 'timevmaps\.network_changes has a child, public\.more, [^\n]*' ],
	[ 'an unlogged table', 'ALTER TABLE timevmaps.segment_overrides SET UNLOGGED', 'timevmaps\.segment_overrides is unlogged: [^\n]*' ],
	[ 'an unlogged log', 'ALTER TABLE timevmaps.network_changes SET UNLOGGED', 'timevmaps\.network_changes is unlogged: [^\n]*' ],
	[ 'a rule', 'CREATE RULE nothing AS ON INSERT TO timevmaps.network_changes DO INSTEAD NOTHING', 'Rule nothing of timevmaps\.network_changes [^\n]*' ],
	[ 'a trigger', 'CREATE TRIGGER "Skip" BEFORE INSERT ON timevmaps.network_changes FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'Trigger "Skip" of timevmaps\.network_changes [^\n]*' ])
{
	my ($what, $statement, $detail) = @$_;
	query('app', $statement);
	my $told = refused('app', $what, $detail, 'HINT:  Run: (?!SELECT)');
	right('app', $what) unless $what eq 'a trigger';
	my ($hint) = $told =~ /^HINT:  Run: (.*;)$/m;
	like(query('app', $problem), qr/\Q$hint\E$/, '... as tv_graph_status() says');
	query('app', $hint);
	well('app', "$what: $hint");
}
query('app', 'DROP TRIGGER segments_log_row ON timevmaps.segments');
refused('app', 'a trigger is dropped', 'Trigger segments_log_row of timevmaps\.segments is missing\.', 'HINT:  Restore it');
right('app', 'a trigger is dropped');
done_testing();
