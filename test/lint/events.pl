# The topics of events stand in one list, src/bridge/event/topics.c.  Whoever must know a topic besides knows each of
# them with its keys, and none that is not in it.
use strict;
use warnings;
use Test::More;
use TvLint;

chdir($ENV{TV_REPO} // '.') or die;

# Topics: name => its own keys, as "a, b".
my (%topics, %sent, @stray);
my $topics = slurp('src/bridge/event/topics.c');
while ($topics =~ /^\t\[(TV_TOPIC_\w+)\] = \{"(\w+)"(?:, \{(.*?)\})?(?:, \.vehicle = true)?\}/mg)
{
	my ($value, $name, $keys) = ($1, $2, $3 // '');
	$topics{$value} = [ $name, join ', ', $keys =~ /"(\w+)"/g ];
}
my %keys = map { @$_ } values %topics;
cmp_ok(keys %topics, '>', 3, 'there is a list of topics');
my ($enum) = slurp('src/bridge/event/topics.h') =~ /typedef enum TvTopic\n\{(.*?)\}/s;
is_deeply([ grep { !/_(?:NONE|COUNT)$/ } @{ found($enum, qr/(TV_TOPIC_\w+)/) } ], [ sort keys %topics ], 'each value of TvTopic is in it');

# The key of a row of the page is what stands in backticks before the first colon.
my (%told, $page);
$page = section(slurp('docs/live.md'), 'Topics');
while ($page =~ /^\| `(tv_\w+)` \| .*? \|([^|:]*)/mg)
{
	my ($name, $told) = ($1, $2);
	$told{$name} = join ', ', $told =~ /(\w+(?:, \w+)*)(?=`)/g;
}
is_deeply(\%told, \%keys, 'docs/live.md says of each which keys it has, and of no other');

# Anybody may listen: ids, numbers and words of ours, and no text that tells of what is in a world.
is_deeply([ grep { !/_ids?$|_step$|^(?:count|of|sqlstate|status)$/ } map { split /, / } values %keys ], [], 'no event carries more than ids');
my ($writer) = $topics =~ /^tv_event_write_payload\((.*?)^\}/ms;
my @common = $writer =~ /\\"(\w+)\\": /g;
is_deeply([ sort map { "\"$_\"" } @common[0 .. 4] ], found($page =~ /^A payload is JSON: `(.*?)…/m ? $1 : '', qr/("\w+"):/), 'the page says what all of them have');

my %names = map { $topics{$_}[0] => $_ } keys %topics;
for my $file (sort glob 'src/worker/*.c src/sqlfn/*.c src/bridge/*/*.c sql/install/*.sql sql/tables/*.sql')
{
	next if $file eq 'src/bridge/event/topics.c';
	# It sends whatever there is.
	next if $file eq 'src/worker/notifier.c';
	my $text = slurp($file);
	$sent{$_} = 1 for $text =~ /\b(TV_TOPIC_\w+)/g;
	for my $name (map { /'(tv_\w+)'/g } $text =~ /^.*\bPERFORM timevmaps_internal\.tv_event_added\(.*$/mg)
	{
		$sent{ $names{$name} // $name } = 1;
	}
	# By other ways nothing is sent.
	next if $file eq 'src/worker/updates.c';
	push @stray, "$file: $_" for $text =~ /\b(Async_Notify|pg_notify)\(/g, $text =~ /^\s*(NOTIFY\s+\w+)/mg;
}
is_deeply([ sort grep { !/_(?:NONE|COUNT|MOST_KEYS)$/ } keys %sent ], [ sort keys %topics ], 'each is sent by somebody, and no other');
is_deeply(\@stray, [], 'nothing is sent by other ways') or diag(join "\n", @stray);
my $heard = slurp('test/t/worker.pl') =~ /LISTEN \$_"\) \} qw\((.*?)\)/ ? $1 : '';
is_deeply([ grep { !/^tv_live_/ } @{ found($heard, qr/(\w+)/) } ], [ sort keys %names ], 'each is listened to in test/t/worker.pl');
done_testing();
