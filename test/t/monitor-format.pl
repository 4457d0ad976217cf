# The parser of Prometheus' text format that other tests judge tv_metrics() by: what is right passes, and each thing that the
# definition forbids is told.
use strict;
use warnings;
use Test::More;
use TvProm;

my $good = <<'END';
# HELP jobs_total Jobs, by \\ and by line.\nSo.
# TYPE jobs_total counter
jobs_total{kind="a b",path="C:\\x\"y\"\n}"} 3
jobs_total{kind="c",path=""} 1.5e3 1395066363000

# A comment.
# HELP depth_bytes How deep.
# TYPE depth_bytes gauge
depth_bytes -0.5
# HELP run_seconds Times.
# TYPE run_seconds histogram
run_seconds_bucket{le="0.1"} 1
run_seconds_bucket{le="+Inf"} 2
run_seconds_sum 7.25
run_seconds_count 2
# HELP errors_total None yet.
# TYPE errors_total counter
END
my $scrape = TvProm->new($good);
is_deeply([ $scrape->problems ], [], 'what is right passes') or diag(join "\n", $scrape->problems);
is($scrape->value('jobs_total', kind => 'a b', path => "C:\\x\"y\"\n}"), 3, 'labels are read, with what is escaped');
is($scrape->value('jobs_total', kind => 'c', path => ''), 1500, 'numbers too, and a time behind one');
is($scrape->value('jobs_total', kind => 'c'), undef, 'a sample has all its labels');
is($scrape->sum('jobs_total'), 1503, 'sums are of all');
is($scrape->families->{run_seconds}{type}, 'histogram', 'a histogram is one metric');

