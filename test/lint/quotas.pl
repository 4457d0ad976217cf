# The kinds of quotas stand in one list, the constraint quotas_kind_check as the last migration makes it.  Whoever must know a kind
# besides knows each of them, and none that is not in it.
use strict;
use warnings;
use Test::More;
use TvLint;

chdir($ENV{TV_REPO} // '.') or die;

my $tables = join '', map { slurp($_) } sort glob 'sql/tables/*.sql';
my @kinds = sort(($tables =~ /CONSTRAINT quotas_kind_check CHECK \(kind IN \(([^()]*)\)\)/g)[-1] =~ /'(\w+)'/g);
cmp_ok(@kinds, '>', 3, 'there is a list of kinds');
is_deeply(found(($tables =~ /FOREACH kind IN ARRAY ARRAY\[([^\]]*)\]/g)[-1], qr/'(\w+)'/), \@kinds, 'tv_quotas() has each');
is_deeply(found(section(slurp('docs/security.md'), 'Quotas'), qr/^\| `(\w+)` \|/m), \@kinds, 'docs/security.md has each');
my ($comment) = slurp('sql/install/78-quota.sql') =~ /^(kind: .*?\.)/m;
is_deeply([ grep { $comment !~ /\b$_\b/ } @kinds ], [], 'the comment of tv_set_quota() has each');
my ($names) = slurp('src/bridge/access/quota.c') =~ /names\[TV_QUOTA_COUNT\] = \{(.*?)\};/s;
my %names = $names =~ /\[TV_QUOTA_(\w+)\] = "(\w+)"/g;
is_deeply([ grep { uc $names{$_} ne $_ } sort keys %names ], [], 'C calls them by their names');
my %known = map { $_ => 1 } @kinds;
is_deeply([ grep { !$known{$_} } sort values %names ], [], 'and knows none that is not in it');
done_testing();
