# scripts/import-dimacs: files whole, compressed and broken; and the sessions of docs/import.md.
use strict;
use warnings;
use utf8;
use Test::More;
use TvCluster;
use TvReadme;

my $cluster = TvCluster->new;
my $script = "$ENV{TV_REPO}/scripts/import-dimacs";
my $dir = $cluster->dir;

# A grid of $n by $n nodes with random lengths and times; some streets are one-way, some there twice.
my $n = 12;
my (@arcs, @times, @nodes);
srand 7;
sub node { my ($x, $y) = @_; return $y * $n + $x + 1 }
for my $y (0 .. $n - 1)
{
	for my $x (0 .. $n - 1)
	{
		push @nodes, sprintf 'v %d %d %d', node($x, $y), 11900000 + $x * 1000, 57700000 + $y * 1000;
		for my $next ([ $x + 1, $y ], [ $x, $y + 1 ])
		{
			next if $next->[0] >= $n || $next->[1] >= $n;
			my ($a, $b) = (node($x, $y), node(@$next));
			my ($length, $time) = (500 + int rand 1000, 10 + int rand 100);
			push @arcs, "a $a $b $length"; push @times, "a $a $b $time";
			next if rand() < 0.2;
			$time += 5 if rand() < 0.3;
			push @arcs, "a $b $a $length"; push @times, "a $b $a $time";
		}
	}
}
my ($nodes, $arcs) = (scalar @nodes, scalar @arcs);
my %content = (
	gr => join("\n", 'c a grid', "p sp $nodes $arcs", @arcs) . "\n",
	times => join("\n", "p sp $nodes $arcs", @times) . "\n",
	co => join("\n", "p aux sp co $nodes", @nodes) . "\n");

