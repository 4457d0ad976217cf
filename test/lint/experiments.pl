# The kinds of experiments stand in one list, src/bridge/experiment/kinds.c, and the topics of events in another,
# src/bridge/event/topics.c.  Whoever must know a kind or a topic besides knows each of them, and none that is not in it.
use strict;
use warnings;
use Test::More;

chdir($ENV{TV_REPO} // '.') or die;

sub slurp
{
	open my $in, '<', $_[0] or die "$_[0]: $!";
	local $/;
	return scalar <$in>;
}

# What a pattern finds in a part of a text, sorted, each once.
sub found
{
	my ($text, $pattern) = @_;
	my %found = map { $_ => 1 } grep { defined } $text =~ /$pattern/g;
	return [ sort keys %found ];
}

sub section { return $_[0] =~ /^## \Q$_[1]\E\n(.*?)(?=^## |\z)/ms ? $1 : '' }

my %kinds = slurp('src/bridge/experiment/kinds.c') =~ /^\t\[(TV_KIND_\w+)\] = \{"(\w+)"/mg;
my @kinds = sort values %kinds;
cmp_ok(@kinds, '>', 3, 'there is a list of kinds');

my ($enum) = slurp('src/bridge/experiment/arguments.h') =~ /typedef enum TvKind\n\{(.*?)\}/s;
is_deeply([ grep { $_ ne 'TV_KIND_COUNT' } @{ found($enum, qr/(TV_KIND_\w+)/) } ], [ sort keys %kinds ], 'each value of TvKind is in it');
is_deeply(found(slurp('src/worker/runners.c'), qr/^\t\[(TV_KIND_\w+)\] = \{tv_run_/m), [ sort keys %kinds ], 'each has a runner');
is_deeply(found(section(slurp('docs/queue.md'), 'Kinds'), qr/^\| `(\w+)` \|/m), \@kinds, 'each is in the table of docs/queue.md');
is_deeply(found(slurp('test/pgtap/60-queue-fuzz.sql') =~ /^CREATE TEMP TABLE good (.*?);\n/ms, qr/^    \('(\w+)', '/m), \@kinds, 'each is tried with params of all sorts');
is_deeply(found(slurp('test/pgtap/60-queue-kinds.sql') =~ /^CREATE TABLE examples (.*?);\n/ms, qr/^    \('(\w+)', '/m), \@kinds, 'each is submitted and run');

# Comments of the SQL say "kind: a, b or c"; nothing else in it may have a list of its own.
my (@wrong, @lists);
my $list = join '|', @kinds;
for my $file (sort glob 'sql/install/*.sql sql/tables/*.sql')
{
	for my $told (slurp($file) =~ /\b((?:(?:$list), )+(?:$list) or (?:$list))\b/g)
	{
		push @lists, $told;
		push @wrong, "$file: $told" unless join(' ', @{ found($told, qr/\b($list)\b/) }) eq join(' ', @kinds);
	}
	push @wrong, "$file: $_" for slurp($file) =~ /('(?:$list)'(?:, '(?:$list)')+)/g;
}
cmp_ok(@lists, '>=', 3, 'comments of the SQL list them');
is_deeply(\@wrong, [], 'all of them, and no statement has a list of its own') or diag(join "\n", @wrong);

# Topics: name => its own keys, as "a, b".
my (%topics, %sent, @stray);
my $topics = slurp('src/bridge/event/topics.c');
while ($topics =~ /^\t\[(TV_TOPIC_\w+)\] = \{"(\w+)"(?:, \{(.*?)\})?\}/mg)
{
	my ($value, $name, $keys) = ($1, $2, $3 // '');
	$topics{$value} = [ $name, join ', ', $keys =~ /"(\w+)"/g ];
}
my %keys = map { @$_ } values %topics;
cmp_ok(keys %topics, '>', 3, 'there is a list of topics');
($enum) = slurp('src/bridge/event/topics.h') =~ /typedef enum TvTopic\n\{(.*?)\}/s;
is_deeply([ grep { !/_(?:NONE|COUNT)$/ } @{ found($enum, qr/(TV_TOPIC_\w+)/) } ], [ sort keys %topics ], 'each value of TvTopic is in it');

# The key of a row of the page is what stands in backticks before the first colon.
my (%told, $page);
$page = section(slurp('docs/queue.md'), 'Events');
while ($page =~ /^\| `(tv_\w+)` \| .*? \|([^|:]*)/mg)
{
	my ($name, $told) = ($1, $2);
	$told{$name} = join ', ', $told =~ /(\w+(?:, \w+)*)(?=`)/g;
}
is_deeply(\%told, \%keys, 'docs/queue.md says of each which keys it has, and of no other');

my %names = map { $topics{$_}[0] => $_ } keys %topics;
for my $file (sort glob 'src/worker/*.c src/sqlfn/*.c src/bridge/*/*.c sql/install/*.sql sql/tables/*.sql')
{
	next if $file eq 'src/bridge/event/topics.c';
	my $text = slurp($file);
	$sent{$_} = 1 for $text =~ /\b(TV_TOPIC_\w+)/g;
	for my $name ($text =~ /\btv_send_event\('(\w+)'/g)
	{
		$sent{ $names{$name} // $name } = 1;
	}
	# By other ways nothing is sent.
	push @stray, "$file: $_" for $text =~ /\b(Async_Notify|pg_notify)\(/g, $text =~ /^\s*(NOTIFY\s+\w+)/mg;
}
is_deeply([ sort grep { !/_(?:NONE|COUNT|MOST_KEYS)$/ } keys %sent ], [ sort keys %topics ], 'each is sent by somebody, and no other');
is_deeply(\@stray, [], 'nothing is sent by other ways') or diag(join "\n", @stray);
my $heard = slurp('test/t/worker.pl') =~ /LISTEN \$_"\) \} qw\((.*?)\)/ ? $1 : '';
is_deeply([ grep { !/^tv_live_/ } @{ found($heard, qr/(\w+)/) } ], [ sort keys %names ], 'each is listened to in test/t/worker.pl');
done_testing();
