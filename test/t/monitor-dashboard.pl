# docs/grafana.json and the alerts of docs/monitoring.md ask for what tv_metrics() prints, by names and labels that are there, and
# the dashboard leaves nothing out.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use TvCluster;
use TvProm;

my $cluster = TvCluster->new;
$cluster->setup('app');
my $scrape = TvProm->new($cluster->query('app', 'SELECT timevmaps.tv_metrics()') . "\n");
is_deeply([ $scrape->problems ], [], 'there are metrics') or diag(join "\n", $scrape->problems);
sub slurp { open my $file, '<', "$ENV{TV_REPO}/$_[0]" or die "$_[0]: $!"; local $/; return scalar <$file> }

# ---------------------------------------------------------------- the dashboard
my $dashboard = JSON::PP->new->utf8->decode(slurp('docs/grafana.json'));
my @panels = @{ $dashboard->{panels} };
my (%id, @wrong, %asked, @area);
for my $panel (@panels)
{
	push @wrong, "$panel->{title}: its id is another's" if $id{ $panel->{id} }++;
	push @wrong, 'a panel without a title' unless length($panel->{title} // '');
	my $at = $panel->{gridPos};
	for my $y ($at->{y} .. $at->{y} + $at->{h} - 1)
	{
		for my $x ($at->{x} .. $at->{x} + $at->{w} - 1) { push @wrong, "$panel->{title}: lies on another" if $area[$y][$x]++ || $x > 23 }
	}
	next if $panel->{type} eq 'row';
	push @wrong, "$panel->{title}: asks nothing" unless @{ $panel->{targets} };
	push @wrong, "$panel->{title}: its data are not of the variable" unless $panel->{datasource}{uid} eq '${datasource}';
	my %ref;
	for my $target (@{ $panel->{targets} })
	{
		push @wrong, "$panel->{title}: two targets $target->{refId}" if $ref{ $target->{refId} }++;
		push @wrong, map { "$panel->{title}: $_: $target->{expr}" } TvProm::expression($scrape, $target->{expr});
		push @wrong, "$panel->{title}: asks all databases: $target->{expr}"
			if grep { ($_ // '') !~ /instance=~"\$instance"/ } $target->{expr} =~ /\btimevmaps_\w+(\{[^}]*\})?/g;
		$asked{ $scrape->family_of($_) } = 1 for $target->{expr} =~ /\b(timevmaps_\w+)/g;
		for my $label (($target->{legendFormat} // '') =~ /\{\{(\w+)\}\}/g)
		{
			push @wrong, "$panel->{title}: the legend names $label, which is summed away" if $target->{expr} !~ /\bby \([^)]*\b$label\b/ && $panel->{type} ne 'table';
		}
	}
}
cmp_ok(scalar @panels, '>', 15, 'there are panels');
is_deeply(\@wrong, [], 'each asks for what there is, and has a place') or diag(join "\n", @wrong);
is_deeply([ sort keys %asked ], [ sort keys %{ $scrape->families } ], 'every metric is on it, and no other');
is_deeply([ map { $_->{query}{query} // () } grep { ref $_->{query} } @{ $dashboard->{templating}{list} } ], ['label_values(timevmaps_build_info, instance)'], 'the list of databases is of what all have');

# ---------------------------------------------------------------- the alerts
my ($rules) = slurp('docs/monitoring.md') =~ /```yaml\n(groups:\n.*?)```/s;
my @alerts;
while ($rules =~ /^      # (.+)\n      - alert: (\w+)\n        expr: (.+)\n((?:        for: \d+[mh]\n)?)/mg) { push @alerts, { reason => $1, name => $2, expr => $3 } }
is(scalar @alerts, scalar(() = $rules =~ /- alert:/g), 'each alert has a reason and an expression');
cmp_ok(scalar @alerts, '>', 5, 'there are some');
my %twice;
is_deeply([ grep { $twice{$_}++ } map { $_->{name} } @alerts ], [], 'with names of their own');
is_deeply([ map { my $alert = $_; map { "$alert->{name}: $_" } TvProm::expression($scrape, $alert->{expr}) } @alerts ], [], 'and they ask for what there is');
is_deeply([ grep { $_->{expr} !~ /(?:==|>|<) [\d.]+$/ } @alerts ], [], 'and compare it');

# What documents name besides is there, too.
my @stray;
for my $file (glob "$ENV{TV_REPO}/docs/*.md $ENV{TV_REPO}/README.md")
{
	my ($name) = $file =~ m{([^/]+)$};
	open my $in, '<', $file or die "$file: $!";
	while (<$in>)
	{
		while (/`(timevmaps_\w+)(?:\{[^`]*\})?`/g) { push @stray, "$name: $1" if !$scrape->families->{$1} && $1 ne 'timevmaps_internal' }
	}
}
is_deeply(\@stray, [], 'no document names a metric that is not there') or diag(join "\n", @stray);
done_testing();
