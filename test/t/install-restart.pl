# The extension loads with the server and without, and the server restarts with it.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
is($cluster->query('app', 'SHOW timevmaps.workers'), '1', 'settings are there when it is preloaded');
$cluster->stop('immediate');
$cluster->start;
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', 'tables are there after a crash');
is($cluster->sqlstate('app', 'SELECT 1/0'), '22012', 'SQLSTATEs are read');
done_testing();
