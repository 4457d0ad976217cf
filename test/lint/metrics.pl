# The metrics of routes stand in one list, src/bridge/network/metric.c.  Whoever must know a metric besides knows each
# of them, and none that is not in it.
use strict;
use warnings;
use Test::More;
use TvLint;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

sub sorted { my %once = map { $_ => 1 } @_; return [ sort keys %once ] }

my $list = slurp('src/bridge/network/metric.c');
my %metrics = $list =~ /^\t\[(TV_METRIC_\w+)\] = \{"(\w+)", "/mg;
my @names = sort values %metrics;
cmp_ok(@names, '>', 3, 'there is a list of metrics');
my ($enum) = slurp('src/bridge/network/metric.h') =~ /typedef enum TvMetric\n\{(.*?)\}/s;
is_deeply(sorted($enum =~ /(TV_METRIC_\w+)/g), sorted(keys %metrics), 'each value of TvMetric has a row in metric.c');
my ($order) = $list =~ /tv_metrics\[TV_METRIC_COUNT\] = \{(.*?)\};/s;
is_deeply(sorted($order =~ /(TV_METRIC_\w+)/g), sorted(keys %metrics), 'and a place in its order of lists');
# The last of the migrations counts.
my ($check) = reverse map { slurp($_) =~ /CONSTRAINT route_plans_metric_check CHECK \((.*?\))\)/g } sort glob 'sql/tables/*.sql';
is_deeply(sorted($check =~ /'(\w+)'/g), \@names, 'route_plans_metric_check of sql/tables allows each');
my ($told) = slurp('docs/route.md') =~ /The metric says which\s(.*?)\. /s;
is_deeply(sorted($told =~ /`(\w+)`/g), \@names, 'docs/route.md tells each');

# Three names in a row are a list: of all metrics, or of those that are clocks.
my $name = join '|', @names;
my %clocks = slurp('src/bridge/network/metric.h') =~ /(TV_METRIC_\w+) = (TVM_CLOCK_\w+)/g;
my %whole = map { join(' ', @{ sorted(@$_) }) => 1 } \@names, [ map { $metrics{$_} } keys %clocks ];
sub lists
{
	my ($text) = @_;
	$text =~ s/\((?:seconds|metres)\)|["'`]//g;
	return $text =~ /\b((?:(?:$name)(?:,\s+(?:or |and )?|\s+(?:or|and)\s+)){2,}(?:$name))\b/g;
}
my (@lists, @wrong);
find({ no_chdir => 1, wanted => sub {
	# A migration stays as it is, when there are more metrics too.
	return unless /\.(?:c|h|sql|md)$/ && !m{^sql/(?:timevmaps--|tables/)|^docs/api\.md$};
	my $file = $_;
	for my $list (lists(slurp($file)))
	{
		push @lists, $list;
		push @wrong, "$file: $list" unless $whole{ join ' ', @{ sorted($list =~ /\b($name)\b/g) } };
	}
} }, 'src', 'sql', 'docs');
cmp_ok(@lists, '>=', 5, 'comments, hints and pages list them');
is_deeply(\@wrong, [], 'all of them, or all clocks') or diag(join "\n", @wrong);

# The check is checked.
is_deeply([ lists('metric: "local", "coordinate", "traveler" (seconds) or "distance" (metres); local or not') ],
	['local, coordinate, traveler  or distance'], 'found: a list');
is_deeply([ lists('local_seconds, coordinate_seconds, traveler_seconds; local and distance') ], [], 'found: none where there is none');
done_testing();
