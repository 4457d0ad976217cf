# Whatever way the rows change that feed a graph, or the log that tells of it: an answer from a prepared graph
# is the answer of the rows, or the change is refused.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
# 20 by 20 places, so that a graph is made by itself.
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}');
	INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
	INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 1, (n - 1) / 20 * 0.01, (n - 1) % 20 * 0.01 FROM generate_series(1, 400) n;
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
	SELECT row_number() OVER (), 1, a, b, 1000 + (a * 7919 + b) % 500, 36
	FROM (SELECT n, n + 1 FROM generate_series(1, 400) n WHERE n % 20 > 0 UNION ALL SELECT n, n + 20 FROM generate_series(1, 380) n) s (a, b);
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) SELECT 2, s.id, s.length_m + 1000 FROM timevmaps.segments s WHERE s.id % 3 = 0;
	INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 200, 2, 200, 7);
	ANALYZE});
my $ask = q{SELECT concat_ws(' ', a.distance_m, a.local_seconds, b.distance_m, b.local_seconds, c.local_seconds) FROM timevmaps.tv_route_cost(1, 1, 1, 400) a,
	timevmaps.tv_route_cost(1, 2, 1, 400) b, timevmaps.tv_route_cost(1, 1, 1, 400, 2) c};
my ($warm, $rows, $last);
sub sessions
{
	($warm, $rows) = map { TvSession->new($cluster, 'app', $_) } 'warm', 'rows';
	$rows->query('SET timevmaps.prepared_graph = off');
	$last = $warm->query($ask);
	return;
}
sessions();
is($last, $rows->query($ask), 'at first');
is($cluster->query('app', q{SELECT count(*) FROM timevmaps.tv_graph_status() WHERE kind = 'graph'}), '1', '... from a graph');

# Whether graphs are made and used, so that the next change can be missed.
sub relied { return is($cluster->sqlstate('app', 'SELECT timevmaps.tv_prepare_graph(1)'), '', '... and graphs are used') }

# The same from a session that had the graph, from a new one and from the rows; and another than before.
sub changed
{
	my ($what, @statements) = @_;
	my $editor = TvSession->new($cluster, 'app', 'editor');
	for (@statements)
	{
		my $answer = $editor->run($_);
		is($answer->{sqlstate}, '', "$what: done") if $answer->{sqlstate};
	}
	my $right = $rows->query($ask);
	isnt($right, $last, "$what: changes the answer");
	is($warm->query($ask), $right, '... which a session finds that had a graph');
	is($cluster->query('app', $ask), $right, '... and a new one');
	$last = $right;
	return;
}

my $longer = 'SET length_m = length_m + 1';
changed('an update', "UPDATE timevmaps.segments $longer");

# The log itself.
for my $statement ('TRUNCATE timevmaps.network_changes', 'UPDATE timevmaps.network_changes SET world_id = 2', "UPDATE timevmaps.network_changes SET ids = '{}' WHERE false",
	'SET session_replication_role = replica; TRUNCATE timevmaps.network_changes')
{
	is($cluster->sqlstate('app', $statement), '55000', "refused: $statement");
}
changed('rows of the log removed', "UPDATE timevmaps.segments $longer", 'DELETE FROM timevmaps.network_changes');
changed('... and once more, the mark of it too', "UPDATE timevmaps.segments $longer", 'DELETE FROM timevmaps.network_changes');
changed('... in the same transaction', 'BEGIN', "UPDATE timevmaps.segments $longer", 'DELETE FROM timevmaps.network_changes', 'COMMIT');
changed('... by an administrator', "UPDATE timevmaps.segments $longer", 'SET ROLE tv_admin', "DELETE FROM timevmaps.network_changes WHERE kind = 's'");
changed('... of gateways', 'UPDATE timevmaps.gateways SET base_penalty_s = base_penalty_s + 1', 'DELETE FROM timevmaps.network_changes');
changed('... of all worlds', 'TRUNCATE timevmaps.segment_overrides', 'DELETE FROM timevmaps.network_changes WHERE world_id = 0');
changed('... as a replica', 'SET session_replication_role = replica', "UPDATE timevmaps.segments $longer", 'DELETE FROM timevmaps.network_changes');
{
	# Whoever saw it before still does, under his snapshot.
	my $old = TvSession->new($cluster, 'app', 'old');
	$old->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
	my $then = $old->query($ask);
	changed('... under an older snapshot', "UPDATE timevmaps.segments $longer", 'DELETE FROM timevmaps.network_changes');
	is($old->query($ask), $then, '... that sees what it saw');
	$old->query('COMMIT');
	# A graph that is built while an older transaction runs is good all the same, and not built for every question.
	$old->query('BEGIN');
	$old->query('SELECT pg_current_xact_id()');
	changed('... while a transaction runs', "UPDATE timevmaps.segments $longer", 'DELETE FROM timevmaps.network_changes');
	my $built = 'SELECT max(built_at) FROM timevmaps.tv_graph_status() WHERE kind = \'graph\'';
	my $first = $cluster->query('app', $built);
	$warm->query($ask) for 1 .. 3;
	is($cluster->query('app', $built), $first, '... one graph for it');
	$old->query('ROLLBACK');
}
my $modes = 'SELECT string_agg(name, $$,$$) FROM timevmaps.tv_init()';
changed('the log without its triggers', 'ALTER TABLE timevmaps.network_changes DISABLE TRIGGER ALL', "UPDATE timevmaps.segments $longer", 'DELETE FROM timevmaps.network_changes');
is($cluster->query('app', $modes), 'access', '... which tv_init() sets again');
changed('... and they are', "UPDATE timevmaps.segments $longer");
changed('the log without its triggers for a moment', 'ALTER TABLE timevmaps.network_changes DISABLE TRIGGER network_changes_log_refuse', "UPDATE timevmaps.segments $longer", 'TRUNCATE timevmaps.network_changes',
	'ALTER TABLE timevmaps.network_changes ENABLE ALWAYS TRIGGER network_changes_log_refuse');
