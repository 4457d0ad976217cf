# The kinds of experiments stand in one list, src/bridge/experiment/kinds.c.  Whoever must know a kind besides knows
# each of them, and none that is not in it.
use strict;
use warnings;
use Test::More;
use TvLint;

chdir($ENV{TV_REPO} // '.') or die;

my %kinds = slurp('src/bridge/experiment/kinds.c') =~ /^\t\[(TV_KIND_\w+)\] = \{"(\w+)"/mg;
my @kinds = sort values %kinds;
cmp_ok(@kinds, '>', 3, 'there is a list of kinds');

my ($enum) = slurp('src/bridge/experiment/arguments.h') =~ /typedef enum TvKind\n\{(.*?)\}/s;
is_deeply([ grep { $_ ne 'TV_KIND_COUNT' } @{ found($enum, qr/(TV_KIND_\w+)/) } ], [ sort keys %kinds ], 'each value of TvKind is in it');
is_deeply(found(slurp('src/worker/runners.c'), qr/^\t\[(TV_KIND_\w+)\] = \{tv_run_/m), [ sort keys %kinds ], 'each has a runner');
is_deeply(found(section(slurp('docs/queue.md'), 'Kinds'), qr/^\| `(\w+)` \|/m), \@kinds, 'each is in the table of docs/queue.md');
is_deeply(found(slurp('test/pgtap/60-queue-fuzz.sql') =~ /^CREATE TEMP TABLE good (.*?);\n/ms, qr/^    \('(\w+)', '/m), \@kinds, 'each is tried with params of all sorts');
is_deeply(found(slurp('test/pgtap/60-queue-kinds.sql') =~ /^CREATE TABLE examples (.*?);\n/ms, qr/^    \('(\w+)', '/m), \@kinds, 'each is submitted and run');

# Comments of functions say "kind: a, b or c"; nothing else in SQL may have a list of its own.
my (@wrong, @lists);
my $list = join '|', @kinds;
for my $file (sort glob 'sql/install/*.sql sql/tables/*.sql')
{
	for my $told (slurp($file) =~ /\b((?:(?:$list), )+(?:$list) or (?:$list))\b/g)
	{
		push @lists, $told;
		push @wrong, "$file: $told" unless join(' ', @{ found($told, qr/\b($list)\b/) }) eq join(' ', @kinds);
		push @wrong, "$file: a migration stays as it is, and so would the list" if $file =~ /tables/;
	}
	push @wrong, "$file: $_" for slurp($file) =~ /('(?:$list)'(?:, '(?:$list)')+)/g;
}
cmp_ok(@lists, '>=', 2, 'comments of the SQL list them');
is_deeply(\@wrong, [], 'all of them, and no statement has a list of its own') or diag(join "\n", @wrong);
done_testing();
