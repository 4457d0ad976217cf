# The tables that must be tv_owner's stand in one list, src/bridge/access/owner.c: all that migrations make, and that of tv_init().
use strict;
use warnings;
use Test::More;
use TvLint;

chdir($ENV{TV_REPO} // '.') or die;

my ($list) = slurp('src/bridge/access/owner.c') =~ /^static const char \*const names\[\] = \{(.*?)\};/ms;
my @made = ('schema_migrations', map { slurp($_) =~ /^CREATE TABLE (?:IF NOT EXISTS )?timevmaps\.(\w+)/mg } glob 'sql/tables/*.sql');
cmp_ok(@made, '>', 10, 'migrations make tables');
is_deeply([ $list =~ /"(\w+)"/g ], [ sort @made ], 'src/bridge/access/owner.c names each table, in order');
done_testing();
