# Where a route is planned from the rows, all reading is over before the graph is built and searched:
# nothing of SPI's is held while that lasts.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $side = 250;
my $places = $side * $side;
my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<"SQL");
INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'one');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT x * $side + y + 1, 1, x * 0.01, y * 0.01 FROM generate_series(0, $side - 1) x, generate_series(0, $side - 1) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, id, id + d, 1000, 50 FROM timevmaps.places, unnest(ARRAY[1, $side]) d WHERE id + d <= $places AND (d > 1 OR id % $side > 0);
ANALYZE;
SQL
my $session = TvSession->new($cluster, 'app', 'planner');
my $watcher = TvSession->new($cluster, 'app', 'watcher');
my $pid = $session->query('SELECT pg_backend_pid()');
$session->query('SET timevmaps.prepared_graph = off');


# The question takes a second; what memory there is meanwhile is asked for again and again.
my $origins = join ',', 1 .. 60;
$session->begin("SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, ARRAY[$origins], ARRAY[$places])");
while ($session->is_waiting(0.01)) { $watcher->query("SELECT pg_log_backend_memory_contexts($pid)") }
is($session->finish->{rows}, '60', 'a way from each');

my @looks = grep { /timevmaps kernel: / } split /logging memory contexts of PID $pid/, $cluster->log_text;
my @reading = grep { /SPI Proc: / } @looks;
cmp_ok(@looks, '>', 10, 'looked at many times');
ok(@reading, 'while it reads');
note(scalar(@reading) . ' of ' . @looks . ' while it reads');
cmp_ok(@reading, '<', @looks / 2, 'and most of the time with nothing of SPI\'s');
done_testing();
