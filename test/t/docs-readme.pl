# The sessions in psql of README.md, and of the pages that go on in its database, print what the pages show.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvReadme;

my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE DATABASE mydb');
TvReadme::run("$ENV{TV_REPO}/$_", sql => sub { TvReadme::psql($cluster, 'mydb', $_[0]) })
	for 'README.md', 'docs/gis.md', 'docs/operations.md';
# The last of them removes everything.
is($cluster->query('mydb', q{SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname LIKE 'tv\_%'}), '', 'no role of ours is left');
done_testing();