changed('a rule on the log', 'CREATE RULE nothing AS ON INSERT TO timevmaps.network_changes DO INSTEAD NOTHING', "UPDATE timevmaps.segments $longer");
changed('... gone again', 'DROP RULE nothing ON timevmaps.network_changes', "UPDATE timevmaps.segments $longer");
relied();
changed('a trigger on the log', 'CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
	'CREATE TRIGGER nothing BEFORE INSERT ON timevmaps.network_changes FOR EACH ROW EXECUTE FUNCTION public.nothing()', "UPDATE timevmaps.segments $longer");
changed('... gone again', 'DROP TRIGGER nothing ON timevmaps.network_changes', "UPDATE timevmaps.segments $longer");
# Whatever it is called, and so for a trigger of somebody else's on a table.
changed('... by a name as ours have', 'CREATE TRIGGER network_changes_log_skip BEFORE INSERT ON timevmaps.network_changes FOR EACH ROW EXECUTE FUNCTION public.nothing()',
	"UPDATE timevmaps.segments $longer");
changed('... and then', "UPDATE timevmaps.segments $longer");
changed('... gone again', 'DROP TRIGGER network_changes_log_skip ON timevmaps.network_changes', "UPDATE timevmaps.segments $longer");
changed('a trigger on a table', 'CREATE TRIGGER segments_log_copy AFTER UPDATE ON timevmaps.segments FOR EACH STATEMENT EXECUTE FUNCTION public.nothing()',
	'ALTER TABLE timevmaps.segments ENABLE ALWAYS TRIGGER segments_log_copy', "UPDATE timevmaps.segments $longer");
relied();
changed('... gone again', 'DROP TRIGGER segments_log_copy ON timevmaps.segments', "UPDATE timevmaps.segments $longer");
relied();

# The triggers that write it.
changed('triggers off, and on as pg_restore leaves them', 'ALTER TABLE timevmaps.segments DISABLE TRIGGER ALL', "UPDATE timevmaps.segments $longer", 'ALTER TABLE timevmaps.segments ENABLE TRIGGER ALL');
is($cluster->query('app', $modes), 'access', '... which tv_init() sets again');
is($cluster->query('app', $modes), '', '... once');
changed('one trigger off', 'ALTER TABLE timevmaps.segments DISABLE TRIGGER segments_log_update', "UPDATE timevmaps.segments $longer");
changed('... and on', 'ALTER TABLE timevmaps.segments ENABLE ALWAYS TRIGGER segments_log_update', "UPDATE timevmaps.segments $longer");
relied();
changed('a replica', 'SET session_replication_role = replica', "UPDATE timevmaps.segments $longer");

# Tables under other names and in other places.
changed('another name', 'BEGIN', 'ALTER TABLE timevmaps.segments RENAME TO roads', "UPDATE timevmaps.roads $longer", 'ALTER TABLE timevmaps.roads RENAME TO segments', 'COMMIT');
changed('... one after the other', 'ALTER TABLE timevmaps.segments RENAME TO roads', "UPDATE timevmaps.roads $longer", 'ALTER TABLE timevmaps.roads RENAME TO segments');
changed('... for a table emptied', 'INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) SELECT 2, s.id, s.length_m + 500 FROM timevmaps.segments s WHERE s.id % 3 = 0');
changed('... is truncated under another name', 'BEGIN', 'ALTER TABLE timevmaps.segment_overrides RENAME TO o', 'TRUNCATE timevmaps.o', 'ALTER TABLE timevmaps.o RENAME TO segment_overrides', 'COMMIT');
$cluster->query('app', 'CREATE SCHEMA elsewhere; ALTER TABLE timevmaps.segments SET SCHEMA elsewhere');
is($cluster->sqlstate('app', "UPDATE elsewhere.segments $longer"), '55000', 'another schema: nothing is changed there');
$cluster->query('app', 'ALTER TABLE elsewhere.segments SET SCHEMA timevmaps');
is($warm->query($ask), $last, '... and all is as it was');
relied();