# [what is replaced, by what, what is said]
for my $case (
	[ qr/\n\z/, '', qr/last line does not end/ ],
	[ qr/depth_bytes -0\.5/, "depth_bytes -0.5\r", qr/carriage return/ ],
	[ qr/# TYPE depth_bytes gauge/, '# TYPE depth_bytes speed', qr/no type: speed/ ],
	[ qr/# TYPE depth_bytes gauge\n/, '', qr/without HELP and TYPE/ ],
	[ qr/# HELP depth_bytes .*?\n/, '', qr/without HELP and TYPE/ ],
	[ qr/# HELP depth_bytes/, '#HELP depth_bytes', qr/neither HELP nor TYPE/ ],
	[ qr/# HELP depth_bytes How deep\./, '# HELP depth_bytes', qr/neither HELP nor TYPE/ ],
	[ qr/# HELP depth_bytes How/, '# HELP depth_bytes \\t How', qr/escapes nothing/ ],
	[ qr/(# TYPE depth_bytes gauge)/, "# TYPE depth_bytes gauge\n# TYPE depth_bytes gauge", qr/TYPE twice/ ],
	[ qr/(# HELP depth_bytes)/, "# HELP depth_bytes Deep.\n# HELP depth_bytes", qr/HELP twice/ ],
	[ qr/depth_bytes -0\.5/, "depth_bytes -0.5\n# HELP depth_bytes Again.", qr/HELP twice|after its samples/ ],
	[ qr/depth_bytes -0\.5/, "depth_bytes -0.5\njobs_total{kind=\"z\"} 1", qr/do not stand together/ ],
	[ qr/depth_bytes -0\.5/, "depth_bytes -0.5\ndepth_bytes 1", qr/twice/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes NaN', qr/NaN/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes', qr/no sample/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes  1', qr/no sample/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes 1,5', qr/no sample/ ],
	[ qr/depth_bytes -0\.5/, '2depth 1', qr/no sample/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{a="1" 1', qr/no sample/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{a=1} 1', qr/no labels/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{a="1"b="2"} 1', qr/no comma/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{a="1",a="2"} 1', qr/label a twice/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{a="\\t"} 1', qr/no labels/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{__a="1"} 1', qr/reserved/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{le="1"} 1', qr/le belongs/ ],
	[ qr/depth_bytes -0\.5/, 'depth_bytes{quantile="1"} 1', qr/quantile belongs/ ],
	[ qr/depth_bytes/, 'depth_total', qr/name of a gauge ends with _total/ ],
	[ qr/depth_bytes/, 'depth_count', qr/ends as samples of a histogram/ ],
	[ qr/depth_bytes/, 'depth_ms', qr/base units/ ],
	[ qr/depth_bytes/, 'Depth_bytes', qr/capitals/ ],
	[ qr/jobs_total/, 'jobs', qr/counter's name ends with _total/ ],
	[ qr/path=""\} 1\.5e3/, 'path=""} -1', qr/no number of things/ ],
	[ qr/path=""\} 1\.5e3/, 'path=""} +Inf', qr/no number of things/ ],
	[ qr/run_seconds_bucket\{le="\+Inf"\} 2\n/, '', qr/not \+Inf/ ],
	[ qr/run_seconds_bucket\{le="\+Inf"\} 2/, 'run_seconds_bucket{le="+Inf"} 3', qr/not the count/ ],
	[ qr/run_seconds_bucket\{le="0\.1"\} 1/, 'run_seconds_bucket{le="0.1"} 3', qr/not cumulative/ ],
	[ qr/run_seconds_bucket\{le="0\.1"\} 1/, "run_seconds_bucket{le=\"0.2\"} 1\nrun_seconds_bucket{le=\"0.1\"} 1", qr/do not rise/ ],
	[ qr/run_seconds_bucket\{le="0\.1"\} 1/, 'run_seconds_bucket{le="much"} 1', qr/no bound/ ],
	[ qr/run_seconds_bucket\{le="0\.1"\} 1/, 'run_seconds_bucket 1', qr/le belongs/ ],
	[ qr/run_seconds_sum 7\.25\n/, '', qr/not all of/ ],
	[ qr/run_seconds_count 2\n/, '', qr/not all of/ ],
	[ qr/run_seconds_count 2/, "run_seconds_count 2\nrun_seconds 2", qr/bare name/ ])
{
	my ($what, $by, $said) = @$case;
	my $bad = $good =~ s/$what/$by/gr;
	isnt($bad, $good, 'the text is another') or diag($what);
	like(join("\n", TvProm->new($bad)->problems), $said, "told: $said");
}

is_deeply([ TvProm->new($good)->fallen(TvProm->new($good =~ s/-0\.5/-1/r)) ], [], 'a gauge may fall');
like(join(' ', TvProm->new($good)->fallen(TvProm->new($good =~ s/\n\}"\} 3/\n}"} 2/r =~ s/7\.25/7/r))), qr/run_seconds_sum/, 'a histogram may not');
like(join(' ', TvProm->new($good)->fallen(TvProm->new($good =~ s/1\.5e3/1/r))), qr/jobs_total/, 'a counter may not');
like(join(' ', TvProm->new($good)->fallen(TvProm->new($good =~ s/jobs_total\{kind="c".*\n//r))), qr/none/, 'and does not go');

# ---------------------------------------------------------------- expressions
for my $right ('depth_bytes', 'sum by (kind, instance) (rate(jobs_total{path!="",job="x"}[5m]))', 'histogram_quantile(0.95, sum(rate(run_seconds_bucket[$__rate_interval])) by (le))',
	'depth_bytes > 3 and on() (up == 1)', 'increase(errors_total{kind="x"}[1h]) > 0', '1 - depth_bytes / 2', 'rate(run_seconds_sum[5m]) / rate(run_seconds_count[5m])')
{
	is_deeply([ TvProm::expression($scrape, $right) ], [], "passes: $right");
}
for my $case (
	[ 'depht_bytes', qr/no metric/ ], [ 'sum by (sort) (depth_bytes)', qr/no metric has a label sort/ ], [ 'depth_bytes{kind="a"}', qr/has no label kind/ ],
	[ 'rate(jobs_total{kind="d"}[5m])', qr/has no kind d/ ], [ 'jobs_total', qr/without a range/ ], [ 'rate(depth_bytes[5m])', qr/with a range/ ], [ 'rate(jobs_total[5])', qr/no range/ ],
	[ 'rat(jobs_total[5m])', qr/no function/ ], [ 'sum(rate(jobs_total[5m])', qr/nothing closes/ ], [ 'depth_bytes)', qr/nothing opens/ ],
	[ 'rate(run_seconds[5m])', qr/no metric run_seconds/ ], [ 'rate(jobs_bucket[5m])', qr/no metric/ ], [ 'depth_bytes & 1', qr/no token/ ], [ 'depth_bytes{kind}', qr/no matchers/ ])
{
	like(join("\n", TvProm::expression($scrape, $case->[0])), $case->[1], "told: $case->[0]");
}
done_testing();
