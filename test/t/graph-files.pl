# The files of prepared graphs may be damaged, lost, replaced or left over from a crash: routes stay
# those of the tables, nothing crashes, and no temporary file stays behind.
use strict;
use warnings;
use Test::More;
use POSIX ();
use File::Copy ();
use File::Path ();
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', 'wal_writer_delay = 10s']);
for my $database ('app', 'other')
{
	$cluster->setup($database);
	my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', "$ENV{TV_REPO}/test/lib/oracle.sql");
	die $err if $status;
	# Two worlds, grids of 12 by 12 and 13 by 13 places: large enough to be prepared without being asked for.
	my $more = $database eq 'app' ? 0 : 50;
	$cluster->query($database, <<"SQL");
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}'), (2, 'two', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon)
SELECT w * 1000 + x * (11 + w) + y, w, x * 0.01, y * 0.01 FROM generate_series(1, 2) w, generate_series(0, 10 + w) x, generate_series(0, 10 + w) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT p.world_id, p.id, q.id, 500 + (p.id * 7919 + q.id * 31) % 900, 30 + $more + (p.id + q.id) * 13 % 60
FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = p.world_id AND abs(p.lat - q.lat) + abs(p.lon - q.lon) < 0.011 AND p.id < q.id;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph)
SELECT 2, id, id % 11 = 0, 25 + id % 40 FROM timevmaps.segments WHERE world_id = 1 AND id % 90 = 0;
SQL
}
if ($cluster->query('app', "SELECT to_regprocedure('timevmaps.tv_prepare_graph(bigint)') IS NOT NULL") ne 't')
{
	plan skip_all => 'tv_prepare_graph() does not exist yet';
}

my $data = $cluster->dir . '/data';
my %oid = map { $_ => $cluster->query('postgres', "SELECT oid FROM pg_database WHERE datname = '$_'") } 'app', 'other';
my %files = map { $_ => "$data/timevmaps/pgsql_tmp.$oid{$_}" } keys %oid;
my $graph = "$files{app}/w1.graph";
my $round = 0;

# A session's routes are what its rows say.  The first pick says from where: the 144 places of timeline 1, then those of
# timeline 2; mostly these, by turns and by each metric, else any.
sub is_right
{
	my ($session, $what) = @_;
	my $found = '';
	for my $metric ("'local'", "'distance'")
	{
		my $origin = $round % 5 == 4 ? $round * 7919 : (int($round / 2) + $round) % 2 * 144 + $round * 7919 % 144;
		my $picks = join ',', $origin, map { $round * 7919 + $_ * 104729 } 2 .. 3;
		$round++;
		my $answer = $session->run("SELECT oracle.complaints('{$picks}', $metric)");
		$found .= $answer->{rows};
	}
	return is($found, '', $what);
}

