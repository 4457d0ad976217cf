# A statement that is cancelled within a graph's weights says so, and from where, though the memory of what
# was being made is gone by then; the session goes on.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $side = 110;
$ENV{MALLOC_PERTURB_} = 165;    # what was freed is overwritten in this server
my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<"SQL");
INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1 + y * $side + x, 1, 50 + y * 0.0001, 10 + x * 0.0001 FROM generate_series(0, $side - 1) x, generate_series(0, $side - 1) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, id, id + d, 10, 36 FROM timevmaps.places, unnest(ARRAY[1, $side]) d WHERE id + d <= $side * $side AND (d > 1 OR id % $side > 0);
SQL
$cluster->query('app', 'SELECT timevmaps.tv_prepare_graph(1)');

my $times = 60;
my $statements = join "\n", 'SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 2000);', map { <<"SQL" } 1 .. $times;
BEGIN;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 18 FROM timevmaps.segments WHERE id % 50 = $_ % 50;
SET LOCAL statement_timeout = @{[ 10 + 3 * ($_ % 20) ]};
SELECT count(*) FROM timevmaps.tv_plan_route(1, 2, 1, $side * $side);
ROLLBACK;
SQL
my $script = $cluster->dir . '/cancel.sql';
open my $file, '>', $script or die "$script: $!";
print $file $statements, "SELECT 'the end';\n";
close $file;
my ($status, $out, $err) = $cluster->client('psql', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose', '-d', 'app', '-f', $script);
is($status, 0, 'psql goes on') or diag(substr $err, -400);
like($out, qr/^the end$/m, 'and so does its session');
my @errors = $err =~ /ERROR:  (.*)/g;
my @places = $err =~ /LOCATION:  (.*)/g;
ok(@errors >= 5, 'some were cancelled') or diag(scalar @errors);
is_deeply([ grep { !/^57014: canceling statement due to statement timeout/ } @errors ], [], 'all of them say so');
is_deeply([ grep { !/^ProcessInterrupts, postgres\.c:\d+$/ } @places ], [], 'and from where');
is(scalar @places, scalar @errors, 'each');
done_testing();
