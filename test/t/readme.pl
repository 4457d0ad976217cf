# The session in psql of README.md prints what README.md shows.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvReadme;

my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE DATABASE mydb');
TvReadme::run("$ENV{TV_REPO}/README.md", sql => sub { TvReadme::psql($cluster, 'mydb', $_[0]) });
done_testing();