# Awkward names: of files, and of the world.
sub put
{
	my ($name, $text) = @_;
	open my $file, '>', "$dir/$name" or die "$name: $!";
	print $file $text;
	close $file or die;
	return "$dir/$name";
}
my $gr = put(q{it's a "graph" $HOME.gr}, $content{gr});
my $times = put('-times.gr', $content{times});
my $co = put('co', $content{co});
system('gzip', '-f', $co) and die;
$co .= '.gz';

sub import_files { return $cluster->client($script, '-d', 'app', @_) }
$cluster->setup('app');
my $world = q{Gö'teborg "$1"};
utf8::encode(my $world_bytes = $world);
my ($status, $out, $err) = import_files('--world', $world_bytes, '--length-scale', 0.1, '--time-scale', 2, '--times', $times, $gr, $co);
is($status, 0, 'a grid is imported') or diag $err;
like($out, qr/^\s*1 \|\s+$nodes \|/m, 'the counts are shown');
like($err, qr/NOTICE:.*$arcs arcs read and checked.*NOTICE:.*segments written/s, 'with progress');
is($cluster->query('app', 'SELECT name FROM timevmaps.worlds'), $world_bytes, 'the name of the world is kept');
is($cluster->query('app', q{SELECT label FROM timevmaps.timelines}), 'main', 'and it has a timeline');
is($cluster->query('app', q{SELECT lon || ' ' || lat FROM timevmaps.places WHERE world_id = 1 AND props ->> 'source_id' = '14'}), '11.901 57.701', 'a place by its number');

# Floyd and Warshall's answer, for both metrics.
for my $case ([ 'distance', 0.1, @arcs ], [ 'local', 2, @times ])
{
	my ($metric, $scale, @lines) = @$case;
	my @d = map { [ ('inf') x ($nodes + 1) ] } 0 .. $nodes;
	for (@lines) { my (undef, $a, $b, $w) = split / /; $d[$a][$b] = $w if $w < $d[$a][$b] }
	for my $k (1 .. $nodes)
	{
		for my $i (grep { $d[$_][$k] < 'inf' } 1 .. $nodes)
		{
			my ($row, $via, $first) = ($d[$i], $d[$k], $d[$i][$k]);
			for my $j (1 .. $nodes) { my $sum = $first + $via->[$j]; $row->[$j] = $sum if $sum < $row->[$j] }
		}
	}
	my $answer = $cluster->query('app', qq{
		SELECT o.props ->> 'source_id', d.props ->> 'source_id', m.cost
		FROM (SELECT array_agg(id) AS ids FROM timevmaps.places) p, timevmaps.tv_cost_matrix(1, 1, p.ids[1:20], p.ids, '$metric') m
			JOIN timevmaps.places o ON o.id = m.origin_place_id JOIN timevmaps.places d ON d.id = m.dest_place_id WHERE o.id <> d.id});
	my ($count, $wrong) = (0, 0);
	for (split /\n/, $answer)
	{
		my ($a, $b, $cost) = split /\|/;
		$count++;
		$wrong++ unless abs($cost - $scale * $d[$a][$b]) <= 1e-12 * $cost;
	}
	cmp_ok($count, '>', 2000, "$metric: $count pairs");
	is($wrong, 0, "$metric: all cost what the files say");
}

($status, $out, $err) = import_files('--world', $world_bytes, $gr, $co);
isnt($status, 0, 'the same nodes again are refused');
($status, $out, $err) = import_files('--world', $world_bytes, '--id-prefix', q{b'}, '--speed-kph', 30, $gr, $co);
is($status, 0, 'unless they have a prefix') or diag $err;
is($cluster->query('app', q{SELECT count(*) FROM timevmaps.places WHERE props ->> 'source_id' = 'b''14'}), '1', 'which is kept as it is');
my $census = q{SELECT (SELECT count(*) FROM timevmaps.worlds), (SELECT count(*) FROM timevmaps.timelines), (SELECT count(*) FROM timevmaps.places), (SELECT count(*) FROM timevmaps.segments)};
my $before = $cluster->query('app', $census);

# What is wrong with a file is named by its line, and nothing has happened.
sub change { my ($what, $line, $text) = @_; my @lines = split /\n/, $content{$what}; $lines[$line - 1] = $text; return join("\n", @lines) . "\n" }
my $last = $arcs + 2;
my $far = $nodes + 1;
for my $case (
	[ gr => change('gr', 2, 'c no header'), qr/graph\[3\]/, 'no header' ],
	[ gr => change('gr', 2, "p sp $nodes $far"), qr/graph\[2\]/, 'a wrong number of arcs' ],
	[ gr => change('gr', 2, "p sp $far $arcs"), qr/graph\[2\]/, 'a wrong number of nodes' ],
	[ gr => change('gr', $last, "a 1 $far 5"), qr/graph\[$last\]/, 'a node out of range' ],
	[ gr => change('gr', 9, 'a 1 2 five'), qr/graph\[9\]/, 'no number' ],
	[ gr => change('gr', 9, q{'); DROP TABLE timevmaps.segments; --}), qr/graph\[9\]/, 'SQL' ],
	[ gr => change('gr', 9, '\.'), qr/graph\[2\]/, 'an end of data in the middle' ],
	[ gr => change('gr', 9, "a 1 2 \xff"), qr/graph\[9\]/, 'bytes that are no text' ],
	[ gr => '', qr/graph: no header/, 'an empty file' ],
	[ times => change('times', 5, 'a 1 2 3'), qr/times\[5\]/, 'times of other arcs' ],
	[ co => change('co', 4, 'v 3 200000000 1'), qr/coordinates\[4\]/, 'no such longitude' ],
	[ co => change('co', 4, 'v 2 1 1'), qr/coordinates\[4\]/, 'a node twice' ],
	[ co => change('co', 4, 'c none'), qr/coordinates\[1\]/, 'a node without coordinates' ])
{
	my ($what, $text, $expected, $name) = @$case;
	my %file = (gr => $gr, co => $co, times => $times, $what => put('broken', $text));
	($status, $out, $err) = import_files('--world', 'New', '--times', $file{times}, $file{gr}, $file{co});
	isnt($status, 0, "$name: an error");
	like($err, qr/ERROR:  $expected/, "$name: with its place");
}
my $half = put('half.gz', do { open my $in, '<:raw', $co or die; local $/; substr <$in>, 0, 100 });
($status, $out, $err) = import_files('--world', 'New', $gr, $half);
isnt($status, 0, 'a truncated file is an error');
for my $wrong ([ $gr, $co ], [ '--world', 'New', $gr ], [ '--world', 'New', $gr, "$dir/none" ], [ '--wold', 'New', $gr, $co ], [ '--world' ])
{
	($status, $out, $err) = import_files(@$wrong);
	is($status >> 8, 2, "usage: $err");
}
is($cluster->query('app', $census), $before, 'nothing of all that stays');
($status, $out, $err) = $cluster->client($script, '--help');
ok($status == 0 && $out =~ /--length-scale/, '--help');

$cluster->query('postgres', 'CREATE DATABASE roads');
TvReadme::run("$ENV{TV_REPO}/docs/import.md",
	sql => sub { TvReadme::psql($cluster, 'roads', $_[0]) },
	sh => sub {
		my ($block) = @_;
		$block =~ s{scripts/}{$ENV{TV_REPO}/scripts/}g;
		$block =~ s{/tmp/small}{$dir/small}g;
		my ($status, $out, $err) = $cluster->client('bash', '-c', $block);
		return $status ? "$out$err" : $out;
	});
done_testing();