# Inheritance: rows in children are read with the table's, and a parent's statements reach it without its triggers.
changed('a row of a child', 'CREATE TABLE public.shortcuts () INHERITS (timevmaps.segments)',
	'INSERT INTO public.shortcuts (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (10000, 1, 1, 400, 50, 36)');
changed('... updated there', "UPDATE public.shortcuts $longer");
changed('... and by way of its parent', "UPDATE timevmaps.segments $longer");
changed('... no child any more', 'ALTER TABLE public.shortcuts NO INHERIT timevmaps.segments');
changed('a child of the overrides', 'CREATE TABLE public.more_overrides () INHERITS (timevmaps.segment_overrides)', 'INSERT INTO public.more_overrides (world_id, timeline_id, segment_id, length_m) SELECT 1, 2, id, 3000 FROM timevmaps.segments');
changed('... is gone', 'DROP TABLE public.more_overrides');
changed('a child of the gateways', 'CREATE TABLE public.more_gateways () INHERITS (timevmaps.gateways)',
	'INSERT INTO public.more_gateways (id, from_world_id, from_timeline_id, from_place_id, to_world_id, to_timeline_id, to_place_id) VALUES (10000, 1, 1, 1, 1, 2, 400)');
changed('... is gone', 'DROP TABLE public.more_gateways');
relied();
changed('a parent', 'CREATE TABLE public.lengths (length_m double precision)', 'ALTER TABLE timevmaps.segments INHERIT public.lengths', "UPDATE public.lengths $longer");
changed('... again', "UPDATE public.lengths $longer");
changed('... no parent any more', "UPDATE public.lengths $longer", 'ALTER TABLE timevmaps.segments NO INHERIT public.lengths');
changed('... for a moment', 'ALTER TABLE timevmaps.segments INHERIT public.lengths', "UPDATE public.lengths $longer", 'ALTER TABLE timevmaps.segments NO INHERIT public.lengths');
relied();

# Other values without a rewrite, or with one.
changed('a column dropped and added', 'ALTER TABLE timevmaps.segments DROP COLUMN base_drag', 'ALTER TABLE timevmaps.segments ADD COLUMN base_drag double precision NOT NULL DEFAULT 0.5');
changed('columns under each other\'s names', map { "ALTER TABLE timevmaps.segments RENAME COLUMN $_" } 'length_m TO x', 'speed_kph TO length_m', 'x TO speed_kph');
changed('... and back', map { "ALTER TABLE timevmaps.segments RENAME COLUMN $_" } 'length_m TO x', 'speed_kph TO length_m', 'x TO speed_kph');
changed('another type', 'ALTER TABLE timevmaps.segments ALTER COLUMN length_m TYPE double precision USING length_m + 1');
relied();

# Other statements than the usual.
changed('MERGE', 'MERGE INTO timevmaps.segments s USING (SELECT 1) o ON true WHEN MATCHED THEN UPDATE SET length_m = s.length_m + 1');
changed('ON CONFLICT', 'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT id, world_id, a_place_id, b_place_id, length_m, speed_kph FROM timevmaps.segments '
	. 'ON CONFLICT (id) DO UPDATE SET length_m = excluded.length_m + 1');
changed('a view', 'CREATE VIEW public.roads AS SELECT * FROM timevmaps.segments', "UPDATE public.roads $longer");
changed('a rule on a table', 'CREATE TABLE public.orders (n int)', "CREATE RULE more AS ON INSERT TO public.orders DO INSTEAD UPDATE timevmaps.segments $longer", 'INSERT INTO public.orders VALUES (1)');
my $file = $cluster->dir . '/data/frozen';
changed('COPY FREEZE', "COPY (SELECT 1, 2, s.id, s.length_m + 700 FROM timevmaps.segments s) TO '$file'", 'BEGIN', 'TRUNCATE timevmaps.segment_overrides',
	"COPY timevmaps.segment_overrides (world_id, timeline_id, segment_id, length_m) FROM '$file' (FREEZE)", 'COMMIT');
relied();

# What a crash empties.
changed('an unlogged log', 'ALTER TABLE timevmaps.network_changes SET UNLOGGED', "UPDATE timevmaps.segments $longer");
$warm->query($ask);
$cluster->query('app', "UPDATE timevmaps.segments $longer");
$cluster->stop('immediate');
$cluster->start;
sessions();
is($last, $rows->query($ask), '... that a crash has emptied');
is($cluster->sqlstate('app', 'SELECT timevmaps.tv_prepare_graph(1)'), '55000', '... and no graph is made there');
changed('a log again', 'ALTER TABLE timevmaps.network_changes SET LOGGED', "UPDATE timevmaps.segments $longer");
relied();
changed('unlogged overrides', 'ALTER TABLE timevmaps.segment_overrides SET UNLOGGED', 'UPDATE timevmaps.segment_overrides SET length_m = length_m + 100');
$cluster->stop('immediate');
$cluster->start;
my $before = $last;
sessions();
is($last, $rows->query($ask), '... that a crash has emptied');
isnt($last, $before, '... as it is seen');
done_testing();