sub fresh { return TvSession->new($cluster, $_[0] // 'app', 'new session') }
sub prepare { my ($database) = @_; $cluster->query($database, "SELECT * FROM timevmaps.tv_prepare_graph($_)") for 1, 2; return }

sub slurp { my ($name) = @_; open my $file, '<:raw', $name or return ''; local $/; return scalar <$file> }

# Into the very file, so that whoever has mapped it sees it.
sub scribble
{
	my ($name, $offset, $bytes) = @_;
	open my $file, '+<:raw', $name or die "$name: $!";
	seek $file, $offset, 0;
	print $file $bytes;
	close $file;
	return;
}

# A new file, under the name.
sub replace
{
	my ($name, $bytes) = @_;
	open my $file, '>:raw', "$name.new" or die "$name: $!";
	print $file $bytes;
	close $file;
	chown((stat $data)[4, 5], "$name.new");
	rename "$name.new", $name or die;
	return;
}

sub leftovers
{
	my ($database) = @_;
	opendir my $folder, $files{$database} or return '';
	return join ' ', sort grep { !/^\.\.?$/ && !/^w[1-9]\d*\.(graph|order|t[1-9]\d*\.\w+\.(weights|base))$/ } readdir $folder;
}

prepare($_) for 'app', 'other';
ok(-s $graph, 'a file for the graph') or diag(`ls -lR $data/timevmaps`);
my $open = fresh();
is_right($open, 'routes from it');
is_right($open, 'and again') for 1 .. 2;
# The weights of the root, which its branch shares; what differs from them in the branch.
my ($whole, $branch) = ("$files{app}/w1.t1.local.base", "$files{app}/w1.t2.local.weights");
is_right($_, 'and weights') for $open, $open, fresh(), fresh();
ok(-s $_, "$_ is there") for $whole, $branch, "$files{app}/w1.t1.local.weights";
ok(!-e "$files{app}/w1.t2.local.base", 'the branch has no weights of everything');

# tv_graph_status() lists what is on disk.
my @listed = split /\n/, $cluster->query('app', 'SELECT concat_ws(\' \', world_id, coalesce(timeline_id, 0), coalesce(metric, \'-\'), kind, bytes, round(extract(epoch FROM built_at))) '
	. 'FROM timevmaps.tv_graph_status()');
my @there = map { m{/w(\d+)(?:\.t(\d+)\.(\w+))?\.(\w+)$} or die $_; join ' ', $1, $2 // 0, $3 // '-', $4, (stat $_)[7, 9] } glob "$files{app}/w*";
is(join("\n", sort @listed), join("\n", sort @there), 'tv_graph_status() lists the files and their sizes');
is(scalar(grep { / graph / } @listed), 2, 'two graphs');
is(scalar(grep { /^1 1 local base / } @listed), 1, 'weights of everything');
is(scalar(grep { /^1 2 local weights / } @listed), 1, 'what differs in a branch');
is($cluster->query('app', 'SELECT bool_and(version IS NOT NULL AND places = CASE world_id WHEN 1 THEN 144 ELSE 169 END) FROM timevmaps.tv_graph_status()'), 't', 'and what the graphs are like');

# Byte by byte, in the header and through all sections, while a session has it mapped.
for my $name ($graph, $whole, $branch)
{
	# A graph that is built again takes the weights on the one before it along.
	for (1 .. 20) { last if -s $name; is_right(fresh(), 'weights again') }
	ok(-s $name, 'there is a file to damage');
	my $size = -s $name;
	my ($base) = $name =~ m{([^/]+)$};
	my $wrong = 0;
	for my $offset ((map { $_ * 8 } 0 .. 7), (map { int($size * ($_ + 0.5) / 16) } 0 .. 15), $size - 1)
	{
		# It has been built again since, or not yet.
		next unless -s $name;
		next if $offset >= -s $name;
		my $byte = substr slurp($name), $offset, 1;
		scribble($name, $offset, chr(ord($byte) ^ 0x15));
		is_right(fresh(), "$base: byte $offset flipped, a new session") or $wrong++;
		is_right($open, "$base: byte $offset flipped, a session that had mapped it") or $wrong++;
		last if $wrong > 4;
	}
}
is_right(fresh(), 'built again');

# Cut short, empty, longer, gone, garbage, another's, while in use.
my %damage = (
	'cut in half' => sub { truncate $_[0], (-s $_[0]) / 2 },
	'cut by a byte' => sub { truncate $_[0], (-s $_[0]) - 1 },
	'cut to its header' => sub { truncate $_[0], 64 },
	'empty' => sub { truncate $_[0], 0 },
	'longer' => sub { scribble($_[0], -s $_[0], 'x' x 100) },
	'deleted' => sub { unlink $_[0] },
	'garbage' => sub { srand 5; replace($_[0], join '', map { chr int rand 256 } 1 .. 5000) },
	'zeros' => sub { replace($_[0], "\0" x (-s $_[0])) },
	'another world\'s' => sub { replace($_[0], slurp($_[0] =~ s{/w1\.t[12]}{/w2.t3}r =~ s{/w1\.graph}{/w2.graph}r)) },
	'another kind\'s' => sub { replace($_[0], slurp($_[0] eq $whole ? $graph : $whole)) },
	'another database\'s' => sub { replace($_[0], slurp($_[0] =~ s{/$oid{app}/}{/$oid{other}/}r)) },
	'another timeline\'s' => sub { replace($_[0], slurp($_[0] =~ s{\.t([12])\.(.*)base}{.t3.$2base}r =~ s{\.t2\.}{.t1.}r)) },
	'a pipe' => sub { unlink $_[0]; POSIX::mkfifo($_[0], 0600); chown +(stat $data)[4, 5], $_[0] },
	'a folder' => sub { unlink $_[0]; mkdir $_[0] },
	'not to be read' => sub { chmod 0, $_[0]; chown 0, 0, $_[0] },
);
for my $what (sort keys %damage)
{
	for my $name ($whole, $branch, $graph)
	{
		my ($base) = $name =~ m{([^/]+)$};
		for (1 .. 9) { last if -f $name; is_right($_, 'as before') for $open, fresh() }
		ok(-f $name, "$base is there");
		$damage{$what}->($name);
		is_right($open, "$base $what: a session that had mapped it");
		is_right(fresh(), "$base $what: a new session") for 1, 2;
		is_right($open, "$base $what: the first again") for 1, 2;
		if (-d $name) { rmdir $name }
		elsif (-e $name && !((stat $name)[2] & 0400)) { unlink $name }
	}
}

# The folder, while in use; a folder that cannot be written to.
File::Path::remove_tree("$data/timevmaps");
is_right($open, 'all files gone: a session that had mapped them');
is_right(fresh(), 'all files gone: a new session');
is_right($open, 'and the first again');
SKIP:
{
	skip 'needs root', 6 if $>;
	File::Path::remove_tree("$data/timevmaps");
	mkdir "$data/timevmaps" or die;
	is_right($open, 'a folder of another owner: a session that had mapped them');
	is_right(fresh(), 'a new session');
	my $patient = fresh();
	my $refusals = () = $cluster->log_text =~ /could not create/g;
	is($patient->run('SELECT count(*) FROM generate_series(1, 20) i, LATERAL timevmaps.tv_route_cost(1, 1, 1000, 1100 + i)')->{rows}, '20', 'twenty routes');
	is(scalar(() = $cluster->log_text =~ /could not create/g), $refusals + 1, 'do not each try to build it again');
	my $answer = fresh()->run('SELECT * FROM timevmaps.tv_prepare_graph(1)');
	like($answer->{sqlstate}, qr/^(58030|42501|)$/, 'tv_prepare_graph() says so');
	chown((stat $data)[4, 5], "$data/timevmaps");
	is_right(fresh(), 'and is given to the server');
}
prepare('app');

# A restart finds the files; a crash forgets what was not flushed, and the files know no more than the tables.
my $before = join ' ', map { "$_ " . (stat $_)[1] } glob "$files{app}/w1.graph";
undef $open;
$cluster->stop('fast');
$cluster->start;
is_right(fresh(), 'after a restart');
is(join(' ', map { "$_ " . (stat $_)[1] } glob "$files{app}/w1.graph"), $before, 'from the same file');
for my $crash (1 .. 4)
{
	my $editor = fresh();
	my $reader = fresh();
	$editor->query('SET synchronous_commit = off');
	is_right($reader, "crash $crash: before");
	$editor->query("UPDATE timevmaps.segments SET speed_kph = 20 + (id * $crash * 7) % 80 WHERE world_id = 1 AND id % 2 = 0");
	$editor->query("DELETE FROM timevmaps.segments WHERE id % 97 = $crash") if $crash > 1;
	$editor->query("INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 2, id, true FROM timevmaps.segments WHERE world_id = 1 AND id % 50 = $crash ON CONFLICT (timeline_id, segment_id) DO UPDATE SET closed = true");
	is_right($reader, "crash $crash: a commit that is not flushed");
	$reader->query('SELECT * FROM timevmaps.tv_prepare_graph(1)') if $crash % 2;
	is_right(fresh(), "crash $crash: in a new session");
	# What comes after the last file was written is lost.
	$editor->query("UPDATE timevmaps.segments SET length_m = length_m + 100 WHERE world_id = 1 AND id % 5 = $crash");
	is_right($reader, "crash $crash: one more");
	$editor->query("BEGIN; UPDATE timevmaps.segments SET speed_kph = 500 WHERE world_id = 1");
	is_right($editor, "crash $crash: and one that is never committed");
	undef $_ for $editor, $reader;
	$cluster->stop('immediate');
	$cluster->start;
	is_right(fresh(), "crash $crash: afterwards");
}
my ($name) = glob "$files{app}/w1.graph";
$cluster->stop('immediate');
scribble($name, int((-s $name) / 2), 'torn page') if $name;
replace("$files{app}/w2.graph", '');
$cluster->start;
is_right(fresh(), 'a crash that tore files');

# The extension goes and comes; what was edited in between counts.
my $old = fresh();
is_right($old, 'before DROP EXTENSION');
$cluster->query('app', 'SET client_min_messages = warning; DROP EXTENSION timevmaps');
$cluster->query('app', 'UPDATE timevmaps.segments SET speed_kph = 111 - speed_kph WHERE speed_kph BETWEEN 20 AND 100 AND world_id = 1');
$cluster->query('app', 'DELETE FROM timevmaps.segment_overrides WHERE segment_id % 7 = 3');
$cluster->query('app', 'CREATE EXTENSION timevmaps');
is_right(fresh(), 'edited while the extension was gone');
is_right($old, 'edited while the extension was gone: a session from before');

# All tables made anew, in the same database: identifiers begin again.
is_right($old, 'before the tables go');
$cluster->query('app', <<'SQL');
SET client_min_messages = warning;
CREATE TABLE public.kept_places AS SELECT id, world_id, lat, lon FROM timevmaps.places;
CREATE TABLE public.kept_segments AS SELECT id, world_id, a_place_id, b_place_id, length_m, speed_kph FROM timevmaps.segments;
DROP EXTENSION timevmaps;
DROP SCHEMA timevmaps, timevmaps_internal CASCADE;
CREATE EXTENSION timevmaps;
SELECT timevmaps.tv_init();
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}'), (2, 'two', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT id, world_id, lon, lat FROM public.kept_places;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT id, world_id, a_place_id, b_place_id, speed_kph, length_m / 20 FROM public.kept_segments;
SQL
is_right($old, 'tables made anew: a session from before');
is_right(fresh(), 'tables made anew: a new session');
$cluster->query('app', "INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 5 FROM timevmaps.segments WHERE world_id = 1 AND id % 4 = 0");
is_right($old, 'and edited');
prepare('app');
is_right($old, 'and prepared');
undef $old;

# A database made from this one has the rows and none of the files.
$cluster->query('postgres', 'CREATE DATABASE twin TEMPLATE app');
$cluster->query('twin', 'UPDATE timevmaps.segments SET speed_kph = speed_kph + 7 WHERE id % 2 = 0');
is_right(fresh('twin'), 'a copy of the database');
is_right(fresh('app'), 'and the original');
is(leftovers('app'), '', 'no other files are left');
is(leftovers('other'), '', 'nor there');

# A graph that takes long is cancelled without a trace.
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (3, 'large', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (9, 3, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 100000 + x * 150 + y, 3, x * 0.01, y * 0.01 FROM generate_series(0, 149) x, generate_series(0, 149) y;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT id + d * 1000000, 3, id, id + d, 100 + id * 7919 % 500, 50 FROM timevmaps.places, unnest(ARRAY[1, 150]) d
WHERE world_id = 3 AND id + d < 100000 + 150 * 150 AND (d = 150 OR (id - 100000) % 150 < 149);
SQL
my $hasty = fresh();
for my $timeout (1, 5, 20, 60, 120, 200)
{
	$hasty->run("SET statement_timeout = $timeout; SELECT * FROM timevmaps.tv_prepare_graph(3)");
	is($hasty->run("SET statement_timeout = 0; SELECT count(*) FROM timevmaps.tv_route_cost(3, 9, 100000, 122499)")->{rows}, '1', "after a build that was cancelled in $timeout ms") if $timeout % 20 == 0;
}
is(leftovers('app'), '', 'no files of cancelled builds are left');
undef $hasty;

# Files of what is gone are swept away when a graph is prepared.
is(fresh()->run('SELECT count(*) FROM timevmaps.tv_route_cost(1, 2, 1000, 1143)')->{rows}, '1', 'a branch has weights of its own');
ok(-e "$files{app}/w1.t2.local.weights", 'in a file');
prepare('app');
ok(!-e "$files{app}/w1.t2.local.weights", 'which goes with the graph that it was for');
ok(-e "$files{app}/w3.graph", 'a world has its graph');
$cluster->query('app', 'ANALYZE timevmaps.segments');
$cluster->query('app', 'DELETE FROM timevmaps.segments WHERE world_id = 3; DELETE FROM timevmaps.places WHERE world_id = 3; '
	. 'DELETE FROM timevmaps.timelines WHERE world_id = 3; DELETE FROM timevmaps.worlds WHERE id = 3');
prepare('app');
is(join(' ', glob "$files{app}/w3.*"), '', 'which goes with the world');
is_right(fresh(), 'the other worlds keep theirs');
unlike($cluster->log_text, qr/PANIC|terminated by signal|TRAP|assert/i, 'the server stood');
done_testing();
