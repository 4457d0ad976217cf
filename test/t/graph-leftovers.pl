# Files of prepared graphs: those of dropped databases, deleted worlds and branches, and of killed builders go; those
# in use stay, through restarts as well; base backups have none.
use strict;
use warnings;
use Test::More;
use File::Path ();
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off', 'jit = off']);
my $data = $cluster->dir . '/data';
$cluster->setup('model');
# Two worlds of 12 by 12 places, a branch with overrides.
$cluster->query('model', q{
    INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one'), (2, 'two');
    INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
    INSERT INTO timevmaps.places (id, world_id, lat, lon)
    SELECT w * 1000 + x * 12 + y, w, x * 0.01, y * 0.01 FROM generate_series(1, 2) w, generate_series(0, 11) x, generate_series(0, 11) y;
    INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
    SELECT row_number() OVER (ORDER BY p.id, q.id), p.world_id, p.id, q.id, 500 + (p.id * 7919 + q.id * 31) % 900, 50
    FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = p.world_id AND abs(p.lat - q.lat) + abs(p.lon - q.lon) < 0.011 AND p.id < q.id;
    INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 25 FROM timevmaps.segments WHERE world_id = 1 AND id % 90 = 0;
});
$cluster->query('model', 'SELECT timevmaps.tv_stop_worker()');	# which would have to leave for each copy

sub pg { return $cluster->query('postgres', $_[0]) }
sub folder { my $oid = pg("SELECT oid FROM pg_database WHERE datname = '$_[0]'"); return "$data/timevmaps/pgsql_tmp.$oid" }
sub make { my ($name, $more) = @_; pg("CREATE DATABASE $name TEMPLATE model" . ($more // '')); return }
sub prepare { $cluster->query($_[0], "SELECT timevmaps.tv_prepare_graph($_)") for 1, 2; return }
my $route = 'SELECT count(*) FROM timevmaps.tv_route_cost(1, 2, 1000, 1143)';
sub until_gone { my ($file, $seconds) = @_; my $end = time + ($seconds // 20); sleep 0.1 while -e $file && time < $end; return !-e $file }
sub inode { return (stat $_[0])[1] }
sub spit { my ($file) = @_; open my $out, '>', $file or die "$file: $!"; print $out 'x' x 100; close $out; return }
sub restart_worker
{
	my ($database) = @_;
	$cluster->query($database, 'SELECT timevmaps.tv_stop_worker()');
	$cluster->poll($database, 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()');
	$cluster->query($database, 'SELECT timevmaps.tv_start_worker()');
	return;
}

# ---------------------------------------------------------------- dropped databases, by the launcher
make($_) for 'app', 'other';
prepare($_) for 'app', 'other';
my %folder = map { $_ => folder($_) } 'app', 'other';
$cluster->query('app', $route);
ok(-e "$folder{$_}/w1.graph", "$_ has its graph") for 'app', 'other';
ok(-e "$folder{app}/w1.t2.traveler.weights" || -e "$folder{app}/w1.t2.local.weights", 'and the branch its weights') or diag `ls $folder{app}`;
my $inode = inode("$folder{app}/w1.graph");
pg('DROP DATABASE other');
ok(until_gone($folder{other}), 'with a database its files go');
is(inode("$folder{app}/w1.graph"), $inode, 'the other keeps its own');

# A new database with an old one's id, while the launcher looks.
my $missing = 0;
for my $i (1 .. 5)
{
	make('reused', ' OID 90000');
	prepare('reused');
	$missing++ if !-e "$data/timevmaps/pgsql_tmp.90000/w2.graph";
	make("noise$i") if $i > 3;
	pg('DROP DATABASE reused');
}
is($missing, 0, 'a database that is made with the id of a dropped one keeps its files');
pg("DROP DATABASE noise$_") for 4, 5;
ok(until_gone("$data/timevmaps/pgsql_tmp.90000"), 'until it is dropped');

# ---------------------------------------------------------------- deleted worlds and branches, by a worker
my ($weights) = glob "$folder{app}/w1.t2.*.weights";
spit("$folder{app}/w1.graph.tmp.2147483000");
my $session = TvSession->new($cluster, 'app', 'a builder');
my $pid = $session->query('SELECT pg_backend_pid()');
spit("$folder{app}/w9.graph.tmp.$pid");
$cluster->query('app', 'DELETE FROM timevmaps.segment_overrides; DELETE FROM timevmaps.timelines WHERE id = 2;
	DELETE FROM timevmaps.segments WHERE world_id = 2; DELETE FROM timevmaps.places WHERE world_id = 2; DELETE FROM timevmaps.timelines WHERE world_id = 2; DELETE FROM timevmaps.worlds WHERE id = 2');
restart_worker('app');
ok(until_gone($weights), 'with a branch its weights go');
ok(until_gone("$folder{app}/w2.graph"), 'with a world its graph');
is(join(' ', glob "$folder{app}/w2.*"), '', 'and all else');
ok(until_gone("$folder{app}/w1.graph.tmp.2147483000"), 'what a killed builder left goes');
ok(-e "$folder{app}/w9.graph.tmp.$pid", 'but not what is being written');
is(inode("$folder{app}/w1.graph"), $inode, 'the graph in use stays');
undef $session;

# ---------------------------------------------------------------- restarts, backups, without preloading
for my $mode ('fast', 'immediate')
{
	$cluster->stop($mode);
	$cluster->start;
	is(inode("$folder{app}/w1.graph"), $inode, "a restart ($mode) keeps the graph");
}
my $dir = $cluster->dir;
$cluster->tool('run', 'pg_basebackup', '-D', "$dir/backup", '-c', 'fast', '-U', 'postgres');
is(join(' ', glob "$dir/backup/timevmaps/*"), '', 'a base backup has none of the files');
make('gone');
prepare('gone');
$folder{gone} = folder('gone');
pg("ALTER SYSTEM SET shared_preload_libraries = 'plpgsql'");
$cluster->stop;
$cluster->start;
pg('DROP DATABASE gone');
sleep 1;
ok(-e $folder{gone}, 'without preloading nobody notices');
$cluster->query('app', 'SELECT timevmaps.tv_start_worker()');
ok(until_gone($folder{gone}), 'but the next worker, of whatever database');
make('gone');
prepare('gone');
$folder{gone} = folder('gone');
pg('DROP DATABASE gone');
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');
ok(!-e $folder{gone}, 'or who prepares a graph');

# The backup as a server: it builds its own.
$cluster->stop;
rename $data, "$dir/before" or die;
rename "$dir/backup", $data or die;
$cluster->start;
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_route_cost(1, 1, 1000, 1143)'), '1', 'a restored server has routes');
ok(-e "$folder{app}/w1.graph", 'and makes its own files');
unlike($cluster->log_text, qr/TRAP:|PANIC:|could not (?:remove|create)/, 'nothing strange in the log');
done_testing();
